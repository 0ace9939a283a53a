//! `int`: slots and methods. Arithmetic in `arith.rs`, text in `text.rs`, bytes in `bytes.rs`, conversion in `convert.rs`.
//!
//! Every operation tries machine words first and falls back on `IBig`.

pub mod arith;
pub mod bytes;
pub mod convert;
#[cfg(test)]
mod tests;
pub mod text;

use crate::native::CallArgs;
use crate::object::{Payload, Type};
use crate::types::numbers::{Int, IntValue, int_value, ordered};
use crate::types::typedef::{CompareOp, SlotDefs, Slots};
use crate::{PyResult, Str, Tuple, Value, ValueExt, Vm};
use taipan_heap::Gc;
use taipan_macros::{pymethods, pytype};

/// int([x]) -> integer
/// int(x, base=10) -> integer
///
/// Convert a number or string to an integer, or return 0 if no arguments
/// are given.  Numbers are truncated towards zero.  Text must be a literal in
/// the given base, which is 10 unless told; base 0 reads the literal's prefix.
#[pytype(name = "int", flags(BASETYPE, LONG_SUBCLASS, MATCH_SELF))]
impl Slots for Int {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(text::repr),
        hash: Some(hash),
        richcompare: Some(richcompare),
        bool: Some(is_true),
        int: Some(plain),
        float: Some(crate::types::numbers::int_to_float),
        index: Some(plain),
        negative: Some(arith::negative),
        positive: Some(plain),
        absolute: Some(arith::absolute),
        invert: Some(arith::invert),
        add: Some(arith::add),
        subtract: Some(arith::subtract),
        multiply: Some(arith::multiply),
        true_divide: Some(arith::true_divide),
        floor_divide: Some(arith::floor_divide),
        remainder: Some(arith::remainder),
        divmod: Some(arith::divmod),
        power: Some(arith::power),
        lshift: Some(arith::lshift),
        rshift: Some(arith::rshift),
        and: Some(arith::and),
        or: Some(arith::or),
        xor: Some(arith::xor),
        ..SlotDefs::NONE
    };
}

/// The number of a method's object.
pub fn this<'a>(vm: &Vm, v: &'a Value) -> PyResult<IntValue<'a>> {
    match int_value(v) {
        Some(n) => Ok(n),
        None => {
            Err(vm.type_error(format_args!("an integer is required (got type {})", vm.type_of(v).name())))
        }
    }
}

/// An object of exactly `int` with the same number.
pub fn plain(vm: &Vm, v: &Value) -> PyResult<Value> {
    if v.is_int() || v.downcast_exact::<Int>().is_some() {
        return Ok(v.clone());
    }
    match this(vm, v)? {
        IntValue::Small(n) => Ok(vm.new_int(n)),
        IntValue::Big(b) => Ok(vm.new_bigint(b.clone())),
    }
}

fn is_true(vm: &Vm, v: &Value) -> PyResult<bool> {
    Ok(!this(vm, v)?.is_zero())
}

pub fn hash_of(n: &IntValue<'_>) -> i64 {
    match n {
        IntValue::Small(n) => taipan_text::hash::int(*n),
        IntValue::Big(b) => {
            let (sign, words) = b.as_sign_words();
            taipan_text::hash::big_int(sign == dashu_int::Sign::Negative, words)
        }
    }
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    Ok(hash_of(&this(vm, v)?))
}

fn richcompare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (int_value(a), int_value(b)) {
        (Some(x), Some(y)) => Ok(ordered(Some(x.compare(&y)), op)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// A number as an object of `cls`: `int` or a class derived from it.
pub fn in_class(vm: &Vm, cls: &Gc<Type>, n: Value) -> PyResult<Value> {
    if cls.is(&vm.types.int) {
        return Ok(n);
    }
    if !std::ptr::eq(cls.def, Int::def()) {
        return Err(
            vm.type_error(format_args!("int.__new__({0}) is not safe, use {0}.__new__()", cls.name()))
        );
    }
    let n = this(vm, &n)?.to_ibig();
    Ok(vm.alloc_in(cls, Int(n))?.into_value())
}

#[pymethods]
impl Int {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let n = convert::from_call(vm, args)?;
        in_class(vm, cls, n)
    }

    /// Returns self, the complex conjugate of any int.
    #[pymethod("conjugate($self, /)")]
    fn conjugate(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// Number of bits necessary to represent self in binary.
    ///
    /// >>> bin(37)
    /// '0b100101'
    /// >>> (37).bit_length()
    /// 6
    #[pymethod("bit_length($self, /)")]
    fn bit_length(vm: &Vm, zelf: &Value) -> PyResult<u64> {
        Ok(this(vm, zelf)?.bit_len())
    }

    /// Number of ones in the binary representation of the absolute value of self.
    ///
    /// Also known as the population count.
    ///
    /// >>> bin(13)
    /// '0b1101'
    /// >>> (13).bit_count()
    /// 3
    #[pymethod("bit_count($self, /)")]
    fn bit_count(vm: &Vm, zelf: &Value) -> PyResult<u64> {
        Ok(match this(vm, zelf)? {
            IntValue::Small(n) => u64::from(n.unsigned_abs().count_ones()),
            IntValue::Big(b) => b.as_sign_words().1.iter().map(|w| u64::from(w.count_ones())).sum(),
        })
    }

    /// Return an array of bytes representing an integer.
    ///
    ///   length
    ///     Length of bytes object to use.  An OverflowError is raised if the
    ///     integer is not representable with the given number of bytes.  Default
    ///     is length 1.
    ///   byteorder
    ///     Where the most significant byte stands: first for 'big', last for
    ///     'little'.  sys.byteorder is the native order.
    ///   signed
    ///     Whether two's complement is used.  Without it a negative integer
    ///     raises OverflowError.
    #[pymethod("to_bytes($self, /, length=1, byteorder='big', *, signed=False)")]
    fn to_bytes(vm: &Vm, zelf: &Value, length: isize, byteorder: &Gc<Str>, signed: bool) -> PyResult<Value> {
        bytes::to_bytes(vm, &this(vm, zelf)?, length, byteorder, signed)
    }

    /// Return the integer represented by the given array of bytes.
    ///
    ///   bytes
    ///     Holds the array of bytes to convert: an object with the buffer
    ///     protocol or an iterable of bytes.
    ///   byteorder
    ///     Where the most significant byte stands: first for 'big', last for
    ///     'little'.  sys.byteorder is the native order.
    ///   signed
    ///     Indicates whether two's complement is used to represent the integer.
    #[pyclassmethod("from_bytes($type, /, bytes, byteorder='big', *, signed=False)")]
    fn from_bytes(vm: &Vm, cls: &Value, bytes: &Value, byteorder: &Gc<Str>, signed: bool) -> PyResult<Value> {
        let n = bytes::from_bytes(vm, bytes, byteorder, signed)?;
        if cls.is(vm.types.int.as_value()) { Ok(n) } else { vm.call1(cls, &n) }
    }

    /// Return a pair of integers, whose ratio is equal to the original int.
    ///
    /// The ratio is in lowest terms and has a positive denominator.
    #[pymethod("as_integer_ratio($self, /)")]
    fn as_integer_ratio(vm: &Vm, zelf: &Value) -> PyResult<(Value, i64)> {
        Ok((plain(vm, zelf)?, 1))
    }

    /// Returns True. Exists for duck type compatibility with float.is_integer.
    #[pymethod("is_integer($self, /)")]
    fn is_integer(vm: &Vm, zelf: &Value) -> PyResult<bool> {
        this(vm, zelf).map(|_| true)
    }

    /// Truncating an Integral returns itself.
    #[pymethod("__trunc__($self, /)")]
    fn __trunc__(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// Flooring an Integral returns itself.
    #[pymethod("__floor__($self, /)")]
    fn __floor__(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// Ceiling of an Integral returns itself.
    #[pymethod("__ceil__($self, /)")]
    fn __ceil__(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    #[pymethod("__round__($self, ndigits=None, /)")]
    fn __round__(vm: &Vm, zelf: &Value, ndigits: Option<&Value>) -> PyResult<Value> {
        match ndigits {
            Some(d) if !d.is_none() => arith::round(vm, zelf, d),
            _ => plain(vm, zelf),
        }
    }

    #[pymethod("__getnewargs__($self, /)")]
    fn __getnewargs__(vm: &Vm, zelf: &Value) -> PyResult<Gc<Tuple>> {
        Ok(vm.new_tuple(vec![plain(vm, zelf)?]))
    }

    /// Convert to a string according to format_spec.
    #[pymethod("__format__($self, format_spec, /)")]
    fn __format__(vm: &Vm, zelf: &Value, format_spec: &Value) -> PyResult<Gc<Str>> {
        text::format(vm, zelf, format_spec)
    }

    /// Returns size in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn __sizeof__(vm: &Vm, zelf: &Value) -> PyResult<u64> {
        // CPython's layout, 30 bits to a digit of four bytes: programs compare the sizes of two ints.
        Ok(24 + 4 * this(vm, zelf)?.bit_len().div_ceil(30).max(1))
    }

    /// the real part of a complex number
    #[pygetter("real")]
    fn real(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// the imaginary part of a complex number
    #[pygetter("imag")]
    fn imag(vm: &Vm, zelf: &Value) -> PyResult<i64> {
        this(vm, zelf).map(|_| 0)
    }

    /// the numerator of a rational number in lowest terms
    #[pygetter("numerator")]
    fn numerator(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        plain(vm, zelf)
    }

    /// the denominator of a rational number in lowest terms
    #[pygetter("denominator")]
    fn denominator(vm: &Vm, zelf: &Value) -> PyResult<i64> {
        this(vm, zelf).map(|_| 1)
    }
}
