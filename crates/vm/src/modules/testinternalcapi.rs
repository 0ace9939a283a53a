//! `_testinternalcapi`: what CPython's own tests need to see of the insides. Only what truly exists here is in it.

use super::codecs::{decode_bytes, encode_text};
use super::gc::is_untracked_tuple;
use crate::errors::exc;
use crate::prelude::*;
use crate::types::hamt_methods::Map;

/// The encoding of names and arguments of the system.
const LOCALE: &str = "utf-8";

fn check_handler(vm: &Vm, errors: Option<&str>) -> PyResult<()> {
    match errors {
        None | Some("strict" | "surrogateescape" | "surrogatepass") => Ok(()),
        Some(_) => Err(vm.value_error("unsupported error handler")),
    }
}

/// A `UnicodeError` as the functions below report it.
fn locale_error(vm: &Vm, what: &str) -> Raised {
    if !vm.raised_is(&exc::UnicodeError) {
        return Raised;
    }
    let e = vm.take_raised();
    match vm.get_attr_str(&e, "start").and_then(|v| isize::from_arg(vm, &v)) {
        Ok(at) => vm.runtime_error(format_args!("{what}e error: pos={at}, reason={what}ing error")),
        Err(e) => e,
    }
}

#[pymodule(name = "_testinternalcapi")]
pub mod testinternalcapi {
    use super::*;

    /// The run of an instruction that its inline cache answers first: the first run fills the cache.
    #[pyconst]
    const SPECIALIZATION_THRESHOLD: i32 = 2;

    /// After how many runs a cache that missed is filled anew: at once.
    #[pyconst]
    const SPECIALIZATION_COOLDOWN: i32 = 1;

    /// A new persistent map without keys.
    #[pyfn("hamt()")]
    fn hamt(vm: &Vm) -> Gc<Map> {
        Map::empty(vm)
    }

    /// The depth of the stack of Python frames, which the recursion limit bounds.
    #[pyfn("get_recursion_depth()")]
    fn get_recursion_depth(vm: &Vm) -> usize {
        vm.thread.frame_depth()
    }

    /// How many objects the cycle collector watches.
    #[pyfn("get_tracked_heap_size()")]
    fn get_tracked_heap_size(vm: &Vm) -> usize {
        vm.heap.containers().iter().filter(|v| !is_untracked_tuple(v)).count()
    }

    /// The name of the allocator of objects: there is one.
    #[pyfn("pymem_getallocatorsname()")]
    fn pymem_getallocatorsname(_vm: &Vm) -> &'static str {
        "taipan"
    }

    /// A string in the encoding of the system.
    #[pyfn("EncodeLocaleEx(text, current_locale=0, errors=None, /)")]
    fn encode_locale(vm: &Vm, text: &Gc<Str>, _current: i32, errors: Option<&str>) -> PyResult<Value> {
        check_handler(vm, errors)?;
        if text.as_bytes().contains(&0) {
            return Err(vm.value_error("embedded null character"));
        }
        encode_text(vm, text, Some(LOCALE), errors).map_err(|_| locale_error(vm, "encod"))
    }

    /// A string from the encoding of the system.
    #[pyfn("DecodeLocaleEx(text, current_locale=0, errors=None, /)")]
    fn decode_locale(vm: &Vm, text: &Gc<Bytes>, _current: i32, errors: Option<&str>) -> PyResult<Gc<Str>> {
        check_handler(vm, errors)?;
        if text.as_bytes().contains(&0) {
            return Err(vm.value_error("embedded null byte"));
        }
        decode_bytes(vm, text.as_value(), Some(LOCALE), errors).map_err(|_| locale_error(vm, "decod"))
    }
}
