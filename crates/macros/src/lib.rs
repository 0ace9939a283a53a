//! The attributes that declare native modules, types and functions. Each turns an ordinary Rust item into rows of
//! constant data (`taipan_vm::native`) and a shell of a few lines per function; nothing generic, nothing at start-up.
//! What authors write is described in `docs/add-a-module.md`.

mod attributes;
mod function;
mod module;
mod signature;
mod trace;
mod types;

use proc_macro::TokenStream;

fn finish(result: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    result.unwrap_or_else(|e| e.to_compile_error()).into()
}

/// A native module: gathers the functions, constants and types of an inline `mod` into `MODULE`.
#[proc_macro_attribute]
pub fn pymodule(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(module::expand(args.into(), item.into()))
}

/// A native type: makes the struct a payload with a `TypeDef`.
#[proc_macro_attribute]
pub fn pytype(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(types::expand_type(args.into(), item.into()))
}

/// The Python-visible functions of a native type.
#[proc_macro_attribute]
pub fn pymethods(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(types::expand_methods(args.into(), item.into()))
}

/// Shows each field to the collector; `#[notrace]` leaves one out.
#[proc_macro_derive(Trace, attributes(notrace))]
pub fn derive_trace(item: TokenStream) -> TokenStream {
    finish(trace::expand(item.into()))
}
