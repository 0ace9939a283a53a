//! Iterators over strings.

use crate::native::shell::object;
use crate::prelude::*;
use crate::types::iterators::builtin;
use std::cell::Cell;
use taipan_text::wtf8;

/// Where an iterator is: a string, until it is used up, and a place in it.
#[derive(taipan_macros::Trace)]
pub struct Walk {
    text: GcCell<Str>,
    index: Cell<usize>,
    offset: Cell<usize>,
}

/// The iterator over an ASCII string.
#[pytype(name = "str_ascii_iterator", flags(GC, NO_NEW))]
#[derive(taipan_macros::Trace)]
pub struct StrAsciiIterator {
    walk: Walk,
}

/// The iterator over a string.
#[pytype(name = "str_iterator", flags(GC, NO_NEW))]
#[derive(taipan_macros::Trace)]
pub struct StrIterator {
    walk: Walk,
}

impl StrAsciiIterator {
    /// The next character; the end is for the general way. Hot.
    #[inline(always)]
    pub fn advance(&self, vm: &Vm) -> Option<Value> {
        let at = self.walk.offset.get();
        let byte = self.walk.text.with(|s| s.and_then(|s| s.as_bytes().get(at).copied()))?;
        let v = vm.names.latin1.get(usize::from(byte))?.to_value();
        self.walk.offset.set(at + 1);
        self.walk.index.set(at + 1);
        Some(v)
    }
}

pub fn iter(vm: &Vm, v: &Value) -> PyResult {
    let s = object::<Str>(vm, v, "__iter__")?;
    let walk = Walk { text: GcCell::new(Some(s.clone())), index: Cell::new(0), offset: Cell::new(0) };
    Ok(if s.is_ascii() {
        vm.alloc(StrAsciiIterator { walk }).into_value()
    } else {
        vm.alloc(StrIterator { walk }).into_value()
    })
}

fn itself(_: &Vm, v: &Value) -> PyResult {
    Ok(v.clone())
}

impl Walk {
    fn next(&self, vm: &Vm) -> Option<Value> {
        let s = self.text.get()?;
        let at = self.offset.get();
        match wtf8::decode(s.as_bytes().get(at..)?) {
            Some((cp, len)) => {
                self.offset.set(at + len);
                self.index.set(self.index.get() + 1);
                Some(vm.char_str(cp).into_value())
            }
            None => {
                self.text.set(None);
                None
            }
        }
    }

    /// The same for ASCII text.
    #[inline(always)]
    fn next_ascii(&self, vm: &Vm) -> Option<Value> {
        let at = self.offset.get();
        let byte = self.text.with(|s| s.and_then(|s| s.as_bytes().get(at).copied()));
        match byte {
            Some(b) => {
                self.offset.set(at + 1);
                self.index.set(at + 1);
                Some(vm.char_str(u32::from(b)).into_value())
            }
            None => {
                self.text.set(None);
                None
            }
        }
    }

    fn left(&self) -> usize {
        self.text.get().map_or(0, |s| s.char_len().saturating_sub(self.index.get()))
    }

    fn reduce(&self, vm: &Vm) -> PyResult {
        let iter = builtin(vm, "iter")?;
        let parts = match self.text.get() {
            Some(s) => vec![
                iter,
                vm.new_tuple(vec![s.into_value()]).into_value(),
                vm.new_int(self.index.get() as i64),
            ],
            None => vec![iter, vm.new_tuple(vec![vm.names.empty.to_value()]).into_value()],
        };
        Ok(vm.new_tuple(parts).into_value())
    }

    fn set_state(&self, vm: &Vm, state: &Value) -> PyResult<()> {
        let index = isize::from_arg(vm, state)?;
        if let Some(s) = self.text.get() {
            let index = usize::try_from(index).unwrap_or(0).min(s.char_len());
            self.index.set(index);
            self.offset.set(vm.str_offset(&s, index));
        }
        Ok(())
    }
}

macro_rules! iterator {
    ($t:ident $next:ident) => {
        impl Slots for $t {
            const SLOTS: SlotDefs = SlotDefs {
                iter: Some(itself),
                iternext: Some(|vm, v| Ok(object::<$t>(vm, v, "__next__")?.walk.$next(vm))),
                ..SlotDefs::NONE
            };
        }

        #[pymethods]
        impl $t {
            /// Private method returning an estimate of len(list(it)).
            #[pymethod(no_text, "__length_hint__($self, /)")]
            fn length_hint(vm: &Vm, zelf: &Gc<$t>) -> usize {
                let _ = vm;
                zelf.walk.left()
            }

            /// Return state information for pickling.
            #[pymethod(no_text, "__reduce__($self, /)")]
            fn reduce(vm: &Vm, zelf: &Gc<$t>) -> PyResult<Value> {
                zelf.walk.reduce(vm)
            }

            /// Set state information for unpickling.
            #[pymethod(no_text, "__setstate__($self, state, /)")]
            fn setstate(vm: &Vm, zelf: &Gc<$t>, state: &Value) -> PyResult<()> {
                zelf.walk.set_state(vm, state)
            }
        }
    };
}
iterator!(StrAsciiIterator next_ascii);
iterator!(StrIterator next);
