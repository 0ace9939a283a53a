//! `float`: slots and methods.

use crate::errors::exc;
use crate::native::CallArgs;
use crate::object::{Payload, Type};
use crate::types::int::{arith, text as int_text};
use crate::types::numbers::{
    Float, exported_bytes, float_value, format_locale, int_value, mantissa_exponent, ordered, raise_format,
    real_operand,
};
use crate::types::typedef::{CompareOp, SlotDefs, Slots};
use crate::{PyResult, Raised, Str, Tuple, Value, ValueExt, Vm};
use dashu_int::IBig;
use taipan_heap::Gc;
use taipan_macros::{pymethods, pytype};
use taipan_text::format::{Align, format_float, parse_spec};
use taipan_text::number::{
    FromHexError, float_fromhex, float_hex, parse_float, parse_float_bytes, repr_float, round_to,
};

/// Convert a string or number to a floating-point number, if possible.
#[pytype(name = "float", signature = "(x=0, /)", flags(BASETYPE, MATCH_SELF))]
impl Slots for Float {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        bool: Some(is_true),
        int: Some(to_int),
        float: Some(plain),
        negative: Some(negative),
        positive: Some(plain),
        absolute: Some(absolute),
        add: Some(add),
        subtract: Some(subtract),
        multiply: Some(multiply),
        true_divide: Some(true_divide),
        floor_divide: Some(floor_divide),
        remainder: Some(remainder),
        divmod: Some(divmod),
        power: Some(power),
        ..SlotDefs::NONE
    };
}

macro_rules! operands {
    ($vm:expr, $a:expr, $b:expr) => {
        match (real_operand($vm, $a)?, real_operand($vm, $b)?) {
            (Some(x), Some(y)) => (x, y),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

/// The number of a method's object.
fn this(vm: &Vm, v: &Value) -> PyResult<f64> {
    match float_value(v) {
        Some(f) => Ok(f),
        None => Err(vm.type_error(format_args!("a float is required (got type {})", vm.type_of(v).name()))),
    }
}

/// An object of exactly `float` with the same number.
fn plain(vm: &Vm, v: &Value) -> PyResult<Value> {
    if v.is_small_float() || v.downcast_exact::<Float>().is_some() {
        return Ok(v.clone());
    }
    Ok(vm.new_float(this(vm, v)?))
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(vm.new_ascii(repr_float(this(vm, v)?).as_bytes()).into_value())
}

/// The hash of a float that belongs to `owner`, whose identity is the hash of a NaN.
pub fn hash_of(f: f64, owner: &Value) -> i64 {
    taipan_text::hash::float(f).unwrap_or_else(|| super::object_methods::identity_hash(owner.bits()))
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    Ok(hash_of(this(vm, v)?, v))
}

fn richcompare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let Some(x) = float_value(a) else { return Ok(Value::NOT_IMPLEMENTED) };
    if let Some(y) = float_value(b) {
        return Ok(ordered(x.partial_cmp(&y), op));
    }
    match int_value(b) {
        Some(n) => Ok(ordered(n.compare_float(x).map(std::cmp::Ordering::reverse), op)),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn is_true(vm: &Vm, v: &Value) -> PyResult<bool> {
    Ok(this(vm, v)? != 0.0)
}

fn to_int(vm: &Vm, v: &Value) -> PyResult<Value> {
    vm.int_from_f64(this(vm, v)?)
}

fn negative(vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(vm.new_float(-this(vm, v)?))
}

fn absolute(vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(vm.new_float(this(vm, v)?.abs()))
}

fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    Ok(vm.new_float(x + y))
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    Ok(vm.new_float(x - y))
}

fn multiply(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    Ok(vm.new_float(x * y))
}

fn true_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    if y == 0.0 {
        return Err(arith::zero_division(vm));
    }
    Ok(vm.new_float(x / y))
}

/// `x % y` with the sign of `y`, which is not zero.
pub fn modulo(x: f64, y: f64) -> f64 {
    let r = x % y;
    if r == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (r < 0.0) {
        r + y
    } else {
        r
    }
}

/// `(x // y, x % y)`; `y` is not zero.
pub fn floor_divmod(x: f64, y: f64) -> (f64, f64) {
    let r = x % y;
    let mut quotient = (x - r) / y;
    let modulo = if r == 0.0 {
        0f64.copysign(y)
    } else if (y < 0.0) != (r < 0.0) {
        quotient -= 1.0;
        r + y
    } else {
        r
    };
    if quotient == 0.0 {
        return (0f64.copysign(x / y), modulo);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, modulo)
}

fn floor_divide(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    if y == 0.0 {
        return Err(arith::zero_division(vm));
    }
    Ok(vm.new_float(floor_divmod(x, y).0))
}

fn remainder(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    if y == 0.0 {
        return Err(arith::zero_division(vm));
    }
    Ok(vm.new_float(modulo(x, y)))
}

fn divmod(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (x, y) = operands!(vm, a, b);
    if y == 0.0 {
        return Err(arith::zero_division(vm));
    }
    let (quotient, modulo) = floor_divmod(x, y);
    Ok(vm.new_tuple(vec![vm.new_float(quotient), vm.new_float(modulo)]).into_value())
}

fn power(vm: &Vm, a: &Value, b: &Value, modulus: &Value) -> PyResult<Value> {
    if !modulus.is_none() {
        return Err(vm.type_error("pow() 3rd argument not allowed unless all arguments are integers"));
    }
    let (x, y) = operands!(vm, a, b);
    power_of(vm, x, y)
}

/// `x ** y`: a complex number when a negative base meets a fraction.
pub fn power_of(vm: &Vm, x: f64, y: f64) -> PyResult<Value> {
    // Mostly nothing is special.
    if x > 0.0 && x.is_finite() && y.is_finite() {
        let result = x.powf(y);
        return if result.is_infinite() { Err(range_error(vm)) } else { Ok(vm.new_float(result)) };
    }
    let odd = |y: f64| (y.abs() % 2.0) == 1.0;
    let result = if y == 0.0 || x == 1.0 {
        1.0
    } else if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if y.is_infinite() {
        let size = x.abs();
        if size == 1.0 {
            1.0
        } else if (y > 0.0) == (size > 1.0) {
            y.abs()
        } else {
            0.0
        }
    } else if x.is_infinite() {
        match (y > 0.0, odd(y)) {
            (true, true) => x,
            (true, false) => x.abs(),
            (false, true) => 0f64.copysign(x),
            (false, false) => 0.0,
        }
    } else if x == 0.0 {
        if y < 0.0 {
            return Err(vm.raise_new(&exc::ZeroDivisionError, "zero to a negative power"));
        }
        if odd(y) { x } else { 0.0 }
    } else if x < 0.0 && y != y.floor() {
        let (re, im) = super::complex::power_of(vm, (x, 0.0), (y, 0.0))?;
        return Ok(vm.new_complex(re, im));
    } else {
        let size = x.abs().powf(y);
        if size.is_infinite() {
            return Err(range_error(vm));
        }
        if x < 0.0 && odd(y) { -size } else { size }
    };
    Ok(vm.new_float(result))
}

/// What C's `ERANGE` becomes.
#[cold]
pub fn range_error(vm: &Vm) -> Raised {
    let text = vm.new_str("Numerical result out of range").into_value();
    vm.raise_args(&exc::OverflowError, vec![vm.new_int(34), text])
}

impl Vm {
    /// The result of a class's `__float__`, checked.
    pub fn float_slot_result(&self, v: &Value, r: Value) -> PyResult<f64> {
        let Some(f) = float_value(&r) else {
            return Err(self.type_error(format_args!(
                "{}.__float__ returned non-float (type {})",
                self.type_of(v).name(),
                self.type_of(&r).name()
            )));
        };
        if !r.is_small_float() && r.downcast_exact::<Float>().is_none() {
            self.warn(
                &exc::DeprecationWarning,
                format_args!(
                    "{}.__float__ returned non-float (type {}).  The ability to return an instance of a strict subclass of float is deprecated, and may be removed in a future version of Python.",
                    self.type_of(v).name(),
                    self.type_of(&r).name()
                ),
                1,
            )?;
        }
        Ok(f)
    }

    /// `float(v)`: from text as well.
    pub fn to_float(&self, v: &Value) -> PyResult<f64> {
        let ty = self.type_of(v);
        if ty.is_heap_type()
            && let Some(f) = ty.slots.float.get()
        {
            // A subclass may answer with something else than its own value.
            let r = f(self, v)?;
            return self.float_slot_result(v, r);
        }
        if let Some(s) = v.downcast::<Str>() {
            return match parse_float(s.as_wtf8()) {
                Some(f) => Ok(f),
                None => Err(not_a_float(self, v)),
            };
        }
        if float_value(v).is_some() && !ty.is_heap_type()
            || ty.slots.float.get().is_some()
            || ty.slots.index.get().is_some()
        {
            return self.to_f64(v);
        }
        if let Some(bytes) = exported_bytes(self, v)? {
            return match parse_float_bytes(&bytes) {
                Some(f) => Ok(f),
                None => Err(not_a_float(self, v)),
            };
        }
        Err(self.type_error(format_args!(
            "float() argument must be a string or a real number, not '{}'",
            ty.name()
        )))
    }
}

#[cold]
fn not_a_float(vm: &Vm, v: &Value) -> Raised {
    let Ok(repr) = vm.repr(v) else { return Raised };
    let mut text = taipan_text::wtf8::Wtf8Buf::from("could not convert string to float: ");
    text.push_wtf8(repr.as_wtf8());
    vm.raise_args(&exc::ValueError, vec![vm.new_wtf8(&text).into_value()])
}

/// A number as an object of `cls`: `float` or a class derived from it.
fn in_class(vm: &Vm, cls: &Gc<Type>, f: f64) -> PyResult<Value> {
    if cls.is(&vm.types.float) {
        return Ok(vm.new_float(f));
    }
    if !std::ptr::eq(cls.def, Float::def()) {
        return Err(
            vm.type_error(format_args!("float.__new__({0}) is not safe, use {0}.__new__()", cls.name()))
        );
    }
    Ok(vm.alloc_in(cls, Float(f))?.into_value())
}

/// Calls the class of a class method with a float, unless it is `float` itself.
fn through_class(vm: &Vm, cls: &Value, f: f64) -> PyResult<Value> {
    let f = vm.new_float(f);
    if cls.is(vm.types.float.as_value()) { Ok(f) } else { vm.call1(cls, &f) }
}

/// A finite float as a ratio in lowest terms.
fn integer_ratio(f: f64) -> (IBig, IBig) {
    let (mantissa, exponent) = mantissa_exponent(f);
    if mantissa == 0 {
        return (IBig::ZERO, IBig::ONE);
    }
    let cut = mantissa.trailing_zeros().min(exponent.min(0).unsigned_abs());
    let (mantissa, exponent) = (IBig::from(mantissa >> cut), exponent + cut as i32);
    let size = exponent.unsigned_abs() as usize;
    let (n, d) = if exponent >= 0 { (mantissa << size, IBig::ONE) } else { (mantissa, IBig::ONE << size) };
    (if f < 0.0 { -n } else { n }, d)
}

#[pymethods]
impl Float {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() && crate::types::iterators::refuses_keywords::<Float>(vm, cls) {
            return Err(vm.type_error("float() takes no keyword arguments"));
        }
        let f = match args.pos() {
            [] => 0.0,
            [x] if cls.is(&vm.types.float) && x.downcast_exact::<Float>().is_some() => return Ok(x.clone()),
            [x] if let Some(n) = x.as_int() => n as f64,
            [x] => vm.to_float(x)?,
            more => {
                return Err(
                    vm.type_error(format_args!("float expected at most 1 argument, got {}", more.len()))
                );
            }
        };
        in_class(vm, cls, f)
    }

    /// Convert real number to a floating-point number.
    #[pyclassmethod("from_number($type, number, /)")]
    fn from_number(vm: &Vm, cls: &Value, number: &Value) -> PyResult<Value> {
        if cls.is(vm.types.float.as_value()) && number.downcast_exact::<Float>().is_some() {
            return Ok(number.clone());
        }
        through_class(vm, cls, vm.to_f64(number)?)
    }

    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.ffffp10')
    /// 2047.984375
    #[pyclassmethod("fromhex($type, string, /)")]
    fn fromhex(vm: &Vm, cls: &Value, string: &Value) -> PyResult<Value> {
        let Some(s) = string.downcast::<Str>() else {
            return Err(vm.type_error("bad argument type for built-in operation"));
        };
        let Some(text) = s.as_str() else { return Err(vm.surrogate_error(s)) };
        match float_fromhex(text.as_bytes()) {
            Ok(f) => through_class(vm, cls, f),
            Err(e @ FromHexError::TooLarge) => Err(vm.overflow_error(e.message())),
            Err(e) => Err(vm.value_error(e.message())),
        }
    }

    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (-0.1).hex()
    /// '-0x1.999999999999ap-4'
    #[pymethod("hex($self, /)")]
    fn hex(vm: &Vm, zelf: &Value) -> PyResult<String> {
        Ok(float_hex(this(vm, zelf)?))
    }

    /// Return True if the float is an integer.
    #[pymethod("is_integer($self, /)")]
    fn is_integer(vm: &Vm, zelf: &Value) -> PyResult<bool> {
        let f = this(vm, zelf)?;
        Ok(f.is_finite() && f.floor() == f)
    }

    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// The ratio is in lowest terms and has a positive denominator.  Raise
    /// OverflowError on infinities and a ValueError on NaNs.
    #[pymethod("as_integer_ratio($self, /)")]
    fn as_integer_ratio(vm: &Vm, zelf: &Value) -> PyResult<(Value, Value)> {
        let f = this(vm, zelf)?;
        if f.is_infinite() {
            return Err(vm.overflow_error("cannot convert Infinity to integer ratio"));
        }
        if f.is_nan() {
            return Err(vm.value_error("cannot convert NaN to integer ratio"));
        }
        let (n, d) = integer_ratio(f);
        Ok((vm.new_bigint(n), vm.new_bigint(d)))
    }

    /// Return self, the complex conjugate of any float.
    #[pymethod("conjugate($self, /)")]
    fn conjugate(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// Return the Integral closest to x between 0 and x.
    #[pymethod("__trunc__($self, /)")]
    fn __trunc__(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        to_int(vm, zelf)
    }

    /// Return the floor as an Integral.
    #[pymethod("__floor__($self, /)")]
    fn __floor__(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        vm.int_from_f64(this(vm, zelf)?.floor())
    }

    /// Return the ceiling as an Integral.
    #[pymethod("__ceil__($self, /)")]
    fn __ceil__(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        vm.int_from_f64(this(vm, zelf)?.ceil())
    }

    /// Return the Integral closest to x, rounding half toward even.
    ///
    /// When an argument is passed, work like built-in round(x, ndigits).
    #[pymethod("__round__($self, ndigits=None, /)")]
    fn __round__(vm: &Vm, zelf: &Value, ndigits: Option<&Value>) -> PyResult<Value> {
        let f = this(vm, zelf)?;
        let Some(ndigits) = ndigits.filter(|d| !d.is_none()) else {
            return vm.int_from_f64(f.round_ties_even());
        };
        let places = vm.index_clipped(ndigits)?;
        match round_to(f, places as i64) {
            Some(rounded) => Ok(vm.new_float(rounded)),
            None => Err(vm.overflow_error("rounded value too large to represent")),
        }
    }

    #[pymethod("__getnewargs__($self, /)")]
    fn __getnewargs__(vm: &Vm, zelf: &Value) -> PyResult<Gc<Tuple>> {
        Ok(vm.new_tuple(vec![plain(vm, zelf)?]))
    }

    /// You probably don't want to use this function.
    ///
    ///   typestr
    ///     Must be 'double' or 'float'.
    ///
    /// It exists mainly to be used in Python's test suite: it names the format
    /// of the C type.
    #[pyclassmethod("__getformat__($type, typestr, /)")]
    fn __getformat__(vm: &Vm, _cls: &Value, typestr: &Value) -> PyResult<&'static str> {
        let Some(s) = typestr.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "__getformat__() argument must be str, not {}",
                vm.shown_type_name(typestr)
            )));
        };
        match s.as_bytes() {
            b"double" | b"float" if cfg!(target_endian = "big") => Ok("IEEE, big-endian"),
            b"double" | b"float" => Ok("IEEE, little-endian"),
            _ => Err(vm.value_error("__getformat__() argument 1 must be 'double' or 'float'")),
        }
    }

    /// Formats the float according to format_spec.
    #[pymethod("__format__($self, format_spec, /)")]
    fn __format__(vm: &Vm, zelf: &Value, format_spec: &Value) -> PyResult<Gc<Str>> {
        format(vm, zelf, format_spec)
    }

    /// the real part of a complex number
    #[pygetter("real")]
    fn real(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// the imaginary part of a complex number
    #[pygetter("imag")]
    fn imag(vm: &Vm, zelf: &Value) -> PyResult<f64> {
        this(vm, zelf).map(|_| 0.0)
    }
}

/// `float.__format__`.
pub fn format(vm: &Vm, zelf: &Value, format_spec: &Value) -> PyResult<Gc<Str>> {
    let text = int_text::spec_text(vm, format_spec)?;
    if text.is_empty() {
        return vm.str(zelf);
    }
    let f = this(vm, zelf)?;
    if let [b'.', digit @ b'0'..=b'9', b'f'] = text.as_bytes()
        && f.abs() < 1e15
    {
        // Decimals alone, of numbers that have no more of them than the text has room for.
        return fixed(vm, f, usize::from(digit - b'0'));
    }
    let name = vm.type_of(zelf).name();
    let spec = parse_spec(text, 0, Align::Right, &name).map_err(|e| raise_format(vm, e))?;
    let out = format_float(f, &spec, &format_locale(vm, spec.code), &name);
    Ok(vm.new_wtf8_buf(out.map_err(|e| raise_format(vm, e))?))
}

/// A finite number with so many decimals.
fn fixed(vm: &Vm, f: f64, digits: usize) -> PyResult<Gc<Str>> {
    use std::io::Write;
    let mut room = [0u8; 40];
    let mut rest = &mut room[..];
    if write!(rest, "{f:.digits$}").is_err() {
        return Err(vm.system_error("a float is too long"));
    }
    let left = rest.len();
    Ok(vm.new_ascii(&room[..40 - left]))
}
