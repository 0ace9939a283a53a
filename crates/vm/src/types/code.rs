//! `code`: a `CodeData` as an object, and what the machine prepares from it on first use: its own copy of the instructions
//! (which it specialises in place), interned names, constants made when first loaded, and the sites' caches.

use crate::interp::cache::SiteCache;
use crate::interp::monitor::{self, Listed, Watched};
use crate::prelude::*;
use std::cell::{Cell, OnceCell};
use taipan_bytecode::{CodeData, Const, Instr, Op, flags};

/// The payload of `code`.
pub struct Code {
    pub data: CodeData,
    exec: OnceCell<Box<Exec>>,
    name: OnceCell<Gc<Str>>,
    qualname: OnceCell<Gc<Str>>,
    filename: OnceCell<Gc<Str>>,
    /// Where the source lies now, for code from a file that was written elsewhere.
    moved: OnceCell<taipan_bytecode::Blob>,
    /// What watchers want to know of it.
    pub watched: Guarded<Option<Box<Watched>>>,
    /// Its place in the list of prepared code.
    pub listed_at: Cell<usize>,
}

crate::fixed_layout!(Code);

/// What running needs. Made once, at the first call.
pub struct Exec {
    pub instrs: Box<[Cell<Instr>]>,
    pub consts: Box<[ValueCell]>,
    pub names: Box<[Gc<Str>]>,
    pub sites: Box<[SiteCache]>,
    pub nregs: usize,
    pub nlocals: usize,
    pub first_temp: usize,
    pub argcount: usize,
    /// Names of the parameters that can be given by keyword, interned; made when first asked for.
    params: OnceCell<Box<[Gc<Str>]>>,
    /// Only positional parameters, no stars, no keyword-only ones, no generator: calls can be set up in place.
    pub simple: bool,
    pub flags: u32,
    _listed: Listed,
}

impl Trace for Code {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Some(e) = self.exec.get() {
            for c in &e.consts {
                c.trace(visit)
            }
        }
    }
}

impl Exec {
    /// Names of the positional and keyword-only parameters of `code`, whose preparation this is.
    pub fn params(&self, vm: &Vm, code: &Code) -> &[Gc<Str>] {
        let d = &code.data;
        self.params.get_or_init(|| {
            let n = (d.argcount + d.kwonlyargcount) as usize;
            (0..n).map(|i| vm.intern_bytes_lossless(d.varnames.get(i).unwrap_or_default())).collect()
        })
    }
}

impl Code {
    pub fn new(data: CodeData) -> Code {
        Code {
            data,
            exec: OnceCell::new(),
            name: OnceCell::new(),
            qualname: OnceCell::new(),
            filename: OnceCell::new(),
            moved: OnceCell::new(),
            watched: Guarded::new(None),
            listed_at: Cell::new(usize::MAX),
        }
    }

    #[inline(always)]
    pub fn exec(&self, vm: &Vm) -> &Exec {
        match self.exec.get() {
            Some(e) => e,
            None => self.prepare(vm),
        }
    }

    #[cold]
    fn prepare(&self, vm: &Vm) -> &Exec {
        let d = &self.data;
        let name = |i: usize| vm.intern_bytes_lossless(d.names.get(i).unwrap_or_default());
        let names: Box<[Gc<Str>]> = (0..d.names.len()).map(name).collect();
        let sites = (0..d.sites.len())
            .map(|i| {
                let site = d.sites.get(i);
                let (nargs, index) = site.map_or((0, 0), |s| (s.nargs, s.index));
                SiteCache::new(nargs, index)
            })
            .collect();
        let mut instrs: Vec<Cell<Instr>> = d
            .iter_instrs()
            .map(|i| Cell::new(if Op::from_u8(i.opcode()).is_some() { i } else { i.with_op(Op::Illegal) }))
            .collect();
        // The loop reads one instruction ahead of a terminator at most; code ends in one (verified).
        instrs.push(Cell::new(Instr::new(Op::Illegal, 0, 0, 0, 0)));
        let stars = flags::VARARGS | flags::VARKEYWORDS;
        let exec = Exec {
            instrs: instrs.into(),
            consts: (0..d.consts.len()).map(|_| ValueCell::empty()).collect(),
            names,
            sites,
            nregs: d.nregs(),
            nlocals: d.nlocals as usize,
            first_temp: d.first_temp(),
            argcount: d.argcount as usize,
            params: OnceCell::new(),
            simple: d.flags & stars == 0 && d.kwonlyargcount == 0,
            flags: d.flags,
            _listed: Listed::new(vm, self),
        };
        let exec = self.exec.get_or_init(|| Box::new(exec));
        monitor::prepared(vm, self);
        exec
    }

    /// Constant `i` as a value, made on first use.
    pub fn constant(&self, vm: &Vm, i: usize) -> Value {
        let place = self.exec(vm).consts.get(i);
        if let Some(v) = place.and_then(ValueCell::get) {
            return v;
        }
        let made = match self.moved.get() {
            Some(file) => self.data.consts.get(i, file),
            None => self.data.constant(i),
        };
        let v = match made {
            Some(c) => vm.const_value(&c),
            None => Value::NONE,
        };
        if let Some(p) = place {
            p.set(Some(v.clone()));
        }
        v
    }

    pub fn name(&self, vm: &Vm) -> &Gc<Str> {
        self.name.get_or_init(|| vm.intern_bytes_lossless(&self.data.name))
    }

    pub fn qualname(&self, vm: &Vm) -> &Gc<Str> {
        self.qualname.get_or_init(|| vm.intern_bytes_lossless(&self.data.qualname))
    }

    pub fn filename(&self, vm: &Vm) -> &Gc<Str> {
        let file = self.moved.get().unwrap_or(&self.data.filename);
        self.filename.get_or_init(|| vm.intern_bytes_lossless(file))
    }

    /// Renames the file of fresh code, as importlib does when a cached file has moved.
    pub fn move_to(&self, file: &[u8]) {
        if self.filename.get().is_none_or(|f| f.as_bytes() != file) && *self.data.filename != *file {
            _ = self.moved.set(file.to_vec().into());
        }
    }

    /// Name of the local or cell slot.
    pub fn slot_name(&self, slot: usize) -> Option<&[u8]> {
        let n = self.data.nlocals as usize;
        if slot < n { self.data.varnames.get(slot) } else { self.data.cellvars.get(slot - n) }
    }

    /// `__doc__` of a function with this code.
    pub fn docstring(&self, vm: &Vm) -> Value {
        if self.data.flags & flags::HAS_DOCSTRING != 0 { self.constant(vm, 0) } else { Value::NONE }
    }

    /// A module's code is entered at line 0.
    pub fn is_module(&self) -> bool {
        &*self.data.name == b"<module>"
    }

    /// Line of instruction `pc` (0: none).
    pub fn line_at(&self, pc: usize) -> u32 {
        self.data.positions.get(self.data.firstlineno, pc).line
    }
}

impl Vm {
    pub fn new_code(&self, data: CodeData) -> Gc<Code> {
        self.alloc(Code::new(data))
    }

    /// Interns WTF-8 bytes.
    pub fn intern_bytes_lossless(&self, bytes: &[u8]) -> Gc<Str> {
        self.interned.intern_bytes(self, bytes)
    }

    /// A constant of byte code as a value.
    pub fn const_value(&self, c: &Const) -> Value {
        match c {
            Const::None => Value::NONE,
            Const::True => Value::TRUE,
            Const::False => Value::FALSE,
            Const::Ellipsis => Value::ELLIPSIS,
            Const::Int(n) => self.new_int(*n),
            Const::BigInt { negative, magnitude: bytes } => {
                let n = dashu_int::UBig::from_le_bytes(bytes);
                let n = dashu_int::IBig::from(n);
                self.new_bigint(if *negative { -n } else { n })
            }
            Const::Float(f) => self.new_float(*f),
            Const::Complex(re, im) => self.new_complex(*re, *im),
            Const::Str(s) => {
                // Short texts are likely names: interning them makes look-ups by them hit on identity.
                if s.len() <= 40 && s.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
                    return self.intern_bytes_lossless(s).into_value();
                }
                self.const_str(s)
            }
            Const::Bytes(b) => self.new_bytes(b).into_value(),
            Const::Tuple(items) => {
                let items = items.iter().map(|c| self.const_value(c)).collect();
                self.new_tuple(items).into_value()
            }
            Const::FrozenSet(items) => {
                let items: Vec<Value> = items.iter().map(|c| self.const_value(c)).collect();
                crate::interp::build::frozenset(self, items)
            }
            Const::Slice(parts) => {
                let [a, b, c] = &**parts;
                let (a, b, c) = (self.const_value(a), self.const_value(b), self.const_value(c));
                crate::interp::build::slice(self, a, b, c)
            }
            Const::Code(code) => self.new_code((**code).clone()).into_value(),
        }
    }

    fn const_str(&self, bytes: &[u8]) -> Value {
        match taipan_text::wtf8::Wtf8::from_bytes(bytes) {
            Some(text) => self.new_wtf8(text).into_value(),
            // Not WTF-8: only a damaged file, which the verifier refuses.
            None => self.new_str(&String::from_utf8_lossy(bytes)).into_value(),
        }
    }
}

/// The code object in a value.
pub fn as_code(v: &Value) -> Option<&Gc<Code>> {
    v.downcast::<Code>()
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(c) = as_code(v) else { return Ok(Value::NONE) };
    let text = format!(
        "<code object {} at {:#x}, file \"{}\", line {}>",
        c.name(vm).to_string_lossy(),
        v.bits(),
        c.filename(vm).to_string_lossy(),
        c.data.firstlineno
    );
    Ok(vm.new_str(&text).into_value())
}

/// Code objects are equal when they would do the same under the same name.
fn same(a: &Code, b: &Code) -> bool {
    let (x, y) = (&a.data, &b.data);
    *x.name == *y.name
        && x.argcount == y.argcount
        && x.posonlyargcount == y.posonlyargcount
        && x.kwonlyargcount == y.kwonlyargcount
        && x.flags == y.flags
        && x.firstlineno == y.firstlineno
        && taipan_bytecode::serialize(x) == taipan_bytecode::serialize(y)
}

fn richcompare(_vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (as_code(a), as_code(b), op) {
        (Some(x), Some(y), CompareOp::Eq) => Ok(Value::bool(x.is(y) || same(x, y))),
        (Some(x), Some(y), CompareOp::Ne) => Ok(Value::bool(!x.is(y) && !same(x, y))),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let Some(c) = as_code(v) else { return Ok(0) };
    let h = vm.hash_bytes(&c.data.name) ^ vm.hash_bytes(&c.data.instrs) ^ c.data.firstlineno as i64;
    Ok(taipan_text::hash::not_minus_one(h))
}

/// Create a code object.  Not for mere mortals.
#[pytype(name = "code", flags(WEAKREF, GC))]
impl Slots for Code {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(repr), hash: Some(hash), richcompare: Some(richcompare), ..SlotDefs::NONE };
}

#[pymethods]
impl Code {
    #[pymember("co_name")]
    fn co_name(vm: &Vm, zelf: &Gc<Code>) -> Value {
        zelf.name(vm).to_value()
    }

    #[pymember("co_qualname")]
    fn co_qualname(vm: &Vm, zelf: &Gc<Code>) -> Value {
        zelf.qualname(vm).to_value()
    }

    #[pymember("co_filename")]
    fn co_filename(vm: &Vm, zelf: &Gc<Code>) -> Value {
        zelf.filename(vm).to_value()
    }

    #[pymember("co_firstlineno")]
    fn co_firstlineno(_vm: &Vm, zelf: &Gc<Code>) -> u32 {
        zelf.data.firstlineno
    }

    #[pymember("co_flags")]
    fn co_flags(_vm: &Vm, zelf: &Gc<Code>) -> u32 {
        zelf.data.flags
    }

    #[pymember("co_argcount")]
    fn co_argcount(_vm: &Vm, zelf: &Gc<Code>) -> u32 {
        zelf.data.argcount
    }

    #[pymember("co_posonlyargcount")]
    fn co_posonlyargcount(_vm: &Vm, zelf: &Gc<Code>) -> u32 {
        zelf.data.posonlyargcount
    }

    #[pymember("co_kwonlyargcount")]
    fn co_kwonlyargcount(_vm: &Vm, zelf: &Gc<Code>) -> u32 {
        zelf.data.kwonlyargcount
    }

    #[pymember("co_stacksize")]
    fn co_stacksize(_vm: &Vm, zelf: &Gc<Code>) -> u32 {
        zelf.data.ntemps
    }

    #[pymember("co_nlocals")]
    fn co_nlocals(vm: &Vm, zelf: &Gc<Code>) -> usize {
        zelf.visible_varnames(vm).len()
    }

    #[pygetter("co_varnames")]
    fn co_varnames(vm: &Vm, zelf: &Gc<Code>) -> Value {
        vm.new_tuple(zelf.visible_varnames(vm)).into_value()
    }

    #[pygetter("co_cellvars")]
    fn co_cellvars(vm: &Vm, zelf: &Gc<Code>) -> Value {
        let d = &zelf.data;
        let n = d.nlocals as usize;
        let names = (0..d.cellvars.len()).filter(|&i| !d.is_hidden(n + i));
        let names = names.filter_map(|i| d.cellvars.get(i));
        vm.new_tuple(names.map(|n| vm.intern_bytes_lossless(n).into_value()).collect()).into_value()
    }

    #[pygetter("co_freevars")]
    fn co_freevars(vm: &Vm, zelf: &Gc<Code>) -> Value {
        let names = zelf.data.freevars.iter().map(|n| vm.intern_bytes_lossless(n).into_value());
        vm.new_tuple(names.collect()).into_value()
    }

    #[pymember("co_names")]
    fn co_names(vm: &Vm, zelf: &Gc<Code>) -> Value {
        let names = zelf.data.names.iter().map(|n| vm.intern_bytes_lossless(n).into_value());
        vm.new_tuple(names.collect()).into_value()
    }

    #[pymember("co_consts")]
    fn co_consts(vm: &Vm, zelf: &Gc<Code>) -> Value {
        let n = zelf.data.consts.len();
        vm.new_tuple((0..n).map(|i| zelf.constant(vm, i)).collect()).into_value()
    }

    #[pygetter("co_code")]
    fn co_code(vm: &Vm, zelf: &Gc<Code>) -> Value {
        vm.new_bytes(&zelf.data.instrs).into_value()
    }

    #[pygetter("_co_code_adaptive")]
    fn co_code_adaptive(vm: &Vm, zelf: &Gc<Code>) -> Value {
        vm.new_bytes(&zelf.data.instrs).into_value()
    }

    #[pymember("co_linetable")]
    fn co_linetable(vm: &Vm, _zelf: &Gc<Code>) -> Value {
        vm.new_bytes(b"").into_value()
    }

    #[pymember("co_exceptiontable")]
    fn co_exceptiontable(vm: &Vm, _zelf: &Gc<Code>) -> Value {
        vm.new_bytes(b"").into_value()
    }

    /// An iterator over (line, end line, column, end column) of each instruction.
    #[pymethod(no_text, "co_positions($self, /)")]
    fn co_positions(vm: &Vm, zelf: &Gc<Code>) -> PyResult<Value> {
        let part = |n: u32, none: u32| if n == none { Value::NONE } else { vm.new_int(n as i64) };
        let mut all = Vec::new();
        // Entering the code, which no instruction stands for.
        let line = zelf.data.firstlineno as i64;
        let (first, start) = if zelf.is_module() { (0, vm.new_int(0)) } else { (line, Value::NONE) };
        let entry = vec![vm.new_int(first), vm.new_int(line), start.clone(), start];
        all.push(vm.new_tuple(entry).into_value());
        for pc in 0..zelf.data.len() {
            let p = zelf.data.positions.get(zelf.data.firstlineno, pc);
            let none = taipan_bytecode::NO_COLUMN;
            if !vm.config.debug_ranges {
                let items = vec![part(p.line, 0), Value::NONE, Value::NONE, Value::NONE];
                all.push(vm.new_tuple(items).into_value());
                continue;
            }
            let items = vec![part(p.line, 0), part(p.end_line, 0), part(p.col, none), part(p.end_col, none)];
            all.push(vm.new_tuple(items).into_value());
        }
        vm.get_iter(&vm.new_list(all).into_value())
    }

    /// An iterator over (start, end, line) of runs of instructions, in CPython's units of two bytes an instruction.
    #[pymethod(no_text, "co_lines($self, /)")]
    fn co_lines(vm: &Vm, zelf: &Gc<Code>) -> PyResult<Value> {
        let mut all = Vec::new();
        // The first unit stands for entering the code.
        let (mut start, mut line) = (0, if zelf.is_module() { u32::MAX - 1 } else { zelf.data.firstlineno });
        let lines = monitor::lines(zelf);
        let n = lines.len() + 1;
        for pc in 1..=n {
            let here = lines.get(pc - 1).copied().unwrap_or(u32::MAX);
            if here != line {
                let l = match line {
                    0 => Value::NONE,
                    line if line == u32::MAX - 1 => vm.new_int(0),
                    line => vm.new_int(line as i64),
                };
                let items = vec![vm.new_int(start as i64 * 2), vm.new_int(pc as i64 * 2), l];
                all.push(vm.new_tuple(items).into_value());
                (start, line) = (pc, here);
            }
        }
        vm.get_iter(&vm.new_list(all).into_value())
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[pymethod(raw, "replace($self, /, **changes)")]
    #[pymethod(raw, "__replace__($self, /, **changes)")]
    fn replace(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        let Some(zelf) = args.pos().first().and_then(as_code) else {
            return Err(vm.type_error("replace() needs a code object"));
        };
        if args.pos().len() > 1 {
            return Err(vm.type_error("replace() takes 0 positional arguments"));
        }
        let mut d = zelf.data.clone();
        for (name, v) in args.keywords() {
            let Some(name) = name.downcast::<Str>().and_then(|s| s.as_str()) else { continue };
            let text = |vm: &Vm| -> PyResult<taipan_bytecode::Blob> {
                match v.downcast::<Str>() {
                    Some(s) => Ok(s.as_bytes().to_vec().into()),
                    None => Err(vm.type_error(format_args!(
                        "replace() argument '{name}' must be str, not {}",
                        vm.shown_type_name(v)
                    ))),
                }
            };
            match name {
                "co_name" => d.name = text(vm)?,
                "co_qualname" => d.qualname = text(vm)?,
                "co_filename" => d.filename = text(vm)?,
                "co_firstlineno" => {
                    let line = vm.index_i64(v, "Python int too large to convert to C int")?;
                    d.firstlineno = u32::try_from(line)
                        .map_err(|_| vm.value_error("code: firstlineno must be a positive integer"))?;
                }
                "co_flags" => {
                    // What the machine relies on (how arguments lie, what kind of frame it is) stays.
                    let fixed = flags::VARARGS
                        | flags::VARKEYWORDS
                        | flags::GENERATOR
                        | flags::COROUTINE
                        | flags::ASYNC_GENERATOR
                        | flags::OPTIMIZED
                        | flags::NEWLOCALS;
                    let new = vm.index_i64(v, "Python int too large to convert to C int")? as u32;
                    d.flags = d.flags & fixed | new & !fixed;
                }
                "co_argcount" | "co_posonlyargcount" | "co_kwonlyargcount" | "co_nlocals"
                | "co_stacksize" | "co_code" | "co_consts" | "co_names" | "co_varnames" | "co_freevars"
                | "co_cellvars" | "co_linetable" | "co_exceptiontable" => {
                    let now = vm.get_attr_str(zelf.as_value(), name)?;
                    if !vm.eq(&now, v)? {
                        return Err(vm.value_error(format_args!(
                            "code: {name} belongs to the instructions and cannot be replaced alone"
                        )));
                    }
                }
                other => {
                    return Err(
                        vm.type_error(format_args!("replace() got an unexpected keyword argument '{other}'"))
                    );
                }
            }
        }
        Ok(vm.new_code(d).into_value())
    }

    #[pymethod(no_text, "co_branches($self, /)")]
    fn co_branches(vm: &Vm, _zelf: &Gc<Code>) -> PyResult<Value> {
        vm.get_iter(&vm.new_list(Vec::new()).into_value())
    }
}

impl Code {
    fn visible_varnames(&self, vm: &Vm) -> Vec<Value> {
        let d = &self.data;
        (0..d.nlocals as usize)
            .filter(|&i| !d.is_hidden(i))
            .filter_map(|i| Some(vm.intern_bytes_lossless(d.varnames.get(i)?).into_value()))
            .collect()
    }
}
