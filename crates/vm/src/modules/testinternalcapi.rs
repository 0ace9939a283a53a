//! `_testinternalcapi`: what CPython's own tests need to see of the insides. Only what truly exists here is in it.

use super::codecs::{decode_bytes, encode_text};
use super::gc::is_untracked_tuple;
use crate::errors::exc;
use crate::prelude::*;
use crate::types::code::{Code, as_code};
use crate::types::hamt_methods::Map;
use taipan_bytecode::{CodeData, Const, Imm, Instr, Op, StrTable, flags};

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

fn this<'a>(vm: &Vm, code: &'a Value) -> PyResult<&'a Gc<Code>> {
    as_code(code).ok_or_else(|| vm.type_error("argument must be a code object"))
}

/// The variables of the code with CPython's bits for them: parameters first, then locals, cells and free variables.
fn local_kinds(data: &CodeData) -> Vec<(String, u8)> {
    const POSITIONAL: u8 = 0x02;
    const KEYWORD: u8 = 0x04;
    const STARS: u8 = 0x08;
    const HIDDEN: u8 = 0x10;
    const LOCAL: u8 = 0x20;
    const CELL: u8 = 0x40;
    const FREE: u8 = 0x80;
    let (positional_only, positional) = (data.posonlyargcount as usize, data.argcount as usize);
    let keywords = positional + data.kwonlyargcount as usize;
    let stars = keywords + usize::from(data.flags & flags::VARARGS != 0);
    let kind = |i: usize| {
        let hidden = if data.is_hidden(i) { HIDDEN } else { 0 };
        hidden
            | match i {
                i if i < positional_only => LOCAL | POSITIONAL,
                i if i < positional => LOCAL | POSITIONAL | KEYWORD,
                i if i < keywords => LOCAL | KEYWORD,
                i if i < stars => LOCAL | POSITIONAL | STARS,
                i if i < data.total_args() => LOCAL | KEYWORD | STARS,
                _ => LOCAL,
            }
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let names = |table: &StrTable| (0..table.len()).map(|i| text(table.get(i).unwrap_or_default())).collect();
    let locals: Vec<String> = names(&data.varnames);
    let mut all: Vec<(String, u8)> = locals.into_iter().enumerate().map(|(i, n)| (n, kind(i))).collect();
    let cells: Vec<String> = names(&data.cellvars);
    for (i, name) in cells.into_iter().enumerate() {
        match data.cell_arg(i).and_then(|arg| all.get_mut(arg)) {
            Some((_, kind)) => *kind |= CELL,
            None => all.push((name, CELL)),
        }
    }
    let free: Vec<String> = names(&data.freevars);
    all.extend(free.into_iter().map(|n| (n, FREE)));
    all
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

    /// Whether all attributes of the instance lie in the object itself.
    #[pyfn("has_inline_values(obj, /)")]
    fn has_inline_values(_vm: &Vm, obj: &Value) -> bool {
        crate::types::instance::all_inline(obj)
    }

    /// Whether each `return` of the code gives None.
    #[pyfn("code_returns_only_none(code, /)")]
    fn code_returns_only_none(vm: &Vm, code: &Value) -> PyResult<bool> {
        let data = &this(vm, code)?.data;
        let straight = !data.iter_instrs().any(|i| i.op().info().effects.jump);
        let mut before = None;
        Ok(data.iter_instrs().all(|i| match i.op() {
            Op::ReturnValue => {
                straight
                    && before.is_some_and(|b: Instr| {
                        b.op() == Op::LoadImm && b.x() == Imm::None as u8 && b.a() == i.a()
                    })
            }
            Op::ReturnConst => matches!(data.constant(i.bc() as usize), Some(Const::None)),
            _ => {
                before = Some(i);
                true
            }
        }))
    }

    /// The kinds of the local variables by name, as bits of CPython's.
    #[pyfn("get_co_localskinds(code, /)")]
    fn get_co_localskinds(vm: &Vm, code: &Value) -> PyResult<Gc<Dict>> {
        let kinds = vm.new_dict();
        for (name, kind) in local_kinds(&this(vm, code)?.data) {
            kinds.set_str(vm, &vm.intern(&name), vm.new_int(kind.into()));
        }
        Ok(kinds)
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
