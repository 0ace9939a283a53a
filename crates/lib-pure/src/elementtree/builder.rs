//! `TreeBuilder`: makes a tree of what a parser reports.

use super::Factories;
use super::element::{self, Element, expect_element};
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::native::CallArgs;
use taipan_vm::prelude::*;

#[pytype(name = "TreeBuilder", module = "xml.etree.ElementTree", flags(BASETYPE, GC))]
#[derive(Trace, Default)]
pub struct TreeBuilder {
    root: ValueCell,
    /// The element that is open.
    this: ValueCell,
    /// The one that was opened or closed last.
    last: ValueCell,
    /// The one that text belongs behind.
    tail_of: ValueCell,
    /// Text that was not put anywhere yet.
    data: Guarded<Vec<Value>>,
    /// What was open around `this`; `None` around the root.
    stack: Guarded<Vec<Option<Value>>>,
    element_factory: ValueCell,
    comment_factory: ValueCell,
    pi_factory: ValueCell,
    #[notrace]
    insert_comments: Cell<bool>,
    #[notrace]
    insert_pis: Cell<bool>,
}

impl TreeBuilder {
    /// Puts the text that has gathered where it belongs.
    fn flush(&self, vm: &Vm) -> PyResult<()> {
        let data = self.data.take();
        if data.is_empty() {
            return Ok(());
        }
        let joined = match data.as_slice() {
            [one] => one.clone(),
            _ => {
                let list = vm.new_list(data).into_value();
                vm.call_method(vm.names.empty.as_value(), "join", &[list])?
            }
        };
        let (element, name) = match self.tail_of.get() {
            Some(e) => (e, "tail"),
            None => match self.last.get() {
                Some(e) => (e, "text"),
                None => return Ok(()),
            },
        };
        if let Some(e) = element.downcast_exact::<Element>() {
            let place = if name == "tail" { &e.tail } else { &e.text };
            let all = match place.get().filter(|t| !t.is_none()) {
                Some(before) => vm.binary_op(taipan_vm::protocol::BinaryOp::Add, &before, &joined)?,
                None => joined,
            };
            place.set(Some(all));
            return Ok(());
        }
        let name = vm.intern(name);
        let before = vm.get_attr(&element, &name)?;
        let all = if before.is_none() {
            joined
        } else {
            vm.binary_op(taipan_vm::protocol::BinaryOp::Add, &before, &joined)?
        };
        vm.set_attr(&element, &name, &all)
    }

    fn add(&self, vm: &Vm, parent: &Value, child: &Value) -> PyResult<()> {
        match parent.downcast_exact::<Element>() {
            Some(e) => {
                expect_element(vm, child)?;
                e.push(vm, child);
                Ok(())
            }
            None => vm.call_method(parent, "append", std::slice::from_ref(child)).map(drop),
        }
    }

    /// A comment or processing instruction that was made.
    fn single(&self, vm: &Vm, made: Value, insert: bool) -> PyResult<Value> {
        if insert && let Some(this) = self.this.get() {
            self.add(vm, &this, &made)?;
            self.tail_of.set(Some(made.clone()));
        }
        Ok(made)
    }
}

/// `ParseError`, which the Python half defines.
fn parse_error(vm: &Vm, text: &str) -> Raised {
    let made = vm
        .import_named("xml.etree.ElementTree")
        .and_then(|m| vm.call_method(&m, "ParseError", &[vm.new_str(text).into_value()]));
    match made {
        Ok(e) => vm.raise(e),
        Err(raised) => raised,
    }
}

impl Slots for TreeBuilder {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

#[pymethods]
impl TreeBuilder {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, TreeBuilder::default())?.into_value())
    }

    #[pyinit(
        "TreeBuilder(element_factory=None, *, comment_factory=None, pi_factory=None, insert_comments=False, insert_pis=False)"
    )]
    fn init(
        vm: &Vm,
        zelf: &Gc<TreeBuilder>,
        element_factory: &Value,
        comment_factory: &Value,
        pi_factory: &Value,
        insert_comments: bool,
        insert_pis: bool,
    ) {
        let given = |v: &Value| (!v.is_none()).then(|| v.clone());
        let state = vm.state::<Factories>();
        zelf.element_factory.set(given(element_factory));
        let comment = given(comment_factory).or_else(|| state.comment.get());
        zelf.insert_comments.set(insert_comments && comment.is_some());
        zelf.comment_factory.set(comment);
        let pi = given(pi_factory).or_else(|| state.pi.get());
        zelf.insert_pis.set(insert_pis && pi.is_some());
        zelf.pi_factory.set(pi);
    }

    #[pymethod("data($self, data, /)")]
    fn data(vm: &Vm, zelf: &Gc<TreeBuilder>, data: &Value) {
        let _ = vm;
        // Text before the root belongs nowhere.
        if zelf.last.is_some() {
            zelf.data.with_mut(|d| d.push(data.clone()));
        }
    }

    #[pymethod("start($self, tag, attrs, /)")]
    fn start(vm: &Vm, zelf: &Gc<TreeBuilder>, tag: &Value, attrs: &Value) -> PyResult<Value> {
        if attrs.downcast::<Dict>().is_none() {
            return Err(vm.type_error(format_args!(
                "start() argument 2 must be dict, not {}",
                vm.shown_type_name(attrs)
            )));
        }
        zelf.flush(vm)?;
        let made = match zelf.element_factory.get() {
            None => element::make(vm, tag, Some(attrs.clone())).into_value(),
            Some(f) => vm.call(&f, &[tag.clone(), attrs.clone()])?,
        };
        zelf.tail_of.set(None);
        let this = zelf.this.get();
        match &this {
            Some(parent) => zelf.add(vm, parent, &made)?,
            None if zelf.root.is_some() => return Err(parse_error(vm, "multiple elements on top level")),
            None => zelf.root.set(Some(made.clone())),
        }
        zelf.stack.with_mut(|s| s.push(this));
        zelf.this.set(Some(made.clone()));
        zelf.last.set(Some(made.clone()));
        Ok(made)
    }

    #[pymethod("end($self, tag, /)")]
    fn end(vm: &Vm, zelf: &Gc<TreeBuilder>, tag: &Value) -> PyResult<Value> {
        let _ = tag;
        zelf.flush(vm)?;
        let Some(outer) = zelf.stack.with_mut(Vec::pop) else {
            return Err(vm.raise_new(&exc::IndexError, "pop from empty stack"));
        };
        let closed = zelf.this.replace(outer);
        zelf.last.set(closed.clone());
        zelf.tail_of.set(closed.clone());
        Ok(closed.unwrap_or(Value::NONE))
    }

    #[pymethod("comment($self, text, /)")]
    fn comment(vm: &Vm, zelf: &Gc<TreeBuilder>, text: &Value) -> PyResult<Value> {
        zelf.flush(vm)?;
        match zelf.comment_factory.get() {
            Some(f) => zelf.single(vm, vm.call1(&f, text)?, zelf.insert_comments.get()),
            None => Ok(text.clone()),
        }
    }

    #[pymethod("pi($self, target, text=None, /)")]
    fn pi(vm: &Vm, zelf: &Gc<TreeBuilder>, target: &Value, text: &Value) -> PyResult<Value> {
        zelf.flush(vm)?;
        let args = [target.clone(), text.clone()];
        match zelf.pi_factory.get() {
            Some(f) => zelf.single(vm, vm.call(&f, &args)?, zelf.insert_pis.get()),
            None => Ok(vm.tuple_from(&args).into_value()),
        }
    }

    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<TreeBuilder>) -> PyResult<Value> {
        zelf.flush(vm)?;
        Ok(zelf.root.get().unwrap_or(Value::NONE))
    }
}
