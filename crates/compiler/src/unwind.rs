//! Statements that handlers guard (`try`, `with`, loops that hold an iterator) and leaving them early.

use taipan_bytecode::{Imm, Op};
use taipan_syntax::ast::{self, Expr, Stmt};

use crate::compiler::Compiler;
use crate::error::{R, Span};
use crate::unit::{Label, NO_SPAN, Reg};

/// What encloses the statement being compiled and must be undone to leave it. `outer` is the handler outside.
#[derive(Clone, Copy)]
pub(crate) enum FBlock<'a> {
    Loop {
        break_to: Label,
        continue_to: Label,
        iterator: Option<Reg>,
        outer: u32,
    },
    Try {
        outer: u32,
    },
    Finally {
        body: &'a [Stmt],
        outer: u32,
    },
    With {
        exit: Reg,
        is_async: bool,
        span: Span,
        outer: u32,
    },
    /// Body of an `except`: `saved` is what `push_exc_info` wrote.
    Handler {
        saved: Reg,
        name: Option<&'a str>,
        outer: u32,
    },
    /// The copy of a `finally` body that runs for an exception.
    FinallyEnd {
        saved: Reg,
        outer: u32,
    },
    ExceptStar,
}

impl<'a> Compiler<'a> {
    /// Does leaving run code that could change locals?
    pub fn unwind_runs_code(&self) -> bool {
        self.unit().fblocks.iter().any(|b| {
            matches!(
                b,
                FBlock::Finally { .. }
                    | FBlock::With { .. }
                    | FBlock::Handler { .. }
                    | FBlock::FinallyEnd { .. }
            )
        })
    }

    /// Emits what undoes the enclosing blocks from the innermost down to number `n`. The value being returned, when it
    /// is in a temporary, moves out of the way as need be: where it is then comes back.
    pub fn unwind_to(&mut self, n: usize, mut value: Option<Reg>) -> R<Option<Reg>> {
        let all = self.unit().fblocks.clone();
        let (handler, depth) = (self.unit().handler, self.unit().depth);
        for i in (n..all.len()).rev() {
            self.u().fblocks.truncate(i);
            value = self.unwind_one(all[i], value)?;
        }
        self.u().depth = depth;
        self.u().fblocks = all;
        self.u().handler = handler;
        Ok(value)
    }

    fn unwind_one(&mut self, block: FBlock<'a>, value: Option<Reg>) -> R<Option<Reg>> {
        match block {
            FBlock::Loop { iterator, outer, .. } => {
                self.u().handler = outer;
                if let Some(iterator) = iterator {
                    self.u().clear(iterator);
                }
            }
            FBlock::Try { outer } => self.u().handler = outer,
            FBlock::Finally { body, outer } => {
                self.u().handler = outer;
                self.silent += 1;
                self.body(body)?;
                self.silent -= 1;
                // What leaves seems to do so from there.
                self.at(NO_SPAN);
            }
            FBlock::With { exit, is_async, span, outer } => {
                self.u().handler = outer;
                self.at(span);
                // The call wants to be topmost: the value goes below it, where a place is kept free.
                let slot = exit - 1;
                let kept = value.filter(|v| crate::unit::is_temp(*v));
                if let Some(v) = kept {
                    self.u().mov(slot, v);
                }
                self.call_exit(exit, is_async);
                self.at(NO_SPAN);
                if kept.is_some() {
                    self.u().depth = (slot & !crate::unit::TEMP) + 1;
                    return Ok(Some(slot));
                }
            }
            FBlock::Handler { saved, name, outer } => {
                self.u().handler = outer;
                self.emit(Op::PopExcept, 0, saved, 0, 0);
                if let Some(name) = name {
                    self.forget_name(name);
                }
            }
            FBlock::FinallyEnd { saved, outer } => {
                self.u().handler = outer;
                self.emit(Op::PopExcept, 0, saved, 0, 0);
            }
            FBlock::ExceptStar => {}
        }
        Ok(value)
    }

    pub fn check_star(&self, span: Span) -> R<()> {
        // A loop inside the block may be left and continued.
        for block in self.unit().fblocks.iter().rev() {
            if matches!(block, FBlock::ExceptStar) {
                return self.err("'break', 'continue' and 'return' cannot appear in an except* block", span);
            }
            if matches!(block, FBlock::Loop { .. }) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn star_around(&self) -> bool {
        self.unit().fblocks.iter().any(|b| matches!(b, FBlock::ExceptStar))
    }

    pub fn break_or_continue(&mut self, is_break: bool, span: Span) -> R<()> {
        self.warn_finally(if is_break { "break" } else { "continue" }, span, true);
        self.check_star(span)?;
        let found = self.unit().fblocks.iter().rposition(|b| matches!(b, FBlock::Loop { .. }));
        let Some(n) = found else {
            let msg = if is_break { "'break' outside loop" } else { "'continue' not properly in loop" };
            return self.err(msg, span);
        };
        self.emit(Op::Nop, 0, 0, 0, 0);
        self.unwind_to(n + 1, None)?;
        let FBlock::Loop { break_to, continue_to, iterator, outer } = self.unit().fblocks[n] else {
            return Ok(());
        };
        let handler = std::mem::replace(&mut self.u().handler, outer);
        if is_break {
            if let Some(iterator) = iterator {
                self.u().clear(iterator);
            }
            self.u().jump(break_to);
        } else {
            self.u().jump(continue_to);
        }
        self.u().handler = handler;
        Ok(())
    }

    pub fn return_stmt(&mut self, r: &'a ast::StmtReturn) -> R<()> {
        let span = Span::of(r);
        self.warn_finally("return", span, false);
        if self.star_around() {
            return self.err("'break', 'continue' and 'return' cannot appear in an except* block", span);
        }
        let Some(value) = &r.value else {
            self.emit(Op::Nop, 0, 0, 0, 0);
            self.unwind_to(0, None)?;
            self.return_none();
            return Ok(());
        };
        if let Some(c) = self.fold(value) {
            let saved = self.at(Span::of(&**value));
            self.emit(Op::Nop, 0, 0, 0, 0);
            self.at(saved);
            self.unwind_to(0, None)?;
            let index = self.u().constant(c);
            self.emit(Op::ReturnConst, 0, 0, index, 0);
            return Ok(());
        }
        let depth = self.unit().depth;
        let v = if self.unwind_runs_code() { self.push(value)? } else { self.operand(value)? };
        let v = self.unwind_to(0, Some(v))?.unwrap_or(v);
        self.emit(Op::ReturnValue, 0, v, 0, 0);
        self.u().depth = depth;
        Ok(())
    }

    /// PEP 765: leaving a `finally` block swallows the exception.
    fn warn_finally(&mut self, what: &str, span: Span, loops: bool) {
        for block in self.unit().fblocks.iter().rev() {
            match block {
                FBlock::Loop { .. } if loops => return,
                FBlock::FinallyEnd { .. } => {
                    self.warn(format!("'{what}' in a 'finally' block"), span);
                    return;
                }
                _ => {}
            }
        }
    }

    // ---- loops ---------------------------------------------------------------------------------------------

    pub fn while_stmt(&mut self, w: &'a ast::StmtWhile) -> R<()> {
        let (end, done) = (self.u().label(), self.u().label());
        let top = self.u().here();
        self.jump_cond(&w.test, done, false)?;
        let outer = self.unit().handler;
        self.u().fblocks.push(FBlock::Loop { break_to: end, continue_to: top, iterator: None, outer });
        self.body(&w.body)?;
        self.u().fblocks.pop();
        self.at(NO_SPAN);
        self.u().jump(top);
        self.u().place(done);
        self.body(&w.orelse)?;
        self.u().place(end);
        Ok(())
    }

    pub fn for_stmt(&mut self, f: &'a ast::StmtFor) -> R<()> {
        let iterator = self.iter_operand(&f.iter)?;
        let (end, done) = (self.u().label(), self.u().label());
        let top = self.u().here();
        self.for_iter(&f.target, iterator, done, Span::of(&*f.iter))?;
        let outer = self.unit().handler;
        let block = FBlock::Loop { break_to: end, continue_to: top, iterator: Some(iterator), outer };
        self.u().fblocks.push(block);
        self.body(&f.body)?;
        self.u().fblocks.pop();
        self.at(NO_SPAN);
        self.u().jump(top);
        self.u().place(done);
        self.u().depth -= 1;
        self.body(&f.orelse)?;
        self.u().place(end);
        Ok(())
    }

    /// The iterator over an iterable, in the next temporary.
    pub fn iter_operand(&mut self, iter: &'a Expr) -> R<Reg> {
        let mark = self.unit().depth;
        let r = self.operand(iter)?;
        self.u().depth = mark;
        let t = self.u().take();
        let saved = self.at(Span::of(iter));
        self.emit(Op::GetIter, 0, t, r, 0);
        self.at(saved);
        Ok(t)
    }

    /// One step of a loop: next item into the target, or on to `done`.
    pub fn for_iter(&mut self, target: &'a Expr, iterator: Reg, done: Label, span: Span) -> R<()> {
        let saved = self.at(span);
        let local = match target {
            Expr::Name(n) => self.local_of(&n.id),
            _ => None,
        };
        match local {
            Some(local) => self.u().jump_op(Op::ForIter, local, iterator, done),
            None => {
                let t = self.u().take();
                self.u().jump_op(Op::ForIter, t, iterator, done);
                self.store(target, t)?;
                self.u().depth -= 1;
            }
        }
        self.at(saved);
        Ok(())
    }

    pub fn async_for_stmt(&mut self, f: &'a ast::StmtFor) -> R<()> {
        self.check_await(
            "'async for' outside async function",
            "'async for' outside async function",
            Span::of(f),
        )?;
        let mark = self.unit().depth;
        let span = Span::of(&*f.iter);
        let r = self.operand(&f.iter)?;
        self.u().depth = mark;
        let iterator = self.u().take();
        self.at(span);
        self.emit(Op::GetAiter, 0, iterator, r, 0);
        let (end, done) = (self.u().label(), self.u().label());
        let top = self.u().here();
        let outer = self.async_step(&f.target, iterator, done, span)?;
        let block = FBlock::Loop { break_to: end, continue_to: top, iterator: Some(iterator), outer };
        self.u().fblocks.push(block);
        self.body(&f.body)?;
        self.u().fblocks.pop();
        self.at(NO_SPAN);
        self.u().jump(top);
        self.u().place(done);
        self.at(span);
        self.emit(Op::EndAsyncFor, 0, iterator, 0, 0);
        self.u().depth -= 1;
        self.body(&f.orelse)?;
        self.u().place(end);
        Ok(())
    }

    /// One step of an `async for`; returns the handler outside.
    pub fn async_step(&mut self, target: &'a Expr, iterator: Reg, done: Label, span: Span) -> R<u32> {
        let saved = self.at(span);
        let depth = self.unit().depth;
        let outer = self.u().protect(done, depth);
        let t = self.u().take();
        self.emit(Op::GetAnext, 0, t, iterator, 0);
        self.delegate(t, t);
        self.u().handler = outer;
        self.store(target, t)?;
        self.u().depth -= 1;
        self.at(saved);
        Ok(outer)
    }

    // ---- try -----------------------------------------------------------------------------------------------

    pub fn try_stmt(&mut self, t: &'a ast::StmtTry) -> R<()> {
        self.emit(Op::Nop, 0, 0, 0, 0);
        if t.finalbody.is_empty() {
            return self.try_except(t);
        }
        let depth = self.unit().depth;
        let (handler, cleanup, exit) = (self.u().label(), self.u().label(), self.u().label());
        let outer = self.u().protect(handler, depth);
        self.u().fblocks.push(FBlock::Finally { body: &t.finalbody, outer });
        if t.handlers.is_empty() {
            self.body(&t.body)?;
            self.body(&t.orelse)?;
        } else {
            self.try_except(t)?;
        }
        self.u().fblocks.pop();
        self.u().handler = outer;
        self.silent += 1;
        self.body(&t.finalbody)?;
        self.silent -= 1;
        self.at(NO_SPAN);
        self.u().jump(exit);
        // An exception came: the body again, then it goes on.
        self.u().place(handler);
        let saved = self.u().temp(depth);
        self.emit(Op::PushExcInfo, 0, saved, 0, 0);
        self.u().depth = depth + 2;
        self.u().protect(cleanup, depth + 1);
        self.u().fblocks.push(FBlock::FinallyEnd { saved, outer });
        self.body(&t.finalbody)?;
        self.u().fblocks.pop();
        self.u().handler = outer;
        // A frame that ends here is at the end of the block; below (x = 1), where the exception was raised.
        self.at(NO_SPAN);
        self.emit(Op::ReraiseRestore, 0, saved, 0, 0);
        self.u().place(cleanup);
        self.emit(Op::ReraiseRestore, 1, saved, 0, 0);
        self.u().depth = depth;
        self.u().place(exit);
        Ok(())
    }

    fn try_except(&mut self, t: &'a ast::StmtTry) -> R<()> {
        let depth = self.unit().depth;
        let (handler, cleanup, end) = (self.u().label(), self.u().label(), self.u().label());
        let outer = self.u().protect(handler, depth);
        self.u().fblocks.push(FBlock::Try { outer });
        self.body(&t.body)?;
        self.u().fblocks.pop();
        self.u().handler = outer;
        self.body(&t.orelse)?;
        self.at(NO_SPAN);
        self.u().jump(end);
        self.u().place(handler);
        let saved = self.u().temp(depth);
        self.emit(Op::PushExcInfo, 0, saved, 0, 0);
        self.u().depth = depth + 2;
        if t.is_star {
            self.except_star(t, depth, cleanup, end, outer)?;
        } else {
            self.handlers(t, depth, cleanup, end, outer)?;
        }
        self.u().handler = outer;
        self.at(NO_SPAN);
        self.u().place(cleanup);
        self.emit(Op::ReraiseRestore, 1, saved, 0, 0);
        self.u().depth = depth;
        self.u().place(end);
        Ok(())
    }

    fn handlers(&mut self, t: &'a ast::StmtTry, depth: u32, cleanup: Label, end: Label, outer: u32) -> R<()> {
        let saved = self.u().temp(depth);
        let exception = self.u().temp(depth + 1);
        self.u().protect(cleanup, depth + 1);
        let guarded = self.unit().handler;
        for (i, handler) in t.handlers.iter().enumerate() {
            let ast::ExceptHandler::ExceptHandler(h) = handler;
            self.at(Span::of(h));
            self.u().handler = guarded;
            let next = self.u().label();
            match &h.type_ {
                Some(kind) => {
                    let r = self.operand(kind)?;
                    self.u().depth = depth + 2;
                    let matched = self.u().top();
                    self.emit(Op::CheckExcMatch, 0, matched, exception, r);
                    self.u().jump_op(Op::JumpIfFalse, matched, 0, next);
                    self.at(Span::of(h));
                }
                None if i + 1 < t.handlers.len() => {
                    return self.err("default 'except:' must be last", Span::of(h));
                }
                None => {}
            }
            let name = h.name.as_ref().map(|n| n.as_str());
            let failed = self.u().label();
            match name {
                Some(name) => {
                    self.store_name(name, exception);
                    self.u().protect(failed, depth + 1);
                }
                None => self.u().clear(exception),
            }
            self.u().fblocks.push(FBlock::Handler { saved, name, outer });
            self.body(&h.body)?;
            self.u().fblocks.pop();
            self.u().handler = outer;
            self.at(NO_SPAN);
            self.emit(Op::PopExcept, 0, saved, 0, 0);
            if let Some(name) = name {
                self.forget_name(name);
            }
            self.u().jump(end);
            if let Some(name) = name {
                // The body raised: the name goes all the same.
                self.u().place(failed);
                let depth = std::mem::replace(&mut self.u().depth, depth + 2);
                self.forget_name(name);
                self.u().depth = depth;
                self.emit(Op::ReraiseRestore, 1, saved, 0, 0);
            }
            self.u().place(next);
        }
        self.u().handler = outer;
        self.at(NO_SPAN);
        self.emit(Op::ReraiseRestore, 0, saved, 0, 0);
        Ok(())
    }

    /// `except*`: `[saved][original][list of what was raised][rest][match]`.
    fn except_star(
        &mut self,
        t: &'a ast::StmtTry,
        depth: u32,
        cleanup: Label,
        end: Label,
        outer: u32,
    ) -> R<()> {
        let saved = self.u().temp(depth);
        let (original, raised, rest, matched) = (saved + 1, saved + 2, saved + 3, saved + 4);
        self.u().protect(cleanup, depth + 1);
        let guarded = self.unit().handler;
        self.emit(Op::BuildList, 0, raised, raised, 0);
        self.emit(Op::Copy, 0, rest, original, 0);
        for handler in &t.handlers {
            let ast::ExceptHandler::ExceptHandler(h) = handler;
            self.at(Span::of(h));
            self.u().handler = guarded;
            let (next, no_match, failed) = (self.u().label(), self.u().label(), self.u().label());
            self.u().depth = depth + 4;
            if let Some(kind) = &h.type_ {
                self.push(kind)?;
            }
            self.u().depth = depth + 5;
            self.emit(Op::CheckEgMatch, 0, rest, 0, 0);
            let copy = self.u().top();
            self.emit(Op::Copy, 0, copy, matched, 0);
            self.u().jump_op(Op::JumpIfNone, copy, 0, no_match);
            let name = h.name.as_ref().map(|n| n.as_str());
            match name {
                Some(name) => self.store_name(name, matched),
                None => self.u().clear(matched),
            }
            self.u().protect(failed, depth + 4);
            self.u().fblocks.push(FBlock::ExceptStar);
            self.body(&h.body)?;
            self.u().fblocks.pop();
            self.u().handler = guarded;
            self.at(NO_SPAN);
            if let Some(name) = name {
                self.forget_name(name);
            }
            self.u().jump(next);
            self.u().place(failed);
            if let Some(name) = name {
                self.forget_name(name);
            }
            self.emit(Op::ListAppend, 0, raised, matched, 0);
            self.u().jump(next);
            self.u().place(no_match);
            self.u().clear(matched);
            self.u().place(next);
        }
        self.u().depth = depth + 4;
        self.emit(Op::ListAppend, 0, raised, rest, 0);
        self.emit(Op::PrepReraiseStar, 0, original, original, 0);
        let copy = self.u().temp(depth + 2);
        self.emit(Op::Copy, 0, copy, original, 0);
        let fine = self.u().label();
        self.u().jump_op(Op::JumpIfNone, copy, 0, fine);
        self.u().handler = outer;
        self.emit(Op::ReraiseRestore, 0, saved, 0, 0);
        self.u().place(fine);
        self.emit(Op::PopExcept, 0, saved, 0, 0);
        self.u().jump(end);
        Ok(())
    }

    // ---- with ----------------------------------------------------------------------------------------------

    pub fn with_stmt(&mut self, w: &'a ast::StmtWith) -> R<()> {
        if w.is_async {
            self.check_await(
                "'async with' outside async function",
                "'async with' outside async function",
                Span::of(w),
            )?;
        }
        self.with_item(w, 0)
    }

    fn with_item(&mut self, w: &'a ast::StmtWith, i: usize) -> R<()> {
        let Some(item) = w.items.get(i) else { return self.body(&w.body) };
        // One temporary below the exit pair is for a value that is returned through here.
        let before = self.unit().depth;
        let depth = before + 1;
        self.u().depth = depth;
        let span = Span::of(&item.context_expr);
        let (handler, cleanup, suppress, end) =
            (self.u().label(), self.u().label(), self.u().label(), self.u().label());
        let exit = self.push(&item.context_expr)?;
        self.at(span);
        self.emit(Op::LoadSpecial, w.is_async as u8, exit, 0, 0);
        let entered = exit + 2;
        self.emit(Op::Call, 0, entered, entered, 0);
        self.u().depth = depth + 3;
        if w.is_async {
            self.emit(Op::GetAwaitable, 1, entered, entered, 0);
            self.delegate(entered, entered);
        }
        let outer = self.u().protect(handler, depth + 2);
        self.u().fblocks.push(FBlock::With { exit, is_async: w.is_async, span, outer });
        match &item.optional_vars {
            Some(vars) => self.store(vars, entered)?,
            None => self.u().clear(entered),
        }
        self.u().depth = depth + 2;
        self.with_item(w, i + 1)?;
        self.u().fblocks.pop();
        self.u().handler = outer;
        self.at(span);
        self.call_exit(exit, w.is_async);
        self.u().jump(end);
        self.u().place(handler);
        let saved = exit + 2;
        self.emit(Op::PushExcInfo, 0, saved, 0, 0);
        self.u().depth = depth + 4;
        self.u().protect(cleanup, depth + 3);
        let result = self.u().take();
        self.emit(Op::WithExceptStart, 0, result, exit, 0);
        if w.is_async {
            self.emit(Op::GetAwaitable, 2, result, result, 0);
            self.delegate(result, result);
        }
        self.u().jump_op(Op::JumpIfTrue, result, 0, suppress);
        self.u().handler = outer;
        self.at(NO_SPAN);
        self.emit(Op::ReraiseRestore, 1, saved, 0, 0);
        self.u().place(cleanup);
        self.emit(Op::ReraiseRestore, 1, saved, 0, 0);
        self.at(span);
        self.u().place(suppress);
        self.emit(Op::PopExcept, 0, saved, 0, 0);
        self.u().clear(exit + 1);
        self.u().clear(exit);
        self.u().depth = before;
        self.u().place(end);
        Ok(())
    }

    /// Calls the exit pair at `base` with three Nones and drops the result.
    fn call_exit(&mut self, base: Reg, is_async: bool) {
        let depth = base & !crate::unit::TEMP;
        self.u().depth = depth + 2;
        for _ in 0..3 {
            let t = self.u().take();
            self.u().load_imm(t, Imm::None);
        }
        self.emit(Op::Call, 3, base, base, 0);
        self.u().depth = depth + 1;
        if is_async {
            self.emit(Op::GetAwaitable, 2, base, base, 0);
            self.delegate(base, base);
        }
        self.u().clear(base);
        self.u().depth = depth;
    }

    pub fn body(&mut self, body: &'a [Stmt]) -> R<()> {
        for stmt in body {
            self.stmt(stmt)?;
        }
        Ok(())
    }
}
