//! `_csv`: reading and writing delimited text. Rules in `dialect.rs`, parsing in `reader.rs`, joining in `writer.rs`.

mod dialect;
mod reader;
mod writer;

pub use dialect::Dialect;
pub use reader::Reader;
pub use writer::Writer;

use std::cell::{Cell, OnceCell};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

taipan_vm::native_exception!(pub ERROR = "_csv", "Error"(&exc::Exception) "");

#[cold]
fn error(vm: &Vm, text: impl std::fmt::Display) -> Raised {
    vm.raise_new(&ERROR, text)
}

/// What the module keeps for an interpreter.
struct State {
    limit: Cell<isize>,
    dialects: OnceCell<Gc<Dict>>,
}

impl Default for State {
    fn default() -> State {
        State { limit: Cell::new(128 * 1024), dialects: OnceCell::new() }
    }
}

/// How long a field may be.
fn field_limit(vm: &Vm) -> usize {
    usize::try_from(vm.state::<State>().limit.get()).unwrap_or(0)
}

fn dialects(vm: &Vm) -> Gc<Dict> {
    vm.state::<State>().dialects.get_or_init(|| vm.new_dict()).clone()
}

/// A dialect by its name.
fn registered(vm: &Vm, name: &Value) -> PyResult<Value> {
    match dialects(vm).get(vm, name)? {
        Some(d) => Ok(d),
        None => Err(error(vm, "unknown dialect")),
    }
}

/// The one or two positional arguments of a function with format parameters.
fn one_or_two<'a>(vm: &Vm, name: &str, args: CallArgs<'a>) -> PyResult<(&'a Value, Option<&'a Value>)> {
    match args.pos() {
        [a] => Ok((a, None)),
        [a, b] => Ok((a, Some(b))),
        [] => Err(vm.type_error(format_args!("{name} expected at least 1 argument, got 0"))),
        more => Err(vm.type_error(format_args!("{name} expected at most 2 arguments, got {}", more.len()))),
    }
}

fn fmtparams(args: CallArgs<'_>) -> Vec<(Value, Value)> {
    args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// CSV parsing and writing.
///
#[pymodule(name = "_csv")]
pub mod _csv {
    use super::*;

    /// Return a reader object that will process lines from the given iterable.
    ///
    /// The "iterable" argument can be any object that returns a line
    /// of input for each iteration, such as a file object or a list.  The
    /// optional "dialect" argument defines a CSV dialect.  The function
    /// also accepts optional keyword arguments which override settings
    /// provided by the dialect.
    ///
    /// The returned object is an iterator.  Each iteration returns a row
    /// of the CSV file (which can span multiple input lines).
    ///
    #[pyfn(raw, "reader(iterable, /, dialect='excel', **fmtparams)")]
    fn reader(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let (iterable, dialect) = one_or_two(vm, "reader", args)?;
        super::reader::reader(vm, iterable, dialect, &fmtparams(args))
    }

    /// Return a writer object that will write user data on the given file object.
    ///
    /// The "fileobj" argument can be any object that supports the file API.
    /// The optional "dialect" argument defines a CSV dialect.  The function
    /// also accepts optional keyword arguments which override settings
    /// provided by the dialect.
    ///
    #[pyfn(raw, "writer(fileobj, /, dialect='excel', **fmtparams)")]
    fn writer(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let (fileobj, dialect) = one_or_two(vm, "writer", args)?;
        super::writer::writer(vm, fileobj, dialect, &fmtparams(args))
    }

    /// Create a mapping from a string name to a CVS dialect.
    ///
    /// The optional "dialect" argument specifies the base dialect instance
    /// or the name of the registered dialect.  The function also accepts
    /// optional keyword arguments which override settings provided by the
    /// dialect.
    ///
    #[pyfn(raw, "register_dialect(name, /, dialect='excel', **fmtparams)")]
    fn register_dialect(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let (name, dialect) = one_or_two(vm, "register_dialect", args)?;
        if !name.is_instance_of::<Str>() {
            return Err(vm.type_error("dialect name must be a string"));
        }
        let d = super::dialect::call(vm, dialect, &fmtparams(args))?;
        dialects(vm).set(vm, name, d.into_value())?;
        Ok(Value::NONE)
    }

    /// Delete the name/dialect mapping associated with a string name.
    ///
    ///   name
    ///     dialect name to delete
    #[pyfn("unregister_dialect(name)")]
    fn unregister_dialect(vm: &Vm, name: &Value) -> PyResult<()> {
        match dialects(vm).remove(vm, name)? {
            Some(_) => Ok(()),
            None => Err(error(vm, "unknown dialect")),
        }
    }

    /// Return the dialect instance associated with name.
    #[pyfn("get_dialect(name)")]
    fn get_dialect(vm: &Vm, name: &Value) -> PyResult<Value> {
        registered(vm, name)
    }

    /// Return a list of all known dialect names.
    ///
    ///   names = csv.list_dialects()
    #[pyfn("list_dialects()")]
    fn list_dialects(vm: &Vm) -> PyResult<Vec<Value>> {
        vm.collect(dialects(vm).as_value())
    }

    /// Sets an upper limit on parsed fields.
    ///
    /// Returns old limit. If limit is not given, no new limit is set and
    /// the old limit is returned
    #[pyfn("field_size_limit(new_limit=<unrepresentable>)")]
    fn field_size_limit(vm: &Vm, #[raw] new_limit: Option<&Value>) -> PyResult<isize> {
        let limit = &vm.state::<State>().limit;
        let old = limit.get();
        if let Some(v) = new_limit {
            if int_value(v).is_none() {
                return Err(vm.type_error("limit must be an integer"));
            }
            limit.set(isize::from_arg(vm, v)?);
        }
        Ok(old)
    }

    #[pyconst]
    const QUOTE_MINIMAL: i64 = 0;
    #[pyconst]
    const QUOTE_ALL: i64 = 1;
    #[pyconst]
    const QUOTE_NONNUMERIC: i64 = 2;
    #[pyconst]
    const QUOTE_NONE: i64 = 3;
    #[pyconst]
    const QUOTE_STRINGS: i64 = 4;
    #[pyconst]
    const QUOTE_NOTNULL: i64 = 5;

    #[pyconst("Error")]
    fn error_type(vm: &Vm) -> Value {
        vm.type_for(&ERROR).into_value()
    }

    #[pyconst("_dialects")]
    fn known(vm: &Vm) -> Value {
        dialects(vm).into_value()
    }

    #[pyconst("Reader")]
    fn reader_type(vm: &Vm) -> Value {
        vm.native_type::<Reader>().into_value()
    }

    #[pyconst("Writer")]
    fn writer_type(vm: &Vm) -> Value {
        vm.native_type::<Writer>().into_value()
    }

    pytypes!(Dialect);
}
