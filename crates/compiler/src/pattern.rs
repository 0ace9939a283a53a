//! `match`. A subject stays in its temporary while a pattern looks at it; what a pattern takes apart sits above, and
//! is dropped from the top when it fails. Names are bound after the whole pattern has matched.

use taipan_bytecode::{Const, Imm, Op};
use taipan_syntax::ast::{self, Expr, Pattern, Singleton};

use crate::compiler::Compiler;
use crate::error::{R, Span};
use crate::unit::{Label, Reg, TEMP, is_temp};

/// State of one `case`.
struct Matching<'a> {
    /// Captured names and the temporaries that hold them.
    captures: Vec<(&'a str, Reg)>,
    /// Depth at which a failure leaves nothing behind.
    base: u32,
    /// Where to go on failure with so many temporaries above `base`.
    fail: Vec<Label>,
}

impl<'a> Compiler<'a> {
    pub fn match_stmt(&mut self, m: &'a ast::StmtMatch) -> R<()> {
        let subject = self.push(&m.subject)?;
        let end = self.u().label();
        let depth = self.unit().depth;
        let n = m.cases.len();
        for (i, case) in m.cases.iter().enumerate() {
            let last = i + 1 == n;
            self.at(Span::of(&case.pattern));
            if case.guard.is_none() && !last && irrefutable(&case.pattern) {
                return match capture_name(&case.pattern) {
                    Some(name) => self.err(
                        format!("name capture '{name}' makes remaining patterns unreachable"),
                        Span::of(&case.pattern),
                    ),
                    None => {
                        self.err("wildcard makes remaining patterns unreachable", Span::of(&case.pattern))
                    }
                };
            }
            self.u().depth = depth;
            let mut names = Vec::new();
            self.capture_names(&case.pattern, &mut names)?;
            let mut state =
                Matching { captures: Vec::new(), base: depth + names.len() as u32, fail: Vec::new() };
            for name in names {
                let t = self.u().take();
                self.u().load_imm(t, Imm::Empty);
                state.captures.push((name, t));
            }
            self.pattern(&case.pattern, subject, &mut state)?;
            // Captures are bound in order; the guard sees them.
            let captures = std::mem::take(&mut state.captures);
            self.at(Span::of(&case.pattern));
            for (name, t) in &captures {
                self.store_name(name, *t);
            }
            let next = self.u().label();
            if let Some(guard) = &case.guard {
                self.u().depth = depth;
                self.jump_cond(guard, next, false)?;
            }
            self.u().depth = depth - 1;
            self.u().clear(subject);
            self.body(&case.body)?;
            self.at(crate::unit::NO_SPAN);
            self.u().jump(end);
            // Failures, the fullest first.
            if let Some(last) = state.fail.len().checked_sub(1) {
                for k in (0..=last).rev() {
                    self.u().place(state.fail[k]);
                    if k > 0 {
                        let t = self.u().temp(state.base + k as u32 - 1);
                        self.u().clear(t);
                    }
                }
                for (_, t) in &captures {
                    self.u().clear(*t);
                }
            }
            self.u().place(next);
        }
        self.u().depth = depth - 1;
        self.u().clear(subject);
        self.u().place(end);
        Ok(())
    }

    /// The label for a failure now.
    fn fail(&mut self, state: &mut Matching<'a>) -> Label {
        let above = (self.unit().depth - state.base) as usize;
        while state.fail.len() <= above {
            let label = self.u().label();
            state.fail.push(label);
        }
        state.fail[above]
    }

    /// The names a pattern binds, in order; repeated ones and alternatives that differ are errors.
    fn capture_names(&self, p: &'a Pattern, names: &mut Vec<&'a str>) -> R<()> {
        let mut add = |name: &'a ast::Identifier| {
            if names.contains(&name.as_str()) {
                return self.err(format!("multiple assignments to name '{name}' in pattern"), Span::of(p));
            }
            names.push(name.as_str());
            Ok(())
        };
        match p {
            Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => Ok(()),
            Pattern::MatchSequence(s) => s.patterns.iter().try_for_each(|p| self.capture_names(p, names)),
            Pattern::MatchMapping(m) => {
                m.patterns.iter().try_for_each(|p| self.capture_names(p, names))?;
                match &m.rest {
                    Some(name) if names.contains(&name.as_str()) => {
                        self.err(format!("multiple assignments to name '{name}' in pattern"), Span::of(p))
                    }
                    Some(name) => {
                        names.push(name.as_str());
                        Ok(())
                    }
                    None => Ok(()),
                }
            }
            Pattern::MatchClass(c) => {
                c.arguments.patterns.iter().try_for_each(|p| self.capture_names(p, names))?;
                c.arguments.keywords.iter().try_for_each(|k| self.capture_names(&k.pattern, names))
            }
            Pattern::MatchStar(s) => s.name.as_ref().map_or(Ok(()), add),
            Pattern::MatchAs(a) => {
                if let Some(inner) = &a.pattern {
                    self.capture_names(inner, names)?;
                    return match &a.name {
                        Some(name) if names.contains(&name.as_str()) => {
                            self.err(format!("multiple assignments to name '{name}' in pattern"), Span::of(p))
                        }
                        Some(name) => {
                            names.push(name.as_str());
                            Ok(())
                        }
                        None => Ok(()),
                    };
                }
                a.name.as_ref().map_or(Ok(()), &mut add)
            }
            Pattern::MatchOr(o) => {
                let mut first: Option<Vec<&'a str>> = None;
                for (i, alternative) in o.patterns.iter().enumerate() {
                    if i + 1 < o.patterns.len() && irrefutable(alternative) {
                        return match capture_name(alternative) {
                            Some(name) => self.err(
                                format!("name capture '{name}' makes remaining patterns unreachable"),
                                Span::of(alternative),
                            ),
                            None => self
                                .err("wildcard makes remaining patterns unreachable", Span::of(alternative)),
                        };
                    }
                    let mut own = Vec::new();
                    self.capture_names(alternative, &mut own)?;
                    let mut sorted = own.clone();
                    sorted.sort_unstable();
                    match &first {
                        None => {
                            for name in &own {
                                if names.contains(name) {
                                    return self.err(
                                        format!("multiple assignments to name '{name}' in pattern"),
                                        Span::of(alternative),
                                    );
                                }
                            }
                            names.extend(own);
                            first = Some(sorted);
                        }
                        Some(first) if *first != sorted => {
                            return self.err("alternative patterns bind different names", Span::of(p));
                        }
                        Some(_) => {}
                    }
                }
                Ok(())
            }
        }
    }

    fn capture(&mut self, name: &str, subject: Reg, state: &Matching<'a>) {
        if let Some((_, t)) = state.captures.iter().find(|(n, _)| *n == name) {
            self.emit(Op::Copy, 0, *t, subject, 0);
        }
    }

    /// Falls through with the depth as it was when `subject` (kept) matches; else jumps.
    fn pattern(&mut self, p: &'a Pattern, subject: Reg, state: &mut Matching<'a>) -> R<()> {
        self.at(Span::of(p));
        self.nested(|c| c.pattern_inner(p, subject, state))
    }

    fn pattern_inner(&mut self, p: &'a Pattern, subject: Reg, state: &mut Matching<'a>) -> R<()> {
        match p {
            Pattern::MatchValue(v) => {
                let valid = self.fold(&v.value).is_some()
                    || matches!(&*v.value, Expr::Attribute(_) | Expr::BinOp(_) | Expr::UnaryOp(_));
                if !valid {
                    return self.err("patterns may only match literals and attribute lookups", Span::of(p));
                }
                let fail = self.fail(state);
                let depth = self.unit().depth;
                let copy = self.u().take();
                self.emit(Op::Copy, 0, copy, subject, 0);
                let r = self.operand(&v.value)?;
                self.u().jump_op(Op::JumpUnlessEq, copy, r, fail);
                self.u().depth = depth;
                Ok(())
            }
            Pattern::MatchSingleton(s) => {
                let fail = self.fail(state);
                let copy = self.u().top();
                self.emit(Op::Copy, 0, copy, subject, 0);
                let imm = match s.value {
                    Singleton::None => {
                        self.u().jump_op(Op::JumpIfNotNone, copy, 0, fail);
                        return Ok(());
                    }
                    Singleton::True => Imm::True,
                    Singleton::False => Imm::False,
                };
                self.u().load_imm(copy + 1, imm);
                self.u().jump_op(Op::JumpIfIsNot, copy, copy + 1, fail);
                Ok(())
            }
            Pattern::MatchSequence(s) => self.sequence_pattern(s, subject, state),
            Pattern::MatchMapping(m) => self.mapping_pattern(m, subject, state),
            Pattern::MatchClass(c) => self.class_pattern(c, subject, state),
            Pattern::MatchStar(s) => {
                if let Some(name) = &s.name {
                    self.capture(name.as_str(), subject, state);
                }
                Ok(())
            }
            Pattern::MatchAs(a) => {
                if let Some(inner) = &a.pattern {
                    self.pattern(inner, subject, state)?;
                }
                if let Some(name) = &a.name {
                    self.capture(name.as_str(), subject, state);
                }
                Ok(())
            }
            Pattern::MatchOr(o) => {
                let matched = self.u().label();
                let depth = self.unit().depth;
                let Some((last, first)) = o.patterns.split_last() else { return Ok(()) };
                for alternative in first {
                    let captures = state.captures.clone();
                    let mut own = Matching { captures, base: depth, fail: Vec::new() };
                    self.pattern(alternative, subject, &mut own)?;
                    self.u().jump(matched);
                    for k in (0..own.fail.len()).rev() {
                        self.u().place(own.fail[k]);
                        if k > 0 {
                            let t = self.u().temp(depth + k as u32 - 1);
                            self.u().clear(t);
                        }
                    }
                    self.u().depth = depth;
                }
                self.pattern(last, subject, state)?;
                self.u().place(matched);
                Ok(())
            }
        }
    }

    /// Drops the temporaries above `depth`.
    fn pop_to(&mut self, depth: u32) {
        while self.unit().depth > depth {
            self.u().depth -= 1;
            let t = self.u().top();
            self.u().clear(t);
        }
    }

    fn sequence_pattern(
        &mut self,
        s: &'a ast::PatternMatchSequence,
        subject: Reg,
        state: &mut Matching<'a>,
    ) -> R<()> {
        let span = self.unit().span;
        let size = s.patterns.len();
        let mut star = None;
        let mut only_wildcards = true;
        let mut star_wildcard = false;
        for (i, p) in s.patterns.iter().enumerate() {
            if let Pattern::MatchStar(inner) = p {
                if star.is_some() {
                    return self.err("multiple starred names in sequence pattern", span);
                }
                star = Some(i);
                star_wildcard = inner.name.is_none();
                only_wildcards &= star_wildcard;
            } else {
                only_wildcards &= wildcard(p);
            }
        }
        let fail = self.fail(state);
        let t = self.u().top();
        self.emit(Op::MatchTest, 1, t, subject, 0);
        self.u().jump_op(Op::JumpIfFalse, t, 0, fail);
        let need = size - star.is_some() as usize;
        if star.is_none() || need > 0 {
            self.emit(Op::MatchTest, 2, t, subject, 0);
            let (op, reg_op) = match star {
                None => (Op::JumpUnlessEqI, Op::JumpUnlessEq),
                Some(_) => (Op::JumpUnlessGeI, Op::JumpUnlessGe),
            };
            if need <= i16::MAX as usize {
                self.u().jump_op(op, t, need as u32, fail);
            } else {
                self.load_const(t + 1, Const::Int(need as i64));
                self.u().jump_op(reg_op, t, t + 1, fail);
            }
        }
        if only_wildcards {
            return Ok(());
        }
        let depth = self.unit().depth;
        if star_wildcard {
            // Only the items that are looked at are fetched, so that the middle is not copied.
            let star = star.unwrap_or(0);
            for (i, p) in s.patterns.iter().enumerate() {
                if wildcard(p) || i == star {
                    continue;
                }
                self.at(span);
                let item = self.u().take();
                self.emit(Op::Copy, 0, item, subject, 0);
                let index = self.u().top();
                if i < star {
                    self.load_const(index, Const::Int(i as i64));
                } else {
                    self.emit(Op::MatchTest, 2, index, subject, 0);
                    let back = self.u().constant(Const::Int((size - i) as i64));
                    self.emit(Op::SubK, 0, index, index, back);
                }
                self.emit(Op::Subscr, 0, item, item, index);
                self.pattern(p, item, state)?;
                self.at(span);
                self.pop_to(depth);
            }
            return Ok(());
        }
        let base = self.u().top();
        self.emit(Op::Copy, 0, base, subject, 0);
        match star {
            None => self.emit(Op::UnpackSequence, 0, base, base, size as u32),
            Some(i) => {
                if i > 255 || size - i - 1 > 0xffff {
                    return self.err("too many expressions in star-unpacking sequence pattern", span);
                }
                self.emit(Op::UnpackEx, i as u8, base, base, (size - i - 1) as u32);
            }
        }
        self.u().depth += size as u32;
        for (i, p) in s.patterns.iter().enumerate() {
            self.pattern(p, base + i as u32, state)?;
        }
        self.at(span);
        self.pop_to(depth);
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        m: &'a ast::PatternMatchMapping,
        subject: Reg,
        state: &mut Matching<'a>,
    ) -> R<()> {
        let span = self.unit().span;
        let depth = self.unit().depth;
        let size = m.keys.len();
        let fail = self.fail(state);
        let t = self.u().top();
        self.emit(Op::MatchTest, 0, t, subject, 0);
        self.u().jump_op(Op::JumpIfFalse, t, 0, fail);
        if size == 0 && m.rest.is_none() {
            return Ok(());
        }
        if size > 0 {
            self.emit(Op::MatchTest, 2, t, subject, 0);
            let n = self.u().constant(Const::Int(size as i64));
            self.emit(Op::LoadConst, 0, t + 1, n, 0);
            self.u().jump_op(Op::JumpUnlessGe, t, t + 1, fail);
        }
        let mut seen = std::collections::HashSet::new();
        for key in &m.keys {
            match self.fold(key) {
                Some(c) => {
                    let mut bytes = Vec::new();
                    crate::fold::comparable(&c).encode(&mut bytes);
                    if !seen.insert(bytes) {
                        let text = match c {
                            Const::Complex(re, im) if re != 0.0 => format!(
                                "({}{}{}j)",
                                crate::unparse::short_float(re),
                                if im.is_sign_negative() { "-" } else { "+" },
                                crate::unparse::short_float(im.abs())
                            ),
                            _ => crate::unparse::unparse(key, self.tree),
                        };
                        return self.err(format!("mapping pattern checks duplicate key ({text})"), span);
                    }
                }
                None if key.is_attribute_expr() => {}
                None => {
                    return self.err(
                        "mapping pattern keys may only match literals and attribute lookups",
                        Span::of(p_of(key)),
                    );
                }
            }
        }
        // [keys tuple][values…]
        let keys = self.u().top();
        for key in &m.keys {
            self.push(key)?;
        }
        self.emit(Op::BuildTuple, 0, keys, keys, size as u32);
        self.u().depth = depth + 1;
        let values = self.u().take();
        self.emit(Op::MatchKeys, 0, values, subject, keys);
        let copy = self.u().top();
        self.emit(Op::Copy, 0, copy, values, 0);
        let fail = self.fail(state);
        self.u().jump_op(Op::JumpIfNone, copy, 0, fail);
        if size > 0 {
            self.emit(Op::UnpackSequence, 0, values, values, size as u32);
        } else {
            self.u().clear(values);
        }
        self.u().depth = depth + 1 + size as u32;
        for (i, p) in m.patterns.iter().enumerate() {
            self.pattern(p, values + i as u32, state)?;
        }
        self.at(span);
        if let Some(rest) = &m.rest {
            let dict = self.u().take();
            self.emit(Op::BuildMap, 0, dict, dict, 0);
            let copy = self.u().top();
            self.emit(Op::Copy, 0, copy, subject, 0);
            self.emit(Op::DictUpdate, 0, dict, copy, 0);
            let items = self.u().top();
            if size > 0 {
                self.emit(Op::Copy, 0, items, keys, 0);
                self.emit(Op::UnpackSequence, 0, items, items, size as u32);
                for i in 0..size as u32 {
                    let at = items + size as u32;
                    self.emit(Op::Copy, 0, at, dict, 0);
                    self.emit(Op::DeleteSubscr, 0, at, items + i, 0);
                }
            }
            self.capture(rest.as_str(), dict, state);
        }
        self.pop_to(depth);
        Ok(())
    }

    fn class_pattern(
        &mut self,
        c: &'a ast::PatternMatchClass,
        subject: Reg,
        state: &mut Matching<'a>,
    ) -> R<()> {
        let span = self.unit().span;
        let depth = self.unit().depth;
        let args = &c.arguments;
        let positional = args.patterns.len();
        let total = positional + args.keywords.len();
        if total > 0xf000 {
            return self.err("too many sub-patterns in class pattern", span);
        }
        for (i, k) in args.keywords.iter().enumerate() {
            if let Some(later) = args.keywords[i + 1..].iter().find(|o| o.attr.id == k.attr.id) {
                return self.err(
                    format!("attribute name repeated in class pattern: {}", k.attr),
                    Span::of(&later.pattern),
                );
            }
        }
        let fail = self.fail(state);
        let base = self.u().take();
        self.emit(Op::Copy, 0, base, subject, 0);
        self.push(&c.cls)?;
        self.at(span);
        let names = args.keywords.iter().map(|k| Const::str(k.attr.as_str())).collect();
        let t = self.u().take();
        self.load_const(t, Const::Tuple(names));
        self.emit(Op::MatchClass, 0, base, base, positional as u32);
        self.emit(Op::Copy, 0, base + 1, base, 0);
        let failed = self.u().label();
        self.u().jump_op(Op::JumpIfNotNone, base + 1, 0, failed);
        self.u().clear(base);
        self.u().jump(fail);
        self.u().place(failed);
        self.u().depth = depth;
        if total == 0 {
            self.u().clear(base);
            return Ok(());
        }
        self.emit(Op::UnpackSequence, 0, base, base, total as u32);
        self.u().depth = depth + total as u32;
        let all = args.patterns.iter().chain(args.keywords.iter().map(|k| &k.pattern));
        for (i, p) in all.enumerate() {
            if !wildcard(p) {
                self.pattern(p, base + i as u32, state)?;
            }
        }
        self.at(span);
        self.pop_to(depth);
        let _ = (TEMP, is_temp(base));
        Ok(())
    }
}

fn p_of(e: &Expr) -> &Expr {
    e
}

fn wildcard(p: &Pattern) -> bool {
    matches!(p, Pattern::MatchAs(a) if a.pattern.is_none() && a.name.is_none())
}

/// Does the pattern match anything?
fn irrefutable(p: &Pattern) -> bool {
    match p {
        Pattern::MatchAs(a) => a.pattern.as_deref().is_none_or(irrefutable),
        Pattern::MatchOr(o) => o.patterns.last().is_some_and(irrefutable),
        _ => false,
    }
}

fn capture_name(p: &Pattern) -> Option<&str> {
    match p {
        Pattern::MatchAs(a) => a.name.as_ref().map(|n| n.as_str()),
        Pattern::MatchOr(o) => o.patterns.last().and_then(capture_name),
        _ => None,
    }
}
