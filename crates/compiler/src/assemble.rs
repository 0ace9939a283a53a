//! Assembly: drops dead code, threads jumps, removes needless checks of locals, numbers registers and sites, lays out
//! jumps and writes the tables.

use taipan_bytecode::operand::{Field, Kind};
use taipan_bytecode::{
    Blob, CodeData, Const, Consts, ExceptionTable, Handler, Imm, Instr, Op, Position, Positions, Site, Sites,
    StrTable, local_kind,
};

use crate::error::{Fail, R, Span};
use crate::lines::Lines;
use crate::unit::{CELL, Ins, NO_LABEL, NO_SPAN, TEMP, Unit};

/// Makes the code object of a finished unit. `locate` maps spans to positions.
pub(crate) fn assemble(unit: Unit<'_>, filename: &[u8], locate: &dyn Fn(Span) -> Position) -> R<CodeData> {
    unit.check_size()?;
    let mut a = Assembler { unit, lines: Lines::new(locate) };
    a.order_locals();
    a.thread_jumps();
    a.drop_dead();
    a.drop_checks();
    a.settle_lines();
    a.move_handlers_out();
    a.drop_needless();
    a.join();
    a.drop_needless();
    a.drop_needless();
    a.finish(filename, locate)
}

pub(crate) struct Assembler<'a, 'l> {
    pub(crate) unit: Unit<'a>,
    pub(crate) lines: Lines<'l>,
}

impl Assembler<'_, '_> {
    pub(crate) fn target(&self, ins: &Ins) -> Option<usize> {
        (ins.target != NO_LABEL).then(|| self.unit.labels[ins.target.0 as usize] as usize)
    }

    pub(crate) fn handler(&self, ins: &Ins) -> Option<usize> {
        let info = self.unit.handlers.get((ins.handler as usize).checked_sub(1)?)?;
        Some(self.unit.labels[info.target.0 as usize] as usize)
    }

    /// Locals beyond the parameters are numbered in the order in which the code names them, as in CPython.
    fn order_locals(&mut self) {
        let unit = &mut self.unit;
        let n = unit.locals.len() as u32;
        let mut number = vec![u32::MAX; n as usize];
        let mut next = 0;
        let mut see = |r: u32| {
            if r < n && number[r as usize] == u32::MAX {
                number[r as usize] = next;
                next += 1;
            }
        };
        (0..unit.nparams).for_each(&mut see);
        let mut registers: Vec<(usize, Field)> = Vec::new();
        for (i, ins) in unit.ins.iter().enumerate() {
            for operand in ins.op.info().operands {
                let r = match operand.field {
                    Field::A => ins.a,
                    Field::B => ins.b,
                    Field::C => ins.c,
                    _ => continue,
                };
                if r < n && matches!(operand.kind, Kind::Out | Kind::In | Kind::Keep | Kind::Local) {
                    registers.push((i, operand.field));
                    if operand.kind != Kind::Out {
                        see(r);
                    }
                }
            }
            for operand in ins.op.info().operands {
                if operand.kind == Kind::Out && operand.field == Field::A {
                    see(ins.a);
                } else if operand.kind == Kind::Out && operand.field == Field::B {
                    see(ins.b);
                }
            }
        }
        (0..n).for_each(&mut see);
        for (i, field) in registers {
            let ins = &mut unit.ins[i];
            let r = match field {
                Field::A => &mut ins.a,
                Field::B => &mut ins.b,
                _ => &mut ins.c,
            };
            *r = number[*r as usize];
        }
        let mut locals = vec![String::new(); n as usize];
        let mut hidden = vec![false; n as usize];
        for (old, name) in std::mem::take(&mut unit.locals).into_iter().enumerate() {
            locals[number[old] as usize] = name;
            hidden[number[old] as usize] = unit.hidden_locals[old];
        }
        unit.locals = locals;
        unit.hidden_locals = hidden;
    }

    /// A forward jump to an unconditional forward jump goes there at once.
    fn thread_jumps(&mut self) {
        for i in 0..self.unit.ins.len() {
            let mut label = self.unit.ins[i].target;
            if label == NO_LABEL || matches!(self.unit.ins[i].op, Op::ForIter | Op::Send) {
                continue;
            }
            for _ in 0..16 {
                let at = self.unit.labels[label.0 as usize] as usize;
                let Some(next) = self.unit.ins.get(at) else { break };
                // Backward jumps poll the breaker, so they are not skipped.
                if next.op != Op::Jump || at <= i || self.unit.labels[next.target.0 as usize] as usize <= at {
                    break;
                }
                // One with a line of its own (`break`) is a place that tracing sees.
                let line = self.lines.of(next.span);
                if line != 0 && line != self.lines.of(self.unit.ins[i].span) {
                    break;
                }
                label = next.target;
            }
            self.unit.ins[i].target = label;
        }
    }

    pub(crate) fn compact(&mut self, dead: &[bool]) {
        let mut index = 0u32;
        let mut moved: Vec<u32> = dead
            .iter()
            .map(|d| {
                let at = index;
                index += !d as u32;
                at
            })
            .collect();
        moved.push(index);
        for label in &mut self.unit.labels {
            if let Some(&at) = moved.get(*label as usize) {
                *label = at;
            }
        }
        let mut i = 0;
        self.unit.ins.retain(|_| {
            i += 1;
            !dead[i - 1]
        });
    }

    pub(crate) fn drop_dead(&mut self) {
        let n = self.unit.ins.len();
        let mut dead = vec![true; n];
        let mut work = vec![0];
        while let Some(mut i) = work.pop() {
            while i < n && dead[i] {
                dead[i] = false;
                let ins = self.unit.ins[i];
                let effects = ins.op.info().effects;
                if let Some(target) = self.target(&ins) {
                    work.push(target);
                }
                if effects.raise
                    && let Some(handler) = self.handler(&ins)
                {
                    work.push(handler);
                }
                if effects.end {
                    break;
                }
                i += 1;
            }
        }
        // A handler that nothing reaches goes; what it covered cannot raise.
        for i in 0..n {
            let ins = self.unit.ins[i];
            if let Some(h) = self.handler(&ins)
                && dead.get(h).is_none_or(|d| *d)
            {
                self.unit.ins[i].handler = 0;
            }
        }
        self.compact(&dead);
    }

    /// Code that runs only for exceptions goes to the end, out of the way of what usually runs.
    fn move_handlers_out(&mut self) {
        let n = self.unit.ins.len();
        let mut warm = vec![false; n];
        let mut work = vec![0];
        while let Some(mut i) = work.pop() {
            while i < n && !warm[i] {
                warm[i] = true;
                let ins = self.unit.ins[i];
                work.extend(self.target(&ins));
                if ins.op.info().effects.end {
                    break;
                }
                i += 1;
            }
        }
        if !warm.contains(&false) {
            return;
        }
        let mut moved = vec![0u32; n + 1];
        let mut order: Vec<Ins> = Vec::with_capacity(n + 8);
        for i in (0..n).filter(|&i| warm[i]) {
            moved[i] = order.len() as u32;
            order.push(self.unit.ins[i]);
        }
        for i in (0..n).filter(|&i| !warm[i]) {
            moved[i] = order.len() as u32;
            let ins = self.unit.ins[i];
            order.push(ins);
            // Where it ran on into what stays behind it now jumps.
            if !ins.op.info().effects.end && warm.get(i + 1) == Some(&true) {
                let target = self.unit.label();
                self.unit.labels[target.0 as usize] = i as u32 + 1;
                order.push(Ins { op: Op::Jump, x: 0, a: 0, b: 0, c: 0, ext: 0, target, ..ins });
            }
        }
        moved[n] = order.len() as u32;
        for label in &mut self.unit.labels {
            if let Some(&at) = moved.get(*label as usize) {
                *label = at;
            }
        }
        self.unit.ins = order;
    }

    /// Neighbours that one instruction can do the work of.
    fn join(&mut self) {
        let n = self.unit.ins.len();
        let mut entered = vec![false; n + 1];
        for ins in &self.unit.ins {
            for at in [self.target(ins), self.handler(ins)].into_iter().flatten() {
                entered[at.min(n)] = true;
            }
        }
        let sites = self.unit.ins.iter().filter(|i| i.op.info().cache.is_some()).count();
        for i in 0..n.saturating_sub(1) {
            let (ins, next) = (self.unit.ins[i], self.unit.ins[i + 1]);
            if entered[i + 1] {
                continue;
            }
            // A global that is called, with its absent self.
            if ins.op == Op::LoadGlobal
                && next.op == Op::LoadImm
                && next.x == taipan_bytecode::Imm::Empty as u8
                && ins.a & TEMP != 0
                && next.a == ins.a + 1
                && sites < 0xffff
            {
                self.unit.ins[i].op = Op::LoadGlobalCall;
                self.unit.ins[i + 1].op = Op::Nop;
                self.unit.ins[i + 1].span = NO_SPAN;
            }
            // A condition that jumps over a forward jump.
            if next.op == Op::Jump
                && let Some(op) = ins.op.inverted()
                && self.target(&ins) == Some(i + 2)
                && self.target(&next).is_some_and(|t| t > i + 1)
                && [0, self.lines.of(ins.span)].contains(&self.lines.of(next.span))
            {
                self.unit.ins[i].op = op;
                self.unit.ins[i].target = next.target;
                self.unit.ins[i + 1].op = Op::Nop;
                self.unit.ins[i + 1].span = NO_SPAN;
            }
            // Items that go on to locals next to each other.
            let count = ins.c as usize;
            if ins.op == Op::UnpackSequence && count > 0 && i + count < n && next.a < CELL {
                let fits = (0..count).all(|k| {
                    let mov = &self.unit.ins[i + 1 + k];
                    mov.op == Op::Mov
                        && !entered[i + 1 + k]
                        && mov.a == next.a + k as u32
                        && mov.a < CELL
                        && mov.b == ins.a + k as u32
                });
                if fits {
                    self.unit.ins[i].a = next.a;
                    for mov in &mut self.unit.ins[i + 1..=i + count] {
                        mov.op = Op::Nop;
                        mov.span = NO_SPAN;
                    }
                }
            }
        }
    }

    /// Definite assignment: a `check_local` of a local that surely is bound goes.
    fn drop_checks(&mut self) {
        let nlocals = self.unit.locals.len();
        let words = nlocals.div_ceil(64);
        let n = self.unit.ins.len();
        if words == 0 || !self.unit.ins.iter().any(|i| i.op == Op::CheckLocal) {
            return;
        }
        let mut leader = vec![false; n + 1];
        leader[0] = true;
        for ins in &self.unit.ins {
            if let Some(t) = self.target(ins) {
                leader[t] = true;
            }
            if let Some(h) = self.handler(ins) {
                leader[h.min(n)] = true;
            }
        }
        if leader.iter().filter(|l| **l).count().saturating_mul(words) > 1 << 24 {
            return;
        }
        // A set bit: may be unbound.
        let mut start = vec![0u64; words];
        for local in self.unit.nparams as usize..nlocals {
            start[local / 64] |= 1 << (local % 64);
        }
        let mut states: Vec<Option<Vec<u64>>> = vec![None; n + 1];
        states[0] = Some(start);
        let mut work = vec![0usize];
        let mut needed = vec![false; n];
        let join = |states: &mut Vec<Option<Vec<u64>>>, work: &mut Vec<usize>, at: usize, from: &[u64]| {
            match &mut states[at] {
                Some(state) => {
                    let mut changed = false;
                    for (s, f) in state.iter_mut().zip(from) {
                        changed |= *s | f != *s;
                        *s |= f;
                    }
                    if changed {
                        work.push(at);
                    }
                }
                none => {
                    *none = Some(from.to_vec());
                    work.push(at);
                }
            }
        };
        while let Some(first) = work.pop() {
            let Some(mut state) = states[first].clone() else { continue };
            let mut i = first;
            let mut told = u32::MAX;
            while i < n {
                let ins = self.unit.ins[i];
                // Within a run of instructions with one handler only changes of the state matter to it.
                let mut tell = ins.handler != told;
                if tell && let Some(h) = self.handler(&ins) {
                    join(&mut states, &mut work, h, &state);
                    tell = false;
                }
                let _ = tell;
                told = ins.handler;
                let bit = |r: u32| (r as usize / 64, 1u64 << (r % 64));
                if ins.op == Op::ForIter
                    && let Some(t) = self.target(&ins)
                {
                    join(&mut states, &mut work, t, &state);
                }
                match ins.op {
                    Op::CheckLocal => {
                        let (w, m) = bit(ins.a);
                        needed[i] |= state[w] & m != 0;
                        state[w] &= !m;
                    }
                    Op::DeleteLocal | Op::ClearLocal => {
                        let (w, m) = bit(ins.a);
                        state[w] |= m;
                        if let Some(h) = self.handler(&ins) {
                            join(&mut states, &mut work, h, &state);
                        }
                    }
                    _ => {
                        for operand in ins.op.info().operands {
                            let r = match operand.field {
                                Field::A => ins.a,
                                Field::B => ins.b,
                                _ => continue,
                            };
                            if operand.kind == Kind::Out && r < CELL {
                                let (w, m) = bit(r);
                                state[w] &= !m;
                            }
                        }
                    }
                }
                if ins.op != Op::ForIter
                    && let Some(t) = self.target(&ins)
                {
                    join(&mut states, &mut work, t, &state);
                }
                if ins.op.info().effects.end {
                    break;
                }
                i += 1;
                if leader[i] {
                    join(&mut states, &mut work, i, &state);
                    break;
                }
            }
        }
        let dead: Vec<bool> = self
            .unit
            .ins
            .iter()
            .zip(&needed)
            .map(|(ins, needed)| ins.op == Op::CheckLocal && !needed)
            .collect();
        self.compact(&dead);
    }

    fn finish(self, filename: &[u8], locate: &dyn Fn(Span) -> Position) -> R<CodeData> {
        let unit = &self.unit;
        let nlocals = unit.locals.len() as u32;
        let first_temp = nlocals + unit.cells.len() as u32;
        let mut sites: Vec<Site> = Vec::new();
        let mut ntemps = 0u32;
        let far = unit.ins.len() > 1 << 21;
        // Where every instruction starts.
        let mut pcs = Vec::with_capacity(unit.ins.len() + 1);
        let mut pc = 0u32;
        let mut site_budget = 0usize;
        let mut lowered: Vec<Ins> = Vec::with_capacity(unit.ins.len());
        for ins in &unit.ins {
            let mut ins = *ins;
            if ins.op.info().cache.is_some() {
                if site_budget >= 0xffff {
                    ins = wide(ins)?;
                } else {
                    site_budget += 1;
                }
            }
            pcs.push(pc);
            pc += 1 + ins.op.has_ext() as u32 + if far && near_jump(ins.op) { 2 } else { 0 };
            lowered.push(ins);
        }
        pcs.push(pc);
        let mut words: Vec<Instr> = Vec::with_capacity(pc as usize);
        let mut positions: Vec<Position> = Vec::with_capacity(pc as usize);
        let mut cached = (Span { start: u32::MAX - 1, end: 0 }, Position::NONE);
        for (i, ins) in lowered.iter().enumerate() {
            let mut fields = [ins.a, ins.b, ins.c];
            let mut x = if keeps_no_line(ins) { 0 } else { ins.x };
            for operand in ins.op.info().operands {
                let slot = match operand.field {
                    Field::A => 0,
                    Field::B => 1,
                    Field::C => 2,
                    _ => {
                        if operand.kind == Kind::Target && operand.field == Field::Bc {
                            let target = pcs[self.target(ins).unwrap_or(0)] as i64;
                            fields[1] = (target - (pcs[i] as i64 + 1)) as i32 as u32;
                        }
                        continue;
                    }
                };
                let run = run_length(operand.kind, ins);
                match operand.kind {
                    Kind::Site => {
                        let kind = ins.op.info().cache.ok_or_else(|| Fail::limit("site"))?;
                        let (nargs, index) = match ins.op {
                            Op::Call => (ins.x as u16, 0),
                            Op::CallKw => (ins.ext as u16, ins.c),
                            _ => (0, ins.c),
                        };
                        sites.push(Site { kind, nargs, index });
                        fields[slot] = sites.len() as u32 - 1;
                    }
                    Kind::Cell => fields[slot] = nlocals + (fields[slot] & !CELL),
                    _ if run > 0 => {
                        let r = fields[slot];
                        if r & TEMP != 0 {
                            let t = r & !TEMP;
                            ntemps = ntemps.max(t + run);
                            fields[slot] = first_temp + t;
                        }
                        if fields[slot] + run > 0xffff {
                            return Err(Fail::limit("too many registers"));
                        }
                    }
                    _ => {}
                }
            }
            let wide_b = ins.op.info().operands.iter().any(|o| o.field == Field::Bc);
            let mut word = if wide_b {
                Instr::a_bc(ins.op, fields[0] as u16, fields[1]).with_x(x)
            } else {
                Instr::new(ins.op, x, fields[0] as u16, fields[1] as u16, fields[2] as u16)
            };
            if cached.0 != ins.span {
                cached = (ins.span, locate(ins.span));
            }
            let at = words.len();
            if near_jump(ins.op) {
                x = 0;
                let _ = x;
                let target = pcs[self.target(ins).unwrap_or(0)] as i64;
                if far {
                    // op -> +1; jump +1; jump target
                    word = word.with_jump24(1).unwrap_or(word);
                    words.push(word);
                    words.push(Instr::a_bc(Op::Jump, 0, 1));
                    let distance = target - (at as i64 + 3);
                    let op = if distance < 0 { Op::JumpBack } else { Op::Jump };
                    words.push(Instr::a_bc(op, 0, distance as i32 as u32));
                } else {
                    let distance = (target - (at as i64 + 1)) as i32;
                    words.push(word.with_jump24(distance).ok_or_else(|| Fail::limit("jump too far"))?);
                }
            } else {
                if ins.op == Op::Jump && word.sbc() < 0 {
                    word = word.with_op(Op::JumpBack);
                }
                words.push(word);
                if ins.op.has_ext() {
                    let nargs = if ins.op == Op::CallKwWide { ins.ext >> 16 } else { 0 };
                    let value = if ins.op == Op::CallKwWide { ins.c } else { ins.ext };
                    words.push(Instr::a_bc(Op::Ext, nargs as u16, value));
                }
            }
            positions.resize(words.len(), cached.1);
        }
        let mut handlers: Vec<Handler> = Vec::new();
        for (i, ins) in lowered.iter().enumerate() {
            let Some(info) = (ins.handler as usize).checked_sub(1).and_then(|h| unit.handlers.get(h)) else {
                continue;
            };
            let at = unit.labels[info.target.0 as usize] as usize;
            // A handler that nothing reaches was dropped with its label left at the end.
            let Some(&target) = pcs.get(at).filter(|_| at < lowered.len()) else { continue };
            let (start, end) = (pcs[i], pcs[i + 1]);
            match handlers.last_mut() {
                Some(h) if h.end == start && h.target == target && h.depth == info.depth => h.end = end,
                _ => handlers.push(Handler { start, end, target, depth: info.depth }),
            }
            ntemps = ntemps.max(info.depth + 1);
        }
        if first_temp + ntemps > 0xffff {
            return Err(Fail::limit("too many registers"));
        }
        let mut kinds = Vec::with_capacity(first_temp as usize);
        for (i, hidden) in unit.hidden_locals.iter().enumerate() {
            let argument = if (i as u32) < unit.nparams { local_kind::ARGUMENT } else { 0 };
            kinds.push(argument | if *hidden { local_kind::HIDDEN } else { 0 });
        }
        kinds.extend(unit.hidden_cells.iter().map(|h| if *h { local_kind::HIDDEN } else { 0 }));
        let cell_args: Vec<u8> = unit.cell_args.iter().flat_map(|a| a.to_le_bytes()).collect();
        let instrs: Vec<u8> = words.iter().flat_map(|w| w.0.to_le_bytes()).collect();
        Ok(CodeData {
            argcount: unit.argcount,
            posonlyargcount: unit.posonlyargcount,
            kwonlyargcount: unit.kwonlyargcount,
            nlocals,
            ncells: unit.cells.len() as u32,
            ntemps,
            flags: unit.flags,
            firstlineno: unit.firstlineno,
            filename: Blob::from(filename.to_vec()),
            name: Blob::from(unit.name.clone().into_bytes()),
            qualname: Blob::from(unit.qualname.clone().into_bytes()),
            instrs: Blob::from(instrs),
            consts: Consts::encode(used_consts(&unit.consts, &words)),
            names: StrTable::encode(&unit.names),
            varnames: StrTable::encode(&unit.locals),
            cellvars: StrTable::encode(&unit.cells),
            freevars: StrTable::encode(&unit.frees),
            local_kinds: Blob::from(kinds),
            cell_args: Blob::from(cell_args),
            sites: Sites::encode(&sites),
            positions: Positions::encode(unit.firstlineno, &positions),
            exceptions: ExceptionTable::encode(&handlers),
        })
    }
}

/// The constants without a last `None` that only an end was to return that nothing reaches. (The first one stays in any
/// case, as in CPython.)
fn used_consts<'a>(consts: &'a [Const], words: &[Instr]) -> &'a [Const] {
    let Some((Const::None, front)) = consts.split_last() else { return consts };
    let last = front.len() as u32;
    let uses = |i: &Instr| {
        let op = i.op();
        op == Op::LoadImm && i.x() == Imm::None as u8
            || op.info().operands.iter().any(|o| {
                let n = match o.field {
                    Field::A => i.a().into(),
                    Field::B => i.b().into(),
                    Field::C => i.c().into(),
                    Field::Bc => i.bc(),
                    _ => return false,
                };
                o.kind == Kind::Const && n == last
            })
    };
    if front.is_empty() || words.iter().any(uses) { consts } else { front }
}

/// Does it raise an exception again that has a place already (marked by x until assembly)?
pub(crate) fn keeps_no_line(ins: &Ins) -> bool {
    matches!(ins.op, Op::Reraise | Op::ReraiseRestore) && ins.x == 1
}

/// Does its target have 24 bits only?
fn near_jump(op: Op) -> bool {
    op.info().operands.iter().any(|o| o.kind == Kind::Target && o.field == Field::Cx)
}

/// How many registers an operand stands for; 0 when it is none.
fn run_length(kind: Kind, ins: &Ins) -> u32 {
    match kind {
        Kind::Out | Kind::In | Kind::Keep | Kind::InOut | Kind::Local => 1,
        Kind::Out2 | Kind::InOut2 | Kind::InOut2Run | Kind::PopPair | Kind::Run2 => 2,
        Kind::Run3 => 3,
        Kind::Run4 | Kind::Keep4 | Kind::InOut4 => 4,
        // An empty run still needs a register to name.
        Kind::RunX => (ins.x as u32).max(1),
        Kind::RunC | Kind::OutRunC => ins.c.max(1),
        Kind::RunPairs => (2 * ins.c).max(1),
        Kind::OutRunEx => ins.x as u32 + 1 + ins.c,
        Kind::CallX => 2 + ins.x as u32,
        Kind::CallSite => 2 + ins.ext,
        Kind::CallExt => 2 + (ins.ext >> 16),
        _ => 0,
    }
}

/// The form of a cached instruction that needs no site.
fn wide(mut ins: Ins) -> R<Ins> {
    ins.op = match ins.op {
        Op::LoadAttr => Op::LoadAttrWide,
        Op::LoadMethod => Op::LoadMethodWide,
        Op::StoreAttr => Op::StoreAttrWide,
        Op::LoadGlobal => Op::LoadGlobalWide,
        Op::StoreGlobal => Op::StoreGlobalWide,
        Op::LoadName => Op::LoadNameWide,
        Op::StoreName => Op::StoreNameWide,
        Op::Call => Op::CallWide,
        Op::CallKw => Op::CallKwWide,
        _ => return Err(Fail::limit("code object too large")),
    };
    match ins.op {
        Op::LoadGlobalWide | Op::StoreGlobalWide | Op::LoadNameWide | Op::StoreNameWide => ins.b = ins.c,
        Op::CallKwWide => ins.ext <<= 16,
        Op::CallWide => {}
        _ => ins.ext = ins.c,
    }
    Ok(ins)
}
