//! `int(…)`: from numbers, text and bytes.

use super::{plain, text};
use crate::native::CallArgs;
use crate::types::numbers::{Int, exported_bytes, float_value, ibig_from_f64, int_value};
use crate::{PyResult, Str, Value, ValueExt, Vm};

/// The number that a call of `int` asks for.
pub fn from_call(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
    let pos = args.pos();
    let given = pos.len() + args.kwcount();
    if given > 2 {
        return Err(if args.kwcount() == 0 {
            vm.type_error(format_args!("int expected at most 2 arguments, got {given}"))
        } else {
            vm.type_error(format_args!("int() takes at most 2 arguments ({given} given)"))
        });
    }
    let mut base = pos.get(1);
    for (name, value) in args.keywords() {
        let name = name.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        if name != "base" {
            return Err(vm.type_error(format_args!("int() got an unexpected keyword argument '{name}'")));
        }
        if base.is_some() {
            return Err(vm.type_error("argument for int() given by name ('base') and position (2)"));
        }
        base = Some(value);
    }
    match (pos.first(), base) {
        (None, None) => Ok(vm.new_int(0)),
        (None, Some(_)) => Err(vm.type_error("int() missing string argument")),
        (Some(x), None) => vm.to_int(x),
        (Some(x), Some(base)) => {
            let base = match vm.index_clipped(base)? {
                base @ (0 | 2..=36) => base as u32,
                _ => return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0")),
            };
            if let Some(s) = x.downcast::<Str>() {
                return text::parse(vm, s, base);
            }
            if x.is_instance_of::<crate::Bytes>() || vm.type_of(x).def.name == "bytearray" {
                let bytes = exported_bytes(vm, x)?.unwrap_or_default();
                return text::parse_bytes(vm, &bytes, base);
            }
            Err(vm.type_error("int() can't convert non-string with explicit base"))
        }
    }
}

impl Vm {
    /// `int(v)` without a base: exactly an `int`.
    pub fn to_int(&self, v: &Value) -> PyResult<Value> {
        if v.is_int() || v.downcast_exact::<Int>().is_some() {
            return Ok(v.clone());
        }
        if let Some(f) = v.as_small_float() {
            return self.int_from_f64(f);
        }
        let ty = self.type_of(v);
        if let Some(f) = ty.slots.int.get() {
            let r = f(self, v)?;
            if int_value(&r).is_none() {
                return Err(self.type_error(format_args!(
                    "__int__ returned non-int (type {})",
                    self.type_of(&r).name()
                )));
            }
            if !r.is_int() && r.downcast_exact::<Int>().is_none() {
                self.warn_index_subclass(&r, "__int__")?;
            }
            return plain(self, &r);
        }
        if ty.slots.index.get().is_some() {
            let i = self.index(v)?;
            return plain(self, &i);
        }
        if let Some(s) = v.downcast::<Str>() {
            return text::parse(self, s, 10);
        }
        if let Some(bytes) = exported_bytes(self, v)? {
            return text::parse_bytes(self, &bytes, 10);
        }
        Err(self.type_error(format_args!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            self.type_of(v).name()
        )))
    }

    /// `int(float)`: towards zero.
    pub fn int_from_f64(&self, f: f64) -> PyResult<Value> {
        if f.abs() < 9e18 {
            return Ok(self.new_int(f as i64));
        }
        if f.is_nan() {
            return Err(self.value_error("cannot convert float NaN to integer"));
        }
        if f.is_infinite() {
            return Err(self.overflow_error("cannot convert float infinity to integer"));
        }
        Ok(self.new_bigint(ibig_from_f64(f)))
    }
}

const _: fn(&Value) -> Option<f64> = float_value;
