//! `_lsprof`: the profiler behind module `cProfile`. It is a tool of `sys.monitoring`, whose callbacks keep a stack of the
//! calls that run and add up their times.

use std::cell::Cell;
use std::collections::HashMap;

use taipan_vm::native::FnKind;
use taipan_vm::prelude::*;
use taipan_vm::structseq;
use taipan_vm::types::builtin_function::BuiltinFunction;
use taipan_vm::types::code::Code;
use taipan_vm::types::descriptors::MethodDescriptor;
use taipan_vm::types::structseq as seq;

structseq! {
    /// SubEntry of a ProfilerEntry: what was called from there.
    SUBENTRY = "profiler_subentry" in "_lsprof", 5, [
        ("code", "called code object or built-in function name"),
        ("callcount", "how many times this is called"),
        ("reccallcount", "how many times this is called recursively"),
        ("totaltime", "total time spent in this call"),
        ("inlinetime", "inline time (not in further subcalls)")];
    /// Entry of the profiler: one function.
    ENTRY = "profiler_entry" in "_lsprof", 6, [
        ("code", "code object or built-in function name"),
        ("callcount", "how many times this was called"),
        ("reccallcount", "how many times called recursively"),
        ("totaltime", "total time in this entry"),
        ("inlinetime", "inline time in this entry (not in subcalls)"),
        ("calls", "details of the calls")];
}

/// Times and counts of a function, or of a function as called from another one.
#[derive(Clone, Copy, Default)]
struct Sums {
    total: i64,
    inline: i64,
    calls: i64,
    recursive: i64,
    /// How many of its calls run.
    level: i64,
}

impl Sums {
    fn add(&mut self, total: i64, inline: i64) {
        self.level -= 1;
        if self.level == 0 {
            self.total += total;
        } else {
            self.recursive += 1;
        }
        self.inline += inline;
        self.calls += 1;
    }
}

#[derive(Trace)]
struct Entry {
    /// What stands for the function in the statistics.
    shown: Value,
    #[notrace]
    sums: Sums,
    /// By the callee's place in `State::entries`.
    #[notrace]
    callees: HashMap<usize, Sums>,
}

/// A call that runs.
#[derive(Clone, Copy)]
struct Running {
    entry: usize,
    began: i64,
    in_callees: i64,
}

#[derive(Trace, Default)]
struct State {
    entries: Vec<Entry>,
    #[notrace]
    places: HashMap<u64, usize>,
    #[notrace]
    stack: Vec<Running>,
}

/// Build a profiler object using the specified timer function.
///
/// The default timer is a fast built-in one based on real time.
/// For custom timer functions returning integers, 'timeunit' can
/// be a float specifying a scale (that is, how long each integer unit
/// is, in seconds).
#[pytype(name = "Profiler", module = "_lsprof", flags(BASETYPE, GC))]
#[derive(Trace)]
pub struct Profiler {
    state: Guarded<State>,
    timer: ValueCell,
    unit: Cell<f64>,
    subcalls: Cell<bool>,
    builtins: Cell<bool>,
    enabled: Cell<bool>,
    /// The program's own timer runs.
    timing: Cell<bool>,
}

impl Slots for Profiler {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

const TOOL: i64 = 2;
/// Events of `sys.monitoring` and the methods that are told of them.
const CALLBACKS: [(&str, &str); 9] = [
    ("PY_START", "_pystart_callback"),
    ("PY_RESUME", "_pystart_callback"),
    ("PY_THROW", "_pythrow_callback"),
    ("PY_RETURN", "_pyreturn_callback"),
    ("PY_YIELD", "_pyreturn_callback"),
    ("PY_UNWIND", "_pyreturn_callback"),
    ("CALL", "_ccall_callback"),
    ("C_RETURN", "_creturn_callback"),
    ("C_RAISE", "_creturn_callback"),
];

fn monitoring(vm: &Vm) -> PyResult<Value> {
    let sys = vm.import_named("sys")?;
    vm.get_attr_str(&sys, "monitoring")
}

fn event_number(vm: &Vm, monitoring: &Value, name: &str) -> PyResult<i64> {
    let events = vm.get_attr_str(monitoring, "events")?;
    vm.index_i64(&vm.get_attr_str(&events, name)?, "")
}

impl Profiler {
    /// The native function of an event, if those are wanted.
    fn native(&self, vm: &Vm, callable: &Value, self_arg: &Value) -> Option<Gc<BuiltinFunction>> {
        if self.builtins.get() { native(vm, callable, self_arg) } else { None }
    }

    /// The time now, in nanoseconds or the program's own units.
    fn now(&self, vm: &Vm) -> i64 {
        let Some(timer) = self.timer.get() else { return vm.host().monotonic_ns() };
        self.timing.set(true);
        let time = vm.call0(&timer);
        self.timing.set(false);
        let time = time.and_then(|t| {
            if self.unit.get() > 0.0 {
                return vm.index_i64(&t, "Python int too large to convert to C long long");
            }
            Ok((vm.to_float(&t)? * 1e9).floor() as i64)
        });
        time.unwrap_or_else(|_| {
            vm.unraisable("Exception ignored while calling _lsprof timer", Some(&timer));
            0
        })
    }

    fn enter(&self, vm: &Vm, key: u64, shown: impl FnOnce() -> PyResult<Value>) -> PyResult<()> {
        let known = self.state.with(|s| s.places.get(&key).copied());
        let entry = match known {
            Some(n) => n,
            None => {
                let shown = shown()?;
                self.state.with_mut(|s| {
                    s.entries.push(Entry { shown, sums: Sums::default(), callees: HashMap::new() });
                    let n = s.entries.len() - 1;
                    s.places.insert(key, n);
                    n
                })
            }
        };
        self.state.with_mut(|s| {
            if let Some(caller) = s.stack.last().map(|r| r.entry).filter(|_| self.subcalls.get())
                && let Some(caller) = s.entries.get_mut(caller)
            {
                caller.callees.entry(entry).or_default().level += 1;
            }
            if let Some(e) = s.entries.get_mut(entry) {
                e.sums.level += 1;
            }
            s.stack.push(Running { entry, began: 0, in_callees: 0 });
        });
        let began = self.now(vm);
        self.state.with_mut(|s| {
            if let Some(r) = s.stack.last_mut() {
                r.began = began;
            }
        });
        Ok(())
    }

    /// The innermost call is over.
    fn stop(&self, now: i64) {
        self.state.with_mut(|s| {
            let Some(r) = s.stack.pop() else { return };
            let total = now.wrapping_sub(r.began);
            let inline = total.wrapping_sub(r.in_callees);
            if let Some(e) = s.entries.get_mut(r.entry) {
                e.sums.add(total, inline);
            }
            let Some(caller) = s.stack.last_mut() else { return };
            caller.in_callees = caller.in_callees.wrapping_add(total);
            let caller = caller.entry;
            if self.subcalls.get()
                && let Some(sums) = s.entries.get_mut(caller).and_then(|c| c.callees.get_mut(&r.entry))
            {
                sums.add(total, inline);
            }
        });
    }

    fn leave(&self, vm: &Vm, key: u64) {
        if self.state.with(|s| s.stack.is_empty()) {
            return;
        }
        if self.state.with(|s| s.places.contains_key(&key)) {
            let now = self.now(vm);
            self.stop(now);
        } else {
            self.state.with_mut(|s| _ = s.stack.pop());
        }
    }

    fn outside_timer(&self, vm: &Vm, what: &str) -> PyResult<()> {
        if self.timing.get() {
            return Err(vm.runtime_error(format_args!("cannot {what} profiler in external timer")));
        }
        Ok(())
    }
}

/// The built-in function that a call is of.
fn native(vm: &Vm, callable: &Value, first: &Value) -> Option<Gc<BuiltinFunction>> {
    if let Some(f) = callable.downcast_exact::<BuiltinFunction>() {
        return Some(f.clone());
    }
    let m = callable.downcast_exact::<MethodDescriptor>()?;
    if !vm.type_of(first).is_subtype(&m.owner) {
        return None;
    }
    Some(BuiltinFunction::make(vm, m.def, Some(first.clone()), None))
}

fn native_key(f: &BuiltinFunction) -> u64 {
    match (f.def(), f.new_owner()) {
        (Some(def), _) => std::ptr::from_ref(def) as u64,
        (None, Some(owner)) => owner.as_value().bits(),
        _ => 0,
    }
}

/// How a built-in function is called in the statistics, which must not hold on to what it is bound to.
fn native_name(vm: &Vm, f: &Gc<BuiltinFunction>) -> PyResult<Value> {
    let name = f.def().map_or("__new__", |d| d.name);
    let module = vm.get_attr_str(f.as_value(), "__module__").ok();
    if module.is_none() {
        drop(vm.take_raised());
    }
    let module = module.and_then(|m| Some(m.downcast::<Str>()?.as_str()?.to_string()));
    let bound = f.def().is_none_or(|d| d.kind != FnKind::Function);
    if bound
        && let Some(zelf) = f.zelf()
        && let Some(method) = vm.type_of(zelf).lookup(vm, &vm.intern(name))
    {
        match vm.repr(&method) {
            Ok(text) => return Ok(text.into_value()),
            Err(_) => drop(vm.take_raised()),
        }
    }
    let text = match module {
        Some(m) => format!("<built-in method {m}.{name}>"),
        None => format!("<built-in method {name}>"),
    };
    Ok(vm.new_str(&text).into_value())
}

#[pymethods]
impl Profiler {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let _ = args;
        let body = Profiler {
            state: Guarded::default(),
            timer: ValueCell::default(),
            unit: Cell::new(0.0),
            subcalls: Cell::new(true),
            builtins: Cell::new(true),
            enabled: Cell::new(false),
            timing: Cell::new(false),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    #[pyinit("Profiler(timer=None, timeunit=0.0, subcalls=True, builtins=True)")]
    fn init(
        _vm: &Vm,
        zelf: &Gc<Profiler>,
        timer: Option<&Value>,
        timeunit: f64,
        subcalls: bool,
        builtins: bool,
    ) -> PyResult<()> {
        drop(zelf.timer.replace(timer.cloned()));
        zelf.unit.set(timeunit);
        zelf.subcalls.set(subcalls);
        zelf.builtins.set(builtins);
        Ok(())
    }

    /// Start collecting profiling information.
    ///
    ///   subcalls
    ///     If True, also records for each function
    ///     statistics separated according to its current caller.
    ///   builtins
    ///     If True, records the time spent in
    ///     built-in functions separately from their caller.
    #[pymethod("enable($self, /, subcalls=True, builtins=True)")]
    fn enable(vm: &Vm, zelf: &Gc<Profiler>, subcalls: bool, builtins: bool) -> PyResult<()> {
        zelf.outside_timer(vm, "enable")?;
        let m = monitoring(vm)?;
        let tool = vm.new_int(TOOL);
        let name = vm.new_str("cProfile").into_value();
        if vm.call_method(&m, "use_tool_id", &[tool.clone(), name]).is_err() {
            drop(vm.take_raised());
            return Err(vm.value_error("Another profiling tool is already active"));
        }
        zelf.subcalls.set(subcalls);
        zelf.builtins.set(builtins);
        zelf.enabled.set(true);
        let mut all = 0;
        for (event, method) in CALLBACKS {
            let event = event_number(vm, &m, event)?;
            let callback = vm.get_attr_str(zelf.as_value(), method)?;
            vm.call_method(&m, "register_callback", &[tool.clone(), vm.new_int(event), callback])?;
            all |= event;
        }
        vm.call_method(&m, "set_events", &[tool, vm.new_int(all)])?;
        Ok(())
    }

    /// Stop collecting profiling information.
    #[pymethod("disable($self, /)")]
    fn disable(vm: &Vm, zelf: &Gc<Profiler>) -> PyResult<()> {
        zelf.outside_timer(vm, "disable")?;
        if !zelf.enabled.get() {
            return Ok(());
        }
        let m = monitoring(vm)?;
        let tool = vm.new_int(TOOL);
        for (event, _) in CALLBACKS {
            let event = vm.new_int(event_number(vm, &m, event)?);
            vm.call_method(&m, "register_callback", &[tool.clone(), event, Value::NONE])?;
        }
        vm.call_method(&m, "set_events", &[tool.clone(), vm.new_int(0)])?;
        vm.call_method(&m, "free_tool_id", &[tool])?;
        zelf.enabled.set(false);
        // Calls that still run end here.
        while !zelf.state.with(|s| s.stack.is_empty()) {
            let now = zelf.now(vm);
            zelf.stop(now);
        }
        Ok(())
    }

    /// Clear all profiling information collected so far.
    #[pymethod("clear($self, /)")]
    fn clear(vm: &Vm, zelf: &Gc<Profiler>) -> PyResult<()> {
        zelf.outside_timer(vm, "clear")?;
        drop(zelf.state.take());
        Ok(())
    }

    /// list of profiler_entry objects.
    ///
    /// getstats() -> list of profiler_entry objects
    ///
    /// Return all information collected by the profiler.
    /// Each profiler_entry is a tuple-like object with the
    /// following attributes:
    ///
    ///     code          code object or functionname
    ///     callcount     how many times this was called
    ///     reccallcount  how many times called recursively
    ///     totaltime     total time in this entry
    ///     inlinetime    inline time in this entry (not in subcalls)
    ///     calls         details of the calls
    ///
    /// The calls attribute is either None or a list of
    /// profiler_subentry objects:
    ///
    ///     code          called code object
    ///     callcount     how many times this is called
    ///     reccallcount  how many times this is called recursively
    ///     totaltime     total time spent in this call
    ///     inlinetime    inline time (not in further subcalls)
    #[pymethod("getstats($self, /)")]
    fn getstats(vm: &Vm, zelf: &Gc<Profiler>) -> PyResult<Value> {
        let own = zelf.timer.get().is_some() && zelf.unit.get() > 0.0;
        let time = |n: i64| vm.new_float(if own { n as f64 * zelf.unit.get() } else { n as f64 * 1e-9 });
        let row = |shown: &Value, s: &Sums| {
            let (calls, recursive) = (vm.new_int(s.calls), vm.new_int(s.recursive));
            vec![shown.clone(), calls, recursive, time(s.total), time(s.inline)]
        };
        // (function, its sums, what it calls)
        let all: Vec<(Value, Sums, Vec<(Value, Sums)>)> = zelf.state.with(|s| {
            let callee = |(n, sums): (&usize, &Sums)| Some((s.entries.get(*n)?.shown.clone(), *sums));
            let entries = s.entries.iter().filter(|e| e.sums.calls != 0);
            entries
                .map(|e| (e.shown.clone(), e.sums, e.callees.iter().filter_map(callee).collect()))
                .collect()
        });
        let mut out = Vec::with_capacity(all.len());
        for (shown, sums, callees) in all {
            let mut values = row(&shown, &sums);
            let mut inner = Vec::with_capacity(callees.len());
            for (callee, sums) in callees {
                inner.push(seq::make(vm, &SUBENTRY, row(&callee, &sums))?);
            }
            values.push(if inner.is_empty() { Value::NONE } else { vm.new_list(inner).into_value() });
            out.push(seq::make(vm, &ENTRY, values)?);
        }
        Ok(vm.new_list(out).into_value())
    }

    #[pymethod("_pystart_callback($self, code, instruction_offset, /)")]
    fn pystart(vm: &Vm, zelf: &Gc<Profiler>, code: &Gc<Code>, _at: &Value) -> PyResult<()> {
        zelf.enter(vm, code.as_value().bits(), || Ok(code.to_value()))
    }

    #[pymethod("_pythrow_callback($self, code, instruction_offset, exception, /)")]
    fn pythrow(vm: &Vm, zelf: &Gc<Profiler>, code: &Gc<Code>, _at: &Value, _e: &Value) -> PyResult<()> {
        zelf.enter(vm, code.as_value().bits(), || Ok(code.to_value()))
    }

    #[pymethod("_pyreturn_callback($self, code, instruction_offset, retval, /)")]
    fn pyreturn(vm: &Vm, zelf: &Gc<Profiler>, code: &Gc<Code>, _at: &Value, _v: &Value) -> PyResult<()> {
        zelf.leave(vm, code.as_value().bits());
        Ok(())
    }

    #[pymethod("_ccall_callback($self, code, instruction_offset, callable, self_arg, /)")]
    fn ccall(
        vm: &Vm,
        zelf: &Gc<Profiler>,
        _code: &Value,
        _at: &Value,
        callable: &Value,
        self_arg: &Value,
    ) -> PyResult<()> {
        if let Some(f) = zelf.native(vm, callable, self_arg) {
            zelf.enter(vm, native_key(&f), || native_name(vm, &f))?;
        }
        Ok(())
    }

    #[pymethod("_creturn_callback($self, code, instruction_offset, callable, self_arg, /)")]
    fn creturn(
        vm: &Vm,
        zelf: &Gc<Profiler>,
        _code: &Value,
        _at: &Value,
        callable: &Value,
        self_arg: &Value,
    ) -> PyResult<()> {
        if let Some(f) = zelf.native(vm, callable, self_arg) {
            zelf.leave(vm, native_key(&f));
        }
        Ok(())
    }
}

/// Fast profiler
#[pymodule(name = "_lsprof")]
pub mod lsprof {
    use super::*;

    pytypes!(Profiler);

    #[pyconst("profiler_entry")]
    fn profiler_entry(vm: &Vm) -> Value {
        seq::class(vm, &ENTRY).into_value()
    }

    #[pyconst("profiler_subentry")]
    fn profiler_subentry(vm: &Vm) -> Value {
        seq::class(vm, &SUBENTRY).into_value()
    }
}
