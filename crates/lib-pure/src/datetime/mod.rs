//! `_datetime`: dates, times of day, durations and zones. The calendar is in `calendar.rs`, the machine's time in `clock.rs`,
//! reading in `iso.rs`, writing in `format.rs`; each class has a file of its own.

mod args;
mod calendar;
mod clock;
mod date;
#[allow(clippy::module_inception)]
mod datetime;
mod delta;
mod format;
mod iso;
mod isodate;
mod time;
mod tz;

use taipan_vm::prelude::*;

/// The one object that `timezone.utc` is.
#[derive(Default)]
struct State {
    utc: ValueCell,
}

/// Fast implementation of the datetime module.
#[pymodule(name = "_datetime")]
pub mod module {
    use super::*;
    use date::Date;
    use datetime::DateTime;
    use delta::Delta;
    use time::Time;
    use tz::{TimeZone, TzInfo};

    pytypes!(Date, DateTime, Time, Delta, TimeZone, TzInfo);

    #[pyconst]
    const MINYEAR: i64 = 1;
    #[pyconst]
    const MAXYEAR: i64 = 9999;

    #[pyconst("UTC")]
    fn utc(vm: &Vm) -> PyResult<Value> {
        tz::utc(vm)
    }

    fn constants<T: Payload>(vm: &Vm, values: [(&str, Value); 3]) {
        let ty = vm.native_type::<T>();
        let dict = ty.dict(vm);
        for (name, v) in values {
            dict.set_str(vm, &vm.intern(name), v);
        }
        ty.modified();
    }

    #[pyinit]
    fn init(vm: &Vm, _module: &Value) -> PyResult<()> {
        let new = |cls: Value, args: &[i64]| {
            let args: Vec<Value> = args.iter().map(|n| vm.new_int(*n)).collect();
            vm.call(&cls, &args)
        };
        let delta = |days, seconds, micros| delta::new(vm, days, seconds, micros);
        constants::<Delta>(
            vm,
            [
                ("min", delta(-delta::MAX_DAYS, 0, 0)?),
                ("max", delta(delta::MAX_DAYS, 86_399, 999_999)?),
                ("resolution", delta(0, 0, 1)?),
            ],
        );
        let date = vm.native_type::<Date>().into_value();
        constants::<Date>(
            vm,
            [
                ("min", new(date.clone(), &[1, 1, 1])?),
                ("max", new(date, &[9999, 12, 31])?),
                ("resolution", delta(1, 0, 0)?),
            ],
        );
        let time = vm.native_type::<Time>().into_value();
        constants::<Time>(
            vm,
            [
                ("min", new(time.clone(), &[])?),
                ("max", new(time, &[23, 59, 59, 999_999])?),
                ("resolution", delta(0, 0, 1)?),
            ],
        );
        let datetime = vm.native_type::<DateTime>().into_value();
        constants::<DateTime>(
            vm,
            [
                ("min", new(datetime.clone(), &[1, 1, 1])?),
                ("max", new(datetime, &[9999, 12, 31, 23, 59, 59, 999_999])?),
                ("resolution", delta(0, 0, 1)?),
            ],
        );
        let fixed = |minutes: i64| tz::fixed(vm, &delta(0, minutes * 60, 0)?, None);
        constants::<TimeZone>(vm, [("utc", tz::utc(vm)?), ("min", fixed(-1439)?), ("max", fixed(1439)?)]);
        Ok(())
    }
}
