//! `re.Pattern` and its scanner.

use super::matches::{self, Match};
use super::subject::{Cursor, Held};
use super::template;
use std::cell::Cell;
use taipan_sre::{Mode, Program, Request, State, Stop};
use taipan_vm::prelude::*;

/// The payload of `re.Pattern`.
#[pytype(name = "Pattern", module = "re", flags(GC, WEAKREF, NO_NEW))]
#[derive(Trace)]
pub struct Pattern {
    #[notrace]
    pub program: Program,
    #[notrace]
    code: Vec<u32>,
    pattern: Value,
    flags: i32,
    pub groupindex: Gc<Dict>,
    pub indexgroup: Gc<Tuple>,
    /// `None`: works on both kinds (compiled from None).
    #[notrace]
    is_text: Option<bool>,
    /// The state of the last match, for the next one.
    #[notrace]
    spare: Cell<Option<Box<State>>>,
}

/// Names of flags in the order in which `repr` shows them.
const FLAG_NAMES: [(i32, &str); 9] = [
    (2, "re.IGNORECASE"),
    (4, "re.LOCALE"),
    (8, "re.MULTILINE"),
    (16, "re.DOTALL"),
    (32, "re.UNICODE"),
    (64, "re.VERBOSE"),
    (128, "re.DEBUG"),
    (256, "re.ASCII"),
    (1, "re.TEMPLATE"),
];

impl Pattern {
    pub fn make(
        vm: &Vm,
        program: Program,
        code: Vec<u32>,
        pattern: &Value,
        flags: i32,
        groupindex: &Gc<Dict>,
        indexgroup: &Gc<Tuple>,
    ) -> PyResult<Value> {
        let is_text = if pattern.is_none() {
            None
        } else {
            Some(matches!(Held::new(vm, pattern, None)?, Held::Text(_)))
        };
        Ok(vm
            .alloc(Pattern {
                program,
                code,
                pattern: pattern.clone(),
                flags,
                groupindex: groupindex.clone(),
                indexgroup: indexgroup.clone(),
                is_text,
                spare: Cell::new(None),
            })
            .into_value())
    }

    /// Lends a state. Whoever comes while it is lent gets a fresh one.
    #[inline]
    fn with_state<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.spare.take().unwrap_or_default();
        let r = f(&mut state);
        state.shrink();
        self.spare.set(Some(state));
        r
    }

    fn run(&self, vm: &Vm, state: &mut State, held: &Held, request: Request) -> PyResult<bool> {
        self.program.run(state, held.as_subject(), request, &mut || vm.poll()).map_err(|stop| match stop {
            Stop::Breaker(raised) => raised,
            Stop::Memory => vm.memory_error(),
        })
    }
}

/// Byte offsets and indexes of a search from `pos` to `endpos`, clamped.
struct Range {
    start: usize,
    end: usize,
    pos: usize,
    endpos: usize,
}

fn range(held: &Held, pos: isize, endpos: isize) -> Range {
    let len = held.len();
    let pos = usize::try_from(pos).unwrap_or(0).min(len);
    let endpos = usize::try_from(endpos).unwrap_or(0).min(len);
    Range { start: held.offset(pos), end: held.offset(endpos), pos, endpos }
}

fn one(vm: &Vm, p: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize, mode: Mode) -> PyResult<Value> {
    let held = Held::new(vm, string, p.is_text)?;
    let r = range(&held, pos, endpos);
    let request = Request { mode, pos: r.start, endpos: r.end, must_advance: false };
    p.with_state(|state| {
        if r.start > r.end || !p.run(vm, state, &held, request)? {
            return Ok(Value::NONE);
        }
        Ok(matches::make(vm, p, string, &held, state, (r.pos, r.endpos), &mut Cursor::new()))
    })
}

/// Calls `f` with each match in order; `f` answers whether to go on.
fn each(
    vm: &Vm,
    p: &Gc<Pattern>,
    held: &Held,
    (start, end): (usize, usize),
    mut f: impl FnMut(&State, usize, usize) -> PyResult<bool>,
) -> PyResult<()> {
    p.with_state(|state| {
        let mut request = Request { mode: Mode::Search, pos: start, endpos: end, must_advance: false };
        while request.pos <= end && p.run(vm, state, held, request)? {
            let Some((a, b)) = state.span(0) else { break };
            if !f(state, a, b)? {
                break;
            }
            request.pos = b;
            request.must_advance = a == b;
        }
        Ok(())
    })
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(p) = v.downcast::<Pattern>() else { return Ok(Value::NONE) };
    let mut flags = p.flags;
    // Text patterns are Unicode unless something else was said.
    if p.is_text == Some(true) && flags & (4 | 32 | 256) == 32 {
        flags &= !32;
    }
    let mut names: Vec<String> = Vec::new();
    for (bit, name) in FLAG_NAMES {
        if flags & bit != 0 {
            names.push(name.to_string());
            flags &= !bit;
        }
    }
    if flags != 0 {
        names.push(format!("{flags:#x}"));
    }
    let shown: String = {
        let r = vm.repr(&p.pattern)?;
        let text = r.as_wtf8();
        let cut = text.byte_offset(200).unwrap_or(text.len());
        text.slice_to(cut).to_string_lossy().into_owned()
    };
    let text = if names.is_empty() {
        format!("re.compile({shown})")
    } else {
        format!("re.compile({shown}, {})", names.join("|"))
    };
    Ok(vm.new_str(&text).into_value())
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let Some(p) = v.downcast::<Pattern>() else { return Ok(0) };
    let bytes: Vec<u8> = p.code.iter().flat_map(|w| w.to_le_bytes()).collect();
    let h = vm.hash(&p.pattern)? ^ vm.hash_bytes(&bytes) ^ p.flags as i64;
    Ok(taipan_text::hash::not_minus_one(h))
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<Pattern>(), b.downcast::<Pattern>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let same = x.is(y)
        || (x.flags == y.flags
            && x.is_text == y.is_text
            && x.code == y.code
            && vm.eq(&x.pattern, &y.pattern)?);
    Ok(Value::bool(same == (op == CompareOp::Eq)))
}

impl Slots for Pattern {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(repr), hash: Some(hash), richcompare: Some(richcompare), ..SlotDefs::NONE };
}

/// What `findall` puts in its list for a match.
fn findall_item(vm: &Vm, p: &Gc<Pattern>, held: &Held, state: &State) -> PyResult<Value> {
    let empty = || held.slice(vm, 0, 0);
    let group = |g: usize| match state.span(g) {
        Some((a, b)) => held.slice(vm, a, b),
        None => empty(),
    };
    match p.program.groups() {
        0 => group(0),
        1 => group(1),
        n => Ok(vm.new_tuple((1..=n).map(group).collect::<PyResult<_>>()?).into_value()),
    }
}

/// How `sub` replaces.
enum Replacement {
    Literal(Value),
    Template(Value),
    Call(Value),
}

fn replacement(vm: &Vm, p: &Gc<Pattern>, repl: &Value) -> PyResult<Replacement> {
    if let Some(s) = repl.downcast_exact::<Str>()
        && !s.as_bytes().contains(&b'\\')
    {
        return Ok(Replacement::Literal(repl.clone()));
    }
    if vm.is_callable(repl) {
        return Ok(Replacement::Call(repl.clone()));
    }
    let plain = match Held::new(vm, repl, None) {
        Ok(h) => !h.bytes().contains(&b'\\'),
        Err(raised) => {
            let _ = raised;
            drop(vm.take_raised());
            false
        }
    };
    if plain {
        return Ok(Replacement::Literal(repl.clone()));
    }
    let re = vm.import_named("re")?;
    let t = vm.call_method(&re, "_compile_template", &[p.to_value(), repl.clone()])?;
    Ok(Replacement::Template(t))
}

fn substitute(
    vm: &Vm,
    p: &Gc<Pattern>,
    repl: &Value,
    string: &Value,
    count: isize,
) -> PyResult<(Value, i64)> {
    let repl = replacement(vm, p, repl)?;
    let held = Held::new(vm, string, p.is_text)?;
    if let Replacement::Literal(v) = &repl {
        match Held::new(vm, v, Some(held.is_text())) {
            Ok(with) => return substitute_literal(vm, p, &held, &with, count),
            // It cannot be put in; which is an error only if there is a match.
            Err(_) => drop(vm.take_raised()),
        }
    }
    let mut pieces = Vec::new();
    let (mut last, mut n) = (0, 0i64);
    let end = held.bytes().len();
    let len = held.len();
    let mut cursor = Cursor::new();
    each(vm, p, &held, (0, end), |state, a, b| {
        if a > last {
            pieces.push(held.slice(vm, last, a)?);
        }
        match &repl {
            Replacement::Literal(v) => pieces.push(v.clone()),
            Replacement::Template(_) | Replacement::Call(_) => {
                let m = matches::make(vm, p, string, &held, state, (0, len), &mut cursor);
                let v = match &repl {
                    Replacement::Template(t) => match m.downcast::<Match>() {
                        Some(m) => template::expand(vm, t, m)?,
                        None => Value::NONE,
                    },
                    Replacement::Call(f) => vm.call1(f, &m)?,
                    Replacement::Literal(v) => v.clone(),
                };
                if !v.is_none() {
                    pieces.push(v);
                }
            }
        }
        last = b;
        n += 1;
        Ok(count <= 0 || n < count as i64)
    })?;
    if n == 0 {
        return Ok((held.slice(vm, 0, end)?, 0));
    }
    if last < end {
        pieces.push(held.slice(vm, last, end)?);
    }
    if pieces.is_empty() {
        return Ok((held.slice(vm, 0, 0)?, n));
    }
    Ok((template::join(vm, &pieces, held.is_text())?, n))
}

/// Every match replaced by the same.
fn substitute_literal(
    vm: &Vm,
    p: &Gc<Pattern>,
    held: &Held,
    with: &Held,
    count: isize,
) -> PyResult<(Value, i64)> {
    let mut out = Vec::new();
    let (mut last, mut n) = (0, 0i64);
    let end = held.bytes().len();
    each(vm, p, held, (0, end), |_, a, b| {
        let (before, with) = (held.part(last, a), with.bytes());
        if out.try_reserve(before.len() + with.len()).is_err() {
            return Err(vm.memory_error());
        }
        out.extend_from_slice(before);
        out.extend_from_slice(with);
        last = b;
        n += 1;
        Ok(count <= 0 || n < count as i64)
    })?;
    if n == 0 {
        return Ok((held.slice(vm, 0, end)?, 0));
    }
    let rest = held.part(last, end);
    if out.try_reserve(rest.len()).is_err() {
        return Err(vm.memory_error());
    }
    out.extend_from_slice(rest);
    if !held.is_text() {
        return Ok((vm.new_bytes(&out).into_value(), n));
    }
    if held.is_flat() && with.is_flat() {
        return Ok((vm.new_ascii(&out).into_value(), n));
    }
    Ok((vm.new_text_bytes(&out)?.into_value(), n))
}

#[pymethods]
impl Pattern {
    /// Matches zero or more characters at the beginning of the string.
    #[pymethod("match($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn match_(vm: &Vm, zelf: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize) -> PyResult<Value> {
        one(vm, zelf, string, pos, endpos, Mode::Match)
    }

    /// Matches against all of the string.
    #[pymethod("fullmatch($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn fullmatch(vm: &Vm, zelf: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize) -> PyResult<Value> {
        one(vm, zelf, string, pos, endpos, Mode::Fullmatch)
    }

    /// Scan through string looking for a match, and return a corresponding match object instance.
    ///
    /// Return None if no position in the string matches.
    #[pymethod("search($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn search(vm: &Vm, zelf: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize) -> PyResult<Value> {
        one(vm, zelf, string, pos, endpos, Mode::Search)
    }

    /// Return a list of all non-overlapping matches of pattern in string.
    #[pymethod("findall($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn findall(vm: &Vm, zelf: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize) -> PyResult<Value> {
        let held = Held::new(vm, string, zelf.is_text)?;
        let r = range(&held, pos, endpos);
        let mut out = Vec::new();
        each(vm, zelf, &held, (r.start, r.end), |state, _, _| {
            out.push(findall_item(vm, zelf, &held, state)?);
            Ok(true)
        })?;
        Ok(vm.new_list(out).into_value())
    }

    /// Return an iterator over all non-overlapping matches for the RE pattern in string.
    ///
    /// For each match, the iterator returns a match object.
    #[pymethod("finditer($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn finditer(vm: &Vm, zelf: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize) -> PyResult<Value> {
        let s = scanner(vm, zelf, string, pos, endpos)?;
        Ok(vm.alloc(FindIter { scanner: s }).into_value())
    }

    #[pymethod("scanner($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn scanner(vm: &Vm, zelf: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize) -> PyResult<Value> {
        Ok(scanner(vm, zelf, string, pos, endpos)?.into_value())
    }

    /// Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the
    /// replacement repl.
    #[pymethod("sub($self, /, repl, string, count=0)")]
    fn sub(vm: &Vm, zelf: &Gc<Pattern>, repl: &Value, string: &Value, count: isize) -> PyResult<Value> {
        Ok(substitute(vm, zelf, repl, string, count)?.0)
    }

    /// Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences
    /// of pattern with the replacement repl.
    #[pymethod("subn($self, /, repl, string, count=0)")]
    fn subn(
        vm: &Vm,
        zelf: &Gc<Pattern>,
        repl: &Value,
        string: &Value,
        count: isize,
    ) -> PyResult<(Value, i64)> {
        substitute(vm, zelf, repl, string, count)
    }

    /// Split string by the occurrences of pattern.
    #[pymethod("split($self, /, string, maxsplit=0)")]
    fn split(vm: &Vm, zelf: &Gc<Pattern>, string: &Value, maxsplit: isize) -> PyResult<Value> {
        let held = Held::new(vm, string, zelf.is_text)?;
        let end = held.bytes().len();
        let mut out = Vec::new();
        let (mut last, mut n) = (0, 0);
        each(vm, zelf, &held, (0, end), |state, a, b| {
            out.push(held.slice(vm, last, a)?);
            for g in 1..=zelf.program.groups() {
                out.push(match state.span(g) {
                    Some((a, b)) => held.slice(vm, a, b)?,
                    None => Value::NONE,
                });
            }
            last = b;
            n += 1;
            Ok(maxsplit <= 0 || n < maxsplit)
        })?;
        out.push(held.slice(vm, last, end)?);
        Ok(vm.new_list(out).into_value())
    }

    #[pymethod("__copy__($self, /)")]
    fn copy(_vm: &Vm, zelf: &Value) -> Value {
        zelf.clone()
    }

    #[pymethod("__deepcopy__($self, memo, /)")]
    fn deepcopy(_vm: &Vm, zelf: &Value, _memo: &Value) -> Value {
        zelf.clone()
    }

    /// The pattern string from which the RE object was compiled.
    #[pygetter("pattern")]
    fn pattern(_vm: &Vm, zelf: &Gc<Pattern>) -> Value {
        zelf.pattern.clone()
    }

    /// The regex matching flags.
    #[pygetter("flags")]
    fn flags(_vm: &Vm, zelf: &Gc<Pattern>) -> i32 {
        zelf.flags
    }

    /// The number of capturing groups in the pattern.
    #[pygetter("groups")]
    fn groups(_vm: &Vm, zelf: &Gc<Pattern>) -> usize {
        zelf.program.groups()
    }

    /// A dictionary mapping group names to group numbers.
    #[pygetter("groupindex")]
    fn groupindex(vm: &Vm, zelf: &Gc<Pattern>) -> PyResult<Value> {
        if zelf.groupindex.is_empty() {
            return Ok(vm.new_dict().into_value());
        }
        let types = vm.import_named("types")?;
        vm.call_method(&types, "MappingProxyType", &[zelf.groupindex.to_value()])
    }

    #[pyclassmethod("__class_getitem__($type, item, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        taipan_vm::types::generic_alias::make(vm, cls, item)
    }
}

/// The payload of `_sre.SRE_Scanner`.
#[pytype(name = "SRE_Scanner", module = "_sre", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct Scanner {
    pattern: Gc<Pattern>,
    string: Value,
    /// A view of what is not text, so that its size stays.
    hold: Value,
    /// The range in indexes, for the matches.
    #[notrace]
    range: (usize, usize),
    /// Where the next match begins and the end, in bytes.
    next: Cell<usize>,
    end: usize,
    must_advance: Cell<bool>,
    done: Cell<bool>,
    running: Cell<bool>,
    /// Offset and index of the last conversion.
    cursor: Cell<(usize, usize)>,
}

fn scanner(vm: &Vm, p: &Gc<Pattern>, string: &Value, pos: isize, endpos: isize) -> PyResult<Gc<Scanner>> {
    let held = Held::new(vm, string, p.is_text)?;
    let r = range(&held, pos, endpos);
    let hold = match held {
        Held::Text(_) => Value::NONE,
        _ => vm.new_memoryview(string)?,
    };
    Ok(vm.alloc(Scanner {
        pattern: p.clone(),
        string: string.clone(),
        hold,
        range: (r.pos, r.endpos),
        next: Cell::new(r.start),
        end: r.end,
        must_advance: Cell::new(false),
        done: Cell::new(r.start > r.end),
        running: Cell::new(false),
        cursor: Cell::new((r.start, r.pos)),
    }))
}

impl Scanner {
    fn step(&self, vm: &Vm, mode: Mode) -> PyResult<Option<Value>> {
        if self.running.replace(true) {
            return Err(vm.value_error("regular expression scanner already executing"));
        }
        let r = self.step_inner(vm, mode);
        self.running.set(false);
        r
    }

    fn step_inner(&self, vm: &Vm, mode: Mode) -> PyResult<Option<Value>> {
        if self.done.get() {
            return Ok(None);
        }
        let held = Held::new(vm, &self.string, self.pattern.is_text)?;
        let end = self.end.min(held.bytes().len());
        let request = Request {
            mode,
            pos: self.next.get().min(end),
            endpos: end,
            must_advance: self.must_advance.get(),
        };
        self.pattern.with_state(|state| {
            if !self.pattern.run(vm, state, &held, request)? {
                self.done.set(true);
                return Ok(None);
            }
            let Some((a, b)) = state.span(0) else { return Ok(None) };
            self.next.set(b);
            self.must_advance.set(a == b);
            let mut cursor = Cursor::at(self.cursor.get());
            let m = matches::make(vm, &self.pattern, &self.string, &held, state, self.range, &mut cursor);
            self.cursor.set(cursor.pair());
            Ok(Some(m))
        })
    }
}

impl Slots for Scanner {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

#[pymethods]
impl Scanner {
    #[pymethod("match($self, /)")]
    fn match_(vm: &Vm, zelf: &Gc<Scanner>) -> PyResult<Option<Value>> {
        zelf.step(vm, Mode::Match)
    }

    #[pymethod("search($self, /)")]
    fn search(vm: &Vm, zelf: &Gc<Scanner>) -> PyResult<Option<Value>> {
        zelf.step(vm, Mode::Search)
    }

    #[pygetter("pattern")]
    fn pattern(_vm: &Vm, zelf: &Gc<Scanner>) -> Value {
        zelf.pattern.to_value()
    }
}

/// What `finditer` returns.
#[pytype(name = "callable_iterator", flags(GC, NO_NEW), no_methods)]
#[derive(Trace)]
pub struct FindIter {
    scanner: Gc<Scanner>,
}

fn find_iter(_vm: &Vm, v: &Value) -> PyResult<Value> {
    Ok(v.clone())
}

fn find_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    match v.downcast::<FindIter>() {
        Some(f) => f.scanner.clone().step(vm, Mode::Search),
        None => Ok(None),
    }
}

impl Slots for FindIter {
    const SLOTS: SlotDefs = SlotDefs { iter: Some(find_iter), iternext: Some(find_next), ..SlotDefs::NONE };
}
