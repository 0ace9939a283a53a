//! `code`: a `CodeData` as an object, and what the machine prepares from it on first use: its own copy of the instructions
//! (which it specialises in place), interned names, constants made when first loaded, and the sites' caches.

use super::code_data::LazyData;
use super::code_parts::{self, Told, attr};
use super::code_tables::{self, Place};
use crate::errors::exc;
use crate::interp::cache::SiteCache;
use crate::interp::monitor::{self, Listed, Watched};
use crate::prelude::*;
use std::cell::{Cell, OnceCell};
use taipan_bytecode::{CodeData, Const, Instr, Op, Site, flags};

/// The payload of `code`.
pub struct Code {
    pub data: LazyData,
    /// The word of this object.
    this: Cell<u64>,
    exec: OnceCell<Box<Exec>>,
    name: OnceCell<Gc<Str>>,
    qualname: OnceCell<Gc<Str>>,
    filename: OnceCell<Gc<Str>>,
    /// Where the source lies now, for code from a file that was written elsewhere.
    moved: OnceCell<taipan_bytecode::Blob>,
    /// What it was made of by the constructor or `replace()`.
    pub told: OnceCell<Box<Told>>,
    /// What watchers want to know of it.
    pub watched: Guarded<Option<Box<Watched>>>,
    /// Its place in the list of prepared code.
    pub listed_at: Cell<usize>,
    /// The instruction whose line was asked for last, and the line: whoever logs asks for the same again.
    last_line: Cell<(usize, u32)>,
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
    /// How many arguments make a call that can be set up in place: the number of parameters if all are positional
    /// (no stars), `usize::MAX` otherwise.
    pub simple_args: usize,
    pub flags: u32,
    /// The word of the code object that this belongs to, not counted.
    pub code: u64,
    _listed: Listed,
}

impl Trace for Code {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        if let Some(e) = self.exec.get() {
            for c in &e.consts {
                c.trace(visit)
            }
        }
        if let Some(t) = self.told.get() {
            t.trace(visit);
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

/// The form of an instruction that knows which operands are temporaries.
fn specialised(i: Instr, first_temp: usize) -> Instr {
    let temp = |r: u16| r as usize >= first_temp;
    match Op::from_u8(i.opcode()) {
        Some(Op::Mov) => match (temp(i.a()), temp(i.b())) {
            (true, false) => i.with_op(Op::MovLocal),
            (false, true) => i.with_op(Op::MovTemp),
            (false, false) => i.with_op(Op::Copy),
            (true, true) => i,
        },
        Some(Op::LoadAttr) if temp(i.a()) && !temp(i.b()) => i.with_op(Op::LoadAttrLocal),
        Some(Op::LoadAttr) if temp(i.b()) && i.a() != i.b() => i.with_op(Op::LoadAttrTemp),
        Some(Op::StoreAttr) if temp(i.a()) => i.with_op(Op::StoreAttrTemp),
        Some(Op::Subscr) if temp(i.b()) && i.a() != i.b() => i.with_op(Op::SubscrTemp),
        Some(Op::StoreSubscr) if temp(i.a()) => i.with_op(Op::StoreSubscrTemp),
        Some(Op::LoadMethod) if !temp(i.b()) => i.with_op(Op::LoadMethodLocal),
        _ => i,
    }
}

/// Marks functions that are made to be called at once with the one argument below them, as those of generator expressions are.
fn mark_genexprs(instrs: &mut [Cell<Instr>]) {
    let at = |k: usize| instrs.get(k).map(Cell::get);
    let is = |k: usize, op: Op| at(k).filter(|i| i.opcode() == op as u8);
    for k in 0..instrs.len() {
        let Some(make) = is(k, Op::MakeFunction) else { continue };
        let f = make.a() as usize;
        let mut n = 0;
        while let Some(load) = is(k + 1 + n, Op::LoadClosureCell).or(is(k + 1 + n, Op::LoadClosureFree))
            && load.a() as usize == f + 1 + n
        {
            n += 1;
        }
        let mut j = k + 1 + n;
        if n > 0 {
            let built = is(j, Op::BuildTuple)
                .is_some_and(|i| i.a() as usize == f + 1 && i.b() as usize == f + 1 && i.c() as usize == n);
            let set = is(j + 1, Op::SetFunctionAttr)
                .is_some_and(|i| i.a() as usize == f && i.b() as usize == f + 1 && i.x() == 8);
            if !built || !set {
                continue;
            }
            j += 2;
        }
        let (Some(mov), Some(imm), Some(call)) =
            (is(j, Op::Mov), is(j + 1, Op::LoadImm), is(j + 2, Op::Call))
        else {
            continue;
        };
        let r = call.b() as usize;
        if mov.a() as usize == r
            && mov.b() as usize == f
            && imm.a() as usize == r + 1
            && imm.x() == 4
            && call.x() == 1
            && r + 3 == f
            && let Ok(skip) = u8::try_from(j + 2 - k)
        {
            let marked = Instr::new(Op::MakeGenexpr, skip, make.a(), make.b(), make.c());
            if let Some(place) = instrs.get(k) {
                place.set(marked);
            }
        }
    }
}

impl Code {
    fn new(data: LazyData) -> Code {
        Code {
            data,
            this: Cell::new(0),
            exec: OnceCell::new(),
            name: OnceCell::new(),
            qualname: OnceCell::new(),
            filename: OnceCell::new(),
            moved: OnceCell::new(),
            told: OnceCell::new(),
            watched: Guarded::new(None),
            listed_at: Cell::new(usize::MAX),
            last_line: Cell::new((usize::MAX, 0)),
        }
    }

    #[inline(always)]
    pub fn exec(&self, vm: &Vm) -> &Exec {
        match self.exec.get() {
            Some(e) => e,
            None => self.prepare(vm),
        }
    }

    /// `exec` if it has been made, null otherwise.
    #[inline(always)]
    pub fn known_exec(&self) -> *const Exec {
        self.exec.get().map_or(std::ptr::null(), |e| &raw const **e)
    }

    #[cold]
    fn prepare(&self, vm: &Vm) -> &Exec {
        let d = &self.data;
        let names: Box<[Gc<Str>]> = d.names.iter().map(|name| vm.intern_bytes_lossless(name)).collect();
        let site = |s: Option<Site>| s.map_or((0, 0), |s| (s.nargs, s.index));
        let sites = d.sites.iter().map(site).map(|(nargs, index)| SiteCache::new(nargs, index)).collect();
        let mut instrs: Vec<Cell<Instr>> = Vec::with_capacity(d.len() + 1);
        let first_temp = d.first_temp();
        instrs.extend(d.iter_instrs().map(|i| Cell::new(specialised(i, first_temp))));
        mark_genexprs(&mut instrs);
        // What was put together from parts may not have passed the verifier.
        if self.told.get().is_some() {
            for i in &instrs {
                if Op::from_u8(i.get().opcode()).is_none() {
                    i.set(i.get().with_op(Op::Illegal));
                }
            }
        }
        // The loop reads one instruction ahead of a terminator at most; code ends in one (verified).
        instrs.push(Cell::new(Instr::new(Op::Illegal, 0, 0, 0, 0)));
        let stars = flags::VARARGS | flags::VARKEYWORDS;
        let told = self.told.get().and_then(|t| t.consts());
        let given = |i: usize| told.and_then(|t| t.items().get(i).cloned());
        let exec = Exec {
            instrs: instrs.into(),
            consts: (0..d.consts.len()).map(|i| ValueCell::new(given(i))).collect(),
            names,
            sites,
            nregs: d.nregs(),
            nlocals: d.nlocals as usize,
            first_temp,
            argcount: d.argcount as usize,
            params: OnceCell::new(),
            simple_args: match d.flags & stars == 0 && d.kwonlyargcount == 0 {
                true => d.argcount as usize,
                false => usize::MAX,
            },
            flags: d.flags,
            code: self.this.get(),
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
        let file = self.moved.get().unwrap_or(&self.data.filename);
        let v = match self.data.consts.nested(i) {
            Some(bytes) => vm.new_code_of(LazyData::nested(bytes, file.clone())).into_value(),
            None => self.data.consts.get(i, file).map_or(Value::NONE, |c| vm.const_value(&c)),
        };
        if let Some(p) = place {
            p.set(Some(v.clone()));
        }
        v
    }

    pub fn name(&self, vm: &Vm) -> &Gc<Str> {
        self.name.get_or_init(|| vm.intern_bytes_lossless(self.data.name()))
    }

    pub fn qualname(&self, vm: &Vm) -> &Gc<Str> {
        self.qualname.get_or_init(|| vm.intern_bytes_lossless(self.data.qualname()))
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
        if self.data.flags() & flags::HAS_DOCSTRING != 0 { self.constant(vm, 0) } else { Value::NONE }
    }

    /// Whether its variables are in registers, not in a namespace.
    pub fn is_optimized(&self) -> bool {
        self.data.flags & flags::OPTIMIZED != 0
    }

    /// A module's code is entered at line 0.
    pub fn is_module(&self) -> bool {
        &*self.data.name == b"<module>"
    }

    /// Line of instruction `pc` (0: none).
    pub fn line_at(&self, pc: usize) -> u32 {
        let (known, line) = self.last_line.get();
        if known == pc {
            return line;
        }
        let line = self.data.positions.line(self.data.firstlineno, pc);
        self.last_line.set((pc, line));
        line
    }
}

impl Vm {
    pub fn new_code(&self, data: CodeData) -> Gc<Code> {
        self.new_code_of(LazyData::new(data))
    }

    fn new_code_of(&self, data: LazyData) -> Gc<Code> {
        let code = self.alloc(Code::new(data));
        code.this.set(code.as_value().bits());
        code
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

/// Whether two pieces of byte code differ in no more than the file they come from and their qualified names.
fn same_data(x: &CodeData, y: &CodeData) -> bool {
    let bare = |d: &CodeData| {
        let (filename, qualname) = Default::default();
        taipan_bytecode::serialize(&CodeData {
            filename,
            qualname,
            ntemps: 0,
            consts: Default::default(),
            ..d.clone()
        })
    };
    let encoded = |c: &Option<Const>| {
        let mut out = Vec::new();
        if let Some(c) = c {
            c.encode(&mut out);
        }
        out
    };
    x.consts.len() == y.consts.len()
        && bare(x) == bare(y)
        && (0..x.consts.len()).all(|i| match (x.constant(i), y.constant(i)) {
            (Some(Const::Code(a)), Some(Const::Code(b))) => same_data(&a, &b),
            (a, b) => encoded(&a) == encoded(&b),
        })
}

/// Code objects are equal when they would do the same under the same name.
fn same(vm: &Vm, a: &Code, b: &Code) -> PyResult<bool> {
    let (x, y) = (&a.data, &b.data);
    if *x.name != *y.name
        || x.argcount != y.argcount
        || x.posonlyargcount != y.posonlyargcount
        || x.kwonlyargcount != y.kwonlyargcount
        || x.firstlineno != y.firstlineno
    {
        return Ok(false);
    }
    if a.is_whole() && b.is_whole() {
        return Ok(same_data(x, y));
    }
    for i in 0..code_parts::ATTRS.len() {
        if !vm.eq(&attr(vm, a, i), &attr(vm, b, i))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (as_code(a), as_code(b), op) {
        (Some(x), Some(y), CompareOp::Eq | CompareOp::Ne) => {
            Ok(Value::bool((x.is(y) || same(vm, x, y)?) == (op == CompareOp::Eq)))
        }
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let Some(c) = as_code(v) else { return Ok(0) };
    let d = &c.data;
    let mut h = vm.hash_bytes(&d.name) ^ vm.hash_bytes(&d.instrs);
    for n in [d.argcount, d.posonlyargcount, d.kwonlyargcount, d.firstlineno] {
        h = h.wrapping_mul(1_000_003) ^ i64::from(n);
    }
    Ok(taipan_text::hash::not_minus_one(h))
}

/// Create a code object.  Not for the faint of heart.
#[pytype(
    name = "code",
    signature = "(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize,\n     flags, codestring, constants, names, varnames, filename, name,\n     qualname, firstlineno, linetable, exceptiontable, freevars=(),\n     cellvars=(), /)",
    flags(WEAKREF)
)]
impl Slots for Code {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(repr), hash: Some(hash), richcompare: Some(richcompare), ..SlotDefs::NONE };
}

#[pymethods]
impl Code {
    #[pynew(raw)]
    fn new_from_parts(vm: &Vm, _cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        code_parts::construct(vm, args)
    }

    #[pymember("co_name")]
    fn co_name(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::NAME)
    }

    #[pymember("co_qualname")]
    fn co_qualname(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::QUALNAME)
    }

    #[pymember("co_filename")]
    fn co_filename(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::FILENAME)
    }

    #[pymember("co_firstlineno")]
    fn co_firstlineno(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::FIRSTLINE)
    }

    #[pymember("co_flags")]
    fn co_flags(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::FLAGS)
    }

    #[pymember("co_argcount")]
    fn co_argcount(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::ARGCOUNT)
    }

    #[pymember("co_posonlyargcount")]
    fn co_posonlyargcount(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::POSONLY)
    }

    #[pymember("co_kwonlyargcount")]
    fn co_kwonlyargcount(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::KWONLY)
    }

    #[pymember("co_stacksize")]
    fn co_stacksize(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::STACKSIZE)
    }

    #[pymember("co_nlocals")]
    fn co_nlocals(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::NLOCALS)
    }

    #[pygetter("co_varnames")]
    fn co_varnames(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::VARNAMES)
    }

    #[pygetter("co_cellvars")]
    fn co_cellvars(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::CELLVARS)
    }

    #[pygetter("co_freevars")]
    fn co_freevars(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::FREEVARS)
    }

    #[pymember("co_names")]
    fn co_names(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::NAMES)
    }

    #[pymember("co_consts")]
    fn co_consts(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::CONSTS)
    }

    #[pygetter("co_code")]
    fn co_code(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::CODE)
    }

    #[pymember("co_linetable")]
    fn co_linetable(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::LINETABLE)
    }

    #[pymember("co_exceptiontable")]
    fn co_exceptiontable(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::EXCEPTIONTABLE)
    }

    #[pygetter("_co_code_adaptive")]
    fn co_code_adaptive(vm: &Vm, zelf: &Gc<Code>) -> Value {
        attr(vm, zelf, code_parts::CODE)
    }

    #[pygetter("co_lnotab")]
    fn co_lnotab(vm: &Vm, zelf: &Gc<Code>) -> PyResult<Value> {
        vm.warn(&exc::DeprecationWarning, "co_lnotab is deprecated, use co_lines instead.", 1)?;
        let runs = line_runs(&code_parts::places(vm, zelf));
        let runs = runs.into_iter().map(|(start, _, line)| (start as i64 * 2, line.unwrap_or(-1)));
        let table = code_tables::write_lnotab(zelf.data.firstlineno.into(), runs);
        Ok(vm.new_bytes(&table).into_value())
    }

    /// An iterator over (line, end line, column, end column) of each instruction.
    #[pymethod(no_text, "co_positions($self, /)")]
    fn co_positions(vm: &Vm, zelf: &Gc<Code>) -> PyResult<Value> {
        let part = |n: Option<i64>| n.map_or(Value::NONE, |n| vm.new_int(n));
        let row = |p: Place| {
            let columns = [p.col, p.end_col].map(|c| part(c.map(i64::from)));
            let [col, end_col] = columns;
            vm.new_tuple(vec![part(p.line), part(p.end_line), col, end_col]).into_value()
        };
        let all = code_parts::places(vm, zelf).into_iter().map(row).collect();
        vm.get_iter(&vm.new_list(all).into_value())
    }

    /// An iterator over (start, end, line) of runs of instructions, in CPython's units of two bytes an instruction.
    #[pymethod(no_text, "co_lines($self, /)")]
    fn co_lines(vm: &Vm, zelf: &Gc<Code>) -> PyResult<Value> {
        let row = |(start, end, line): (usize, usize, Option<i64>)| {
            let line = line.map_or(Value::NONE, |n| vm.new_int(n));
            let items = vec![vm.new_int(start as i64 * 2), vm.new_int(end as i64 * 2), line];
            vm.new_tuple(items).into_value()
        };
        let all = line_runs(&code_parts::places(vm, zelf)).into_iter().map(row).collect();
        vm.get_iter(&vm.new_list(all).into_value())
    }

    #[pymethod(no_text, "_varname_from_oparg($self, /, oparg)")]
    fn varname_from_oparg(vm: &Vm, zelf: &Gc<Code>, oparg: isize) -> PyResult<Value> {
        let tuple = |i: usize| attr(vm, zelf, i);
        let locals = tuple(code_parts::VARNAMES);
        let mut names = locals.downcast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec());
        let plain = names.len();
        for i in [code_parts::CELLVARS, code_parts::FREEVARS] {
            let more = tuple(i);
            let more = more.downcast::<Tuple>().map_or(&[][..], |t| t.items());
            // An argument in a cell keeps its place.
            let is_new = |n: &&Value| !names[..plain].iter().any(|m| m.bits() == n.bits());
            let more: Vec<Value> = more.iter().filter(is_new).cloned().collect();
            names.extend(more);
        }
        match usize::try_from(oparg).ok().and_then(|i| names.get(i).cloned()) {
            Some(n) => Ok(n),
            None => Err(vm.raise_new(&exc::IndexError, "tuple index out of range")),
        }
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[pymethod(raw, "replace($self, /, **changes)")]
    #[pymethod(raw, "__replace__($self, /, **changes)")]
    fn replace(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        code_parts::replace(vm, args)
    }

    #[pymethod(no_text, "co_branches($self, /)")]
    fn co_branches(vm: &Vm, zelf: &Gc<Code>) -> PyResult<Value> {
        let place = |at: usize| vm.new_int(crate::types::frame_object::shown_index(at));
        let mut all = Vec::new();
        for (at, on, to) in monitor::branches(zelf) {
            all.push(vm.new_tuple(vec![place(at), place(on), place(to)]).into_value());
        }
        vm.get_iter(&vm.new_list(all).into_value())
    }
}

/// (start, end, line) of the runs of units with the same line.
fn line_runs(places: &[Place]) -> Vec<(usize, usize, Option<i64>)> {
    let mut runs: Vec<(usize, usize, Option<i64>)> = Vec::new();
    for (i, p) in places.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.2 == p.line => run.1 = i + 1,
            _ => runs.push((i, i + 1, p.line)),
        }
    }
    runs
}

impl Code {
    /// Whether its byte code says all that is known of it.
    pub fn is_whole(&self) -> bool {
        self.told.get().is_none_or(|t| t.whole)
    }

    /// Why it does not run.
    pub fn broken(&self) -> &str {
        self.told.get().and_then(|t| t.broken.as_deref()).unwrap_or("unknown opcode")
    }
}
