//! What a parser is fed: bytes in some encoding become text, and the text goes to the scanner.

use super::scan::{Scanner, Token, fault};
use super::{FINISHED, UNKNOWN_ENCODING};
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// How bytes become text.
enum Coding {
    /// Not known yet.
    Open,
    Utf8,
    /// An incremental decoder.
    Codec(Value),
    /// A character for each byte.
    Table(Vec<u32>),
}

/// Why reading ended: one of Expat's numbers, or an exception.
pub enum Fault {
    Code(i32),
    Raised(Raised),
}

impl From<Raised> for Fault {
    fn from(raised: Raised) -> Fault {
        Fault::Raised(raised)
    }
}

/// A document that comes in pieces.
pub struct Input {
    pub scanner: Guarded<Scanner>,
    coding: Guarded<Coding>,
    /// Bytes that wait for the encoding, or for the rest of a character.
    waiting: Guarded<Vec<u8>>,
    encoding: Option<String>,
    /// A token that was not complete is not looked at again before there is much more of it.
    pub deferral: Cell<bool>,
    /// How much was there when nothing could be read.
    before: Cell<usize>,
    pub finished: Cell<bool>,
    /// The fault that ended the reading.
    fault: Cell<Option<i32>>,
    pub running: Cell<bool>,
}

impl Trace for Input {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.coding.with(|c| {
            if let Coding::Codec(v) = c {
                visit(v)
            }
        });
    }
    fn unlink(&self) {}
}

impl Input {
    pub fn new(scanner: Scanner, encoding: Option<String>) -> Input {
        Input {
            scanner: Guarded::new(scanner),
            coding: Guarded::new(Coding::Open),
            waiting: Guarded::default(),
            encoding,
            deferral: Cell::new(true),
            before: Cell::new(0),
            finished: Cell::new(false),
            fault: Cell::new(None),
            running: Cell::new(false),
        }
    }

    /// Text is given as text: it is UTF-8, whatever the document says.
    pub fn is_text(&self) {
        if self.coding.with(|c| matches!(c, Coding::Open)) {
            self.coding.set(Coding::Utf8);
        }
    }

    /// Reads more bytes and tells what is in them.
    pub fn parse(
        &self,
        vm: &Vm,
        bytes: &[u8],
        last: bool,
        tell: impl FnMut(Token) -> PyResult<()>,
    ) -> Result<(), Fault> {
        if let Some(code) = self.fault.get() {
            return Err(Fault::Code(code));
        }
        if self.finished.get() {
            self.scanner.with_mut(|s| s.at = s.here_at());
            return Err(Fault::Code(FINISHED));
        }
        if self.running.replace(true) {
            return Err(vm.runtime_error("the parser is being used").into());
        }
        let r = self.parse_now(vm, bytes, last, tell);
        self.running.set(false);
        if last || r.is_err() {
            self.finished.set(true);
        }
        if let Err(Fault::Code(code)) = &r {
            self.fault.set(Some(*code));
        }
        r
    }

    fn parse_now(
        &self,
        vm: &Vm,
        bytes: &[u8],
        last: bool,
        mut tell: impl FnMut(Token) -> PyResult<()>,
    ) -> Result<(), Fault> {
        self.decode(vm, bytes, last).inspect_err(|_| self.scanner.with_mut(|s| s.at = s.here_at()))?;
        let have = self.scanner.with(|s| s.left());
        if self.deferral.get() && !last && have < 2 * self.before.get() {
            return Ok(());
        }
        let mut n = 0u32;
        while let Some(token) = self.scanner.with_mut(|s| s.token(last)).map_err(Fault::Code)? {
            tell(token)?;
            n = n.wrapping_add(1);
            if n & 0xfff == 0 {
                vm.poll()?;
            }
        }
        let left = self.scanner.with(|s| s.left());
        self.before.set(if left == have { have } else { 0 });
        Ok(())
    }

    /// Bytes as they came, to text for the scanner.
    fn decode(&self, vm: &Vm, bytes: &[u8], last: bool) -> Result<(), Fault> {
        let mut all = self.waiting.take();
        if all.is_empty() && self.coding.with(|c| matches!(c, Coding::Utf8)) {
            self.feed(bytes, last);
            return Ok(());
        }
        all.extend_from_slice(bytes);
        let open = self.coding.with(|c| matches!(c, Coding::Open));
        if open && !self.detect(vm, &mut all, last)? {
            self.waiting.set(all);
            return Ok(());
        }
        let codec = self.coding.with(|c| match c {
            Coding::Codec(v) => Some(v.clone()),
            _ => None,
        });
        if let Some(codec) = codec {
            let args = [vm.new_bytes(&all).into_value(), Value::bool(last)];
            let made = match vm.call_method(&codec, "decode", &args) {
                Ok(made) => made,
                Err(Raised) if vm.raised_is(&exc::UnicodeError) => {
                    drop(vm.take_raised());
                    return Err(Fault::Code(fault::INVALID_TOKEN));
                }
                Err(raised) => return Err(raised.into()),
            };
            if let Some(text) = made.downcast::<Str>() {
                self.scanner.with_mut(|s| s.feed(text.as_bytes()));
            }
            return Ok(());
        }
        let mapped = self.coding.with(|c| match c {
            Coding::Table(t) => Some(
                all.iter()
                    .map(|b| {
                        t.get(usize::from(*b)).and_then(|c| char::from_u32(*c)).filter(|c| *c != '\u{fffd}')
                    })
                    .collect::<Option<String>>(),
            ),
            _ => None,
        });
        match mapped {
            Some(Some(text)) => self.scanner.with_mut(|s| s.feed(text.as_bytes())),
            Some(None) => return Err(Fault::Code(fault::INVALID_TOKEN)),
            None => self.feed(&all, last),
        }
        Ok(())
    }

    /// UTF-8 goes on as it is; a character that is not complete waits for its rest.
    fn feed(&self, all: &[u8], last: bool) {
        let mut keep = 0;
        if !last {
            for back in 1..=all.len().min(3) {
                let b = all[all.len() - back];
                if b >= 0xc0 {
                    let need = if b >= 0xf0 { 4 } else { 3 - usize::from(b < 0xe0) };
                    keep = if need > back { back } else { 0 };
                    break;
                }
                if b < 0x80 {
                    break;
                }
            }
        }
        let (now, later) = all.split_at(all.len() - keep);
        if keep > 0 {
            self.waiting.set(later.to_vec());
        }
        self.scanner.with_mut(|s| s.feed(now));
    }

    /// Finds out the encoding; `false`: that takes more bytes.
    fn detect(&self, vm: &Vm, all: &mut Vec<u8>, last: bool) -> Result<bool, Fault> {
        let name = match &self.encoding {
            Some(name) => Some(name.clone()),
            None if all.len() < 4 && !last => return Ok(false),
            None => {
                if all.starts_with(&[0xFE, 0xFF]) || all.starts_with(&[0xFF, 0xFE]) {
                    Some("utf-16".to_string())
                } else if all.starts_with(b"<\0") {
                    Some("utf-16-le".to_string())
                } else if all.starts_with(b"\0<") {
                    Some("utf-16-be".to_string())
                } else if all.starts_with(b"<?xml") {
                    match memchr::memmem::find(all, b"?>") {
                        Some(end) => declared_encoding(&all[..end]),
                        None if last => None,
                        None => return Ok(false),
                    }
                } else {
                    None
                }
            }
        };
        let lower = name.as_deref().unwrap_or("utf-8").to_ascii_lowercase();
        if matches!(lower.as_str(), "utf-8" | "utf8" | "us-ascii") {
            if all.starts_with(&[0xEF, 0xBB, 0xBF]) {
                all.drain(..3);
            }
            self.coding.set(Coding::Utf8);
            return Ok(true);
        }
        if !lower.starts_with("utf-16") {
            let table = self.table(vm, &lower)?;
            self.coding.set(Coding::Table(table));
            return Ok(true);
        }
        let codecs = vm.import_named("codecs")?;
        let made = vm.call_method(&codecs, "getincrementaldecoder", &[vm.new_str(&lower).into_value()]);
        match made {
            Ok(class) => {
                self.coding.set(Coding::Codec(vm.call0(&class)?));
                Ok(true)
            }
            Err(Raised) if vm.raised_is(&exc::LookupError) && self.encoding.is_none() => Err(Raised.into()),
            Err(Raised) if vm.raised_is(&exc::LookupError) => {
                drop(vm.take_raised());
                Err(Fault::Code(UNKNOWN_ENCODING))
            }
            Err(raised) => Err(raised.into()),
        }
    }

    /// What each byte is in an encoding that has one for each character.
    fn table(&self, vm: &Vm, name: &str) -> Result<Vec<u32>, Fault> {
        let all: Vec<u8> = (0..=255).collect();
        let args = [vm.new_str(name).into_value(), vm.new_str("replace").into_value()];
        let made = vm.call_method(vm.new_bytes(&all).as_value(), "decode", &args);
        let made = match made {
            Err(Raised) if self.encoding.is_some() && vm.raised_is(&exc::LookupError) => {
                drop(vm.take_raised());
                return Err(Fault::Code(UNKNOWN_ENCODING));
            }
            made => made?,
        };
        let table: Vec<u32> =
            made.downcast::<Str>().map(|s| s.as_wtf8().code_points().collect()).unwrap_or_default();
        if table.len() != 256 {
            return Err(vm.value_error("multi-byte encodings are not supported").into());
        }
        // Markup must read as in ASCII.
        if (0x20..0x7f).chain([9, 10, 13]).any(|b: u32| table.get(b as usize) != Some(&b)) {
            return Err(Fault::Code(UNKNOWN_ENCODING));
        }
        Ok(table)
    }
}

fn declared_encoding(declaration: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(declaration).ok()?;
    let rest = text.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = rest[1..].split(quote).next()?;
    (!name.is_empty()).then(|| name.to_string())
}
