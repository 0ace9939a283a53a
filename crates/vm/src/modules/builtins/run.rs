//! `compile`, `eval` and `exec`.

use crate::errors::exc;
use crate::frontend::{CompileMode, CompileOptions};
use crate::modules::sys::audit;
use crate::prelude::*;
use crate::types::cell::Cell as PyCell;
use crate::types::code::Code;

/// `co_flags` bits of future statements.
const FUTURES: i32 = 0x1fe0000;
const ONLY_AST: i32 = 0x400;
/// `PyCF_*` flags that callers may give, and those of old that mean nothing any more.
const KNOWN: i32 = FUTURES | 0x10 | 0x200 | ONLY_AST | 0x1000 | 0x2000 | 0x4000 | 0x8000;

/// Future statements in effect in the code that called.
fn inherited(vm: &Vm) -> i32 {
    vm.top_frame().map_or(0, |f| f.code().data.flags as i32 & FUTURES)
}

/// `os.fsdecode(v)`.
pub fn path_text(vm: &Vm, v: &Value) -> PyResult<String> {
    let path = match v {
        v if v.is_instance_of::<Str>() || v.is_instance_of::<Bytes>() => v.clone(),
        v => match vm.call_special(v, &vm.intern("__fspath__"), &[])? {
            Some(p) if p.is_instance_of::<Str>() || p.is_instance_of::<Bytes>() => p,
            Some(p) => {
                return Err(vm.type_error(format_args!(
                    "expected {}.__fspath__() to return str or bytes, not {}",
                    vm.type_of(v).name(),
                    vm.type_of(&p).name()
                )));
            }
            None => {
                return Err(vm.type_error(format_args!(
                    "expected str, bytes or os.PathLike object, not {}",
                    vm.type_of(v).name()
                )));
            }
        },
    };
    if let Some(s) = path.downcast::<Str>() {
        return Ok(s.to_string_lossy().into_owned());
    }
    let bytes = path.downcast::<Bytes>().map(|b| b.as_bytes().to_vec()).unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The source as text. `func` and `what` are for the error.
pub fn source_text(
    vm: &Vm,
    source: &Value,
    func: &str,
    what: &str,
    filename: &str,
) -> PyResult<(String, bool)> {
    let text = if let Some(s) = source.downcast::<Str>() {
        match s.as_str() {
            Some(t) => (t.to_string(), false),
            None => return Err(vm.surrogate_error(s)),
        }
    } else if let Some(f) = vm.type_of(source).slots.buffer.get() {
        let buffer = f(vm, source, crate::types::buffer::Request::SIMPLE);
        let Some(buffer) = vm.suppress(buffer, &exc::BufferError)? else {
            return Err(vm.type_error(format_args!("{func}() arg 1 must be a {what} object")));
        };
        let bytes = buffer.bytes().to_vec();
        if bytes.contains(&0) {
            return Err(null_bytes(vm));
        }
        (vm.config.frontend.decode(vm, &bytes, filename)?, true)
    } else if let Some(b) = source.downcast::<Bytes>() {
        let bytes = b.as_bytes().to_vec();
        if bytes.contains(&0) {
            return Err(null_bytes(vm));
        }
        (vm.config.frontend.decode(vm, &bytes, filename)?, true)
    } else {
        return Err(vm.type_error(format_args!("{func}() arg 1 must be a {what} object")));
    };
    if text.0.contains('\0') {
        return Err(null_bytes(vm));
    }
    Ok(text)
}

fn null_bytes(vm: &Vm) -> Raised {
    vm.raise_new(&exc::SyntaxError, "source code string cannot contain null bytes")
}

/// Whether the value is a node of module `ast`.
fn is_ast(vm: &Vm, v: &Value) -> PyResult<bool> {
    let key = vm.intern("_ast");
    let Some(module) = vm.modules.get().and_then(|m| m.get_str(vm, &key)) else { return Ok(false) };
    match vm.lookup_attr_str(&module, "AST")? {
        Some(cls) => vm.is_instance(v, &cls),
        None => Ok(false),
    }
}

pub fn compile(
    vm: &Vm,
    source: &Value,
    filename: &Value,
    mode: &str,
    flags: i32,
    dont_inherit: bool,
    optimize: i32,
    feature_version: i32,
) -> PyResult<Value> {
    let filename = path_text(vm, filename)?;
    if flags & !KNOWN != 0 {
        return Err(vm.value_error("compile(): unrecognised flags"));
    }
    if !(-1..=2).contains(&optimize) {
        return Err(vm.value_error("compile(): invalid optimize value"));
    }
    let flags = if dont_inherit { flags } else { flags | inherited(vm) };
    let compile_mode = match mode {
        "exec" => CompileMode::Exec,
        "eval" => CompileMode::Eval,
        "single" => CompileMode::Single,
        "func_type" if flags & ONLY_AST != 0 => CompileMode::Eval,
        "func_type" => {
            return Err(vm.value_error("compile() mode 'func_type' requires flag PyCF_ONLY_AST"));
        }
        _ => {
            return Err(vm.value_error(if flags & ONLY_AST != 0 {
                "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
            } else {
                "compile() mode must be 'exec', 'eval' or 'single'"
            }));
        }
    };
    let optimize = if optimize < 0 { vm.config.flags.optimize.clamp(0, 2) } else { optimize };
    let options = CompileOptions { mode: compile_mode, flags: flags as u32, optimize: optimize as u8 };
    if is_ast(vm, source)? {
        if flags & ONLY_AST != 0 {
            return vm.config.frontend.recompile_ast(vm, source, mode, options);
        }
        audit(vm, "compile", &[source.clone(), Value::NONE])?;
        let data = vm.config.frontend.compile_ast(vm, source, &filename, options)?;
        return Ok(vm.new_code(data).into_value());
    }
    let (text, _) = source_text(vm, source, "compile", "string, bytes or AST", &filename)?;
    audit_compile(vm, &text, &filename)?;
    if flags & ONLY_AST != 0 {
        return vm.config.frontend.parse_to_ast(vm, &text, &filename, mode, options, feature_version);
    }
    let data = vm.config.frontend.compile(vm, &text, &filename, options)?;
    Ok(vm.new_code(data).into_value())
}

fn audit_compile(vm: &Vm, text: &str, filename: &str) -> PyResult<()> {
    let shown = vm.new_str(filename).into_value();
    audit(vm, "compile", &[vm.new_bytes(text.as_bytes()).into_value(), shown])
}

fn is_mapping(vm: &Vm, v: &Value) -> bool {
    vm.type_of(v).slots.subscript.get().is_some()
}

/// The namespaces to run in.
fn namespaces(vm: &Vm, globals: &Value, locals: &Value) -> PyResult<(Gc<Dict>, Value)> {
    if let Some(g) = globals.downcast::<Dict>() {
        let locals = if locals.is_none() { globals.clone() } else { locals.clone() };
        return Ok((g.clone(), locals));
    }
    let Some(g) = vm.caller_globals() else {
        return Err(vm.system_error("globals and locals cannot be NULL"));
    };
    let locals = if locals.is_none() { vm.caller_locals()? } else { locals.clone() };
    Ok((g, locals))
}

fn compile_text(vm: &Vm, text: &str, mode: CompileMode) -> PyResult<Gc<Code>> {
    let optimize = vm.config.flags.optimize.clamp(0, 2) as u8;
    let options = CompileOptions { mode, flags: inherited(vm) as u32, optimize };
    audit_compile(vm, text, "<string>")?;
    let data = vm.config.frontend.compile(vm, text, "<string>", options)?;
    Ok(vm.new_code(data))
}

pub fn eval(vm: &Vm, source: &Value, globals: &Value, locals: &Value) -> PyResult<Value> {
    if !locals.is_none() && !is_mapping(vm, locals) {
        return Err(vm.type_error("locals must be a mapping"));
    }
    if !globals.is_none() && globals.downcast::<Dict>().is_none() {
        return Err(vm.type_error(if is_mapping(vm, globals) {
            "globals must be a real dict; try eval(code, {}, mapping)"
        } else {
            "globals must be a dict"
        }));
    }
    let (globals, locals) = namespaces(vm, globals, locals)?;
    if let Some(code) = source.downcast::<Code>() {
        audit(vm, "exec", std::slice::from_ref(source))?;
        if !code.data.freevars.is_empty() {
            return Err(vm.type_error("code object passed to eval() may not contain free variables"));
        }
        return vm.run_code(code, &globals, &locals, None);
    }
    let (text, _) = source_text(vm, source, "eval", "string, bytes or code", "<string>")?;
    let code = compile_text(vm, text.trim_start_matches([' ', '\t']), CompileMode::Eval)?;
    audit(vm, "exec", &[code.to_value()])?;
    vm.run_code(&code, &globals, &locals, None)
}

pub fn exec(vm: &Vm, source: &Value, globals: &Value, locals: &Value, closure: &Value) -> PyResult<()> {
    if !globals.is_none() && globals.downcast::<Dict>().is_none() {
        return Err(
            vm.type_error(format_args!("exec() globals must be a dict, not {}", vm.type_of(globals).name()))
        );
    }
    if !locals.is_none() && !is_mapping(vm, locals) {
        return Err(vm.type_error(format_args!(
            "locals must be a mapping or None, not {}",
            vm.type_of(locals).name()
        )));
    }
    let (globals, locals) = namespaces(vm, globals, locals)?;
    if let Some(code) = source.downcast::<Code>() {
        let free = code.data.freevars.len();
        let cells = closure.downcast::<Tuple>();
        if free == 0 {
            if !closure.is_none() {
                return Err(vm.type_error("cannot use a closure with this code object"));
            }
        } else if !cells.is_some_and(|c| {
            c.len() == free && c.items().iter().all(|c| c.downcast_exact::<PyCell>().is_some())
        }) {
            return Err(
                vm.type_error(format_args!("code object requires a closure of exactly length {free}"))
            );
        }
        audit(vm, "exec", std::slice::from_ref(source))?;
        return vm.run_code(code, &globals, &locals, cells).map(drop);
    }
    if !closure.is_none() {
        return Err(vm.type_error("closure can only be used when source is a code object"));
    }
    let (text, _) = source_text(vm, source, "exec", "string, bytes or code", "<string>")?;
    let code = compile_text(vm, &text, CompileMode::Exec)?;
    audit(vm, "exec", &[code.to_value()])?;
    vm.run_code(&code, &globals, &locals, None).map(drop)
}
