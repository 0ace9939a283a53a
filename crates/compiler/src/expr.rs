//! Expressions. A local that is read is named in place; everything else is computed into a temporary, or straight into
//! the register that wants it.

use taipan_bytecode::{CommonConstant, Const, Imm, Intrinsic1, Op, flags};
use taipan_syntax::ast::{self, BoolOp, CmpOp, Expr, Operator, UnaryOp};

use crate::compiler::{Compiler, Dst, Var};
use crate::error::{R, Span};
use crate::fold::truth;
use crate::scope::ScopeKind;
use crate::unit::{Label, NO_SPAN, Reg, is_temp};

/// Displays and calls that would take more temporaries than this are built piece by piece (CPython's limit), so that a
/// frame does not grow with them.
pub(crate) const LONG_DISPLAY: usize = 30;

impl<'a> Compiler<'a> {
    /// Evaluates into a register of the compiler's choice: a local that stays where it is, or the next temporary,
    /// which is then taken.
    pub fn operand(&mut self, e: &'a Expr) -> R<Reg> {
        if let Expr::Name(n) = e
            && n.ctx.is_load()
            && n.id != "__debug__"
            && let Some(local) = self.local_of(&n.id)
        {
            let saved = self.at(Span::of(e));
            self.emit(Op::CheckLocal, 0, local, 0, 0);
            self.at(saved);
            return Ok(local);
        }
        self.push(e)
    }

    /// As `operand`, when `later` is evaluated before the value is used: a local that it may assign is copied.
    pub fn operand_before(&mut self, e: &'a Expr, later: &[&Expr]) -> R<Reg> {
        let r = self.operand(e)?;
        if is_temp(r) || !later.iter().any(|e| self.may_assign(e)) {
            return Ok(r);
        }
        let t = self.u().take();
        self.u().mov(t, r);
        Ok(t)
    }

    /// A local as an operand, copied when `later` may assign it.
    pub fn local_operand(&mut self, local: Reg, span: Span, later: &Expr) -> Reg {
        let saved = self.at(span);
        self.emit(Op::CheckLocal, 0, local, 0, 0);
        let r = if self.may_assign(later) {
            let t = self.u().take();
            self.u().mov(t, local);
            t
        } else {
            local
        };
        self.at(saved);
        r
    }

    /// Is `e` a local that `later` may assign?
    pub fn may_assign_local(&self, e: &Expr, later: &Expr) -> bool {
        e.is_name_expr() && self.may_assign(later)
    }

    fn may_assign(&self, e: &Expr) -> bool {
        self.table.scopes[self.unit().scope].has_walrus && !e.is_name_expr() && !e.is_literal_expr()
    }

    /// Evaluates into the next temporary and takes it.
    pub fn push(&mut self, e: &'a Expr) -> R<Reg> {
        let t = self.u().top();
        self.expr_to(e, t)?;
        Ok(self.u().take())
    }

    /// Where an expression is; a generator expression that is a call's only argument has the call's parentheses.
    pub fn span_of(&self, e: &Expr) -> Span {
        match e {
            Expr::Generator(g) => match self.generator_spans.get(&crate::scope::key(g)) {
                Some(span) => *span,
                None => Span::of(e),
            },
            e => Span::of(e),
        }
    }

    /// Evaluates and drops the value.
    pub fn discard(&mut self, e: &'a Expr) -> R<()> {
        let t = self.u().top();
        self.expr_to(e, t)?;
        // Has no line of its own: it goes with what comes before.
        let saved = self.at(NO_SPAN);
        self.u().clear(t);
        self.at(saved);
        Ok(())
    }

    /// Evaluates into `dst`, which is written last. No temporary is taken.
    pub fn expr_to(&mut self, e: &'a Expr, dst: Reg) -> R<()> {
        let span = self.span_of(e);
        let saved = self.at(span);
        let depth = self.unit().depth;
        let result = self.nested(|c| c.expr_inner(e, dst));
        self.u().depth = depth;
        self.at(saved);
        result
    }

    fn expr_inner(&mut self, e: &'a Expr, dst: Reg) -> R<()> {
        if let Some(c) = self.fold(e) {
            self.check_literal(e)?;
            self.load_const(dst, c);
            return Ok(());
        }
        match e {
            Expr::BoolOp(b) => self.bool_op(b, dst),
            Expr::Named(n) => {
                let Expr::Name(name) = &*n.target else { return Ok(()) };
                if let Some(local) = self.local_of(&name.id) {
                    self.expr_to(&n.value, local)?;
                    self.u().mov(dst, local);
                } else {
                    let t = self.push(&n.value)?;
                    let copy = self.u().top();
                    self.emit(Op::Copy, 0, copy, t, 0);
                    self.store_name(&name.id, copy);
                    self.u().mov(dst, t);
                }
                Ok(())
            }
            Expr::BinOp(_) => self.bin_op(e, dst),
            Expr::UnaryOp(u) => {
                let r = self.operand(&u.operand)?;
                // `not a == b`: the comparison is blamed with its `not`, as in CPython.
                if u.op == UnaryOp::Not && matches!(&*u.operand, Expr::Compare(c) if c.ops.len() == 1) {
                    let span = self.unit().span;
                    if let Some(last) = self.u().ins.last_mut() {
                        last.span = span;
                    }
                }
                let op = match u.op {
                    UnaryOp::Invert => Op::Invert,
                    UnaryOp::Not => Op::Not,
                    UnaryOp::UAdd => Op::Pos,
                    UnaryOp::USub => Op::Neg,
                };
                self.emit(op, 0, dst, r, 0);
                Ok(())
            }
            Expr::Lambda(l) => self.lambda(l, dst),
            Expr::If(i) => {
                if let Some(c) = self.fold(&i.test) {
                    return self.expr_to(if truth(&c) { &i.body } else { &i.orelse }, dst);
                }
                let (other, end) = (self.u().label(), self.u().label());
                self.jump_cond(&i.test, other, false)?;
                self.expr_to(&i.body, dst)?;
                self.u().jump(end);
                self.u().place(other);
                self.expr_to(&i.orelse, dst)?;
                self.u().place(end);
                Ok(())
            }
            Expr::Dict(d) => self.dict(d, dst),
            Expr::Set(s) => self.sequence(&s.elts, Display::Set, dst),
            Expr::List(l) => self.sequence(&l.elts, Display::List, dst),
            Expr::Tuple(t) => self.sequence(&t.elts, Display::Tuple, dst),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                self.comprehension(e, dst)
            }
            Expr::Await(a) => {
                self.check_await("'await' outside function", "'await' outside async function", Span::of(e))?;
                let t = self.push(&a.value)?;
                self.emit(Op::GetAwaitable, 0, t, t, 0);
                self.delegate(t, dst);
                Ok(())
            }
            Expr::Yield(y) => {
                self.check_yield("'yield' outside function", Span::of(e))?;
                let t = self.u().top();
                match &y.value {
                    Some(v) => self.expr_to(v, t)?,
                    None => self.u().load_imm(t, Imm::None),
                }
                if self.unit().flags & flags::ASYNC_GENERATOR != 0 {
                    self.emit(Op::Intrinsic1, Intrinsic1::AsyncGenWrap as u8, t, t, 0);
                }
                self.emit(Op::YieldValue, 0, dst, t, 0);
                Ok(())
            }
            Expr::YieldFrom(y) => {
                self.check_yield("'yield from' outside function", Span::of(e))?;
                if self.unit().flags & flags::ASYNC_GENERATOR != 0
                    || self.table.scopes[self.unit().scope].coroutine
                {
                    return self.err("'yield from' inside async function", Span::of(e));
                }
                let t = self.push(&y.value)?;
                self.emit(Op::GetYieldFromIter, 0, t, t, 0);
                self.delegate(t, dst);
                Ok(())
            }
            Expr::Compare(c) => self.compare(c, dst),
            Expr::Call(c) => self.call(c, dst),
            Expr::FString(f) => self.fstring(f, dst),
            Expr::TString(t) => self.tstring(t, dst),
            Expr::Attribute(a) => {
                if self.super_attr(a, dst, false)? {
                    return Ok(());
                }
                let r = self.operand(&a.value)?;
                let saved = self.at(self.attr_span(a));
                self.load_attr(dst, r, a.attr.as_str());
                self.at(saved);
                Ok(())
            }
            Expr::Subscript(s) => {
                self.check_subscripter(&s.value);
                self.check_index(&s.value, &s.slice);
                self.subscript(s, dst)
            }
            Expr::Starred(_) => self.err("can't use starred expression here", Span::of(e)),
            Expr::Name(n) => {
                self.load_name(&n.id, dst);
                Ok(())
            }
            Expr::Slice(s) => self.slice(s, dst),
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => Ok(()),
        }
    }

    fn check_literal(&mut self, e: &'a Expr) -> R<()> {
        match e {
            Expr::NumberLiteral(n) => self.check_number(&n.value, e),
            Expr::UnaryOp(u) => self.check_literal(&u.operand),
            Expr::BinOp(_) => {
                let mut left = e;
                while let Expr::BinOp(b) = left {
                    self.check_literal(&b.right)?;
                    left = &b.left;
                }
                self.check_literal(left)
            }
            Expr::Tuple(t) => t.elts.iter().try_for_each(|e| self.check_literal(e)),
            Expr::Subscript(s) => {
                self.check_index(&s.value, &s.slice);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub fn load_attr(&mut self, dst: Reg, object: Reg, name: &str) {
        let name = self.mangled(name);
        let n = self.u().name(&name);
        self.emit(Op::LoadAttr, 0, dst, object, n);
    }

    /// Where an attribute's errors point: its own line when the expression spans several.
    pub fn attr_span(&self, a: &ast::ExprAttribute) -> Span {
        let span = Span::of(a);
        let name = Span::of(&a.attr);
        if self.tree.line(span.start) != self.tree.line(span.end) && name.start != 0 {
            return Span { start: name.start, end: span.end };
        }
        span
    }

    // ---- operators -----------------------------------------------------------------------------------------

    fn bool_op(&mut self, b: &'a ast::ExprBoolOp, dst: Reg) -> R<()> {
        let t = if is_temp(dst) { dst } else { self.u().top() };
        let end = self.u().label();
        let op = if b.op == BoolOp::And { Op::JumpIfFalseKeep } else { Op::JumpIfTrueKeep };
        let span = self.unit().span;
        let Some((last, first)) = b.values.split_last() else { return Ok(()) };
        for value in first {
            if let Some(c) = self.fold(value) {
                // A constant either ends the chain or drops out of it.
                if truth(&c) == (b.op == BoolOp::Or) {
                    self.expr_to(value, t)?;
                    self.u().jump(end);
                    self.u().place(end);
                    self.u().mov(dst, t);
                    return Ok(());
                }
                continue;
            }
            // `a and b or c`: a false `a` goes on to `c` at once, so that it is asked only once.
            if let Expr::BoolOp(inner) = value
                && inner.op != b.op
                && let Some((last, first)) = inner.values.split_last()
            {
                let next = self.u().label();
                for value in first {
                    self.jump_cond(value, next, inner.op == BoolOp::Or)?;
                }
                self.expr_to(last, t)?;
                self.at(span);
                self.u().jump_op(op, t, 0, end);
                self.u().place(next);
                continue;
            }
            self.expr_to(value, t)?;
            self.at(span);
            self.u().jump_op(op, t, 0, end);
        }
        self.expr_to(last, t)?;
        self.u().place(end);
        self.u().mov(dst, t);
        Ok(())
    }

    fn bin_op(&mut self, e: &'a Expr, dst: Reg) -> R<()> {
        // Long chains nest to the left.
        let mut chain = Vec::new();
        let mut left = e;
        while let Expr::BinOp(b) = left {
            chain.push(b);
            left = &b.left;
        }
        // As much of its start as is constant.
        let mut constant = None;
        if let Some(mut value) = self.fold(left) {
            while let Some(b) = chain.last()
                && let Some(next) = self.fold_with(b.op, &value, &b.right)
            {
                self.check_literal(&b.right)?;
                value = next;
                chain.pop();
            }
            self.check_literal(left)?;
            constant = Some(value);
        }
        let mark = self.unit().depth;
        let rights: Vec<&Expr> = chain.last().map(|b| &*b.right).into_iter().collect();
        let mut l = match constant {
            Some(value) => {
                let t = self.u().take();
                let saved = self.at(Span::of(left));
                self.load_const(t, value);
                self.at(saved);
                t
            }
            None => self.operand_before(left, &rights)?,
        };
        let span = self.unit().span;
        while let Some(b) = chain.pop() {
            self.at(Span::of(b));
            let to = if chain.is_empty() { dst } else { self.u().temp(mark) };
            self.binary_with(b.op, false, to, l, &b.right)?;
            self.u().depth = mark + 1;
            l = to;
        }
        self.at(span);
        Ok(())
    }

    /// `dst = l op right`.
    pub fn binary_with(&mut self, op: Operator, in_place: bool, dst: Reg, l: Reg, right: &'a Expr) -> R<()> {
        let x = in_place as u8;
        if let Some(c) = self.fold(right) {
            self.check_literal(right)?;
            if let Const::Int(n) = c
                && let Ok(n) = i16::try_from(n)
                && let Some(op) = int_form(op)
            {
                self.emit(op, x, dst, l, n as u16 as u32);
                return Ok(());
            }
            if let Some(op) = const_form(op) {
                let index = self.u().constant(c.clone());
                if index <= 0xffff {
                    self.emit(op, x, dst, l, index);
                    return Ok(());
                }
            }
        }
        let r = self.operand(right)?;
        self.emit(operator(op), x, dst, l, r);
        Ok(())
    }

    // ---- comparison ----------------------------------------------------------------------------------------

    fn compare(&mut self, c: &'a ast::ExprCompare, dst: Reg) -> R<()> {
        self.check_compare(c);
        let mark = self.unit().depth;
        let n = c.ops.len();
        let rights: Vec<&Expr> = c.comparators.iter().take(1).collect();
        let mut l = self.operand_before(&c.left, &rights)?;
        if n == 1 {
            return self.compare_one(c.ops[0], dst, l, &c.comparators[0]);
        }
        // `$mark` holds a comparison's result, what is compared next sits above it.
        self.u().depth = self.unit().depth.max(mark + 1);
        let (cleanup, end) = (self.u().label(), self.u().label());
        let result = self.u().temp(mark);
        let kept = self.u().temp(mark + 1);
        let mut any_temp = false;
        for i in 0..n - 1 {
            let later: Vec<&Expr> = c.comparators[i + 1..].iter().take(1).collect();
            self.u().depth = mark + 1 + (i > 0 && l == kept) as u32;
            let next = self.operand_before(&c.comparators[i], &later)?;
            let used = if is_temp(next) {
                any_temp = true;
                let copy = self.u().take();
                self.emit(Op::Copy, 0, copy, next, 0);
                copy
            } else {
                next
            };
            self.emit(compare_op(c.ops[i]), 0, result, l, used);
            // What is compared next moves down to its place.
            let moved = if is_temp(next) {
                self.u().mov(kept, next);
                kept
            } else {
                next
            };
            if is_temp(moved) || !any_temp {
                self.u().jump_op(Op::JumpIfFalseKeep, result, 0, if is_temp(moved) { cleanup } else { end });
            } else {
                self.u().jump_op(Op::JumpIfFalseKeep, result, 0, end);
            }
            l = moved;
        }
        self.u().depth = mark + 2;
        self.compare_one(c.ops[n - 1], result, l, &c.comparators[n - 1])?;
        if any_temp {
            self.u().jump(end);
            self.u().place(cleanup);
            self.u().clear(kept);
        } else {
            self.u().place(cleanup);
        }
        self.u().place(end);
        self.u().mov(dst, result);
        Ok(())
    }

    fn compare_one(&mut self, op: CmpOp, dst: Reg, l: Reg, right: &'a Expr) -> R<()> {
        if let Some(c) = self.compare_const(op, right) {
            self.check_literal(right)?;
            if let Const::Int(n) = c
                && let Ok(n) = i16::try_from(n)
                && let Some(op) = compare_int_form(op)
            {
                self.emit(op, 0, dst, l, n as u16 as u32);
                return Ok(());
            }
            let op_k = match op {
                CmpOp::Eq => Some(Op::EqK),
                CmpOp::NotEq => Some(Op::NeK),
                _ => None,
            };
            if let Some(op_k) = op_k {
                let index = self.u().constant(c.clone());
                if index <= 0xffff {
                    self.emit(op_k, 0, dst, l, index);
                    return Ok(());
                }
            }
            let t = self.u().take();
            self.with_span(Span::of(right), |s| {
                s.load_const(t, c);
                Ok(())
            })?;
            self.emit(compare_op(op), 0, dst, l, t);
            return Ok(());
        }
        let r = self.operand(right)?;
        self.emit(compare_op(op), 0, dst, l, r);
        Ok(())
    }

    /// The constant on the right of a comparison; displays of constants after `in` become constants.
    fn compare_const(&self, op: CmpOp, right: &Expr) -> Option<Const> {
        if let Some(c) = self.fold(right) {
            return Some(c);
        }
        if !matches!(op, CmpOp::In | CmpOp::NotIn) {
            return None;
        }
        match right {
            Expr::List(l) => {
                l.elts.iter().map(|e| self.fold(e)).collect::<Option<Vec<_>>>().map(Const::Tuple)
            }
            Expr::Set(s) => {
                let items = s.elts.iter().map(|e| self.fold(e)).collect::<Option<Vec<_>>>()?;
                Some(Const::FrozenSet(dedup(items)))
            }
            _ => None,
        }
    }

    // ---- conditions ----------------------------------------------------------------------------------------

    /// Jumps to `target` when the truth of `e` is `when`; falls through otherwise.
    pub fn jump_cond(&mut self, e: &'a Expr, target: Label, when: bool) -> R<()> {
        let saved = self.at(Span::of(e));
        let depth = self.unit().depth;
        let result = self.nested(|c| c.jump_cond_inner(e, target, when));
        self.u().depth = depth;
        self.at(saved);
        result
    }

    fn jump_cond_inner(&mut self, e: &'a Expr, target: Label, when: bool) -> R<()> {
        if let Some(c) = self.fold(e) {
            // A condition that is known is a place all the same.
            if truth(&c) == when {
                self.u().jump(target);
            } else {
                self.emit(Op::Nop, 0, 0, 0, 0);
            }
            return Ok(());
        }
        match e {
            Expr::UnaryOp(u) if u.op == UnaryOp::Not => return self.jump_cond(&u.operand, target, !when),
            Expr::BoolOp(b) => {
                let Some((last, first)) = b.values.split_last() else { return Ok(()) };
                // `and` leaves early when false, `or` when true.
                let early = b.op == BoolOp::Or;
                if early == when {
                    for value in first {
                        self.jump_cond(value, target, when)?;
                    }
                    return self.jump_cond(last, target, when);
                }
                let skip = self.u().label();
                for value in first {
                    self.jump_cond(value, skip, early)?;
                }
                self.jump_cond(last, target, when)?;
                self.u().place(skip);
                return Ok(());
            }
            Expr::If(i) => {
                let (other, end) = (self.u().label(), self.u().label());
                self.jump_cond(&i.test, other, false)?;
                self.jump_cond(&i.body, target, when)?;
                self.u().jump(end);
                self.u().place(other);
                self.jump_cond(&i.orelse, target, when)?;
                self.u().place(end);
                return Ok(());
            }
            Expr::Compare(c) if c.ops.len() == 1 => {
                self.check_compare(c);
                let rights: Vec<&Expr> = c.comparators.iter().collect();
                let (op, right) = (c.ops[0], &c.comparators[0]);
                if matches!(op, CmpOp::Is | CmpOp::IsNot) {
                    let l = self.operand_before(&c.left, &rights)?;
                    let positive = (op == CmpOp::Is) == when;
                    if right.is_none_literal_expr() {
                        let op = if positive { Op::JumpIfNone } else { Op::JumpIfNotNone };
                        self.u().jump_op(op, l, 0, target);
                    } else {
                        let r = self.operand(right)?;
                        let op = if positive { Op::JumpIfIs } else { Op::JumpIfIsNot };
                        self.u().jump_op(op, l, r, target);
                    }
                    return Ok(());
                }
                let l = self.operand_before(&c.left, &rights)?;
                return self.jump_compare(op, l, right, target, when);
            }
            Expr::Compare(c) if self.is_chain_of_locals(c) => {
                self.check_compare(c);
                let Some((last, rights)) = c.comparators.split_last() else { return Ok(()) };
                let fails = if when { self.u().label() } else { target };
                let mark = self.unit().depth;
                let mut l = self.operand(&c.left)?;
                for (op, right) in c.ops.iter().zip(rights) {
                    let r = self.operand(right)?;
                    if let Some((op, _)) = fused(*op, false) {
                        self.u().jump_op(op, l, r, fails);
                    }
                    self.u().depth = mark;
                    l = r;
                }
                self.jump_compare(c.ops[rights.len()], l, last, target, when)?;
                if when {
                    self.u().place(fails);
                }
                return Ok(());
            }
            _ => {}
        }
        let r = self.operand(e)?;
        self.u().jump_op(if when { Op::JumpIfTrue } else { Op::JumpIfFalse }, r, 0, target);
        Ok(())
    }

    /// Jumps to `target` when the truth of a comparison (not by identity) of `l`, which is consumed, is `when`.
    fn jump_compare(&mut self, op: CmpOp, l: Reg, right: &'a Expr, target: Label, when: bool) -> R<()> {
        let truth = if when { Op::JumpIfTrue } else { Op::JumpIfFalse };
        let Some((reg_op, int_op)) = fused(op, when) else {
            let t = if is_temp(l) { l } else { self.u().top() };
            self.compare_one(op, t, l, right)?;
            self.u().jump_op(truth, t, 0, target);
            return Ok(());
        };
        match self.fold(right) {
            Some(Const::Int(n)) if i16::try_from(n).is_ok() => {
                self.check_literal(right)?;
                self.u().jump_op(int_op, l, n as i16 as u16 as u32, target);
            }
            Some(c) if matches!(op, CmpOp::Eq | CmpOp::NotEq) => {
                self.check_literal(right)?;
                let index = self.u().constant(c);
                if index > 0xffff {
                    let r = self.operand(right)?;
                    self.u().jump_op(reg_op, l, r, target);
                    return Ok(());
                }
                let t = if is_temp(l) { l } else { self.u().top() };
                self.emit(if op == CmpOp::Eq { Op::EqK } else { Op::NeK }, 0, t, l, index);
                self.u().jump_op(truth, t, 0, target);
            }
            _ => {
                let r = self.operand(right)?;
                self.u().jump_op(reg_op, l, r, target);
            }
        }
        Ok(())
    }

    /// Is it a chain of comparisons that have fused jumps, with locals between the ends that nothing assigns meanwhile?
    fn is_chain_of_locals(&mut self, c: &ast::ExprCompare) -> bool {
        let between = &c.comparators[..c.comparators.len().saturating_sub(1)];
        !self.table.scopes[self.unit().scope].has_walrus
            && c.ops.iter().all(|op| fused(*op, true).is_some())
            && between.iter().all(|e| match e {
                Expr::Name(n) => n.ctx.is_load() && n.id != "__debug__" && self.local_of(&n.id).is_some(),
                _ => false,
            })
    }

    // ---- displays ------------------------------------------------------------------------------------------

    pub fn sequence(&mut self, elts: &'a [Expr], kind: Display, dst: Reg) -> R<()> {
        let starred = elts.iter().any(Expr::is_starred_expr);
        if !starred && elts.len() > 2 && kind != Display::Tuple {
            // A long display of constants is copied from one.
            let items = elts.iter().map(|e| self.fold(e)).collect::<Option<Vec<_>>>();
            if let Some(items) = items {
                for e in elts {
                    self.check_literal(e)?;
                }
                let t = self.u().take();
                let (build, extend, c) = match kind {
                    Display::Set => (Op::BuildSet, Op::SetUpdate, Const::FrozenSet(dedup(items))),
                    _ => (Op::BuildList, Op::ListExtend, Const::Tuple(items)),
                };
                self.emit(build, 0, t, t, 0);
                let k = self.u().top();
                self.load_const(k, c);
                self.emit(extend, 0, t, k, 0);
                self.u().mov(dst, t);
                return Ok(());
            }
        }
        if !starred && elts.len() <= LONG_DISPLAY {
            let base = self.u().top();
            for e in elts {
                self.push(e)?;
            }
            let op = match kind {
                Display::Tuple => Op::BuildTuple,
                Display::List => Op::BuildList,
                Display::Set => Op::BuildSet,
            };
            self.emit(op, 0, dst, base, elts.len() as u32);
            return Ok(());
        }
        let t = self.build_pieces(elts, kind)?;
        if kind == Display::Tuple {
            self.emit(Op::ListToTuple, 0, dst, t, 0);
        } else {
            self.u().mov(dst, t);
        }
        Ok(())
    }

    /// A list (or set) made item by item, in the next temporary, which is taken.
    fn build_pieces(&mut self, elts: &'a [Expr], kind: Display) -> R<Reg> {
        let (build, add, extend) = match kind {
            Display::Set => (Op::BuildSet, Op::SetAdd, Op::SetUpdate),
            _ => (Op::BuildList, Op::ListAppend, Op::ListExtend),
        };
        let t = self.u().top();
        let plain = elts.iter().take_while(|e| !e.is_starred_expr()).count();
        let first = if elts.len() > LONG_DISPLAY { 0 } else { plain };
        for e in &elts[..first] {
            self.push(e)?;
        }
        self.u().depth -= first as u32;
        self.emit(build, 0, t, t, first as u32);
        self.u().depth += 1;
        for e in &elts[first..] {
            let mark = self.unit().depth;
            if let Expr::Starred(s) = e {
                let r = self.operand(&s.value)?;
                self.emit(extend, 0, t, r, 0);
            } else {
                let r = self.operand(e)?;
                self.emit(add, 0, t, r, 0);
            }
            self.u().depth = mark;
        }
        Ok(t)
    }

    fn dict(&mut self, d: &'a ast::ExprDict, dst: Reg) -> R<()> {
        let plain = d.items.iter().all(|i| i.key.is_some());
        if plain && d.items.len() <= LONG_DISPLAY / 2 {
            let base = self.u().top();
            for item in &d.items {
                if let Some(k) = &item.key {
                    self.push(k)?;
                }
                self.push(&item.value)?;
            }
            self.emit(Op::BuildMap, 0, dst, base, d.items.len() as u32);
            return Ok(());
        }
        let t = self.u().take();
        self.emit(Op::BuildMap, 0, t, t, 0);
        for item in &d.items {
            let mark = self.unit().depth;
            match &item.key {
                Some(k) => {
                    let k = self.operand_before(k, &[&item.value])?;
                    let v = self.operand(&item.value)?;
                    self.emit(Op::MapAdd, 0, t, k, v);
                }
                None => {
                    let v = self.operand(&item.value)?;
                    self.emit(Op::DictUpdate, 0, t, v, 0);
                }
            }
            self.u().depth = mark;
        }
        self.u().mov(dst, t);
        Ok(())
    }

    // ---- calls ---------------------------------------------------------------------------------------------

    fn call(&mut self, c: &'a ast::ExprCall, dst: Reg) -> R<()> {
        let args = &c.arguments;
        self.check_caller(&c.func);
        if let [Expr::Generator(g)] = &args.args[..]
            && !g.parenthesized
        {
            self.generator_spans.insert(crate::scope::key(g), Span::of(args));
        }
        let plain = !args.args.iter().any(Expr::is_starred_expr)
            && args.keywords.iter().all(|k| k.arg.is_some())
            && args.args.len() + 2 * args.keywords.len() <= LONG_DISPLAY;
        let span = self.unit().span;
        let base = self.u().top();
        if let Expr::Attribute(a) = &*c.func {
            if !self.super_attr(a, base, true)? {
                let r = self.operand(&a.value)?;
                self.u().depth = base & !crate::unit::TEMP;
                let at = self.attr_span(a);
                self.at(at);
                let name = self.mangled(a.attr.as_str());
                let n = self.u().name(&name);
                self.emit(Op::LoadMethod, 0, base, r, n);
            }
            self.u().depth = (base & !crate::unit::TEMP) + 2;
            // A call that spans lines is blamed on the line of its method's name.
            let at = self.attr_span(a);
            if plain && at != Span::of(a) {
                self.at(Span { start: at.start, end: span.end });
            } else {
                self.at(span);
            }
        } else {
            self.push(&c.func)?;
            let empty = self.u().take();
            self.u().load_imm(empty, Imm::Empty);
        }
        self.call_args(&args.args, &args.keywords, base, dst, 0)?;
        self.at(span);
        Ok(())
    }

    /// The arguments of a call whose callable and self are in `base` and the temporary after it, and the call.
    /// `extra` positional arguments are there already.
    pub fn call_args(
        &mut self,
        args: &'a [Expr],
        keywords: &'a [ast::Keyword],
        base: Reg,
        dst: Reg,
        extra: usize,
    ) -> R<()> {
        let plain = !args.iter().any(Expr::is_starred_expr)
            && keywords.iter().all(|k| k.arg.is_some())
            && args.len() + 2 * keywords.len() + extra <= LONG_DISPLAY;
        if plain {
            for e in args {
                self.push(e)?;
            }
            self.check_keywords(keywords)?;
            for k in keywords {
                self.push(&k.value)?;
            }
            let n = (args.len() + keywords.len() + extra) as u32;
            if keywords.is_empty() {
                self.emit(Op::Call, n as u8, dst, base, 0);
            } else {
                let names =
                    keywords.iter().filter_map(|k| k.arg.as_ref()).map(|n| Const::str(n.as_str())).collect();
                let names = self.u().constant(Const::Tuple(names));
                self.u().emit(Op::CallKw, 0, dst, base, names).ext = n;
            }
            return Ok(());
        }
        // The arguments as one iterable.
        let t = match args {
            [Expr::Starred(s)] if extra == 0 => self.push(&s.value)?,
            _ if extra == 0 => {
                let t = self.u().top();
                self.sequence(args, Display::Tuple, t)?;
                let at = t & !crate::unit::TEMP;
                self.u().depth = at + 1;
                t
            }
            _ => {
                // Class statements put the body function and name before the bases.
                let first = crate::unit::TEMP | (self.unit().depth - extra as u32);
                self.emit(Op::BuildList, 0, first, first, extra as u32);
                self.u().depth -= extra as u32 - 1;
                for e in args {
                    let mark = self.unit().depth;
                    if let Expr::Starred(s) = e {
                        let r = self.operand(&s.value)?;
                        self.emit(Op::ListExtend, 0, first, r, 0);
                    } else {
                        let r = self.operand(e)?;
                        self.emit(Op::ListAppend, 0, first, r, 0);
                    }
                    self.u().depth = mark;
                }
                self.emit(Op::ListToTuple, 0, first, first, 0);
                first
            }
        };
        let _ = t;
        self.call_ex_keywords(keywords, base, dst)
    }

    /// The end of a call whose positional arguments are one tuple at `base + 2`, the topmost temporary.
    pub fn call_ex_keywords(&mut self, keywords: &'a [ast::Keyword], base: Reg, dst: Reg) -> R<()> {
        self.check_keywords(keywords)?;
        let kwargs = self.u().top();
        if keywords.is_empty() {
            self.u().load_imm(kwargs, Imm::Empty);
        } else {
            self.kwargs(keywords, kwargs, base)?;
        }
        self.emit(Op::CallEx, 0, dst, base, 0);
        Ok(())
    }

    /// The dict of a call's keywords, into `dict`, the next temporary.
    fn kwargs(&mut self, keywords: &'a [ast::Keyword], dict: Reg, callable: Reg) -> R<()> {
        let mut have = false;
        let mut i = 0;
        while i < keywords.len() {
            if keywords[i].arg.is_none() {
                if !have {
                    self.emit(Op::BuildMap, 0, dict, dict, 0);
                    self.u().depth += 1;
                    have = true;
                }
                let mark = self.unit().depth;
                let v = self.operand(&keywords[i].value)?;
                self.emit(Op::DictMerge, 0, dict, v, callable);
                self.u().depth = mark;
                i += 1;
                continue;
            }
            let run = keywords[i..].iter().take_while(|k| k.arg.is_some()).count();
            let mark = self.unit().depth;
            let base = self.u().top();
            let long = 2 * run > LONG_DISPLAY;
            if long {
                self.u().take();
                self.emit(Op::BuildMap, 0, base, base, 0);
            }
            for k in &keywords[i..i + run] {
                let name = k.arg.as_ref().map_or("", |n| n.as_str());
                let t = self.u().take();
                self.u().load_str(t, name);
                let v = self.push(&k.value)?;
                if long {
                    self.emit(Op::MapAdd, 0, base, t, v);
                    self.u().depth -= 2;
                }
            }
            if !long {
                self.emit(Op::BuildMap, 0, base, base, run as u32);
            }
            self.u().depth = mark;
            if have {
                self.emit(Op::DictMerge, 0, dict, base, callable);
            } else {
                have = true;
                self.u().depth = mark + 1;
            }
            i += run;
        }
        Ok(())
    }

    fn check_keywords(&self, keywords: &[ast::Keyword]) -> R<()> {
        for (i, k) in keywords.iter().enumerate() {
            let Some(name) = &k.arg else { continue };
            if keywords[..i].iter().any(|o| o.arg.as_ref().is_some_and(|o| o.id == name.id)) {
                return self.err(format!("keyword argument repeated: {name}"), Span::of(k));
            }
        }
        Ok(())
    }

    /// `super().name` and `super(a, b).name`; false when it is not one.
    fn super_attr(&mut self, a: &'a ast::ExprAttribute, dst: Reg, method: bool) -> R<bool> {
        let Expr::Call(call) = &*a.value else { return Ok(false) };
        let Expr::Name(name) = &*call.func else { return Ok(false) };
        let n = call.arguments.args.len();
        let plain = name.id == "super"
            && call.arguments.keywords.is_empty()
            && (n == 0 || n == 2)
            && !call.arguments.args.iter().any(Expr::is_starred_expr);
        if !plain
            || !matches!(self.resolve("super"), Var::Global)
            || self.table.scopes[0]
                .symbols
                .get("super")
                .is_some_and(|s| s.flags & crate::scope::def::BOUND != 0)
        {
            return Ok(false);
        }
        if !matches!(self.kind(), ScopeKind::Function | ScopeKind::Lambda) {
            return Ok(false);
        }
        if n == 0 && (self.unit().argcount == 0 || !self.unit().free_map.contains_key("__class__")) {
            return Ok(false);
        }
        let span = self.unit().span;
        let base = self.u().top();
        self.at(Span::of(name));
        let t = self.u().take();
        self.load_name("super", t);
        self.at(Span::of(call));
        if n == 0 {
            let class = self.u().take();
            self.load_name("__class__", class);
            let this = self.u().take();
            match self.unit().cell_args.iter().position(|&arg| arg == 0) {
                Some(cell) => self.emit(Op::LoadCell, 0, this, crate::unit::CELL | cell as u32, 0),
                None => {
                    self.emit(Op::CheckLocal, 0, 0, 0, 0);
                    self.u().mov(this, 0);
                }
            }
        } else {
            for e in &call.arguments.args {
                self.push(e)?;
            }
        }
        let at = self.attr_span(a);
        self.at(at);
        let attr = self.mangled(a.attr.as_str());
        let n_attr = self.u().name(&attr);
        let op = if method { Op::LoadSuperMethod } else { Op::LoadSuperAttr };
        self.emit(op, (n == 2) as u8, dst, base, n_attr);
        self.at(span);
        Ok(true)
    }

    // ---- subscripts ----------------------------------------------------------------------------------------

    fn subscript(&mut self, s: &'a ast::ExprSubscript, dst: Reg) -> R<()> {
        if let Expr::Slice(slice) = &*s.slice
            && self.fold_slice(&s.slice).is_none()
        {
            let base = self.u().top();
            self.push(&s.value)?;
            self.push_bounds(slice)?;
            if let Some(step) = &slice.step {
                self.push(step)?;
            }
            self.emit(Op::LoadSlice, 3 + slice.step.is_some() as u8, dst, base, 0);
            return Ok(());
        }
        let object = self.operand_before(&s.value, &[&s.slice])?;
        match self.fold(&s.slice).or_else(|| self.fold_slice(&s.slice)) {
            Some(Const::Int(n)) if i16::try_from(n).is_ok() => {
                self.emit(Op::SubscrI, 0, dst, object, n as i16 as u16 as u32);
                return Ok(());
            }
            Some(c) => {
                let index = self.u().constant(c);
                if index <= 0xffff {
                    self.emit(Op::SubscrK, 0, dst, object, index);
                    return Ok(());
                }
            }
            None => {}
        }
        let index = self.operand(&s.slice)?;
        self.emit(Op::Subscr, 0, dst, object, index);
        Ok(())
    }

    fn push_bounds(&mut self, s: &'a ast::ExprSlice) -> R<()> {
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
        Ok(())
    }

    fn slice(&mut self, s: &'a ast::ExprSlice, dst: Reg) -> R<()> {
        let base = self.u().top();
        self.push_bounds(s)?;
        let mut n = 2;
        if let Some(step) = &s.step {
            self.push(step)?;
            n = 3;
        }
        self.emit(Op::BuildSlice, n, dst, base, 0);
        Ok(())
    }

    // ---- targets -------------------------------------------------------------------------------------------

    /// Assigns register `src` to a target. A temporary `src` is consumed; whatever is pushed sits above it.
    pub fn store(&mut self, target: &'a Expr, src: Reg) -> R<()> {
        let saved = self.at(Span::of(target));
        let depth = self.unit().depth;
        let result = self.nested(|c| c.store_inner(target, src));
        self.u().depth = depth;
        self.at(saved);
        result
    }

    fn store_inner(&mut self, target: &'a Expr, src: Reg) -> R<()> {
        match target {
            Expr::Name(n) => {
                self.store_name(&n.id, src);
                Ok(())
            }
            Expr::Attribute(a) => {
                let object = self.operand(&a.value)?;
                let at = self.attr_span(a);
                self.at(at);
                self.note_static_attribute(a);
                self.store_attr(object, src, a.attr.as_str());
                Ok(())
            }
            Expr::Subscript(s) => {
                if let Expr::Slice(slice) = &*s.slice
                    && slice.step.is_none()
                    && self.fold_slice(&s.slice).is_none()
                {
                    let base = self.u().take();
                    self.u().mov(base, src);
                    self.push(&s.value)?;
                    self.push_bounds(slice)?;
                    self.emit(Op::StoreSlice, 0, base, 0, 0);
                    return Ok(());
                }
                let object = self.operand_before(&s.value, &[&s.slice])?;
                let index = self.index_operand(&s.slice)?;
                self.emit(Op::StoreSubscr, 0, object, index, src);
                Ok(())
            }
            Expr::Tuple(t) => self.unpack(&t.elts, src, target),
            Expr::List(l) => self.unpack(&l.elts, src, target),
            Expr::Starred(_) => {
                self.err("starred assignment target must be in a list or tuple", Span::of(target))
            }
            _ => self.err("cannot assign to expression", Span::of(target)),
        }
    }

    pub fn index_operand(&mut self, index: &'a Expr) -> R<Reg> {
        match self.fold_slice(index) {
            Some(c) => {
                let t = self.u().take();
                self.load_const(t, c);
                Ok(t)
            }
            None => self.operand(index),
        }
    }

    pub fn store_attr(&mut self, object: Reg, value: Reg, name: &str) {
        let name = self.mangled(name);
        let n = self.u().name(&name);
        self.emit(Op::StoreAttr, 0, object, value, n);
    }

    /// `self.x = …` in a method: x goes into the class's `__static_attributes__`.
    pub fn note_static_attribute(&mut self, a: &ast::ExprAttribute) {
        let Expr::Name(n) = &*a.value else { return };
        if n.id != "self" || self.units.len() < 2 {
            return;
        }
        let class = self.units.len() - 2;
        for i in (0..=class).rev() {
            let kind = self.table.scopes[self.units[i].scope].kind;
            if kind == ScopeKind::Class {
                let name = a.attr.to_string();
                if !self.units[i].static_attributes.contains(&name) {
                    self.units[i].static_attributes.push(name);
                }
                return;
            }
        }
    }

    fn unpack(&mut self, elts: &'a [Expr], src: Reg, whole: &'a Expr) -> R<()> {
        let mut star = None;
        for (i, e) in elts.iter().enumerate() {
            if e.is_starred_expr() {
                if star.is_some() {
                    return self.err("multiple starred expressions in assignment", Span::of(whole));
                }
                if i > 255 || elts.len() - i - 1 > 0xffff {
                    return self.err("too many expressions in star-unpacking assignment", Span::of(whole));
                }
                star = Some(i);
            }
        }
        if elts.len() > 0xf000 {
            return self.err("too many expressions in assignment", Span::of(whole));
        }
        if star.is_none()
            && let [Expr::Name(first), Expr::Name(second)] = elts
            && let Some(a) = self.local_of(&first.id)
            && let Some(b) = self.local_of(&second.id)
            && a != b
        {
            self.emit(Op::UnpackPair, 0, a, b, src);
            return Ok(());
        }
        // The items go on top, the first one lowest.
        if is_temp(src) && self.u().top() == src + 1 {
            self.u().depth -= 1;
        }
        let base = self.u().top();
        match star {
            None => self.emit(Op::UnpackSequence, 0, base, src, elts.len() as u32),
            Some(i) => self.emit(Op::UnpackEx, i as u8, base, src, (elts.len() - i - 1) as u32),
        }
        self.u().depth += elts.len() as u32;
        for (i, e) in elts.iter().enumerate() {
            let target = match e {
                Expr::Starred(s) => &s.value,
                other => other,
            };
            self.store(target, base + i as u32)?;
        }
        Ok(())
    }

    pub fn delete(&mut self, target: &'a Expr) -> R<()> {
        let saved = self.at(Span::of(target));
        let depth = self.unit().depth;
        match target {
            Expr::Name(n) => self.delete_name(&n.id),
            Expr::Attribute(a) => {
                let object = self.operand(&a.value)?;
                let at = self.attr_span(a);
                self.at(at);
                let name = self.mangled(a.attr.as_str());
                let n = self.u().name(&name);
                self.emit(Op::DeleteAttr, 0, object, n, 0);
            }
            Expr::Subscript(s) => {
                let object = self.operand_before(&s.value, &[&s.slice])?;
                let index = self.index_operand(&s.slice)?;
                self.emit(Op::DeleteSubscr, 0, object, index, 0);
            }
            Expr::Tuple(t) => t.elts.iter().try_for_each(|e| self.delete(e))?,
            Expr::List(l) => l.elts.iter().try_for_each(|e| self.delete(e))?,
            _ => return self.err("cannot delete expression", Span::of(target)),
        }
        self.u().depth = depth;
        self.at(saved);
        Ok(())
    }

    // ---- suspension ----------------------------------------------------------------------------------------

    /// Runs the iterator in temporary `t` (the topmost) to its end, passing on what it yields; `dst` = its result.
    pub fn delegate(&mut self, t: Reg, dst: Reg) {
        let value = t + 1;
        let done = self.u().label();
        self.u().load_imm(value, Imm::None);
        let again = self.u().here();
        self.u().jump_op(Op::Send, value, t, done);
        self.emit(Op::YieldValue, 1, value, value, 0);
        self.u().jump(again);
        self.u().place(done);
        self.emit(Op::EndSend, 0, dst, t, value);
    }

    pub fn check_await(&self, outside: &str, not_async: &str, span: Span) -> R<()> {
        if self.settings.top_level_await && self.kind() == ScopeKind::Module {
            return Ok(());
        }
        if !self.kind().is_function_like() {
            return self.err(outside, span);
        }
        let ok = self.unit().flags & (flags::COROUTINE | flags::ASYNC_GENERATOR) != 0;
        if ok || self.kind() == ScopeKind::GenExpr { Ok(()) } else { self.err(not_async, span) }
    }

    fn check_yield(&self, msg: &str, span: Span) -> R<()> {
        if self.kind().is_function_like() { Ok(()) } else { self.err(msg, span) }
    }

    pub fn load_common(&mut self, dst: Reg, c: CommonConstant) {
        self.emit(Op::LoadCommonConstant, c as u8, dst, 0, 0);
    }

    #[allow(dead_code)]
    pub fn dst_kind(&self, store: bool) -> Dst {
        if store { Dst::Store } else { Dst::Delete }
    }
}

/// What a display makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Display {
    Tuple,
    List,
    Set,
}

/// Constants without repetitions, for a frozen set. (Equal values of different types are the machine's to merge.)
fn dedup(items: Vec<Const>) -> Vec<Const> {
    let mut seen = std::collections::HashSet::new();
    items
        .into_iter()
        .filter(|c| {
            let mut key = Vec::new();
            c.encode(&mut key);
            seen.insert(key)
        })
        .collect()
}

fn operator(op: Operator) -> Op {
    match op {
        Operator::Add => Op::Add,
        Operator::Sub => Op::Sub,
        Operator::Mult => Op::Mul,
        Operator::MatMult => Op::Matmul,
        Operator::Div => Op::Truediv,
        Operator::Mod => Op::Modulo,
        Operator::Pow => Op::Pow,
        Operator::LShift => Op::Lshift,
        Operator::RShift => Op::Rshift,
        Operator::BitOr => Op::Or,
        Operator::BitXor => Op::Xor,
        Operator::BitAnd => Op::And,
        Operator::FloorDiv => Op::Floordiv,
    }
}

fn int_form(op: Operator) -> Option<Op> {
    Some(match op {
        Operator::Add => Op::AddI,
        Operator::Sub => Op::SubI,
        Operator::Mult => Op::MulI,
        Operator::Mod => Op::ModuloI,
        Operator::LShift => Op::LshiftI,
        Operator::RShift => Op::RshiftI,
        Operator::BitAnd => Op::AndI,
        Operator::FloorDiv => Op::FloordivI,
        _ => return None,
    })
}

fn const_form(op: Operator) -> Option<Op> {
    Some(match op {
        Operator::Add => Op::AddK,
        Operator::Sub => Op::SubK,
        Operator::Mult => Op::MulK,
        Operator::Div => Op::TruedivK,
        Operator::Mod => Op::ModuloK,
        Operator::Pow => Op::PowK,
        _ => return None,
    })
}

pub(crate) fn compare_op(op: CmpOp) -> Op {
    match op {
        CmpOp::Eq => Op::Eq,
        CmpOp::NotEq => Op::Ne,
        CmpOp::Lt => Op::Lt,
        CmpOp::LtE => Op::Le,
        CmpOp::Gt => Op::Gt,
        CmpOp::GtE => Op::Ge,
        CmpOp::Is => Op::Is,
        CmpOp::IsNot => Op::IsNot,
        CmpOp::In => Op::Contains,
        CmpOp::NotIn => Op::NotContains,
    }
}

fn compare_int_form(op: CmpOp) -> Option<Op> {
    Some(match op {
        CmpOp::Eq => Op::EqI,
        CmpOp::NotEq => Op::NeI,
        CmpOp::Lt => Op::LtI,
        CmpOp::LtE => Op::LeI,
        CmpOp::Gt => Op::GtI,
        CmpOp::GtE => Op::GeI,
        _ => return None,
    })
}

/// The fused compare-and-jump of two registers, and of a register and a small int.
fn fused(op: CmpOp, when: bool) -> Option<(Op, Op)> {
    Some(match (op, when) {
        (CmpOp::Lt, true) => (Op::JumpIfLt, Op::JumpIfLtI),
        (CmpOp::LtE, true) => (Op::JumpIfLe, Op::JumpIfLeI),
        (CmpOp::Eq, true) => (Op::JumpIfEq, Op::JumpIfEqI),
        (CmpOp::NotEq, true) => (Op::JumpIfNe, Op::JumpIfNeI),
        (CmpOp::Gt, true) => (Op::JumpIfGt, Op::JumpIfGtI),
        (CmpOp::GtE, true) => (Op::JumpIfGe, Op::JumpIfGeI),
        (CmpOp::Lt, false) => (Op::JumpUnlessLt, Op::JumpUnlessLtI),
        (CmpOp::LtE, false) => (Op::JumpUnlessLe, Op::JumpUnlessLeI),
        (CmpOp::Eq, false) => (Op::JumpUnlessEq, Op::JumpUnlessEqI),
        (CmpOp::NotEq, false) => (Op::JumpUnlessNe, Op::JumpUnlessNeI),
        (CmpOp::Gt, false) => (Op::JumpUnlessGt, Op::JumpUnlessGtI),
        (CmpOp::GtE, false) => (Op::JumpUnlessGe, Op::JumpUnlessGeI),
        _ => return None,
    })
}
