//! The value word: every Python object reference is 64 bits, told apart by its low bits.
//!
//! ```text
//!   …………………………………………………………1   int      63-bit two's complement, shifted left by one
//!   …………………………………………………………10  float    bits plus 2**60, rotated left by three; exponents near 1.0 only
//!   ………………………………………………………100  constant None, False, True, Ellipsis, NotImplemented
//!   ………………………………………………………000  pointer  to a 16-byte aligned object header; never zero
//! ```
//! The zero word is free, so `Option<Value>` is one word and `None` means "unbound".

use crate::object::{Gc, Header, release};
use std::hint::cold_path;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ptr::NonNull;

/// An owned reference to a Python object. Cloning counts up, dropping counts down.
#[repr(transparent)]
pub struct Value(NonZeroU64, PhantomData<*const ()>);

const _: () = assert!(size_of::<Option<Value>>() == 8);
const _: () = assert!(size_of::<Result<Value, crate::value::Zst>>() == 8);
struct Zst;

const TAG_MASK: u64 = 7;
const FLOAT_TAG: u64 = 2;
/// What 2**-255 would be, which is boxed instead.
const FLOAT_ZERO: u64 = FLOAT_TAG;
/// The bits of 2**-255. Floats whose exponents are from here to 2**257 fit a word.
const LEAST_FLOAT: u64 = 0x3000_0000_0000_0000;

/// The float of a float's word whose tag is taken off.
#[inline(always)]
const fn untagged_float(word: u64) -> f64 {
    if word == 0 {
        cold_path();
        return 0.0;
    }
    common_float(word)
}

/// The same of a word that is not zero's.
#[inline(always)]
const fn common_float(word: u64) -> f64 {
    f64::from_bits(word.rotate_right(3).wrapping_add(LEAST_FLOAT))
}

#[inline(always)]
const fn raw(bits: u64) -> Value {
    match NonZeroU64::new(bits) {
        Some(n) => Value(n, PhantomData),
        None => panic!("the zero word is no value"),
    }
}

impl Value {
    pub const NONE: Value = raw(0x04);
    pub const FALSE: Value = raw(0x0c);
    pub const TRUE: Value = raw(0x14);
    pub const ELLIPSIS: Value = raw(0x1c);
    pub const NOT_IMPLEMENTED: Value = raw(0x24);
    pub const INT_MAX: i64 = i64::MAX >> 1;
    pub const INT_MIN: i64 = i64::MIN >> 1;

    /// The word itself: identity is equality of words.
    #[inline(always)]
    pub const fn bits(&self) -> u64 {
        self.0.get()
    }

    /// Takes a word back that `into_bits` gave out.
    ///
    /// # Safety
    /// The word owns one reference (I1), or is no pointer.
    #[inline(always)]
    pub const unsafe fn from_bits(bits: u64) -> Value {
        // SAFETY: the caller promises a word that came out of a `Value`, so it is not zero.
        Value(unsafe { NonZeroU64::new_unchecked(bits) }, PhantomData)
    }

    /// Gives the word out together with the reference it owns.
    #[inline(always)]
    pub const fn into_bits(self) -> u64 {
        let bits = self.0.get();
        std::mem::forget(self);
        bits
    }

    #[inline(always)]
    pub const fn is_ptr(&self) -> bool {
        self.bits() & TAG_MASK == 0
    }

    /// `a is b`.
    #[inline(always)]
    pub const fn is(&self, other: &Value) -> bool {
        self.bits() == other.bits()
    }

    #[inline(always)]
    pub const fn is_none(&self) -> bool {
        self.bits() == Value::NONE.into_bits()
    }

    #[inline(always)]
    pub const fn is_true(&self) -> bool {
        self.bits() == Value::TRUE.into_bits()
    }

    #[inline(always)]
    pub const fn is_false(&self) -> bool {
        self.bits() == Value::FALSE.into_bits()
    }

    #[inline(always)]
    pub const fn is_not_implemented(&self) -> bool {
        self.bits() == Value::NOT_IMPLEMENTED.into_bits()
    }

    #[inline(always)]
    pub const fn is_ellipsis(&self) -> bool {
        self.bits() == Value::ELLIPSIS.into_bits()
    }

    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        if b { Value::TRUE } else { Value::FALSE }
    }

    /// The boolean that this word is, if it is one.
    #[inline(always)]
    pub const fn as_bool(&self) -> Option<bool> {
        if self.is_true() {
            Some(true)
        } else if self.is_false() {
            Some(false)
        } else {
            None
        }
    }

    /// A tagged int; `None` outside 63 bits (then it needs a big int).
    #[inline(always)]
    pub const fn small_int(n: i64) -> Option<Value> {
        if n >= Value::INT_MIN && n <= Value::INT_MAX { Some(raw((n as u64) << 1 | 1)) } else { None }
    }

    /// A tagged int from a 32-bit number, which always fits.
    #[inline(always)]
    pub const fn int32(n: i32) -> Value {
        raw(((n as i64) << 1 | 1) as u64)
    }

    #[inline(always)]
    pub const fn is_int(&self) -> bool {
        self.bits() & 1 != 0
    }

    #[inline(always)]
    pub const fn as_int(&self) -> Option<i64> {
        if self.is_int() { Some(self.bits() as i64 >> 1) } else { None }
    }

    /// A tagged float; `None` when the exponent does not fit (then it is boxed).
    #[inline(always)]
    pub const fn small_float(f: f64) -> Option<Value> {
        let bits = f.to_bits();
        // What is above the least exponent that fits is below 2**61, the sign apart; turned to the other end, behind the
        // sign, the two bits that are 0 leave room for the tag.
        let word = bits.wrapping_sub(LEAST_FLOAT).rotate_left(3);
        if word & 3 == 0 {
            if word == 0 {
                cold_path();
                return None;
            }
            return Some(raw(word | FLOAT_TAG));
        }
        cold_path();
        if bits == 0 { Some(raw(FLOAT_ZERO)) } else { None }
    }

    /// Whether the word holds a float itself (a boxed float is a pointer).
    #[inline(always)]
    pub const fn is_small_float(&self) -> bool {
        self.bits() & 3 == 2
    }

    #[inline(always)]
    pub const fn as_small_float(&self) -> Option<f64> {
        let bits = self.bits();
        if bits & 3 != 2 {
            return None;
        }
        Some(Value::float_of_word(bits))
    }

    /// The float that a word with a float's tag holds.
    #[inline(always)]
    pub const fn float_of_word(word: u64) -> f64 {
        untagged_float(word.wrapping_sub(FLOAT_TAG))
    }

    /// The same of a word that is not zero's.
    #[inline(always)]
    pub const fn float_of_word_not_zero(word: u64) -> f64 {
        common_float(word.wrapping_sub(FLOAT_TAG))
    }

    /// The floats that two words hold themselves.
    #[inline(always)]
    pub const fn both_floats(a: u64, b: u64) -> Option<(f64, f64)> {
        let (a, b) = (a.wrapping_sub(FLOAT_TAG), b.wrapping_sub(FLOAT_TAG));
        if (a | b) & 3 != 0 {
            return None;
        }
        Some((untagged_float(a), untagged_float(b)))
    }

    /// The float that a word holds itself.
    #[inline(always)]
    pub const fn float_in_word(word: u64) -> Option<f64> {
        let word = word.wrapping_sub(FLOAT_TAG);
        if word & 3 != 0 {
            return None;
        }
        Some(untagged_float(word))
    }

    /// The object that the word points to.
    #[inline(always)]
    pub fn header(&self) -> Option<&Header> {
        // SAFETY: I1: a pointer word refers to a live object, which the borrow of `self` keeps alive.
        if self.is_ptr() { Some(unsafe { &*(self.bits() as *const Header) }) } else { None }
    }

    /// The address of the object, if the word is a pointer.
    #[inline(always)]
    pub fn as_ptr(&self) -> Option<NonNull<Header>> {
        if self.is_ptr() { NonNull::new(self.bits() as *mut Header) } else { None }
    }

    /// A new owned reference to a live object.
    ///
    /// # Safety
    /// `ptr` is a live object of the current heap.
    #[inline(always)]
    pub unsafe fn from_borrowed(ptr: NonNull<Header>) -> Value {
        // SAFETY: the caller promises liveness; the count taken here is the one the new value owns.
        unsafe {
            ptr.as_ref().inc();
            Value::from_bits(ptr.as_ptr() as u64)
        }
    }

    /// Gives back the reference that a word owns unless it is the last one; `false` and nothing done then. Words that are no
    /// pointers own none.
    ///
    /// # Safety
    /// The word owns a reference or is no pointer; it is not used again if the answer is `true`.
    #[inline(always)]
    pub unsafe fn release_shared(bits: u64) -> bool {
        if bits & TAG_MASK != 0 || bits == 0 {
            return true;
        }
        // SAFETY: by contract a live object.
        unsafe { Value::release_pointer(bits) }
    }

    /// `release_shared` of a word that is known to be a pointer.
    ///
    /// # Safety
    /// As for `release_shared`.
    #[inline(always)]
    pub unsafe fn release_pointer(bits: u64) -> bool {
        debug_assert!(bits & TAG_MASK == 0 && bits != 0);
        // SAFETY: by contract a live object.
        let header = unsafe { &*(bits as *const Header) };
        let count = header.count();
        if count == 1 {
            return false;
        }
        header.set_count(count - 1);
        true
    }

    /// Reads the payload as a `T` without asking the type.
    ///
    /// # Safety
    /// The word is a pointer to an object whose payload begins with a `T`.
    #[inline(always)]
    pub unsafe fn body_unchecked<T>(&self) -> &T {
        // SAFETY: promised by the caller; the borrow of `self` keeps the object alive.
        unsafe { &(*(self.bits() as *const crate::Obj<T>)).body }
    }

    /// # Safety
    /// The word is a pointer to an object whose payload begins with a `T`.
    #[inline(always)]
    pub unsafe fn into_gc_unchecked<T>(self) -> Gc<T> {
        // SAFETY: promised by the caller; the reference moves over.
        unsafe { Gc::from_bits(self.into_bits()) }
    }

    /// Borrows the word as a typed reference.
    ///
    /// # Safety
    /// The word is a pointer to an object whose payload begins with a `T`.
    #[inline(always)]
    pub unsafe fn as_gc_unchecked<T>(&self) -> &Gc<T> {
        // SAFETY: `Gc<T>` and a pointer `Value` are the same word, both transparent.
        unsafe { &*(self as *const Value as *const Gc<T>) }
    }
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if let Some(h) = self.header() {
            h.inc();
        }
        Value(self.0, PhantomData)
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_ptr() {
            // SAFETY: I1: this value owns one reference, given back here.
            unsafe { release(NonNull::new_unchecked(self.bits() as *mut Header)) }
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.bits() {
            0x04 => f.write_str("None"),
            0x0c => f.write_str("False"),
            0x14 => f.write_str("True"),
            0x1c => f.write_str("Ellipsis"),
            0x24 => f.write_str("NotImplemented"),
            bits => match (self.as_int(), self.as_small_float()) {
                (Some(n), _) => write!(f, "{n}"),
                (_, Some(x)) => write!(f, "{x}"),
                _ => write!(f, "<object at {bits:#x}>"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_round_trip() {
        for n in [0, 1, -1, 42, Value::INT_MAX, Value::INT_MIN] {
            assert_eq!(Value::small_int(n).unwrap().as_int(), Some(n));
        }
        assert!(Value::small_int(Value::INT_MAX + 1).is_none());
        assert!(Value::small_int(Value::INT_MIN - 1).is_none());
    }

    #[test]
    fn floats_round_trip_or_need_a_box() {
        for f in [0.0, 1.0, -1.0, 0.1, 1e70, -1e-70, 123456.789] {
            let v = Value::small_float(f).unwrap();
            assert!(!v.is_int() && !v.is_ptr());
            assert_eq!(v.as_small_float().unwrap().to_bits(), f.to_bits());
        }
        for f in [-0.0, f64::INFINITY, f64::NAN, 1e300, 5e-324, f64::from_bits(0x3000_0000_0000_0000)] {
            assert!(Value::small_float(f).is_none());
        }
    }
}
