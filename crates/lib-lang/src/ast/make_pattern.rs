//! Patterns as Python objects.

use taipan_compiler::Span;
use taipan_syntax::ast::{Expr, Pattern, Singleton};
use taipan_vm::prelude::*;

use super::make::Maker;

impl Maker<'_> {
    /// The value of a pattern; an optimised tree has it computed.
    fn literal(&self, e: &Expr) -> PyResult<Value> {
        if self.options.optimize.is_some()
            && matches!(e, Expr::UnaryOp(_) | Expr::BinOp(_))
            && let Some(value) = taipan_compiler::literal_value(e)
        {
            return self.constant(Span::of(e), self.constant_value(&value), false);
        }
        self.expr(e)
    }

    pub fn pattern(&self, p: &Pattern) -> PyResult<Value> {
        self.vm.recurse(" during ast construction", || self.pattern_inner(p))
    }

    fn pattern_inner(&self, p: &Pattern) -> PyResult<Value> {
        let span = Span::of(p);
        match p {
            Pattern::MatchValue(v) => self.at("MatchValue", span, [("value", self.literal(&v.value)?)]),
            Pattern::MatchSingleton(s) => {
                let value = match s.value {
                    Singleton::None => Value::NONE,
                    Singleton::True => Value::TRUE,
                    Singleton::False => Value::FALSE,
                };
                self.at("MatchSingleton", span, [("value", value)])
            }
            Pattern::MatchSequence(s) => {
                self.at("MatchSequence", span, [("patterns", self.list(&s.patterns, |p| self.pattern(p))?)])
            }
            Pattern::MatchMapping(m) => {
                let fields = [
                    ("keys", self.list(&m.keys, |e| self.literal(e))?),
                    ("patterns", self.list(&m.patterns, |p| self.pattern(p))?),
                    ("rest", self.maybe_name(m.rest.as_ref())),
                ];
                self.at("MatchMapping", span, fields)
            }
            Pattern::MatchClass(c) => {
                let a = &c.arguments;
                let fields = [
                    ("cls", self.expr(&c.cls)?),
                    ("patterns", self.list(&a.patterns, |p| self.pattern(p))?),
                    ("kwd_attrs", self.list(&a.keywords, |k| Ok(self.name(&k.attr)))?),
                    ("kwd_patterns", self.list(&a.keywords, |k| self.pattern(&k.pattern))?),
                ];
                self.at("MatchClass", span, fields)
            }
            Pattern::MatchStar(s) => self.at("MatchStar", span, [("name", self.maybe_name(s.name.as_ref()))]),
            Pattern::MatchAs(a) => {
                let inner = match &a.pattern {
                    Some(p) => self.pattern(p)?,
                    None => Value::NONE,
                };
                self.at("MatchAs", span, [("pattern", inner), ("name", self.maybe_name(a.name.as_ref()))])
            }
            Pattern::MatchOr(o) => {
                self.at("MatchOr", span, [("patterns", self.list(&o.patterns, |p| self.pattern(p))?)])
            }
        }
    }
}
