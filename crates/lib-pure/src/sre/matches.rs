//! `re.Match`.

use super::no_such_group;
use super::pattern::Pattern;
use super::subject::{Cursor, Held};
use taipan_sre::State;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

/// The payload of `re.Match`.
#[pytype(name = "Match", module = "re", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct Match {
    pattern: Gc<Pattern>,
    /// The subject as it was given.
    string: Value,
    pos: usize,
    endpos: usize,
    lastindex: Option<usize>,
    /// Byte offsets of the groups.
    #[notrace]
    offsets: Spans,
    /// The same in Python's units, where these are others.
    #[notrace]
    indexes: Option<Box<Spans>>,
}

type Span = Option<(usize, usize)>;

/// The whole match and the groups: patterns without groups need no memory for them.
struct Spans {
    whole: Span,
    groups: Box<[Span]>,
}

impl Spans {
    fn get(&self, g: usize) -> Option<Span> {
        match g {
            0 => Some(self.whole),
            _ => self.groups.get(g - 1).copied(),
        }
    }
}

/// The match in `state`, as an object.
pub fn make(
    vm: &Vm,
    pattern: &Gc<Pattern>,
    string: &Value,
    held: &Held,
    state: &State,
    (pos, endpos): (usize, usize),
    cursor: &mut Cursor,
) -> Value {
    let n = pattern.program.groups();
    let offsets = Spans { whole: state.span(0), groups: (1..=n).map(|g| state.span(g)).collect() };
    let indexes = if held.is_flat() {
        None
    } else {
        let mut index = |s: Span| s.map(|(a, b)| (cursor.index(held, a), cursor.index(held, b)));
        let whole = index(offsets.whole);
        Some(Box::new(Spans { whole, groups: offsets.groups.iter().map(|s| index(*s)).collect() }))
    };
    vm.alloc(Match {
        pattern: pattern.clone(),
        string: string.clone(),
        pos,
        endpos,
        lastindex: state.lastindex(),
        offsets,
        indexes,
    })
    .into_value()
}

impl Match {
    /// The groups in Python's units.
    fn spans(&self) -> &Spans {
        self.indexes.as_deref().unwrap_or(&self.offsets)
    }

    /// How many groups there are, the whole match included.
    fn count(&self) -> usize {
        self.offsets.groups.len() + 1
    }

    /// The number of the group that an argument names.
    fn group_number(&self, vm: &Vm, v: &Value) -> PyResult<usize> {
        if let Some(n) = v.as_int().and_then(|n| usize::try_from(n).ok())
            && n < self.count()
        {
            return Ok(n);
        }
        let n = if int_value(v).is_some() || vm.type_of(v).slots.index.get().is_some() {
            vm.index_i64(v, "Python int too large to convert to C ssize_t").map_err(|_| {
                drop(vm.take_raised());
                no_such_group(vm)
            })?
        } else {
            match self.pattern.groupindex.get(vm, v)? {
                Some(n) => n.as_int().unwrap_or(-1),
                None => return Err(no_such_group(vm)),
            }
        };
        match usize::try_from(n) {
            Ok(n) if n < self.count() => Ok(n),
            _ => Err(no_such_group(vm)),
        }
    }

    pub fn group_value(&self, vm: &Vm, g: usize, default: &Value) -> PyResult<Value> {
        let Some(Some((a, b))) = self.offsets.get(g) else { return Ok(default.clone()) };
        let held = Held::new(vm, &self.string, None)?;
        held.slice(vm, a, b)
    }

    fn span_of(&self, vm: &Vm, group: Option<&Value>) -> PyResult<(i64, i64)> {
        let g = match group {
            Some(v) => self.group_number(vm, v)?,
            None => 0,
        };
        Ok(self.spans().get(g).flatten().map_or((-1, -1), |(a, b)| (a as i64, b as i64)))
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(m) = v.downcast::<Match>() else { return Ok(Value::NONE) };
    let (a, b) = m.span_of(vm, None)?;
    let text = vm.repr_text(&m.group_value(vm, 0, &Value::NONE)?)?;
    Ok(vm.new_str(&format!("<re.Match object; span=({a}, {b}), match={text}>")).into_value())
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    let Some(m) = v.downcast::<Match>() else { return Ok(Value::NONE) };
    let g = m.group_number(vm, key)?;
    m.group_value(vm, g, &Value::NONE)
}

impl Slots for Match {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), subscript: Some(subscript), ..SlotDefs::NONE };
}

#[pymethods]
impl Match {
    /// group([group1, ...]) -> str or tuple.
    /// Return subgroup(s) of the match by indices or names.
    /// For 0 returns the entire match.
    #[pymethod(no_text, "group($self, /, *args)")]
    fn group(vm: &Vm, zelf: &Gc<Match>, args: &[Value]) -> PyResult<Value> {
        match args {
            [] => zelf.group_value(vm, 0, &Value::NONE),
            [one] => {
                let g = zelf.group_number(vm, one)?;
                zelf.group_value(vm, g, &Value::NONE)
            }
            many => {
                let mut out = Vec::new();
                for a in many {
                    let g = zelf.group_number(vm, a)?;
                    out.push(zelf.group_value(vm, g, &Value::NONE)?);
                }
                Ok(vm.new_tuple(out).into_value())
            }
        }
    }

    /// Return a tuple containing all the subgroups of the match, from 1.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[pymethod("groups($self, /, default=None)")]
    fn groups(vm: &Vm, zelf: &Gc<Match>, default: &Value) -> PyResult<Value> {
        let held = Held::new(vm, &zelf.string, None)?;
        let groups = zelf.offsets.groups.iter().map(|span| match *span {
            Some((a, b)) => held.slice(vm, a, b),
            None => Ok(default.clone()),
        });
        Ok(vm.new_tuple(groups.collect::<PyResult<_>>()?).into_value())
    }

    /// Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name.
    ///
    ///   default
    ///     Is used for groups that did not participate in the match.
    #[pymethod("groupdict($self, /, default=None)")]
    fn groupdict(vm: &Vm, zelf: &Gc<Match>, default: &Value) -> PyResult<Value> {
        let d = vm.new_dict();
        for (name, n) in zelf.pattern.groupindex.pairs() {
            let g = n.as_int().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
            let v = zelf.group_value(vm, g, default)?;
            d.set(vm, &name, v)?;
        }
        Ok(d.into_value())
    }

    /// Return index of the start of the substring matched by group.
    #[pymethod("start($self, group=0, /)")]
    fn start(vm: &Vm, zelf: &Gc<Match>, group: Option<&Value>) -> PyResult<i64> {
        Ok(zelf.span_of(vm, group)?.0)
    }

    /// Return index of the end of the substring matched by group.
    #[pymethod("end($self, group=0, /)")]
    fn end(vm: &Vm, zelf: &Gc<Match>, group: Option<&Value>) -> PyResult<i64> {
        Ok(zelf.span_of(vm, group)?.1)
    }

    /// For match object m, return the 2-tuple (m.start(group), m.end(group)).
    #[pymethod("span($self, group=0, /)")]
    fn span(vm: &Vm, zelf: &Gc<Match>, group: Option<&Value>) -> PyResult<(i64, i64)> {
        zelf.span_of(vm, group)
    }

    /// Return the string obtained by doing backslash substitution on the string template, as done by the sub() method.
    #[pymethod("expand($self, /, template)")]
    fn expand(vm: &Vm, zelf: &Gc<Match>, template: &Value) -> PyResult<Value> {
        let re = vm.import_named("re")?;
        let t = vm.call_method(&re, "_compile_template", &[zelf.pattern.to_value(), template.clone()])?;
        super::template::expand(vm, &t, zelf)
    }

    #[pymethod("__copy__($self, /)")]
    fn copy(_vm: &Vm, zelf: &Value) -> Value {
        zelf.clone()
    }

    #[pymethod("__deepcopy__($self, memo, /)")]
    fn deepcopy(_vm: &Vm, zelf: &Value, _memo: &Value) -> Value {
        zelf.clone()
    }

    /// The string passed to match() or search().
    #[pygetter("string")]
    fn string(_vm: &Vm, zelf: &Gc<Match>) -> Value {
        zelf.string.clone()
    }

    /// The regular expression object.
    #[pygetter("re")]
    fn re(_vm: &Vm, zelf: &Gc<Match>) -> Value {
        zelf.pattern.to_value()
    }

    /// The index into the string at which the RE engine started looking for a match.
    #[pygetter("pos")]
    fn pos(_vm: &Vm, zelf: &Gc<Match>) -> usize {
        zelf.pos
    }

    /// The index into the string beyond which the RE engine will not go.
    #[pygetter("endpos")]
    fn endpos(_vm: &Vm, zelf: &Gc<Match>) -> usize {
        zelf.endpos
    }

    /// The integer index of the last matched capturing group.
    #[pygetter("lastindex")]
    fn lastindex(_vm: &Vm, zelf: &Gc<Match>) -> Option<usize> {
        zelf.lastindex
    }

    /// The name of the last matched capturing group.
    #[pygetter("lastgroup")]
    fn lastgroup(_vm: &Vm, zelf: &Gc<Match>) -> Option<Value> {
        zelf.pattern.indexgroup.get(zelf.lastindex?).cloned()
    }

    #[pygetter("regs")]
    fn regs(vm: &Vm, zelf: &Gc<Match>) -> PyResult<Value> {
        let mut out = Vec::new();
        for g in 0..zelf.count() {
            let (a, b) = zelf.spans().get(g).flatten().map_or((-1, -1), |(a, b)| (a as i64, b as i64));
            out.push(vm.new_tuple(vec![vm.new_int(a), vm.new_int(b)]).into_value());
        }
        Ok(vm.new_tuple(out).into_value())
    }

    #[pyclassmethod("__class_getitem__($type, item, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, item: &Value) -> Value {
        taipan_vm::types::generic_alias::make(vm, cls, item)
    }
}
