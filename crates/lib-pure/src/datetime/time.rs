//! `time`: a time of day, with or without a zone.

use super::args::{self, check_time, int, int_or, state, text};
use super::date::{is_exact, parsed, py_format};
use super::delta::{DAY, SECOND, hash_of};
use super::format::{self, Subject};
use super::{iso, tz};
use std::cell::Cell;
use taipan_vm::native::CallArgs;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;

/// time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object
///
/// All arguments are optional. tzinfo may be None, or an instance of
/// a tzinfo subclass. The remaining arguments may be ints.
#[pytype(name = "time", module = "datetime", flags(BASETYPE))]
#[derive(Trace)]
pub struct Time {
    /// Hour, minute, second, microsecond.
    #[notrace]
    pub fields: [i32; 4],
    #[notrace]
    pub fold: Cell<bool>,
    pub zone: Option<Value>,
    #[notrace]
    hash: Cell<i64>,
}

impl Time {
    pub fn of(fields: [i32; 4], zone: Option<Value>, fold: bool) -> Time {
        Time { fields, fold: Cell::new(fold), zone, hash: Cell::new(-1) }
    }

    pub fn micros(&self) -> i128 {
        let [h, m, s, us] = self.fields.map(i128::from);
        ((h * 60 + m) * 60 + s) * SECOND + us
    }

    fn state(&self, fold: bool) -> [u8; 6] {
        let [h, m, s, us] = self.fields;
        let h = h as u8 | u8::from(fold && self.fold.get()) << 7;
        [h, m as u8, s as u8, (us >> 16) as u8, (us >> 8) as u8, us as u8]
    }
}

/// Microseconds of a state's last three bytes.
pub fn micros_of(s: &[u8]) -> i32 {
    s.iter().fold(0, |n, b| n << 8 | i32::from(*b))
}

/// The zone beside a pickled state.
pub fn state_zone(vm: &Vm, v: Option<&Value>) -> PyResult<Option<Value>> {
    match v.filter(|v| !v.is_none()) {
        None => Ok(None),
        Some(v) if v.is_instance_of::<tz::TzInfo>() => Ok(Some(v.clone())),
        Some(_) => Err(vm.type_error("bad tzinfo state arg")),
    }
}

fn unpickled(vm: &Vm, cls: &Gc<Type>, v: &Value, zone: Option<&Value>) -> PyResult<Option<Value>> {
    let Some(s) = state(vm, v, 6, "time", |at| at(0) & 0x7f < 24)? else { return Ok(None) };
    let zone = state_zone(vm, zone)?;
    let n = |i: usize| i32::from(s[i]);
    let t = Time::of([n(0) & 0x7f, n(1), n(2), micros_of(&s[3..])], zone, s[0] > 127);
    Ok(Some(vm.alloc_in(cls, t)?.into_value()))
}

/// `cls(hour, minute, second, microsecond, tzinfo)`, and the fold.
fn make(vm: &Vm, cls: &Gc<Type>, fields: [i32; 4], zone: Option<Value>, fold: i32) -> PyResult<Value> {
    if is_exact::<Time>(cls) {
        let [h, m, s, us] = fields;
        check_time(vm, [h, m, s, us, fold])?;
        return Ok(vm.alloc(Time::of(fields, zone, fold != 0)).into_value());
    }
    let [h, m, s, us] = fields.map(|n| vm.new_int(i64::from(n)));
    let made = vm.call(cls.as_value(), &[h, m, s, us, zone.unwrap_or(Value::NONE)])?;
    if fold != 0
        && let Some(t) = made.downcast::<Time>()
    {
        t.fold.set(true);
    }
    Ok(made)
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Time>> {
    object::<Time>(vm, v, "time")
}

fn same_zone(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.is(b),
        (None, None) => true,
        _ => false,
    }
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<Time>(), b.downcast::<Time>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let plain = || Ok(Value::bool(op.holds(x.fields.cmp(&y.fields))));
    if same_zone(x.zone.as_ref(), y.zone.as_ref()) {
        return plain();
    }
    let p = tz::offset(vm, x.zone.as_ref(), &Value::NONE)?;
    let q = tz::offset(vm, y.zone.as_ref(), &Value::NONE)?;
    if p == q {
        return plain();
    }
    match (p, q, op) {
        (Some(p), Some(q), _) => Ok(Value::bool(op.holds((x.micros() - p).cmp(&(y.micros() - q))))),
        (.., CompareOp::Eq) => Ok(Value::FALSE),
        (.., CompareOp::Ne) => Ok(Value::TRUE),
        _ => Err(vm.type_error("can't compare offset-naive and offset-aware times")),
    }
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let t = me(vm, v)?;
    if t.hash.get() == -1 {
        let h = match tz::offset(vm, t.zone.as_ref(), &Value::NONE)? {
            None => vm.hash_bytes(&t.state(false)),
            Some(offset) => hash_of(vm, t.micros() - offset)?,
        };
        t.hash.set(h);
    }
    Ok(t.hash.get())
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let t = me(vm, v)?;
    let [h, m, s, us] = t.fields;
    let mut out = format!("{}({h}, {m}", vm.type_of(v).tp_name());
    if s != 0 || us != 0 {
        out.push_str(&format!(", {s}"));
    }
    if us != 0 {
        out.push_str(&format!(", {us}"));
    }
    if let Some(z) = &t.zone {
        out.push_str(&format!(", tzinfo={}", vm.repr_text(z)?));
    }
    out.push_str(if t.fold.get() { ", fold=1)" } else { ")" });
    Ok(vm.new_str(&out).into_value())
}

impl Slots for Time {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        str: Some(|vm, v| vm.call_method(v, "isoformat", &[])),
        hash: Some(hash),
        richcompare: Some(richcompare),
        ..SlotDefs::NONE
    };
}

fn pickled(vm: &Vm, t: &Gc<Time>, protocol: i32) -> Value {
    let mut state = vec![vm.new_bytes(&t.state(protocol > 3)).into_value()];
    state.extend(t.zone.clone());
    let cls = vm.type_of(t.as_value()).to_value();
    vm.tuple_from_iter([cls, vm.new_tuple(state).into_value()].into_iter()).into_value()
}

fn or_none(v: Option<Value>) -> Value {
    v.unwrap_or(Value::NONE)
}

const _: () = assert!(DAY == 86_400 * SECOND);

#[pymethods]
impl Time {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if let ([one, rest @ ..], false) = (args.pos(), args.has_keywords())
            && rest.len() < 2
            && let Some(v) = unpickled(vm, cls, one, rest.first())?
        {
            return Ok(v);
        }
        const NAMES: [&str; 6] = ["hour", "minute", "second", "microsecond", "tzinfo", "fold"];
        let [h, m, s, us, zone, fold] = args::bind(vm, "function", NAMES, 5, 0, args)?;
        let fields = [int_or(vm, h, 0)?, int_or(vm, m, 0)?, int_or(vm, s, 0)?, int_or(vm, us, 0)?];
        let fold = int_or(vm, fold, 0)?;
        let [h, m, s, us] = fields;
        check_time(vm, [h, m, s, us, fold])?;
        let zone = args::zone(vm, zone)?;
        Ok(vm.alloc_in(cls, Time::of(fields, zone, fold != 0))?.into_value())
    }

    /// string, format -> new time parsed from a string (like time.strptime()).
    #[pyclassmethod(no_text, "strptime($type, date_string, format, /)")]
    fn strptime(vm: &Vm, cls: &Value, date_string: &Value, format: &Value) -> PyResult<Value> {
        parsed(vm, "_strptime_datetime_time", cls, date_string, format)
    }

    /// string -> time from a string in ISO 8601 format
    #[pyclassmethod("fromisoformat($type, object, /)")]
    fn fromisoformat(vm: &Vm, cls: &Value, object: &Value) -> PyResult<Value> {
        let Some(s) = object.downcast::<Str>() else {
            return Err(vm.type_error("fromisoformat: argument must be str"));
        };
        let chars = iso::chars(s);
        let chars = chars.strip_prefix(&[u32::from('T')]).unwrap_or(&chars);
        let Ok(mut t) = iso::time(chars) else { return Err(iso::invalid(vm, object)) };
        t.wrap(vm)?;
        let zone = t.zone(vm)?;
        match cls.downcast::<Type>() {
            Some(c) => make(vm, c, t.fields, zone, 0),
            None => Err(vm.type_error("a class is required")),
        }
    }

    /// Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    ///
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    #[pymethod(no_text, "isoformat($self, /, timespec=auto)")]
    fn isoformat(vm: &Vm, zelf: &Gc<Time>, #[raw] timespec: Option<&Value>) -> PyResult<Value> {
        let spec = match timespec {
            Some(v) => Some(text(vm, v, "isoformat() argument 1")?),
            None => None,
        };
        let mut out = format::time_of_day(vm, zelf.fields, spec)?;
        if let Some(n) = tz::offset(vm, zelf.zone.as_ref(), &Value::NONE)? {
            out.push_str(&tz::shown_offset(n, ":"));
        }
        Ok(vm.new_str(&out).into_value())
    }

    /// format -> strftime() style string.
    #[pymethod(no_text, "strftime($self, /, format)")]
    fn strftime(vm: &Vm, zelf: &Gc<Time>, format: &Value) -> PyResult<Value> {
        let format = text(vm, format, "strftime() argument 1")?;
        let [h, m, s, us] = zelf.fields;
        let tuple =
            vm.tuple_from_iter([1900, 1, 1, h, m, s, 0, 1, -1].map(|n| vm.new_int(i64::from(n))).into_iter());
        let subject = Subject { micros: us, zone: zelf.zone.as_ref(), dt: &Value::NONE };
        format::strftime(vm, format, tuple.as_value(), subject)
    }

    /// Formats self with strftime.
    #[pymethod(no_text, "__format__($self, format, /)")]
    fn format(vm: &Vm, zelf: &Value, format: &Value) -> PyResult<Value> {
        py_format(vm, zelf, format)
    }

    /// Return self.tzinfo.utcoffset(self).
    #[pymethod("utcoffset($self, /)")]
    fn utcoffset(vm: &Vm, zelf: &Gc<Time>) -> PyResult<Value> {
        tz::ask(vm, zelf.zone.as_ref(), "utcoffset", &Value::NONE).map(or_none)
    }

    /// Return self.tzinfo.tzname(self).
    #[pymethod("tzname($self, /)")]
    fn tzname(vm: &Vm, zelf: &Gc<Time>) -> PyResult<Value> {
        tz::name(vm, zelf.zone.as_ref(), &Value::NONE)
    }

    /// Return self.tzinfo.dst(self).
    #[pymethod("dst($self, /)")]
    fn dst(vm: &Vm, zelf: &Gc<Time>) -> PyResult<Value> {
        tz::ask(vm, zelf.zone.as_ref(), "dst", &Value::NONE).map(or_none)
    }

    /// Return time with new specified fields.
    #[pymethod(
        "replace($self, /, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    #[pymethod(
        "__replace__($self, /, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    #[allow(clippy::too_many_arguments)]
    fn replace(
        vm: &Vm,
        zelf: &Gc<Time>,
        #[raw] hour: Option<&Value>,
        #[raw] minute: Option<&Value>,
        #[raw] second: Option<&Value>,
        #[raw] microsecond: Option<&Value>,
        #[raw] tzinfo: Option<&Value>,
        #[raw] fold: Option<&Value>,
    ) -> PyResult<Value> {
        let [h, m, s, us] = zelf.fields;
        let fields = [
            int_or(vm, hour, h)?,
            int_or(vm, minute, m)?,
            int_or(vm, second, s)?,
            int_or(vm, microsecond, us)?,
        ];
        let fold = int_or(vm, fold, i32::from(zelf.fold.get()))?;
        args::check_fold(vm, fold)?;
        let zone = match tzinfo {
            Some(_) => args::zone(vm, tzinfo)?,
            None => zelf.zone.clone(),
        };
        make(vm, vm.type_of(zelf.as_value()), fields, zone, fold)
    }

    /// __reduce_ex__(proto) -> (cls, state)
    #[pymethod(no_text, "__reduce_ex__($self, proto, /)")]
    fn reduce_ex(vm: &Vm, zelf: &Gc<Time>, proto: &Value) -> PyResult<Value> {
        Ok(pickled(vm, zelf, int(vm, proto)?))
    }

    /// __reduce__() -> (cls, state)
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Time>) -> Value {
        pickled(vm, zelf, 2)
    }

    #[pygetter("hour")]
    fn get_hour(_vm: &Vm, zelf: &Gc<Time>) -> i32 {
        zelf.fields[0]
    }
    #[pygetter("minute")]
    fn get_minute(_vm: &Vm, zelf: &Gc<Time>) -> i32 {
        zelf.fields[1]
    }
    #[pygetter("second")]
    fn get_second(_vm: &Vm, zelf: &Gc<Time>) -> i32 {
        zelf.fields[2]
    }
    #[pygetter("microsecond")]
    fn get_microsecond(_vm: &Vm, zelf: &Gc<Time>) -> i32 {
        zelf.fields[3]
    }
    #[pygetter("tzinfo")]
    fn get_tzinfo(_vm: &Vm, zelf: &Gc<Time>) -> Value {
        or_none(zelf.zone.clone())
    }
    #[pygetter("fold")]
    fn get_fold(_vm: &Vm, zelf: &Gc<Time>) -> i32 {
        i32::from(zelf.fold.get())
    }
}
