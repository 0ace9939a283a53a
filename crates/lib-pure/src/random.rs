//! `_random`: the Mersenne Twister MT19937 of Matsumoto and Nishimura, seeded as CPython seeds it.

use dashu_int::UBig;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, check_bits, int_value};

const N: usize = 624;
const M: usize = 397;

/// The generator's state.
struct Twister {
    words: [u32; N],
    /// The next word to hand out; `N`: make new ones first.
    index: usize,
}

impl Twister {
    fn from_word(seed: u32) -> Twister {
        let mut words = [0; N];
        let mut last = seed;
        words[0] = seed;
        for (i, word) in words.iter_mut().enumerate().skip(1) {
            last = 1_812_433_253u32.wrapping_mul(last ^ last >> 30).wrapping_add(i as u32);
            *word = last;
        }
        Twister { words, index: N }
    }

    fn from_key(key: &[u32]) -> Twister {
        let mut made = Twister::from_word(19_650_218);
        let w = &mut made.words;
        let mix =
            |w: &[u32; N], i: usize, factor: u32| w[i] ^ (w[i - 1] ^ w[i - 1] >> 30).wrapping_mul(factor);
        let (mut i, mut j) = (1, 0);
        for _ in 0..N.max(key.len()) {
            w[i] = mix(w, i, 1_664_525).wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j = (j + 1) % key.len();
            if i == N {
                w[0] = w[N - 1];
                i = 1;
            }
        }
        for _ in 0..N - 1 {
            w[i] = mix(w, i, 1_566_083_941).wrapping_sub(i as u32);
            i += 1;
            if i == N {
                w[0] = w[N - 1];
                i = 1;
            }
        }
        w[0] = 1 << 31;
        made
    }

    fn renew(&mut self) {
        let w = &mut self.words;
        for k in 0..N {
            let y = w[k] & 1 << 31 | w[(k + 1) % N] & !(1 << 31);
            w[k] = w[(k + M) % N] ^ y >> 1 ^ if y & 1 == 1 { 0x9908_B0DF } else { 0 };
        }
        self.index = 0;
    }

    fn next(&mut self) -> u32 {
        if self.index >= N {
            self.renew();
        }
        let mut y = self.words[self.index];
        self.index += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9D2C_5680;
        y ^= y << 15 & 0xEFC6_0000;
        y ^ y >> 18
    }

    /// A float of 53 random bits.
    fn next_float(&mut self) -> f64 {
        let (high, low) = (self.next() >> 5, self.next() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// Random() -> create a random number generator with its own internal state.
#[pytype(name = "Random", module = "_random", flags(BASETYPE))]
#[derive(Trace)]
pub struct Random {
    #[notrace]
    state: std::cell::RefCell<Box<Twister>>,
}

impl Slots for Random {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

/// The 32-bit words of a seed, lowest first.
fn key_of(size: &UBig) -> Vec<u32> {
    let mut key: Vec<u32> = size.as_words().iter().flat_map(|w| [*w as u32, ((*w) >> 32) as u32]).collect();
    while key.len() > 1 && key.last() == Some(&0) {
        key.pop();
    }
    if key.is_empty() {
        key.push(0);
    }
    key
}

impl Random {
    fn reseed(vm: &Vm, zelf: &Random, seed: Option<&Value>) -> PyResult<()> {
        let key = match seed {
            None => {
                let mut bytes = vec![0; N * 4];
                if vm.host().random_bytes(&mut bytes).is_err() {
                    // Without entropy the clock must do.
                    let now = vm.host().realtime_ns();
                    bytes[..8].copy_from_slice(&(now as u64).to_le_bytes());
                }
                bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
            }
            Some(seed) => match int_value(seed) {
                Some(n) => key_of(&n.magnitude()),
                None => key_of(&UBig::from(vm.hash(seed)? as u64)),
            },
        };
        let made = Box::new(Twister::from_key(&key));
        *zelf.state.borrow_mut() = made;
        Ok(())
    }
}

/// A word of `setstate`'s tuple.
fn state_word(vm: &Vm, v: &Value) -> PyResult<u64> {
    match int_value(v) {
        Some(n) if n.is_negative() => Err(vm.overflow_error("can't convert negative value to unsigned int")),
        Some(IntValue::Small(n)) => Ok(n as u64),
        Some(n) => u64::try_from(n.magnitude())
            .map_err(|_| vm.overflow_error("Python int too large to convert to C unsigned long")),
        None => Err(vm.type_error("an integer is required")),
    }
}

#[pymethods]
impl Random {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs) -> PyResult<Value> {
        let state = std::cell::RefCell::new(Box::new(Twister { words: [0; N], index: 0 }));
        Ok(vm.alloc_in(cls, Random { state })?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<Random>, args: CallArgs) -> PyResult<()> {
        if args.has_keywords() {
            return Err(vm.type_error("Random() takes no keyword arguments"));
        }
        match args.all {
            [] => Random::reseed(vm, zelf, None),
            [seed] => Random::reseed(vm, zelf, Some(seed).filter(|s| !s.is_none())),
            _ => Err(vm.type_error("Random() requires 0 or 1 argument")),
        }
    }

    /// random() -> x in the interval [0, 1).
    #[pymethod("random($self, /)")]
    fn random(_: &Vm, zelf: &Gc<Random>) -> f64 {
        zelf.state.borrow_mut().next_float()
    }

    /// seed([n]) -> None.
    ///
    /// Defaults to use urandom and falls back to a combination
    /// of the current time and the process identifier.
    #[pymethod("seed($self, n=None, /)")]
    fn seed(vm: &Vm, zelf: &Gc<Random>, n: Option<&Value>) -> PyResult<()> {
        Random::reseed(vm, zelf, n.filter(|n| !n.is_none()))
    }

    /// getstate() -> tuple containing the current state.
    #[pymethod("getstate($self, /)")]
    fn getstate(vm: &Vm, zelf: &Gc<Random>) -> Gc<Tuple> {
        let (words, index) = {
            let state = zelf.state.borrow();
            (state.words, state.index)
        };
        let mut items: Vec<Value> = words.iter().map(|w| vm.new_int(i64::from(*w))).collect();
        items.push(vm.new_int(index as i64));
        vm.new_tuple(items)
    }

    /// setstate(state) -> None.  Restores generator state.
    #[pymethod("setstate($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<Random>, state: &Value) -> PyResult<()> {
        let Some(state) = state.downcast::<Tuple>() else {
            return Err(vm.type_error("state vector must be a tuple"));
        };
        if state.len() != N + 1 {
            return Err(vm.value_error("state vector is the wrong size"));
        }
        let mut words = [0; N];
        for (word, v) in words.iter_mut().zip(state.items()) {
            *word = state_word(vm, v)? as u32;
        }
        let index = state.get(N).and_then(int_value);
        let index = match index {
            Some(IntValue::Small(n)) => n,
            Some(_) => return Err(vm.overflow_error("Python int too large to convert to C long")),
            None => return Err(vm.type_error("an integer is required")),
        };
        match usize::try_from(index) {
            Ok(index) if index <= N => {
                **zelf.state.borrow_mut() = Twister { words, index };
                Ok(())
            }
            _ => Err(vm.value_error("invalid state")),
        }
    }

    /// getrandbits(k) -> x.  Generates an int with k random bits.
    #[pymethod("getrandbits($self, k, /)")]
    fn getrandbits(vm: &Vm, zelf: &Gc<Random>, k: &Value) -> PyResult<Value> {
        let k = vm.index(k)?;
        let bits = match int_value(&k) {
            Some(n) if n.is_negative() => return Err(vm.value_error("Cannot convert negative int")),
            Some(IntValue::Small(n)) => n as u64,
            _ => return Err(vm.overflow_error("Python int too large for C uint64_t")),
        };
        if bits == 0 {
            return Ok(vm.new_int(0));
        }
        if bits <= 32 {
            return Ok(vm.new_int(i64::from(zelf.state.borrow_mut().next() >> (32 - bits))));
        }
        check_bits(vm, bits)?;
        let mut state = zelf.state.borrow_mut();
        let mut bytes = Vec::new();
        let mut left = bits;
        while left > 0 {
            let mut word = state.next();
            if left < 32 {
                word >>= 32 - left;
            }
            bytes.extend_from_slice(&word.to_le_bytes());
            left = left.saturating_sub(32);
        }
        Ok(vm.new_bigint(UBig::from_le_bytes(&bytes).into()))
    }
}

/// Module implements the Mersenne Twister random number generator.
#[pymodule(name = "_random")]
pub mod random {
    use super::Random;
    pytypes!(Random);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_those_of_cpython() {
        let mut g = Twister::from_key(&[42]);
        assert_eq!(g.next_float(), 0.6394267984578837);
        let mut g = Twister::from_key(&key_of(&(UBig::ONE << 100)));
        assert_eq!(g.next_float(), 0.7586581712996778);
        assert_eq!(Twister::from_key(&[1]).next(), 577090037);
    }
}
