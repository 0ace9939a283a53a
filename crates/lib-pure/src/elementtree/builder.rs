//! `TreeBuilder`: makes a tree of what a parser reports.

use super::element::{self, Element, expect_element};
use super::{Factories, PARSE_ERROR};
use crate::collections::deque::Deque;
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
    /// Text that was not put anywhere yet: the first piece, and those behind it.
    data: ValueCell,
    more: Guarded<Vec<Value>>,
    /// What was open around `this`; `None` around the root.
    stack: Guarded<Vec<Option<Value>>>,
    element_factory: ValueCell,
    comment_factory: ValueCell,
    pi_factory: ValueCell,
    #[notrace]
    insert_comments: Cell<bool>,
    #[notrace]
    pub insert_pis: Cell<bool>,
    pub events: Events,
}

/// What is told to those who read a tree while it grows: the name of each event that they asked for, and where it goes.
#[derive(Trace, Default)]
pub struct Events {
    /// A deque, a list, or what to call.
    pub queue: ValueCell,
    pub start: ValueCell,
    pub end: ValueCell,
    pub start_ns: ValueCell,
    pub end_ns: ValueCell,
    pub comment: ValueCell,
    pub pi: ValueCell,
}

impl Events {
    pub fn clear(&self) {
        for cell in [&self.start, &self.end, &self.start_ns, &self.end_ns, &self.comment, &self.pi] {
            cell.set(None);
        }
    }

    pub fn tell(&self, vm: &Vm, event: &ValueCell, what: impl FnOnce() -> Value) -> PyResult<()> {
        if !event.is_some() {
            return Ok(());
        }
        let (Some(event), Some(queue)) = (event.get(), self.queue.get()) else { return Ok(()) };
        let pair = vm.tuple_from_iter([event, what()].into_iter()).into_value();
        if let Some(d) = queue.downcast_exact::<Deque>() {
            d.push(pair);
        } else if let Some(l) = queue.downcast_exact::<List>() {
            l.push(pair);
        } else {
            vm.call1(&queue, &pair)?;
        }
        Ok(())
    }
}

impl TreeBuilder {
    /// Whether text belongs anywhere.
    pub fn wants_text(&self) -> bool {
        self.last.is_some()
    }

    /// Text that comes next.
    pub fn text(&self, piece: Value) {
        if !self.wants_text() {
            return;
        }
        match self.data.is_some() {
            true => self.more.with_mut(|m| m.push(piece)),
            false => self.data.set(Some(piece)),
        }
    }

    /// Puts the text that has gathered where it belongs.
    fn flush(&self, vm: &Vm) -> PyResult<()> {
        let Some(mut joined) = self.data.take() else { return Ok(()) };
        if self.more.with(|m| !m.is_empty()) {
            let mut all = self.more.take();
            all.insert(0, joined);
            let list = vm.new_list(all).into_value();
            joined = vm.call_method(vm.names.empty.as_value(), "join", &[list])?;
        }
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

    /// An element begins. Without attributes, a factory is given a new dict.
    pub fn begin(&self, vm: &Vm, tag: &Value, attrs: Option<Value>) -> PyResult<Value> {
        self.flush(vm)?;
        let made = match self.element_factory.get() {
            None => element::make(vm, tag, attrs).into_value(),
            Some(f) => {
                let attrs = attrs.unwrap_or_else(|| vm.new_dict().into_value());
                vm.call(&f, &[tag.clone(), attrs])?
            }
        };
        self.tail_of.set(None);
        let this = self.this.get();
        match &this {
            Some(parent) => self.add(vm, parent, &made)?,
            None if self.root.is_some() => return Err(parse_error(vm, "multiple elements on top level")),
            None => self.root.set(Some(made.clone())),
        }
        self.stack.with_mut(|s| s.push(this));
        self.this.set(Some(made.clone()));
        self.last.set(Some(made.clone()));
        self.events.tell(vm, &self.events.start, || made.clone())?;
        Ok(made)
    }

    /// The element that is open ends.
    pub fn finish(&self, vm: &Vm) -> PyResult<Value> {
        self.flush(vm)?;
        let Some(outer) = self.stack.with_mut(Vec::pop) else {
            return Err(vm.raise_new(&exc::IndexError, "pop from empty stack"));
        };
        let closed = self.this.replace(outer).unwrap_or(Value::NONE);
        self.last.set(Some(closed.clone()));
        self.tail_of.set(Some(closed.clone()));
        self.events.tell(vm, &self.events.end, || closed.clone())?;
        Ok(closed)
    }

    pub fn note(&self, vm: &Vm, text: &Value) -> PyResult<Value> {
        self.flush(vm)?;
        let made = match self.comment_factory.get() {
            Some(f) => self.single(vm, vm.call1(&f, text)?, self.insert_comments.get())?,
            None => text.clone(),
        };
        self.events.tell(vm, &self.events.comment, || made.clone())?;
        Ok(made)
    }

    pub fn instruct(&self, vm: &Vm, target: &Value, text: &Value) -> PyResult<Value> {
        self.flush(vm)?;
        let args = [target.clone(), text.clone()];
        let made = match self.pi_factory.get() {
            Some(f) => self.single(vm, vm.call(&f, &args)?, self.insert_pis.get())?,
            None => vm.tuple_from(&args).into_value(),
        };
        self.events.tell(vm, &self.events.pi, || made.clone())?;
        Ok(made)
    }

    /// The tree.
    pub fn done(&self, vm: &Vm) -> PyResult<Value> {
        self.flush(vm)?;
        Ok(self.root.get().unwrap_or(Value::NONE))
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

fn parse_error(vm: &Vm, text: &str) -> Raised {
    vm.raise_new(&PARSE_ERROR, text)
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
        zelf.text(data.clone());
    }

    #[pymethod("start($self, tag, attrs, /)")]
    fn start(vm: &Vm, zelf: &Gc<TreeBuilder>, tag: &Value, attrs: &Value) -> PyResult<Value> {
        if attrs.downcast::<Dict>().is_none() {
            return Err(vm.type_error(format_args!(
                "start() argument 2 must be dict, not {}",
                vm.shown_type_name(attrs)
            )));
        }
        zelf.begin(vm, tag, Some(attrs.clone()))
    }

    #[pymethod("end($self, tag, /)")]
    fn end(vm: &Vm, zelf: &Gc<TreeBuilder>, tag: &Value) -> PyResult<Value> {
        let _ = tag;
        zelf.finish(vm)
    }

    #[pymethod("comment($self, text, /)")]
    fn comment(vm: &Vm, zelf: &Gc<TreeBuilder>, text: &Value) -> PyResult<Value> {
        zelf.note(vm, text)
    }

    #[pymethod("pi($self, target, text=None, /)")]
    fn pi(vm: &Vm, zelf: &Gc<TreeBuilder>, target: &Value, text: &Value) -> PyResult<Value> {
        zelf.instruct(vm, target, text)
    }

    #[pymethod("close($self, /)")]
    fn close(vm: &Vm, zelf: &Gc<TreeBuilder>) -> PyResult<Value> {
        zelf.done(vm)
    }
}
