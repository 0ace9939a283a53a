//! `_csv.reader`: lines to rows.

use super::dialect::{Dialect, Quoting, Rules};
use super::{error, field_limit};
use std::cell::Cell;
use taipan_text::wtf8::{Wtf8, Wtf8Buf};
use taipan_vm::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    StartRecord,
    StartField,
    Escaped,
    AfterEscapedNewline,
    InField,
    InQuoted,
    EscapeInQuoted,
    QuoteInQuoted,
    EatNewline,
}

/// A record in the making.
#[derive(Default)]
struct Parser {
    state: State,
    field: Wtf8Buf,
    /// Code points in `field`.
    length: usize,
    unquoted: bool,
    row: Vec<Value>,
}

/// A character, or the end of a line.
type Char = Option<u32>;

const NEWLINE: Char = Some(b'\n' as u32);
const RETURN: Char = Some(b'\r' as u32);
const SPACE: Char = Some(b' ' as u32);

impl Parser {
    fn add(&mut self, vm: &Vm, c: Char, limit: usize) -> PyResult<()> {
        if self.length >= limit {
            return Err(error(vm, format_args!("field larger than field limit ({limit})")));
        }
        self.field.push(c.unwrap_or(u32::from(b'\n')));
        self.length += 1;
        Ok(())
    }

    fn save(&mut self, vm: &Vm, rules: &Rules) -> PyResult<()> {
        let empty = self.length == 0;
        let value = if self.unquoted && empty && matches!(rules.quoting, Quoting::NotNull | Quoting::Strings)
        {
            Value::NONE
        } else {
            let text = vm.try_new_wtf8(&self.field)?.into_value();
            if self.unquoted && !empty && matches!(rules.quoting, Quoting::NonNumeric | Quoting::Strings) {
                vm.call1(vm.types.float.as_value(), &text)?
            } else {
                text
            }
        };
        self.row.push(value);
        self.field.clear();
        self.length = 0;
        Ok(())
    }

    /// A field ends with its line.
    fn end(&mut self, vm: &Vm, rules: &Rules, c: Char) -> PyResult<()> {
        self.save(vm, rules)?;
        self.state = if c.is_none() { State::StartRecord } else { State::EatNewline };
        Ok(())
    }

    fn step(&mut self, vm: &Vm, rules: &Rules, c: Char, limit: usize) -> PyResult<()> {
        let newline = c == NEWLINE || c == RETURN;
        let ends = newline || c.is_none();
        let quotes = c.is_some() && c == rules.quote && rules.quoting != Quoting::None;
        let escapes = c.is_some() && c == rules.escape;
        let delimits = c == Some(rules.delimiter);
        match self.state {
            State::StartRecord if c.is_none() => {}
            State::StartRecord if newline => self.state = State::EatNewline,
            State::StartRecord | State::StartField => {
                self.unquoted = true;
                if ends {
                    return self.end(vm, rules, c);
                }
                if quotes {
                    self.unquoted = false;
                    self.state = State::InQuoted;
                } else if escapes {
                    self.state = State::Escaped;
                } else if c == SPACE && rules.skip_space {
                    self.state = State::StartField;
                } else if delimits {
                    self.state = State::StartField;
                    return self.save(vm, rules);
                } else {
                    self.state = State::InField;
                    return self.add(vm, c, limit);
                }
            }
            State::Escaped => {
                self.state = if newline { State::AfterEscapedNewline } else { State::InField };
                return self.add(vm, c, limit);
            }
            State::AfterEscapedNewline if c.is_none() => {}
            State::AfterEscapedNewline | State::InField => {
                if ends {
                    return self.end(vm, rules, c);
                }
                if escapes {
                    self.state = State::Escaped;
                } else if delimits {
                    self.state = State::StartField;
                    return self.save(vm, rules);
                } else {
                    self.state = State::InField;
                    return self.add(vm, c, limit);
                }
            }
            State::InQuoted if c.is_none() => {}
            State::InQuoted if escapes => self.state = State::EscapeInQuoted,
            State::InQuoted if quotes => {
                self.state = if rules.double_quote { State::QuoteInQuoted } else { State::InField };
            }
            State::InQuoted => return self.add(vm, c, limit),
            State::EscapeInQuoted => {
                self.state = State::InQuoted;
                return self.add(vm, c, limit);
            }
            State::QuoteInQuoted => return self.after_quote(vm, rules, c, limit),
            State::EatNewline if newline => {}
            State::EatNewline if c.is_none() => self.state = State::StartRecord,
            State::EatNewline => {
                return Err(error(
                    vm,
                    "new-line character seen in unquoted field - do you need to open the file with newline=''?",
                ));
            }
        }
        Ok(())
    }

    /// A quote within quotes: the first of two, or the end.
    fn after_quote(&mut self, vm: &Vm, rules: &Rules, c: Char, limit: usize) -> PyResult<()> {
        if c.is_some() && c == rules.quote && rules.quoting != Quoting::None {
            self.state = State::InQuoted;
            return self.add(vm, c, limit);
        }
        if c == Some(rules.delimiter) {
            self.state = State::StartField;
            return self.save(vm, rules);
        }
        if c.is_none() || c == NEWLINE || c == RETURN {
            return self.end(vm, rules, c);
        }
        if !rules.strict {
            self.state = State::InField;
            return self.add(vm, c, limit);
        }
        let mut text = Wtf8Buf::new();
        text.push_str("'");
        text.push(rules.delimiter);
        text.push_str("' expected after '");
        text.push(rules.quote.unwrap_or(u32::from(b'"')));
        text.push_str("'");
        let text = vm.new_wtf8_buf(text).into_value();
        Err(vm.raise_args(&super::ERROR, vec![text]))
    }

    /// A whole line. Runs of characters that mean nothing special are taken over at once.
    fn line(
        &mut self,
        vm: &Vm,
        rules: &Rules,
        special: &[bool; 256],
        line: &Wtf8,
        limit: usize,
    ) -> PyResult<()> {
        let bytes = line.as_bytes();
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|r| !r.is_empty()) {
            if matches!(self.state, State::InField | State::InQuoted) {
                let n = rest.iter().position(|b| special[usize::from(*b)]).unwrap_or(rest.len());
                if n > 0
                    && let Some(run) = rest.get(..n).and_then(Wtf8::from_bytes)
                {
                    let count = if run.as_bytes().is_ascii() { n } else { run.code_points().count() };
                    if self.length + count > limit {
                        return Err(error(vm, format_args!("field larger than field limit ({limit})")));
                    }
                    self.field.push_wtf8(run);
                    self.length += count;
                    at += n;
                    continue;
                }
            }
            let n = rest.first().map_or(1, |b| width(*b));
            let one = rest.get(..n).and_then(Wtf8::from_bytes);
            let Some(c) = one.and_then(|t| t.code_points().next()) else { break };
            self.step(vm, rules, Some(c), limit)?;
            at += n;
        }
        self.step(vm, rules, None, limit)
    }
}

/// How many bytes a code point has, from its first one.
fn width(lead: u8) -> usize {
    match lead {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    }
}

/// The bytes with which a character begins that the parser must look at.
fn special(rules: &Rules) -> [bool; 256] {
    let mut table = [false; 256];
    let chars = [Some(rules.delimiter), rules.quote, rules.escape, NEWLINE, RETURN];
    for c in chars.into_iter().flatten() {
        let mut text = Wtf8Buf::new();
        text.push(c);
        if let Some(b) = text.as_bytes().first() {
            table[usize::from(*b)] = true;
        }
    }
    table
}

/// CSV reader
///
/// Reader objects are responsible for reading and parsing tabular data
/// in CSV format.
///
#[pytype(name = "reader", module = "_csv", flags(BASETYPE, GC, NO_NEW))]
#[derive(Trace)]
pub struct Reader {
    input: Value,
    dialect: Gc<Dialect>,
    #[notrace]
    line_num: Cell<u64>,
    /// Rows given so far.
    #[notrace]
    rows: Cell<u64>,
    #[notrace]
    special: Box<[bool; 256]>,
}

impl Slots for Reader {
    const SLOTS: SlotDefs =
        SlotDefs { iter: Some(|_, v| Ok(v.clone())), iternext: Some(next), ..SlotDefs::NONE };
}

pub fn reader(
    vm: &Vm,
    iterable: &Value,
    dialect: Option<&Value>,
    fmtparams: &[(Value, Value)],
) -> PyResult<Value> {
    let input = vm.get_iter(iterable)?;
    let dialect = super::dialect::call(vm, dialect, fmtparams)?;
    let special = Box::new(special(&dialect.rules));
    Ok(vm.alloc(Reader { input, dialect, line_num: Cell::new(0), rows: Cell::new(0), special }).into_value())
}

fn next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let Some(r) = v.downcast::<Reader>() else { return Err(vm.type_error("not a reader")) };
    let rules = &r.dialect.rules;
    let mut p = Parser::default();
    let rows = r.rows.get();
    loop {
        let line = vm.iter_next(&r.input)?;
        if r.rows.get() != rows {
            return Err(error(vm, "iterator has already advanced the reader"));
        }
        let Some(line) = line else {
            if p.length != 0 || p.state == State::InQuoted {
                if rules.strict {
                    return Err(error(vm, "unexpected end of data"));
                }
                p.save(vm, rules)?;
                break;
            }
            return Ok(None);
        };
        let Some(text) = line.downcast::<Str>() else {
            return Err(error(
                vm,
                format_args!(
                    "iterator should return strings, not {} (the file should be opened in text mode)",
                    vm.type_of(&line).name()
                ),
            ));
        };
        r.line_num.set(r.line_num.get() + 1);
        p.line(vm, rules, &r.special, text.as_wtf8(), field_limit(vm))?;
        if p.state == State::StartRecord {
            break;
        }
    }
    r.rows.set(rows + 1);
    Ok(Some(vm.new_list(p.row).into_value()))
}

#[pymethods]
impl Reader {
    #[pygetter("dialect")]
    fn dialect(_vm: &Vm, zelf: &Gc<Reader>) -> Value {
        zelf.dialect.to_value()
    }

    #[pygetter("line_num")]
    fn line_num(vm: &Vm, zelf: &Gc<Reader>) -> Value {
        vm.new_uint(zelf.line_num.get())
    }
}
