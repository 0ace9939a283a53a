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
    /// The elements whose children are being visited, and which child of each is next.
    parents: Guarded<Vec<(Value, usize)>>,
    /// Only elements with this tag.
    tag: ValueCell,
    #[notrace]
    text: Cell<bool>,
}

impl ElementIter {
    pub fn make(vm: &Vm, root: &Gc<Element>, tag: Option<Value>, text: bool) -> Value {
        vm.alloc(ElementIter {
            root: ValueCell::new(Some(root.to_value())),
            parents: Guarded::default(),
            tag: ValueCell::new(tag),
            text: Cell::new(text),
        })
        .into_value()
    }

    /// The next child of the innermost parent; `Err`: it has no more.
    fn next_child(&self) -> Option<Result<Value, Value>> {
        self.parents.with_mut(|p| {
            let (parent, at) = p.last_mut()?;
            match parent.downcast::<Element>().and_then(|e| e.child(*at)) {
                Some(child) => {
                    *at = at.saturating_add(1);
                    Some(Ok(child))
                }
                None => p.pop().map(|(parent, _)| Err(parent)),
            }
        })
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
        if !it.text.get() {
            it.parents.with_mut(|p| p.push((found.clone(), 0)));
            match it.tag.get() {
                Some(tag) if !vm.eq(&e.tag.get().unwrap_or(Value::NONE), &tag)? => continue,
                _ => return Ok(Some(found)),
            }
        }
        // Comments and their like have no text of their own here.
        let plain = e.tag.get().is_none_or(|t| t.is_none() || t.is_instance_of::<Str>());
        it.parents.with_mut(|p| p.push((found.clone(), if plain { 0 } else { usize::MAX })));
        if plain && let Some(t) = shown(vm, e.text.get())? {
            return Ok(Some(t));
        }
    }
}

impl Slots for ElementIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(itself), iternext: Some(next), ..SlotDefs::NONE };
}

#[pymethods]
impl ElementIter {}
