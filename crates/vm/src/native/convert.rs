//! Conversions between Rust and Python values at the border of native functions.

use crate::object::{Payload, ValueExt};
use crate::types::numbers::{IntValue, float_value, int_value};
use crate::{PyResult, Raised, Str, Value, Vm};
use taipan_heap::Gc;

/// From an argument.
pub trait FromArg<'a>: Sized {
    fn from_arg(vm: &Vm, v: &'a Value) -> PyResult<Self>;
}

impl<'a> FromArg<'a> for &'a Value {
    #[inline(always)]
    fn from_arg(_: &Vm, v: &'a Value) -> PyResult<Self> {
        Ok(v)
    }
}

impl FromArg<'_> for Value {
    #[inline(always)]
    fn from_arg(_: &Vm, v: &Value) -> PyResult<Self> {
        Ok(v.clone())
    }
}

impl<'a, T: Payload> FromArg<'a> for &'a Gc<T> {
    #[inline]
    fn from_arg(vm: &Vm, v: &'a Value) -> PyResult<Self> {
        match v.downcast::<T>() {
            Some(t) => Ok(t),
            None => Err(vm.type_error(format_args!(
                "argument must be {}, not {}",
                T::def().name,
                vm.shown_type_name(v)
            ))),
        }
    }
}

impl<'a, T: Payload> FromArg<'a> for Gc<T> {
    fn from_arg(vm: &Vm, v: &'a Value) -> PyResult<Self> {
        <&Gc<T>>::from_arg(vm, v).cloned()
    }
}

impl<'a, T: FromArg<'a>> FromArg<'a> for Option<T> {
    #[inline]
    fn from_arg(vm: &Vm, v: &'a Value) -> PyResult<Self> {
        if v.is_none() { Ok(None) } else { Ok(Some(T::from_arg(vm, v)?)) }
    }
}

impl FromArg<'_> for bool {
    fn from_arg(vm: &Vm, v: &Value) -> PyResult<bool> {
        vm.is_true(v)
    }
}

impl FromArg<'_> for f64 {
    fn from_arg(vm: &Vm, v: &Value) -> PyResult<f64> {
        vm.to_f64(v)
    }
}

impl FromArg<'_> for String {
    fn from_arg(vm: &Vm, v: &Value) -> PyResult<String> {
        let s = <&Gc<Str>>::from_arg(vm, v)?;
        match s.as_str() {
            Some(t) => Ok(t.to_string()),
            None => Err(vm.surrogate_error(s)),
        }
    }
}

impl<'a> FromArg<'a> for &'a str {
    fn from_arg(vm: &Vm, v: &'a Value) -> PyResult<&'a str> {
        let s = <&Gc<Str>>::from_arg(vm, v)?;
        match s.as_str() {
            Some(t) => Ok(t),
            None => Err(vm.surrogate_error(s)),
        }
    }
}

macro_rules! ints {
    ($($t:ty: $c:literal;)*) => {
        $(impl FromArg<'_> for $t {
            fn from_arg(vm: &Vm, v: &Value) -> PyResult<$t> {
                let n = vm.index_i64(v, concat!("Python int too large to convert to C ", $c))?;
                <$t>::try_from(n)
                    .map_err(|_| vm.overflow_error(concat!("Python int too large to convert to C ", $c)))
            }
        })*
    };
}
ints! {
    isize: "ssize_t";
    i64: "long";
    i32: "int";
    u8: "unsigned char";
    u16: "unsigned short";
    u32: "unsigned int";
}

impl FromArg<'_> for usize {
    fn from_arg(vm: &Vm, v: &Value) -> PyResult<usize> {
        let n = isize::from_arg(vm, v)?;
        usize::try_from(n).map_err(|_| vm.value_error("value must be positive"))
    }
}

impl FromArg<'_> for u64 {
    fn from_arg(vm: &Vm, v: &Value) -> PyResult<u64> {
        let index = vm.index(v)?;
        match int_value(&index) {
            Some(IntValue::Small(n)) => {
                u64::try_from(n).map_err(|_| vm.overflow_error("can't convert negative int to unsigned"))
            }
            Some(IntValue::Big(b)) => {
                u64::try_from(b).map_err(|_| vm.overflow_error("int too big to convert"))
            }
            None => Err(vm.type_error("an integer is required")),
        }
    }
}

/// To a result.
pub trait IntoPy {
    fn into_py(self, vm: &Vm) -> PyResult<Value>;
}

impl IntoPy for Value {
    #[inline(always)]
    fn into_py(self, _: &Vm) -> PyResult<Value> {
        Ok(self)
    }
}

impl<T: IntoPy> IntoPy for PyResult<T> {
    #[inline(always)]
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        self?.into_py(vm)
    }
}

impl<T: IntoPy> IntoPy for Option<T> {
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        match self {
            Some(v) => v.into_py(vm),
            None => Ok(Value::NONE),
        }
    }
}

impl<T> IntoPy for Gc<T> {
    #[inline(always)]
    fn into_py(self, _: &Vm) -> PyResult<Value> {
        Ok(self.into_value())
    }
}

impl IntoPy for () {
    #[inline(always)]
    fn into_py(self, _: &Vm) -> PyResult<Value> {
        Ok(Value::NONE)
    }
}

impl IntoPy for bool {
    #[inline(always)]
    fn into_py(self, _: &Vm) -> PyResult<Value> {
        Ok(Value::bool(self))
    }
}

impl IntoPy for f64 {
    #[inline(always)]
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        Ok(vm.new_float(self))
    }
}

macro_rules! into_ints {
    ($($t:ty)*) => { $(impl IntoPy for $t {
        #[inline(always)]
        fn into_py(self, vm: &Vm) -> PyResult<Value> { Ok(vm.new_int(self as i64)) }
    })* };
}
into_ints!(i8 u8 i16 u16 i32 u32 i64 isize);

impl IntoPy for u64 {
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        Ok(vm.new_uint(self))
    }
}

impl IntoPy for usize {
    #[inline(always)]
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        Ok(vm.new_uint(self as u64))
    }
}

impl IntoPy for &str {
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        Ok(vm.new_str(self).into_value())
    }
}

impl IntoPy for String {
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        Ok(vm.new_str(&self).into_value())
    }
}

/// A list.
impl IntoPy for Vec<Value> {
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        Ok(vm.new_list(self).into_value())
    }
}

impl<A: IntoPy, B: IntoPy> IntoPy for (A, B) {
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        let items = vec![self.0.into_py(vm)?, self.1.into_py(vm)?];
        Ok(vm.new_tuple(items).into_value())
    }
}

impl<A: IntoPy, B: IntoPy, C: IntoPy> IntoPy for (A, B, C) {
    fn into_py(self, vm: &Vm) -> PyResult<Value> {
        let items = vec![self.0.into_py(vm)?, self.1.into_py(vm)?, self.2.into_py(vm)?];
        Ok(vm.new_tuple(items).into_value())
    }
}

impl Vm {
    /// The class name as argument errors print it (`None` for `NoneType`).
    pub fn shown_type_name(&self, v: &Value) -> String {
        if v.is_none() { "None".to_string() } else { self.type_of(v).tp_name() }
    }

    /// `argument 'x' must be …` of the shells that the macros write.
    #[cold]
    pub fn arg_type_error(&self, func: &str, arg: &str, expected: &str, v: &Value) -> Raised {
        self.type_error(format_args!(
            "{func}() argument {arg} must be {expected}, not {}",
            self.shown_type_name(v)
        ))
    }

    #[cold]
    pub fn descriptor_type_error(&self, name: &str, expected: &str, got: &Value) -> Raised {
        self.type_error(format_args!(
            "descriptor '{name}' for '{expected}' objects doesn't apply to a '{}' object",
            self.type_of(got).name()
        ))
    }

    /// `'utf-8' codec can't encode …` for a string with a lone surrogate.
    #[cold]
    pub fn surrogate_error(&self, s: &Gc<Str>) -> Raised {
        let at = s.as_wtf8().find_surrogate().unwrap_or(0);
        let start = s.as_wtf8().index_of_offset(at);
        self.raise_args(
            &crate::errors::exc::UnicodeEncodeError,
            vec![
                self.new_str("utf-8").into_value(),
                s.to_value(),
                self.new_int(start as i64),
                self.new_int(start as i64 + 1),
                self.new_str("surrogates not allowed").into_value(),
            ],
        )
    }

    /// `float(v)` for native code: floats, ints, `__float__`, `__index__`.
    pub fn to_f64(&self, v: &Value) -> PyResult<f64> {
        match float_value(v) {
            Some(f) => Ok(f),
            None => self.to_f64_slow(v),
        }
    }
}
