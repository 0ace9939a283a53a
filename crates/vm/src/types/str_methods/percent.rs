//! The `%` operator of `str`.

use crate::errors::exc;
use crate::prelude::*;
use crate::types::int::text::decimal;
use crate::types::numbers::{IntValue, int_value};
use crate::types::str_::known;
use taipan_text::format::{
    Arguments, Conversion, ErrorKind, FormatError, PercentIter, PercentPiece, percent_base, percent_char,
    percent_float, percent_int, percent_text,
};
use taipan_text::strings::{Text, TooLarge};
use taipan_text::wtf8::{self, Wtf8Buf};

pub fn remainder(vm: &Vm, a: &Value, b: &Value) -> PyResult {
    let Some(format) = a.downcast::<Str>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let mut args = PercentArgs::new(vm, b, b.downcast::<Str>().is_some());
    if first_percent(format.as_bytes()).is_none() {
        args.finish("string")?;
        return Ok(a.clone());
    }
    let text = format.as_bytes();
    let mut short = Short { bytes: [0; 128], len: 0 };
    let at = short.begin(text, &mut args);
    if at == text.len() {
        args.finish("string")?;
        return Ok(vm.new_wtf8(known(short.text())).into_value());
    }
    let mut out = Wtf8Buf::new();
    if out.try_reserve(format.byte_len() + 32).is_err() {
        return Err(vm.memory_error());
    }
    out.push_wtf8(known(short.text()));
    let mut at = at;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let literal = first_percent(rest).unwrap_or(rest.len());
        out.push_wtf8(known(&rest[..literal]));
        at += literal;
        match rest.get(literal + 1) {
            None if literal == rest.len() => break,
            Some(b'%') => {
                out.push_str("%");
                at += 2;
                continue;
            }
            Some(code @ (b's' | b'd' | b'r')) => {
                if let Some(v) = args.plain() {
                    plain(vm, &v, *code, &mut out)?;
                    at += 2;
                    continue;
                }
            }
            _ => {}
        }
        at = general(vm, text, at, &mut args, &mut out)?;
    }
    args.finish("string")?;
    Ok(vm.try_new_wtf8(&out)?.into_value())
}

/// The beginning of a result, as long as it is short and nothing but strings and ints goes into it: that takes no memory.
struct Short {
    bytes: [u8; 128],
    len: usize,
}

impl Short {
    fn push(&mut self, more: &[u8]) -> bool {
        let Some(place) = self.bytes.get_mut(self.len..self.len + more.len()) else { return false };
        place.copy_from_slice(more);
        self.len += more.len();
        true
    }

    fn text(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Formats what it can; answers where in the format the rest begins.
    fn begin(&mut self, text: &[u8], args: &mut PercentArgs<'_>) -> usize {
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            let literal = first_percent(rest).unwrap_or(rest.len());
            if !self.push(&rest[..literal]) {
                return at;
            }
            at += literal;
            if literal == rest.len() {
                return at;
            }
            let fits = match (rest.get(literal + 1), args.peek()) {
                (Some(b's'), Some(v)) if v.downcast_exact::<Str>().is_some() => {
                    v.downcast_exact::<Str>().is_some_and(|s| self.push(s.as_bytes()))
                }
                (Some(b's' | b'd' | b'r'), Some(v)) => match v.as_int() {
                    Some(n) => self.push(decimal(n, &mut [0; 20])),
                    None => false,
                },
                _ => false,
            };
            if !fits {
                return at;
            }
            args.pass();
            at += 2;
        }
    }
}

/// `%s`, `%r` or `%d` and nothing else.
#[inline]
fn plain(vm: &Vm, v: &Value, code: u8, out: &mut Wtf8Buf) -> PyResult<()> {
    let shown = match (code, v.as_int()) {
        (_, Some(n)) => {
            let mut buf = [0; 20];
            out.push_wtf8(known(decimal(n, &mut buf)));
            return Ok(());
        }
        (b's', None) => match v.downcast_exact::<Str>() {
            Some(s) if out.try_reserve(s.byte_len()).is_ok() => {
                out.push_wtf8(s.as_wtf8());
                return Ok(());
            }
            _ => vm.str(v)?,
        },
        (b'r', None) => vm.repr(v)?,
        _ => {
            let c = Conversion { code: u32::from(code), ..Conversion::default() };
            return convert(vm, v, &c, out);
        }
    };
    if out.try_reserve(shown.byte_len()).is_err() {
        return Err(vm.memory_error());
    }
    out.push_wtf8(shown.as_wtf8());
    Ok(())
}

/// The piece at `at`, whatever it is; answers where the next one begins.
fn general(
    vm: &Vm,
    text: &[u8],
    at: usize,
    args: &mut PercentArgs<'_>,
    out: &mut Wtf8Buf,
) -> PyResult<usize> {
    let mut pieces = PercentIter::<Text>::from(text, at);
    match pieces.next(args).map_err(|f| f.raise(vm))? {
        Some(PercentPiece::Literal { start, end }) => {
            out.push_wtf8(known(text.get(start..end).unwrap_or_default()))
        }
        Some(PercentPiece::Conversion(c)) => {
            let v = args.take().map_err(|f| f.raise(vm))?;
            convert(vm, &v, &c, out)?;
        }
        None => {}
    }
    Ok(pieces.position())
}

fn first_percent(format: &[u8]) -> Option<usize> {
    // Eight bytes at a time; long stretches are left to those who take more.
    let mut at = 0;
    while let Some(piece) = format.get(at..at + 8)
        && at < 32
    {
        let mut word = [0; 8];
        word.copy_from_slice(piece);
        let x = u64::from_le_bytes(word) ^ 0x2525_2525_2525_2525;
        let zeros = x.wrapping_sub(0x0101_0101_0101_0101) & !x & 0x8080_8080_8080_8080;
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    let rest = format.get(at..).unwrap_or_default();
    let found = match rest.len() {
        0..8 => rest.iter().position(|b| *b == b'%'),
        _ => taipan_text::strings::find(rest, b"%"),
    };
    found.map(|found| found + at)
}

fn convert(vm: &Vm, v: &Value, c: &Conversion, out: &mut Wtf8Buf) -> PyResult<()> {
    let letter = u8::try_from(c.code).unwrap_or(0);
    let shown = match letter {
        b's' => vm.str(v)?,
        b'r' => vm.repr(v)?,
        b'a' => vm.ascii(v)?,
        b'c' => {
            let mut buf = [0; 4];
            let unit = wtf8::encode(char_of(vm, v)?, &mut buf);
            return push_bytes(vm, out, percent_char::<Text>(unit, c));
        }
        b'd' | b'i' | b'u' if c.is_plain() => match v.as_int() {
            Some(n) => {
                let mut buf = [0; 20];
                return pad_number(vm, out, decimal(n, &mut buf), c);
            }
            None => return convert_number(vm, v, c, out),
        },
        _ => return convert_number(vm, v, c, out),
    };
    if c.width == 0 && c.precision.is_none() {
        if out.try_reserve(shown.byte_len()).is_err() {
            return Err(vm.memory_error());
        }
        out.push_wtf8(shown.as_wtf8());
        return Ok(());
    }
    push_bytes(vm, out, percent_text::<Text>(shown.as_bytes(), c))
}

fn convert_number(vm: &Vm, v: &Value, c: &Conversion, out: &mut Wtf8Buf) -> PyResult<()> {
    match number(vm, v, c)? {
        Some(text) => {
            out.push_str(&text);
            Ok(())
        }
        None => Err(raise_format(vm, c.unsupported())),
    }
}

/// Digits, with a minus if negative, in a field that only the width and zeros shape.
fn pad_number(vm: &Vm, out: &mut Wtf8Buf, digits: &[u8], c: &Conversion) -> PyResult<()> {
    let fill = c.width.saturating_sub(digits.len());
    if out.try_reserve(fill.saturating_add(digits.len())).is_err() {
        return Err(vm.memory_error());
    }
    let digits = match digits {
        [b'-', rest @ ..] if c.flags.zero => {
            out.push_str("-");
            rest
        }
        _ => digits,
    };
    for _ in 0..fill {
        out.push_str(if c.flags.zero { "0" } else { " " });
    }
    out.push_wtf8(known(digits));
    Ok(())
}

fn push_bytes(vm: &Vm, out: &mut Wtf8Buf, made: Result<Vec<u8>, TooLarge>) -> PyResult<()> {
    match made {
        Ok(bytes) if out.try_reserve(bytes.len()).is_ok() => {
            out.push_wtf8(known(&bytes));
            Ok(())
        }
        _ => Err(vm.memory_error()),
    }
}

/// The code point for `%c`.
fn char_of(vm: &Vm, v: &Value) -> PyResult<u32> {
    if let Some(s) = v.downcast::<Str>() {
        return match (s.char_len(), s.as_wtf8().code_points().next()) {
            (1, Some(cp)) => Ok(cp),
            (n, _) => Err(vm.type_error(format_args!(
                "%c requires an int or a unicode character, not a string of length {n}"
            ))),
        };
    }
    if int_value(v).is_none() && vm.type_of(v).slots.index.get().is_none() {
        return Err(vm.type_error(format_args!(
            "%c requires an int or a unicode character, not {}",
            vm.type_of(v).full_name(vm)
        )));
    }
    let n = vm.index(v)?;
    match int_value(&n) {
        Some(IntValue::Small(n)) if (0..=wtf8::MAX as i64).contains(&n) => Ok(n as u32),
        _ => Err(vm.overflow_error("%c arg not in range(0x110000)")),
    }
}

/// The text of a conversion of numbers, for `str` and `bytes`; `None` when the letter is none of them.
pub(crate) fn number(vm: &Vm, v: &Value, c: &Conversion) -> PyResult<Option<String>> {
    let letter = u8::try_from(c.code).unwrap_or(0);
    let made = if let Some(base) = percent_base(c.code) {
        let digits = int_digits(vm, &integer(vm, v, letter)?, base)?;
        percent_int(&digits, c)
    } else if matches!(letter, b'e' | b'E' | b'f' | b'F' | b'g' | b'G') {
        percent_float(vm.to_f64(v)?, c)
    } else {
        return Ok(None);
    };
    made.map(Some).map_err(|e| raise_format(vm, e))
}

/// The int for `%d` and its kin.
fn integer(vm: &Vm, v: &Value, letter: u8) -> PyResult {
    if int_value(v).is_some() {
        return Ok(v.clone());
    }
    let exact = matches!(letter, b'x' | b'X' | b'o');
    let slots = &vm.type_of(v).slots;
    let r = match (slots.int.get(), slots.index.get()) {
        (Some(f), _) if !exact => f(vm, v).and_then(|r| check_int(vm, v, r)),
        (_, Some(_)) => vm.index(v),
        _ => return Err(wrong_type(vm, v, letter)),
    };
    match vm.suppress(r, &exc::TypeError)? {
        Some(n) => Ok(n),
        None => Err(wrong_type(vm, v, letter)),
    }
}

fn check_int(vm: &Vm, v: &Value, r: Value) -> PyResult {
    if int_value(&r).is_some() {
        return Ok(r);
    }
    Err(vm.type_error(format_args!(
        "{}.__int__() must return an int, not {}",
        vm.type_of(v).name(),
        vm.type_of(&r).name()
    )))
}

fn wrong_type(vm: &Vm, v: &Value, letter: u8) -> Raised {
    let what = if matches!(letter, b'x' | b'X' | b'o') { "an integer" } else { "a real number" };
    vm.type_error(format_args!(
        "%{} format: {what} is required, not {}",
        char::from(letter),
        vm.type_of(v).name()
    ))
}

/// The digits of an int in a base, with a minus if negative. The limit on decimal digits holds.
pub(crate) fn int_digits(vm: &Vm, v: &Value, base: u32) -> PyResult<String> {
    match int_value(v) {
        Some(IntValue::Small(n)) => Ok(taipan_text::number::int_to_text(n, base)),
        Some(IntValue::Big(b)) if base != 10 => Ok(b.in_radix(base as u8).to_string()),
        Some(IntValue::Big(b)) => {
            let exact = vm.new_bigint(b.clone());
            vm.repr_text(&exact)
        }
        None => Err(vm.type_error("an integer is required")),
    }
}

/// What a reader of a format answers: an exception that is on its way, or one to raise.
pub(crate) enum Fault {
    Raised(Raised),
    Format(FormatError),
}

impl From<FormatError> for Fault {
    fn from(e: FormatError) -> Fault {
        Fault::Format(e)
    }
}

impl Fault {
    pub(crate) fn raise(self, vm: &Vm) -> Raised {
        match self {
            Fault::Raised(r) => r,
            Fault::Format(e) => raise_format(vm, e),
        }
    }
}

/// Raises the exception of a formatting error.
#[cold]
pub(crate) fn raise_format(vm: &Vm, e: FormatError) -> Raised {
    let text = vm.new_wtf8(&e.message).into_value();
    match e.kind {
        ErrorKind::Value => vm.raise_args(&exc::ValueError, vec![text]),
        ErrorKind::Overflow => vm.raise_args(&exc::OverflowError, vec![text]),
        ErrorKind::Memory => vm.memory_error(),
    }
}

/// The right operand of `%`, being used up.
pub(crate) struct PercentArgs<'a> {
    vm: &'a Vm,
    operand: &'a Value,
    tuple: Option<Gc<Tuple>>,
    next: usize,
    /// The one value that is there when the operand is no tuple, or the value of the last key.
    single: Option<Value>,
    mapping: bool,
    /// Keys of `bytes` formats are bytes.
    pub(crate) bytes_keys: bool,
}

impl<'a> PercentArgs<'a> {
    /// `text`: the operand is a string (for `bytes`: bytes), which is no mapping here.
    pub(crate) fn new(vm: &'a Vm, operand: &'a Value, text: bool) -> PercentArgs<'a> {
        let tuple = operand.downcast::<Tuple>().cloned();
        let mapping = tuple.is_none() && !text && vm.type_of(operand).slots.subscript.get().is_some();
        let single = if tuple.is_none() { Some(operand.clone()) } else { None };
        PercentArgs { vm, operand, tuple, next: 0, single, mapping, bytes_keys: false }
    }

    /// The next argument, which stays the next.
    #[inline]
    fn peek(&self) -> Option<&Value> {
        match &self.tuple {
            Some(t) => t.get(self.next),
            None => self.single.as_ref(),
        }
    }

    /// Goes on to the one after it.
    #[inline]
    fn pass(&mut self) {
        self.single = None;
        self.next += 1;
    }

    /// The next argument, if there is one.
    #[inline]
    fn plain(&mut self) -> Option<Value> {
        let found = match &self.tuple {
            Some(t) => t.get(self.next).cloned(),
            None => self.single.take(),
        };
        if found.is_some() {
            self.next += 1;
        }
        found
    }

    /// The next argument.
    pub(crate) fn take(&mut self) -> Result<Value, Fault> {
        let found = match &self.tuple {
            Some(t) => t.get(self.next).cloned(),
            None => self.single.take(),
        };
        self.next += 1;
        found.ok_or_else(|| Fault::Raised(self.vm.type_error("not enough arguments for format string")))
    }

    /// At the format's end nothing may be left.
    pub(crate) fn finish(&self, what: &str) -> PyResult<()> {
        let left = match &self.tuple {
            Some(t) => self.next < t.len(),
            None => self.single.is_some(),
        };
        if left && !self.mapping {
            return Err(self
                .vm
                .type_error(format_args!("not all arguments converted during {what} formatting")));
        }
        Ok(())
    }

    fn star(&mut self) -> Result<Value, Fault> {
        let v = self.take()?;
        if int_value(&v).is_none() {
            return Err(Fault::Raised(self.vm.type_error("* wants int")));
        }
        Ok(v)
    }
}

impl Arguments for PercentArgs<'_> {
    type Error = Fault;

    fn require_mapping(&mut self) -> Result<(), Fault> {
        if self.mapping {
            return Ok(());
        }
        Err(Fault::Raised(self.vm.type_error("format requires a mapping")))
    }

    fn key(&mut self, key: &[u8]) -> Result<(), Fault> {
        let vm = self.vm;
        let key = if self.bytes_keys {
            vm.new_bytes(key).into_value()
        } else {
            vm.new_wtf8(known(key)).into_value()
        };
        self.single = Some(vm.get_item(self.operand, &key).map_err(Fault::Raised)?);
        Ok(())
    }

    fn width(&mut self) -> Result<isize, Fault> {
        let v = self.star()?;
        match int_value(&v) {
            Some(IntValue::Small(n)) if n != i64::MIN => Ok(n as isize),
            _ => Err(Fault::Raised(self.vm.overflow_error("Python int too large to convert to C ssize_t"))),
        }
    }

    fn precision(&mut self) -> Result<i32, Fault> {
        let v = self.star()?;
        match int_value(&v) {
            Some(IntValue::Small(n)) if i32::try_from(n).is_ok() => Ok(n as i32),
            _ => Err(Fault::Raised(self.vm.overflow_error("Python int too large to convert to C int"))),
        }
    }
}
