//! `_csv.Dialect`: the rules of a CSV format, checked once when it is made.

use super::error;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quoting {
    Minimal,
    All,
    NonNumeric,
    None,
    Strings,
    NotNull,
}

impl Quoting {
    fn from_number(n: i32) -> Option<Quoting> {
        use Quoting::*;
        [Minimal, All, NonNumeric, None, Strings, NotNull].into_iter().find(|q| *q as i32 == n)
    }
}

/// The rules as data.
#[derive(Clone, Trace)]
pub struct Rules {
    #[notrace]
    pub delimiter: u32,
    #[notrace]
    pub quote: Option<u32>,
    #[notrace]
    pub escape: Option<u32>,
    pub terminator: Gc<Str>,
    #[notrace]
    pub quoting: Quoting,
    #[notrace]
    pub double_quote: bool,
    #[notrace]
    pub skip_space: bool,
    #[notrace]
    pub strict: bool,
}

/// CSV dialect
///
/// The Dialect type records CSV parsing and generation options.
///
#[pytype(name = "Dialect", module = "_csv", flags(BASETYPE), no_slots)]
#[derive(Trace)]
pub struct Dialect {
    pub rules: Rules,
}

/// The keyword arguments, in the order in which they are looked at.
const NAMES: [&str; 8] = [
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

/// One character, `None` (when that may be), or what is there without the argument.
fn character(
    vm: &Vm,
    name: &str,
    v: Option<&Value>,
    default: Option<u32>,
    none: bool,
) -> PyResult<Option<u32>> {
    let Some(v) = v else { return Ok(default) };
    if none && v.is_none() {
        return Ok(None);
    }
    let wanted = if none { "a unicode character or None" } else { "a unicode character" };
    let Some(s) = v.downcast::<Str>() else {
        return Err(vm.type_error(format_args!("\"{name}\" must be {wanted}, not {}", vm.type_of(v).name())));
    };
    let mut points = s.as_wtf8().code_points();
    match (points.next(), points.next()) {
        (Some(c), None) => Ok(Some(c)),
        _ => Err(vm.type_error(format_args!(
            "\"{name}\" must be {wanted}, not a string of length {}",
            s.as_wtf8().code_points().count()
        ))),
    }
}

fn flag(vm: &Vm, v: Option<&Value>, default: bool) -> PyResult<bool> {
    v.map_or(Ok(default), |v| vm.is_true(v))
}

fn quoting(vm: &Vm, v: Option<&Value>) -> PyResult<Quoting> {
    let Some(v) = v else { return Ok(Quoting::Minimal) };
    if int_value(v).is_none() || v.as_bool().is_some() {
        return Err(
            vm.type_error(format_args!("\"quoting\" must be an integer, not {}", vm.type_of(v).name()))
        );
    }
    let n = i32::from_arg(vm, v)?;
    Quoting::from_number(n).ok_or_else(|| vm.type_error("bad \"quoting\" value"))
}

fn check(vm: &Vm, rules: &Rules) -> PyResult<()> {
    let one = |name: &str, c: Option<u32>, space: bool| -> PyResult<()> {
        let Some(c) = c else { return Ok(()) };
        if c == u32::from(b'\r') || c == u32::from(b'\n') || (c == u32::from(b' ') && !space) {
            return Err(vm.value_error(format_args!("bad {name} value")));
        }
        if rules.terminator.as_wtf8().code_points().any(|t| t == c) {
            return Err(vm.value_error(format_args!("bad {name} or lineterminator value")));
        }
        Ok(())
    };
    one("delimiter", Some(rules.delimiter), true)?;
    one("escapechar", rules.escape, !rules.skip_space)?;
    one("quotechar", rules.quote, !rules.skip_space)?;
    let two = |a: &str, b: &str, x: Option<u32>, y: Option<u32>| -> PyResult<()> {
        if x.is_some() && x == y {
            return Err(vm.value_error(format_args!("bad {a} or {b} value")));
        }
        Ok(())
    };
    two("delimiter", "escapechar", Some(rules.delimiter), rules.escape)?;
    two("delimiter", "quotechar", Some(rules.delimiter), rules.quote)?;
    two("escapechar", "quotechar", rules.escape, rules.quote)
}

/// `Dialect(dialect=None, **fmtparams)`.
fn make(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    let mut dialect = None;
    let mut given: [Option<Value>; 8] = Default::default();
    let pos = args.pos();
    if pos.len() > 9 {
        return Err(vm.type_error(format_args!("Dialect expected at most 9 arguments, got {}", pos.len())));
    }
    for (i, v) in pos.iter().enumerate() {
        match i.checked_sub(1).and_then(|i| given.get_mut(i)) {
            Some(slot) => *slot = Some(v.clone()),
            None => dialect = Some(v.clone()),
        }
    }
    for (name, v) in args.keywords() {
        let text = name.downcast::<Str>().and_then(|s| s.as_str()).unwrap_or_default();
        if text == "dialect" {
            dialect = Some(v.clone());
        } else if let Some(slot) = NAMES.iter().position(|n| *n == text).and_then(|i| given.get_mut(i)) {
            *slot = Some(v.clone());
        } else {
            return Err(
                vm.type_error(format_args!("this function got an unexpected keyword argument '{text}'"))
            );
        }
    }
    if let Some(d) = &dialect {
        let d = if d.is_instance_of::<Str>() { super::registered(vm, d)? } else { d.clone() };
        if d.is_instance_of::<Dialect>() && given.iter().all(Option::is_none) {
            return Ok(d);
        }
        for (slot, name) in given.iter_mut().zip(NAMES) {
            if slot.is_none() {
                *slot = match vm.lookup_attr_str(&d, name) {
                    Ok(v) => v,
                    Err(Raised) => {
                        drop(vm.take_raised());
                        None
                    }
                };
            }
        }
    }
    from_arguments(vm, cls, &given)
}

fn from_arguments(vm: &Vm, cls: &Gc<Type>, given: &[Option<Value>; 8]) -> PyResult<Value> {
    let [delimiter, double, escape, terminator, quote, kind, skip, strict] =
        given.each_ref().map(Option::as_ref);
    let delimiter_char = character(vm, "delimiter", delimiter, Some(u32::from(b',')), false)?;
    let double_quote = flag(vm, double, true)?;
    let escape = character(vm, "escapechar", escape, None, true)?;
    let terminator = match terminator {
        None => vm.new_str("\r\n"),
        Some(v) => match v.downcast::<Str>() {
            Some(s) => s.clone(),
            None => {
                return Err(vm.type_error(format_args!(
                    "\"lineterminator\" must be a string, not {}",
                    vm.type_of(v).name()
                )));
            }
        },
    };
    let quote_char = character(vm, "quotechar", quote, Some(u32::from(b'"')), true)?;
    let mut how = quoting(vm, kind)?;
    let skip_space = flag(vm, skip, false)?;
    let strict = flag(vm, strict, false)?;
    // No character to quote with, and nothing said about quoting: none.
    if quote.is_some_and(Value::is_none) && kind.is_none() {
        how = Quoting::None;
    }
    let Some(delimiter) = delimiter_char else {
        return Err(vm.type_error("\"delimiter\" must be a 1-character string"));
    };
    if how != Quoting::None && quote_char.is_none() {
        return Err(vm.type_error("quotechar must be set if quoting enabled"));
    }
    let rules = Rules {
        delimiter,
        quote: quote_char,
        escape,
        terminator,
        quoting: how,
        double_quote,
        skip_space,
        strict,
    };
    check(vm, &rules)?;
    Ok(vm.alloc_in(cls, Dialect { rules })?.into_value())
}

/// The dialect of a reader, a writer or a registration.
pub fn call(vm: &Vm, dialect: Option<&Value>, fmtparams: &[(Value, Value)]) -> PyResult<Gc<Dialect>> {
    let cls = vm.native_type::<Dialect>();
    let positional: &[Value] = dialect.map_or(&[], std::slice::from_ref);
    let v = vm.call_kw(cls.as_value(), positional, fmtparams)?;
    match v.downcast::<Dialect>() {
        Some(d) => Ok(d.clone()),
        None => Err(error(vm, "unknown dialect")),
    }
}

fn shown(vm: &Vm, c: Option<u32>) -> Value {
    match c {
        None => Value::NONE,
        Some(c) => {
            let mut text = taipan_text::wtf8::Wtf8Buf::new();
            text.push(c);
            vm.new_wtf8_buf(text).into_value()
        }
    }
}

#[cold]
fn no_pickle(vm: &Vm, v: &Value) -> Raised {
    vm.type_error(format_args!("cannot pickle '{}' instances", vm.type_of(v).name()))
}

#[pymethods]
impl Dialect {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        make(vm, cls, args)
    }

    /// raises an exception to avoid pickling
    #[pymethod(no_text, "__reduce__($self, /, *args)")]
    fn reduce(vm: &Vm, zelf: &Gc<Dialect>, _args: &[Value]) -> PyResult<()> {
        Err(no_pickle(vm, zelf.as_value()))
    }

    /// raises an exception to avoid pickling
    #[pymethod(no_text, "__reduce_ex__($self, /, *args)")]
    fn reduce_ex(vm: &Vm, zelf: &Gc<Dialect>, _args: &[Value]) -> PyResult<()> {
        Err(no_pickle(vm, zelf.as_value()))
    }

    #[pygetter("delimiter")]
    fn delimiter(vm: &Vm, zelf: &Gc<Dialect>) -> Value {
        shown(vm, Some(zelf.rules.delimiter))
    }

    #[pygetter("escapechar")]
    fn escapechar(vm: &Vm, zelf: &Gc<Dialect>) -> Value {
        shown(vm, zelf.rules.escape)
    }

    #[pygetter("lineterminator")]
    fn lineterminator(_vm: &Vm, zelf: &Gc<Dialect>) -> Value {
        zelf.rules.terminator.to_value()
    }

    #[pygetter("quotechar")]
    fn quotechar(vm: &Vm, zelf: &Gc<Dialect>) -> Value {
        shown(vm, zelf.rules.quote)
    }

    #[pygetter("quoting")]
    fn quoting(_vm: &Vm, zelf: &Gc<Dialect>) -> i32 {
        zelf.rules.quoting as i32
    }

    #[pygetter("skipinitialspace")]
    fn skipinitialspace(_vm: &Vm, zelf: &Gc<Dialect>) -> bool {
        zelf.rules.skip_space
    }

    #[pygetter("doublequote")]
    fn doublequote(_vm: &Vm, zelf: &Gc<Dialect>) -> bool {
        zelf.rules.double_quote
    }

    #[pygetter("strict")]
    fn strict(_vm: &Vm, zelf: &Gc<Dialect>) -> bool {
        zelf.rules.strict
    }
}
