//! A persistent map: the hash array mapped trie (Bagwell, "Ideal Hash Trees") behind `contextvars`. Setting and deleting
//! make a new map that shares all nodes but those on one path with the old one.
//!
//! I1  Nodes and maps never change, so comparing keys (which may run Python code) needs no care while one is walked: the
//!     caller's reference to the root keeps the whole trie.
//! I2  A node sees five bits of the hash, the lowest first; keys whose 32 bits are all the same meet in a collision node,
//!     which may stand at any depth. So no path has more than eight nodes.
//! I3  Below the root a node holds at least two keys, but for the single leaves under an array node.

use crate::prelude::*;
use crate::types::hamt_methods::Map;

const BITS: u32 = 5;
const WIDTH: usize = 1 << BITS;
/// A bitmap node with this many places becomes an array node.
const MANY: usize = 16;

/// How keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// By `==`, identity implying equality.
    Equal,
    /// By identity; runs no Python code.
    Identical,
}

impl Keys {
    fn hash(self, vm: &Vm, key: &Value) -> PyResult<u32> {
        let h = match self {
            Keys::Equal => vm.hash(key)? as u64,
            // The low bits of addresses say nothing.
            Keys::Identical => (key.bits()).rotate_right(4),
        };
        Ok((h ^ (h >> 32)) as u32)
    }

    fn same(self, vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
        match self {
            Keys::Equal => vm.eq(a, b),
            Keys::Identical => Ok(a.is(b)),
        }
    }
}

/// A key with its folded hash and its value.
#[derive(Clone, Trace)]
pub struct Leaf {
    #[notrace]
    hash: u32,
    pub key: Value,
    pub value: Value,
}

#[derive(Clone, Trace)]
enum Place {
    Leaf(Leaf),
    Child(Gc<Node>),
}

#[derive(Trace)]
enum Kind {
    /// A place for each bit that is set, in the order of the bits.
    Bitmap {
        #[notrace]
        bitmap: u32,
        places: Vec<Place>,
    },
    /// `WIDTH` children, of which `MANY` or more are there.
    Array { children: Vec<Option<Gc<Node>>> },
    /// Unequal keys with the same 32 bits of hash.
    Collision {
        #[notrace]
        hash: u32,
        leaves: Vec<Leaf>,
    },
}

#[pytype(name = "hamt_node", flags(GC, NO_NEW), no_methods, no_slots)]
#[derive(Trace)]
pub struct Node {
    kind: Kind,
}

/// What a node shows a walk at one position.
enum Step {
    Leaf(Leaf),
    Down(Gc<Node>),
    Nothing,
    End,
}

/// A trie without one of its keys.
enum Removed {
    NotThere,
    Empty,
    /// One leaf is left, for the node above to hold itself.
    One(Leaf),
    Rest(Gc<Node>),
}

fn part(hash: u32, shift: u32) -> u32 {
    hash.checked_shr(shift).unwrap_or(0) & (WIDTH as u32 - 1)
}

/// Where the place of `bit` is, or would be.
fn position(bitmap: u32, bit: u32) -> usize {
    (bitmap & (bit - 1)).count_ones() as usize
}

fn node(vm: &Vm, kind: Kind) -> Gc<Node> {
    vm.alloc(Node { kind })
}

fn bitmap(vm: &Vm, bitmap: u32, places: Vec<Place>) -> Gc<Node> {
    node(vm, Kind::Bitmap { bitmap, places })
}

/// A bitmap node with one leaf.
fn single(vm: &Vm, leaf: Leaf, shift: u32) -> Gc<Node> {
    bitmap(vm, 1 << part(leaf.hash, shift), vec![Place::Leaf(leaf)])
}

/// A node with two leaves of unequal keys.
fn join(vm: &Vm, a: Leaf, b: Leaf, shift: u32) -> Gc<Node> {
    if a.hash == b.hash {
        return node(vm, Kind::Collision { hash: a.hash, leaves: vec![a, b] });
    }
    let (i, j) = (part(a.hash, shift), part(b.hash, shift));
    let places = match i.cmp(&j) {
        std::cmp::Ordering::Less => vec![Place::Leaf(a), Place::Leaf(b)],
        std::cmp::Ordering::Greater => vec![Place::Leaf(b), Place::Leaf(a)],
        std::cmp::Ordering::Equal => vec![Place::Child(join(vm, a, b, shift + BITS))],
    };
    bitmap(vm, 1 << i | 1 << j, places)
}

fn with_place(places: &[Place], i: usize, place: Place) -> Vec<Place> {
    let mut places = places.to_vec();
    if let Some(p) = places.get_mut(i) {
        *p = place;
    }
    places
}

impl Node {
    /// What is at position `i` of a walk.
    fn step(&self, i: usize) -> Step {
        match &self.kind {
            Kind::Bitmap { places, .. } => match places.get(i) {
                Some(Place::Leaf(l)) => Step::Leaf(l.clone()),
                Some(Place::Child(n)) => Step::Down(n.clone()),
                None => Step::End,
            },
            Kind::Array { children } => match children.get(i) {
                Some(Some(n)) => Step::Down(n.clone()),
                Some(None) => Step::Nothing,
                None => Step::End,
            },
            Kind::Collision { leaves, .. } => leaves.get(i).map_or(Step::End, |l| Step::Leaf(l.clone())),
        }
    }
}

fn find(vm: &Vm, keys: Keys, root: &Gc<Node>, hash: u32, key: &Value) -> PyResult<Option<Value>> {
    let mut node = root;
    let mut shift = 0;
    loop {
        match &node.kind {
            Kind::Bitmap { bitmap, places } => {
                let bit = 1 << part(hash, shift);
                if bitmap & bit == 0 {
                    return Ok(None);
                }
                match places.get(position(*bitmap, bit)) {
                    Some(Place::Child(n)) => node = n,
                    Some(Place::Leaf(l)) if l.hash == hash && keys.same(vm, key, &l.key)? => {
                        return Ok(Some(l.value.clone()));
                    }
                    _ => return Ok(None),
                }
            }
            Kind::Array { children } => match children.get(part(hash, shift) as usize) {
                Some(Some(n)) => node = n,
                _ => return Ok(None),
            },
            Kind::Collision { hash: all, leaves } => {
                if *all != hash {
                    return Ok(None);
                }
                return Ok(index_of(vm, keys, leaves, key)?
                    .and_then(|i| leaves.get(i))
                    .map(|l| l.value.clone()));
            }
        }
        shift += BITS;
    }
}

fn index_of(vm: &Vm, keys: Keys, leaves: &[Leaf], key: &Value) -> PyResult<Option<usize>> {
    for (i, l) in leaves.iter().enumerate() {
        if keys.same(vm, key, &l.key)? {
            return Ok(Some(i));
        }
        if keys == Keys::Equal {
            vm.poll()?;
        }
    }
    Ok(None)
}

/// An insertion on its way down.
struct Insert<'a> {
    vm: &'a Vm,
    keys: Keys,
    leaf: &'a Leaf,
    /// The key was not there.
    added: bool,
}

impl Insert<'_> {
    /// The node with the key set; `None` if it is there with this very value.
    fn set_in(&mut self, at: &Gc<Node>, shift: u32) -> PyResult<Option<Gc<Node>>> {
        match &at.kind {
            Kind::Bitmap { bitmap, places } => self.set_in_bitmap(*bitmap, places, shift),
            Kind::Array { children } => {
                let i = part(self.leaf.hash, shift) as usize;
                let child = match children.get(i) {
                    Some(Some(n)) => match self.set_in(n, shift + BITS)? {
                        Some(n) => n,
                        None => return Ok(None),
                    },
                    _ => {
                        self.added = true;
                        single(self.vm, self.leaf.clone(), shift + BITS)
                    }
                };
                let mut children = children.clone();
                if let Some(c) = children.get_mut(i) {
                    *c = Some(child);
                }
                Ok(Some(node(self.vm, Kind::Array { children })))
            }
            Kind::Collision { hash, leaves } if *hash == self.leaf.hash => {
                self.set_in_collision(*hash, leaves)
            }
            // Another hash: the collision moves below a node that tells the two apart.
            Kind::Collision { hash, .. } => {
                self.set_in_bitmap(1 << part(*hash, shift), &[Place::Child(at.clone())], shift)
            }
        }
    }

    fn set_in_bitmap(&mut self, bits: u32, places: &[Place], shift: u32) -> PyResult<Option<Gc<Node>>> {
        let (vm, leaf) = (self.vm, self.leaf);
        let bit = 1 << part(leaf.hash, shift);
        let i = position(bits, bit);
        let Some(place) = places.get(i).filter(|_| bits & bit != 0) else {
            self.added = true;
            if places.len() >= MANY {
                return Ok(Some(self.widened(bits, places, shift)));
            }
            let mut places = places.to_vec();
            places.insert(i.min(places.len()), Place::Leaf(leaf.clone()));
            return Ok(Some(bitmap(vm, bits | bit, places)));
        };
        let new = match place {
            Place::Child(n) => match self.set_in(n, shift + BITS)? {
                Some(n) => Place::Child(n),
                None => return Ok(None),
            },
            Place::Leaf(l) if l.hash == leaf.hash && self.keys.same(vm, &leaf.key, &l.key)? => {
                if l.value.is(&leaf.value) {
                    return Ok(None);
                }
                Place::Leaf(Leaf { hash: l.hash, key: l.key.clone(), value: leaf.value.clone() })
            }
            Place::Leaf(l) => {
                self.added = true;
                Place::Child(join(vm, l.clone(), leaf.clone(), shift + BITS))
            }
        };
        Ok(Some(bitmap(vm, bits, with_place(places, i, new))))
    }

    /// A full bitmap node as an array node, with the new leaf.
    fn widened(&self, bits: u32, places: &[Place], shift: u32) -> Gc<Node> {
        let mut children = vec![None; WIDTH];
        let mut rest = places.iter();
        for (i, c) in children.iter_mut().enumerate() {
            if i as u32 == part(self.leaf.hash, shift) {
                *c = Some(single(self.vm, self.leaf.clone(), shift + BITS));
            } else if bits & 1 << i != 0 {
                *c = rest.next().map(|p| match p {
                    Place::Leaf(l) => single(self.vm, l.clone(), shift + BITS),
                    Place::Child(n) => n.clone(),
                });
            }
        }
        node(self.vm, Kind::Array { children })
    }

    fn set_in_collision(&mut self, hash: u32, old: &[Leaf]) -> PyResult<Option<Gc<Node>>> {
        let found = index_of(self.vm, self.keys, old, &self.leaf.key)?;
        let mut leaves = Vec::new();
        if leaves.try_reserve_exact(old.len() + 1).is_err() {
            return Err(self.vm.memory_error());
        }
        leaves.extend_from_slice(old);
        match found.and_then(|i| leaves.get_mut(i)) {
            Some(l) if l.value.is(&self.leaf.value) => return Ok(None),
            Some(l) => l.value = self.leaf.value.clone(),
            None => {
                self.added = true;
                leaves.push(self.leaf.clone());
            }
        }
        Ok(Some(node(self.vm, Kind::Collision { hash, leaves })))
    }
}

fn remove(vm: &Vm, keys: Keys, at: &Gc<Node>, shift: u32, hash: u32, key: &Value) -> PyResult<Removed> {
    match &at.kind {
        Kind::Bitmap { bitmap: bits, places } => {
            let bit = 1 << part(hash, shift);
            let i = position(*bits, bit);
            let new = match places.get(i).filter(|_| bits & bit != 0) {
                None => return Ok(Removed::NotThere),
                Some(Place::Leaf(l)) if l.hash == hash && keys.same(vm, key, &l.key)? => None,
                Some(Place::Leaf(_)) => return Ok(Removed::NotThere),
                Some(Place::Child(n)) => match remove(vm, keys, n, shift + BITS, hash, key)? {
                    Removed::NotThere => return Ok(Removed::NotThere),
                    Removed::Empty => None,
                    Removed::One(l) => Some(Place::Leaf(l)),
                    Removed::Rest(n) => Some(Place::Child(n)),
                },
            };
            let (bits, places) = match new {
                Some(p) => (*bits, with_place(places, i, p)),
                None => {
                    let rest = places.iter().enumerate().filter(|(j, _)| *j != i);
                    (*bits & !bit, rest.map(|(_, p)| p.clone()).collect())
                }
            };
            Ok(match places.as_slice() {
                [] => Removed::Empty,
                [Place::Leaf(l)] => Removed::One(l.clone()),
                _ => Removed::Rest(bitmap(vm, bits, places)),
            })
        }
        Kind::Array { children } => {
            let i = part(hash, shift) as usize;
            let Some(Some(n)) = children.get(i) else { return Ok(Removed::NotThere) };
            let new = match remove(vm, keys, n, shift + BITS, hash, key)? {
                Removed::NotThere => return Ok(Removed::NotThere),
                Removed::Empty => None,
                Removed::One(l) => Some(single(vm, l, shift + BITS)),
                Removed::Rest(n) => Some(n),
            };
            let mut children = children.clone();
            if let Some(c) = children.get_mut(i) {
                *c = new;
            }
            if children.iter().flatten().count() < MANY {
                return Ok(Removed::Rest(narrowed(vm, &children)));
            }
            Ok(Removed::Rest(node(vm, Kind::Array { children })))
        }
        Kind::Collision { hash: all, leaves } => {
            if *all != hash {
                return Ok(Removed::NotThere);
            }
            let Some(i) = index_of(vm, keys, leaves, key)? else { return Ok(Removed::NotThere) };
            let mut rest = Vec::new();
            if rest.try_reserve_exact(leaves.len()).is_err() {
                return Err(vm.memory_error());
            }
            rest.extend(leaves.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, l)| l.clone()));
            Ok(match rest.as_slice() {
                [l] => Removed::One(l.clone()),
                _ => Removed::Rest(node(vm, Kind::Collision { hash, leaves: rest })),
            })
        }
    }
}

/// A bitmap node with the children of an array node.
fn narrowed(vm: &Vm, children: &[Option<Gc<Node>>]) -> Gc<Node> {
    let mut bits = 0;
    let mut places = Vec::with_capacity(MANY);
    for (i, c) in children.iter().enumerate() {
        let Some(c) = c else { continue };
        bits |= 1 << i;
        places.push(match &c.kind {
            Kind::Bitmap { places, .. } if places.len() == 1 => match places.first() {
                Some(Place::Leaf(l)) => Place::Leaf(l.clone()),
                _ => Place::Child(c.clone()),
            },
            _ => Place::Child(c.clone()),
        });
    }
    bitmap(vm, bits, places)
}

impl Map {
    pub fn empty(vm: &Vm) -> Gc<Map> {
        vm.alloc(Map { root: None, len: 0 })
    }

    pub fn find(&self, vm: &Vm, keys: Keys, key: &Value) -> PyResult<Option<Value>> {
        let hash = keys.hash(vm, key)?;
        match &self.root {
            Some(root) => find(vm, keys, root, hash, key),
            None => Ok(None),
        }
    }

    /// The value of a leaf's key, taken from another map.
    pub fn find_leaf(&self, vm: &Vm, keys: Keys, leaf: &Leaf) -> PyResult<Option<Value>> {
        match &self.root {
            Some(root) => find(vm, keys, root, leaf.hash, &leaf.key),
            None => Ok(None),
        }
    }

    /// The map with the key set; `None` if it has it with this very value.
    pub fn inserted(&self, vm: &Vm, keys: Keys, key: &Value, value: &Value) -> PyResult<Option<Gc<Map>>> {
        let leaf = Leaf { hash: keys.hash(vm, key)?, key: key.clone(), value: value.clone() };
        let Some(root) = &self.root else {
            return Ok(Some(vm.alloc(Map { root: Some(single(vm, leaf, 0)), len: 1 })));
        };
        let mut insert = Insert { vm, keys, leaf: &leaf, added: false };
        let Some(root) = insert.set_in(root, 0)? else { return Ok(None) };
        let len = self.len + insert.added as usize;
        Ok(Some(vm.alloc(Map { root: Some(root), len })))
    }

    /// The map without the key; `None` if it does not have it.
    pub fn removed(&self, vm: &Vm, keys: Keys, key: &Value) -> PyResult<Option<Gc<Map>>> {
        let hash = keys.hash(vm, key)?;
        let Some(root) = &self.root else { return Ok(None) };
        let root = match remove(vm, keys, root, 0, hash, key)? {
            Removed::NotThere => return Ok(None),
            Removed::Empty => None,
            Removed::One(l) => Some(single(vm, l, 0)),
            Removed::Rest(n) => Some(n),
        };
        Ok(Some(vm.alloc(Map { root, len: self.len.saturating_sub(1) })))
    }

    /// Whether two maps have equal keys with equal values.
    pub fn same(&self, vm: &Vm, keys: Keys, other: &Map) -> PyResult<bool> {
        if self.len != other.len {
            return Ok(false);
        }
        for l in Walk::of(self) {
            match other.find_leaf(vm, keys, &l)? {
                Some(w) if vm.eq(&l.value, &w)? => {}
                _ => return Ok(false),
            }
            vm.poll()?;
        }
        Ok(true)
    }
}

/// A walk over the leaves: the nodes from the root down, each with its next position.
#[derive(Default)]
pub struct Walk {
    path: Vec<(Gc<Node>, usize)>,
}

impl Trace for Walk {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        for (n, _) in &self.path {
            n.trace(visit)
        }
    }
}

impl Walk {
    pub fn of(map: &Map) -> Walk {
        Walk { path: map.root.iter().map(|r| (r.clone(), 0)).collect() }
    }
}

impl Iterator for Walk {
    type Item = Leaf;

    fn next(&mut self) -> Option<Leaf> {
        loop {
            let (node, i) = self.path.last_mut()?;
            let step = node.step(*i);
            *i += 1;
            match step {
                Step::Leaf(l) => return Some(l),
                Step::Down(n) => self.path.push((n, 0)),
                Step::Nothing => {}
                Step::End => drop(self.path.pop()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selftest::with_vm;
    use std::collections::HashMap;

    /// Compares a map with a model of it.
    fn check(vm: &Vm, map: &Map, model: &HashMap<i64, i64>) {
        assert_eq!(map.len, model.len());
        let mut seen = 0;
        for l in Walk::of(map) {
            assert_eq!(model.get(&l.key.as_int().unwrap()), l.value.as_int().as_ref());
            seen += 1;
        }
        assert_eq!(seen, model.len());
        for (k, v) in model {
            let found = map.find(vm, Keys::Equal, &vm.new_int(*k)).unwrap();
            assert_eq!(found.unwrap().as_int(), Some(*v));
        }
    }

    #[test]
    fn maps_behave_as_their_model_and_old_ones_stay() {
        with_vm(|vm| {
            let mut model = HashMap::new();
            let mut map = Map::empty(vm);
            let mut kept = Vec::new();
            let mut random = 1u64;
            for i in 0..6000i64 {
                random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let r = random >> 33;
                // Some keys differ only in bits that folding takes away: they collide.
                let n = (r % 700) as i64;
                let key = if r & 0x8000 == 0 { n } else { n ^ 0x1234_5678 ^ 0x1234_5678 << 32 };
                let k = vm.new_int(key);
                if (r >> 10) % 3 == (i / 2000) as u64 % 2 {
                    let gone = map.removed(vm, Keys::Equal, &k).unwrap();
                    assert_eq!(gone.is_some(), model.remove(&key).is_some());
                    map = gone.unwrap_or(map);
                } else {
                    model.insert(key, i);
                    map = map.inserted(vm, Keys::Equal, &k, &vm.new_int(i)).unwrap().unwrap();
                }
                if i % 500 == 0 {
                    kept.push((map.clone(), model.clone()));
                }
            }
            kept.push((map.clone(), model.clone()));
            for (m, model) in &kept {
                check(vm, m, model);
            }
            for k in model.keys() {
                map = map.removed(vm, Keys::Equal, &vm.new_int(*k)).unwrap().unwrap();
            }
            assert!(map.root.is_none() && map.len == 0);
        });
    }

    #[test]
    fn keys_with_one_hash_meet_in_a_collision_node() {
        with_vm(|vm| {
            let key = |n: i64| vm.new_int(n << 32 | n);
            let mut map = Map::empty(vm);
            for n in 1..=20 {
                map = map.inserted(vm, Keys::Equal, &key(n), &vm.new_int(n)).unwrap().unwrap();
            }
            // Another hash with the same low bits pushes the collision down.
            map = map.inserted(vm, Keys::Equal, &vm.new_int(1 << 31), &Value::NONE).unwrap().unwrap();
            assert_eq!(map.len, 21);
            for n in 1..=20 {
                assert_eq!(map.find(vm, Keys::Equal, &key(n)).unwrap().unwrap().as_int(), Some(n));
            }
            assert!(map.find(vm, Keys::Equal, &key(21)).unwrap().is_none());
            for n in 1..=19 {
                map = map.removed(vm, Keys::Equal, &key(n)).unwrap().unwrap();
            }
            assert_eq!(map.find(vm, Keys::Equal, &key(20)).unwrap().unwrap().as_int(), Some(20));
            assert_eq!(map.len, 2);
        });
    }

    #[test]
    fn setting_what_is_there_makes_no_new_map() {
        with_vm(|vm| {
            let map = Map::empty(vm);
            let (k, v) = (vm.new_str("k").into_value(), vm.new_str("v").into_value());
            let map = map.inserted(vm, Keys::Equal, &k, &v).unwrap().unwrap();
            assert!(map.inserted(vm, Keys::Equal, &k, &v).unwrap().is_none());
            assert!(map.removed(vm, Keys::Equal, &v).unwrap().is_none());
            assert!(map.find(vm, Keys::Identical, &k).is_ok());
        });
    }
}
