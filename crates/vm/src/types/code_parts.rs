//! Code objects taken apart and put together: the attributes in the constructor's order, `replace()`, the constructor.
//!
//! `co_code` is the instructions followed by what CPython's attributes have no room for (sites, kinds of locals,
//! arguments of cells, names of hidden variables), so that the eighteen attributes say all. What was put together is
//! verified; code that does not pass can be looked at, and raises SystemError when it runs.

use super::code::{Code, as_code};
use super::code_tables::{self, Place};
use crate::prelude::*;
use crate::types::numbers::{float_value, int_value};
use taipan_bytecode::{
    Blob, CodeData, Const, Consts, ExceptionTable, Instr, NO_COLUMN, Op, Position, Positions, Site, SiteKind,
    Sites, StrTable, flags, local_kind, verify,
};

/// The attributes in the order of the constructor's arguments.
pub const ATTRS: [&str; 18] = [
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_firstlineno",
    "co_linetable",
    "co_exceptiontable",
    "co_freevars",
    "co_cellvars",
];

pub const ARGCOUNT: usize = 0;
pub const POSONLY: usize = 1;
pub const KWONLY: usize = 2;
pub const NLOCALS: usize = 3;
pub const STACKSIZE: usize = 4;
pub const FLAGS: usize = 5;
pub const CODE: usize = 6;
pub const CONSTS: usize = 7;
pub const NAMES: usize = 8;
pub const VARNAMES: usize = 9;
pub const FILENAME: usize = 10;
pub const NAME: usize = 11;
pub const QUALNAME: usize = 12;
pub const FIRSTLINE: usize = 13;
pub const LINETABLE: usize = 14;
pub const EXCEPTIONTABLE: usize = 15;
pub const FREEVARS: usize = 16;
pub const CELLVARS: usize = 17;

/// What code is said to be that was put together from parts.
pub struct Told {
    parts: Box<[Value]>,
    /// The byte code says the same, so that it can be written to a file.
    pub whole: bool,
    /// Why it does not run.
    pub broken: Option<String>,
}

impl Trace for Told {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        for v in &self.parts {
            visit(v);
        }
    }
}

impl Told {
    pub fn consts(&self) -> Option<&Gc<Tuple>> {
        self.parts[CONSTS].downcast::<Tuple>()
    }
}

fn strings<'a>(vm: &Vm, names: impl Iterator<Item = &'a [u8]>) -> Value {
    vm.new_tuple(names.map(|n| vm.intern_bytes_lossless(n).into_value()).collect()).into_value()
}

/// Attribute `i` of `ATTRS`.
pub fn attr(vm: &Vm, code: &Code, i: usize) -> Value {
    if let Some(v) = code.told.get().and_then(|t| t.parts.get(i)) {
        return v.clone();
    }
    let d = &code.data;
    let count = |n: u32| vm.new_int(n.into());
    let n = d.nlocals as usize;
    match i {
        ARGCOUNT => count(d.argcount),
        POSONLY => count(d.posonlyargcount),
        KWONLY => count(d.kwonlyargcount),
        NLOCALS => vm.new_int((0..n).filter(|&i| !d.is_hidden(i)).count() as i64),
        STACKSIZE => count(d.ntemps),
        FLAGS => count(d.flags),
        CODE => vm.new_bytes(&code_bytes(d)).into_value(),
        CONSTS => vm.new_tuple((0..d.consts.len()).map(|i| code.constant(vm, i)).collect()).into_value(),
        NAMES => strings(vm, d.names.iter()),
        VARNAMES => strings(vm, (0..n).filter(|&i| !d.is_hidden(i)).filter_map(|i| d.varnames.get(i))),
        FILENAME => code.filename(vm).to_value(),
        NAME => code.name(vm).to_value(),
        QUALNAME => code.qualname(vm).to_value(),
        FIRSTLINE => count(d.firstlineno),
        LINETABLE => {
            let table = code_tables::write_lines(d.firstlineno.into(), &places(vm, code));
            vm.new_bytes(&table).into_value()
        }
        EXCEPTIONTABLE => vm.new_bytes(&code_tables::write_handlers(d.exceptions.iter())).into_value(),
        FREEVARS => strings(vm, d.freevars.iter()),
        _ => {
            let shown = (0..d.cellvars.len()).filter(|&i| !d.is_hidden(n + i));
            strings(vm, shown.filter_map(|i| d.cellvars.get(i)))
        }
    }
}

/// Where the units come from: entering the code, then each instruction.
pub fn places(vm: &Vm, code: &Code) -> Vec<Place> {
    let d = &code.data;
    if let Some(t) = code.told.get()
        && let Some(table) = t.parts[LINETABLE].downcast::<Bytes>()
    {
        let units = t.parts[CODE].downcast::<Bytes>().map_or(0, |c| c.len() / 8) + 1;
        return code_tables::read_lines(d.firstlineno.into(), table.as_bytes(), units);
    }
    let columns = vm.config.debug_ranges;
    let line = i64::from(d.firstlineno);
    let at = if code.is_module() { 0 } else { line };
    let entry = match columns {
        true => Place { line: Some(at), end_line: Some(line), col: Some(0), end_col: Some(0) },
        false => Place { line: Some(at), end_line: Some(at), col: None, end_col: None },
    };
    let mut out = vec![entry];
    for (run, p) in d.positions.runs(d.firstlineno) {
        let p = if columns || p.is_none() { p } else { Position::line(p.line) };
        out.resize((out.len() + run).min(d.len() + 1), Place::of(p));
    }
    out.resize(d.len() + 1, Place::NONE);
    out
}

/// Size of what ends `co_code`: the lengths of instructions, sites, kinds and cells.
const FOOTER: usize = 16;

/// `co_code`.
fn code_bytes(d: &CodeData) -> Vec<u8> {
    let mut out = d.instrs.to_vec();
    for site in d.sites.iter() {
        let s = site.unwrap_or(Site { kind: SiteKind::Attr, nargs: 0, index: u32::MAX });
        out.extend([s.kind as u8, 0]);
        out.extend(s.nargs.to_le_bytes());
        out.extend(s.index.to_le_bytes());
    }
    out.extend(&d.local_kinds[..]);
    out.extend(&d.cell_args[..]);
    for slot in (0..d.first_temp()).filter(|&i| d.is_hidden(i)) {
        let n = d.nlocals as usize;
        let name = if slot < n { d.varnames.get(slot) } else { d.cellvars.get(slot - n) }.unwrap_or_default();
        out.extend((name.len() as u32).to_le_bytes());
        out.extend(name);
    }
    if !out.len().is_multiple_of(2) {
        out.push(0);
    }
    for n in [d.instrs.len(), d.sites.len(), d.nlocals as usize, d.ncells as usize] {
        out.extend((n as u32).to_le_bytes());
    }
    out
}

/// The parts of `co_code`.
#[derive(Default)]
struct Body {
    instrs: Vec<u8>,
    sites: Vec<Site>,
    local_kinds: Vec<u8>,
    cell_kinds: Vec<u8>,
    cell_args: Vec<u8>,
    hidden: Vec<Vec<u8>>,
}

fn read_body(bytes: &[u8]) -> Option<Body> {
    let (front, footer) = bytes.split_at_checked(bytes.len().checked_sub(FOOTER)?)?;
    let n = |i: usize| Some(u32::from_le_bytes(*footer.get(4 * i..)?.first_chunk()?) as usize);
    let (ninstrs, nsites, nlocals, ncells) = (n(0)?, n(1)?, n(2)?, n(3)?);
    let (instrs, rest) = front.split_at_checked(ninstrs)?;
    let (sites, rest) = rest.split_at_checked(nsites.checked_mul(8)?)?;
    let (local_kinds, rest) = rest.split_at_checked(nlocals)?;
    let (cell_kinds, rest) = rest.split_at_checked(ncells)?;
    let (cell_args, mut rest) = rest.split_at_checked(ncells.checked_mul(4)?)?;
    let sites = sites.chunks_exact(8).map(|s| {
        Some(Site {
            kind: SiteKind::from_u8(s[0])?,
            nargs: u16::from_le_bytes([s[2], s[3]]),
            index: u32::from_le_bytes([s[4], s[5], s[6], s[7]]),
        })
    });
    let sites = sites.collect::<Option<Vec<_>>>()?;
    let kinds = local_kinds.iter().chain(cell_kinds);
    let mut hidden = Vec::new();
    for _ in kinds.filter(|k| **k & local_kind::HIDDEN != 0) {
        let (len, after) = rest.split_first_chunk::<4>()?;
        let (name, after) = after.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        hidden.push(name.to_vec());
        rest = after;
    }
    (rest.len() < 2).then(|| Body {
        instrs: instrs.to_vec(),
        sites,
        local_kinds: local_kinds.to_vec(),
        cell_kinds: cell_kinds.to_vec(),
        cell_args: cell_args.to_vec(),
        hidden,
    })
}

/// Names by slot: the visible ones in order where the kinds leave room, the hidden ones between them. Kinds are added or
/// left out at the end where the number of visible names differs.
fn spread(
    visible: Vec<Vec<u8>>,
    kinds: &mut Vec<u8>,
    hidden: &mut std::vec::IntoIter<Vec<u8>>,
) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut visible = visible.into_iter();
    let mut out = Vec::new();
    for &kind in kinds.iter() {
        let name = if kind & local_kind::HIDDEN != 0 { hidden.next() } else { visible.next() };
        if let Some(name) = name {
            names.push(name);
            out.push(kind);
        }
    }
    for name in visible {
        names.push(name);
        out.push(0);
    }
    *kinds = out;
    names
}

fn text(parts: &[Value], i: usize) -> Blob {
    parts[i].downcast::<Str>().map_or_else(Blob::default, |s| s.as_bytes().to_vec().into())
}

fn number(parts: &[Value], i: usize) -> u32 {
    parts[i].as_int().and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

fn bytes(parts: &[Value], i: usize) -> Vec<u8> {
    parts[i].downcast::<Bytes>().map_or_else(Vec::new, |b| b.as_bytes().to_vec())
}

fn items(parts: &[Value], i: usize) -> &[Value] {
    parts[i].downcast::<Tuple>().map_or(&[], |t| t.items())
}

fn names(vm: &Vm, parts: &[Value], i: usize) -> PyResult<Vec<Vec<u8>>> {
    let one = |v: &Value| match v.downcast::<Str>() {
        Some(s) => Ok(s.as_bytes().to_vec()),
        None => Err(vm.system_error("non-string found in code slot")),
    };
    items(parts, i).iter().map(one).collect()
}

/// A value as a constant of byte code; `None` where byte code has no such constant.
fn constant(vm: &Vm, v: &Value, depth: u32) -> Option<Const> {
    let depth = depth.checked_sub(1)?;
    let ty = vm.type_of(v);
    let t = &vm.types;
    let all = |items: &[Value]| items.iter().map(|v| constant(vm, v, depth)).collect::<Option<Vec<_>>>();
    if v.is_none() {
        return Some(Const::None);
    }
    if let Some(b) = v.as_bool() {
        return Some(if b { Const::True } else { Const::False });
    }
    if v.bits() == Value::ELLIPSIS.bits() {
        return Some(Const::Ellipsis);
    }
    if ty.is(&t.int) {
        let n = int_value(v)?;
        if let Some(n) = v.as_int() {
            return Some(Const::Int(n));
        }
        let (negative, magnitude) = n.sign_and_bytes();
        return Some(Const::BigInt { negative, magnitude: magnitude.into() });
    }
    if ty.is(&t.float) {
        return Some(Const::Float(float_value(v)?));
    }
    if let Some(c) = v.downcast_exact::<crate::types::numbers::Complex>() {
        return Some(Const::Complex(c.re, c.im));
    }
    if let Some(s) = v.downcast_exact::<Str>() {
        return Some(Const::Str(s.as_bytes().to_vec().into()));
    }
    if let Some(b) = v.downcast_exact::<Bytes>() {
        return Some(Const::Bytes(b.as_bytes().to_vec().into()));
    }
    if let Some(items) = v.downcast_exact::<Tuple>() {
        return Some(Const::Tuple(all(items.items())?));
    }
    if let Some(s) = v.downcast_exact::<crate::types::slice::Slice>() {
        let part = |v: &Value| constant(vm, v, depth);
        return Some(Const::Slice(Box::new([part(&s.start)?, part(&s.stop)?, part(&s.step)?])));
    }
    if ty.is(&t.frozenset) {
        let items: Vec<Value> = crate::types::set::any_set(v)?.entries().into_iter().map(|e| e.0).collect();
        return Some(Const::FrozenSet(all(&items)?));
    }
    let code = as_code(v)?;
    code.is_whole().then(|| Const::Code(Box::new(code.data.clone())))
}

/// Stands in the table for a constant that is no constant of byte code: the machine has the object itself.
fn placeholder(v: &Value) -> Const {
    if as_code(v).is_none() {
        return Const::None;
    }
    let mut code = CodeData { consts: Consts::encode(&[Const::None]), ..CodeData::default() };
    code.instrs = word(Instr::new(Op::ReturnConst, 0, 0, 0, 0));
    Const::Code(Box::new(code))
}

fn word(i: Instr) -> Blob {
    i.0.to_le_bytes().to_vec().into()
}

/// What CPython checks before it makes a code object.
fn check(vm: &Vm, parts: &[Value]) -> PyResult<()> {
    let (args, posonly, kwonly) = (number(parts, ARGCOUNT), number(parts, POSONLY), number(parts, KWONLY));
    if args < posonly {
        return Err(vm.system_error("bad argument to internal function"));
    }
    if !bytes(parts, CODE).len().is_multiple_of(2) {
        return Err(vm.value_error("code: co_code is malformed"));
    }
    let flag = |f: u32| (number(parts, FLAGS) & f != 0) as u64;
    let total = u64::from(args) + u64::from(kwonly) + flag(flags::VARARGS) + flag(flags::VARKEYWORDS);
    let locals = items(parts, VARNAMES).len() as u64;
    if total > locals {
        return Err(vm.value_error("code: co_varnames is too small"));
    }
    if u64::from(number(parts, NLOCALS)) != locals {
        return Err(vm.value_error("code: co_nlocals != len(co_varnames)"));
    }
    Ok(())
}

/// Whether two numbers or two `bytes` are the same.
fn same_part(a: &Value, b: &Value) -> bool {
    match (a.downcast::<Bytes>(), b.downcast::<Bytes>()) {
        (Some(a), Some(b)) => a.as_bytes() == b.as_bytes(),
        _ => a.as_int().is_some() && a.as_int() == b.as_int(),
    }
}

/// A code object of these attributes. `from`: the code whose positions hold while the line table stays.
fn build(vm: &Vm, from: Option<&Code>, mut parts: Vec<Value>) -> PyResult<Value> {
    check(vm, &parts)?;
    let mut body = read_body(&bytes(&parts, CODE))
        .unwrap_or_else(|| Body { instrs: bytes(&parts, CODE), ..Body::default() });
    body.instrs.truncate(body.instrs.len() / 8 * 8);
    let mut hidden = body.hidden.into_iter();
    let varnames = spread(names(vm, &parts, VARNAMES)?, &mut body.local_kinds, &mut hidden);
    let cellvars = spread(names(vm, &parts, CELLVARS)?, &mut body.cell_kinds, &mut hidden);
    body.cell_args.resize(4 * cellvars.len(), 0xff);
    for i in [NAMES, VARNAMES, FREEVARS, CELLVARS] {
        // Names that code looks up are interned.
        let fresh = names(vm, &parts, i)?;
        parts[i] = strings(vm, fresh.iter().map(|n| &n[..]));
    }
    let mut whole = true;
    let consts: Vec<Const> = items(&parts, CONSTS)
        .iter()
        .map(|v| {
            constant(vm, v, 100).unwrap_or_else(|| {
                whole = false;
                placeholder(v)
            })
        })
        .collect();
    let first = number(&parts, FIRSTLINE);
    let from = from.filter(|f| f.told.get().is_none_or(|t| t.broken.is_none()));
    let same = |i: usize| from.is_some_and(|f| same_part(&attr(vm, f, i), &parts[i]));
    let exceptions = match from.filter(|_| same(EXCEPTIONTABLE)) {
        Some(f) => Some(f.data.exceptions.clone()),
        None => {
            code_tables::read_handlers(&bytes(&parts, EXCEPTIONTABLE)).map(|h| ExceptionTable::encode(&h))
        }
    };
    let positions = match from.filter(|_| same(LINETABLE)) {
        Some(f) => f.data.positions.clone(),
        None => {
            let places =
                code_tables::read_lines(first.into(), &bytes(&parts, LINETABLE), body.instrs.len() / 8 + 1);
            let all: Vec<Position> = places.iter().skip(1).map(Place::position).collect();
            Positions::encode(first, &all)
        }
    };
    let mut local_kinds = body.local_kinds;
    let (nlocals, ncells) = (varnames.len() as u32, cellvars.len() as u32);
    local_kinds.extend(body.cell_kinds);
    let mut data = CodeData {
        argcount: number(&parts, ARGCOUNT),
        posonlyargcount: number(&parts, POSONLY),
        kwonlyargcount: number(&parts, KWONLY),
        nlocals,
        ncells,
        ntemps: number(&parts, STACKSIZE),
        flags: number(&parts, FLAGS),
        firstlineno: first,
        filename: text(&parts, FILENAME),
        name: text(&parts, NAME),
        qualname: text(&parts, QUALNAME),
        instrs: body.instrs.into(),
        consts: Consts::encode(&consts),
        names: StrTable::encode(&names(vm, &parts, NAMES)?),
        varnames: StrTable::encode(&varnames),
        cellvars: StrTable::encode(&cellvars),
        freevars: StrTable::encode(&names(vm, &parts, FREEVARS)?),
        local_kinds: local_kinds.into(),
        cell_args: body.cell_args.into(),
        sites: Sites::encode(&body.sites),
        positions,
        exceptions: exceptions.clone().unwrap_or_default(),
    };
    let unknown = data.iter_instrs().map(|i| i.opcode()).find(|op| Op::from_u8(*op).is_none());
    let broken = match (unknown, exceptions, verify(&data)) {
        (Some(op), ..) => Some(format!("unknown opcode {op}")),
        (_, None, _) => Some("malformed exception table".to_string()),
        (_, _, Err(e)) => Some(e.to_string()),
        _ => None,
    };
    if broken.is_some() {
        data = harmless(data, names(vm, &parts, VARNAMES)?);
    }
    let told = Told { parts: parts.into(), whole: whole && broken.is_none(), broken };
    let code = vm.new_code(data);
    _ = code.told.set(Box::new(told));
    Ok(code.into_value())
}

/// Code to be called like this one, which only raises.
fn harmless(d: CodeData, varnames: Vec<Vec<u8>>) -> CodeData {
    let generator = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;
    let line = Position { line: d.firstlineno, end_line: d.firstlineno, col: NO_COLUMN, end_col: NO_COLUMN };
    CodeData {
        argcount: d.argcount,
        posonlyargcount: d.posonlyargcount,
        kwonlyargcount: d.kwonlyargcount,
        nlocals: varnames.len() as u32,
        flags: d.flags & !(generator | flags::ITERABLE_COROUTINE | flags::HAS_DOCSTRING),
        firstlineno: d.firstlineno,
        filename: d.filename,
        name: d.name,
        qualname: d.qualname,
        instrs: word(Instr::new(Op::Illegal, 0, 0, 0, 0)),
        local_kinds: vec![0; varnames.len()].into(),
        varnames: StrTable::encode(&varnames),
        freevars: d.freevars,
        positions: Positions::encode(d.firstlineno, &[line]),
        ..CodeData::default()
    }
}

/// What kind of value an attribute is.
fn kind_of(i: usize) -> Option<&'static str> {
    match i {
        ARGCOUNT..=FLAGS | FIRSTLINE => None,
        CODE | LINETABLE | EXCEPTIONTABLE => Some("bytes"),
        FILENAME | NAME | QUALNAME => Some("str"),
        _ => Some("tuple"),
    }
}

/// A given attribute, checked; `what` begins the error's text.
fn given(vm: &Vm, i: usize, v: &Value, what: impl Fn() -> String) -> PyResult<Value> {
    let Some(want) = kind_of(i) else {
        let n = vm.index_i64(v, "Python int too large to convert to C int")?;
        if i32::try_from(n).is_err() {
            return Err(vm.overflow_error("Python int too large to convert to C int"));
        }
        return Ok(vm.new_int(n));
    };
    let fits = match want {
        "bytes" => v.downcast::<Bytes>().is_some(),
        "str" => v.downcast::<Str>().is_some(),
        _ => v.downcast::<Tuple>().is_some(),
    };
    match fits {
        true => Ok(v.clone()),
        false => Err(vm.type_error(format_args!("{} must be {want}, not {}", what(), vm.shown_type_name(v)))),
    }
}

/// `code(argcount, …)`.
pub fn construct(vm: &Vm, args: CallArgs) -> PyResult<Value> {
    if args.has_keywords() {
        return Err(vm.type_error("code() takes no keyword arguments"));
    }
    let n = args.pos().len();
    if !(16..=18).contains(&n) {
        let (bound, most) = if n < 16 { ("least", 16) } else { ("most", 18) };
        return Err(vm.type_error(format_args!("code expected at {bound} {most} arguments, got {n}")));
    }
    let mut parts = Vec::with_capacity(18);
    for (i, v) in args.pos().iter().enumerate() {
        parts.push(given(vm, i, v, || format!("code() argument {}", i + 1))?);
    }
    parts.resize(18, vm.names.empty_tuple.to_value());
    for (i, v) in parts.iter().enumerate() {
        if v.as_int().is_some_and(|n| n < 0) {
            return Err(match ATTRS[i] {
                "co_stacksize" | "co_flags" | "co_firstlineno" => {
                    vm.system_error("bad argument to internal function")
                }
                name => vm.value_error(format_args!("code: {} must not be negative", &name[3..])),
            });
        }
    }
    crate::modules::sys::audit(
        vm,
        "code.__new__",
        &[
            parts[CODE].clone(),
            parts[FILENAME].clone(),
            parts[NAME].clone(),
            parts[ARGCOUNT].clone(),
            parts[POSONLY].clone(),
            parts[KWONLY].clone(),
            parts[NLOCALS].clone(),
            parts[STACKSIZE].clone(),
            parts[FLAGS].clone(),
        ],
    )?;
    build(vm, None, parts)
}

/// `code.replace(**changes)`.
pub fn replace(vm: &Vm, args: CallArgs) -> PyResult<Value> {
    let Some(zelf) = args.pos().first().and_then(as_code) else {
        return Err(vm.type_error("replace() needs a code object"));
    };
    if args.pos().len() > 1 {
        return Err(vm.type_error("replace() takes no positional arguments"));
    }
    let mut changes = Vec::new();
    for (name, v) in args.keywords() {
        let Some(name) = name.downcast::<Str>() else { continue };
        let Some(i) = ATTRS.iter().position(|a| a.as_bytes() == name.as_bytes()) else {
            return Err(vm.type_error(format_args!(
                "replace() got an unexpected keyword argument '{}'",
                name.to_string_lossy()
            )));
        };
        let v = given(vm, i, v, || format!("replace() argument '{}'", ATTRS[i]))?;
        if v.as_int().is_some_and(|n| n < 0) {
            return Err(vm.value_error(format_args!("{} must be a positive integer", ATTRS[i])));
        }
        changes.push((i, v));
    }
    if zelf.told.get().is_none()
        && let Some(code) = relabelled(vm, zelf, &changes)
    {
        return Ok(code);
    }
    let mut parts: Vec<Value> = (0..ATTRS.len()).map(|i| attr(vm, zelf, i)).collect();
    for (i, v) in changes {
        parts[i] = v;
    }
    build(vm, Some(zelf), parts)
}

/// The copy where only labels change, which leave the instructions valid; `None`: more changes.
fn relabelled(vm: &Vm, zelf: &Gc<Code>, changes: &[(usize, Value)]) -> Option<Value> {
    // What the machine relies on: how arguments lie, what kind of frame it is.
    const FIXED: u32 = flags::VARARGS
        | flags::VARKEYWORDS
        | flags::GENERATOR
        | flags::COROUTINE
        | flags::ASYNC_GENERATOR
        | flags::OPTIMIZED
        | flags::NEWLOCALS;
    let mut d = zelf.data.clone();
    for (i, v) in changes {
        let one = std::slice::from_ref(v);
        match *i {
            NAME => d.name = text(one, 0),
            QUALNAME => d.qualname = text(one, 0),
            FILENAME => d.filename = text(one, 0),
            FIRSTLINE => d.firstlineno = number(one, 0),
            FLAGS if (number(one, 0) ^ d.flags) & (FIXED | flags::HAS_DOCSTRING) == 0 => {
                d.flags = number(one, 0)
            }
            _ => {
                let now = attr(vm, zelf, *i);
                if !same_part(&now, v) {
                    return None;
                }
            }
        }
    }
    Some(vm.new_code(d).into_value())
}
