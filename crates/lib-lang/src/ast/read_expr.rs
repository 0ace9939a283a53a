//! Expressions, and what they have, from Python objects.

use taipan_bytecode::Const;
use taipan_syntax::ast::{self, Expr, FStringPart, InterpolatedElement, InterpolatedStringElement, Number};
use taipan_syntax::{Ranged, TextRange};
use taipan_vm::prelude::*;

use super::read::{Ctx, NO_INDEX, Reader};

const EXPRESSIONS: &[&str] = &[
    "BoolOp",
    "NamedExpr",
    "BinOp",
    "UnaryOp",
    "Lambda",
    "IfExp",
    "Dict",
    "Set",
    "ListComp",
    "SetComp",
    "DictComp",
    "GeneratorExp",
    "Await",
    "Yield",
    "YieldFrom",
    "Compare",
    "Call",
    "FormattedValue",
    "Interpolation",
    "JoinedStr",
    "TemplateStr",
    "Constant",
    "Attribute",
    "Subscript",
    "Starred",
    "Name",
    "List",
    "Tuple",
    "Slice",
];

const OPERATORS: &[(&str, ast::Operator)] = {
    use ast::Operator as O;
    &[
        ("Add", O::Add),
        ("Sub", O::Sub),
        ("Mult", O::Mult),
        ("MatMult", O::MatMult),
        ("Div", O::Div),
        ("Mod", O::Mod),
        ("Pow", O::Pow),
        ("LShift", O::LShift),
        ("RShift", O::RShift),
        ("BitOr", O::BitOr),
        ("BitXor", O::BitXor),
        ("BitAnd", O::BitAnd),
        ("FloorDiv", O::FloorDiv),
    ]
};

const COMPARISONS: &[(&str, ast::CmpOp)] = {
    use ast::CmpOp as C;
    &[
        ("Eq", C::Eq),
        ("NotEq", C::NotEq),
        ("Lt", C::Lt),
        ("LtE", C::LtE),
        ("Gt", C::Gt),
        ("GtE", C::GtE),
        ("Is", C::Is),
        ("IsNot", C::IsNot),
        ("In", C::In),
        ("NotIn", C::NotIn),
    ]
};

impl Reader<'_> {
    pub fn expr(&mut self, v: &Value, ctx: Ctx) -> PyResult<Expr> {
        let vm = self.vm;
        vm.recurse(" while traversing 'expr' node", || self.expr_inner(v, ctx))
    }

    pub fn boxed(&mut self, v: &Value, field: &str, class: &str, ctx: Ctx) -> PyResult<Box<Expr>> {
        let e = self.given(v, field, class)?;
        Ok(Box::new(self.expr(&e, ctx)?))
    }

    pub fn maybe_expr(&mut self, v: &Value, field: &str) -> PyResult<Option<Box<Expr>>> {
        match self.optional(v, field)? {
            Some(e) => Ok(Some(Box::new(self.expr(&e, Ctx::Load)?))),
            None => Ok(None),
        }
    }

    pub fn exprs(&mut self, v: &Value, field: &str, class: &str, ctx: Ctx) -> PyResult<Vec<Expr>> {
        let items = self.items(v, field, class)?;
        let mut out = Vec::with_capacity(items.len());
        for e in items {
            if e.is_none() {
                return self.value_error("None disallowed in expression list");
            }
            out.push(self.expr(&e, ctx)?);
        }
        Ok(out)
    }

    /// `None`, `True` and `False` are no names.
    pub fn check_name(&self, name: &str) -> PyResult<()> {
        if matches!(name, "None" | "True" | "False") {
            return self.value_error(format_args!("identifier field can't represent '{name}' constant"));
        }
        Ok(())
    }

    /// The context that a node names, which must be the one it is in.
    fn context(&mut self, v: &Value, class: &str, expected: Ctx) -> PyResult<ast::ExprContext> {
        let ctx = self.required(v, "ctx", class)?;
        let actual = match self.variant(&ctx, "expr_context", &["Load", "Store", "Del"])? {
            "Load" => Ctx::Load,
            "Store" => Ctx::Store,
            _ => Ctx::Del,
        };
        if actual != expected {
            return self.value_error(format_args!(
                "expression must have {} context but has {} instead",
                expected.name(),
                actual.name()
            ));
        }
        Ok(actual.of_tree())
    }

    fn expr_inner(&mut self, v: &Value, ctx: Ctx) -> PyResult<Expr> {
        let range = self.place(v, "expr")?;
        let class = self.variant(v, "expr", EXPRESSIONS)?;
        if ctx != Ctx::Load
            && !matches!(class, "Attribute" | "Subscript" | "Starred" | "Name" | "List" | "Tuple")
        {
            return self.value_error(format_args!(
                "expression which can't be assigned to in {} context",
                ctx.name()
            ));
        }
        let node_index = NO_INDEX;
        Ok(match class {
            "BoolOp" => {
                let op = self.required(v, "op", class)?;
                let op = match self.variant(&op, "boolop", &["And", "Or"])? {
                    "And" => ast::BoolOp::And,
                    _ => ast::BoolOp::Or,
                };
                let values = self.exprs(v, "values", class, Ctx::Load)?;
                if values.len() < 2 {
                    return self.value_error("BoolOp with less than 2 values");
                }
                Expr::BoolOp(ast::ExprBoolOp { node_index, range, op, values })
            }
            "NamedExpr" => {
                let target = self.given(v, "target", class)?;
                if !self.is_a(&target, "Name")? {
                    return self.type_error("NamedExpr target must be a Name");
                }
                let target = Box::new(self.expr(&target, Ctx::Store)?);
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                Expr::Named(ast::ExprNamed { node_index, range, target, value })
            }
            "BinOp" => {
                let left = self.boxed(v, "left", class, Ctx::Load)?;
                let op = self.operator(v, class)?;
                let right = self.boxed(v, "right", class, Ctx::Load)?;
                Expr::BinOp(ast::ExprBinOp { node_index, range, left, op, right })
            }
            "UnaryOp" => {
                let op = self.required(v, "op", class)?;
                let op = match self.variant(&op, "unaryop", &["Invert", "Not", "UAdd", "USub"])? {
                    "Invert" => ast::UnaryOp::Invert,
                    "Not" => ast::UnaryOp::Not,
                    "UAdd" => ast::UnaryOp::UAdd,
                    _ => ast::UnaryOp::USub,
                };
                let operand = self.boxed(v, "operand", class, Ctx::Load)?;
                Expr::UnaryOp(ast::ExprUnaryOp { node_index, range, op, operand })
            }
            "Lambda" => {
                let parameters = self.given(v, "args", class)?;
                let parameters = Some(Box::new(self.arguments(&parameters)?));
                let body = self.boxed(v, "body", class, Ctx::Load)?;
                Expr::Lambda(ast::ExprLambda { node_index, range, parameters, body })
            }
            "IfExp" => {
                let test = self.boxed(v, "test", class, Ctx::Load)?;
                let body = self.boxed(v, "body", class, Ctx::Load)?;
                let orelse = self.boxed(v, "orelse", class, Ctx::Load)?;
                Expr::If(ast::ExprIf { node_index, range, test, body, orelse })
            }
            "Dict" => self.dict(v, range)?,
            "Set" => {
                Expr::Set(ast::ExprSet { node_index, range, elts: self.exprs(v, "elts", class, Ctx::Load)? })
            }
            "ListComp" | "SetComp" | "GeneratorExp" | "DictComp" => self.comprehension(v, class, range)?,
            "Await" => {
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                Expr::Await(ast::ExprAwait { node_index, range, value })
            }
            "Yield" => Expr::Yield(ast::ExprYield { node_index, range, value: self.maybe_expr(v, "value")? }),
            "YieldFrom" => {
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                Expr::YieldFrom(ast::ExprYieldFrom { node_index, range, value })
            }
            "Compare" => self.compare(v, range)?,
            "Call" => self.call(v, range)?,
            "FormattedValue" => {
                let element = InterpolatedStringElement::Interpolation(self.field(v, class, range)?);
                fstring(range, vec![element])
            }
            "JoinedStr" => {
                let elements = self.elements(v, class)?;
                fstring(range, elements)
            }
            "Interpolation" => {
                let element = InterpolatedStringElement::Interpolation(self.field(v, class, range)?);
                tstring(range, vec![element])
            }
            "TemplateStr" => {
                let elements = self.elements(v, class)?;
                tstring(range, elements)
            }
            "Constant" => {
                let value = self.required(v, "value", class)?;
                self.check_text(v, "kind")?;
                let value = self.constant(&value)?;
                self.literal(value, range)
            }
            "Attribute" => {
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                let mut attr = self.identifier(v, "attr", class, TextRange::default())?;
                attr.range = self.last_part(range, attr.id.len());
                let ctx = self.context(v, class, ctx)?;
                Expr::Attribute(ast::ExprAttribute { node_index, range, value, attr, ctx })
            }
            "Subscript" => {
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                let slice = self.boxed(v, "slice", class, Ctx::Load)?;
                let ctx = self.context(v, class, ctx)?;
                Expr::Subscript(ast::ExprSubscript { node_index, range, value, slice, ctx })
            }
            "Starred" => {
                let value = self.given(v, "value", class)?;
                let named = self.context(v, class, ctx)?;
                let value = Box::new(self.expr(&value, ctx)?);
                Expr::Starred(ast::ExprStarred { node_index, range, value, ctx: named })
            }
            "Name" => {
                let id = self.identifier(v, "id", class, range)?.id;
                let ctx = self.context(v, class, ctx)?;
                self.check_name(id.as_str())?;
                Expr::Name(ast::ExprName { node_index, range, id, ctx })
            }
            "List" | "Tuple" => {
                let named = self.context(v, class, ctx)?;
                let elts = self.exprs(v, "elts", class, ctx)?;
                if class == "List" {
                    Expr::List(ast::ExprList { node_index, range, elts, ctx: named })
                } else {
                    Expr::Tuple(ast::ExprTuple { node_index, range, elts, ctx: named, parenthesized: true })
                }
            }
            _ => {
                let lower = self.maybe_expr(v, "lower")?;
                let upper = self.maybe_expr(v, "upper")?;
                let step = self.maybe_expr(v, "step")?;
                Expr::Slice(ast::ExprSlice { node_index, range, lower, upper, step })
            }
        })
    }

    pub fn operator(&mut self, v: &Value, class: &str) -> PyResult<ast::Operator> {
        let op = self.required(v, "op", class)?;
        let names: Vec<&'static str> = OPERATORS.iter().map(|o| o.0).collect();
        let name = self.variant(&op, "operator", &names)?;
        Ok(OPERATORS.iter().find(|o| o.0 == name).map_or(ast::Operator::Add, |o| o.1))
    }

    fn dict(&mut self, v: &Value, range: TextRange) -> PyResult<Expr> {
        let keys = self.items(v, "keys", "Dict")?;
        let values = self.items(v, "values", "Dict")?;
        if keys.len() != values.len() {
            return self.value_error("Dict doesn't have the same number of keys as values");
        }
        let mut items = Vec::with_capacity(keys.len());
        for (key, value) in keys.iter().zip(&values) {
            let key = if key.is_none() { None } else { Some(self.expr(key, Ctx::Load)?) };
            if value.is_none() {
                return self.value_error("None disallowed in expression list");
            }
            items.push(ast::DictItem { key, value: self.expr(value, Ctx::Load)? });
        }
        Ok(Expr::Dict(ast::ExprDict { node_index: NO_INDEX, range, items }))
    }

    fn comprehension(&mut self, v: &Value, class: &'static str, range: TextRange) -> PyResult<Expr> {
        let node_index = NO_INDEX;
        if class == "DictComp" {
            let generators = self.generators(v, class)?;
            let key = Some(self.boxed(v, "key", class, Ctx::Load)?);
            let value = self.boxed(v, "value", class, Ctx::Load)?;
            return Ok(Expr::DictComp(ast::ExprDictComp { node_index, range, key, value, generators }));
        }
        let generators = self.generators(v, class)?;
        let elt = self.boxed(v, "elt", class, Ctx::Load)?;
        Ok(match class {
            "ListComp" => Expr::ListComp(ast::ExprListComp { node_index, range, elt, generators }),
            "SetComp" => Expr::SetComp(ast::ExprSetComp { node_index, range, elt, generators }),
            _ => Expr::Generator(ast::ExprGenerator {
                node_index,
                range,
                elt,
                generators,
                parenthesized: true,
            }),
        })
    }

    fn generators(&mut self, v: &Value, class: &str) -> PyResult<Vec<ast::Comprehension>> {
        let items = self.items(v, "generators", class)?;
        if items.is_empty() {
            return self.value_error("comprehension with no generators");
        }
        let mut out = Vec::with_capacity(items.len());
        for g in &items {
            let class = "comprehension";
            let target = *self.boxed(g, "target", class, Ctx::Store)?;
            let iter = *self.boxed(g, "iter", class, Ctx::Load)?;
            let ifs = self.exprs(g, "ifs", class, Ctx::Load)?;
            let is_async = self.int(&self.required(g, "is_async", class)?)? != 0;
            let range = target.range();
            out.push(ast::Comprehension { range, node_index: NO_INDEX, target, iter, ifs, is_async });
        }
        Ok(out)
    }

    fn compare(&mut self, v: &Value, range: TextRange) -> PyResult<Expr> {
        let class = "Compare";
        let left = self.boxed(v, "left", class, Ctx::Load)?;
        let names: Vec<&'static str> = COMPARISONS.iter().map(|o| o.0).collect();
        let mut ops = Vec::new();
        for op in self.items(v, "ops", class)? {
            let name = self.variant(&op, "cmpop", &names)?;
            ops.extend(COMPARISONS.iter().find(|o| o.0 == name).map(|o| o.1));
        }
        let comparators = self.exprs(v, "comparators", class, Ctx::Load)?;
        if comparators.is_empty() {
            return self.value_error("Compare with no comparators");
        }
        if comparators.len() != ops.len() {
            return self.value_error("Compare has a different number of comparators and operands");
        }
        Ok(Expr::Compare(ast::ExprCompare {
            node_index: NO_INDEX,
            range,
            left,
            ops: ops.into_boxed_slice(),
            comparators: comparators.into_boxed_slice(),
        }))
    }

    fn call(&mut self, v: &Value, range: TextRange) -> PyResult<Expr> {
        let func = self.boxed(v, "func", "Call", Ctx::Load)?;
        let args = self.exprs(v, "args", "Call", Ctx::Load)?.into_boxed_slice();
        let keywords = self.keywords(v, "Call")?.into_iter().collect();
        let arguments = ast::Arguments { range, node_index: NO_INDEX, args, keywords };
        Ok(Expr::Call(ast::ExprCall { node_index: NO_INDEX, range_start: range.start(), func, arguments }))
    }

    pub fn keywords(&mut self, v: &Value, class: &str) -> PyResult<Vec<ast::Keyword>> {
        let mut out = Vec::new();
        for k in self.items(v, "keywords", class)? {
            let arg = self.optional(&k, "arg")?;
            let value = self.required(&k, "value", "keyword")?;
            let range = self.place(&k, "keyword")?;
            if value.is_none() {
                return self.value_error("field 'value' is required for keyword");
            }
            let arg = match arg {
                Some(name) => Some(ast::Identifier::new(self.str_of(&name, "identifier")?, range)),
                None => None,
            };
            let value = self.expr(&value, Ctx::Load)?;
            out.push(ast::Keyword { range, node_index: NO_INDEX, arg, value });
        }
        Ok(out)
    }

    // ---- parameters ----------------------------------------------------------------------------------------

    pub fn arguments(&mut self, v: &Value) -> PyResult<ast::Parameters> {
        let class = "arguments";
        let posonly = self.parameters(v, "posonlyargs")?;
        let args = self.parameters(v, "args")?;
        let vararg = self.maybe_parameter(v, "vararg")?;
        let kwonly = self.parameters(v, "kwonlyargs")?;
        let kw_defaults = self.items(v, "kw_defaults", class)?;
        let kwarg = self.maybe_parameter(v, "kwarg")?;
        let defaults = self.exprs(v, "defaults", class, Ctx::Load)?;
        let positional = posonly.len() + args.len();
        if defaults.len() > positional {
            return self.value_error("more positional defaults than args on arguments");
        }
        if kw_defaults.len() != kwonly.len() {
            return self.value_error("length of kwonlyargs is not the same as kw_defaults on arguments");
        }
        let missing = positional - defaults.len();
        let mut defaults = std::iter::repeat_n(None, missing).chain(defaults.into_iter().map(Some));
        let mut with = |p: ast::Parameter| with_default(p, defaults.next().flatten());
        let posonlyargs = posonly.into_iter().map(&mut with).collect();
        let args = args.into_iter().map(&mut with).collect();
        let mut kwonlyargs = Vec::with_capacity(kwonly.len());
        for (p, default) in kwonly.into_iter().zip(&kw_defaults) {
            let default = if default.is_none() { None } else { Some(self.expr(default, Ctx::Load)?) };
            kwonlyargs.push(with_default(p, default));
        }
        let kwonlyargs = kwonlyargs.into_iter().collect();
        let range = self.nowhere();
        Ok(ast::Parameters { range, node_index: NO_INDEX, posonlyargs, args, vararg, kwonlyargs, kwarg })
    }

    fn parameters(&mut self, v: &Value, field: &str) -> PyResult<Vec<ast::Parameter>> {
        let items = self.items(v, field, "arguments")?;
        items.iter().map(|p| self.parameter(p)).collect()
    }

    fn maybe_parameter(&mut self, v: &Value, field: &str) -> PyResult<Option<Box<ast::Parameter>>> {
        match self.optional(v, field)? {
            Some(p) => Ok(Some(Box::new(self.parameter(&p)?))),
            None => Ok(None),
        }
    }

    fn parameter(&mut self, v: &Value) -> PyResult<ast::Parameter> {
        let name = self.required(v, "arg", "arg")?;
        if name.is_none() {
            return self.value_error("field 'arg' is required for arg");
        }
        let name = self.str_of(&name, "identifier")?;
        let annotation = self.maybe_expr(v, "annotation")?;
        self.check_text(v, "type_comment")?;
        let range = self.place(v, "arg")?;
        let name = ast::Identifier::new(name, range);
        Ok(ast::Parameter { range, node_index: NO_INDEX, name, annotation })
    }

    // ---- literals ------------------------------------------------------------------------------------------

    /// A literal that means the constant; what no literal means looks like an ellipsis.
    fn literal(&mut self, value: Const, range: TextRange) -> Expr {
        let node_index = NO_INDEX;
        let number = |value: Number| {
            Expr::NumberLiteral(ast::ExprNumberLiteral { node_index: NO_INDEX, range, value })
        };
        match value {
            Const::None => Expr::NoneLiteral(ast::ExprNoneLiteral { node_index, range }),
            Const::True => Expr::BooleanLiteral(ast::ExprBooleanLiteral { node_index, range, value: true }),
            Const::False => Expr::BooleanLiteral(ast::ExprBooleanLiteral { node_index, range, value: false }),
            Const::Ellipsis => Expr::EllipsisLiteral(ast::ExprEllipsisLiteral { node_index, range }),
            Const::Float(f) => number(Number::Float(f)),
            Const::Complex(real, imag) => number(Number::Complex { real, imag }),
            Const::Int(n) if u64::try_from(n).is_ok() => number(Number::Int((n as u64).into())),
            Const::Str(text) => {
                let value = self.string_piece(&text, range);
                let piece =
                    ast::StringLiteral { range, node_index, value, flags: ast::StringLiteralFlags::empty() };
                let value = ast::StringLiteralValue::single(piece);
                Expr::StringLiteral(ast::ExprStringLiteral { node_index: NO_INDEX, range, value })
            }
            Const::Bytes(bytes) => {
                let value = bytes.to_vec().into_boxed_slice();
                let piece =
                    ast::BytesLiteral { range, node_index, value, flags: ast::BytesLiteralFlags::empty() };
                let value = ast::BytesLiteralValue::single(piece);
                Expr::BytesLiteral(ast::ExprBytesLiteral { node_index: NO_INDEX, range, value })
            }
            other => {
                self.constants.insert(range.start().to_u32(), other);
                Expr::EllipsisLiteral(ast::ExprEllipsisLiteral { node_index, range })
            }
        }
    }

    /// The text of a string as the tree can hold it; all of it goes to the side where it has lone surrogates.
    fn string_piece(&mut self, text: &[u8], range: TextRange) -> Box<str> {
        match std::str::from_utf8(text) {
            Ok(text) => text.into(),
            Err(_) => {
                self.strings.insert(range.start().to_u32(), text.to_vec());
                String::from_utf8_lossy(text).into()
            }
        }
    }

    /// The values of a `JoinedStr` or `TemplateStr`.
    fn elements(&mut self, v: &Value, class: &str) -> PyResult<Vec<InterpolatedStringElement>> {
        let mut out = Vec::new();
        for item in self.items(v, "values", class)? {
            if item.is_none() {
                return self.value_error("None disallowed in expression list");
            }
            if self.is_a(&item, "FormattedValue")? || self.is_a(&item, "Interpolation")? {
                let class =
                    if self.is_a(&item, "FormattedValue")? { "FormattedValue" } else { "Interpolation" };
                let range = self.place(&item, "expr")?;
                let field = self.field(&item, class, range)?;
                out.push(InterpolatedStringElement::Interpolation(field));
                continue;
            }
            let e = self.expr(&item, Ctx::Load)?;
            let range = e.range();
            if let Expr::StringLiteral(s) = &e {
                let value = s.value.to_str().into();
                let text = ast::InterpolatedStringLiteralElement { range, node_index: NO_INDEX, value };
                out.push(InterpolatedStringElement::Literal(text));
            } else {
                out.push(InterpolatedStringElement::Interpolation(InterpolatedElement {
                    range,
                    node_index: NO_INDEX,
                    expression: Box::new(e),
                    debug_text: None,
                    conversion: ast::ConversionFlag::None,
                    format_spec: None,
                }));
            }
        }
        Ok(out)
    }

    fn field(&mut self, v: &Value, class: &'static str, range: TextRange) -> PyResult<InterpolatedElement> {
        let expression = self.boxed(v, "value", class, Ctx::Load)?;
        if class == "Interpolation" {
            let text = self.required(v, "str", class)?;
            if let Const::Str(text) = self.constant(&text)? {
                self.strings.insert(range.start().to_u32(), text.to_vec());
            }
        }
        let conversion = match self.int(&self.required(v, "conversion", class)?)? {
            -1 => ast::ConversionFlag::None,
            115 => ast::ConversionFlag::Str,
            114 => ast::ConversionFlag::Repr,
            97 => ast::ConversionFlag::Ascii,
            n => return self.system_error(format_args!("Unrecognized conversion character {n}")),
        };
        let format_spec = match self.maybe_expr(v, "format_spec")? {
            None => None,
            Some(spec) => {
                let range = spec.range();
                let elements = match *spec {
                    Expr::FString(f) => f.value.into_iter_elements(),
                    other => vec![InterpolatedStringElement::Interpolation(InterpolatedElement {
                        range,
                        node_index: NO_INDEX,
                        expression: Box::new(other),
                        debug_text: None,
                        conversion: ast::ConversionFlag::None,
                        format_spec: None,
                    })],
                };
                Some(Box::new(ast::InterpolatedStringFormatSpec {
                    range,
                    node_index: NO_INDEX,
                    elements: elements.into(),
                }))
            }
        };
        Ok(InterpolatedElement {
            range,
            node_index: NO_INDEX,
            expression,
            debug_text: None,
            conversion,
            format_spec,
        })
    }
}

/// The parts of a formatted string that was made of one piece.
trait Elements {
    fn into_iter_elements(self) -> Vec<InterpolatedStringElement>;
}

impl Elements for ast::FStringValue {
    fn into_iter_elements(self) -> Vec<InterpolatedStringElement> {
        let mut out = Vec::new();
        for part in self.iter() {
            if let FStringPart::FString(f) = part {
                out.extend(f.elements.iter().cloned());
            }
        }
        out
    }
}

fn fstring(range: TextRange, elements: Vec<InterpolatedStringElement>) -> Expr {
    let flags = ast::FStringFlags::empty();
    let whole = ast::FString { range, node_index: NO_INDEX, elements: elements.into(), flags };
    let value = ast::FStringValue::single(whole);
    Expr::FString(ast::ExprFString { node_index: NO_INDEX, range, value })
}

fn tstring(range: TextRange, elements: Vec<InterpolatedStringElement>) -> Expr {
    let flags = ast::TStringFlags::empty();
    let whole = ast::TString { range, node_index: NO_INDEX, elements: elements.into(), flags };
    let value = ast::TStringValue::single(whole);
    Expr::TString(ast::ExprTString { node_index: NO_INDEX, range, value })
}

fn with_default(parameter: ast::Parameter, default: Option<Expr>) -> ast::ParameterWithDefault {
    let range = parameter.range;
    ast::ParameterWithDefault { range, node_index: NO_INDEX, parameter, default: default.map(Box::new) }
}
