//! Hashes: SipHash-1-3 for bytes, and the arithmetic of numbers modulo 2^61 - 1.
//!
//! Equal numbers hash alike whatever their type: an int to its value modulo the prime, a float or a fraction m/n to
//! m times the inverse of n. -1 is the mark of an error in CPython's C interface, so that no hash is -1.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// The prime.
pub const MODULUS: u64 = (1 << BITS) - 1;
/// Its size.
pub const BITS: u32 = 61;
/// The hash of infinity.
pub const INF: i64 = 314159;
/// The factor of the imaginary part.
pub const IMAG: u64 = 1_000_003;

/// The hash of a text's or a byte string's bytes under a process's key; empty ones hash to 0.
#[inline]
pub fn bytes(data: &[u8], key: (u64, u64)) -> i64 {
    if data.is_empty() {
        return 0;
    }
    let mut hasher = SipHasher13::new_with_keys(key.0, key.1);
    hasher.write(data);
    not_minus_one(hasher.finish() as i64)
}

/// SipHash-1-3 of bytes under a key, as it comes: empty input and -1 are nothing special.
pub fn keyed(data: &[u8], key: (u64, u64)) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(key.0, key.1);
    hasher.write(data);
    hasher.finish()
}

/// The two halves of the key from `PYTHONHASHSEED`: zero for seed 0, else a linear congruence of the seed.
pub fn key_from_seed(seed: u32) -> (u64, u64) {
    if seed == 0 {
        return (0, 0);
    }
    let mut state = seed;
    let mut key = [0u8; 16];
    for byte in &mut key {
        state = state.wrapping_mul(214013).wrapping_add(2531011);
        *byte = (state >> 16) as u8;
    }
    let half = |at: usize| (0..8).fold(0, |n, i| n | u64::from(key[at + i]) << (8 * i));
    (half(0), half(8))
}

/// No hash is -1.
#[inline]
pub const fn not_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

/// The hash of a machine-sized int.
#[inline]
pub const fn int(value: i64) -> i64 {
    if value.unsigned_abs() < MODULUS {
        return not_minus_one(value);
    }
    let size = (value.unsigned_abs() % MODULUS) as i64;
    not_minus_one(if value < 0 { -size } else { size })
}

/// The hash of a large int from its size in 64-bit words, the least significant first.
pub fn big_int(negative: bool, words: &[u64]) -> i64 {
    let size = words.iter().rev().fold(0u64, |rest, word| {
        // 2^64 is 8 modulo the prime, and the sum is below 2^65: its high bits are few.
        let sum = (u128::from(rest) << 3) + u128::from(*word);
        let folded = (sum as u64 & MODULUS) + (sum >> BITS) as u64;
        if folded >= MODULUS { folded - MODULUS } else { folded }
    });
    not_minus_one(if negative { -(size as i64) } else { size as i64 })
}

/// The hash of a float; `None` for a NaN, which hashes by identity.
pub fn float(value: f64) -> Option<i64> {
    if value.is_nan() {
        return None;
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { INF } else { -INF });
    }
    if value == 0.0 {
        return Some(0);
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, power) = match (bits >> 52 & 0x7FF) as i64 {
        0 => (fraction, -1074),
        biased => (fraction | 1 << 52, biased - 1075),
    };
    // Multiplying by two is a rotation of 61 bits.
    let turn = power.rem_euclid(i64::from(BITS)) as u32;
    let size = ((mantissa << turn) & MODULUS | mantissa >> (BITS - turn)) as i64;
    Some(not_minus_one(if value < 0.0 { -size } else { size }))
}

/// The hash of a complex number from the hashes of its parts.
pub const fn complex(real: i64, imag: i64) -> i64 {
    not_minus_one((real as u64).wrapping_add((imag as u64).wrapping_mul(IMAG)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_cpython_hashes_them() {
        assert_eq!(int(-1), -2);
        assert_eq!(int(i64::MAX), 3);
        assert_eq!(int(i64::MIN), -4);
        assert_eq!(int((1 << 61) - 1), 0);
        assert_eq!(big_int(false, &[0, 1]), 8);
        assert_eq!(big_int(true, &[5, 0]), -5);
        assert_eq!(big_int(false, &[u64::MAX; 3]), 511);
        assert_eq!(big_int(false, &[0x1234_5678_9ABC_DEF0, 0xFEDC_BA98_7654_3210]), 655884233731895216);
        for value in [1.0, -1.0, 2.0, 1e15, -3.0, 1048576.0] {
            assert_eq!(float(value), Some(int(value as i64)));
        }
        assert_eq!(float(0.5), Some(1152921504606846976));
        assert_eq!(float(0.1), Some(230584300921369408));
        assert_eq!(float(1e300), Some(1224995262755759164));
        assert_eq!(float(f64::NEG_INFINITY), Some(-314159));
        assert_eq!(float(f64::NAN), None);
        assert_eq!(complex(1, 2), 2000007);
    }

    #[test]
    fn strings() {
        assert_eq!(bytes(b"", (1, 2)), 0);
        assert_eq!(bytes(b"abc", key_from_seed(0)), -4594863902769663758);
        assert_eq!(bytes(b"abc", key_from_seed(42)), 3869580338025362921);
    }
}
