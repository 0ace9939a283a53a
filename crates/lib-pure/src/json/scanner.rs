//! `make_scanner`: reads a JSON document.
//!
//! Positions are byte offsets inside and code points outside: they are converted once at either end.

use super::string_argument;
use super::text::quiet_length;
use taipan_vm::modules::import::import_module;
use taipan_vm::prelude::*;
use taipan_vm::types::int::text::parse_bytes;
use taipan_vm::types::numbers::{Float, Int};

/// Scanner interface
#[pytype(name = "Scanner", module = "_json", flags(GC))]
#[derive(Trace)]
pub struct Scanner {
    strict: bool,
    object_hook: Value,
    object_pairs_hook: Value,
    parse_float: Value,
    parse_int: Value,
    parse_constant: Value,
}

impl Slots for Scanner {
    const SLOTS: SlotDefs = SlotDefs { call: Some(call), ..SlotDefs::NONE };
}

#[pymethods]
impl Scanner {
    #[pynew("make_scanner(context)")]
    fn new(vm: &Vm, cls: &Gc<Type>, context: &Value) -> PyResult<Value> {
        let get = |name| vm.get_attr_str(context, name);
        let body = Scanner {
            strict: vm.is_true(&get("strict")?)?,
            object_hook: get("object_hook")?,
            object_pairs_hook: get("object_pairs_hook")?,
            parse_float: get("parse_float")?,
            parse_int: get("parse_int")?,
            parse_constant: get("parse_constant")?,
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// strict
    #[pygetter("strict")]
    fn strict(vm: &Vm, zelf: &Gc<Scanner>) -> bool {
        let _ = vm;
        zelf.strict
    }

    /// object_hook
    #[pygetter("object_hook")]
    fn object_hook(vm: &Vm, zelf: &Gc<Scanner>) -> Value {
        let _ = vm;
        zelf.object_hook.clone()
    }

    #[pygetter("object_pairs_hook")]
    fn object_pairs_hook(vm: &Vm, zelf: &Gc<Scanner>) -> Value {
        let _ = vm;
        zelf.object_pairs_hook.clone()
    }

    /// parse_float
    #[pygetter("parse_float")]
    fn parse_float(vm: &Vm, zelf: &Gc<Scanner>) -> Value {
        let _ = vm;
        zelf.parse_float.clone()
    }

    /// parse_int
    #[pygetter("parse_int")]
    fn parse_int(vm: &Vm, zelf: &Gc<Scanner>) -> Value {
        let _ = vm;
        zelf.parse_int.clone()
    }

    /// parse_constant
    #[pygetter("parse_constant")]
    fn parse_constant(vm: &Vm, zelf: &Gc<Scanner>) -> Value {
        let _ = vm;
        zelf.parse_constant.clone()
    }

    #[pymethod(no_text, "_scan_once($self, string, idx)")]
    fn scan_once(vm: &Vm, zelf: &Gc<Scanner>, string: &Value, idx: isize) -> PyResult<(Value, usize)> {
        let s = string_argument(vm, string)?.clone();
        let Ok(start) = usize::try_from(idx) else {
            return Err(vm.value_error("idx cannot be negative"));
        };
        if start >= s.char_len() {
            return Err(vm.stop_iteration(Some(vm.new_int(idx as i64))));
        }
        let mut run = Run {
            vm,
            scanner: zelf,
            text: &s,
            bytes: s.as_bytes(),
            at: vm.str_offset(&s, start),
            keys: [const { None }; KEYS],
            plain_float: is_type::<Float>(vm, &zelf.parse_float),
            plain_int: is_type::<Int>(vm, &zelf.parse_int),
            depth: 0,
        };
        let v = run.value()?;
        let at = run.at;
        Ok((v, vm.str_index_of(&s, at)))
    }
}

fn is_type<T: Payload>(vm: &Vm, v: &Value) -> bool {
    v.is(vm.native_type::<T>().as_value())
}

/// `scanner(string, idx)`: bound by the row of `_scan_once`, under the name that errors show.
fn call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let scanner = taipan_vm::native::shell::object::<Scanner>(vm, v, "Scanner")?;
    let mut slots = [None, None];
    for (slot, v) in slots.iter_mut().zip(args.pos()) {
        *slot = Some(v.clone());
    }
    let total = args.all.len();
    if total > 2 {
        return Err(vm.type_error(format_args!("scan_once() takes at most 2 arguments ({total} given)")));
    }
    for (name, v) in args.keywords() {
        let name = name.downcast::<Str>().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let slot = match &*name {
            "string" => &mut slots[0],
            "idx" => &mut slots[1],
            _ => {
                return Err(
                    vm.type_error(format_args!("scan_once() got an unexpected keyword argument '{name}'"))
                );
            }
        };
        *slot = Some(v.clone());
    }
    match slots {
        [Some(string), Some(idx)] => {
            let idx = isize::from_arg(vm, &idx)?;
            Scanner::scan_once(vm, scanner, &string, idx)?.into_py(vm)
        }
        [None, _] => Err(vm.type_error("scan_once() missing required argument 'string' (pos 1)")),
        [_, None] => Err(vm.type_error("scan_once() missing required argument 'idx' (pos 2)")),
    }
}

/// `scanstring`.
pub fn scan_string(vm: &Vm, s: &Gc<Str>, end: isize, strict: bool) -> PyResult<(Value, usize)> {
    let end = usize::try_from(end).ok().filter(|end| *end <= s.char_len());
    let Some(end) = end else { return Err(vm.value_error("end is out of bounds")) };
    // The position of the quote is told in code points: it need not be there.
    let at = vm.str_offset(s, end);
    let (found, at) = string(vm, s, at, strict)?;
    Ok((found.into_value(), vm.str_index_of(s, at)))
}

/// Raises `json.decoder.JSONDecodeError` for a byte offset.
#[cold]
#[inline(never)]
fn fail(vm: &Vm, msg: &str, s: &Gc<Str>, at: usize) -> Raised {
    fail_at(vm, msg, s, vm.str_index_of(s, at.min(s.byte_len())) as i64)
}

fn fail_at(vm: &Vm, msg: &str, s: &Gc<Str>, index: i64) -> Raised {
    let made = import_module(vm, "json.decoder").and_then(|module| {
        let class = vm.get_attr_str(&module, "JSONDecodeError")?;
        vm.call(&class, &[vm.new_str(msg).into_value(), s.to_value(), vm.new_int(index)])
    });
    match made {
        Ok(e) => vm.raise(e),
        Err(raised) => raised,
    }
}

/// Reads a string whose opening quote lies before `start`: the string, and where its closing quote ends.
#[inline]
fn string(vm: &Vm, s: &Gc<Str>, start: usize, strict: bool) -> PyResult<(Gc<Str>, usize)> {
    let bytes = s.as_bytes();
    let rest = bytes.get(start..).unwrap_or_default();
    let run = quiet_length(rest);
    if rest.get(run) == Some(&b'"') {
        return Ok((piece(vm, s, rest.get(..run).unwrap_or_default())?, start + run + 1));
    }
    escaped_string(vm, s, start, strict)
}

/// A piece of the document as a string of its own.
#[inline]
fn piece(vm: &Vm, s: &Gc<Str>, bytes: &[u8]) -> PyResult<Gc<Str>> {
    if s.is_ascii() && bytes.len() < 1 << 16 { Ok(vm.new_ascii(bytes)) } else { vm.new_text_bytes(bytes) }
}

fn unterminated(vm: &Vm, s: &Gc<Str>, start: usize) -> Raised {
    let begin = vm.str_index_of(s, start) as i64 - 1;
    fail_at(vm, "Unterminated string starting at", s, begin)
}

/// The general case of [`string`].
#[cold]
#[inline(never)]
fn escaped_string(vm: &Vm, s: &Gc<Str>, start: usize, strict: bool) -> PyResult<(Gc<Str>, usize)> {
    let bytes = s.as_bytes();
    let mut out: Vec<u8> = Vec::new();
    let mut at = start;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let mut run = quiet_length(rest);
        while let Some(b) = rest.get(run)
            && *b < 0x20
        {
            if strict {
                return Err(fail(vm, "Invalid control character at", s, at + run));
            }
            run += 1 + quiet_length(rest.get(run + 1..).unwrap_or_default());
        }
        super::text::put(vm, &mut out, rest.get(..run).unwrap_or_default())?;
        at += run;
        match rest.get(run) {
            Some(b'"') => return Ok((vm.new_text_bytes(&out)?, at + 1)),
            Some(_) => at = escape(vm, s, start, at, &mut out)?,
            None => return Err(unterminated(vm, s, start)),
        }
    }
}

/// Reads the escape at `at` (its backslash): where it ends.
fn escape(vm: &Vm, s: &Gc<Str>, start: usize, at: usize, out: &mut Vec<u8>) -> PyResult<usize> {
    let bytes = s.as_bytes();
    let plain = match bytes.get(at + 1) {
        None => return Err(unterminated(vm, s, start)),
        Some(b @ (b'"' | b'\\' | b'/')) => *b,
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'u') => {
            let (unit, end) = match unit(bytes, at + 2) {
                Some(unit) if at + 6 < bytes.len() => (unit, at + 6),
                _ => return Err(fail(vm, "Invalid \\uXXXX escape", s, at + 1)),
            };
            return surrogates(vm, s, unit, end, out);
        }
        Some(_) => return Err(fail(vm, "Invalid \\escape", s, at)),
    };
    out.push(plain);
    Ok(at + 2)
}

/// Four hexadecimal digits.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |n, d| Some(n << 4 | char::from(*d).to_digit(16)?))
}

/// Joins the unit that ends at `end` with a second half behind it.
fn surrogates(vm: &Vm, s: &Gc<Str>, unit_: u32, end: usize, out: &mut Vec<u8>) -> PyResult<usize> {
    let bytes = s.as_bytes();
    let mut buf = [0; 4];
    let follows = bytes.get(end..end + 2) == Some(b"\\u".as_slice());
    if (0xD800..0xDC00).contains(&unit_) && follows && end + 6 < bytes.len() {
        let Some(low) = unit(bytes, end + 2) else {
            return Err(fail(vm, "Invalid \\uXXXX escape", s, end + 1));
        };
        if (0xDC00..0xE000).contains(&low) {
            let cp = 0x10000 + ((unit_ - 0xD800) << 10) + (low - 0xDC00);
            out.extend_from_slice(taipan_text::wtf8::encode(cp, &mut buf));
            return Ok(end + 6);
        }
    }
    put_unit(out, unit_);
    Ok(end)
}

/// Appends a code point of the basic plane.
fn put_unit(out: &mut Vec<u8>, unit: u32) {
    let mut buf = [0; 4];
    out.extend_from_slice(taipan_text::wtf8::encode(unit, &mut buf));
}

/// How many keys a document's scan remembers, so that equal ones are one object.
const KEYS: usize = 128;

/// Deeper documents are refused, however large the stack is.
const MAX_DEPTH: usize = 100_000;

/// One scan.
struct Run<'a> {
    vm: &'a Vm,
    scanner: &'a Scanner,
    text: &'a Gc<Str>,
    bytes: &'a [u8],
    at: usize,
    keys: [Option<Gc<Str>>; KEYS],
    plain_float: bool,
    plain_int: bool,
    depth: usize,
}

impl Run<'_> {
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline(always)]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn fail(&self, msg: &str, at: usize) -> Raised {
        fail(self.vm, msg, self.text, at)
    }

    #[cold]
    fn no_value(&self, at: usize) -> Raised {
        let index = self.vm.str_index_of(self.text, at.min(self.bytes.len()));
        self.vm.stop_iteration(Some(self.vm.new_int(index as i64)))
    }

    fn takes(&mut self, word: &[u8]) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        if found {
            self.at += word.len();
        }
        found
    }

    fn value(&mut self) -> PyResult<Value> {
        let vm = self.vm;
        match self.peek() {
            Some(b'"') => {
                let (s, end) = string(vm, self.text, self.at + 1, self.scanner.strict)?;
                self.at = end;
                Ok(s.into_value())
            }
            Some(b'{') => {
                self.at += 1;
                self.deeper(" while decoding a JSON object from a unicode string", Run::object)
            }
            Some(b'[') => {
                self.at += 1;
                self.deeper(" while decoding a JSON array from a unicode string", Run::array)
            }
            Some(b'n') if self.takes(b"null") => Ok(Value::NONE),
            Some(b't') if self.takes(b"true") => Ok(Value::TRUE),
            Some(b'f') if self.takes(b"false") => Ok(Value::FALSE),
            Some(b'N') if self.takes(b"NaN") => self.constant("NaN"),
            Some(b'I') if self.takes(b"Infinity") => self.constant("Infinity"),
            Some(b'-') if self.takes(b"-Infinity") => self.constant("-Infinity"),
            _ => self.number(),
        }
    }

    fn deeper(&mut self, what: &'static str, f: fn(&mut Self) -> PyResult<Value>) -> PyResult<Value> {
        let vm = self.vm;
        if self.depth > MAX_DEPTH {
            return Err(vm.recursion_error(what));
        }
        self.depth += 1;
        let r = vm.recurse(what, || f(self));
        self.depth -= 1;
        r
    }

    #[cold]
    fn constant(&mut self, name: &str) -> PyResult<Value> {
        self.vm.call1(&self.scanner.parse_constant, self.vm.intern(name).as_value())
    }

    fn number(&mut self) -> PyResult<Value> {
        let (start, bytes) = (self.at, self.bytes);
        let mut at = start + usize::from(self.peek() == Some(b'-'));
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        match bytes.get(at) {
            Some(b'1'..=b'9') => {
                while digit(at) {
                    at += 1;
                }
            }
            Some(b'0') => at += 1,
            _ => return Err(self.no_value(start)),
        }
        let mut is_float = false;
        if bytes.get(at) == Some(&b'.') && digit(at + 1) {
            is_float = true;
            at += 1;
            while digit(at) {
                at += 1;
            }
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            let mut end = at + 1;
            if let Some(b'-' | b'+') = bytes.get(end) {
                end += 1;
            }
            if digit(end) {
                is_float = true;
                at = end;
                while digit(at) {
                    at += 1;
                }
            }
        }
        self.at = at;
        self.number_from(bytes.get(start..at).unwrap_or_default(), is_float)
    }

    fn number_from(&self, text: &[u8], is_float: bool) -> PyResult<Value> {
        let vm = self.vm;
        match (is_float, self.plain_float, self.plain_int) {
            (false, _, true) => match small_int(text) {
                Some(n) => Ok(vm.new_int(n)),
                None => parse_bytes(vm, text, 10),
            },
            (true, true, _) => {
                let f = std::str::from_utf8(text).ok().and_then(|t| t.parse().ok());
                Ok(vm.new_float(f.unwrap_or(f64::NAN)))
            }
            (true, ..) => vm.call1(&self.scanner.parse_float, vm.new_ascii(text).as_value()),
            (false, ..) => vm.call1(&self.scanner.parse_int, vm.new_ascii(text).as_value()),
        }
    }

    /// Reads a key behind its quote; equal keys become one object.
    fn key(&mut self) -> PyResult<Gc<Str>> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let run = quiet_length(rest);
        let plain = rest.get(..run).unwrap_or_default();
        if rest.get(run) != Some(&b'"') {
            let (s, end) = string(self.vm, self.text, self.at, self.scanner.strict)?;
            self.at = end;
            return Ok(s);
        }
        self.at += run + 1;
        let place = &mut self.keys[place_of(plain)];
        if let Some(known) = place
            && known.as_bytes() == plain
        {
            return Ok(known.clone());
        }
        let made = piece(self.vm, self.text, plain)?;
        *place = Some(made.clone());
        Ok(made)
    }

    /// Reads an object behind its brace.
    fn object(&mut self) -> PyResult<Value> {
        let vm = self.vm;
        if !self.scanner.object_pairs_hook.is_none() {
            let pairs = vm.new_list(Vec::new());
            self.members(|key, value| {
                pairs.push(vm.new_tuple(vec![key.into_value(), value]).into_value());
            })?;
            return vm.call1(&self.scanner.object_pairs_hook, pairs.as_value());
        }
        let dict = vm.new_dict();
        self.members(|key, value| dict.set_str(vm, &key, value))?;
        if self.scanner.object_hook.is_none() {
            return Ok(dict.into_value());
        }
        vm.call1(&self.scanner.object_hook, dict.as_value())
    }

    fn members(&mut self, mut add: impl FnMut(Gc<Str>, Value)) -> PyResult<()> {
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fail("Expecting property name enclosed in double quotes", self.at));
            }
            self.at += 1;
            let key = self.key()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.fail("Expecting ':' delimiter", self.at));
            }
            self.at += 1;
            self.skip_space();
            let value = self.value()?;
            add(key, value);
            self.skip_space();
            let comma = self.at;
            match self.peek() {
                Some(b'}') => break,
                Some(b',') => self.at += 1,
                _ => return Err(self.fail("Expecting ',' delimiter", self.at)),
            }
            self.skip_space();
            if self.peek() == Some(b'}') {
                return Err(self.fail("Illegal trailing comma before end of object", comma));
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Reads an array behind its bracket.
    fn array(&mut self) -> PyResult<Value> {
        let vm = self.vm;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(vm.new_list(items).into_value());
        }
        loop {
            let item = self.value()?;
            if items.len() == items.capacity() && items.try_reserve(1).is_err() {
                return Err(vm.memory_error());
            }
            items.push(item);
            self.skip_space();
            let comma = self.at;
            match self.peek() {
                Some(b']') => break,
                Some(b',') => self.at += 1,
                _ => return Err(self.fail("Expecting ',' delimiter", self.at)),
            }
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.fail("Illegal trailing comma before end of array", comma));
            }
        }
        self.at += 1;
        Ok(vm.new_list(items).into_value())
    }
}

/// A number of at most 18 digits.
#[inline]
fn small_int(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 18 {
        return None;
    }
    let n = digits.iter().fold(0i64, |n, d| n * 10 + i64::from(d - b'0'));
    Some(if negative { -n } else { n })
}

/// The place of a key among those remembered.
#[inline]
fn place_of(key: &[u8]) -> usize {
    let at = |i: usize| key.get(i).copied().unwrap_or(0) as usize;
    let last = key.len().saturating_sub(1);
    let mix =
        key.len().wrapping_mul(31) ^ at(0) ^ at(last).wrapping_mul(7) ^ at(key.len() / 2).wrapping_mul(53);
    mix % KEYS
}
