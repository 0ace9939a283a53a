//! How native code is declared: rows of constant data (names, signatures, docstrings, functions) that become Python
//! objects on first use, and the conversions between Rust and Python values.
//!
//! A row is written by the attributes of `taipan-macros` (`#[pymodule]`, `#[pymethods]`, `#[pyfn]` …) from a signature in
//! Python's notation; see `docs/add-a-module.md`.

pub mod args;
pub mod bind;
pub mod convert;
pub mod shell;
#[cfg(test)]
mod tests;

use crate::object::Type;
use crate::types::typedef::TypeDef;
use crate::{PyResult, Value, Vm};
pub use args::CallArgs;
pub use convert::{FromArg, IntoPy};
use taipan_heap::Gc;

/// A parameter of a native function.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    /// No default in the signature.
    pub required: bool,
}

/// The parameters of a native function, in the order of its slots: positional ones, then keyword-only ones.
/// `self`/`cls`/`module` is slot 0 of methods and counts as a required positional-only parameter.
#[derive(Debug)]
pub struct Params {
    pub params: &'static [Param],
    /// How many of `params` are positional-only.
    pub posonly: usize,
    /// How many of `params` can be given by position.
    pub positional: usize,
    /// How many leading positional ones must be given.
    pub required: usize,
    /// The signature has `*args`.
    pub var_args: bool,
    /// The signature has `**kwargs`.
    pub var_kw: bool,
}

/// Arguments of a `Call::Var` function after binding.
pub struct Bound<'a> {
    pub slots: &'a [Option<Value>],
    /// `*args`.
    pub rest: &'a [Value],
    /// `**kwargs`, as pairs in call order.
    pub kwrest: &'a [(Value, Value)],
}

/// Slots of a `Call::Plain` function: the slice may be shorter than the parameters; what is missing is absent.
pub type PlainFn = fn(&Vm, &[Option<Value>]) -> PyResult<Value>;
pub type VarFn = fn(&Vm, &Bound<'_>) -> PyResult<Value>;
pub type RawFn = fn(&Vm, CallArgs<'_>) -> PyResult<Value>;

/// The entry of a native function.
#[derive(Clone, Copy)]
pub enum Call {
    /// Bound to slots; no `*args`, no `**kwargs`.
    Plain(PlainFn),
    /// Bound to slots, with the rest beside them.
    Var(VarFn),
    /// Takes the arguments as they come (`self` first, if it is a method).
    Raw(RawFn),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FnKind {
    /// A function of a module (no `self` in its slots).
    Function,
    /// `self` is slot 0.
    Method,
    /// The class is slot 0.
    ClassMethod,
    StaticMethod,
}

/// Where a native function is found, for the names in messages.
#[derive(Clone, Copy)]
pub enum Owner {
    Module(&'static str),
    Type(fn() -> &'static TypeDef),
    /// It makes or initialises the type whose name it has.
    Constructor,
}

/// A native function or method.
pub struct FnDef {
    pub name: &'static str,
    pub owner: Owner,
    /// The signature as written, e.g. `($self, object, /)`; empty when Python code should see none.
    pub text_signature: &'static str,
    pub doc: &'static str,
    pub kind: FnKind,
    pub params: Params,
    pub call: Call,
}

/// A computed attribute.
pub struct GetSetDef {
    pub name: &'static str,
    pub doc: &'static str,
    /// Python sees a `member_descriptor`, as for a field of a C struct.
    pub member: bool,
    pub get: fn(&Vm, &Value) -> PyResult<Value>,
    /// Second argument `None`: delete.
    pub set: Option<fn(&Vm, &Value, Option<&Value>) -> PyResult<()>>,
}

/// A constant in a class or module.
pub struct ConstDef {
    pub name: &'static str,
    pub make: fn(&Vm) -> PyResult<Value>,
}

pub type NewFn = fn(&Vm, &Gc<Type>, CallArgs<'_>) -> PyResult<Value>;
pub type InitFn = fn(&Vm, &Value, CallArgs<'_>) -> PyResult<()>;

/// What the `#[pymethods]` attribute gathers of an `impl` block.
pub trait Methods {
    const METHODS: &'static [FnDef];
    const GETSET: &'static [GetSetDef];
    const CONSTS: &'static [ConstDef];
    /// `#[pynew]`.
    const NEW: Option<NewFn>;
    /// `#[pyinit]`.
    const INIT: Option<InitFn>;
}

/// A native module, as `#[pymodule]` gathers it.
pub struct ModuleDef {
    pub name: &'static str,
    pub doc: &'static str,
    pub functions: &'static [FnDef],
    pub consts: &'static [ConstDef],
    /// Types to be attributes of the module, under the name of their `TypeDef`.
    pub types: &'static [fn() -> &'static TypeDef],
    /// Runs once after the attributes are there.
    pub init: Option<fn(&Vm, &Value) -> PyResult<()>>,
}
