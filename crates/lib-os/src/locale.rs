//! Module `_locale`: the C library's locale.

use crate::util;
use taipan_host::LocaleConv;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub ERROR = "locale", "Error"(&exc::Exception) "");

const NUMBERS: &[(&str, i64)] = &[
    ("ABDAY_1", 131072),
    ("ABDAY_2", 131073),
    ("ABDAY_3", 131074),
    ("ABDAY_4", 131075),
    ("ABDAY_5", 131076),
    ("ABDAY_6", 131077),
    ("ABDAY_7", 131078),
    ("ABMON_1", 131086),
    ("ABMON_10", 131095),
    ("ABMON_11", 131096),
    ("ABMON_12", 131097),
    ("ABMON_2", 131087),
    ("ABMON_3", 131088),
    ("ABMON_4", 131089),
    ("ABMON_5", 131090),
    ("ABMON_6", 131091),
    ("ABMON_7", 131092),
    ("ABMON_8", 131093),
    ("ABMON_9", 131094),
    ("ALT_DIGITS", 131119),
    ("AM_STR", 131110),
    ("CHAR_MAX", 127),
    ("CODESET", 14),
    ("CRNCYSTR", 262159),
    ("DAY_1", 131079),
    ("DAY_2", 131080),
    ("DAY_3", 131081),
    ("DAY_4", 131082),
    ("DAY_5", 131083),
    ("DAY_6", 131084),
    ("DAY_7", 131085),
    ("D_FMT", 131113),
    ("D_T_FMT", 131112),
    ("ERA", 131116),
    ("ERA_D_FMT", 131118),
    ("ERA_D_T_FMT", 131120),
    ("ERA_T_FMT", 131121),
    ("LC_ALL", 6),
    ("LC_COLLATE", 3),
    ("LC_CTYPE", 0),
    ("LC_MESSAGES", 5),
    ("LC_MONETARY", 4),
    ("LC_NUMERIC", 1),
    ("LC_TIME", 2),
    ("MON_1", 131098),
    ("MON_10", 131107),
    ("MON_11", 131108),
    ("MON_12", 131109),
    ("MON_2", 131099),
    ("MON_3", 131100),
    ("MON_4", 131101),
    ("MON_5", 131102),
    ("MON_6", 131103),
    ("MON_7", 131104),
    ("MON_8", 131105),
    ("MON_9", 131106),
    ("NOEXPR", 327681),
    ("PM_STR", 131111),
    ("RADIXCHAR", 65536),
    ("THOUSEP", 65537),
    ("T_FMT", 131114),
    ("T_FMT_AMPM", 131115),
    ("YESEXPR", 327680),
    ("_DATE_FMT", 131180),
];

/// A grouping: sizes from the right, ended by 0 (again and again) or by `CHAR_MAX` (no more).
fn grouping(vm: &Vm, sizes: &[u8]) -> Value {
    let mut items: Vec<Value> = Vec::new();
    for size in sizes {
        items.push(vm.new_int(i64::from(*size)));
        if *size == 127 {
            return vm.new_list(items).into_value();
        }
    }
    if !items.is_empty() {
        items.push(vm.new_int(0));
    }
    vm.new_list(items).into_value()
}

fn conventions(vm: &Vm, c: &LocaleConv) -> PyResult<Value> {
    let d = vm.new_dict();
    let set = |name: &str, v: Value| d.set(vm, vm.intern(name).as_value(), v);
    let text = |b: &[u8]| util::fs_decode(vm, b);
    for (name, bytes) in [
        ("decimal_point", &c.decimal_point),
        ("thousands_sep", &c.thousands_sep),
        ("int_curr_symbol", &c.int_curr_symbol),
        ("currency_symbol", &c.currency_symbol),
        ("mon_decimal_point", &c.mon_decimal_point),
        ("mon_thousands_sep", &c.mon_thousands_sep),
        ("positive_sign", &c.positive_sign),
        ("negative_sign", &c.negative_sign),
    ] {
        set(name, text(bytes))?;
    }
    set("grouping", grouping(vm, &c.grouping))?;
    set("mon_grouping", grouping(vm, &c.mon_grouping))?;
    for (name, n) in [
        ("int_frac_digits", c.int_frac_digits),
        ("frac_digits", c.frac_digits),
        ("p_cs_precedes", c.p_cs_precedes),
        ("p_sep_by_space", c.p_sep_by_space),
        ("n_cs_precedes", c.n_cs_precedes),
        ("n_sep_by_space", c.n_sep_by_space),
        ("p_sign_posn", c.p_sign_posn),
        ("n_sign_posn", c.n_sign_posn),
    ] {
        set(name, vm.new_int(i64::from(n)))?;
    }
    Ok(d.into_value())
}

/// Text for the C library: no NUL.
fn c_text(vm: &Vm, s: &Gc<Str>) -> PyResult<Vec<u8>> {
    let bytes = util::fs_encode(vm, s)?;
    if bytes.contains(&0) {
        return Err(vm.value_error("embedded null character"));
    }
    Ok(bytes)
}

/// Support for POSIX locales.
#[pymodule(name = "_locale")]
pub mod _locale {
    use super::*;

    /// Activates/queries locale processing.
    #[pyfn("setlocale(category, locale=None, /)")]
    fn setlocale(vm: &Vm, category: i32, locale: Option<&Gc<Str>>) -> PyResult<Value> {
        let name = locale.map(|s| c_text(vm, s)).transpose()?;
        match vm.host().setlocale(category, name.as_deref()) {
            Some(found) => Ok(util::fs_decode(vm, &found)),
            None if name.is_some() => Err(vm.raise_new(&ERROR, "unsupported locale setting")),
            None => Err(vm.raise_new(&ERROR, "locale query failed")),
        }
    }

    /// Returns numeric and monetary locale-specific parameters.
    #[pyfn("localeconv()")]
    fn localeconv(vm: &Vm) -> PyResult<Value> {
        conventions(vm, &vm.host().localeconv())
    }

    /// Compares two strings according to the locale.
    #[pyfn("strcoll(os1, os2, /)")]
    fn strcoll(vm: &Vm, os1: &Gc<Str>, os2: &Gc<Str>) -> PyResult<i32> {
        let (a, b) = (c_text(vm, os1)?, c_text(vm, os2)?);
        Ok(vm.host().strcoll(&a, &b) as i32)
    }

    /// Return a string that can be used as a key for locale-aware comparisons.
    #[pyfn("strxfrm(string, /)")]
    fn strxfrm(vm: &Vm, string: &Gc<Str>) -> PyResult<Value> {
        let key = vm.host().strxfrm(&c_text(vm, string)?);
        Ok(util::fs_decode(vm, &key))
    }

    /// Return the value for the locale information associated with key.
    #[pyfn("nl_langinfo(key, /)")]
    fn nl_langinfo(vm: &Vm, key: i32) -> PyResult<Value> {
        let known = NUMBERS.iter().any(|(name, n)| *n == i64::from(key) && !name.starts_with("LC_"));
        match vm.host().nl_langinfo(key) {
            Ok(text) if known => Ok(util::fs_decode(vm, &text)),
            _ => Err(vm.value_error("unsupported langinfo constant")),
        }
    }

    /// Get the current locale encoding.
    #[pyfn("getencoding()")]
    fn getencoding(_vm: &Vm) -> &'static str {
        "UTF-8"
    }

    #[pyconst("Error")]
    fn error(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (name, n) in NUMBERS {
            vm.set_attr_str(module, name, &vm.new_int(*n))?;
        }
        Ok(())
    }
}
