//! `BaseExceptionGroup` and `ExceptionGroup`: construction, `split`, `subgroup`, `derive`, and what `except*` needs.

use super::exception::{BaseException, field, make_empty, set_field};
use super::methods::{args_of, matches, no_keywords, readonly, set_args, view};
use super::{PyResult, exc};
use crate::native::GetSetDef;
use crate::prelude::*;

pub const MESSAGE: usize = 0;
pub const EXCEPTIONS: usize = 1;
/// How `repr` shows the exceptions: true as a list, a string as that text, else as a tuple.
const SHOWN: usize = 2;

pub const GETSET: &[GetSetDef] = &[
    readonly::<MESSAGE>("message", "exception message"),
    readonly::<EXCEPTIONS>("exceptions", "nested exceptions"),
];

view!(GroupView, BaseExceptionGroup);

/// Gives `ExceptionGroup` its second base, `Exception`, which a row cannot say.
pub fn link_exception_group(vm: &Vm) {
    let group = vm.type_for(&exc::ExceptionGroup);
    let exception = vm.type_for(&exc::Exception);
    if group.is_subtype(&exception) {
        return;
    }
    let base_group = vm.type_for(&exc::BaseExceptionGroup);
    let base = vm.type_for(<BaseException as Payload>::def());
    group.bases.set(vec![base_group.clone(), exception.clone()]);
    group.mro.set(vec![group.clone(), base_group, exception.clone(), base, vm.types.object.clone()]);
    group.mro_tuple.set(None);
    exception.subclasses.with_mut(|s| s.push(group.as_ptr()));
    group.modified();
}

fn is_group(vm: &Vm, e: &Value) -> bool {
    vm.type_of(e).is_subtype(vm.type_for_ref(&exc::BaseExceptionGroup))
}

pub fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    link_exception_group(vm);
    let pos = args.pos();
    let [message, list] = pos else {
        return Err(vm.type_error(format_args!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            pos.len()
        )));
    };
    if !message.is_instance_of::<Str>() {
        return Err(vm.type_error(format_args!(
            "BaseExceptionGroup.__new__() argument 1 must be str, not {}",
            vm.shown_type_name(message)
        )));
    }
    if !vm.has_sequence_items(list) && !list.is_instance_of::<List>() && !list.is_instance_of::<Tuple>() {
        return Err(vm.type_error("second argument (exceptions) must be a sequence"));
    }
    let items = vm.collect(list)?;
    if items.is_empty() {
        return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let exception = vm.type_for(&exc::Exception);
    let mut nested_base = false;
    for (i, e) in items.iter().enumerate() {
        if !vm.is_exception(e) {
            return Err(
                vm.value_error(format_args!("Item {i} of second argument (exceptions) is not an exception"))
            );
        }
        nested_base |= !vm.type_of(e).is_subtype(&exception);
    }
    let mut cls = cls.clone();
    let plain = vm.type_for(&exc::ExceptionGroup);
    if cls.is(&plain) {
        if nested_base {
            return Err(vm.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
        }
    } else if cls.is(vm.type_for_ref(&exc::BaseExceptionGroup)) {
        if !nested_base {
            cls = plain;
        }
    } else if nested_base && cls.is_subtype(&exception) {
        return Err(vm.type_error(format_args!("Cannot nest BaseExceptions in '{}'", cls.name())));
    }
    let shown = if list.is_instance_of::<List>() {
        Some(Value::TRUE)
    } else if list.is_instance_of::<Tuple>() {
        None
    } else {
        // The sequence may change later; what it was is remembered.
        Some(vm.repr(list)?.into_value())
    };
    let e = make_empty(vm, &cls, vm.tuple_from(pos))?.into_value();
    set_field(&e, SHOWN, shown);
    set_field(&e, MESSAGE, Some(message.clone()));
    set_field(&e, EXCEPTIONS, Some(vm.new_tuple(items).into_value()));
    Ok(e)
}

pub fn init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    no_keywords(vm, vm.type_of(e), args)?;
    set_args(vm, e, args.pos());
    Ok(())
}

/// The fields from `args`, for groups that native code makes.
pub fn fill(vm: &Vm, e: &Value, args: &[Value]) -> PyResult<()> {
    let [message, list] = args else { return Ok(()) };
    set_field(e, MESSAGE, Some(message.clone()));
    set_field(e, SHOWN, list.is_instance_of::<List>().then_some(Value::TRUE));
    let items = vm.collect(list)?;
    set_field(e, EXCEPTIONS, Some(vm.new_tuple(items).into_value()));
    Ok(())
}

fn nested(e: &Value) -> Vec<Value> {
    field(e, EXCEPTIONS).and_then(|t| t.downcast::<Tuple>().map(|t| t.items().to_vec())).unwrap_or_default()
}

pub fn str(vm: &Vm, e: &Value) -> PyResult<Value> {
    let n = nested(e).len();
    let message = vm.str(&field(e, MESSAGE).unwrap_or(Value::NONE))?;
    let mut out = taipan_text::wtf8::Wtf8Buf::new();
    out.push_wtf8(message.as_wtf8());
    out.push_str(&format!(" ({n} sub-exception{})", if n == 1 { "" } else { "s" }));
    Ok(vm.new_wtf8_buf(out).into_value())
}

pub fn repr(vm: &Vm, e: &Value) -> PyResult<Value> {
    let mut out = taipan_text::wtf8::Wtf8Buf::new();
    out.push_str(&vm.type_of(e).name());
    out.push_str("(");
    out.push_wtf8(vm.repr(&field(e, MESSAGE).unwrap_or(Value::NONE))?.as_wtf8());
    out.push_str(", ");
    let shown = field(e, SHOWN);
    match shown.as_ref().and_then(|s| s.downcast::<Str>()) {
        Some(text) => out.push_wtf8(text.as_wtf8()),
        None => {
            let items = nested(e);
            let items = if shown.is_some() {
                vm.new_list(items).into_value()
            } else {
                vm.new_tuple(items).into_value()
            };
            out.push_wtf8(vm.repr(&items)?.as_wtf8());
        }
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

/// How exceptions of a group are chosen.
enum Matcher<'a> {
    Types(&'a Value),
    Predicate(&'a Value),
    /// Leaves of this set, by identity.
    Leaves(&'a [Value]),
}

impl Matcher<'_> {
    fn accepts(&self, vm: &Vm, e: &Value) -> PyResult<bool> {
        match self {
            Matcher::Types(t) => Ok(matches(vm, e, t)),
            Matcher::Predicate(f) => {
                let r = vm.call1(f, e)?;
                vm.is_true(&r)
            }
            Matcher::Leaves(ids) => Ok(!is_group(vm, e) && ids.iter().any(|x| x.is(e))),
        }
    }
}

fn matcher<'a>(vm: &Vm, v: &'a Value) -> PyResult<Matcher<'a>> {
    if vm.is_callable(v) && v.downcast::<Type>().is_none() {
        return Ok(Matcher::Predicate(v));
    }
    if vm.is_exception_class(v) {
        return Ok(Matcher::Types(v));
    }
    if let Some(t) = v.downcast::<Tuple>()
        && t.items().iter().all(|t| vm.is_exception_class(t))
    {
        return Ok(Matcher::Types(v));
    }
    Err(vm.type_error(
        "expected an exception type, a tuple of exception types, or a callable (other than a class)",
    ))
}

/// A group like `orig` with these exceptions: `orig.derive(list)` with traceback, context, cause and notes.
fn subset(vm: &Vm, orig: &Value, list: Vec<Value>) -> PyResult<Option<Value>> {
    if list.is_empty() {
        return Ok(None);
    }
    let list = vm.new_list(list).into_value();
    let made = vm.call_method(orig, "derive", &[list])?;
    if !is_group(vm, &made) {
        return Err(vm.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    if let (Some(to), Some(from)) = (made.downcast::<BaseException>(), orig.downcast::<BaseException>()) {
        if let Some(tb) = from.traceback.get() {
            to.traceback.set(Some(tb));
        }
        to.context.set(from.context.get());
        to.cause.set(from.cause.get());
        if to.cause.is_some() {
            to.suppress_context.set(true);
        }
        to.suppress_context.set(to.suppress_context.get() || from.cause.is_some());
    }
    if let Some(notes) = vm.lookup_attr(orig, &vm.names.__notes__)?
        && (vm.has_sequence_items(&notes)
            || notes.is_instance_of::<List>()
            || notes.is_instance_of::<Tuple>())
    {
        let copy = vm.collect(&notes)?;
        vm.set_attr(&made, &vm.names.__notes__, &vm.new_list(copy).into_value())?;
    }
    Ok(Some(made))
}

/// The matching part and, if it is wanted, the rest.
fn split(vm: &Vm, e: &Value, m: &Matcher<'_>, want_rest: bool) -> PyResult<(Option<Value>, Option<Value>)> {
    if m.accepts(vm, e)? {
        return Ok((Some(e.clone()), None));
    }
    if !is_group(vm, e) {
        return Ok((None, want_rest.then(|| e.clone())));
    }
    let (mut hits, mut rest) = (Vec::new(), Vec::new());
    for inner in nested(e) {
        let (a, b) = vm.recurse(" in exceptiongroup_split_recursive", || split(vm, &inner, m, want_rest))?;
        hits.extend(a);
        rest.extend(b);
    }
    let hits = subset(vm, e, hits)?;
    let rest = if want_rest { subset(vm, e, rest)? } else { None };
    Ok((hits, rest))
}

#[pymethods]
impl GroupView {
    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }

    #[pymethod("derive($self, excs, /)")]
    fn derive(vm: &Vm, zelf: &Gc<BaseException>, excs: &Value) -> PyResult<Value> {
        let message = field(zelf.as_value(), MESSAGE).unwrap_or(Value::NONE);
        let cls = vm.type_for(&exc::BaseExceptionGroup);
        vm.call(cls.as_value(), &[message, excs.clone()])
    }

    #[pymethod("split($self, matcher_value, /)")]
    fn split(
        vm: &Vm,
        zelf: &Gc<BaseException>,
        matcher_value: &Value,
    ) -> PyResult<(Option<Value>, Option<Value>)> {
        let m = matcher(vm, matcher_value)?;
        split(vm, zelf.as_value(), &m, true)
    }

    #[pymethod("subgroup($self, matcher_value, /)")]
    fn subgroup(vm: &Vm, zelf: &Gc<BaseException>, matcher_value: &Value) -> PyResult<Option<Value>> {
        let m = matcher(vm, matcher_value)?;
        Ok(split(vm, zelf.as_value(), &m, false)?.0)
    }
}

/// What an `except*` clause may name.
fn check_star_type(vm: &Vm, ty: &Value) -> PyResult<()> {
    let one = |t: &Value| -> PyResult<()> {
        if !vm.is_exception_class(t) {
            return Err(
                vm.type_error("catching classes that do not inherit from BaseException is not allowed")
            );
        }
        if t.downcast::<Type>().is_some_and(|t| t.is_subtype(vm.type_for_ref(&exc::BaseExceptionGroup))) {
            return Err(
                vm.type_error("catching ExceptionGroup with except* is not allowed. Use except instead.")
            );
        }
        Ok(())
    };
    match ty.downcast::<Tuple>() {
        Some(parts) => parts.items().iter().try_for_each(one),
        None => one(ty),
    }
}

/// `except* ty`: the part of `exc` that does not match and the part that does; `None` for an empty one.
pub fn check_eg_match(vm: &Vm, exc: &Value, ty: &Value) -> PyResult<(Value, Value)> {
    check_star_type(vm, ty)?;
    if exc.is_none() {
        return Ok((Value::NONE, Value::NONE));
    }
    if matches(vm, exc, ty) {
        if is_group(vm, exc) {
            return Ok((Value::NONE, exc.clone()));
        }
        // A naked exception is wrapped, so that the handler always sees a group.
        let cls = vm.type_for(&exc::BaseExceptionGroup);
        let list = vm.new_tuple(vec![exc.clone()]).into_value();
        let wrapped = vm.call(cls.as_value(), &[vm.names.empty.to_value(), list])?;
        if let (Some(group), Some(f)) = (wrapped.downcast::<BaseException>(), vm.top_frame()) {
            group.traceback.set(Some(crate::types::traceback::entry(vm, f, f.lasti(), None)));
        }
        return Ok((Value::NONE, wrapped));
    }
    if !is_group(vm, exc) {
        return Ok((exc.clone(), Value::NONE));
    }
    let pair = vm.call_method(exc, "split", std::slice::from_ref(ty))?;
    let Some(pair) = pair.downcast::<Tuple>() else {
        return Err(vm.type_error(format_args!(
            "{}.split must return a tuple, not {}",
            vm.type_of(exc).name(),
            vm.type_of(&pair).name()
        )));
    };
    match pair.items() {
        [hit, rest, ..] => Ok((rest.clone(), hit.clone())),
        few => Err(vm.type_error(format_args!(
            "{}.split must return a 2-tuple, got tuple of size {}",
            vm.type_of(exc).name(),
            few.len()
        ))),
    }
}

/// Whether `a` is `b` or a part that `split` made of it: the part keeps what tells where it came from.
fn same_metadata(vm: &Vm, a: &Value, b: &Value) -> bool {
    if !is_group(vm, a) || !is_group(vm, b) {
        return false;
    }
    let (Some(a), Some(b)) = (a.downcast::<BaseException>(), b.downcast::<BaseException>()) else {
        return false;
    };
    let same = |a: Option<Value>, b: Option<Value>| match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is(&b),
        _ => false,
    };
    same(a.traceback.get(), b.traceback.get())
        && same(a.cause.get(), b.cause.get())
        && same(a.context.get(), b.context.get())
}

fn collect_leaves(vm: &Vm, e: &Value, out: &mut Vec<Value>) -> PyResult<()> {
    if !is_group(vm, e) {
        out.push(e.clone());
        return Ok(());
    }
    for inner in nested(e) {
        vm.recurse(" in collect_exception_group_leaf_ids", || collect_leaves(vm, &inner, out))?;
    }
    Ok(())
}

/// What to raise after the clauses of a `try … except*` ran: `orig` is what was caught, `excs` (a list) what the
/// clauses raised and what none matched. `None`: nothing.
pub fn prep_reraise_star(vm: &Vm, orig: &Value, excs: &Value) -> PyResult<Value> {
    let excs = vm.collect(excs)?;
    if !is_group(vm, orig) {
        // A naked exception: only one clause can have run.
        return Ok(excs.into_iter().next().unwrap_or(Value::NONE));
    }
    let (mut raised, mut reraised) = (Vec::new(), Vec::new());
    for e in excs {
        if e.is_none() {
            continue;
        }
        if same_metadata(vm, &e, orig) { reraised.push(e) } else { raised.push(e) }
    }
    let mut leaves = Vec::new();
    for e in &reraised {
        collect_leaves(vm, e, &mut leaves)?;
    }
    let again = split(vm, orig, &Matcher::Leaves(&leaves), false)?.0;
    if raised.is_empty() {
        return Ok(again.unwrap_or(Value::NONE));
    }
    raised.extend(again);
    if raised.len() == 1 {
        return Ok(raised.pop().unwrap_or(Value::NONE));
    }
    let cls = vm.type_for(&exc::BaseExceptionGroup);
    let list = vm.new_list(raised).into_value();
    vm.call(cls.as_value(), &[vm.names.empty.to_value(), list])
}

const _: fn(&Vm, &Gc<BaseException>) -> Gc<Tuple> = args_of;
