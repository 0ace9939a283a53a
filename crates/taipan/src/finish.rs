//! The end of an interpreter: threads, exit functions, streams, modules; and what a program's end means as a status.

use taipan_vm::modules::gc::dies_unseen;
use taipan_vm::modules::import::import_module;
use taipan_vm::modules::{deferred, sys};
use taipan_vm::prelude::*;
use taipan_vm::types::module::Module;
use taipan_vm::types::numbers::int_value;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Status(i32),
    /// `KeyboardInterrupt` that nobody caught: the process should die of the signal.
    Interrupted,
}

fn loaded(vm: &Vm, name: &str) -> Option<Value> {
    vm.modules.get()?.get_str(vm, &vm.intern(name)).filter(|m| !m.is_none())
}

/// Drops an exception that must not stop the end.
fn ignore<T>(vm: &Vm, r: PyResult<T>) -> Option<T> {
    match r {
        Ok(v) => Some(v),
        Err(_) => {
            drop(vm.take_raised());
            None
        }
    }
}

/// The status that `SystemExit` stands for; texts are printed.
pub fn exit_code_of(vm: &Vm, e: &Value) -> i32 {
    let code = ignore(vm, vm.get_attr(e, &vm.names.code)).unwrap_or(Value::NONE);
    if code.is_none() {
        return 0;
    }
    if int_value(&code).is_some() {
        return match vm.index_i64(&code, "") {
            Ok(n) => n as i32,
            Err(_) => {
                drop(vm.take_raised());
                -1
            }
        };
    }
    ignore(vm, flush(vm, "stdout"));
    let text = match vm.str(&code) {
        Ok(s) => s,
        Err(_) => {
            drop(vm.take_raised());
            return 1;
        }
    };
    let mut line = taipan_text_line(&text);
    line.push('\n');
    let stderr = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.names.stderr)).filter(|f| !f.is_none());
    match stderr {
        Some(f) => {
            ignore(vm, vm.call_method_name(&f, &vm.names.write, &[text.into_value()]));
            ignore(vm, vm.call_method_name(&f, &vm.names.write, &[vm.new_str("\n").into_value()]));
        }
        None => _ = vm.host().write(2, line.as_bytes()),
    }
    1
}

fn taipan_text_line(s: &Gc<Str>) -> String {
    s.to_string_lossy().into_owned()
}

/// Reports the exception on its way as a program's end: `SystemExit` gives its status, all others are printed.
pub fn exit_status(vm: &Vm) -> Ended {
    use taipan_vm::errors::exc;
    if vm.raised_is(&exc::SystemExit) {
        let e = vm.take_raised();
        return Ended::Status(exit_code_of(vm, &e));
    }
    let interrupted = vm.raised_is(&exc::KeyboardInterrupt);
    print_exception(vm);
    if interrupted { Ended::Interrupted } else { Ended::Status(1) }
}

/// `PyErr_Print`: through `sys.excepthook`, after `sys.last_exc` and its kin are set.
pub fn print_exception(vm: &Vm) {
    let e = vm.take_raised();
    let Some(sys) = vm.sys_dict.get().cloned() else { return };
    let tb = ignore(vm, vm.get_attr(&e, &vm.names.__traceback__)).unwrap_or(Value::NONE);
    let class = vm.type_of(&e).to_value();
    let names = &vm.names;
    for (name, v) in [
        (&names.last_exc, &e),
        (&names.last_type, &class),
        (&names.last_value, &e),
        (&names.last_traceback, &tb),
    ] {
        sys.set_str(vm, name, v.clone());
    }
    let hook = sys.get_str(vm, &names.excepthook);
    let args = [class.clone(), e.clone(), tb.clone()];
    let event = [hook.clone().unwrap_or(Value::NONE), class.clone(), e.clone(), tb.clone()];
    if sys::audit(vm, "sys.excepthook", &event).is_err() {
        if vm.raised_is(&taipan_vm::errors::exc::RuntimeError) {
            // The audit hook takes it from here.
            drop(vm.take_raised());
            return;
        }
        vm.unraisable("Exception ignored in audit hook", None);
    }
    match hook {
        Some(hook) => {
            if vm.call(&hook, &args).is_err() {
                if vm.raised_is(&taipan_vm::errors::exc::SystemExit) {
                    // The hook asked to exit; CPython honours that, and prints nothing.
                    drop(vm.take_raised());
                    return;
                }
                let second = vm.take_raised();
                _ = vm.host().write(2, b"Error in sys.excepthook:\n");
                fallback(vm, &second);
                _ = vm.host().write(2, b"\nOriginal exception was:\n");
                fallback(vm, &e);
            }
        }
        None => {
            _ = vm.host().write(2, b"sys.excepthook is missing\n");
            fallback(vm, &e);
        }
    }
    ignore(vm, flush(vm, "stderr"));
}

/// With the built-in hook, which needs nothing of the program.
fn fallback(vm: &Vm, e: &Value) {
    let key = vm.intern("__excepthook__");
    let Some(hook) = vm.sys_dict.get().and_then(|d| d.get_str(vm, &key)) else { return };
    let tb = ignore(vm, vm.get_attr(e, &vm.names.__traceback__)).unwrap_or(Value::NONE);
    ignore(vm, vm.call(&hook, &[vm.type_of(e).to_value(), e.clone(), tb]));
}

/// Flushes `sys.NAME`, if it is open.
fn flush(vm: &Vm, name: &str) -> PyResult<()> {
    let Some(f) = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.intern(name))) else { return Ok(()) };
    if f.is_none() {
        return Ok(());
    }
    if let Some(closed) = ignore(vm, vm.get_attr_str(&f, "closed"))
        && ignore(vm, vm.is_true(&closed)).unwrap_or(false)
    {
        return Ok(());
    }
    vm.call_method_name(&f, &vm.names.flush, &[]).map(drop)
}

fn flush_all(vm: &Vm) -> bool {
    let mut fine = true;
    if flush(vm, "stdout").is_err() {
        fine = false;
        vm.unraisable("Exception ignored while flushing sys.stdout", None);
    }
    if flush(vm, "stderr").is_err() {
        fine = false;
        drop(vm.take_raised());
    }
    fine
}

/// Ends the interpreter; false when output was lost. Where the process ends as well, objects whose end nobody could see
/// stay where they are.
pub fn finish(vm: &Vm, process_ends: bool) -> bool {
    if let Some(threading) = loaded(vm, "threading")
        && vm.call_method(&threading, "_shutdown", &[]).is_err()
    {
        vm.unraisable("Exception ignored on threading shutdown", Some(&threading));
    }
    taipan_vm::modules::atexit::run_exitfuncs(vm);
    let mut fine = flush_all(vm);
    sys::set_finalizing(vm);
    // Daemon threads stop where they are.
    vm.turn.close();
    if process_ends && dies_unseen(vm, &standard_streams(vm)) {
        return fine;
    }
    modules(vm);
    // What could not be written before has been told of.
    if fine {
        fine = flush_all(vm);
    }
    fine
}

/// The standard streams as the start made them, which the end has flushed, and what they are made of.
fn standard_streams(vm: &Vm) -> Vec<Value> {
    let mut all = Vec::new();
    let Some(sys) = vm.sys_dict.get() else { return all };
    for name in ["stdin", "stdout", "stderr"] {
        let key = vm.intern(&format!("__{name}__"));
        let Some(text) = sys.get_str(vm, &key) else { continue };
        // One that the program put in its place has not been flushed.
        if !sys.get_str(vm, &vm.intern(name)).is_some_and(|now| now.is(&text)) {
            continue;
        }
        let Some(buffer) = part(vm, &text, "buffer") else { continue };
        all.extend(part(vm, &buffer, "raw"));
        all.extend([text, buffer]);
    }
    all
}

/// An attribute of an object of a built-in class.
fn part(vm: &Vm, v: &Value, name: &str) -> Option<Value> {
    if vm.type_of(v).is_heap_type() {
        return None;
    }
    ignore(vm, vm.get_attr_str(v, name))
}

/// Takes the modules down as CPython does: names of `sys` that hold on to things, then all modules that nobody else
/// holds, then the contents of the others, `sys` and `builtins` last.
fn modules(vm: &Vm) {
    let Some(modules) = vm.modules.get().cloned() else { return };
    let Some(sys) = vm.sys_dict.get().cloned() else { return };
    deferred::before_end(vm);
    taipan_vm::modules::paths::give_up(vm);
    for name in [
        "path",
        "argv",
        "ps1",
        "ps2",
        "last_exc",
        "last_type",
        "last_value",
        "last_traceback",
        "path_importer_cache",
        "meta_path",
        "path_hooks",
    ] {
        let key = vm.intern(name);
        if sys.get_str(vm, &key).is_some() {
            sys.set_str(vm, &key, Value::NONE);
        }
    }
    for name in ["stdin", "stdout", "stderr"] {
        let original = sys.get_str(vm, &vm.intern(&format!("__{name}__"))).unwrap_or(Value::NONE);
        sys.set_str(vm, &vm.intern(name), original);
    }
    let all: Vec<(Value, Value)> = modules.pairs();
    for (key, m) in &all {
        if m.is_instance_of::<Module>() {
            ignore(vm, modules.set(vm, key, Value::NONE));
        }
    }
    for (key, _) in &all {
        ignore(vm, modules.remove(vm, key));
    }
    let mut left = Vec::new();
    for (key, m) in all {
        let name = key.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if name != "sys" && name != "builtins" && m.header().is_none_or(|h| h.count() > 1) {
            left.push(m);
        } else if name != "sys" && name != "builtins" {
            drop(m);
        }
    }
    collect(vm);
    while let Some(m) = left.pop() {
        if let Some(m) = m.downcast::<Module>() {
            clear(vm, &m.dict);
        }
    }
    collect(vm);
}

fn collect(vm: &Vm) {
    if let Ok(gc) = import_gc(vm) {
        ignore(vm, vm.call_method(&gc, "collect", &[]));
    }
}

fn import_gc(vm: &Vm) -> Result<Value, ()> {
    match taipan_vm::modules::imp::make_builtin(vm, "gc") {
        Ok(Some(m)) => Ok(m),
        Ok(None) => Err(()),
        Err(_) => {
            drop(vm.take_raised());
            Err(())
        }
    }
}

/// Names with one leading underscore go first, then all but `__builtins__`.
fn clear(vm: &Vm, d: &Gc<Dict>) {
    for first in [true, false] {
        for (k, v) in d.pairs() {
            let Some(name) = k.downcast::<Str>() else { continue };
            if v.is_none() || name.as_bytes() == b"__builtins__" {
                continue;
            }
            drop(v);
            let private = name.as_bytes().first() == Some(&b'_') && name.as_bytes().get(1) != Some(&b'_');
            if private || !first {
                d.set_str(vm, name, Value::NONE);
            }
        }
    }
}

const _: fn(&Vm, &str) -> PyResult<Value> = import_module;
