//! `Frontend`: how the machine gets from source text to code without knowing parser or compiler.

use crate::{PyResult, Value, Vm};
use taipan_bytecode::CodeData;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompileMode {
    Exec,
    Eval,
    Single,
}

/// What `compile()` takes beside the source.
#[derive(Clone, Copy, Debug)]
pub struct CompileOptions {
    pub mode: CompileMode,
    /// CPython's `co_flags` bits of future features, and `PyCF_*` flags.
    pub flags: u32,
    /// 0, 1 (`-O`) or 2 (`-OO`).
    pub optimize: u8,
}

/// Turns source into code. Errors are raised as Python's `SyntaxError` family, warnings are issued.
pub trait Frontend {
    fn compile(&self, vm: &Vm, source: &str, filename: &str, options: CompileOptions) -> PyResult<CodeData>;
    /// Decodes source bytes by BOM and coding cookie.
    fn decode(&self, vm: &Vm, source: &[u8], filename: &str) -> PyResult<String>;
    /// Compiles an `ast` object; the language library provides it.
    fn compile_ast(
        &self,
        vm: &Vm,
        tree: &Value,
        filename: &str,
        options: CompileOptions,
    ) -> PyResult<CodeData>;
    /// `compile(source, …, PyCF_ONLY_AST)`; the mode in words, because there is one more than for code.
    /// `feature_version` is the minor version of Python that the source must be good for, or -1.
    fn parse_to_ast(
        &self,
        vm: &Vm,
        source: &str,
        filename: &str,
        mode: &str,
        options: CompileOptions,
        feature_version: i32,
    ) -> PyResult<Value>;
    /// `compile(tree, …, PyCF_ONLY_AST)`: the tree itself, or an optimised one.
    fn recompile_ast(&self, vm: &Vm, tree: &Value, mode: &str, options: CompileOptions) -> PyResult<Value>;
}
