//! What the front end finds wrong with a source, as Python's exceptions and warnings.

use taipan_syntax::error::UNKNOWN;
use taipan_syntax::{ErrorKind, SyntaxError};
use taipan_vm::errors::exc;
use taipan_vm::errors::syntax as fields;
use taipan_vm::prelude::*;
use taipan_vm::types::typedef::TypeDef as Class;

/// Issues a `SyntaxWarning`; where the filters make it an error, a `SyntaxError` takes its place.
pub fn warn(
    vm: &Vm,
    msg: &str,
    filename: &str,
    lineno: u32,
    as_error: impl FnOnce() -> Raised,
) -> PyResult<()> {
    let Ok(module) = taipan_vm::modules::import::import_module(vm, "_warnings") else {
        drop(vm.take_raised());
        return Ok(());
    };
    let args = [
        vm.new_str(msg).into_value(),
        vm.type_for(&exc::SyntaxWarning).into_value(),
        vm.new_str(filename).into_value(),
        vm.new_int(lineno.into()),
    ];
    match vm.call_method(&module, "warn_explicit", &args) {
        Ok(_) => Ok(()),
        Err(_) if vm.raised_is(&exc::SyntaxWarning) => {
            drop(vm.take_raised());
            Err(as_error())
        }
        Err(raised) => Err(raised),
    }
}

/// Raises the exception that the error stands for, after the warnings that come with it.
pub fn raise(vm: &Vm, error: &SyntaxError, filename: &str, source: Option<&str>) -> Raised {
    for w in &error.warnings {
        if let Err(raised) = warn(vm, &w.msg, filename, w.lineno, || raise(vm, &w.as_error, filename, source))
        {
            return raised;
        }
    }
    let class: &'static Class = match error.kind {
        ErrorKind::Syntax => &exc::SyntaxError,
        ErrorKind::Indentation => &exc::IndentationError,
        ErrorKind::Tab => &exc::TabError,
        ErrorKind::IncompleteInput => &exc::_IncompleteInputError,
        ErrorKind::Value => return vm.raise_new(&exc::ValueError, &error.msg),
        ErrorKind::Recursion => return vm.raise_new(&exc::RecursionError, &error.msg),
        ErrorKind::TooDeep => return vm.raise_new(&exc::MemoryError, &error.msg),
    };
    let msg = vm.new_str(&error.msg).into_value();
    if error.lineno == UNKNOWN && error.end_lineno == UNKNOWN {
        return vm.raise_args(class, vec![msg]);
    }
    let number = |n: i64| if n == UNKNOWN { Value::NONE } else { vm.new_int(n) };
    let place = vm.new_tuple(vec![
        vm.new_str(filename).into_value(),
        number(error.lineno),
        number(error.offset),
        error.text.as_deref().map_or(Value::NONE, |t| vm.new_str(t).into_value()),
        number(error.end_lineno),
        number(error.end_offset),
    ]);
    let made = vm.call(vm.type_for(class).as_value(), &[msg, place.into_value()]);
    let e = match made {
        Ok(e) => e,
        Err(raised) => return raised,
    };
    if let (Some((line, column)), Some(source)) = (error.last_statement, source) {
        let metadata =
            vm.new_tuple(vec![vm.new_int(line), vm.new_int(column), vm.new_str(source).into_value()]);
        taipan_vm::errors::exception::set_field(&e, fields::METADATA, Some(metadata.into_value()));
    }
    vm.raise(e)
}
