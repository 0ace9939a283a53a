//! What exception objects do: construction, `repr`, `str`, `with_traceback`, `add_note`, pickling, and the table that says
//! which class adds what. `OSError` is in `os.rs`, `SyntaxError` in `syntax.rs`, Unicode errors in `unicode.rs`, groups in
//! `group.rs`.

use super::exception::{BaseException, NAME, OBJ, field, make_empty, set_field};
use super::{exc, group, os, syntax, unicode};
use crate::native::{ConstDef, FnDef, GetSetDef, Methods};
use crate::prelude::*;
use crate::types::instance;
use crate::types::typedef::TypeDef;

#[pymethods]
impl BaseException {
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<BaseException>) -> PyResult<Value> {
        let dict = instance_state(vm, zelf.as_value());
        Ok(reduce_tuple(vm, zelf.as_value(), args_of(vm, zelf), dict))
    }

    #[pymethod("__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<BaseException>, state: &Value) -> PyResult<()> {
        if state.is_none() {
            return Ok(());
        }
        let Some(state) = state.downcast::<Dict>() else {
            return Err(vm.type_error("state is not a dictionary"));
        };
        for (k, v) in state.pairs() {
            let name = vm.attr_name(&k)?;
            vm.set_attr(zelf.as_value(), name, &v)?;
        }
        Ok(())
    }

    /// Set self.__traceback__ to tb and return self.
    #[pymethod("with_traceback($self, tb, /)")]
    fn with_traceback(vm: &Vm, zelf: &Gc<BaseException>, tb: &Value) -> PyResult<Value> {
        set_traceback(vm, zelf, Some(tb))?;
        Ok(zelf.to_value())
    }

    /// Add a note to the exception
    #[pymethod("add_note($self, note, /)")]
    fn add_note(vm: &Vm, zelf: &Gc<BaseException>, note: &Value) -> PyResult<()> {
        if !note.is_instance_of::<Str>() {
            return Err(vm.type_error(format_args!(
                "add_note() argument must be str, not {}",
                vm.shown_type_name(note)
            )));
        }
        let obj = zelf.as_value();
        let notes = match vm.lookup_attr(obj, &vm.names.__notes__)? {
            Some(n) => n,
            None => {
                let fresh = vm.new_list(Vec::new()).into_value();
                vm.set_attr(obj, &vm.names.__notes__, &fresh)?;
                fresh
            }
        };
        match notes.downcast::<List>() {
            Some(l) => l.push(note.clone()),
            None => return Err(vm.type_error("Cannot add note: __notes__ is not a list")),
        }
        Ok(())
    }

    #[pygetter("__suppress_context__")]
    fn suppress_context(_vm: &Vm, zelf: &Gc<BaseException>) -> bool {
        zelf.suppress_context.get()
    }

    #[pysetter("__suppress_context__")]
    fn set_suppress_context(vm: &Vm, zelf: &Gc<BaseException>, v: Option<&Value>) -> PyResult<()> {
        let Some(v) = v else { return Err(vm.type_error("can't delete numeric/char attribute")) };
        let Some(b) = v.as_bool() else { return Err(vm.type_error("attribute value type must be bool")) };
        zelf.suppress_context.set(b);
        Ok(())
    }

    #[pygetter("__dict__")]
    fn dict(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        instance::dict(vm, zelf).into_py(vm)
    }

    #[pysetter("__dict__")]
    fn set_dict(vm: &Vm, zelf: &Value, v: Option<&Value>) -> PyResult<()> {
        let Some(v) = v else { return Err(vm.type_error("cannot delete __dict__")) };
        let Some(d) = v.downcast::<Dict>() else {
            return Err(vm.type_error(format_args!(
                "__dict__ must be set to a dictionary, not a '{}'",
                vm.type_of(v).name()
            )));
        };
        instance::set_dict(zelf, Some(d.clone()));
        Ok(())
    }

    #[pygetter("args")]
    fn args(vm: &Vm, zelf: &Gc<BaseException>) -> Gc<Tuple> {
        args_of(vm, zelf)
    }

    #[pysetter("args")]
    fn set_args(vm: &Vm, zelf: &Gc<BaseException>, v: Option<&Value>) -> PyResult<()> {
        let Some(v) = v else { return Err(vm.type_error("args may not be deleted")) };
        let items = vm.collect(v)?;
        zelf.args.set(Some(vm.new_tuple(items)));
        Ok(())
    }

    #[pygetter("__traceback__")]
    fn traceback(_vm: &Vm, zelf: &Gc<BaseException>) -> Option<Value> {
        zelf.traceback.get()
    }

    #[pysetter("__traceback__")]
    fn set_traceback(vm: &Vm, zelf: &Gc<BaseException>, v: Option<&Value>) -> PyResult<()> {
        set_traceback(vm, zelf, v)
    }

    #[pygetter("__context__")]
    fn context(_vm: &Vm, zelf: &Gc<BaseException>) -> Option<Value> {
        zelf.context.get()
    }

    #[pysetter("__context__")]
    fn set_context(vm: &Vm, zelf: &Gc<BaseException>, v: Option<&Value>) -> PyResult<()> {
        zelf.context.set(linked(vm, v, "__context__", "context")?);
        Ok(())
    }

    #[pygetter("__cause__")]
    fn cause(_vm: &Vm, zelf: &Gc<BaseException>) -> Option<Value> {
        zelf.cause.get()
    }

    #[pysetter("__cause__")]
    fn set_cause(vm: &Vm, zelf: &Gc<BaseException>, v: Option<&Value>) -> PyResult<()> {
        let cause = linked(vm, v, "__cause__", "cause")?;
        zelf.suppress_context.set(true);
        zelf.cause.set(cause);
        Ok(())
    }
}

/// A value for `__cause__` or `__context__`.
fn linked(vm: &Vm, v: Option<&Value>, attr: &str, what: &str) -> PyResult<Option<Value>> {
    match v {
        None => Err(vm.type_error(format_args!("{attr} may not be deleted"))),
        Some(v) if v.is_none() => Ok(None),
        Some(v) if vm.is_exception(v) => Ok(Some(v.clone())),
        Some(_) => {
            Err(vm.type_error(format_args!("exception {what} must be None or derive from BaseException")))
        }
    }
}

fn set_traceback(vm: &Vm, zelf: &Gc<BaseException>, v: Option<&Value>) -> PyResult<()> {
    let Some(v) = v else { return Err(vm.type_error("__traceback__ may not be deleted")) };
    if v.is_none() {
        zelf.traceback.set(None);
    } else if vm.type_of(v).def.name == "traceback" {
        zelf.traceback.set(Some(v.clone()));
    } else {
        return Err(vm.type_error("__traceback__ must be a traceback or None"));
    }
    Ok(())
}

/// `self.args`.
pub fn args_of(vm: &Vm, e: &Gc<BaseException>) -> Gc<Tuple> {
    e.args.get().unwrap_or_else(|| vm.names.empty_tuple.clone())
}

/// The instance's `__dict__`, if it has attributes.
pub fn instance_state(vm: &Vm, e: &Value) -> Option<Gc<Dict>> {
    let pairs = instance::pairs(vm, e);
    if pairs.is_empty() { None } else { instance::dict(vm, e) }
}

/// What `__reduce__` answers.
pub fn reduce_tuple(vm: &Vm, e: &Value, args: Gc<Tuple>, state: Option<Gc<Dict>>) -> Value {
    let mut items = vec![vm.type_of(e).to_value(), args.into_value()];
    items.extend(state.map(Gc::into_value));
    vm.new_tuple(items).into_value()
}

/// `T() takes no keyword arguments`.
pub fn no_keywords(vm: &Vm, ty: &Gc<Type>, args: CallArgs<'_>) -> PyResult<()> {
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("{}() takes no keyword arguments", ty.name())));
    }
    Ok(())
}

/// `BaseException.__new__`: takes any arguments.
fn base_new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    Ok(make_empty(vm, cls, vm.tuple_from(args.pos()))?.into_value())
}

/// `BaseException.__init__`.
fn base_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    no_keywords(vm, vm.type_of(e), args)?;
    set_args(vm, e, args.pos());
    Ok(())
}

/// Sets `args`, keeping the tuple that `__new__` made of the same values.
pub fn set_args(vm: &Vm, e: &Value, args: &[Value]) {
    let Some(e) = e.downcast::<BaseException>() else { return };
    if let Some(old) = e.args.get()
        && old.len() == args.len()
        && old.items().iter().zip(args).all(|(a, b)| a.is(b))
    {
        return;
    }
    e.args.set(Some(vm.tuple_from(args)));
}

fn base_repr(vm: &Vm, e: &Value) -> PyResult<Value> {
    let Some(b) = e.downcast::<BaseException>() else { return Err(vm.type_error("not an exception")) };
    let args = args_of(vm, b);
    let mut out = taipan_text::wtf8::Wtf8Buf::new();
    out.push_str(&vm.type_of(e).name());
    match args.items() {
        [one] => {
            let shown = vm.repr(one)?;
            out.push_str("(");
            out.push_wtf8(shown.as_wtf8());
            out.push_str(")");
        }
        _ => out.push_wtf8(vm.repr(args.as_value())?.as_wtf8()),
    }
    Ok(vm.new_wtf8_buf(out).into_value())
}

/// `BaseException.__str__`.
pub fn base_str(vm: &Vm, e: &Value) -> PyResult<Value> {
    let Some(b) = e.downcast::<BaseException>() else { return Err(vm.type_error("not an exception")) };
    let args = args_of(vm, b);
    match args.items() {
        [] => Ok(vm.names.empty.to_value()),
        [one] => Ok(vm.str(one)?.into_value()),
        _ => Ok(vm.str(args.as_value())?.into_value()),
    }
}

impl Slots for BaseException {
    const SLOTS: SlotDefs = SlotDefs {
        new: Some(base_new),
        init: Some(base_init),
        repr: Some(base_repr),
        str: Some(base_str),
        ..SlotDefs::NONE
    };
}

impl Payload for BaseException {
    fn def() -> &'static TypeDef {
        static DEF: TypeDef = TypeDef {
            name: "BaseException",
            module: "builtins",
            doc: "Common base class for all exceptions.",
            signature: "",
            base: None,
            flags: F::BASETYPE | F::GC | F::HAS_DICT | F::EXCEPTION_SUBCLASS,
            slots: <BaseException as Slots>::SLOTS,
            methods: <BaseException as crate::native::Methods>::METHODS,
            getset: <BaseException as crate::native::Methods>::GETSET,
            consts: &[],
            fns: <BaseException as taipan_heap::Layout>::FNS,
            id: {
                static ID: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
                &ID
            },
        };
        &DEF
    }
}

/// A class's view of the shared payload, so that rows of methods can be written for it.
macro_rules! view {
    ($name:ident, $def:ident) => {
        #[repr(transparent)]
        pub struct $name(#[allow(dead_code)] BaseException);
        $crate::fixed_layout!($name);
        impl Trace for $name {
            fn trace(&self, visit: &mut dyn FnMut(&Value)) {
                self.0.trace(visit)
            }
            fn unlink(&self) {
                self.0.unlink()
            }
        }
        impl Payload for $name {
            fn def() -> &'static $crate::types::typedef::TypeDef {
                &$crate::errors::exc::$def
            }
        }
    };
}
pub(crate) use view;

/// A plain field as an attribute: absent reads as `None`, deleting makes it absent.
pub const fn member<const N: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    GetSetDef { name, doc, member: true, get: get_member::<N>, set: Some(set_member::<N>) }
}

/// A field that cannot be set.
pub const fn readonly<const N: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    GetSetDef { name, doc, member: true, get: get_member::<N>, set: None }
}

fn get_member<const N: usize>(_: &Vm, e: &Value) -> PyResult<Value> {
    Ok(field(e, N).unwrap_or(Value::NONE))
}

fn set_member<const N: usize>(_: &Vm, e: &Value, v: Option<&Value>) -> PyResult<()> {
    set_field(e, N, v.cloned());
    Ok(())
}

// ImportError's fields.
pub const IMPORT_MSG: usize = 1;
pub const IMPORT_PATH: usize = 2;
pub const IMPORT_NAME_FROM: usize = 3;

view!(ImportErrorView, ImportError);
view!(AttributeErrorView, AttributeError);

/// Keyword-only arguments of an exception's `__init__`.
fn keywords(vm: &Vm, class: &str, names: &[&str], args: CallArgs<'_>) -> PyResult<Vec<Option<Value>>> {
    let mut out = vec![None; names.len()];
    if args.kwcount() > names.len() {
        let n = names.len();
        return Err(vm.type_error(format_args!(
            "{class}() takes at most {n} keyword argument{} ({} given)",
            if n == 1 { "" } else { "s" },
            args.kwcount()
        )));
    }
    for (k, v) in args.keywords() {
        let text = k.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        match names.iter().position(|n| *n == text) {
            Some(i) => {
                if let Some(slot) = out.get_mut(i) {
                    *slot = Some(v.clone())
                }
            }
            None => {
                let near = super::suggest::nearest(&text, names.iter().copied());
                return Err(match near {
                    Some(near) => vm.type_error(format_args!(
                        "{class}() got an unexpected keyword argument '{text}'. Did you mean '{near}'?"
                    )),
                    None => {
                        vm.type_error(format_args!("{class}() got an unexpected keyword argument '{text}'"))
                    }
                });
            }
        }
    }
    Ok(out)
}

fn import_error_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    set_args(vm, e, args.pos());
    let kw = keywords(vm, "ImportError", &["name", "path", "name_from"], args)?;
    for (v, at) in kw.into_iter().zip([NAME, IMPORT_PATH, IMPORT_NAME_FROM]) {
        set_field(e, at, v);
    }
    let msg = if let [msg] = args.pos() { Some(msg.clone()) } else { None };
    set_field(e, IMPORT_MSG, msg);
    Ok(())
}

fn import_error_str(vm: &Vm, e: &Value) -> PyResult<Value> {
    match field(e, IMPORT_MSG) {
        Some(msg) if msg.downcast_exact::<Str>().is_some() => Ok(msg),
        _ => base_str(vm, e),
    }
}

/// A copy of the instance's dict with more entries; `None` if it would be empty.
fn state_with(vm: &Vm, e: &Value, extra: &[(&str, Option<Value>)]) -> Option<Gc<Dict>> {
    let own = instance_state(vm, e);
    if extra.iter().all(|(_, v)| v.is_none()) {
        return own;
    }
    let d = vm.new_dict();
    for (k, v) in own.map_or(Vec::new(), |d| d.pairs()) {
        if let Some(k) = k.downcast::<Str>() {
            d.set_str(vm, k, v);
        }
    }
    for (k, v) in extra {
        if let Some(v) = v {
            d.set_str(vm, &vm.intern(k), v.clone());
        }
    }
    Some(d)
}

#[pymethods]
impl ImportErrorView {
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<BaseException>) -> PyResult<Value> {
        let e = zelf.as_value();
        let state = state_with(
            vm,
            e,
            &[
                ("name", field(e, NAME)),
                ("path", field(e, IMPORT_PATH)),
                ("name_from", field(e, IMPORT_NAME_FROM)),
            ],
        );
        Ok(reduce_tuple(vm, e, args_of(vm, zelf), state))
    }
}

fn name_error_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    set_args(vm, e, args.pos());
    let kw = keywords(vm, "NameError", &["name"], args)?;
    for (v, at) in kw.into_iter().zip([NAME]) {
        set_field(e, at, v);
    }
    Ok(())
}

fn attribute_error_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    set_args(vm, e, args.pos());
    let kw = keywords(vm, "AttributeError", &["name", "obj"], args)?;
    for (v, at) in kw.into_iter().zip([NAME, OBJ]) {
        set_field(e, at, v);
    }
    Ok(())
}

#[pymethods]
impl AttributeErrorView {
    #[pymethod("__getstate__($self, /)")]
    fn getstate(vm: &Vm, zelf: &Gc<BaseException>) -> Option<Gc<Dict>> {
        let e = zelf.as_value();
        state_with(vm, e, &[("name", field(e, NAME)), ("args", Some(args_of(vm, zelf).into_value()))])
    }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<BaseException>) -> PyResult<Value> {
        let state = AttributeErrorView::getstate(vm, zelf);
        Ok(reduce_tuple(vm, zelf.as_value(), args_of(vm, zelf), state))
    }
}

fn stop_iteration_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    base_init(vm, e, args)?;
    set_field(e, super::exception::VALUE, args.pos().first().cloned());
    Ok(())
}

fn system_exit_init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    base_init(vm, e, args)?;
    let code = match args.pos() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(vm.tuple_from(many).into_value()),
    };
    set_field(e, super::exception::CODE, code);
    Ok(())
}

fn key_error_str(vm: &Vm, e: &Value) -> PyResult<Value> {
    if let Some(b) = e.downcast::<BaseException>()
        && let [key] = args_of(vm, b).items()
    {
        return Ok(vm.repr(key)?.into_value());
    }
    base_str(vm, e)
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

const STOP_ITERATION: &[GetSetDef] = &[member::<0>("value", "generator return value")];
const SYSTEM_EXIT: &[GetSetDef] = &[member::<0>("code", "exception code")];
const NAME_ERROR: &[GetSetDef] = &[member::<NAME>("name", "name")];
const ATTRIBUTE_ERROR: &[GetSetDef] =
    &[member::<NAME>("name", "attribute name"), member::<OBJ>("obj", "object")];
const IMPORT_ERROR: &[GetSetDef] = &[
    member::<IMPORT_MSG>("msg", "exception message"),
    member::<NAME>("name", "module name"),
    member::<IMPORT_PATH>("path", "module path"),
    member::<IMPORT_NAME_FROM>("name_from", "name imported from module"),
];

/// The computed attributes that a class adds.
pub const fn getset_of(class: &str) -> &'static [GetSetDef] {
    if same(class, "StopIteration") {
        STOP_ITERATION
    } else if same(class, "SystemExit") {
        SYSTEM_EXIT
    } else if same(class, "NameError") {
        NAME_ERROR
    } else if same(class, "AttributeError") {
        ATTRIBUTE_ERROR
    } else if same(class, "ImportError") {
        IMPORT_ERROR
    } else if same(class, "OSError") {
        os::GETSET
    } else if same(class, "SyntaxError") {
        syntax::GETSET
    } else if same(class, "UnicodeEncodeError")
        || same(class, "UnicodeDecodeError")
        || same(class, "UnicodeTranslateError")
    {
        unicode::GETSET
    } else if same(class, "BaseExceptionGroup") {
        group::GETSET
    } else {
        &[]
    }
}

/// The methods that a class adds.
pub const fn methods_of(class: &str) -> &'static [FnDef] {
    if same(class, "OSError") {
        <os::OsErrorView as Methods>::METHODS
    } else if same(class, "ImportError") {
        <ImportErrorView as Methods>::METHODS
    } else if same(class, "AttributeError") {
        <AttributeErrorView as Methods>::METHODS
    } else if same(class, "BaseExceptionGroup") {
        <group::GroupView as Methods>::METHODS
    } else {
        &[]
    }
}

/// The constants in a class's dict.
pub const fn consts_of(_class: &str) -> &'static [ConstDef] {
    &[]
}

/// The slots that a class has of its own.
pub const fn slots_of(class: &str) -> SlotDefs {
    const NONE: SlotDefs = SlotDefs::NONE;
    // CPython repeats `__new__` and `__init__` in every class; the entries inherited here do the same work.
    if same(class, "StopIteration") {
        SlotDefs { init: Some(stop_iteration_init), ..NONE }
    } else if same(class, "SystemExit") {
        SlotDefs { init: Some(system_exit_init), ..NONE }
    } else if same(class, "KeyError") {
        SlotDefs { str: Some(key_error_str), ..NONE }
    } else if same(class, "NameError") {
        SlotDefs { init: Some(name_error_init), ..NONE }
    } else if same(class, "AttributeError") {
        SlotDefs { init: Some(attribute_error_init), ..NONE }
    } else if same(class, "ImportError") {
        SlotDefs { init: Some(import_error_init), str: Some(import_error_str), ..NONE }
    } else if same(class, "OSError") {
        SlotDefs { new: Some(os::new), init: Some(os::init), str: Some(os::str), ..NONE }
    } else if same(class, "SyntaxError") {
        SlotDefs { init: Some(syntax::init), str: Some(syntax::str), ..NONE }
    } else if same(class, "UnicodeEncodeError") {
        SlotDefs { init: Some(unicode::encode_init), str: Some(unicode::encode_str), ..NONE }
    } else if same(class, "UnicodeDecodeError") {
        SlotDefs { init: Some(unicode::decode_init), str: Some(unicode::decode_str), ..NONE }
    } else if same(class, "UnicodeTranslateError") {
        SlotDefs { init: Some(unicode::translate_init), str: Some(unicode::translate_str), ..NONE }
    } else if same(class, "BaseExceptionGroup") {
        SlotDefs {
            new: Some(group::new),
            init: Some(group::init),
            str: Some(group::str),
            repr: Some(group::repr),
            ..NONE
        }
    } else {
        NONE
    }
}

/// Fills the fields of a fresh exception from its `args`, as its class's `__init__` does.
pub fn init_fields(vm: &Vm, def: &'static TypeDef, e: &Value) -> PyResult<()> {
    let mut at = Some(def);
    let init = loop {
        match at {
            Some(d) if d.slots.init.is_some() => break d.slots.init,
            Some(d) => at = d.base.map(|b| b()),
            None => return Ok(()),
        }
    };
    let Some(init) = init else { return Ok(()) };
    if std::ptr::fn_addr_eq(init, base_init as crate::native::InitFn) {
        return Ok(());
    }
    let Some(b) = e.downcast::<BaseException>() else { return Ok(()) };
    let args = args_of(vm, b);
    if std::ptr::fn_addr_eq(init, os::init as crate::native::InitFn) {
        return os::fill(vm, e, args.items());
    }
    if std::ptr::fn_addr_eq(init, group::init as crate::native::InitFn) {
        return group::fill(vm, e, args.items());
    }
    init(vm, e, CallArgs::positional(args.items()))
}

/// Whether an exception object matches what an `except` clause names: a class or a tuple of them (also nested).
pub fn matches(vm: &Vm, e: &Value, ty: &Value) -> bool {
    if let Some(parts) = ty.downcast::<Tuple>() {
        return parts.items().iter().any(|t| matches(vm, e, t));
    }
    match ty.downcast::<Type>() {
        Some(ty) => vm.type_of(e).is_subtype(ty),
        None => e.is(ty),
    }
}

const _: &TypeDef = &exc::Exception;
