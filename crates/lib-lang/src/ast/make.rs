//! Syntax trees as Python objects: statements and what belongs to them. Expressions are in `make_expr`, patterns in
//! `make_pattern`.

use std::cell::RefCell;
use std::collections::HashMap;

use taipan_compiler::{Span, Tree};
use taipan_syntax::ast::{self, Expr, Stmt};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::instance;
use taipan_vm::types::object::Object;

use super::comments::TypeComments;

/// How trees become objects.
#[derive(Clone, Copy, Default)]
pub struct MakeOptions {
    /// `PyCF_OPTIMIZED_AST`, with the level.
    pub optimize: Option<u8>,
    /// The minor version of Python that the source must be good for.
    pub feature_version: Option<u8>,
}

/// What turns a tree into objects.
pub(super) struct Maker<'a> {
    pub vm: &'a Vm,
    pub tree: &'a Tree<'a>,
    pub options: MakeOptions,
    pub comments: Option<TypeComments>,
    classes: RefCell<HashMap<&'static str, Gc<Type>>>,
    singletons: RefCell<HashMap<&'static str, Value>>,
    module: Value,
    /// Where the source is for a newer Python than asked for.
    pub refused: RefCell<Option<(String, Span)>>,
}

pub(super) type Field = (&'static str, Value);

impl<'a> Maker<'a> {
    pub fn new(
        vm: &'a Vm,
        tree: &'a Tree<'a>,
        options: MakeOptions,
        comments: Option<TypeComments>,
    ) -> PyResult<Maker<'a>> {
        Ok(Maker {
            vm,
            tree,
            options,
            comments,
            classes: RefCell::default(),
            singletons: RefCell::default(),
            module: taipan_vm::modules::import::import_module(vm, "_ast")?,
            refused: RefCell::new(None),
        })
    }

    fn class(&self, name: &'static str) -> PyResult<Gc<Type>> {
        if let Some(cls) = self.classes.borrow().get(name) {
            return Ok(cls.clone());
        }
        let cls = self.vm.get_attr_str(&self.module, name)?;
        let Some(cls) = cls.downcast::<Type>() else {
            return Err(self.vm.type_error(format_args!("_ast.{name} is no class")));
        };
        self.classes.borrow_mut().insert(name, cls.clone());
        Ok(cls.clone())
    }

    /// A node without a place.
    pub fn node(&self, class: &'static str, fields: impl IntoIterator<Item = Field>) -> PyResult<Value> {
        let cls = self.class(class)?;
        let node = self.vm.alloc_in(&cls, Object)?.into_value();
        for (name, value) in fields {
            drop(instance::set(self.vm, &node, &self.vm.intern(name), value));
        }
        Ok(node)
    }

    /// A node with its place.
    pub fn at(
        &self,
        class: &'static str,
        span: Span,
        fields: impl IntoIterator<Item = Field>,
    ) -> PyResult<Value> {
        let at = self.tree.position(span);
        self.placed(class, (at.line, at.col, at.end_line, at.end_col), fields)
    }

    /// As `at`, with the numbers.
    fn placed(
        &self,
        class: &'static str,
        (line, col, end_line, end_col): (u32, u32, u32, u32),
        fields: impl IntoIterator<Item = Field>,
    ) -> PyResult<Value> {
        let number = |n: u32| self.vm.new_int(i64::from(n));
        let place = [
            ("lineno", number(line)),
            ("col_offset", number(col)),
            ("end_lineno", number(end_line)),
            ("end_col_offset", number(end_col)),
        ];
        self.node(class, fields.into_iter().chain(place))
    }

    /// Operators and contexts: one object of each suffices.
    pub fn singleton(&self, class: &'static str) -> PyResult<Value> {
        if let Some(v) = self.singletons.borrow().get(class) {
            return Ok(v.clone());
        }
        let v = self.node(class, [])?;
        self.singletons.borrow_mut().insert(class, v.clone());
        Ok(v)
    }

    pub fn text(&self, s: &str) -> Value {
        self.vm.intern(s).into_value()
    }

    pub fn name(&self, id: &ast::Identifier) -> Value {
        self.text(id.as_str())
    }

    pub fn maybe_name(&self, id: Option<&ast::Identifier>) -> Value {
        id.map_or(Value::NONE, |id| self.name(id))
    }

    pub fn list<T>(&self, items: &[T], f: impl Fn(&T) -> PyResult<Value>) -> PyResult<Value> {
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            out.push(f(item)?);
        }
        Ok(self.vm.new_list(out).into_value())
    }

    pub fn maybe_expr(&self, e: Option<&Expr>) -> PyResult<Value> {
        e.map_or(Ok(Value::NONE), |e| self.expr(e))
    }

    pub fn exprs(&self, items: &[Expr]) -> PyResult<Value> {
        self.list(items, |e| self.expr(e))
    }

    fn comment(&self, text: Option<String>) -> Value {
        text.map_or(Value::NONE, |t| self.vm.new_str(&t).into_value())
    }

    /// `what` needs a newer Python.
    pub fn since(&self, minor: u8, what: &str, span: Span) {
        if self.options.feature_version.is_some_and(|v| v < minor) && self.refused.borrow().is_none() {
            let verb = if what.ends_with('s') { "are" } else { "is" };
            let msg = format!("{what} {verb} only supported in Python 3.{minor} and greater");
            *self.refused.borrow_mut() = Some((msg, span));
        }
    }

    /// A block; the docstring goes where `-OO` says so.
    pub fn body(&self, body: &[Stmt], documented: bool) -> PyResult<Value> {
        let doc = |s: &Stmt| matches!(s, Stmt::Expr(e) if e.value.is_string_literal_expr());
        if documented && self.options.optimize == Some(2) && body.first().is_some_and(doc) {
            if body.len() == 1 {
                // Something must stand there.
                let at = self.tree.position(Span::of(&body[0]));
                let pass = self.placed("Pass", (at.line, at.col, at.line, at.col + 4), [])?;
                return Ok(self.vm.new_list(vec![pass]).into_value());
            }
            return self.list(&body[1..], |s| self.stmt(s));
        }
        self.list(body, |s| self.stmt(s))
    }

    pub fn suite(&self, body: &[Stmt]) -> PyResult<Value> {
        self.body(body, false)
    }

    pub fn stmt(&self, s: &Stmt) -> PyResult<Value> {
        self.vm.recurse(" during ast construction", || self.stmt_inner(s))
    }

    /// The span of a statement with a block, which has the semicolon behind its last statement.
    fn compound(&self, span: Span) -> Span {
        let rest = self.tree.text(Span { start: span.end, end: u32::MAX }).unwrap_or_default();
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\x0c']).len();
        match rest.as_bytes().get(blank) {
            Some(b';') => Span { start: span.start, end: span.end + blank as u32 + 1 },
            _ => span,
        }
    }

    fn stmt_inner(&self, s: &Stmt) -> PyResult<Value> {
        let span = match s {
            Stmt::For(_) | Stmt::While(_) | Stmt::With(_) | Stmt::Match(_) | Stmt::Try(_) => {
                self.compound(Span::of(s))
            }
            s => Span::of(s),
        };
        match s {
            Stmt::FunctionDef(f) => self.function(f),
            Stmt::ClassDef(c) => self.class_def(c),
            Stmt::Return(r) => self.at("Return", span, [("value", self.maybe_expr(r.value.as_deref())?)]),
            Stmt::Delete(d) => self.at("Delete", span, [("targets", self.exprs(&d.targets)?)]),
            Stmt::TypeAlias(t) => {
                self.since(12, "Type statement", span);
                let fields = [
                    ("name", self.expr(&t.name)?),
                    ("type_params", self.type_params(t.type_params.as_deref())?),
                    ("value", self.expr(&t.value)?),
                ];
                self.at("TypeAlias", span, fields)
            }
            Stmt::Assign(a) => {
                let fields = [
                    ("targets", self.exprs(&a.targets)?),
                    ("value", self.expr(&a.value)?),
                    (
                        "type_comment",
                        self.comment(self.comments.as_ref().and_then(|c| c.behind_value(span.end))),
                    ),
                ];
                self.at("Assign", span, fields)
            }
            Stmt::AugAssign(a) => {
                if a.op == ast::Operator::MatMult {
                    self.since(5, "The '@' operator", span);
                }
                let fields = [
                    ("target", self.expr(&a.target)?),
                    ("op", self.operator(a.op)?),
                    ("value", self.expr(&a.value)?),
                ];
                self.at("AugAssign", span, fields)
            }
            Stmt::AnnAssign(a) => {
                self.since(
                    6,
                    if a.simple { "Variable annotation syntax" } else { "Variable annotations syntax" },
                    span,
                );
                let fields = [
                    ("target", self.expr(&a.target)?),
                    ("annotation", self.expr(&a.annotation)?),
                    ("value", self.maybe_expr(a.value.as_deref())?),
                    ("simple", self.vm.new_int(i64::from(a.simple))),
                ];
                self.at("AnnAssign", span, fields)
            }
            Stmt::For(f) => {
                if f.is_async {
                    self.since(5, "Async for loops", span);
                }
                let comment = self.comments.as_ref().and_then(|c| c.behind_colon(Span::of(&*f.iter).end));
                let fields = [
                    ("target", self.expr(&f.target)?),
                    ("iter", self.expr(&f.iter)?),
                    ("body", self.suite(&f.body)?),
                    ("orelse", self.suite(&f.orelse)?),
                    ("type_comment", self.comment(comment)),
                ];
                self.at(if f.is_async { "AsyncFor" } else { "For" }, span, fields)
            }
            Stmt::While(w) => {
                let fields = [
                    ("test", self.expr(&w.test)?),
                    ("body", self.suite(&w.body)?),
                    ("orelse", self.suite(&w.orelse)?),
                ];
                self.at("While", span, fields)
            }
            Stmt::If(i) => self.if_stmt(i),
            Stmt::With(w) => self.with_stmt(w),
            Stmt::Match(m) => {
                self.since(10, "Pattern matching", span);
                let fields =
                    [("subject", self.expr(&m.subject)?), ("cases", self.list(&m.cases, |c| self.case(c))?)];
                self.at("Match", span, fields)
            }
            Stmt::Raise(r) => {
                let fields = [
                    ("exc", self.maybe_expr(r.exc.as_deref())?),
                    ("cause", self.maybe_expr(r.cause.as_deref())?),
                ];
                self.at("Raise", span, fields)
            }
            Stmt::Try(t) => {
                if t.is_star {
                    self.since(11, "Exception groups", span);
                }
                let fields = [
                    ("body", self.suite(&t.body)?),
                    ("handlers", self.list(&t.handlers, |h| self.handler(h))?),
                    ("orelse", self.suite(&t.orelse)?),
                    ("finalbody", self.suite(&t.finalbody)?),
                ];
                self.at(if t.is_star { "TryStar" } else { "Try" }, span, fields)
            }
            Stmt::Assert(a) => {
                let fields = [("test", self.expr(&a.test)?), ("msg", self.maybe_expr(a.msg.as_deref())?)];
                self.at("Assert", span, fields)
            }
            Stmt::Import(i) => self.at("Import", span, [("names", self.list(&i.names, |a| self.alias(a))?)]),
            Stmt::ImportFrom(i) => {
                let fields = [
                    ("module", self.maybe_name(i.module.as_ref())),
                    ("names", self.list(&i.names, |a| self.alias(a))?),
                    ("level", self.vm.new_int(i64::from(i.level))),
                ];
                self.at("ImportFrom", span, fields)
            }
            Stmt::Global(g) => {
                self.at("Global", span, [("names", self.list(&g.names, |n| Ok(self.name(n)))?)])
            }
            Stmt::Nonlocal(n) => {
                self.at("Nonlocal", span, [("names", self.list(&n.names, |n| Ok(self.name(n)))?)])
            }
            Stmt::Expr(e) => self.at("Expr", span, [("value", self.expr(&e.value)?)]),
            Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => self.at("Pass", span, []),
            Stmt::Break(_) => self.at("Break", span, []),
            Stmt::Continue(_) => self.at("Continue", span, []),
        }
    }

    /// A statement's span without its decorators.
    fn header(&self, span: Span, name: Span, decorated: bool, keyword: &str) -> Span {
        if !decorated {
            return span;
        }
        match self.tree.text(Span { start: span.start, end: name.start }).and_then(|t| t.rfind(keyword)) {
            Some(at) => Span { start: span.start + at as u32, end: span.end },
            None => span,
        }
    }

    fn function(&self, f: &ast::StmtFunctionDef) -> PyResult<Value> {
        let keyword = if f.is_async { "async" } else { "def" };
        let span =
            self.header(self.compound(Span::of(f)), Span::of(&f.name), !f.decorator_list.is_empty(), keyword);
        if f.is_async {
            self.since(5, "Async functions", span);
        }
        let header_end = match &f.returns {
            Some(e) => Span::of(&**e).end,
            None => Span::of(&*f.parameters).end,
        };
        let arguments = self.arguments(&f.parameters)?;
        let comment = self.comments.as_ref().and_then(|c| c.of_function(header_end));
        let fields = [
            ("name", self.name(&f.name)),
            ("args", arguments),
            ("body", self.body(&f.body, true)?),
            ("decorator_list", self.list(&f.decorator_list, |d| self.expr(&d.expression))?),
            ("returns", self.maybe_expr(f.returns.as_deref())?),
            ("type_comment", self.comment(comment)),
            ("type_params", self.type_params(f.type_params.as_deref())?),
        ];
        self.at(if f.is_async { "AsyncFunctionDef" } else { "FunctionDef" }, span, fields)
    }

    fn class_def(&self, c: &ast::StmtClassDef) -> PyResult<Value> {
        let span =
            self.header(self.compound(Span::of(c)), Span::of(&c.name), !c.decorator_list.is_empty(), "class");
        let (bases, keywords) = match &c.arguments {
            Some(a) => (self.exprs(&a.args)?, self.list(&a.keywords, |k| self.keyword(k))?),
            None => (self.exprs(&[])?, self.exprs(&[])?),
        };
        let fields = [
            ("name", self.name(&c.name)),
            ("bases", bases),
            ("keywords", keywords),
            ("body", self.body(&c.body, true)?),
            ("decorator_list", self.list(&c.decorator_list, |d| self.expr(&d.expression))?),
            ("type_params", self.type_params(c.type_params.as_deref())?),
        ];
        self.at("ClassDef", span, fields)
    }

    fn type_params(&self, params: Option<&ast::TypeParams>) -> PyResult<Value> {
        let Some(params) = params else { return self.exprs(&[]) };
        self.since(12, "Type parameter lists", Span::of(params));
        self.list(&params.type_params, |p| {
            let span = Span::of(p);
            let default = |e: &Option<Box<Expr>>| {
                if let Some(e) = e {
                    self.since(13, "Type parameter defaults", Span::of(&**e));
                }
                self.maybe_expr(e.as_deref())
            };
            match p {
                ast::TypeParam::TypeVar(t) => {
                    let fields = [
                        ("name", self.name(&t.name)),
                        ("bound", self.maybe_expr(t.bound.as_deref())?),
                        ("default_value", default(&t.default)?),
                    ];
                    self.at("TypeVar", span, fields)
                }
                ast::TypeParam::ParamSpec(t) => {
                    let fields = [("name", self.name(&t.name)), ("default_value", default(&t.default)?)];
                    self.at("ParamSpec", span, fields)
                }
                ast::TypeParam::TypeVarTuple(t) => {
                    let fields = [("name", self.name(&t.name)), ("default_value", default(&t.default)?)];
                    self.at("TypeVarTuple", span, fields)
                }
            }
        })
    }

    pub fn arguments(&self, p: &ast::Parameters) -> PyResult<Value> {
        if !p.posonlyargs.is_empty() {
            self.since(8, "Positional-only parameters", Span::of(p));
        }
        let plain = |p: &ast::ParameterWithDefault| self.arg(&p.parameter, p.default.as_deref());
        let maybe = |p: &Option<Box<ast::Parameter>>| match p {
            Some(p) => self.arg(p, None),
            None => Ok(Value::NONE),
        };
        let defaults: Vec<&Expr> =
            p.posonlyargs.iter().chain(&p.args).filter_map(|p| p.default.as_deref()).collect();
        let fields = [
            ("posonlyargs", self.list(&p.posonlyargs, plain)?),
            ("args", self.list(&p.args, plain)?),
            ("vararg", maybe(&p.vararg)?),
            ("kwonlyargs", self.list(&p.kwonlyargs, plain)?),
            ("kw_defaults", self.list(&p.kwonlyargs, |p| self.maybe_expr(p.default.as_deref()))?),
            ("kwarg", maybe(&p.kwarg)?),
            ("defaults", self.list(&defaults, |e| self.expr(e))?),
        ];
        self.node("arguments", fields)
    }

    fn arg(&self, p: &ast::Parameter, default: Option<&Expr>) -> PyResult<Value> {
        let end = default.map_or(Span::of(p).end, |e| Span::of(e).end);
        let comment = self.comments.as_ref().and_then(|c| c.of_parameter(end));
        let fields = [
            ("arg", self.name(&p.name)),
            ("annotation", self.maybe_expr(p.annotation.as_deref())?),
            ("type_comment", self.comment(comment)),
        ];
        // Stars in front of a parameter are not its own.
        self.at("arg", Span::of(&p.name).to(Span::of(p)), fields)
    }

    pub fn keyword(&self, k: &ast::Keyword) -> PyResult<Value> {
        let fields = [("arg", self.maybe_name(k.arg.as_ref())), ("value", self.expr(&k.value)?)];
        self.at("keyword", Span::of(k), fields)
    }

    fn alias(&self, a: &ast::Alias) -> PyResult<Value> {
        let fields = [("name", self.name(&a.name)), ("asname", self.maybe_name(a.asname.as_ref()))];
        self.at("alias", Span::of(a), fields)
    }

    fn if_stmt(&self, i: &ast::StmtIf) -> PyResult<Value> {
        let whole = self.compound(Span::of(i));
        let end = whole.end;
        // From the last clause to the first: each `elif` is an `If` in the `orelse` of the one before.
        let mut orelse = self.suite(&[])?;
        for clause in i.elif_else_clauses.iter().rev() {
            let body = self.suite(&clause.body)?;
            orelse = match &clause.test {
                None => body,
                Some(test) => {
                    let fields = [("test", self.expr(test)?), ("body", body), ("orelse", orelse)];
                    let span = Span { start: Span::of(clause).start, end };
                    self.vm
                        .new_list(vec![self.at("If", self.shown(span, Span::of(clause)), fields)?])
                        .into_value()
                }
            };
        }
        let fields = [("test", self.expr(&i.test)?), ("body", self.suite(&i.body)?), ("orelse", orelse)];
        self.at("If", whole, fields)
    }

    /// `span`, which was put together, unless spans are keys of a table.
    fn shown(&self, span: Span, own: Span) -> Span {
        if self.tree.is_text() { span } else { own }
    }

    fn with_stmt(&self, w: &ast::StmtWith) -> PyResult<Value> {
        let span = self.compound(Span::of(w));
        if w.is_async {
            self.since(5, "Async with statements", span);
        }
        let item = |i: &ast::WithItem| {
            let fields = [
                ("context_expr", self.expr(&i.context_expr)?),
                ("optional_vars", self.maybe_expr(i.optional_vars.as_deref())?),
            ];
            self.node("withitem", fields)
        };
        let end = w.items.last().map_or(span.start, |i| Span::of(i).end);
        let comment = self.comments.as_ref().and_then(|c| c.behind_colon(end));
        let fields = [
            ("items", self.list(&w.items, item)?),
            ("body", self.suite(&w.body)?),
            ("type_comment", self.comment(comment)),
        ];
        self.at(if w.is_async { "AsyncWith" } else { "With" }, span, fields)
    }

    fn handler(&self, h: &ast::ExceptHandler) -> PyResult<Value> {
        let ast::ExceptHandler::ExceptHandler(h) = h;
        if let Some(Expr::Tuple(t)) = h.type_.as_deref()
            && !t.parenthesized
        {
            self.since(14, "except expressions without parentheses", Span::of(t));
        }
        let fields = [
            ("type", self.maybe_expr(h.type_.as_deref())?),
            ("name", self.maybe_name(h.name.as_ref())),
            ("body", self.suite(&h.body)?),
        ];
        self.at("ExceptHandler", self.compound(Span::of(h)), fields)
    }

    fn case(&self, c: &ast::MatchCase) -> PyResult<Value> {
        let fields = [
            ("pattern", self.pattern(&c.pattern)?),
            ("guard", self.maybe_expr(c.guard.as_deref())?),
            ("body", self.suite(&c.body)?),
        ];
        self.node("match_case", fields)
    }

    /// The root, and what it is called: `Module`, `Expression`, `Interactive` or `FunctionType`.
    pub fn root(&self, module: &ast::Mod, class: &str) -> PyResult<Value> {
        let ignores = |m: &Self| {
            let found = m.comments.as_ref().map(TypeComments::ignores).unwrap_or_default();
            m.list(&found, |(line, tag)| {
                let fields =
                    [("lineno", m.vm.new_int(i64::from(*line))), ("tag", m.vm.new_str(tag).into_value())];
                m.node("TypeIgnore", fields)
            })
        };
        match (module, class) {
            (ast::Mod::Module(m), "Interactive") => {
                self.node("Interactive", [("body", self.suite(&m.body)?)])
            }
            (ast::Mod::Module(m), _) => {
                let body = self.body(&m.body, true)?;
                self.node("Module", [("body", body), ("type_ignores", ignores(self)?)])
            }
            (ast::Mod::Expression(e), "FunctionType") => {
                let Expr::Tuple(pair) = &*e.body else {
                    return Err(self.vm.raise_new(&exc::SystemError, "no signature"));
                };
                let [Expr::Tuple(arguments), returns] = &pair.elts[..] else {
                    return Err(self.vm.raise_new(&exc::SystemError, "no signature"));
                };
                let fields = [("argtypes", self.exprs(&arguments.elts)?), ("returns", self.expr(returns)?)];
                self.node("FunctionType", fields)
            }
            (ast::Mod::Expression(e), _) => self.node("Expression", [("body", self.expr(&e.body)?)]),
        }
    }
}
