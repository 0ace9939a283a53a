//! `from __future__ import …`.

use taipan_bytecode::flags;
use taipan_syntax::ast::{self, Stmt};

use crate::error::{Fail, R, Span};

/// The flags of the features that a module turns on; late or unknown ones are errors.
pub(crate) fn features(module: &ast::Mod) -> R<u32> {
    let ast::Mod::Module(module) = module else { return Ok(0) };
    let mut found = 0;
    let mut early = true;
    for (i, stmt) in module.body.iter().enumerate() {
        let Stmt::ImportFrom(import) = stmt else {
            let doc = i == 0 && crate::build::docstring(&module.body).is_some();
            early &= doc;
            late(stmt)?;
            continue;
        };
        if !is_future(import) {
            early = false;
            continue;
        }
        if !early {
            return Err(Fail::new(LATE, Span::of(stmt)));
        }
        for alias in &import.names {
            found |= match alias.name.as_str() {
                "nested_scopes" | "generators" => 0,
                "division" => flags::FUTURE_DIVISION,
                "absolute_import" => flags::FUTURE_ABSOLUTE_IMPORT,
                "with_statement" => flags::FUTURE_WITH_STATEMENT,
                "print_function" => flags::FUTURE_PRINT_FUNCTION,
                "unicode_literals" => flags::FUTURE_UNICODE_LITERALS,
                "barry_as_FLUFL" => flags::FUTURE_BARRY_AS_BDFL,
                "generator_stop" => flags::FUTURE_GENERATOR_STOP,
                "annotations" => flags::FUTURE_ANNOTATIONS,
                "braces" => return Err(Fail::new("not a chance", Span::of(alias))),
                other => {
                    return Err(Fail::new(format!("future feature {other} is not defined"), Span::of(alias)));
                }
            };
        }
    }
    Ok(found)
}

const LATE: &str = "from __future__ imports must occur at the beginning of the file";

fn is_future(import: &ast::StmtImportFrom) -> bool {
    import.level == 0 && import.module.as_ref().is_some_and(|m| m.as_str() == "__future__")
}

/// Future imports inside other statements.
fn late(stmt: &Stmt) -> R<()> {
    let bodies: Vec<&[Stmt]> = match stmt {
        Stmt::ImportFrom(import) if is_future(import) => return Err(Fail::new(LATE, Span::of(stmt))),
        Stmt::FunctionDef(f) => vec![&f.body],
        Stmt::ClassDef(c) => vec![&c.body],
        Stmt::For(f) => vec![&f.body, &f.orelse],
        Stmt::While(w) => vec![&w.body, &w.orelse],
        Stmt::With(w) => vec![&w.body],
        Stmt::If(i) => {
            let mut all: Vec<&[Stmt]> = vec![&i.body];
            all.extend(i.elif_else_clauses.iter().map(|c| &c.body[..]));
            all
        }
        Stmt::Match(m) => m.cases.iter().map(|c| &c.body[..]).collect(),
        Stmt::Try(t) => {
            let mut all: Vec<&[Stmt]> = vec![&t.body, &t.orelse, &t.finalbody];
            all.extend(t.handlers.iter().map(|ast::ExceptHandler::ExceptHandler(h)| &h.body[..]));
            all
        }
        _ => return Ok(()),
    };
    bodies.into_iter().flatten().try_for_each(late)
}
