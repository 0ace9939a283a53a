//! Searching with bounds in code points.

use crate::prelude::*;
use crate::types::numbers::int_value;
use std::ops::Range;
use taipan_text::strings::{self as ts, Text};

/// A bound as slices take it: `None` is the default.
pub(crate) fn bound(vm: &Vm, v: &Value, default: isize) -> PyResult<isize> {
    if v.is_none() {
        return Ok(default);
    }
    if v.is_int() || int_value(v).is_some() || vm.type_of(v).slots.index.get().is_some() {
        return vm.index_clipped(v);
    }
    Err(vm.type_error("slice indices must be integers or None or have an __index__ method"))
}

/// The byte range of `s[start:end]`; `None` where nothing can be found.
fn place(vm: &Vm, s: &Gc<Str>, start: &Value, end: &Value) -> PyResult<Option<Range<usize>>> {
    if start.is_none() && end.is_none() {
        return Ok(Some(0..s.byte_len()));
    }
    let (start, end) = (bound(vm, start, 0)?, bound(vm, end, isize::MAX)?);
    Ok(ts::clip(start, end, s.char_len()).map(|r| vm.str_range(s, r)))
}

pub fn find(
    vm: &Vm,
    s: &Gc<Str>,
    sub: &Gc<Str>,
    start: &Value,
    end: &Value,
    last: bool,
) -> PyResult<Option<usize>> {
    let Some(range) = place(vm, s, start, end)? else { return Ok(None) };
    let from = range.start;
    let hay = s.as_bytes().get(range).unwrap_or_default();
    let found = if last { ts::rfind(hay, sub.as_bytes()) } else { ts::find(hay, sub.as_bytes()) };
    Ok(found.map(|at| vm.str_index_of(s, from + at)))
}

pub fn count(vm: &Vm, s: &Gc<Str>, sub: &Gc<Str>, start: &Value, end: &Value) -> PyResult<usize> {
    let Some(range) = place(vm, s, start, end)? else { return Ok(0) };
    Ok(ts::count::<Text>(s.as_bytes().get(range).unwrap_or_default(), sub.as_bytes(), usize::MAX))
}

/// `startswith` and `endswith`.
pub fn tail_match(
    vm: &Vm,
    s: &Gc<Str>,
    what: &Value,
    start: &Value,
    end: &Value,
    front: bool,
) -> PyResult<bool> {
    let range = place(vm, s, start, end)?;
    let hay = range.map(|r| s.as_bytes().get(r).unwrap_or_default());
    let matches = |affix: &Gc<Str>| {
        let affix = affix.as_bytes();
        hay.is_some_and(|h| if front { h.starts_with(affix) } else { h.ends_with(affix) })
    };
    if let Some(affix) = what.downcast::<Str>() {
        return Ok(matches(affix));
    }
    let name = if front { "startswith" } else { "endswith" };
    let Some(choices) = what.downcast::<Tuple>() else {
        return Err(vm.type_error(format_args!(
            "{name} first arg must be str or a tuple of str, not {}",
            vm.type_of(what).name()
        )));
    };
    for choice in choices.items() {
        let Some(affix) = choice.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "tuple for {name} must only contain str, not {}",
                vm.type_of(choice).name()
            )));
        };
        if matches(affix) {
            return Ok(true);
        }
    }
    Ok(false)
}
