//! The loop that reads a pickle, and its simple operations. Those that make or change objects: `build.rs`.

use super::input::{Input, truncated};
use super::op;
use super::unpickler::Unpickler;
use super::unpickling_error;
use std::ops::Range;
use taipan_vm::errors::exc;
use taipan_vm::modules::import::import_module;
use taipan_vm::prelude::*;
use taipan_vm::types::builtin_function::BuiltinFunction;
use taipan_vm::types::int::text::parse_bytes;
use taipan_vm::types::set_table::SetTable;

/// Reads one object. `zelf`: the unpickler as an object, whose class may have methods of its own.
pub fn load(vm: &Vm, u: &Unpickler, zelf: Option<&Gc<Unpickler>>) -> PyResult<Value> {
    u.proto.set(0);
    let mut load = Load {
        vm,
        u,
        input: u.input(vm)?,
        stack: Vec::with_capacity(64),
        marks: Vec::with_capacity(8),
        fence: 0,
        find_class: None,
        persistent_load: None,
    };
    if let Some(zelf) = zelf {
        load.find_class = own_method(vm, zelf, &vm.names.find_class)?;
        load.persistent_load = own_method(vm, zelf, &vm.names.persistent_load)?;
    }
    let v = load.run()?;
    load.input.skip_consumed(vm)?;
    Ok(v)
}

/// A method, unless it is `Unpickler`'s.
fn own_method(vm: &Vm, zelf: &Gc<Unpickler>, name: &Gc<Str>) -> PyResult<Option<Value>> {
    let f = vm.get_attr(zelf.as_value(), name)?;
    let def = f.downcast_exact::<BuiltinFunction>().and_then(|f| f.def());
    let base = |d: &taipan_vm::native::FnDef| matches!(d.owner, taipan_vm::native::Owner::Type(t) if std::ptr::eq(t(), Unpickler::def()));
    Ok(if def.is_some_and(base) { None } else { Some(f) })
}

pub struct Load<'a> {
    pub vm: &'a Vm,
    pub u: &'a Unpickler,
    pub input: Input,
    pub stack: Vec<Value>,
    /// Where marks lie in the stack.
    marks: Vec<usize>,
    /// The topmost of them, or 0: nothing is popped below it.
    pub fence: usize,
    pub find_class: Option<Value>,
    persistent_load: Option<Value>,
}

impl Load<'_> {
    #[cold]
    pub fn error(&self, msg: impl std::fmt::Display) -> Raised {
        unpickling_error(self.vm, msg)
    }

    #[cold]
    pub fn underflow(&self) -> Raised {
        self.error(if self.marks.is_empty() { "unpickling stack underflow" } else { "unexpected MARK found" })
    }

    #[inline(always)]
    pub fn push(&mut self, v: Value) -> PyResult<()> {
        if self.stack.len() == self.stack.capacity() {
            self.grow()?;
        }
        self.stack.push(v);
        Ok(())
    }

    #[cold]
    fn grow(&mut self) -> PyResult<()> {
        self.stack.try_reserve(64).map_err(|_| self.vm.memory_error())
    }

    #[inline]
    pub fn pop(&mut self) -> PyResult<Value> {
        if self.stack.len() <= self.fence {
            return Err(self.underflow());
        }
        self.stack.pop().ok_or(Raised)
    }

    #[inline]
    pub fn top(&self) -> PyResult<&Value> {
        match self.stack.last() {
            Some(v) if self.stack.len() > self.fence => Ok(v),
            _ => Err(self.underflow()),
        }
    }

    /// Takes the topmost mark: where it lay.
    #[inline]
    pub fn pop_mark(&mut self) -> PyResult<usize> {
        let Some(at) = self.marks.pop() else { return Err(self.error("could not find MARK")) };
        self.fence = self.marks.last().copied().unwrap_or(0);
        Ok(at)
    }

    /// Takes what lies above a place.
    pub fn pop_from(&mut self, at: usize) -> Vec<Value> {
        self.stack.split_off(at.min(self.stack.len()))
    }

    fn run(&mut self) -> PyResult<Value> {
        let vm = self.vm;
        let mut count = 0u32;
        loop {
            let code = match self.input.byte(vm) {
                Ok(code) => code,
                Err(Raised) if vm.raised_is(&super::UNPICKLING_ERROR) => {
                    drop(vm.take_raised());
                    return Err(vm.raise_new(&exc::EOFError, "Ran out of input"));
                }
                Err(Raised) => return Err(Raised),
            };
            count = count.wrapping_add(1);
            if count.is_multiple_of(4096) {
                vm.poll()?;
            }
            if code == op::STOP {
                return self.pop();
            }
            self.operation(code)?;
        }
    }

    #[inline]
    fn operation(&mut self, code: u8) -> PyResult<()> {
        let vm = self.vm;
        match code {
            op::MEMOIZE => {
                let v = self.top()?.clone();
                self.memoize(v);
                Ok(())
            }
            op::BINPUT => {
                let index = self.input.byte(vm)?;
                self.remember(index.into())
            }
            op::BINGET => {
                let index = self.input.byte(vm)?;
                self.recall(index.into())
            }
            op::LONG_BINPUT => {
                let index = u32::from_le_bytes(self.input.array(vm)?);
                self.remember(index as usize)
            }
            op::LONG_BINGET => {
                let index = u32::from_le_bytes(self.input.array(vm)?);
                self.recall(index as usize)
            }
            op::BININT1 => {
                let n = self.input.byte(vm)?;
                self.push(Value::int32(n.into()))
            }
            op::BININT2 => {
                let n = u16::from_le_bytes(self.input.array(vm)?);
                self.push(Value::int32(n.into()))
            }
            op::BININT => {
                let n = i32::from_le_bytes(self.input.array(vm)?);
                self.push(Value::int32(n))
            }
            op::BINFLOAT => {
                let f = f64::from_be_bytes(self.input.array(vm)?);
                self.push(vm.new_float(f))
            }
            op::SHORT_BINUNICODE => self.counted::<1>(Load::str),
            op::BINUNICODE => self.counted::<4>(Load::str),
            op::BINUNICODE8 => self.counted::<8>(Load::str),
            op::SHORT_BINBYTES => self.counted::<1>(Load::bytes),
            op::BINBYTES => self.counted::<4>(Load::bytes),
            op::BINBYTES8 => self.counted::<8>(Load::bytes),
            op::NONE => self.push(Value::NONE),
            op::NEWTRUE => self.push(Value::TRUE),
            op::NEWFALSE => self.push(Value::FALSE),
            op::MARK => {
                self.fence = self.stack.len();
                self.marks.push(self.fence);
                Ok(())
            }
            op::EMPTY_DICT => self.push(vm.new_dict().into_value()),
            op::EMPTY_LIST => self.push(vm.new_list(Vec::new()).into_value()),
            op::EMPTY_TUPLE => self.push(vm.names.empty_tuple.to_value()),
            op::TUPLE1 => self.short_tuple(1),
            op::TUPLE2 => self.short_tuple(2),
            op::TUPLE3 => self.short_tuple(3),
            op::TUPLE => {
                let at = self.pop_mark()?;
                let items = self.stack.get(at..).unwrap_or_default();
                let t = vm.tuple_from(items);
                self.stack.truncate(at);
                self.push(t.into_value())
            }
            op::APPEND => self.append(),
            op::APPENDS => {
                let at = self.pop_mark()?;
                self.appends(at)
            }
            op::SETITEM => {
                let at = self.stack.len().saturating_sub(2);
                self.set_items(at)
            }
            op::SETITEMS => {
                let at = self.pop_mark()?;
                self.set_items(at)
            }
            op::BUILD => self.build(),
            op::NEWOBJ => self.new_object(false),
            op::NEWOBJ_EX => self.new_object(true),
            op::REDUCE => self.reduce(),
            op::STACK_GLOBAL => self.stack_global(),
            _ => self.rare(code),
        }
    }

    #[inline(never)]
    fn rare(&mut self, code: u8) -> PyResult<()> {
        let vm = self.vm;
        match code {
            op::PROTO => {
                let n = self.input.byte(vm)?;
                if i64::from(n) > op::HIGHEST_PROTOCOL {
                    return Err(vm.value_error(format_args!("unsupported pickle protocol: {n}")));
                }
                self.u.proto.set(n.into());
                Ok(())
            }
            op::FRAME => {
                let n = u64::from_le_bytes(self.input.array(vm)?);
                match isize::try_from(n) {
                    Ok(n) => self.input.frame(vm, n as usize),
                    Err(_) => Err(vm.overflow_error(format_args!(
                        "FRAME length exceeds system's maximum of {} bytes",
                        isize::MAX
                    ))),
                }
            }
            op::POP => {
                if self.marks.last() == Some(&self.stack.len()) {
                    self.pop_mark()?;
                    return Ok(());
                }
                self.pop().map(drop)
            }
            op::POP_MARK => {
                let at = self.pop_mark()?;
                drop(self.pop_from(at));
                Ok(())
            }
            op::DUP => {
                let v = self.top()?.clone();
                self.push(v)
            }
            op::GET => {
                let index = self.number_line()?;
                match usize::try_from(index) {
                    Ok(i) => self.recall(i),
                    Err(_) => Err(self.no_memo(index)),
                }
            }
            op::PUT => {
                let index = self.number_line()?;
                match usize::try_from(index) {
                    Ok(i) => self.remember(i),
                    Err(_) => Err(vm.value_error("negative PUT argument")),
                }
            }
            op::INT => self.int(),
            op::LONG => self.long(),
            op::LONG1 => {
                let n = self.input.byte(vm)?;
                self.long_bytes(n.into())
            }
            op::LONG4 => {
                let n = i32::from_le_bytes(self.input.array(vm)?);
                match usize::try_from(n) {
                    Ok(n) => self.long_bytes(n),
                    Err(_) => Err(self.error("LONG pickle has negative byte count")),
                }
            }
            op::FLOAT => self.float(),
            op::STRING => self.string(),
            op::BINSTRING => {
                let n = i32::from_le_bytes(self.input.array(vm)?);
                match usize::try_from(n) {
                    Ok(n) => self.old_string(n),
                    Err(_) => Err(self.error("BINSTRING pickle has negative byte count")),
                }
            }
            op::SHORT_BINSTRING => {
                let n = self.input.byte(vm)?;
                self.old_string(n.into())
            }
            op::UNICODE => self.unicode(),
            op::BYTEARRAY8 => self.counted::<8>(Load::bytearray),
            op::NEXT_BUFFER => self.next_buffer(),
            op::READONLY_BUFFER => self.readonly_buffer(),
            op::EMPTY_SET => self.push(vm.new_set(SetTable::new()).into_value()),
            op::LIST => {
                let at = self.pop_mark()?;
                let items = self.pop_from(at);
                self.push(vm.new_list(items).into_value())
            }
            op::DICT => {
                let at = self.pop_mark()?;
                let items = self.pop_from(at);
                let dict = vm.new_dict();
                if !items.len().is_multiple_of(2) {
                    return Err(self.error("odd number of items for DICT"));
                }
                for pair in items.chunks_exact(2) {
                    if let [k, v] = pair {
                        dict.set(vm, k, v.clone())?;
                    }
                }
                self.push(dict.into_value())
            }
            op::FROZENSET => {
                let at = self.pop_mark()?;
                let items = vm.new_list(self.pop_from(at)).into_value();
                let set =
                    vm.call1(vm.native_type::<taipan_vm::types::set::FrozenSet>().as_value(), &items)?;
                self.push(set)
            }
            op::ADDITEMS => {
                let at = self.pop_mark()?;
                self.add_items(at)
            }
            op::GLOBAL => self.global(),
            op::INST => self.inst(),
            op::OBJ => self.obj(),
            op::EXT1 => {
                let [a] = self.input.array(vm)?;
                self.extension(a.into())
            }
            op::EXT2 => {
                let code = u16::from_le_bytes(self.input.array(vm)?);
                self.extension(code.into())
            }
            op::EXT4 => {
                let code = i32::from_le_bytes(self.input.array(vm)?);
                self.extension(code.into())
            }
            op::PERSID => self.persistent_line(),
            op::BINPERSID => {
                let id = self.pop()?;
                self.persistent(&id)
            }
            0x20..=0x7E if !matches!(code, b'\'' | b'\\') => {
                Err(self.error(format_args!("invalid load key, '{}'.", char::from(code))))
            }
            _ => Err(self.error(format_args!("invalid load key, '\\x{code:02x}'."))),
        }
    }

    #[inline]
    fn memoize(&self, v: Value) {
        drop(self.u.memo.with_mut(|m| m.add(v)));
    }

    #[inline]
    fn remember(&mut self, index: usize) -> PyResult<()> {
        let v = self.top()?.clone();
        drop(self.u.memo.with_mut(|m| m.put(index, v)));
        Ok(())
    }

    #[inline]
    fn recall(&mut self, index: usize) -> PyResult<()> {
        match self.u.memo.with(|m| m.get(index)) {
            Some(v) => self.push(v),
            None => Err(self.no_memo(index as i64)),
        }
    }

    #[cold]
    fn no_memo(&self, index: i64) -> Raised {
        self.error(format_args!("Memo value not found at index {index}"))
    }

    fn short_tuple(&mut self, n: usize) -> PyResult<()> {
        let len = self.stack.len();
        if len < self.fence + n {
            return Err(self.underflow());
        }
        let t = self.vm.tuple_from(self.stack.get(len - n..).unwrap_or_default());
        self.stack.truncate(len - n);
        self.push(t.into_value())
    }

    /// Reads a size and what it belongs to.
    #[inline(always)]
    fn counted<const N: usize>(&mut self, read: fn(&mut Self, usize) -> PyResult<()>) -> PyResult<()> {
        let bytes: [u8; N] = self.input.array(self.vm)?;
        let mut wide = [0; 8];
        for (to, from) in wide.iter_mut().zip(bytes) {
            *to = from;
        }
        match isize::try_from(u64::from_le_bytes(wide)) {
            Ok(n) => read(self, n as usize),
            Err(_) => Err(self.too_large(read)),
        }
    }

    #[cold]
    fn too_large(&self, read: fn(&mut Self, usize) -> PyResult<()>) -> Raised {
        let what = if std::ptr::fn_addr_eq(read, Load::str as fn(&mut Self, usize) -> PyResult<()>) {
            "BINUNICODE"
        } else if std::ptr::fn_addr_eq(read, Load::bytes as fn(&mut Self, usize) -> PyResult<()>) {
            "BINBYTES"
        } else {
            "BYTEARRAY8"
        };
        self.vm.overflow_error(format_args!("{what} exceeds system's maximum size of {} bytes", isize::MAX))
    }

    fn str(&mut self, n: usize) -> PyResult<()> {
        let range = self.input.take(self.vm, n)?;
        let bytes = self.input.get(range);
        let s = if bytes.is_ascii() && n < 1 << 16 {
            self.vm.new_ascii(bytes)
        } else if let Some(text) = taipan_text::wtf8::Wtf8::from_bytes(bytes) {
            self.vm.try_new_wtf8(text)?
        } else {
            let b = self.vm.try_new_bytes(bytes)?;
            return self.decoded(b.as_value(), "utf-8", "surrogatepass");
        };
        // Which nearly always comes next.
        if self.input.skip(op::MEMOIZE) {
            self.memoize(s.to_value());
        }
        self.push(s.into_value())
    }

    /// Pushes bytes as a codec decodes them.
    fn decoded(&mut self, b: &Value, encoding: &str, errors: &str) -> PyResult<()> {
        let vm = self.vm;
        let args = [vm.new_str(encoding).into_value(), vm.new_str(errors).into_value()];
        let text = vm.call_method_name(b, &vm.names.decode, &args)?;
        self.push(text)
    }

    fn bytes(&mut self, n: usize) -> PyResult<()> {
        let b = self.input.object(self.vm, n)?;
        self.push(b.into_value())
    }

    fn bytearray(&mut self, n: usize) -> PyResult<()> {
        let b = self.input.object(self.vm, n)?;
        let class = self.vm.native_type::<taipan_vm::types::bytearray::ByteArray>();
        let v = self.vm.call1(class.as_value(), b.as_value())?;
        self.push(v)
    }

    /// A line with something before its end.
    fn full_line(&mut self) -> PyResult<Range<usize>> {
        let line = self.input.line(self.vm)?;
        if line.len() < 2 { Err(truncated(self.vm)) } else { Ok(line) }
    }

    fn number_line(&mut self) -> PyResult<i64> {
        let line = self.full_line()?;
        let n = parse_bytes_shown(self.vm, self.input.get(line))?;
        self.vm.index_i64(&n, "Python int too large to convert to C ssize_t")
    }

    fn int(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let range = self.full_line()?;
        let line = self.input.get(range);
        let v = match line {
            b"00\n" => Value::FALSE,
            b"01\n" => Value::TRUE,
            _ => match parse_bytes(vm, line, 10) {
                Ok(n) => n,
                Err(Raised) if vm.raised_is(&exc::ValueError) => {
                    drop(vm.take_raised());
                    return Err(vm.value_error("could not convert string to int"));
                }
                Err(Raised) => return Err(Raised),
            },
        };
        self.push(v)
    }

    fn long(&mut self) -> PyResult<()> {
        let range = self.full_line()?;
        let line = self.input.get(range);
        let line = line.strip_suffix(b"L\n").unwrap_or(line);
        let n = parse_bytes_shown(self.vm, line)?;
        self.push(n)
    }

    /// A number in two's complement, little end first.
    fn long_bytes(&mut self, n: usize) -> PyResult<()> {
        let range = self.input.take(self.vm, n)?;
        let v = int_from_bytes(self.vm, self.input.get(range));
        self.push(v)
    }

    fn float(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let range = self.full_line()?;
        let line = self.input.get(range);
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        match taipan_text::number::parse_float_bytes(text) {
            Some(f) => self.push(vm.new_float(f)),
            None => {
                let shown = String::from_utf8_lossy(line);
                Err(vm.value_error(format_args!("could not convert string to float: '{shown}'")))
            }
        }
    }

    /// A string of Python 2, quoted.
    fn string(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let range = self.input.line(vm)?;
        let line = self.input.get(range);
        let inner = match line.strip_suffix(b"\n").unwrap_or(line) {
            [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => vm.new_bytes(inner),
            _ => return Err(self.error("the STRING opcode argument must be quoted")),
        };
        let codecs = import_module(vm, "_codecs")?;
        let pair = vm.call_method(&codecs, "escape_decode", &[inner.into_value()])?;
        match pair.downcast::<Tuple>().and_then(|t| t.get(0)) {
            Some(bytes) => self.python2_string(bytes.clone()),
            None => Err(vm.system_error("escape_decode")),
        }
    }

    fn old_string(&mut self, n: usize) -> PyResult<()> {
        let range = self.input.take(self.vm, n)?;
        let b = self.vm.try_new_bytes(self.input.get(range))?;
        self.python2_string(b.into_value())
    }

    fn python2_string(&mut self, b: Value) -> PyResult<()> {
        let encoding = self.u.encoding.get();
        if encoding == "bytes" {
            return self.push(b);
        }
        let errors = self.u.errors.get();
        self.decoded(&b, &encoding, &errors)
    }

    fn unicode(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let range = self.input.line(vm)?;
        let line = self.input.get(range);
        let b = vm.new_bytes(line.strip_suffix(b"\n").unwrap_or(line));
        self.decoded(b.as_value(), "raw_unicode_escape", "strict")
    }

    fn next_buffer(&mut self) -> PyResult<()> {
        let Some(buffers) = self.u.buffers.get() else {
            let msg = "pickle stream refers to out-of-band data but no *buffers* argument was given";
            return Err(self.error(msg));
        };
        match self.vm.iter_next(&buffers)? {
            Some(b) => self.push(b),
            None => Err(self.error("not enough out-of-band buffers")),
        }
    }

    fn readonly_buffer(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let view = vm.new_memoryview(self.top()?)?;
        if !vm.is_true(&vm.get_attr_str(&view, "readonly")?)? {
            self.pop()?;
            let view = vm.call_method(&view, "toreadonly", &[])?;
            self.push(view)?;
        }
        Ok(())
    }

    fn persistent_line(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let range = self.input.line(vm)?;
        let line = self.input.get(range);
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if !line.is_ascii() {
            return Err(self.error("persistent IDs in protocol 0 must be ASCII strings"));
        }
        let id = vm.new_ascii(line).into_value();
        self.persistent(&id)
    }

    fn persistent(&mut self, id: &Value) -> PyResult<()> {
        let Some(f) = self.persistent_load.clone() else { return Err(Unpickler::no_persistent(self.vm)) };
        let v = self.vm.call1(&f, id)?;
        self.push(v)
    }
}

/// `int(text)`, whose error shows the text as a string.
fn parse_bytes_shown(vm: &Vm, text: &[u8]) -> PyResult<Value> {
    match parse_bytes(vm, text, 10) {
        Err(Raised) if text.is_ascii() => {
            drop(vm.take_raised());
            taipan_vm::types::int::text::parse(vm, &vm.new_ascii(text), 10)
        }
        r => r,
    }
}

fn int_from_bytes(vm: &Vm, bytes: &[u8]) -> Value {
    let negative = bytes.last().is_some_and(|b| b & 0x80 != 0);
    if bytes.len() <= 8 {
        let mut wide = if negative { [0xFF; 8] } else { [0; 8] };
        for (to, from) in wide.iter_mut().zip(bytes) {
            *to = *from;
        }
        return vm.new_int(i64::from_le_bytes(wide));
    }
    let size = dashu_int::UBig::from_le_bytes(bytes);
    let n = dashu_int::IBig::from(size);
    if !negative {
        return vm.new_bigint(n);
    }
    vm.new_bigint(n - (dashu_int::IBig::ONE << (bytes.len() * 8)))
}
