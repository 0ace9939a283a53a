//! `timedelta`: a duration as days, seconds and microseconds.

use super::args;
use dashu_int::IBig;
use dashu_int::ops::DivRem;
use std::cell::Cell;
use std::cmp::Ordering;
use taipan_vm::native::CallArgs;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::protocol::BinaryOp;
use taipan_vm::types::numbers::{float_value, int_value, mantissa_exponent};
use taipan_vm::types::tuple_methods::Lanes;

pub const MAX_DAYS: i64 = 999_999_999;
pub const SECOND: i128 = 1_000_000;
pub const DAY: i128 = 86_400 * SECOND;

/// Difference between two datetime values.
///
/// timedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)
///
/// All arguments are optional and default to 0.
/// Arguments may be integers or floats, and may be positive or negative.
#[pytype(name = "timedelta", module = "datetime", flags(BASETYPE))]
#[derive(Trace)]
pub struct Delta {
    #[notrace]
    pub days: i32,
    #[notrace]
    pub seconds: i32,
    #[notrace]
    pub micros: i32,
    #[notrace]
    hash: Cell<i64>,
}

impl Delta {
    /// All of it in microseconds.
    pub fn total(&self) -> i128 {
        i128::from(self.days) * DAY + i128::from(self.seconds) * SECOND + i128::from(self.micros)
    }

    pub fn compare(&self, other: &Delta) -> Ordering {
        (self.days, self.seconds, self.micros).cmp(&(other.days, other.seconds, other.micros))
    }

    /// The three numbers as they are, within their ranges.
    fn of(total: i128) -> Option<Delta> {
        // Mostly a word has room for it, which is divided much faster.
        let (days, rest) = match i64::try_from(total) {
            Ok(n) => (n.div_euclid(DAY as i64), n.rem_euclid(DAY as i64)),
            Err(_) => (i64::try_from(total.div_euclid(DAY)).ok()?, total.rem_euclid(DAY) as i64),
        };
        let days = i32::try_from(days).ok()?;
        let (seconds, micros) = ((rest / SECOND as i64) as i32, (rest % SECOND as i64) as i32);
        Some(Delta { days, seconds, micros, hash: Cell::new(-1) })
    }
}

#[cold]
fn too_large(vm: &Vm) -> Raised {
    vm.overflow_error("Python int too large to convert to C int")
}

fn checked(vm: &Vm, total: i128) -> PyResult<Delta> {
    let Some(d) = Delta::of(total) else { return Err(too_large(vm)) };
    if i64::from(d.days).abs() > MAX_DAYS {
        return Err(vm.overflow_error(format_args!("days={}; must have magnitude <= {MAX_DAYS}", d.days)));
    }
    Ok(d)
}

/// A `timedelta` of so many microseconds.
pub fn make(vm: &Vm, total: i128) -> PyResult<Value> {
    Ok(vm.alloc(checked(vm, total)?).into_value())
}

/// `timedelta(days, seconds, microseconds)` of numbers in any range.
pub fn new(vm: &Vm, days: i64, seconds: i64, micros: i64) -> PyResult<Value> {
    make(vm, i128::from(days) * DAY + i128::from(seconds) * SECOND + i128::from(micros))
}

/// Half to even.
pub fn divide_and_round(a: &IBig, b: &IBig) -> IBig {
    let (q, r) = taipan_vm::types::int::arith::floor_big(a, b);
    let twice: IBig = r * 2;
    let order = if *b > IBig::ZERO { twice.cmp(b) } else { b.cmp(&twice) };
    let odd = (&q).div_rem(&IBig::from(2)).1 != IBig::ZERO;
    if order.is_gt() || order.is_eq() && odd { q + IBig::ONE } else { q }
}

fn from_big(vm: &Vm, total: &IBig) -> PyResult<Value> {
    match i128::try_from(total) {
        Ok(n) => make(vm, n),
        Err(_) => Err(too_large(vm)),
    }
}

/// A float as a fraction of ints; a subclass is asked for it.
fn ratio(vm: &Vm, v: &Value, f: f64) -> PyResult<(IBig, IBig)> {
    if v.as_small_float().is_none() && !vm.type_of(v).is(&vm.types.float) {
        let r = vm.call_method(v, "as_integer_ratio", &[])?;
        let Some(pair) = r.downcast::<Tuple>() else {
            return Err(vm.type_error(format_args!(
                "unexpected return type from as_integer_ratio(): expected tuple, not '{}'",
                vm.type_of(&r).tp_name()
            )));
        };
        let [p, q, ..] = pair.items() else {
            return Err(vm.value_error("unexpected return value from as_integer_ratio()"));
        };
        if pair.len() != 2 {
            return Err(vm.value_error("unexpected return value from as_integer_ratio()"));
        }
        return Ok((big(vm, p)?, big(vm, q)?));
    }
    if f.is_nan() {
        return Err(vm.value_error("cannot convert NaN to integer ratio"));
    }
    if f.is_infinite() {
        return Err(vm.overflow_error("cannot convert Infinity to integer ratio"));
    }
    let (m, e) = mantissa_exponent(f);
    let m = if f < 0.0 { -IBig::from(m) } else { IBig::from(m) };
    Ok(if e >= 0 { (m << e as usize, IBig::ONE) } else { (m, IBig::ONE << e.unsigned_abs() as usize) })
}

fn big(vm: &Vm, v: &Value) -> PyResult<IBig> {
    match int_value(v) {
        Some(n) => Ok(n.to_ibig()),
        None => Err(vm.type_error("an integer is required")),
    }
}

fn multiply(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (d, other) = match (a.downcast::<Delta>(), b.downcast::<Delta>()) {
        (Some(d), None) => (d, b),
        (None, Some(d)) => (d, a),
        _ => return Ok(Value::NOT_IMPLEMENTED),
    };
    if let Some(n) = int_value(other) {
        if let Some(product) = n.wide().and_then(|n| n.checked_mul(d.total())) {
            return make(vm, product);
        }
        return from_big(vm, &(n.to_ibig() * IBig::from(d.total())));
    }
    let Some(f) = float_value(other) else { return Ok(Value::NOT_IMPLEMENTED) };
    let (p, q) = ratio(vm, other, f)?;
    if q == IBig::ZERO {
        return Err(zero_division(vm));
    }
    from_big(vm, &divide_and_round(&(IBig::from(d.total()) * p), &q))
}

fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.downcast::<Delta>(), b.downcast::<Delta>()) {
        (Some(a), Some(b)) => make(vm, a.total() + b.total()),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.downcast::<Delta>(), b.downcast::<Delta>()) {
        (Some(a), Some(b)) => make(vm, a.total() - b.total()),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

#[cold]
fn zero_division(vm: &Vm) -> Raised {
    taipan_vm::types::int::arith::zero_division(vm)
}

fn floor_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(d) = a.downcast::<Delta>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let total = vm.new_wide(d.total());
    if let Some(other) = b.downcast::<Delta>() {
        return vm.binary_op(BinaryOp::FloorDiv, &total, &vm.new_wide(other.total()));
    }
    if int_value(b).is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let n = vm.new_bigint(big(vm, b)?);
    let q = vm.binary_op(BinaryOp::FloorDiv, &total, &n)?;
    from_big(vm, &big(vm, &q)?)
}

fn true_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(d) = a.downcast::<Delta>() else { return Ok(Value::NOT_IMPLEMENTED) };
    if let Some(other) = b.downcast::<Delta>() {
        return vm.binary_op(BinaryOp::TrueDiv, &vm.new_wide(d.total()), &vm.new_wide(other.total()));
    }
    let (p, q) = match (int_value(b), float_value(b)) {
        (Some(n), _) => (n.to_ibig(), IBig::ONE),
        (_, Some(f)) => ratio(vm, b, f)?,
        _ => return Ok(Value::NOT_IMPLEMENTED),
    };
    if p == IBig::ZERO {
        return Err(zero_division(vm));
    }
    from_big(vm, &divide_and_round(&(IBig::from(d.total()) * q), &p))
}

fn remainder(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.downcast::<Delta>(), b.downcast::<Delta>()) {
        (Some(x), Some(y)) if y.total() != 0 => {
            let r = x.total() % y.total();
            make(vm, if r != 0 && (r < 0) != (y.total() < 0) { r + y.total() } else { r })
        }
        (Some(_), Some(_)) => Err(zero_division(vm)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn divmod(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let r = remainder(vm, a, b)?;
    if r.is_not_implemented() {
        return Ok(r);
    }
    let q = floor_divide(vm, a, b)?;
    Ok(vm.tuple_from_iter([q, r].into_iter()).into_value())
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Delta>> {
    object::<Delta>(vm, v, "timedelta")
}

fn negative(vm: &Vm, v: &Value) -> PyResult<Value> {
    make(vm, -me(vm, v)?.total())
}

fn positive(vm: &Vm, v: &Value) -> PyResult<Value> {
    make(vm, me(vm, v)?.total())
}

fn absolute(vm: &Vm, v: &Value) -> PyResult<Value> {
    make(vm, me(vm, v)?.total().abs())
}

fn richcompare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (a.downcast::<Delta>(), b.downcast::<Delta>()) {
        (Some(x), Some(y)) => Ok(Value::bool(op.holds(x.compare(y)))),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let d = me(vm, v)?;
    if d.hash.get() == -1 {
        let mut lanes = Lanes::new();
        for n in [d.days, d.seconds, d.micros] {
            lanes.add(vm.hash(&vm.new_int(i64::from(n)))?);
        }
        d.hash.set(lanes.tuple(3));
    }
    Ok(d.hash.get())
}

/// The hash of a duration.
pub fn hash_of(vm: &Vm, total: i128) -> PyResult<i64> {
    let Some(d) = Delta::of(total) else { return Err(too_large(vm)) };
    hash(vm, vm.alloc(d).as_value())
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let d = me(vm, v)?;
    let mut parts = Vec::new();
    for (n, name) in [(d.days, "days"), (d.seconds, "seconds"), (d.micros, "microseconds")] {
        if n != 0 {
            parts.push(format!("{name}={n}"));
        }
    }
    if parts.is_empty() {
        parts.push("0".to_string());
    }
    Ok(vm.new_str(&format!("{}({})", vm.type_of(v).tp_name(), parts.join(", "))).into_value())
}

fn str(vm: &Vm, v: &Value) -> PyResult<Value> {
    let d = me(vm, v)?;
    let (m, s) = (d.seconds / 60, d.seconds % 60);
    let (h, m) = (m / 60, m % 60);
    let mut out = String::new();
    if d.days != 0 {
        let plural = if d.days.abs() == 1 { "" } else { "s" };
        out.push_str(&format!("{} day{plural}, ", d.days));
    }
    out.push_str(&format!("{h}:{m:02}:{s:02}"));
    if d.micros != 0 {
        out.push_str(&format!(".{:06}", d.micros));
    }
    Ok(vm.new_str(&out).into_value())
}

impl Slots for Delta {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        str: Some(str),
        hash: Some(hash),
        richcompare: Some(richcompare),
        bool: Some(|vm, v| Ok(me(vm, v)?.total() != 0)),
        negative: Some(negative),
        positive: Some(positive),
        absolute: Some(absolute),
        add: Some(add),
        subtract: Some(subtract),
        multiply: Some(multiply),
        true_divide: Some(true_divide),
        floor_divide: Some(floor_divide),
        remainder: Some(remainder),
        divmod: Some(divmod),
        ..SlotDefs::NONE
    };
}

/// What the arguments of `timedelta` add up to: whole microseconds, and parts of them.
struct Sum {
    whole: i128,
    part: f64,
}

impl Sum {
    fn add(&mut self, vm: &Vm, name: &str, v: &Value, factor: i128) -> PyResult<()> {
        let more = |whole: i128, n: Option<i128>| {
            n.and_then(|n| n.checked_mul(factor)).and_then(|n| n.checked_add(whole))
        };
        if let Some(n) = int_value(v) {
            return match more(self.whole, n.wide()) {
                Some(sum) => {
                    self.whole = sum;
                    Ok(())
                }
                None => Err(too_large(vm)),
            };
        }
        let Some(f) = float_value(v) else {
            return Err(vm.type_error(format_args!(
                "unsupported type for timedelta {name} component: {}",
                vm.type_of(v).tp_name()
            )));
        };
        if f.is_nan() {
            return Err(vm.value_error("cannot convert float NaN to integer"));
        }
        if f.is_infinite() {
            return Err(vm.overflow_error("cannot convert float infinity to integer"));
        }
        let whole = f.trunc();
        match more(self.whole, (whole.abs() < 1e36).then_some(whole as i128)) {
            Some(sum) => self.whole = sum,
            None => return Err(too_large(vm)),
        }
        let rest = (f - whole) * factor as f64;
        self.whole += rest.trunc() as i128;
        self.part += rest - rest.trunc();
        Ok(())
    }

    fn rounded(&self) -> i128 {
        let mut whole = self.part.round();
        if (whole - self.part).abs() == 0.5 {
            // Half way: to the even sum.
            let odd = (self.whole & 1) as f64;
            whole = 2.0 * ((self.part + odd) * 0.5).round() - odd;
        }
        self.whole + whole as i128
    }
}

#[pymethods]
impl Delta {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        const NAMES: [&str; 7] =
            ["days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"];
        let given = args::bind(vm, "__new__()", NAMES, 7, 0, args)?;
        let mut sum = Sum { whole: 0, part: 0.0 };
        let order =
            [(2, 1), (3, 1000), (1, SECOND), (4, 60 * SECOND), (5, 3600 * SECOND), (0, DAY), (6, 7 * DAY)];
        for (i, factor) in order {
            if let Some(Some(v)) = given.get(i) {
                sum.add(vm, NAMES[i], v, factor)?;
            }
        }
        Ok(vm.alloc_in(cls, checked(vm, sum.rounded())?)?.into_value())
    }

    /// Number of days.
    #[pymember("days")]
    fn get_days(_vm: &Vm, zelf: &Gc<Delta>) -> i32 {
        zelf.days
    }
    /// Number of seconds (>= 0 and less than 1 day).
    #[pymember("seconds")]
    fn get_seconds(_vm: &Vm, zelf: &Gc<Delta>) -> i32 {
        zelf.seconds
    }
    /// Number of microseconds (>= 0 and less than 1 second).
    #[pymember("microseconds")]
    fn get_microseconds(_vm: &Vm, zelf: &Gc<Delta>) -> i32 {
        zelf.micros
    }

    /// Total seconds in the duration.
    #[pymethod("total_seconds($self, /)")]
    fn total_seconds(vm: &Vm, zelf: &Gc<Delta>) -> PyResult<Value> {
        vm.binary_op(BinaryOp::TrueDiv, &vm.new_wide(zelf.total()), &vm.new_int(SECOND as i64))
    }

    /// __reduce__() -> (cls, state)
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Delta>) -> Value {
        let n = |n: i32| vm.new_int(i64::from(n));
        let state = vm.tuple_from_iter([n(zelf.days), n(zelf.seconds), n(zelf.micros)].into_iter());
        let cls = vm.type_of(zelf.as_value()).to_value();
        vm.tuple_from_iter([cls, state.into_value()].into_iter()).into_value()
    }
}
