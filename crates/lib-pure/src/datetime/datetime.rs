//! `datetime`: a date and a time of day.

use super::args::{self, check_date, check_time, int, int_or, state, text};
use super::calendar::{MAX_ORDINAL, from_ordinal, weekday};
use super::clock;
use super::date::{Date, is_exact, iso_text, out_of_range, parsed};
use super::delta::{self, DAY, Delta, SECOND, hash_of};
use super::format::{self, DAYS, MONTHS};
use super::time::{Time, micros_of, state_zone};
use super::{iso, tz};
use std::cell::Cell;
use std::cmp::Ordering;
use taipan_vm::errors::exc;
use taipan_vm::native::CallArgs;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::protocol::BinaryOp;

/// datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])
///
/// The year, month and day arguments are required. tzinfo may be None, or an
/// instance of a tzinfo subclass. The remaining arguments may be ints.
#[pytype(name = "datetime", module = "datetime", base = Date, flags(BASETYPE))]
#[derive(Trace)]
pub struct DateTime {
    date: Date,
    #[notrace]
    hour: i32,
    #[notrace]
    minute: i32,
    #[notrace]
    second: i32,
    #[notrace]
    pub micros: i32,
    #[notrace]
    fold: Cell<bool>,
    zone: Option<Value>,
}

type Fields = [i32; 7];

impl DateTime {
    fn of([y, m, d, hour, minute, second, micros]: Fields, zone: Option<Value>, fold: bool) -> DateTime {
        let date = Date::of(y, m, d);
        DateTime { date, hour, minute, second, micros, fold: Cell::new(fold), zone }
    }

    pub fn zone(&self) -> Option<&Value> {
        self.zone.as_ref()
    }

    fn fields(&self) -> Fields {
        let (y, m, d) = self.date.ymd();
        [y, m, d, self.hour, self.minute, self.second, self.micros]
    }

    fn seconds(&self) -> [i32; 6] {
        let [y, m, d, hh, mm, ss, _] = self.fields();
        [y, m, d, hh, mm, ss]
    }

    fn time_fields(&self) -> [i32; 4] {
        [self.hour, self.minute, self.second, self.micros]
    }

    /// Microseconds since day 0, whatever the zone.
    fn total(&self) -> i128 {
        i128::from(clock::seconds_of(self.seconds())) * SECOND + i128::from(self.micros)
    }

    fn state(&self, fold: bool) -> [u8; 10] {
        let [y, m, d, hh, mm, ss, us] = self.fields();
        let m = m as u8 | u8::from(fold && self.fold.get()) << 7;
        let (us1, us2, us3) = ((us >> 16) as u8, (us >> 8) as u8, us as u8);
        [(y >> 8) as u8, y as u8, m, d as u8, hh as u8, mm as u8, ss as u8, us1, us2, us3]
    }
}

/// The fields of so many microseconds since day 0.
fn broken(vm: &Vm, total: i128) -> PyResult<Fields> {
    // What is in range fits a word.
    let Ok(total) = i64::try_from(total) else { return Err(out_of_range(vm)) };
    let (day, second) = (DAY as i64, SECOND as i64);
    let ordinal = total.div_euclid(day);
    if !(1..=MAX_ORDINAL).contains(&ordinal) {
        return Err(out_of_range(vm));
    }
    let (y, m, d) = from_ordinal(ordinal);
    let rest = total.rem_euclid(day);
    let (s, us) = ((rest / second) as i32, (rest % second) as i32);
    Ok([y, m, d, s / 3600, s / 60 % 60, s % 60, us])
}

/// `cls(year, …, tzinfo)`, and the fold.
fn make(vm: &Vm, cls: &Gc<Type>, fields: Fields, zone: Option<Value>, fold: i32) -> PyResult<Value> {
    let [y, m, d, hh, mm, ss, us] = fields;
    if is_exact::<DateTime>(cls) {
        check_date(vm, y, m, d)?;
        check_time(vm, [hh, mm, ss, us, fold])?;
        return Ok(vm.alloc(DateTime::of(fields, zone, fold != 0)).into_value());
    }
    let mut args: Vec<Value> = fields.iter().map(|n| vm.new_int(i64::from(*n))).collect();
    args.push(zone.unwrap_or(Value::NONE));
    let made = vm.call(cls.as_value(), &args)?;
    if fold != 0
        && let Some(d) = made.downcast::<DateTime>()
    {
        d.fold.set(true);
    }
    Ok(made)
}

/// One so many microseconds later, of the same class and zone.
pub fn shifted(vm: &Vm, dt: &Gc<DateTime>, micros: i128) -> PyResult<Value> {
    let fields = broken(vm, dt.total() + micros)?;
    make(vm, vm.type_of(dt.as_value()), fields, dt.zone.clone(), 0)
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<DateTime>> {
    object::<DateTime>(vm, v, "datetime")
}

fn offset(vm: &Vm, dt: &Gc<DateTime>) -> PyResult<Option<i128>> {
    tz::offset(vm, dt.zone(), dt.as_value())
}

fn same_zone(a: &DateTime, b: &DateTime) -> bool {
    match (&a.zone, &b.zone) {
        (Some(a), Some(b)) => a.is(b),
        (None, None) => true,
        _ => false,
    }
}

/// Whether the offset depends on the fold: such times equal none of other zones.
fn depends_on_fold(vm: &Vm, dt: &Gc<DateTime>, now: Option<i128>) -> PyResult<bool> {
    let flipped = DateTime::of(dt.fields(), dt.zone.clone(), !dt.fold.get());
    let flipped = vm.alloc_in(vm.type_of(dt.as_value()), flipped)?;
    Ok(offset(vm, &flipped)? != now)
}

fn richcompare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<DateTime>(), b.downcast::<DateTime>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if same_zone(x, y) {
        return Ok(Value::bool(op.holds(x.fields().cmp(&y.fields()))));
    }
    let (p, q) = (offset(vm, x)?, offset(vm, y)?);
    let mut order = match (p, q) {
        (Some(p), Some(q)) => (x.total() - p).cmp(&(y.total() - q)),
        (None, None) => x.fields().cmp(&y.fields()),
        _ => {
            return match op {
                CompareOp::Eq => Ok(Value::FALSE),
                CompareOp::Ne => Ok(Value::TRUE),
                _ => Err(vm.type_error("can't compare offset-naive and offset-aware datetimes")),
            };
        }
    };
    if matches!(op, CompareOp::Eq | CompareOp::Ne)
        && order.is_eq()
        && (depends_on_fold(vm, x, p)? || depends_on_fold(vm, y, q)?)
    {
        order = Ordering::Greater;
    }
    Ok(Value::bool(op.holds(order)))
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let dt = me(vm, v)?;
    if dt.date.hash.get() == -1 {
        let off = if dt.fold.get() {
            let first = DateTime::of(dt.fields(), dt.zone.clone(), false);
            offset(vm, &vm.alloc_in(vm.type_of(v), first)?)?
        } else {
            offset(vm, dt)?
        };
        let h = match off {
            None => vm.hash_bytes(&dt.state(false)),
            Some(off) => hash_of(vm, dt.total() - off)?,
        };
        dt.date.hash.set(h);
    }
    Ok(dt.date.hash.get())
}

fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.downcast::<DateTime>(), b.downcast::<Delta>(), b.downcast::<DateTime>(), a.downcast::<Delta>()) {
        (Some(d), Some(t), ..) | (.., Some(d), Some(t)) => shifted(vm, d, t.total()),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// The time between two, in microseconds.
fn between(vm: &Vm, x: &Gc<DateTime>, y: &Gc<DateTime>) -> PyResult<i128> {
    let plain = x.total() - y.total();
    if same_zone(x, y) {
        return Ok(plain);
    }
    match (offset(vm, x)?, offset(vm, y)?) {
        (Some(p), Some(q)) => Ok(plain - p + q),
        (None, None) => Ok(plain),
        _ => Err(vm.type_error("can't subtract offset-naive and offset-aware datetimes")),
    }
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(x) = a.downcast::<DateTime>() else { return Ok(Value::NOT_IMPLEMENTED) };
    if let Some(y) = b.downcast::<DateTime>() {
        return delta::make(vm, between(vm, x, y)?);
    }
    match b.downcast::<Delta>() {
        Some(t) => shifted(vm, x, -t.total()),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let dt = me(vm, v)?;
    let fields = dt.fields();
    let shown = match fields {
        [.., 0, 0] => 5,
        [.., 0] => 6,
        _ => 7,
    };
    let parts: Vec<String> = fields.iter().take(shown).map(i32::to_string).collect();
    let mut out = format!("{}({}", vm.type_of(v).tp_name(), parts.join(", "));
    if dt.fold.get() {
        out.push_str(", fold=1");
    }
    if let Some(z) = &dt.zone {
        out.push_str(&format!(", tzinfo={}", vm.repr_text(z)?));
    }
    out.push(')');
    Ok(vm.new_str(&out).into_value())
}

fn str(vm: &Vm, v: &Value) -> PyResult<Value> {
    let f = vm.get_attr_str(v, "isoformat")?;
    vm.call(&f, &[vm.new_str(" ").into_value()])
}

impl Slots for DateTime {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        str: Some(str),
        hash: Some(hash),
        richcompare: Some(richcompare),
        add: Some(add),
        subtract: Some(subtract),
        ..SlotDefs::NONE
    };
}

fn unpickled(vm: &Vm, cls: &Gc<Type>, v: &Value, zone: Option<&Value>) -> PyResult<Option<Value>> {
    let sane = |at: &dyn Fn(usize) -> u32| (1..=12).contains(&(at(2) & 0x7f));
    let Some(s) = state(vm, v, 10, "datetime", sane)? else { return Ok(None) };
    let zone = state_zone(vm, zone)?;
    let n = |i: usize| i32::from(s[i]);
    let fields = [n(0) << 8 | n(1), n(2) & 0x7f, n(3), n(4), n(5), n(6), micros_of(&s[7..])];
    Ok(Some(vm.alloc_in(cls, DateTime::of(fields, zone, s[2] > 127))?.into_value()))
}

fn class<'a>(vm: &Vm, cls: &'a Value) -> PyResult<&'a Gc<Type>> {
    match cls.downcast::<Type>() {
        Some(c) => Ok(c),
        None => Err(vm.type_error("a class is required")),
    }
}

/// The time of a timestamp: local, or in UTC, with the zone put in.
fn from_timestamp(
    vm: &Vm,
    cls: &Value,
    (seconds, micros): (i64, i32),
    utc: bool,
    zone: Option<Value>,
) -> PyResult<Value> {
    let now = if utc { clock::utc(vm, seconds)? } else { clock::local(vm, seconds)? };
    let [y, m, d, hh, mm, ss] = now;
    check_date(vm, y, m, d)?;
    let fold = !utc && zone.is_none() && clock::is_fold(vm, seconds, now)?;
    make(vm, class(vm, cls)?, [y, m, d, hh, mm, ss, micros], zone, i32::from(fold))
}

/// The same in a zone: its `fromutc` is asked.
fn in_zone(vm: &Vm, cls: &Value, at: (i64, i32), zone: Option<Value>) -> PyResult<Value> {
    let Some(z) = zone else { return from_timestamp(vm, cls, at, false, None) };
    let made = from_timestamp(vm, cls, at, true, Some(z.clone()))?;
    vm.call_method(&z, "fromutc", &[made])
}

fn now(vm: &Vm) -> (i64, i32) {
    let ns = vm.host().realtime_ns();
    (ns.div_euclid(1_000_000_000), (ns.rem_euclid(1_000_000_000) / 1000) as i32)
}

fn deprecated(vm: &Vm, what: &str, instead: &str) -> PyResult<()> {
    vm.warn(
        &exc::DeprecationWarning,
        format_args!(
            "datetime.datetime.{what}() is deprecated and scheduled for removal in a future version. Use timezone-aware objects to represent datetimes in UTC: datetime.datetime.{instead}."
        ),
        1,
    )
}

/// The local zone at a timestamp.
fn zone_at(vm: &Vm, seconds: i64) -> PyResult<Value> {
    let (offset, name) = clock::local_zone(vm, seconds)?;
    let offset = delta::new(vm, 0, offset, 0)?;
    tz::checked(vm, &offset, Some(vm.new_str(&name).as_value()))
}

/// The local zone at a local time.
fn local_zone(vm: &Vm, dt: &DateTime) -> PyResult<Value> {
    let fold = dt.fold.get();
    let mut at = clock::timestamp(vm, dt.seconds(), fold)?;
    let other = clock::timestamp(vm, dt.seconds(), !fold)?;
    // In a gap.
    if other != at && (other > at) == fold {
        at = other;
    }
    zone_at(vm, at)
}

fn pickled(vm: &Vm, dt: &Gc<DateTime>, protocol: i32) -> Value {
    let mut state = vec![vm.new_bytes(&dt.state(protocol > 3)).into_value()];
    state.extend(dt.zone.clone());
    let cls = vm.type_of(dt.as_value()).to_value();
    vm.tuple_from_iter([cls, vm.new_tuple(state).into_value()].into_iter()).into_value()
}

fn or_none(v: Option<Value>) -> Value {
    v.unwrap_or(Value::NONE)
}

#[pymethods]
impl DateTime {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if let ([one, rest @ ..], false) = (args.pos(), args.has_keywords())
            && rest.len() < 2
            && let Some(v) = unpickled(vm, cls, one, rest.first())?
        {
            return Ok(v);
        }
        const NAMES: [&str; 9] =
            ["year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo", "fold"];
        let given = args::bind(vm, "function", NAMES, 8, 0, args)?;
        let [y, m, d, hh, mm, ss, us, zone, fold] = given;
        let [y, m, d] = args::required(vm, ["year", "month", "day"], [y, m, d])?;
        let mut fields = [y, m, d, 0, 0, 0, 0];
        for (place, v) in fields.iter_mut().skip(3).zip([hh, mm, ss, us]) {
            *place = int_or(vm, v, 0)?;
        }
        let fold = int_or(vm, fold, 0)?;
        let [y, m, d, hh, mm, ss, us] = fields;
        check_date(vm, y, m, d)?;
        check_time(vm, [hh, mm, ss, us, fold])?;
        let zone = args::zone(vm, zone)?;
        Ok(vm.alloc_in(cls, DateTime::of(fields, zone, fold != 0))?.into_value())
    }

    /// Returns new datetime object representing current time local to tz.
    ///
    ///   tz
    ///     Timezone object.
    ///
    /// If no tz is specified, uses local timezone.
    #[pyclassmethod("now($type, /, tz=None)")]
    fn now(vm: &Vm, cls: &Value, tz: &Value) -> PyResult<Value> {
        let zone = args::zone(vm, Some(tz))?;
        in_zone(vm, cls, now(vm), zone)
    }

    /// Return a new datetime representing UTC day and time.
    #[pyclassmethod("utcnow($type, /)")]
    fn utcnow(vm: &Vm, cls: &Value) -> PyResult<Value> {
        deprecated(vm, "utcnow", "now(datetime.UTC)")?;
        from_timestamp(vm, cls, now(vm), true, None)
    }

    /// timestamp[, tz] -> tz's local time from POSIX timestamp.
    #[pyclassmethod(no_text, "fromtimestamp($type, /, timestamp, tz=None)")]
    fn fromtimestamp(vm: &Vm, cls: &Value, timestamp: &Value, tz: &Value) -> PyResult<Value> {
        let zone = args::zone(vm, Some(tz))?;
        in_zone(vm, cls, clock::seconds_and_micros(vm, timestamp)?, zone)
    }

    /// Construct a naive UTC datetime from a POSIX timestamp.
    #[pyclassmethod(no_text, "utcfromtimestamp($type, timestamp, /)")]
    fn utcfromtimestamp(vm: &Vm, cls: &Value, timestamp: &Value) -> PyResult<Value> {
        deprecated(vm, "utcfromtimestamp", "fromtimestamp(t, datetime.UTC)")?;
        from_timestamp(vm, cls, clock::seconds_and_micros(vm, timestamp)?, true, None)
    }

    /// string, format -> new datetime parsed from a string (like time.strptime()).
    #[pyclassmethod(no_text, "strptime($type, date_string, format, /)")]
    fn strptime(vm: &Vm, cls: &Value, date_string: &Value, format: &Value) -> PyResult<Value> {
        parsed(vm, "_strptime_datetime_datetime", cls, date_string, format)
    }

    /// date, time -> datetime with same date and time fields
    #[pyclassmethod(no_text, "combine($type, /, date, time, tzinfo=unset)")]
    fn combine(
        vm: &Vm,
        cls: &Value,
        date: &Value,
        time: &Value,
        #[raw] tzinfo: Option<&Value>,
    ) -> PyResult<Value> {
        let wrong = |n: i32, what: &str, v: &Value| {
            vm.type_error(format_args!(
                "combine() argument {n} must be datetime.{what}, not {}",
                vm.shown_type_name(v)
            ))
        };
        let Some(d) = date.downcast::<Date>() else { return Err(wrong(1, "date", date)) };
        let Some(t) = time.downcast::<Time>() else { return Err(wrong(2, "time", time)) };
        let zone = match tzinfo {
            Some(_) => args::zone(vm, tzinfo)?,
            None => t.zone.clone(),
        };
        let ((y, m, d), [hh, mm, ss, us]) = (d.ymd(), t.fields);
        make(vm, class(vm, cls)?, [y, m, d, hh, mm, ss, us], zone, i32::from(t.fold.get()))
    }

    /// string -> datetime from a string in most ISO 8601 formats
    #[pyclassmethod("fromisoformat($type, object, /)")]
    fn fromisoformat(vm: &Vm, cls: &Value, object: &Value) -> PyResult<Value> {
        let Some(s) = object.downcast::<Str>() else {
            return Err(vm.type_error("fromisoformat: argument must be str"));
        };
        let chars = iso::chars(s);
        let read = || {
            if chars.len() < 7 {
                return Err(iso::Malformed);
            }
            let at = iso::separator(&chars)?;
            let date = iso::date(chars.get(..at).ok_or(iso::Malformed)?)?;
            match chars.get(at + 1..) {
                None | Some([]) if at >= chars.len() => Ok((date, None)),
                None | Some([]) => Err(iso::Malformed),
                Some(rest) => Ok((date, Some(iso::time(rest)?))),
            }
        };
        let Ok((mut date, time)) = read() else { return Err(iso::invalid(vm, object)) };
        let (mut fields, mut zone) = ([0; 4], None);
        if let Some(mut t) = time {
            if t.wrap(vm)? {
                date = iso::next_day(date);
            }
            fields = t.fields;
            zone = t.zone(vm)?;
        }
        let ((y, m, d), [hh, mm, ss, us]) = (date, fields);
        make(vm, class(vm, cls)?, [y, m, d, hh, mm, ss, us], zone, 0)
    }

    /// Return date object with same year, month and day.
    #[pymethod("date($self, /)")]
    fn py_date(vm: &Vm, zelf: &Gc<DateTime>) -> Value {
        let (y, m, d) = zelf.date.ymd();
        vm.alloc(Date::of(y, m, d)).into_value()
    }

    /// Return time object with same time but with tzinfo=None.
    #[pymethod("time($self, /)")]
    fn py_time(vm: &Vm, zelf: &Gc<DateTime>) -> Value {
        vm.alloc(Time::of(zelf.time_fields(), None, zelf.fold.get())).into_value()
    }

    /// Return time object with same time and tzinfo.
    #[pymethod("timetz($self, /)")]
    fn timetz(vm: &Vm, zelf: &Gc<DateTime>) -> Value {
        vm.alloc(Time::of(zelf.time_fields(), zelf.zone.clone(), zelf.fold.get())).into_value()
    }

    /// Return ctime() style string.
    #[pymethod("ctime($self, /)")]
    fn ctime(_vm: &Vm, zelf: &Gc<DateTime>) -> String {
        let [y, m, d, hh, mm, ss, _] = zelf.fields();
        let (day, month) = (DAYS[weekday(y, m, d) as usize % 7], MONTHS[(m - 1) as usize % 12]);
        format!("{day} {month} {d:2} {hh:02}:{mm:02}:{ss:02} {y:04}")
    }

    /// Return time tuple, compatible with time.localtime().
    #[pymethod("timetuple($self, /)")]
    fn timetuple(vm: &Vm, zelf: &Gc<DateTime>) -> PyResult<Value> {
        let dst = match tz::ask(vm, zelf.zone(), "dst", zelf.as_value())? {
            None => -1,
            Some(d) => i32::from(vm.is_true(&d)?),
        };
        format::struct_time(vm, zelf.seconds(), dst)
    }

    /// Return POSIX timestamp as float.
    #[pymethod("timestamp($self, /)")]
    fn timestamp(vm: &Vm, zelf: &Gc<DateTime>) -> PyResult<Value> {
        let Some(off) = offset(vm, zelf)? else {
            if zelf.zone.is_some() {
                return Err(vm.type_error("can't subtract offset-naive and offset-aware datetimes"));
            }
            let seconds = clock::timestamp(vm, zelf.seconds(), zelf.fold.get())?;
            return Ok(vm.new_float(seconds as f64 + f64::from(zelf.micros) / 1e6));
        };
        let micros = zelf.total() - off - i128::from(clock::EPOCH) * SECOND;
        vm.binary_op(BinaryOp::TrueDiv, &vm.new_wide(micros), &vm.new_int(SECOND as i64))
    }

    /// Return UTC time tuple, compatible with time.localtime().
    #[pymethod("utctimetuple($self, /)")]
    fn utctimetuple(vm: &Vm, zelf: &Gc<DateTime>) -> PyResult<Value> {
        let off = offset(vm, zelf)?.unwrap_or(0);
        let [y, m, d, hh, mm, ss, _] = broken(vm, zelf.total() - off)?;
        format::struct_time(vm, [y, m, d, hh, mm, ss], 0)
    }

    /// [sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].
    /// sep is used to separate the year from the time, and defaults to 'T'.
    /// The optional argument timespec specifies the number of additional terms
    /// of the time to include. Valid options are 'auto', 'hours', 'minutes',
    /// 'seconds', 'milliseconds' and 'microseconds'.
    #[pymethod(no_text, "isoformat($self, /, sep='T', timespec=auto)")]
    fn isoformat(
        vm: &Vm,
        zelf: &Gc<DateTime>,
        #[raw] sep: Option<&Value>,
        #[raw] timespec: Option<&Value>,
    ) -> PyResult<Value> {
        let spec = match timespec {
            Some(v) => Some(text(vm, v, "isoformat() argument 2")?),
            None => None,
        };
        let mut out = taipan_text::wtf8::Wtf8Buf::from(iso_text(zelf.date.ymd()));
        match sep {
            None => out.push_str("T"),
            Some(v) => match v.downcast::<Str>() {
                Some(s) if s.char_len() == 1 => out.push_wtf8(s.as_wtf8()),
                Some(s) => {
                    return Err(vm.type_error(format_args!(
                        "isoformat() argument 1 must be a unicode character, not a string of length {}",
                        s.char_len()
                    )));
                }
                None => {
                    return Err(vm.type_error(format_args!(
                        "isoformat() argument 1 must be a unicode character, not {}",
                        vm.shown_type_name(v)
                    )));
                }
            },
        }
        out.push_str(&format::time_of_day(vm, zelf.time_fields(), spec)?);
        if let Some(n) = offset(vm, zelf)? {
            out.push_str(&tz::shown_offset(n, ":"));
        }
        Ok(vm.new_wtf8_buf(out).into_value())
    }

    /// Return self.tzinfo.utcoffset(self).
    #[pymethod("utcoffset($self, /)")]
    fn utcoffset(vm: &Vm, zelf: &Gc<DateTime>) -> PyResult<Value> {
        tz::ask(vm, zelf.zone(), "utcoffset", zelf.as_value()).map(or_none)
    }

    /// Return self.tzinfo.tzname(self).
    #[pymethod("tzname($self, /)")]
    fn tzname(vm: &Vm, zelf: &Gc<DateTime>) -> PyResult<Value> {
        tz::name(vm, zelf.zone(), zelf.as_value())
    }

    /// Return self.tzinfo.dst(self).
    #[pymethod("dst($self, /)")]
    fn dst(vm: &Vm, zelf: &Gc<DateTime>) -> PyResult<Value> {
        tz::ask(vm, zelf.zone(), "dst", zelf.as_value()).map(or_none)
    }

    /// Return datetime with new specified fields.
    #[pymethod(
        "replace($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    #[pymethod(
        "__replace__($self, /, year=unchanged, month=unchanged, day=unchanged, hour=unchanged, minute=unchanged, second=unchanged, microsecond=unchanged, tzinfo=unchanged, *, fold=unchanged)"
    )]
    #[allow(clippy::too_many_arguments)]
    fn replace(
        vm: &Vm,
        zelf: &Gc<DateTime>,
        #[raw] year: Option<&Value>,
        #[raw] month: Option<&Value>,
        #[raw] day: Option<&Value>,
        #[raw] hour: Option<&Value>,
        #[raw] minute: Option<&Value>,
        #[raw] second: Option<&Value>,
        #[raw] microsecond: Option<&Value>,
        #[raw] tzinfo: Option<&Value>,
        #[raw] fold: Option<&Value>,
    ) -> PyResult<Value> {
        let mut fields = zelf.fields();
        let given = [year, month, day, hour, minute, second, microsecond];
        for (place, v) in fields.iter_mut().zip(given) {
            *place = int_or(vm, v, *place)?;
        }
        let fold = int_or(vm, fold, i32::from(zelf.fold.get()))?;
        args::check_fold(vm, fold)?;
        let zone = match tzinfo {
            Some(_) => args::zone(vm, tzinfo)?,
            None => zelf.zone.clone(),
        };
        make(vm, vm.type_of(zelf.as_value()), fields, zone, fold)
    }

    /// tz -> convert to local time in new timezone tz
    #[pymethod(no_text, "astimezone($self, /, tz=None)")]
    fn astimezone(vm: &Vm, zelf: &Gc<DateTime>, tz: &Value) -> PyResult<Value> {
        let wanted = args::zone(vm, Some(tz))?;
        let own = match &zelf.zone {
            Some(z) => z.clone(),
            None => local_zone(vm, zelf)?,
        };
        if wanted.as_ref().is_some_and(|z| z.is(&own)) {
            return Ok(zelf.to_value());
        }
        let off = match tz::offset(vm, Some(&own), zelf.as_value())? {
            Some(n) => n,
            None => tz::offset(vm, Some(&local_zone(vm, zelf)?), zelf.as_value())?.unwrap_or(0),
        };
        let total = zelf.total() - off;
        let fields = broken(vm, total)?;
        let zone = match wanted {
            Some(z) => z,
            None => zone_at(vm, total.div_euclid(SECOND) as i64 - clock::EPOCH)?,
        };
        let utc = make(vm, vm.type_of(zelf.as_value()), fields, Some(zone.clone()), 0)?;
        vm.call_method(&zone, "fromutc", &[utc])
    }

    /// __reduce_ex__(proto) -> (cls, state)
    #[pymethod(no_text, "__reduce_ex__($self, proto, /)")]
    fn reduce_ex(vm: &Vm, zelf: &Gc<DateTime>, proto: &Value) -> PyResult<Value> {
        Ok(pickled(vm, zelf, int(vm, proto)?))
    }

    /// __reduce__() -> (cls, state)
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<DateTime>) -> Value {
        pickled(vm, zelf, 2)
    }

    #[pygetter("hour")]
    fn get_hour(_vm: &Vm, zelf: &Gc<DateTime>) -> i32 {
        zelf.hour
    }
    #[pygetter("minute")]
    fn get_minute(_vm: &Vm, zelf: &Gc<DateTime>) -> i32 {
        zelf.minute
    }
    #[pygetter("second")]
    fn get_second(_vm: &Vm, zelf: &Gc<DateTime>) -> i32 {
        zelf.second
    }
    #[pygetter("microsecond")]
    fn get_microsecond(_vm: &Vm, zelf: &Gc<DateTime>) -> i32 {
        zelf.micros
    }
    #[pygetter("tzinfo")]
    fn get_tzinfo(_vm: &Vm, zelf: &Gc<DateTime>) -> Value {
        or_none(zelf.zone.clone())
    }
    #[pygetter("fold")]
    fn get_fold(_vm: &Vm, zelf: &Gc<DateTime>) -> i32 {
        i32::from(zelf.fold.get())
    }
}
