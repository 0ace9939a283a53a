//! Binary and unary operators: the dispatch between the operands' slots, with CPython's order and error texts.

use crate::object::ValueExt;
use crate::types::Str;
use crate::types::int::arith;
use crate::types::numbers::{Int, int_value};
use crate::types::typedef::{BinaryFn, SlotTable};
use crate::{PyResult, Raised, Value, Vm};
use std::cell::Cell;

/// The binary operators (`**` apart).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    MatMul,
    TrueDiv,
    FloorDiv,
    Mod,
    LShift,
    RShift,
    And,
    Or,
    Xor,
    DivMod,
}

/// How many there are that have an instruction.
pub const BINARY_OPS: usize = BinaryOp::DivMod as usize;

type Get = fn(&SlotTable) -> &Cell<Option<BinaryFn>>;

/// Slot, in-place slot and symbol of an operator.
pub fn binary_slot_names(op: BinaryOp) -> (Get, Option<Get>, &'static str) {
    match op {
        BinaryOp::Add => (|s| &s.add, Some(|s| &s.inplace_add), "+"),
        BinaryOp::Sub => (|s| &s.subtract, Some(|s| &s.inplace_subtract), "-"),
        BinaryOp::Mul => (|s| &s.multiply, Some(|s| &s.inplace_multiply), "*"),
        BinaryOp::MatMul => (|s| &s.matrix_multiply, Some(|s| &s.inplace_matrix_multiply), "@"),
        BinaryOp::TrueDiv => (|s| &s.true_divide, Some(|s| &s.inplace_true_divide), "/"),
        BinaryOp::FloorDiv => (|s| &s.floor_divide, Some(|s| &s.inplace_floor_divide), "//"),
        BinaryOp::Mod => (|s| &s.remainder, Some(|s| &s.inplace_remainder), "%"),
        BinaryOp::LShift => (|s| &s.lshift, Some(|s| &s.inplace_lshift), "<<"),
        BinaryOp::RShift => (|s| &s.rshift, Some(|s| &s.inplace_rshift), ">>"),
        BinaryOp::And => (|s| &s.and, Some(|s| &s.inplace_and), "&"),
        BinaryOp::Or => (|s| &s.or, Some(|s| &s.inplace_or), "|"),
        BinaryOp::Xor => (|s| &s.xor, Some(|s| &s.inplace_xor), "^"),
        BinaryOp::DivMod => (|s| &s.divmod, None, "divmod()"),
    }
}

/// What an operator does when both operands are of class `int` itself.
#[inline]
fn int_operator(op: BinaryOp, a: &Value, b: &Value) -> Option<BinaryFn> {
    let plain = |v: &Value| v.is_int() || v.downcast_exact::<Int>().is_some();
    if !plain(a) || !plain(b) {
        return None;
    }
    Some(match op {
        BinaryOp::Add => arith::add,
        BinaryOp::Sub => arith::subtract,
        BinaryOp::Mul => arith::multiply,
        BinaryOp::TrueDiv => arith::true_divide,
        BinaryOp::FloorDiv => arith::floor_divide,
        BinaryOp::Mod => arith::remainder,
        BinaryOp::LShift => arith::lshift,
        BinaryOp::RShift => arith::rshift,
        BinaryOp::And => arith::and,
        BinaryOp::Or => arith::or,
        BinaryOp::Xor => arith::xor,
        BinaryOp::DivMod => arith::divmod,
        BinaryOp::MatMul => return None,
    })
}

impl Vm {
    /// The slots of both operands in CPython's order; `NotImplemented` when neither answers.
    fn binary_dispatch(&self, a: &Value, b: &Value, get: Get) -> PyResult<Value> {
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        let fa = get(&ta.slots).get();
        let mut fb = if ta.is(tb) { None } else { get(&tb.slots).get() };
        if let (Some(x), Some(y)) = (fa, fb)
            && std::ptr::fn_addr_eq(x, y)
        {
            fb = None;
        }
        if let Some(f) = fa {
            if let Some(g) = fb
                && tb.is_subtype(ta)
            {
                let r = g(self, a, b)?;
                if !r.is_not_implemented() {
                    return Ok(r);
                }
                fb = None;
            }
            let r = f(self, a, b)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if let Some(g) = fb {
            return g(self, a, b);
        }
        Ok(Value::NOT_IMPLEMENTED)
    }

    /// What is left of `a op b` (`a op= b` for a class without such a method) after the left operand's method, written in
    /// Python, said `NotImplemented`.
    pub fn binary_op_rest(&self, op: BinaryOp, a: &Value, b: &Value, inplace: bool) -> PyResult<Value> {
        let (ta, tb) = (self.type_of(a), self.type_of(b));
        if !ta.is(tb)
            && let Some(f) = binary_slot_names(op).0(&tb.slots).get()
        {
            let r = f(self, a, b)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        self.binary_without_number(op, a, b, inplace)
    }

    /// What is left when no slot of numbers has answered.
    fn binary_without_number(&self, op: BinaryOp, a: &Value, b: &Value, inplace: bool) -> PyResult<Value> {
        if let Some(r) = self.sequence_op(op, a, b, inplace)? {
            return Ok(r);
        }
        let symbol = binary_slot_names(op).2;
        if inplace {
            return Err(self.unsupported(&format!("{symbol}="), a, b));
        }
        if op == BinaryOp::RShift
            && self.type_of(a).def.name == "builtin_function_or_method"
            && self.repr_text(a).is_ok_and(|r| r == "<built-in function print>")
        {
            return Err(self.type_error(format_args!(
                "unsupported operand type(s) for >>: '{}' and '{}'. Did you mean \"print(<message>, file=<output_stream>)\"?",
                self.type_of(a).tp_name(),
                self.type_of(b).tp_name()
            )));
        }
        Err(self.unsupported(symbol, a, b))
    }

    /// `a op b`.
    pub fn binary_op(&self, op: BinaryOp, a: &Value, b: &Value) -> PyResult<Value> {
        if let Some(f) = int_operator(op, a, b) {
            return f(self, a, b);
        }
        self.check_stack()?;
        let get = binary_slot_names(op).0;
        let r = self.binary_dispatch(a, b, get)?;
        if !r.is_not_implemented() {
            return Ok(r);
        }
        self.binary_without_number(op, a, b, false)
    }

    /// `a op= b`.
    pub fn inplace_op(&self, op: BinaryOp, a: &Value, b: &Value) -> PyResult<Value> {
        if let Some(f) = int_operator(op, a, b) {
            return f(self, a, b);
        }
        self.check_stack()?;
        let (get, iget, _) = binary_slot_names(op);
        if let Some(iget) = iget
            && let Some(f) = iget(&self.type_of(a).slots).get()
        {
            let r = f(self, a, b)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        let r = self.binary_dispatch(a, b, get)?;
        if !r.is_not_implemented() {
            return Ok(r);
        }
        self.binary_without_number(op, a, b, true)
    }

    /// `+` and `*` of sequences, which come after the numbers' slots.
    fn sequence_op(&self, op: BinaryOp, a: &Value, b: &Value, inplace: bool) -> PyResult<Option<Value>> {
        match op {
            BinaryOp::Add => {
                let s = &self.type_of(a).slots;
                let f = if inplace { s.inplace_concat.get().or(s.concat.get()) } else { s.concat.get() };
                match f {
                    Some(f) => f(self, a, b).map(Some),
                    None => Ok(None),
                }
            }
            BinaryOp::Mul => {
                let s = &self.type_of(a).slots;
                let f = if inplace { s.inplace_repeat.get().or(s.repeat.get()) } else { s.repeat.get() };
                if let Some(f) = f {
                    return f(self, a, self.repeat_count(b)?).map(Some);
                }
                if let Some(f) = self.type_of(b).slots.repeat.get() {
                    return f(self, b, self.repeat_count(a)?).map(Some);
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn repeat_count(&self, n: &Value) -> PyResult<isize> {
        if int_value(n).is_none() && self.type_of(n).slots.index.get().is_none() {
            return Err(self.type_error(format_args!(
                "can't multiply sequence by non-int of type '{}'",
                self.type_of(n).tp_name()
            )));
        }
        let i = self.index_i64(n, "cannot fit 'int' into an index-sized integer")?;
        Ok(i as isize)
    }

    #[cold]
    pub fn unsupported(&self, symbol: &str, a: &Value, b: &Value) -> Raised {
        self.type_error(format_args!(
            "unsupported operand type(s) for {symbol}: '{}' and '{}'",
            self.type_of(a).tp_name(),
            self.type_of(b).tp_name()
        ))
    }

    /// `a ** b`, or `pow(a, b, modulus)`.
    pub fn power(&self, a: &Value, b: &Value, modulus: &Value) -> PyResult<Value> {
        self.check_stack()?;
        let (ta, tb, tc) = (self.type_of(a), self.type_of(b), self.type_of(modulus));
        let fa = ta.slots.power.get();
        let mut fb = if ta.is(tb) { None } else { tb.slots.power.get() };
        if let (Some(x), Some(y)) = (fa, fb)
            && std::ptr::fn_addr_eq(x, y)
        {
            fb = None;
        }
        if let Some(f) = fa {
            if let Some(g) = fb
                && tb.is_subtype(ta)
            {
                let r = g(self, a, b, modulus)?;
                if !r.is_not_implemented() {
                    return Ok(r);
                }
                fb = None;
            }
            let r = f(self, a, b, modulus)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if let Some(g) = fb {
            let r = g(self, a, b, modulus)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        if let Some(h) = tc.slots.power.get()
            && !fa.is_some_and(|f| std::ptr::fn_addr_eq(f, h))
            && !modulus.is_none()
        {
            let r = h(self, a, b, modulus)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        Err(if modulus.is_none() {
            self.unsupported("** or pow()", a, b)
        } else {
            self.type_error(format_args!(
                "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
                self.type_of(a).tp_name(),
                self.type_of(b).tp_name(),
                self.type_of(modulus).tp_name()
            ))
        })
    }

    /// `a **= b`.
    pub fn inplace_power(&self, a: &Value, b: &Value) -> PyResult<Value> {
        self.check_stack()?;
        if let Some(f) = self.type_of(a).slots.inplace_power.get() {
            let r = f(self, a, b, &Value::NONE)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
        }
        let r = self.power(a, b, &Value::NONE);
        if r.is_err() && self.raised_is(&crate::errors::exc::TypeError) {
            // The text names the operator that was written.
            let e = self.take_raised();
            if let Some(t) = e.downcast::<crate::errors::BaseException>()
                && let Some(args) = t.args.get()
                && let Some(m) = args.get(0).and_then(|m| m.downcast::<Str>())
                && m.to_string_lossy().starts_with("unsupported operand type(s) for ** or pow()")
            {
                return Err(self.unsupported("**=", a, b));
            }
            return Err(self.reraise(e));
        }
        r
    }

    /// `-v`, `+v`, `~v`.
    pub fn negative(&self, v: &Value) -> PyResult<Value> {
        self.unary(v, self.type_of(v).slots.negative.get(), "unary -")
    }

    pub fn positive(&self, v: &Value) -> PyResult<Value> {
        self.unary(v, self.type_of(v).slots.positive.get(), "unary +")
    }

    pub fn invert(&self, v: &Value) -> PyResult<Value> {
        self.unary(v, self.type_of(v).slots.invert.get(), "unary ~")
    }

    /// `abs(v)`.
    pub fn absolute(&self, v: &Value) -> PyResult<Value> {
        self.unary(v, self.type_of(v).slots.absolute.get(), "abs()")
    }

    fn unary(&self, v: &Value, f: Option<crate::types::typedef::UnaryFn>, what: &str) -> PyResult<Value> {
        self.check_stack()?;
        match f {
            Some(f) => f(self, v),
            None => {
                Err(self
                    .type_error(format_args!("bad operand type for {what}: '{}'", self.type_of(v).tp_name())))
            }
        }
    }

    /// `float(v)` beyond float itself: `__float__`, then `__index__`.
    #[cold]
    pub fn to_f64_slow(&self, v: &Value) -> PyResult<f64> {
        self.check_stack()?;
        if let Some(f) = self.type_of(v).slots.float.get() {
            let r = f(self, v)?;
            return self.float_slot_result(v, r);
        }
        if self.type_of(v).slots.index.get().is_some() {
            let i = self.index(v)?;
            return self.to_f64(&crate::types::numbers::int_to_float(self, &i)?);
        }
        Err(self.type_error(format_args!("must be real number, not {}", self.type_of(v).tp_name())))
    }

    /// A warning that an `__index__` or `__int__` answered a strict subclass of int.
    pub fn warn_index_subclass(&self, r: &Value, method: &str) -> PyResult<()> {
        self.warn(
            &crate::errors::exc::DeprecationWarning,
            format_args!(
                "{method} returned non-int (type {}).  The ability to return an instance of a strict subclass of int is deprecated, and may be removed in a future version of Python.",
                self.type_of(r).tp_name()
            ),
            1,
        )
    }
}
