//! Arithmetic, comparisons and tests of truth: on ints and floats in place, otherwise by the handlers of `ops`.

use super::{At, Exit, FALSE, Handler, Left, NONE, PLAIN, State, TAIL, TRUE, WATCHED, both_ints, exit};
use crate::interp::frame::{Frame, Slot, kind};
use crate::interp::{call, fast, ops};
use crate::protocol::BinaryOp;
use crate::types::code::Exec;
use crate::types::function::Function;
use crate::types::typedef::CompareOp;
use crate::{Value, Vm};
use std::hint::cold_path;
use taipan_bytecode::Op;
use taipan_heap::Gc;

/// What an arithmetic instruction does, whatever its operands are.
pub(super) fn binary_op(op: Op) -> BinaryOp {
    match op {
        Op::Add | Op::AddFloat | Op::AddI | Op::AddK | Op::AddKFloat => BinaryOp::Add,
        Op::Sub | Op::SubFloat | Op::SubI | Op::SubK | Op::SubKFloat => BinaryOp::Sub,
        Op::Mul | Op::MulFloat | Op::MulI | Op::MulK | Op::MulKFloat => BinaryOp::Mul,
        Op::MulAdd | Op::MulSub | Op::MulAddK | Op::MulKAdd | Op::MulKSub | Op::MulKAddK => BinaryOp::Mul,
        Op::Matmul => BinaryOp::MatMul,
        Op::Truediv | Op::TruedivK => BinaryOp::TrueDiv,
        Op::Floordiv | Op::FloordivI => BinaryOp::FloorDiv,
        Op::Modulo | Op::ModuloI | Op::ModuloK => BinaryOp::Mod,
        Op::Lshift | Op::LshiftI => BinaryOp::LShift,
        Op::Rshift | Op::RshiftI => BinaryOp::RShift,
        Op::And | Op::AndI => BinaryOp::And,
        Op::Or => BinaryOp::Or,
        _ => BinaryOp::Xor,
    }
}

/// The comparison that an instruction makes.
fn compare_op(op: Op) -> CompareOp {
    use Op::*;
    match op {
        Lt | LtI | JumpIfLt | JumpIfLtI | JumpUnlessLt | JumpUnlessLtI => CompareOp::Lt,
        Le | LeI | JumpIfLe | JumpIfLeI | JumpUnlessLe | JumpUnlessLeI => CompareOp::Le,
        Ne | NeI | NeK | JumpIfNe | JumpIfNeI | JumpUnlessNe | JumpUnlessNeI => CompareOp::Ne,
        Gt | GtI | JumpIfGt | JumpIfGtI | JumpUnlessGt | JumpUnlessGtI => CompareOp::Gt,
        Ge | GeI | JumpIfGe | JumpIfGeI | JumpUnlessGe | JumpUnlessGeI => CompareOp::Ge,
        _ => CompareOp::Eq,
    }
}

/// Whether a comparing jump is taken when the comparison holds.
fn jumps_if(op: Op) -> bool {
    use Op::*;
    !matches!(
        op,
        JumpUnlessLt
            | JumpUnlessLe
            | JumpUnlessEq
            | JumpUnlessNe
            | JumpUnlessGt
            | JumpUnlessGe
            | JumpUnlessLtI
            | JumpUnlessLeI
            | JumpUnlessEqI
            | JumpUnlessNeI
            | JumpUnlessGtI
            | JumpUnlessGeI
    )
}

/// Two words that are numbers.
#[inline(always)]
fn both_numbers(a: u64, b: u64) -> Option<(Number, Number)> {
    Some((Number::of(a)?, Number::of(b)?))
}

/// A number that a word holds, as a float.
#[derive(Clone, Copy)]
struct Number {
    x: f64,
    int: bool,
}

impl Number {
    #[inline(always)]
    fn of(word: u64) -> Option<Number> {
        if word & 1 != 0 {
            let n = word as i64 >> 1;
            return fast::is_exact(n).then_some(Number { x: n as f64, int: true });
        }
        (word & 3 == 2).then(|| Number { x: Value::float_of_word(word), int: false })
    }
}

/// The float that an operation on two numbers makes, of which one at least is a float or which is a true division.
#[inline(always)]
fn mixed(op: BinaryOp, a: Number, b: Number) -> Option<Value> {
    if a.int && b.int && op != BinaryOp::TrueDiv {
        return None;
    }
    Value::small_float(fast::of_floats(op, a.x, b.x)?)
}

/// What products of floats and the instructions behind them make at one go.
impl<const M: u8> State<'_, M> {
    /// The form of a product of floats: one of the last three if the next instruction alone sees what it makes.
    fn product_form(self, i: At, alone: Op, add: Op, sub: Op, add_k: Op) -> Op {
        let (next, a) = (At(self.pc), i.a());
        if !self.regs.is_temp(a) {
            return alone;
        }
        // The other one runs in its own form if something else leads there; here it is told by one.
        let takes_it = (next.b() == a) != (next.c() == a);
        match next.op() {
            Op::Add | Op::AddFloat if takes_it => {
                next.specialise(Op::AddFloat, Op::Add);
                add
            }
            Op::Sub | Op::SubFloat if takes_it => {
                next.specialise(Op::SubFloat, Op::Sub);
                sub
            }
            Op::AddK | Op::AddKFloat if next.b() == a => {
                next.specialise(Op::AddKFloat, Op::AddK);
                add_k
            }
            _ => alone,
        }
    }

    /// Whether the instruction behind a product may take it in the same go another time: ints may become floats, as where
    /// a sum begins with 0.
    fn goes_on_with_numbers(self, i: At) -> bool {
        let next = At(self.pc);
        match next.op() {
            Op::Add | Op::Sub => Number::of(self.regs.bits(next.b() ^ next.c() ^ i.a())).is_some(),
            Op::AddK => Value::float_in_word(self.constant_bits(next.c())).is_some(),
            _ => false,
        }
    }

    /// The other operand of the instruction behind a product, if that is an `op` still.
    #[inline(always)]
    fn other_operand(self, i: At, op: Op) -> Option<f64> {
        let next = At(self.pc);
        if next.op() != op {
            cold_path();
            return None;
        }
        Value::float_in_word(self.regs.bits(next.b() ^ next.c() ^ i.a()))
    }

    #[inline(always)]
    fn then_add(self, i: At, p: f64) -> Option<Value> {
        let z = self.other_operand(i, Op::Add)?;
        Value::small_float(z + p)
    }

    #[inline(always)]
    fn then_sub(self, i: At, p: f64) -> Option<Value> {
        let z = self.other_operand(i, Op::Sub)?;
        Value::small_float(if At(self.pc).b() == i.a() { p - z } else { z - p })
    }

    #[inline(always)]
    fn then_add_k(self, _: At, p: f64) -> Option<Value> {
        let next = At(self.pc);
        if next.op() != Op::AddK {
            cold_path();
            return None;
        }
        let k = Value::float_in_word(self.constant_bits(next.c()))?;
        Value::small_float(p + k)
    }
}

/// Floats; the next time at once, if a form for them is named.
macro_rules! float_op {
    ($s:ident, $i:ident, $x:expr, $y:expr, $op:tt $(, $from:ident, $to:ident)?) => {
        if let Some((x, y)) = Value::both_floats($x, $y)
            && let Some(v) = Value::small_float(x $op y)
        {
            $(if M != WATCHED {
                $i.specialise(Op::$from, Op::$to);
            })?
            return $s.put_next($i.a(), v);
        }
    };
}
/// Floats with a constant; the next time at once, unless the constant is zero.
macro_rules! float_op_k {
    ($s:ident, $i:ident, $op:tt, $from:ident, $to:ident) => {{
        if let Some((x, k)) = Value::both_floats($s.regs.bits($i.b()), $s.constant_bits($i.c()))
            && let Some(v) = Value::small_float(x $op k)
        {
            if M != WATCHED && k != 0.0 {
                $i.specialise(Op::$from, Op::$to);
            }
            return $s.put_next($i.a(), v);
        }
        slow!($s, $i, number_const)
    }};
}
/// A float, as the last time, with a constant known to be one.
macro_rules! float_k_again {
    ($s:ident, $i:ident, $op:tt) => {
        if let Some(x) = Value::float_in_word($s.regs.bits($i.b()))
            && let Some(v) = Value::small_float(x $op Value::float_of_word_not_zero($s.constant_bits($i.c())))
        {
            return $s.put_next($i.a(), v);
        }
    };
}
/// HOT: a product of floats and what the next instruction makes of it, at one go: the product is not seen by anybody.
macro_rules! product_then {
    ($s:ident, $i:ident, $then:ident, $apart:ident) => {{
        if M != WATCHED
            && let Some((x, y)) = Value::both_floats($s.regs.bits($i.b()), $s.regs.bits($i.c()))
            && let Some(v) = $s.$then($i, x * y)
        {
            let next = At($s.pc);
            $s.pc = $s.pc.wrapping_add(1);
            return $s.put_next(next.a(), v);
        }
        slow!($s, $i, $apart)
    }};
}
macro_rules! product_k_then {
    ($s:ident, $i:ident, $then:ident, $apart:ident) => {{
        if M != WATCHED
            && let Some(x) = Value::float_in_word($s.regs.bits($i.b()))
            && let Some(v) = $s.$then($i, x * Value::float_of_word_not_zero($s.constant_bits($i.c())))
        {
            let next = At($s.pc);
            $s.pc = $s.pc.wrapping_add(1);
            return $s.put_next(next.a(), v);
        }
        slow!($s, $i, $apart)
    }};
}
macro_rules! compare {
    ($s:ident, $i:ident, $cmp:tt) => {{
        let (b, c) = ($s.regs.bits($i.b()), $s.regs.bits($i.c()));
        if both_ints(b, c) {
            return $s.put_next($i.a(), Value::bool((b as i64) $cmp (c as i64)));
        }
        if let Some((x, y)) = Value::both_floats(b, c) {
            return $s.put_next($i.a(), Value::bool(x $cmp y));
        }
        slow!($s, $i, compare)
    }};
}
macro_rules! compare_i {
    ($s:ident, $i:ident, $cmp:tt) => {{
        let b = $s.regs.bits($i.b());
        if b & 1 != 0 {
            return $s.put_next($i.a(), Value::bool((b as i64 >> 1) $cmp ($i.sc() as i64)));
        }
        slow!($s, $i, compare_float_int)
    }};
}
macro_rules! compare_jump {
    ($s:ident, $i:ident, $cmp:tt, $sense:expr) => {{
        let (a, b) = ($s.regs.bits($i.a()), $s.regs.bits($i.b()));
        let holds = if both_ints(a, b) {
            (a as i64) $cmp (b as i64)
        } else if let Some((x, y)) = Value::both_floats(a, b) {
            x $cmp y
        } else {
            slow!($s, $i, compare_jump)
        };
        if holds == $sense {
            $s.jump($i.jump24());
        }
    }};
}
macro_rules! compare_jump_i {
    ($s:ident, $i:ident, $cmp:tt, $sense:expr) => {{
        let a = $s.regs.bits($i.a());
        if a & 1 == 0 {
            slow!($s, $i, compare_jump_float_int)
        }
        if ((a as i64 >> 1) $cmp ($i.sb() as i64)) == $sense {
            $s.jump($i.jump24());
        }
    }};
}

instructions! { (s, i, vm, 'go)
    // Numbers of two kinds, and true quotients of ints.
    warm binary {
        if let Some((x, y)) = both_numbers(s.regs.bits(i.b()), s.regs.bits(i.c()))
            && let Some(r) = mixed(binary_op(i.op()), x, y)
        {
            return s.put_next(i.a(), r);
        }
        slow!(s, i, other_binary)
    }

    // Methods written in Python.
    warm other_binary {
        let (b, c) = (s.regs.get(i.b()), s.regs.get(i.c()));
        let word = if M == WATCHED { 0 } else { fast::known_operator(vm, b, c, binary_op(i.op())) };
        if word != 0 {
            // The operands stay where they are.
            let operand = |k: usize| if k == 0 { b.clone() } else { c.clone() };
            // SAFETY: the class keeps the function. A function always has code. Nobody uses what is above `free` (I3).
            unsafe {
                let f = &*(&raw const word as *const Gc<Function>);
                s.save();
                if let Some(exec) = f.known_exec()
                    && let Some(entered) = call::enter_method::<2>(vm, s.fr(), f, &*exec, operand, kind::OPERATOR, i.a())
                {
                    return State::<M>::of(vm, entered).next_polled();
                }
            }
        }
        slow!(s, i, binary_by_slots)
    }

    warm binary_by_slots {
        s.save();
        if ops::binary(vm, s.regs, i.instr(), binary_op(i.op())).is_err() {
            return Exit::Raised;
        }
    }

    warm number_const {
        if let Some((x, y)) = both_numbers(s.regs.bits(i.b()), s.constant_bits(i.c()))
            && let Some(r) = mixed(binary_op(i.op()), x, y)
        {
            return s.put_next(i.a(), r);
        }
        slow!(s, i, binary_const)
    }

    warm number_int {
        let b = s.regs.bits(i.b());
        if b & 3 == 2
            && let Some(r) = mixed(binary_op(i.op()), Number { x: Value::float_of_word(b), int: false }, Number { x: i.sc() as f64, int: true })
        {
            return s.put_next(i.a(), r);
        }
        slow!(s, i, binary_int)
    }

    cold binary_const {
        s.save();
        let rhs = s.constant(i.c() as u32);
        ops::binary_with(vm, s.regs, i.instr(), binary_op(i.op()), &rhs)?;
    }

    cold binary_int {
        s.save();
        ops::binary_with(vm, s.regs, i.instr(), binary_op(i.op()), &Value::int32(i.sc() as i32))?;
    }

    warm compare {
        s.save();
        if ops::compare(vm, s.regs, i.instr(), compare_op(i.op())).is_err() {
            return Exit::Raised;
        }
    }

    warm compare_float_int {
        let b = s.regs.bits(i.b());
        if b & 3 == 2 {
            let (x, y) = (Value::float_of_word(b), i.sc() as f64);
            return s.put_next(i.a(), Value::bool(compare_op(i.op()).of(x, y)));
        }
        slow!(s, i, compare_int)
    }

    cold compare_int {
        s.save();
        ops::compare_with(vm, s.regs, i.instr(), compare_op(i.op()), &Value::int32(i.sc() as i32))?;
    }

    warm compare_jump {
        s.save();
        match ops::compare_truth(vm, s.regs, i.a(), i.b(), compare_op(i.op())) {
            Ok(holds) if holds == jumps_if(i.op()) => s.jump(i.jump24()),
            Ok(_) => {}
            Err(_) => return Exit::Raised,
        }
    }

    warm compare_jump_float_int {
        let a = s.regs.bits(i.a());
        if a & 3 == 2 {
            if compare_op(i.op()).of(Value::float_of_word(a), i.sb() as f64) == jumps_if(i.op()) {
                s.jump(i.jump24());
            }
            return s.next();
        }
        slow!(s, i, compare_jump_int)
    }

    cold compare_jump_int {
        s.save();
        let holds = ops::compare_truth_with(vm, s.regs, i.a(), compare_op(i.op()), &Value::int32(i.sb() as i32))?;
        if holds == jumps_if(i.op()) {
            s.jump(i.jump24());
        }
    }

    hot Add {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c) {
            // Tags: (2x + 1) + (2y + 1) - 1 = 2(x + y) + 1.
            if let Some(r) = (b as i64).checked_add(c as i64 - 1) {
                // SAFETY: an int word.
                return s.put_next(i.a(), unsafe { Value::from_bits(r as u64) });
            }
            slow!(s, i, binary)
        }
        float_op!(s, i, b, c, +, Add, AddFloat);
        slow!(s, i, binary)
    }

    hot AddFloat {
        float_op!(s, i, s.regs.bits(i.b()), s.regs.bits(i.c()), +);
        i.specialise(Op::AddFloat, Op::Add);
        slow!(s, i, Add)
    }

    hot Sub {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c) {
            if let Some(r) = (b as i64).checked_sub(c as i64 - 1) {
                // SAFETY: an int word.
                return s.put_next(i.a(), unsafe { Value::from_bits(r as u64) });
            }
            slow!(s, i, binary)
        }
        float_op!(s, i, b, c, -, Sub, SubFloat);
        slow!(s, i, binary)
    }

    hot SubFloat {
        float_op!(s, i, s.regs.bits(i.b()), s.regs.bits(i.c()), -);
        i.specialise(Op::SubFloat, Op::Sub);
        slow!(s, i, Sub)
    }

    hot Mul {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c) {
            if let Some(v) = (b as i64 >> 1).checked_mul(c as i64 >> 1).and_then(Value::small_int) {
                return s.put_next(i.a(), v);
            }
            slow!(s, i, binary)
        }
        if let Some((x, y)) = Value::both_floats(b, c)
            && let Some(v) = Value::small_float(x * y)
        {
            if M != WATCHED && i.op() == Op::Mul {
                slow!(s, i, specialise_product)
            }
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary)
    }

    // Of floats.
    warm specialise_product {
        i.specialise(Op::Mul, s.product_form(i, Op::MulFloat, Op::MulAdd, Op::MulSub, Op::MulAddK));
        // In the new form: the next instruction, run alone, would take another one.
        s.pc = s.pc.wrapping_sub(1);
        return s.next();
    }

    // Of a float and a constant that is one.
    warm specialise_product_k {
        i.specialise(Op::MulK, s.product_form(i, Op::MulKFloat, Op::MulKAdd, Op::MulKSub, Op::MulKAddK));
        s.pc = s.pc.wrapping_sub(1);
        return s.next();
    }

    hot MulAdd {
        product_then!(s, i, then_add, mul_apart)
    }

    hot MulSub {
        product_then!(s, i, then_sub, mul_apart)
    }

    hot MulAddK {
        product_then!(s, i, then_add_k, mul_apart)
    }

    warm mul_apart {
        if Value::both_floats(s.regs.bits(i.b()), s.regs.bits(i.c())).is_none() {
            i.specialise(i.op(), Op::Mul);
        } else if M != WATCHED && !s.goes_on_with_numbers(i) {
            i.specialise(i.op(), Op::MulFloat);
        }
        slow!(s, i, Mul)
    }

    hot MulKAdd {
        product_k_then!(s, i, then_add, mul_k_apart)
    }

    hot MulKSub {
        product_k_then!(s, i, then_sub, mul_k_apart)
    }

    hot MulKAddK {
        product_k_then!(s, i, then_add_k, mul_k_apart)
    }

    warm mul_k_apart {
        if Value::float_in_word(s.regs.bits(i.b())).is_none() {
            i.specialise(i.op(), Op::MulK);
        } else if M != WATCHED && !s.goes_on_with_numbers(i) {
            i.specialise(i.op(), Op::MulKFloat);
        }
        slow!(s, i, MulK)
    }

    hot MulFloat {
        float_op!(s, i, s.regs.bits(i.b()), s.regs.bits(i.c()), *);
        i.specialise(Op::MulFloat, Op::Mul);
        slow!(s, i, Mul)
    }

    hot Matmul {
        slow!(s, i, binary)
    }

    hot Truediv {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if let Some((x, y)) = Value::both_floats(b, c)
            && y != 0.0
            && let Some(v) = Value::small_float(x / y)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary)
    }

    hot Floordiv {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c)
            && let Some(v) = ops::floor_div(b as i64 >> 1, c as i64 >> 1)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary)
    }

    hot Modulo {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c)
            && let Some(v) = ops::floor_mod(b as i64 >> 1, c as i64 >> 1)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary)
    }

    far Pow {
        s.save();
        ops::power(vm, s.regs, i.instr(), None)?;
    }

    hot Lshift {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c)
            && let Some(v) = ops::shift_left(b as i64 >> 1, c as i64 >> 1)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary)
    }

    hot Rshift {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c)
            && (c as i64) >= 0
            && let Some(v) = Value::small_int((b as i64 >> 1) >> (c as i64 >> 1).min(63))
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary)
    }

    hot And {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c) {
            // SAFETY: an int word.
            return s.put_next(i.a(), unsafe { Value::from_bits(b & c) });
        }
        slow!(s, i, binary)
    }

    hot Or {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c) {
            // SAFETY: an int word.
            return s.put_next(i.a(), unsafe { Value::from_bits(b | c) });
        }
        slow!(s, i, binary)
    }

    hot Xor {
        let (b, c) = (s.regs.bits(i.b()), s.regs.bits(i.c()));
        if both_ints(b, c) {
            // SAFETY: an int word.
            return s.put_next(i.a(), unsafe { Value::from_bits((b ^ c) | 1) });
        }
        slow!(s, i, binary)
    }

    hot AddK {
        float_op_k!(s, i, +, AddK, AddKFloat)
    }

    hot AddKFloat {
        float_k_again!(s, i, +);
        i.specialise(Op::AddKFloat, Op::AddK);
        slow!(s, i, AddK)
    }

    hot SubK {
        float_op_k!(s, i, -, SubK, SubKFloat)
    }

    hot SubKFloat {
        float_k_again!(s, i, -);
        i.specialise(Op::SubKFloat, Op::SubK);
        slow!(s, i, SubK)
    }

    hot MulK {
        if let Some((x, k)) = Value::both_floats(s.regs.bits(i.b()), s.constant_bits(i.c()))
            && let Some(v) = Value::small_float(x * k)
        {
            if M != WATCHED && k != 0.0 && i.op() == Op::MulK {
                slow!(s, i, specialise_product_k)
            }
            return s.put_next(i.a(), v);
        }
        slow!(s, i, number_const)
    }

    hot MulKFloat {
        float_k_again!(s, i, *);
        i.specialise(Op::MulKFloat, Op::MulK);
        slow!(s, i, MulK)
    }

    hot TruedivK {
        if let Some((x, y)) = Value::both_floats(s.regs.bits(i.b()), s.constant_bits(i.c()))
            && y != 0.0
            && let Some(v) = Value::small_float(x / y)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, number_const)
    }

    hot ModuloK {
        slow!(s, i, binary_const)
    }

    far PowK {
        s.save();
        let k = s.constant(i.c() as u32);
        ops::power(vm, s.regs, i.instr(), Some(&k))?;
    }

    hot AddI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && let Some(r) = (b as i64).checked_add((i.sc() as i64) << 1)
        {
            // SAFETY: an int word.
            return s.put_next(i.a(), unsafe { Value::from_bits(r as u64) });
        }
        slow!(s, i, number_int)
    }

    hot SubI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && let Some(r) = (b as i64).checked_sub((i.sc() as i64) << 1)
        {
            // SAFETY: an int word.
            return s.put_next(i.a(), unsafe { Value::from_bits(r as u64) });
        }
        slow!(s, i, number_int)
    }

    hot MulI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && let Some(v) = (b as i64 >> 1).checked_mul(i.sc() as i64).and_then(Value::small_int)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, number_int)
    }

    hot FloordivI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && let Some(v) = ops::floor_div(b as i64 >> 1, i.sc() as i64)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary_int)
    }

    hot ModuloI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && let Some(v) = ops::floor_mod(b as i64 >> 1, i.sc() as i64)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary_int)
    }

    hot AndI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && let Some(v) = Value::small_int((b as i64 >> 1) & i.sc() as i64)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary_int)
    }

    hot LshiftI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && let Some(v) = ops::shift_left(b as i64 >> 1, i.sc() as i64)
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary_int)
    }

    hot RshiftI {
        let b = s.regs.bits(i.b());
        if b & 1 != 0
            && i.sc() >= 0
            && let Some(v) = Value::small_int((b as i64 >> 1) >> (i.sc() as i64).min(63))
        {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, binary_int)
    }

    hot Neg {
        let b = s.regs.get(i.b());
        if let Some(v) = b.as_int().and_then(|n| Value::small_int(-n)) {
            return s.put_next(i.a(), v);
        }
        if let Some(v) = b.as_small_float().and_then(|x| Value::small_float(-x)) {
            return s.put_next(i.a(), v);
        }
        slow!(s, i, negative)
    }

    cold negative {
        s.save();
        let v = vm.negative(s.regs.get(i.b()))?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    far Pos {
        s.save();
        let v = vm.positive(s.regs.get(i.b()))?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    far Invert {
        s.save();
        let v = vm.invert(s.regs.get(i.b()))?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), v);
    }

    hot Not {
        match s.regs.bits(i.b()) {
            TRUE => return s.put_next(i.a(), Value::FALSE),
            FALSE | NONE => return s.put_next(i.a(), Value::TRUE),
            _ => slow!(s, i, not_known),
        }
    }

    warm not_known {
        if let Some(t) = ops::known_truth(s.regs.get(i.b())) {
            s.save();
            s.regs.consume(i.b());
            return s.put_next(i.a(), Value::bool(!t));
        }
        slow!(s, i, not)
    }

    cold not {
        s.save();
        let t = ops::truth(vm, s.regs, i.b())?;
        s.regs.consume(i.b());
        s.regs.put(i.a(), Value::bool(!t));
    }

    hot Lt {
        compare!(s, i, <)
    }

    hot LtI {
        compare_i!(s, i, <)
    }

    hot Le {
        compare!(s, i, <=)
    }

    hot LeI {
        compare_i!(s, i, <=)
    }

    hot Eq {
        compare!(s, i, ==)
    }

    hot EqI {
        compare_i!(s, i, ==)
    }

    hot Ne {
        compare!(s, i, !=)
    }

    hot NeI {
        compare_i!(s, i, !=)
    }

    hot Gt {
        compare!(s, i, >)
    }

    hot GtI {
        compare_i!(s, i, >)
    }

    hot Ge {
        compare!(s, i, >=)
    }

    hot GeI {
        compare_i!(s, i, >=)
    }

    hot EqK {
        slow!(s, i, compare_const)
    }

    hot NeK {
        slow!(s, i, compare_const)
    }

    warm compare_const {
        if s.constant_bits(i.c()) == 0 {
            slow!(s, i, compare_new_const)
        }
        s.save();
        // SAFETY: a constant that has been made; code keeps its constants.
        let k = unsafe { s.constant_ref(i.c()) };
        if ops::compare_with(vm, s.regs, i.instr(), compare_op(i.op()), k).is_err() {
            return Exit::Raised;
        }
    }

    cold compare_new_const {
        s.save();
        let k = s.constant(i.c() as u32);
        ops::compare_with(vm, s.regs, i.instr(), compare_op(i.op()), &k)?;
    }

    hot Is {
        let r = s.regs.bits(i.b()) == s.regs.bits(i.c());
        if s.consume_both(i.b(), i.c()) {
            return s.put_next(i.a(), Value::bool(r));
        }
        slow!(s, i, is)
    }

    cold is {
        let r = ops::is(s.regs.get(i.b()), s.regs.get(i.c()));
        s.save();
        // The right one goes first, here alone.
        s.regs.consume(i.c());
        s.regs.consume(i.b());
        s.regs.put(i.a(), Value::bool(r));
    }

    hot IsNot {
        let r = s.regs.bits(i.b()) != s.regs.bits(i.c());
        if s.consume_both(i.b(), i.c()) {
            return s.put_next(i.a(), Value::bool(r));
        }
        slow!(s, i, is_not)
    }

    cold is_not {
        let r = ops::is(s.regs.get(i.b()), s.regs.get(i.c()));
        s.save();
        // The right one goes first, here alone.
        s.regs.consume(i.c());
        s.regs.consume(i.b());
        s.regs.put(i.a(), Value::bool(!r));
    }

    hot Contains {
        s.save();
        let Ok(r) = fast::contains(vm, s.regs.get(i.c()), s.regs.get(i.b())) else { return Exit::Raised };
        s.regs.consume(i.c());
        s.regs.consume(i.b());
        return s.put_next(i.a(), Value::bool(r));
    }

    hot NotContains {
        s.save();
        let Ok(r) = fast::contains(vm, s.regs.get(i.c()), s.regs.get(i.b())) else { return Exit::Raised };
        s.regs.consume(i.c());
        s.regs.consume(i.b());
        return s.put_next(i.a(), Value::bool(!r));
    }

    hot JumpIfLt {
        compare_jump!(s, i, <, true)
    }

    hot JumpIfLtI {
        compare_jump_i!(s, i, <, true)
    }

    hot JumpIfLe {
        compare_jump!(s, i, <=, true)
    }

    hot JumpIfLeI {
        compare_jump_i!(s, i, <=, true)
    }

    hot JumpIfEq {
        compare_jump!(s, i, ==, true)
    }

    hot JumpIfEqI {
        compare_jump_i!(s, i, ==, true)
    }

    hot JumpIfNe {
        compare_jump!(s, i, !=, true)
    }

    hot JumpIfNeI {
        compare_jump_i!(s, i, !=, true)
    }

    hot JumpIfGt {
        compare_jump!(s, i, >, true)
    }

    hot JumpIfGtI {
        compare_jump_i!(s, i, >, true)
    }

    hot JumpIfGe {
        compare_jump!(s, i, >=, true)
    }

    hot JumpIfGeI {
        compare_jump_i!(s, i, >=, true)
    }

    hot JumpUnlessLt {
        compare_jump!(s, i, <, false)
    }

    hot JumpUnlessLtI {
        compare_jump_i!(s, i, <, false)
    }

    hot JumpUnlessLe {
        compare_jump!(s, i, <=, false)
    }

    hot JumpUnlessLeI {
        compare_jump_i!(s, i, <=, false)
    }

    hot JumpUnlessEq {
        compare_jump!(s, i, ==, false)
    }

    hot JumpUnlessEqI {
        compare_jump_i!(s, i, ==, false)
    }

    hot JumpUnlessNe {
        compare_jump!(s, i, !=, false)
    }

    hot JumpUnlessNeI {
        compare_jump_i!(s, i, !=, false)
    }

    hot JumpUnlessGt {
        compare_jump!(s, i, >, false)
    }

    hot JumpUnlessGtI {
        compare_jump_i!(s, i, >, false)
    }

    hot JumpUnlessGe {
        compare_jump!(s, i, >=, false)
    }

    hot JumpUnlessGeI {
        compare_jump_i!(s, i, >=, false)
    }

    hot JumpIfTrue {
        match s.regs.bits(i.a()) {
            TRUE => s.jump(i.sbc()),
            FALSE | NONE => {}
            // An int.
            w if w & 1 != 0 => {
                if w != 1 {
                    s.jump(i.sbc())
                }
            }
            _ => slow!(s, i, jump_by_truth),
        }
    }

    hot JumpIfFalse {
        match s.regs.bits(i.a()) {
            TRUE => {}
            FALSE | NONE => s.jump(i.sbc()),
            w if w & 1 != 0 => {
                if w == 1 {
                    s.jump(i.sbc())
                }
            }
            _ => slow!(s, i, jump_by_truth),
        }
    }

    hot JumpIfTrueKeep {
        match s.regs.bits(i.a()) {
            TRUE => { s.jump(i.sbc()) }
            FALSE | NONE => {  }
            _ => slow!(s, i, jump_keep),
        }
    }

    hot JumpIfFalseKeep {
        match s.regs.bits(i.a()) {
            TRUE => {  }
            FALSE | NONE => { s.jump(i.sbc()) }
            _ => slow!(s, i, jump_keep),
        }
    }

    warm jump_by_truth {
        if let Some(t) = ops::known_truth(s.regs.get(i.a())) {
            s.save();
            s.regs.consume(i.a());
            if t == (i.op() == Op::JumpIfTrue) {
                s.jump(i.sbc());
            }
            return s.next();
        }
        slow!(s, i, jump_by_any_truth)
    }

    cold jump_by_any_truth {
        s.save();
        let t = ops::truth(vm, s.regs, i.a())?;
        s.regs.consume(i.a());
        if t == (i.op() == Op::JumpIfTrue) {
            s.jump(i.sbc());
        }
    }

    warm jump_keep {
        if let Some(t) = ops::known_truth(s.regs.get(i.a())) {
            if t == (i.op() == Op::JumpIfTrueKeep) {
                s.jump(i.sbc());
                return s.next();
            }
            s.save();
            return s.drop_next(i.a());
        }
        slow!(s, i, jump_keep_any)
    }

    cold jump_keep_any {
        s.save();
        if ops::truth(vm, s.regs, i.a())? == (i.op() == Op::JumpIfTrueKeep) {
            s.jump(i.sbc());
        } else {
            s.regs.consume(i.a());
        }
    }

    hot JumpIfNone {
        if s.regs.bits(i.a()) == NONE {
            s.jump(i.sbc());
        } else {
            return s.drop_next(i.a());
        }
    }

    hot JumpIfNotNone {
        if s.regs.bits(i.a()) != NONE {
            s.jump(i.sbc());
            return s.drop_next(i.a());
        }
    }

    hot JumpIfIs {
        let jumps = s.regs.bits(i.a()) == s.regs.bits(i.b());
        if !s.consume_both(i.a(), i.b()) {
            slow!(s, i, jump_if_is)
        }
        if jumps {
            s.jump(i.jump24());
        }
    }

    cold jump_if_is {
        let t = ops::is(s.regs.get(i.a()), s.regs.get(i.b()));
        s.save();
        s.regs.consume(i.b());
        s.regs.consume(i.a());
        if t {
            s.jump(i.jump24());
        }
    }

    hot JumpIfIsNot {
        let jumps = s.regs.bits(i.a()) != s.regs.bits(i.b());
        if !s.consume_both(i.a(), i.b()) {
            slow!(s, i, jump_if_is_not)
        }
        if jumps {
            s.jump(i.jump24());
        }
    }

    cold jump_if_is_not {
        let t = ops::is(s.regs.get(i.a()), s.regs.get(i.b()));
        s.save();
        s.regs.consume(i.b());
        s.regs.consume(i.a());
        if !t {
            s.jump(i.jump24());
        }
    }
}
