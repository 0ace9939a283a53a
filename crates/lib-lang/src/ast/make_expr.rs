//! Expressions as Python objects.

use taipan_bytecode::Const;
use taipan_compiler::Span;
use taipan_syntax::ast::{self, Expr, ExprContext, Operator};
use taipan_syntax::ast::{ConversionFlag, FStringPart, InterpolatedElement, InterpolatedStringElement};
use taipan_vm::prelude::*;

use super::make::Maker;

/// A piece of a formatted string.
enum Piece<'a> {
    Text { value: Vec<u8>, span: Span, unicode: bool },
    Field(&'a InterpolatedElement, bool),
}

impl Maker<'_> {
    pub fn expr(&self, e: &Expr) -> PyResult<Value> {
        self.vm.recurse(" during ast construction", || self.expr_inner(e))
    }

    fn expr_inner(&self, e: &Expr) -> PyResult<Value> {
        let span = Span::of(e);
        match e {
            Expr::BoolOp(b) => {
                let op = self.singleton(if b.op == ast::BoolOp::And { "And" } else { "Or" })?;
                self.at("BoolOp", span, [("op", op), ("values", self.exprs(&b.values)?)])
            }
            Expr::Named(n) => {
                self.since(8, "Assignment expressions", span);
                self.at(
                    "NamedExpr",
                    span,
                    [("target", self.expr(&n.target)?), ("value", self.expr(&n.value)?)],
                )
            }
            Expr::BinOp(_) => self.bin_op(e),
            Expr::UnaryOp(u) => {
                let op = match u.op {
                    ast::UnaryOp::Invert => "Invert",
                    ast::UnaryOp::Not => "Not",
                    ast::UnaryOp::UAdd => "UAdd",
                    ast::UnaryOp::USub => "USub",
                };
                self.at("UnaryOp", span, [("op", self.singleton(op)?), ("operand", self.expr(&u.operand)?)])
            }
            Expr::Lambda(l) => {
                let args = match &l.parameters {
                    Some(p) => self.arguments(p)?,
                    None => self.arguments(&ast::Parameters::default())?,
                };
                self.at("Lambda", span, [("args", args), ("body", self.expr(&l.body)?)])
            }
            Expr::If(i) => {
                let fields = [
                    ("test", self.expr(&i.test)?),
                    ("body", self.expr(&i.body)?),
                    ("orelse", self.expr(&i.orelse)?),
                ];
                self.at("IfExp", span, fields)
            }
            Expr::Dict(d) => {
                let fields = [
                    ("keys", self.list(&d.items, |i| self.maybe_expr(i.key.as_ref()))?),
                    ("values", self.list(&d.items, |i| self.expr(&i.value))?),
                ];
                self.at("Dict", span, fields)
            }
            Expr::Set(s) => self.at("Set", span, [("elts", self.exprs(&s.elts)?)]),
            Expr::ListComp(c) => self.comprehension("ListComp", span, &c.elt, &c.generators),
            Expr::SetComp(c) => self.comprehension("SetComp", span, &c.elt, &c.generators),
            Expr::Generator(c) => self.comprehension("GeneratorExp", span, &c.elt, &c.generators),
            Expr::DictComp(c) => {
                let fields = [
                    ("key", self.maybe_expr(c.key.as_deref())?),
                    ("value", self.expr(&c.value)?),
                    ("generators", self.generators(&c.generators)?),
                ];
                self.at("DictComp", span, fields)
            }
            Expr::Await(a) => {
                self.since(5, "Await expressions", span);
                self.at("Await", span, [("value", self.expr(&a.value)?)])
            }
            Expr::Yield(y) => self.at("Yield", span, [("value", self.maybe_expr(y.value.as_deref())?)]),
            Expr::YieldFrom(y) => self.at("YieldFrom", span, [("value", self.expr(&y.value)?)]),
            Expr::Compare(c) => {
                let fields = [
                    ("left", self.expr(&c.left)?),
                    ("ops", self.list(&c.ops, |op| self.singleton(compare_op(*op)))?),
                    ("comparators", self.exprs(&c.comparators)?),
                ];
                self.at("Compare", span, fields)
            }
            Expr::Call(c) => self.call(c, span),
            Expr::FString(f) => {
                let mut pieces = Vec::new();
                for part in f.value.iter() {
                    match part {
                        FStringPart::Literal(s) => {
                            let text = self.tree.string_piece(s);
                            push_text(&mut pieces, text, Span::of(s), s.flags.prefix().is_unicode(), true);
                        }
                        FStringPart::FString(f) => {
                            self.pieces(&f.elements, f.flags.prefix().is_raw(), false, &mut pieces);
                        }
                    }
                }
                self.joined("JoinedStr", span, pieces)
            }
            Expr::TString(t) => {
                self.since(14, "t-strings", span);
                let mut pieces = Vec::new();
                for part in t.value.iter() {
                    self.pieces(&part.elements, part.flags.prefix().is_raw(), false, &mut pieces);
                }
                self.joined("TemplateStr", span, pieces)
            }
            Expr::StringLiteral(s) => {
                let unicode = s.value.iter().next().is_some_and(|s| s.flags.prefix().is_unicode());
                let value = self.constant_value(&Const::Str(self.tree.string(s).into()));
                self.constant(span, value, unicode)
            }
            Expr::BytesLiteral(b) => {
                let value: Vec<u8> = b.value.bytes().collect();
                self.constant(span, self.vm.new_bytes(&value).into_value(), false)
            }
            Expr::NumberLiteral(n) => {
                if self.tree.text(span).is_some_and(|t| t.contains('_')) {
                    self.since(6, "Underscores in numeric literals", span);
                }
                let value = taipan_compiler::literal_value(e).unwrap_or(Const::None);
                let _ = n;
                self.constant(span, self.constant_value(&value), false)
            }
            Expr::BooleanLiteral(b) => {
                self.constant(span, if b.value { Value::TRUE } else { Value::FALSE }, false)
            }
            Expr::NoneLiteral(_) => self.constant(span, Value::NONE, false),
            Expr::EllipsisLiteral(_) => {
                let value = self.tree.constant(span).map_or(Value::ELLIPSIS, |c| self.constant_value(c));
                self.constant(span, value, false)
            }
            Expr::Attribute(a) => {
                let fields = [
                    ("value", self.expr(&a.value)?),
                    ("attr", self.name(&a.attr)),
                    ("ctx", self.context(a.ctx)?),
                ];
                self.at("Attribute", span, fields)
            }
            Expr::Subscript(s) => {
                let fields = [
                    ("value", self.expr(&s.value)?),
                    ("slice", self.expr(&s.slice)?),
                    ("ctx", self.context(s.ctx)?),
                ];
                self.at("Subscript", span, fields)
            }
            Expr::Starred(s) => {
                self.at("Starred", span, [("value", self.expr(&s.value)?), ("ctx", self.context(s.ctx)?)])
            }
            Expr::Name(n) => {
                if n.id == "__debug__"
                    && n.ctx == ExprContext::Load
                    && let Some(level) = self.options.optimize
                {
                    let value = if level == 0 { Value::TRUE } else { Value::FALSE };
                    return self.constant(span, value, false);
                }
                self.at("Name", span, [("id", self.text(&n.id)), ("ctx", self.context(n.ctx)?)])
            }
            Expr::List(l) => {
                self.at("List", span, [("elts", self.exprs(&l.elts)?), ("ctx", self.context(l.ctx)?)])
            }
            Expr::Tuple(t) => {
                self.at("Tuple", span, [("elts", self.exprs(&t.elts)?), ("ctx", self.context(t.ctx)?)])
            }
            Expr::Slice(s) => {
                let fields = [
                    ("lower", self.maybe_expr(s.lower.as_deref())?),
                    ("upper", self.maybe_expr(s.upper.as_deref())?),
                    ("step", self.maybe_expr(s.step.as_deref())?),
                ];
                self.at("Slice", span, fields)
            }
            Expr::IpyEscapeCommand(_) => self.constant(span, Value::NONE, false),
        }
    }

    pub fn constant_value(&self, c: &Const) -> Value {
        self.vm.const_value(c)
    }

    pub fn constant(&self, span: Span, value: Value, unicode: bool) -> PyResult<Value> {
        let kind = if unicode { self.text("u") } else { Value::NONE };
        self.at("Constant", span, [("value", value), ("kind", kind)])
    }

    fn context(&self, ctx: ExprContext) -> PyResult<Value> {
        self.singleton(match ctx {
            ExprContext::Load | ExprContext::Invalid => "Load",
            ExprContext::Store => "Store",
            ExprContext::Del => "Del",
        })
    }

    pub fn operator(&self, op: Operator) -> PyResult<Value> {
        self.singleton(match op {
            Operator::Add => "Add",
            Operator::Sub => "Sub",
            Operator::Mult => "Mult",
            Operator::MatMult => "MatMult",
            Operator::Div => "Div",
            Operator::Mod => "Mod",
            Operator::Pow => "Pow",
            Operator::LShift => "LShift",
            Operator::RShift => "RShift",
            Operator::BitOr => "BitOr",
            Operator::BitXor => "BitXor",
            Operator::BitAnd => "BitAnd",
            Operator::FloorDiv => "FloorDiv",
        })
    }

    fn bin_op(&self, e: &Expr) -> PyResult<Value> {
        // Long chains nest to the left: no recursion there.
        let mut chain = Vec::new();
        let mut left = e;
        while let Expr::BinOp(b) = left {
            chain.push(b);
            left = &b.left;
        }
        let mut node = None;
        while let Some(b) = chain.pop() {
            let span = Span::of(b);
            if b.op == Operator::MatMult {
                self.since(5, "The '@' operator", span);
            }
            if self.options.optimize.is_some()
                && node.is_none()
                && let Some(joined) = self.percent(b)?
            {
                node = Some(joined);
                continue;
            }
            let left = match node {
                Some(node) => node,
                None => self.expr(&b.left)?,
            };
            let fields = [("left", left), ("op", self.operator(b.op)?), ("right", self.expr(&b.right)?)];
            node = Some(self.at("BinOp", span, fields)?);
        }
        node.ok_or_else(|| self.vm.system_error("no operands"))
    }

    fn comprehension(
        &self,
        class: &'static str,
        span: Span,
        elt: &Expr,
        generators: &[ast::Comprehension],
    ) -> PyResult<Value> {
        self.at(class, span, [("elt", self.expr(elt)?), ("generators", self.generators(generators)?)])
    }

    fn generators(&self, generators: &[ast::Comprehension]) -> PyResult<Value> {
        self.list(generators, |g| {
            if g.is_async {
                self.since(6, "Async comprehensions", Span::of(g));
            }
            let fields = [
                ("target", self.expr(&g.target)?),
                ("iter", self.expr(&g.iter)?),
                ("ifs", self.exprs(&g.ifs)?),
                ("is_async", self.vm.new_int(i64::from(g.is_async))),
            ];
            self.node("comprehension", fields)
        })
    }

    fn call(&self, c: &ast::ExprCall, span: Span) -> PyResult<Value> {
        let func = self.expr(&c.func)?;
        // A generator expression that is the only argument has the call's parentheses.
        let args = match &c.arguments.args[..] {
            [Expr::Generator(g)] if !g.parenthesized && self.tree.is_text() => {
                let whole = Span::of(&c.arguments);
                let only = self.comprehension("GeneratorExp", whole, &g.elt, &g.generators)?;
                self.vm.new_list(vec![only]).into_value()
            }
            args => self.exprs(args)?,
        };
        let keywords = self.list(&c.arguments.keywords, |k| self.keyword(k))?;
        self.at("Call", span, [("func", func), ("args", args), ("keywords", keywords)])
    }

    // ---- formatted strings ---------------------------------------------------------------------------------

    fn pieces<'e>(
        &self,
        elements: &'e ast::InterpolatedStringElements,
        raw: bool,
        in_spec: bool,
        out: &mut Vec<Piece<'e>>,
    ) {
        for element in elements.iter() {
            match element {
                InterpolatedStringElement::Literal(l) => {
                    push_text(out, self.tree.middle(l, raw, in_spec), Span::of(l), false, false);
                }
                InterpolatedStringElement::Interpolation(i) => {
                    if let Some(debug) = &i.debug_text {
                        let start = Span::of(i).start + 1;
                        let text = debug.as_str();
                        let span = Span { start, end: start + text.len() as u32 };
                        let shown = taipan_compiler::without_comments(text).into_bytes();
                        push_text(out, shown, span, false, false);
                    }
                    out.push(Piece::Field(i, raw));
                }
            }
        }
    }

    fn joined(&self, class: &'static str, span: Span, pieces: Vec<Piece<'_>>) -> PyResult<Value> {
        let mut values = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Text { value, .. } if value.is_empty() => {}
                Piece::Text { value, span, unicode } => {
                    let value = self.constant_value(&Const::Str(value.into()));
                    values.push(self.constant(span, value, unicode)?);
                }
                Piece::Field(i, raw) => values.push(self.field(i, raw, class == "TemplateStr")?),
            }
        }
        self.at(class, span, [("values", self.vm.new_list(values).into_value())])
    }

    fn field(&self, i: &InterpolatedElement, raw: bool, template: bool) -> PyResult<Value> {
        let conversion = match i.conversion {
            ConversionFlag::None if i.debug_text.is_some() && i.format_spec.is_none() => i64::from(b'r'),
            ConversionFlag::None => -1,
            ConversionFlag::Str => i64::from(b's'),
            ConversionFlag::Repr => i64::from(b'r'),
            ConversionFlag::Ascii => i64::from(b'a'),
        };
        let value = self.expr(&i.expression)?;
        let spec = match &i.format_spec {
            None => Value::NONE,
            Some(spec) => {
                let mut pieces = Vec::new();
                self.pieces(&spec.elements, raw, true, &mut pieces);
                let mut span = Span::of(&**spec);
                if self.tree.text(Span { start: span.start.saturating_sub(1), end: span.start }) == Some(":")
                {
                    span.start -= 1;
                }
                self.joined("JoinedStr", span, pieces)?
            }
        };
        let conversion = ("conversion", self.vm.new_int(conversion));
        let spec = ("format_spec", spec);
        if template {
            let text = self.vm.new_str(&self.tree.interpolation_text(i)).into_value();
            return self.at(
                "Interpolation",
                Span::of(i),
                [("value", value), ("str", text), conversion, spec],
            );
        }
        self.at("FormattedValue", Span::of(i), [("value", value), conversion, spec])
    }

    /// `'…%s…' % (a, b)` as a formatted string, where the two mean the same.
    fn percent(&self, b: &ast::ExprBinOp) -> PyResult<Option<Value>> {
        let (Operator::Mod, Expr::StringLiteral(format), Expr::Tuple(values)) = (b.op, &*b.left, &*b.right)
        else {
            return Ok(None);
        };
        if values.elts.iter().any(Expr::is_starred_expr) {
            return Ok(None);
        }
        let text = self.tree.string(format);
        let Some(parts) = percent_parts(&text) else { return Ok(None) };
        if parts.iter().filter(|p| matches!(p, Percent::Field { .. })).count() != values.elts.len() {
            return Ok(None);
        }
        let span = Span::of(b);
        let (mut out, mut next) = (Vec::new(), values.elts.iter());
        for part in parts {
            match part {
                Percent::Text(t) => {
                    let value = self.constant_value(&Const::Str(t.into()));
                    out.push(self.constant(span, value, false)?);
                }
                Percent::Field { conversion, spec } => {
                    let Some(e) = next.next() else { return Ok(None) };
                    let spec = if spec.is_empty() {
                        Value::NONE
                    } else {
                        let text = self.constant(Span::of(e), self.vm.new_str(&spec).into_value(), false)?;
                        let values = self.vm.new_list(vec![text]).into_value();
                        self.at("JoinedStr", Span::of(e), [("values", values)])?
                    };
                    let fields = [
                        ("value", self.expr(e)?),
                        ("conversion", self.vm.new_int(i64::from(conversion))),
                        ("format_spec", spec),
                    ];
                    out.push(self.at("FormattedValue", Span::of(e), fields)?);
                }
            }
        }
        Ok(Some(self.at("JoinedStr", span, [("values", self.vm.new_list(out).into_value())])?))
    }
}

enum Percent {
    Text(Vec<u8>),
    Field { conversion: u8, spec: String },
}

/// Takes a `%` format apart; `None` when it has more than `%s`, `%r`, `%a` with a width, a precision or `-`.
fn percent_parts(format: &[u8]) -> Option<Vec<Percent>> {
    let (mut parts, mut text, mut at) = (Vec::new(), Vec::new(), 0);
    let digits = |at: &mut usize| {
        let start = *at;
        while format.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        std::str::from_utf8(&format[start..*at]).ok().filter(|s| s.len() <= 3)
    };
    while let Some(&b) = format.get(at) {
        at += 1;
        if b != b'%' {
            text.push(b);
            continue;
        }
        if format.get(at) == Some(&b'%') {
            text.push(b'%');
            at += 1;
            continue;
        }
        let left = format.get(at) == Some(&b'-');
        at += usize::from(left);
        let width = digits(&mut at)?;
        let mut spec = String::new();
        if !width.is_empty() {
            spec.push_str(if left { "" } else { ">" });
            spec.push_str(width);
        }
        if format.get(at) == Some(&b'.') {
            at += 1;
            let precision = digits(&mut at)?;
            spec.push('.');
            spec.push_str(if precision.is_empty() { "0" } else { precision });
        }
        let conversion = *format.get(at)?;
        if !matches!(conversion, b's' | b'r' | b'a') {
            return None;
        }
        at += 1;
        if !text.is_empty() {
            parts.push(Percent::Text(std::mem::take(&mut text)));
        }
        parts.push(Percent::Field { conversion, spec });
    }
    if !text.is_empty() {
        parts.push(Percent::Text(text));
    }
    Some(parts)
}

/// Adds text to what stands before it. `whole`: a plain literal, whose place counts even when it is empty.
fn push_text(pieces: &mut Vec<Piece<'_>>, text: Vec<u8>, at: Span, kind: bool, whole: bool) {
    if text.is_empty() && !whole {
        return;
    }
    if let Some(Piece::Text { value, span, .. }) = pieces.last_mut() {
        value.extend(text);
        *span = span.to(at);
        return;
    }
    pieces.push(Piece::Text { value: text, span: at, unicode: kind });
}

fn compare_op(op: ast::CmpOp) -> &'static str {
    match op {
        ast::CmpOp::Eq => "Eq",
        ast::CmpOp::NotEq => "NotEq",
        ast::CmpOp::Lt => "Lt",
        ast::CmpOp::LtE => "LtE",
        ast::CmpOp::Gt => "Gt",
        ast::CmpOp::GtE => "GtE",
        ast::CmpOp::Is => "Is",
        ast::CmpOp::IsNot => "IsNot",
        ast::CmpOp::In => "In",
        ast::CmpOp::NotIn => "NotIn",
    }
}
