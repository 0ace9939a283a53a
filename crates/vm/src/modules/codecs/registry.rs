//! The registry: search functions, codecs that were found, error handlers.

use super::handlers;
use super::text::normalize;
use crate::errors::exc;
use crate::modules::deferred;
use crate::prelude::*;
use crate::types::module::Module;
use std::collections::HashMap;

/// What the registry of an interpreter holds.
#[derive(Default)]
pub struct CodecState {
    search: Guarded<Vec<Value>>,
    found: Guarded<HashMap<String, Value>>,
    errors: Guarded<HashMap<String, Value>>,
    /// `encodings` was imported (or that was tried).
    started: std::cell::Cell<bool>,
}

/// `codecs.register`.
pub fn register(vm: &Vm, search: &Value) -> PyResult<()> {
    if !vm.is_callable(search) {
        return Err(vm.type_error("argument must be callable"));
    }
    let state = vm.state::<CodecState>();
    // Those of `encodings` are in front of all others.
    start(vm, state)?;
    state.search.with_mut(|s| s.push(search.clone()));
    Ok(())
}

/// `codecs.unregister`.
pub fn unregister(vm: &Vm, search: &Value) {
    let state = vm.state::<CodecState>();
    let gone = state.search.with_mut(|s| s.iter().position(|f| f.is(search)).map(|at| s.remove(at)));
    if gone.is_some() {
        drop(state.found.take());
    }
    drop(gone);
}

/// `codecs.lookup`: the 4-tuple of a codec.
pub fn lookup(vm: &Vm, encoding: &str) -> PyResult<Gc<Tuple>> {
    let state = vm.state::<CodecState>();
    start(vm, state)?;
    let key = normalize(encoding);
    if let Some(Some(known)) = state.found.with(|f| f.get(&key).map(|v| v.downcast::<Tuple>().cloned())) {
        return Ok(known);
    }
    let name = vm.new_str(&key).into_value();
    let functions = state.search.get();
    if functions.is_empty() {
        return Err(
            vm.raise_new(&exc::LookupError, "no codec search functions registered: can't find encoding")
        );
    }
    for f in functions {
        let r = vm.call1(&f, &name)?;
        if r.is_none() {
            continue;
        }
        let Some(codec) = r.downcast::<Tuple>().filter(|t| t.len() == 4) else {
            return Err(vm.type_error("codec search functions must return 4-tuples"));
        };
        let old = state.found.with_mut(|f| f.insert(key, r.clone()));
        drop(old);
        return Ok(codec.clone());
    }
    Err(vm.raise_new(&exc::LookupError, format_args!("unknown encoding: {encoding}")))
}

/// The first look-up imports `encodings`, which registers its search function.
fn start(vm: &Vm, state: &CodecState) -> PyResult<()> {
    if state.started.replace(true) {
        return Ok(());
    }
    let import = vm.builtin_named("__import__")?;
    match vm.call1(&import, vm.new_str("encodings").as_value()) {
        Ok(m) => match m.downcast::<Module>() {
            Some(m) => deferred::complete(vm, m),
            None => Ok(()),
        },
        Err(raised) => {
            state.started.set(false);
            Err(raised)
        }
    }
}

/// `codecs.register_error`.
pub fn register_error(vm: &Vm, name: &str, handler: &Value) -> PyResult<()> {
    if !vm.is_callable(handler) {
        return Err(vm.type_error("handler must be callable"));
    }
    let old = vm.state::<CodecState>().errors.with_mut(|e| e.insert(name.to_string(), handler.clone()));
    drop(old);
    Ok(())
}

/// `_codecs._unregister_error`: whether there was one.
pub fn unregister_error(vm: &Vm, name: &str) -> PyResult<bool> {
    if taipan_text::codecs::Errors::from_name(name).is_some() {
        return Err(vm.value_error(format_args!("cannot un-register built-in error handler '{name}'")));
    }
    let old = vm.state::<CodecState>().errors.with_mut(|e| e.remove(name));
    Ok(old.is_some())
}

/// `codecs.lookup_error`.
pub fn lookup_error(vm: &Vm, name: &str) -> PyResult<Value> {
    let state = vm.state::<CodecState>();
    if let Some(h) = state.errors.with(|e| e.get(name).cloned()) {
        return Ok(h);
    }
    match handlers::standard(vm, name) {
        Some(h) => {
            register_error(vm, name, &h)?;
            Ok(h)
        }
        None => Err(vm.raise_new(&exc::LookupError, format_args!("unknown error handler name '{name}'"))),
    }
}

/// Which half of a codec.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Half {
    Encoder,
    Decoder,
}

impl Half {
    fn index(self) -> usize {
        if self == Half::Encoder { 0 } else { 1 }
    }

    fn name(self) -> &'static str {
        if self == Half::Encoder { "encoder" } else { "decoder" }
    }

    fn doing(self) -> &'static str {
        if self == Half::Encoder { "encoding" } else { "decoding" }
    }
}

/// Calls half of a codec: `codecs.encode` and `codecs.decode`.
pub fn run(vm: &Vm, half: Half, object: &Value, encoding: &str, errors: Option<&str>) -> PyResult {
    let codec = lookup(vm, encoding)?;
    run_codec(vm, half, &codec, object, encoding, errors)
}

fn run_codec(
    vm: &Vm,
    half: Half,
    codec: &Gc<Tuple>,
    object: &Value,
    encoding: &str,
    errors: Option<&str>,
) -> PyResult {
    let Some(f) = codec.get(half.index()) else { return Err(vm.system_error("a codec has four parts")) };
    let mut args = vec![object.clone()];
    if let Some(e) = errors {
        args.push(vm.new_str(e).into_value());
    }
    let r = match vm.call(f, &args) {
        Ok(r) => r,
        Err(raised) => {
            add_note(vm, half, encoding);
            return Err(raised);
        }
    };
    match r.downcast::<Tuple>().map(|t| t.items()) {
        Some([result, _]) => Ok(result.clone()),
        _ => Err(vm.type_error(format_args!("{} must return a tuple (object, integer)", half.name()))),
    }
}

/// The exception on its way learns which codec it came from.
fn add_note(vm: &Vm, half: Half, encoding: &str) {
    let e = vm.take_raised();
    let note = vm.new_str(&format!("{} with '{encoding}' codec failed", half.doing()));
    if vm.call_method(&e, "add_note", &[note.into_value()]).is_err() {
        drop(vm.take_raised());
    }
    let _ = vm.reraise(e);
}

/// Looks a codec up that must be between text and bytes.
fn text_codec(vm: &Vm, encoding: &str, hint: &str) -> PyResult<Gc<Tuple>> {
    let codec = lookup(vm, encoding)?;
    if codec.as_value().downcast_exact::<Tuple>().is_none()
        && let Some(flag) = vm.lookup_attr(codec.as_value(), &vm.names._is_text_encoding)?
        && !vm.is_true(&flag)?
    {
        return Err(vm.raise_new(
            &exc::LookupError,
            format_args!("'{encoding}' is not a text encoding; use {hint} to handle arbitrary codecs"),
        ));
    }
    Ok(codec)
}

/// `str.encode` with a codec of the registry.
pub fn encode_text(vm: &Vm, s: &Gc<Str>, encoding: &str, errors: Option<&str>) -> PyResult {
    let codec = text_codec(vm, encoding, "codecs.encode()")?;
    let r = run_codec(vm, Half::Encoder, &codec, s.as_value(), encoding, errors)?;
    if r.is_instance_of::<Bytes>() {
        return Ok(r);
    }
    Err(vm.type_error(format_args!(
        "'{encoding}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
        vm.type_of(&r).name()
    )))
}

/// `bytes.decode` with a codec of the registry.
pub fn decode_text(vm: &Vm, o: &Value, encoding: &str, errors: Option<&str>) -> PyResult<Gc<Str>> {
    let codec = text_codec(vm, encoding, "codecs.decode()")?;
    let r = run_codec(vm, Half::Decoder, &codec, o, encoding, errors)?;
    match r.downcast::<Str>() {
        Some(s) => Ok(s.clone()),
        None => Err(vm.type_error(format_args!(
            "'{encoding}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
            vm.type_of(&r).name()
        ))),
    }
}
