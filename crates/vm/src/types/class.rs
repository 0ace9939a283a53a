//! Classes: `type(name, bases, dict)`, method resolution order, layout of instances, `type.__call__`, attributes of classes.
//! The methods and attributes of `type` are in `types/type_methods.rs`.

use crate::errors::{BaseException, exc};
use crate::prelude::*;
use crate::types::class_method::ClassMethod;
use crate::types::descriptors::{GetSetDescriptor, INSTANCE_DICT, INSTANCE_WEAKREF, MemberDescriptor};
use crate::types::module::Module;
use crate::types::slotdefs;
use crate::types::static_method::StaticMethod;
use crate::types::type_::{NewType, PyType};
use crate::types::typedef::SlotTable;

/// Exceptions whose objects CPython lays out differently from their base's, so that they cannot be combined.
const OWN_LAYOUT: &[&str] = &[
    "BaseException",
    "BaseExceptionGroup",
    "ImportError",
    "OSError",
    "SyntaxError",
    "SystemExit",
    "StopIteration",
    "NameError",
    "AttributeError",
    "UnicodeError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeTranslateError",
];

/// Whether a native definition's payload is its base's.
fn adds_nothing(def: &TypeDef) -> bool {
    let own = def.flags & F::EXCEPTION_SUBCLASS != 0 && OWN_LAYOUT.contains(&def.name);
    def.flags & F::BASE_PAYLOAD != 0 && !own
}

/// The class that decides how the instances of `ty` are laid out.
pub fn solid_base(ty: &Gc<Type>) -> Gc<Type> {
    let mut at = ty.clone();
    loop {
        let Some(base) = at.base.get() else { return at };
        let solid = if at.is_heap_type() {
            at.slot_words.get() > base.slot_words.get()
        } else {
            !adds_nothing(at.def)
        };
        if solid {
            return at;
        }
        at = base;
    }
}

/// Whether the instances of a class have a native part that a plain object has not.
pub fn native_size_matters(ty: &Gc<Type>) -> bool {
    let mut at = solid_base(ty);
    while at.is_heap_type() {
        match at.base.get() {
            Some(b) => at = solid_base(&b),
            None => return false,
        }
    }
    at.base.with(Option::is_some)
}

/// The base whose layout the new class extends.
fn best_base(vm: &Vm, bases: &[Gc<Type>]) -> PyResult<Gc<Type>> {
    let mut best: Option<(Gc<Type>, Gc<Type>)> = None;
    for b in bases {
        if !b.has_flags(F::BASETYPE) {
            return Err(
                vm.type_error(format_args!("type '{}' is not an acceptable base type", dotted_name(vm, b)))
            );
        }
        let candidate = solid_base(b);
        best = match best {
            None => Some((candidate, b.clone())),
            Some((w, base)) if w.is_subtype(&candidate) => Some((w, base)),
            Some((w, _)) if candidate.is_subtype(&w) => Some((candidate, b.clone())),
            Some(_) => return Err(vm.type_error("multiple bases have instance lay-out conflict")),
        };
    }
    match best {
        Some((_, base)) => Ok(base),
        None => Err(vm.type_error("a new-style class can't have only classic bases")),
    }
}

/// `tp_name` as messages show it.
pub fn dotted_name(_vm: &Vm, ty: &Gc<Type>) -> String {
    ty.tp_name()
}

/// `__module__` of a class, if it is a string.
pub fn module_name(vm: &Vm, ty: &Gc<Type>) -> Option<Gc<Str>> {
    if !ty.is_heap_type() {
        return Some(vm.intern(ty.def.module));
    }
    ty.own(vm, &vm.names.__module__)?.downcast::<Str>().cloned()
}

/// `<class 'module.Name'>`.
pub fn type_repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(ty) = v.downcast::<Type>() else { return Ok(vm.names.empty.to_value()) };
    let module = module_name(vm, ty);
    let q = ty.qualname_str(vm);
    let text = match module {
        Some(m) if m.as_bytes() != b"builtins" => {
            format!("<class '{}.{}'>", m.to_string_lossy(), q.to_string_lossy())
        }
        _ => format!("<class '{}'>", q.to_string_lossy()),
    };
    Ok(vm.new_str(&text).into_value())
}

/// The most derived metaclass of the bases and `meta`.
pub fn calculate_metaclass(vm: &Vm, meta: &Gc<Type>, bases: &[Value]) -> PyResult<Gc<Type>> {
    let mut winner = meta.clone();
    for b in bases {
        let t = vm.type_of(b);
        if winner.is_subtype(t) {
            continue;
        }
        if t.is_subtype(&winner) {
            winner = t.clone();
            continue;
        }
        return Err(vm.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

/// C3: the linearisation of a class over the given bases.
fn linearise(vm: &Vm, ty: &Gc<Type>, bases: &[Gc<Type>]) -> PyResult<Vec<Gc<Type>>> {
    for (i, b) in bases.iter().enumerate() {
        if bases.iter().skip(i + 1).any(|c| c.is(b)) {
            return Err(vm.type_error(format_args!("duplicate base class {}", b.name())));
        }
    }
    let mut out = vec![ty.clone()];
    if let Some(unready) = bases.iter().find(|b| b.mro.with(Vec::is_empty)) {
        return Err(vm.type_error(format_args!("Cannot extend an incomplete type '{}'", unready.name())));
    }
    if let [only] = bases {
        out.extend(only.mro.get());
        return Ok(out);
    }
    let mut lists: Vec<Vec<Gc<Type>>> = bases.iter().map(|b| b.mro.get()).collect();
    lists.push(bases.to_vec());
    let mut at = vec![0usize; lists.len()];
    loop {
        let mut empty = true;
        let mut next = None;
        'lists: for (list, &i) in lists.iter().zip(&at) {
            let Some(candidate) = list.get(i) else { continue };
            empty = false;
            for (other, &j) in lists.iter().zip(&at) {
                if other.iter().skip(j + 1).any(|t| t.is(candidate)) {
                    continue 'lists;
                }
            }
            next = Some(candidate.clone());
            break;
        }
        if empty {
            return Ok(out);
        }
        let Some(found) = next else {
            let mut names: Vec<(Gc<Type>, String)> = Vec::new();
            for (list, &i) in lists.iter().zip(&at) {
                if let Some(t) = list.get(i)
                    && !names.iter().any(|(n, _)| n.is(t))
                {
                    names.push((t.clone(), t.name()));
                }
            }
            let shown: Vec<String> = names.into_iter().map(|(_, n)| n).collect();
            return Err(vm.type_error(format_args!(
                "Cannot create a consistent method resolution order (MRO) for bases {}",
                shown.join(", ")
            )));
        };
        for (list, i) in lists.iter().zip(at.iter_mut()) {
            if list.get(*i).is_some_and(|t| t.is(&found)) {
                *i += 1;
            }
        }
        out.push(found);
    }
}

/// `type.mro(cls)`.
pub fn default_mro(vm: &Vm, ty: &Gc<Type>) -> PyResult<Vec<Gc<Type>>> {
    linearise(vm, ty, &ty.bases.get())
}

/// The order that the class's metaclass wants, checked.
fn compute_mro(vm: &Vm, ty: &Gc<Type>) -> PyResult<Vec<Gc<Type>>> {
    let meta = vm.type_of(ty.as_value()).clone();
    if meta.is(&vm.types.type_) {
        return default_mro(vm, ty);
    }
    let custom = match meta.lookup_with_owner(vm, &vm.names.mro) {
        Some((owner, _)) => !owner.is(&vm.types.type_),
        None => false,
    };
    if !custom {
        return default_mro(vm, ty);
    }
    let Some(f) = vm.lookup_special(ty.as_value(), &vm.names.mro)? else { return default_mro(vm, ty) };
    let r = vm.call0(&f)?;
    let items = vm.collect(&r)?;
    let solid = solid_base(ty);
    let mut out = Vec::with_capacity(items.len());
    for item in &items {
        let Some(t) = item.downcast::<Type>() else {
            return Err(
                vm.type_error(format_args!("mro() returned a non-class ('{}')", vm.type_of(item).name()))
            );
        };
        if !solid.is_subtype(&solid_base(t)) {
            return Err(
                vm.type_error(format_args!("mro() returned base with unsuitable layout ('{}')", t.name()))
            );
        }
        out.push(t.clone());
    }
    Ok(out)
}

/// Gives the class an order; answers the old one.
fn put_mro(ty: &Gc<Type>, order: Vec<Gc<Type>>) -> Vec<Gc<Type>> {
    let old = ty.mro.replace(order);
    ty.mro_stamp.set(ty.mro_stamp.get().wrapping_add(1));
    ty.mro_tuple.set(None);
    ty.modified();
    old
}

/// Sets the order anew; answers the old one, or `None` when the metaclass's `mro` has set it by itself meanwhile.
fn refresh_mro(vm: &Vm, ty: &Gc<Type>) -> PyResult<Option<Vec<Gc<Type>>>> {
    let before = ty.mro_stamp.get();
    let new = compute_mro(vm, ty)?;
    if ty.mro_stamp.get() != before {
        return Ok(None);
    }
    let bases = ty.bases.get();
    let known = |t: &Gc<Type>| t.is(ty) || bases.iter().any(|b| b.is_subtype(t));
    ty.foreign_order.set(!new.iter().all(known));
    Ok(Some(put_mro(ty, new)))
}

/// `__mro__`.
pub fn mro_tuple(vm: &Vm, ty: &Gc<Type>) -> Value {
    if let Some(t) = ty.mro_tuple.get() {
        return t;
    }
    if ty.mro.with(Vec::is_empty) {
        // The class is being made.
        return Value::NONE;
    }
    let t = vm.new_tuple(ty.mro.with(|m| m.iter().map(|t| t.to_value()).collect())).into_value();
    ty.mro_tuple.set(Some(t.clone()));
    t
}

/// A private name as the compiler spells it inside a class.
pub fn mangle(vm: &Vm, class: &str, name: &Gc<Str>) -> Gc<Str> {
    let b = name.as_bytes();
    if !b.starts_with(b"__") || b.ends_with(b"__") || b.contains(&b'.') {
        return name.clone();
    }
    let class = class.trim_start_matches('_');
    if class.is_empty() {
        return name.clone();
    }
    vm.intern(&format!("_{class}{}", name.to_string_lossy()))
}

struct SlotNames {
    /// Mangled, sorted.
    names: Vec<Gc<Str>>,
    dict: bool,
    weakref: bool,
}

fn is_identifier(vm: &Vm, s: &Gc<Str>) -> PyResult<bool> {
    let b = s.as_bytes();
    if s.is_ascii() {
        let word = b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'_');
        return Ok(word && b.first().is_some_and(|c| !c.is_ascii_digit()));
    }
    let r = vm.call_method(s.as_value(), "isidentifier", &[])?;
    vm.is_true(&r)
}

/// Reads `__slots__`.
fn read_slots(
    vm: &Vm,
    class: &str,
    slots: &Value,
    base: &Gc<Type>,
    dict: &Gc<Dict>,
    may: (bool, bool),
) -> PyResult<SlotNames> {
    let items = if slots.is_instance_of::<Str>() { vec![slots.clone()] } else { vm.collect(slots)? };
    if !items.is_empty() && item_size(base) != 0 {
        return Err(
            vm.type_error(format_args!("nonempty __slots__ not supported for subtype of '{}'", base.name()))
        );
    }
    let mut out = SlotNames { names: Vec::new(), dict: false, weakref: false };
    for item in &items {
        let Some(s) = item.downcast::<Str>() else {
            return Err(vm.type_error(format_args!(
                "__slots__ items must be strings, not '{}'",
                vm.type_of(item).name()
            )));
        };
        if !is_identifier(vm, s)? {
            return Err(vm.type_error("__slots__ must be identifiers"));
        }
        match s.as_bytes() {
            b"__dict__" => {
                if !may.0 || out.dict {
                    return Err(vm.type_error("__dict__ slot disallowed: we already got one"));
                }
                out.dict = true;
            }
            b"__weakref__" => {
                if !may.1 || out.weakref {
                    return Err(vm.type_error("__weakref__ slot disallowed: we already got one"));
                }
                out.weakref = true;
            }
            _ => {
                let name = vm.intern_str(&mangle(vm, class, s));
                let special =
                    matches!(name.as_bytes(), b"__qualname__" | b"__classcell__" | b"__classdictcell__");
                if dict.get_str(vm, &name).is_some() && !special {
                    return Err(vm.value_error(format_args!(
                        "{} in __slots__ conflicts with class variable",
                        vm.repr_text(name.as_value())?
                    )));
                }
                out.names.push(name);
            }
        }
    }
    out.names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    Ok(out)
}

/// `__itemsize__`.
pub fn item_size(ty: &Gc<Type>) -> i64 {
    let f = ty.flags.get();
    if f & F::LONG_SUBCLASS != 0 {
        4
    } else if f & F::TUPLE_SUBCLASS != 0 {
        8
    } else if f & F::BYTES_SUBCLASS != 0 {
        1
    } else if f & F::TYPE_SUBCLASS != 0 {
        40
    } else {
        0
    }
}

/// `__basicsize__`.
pub fn basic_size(ty: &Gc<Type>) -> i64 {
    let mut at = ty.clone();
    let words = at.slot_words.get() as i64;
    while at.is_heap_type() {
        match at.base.get() {
            Some(b) => at = b,
            None => break,
        }
    }
    let native = match at.def.name {
        "object" => 16,
        "int" | "bool" | "float" => 24,
        "complex" | "tuple" => 32,
        "list" => 40,
        "dict" => 48,
        "str" => 64,
        "bytes" => 33,
        "set" | "frozenset" => 200,
        "type" => 928,
        _ => 16 + 8 * 6,
    };
    native + words * 8
}

/// `sys.getsizeof` without the collector's part.
pub fn size_of_object(vm: &Vm, v: &Value) -> i64 {
    let ty = vm.type_of(v);
    let mut n = basic_size(ty);
    if let Ok(len) = match ty.slots.len.get() {
        Some(f) if item_size(ty) != 0 => f(vm, v),
        _ => Ok(0),
    } {
        n += len as i64 * item_size(ty);
    } else {
        drop(vm.take_raised());
    }
    n
}

/// `type.__new__`.
pub fn type_new(vm: &Vm, meta: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    let [name, bases, ns] = args.pos() else {
        return Err(vm.type_error(format_args!(
            "type.__new__() takes exactly 3 arguments ({} given)",
            args.pos().len()
        )));
    };
    let wrong = |n: usize, what: &str, v: &Value| {
        vm.type_error(format_args!(
            "type.__new__() argument {n} must be {what}, not {}",
            vm.shown_type_name(v)
        ))
    };
    let Some(name) = name.downcast::<Str>() else { return Err(wrong(1, "str", name)) };
    let Some(bases) = bases.downcast::<Tuple>() else { return Err(wrong(2, "tuple", bases)) };
    let Some(ns) = ns.downcast::<Dict>() else { return Err(wrong(3, "dict", ns)) };
    for b in bases.items() {
        if !b.is_instance_of::<PyType>() && vm.lookup_attr(b, &vm.names.__mro_entries__)?.is_some() {
            return Err(vm.type_error("type() doesn't support MRO entry resolution; use types.new_class()"));
        }
    }
    let winner = calculate_metaclass(vm, meta, bases.items())?;
    if !winner.is(meta) {
        let same = match (winner.slots.new.get(), vm.types.type_.slots.new.get()) {
            (Some(a), Some(b)) => std::ptr::fn_addr_eq(a, b),
            _ => true,
        };
        if !same && let Some(new) = winner.slots.new.get() {
            return new(vm, &winner, args);
        }
    }
    let kwargs: Vec<(Value, Value)> = args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect();
    new_class(vm, &winner, name, bases, ns, &kwargs)
}

/// For how many attributes instances of a new class have room in line: as many names as its methods and its bases' assign to
/// on `self` (`__static_attributes__`), or a few if there are none.
fn inline_hint(vm: &Vm, dict: &Gc<Dict>, bases: &[Gc<Type>]) -> u8 {
    const FEW: u8 = 4;
    let mut names: Vec<Value> = Vec::new();
    let mut count = |v: Option<Value>| {
        if let Some(t) = v.as_ref().and_then(|v| v.downcast_exact::<Tuple>()) {
            for name in t.items() {
                if !names.iter().any(|n| n.is(name)) {
                    names.push(name.clone());
                }
            }
        }
    };
    count(dict.get_str(vm, &vm.names.__static_attributes__));
    let mut most = 0;
    for base in bases {
        for t in base.mro.with(Vec::clone) {
            if t.is_heap_type() {
                most = most.max(t.inline_hint.get());
                count(t.dict(vm).get_str(vm, &vm.names.__static_attributes__));
            }
        }
    }
    let own = u8::try_from(names.len()).unwrap_or(u8::MAX).min(crate::types::instance::MAX_INLINE);
    if own == 0 { most.max(FEW) } else { own.max(if most > FEW { most } else { 0 }) }
}

fn new_class(
    vm: &Vm,
    meta: &Gc<Type>,
    name: &Gc<Str>,
    bases: &Gc<Tuple>,
    ns: &Gc<Dict>,
    kwargs: &[(Value, Value)],
) -> PyResult<Value> {
    let mut base_types: Vec<Gc<Type>> = Vec::with_capacity(bases.len());
    for b in bases.items() {
        match b.downcast::<Type>() {
            Some(t) => base_types.push(t.clone()),
            None => return Err(vm.type_error("bases must be types")),
        }
    }
    if base_types.is_empty() {
        base_types.push(vm.types.object.clone());
    }
    let base = best_base(vm, &base_types)?;
    if name.as_bytes().contains(&0) {
        return Err(vm.value_error("type name must not contain null characters"));
    }
    if name.as_str().is_none() {
        return Err(vm.surrogate_error(name));
    }
    let class_name = name.to_string_lossy().into_owned();
    let dict = vm.alloc(Dict { table: ns.table.copy() });

    // Layout.
    let keeps_dict = base.has_flags(F::TYPE_SUBCLASS) || base.is_subtype(&vm.native_type::<Module>());
    let already_dict = base.has_dict.get() || keeps_dict;
    let already_weakref = base.has_weakref.get() || base.has_flags(F::TYPE_SUBCLASS);
    let may = (!already_dict, !already_weakref && item_size(&base) == 0);
    let (mut add_dict, mut add_weakref);
    let mut names = Vec::new();
    match dict.get_str(vm, &vm.names.__slots__) {
        None => {
            add_dict = may.0;
            add_weakref = may.1;
        }
        Some(slots) => {
            let read = read_slots(vm, &class_name, &slots, &base, &dict, may)?;
            add_dict = read.dict;
            add_weakref = read.weakref;
            names = read.names;
            // Secondary bases may provide a dict or weak references.
            for b in base_types.iter().filter(|b| !b.is(&base)) {
                add_dict |= may.0 && b.has_dict.get();
                add_weakref |= may.1 && b.has_weakref.get();
            }
        }
    }
    let words = base.slot_words.get() as usize + names.len();
    let Ok(slot_words) = u16::try_from(words) else { return Err(vm.memory_error()) };

    let mut flags = F::HEAPTYPE | F::BASETYPE;
    for b in &base_types {
        flags |= b.flags.get() & (F::SEQUENCE | F::MAPPING) & base.flags.get();
    }
    flags |= base.flags.get() & (F::INHERITED | F::GC) & !(F::SEQUENCE | F::MAPPING);
    // The first base in the order that is a sequence or a mapping to pattern matching decides.
    for b in &base_types {
        let kind = b.flags.get() & (F::SEQUENCE | F::MAPPING);
        if kind != 0 {
            flags = flags & !(F::SEQUENCE | F::MAPPING) | kind;
            break;
        }
    }
    let has_dict = base.has_dict.get() || add_dict;
    if has_dict || !names.is_empty() {
        flags |= F::GC;
    }
    let mut def = base.def;
    while def.flags & (F::BASE_PAYLOAD | F::EXCEPTION_SUBCLASS) == F::BASE_PAYLOAD
        && let Some(b) = def.base
    {
        def = b();
    }
    let qualname = match dict.remove_str(vm, &vm.names.__qualname__) {
        None => name.clone(),
        Some(q) => match q.downcast::<Str>() {
            Some(q) => q.clone(),
            None => {
                return Err(vm.type_error(format_args!(
                    "type __qualname__ must be a str, not {}",
                    vm.type_of(&q).name()
                )));
            }
        },
    };

    // Contents of the dict.
    if dict.get_str(vm, &vm.names.__module__).is_none()
        && let Some(g) = vm.caller_globals()
        && let Some(m) = g.get_str(vm, &vm.names.__name__)
    {
        dict.set_str(vm, &vm.names.__module__, m);
    }
    if let Some(doc) = dict.get_str(vm, &vm.names.__doc__)
        && let Some(s) = doc.downcast::<Str>()
        && s.as_str().is_none()
    {
        return Err(vm.surrogate_error(s));
    }
    let is_function = |v: &Value| {
        let t = vm.type_of(v);
        !t.is_heap_type() && t.def.name == "function"
    };
    if let Some(f) = dict.get_str(vm, &vm.names.__new__)
        && is_function(&f)
    {
        dict.set_str(vm, &vm.names.__new__, StaticMethod::make(vm, &f).into_value());
    }
    for special in [&vm.names.__init_subclass__, &vm.names.__class_getitem__] {
        if let Some(f) = dict.get_str(vm, special)
            && is_function(&f)
        {
            dict.set_str(vm, special, ClassMethod::make(vm, &f)?.into_value());
        }
    }
    let parts = NewType {
        name: Some(name.clone()),
        qualname: Some(qualname),
        bases: base_types.clone(),
        dict: Some(dict.clone()),
        flags,
        def,
        slot_words,
        has_dict,
        has_weakref: base.has_weakref.get() || add_weakref,
        slots: SlotTable::new(&crate::types::typedef::SlotDefs::NONE),
    };
    let body = PyType::from_parts(parts);
    body.base.set(Some(base.clone()));
    if has_dict {
        body.inline_hint.set(inline_hint(vm, &dict, &base_types));
    }
    if !bases.is_empty() {
        body.bases_tuple.set(Some(bases.to_value()));
    }
    let ty = vm.alloc_in::<PyType>(meta, body)?;

    if let Some(cell) = dict.remove_str(vm, &vm.names.__classcell__) {
        fill_cell(vm, &cell, ty.as_value(), "__classcell__")?;
    }
    if let Some(cell) = dict.remove_str(vm, &vm.names.__classdictcell__) {
        fill_cell(vm, &cell, dict.as_value(), "__classdictcell__")?;
    }
    let first = base.slot_words.get() as usize;
    for (i, n) in names.iter().enumerate() {
        dict.set_str(vm, n, MemberDescriptor::make(vm, n, &ty, first + i).into_value());
    }
    if add_dict && dict.get_str(vm, &vm.names.__dict__).is_none() {
        dict.set_str(vm, &vm.names.__dict__, GetSetDescriptor::make(vm, &INSTANCE_DICT, &ty).into_value());
    }
    if add_weakref && dict.get_str(vm, &vm.names.__weakref__).is_none() {
        dict.set_str(
            vm,
            &vm.names.__weakref__,
            GetSetDescriptor::make(vm, &INSTANCE_WEAKREF, &ty).into_value(),
        );
    }

    // The class becomes ready.
    for b in &base_types {
        b.subclasses.with_mut(|s| s.push(ty.as_ptr()));
    }
    refresh_mro(vm, &ty)?;
    if dict.get_str(vm, &vm.names.__doc__).is_none() {
        dict.set_str(vm, &vm.names.__doc__, Value::NONE);
    }
    if dict.get_str(vm, &vm.names.__hash__).is_none() && dict.get_str(vm, &vm.names.__eq__).is_some() {
        dict.set_str(vm, &vm.names.__hash__, Value::NONE);
    }
    slotdefs::fill_class_slots(vm, &ty);

    if dict.pairs().iter().any(|(k, _)| !k.is_instance_of::<Str>()) {
        vm.warn(
            &exc::RuntimeWarning,
            format_args!("non-string key in the __dict__ of class {}", ty.name()),
            1,
        )?;
    }
    set_names(vm, &ty, &dict)?;
    if let Some(f) = super_lookup(vm, &ty, &vm.names.__init_subclass__)? {
        vm.call_kw(&f, &[], kwargs)?;
    }
    Ok(ty.into_value())
}

fn fill_cell(vm: &Vm, cell: &Value, contents: &Value, what: &str) -> PyResult<()> {
    if vm.type_of(cell).def.name != "cell" {
        let ty = vm.type_of(cell).to_value();
        return Err(vm.type_error(format_args!("{what} must be a nonlocal cell, not {}", vm.repr_text(&ty)?)));
    }
    vm.set_attr_str(cell, "cell_contents", contents)
}

/// Calls `__set_name__` of each attribute that has it.
fn set_names(vm: &Vm, ty: &Gc<Type>, dict: &Gc<Dict>) -> PyResult<()> {
    for (name, v) in dict.pairs() {
        // Most values are functions, which have none.
        if vm.type_of(&v).lookup(vm, &vm.names.__set_name__).is_none() {
            continue;
        }
        let Some(f) = vm.lookup_special(&v, &vm.names.__set_name__)? else { continue };
        if let Err(raised) = vm.call(&f, &[ty.to_value(), name.clone()]) {
            let e = vm.take_raised();
            let note = format!(
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                vm.type_of(&v).name(),
                vm.repr_text(&name)?,
                ty.name()
            );
            if e.is_instance_of::<BaseException>()
                && vm.call_method(&e, "add_note", &[vm.new_str(&note).into_value()]).is_err()
            {
                drop(vm.take_raised());
            }
            let _ = raised;
            return Err(vm.reraise(e));
        }
    }
    Ok(())
}

/// `super(cls, cls).name`.
fn super_lookup(vm: &Vm, ty: &Gc<Type>, name: &Gc<Str>) -> PyResult<Option<Value>> {
    if !ty.mro.with(|m| m.iter().any(|t| t.is(ty))) {
        return Err(vm.type_error(format_args!(
            "super(type, obj): obj (type {0}) is not an instance or subtype of type ({0}).",
            ty.name()
        )));
    }
    for t in ty.mro.get().iter().skip(1) {
        if let Some(f) = t.own(vm, name) {
            return Ok(Some(match vm.type_of(&f).slots.descr_get.get() {
                Some(get) => get(vm, &f, None, ty.as_value())?,
                None => f,
            }));
        }
    }
    Ok(None)
}

/// `type.__call__`.
pub fn type_call(vm: &Vm, cls: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(ty) = cls.downcast::<Type>() else { return Err(vm.not_callable(cls)) };
    if ty.is(&vm.types.type_) {
        if !args.has_keywords()
            && let [v] = args.all
        {
            return Ok(vm.type_of(v).to_value());
        }
        if args.pos().len() != 3 {
            return Err(vm.type_error("type() takes 1 or 3 arguments"));
        }
    }
    if ty.is(&vm.types.str)
        && !args.has_keywords()
        && let [v] = args.all
    {
        return vm.str(v).map(|s| s.into_value());
    }
    let Some(new) = ty.slots.new.get() else {
        return Err(vm.type_error(format_args!("cannot create '{}' instances", dotted_name(vm, ty))));
    };
    let obj = new(vm, ty, args)?;
    let made = vm.type_of(&obj);
    if !made.is(ty) && !made.is_subtype(ty) {
        return Ok(obj);
    }
    if let Some(init) = made.slots.init.get() {
        init(vm, &obj, args)?;
    }
    Ok(obj)
}

/// `type.__init__`: checks the call only.
pub fn type_init(vm: &Vm, _: &Value, args: CallArgs<'_>) -> PyResult<()> {
    let n = args.pos().len();
    if args.has_keywords() && n == 1 {
        return Err(vm.type_error("type.__init__() takes no keyword arguments"));
    }
    if n != 1 && n != 3 {
        return Err(vm.type_error("type.__init__() takes 1 or 3 arguments"));
    }
    Ok(())
}

/// `cls.name`: data descriptors of the metaclass, then the class and its bases, then the rest of the metaclass.
pub fn type_getattro(vm: &Vm, cls: &Value, name: &Value) -> PyResult<Value> {
    let name = vm.attr_name(name)?;
    match lookup_on_type(vm, cls, name)? {
        Some(v) => Ok(v),
        None => {
            let shown = cls.downcast::<Type>().map_or(String::new(), |t| t.tp_name());
            Err(vm.attribute_error(
                cls,
                name,
                format_args!("type object '{shown}' has no attribute '{}'", name.to_string_lossy()),
            ))
        }
    }
}

/// The look-up of `type_getattro` without an error at its end.
pub(crate) fn lookup_on_type(vm: &Vm, cls: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
    let Some(ty) = cls.downcast::<Type>() else { return Ok(None) };
    let meta = vm.type_of(cls);
    let on_meta = meta.lookup(vm, name);
    let mut meta_get = None;
    if let Some(m) = &on_meta {
        let s = &vm.type_of(m).slots;
        meta_get = s.descr_get.get();
        if let Some(get) = meta_get
            && s.descr_set.get().is_some()
        {
            return get(vm, m, Some(cls), meta.clone().as_value()).map(Some);
        }
    }
    if let Some(v) = ty.lookup(vm, name) {
        return match vm.type_of(&v).slots.descr_get.get() {
            Some(get) => get(vm, &v, None, cls).map(Some),
            None => Ok(Some(v)),
        };
    }
    match (on_meta, meta_get) {
        (Some(m), Some(get)) => get(vm, &m, Some(cls), meta.clone().as_value()).map(Some),
        (m, _) => Ok(m),
    }
}

/// `cls.name = value`, `del cls.name`.
pub fn type_setattro(vm: &Vm, cls: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let name = vm.attr_name(name)?;
    let Some(ty) = cls.downcast::<Type>() else { return Err(vm.no_attribute(cls, name)) };
    if ty.has_flags(F::IMMUTABLE) {
        return Err(vm.type_error(format_args!(
            "cannot set {} attribute of immutable type '{}'",
            vm.repr_text(name.as_value())?,
            dotted_name(vm, ty)
        )));
    }
    let meta = vm.type_of(cls).clone();
    if let Some(m) = meta.lookup(vm, name)
        && let Some(set) = vm.type_of(&m).slots.descr_set.get()
    {
        return set(vm, &m, cls, value);
    }
    set_own(vm, ty, name, value)
}

/// Sets or deletes an attribute in the class's own dict and tells everybody who must know.
pub fn set_own(vm: &Vm, ty: &Gc<Type>, name: &Gc<Str>, value: Option<&Value>) -> PyResult<()> {
    let name = vm.intern_str(name);
    let dict = ty.dict(vm).clone();
    // The version goes first: no cache may answer with a value that is about to be dropped.
    ty.modified();
    match value {
        Some(v) => dict.set_str(vm, &name, v.clone()),
        None => match dict.remove_str(vm, &name) {
            Some(old) => drop(old),
            None => {
                return Err(vm.attribute_error(
                    ty.as_value(),
                    &name,
                    format_args!(
                        "type object '{}' has no attribute '{}'",
                        ty.tp_name(),
                        name.to_string_lossy()
                    ),
                ));
            }
        },
    }
    ty.modified();
    if name.as_bytes().starts_with(b"__") {
        slotdefs::update_slots(vm, ty, &name);
    }
    Ok(())
}

/// Takes `__dict__` and `__weakref__` out of a class's dict, for whoever replaces the class by a copy of it.
pub fn clear_descriptors(vm: &Vm, ty: &Gc<Type>) -> PyResult<()> {
    if ty.has_flags(F::IMMUTABLE) {
        return Err(vm.type_error("argument is immutable"));
    }
    for name in [&vm.names.__dict__, &vm.names.__weakref__] {
        if ty.own(vm, name).is_some() {
            set_own(vm, ty, name, None)?;
        }
    }
    Ok(())
}

/// `Can't instantiate abstract class …`.
#[cold]
pub fn abstract_error(vm: &Vm, cls: &Gc<Type>) -> Raised {
    let mut names: Vec<String> = Vec::new();
    let found = cls.own(vm, &vm.names.__abstractmethods__);
    if let Some(set) = found {
        match vm.collect(&set) {
            Ok(items) => {
                for v in items {
                    match v.downcast::<Str>() {
                        Some(s) => names.push(s.to_string_lossy().into_owned()),
                        None => {
                            return vm.type_error(format_args!(
                                "sequence item 0: expected str instance, {} found",
                                vm.type_of(&v).name()
                            ));
                        }
                    }
                }
            }
            Err(raised) => return raised,
        }
    }
    names.sort();
    let shown = names.iter().map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ");
    vm.type_error(format_args!(
        "Can't instantiate abstract class {} without an implementation for abstract method{} {shown}",
        cls.name(),
        if names.len() == 1 { "" } else { "s" }
    ))
}

/// Adds the names of a class and its bases to a dict (`dir`).
pub fn merge_class_names(vm: &Vm, out: &Gc<Dict>, cls: &Value) -> PyResult<()> {
    vm.recurse(" while listing attributes", || {
        if let Some(t) = cls.downcast::<Type>() {
            for (k, _) in t.dict(vm).pairs() {
                out.set(vm, &k, Value::NONE)?;
            }
        } else if let Some(d) = vm.lookup_attr(cls, &vm.names.__dict__)?
            && let Some(d) = d.downcast::<Dict>()
        {
            for (k, _) in d.pairs() {
                out.set(vm, &k, Value::NONE)?;
            }
        }
        if let Some(bases) = vm.lookup_attr(cls, &vm.names.__bases__)?
            && let Some(bases) = bases.downcast::<Tuple>()
        {
            for b in bases.items() {
                merge_class_names(vm, out, b)?;
            }
        }
        Ok(())
    })
}

/// The `__slots__` names that a class adds, in the order of their words.
fn added_slots(vm: &Vm, ty: &Gc<Type>) -> Vec<Gc<Str>> {
    let mut found: Vec<(usize, Gc<Str>)> = Vec::new();
    for (_, v) in ty.dict(vm).pairs() {
        if let Some(m) = v.downcast::<MemberDescriptor>()
            && m.owner.is(ty)
            && let Some(i) = m.slot_index()
        {
            found.push((i, m.name.clone()));
        }
    }
    found.sort_by_key(|(i, _)| *i);
    found.into_iter().map(|(_, n)| n).collect()
}

/// Whether instances of `old` may become instances of `new`: the text of CPython's `__class__` and `__bases__` errors.
pub fn check_compatible(vm: &Vm, old: &Gc<Type>, new: &Gc<Type>, what: &str) -> PyResult<()> {
    let (a, b) = (solid_base(old), solid_base(new));
    let same_solid = a.is(&b)
        || (a.is_heap_type()
            && b.is_heap_type()
            && match (a.base.get(), b.base.get()) {
                (Some(x), Some(y)) => {
                    solid_base(&x).is(&solid_base(&y)) && added_slots(vm, &a) == added_slots_of(vm, &b)
                }
                _ => false,
            });
    let same = same_solid
        && old.slot_words.get() == new.slot_words.get()
        && old.has_dict.get() == new.has_dict.get()
        && old.has_weakref.get() == new.has_weakref.get();
    if same {
        return Ok(());
    }
    Err(vm.type_error(format_args!(
        "{what} assignment: '{}' object layout differs from '{}'",
        new.name(),
        old.name()
    )))
}

struct ByIdentity(Vec<Gc<Str>>);

impl PartialEq<ByIdentity> for Vec<Gc<Str>> {
    fn eq(&self, other: &ByIdentity) -> bool {
        self.len() == other.0.len() && self.iter().zip(&other.0).all(|(a, b)| a.is(b))
    }
}

fn added_slots_of(vm: &Vm, ty: &Gc<Type>) -> ByIdentity {
    ByIdentity(added_slots(vm, ty))
}

/// `cls.__bases__ = bases`.
pub fn set_bases(vm: &Vm, ty: &Gc<Type>, value: &Value) -> PyResult<()> {
    let name = ty.name();
    let Some(t) = value.downcast::<Tuple>() else {
        return Err(vm.type_error(format_args!(
            "can only assign tuple to {name}.__bases__, not {}",
            vm.type_of(value).name()
        )));
    };
    if t.is_empty() {
        return Err(
            vm.type_error(format_args!("can only assign non-empty tuple to {name}.__bases__, not ()"))
        );
    }
    let mut bases = Vec::with_capacity(t.len());
    for b in t.items() {
        let Some(b) = b.downcast::<Type>() else {
            return Err(vm.type_error(format_args!(
                "{name}.__bases__ must be tuple of classes, not '{}'",
                vm.type_of(b).name()
            )));
        };
        if b.is_subtype(ty) || base_chain(b).any(|x| x.is(ty)) {
            return Err(vm.type_error("a __bases__ item causes an inheritance cycle"));
        }
        bases.push(b.clone());
    }
    let new_base = best_base(vm, &bases)?;
    let old_base = ty.base.get();
    if let Some(old) = &old_base {
        // What the class itself adds stays, so only the bases' parts must agree.
        check_compatible(vm, old, &new_base, "__bases__")?;
    }
    let old_bases = ty.bases.replace(bases.clone());
    let old_tuple = ty.bases_tuple.replace(Some(value.clone()));
    ty.base.set(Some(new_base));
    let stamp = ty.bases_stamp.get().wrapping_add(1);
    ty.bases_stamp.set(stamp);
    let mut done = Vec::new();
    let refreshed = refresh_tree(vm, ty, &mut done);
    // The metaclass's `mro` may have assigned the bases anew: then that assignment stands.
    let ours = ty.bases_stamp.get() == stamp;
    if let Err(raised) = refreshed {
        if ours {
            ty.bases.set(old_bases);
            ty.bases_tuple.set(old_tuple);
            ty.base.set(old_base);
        }
        for Reordered { ty, old, stamp } in done.into_iter().rev() {
            if ty.mro_stamp.get() == stamp {
                put_mro(&ty, old);
            }
        }
        return Err(raised);
    }
    if !ours {
        return Ok(());
    }
    let me = ty.as_ptr();
    for b in &old_bases {
        b.subclasses.with_mut(|s| s.retain(|p| *p != me));
    }
    for b in &bases {
        b.subclasses.with_mut(|s| s.push(me));
    }
    ty.version.set(0);
    ty.modified();
    for s in ty.subclasses_alive() {
        s.modified();
    }
    slotdefs::update_all_slots(vm, ty);
    Ok(())
}

fn base_chain(ty: &Gc<Type>) -> impl Iterator<Item = Gc<Type>> {
    std::iter::successors(Some(ty.clone()), |t| t.base.get())
}

/// A class that got a new order, what it had before, and the stamp of the new one.
struct Reordered {
    ty: Gc<Type>,
    old: Vec<Gc<Type>>,
    stamp: u32,
}

/// New orders for a class and all below it.
fn refresh_tree(vm: &Vm, ty: &Gc<Type>, done: &mut Vec<Reordered>) -> PyResult<()> {
    let Some(old) = refresh_mro(vm, ty)? else { return Ok(()) };
    done.push(Reordered { ty: ty.clone(), old, stamp: ty.mro_stamp.get() });
    for s in ty.subclasses_alive() {
        vm.recurse(" while setting __bases__", || refresh_tree(vm, &s, done))?;
    }
    Ok(())
}

impl Vm {
    /// Calls the metaclass for a `class` statement.
    pub fn build_class_from(
        &self,
        meta: &Value,
        name: &Value,
        bases: &Value,
        ns: &Value,
        kw: &[(Value, Value)],
    ) -> PyResult<Value> {
        self.call_kw(meta, &[name.clone(), bases.clone(), ns.clone()], kw)
    }

    /// Whether an exception of the class was raised by an attribute look-up.
    pub fn raised_attribute_error(&self) -> bool {
        self.raised_is(&exc::AttributeError)
    }
}
