//! The standard error handlers as objects: called with an exception, they answer a replacement and where to go on.

use crate::errors::exc;
use crate::errors::exception::field;
use crate::errors::unicode::{ENCODING, END, OBJECT, START};
use crate::prelude::*;
use crate::types::builtin_function::BuiltinFunction;
use crate::types::numbers::{IntValue, int_value};
use taipan_text::codecs::{Errors, Replacement, replace_decode, replace_encode};
use taipan_text::wtf8::Wtf8Buf;

/// The handlers as functions; the module itself is never made.
#[pymodule(name = "_codecs")]
pub mod functions {
    use super::*;

    /// Implements the 'strict' error handling, which raises a UnicodeError on coding errors.
    #[pyfn("strict_errors(exc, /)")]
    fn strict(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::Strict, exc)
    }

    /// Implements the 'ignore' error handling, which ignores malformed data and continues.
    #[pyfn("ignore_errors(exc, /)")]
    fn ignore(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::Ignore, exc)
    }

    /// Implements the 'replace' error handling, which replaces malformed data with a replacement marker.
    #[pyfn("replace_errors(exc, /)")]
    fn replace(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::Replace, exc)
    }

    /// Implements the 'xmlcharrefreplace' error handling, which replaces an unencodable character with the appropriate XML character reference.
    #[pyfn("xmlcharrefreplace_errors(exc, /)")]
    fn xmlcharrefreplace(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::XmlCharRefReplace, exc)
    }

    /// Implements the 'backslashreplace' error handling, which replaces malformed data with a backslashed escape sequence.
    #[pyfn("backslashreplace_errors(exc, /)")]
    fn backslashreplace(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::BackslashReplace, exc)
    }

    /// Implements the 'namereplace' error handling, which replaces an unencodable character with a \N{...} escape sequence.
    #[pyfn("namereplace_errors(exc, /)")]
    fn namereplace(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::NameReplace, exc)
    }

    #[pyfn(no_text, "surrogatepass(exc, /)")]
    fn surrogatepass(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::SurrogatePass, exc)
    }

    #[pyfn(no_text, "surrogateescape(exc, /)")]
    fn surrogateescape(vm: &Vm, exc: &Value) -> PyResult<Value> {
        handle(vm, Errors::SurrogateEscape, exc)
    }
}

/// The handler of this name, if it is a standard one.
pub fn standard(vm: &Vm, name: &str) -> Option<Value> {
    Errors::from_name(name)?;
    let def = functions::MODULE
        .functions
        .iter()
        .find(|f| f.name == name || f.name.strip_suffix("_errors") == Some(name))?;
    Some(BuiltinFunction::make(vm, def, None, None).into_value())
}

/// The three kinds of errors that handlers know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Encode,
    Decode,
    Translate,
}

fn number(e: &Value, at: usize) -> i64 {
    match field(e, at).as_ref().and_then(int_value) {
        Some(IntValue::Small(n)) => n,
        _ => 0,
    }
}

fn handle(vm: &Vm, which: Errors, e: &Value) -> PyResult {
    if which == Errors::Strict {
        if vm.is_exception(e) {
            return Err(vm.raise(e.clone()));
        }
        return Err(vm.type_error("codec must pass exception instance"));
    }
    let is = |def| vm.type_of(e).is_subtype(vm.type_for_ref(def));
    let unknown =
        || vm.type_error(format_args!("don't know how to handle {} in error callback", vm.type_of(e).name()));
    let kind = if is(&exc::UnicodeEncodeError) {
        Kind::Encode
    } else if is(&exc::UnicodeDecodeError) {
        Kind::Decode
    } else if is(&exc::UnicodeTranslateError) {
        Kind::Translate
    } else {
        return Err(unknown());
    };
    let fits = match which {
        Errors::XmlCharRefReplace | Errors::NameReplace => kind == Kind::Encode,
        Errors::SurrogateEscape | Errors::SurrogatePass => kind != Kind::Translate,
        _ => true,
    };
    if !fits {
        return Err(unknown());
    }
    let subject = field(e, OBJECT).unwrap_or(Value::NONE);
    let encoding = field(e, ENCODING);
    let encoding = encoding.as_ref().and_then(|v| v.downcast::<Str>()).map(|s| s.to_string_lossy());
    let encoding = encoding.as_deref().unwrap_or("");
    let clip = |len: usize| {
        let len = len as i64;
        let start = number(e, START).clamp(0, (len - 1).max(0));
        let end = number(e, END).max(1).min(len);
        (start as usize, end.max(start) as usize, end)
    };
    let reraise = || vm.raise(e.clone());
    if kind == Kind::Decode {
        let Some(data) = subject.downcast::<Bytes>() else {
            return Err(vm.type_error("object attribute must be bytes"));
        };
        let (start, end, _) = clip(data.len());
        return match replace_decode(which, encoding, data.as_bytes(), start, end) {
            Some((text, at)) => answer(vm, vm.new_wtf8(&text).into_value(), at as i64),
            None => Err(reraise()),
        };
    }
    let Some(text) = subject.downcast::<Str>() else {
        return Err(vm.type_error("object attribute must be unicode"));
    };
    let (start, end, raw_end) = clip(text.char_len());
    let bad = text.as_wtf8().slice_code_points(start..end);
    if kind == Kind::Translate && which == Errors::Replace {
        let marks: Wtf8Buf = std::iter::repeat_n(0xFFFD, end - start).collect();
        return answer(vm, vm.new_wtf8(&marks).into_value(), raw_end);
    }
    match replace_encode(which, encoding, bad) {
        Some((Replacement::Text(t), n)) => answer(vm, vm.new_wtf8(&t).into_value(), (start + n) as i64),
        Some((Replacement::Bytes(b), n)) => answer(vm, vm.new_bytes(&b).into_value(), (start + n) as i64),
        None => Err(reraise()),
    }
}

fn answer(vm: &Vm, replacement: Value, at: i64) -> PyResult {
    Ok(vm.new_tuple(vec![replacement, vm.new_int(at)]).into_value())
}
