//! `marshal`: values as bytes and back, CPython's format of version 5. Code objects are in our own serialised form.
//!
//! Input is hostile until proved otherwise: sizes are checked against what is there, depth is limited, and code goes
//! through the verifier.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::bytes_::Bytes;
use crate::types::code::Code;
use crate::types::numbers::{Complex, IntValue, float_value, int_value};
use crate::types::set::{FrozenSet, Set, any_set};
use crate::types::set_table::SetTable;
use crate::types::slice::Slice;
use crate::types::str_::INTERNED;
use dashu_int::{IBig, UBig};
use std::collections::HashMap;
use taipan_bytecode::Blob;
use taipan_text::wtf8::Wtf8;

const VERSION: i64 = 5;
const FLAG_REF: u8 = 0x80;
/// Nesting of containers.
const MAX_DEPTH: u32 = 2000;

/// The writing half.
struct Writer<'a> {
    vm: &'a Vm,
    out: Vec<u8>,
    version: i64,
    allow_code: bool,
    depth: u32,
    /// Address of an object → its number, in the order of first writing.
    seen: HashMap<usize, u32>,
    /// Objects made while writing stay alive, so that no address comes twice.
    kept: Vec<Value>,
    /// Numbers of slices that are being written: what they hold cannot refer to them.
    open: Vec<u32>,
}

enum WriteError {
    Unmarshallable,
    TooDeep,
    CodeDisallowed,
    TooLarge,
    Raised(Raised),
}

impl From<Raised> for WriteError {
    fn from(r: Raised) -> Self {
        WriteError::Raised(r)
    }
}

impl Writer<'_> {
    fn size(&mut self, n: usize) -> Result<(), WriteError> {
        let n = i32::try_from(n).map_err(|_| WriteError::TooLarge)?;
        self.out.extend(n.to_le_bytes());
        Ok(())
    }

    fn sized(&mut self, code: u8, bytes: &[u8]) -> Result<(), WriteError> {
        self.out.push(code);
        self.size(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn items(&mut self, items: &[Value]) -> Result<(), WriteError> {
        items.iter().try_for_each(|v| self.value(v))
    }

    fn value(&mut self, v: &Value) -> Result<(), WriteError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(WriteError::TooDeep);
        }
        let r = self.value_within(v);
        self.depth -= 1;
        r
    }

    fn value_within(&mut self, v: &Value) -> Result<(), WriteError> {
        if v.is_none() {
            self.out.push(b'N');
            return Ok(());
        }
        if let Some(b) = v.as_bool() {
            self.out.push(if b { b'T' } else { b'F' });
            return Ok(());
        }
        if v.is_ellipsis() {
            self.out.push(b'.');
            return Ok(());
        }
        if v.is(self.vm.type_for(&exc::StopIteration).as_value()) {
            self.out.push(b'S');
            return Ok(());
        }
        let mut flag = 0;
        if let Some(h) = v.header()
            && self.version >= 3
        {
            let address = std::ptr::from_ref(h) as usize;
            if let Some(&n) = self.seen.get(&address) {
                if self.open.contains(&n) {
                    return Err(WriteError::Unmarshallable);
                }
                self.out.push(b'r');
                self.out.extend(n.to_le_bytes());
                return Ok(());
            }
            if h.count() > 1 || h.has_flag(INTERNED) {
                self.seen.insert(address, self.seen.len() as u32);
                self.kept.push(v.clone());
                flag = FLAG_REF;
            }
        }
        let at = self.out.len();
        let open = flag != 0 && v.is_instance_of::<Slice>();
        if open {
            self.open.push(self.seen.len() as u32 - 1);
        }
        self.object(v)?;
        if open {
            self.open.pop();
        }
        if let Some(code) = self.out.get_mut(at) {
            *code |= flag;
        }
        Ok(())
    }

    fn object(&mut self, v: &Value) -> Result<(), WriteError> {
        let vm = self.vm;
        let ty = vm.type_of(v).clone();
        let t = &vm.types;
        if ty.is(&t.int) {
            self.int(v)
        } else if ty.is(&t.float) {
            let f = float_value(v).unwrap_or(0.0);
            if self.version > 1 {
                self.out.push(b'g');
                self.out.extend(f.to_le_bytes());
                Ok(())
            } else {
                self.out.push(b'f');
                self.float_text(v)
            }
        } else if let Some(c) = v.downcast_exact::<Complex>() {
            let (re, im) = (c.re, c.im);
            if self.version > 1 {
                self.out.push(b'y');
                self.out.extend(re.to_le_bytes());
                self.out.extend(im.to_le_bytes());
                Ok(())
            } else {
                self.out.push(b'x');
                self.float_text(&vm.new_float(re))?;
                self.float_text(&vm.new_float(im))
            }
        } else if let Some(b) = v.downcast_exact::<Bytes>() {
            self.sized(b's', b.as_bytes())
        } else if let Some(s) = v.downcast_exact::<Str>() {
            let interned = s.header().has_flag(INTERNED);
            let bytes = s.as_bytes();
            if self.version >= 4 && s.is_ascii() {
                if let Ok(n) = u8::try_from(bytes.len()) {
                    self.out.push(if interned { b'Z' } else { b'z' });
                    self.out.push(n);
                    self.out.extend_from_slice(bytes);
                    return Ok(());
                }
                return self.sized(if interned { b'A' } else { b'a' }, bytes);
            }
            self.sized(if interned && self.version >= 3 { b't' } else { b'u' }, bytes)
        } else if let Some(items) = v.downcast_exact::<Tuple>() {
            match u8::try_from(items.len()) {
                Ok(n) if self.version >= 4 => self.out.extend([b')', n]),
                _ => {
                    self.out.push(b'(');
                    self.size(items.len())?;
                }
            }
            self.items(items.items())
        } else if let Some(l) = v.downcast_exact::<List>() {
            let items = l.to_vec();
            self.out.push(b'[');
            self.size(items.len())?;
            self.items(&items)
        } else if let Some(d) = v.downcast_exact::<Dict>() {
            self.out.push(b'{');
            for (k, x) in d.pairs() {
                self.value(&k)?;
                self.value(&x)?;
            }
            self.out.push(b'0');
            Ok(())
        } else if (ty.is(&t.set) || ty.is(&t.frozenset))
            && let Some(table) = any_set(v)
        {
            self.set(ty.is(&t.set), table)
        } else if let Some(code) = v.downcast_exact::<Code>() {
            if !self.allow_code {
                return Err(WriteError::CodeDisallowed);
            }
            if !code.is_whole() {
                return Err(WriteError::Unmarshallable);
            }
            let bytes = taipan_bytecode::serialize(&code.data);
            self.sized(b'c', &bytes)
        } else if let Some(s) = v.downcast_exact::<Slice>() {
            if self.version < 5 {
                return Err(WriteError::Unmarshallable);
            }
            let parts = [s.start.clone(), s.stop.clone(), s.step.clone()];
            self.out.push(b':');
            self.items(&parts)
        } else if vm.has_buffer(v) {
            let bytes = vm.bytes_like(v);
            let Some(bytes) = vm.suppress(bytes, &exc::BufferError)? else {
                return Err(WriteError::Unmarshallable);
            };
            self.sized(b's', &bytes)
        } else {
            self.out.push(b'?');
            Err(WriteError::Unmarshallable)
        }
    }

    /// Elements in the order of their own bytes, so that equal sets give equal bytes.
    fn set(&mut self, mutable: bool, table: &SetTable) -> Result<(), WriteError> {
        self.out.push(if mutable { b'<' } else { b'>' });
        let entries = table.entries();
        self.size(entries.len())?;
        let mut keyed = Vec::with_capacity(entries.len());
        for (v, _) in entries {
            let mut alone = Writer {
                vm: self.vm,
                out: Vec::new(),
                version: self.version,
                allow_code: self.allow_code,
                depth: self.depth,
                seen: HashMap::new(),
                kept: Vec::new(),
                open: Vec::new(),
            };
            alone.value(&v)?;
            keyed.push((alone.out, v));
        }
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        keyed.iter().try_for_each(|(_, v)| self.value(v))
    }

    fn float_text(&mut self, v: &Value) -> Result<(), WriteError> {
        let f = float_value(v).unwrap_or(0.0);
        let text = self.vm.repr(&self.vm.new_float(f))?;
        let bytes = text.as_bytes();
        self.out.push(bytes.len() as u8);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn int(&mut self, v: &Value) -> Result<(), WriteError> {
        let n = match int_value(v) {
            Some(IntValue::Small(n)) => match i32::try_from(n) {
                Ok(n) => {
                    self.out.push(b'i');
                    self.out.extend(n.to_le_bytes());
                    return Ok(());
                }
                Err(_) => IBig::from(n),
            },
            Some(IntValue::Big(b)) => b.clone(),
            None => return Err(WriteError::Unmarshallable),
        };
        let negative = n < IBig::ZERO;
        let bytes = if negative { UBig::try_from(-n) } else { UBig::try_from(n) }
            .map(|u| u.to_le_bytes())
            .unwrap_or_default();
        let mut digits: Vec<u16> = Vec::with_capacity(bytes.len() * 8 / 15 + 1);
        let (mut acc, mut bits) = (0u32, 0);
        for b in bytes.iter() {
            acc |= u32::from(*b) << bits;
            bits += 8;
            if bits >= 15 {
                digits.push((acc & 0x7fff) as u16);
                acc >>= 15;
                bits -= 15;
            }
        }
        if acc != 0 {
            digits.push(acc as u16);
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let size = i32::try_from(digits.len()).map_err(|_| WriteError::TooLarge)?;
        self.out.push(b'l');
        self.out.extend(if negative { -size } else { size }.to_le_bytes());
        for d in digits {
            self.out.extend(d.to_le_bytes());
        }
        Ok(())
    }
}

/// The bytes of a value.
pub fn dump(vm: &Vm, v: &Value, version: i64, allow_code: bool) -> PyResult<Vec<u8>> {
    let mut w = Writer {
        vm,
        out: Vec::new(),
        version,
        allow_code,
        depth: 0,
        seen: HashMap::new(),
        kept: Vec::new(),
        open: Vec::new(),
    };
    match w.value(v) {
        Ok(()) => Ok(w.out),
        Err(WriteError::Unmarshallable) => Err(vm.value_error("unmarshallable object")),
        Err(WriteError::TooLarge) => Err(vm.value_error("unmarshallable object")),
        Err(WriteError::TooDeep) => Err(vm.value_error("object too deeply nested to marshal")),
        Err(WriteError::CodeDisallowed) => Err(vm.value_error("marshalling code objects is disallowed")),
        Err(WriteError::Raised(r)) => Err(r),
    }
}

/// Where bytes come from: memory, or an object's `readinto`.
enum Source<'a> {
    Memory { data: &'a [u8], at: usize },
    File(Value),
}

struct Reader<'a> {
    vm: &'a Vm,
    source: Source<'a>,
    allow_code: bool,
    depth: u32,
    refs: Vec<Option<Value>>,
    loops: Loops,
}

/// Lists and dicts within a tuple that refer to the tuple: it is put there once it is made.
#[derive(Default)]
struct Loops {
    /// References that stand for tuples being read.
    tuples: Vec<usize>,
    /// Whether the value that is read next may be such a tuple, and which one it was.
    allowed: bool,
    found: Option<usize>,
    gaps: Vec<Gap>,
}

/// A place where a tuple is missing.
struct Gap {
    tuple: usize,
    container: Value,
    key: Value,
}

impl<'a> Reader<'a> {
    fn new(vm: &'a Vm, source: Source<'a>, allow_code: bool) -> Reader<'a> {
        Reader { vm, source, allow_code, depth: 0, refs: Vec::new(), loops: Loops::default() }
    }

    fn eof(&self) -> Raised {
        self.vm.raise_new(&exc::EOFError, "marshal data too short")
    }

    fn bad(&self, what: &str) -> Raised {
        self.vm.value_error(format_args!("bad marshal data ({what})"))
    }

    fn take(&mut self, n: usize) -> PyResult<Vec<u8>> {
        match &mut self.source {
            Source::Memory { data, at } => {
                let part = at.checked_add(n).and_then(|end| data.get(*at..end)).map(<[u8]>::to_vec);
                match part {
                    Some(p) => {
                        *at += n;
                        Ok(p)
                    }
                    None => Err(self.eof()),
                }
            }
            Source::File(file) => {
                let (vm, file) = (self.vm, file.clone());
                let mut room = Vec::new();
                if room.try_reserve_exact(n).is_err() {
                    return Err(vm.memory_error());
                }
                room.resize(n, 0);
                let target = vm.new_bytearray(room).into_value();
                let view = vm.new_memoryview(&target)?;
                let got = vm.call_method(&file, "readinto", &[view])?;
                let got = vm.index_i64(&got, "cannot fit 'int' into an index-sized integer")?;
                if got > n as i64 {
                    return Err(vm.value_error(format_args!(
                        "read() returned too much data: {n} bytes requested, {got} returned"
                    )));
                }
                if got < n as i64 { Err(self.eof()) } else { Ok(vm.bytes_like(&target)?.to_vec()) }
            }
        }
    }

    fn byte(&mut self) -> PyResult<u8> {
        if let Source::Memory { data, at } = &mut self.source {
            return match data.get(*at) {
                Some(b) => {
                    *at += 1;
                    Ok(*b)
                }
                None => Err(self.eof()),
            };
        }
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    fn i32(&mut self) -> PyResult<i32> {
        let b = self.take(4)?;
        Ok(b.first_chunk::<4>().map_or(0, |c| i32::from_le_bytes(*c)))
    }

    fn f64(&mut self) -> PyResult<f64> {
        let b = self.take(8)?;
        Ok(b.first_chunk::<8>().map_or(0.0, |c| f64::from_le_bytes(*c)))
    }

    fn f64_text(&mut self) -> PyResult<f64> {
        let n = self.byte()? as usize;
        let text = self.take(n)?;
        let text = std::str::from_utf8(&text).unwrap_or("");
        match text.trim().parse() {
            Ok(f) => Ok(f),
            Err(_) => Err(self.vm.value_error(format_args!("could not convert string to float: {text}"))),
        }
    }

    fn size(&mut self, what: &str) -> PyResult<usize> {
        let n = self.i32()?;
        match usize::try_from(n) {
            Ok(n) => Ok(n),
            Err(_) => Err(self.bad(&format!("{what} size out of range"))),
        }
    }

    fn keep(&mut self, flag: bool, v: &Value) {
        if flag {
            self.refs.push(Some(v.clone()));
        }
    }

    fn reserve(&mut self, flag: bool) -> Option<usize> {
        flag.then(|| {
            self.refs.push(None);
            self.refs.len() - 1
        })
    }

    /// As `value`, within a container that can be filled later: `None` is what is still missing.
    fn value_of(&mut self, within: &str, container: &Value, key: &Value) -> PyResult<Option<Value>> {
        self.loops.allowed = !self.loops.tuples.is_empty();
        let v = self.object();
        self.loops.allowed = false;
        if let Some(tuple) = self.loops.found.take() {
            self.loops.gaps.push(Gap { tuple, container: container.clone(), key: key.clone() });
        }
        match v? {
            None if within != "dict" => {
                Err(self.vm.type_error(format_args!("NULL object in marshal data for {within}")))
            }
            v => Ok(v),
        }
    }

    fn tuple(&mut self, n: usize, flag: bool) -> PyResult<Value> {
        let place = self.reserve(flag);
        self.loops.tuples.extend(place);
        let items = self.items(n, "tuple")?;
        let t = self.vm.new_tuple(items).into_value();
        self.settle(place, &t);
        let Some(place) = place else { return Ok(t) };
        self.loops.tuples.pop();
        let (mine, others) = std::mem::take(&mut self.loops.gaps).into_iter().partition(|g| g.tuple == place);
        self.loops.gaps = others;
        let mine: Vec<Gap> = mine;
        for gap in &mine {
            if let Some(list) = gap.container.downcast::<List>() {
                drop(list.set(gap.key.as_int().unwrap_or(0) as usize, t.clone()));
            } else if let Some(d) = gap.container.downcast::<Dict>() {
                d.set(self.vm, &gap.key, t.clone())?;
            }
        }
        Ok(t)
    }

    fn settle(&mut self, place: Option<usize>, v: &Value) {
        if let Some(slot) = place.and_then(|i| self.refs.get_mut(i)) {
            *slot = Some(v.clone());
        }
    }

    /// A value that must be there.
    fn value(&mut self, within: &str) -> PyResult<Value> {
        match self.object()? {
            Some(v) => Ok(v),
            None => Err(self.vm.type_error(format_args!("NULL object in marshal data for {within}"))),
        }
    }

    fn object(&mut self) -> PyResult<Option<Value>> {
        let code = match self.byte() {
            Ok(c) => c,
            Err(raised) => {
                if self.vm.raised_is(&exc::EOFError) {
                    drop(self.vm.take_raised());
                    return Err(self.vm.raise_new(&exc::EOFError, "EOF read where object expected"));
                }
                return Err(raised);
            }
        };
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.depth -= 1;
            return Err(self.vm.value_error("recursion limit exceeded"));
        }
        let vm = self.vm;
        let r = vm.recurse(" while unmarshalling", || self.body(code & !FLAG_REF, code & FLAG_REF != 0));
        self.depth -= 1;
        r
    }

    /// Room for `n` items, no more than the input can hold.
    fn room(&self, n: usize) -> PyResult<()> {
        match &self.source {
            Source::Memory { data, at } if n > data.len().saturating_sub(*at) => Err(self.eof()),
            _ => Ok(()),
        }
    }

    fn items(&mut self, n: usize, within: &str) -> PyResult<Vec<Value>> {
        self.room(n)?;
        let mut items = Vec::with_capacity(n.min(4096));
        for _ in 0..n {
            items.push(self.value(within)?);
        }
        Ok(items)
    }

    fn body(&mut self, code: u8, flag: bool) -> PyResult<Option<Value>> {
        let vm = self.vm;
        let in_loop = std::mem::take(&mut self.loops.allowed);
        let v = match code {
            b'0' => return Ok(None),
            b'N' => return Ok(Some(Value::NONE)),
            b'T' => return Ok(Some(Value::TRUE)),
            b'F' => return Ok(Some(Value::FALSE)),
            b'.' => return Ok(Some(Value::ELLIPSIS)),
            b'S' => return Ok(Some(vm.type_for(&exc::StopIteration).into_value())),
            b'i' => vm.new_int(self.i32()?.into()),
            b'I' => {
                let b = self.take(8)?;
                vm.new_int(b.first_chunk::<8>().map_or(0, |c| i64::from_le_bytes(*c)))
            }
            b'l' => self.long()?,
            b'f' => vm.new_float(self.f64_text()?),
            b'g' => vm.new_float(self.f64()?),
            b'x' => {
                let (re, im) = (self.f64_text()?, self.f64_text()?);
                vm.new_complex(re, im)
            }
            b'y' => {
                let (re, im) = (self.f64()?, self.f64()?);
                vm.new_complex(re, im)
            }
            b's' => {
                let n = self.size("bytes object")?;
                self.room(n)?;
                vm.new_bytes(&self.take(n)?).into_value()
            }
            b'z' | b'Z' => {
                let n = self.byte()? as usize;
                self.text(n, code == b'Z')?
            }
            b'a' | b'A' | b't' | b'u' => {
                let n = self.size("string")?;
                self.room(n)?;
                self.text(n, matches!(code, b'A' | b't'))?
            }
            b'(' | b')' => {
                let n = if code == b')' { self.byte()? as usize } else { self.size("tuple")? };
                return self.tuple(n, flag).map(Some);
            }
            b'[' => {
                let n = self.size("list")?;
                self.room(n)?;
                let list = vm.new_list(Vec::new());
                self.keep(flag, list.as_value());
                for i in 0..n {
                    let item = self.value_of("list", list.as_value(), &vm.new_int(i as i64))?;
                    list.push(item.unwrap_or(Value::NONE));
                }
                return Ok(Some(list.into_value()));
            }
            b'{' => {
                let d = vm.new_dict();
                self.keep(flag, d.as_value());
                while let Some(key) = self.object()? {
                    let Some(v) = self.value_of("dict", d.as_value(), &key)? else { break };
                    d.set(vm, &key, v)?;
                }
                return Ok(Some(d.into_value()));
            }
            b'<' | b'>' => return self.set(code == b'<', flag).map(Some),
            b'c' => self.code(flag)?,
            b':' => {
                let place = self.reserve(flag);
                let (a, b, c) = (self.value("slice")?, self.value("slice")?, self.value("slice")?);
                let s = vm.new_slice(a, b, c).into_value();
                self.settle(place, &s);
                return Ok(Some(s));
            }
            b'r' => {
                let n = self.i32()?;
                let n = usize::try_from(n).unwrap_or(usize::MAX);
                return match self.refs.get(n).cloned().flatten() {
                    Some(v) => Ok(Some(v)),
                    None if in_loop && self.loops.tuples.contains(&n) => {
                        self.loops.found = Some(n);
                        Ok(Some(Value::NONE))
                    }
                    None => Err(self.bad("invalid reference")),
                };
            }
            _ => return Err(self.bad("unknown type code")),
        };
        self.keep(flag, &v);
        Ok(Some(v))
    }

    fn text(&mut self, n: usize, interned: bool) -> PyResult<Value> {
        let bytes = self.take(n)?;
        let Some(text) = Wtf8::from_bytes(&bytes) else {
            return Err(self.bad("invalid text"));
        };
        let s = self.vm.new_wtf8(text);
        Ok(if interned { self.vm.intern_str(&s) } else { s }.into_value())
    }

    fn set(&mut self, mutable: bool, flag: bool) -> PyResult<Value> {
        let vm = self.vm;
        let n = self.size("set")?;
        self.room(n)?;
        if mutable {
            let set: Gc<Set> = vm.new_set(SetTable::new());
            self.keep(flag, set.as_value());
            for _ in 0..n {
                let item = self.value("set")?;
                vm.set_add(&set, &item)?;
            }
            return Ok(set.into_value());
        }
        let place = self.reserve(flag);
        let table = SetTable::new();
        for item in self.items(n, "set")? {
            let hash = vm.hash(&item)?;
            table.add(vm, &item, hash)?;
        }
        let set: Gc<FrozenSet> = vm.new_frozenset(table);
        self.settle(place, set.as_value());
        Ok(set.into_value())
    }

    fn long(&mut self) -> PyResult<Value> {
        let n = self.i32()?;
        if n == i32::MIN {
            return Err(self.bad("long size out of range"));
        }
        let count = n.unsigned_abs() as usize;
        let Some(len) = count.checked_mul(2) else { return Err(self.bad("long size out of range")) };
        self.room(len)?;
        let raw = self.take(len)?;
        let mut bytes = Vec::with_capacity(count * 2);
        let (mut acc, mut bits) = (0u32, 0);
        let mut last = 1;
        for pair in raw.chunks_exact(2) {
            let d = pair.first_chunk::<2>().map_or(0, |c| u16::from_le_bytes(*c));
            if d > 0x7fff {
                return Err(self.bad("digit out of range in long"));
            }
            last = d;
            acc |= u32::from(d) << bits;
            bits += 15;
            while bits >= 8 {
                bytes.push(acc as u8);
                acc >>= 8;
                bits -= 8;
            }
        }
        if last == 0 {
            return Err(self.bad("unnormalized long data"));
        }
        bytes.push(acc as u8);
        let n_big = IBig::from(UBig::from_le_bytes(&bytes));
        Ok(self.vm.new_bigint(if n < 0 { -n_big } else { n_big }))
    }

    fn code(&mut self, _flag: bool) -> PyResult<Value> {
        if !self.allow_code {
            return Err(self.vm.value_error("unmarshalling code objects is disallowed"));
        }
        let n = self.size("code")?;
        self.room(n)?;
        let bytes = self.take(n)?;
        let loaded = taipan_bytecode::load(Blob::from(bytes)).ok();
        match loaded.filter(|c| taipan_bytecode::verify(c).is_ok()) {
            Some(data) => Ok(self.vm.new_code(data).into_value()),
            None => Err(self.bad("invalid code")),
        }
    }
}

/// The value that the bytes begin with.
pub fn load(vm: &Vm, data: &[u8], allow_code: bool) -> PyResult<Value> {
    let source = Source::Memory { data, at: 0 };
    read(Reader::new(vm, source, allow_code))
}

fn read(mut reader: Reader<'_>) -> PyResult<Value> {
    match reader.object()? {
        Some(v) => Ok(v),
        None => Err(reader.vm.type_error("NULL object in marshal data for object")),
    }
}

/// This module contains functions that can read and write Python values in
/// a binary format. The format is specific to Python, but independent of
/// machine architecture issues.
///
/// Not all Python object types are supported; in general, only objects
/// whose value is independent from a particular invocation of Python can be
/// written and read.
#[pymodule(name = "marshal")]
pub mod marshal {
    use super::*;

    /// Write the value on the open file.
    ///
    ///   value
    ///     Must be a supported type.
    ///   file
    ///     Must be a writeable binary file.
    ///   version
    ///     Indicates the data format that dump should use.
    ///   allow_code
    ///     Allow to write code objects.
    ///
    /// If the value has (or contains an object that has) an unsupported type, a
    /// ValueError exception is raised - but garbage data will also be written
    /// to the file. The object will not be properly read back by load().
    #[pyfn("dump(value, file, version=version, /, *, allow_code=True)")]
    fn dump(
        vm: &Vm,
        value: &Value,
        file: &Value,
        #[raw] version: Option<&Value>,
        allow_code: bool,
    ) -> PyResult<Value> {
        let bytes = audited_dump(vm, value, version, allow_code)?;
        vm.call_method(file, "write", &[vm.new_bytes(&bytes).into_value()])
    }

    /// Read one value from the open file and return it.
    ///
    ///   file
    ///     Must be readable binary file.
    ///   allow_code
    ///     Allow to load code objects.
    ///
    /// If no valid value is read (e.g. because the data has a different Python
    /// version's incompatible marshal format), raise EOFError, ValueError or
    /// TypeError.
    ///
    /// Note: If an object containing an unsupported type was marshalled with
    /// dump(), load() will substitute None for the unmarshallable type.
    #[pyfn("load(file, /, *, allow_code=True)")]
    fn load(vm: &Vm, file: &Value, allow_code: bool) -> PyResult<Value> {
        super::super::sys::audit(vm, "marshal.load", &[])?;
        // An empty read shows whether the file gives bytes at all.
        let probe = vm.call_method(file, "read", &[vm.new_int(0)])?;
        if !probe.is_instance_of::<Bytes>() {
            return Err(vm.type_error(format_args!(
                "file.read() returned not bytes but {}",
                vm.type_of(&probe).name()
            )));
        }
        read(Reader::new(vm, Source::File(file.clone()), allow_code))
    }

    /// Return the bytes object that would be written to a file by dump(value, file).
    ///
    ///   value
    ///     Must be a supported type.
    ///   version
    ///     Indicates the data format that dumps should use.
    ///   allow_code
    ///     Allow to write code objects.
    ///
    /// Raise a ValueError exception if value has (or contains an object that has) an
    /// unsupported type.
    #[pyfn("dumps(value, version=version, /, *, allow_code=True)")]
    fn dumps(vm: &Vm, value: &Value, #[raw] version: Option<&Value>, allow_code: bool) -> PyResult<Value> {
        let bytes = audited_dump(vm, value, version, allow_code)?;
        Ok(vm.new_bytes(&bytes).into_value())
    }

    /// Convert the bytes-like object to a value.
    ///
    ///   allow_code
    ///     Allow to load code objects.
    ///
    /// If no valid value is found, raise EOFError, ValueError or TypeError.  Extra
    /// bytes in the input are ignored.
    #[pyfn("loads(bytes, /, *, allow_code=True)")]
    fn loads(vm: &Vm, bytes: &Value, allow_code: bool) -> PyResult<Value> {
        let data = vm.bytes_like(bytes)?.freeze();
        super::super::sys::audit(vm, "marshal.loads", &[vm.new_bytes(&data).into_value()])?;
        super::load(vm, &data, allow_code)
    }

    #[pyconst("version")]
    const FORMAT_VERSION: i64 = VERSION;
}

fn audited_dump(vm: &Vm, value: &Value, version: Option<&Value>, allow_code: bool) -> PyResult<Vec<u8>> {
    let version = version_of(vm, version)?;
    super::sys::audit(vm, "marshal.dumps", &[value.clone(), vm.new_int(version)])?;
    dump(vm, value, version, allow_code)
}

fn version_of(vm: &Vm, v: Option<&Value>) -> PyResult<i64> {
    match v {
        Some(v) => vm.index_i64(v, "Python int too large to convert to C int"),
        None => Ok(VERSION),
    }
}
