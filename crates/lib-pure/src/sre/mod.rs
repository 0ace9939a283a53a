//! `_sre`: compiled patterns, matches, scanners and templates over the engine of `taipan-sre`.
//!
//! The engine works in byte offsets; Python sees code points. For ASCII and bytes subjects they are the same; for other
//! text each loop converts step by step from the last known pair.

mod matches;
mod pattern;
mod subject;
mod template;

use pattern::Pattern;
use taipan_sre::pattern::{Source, compile};
use taipan_sre::{CODESIZE, MAGIC, MAXGROUPS, MAXREPEAT, Program, chars};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, int_value};

pub use matches::Match;
pub use pattern::Scanner;
pub use template::Template;

/// A 32-bit word of pattern code.
fn word(vm: &Vm, v: &Value) -> PyResult<u32> {
    match int_value(v) {
        Some(IntValue::Small(n)) => {
            u32::try_from(n).map_err(|_| vm.overflow_error("regular expression code size limit exceeded"))
        }
        _ => Err(vm.overflow_error("regular expression code size limit exceeded")),
    }
}

#[pymodule(name = "_sre")]
pub mod sre {
    use super::*;

    pytypes!(Template);

    #[pyconst("MAGIC")]
    fn magic(vm: &Vm) -> Value {
        vm.new_int(MAGIC as i64)
    }

    #[pyconst("CODESIZE")]
    fn codesize(vm: &Vm) -> Value {
        vm.new_int(CODESIZE as i64)
    }

    #[pyconst("MAXREPEAT")]
    fn maxrepeat(vm: &Vm) -> Value {
        vm.new_int(MAXREPEAT as i64)
    }

    #[pyconst("MAXGROUPS")]
    fn maxgroups(vm: &Vm) -> Value {
        vm.new_int(MAXGROUPS as i64)
    }

    #[pyconst("copyright")]
    fn copyright(vm: &Vm) -> Value {
        vm.new_str(" SRE 2.2.2, as CPython's, by Taipan's own engine ").into_value()
    }

    #[pyfn("getcodesize()")]
    fn getcodesize(_vm: &Vm) -> i64 {
        CODESIZE as i64
    }

    #[pyfn("ascii_iscased(character, /)")]
    fn ascii_iscased(_vm: &Vm, character: i32) -> bool {
        chars::ascii_iscased(character as u32)
    }

    #[pyfn("unicode_iscased(character, /)")]
    fn unicode_iscased(_vm: &Vm, character: i32) -> bool {
        chars::unicode_iscased(character as u32)
    }

    #[pyfn("ascii_tolower(character, /)")]
    fn ascii_tolower(_vm: &Vm, character: i32) -> i64 {
        chars::ascii_tolower(character as u32) as i64
    }

    #[pyfn("unicode_tolower(character, /)")]
    fn unicode_tolower(_vm: &Vm, character: i32) -> i64 {
        chars::unicode_tolower(character as u32) as i64
    }

    #[pyfn("compile(pattern, flags, code, groups, groupindex, indexgroup)")]
    fn compile(
        vm: &Vm,
        pattern: &Value,
        flags: i32,
        code: &Gc<List>,
        groups: isize,
        groupindex: &Gc<Dict>,
        indexgroup: &Gc<Tuple>,
    ) -> PyResult<Value> {
        let words: Vec<u32> = code.to_vec().iter().map(|v| word(vm, v)).collect::<PyResult<_>>()?;
        let Ok(groups) = usize::try_from(groups) else { return Err(vm.runtime_error("invalid SRE code")) };
        let program = Program::compile(&words, groups).map_err(|_| vm.runtime_error("invalid SRE code"))?;
        Pattern::make(vm, program, words, pattern, flags, groupindex, indexgroup)
    }

    /// Compiles a pattern without `re._parser` and `re._compiler`. `None`: they are to do it, because something is to
    /// be said about the pattern, or shown.
    #[pyfn("compile_source(pattern, flags, /)")]
    fn compile_source(vm: &Vm, pattern: &Value, flags: &Value) -> PyResult<Value> {
        Ok(super::native(vm, pattern, flags)?.unwrap_or(Value::NONE))
    }

    #[pyfn("template(pattern, template, /)")]
    fn template(vm: &Vm, pattern: &Value, template: &Gc<List>) -> PyResult<Value> {
        super::template::make(vm, pattern, &template.to_vec())
    }
}

const LOCALE: u32 = 4;
const DEBUG: u32 = 128;

fn native(vm: &Vm, pattern: &Value, flags: &Value) -> PyResult<Option<Value>> {
    let Some(given) = flags.as_int().and_then(|n| u32::try_from(n).ok()) else { return Ok(None) };
    let source = match (pattern.downcast::<Str>(), pattern.downcast::<Bytes>()) {
        (Some(s), _) => Source::Text(s.as_bytes()),
        (_, Some(b)) => Source::Bytes(b.as_bytes()),
        _ => return Ok(None),
    };
    let Ok(made) = compile(source, given) else { return Ok(None) };
    if (made.flags | given) & (LOCALE | DEBUG) != 0
        || !made.warnings.is_empty()
        || made.groups > MAXGROUPS as usize
    {
        return Ok(None);
    }
    let index = vm.new_dict();
    let mut names = vec![Value::NONE; made.groups + 1];
    for (name, group) in &made.names {
        let name = vm.intern_str(&vm.new_text_bytes(name)?);
        if let Some(place) = names.get_mut(*group as usize) {
            *place = name.to_value();
        }
        index.set_str(vm, &name, vm.new_int(i64::from(*group)));
    }
    let names = vm.new_tuple(names);
    Pattern::make(vm, made.program, made.code, pattern, made.flags as i32, &index, &names).map(Some)
}

/// `IndexError: no such group`.
fn no_such_group(vm: &Vm) -> Raised {
    vm.raise_new(&exc::IndexError, "no such group")
}
