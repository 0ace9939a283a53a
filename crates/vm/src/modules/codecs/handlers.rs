//! The standard error handlers as objects: called with an exception, they answer a replacement and where to go on.

use crate::errors::exc;
use crate::errors::exception::field;
use crate::errors::unicode::{ENCODING, END, OBJECT, START};
use crate::native::shell::object;
use crate::prelude::*;
use crate::types::numbers::{IntValue, int_value};
use taipan_text::codecs::{Errors, Replacement, replace_decode, replace_encode};
use taipan_text::wtf8::Wtf8Buf;

/// A standard error handler.
#[pytype(name = "builtin_function_or_method", flags(NO_NEW), no_methods)]
pub struct ErrorHandler {
    which: Errors,
}

impl Trace for ErrorHandler {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

impl Slots for ErrorHandler {
    const SLOTS: SlotDefs = SlotDefs { call: Some(call), repr: Some(repr), ..SlotDefs::NONE };
}

/// The handler of this name, if it is a standard one.
pub fn standard(vm: &Vm, name: &str) -> Option<Value> {
    Some(vm.alloc(ErrorHandler { which: Errors::from_name(name)? }).into_value())
}

fn function_name(which: Errors) -> &'static str {
    match which {
        Errors::Strict => "strict_errors",
        Errors::Ignore => "ignore_errors",
        Errors::Replace => "replace_errors",
        Errors::BackslashReplace => "backslashreplace_errors",
        Errors::NameReplace => "namereplace_errors",
        Errors::XmlCharRefReplace => "xmlcharrefreplace_errors",
        Errors::SurrogateEscape => "surrogateescape",
        Errors::SurrogatePass => "surrogatepass",
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let h = object::<ErrorHandler>(vm, v, "__repr__")?;
    Ok(vm.new_str(&format!("<built-in function {}>", function_name(h.which))).into_value())
}

fn call(vm: &Vm, v: &Value, args: CallArgs) -> PyResult {
    let h = object::<ErrorHandler>(vm, v, "__call__")?;
    let name = function_name(h.which);
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("{name}() takes no keyword arguments")));
    }
    match args.pos() {
        [e] => handle(vm, h.which, e),
        given => {
            Err(vm.type_error(format_args!("{name}() takes exactly one argument ({} given)", given.len())))
        }
    }
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
