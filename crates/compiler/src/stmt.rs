//! Statements that no handler guards.

use taipan_bytecode::{CommonConstant, Const, Imm, Intrinsic1, Op, flags};
use taipan_syntax::ast::{self, Expr, Stmt};

use crate::compiler::Compiler;
use crate::error::{R, Span};
use crate::fold::truth;
use crate::scope::ScopeKind;
use crate::unit::{Deferred, NO_SPAN, Reg, is_temp};

impl<'a> Compiler<'a> {
    pub fn stmt(&mut self, stmt: &'a Stmt) -> R<()> {
        self.at(Span::of(stmt));
        let depth = self.unit().depth;
        let saved_conditional = self.unit().in_conditional;
        if matches!(
            stmt,
            Stmt::If(_) | Stmt::For(_) | Stmt::While(_) | Stmt::Try(_) | Stmt::With(_) | Stmt::Match(_)
        ) {
            self.u().in_conditional = true;
        }
        self.nested(|c| c.stmt_inner(stmt))?;
        self.u().in_conditional = saved_conditional;
        self.u().depth = depth;
        Ok(())
    }

    fn stmt_inner(&mut self, stmt: &'a Stmt) -> R<()> {
        let span = Span::of(stmt);
        match stmt {
            Stmt::FunctionDef(f) => self.function_def(f),
            Stmt::ClassDef(c) => self.class_def(c),
            Stmt::TypeAlias(t) => self.type_alias(t),
            Stmt::Return(r) => {
                if !self.kind().is_function_like() {
                    return self.err("'return' outside function", span);
                }
                if r.value.is_some() && self.unit().flags & flags::ASYNC_GENERATOR != 0 {
                    return self.err("'return' with value in async generator", span);
                }
                self.return_stmt(r)
            }
            Stmt::Delete(d) => d.targets.iter().try_for_each(|t| self.delete(t)),
            Stmt::Assign(a) => self.assign(a),
            Stmt::AugAssign(a) => self.aug_assign(a),
            Stmt::AnnAssign(a) => self.ann_assign(a),
            Stmt::For(f) if f.is_async => self.async_for_stmt(f),
            Stmt::For(f) => self.for_stmt(f),
            Stmt::While(w) => self.while_stmt(w),
            Stmt::If(i) => self.if_stmt(i),
            Stmt::With(w) => self.with_stmt(w),
            Stmt::Match(m) => self.match_stmt(m),
            Stmt::Raise(r) => self.raise(r),
            Stmt::Try(t) => self.try_stmt(t),
            Stmt::Assert(a) => self.assert(a),
            Stmt::Import(i) => self.import(i),
            Stmt::ImportFrom(i) => self.import_from(i),
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::IpyEscapeCommand(_) => Ok(()),
            Stmt::Expr(e) => {
                // Without the parentheses around it.
                let span = self.span_of(&e.value);
                self.at(span);
                if self.settings.interactive && self.units.len() == 1 {
                    let t = self.push(&e.value)?;
                    self.emit(Op::Intrinsic1, Intrinsic1::Print as u8, t, t, 0);
                    self.u().clear(t);
                    return Ok(());
                }
                if self.fold(&e.value).is_some() {
                    self.emit(Op::Nop, 0, 0, 0, 0);
                    return Ok(());
                }
                self.discard(&e.value)
            }
            Stmt::Pass(_) => {
                self.emit(Op::Nop, 0, 0, 0, 0);
                Ok(())
            }
            Stmt::Break(_) => self.break_or_continue(true, span),
            Stmt::Continue(_) => self.break_or_continue(false, span),
        }
    }

    // ---- assignment ----------------------------------------------------------------------------------------

    fn assign(&mut self, a: &'a ast::StmtAssign) -> R<()> {
        if let [target] = &a.targets[..] {
            if let Expr::Name(n) = target
                && let Some(local) = self.local_of(&n.id)
            {
                return self.expr_to(&a.value, local);
            }
            if let Some(done) = self.assign_parallel(target, &a.value) {
                return done;
            }
            let value = match target {
                // What the target evaluates must not change the value.
                Expr::Attribute(t) => self.operand_before(&a.value, &[&t.value])?,
                Expr::Subscript(t) => self.operand_before(&a.value, &[&t.value, &t.slice])?,
                Expr::Name(_) => self.operand(&a.value)?,
                _ => self.push(&a.value)?,
            };
            return self.store(target, value);
        }
        let value = self.push(&a.value)?;
        let Some((last, first)) = a.targets.split_last() else { return Ok(()) };
        for target in first {
            let copy = self.u().take();
            self.emit(Op::Copy, 0, copy, value, 0);
            self.store(target, copy)?;
            self.u().depth -= 1;
        }
        self.store(last, value)
    }

    /// `a, b = x, y` without a tuple.
    fn assign_parallel(&mut self, target: &'a Expr, value: &'a Expr) -> Option<R<()>> {
        let (Expr::Tuple(ast::ExprTuple { elts: targets, .. })
        | Expr::List(ast::ExprList { elts: targets, .. })) = target
        else {
            return None;
        };
        let Expr::Tuple(values) = value else { return None };
        let starred = |e: &Expr| e.is_starred_expr();
        if targets.len() != values.elts.len()
            || targets.is_empty()
            || targets.len() > 16
            || targets.iter().any(starred)
            || values.elts.iter().any(starred)
        {
            return None;
        }
        Some(self.assign_each(targets, &values.elts))
    }

    fn assign_each(&mut self, targets: &'a [Expr], values: &'a [Expr]) -> R<()> {
        let base = self.u().top();
        for v in values {
            self.push(v)?;
        }
        for (i, t) in targets.iter().enumerate() {
            self.store(t, base + i as u32)?;
        }
        Ok(())
    }

    fn aug_assign(&mut self, a: &'a ast::StmtAugAssign) -> R<()> {
        let span = Span::of(a);
        match &*a.target {
            Expr::Name(n) => {
                if let Some(local) = self.local_of(&n.id) {
                    let l = self.local_operand(local, Span::of(n), &a.value);
                    return self.binary_with(a.op, true, local, l, &a.value);
                }
                let t = self.u().take();
                self.with_span(Span::of(n), |c| {
                    c.load_name(&n.id, t);
                    Ok(())
                })?;
                self.binary_with(a.op, true, t, t, &a.value)?;
                self.at(Span::of(n));
                self.store_name(&n.id, t);
                Ok(())
            }
            Expr::Attribute(t) => {
                let object = self.operand_before(&t.value, &[&a.value])?;
                let at = self.attr_span(t);
                self.at(at);
                let copy = self.kept(object);
                let value = self.u().take();
                self.load_attr(value, copy, t.attr.as_str());
                self.at(span);
                self.binary_with(a.op, true, value, value, &a.value)?;
                self.at(at);
                self.note_static_attribute(t);
                self.store_attr(object, value, t.attr.as_str());
                Ok(())
            }
            Expr::Subscript(t) => {
                let at = Span::of(t);
                if let Expr::Slice(s) = &*t.slice
                    && s.step.is_none()
                    && self.fold_slice(&t.slice).is_none()
                {
                    return self.aug_slice(a, t, s);
                }
                if let Some(c) = self.fold(&t.slice)
                    && !self.may_assign_local(&t.value, &a.value)
                {
                    return self.aug_item(a, t, c);
                }
                let object = self.operand_before(&t.value, &[&t.slice, &a.value])?;
                let index = match self.fold_slice(&t.slice) {
                    Some(_) => self.index_operand(&t.slice)?,
                    None => self.operand_before(&t.slice, &[&a.value])?,
                };
                self.at(at);
                let value = self.u().take();
                let depth = self.unit().depth;
                let object_copy = self.kept(object);
                if is_temp(object_copy) {
                    self.u().depth += 1;
                }
                let index_copy = self.kept(index);
                self.u().depth = depth;
                self.emit(Op::Subscr, 0, value, object_copy, index_copy);
                self.at(span);
                self.binary_with(a.op, true, value, value, &a.value)?;
                self.at(at);
                self.emit(Op::StoreSubscr, 0, object, index, value);
                Ok(())
            }
            _ => self.err("illegal expression for augmented assignment", span),
        }
    }

    /// A register with the value of `r` that may be consumed.
    fn kept(&mut self, r: Reg) -> Reg {
        if !is_temp(r) {
            return r;
        }
        let t = self.u().top();
        self.emit(Op::Copy, 0, t, r, 0);
        t
    }

    /// `object[constant] op= value`.
    fn aug_item(&mut self, a: &'a ast::StmtAugAssign, t: &'a ast::ExprSubscript, c: Const) -> R<()> {
        let (span, at) = (Span::of(a), Span::of(t));
        self.check_subscripter(&t.value);
        self.check_index(&t.value, &t.slice);
        let object = self.operand(&t.value)?;
        self.at(at);
        let value = self.u().take();
        let copy = self.kept(object);
        match c {
            Const::Int(n) if i16::try_from(n).is_ok() => {
                self.emit(Op::SubscrI, 0, value, copy, n as i16 as u16 as u32);
            }
            _ => {
                let index = self.u().constant(c.clone());
                if index <= 0xffff {
                    self.emit(Op::SubscrK, 0, value, copy, index);
                } else {
                    let depth = self.unit().depth;
                    self.u().depth += is_temp(copy) as u32;
                    let t = self.u().take();
                    self.load_const(t, c.clone());
                    self.emit(Op::Subscr, 0, value, copy, t);
                    self.u().depth = depth;
                }
            }
        }
        self.at(span);
        self.binary_with(a.op, true, value, value, &a.value)?;
        self.at(at);
        let index = self.u().take();
        self.load_const(index, c);
        self.emit(Op::StoreSubscr, 0, object, index, value);
        Ok(())
    }

    fn aug_slice(
        &mut self,
        a: &'a ast::StmtAugAssign,
        t: &'a ast::ExprSubscript,
        s: &'a ast::ExprSlice,
    ) -> R<()> {
        let span = Span::of(a);
        let at = Span::of(t);
        // [value][object][start][stop], as the store wants them.
        let value = self.u().take();
        let object = self.push(&t.value)?;
        for bound in [&s.lower, &s.upper] {
            match bound {
                Some(e) => {
                    self.push(e)?;
                }
                None => {
                    let t = self.u().take();
                    self.u().load_imm(t, Imm::None);
                }
            }
        }
        self.at(at);
        let copies = self.u().top();
        for i in 0..3 {
            self.emit(Op::Copy, 0, copies + i, object + i, 0);
        }
        self.emit(Op::LoadSlice, 3, value, copies, 0);
        self.at(span);
        self.binary_with(a.op, true, value, value, &a.value)?;
        self.at(at);
        self.emit(Op::StoreSlice, 0, value, 0, 0);
        Ok(())
    }

    fn ann_assign(&mut self, a: &'a ast::StmtAnnAssign) -> R<()> {
        let span = Span::of(a);
        if let Some(value) = &a.value {
            if let Expr::Name(n) = &*a.target
                && let Some(local) = self.local_of(&n.id)
            {
                self.expr_to(value, local)?;
            } else {
                let value = self.operand(value)?;
                self.store(&a.target, value)?;
            }
        }
        match &*a.target {
            Expr::Name(n) => {
                if !a.simple || self.kind().is_function_like() {
                    return Ok(());
                }
                let name = self.mangled(&n.id);
                if self.future(flags::FUTURE_ANNOTATIONS) {
                    let text = self.annotation_text(&a.annotation);
                    let annotations = self.u().take();
                    let value = self.u().take();
                    self.u().load_str(value, &text);
                    self.load_name("__annotations__", annotations);
                    let key = self.u().take();
                    self.u().load_str(key, &name);
                    self.emit(Op::StoreSubscr, 0, annotations, key, value);
                    return Ok(());
                }
                let conditional = self.kind() == ScopeKind::Module || self.unit().in_conditional;
                let index = conditional.then(|| {
                    let u = self.u();
                    u.next_conditional += 1;
                    u.next_conditional - 1
                });
                self.u().deferred.push(Deferred { name, annotation: &a.annotation, span, index });
                if let Some(index) = index {
                    let set = self.u().take();
                    self.load_name("__conditional_annotations__", set);
                    let n = self.u().top();
                    self.load_const(n, Const::Int(index as i64));
                    self.emit(Op::SetAdd, 0, set, n, 0);
                    self.u().clear(set);
                }
                Ok(())
            }
            Expr::Attribute(t) => {
                if a.value.is_none() {
                    self.discard(&t.value)?;
                }
                Ok(())
            }
            Expr::Subscript(t) => {
                if a.value.is_none() {
                    self.discard(&t.value)?;
                    self.discard_index(&t.slice)?;
                }
                Ok(())
            }
            _ => self.err("invalid node type for annotated assignment", span),
        }
    }

    fn discard_index(&mut self, e: &'a Expr) -> R<()> {
        match e {
            Expr::Slice(s) => {
                [&s.lower, &s.upper, &s.step].into_iter().flatten().try_for_each(|e| self.discard(e))
            }
            Expr::Tuple(t) => t.elts.iter().try_for_each(|e| self.discard_index(e)),
            e => self.discard(e),
        }
    }

    // ---- control flow --------------------------------------------------------------------------------------

    fn if_stmt(&mut self, i: &'a ast::StmtIf) -> R<()> {
        let end = self.u().label();
        let mut next = self.u().label();
        let mut open = true;
        self.branch(&i.test, &i.body, next, &mut open)?;
        for clause in &i.elif_else_clauses {
            self.at(Span { start: clause.range.start().to_u32(), end: clause.range.end().to_u32() });
            // What comes after a branch that is always taken is compiled all the same (for its errors); assembly
            // drops it.
            let clause_span = self.at(NO_SPAN);
            self.u().jump(end);
            self.at(clause_span);
            self.u().place(next);
            next = self.u().label();
            match &clause.test {
                Some(test) => self.branch(test, &clause.body, next, &mut open)?,
                None => self.body(&clause.body)?,
            }
        }
        self.u().place(next);
        self.u().place(end);
        Ok(())
    }

    fn branch(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        next: crate::unit::Label,
        open: &mut bool,
    ) -> R<()> {
        if let Some(c) = self.fold(test)
            && truth(&c)
        {
            *open = false;
        }
        self.jump_cond(test, next, false)?;
        self.body(body)
    }

    fn assert(&mut self, a: &'a ast::StmtAssert) -> R<()> {
        if let Expr::Tuple(t) = &*a.test
            && !t.elts.is_empty()
        {
            self.warn("assertion is always true, perhaps remove parentheses?", Span::of(a));
        }
        if self.settings.optimize > 0 {
            return Ok(());
        }
        let end = self.u().label();
        self.jump_cond(&a.test, end, true)?;
        let t = self.u().take();
        let at = Span::of(&*a.test);
        self.load_common(t, CommonConstant::AssertionError);
        if let Some(msg) = &a.msg {
            let empty = self.u().take();
            self.u().load_imm(empty, Imm::Empty);
            self.push(msg)?;
            self.emit(Op::Call, 1, t, t, 0);
        }
        self.at(at);
        self.emit(Op::Raise, 0, t, 0, 0);
        self.u().place(end);
        Ok(())
    }

    fn raise(&mut self, r: &'a ast::StmtRaise) -> R<()> {
        match (&r.exc, &r.cause) {
            (None, _) => self.emit(Op::RaiseCurrent, 0, 0, 0, 0),
            (Some(exc), None) => {
                let e = self.operand(exc)?;
                self.emit(Op::Raise, 0, e, 0, 0);
            }
            (Some(exc), Some(cause)) => {
                let e = self.operand_before(exc, &[cause])?;
                let c = self.operand(cause)?;
                self.emit(Op::RaiseFrom, 0, e, c, 0);
            }
        }
        Ok(())
    }

    // ---- imports -------------------------------------------------------------------------------------------

    fn import_module(&mut self, dst: Reg, name: &str, level: u32, fromlist: Const) {
        let depth = self.unit().depth;
        self.u().depth = depth.max((dst & !crate::unit::TEMP) + is_temp(dst) as u32);
        let l = self.u().take();
        self.load_const(l, Const::Int(level as i64));
        let f = self.u().take();
        self.load_const(f, fromlist);
        let n = self.u().name(name);
        self.u().emit(Op::ImportName, 0, dst, l, f).ext = n;
        self.u().depth = depth;
    }

    fn import(&mut self, i: &'a ast::StmtImport) -> R<()> {
        for alias in &i.names {
            let name = alias.name.as_str();
            let t = self.u().take();
            self.import_module(t, name, 0, Const::None);
            match &alias.asname {
                None => {
                    let first = name.split('.').next().unwrap_or(name);
                    self.store_name(first, t);
                }
                Some(asname) => {
                    let mut module = t;
                    for part in name.split('.').skip(1) {
                        let n = self.u().name(part);
                        let next = self.u().take();
                        self.u().emit(Op::ImportFrom, 0, next, module, 0).ext = n;
                        self.u().mov(t, next);
                        self.u().depth -= 1;
                        module = t;
                    }
                    self.store_name(asname.as_str(), module);
                }
            }
            self.u().depth -= 1;
        }
        Ok(())
    }

    fn import_from(&mut self, i: &'a ast::StmtImportFrom) -> R<()> {
        let names = i.names.iter().map(|a| Const::str(a.name.as_str())).collect();
        let module = i.module.as_ref().map_or("", |m| m.as_str());
        let t = self.u().take();
        self.import_module(t, module, i.level, Const::Tuple(names));
        if i.names.first().is_some_and(|a| a.name.as_str() == "*") {
            self.emit(Op::ImportStar, 0, t, 0, 0);
            return Ok(());
        }
        for alias in &i.names {
            let n = self.u().name(alias.name.as_str());
            let next = self.u().take();
            self.u().emit(Op::ImportFrom, 0, next, t, 0).ext = n;
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            self.store_name(name, next);
            self.u().depth -= 1;
        }
        self.u().clear(t);
        Ok(())
    }
}
