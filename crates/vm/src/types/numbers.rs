//! The storage of numbers that do not fit the value word: big ints, boxed floats, complex. Methods: `types/int/`,
//! `types/float.rs`, `types/complex.rs`.

use crate::{Value, ValueExt, Vm};
use dashu_int::IBig;
use taipan_heap::Trace;

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
            Err(_) => self.alloc(Int(IBig::from(n))).into_value(),
        }
    }

    /// An `int` from a big number, tagged if it fits.
    pub fn new_bigint(&self, n: IBig) -> Value {
        match i64::try_from(&n) {
            Ok(small) if Value::small_int(small).is_some() => self.new_int(small),
            _ => self.alloc(Int(n)).into_value(),
        }
    }

    /// A `float`.
    #[inline]
    pub fn new_float(&self, f: f64) -> Value {
        match Value::small_float(f) {
            Some(v) => v,
            None => self.alloc(Float(f)).into_value(),
        }
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

impl IntValue<'_> {
    pub fn to_ibig(&self) -> IBig {
        match self {
            IntValue::Small(n) => IBig::from(*n),
            IntValue::Big(b) => (*b).clone(),
        }
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
pub fn int_to_float(vm: &Vm, v: &Value) -> crate::PyResult<Value> {
    match int_value(v) {
        Some(IntValue::Small(n)) => Ok(vm.new_float(n as f64)),
        Some(IntValue::Big(b)) => {
            let f = b.to_f64().value();
            if f.is_finite() {
                Ok(vm.new_float(f))
            } else {
                Err(vm.overflow_error("int too large to convert to float"))
            }
        }
        None => Err(vm.type_error("an integer is required")),
    }
}

/// int
#[taipan_macros::pytype(name = "int", flags(BASETYPE, LONG_SUBCLASS, MATCH_SELF), no_methods)]
impl crate::types::typedef::Slots for Int {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}

/// bool
#[taipan_macros::pytype(name = "bool", base = Int, flags(LONG_SUBCLASS, MATCH_SELF), no_methods)]
impl crate::types::typedef::Slots for Bool {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}

/// float
#[taipan_macros::pytype(name = "float", flags(BASETYPE, MATCH_SELF), no_methods)]
impl crate::types::typedef::Slots for Float {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}

/// complex
#[taipan_macros::pytype(name = "complex", flags(BASETYPE), no_methods)]
impl crate::types::typedef::Slots for Complex {
    const SLOTS: crate::types::typedef::SlotDefs = crate::types::typedef::SlotDefs::NONE;
}
