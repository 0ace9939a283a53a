//! Descriptors in the dicts of native types: `method_descriptor`, `classmethod_descriptor`, `wrapper_descriptor` with its
//! bound form `method-wrapper`, `getset_descriptor`, and `member_descriptor` for `__slots__`.

use crate::native::bind::Direct;
use crate::native::{FnDef, GetSetDef, bind};
use crate::prelude::*;
use crate::types::builtin_function::{BuiltinFunction, shown_doc, shown_signature};
use crate::types::instance;
use crate::types::slotdefs::Row;
use crate::types::typedef::{DescrGetFn, DescrSetFn};
use std::hash::{DefaultHasher, Hash, Hasher};

fn qualified(vm: &Vm, owner: &Gc<Type>, name: &str) -> Value {
    let q = owner.qualname_str(vm);
    vm.new_str(&format!("{}.{name}", q.to_string_lossy())).into_value()
}

/// `(getattr, (owner, name))`, how a descriptor pickles.
fn reduce_named(vm: &Vm, owner: &Gc<Type>, name: &str) -> PyResult<Value> {
    let getattr = vm.builtin_named("getattr")?;
    let args = vm.new_tuple(vec![owner.to_value(), vm.new_str(name).into_value()]).into_value();
    Ok(vm.new_tuple(vec![getattr, args]).into_value())
}

fn wrong_object(vm: &Vm, owner: &Gc<Type>, name: &str, obj: &Value) -> Raised {
    vm.type_error(format_args!(
        "descriptor '{name}' for '{}' objects doesn't apply to a '{}' object",
        owner.tp_name(),
        vm.type_of(obj).tp_name()
    ))
}

fn text(vm: &Vm, s: String) -> PyResult<Value> {
    Ok(vm.new_str(&s).into_value())
}

// A method of a native type.
#[pytype(name = "method_descriptor", flags(GC, NO_NEW, METHOD_DESCRIPTOR))]
#[derive(Trace)]
pub struct MethodDescriptor {
    #[notrace]
    pub def: &'static FnDef,
    pub owner: Gc<Type>,
    /// How the loop may call it.
    #[notrace]
    pub direct: Direct,
}

impl MethodDescriptor {
    pub fn make(vm: &Vm, def: &'static FnDef, owner: &Gc<Type>) -> Gc<MethodDescriptor> {
        vm.alloc(MethodDescriptor { def, owner: owner.clone(), direct: Direct::of(def) })
    }

    /// The method of an object of the class.
    pub fn bound(&self, vm: &Vm, obj: &Value) -> Value {
        BuiltinFunction::make_bound(vm, self.def, self.direct, obj).into_value()
    }
}

fn method_call(vm: &Vm, f: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(f) = f.downcast_exact::<MethodDescriptor>() else { return Err(vm.not_callable(f)) };
    match args.pos().first() {
        Some(obj) if vm.type_of(obj).is_subtype(&f.owner) => bind::call(vm, f.def, args),
        Some(obj) => Err(wrong_object(vm, &f.owner, f.def.name, obj)),
        None => Err(vm.type_error(format_args!(
            "unbound method {}.{}() needs an argument",
            f.owner.name(),
            f.def.name
        ))),
    }
}

fn method_get(vm: &Vm, f: &Value, obj: Option<&Value>, _: &Value) -> PyResult<Value> {
    let (Some(d), Some(obj)) = (f.downcast_exact::<MethodDescriptor>(), obj) else { return Ok(f.clone()) };
    if !vm.type_of(obj).is_subtype(&d.owner) {
        return Err(wrong_object(vm, &d.owner, d.def.name, obj));
    }
    Ok(d.bound(vm, obj))
}

fn method_repr(vm: &Vm, f: &Value) -> PyResult<Value> {
    let (name, owner) = match (f.downcast::<MethodDescriptor>(), f.downcast::<ClassMethodDescriptor>()) {
        (Some(d), _) => (d.def.name, d.owner.tp_name()),
        (_, Some(d)) => (d.def.name, d.owner.tp_name()),
        _ => ("?", String::new()),
    };
    text(vm, format!("<method '{name}' of '{owner}' objects>"))
}

impl Slots for MethodDescriptor {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(method_call),
        descr_get: Some(method_get),
        repr: Some(method_repr),
        ..SlotDefs::NONE
    };
}

macro_rules! fn_attributes {
    ($t:ident $($more:tt)*) => {
        #[pymethods]
        impl $t {
            #[pymember("__name__")]
            fn get_name(vm: &Vm, zelf: &Gc<$t>) -> Value {
                vm.intern(zelf.def.name).into_value()
            }
            #[pygetter("__qualname__")]
            fn get_qualname(vm: &Vm, zelf: &Gc<$t>) -> Value {
                qualified(vm, &zelf.owner, zelf.def.name)
            }
            #[pymember("__objclass__")]
            fn get_objclass(_vm: &Vm, zelf: &Gc<$t>) -> Value {
                zelf.owner.to_value()
            }
            #[pygetter("__doc__")]
            fn get_doc(vm: &Vm, zelf: &Gc<$t>) -> Value {
                shown_doc(vm, zelf.def.doc)
            }
            #[pygetter("__text_signature__")]
            fn get_text_signature(vm: &Vm, zelf: &Gc<$t>) -> Value {
                shown_signature(vm, zelf.def.text_signature)
            }
            $($more)*
        }
    };
}
fn_attributes!(MethodDescriptor
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<MethodDescriptor>) -> PyResult<Value> {
        reduce_named(vm, &zelf.owner, zelf.def.name)
    }
);

// A class method of a native type.
#[pytype(name = "classmethod_descriptor", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct ClassMethodDescriptor {
    #[notrace]
    pub def: &'static FnDef,
    pub owner: Gc<Type>,
}

impl ClassMethodDescriptor {
    pub fn make(vm: &Vm, def: &'static FnDef, owner: &Gc<Type>) -> Gc<ClassMethodDescriptor> {
        vm.alloc(ClassMethodDescriptor { def, owner: owner.clone() })
    }

    fn check(&self, vm: &Vm, cls: &Value) -> PyResult<()> {
        let name = self.def.name;
        match cls.downcast::<Type>() {
            None => Err(vm.type_error(format_args!(
                "descriptor '{name}' for type '{}' needs a type, not a '{}' as arg 2",
                self.owner.tp_name(),
                vm.type_of(cls).tp_name()
            ))),
            Some(t) if !t.is_subtype(&self.owner) => Err(vm.type_error(format_args!(
                "descriptor '{name}' requires a subtype of '{}' but received '{}'",
                self.owner.tp_name(),
                t.tp_name()
            ))),
            Some(_) => Ok(()),
        }
    }
}
fn_attributes!(ClassMethodDescriptor);

fn class_method_get(vm: &Vm, f: &Value, obj: Option<&Value>, ty: &Value) -> PyResult<Value> {
    let Some(d) = f.downcast_exact::<ClassMethodDescriptor>() else { return Ok(f.clone()) };
    let cls = match (ty.is_none(), obj) {
        (true, Some(o)) => vm.type_of(o).to_value(),
        _ => ty.clone(),
    };
    d.check(vm, &cls)?;
    Ok(BuiltinFunction::make(vm, d.def, Some(cls), None).into_value())
}

fn class_method_call(vm: &Vm, f: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(d) = f.downcast_exact::<ClassMethodDescriptor>() else { return Err(vm.not_callable(f)) };
    match args.pos().first() {
        Some(cls) => {
            d.check(vm, cls)?;
            bind::call(vm, d.def, args)
        }
        None => Err(vm.type_error(format_args!(
            "descriptor '{}' of '{}' object needs an argument",
            d.def.name,
            d.owner.tp_name()
        ))),
    }
}

impl Slots for ClassMethodDescriptor {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(class_method_call),
        descr_get: Some(class_method_get),
        repr: Some(method_repr),
        ..SlotDefs::NONE
    };
}

// A slot of a native type under its dunder name.
#[pytype(name = "wrapper_descriptor", flags(GC, NO_NEW, METHOD_DESCRIPTOR))]
#[derive(Trace)]
pub struct WrapperDescriptor {
    #[notrace]
    pub row: &'static Row,
    pub owner: Gc<Type>,
}

impl WrapperDescriptor {
    pub fn make(vm: &Vm, row: &'static Row, owner: &Gc<Type>) -> Gc<WrapperDescriptor> {
        vm.alloc(WrapperDescriptor { row, owner: owner.clone() })
    }

    fn run(&self, vm: &Vm, obj: &Value, args: CallArgs<'_>) -> PyResult<Value> {
        if args.has_keywords() && !self.row.takes_keywords {
            return Err(vm.type_error(format_args!("wrapper {}() takes no keyword arguments", self.row.name)));
        }
        match self.row.wrap {
            Some(w) => w(vm, &self.owner, obj, args),
            None => Err(vm.type_error("the slot behind this wrapper is empty")),
        }
    }
}

fn wrapper_call(vm: &Vm, f: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    let Some(d) = f.downcast_exact::<WrapperDescriptor>() else { return Err(vm.not_callable(f)) };
    match args.pos().first() {
        Some(obj) if vm.type_of(obj).is_subtype(&d.owner) => d.run(vm, obj, args.skip(1)),
        Some(obj) => Err(vm.type_error(format_args!(
            "descriptor '{}' requires a '{}' object but received a '{}'",
            d.row.name,
            d.owner.tp_name(),
            vm.type_of(obj).tp_name()
        ))),
        None => Err(vm.type_error(format_args!(
            "descriptor '{}' of '{}' object needs an argument",
            d.row.name,
            d.owner.tp_name()
        ))),
    }
}

fn wrapper_get(vm: &Vm, f: &Value, obj: Option<&Value>, _: &Value) -> PyResult<Value> {
    let (Some(d), Some(obj)) = (f.downcast_exact::<WrapperDescriptor>(), obj) else { return Ok(f.clone()) };
    if !vm.type_of(obj).is_subtype(&d.owner) {
        return Err(wrong_object(vm, &d.owner, d.row.name, obj));
    }
    Ok(vm.alloc(MethodWrapper { descr: d.clone(), zelf: obj.clone() }).into_value())
}

fn wrapper_repr(vm: &Vm, f: &Value) -> PyResult<Value> {
    let Some(d) = f.downcast::<WrapperDescriptor>() else { return Ok(vm.names.empty.to_value()) };
    text(vm, format!("<slot wrapper '{}' of '{}' objects>", d.row.name, d.owner.tp_name()))
}

impl Slots for WrapperDescriptor {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(wrapper_call),
        descr_get: Some(wrapper_get),
        repr: Some(wrapper_repr),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl WrapperDescriptor {
    #[pymember("__name__")]
    fn get_name(vm: &Vm, zelf: &Gc<WrapperDescriptor>) -> Value {
        vm.intern(zelf.row.name).into_value()
    }
    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, zelf: &Gc<WrapperDescriptor>) -> Value {
        qualified(vm, &zelf.owner, zelf.row.name)
    }
    #[pymember("__objclass__")]
    fn get_objclass(_vm: &Vm, zelf: &Gc<WrapperDescriptor>) -> Value {
        zelf.owner.to_value()
    }
    #[pygetter("__doc__")]
    fn get_doc(vm: &Vm, zelf: &Gc<WrapperDescriptor>) -> Value {
        shown_doc(vm, zelf.row.doc)
    }
    #[pygetter("__text_signature__")]
    fn get_text_signature(vm: &Vm, zelf: &Gc<WrapperDescriptor>) -> Value {
        shown_signature(vm, zelf.row.signature)
    }
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<WrapperDescriptor>) -> PyResult<Value> {
        reduce_named(vm, &zelf.owner, zelf.row.name)
    }
}

// A wrapper descriptor bound to an object.
#[pytype(name = "method-wrapper", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct MethodWrapper {
    descr: Gc<WrapperDescriptor>,
    zelf: Value,
}

fn bound_wrapper_call(vm: &Vm, f: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    match f.downcast_exact::<MethodWrapper>() {
        Some(w) => w.descr.run(vm, &w.zelf, args),
        None => Err(vm.not_callable(f)),
    }
}

fn bound_wrapper_repr(vm: &Vm, f: &Value) -> PyResult<Value> {
    let Some(w) = f.downcast::<MethodWrapper>() else { return Ok(vm.names.empty.to_value()) };
    text(
        vm,
        format!(
            "<method-wrapper '{}' of {} object at {:#x}>",
            w.descr.row.name,
            vm.type_of(&w.zelf).name(),
            vm.id_of(&w.zelf)
        ),
    )
}

fn bound_wrapper_compare(_: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<MethodWrapper>(), b.downcast::<MethodWrapper>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let equal = x.descr.is(&y.descr) && x.zelf.is(&y.zelf);
    match op {
        CompareOp::Eq => Ok(Value::bool(equal)),
        CompareOp::Ne => Ok(Value::bool(!equal)),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn bound_wrapper_hash(_: &Vm, f: &Value) -> PyResult<i64> {
    let mut h = DefaultHasher::new();
    if let Some(w) = f.downcast::<MethodWrapper>() {
        (w.zelf.bits(), w.descr.as_value().bits()).hash(&mut h);
    }
    Ok((h.finish() >> 2) as i64)
}

impl Slots for MethodWrapper {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(bound_wrapper_call),
        repr: Some(bound_wrapper_repr),
        hash: Some(bound_wrapper_hash),
        richcompare: Some(bound_wrapper_compare),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl MethodWrapper {
    #[pymember("__name__")]
    fn get_name(vm: &Vm, zelf: &Gc<MethodWrapper>) -> Value {
        vm.intern(zelf.descr.row.name).into_value()
    }
    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, zelf: &Gc<MethodWrapper>) -> Value {
        qualified(vm, &zelf.descr.owner, zelf.descr.row.name)
    }
    #[pymember("__objclass__")]
    fn get_objclass(_vm: &Vm, zelf: &Gc<MethodWrapper>) -> Value {
        zelf.descr.owner.to_value()
    }
    #[pymember("__self__")]
    fn get_self(_vm: &Vm, zelf: &Gc<MethodWrapper>) -> Value {
        zelf.zelf.clone()
    }
    #[pygetter("__doc__")]
    fn get_doc(vm: &Vm, zelf: &Gc<MethodWrapper>) -> Value {
        shown_doc(vm, zelf.descr.row.doc)
    }
    #[pygetter("__text_signature__")]
    fn get_text_signature(vm: &Vm, zelf: &Gc<MethodWrapper>) -> Value {
        shown_signature(vm, zelf.descr.row.signature)
    }
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<MethodWrapper>) -> PyResult<Value> {
        let getattr = vm.builtin_named("getattr")?;
        let name = vm.intern(zelf.descr.row.name).into_value();
        let args = vm.new_tuple(vec![zelf.zelf.clone(), name]).into_value();
        Ok(vm.new_tuple(vec![getattr, args]).into_value())
    }
}

// A computed attribute.
#[pytype(name = "getset_descriptor", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct GetSetDescriptor {
    #[notrace]
    pub def: &'static GetSetDef,
    pub owner: Gc<Type>,
}

impl GetSetDescriptor {
    pub fn make(vm: &Vm, def: &'static GetSetDef, owner: &Gc<Type>) -> Gc<GetSetDescriptor> {
        vm.alloc(GetSetDescriptor { def, owner: owner.clone() })
    }
}

fn getset_get(vm: &Vm, d: &Value, obj: Option<&Value>, _: &Value) -> PyResult<Value> {
    let (Some(g), Some(obj)) = (d.downcast_exact::<GetSetDescriptor>(), obj) else { return Ok(d.clone()) };
    if !vm.type_of(obj).is_subtype(&g.owner) {
        return Err(wrong_object(vm, &g.owner, g.def.name, obj));
    }
    (g.def.get)(vm, obj)
}

fn getset_set(vm: &Vm, d: &Value, obj: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(g) = d.downcast_exact::<GetSetDescriptor>() else { return Err(vm.type_error("no descriptor")) };
    if !vm.type_of(obj).is_subtype(&g.owner) {
        return Err(wrong_object(vm, &g.owner, g.def.name, obj));
    }
    match g.def.set {
        Some(set) => set(vm, obj, value),
        None => Err(vm.attribute_error(
            obj,
            &vm.intern(g.def.name),
            format_args!("attribute '{}' of '{}' objects is not writable", g.def.name, g.owner.tp_name()),
        )),
    }
}

fn getset_repr(vm: &Vm, d: &Value) -> PyResult<Value> {
    let Some(g) = d.downcast::<GetSetDescriptor>() else { return Ok(vm.names.empty.to_value()) };
    text(vm, format!("<attribute '{}' of '{}' objects>", g.def.name, g.owner.tp_name()))
}

impl Slots for GetSetDescriptor {
    const SLOTS: SlotDefs = SlotDefs {
        descr_get: Some(getset_get),
        descr_set: Some(getset_set),
        repr: Some(getset_repr),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl GetSetDescriptor {
    #[pymember("__name__")]
    fn get_name(vm: &Vm, zelf: &Gc<GetSetDescriptor>) -> Value {
        vm.intern(zelf.def.name).into_value()
    }
    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, zelf: &Gc<GetSetDescriptor>) -> Value {
        qualified(vm, &zelf.owner, zelf.def.name)
    }
    #[pymember("__objclass__")]
    fn get_objclass(_vm: &Vm, zelf: &Gc<GetSetDescriptor>) -> Value {
        zelf.owner.to_value()
    }
    #[pygetter("__doc__")]
    fn get_doc(vm: &Vm, zelf: &Gc<GetSetDescriptor>) -> Value {
        shown_doc(vm, zelf.def.doc)
    }
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<GetSetDescriptor>) -> PyResult<Value> {
        reduce_named(vm, &zelf.owner, zelf.def.name)
    }
}

/// Where a member's value lies.
#[derive(Clone, Copy)]
enum Place {
    /// A `__slots__` word.
    Slot(usize),
    /// A field of a native payload.
    Field(&'static GetSetDef),
}

// A `__slots__` member, or a field of a native object.
#[pytype(name = "member_descriptor", flags(GC, NO_NEW))]
#[derive(Trace)]
pub struct MemberDescriptor {
    pub name: Gc<Str>,
    pub owner: Gc<Type>,
    #[notrace]
    place: Place,
}

impl MemberDescriptor {
    pub fn make(vm: &Vm, name: &Gc<Str>, owner: &Gc<Type>, index: usize) -> Gc<MemberDescriptor> {
        let place = Place::Slot(index);
        vm.alloc(MemberDescriptor { name: name.clone(), owner: owner.clone(), place })
    }

    /// For a field of a native type.
    pub fn of_field(vm: &Vm, def: &'static GetSetDef, owner: &Gc<Type>) -> Gc<MemberDescriptor> {
        let place = Place::Field(def);
        vm.alloc(MemberDescriptor { name: vm.intern(def.name), owner: owner.clone(), place })
    }

    /// The field of a native object that it stands for, if it does.
    pub fn field(&self) -> Option<&'static GetSetDef> {
        match self.place {
            Place::Slot(_) => None,
            Place::Field(def) => Some(def),
        }
    }

    /// Which slot word, if it is one.
    pub fn slot_index(&self) -> Option<usize> {
        match self.place {
            Place::Slot(i) => Some(i),
            Place::Field(_) => None,
        }
    }
}

fn member_get(vm: &Vm, d: &Value, obj: Option<&Value>, _: &Value) -> PyResult<Value> {
    let (Some(m), Some(obj)) = (d.downcast_exact::<MemberDescriptor>(), obj) else { return Ok(d.clone()) };
    if !vm.type_of(obj).is_subtype(&m.owner) {
        return Err(wrong_object(vm, &m.owner, &m.name.to_string_lossy(), obj));
    }
    match m.place {
        Place::Field(def) => (def.get)(vm, obj),
        Place::Slot(i) => match instance::slot(obj, i) {
            Some(v) => Ok(v),
            None => Err(vm.attribute_error(
                obj,
                &m.name,
                format_args!(
                    "'{}' object has no attribute '{}'",
                    vm.type_of(obj).full_name(vm),
                    m.name.to_string_lossy()
                ),
            )),
        },
    }
}

fn member_set(vm: &Vm, d: &Value, obj: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(m) = d.downcast_exact::<MemberDescriptor>() else { return Err(vm.type_error("no descriptor")) };
    if !vm.type_of(obj).is_subtype(&m.owner) {
        return Err(wrong_object(vm, &m.owner, &m.name.to_string_lossy(), obj));
    }
    let index = match m.place {
        Place::Slot(i) => i,
        Place::Field(def) => match def.set {
            Some(set) => return set(vm, obj, value),
            None => return Err(vm.raise_new(&crate::errors::exc::AttributeError, "readonly attribute")),
        },
    };
    if !instance::set_slot(obj, index, value.cloned()) && value.is_none() {
        return Err(vm.attribute_error(obj, &m.name, m.name.to_string_lossy()));
    }
    Ok(())
}

fn member_repr(vm: &Vm, d: &Value) -> PyResult<Value> {
    let Some(m) = d.downcast::<MemberDescriptor>() else { return Ok(vm.names.empty.to_value()) };
    text(vm, format!("<member '{}' of '{}' objects>", m.name.to_string_lossy(), m.owner.tp_name()))
}

impl Slots for MemberDescriptor {
    const SLOTS: SlotDefs = SlotDefs {
        descr_get: Some(member_get),
        descr_set: Some(member_set),
        repr: Some(member_repr),
        ..SlotDefs::NONE
    };
}

#[pymethods]
impl MemberDescriptor {
    #[pymember("__name__")]
    fn get_name(_vm: &Vm, zelf: &Gc<MemberDescriptor>) -> Value {
        zelf.name.to_value()
    }
    #[pygetter("__qualname__")]
    fn get_qualname(vm: &Vm, zelf: &Gc<MemberDescriptor>) -> Value {
        qualified(vm, &zelf.owner, &zelf.name.to_string_lossy())
    }
    #[pymember("__objclass__")]
    fn get_objclass(_vm: &Vm, zelf: &Gc<MemberDescriptor>) -> Value {
        zelf.owner.to_value()
    }
    #[pygetter("__doc__")]
    fn get_doc(vm: &Vm, zelf: &Gc<MemberDescriptor>) -> Value {
        match zelf.place {
            Place::Slot(_) => Value::NONE,
            Place::Field(def) => shown_doc(vm, def.doc),
        }
    }
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<MemberDescriptor>) -> PyResult<Value> {
        reduce_named(vm, &zelf.owner, &zelf.name.to_string_lossy())
    }
}

/// `__dict__` of instances of Python classes.
pub static INSTANCE_DICT: GetSetDef = GetSetDef {
    name: "__dict__",
    member: false,
    doc: "dictionary for instance variables",
    get: |vm, obj| match instance::dict(vm, obj) {
        Some(d) => Ok(d.into_value()),
        None => match native_dict_descriptor(vm, obj) {
            Some((d, get, _)) => get(vm, &d, Some(obj), vm.type_of(obj).as_value()),
            None => Err(vm.no_attribute(obj, &vm.names.__dict__)),
        },
    },
    set: Some(|vm, obj, value| match native_dict_descriptor(vm, obj) {
        Some((d, _, set)) => set(vm, &d, obj, value),
        _ => set_instance_dict(vm, obj, value),
    }),
};

/// `__dict__` of native types: it can be replaced, not deleted.
pub static NATIVE_DICT: GetSetDef = GetSetDef {
    name: "__dict__",
    member: false,
    doc: "",
    get: |vm, obj| match instance::dict(vm, obj) {
        Some(d) => Ok(d.into_value()),
        None => Err(vm.no_attribute(obj, &vm.names.__dict__)),
    },
    set: Some(|vm, obj, value| match value {
        Some(_) => set_instance_dict(vm, obj, value),
        None => Err(vm.type_error("cannot delete __dict__")),
    }),
};

type DictDescriptor = (Value, DescrGetFn, DescrSetFn);

/// The `__dict__` of the native type that an object's class derives from: modules and classes keep their own.
fn native_dict_descriptor(vm: &Vm, obj: &Value) -> Option<DictDescriptor> {
    let mut at = vm.type_of(obj).clone();
    let d = loop {
        if !at.is_heap_type()
            && let Some(d) = at.own(vm, &vm.names.__dict__)
        {
            break d;
        }
        let base = at.base.get()?;
        at = base;
    };
    let slots = &vm.type_of(&d).slots;
    Some((d.clone(), slots.descr_get.get()?, slots.descr_set.get()?))
}

/// Sets or deletes an object's `__dict__`.
pub fn set_instance_dict(vm: &Vm, obj: &Value, value: Option<&Value>) -> PyResult<()> {
    let dict = match value {
        None => None,
        Some(v) => match v.downcast::<Dict>() {
            Some(d) => Some(d.clone()),
            None => {
                return Err(vm.type_error(format_args!(
                    "__dict__ must be set to a dictionary, not a '{}'",
                    vm.type_of(v).name()
                )));
            }
        },
    };
    if instance::set_dict(obj, dict) { Ok(()) } else { Err(vm.no_attribute(obj, &vm.names.__dict__)) }
}

/// `__weakref__` of instances of Python classes.
pub static INSTANCE_WEAKREF: GetSetDef = GetSetDef {
    name: "__weakref__",
    member: false,
    doc: "list of weak references to the object",
    get: |vm, obj| Ok(crate::types::weakref::first_of(vm, obj).unwrap_or(Value::NONE)),
    set: None,
};
