//! From syntax tree to byte code.
//!
//! `build` walks the tree once and makes the symbol table (`scope` decides where names live); `compiler` and the files
//! beside it walk it again and emit instructions with symbolic registers into a `unit`; `assemble` makes the code
//! object. Nothing here knows of objects or the machine.

mod annotate;
mod assemble;
mod build;
mod checks;
mod compiler;
mod comprehension;
mod error;
mod expr;
mod fold;
mod function;
mod future;
mod lines;
mod literals;
mod pattern;
pub mod scope;
mod stmt;
mod strings;
mod tree;
mod unit;
mod unparse;
mod unwind;

use taipan_bytecode::CodeData;
use taipan_syntax::literal::NameLookup;
use taipan_syntax::{SyntaxError, ast};

pub use error::{Span, Warning};
pub use fold::literal_value;
pub use scope::{Place, Scope, ScopeKind, Symbol, SymbolTable};
pub use tree::{Tree, TreeSource, without_comments};

use compiler::{Compiler, Settings, syntax_error};

/// What is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `exec`: a module.
    Exec,
    /// `eval`: one expression, whose value the code returns.
    Eval,
    /// `single`: one interactive statement; values of expressions are displayed.
    Single,
}

/// How it is compiled.
#[derive(Clone)]
pub struct Options<'a> {
    /// What tracebacks name, WTF-8.
    pub filename: &'a [u8],
    pub mode: Mode,
    /// 0, 1 (`-O`: no asserts, `__debug__` is False) or 2 (`-OO`: no docstrings).
    pub optimize: u8,
    /// Future features to turn on besides those the source asks for: CPython's `CO_FUTURE_…` flags.
    pub future: u32,
    /// `PyCF_ALLOW_TOP_LEVEL_AWAIT`.
    pub top_level_await: bool,
    /// `PyCF_DONT_IMPLY_DEDENT`.
    pub dont_imply_dedent: bool,
    /// `PyCF_ALLOW_INCOMPLETE_INPUT`.
    pub allow_incomplete_input: bool,
    /// Digits that a decimal literal may have; 0: any number of them.
    pub max_str_digits: usize,
    /// Finds `\N{…}`.
    pub names: NameLookup,
}

impl<'a> Options<'a> {
    pub fn new(filename: &'a [u8], mode: Mode) -> Options<'a> {
        Options {
            filename,
            mode,
            optimize: 0,
            future: 0,
            top_level_await: false,
            dont_imply_dedent: false,
            allow_incomplete_input: false,
            max_str_digits: 4300,
            names: taipan_syntax::literal::unicode_names,
        }
    }

    /// The parser's part of them.
    pub fn syntax(&self) -> taipan_syntax::Options {
        taipan_syntax::Options {
            allow_incomplete_input: self.allow_incomplete_input,
            dont_imply_dedent: self.dont_imply_dedent,
            barry_as_flufl: self.future & taipan_bytecode::flags::FUTURE_BARRY_AS_BDFL != 0,
            max_str_digits: self.max_str_digits,
            names: self.names,
        }
    }

    fn syntax_mode(&self) -> taipan_syntax::Mode {
        match self.mode {
            Mode::Exec => taipan_syntax::Mode::Module,
            Mode::Eval => taipan_syntax::Mode::Expression,
            Mode::Single => taipan_syntax::Mode::Interactive,
        }
    }
}

/// A code object and what there is to warn of, in the order found.
#[derive(Debug)]
pub struct Output {
    pub code: CodeData,
    /// The compiler's own warnings.
    pub warnings: Vec<Warning>,
    /// The reader's (invalid escapes and the like); they come first.
    pub syntax_warnings: Vec<taipan_syntax::Warning>,
}

/// Compiles source text that `taipan_syntax` has prepared.
pub fn compile(source: &str, options: &Options<'_>) -> Result<Output, SyntaxError> {
    let mut parsed = taipan_syntax::parse(source, options.syntax_mode(), options.syntax())?;
    let from = TreeSource::Text { text: source, lines: &parsed.lines, names: options.names };
    let mut output = compile_tree(&parsed.module, from, options).map_err(|mut e| {
        // As CPython, which reads the line again from the file.
        if e.text.is_none() && e.lineno > 0 && !options.filename.starts_with(b"<") {
            let text = parsed.lines.line_text(source, e.lineno as u32);
            e.text = Some(text.to_string());
        }
        e
    })?;
    output.syntax_warnings = std::mem::take(&mut parsed.warnings);
    Ok(output)
}

/// Compiles a tree.
pub fn compile_tree(
    module: &ast::Mod,
    source: TreeSource<'_>,
    options: &Options<'_>,
) -> Result<Output, SyntaxError> {
    let tree = Tree { source };
    let fail = |f: Box<error::Fail>| syntax_error(&f, &tree);
    let future = options.future | future::features(module).map_err(fail)?;
    let annotations = future & taipan_bytecode::flags::FUTURE_ANNOTATIONS != 0;
    let table =
        build::Builder::build(module, annotations, options.top_level_await, &|at| tree.line(at), false)
            .map_err(fail)?;
    let mut compiler = Compiler {
        table,
        tree: &tree,
        filename: options.filename,
        settings: Settings {
            interactive: options.mode == Mode::Single,
            optimize: options.optimize,
            future,
            top_level_await: options.top_level_await,
            max_str_digits: options.max_str_digits,
        },
        units: Vec::new(),
        warnings: Vec::new(),
        nesting: 0,
        silent: 0,
        generator_spans: Default::default(),
    };
    let code = compiler.module(module).map_err(fail)?;
    Ok(Output { code, warnings: compiler.warnings, syntax_warnings: Vec::new() })
}

/// The symbol table of source text, for `_symtable`.
pub fn symbol_table(source: &str, options: &Options<'_>) -> Result<SymbolTable, SyntaxError> {
    let parsed = taipan_syntax::parse(source, options.syntax_mode(), options.syntax())?;
    let tree = Tree { source: TreeSource::Text { text: source, lines: &parsed.lines, names: options.names } };
    let fail = |f: Box<error::Fail>| syntax_error(&f, &tree);
    let future = options.future | future::features(&parsed.module).map_err(fail)?;
    let annotations = future & taipan_bytecode::flags::FUTURE_ANNOTATIONS != 0;
    build::Builder::build(&parsed.module, annotations, options.top_level_await, &|at| tree.line(at), true)
        .map_err(fail)
}
