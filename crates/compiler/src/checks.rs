//! Code that surely is a mistake: warnings, in CPython's words.

use taipan_bytecode::Const;
use taipan_syntax::ast::{self, CmpOp, Expr};

use crate::compiler::Compiler;
use crate::error::Span;

impl Compiler<'_> {
    /// `x is 1`.
    pub fn check_compare(&mut self, c: &ast::ExprCompare) {
        let constant = |s: &Self, e: &Expr| match s.fold(e) {
            Some(Const::None | Const::True | Const::False | Const::Ellipsis) => None,
            Some(value) => Some(type_name(&value)),
            None => None,
        };
        let mut left = constant(self, &c.left);
        for (op, right) in c.ops.iter().zip(c.comparators.iter()) {
            let name = constant(self, right);
            if matches!(op, CmpOp::Is | CmpOp::IsNot)
                && let Some(kind) = left.or(name)
            {
                let (word, sign) = if *op == CmpOp::Is { ("is", "==") } else { ("is not", "!=") };
                self.warn(format!("\"{word}\" with '{kind}' literal. Did you mean \"{sign}\"?"), Span::of(c));
            }
            left = name;
        }
    }

    /// `1()`.
    pub fn check_caller(&mut self, e: &Expr) {
        if let Some(kind) = self.literal_type(e, true) {
            self.warn(format!("'{kind}' object is not callable; perhaps you missed a comma?"), Span::of(e));
        }
    }

    /// `1[0]`.
    pub fn check_subscripter(&mut self, e: &Expr) {
        let kind = match e {
            Expr::NoneLiteral(_) => "NoneType",
            Expr::EllipsisLiteral(_) => "ellipsis",
            Expr::BooleanLiteral(_) => "bool",
            Expr::NumberLiteral(n) => match n.value {
                ast::Number::Int(_) => "int",
                ast::Number::Float(_) => "float",
                ast::Number::Complex { .. } => "complex",
            },
            Expr::Set(_) | Expr::SetComp(_) => "set",
            Expr::Generator(_) => "generator",
            Expr::TString(_) => "string.templatelib.Template",
            Expr::Lambda(_) => "function",
            _ => return,
        };
        self.warn(format!("'{kind}' object is not subscriptable; perhaps you missed a comma?"), Span::of(e));
    }

    /// `"abc"["x"]`.
    pub fn check_index(&mut self, object: &Expr, index: &Expr) {
        let index_type = match self.fold(index) {
            Some(Const::Int(_) | Const::BigInt { .. } | Const::True | Const::False | Const::Slice(_)) => {
                return;
            }
            Some(c) => type_name(&c),
            None => match self.display_type(index) {
                Some(kind) => kind,
                None => return,
            },
        };
        let kind = match object {
            Expr::StringLiteral(_) | Expr::FString(_) => "str",
            Expr::BytesLiteral(_) => "bytes",
            Expr::Tuple(_) => "tuple",
            Expr::List(_) | Expr::ListComp(_) => "list",
            _ => return,
        };
        self.warn(
            format!(
                "{kind} indices must be integers or slices, not {index_type}; perhaps you missed a comma?"
            ),
            Span::of(object),
        );
    }

    fn display_type(&self, e: &Expr) -> Option<&'static str> {
        Some(match e {
            Expr::Tuple(_) => "tuple",
            Expr::List(_) | Expr::ListComp(_) => "list",
            Expr::Dict(_) | Expr::DictComp(_) => "dict",
            Expr::Set(_) | Expr::SetComp(_) => "set",
            Expr::Generator(_) => "generator",
            Expr::FString(_) => "str",
            Expr::TString(_) => "string.templatelib.Template",
            Expr::Lambda(_) => "function",
            _ => return None,
        })
    }

    fn literal_type(&self, e: &Expr, call: bool) -> Option<&'static str> {
        Some(match e {
            Expr::StringLiteral(_) | Expr::FString(_) => "str",
            Expr::BytesLiteral(_) => "bytes",
            Expr::NumberLiteral(n) => match n.value {
                ast::Number::Int(_) => "int",
                ast::Number::Float(_) => "float",
                ast::Number::Complex { .. } => "complex",
            },
            Expr::NoneLiteral(_) => "NoneType",
            Expr::EllipsisLiteral(_) => "ellipsis",
            Expr::BooleanLiteral(_) => "bool",
            Expr::Lambda(_) if call => return None,
            e => return self.display_type(e),
        })
    }
}

fn type_name(c: &Const) -> &'static str {
    match c {
        Const::None => "NoneType",
        Const::True | Const::False => "bool",
        Const::Ellipsis => "ellipsis",
        Const::Int(_) | Const::BigInt { .. } => "int",
        Const::Float(_) => "float",
        Const::Complex(..) => "complex",
        Const::Str(_) => "str",
        Const::Bytes(_) => "bytes",
        Const::Tuple(_) => "tuple",
        Const::FrozenSet(_) => "frozenset",
        Const::Slice(_) => "slice",
        Const::Code(_) => "code",
    }
}
