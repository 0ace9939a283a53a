//! The hash table of `set` and `frozenset`: open addressing as CPython does it (short linear stretches, then a jump),
//! because the order in which small sets show their elements is something programs and their tests see.
//!
//! I1  A look-up that must call Python's `__eq__` holds no borrow of the table; afterwards it checks that the slot still
//!     holds the element it asked about and starts again otherwise.
//! I2  Elements leave the table before they are dropped.
//! I3  Fewer than three fifths of the slots are filled (elements and marks of deleted ones).

use crate::object::ValueExt;
use crate::protocol::plain_equal;
use crate::types::str_::Str;
use crate::{PyResult, Value, Vm};
use taipan_heap::cell::Guarded;
use taipan_heap::{Trace, emergency};

const MIN_SLOTS: usize = 8;
/// How many neighbours are looked at before jumping.
const LINEAR: usize = 9;
const PERTURB: u32 = 5;
/// The hash of a slot whose element was deleted; that of a slot never used is 0.
const DELETED: i64 = -1;

#[derive(Clone, Default)]
struct Slot {
    hash: i64,
    key: Option<Value>,
}

/// So many slots that were never used.
#[inline]
fn unused(n: usize) -> Vec<Slot> {
    let mut slots = Vec::with_capacity(n);
    slots.resize_with(n, Slot::default);
    slots
}

#[derive(Default)]
struct Raw {
    /// None until the first element comes; then a power of two.
    slots: Vec<Slot>,
    /// Slots that are not unused.
    fill: usize,
    used: usize,
    /// Where `pop` goes on.
    finger: usize,
}

/// A set with interior mutability.
#[derive(Default)]
pub struct SetTable {
    raw: Guarded<Raw>,
}

impl Trace for SetTable {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.raw.with(|r| {
            for s in &r.slots {
                s.key.trace(visit)
            }
        })
    }
    fn unlink(&self) {
        SetTable::clear(self)
    }
}

enum Probe {
    Found(usize),
    /// The slot where it belongs.
    Absent(usize),
    /// Only Python can tell whether this element is equal.
    Ask(usize, Value),
}

/// The slots that a hash leads to, in order.
struct Walk {
    mask: usize,
    perturb: u64,
    base: usize,
    step: usize,
}

impl Walk {
    fn new(hash: i64, mask: usize) -> Walk {
        Walk { mask, perturb: hash as u64, base: hash as usize & mask, step: 0 }
    }

    #[inline]
    fn next(&mut self) -> usize {
        let stretch = if self.base + LINEAR <= self.mask { LINEAR } else { 0 };
        if self.step > stretch {
            self.perturb >>= PERTURB;
            self.base =
                self.base.wrapping_mul(5).wrapping_add(1).wrapping_add(self.perturb as usize) & self.mask;
            self.step = 0;
        }
        self.step += 1;
        self.base + self.step - 1
    }
}

impl Raw {
    fn mask(&self) -> usize {
        self.slots.len().max(MIN_SLOTS) - 1
    }

    #[inline]
    fn probe(&self, key: &Value, hash: i64, skip: &[usize]) -> Probe {
        if self.slots.is_empty() {
            return Probe::Absent(hash as usize & (MIN_SLOTS - 1));
        }
        // Mostly the first place settles it.
        let first = hash as usize & (self.slots.len() - 1);
        if let Some(slot) = self.slots.get(first) {
            match &slot.key {
                Some(k) if k.is(key) => return Probe::Found(first),
                None if slot.hash == 0 => return Probe::Absent(first),
                _ => {}
            }
        }
        self.probe_on(key, hash, skip)
    }

    #[inline(never)]
    fn probe_on(&self, key: &Value, hash: i64, skip: &[usize]) -> Probe {
        let mask = self.mask();
        let (mut perturb, mut base) = (hash as u64, hash as usize & mask);
        loop {
            let end = if base + LINEAR <= mask { base + LINEAR } else { base };
            let Some(stretch) = self.slots.get(base..=end) else { return Probe::Absent(0) };
            for (j, slot) in stretch.iter().enumerate() {
                let Some(k) = &slot.key else {
                    if slot.hash == 0 {
                        return Probe::Absent(base + j);
                    }
                    continue;
                };
                if slot.hash != hash {
                    continue;
                }
                if let Some(found) = Raw::settle(k, key, base + j, skip) {
                    return found;
                }
            }
            perturb >>= PERTURB;
            base = base.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
        }
    }

    /// What an element with the right hash says; `None`: it is another one.
    #[inline]
    fn settle(k: &Value, key: &Value, i: usize, skip: &[usize]) -> Option<Probe> {
        if skip.contains(&i) {
            return None;
        }
        if k.is(key) {
            return Some(Probe::Found(i));
        }
        if k.is_int() && key.is_int() {
            return None;
        }
        match plain_equal(k, key) {
            Some(true) => Some(Probe::Found(i)),
            Some(false) => None,
            None => Some(Probe::Ask(i, k.clone())),
        }
    }

    /// Puts an element that is not there into a table without deleted ones.
    fn put_clean(&mut self, key: Value, hash: i64) {
        let mut walk = Walk::new(hash, self.mask());
        loop {
            if let Some(slot) = self.slots.get_mut(walk.next())
                && slot.key.is_none()
            {
                slot.hash = hash;
                std::mem::forget(slot.key.replace(key));
                return;
            }
        }
    }

    /// Puts an element that is not there into a table without deleted ones, which grows as usual.
    fn put_new(&mut self, key: Value, hash: i64) {
        if self.slots.is_empty() {
            self.slots = unused(MIN_SLOTS);
        }
        self.put_clean(key, hash);
        self.fill += 1;
        self.used += 1;
        if self.fill * 5 >= self.mask() * 3 {
            self.grow();
        }
    }

    /// Whether an element is there; `None`: only Python can tell.
    #[inline]
    fn holds(&self, key: &Value, hash: i64) -> Option<bool> {
        match self.probe(key, hash, &[]) {
            Probe::Found(_) => Some(true),
            Probe::Absent(_) => Some(false),
            Probe::Ask(..) => None,
        }
    }

    /// Makes room for more than `min` elements, dropping the marks of deleted ones.
    fn resize(&mut self, min: usize) {
        let mut size = MIN_SLOTS;
        while size <= min {
            size <<= 1;
        }
        let old = std::mem::replace(&mut self.slots, unused(size));
        self.fill = self.used;
        for slot in old {
            if let Some(key) = slot.key {
                self.put_clean(key, slot.hash);
            }
        }
    }

    /// The table is as full as it should be. It is made larger, or filled further where there is no memory for that.
    #[cold]
    fn grow(&mut self) {
        let min = self.grown();
        let size = min.next_power_of_two().saturating_mul(2);
        let room = self.slots.len() - self.fill > self.slots.len() / 8;
        if !emergency::can_grow(size.saturating_mul(size_of::<Slot>())) && room {
            return;
        }
        self.resize(min);
    }

    fn grown(&self) -> usize {
        if self.used > 50_000 { self.used * 2 } else { self.used * 4 }
    }

    /// Puts an element into the unused slot that a probe found.
    #[inline]
    fn put(&mut self, i: usize, key: Value, hash: i64) {
        if self.slots.is_empty() {
            self.slots = unused(MIN_SLOTS);
        }
        if let Some(slot) = self.slots.get_mut(i) {
            slot.hash = hash;
            // The place was unused: there is nothing to drop.
            std::mem::forget(slot.key.replace(key));
            self.fill += 1;
            self.used += 1;
        }
        if self.fill * 5 >= self.mask() * 3 {
            self.grow();
        }
    }

    #[inline(always)]
    fn add_int(&mut self, key: &Value) -> bool {
        let Some(n) = key.as_int() else { return false };
        let hash = taipan_text::hash::int(n);
        let mask = self.slots.len().wrapping_sub(1);
        let Some(slot) = self.slots.get_mut(hash as usize & mask) else { return false };
        if let Some(k) = &slot.key {
            return k.is(key);
        }
        if slot.hash != 0 || (self.fill + 1) * 5 >= mask * 3 {
            return false;
        }
        slot.hash = hash;
        // There is nothing to drop.
        std::mem::forget(slot.key.replace(key.clone()));
        self.fill += 1;
        self.used += 1;
        true
    }

    fn take(&mut self, i: usize) -> Option<Value> {
        let slot = self.slots.get_mut(i)?;
        let key = slot.key.take()?;
        slot.hash = DELETED;
        self.used -= 1;
        Some(key)
    }
}

impl SetTable {
    pub fn new() -> SetTable {
        SetTable::default()
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.raw.with(|r| r.used)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first element at or behind slot `i`: (slot, element, hash).
    #[inline]
    pub fn next_entry(&self, i: usize) -> Option<(usize, Value, i64)> {
        self.raw.with(|r| {
            let rest = r.slots.get(i..)?;
            let (j, slot) = rest.iter().enumerate().find(|(_, s)| s.key.is_some())?;
            Some((i + j, slot.key.clone()?, slot.hash))
        })
    }

    /// The first element at or behind slot `i` and its slot, as long as there are `used` elements; else `Some(None)`.
    #[inline(always)]
    pub fn next_of(&self, used: usize, i: usize) -> Option<Option<(usize, Value)>> {
        self.raw.with(|r| {
            if r.used != used {
                return Some(None);
            }
            let mut i = i;
            loop {
                match &r.slots.get(i)?.key {
                    Some(key) => return Some(Some((i, key.clone()))),
                    None => i += 1,
                }
            }
        })
    }

    /// A snapshot of elements and hashes, in order.
    pub fn entries(&self) -> Vec<(Value, i64)> {
        self.raw.with(|r| r.slots.iter().filter_map(|s| Some((s.key.clone()?, s.hash))).collect())
    }

    #[inline]
    fn find(&self, vm: &Vm, key: &Value, hash: i64) -> PyResult<Result<usize, usize>> {
        match self.raw.with(|r| r.probe(key, hash, &[])) {
            Probe::Found(i) => Ok(Ok(i)),
            Probe::Absent(i) => Ok(Err(i)),
            Probe::Ask(i, k) => self.find_asking(vm, key, hash, i, k),
        }
    }

    #[inline(never)]
    fn find_asking(
        &self,
        vm: &Vm,
        key: &Value,
        hash: i64,
        mut i: usize,
        mut candidate: Value,
    ) -> PyResult<Result<usize, usize>> {
        let mut unequal = Vec::new();
        loop {
            let equal = vm.eq(&candidate, key)?;
            // I1
            let same = self.raw.with(|r| {
                r.slots
                    .get(i)
                    .is_some_and(|s| s.hash == hash && s.key.as_ref().is_some_and(|k| k.is(&candidate)))
            });
            if !same {
                unequal.truncate(0);
            } else if equal {
                return Ok(Ok(i));
            } else {
                unequal.push(i);
            }
            match self.raw.with(|r| r.probe(key, hash, &unequal)) {
                Probe::Found(i) => return Ok(Ok(i)),
                Probe::Absent(i) => return Ok(Err(i)),
                Probe::Ask(j, k) => {
                    i = j;
                    candidate = k;
                }
            }
        }
    }

    #[inline]
    pub fn contains(&self, vm: &Vm, key: &Value, hash: i64) -> PyResult<bool> {
        Ok(self.find(vm, key, hash)?.is_ok())
    }

    /// Whether all elements are in another table; `None`: only Python can tell.
    pub fn within(&self, other: &SetTable) -> Option<bool> {
        self.raw.with(|a| {
            other.raw.with(|b| {
                for slot in &a.slots {
                    if let Some(key) = &slot.key
                        && !b.holds(key, slot.hash)?
                    {
                        return Some(false);
                    }
                }
                Some(true)
            })
        })
    }

    /// The elements of which the other table says that it has them (or not), in a table of their own; `None`: only
    /// Python can tell.
    pub fn sifted(&self, other: &SetTable, there: bool) -> Option<SetTable> {
        let mut out = Raw::default();
        let done = self.raw.with(|a| {
            other.raw.with(|b| {
                for slot in &a.slots {
                    if let Some(key) = &slot.key
                        && b.holds(key, slot.hash)? == there
                    {
                        out.put_new(key.clone(), slot.hash);
                    }
                }
                Some(())
            })
        });
        done.map(|()| SetTable { raw: Guarded::new(out) })
    }

    /// Shows the elements to `f`, which runs no Python code, as long as it answers that it wants more.
    pub fn all(&self, mut f: impl FnMut(&Value) -> bool) -> bool {
        self.raw.with(|r| r.slots.iter().all(|s| s.key.as_ref().is_none_or(&mut f)))
    }

    /// Adds an element; answers whether it is new.
    #[inline]
    pub fn add(&self, vm: &Vm, key: &Value, hash: i64) -> PyResult<bool> {
        let found = self.raw.with_mut(|r| match r.probe(key, hash, &[]) {
            Probe::Absent(i) => {
                r.put(i, key.clone(), hash);
                None
            }
            found => Some(found),
        });
        let found = match found {
            None => return Ok(true),
            Some(Probe::Ask(i, k)) => self.find_asking(vm, key, hash, i, k)?,
            Some(_) => return Ok(false),
        };
        match found {
            Ok(_) => Ok(false),
            Err(i) => {
                self.raw.with_mut(|r| r.put(i, key.clone(), hash));
                Ok(true)
            }
        }
    }

    /// Adds an element if nobody has to be asked about it; answers whether that was so.
    #[inline]
    pub fn add_known(&self, key: &Value, hash: i64) -> bool {
        self.raw.with_mut(|r| match r.probe(key, hash, &[]) {
            Probe::Absent(place) => {
                r.put(place, key.clone(), hash);
                true
            }
            Probe::Found(_) => true,
            Probe::Ask(..) => false,
        })
    }

    /// `add_known` of a small int; `false` also where the table has to grow or several places have to be looked at.
    #[inline(always)]
    pub fn add_int(&self, key: &Value) -> bool {
        self.raw.with_mut(|r| r.add_int(key))
    }

    /// Adds items as long as they are plain ints and strings, about which nobody has to be asked; answers how many.
    pub fn add_plain(&self, vm: &Vm, items: &[Value]) -> usize {
        self.raw.with_mut(|r| {
            for (i, item) in items.iter().enumerate() {
                let hash = match (item.as_int(), item.downcast_exact::<Str>()) {
                    (Some(n), _) => taipan_text::hash::int(n),
                    (_, Some(s)) => vm.str_hash(s),
                    _ => return i,
                };
                match r.probe(item, hash, &[]) {
                    Probe::Absent(place) => r.put(place, item.clone(), hash),
                    Probe::Found(_) => {}
                    Probe::Ask(..) => return i,
                }
            }
            items.len()
        })
    }

    /// Takes an element out; answers whether it was there.
    pub fn discard(&self, vm: &Vm, key: &Value, hash: i64) -> PyResult<bool> {
        match self.find(vm, key, hash)? {
            Ok(i) => {
                let old = self.raw.with_mut(|r| r.take(i));
                drop(old);
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }

    /// Takes some element out.
    pub fn pop(&self) -> Option<Value> {
        self.raw.with_mut(|r| {
            if r.used == 0 {
                return None;
            }
            let n = r.slots.len();
            let start = r.finger & (n - 1);
            let i = (start..n).chain(0..start).find(|i| r.slots.get(*i).is_some_and(|s| s.key.is_some()))?;
            r.finger = i + 1;
            r.take(i)
        })
    }

    pub fn clear(&self) {
        drop(self.raw.take())
    }

    /// Adds all elements of another table.
    pub fn merge(&self, vm: &Vm, other: &SetTable) -> PyResult<()> {
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        self.expect(other.len());
        let done = self.raw.with_mut(|a| {
            if a.fill != 0 {
                return false;
            }
            other.raw.with(|b| {
                if a.mask() == b.mask() && b.fill == b.used {
                    a.slots = b.slots.clone();
                } else {
                    if a.slots.is_empty() {
                        a.slots = unused(MIN_SLOTS);
                    }
                    for s in &b.slots {
                        if let Some(k) = &s.key {
                            a.put_clean(k.clone(), s.hash);
                        }
                    }
                }
                a.fill = b.used;
                a.used = b.used;
            });
            true
        });
        if done {
            return Ok(());
        }
        // As long as nobody has to be asked.
        let stopped = self.raw.with_mut(|a| {
            other.raw.with(|b| {
                for (i, slot) in b.slots.iter().enumerate() {
                    let Some(key) = &slot.key else { continue };
                    match a.probe(key, slot.hash, &[]) {
                        Probe::Absent(place) => a.put(place, key.clone(), slot.hash),
                        Probe::Found(_) => {}
                        // The element it holds stays in its table, so this drops nothing.
                        Probe::Ask(..) => return i,
                    }
                }
                usize::MAX
            })
        });
        let mut i = stopped;
        while let Some((at, key, hash)) = other.next_entry(i) {
            self.add(vm, &key, hash)?;
            i = at + 1;
        }
        Ok(())
    }

    /// Makes room for so many more elements in one step.
    pub fn expect(&self, more: usize) {
        self.raw.with_mut(|r| {
            if (r.fill + more) * 5 >= r.mask() * 3 {
                r.resize((r.used + more) * 2);
            }
        })
    }

    /// Drops the marks of deleted elements if they are many.
    pub fn tidy(&self) {
        self.raw.with_mut(|r| {
            if r.fill - r.used > r.mask() / 4 {
                r.resize(r.grown());
            }
        })
    }

    pub fn copy(&self, vm: &Vm) -> PyResult<SetTable> {
        let t = SetTable::new();
        t.merge(vm, self)?;
        Ok(t)
    }

    /// Exchanges the contents.
    pub fn swap(&self, other: &SetTable) {
        if !std::ptr::eq(self, other) {
            self.raw.with_mut(|a| other.raw.with_mut(|b| std::mem::swap(a, b)))
        }
    }

    /// Takes over the contents; the old ones are dropped.
    pub fn replace(&self, other: SetTable) {
        self.swap(&other);
        drop(other);
    }

    /// The hash of a frozenset: the same for every order.
    pub fn hash(&self) -> i64 {
        let shuffle = |h: u64| ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167);
        let (mut h, used) = self.raw.with(|r| {
            let each = r.slots.iter().filter(|s| s.key.is_some()).map(|s| shuffle(s.hash as u64));
            (each.fold(0, |a, b| a ^ b), r.used)
        });
        h ^= (used as u64 + 1).wrapping_mul(1_927_868_237);
        h ^= (h >> 11) ^ (h >> 25);
        h = h.wrapping_mul(69_069).wrapping_add(907_133_923);
        if h == u64::MAX { 590_923_713 } else { h as i64 }
    }

    /// Bytes beside the object itself, beyond the eight slots that CPython keeps in line.
    pub fn byte_size(&self) -> usize {
        let n = self.raw.with(|r| r.slots.len());
        if n > MIN_SLOTS { n * 16 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(t: &SetTable) -> Vec<i64> {
        t.entries().iter().map(|(k, _)| k.as_int().unwrap()).collect()
    }

    #[test]
    fn the_order_of_small_ints_is_cpythons() {
        crate::selftest::with_vm(|vm| {
            let t = SetTable::new();
            for n in [33, 1, 65, 9, -1, -2, 100] {
                let n = vm.new_int(n);
                t.add(vm, &n, vm.hash(&n).unwrap()).unwrap();
            }
            assert_eq!(ints(&t), [65, 33, 1, 100, 9, -2, -1]);
            let t = SetTable::new();
            assert_eq!(t.hash(), 133146708735736);
            for n in 1..4 {
                t.add(vm, &vm.new_int(n), n).unwrap();
            }
            assert_eq!(t.hash(), -272375401224217160);
            let t = vm.new_tuple((1..4).map(|n| vm.new_int(n)).collect());
            assert_eq!(vm.hash(t.as_value()).unwrap(), 529344067295497451);
        });
    }

    #[test]
    fn behaves_as_a_set() {
        crate::selftest::with_vm(|vm| {
            let (t, mut model) = (SetTable::new(), std::collections::BTreeSet::new());
            let mut seed = 1u64;
            for _ in 0..50_000 {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let n = (seed >> 40) as i64 % 300;
                let (key, hash) = (vm.new_int(n), n % 50);
                match (seed >> 33) % 4 {
                    0 | 1 => assert_eq!(t.add(vm, &key, hash).unwrap(), model.insert(n)),
                    2 => assert_eq!(t.discard(vm, &key, hash).unwrap(), model.remove(&n)),
                    _ => assert_eq!(t.contains(vm, &key, hash).unwrap(), model.contains(&n)),
                }
                if seed >> 58 == 0 {
                    let popped = t.pop().map(|v| v.as_int().unwrap());
                    assert_eq!(popped.is_some(), popped.is_some_and(|n| model.remove(&n)));
                }
                assert_eq!(t.len(), model.len());
            }
            let mut got = ints(&t.copy(vm).unwrap());
            got.sort();
            assert!(got.into_iter().eq(model));
        });
    }
}
