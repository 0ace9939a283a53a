//! `Decimal`: what Python sees of a number.

use super::context::{Context, context_argument, current, finish, rounding, with_known};
use super::convert::{exact, from_float, from_int, number, operand, ratio, to_int};
use super::number::{Dec, Kind, compare};
use super::quick::Words;
use super::rules::{Ctx, Rounding, Status, cond};
use super::signals::state;
use super::{arith, format, order, quick, series, text};
use dashu_int::UBig;
use std::borrow::Cow;
use std::cell::Cell;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::float_value;

/// Construct a new Decimal object. 'value' can be an integer, string, tuple,
/// or another Decimal object. If no value is given, return Decimal('0'). The
/// context does not affect the conversion and is only passed to determine if
/// the InvalidOperation trap is active.
#[pytype(name = "Decimal", module = "decimal", signature = "(value=\"0\", context=None)", flags(BASETYPE))]
#[derive(Trace)]
pub struct Decimal {
    #[notrace]
    pub number: Dec,
    /// -1: not known yet.
    hash: Cell<i64>,
}

impl Decimal {
    #[inline]
    pub fn make(vm: &Vm, number: Dec) -> Value {
        vm.alloc(Decimal { number, hash: Cell::new(-1) }).into_value()
    }

    /// The number goes to its place word by word.
    #[inline(always)]
    fn of_words(vm: &Vm, w: Words) -> Value {
        vm.alloc_with(|| Decimal { number: w.into(), hash: Cell::new(-1) }).into_value()
    }

    fn make_in(vm: &Vm, cls: &Gc<Type>, number: Dec) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Decimal { number, hash: Cell::new(-1) })?.into_value())
    }
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Decimal>> {
    taipan_vm::native::shell::object::<Decimal>(vm, v, "Decimal")
}

type One = fn(&Dec, &Ctx, &mut Status) -> Dec;
type Two = fn(&Dec, &Dec, &Ctx, &mut Status) -> Dec;

/// An operator with one operand.
#[inline]
fn operator1(vm: &Vm, a: &Value, f: One) -> PyResult<Value> {
    let a = me(vm, a)?;
    let c = current(vm)?;
    let mut st = 0;
    let d = f(&a.number, &c.ctx(), &mut st);
    finish(vm, &c, d, st)
}

/// An operator with two: `NotImplemented` for what is no decimal or integer.
#[inline(never)]
fn operator2(vm: &Vm, a: &Value, b: &Value, f: Two) -> PyResult<Value> {
    let run = |x: &Dec, y: &Dec| {
        let c = current(vm)?;
        let mut st = 0;
        let d = f(x, y, &c.ctx(), &mut st);
        finish(vm, &c, d, st)
    };
    match (a.downcast::<Decimal>(), b.downcast::<Decimal>()) {
        (Some(x), Some(y)) => run(&x.number, &y.number),
        (Some(x), None) => from_int(b).map_or(Ok(Value::NOT_IMPLEMENTED), |y| run(&x.number, &y)),
        (None, Some(y)) => from_int(a).map_or(Ok(Value::NOT_IMPLEMENTED), |x| run(&x, &y.number)),
        (None, None) => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// The number of a decimal or a small int.
#[inline(always)]
fn words(v: &Value) -> Option<Words> {
    match v.as_int() {
        Some(n) => Some(Words::int(n)),
        None => Words::of(&v.downcast_exact::<Decimal>()?.number),
    }
}

/// What machine words can do of it, between decimals and small ints, where nothing is trapped.
#[inline(always)]
fn in_words(
    vm: &Vm,
    a: &Value,
    b: &Value,
    quick: impl FnOnce(Words, Words, &Ctx, &mut Status) -> Option<Words>,
) -> Option<Value> {
    let (x, y) = (words(a)?, words(b)?);
    let w = with_known(vm, |c| {
        let mut st = 0;
        let w = quick(x, y, &c.ctx(), &mut st)?;
        c.note(st).then_some(w)
    })?;
    Some(Decimal::of_words(vm, w))
}

fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match in_words(vm, a, b, |x, y, c, st| quick::sum(x, y, y.neg, c, st)) {
        Some(v) => Ok(v),
        None => operator2(vm, a, b, arith::add),
    }
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match in_words(vm, a, b, |x, y, c, st| quick::sum(x, y, !y.neg, c, st)) {
        Some(v) => Ok(v),
        None => operator2(vm, a, b, arith::subtract),
    }
}

fn multiply(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match in_words(vm, a, b, quick::product) {
        Some(v) => Ok(v),
        None => operator2(vm, a, b, arith::multiply),
    }
}

fn true_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match in_words(vm, a, b, quick::quotient) {
        Some(v) => Ok(v),
        None => operator2(vm, a, b, arith::divide),
    }
}

fn floor_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    operator2(vm, a, b, arith::divide_int)
}

fn remainder(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    operator2(vm, a, b, arith::remainder)
}

fn divmod(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(x), Some(y)) = (number(a), number(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
    let c = current(vm)?;
    let mut st = 0;
    let (q, r) = arith::divmod(&x, &y, &c.ctx(), &mut st);
    c.signal(vm, st)?;
    Ok(vm.new_tuple(vec![Decimal::make(vm, q), Decimal::make(vm, r)]).into_value())
}

fn power(vm: &Vm, a: &Value, b: &Value, modulus: &Value) -> PyResult<Value> {
    let (Some(x), Some(y)) = (number(a), number(b)) else { return Ok(Value::NOT_IMPLEMENTED) };
    let c = current(vm)?;
    let mut st = 0;
    let d = if modulus.is_none() {
        series::power(&x, &y, &c.ctx(), &mut st)
    } else {
        let Some(m) = number(modulus) else { return Ok(Value::NOT_IMPLEMENTED) };
        series::power_modulo(&x, &y, &m, &c.ctx(), &mut st)
    };
    finish(vm, &c, d, st)
}

fn negative(vm: &Vm, a: &Value) -> PyResult<Value> {
    operator1(vm, a, arith::minus)
}

fn positive(vm: &Vm, a: &Value) -> PyResult<Value> {
    operator1(vm, a, arith::plus)
}

fn absolute(vm: &Vm, a: &Value) -> PyResult<Value> {
    operator1(vm, a, arith::abs)
}

fn is_true(vm: &Vm, a: &Value) -> PyResult<bool> {
    Ok(!me(vm, a)?.number.is_zero())
}

fn as_int(vm: &Vm, a: &Value) -> PyResult<Value> {
    whole(vm, &me(vm, a)?.number)
}

/// The integer part.
fn whole(vm: &Vm, d: &Dec) -> PyResult<Value> {
    match d.kind {
        Kind::Finite => to_int(vm, d),
        Kind::Infinite => Err(vm.overflow_error("cannot convert Infinity to integer")),
        _ => Err(vm.value_error("cannot convert NaN to integer")),
    }
}

fn as_float(vm: &Vm, a: &Value) -> PyResult<Value> {
    let d = &me(vm, a)?.number;
    let sign = if d.neg { -1.0 } else { 1.0 };
    let f = match d.kind {
        Kind::Signaling => return Err(vm.value_error("cannot convert signaling NaN to float")),
        Kind::Quiet => f64::NAN.copysign(sign),
        Kind::Infinite => f64::INFINITY * sign,
        Kind::Finite => {
            let shown = format!("{}e{}", d.coef, d.exp);
            sign * shown.parse::<f64>().unwrap_or(f64::NAN)
        }
    };
    Ok(vm.new_float(f))
}

fn str_(vm: &Vm, a: &Value) -> PyResult<Value> {
    let d = me(vm, a)?;
    let capitals = current(vm)?.capitals();
    Ok(vm.new_str(&text::to_text(&d.number, false, capitals)).into_value())
}

fn repr(vm: &Vm, a: &Value) -> PyResult<Value> {
    let d = me(vm, a)?;
    let capitals = current(vm)?.capitals();
    Ok(vm.new_str(&format!("Decimal('{}')", text::to_text(&d.number, false, capitals))).into_value())
}

/// The modulus of numeric hashes.
const P: u128 = (1 << 61) - 1;
/// What ten must be multiplied with to make one.
const TENTH: u128 = 2_075_258_708_292_324_556;

fn power_mod(mut base: u128, mut exp: u64) -> u128 {
    let mut r = 1;
    while exp > 0 {
        if exp & 1 != 0 {
            r = r * base % P;
        }
        base = base * base % P;
        exp >>= 1;
    }
    r
}

fn hash(vm: &Vm, a: &Value) -> PyResult<i64> {
    let d = me(vm, a)?;
    if d.hash.get() != -1 {
        return Ok(d.hash.get());
    }
    let n = &d.number;
    let h = match n.kind {
        Kind::Signaling => return Err(vm.type_error("Cannot hash a signaling NaN value")),
        Kind::Quiet => taipan_vm::types::object_methods::identity_hash(a.bits()),
        Kind::Infinite if n.neg => -314_159,
        Kind::Infinite => 314_159,
        Kind::Finite => {
            let base = if n.exp >= 0 { 10 } else { TENTH };
            let coef = u128::try_from(&n.coef % UBig::from(P)).unwrap_or(0);
            let size = (coef * power_mod(base, n.exp.unsigned_abs()) % P) as i64;
            if n.neg { -size } else { size }
        }
    };
    let h = if h == -1 { -2 } else { h };
    d.hash.set(h);
    Ok(h)
}

/// The other operand of a comparison; `None`: not comparable.
fn comparable<'a>(
    vm: &Vm,
    c: &Context,
    a: &'a Dec,
    b: &'a Value,
    equality: bool,
) -> PyResult<Option<(Cow<'a, Dec>, Cow<'a, Dec>)>> {
    if let Some(y) = number(b) {
        return Ok(Some((Cow::Borrowed(a), y)));
    }
    let of_float = |f: f64| -> PyResult<_> {
        if equality {
            c.status.set(c.status.get() | cond::FLOAT_OPERATION);
        } else {
            c.signal(vm, cond::FLOAT_OPERATION)?;
        }
        Ok(Some((Cow::Borrowed(a), Cow::Owned(from_float(f)))))
    };
    if let Some(f) = float_value(b) {
        return of_float(f);
    }
    if let Some(z) = b.downcast::<taipan_vm::types::numbers::Complex>() {
        return if equality && z.im == 0.0 { of_float(z.re) } else { Ok(None) };
    }
    if !vm.is_instance(b, &state(vm)?.rational)? {
        return Ok(None);
    }
    let (n, m) = (vm.get_attr_str(b, "numerator")?, vm.get_attr_str(b, "denominator")?);
    let (Some(n), Some(m)) = (from_int(&n), from_int(&m)) else { return Ok(None) };
    if a.is_special() {
        return Ok(Some((Cow::Borrowed(a), Cow::Owned(n))));
    }
    let scaled = Dec::new(a.neg, &a.coef * m.coef, a.exp);
    Ok(Some((Cow::Owned(scaled), Cow::Owned(n))))
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if let (Some(x), Some(y)) = (words(a), words(b))
        && let Some(order) = quick::compare(x, y)
    {
        return Ok(Value::bool(op.holds(order)));
    }
    let Some(a) = a.downcast::<Decimal>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let c = current(vm)?;
    let Some((x, y)) = comparable(vm, &c, &a.number, b, equality)? else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if x.is_nan() || y.is_nan() {
        if !equality || x.is_snan() || y.is_snan() {
            c.signal(vm, cond::INVALID_OPERATION)?;
        }
        return Ok(Value::bool(op == CompareOp::Ne));
    }
    Ok(Value::bool(op.holds(compare(&x, &y))))
}

impl Slots for Decimal {
    const SLOTS: SlotDefs = SlotDefs {
        add: Some(add),
        subtract: Some(subtract),
        multiply: Some(multiply),
        true_divide: Some(true_divide),
        floor_divide: Some(floor_divide),
        remainder: Some(remainder),
        divmod: Some(divmod),
        power: Some(power),
        negative: Some(negative),
        positive: Some(positive),
        absolute: Some(absolute),
        bool: Some(is_true),
        int: Some(as_int),
        float: Some(as_float),
        str: Some(str_),
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        ..SlotDefs::NONE
    };
}

fn with_context(vm: &Vm, x: &Gc<Decimal>, context: &Value, f: One) -> PyResult<Value> {
    let c = context_argument(vm, context)?;
    let mut st = 0;
    let d = f(&x.number, &c.ctx(), &mut st);
    finish(vm, &c, d, st)
}

fn with_other(vm: &Vm, x: &Gc<Decimal>, other: &Value, context: &Value, f: Two) -> PyResult<Value> {
    let c = context_argument(vm, context)?;
    let y = operand(vm, &c, other)?;
    let mut st = 0;
    let d = f(&x.number, &y, &c.ctx(), &mut st);
    finish(vm, &c, d, st)
}

/// A method that rounds to an integer.
fn to_integral(vm: &Vm, x: &Gc<Decimal>, round: &Value, context: &Value, exact: bool) -> PyResult<Value> {
    let c = context_argument(vm, context)?;
    let mut ctx = c.ctx();
    if !round.is_none() {
        ctx.round = rounding(vm, round)?;
    }
    let mut st = 0;
    let d = arith::to_integral(&x.number, exact, &ctx, &mut st);
    finish(vm, &c, d, st)
}

fn rounded_int(vm: &Vm, x: &Dec, round: Rounding) -> PyResult<Value> {
    if x.is_special() {
        return whole(vm, x);
    }
    match arith::rescale(x, x.exp.max(0), round) {
        Some((d, _)) => to_int(vm, &d),
        None => Err(vm.memory_error()),
    }
}

/// `format()` by the Python half, for specifications that are rare.
fn format_elsewhere(vm: &Vm, x: &Gc<Decimal>, args: &[Value]) -> PyResult<Value> {
    let module = vm.import_named("_pydecimal")?;
    let shown = vm.new_str(&text::to_text(&x.number, false, true)).into_value();
    let twin = vm.call_method(&module, "Decimal", &[shown])?;
    vm.call_method(&twin, "__format__", args)
}

/// `format()` with a point, separator and grouping of the caller's own.
fn format_with(
    vm: &Vm,
    x: &Gc<Decimal>,
    spec: &Value,
    c: &Gc<Context>,
    overrides: &Value,
) -> PyResult<Value> {
    let Some(d) = overrides.downcast::<Dict>() else {
        return Err(vm.type_error("optional argument must be a dict"));
    };
    let part = |name: &str| -> PyResult<Value> {
        match d.get_str(vm, &vm.intern(name)) {
            Some(v) if v.is_instance_of::<Str>() => Ok(v),
            _ => Err(vm.value_error("invalid override dict")),
        }
    };
    let (point, separator, grouping) = (part("decimal_point")?, part("thousands_sep")?, part("grouping")?);
    let len = |v: &Value| v.downcast::<Str>().map_or(0, |s| s.byte_len());
    let groups: Vec<u32> =
        grouping.downcast::<Str>().map(|s| s.as_wtf8().code_points().collect()).unwrap_or_default();
    if !(1..=4).contains(&len(&point))
        || len(&separator) > 4
        || groups.iter().any(|n| (128..=255).contains(n))
    {
        return Err(vm.value_error("invalid override dict"));
    }
    let groups = vm.new_list(groups.into_iter().map(|n| vm.new_int(n.into())).collect()).into_value();
    let table = vm.dict_of(&[("decimal_point", point), ("thousands_sep", separator), ("grouping", groups)]);
    format_elsewhere(vm, x, &[spec.clone(), c.to_value(), table.into_value()])
}

macro_rules! decimal_methods {
    (one { $($one:ident $one_sig:tt $one_f:path;)* } two { $($two:ident $two_sig:tt $two_f:path;)* }
     test { $($test:ident $test_sig:tt $test_f:expr;)* } rest { $($rest:tt)* }) => {
        #[pymethods]
        impl Decimal {
            $(#[pymethod($one_sig)]
            fn $one(vm: &Vm, zelf: &Gc<Decimal>, context: &Value) -> PyResult<Value> {
                with_context(vm, zelf, context, $one_f)
            })*
            $(#[pymethod($two_sig)]
            fn $two(vm: &Vm, zelf: &Gc<Decimal>, other: &Value, context: &Value) -> PyResult<Value> {
                with_other(vm, zelf, other, context, $two_f)
            })*
            $(#[pymethod($test_sig)]
            fn $test(vm: &Vm, zelf: &Gc<Decimal>) -> bool {
                let _ = vm;
                let test: fn(&Dec) -> bool = $test_f;
                test(&zelf.number)
            })*
            $($rest)*
        }
    };
}

decimal_methods! {
    one {
    exp "exp($self, /, context=None)" series::exp;
    ln "ln($self, /, context=None)" series::ln;
    log10 "log10($self, /, context=None)" series::log10;
    logb "logb($self, /, context=None)" order::logb;
    logical_invert "logical_invert($self, /, context=None)" order::logical_invert;
    next_minus "next_minus($self, /, context=None)" order::next_minus;
    next_plus "next_plus($self, /, context=None)" order::next_plus;
    normalize "normalize($self, /, context=None)" arith::normalize;
    sqrt "sqrt($self, /, context=None)" arith::sqrt;
    } two {
    py_compare "compare($self, /, other, context=None)" order::compare;
    compare_signal "compare_signal($self, /, other, context=None)" order::compare_signal;
    compare_total "compare_total($self, /, other, context=None)" order::compare_total;
    compare_total_mag "compare_total_mag($self, /, other, context=None)" order::compare_total_mag;
    logical_and "logical_and($self, /, other, context=None)" order::logical_and;
    logical_or "logical_or($self, /, other, context=None)" order::logical_or;
    logical_xor "logical_xor($self, /, other, context=None)" order::logical_xor;
    max "max($self, /, other, context=None)" order::max;
    max_mag "max_mag($self, /, other, context=None)" order::max_mag;
    min "min($self, /, other, context=None)" order::min;
    min_mag "min_mag($self, /, other, context=None)" order::min_mag;
    next_toward "next_toward($self, /, other, context=None)" order::next_toward;
    remainder_near "remainder_near($self, /, other, context=None)" arith::remainder_near;
    rotate "rotate($self, /, other, context=None)" order::rotate;
    scaleb "scaleb($self, /, other, context=None)" order::scaleb;
    shift "shift($self, /, other, context=None)" order::shift;
    } test {
    is_canonical "is_canonical($self, /)" |_| true;
    is_finite "is_finite($self, /)" Dec::is_finite;
    is_infinite "is_infinite($self, /)" Dec::is_infinite;
    is_nan "is_nan($self, /)" Dec::is_nan;
    is_qnan "is_qnan($self, /)" Dec::is_qnan;
    is_signed "is_signed($self, /)" |d| d.neg;
    is_snan "is_snan($self, /)" Dec::is_snan;
    is_zero "is_zero($self, /)" Dec::is_zero;
    } rest {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let mut slots = [None, None];
        if args.all.len() > 2 {
            return Err(vm.type_error(format_args!("function takes at most 2 arguments ({} given)", args.all.len())));
        }
        for (slot, v) in slots.iter_mut().zip(args.pos()) {
            *slot = Some(v);
        }
        for (name, v) in args.keywords() {
            let name = name.downcast::<Str>().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            match &*name {
                "value" => slots[0] = Some(v),
                "context" => slots[1] = Some(v),
                _ => {
                    return Err(vm.type_error(format_args!(
                        "this function got an unexpected keyword argument '{name}'"
                    )));
                }
            }
        }
        let c = context_argument(vm, slots[1].unwrap_or(&Value::NONE))?;
        let Some(v) = slots[0] else { return Decimal::make_in(vm, cls, Dec::int(0)) };
        if cls.is(&vm.native_type::<Decimal>()) && v.downcast_exact::<Decimal>().is_some() {
            return Ok(v.clone());
        }
        Decimal::make_in(vm, cls, exact(vm, &c, v)?)
    }

    /// Class method that converts a float to a decimal number, exactly.
    #[pyclassmethod("from_float($type, f, /)")]
    fn py_from_float(vm: &Vm, cls: &Value, f: &Value) -> PyResult<Value> {
        let d = match (from_int(f), float_value(f)) {
            (Some(d), _) => d,
            (_, Some(f)) => from_float(f),
            _ => return Err(vm.type_error("argument must be int or float")),
        };
        made_by(vm, cls, d)
    }

    /// Class method that converts a real number to a decimal number, exactly.
    #[pyclassmethod("from_number($type, number, /)")]
    fn from_number(vm: &Vm, cls: &Value, value: &Value) -> PyResult<Value> {
        let d = match (number(value), float_value(value)) {
            (Some(d), _) => d.into_owned(),
            (_, Some(f)) => from_float(f),
            _ => {
                let got = vm.type_of(value).tp_name();
                return Err(vm.type_error(format_args!("conversion from {got} to Decimal is not supported")));
            }
        };
        made_by(vm, cls, d)
    }

    /// Return the adjusted exponent of the number.
    #[pymethod("adjusted($self, /)")]
    fn adjusted(vm: &Vm, zelf: &Gc<Decimal>) -> i64 {
        let _ = vm;
        if zelf.number.is_special() { 0 } else { zelf.number.adjusted() }
    }

    /// Return a pair of integers whose ratio is exactly equal to the original number.
    #[pymethod("as_integer_ratio($self, /)")]
    fn as_integer_ratio(vm: &Vm, zelf: &Gc<Decimal>) -> PyResult<(Value, Value)> {
        match zelf.number.kind {
            Kind::Finite => ratio(vm, &zelf.number),
            Kind::Infinite => Err(vm.overflow_error("cannot convert Infinity to integer ratio")),
            _ => Err(vm.value_error("cannot convert NaN to integer ratio")),
        }
    }

    /// Return a tuple representation of the number.
    #[pymethod("as_tuple($self, /)")]
    fn as_tuple(vm: &Vm, zelf: &Gc<Decimal>) -> PyResult<Value> {
        let d = &zelf.number;
        let digits = match d.kind {
            Kind::Infinite => "0".to_string(),
            Kind::Finite => d.coef.to_string(),
            _ if d.coef.is_zero() => String::new(),
            _ => d.coef.to_string(),
        };
        let digits = digits.bytes().map(|b| vm.new_int(i64::from(b - b'0'))).collect();
        let exponent = match d.kind {
            Kind::Finite => vm.new_int(d.exp),
            Kind::Infinite => vm.intern("F").into_value(),
            Kind::Quiet => vm.intern("n").into_value(),
            Kind::Signaling => vm.intern("N").into_value(),
        };
        let parts = [vm.new_int(i64::from(d.neg)), vm.new_tuple(digits).into_value(), exponent];
        vm.call(&state(vm)?.tuple, &parts)
    }

    /// Return the canonical encoding of the argument.
    #[pymethod("canonical($self, /)")]
    fn canonical(vm: &Vm, zelf: &Gc<Decimal>) -> Value { let _ = vm; zelf.to_value() }

    /// Return self.
    #[pymethod("conjugate($self, /)")]
    fn conjugate(vm: &Vm, zelf: &Gc<Decimal>) -> Value { let _ = vm; zelf.to_value() }

    /// Return the absolute value of the argument.
    #[pymethod("copy_abs($self, /)")]
    fn copy_abs(vm: &Vm, zelf: &Gc<Decimal>) -> Value { Decimal::make(vm, zelf.number.with_sign(false)) }

    /// Return the negation of the argument.
    #[pymethod("copy_negate($self, /)")]
    fn copy_negate(vm: &Vm, zelf: &Gc<Decimal>) -> Value { Decimal::make(vm, zelf.number.with_sign(!zelf.number.neg)) }

    /// Return a copy of *self* with the sign set to be the same as the sign of *other*.
    #[pymethod("copy_sign($self, /, other, context=None)")]
    fn copy_sign(vm: &Vm, zelf: &Gc<Decimal>, other: &Value, context: &Value) -> PyResult<Value> {
        let c = context_argument(vm, context)?;
        let neg = operand(vm, &c, other)?.neg;
        Ok(Decimal::make(vm, zelf.number.with_sign(neg)))
    }

    /// Fused multiply-add.
    #[pymethod("fma($self, /, other, third, context=None)")]
    fn fma(vm: &Vm, zelf: &Gc<Decimal>, other: &Value, third: &Value, context: &Value) -> PyResult<Value> {
        let c = context_argument(vm, context)?;
        let (y, z) = (operand(vm, &c, other)?, operand(vm, &c, third)?);
        let mut st = 0;
        let d = arith::fma(&zelf.number, &y, &z, &c.ctx(), &mut st);
        finish(vm, &c, d, st)
    }

    #[pygetter("real")]
    fn real(vm: &Vm, zelf: &Gc<Decimal>) -> Value { let _ = vm; zelf.to_value() }

    #[pygetter("imag")]
    fn imag(vm: &Vm, zelf: &Gc<Decimal>) -> Value { let _ = zelf; Decimal::make(vm, Dec::int(0)) }

    /// Return True if the argument is a normal number and False if the argument is zero, subnormal, infinite or a NaN.
    #[pymethod("is_normal($self, /, context=None)")]
    fn is_normal(vm: &Vm, zelf: &Gc<Decimal>, context: &Value) -> PyResult<bool> {
        Ok(order::is_normal(&zelf.number, &context_argument(vm, context)?.ctx()))
    }

    /// Return True if the argument is subnormal, and False otherwise.
    #[pymethod("is_subnormal($self, /, context=None)")]
    fn is_subnormal(vm: &Vm, zelf: &Gc<Decimal>, context: &Value) -> PyResult<bool> {
        Ok(order::is_subnormal(&zelf.number, &context_argument(vm, context)?.ctx()))
    }

    /// Return a string describing the class of the operand.
    #[pymethod("number_class($self, /, context=None)")]
    fn number_class(vm: &Vm, zelf: &Gc<Decimal>, context: &Value) -> PyResult<Value> {
        let c = context_argument(vm, context)?;
        Ok(vm.intern(order::number_class(&zelf.number, &c.ctx())).into_value())
    }

    /// Return a value equal to the first operand after rounding and having the exponent of the second operand.
    #[pymethod("quantize($self, /, exp, rounding=None, context=None)")]
    fn quantize(vm: &Vm, zelf: &Gc<Decimal>, exp: &Value, rounding: &Value, context: &Value) -> PyResult<Value> {
        let c = context_argument(vm, context)?;
        let mut ctx = c.ctx();
        if !rounding.is_none() {
            ctx.round = super::context::rounding(vm, rounding)?;
        }
        if let Some(y) = exp.downcast_exact::<Decimal>() {
            let mut st = 0;
            if y.number.is_finite()
                && let Some(x) = Words::of(&zelf.number)
                && let Some(w) = quick::quantize(x, y.number.exp, &ctx, &mut st)
                && c.note(st)
            {
                return Ok(Decimal::of_words(vm, w));
            }
        }
        let y = operand(vm, &c, exp)?;
        let mut st = 0;
        let d = arith::quantize(&zelf.number, &y, &ctx, &mut st);
        finish(vm, &c, d, st)
    }

    /// Return Decimal(10).
    #[pymethod("radix($self, /)")]
    fn radix(vm: &Vm, zelf: &Gc<Decimal>) -> Value { let _ = zelf; Decimal::make(vm, Dec::int(10)) }

    /// Test whether self and other have the same exponent or whether both are NaN.
    #[pymethod("same_quantum($self, /, other, context=None)")]
    fn same_quantum(vm: &Vm, zelf: &Gc<Decimal>, other: &Value, context: &Value) -> PyResult<bool> {
        let c = context_argument(vm, context)?;
        Ok(order::same_quantum(&zelf.number, &*operand(vm, &c, other)?))
    }

    /// Convert to an engineering-type string.
    #[pymethod("to_eng_string($self, /, context=None)")]
    fn to_eng_string(vm: &Vm, zelf: &Gc<Decimal>, context: &Value) -> PyResult<String> {
        let c = context_argument(vm, context)?;
        Ok(text::to_text(&zelf.number, true, c.capitals()))
    }

    /// Identical to the to_integral_value() method.
    #[pymethod("to_integral($self, /, rounding=None, context=None)")]
    fn to_integral(vm: &Vm, zelf: &Gc<Decimal>, rounding: &Value, context: &Value) -> PyResult<Value> {
        to_integral(vm, zelf, rounding, context, false)
    }

    /// Round to the nearest integer without signaling Inexact or Rounded.
    #[pymethod("to_integral_value($self, /, rounding=None, context=None)")]
    fn to_integral_value(vm: &Vm, zelf: &Gc<Decimal>, rounding: &Value, context: &Value) -> PyResult<Value> {
        to_integral(vm, zelf, rounding, context, false)
    }

    /// Round to the nearest integer, signaling Inexact or Rounded as appropriate if rounding occurs.
    #[pymethod("to_integral_exact($self, /, rounding=None, context=None)")]
    fn to_integral_exact(vm: &Vm, zelf: &Gc<Decimal>, rounding: &Value, context: &Value) -> PyResult<Value> {
        to_integral(vm, zelf, rounding, context, true)
    }

    #[pymethod("__copy__($self, /)")]
    fn py_copy(vm: &Vm, zelf: &Gc<Decimal>) -> Value { let _ = vm; zelf.to_value() }

    #[pymethod("__deepcopy__($self, memo, /)")]
    fn py_deepcopy(vm: &Vm, zelf: &Gc<Decimal>, memo: &Value) -> Value { let _ = (vm, memo); zelf.to_value() }

    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Decimal>) -> PyResult<Value> {
        let args = vm.new_tuple(vec![vm.str(zelf.as_value())?.into_value()]).into_value();
        Ok(vm.new_tuple(vec![vm.type_of(zelf.as_value()).to_value(), args]).into_value())
    }

    #[pymethod("__complex__($self, /)")]
    fn py_complex(vm: &Vm, zelf: &Gc<Decimal>) -> PyResult<Value> {
        let f = vm.to_f64(&as_float(vm, zelf.as_value())?)?;
        Ok(vm.new_complex(f, 0.0))
    }

    #[pymethod("__trunc__($self, /)")]
    fn trunc(vm: &Vm, zelf: &Gc<Decimal>) -> PyResult<Value> { whole(vm, &zelf.number) }

    #[pymethod("__floor__($self, /)")]
    fn floor(vm: &Vm, zelf: &Gc<Decimal>) -> PyResult<Value> { rounded_int(vm, &zelf.number, Rounding::Floor) }

    #[pymethod("__ceil__($self, /)")]
    fn ceil(vm: &Vm, zelf: &Gc<Decimal>) -> PyResult<Value> { rounded_int(vm, &zelf.number, Rounding::Ceiling) }

    #[pymethod(no_text, "__round__($self, ndigits=<unrepresentable>, /)")]
    fn round(vm: &Vm, zelf: &Gc<Decimal>, ndigits: Option<&Value>) -> PyResult<Value> {
        let Some(n) = ndigits else { return rounded_int(vm, &zelf.number, Rounding::HalfEven) };
        if taipan_vm::types::numbers::int_value(n).is_none() {
            return Err(vm.type_error("optional arg must be an integer"));
        }
        let n = vm.index_i64(n, "Python int too large to convert to C ssize_t")?;
        let exp = n.checked_neg().unwrap_or(i64::MAX).clamp(-4_000_000_000_000_000_000, 4_000_000_000_000_000_000);
        let c = current(vm)?;
        let mut st = 0;
        let d = arith::quantize(&zelf.number, &Dec::new(false, UBig::ONE, exp), &c.ctx(), &mut st);
        finish(vm, &c, d, st)
    }

    /// Formats the Decimal according to fmtarg.
    #[pymethod(no_text, "__format__($self, spec, override=None, /)")]
    fn format(vm: &Vm, zelf: &Gc<Decimal>, spec: &Value, overrides: &Value) -> PyResult<Value> {
        let Some(s) = spec.downcast::<Str>() else { return Err(vm.type_error("format arg must be str")) };
        let c = current(vm)?;
        if !overrides.is_none() {
            return format_with(vm, zelf, spec, &c, overrides);
        }
        if s.is_empty() {
            return str_(vm, zelf.as_value());
        }
        let text = s.as_str().unwrap_or_default();
        if format::has_huge_number(text) {
            return Err(vm.value_error("invalid format string"));
        }
        if let Some(front) = text.strip_suffix('N').filter(|front| !front.ends_with(['<', '>', '=', '^'])) {
            let msg = "Format specifier 'N' is deprecated and slated for removal in Python 3.18";
            vm.warn(&taipan_vm::errors::exc::DeprecationWarning, msg, 1)?;
            let lower = vm.new_str(&format!("{front}n")).into_value();
            let r = format_elsewhere(vm, zelf, &[lower, c.to_value()])?;
            return vm.call_method(&r, "upper", &[]);
        }
        let known = format::parse(text);
        match known.and_then(|spec| format::format(&zelf.number, &spec, c.ctx().round, c.capitals())) {
            Some(text) => Ok(vm.new_str(&text).into_value()),
            None => format_elsewhere(vm, zelf, &[spec.clone(), c.to_value()]),
        }
    }

    #[pymethod("__sizeof__($self, /)")]
    fn size_of(vm: &Vm, zelf: &Gc<Decimal>) -> i64 {
        taipan_vm::types::class::basic_size(vm.type_of(zelf.as_value())) + (zelf.number.coef.as_words().len() * 8) as i64
    }
    }
}

/// A number of a class, made by calling a subclass.
fn made_by(vm: &Vm, cls: &Value, d: Dec) -> PyResult<Value> {
    let v = Decimal::make(vm, d);
    if cls.is(vm.native_type::<Decimal>().as_value()) { Ok(v) } else { vm.call1(cls, &v) }
}
