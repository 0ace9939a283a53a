//! Joining: `str.join`, and the pieces of f-strings.

use crate::errors::exc;
use crate::prelude::*;

pub fn join(vm: &Vm, sep: &Gc<Str>, iterable: &Value) -> PyResult {
    // Strings alone run no code that could change the list.
    if let Some(l) = iterable.downcast_exact::<List>()
        && let Some(done) = l.items.with(|items| join_plain(vm, sep, items))
    {
        return done;
    }
    if let Some(t) = iterable.downcast_exact::<Tuple>()
        && let Some(done) = join_plain(vm, sep, t.items())
    {
        return done;
    }
    let items = items_of(vm, iterable)?;
    if let [one] = items.as_slice()
        && let Some(s) = one.downcast_exact::<Str>()
    {
        return Ok(s.to_value());
    }
    join_items(vm, sep, &items)
}

/// Joins exact strings; `None` if there are others.
fn join_plain(vm: &Vm, sep: &Gc<Str>, items: &[Value]) -> Option<PyResult> {
    if let [one] = items {
        return one.downcast_exact::<Str>().map(|s| Ok(s.to_value()));
    }
    let plain = items.iter().all(|item| item.downcast_exact::<Str>().is_some());
    plain.then(|| join_items(vm, sep, items))
}

/// The items to join; only what is no iterable at all gets the message of `join`.
pub(crate) fn items_of(vm: &Vm, iterable: &Value) -> PyResult<Vec<Value>> {
    if let Some(l) = iterable.downcast_exact::<List>() {
        return Ok(l.to_vec());
    }
    if let Some(t) = iterable.downcast_exact::<Tuple>() {
        return Ok(t.items().to_vec());
    }
    let it = match vm.get_iter(iterable) {
        Ok(it) => it,
        Err(raised) => {
            if vm.raised_is(&exc::TypeError) {
                drop(vm.take_raised());
                return Err(vm.type_error("can only join an iterable"));
            }
            return Err(raised);
        }
    };
    vm.collect(&it)
}

fn join_items(vm: &Vm, sep: &Gc<Str>, items: &[Value]) -> PyResult {
    let too_long = || vm.overflow_error("join() result is too long for a Python string");
    let gaps = items.len().saturating_sub(1);
    let (Some(mut len), Some(mut chars)) =
        (sep.byte_len().checked_mul(gaps), sep.char_len().checked_mul(gaps))
    else {
        return Err(too_long());
    };
    for (i, item) in items.iter().enumerate() {
        let Some(s) = item.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "sequence item {i}: expected str instance, {} found",
                vm.type_of(item).name()
            )));
        };
        len = len.checked_add(s.byte_len()).ok_or_else(too_long)?;
        chars += s.char_len();
    }
    let made = vm.build_str(len, chars, |out| {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                out.push(sep.as_wtf8());
            }
            if let Some(s) = item.downcast::<Str>() {
                out.push(s.as_wtf8());
            }
        }
    })?;
    Ok(made.into_value())
}

impl Vm {
    /// The strings one after the other: what an f-string makes of its parts.
    pub fn join_strs(&self, parts: &[Value]) -> PyResult<Value> {
        match parts {
            [] => Ok(self.names.empty.to_value()),
            [one] if one.downcast_exact::<Str>().is_some() => Ok(one.clone()),
            _ => join_items(self, &self.names.empty, parts),
        }
    }
}
