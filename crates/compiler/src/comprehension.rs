//! Comprehensions: in the frame around them where PEP 709 says so, else as functions of their own.

use taipan_bytecode::{Imm, Op, flags};
use taipan_syntax::ast::{Comprehension, Expr};

use crate::compiler::Compiler;
use crate::error::{R, Span};
use crate::scope::{Part, Place, ScopeId, ScopeKind};
use crate::unit::{CELL, Hidden, Reg};

/// What a comprehension makes of its element.
#[derive(Clone, Copy)]
struct Element<'a> {
    kind: ScopeKind,
    elt: &'a Expr,
    value: Option<&'a Expr>,
}

impl<'a> Compiler<'a> {
    pub fn comprehension(&mut self, e: &'a Expr, dst: Reg) -> R<()> {
        let (scope, generators, element): (_, &'a [Comprehension], _) = match e {
            Expr::ListComp(c) => (
                self.table.find(c, Part::Body),
                &c.generators,
                Element { kind: ScopeKind::ListComp, elt: &c.elt, value: None },
            ),
            Expr::SetComp(c) => (
                self.table.find(c, Part::Body),
                &c.generators,
                Element { kind: ScopeKind::SetComp, elt: &c.elt, value: None },
            ),
            Expr::DictComp(c) => (
                self.table.find(c, Part::Body),
                &c.generators,
                Element {
                    kind: ScopeKind::DictComp,
                    elt: c.key.as_deref().unwrap_or(&c.value),
                    value: c.key.as_ref().map(|_| &*c.value),
                },
            ),
            Expr::Generator(c) => (
                self.table.find(c, Part::Body),
                &c.generators,
                Element { kind: ScopeKind::GenExpr, elt: &c.elt, value: None },
            ),
            _ => return Ok(()),
        };
        let (Some(scope), Some(first)) = (scope, generators.first()) else { return Ok(()) };
        let span = self.span_of(e);
        let is_async = self.table.scopes[scope].coroutine;
        if is_async && element.kind != ScopeKind::GenExpr {
            self.check_async_comprehension(span)?;
        }
        // The outermost iterable is evaluated outside.
        let mark = self.unit().depth;
        let r = self.operand(&first.iter)?;
        self.u().depth = mark;
        let iterator = self.u().take();
        let saved = self.at(Span::of(&first.iter));
        self.emit(if first.is_async { Op::GetAiter } else { Op::GetIter }, 0, iterator, r, 0);
        self.at(saved);
        if self.table.scopes[scope].inlined {
            return self.inlined(scope, generators, element, iterator, dst);
        }
        let name = match element.kind {
            ScopeKind::ListComp => "<listcomp>",
            ScopeKind::SetComp => "<setcomp>",
            ScopeKind::DictComp => "<dictcomp>",
            _ => "<genexpr>",
        };
        let code = self.comprehension_code(scope, name, generators, element, span)?;
        // [function][EMPTY][iterator]
        self.u().depth = mark;
        let function = self.u().take();
        let empty = self.u().take();
        let argument = self.u().take();
        self.u().mov(argument, iterator);
        let top = self.u().top();
        self.make_function(code, top)?;
        self.u().mov(function, top);
        self.u().load_imm(empty, Imm::Empty);
        self.emit(Op::Call, 1, function, function, 0);
        if is_async && element.kind != ScopeKind::GenExpr {
            self.u().depth = mark + 1;
            self.emit(Op::GetAwaitable, 0, function, function, 0);
            self.delegate(function, function);
        }
        self.u().mov(dst, function);
        Ok(())
    }

    fn check_async_comprehension(&self, span: Span) -> R<()> {
        let ok = self.unit().flags & (flags::COROUTINE | flags::ASYNC_GENERATOR) != 0
            || (self.settings.top_level_await && self.kind() == ScopeKind::Module)
            || self.kind().is_comprehension();
        if ok {
            Ok(())
        } else {
            self.err("asynchronous comprehension outside of an asynchronous function", span)
        }
    }

    fn comprehension_code(
        &mut self,
        scope: ScopeId,
        name: &str,
        generators: &'a [Comprehension],
        element: Element<'a>,
        span: Span,
    ) -> R<taipan_bytecode::CodeData> {
        self.enter_unit(scope, name, span);
        let u = self.u();
        u.argcount = 1;
        u.nparams = 1;
        u.local(".0");
        let is_async = self.table.scopes[scope].coroutine;
        self.u().flags |= match (element.kind == ScopeKind::GenExpr, is_async) {
            (true, true) => flags::ASYNC_GENERATOR,
            (true, false) => flags::GENERATOR,
            (false, true) => flags::COROUTINE,
            (false, false) => 0,
        };
        let handler = self.begin_generator();
        self.make_cells();
        let iterator = self.u().take();
        self.u().mov(iterator, 0);
        let container = self.container(element.kind);
        self.comp_loop(generators, 0, element, iterator, container)?;
        match element.kind {
            ScopeKind::GenExpr => self.return_none(),
            _ => self.emit(Op::ReturnValue, 0, container, 0, 0),
        }
        self.end_generator(handler);
        self.leave_unit()
    }

    /// The empty container, in the next temporary.
    fn container(&mut self, kind: ScopeKind) -> Reg {
        let t = self.u().take();
        match kind {
            ScopeKind::ListComp => self.emit(Op::BuildList, 0, t, t, 0),
            ScopeKind::SetComp => self.emit(Op::BuildSet, 0, t, t, 0),
            ScopeKind::DictComp => self.emit(Op::BuildMap, 0, t, t, 0),
            _ => self.u().depth -= 1,
        }
        t
    }

    /// A comprehension in this frame: its variables get slots of their own, emptied at the end.
    fn inlined(
        &mut self,
        scope: ScopeId,
        generators: &'a [Comprehension],
        element: Element<'a>,
        iterator: Reg,
        dst: Reg,
    ) -> R<()> {
        let base = iterator & !crate::unit::TEMP;
        let mut locals = Vec::new();
        let mut cells = Vec::new();
        for name in self.table.scopes[scope].names.clone() {
            let place = self.table.scopes[scope].symbol(&name).map(|s| s.place);
            let hidden = match place {
                Some(Place::Local) => {
                    let slot = self.u().hidden_local(&name);
                    locals.push((name.clone(), slot));
                    Hidden::Local(slot)
                }
                Some(Place::Cell) => {
                    let slot = self.u().hidden_cell(&name);
                    cells.push(slot);
                    Hidden::Cell(slot)
                }
                _ => continue,
            };
            self.u().hidden.insert((scope, name), hidden);
        }
        let outer_block = std::mem::replace(&mut self.u().block, scope);
        let cleanup = self.u().label();
        let outer = self.u().protect(cleanup, base);
        for &cell in &cells {
            self.emit(Op::MakeCell, 0, CELL | cell, 0, 0);
        }
        let span = self.unit().span;
        let container = self.container(element.kind);
        self.comp_loop(generators, 0, element, iterator, container)?;
        self.at(span);
        self.u().handler = outer;
        let forget = |c: &mut Self| {
            for &(_, local) in &locals {
                c.emit(Op::ClearLocal, 0, local, 0, 0);
            }
            for &cell in &cells {
                c.emit(Op::ClearCell, 0, CELL | cell, 0, 0);
            }
        };
        forget(self);
        self.u().mov(dst, container);
        let end = self.u().label();
        self.u().jump(end);
        self.u().place(cleanup);
        forget(self);
        let exception = self.u().temp(base);
        self.emit(Op::Reraise, 1, exception, 0, 0);
        self.u().place(end);
        self.u().block = outer_block;
        for (name, slot) in locals {
            self.u().spare_hidden.entry(name).or_default().push(slot);
        }
        Ok(())
    }

    fn comp_loop(
        &mut self,
        generators: &'a [Comprehension],
        i: usize,
        element: Element<'a>,
        iterator: Reg,
        container: Reg,
    ) -> R<()> {
        let Some(generator) = generators.get(i) else { return Ok(()) };
        let depth = self.unit().depth;
        let span = Span::of(&generator.iter);
        let (next, done) = (self.u().label(), self.u().label());
        let top = self.u().here();
        if generator.is_async {
            if i > 0 || !matches!(self.kind(), ScopeKind::GenExpr) {
                self.check_async_comprehension(span)?;
            }
            // The handler must know the iterator's place: it is below the container for the first loop.
            self.comp_async_step(&generator.target, iterator, done, span)?;
        } else {
            self.for_iter(&generator.target, iterator, done, span)?;
        }
        for test in &generator.ifs {
            self.jump_cond(test, next, false)?;
        }
        if let Some(inner) = generators.get(i + 1) {
            let mark = self.unit().depth;
            let r = self.operand(&inner.iter)?;
            self.u().depth = mark;
            let t = self.u().take();
            let saved = self.at(Span::of(&inner.iter));
            self.emit(if inner.is_async { Op::GetAiter } else { Op::GetIter }, 0, t, r, 0);
            self.at(saved);
            self.comp_loop(generators, i + 1, element, t, container)?;
            self.u().depth = mark;
        } else {
            self.element(element, container)?;
        }
        self.u().depth = depth;
        self.u().place(next);
        self.at(span);
        self.u().jump(top);
        self.u().place(done);
        if generator.is_async {
            let exception = self.u().temp(depth);
            if exception != iterator + 1 {
                // [iterator][container][exception]: the two that belong together move up.
                self.u().mov(exception + 2, exception);
                self.u().mov(exception + 1, iterator);
                self.emit(Op::EndAsyncFor, 0, exception + 1, 0, 0);
            } else {
                self.emit(Op::EndAsyncFor, 0, iterator, 0, 0);
            }
        }
        Ok(())
    }

    fn comp_async_step(
        &mut self,
        target: &'a Expr,
        iterator: Reg,
        done: crate::unit::Label,
        span: Span,
    ) -> R<()> {
        self.async_step(target, iterator, done, span)?;
        Ok(())
    }

    fn element(&mut self, element: Element<'a>, container: Reg) -> R<()> {
        let depth = self.unit().depth;
        let saved = self.at(Span::of(element.elt));
        match (element.kind, element.value) {
            (ScopeKind::DictComp, Some(value)) => {
                let k = self.operand_before(element.elt, &[value])?;
                let v = self.operand(value)?;
                self.at(Span::of(element.elt).to(Span::of(value)));
                self.emit(Op::MapAdd, 0, container, k, v);
            }
            (ScopeKind::DictComp, None) => {
                let v = self.operand(element.elt)?;
                self.emit(Op::DictUpdate, 0, container, v, 0);
            }
            (ScopeKind::ListComp, _) => {
                let v = self.operand(element.elt)?;
                self.emit(Op::ListAppend, 0, container, v, 0);
            }
            (ScopeKind::SetComp, _) => {
                let v = self.operand(element.elt)?;
                self.emit(Op::SetAdd, 0, container, v, 0);
            }
            _ => {
                let t = self.push(element.elt)?;
                if self.unit().flags & flags::ASYNC_GENERATOR != 0 {
                    self.emit(Op::Intrinsic1, taipan_bytecode::Intrinsic1::AsyncGenWrap as u8, t, t, 0);
                }
                self.emit(Op::YieldValue, 0, t, t, 0);
                self.u().clear(t);
            }
        }
        self.u().depth = depth;
        self.at(saved);
        Ok(())
    }
}
