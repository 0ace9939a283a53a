//! Generators whose values go straight to the built-in that was called with them: `set(x for x in y)`, `sum(…)`, `any(…)`.
//!
//! The loop resumes the generator on top of the caller's frame (`kind::FED`), and its `yield_value` gives the value to what
//! stands in the register of the argument: what has been collected so far. Nobody can see the difference as long as the
//! value can be added without running Python code. One with which that is not so (`Step::Ask`) suspends the generator, and
//! native code goes on with the value and the rest, as it would have done from the start.
//!
//! I1  While the generator runs, its frame owns it; the resumer's `pc` is behind the call, whose operand `b` is the built-in's
//!     register. Behind that lies the object of a method, or the error term of a sum of floats; then what has been collected.

use super::generator;
use super::run::Regs;
use crate::modules::builtins::numbers::{Compensated, Total, sum_from};
use crate::native::bind::Known;
use crate::object::{Type, ValueExt};
use crate::types::builtin_function::BuiltinFunction;
use crate::types::descriptors::MethodDescriptor;
use crate::types::set::Set;
use crate::types::set_table::SetTable;
use crate::types::sort;
use crate::types::str_methods::pieces;
use crate::types::typedef::CompareOp;
use crate::types::{List, Str, Tuple};
use crate::{PyResult, Value, Vm};

/// What a built-in does with the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Consumer {
    List,
    Tuple,
    Sorted,
    Join,
    Set,
    FrozenSet,
    Any,
    All,
    Sum,
    Min,
    Max,
}

impl Consumer {
    const ALL: [Consumer; 11] = [
        Consumer::List,
        Consumer::Tuple,
        Consumer::Sorted,
        Consumer::Join,
        Consumer::Set,
        Consumer::FrozenSet,
        Consumer::Any,
        Consumer::All,
        Consumer::Sum,
        Consumer::Min,
        Consumer::Max,
    ];

    /// The highest number of those that collect values in a list, and of those that do so in a set.
    pub const LAST_LIST: u16 = Consumer::Join as u16;
    pub const LAST_SET: u16 = Consumer::FrozenSet as u16;
    pub const SUM: u16 = Consumer::Sum as u16;

    /// The consumer of this number, which `Frame::dst` of the generator's frame holds.
    #[inline(always)]
    pub fn of_number(n: u16) -> Consumer {
        *Consumer::ALL.get(n as usize).unwrap_or(&Consumer::List)
    }
}

/// What the callable in a register does with a generator that is its only argument, if it is one of these built-ins.
#[inline(always)]
pub fn consumer(vm: &Vm, regs: Regs, r: u16) -> Option<Consumer> {
    let callee = regs.get(r);
    if regs.bits(r + 1) != 0 {
        let known = callee.downcast_exact::<MethodDescriptor>()?.direct.known;
        let joins =
            known == Known::Feeds(Consumer::Join) && regs.get(r + 1).downcast_exact::<Str>().is_some();
        return joins.then_some(Consumer::Join);
    }
    if let Some(ty) = callee.downcast_exact::<Type>() {
        let types = &vm.types;
        return if ty.is(&types.set) {
            Some(Consumer::Set)
        } else if ty.is(&types.tuple) {
            Some(Consumer::Tuple)
        } else if ty.is(&types.list) {
            Some(Consumer::List)
        } else if ty.is(&types.frozenset) {
            Some(Consumer::FrozenSet)
        } else {
            None
        };
    }
    match callee.downcast_exact::<BuiltinFunction>() {
        Some(b) if !b.bound => match b.direct.known {
            Known::Feeds(c) => Some(c),
            _ => None,
        },
        _ => None,
    }
}

/// The word of what has been collected before the first value.
#[inline(never)]
pub fn begin(vm: &Vm, c: Consumer) -> u64 {
    match c {
        Consumer::List | Consumer::Tuple | Consumer::Sorted | Consumer::Join => {
            vm.new_list(Vec::with_capacity(8)).into_value().into_bits()
        }
        Consumer::Set | Consumer::FrozenSet => vm.new_set(Default::default()).into_value().into_bits(),
        Consumer::Any => Value::FALSE.into_bits(),
        Consumer::All => Value::TRUE.into_bits(),
        Consumer::Sum => Value::int32(0).into_bits(),
        Consumer::Min | Consumer::Max => 0,
    }
}

/// What became of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It has been added.
    Took,
    /// It settles the result.
    Done,
    /// Only Python code, or an error, can tell; nothing has happened.
    Ask,
}

/// Gives a value to the consumer whose registers begin at `r`.
#[inline(never)]
pub fn step(vm: &Vm, regs: Regs, r: u16, c: Consumer, v: &Value) -> Step {
    match c {
        Consumer::List | Consumer::Tuple | Consumer::Sorted | Consumer::Join => {
            let Some(l) = regs.get(r + 2).downcast_exact::<List>() else { return Step::Ask };
            l.push(v.clone());
            Step::Took
        }
        Consumer::Set | Consumer::FrozenSet => {
            let Some(s) = regs.get(r + 2).downcast_exact::<Set>() else { return Step::Ask };
            let Some(hash) = plain_hash(vm, v) else { return Step::Ask };
            if s.table.add_known(v, hash) { Step::Took } else { Step::Ask }
        }
        Consumer::Any | Consumer::All => match plain_truth(vm, v) {
            Some(truth) if truth == (c == Consumer::Any) => Step::Done,
            Some(_) => Step::Took,
            None => Step::Ask,
        },
        Consumer::Sum => add(regs, r, v),
        Consumer::Min | Consumer::Max => {
            if regs.bits(r + 2) != 0 {
                let best = regs.get(r + 2);
                let order = match (v.as_int(), best.as_int()) {
                    (Some(a), Some(b)) => a.cmp(&b),
                    _ => match (v.as_small_float(), best.as_small_float()) {
                        (Some(a), Some(b)) => match a.partial_cmp(&b) {
                            Some(order) => order,
                            // Not a number: never better.
                            None => return Step::Took,
                        },
                        _ => match (v.downcast_exact::<Str>(), best.downcast_exact::<Str>()) {
                            (Some(a), Some(b)) => a.as_bytes().cmp(b.as_bytes()),
                            _ => return Step::Ask,
                        },
                    },
                };
                if !operator(c).holds(order) {
                    return Step::Took;
                }
            }
            regs.put(r + 2, v.clone());
            Step::Took
        }
    }
}

fn operator(c: Consumer) -> CompareOp {
    if c == Consumer::Min { CompareOp::Lt } else { CompareOp::Gt }
}

/// The hash of a value that has it without running Python code.
#[inline]
fn plain_hash(vm: &Vm, v: &Value) -> Option<i64> {
    if let Some(n) = v.as_int() {
        return Some(taipan_text::hash::int(n));
    }
    if let Some(s) = v.downcast_exact::<Str>() {
        return Some(vm.str_hash(s));
    }
    if is_plain(v, 4) { vm.hash(v).ok() } else { None }
}

/// Whether hashing and comparing the value runs no Python code and raises nothing.
fn is_plain(v: &Value, depth: u8) -> bool {
    if !v.is_ptr() || v.downcast_exact::<Str>().is_some() {
        return true;
    }
    match v.downcast_exact::<Tuple>() {
        Some(t) => depth > 0 && t.items().iter().all(|v| is_plain(v, depth - 1)),
        None => false,
    }
}

/// Whether the value is true, if that is known without running Python code.
#[inline]
fn plain_truth(vm: &Vm, v: &Value) -> Option<bool> {
    if !v.is_ptr() {
        return vm.is_true(v).ok();
    }
    let ty = v.heap_type()?;
    if ty.slots.bool.get().is_none() && ty.slots.len.get().is_none() {
        return Some(true);
    }
    let types = &vm.types;
    let known = [&types.str, &types.list, &types.tuple, &types.dict, &types.set, &types.bytes];
    if known.into_iter().any(|t| t.is(ty)) { vm.is_true(v).ok() } else { None }
}

/// Adds to a sum of ints or floats, as far as its words hold it.
fn add(regs: Regs, r: u16, v: &Value) -> Step {
    let so_far = regs.get(r + 2);
    if let (Some(a), Some(b)) = (so_far.as_int(), v.as_int()) {
        // Words hold 63 bits, so this cannot overflow.
        let Some(sum) = Value::small_int(a + b) else { return Step::Ask };
        regs.put(r + 2, sum);
        return Step::Took;
    }
    let mut c = match (float_total(regs, r), so_far.as_int()) {
        (Some(Total::Float(c)), _) => c,
        // The ints are left by an ordinary addition.
        (_, Some(n)) if n.unsigned_abs() <= 1 << 53 => match v.as_small_float() {
            Some(f) => {
                let Some(sum) = Value::small_float(n as f64 + f) else { return Step::Ask };
                regs.put(r + 2, sum);
                return Step::Took;
            }
            None => return Step::Ask,
        },
        _ => return Step::Ask,
    };
    if let Some(f) = v.as_small_float() {
        c.add(f);
    } else if let Some(n) = v.as_int() {
        c.hi += n as f64;
    } else {
        return Step::Ask;
    }
    if let (Some(hi), Some(lo)) = (Value::small_float(c.hi), Value::small_float(c.lo)) {
        regs.put(r + 2, hi);
        regs.put(r + 1, lo);
        return Step::Took;
    }
    Step::Ask
}

/// A sum that has left the ints.
fn float_total(regs: Regs, r: u16) -> Option<Total> {
    let hi = regs.get(r + 2).as_small_float()?;
    let lo = if regs.bits(r + 1) == 0 { 0.0 } else { regs.get(r + 1).as_small_float()? };
    Some(Total::Float(Compensated { hi, lo }))
}

fn total(regs: Regs, r: u16) -> Total {
    match (float_total(regs, r), regs.get(r + 2).as_int()) {
        (Some(t), _) => t,
        (None, n) => Total::Int(n.unwrap_or_default()),
    }
}

/// Ends the call whose built-in was fed, in the top frame, with what `work` makes of its registers from the first one on.
fn end(vm: &Vm, work: impl FnOnce(Regs, u16) -> PyResult<Value>) -> PyResult<()> {
    // SAFETY: a frame is running.
    let f = unsafe { &*vm.thread.top() };
    let Some(i) = generator::instr_before(f, 1) else {
        return Err(vm.system_error("not a call of a consumer"));
    };
    let regs = Regs { base: f.base, first_temp: f.exec().first_temp };
    let v = work(regs, i.b())?;
    regs.drop_run(i.b() as usize, 3);
    regs.put(i.a(), v);
    Ok(())
}

/// The generator has ended, and its resumer's frame is on top: does what is left of the call.
#[inline(never)]
pub fn finish(vm: &Vm, c: Consumer) -> PyResult<()> {
    end(vm, |regs, r| result(vm, c, regs, r))
}

/// The result when there are no more values.
pub fn result(vm: &Vm, c: Consumer, regs: Regs, r: u16) -> PyResult<Value> {
    match c {
        Consumer::Sum => return Ok(total(regs, r).value(vm)),
        Consumer::Min | Consumer::Max => {
            return match regs.take(r as usize + 2) {
                Some(v) => Ok(v),
                None => {
                    let name = if c == Consumer::Min { "min" } else { "max" };
                    Err(vm.value_error(format_args!("{name}() iterable argument is empty")))
                }
            };
        }
        _ => {}
    }
    let got = regs.take_word(r as usize + 2);
    Ok(match c {
        Consumer::Tuple => vm.new_tuple(items(&got)).into_value(),
        Consumer::FrozenSet => match got.downcast_exact::<Set>() {
            Some(s) => {
                let t = SetTable::new();
                s.table.swap(&t);
                vm.new_frozenset(t).into_value()
            }
            None => got,
        },
        Consumer::Sorted => {
            let mut items = items(&got);
            sort::sort_items(vm, &mut items, None, false)?;
            vm.new_list(items).into_value()
        }
        Consumer::Join => match regs.get(r + 1).downcast_exact::<Str>() {
            Some(sep) => pieces::join(vm, sep, &got)?,
            None => got,
        },
        _ => got,
    })
}

fn items(list: &Value) -> Vec<Value> {
    list.downcast_exact::<List>().map_or_else(Vec::new, |l| l.items.take())
}

/// The value has settled the result; the generator `g`, which has been suspended, is of no more use.
#[cold]
#[inline(never)]
pub fn settle(vm: &Vm, c: Consumer, v: Value, g: Value) -> PyResult<()> {
    end(vm, |_, _| {
        drop(v);
        drop(g);
        Ok(Value::bool(c == Consumer::Any))
    })
}

/// The consumer goes on in native code with this value and what the generator `g` still has; its frame is on top.
#[cold]
#[inline(never)]
pub fn go_on(vm: &Vm, c: Consumer, v: Value, g: Value) -> PyResult<()> {
    end(vm, |regs, r| rest(vm, c, regs, r, v, &g).inspect(|_| drop(g)))
}

fn rest(vm: &Vm, c: Consumer, regs: Regs, r: u16, v: Value, g: &Value) -> PyResult<Value> {
    match c {
        Consumer::List | Consumer::Tuple | Consumer::Sorted | Consumer::Join => {
            let list = regs.get(r + 2).clone();
            if let Some(l) = list.downcast_exact::<List>() {
                l.push(v);
                vm.for_each(g, |v| {
                    l.push(v);
                    Ok(())
                })?;
            }
        }
        Consumer::Set | Consumer::FrozenSet => {
            let set = regs.get(r + 2).clone();
            if let Some(s) = set.downcast_exact::<Set>() {
                vm.set_add(s, &v)?;
                drop(v);
                vm.for_each(g, |v| vm.set_add(s, &v))?;
            }
        }
        Consumer::Any | Consumer::All => {
            let want = c == Consumer::Any;
            let mut found = vm.is_true(&v)? == want;
            drop(v);
            if !found {
                found = vm.each_until(g, |v| Ok(vm.is_true(&v)? == want))?;
            }
            return Ok(Value::bool(found == want));
        }
        Consumer::Sum => return sum_from(vm, total(regs, r), Some(v), g),
        Consumer::Min | Consumer::Max => {
            let mut best = regs.take(r as usize + 2);
            let mut look = |v: Value| -> PyResult<()> {
                let better = match &best {
                    None => true,
                    Some(top) => {
                        let answer = vm.rich_compare(&v, top, operator(c))?;
                        vm.is_true(&answer)?
                    }
                };
                if better {
                    best = Some(v);
                }
                Ok(())
            };
            look(v)?;
            vm.for_each(g, look)?;
            return best.ok_or_else(|| vm.system_error("no value"));
        }
    }
    result(vm, c, regs, r)
}
