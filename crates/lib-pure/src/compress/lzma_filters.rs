//! Filter chains of `_lzma`: Python's dicts to the library's filters and back.

use super::lzma::ERROR;
use taipan_pack::lzma::{Filter, Lzma, Options};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::{IntValue, int_value};

pub const LZMA1: u64 = 0x4000_0000_0000_0001;
pub const LZMA2: u64 = 0x21;
pub const DELTA: u64 = 3;
const PRESET_DEFAULT: u32 = 6;

pub fn unsigned(vm: &Vm, v: &Value, max: u64, c_type: &str) -> PyResult<u64> {
    let n = vm.index(v)?;
    let wide = match int_value(&n) {
        Some(IntValue::Small(n)) if n < 0 => {
            return Err(vm.value_error("Cannot convert negative int"));
        }
        Some(IntValue::Small(n)) => u64::try_from(n).ok(),
        Some(IntValue::Big(b)) => u64::try_from(b).ok(),
        None => None,
    };
    wide.filter(|n| *n <= max)
        .ok_or_else(|| vm.overflow_error(format_args!("Python int too large for C {c_type}")))
}

pub fn uint32(vm: &Vm, v: &Value) -> PyResult<u32> {
    unsigned(vm, v, u64::from(u32::MAX), "uint32_t").map(|n| n as u32)
}

pub fn vli(vm: &Vm, v: &Value) -> PyResult<u64> {
    unsigned(vm, v, u64::MAX, "lzma_vli")
}

/// The options of a preset, or `LZMAError`.
pub fn preset(vm: &Vm, preset: u32) -> PyResult<Lzma> {
    Lzma::preset(preset)
        .ok_or_else(|| vm.raise_new(&ERROR, format_args!("Invalid compression preset: {preset}")))
}

fn entry(vm: &Vm, spec: &Value, name: &str) -> PyResult<Option<Value>> {
    let r = vm.get_item(spec, vm.intern(name).as_value());
    vm.suppress(r, &exc::KeyError)
}

/// Only these keys may be there.
fn check_keys(vm: &Vm, spec: &Value, allowed: &[&str], what: &str) -> PyResult<()> {
    let keys = vm.call_method(spec, "keys", &[])?;
    for key in vm.collect(&keys)? {
        let known = key.downcast::<Str>().and_then(|s| s.as_str()).is_some_and(|s| allowed.contains(&s));
        if !known {
            return Err(vm.value_error(format_args!("Invalid filter specifier for {what} filter")));
        }
    }
    Ok(())
}

/// A number of a filter's options.
fn option(vm: &Vm, spec: &Value, name: &str, default: u32, what: &str) -> PyResult<u32> {
    let Some(v) = entry(vm, spec, name)? else { return Ok(default) };
    uint32(vm, &v).map_err(|Raised| {
        drop(vm.take_raised());
        vm.value_error(format_args!("Invalid filter specifier for {what} filter"))
    })
}

fn lzma_options(vm: &Vm, spec: &Value) -> PyResult<Options> {
    let given = match entry(vm, spec, "preset")? {
        Some(v) => uint32(vm, &v)?,
        None => PRESET_DEFAULT,
    };
    let mut o = preset(vm, given)?;
    let keys = ["id", "preset", "dict_size", "lc", "lp", "pb", "mode", "nice_len", "mf", "depth"];
    check_keys(vm, spec, &keys, "LZMA")?;
    let fields: [(&str, &mut u32); 8] = [
        ("dict_size", &mut o.dict_size),
        ("lc", &mut o.lc),
        ("lp", &mut o.lp),
        ("pb", &mut o.pb),
        ("mode", &mut o.mode),
        ("nice_len", &mut o.nice_len),
        ("mf", &mut o.mf),
        ("depth", &mut o.depth),
    ];
    for (name, field) in fields {
        *field = option(vm, spec, name, *field, "LZMA")?;
    }
    Ok(Options::Lzma(o))
}

/// One filter from a dict.
pub fn filter(vm: &Vm, spec: &Value) -> PyResult<Filter> {
    let slots = &vm.type_of(spec).slots;
    if slots.subscript.get().is_none() || vm.lookup_attr_str(spec, "keys")?.is_none() {
        return Err(vm.type_error("Filter specifier must be a dict or dict-like object"));
    }
    let Some(id) = entry(vm, spec, "id")? else {
        return Err(vm.value_error("Filter specifier must have an \"id\" entry"));
    };
    let id = vli(vm, &id)?;
    let options = match id {
        LZMA1 | LZMA2 => lzma_options(vm, spec)?,
        DELTA => {
            check_keys(vm, spec, &["id", "dist"], "delta")?;
            let distance = option(vm, spec, "dist", 1, "delta")?;
            Options::Delta { distance }
        }
        4..=9 => {
            check_keys(vm, spec, &["id", "start_offset"], "BCJ")?;
            let start_offset = option(vm, spec, "start_offset", 0, "BCJ")?;
            Options::Bcj { start_offset }
        }
        id => return Err(vm.value_error(format_args!("Invalid filter ID: {id}"))),
    };
    Ok(Filter { id, options })
}

/// A chain from a sequence of dicts.
pub fn chain(vm: &Vm, specs: &Value) -> PyResult<Vec<Filter>> {
    if specs.is_instance_of::<Dict>() {
        return Err(vm.type_error(format_args!("{} is not a sequence", vm.type_of(specs).name())));
    }
    let n = vm.len(specs)?;
    if n > 4 {
        return Err(vm.value_error("Too many filters - liblzma supports a maximum of 4"));
    }
    let mut out = Vec::with_capacity(n);
    for spec in vm.collect(specs)? {
        out.push(filter(vm, &spec)?);
    }
    Ok(out)
}

/// The dict of a filter whose properties were decoded.
pub fn spec(vm: &Vm, filter: &Filter) -> PyResult<Value> {
    let d = vm.new_dict();
    let set = |name: &str, n: u64| d.set(vm, vm.intern(name).as_value(), vm.new_uint(n));
    set("id", filter.id)?;
    match &filter.options {
        Options::Lzma(o) => {
            set("dict_size", o.dict_size.into())?;
            if filter.id == LZMA1 {
                set("lc", o.lc.into())?;
                set("lp", o.lp.into())?;
                set("pb", o.pb.into())?;
            }
        }
        Options::Delta { distance } => set("dist", u64::from(*distance))?,
        Options::Bcj { start_offset } => set("start_offset", u64::from(*start_offset))?,
        Options::None => {}
    }
    Ok(d.into_value())
}
