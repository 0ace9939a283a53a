//! The iterator over an element and all below it, in the order of the document: `iter()` and `itertext()`.

use super::element::Element;
use std::cell::Cell;
use taipan_vm::prelude::*;
use taipan_vm::types::iterators::itself;

#[pytype(name = "_element_iterator", module = "_elementtree", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct ElementIter {
    /// Where the walk begins, until it has begun.
    root: ValueCell,
    /// The elements whose children are being visited, and which child is next.
    #[notrace]
    places: Guarded<Vec<usize>>,
    parents: Guarded<Vec<Value>>,
    /// Only elements with this tag.
    tag: ValueCell,
    #[notrace]
    text: Cell<bool>,
}

impl ElementIter {
    pub fn make(vm: &Vm, root: &Gc<Element>, tag: Option<Value>, text: bool) -> Value {
        vm.alloc(ElementIter {
            root: ValueCell::new(Some(root.to_value())),
            places: Guarded::default(),
            parents: Guarded::default(),
            tag: ValueCell::new(tag),
            text: Cell::new(text),
        })
        .into_value()
    }

    /// The next child of the innermost parent; `Err`: it has no more.
    fn next_child(&self) -> Option<Result<Value, Value>> {
        let parent = self.parents.with(|p| p.last().cloned())?;
        let at = self.places.with(|p| p.last().copied())?;
        let child = parent.downcast::<Element>().and_then(|e| e.child(at));
        let Some(child) = child else {
            self.places.with_mut(|p| p.pop());
            drop(self.parents.with_mut(|p| p.pop()));
            return Some(Err(parent));
        };
        self.places.with_mut(|p| {
            if let Some(last) = p.last_mut() {
                *last = last.saturating_add(1);
            }
        });
        Some(Ok(child))
    }
}

/// A text that `itertext` shows.
fn shown(vm: &Vm, text: Option<Value>) -> PyResult<Option<Value>> {
    match text {
        Some(t) if !t.is_none() && vm.is_true(&t)? => Ok(Some(t)),
        _ => Ok(None),
    }
}

fn next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(it) = v.downcast::<ElementIter>() else { return Ok(None) };
    loop {
        let found = match it.next_child() {
            Some(Ok(child)) => child,
            Some(Err(parent)) => {
                // The tail of where the walk began is not inside.
                if it.text.get() && it.parents.with(|p| !p.is_empty()) {
                    let tail = parent.downcast::<Element>().and_then(|e| e.tail.get());
                    if let Some(t) = shown(vm, tail)? {
                        return Ok(Some(t));
                    }
                }
                continue;
            }
            None => match it.root.take() {
                Some(root) => root,
                None => return Ok(None),
            },
        };
        let Some(e) = found.downcast::<Element>() else { continue };
        it.parents.with_mut(|p| p.push(found.clone()));
        // Comments and their like have no text of their own here.
        let plain = e.tag.get().is_none_or(|t| t.is_none() || t.is_instance_of::<Str>());
        let hidden = it.text.get() && !plain;
        it.places.with_mut(|p| p.push(if hidden { usize::MAX } else { 0 }));
        if hidden {
            continue;
        }
        if it.text.get() {
            if let Some(t) = shown(vm, e.text.get())? {
                return Ok(Some(t));
            }
            continue;
        }
        match it.tag.get() {
            Some(tag) if !vm.eq(&e.tag.get().unwrap_or(Value::NONE), &tag)? => {}
            _ => return Ok(Some(found)),
        }
    }
}

impl Slots for ElementIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(next), ..SlotDefs::NONE };
}

#[pymethods]
impl ElementIter {}
