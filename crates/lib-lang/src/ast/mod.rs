//! Syntax trees as objects of module `ast`, both ways.
//!
//! `make` and the files named after it turn trees into objects, `read` and its likes objects into trees. The node
//! classes are Python's (`_ast` of the frozen library).

mod comments;
mod make;
mod make_expr;
mod make_pattern;
mod read;
mod read_expr;
mod read_pattern;
mod read_stmt;

use taipan_compiler::{Tree, TreeSource};
use taipan_syntax::literal::NameLookup;
use taipan_syntax::{Parsed, SyntaxError, TextRange, TextSize, ast};
use taipan_vm::prelude::*;

pub use make::MakeOptions;

use comments::TypeComments;
use make::Maker;
use read::Reader;

/// The name of the root's class for a mode of `compile`.
pub fn root_class(mode: &str) -> &'static str {
    match mode {
        "eval" => "Expression",
        "single" => "Interactive",
        "func_type" => "FunctionType",
        _ => "Module",
    }
}

/// A parsed source as objects; the inner error is a `SyntaxError` that only a tree shows.
pub fn to_objects(
    vm: &Vm,
    text: &str,
    parsed: &Parsed,
    mode: &str,
    type_comments: bool,
    names: NameLookup,
    options: MakeOptions,
) -> PyResult<Result<Value, SyntaxError>> {
    let tree = Tree { source: TreeSource::Text { text, lines: &parsed.lines, names } };
    let comments = type_comments.then(|| TypeComments::new(text, &parsed.tokens, &parsed.lines));
    let maker = Maker::new(vm, &tree, options, comments)?;
    let root = maker.root(&parsed.module, root_class(mode))?;
    let error = |start: u32, end: u32, msg: &str| {
        let range = TextRange::new(TextSize::from(start), TextSize::from(end.max(start)));
        Ok(Err(taipan_syntax::error_at(text, &parsed.lines, range, msg)))
    };
    if let Some((start, end, msg)) = maker.comments.as_ref().and_then(TypeComments::stray) {
        return error(start, end, msg);
    }
    if let Some((msg, span)) = maker.refused.take() {
        return error(span.start, span.end, &msg);
    }
    Ok(Ok(root))
}

/// A tree that `from_objects` gave, as objects again, with what `options` ask for.
pub fn again(
    vm: &Vm,
    module: &ast::Mod,
    source: TreeSource<'_>,
    mode: &str,
    options: MakeOptions,
) -> PyResult<Value> {
    let tree = Tree { source };
    Maker::new(vm, &tree, options, None)?.root(module, root_class(mode))
}

/// The tree in objects.
pub fn from_objects(vm: &Vm, root: &Value, mode: &str) -> PyResult<(ast::Mod, TreeSource<'static>)> {
    let mut reader = Reader::new(vm)?;
    let module = reader.root(root, root_class(mode))?;
    Ok((module, reader.source()))
}

/// Refuses what is no root for the mode.
pub fn check_root(vm: &Vm, root: &Value, mode: &str) -> PyResult<()> {
    Reader::new(vm)?.check_root(root, root_class(mode))
}
