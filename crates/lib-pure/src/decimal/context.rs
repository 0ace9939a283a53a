//! `Context`: precision, range, rounding, flags and traps; the current context; `localcontext`.

use super::convert::{from_float, from_int, operand, operands};
use super::decimal::Decimal;
use super::number::Dec;
use super::rules::{Ctx, MAX_EMAX, MAX_PREC, MIN_EMIN, ROUNDINGS, Rounding, Status, cond, finalize};
use super::signals::{
    SignalDictMixin, bits_of_dict, bits_of_list, raise_trapped, signal_list, signal_names, state,
};
use super::{arith, order, series, text};
use std::cell::Cell;
use taipan_vm::modules::contextvars;
use taipan_vm::prelude::*;

/// The context affects almost all operations and controls rounding,
/// Over/Underflow, raising of exceptions and much more.
#[pytype(
    name = "Context",
    module = "decimal",
    signature = "(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)",
    flags(BASETYPE, GC)
)]
#[derive(Trace)]
pub struct Context {
    #[notrace]
    ctx: Cell<Ctx>,
    capitals: Cell<bool>,
    pub traps: Cell<u32>,
    pub status: Cell<u32>,
    /// `flags` and `traps` as they were shown.
    flags_dict: ValueCell,
    traps_dict: ValueCell,
}

const DEFAULT_TRAPS: u32 = cond::ANY_INVALID | cond::DIVISION_BY_ZERO | cond::OVERFLOW;

impl Context {
    fn with(prec: i64, round: Rounding, traps: u32) -> Context {
        Context {
            ctx: Cell::new(Ctx { prec, emax: 999_999, emin: -999_999, round, clamp: false }),
            capitals: Cell::new(true),
            traps: Cell::new(traps),
            status: Cell::new(0),
            flags_dict: ValueCell::empty(),
            traps_dict: ValueCell::empty(),
        }
    }

    pub fn default_template() -> Context {
        Context::with(28, Rounding::HalfEven, DEFAULT_TRAPS)
    }

    pub fn basic_template() -> Context {
        Context::with(9, Rounding::HalfUp, DEFAULT_TRAPS | cond::UNDERFLOW | cond::CLAMPED)
    }

    pub fn extended_template() -> Context {
        Context::with(9, Rounding::HalfEven, 0)
    }

    #[inline]
    pub fn ctx(&self) -> Ctx {
        self.ctx.get()
    }

    pub fn capitals(&self) -> bool {
        self.capitals.get()
    }

    /// Notes conditions; raises the exception of those that are trapped.
    #[inline]
    pub fn signal(&self, vm: &Vm, st: Status) -> PyResult<()> {
        if st == 0 {
            return Ok(());
        }
        if st & cond::MALLOC != 0 {
            return Err(vm.memory_error());
        }
        self.status.set(self.status.get() | st);
        match self.traps.get() & st {
            0 => Ok(()),
            trapped => Err(raise_trapped(vm, trapped)),
        }
    }

    /// Notes conditions, if none of them is trapped; else nothing is done.
    #[inline(always)]
    pub fn note(&self, st: Status) -> bool {
        if st & (self.traps.get() | cond::MALLOC) != 0 {
            return false;
        }
        if st != 0 {
            self.status.set(self.status.get() | st);
        }
        true
    }

    fn same(&self) -> Context {
        Context {
            ctx: self.ctx.clone(),
            capitals: self.capitals.clone(),
            traps: self.traps.clone(),
            status: self.status.clone(),
            flags_dict: ValueCell::empty(),
            traps_dict: ValueCell::empty(),
        }
    }

    fn change(&self, f: impl FnOnce(&mut Ctx)) {
        let mut ctx = self.ctx.get();
        f(&mut ctx);
        self.ctx.set(ctx);
    }

    fn set(&self, vm: &Vm, name: &str, v: &Value) -> PyResult<bool> {
        let in_range = |low: i64, high: i64, text: &str| match small(vm, v)? {
            n if (low..=high).contains(&n) => Ok(n),
            _ => Err(vm.value_error(text)),
        };
        match name {
            "prec" => {
                let n = in_range(1, MAX_PREC, "valid range for prec is [1, MAX_PREC]")?;
                self.change(|c| c.prec = n);
            }
            "Emin" => {
                let n = in_range(MIN_EMIN, 0, "valid range for Emin is [MIN_EMIN, 0]")?;
                self.change(|c| c.emin = n);
            }
            "Emax" => {
                let n = in_range(0, MAX_EMAX, "valid range for Emax is [0, MAX_EMAX]")?;
                self.change(|c| c.emax = n);
            }
            "rounding" => {
                let round = rounding(vm, v)?;
                self.change(|c| c.round = round);
            }
            "capitals" => self.capitals.set(in_range(0, 1, "valid values for capitals are 0 or 1")? == 1),
            "clamp" => {
                let n = in_range(0, 1, "valid values for clamp are 0 or 1")?;
                self.change(|c| c.clamp = n == 1);
            }
            "flags" => self.status.set(bits_of_dict(vm, v)?),
            "traps" => self.traps.set(bits_of_dict(vm, v)?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Context {
    /// As [`Context::set`]; constructors take lists of signals as well.
    fn set_first(&self, vm: &Vm, name: &str, v: &Value) -> PyResult<bool> {
        match (name, v.downcast::<List>()) {
            ("flags", Some(list)) => self.status.set(bits_of_list(vm, list)?),
            ("traps", Some(list)) => self.traps.set(bits_of_list(vm, list)?),
            _ => return self.set(vm, name, v),
        }
        Ok(true)
    }

    /// The dict of flags or traps, one object as long as the context lives.
    fn shown(vm: &Vm, c: &Gc<Context>, traps: bool) -> PyResult<Value> {
        let place = if traps { &c.traps_dict } else { &c.flags_dict };
        if let Some(d) = place.get() {
            return Ok(d);
        }
        let made = SignalDictMixin::of(vm, c, traps)?;
        place.set(Some(made.clone()));
        Ok(made)
    }
}

fn small(vm: &Vm, v: &Value) -> PyResult<i64> {
    if taipan_vm::types::numbers::int_value(v).is_none() {
        return Err(vm.type_error("an integer is required"));
    }
    vm.index_i64(v, "Python int too large to convert to C ssize_t")
}

/// A rounding mode by its name.
pub fn rounding(vm: &Vm, v: &Value) -> PyResult<Rounding> {
    let text = v.downcast::<Str>().and_then(|s| s.as_str()).unwrap_or_default();
    match ROUNDINGS.iter().find(|(_, name)| *name == text) {
        Some((round, _)) => Ok(*round),
        None => Err(vm.type_error(
            "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, ROUND_DOWN,\n   ROUND_HALF_UP, \
             ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]",
        )),
    }
}

fn rounding_name(round: Rounding) -> &'static str {
    ROUNDINGS.iter().find(|(r, _)| *r == round).map_or("", |(_, name)| name)
}

/// The thread's context.
#[inline]
pub fn current(vm: &Vm) -> PyResult<Gc<Context>> {
    let s = state(vm)?;
    if s.known_at.get() == contextvars::state_number()
        && let Some(c) = s.known.get()
    {
        return Ok(c);
    }
    if let Some(c) = contextvars::value_of(vm, &s.var)?.and_then(|v| v.downcast::<Context>().cloned()) {
        s.known.set(Some(c.clone()));
        s.known_at.set(contextvars::state_number());
        return Ok(c);
    }
    let fresh = s.default.same();
    fresh.status.set(0);
    let fresh = vm.alloc(fresh);
    contextvars::set_value(vm, &s.var, fresh.as_value())?;
    Ok(fresh)
}

/// Shows the thread's context, if that is known, to `f`, which runs no Python code and drops nothing.
#[inline(always)]
pub fn with_known<T>(vm: &Vm, f: impl FnOnce(&Context) -> Option<T>) -> Option<T> {
    let s = state(vm).ok()?;
    if s.known_at.get() != contextvars::state_number() {
        return None;
    }
    s.known.with(|c| f(c?))
}

/// Makes a context the thread's; of templates a copy.
pub fn set_current(vm: &Vm, c: &Gc<Context>) -> PyResult<()> {
    let s = state(vm)?;
    let template = [&s.default, &s.basic, &s.extended].iter().any(|t| t.is(c));
    let c = if template {
        let copy = c.same();
        copy.status.set(0);
        vm.alloc(copy)
    } else {
        c.clone()
    };
    contextvars::set_value(vm, &s.var, c.as_value())
}

/// The optional context of a method.
#[inline]
pub fn context_argument(vm: &Vm, v: &Value) -> PyResult<Gc<Context>> {
    if v.is_none() {
        return current(vm);
    }
    match v.downcast::<Context>() {
        Some(c) => Ok(c.clone()),
        None => Err(vm.type_error("optional argument must be a context")),
    }
}

/// `localcontext(ctx=None, **kwargs)`.
pub fn local(vm: &Vm, args: CallArgs) -> PyResult<Value> {
    let mut given = args.pos().first().cloned();
    if args.pos().len() > 1 {
        return Err(vm.type_error(format_args!(
            "localcontext() takes at most 1 positional argument ({} given)",
            args.pos().len()
        )));
    }
    let global = current(vm)?;
    let name_of =
        |k: &Value| k.downcast::<Str>().map(|k| k.to_string_lossy().into_owned()).unwrap_or_default();
    for (k, v) in args.keywords() {
        if name_of(k) == "ctx" {
            given = Some(v.clone());
        }
    }
    let base = context_argument(vm, &given.unwrap_or(Value::NONE))?;
    let local = base.same();
    for (k, v) in args.keywords() {
        let name = name_of(k);
        if name == "ctx" || v.is_none() && !name.is_empty() {
            continue;
        }
        if !local.set_first(vm, &name, v)? {
            return Err(
                vm.type_error(format_args!("this function got an unexpected keyword argument '{name}'"))
            );
        }
    }
    let local = vm.alloc(local);
    Ok(vm.alloc(ContextManager { local, global }).into_value())
}

/// `IEEEContext(bits)`.
pub fn ieee(vm: &Vm, bits: &Value, most: i64) -> PyResult<Value> {
    let n = small(vm, bits)?;
    if n <= 0 || n > most || n % 32 != 0 {
        return Err(
            vm.value_error(format_args!("argument must be a multiple of 32, with a maximum of {most}"))
        );
    }
    let prec = 9 * (n / 32) - 2;
    let emax = 3 * (1i64 << (n / 16 + 3));
    let ctx = Ctx { prec, emax, emin: 1 - emax, round: Rounding::HalfEven, clamp: true };
    let made = Context::with(prec, Rounding::HalfEven, 0);
    made.ctx.set(ctx);
    Ok(vm.alloc(made).into_value())
}

#[pytype(name = "ContextManager", module = "decimal", flags(GC, NO_NEW), no_slots)]
#[derive(Trace)]
pub struct ContextManager {
    local: Gc<Context>,
    global: Gc<Context>,
}

#[pymethods]
impl ContextManager {
    #[pymethod(no_text, "__enter__($self, /)")]
    fn enter(vm: &Vm, zelf: &Gc<ContextManager>) -> PyResult<Value> {
        set_current(vm, &zelf.local)?;
        Ok(zelf.local.to_value())
    }

    #[pymethod(no_text, "__exit__($self, *args)")]
    fn exit(vm: &Vm, zelf: &Gc<ContextManager>, args: &[Value]) -> PyResult<bool> {
        let _ = args;
        set_current(vm, &zelf.global)?;
        Ok(false)
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let c = taipan_vm::native::shell::object::<Context>(vm, v, "__repr__")?;
    let ctx = c.ctx();
    let text = format!(
        "Context(prec={}, rounding={}, Emin={}, Emax={}, capitals={}, clamp={}, flags={}, traps={})",
        ctx.prec,
        rounding_name(ctx.round),
        ctx.emin,
        ctx.emax,
        u8::from(c.capitals()),
        u8::from(ctx.clamp),
        signal_names(c.status.get()),
        signal_names(c.traps.get()),
    );
    Ok(vm.new_str(&text).into_value())
}

fn setattro(vm: &Vm, v: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let name = vm.attr_name(name)?;
    const NAMES: [&str; 8] = ["prec", "Emin", "Emax", "rounding", "capitals", "clamp", "flags", "traps"];
    if name.as_str().is_some_and(|n| NAMES.contains(&n)) {
        let c = taipan_vm::native::shell::object::<Context>(vm, v, "__setattr__")?;
        return match value {
            Some(value) => c.set(vm, name.as_str().unwrap_or_default(), value).map(drop),
            None => Err(
                vm.raise_new(&taipan_vm::errors::exc::AttributeError, "context attributes cannot be deleted")
            ),
        };
    }
    vm.generic_set_attr(v, name, value)
}

impl Slots for Context {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), setattro: Some(setattro), ..SlotDefs::NONE };
}

type One = fn(&Dec, &Ctx, &mut Status) -> Dec;
type Two = fn(&Dec, &Dec, &Ctx, &mut Status) -> Dec;

/// A result, after its conditions were signalled.
#[inline]
pub fn finish(vm: &Vm, c: &Context, d: Dec, st: Status) -> PyResult<Value> {
    c.signal(vm, st)?;
    Ok(Decimal::make(vm, d))
}

fn one(vm: &Vm, c: &Gc<Context>, x: &Value, f: One) -> PyResult<Value> {
    let x = operand(vm, c, x)?;
    let mut st = 0;
    let d = f(&x, &c.ctx(), &mut st);
    finish(vm, c, d, st)
}

fn two(vm: &Vm, c: &Gc<Context>, x: &Value, y: &Value, f: Two) -> PyResult<Value> {
    let (x, y) = operands(vm, c, x, y)?;
    let mut st = 0;
    let d = f(&x, &y, &c.ctx(), &mut st);
    finish(vm, c, d, st)
}

/// The copy of a subclass's number that methods answer, or the number.
fn plain(vm: &Vm, c: &Gc<Context>, x: &Value) -> PyResult<Value> {
    match x.downcast_exact::<Decimal>() {
        Some(_) => Ok(x.clone()),
        None => Ok(Decimal::make(vm, operand(vm, c, x)?.into_owned())),
    }
}

macro_rules! context_methods {
    (one { $($one:ident $one_sig:tt $one_f:path;)* } two { $($two:ident $two_sig:tt $two_f:path;)* }
     test { $($test:ident $test_sig:tt $test_f:expr;)* } rest { $($rest:tt)* }) => {
        #[pymethods]
        impl Context {
            $(#[pymethod($one_sig)]
            fn $one(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<Value> {
                one(vm, zelf, x, $one_f)
            })*
            $(#[pymethod($two_sig)]
            fn $two(vm: &Vm, zelf: &Gc<Context>, x: &Value, y: &Value) -> PyResult<Value> {
                two(vm, zelf, x, y, $two_f)
            })*
            $(#[pymethod($test_sig)]
            fn $test(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<bool> {
                let x = operand(vm, zelf, x)?;
                let test: fn(&Dec, &Ctx) -> bool = $test_f;
                Ok(test(&x, &zelf.ctx()))
            })*
            $($rest)*
        }
    };
}

context_methods! {
    one {
    py_abs "abs($self, x, /)" arith::abs;
    exp "exp($self, x, /)" series::exp;
    ln "ln($self, x, /)" series::ln;
    log10 "log10($self, x, /)" series::log10;
    logb "logb($self, x, /)" order::logb;
    logical_invert "logical_invert($self, x, /)" order::logical_invert;
    minus "minus($self, x, /)" arith::minus;
    next_minus "next_minus($self, x, /)" order::next_minus;
    next_plus "next_plus($self, x, /)" order::next_plus;
    normalize "normalize($self, x, /)" arith::normalize;
    plus "plus($self, x, /)" arith::plus;
    sqrt "sqrt($self, x, /)" arith::sqrt;
    to_integral "to_integral($self, x, /)" arith::to_integral_value;
    to_integral_exact "to_integral_exact($self, x, /)" arith::to_integral_exact;
    to_integral_value "to_integral_value($self, x, /)" arith::to_integral_value;
    } two {
    add "add($self, x, y, /)" arith::add;
    compare "compare($self, x, y, /)" order::compare;
    compare_signal "compare_signal($self, x, y, /)" order::compare_signal;
    compare_total "compare_total($self, x, y, /)" order::compare_total;
    compare_total_mag "compare_total_mag($self, x, y, /)" order::compare_total_mag;
    divide "divide($self, x, y, /)" arith::divide;
    divide_int "divide_int($self, x, y, /)" arith::divide_int;
    logical_and "logical_and($self, x, y, /)" order::logical_and;
    logical_or "logical_or($self, x, y, /)" order::logical_or;
    logical_xor "logical_xor($self, x, y, /)" order::logical_xor;
    max "max($self, x, y, /)" order::max;
    max_mag "max_mag($self, x, y, /)" order::max_mag;
    min "min($self, x, y, /)" order::min;
    min_mag "min_mag($self, x, y, /)" order::min_mag;
    multiply "multiply($self, x, y, /)" arith::multiply;
    next_toward "next_toward($self, x, y, /)" order::next_toward;
    quantize "quantize($self, x, y, /)" arith::quantize;
    remainder "remainder($self, x, y, /)" arith::remainder;
    remainder_near "remainder_near($self, x, y, /)" arith::remainder_near;
    rotate "rotate($self, x, y, /)" order::rotate;
    scaleb "scaleb($self, x, y, /)" order::scaleb;
    shift "shift($self, x, y, /)" order::shift;
    subtract "subtract($self, x, y, /)" arith::subtract;
    } test {
    is_finite "is_finite($self, x, /)" |x, _| x.is_finite();
    is_infinite "is_infinite($self, x, /)" |x, _| x.is_infinite();
    is_nan "is_nan($self, x, /)" |x, _| x.is_nan();
    is_normal "is_normal($self, x, /)" order::is_normal;
    is_qnan "is_qnan($self, x, /)" |x, _| x.is_qnan();
    is_signed "is_signed($self, x, /)" |x, _| x.neg;
    is_snan "is_snan($self, x, /)" |x, _| x.is_snan();
    is_subnormal "is_subnormal($self, x, /)" order::is_subnormal;
    is_zero "is_zero($self, x, /)" |x, _| x.is_zero();
    } rest {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _: CallArgs) -> PyResult<Value> {
        let fresh = state(vm)?.default.same();
        fresh.status.set(0);
        Ok(vm.alloc_in(cls, fresh)?.into_value())
    }

    #[pyinit("Context(prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<Context>,
        prec: &Value,
        rounding: &Value,
        emin: &Value,
        emax: &Value,
        capitals: &Value,
        clamp: &Value,
        flags: &Value,
        traps: &Value,
    ) -> PyResult<()> {
        let all = [
            ("prec", prec), ("rounding", rounding), ("Emin", emin), ("Emax", emax), ("capitals", capitals),
            ("clamp", clamp), ("traps", traps), ("flags", flags),
        ];
        for (name, v) in all {
            if !v.is_none() {
                zelf.set_first(vm, name, v)?;
            }
        }
        Ok(())
    }

    #[pygetter("prec")]
    fn get_prec(vm: &Vm, zelf: &Gc<Context>) -> i64 { let _ = vm; zelf.ctx().prec }
    #[pygetter("Emin")]
    fn get_emin(vm: &Vm, zelf: &Gc<Context>) -> i64 { let _ = vm; zelf.ctx().emin }
    #[pygetter("Emax")]
    fn get_emax(vm: &Vm, zelf: &Gc<Context>) -> i64 { let _ = vm; zelf.ctx().emax }
    #[pygetter("rounding")]
    fn get_rounding(vm: &Vm, zelf: &Gc<Context>) -> Value { vm.intern(rounding_name(zelf.ctx().round)).into_value() }
    #[pygetter("capitals")]
    fn get_capitals(vm: &Vm, zelf: &Gc<Context>) -> i64 { let _ = vm; i64::from(zelf.capitals()) }
    #[pygetter("clamp")]
    fn get_clamp(vm: &Vm, zelf: &Gc<Context>) -> i64 { let _ = vm; i64::from(zelf.ctx().clamp) }
    #[pygetter("flags")]
    fn get_flags(vm: &Vm, zelf: &Gc<Context>) -> PyResult<Value> { Context::shown(vm, zelf, false) }
    #[pygetter("traps")]
    fn get_traps(vm: &Vm, zelf: &Gc<Context>) -> PyResult<Value> { Context::shown(vm, zelf, true) }

    /// Return a value equal to Emin - prec + 1, which is the minimum exponent value
    /// for subnormal results.
    #[pymethod("Etiny($self, /)")]
    fn etiny(vm: &Vm, zelf: &Gc<Context>) -> i64 { let _ = vm; zelf.ctx().etiny() }

    /// Return a value equal to Emax - prec + 1.
    #[pymethod("Etop($self, /)")]
    fn etop(vm: &Vm, zelf: &Gc<Context>) -> i64 { let _ = vm; zelf.ctx().etop() }

    /// Return Decimal(10).
    #[pymethod("radix($self, /)")]
    fn radix(vm: &Vm, zelf: &Gc<Context>) -> Value { let _ = zelf; Decimal::make(vm, Dec::int(10)) }

    /// Reset all flags to False.
    #[pymethod("clear_flags($self, /)")]
    fn clear_flags(vm: &Vm, zelf: &Gc<Context>) { let _ = vm; zelf.status.set(0) }

    /// Set all traps to False.
    #[pymethod("clear_traps($self, /)")]
    fn clear_traps(vm: &Vm, zelf: &Gc<Context>) { let _ = vm; zelf.traps.set(0) }

    /// Return a duplicate of the context with all flags cleared.
    #[pymethod("copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Context>) -> Value { vm.alloc(zelf.same()).into_value() }

    #[pymethod("__copy__($self, /)")]
    fn py_copy(vm: &Vm, zelf: &Gc<Context>) -> Value { vm.alloc(zelf.same()).into_value() }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Context>) -> PyResult<Value> {
        let ctx = zelf.ctx();
        let args = vec![
            vm.new_int(ctx.prec),
            vm.intern(rounding_name(ctx.round)).into_value(),
            vm.new_int(ctx.emin),
            vm.new_int(ctx.emax),
            vm.new_int(i64::from(zelf.capitals())),
            vm.new_int(i64::from(ctx.clamp)),
            signal_list(vm, zelf.status.get())?,
            signal_list(vm, zelf.traps.get())?,
        ];
        let args = vm.new_tuple(args).into_value();
        Ok(vm.new_tuple(vec![vm.type_of(zelf.as_value()).to_value(), args]).into_value())
    }

    /// Create a new Decimal instance from num, using self as the context. Unlike the
    /// Decimal constructor, this function observes the context limits.
    #[pymethod("create_decimal($self, num=\"0\", /)")]
    fn create_decimal(vm: &Vm, zelf: &Gc<Context>, #[raw] num: Option<&Value>) -> PyResult<Value> {
        let zero = vm.new_int(0);
        super::convert::create(vm, zelf, num.unwrap_or(&zero))
    }

    /// Create a new Decimal instance from float f.  Unlike the Decimal.from_float()
    /// class method, this function observes the context limits.
    #[pymethod("create_decimal_from_float($self, f, /)")]
    fn create_decimal_from_float(vm: &Vm, zelf: &Gc<Context>, f: &Value) -> PyResult<Value> {
        let exact = match (from_int(f), taipan_vm::types::numbers::float_value(f)) {
            (Some(d), _) => d,
            (_, Some(f)) => from_float(f),
            _ => return Err(vm.type_error("argument must be int or float")),
        };
        let mut st = 0;
        let d = finalize(exact, &zelf.ctx(), &mut st);
        finish(vm, zelf, d, st)
    }

    #[pymethod("_apply($self, x, /)")]
    fn apply(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<Value> {
        let x = operand(vm, zelf, x)?;
        let mut st = 0;
        let d = finalize(x.into_owned(), &zelf.ctx(), &mut st);
        finish(vm, zelf, d, st)
    }

    /// Return a copy of x.
    #[pymethod("copy_decimal($self, x, /)")]
    fn copy_decimal(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<Value> { plain(vm, zelf, x) }

    /// Return a new instance of x.
    #[pymethod("canonical($self, x, /)")]
    fn canonical(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<Value> {
        let _ = zelf;
        match x.downcast::<Decimal>() {
            Some(_) => Ok(x.clone()),
            None => Err(vm.type_error("argument must be a Decimal")),
        }
    }

    /// Return True if x is canonical, False otherwise.
    #[pymethod("is_canonical($self, x, /)")]
    fn is_canonical(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<bool> {
        let _ = zelf;
        match x.downcast::<Decimal>() {
            Some(_) => Ok(true),
            None => Err(vm.type_error("argument must be a Decimal")),
        }
    }

    /// Return a copy of x with the sign set to 0.
    #[pymethod("copy_abs($self, x, /)")]
    fn copy_abs(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<Value> {
        Ok(Decimal::make(vm, operand(vm, zelf, x)?.with_sign(false)))
    }

    /// Return a copy of x with the sign inverted.
    #[pymethod("copy_negate($self, x, /)")]
    fn copy_negate(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<Value> {
        let x = operand(vm, zelf, x)?;
        Ok(Decimal::make(vm, x.with_sign(!x.neg)))
    }

    /// Copy the sign from y to x.
    #[pymethod("copy_sign($self, x, y, /)")]
    fn copy_sign(vm: &Vm, zelf: &Gc<Context>, x: &Value, y: &Value) -> PyResult<Value> {
        let (x, y) = operands(vm, zelf, x, y)?;
        Ok(Decimal::make(vm, x.with_sign(y.neg)))
    }

    /// Return True if the two operands have the same exponent.
    #[pymethod("same_quantum($self, x, y, /)")]
    fn same_quantum(vm: &Vm, zelf: &Gc<Context>, x: &Value, y: &Value) -> PyResult<bool> {
        let (x, y) = operands(vm, zelf, x, y)?;
        Ok(order::same_quantum(&x, &y))
    }

    /// Return quotient and remainder of the division x / y.
    #[pymethod("divmod($self, x, y, /)")]
    fn divmod(vm: &Vm, zelf: &Gc<Context>, x: &Value, y: &Value) -> PyResult<Value> {
        let (x, y) = operands(vm, zelf, x, y)?;
        let mut st = 0;
        let (q, r) = arith::divmod(&x, &y, &zelf.ctx(), &mut st);
        zelf.signal(vm, st)?;
        Ok(vm.new_tuple(vec![Decimal::make(vm, q), Decimal::make(vm, r)]).into_value())
    }

    /// Return x multiplied by y, plus z.
    #[pymethod("fma($self, x, y, z, /)")]
    fn fma(vm: &Vm, zelf: &Gc<Context>, x: &Value, y: &Value, z: &Value) -> PyResult<Value> {
        let (x, y) = operands(vm, zelf, x, y)?;
        let z = operand(vm, zelf, z)?;
        let mut st = 0;
        let d = arith::fma(&x, &y, &z, &zelf.ctx(), &mut st);
        finish(vm, zelf, d, st)
    }

    /// Compute a**b. If 'a' is negative, then 'b' must be integral.  With
    /// three arguments, compute (a**b) % modulo.
    #[pymethod("power($self, /, a, b, modulo=None)")]
    fn power(vm: &Vm, zelf: &Gc<Context>, a: &Value, b: &Value, modulo: &Value) -> PyResult<Value> {
        let (x, y) = operands(vm, zelf, a, b)?;
        let mut st = 0;
        let d = if modulo.is_none() {
            series::power(&x, &y, &zelf.ctx(), &mut st)
        } else {
            let m = operand(vm, zelf, modulo)?;
            series::power_modulo(&x, &y, &m, &zelf.ctx(), &mut st)
        };
        finish(vm, zelf, d, st)
    }

    /// Return an indication of the class of x.
    #[pymethod("number_class($self, x, /)")]
    fn number_class(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<Value> {
        Ok(vm.intern(order::number_class(&*operand(vm, zelf, x)?, &zelf.ctx())).into_value())
    }

    /// Convert a number to a string using scientific notation.
    #[pymethod("to_sci_string($self, x, /)")]
    fn to_sci_string(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<String> {
        Ok(text::to_text(&*operand(vm, zelf, x)?, false, zelf.capitals()))
    }

    /// Convert a number to a string, using engineering notation.
    #[pymethod("to_eng_string($self, x, /)")]
    fn to_eng_string(vm: &Vm, zelf: &Gc<Context>, x: &Value) -> PyResult<String> {
        Ok(text::to_text(&*operand(vm, zelf, x)?, true, zelf.capitals()))
    }
    }
}
