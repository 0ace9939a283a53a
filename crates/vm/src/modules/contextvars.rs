//! `_contextvars`: context variables and contexts. A context's contents are an immutable map, so that copying one costs
//! nothing; setting a variable makes a new map.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::generic_alias;
use crate::types::hamt::Keys;
use crate::types::hamt_methods::{self, Map};
use std::any::TypeId;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

#[pytype(name = "Context", module = "_contextvars", flags(GC, WEAKREF))]
pub struct Context {
    vars: GcCell<Map>,
    entered: Cell<bool>,
}

impl Trace for Context {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.vars.trace(visit)
    }
    fn unlink(&self) {
        self.vars.unlink()
    }
}

impl Context {
    fn find(&self, vm: &Vm, var: &Value) -> PyResult<Option<Value>> {
        match self.vars.get() {
            Some(m) => m.find(vm, Keys::Identical, var),
            None => Ok(None),
        }
    }

    fn update(&self, vm: &Vm, var: &Value, value: Option<&Value>) -> PyResult<()> {
        changed();
        let map = self.map(vm);
        let changed = match value {
            Some(v) => map.inserted(vm, Keys::Identical, var, v)?,
            None => map.removed(vm, Keys::Identical, var)?,
        };
        if changed.is_some() {
            self.vars.set(changed);
        }
        Ok(())
    }

    fn map(&self, vm: &Vm) -> Gc<Map> {
        self.vars.get().unwrap_or_else(|| Map::empty(vm))
    }
}

struct Current;

/// Numbers for the states that the threads' variables are in.
static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// A number that no other thread has, and this one only as long as no variable of it changes: for those who remember
/// what a variable was.
#[inline]
pub fn state_number() -> u64 {
    match STATE.get() {
        0 => changed(),
        n => n,
    }
}

fn changed() -> u64 {
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    STATE.set(n);
    n
}

/// The thread's context.
pub fn current(vm: &Vm) -> Gc<Context> {
    let key = TypeId::of::<Current>();
    let found = vm.locals.with(|l| l.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone()));
    if let Some(c) = found.as_ref().and_then(|c| c.downcast::<Context>()) {
        return c.clone();
    }
    let c = vm.alloc(Context { vars: GcCell::new(None), entered: Cell::new(true) });
    drop(set_current(vm, c.clone()));
    c
}

/// Makes a context the thread's; answers the one before.
fn set_current(vm: &Vm, c: Gc<Context>) -> Option<Value> {
    changed();
    let key = TypeId::of::<Current>();
    let c = c.into_value();
    vm.locals.with_mut(|l| match l.iter_mut().find(|(k, _)| *k == key) {
        Some((_, v)) => Some(std::mem::replace(v, c)),
        None => {
            l.push((key, c));
            None
        }
    })
}

/// `contextvars.copy_context()`.
pub fn copy_current(vm: &Vm) -> Value {
    copy(vm, &current(vm)).into_value()
}

fn copy(vm: &Vm, c: &Gc<Context>) -> Gc<Context> {
    vm.alloc(Context { vars: GcCell::new(c.vars.get()), entered: Cell::new(false) })
}

/// Calls something with `context` as the thread's context.
pub fn run(vm: &Vm, context: &Gc<Context>, call: impl FnOnce() -> PyResult<Value>) -> PyResult<Value> {
    if context.entered.get() {
        return Err(vm.runtime_error(format_args!(
            "cannot enter context: {} is already entered",
            vm.repr_text(context.as_value())?
        )));
    }
    let before = current(vm);
    context.entered.set(true);
    drop(set_current(vm, context.clone()));
    let r = call();
    drop(set_current(vm, before));
    context.entered.set(false);
    r
}

fn context_of<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Context>> {
    v.downcast::<Context>().ok_or_else(|| vm.type_error("wrong type of object"))
}

fn key_of<'a>(vm: &Vm, key: &'a Value) -> PyResult<&'a Value> {
    if key.is_instance_of::<ContextVar>() {
        return Ok(key);
    }
    Err(vm.type_error(format_args!("a ContextVar key was expected, got {}", vm.repr_text(key)?)))
}

impl Slots for Context {
    const SLOTS: SlotDefs = SlotDefs {
        iter: Some(context_iter),
        len: Some(|vm, v| Ok(context_of(vm, v)?.vars.get().map_or(0, |m| m.len))),
        subscript: Some(context_get),
        contains: Some(context_contains),
        richcompare: Some(context_compare),
        ..SlotDefs::NONE
    };
}

fn context_iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(hamt_methods::keys(vm, &context_of(vm, v)?.map(vm)))
}

fn context_get(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    match context_of(vm, v)?.find(vm, key_of(vm, key)?)? {
        Some(v) => Ok(v),
        None => Err(vm.key_error(key)),
    }
}

fn context_contains(vm: &Vm, v: &Value, key: &Value) -> PyResult<bool> {
    Ok(context_of(vm, v)?.find(vm, key_of(vm, key)?)?.is_some())
}

fn context_compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<Context>(), b.downcast::<Context>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (left, right) = (x.map(vm), y.map(vm));
    let same = left.is(&right) || vm.recurse(" in comparison", || left.same(vm, Keys::Identical, &right))?;
    Ok(Value::bool(same == (op == CompareOp::Eq)))
}

#[pymethods]
impl Context {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        if !args.all.is_empty() {
            return Err(vm.type_error("Context() does not accept any arguments"));
        }
        Ok(vm.alloc(Context { vars: GcCell::new(None), entered: Cell::new(false) }).into_value())
    }

    /// Return the value for `key` if `key` has the value in the context object.
    ///
    /// If `key` does not exist, return `default`. If `default` is not given,
    /// return None.
    #[pymethod("get($self, key, default=None, /)")]
    fn get(vm: &Vm, zelf: &Gc<Context>, key: &Value, default: &Value) -> PyResult<Value> {
        Ok(zelf.find(vm, key_of(vm, key)?)?.unwrap_or_else(|| default.clone()))
    }

    /// Return all variables and their values in the context object.
    ///
    /// The result is returned as a list of 2-tuples (variable, value).
    #[pymethod("items($self, /)")]
    fn items(vm: &Vm, zelf: &Gc<Context>) -> Value {
        hamt_methods::items(vm, &zelf.map(vm))
    }

    /// Return a list of all variables in the context object.
    #[pymethod("keys($self, /)")]
    fn keys(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        context_iter(vm, zelf)
    }

    /// Return a list of all variables' values in the context object.
    #[pymethod("values($self, /)")]
    fn values(vm: &Vm, zelf: &Gc<Context>) -> Value {
        hamt_methods::values(vm, &zelf.map(vm))
    }

    /// Return a shallow copy of the context object.
    #[pymethod("copy($self, /)")]
    fn py_copy(vm: &Vm, zelf: &Gc<Context>) -> Gc<Context> {
        copy(vm, zelf)
    }

    #[pymethod(raw, "run")]
    fn py_run(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let [zelf, f, ..] = args.pos() else {
            return Err(vm.type_error("run() missing 1 required positional argument"));
        };
        let Some(context) = zelf.downcast::<Context>().cloned() else {
            return Err(vm.descriptor_type_error("run", "_contextvars.Context", zelf));
        };
        run(vm, &context, || vm.call_args(f, args.skip(2)))
    }

    #[pyconst("__hash__")]
    fn hash(_vm: &Vm) -> Value {
        Value::NONE
    }
}

#[pytype(name = "ContextVar", module = "_contextvars", flags(GC))]
#[derive(Trace)]
pub struct ContextVar {
    name: Gc<Str>,
    default: ValueCell,
}

/// A variable without a default.
pub fn new_var(vm: &Vm, name: &str) -> Value {
    vm.alloc(ContextVar { name: vm.intern(name), default: ValueCell::empty() }).into_value()
}

/// The variable's value in the current context.
pub fn value_of(vm: &Vm, var: &Value) -> PyResult<Option<Value>> {
    let key = TypeId::of::<Current>();
    // Comparing by identity runs no Python code.
    vm.locals.with(|l| match l.iter().find(|(k, _)| *k == key).and_then(|(_, c)| c.downcast::<Context>()) {
        Some(c) => c.vars.with(|map| map.map_or(Ok(None), |m| m.find(vm, Keys::Identical, var))),
        None => Ok(None),
    })
}

/// Sets the variable in the current context.
pub fn set_value(vm: &Vm, var: &Value, value: &Value) -> PyResult<()> {
    current(vm).update(vm, var, Some(value))
}

impl Slots for ContextVar {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(var_repr), ..SlotDefs::NONE };
}

fn var_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(var) = v.downcast::<ContextVar>() else { return Err(vm.type_error("wrong type of object")) };
    let mut text = format!("<ContextVar name={}", vm.repr_text(var.name.as_value())?);
    if let Some(d) = var.default.get() {
        text.push_str(&format!(" default={}", vm.repr_text(&d)?));
    }
    text.push_str(&format!(" at {:#x}>", v.bits()));
    Ok(vm.new_str(&text).into_value())
}

#[pymethods]
impl ContextVar {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        let [name] = args.pos() else {
            return Err(vm.type_error(format_args!(
                "ContextVar() takes exactly 1 positional argument ({} given)",
                args.pos().len()
            )));
        };
        let mut default = None;
        for (k, v) in args.keywords() {
            if k.downcast::<Str>().is_some_and(|k| k.as_bytes() == b"default") {
                default = Some(v.clone());
            } else {
                let k = vm.str(k)?;
                return Err(vm.type_error(format_args!(
                    "ContextVar() got an unexpected keyword argument '{}'",
                    k.to_string_lossy()
                )));
            }
        }
        let given = name;
        let Some(name) = name.downcast::<Str>() else {
            return Err(vm.type_error("context variable name must be a str"));
        };
        vm.hash(given)?;
        Ok(vm.alloc(ContextVar { name: name.clone(), default: ValueCell::new(default) }).into_value())
    }

    /// Return a value for the context variable for the current context.
    ///
    /// If there is no value for the variable in the current context, the method will:
    ///  * return the value of the default argument of the method, if provided; or
    ///  * return the default value for the context variable, if it was created
    ///    with one; or
    ///  * raise a LookupError.
    #[pymethod("get($self, default=<unrepresentable>, /)")]
    fn get(vm: &Vm, zelf: &Gc<ContextVar>, default: Option<&Value>) -> PyResult<Value> {
        if let Some(v) = current(vm).find(vm, zelf.as_value())? {
            return Ok(v);
        }
        match default.cloned().or_else(|| zelf.default.get()) {
            Some(v) => Ok(v),
            None => Err(vm.raise_args(&exc::LookupError, vec![zelf.to_value()])),
        }
    }

    /// Call to set a new value for the context variable in the current context.
    ///
    /// The required value argument is the new value for the context variable.
    ///
    /// Returns a Token object that can be used to restore the variable to its previous
    /// value via the `ContextVar.reset()` method.
    #[pymethod("set($self, value, /)")]
    fn set(vm: &Vm, zelf: &Gc<ContextVar>, value: &Value) -> PyResult<Value> {
        let context = current(vm);
        let old = context.find(vm, zelf.as_value())?;
        context.update(vm, zelf.as_value(), Some(value))?;
        let token = Token {
            context: ValueCell::new(Some(context.into_value())),
            var: ValueCell::new(Some(zelf.to_value())),
            old: ValueCell::new(old),
            used: Cell::new(false),
        };
        Ok(vm.alloc(token).into_value())
    }

    /// Reset the context variable.
    ///
    /// The variable is reset to the value it had before the `ContextVar.set()` that
    /// created the token was used.
    #[pymethod("reset($self, token, /)")]
    fn reset(vm: &Vm, zelf: &Value, token: &Value) -> PyResult<()> {
        reset(vm, zelf, token)
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        generic_alias::make(vm, cls, object)
    }

    #[pygetter("name")]
    fn name(_vm: &Vm, zelf: &Gc<ContextVar>) -> Gc<Str> {
        zelf.name.clone()
    }
}

fn reset(vm: &Vm, var: &Value, token: &Value) -> PyResult<()> {
    let shown = || vm.repr_text(token);
    let Some(t) = token.downcast::<Token>() else {
        return Err(vm.type_error(format_args!("expected an instance of Token, got {}", shown()?)));
    };
    if t.used.get() {
        return Err(vm.runtime_error(format_args!("{} has already been used once", shown()?)));
    }
    if !t.var.get().is_some_and(|v| v.is(var)) {
        return Err(vm.value_error(format_args!("{} was created by a different ContextVar", shown()?)));
    }
    let context = current(vm);
    if !t.context.get().is_some_and(|c| c.is(context.as_value())) {
        return Err(vm.value_error(format_args!("{} was created in a different Context", shown()?)));
    }
    t.used.set(true);
    context.update(vm, var, t.old.get().as_ref())
}

#[pytype(name = "Token", module = "_contextvars", flags(GC))]
pub struct Token {
    context: ValueCell,
    var: ValueCell,
    old: ValueCell,
    used: Cell<bool>,
}

impl Trace for Token {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.context.trace(visit);
        self.var.trace(visit);
        self.old.trace(visit);
    }
    fn unlink(&self) {
        self.context.unlink();
        self.var.unlink();
        self.old.unlink();
    }
}

impl Slots for Token {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(token_repr), ..SlotDefs::NONE };
}

fn token_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(t) = v.downcast::<Token>() else { return Err(vm.type_error("wrong type of object")) };
    let used = if t.used.get() { " used" } else { "" };
    let var = vm.repr_text(&t.var.get().unwrap_or(Value::NONE))?;
    Ok(vm.new_str(&format!("<Token{used} var={var} at {:#x}>", v.bits())).into_value())
}

#[derive(Default)]
struct ContextVarsState {
    missing: ValueCell,
}

/// `Token.MISSING`.
fn missing(vm: &Vm) -> Value {
    let place = &vm.state::<ContextVarsState>().missing;
    if let Some(v) = place.get() {
        return v;
    }
    let v = vm.alloc(Missing).into_value();
    place.set(Some(v.clone()));
    v
}

#[pytype(name = "Token.MISSING", module = "_contextvars", flags(NO_NEW), no_methods)]
#[derive(Trace)]
struct Missing;

impl Slots for Missing {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(|vm, _| Ok(vm.new_str("<Token.MISSING>").into_value())), ..SlotDefs::NONE };
}

#[pymethods]
impl Token {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, _args: CallArgs<'_>) -> PyResult<Value> {
        Err(vm.runtime_error("Tokens can only be created by ContextVars"))
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($type, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        generic_alias::make(vm, cls, object)
    }

    /// Enter into Token context manager.
    #[pymethod("__enter__($self, /)")]
    fn enter(_vm: &Vm, zelf: &Value) -> Value {
        zelf.clone()
    }

    /// Exit from Token context manager, restore the linked ContextVar.
    #[pymethod("__exit__($self, type, val, tb, /)")]
    fn exit(vm: &Vm, zelf: &Gc<Token>, _type: &Value, _val: &Value, _tb: &Value) -> PyResult<()> {
        let var = zelf.var.get().unwrap_or(Value::NONE);
        reset(vm, &var, zelf.as_value())
    }

    #[pygetter("var")]
    fn var(_vm: &Vm, zelf: &Gc<Token>) -> Option<Value> {
        zelf.var.get()
    }

    #[pygetter("old_value")]
    fn old_value(vm: &Vm, zelf: &Gc<Token>) -> Value {
        zelf.old.get().unwrap_or_else(|| missing(vm))
    }

    #[pyconst("MISSING")]
    fn missing_const(vm: &Vm) -> Value {
        missing(vm)
    }

    #[pyconst("__hash__")]
    fn hash(_vm: &Vm) -> Value {
        Value::NONE
    }
}

/// Context Variables
#[pymodule(name = "_contextvars")]
pub mod contextvars {
    use super::*;

    #[pyfn("copy_context()")]
    fn copy_context(vm: &Vm) -> Value {
        copy_current(vm)
    }

    pytypes!(Context, ContextVar, Token);
}
