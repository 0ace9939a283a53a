//! Constant folding, with the size limits of CPython's: what comes out fits in little memory.

use taipan_bytecode::{Blob, Const};
use taipan_syntax::Ranged;
use taipan_syntax::ast::{Expr, Number, Operator, UnaryOp};

use crate::compiler::Compiler;
use crate::error::{Fail, R, Span};

const MAX_STR: usize = 4096;
const MAX_COLLECTION: usize = 256;

impl Compiler<'_> {
    /// The value of an expression that is constant.
    pub fn fold(&self, e: &Expr) -> Option<Const> {
        match e {
            Expr::NumberLiteral(n) => number(&n.value),
            Expr::StringLiteral(s) => Some(Const::Str(Blob::from(self.tree.string(s)))),
            Expr::BytesLiteral(b) => Some(Const::Bytes(Blob::from(b.value.bytes().collect::<Vec<u8>>()))),
            Expr::BooleanLiteral(b) => Some(if b.value { Const::True } else { Const::False }),
            Expr::NoneLiteral(_) => Some(Const::None),
            Expr::EllipsisLiteral(_) => {
                Some(self.tree.constant(Span::of(e)).cloned().unwrap_or(Const::Ellipsis))
            }
            Expr::Name(n) if n.id == "__debug__" && n.ctx.is_load() => {
                Some(if self.settings.optimize == 0 { Const::True } else { Const::False })
            }
            Expr::Tuple(t) if t.ctx.is_load() => {
                t.elts.iter().map(|e| self.fold(e)).collect::<Option<Vec<_>>>().map(Const::Tuple)
            }
            Expr::UnaryOp(u) => unary(u.op, &self.fold(&u.operand)?),
            Expr::BinOp(_) => {
                // Long chains nest to the left: no recursion there.
                let mut chain = Vec::new();
                let mut left = e;
                while let Expr::BinOp(b) = left {
                    chain.push(b);
                    left = &b.left;
                }
                let mut value = self.fold(left)?;
                while let Some(b) = chain.pop() {
                    value = self.fold_with(b.op, &value, &b.right)?;
                }
                Some(value)
            }
            Expr::Subscript(s) if s.ctx.is_load() => subscript(&self.fold(&s.value)?, &self.fold(&s.slice)?),
            _ => None,
        }
    }

    /// The constant that `left op right` is.
    pub fn fold_with(&self, op: Operator, left: &Const, right: &Expr) -> Option<Const> {
        binary(op, left, &self.fold(right)?)
    }

    /// The slice object of constant bounds.
    pub fn fold_slice(&self, e: &Expr) -> Option<Const> {
        let Expr::Slice(s) = e else { return None };
        let part = |e: &Option<Box<Expr>>| match e {
            Some(e) => self.fold(e).filter(|c| matches!(c, Const::Int(_) | Const::None)),
            None => Some(Const::None),
        };
        Some(Const::Slice(Box::new([part(&s.lower)?, part(&s.upper)?, part(&s.step)?])))
    }

    /// CPython refuses to read endless decimal literals.
    pub fn check_number(&self, n: &Number, e: &Expr) -> R<()> {
        let Number::Int(i) = n else { return Ok(()) };
        if i.as_u64().is_some() {
            return Ok(());
        }
        let text = i.to_string();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let decimal = !text.starts_with("0x") && !text.starts_with("0X") && !radix_prefix(&text);
        let limit = self.settings.max_str_digits;
        if decimal && limit > 0 && digits > limit {
            return Err(Fail::new(
                format!(
                    "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; \
                     use sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer \
                     literals to avoid decimal conversion limits."
                ),
                Span { start: e.range().start().to_u32(), end: e.range().end().to_u32() },
            ));
        }
        Ok(())
    }
}

/// The value of a number with signs, and of sums of such: what patterns may have.
pub fn literal_value(e: &Expr) -> Option<Const> {
    match e {
        Expr::NumberLiteral(n) => number(&n.value),
        Expr::UnaryOp(u) if u.op == UnaryOp::USub => unary(u.op, &literal_value(&u.operand)?),
        Expr::BinOp(b) if matches!(b.op, Operator::Add | Operator::Sub) => {
            binary(b.op, &literal_value(&b.left)?, &literal_value(&b.right)?)
        }
        _ => None,
    }
}

fn radix_prefix(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() > 2 && b[0] == b'0' && b[1].is_ascii_alphabetic()
}

fn number(n: &Number) -> Option<Const> {
    Some(match n {
        Number::Int(i) => match i.as_u64() {
            Some(n) => int(n as i128),
            None => big(&i.to_string())?,
        },
        Number::Float(f) => Const::Float(*f),
        Number::Complex { real, imag } => Const::Complex(*real, *imag),
    })
}

/// An integer literal beyond 64 bits.
fn big(text: &str) -> Option<Const> {
    let text = text.replace('_', "");
    let (digits, radix) = match text.get(..2) {
        Some("0x" | "0X") => (&text[2..], 16),
        Some("0o" | "0O") => (&text[2..], 8),
        Some("0b" | "0B") => (&text[2..], 2),
        _ => (&text[..], 10),
    };
    let mut words: Vec<u32> = Vec::new();
    // As many digits at a time as fit a word.
    let per: usize = match radix {
        16 => 7,
        10 => 9,
        8 => 10,
        _ => 31,
    };
    for chunk in digits.as_bytes().chunks(per) {
        let chunk = std::str::from_utf8(chunk).ok()?;
        let mut carry = u32::from_str_radix(chunk, radix).ok()? as u64;
        let scale = (radix as u64).pow(chunk.len() as u32);
        for w in &mut words {
            let n = *w as u64 * scale + carry;
            *w = n as u32;
            carry = n >> 32;
        }
        if carry != 0 {
            words.push(carry as u32);
        }
    }
    Some(magnitude(false, words.iter().flat_map(|w| w.to_le_bytes()).collect()))
}

fn magnitude(negative: bool, mut bytes: Vec<u8>) -> Const {
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    Const::BigInt { negative, magnitude: Blob::from(bytes) }
}

fn int(n: i128) -> Const {
    match i64::try_from(n) {
        Ok(n) => Const::Int(n),
        Err(_) => magnitude(n < 0, n.unsigned_abs().to_le_bytes().to_vec()),
    }
}

fn as_int(c: &Const) -> Option<i128> {
    match c {
        Const::Int(n) => Some(*n as i128),
        Const::True => Some(1),
        Const::False => Some(0),
        Const::BigInt { negative, magnitude } if magnitude.len() <= 15 => {
            let mut raw = [0; 16];
            raw[..magnitude.len()].copy_from_slice(magnitude);
            let n = i128::from_le_bytes(raw);
            Some(if *negative { -n } else { n })
        }
        _ => None,
    }
}

/// As a float, for mixed arithmetic: exact ints only.
fn as_float(c: &Const) -> Option<f64> {
    match c {
        Const::Float(f) => Some(*f),
        _ => as_int(c).filter(|n| n.unsigned_abs() <= 1 << 53).map(|n| n as f64),
    }
}

fn as_complex(c: &Const) -> Option<(f64, f64)> {
    match c {
        Const::Complex(re, im) => Some((*re, *im)),
        _ => None,
    }
}

/// The simplest constant that equals a number; other constants as they are.
pub(crate) fn comparable(c: &Const) -> Const {
    match c {
        Const::True => Const::Int(1),
        Const::False => Const::Int(0),
        Const::Complex(re, im) if *im == 0.0 => comparable(&Const::Float(*re)),
        Const::Float(f) if f.fract() == 0.0 && f.abs() < 1e18 => Const::Int(*f as i64),
        _ => c.clone(),
    }
}

/// Truth of a constant.
pub(crate) fn truth(c: &Const) -> bool {
    match c {
        Const::None | Const::False => false,
        Const::True | Const::Ellipsis | Const::Slice(_) | Const::Code(_) => true,
        Const::Int(n) => *n != 0,
        Const::BigInt { magnitude, .. } => !magnitude.is_empty(),
        Const::Float(f) => *f != 0.0,
        Const::Complex(re, im) => *re != 0.0 || *im != 0.0,
        Const::Str(b) | Const::Bytes(b) => !b.is_empty(),
        Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
    }
}

fn unary(op: UnaryOp, c: &Const) -> Option<Const> {
    Some(match op {
        UnaryOp::Not => {
            if truth(c) {
                Const::False
            } else {
                Const::True
            }
        }
        UnaryOp::USub => match c {
            Const::Float(f) => Const::Float(-f),
            Const::Complex(re, im) => Const::Complex(-re, -im),
            Const::BigInt { negative, magnitude: m } => match as_int(c) {
                Some(n) => int(-n),
                None => magnitude(!negative, m.to_vec()),
            },
            _ => int(-as_int(c)?),
        },
        UnaryOp::UAdd => match c {
            Const::Float(_) | Const::Complex(..) | Const::BigInt { .. } => c.clone(),
            _ => int(as_int(c)?),
        },
        UnaryOp::Invert => match c {
            // Deprecated for bools: the warning belongs to run time.
            Const::True | Const::False => return None,
            _ => int(!as_int(c)?),
        },
    })
}

fn binary(op: Operator, l: &Const, r: &Const) -> Option<Const> {
    if let (Some(a), Some(b)) = (as_int(l), as_int(r)) {
        return int_binary(op, a, b, l, r);
    }
    if as_complex(l).is_some() || as_complex(r).is_some() {
        return complex_binary(op, l, r);
    }
    if matches!(l, Const::Float(_)) || matches!(r, Const::Float(_)) {
        return float_binary(op, as_float(l)?, as_float(r)?);
    }
    match (op, l, r) {
        (Operator::Add, Const::Str(a), Const::Str(b)) => Some(Const::Str(concat(a, b)?)),
        (Operator::Add, Const::Bytes(a), Const::Bytes(b)) => Some(Const::Bytes(concat(a, b)?)),
        (Operator::Add, Const::Tuple(a), Const::Tuple(b)) if a.len() + b.len() <= MAX_COLLECTION => {
            Some(Const::Tuple(a.iter().chain(b).cloned().collect()))
        }
        (Operator::Mult, s @ (Const::Str(_) | Const::Bytes(_) | Const::Tuple(_)), n)
        | (Operator::Mult, n, s @ (Const::Str(_) | Const::Bytes(_) | Const::Tuple(_))) => {
            let n = usize::try_from(as_int(n)?.max(0)).ok()?;
            match s {
                Const::Tuple(items) if items.len().checked_mul(n)? <= MAX_COLLECTION => {
                    let many = items.iter().cycle().take(items.len() * n).cloned().collect();
                    Some(Const::Tuple(many))
                }
                Const::Str(b) if b.len().checked_mul(n)? <= MAX_STR => Some(Const::Str(b.repeat(n).into())),
                Const::Bytes(b) if b.len().checked_mul(n)? <= MAX_STR => {
                    Some(Const::Bytes(b.repeat(n).into()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn concat(a: &[u8], b: &[u8]) -> Option<Blob> {
    // Two lone surrogates would join to one code point.
    let joins = a.len() >= 3 && a[a.len() - 3] == 0xed && b.first() == Some(&0xed);
    (a.len() + b.len() <= MAX_STR && !joins).then(|| Blob::from([a, b].concat()))
}

fn int_binary(op: Operator, a: i128, b: i128, l: &Const, r: &Const) -> Option<Const> {
    let both_bool = matches!(l, Const::True | Const::False) && matches!(r, Const::True | Const::False);
    let boolean = |n: i128| if both_bool { if n != 0 { Const::True } else { Const::False } } else { int(n) };
    let floor = |a: i128, b: i128| {
        let q = a.checked_div(b)?;
        Some(if a % b != 0 && (a < 0) != (b < 0) { q - 1 } else { q })
    };
    Some(match op {
        Operator::Add => int(a.checked_add(b)?),
        Operator::Sub => int(a.checked_sub(b)?),
        Operator::Mult => int(a.checked_mul(b)?),
        Operator::FloorDiv => int(floor(a, b)?),
        Operator::Mod => int(a.checked_sub(floor(a, b)?.checked_mul(b)?)?),
        Operator::Div => {
            let exact = |n: i128| n.unsigned_abs() <= 1 << 53;
            if b == 0 || !exact(a) || !exact(b) {
                return None;
            }
            Const::Float(a as f64 / b as f64)
        }
        Operator::Pow => {
            if b < 0 {
                return None;
            }
            int(a.checked_pow(u32::try_from(b).ok()?)?)
        }
        Operator::LShift => {
            let n = u32::try_from(b).ok().filter(|n| *n < 126)?;
            let shifted = a.checked_mul(1i128.checked_shl(n)?)?;
            int(shifted)
        }
        Operator::RShift => {
            let n = u32::try_from(b).ok()?;
            int(a >> n.min(127))
        }
        Operator::BitOr => boolean(a | b),
        Operator::BitXor => boolean(a ^ b),
        Operator::BitAnd => boolean(a & b),
        Operator::MatMult => return None,
    })
}

fn float_binary(op: Operator, a: f64, b: f64) -> Option<Const> {
    Some(Const::Float(match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        // Left to run time, whose routines round as CPython's do.
        _ => return None,
    }))
}

fn complex_binary(op: Operator, l: &Const, r: &Const) -> Option<Const> {
    // A real operand is not widened to complex: signs of zeros would differ.
    Some(match (op, as_complex(l), as_complex(r)) {
        (Operator::Add, Some(a), Some(b)) => Const::Complex(a.0 + b.0, a.1 + b.1),
        (Operator::Sub, Some(a), Some(b)) => Const::Complex(a.0 - b.0, a.1 - b.1),
        (Operator::Add, None, Some(b)) => Const::Complex(as_float(l)? + b.0, b.1),
        (Operator::Add, Some(a), None) => Const::Complex(a.0 + as_float(r)?, a.1),
        (Operator::Sub, Some(a), None) => Const::Complex(a.0 - as_float(r)?, a.1),
        (Operator::Sub, None, Some(b)) => Const::Complex(as_float(l)? - b.0, -b.1),
        _ => return None,
    })
}

fn subscript(c: &Const, index: &Const) -> Option<Const> {
    let n = as_int(index)?;
    let at = |len: usize| {
        let n = if n < 0 { n + len as i128 } else { n };
        usize::try_from(n).ok().filter(|n| *n < len)
    };
    match c {
        Const::Tuple(items) => items.get(at(items.len())?).cloned(),
        Const::Bytes(b) => b.get(at(b.len())?).map(|b| Const::Int(*b as i64)),
        Const::Str(s) if s.is_ascii() => {
            let i = at(s.len())?;
            s.slice(i..i + 1).map(Const::Str)
        }
        _ => None,
    }
}
