//! Patterns from Python objects.

use taipan_syntax::ast::{self, Expr, Pattern, UnaryOp};
use taipan_vm::prelude::*;

use super::read::{Ctx, NO_INDEX, Reader};

const PATTERNS: &[&str] = &[
    "MatchValue",
    "MatchSingleton",
    "MatchSequence",
    "MatchMapping",
    "MatchClass",
    "MatchStar",
    "MatchAs",
    "MatchOr",
];

impl Reader<'_> {
    /// A pattern; `star` where `*rest` may stand.
    pub fn pattern(&mut self, v: &Value, star: bool) -> PyResult<Pattern> {
        let vm = self.vm;
        vm.recurse(" while traversing 'pattern' node", || self.pattern_inner(v, star))
    }

    fn pattern_inner(&mut self, v: &Value, star: bool) -> PyResult<Pattern> {
        let range = self.place(v, "pattern")?;
        let class = self.variant(v, "pattern", PATTERNS)?;
        let node_index = NO_INDEX;
        Ok(match class {
            "MatchValue" => {
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                self.check_value(&value)?;
                Pattern::MatchValue(ast::PatternMatchValue { node_index, range, value })
            }
            "MatchSingleton" => {
                let value = match self.required(v, "value", class)? {
                    v if v.is_none() => ast::Singleton::None,
                    v => match v.as_bool() {
                        Some(true) => ast::Singleton::True,
                        Some(false) => ast::Singleton::False,
                        None => {
                            return self.value_error("MatchSingleton can only contain True, False and None");
                        }
                    },
                };
                Pattern::MatchSingleton(ast::PatternMatchSingleton { node_index, range, value })
            }
            "MatchSequence" => {
                let patterns = self.patterns(v, "patterns", class, true)?;
                Pattern::MatchSequence(ast::PatternMatchSequence { node_index, range, patterns })
            }
            "MatchMapping" => {
                let keys = self.exprs(v, "keys", class, Ctx::Load)?;
                let count = self.items(v, "patterns", class)?.len();
                if keys.len() != count {
                    return self.value_error("MatchMapping doesn't have the same number of keys as patterns");
                }
                let rest = self.maybe_identifier(v, "rest", range)?;
                if let Some(rest) = &rest {
                    self.check_capture(rest.as_str())?;
                }
                for key in &keys {
                    if !matches!(key, Expr::NoneLiteral(_) | Expr::BooleanLiteral(_)) {
                        self.check_value(key)?;
                    }
                }
                let patterns = self.patterns(v, "patterns", class, false)?.into_iter().collect();
                let keys = keys.into_iter().collect();
                Pattern::MatchMapping(ast::PatternMatchMapping { node_index, range, keys, patterns, rest })
            }
            "MatchClass" => self.class_pattern(v, range)?,
            "MatchStar" => {
                if !star {
                    return self.value_error("can't use MatchStar here");
                }
                let name = self.maybe_identifier(v, "name", range)?;
                if let Some(name) = &name {
                    self.check_capture(name.as_str())?;
                }
                Pattern::MatchStar(ast::PatternMatchStar { node_index, range, name })
            }
            "MatchAs" => {
                let inner = self.optional(v, "pattern")?;
                let name = self.maybe_identifier(v, "name", range)?;
                if let Some(name) = &name {
                    self.check_capture(name.as_str())?;
                }
                let pattern = match inner {
                    None => None,
                    Some(_) if name.is_none() => {
                        return self.value_error("MatchAs must specify a target name if a pattern is given");
                    }
                    Some(p) => Some(Box::new(self.pattern(&p, false)?)),
                };
                Pattern::MatchAs(ast::PatternMatchAs { node_index, range, pattern, name })
            }
            _ => {
                if self.items(v, "patterns", class)?.len() < 2 {
                    return self.value_error("MatchOr requires at least 2 patterns");
                }
                let patterns = self.patterns(v, "patterns", class, false)?;
                Pattern::MatchOr(ast::PatternMatchOr { node_index, range, patterns })
            }
        })
    }

    fn patterns(&mut self, v: &Value, field: &str, class: &str, star: bool) -> PyResult<Vec<Pattern>> {
        let mut out = Vec::new();
        for p in self.items(v, field, class)? {
            out.push(self.pattern(&p, star)?);
        }
        Ok(out)
    }

    fn class_pattern(&mut self, v: &Value, range: taipan_syntax::TextRange) -> PyResult<Pattern> {
        let class = "MatchClass";
        let attrs = self.identifiers(v, "kwd_attrs", class, range)?;
        if attrs.len() != self.items(v, "kwd_patterns", class)?.len() {
            return self
                .value_error("MatchClass doesn't have the same number of keyword attributes as patterns");
        }
        let cls = self.boxed(v, "cls", class, Ctx::Load)?;
        let mut part = &*cls;
        while let Expr::Attribute(a) = part {
            part = &a.value;
        }
        if !part.is_name_expr() {
            return self.value_error("MatchClass cls field can only contain Name or Attribute nodes.");
        }
        for attr in &attrs {
            self.check_name(attr.as_str())?;
        }
        let patterns = self.patterns(v, "patterns", class, false)?.into_iter().collect();
        let named = self.patterns(v, "kwd_patterns", class, false)?;
        let keyword = |(attr, pattern)| ast::PatternKeyword { range, node_index: NO_INDEX, attr, pattern };
        let keywords = attrs.into_iter().zip(named).map(keyword).collect();
        let arguments = ast::PatternArguments { range, node_index: NO_INDEX, patterns, keywords };
        Ok(Pattern::MatchClass(ast::PatternMatchClass { node_index: NO_INDEX, range, cls, arguments }))
    }

    fn check_capture(&self, name: &str) -> PyResult<()> {
        if name == "_" {
            return self.value_error("can't capture name '_' in patterns");
        }
        self.check_name(name)
    }

    /// What a value pattern may be.
    fn check_value(&self, e: &Expr) -> PyResult<()> {
        let refused = "patterns may only match literals and attribute lookups";
        match e {
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::Attribute(_)
            | Expr::FString(_)
            | Expr::TString(_) => Ok(()),
            Expr::EllipsisLiteral(e)
                if matches!(
                    self.constants.get(&e.range.start().to_u32()),
                    Some(taipan_bytecode::Const::Int(_) | taipan_bytecode::Const::BigInt { .. })
                ) =>
            {
                Ok(())
            }
            Expr::EllipsisLiteral(_) | Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) => {
                self.value_error("unexpected constant inside of a literal pattern")
            }
            Expr::UnaryOp(u) if u.op == UnaryOp::USub && u.operand.is_number_literal_expr() => Ok(()),
            Expr::BinOp(b) if matches!(b.op, ast::Operator::Add | ast::Operator::Sub) => {
                let real = match &*b.left {
                    Expr::UnaryOp(u) if u.op == UnaryOp::USub => &*u.operand,
                    e => e,
                };
                let is = |e: &Expr, complex: bool| match e {
                    Expr::NumberLiteral(n) => matches!(n.value, ast::Number::Complex { .. }) == complex,
                    _ => false,
                };
                if is(real, false) && is(&b.right, true) { Ok(()) } else { self.value_error(refused) }
            }
            _ => self.value_error(refused),
        }
    }
}
