//! Expressions back to text, for annotations under `from __future__ import annotations` and for messages.

use taipan_syntax::ast::{
    self, BoolOp, CmpOp, ConversionFlag, Expr, FStringPart, InterpolatedStringElement, Number, Operator,
    UnaryOp,
};

use crate::tree::Tree;

/// How tightly an expression binds, as CPython's unparser counts.
mod level {
    pub const TUPLE: u8 = 0;
    pub const TEST: u8 = 1;
    pub const OR: u8 = 2;
    pub const AND: u8 = 3;
    pub const NOT: u8 = 4;
    pub const CMP: u8 = 5;
    pub const BOR: u8 = 6;
    pub const BXOR: u8 = 7;
    pub const BAND: u8 = 8;
    pub const SHIFT: u8 = 9;
    pub const ARITH: u8 = 10;
    pub const TERM: u8 = 11;
    pub const FACTOR: u8 = 12;
    pub const POWER: u8 = 13;
    pub const AWAIT: u8 = 14;
    pub const ATOM: u8 = 15;
}

/// The text of an expression, as CPython stores it in `__annotations__`.
pub(crate) fn unparse(e: &Expr, tree: &Tree<'_>) -> String {
    let mut u = Unparser { out: String::new(), tree };
    u.expr(e, level::TEST);
    u.out
}

struct Unparser<'a> {
    out: String,
    tree: &'a Tree<'a>,
}

impl Unparser<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn parens(&mut self, needed: bool, f: impl FnOnce(&mut Self)) {
        if needed {
            self.put("(");
        }
        f(self);
        if needed {
            self.put(")");
        }
    }

    fn list<'b>(&mut self, items: impl IntoIterator<Item = &'b Expr>, l: u8) {
        for (i, e) in items.into_iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            self.expr(e, l);
        }
    }

    fn expr(&mut self, e: &Expr, l: u8) {
        match e {
            Expr::BoolOp(b) => {
                let (word, own) =
                    if b.op == BoolOp::And { (" and ", level::AND) } else { (" or ", level::OR) };
                self.parens(l > own, |u| {
                    for (i, v) in b.values.iter().enumerate() {
                        if i > 0 {
                            u.put(word);
                        }
                        u.expr(v, own + 1);
                    }
                });
            }
            Expr::Named(n) => self.parens(l > level::TUPLE, |u| {
                u.expr(&n.target, level::ATOM);
                u.put(" := ");
                u.expr(&n.value, level::ATOM);
            }),
            Expr::BinOp(b) => {
                let (word, own) = operator(b.op);
                let power = b.op == Operator::Pow;
                self.parens(l > own, |u| {
                    u.expr(&b.left, own + power as u8);
                    u.put(word);
                    u.expr(&b.right, own + !power as u8);
                });
            }
            Expr::UnaryOp(x) => {
                let (word, own) = match x.op {
                    UnaryOp::Not => ("not ", level::NOT),
                    UnaryOp::Invert => ("~", level::FACTOR),
                    UnaryOp::UAdd => ("+", level::FACTOR),
                    UnaryOp::USub => ("-", level::FACTOR),
                };
                self.parens(l > own, |u| {
                    u.put(word);
                    u.expr(&x.operand, own);
                });
            }
            Expr::Lambda(x) => self.parens(l > level::TEST, |u| {
                u.put("lambda");
                if let Some(p) = &x.parameters {
                    u.put(" ");
                    u.parameters(p);
                }
                u.put(": ");
                u.expr(&x.body, level::TEST);
            }),
            Expr::If(i) => self.parens(l > level::TEST, |u| {
                u.expr(&i.body, level::TEST + 1);
                u.put(" if ");
                u.expr(&i.test, level::TEST + 1);
                u.put(" else ");
                u.expr(&i.orelse, level::TEST);
            }),
            Expr::Dict(d) => {
                self.put("{");
                for (i, item) in d.items.iter().enumerate() {
                    if i > 0 {
                        self.put(", ");
                    }
                    match &item.key {
                        Some(k) => {
                            self.expr(k, level::TEST);
                            self.put(": ");
                            self.expr(&item.value, level::TEST);
                        }
                        None => {
                            self.put("**");
                            self.expr(&item.value, level::BOR);
                        }
                    }
                }
                self.put("}");
            }
            Expr::Set(s) => {
                self.put("{");
                self.list(&s.elts, level::TEST);
                self.put("}");
            }
            Expr::ListComp(c) => self.comp("[", &c.elt, None, &c.generators, "]"),
            Expr::SetComp(c) => self.comp("{", &c.elt, None, &c.generators, "}"),
            Expr::DictComp(c) => match &c.key {
                Some(k) => self.comp("{", k, Some(&c.value), &c.generators, "}"),
                None => self.comp("{**", &c.value, None, &c.generators, "}"),
            },
            Expr::Generator(c) => self.comp("(", &c.elt, None, &c.generators, ")"),
            Expr::Await(a) => self.parens(l > level::AWAIT, |u| {
                u.put("await ");
                u.expr(&a.value, level::ATOM);
            }),
            Expr::Yield(y) => {
                self.put("(yield");
                if let Some(v) = &y.value {
                    self.put(" ");
                    self.expr(v, level::TEST);
                }
                self.put(")");
            }
            Expr::YieldFrom(y) => {
                self.put("(yield from ");
                self.expr(&y.value, level::TEST);
                self.put(")");
            }
            Expr::Compare(c) => self.parens(l > level::CMP, |u| {
                u.expr(&c.left, level::CMP + 1);
                for (op, e) in c.ops.iter().zip(c.comparators.iter()) {
                    u.put(match op {
                        CmpOp::Eq => " == ",
                        CmpOp::NotEq => " != ",
                        CmpOp::Lt => " < ",
                        CmpOp::LtE => " <= ",
                        CmpOp::Gt => " > ",
                        CmpOp::GtE => " >= ",
                        CmpOp::Is => " is ",
                        CmpOp::IsNot => " is not ",
                        CmpOp::In => " in ",
                        CmpOp::NotIn => " not in ",
                    });
                    u.expr(e, level::CMP + 1);
                }
            }),
            Expr::Call(c) => {
                self.expr(&c.func, level::ATOM);
                let alone = c.arguments.keywords.is_empty() && c.arguments.args.len() == 1;
                if alone && c.arguments.args[0].is_generator_expr() {
                    self.expr(&c.arguments.args[0], level::TEST);
                    return;
                }
                self.put("(");
                self.list(c.arguments.args.iter(), level::TEST);
                for (i, k) in c.arguments.keywords.iter().enumerate() {
                    if i > 0 || !c.arguments.args.is_empty() {
                        self.put(", ");
                    }
                    match &k.arg {
                        Some(name) => {
                            self.put(name.as_str());
                            self.put("=");
                        }
                        None => self.put("**"),
                    }
                    self.expr(&k.value, level::TEST);
                }
                self.put(")");
            }
            Expr::FString(f) => {
                let mut body = String::new();
                for part in f.value.iter() {
                    match part {
                        FStringPart::Literal(s) => {
                            body.push_str(&s.value.replace('{', "{{").replace('}', "}}"))
                        }
                        FStringPart::FString(f) => self.elements(&f.elements, &mut body),
                    }
                }
                self.put("f");
                self.put(&repr(body.as_bytes(), ""));
            }
            Expr::TString(t) => {
                let mut body = String::new();
                for part in t.value.iter() {
                    self.templates(&part.elements, &mut body);
                }
                self.put("t");
                self.put(&repr(body.as_bytes(), ""));
            }
            Expr::StringLiteral(s) => {
                let prefix = if s.value.is_unicode() { "u" } else { "" };
                self.put(prefix);
                self.put(&repr(&self.tree.string(s), ""));
            }
            Expr::BytesLiteral(b) => {
                let bytes: Vec<u8> = b.value.bytes().collect();
                self.put(&bytes_repr(&bytes));
            }
            Expr::NumberLiteral(n) => match &n.value {
                Number::Int(i) => {
                    let text = i.to_string();
                    self.put(&text);
                }
                Number::Float(f) => self.put(&float(*f)),
                Number::Complex { imag, .. } => {
                    let text = float(*imag);
                    self.put(text.strip_suffix(".0").unwrap_or(&text));
                    self.put("j");
                }
            },
            Expr::BooleanLiteral(b) => self.put(if b.value { "True" } else { "False" }),
            Expr::NoneLiteral(_) => self.put("None"),
            Expr::EllipsisLiteral(_) => self.put("..."),
            Expr::Attribute(a) => {
                self.expr(&a.value, level::ATOM);
                if matches!(&*a.value, Expr::NumberLiteral(n) if matches!(n.value, Number::Int(_))) {
                    self.put(" ");
                }
                self.put(".");
                self.put(a.attr.as_str());
            }
            Expr::Subscript(s) => {
                self.expr(&s.value, level::ATOM);
                self.put("[");
                self.expr(&s.slice, level::TUPLE);
                self.put("]");
            }
            Expr::Starred(s) => {
                self.put("*");
                self.expr(&s.value, level::BOR);
            }
            Expr::Name(n) => self.put(&n.id),
            Expr::List(x) => {
                self.put("[");
                self.list(&x.elts, level::TEST);
                self.put("]");
            }
            Expr::Tuple(t) if t.elts.is_empty() => self.put("()"),
            Expr::Tuple(t) => self.parens(l > level::TUPLE, |u| {
                u.list(&t.elts, level::TEST);
                if t.elts.len() == 1 {
                    u.put(",");
                }
            }),
            Expr::Slice(s) => {
                if let Some(e) = &s.lower {
                    self.expr(e, level::TEST);
                }
                self.put(":");
                if let Some(e) = &s.upper {
                    self.expr(e, level::TEST);
                }
                if let Some(e) = &s.step {
                    self.put(":");
                    self.expr(e, level::TEST);
                }
            }
            Expr::IpyEscapeCommand(_) => {}
        }
    }

    /// As `elements`, for a template, whose expressions stay as they were written.
    fn templates(&self, elements: &ast::InterpolatedStringElements, out: &mut String) {
        for e in elements.iter() {
            let InterpolatedStringElement::Interpolation(i) = e else {
                if let InterpolatedStringElement::Literal(l) = e {
                    out.push_str(&l.value.replace('{', "{{").replace('}', "}}"));
                }
                continue;
            };
            if let Some(debug) = &i.debug_text {
                out.push_str(debug.as_str());
            }
            let text = self.tree.interpolation_text(i);
            out.push('{');
            if text.starts_with('{') {
                out.push(' ');
            }
            out.push_str(&text);
            self.conversion_and_spec(i, out);
        }
    }

    fn elements(&self, elements: &ast::InterpolatedStringElements, out: &mut String) {
        for e in elements.iter() {
            match e {
                InterpolatedStringElement::Literal(l) => {
                    out.push_str(&l.value.replace('{', "{{").replace('}', "}}"));
                }
                InterpolatedStringElement::Interpolation(i) => {
                    if let Some(debug) = &i.debug_text {
                        out.push_str(debug.as_str());
                    }
                    let mut inner = Unparser { out: String::new(), tree: self.tree };
                    inner.expr(&i.expression, level::TEST + 1);
                    out.push('{');
                    if inner.out.starts_with('{') {
                        out.push(' ');
                    }
                    out.push_str(&inner.out);
                    self.conversion_and_spec(i, out);
                }
            }
        }
    }

    /// What follows the expression of a field.
    fn conversion_and_spec(&self, i: &ast::InterpolatedElement, out: &mut String) {
        out.push_str(match i.conversion {
            ConversionFlag::None if i.debug_text.is_some() && i.format_spec.is_none() => "!r",
            ConversionFlag::None => "",
            ConversionFlag::Str => "!s",
            ConversionFlag::Repr => "!r",
            ConversionFlag::Ascii => "!a",
        });
        if let Some(spec) = &i.format_spec {
            out.push(':');
            self.elements(&spec.elements, out);
        }
        out.push('}');
    }

    fn comp(
        &mut self,
        open: &str,
        elt: &Expr,
        value: Option<&Expr>,
        generators: &[ast::Comprehension],
        close: &str,
    ) {
        self.put(open);
        self.expr(elt, level::TEST);
        if let Some(value) = value {
            self.put(": ");
            self.expr(value, level::TEST);
        }
        for g in generators {
            self.put(if g.is_async { " async for " } else { " for " });
            self.expr(&g.target, level::TUPLE);
            self.put(" in ");
            self.expr(&g.iter, level::TEST + 1);
            for test in &g.ifs {
                self.put(" if ");
                self.expr(test, level::TEST + 1);
            }
        }
        self.put(close);
    }

    fn parameters(&mut self, p: &ast::Parameters) {
        let mut first = true;
        let mut sep = |u: &mut Self| {
            if !std::mem::take(&mut first) {
                u.put(", ");
            }
        };
        let n = p.posonlyargs.len();
        for (i, x) in p.posonlyargs.iter().chain(p.args.iter()).enumerate() {
            sep(self);
            self.parameter(x);
            if i + 1 == n {
                self.put(", /");
            }
        }
        if p.vararg.is_some() || !p.kwonlyargs.is_empty() {
            sep(self);
            self.put("*");
            if let Some(v) = &p.vararg {
                self.put(v.name.as_str());
            }
        }
        for x in p.kwonlyargs.iter() {
            sep(self);
            self.parameter(x);
        }
        if let Some(k) = &p.kwarg {
            sep(self);
            self.put("**");
            self.put(k.name.as_str());
        }
    }

    fn parameter(&mut self, p: &ast::ParameterWithDefault) {
        self.put(p.parameter.name.as_str());
        if let Some(d) = &p.default {
            self.put("=");
            self.expr(d, level::TEST);
        }
    }
}

fn operator(op: Operator) -> (&'static str, u8) {
    match op {
        Operator::Add => (" + ", level::ARITH),
        Operator::Sub => (" - ", level::ARITH),
        Operator::Mult => (" * ", level::TERM),
        Operator::MatMult => (" @ ", level::TERM),
        Operator::Div => (" / ", level::TERM),
        Operator::Mod => (" % ", level::TERM),
        Operator::FloorDiv => (" // ", level::TERM),
        Operator::LShift => (" << ", level::SHIFT),
        Operator::RShift => (" >> ", level::SHIFT),
        Operator::BitOr => (" | ", level::BOR),
        Operator::BitXor => (" ^ ", level::BXOR),
        Operator::BitAnd => (" & ", level::BAND),
        Operator::Pow => (" ** ", level::POWER),
    }
}

/// A part of a complex number as `repr` has it.
pub(crate) fn short_float(f: f64) -> String {
    let text = float(f);
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

fn float(f: f64) -> String {
    if f.is_infinite() {
        return "1e309".to_string();
    }
    let text = format!("{f:?}");
    match text.split_once('e') {
        // Python writes two digits of exponent at least, and a sign.
        Some((mantissa, exponent)) => {
            let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
            let (sign, digits) = match exponent.strip_prefix('-') {
                Some(digits) => ('-', digits),
                None => ('+', exponent),
            };
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

fn repr(text: &[u8], prefix: &str) -> String {
    let text = String::from_utf8_lossy(text);
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = format!("{prefix}{quote}");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = format!("b{}", quote as char);
    for &b in bytes {
        match b {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b if b == quote => {
                out.push('\\');
                out.push(b as char);
            }
            0x20..=0x7e => out.push(b as char),
            b => out.push_str(&format!("\\x{b:02x}")),
        }
    }
    out.push(quote as char);
    out
}
