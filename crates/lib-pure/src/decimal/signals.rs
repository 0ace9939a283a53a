//! The exceptions of decimal arithmetic, and the dicts that show a context's flags and traps.

use super::context::Context;
use super::rules::{Status, cond};
use std::cell::{Cell, OnceCell};
use taipan_vm::errors::exc;
use taipan_vm::modules::contextvars;
use taipan_vm::prelude::*;

/// The signals in the order in which they are looked for and listed.
const SIGNALS: [(&str, u32); 9] = [
    ("InvalidOperation", cond::ANY_INVALID),
    ("FloatOperation", cond::FLOAT_OPERATION),
    ("DivisionByZero", cond::DIVISION_BY_ZERO),
    ("Overflow", cond::OVERFLOW),
    ("Underflow", cond::UNDERFLOW),
    ("Subnormal", cond::SUBNORMAL),
    ("Inexact", cond::INEXACT),
    ("Rounded", cond::ROUNDED),
    ("Clamped", cond::CLAMPED),
];

/// What `InvalidOperation` may have been.
const INVALID: [(&str, u32); 4] = [
    ("ConversionSyntax", cond::CONVERSION_SYNTAX),
    ("DivisionImpossible", cond::DIVISION_IMPOSSIBLE),
    ("DivisionUndefined", cond::DIVISION_UNDEFINED),
    ("InvalidContext", cond::INVALID_CONTEXT),
];

const KEY_ERROR: &str = "valid values for signals are:\n  [InvalidOperation, FloatOperation, DivisionByZero,\n   Overflow, \
                         Underflow, Subnormal, Inexact, Rounded,\n   Clamped]";

/// What the module holds in an interpreter.
pub struct State {
    base: Value,
    signals: Vec<Value>,
    invalid: Vec<Value>,
    pub dict_class: Gc<Type>,
    /// `DecimalTuple`.
    pub tuple: Value,
    /// `numbers.Rational`.
    pub rational: Value,
    pub default: Gc<Context>,
    pub basic: Gc<Context>,
    pub extended: Gc<Context>,
    /// The context variable of the current context.
    pub var: Value,
    /// What it was when the variables' state had the number.
    pub known: GcCell<Context>,
    pub known_at: Cell<u64>,
}

#[derive(Default)]
struct Holder(OnceCell<State>);

impl State {
    /// The exception classes by name.
    pub fn classes(&self) -> Vec<(&'static str, &Value)> {
        let mut all = vec![("DecimalException", &self.base)];
        all.extend(SIGNALS.iter().map(|(n, _)| *n).zip(&self.signals));
        all.extend(INVALID.iter().map(|(n, _)| *n).zip(&self.invalid));
        all
    }

    /// The bits of a signal's class.
    pub fn bits_of(&self, class: &Value) -> Option<u32> {
        self.signals.iter().zip(SIGNALS).find(|(c, _)| c.is(class)).map(|(_, (_, bits))| bits)
    }
}

fn make_class(vm: &Vm, name: &str, bases: Vec<Value>) -> PyResult<Value> {
    let dict = vm.dict_of(&[("__module__", vm.intern("decimal").into_value())]);
    let args = [vm.intern(name).into_value(), vm.new_tuple(bases).into_value(), dict.into_value()];
    vm.call(vm.types.type_.as_value(), &args)
}

fn make(vm: &Vm) -> PyResult<State> {
    let of = |def| vm.type_for(def).into_value();
    let base = make_class(vm, "DecimalException", vec![of(&exc::ArithmeticError)])?;
    let plain = |name: &str| make_class(vm, name, vec![base.clone()]);
    let (inexact, rounded, subnormal) = (plain("Inexact")?, plain("Rounded")?, plain("Subnormal")?);
    let invalid = plain("InvalidOperation")?;
    let signals = vec![
        invalid.clone(),
        make_class(vm, "FloatOperation", vec![base.clone(), of(&exc::TypeError)])?,
        make_class(vm, "DivisionByZero", vec![base.clone(), of(&exc::ZeroDivisionError)])?,
        make_class(vm, "Overflow", vec![inexact.clone(), rounded.clone()])?,
        make_class(vm, "Underflow", vec![inexact.clone(), rounded.clone(), subnormal.clone()])?,
        subnormal,
        inexact,
        rounded,
        plain("Clamped")?,
    ];
    let mut conditions = Vec::new();
    for (name, bits) in INVALID {
        let mut bases = vec![invalid.clone()];
        if bits == cond::DIVISION_UNDEFINED {
            bases.push(of(&exc::ZeroDivisionError));
        }
        conditions.push(make_class(vm, name, bases)?);
    }
    let abc = vm.get_attr_str(&vm.import_named("collections.abc")?, "MutableMapping")?;
    let mixin = vm.native_type::<SignalDictMixin>().into_value();
    let dict_class = vm.call(
        vm.types.type_.as_value(),
        &[
            vm.intern("SignalDict").into_value(),
            vm.new_tuple(vec![mixin, abc]).into_value(),
            vm.new_dict().into_value(),
        ],
    )?;
    let Some(dict_class) = dict_class.downcast::<Type>().cloned() else {
        return Err(vm.system_error("SignalDict is no class"));
    };
    let collections = vm.import_named("collections")?;
    let tuple = vm.call_kw(
        &vm.get_attr_str(&collections, "namedtuple")?,
        &[vm.intern("DecimalTuple").into_value(), vm.new_str("sign digits exponent").into_value()],
        &[(vm.intern("module").into_value(), vm.intern("decimal").into_value())],
    )?;
    Ok(State {
        base,
        signals,
        invalid: conditions,
        dict_class,
        tuple,
        rational: vm.get_attr_str(&vm.import_named("numbers")?, "Rational")?,
        default: vm.alloc(Context::default_template()),
        basic: vm.alloc(Context::basic_template()),
        extended: vm.alloc(Context::extended_template()),
        var: contextvars::new_var(vm, "decimal_context"),
        known: GcCell::new(None),
        known_at: Cell::new(0),
    })
}

/// The module's state, made on first use.
#[inline]
pub fn state(vm: &Vm) -> PyResult<&State> {
    let holder = vm.state::<Holder>();
    match holder.0.get() {
        Some(s) => Ok(s),
        None => make_state(vm, holder),
    }
}

#[cold]
fn make_state<'a>(vm: &Vm, holder: &'a Holder) -> PyResult<&'a State> {
    let made = make(vm)?;
    // The imports may have come here themselves: the first one stays.
    let _ = holder.0.set(made);
    match holder.0.get() {
        Some(s) => Ok(s),
        None => Err(vm.system_error("no decimal state")),
    }
}

/// The classes of conditions, as exceptions list them.
fn condition_list(vm: &Vm, s: &State, bits: u32) -> Value {
    let mut list = Vec::new();
    if bits & cond::INVALID_OPERATION != 0 {
        list.extend(s.signals.first().cloned());
    }
    let named = INVALID.iter().zip(&s.invalid).filter(|((_, b), _)| bits & b != 0);
    list.extend(named.map(|(_, class)| class.clone()));
    let named = SIGNALS.iter().zip(&s.signals).skip(1).filter(|((_, b), _)| bits & b != 0);
    list.extend(named.map(|(_, class)| class.clone()));
    vm.new_list(list).into_value()
}

/// The classes of signals.
pub fn signal_list(vm: &Vm, bits: u32) -> PyResult<Value> {
    let s = state(vm)?;
    let named = SIGNALS.iter().zip(&s.signals).filter(|((_, b), _)| bits & b != 0);
    Ok(vm.new_list(named.map(|(_, class)| class.clone()).collect()).into_value())
}

/// The names of signals, in the order of `repr(context)`.
pub fn signal_names(bits: u32) -> String {
    const ORDER: [usize; 9] = [8, 0, 2, 6, 1, 3, 7, 5, 4];
    let names: Vec<&str> = ORDER
        .iter()
        .filter_map(|i| SIGNALS.get(*i))
        .filter(|(_, b)| bits & b != 0)
        .map(|(name, _)| *name)
        .collect();
    format!("[{}]", names.join(", "))
}

/// Raises the exception of trapped conditions.
#[cold]
pub fn raise_trapped(vm: &Vm, bits: Status) -> Raised {
    let Ok(s) = state(vm) else { return Raised };
    let class = SIGNALS.iter().zip(&s.signals).find(|((_, b), _)| bits & b != 0).map(|(_, class)| class);
    let Some(class) = class else { return vm.runtime_error("internal error in flags_as_exception") };
    match vm.call1(class, &condition_list(vm, s, bits)) {
        Ok(e) => vm.raise(e),
        Err(raised) => raised,
    }
}

fn bad_signal(vm: &Vm) -> Raised {
    vm.raise_new(&exc::KeyError, KEY_ERROR)
}

/// The bits of a list of signals.
pub fn bits_of_list(vm: &Vm, list: &Gc<List>) -> PyResult<u32> {
    let s = state(vm)?;
    list.to_vec().iter().try_fold(0, |bits, class| match s.bits_of(class) {
        Some(b) => Ok(bits | b),
        None => Err(bad_signal(vm)),
    })
}

/// The bits of a dict of signals.
pub fn bits_of_dict(vm: &Vm, v: &Value) -> PyResult<u32> {
    if v.downcast::<SignalDictMixin>().is_some() {
        return Ok(me(vm, v)?.bits());
    }
    let Some(d) = v.downcast::<Dict>() else { return Err(vm.type_error("argument must be a signal dict")) };
    if d.len() != SIGNALS.len() {
        return Err(vm.raise_new(&exc::KeyError, "invalid signal dict"));
    }
    let s = state(vm)?;
    let mut bits = 0;
    for (class, on) in d.pairs() {
        let Some(b) = s.bits_of(&class) else { return Err(bad_signal(vm)) };
        if vm.is_true(&on)? {
            bits |= b;
        }
    }
    Ok(bits)
}

/// What `SignalDict` has beside the methods of mappings.
#[pytype(name = "SignalDictMixin", module = "decimal", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct SignalDictMixin {
    context: Option<Gc<Context>>,
    traps: bool,
}

impl SignalDictMixin {
    /// The dict of a context's flags or traps.
    pub fn of(vm: &Vm, context: &Gc<Context>, traps: bool) -> PyResult<Value> {
        let body = SignalDictMixin { context: Some(context.clone()), traps };
        Ok(vm.alloc_in(&state(vm)?.dict_class, body)?.into_value())
    }

    fn bits(&self) -> u32 {
        let bits = |c: &Gc<Context>| if self.traps { c.traps.get() } else { c.status.get() };
        self.context.as_ref().map_or(0, bits)
    }

    fn set_bits(&self, bits: u32) {
        if let Some(c) = &self.context {
            if self.traps { c.traps.set(bits) } else { c.status.set(bits) }
        }
    }
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<SignalDictMixin>> {
    let d = taipan_vm::native::shell::object::<SignalDictMixin>(vm, v, "SignalDict")?;
    if d.context.is_none() {
        return Err(vm.value_error("invalid signal dict"));
    }
    Ok(d)
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let bits = me(vm, v)?.bits();
    let s = state(vm)?;
    let mut parts = Vec::new();
    for ((_, b), class) in SIGNALS.iter().zip(&s.signals) {
        parts.push(format!("{}:{}", vm.repr_text(class)?, if bits & b != 0 { "True" } else { "False" }));
    }
    Ok(vm.new_str(&format!("{{{}}}", parts.join(", "))).into_value())
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    let d = me(vm, v)?;
    match state(vm)?.bits_of(key) {
        Some(b) => Ok(Value::bool(d.bits() & b != 0)),
        None => Err(bad_signal(vm)),
    }
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let d = me(vm, v)?;
    let Some(value) = value else { return Err(vm.value_error("signal keys cannot be deleted")) };
    let Some(b) = state(vm)?.bits_of(key) else { return Err(bad_signal(vm)) };
    let on = vm.is_true(value)?;
    d.set_bits(if on { d.bits() | b } else { d.bits() & !b });
    Ok(())
}

fn len(vm: &Vm, v: &Value) -> PyResult<usize> {
    me(vm, v)?;
    Ok(SIGNALS.len())
}

fn iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    me(vm, v)?;
    vm.get_iter(vm.new_tuple(state(vm)?.signals.clone()).as_value())
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let d = me(vm, a)?;
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let same = if b.downcast::<SignalDictMixin>().is_some() {
        d.bits() == me(vm, b)?.bits()
    } else if b.downcast::<Dict>().is_some() {
        match bits_of_dict(vm, b) {
            Ok(bits) => d.bits() == bits,
            Err(Raised) if vm.raised_is(&exc::KeyError) => {
                drop(vm.take_raised());
                false
            }
            Err(Raised) => return Err(Raised),
        }
    } else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(Value::bool(same == (op == CompareOp::Eq)))
}

impl Slots for SignalDictMixin {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        len: Some(len),
        iter: Some(iter),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        richcompare: Some(richcompare),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl SignalDictMixin {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, SignalDictMixin { context: None, traps: false })?.into_value())
    }

    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<SignalDictMixin>) -> PyResult<Value> {
        let bits = me(vm, zelf.as_value())?.bits();
        let d = vm.new_dict();
        for ((_, b), class) in SIGNALS.iter().zip(&state(vm)?.signals) {
            d.set(vm, class, Value::bool(bits & b != 0))?;
        }
        Ok(d.into_value())
    }

    #[pyconst("__hash__")]
    fn hash_none(vm: &Vm) -> Value {
        let _ = vm;
        Value::NONE
    }
}
