//! `sys.monitoring`: tools, their callbacks and event sets. The machine does not send events yet: what is registered is
//! kept and told, no callback is called.

use super::SysState;
use crate::prelude::*;
use crate::types::code::Code;
use crate::types::namespace::Namespace;
use std::cell::Cell;

const TOOLS: usize = 8;
const PUBLIC_TOOLS: i32 = 6;

const EVENTS: &[(&str, u32)] = &[
    ("PY_START", 0),
    ("PY_RESUME", 1),
    ("PY_RETURN", 2),
    ("PY_YIELD", 3),
    ("CALL", 4),
    ("LINE", 5),
    ("INSTRUCTION", 6),
    ("JUMP", 7),
    ("BRANCH_LEFT", 8),
    ("BRANCH_RIGHT", 9),
    ("STOP_ITERATION", 10),
    ("RAISE", 11),
    ("EXCEPTION_HANDLED", 12),
    ("PY_UNWIND", 13),
    ("PY_THROW", 14),
    ("RERAISE", 15),
    ("C_RETURN", 16),
    ("C_RAISE", 17),
    ("BRANCH", 18),
];
const ALL_EVENTS: i32 = (1 << 19) - 1;
const LOCAL_EVENTS: i32 = (1 << 11) - 1;
const C_EVENTS: i32 = 1 << 16 | 1 << 17;
const CALL: i32 = 1 << 4;
const BRANCH: i32 = 1 << 18;
const BOTH_BRANCHES: i32 = 1 << 8 | 1 << 9;

/// The tools of an interpreter.
#[derive(Default)]
pub struct Tools {
    names: [ValueCell; TOOLS],
    events: [Cell<i32>; TOOLS],
    callbacks: Guarded<Vec<(usize, u32, Value)>>,
    local: Guarded<Vec<(usize, Value, i32)>>,
}

fn tools(vm: &Vm) -> &Tools {
    &vm.state::<SysState>().tools
}

fn tool(vm: &Vm, id: i32) -> PyResult<usize> {
    if (0..PUBLIC_TOOLS).contains(&id) {
        return Ok(id as usize);
    }
    Err(vm.value_error(format_args!("invalid tool {id} (must be between 0 and 5)")))
}

fn used_tool(vm: &Vm, id: i32) -> PyResult<usize> {
    let i = tool(vm, id)?;
    if tools(vm).names[i].is_some() {
        return Ok(i);
    }
    Err(vm.value_error(format_args!("tool {id} is not in use")))
}

/// An event set as `set_events` takes it.
fn checked(vm: &Vm, set: i32) -> PyResult<i32> {
    if !(0..=ALL_EVENTS).contains(&set) {
        return Err(vm.value_error(format_args!("invalid event set 0x{set:x}")));
    }
    let mut set = set;
    if set & C_EVENTS != 0 && set & CALL == 0 {
        return Err(vm.value_error("cannot set C_RETURN or C_RAISE events independently"));
    }
    set &= !C_EVENTS;
    if set & BRANCH != 0 {
        set = set & !BRANCH | BOTH_BRANCHES;
    }
    Ok(set)
}

fn code_of<'a>(vm: &Vm, code: &'a Value) -> PyResult<&'a Value> {
    if code.is_instance_of::<Code>() { Ok(code) } else { Err(vm.type_error("code must be a code object")) }
}

fn forget(t: &Tools, i: usize) {
    t.events[i].set(0);
    let gone = t.callbacks.with_mut(|c| {
        let (gone, kept) = std::mem::take(c).into_iter().partition::<Vec<_>, _>(|c| c.0 == i);
        *c = kept;
        gone
    });
    let gone_local = t.local.with_mut(|l| {
        let (gone, kept) = std::mem::take(l).into_iter().partition::<Vec<_>, _>(|l| l.0 == i);
        *l = kept;
        gone
    });
    drop((gone, gone_local));
}

#[pymodule(name = "sys.monitoring")]
mod functions {
    use super::*;

    #[pyfn("use_tool_id(tool_id, name, /)")]
    fn use_tool_id(vm: &Vm, tool_id: i32, name: &Value) -> PyResult<()> {
        let i = tool(vm, tool_id)?;
        if !name.is_instance_of::<Str>() {
            return Err(vm.value_error("tool name must be a str"));
        }
        if tools(vm).names[i].is_some() {
            return Err(vm.value_error(format_args!("tool {tool_id} is already in use")));
        }
        tools(vm).names[i].set(Some(name.clone()));
        Ok(())
    }

    #[pyfn("clear_tool_id(tool_id, /)")]
    fn clear_tool_id(vm: &Vm, tool_id: i32) -> PyResult<()> {
        let i = tool(vm, tool_id)?;
        forget(tools(vm), i);
        Ok(())
    }

    #[pyfn("free_tool_id(tool_id, /)")]
    fn free_tool_id(vm: &Vm, tool_id: i32) -> PyResult<()> {
        let i = tool(vm, tool_id)?;
        forget(tools(vm), i);
        tools(vm).names[i].set(None);
        Ok(())
    }

    #[pyfn("get_tool(tool_id, /)")]
    fn get_tool(vm: &Vm, tool_id: i32) -> PyResult<Option<Value>> {
        let i = tool(vm, tool_id)?;
        Ok(tools(vm).names[i].get())
    }

    #[pyfn("register_callback(tool_id, event, func, /)")]
    fn register_callback(vm: &Vm, tool_id: i32, event: i32, func: &Value) -> PyResult<Option<Value>> {
        let i = tool(vm, tool_id)?;
        if event <= 0 || event.count_ones() != 1 {
            return Err(vm.value_error("The callback can only be set for one event at a time"));
        }
        let bit = event.trailing_zeros();
        if event > ALL_EVENTS {
            return Err(vm.value_error(format_args!("invalid event {event}")));
        }
        let t = tools(vm);
        let before = t.callbacks.with_mut(|c| {
            let at = c.iter().position(|c| c.0 == i && c.1 == bit)?;
            Some(c.swap_remove(at).2)
        });
        if !func.is_none() {
            t.callbacks.with_mut(|c| c.push((i, bit, func.clone())));
        }
        Ok(before)
    }

    #[pyfn("get_events(tool_id, /)")]
    fn get_events(vm: &Vm, tool_id: i32) -> PyResult<i32> {
        let i = used_tool(vm, tool_id)?;
        Ok(tools(vm).events[i].get())
    }

    #[pyfn("set_events(tool_id, event_set, /)")]
    fn set_events(vm: &Vm, tool_id: i32, event_set: i32) -> PyResult<()> {
        tool(vm, tool_id)?;
        let set = checked(vm, event_set)?;
        let i = used_tool(vm, tool_id)?;
        tools(vm).events[i].set(set);
        Ok(())
    }

    #[pyfn("get_local_events(tool_id, code, /)")]
    fn get_local_events(vm: &Vm, tool_id: i32, code: &Value) -> PyResult<i32> {
        let code = code_of(vm, code)?;
        let i = used_tool(vm, tool_id)?;
        let found = tools(vm).local.with(|l| l.iter().find(|l| l.0 == i && l.1.is(code)).map(|l| l.2));
        Ok(found.unwrap_or(0))
    }

    #[pyfn("set_local_events(tool_id, code, event_set, /)")]
    fn set_local_events(vm: &Vm, tool_id: i32, code: &Value, event_set: i32) -> PyResult<()> {
        let code = code_of(vm, code)?;
        tool(vm, tool_id)?;
        let set = checked(vm, event_set)?;
        if set & !LOCAL_EVENTS != 0 {
            return Err(vm.value_error(format_args!("invalid local event set 0x{set:x}")));
        }
        let i = used_tool(vm, tool_id)?;
        tools(vm).local.with_mut(|l| match l.iter_mut().find(|l| l.0 == i && l.1.is(code)) {
            Some(l) => l.2 = set,
            None => l.push((i, code.clone(), set)),
        });
        Ok(())
    }

    #[pyfn("restart_events()")]
    fn restart_events(_vm: &Vm) {}

    #[pyfn("_all_events()")]
    fn all_events(vm: &Vm) -> PyResult<Gc<Dict>> {
        let d = vm.new_dict();
        for (name, bit) in EVENTS {
            let who = (0..TOOLS)
                .filter(|i| tools(vm).events[*i].get() & (1 << bit) != 0)
                .fold(0, |n, i| n | 1i64 << i);
            if who != 0 {
                d.set_str(vm, &vm.intern(name), vm.new_int(who));
            }
        }
        Ok(d)
    }
}

/// The module, for `sys.monitoring`.
pub fn module(vm: &Vm) -> PyResult<Value> {
    let m = vm.new_native_module(&functions::MODULE)?;
    let set = |name: &str, v: Value| m.dict.set_str(vm, &vm.intern(name), v);
    for name in ["DISABLE", "MISSING"] {
        set(name, vm.call0(vm.types.object.as_value())?);
    }
    let mut events: Vec<(&str, Value)> = EVENTS.iter().map(|(n, b)| (*n, vm.new_int(1 << b))).collect();
    events.push(("NO_EVENTS", vm.new_int(0)));
    set("events", Namespace::make(vm, &events).into_value());
    for (name, id) in [("DEBUGGER_ID", 0), ("COVERAGE_ID", 1), ("PROFILER_ID", 2), ("OPTIMIZER_ID", 5)] {
        set(name, vm.new_int(id));
    }
    Ok(m.into_value())
}
