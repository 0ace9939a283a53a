//! What `bytes` and `bytearray` do alike: the methods, generic over where the bytes lie and what a result is; and the
//! slots of `bytes`. What only `bytearray` does is in `types/bytearray.rs`.

mod convert;
mod iterator;
pub(crate) mod operators;
mod percent;

pub use convert::{byte, bytes_from, join, needle};
pub use iterator::{BytearrayIterator, BytesIterator, iter_bytearray};
pub use operators::{compare, contains, get_byte, no_concat};
pub use percent::format as percent_format;

use crate::prelude::*;
use crate::types::buffer::{BytesLike, Hold};
use crate::types::str_methods::{limit, search_bound};
use std::ops::Range;
use taipan_text::strings::{self as ts, Ends, Side, TooLarge};

/// A type whose instances are strings of bytes.
pub trait ByteString: Payload + Sized {
    const NAME: &'static str;
    /// Lends the bytes; `f` must not run Python code.
    fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R;
    /// A new object of the type itself.
    fn make(vm: &Vm, bytes: &[u8]) -> PyResult<Value>;
    /// The result of a method that changes nothing.
    fn unchanged(vm: &Vm, zelf: &Gc<Self>) -> PyResult<Value>;
    /// Keeps the bytes as they are while other code runs.
    fn hold(&self) -> Hold<'_> {
        Hold::NONE
    }
}

impl ByteString for Bytes {
    const NAME: &'static str = "bytes";
    fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(self.as_bytes())
    }
    fn make(vm: &Vm, bytes: &[u8]) -> PyResult<Value> {
        Ok(vm.try_new_bytes(bytes)?.into_value())
    }
    fn unchanged(vm: &Vm, zelf: &Gc<Self>) -> PyResult<Value> {
        if zelf.as_value().downcast_exact::<Bytes>().is_some() {
            return Ok(zelf.to_value());
        }
        Self::make(vm, zelf.as_bytes())
    }
}

/// bytes(iterable_of_ints) -> bytes
/// bytes(string, encoding[, errors]) -> bytes
/// bytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer
/// bytes(int) -> bytes object of size given by the parameter, all zero
/// bytes() -> empty bytes object
///
/// Make an immutable string of bytes of numbers in range(256), of encoded text,
/// or of the bytes that an object shows.
#[pytype(name = "bytes", flags(BASETYPE, BYTES_SUBCLASS, MATCH_SELF))]
impl Slots for Bytes {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(operators::repr),
        str: Some(operators::str),
        hash: Some(operators::hash),
        richcompare: Some(operators::richcompare),
        iter: Some(iterator::iter_bytes),
        len: Some(operators::len),
        concat: Some(operators::concat),
        repeat: Some(operators::repeat),
        item: Some(operators::item),
        subscript: Some(operators::subscript),
        quick_item: Some(operators::quick_item),
        contains: Some(operators::bytes_contains),
        remainder: Some(operators::remainder),
        buffer: Some(operators::buffer),
        ..SlotDefs::NONE
    };
}

/// What an algorithm answered as a new object.
pub fn made<T: ByteString>(vm: &Vm, bytes: Result<Vec<u8>, TooLarge>) -> PyResult<Value> {
    match bytes {
        Ok(b) => T::make(vm, &b),
        Err(TooLarge) => Err(vm.memory_error()),
    }
}

/// The same where nothing may have changed.
pub fn changed<T: ByteString>(
    vm: &Vm,
    s: &Gc<T>,
    bytes: Result<Option<Vec<u8>>, TooLarge>,
) -> PyResult<Value> {
    match bytes {
        Ok(Some(b)) => T::make(vm, &b),
        Ok(None) => T::unchanged(vm, s),
        Err(TooLarge) => Err(vm.memory_error()),
    }
}

pub fn piece<T: ByteString>(vm: &Vm, s: &Gc<T>, range: Range<usize>) -> PyResult<Value> {
    let all = s.with(|b| range == (0..b.len()));
    if all { T::unchanged(vm, s) } else { s.with(|b| T::make(vm, b.get(range).unwrap_or_default())) }
}

pub fn pieces<T: ByteString>(vm: &Vm, s: &Gc<T>, ranges: Vec<Range<usize>>, turn: bool) -> PyResult<Value> {
    let mut out = Vec::new();
    if out.try_reserve(ranges.len()).is_err() {
        return Err(vm.memory_error());
    }
    for r in ranges {
        out.push(piece(vm, s, r)?);
    }
    if turn {
        out.reverse();
    }
    Ok(vm.new_list(out).into_value())
}

/// Runs what may run Python code, which cannot change `s` meanwhile.
pub fn held<T: ByteString, R>(s: &Gc<T>, f: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    let _hold = s.hold();
    f()
}

/// The range of `s[start:end]`.
fn place<T: ByteString>(vm: &Vm, s: &Gc<T>, start: &Value, end: &Value) -> PyResult<Option<Range<usize>>> {
    let (start, end) = (search_bound(vm, start, 0)?, search_bound(vm, end, isize::MAX)?);
    Ok(ts::clip(start, end, s.with(<[u8]>::len)))
}

pub fn find<T: ByteString>(
    vm: &Vm,
    s: &Gc<T>,
    sub: &Value,
    start: &Value,
    end: &Value,
    last: bool,
) -> PyResult<Option<usize>> {
    let sub = held(s, || needle(vm, sub))?;
    let Some(range) = place(vm, s, start, end)? else { return Ok(None) };
    Ok(s.with(|b| {
        let hay = b.get(range.clone()).unwrap_or_default();
        let found = if last { ts::rfind(hay, &sub) } else { ts::find(hay, &sub) };
        found.map(|at| at + range.start)
    }))
}

pub fn index<T: ByteString>(
    vm: &Vm,
    s: &Gc<T>,
    sub: &Value,
    start: &Value,
    end: &Value,
    last: bool,
) -> PyResult<usize> {
    find(vm, s, sub, start, end, last)?.ok_or_else(|| vm.value_error("subsection not found"))
}

pub fn count<T: ByteString>(vm: &Vm, s: &Gc<T>, sub: &Value, start: &Value, end: &Value) -> PyResult<usize> {
    let sub = held(s, || needle(vm, sub))?;
    let Some(range) = place(vm, s, start, end)? else { return Ok(0) };
    Ok(s.with(|b| ts::count::<ts::Bytes>(b.get(range).unwrap_or_default(), &sub, usize::MAX)))
}

pub fn tail_match<T: ByteString>(
    vm: &Vm,
    s: &Gc<T>,
    what: &Value,
    start: &Value,
    end: &Value,
    front: bool,
) -> PyResult<bool> {
    let range = place(vm, s, start, end)?;
    let matches = |affix: &[u8]| {
        s.with(|b| match range.clone().and_then(|r| b.get(r)) {
            Some(hay) if front => hay.starts_with(affix),
            Some(hay) => hay.ends_with(affix),
            None => false,
        })
    };
    if let Some(choices) = what.downcast::<Tuple>() {
        for choice in choices.items() {
            if matches(&vm.bytes_like(choice)?) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !vm.has_buffer(what) {
        let name = if front { "startswith" } else { "endswith" };
        return Err(vm.type_error(format_args!(
            "{name} first arg must be bytes or a tuple of bytes, not {}",
            vm.type_of(what).name()
        )));
    }
    Ok(matches(&vm.bytes_like(what)?))
}

fn fill_byte(vm: &Vm, name: &str, fill: Option<&Value>) -> PyResult<u8> {
    let Some(v) = fill else { return Ok(b' ') };
    let bytes = match (v.downcast::<Bytes>(), vm.is_bytearray(v)) {
        (Some(b), _) => BytesLike::Bytes(b.clone()),
        (None, true) => vm.bytes_like(v)?,
        _ => {
            return Err(vm.type_error(format_args!(
                "{name}() argument 2 must be a byte string of length 1, not {}",
                vm.shown_type_name(v)
            )));
        }
    };
    match &*bytes {
        [b] => Ok(*b),
        more => Err(vm.type_error(format_args!(
            "{name}(): argument 2 must be a byte string of length 1, not a {} object of length {}",
            if v.is_instance_of::<Bytes>() { "bytes" } else { "bytearray" },
            more.len()
        ))),
    }
}

pub fn justify<T: ByteString>(
    vm: &Vm,
    s: &Gc<T>,
    name: &str,
    width: isize,
    fill: Option<&Value>,
    side: Side,
) -> PyResult<Value> {
    let fill = fill_byte(vm, name, fill)?;
    let width = usize::try_from(width).unwrap_or(0);
    let out = s.with(|b| ts::justify::<ts::Bytes>(b, width, fill as u32, side));
    changed(vm, s, out)
}

pub fn strip<T: ByteString>(vm: &Vm, s: &Gc<T>, set: &Value, ends: Ends) -> PyResult<Value> {
    let set = if set.is_none() { None } else { Some(vm.bytes_like(set)?) };
    let range = s.with(|b| ts::strip::<ts::Bytes>(b, set.as_deref(), ends));
    piece(vm, s, range)
}

fn separator(vm: &Vm, sep: &Value) -> PyResult<BytesLike> {
    let sep = vm.bytes_like(sep)?;
    if sep.is_empty() { Err(vm.value_error("empty separator")) } else { Ok(sep) }
}

pub fn split<T: ByteString>(
    vm: &Vm,
    s: &Gc<T>,
    sep: &Value,
    maxsplit: isize,
    right: bool,
) -> PyResult<Value> {
    let max = limit(maxsplit);
    let ranges = if sep.is_none() {
        s.with(|b| match right {
            true => ts::rsplit_whitespace::<ts::Bytes>(b, max).collect(),
            false => ts::split_whitespace::<ts::Bytes>(b, max).collect(),
        })
    } else {
        let sep = held(s, || separator(vm, sep))?;
        s.with(|b| match right {
            true => ts::rsplit(b, &sep, max).collect(),
            false => ts::split(b, &sep, max).collect(),
        })
    };
    pieces(vm, s, ranges, right)
}

pub fn partition<T: ByteString>(vm: &Vm, s: &Gc<T>, sep: &Value, right: bool) -> PyResult<Gc<Tuple>> {
    let sep_bytes = held(s, || separator(vm, sep))?;
    let found = s.with(|b| if right { ts::rpartition(b, &sep_bytes) } else { ts::partition(b, &sep_bytes) });
    let empty = || T::make(vm, b"");
    Ok(vm.new_tuple(match found {
        Some((a, b)) => {
            let middle = if T::NAME == "bytes" { sep.clone() } else { T::make(vm, &sep_bytes)? };
            vec![piece(vm, s, a)?, middle, piece(vm, s, b)?]
        }
        None => {
            let whole = if T::NAME == "bytes" { s.to_value() } else { T::unchanged(vm, s)? };
            if right { vec![empty()?, empty()?, whole] } else { vec![whole, empty()?, empty()?] }
        }
    }))
}

pub fn replace<T: ByteString>(vm: &Vm, s: &Gc<T>, old: &Value, new: &Value, count: isize) -> PyResult<Value> {
    let (old, new) = held(s, || Ok((vm.bytes_like(old)?, vm.bytes_like(new)?)))?;
    match s.with(|b| ts::replace::<ts::Bytes>(b, &old, &new, limit(count))) {
        Err(TooLarge) => Err(vm.overflow_error("replace bytes is too long")),
        out => changed(vm, s, out),
    }
}

pub fn translate<T: ByteString>(
    vm: &Vm,
    s: &Gc<T>,
    table: &Value,
    delete: Option<&Value>,
) -> PyResult<Value> {
    let table = if table.is_none() { None } else { Some(vm.bytes_like(table)?) };
    let table: Option<&[u8; 256]> = match &table {
        None => None,
        Some(t) => match <&[u8; 256]>::try_from(&**t) {
            Ok(t) => Some(t),
            Err(_) => return Err(vm.value_error("translation table must be 256 characters long")),
        },
    };
    let delete = match delete {
        Some(d) => Some(vm.bytes_like(d)?),
        None => None,
    };
    let out = s.with(|b| {
        if let (Some(table), None) = (table, &delete) {
            let (mut out, mut changes) = (b.to_vec(), 0);
            for x in &mut out {
                let y = table[usize::from(*x)];
                changes |= *x ^ y;
                *x = y;
            }
            return (changes != 0).then_some(out);
        }
        let out = ts::translate_bytes(b, table, delete.as_deref().unwrap_or_default());
        if out == b { None } else { Some(out) }
    });
    changed(vm, s, Ok(out))
}

pub fn maketrans(vm: &Vm, from: &Value, to: &Value) -> PyResult<Value> {
    let (from, to) = (vm.bytes_like(from)?, vm.bytes_like(to)?);
    if from.len() != to.len() {
        return Err(vm.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (f, t) in from.iter().zip(to.iter()) {
        if let Some(row) = table.get_mut(usize::from(*f)) {
            *row = *t;
        }
    }
    Ok(vm.new_bytes(&table).into_value())
}

/// The arguments of `hex()`.
pub fn hex_separator(vm: &Vm, sep: Option<&Value>, group: isize) -> PyResult<Option<(u8, isize)>> {
    let Some(sep) = sep else { return Ok(None) };
    let n = vm.len(sep)?;
    if n != 1 {
        return Err(vm.value_error("sep must be length 1."));
    }
    let byte = if let Some(s) = sep.downcast::<Str>() {
        s.as_bytes().first().copied().filter(|_| s.is_ascii())
    } else if let Some(b) = sep.downcast::<Bytes>() {
        b.as_bytes().first().copied().filter(u8::is_ascii)
    } else {
        return Err(vm.type_error("sep must be str or bytes."));
    };
    match byte {
        Some(b) => Ok(Some((b, group))),
        None => Err(vm.value_error("sep must be ASCII.")),
    }
}

pub fn fromhex(vm: &Vm, text: &Value) -> PyResult<Vec<u8>> {
    let made = if let Some(s) = text.downcast::<Str>() {
        ts::bytes_fromhex(s.as_bytes())
    } else if vm.has_buffer(text) {
        ts::bytes_fromhex(&vm.bytes_like(text)?)
    } else {
        return Err(vm.type_error(format_args!(
            "fromhex() argument must be str or bytes-like, not {}",
            vm.type_of(text).name()
        )));
    };
    made.map_err(|e| vm.value_error(e.message()))
}

/// The class's instance of these bytes, made by calling the class unless it is the type itself.
pub fn instance_of<T: ByteString>(vm: &Vm, cls: &Value, bytes: &[u8]) -> PyResult<Value> {
    if cls.is(vm.type_for_ref(T::def()).as_value()) {
        return T::make(vm, bytes);
    }
    vm.call1(cls, vm.try_new_bytes(bytes)?.as_value())
}

/// The block of methods of a type of bytes: those that both types have, then its own.
#[macro_export]
#[doc(hidden)]
macro_rules! byte_string_methods {
    ($t:ident { $($own:tt)* }) => {
        #[pymethods]
        impl $t {
            $($own)*

            /// Return a copy with its first byte in upper case and the others in lower case (ASCII).
            #[pymethod("capitalize($self, /)")]
            fn capitalize(vm: &Vm, zelf: &Gc<$t>) -> PyResult<Value> {
                made::<$t>(vm, zelf.with(ts::capitalize_bytes))
            }

            /// Return the bytes centered in a field of the given width.
            #[pymethod("center($self, width, fillchar=b' ', /)")]
            fn center(vm: &Vm, zelf: &Gc<$t>, width: isize, #[raw] fillchar: Option<&Value>) -> PyResult<Value> {
                justify(vm, zelf, "center", width, fillchar, Side::Center)
            }

            /// Return how often sub occurs in B[start:end] without overlap.
            #[pymethod(no_text, "count($self, sub, start=None, end=None, /)")]
            fn count(vm: &Vm, zelf: &Gc<$t>, sub: &Value, start: &Value, end: &Value) -> PyResult<usize> {
                count(vm, zelf, sub, start, end)
            }

            /// Decode the bytes with the codec of the given name.
            ///
            ///   encoding
            ///     The encoding of the bytes.
            ///   errors
            ///     What to do with bytes that cannot be decoded: 'strict' raises a
            ///     UnicodeDecodeError; others are 'ignore', 'replace' and whatever
            ///     codecs.register_error() knows.
            #[pymethod("decode($self, /, encoding='utf-8', errors='strict')")]
            fn decode(
                vm: &Vm,
                zelf: &Gc<$t>,
                #[raw] encoding: Option<&Value>,
                #[raw] errors: Option<&Value>,
            ) -> PyResult<Gc<Str>> {
                if let Some(b) = zelf.as_value().downcast_exact::<Bytes>()
                    && b.as_bytes().is_ascii()
                    && $crate::types::str_methods::means_utf8(encoding, errors)
                {
                    return vm.new_text_bytes(b.as_bytes());
                }
                let encoding = optional_text(vm, encoding, "decode() argument 'encoding'")?;
                let errors = optional_text(vm, errors, "decode() argument 'errors'")?;
                $crate::modules::codecs::decode_bytes(vm, zelf.as_value(), encoding, errors)
            }

            /// Return True if B[start:end] ends with the suffix, or with one of a tuple of suffixes.
            #[pymethod(no_text, "endswith($self, suffix, start=None, end=None, /)")]
            fn endswith(vm: &Vm, zelf: &Gc<$t>, suffix: &Value, start: &Value, end: &Value) -> PyResult<bool> {
                tail_match(vm, zelf, suffix, start, end, false)
            }

            /// Return a copy in which spaces take the place of tabs.
            #[pymethod("expandtabs($self, /, tabsize=8)")]
            fn expandtabs(vm: &Vm, zelf: &Gc<$t>, tabsize: i32) -> PyResult<Value> {
                let size = usize::try_from(tabsize).unwrap_or(0);
                match zelf.with(|b| ts::expandtabs::<ts::Bytes>(b, size)) {
                    Err(TooLarge) => Err(vm.overflow_error("result too long")),
                    out => changed(vm, zelf, out),
                }
            }

            /// Return the lowest index at which sub lies within B[start:end], or -1.
            #[pymethod(no_text, "find($self, sub, start=None, end=None, /)")]
            fn find(vm: &Vm, zelf: &Gc<$t>, sub: &Value, start: &Value, end: &Value) -> PyResult<isize> {
                Ok(find(vm, zelf, sub, start, end, false)?.map_or(-1, |n| n as isize))
            }

            /// Make an object of hexadecimal digits, two for each byte; white space between bytes is skipped.
            #[pyclassmethod("fromhex($type, string, /)")]
            fn fromhex(vm: &Vm, cls: &Value, string: &Value) -> PyResult<Value> {
                instance_of::<$t>(vm, cls, &fromhex(vm, string)?)
            }

            /// Return the bytes as hexadecimal digits.
            ///
            ///   sep
            ///     What stands between groups of bytes: one ASCII character.
            ///   bytes_per_sep
            ///     The size of the groups, counted from the right, or from the left if
            ///     it is negative.
            #[pymethod("hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)")]
            fn hex(vm: &Vm, zelf: &Gc<$t>, sep: Option<&Value>, bytes_per_sep: isize) -> PyResult<Gc<Str>> {
                let sep = held(zelf, || hex_separator(vm, sep, bytes_per_sep))?;
                match zelf.with(|b| ts::bytes_hex(b, sep)) {
                    Ok(text) => vm.new_text_bytes(text.as_bytes()),
                    Err(TooLarge) => Err(vm.memory_error()),
                }
            }

            /// Return the lowest index at which sub lies within B[start:end]; raise ValueError if it does not.
            #[pymethod(no_text, "index($self, sub, start=None, end=None, /)")]
            fn index(vm: &Vm, zelf: &Gc<$t>, sub: &Value, start: &Value, end: &Value) -> PyResult<usize> {
                index(vm, zelf, sub, start, end, false)
            }

            /// Return True if there are bytes and all are ASCII letters or digits.
            #[pymethod("isalnum($self, /)")]
            fn isalnum(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(ts::isalnum_bytes)
            }

            /// Return True if there are bytes and all are ASCII letters.
            #[pymethod("isalpha($self, /)")]
            fn isalpha(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(ts::isalpha_bytes)
            }

            /// Return True if all bytes are ASCII.
            #[pymethod("isascii($self, /)")]
            fn isascii(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(<[u8]>::is_ascii)
            }

            /// Return True if there are bytes and all are ASCII digits.
            #[pymethod("isdigit($self, /)")]
            fn isdigit(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(ts::isdigit_bytes)
            }

            /// Return True if there are ASCII letters and all of them are lower case.
            #[pymethod("islower($self, /)")]
            fn islower(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(ts::islower_bytes)
            }

            /// Return True if there are bytes and all are ASCII white space.
            #[pymethod("isspace($self, /)")]
            fn isspace(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(ts::isspace_bytes)
            }

            /// Return True if there are ASCII letters, capitals only at the beginning of words and small ones only after.
            #[pymethod("istitle($self, /)")]
            fn istitle(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(ts::istitle_bytes)
            }

            /// Return True if there are ASCII letters and all of them are upper case.
            #[pymethod("isupper($self, /)")]
            fn isupper(vm: &Vm, zelf: &Gc<$t>) -> bool {
                let _ = vm;
                zelf.with(ts::isupper_bytes)
            }

            /// Join any number of bytes-like objects, with this one between them.
            ///
            /// Example: b'.'.join([b'ab', b'pq', b'rs']) -> b'ab.pq.rs'
            #[pymethod("join($self, iterable_of_bytes, /)")]
            fn join(vm: &Vm, zelf: &Gc<$t>, iterable_of_bytes: &Value) -> PyResult<Value> {
                join(vm, zelf, iterable_of_bytes)
            }

            /// Return the bytes at the left of a field of the given width.
            #[pymethod("ljust($self, width, fillchar=b' ', /)")]
            fn ljust(vm: &Vm, zelf: &Gc<$t>, width: isize, #[raw] fillchar: Option<&Value>) -> PyResult<Value> {
                justify(vm, zelf, "ljust", width, fillchar, Side::Left)
            }

            /// Return a copy with ASCII letters in lower case.
            #[pymethod("lower($self, /)")]
            fn lower(vm: &Vm, zelf: &Gc<$t>) -> PyResult<Value> {
                made::<$t>(vm, zelf.with(ts::lower_bytes))
            }

            /// Return a copy without leading bytes of the argument, or without leading ASCII white space.
            #[pymethod("lstrip($self, bytes=None, /)")]
            fn lstrip(vm: &Vm, zelf: &Gc<$t>, bytes: &Value) -> PyResult<Value> {
                strip(vm, zelf, bytes, Ends::Left)
            }

            /// Return a table for translate(): each byte of frm is mapped to the one at its place in to.
            #[pystaticmethod("maketrans(frm, to, /)")]
            fn maketrans(vm: &Vm, frm: &Value, to: &Value) -> PyResult<Value> {
                maketrans(vm, frm, to)
            }

            /// Split at the first occurrence of the separator: what is before it, the separator, what is after it.
            ///
            /// If it does not occur: the bytes and two empty objects.
            #[pymethod("partition($self, sep, /)")]
            fn partition(vm: &Vm, zelf: &Gc<$t>, sep: &Value) -> PyResult<Gc<Tuple>> {
                partition(vm, zelf, sep, false)
            }

            /// Return the bytes without the prefix, if they begin with it.
            #[pymethod("removeprefix($self, prefix, /)")]
            fn removeprefix(vm: &Vm, zelf: &Gc<$t>, prefix: &Value) -> PyResult<Value> {
                let prefix = vm.bytes_like(prefix)?;
                let range = zelf.with(|b| if b.starts_with(&prefix) { prefix.len() } else { 0 }..b.len());
                piece(vm, zelf, range)
            }

            /// Return the bytes without the suffix, if they end with it.
            #[pymethod("removesuffix($self, suffix, /)")]
            fn removesuffix(vm: &Vm, zelf: &Gc<$t>, suffix: &Value) -> PyResult<Value> {
                let suffix = vm.bytes_like(suffix)?;
                let range = zelf.with(|b| 0..b.len() - if b.ends_with(&suffix) { suffix.len() } else { 0 });
                piece(vm, zelf, range)
            }

            /// Return a copy with occurrences of old replaced by new: all, or the first count ones.
            #[pymethod("replace($self, old, new, count=-1, /)")]
            fn replace(vm: &Vm, zelf: &Gc<$t>, old: &Value, new: &Value, count: isize) -> PyResult<Value> {
                replace(vm, zelf, old, new, count)
            }

            /// Return the highest index at which sub lies within B[start:end], or -1.
            #[pymethod(no_text, "rfind($self, sub, start=None, end=None, /)")]
            fn rfind(vm: &Vm, zelf: &Gc<$t>, sub: &Value, start: &Value, end: &Value) -> PyResult<isize> {
                Ok(find(vm, zelf, sub, start, end, true)?.map_or(-1, |n| n as isize))
            }

            /// Return the highest index at which sub lies within B[start:end]; raise ValueError if it does not.
            #[pymethod(no_text, "rindex($self, sub, start=None, end=None, /)")]
            fn rindex(vm: &Vm, zelf: &Gc<$t>, sub: &Value, start: &Value, end: &Value) -> PyResult<usize> {
                index(vm, zelf, sub, start, end, true)
            }

            /// Return the bytes at the right of a field of the given width.
            #[pymethod("rjust($self, width, fillchar=b' ', /)")]
            fn rjust(vm: &Vm, zelf: &Gc<$t>, width: isize, #[raw] fillchar: Option<&Value>) -> PyResult<Value> {
                justify(vm, zelf, "rjust", width, fillchar, Side::Right)
            }

            /// Split at the last occurrence of the separator: what is before it, the separator, what is after it.
            ///
            /// If it does not occur: two empty objects and the bytes.
            #[pymethod("rpartition($self, sep, /)")]
            fn rpartition(vm: &Vm, zelf: &Gc<$t>, sep: &Value) -> PyResult<Gc<Tuple>> {
                partition(vm, zelf, sep, true)
            }

            /// Return a list of the pieces between separators (or ASCII white space), split from the right.
            #[pymethod("rsplit($self, /, sep=None, maxsplit=-1)")]
            fn rsplit(vm: &Vm, zelf: &Gc<$t>, sep: &Value, maxsplit: isize) -> PyResult<Value> {
                split(vm, zelf, sep, maxsplit, true)
            }

            /// Return a copy without trailing bytes of the argument, or without trailing ASCII white space.
            #[pymethod("rstrip($self, bytes=None, /)")]
            fn rstrip(vm: &Vm, zelf: &Gc<$t>, bytes: &Value) -> PyResult<Value> {
                strip(vm, zelf, bytes, Ends::Right)
            }

            /// Return a list of the pieces between separators (or ASCII white space).
            #[pymethod("split($self, /, sep=None, maxsplit=-1)")]
            fn split(vm: &Vm, zelf: &Gc<$t>, sep: &Value, maxsplit: isize) -> PyResult<Value> {
                split(vm, zelf, sep, maxsplit, false)
            }

            /// Return a list of the lines, without their ends unless keepends is true.
            #[pymethod("splitlines($self, /, keepends=False)")]
            fn splitlines(vm: &Vm, zelf: &Gc<$t>, keepends: bool) -> PyResult<Value> {
                let lines = zelf.with(|b| ts::split_lines::<ts::Bytes>(b, keepends).collect());
                pieces(vm, zelf, lines, false)
            }

            /// Return True if B[start:end] begins with the prefix, or with one of a tuple of prefixes.
            #[pymethod(no_text, "startswith($self, prefix, start=None, end=None, /)")]
            fn startswith(vm: &Vm, zelf: &Gc<$t>, prefix: &Value, start: &Value, end: &Value) -> PyResult<bool> {
                tail_match(vm, zelf, prefix, start, end, true)
            }

            /// Return a copy without bytes of the argument, or ASCII white space, at both ends.
            #[pymethod("strip($self, bytes=None, /)")]
            fn strip(vm: &Vm, zelf: &Gc<$t>, bytes: &Value) -> PyResult<Value> {
                strip(vm, zelf, bytes, Ends::Both)
            }

            /// Return a copy with ASCII letters in the other case.
            #[pymethod("swapcase($self, /)")]
            fn swapcase(vm: &Vm, zelf: &Gc<$t>) -> PyResult<Value> {
                made::<$t>(vm, zelf.with(ts::swapcase_bytes))
            }

            /// Return a copy in which each ASCII word begins with a capital and goes on in lower case.
            #[pymethod("title($self, /)")]
            fn title(vm: &Vm, zelf: &Gc<$t>) -> PyResult<Value> {
                made::<$t>(vm, zelf.with(ts::title_bytes))
            }

            /// Return a copy without the bytes of delete, the others being mapped through the table.
            ///
            ///   table
            ///     A bytes object of length 256, or None.
            #[pymethod("translate($self, table, /, delete=b'')")]
            fn translate(vm: &Vm, zelf: &Gc<$t>, table: &Value, #[raw] delete: Option<&Value>) -> PyResult<Value> {
                translate(vm, zelf, table, delete)
            }

            /// Return a copy with ASCII letters in upper case.
            #[pymethod("upper($self, /)")]
            fn upper(vm: &Vm, zelf: &Gc<$t>) -> PyResult<Value> {
                made::<$t>(vm, zelf.with(ts::upper_bytes))
            }

            /// Return a copy filled with zeros on the left, after a sign, to the given width.
            #[pymethod("zfill($self, width, /)")]
            fn zfill(vm: &Vm, zelf: &Gc<$t>, width: isize) -> PyResult<Value> {
                let out = zelf.with(|b| ts::zfill::<ts::Bytes>(b, usize::try_from(width).unwrap_or(0)));
                changed(vm, zelf, out)
            }
        }
    };
}

use crate::types::str_methods::optional_text;

crate::byte_string_methods!(Bytes {
    #[pynew("bytes(source=<unrepresentable>, encoding=<unrepresentable>, errors=<unrepresentable>)")]
    fn new(
        vm: &Vm,
        cls: &Gc<Type>,
        source: Option<&Value>,
        encoding: Option<&str>,
        errors: Option<&str>,
    ) -> PyResult<Value> {
        convert::new_bytes_object(vm, cls, source, encoding, errors)
    }

    /// Convert this value to exact type bytes.
    #[pymethod("__bytes__($self, /)")]
    fn py_bytes(vm: &Vm, zelf: &Gc<Bytes>) -> PyResult<Value> {
        Bytes::unchanged(vm, zelf)
    }

    #[pymethod("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, zelf: &Gc<Bytes>) -> Gc<Tuple> {
        vm.new_tuple(vec![vm.new_bytes(zelf.as_bytes()).into_value()])
    }

    /// Returns the size of the object in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<Bytes>) -> usize {
        let _ = vm;
        zelf.len() + 33
    }
});

/// The methods above as `bytearray` uses them.
pub(crate) mod shared {
    pub use super::{
        changed, count, find, fromhex, held, hex_separator, index, instance_of, join, justify, made,
        maketrans, partition, piece, pieces, replace, split, strip, tail_match, translate,
    };
    pub(crate) use crate::types::str_methods::optional_text;
    pub use taipan_text::strings::{self as ts, Ends, Side, TooLarge};
}
