//! `frame`: a frame as Python sees it, made when first looked at. It follows its frame from the stack to a generator and
//! takes the variables over when the frame ends.

use crate::interp::Frame;
use crate::interp::frame::Slot;
use crate::prelude::*;
use crate::types::cell::Cell as PyCell;
use crate::types::code::Code;
use std::cell::Cell;

/// The payload of `frame`.
pub struct FrameObject {
    /// The frame while it lives; null afterwards.
    frame: Cell<*const Frame>,
    pub code: Gc<Code>,
    globals: Gc<Dict>,
    builtins: Gc<Dict>,
    namespace: ValueCell,
    /// The variables, after the frame ended.
    kept: Guarded<Vec<Slot>>,
    /// Free variables' cells.
    closure: GcCell<Tuple>,
    pub back: GcCell<FrameObject>,
    lasti: Cell<usize>,
    pub trace: ValueCell,
    pub trace_lines: Cell<bool>,
    pub trace_opcodes: Cell<bool>,
    /// Values that `f_locals` replaced while the frame ran: its code may still be looking at them.
    replaced: Guarded<Vec<Value>>,
    extra_locals: GcCell<Dict>,
    /// The word of the generator whose frame it is (not counted); 0: none, or its frame ended.
    generator: Cell<u64>,
}

crate::fixed_layout!(FrameObject);

impl Trace for FrameObject {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.code.as_value());
        visit(self.globals.as_value());
        visit(self.builtins.as_value());
        self.namespace.trace(visit);
        self.kept.trace(visit);
        self.closure.trace(visit);
        self.back.trace(visit);
        self.trace.trace(visit);
        self.replaced.trace(visit);
        self.extra_locals.trace(visit);
    }
    fn unlink(&self) {
        drop(self.kept.take());
        self.namespace.unlink();
        self.closure.unlink();
        self.back.unlink();
        self.trace.unlink();
        drop(self.replaced.take());
        self.extra_locals.unlink();
    }
}

/// An instruction's position as Python counts: in units of two bytes, behind one that stands for entering the code (which
/// has a line of its own there).
pub fn shown_index(at: usize) -> i64 {
    (at as i64 + 1) * 2
}

/// The frame object of a live frame, made on first use.
pub fn object_of(vm: &Vm, f: &Frame) -> Gc<FrameObject> {
    if let Some(o) = f.object.get() {
        return o;
    }
    let o = vm.alloc(FrameObject {
        frame: Cell::new(f),
        code: f.code().clone(),
        globals: f.globals().clone(),
        builtins: f.builtins().clone(),
        namespace: ValueCell::new(f.locals.clone()),
        kept: Guarded::new(Vec::new()),
        closure: GcCell::new(f.func.as_ref().and_then(|f| f.closure.get().cloned())),
        back: GcCell::new(None),
        lasti: Cell::new(0),
        trace: ValueCell::empty(),
        trace_lines: Cell::new(true),
        trace_opcodes: Cell::new(false),
        replaced: Guarded::new(Vec::new()),
        extra_locals: GcCell::new(None),
        generator: Cell::new(f.generator().map_or(0, Value::bits)),
    });
    f.set_object(o.clone());
    o
}

/// The frame object below a frame on another thread's stack.
fn back_in_other_thread(vm: &Vm, f: &Frame) -> Option<Gc<FrameObject>> {
    let mut found = None;
    vm.each_thread(|other| {
        let mut x = other.top_frame();
        while let Some(y) = x {
            let below = other.thread.below(y);
            if std::ptr::eq(y, f) {
                found = below.map(|b| object_of(vm, b));
                return;
            }
            x = below;
        }
    });
    found
}

/// One variable: name and where it is.
struct Variable {
    name: Gc<Str>,
    place: Place,
}

#[derive(Clone, Copy)]
enum Place {
    Register(usize),
    Cell(usize),
    Free(usize),
}

impl FrameObject {
    #[allow(unsafe_code)]
    fn live(&self) -> Option<&Frame> {
        // SAFETY: `relocate` and `detach` keep the address current; it is null once the frame ended.
        let f = unsafe { self.frame.get().as_ref() };
        if let Some(f) = f {
            f.settle();
        }
        f
    }

    /// The frame moved between the stack and a generator.
    pub fn relocate(&self, f: &Frame) {
        self.frame.set(f);
        if let Some(g) = f.generator() {
            self.generator.set(g.bits());
        }
    }

    /// The frame belongs to this generator.
    pub fn belongs_to(&self, generator: &Value) {
        self.generator.set(generator.bits())
    }

    /// The generator whose frame it is.
    #[allow(unsafe_code)]
    fn owner(&self) -> Option<Value> {
        let bits = self.generator.get();
        if bits == 0 || self.live().is_none() {
            return None;
        }
        // SAFETY: a generator outlives its frame, and the frame lives; the word is counted by the clone only.
        let v = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(bits) });
        Some((*v).clone())
    }

    /// The frame ends: the object takes over what it needs. `below`: the frame that called it.
    pub fn detach(&self, vm: &Vm, f: &Frame, below: Option<&Frame>) {
        self.back.set(below.map(|b| object_of(vm, b)));
        let n = f.exec().first_temp;
        let slots = (0..n).map(|i| f.register(i)).collect();
        self.kept.set(slots);
        self.lasti.set(f.lasti());
        self.frame.set(std::ptr::null());
        self.generator.set(0);
    }

    fn register(&self, i: usize) -> Slot {
        match self.live() {
            Some(f) => f.register(i),
            None => self.kept.with(|k| k.get(i).cloned().flatten()),
        }
    }

    pub fn line(&self) -> Option<u32> {
        let n = match self.live() {
            Some(f) if f.pc.get() == f.exec().instrs.as_ptr() => return Some(f.line()),
            Some(f) => f.line(),
            None => self.code.line_at(self.lasti.get()),
        };
        (n != 0).then_some(n)
    }

    pub fn lasti(&self) -> i64 {
        match self.live() {
            Some(f) if f.pc.get() == f.exec().instrs.as_ptr() => 0,
            Some(f) => shown_index(f.lasti()),
            None => shown_index(self.lasti.get()),
        }
    }

    /// Whether variables live in registers (a function), not in a namespace.
    fn is_optimized(&self) -> bool {
        self.code.data.flags & taipan_bytecode::flags::OPTIMIZED != 0
    }

    fn variables(&self, vm: &Vm, hidden: bool) -> Vec<Variable> {
        let d = &self.code.data;
        let mut out = Vec::new();
        for i in 0..d.nlocals as usize {
            if d.is_hidden(i) != hidden {
                continue;
            }
            // An argument that moved to a cell is listed in its own place.
            let cell = (0..d.ncells as usize).find(|&c| d.cell_arg(c) == Some(i));
            let place = match cell {
                Some(c) => Place::Cell(d.nlocals as usize + c),
                None => Place::Register(i),
            };
            if let Some(n) = d.varnames.get(i) {
                out.push(Variable { name: vm.intern_bytes_lossless(n), place });
            }
        }
        for c in 0..d.ncells as usize {
            let i = d.nlocals as usize + c;
            if d.is_hidden(i) != hidden || d.cell_arg(c).is_some() {
                continue;
            }
            if let Some(n) = d.cellvars.get(c) {
                out.push(Variable { name: vm.intern_bytes_lossless(n), place: Place::Cell(i) });
            }
        }
        if !hidden {
            for i in 0..d.freevars.len() {
                if let Some(n) = d.freevars.get(i) {
                    out.push(Variable { name: vm.intern_bytes_lossless(n), place: Place::Free(i) });
                }
            }
        }
        out
    }

    fn cell(&self, place: Place) -> Option<Gc<PyCell>> {
        match place {
            Place::Register(_) => None,
            Place::Cell(i) => self.register(i)?.downcast::<PyCell>().cloned(),
            Place::Free(i) => self.closure.get()?.get(i)?.downcast::<PyCell>().cloned(),
        }
    }

    fn read(&self, place: Place) -> Option<Value> {
        match place {
            Place::Register(i) => self.register(i),
            Place::Cell(i) => match self.cell(place) {
                Some(c) => c.contents.get(),
                // Before `make_cell` ran, the argument is still in its register.
                None => {
                    let c = i.checked_sub(self.code.data.nlocals as usize)?;
                    self.register(self.code.data.cell_arg(c)?)
                }
            },
            Place::Free(_) => self.cell(place)?.contents.get(),
        }
    }

    fn write(&self, place: Place, v: Value) {
        match place {
            Place::Register(i) => match self.live() {
                Some(f) => {
                    if let Some(old) = f.replace_register(i, Some(v)) {
                        self.replaced.with_mut(|r| r.push(old));
                    }
                }
                None => {
                    let old = self.kept.with_mut(|k| k.get_mut(i).and_then(|s| s.replace(v)));
                    drop(old)
                }
            },
            _ => {
                if let Some(c) = self.cell(place) {
                    c.contents.set(Some(v))
                }
            }
        }
    }

    fn pairs(&self, vm: &Vm) -> Vec<(Value, Value)> {
        let mut out: Vec<(Value, Value)> = Vec::new();
        for var in self.variables(vm, false).into_iter().chain(self.variables(vm, true)) {
            if let Some(v) = self.read(var.place) {
                match out.iter_mut().find(|(k, _)| k.is(var.name.as_value())) {
                    Some(p) => p.1 = v,
                    None => out.push((var.name.into_value(), v)),
                }
            }
        }
        if let Some(e) = self.extra_locals.get() {
            out.extend(e.pairs());
        }
        out
    }

    fn find(&self, vm: &Vm, key: &Value) -> PyResult<Option<Variable>> {
        let exact = key.downcast_exact::<Str>().map(|k| vm.intern_str(k));
        let hash = if exact.is_none() { vm.hash(key)? } else { 0 };
        let mut hit = None;
        for var in self.variables(vm, false).into_iter().chain(self.variables(vm, true)) {
            let same = match &exact {
                Some(name) => var.name.is(name),
                // Whatever is equal to a name stands for it.
                None => vm.hash(var.name.as_value())? == hash && vm.eq(var.name.as_value(), key)?,
            };
            if same {
                let bound = self.read(var.place).is_some();
                if bound || hit.is_none() {
                    hit = Some(var);
                }
            }
        }
        Ok(hit)
    }
}

/// `locals()` in the running frame: a fresh dict for functions, the namespace itself elsewhere.
pub fn locals_snapshot(vm: &Vm, f: &Frame) -> PyResult<Value> {
    let o = object_of(vm, f);
    if !o.is_optimized()
        && let Some(ns) = &f.locals
    {
        let hidden = o.variables(vm, true);
        let bound: Vec<_> = hidden.into_iter().filter_map(|v| Some((v.name, o.read(v.place)?))).collect();
        if bound.is_empty() {
            return Ok(ns.clone());
        }
        // Inside an inlined comprehension of a class or module body.
        let d = vm.new_dict();
        if let Some(src) = ns.downcast::<Dict>() {
            for (k, v) in src.pairs() {
                d.set(vm, &k, v)?;
            }
        }
        for (k, v) in bound {
            d.set_str(vm, &k, v);
        }
        return Ok(d.into_value());
    }
    let d = vm.new_dict();
    for (k, v) in o.pairs(vm) {
        d.set(vm, &k, v)?;
    }
    Ok(d.into_value())
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(f) = v.downcast::<FrameObject>() else { return Ok(Value::NONE) };
    let line = f.line().map_or("None".to_string(), |n| n.to_string());
    let file = vm.repr_text(f.code.filename(vm).as_value())?;
    let text = format!(
        "<frame at {:#x}, file {file}, line {line}, code {}>",
        v.bits(),
        f.code.name(vm).to_string_lossy()
    );
    Ok(vm.new_str(&text).into_value())
}

#[pytype(name = "frame", flags(GC, NO_NEW))]
impl Slots for FrameObject {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

#[pymethods]
impl FrameObject {
    #[pygetter("f_back")]
    fn f_back(vm: &Vm, zelf: &Gc<FrameObject>) -> Option<Value> {
        if let Some(f) = zelf.live() {
            // The frame's caller, if the frame is on the thread's stack.
            let caller = |t: &Vm| {
                let mut x = t.top_frame();
                while let Some(y) = x {
                    let below = t.thread.below(y);
                    if std::ptr::eq(y, f) {
                        return Some(below.map(|b| object_of(vm, b).into_value()));
                    }
                    x = below;
                }
                None
            };
            let mut found = caller(vm);
            if found.is_none() {
                vm.each_thread(|t| found = found.take().or_else(|| caller(t)));
            }
            if let Some(caller) = found {
                return caller;
            }
            if let Some(back) = back_in_other_thread(vm, f) {
                return Some(back.into_value());
            }
        }
        zelf.back.get().map(Gc::into_value)
    }

    #[pygetter("f_code")]
    fn f_code(_vm: &Vm, zelf: &Gc<FrameObject>) -> Value {
        zelf.code.to_value()
    }

    #[pygetter("f_globals")]
    fn f_globals(_vm: &Vm, zelf: &Gc<FrameObject>) -> Value {
        zelf.globals.to_value()
    }

    #[pygetter("f_builtins")]
    fn f_builtins(_vm: &Vm, zelf: &Gc<FrameObject>) -> Value {
        crate::types::builtins_mapping::shown(&zelf.builtins).clone()
    }

    #[pygetter("f_lasti")]
    fn f_lasti(_vm: &Vm, zelf: &Gc<FrameObject>) -> i64 {
        zelf.lasti()
    }

    #[pygetter("f_lineno")]
    fn f_lineno(_vm: &Vm, zelf: &Gc<FrameObject>) -> Option<u32> {
        zelf.line()
    }

    #[pysetter("f_lineno")]
    #[allow(unsafe_code)]
    fn set_f_lineno(vm: &Vm, zelf: &Gc<FrameObject>, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(vm.raise_new(&crate::errors::exc::AttributeError, "cannot delete attribute"));
        };
        if !vm.type_of(value).is(&vm.types.int) {
            return Err(vm.value_error("lineno must be an integer"));
        }
        let Some(line) = vm.index_i64(value, "").ok().filter(|n| i32::try_from(*n).is_ok()) else {
            drop(vm.raised_get().map(|_| vm.take_raised()));
            return Err(vm.value_error("lineno out of range"));
        };
        if zelf.live().is_none() {
            return Err(vm.value_error("f_lineno can only be set in a trace function"));
        }
        // SAFETY: the frame lives (checked), on this thread's stack: it is being traced, which `to_line` checks.
        let f = unsafe { &mut *zelf.frame.get().cast_mut() };
        crate::interp::jump::to_line(vm, f, line)
    }

    #[pygetter("f_locals")]
    fn f_locals(vm: &Vm, zelf: &Gc<FrameObject>) -> Value {
        if !zelf.is_optimized()
            && let Some(ns) = zelf.namespace.get()
            // Inside an inlined comprehension of a class or module body the variables are those of the comprehension.
            && zelf.variables(vm, true).iter().all(|v| zelf.read(v.place).is_none())
        {
            return ns;
        }
        vm.alloc(FrameLocalsProxy { frame: zelf.clone() }).into_value()
    }

    #[pygetter("f_generator")]
    fn f_generator(_vm: &Vm, zelf: &Gc<FrameObject>) -> Option<Value> {
        zelf.owner()
    }

    #[pygetter("f_trace")]
    fn f_trace(_vm: &Vm, zelf: &Gc<FrameObject>) -> Option<Value> {
        zelf.trace.get()
    }

    #[pysetter("f_trace")]
    fn set_f_trace(_vm: &Vm, zelf: &Gc<FrameObject>, value: Option<&Value>) -> PyResult<()> {
        zelf.trace.set(value.filter(|v| !v.is_none()).cloned());
        Ok(())
    }

    #[pygetter("f_trace_lines")]
    fn f_trace_lines(_vm: &Vm, zelf: &Gc<FrameObject>) -> bool {
        zelf.trace_lines.get()
    }

    #[pysetter("f_trace_lines")]
    fn set_f_trace_lines(vm: &Vm, zelf: &Gc<FrameObject>, value: Option<&Value>) -> PyResult<()> {
        match value.and_then(Value::as_bool) {
            Some(b) => zelf.trace_lines.set(b),
            None => return Err(vm.type_error("attribute value type must be bool")),
        }
        Ok(())
    }

    #[pygetter("f_trace_opcodes")]
    fn f_trace_opcodes(_vm: &Vm, zelf: &Gc<FrameObject>) -> bool {
        zelf.trace_opcodes.get()
    }

    #[pysetter("f_trace_opcodes")]
    fn set_f_trace_opcodes(vm: &Vm, zelf: &Gc<FrameObject>, value: Option<&Value>) -> PyResult<()> {
        match value.and_then(Value::as_bool) {
            Some(b) => {
                zelf.trace_opcodes.set(b);
                if b {
                    crate::interp::legacy_trace::want_opcodes(vm);
                }
            }
            None => return Err(vm.type_error("attribute value type must be bool")),
        }
        Ok(())
    }

    /// Clear all references held by the frame.
    #[pymethod("clear($self, /)")]
    fn clear(vm: &Vm, zelf: &Gc<FrameObject>) -> PyResult<()> {
        if let Some(f) = zelf.live() {
            let mut x = vm.top_frame();
            while let Some(y) = x {
                if std::ptr::eq(y, f) {
                    return Err(vm.runtime_error("cannot clear an executing frame"));
                }
                x = vm.thread.below(y);
            }
            match zelf.owner() {
                Some(g) if crate::interp::gen_api::state_of(&g).is_some_and(|s| !s.started.get()) => {
                    // One that has not begun ends, as at its death.
                    if let Some(f) = vm.type_of(&g).slots.finalize.get() {
                        f(vm, &g);
                    }
                    if let Some(s) = crate::interp::gen_api::state_of(&g) {
                        crate::types::generator::close(vm, &g, s)?;
                    }
                }
                _ => return Err(vm.runtime_error("cannot clear a suspended frame")),
            }
        }
        drop(zelf.kept.take());
        zelf.trace.set(None);
        zelf.closure.set(None);
        zelf.extra_locals.set(None);
        Ok(())
    }
}

/// `frame.f_locals` of a function: a mapping that writes through (PEP 667).
pub struct FrameLocalsProxy {
    frame: Gc<FrameObject>,
}

crate::fixed_layout!(FrameLocalsProxy);

impl Trace for FrameLocalsProxy {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.frame.as_value())
    }
}

fn proxy(v: &Value) -> Option<&Gc<FrameObject>> {
    Some(&v.downcast::<FrameLocalsProxy>()?.frame)
}

fn snapshot(vm: &Vm, v: &Value) -> PyResult<Gc<Dict>> {
    let d = vm.new_dict();
    if let Some(f) = proxy(v) {
        for (k, x) in f.pairs(vm) {
            d.set(vm, &k, x)?;
        }
    }
    Ok(d)
}

fn proxy_get(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    match proxy_lookup(vm, v, key)? {
        Some(x) => Ok(x),
        None => Err(vm.raise_new(
            &crate::errors::exc::KeyError,
            format_args!("local variable {} is not defined", vm.repr_text(key)?),
        )),
    }
}

fn proxy_lookup(vm: &Vm, v: &Value, key: &Value) -> PyResult<Option<Value>> {
    let Some(f) = proxy(v) else { return Ok(None) };
    if let Some(var) = f.find(vm, key)?
        && let Some(x) = f.read(var.place)
    {
        return Ok(Some(x));
    }
    match f.extra_locals.get() {
        Some(e) => e.get(vm, key),
        None => {
            vm.hash(key)?;
            Ok(None)
        }
    }
}

fn proxy_set(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(f) = proxy(v) else { return Ok(()) };
    match (f.find(vm, key)?, value) {
        (Some(_), None) => Err(vm.value_error("cannot remove local variables from FrameLocalsProxy")),
        (Some(var), Some(x)) => {
            f.write(var.place, x.clone());
            Ok(())
        }
        (None, Some(x)) => {
            if f.extra_locals.get().is_none() {
                f.extra_locals.set(Some(vm.new_dict()));
            }
            match f.extra_locals.get() {
                Some(e) => e.set(vm, key, x.clone()),
                None => Ok(()),
            }
        }
        (None, None) => match f.extra_locals.get() {
            Some(e) if e.remove(vm, key)?.is_some() => Ok(()),
            _ => Err(vm.key_error(key)),
        },
    }
}

fn proxy_len(vm: &Vm, v: &Value) -> PyResult<usize> {
    Ok(proxy(v).map_or(0, |f| f.pairs(vm).len()))
}

fn proxy_contains(vm: &Vm, v: &Value, key: &Value) -> PyResult<bool> {
    Ok(proxy_lookup(vm, v, key)?.is_some())
}

fn proxy_iter(vm: &Vm, v: &Value) -> PyResult<Value> {
    let d = snapshot(vm, v)?;
    vm.get_iter(&vm.new_list(d.pairs().into_iter().map(|(k, _)| k).collect()).into_value())
}

fn proxy_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    // The proxy may be a value of itself; each access makes another one, so the frame is what is guarded.
    let frame = proxy(v).map_or_else(|| v.clone(), |f| f.to_value());
    crate::types::repr_guard::guarded(vm, &frame, "{...}", || {
        let mut out = taipan_text::wtf8::Wtf8Buf::new();
        out.push_wtf8(vm.repr(snapshot(vm, v)?.as_value())?.as_wtf8());
        Ok(out)
    })
}

fn proxy_compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let x = snapshot(vm, a)?.into_value();
    let y = match proxy(b) {
        Some(f) if f.is(&a.downcast::<FrameLocalsProxy>().map_or_else(|| f.clone(), |p| p.frame.clone())) => {
            x.clone()
        }
        Some(_) => return Ok(Value::bool(op == CompareOp::Ne)),
        None => b.clone(),
    };
    vm.rich_compare(&x, &y, op)
}

fn proxy_or(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let x = if proxy(a).is_some() { snapshot(vm, a)?.into_value() } else { a.clone() };
    let y = if proxy(b).is_some() { snapshot(vm, b)?.into_value() } else { b.clone() };
    vm.binary_op(crate::protocol::BinaryOp::Or, &x, &y)
}

fn proxy_ior(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    for (k, v) in mapping_pairs(vm, b)? {
        proxy_set(vm, a, &k, Some(&v))?;
    }
    Ok(a.clone())
}

fn mapping_pairs(vm: &Vm, v: &Value) -> PyResult<Vec<(Value, Value)>> {
    if proxy(v).is_some() {
        return Ok(snapshot(vm, v)?.pairs());
    }
    let d = vm.call1(vm.types.dict.as_value(), v)?;
    Ok(d.downcast::<Dict>().map_or(Vec::new(), |d| d.pairs()))
}

#[pytype(name = "FrameLocalsProxy", flags(GC, MAPPING))]
impl Slots for FrameLocalsProxy {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(proxy_repr),
        subscript: Some(proxy_get),
        ass_subscript: Some(proxy_set),
        len: Some(proxy_len),
        contains: Some(proxy_contains),
        iter: Some(proxy_iter),
        richcompare: Some(proxy_compare),
        or: Some(proxy_or),
        inplace_or: Some(proxy_ior),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl FrameLocalsProxy {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.kwnames.is_some_and(|k| !k.is_empty()) {
            return Err(vm.type_error("FrameLocalsProxy takes no keyword arguments"));
        }
        let [frame] = args.pos() else {
            return Err(
                vm.type_error(format_args!("FrameLocalsProxy expected 1 argument, got {}", args.pos().len()))
            );
        };
        match frame.downcast::<FrameObject>() {
            Some(f) => Ok(vm.alloc(FrameLocalsProxy { frame: f.clone() }).into_value()),
            None => Err(vm.type_error(format_args!("expect frame, not {}", vm.type_of(frame).name()))),
        }
    }

    #[pymethod(no_text, "get($self, key, default=None, /)")]
    fn get(vm: &Vm, zelf: &Value, key: &Value, default: &Value) -> PyResult<Value> {
        Ok(proxy_lookup(vm, zelf, key)?.unwrap_or_else(|| default.clone()))
    }

    #[pymethod(no_text, "setdefault($self, key, default=None, /)")]
    fn setdefault(vm: &Vm, zelf: &Value, key: &Value, default: &Value) -> PyResult<Value> {
        if let Some(v) = proxy_lookup(vm, zelf, key)? {
            return Ok(v);
        }
        proxy_set(vm, zelf, key, Some(default))?;
        Ok(default.clone())
    }

    #[pymethod(no_text, "pop($self, key, default=<unrepresentable>, /)")]
    fn pop(vm: &Vm, zelf: &Value, key: &Value, default: Option<&Value>) -> PyResult<Value> {
        match proxy_lookup(vm, zelf, key)? {
            Some(v) => {
                proxy_set(vm, zelf, key, None)?;
                Ok(v)
            }
            None => default.cloned().ok_or_else(|| vm.key_error(key)),
        }
    }

    #[pymethod(no_text, "update($self, other, /)")]
    fn update(vm: &Vm, zelf: &Value, other: &Value) -> PyResult<()> {
        proxy_ior(vm, zelf, other).map(drop)
    }

    #[pymethod(no_text, "copy($self, /)")]
    fn copy(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        Ok(snapshot(vm, zelf)?.into_value())
    }

    #[pymethod(no_text, "keys($self, /)")]
    fn keys(vm: &Vm, zelf: &Value) -> PyResult<Vec<Value>> {
        Ok(snapshot(vm, zelf)?.pairs().into_iter().map(|(k, _)| k).collect())
    }

    #[pymethod(no_text, "values($self, /)")]
    fn values(vm: &Vm, zelf: &Value) -> PyResult<Vec<Value>> {
        Ok(snapshot(vm, zelf)?.pairs().into_iter().map(|(_, v)| v).collect())
    }

    #[pymethod(no_text, "items($self, /)")]
    fn items(vm: &Vm, zelf: &Value) -> PyResult<Vec<Value>> {
        Ok(snapshot(vm, zelf)?
            .pairs()
            .into_iter()
            .map(|(k, v)| vm.new_tuple(vec![k, v]).into_value())
            .collect())
    }

    #[pymethod(no_text, "__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Value) -> PyResult<Vec<Value>> {
        Ok(snapshot(vm, zelf)?.pairs().into_iter().rev().map(|(k, _)| k).collect())
    }
}
