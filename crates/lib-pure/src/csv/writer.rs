//! `_csv.writer`: rows to lines.

use super::dialect::{Dialect, Quoting, Rules};
use super::error;
use taipan_text::wtf8::{Wtf8, Wtf8Buf};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{float_value, int_value};

/// CSV writer
///
/// Writer objects are responsible for generating tabular data
/// in CSV format from sequence input.
///
#[pytype(name = "writer", module = "_csv", flags(BASETYPE, GC, NO_NEW), no_slots)]
#[derive(Trace)]
pub struct Writer {
    write: Value,
    dialect: Gc<Dialect>,
}

pub fn writer(
    vm: &Vm,
    fileobj: &Value,
    dialect: Option<&Value>,
    fmtparams: &[(Value, Value)],
) -> PyResult<Value> {
    let dialect = super::dialect::call(vm, dialect, fmtparams)?;
    let write = vm.lookup_attr_str(fileobj, "write")?.filter(|w| vm.is_callable(w));
    let Some(write) = write else {
        return Err(vm.type_error("argument 1 must have a \"write\" method"));
    };
    Ok(vm.alloc(Writer { write, dialect }).into_value())
}

/// A line in the making.
struct Line<'a> {
    rules: &'a Rules,
    out: Wtf8Buf,
    fields: usize,
}

impl Line<'_> {
    /// Adds a field; `null` is `None`.
    fn field(&mut self, vm: &Vm, text: &Wtf8, null: bool, mut quoted: bool) -> PyResult<()> {
        let rules = self.rules;
        if text.as_bytes().is_empty() && rules.delimiter == u32::from(b' ') && rules.skip_space {
            let never = match rules.quoting {
                Quoting::None => true,
                Quoting::Strings | Quoting::NotNull => null,
                _ => false,
            };
            if never {
                return Err(error(
                    vm,
                    "empty field must be quoted if delimiter is a space and skipinitialspace is true",
                ));
            }
            quoted = true;
        }
        if self.fields > 0 {
            self.out.push(rules.delimiter);
        }
        let mut body = Wtf8Buf::new();
        for c in text.code_points() {
            let special = c == rules.delimiter
                || Some(c) == rules.escape
                || Some(c) == rules.quote
                || c == u32::from(b'\n')
                || c == u32::from(b'\r')
                || rules.terminator.as_wtf8().code_points().any(|t| t == c);
            if special {
                let escape = if rules.quoting == Quoting::None {
                    true
                } else if Some(c) == rules.quote {
                    if rules.double_quote {
                        body.push(c);
                    }
                    !rules.double_quote
                } else {
                    Some(c) == rules.escape
                };
                if !escape {
                    quoted = true;
                } else if let Some(e) = rules.escape {
                    body.push(e);
                } else {
                    return Err(error(vm, "need to escape, but no escapechar set"));
                }
            }
            body.push(c);
        }
        let quote = rules.quote.filter(|_| quoted);
        if let Some(q) = quote {
            self.out.push(q);
        }
        self.out.push_wtf8(&body);
        if let Some(q) = quote {
            self.out.push(q);
        }
        self.fields += 1;
        Ok(())
    }
}

fn is_number(vm: &Vm, v: &Value) -> bool {
    let slots = &vm.type_of(v).slots;
    int_value(v).is_some()
        || float_value(v).is_some()
        || slots.index.get().is_some()
        || slots.int.get().is_some()
        || slots.float.get().is_some()
        || v.is_instance_of::<taipan_vm::types::numbers::Complex>()
}

fn row(vm: &Vm, w: &Writer, seq: &Value) -> PyResult<Value> {
    let rules = &w.dialect.rules;
    let it = match vm.get_iter(seq) {
        Ok(it) => it,
        Err(Raised) if vm.raised_is(&exc::TypeError) => {
            drop(vm.take_raised());
            return Err(error(vm, format_args!("iterable expected, not {}", vm.type_of(seq).name())));
        }
        Err(Raised) => return Err(Raised),
    };
    let mut line = Line { rules, out: Wtf8Buf::new(), fields: 0 };
    let mut null = false;
    while let Some(field) = vm.iter_next(&it)? {
        let quoted = match rules.quoting {
            Quoting::NonNumeric => !is_number(vm, &field),
            Quoting::All => true,
            Quoting::Strings => field.is_instance_of::<Str>(),
            Quoting::NotNull => !field.is_none(),
            Quoting::Minimal | Quoting::None => false,
        };
        null = field.is_none();
        if let Some(s) = field.downcast::<Str>() {
            line.field(vm, s.as_wtf8(), false, quoted)?;
        } else if null {
            line.field(vm, Wtf8::new(""), true, quoted)?;
        } else {
            let s = vm.str(&field)?;
            line.field(vm, s.as_wtf8(), false, quoted)?;
        }
    }
    if line.fields > 0 && line.out.as_bytes().is_empty() {
        let never = match rules.quoting {
            Quoting::None => true,
            Quoting::Strings | Quoting::NotNull => null,
            _ => false,
        };
        if never {
            return Err(error(vm, "single empty field record must be quoted"));
        }
        line.fields -= 1;
        line.field(vm, Wtf8::new(""), false, true)?;
    }
    line.out.push_wtf8(rules.terminator.as_wtf8());
    let text = vm.new_wtf8_buf(line.out).into_value();
    vm.call1(&w.write, &text)
}

#[pymethods]
impl Writer {
    /// writerow(iterable)
    ///
    /// Construct and write a CSV record from an iterable of fields.  Non-string
    /// elements will be converted to string.
    #[pymethod("writerow($self, row, /)")]
    fn writerow(vm: &Vm, zelf: &Gc<Writer>, seq: &Value) -> PyResult<Value> {
        row(vm, zelf, seq)
    }

    /// writerows(iterable of iterables)
    ///
    /// Construct and write a series of iterables to a csv file.  Non-string
    /// elements will be converted to string.
    #[pymethod("writerows($self, rows, /)")]
    fn writerows(vm: &Vm, zelf: &Gc<Writer>, rows: &Value) -> PyResult<()> {
        let it = vm.get_iter(rows)?;
        while let Some(seq) = vm.iter_next(&it)? {
            row(vm, zelf, &seq)?;
        }
        Ok(())
    }

    #[pygetter("dialect")]
    fn dialect(_vm: &Vm, zelf: &Gc<Writer>) -> Value {
        zelf.dialect.to_value()
    }
}
