//! Writing values: atoms, strings, containers. What only `__reduce__` knows: `reduce.rs`.

use super::memo::Memo;
use super::output::Output;
use super::pickler::{Pickler, lookup};
use super::tables::{Tables, tables};
use super::{buffer, op, pickling_error};
use std::collections::HashSet;
use taipan_vm::native::Owner;
use taipan_vm::prelude::*;
use taipan_vm::types::buffer::Request;
use taipan_vm::types::builtin_function::BuiltinFunction;
use taipan_vm::types::bytearray::ByteArray;
use taipan_vm::types::function::Function;
use taipan_vm::types::numbers::{IntValue, float_value, int_value};
use taipan_vm::types::set::{FrozenSet, Set, full_type_name};

/// How many items go behind one mark.
const BATCH: usize = 1000;
/// From this depth on fast mode looks for cycles.
const FAST_NESTING_LIMIT: usize = 50;

/// Writes one pickle. `zelf`: the pickler as an object, whose class may have methods of its own. Without a file the
/// result is the pickle.
pub fn dump(vm: &Vm, p: &Pickler, zelf: Option<&Value>, obj: &Value) -> PyResult<Vec<u8>> {
    let mut save = Save {
        vm,
        p,
        proto: p.proto.get(),
        bin: p.bin.get() != 0,
        out: Output::new(p.write.get()),
        persistent_id: None,
        reducer_override: None,
        dispatch_table: p.dispatch_table.get(),
        tables: tables(vm)?,
        fast_nesting: 0,
        fast_seen: HashSet::new(),
    };
    if let Some(zelf) = zelf {
        let id = lookup(vm, zelf, &vm.names.persistent_id)?;
        save.persistent_id = id.filter(|f| !is_base_method(f));
        save.reducer_override = lookup(vm, zelf, &vm.names.reducer_override)?;
    }
    if save.proto >= 2 {
        save.put(&[op::PROTO, save.proto as u8])?;
        save.out.framing = save.proto >= 4;
    }
    save.value(obj)?;
    save.put(&[op::STOP])?;
    save.out.commit_frame();
    save.out.framing = false;
    save.out.flush(vm)?;
    Ok(save.out.bytes)
}

/// Whether this is `Pickler.persistent_id` itself, which says nothing.
fn is_base_method(f: &Value) -> bool {
    let def = f.downcast_exact::<BuiltinFunction>().and_then(|f| f.def());
    def.is_some_and(|d| matches!(d.owner, Owner::Type(t) if std::ptr::eq(t(), Pickler::def())))
}

pub struct Save<'a> {
    pub vm: &'a Vm,
    pub p: &'a Pickler,
    pub proto: i64,
    pub bin: bool,
    pub out: Output,
    persistent_id: Option<Value>,
    reducer_override: Option<Value>,
    dispatch_table: Option<Value>,
    pub tables: &'a Tables,
    fast_nesting: usize,
    fast_seen: HashSet<u64>,
}

impl Save<'_> {
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> PyResult<()> {
        self.out.put(self.vm, bytes)
    }

    /// Says during what an exception came up.
    #[cold]
    pub fn note(&self, text: std::fmt::Arguments<'_>) -> Raised {
        let vm = self.vm;
        let e = vm.take_raised();
        let note = vm.new_str(&text.to_string());
        match vm.call_method(&e, "add_note", &[note.into_value()]) {
            Ok(_) => vm.reraise(e),
            Err(raised) => raised,
        }
    }

    /// `when serializing T …`.
    #[cold]
    pub fn note_of(&self, obj: &Value, what: &str) -> Raised {
        self.note(format_args!("when serializing {} {what}", full_type_name(self.vm, obj)))
    }

    /// The same with an item's key.
    #[cold]
    fn note_key(&self, obj: &Value, key: &Value) -> Raised {
        let e = self.vm.take_raised();
        match self.vm.repr_text(key) {
            Ok(shown) => {
                let _ = self.vm.reraise(e);
                self.note_of(obj, &format!("item {shown}"))
            }
            Err(raised) => raised,
        }
    }

    pub fn value(&mut self, v: &Value) -> PyResult<()> {
        self.value_or_id(v, true)
    }

    fn value_or_id(&mut self, v: &Value, ids: bool) -> PyResult<()> {
        self.out.boundary(self.vm)?;
        if ids && self.persistent_id.is_some() && self.persistent(v)? {
            return Ok(());
        }
        if let Some(s) = v.downcast_exact::<Str>() {
            return self.str_once(s);
        }
        if let Some(done) = self.atom(v) {
            return done;
        }
        if let Some(index) = self.p.memo.with(|m| m.get(v)) {
            return self.put_get(index);
        }
        if let Some(b) = v.downcast_exact::<Bytes>() {
            return self.bytes(b);
        }
        self.vm.recurse(" while pickling an object", || self.object(v))
    }

    /// Writes a persistent id instead of the object, if it has one.
    fn persistent(&mut self, v: &Value) -> PyResult<bool> {
        let vm = self.vm;
        let Some(f) = self.persistent_id.clone() else { return Ok(false) };
        let id = vm.call1(&f, v)?;
        if id.is_none() {
            return Ok(false);
        }
        if self.bin {
            self.value_or_id(&id, false)?;
            self.put(&[op::BINPERSID])?;
            return Ok(true);
        }
        let text = vm.str(&id)?;
        if !text.is_ascii() {
            return Err(pickling_error(vm, "persistent IDs in protocol 0 must be ASCII strings"));
        }
        self.put(&[op::PERSID])?;
        self.put(text.as_bytes())?;
        self.put(b"\n")?;
        Ok(true)
    }

    /// Writes what is never memoized.
    #[inline]
    fn atom(&mut self, v: &Value) -> Option<PyResult<()>> {
        if let Some(n) = v.as_int() {
            return Some(self.small_int(n));
        }
        if v.is_none() {
            return Some(self.put(&[op::NONE]));
        }
        if let Some(b) = v.as_bool() {
            return Some(match (self.proto >= 2, b) {
                (true, true) => self.put(&[op::NEWTRUE]),
                (true, false) => self.put(&[op::NEWFALSE]),
                (false, true) => self.put(b"I01\n"),
                (false, false) => self.put(b"I00\n"),
            });
        }
        let types = &self.vm.types;
        let ty = self.vm.type_of(v);
        if ty.is(&types.float) {
            return float_value(v).map(|f| self.float(f));
        }
        if !ty.is(&types.int) {
            return None;
        }
        match int_value(v)? {
            IntValue::Small(n) => Some(self.wide_int(n)),
            IntValue::Big(n) => Some(self.big_int(v, n)),
        }
    }

    fn small_int(&mut self, n: i64) -> PyResult<()> {
        let Ok(n) = i32::try_from(n) else { return self.wide_int(n) };
        let bytes = n.to_le_bytes();
        let [a, b, ..] = bytes;
        if !self.bin {
            return self.put(format!("I{n}\n").as_bytes());
        }
        match n {
            0..=0xFF => self.put(&[op::BININT1, a]),
            0x100..=0xFFFF => self.put(&[op::BININT2, a, b]),
            _ => self.out.put2(self.vm, &[op::BININT], &bytes),
        }
    }

    fn wide_int(&mut self, n: i64) -> PyResult<()> {
        if self.proto < 2 {
            return self.put(format!("L{n}L\n").as_bytes());
        }
        self.long_bytes(&n.to_le_bytes())
    }

    fn big_int(&mut self, v: &Value, n: &dashu_int::IBig) -> PyResult<()> {
        if self.proto < 2 {
            let text = self.vm.repr(v)?;
            self.put(b"L")?;
            self.put(text.as_bytes())?;
            return self.put(b"L\n");
        }
        let negative = n.sign() == dashu_int::Sign::Negative;
        let mut bytes = Vec::from(magnitude_bytes(n));
        bytes.push(0);
        if negative {
            let mut carry = true;
            for b in &mut bytes {
                let (sum, over) = (!*b).overflowing_add(u8::from(carry));
                *b = sum;
                carry = over;
            }
        }
        self.long_bytes(&bytes)
    }

    /// Writes a number in two's complement, with as few bytes as it needs.
    fn long_bytes(&mut self, mut bytes: &[u8]) -> PyResult<()> {
        while let [rest @ .., before, last] = bytes
            && ((*last == 0 && before & 0x80 == 0) || (*last == 0xFF && before & 0x80 != 0))
        {
            let _ = rest;
            bytes = bytes.get(..bytes.len() - 1).unwrap_or_default();
        }
        if let Ok(n) = u8::try_from(bytes.len()) {
            return self.out.put2(self.vm, &[op::LONG1, n], bytes);
        }
        let Ok(n) = i32::try_from(bytes.len()) else {
            return Err(self.vm.overflow_error("int too large to pickle"));
        };
        let [a, b, c, d] = n.to_le_bytes();
        self.out.put2(self.vm, &[op::LONG4, a, b, c, d], bytes)
    }

    fn float(&mut self, f: f64) -> PyResult<()> {
        if self.bin {
            return self.out.put2(self.vm, &[op::BINFLOAT], &f.to_be_bytes());
        }
        let text = taipan_text::number::repr_float(f);
        self.put(format!("F{text}\n").as_bytes())
    }

    /// Fetches an object that was written before.
    pub fn put_get(&mut self, index: usize) -> PyResult<()> {
        match (self.bin, u8::try_from(index), u32::try_from(index)) {
            (false, ..) => self.put(format!("g{index}\n").as_bytes()),
            (_, Ok(n), _) => self.put(&[op::BINGET, n]),
            (_, _, Ok(n)) => self.out.put2(self.vm, &[op::LONG_BINGET], &n.to_le_bytes()),
            _ => Err(pickling_error(self.vm, "memo id too large for LONG_BINGET")),
        }
    }

    pub fn memo_index(&self, v: &Value) -> Option<usize> {
        self.p.memo.with(|m| m.get(v))
    }

    /// Remembers the object on top of the reader's stack.
    pub fn memoize(&mut self, v: &Value) -> PyResult<()> {
        if self.p.fast.get() != 0 {
            return Ok(());
        }
        let index = self.p.memo.with(Memo::len);
        if self.p.memo.with_mut(|m| m.put(v, index)).is_none() {
            return Err(self.vm.memory_error());
        }
        if self.proto >= 4 {
            return self.put(&[op::MEMOIZE]);
        }
        match (self.bin, u8::try_from(index), u32::try_from(index)) {
            (false, ..) => self.put(format!("p{index}\n").as_bytes()),
            (_, Ok(n), _) => self.put(&[op::BINPUT, n]),
            (_, _, Ok(n)) => self.out.put2(self.vm, &[op::LONG_BINPUT], &n.to_le_bytes()),
            _ => Err(pickling_error(self.vm, "memo id too large for LONG_BINPUT")),
        }
    }

    /// A string, or the number of one that was written before. Short ones are the most frequent of all.
    #[inline]
    fn str_once(&mut self, s: &Gc<Str>) -> PyResult<()> {
        let bytes = s.as_bytes();
        let Ok(n) = u8::try_from(bytes.len()) else { return self.str_or_number(s) };
        if self.proto < 4 || self.p.fast.get() != 0 {
            return self.str_or_number(s);
        }
        match self.p.memo.with_mut(|m| m.get_or_put(s.as_value())) {
            Some((_, true)) => self.out.put3(self.vm, [op::SHORT_BINUNICODE, n], bytes, op::MEMOIZE),
            Some((index, false)) => self.put_get(index),
            None => Err(self.vm.memory_error()),
        }
    }

    fn str_or_number(&mut self, s: &Gc<Str>) -> PyResult<()> {
        match self.memo_index(s.as_value()) {
            Some(index) => self.put_get(index),
            None => self.str(s),
        }
    }

    fn str(&mut self, s: &Gc<Str>) -> PyResult<()> {
        let bytes = s.as_bytes();
        if self.bin {
            let n = bytes.len();
            let [a, b, c, d, ..] = (n as u64).to_le_bytes();
            if n <= 0xFF && self.proto >= 4 {
                self.out.put2(self.vm, &[op::SHORT_BINUNICODE, a], bytes)?;
            } else if n <= 0xFFFF_FFFF {
                self.out.put_large(self.vm, &[op::BINUNICODE, a, b, c, d], bytes, None)?;
            } else if self.proto >= 4 {
                let head = [&[op::BINUNICODE8][..], &(n as u64).to_le_bytes()].concat();
                self.out.put_large(self.vm, &head, bytes, None)?;
            } else {
                return Err(self.vm.overflow_error(
                    "serializing a string larger than 4 GiB requires pickle protocol 4 or higher",
                ));
            }
        } else {
            self.put(&[op::UNICODE])?;
            self.put(&raw_unicode(s))?;
            self.put(b"\n")?;
        }
        self.memoize(s.as_value())
    }

    fn bytes_data(&mut self, bytes: &[u8], payload: Option<&Value>) -> PyResult<()> {
        let n = bytes.len();
        let [a, b, c, d, ..] = (n as u64).to_le_bytes();
        if n <= 0xFF {
            return self.out.put2(self.vm, &[op::SHORT_BINBYTES, a], bytes);
        }
        if n <= 0xFFFF_FFFF {
            return self.out.put_large(self.vm, &[op::BINBYTES, a, b, c, d], bytes, payload);
        }
        if self.proto < 4 {
            return Err(self.vm.overflow_error(
                "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher",
            ));
        }
        let head = [&[op::BINBYTES8][..], &(n as u64).to_le_bytes()].concat();
        self.out.put_large(self.vm, &head, bytes, payload)
    }

    fn bytearray_data(&mut self, bytes: &[u8], payload: Option<&Value>) -> PyResult<()> {
        let head = [&[op::BYTEARRAY8][..], &(bytes.len() as u64).to_le_bytes()].concat();
        self.out.put_large(self.vm, &head, bytes, payload)
    }

    fn bytes(&mut self, b: &Gc<Bytes>) -> PyResult<()> {
        let vm = self.vm;
        if self.proto >= 3 {
            self.bytes_data(b.as_bytes(), Some(b.as_value()))?;
            return self.memoize(b.as_value());
        }
        // Older protocols know no bytes: they are encoded from text.
        let reduced = if b.is_empty() {
            vec![vm.types.bytes.to_value(), vm.names.empty_tuple.to_value()]
        } else {
            let text: String = b.as_bytes().iter().map(|b| char::from(*b)).collect();
            let args = vec![vm.new_str(&text).into_value(), vm.intern("latin1").into_value()];
            vec![self.tables.encode.clone(), vm.new_tuple(args).into_value()]
        };
        self.reduce(&reduced, Some(b.as_value()))
    }

    /// Writes what may hold others or has a way of its own.
    fn object(&mut self, v: &Value) -> PyResult<()> {
        let vm = self.vm;
        let ty = vm.type_of(v).clone();
        if let Some(d) = v.downcast_exact::<Dict>() {
            return self.dict(d);
        }
        if let Some(l) = v.downcast_exact::<List>() {
            return self.list(l);
        }
        if let Some(t) = v.downcast_exact::<Tuple>() {
            return self.tuple(t);
        }
        if let Some(s) = v.downcast_exact::<Set>() {
            return self.set(s);
        }
        if let Some(s) = v.downcast_exact::<FrozenSet>() {
            return self.frozenset(s);
        }
        if let Some(b) = v.downcast_exact::<ByteArray>() {
            return self.bytearray(b);
        }
        if let Some(b) = v.downcast_exact::<buffer::PickleBuffer>() {
            return self.buffer(b);
        }
        if let Some(f) = self.reducer_override.clone() {
            let r = vm.call1(&f, v)?;
            if !r.is_not_implemented() {
                return self.reduced(v, r);
            }
        }
        if ty.is(&vm.types.type_) {
            return self.class(v);
        }
        if v.downcast_exact::<Function>().is_some() {
            return self.global(v, None);
        }
        match self.reduction(v, &ty)? {
            Some(r) => self.reduced(v, r),
            None => self.global(v, None),
        }
    }

    /// What a reduction function or method says; `None`: it is a class.
    fn reduction(&self, v: &Value, ty: &Gc<Type>) -> PyResult<Option<Value>> {
        let vm = self.vm;
        let f = match &self.dispatch_table {
            None => self.tables.dispatch.get(vm, ty.as_value())?,
            Some(table) => {
                let r = vm.get_item(table, ty.as_value());
                vm.suppress(r, &taipan_vm::errors::exc::KeyError)?
            }
        };
        if let Some(f) = f {
            return vm.call1(&f, v).map(Some);
        }
        if ty.is_subtype(&vm.types.type_) {
            return Ok(None);
        }
        if let Some(f) = vm.lookup_attr(v, &vm.names.__reduce_ex__)? {
            return vm.call1(&f, &vm.new_int(self.proto)).map(Some);
        }
        match vm.lookup_attr(v, &vm.names.__reduce__)? {
            Some(f) => vm.call0(&f).map(Some),
            None => Err(pickling_error(vm, format_args!("Can't pickle {} object", full_type_name(vm, v)))),
        }
    }

    fn dict(&mut self, d: &Gc<Dict>) -> PyResult<()> {
        let v = d.as_value();
        self.fast_enter(v)?;
        self.put(if self.bin { &[op::EMPTY_DICT] } else { &[op::MARK, op::DICT] })?;
        self.memoize(v)?;
        match d.len() {
            0 => {}
            _ if !self.bin => {
                for (k, value) in d.pairs() {
                    self.pair(v, &k, &value)?;
                    self.put(&[op::SETITEM])?;
                }
            }
            size => self.dict_batches(d, size)?,
        }
        self.fast_leave(v);
        Ok(())
    }

    fn dict_batches(&mut self, d: &Gc<Dict>, size: usize) -> PyResult<()> {
        let v = d.as_value();
        let changed = "dictionary changed size during iteration";
        let mut at = 0;
        if size == 1 {
            if let Some((_, k, value)) = d.table.next_entry(0) {
                self.pair(v, &k, &value.unwrap_or(Value::NONE))?;
            }
            return self.put(&[op::SETITEM]);
        }
        let mut n = BATCH;
        while n == BATCH {
            n = 0;
            self.put(&[op::MARK])?;
            while n < BATCH
                && let Some((i, k, value)) = d.table.next_entry(at)
            {
                at = i + 1;
                n += 1;
                self.pair(v, &k, &value.unwrap_or(Value::NONE))?;
                if d.len() != size {
                    return Err(self.vm.runtime_error(changed));
                }
            }
            self.put(&[op::SETITEMS])?;
        }
        Ok(())
    }

    fn pair(&mut self, owner: &Value, k: &Value, v: &Value) -> PyResult<()> {
        self.value(k)?;
        match self.value(v) {
            Ok(()) => Ok(()),
            Err(Raised) => Err(self.note_key(owner, k)),
        }
    }

    fn item(&mut self, owner: &Value, i: usize, v: &Value) -> PyResult<()> {
        match self.value(v) {
            Ok(()) => Ok(()),
            Err(Raised) => Err(self.note_of(owner, &format!("item {i}"))),
        }
    }

    fn list(&mut self, l: &Gc<List>) -> PyResult<()> {
        let v = l.as_value();
        self.fast_enter(v)?;
        self.put(if self.bin { &[op::EMPTY_LIST] } else { &[op::MARK, op::LIST] })?;
        self.memoize(v)?;
        let mut i = 0;
        if !self.bin || l.len() == 1 {
            while let Some(item) = l.get(i) {
                self.item(v, i, &item)?;
                self.put(&[op::APPEND])?;
                i += 1;
                if self.bin {
                    break;
                }
            }
        } else {
            while i < l.len() {
                let end = i + BATCH;
                self.put(&[op::MARK])?;
                loop {
                    i += self.short_ints(l, i, end)?;
                    let Some(item) = l.get(i).filter(|_| i < end) else { break };
                    self.item(v, i, &item)?;
                    i += 1;
                }
                self.put(&[op::APPENDS])?;
            }
        }
        self.fast_leave(v);
        Ok(())
    }

    /// Writes the ints of four bytes at most that come next in a list; answers how many. Nobody is asked about them, so the
    /// list stays as it is.
    fn short_ints(&mut self, l: &Gc<List>, from: usize, end: usize) -> PyResult<usize> {
        if self.persistent_id.is_some() {
            return Ok(0);
        }
        let out = &mut self.out;
        l.items.with(|items| {
            let items = items.get(from..end.min(items.len())).unwrap_or_default();
            if items.first().is_none_or(|v| v.as_int().is_none()) {
                return Ok(0);
            }
            if out.is_full() {
                return Ok(0);
            }
            out.reserve(self.vm, items.len() * 5)?;
            let mut n = 0;
            for v in items {
                let Some(int) = v.as_int().and_then(|n| i32::try_from(n).ok()) else { break };
                if out.is_full() {
                    break;
                }
                let [a, b, c, d] = int.to_le_bytes();
                match int {
                    0..=0xFF => out.bytes.extend_from_slice(&[op::BININT1, a]),
                    0x100..=0xFFFF => out.bytes.extend_from_slice(&[op::BININT2, a, b]),
                    _ => out.bytes.extend_from_slice(&[op::BININT, a, b, c, d]),
                }
                n += 1;
            }
            Ok(n)
        })
    }

    /// Appends the items of an iterator.
    pub fn append_all(&mut self, owner: &Value, it: &Value) -> PyResult<()> {
        let vm = self.vm;
        let mut i = 0;
        if !self.bin {
            while let Some(item) = vm.iter_next(it)? {
                self.item(owner, i, &item)?;
                self.put(&[op::APPEND])?;
                i += 1;
            }
            return Ok(());
        }
        loop {
            let Some(first) = vm.iter_next(it)? else { return Ok(()) };
            let Some(mut next) = vm.iter_next(it)? else {
                self.item(owner, i, &first)?;
                return self.put(&[op::APPEND]);
            };
            self.put(&[op::MARK])?;
            self.item(owner, i, &first)?;
            let end = i + BATCH;
            i += 1;
            let mut more = true;
            while more {
                self.item(owner, i, &next)?;
                i += 1;
                if i == end {
                    break;
                }
                match vm.iter_next(it)? {
                    Some(v) => next = v,
                    None => more = false,
                }
            }
            self.put(&[op::APPENDS])?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Sets the pairs of an iterator.
    pub fn set_all(&mut self, owner: &Value, it: &Value) -> PyResult<()> {
        let vm = self.vm;
        let pair_of = |item: Value| match item.downcast::<Tuple>().map(|t| t.items()) {
            Some([k, v]) => Ok((k.clone(), v.clone())),
            _ => Err(vm.type_error("dict items iterator must return 2-tuples")),
        };
        if !self.bin {
            while let Some(item) = vm.iter_next(it)? {
                let (k, v) = pair_of(item)?;
                self.pair(owner, &k, &v)?;
                self.put(&[op::SETITEM])?;
            }
            return Ok(());
        }
        loop {
            let Some(first) = vm.iter_next(it)? else { return Ok(()) };
            let (k, v) = pair_of(first)?;
            let Some(mut next) = vm.iter_next(it)? else {
                self.pair(owner, &k, &v)?;
                return self.put(&[op::SETITEM]);
            };
            self.put(&[op::MARK])?;
            self.pair(owner, &k, &v)?;
            let mut n = 1;
            let mut more = true;
            while more {
                let (k, v) = pair_of(next)?;
                self.pair(owner, &k, &v)?;
                n += 1;
                next = Value::NONE;
                if n == BATCH {
                    break;
                }
                match vm.iter_next(it)? {
                    Some(v) => next = v,
                    None => more = false,
                }
            }
            self.put(&[op::SETITEMS])?;
            if !more {
                return Ok(());
            }
        }
    }

    fn tuple(&mut self, t: &Gc<Tuple>) -> PyResult<()> {
        let v = t.as_value();
        let items = t.items();
        if items.is_empty() {
            return self.put(if self.bin { &[op::EMPTY_TUPLE] } else { &[op::MARK, op::TUPLE] });
        }
        let short = items.len() <= 3 && self.proto >= 2;
        if !short {
            self.put(&[op::MARK])?;
        }
        for (i, item) in items.iter().enumerate() {
            self.item(v, i, item)?;
        }
        if let Some(index) = self.memo_index(v) {
            // Writing the items has written the tuple: away with them, and fetch that one.
            match (short, self.bin) {
                (true, _) => items.iter().try_for_each(|_| self.put(&[op::POP]))?,
                (_, true) => self.put(&[op::POP_MARK])?,
                _ => (0..=items.len()).try_for_each(|_| self.put(&[op::POP]))?,
            }
            return self.put_get(index);
        }
        self.put(&[match (short, items.len()) {
            (true, 1) => op::TUPLE1,
            (true, 2) => op::TUPLE2,
            (true, _) => op::TUPLE3,
            _ => op::TUPLE,
        }])?;
        self.memoize(v)
    }

    fn reduce_set(&mut self, v: &Value) -> PyResult<()> {
        let vm = self.vm;
        let items = vm.new_list(vm.collect(v)?).into_value();
        let args = vm.new_tuple(vec![items]).into_value();
        self.reduce(&[vm.type_of(v).to_value(), args], Some(v))
    }

    fn set(&mut self, s: &Gc<Set>) -> PyResult<()> {
        let v = s.as_value();
        if self.proto < 4 {
            return self.reduce_set(v);
        }
        self.put(&[op::EMPTY_SET])?;
        self.memoize(v)?;
        let size = s.table.len();
        let mut at = 0;
        let mut n = if size == 0 { 0 } else { BATCH };
        while n == BATCH {
            n = 0;
            self.put(&[op::MARK])?;
            while n < BATCH
                && let Some((i, item, _)) = s.table.next_entry(at)
            {
                at = i + 1;
                n += 1;
                if self.value(&item).is_err() {
                    return Err(self.note_of(v, "element"));
                }
                if s.table.len() != size {
                    return Err(self.vm.runtime_error("set changed size during iteration"));
                }
            }
            self.put(&[op::ADDITEMS])?;
        }
        Ok(())
    }

    fn frozenset(&mut self, s: &Gc<FrozenSet>) -> PyResult<()> {
        let v = s.as_value();
        if self.proto < 4 {
            return self.reduce_set(v);
        }
        self.put(&[op::MARK])?;
        for (item, _) in s.table.entries() {
            if self.value(&item).is_err() {
                return Err(self.note_of(v, "element"));
            }
        }
        if let Some(index) = self.memo_index(v) {
            self.put(&[op::POP_MARK])?;
            return self.put_get(index);
        }
        self.put(&[op::FROZENSET])?;
        self.memoize(v)
    }

    fn bytearray(&mut self, b: &Gc<ByteArray>) -> PyResult<()> {
        let vm = self.vm;
        let v = b.as_value();
        let bytes = vm.buffer(v, Request::SIMPLE)?;
        if self.proto >= 5 {
            self.bytearray_data(bytes.bytes(), Some(v))?;
            return self.memoize(v);
        }
        let args =
            if bytes.len == 0 { Vec::new() } else { vec![vm.try_new_bytes(bytes.bytes())?.into_value()] };
        drop(bytes);
        self.reduce(&[vm.type_of(v).to_value(), vm.new_tuple(args).into_value()], Some(v))
    }

    fn buffer(&mut self, b: &Gc<buffer::PickleBuffer>) -> PyResult<()> {
        let vm = self.vm;
        if self.proto < 5 {
            return Err(pickling_error(vm, "PickleBuffer can only be pickled with protocol >= 5"));
        }
        let whole = vm.buffer(b.as_value(), Request::FULL_RO)?;
        if !whole.is_one_piece() {
            let msg = "PickleBuffer can not be pickled when pointing to a non-contiguous buffer";
            return Err(pickling_error(vm, msg));
        }
        let mut in_band = true;
        if let Some(f) = self.p.buffer_callback.get() {
            in_band = vm.is_true(&vm.call1(&f, b.as_value())?)?;
        }
        if !in_band {
            self.put(&[op::NEXT_BUFFER])?;
            return if whole.readonly { self.put(&[op::READONLY_BUFFER]) } else { Ok(()) };
        }
        if whole.readonly {
            self.bytes_data(whole.bytes(), None)?;
        } else {
            self.bytearray_data(whole.bytes(), None)?;
        }
        self.memoize(b.as_value())
    }

    /// In fast mode nothing is memoized, so cycles are looked for once it goes deep.
    fn fast_enter(&mut self, v: &Value) -> PyResult<()> {
        if self.p.fast.get() == 0 {
            return Ok(());
        }
        self.fast_nesting += 1;
        if self.fast_nesting >= FAST_NESTING_LIMIT && !self.fast_seen.insert(v.bits()) {
            return Err(self.vm.value_error(format_args!(
                "fast mode: can't pickle cyclic objects including object type {} at {:#x}",
                self.vm.type_of(v).tp_name(),
                v.bits()
            )));
        }
        Ok(())
    }

    fn fast_leave(&mut self, v: &Value) {
        if self.p.fast.get() == 0 {
            return;
        }
        if self.fast_nesting >= FAST_NESTING_LIMIT {
            self.fast_seen.remove(&v.bits());
        }
        self.fast_nesting = self.fast_nesting.saturating_sub(1);
    }
}

/// The bytes of a number without its sign, little end first.
fn magnitude_bytes(n: &dashu_int::IBig) -> Box<[u8]> {
    n.clone().into_parts().1.to_le_bytes()
}

/// Text for protocol 0: Latin-1 with escapes for the rest, and for what ends lines.
fn raw_unicode(s: &Str) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.byte_len());
    for cp in s.as_wtf8().code_points() {
        match cp {
            0x10000.. => out.extend(format!("\\U{cp:08x}").bytes()),
            0x100.. | 0 | 0x0A | 0x0D | 0x1A | 0x5C => out.extend(format!("\\u{cp:04x}").bytes()),
            _ => out.push(cp as u8),
        }
    }
    out
}
