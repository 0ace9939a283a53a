//! Functions, lambdas and classes.

use taipan_bytecode::{CodeData, Const, Imm, Intrinsic1, Intrinsic2, Op, flags};
use taipan_syntax::ast::{self, Parameters};

use crate::build::docstring;
use crate::compiler::Compiler;
use crate::error::{Fail, R, Span};
use crate::literals::clean_doc;
use crate::scope::{Part, ScopeId, mangle};
use crate::unit::{CELL, NO_SPAN, Reg, TEMP};

impl<'a> Compiler<'a> {
    /// Pushes every decorator with the EMPTY of its call.
    fn decorators(&mut self, list: &'a [ast::Decorator]) -> R<()> {
        for d in list {
            self.push(&d.expression)?;
            let empty = self.u().take();
            let saved = self.at(Span::of(&d.expression));
            self.u().load_imm(empty, Imm::Empty);
            self.at(saved);
        }
        Ok(())
    }

    /// Calls the decorators on the topmost temporary; the result takes the first one's place, which is returned.
    fn decorate(&mut self, list: &'a [ast::Decorator], value: Reg) -> Reg {
        let mut at = value;
        for d in list.iter().rev() {
            self.at(Span::of(&d.expression));
            at -= 2;
            self.emit(Op::Call, 1, at, at, 0);
        }
        at
    }

    fn first_line(list: &[ast::Decorator], span: Span) -> Span {
        match list.first() {
            Some(d) => Span { start: Span::of(&d.expression).start, end: span.end },
            None => span,
        }
    }

    /// The `def` or `class` statement without its decorators.
    fn header_span(&self, name: Span, span: Span, decorated: bool, text: &str) -> Span {
        let span = Span { start: span.start, end: self.behind_semicolon(span.end) };
        if !decorated {
            return span;
        }
        // The statement starts at its keyword; the last one before the name is it.
        match self.tree.text(Span { start: span.start, end: name.start }) {
            Some(source) => match source.rfind(text) {
                Some(at) => Span { start: span.start + at as u32, end: span.end },
                None => span,
            },
            None => span,
        }
    }

    /// A semicolon at the end of a body counts as part of what the body belongs to.
    fn behind_semicolon(&self, end: u32) -> u32 {
        let Some(rest) = self.tree.text(Span { start: end, end: u32::MAX }) else { return end };
        let blank = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\x0c')).count();
        if rest.as_bytes().get(blank) == Some(&b';') { end + blank as u32 + 1 } else { end }
    }

    pub fn function_def(&mut self, f: &'a ast::StmtFunctionDef) -> R<()> {
        let span = Span::of(f);
        let keyword = if f.is_async { "async" } else { "def" };
        let header = self.header_span(Span::of(&f.name), span, !f.decorator_list.is_empty(), keyword);
        self.decorators(&f.decorator_list)?;
        let first = Self::first_line(&f.decorator_list, span);
        self.at(header);
        let t = self.u().top();
        match &f.type_params {
            None => self.function_object(f, header, first, t)?,
            Some(params) => {
                let Some(scope) = self.table.find(&**params, Part::TypeParams) else { return missing() };
                // [function][EMPTY][defaults][kwdefaults]
                let function = self.u().take();
                let empty = self.u().take();
                let (defaults, kwdefaults) = self.push_defaults(&f.parameters)?;
                let nargs = defaults as u32 + kwdefaults as u32;
                let name = format!("<generic parameters of {}>", f.name);
                self.enter_unit(scope, &name, first);
                self.at(header);
                for (have, local) in [(defaults, ".defaults"), (kwdefaults, ".kwdefaults")] {
                    if have {
                        self.u().local(local);
                        self.u().argcount += 1;
                        self.u().nparams += 1;
                    }
                }
                self.make_cells();
                let tuple = self.u().take();
                self.type_params(params, tuple)?;
                let inner = self.u().take();
                if defaults {
                    let t = self.u().take();
                    self.load_name(".defaults", t);
                }
                if kwdefaults {
                    let t = self.u().take();
                    self.load_name(".kwdefaults", t);
                }
                self.function_with_defaults(f, header, first, inner, defaults, kwdefaults)?;
                let n = Intrinsic2::SetFunctionTypeParams as u8;
                self.emit(Op::Intrinsic2, n, inner, inner, tuple);
                self.emit(Op::ReturnValue, 0, inner, 0, 0);
                let code = self.leave_unit()?;
                let top = self.u().top();
                self.make_function(code, top)?;
                self.u().mov(function, top);
                self.u().load_imm(empty, Imm::Empty);
                self.emit(Op::Call, nargs as u8, function, function, 0);
                self.u().mov(t, function);
            }
        }
        self.u().depth = (t & !TEMP) + 1;
        let at = self.decorate(&f.decorator_list, t);
        self.at(header);
        self.store_name(f.name.as_str(), at);
        Ok(())
    }

    /// Pushes the tuple of defaults and the dict of keyword-only ones; which of them there are.
    fn push_defaults(&mut self, p: &'a Parameters) -> R<(bool, bool)> {
        let list: Vec<&'a ast::Expr> =
            p.posonlyargs.iter().chain(p.args.iter()).filter_map(|p| p.default.as_deref()).collect();
        if !list.is_empty() {
            let constants = list.iter().map(|e| self.fold(e)).collect::<Option<Vec<_>>>();
            if let Some(items) = constants {
                let t = self.u().take();
                self.load_const(t, Const::Tuple(items));
            } else {
                let base = self.u().top();
                for e in &list {
                    self.push(e)?;
                }
                self.emit(Op::BuildTuple, 0, base, base, list.len() as u32);
                self.u().depth = (base & !TEMP) + 1;
            }
        }
        let kwonly: Vec<_> = p
            .kwonlyargs
            .iter()
            .filter_map(|p| p.default.as_deref().map(|d| (p.parameter.name.as_str(), d)))
            .collect();
        if !kwonly.is_empty() {
            let base = self.u().top();
            for (name, e) in &kwonly {
                let name = self.mangled(name);
                let t = self.u().take();
                self.u().load_str(t, &name);
                self.push(e)?;
            }
            self.emit(Op::BuildMap, 0, base, base, kwonly.len() as u32);
            self.u().depth = (base & !TEMP) + 1;
        }
        Ok((!list.is_empty(), !kwonly.is_empty()))
    }

    fn function_object(&mut self, f: &'a ast::StmtFunctionDef, span: Span, first: Span, dst: Reg) -> R<()> {
        let (defaults, kwdefaults) = self.push_defaults(&f.parameters)?;
        self.function_with_defaults(f, span, first, dst, defaults, kwdefaults)
    }

    /// The function, into `dst`; its defaults are the topmost temporaries.
    fn function_with_defaults(
        &mut self,
        f: &'a ast::StmtFunctionDef,
        span: Span,
        first: Span,
        dst: Reg,
        defaults: bool,
        kwdefaults: bool,
    ) -> R<()> {
        let base = self.unit().depth - defaults as u32 - kwdefaults as u32;
        let annotations = self.function_annotations(f, span)?;
        let Some(scope) = self.table.find(f, Part::Body) else { return missing() };
        let code = self.function_code(f, scope, first)?;
        let function = self.u().top();
        self.at(span);
        self.make_function(code, function)?;
        self.u().depth += 1;
        let mut at = self.u().temp(base);
        for (have, what) in [(defaults, 1), (kwdefaults, 2), (annotations != 0, annotations)] {
            if have {
                self.emit(Op::SetFunctionAttr, what, function, at, 0);
                at += 1;
            }
        }
        self.u().mov(dst, function);
        self.u().depth = base;
        Ok(())
    }

    fn function_code(&mut self, f: &'a ast::StmtFunctionDef, scope: ScopeId, first: Span) -> R<CodeData> {
        self.enter_unit(scope, f.name.as_str(), first);
        self.parameters(&f.parameters);
        let block = &self.table.scopes[scope];
        let (generator, is_method) = (block.generator, block.is_method);
        let u = self.u();
        u.flags |= match (f.is_async, generator) {
            (true, true) => flags::ASYNC_GENERATOR,
            (true, false) => flags::COROUTINE,
            (false, true) => flags::GENERATOR,
            (false, false) => 0,
        };
        if is_method {
            u.flags |= flags::METHOD;
        }
        let mut body = &f.body[..];
        if let Some(doc) = docstring(body) {
            if self.settings.optimize < 2 {
                let text = clean_doc(&self.tree.string(doc));
                self.u().constant(Const::Str(text.into()));
                self.u().flags |= flags::HAS_DOCSTRING;
            }
            body = &body[1..];
        }
        let handler = self.begin_generator();
        self.make_cells();
        self.body(body)?;
        self.at(NO_SPAN);
        self.return_none();
        self.end_generator(handler);
        self.leave_unit()
    }

    fn parameters(&mut self, p: &'a Parameters) {
        let private = self.unit().private.clone();
        let u = self.u();
        u.posonlyargcount = p.posonlyargs.len() as u32;
        u.argcount = (p.posonlyargs.len() + p.args.len()) as u32;
        u.kwonlyargcount = p.kwonlyargs.len() as u32;
        let plain = p.posonlyargs.iter().chain(p.args.iter()).chain(p.kwonlyargs.iter());
        for p in plain {
            u.local(&mangle(private.as_ref(), p.parameter.name.as_str()));
        }
        if let Some(p) = &p.vararg {
            u.flags |= flags::VARARGS;
            u.local(&mangle(private.as_ref(), p.name.as_str()));
        }
        if let Some(p) = &p.kwarg {
            u.flags |= flags::VARKEYWORDS;
            u.local(&mangle(private.as_ref(), p.name.as_str()));
        }
        u.nparams = u.locals.len() as u32;
    }

    pub fn lambda(&mut self, l: &'a ast::ExprLambda, dst: Reg) -> R<()> {
        let base = self.unit().depth;
        let (defaults, kwdefaults) = match &l.parameters {
            Some(p) => self.push_defaults(p)?,
            None => (false, false),
        };
        let Some(scope) = self.table.find(l, Part::Body) else { return missing() };
        self.enter_unit(scope, "<lambda>", Span::of(l));
        if let Some(p) = &l.parameters {
            self.parameters(p);
        }
        if self.table.scopes[scope].generator {
            self.u().flags |= flags::GENERATOR;
        }
        let handler = self.begin_generator();
        self.make_cells();
        self.at(Span::of(&*l.body));
        let r = self.operand(&l.body)?;
        if self.table.scopes[scope].generator {
            // The value of a lambda that yields is what it returns, as in any other.
        }
        self.emit(Op::ReturnValue, 0, r, 0, 0);
        self.end_generator(handler);
        let code = self.leave_unit()?;
        let function = self.u().top();
        self.make_function(code, function)?;
        let mut at = self.u().temp(base);
        for (have, what) in [(defaults, 1), (kwdefaults, 2)] {
            if have {
                self.emit(Op::SetFunctionAttr, what, function, at, 0);
                at += 1;
            }
        }
        self.u().mov(dst, function);
        Ok(())
    }

    // ---- classes -------------------------------------------------------------------------------------------

    pub fn class_def(&mut self, c: &'a ast::StmtClassDef) -> R<()> {
        let span = Span::of(c);
        let header = self.header_span(Span::of(&c.name), span, !c.decorator_list.is_empty(), "class");
        self.decorators(&c.decorator_list)?;
        let first = Self::first_line(&c.decorator_list, span);
        self.at(header);
        let t = self.u().top();
        match &c.type_params {
            None => self.class_object(c, header, first, t, false)?,
            Some(params) => {
                let Some(scope) = self.table.find(&**params, Part::TypeParams) else { return missing() };
                let name = format!("<generic parameters of {}>", c.name);
                self.enter_unit(scope, &name, first);
                self.at(header);
                self.make_cells();
                let tuple = self.u().take();
                self.type_params(params, tuple)?;
                self.store_name(".type_params", tuple);
                self.u().depth -= 1;
                let class = self.u().top();
                self.class_object(c, header, first, class, true)?;
                self.emit(Op::ReturnValue, 0, class, 0, 0);
                let code = self.leave_unit()?;
                let function = self.u().take();
                let empty = self.u().take();
                let top = self.u().top();
                self.make_function(code, top)?;
                self.u().mov(function, top);
                self.u().load_imm(empty, Imm::Empty);
                self.emit(Op::Call, 0, function, function, 0);
            }
        }
        self.u().depth = (t & !TEMP) + 1;
        let at = self.decorate(&c.decorator_list, t);
        self.at(header);
        self.store_name(c.name.as_str(), at);
        Ok(())
    }

    /// Calls `__build_class__`, into `dst`.
    fn class_object(
        &mut self,
        c: &'a ast::StmtClassDef,
        span: Span,
        first: Span,
        dst: Reg,
        generic: bool,
    ) -> R<()> {
        let depth = self.unit().depth;
        let Some(scope) = self.table.find(c, Part::Body) else { return missing() };
        let code = self.class_code(c, scope, first, generic)?;
        self.at(span);
        let base = self.u().take();
        self.emit(Op::LoadBuildClass, 0, base, 0, 0);
        let empty = self.u().take();
        self.u().load_imm(empty, Imm::Empty);
        let function = self.u().top();
        self.make_function(code, function)?;
        self.u().depth += 1;
        let name = self.u().take();
        self.u().load_str(name, c.name.as_str());
        let (args, keywords): (&'a [ast::Expr], &'a [ast::Keyword]) = match &c.arguments {
            Some(a) => (&a.args, &a.keywords),
            None => (&[], &[]),
        };
        if generic {
            let t = self.u().top();
            self.load_name(".type_params", t);
            self.emit(Op::Intrinsic1, Intrinsic1::SubscriptGeneric as u8, t, t, 0);
            self.store_name(".generic_base", t);
            self.generic_class_call(args, keywords, base, dst)?;
        } else {
            self.call_args(args, keywords, base, dst, 2)?;
        }
        self.u().depth = depth;
        Ok(())
    }

    /// The call for a generic class: `Generic[…]` is one more base, after the others.
    fn generic_class_call(
        &mut self,
        args: &'a [ast::Expr],
        keywords: &'a [ast::Keyword],
        base: Reg,
        dst: Reg,
    ) -> R<()> {
        let plain = !args.iter().any(|e| e.is_starred_expr()) && keywords.iter().all(|k| k.arg.is_some());
        if plain && args.len() + keywords.len() < 240 {
            for e in args {
                self.push(e)?;
            }
            let t = self.u().take();
            self.load_name(".generic_base", t);
            return self.call_args(&[], keywords, base, dst, args.len() + 3);
        }
        let first = base + 2;
        self.emit(Op::BuildList, 0, first, first, 2);
        self.u().depth -= 1;
        for e in args {
            let mark = self.unit().depth;
            let (op, e) = match e {
                ast::Expr::Starred(s) => (Op::ListExtend, &*s.value),
                e => (Op::ListAppend, e),
            };
            let r = self.operand(e)?;
            self.emit(op, 0, first, r, 0);
            self.u().depth = mark;
        }
        let t = self.u().top();
        self.load_name(".generic_base", t);
        self.emit(Op::ListAppend, 0, first, t, 0);
        self.emit(Op::ListToTuple, 0, first, first, 0);
        self.call_ex_keywords(keywords, base, dst)
    }

    fn class_code(
        &mut self,
        c: &'a ast::StmtClassDef,
        scope: ScopeId,
        first: Span,
        generic: bool,
    ) -> R<CodeData> {
        self.enter_unit(scope, c.name.as_str(), first);
        let line = self.unit().firstlineno;
        let span = self.tree.line_start(first);
        self.at(span);
        self.make_cells();
        let t = self.u().top();
        self.load_name("__name__", t);
        self.store_name("__module__", t);
        let qualname = self.unit().qualname.clone();
        self.u().load_str(t, &qualname);
        self.store_name("__qualname__", t);
        self.load_const(t, Const::Int(line as i64));
        self.store_name("__firstlineno__", t);
        if generic {
            self.load_name(".type_params", t);
            self.store_name("__type_params__", t);
        }
        let block = &self.table.scopes[scope];
        let (classdict, class_closure, conditional, annotations) = (
            block.needs_classdict,
            block.needs_class_closure,
            block.conditional_annotations,
            block.annotations_used,
        );
        let cell = |c: &Self, name: &str| c.unit().cell_map.get(name).map(|i| CELL | i);
        if classdict && let Some(i) = cell(self, "__classdict__") {
            self.emit(Op::LoadLocals, 0, t, 0, 0);
            self.emit(Op::StoreCell, 0, i, t, 0);
        }
        if conditional && let Some(i) = cell(self, "__conditional_annotations__") {
            self.emit(Op::BuildSet, 0, t, t, 0);
            self.emit(Op::StoreCell, 0, i, t, 0);
        }
        let future = self.future(flags::FUTURE_ANNOTATIONS);
        if annotations && future {
            self.emit(Op::SetupAnnotations, 0, 0, 0, 0);
        }
        let rest = self.docstring(&c.body)?;
        self.body(rest)?;
        self.at(span);
        let deferred = std::mem::take(&mut self.u().deferred);
        if !deferred.is_empty() {
            let code = self.annotate_code(scope, &deferred)?;
            self.make_function(code, t)?;
            self.store_name("__annotate_func__", t);
        }
        let mut attributes = std::mem::take(&mut self.u().static_attributes);
        attributes.sort();
        self.at(NO_SPAN);
        let attributes = attributes.iter().map(|a| Const::str(a)).collect();
        self.load_const(t, Const::Tuple(attributes));
        self.store_name("__static_attributes__", t);
        if classdict && let Some(i) = cell(self, "__classdict__") {
            self.emit(Op::LoadClosureCell, 0, t, i, 0);
            self.store_name("__classdictcell__", t);
        }
        if class_closure && let Some(i) = cell(self, "__class__") {
            self.emit(Op::LoadClosureCell, 0, t, i, 0);
            self.emit(Op::Copy, 0, t + 1, t, 0);
            self.store_name("__classcell__", t + 1);
            self.emit(Op::ReturnValue, 0, t, 0, 0);
        } else {
            self.return_none();
        }
        self.leave_unit()
    }
}

pub(crate) fn missing<T>() -> R<T> {
    Err(Fail::limit("scope without a symbol table entry"))
}
