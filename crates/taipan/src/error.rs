//! What an embedder sees of an exception.

use std::fmt;
use taipan_vm::prelude::*;

/// An exception that left the Python code.
#[derive(Debug, Clone)]
pub struct Error {
    /// The traceback as Python prints it, or the message alone where it could not be made.
    pub text: String,
    /// The class's name.
    pub class: String,
    /// The status, if the program asked to exit.
    pub exit: Option<i32>,
}

impl Error {
    /// Takes the exception out of the machine.
    pub(crate) fn take(vm: &Vm) -> Error {
        let exit = vm.raised_is(&taipan_vm::errors::exc::SystemExit);
        let e = vm.take_raised();
        let class = vm.type_of(&e).name();
        let text = match formatted(vm, &e) {
            Ok(text) => text,
            Err(_) => {
                drop(vm.take_raised());
                let said = vm.str(&e).map(|s| s.to_string_lossy().into_owned());
                let said = said.unwrap_or_else(|_| {
                    drop(vm.take_raised());
                    String::new()
                });
                if said.is_empty() { class.clone() } else { format!("{class}: {said}") }
            }
        };
        let exit = exit.then(|| crate::finish::exit_code_of(vm, &e));
        Error { text, class, exit }
    }
}

fn formatted(vm: &Vm, e: &Value) -> PyResult<String> {
    let traceback = taipan_vm::modules::import_module(vm, "traceback")?;
    let lines = vm.call_method(&traceback, "format_exception", std::slice::from_ref(e))?;
    let mut text = String::new();
    for line in vm.collect(&lines)? {
        text += &vm.str(&line)?.to_string_lossy();
    }
    Ok(text)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

impl std::error::Error for Error {}
