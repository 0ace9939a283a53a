//! The hash table of `dict` and `set`: dense entries in insertion order behind an index table (Hettinger's compact
//! dict). Tables of up to eight entries have no index table and are scanned.
//!
//! I1  A lookup that must call Python's `__eq__` holds no borrow of the table while it does; afterwards it checks that the
//!     entry it asked about is still there and starts again otherwise.
//! I2  Old keys and values leave the table before they are dropped.
//! I3  `version` is 0 whenever the set of keys or their positions changed since it was last asked for, or a value, if
//!     `version_of_values` was.

use crate::object::ValueExt;
use crate::protocol::plain_equal;
use crate::types::str_::{INTERNED, Str};
use crate::{PyResult, Value, Vm};
use std::sync::atomic::{AtomicU64, Ordering};
use taipan_heap::cell::Guarded;
use taipan_heap::{Gc, Trace, emergency};

const EMPTY: u32 = u32::MAX;
const DELETED: u32 = u32::MAX - 1;
const SCAN: usize = 8;

/// One entry; a deleted one has no key.
pub struct Entry {
    pub hash: i64,
    pub key: Option<Value>,
    pub value: Option<Value>,
}

#[derive(Default)]
pub struct Raw {
    /// Empty while the entries are few; else a power of two.
    indices: Box<[u32]>,
    entries: Vec<Entry>,
    /// Entries that are not deleted. This and the next two fit, as `indices` are no wider.
    live: u32,
    /// How many places of `indices` are not `EMPTY`: live entries and marks of deleted ones. Some place always is, so
    /// that probing ends.
    filled: u32,
    /// Entries before this one are deleted, so that taking from the front is constant time.
    first: u32,
    /// Every key ever inserted (since the last clear) is exactly `str`, so comparing keys runs no Python code.
    str_only: bool,
    /// Somebody remembers values by the version.
    values_known: bool,
    /// How often that was in vain.
    values_changed: u8,
    version: u64,
}

/// A hash table with interior mutability.
pub struct Table {
    raw: Guarded<Raw>,
}

/// The next version. One for all threads: caches compare versions that different threads have given out.
static VERSIONS: AtomicU64 = AtomicU64::new(1);

impl Trace for Table {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.raw.with(|r| {
            // Strings are no containers.
            let values_only = r.str_only && taipan_heap::collecting();
            for e in &r.entries {
                if !values_only {
                    e.key.trace(visit);
                }
                e.value.trace(visit);
            }
        })
    }
    fn unlink(&self) {
        Table::clear(self)
    }
}

impl Default for Table {
    fn default() -> Self {
        Table::new()
    }
}

const _: () = assert!(size_of::<Raw>() == 64);

enum Probe {
    Found(usize),
    Absent,
    /// The key of this entry has the same hash, and only Python can tell whether it is equal.
    Ask(usize, Value),
}

impl Raw {
    #[inline(always)]
    fn new() -> Raw {
        Raw {
            indices: Box::default(),
            entries: Vec::new(),
            live: 0,
            filled: 0,
            first: 0,
            str_only: true,
            values_known: false,
            values_changed: 0,
            version: 0,
        }
    }

    #[inline(always)]
    fn key_matches(e: &Entry, key: &Value, key_str: Option<&Gc<Str>>) -> Option<bool> {
        let k = e.key.as_ref()?;
        if k.is(key) {
            return Some(true);
        }
        if let Some(a) = key_str
            && let Some(b) = k.downcast_exact::<Str>()
        {
            if a.header().has_flag(INTERNED) && b.header().has_flag(INTERNED) {
                return Some(false);
            }
            return Some(a.as_bytes() == b.as_bytes());
        }
        if k.is_int() && key.is_int() {
            return Some(false);
        }
        plain_equal(k, key)
    }

    /// Looks for a key from entry or index position on; `skip` are entries that Python said are unequal.
    #[inline]
    fn probe(&self, key: &Value, key_str: Option<&Gc<Str>>, hash: i64, skip: &[usize]) -> Probe {
        let check = |i: usize| -> Option<Probe> {
            let e = &self.entries[i];
            if e.hash != hash || e.key.is_none() || skip.contains(&i) {
                return None;
            }
            match Raw::key_matches(e, key, key_str) {
                Some(true) => Some(Probe::Found(i)),
                Some(false) => None,
                None => Some(Probe::Ask(i, e.key.clone()?)),
            }
        };
        if self.indices.is_empty() {
            for (i, e) in self.entries.iter().enumerate().skip(self.first as usize) {
                if e.hash == hash
                    && let Some(p) = check(i)
                {
                    return p;
                }
            }
            return Probe::Absent;
        }
        let mask = self.indices.len() - 1;
        let mut perturb = hash as u64;
        let mut slot = hash as usize & mask;
        loop {
            match self.indices[slot] {
                EMPTY => return Probe::Absent,
                DELETED => {}
                i => {
                    if let Some(p) = check(i as usize) {
                        return p;
                    }
                }
            }
            perturb >>= 5;
            slot = (slot.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1)) & mask;
        }
    }

    /// Looks a string key up in a table of strings.
    #[inline]
    fn probe_str(&self, key: &Gc<Str>, hash: i64) -> Option<usize> {
        let same = |e: &Entry| {
            e.hash == hash
                && match &e.key {
                    Some(k) => {
                        k.is(key.as_value())
                            || match k.downcast::<Str>() {
                                Some(s) => s.as_bytes() == key.as_bytes(),
                                None => false,
                            }
                    }
                    None => false,
                }
        };
        if self.indices.is_empty() {
            return self.entries.iter().position(same);
        }
        let mask = self.indices.len() - 1;
        let mut perturb = hash as u64;
        let mut slot = hash as usize & mask;
        loop {
            match self.indices[slot] {
                EMPTY => return None,
                DELETED => {}
                i => {
                    if same(&self.entries[i as usize]) {
                        return Some(i as usize);
                    }
                }
            }
            perturb >>= 5;
            slot = (slot.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1)) & mask;
        }
    }

    /// Looks up what `plain_key` knows.
    #[inline(always)]
    fn probe_plain(&self, key: &Value, key_str: Option<&Gc<Str>>, hash: i64) -> Probe {
        match key_str {
            Some(s) if self.str_only => self.probe_str(s, hash).map_or(Probe::Absent, Probe::Found),
            _ => self.probe(key, key_str, hash, &[]),
        }
    }

    fn index_slot_of(&self, entry: usize) -> Option<usize> {
        if self.indices.is_empty() {
            return None;
        }
        let mask = self.indices.len() - 1;
        let hash = self.entries[entry].hash;
        let mut perturb = hash as u64;
        let mut slot = hash as usize & mask;
        loop {
            match self.indices[slot] {
                EMPTY => return None,
                i if i as usize == entry => return Some(slot),
                _ => {}
            }
            perturb >>= 5;
            slot = (slot.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1)) & mask;
        }
    }

    fn put_index(indices: &mut [u32], hash: i64, entry: u32) {
        let mask = indices.len() - 1;
        let mut perturb = hash as u64;
        let mut slot = hash as usize & mask;
        while indices[slot] != EMPTY {
            perturb >>= 5;
            slot = (slot.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1)) & mask;
        }
        indices[slot] = entry;
    }

    /// Drops deleted entries and sizes the index table for `want` entries.
    fn rebuild(&mut self, want: usize) {
        self.version = 0;
        if self.live as usize != self.entries.len() {
            self.entries.retain(|e| e.key.is_some());
        }
        self.first = 0;
        self.filled = 0;
        if want <= SCAN {
            self.indices = Box::default();
            return;
        }
        // Filled to two thirds at most.
        let size = (want.max(self.entries.len()) * 3 / 2 + 1).next_power_of_two().max(16);
        let mut indices = vec![EMPTY; size].into_boxed_slice();
        for (i, e) in self.entries.iter().enumerate() {
            Raw::put_index(&mut indices, e.hash, i as u32);
        }
        self.filled = self.entries.len() as u32;
        self.indices = indices;
    }

    /// Before entries are added to a full vector: it grows by a little where it cannot grow as usual.
    #[cold]
    fn grow_entries(&mut self) {
        if !emergency::can_grow(self.entries.len() * size_of::<Entry>()) {
            self.entries.reserve_exact(emergency::STEP);
        }
    }

    /// The index table is as full as it should be. It is made larger, or filled further where there is no memory for that.
    #[cold]
    fn grow_indices(&mut self) {
        let (live, filled) = (self.live as usize, self.filled as usize);
        let room = self.indices.len() - filled > self.indices.len() / 8;
        if !emergency::can_grow(live * 4 * size_of::<u32>()) && room {
            return;
        }
        self.rebuild(live * 2 + 1);
    }

    /// Replaces the value of entry `i`.
    #[inline(always)]
    fn replace(&mut self, i: usize, value: Option<Value>) -> Option<Value> {
        if self.values_known {
            self.forget_values();
        }
        std::mem::replace(&mut self.entries[i].value, value)
    }

    #[cold]
    fn forget_values(&mut self) {
        self.version = 0;
        self.values_known = false;
        self.values_changed = self.values_changed.saturating_add(1);
    }

    fn push(&mut self, key: Value, hash: i64, value: Option<Value>) {
        self.version = 0;
        if self.str_only && key.downcast_exact::<Str>().is_none() {
            self.str_only = false;
        }
        let n = self.entries.len();
        if self.indices.is_empty() {
            if n >= SCAN {
                self.rebuild(if self.live as usize * 2 <= SCAN { SCAN } else { SCAN * 2 });
            }
        } else if (self.filled as usize + 1) * 3 > self.indices.len() * 2 {
            self.grow_indices();
        }
        if n == self.entries.capacity() {
            self.grow_entries();
        }
        let n = self.entries.len();
        if !self.indices.is_empty() {
            Raw::put_index(&mut self.indices, hash, n as u32);
            self.filled += 1;
        }
        self.entries.push(Entry { hash, key: Some(key), value });
        self.live += 1;
    }

    /// Takes an entry out.
    fn remove(&mut self, i: usize) -> (Option<Value>, Option<Value>) {
        self.version = 0;
        if let Some(slot) = self.index_slot_of(i) {
            self.indices[slot] = DELETED;
        }
        let e = &mut self.entries[i];
        let out = (e.key.take(), e.value.take());
        // Who looks for the key again need not look here twice.
        e.hash = !e.hash;
        self.live -= 1;
        if i == self.first as usize {
            let more = self.entries[i..].iter().take_while(|e| e.key.is_none()).count();
            self.first += more as u32;
        }
        out
    }
}

/// The hash of a small int or a string, and the string.
#[inline(always)]
fn plain_key<'a>(vm: &Vm, key: &'a Value) -> Option<(Option<&'a Gc<Str>>, i64)> {
    if let Some(n) = key.as_int() {
        return Some((None, taipan_text::hash::int(n)));
    }
    let s = key.downcast_exact::<Str>()?;
    Some((Some(s), vm.str_hash(s)))
}

impl Table {
    #[inline(always)]
    pub fn new() -> Table {
        Table { raw: Guarded::new(Raw::new()) }
    }

    pub fn with_capacity(n: usize) -> Table {
        let t = Table::new();
        t.make_room(n);
        t
    }

    /// Room for so many entries in a fresh table.
    pub fn make_room(&self, n: usize) {
        if n == 0 || n >= 1 << 28 {
            return;
        }
        self.raw.with_mut(|r| {
            r.entries.reserve_exact(if n > SCAN { n } else { n.max(4) });
            if n > SCAN {
                r.rebuild(n)
            }
        });
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.raw.with(|r| r.live as usize)
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of entries including deleted ones: the bound of `entry_at`.
    #[inline]
    pub fn entry_count(&self) -> usize {
        self.raw.with(|r| r.entries.len())
    }

    /// The keys, in order.
    pub fn keys(&self) -> Vec<Value> {
        self.raw.with(|r| {
            let mut out = Vec::with_capacity(r.live as usize);
            out.extend(r.entries.iter().filter_map(|e| e.key.clone()));
            out
        })
    }

    /// Shows each key to `f`, which must run no Python code.
    pub fn each_key(&self, f: impl FnMut(&Value)) {
        self.raw.with(|r| r.entries.iter().filter_map(|e| e.key.as_ref()).for_each(f))
    }

    /// Makes room for so many entries in an empty table.
    pub fn reserve(&self, n: usize) {
        self.raw.with_mut(|r| {
            if n > SCAN && n < (1 << 28) && r.live == 0 {
                r.entries.reserve(n);
                r.rebuild(n);
            }
        })
    }

    /// Fills an empty table from pairs that move in as long as their keys are strings, each another one; answers how many
    /// have gone.
    pub fn fill_fresh<'a>(
        &self,
        vm: &Vm,
        n: usize,
        key: impl Fn(usize) -> &'a Value,
        take: impl Fn(usize) -> (Value, Value),
    ) -> usize {
        self.raw.with_mut(|r| {
            for i in 0..n {
                let Some(s) = key(i).downcast_exact::<Str>() else { return i };
                let hash = vm.str_hash(s);
                let few = n <= SCAN;
                // Of few, one with an equal hash goes the general way.
                let met = match few {
                    true => r.entries.iter().any(|e| e.hash == hash),
                    false => r.probe_str(s, hash).is_some(),
                };
                if met {
                    return i;
                }
                let (key, value) = take(i);
                if few {
                    r.entries.push(Entry { hash, key: Some(key), value: Some(value) });
                    r.live += 1;
                } else {
                    r.push(key, hash, Some(value));
                }
            }
            n
        })
    }

    /// Puts a string key in that is not there.
    pub fn push_str(&self, vm: &Vm, key: &Gc<Str>, value: Value) {
        let hash = vm.str_hash(key);
        self.raw.with_mut(|r| r.push(key.to_value(), hash, Some(value)));
    }

    /// A number that stays the same as long as keys and their entry positions do; unique in the process's thread.
    pub fn version(&self) -> u64 {
        self.raw.with_mut(|r| {
            if r.version == 0 {
                r.version = VERSIONS.fetch_add(1, Ordering::Relaxed);
            }
            r.version
        })
    }

    /// A version that goes when a value does, too; 0 for a table whose values change often.
    pub fn version_of_values(&self) -> u64 {
        const MOST: u8 = 100;
        if self.raw.with(|r| r.values_changed) > MOST {
            return 0;
        }
        let version = self.version();
        self.raw.with_mut(|r| r.values_known = true);
        version
    }

    /// The version if it is known without making one (for cache checks).
    #[inline(always)]
    pub fn current_version(&self) -> u64 {
        self.raw.with(|r| r.version)
    }

    /// The value of the entry at a position that a cache remembers.
    #[inline(always)]
    pub fn value_at(&self, i: usize) -> Option<Value> {
        self.raw.with(|r| r.entries.get(i).and_then(|e| e.value.clone()))
    }

    /// Replaces the value of the entry at a position that a cache remembers.
    pub fn set_value_at(&self, i: usize, v: Value) {
        let old = self.raw.with_mut(|r| match r.entries.get(i) {
            Some(e) if e.key.is_some() => r.replace(i, Some(v)),
            _ => Some(v),
        });
        drop(old)
    }

    /// Key and value at a position, if live.
    #[inline]
    pub fn entry_at(&self, i: usize) -> Option<(Value, Option<Value>)> {
        self.raw.with(|r| {
            let e = r.entries.get(i)?;
            Some((e.key.clone()?, e.value.clone()))
        })
    }

    /// The next live entry at or after `i`: (position, key, value).
    #[inline]
    pub fn next_entry(&self, mut i: usize) -> Option<(usize, Value, Option<Value>)> {
        self.raw.with(|r| {
            i = i.max(r.first as usize);
            while let Some(e) = r.entries.get(i) {
                if let Some(k) = &e.key {
                    return Some((i, k.clone(), e.value.clone()));
                }
                i += 1;
            }
            None
        })
    }

    /// The last live entry before `end`.
    pub fn prev_entry(&self, end: usize) -> Option<(usize, Value, Option<Value>)> {
        self.raw.with(|r| {
            let mut i = end.min(r.entries.len());
            while i > 0 {
                i -= 1;
                if let Some(k) = &r.entries[i].key {
                    return Some((i, k.clone(), r.entries[i].value.clone()));
                }
            }
            None
        })
    }

    /// The hash stored with the entry.
    pub fn hash_at(&self, i: usize) -> Option<i64> {
        self.raw.with(|r| r.entries.get(i).map(|e| e.hash))
    }

    /// Finds a key: its entry position. May run Python code (`__eq__`).
    #[inline]
    pub fn find(&self, vm: &Vm, key: &Value, hash: i64) -> PyResult<Option<usize>> {
        let key_str = key.downcast_exact::<Str>();
        match self.raw.with(|r| r.probe(key, key_str, hash, &[])) {
            Probe::Found(i) => Ok(Some(i)),
            Probe::Absent => Ok(None),
            Probe::Ask(i, k) => self.find_asking(vm, key, key_str, hash, i, k),
        }
    }

    #[cold]
    fn find_asking(
        &self,
        vm: &Vm,
        key: &Value,
        key_str: Option<&Gc<Str>>,
        hash: i64,
        mut i: usize,
        mut candidate: Value,
    ) -> PyResult<Option<usize>> {
        let mut unequal = Vec::new();
        loop {
            let equal = vm.eq(&candidate, key)?;
            // I1: the table may have changed meanwhile.
            let same = self.raw.with(|r| {
                r.entries
                    .get(i)
                    .is_some_and(|e| e.hash == hash && e.key.as_ref().is_some_and(|k| k.is(&candidate)))
            });
            if !same {
                unequal.truncate(0);
            } else if equal {
                return Ok(Some(i));
            } else {
                unequal.push(i);
            }
            match self.raw.with(|r| r.probe(key, key_str, hash, &unequal)) {
                Probe::Found(i) => return Ok(Some(i)),
                Probe::Absent => return Ok(None),
                Probe::Ask(j, k) => {
                    i = j;
                    candidate = k;
                }
            }
        }
    }

    /// Finds a string key without running Python code: for tables of attribute names. Keys that are no strings are
    /// passed over.
    #[inline]
    pub fn find_str(&self, vm: &Vm, key: &Gc<Str>) -> Option<usize> {
        let hash = vm.str_hash(key);
        self.raw.with(|r| r.probe_str(key, hash))
    }

    #[inline]
    pub fn get_str(&self, vm: &Vm, key: &Gc<Str>) -> Option<Value> {
        let hash = vm.str_hash(key);
        self.raw.with(|r| r.probe_str(key, hash).and_then(|i| r.entries[i].value.clone()))
    }

    /// Whether looking for a name in it can run no Python code.
    #[inline]
    pub fn has_only_str_keys(&self) -> bool {
        self.raw.with(|r| r.str_only)
    }

    /// The value of a small int or string as the key, if nobody has to be asked about it; `None`: somebody has.
    #[inline]
    pub fn get_plain(&self, vm: &Vm, key: &Value) -> Option<Option<Value>> {
        let (key_str, hash) = plain_key(vm, key)?;
        self.raw.with(|r| match r.probe_plain(key, key_str, hash) {
            Probe::Found(i) => Some(r.entries.get(i).and_then(|e| e.value.clone())),
            Probe::Absent => Some(None),
            Probe::Ask(..) => None,
        })
    }

    /// Puts a value under a small int or string, and answers what was there, if nobody has to be asked about the key; `None`,
    /// and the value is not made: somebody has.
    #[inline]
    pub fn put_plain(&self, vm: &Vm, key: &Value, value: impl FnOnce() -> Value) -> Option<Option<Value>> {
        let (key_str, hash) = plain_key(vm, key)?;
        self.raw.with_mut(|r| match r.probe_plain(key, key_str, hash) {
            Probe::Found(i) => Some(r.replace(i, Some(value()))),
            Probe::Absent => {
                r.push(key.clone(), hash, Some(value()));
                Some(None)
            }
            Probe::Ask(..) => None,
        })
    }

    /// Takes a small int or string out, with its value if it was there, if nobody has to be asked about it.
    #[inline]
    pub fn remove_plain(&self, vm: &Vm, key: &Value) -> Option<Option<(Option<Value>, Option<Value>)>> {
        let (key_str, hash) = plain_key(vm, key)?;
        self.raw.with_mut(|r| match r.probe_plain(key, key_str, hash) {
            Probe::Found(i) => Some(Some(r.remove(i))),
            Probe::Absent => Some(None),
            Probe::Ask(..) => None,
        })
    }

    pub fn get(&self, vm: &Vm, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        let key_str = key.downcast_exact::<Str>();
        // The value at once, when nobody has to be asked.
        let (i, asked) = match self.raw.with(|r| match r.probe(key, key_str, hash, &[]) {
            Probe::Found(i) => Ok(r.entries.get(i).and_then(|e| e.value.clone())),
            Probe::Absent => Ok(None),
            Probe::Ask(i, k) => Err((i, k)),
        }) {
            Ok(found) => return Ok(found),
            Err(ask) => ask,
        };
        Ok(self.find_asking(vm, key, key_str, hash, i, asked)?.and_then(|i| self.value_at(i)))
    }

    /// What is there for a key that is a word of its own (an int), unless a key of another kind may be equal.
    #[inline]
    pub fn get_word(&self, key: &Value, hash: i64) -> Option<Value> {
        self.raw.with(|r| match r.probe(key, None, hash, &[]) {
            Probe::Found(i) => r.entries.get(i).and_then(|e| e.value.clone()),
            Probe::Absent | Probe::Ask(..) => None,
        })
    }

    /// Inserts or replaces; answers the old value of the key, if it was there.
    pub fn insert(
        &self,
        vm: &Vm,
        key: &Value,
        hash: i64,
        value: Option<Value>,
    ) -> PyResult<Option<Option<Value>>> {
        match self.find(vm, key, hash)? {
            Some(i) => Ok(Some(self.raw.with_mut(|r| r.replace(i, value)))),
            None => {
                self.raw.with_mut(|r| r.push(key.clone(), hash, value));
                Ok(None)
            }
        }
    }

    /// Inserts or replaces. A key that is not there and needs no question is looked for and put in at one go.
    #[inline]
    pub fn put(&self, vm: &Vm, key: &Value, hash: i64, value: Value) -> PyResult<()> {
        let key_str = key.downcast_exact::<Str>();
        let left = self.raw.with_mut(|r| match r.probe(key, key_str, hash, &[]) {
            Probe::Absent => {
                r.push(key.clone(), hash, Some(value));
                Ok(None)
            }
            Probe::Found(i) => Ok(r.replace(i, Some(value))),
            Probe::Ask(..) => Err(value),
        });
        match left {
            Ok(old) => drop(old),
            Err(value) => drop(self.insert(vm, key, hash, Some(value))?),
        }
        Ok(())
    }

    /// The value of a key, which is inserted with this value if it was not there: (value, was it there).
    pub fn get_or_insert(&self, vm: &Vm, key: &Value, hash: i64, value: &Value) -> PyResult<(Value, bool)> {
        match self.find(vm, key, hash)? {
            Some(i) => Ok((self.value_at(i).unwrap_or(Value::NONE), true)),
            None => {
                self.raw.with_mut(|r| r.push(key.clone(), hash, Some(value.clone())));
                Ok((value.clone(), false))
            }
        }
    }

    /// Takes the last entry out, and with it the deleted ones behind it, so that taking them all is linear.
    pub fn pop_last(&self) -> Option<(Value, Option<Value>)> {
        let (i, ..) = self.prev_entry(usize::MAX)?;
        let out = self.remove_at(i);
        self.raw.with_mut(|r| {
            r.entries.truncate(i);
            r.first = r.first.min(i as u32);
        });
        out
    }

    /// Makes the entry at a position the last one or the first one (in linear time).
    pub fn move_entry(&self, i: usize, last: bool) {
        self.raw.with_mut(|r| {
            let Some(hash) = r.entries.get(i).filter(|e| e.key.is_some()).map(|e| e.hash) else { return };
            let (Some(key), value) = r.remove(i) else { return };
            if last {
                return r.push(key, hash, value);
            }
            r.entries.retain(|e| e.key.is_some());
            r.entries.insert(0, Entry { hash, key: Some(key), value });
            r.live += 1;
            r.rebuild(r.live as usize);
        })
    }

    /// Inserts or replaces under a string key, without running Python code.
    pub fn set_str(&self, vm: &Vm, key: &Gc<Str>, value: Value) {
        let hash = vm.str_hash(key);
        let old = self.raw.with_mut(|r| match r.probe_str(key, hash) {
            Some(i) => r.replace(i, Some(value)),
            None => {
                r.push(key.to_value(), hash, Some(value));
                None
            }
        });
        drop(old)
    }

    /// Takes a string key out.
    pub fn remove_str(&self, vm: &Vm, key: &Gc<Str>) -> Option<Value> {
        let hash = vm.str_hash(key);
        let out = self.raw.with_mut(|r| r.probe_str(key, hash).map(|i| r.remove(i)));
        out.and_then(|(_, v)| v)
    }

    /// Takes a key out: (key, value).
    pub fn remove(&self, vm: &Vm, key: &Value, hash: i64) -> PyResult<Option<(Value, Option<Value>)>> {
        match self.find(vm, key, hash)? {
            Some(i) => Ok(self.remove_at(i)),
            None => Ok(None),
        }
    }

    /// Takes the entry at a position out.
    pub fn remove_at(&self, i: usize) -> Option<(Value, Option<Value>)> {
        let (k, v) =
            self.raw.with_mut(|r| if r.entries.get(i)?.key.is_some() { Some(r.remove(i)) } else { None })?;
        Some((k?, v))
    }

    pub fn clear(&self) {
        drop(self.raw.replace(Raw::new()));
    }

    /// A copy with the same order and no deleted entries.
    pub fn copy(&self) -> Table {
        let raw = self.raw.with(|r| {
            if r.live as usize == r.entries.len() {
                // The same places: nothing has to be found anew.
                let entries = r.entries.iter().map(|e| Entry {
                    hash: e.hash,
                    key: e.key.clone(),
                    value: e.value.clone(),
                });
                return Raw {
                    indices: r.indices.clone(),
                    entries: entries.collect(),
                    live: r.live,
                    filled: r.filled,
                    first: 0,
                    str_only: r.str_only,
                    values_known: false,
                    values_changed: 0,
                    version: 0,
                };
            }
            let mut n = Raw {
                indices: Box::default(),
                entries: r
                    .entries
                    .iter()
                    .filter(|e| e.key.is_some())
                    .map(|e| Entry { hash: e.hash, key: e.key.clone(), value: e.value.clone() })
                    .collect(),
                live: r.live,
                filled: 0,
                first: 0,
                str_only: r.str_only,
                values_known: false,
                values_changed: 0,
                version: 0,
            };
            n.rebuild(n.live as usize);
            n
        });
        Table { raw: Guarded::new(raw) }
    }

    /// Shows all entries that have a value to a closure, which must not run Python code or drop values.
    #[inline]
    pub fn each(&self, mut f: impl FnMut(&Value, &Value)) {
        self.raw.with(|r| {
            for e in &r.entries {
                if let (Some(k), Some(v)) = (&e.key, &e.value) {
                    f(k, v)
                }
            }
        })
    }

    /// Exchanges the contents with another table.
    pub fn swap(&self, other: &Table) {
        self.raw.with_mut(|a| other.raw.with_mut(|b| std::mem::swap(a, b)))
    }

    /// Bytes that the table occupies beside its own object.
    pub fn byte_size(&self) -> usize {
        self.raw.with(|r| r.indices.len() * 4 + r.entries.capacity() * size_of::<Entry>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(seed: &mut u64) -> u64 {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        *seed
    }

    #[test]
    fn behaves_as_an_ordered_list_of_pairs() {
        crate::selftest::with_vm(|vm| {
            let mut seed = 88172645463325252;
            for size in [4, 12, 100, 3000] {
                let (table, mut model) = (Table::new(), Vec::<(i64, i64)>::new());
                for step in 0..20_000 {
                    let n = (random(&mut seed) % size) as i64;
                    // A few hashes that collide.
                    let hash = n % 37;
                    let key = vm.new_int(n);
                    let at = model.iter().position(|(k, _)| *k == n);
                    match random(&mut seed) % 8 {
                        0..4 => {
                            let old = table.insert(vm, &key, hash, Some(vm.new_int(step))).unwrap();
                            assert_eq!(old.is_some(), at.is_some());
                            match at {
                                Some(i) => model[i].1 = step,
                                None => model.push((n, step)),
                            }
                        }
                        4..6 => {
                            let old = table.remove(vm, &key, hash).unwrap();
                            assert_eq!(old.is_some(), at.is_some());
                            at.map(|i| model.remove(i));
                        }
                        6 => {
                            let last = table.pop_last().map(|(k, _)| k.as_int());
                            assert_eq!(last, model.pop().map(|(k, _)| Some(k)));
                        }
                        _ => {
                            let got = table.get(vm, &key, hash).unwrap().and_then(|v| v.as_int());
                            assert_eq!(got, at.map(|i| model[i].1));
                        }
                    }
                    assert_eq!(table.len(), model.len());
                }
                let check = |t: &Table| {
                    let (mut i, mut got) = (0, Vec::new());
                    while let Some((at, k, v)) = t.next_entry(i) {
                        got.push((k.as_int().unwrap(), v.unwrap().as_int().unwrap()));
                        i = at + 1;
                    }
                    assert_eq!(got, model);
                };
                check(&table);
                check(&table.copy());
            }
        });
    }

    #[test]
    fn taking_and_giving_back_never_fills_the_index() {
        crate::selftest::with_vm(|vm| {
            let table = Table::new();
            for i in 0..20 {
                table.insert(vm, &vm.new_int(i), i, Some(Value::NONE)).unwrap();
            }
            for i in 100..2000 {
                table.insert(vm, &vm.new_int(i), i, Some(Value::NONE)).unwrap();
                assert!(table.pop_last().is_some());
                assert!(table.find(vm, &vm.new_int(-i), i).unwrap().is_none());
            }
            assert_eq!(table.len(), 20);
        });
    }
}
