//! The storage of numbers that do not fit the value word (big ints, boxed floats, complex), and what their types share:
//! conversions, exact comparison. Methods: `types/int/`, `types/bool_.rs`, `types/float.rs`, `types/complex.rs`.

use crate::types::typedef::CompareOp;
use crate::{PyResult, Raised, Value, ValueExt, Vm};
use dashu_int::{IBig, Sign, UBig};
use std::borrow::Cow;
use std::cmp::Ordering;
use taipan_heap::Trace;
use taipan_text::format::{ErrorKind, FormatError, Locale};

/// The payload of `int`: a number outside the tagged range, or any number in an instance of a subclass.
pub struct Int(pub IBig);
/// The payload of `bool`: never made, since both booleans are value words.
pub struct Bool;
/// The payload of `float`: a number whose exponent does not fit the word, or any number in a subclass's instance.
pub struct Float(pub f64);
/// The payload of `complex`.
pub struct Complex {
    pub re: f64,
    pub im: f64,
}

crate::fixed_layout!(Int);
crate::fixed_layout!(Bool);
crate::fixed_layout!(Float);
crate::fixed_layout!(Complex);

macro_rules! owns_nothing {
    ($($t:ty),*) => { $(impl Trace for $t { fn trace(&self, _: &mut dyn FnMut(&Value)) {} })* };
}
owns_nothing!(Int, Bool, Float, Complex);

impl Vm {
    /// An `int`.
    #[inline]
    pub fn new_int(&self, n: i64) -> Value {
        match Value::small_int(n) {
            Some(v) => v,
            None => self.alloc(Int(IBig::from(n))).into_value(),
        }
    }

    pub fn new_uint(&self, n: u64) -> Value {
        match i64::try_from(n) {
            Ok(n) => self.new_int(n),
            Err(_) => self.alloc_with(|| Int(IBig::from(n))).into_value(),
        }
    }

    /// An `int` from a big number, tagged if it fits.
    pub fn new_bigint(&self, n: IBig) -> Value {
        if n.as_sign_words().1.len() > 1 {
            return self.alloc(Int(n)).into_value();
        }
        match i64::try_from(&n) {
            Ok(small) if Value::small_int(small).is_some() => self.new_int(small),
            _ => self.alloc(Int(n)).into_value(),
        }
    }

    /// An `int` of two words at most.
    #[inline]
    pub fn new_wide(&self, n: i128) -> Value {
        match i64::try_from(n) {
            Ok(small) => self.new_int(small),
            Err(_) => self.alloc_with(|| Int(IBig::from(n))).into_value(),
        }
    }

    /// A `float`.
    #[inline(always)]
    pub fn new_float(&self, f: f64) -> Value {
        match Value::small_float(f) {
            Some(v) => v,
            None => self.rare_float(f),
        }
    }

    #[cold]
    #[inline(never)]
    fn rare_float(&self, f: f64) -> Value {
        self.alloc(Float(f)).into_value()
    }

    pub fn new_complex(&self, re: f64, im: f64) -> Value {
        self.alloc(Complex { re, im }).into_value()
    }
}

/// The number in an `int` (or `bool`, or subclass), without calling `__index__`.
pub enum IntValue<'a> {
    Small(i64),
    Big(&'a IBig),
}

impl<'a> IntValue<'a> {
    pub fn to_ibig(&self) -> IBig {
        match self {
            IntValue::Small(n) => IBig::from(*n),
            IntValue::Big(b) => (*b).clone(),
        }
    }

    /// The number in two words, if it fits.
    #[inline]
    pub fn wide(&self) -> Option<i128> {
        let b = match self {
            IntValue::Small(n) => return Some(i128::from(*n)),
            IntValue::Big(b) => b,
        };
        let (sign, words) = b.as_sign_words();
        let size = match words {
            [] => 0,
            [low] => u128::from(*low),
            [low, high] => u128::from(*high) << 64 | u128::from(*low),
            _ => return None,
        };
        let size = i128::try_from(size).ok()?;
        Some(if sign == Sign::Negative { -size } else { size })
    }

    /// Whether it is negative, and its magnitude, least significant byte first.
    pub fn sign_and_bytes(&self) -> (bool, Vec<u8>) {
        let n = self.to_ibig();
        (n.sign() == Sign::Negative, n.into_parts().1.to_le_bytes().to_vec())
    }

    /// The number as a big one, copied only if it is not one already.
    pub fn big(&self) -> Cow<'a, IBig> {
        match self {
            IntValue::Small(n) => Cow::Owned(IBig::from(*n)),
            IntValue::Big(b) => Cow::Borrowed(b),
        }
    }

    pub fn is_negative(&self) -> bool {
        match self {
            IntValue::Small(n) => *n < 0,
            IntValue::Big(b) => b.sign() == Sign::Negative,
        }
    }

    pub fn is_zero(&self) -> bool {
        matches!(self, IntValue::Small(0))
    }

    /// `int.bit_length()`.
    pub fn bit_len(&self) -> u64 {
        match self {
            IntValue::Small(n) => u64::from(64 - n.unsigned_abs().leading_zeros()),
            IntValue::Big(b) => {
                let words = b.as_sign_words().1;
                let top = words.last().map_or(0, |w| w.leading_zeros());
                words.len() as u64 * 64 - u64::from(top)
            }
        }
    }

    pub fn magnitude(&self) -> UBig {
        match self {
            IntValue::Small(n) => UBig::from(n.unsigned_abs()),
            IntValue::Big(b) => (*b).clone().into_parts().1,
        }
    }

    /// The nearest float, half to even; infinite when too large.
    pub fn to_f64(&self) -> f64 {
        match self {
            IntValue::Small(n) => *n as f64,
            IntValue::Big(b) => b.to_f64().value(),
        }
    }

    pub fn compare(&self, other: &IntValue<'_>) -> Ordering {
        match (self, other) {
            (IntValue::Small(a), IntValue::Small(b)) => a.cmp(b),
            (IntValue::Big(a), IntValue::Big(b)) => a.cmp(b),
            _ => self.big().as_ref().cmp(other.big().as_ref()),
        }
    }

    /// Exact comparison with a float; `None` for a NaN.
    pub fn compare_float(&self, f: f64) -> Option<Ordering> {
        if f.is_nan() {
            return None;
        }
        if let IntValue::Small(n) = self
            && n.unsigned_abs() < 1 << 53
        {
            return (*n as f64).partial_cmp(&f);
        }
        if f.is_infinite() {
            return Some(if f > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        let whole = f.trunc();
        let order = self.big().as_ref().cmp(&ibig_from_f64(whole));
        Some(order.then_with(|| 0.0f64.total_cmp(&(f - whole + 0.0))))
    }
}

/// The integral part of a finite float.
pub fn ibig_from_f64(f: f64) -> IBig {
    let f = f.trunc();
    if f.abs() < 9e18 {
        return IBig::from(f as i64);
    }
    let (mantissa, exponent) = mantissa_exponent(f);
    let size = IBig::from(mantissa) << usize::try_from(exponent).unwrap_or(0);
    if f < 0.0 { -size } else { size }
}

/// A finite float as mantissa times a power of two, without its sign.
pub fn mantissa_exponent(f: f64) -> (u64, i32) {
    let bits = f.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52 & 0x7FF) as i32 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    }
}

/// The value as an int, if its class is `int` or derives from it.
#[inline]
pub fn int_value(v: &Value) -> Option<IntValue<'_>> {
    if let Some(n) = v.as_int() {
        return Some(IntValue::Small(n));
    }
    if let Some(b) = v.as_bool() {
        return Some(IntValue::Small(b as i64));
    }
    let big = &v.downcast::<Int>()?.0;
    // Subclass instances hold any number.
    if big.as_sign_words().1.len() > 1 {
        return Some(IntValue::Big(big));
    }
    match i64::try_from(big) {
        Ok(n) => Some(IntValue::Small(n)),
        Err(_) => Some(IntValue::Big(big)),
    }
}

/// The value as a float, if its class is `float` or derives from it.
#[inline]
pub fn float_value(v: &Value) -> Option<f64> {
    match v.as_small_float() {
        Some(f) => Some(f),
        None => v.downcast::<Float>().map(|f| f.0),
    }
}

/// `float(int)`, correctly rounded; `OverflowError` when too large.
pub fn int_to_float(vm: &Vm, v: &Value) -> PyResult<Value> {
    match int_value(v) {
        Some(n) => Ok(vm.new_float(int_to_f64(vm, &n)?)),
        None => Err(vm.type_error("an integer is required")),
    }
}

/// The nearest float of an int; `OverflowError` when too large.
pub fn int_to_f64(vm: &Vm, n: &IntValue<'_>) -> PyResult<f64> {
    let f = n.to_f64();
    if f.is_finite() { Ok(f) } else { Err(vm.overflow_error("int too large to convert to float")) }
}

/// The operand of an operator as a float: floats and ints (`OverflowError` when too large), else `None`.
#[inline]
pub fn real_operand(vm: &Vm, v: &Value) -> PyResult<Option<f64>> {
    match float_value(v) {
        Some(f) => Ok(Some(f)),
        None => match int_value(v) {
            Some(n) => int_to_f64(vm, &n).map(Some),
            None => Ok(None),
        },
    }
}

/// The answer of a comparison whose operands may be unordered.
pub fn ordered(order: Option<Ordering>, op: CompareOp) -> Value {
    Value::bool(match order {
        Some(order) => op.holds(order),
        None => op == CompareOp::Ne,
    })
}

/// Sees to it that a result of so many bits can be had: `MemoryError` before the arithmetic asks for the memory.
pub fn check_bits(vm: &Vm, bits: u64) -> PyResult<()> {
    if bits < 1 << 20 { Ok(()) } else { check_large(vm, bits) }
}

#[cold]
fn check_large(vm: &Vm, bits: u64) -> PyResult<()> {
    // No more than 16 GiB; and room for temporaries of the same size.
    if bits > 1 << 37 {
        return Err(vm.memory_error());
    }
    let words = (bits / 64 + 1) as usize;
    let mut probe: Vec<u64> = Vec::new();
    match probe.try_reserve_exact(words * 8) {
        Ok(()) => Ok(()),
        Err(_) => Err(vm.memory_error()),
    }
}

/// Raises what a format specification was refused with.
#[cold]
pub fn raise_format(vm: &Vm, e: FormatError) -> Raised {
    use crate::errors::exc;
    let text = vm.new_wtf8(&e.message).into_value();
    match e.kind {
        ErrorKind::Value => vm.raise_args(&exc::ValueError, vec![text]),
        ErrorKind::Overflow => vm.raise_args(&exc::OverflowError, vec![text]),
        ErrorKind::Memory => vm.memory_error(),
    }
}

/// The grouping that a format code asks for: the locale's for `n`.
pub fn format_locale(vm: &Vm, code: u32) -> Locale {
    if code != u32::from(b'n') {
        return Locale::default();
    }
    let conv = vm.host().localeconv();
    Locale {
        point: String::from_utf8_lossy(&conv.decimal_point).into_owned(),
        separator: String::from_utf8_lossy(&conv.thousands_sep).into_owned(),
        grouping: conv.grouping,
    }
}

/// The bytes of a `bytes` or of any other exporter of a buffer, copied; `None` for what is neither.
pub fn exported_bytes(vm: &Vm, v: &Value) -> PyResult<Option<Vec<u8>>> {
    if let Some(b) = v.downcast::<crate::Bytes>() {
        return Ok(Some(b.as_bytes().to_vec()));
    }
    match vm.type_of(v).slots.buffer.get() {
        Some(f) => {
            let b = f(vm, v, crate::types::buffer::Request::SIMPLE);
            Ok(vm.suppress(b, &crate::errors::exc::BufferError)?.map(|b| b.bytes().to_vec()))
        }
        None => Ok(None),
    }
}
