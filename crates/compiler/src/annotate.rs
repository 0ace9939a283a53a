//! Annotations (PEP 649) and type parameters (PEP 695, 696): code that is evaluated when asked for.

use taipan_bytecode::{CodeData, CommonConstant, Const, Imm, Intrinsic1, Intrinsic2, Op, flags};
use taipan_syntax::ast::{self, Expr};

use crate::compiler::Compiler;
use crate::error::{R, Span};
use crate::function::missing;
use crate::scope::{Part, ScopeId, mangle};
use crate::unit::{Deferred, Reg};

impl<'a> Compiler<'a> {
    /// Starts code that takes a format and refuses the ones it does not know.
    fn enter_evaluator(&mut self, scope: ScopeId, name: &str, span: Span) {
        self.enter_unit(scope, name, span);
        let u = self.u();
        u.argcount = 1;
        u.posonlyargcount = 1;
        u.nparams = 1;
        u.local("format");
        self.make_cells();
        let fine = self.u().label();
        self.u().jump_op(Op::JumpUnlessGtI, 0, 2, fine);
        let t = self.u().top();
        self.load_common(t, CommonConstant::NotImplementedError);
        self.emit(Op::Raise, 0, t, 0, 0);
        self.u().place(fine);
    }

    /// Pushes what a function's annotations are set from; returns `set_function_attr`'s number for it, 0 when there
    /// are none.
    pub fn function_annotations(&mut self, f: &'a ast::StmtFunctionDef, span: Span) -> R<u8> {
        let Some(scope) = self.table.find(f, Part::Annotations) else { return Ok(0) };
        if !self.table.scopes[scope].annotations_used {
            return Ok(0);
        }
        let private = self.unit().private.clone();
        let mut list: Vec<(String, &'a Expr, bool)> = Vec::new();
        let p = &f.parameters;
        let mut add = |p: &'a ast::Parameter, star: bool| {
            if let Some(a) = &p.annotation {
                list.push((mangle(private.as_ref(), p.name.as_str()), a, star));
            }
        };
        p.posonlyargs.iter().chain(p.args.iter()).for_each(|p| add(&p.parameter, false));
        if let Some(p) = &p.vararg {
            add(p, true);
        }
        p.kwonlyargs.iter().for_each(|p| add(&p.parameter, false));
        if let Some(p) = &p.kwarg {
            add(p, false);
        }
        if let Some(r) = &f.returns {
            list.push(("return".to_string(), r, false));
        }
        let as_text = self.future(flags::FUTURE_ANNOTATIONS);
        let body = self.table.find(f, Part::Body);
        let owner = body.map(|body| self.qualname(body, f.name.as_str()));
        self.enter_evaluator(scope, "__annotate__", span);
        if let Some(owner) = owner {
            self.u().qualname = format!("{owner}.__annotate__");
        }
        let map = self.u().top();
        let short = list.len() <= crate::expr::LONG_DISPLAY / 2;
        let map_first = !short;
        if map_first {
            self.u().take();
            self.emit(Op::BuildMap, 0, map, map, 0);
        }
        for (name, e, star) in &list {
            let mark = self.unit().depth;
            let key = self.u().take();
            self.u().load_str(key, name);
            match e {
                e if as_text => {
                    let text = self.annotation_text(e);
                    let t = self.u().take();
                    self.u().load_str(t, &text);
                }
                Expr::Starred(s) if *star => {
                    let r = self.push(&s.value)?;
                    self.emit(Op::UnpackSequence, 0, r, r, 1);
                }
                e => {
                    self.push(e)?;
                }
            }
            if map_first {
                self.emit(Op::MapAdd, 0, map, key, key + 1);
                self.u().depth = mark;
            }
        }
        if !map_first {
            self.emit(Op::BuildMap, 0, map, map, list.len() as u32);
        }
        self.emit(Op::ReturnValue, 0, map, 0, 0);
        let code = self.leave_unit()?;
        let t = self.u().top();
        self.make_function(code, t)?;
        self.u().take();
        Ok(16)
    }

    /// The code of a module's or class's `__annotate__`.
    pub fn annotate_code(&mut self, owner: ScopeId, deferred: &[Deferred<'a>]) -> R<CodeData> {
        let Some(&scope) = self.table.by_node.get(&(owner, Part::Annotations)) else { return missing() };
        let span = self.unit().span;
        self.enter_evaluator(scope, "__annotate__", span);
        let map = self.u().take();
        self.emit(Op::BuildMap, 0, map, map, 0);
        for d in deferred {
            let next = self.u().label();
            self.at(d.span);
            let mark = self.unit().depth;
            if let Some(index) = d.index {
                let n = self.u().take();
                self.load_const(n, Const::Int(index as i64));
                let set = self.u().take();
                self.load_name("__conditional_annotations__", set);
                self.emit(Op::Contains, 0, n, n, set);
                self.u().jump_op(Op::JumpIfFalse, n, 0, next);
                self.u().depth = mark;
            }
            let value = self.push(d.annotation)?;
            let key = self.u().take();
            self.u().load_str(key, &d.name);
            self.emit(Op::MapAdd, 0, map, key, value);
            self.u().depth = mark;
            self.u().place(next);
        }
        self.emit(Op::ReturnValue, 0, map, 0, 0);
        self.leave_unit()
    }

    /// A function that evaluates `e`, as `type` statements and type parameters keep it, into `dst`.
    fn evaluator(&mut self, scope: ScopeId, name: &str, e: &'a Expr, dst: Reg) -> R<()> {
        let depth = self.unit().depth;
        let span = Span::of(e);
        self.enter_evaluator(scope, name, span);
        let r = match e {
            Expr::Starred(s) => {
                let r = self.push(&s.value)?;
                self.emit(Op::UnpackSequence, 0, r, r, 1);
                r
            }
            e => self.operand(e)?,
        };
        self.emit(Op::ReturnValue, 0, r, 0, 0);
        let code = self.leave_unit()?;
        let function = self.u().take();
        self.make_function(code, function)?;
        let defaults = self.u().top();
        self.load_const(defaults, Const::Tuple(vec![Const::Int(1)]));
        self.emit(Op::SetFunctionAttr, 1, function, defaults, 0);
        self.u().mov(dst, function);
        self.u().depth = depth;
        Ok(())
    }

    /// Makes the type parameters, binds their names, and puts the tuple of them in `dst` (taken already).
    pub fn type_params(&mut self, params: &'a ast::TypeParams, dst: Reg) -> R<()> {
        let saved = self.unit().span;
        let depth = self.unit().depth;
        let base = self.u().top();
        for p in &params.type_params {
            self.at(Span::of(p));
            let (name, bound, default, kind) = match p {
                ast::TypeParam::TypeVar(t) => {
                    (&t.name, t.bound.as_deref(), t.default.as_deref(), Intrinsic1::TypeVar)
                }
                ast::TypeParam::TypeVarTuple(t) => {
                    (&t.name, None, t.default.as_deref(), Intrinsic1::TypeVarTuple)
                }
                ast::TypeParam::ParamSpec(t) => (&t.name, None, t.default.as_deref(), Intrinsic1::ParamSpec),
            };
            let t = self.u().take();
            self.u().load_str(t, name.as_str());
            match bound {
                Some(bound) => {
                    let Some(&scope) = self.table.by_node.get(&(crate::scope::key(p), Part::Bound)) else {
                        return missing();
                    };
                    let f = self.u().top();
                    self.evaluator(scope, name.as_str(), bound, f)?;
                    let kind = if bound.is_tuple_expr() {
                        Intrinsic2::TypeVarWithConstraints
                    } else {
                        Intrinsic2::TypeVarWithBound
                    };
                    self.emit(Op::Intrinsic2, kind as u8, t, t, f);
                }
                None => self.emit(Op::Intrinsic1, kind as u8, t, t, 0),
            }
            if let Some(default) = default {
                let Some(&scope) = self.table.by_node.get(&(crate::scope::key(p), Part::Default)) else {
                    return missing();
                };
                let f = self.u().top();
                self.evaluator(scope, name.as_str(), default, f)?;
                self.emit(Op::Intrinsic2, Intrinsic2::SetTypeparamDefault as u8, t, t, f);
            }
            let copy = self.u().top();
            self.emit(Op::Copy, 0, copy, t, 0);
            self.store_name(name.as_str(), copy);
        }
        self.at(saved);
        self.emit(Op::BuildTuple, 0, dst, base, params.type_params.len() as u32);
        self.u().depth = depth;
        Ok(())
    }

    pub fn type_alias(&mut self, t: &'a ast::StmtTypeAlias) -> R<()> {
        let Expr::Name(name) = &*t.name else { return Ok(()) };
        let span = Span::of(t);
        let Some(scope) = self.table.find(t, Part::Body) else { return missing() };
        let result = self.u().top();
        match &t.type_params {
            None => {
                let base = self.u().take();
                self.u().load_str(base, &name.id);
                let none = self.u().take();
                self.u().load_imm(none, Imm::None);
                let f = self.u().take();
                self.evaluator(scope, &name.id, &t.value, f)?;
                self.emit(Op::BuildTuple, 0, base, base, 3);
                self.emit(Op::Intrinsic1, Intrinsic1::TypeAlias as u8, base, base, 0);
            }
            Some(params) => {
                let Some(outer) = self.table.find(&**params, Part::TypeParams) else { return missing() };
                let title = format!("<generic parameters of {}>", name.id);
                self.enter_unit(outer, &title, span);
                self.make_cells();
                let base = self.u().take();
                self.u().load_str(base, &name.id);
                let tuple = self.u().take();
                self.type_params(params, tuple)?;
                let f = self.u().take();
                self.evaluator(scope, &name.id, &t.value, f)?;
                self.emit(Op::BuildTuple, 0, base, base, 3);
                self.emit(Op::Intrinsic1, Intrinsic1::TypeAlias as u8, base, base, 0);
                self.emit(Op::ReturnValue, 0, base, 0, 0);
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
        self.at(span);
        self.store_name(&name.id, result);
        Ok(())
    }

    /// An annotation as text, for `from __future__ import annotations`.
    pub fn annotation_text(&self, e: &Expr) -> String {
        crate::unparse::unparse(e, self.tree)
    }
}
