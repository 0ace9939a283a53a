//! Building the symbol table: one walk over the tree that enters blocks and notes bindings and uses, in CPython's order
//! (which decides which error comes first).

use taipan_syntax::ast::{self, Expr, Pattern, Stmt};

use crate::error::{Fail, R, Span};
use crate::scope::{Part, Private, Scope, ScopeId, ScopeKind, SymbolTable, def, key, mangle};

pub(crate) struct Builder<'a> {
    pub table: SymbolTable,
    cur: ScopeId,
    private: Option<Private>,
    /// Blocks that only `_symtable` shows are made too.
    complete: bool,
    future_annotations: bool,
    top_level_await: bool,
    /// Annotation block of the module or class being built, by scope.
    annotation_blocks: Vec<(ScopeId, ScopeId)>,
    line: &'a dyn Fn(u32) -> u32,
    in_unevaluated: bool,
    in_conditional: bool,
    comp_iter_expr: u32,
    comp_iter_target: bool,
    depth: u32,
}

/// Deeper nesting than this is refused, so that recursion over the tree is safe.
const MAX_DEPTH: u32 = 900;

impl<'a> Builder<'a> {
    pub fn build(
        module: &ast::Mod,
        future_annotations: bool,
        top_level_await: bool,
        line: &'a dyn Fn(u32) -> u32,
        complete: bool,
    ) -> R<SymbolTable> {
        let mut b = Builder {
            table: SymbolTable::default(),
            cur: 0,
            private: None,
            complete,
            future_annotations,
            top_level_await,
            annotation_blocks: Vec::new(),
            line,
            in_unevaluated: false,
            in_conditional: false,
            comp_iter_expr: 0,
            comp_iter_target: false,
            depth: 0,
        };
        b.enter(ScopeKind::Module, "top", key(module), Part::Body, 0);
        match module {
            ast::Mod::Module(m) => b.body(&m.body)?,
            ast::Mod::Expression(m) => b.expr(&m.body)?,
        }
        b.table.analyze().map_err(|(msg, (start, end))| Fail::new(msg, Span { start, end }))?;
        Ok(b.table)
    }

    fn scope(&mut self) -> &mut Scope {
        &mut self.table.scopes[self.cur]
    }

    fn enter(&mut self, kind: ScopeKind, name: &str, node: usize, part: Part, at: u32) -> ScopeId {
        let id = self.table.scopes.len();
        let parent = (id > 0).then_some(self.cur);
        let nested = parent.is_some_and(|p| {
            let p = &self.table.scopes[p];
            p.nested || p.kind.is_function_like()
        });
        let lineno = if id == 0 { 0 } else { (self.line)(at) };
        self.table.scopes.push(Scope {
            kind,
            name: name.to_string(),
            parent,
            children: Vec::new(),
            names: Vec::new(),
            symbols: Default::default(),
            lineno,
            private: self.private.clone(),
            nested,
            generator: false,
            coroutine: false,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            has_docstring: false,
            inlined: false,
            can_see_class: false,
            needs_class_closure: false,
            needs_classdict: false,
            conditional_annotations: false,
            annotations_used: false,
            is_method: false,
            has_walrus: false,
            free: Vec::new(),
            scope_info: None,
        });
        if let Some(p) = parent {
            self.table.scopes[p].children.push(id);
        }
        self.table.by_node.insert((node, part), id);
        self.cur = id;
        id
    }

    fn leave(&mut self) {
        if let Some(parent) = self.table.scopes[self.cur].parent {
            self.cur = parent;
        }
    }

    fn mangled(&self, name: &str) -> String {
        mangle(self.private.as_ref(), name)
    }

    fn flags(&self, name: &str) -> u32 {
        let name = self.mangled(name);
        self.table.scopes[self.cur].symbols.get(&name).map_or(0, |s| s.flags)
    }

    fn add(&mut self, name: &str, flag: u32, span: Span) -> R<()> {
        self.add_in(self.cur, name, flag, span)
    }

    fn add_in(&mut self, scope: ScopeId, name: &str, mut flag: u32, span: Span) -> R<()> {
        let name = self.mangled(name);
        let in_target = self.comp_iter_target && scope == self.cur && flag & def::LOCAL != 0;
        let scope = &mut self.table.scopes[scope];
        if !scope.symbols.contains_key(&name) {
            scope.names.push(name.clone());
        }
        let symbol = scope.symbols.entry(name.clone()).or_default();
        if flag & def::PARAM != 0 && symbol.flags & def::PARAM != 0 {
            return Err(Fail::new(format!("duplicate argument '{name}' in function definition"), span));
        }
        if flag & def::TYPE_PARAM != 0 && symbol.flags & def::TYPE_PARAM != 0 {
            return Err(Fail::new(format!("duplicate type parameter '{name}'"), span));
        }
        if in_target {
            if symbol.flags & (def::GLOBAL | def::NONLOCAL) != 0 {
                return Err(Fail::new(
                    format!("comprehension inner loop cannot rebind assignment expression target '{name}'"),
                    span,
                ));
            }
            flag |= def::COMP_ITER;
        }
        symbol.flags |= flag;
        Ok(())
    }

    fn assign(&mut self, name: &str, flag: u32, span: Span) -> R<()> {
        forbidden(name, false, span)?;
        self.add(name, flag, span)
    }

    fn body(&mut self, body: &[Stmt]) -> R<()> {
        for stmt in body {
            self.stmt(stmt)?;
        }
        Ok(())
    }

    fn conditionally(&mut self, f: impl FnOnce(&mut Self) -> R<()>) -> R<()> {
        let saved = std::mem::replace(&mut self.in_conditional, true);
        let result = f(self);
        self.in_conditional = saved;
        result
    }

    fn stmt(&mut self, stmt: &Stmt) -> R<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fail::too_deep());
        }
        let result = self.stmt_inner(stmt);
        self.depth -= 1;
        result
    }

    fn stmt_inner(&mut self, stmt: &Stmt) -> R<()> {
        let span = Span::of(stmt);
        match stmt {
            Stmt::FunctionDef(f) => self.function(f, span),
            Stmt::ClassDef(c) => self.class(c, span),
            Stmt::TypeAlias(t) => {
                let Expr::Name(name) = &*t.name else { return Ok(()) };
                self.assign(&name.id, def::LOCAL, Span::of(name))?;
                let in_class = self.scope().kind == ScopeKind::Class;
                let generic = t.type_params.is_some();
                if let Some(params) = &t.type_params {
                    self.type_params(params, &name.id, false, false, span)?;
                }
                self.enter(ScopeKind::TypeAlias, &name.id, key(t), Part::Body, span.start);
                self.scope().scope_info = Some("a type alias");
                let saw = in_class || (generic && self.parent_sees_class());
                self.sees_class(saw)?;
                self.expr(&t.value)?;
                self.leave();
                if generic {
                    self.leave();
                }
                Ok(())
            }
            Stmt::Return(r) => {
                if let Some(value) = &r.value {
                    self.expr(value)?;
                    self.scope().returns_value = true;
                }
                Ok(())
            }
            Stmt::Delete(d) => self.exprs(&d.targets),
            Stmt::Assign(a) => {
                self.exprs(&a.targets)?;
                self.expr(&a.value)
            }
            Stmt::AugAssign(a) => {
                self.expr(&a.target)?;
                if let Expr::Name(n) = &*a.target {
                    self.add(&n.id, def::USE, Span::of(n))?;
                }
                self.expr(&a.value)
            }
            Stmt::AnnAssign(a) => {
                if let Expr::Name(n) = &*a.target {
                    let flags = self.flags(&n.id);
                    let global = self.scope().kind == ScopeKind::Module;
                    if a.simple && flags & (def::GLOBAL | def::NONLOCAL) != 0 && !global {
                        let what = if flags & def::GLOBAL != 0 { "global" } else { "nonlocal" };
                        return Err(Fail::new(format!("annotated name '{}' can't be {what}", n.id), span));
                    }
                    if a.simple {
                        self.assign(&n.id, def::ANNOT | def::LOCAL, Span::of(n))?;
                    } else if a.value.is_some() {
                        self.assign(&n.id, def::LOCAL, Span::of(n))?;
                    } else {
                        forbidden(&n.id, false, Span::of(n))?;
                    }
                } else {
                    self.expr(&a.target)?;
                }
                self.annotation(&a.annotation, span)?;
                match &a.value {
                    Some(value) => self.expr(value),
                    None => Ok(()),
                }
            }
            Stmt::For(f) => {
                if f.is_async {
                    self.asynchronous("'async for' outside async function", span)?;
                }
                self.expr(&f.target)?;
                self.expr(&f.iter)?;
                self.conditionally(|b| {
                    b.body(&f.body)?;
                    b.body(&f.orelse)
                })
            }
            Stmt::While(w) => {
                self.expr(&w.test)?;
                self.conditionally(|b| {
                    b.body(&w.body)?;
                    b.body(&w.orelse)
                })
            }
            Stmt::If(i) => {
                self.expr(&i.test)?;
                self.conditionally(|b| {
                    b.body(&i.body)?;
                    for clause in &i.elif_else_clauses {
                        if let Some(test) = &clause.test {
                            b.expr(test)?;
                        }
                        b.body(&clause.body)?;
                    }
                    Ok(())
                })
            }
            Stmt::With(w) => self.conditionally(|b| {
                if w.is_async {
                    b.asynchronous("'async with' outside async function", span)?;
                }
                for item in &w.items {
                    b.expr(&item.context_expr)?;
                    if let Some(vars) = &item.optional_vars {
                        b.expr(vars)?;
                    }
                }
                b.body(&w.body)
            }),
            Stmt::Match(m) => {
                self.expr(&m.subject)?;
                self.conditionally(|b| {
                    for case in &m.cases {
                        b.pattern(&case.pattern)?;
                        if let Some(guard) = &case.guard {
                            b.expr(guard)?;
                        }
                        b.body(&case.body)?;
                    }
                    Ok(())
                })
            }
            Stmt::Raise(r) => {
                for e in [&r.exc, &r.cause].into_iter().flatten() {
                    self.expr(e)?;
                }
                Ok(())
            }
            Stmt::Try(t) => self.conditionally(|b| {
                b.body(&t.body)?;
                for handler in &t.handlers {
                    let ast::ExceptHandler::ExceptHandler(h) = handler;
                    if let Some(kind) = &h.type_ {
                        b.expr(kind)?;
                    }
                    if let Some(name) = &h.name {
                        b.assign(name.as_str(), def::LOCAL, Span::of(h))?;
                    }
                    b.body(&h.body)?;
                }
                b.body(&t.orelse)?;
                b.body(&t.finalbody)
            }),
            Stmt::Assert(a) => {
                self.expr(&a.test)?;
                match &a.msg {
                    Some(msg) => self.expr(msg),
                    None => Ok(()),
                }
            }
            Stmt::Import(i) => self.aliases(&i.names, false),
            Stmt::ImportFrom(i) => self.aliases(&i.names, true),
            Stmt::Global(g) => {
                for name in &g.names {
                    self.directive(name.as_str(), def::GLOBAL, span)?;
                }
                Ok(())
            }
            Stmt::Nonlocal(n) => {
                for name in &n.names {
                    self.directive(name.as_str(), def::NONLOCAL, span)?;
                }
                Ok(())
            }
            Stmt::Expr(e) => self.expr(&e.value),
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) | Stmt::IpyEscapeCommand(_) => Ok(()),
        }
    }

    fn aliases(&mut self, names: &[ast::Alias], from: bool) -> R<()> {
        for alias in names {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            if name == "*" {
                if self.scope().kind != ScopeKind::Module {
                    return Err(Fail::new("import * only allowed at module level", Span::of(alias)));
                }
                continue;
            }
            let bound = match name.split_once('.') {
                Some((first, _)) if !from && alias.asname.is_none() => first,
                _ => name,
            };
            self.assign(bound, def::IMPORT, Span::of(alias))?;
        }
        Ok(())
    }

    fn directive(&mut self, name: &str, flag: u32, span: Span) -> R<()> {
        let what = if flag == def::GLOBAL { "global" } else { "nonlocal" };
        let flags = self.flags(name);
        let msg = if flags & def::PARAM != 0 {
            format!("name '{name}' is parameter and {what}")
        } else if flags & def::USE != 0 {
            format!("name '{name}' is used prior to {what} declaration")
        } else if flags & def::ANNOT != 0 {
            format!("annotated name '{name}' can't be {what}")
        } else if flags & def::LOCAL != 0 {
            format!("name '{name}' is assigned to before {what} declaration")
        } else {
            forbidden(name, false, span)?;
            self.add(name, flag, span)?;
            if flag == def::GLOBAL {
                // The module's own block treats the name as global too.
                self.add_in(0, name, flag, span)?;
            }
            let mangled = self.mangled(name);
            if let Some(symbol) = self.scope().symbols.get_mut(&mangled) {
                symbol.directive.get_or_insert((span.start, span.end));
            }
            return Ok(());
        };
        Err(Fail::new(msg, span))
    }

    // ---- functions, classes, type parameters ---------------------------------------------------------------

    fn function(&mut self, f: &ast::StmtFunctionDef, span: Span) -> R<()> {
        self.assign(f.name.as_str(), def::LOCAL, span)?;
        self.defaults(&f.parameters)?;
        for d in &f.decorator_list {
            self.expr(&d.expression)?;
        }
        if let Some(params) = &f.type_params {
            let has_defaults = parameters(&f.parameters).any(|p| p.default.is_some());
            self.type_params(params, f.name.as_str(), has_defaults, kwonly_defaults(&f.parameters), span)?;
        }
        self.function_annotations(f, span)?;
        let in_class = self.scope().kind == ScopeKind::Class;
        self.enter(ScopeKind::Function, f.name.as_str(), key(f), Part::Body, span.start);
        self.scope().is_method = in_class;
        self.scope().coroutine = f.is_async;
        self.scope().has_docstring = docstring(&f.body).is_some();
        let saved = self.enter_function();
        self.parameters(&f.parameters)?;
        self.body(&f.body)?;
        self.in_conditional = saved;
        self.leave();
        if f.type_params.is_some() {
            self.leave();
        }
        Ok(())
    }

    fn enter_function(&mut self) -> bool {
        std::mem::replace(&mut self.in_conditional, false)
    }

    fn defaults(&mut self, p: &ast::Parameters) -> R<()> {
        for p in p.posonlyargs.iter().chain(p.args.iter()).chain(p.kwonlyargs.iter()) {
            if let Some(d) = &p.default {
                self.expr(d)?;
            }
        }
        Ok(())
    }

    fn parameters(&mut self, p: &ast::Parameters) -> R<()> {
        let plain = p.posonlyargs.iter().chain(p.args.iter()).chain(p.kwonlyargs.iter());
        for p in plain.map(|p| &p.parameter) {
            self.assign(p.name.as_str(), def::PARAM, Span::of(p))?;
        }
        if let Some(p) = &p.vararg {
            self.assign(p.name.as_str(), def::PARAM, Span::of(&p.name).to(Span::of(&**p)))?;
            self.scope().varargs = true;
        }
        if let Some(p) = &p.kwarg {
            self.assign(p.name.as_str(), def::PARAM, Span::of(&p.name).to(Span::of(&**p)))?;
            self.scope().varkeywords = true;
        }
        Ok(())
    }

    fn function_annotations(&mut self, f: &ast::StmtFunctionDef, span: Span) -> R<()> {
        let stars = f.parameters.vararg.iter().chain(f.parameters.kwarg.iter());
        let annotated = f.parameters.iter_non_variadic_params().any(|p| p.parameter.annotation.is_some())
            || stars.into_iter().any(|p| p.annotation.is_some());
        if !annotated && f.returns.is_none() && !self.complete {
            return Ok(());
        }
        let in_class = self.scope().kind == ScopeKind::Class || self.scope().can_see_class;
        self.enter(ScopeKind::Annotation, "__annotate__", key(f), Part::Annotations, span.start);
        self.scope().scope_info = Some("an annotation");
        self.sees_class(in_class)?;
        self.add(".format", def::PARAM, span)?;
        self.add(".format", def::USE, span)?;
        let p = &f.parameters;
        let plain = p.posonlyargs.iter().chain(p.args.iter()).map(|p| &p.parameter);
        let rest = p.vararg.iter().chain(p.kwarg.iter()).map(|p| &**p);
        let all: Vec<&ast::Parameter> =
            plain.chain(rest).chain(p.kwonlyargs.iter().map(|p| &p.parameter)).collect();
        for p in all {
            if let Some(a) = &p.annotation {
                self.scope().annotations_used = true;
                self.expr(a)?;
            }
        }
        if let Some(r) = &f.returns {
            self.scope().annotations_used = true;
            self.expr(r)?;
        }
        self.leave();
        Ok(())
    }

    fn sees_class(&mut self, in_class: bool) -> R<()> {
        if in_class {
            self.scope().can_see_class = true;
            self.add("__classdict__", def::USE, Span::default())?;
        }
        Ok(())
    }

    fn parent_sees_class(&self) -> bool {
        let parent = self.table.scopes[self.cur].parent;
        parent.is_some_and(|p| self.table.scopes[p].can_see_class)
    }

    fn class(&mut self, c: &ast::StmtClassDef, span: Span) -> R<()> {
        self.assign(c.name.as_str(), def::LOCAL, span)?;
        for d in &c.decorator_list {
            self.expr(&d.expression)?;
        }
        let saved_private = self.private.clone();
        if let Some(params) = &c.type_params {
            let only = params.type_params.iter().map(|p| p.name().to_string()).collect();
            self.private = Some(Private { class: c.name.to_string(), only: Some(only) });
            self.type_params(params, c.name.as_str(), false, false, span)?;
            self.add(".type_params", def::LOCAL, span)?;
            self.add(".type_params", def::USE, span)?;
            self.add(".generic_base", def::LOCAL, span)?;
            self.add(".generic_base", def::USE, span)?;
        }
        if let Some(args) = &c.arguments {
            self.exprs(&args.args)?;
            for k in &args.keywords {
                if k.arg.as_ref().is_some_and(|name| name == "__debug__") {
                    // Without a place, as CPython.
                    return Err(Fail::limit("cannot assign to __debug__"));
                }
                self.expr(&k.value)?;
            }
        }
        self.private = Some(Private::all(c.name.as_str()));
        self.enter(ScopeKind::Class, c.name.as_str(), key(c), Part::Body, span.start);
        let saved = self.enter_function();
        if c.type_params.is_some() {
            self.add("__type_params__", def::LOCAL, span)?;
            self.add(".type_params", def::USE, span)?;
        }
        self.scope().has_docstring = docstring(&c.body).is_some();
        self.body(&c.body)?;
        self.in_conditional = saved;
        self.leave();
        if c.type_params.is_some() {
            self.leave();
        }
        self.private = saved_private;
        Ok(())
    }

    fn type_params(
        &mut self,
        params: &ast::TypeParams,
        name: &str,
        defaults: bool,
        kwdefaults: bool,
        span: Span,
    ) -> R<()> {
        let in_class = self.scope().kind == ScopeKind::Class;
        self.enter(ScopeKind::TypeParams, name, key(params), Part::TypeParams, span.start);
        self.scope().scope_info = Some("the definition of a generic");
        self.sees_class(in_class)?;
        if defaults {
            self.add(".defaults", def::PARAM, span)?;
        }
        if kwdefaults {
            self.add(".kwdefaults", def::PARAM, span)?;
        }
        let mut seen_default = false;
        for p in &params.type_params {
            let at = Span::of(p);
            let (id, bound, default) = match p {
                ast::TypeParam::TypeVar(t) => (&t.name, t.bound.as_deref(), t.default.as_deref()),
                ast::TypeParam::TypeVarTuple(t) => (&t.name, None, t.default.as_deref()),
                ast::TypeParam::ParamSpec(t) => (&t.name, None, t.default.as_deref()),
            };
            if matches!(id.as_str(), "__classdict__" | "__class__") {
                return Err(Fail::new(format!("reserved name '{id}' cannot be used for type parameter"), at));
            }
            if default.is_some() {
                seen_default = true;
            } else if seen_default {
                return Err(Fail::new(
                    format!("non-default type parameter '{id}' follows default type parameter"),
                    at,
                ));
            }
            self.assign(id.as_str(), def::TYPE_PARAM | def::LOCAL, at)?;
            let sees = self.scope().can_see_class;
            if let Some(bound) = bound {
                let info = if bound.is_tuple_expr() { "a TypeVar constraint" } else { "a TypeVar bound" };
                self.type_variable(bound, id.as_str(), info, key(p), Part::Bound, sees)?;
            }
            if let Some(default) = default {
                let info = match p {
                    ast::TypeParam::TypeVar(_) => "a TypeVar default",
                    ast::TypeParam::TypeVarTuple(_) => "a TypeVarTuple default",
                    ast::TypeParam::ParamSpec(_) => "a ParamSpec default",
                };
                self.type_variable(default, id.as_str(), info, key(p), Part::Default, sees)?;
            }
        }
        Ok(())
    }

    fn type_variable(
        &mut self,
        e: &Expr,
        name: &str,
        info: &'static str,
        node: usize,
        part: Part,
        sees: bool,
    ) -> R<()> {
        self.enter(ScopeKind::TypeVariable, name, node, part, Span::of(e).start);
        self.scope().scope_info = Some(info);
        self.sees_class(sees)?;
        self.add(".format", def::PARAM, Span::default())?;
        self.expr(e)?;
        self.leave();
        Ok(())
    }

    /// The annotation of a variable.
    fn annotation(&mut self, annotation: &Expr, span: Span) -> R<()> {
        let kind = self.scope().kind;
        let home = self.cur;
        if kind.is_function_like() {
            // Never evaluated; only looked through for errors.
            let saved = std::mem::replace(&mut self.in_unevaluated, true);
            self.enter(ScopeKind::Annotation, "__annotate__", key(annotation), Part::Annotations, span.start);
            self.scope().scope_info = Some("an annotation");
            if self.complete {
                self.add(".format", def::PARAM | def::USE, span)?;
            }
            let result = self.expr(annotation);
            self.leave();
            // The block exists for the walk only.
            self.in_unevaluated = saved;
            return result;
        }
        self.scope().annotations_used = true;
        if (kind == ScopeKind::Module || self.in_conditional)
            && !self.future_annotations
            && !self.scope().conditional_annotations
        {
            self.scope().conditional_annotations = true;
            if kind == ScopeKind::Module {
                self.add("__conditional_annotations__", def::LOCAL, span)?;
            }
            self.add("__conditional_annotations__", def::USE, span)?;
        }
        let block = match self.annotation_blocks.iter().find(|(scope, _)| *scope == home) {
            Some((_, block)) => *block,
            None => {
                let block =
                    self.enter(ScopeKind::Annotation, "__annotate__", home, Part::Annotations, span.start);
                self.annotation_blocks.push((home, block));
                self.scope().scope_info = Some("an annotation");
                self.sees_class(kind == ScopeKind::Class)?;
                self.add(".format", def::PARAM, span)?;
                self.add(".format", def::USE, span)?;
                block
            }
        };
        self.cur = block;
        if self.table.scopes[home].conditional_annotations {
            self.add("__conditional_annotations__", def::USE, span)?;
        }
        self.expr(annotation)?;
        self.cur = home;
        Ok(())
    }

    // ---- expressions ---------------------------------------------------------------------------------------

    fn exprs(&mut self, list: &[Expr]) -> R<()> {
        for e in list {
            self.expr(e)?;
        }
        Ok(())
    }

    fn expr(&mut self, e: &Expr) -> R<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fail::too_deep());
        }
        let result = self.expr_inner(e);
        self.depth -= 1;
        result
    }

    fn expr_inner(&mut self, e: &Expr) -> R<()> {
        let span = Span::of(e);
        match e {
            Expr::BoolOp(b) => self.exprs(&b.values),
            Expr::Named(n) => self.named(n, span),
            Expr::BinOp(b) => {
                // Long chains nest to the left: go down without recursion.
                let mut rights = vec![&*b.right];
                let mut left = &*b.left;
                while let Expr::BinOp(inner) = left {
                    rights.push(&inner.right);
                    left = &inner.left;
                }
                self.expr(left)?;
                rights.into_iter().rev().try_for_each(|r| self.expr(r))
            }
            Expr::UnaryOp(u) => self.expr(&u.operand),
            Expr::Lambda(l) => {
                if let Some(p) = &l.parameters {
                    self.defaults(p)?;
                }
                self.enter(ScopeKind::Lambda, "lambda", key(l), Part::Body, span.start);
                let saved = self.enter_function();
                if let Some(p) = &l.parameters {
                    self.parameters(p)?;
                }
                self.expr(&l.body)?;
                self.in_conditional = saved;
                self.leave();
                Ok(())
            }
            Expr::If(i) => {
                self.expr(&i.test)?;
                self.expr(&i.body)?;
                self.expr(&i.orelse)
            }
            Expr::Dict(d) => {
                for item in &d.items {
                    if let Some(k) = &item.key {
                        self.expr(k)?;
                    }
                }
                d.items.iter().try_for_each(|item| self.expr(&item.value))
            }
            Expr::Set(s) => self.exprs(&s.elts),
            Expr::ListComp(c) => self.comp(ScopeKind::ListComp, key(c), &c.generators, &c.elt, None, span),
            Expr::SetComp(c) => self.comp(ScopeKind::SetComp, key(c), &c.generators, &c.elt, None, span),
            Expr::DictComp(c) => match &c.key {
                Some(k) => self.comp(ScopeKind::DictComp, key(c), &c.generators, k, Some(&c.value), span),
                None => self.comp(ScopeKind::DictComp, key(c), &c.generators, &c.value, None, span),
            },
            Expr::Generator(c) => self.comp(ScopeKind::GenExpr, key(c), &c.generators, &c.elt, None, span),
            Expr::Await(a) => {
                self.not_in_annotation("await expression", span)?;
                self.allow_await(span)?;
                self.expr(&a.value)?;
                self.scope().coroutine = true;
                Ok(())
            }
            Expr::Yield(y) => {
                self.not_in_annotation("yield expression", span)?;
                if let Some(v) = &y.value {
                    self.expr(v)?;
                }
                self.yielding(span)
            }
            Expr::YieldFrom(y) => {
                self.not_in_annotation("yield expression", span)?;
                self.expr(&y.value)?;
                self.yielding(span)
            }
            Expr::Compare(c) => {
                self.expr(&c.left)?;
                self.exprs(&c.comparators)
            }
            Expr::Call(c) => {
                // Method chains nest to the left too, but the parser bounds them.
                self.expr(&c.func)?;
                self.exprs(&c.arguments.args)?;
                for k in &c.arguments.keywords {
                    if let Some(name) = &k.arg {
                        forbidden(name.as_str(), false, Span::of(k))?;
                    }
                }
                c.arguments.keywords.iter().try_for_each(|k| self.expr(&k.value))
            }
            Expr::FString(f) => f.value.elements().try_for_each(|part| self.interpolated(part)),
            Expr::TString(t) => t.value.elements().try_for_each(|part| self.interpolated(part)),
            Expr::Attribute(a) => {
                if !a.ctx.is_load() {
                    forbidden(a.attr.as_str(), a.ctx.is_del(), span)?;
                }
                self.expr(&a.value)
            }
            Expr::Subscript(s) => {
                self.expr(&s.value)?;
                self.expr(&s.slice)
            }
            Expr::Starred(s) => self.expr(&s.value),
            Expr::Name(n) => {
                if n.ctx.is_load() {
                    if self.in_unevaluated {
                        return Ok(());
                    }
                    self.add(&n.id, def::USE, span)?;
                    // Zero-argument super() needs the class cell.
                    if n.id == "super" && self.scope().kind.is_function_like() {
                        self.add("__class__", def::USE, span)?;
                    }
                    Ok(())
                } else {
                    forbidden(&n.id, n.ctx.is_del(), span)?;
                    self.add(&n.id, def::LOCAL, span)
                }
            }
            Expr::List(l) => self.exprs(&l.elts),
            Expr::Tuple(t) => self.exprs(&t.elts),
            Expr::Slice(s) => {
                for part in [&s.lower, &s.upper, &s.step].into_iter().flatten() {
                    self.expr(part)?;
                }
                Ok(())
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => Ok(()),
        }
    }

    fn interpolated(&mut self, part: &ast::InterpolatedStringElement) -> R<()> {
        if let ast::InterpolatedStringElement::Interpolation(i) = part {
            self.expr(&i.expression)?;
            if let Some(spec) = &i.format_spec {
                for part in spec.elements.iter() {
                    self.interpolated(part)?;
                }
            }
        }
        Ok(())
    }

    fn not_in_annotation(&self, what: &str, span: Span) -> R<()> {
        match self.table.scopes[self.cur].scope_info {
            Some(info) => Err(Fail::new(format!("{what} cannot be used within {info}"), span)),
            None => Ok(()),
        }
    }

    /// Whether the block is the module of a source that may wait without a function.
    fn waits_at_top(&self) -> bool {
        self.top_level_await && self.table.scopes[self.cur].kind == ScopeKind::Module
    }

    /// Mistakes of `await` count even in code that is left out.
    fn allow_await(&mut self, span: Span) -> R<()> {
        let scope = &self.table.scopes[self.cur];
        if self.waits_at_top() || scope.coroutine || scope.kind.is_comprehension() {
            return Ok(());
        }
        let function = scope.kind.is_function_like();
        let what = if function { "'await' outside async function" } else { "'await' outside function" };
        Err(Fail::new(what, span))
    }

    fn yielding(&mut self, span: Span) -> R<()> {
        self.scope().generator = true;
        let what = match self.scope().kind {
            ScopeKind::ListComp => "'yield' inside list comprehension",
            ScopeKind::SetComp => "'yield' inside set comprehension",
            ScopeKind::DictComp => "'yield' inside dict comprehension",
            ScopeKind::GenExpr => "'yield' inside generator expression",
            _ => return Ok(()),
        };
        Err(Fail::new(what, span))
    }

    fn named(&mut self, n: &ast::ExprNamed, span: Span) -> R<()> {
        self.not_in_annotation("named expression", span)?;
        if self.comp_iter_expr > 0 {
            return Err(Fail::new(
                "assignment expression cannot be used in a comprehension iterable expression",
                span,
            ));
        }
        let Expr::Name(target) = &*n.target else { return Ok(()) };
        if self.scope().kind.is_comprehension() {
            self.walrus_in_comprehension(&target.id, Span::of(target))?;
        }
        self.expr(&n.value)?;
        self.scope().has_walrus = true;
        let unit = self.table.unit_of(self.cur);
        self.table.scopes[unit].has_walrus = true;
        if self.scope().kind.is_comprehension() {
            return forbidden(&target.id, false, Span::of(target));
        }
        self.expr(&n.target)
    }

    fn walrus_in_comprehension(&mut self, name: &str, span: Span) -> R<()> {
        let mut at = Some(self.cur);
        while let Some(id) = at {
            let scope = &self.table.scopes[id];
            let kind = scope.kind;
            let mangled = self.mangled(name);
            if kind.is_comprehension() {
                if scope.symbols.get(&mangled).is_some_and(|s| s.flags & def::COMP_ITER != 0) {
                    return Err(Fail::new(
                        format!(
                            "assignment expression cannot rebind comprehension iteration variable '{name}'"
                        ),
                        span,
                    ));
                }
                at = scope.parent;
                continue;
            }
            let info = match kind {
                ScopeKind::Function | ScopeKind::Lambda => {
                    let global = scope.symbols.get(&mangled).is_some_and(|s| s.flags & def::GLOBAL != 0);
                    let flag = if global { def::GLOBAL } else { def::NONLOCAL | def::COMP_WALRUS };
                    self.add(name, flag, span)?;
                    self.note_directive(name, span);
                    if !global
                        && self.table.scopes[id]
                            .symbols
                            .get(&mangled)
                            .is_none_or(|s| s.flags & def::NONLOCAL == 0)
                    {
                        self.add_in(id, name, def::LOCAL, span)?;
                    }
                    return Ok(());
                }
                ScopeKind::Module => {
                    self.add(name, def::GLOBAL, span)?;
                    self.note_directive(name, span);
                    return self.add_in(id, name, def::GLOBAL, span);
                }
                ScopeKind::Class => "cannot be used in a class body",
                ScopeKind::TypeParams => "cannot be used within the definition of a generic",
                ScopeKind::TypeAlias => "cannot be used in a type alias",
                _ => "cannot be used in a TypeVar bound",
            };
            return Err(Fail::new(format!("assignment expression within a comprehension {info}"), span));
        }
        Ok(())
    }

    fn note_directive(&mut self, name: &str, span: Span) {
        let mangled = self.mangled(name);
        if let Some(symbol) = self.scope().symbols.get_mut(&mangled) {
            symbol.directive.get_or_insert((span.start, span.end));
        }
    }

    fn comp(
        &mut self,
        kind: ScopeKind,
        node: usize,
        generators: &[ast::Comprehension],
        elt: &Expr,
        value: Option<&Expr>,
        span: Span,
    ) -> R<()> {
        let Some((first, rest)) = generators.split_first() else { return Ok(()) };
        self.comp_iter_expr += 1;
        self.expr(&first.iter)?;
        self.comp_iter_expr -= 1;
        let name = match kind {
            ScopeKind::ListComp => "listcomp",
            ScopeKind::SetComp => "setcomp",
            ScopeKind::DictComp => "dictcomp",
            _ => "genexpr",
        };
        let parent = self.cur;
        // A block is a generator when it yields; in a generator expression the element is what is yielded.
        let sees = self.table.scopes[parent].can_see_class;
        let info = self.table.scopes[parent].scope_info.filter(|_| false);
        self.enter(kind, name, node, Part::Body, span.start);
        self.scope().inlined = kind != ScopeKind::GenExpr && !sees;
        self.scope().scope_info = info;
        self.scope().coroutine = first.is_async;
        if !self.scope().inlined {
            self.add(".0", def::PARAM, span)?;
        }
        self.target(&first.target)?;
        self.exprs(&first.ifs)?;
        for g in rest {
            if g.is_async {
                self.scope().coroutine = true;
            }
            self.target(&g.target)?;
            self.comp_iter_expr += 1;
            self.expr(&g.iter)?;
            self.comp_iter_expr -= 1;
            self.exprs(&g.ifs)?;
        }
        if let Some(value) = value {
            // CPython visits the value first here only in name; the order shows in errors alone.
            self.expr(elt)?;
            self.expr(value)?;
        } else {
            self.expr(elt)?;
        }
        self.scope().generator |= kind == ScopeKind::GenExpr;
        let is_async = self.scope().coroutine && kind != ScopeKind::GenExpr;
        self.leave();
        if is_async {
            let at_top = self.waits_at_top();
            let scope = self.scope();
            if !scope.coroutine && !scope.kind.is_comprehension() && !at_top {
                return Err(Fail::new(
                    "asynchronous comprehension outside of an asynchronous function",
                    span,
                ));
            }
            self.scope().coroutine = true;
        }
        Ok(())
    }

    /// `async for` and `async with` make a coroutine of a module where they are allowed.
    fn asynchronous(&mut self, mistake: &'static str, span: Span) -> R<()> {
        let at_top = self.waits_at_top();
        let scope = self.scope();
        scope.coroutine |= at_top;
        if scope.coroutine { Ok(()) } else { Err(Fail::new(mistake, span)) }
    }

    fn target(&mut self, target: &Expr) -> R<()> {
        let saved = std::mem::replace(&mut self.comp_iter_target, true);
        let result = self.expr(target);
        self.comp_iter_target = saved;
        result
    }

    fn pattern(&mut self, pattern: &Pattern) -> R<()> {
        let span = Span::of(pattern);
        match pattern {
            Pattern::MatchValue(v) => self.expr(&v.value),
            Pattern::MatchSingleton(_) => Ok(()),
            Pattern::MatchSequence(s) => s.patterns.iter().try_for_each(|p| self.pattern(p)),
            Pattern::MatchMapping(m) => {
                self.exprs(&m.keys)?;
                m.patterns.iter().try_for_each(|p| self.pattern(p))?;
                match &m.rest {
                    Some(name) => self.assign(name.as_str(), def::LOCAL, span),
                    None => Ok(()),
                }
            }
            Pattern::MatchClass(c) => {
                self.expr(&c.cls)?;
                c.arguments.patterns.iter().try_for_each(|p| self.pattern(p))?;
                for k in &c.arguments.keywords {
                    forbidden(k.attr.as_str(), false, Span::of(&k.pattern))?;
                }
                c.arguments.keywords.iter().try_for_each(|k| self.pattern(&k.pattern))
            }
            Pattern::MatchStar(s) => match &s.name {
                Some(name) => self.assign(name.as_str(), def::LOCAL, span),
                None => Ok(()),
            },
            Pattern::MatchAs(a) => {
                if let Some(p) = &a.pattern {
                    self.pattern(p)?;
                }
                match &a.name {
                    Some(name) => self.assign(name.as_str(), def::LOCAL, span),
                    None => Ok(()),
                }
            }
            Pattern::MatchOr(o) => o.patterns.iter().try_for_each(|p| self.pattern(p)),
        }
    }
}

fn forbidden(name: &str, delete: bool, span: Span) -> R<()> {
    if name != "__debug__" {
        return Ok(());
    }
    let verb = if delete { "delete" } else { "assign to" };
    Err(Fail::new(format!("cannot {verb} __debug__"), span))
}

fn parameters(p: &ast::Parameters) -> impl Iterator<Item = &ast::ParameterWithDefault> {
    p.posonlyargs.iter().chain(p.args.iter())
}

fn kwonly_defaults(p: &ast::Parameters) -> bool {
    p.kwonlyargs.iter().any(|p| p.default.is_some())
}

/// The string literal that a body begins with.
pub(crate) fn docstring(body: &[Stmt]) -> Option<&ast::ExprStringLiteral> {
    match body.first()? {
        Stmt::Expr(e) => e.value.as_string_literal_expr(),
        _ => None,
    }
}
