//! Iterators over `bytes` and `bytearray`.

use super::ByteString;
use crate::native::shell::object;
use crate::prelude::*;
use crate::types::bytearray::ByteArray;
use crate::types::iterators::builtin;
use std::cell::Cell;

fn itself(_: &Vm, v: &Value) -> PyResult {
    Ok(v.clone())
}

macro_rules! iterator {
    ($t:ident, $name:literal, $over:ident, $iter:ident, $doc:literal) => {
        #[doc = $doc]
        #[pytype(name = $name, flags(GC, NO_NEW))]
        #[derive(Trace)]
        pub struct $t {
            over: GcCell<$over>,
            index: Cell<usize>,
        }

        pub fn $iter(vm: &Vm, v: &Value) -> PyResult {
            let over = object::<$over>(vm, v, "__iter__")?.clone();
            Ok(vm.alloc($t { over: GcCell::new(Some(over)), index: Cell::new(0) }).into_value())
        }

        impl $t {
            fn next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
                let it = object::<$t>(vm, v, "__next__")?;
                let Some(over) = it.over.get() else { return Ok(None) };
                let at = it.index.get();
                match over.with(|b| b.get(at).copied()) {
                    Some(b) => {
                        it.index.set(at + 1);
                        Ok(Some(Value::int32(b as i32)))
                    }
                    None => {
                        it.over.set(None);
                        Ok(None)
                    }
                }
            }
        }

        impl Slots for $t {
            const SLOTS: SlotDefs =
                SlotDefs { iter: Some(itself), iternext: Some($t::next), ..SlotDefs::NONE };
        }

        #[pymethods]
        impl $t {
            /// Private method returning an estimate of len(list(it)).
            #[pymethod("__length_hint__($self, /)")]
            fn length_hint(vm: &Vm, zelf: &Gc<$t>) -> usize {
                let _ = vm;
                zelf.over.get().map_or(0, |o| o.with(<[u8]>::len).saturating_sub(zelf.index.get()))
            }

            /// Return state information for pickling.
            #[pymethod("__reduce__($self, /)")]
            fn reduce(vm: &Vm, zelf: &Gc<$t>) -> PyResult<Value> {
                let iter = builtin(vm, "iter")?;
                let parts = match zelf.over.get() {
                    Some(o) => {
                        let args = vm.new_tuple(vec![o.into_value()]).into_value();
                        vec![iter, args, vm.new_int(zelf.index.get() as i64)]
                    }
                    None => {
                        vec![iter, vm.new_tuple(vec![vm.new_tuple(Vec::new()).into_value()]).into_value()]
                    }
                };
                Ok(vm.new_tuple(parts).into_value())
            }

            /// Set state information for unpickling.
            #[pymethod("__setstate__($self, state, /)")]
            fn setstate(vm: &Vm, zelf: &Gc<$t>, state: &Value) -> PyResult<()> {
                let i = isize::from_arg(vm, state)?;
                if let Some(o) = zelf.over.get() {
                    zelf.index.set(usize::try_from(i).unwrap_or(0).min(o.with(<[u8]>::len)));
                }
                Ok(())
            }
        }
    };
}
iterator!(BytesIterator, "bytes_iterator", Bytes, iter_bytes, "The iterator over bytes.");
iterator!(
    BytearrayIterator,
    "bytearray_iterator",
    ByteArray,
    iter_bytearray,
    "The iterator over a bytearray."
);
