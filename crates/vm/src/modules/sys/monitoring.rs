//! `sys.monitoring`: tools, their callbacks and event sets. `interp/monitor.rs` does what they say.

use crate::interp::monitor::{EVENT_NAMES, Monitor, TOOLS, event};
use crate::prelude::*;
use crate::types::code::Code;
use crate::types::namespace::Namespace;

const PUBLIC_TOOLS: i32 = 6;
const ALL_EVENTS: i32 = (1 << 19) - 1;
const LOCAL_EVENTS: i32 = (1 << 11) - 1;
const C_EVENTS: i32 = 1 << 16 | 1 << 17;
const CALL: i32 = 1 << 4;
const BRANCH: i32 = 1 << 18;
const BOTH_BRANCHES: i32 = 1 << 8 | 1 << 9;

fn tools(vm: &Vm) -> &Monitor {
    &vm.interp_state.monitor
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

/// Who wants calls gets what comes of native ones.
fn with_calls(set: i32) -> u32 {
    (if set & CALL != 0 { set | C_EVENTS } else { set }) as u32
}

/// An event set in terms of the events that tools are told.
fn told(vm: &Vm, mut set: i32) -> PyResult<i32> {
    if set & C_EVENTS != 0 && set & (C_EVENTS | CALL) != C_EVENTS | CALL {
        return Err(vm.value_error("cannot set C_RETURN or C_RAISE events independently"));
    }
    set &= !C_EVENTS;
    if set & BRANCH != 0 {
        set = set & !BRANCH | BOTH_BRANCHES;
    }
    Ok(set)
}

fn code_of<'a>(vm: &Vm, code: &'a Value) -> PyResult<&'a Gc<Code>> {
    code.downcast::<Code>().ok_or_else(|| vm.type_error("code must be a code object"))
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
        tools(vm).forget(vm, i);
        Ok(())
    }

    #[pyfn("free_tool_id(tool_id, /)")]
    fn free_tool_id(vm: &Vm, tool_id: i32) -> PyResult<()> {
        let i = tool(vm, tool_id)?;
        tools(vm).forget(vm, i);
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
        super::super::audit(vm, "sys.monitoring.register_callback", std::slice::from_ref(func))?;
        let set = |e: usize| tools(vm).callbacks[i][e].replace((!func.is_none()).then(|| func.clone()));
        if bit as usize == event::BRANCH {
            // Both ways of a branch, told by the older name.
            drop(set(event::BRANCH_LEFT));
            drop(set(event::BRANCH_RIGHT));
        }
        Ok(set(bit as usize))
    }

    #[pyfn("get_events(tool_id, /)")]
    fn get_events(vm: &Vm, tool_id: i32) -> PyResult<u32> {
        let i = tool(vm, tool_id)?;
        Ok(tools(vm).events[i].get() & !(C_EVENTS as u32))
    }

    #[pyfn("set_events(tool_id, event_set, /)")]
    fn set_events(vm: &Vm, tool_id: i32, event_set: i32) -> PyResult<()> {
        tool(vm, tool_id)?;
        if !(0..=ALL_EVENTS).contains(&event_set) {
            return Err(vm.value_error(format_args!("invalid event set 0x{event_set:x}")));
        }
        let set = told(vm, event_set)?;
        let i = used_tool(vm, tool_id)?;
        tools(vm).events[i].set(with_calls(set));
        tools(vm).refresh(vm);
        Ok(())
    }

    #[pyfn("get_local_events(tool_id, code, /)")]
    fn get_local_events(vm: &Vm, tool_id: i32, code: &Value) -> PyResult<u32> {
        let code = code_of(vm, code)?;
        let i = tool(vm, tool_id)?;
        Ok(code.watched.with(|w| w.as_ref().map_or(0, |w| w.local[i])))
    }

    #[pyfn("set_local_events(tool_id, code, event_set, /)")]
    fn set_local_events(vm: &Vm, tool_id: i32, code: &Value, event_set: i32) -> PyResult<()> {
        let code = code_of(vm, code)?;
        tool(vm, tool_id)?;
        let set = told(vm, event_set)?;
        if set & !LOCAL_EVENTS != 0 {
            return Err(vm.value_error(format_args!("invalid local event set 0x{set:x}")));
        }
        let i = used_tool(vm, tool_id)?;
        tools(vm).set_local(vm, i, code, set as u32);
        Ok(())
    }

    #[pyfn("restart_events()")]
    fn restart_events(vm: &Vm) {
        tools(vm).restart(vm)
    }

    #[pyfn("_all_events()")]
    fn all_events(vm: &Vm) -> PyResult<Gc<Dict>> {
        let d = vm.new_dict();
        for (bit, name) in EVENT_NAMES.iter().enumerate() {
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
    for (name, place) in [("DISABLE", &tools(vm).disable), ("MISSING", &tools(vm).missing)] {
        let mark = vm.call0(vm.types.object.as_value())?;
        place.set(Some(mark.clone()));
        set(name, mark);
    }
    let mut events: Vec<(&str, Value)> =
        EVENT_NAMES.iter().enumerate().map(|(b, n)| (*n, vm.new_int(1 << b))).collect();
    events.push(("NO_EVENTS", vm.new_int(0)));
    set("events", Namespace::make(vm, &events).into_value());
    for (name, id) in [("DEBUGGER_ID", 0), ("COVERAGE_ID", 1), ("PROFILER_ID", 2), ("OPTIMIZER_ID", 5)] {
        set(name, vm.new_int(id));
    }
    Ok(m.into_value())
}
