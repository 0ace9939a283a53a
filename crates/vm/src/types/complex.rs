//! `complex`: slots and methods. A real operand keeps its kind: it is not widened to a complex number with an imaginary
//! part of zero, as 3.14 has it; infinities are recovered as in annex G of the C standard.

use crate::errors::exc;
use crate::native::CallArgs;
use crate::object::{Payload, Type};
use crate::types::float::hash_of;
use crate::types::int::{arith, text as int_text};
use crate::types::numbers::{
    Complex, float_value, format_locale, int_value, ordered, raise_format, real_operand,
};
use crate::types::typedef::{CompareOp, SlotDefs, Slots};
use crate::{PyResult, Str, Tuple, Value, ValueExt, Vm};
use std::cmp::Ordering;
use taipan_heap::Gc;
use taipan_macros::{pymethods, pytype};
use taipan_text::format::{Align, format_complex, parse_spec};
use taipan_text::number::{parse_complex, repr_complex};

/// Real and imaginary part.
pub type Pair = (f64, f64);

/// Create a complex number from a string or numbers.
///
/// If a string is given, parse it as a complex number.
/// If a single number is given, convert it to a complex number.
/// If the 'real' or 'imag' arguments are given, create a complex number
/// with the specified real and imaginary components.
#[pytype(name = "complex", signature = "(real=0, imag=0)", flags(BASETYPE))]
impl Slots for Complex {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        bool: Some(is_true),
        negative: Some(negative),
        positive: Some(plain),
        absolute: Some(absolute),
        add: Some(add),
        subtract: Some(subtract),
        multiply: Some(multiply),
        true_divide: Some(true_divide),
        power: Some(power),
        ..SlotDefs::NONE
    };
}

/// An operand: a real number stays one.
#[derive(Clone, Copy)]
enum Operand {
    Real(f64),
    Complex(Pair),
}

impl Operand {
    fn widened(self) -> Pair {
        match self {
            Operand::Real(x) => (x, 0.0),
            Operand::Complex(z) => z,
        }
    }
}

fn operand(vm: &Vm, v: &Value) -> PyResult<Option<Operand>> {
    if let Some(z) = v.downcast::<Complex>() {
        return Ok(Some(Operand::Complex((z.re, z.im))));
    }
    Ok(real_operand(vm, v)?.map(Operand::Real))
}

macro_rules! operands {
    ($vm:expr, $a:expr, $b:expr) => {
        match (operand($vm, $a)?, operand($vm, $b)?) {
            (Some(x), Some(y)) => (x, y),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

fn this(vm: &Vm, v: &Value) -> PyResult<Pair> {
    match v.downcast::<Complex>() {
        Some(z) => Ok((z.re, z.im)),
        None => Err(vm.type_error(format_args!("a complex is required (got type {})", vm.type_of(v).name()))),
    }
}

/// An object of exactly `complex` with the same number.
fn plain(vm: &Vm, v: &Value) -> PyResult<Value> {
    if v.downcast_exact::<Complex>().is_some() {
        return Ok(v.clone());
    }
    let (re, im) = this(vm, v)?;
    Ok(vm.new_complex(re, im))
}

fn made(vm: &Vm, (re, im): Pair) -> PyResult<Value> {
    Ok(vm.new_complex(re, im))
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let (re, im) = this(vm, v)?;
    Ok(vm.new_ascii(repr_complex(re, im).as_bytes()).into_value())
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let (re, im) = this(vm, v)?;
    Ok(taipan_text::hash::complex(hash_of(re, v), hash_of(im, v)))
}

fn is_true(vm: &Vm, v: &Value) -> PyResult<bool> {
    let (re, im) = this(vm, v)?;
    Ok(re != 0.0 || im != 0.0)
}

fn richcompare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let Some(z) = a.downcast::<Complex>() else { return Ok(Value::NOT_IMPLEMENTED) };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = if let Some(n) = int_value(b) {
        z.im == 0.0 && n.compare_float(z.re) == Some(Ordering::Equal)
    } else if let Some(f) = float_value(b) {
        z.re == f && z.im == 0.0
    } else if let Some(w) = b.downcast::<Complex>() {
        z.re == w.re && z.im == w.im
    } else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(ordered(equal.then_some(Ordering::Equal), op))
}

fn negative(vm: &Vm, v: &Value) -> PyResult<Value> {
    let (re, im) = this(vm, v)?;
    made(vm, (-re, -im))
}

fn absolute(vm: &Vm, v: &Value) -> PyResult<Value> {
    let (re, im) = this(vm, v)?;
    let size = re.hypot(im);
    if size.is_infinite() && re.is_finite() && im.is_finite() {
        return Err(vm.overflow_error("absolute value too large"));
    }
    Ok(vm.new_float(size))
}

fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    use Operand::*;
    made(
        vm,
        match operands!(vm, a, b) {
            (Real(x), Real(y)) => (x + y, 0.0),
            (Real(x), Complex(w)) => (x + w.0, w.1),
            (Complex(z), Real(y)) => (z.0 + y, z.1),
            (Complex(z), Complex(w)) => (z.0 + w.0, z.1 + w.1),
        },
    )
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    use Operand::*;
    made(
        vm,
        match operands!(vm, a, b) {
            (Real(x), Real(y)) => (x - y, 0.0),
            (Real(x), Complex(w)) => (x - w.0, -w.1),
            (Complex(z), Real(y)) => (z.0 - y, z.1),
            (Complex(z), Complex(w)) => (z.0 - w.0, z.1 - w.1),
        },
    )
}

fn multiply(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    use Operand::*;
    made(
        vm,
        match operands!(vm, a, b) {
            (Real(x), Real(y)) => (x * y, 0.0),
            (Real(x), Complex(w)) => (x * w.0, x * w.1),
            (Complex(z), Real(y)) => (z.0 * y, z.1 * y),
            (Complex(z), Complex(w)) => product(z, w),
        },
    )
}

/// One for an infinity, zero for the rest, with the sign.
fn boxed(x: f64) -> f64 {
    (if x.is_infinite() { 1.0f64 } else { 0.0 }).copysign(x)
}

/// A NaN as a zero with its sign.
fn nan_to_zero(x: f64) -> f64 {
    if x.is_nan() { 0f64.copysign(x) } else { x }
}

pub fn product(z: Pair, w: Pair) -> Pair {
    let ((mut a, mut b), (mut c, mut d)) = (z, w);
    let (ac, bd, ad, bc) = (a * c, b * d, a * d, b * c);
    let (re, im) = (ac - bd, ad + bc);
    if !(re.is_nan() && im.is_nan()) {
        return (re, im);
    }
    let mut again = false;
    if a.is_infinite() || b.is_infinite() {
        (a, b) = (boxed(a), boxed(b));
        (c, d) = (nan_to_zero(c), nan_to_zero(d));
        again = true;
    }
    if c.is_infinite() || d.is_infinite() {
        (c, d) = (boxed(c), boxed(d));
        (a, b) = (nan_to_zero(a), nan_to_zero(b));
        again = true;
    }
    if !again && (ac.is_infinite() || bd.is_infinite() || ad.is_infinite() || bc.is_infinite()) {
        (a, b) = (nan_to_zero(a), nan_to_zero(b));
        (c, d) = (nan_to_zero(c), nan_to_zero(d));
        again = true;
    }
    if again { (f64::INFINITY * (a * c - b * d), f64::INFINITY * (a * d + b * c)) } else { (re, im) }
}

/// `z / w`, dividing by the larger part of `w`; `None` for a zero divisor.
pub fn quotient(z: Pair, w: Pair) -> Option<Pair> {
    let (re, im) = if w.0.abs() >= w.1.abs() {
        if w.0 == 0.0 {
            return None;
        }
        let ratio = w.1 / w.0;
        let denominator = w.0 + w.1 * ratio;
        ((z.0 + z.1 * ratio) / denominator, (z.1 - z.0 * ratio) / denominator)
    } else if w.1.abs() >= w.0.abs() {
        let ratio = w.0 / w.1;
        let denominator = w.0 * ratio + w.1;
        ((z.0 * ratio + z.1) / denominator, (z.1 * ratio - z.0) / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if !(re.is_nan() && im.is_nan()) {
        return Some((re, im));
    }
    if (z.0.is_infinite() || z.1.is_infinite()) && w.0.is_finite() && w.1.is_finite() {
        let (x, y) = (boxed(z.0), boxed(z.1));
        return Some((f64::INFINITY * (x * w.0 + y * w.1), f64::INFINITY * (y * w.0 - x * w.1)));
    }
    if (w.0.is_infinite() || w.1.is_infinite()) && z.0.is_finite() && z.1.is_finite() {
        let (x, y) = (boxed(w.0), boxed(w.1));
        return Some((0.0 * (z.0 * x + z.1 * y), 0.0 * (z.1 * x - z.0 * y)));
    }
    Some((re, im))
}

/// `x / w` for a real `x`.
fn real_quotient(x: f64, w: Pair) -> Option<Pair> {
    let (re, im) = if w.0.abs() >= w.1.abs() {
        if w.0 == 0.0 {
            return None;
        }
        let ratio = w.1 / w.0;
        let denominator = w.0 + w.1 * ratio;
        (x / denominator, (-x * ratio) / denominator)
    } else if w.1.abs() >= w.0.abs() {
        let ratio = w.0 / w.1;
        let denominator = w.0 * ratio + w.1;
        ((x * ratio) / denominator, (-x) / denominator)
    } else {
        (f64::NAN, f64::NAN)
    };
    if re.is_nan() && im.is_nan() && x.is_finite() && (w.0.is_infinite() || w.1.is_infinite()) {
        return Some((0.0 * (x * boxed(w.0)), 0.0 * (-x * boxed(w.1))));
    }
    Some((re, im))
}

fn true_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    use Operand::*;
    let found = match operands!(vm, a, b) {
        (Real(x), w) => real_quotient(x, w.widened()),
        (Complex(_), Real(0.0)) => None,
        (Complex(z), Real(y)) => Some((z.0 / y, z.1 / y)),
        (Complex(z), Complex(w)) => quotient(z, w),
    };
    match found {
        Some(z) => made(vm, z),
        None => Err(arith::zero_division(vm)),
    }
}

fn power(vm: &Vm, a: &Value, b: &Value, modulus: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    if !modulus.is_none() {
        return Err(vm.value_error("complex modulo"));
    }
    made(vm, power_of(vm, x.widened(), y.widened())?)
}

/// `z ** w`.
pub fn power_of(vm: &Vm, z: Pair, w: Pair) -> PyResult<Pair> {
    let zero_to = || Err(vm.raise_new(&exc::ZeroDivisionError, "zero to a negative or complex power"));
    let (re, im) = if w.1 == 0.0 && w.0 == w.0.floor() && w.0.abs() <= 100.0 {
        let size = whole_power(z, w.0.abs() as u32);
        if w.0 >= 0.0 {
            size
        } else {
            match quotient((1.0, 0.0), size) {
                Some(z) => z,
                None => return zero_to(),
            }
        }
    } else if z == (0.0, 0.0) {
        if w.1 != 0.0 || w.0 < 0.0 {
            return zero_to();
        }
        (0.0, 0.0)
    } else {
        let size = z.0.hypot(z.1);
        let angle = z.1.atan2(z.0);
        let (mut length, mut phase) = (size.powf(w.0), angle * w.0);
        if w.1 != 0.0 {
            length *= (-angle * w.1).exp();
            phase += w.1 * size.ln();
        }
        (length * phase.cos(), length * phase.sin())
    };
    if re.is_infinite() || im.is_infinite() {
        return Err(vm.overflow_error("complex exponentiation"));
    }
    Ok((re, im))
}

/// By squaring.
fn whole_power(z: Pair, n: u32) -> Pair {
    let (mut result, mut base, mut rest) = ((1.0, 0.0), z, n);
    while rest > 0 {
        if rest & 1 == 1 {
            result = product(result, base);
        }
        rest >>= 1;
        if rest > 0 {
            base = product(base, base);
        }
    }
    result
}

/// The result of `__complex__`, if the class has it.
fn through_dunder(vm: &Vm, v: &Value) -> PyResult<Option<Pair>> {
    if let Some(z) = v.downcast_exact::<Complex>() {
        return Ok(Some((z.re, z.im)));
    }
    let Some(r) = vm.call_special(v, &vm.names.__complex__, &[])? else { return Ok(None) };
    let Some(z) = r.downcast::<Complex>() else {
        return Err(
            vm.type_error(format_args!("__complex__ returned non-complex (type {})", vm.type_of(&r).name()))
        );
    };
    if r.downcast_exact::<Complex>().is_none() {
        vm.warn(
            &exc::DeprecationWarning,
            format_args!(
                "__complex__ returned non-complex (type {}).  The ability to return an instance of a strict subclass of complex is deprecated, and may be removed in a future version of Python.",
                vm.type_of(&r).name()
            ),
            1,
        )?;
    }
    Ok(Some((z.re, z.im)))
}

/// Whether `float(v)` would take it as a number.
fn is_real(vm: &Vm, v: &Value) -> bool {
    let s = &vm.type_of(v).slots;
    s.float.get().is_some() || s.index.get().is_some()
}

impl Vm {
    /// A number for complex arithmetic: `__complex__`, then what `float()` takes.
    pub fn to_complex(&self, v: &Value) -> PyResult<Pair> {
        match through_dunder(self, v)? {
            Some(z) => Ok(z),
            None => Ok((self.to_f64(v)?, 0.0)),
        }
    }
}

/// A number as an object of `cls`: `complex` or a class derived from it.
fn in_class(vm: &Vm, cls: &Gc<Type>, (re, im): Pair) -> PyResult<Value> {
    if std::ptr::eq(cls.def, Complex::def()) {
        return Ok(vm.alloc_in(cls, Complex { re, im })?.into_value());
    }
    Err(vm.type_error(format_args!("complex.__new__({0}) is not safe, use {0}.__new__()", cls.name())))
}

/// `complex(x)`.
fn from_one(vm: &Vm, x: &Value) -> PyResult<Pair> {
    if let Some(s) = x.downcast::<Str>() {
        return parse_complex(s.as_wtf8())
            .ok_or_else(|| vm.value_error("complex() arg is a malformed string"));
    }
    if let Some(z) = through_dunder(vm, x)? {
        return Ok(z);
    }
    if let Some(z) = x.downcast::<Complex>() {
        return Ok((z.re, z.im));
    }
    if !is_real(vm, x) {
        return Err(vm.type_error(format_args!(
            "complex() argument must be a string or a number, not {}",
            vm.type_of(x).name()
        )));
    }
    Ok((vm.to_f64(x)?, 0.0))
}

/// One of the two arguments of `complex(real, imag)`.
fn part(vm: &Vm, v: &Value, name: &str) -> PyResult<Pair> {
    let not_real = |v: &Value| {
        format!("complex() argument '{name}' must be a real number, not {}", vm.type_of(v).full_name(vm))
    };
    let found = if name == "real" { through_dunder(vm, v)? } else { None };
    if let Some(z) = found.or_else(|| v.downcast::<Complex>().map(|z| (z.re, z.im))) {
        vm.warn(&exc::DeprecationWarning, not_real(v), 1)?;
        return Ok(z);
    }
    if !is_real(vm, v) {
        return Err(vm.type_error(not_real(v)));
    }
    Ok((vm.to_f64(v)?, 0.0))
}

#[pymethods]
impl Complex {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let pos = args.pos();
        let given = pos.len() + args.kwcount();
        if given > 2 {
            return Err(vm.type_error(format_args!("complex() takes at most 2 arguments ({given} given)")));
        }
        let (mut real, mut imag) = (pos.first(), pos.get(1));
        for (name, value) in args.keywords() {
            let name = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let (place, at) = match name.as_str() {
                "real" => (&mut real, 1),
                "imag" => (&mut imag, 2),
                _ => {
                    return Err(
                        vm.type_error(format_args!("complex() got an unexpected keyword argument '{name}'"))
                    );
                }
            };
            if place.replace(value).is_some() {
                return Err(vm.type_error(format_args!(
                    "argument for complex() given by name ('{name}') and position ({at})"
                )));
            }
        }
        let z = match (real, imag) {
            (None, None) => (0.0, 0.0),
            (Some(x), None) if args.has_keywords() => part(vm, x, "real")?,
            (Some(x), None) => {
                let exact = cls.is(&vm.native_type::<Complex>());
                if exact && x.downcast_exact::<Complex>().is_some() {
                    return Ok(x.clone());
                }
                from_one(vm, x)?
            }
            (real, Some(imag)) => {
                let z = match real {
                    Some(x) => part(vm, x, "real")?,
                    None => (0.0, 0.0),
                };
                let w = part(vm, imag, "imag")?;
                // Only a complex argument brings its other part in, so that signed zeros survive.
                let re = if imag.is_instance_of::<Complex>() { z.0 - w.1 } else { z.0 };
                let im = match real {
                    Some(x) if !is_real(vm, x) => w.0 + z.1,
                    _ => w.0,
                };
                (re, im)
            }
        };
        in_class(vm, cls, z)
    }

    /// Convert number to a complex floating-point number.
    #[pyclassmethod("from_number($type, number, /)")]
    fn from_number(vm: &Vm, cls: &Value, number: &Value) -> PyResult<Value> {
        let class = vm.native_type::<Complex>();
        if cls.is(class.as_value()) && number.downcast_exact::<Complex>().is_some() {
            return Ok(number.clone());
        }
        let z = made(vm, vm.to_complex(number)?)?;
        if cls.is(class.as_value()) { Ok(z) } else { vm.call1(cls, &z) }
    }

    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    #[pymethod("conjugate($self, /)")]
    fn conjugate(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        let (re, im) = this(vm, zelf)?;
        made(vm, (re, -im))
    }

    /// Convert this value to exact type complex.
    #[pymethod("__complex__($self, /)")]
    fn __complex__(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    #[pymethod("__getnewargs__($self, /)")]
    fn __getnewargs__(vm: &Vm, zelf: &Value) -> PyResult<Gc<Tuple>> {
        let (re, im) = this(vm, zelf)?;
        Ok(vm.new_tuple(vec![vm.new_float(re), vm.new_float(im)]))
    }

    /// Convert to a string according to format_spec.
    #[pymethod("__format__($self, format_spec, /)")]
    fn __format__(vm: &Vm, zelf: &Value, format_spec: &Value) -> PyResult<Gc<Str>> {
        let text = int_text::spec_text(vm, format_spec)?;
        if text.is_empty() {
            return vm.str(zelf);
        }
        let (re, im) = this(vm, zelf)?;
        let name = vm.type_of(zelf).name();
        let spec = parse_spec(text, 0, Align::Right, &name).map_err(|e| raise_format(vm, e))?;
        let out = format_complex(re, im, &spec, &format_locale(vm, spec.code), &name);
        Ok(vm.new_wtf8_buf(out.map_err(|e| raise_format(vm, e))?))
    }

    /// the real part of a complex number
    #[pymember("real")]
    fn real(vm: &Vm, zelf: &Value) -> PyResult<f64> {
        Ok(this(vm, zelf)?.0)
    }

    /// the imaginary part of a complex number
    #[pymember("imag")]
    fn imag(vm: &Vm, zelf: &Value) -> PyResult<f64> {
        Ok(this(vm, zelf)?.1)
    }
}
