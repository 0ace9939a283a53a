//! `_operator`: the operators as functions, and `itemgetter`, `attrgetter`, `methodcaller`.

use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::protocol::BinaryOp;
use taipan_vm::types::repr_guard;

fn concat_items(vm: &Vm, a: &Value, b: &Value, inplace: bool) -> PyResult<Value> {
    let slots = &vm.type_of(a).slots;
    let own = if inplace { slots.inplace_concat.get() } else { None };
    if let Some(f) = own.or(slots.concat.get()) {
        return f(vm, a, b);
    }
    if vm.has_sequence_items(a) && vm.has_sequence_items(b) {
        return if inplace { vm.inplace_op(BinaryOp::Add, a, b) } else { vm.binary_op(BinaryOp::Add, a, b) };
    }
    Err(vm.type_error(format_args!("'{}' object can't be concatenated", vm.type_of(a).name())))
}

fn not_iterable(vm: &Vm, v: &Value) -> Raised {
    vm.type_error(format_args!("argument of type '{}' is not iterable", vm.type_of(v).name()))
}

fn iter_to_search(vm: &Vm, v: &Value) -> PyResult<Value> {
    let r = vm.get_iter(v);
    match r {
        Err(Raised) if vm.raised_is(&taipan_vm::errors::exc::TypeError) => {
            drop(vm.take_raised());
            Err(not_iterable(vm, v))
        }
        r => r,
    }
}

/// Compares in a time that depends only on the second length.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let mut different = (a.len() != b.len()) as u8;
    for (i, y) in b.iter().enumerate() {
        different |= a.get(i).copied().unwrap_or(0) ^ y;
    }
    std::hint::black_box(different) == 0
}

fn compare_digest_of(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
    if let (Some(x), Some(y)) = (a.downcast::<Str>(), b.downcast::<Str>()) {
        if !x.is_ascii() || !y.is_ascii() {
            return Err(vm.type_error("comparing strings with non-ASCII characters is not supported"));
        }
        return Ok(same_bytes(x.as_bytes(), y.as_bytes()));
    }
    if !vm.has_buffer(a) && !vm.has_buffer(b) {
        return Err(vm.type_error(format_args!(
            "unsupported operand types(s) or combination of types: '{}' and '{}'",
            vm.type_of(a).name(),
            vm.type_of(b).name()
        )));
    }
    let (x, y) = (vm.bytes_like(a)?, vm.bytes_like(b)?);
    Ok(same_bytes(&x, &y))
}

/// Operator interface.
///
/// This module exports a set of functions implemented in C corresponding
/// to the intrinsic operators of Python.  For example, operator.add(x, y)
/// is equivalent to the expression x+y.  The function names are those
/// used for special methods; variants without leading and trailing
/// '__' are also provided for convenience.
#[pymodule(name = "_operator")]
pub mod operator {
    use super::*;

    pytypes!(ItemGetter, AttrGetter, MethodCaller);

    /// Return True if a is true, False otherwise.
    #[pyfn("truth(a, /)")]
    fn truth(vm: &Vm, a: &Value) -> PyResult<bool> {
        vm.is_true(a)
    }

    /// Same as not a.
    #[pyfn("not_(a, /)")]
    fn not_(vm: &Vm, a: &Value) -> PyResult<bool> {
        Ok(!vm.is_true(a)?)
    }

    /// Same as a is b.
    #[pyfn("is_(a, b, /)")]
    fn is_(_vm: &Vm, a: &Value, b: &Value) -> bool {
        a.is(b)
    }

    /// Same as a is not b.
    #[pyfn("is_not(a, b, /)")]
    fn is_not(_vm: &Vm, a: &Value, b: &Value) -> bool {
        !a.is(b)
    }

    /// Same as a is None.
    #[pyfn("is_none(a, /)")]
    fn is_none(_vm: &Vm, a: &Value) -> bool {
        a.is_none()
    }

    /// Same as a is not None.
    #[pyfn("is_not_none(a, /)")]
    fn is_not_none(_vm: &Vm, a: &Value) -> bool {
        !a.is_none()
    }

    /// Same as a + b.
    #[pyfn("add(a, b, /)")]
    fn add(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::Add, a, b)
    }

    /// Same as a - b.
    #[pyfn("sub(a, b, /)")]
    fn sub(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::Sub, a, b)
    }

    /// Same as a * b.
    #[pyfn("mul(a, b, /)")]
    fn mul(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::Mul, a, b)
    }

    /// Same as a @ b.
    #[pyfn("matmul(a, b, /)")]
    fn matmul(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::MatMul, a, b)
    }

    /// Same as a // b.
    #[pyfn("floordiv(a, b, /)")]
    fn floordiv(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::FloorDiv, a, b)
    }

    /// Same as a / b.
    #[pyfn("truediv(a, b, /)")]
    fn truediv(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::TrueDiv, a, b)
    }

    /// Same as a % b.
    #[pyfn("mod(a, b, /)")]
    fn mod_(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::Mod, a, b)
    }

    /// Same as a ** b.
    #[pyfn("pow(a, b, /)")]
    fn pow(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.power(a, b, &Value::NONE)
    }

    /// Same as a << b.
    #[pyfn("lshift(a, b, /)")]
    fn lshift(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::LShift, a, b)
    }

    /// Same as a >> b.
    #[pyfn("rshift(a, b, /)")]
    fn rshift(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::RShift, a, b)
    }

    /// Same as a & b.
    #[pyfn("and_(a, b, /)")]
    fn and_(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::And, a, b)
    }

    /// Same as a ^ b.
    #[pyfn("xor(a, b, /)")]
    fn xor(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::Xor, a, b)
    }

    /// Same as a | b.
    #[pyfn("or_(a, b, /)")]
    fn or_(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.binary_op(BinaryOp::Or, a, b)
    }

    /// Same as a += b.
    #[pyfn("iadd(a, b, /)")]
    fn iadd(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::Add, a, b)
    }

    /// Same as a -= b.
    #[pyfn("isub(a, b, /)")]
    fn isub(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::Sub, a, b)
    }

    /// Same as a *= b.
    #[pyfn("imul(a, b, /)")]
    fn imul(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::Mul, a, b)
    }

    /// Same as a @= b.
    #[pyfn("imatmul(a, b, /)")]
    fn imatmul(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::MatMul, a, b)
    }

    /// Same as a //= b.
    #[pyfn("ifloordiv(a, b, /)")]
    fn ifloordiv(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::FloorDiv, a, b)
    }

    /// Same as a /= b.
    #[pyfn("itruediv(a, b, /)")]
    fn itruediv(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::TrueDiv, a, b)
    }

    /// Same as a %= b.
    #[pyfn("imod(a, b, /)")]
    fn imod(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::Mod, a, b)
    }

    /// Same as a **= b.
    #[pyfn("ipow(a, b, /)")]
    fn ipow(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_power(a, b)
    }

    /// Same as a <<= b.
    #[pyfn("ilshift(a, b, /)")]
    fn ilshift(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::LShift, a, b)
    }

    /// Same as a >>= b.
    #[pyfn("irshift(a, b, /)")]
    fn irshift(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::RShift, a, b)
    }

    /// Same as a &= b.
    #[pyfn("iand(a, b, /)")]
    fn iand(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::And, a, b)
    }

    /// Same as a ^= b.
    #[pyfn("ixor(a, b, /)")]
    fn ixor(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::Xor, a, b)
    }

    /// Same as a |= b.
    #[pyfn("ior(a, b, /)")]
    fn ior(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.inplace_op(BinaryOp::Or, a, b)
    }

    /// Same as -a.
    #[pyfn("neg(a, /)")]
    fn neg(vm: &Vm, a: &Value) -> PyResult<Value> {
        vm.negative(a)
    }

    /// Same as +a.
    #[pyfn("pos(a, /)")]
    fn pos(vm: &Vm, a: &Value) -> PyResult<Value> {
        vm.positive(a)
    }

    /// Same as abs(a).
    #[pyfn("abs(a, /)")]
    fn abs(vm: &Vm, a: &Value) -> PyResult<Value> {
        vm.absolute(a)
    }

    /// Same as ~a.
    #[pyfn("inv(a, /)")]
    #[pyfn("invert(a, /)")]
    fn invert(vm: &Vm, a: &Value) -> PyResult<Value> {
        vm.invert(a)
    }

    /// Same as a.__index__()
    #[pyfn("index(a, /)")]
    fn index(vm: &Vm, a: &Value) -> PyResult<Value> {
        taipan_vm::types::int::plain(vm, &vm.index(a)?)
    }

    /// Same as a < b.
    #[pyfn("lt(a, b, /)")]
    fn lt(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.rich_compare(a, b, CompareOp::Lt)
    }

    /// Same as a <= b.
    #[pyfn("le(a, b, /)")]
    fn le(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.rich_compare(a, b, CompareOp::Le)
    }

    /// Same as a == b.
    #[pyfn("eq(a, b, /)")]
    fn eq(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.rich_compare(a, b, CompareOp::Eq)
    }

    /// Same as a != b.
    #[pyfn("ne(a, b, /)")]
    fn ne(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.rich_compare(a, b, CompareOp::Ne)
    }

    /// Same as a > b.
    #[pyfn("gt(a, b, /)")]
    fn gt(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.rich_compare(a, b, CompareOp::Gt)
    }

    /// Same as a >= b.
    #[pyfn("ge(a, b, /)")]
    fn ge(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.rich_compare(a, b, CompareOp::Ge)
    }

    /// Same as a + b, for a and b sequences.
    #[pyfn("concat(a, b, /)")]
    fn concat(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        concat_items(vm, a, b, false)
    }

    /// Same as a += b, for a and b sequences.
    #[pyfn("iconcat(a, b, /)")]
    fn iconcat(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        concat_items(vm, a, b, true)
    }

    /// Same as b in a (note reversed operands).
    #[pyfn("contains(a, b, /)")]
    fn contains(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
        vm.contains(a, b)
    }

    /// Return the number of items in a which are, or which equal, b.
    #[pyfn("countOf(a, b, /)")]
    fn count_of(vm: &Vm, a: &Value, b: &Value) -> PyResult<usize> {
        let it = iter_to_search(vm, a)?;
        let mut n = 0;
        while let Some(x) = vm.iter_next(&it)? {
            n += vm.eq(&x, b)? as usize;
            vm.poll()?;
        }
        Ok(n)
    }

    /// Return the first index of b in a.
    #[pyfn("indexOf(a, b, /)")]
    fn index_of(vm: &Vm, a: &Value, b: &Value) -> PyResult<usize> {
        let it = iter_to_search(vm, a)?;
        let mut i = 0;
        while let Some(x) = vm.iter_next(&it)? {
            if vm.eq(&x, b)? {
                return Ok(i);
            }
            i += 1;
            vm.poll()?;
        }
        Err(vm.value_error("sequence.index(x): x not in sequence"))
    }

    /// Same as a[b].
    #[pyfn("getitem(a, b, /)")]
    fn getitem(vm: &Vm, a: &Value, b: &Value) -> PyResult<Value> {
        vm.get_item(a, b)
    }

    /// Same as a[b] = c.
    #[pyfn("setitem(a, b, c, /)")]
    fn setitem(vm: &Vm, a: &Value, b: &Value, c: &Value) -> PyResult<()> {
        vm.set_item(a, b, c)
    }

    /// Same as del a[b].
    #[pyfn("delitem(a, b, /)")]
    fn delitem(vm: &Vm, a: &Value, b: &Value) -> PyResult<()> {
        vm.del_item(a, b)
    }

    /// Return an estimate of the number of items in obj.
    ///
    /// This is useful for presizing containers when building from an iterable.
    ///
    /// If the object supports len(), the result will be exact.
    /// Otherwise, it may over- or under-estimate by an arbitrary amount.
    /// The result will be an integer >= 0.
    #[pyfn("length_hint(obj, default=0, /)")]
    fn length_hint(vm: &Vm, obj: &Value, default: isize) -> PyResult<isize> {
        const NONE: usize = usize::MAX;
        match vm.length_hint(obj, NONE)? {
            NONE => Ok(default),
            n => Ok(n as isize),
        }
    }

    /// Return 'a == b'.
    ///
    /// This function uses an approach designed to prevent
    /// timing analysis, making it appropriate for cryptography.
    ///
    /// a and b must both be of the same type: either str (ASCII only),
    /// or any bytes-like object.
    ///
    /// Note: If a and b are of different lengths, or if an error occurs,
    /// a timing attack could theoretically reveal information about the
    /// types and lengths of a and b--but not their values.
    #[pyfn("_compare_digest(a, b, /)")]
    fn compare_digest(vm: &Vm, a: &Value, b: &Value) -> PyResult<bool> {
        compare_digest_of(vm, a, b)
    }

    /// Same as obj(*args, **kwargs).
    #[pyfn(raw, "call(obj, /, *args, **kwargs)")]
    fn call(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        match args.pos().first() {
            Some(f) => vm.call_args(f, args.skip(1)),
            None => Err(vm.type_error("call expected at least 1 argument, got 0")),
        }
    }
}

/// The one argument of a getter's call.
fn the_object<'a>(vm: &Vm, name: &str, args: CallArgs<'a>) -> PyResult<&'a Value> {
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("{name}() takes no keyword arguments")));
    }
    match args.pos() {
        [obj] => Ok(obj),
        more => Err(vm.type_error(format_args!("{name} expected 1 argument, got {}", more.len()))),
    }
}

/// `operator.name(…)` with the arguments as they were given.
fn repr_call(vm: &Vm, v: &Value, args: &[Value], keywords: &[(Value, Value)]) -> PyResult {
    let name = taipan_vm::types::set::full_type_name(vm, v);
    if repr_guard::enter(vm, v) {
        return Ok(vm.new_str(&format!("{name}(...)")).into_value());
    }
    let text = (|| {
        let mut out = Wtf8Buf::from(format!("{name}("));
        let mut first = true;
        for a in args {
            if !std::mem::replace(&mut first, false) {
                out.push_str(", ");
            }
            out.push_wtf8(vm.repr(a)?.as_wtf8());
        }
        for (k, a) in keywords {
            if !std::mem::replace(&mut first, false) {
                out.push_str(", ");
            }
            out.push_wtf8(vm.str(k)?.as_wtf8());
            out.push_str("=");
            out.push_wtf8(vm.repr(a)?.as_wtf8());
        }
        out.push_str(")");
        Ok(out)
    })();
    repr_guard::leave(vm, v);
    Ok(vm.new_wtf8_buf(text?).into_value())
}

fn reduce_to(vm: &Vm, v: &Value, args: &[Value]) -> Value {
    let cls = vm.type_of(v).to_value();
    vm.new_tuple(vec![cls, vm.tuple_from(args).into_value()]).into_value()
}

/// Return a callable object that fetches the given item(s) from its operand.
/// After f = itemgetter(2), the call f(r) returns r[2].
/// After g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])
#[pytype(name = "itemgetter", module = "operator", signature = "(item, /, *items)", flags(GC))]
#[derive(Trace)]
pub struct ItemGetter {
    items: Box<[Value]>,
}

impl Slots for ItemGetter {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(|vm, v, args| {
            let g = object::<ItemGetter>(vm, v, "__call__")?;
            let obj = the_object(vm, "itemgetter", args)?;
            if let [key] = &*g.items {
                return vm.get_item(obj, key);
            }
            let found = g.items.iter().map(|k| vm.get_item(obj, k)).collect::<PyResult<Vec<_>>>()?;
            Ok(vm.new_tuple(found).into_value())
        }),
        repr: Some(|vm, v| repr_call(vm, v, &object::<ItemGetter>(vm, v, "__repr__")?.items, &[])),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl ItemGetter {
    #[pygetter("__text_signature__")]
    fn text_signature(_vm: &Vm, _zelf: &Gc<ItemGetter>) -> &'static str {
        "(obj, /)"
    }

    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() {
            return Err(vm.type_error("itemgetter() takes no keyword arguments"));
        }
        if args.pos().is_empty() {
            return Err(vm.type_error("itemgetter expected 1 argument, got 0"));
        }
        Ok(vm.alloc_in(cls, ItemGetter { items: args.pos().into() })?.into_value())
    }

    /// Return state information for pickling
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<ItemGetter>) -> Value {
        reduce_to(vm, zelf.as_value(), &zelf.items)
    }
}

/// Return a callable object that fetches the given attribute(s) from its operand.
/// After f = attrgetter('name'), the call f(r) returns r.name.
/// After g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).
/// After h = attrgetter('name.first', 'name.last'), the call h(r) returns
/// (r.name.first, r.name.last).
#[pytype(name = "attrgetter", module = "operator", signature = "(attr, /, *attrs)", flags(GC))]
#[derive(Trace)]
pub struct AttrGetter {
    given: Box<[Value]>,
    /// Each attribute as the names between its dots.
    paths: Vec<Vec<Gc<Str>>>,
}

fn follow(vm: &Vm, obj: &Value, path: &[Gc<Str>]) -> PyResult<Value> {
    let mut at = obj.clone();
    for name in path {
        at = vm.get_attr(&at, name)?;
    }
    Ok(at)
}

impl Slots for AttrGetter {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(|vm, v, args| {
            let g = object::<AttrGetter>(vm, v, "__call__")?;
            let obj = the_object(vm, "attrgetter", args)?;
            if let [path] = &g.paths[..] {
                if let [name] = &path[..] {
                    return vm.get_attr(obj, name);
                }
                return follow(vm, obj, path);
            }
            let found = g.paths.iter().map(|p| follow(vm, obj, p)).collect::<PyResult<Vec<_>>>()?;
            Ok(vm.new_tuple(found).into_value())
        }),
        repr: Some(|vm, v| repr_call(vm, v, &object::<AttrGetter>(vm, v, "__repr__")?.given, &[])),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl AttrGetter {
    #[pygetter("__text_signature__")]
    fn text_signature(_vm: &Vm, _zelf: &Gc<AttrGetter>) -> &'static str {
        "(obj, /)"
    }

    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        if args.has_keywords() {
            return Err(vm.type_error("attrgetter() takes no keyword arguments"));
        }
        if args.pos().is_empty() {
            return Err(vm.type_error("attrgetter expected 1 argument, got 0"));
        }
        let mut paths = Vec::new();
        for v in args.pos() {
            let Some(s) = v.downcast::<Str>() else {
                return Err(vm.type_error("attribute name must be a string"));
            };
            let bytes = s.as_bytes();
            let path = if bytes.contains(&b'.') {
                let mut names = Vec::new();
                let mut start = 0;
                for (i, b) in bytes.iter().enumerate() {
                    if *b == b'.' {
                        names.push(vm.intern_str(&vm.new_wtf8(s.as_wtf8().slice(start..i))));
                        start = i + 1;
                    }
                }
                names.push(vm.intern_str(&vm.new_wtf8(s.as_wtf8().slice_from(start))));
                names
            } else {
                vec![vm.intern_str(s)]
            };
            paths.push(path);
        }
        Ok(vm.alloc_in(cls, AttrGetter { given: args.pos().into(), paths })?.into_value())
    }

    /// Return state information for pickling
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<AttrGetter>) -> Value {
        reduce_to(vm, zelf.as_value(), &zelf.given)
    }
}

/// Return a callable object that calls the given method on its operand.
/// After f = methodcaller('name'), the call f(r) returns r.name().
/// After g = methodcaller('name', 'date', foo=1), the call g(r) returns
/// r.name('date', foo=1).
#[pytype(name = "methodcaller", module = "operator", signature = "(name, /, *args, **kwargs)", flags(GC))]
#[derive(Trace)]
pub struct MethodCaller {
    name: Gc<Str>,
    args: Vec<Value>,
    keywords: Vec<(Value, Value)>,
}

impl Slots for MethodCaller {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(|vm, v, args| {
            let m = object::<MethodCaller>(vm, v, "__call__")?;
            let obj = the_object(vm, "methodcaller", args)?;
            if m.keywords.is_empty() {
                return vm.call_method_name(obj, &m.name, &m.args);
            }
            let f = vm.get_attr(obj, &m.name)?;
            vm.call_kw(&f, &m.args, &m.keywords)
        }),
        repr: Some(|vm, v| {
            let m = object::<MethodCaller>(vm, v, "__repr__")?;
            let mut args = vec![m.name.to_value()];
            args.extend_from_slice(&m.args);
            repr_call(vm, v, &args, &m.keywords)
        }),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl MethodCaller {
    #[pygetter("__text_signature__")]
    fn text_signature(_vm: &Vm, _zelf: &Gc<MethodCaller>) -> &'static str {
        "(obj, /)"
    }

    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs) -> PyResult<Value> {
        let [name, rest @ ..] = args.pos() else {
            return Err(vm.type_error("methodcaller needs at least one argument, the method name"));
        };
        let Some(name) = name.downcast::<Str>() else {
            return Err(vm.type_error("method name must be a string"));
        };
        let body = MethodCaller {
            name: vm.intern_str(name),
            args: rest.to_vec(),
            keywords: args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect(),
        };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    /// Return state information for pickling
    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<MethodCaller>) -> PyResult<Value> {
        let v = zelf.as_value();
        if zelf.keywords.is_empty() {
            let mut args = vec![zelf.name.to_value()];
            args.extend_from_slice(&zelf.args);
            return Ok(reduce_to(vm, v, &args));
        }
        // The keywords go along in a partial.
        let cls = vm.type_of(v).to_value();
        let partial = vm.native_type::<crate::functools::Partial>().into_value();
        let made = vm.call_kw(&partial, &[cls, zelf.name.to_value()], &zelf.keywords)?;
        Ok(vm.new_tuple(vec![made, vm.tuple_from(&zelf.args).into_value()]).into_value())
    }
}
