//! `tzinfo` and `timezone`, and how dates and times ask their zone.

use super::State;
use super::args::{self, text};
use super::datetime::{self, DateTime};
use super::delta::{self, DAY, Delta, SECOND};
use taipan_vm::errors::exc;
use taipan_vm::native::CallArgs;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;

/// Abstract base class for time zone info objects.
#[pytype(name = "tzinfo", module = "datetime", flags(BASETYPE))]
#[derive(Trace)]
pub struct TzInfo {}

impl Slots for TzInfo {
    const SLOTS: SlotDefs = SlotDefs::NONE;
}

/// Fixed offset from UTC implementation of tzinfo.
#[pytype(name = "timezone", module = "datetime", base = TzInfo)]
#[derive(Trace)]
pub struct TimeZone {
    base: TzInfo,
    pub offset: Value,
    name: Option<Value>,
}

fn total(offset: &Value) -> i128 {
    offset.downcast::<Delta>().map_or(0, |d| d.total())
}

fn fresh(vm: &Vm, offset: &Value, name: Option<&Value>) -> Value {
    vm.alloc(TimeZone { base: TzInfo {}, offset: offset.clone(), name: name.cloned() }).into_value()
}

/// `timezone.utc`.
pub fn utc(vm: &Vm) -> PyResult<Value> {
    let state = vm.state::<State>();
    if let Some(v) = state.utc.get() {
        return Ok(v);
    }
    let v = fresh(vm, &delta::make(vm, 0)?, None);
    state.utc.set(Some(v.clone()));
    Ok(v)
}

fn out_of_range(vm: &Vm, offset: &Value) -> Raised {
    match vm.repr_text(offset) {
        Ok(shown) => vm.value_error(format_args!(
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {shown}"
        )),
        Err(raised) => raised,
    }
}

/// A zone of a fixed offset; UTC is one object.
pub fn fixed(vm: &Vm, offset: &Value, name: Option<&Value>) -> PyResult<Value> {
    if name.is_none() && total(offset) == 0 {
        return utc(vm);
    }
    checked(vm, offset, name)
}

pub fn checked(vm: &Vm, offset: &Value, name: Option<&Value>) -> PyResult<Value> {
    if total(offset).abs() >= DAY {
        return Err(out_of_range(vm, offset));
    }
    Ok(fresh(vm, offset, name))
}

/// `tzinfo.utcoffset(dt)` or `dst`, checked: microseconds and the object.
pub fn ask(vm: &Vm, zone: Option<&Value>, name: &str, dt: &Value) -> PyResult<Option<Value>> {
    let Some(zone) = zone else { return Ok(None) };
    if let Some(z) = zone.downcast_exact::<TimeZone>() {
        return Ok((name == "utcoffset").then(|| z.offset.clone()));
    }
    let r = vm.call_method(zone, name, std::slice::from_ref(dt))?;
    if r.is_none() {
        return Ok(None);
    }
    if r.downcast::<Delta>().is_none() {
        return Err(vm.type_error(format_args!(
            "tzinfo.{name}() must return None or timedelta, not '{}'",
            vm.type_of(&r).tp_name()
        )));
    }
    if total(&r).abs() >= DAY {
        return Err(out_of_range(vm, &r));
    }
    Ok(Some(r))
}

/// The offset from UTC in microseconds.
pub fn offset(vm: &Vm, zone: Option<&Value>, dt: &Value) -> PyResult<Option<i128>> {
    Ok(ask(vm, zone, "utcoffset", dt)?.map(|o| total(&o)))
}

/// `tzinfo.tzname(dt)`, checked.
pub fn name(vm: &Vm, zone: Option<&Value>, dt: &Value) -> PyResult<Value> {
    let Some(zone) = zone else { return Ok(Value::NONE) };
    let r = vm.call_method(zone, "tzname", std::slice::from_ref(dt))?;
    if r.is_none() || r.is_instance_of::<Str>() {
        return Ok(r);
    }
    Err(vm.type_error(format_args!(
        "tzinfo.tzname() must return None or a string, not '{}'",
        vm.type_of(&r).tp_name()
    )))
}

/// `+HH:MM[:SS[.ffffff]]` for an offset.
pub fn shown_offset(total: i128, sep: &str) -> String {
    let sign = if total < 0 { '-' } else { '+' };
    let size = total.abs();
    let (seconds, micros) = (size / SECOND, size % SECOND);
    let mut out = format!("{sign}{:02}{sep}{:02}", seconds / 3600, seconds / 60 % 60);
    if seconds % 60 != 0 || micros != 0 {
        out.push_str(&format!("{sep}{:02}", seconds % 60));
        if micros != 0 {
            out.push_str(&format!(".{micros:06}"));
        }
    }
    out
}

fn must_implement(vm: &Vm, name: &str) -> Raised {
    vm.raise_new(&exc::NotImplementedError, format_args!("a tzinfo subclass must implement {name}()"))
}

#[pymethods]
impl TzInfo {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, TzInfo {})?.into_value())
    }

    /// datetime -> string name of time zone.
    #[pymethod("tzname($self, object, /)")]
    fn tzname(vm: &Vm, _zelf: &Gc<TzInfo>, _object: &Value) -> PyResult<Value> {
        Err(must_implement(vm, "tzname"))
    }

    /// datetime -> timedelta showing offset from UTC, negative values indicating West of UTC
    #[pymethod("utcoffset($self, object, /)")]
    fn utcoffset(vm: &Vm, _zelf: &Gc<TzInfo>, _object: &Value) -> PyResult<Value> {
        Err(must_implement(vm, "utcoffset"))
    }

    /// datetime -> DST offset as timedelta positive east of UTC.
    #[pymethod("dst($self, object, /)")]
    fn dst(vm: &Vm, _zelf: &Gc<TzInfo>, _object: &Value) -> PyResult<Value> {
        Err(must_implement(vm, "dst"))
    }

    /// datetime in UTC -> datetime in local time.
    #[pymethod("fromutc($self, object, /)")]
    fn fromutc(vm: &Vm, zelf: &Gc<TzInfo>, object: &Value) -> PyResult<Value> {
        let Some(dt) = object.downcast::<DateTime>() else {
            return Err(vm.type_error("fromutc: argument must be a datetime"));
        };
        if !dt.zone().is_some_and(|z| z.is(zelf.as_value())) {
            return Err(vm.value_error("fromutc: dt.tzinfo is not self"));
        }
        let required =
            |what: &str| vm.value_error(format_args!("fromutc: non-None {what}() result required"));
        let Some(off) = ask(vm, dt.zone(), "utcoffset", object)? else { return Err(required("utcoffset")) };
        let Some(dst) = ask(vm, dt.zone(), "dst", object)? else { return Err(required("dst")) };
        let standard = total(&off) - total(&dst);
        let mut result = object.clone();
        let mut dst = total(&dst);
        if standard != 0 {
            result = datetime::shifted(vm, dt, standard)?;
            dst = match ask(vm, Some(zelf.as_value()), "dst", &result)? {
                Some(d) => total(&d),
                None => {
                    return Err(vm.value_error("fromutc: tz.dst() gave inconsistent results; cannot convert"));
                }
            };
        }
        match result.downcast::<DateTime>() {
            Some(r) if dst != 0 => datetime::shifted(vm, r, dst),
            _ => Ok(result),
        }
    }

    /// -> (cls, state)
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        let args = match vm.lookup_attr_str(zelf, "__getinitargs__")? {
            Some(f) => vm.call0(&f)?,
            None => vm.new_tuple(Vec::new()).into_value(),
        };
        let state = vm.call_method(zelf, "__getstate__", &[])?;
        let cls = vm.type_of(zelf).to_value();
        Ok(vm.tuple_from_iter([cls, args, state].into_iter()).into_value())
    }
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<TimeZone>> {
    object::<TimeZone>(vm, v, "timezone")
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let z = me(vm, v)?;
    if v.is(&utc(vm)?) {
        return Ok(vm.new_str("datetime.timezone.utc").into_value());
    }
    let mut out = format!("{}({}", vm.type_of(v).tp_name(), vm.repr_text(&z.offset)?);
    if let Some(n) = &z.name {
        out.push_str(&format!(", {}", vm.repr_text(n)?));
    }
    out.push(')');
    Ok(vm.new_str(&out).into_value())
}

fn own_name(vm: &Vm, z: &TimeZone) -> Value {
    match &z.name {
        Some(n) => n.clone(),
        None if total(&z.offset) == 0 => vm.new_str("UTC").into_value(),
        None => vm.new_str(&format!("UTC{}", shown_offset(total(&z.offset), ":"))).into_value(),
    }
}

fn richcompare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<TimeZone>(), b.downcast::<TimeZone>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let same = total(&x.offset) == total(&y.offset);
    Ok(match op {
        CompareOp::Eq => Value::bool(same),
        CompareOp::Ne => Value::bool(!same),
        _ => Value::NOT_IMPLEMENTED,
    })
}

impl Slots for TimeZone {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        str: Some(|vm, v| Ok(own_name(vm, me(vm, v)?))),
        hash: Some(|vm, v| vm.hash(&me(vm, v)?.offset.clone())),
        richcompare: Some(richcompare),
        ..SlotDefs::NONE
    };
}

fn check_datetime(vm: &Vm, v: &Value, name: &str) -> PyResult<()> {
    if v.is_none() || v.is_instance_of::<DateTime>() {
        return Ok(());
    }
    Err(vm.type_error(format_args!(
        "{name}(dt) argument must be a datetime instance or None, not {}",
        vm.type_of(v).tp_name()
    )))
}

#[pymethods]
impl TimeZone {
    #[pynew(raw)]
    fn new(vm: &Vm, _cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [offset, name] = args::bind(vm, "timezone()", ["offset", "name"], 2, 1, args)?;
        let Some(offset) = offset.filter(|o| o.is_instance_of::<Delta>()) else {
            let got = offset.map(|o| vm.shown_type_name(o)).unwrap_or_default();
            return Err(
                vm.type_error(format_args!("timezone() argument 1 must be datetime.timedelta, not {got}"))
            );
        };
        if let Some(n) = name {
            text(vm, n, "timezone() argument 2")?;
        }
        fixed(vm, offset, name)
    }

    /// If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'.
    #[pymethod("tzname($self, object, /)")]
    fn tzname(vm: &Vm, zelf: &Gc<TimeZone>, object: &Value) -> PyResult<Value> {
        check_datetime(vm, object, "tzname")?;
        Ok(own_name(vm, zelf))
    }

    /// Return fixed offset.
    #[pymethod("utcoffset($self, object, /)")]
    fn utcoffset(vm: &Vm, zelf: &Gc<TimeZone>, object: &Value) -> PyResult<Value> {
        check_datetime(vm, object, "utcoffset")?;
        Ok(zelf.offset.clone())
    }

    /// Return None.
    #[pymethod("dst($self, object, /)")]
    fn dst(vm: &Vm, _zelf: &Gc<TimeZone>, object: &Value) -> PyResult<Value> {
        check_datetime(vm, object, "dst")?;
        Ok(Value::NONE)
    }

    /// datetime in UTC -> datetime in local time.
    #[pymethod("fromutc($self, object, /)")]
    fn fromutc(vm: &Vm, zelf: &Gc<TimeZone>, object: &Value) -> PyResult<Value> {
        let Some(dt) = object.downcast::<DateTime>() else {
            return Err(vm.type_error("fromutc: argument must be a datetime"));
        };
        if !dt.zone().is_some_and(|z| z.is(zelf.as_value())) {
            return Err(vm.value_error("fromutc: dt.tzinfo is not self"));
        }
        datetime::shifted(vm, dt, total(&zelf.offset))
    }

    /// pickle support
    #[pymethod("__getinitargs__($self, /)")]
    fn getinitargs(vm: &Vm, zelf: &Gc<TimeZone>) -> Value {
        let mut parts = vec![zelf.offset.clone()];
        parts.extend(zelf.name.clone());
        vm.new_tuple(parts).into_value()
    }
}
