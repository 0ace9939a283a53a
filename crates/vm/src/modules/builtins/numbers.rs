//! `sum`, `bin`, `oct`, `hex`.

use crate::prelude::*;
use crate::protocol::BinaryOp;
use crate::types::numbers::{Complex, Float, IntValue, int_value};

/// `0b…`, `0o…`, `0x…`.
pub fn in_base(vm: &Vm, v: &Value, base: u32) -> PyResult<Value> {
    let i = vm.index(v)?;
    let digits = |n: u64| match base {
        2 => format!("0b{n:b}"),
        8 => format!("0o{n:o}"),
        _ => format!("0x{n:x}"),
    };
    let text = match int_value(&i) {
        Some(IntValue::Small(n)) => {
            format!("{}{}", if n < 0 { "-" } else { "" }, digits(n.unsigned_abs()))
        }
        Some(IntValue::Big(n)) => {
            let sign = if n.sign() == dashu_int::Sign::Negative { "-" } else { "" };
            let prefix = match base {
                2 => "0b",
                8 => "0o",
                _ => "0x",
            };
            let size = n.clone();
            let magnitude = if sign.is_empty() { size } else { -size };
            format!("{sign}{prefix}{}", magnitude.in_radix(base as u8))
        }
        None => return Err(vm.type_error("an integer is required")),
    };
    Ok(vm.new_str(&text).into_value())
}

/// A sum of floats with the error that each addition makes (Neumaier).
#[derive(Clone, Copy, Default)]
pub struct Compensated {
    pub hi: f64,
    pub lo: f64,
}

impl Compensated {
    pub fn add(&mut self, x: f64) {
        let t = self.hi + x;
        if self.hi.abs() >= x.abs() {
            self.lo += (self.hi - t) + x;
        } else {
            self.lo += (x - t) + self.hi;
        }
        self.hi = t;
    }

    fn total(self) -> f64 {
        // An infinite sum has no meaningful error term.
        if self.lo != 0.0 && self.lo.is_finite() { self.hi + self.lo } else { self.hi }
    }
}

/// What `sum` adds without calling operators. Subclasses have operators of their own.
enum Plain {
    Int(i64),
    Float(f64),
    Complex(f64, f64),
    Other,
}

fn plain(vm: &Vm, v: &Value) -> Plain {
    if let Some(n) = v.as_int() {
        return Plain::Int(n);
    }
    if let Some(b) = v.as_bool() {
        return Plain::Int(b as i64);
    }
    if let Some(f) = v.as_small_float() {
        return Plain::Float(f);
    }
    if let Some(f) = v.downcast_exact::<Float>() {
        return Plain::Float(f.0);
    }
    if let Some(z) = v.downcast_exact::<Complex>() {
        return Plain::Complex(z.re, z.im);
    }
    let _ = vm;
    Plain::Other
}

/// The running total.
pub enum Total {
    Int(i64),
    Float(Compensated),
    Complex(Compensated, Compensated),
    Object(Value),
}

impl Total {
    pub fn value(&self, vm: &Vm) -> Value {
        match self {
            Total::Int(n) => vm.new_int(*n),
            Total::Float(c) => vm.new_float(c.total()),
            Total::Complex(re, im) => vm.new_complex(re.total(), im.total()),
            Total::Object(v) => v.clone(),
        }
    }
}

fn start_of(v: &Value) -> Compensated {
    Compensated { hi: v.as_small_float().unwrap_or_default(), lo: 0.0 }
}

pub fn sum(vm: &Vm, iterable: &Value, start: Option<&Value>) -> PyResult<Value> {
    let it = vm.get_iter(iterable)?;
    let total = match start {
        None => Total::Int(0),
        Some(s) => {
            let joiner = if s.is_instance_of::<Str>() {
                Some(("strings", "''"))
            } else if s.is_instance_of::<Bytes>() {
                Some(("bytes", "b''"))
            } else if vm.type_of(s).def.name == "bytearray" {
                Some(("bytearray", "b''"))
            } else {
                None
            };
            if let Some((what, empty)) = joiner {
                return Err(
                    vm.type_error(format_args!("sum() can't sum {what} [use {empty}.join(seq) instead]"))
                );
            }
            match plain(vm, s) {
                // A boolean start stays what it is when there is nothing to add.
                Plain::Int(n) if s.is_int() => Total::Int(n),
                Plain::Float(f) => Total::Float(Compensated { hi: f, ..start_of(s) }),
                Plain::Complex(re, im) => {
                    let part = |hi| Compensated { hi, lo: 0.0 };
                    Total::Complex(part(re), part(im))
                }
                _ => Total::Object(s.clone()),
            }
        }
    };
    sum_from(vm, total, None, &it)
}

/// The sum of what there is already, one more item and those of an iterator.
pub fn sum_from(vm: &Vm, mut total: Total, first: Option<Value>, it: &Value) -> PyResult<Value> {
    if let Some(item) = first {
        total = plus(vm, total, &item)?;
    }
    while let Some(item) = vm.iter_next(it)? {
        vm.poll()?;
        // Mostly small ints.
        if let (Total::Int(a), Some(b)) = (&mut total, item.as_int())
            && let Some(sum) = a.checked_add(b)
        {
            *a = sum;
            continue;
        }
        total = plus(vm, total, &item)?;
    }
    Ok(total.value(vm))
}

fn plus(vm: &Vm, total: Total, item: &Value) -> PyResult<Total> {
    let kind = plain(vm, item);
    Ok(match (total, kind) {
        (Total::Int(a), Plain::Int(b)) if a.checked_add(b).is_some() => Total::Int(a + b),
        (Total::Int(a), Plain::Float(f)) if a.unsigned_abs() <= 1 << 53 => {
            let mut c = Compensated { hi: a as f64, lo: 0.0 };
            // CPython leaves the integer path by an ordinary addition.
            c.hi += f;
            Total::Float(c)
        }
        (Total::Float(mut c), Plain::Float(f)) => {
            c.add(f);
            Total::Float(c)
        }
        (Total::Float(mut c), Plain::Int(n)) => {
            c.hi += n as f64;
            Total::Float(c)
        }
        (Total::Float(c), Plain::Complex(re, im)) => {
            // A real number leaves the imaginary part as it is, the sign of a zero included.
            let part = |hi| Compensated { hi, lo: 0.0 };
            Total::Complex(part(c.total() + re), part(im))
        }
        (Total::Complex(mut a, mut b), Plain::Complex(re, im)) => {
            a.add(re);
            b.add(im);
            Total::Complex(a, b)
        }
        (Total::Complex(mut a, b), Plain::Int(n)) => {
            a.hi += n as f64;
            Total::Complex(a, b)
        }
        (Total::Complex(mut a, b), Plain::Float(f)) => {
            a.add(f);
            Total::Complex(a, b)
        }
        (before, _) => {
            let sum = vm.binary_op(BinaryOp::Add, &before.value(vm), item)?;
            match plain(vm, &sum) {
                Plain::Float(f) => Total::Float(Compensated { hi: f, lo: 0.0 }),
                Plain::Complex(re, im) => {
                    let part = |hi| Compensated { hi, lo: 0.0 };
                    Total::Complex(part(re), part(im))
                }
                _ => Total::Object(sum),
            }
        }
    })
}
