//! `builtins`: the functions. Running source and code is in `builtins/run.rs`, arithmetic in `builtins/numbers.rs`,
//! `print` and `input` in `builtins/text.rs`, classes in `builtins/classes.rs`.

mod anext;
mod classes;

pub(crate) mod numbers;
pub mod run;
mod text;

use crate::errors::{exc, group, suggest};
use crate::prelude::*;
use crate::types::set::{FrozenSet, Set, any_set};
use crate::types::typedef::TypeDef;
use crate::types::{iterators, sort};

/// `f expected at least 1 argument, got 0` and its kin, for functions that count by themselves.
pub fn count(vm: &Vm, name: &str, args: CallArgs<'_>, min: usize, max: usize) -> PyResult<()> {
    let got = args.pos().len();
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("{name}() takes no keyword arguments")));
    }
    if got >= min && got <= max {
        return Ok(());
    }
    let (bound, n) = match got < min {
        _ if min == max => ("", min),
        true => ("at least ", min),
        false => ("at most ", max),
    };
    let s = if n == 1 { "" } else { "s" };
    Err(vm.type_error(format_args!("{name} expected {bound}{n} argument{s}, got {got}")))
}

/// The first extreme of a container that holds small ints only.
fn extreme_int(of: &Value, op: CompareOp) -> Option<Value> {
    let mut best = None;
    let mut look = |item: &Value| match (item.as_int(), best) {
        (None, _) => false,
        (Some(n), Some(top)) if !op.holds(n.cmp(&top)) => true,
        (Some(n), _) => {
            best = Some(n);
            true
        }
    };
    let known = if let Some(list) = of.downcast_exact::<List>() {
        list.items.with(|items| items.iter().all(look))
    } else if let Some(tuple) = of.downcast_exact::<Tuple>() {
        tuple.items().iter().all(look)
    } else if of.downcast_exact::<Set>().is_some() || of.downcast_exact::<FrozenSet>().is_some() {
        any_set(of)?.all(&mut look)
    } else {
        false
    };
    if known { Value::small_int(best?) } else { None }
}

/// `max` and `min`.
fn extreme(vm: &Vm, name: &str, args: CallArgs<'_>, op: CompareOp) -> PyResult<Value> {
    let pos = args.pos();
    if pos.is_empty() {
        return Err(vm.type_error(format_args!("{name} expected at least 1 argument, got 0")));
    }
    let (mut key, mut default) = (None, None);
    for (k, v) in args.keywords() {
        let k = k.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        match k.as_str() {
            "key" => key = Some(v).filter(|v| !v.is_none()),
            "default" => default = Some(v),
            _ => {
                let near = suggest::nearest(&k, ["key", "default"].into_iter());
                return Err(match near {
                    Some(near) => vm.type_error(format_args!(
                        "{name}() got an unexpected keyword argument '{k}'. Did you mean '{near}'?"
                    )),
                    None => vm.type_error(format_args!("{name}() got an unexpected keyword argument '{k}'")),
                });
            }
        }
    }
    if let [one] = pos
        && key.is_none()
        && let Some(found) = extreme_int(one, op)
    {
        return Ok(found);
    }
    let mut best: Option<(Value, Value)> = None;
    let mut look = |item: Value| -> PyResult<()> {
        let by = match key {
            Some(f) => vm.call1(f, &item)?,
            None => item.clone(),
        };
        let better = match &best {
            None => true,
            Some((_, top)) => match (by.as_int(), top.as_int()) {
                (Some(a), Some(b)) => op.holds(a.cmp(&b)),
                _ => {
                    let r = vm.rich_compare(&by, top, op)?;
                    vm.is_true(&r)?
                }
            },
        };
        if better {
            best = Some((item, by));
        }
        Ok(())
    };
    if let [one] = pos {
        let it = vm.get_iter(one)?;
        while let Some(item) = vm.iter_next(&it)? {
            look(item)?;
            vm.poll()?;
        }
    } else {
        if default.is_some() {
            return Err(vm.type_error(format_args!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            )));
        }
        for item in pos {
            look(item.clone())?;
        }
    }
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(d)) => Ok(d.clone()),
        (None, None) => Err(vm.value_error(format_args!("{name}() iterable argument is empty"))),
    }
}

fn sorted_list(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
    let [iterable] = args.pos() else {
        return Err(vm.type_error(format_args!("sorted expected 1 argument, got {}", args.pos().len())));
    };
    let mut items = vm.collect(iterable)?;
    let (mut key, mut reverse, mut known) = (None, false, true);
    for (k, v) in args.keywords() {
        match k.downcast::<Str>().map(|s| s.as_bytes()) {
            Some(b"key") => key = Some(v).filter(|v| !v.is_none()),
            Some(b"reverse") => reverse = vm.is_true(v)?,
            _ => known = false,
        }
    }
    if !known {
        // `list.sort` words the error.
        let list = vm.new_list(items).into_value();
        let f = vm.get_attr(&list, &vm.names.sort)?;
        vm.call_args(&f, args.skip(1))?;
        return Ok(list);
    }
    sort::sort_items(vm, &mut items, key, reverse)?;
    Ok(vm.new_list(items).into_value())
}

/// A sorted list of names.
fn sorted_names(vm: &Vm, names: &Value) -> PyResult<Value> {
    let mut items = vm.collect(names)?;
    sort::sort_items(vm, &mut items, None, false)?;
    Ok(vm.new_list(items).into_value())
}

/// The code point or byte that a string of one is.
fn ord_of(vm: &Vm, c: &Value) -> PyResult<i64> {
    let n = if let Some(s) = c.downcast::<Str>() {
        if s.char_len() == 1 {
            return Ok(s.as_wtf8().code_points().next().unwrap_or(0) as i64);
        }
        s.char_len()
    } else if let Some(b) = c.downcast::<Bytes>() {
        if let [one] = b.as_bytes() {
            return Ok(*one as i64);
        }
        b.len()
    } else if vm.type_of(c).def.name == "bytearray"
        && let Some(f) = vm.type_of(c).slots.buffer.get()
    {
        let buffer = f(vm, c, crate::types::buffer::Request::SIMPLE)?;
        if let [one] = buffer.bytes() {
            return Ok(*one as i64);
        }
        buffer.len
    } else {
        return Err(vm.type_error(format_args!(
            "ord() expected string of length 1, but {} found",
            vm.type_of(c).name()
        )));
    };
    Err(vm.type_error(format_args!("ord() expected a character, but string of length {n} found")))
}

/// Classes that are attributes of `builtins`, in its order.
fn class_rows() -> [fn() -> &'static TypeDef; 26] {
    use crate::types as t;
    [
        <t::numbers::Bool as Payload>::def,
        <t::bytearray::ByteArray as Payload>::def,
        <t::Bytes as Payload>::def,
        <t::class_method::ClassMethod as Payload>::def,
        <t::numbers::Complex as Payload>::def,
        <t::Dict as Payload>::def,
        <t::iterators::Enumerate as Payload>::def,
        <t::iterators::Filter as Payload>::def,
        <t::numbers::Float as Payload>::def,
        <t::set::FrozenSet as Payload>::def,
        <t::property::Property as Payload>::def,
        <t::numbers::Int as Payload>::def,
        <t::List as Payload>::def,
        <t::iterators::Map as Payload>::def,
        <t::memoryview::MemoryView as Payload>::def,
        <t::object::Object as Payload>::def,
        <t::range::Range as Payload>::def,
        <t::iterators::Reversed as Payload>::def,
        <t::set::Set as Payload>::def,
        <t::slice::Slice as Payload>::def,
        <t::static_method::StaticMethod as Payload>::def,
        <t::Str as Payload>::def,
        <t::super_::Super as Payload>::def,
        <t::Tuple as Payload>::def,
        <t::type_::PyType as Payload>::def,
        <t::iterators::Zip as Payload>::def,
    ]
}

/// Built-in functions, types, exceptions, and other objects.
///
/// This module provides direct access to all 'built-in'
/// identifiers of Python; for example, builtins.len is
/// the full name for the built-in function len().
///
/// This module is not normally accessed explicitly by most
/// applications, but can be useful in modules that provide
/// objects with the same name as a builtin and need to
/// refer to the built-in object of that name.
#[pymodule(name = "builtins")]
pub mod builtins {
    use super::*;

    /// __build_class__(func, name, /, *bases, [metaclass], **kwds) -> class
    ///
    /// Internal helper function used by the class statement.
    #[pyfn(raw, "__build_class__")]
    fn build_class(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        classes::build_class(vm, args)
    }

    /// Import a module.
    ///
    /// Because this function is meant for use by the Python
    /// interpreter and not for general use, it is better to use
    /// importlib.import_module() to programmatically import a module.
    ///
    /// The globals argument is only used to determine the context;
    /// they are not modified.  The locals argument is unused.  The fromlist
    /// should be a list of names to emulate ``from name import ...``, or an
    /// empty list to emulate ``import name``.
    /// When importing a module from a package, note that __import__('A.B', ...)
    /// returns package A when fromlist is empty, but its submodule B when
    /// fromlist is not empty.  The level argument is used to determine whether to
    /// perform absolute or relative imports: 0 is absolute, while a positive number
    /// is the number of parent directories to search relative to the current module.
    #[pyfn("__import__(name, globals=None, locals=None, fromlist=(), level=0)")]
    fn import(
        vm: &Vm,
        name: &Value,
        globals: &Value,
        locals: &Value,
        fromlist: &Value,
        level: i32,
    ) -> PyResult<Value> {
        crate::modules::import::import(vm, name, globals, locals, fromlist, level)
    }

    /// Return the absolute value of the argument.
    #[pyfn("abs(x, /)")]
    fn abs(vm: &Vm, x: &Value) -> PyResult<Value> {
        vm.absolute(x)
    }

    /// Return True if bool(x) is True for all values x in the iterable.
    ///
    /// If the iterable is empty, return True.
    #[pyfn("all(iterable, /)")]
    fn all(vm: &Vm, iterable: &Value) -> PyResult<bool> {
        vm.each_until(iterable, |item| Ok(!vm.is_true(&item)?)).map(|found| !found)
    }

    /// Return True if bool(x) is True for any x in the iterable.
    ///
    /// If the iterable is empty, return False.
    #[pyfn("any(iterable, /)")]
    fn any(vm: &Vm, iterable: &Value) -> PyResult<bool> {
        vm.each_until(iterable, |item| vm.is_true(&item))
    }

    /// Return an ASCII-only representation of an object.
    ///
    /// As repr(), return a string containing a printable representation of an
    /// object, but escape the non-ASCII characters in the string returned by
    /// repr() using \\x, \\u or \\U escapes. This generates a string similar
    /// to that returned by repr() in Python 2.
    #[pyfn("ascii(obj, /)")]
    fn ascii(vm: &Vm, obj: &Value) -> PyResult<Gc<Str>> {
        vm.ascii(obj)
    }

    /// Return the binary representation of an integer.
    ///
    ///    >>> bin(2796202)
    ///    '0b1010101010101010101010'
    #[pyfn("bin(number, /)")]
    fn bin(vm: &Vm, number: &Value) -> PyResult<Value> {
        numbers::in_base(vm, number, 2)
    }

    /// Call sys.breakpointhook(*args, **kws).  sys.breakpointhook() must accept
    /// whatever arguments are passed.
    ///
    /// By default, this drops you into the pdb debugger.
    #[pyfn(raw, "breakpoint($module, /, *args, **kws)")]
    fn breakpoint(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let hook = vm.sys_dict.get().and_then(|d| d.get_str(vm, &vm.intern("breakpointhook")));
        match hook {
            Some(hook) => vm.call_args(&hook, args),
            None => Err(vm.runtime_error("lost sys.breakpointhook")),
        }
    }

    /// Return whether the object is callable (i.e., some kind of function).
    ///
    /// Note that classes are callable, as are instances of classes with a
    /// __call__() method.
    #[pyfn("callable(obj, /)")]
    fn callable(vm: &Vm, obj: &Value) -> bool {
        vm.is_callable(obj)
    }

    /// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
    #[pyfn("chr(i, /)")]
    fn chr(vm: &Vm, i: &Value) -> PyResult<Gc<Str>> {
        let i = vm.index(i)?;
        match i.as_int().and_then(|n| u32::try_from(n).ok()) {
            Some(cp) if cp <= 0x10ffff => Ok(vm.char_str(cp)),
            _ => match crate::types::numbers::int_value(&i) {
                Some(crate::types::numbers::IntValue::Small(cp @ 0..=0x10ffff)) => Ok(vm.char_str(cp as u32)),
                _ => Err(vm.value_error("chr() arg not in range(0x110000)")),
            },
        }
    }

    /// Compile source into a code object that can be executed by exec() or eval().
    ///
    /// The source code may represent a Python module, statement or expression.
    /// The filename will be used for run-time error messages.
    /// The mode must be 'exec' to compile a module, 'single' to compile a
    /// single (interactive) statement, or 'eval' to compile an expression.
    /// The flags argument, if present, controls which future statements influence
    /// the compilation of the code.
    /// The dont_inherit argument, if true, stops the compilation inheriting
    /// the effects of any future statements in effect in the code calling
    /// compile; if absent or false these statements do influence the compilation,
    /// in addition to any features explicitly specified.
    #[pyfn(
        "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)"
    )]
    fn compile(
        vm: &Vm,
        source: &Value,
        filename: &Value,
        mode: &str,
        flags: i32,
        dont_inherit: bool,
        optimize: i32,
        _feature_version: i32,
    ) -> PyResult<Value> {
        run::compile(vm, source, filename, mode, flags, dont_inherit, optimize, _feature_version)
    }

    /// Deletes the named attribute from the given object.
    ///
    /// delattr(x, 'y') is equivalent to ``del x.y``
    #[pyfn("delattr(obj, name, /)")]
    fn delattr(vm: &Vm, obj: &Value, name: &Value) -> PyResult<()> {
        let name = vm.attr_name(name)?;
        vm.del_attr(obj, name)
    }

    /// dir([object]) -> list of strings
    ///
    /// If called without an argument, return the names in the current scope.
    /// Else, return an alphabetized list of names comprising (some of) the attributes
    /// of the given object, and of attributes reachable from it.
    /// If the object supplies a method named __dir__, it will be used; otherwise
    /// the default dir() logic is used and returns:
    ///   for a module object: the module's attributes.
    ///   for a class object:  its attributes, and recursively the attributes
    ///     of its bases.
    ///   for any other object: its attributes, its class's attributes, and
    ///     recursively the attributes of its class's base classes.
    #[pyfn(raw, "dir")]
    fn dir(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        count(vm, "dir", args, 0, 1)?;
        let names = match args.pos() {
            [] => {
                let locals = vm.caller_locals()?;
                let keys = vm.call_method_name(&locals, &vm.names.keys, &[])?;
                return sorted_names(vm, &keys);
            }
            [obj, ..] => vm.call_special(obj, &vm.names.__dir__, &[])?,
        };
        match names {
            Some(names) => sorted_names(vm, &names),
            None => Err(vm.type_error("object does not provide __dir__")),
        }
    }

    /// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
    #[pyfn("divmod(x, y, /)")]
    fn divmod(vm: &Vm, x: &Value, y: &Value) -> PyResult<Value> {
        vm.binary_op(crate::protocol::BinaryOp::DivMod, x, y)
    }

    /// Evaluate the given source in the context of globals and locals.
    ///
    /// The source may be a string representing a Python expression
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    #[pyfn("eval(source, /, globals=None, locals=None)")]
    fn eval(vm: &Vm, source: &Value, globals: &Value, locals: &Value) -> PyResult<Value> {
        run::eval(vm, source, globals, locals)
    }

    /// Execute the given source in the context of globals and locals.
    ///
    /// The source may be a string representing one or more Python statements
    /// or a code object as returned by compile().
    /// The globals must be a dictionary and locals can be any mapping,
    /// defaulting to the current globals and locals.
    /// If only globals is given, locals defaults to it.
    /// The closure must be a tuple of cellvars, and can only be used
    /// when source is a code object requiring exactly that many cellvars.
    #[pyfn("exec(source, /, globals=None, locals=None, *, closure=None)")]
    fn exec(vm: &Vm, source: &Value, globals: &Value, locals: &Value, closure: &Value) -> PyResult<()> {
        run::exec(vm, source, globals, locals, closure)
    }

    /// Return type(value).__format__(value, format_spec)
    ///
    /// Many built-in types implement format_spec according to the
    /// Format Specification Mini-language. See help('FORMATTING').
    ///
    /// If type(value) does not supply a method named __format__
    /// and format_spec is empty, then str(value) is returned.
    /// See also help('SPECIALMETHODS').
    #[pyfn("format(value, format_spec='', /)")]
    fn format(vm: &Vm, value: &Value, format_spec: &Gc<Str>) -> PyResult<Gc<Str>> {
        vm.format(value, Some(format_spec.as_value()))
    }

    /// getattr(object, name[, default]) -> value
    ///
    /// Get a named attribute from an object; getattr(x, 'y') is equivalent to x.y.
    /// When a default argument is given, it is returned when the attribute doesn't
    /// exist; without it, an exception is raised in that case.
    #[pyfn(no_text, "getattr(object, name, default=<unrepresentable>, /)")]
    fn getattr(vm: &Vm, object: &Value, name: &Value, default: Option<&Value>) -> PyResult<Value> {
        let name = vm.attr_name(name)?;
        match default {
            None => vm.get_attr(object, name),
            Some(default) => Ok(vm.lookup_attr(object, name)?.unwrap_or_else(|| default.clone())),
        }
    }

    /// Return the dictionary containing the current scope's global variables.
    ///
    /// NOTE: Updates to this dictionary *will* affect name lookups in the current
    /// global scope and vice-versa.
    #[pyfn("globals()")]
    fn globals(vm: &Vm) -> PyResult<Value> {
        match vm.caller_globals() {
            Some(g) => Ok(g.into_value()),
            None => Ok(Value::NONE),
        }
    }

    /// Return whether the object has an attribute with the given name.
    ///
    /// This is done by calling getattr(obj, name) and catching AttributeError.
    #[pyfn("hasattr(obj, name, /)")]
    fn hasattr(vm: &Vm, obj: &Value, name: &Value) -> PyResult<bool> {
        vm.has_attr(obj, vm.attr_name(name)?)
    }

    /// Return the hash value for the given object.
    ///
    /// Two objects that compare equal must also have the same hash value, but the
    /// reverse is not necessarily true.
    #[pyfn("hash(obj, /)")]
    fn hash(vm: &Vm, obj: &Value) -> PyResult<i64> {
        vm.hash(obj)
    }

    /// Return the hexadecimal representation of an integer.
    ///
    ///    >>> hex(12648430)
    ///    '0xc0ffee'
    #[pyfn("hex(number, /)")]
    fn hex(vm: &Vm, number: &Value) -> PyResult<Value> {
        numbers::in_base(vm, number, 16)
    }

    /// Return the identity of an object.
    ///
    /// This is guaranteed to be unique among simultaneously existing objects.
    /// (CPython uses the object's memory address.)
    #[pyfn("id(obj, /)")]
    fn id(_vm: &Vm, obj: &Value) -> u64 {
        obj.bits()
    }

    /// Read a string from standard input.  The trailing newline is stripped.
    ///
    /// The prompt string, if given, is printed to standard output without a
    /// trailing newline before reading input.
    ///
    /// If the user hits EOF (*nix: Ctrl-D, Windows: Ctrl-Z+Return), raise EOFError.
    /// On *nix systems, readline is used if available.
    #[pyfn("input(prompt='', /)")]
    fn input(vm: &Vm, #[raw] prompt: Option<&Value>) -> PyResult<Value> {
        text::input(vm, prompt)
    }

    /// Return whether an object is an instance of a class or of a subclass thereof.
    ///
    /// A tuple, as in ``isinstance(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``isinstance(x, A) or isinstance(x, B)
    /// or ...`` etc.
    #[pyfn("isinstance(obj, class_or_tuple, /)")]
    fn isinstance(vm: &Vm, obj: &Value, class_or_tuple: &Value) -> PyResult<bool> {
        vm.is_instance(obj, class_or_tuple)
    }

    /// Return whether 'cls' is derived from another class or is the same class.
    ///
    /// A tuple, as in ``issubclass(x, (A, B, ...))``, may be given as the target to
    /// check against. This is equivalent to ``issubclass(x, A) or issubclass(x, B)
    /// or ...``.
    #[pyfn("issubclass(cls, class_or_tuple, /)")]
    fn issubclass(vm: &Vm, cls: &Value, class_or_tuple: &Value) -> PyResult<bool> {
        vm.is_subclass(cls, class_or_tuple)
    }

    /// iter(iterable) -> iterator
    /// iter(callable, sentinel) -> iterator
    ///
    /// Get an iterator from an object.  In the first form, the argument must
    /// supply its own iterator, or be a sequence.
    /// In the second form, the callable is called until it returns the sentinel.
    #[pyfn(no_text, "iter(object, sentinel=<unrepresentable>, /)")]
    fn iter(vm: &Vm, object: &Value, sentinel: Option<&Value>) -> PyResult<Value> {
        match sentinel {
            None => vm.get_iter(object),
            Some(sentinel) if vm.is_callable(object) => {
                Ok(iterators::callable_iterator(vm, object, sentinel))
            }
            Some(_) => Err(vm.type_error("iter(v, w): v must be callable")),
        }
    }

    /// Return an AsyncIterator for an AsyncIterable object.
    #[pyfn("aiter(async_iterable, /)")]
    fn aiter(vm: &Vm, async_iterable: &Value) -> PyResult<Value> {
        anext::aiter(vm, async_iterable)
    }

    /// Return the number of items in a container.
    #[pyfn("len(obj, /)")]
    fn len(vm: &Vm, obj: &Value) -> PyResult<usize> {
        vm.len(obj)
    }

    /// Return a dictionary containing the current scope's local variables.
    ///
    /// NOTE: Whether or not updates to this dictionary will affect name lookups in
    /// the local scope and vice-versa is *implementation dependent* and not
    /// covered by any backwards compatibility guarantees.
    #[pyfn("locals()")]
    fn locals(vm: &Vm) -> PyResult<Value> {
        vm.caller_locals()
    }

    /// max(iterable, *[, default=obj, key=func]) -> value
    /// max(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its biggest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the largest argument.
    #[pyfn(raw, "max")]
    fn max(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        extreme(vm, "max", args, CompareOp::Gt)
    }

    /// min(iterable, *[, default=obj, key=func]) -> value
    /// min(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its smallest item. The
    /// default keyword-only argument specifies an object to return if
    /// the provided iterable is empty.
    /// With two or more positional arguments, return the smallest argument.
    #[pyfn(raw, "min")]
    fn min(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        extreme(vm, "min", args, CompareOp::Lt)
    }

    /// next(iterator[, default])
    ///
    /// Return the next item from the iterator. If default is given and the iterator
    /// is exhausted, it is returned instead of raising StopIteration.
    #[pyfn(no_text, "next(iterator, default=<unrepresentable>, /)")]
    fn next(vm: &Vm, iterator: &Value, default: Option<&Value>) -> PyResult<Value> {
        let Some(step) = vm.type_of(iterator).slots.iternext.get() else {
            return Err(
                vm.type_error(format_args!("'{}' object is not an iterator", vm.type_of(iterator).name()))
            );
        };
        let r = step(vm, iterator);
        match default {
            None => match r? {
                Some(v) => Ok(v),
                None => Err(vm.stop_iteration(None)),
            },
            Some(default) => {
                Ok(vm.suppress(r, &exc::StopIteration)?.flatten().unwrap_or_else(|| default.clone()))
            }
        }
    }

    /// Return the next item from the async iterator.
    ///
    /// If default is given and the async iterator is exhausted,
    /// it is returned instead of raising StopAsyncIteration.
    #[pyfn("anext(aiterator, default=<unrepresentable>, /)")]
    fn anext(vm: &Vm, aiterator: &Value, default: Option<&Value>) -> PyResult<Value> {
        anext::anext(vm, aiterator, default)
    }

    /// Return the octal representation of an integer.
    ///
    ///    >>> oct(342391)
    ///    '0o1234567'
    #[pyfn("oct(number, /)")]
    fn oct(vm: &Vm, number: &Value) -> PyResult<Value> {
        numbers::in_base(vm, number, 8)
    }

    /// Return the ordinal value of a character.
    ///
    /// If the argument is a one-character string, return the Unicode code
    /// point of that character.
    ///
    /// If the argument is a bytes or bytearray object of length 1, return its
    /// single byte value.
    #[pyfn("ord(character, /)")]
    fn ord(vm: &Vm, character: &Value) -> PyResult<i64> {
        ord_of(vm, character)
    }

    /// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments
    ///
    /// Some types, such as ints, are able to use a more efficient algorithm when
    /// invoked using the three argument form.
    #[pyfn("pow(base, exp, mod=None)")]
    fn pow(vm: &Vm, base: &Value, exp: &Value, modulus: &Value) -> PyResult<Value> {
        vm.power(base, exp, modulus)
    }

    /// Prints the values to a stream, or to sys.stdout by default.
    ///
    ///   sep
    ///     string inserted between values, default a space.
    ///   end
    ///     string appended after the last value, default a newline.
    ///   file
    ///     a file-like object (stream); defaults to the current sys.stdout.
    ///   flush
    ///     whether to forcibly flush the stream.
    #[pyfn("print(*args, sep=' ', end='\\n', file=None, flush=False)")]
    fn print(
        vm: &Vm,
        args: &[Value],
        #[raw] sep: Option<&Value>,
        #[raw] end: Option<&Value>,
        #[raw] file: Option<&Value>,
        flush: bool,
    ) -> PyResult<()> {
        text::print(vm, args, sep, end, file, flush)
    }

    /// Return the canonical string representation of the object.
    ///
    /// For many object types, including most builtins, eval(repr(obj)) == obj.
    #[pyfn("repr(obj, /)")]
    fn repr(vm: &Vm, obj: &Value) -> PyResult<Gc<Str>> {
        vm.repr(obj)
    }

    /// Round a number to a given precision in decimal digits.
    ///
    /// The return value is an integer if ndigits is omitted or None.  Otherwise
    /// the return value has the same type as the number.  ndigits may be negative.
    #[pyfn("round(number, ndigits=None)")]
    fn round(vm: &Vm, number: &Value, ndigits: Option<&Value>) -> PyResult<Value> {
        let r = match ndigits {
            None => vm.call_special(number, &vm.names.__round__, &[])?,
            Some(n) => vm.call_special(number, &vm.names.__round__, std::slice::from_ref(n))?,
        };
        match r {
            Some(v) => Ok(v),
            None => Err(vm.type_error(format_args!(
                "type {} doesn't define __round__ method",
                vm.type_of(number).name()
            ))),
        }
    }

    /// Sets the named attribute on the given object to the specified value.
    ///
    /// setattr(x, 'y', v) is equivalent to ``x.y = v``
    #[pyfn("setattr(obj, name, value, /)")]
    fn setattr(vm: &Vm, obj: &Value, name: &Value, value: &Value) -> PyResult<()> {
        vm.set_attr(obj, vm.attr_name(name)?, value)
    }

    /// Return a new list containing all items from the iterable in ascending order.
    ///
    /// A custom key function can be supplied to customize the sort order, and the
    /// reverse flag can be set to request the result in descending order.
    #[pyfn(raw, "sorted($module, iterable, /, *, key=None, reverse=False)")]
    fn sorted(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        sorted_list(vm, args)
    }

    /// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
    ///
    /// When the iterable is empty, return the start value.
    /// This function is intended specifically for use with numeric values and may
    /// reject non-numeric types.
    #[pyfn("sum(iterable, /, start=0)")]
    fn sum(vm: &Vm, iterable: &Value, #[raw] start: Option<&Value>) -> PyResult<Value> {
        numbers::sum(vm, iterable, start)
    }

    /// vars([object]) -> dictionary
    ///
    /// Without arguments, equivalent to locals().
    /// With an argument, equivalent to object.__dict__.
    #[pyfn(raw, "vars")]
    fn vars(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        count(vm, "vars", args, 0, 1)?;
        match args.pos() {
            [] => vm.caller_locals(),
            [obj, ..] => match vm.lookup_attr(obj, &vm.names.__dict__)? {
                Some(d) => Ok(d),
                None => Err(vm.type_error("vars() argument must have __dict__ attribute")),
            },
        }
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        group::link_exception_group(vm);
        let Some(dict) = module.downcast::<crate::types::module::Module>().map(|m| m.dict.clone()) else {
            return Ok(());
        };
        let set = |name: &str, v: Value| dict.set_str(vm, &vm.intern(name), v);
        set("None", Value::NONE);
        set("Ellipsis", Value::ELLIPSIS);
        set("NotImplemented", Value::NOT_IMPLEMENTED);
        set("False", Value::FALSE);
        set("True", Value::TRUE);
        for row in class_rows() {
            let def = row();
            set(def.name, vm.type_for(def).into_value());
        }
        set("__debug__", Value::bool(vm.config.flags.optimize == 0));
        set("BaseException", vm.native_type::<crate::errors::BaseException>().into_value());
        for def in exc::ALL {
            set(def.name, vm.type_for(def).into_value());
        }
        let os_error = vm.type_for(&exc::OSError).into_value();
        set("EnvironmentError", os_error.clone());
        set("IOError", os_error);
        Ok(())
    }
}
