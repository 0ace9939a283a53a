//! The guard of containers' `repr` against containers that hold themselves.

use crate::{PyResult, Value, Vm};
use taipan_heap::cell::Guarded;
use taipan_text::wtf8::Wtf8Buf;

/// Objects whose `repr` is under way: (thread, object).
#[derive(Default)]
struct UnderWay(Guarded<Vec<(usize, u64)>>);

/// Whether `v`'s `repr` was already under way; else it is from now on, until `leave`.
pub fn enter(vm: &Vm, v: &Value) -> bool {
    let me = (std::ptr::from_ref(vm) as usize, v.bits());
    vm.state::<UnderWay>().0.with_mut(|s| {
        let inside = s.contains(&me);
        if !inside {
            s.push(me)
        }
        inside
    })
}

pub fn leave(vm: &Vm, v: &Value) {
    let me = (std::ptr::from_ref(vm) as usize, v.bits());
    vm.state::<UnderWay>().0.with_mut(|s| {
        if let Some(i) = s.iter().rposition(|x| *x == me) {
            s.remove(i);
        }
    })
}

/// The text that `f` makes, or `inside` if the `repr` of `v` is already under way.
pub fn guarded(vm: &Vm, v: &Value, inside: &str, f: impl FnOnce() -> PyResult<Wtf8Buf>) -> PyResult<Value> {
    if enter(vm, v) {
        return Ok(vm.new_str(inside).into_value());
    }
    let r = f();
    leave(vm, v);
    Ok(vm.new_wtf8_buf(r?).into_value())
}
