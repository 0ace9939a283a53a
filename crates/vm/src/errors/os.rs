//! `OSError`: the class that an error number calls for, its fields and texts.

use super::errno;
use super::exception::{BaseException, field, make_empty, set_field};
use super::methods::{args_of, base_str, instance_state, member, no_keywords, reduce_tuple, set_args, view};
use super::{PyResult, Raised, exc};
use crate::native::GetSetDef;
use crate::prelude::*;
use crate::types::typedef::TypeDef;
use taipan_host::HostError;
use taipan_text::wtf8::Wtf8Buf;

pub const ERRNO: usize = 0;
pub const STRERROR: usize = 1;
pub const FILENAME: usize = 2;
pub const FILENAME2: usize = 3;
pub const WRITTEN: usize = 4;

pub const GETSET: &[GetSetDef] = &[
    member::<ERRNO>("errno", "POSIX exception code"),
    member::<STRERROR>("strerror", "exception strerror"),
    member::<FILENAME>("filename", "exception filename"),
    member::<FILENAME2>("filename2", "second exception filename"),
    GetSetDef { name: "characters_written", doc: "", member: false, get: written, set: Some(set_written) },
];

view!(OsErrorView, OSError);

/// The subclass that a number stands for.
pub fn class_for(number: i32) -> Option<&'static TypeDef> {
    // Linux numbers.
    Some(match number {
        11 | 114 | 115 => &exc::BlockingIOError,
        32 | 108 => &exc::BrokenPipeError,
        10 => &exc::ChildProcessError,
        103 => &exc::ConnectionAbortedError,
        111 => &exc::ConnectionRefusedError,
        104 => &exc::ConnectionResetError,
        17 => &exc::FileExistsError,
        2 => &exc::FileNotFoundError,
        21 => &exc::IsADirectoryError,
        20 => &exc::NotADirectoryError,
        4 => &exc::InterruptedError,
        1 | 13 => &exc::PermissionError,
        3 => &exc::ProcessLookupError,
        110 => &exc::TimeoutError,
        _ => return None,
    })
}

/// Whether the class has an `__init__` of its own, which then gets the arguments first.
fn parses_in_init(vm: &Vm, cls: &Gc<Type>) -> bool {
    let base = vm.type_for(&exc::OSError);
    let same_new = match (cls.slots.new.get(), base.slots.new.get()) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        _ => false,
    };
    let same_init = match (cls.slots.init.get(), base.slots.init.get()) {
        (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
        _ => false,
    };
    !same_init && same_new
}

pub fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    if parses_in_init(vm, cls) {
        return Ok(make_empty(vm, cls, vm.names.empty_tuple.clone())?.into_value());
    }
    no_keywords(vm, cls, args)?;
    let pos = args.pos();
    let mut cls = cls.clone();
    if cls.is(vm.type_for_ref(&exc::OSError))
        && (2..=5).contains(&pos.len())
        && let Some(n) = pos.first().and_then(Value::as_int)
        && let Some(def) = i32::try_from(n).ok().and_then(class_for)
    {
        cls = vm.type_for(def);
    }
    let e = make_empty(vm, &cls, vm.tuple_from(pos))?.into_value();
    fill(vm, &e, pos)?;
    Ok(e)
}

pub fn init(vm: &Vm, e: &Value, args: CallArgs<'_>) -> PyResult<()> {
    let cls = vm.type_of(e).clone();
    if !parses_in_init(vm, &cls) {
        return Ok(());
    }
    no_keywords(vm, &cls, args)?;
    set_args(vm, e, args.pos());
    fill(vm, e, args.pos())
}

/// Sets the fields from the arguments.
pub fn fill(vm: &Vm, e: &Value, args: &[Value]) -> PyResult<()> {
    if !(2..=5).contains(&args.len()) {
        return Ok(());
    }
    set_field(e, ERRNO, args.first().cloned());
    set_field(e, STRERROR, args.get(1).cloned());
    let given = |i: usize| args.get(i).filter(|v| !v.is_none()).cloned();
    let Some(filename) = given(2) else { return Ok(()) };
    let number = crate::types::numbers::int_value(&filename).is_some()
        || vm.type_of(&filename).slots.index.get().is_some()
        || vm.type_of(&filename).slots.int.get().is_some()
        || vm.type_of(&filename).slots.float.get().is_some();
    if number && vm.type_of(e).is(vm.type_for_ref(&exc::BlockingIOError)) {
        let n = vm.index_i64(&filename, "cannot fit 'int' into an index-sized integer")?;
        set_field(e, WRITTEN, Some(vm.new_int(n)));
        return Ok(());
    }
    set_field(e, FILENAME, Some(filename));
    set_field(e, FILENAME2, given(4));
    // The files are attributes, not arguments.
    set_args(vm, e, args.get(..2).unwrap_or(args));
    Ok(())
}

pub fn str(vm: &Vm, e: &Value) -> PyResult<Value> {
    let (number, text) = (field(e, ERRNO), field(e, STRERROR));
    let mut out = Wtf8Buf::new();
    if let Some(filename) = field(e, FILENAME) {
        head(vm, &mut out, &number.unwrap_or(Value::NONE), &text.unwrap_or(Value::NONE))?;
        out.push_str(": ");
        out.push_wtf8(vm.repr(&filename)?.as_wtf8());
        if let Some(filename2) = field(e, FILENAME2) {
            out.push_str(" -> ");
            out.push_wtf8(vm.repr(&filename2)?.as_wtf8());
        }
    } else if let (Some(number), Some(text)) = (number, text) {
        head(vm, &mut out, &number, &text)?;
    } else {
        return base_str(vm, e);
    }
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn head(vm: &Vm, out: &mut Wtf8Buf, number: &Value, text: &Value) -> PyResult<()> {
    out.push_str("[Errno ");
    out.push_wtf8(vm.str(number)?.as_wtf8());
    out.push_str("] ");
    out.push_wtf8(vm.str(text)?.as_wtf8());
    Ok(())
}

fn written(vm: &Vm, e: &Value) -> PyResult<Value> {
    match field(e, WRITTEN) {
        Some(n) => Ok(n),
        None => Err(vm.raise_new(&exc::AttributeError, "characters_written")),
    }
}

fn set_written(vm: &Vm, e: &Value, v: Option<&Value>) -> PyResult<()> {
    let Some(v) = v else {
        if field(e, WRITTEN).is_none() {
            return Err(vm.raise_new(&exc::AttributeError, "characters_written"));
        }
        set_field(e, WRITTEN, None);
        return Ok(());
    };
    let n = vm.index_i64(v, "cannot fit 'int' into an index-sized integer")?;
    set_field(e, WRITTEN, Some(vm.new_int(n)));
    Ok(())
}

#[pymethods]
impl OsErrorView {
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<BaseException>) -> PyResult<Value> {
        let e = zelf.as_value();
        let mut args = args_of(vm, zelf);
        if let ([number, text], Some(filename)) = (args.items(), field(e, FILENAME)) {
            let mut items = vec![number.clone(), text.clone(), filename];
            if let Some(filename2) = field(e, FILENAME2) {
                items.push(Value::NONE);
                items.push(filename2);
            }
            args = vm.new_tuple(items);
        }
        let state = instance_state(vm, e);
        Ok(reduce_tuple(vm, e, args, state))
    }
}

/// Raises `OSError`, or the subclass that the number calls for.
#[cold]
pub fn raise_os_error(
    vm: &Vm,
    err: HostError,
    filename: Option<&Value>,
    filename2: Option<&Value>,
) -> Raised {
    let e = make_os_error(vm, err.errno(), filename, filename2);
    vm.raise(e)
}

/// The exception object for an error number.
#[cold]
pub fn make_os_error(vm: &Vm, number: i32, filename: Option<&Value>, filename2: Option<&Value>) -> Value {
    let def = class_for(number).unwrap_or(&exc::OSError);
    let mut args = vec![vm.new_int(number as i64), vm.new_str(&errno::message(number)).into_value()];
    if let Some(f) = filename {
        args.push(f.clone());
        if let Some(f2) = filename2 {
            args.push(Value::NONE);
            args.push(f2.clone());
        }
    }
    vm.new_exc_args(def, args)
}
