//! `date`, and what `isocalendar` answers.

use super::args::{check_date, int, int_or, state, text};
use super::calendar::*;
use super::datetime::DateTime;
use super::delta::{self, DAY, Delta};
use super::format::{self, DAYS, MONTHS, Subject};
use super::{args, iso, isodate};
use std::cell::Cell;
use taipan_vm::native::CallArgs;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;

/// date(year, month, day) --> date object
#[pytype(name = "date", module = "datetime", flags(BASETYPE))]
#[derive(Trace)]
pub struct Date {
    #[notrace]
    pub year: i32,
    #[notrace]
    pub month: i32,
    #[notrace]
    pub day: i32,
    #[notrace]
    pub hash: Cell<i64>,
}

impl Date {
    pub fn of(year: i32, month: i32, day: i32) -> Date {
        Date { year, month, day, hash: Cell::new(-1) }
    }

    pub fn ordinal(&self) -> i64 {
        to_ordinal(self.year, self.month, self.day)
    }

    pub fn ymd(&self) -> (i32, i32, i32) {
        (self.year, self.month, self.day)
    }

    fn state(&self) -> [u8; 4] {
        [(self.year >> 8) as u8, self.year as u8, self.month as u8, self.day as u8]
    }
}

/// Whether the class is the native one itself.
pub fn is_exact<T: Payload>(cls: &Gc<Type>) -> bool {
    cls.native.is_some_and(|d| std::ptr::eq(d, T::def()))
}

/// `cls(year, month, day)`.
pub fn make(vm: &Vm, cls: &Gc<Type>, (year, month, day): (i32, i32, i32)) -> PyResult<Value> {
    if is_exact::<Date>(cls) {
        check_date(vm, year, month, day)?;
        return Ok(vm.alloc(Date::of(year, month, day)).into_value());
    }
    let fields = [year, month, day].map(|n| vm.new_int(i64::from(n)));
    vm.call(cls.as_value(), &fields)
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Date>> {
    object::<Date>(vm, v, "date")
}

#[cold]
pub fn out_of_range(vm: &Vm) -> Raised {
    vm.overflow_error("date value out of range")
}

fn add_days(vm: &Vm, v: &Value, d: &Date, days: i64) -> PyResult<Value> {
    let ordinal = d.ordinal() + days;
    if !(1..=MAX_ORDINAL).contains(&ordinal) {
        return Err(out_of_range(vm));
    }
    make(vm, vm.type_of(v), from_ordinal(ordinal))
}

fn plain(v: &Value) -> Option<&Gc<Date>> {
    v.downcast::<Date>().filter(|_| v.downcast::<DateTime>().is_none())
}

fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let (v, date, delta) = match (plain(a), b.downcast::<Delta>(), plain(b), a.downcast::<Delta>()) {
        (Some(d), Some(t), ..) => (a, d, t),
        (.., Some(d), Some(t)) => (b, d, t),
        _ => return Ok(Value::NOT_IMPLEMENTED),
    };
    add_days(vm, v, date, i64::from(delta.days))
}

fn subtract(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(x) = plain(a) else { return Ok(Value::NOT_IMPLEMENTED) };
    if let Some(y) = plain(b) {
        return delta::make(vm, i128::from(x.ordinal() - y.ordinal()) * DAY);
    }
    match b.downcast::<Delta>() {
        Some(t) => add_days(vm, a, x, -i64::from(t.days)),
        None => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn richcompare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (plain(a), plain(b)) {
        (Some(x), Some(y)) => Ok(Value::bool(op.holds(x.ymd().cmp(&y.ymd())))),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let d = me(vm, v)?;
    if d.hash.get() == -1 {
        d.hash.set(vm.hash_bytes(&d.state()));
    }
    Ok(d.hash.get())
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let (y, m, d) = me(vm, v)?.ymd();
    Ok(vm.new_str(&format!("{}({y}, {m}, {d})", vm.type_of(v).tp_name())).into_value())
}

/// `YYYY-MM-DD`.
pub fn iso_text((y, m, d): (i32, i32, i32)) -> String {
    let mut out = String::with_capacity(32);
    for (n, width) in [(y, 4), (m, 2), (d, 2)] {
        if !out.is_empty() {
            out.push('-');
        }
        format::digits(&mut out, n, width);
    }
    out
}

impl Slots for Date {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        str: Some(|vm, v| vm.call_method(v, "isoformat", &[])),
        hash: Some(hash),
        richcompare: Some(richcompare),
        add: Some(add),
        subtract: Some(subtract),
        ..SlotDefs::NONE
    };
}

fn unpickled(vm: &Vm, cls: &Gc<Type>, v: &Value) -> PyResult<Option<Value>> {
    let Some(s) = state(vm, v, 4, "date", |at| (1..=12).contains(&at(2)))? else { return Ok(None) };
    let d = Date::of(i32::from(s[0]) << 8 | i32::from(s[1]), i32::from(s[2]), i32::from(s[3]));
    Ok(Some(vm.alloc_in(cls, d)?.into_value()))
}

/// `%` codes for a date or a date and time, through its own `timetuple`.
pub fn py_strftime(vm: &Vm, v: &Value, format: &Value) -> PyResult<Value> {
    let format = text(vm, format, "strftime() argument 1")?;
    let tuple = vm.call_method(v, "timetuple", &[])?;
    let (micros, zone) = v.downcast::<DateTime>().map_or((0, None), |d| (d.micros, d.zone()));
    format::strftime(vm, format, &tuple, Subject { micros, zone, dt: v })
}

/// `__format__` of all three classes.
pub fn py_format(vm: &Vm, v: &Value, format: &Value) -> PyResult<Value> {
    let format = text(vm, format, "__format__() argument 1")?;
    if format.is_empty() {
        return Ok(vm.str(v)?.into_value());
    }
    vm.call_method(v, "strftime", &[format.to_value()])
}

/// The function of `_strptime` that makes the class's instances.
pub fn parsed(vm: &Vm, function: &str, cls: &Value, string: &Value, format: &Value) -> PyResult<Value> {
    text(vm, string, "strptime() argument 1")?;
    text(vm, format, "strptime() argument 2")?;
    let m = vm.import_named("_strptime")?;
    vm.call_method(&m, function, &[cls.clone(), string.clone(), format.clone()])
}

fn class<'a>(vm: &Vm, cls: &'a Value) -> PyResult<&'a Gc<Type>> {
    match cls.downcast::<Type>() {
        Some(c) => Ok(c),
        None => Err(vm.type_error("a class is required")),
    }
}

#[pymethods]
impl Date {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if let ([one], false) = (args.pos(), args.has_keywords())
            && let Some(v) = unpickled(vm, cls, one)?
        {
            return Ok(v);
        }
        const NAMES: [&str; 3] = ["year", "month", "day"];
        let given = args::bind(vm, "function", NAMES, 3, 0, args)?;
        let [y, m, d] = args::required(vm, NAMES, given)?;
        check_date(vm, y, m, d)?;
        Ok(vm.alloc_in(cls, Date::of(y, m, d))?.into_value())
    }

    /// Create a date from a POSIX timestamp.
    ///
    /// The timestamp is a number, e.g. created via time.time(), that is interpreted
    /// as local time.
    #[pyclassmethod("fromtimestamp($type, timestamp, /)")]
    fn fromtimestamp(vm: &Vm, cls: &Value, timestamp: &Value) -> PyResult<Value> {
        let seconds = super::clock::whole_seconds(vm, timestamp)?;
        let tm = super::clock::local(vm, seconds)?;
        make(vm, class(vm, cls)?, (tm[0], tm[1], tm[2]))
    }

    /// int -> date corresponding to a proleptic Gregorian ordinal.
    #[pyclassmethod(no_text, "fromordinal($type, ordinal, /)")]
    fn fromordinal(vm: &Vm, cls: &Value, ordinal: &Value) -> PyResult<Value> {
        let n = int(vm, ordinal)?;
        if n < 1 {
            return Err(vm.value_error("ordinal must be >= 1"));
        }
        make(vm, class(vm, cls)?, from_ordinal(i64::from(n)))
    }

    /// str -> Construct a date from a string in ISO 8601 format.
    #[pyclassmethod("fromisoformat($type, object, /)")]
    fn fromisoformat(vm: &Vm, cls: &Value, object: &Value) -> PyResult<Value> {
        let Some(s) = object.downcast::<Str>() else {
            return Err(vm.type_error("fromisoformat: argument must be str"));
        };
        match iso::date(&iso::chars(s)) {
            Ok(ymd) => make(vm, class(vm, cls)?, ymd),
            Err(iso::Malformed) => Err(iso::invalid(vm, object)),
        }
    }

    /// int, int, int -> Construct a date from the ISO year, week number and weekday.
    ///
    /// This is the inverse of the function date.isocalendar()
    #[pyclassmethod(no_text, "fromisocalendar($type, /, year, week, day)")]
    fn fromisocalendar(vm: &Vm, cls: &Value, year: &Value, week: &Value, day: &Value) -> PyResult<Value> {
        let mut fields = [0; 3];
        for (place, v) in fields.iter_mut().zip([year, week, day]) {
            *place = match int(vm, v) {
                Err(Raised) if vm.raised_is(&taipan_vm::errors::exc::OverflowError) => {
                    drop(vm.take_raised());
                    return Err(vm.value_error("ISO calendar component out of range"));
                }
                n => n?,
            };
        }
        let [year, week, day] = fields;
        let ymd = from_iso(year, week, day).map_err(|fault| match fault {
            IsoFault::Year => {
                vm.value_error(format_args!("year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}"))
            }
            IsoFault::Week => vm.value_error(format_args!("Invalid week: {week}")),
            IsoFault::Day => vm.value_error(format_args!("Invalid weekday: {day} (range is [1, 7])")),
        })?;
        make(vm, class(vm, cls)?, ymd)
    }

    /// string, format -> new date parsed from a string (like time.strptime()).
    #[pyclassmethod(no_text, "strptime($type, date_string, format, /)")]
    fn strptime(vm: &Vm, cls: &Value, date_string: &Value, format: &Value) -> PyResult<Value> {
        parsed(vm, "_strptime_datetime_date", cls, date_string, format)
    }

    /// Current date or datetime:  same as self.__class__.fromtimestamp(time.time()).
    #[pyclassmethod("today($type, /)")]
    fn today(vm: &Vm, cls: &Value) -> PyResult<Value> {
        let time = vm.import_named("time")?;
        let now = vm.call_method(&time, "time", &[])?;
        vm.call_method(cls, "fromtimestamp", &[now])
    }

    /// Return ctime() style string.
    #[pymethod("ctime($self, /)")]
    fn ctime(_vm: &Vm, zelf: &Gc<Date>) -> String {
        let (y, m, d) = zelf.ymd();
        let (day, month) = (DAYS[weekday(y, m, d) as usize % 7], MONTHS[(m - 1) as usize % 12]);
        format!("{day} {month} {d:2} 00:00:00 {y:04}")
    }

    /// format -> strftime() style string.
    #[pymethod(no_text, "strftime($self, /, format)")]
    fn strftime(vm: &Vm, zelf: &Value, format: &Value) -> PyResult<Value> {
        py_strftime(vm, zelf, format)
    }

    /// Formats self with strftime.
    #[pymethod(no_text, "__format__($self, format, /)")]
    fn format(vm: &Vm, zelf: &Value, format: &Value) -> PyResult<Value> {
        py_format(vm, zelf, format)
    }

    /// Return time tuple, compatible with time.localtime().
    #[pymethod("timetuple($self, /)")]
    fn timetuple(vm: &Vm, zelf: &Gc<Date>) -> PyResult<Value> {
        format::struct_time(vm, [zelf.year, zelf.month, zelf.day, 0, 0, 0], -1)
    }

    /// Return a named tuple containing ISO year, week number, and weekday.
    #[pymethod("isocalendar($self, /)")]
    fn isocalendar(vm: &Vm, zelf: &Gc<Date>) -> PyResult<Value> {
        let (y, w, d) = iso_calendar(zelf.year, zelf.month, zelf.day);
        isodate::make(vm, [y, w, d].map(|n| vm.new_int(i64::from(n))))
    }

    /// Return string in ISO 8601 format, YYYY-MM-DD.
    #[pymethod("isoformat($self, /)")]
    fn isoformat(_vm: &Vm, zelf: &Gc<Date>) -> String {
        iso_text(zelf.ymd())
    }

    /// Return the day of the week represented by the date.
    /// Monday == 1 ... Sunday == 7
    #[pymethod("isoweekday($self, /)")]
    fn isoweekday(_vm: &Vm, zelf: &Gc<Date>) -> i32 {
        weekday(zelf.year, zelf.month, zelf.day) + 1
    }

    /// Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1.
    #[pymethod("toordinal($self, /)")]
    fn toordinal(_vm: &Vm, zelf: &Gc<Date>) -> i64 {
        zelf.ordinal()
    }

    /// Return the day of the week represented by the date.
    /// Monday == 0 ... Sunday == 6
    #[pymethod("weekday($self, /)")]
    fn py_weekday(_vm: &Vm, zelf: &Gc<Date>) -> i32 {
        weekday(zelf.year, zelf.month, zelf.day)
    }

    /// Return date with new specified fields.
    #[pymethod("replace($self, /, year=unchanged, month=unchanged, day=unchanged)")]
    #[pymethod("__replace__($self, /, year=unchanged, month=unchanged, day=unchanged)")]
    fn replace(
        vm: &Vm,
        zelf: &Gc<Date>,
        #[raw] year: Option<&Value>,
        #[raw] month: Option<&Value>,
        #[raw] day: Option<&Value>,
    ) -> PyResult<Value> {
        let ymd = (int_or(vm, year, zelf.year)?, int_or(vm, month, zelf.month)?, int_or(vm, day, zelf.day)?);
        make(vm, vm.type_of(zelf.as_value()), ymd)
    }

    /// __reduce__() -> (cls, state)
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<Date>) -> Value {
        let state = vm.tuple_from_iter([vm.new_bytes(&zelf.state()).into_value()].into_iter());
        let cls = vm.type_of(zelf.as_value()).to_value();
        vm.tuple_from_iter([cls, state.into_value()].into_iter()).into_value()
    }

    #[pygetter("year")]
    fn get_year(_vm: &Vm, zelf: &Gc<Date>) -> i32 {
        zelf.year
    }
    #[pygetter("month")]
    fn get_month(_vm: &Vm, zelf: &Gc<Date>) -> i32 {
        zelf.month
    }
    #[pygetter("day")]
    fn get_day(_vm: &Vm, zelf: &Gc<Date>) -> i32 {
        zelf.day
    }
}
