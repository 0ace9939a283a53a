//! What `str` does: its slots, and the table of its methods. The methods proper are in the files beside this one.

mod format;
mod iterator;
mod operators;
pub(crate) mod percent;
pub(crate) mod pieces;
mod search;
#[cfg(test)]
mod tests;
mod translate;

pub use iterator::{StrAsciiIterator, StrIterator};
pub(crate) use pieces::items_of as join_items_of;
pub(crate) use search::bound as search_bound;

use crate::prelude::*;
use crate::types::str_::known;
use std::ops::Range;
use taipan_text::strings::{self as ts, Ends, Side, Text, TooLarge};
use taipan_text::wtf8::{Wtf8, Wtf8Buf};

/// str(object='') -> str
/// str(bytes_or_buffer[, encoding[, errors]]) -> str
///
/// Make a string of an object: the text of its __str__() (or of its repr), or,
/// with an encoding or an error handler, the decoded text of its bytes.
/// The encoding defaults to 'utf-8', the error handler to 'strict'.
#[pytype(name = "str", flags(BASETYPE, UNICODE_SUBCLASS, MATCH_SELF))]
impl Slots for Str {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(operators::repr),
        str: Some(operators::str),
        hash: Some(operators::hash),
        richcompare: Some(operators::richcompare),
        iter: Some(iterator::iter),
        len: Some(operators::len),
        concat: Some(operators::concat),
        repeat: Some(operators::repeat),
        item: Some(operators::item),
        subscript: Some(operators::subscript),
        quick_item: Some(operators::quick_item),
        contains: Some(operators::contains),
        remainder: Some(percent::remainder),
        ..SlotDefs::NONE
    };
}

/// The text of a method's result: a new string, or the error that it would not fit memory.
pub(crate) fn text(vm: &Vm, made: Result<Wtf8Buf, TooLarge>) -> PyResult<Gc<Str>> {
    match made {
        Ok(t) => vm.try_new_wtf8(&t),
        Err(TooLarge) => Err(vm.memory_error()),
    }
}

/// The same for an algorithm that answers bytes of text, or nothing where the string stays as it is.
fn changed(vm: &Vm, s: &Gc<Str>, made: Result<Option<Vec<u8>>, TooLarge>) -> PyResult<Gc<Str>> {
    match made {
        Ok(Some(bytes)) => vm.new_text_bytes(&bytes),
        Ok(None) => Ok(vm.exact_str(s)),
        Err(TooLarge) => Err(vm.memory_error()),
    }
}

/// Some pieces of a string as new strings.
fn pieces_list(vm: &Vm, s: &Gc<Str>, ranges: impl Iterator<Item = Range<usize>>, turn: bool) -> PyResult {
    let mut out = Vec::new();
    for r in ranges {
        if out.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        out.push(vm.substr(s, r)?.into_value());
    }
    if turn {
        out.reverse();
    }
    Ok(vm.new_list(out).into_value())
}

/// All pieces between the occurrences of a byte that is a character.
fn split_byte(vm: &Vm, s: &Gc<Str>, sep: u8) -> PyResult {
    let bytes = s.as_bytes();
    let count = if bytes.len() < SHORT {
        bytes.iter().filter(|b| **b == sep).count()
    } else {
        ts::count::<Text>(bytes, &[sep], usize::MAX)
    };
    let mut out = Vec::new();
    if out.try_reserve_exact(count + 1).is_err() {
        return Err(vm.memory_error());
    }
    let ascii = s.is_ascii();
    let piece = |range: Range<usize>| {
        let piece = bytes.get(range).unwrap_or_default();
        if ascii { vm.new_ascii(piece).into_value() } else { vm.new_wtf8(known(piece)).into_value() }
    };
    if count == 0 {
        out.push(vm.exact_str(s).into_value());
        return Ok(vm.new_list(out).into_value());
    }
    let mut start = 0;
    if ascii && bytes.len() < SHORT {
        let mut cut = |at: usize| {
            out.push(match bytes.get(start..at).unwrap_or_default() {
                [b] => vm.char_str(u32::from(*b)).into_value(),
                piece => vm.new_ascii(piece).into_value(),
            });
            start = at + 1;
        };
        for (at, b) in bytes.iter().enumerate() {
            if *b == sep {
                cut(at);
            }
        }
        cut(bytes.len());
        return Ok(vm.new_list(out).into_value());
    }
    let mut cut = |at: usize| {
        out.push(piece(start..at));
        start = at + 1;
    };
    if bytes.len() < SHORT {
        for (at, b) in bytes.iter().enumerate() {
            if *b == sep {
                cut(at);
            }
        }
    } else {
        ts::places(bytes, sep).for_each(&mut cut);
    }
    cut(bytes.len());
    Ok(vm.new_list(out).into_value())
}

/// The words of ASCII text.
fn split_ascii_words(vm: &Vm, s: &Gc<Str>) -> PyResult {
    let bytes = s.as_bytes();
    let is_space = |b: &u8| matches!(b, b' ' | 9..=13 | 28..=31);
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(skipped) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| !is_space(b))) {
        let start = at + skipped;
        let len = bytes[start..].iter().position(is_space).unwrap_or(bytes.len() - start);
        if out.len() == out.capacity() && out.try_reserve(out.len().max(8)).is_err() {
            return Err(vm.memory_error());
        }
        at = start + len;
        out.push(vm.substr(s, start..at)?.into_value());
    }
    Ok(vm.new_list(out).into_value())
}

/// One ASCII character by another everywhere in ASCII text.
fn replace_byte(vm: &Vm, s: &Gc<Str>, old: u8, new: u8) -> PyResult<Gc<Str>> {
    let bytes = s.as_bytes();
    let Some(first) = next_byte(bytes, old).filter(|_| old != new) else { return Ok(vm.exact_str(s)) };
    if bytes.len() == 1 {
        // The one object of a character.
        return Ok(vm.char_str(u32::from(new)));
    }
    let (before, rest) = bytes.split_at(first);
    vm.build_str(bytes.len(), bytes.len(), |out| {
        out.push(known(before));
        out.push_mapped(rest, |b| if b == old { new } else { b });
    })
}

/// Shorter texts are looked through byte by byte.
const SHORT: usize = 64;

#[inline]
fn next_byte(bytes: &[u8], byte: u8) -> Option<usize> {
    let near = bytes.get(..16).unwrap_or(bytes);
    match near.iter().position(|b| *b == byte) {
        None if bytes.len() > 16 => ts::find(&bytes[16..], &[byte]).map(|at| at + 16),
        found => found,
    }
}

/// `maxsplit` and `count`: negative is no limit.
pub(crate) fn limit(n: isize) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

fn fill_char(vm: &Vm, fill: Option<&Value>) -> PyResult<u32> {
    let Some(v) = fill else { return Ok(0x20) };
    let Some(s) = v.downcast::<Str>() else {
        return Err(vm.type_error(format_args!(
            "The fill character must be a unicode character, not {}",
            vm.shown_type_name(v)
        )));
    };
    match (s.char_len(), s.as_wtf8().code_points().next()) {
        (1, Some(cp)) => Ok(cp),
        _ => Err(vm.type_error("The fill character must be exactly one character long")),
    }
}

fn justify(vm: &Vm, s: &Gc<Str>, width: isize, fill: Option<&Value>, side: Side) -> PyResult<Gc<Str>> {
    let fill = fill_char(vm, fill)?;
    let width = usize::try_from(width).unwrap_or(0);
    if width <= s.char_len() {
        return Ok(vm.exact_str(s));
    }
    changed(vm, s, ts::justify::<Text>(s.as_bytes(), width, fill, side))
}

fn strip(vm: &Vm, s: &Gc<Str>, chars: &Value, ends: Ends, name: &str) -> PyResult<Gc<Str>> {
    let set = if chars.is_none() {
        None
    } else {
        match chars.downcast::<Str>() {
            Some(c) => Some(c.as_bytes()),
            None => return Err(vm.type_error(format_args!("{name} arg must be None or str"))),
        }
    };
    vm.substr(s, ts::strip::<Text>(s.as_bytes(), set, ends))
}

fn separator<'a>(vm: &Vm, sep: &'a Value) -> PyResult<Option<&'a Gc<Str>>> {
    if sep.is_none() {
        return Ok(None);
    }
    match sep.downcast::<Str>() {
        None => Err(vm.type_error(format_args!("must be str or None, not {}", vm.type_of(sep).name()))),
        Some(s) if s.is_empty() => Err(vm.value_error("empty separator")),
        s => Ok(s),
    }
}

fn partition_separator<'a>(vm: &Vm, sep: &'a Value) -> PyResult<&'a Gc<Str>> {
    match sep.downcast::<Str>() {
        None => Err(vm.type_error(format_args!("must be str, not {}", vm.type_of(sep).name()))),
        Some(s) if s.is_empty() => Err(vm.value_error("empty separator")),
        Some(s) => Ok(s),
    }
}

#[pymethods]
impl Str {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let made = match (args.pos(), args.has_keywords()) {
            ([], false) => vm.names.empty.clone(),
            ([object], false) => vm.str(object)?,
            _ => new_with_encoding(vm, args)?,
        };
        if cls.is(&vm.types.str) {
            return Ok(made.into_value());
        }
        Ok(vm.new_str_in(cls, made.as_wtf8()).into_value())
    }

    /// Return a formatted version of the string as described by format_spec.
    #[pymethod("__format__($self, format_spec, /)")]
    fn py_format_spec(vm: &Vm, zelf: &Gc<Str>, format_spec: &Gc<Str>) -> PyResult<Gc<Str>> {
        format::format_with(vm, zelf, format_spec)
    }

    #[pymethod("__getnewargs__($self, /)")]
    fn getnewargs(vm: &Vm, zelf: &Gc<Str>) -> Gc<Tuple> {
        vm.new_tuple(vec![vm.new_wtf8(zelf.as_wtf8()).into_value()])
    }

    /// Return the size of the string in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<Str>) -> usize {
        let _ = vm;
        // What CPython's three widths would take: programs compare these numbers.
        let n = zelf.char_len();
        if zelf.is_ascii() {
            return 40 + n + 1;
        }
        let width = match zelf.as_wtf8().code_points().max() {
            Some(0..=0xff) | None => 1,
            Some(0x100..=0xffff) => 2,
            _ => 4,
        };
        56 + (n + 1) * width
    }

    /// Return a version of the string with its first character in upper (or title) case and the others in lower case.
    #[pymethod("capitalize($self, /)")]
    fn capitalize(vm: &Vm, zelf: &Gc<Str>) -> PyResult<Gc<Str>> {
        text(vm, ts::capitalize(zelf.as_wtf8()))
    }

    /// Return a version of the string for comparisons that ignore case.
    #[pymethod("casefold($self, /)")]
    fn casefold(vm: &Vm, zelf: &Gc<Str>) -> PyResult<Gc<Str>> {
        text(vm, ts::casefold(zelf.as_wtf8()))
    }

    /// Return the string centered in a field of the given width.
    #[pymethod("center($self, width, fillchar=' ', /)")]
    fn center(vm: &Vm, zelf: &Gc<Str>, width: isize, #[raw] fillchar: Option<&Value>) -> PyResult<Gc<Str>> {
        justify(vm, zelf, width, fillchar, Side::Center)
    }

    /// Return how often sub occurs in S[start:end] without overlap.
    #[pymethod(no_text, "count($self, sub, start=None, end=None, /)")]
    fn count(vm: &Vm, zelf: &Gc<Str>, sub: &Gc<Str>, start: &Value, end: &Value) -> PyResult<usize> {
        search::count(vm, zelf, sub, start, end)
    }

    /// Encode the string with the codec of the given name.
    ///
    ///   encoding
    ///     The encoding to use.
    ///   errors
    ///     What to do with characters that cannot be encoded: 'strict' raises a
    ///     UnicodeEncodeError; others are 'ignore', 'replace',
    ///     'xmlcharrefreplace' and whatever codecs.register_error() knows.
    #[pymethod("encode($self, /, encoding='utf-8', errors='strict')")]
    fn encode(
        vm: &Vm,
        zelf: &Gc<Str>,
        #[raw] encoding: Option<&Value>,
        #[raw] errors: Option<&Value>,
    ) -> PyResult<Value> {
        if zelf.is_ascii() && means_utf8(encoding, errors) {
            return Ok(vm.try_new_bytes(zelf.as_bytes())?.into_value());
        }
        let encoding = optional_text(vm, encoding, "encode() argument 'encoding'")?;
        let errors = optional_text(vm, errors, "encode() argument 'errors'")?;
        crate::modules::codecs::encode_text(vm, zelf, encoding, errors)
    }

    /// Return True if S[start:end] ends with the suffix, or with one of a tuple of suffixes.
    #[pymethod(no_text, "endswith($self, suffix, start=None, end=None, /)")]
    fn endswith(vm: &Vm, zelf: &Gc<Str>, suffix: &Value, start: &Value, end: &Value) -> PyResult<bool> {
        search::tail_match(vm, zelf, suffix, start, end, false)
    }

    /// Return a copy in which spaces take the place of tabs.
    #[pymethod("expandtabs($self, /, tabsize=8)")]
    fn expandtabs(vm: &Vm, zelf: &Gc<Str>, tabsize: i32) -> PyResult<Gc<Str>> {
        let size = usize::try_from(tabsize).unwrap_or(0);
        match ts::expandtabs::<Text>(zelf.as_bytes(), size) {
            Err(TooLarge) => Err(vm.overflow_error("new string is too long")),
            made => changed(vm, zelf, made),
        }
    }

    /// Return the lowest index at which sub lies within S[start:end], or -1.
    #[pymethod(no_text, "find($self, sub, start=None, end=None, /)")]
    fn find(vm: &Vm, zelf: &Gc<Str>, sub: &Gc<Str>, start: &Value, end: &Value) -> PyResult<isize> {
        Ok(search::find(vm, zelf, sub, start, end, false)?.map_or(-1, |n| n as isize))
    }

    /// Return a formatted version of the string: fields in braces are replaced by the arguments.
    #[pymethod(raw, "format($self, /, *args, **kwargs)")]
    fn format(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        format::format(vm, args)
    }

    /// Return a formatted version of the string: fields in braces are replaced by values of the mapping.
    #[pymethod("format_map($self, mapping, /)")]
    fn format_map(vm: &Vm, zelf: &Gc<Str>, mapping: &Value) -> PyResult<Gc<Str>> {
        format::format_map(vm, zelf, mapping)
    }

    /// Return the lowest index at which sub lies within S[start:end]; raise ValueError if it does not.
    #[pymethod(no_text, "index($self, sub, start=None, end=None, /)")]
    fn index(vm: &Vm, zelf: &Gc<Str>, sub: &Gc<Str>, start: &Value, end: &Value) -> PyResult<usize> {
        match search::find(vm, zelf, sub, start, end, false)? {
            Some(n) => Ok(n),
            None => Err(vm.value_error("substring not found")),
        }
    }

    /// Return True if there are characters and all are letters or digits.
    #[pymethod("isalnum($self, /)")]
    fn isalnum(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isalnum(zelf.as_wtf8())
    }

    /// Return True if there are characters and all are letters.
    #[pymethod("isalpha($self, /)")]
    fn isalpha(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isalpha(zelf.as_wtf8())
    }

    /// Return True if all characters are ASCII; so they are in the empty string.
    #[pymethod("isascii($self, /)")]
    fn isascii(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        zelf.is_ascii()
    }

    /// Return True if there are characters and all are decimal digits.
    #[pymethod("isdecimal($self, /)")]
    fn isdecimal(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isdecimal(zelf.as_wtf8())
    }

    /// Return True if there are characters and all are digits.
    #[pymethod("isdigit($self, /)")]
    fn isdigit(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isdigit(zelf.as_wtf8())
    }

    /// Return True if the string is an identifier (or a keyword).
    #[pymethod("isidentifier($self, /)")]
    fn isidentifier(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isidentifier(zelf.as_wtf8())
    }

    /// Return True if there are cased characters and all of them are lower case.
    #[pymethod("islower($self, /)")]
    fn islower(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::islower(zelf.as_wtf8())
    }

    /// Return True if there are characters and all are numeric.
    #[pymethod("isnumeric($self, /)")]
    fn isnumeric(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isnumeric(zelf.as_wtf8())
    }

    /// Return True if repr() would show all characters as they are.
    #[pymethod("isprintable($self, /)")]
    fn isprintable(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isprintable(zelf.as_wtf8())
    }

    /// Return True if there are characters and all are white space.
    #[pymethod("isspace($self, /)")]
    fn isspace(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isspace(zelf.as_wtf8())
    }

    /// Return True if the string has cased characters, capitals only at the beginning of words and small ones only after.
    #[pymethod("istitle($self, /)")]
    fn istitle(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::istitle(zelf.as_wtf8())
    }

    /// Return True if there are cased characters and all of them are upper case.
    #[pymethod("isupper($self, /)")]
    fn isupper(vm: &Vm, zelf: &Gc<Str>) -> bool {
        let _ = vm;
        ts::isupper(zelf.as_wtf8())
    }

    /// Join any number of strings, with this one between them.
    ///
    /// Example: '.'.join(['ab', 'pq', 'rs']) -> 'ab.pq.rs'
    #[pymethod("join($self, iterable, /)")]
    fn join(vm: &Vm, zelf: &Gc<Str>, iterable: &Value) -> PyResult<Value> {
        pieces::join(vm, zelf, iterable)
    }

    /// Return the string at the left of a field of the given width.
    #[pymethod("ljust($self, width, fillchar=' ', /)")]
    fn ljust(vm: &Vm, zelf: &Gc<Str>, width: isize, #[raw] fillchar: Option<&Value>) -> PyResult<Gc<Str>> {
        justify(vm, zelf, width, fillchar, Side::Left)
    }

    /// Return a copy of the string in lower case.
    #[pymethod("lower($self, /)")]
    fn lower(vm: &Vm, zelf: &Gc<Str>) -> PyResult<Gc<Str>> {
        text(vm, ts::lower(zelf.as_wtf8()))
    }

    /// Return a copy of the string without leading white space, or without leading characters of chars.
    #[pymethod("lstrip($self, chars=None, /)")]
    fn lstrip(vm: &Vm, zelf: &Gc<Str>, chars: &Value) -> PyResult<Gc<Str>> {
        strip(vm, zelf, chars, Ends::Left, "lstrip")
    }

    /// Return a table for str.translate().
    ///
    /// One argument: a dict from code points or characters to code points, strings
    /// or None. Two: strings of equal length, each character of the first being
    /// mapped to the one at its place in the second; the characters of a third
    /// are mapped to None.
    #[pystaticmethod(no_text, "maketrans(x, y=<unrepresentable>, z=<unrepresentable>, /)")]
    fn maketrans(vm: &Vm, x: &Value, y: Option<&Gc<Str>>, z: Option<&Gc<Str>>) -> PyResult<Value> {
        translate::maketrans(vm, x, y, z)
    }

    /// Split at the first occurrence of the separator: what is before it, the separator, what is after it.
    ///
    /// If it does not occur: the string and two empty ones.
    #[pymethod("partition($self, sep, /)")]
    fn partition(vm: &Vm, zelf: &Gc<Str>, sep: &Value) -> PyResult<Gc<Tuple>> {
        let sep = partition_separator(vm, sep)?;
        let empty = || vm.names.empty.to_value();
        Ok(vm.new_tuple(match ts::partition(zelf.as_bytes(), sep.as_bytes()) {
            Some((a, b)) => {
                vec![vm.substr(zelf, a)?.into_value(), sep.to_value(), vm.substr(zelf, b)?.into_value()]
            }
            None => vec![zelf.to_value(), empty(), empty()],
        }))
    }

    /// Return the string without the prefix, if it begins with it.
    #[pymethod("removeprefix($self, prefix, /)")]
    fn removeprefix(vm: &Vm, zelf: &Gc<Str>, prefix: &Gc<Str>) -> PyResult<Gc<Str>> {
        let (s, p) = (zelf.as_bytes(), prefix.as_bytes());
        vm.substr(zelf, if s.starts_with(p) { p.len() } else { 0 }..s.len())
    }

    /// Return the string without the suffix, if it ends with it.
    #[pymethod("removesuffix($self, suffix, /)")]
    fn removesuffix(vm: &Vm, zelf: &Gc<Str>, suffix: &Gc<Str>) -> PyResult<Gc<Str>> {
        let (s, p) = (zelf.as_bytes(), suffix.as_bytes());
        vm.substr(zelf, 0..if s.ends_with(p) { s.len() - p.len() } else { s.len() })
    }

    /// Return a copy with occurrences of old replaced by new: all, or the first count ones.
    #[pymethod("replace($self, old, new, /, count=-1)")]
    fn replace(vm: &Vm, zelf: &Gc<Str>, old: &Gc<Str>, new: &Gc<Str>, count: isize) -> PyResult<Gc<Str>> {
        if let ([old], [new]) = (old.as_bytes(), new.as_bytes())
            && count < 0
            && zelf.is_ascii()
        {
            return replace_byte(vm, zelf, *old, *new);
        }
        match ts::replace::<Text>(zelf.as_bytes(), old.as_bytes(), new.as_bytes(), limit(count)) {
            Err(TooLarge) => Err(vm.overflow_error("replace string is too long")),
            made => changed(vm, zelf, made),
        }
    }

    /// Return the highest index at which sub lies within S[start:end], or -1.
    #[pymethod(no_text, "rfind($self, sub, start=None, end=None, /)")]
    fn rfind(vm: &Vm, zelf: &Gc<Str>, sub: &Gc<Str>, start: &Value, end: &Value) -> PyResult<isize> {
        Ok(search::find(vm, zelf, sub, start, end, true)?.map_or(-1, |n| n as isize))
    }

    /// Return the highest index at which sub lies within S[start:end]; raise ValueError if it does not.
    #[pymethod(no_text, "rindex($self, sub, start=None, end=None, /)")]
    fn rindex(vm: &Vm, zelf: &Gc<Str>, sub: &Gc<Str>, start: &Value, end: &Value) -> PyResult<usize> {
        match search::find(vm, zelf, sub, start, end, true)? {
            Some(n) => Ok(n),
            None => Err(vm.value_error("substring not found")),
        }
    }

    /// Return the string at the right of a field of the given width.
    #[pymethod("rjust($self, width, fillchar=' ', /)")]
    fn rjust(vm: &Vm, zelf: &Gc<Str>, width: isize, #[raw] fillchar: Option<&Value>) -> PyResult<Gc<Str>> {
        justify(vm, zelf, width, fillchar, Side::Right)
    }

    /// Split at the last occurrence of the separator: what is before it, the separator, what is after it.
    ///
    /// If it does not occur: two empty strings and the string.
    #[pymethod("rpartition($self, sep, /)")]
    fn rpartition(vm: &Vm, zelf: &Gc<Str>, sep: &Value) -> PyResult<Gc<Tuple>> {
        let sep = partition_separator(vm, sep)?;
        let empty = || vm.names.empty.to_value();
        Ok(vm.new_tuple(match ts::rpartition(zelf.as_bytes(), sep.as_bytes()) {
            Some((a, b)) => {
                vec![vm.substr(zelf, a)?.into_value(), sep.to_value(), vm.substr(zelf, b)?.into_value()]
            }
            None => vec![empty(), empty(), zelf.to_value()],
        }))
    }

    /// Return a list of the pieces between separators (or white space), split from the right.
    ///
    ///   sep
    ///     The separator; None splits at white space and leaves empty strings out.
    ///   maxsplit
    ///     How often to split at most; -1 is without limit.
    #[pymethod("rsplit($self, /, sep=None, maxsplit=-1)")]
    fn rsplit(vm: &Vm, zelf: &Gc<Str>, sep: &Value, maxsplit: isize) -> PyResult<Value> {
        let max = limit(maxsplit);
        match separator(vm, sep)? {
            None => pieces_list(vm, zelf, ts::rsplit_whitespace::<Text>(zelf.as_bytes(), max), true),
            Some(sep) => pieces_list(vm, zelf, ts::rsplit(zelf.as_bytes(), sep.as_bytes(), max), true),
        }
    }

    /// Return a copy of the string without trailing white space, or without trailing characters of chars.
    #[pymethod("rstrip($self, chars=None, /)")]
    fn rstrip(vm: &Vm, zelf: &Gc<Str>, chars: &Value) -> PyResult<Gc<Str>> {
        strip(vm, zelf, chars, Ends::Right, "rstrip")
    }

    /// Return a list of the pieces between separators (or white space).
    ///
    ///   sep
    ///     The separator; None splits at white space and leaves empty strings out.
    ///   maxsplit
    ///     How often to split at most; -1 is without limit.
    #[pymethod("split($self, /, sep=None, maxsplit=-1)")]
    fn split(vm: &Vm, zelf: &Gc<Str>, sep: &Value, maxsplit: isize) -> PyResult<Value> {
        let max = limit(maxsplit);
        match separator(vm, sep)? {
            None if zelf.is_ascii() && max == usize::MAX => split_ascii_words(vm, zelf),
            None => pieces_list(vm, zelf, ts::split_whitespace::<Text>(zelf.as_bytes(), max), false),
            Some(sep) => match sep.as_bytes() {
                [byte] if max == usize::MAX => split_byte(vm, zelf, *byte),
                sep => pieces_list(vm, zelf, ts::split(zelf.as_bytes(), sep, max), false),
            },
        }
    }

    /// Return a list of the lines, without their ends unless keepends is true.
    #[pymethod("splitlines($self, /, keepends=False)")]
    fn splitlines(vm: &Vm, zelf: &Gc<Str>, keepends: bool) -> PyResult<Value> {
        pieces_list(vm, zelf, ts::split_lines::<Text>(zelf.as_bytes(), keepends), false)
    }

    /// Return True if S[start:end] begins with the prefix, or with one of a tuple of prefixes.
    #[pymethod(no_text, "startswith($self, prefix, start=None, end=None, /)")]
    fn startswith(vm: &Vm, zelf: &Gc<Str>, prefix: &Value, start: &Value, end: &Value) -> PyResult<bool> {
        search::tail_match(vm, zelf, prefix, start, end, true)
    }

    /// Return a copy of the string without white space, or characters of chars, at both ends.
    #[pymethod("strip($self, chars=None, /)")]
    fn strip(vm: &Vm, zelf: &Gc<Str>, chars: &Value) -> PyResult<Gc<Str>> {
        strip(vm, zelf, chars, Ends::Both, "strip")
    }

    /// Return a copy in which upper case became lower case and the other way round.
    #[pymethod("swapcase($self, /)")]
    fn swapcase(vm: &Vm, zelf: &Gc<Str>) -> PyResult<Gc<Str>> {
        text(vm, ts::swapcase(zelf.as_wtf8()))
    }

    /// Return a copy in which each word begins with a capital and goes on in lower case.
    #[pymethod("title($self, /)")]
    fn title(vm: &Vm, zelf: &Gc<Str>) -> PyResult<Gc<Str>> {
        text(vm, ts::title(zelf.as_wtf8()))
    }

    /// Return a copy in which each character is replaced by what the table has for it.
    ///
    ///   table
    ///     Maps code points to code points, strings or None (which deletes).
    ///     A character stays when the look-up raises LookupError.
    #[pymethod("translate($self, table, /)")]
    fn translate(vm: &Vm, zelf: &Gc<Str>, table: &Value) -> PyResult<Gc<Str>> {
        translate::translate(vm, zelf, table)
    }

    /// Return a copy of the string in upper case.
    #[pymethod("upper($self, /)")]
    fn upper(vm: &Vm, zelf: &Gc<Str>) -> PyResult<Gc<Str>> {
        text(vm, ts::upper(zelf.as_wtf8()))
    }

    /// Return a copy filled with zeros on the left, after a sign, to the given width.
    #[pymethod("zfill($self, width, /)")]
    fn zfill(vm: &Vm, zelf: &Gc<Str>, width: isize) -> PyResult<Gc<Str>> {
        changed(vm, zelf, ts::zfill::<Text>(zelf.as_bytes(), usize::try_from(width).unwrap_or(0)))
    }
}

/// `str(object, encoding, errors)`, any of them by name.
fn new_with_encoding(vm: &Vm, args: CallArgs) -> PyResult<Gc<Str>> {
    const NAMES: [&str; 3] = ["object", "encoding", "errors"];
    let given = args.pos().len();
    if given > 3 {
        return Err(vm.type_error(format_args!("str expected at most 3 arguments, got {given}")));
    }
    if given + args.kwcount() > 3 {
        let total = given + args.kwcount();
        let s = if given == 0 { "keyword " } else { "" };
        return Err(vm.type_error(format_args!("str() takes at most 3 {s}arguments ({total} given)")));
    }
    let mut slots: [Option<&Value>; 3] = [None; 3];
    for (slot, v) in slots.iter_mut().zip(args.pos()) {
        *slot = Some(v);
    }
    for (name, v) in args.keywords() {
        let text = name.downcast::<Str>().map(|s| s.to_string_lossy()).unwrap_or_default();
        let at = NAMES.iter().position(|n| *n == text);
        match at.and_then(|i| slots.get_mut(i)) {
            Some(slot @ None) => *slot = Some(v),
            Some(_) => {
                let at = at.unwrap_or(0) + 1;
                return Err(vm.type_error(format_args!(
                    "argument for str() given by name ('{text}') and position ({at})"
                )));
            }
            None => {
                return Err(match crate::errors::suggest::nearest(&text, NAMES.into_iter()) {
                    Some(near) => vm.type_error(format_args!(
                        "str() got an unexpected keyword argument '{text}'. Did you mean '{near}'?"
                    )),
                    None => vm.type_error(format_args!("str() got an unexpected keyword argument '{text}'")),
                });
            }
        }
    }
    let [object, encoding, errors] = slots;
    if let Some(b) = object.and_then(|o| o.downcast_exact::<Bytes>())
        && b.as_bytes().is_ascii()
        && (encoding.is_some() || errors.is_some())
        && means_utf8(encoding, errors)
    {
        return vm.new_text_bytes(b.as_bytes());
    }
    let encoding = optional_text(vm, encoding, "str() argument 'encoding'")?;
    let errors = optional_text(vm, errors, "str() argument 'errors'")?;
    match object {
        None => Ok(vm.names.empty.clone()),
        Some(o) if encoding.is_none() && errors.is_none() => vm.str(o),
        Some(o) => crate::modules::codecs::decode_object(vm, o, encoding, errors),
    }
}

/// Whether the arguments name UTF-8 and a handler of errors that needs no look-up.
#[inline]
pub(crate) fn means_utf8(encoding: Option<&Value>, errors: Option<&Value>) -> bool {
    fn text(v: &Value) -> Option<&[u8]> {
        v.downcast_exact::<Str>().map(|s| s.as_bytes())
    }
    let known = [&b"surrogatepass"[..], b"strict", b"replace", b"ignore", b"surrogateescape"];
    encoding.is_none_or(|v| matches!(text(v), Some(b"utf-8" | b"utf8")))
        && errors.is_none_or(|v| text(v).is_some_and(|e| known.contains(&e)))
}

/// An argument that must be text when it is given.
pub(crate) fn optional_text<'a>(vm: &Vm, v: Option<&'a Value>, described: &str) -> PyResult<Option<&'a str>> {
    let Some(v) = v else { return Ok(None) };
    let Some(s) = v.downcast::<Str>() else {
        return Err(vm.type_error(format_args!("{described} must be str, not {}", vm.shown_type_name(v))));
    };
    match s.as_str() {
        Some(t) if t.as_bytes().contains(&0) => Err(vm.value_error("embedded null character")),
        Some(t) => Ok(Some(t)),
        None => Err(vm.surrogate_error(s)),
    }
}

const _: fn(&[u8]) -> &Wtf8 = known;
