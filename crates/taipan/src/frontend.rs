//! The parser and the compiler as the machine's `Frontend`: their errors as `SyntaxError` objects, their warnings issued.

use std::borrow::Cow;

use taipan_bytecode::CodeData;
use taipan_compiler::{Mode, Options};
use taipan_lib_lang::ast::{self, MakeOptions};
pub use taipan_lib_lang::report::raise;
use taipan_lib_lang::report::warn;
use taipan_syntax::SyntaxError;
use taipan_syntax::source::{self, Codec};
use taipan_vm::errors::exc;
use taipan_vm::frontend::{CompileMode, CompileOptions, Frontend};
use taipan_vm::prelude::*;

/// `PyCF_*` flags.
pub mod cf {
    pub const DONT_IMPLY_DEDENT: u32 = 0x200;
    pub const TYPE_COMMENTS: u32 = 0x1000;
    pub const ALLOW_TOP_LEVEL_AWAIT: u32 = 0x2000;
    pub const ALLOW_INCOMPLETE_INPUT: u32 = 0x4000;
    /// `PyCF_OPTIMIZED_AST` without `PyCF_ONLY_AST`.
    pub const OPTIMIZED: u32 = 0x8000;
    /// All of CPython's `CO_FUTURE_*`.
    pub const FUTURE: u32 = 0x1ff_0000;
}

/// `Frontend` over `taipan_syntax` and `taipan_compiler`.
pub struct SourceFrontend;

/// The compiler's options from the machine's.
pub fn compiler_options<'a>(vm: &Vm, filename: &'a str, options: CompileOptions) -> Options<'a> {
    let mode = match options.mode {
        CompileMode::Exec => Mode::Exec,
        CompileMode::Eval => Mode::Eval,
        CompileMode::Single => Mode::Single,
    };
    Options {
        optimize: options.optimize,
        max_str_digits: vm.int_max_str_digits.get(),
        future: options.flags & cf::FUTURE,
        top_level_await: options.flags & cf::ALLOW_TOP_LEVEL_AWAIT != 0,
        dont_imply_dedent: options.flags & cf::DONT_IMPLY_DEDENT != 0,
        allow_incomplete_input: options.flags & cf::ALLOW_INCOMPLETE_INPUT != 0,
        ..Options::new(filename.as_bytes(), mode)
    }
}

/// A source without null bytes and carriage returns.
fn prepared<'s>(vm: &Vm, source: &'s str, filename: &str) -> PyResult<Cow<'s, str>> {
    if source.contains('\0') {
        return Err(raise(vm, &source::null_bytes(false), filename, None));
    }
    Ok(if source.contains('\r') { Cow::Owned(source::normalize(source)) } else { Cow::Borrowed(source) })
}

fn syntax_warnings(
    vm: &Vm,
    warnings: &[taipan_syntax::Warning],
    filename: &str,
    source: &str,
) -> PyResult<()> {
    for w in warnings {
        warn(vm, &w.msg, filename, w.lineno, || raise(vm, &w.as_error, filename, Some(source)))?;
    }
    Ok(())
}

fn compiler_warnings(
    vm: &Vm,
    warnings: &[taipan_compiler::Warning],
    filename: &str,
    source: Option<&str>,
) -> PyResult<()> {
    for w in warnings {
        warn(vm, &w.msg, filename, w.lineno, || {
            let line = source.and_then(|s| s.split('\n').nth((w.lineno as usize).saturating_sub(1)));
            let error = SyntaxError {
                lineno: w.lineno.into(),
                offset: w.offset.into(),
                end_lineno: w.end_lineno.into(),
                end_offset: w.end_offset.into(),
                text: line.map(|l| format!("{l}\n")).filter(|_| !filename.starts_with('<')),
                ..SyntaxError::bare(w.msg.clone())
            };
            raise(vm, &error, filename, None)
        })?;
    }
    Ok(())
}

/// What `ast` objects are made like.
fn make_options(options: CompileOptions, feature_version: i32) -> MakeOptions {
    MakeOptions {
        optimize: (options.flags & cf::OPTIMIZED != 0).then_some(options.optimize),
        feature_version: u8::try_from(feature_version).ok(),
    }
}

impl Frontend for SourceFrontend {
    fn compile(&self, vm: &Vm, source: &str, filename: &str, options: CompileOptions) -> PyResult<CodeData> {
        let source = &*prepared(vm, source, filename)?;
        let output = match taipan_compiler::compile(source, &compiler_options(vm, filename, options)) {
            Ok(output) => output,
            Err(error) => return Err(raise(vm, &error, filename, Some(source))),
        };
        syntax_warnings(vm, &output.syntax_warnings, filename, source)?;
        compiler_warnings(vm, &output.warnings, filename, Some(source))?;
        Ok(output.code)
    }

    fn decode(&self, vm: &Vm, source: &[u8], filename: &str) -> PyResult<String> {
        decode(vm, source, filename, None)
    }

    fn compile_ast(
        &self,
        vm: &Vm,
        tree: &Value,
        filename: &str,
        options: CompileOptions,
    ) -> PyResult<CodeData> {
        let mode = match options.mode {
            CompileMode::Exec => "exec",
            CompileMode::Eval => "eval",
            CompileMode::Single => "single",
        };
        let (module, positions) = ast::from_objects(vm, tree, mode)?;
        let compiled =
            taipan_compiler::compile_tree(&module, positions, &compiler_options(vm, filename, options));
        match compiled {
            Ok(output) => {
                compiler_warnings(vm, &output.warnings, filename, None)?;
                Ok(output.code)
            }
            Err(error) => Err(raise(vm, &error, filename, None)),
        }
    }

    fn parse_to_ast(
        &self,
        vm: &Vm,
        source: &str,
        filename: &str,
        mode: &str,
        options: CompileOptions,
        feature_version: i32,
    ) -> PyResult<Value> {
        let source = &*prepared(vm, source, filename)?;
        let syntax_mode = match mode {
            "eval" => taipan_syntax::Mode::Expression,
            "single" => taipan_syntax::Mode::Interactive,
            "func_type" => taipan_syntax::Mode::FuncType,
            _ => taipan_syntax::Mode::Module,
        };
        let settings = compiler_options(vm, filename, options).syntax();
        let fail = |error: &SyntaxError| raise(vm, error, filename, Some(source));
        let parsed = taipan_syntax::parse(source, syntax_mode, settings).map_err(|e| fail(&e))?;
        syntax_warnings(vm, &parsed.warnings, filename, source)?;
        let comments = options.flags & cf::TYPE_COMMENTS != 0;
        let make = make_options(options, feature_version);
        ast::to_objects(vm, source, &parsed, mode, comments, settings.names, make)?.map_err(|e| fail(&e))
    }

    fn recompile_ast(&self, vm: &Vm, tree: &Value, mode: &str, options: CompileOptions) -> PyResult<Value> {
        if options.flags & cf::OPTIMIZED == 0 {
            ast::check_root(vm, tree, mode)?;
            return Ok(tree.clone());
        }
        let (module, positions) = ast::from_objects(vm, tree, mode)?;
        ast::again(vm, &module, positions, mode, make_options(options, -1))
    }
}

/// The text of a source. `file`: the program that is being run, for the error texts.
pub fn decode(vm: &Vm, bytes: &[u8], filename: &str, file: Option<&str>) -> PyResult<String> {
    let mut codecs = |name: &str, bytes: &[u8]| decode_by_registry(vm, name, bytes);
    source::decode(bytes, file, &mut codecs).map_err(|error| raise(vm, &error, filename, None))
}

/// Decodes with the codec registry.
fn decode_by_registry(vm: &Vm, name: &str, bytes: &[u8]) -> Codec {
    let decoded = taipan_vm::modules::import::import_module(vm, "_codecs").and_then(|codecs| {
        vm.call_method(&codecs, "decode", &[vm.new_bytes(bytes).into_value(), vm.new_str(name).into_value()])
    });
    match decoded {
        Ok(v) => match v.downcast::<Str>() {
            Some(s) => Codec::Text(s.to_string_lossy().into_owned()),
            None => Codec::Failed(format!(
                "decoder should return a string result, not '{}'",
                vm.type_of(&v).name()
            )),
        },
        Err(_) => {
            let unknown = vm.raised_is(&exc::LookupError);
            let e = vm.take_raised();
            if unknown {
                return Codec::UnknownEncoding;
            }
            match vm.str(&e) {
                Ok(text) => Codec::Failed(text.to_string_lossy().into_owned()),
                Err(_) => {
                    drop(vm.take_raised());
                    Codec::Failed("encoding problem".into())
                }
            }
        }
    }
}
