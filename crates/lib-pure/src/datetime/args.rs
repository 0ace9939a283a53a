//! Arguments as the constructors of this module take them, with their messages; checks of fields.

use super::calendar::{MAX_YEAR, MIN_YEAR, days_in_month};
use super::tz::TzInfo;
use taipan_vm::native::CallArgs;
use taipan_vm::prelude::*;

/// The numbers that no date can do without.
const NEEDED: [&str; 3] = ["year", "month", "day"];

/// Binds arguments to names, of which the first `positional` can be given by position. `func`: how messages begin.
pub fn bind<'a, const N: usize>(
    vm: &Vm,
    func: &str,
    names: [&str; N],
    positional: usize,
    required: usize,
    args: CallArgs<'a>,
) -> PyResult<[Option<&'a Value>; N]> {
    let mut slots = [None; N];
    let (given, total) = (args.pos(), args.all.len());
    if given.len() > positional {
        let what = if positional == N { "" } else { "positional " };
        return Err(vm.type_error(format_args!(
            "{func} takes at most {positional} {what}arguments ({} given)",
            given.len()
        )));
    }
    if total > N {
        return Err(vm.type_error(format_args!("{func} takes at most {N} arguments ({total} given)")));
    }
    for (slot, v) in slots.iter_mut().zip(given) {
        *slot = Some(v);
    }
    let mut stray = None;
    for (name, value) in args.keywords() {
        let text = name.downcast::<Str>().map(|s| s.to_string_lossy()).unwrap_or_default();
        match names.iter().position(|n| *n == text).and_then(|i| slots.get_mut(i).map(|s| (i, s))) {
            Some((_, slot @ None)) => *slot = Some(value),
            Some((i, _)) => {
                return Err(vm.type_error(format_args!(
                    "argument for {func} given by name ('{text}') and position ({})",
                    i + 1
                )));
            }
            None => stray = stray.or(Some(text.into_owned())),
        }
    }
    for (i, (slot, name)) in slots.iter().zip(names).enumerate().take(required) {
        if slot.is_none() {
            return Err(
                vm.type_error(format_args!("{func} missing required argument '{name}' (pos {})", i + 1))
            );
        }
    }
    // A number that is missing is complained about first, when the numbers are read.
    let lacking = required == 0 && slots.iter().zip(names).any(|(s, n)| s.is_none() && NEEDED.contains(&n));
    match stray {
        Some(_) if lacking => Ok(slots),
        Some(text) => Err(vm.type_error(format_args!("{func} got an unexpected keyword argument '{text}'"))),
        None => Ok(slots),
    }
}

/// An `int` of C's size.
pub fn int(vm: &Vm, v: &Value) -> PyResult<i32> {
    let n = match v.as_int() {
        Some(n) => n,
        None => vm.index_i64(v, "Python int too large to convert to C long")?,
    };
    i32::try_from(n).map_err(|_| {
        vm.overflow_error(if n > 0 {
            "signed integer is greater than maximum"
        } else {
            "signed integer is less than minimum"
        })
    })
}

/// Required numbers, which are read one after the other up to the first that is missing.
pub fn required<const N: usize>(vm: &Vm, names: [&str; N], given: [Option<&Value>; N]) -> PyResult<[i32; N]> {
    let mut out = [0; N];
    for (i, (place, v)) in out.iter_mut().zip(given).enumerate() {
        *place = match v {
            Some(v) => int(vm, v)?,
            None => {
                return Err(vm.type_error(format_args!(
                    "function missing required argument '{}' (pos {})",
                    names.get(i).copied().unwrap_or_default(),
                    i + 1
                )));
            }
        };
    }
    Ok(out)
}

pub fn int_or(vm: &Vm, v: Option<&Value>, default: i32) -> PyResult<i32> {
    v.map_or(Ok(default), |v| int(vm, v))
}

pub fn check_date(vm: &Vm, year: i32, month: i32, day: i32) -> PyResult<()> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(vm.value_error(format_args!("year must be in {MIN_YEAR}..{MAX_YEAR}, not {year}")));
    }
    if !(1..=12).contains(&month) {
        return Err(vm.value_error(format_args!("month must be in 1..12, not {month}")));
    }
    let last = days_in_month(year, month);
    if !(1..=last).contains(&day) {
        return Err(vm.value_error(format_args!(
            "day {day} must be in range 1..{last} for month {month} in year {year}"
        )));
    }
    Ok(())
}

pub fn check_time(vm: &Vm, [hour, minute, second, micros, fold]: [i32; 5]) -> PyResult<()> {
    let fields = [
        ("hour", hour, 23),
        ("minute", minute, 59),
        ("second", second, 59),
        ("microsecond", micros, 999_999),
    ];
    for (name, n, last) in fields {
        if !(0..=last).contains(&n) {
            return Err(vm.value_error(format_args!("{name} must be in 0..{last}, not {n}")));
        }
    }
    check_fold(vm, fold)
}

pub fn check_fold(vm: &Vm, fold: i32) -> PyResult<()> {
    if fold != 0 && fold != 1 {
        return Err(vm.value_error(format_args!("fold must be either 0 or 1, not {fold}")));
    }
    Ok(())
}

/// A `tzinfo` argument: `None` or an instance.
pub fn zone(vm: &Vm, v: Option<&Value>) -> PyResult<Option<Value>> {
    match v {
        None => Ok(None),
        Some(v) if v.is_none() => Ok(None),
        Some(v) if v.is_instance_of::<TzInfo>() => Ok(Some(v.clone())),
        Some(v) => Err(vm.type_error(format_args!(
            "tzinfo argument must be None or of a tzinfo subclass, not type '{}'",
            vm.type_of(v).tp_name()
        ))),
    }
}

/// The bytes of a pickled state of `len` bytes, given as bytes or as text that was bytes; `sane` looks at one of them.
pub fn state(
    vm: &Vm,
    v: &Value,
    len: usize,
    what: &str,
    sane: impl Fn(&dyn Fn(usize) -> u32) -> bool,
) -> PyResult<Option<Vec<u8>>> {
    if let Some(b) = v.downcast::<Bytes>() {
        let b = b.as_bytes();
        let at = |i: usize| b.get(i).map_or(0, |b| u32::from(*b));
        return Ok((b.len() == len && sane(&at)).then(|| b.to_vec()));
    }
    let Some(s) = v.downcast::<Str>() else { return Ok(None) };
    if s.char_len() != len {
        return Ok(None);
    }
    let chars: Vec<u32> = s.as_wtf8().code_points().collect();
    if !sane(&|i| chars.get(i).copied().unwrap_or(0)) {
        return Ok(None);
    }
    match chars.into_iter().map(u8::try_from).collect::<Result<Vec<u8>, _>>() {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) => Err(vm.value_error(format_args!(
            "Failed to encode latin1 string when unpickling a {what} object. pickle.load(data, encoding='latin1') is assumed."
        ))),
    }
}

/// A `str` argument.
pub fn text<'a>(vm: &Vm, v: &'a Value, described: &str) -> PyResult<&'a Gc<Str>> {
    match v.downcast::<Str>() {
        Some(s) => Ok(s),
        None => Err(vm.type_error(format_args!("{described} must be str, not {}", vm.shown_type_name(v)))),
    }
}
