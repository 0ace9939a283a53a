//! Inline caches: the dynamic half of a site, one per attribute, global, method, call or `super` in the code.
//!
//! I1  `value` is borrowed: it is valid exactly while the versions that guard it are current, since the dict or class that
//!     owned it then still does.
//! I2  What a filled site holds belongs together: either nothing of it is changed or all of it.
//! I3  A cache is filled only from a generic look-up that just succeeded, and only when repeating that look-up under the
//!     same versions and shape would run no Python code and find the same.

use crate::object::{Type, ValueExt};
use crate::types::class_method::ClassMethod;
use crate::types::descriptors::{GetSetDescriptor, MemberDescriptor, MethodDescriptor};
use crate::types::function::Function;
use crate::types::instance::{self, Shape};
use crate::types::module::Module;
use crate::types::property::Property;
use crate::types::static_method::StaticMethod;
use crate::types::typedef::{F, GetAttrFn};
use crate::types::{Str, class, slotdefs};
use crate::{Value, Vm};
use std::cell::{Cell, OnceCell};
use taipan_heap::Gc;

/// What a site remembers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    Empty,
    /// The value is in line in the instance, at `offset`.
    Instance,
    /// The value is in the instance, but not in line: number `need`; the storage at `offset`.
    Outline,
    /// The value is the class's, and no descriptor. `offset`: where the storage is whose shape says that the instance has no
    /// such attribute; 0: it has no storage.
    Class,
    /// A function of the class, to be called with the object first. `offset` as for `Class`.
    Method,
    /// As `Method`, for instances of native classes: the storage at `offset` has nothing in it.
    Bare,
    /// A static or class method (borrowed), for a call. Of a class's own: its version is `need`; otherwise `offset` as for
    /// `Class`.
    Wrapped,
    /// A property (borrowed) whose getter was a Python function.
    Property,
    /// An attribute of a native class: its descriptor (borrowed).
    Getset,
    /// Setting: the attribute exists in line at `offset`.
    Overwrite,
    /// Setting: the attribute exists, but not in line, as `Outline`.
    OverwriteOutline,
    /// Setting: the attribute is added; the shape becomes `next`.
    Add,
    /// A global or builtin (borrowed in `shape`) of globals of this version, and builtins of version `value`.
    Known,
    /// In the globals, at entry `offset`, whose values change.
    Global,
    /// In the builtins, at entry `offset`; the globals lack it. Values change there.
    Builtin,
    /// A module attribute at entry `offset` of its dict, whose version is in `value`.
    Module,
    /// A `__slots__` member at `offset`.
    Slot,
    /// The value is in the dict that the instance has in place of a shape; the storage at `offset`.
    InDict,
    /// As `Method`, for instances with a dict, which has no such key.
    BesideDict,
    /// Setting: into the dict that the instance has.
    IntoDict,
    /// The object is the class whose version is `need`; the value is its own or a base's, and binds to nothing.
    OfClass,
}

pub struct SiteCache {
    pub kind: Cell<Kind>,
    /// How often filling was tried in vain; sites that never settle stop trying.
    misses: Cell<u8>,
    pub nargs: u16,
    /// The site's name or keyword-names constant.
    pub index: u32,
    pub version: Cell<u64>,
    pub shape: Cell<*const Shape>,
    /// Byte offset in the instance, or entry index in a table.
    pub offset: Cell<u32>,
    /// For values in line: byte offset of the storage. Otherwise: number of the value, or a second version.
    pub need: Cell<u32>,
    /// Borrowed value (I1), next shape, or second version.
    pub value: Cell<u64>,
    /// What attribute sites remembered before, for objects of other classes and shapes: two places for each remainder of the
    /// class's version.
    others: OnceCell<Box<[[SiteCache; WAYS]; SETS]>>,
}

const SETS: usize = 4;
const WAYS: usize = 2;
const MAX_MISSES: u8 = 250;

impl SiteCache {
    pub const fn new(nargs: u16, index: u32) -> SiteCache {
        SiteCache {
            kind: Cell::new(Kind::Empty),
            misses: Cell::new(0),
            nargs,
            index,
            version: Cell::new(0),
            shape: Cell::new(std::ptr::null()),
            offset: Cell::new(0),
            need: Cell::new(0),
            value: Cell::new(0),
            others: OnceCell::new(),
        }
    }

    /// Before an attribute site is filled: whether that is still worth it. What it remembers is put aside.
    fn begin(&self) -> bool {
        let n = self.misses.get();
        if n >= MAX_MISSES {
            return false;
        }
        self.misses.set(n + 1);
        if !matches!(self.kind.get(), Kind::Empty | Kind::Module | Kind::Property | Kind::Getset) {
            let others = self
                .others
                .get_or_init(|| Box::new([const { [const { SiteCache::new(0, 0) }; WAYS] }; SETS]));
            // The newest is in front.
            let [place, older] = &others[self.version.get() as usize % SETS];
            older.copy(place);
            place.copy(self);
        }
        true
    }

    fn copy(&self, other: &SiteCache) {
        self.kind.set(other.kind.get());
        self.version.set(other.version.get());
        self.shape.set(other.shape.get());
        self.offset.set(other.offset.get());
        self.need.set(other.need.get());
        self.value.set(other.value.get());
    }

    /// What else the site remembers about objects of classes of this version (and a few others).
    #[inline(always)]
    pub fn others(&self, version: u64) -> &[SiteCache] {
        self.others.get().map_or(&[][..], |o| &o[version as usize % SETS])
    }

    fn set(&self, kind: Kind, version: u32, shape: *const Shape) {
        self.version.set(version as u64);
        self.shape.set(shape);
        self.kind.set(kind);
    }
}

/// After `super().name` of a method call found a function: for objects of this class, behind `cls`.
pub fn fill_super(vm: &Vm, site: &SiteCache, cls: &Gc<Type>, zelf: &Value, f: &Value) {
    let ty = vm.type_of(zelf);
    let version = ty.ensure_version(vm);
    if version == 0
        || !ty.is_subtype(cls)
        || zelf.downcast::<Type>().is_some()
        || f.downcast_exact::<Function>().is_none()
    {
        return;
    }
    site.value.set(f.bits());
    site.set(Kind::Method, version, cls.as_value().bits() as *const Shape);
}

/// Whether the class looks attributes up the plain way.
fn plain_getattr(ty: &Type) -> bool {
    ty.slots.getattro.get().is_none_or(|f| std::ptr::fn_addr_eq(f, slotdefs::GENERIC_GETATTRO))
}

fn plain_setattr(ty: &Type) -> bool {
    ty.slots.setattro.get().is_none_or(|f| std::ptr::fn_addr_eq(f, slotdefs::GENERIC_SETATTRO))
}

/// The class's attribute storage lies at the same place in all instances.
fn fixed_layout(ty: &Type) -> bool {
    use crate::object::Payload;
    let var = [
        <crate::Str as Payload>::def() as *const _,
        <crate::Bytes as Payload>::def() as *const _,
        <crate::Tuple as Payload>::def() as *const _,
    ];
    !var.contains(&(ty.def as *const _))
}

/// Fills a site for reading `obj.name`. `method`: for a call.
#[cold]
pub fn fill_attr(vm: &Vm, site: &SiteCache, obj: &Value, name: &Gc<Str>, method: bool) {
    if !site.begin() {
        return;
    }
    let Some(ty) = obj.heap_type().cloned() else {
        // Methods of ints, floats, None: the class alone decides.
        let ty = vm.type_of(obj).clone();
        if method
            && plain_getattr(&ty)
            && let Some(f) = ty.lookup(vm, name)
            && vm.type_of(&f).has_flags(F::METHOD_DESCRIPTOR)
        {
            let version = ty.ensure_version(vm);
            if version != 0 {
                site.offset.set(0);
                site.value.set(f.bits());
                site.set(Kind::Method, version, std::ptr::null());
            }
        }
        return;
    };
    if let Some(m) = obj.downcast_exact::<Module>() {
        fill_module(vm, site, m, &ty, name);
        return;
    }
    if let Some(cls) = obj.downcast::<Type>() {
        fill_of_class(vm, site, cls, &ty, name, method);
        return;
    }
    if !plain_getattr(&ty) {
        return;
    }
    let version = ty.ensure_version(vm);
    if version == 0 {
        return;
    }
    let on_class = ty.lookup(vm, name);
    let Some(ptr) = obj.as_ptr() else { return };
    let attrs = if fixed_layout(&ty) { instance::attrs_of(ptr, &ty) } else { None };
    if ty.has_dict.get() && attrs.is_none() {
        return;
    }
    let shape = attrs.map_or(std::ptr::null(), instance::shape_of);
    let mut is_method = false;
    if let Some(descr) = &on_class {
        let dt = vm.type_of(descr);
        is_method = dt.has_flags(F::METHOD_DESCRIPTOR);
        if !method
            && attrs.is_none()
            && descr.downcast_exact::<MethodDescriptor>().is_some_and(|m| ty.is_subtype(&m.owner))
        {
            // Nothing that the object has can hide it: bound anew each time.
            site.value.set(descr.bits());
            site.set(Kind::Getset, version, std::ptr::null());
            return;
        }
        if dt.slots.descr_set.get().is_some() && dt.slots.descr_get.get().is_some() {
            fill_of_descriptor(site, obj, &ty, descr, version, method);
            return;
        }
    }
    let bare = attrs.is_some_and(instance::is_bare);
    if attrs.is_some() && !bare {
        if shape.is_null() {
            fill_with_dict(vm, site, obj, name, version, method, on_class.filter(|_| is_method));
            return;
        }
        // SAFETY: a live instance's shape (instance.rs, I1).
        let index = unsafe { &*shape }.index_of(name);
        if let Some(i) = index {
            let Some(storage) = instance::attrs_offset(&ty, obj) else { return };
            if let Some(offset) = instance::inline_offset(obj, i) {
                site.offset.set(offset as u32);
                site.need.set(storage as u32);
                site.set(Kind::Instance, version, shape);
            } else {
                site.offset.set(storage as u32);
                site.need.set(i as u32);
                site.set(Kind::Outline, version, shape);
            }
            return;
        }
    }
    let storage = if attrs.is_some() { instance::attrs_offset(&ty, obj).unwrap_or(0) } else { 0 };
    let Some(descr) = on_class else { return };
    let kind = if is_method {
        match (method, bare) {
            (false, _) => return,
            (true, false) => Kind::Method,
            (true, true) => Kind::Bare,
        }
    } else if bare {
        // Without a shape that would change when it gets attributes.
        return;
    } else if vm.type_of(&descr).slots.descr_get.get().is_none() {
        Kind::Class
    } else if method && is_wrapped(&descr) {
        Kind::Wrapped
    } else {
        return;
    };
    // Only now: until it is filled again, the site remembers what it did.
    site.offset.set(storage as u32);
    site.value.set(descr.bits());
    site.set(kind, version, shape);
}

/// What a data descriptor of the class stands for.
fn fill_of_descriptor(
    site: &SiteCache,
    obj: &Value,
    ty: &Gc<Type>,
    descr: &Value,
    version: u32,
    method: bool,
) {
    if let Some(i) = slot_index(descr, ty) {
        if let Some(base) = instance::slot_offset(obj, i) {
            site.offset.set(base as u32);
            site.set(Kind::Slot, version, std::ptr::null());
        }
    } else if !method && is_native_field(descr, ty) {
        site.value.set(descr.bits());
        site.set(Kind::Getset, version, std::ptr::null());
    } else if !method && has_python_getter(descr) {
        site.value.set(descr.bits());
        site.set(Kind::Property, version, std::ptr::null());
    }
}

/// An object that has a dict in place of a shape; `function`: what the class has, if it is one.
fn fill_with_dict(
    vm: &Vm,
    site: &SiteCache,
    obj: &Value,
    name: &Gc<Str>,
    version: u32,
    method: bool,
    function: Option<Value>,
) {
    let Some(storage) = obj.heap_type().and_then(|ty| instance::attrs_offset(ty, obj)) else { return };
    // SAFETY: the storage was just found there.
    let has = unsafe { instance::dict_at(obj, storage) }.is_some_and(|d| d.get_str(vm, name).is_some());
    let (kind, value) = match function {
        _ if !method && has => (Kind::InDict, 0),
        Some(f) if method && !has => (Kind::BesideDict, f.bits()),
        _ => return,
    };
    site.offset.set(storage as u32);
    site.value.set(value);
    site.set(kind, version, std::ptr::null());
}

/// Whether it is the descriptor of a native object's field that objects of this class have.
fn is_native_field(descr: &Value, ty: &Gc<Type>) -> bool {
    descr.downcast_exact::<GetSetDescriptor>().is_some_and(|g| ty.is_subtype(&g.owner))
        || descr
            .downcast_exact::<MemberDescriptor>()
            .is_some_and(|m| m.field().is_some() && ty.is_subtype(&m.owner))
}

/// Whether `wrapped_from_site` can take the function out.
fn is_wrapped(descr: &Value) -> bool {
    descr.downcast_exact::<StaticMethod>().is_some() || descr.downcast_exact::<ClassMethod>().is_some()
}

fn has_python_getter(descr: &Value) -> bool {
    let getter = descr.downcast_exact::<Property>().and_then(|p| p.fget.get());
    getter.is_some_and(|f| f.downcast_exact::<Function>().is_some())
}

/// An attribute of a class, unless the metaclass has a say or it binds.
fn fill_of_class(vm: &Vm, site: &SiteCache, cls: &Gc<Type>, meta: &Gc<Type>, name: &Gc<Str>, method: bool) {
    let plain = |f: GetAttrFn| std::ptr::fn_addr_eq(f, class::type_getattro as GetAttrFn);
    if !meta.slots.getattro.get().is_some_and(plain) {
        return;
    }
    if meta.lookup(vm, name).is_some_and(|d| vm.type_of(&d).slots.descr_set.get().is_some()) {
        return;
    }
    let Some(v) = cls.lookup(vm, name) else { return };
    let wrapped = method && is_wrapped(&v);
    // Functions and native methods bind to nothing when a class is asked for them.
    let vt = vm.type_of(&v);
    if vt.slots.descr_get.get().is_some() && !vt.has_flags(F::METHOD_DESCRIPTOR) && !wrapped {
        return;
    }
    let (version, own) = (meta.ensure_version(vm), cls.ensure_version(vm));
    if version != 0 && own != 0 {
        site.need.set(own);
        site.value.set(v.bits());
        site.set(if wrapped { Kind::Wrapped } else { Kind::OfClass }, version, std::ptr::null());
    }
}

/// A module's own attribute comes before the class's, which has no data descriptors but `__dict__`.
fn fill_module(vm: &Vm, site: &SiteCache, m: &Gc<Module>, ty: &Gc<Type>, name: &Gc<Str>) {
    let version = ty.ensure_version(vm);
    if version == 0 || ty.lookup(vm, name).is_some_and(|d| vm.type_of(&d).slots.descr_set.get().is_some()) {
        return;
    }
    if let Some(i) = m.dict.table.find_str(vm, name) {
        site.value.set(m.dict.table.version());
        site.offset.set(i as u32);
        site.set(Kind::Module, version, std::ptr::null());
    }
}

/// Fills a site for `obj.name = …`, before the assignment is made.
#[cold]
pub fn fill_store_attr(vm: &Vm, site: &SiteCache, obj: &Value, name: &Gc<Str>) {
    if !site.begin() {
        return;
    }
    let Some(ty) = obj.heap_type().cloned() else { return };
    if !plain_setattr(&ty) || !ty.is_heap_type() {
        return;
    }
    let on_class = ty.lookup(vm, name);
    let version = ty.ensure_version(vm);
    if version == 0 {
        return;
    }
    if let Some(descr) = &on_class
        && vm.type_of(descr).slots.descr_set.get().is_some()
    {
        if let Some(i) = slot_index(descr, &ty)
            && let Some(base) = instance::slot_offset(obj, i)
        {
            site.offset.set(base as u32);
            site.set(Kind::Slot, version, std::ptr::null());
        }
        return;
    }
    let Some(ptr) = obj.as_ptr() else { return };
    if !fixed_layout(&ty) {
        return;
    }
    let Some(attrs) = instance::attrs_of(ptr, &ty) else { return };
    let shape = instance::shape_of(attrs);
    if shape.is_null() {
        if !instance::is_bare(attrs)
            && let Some(storage) = instance::attrs_offset(&ty, obj)
        {
            site.offset.set(storage as u32);
            site.set(Kind::IntoDict, version, shape);
        }
        return;
    }
    // SAFETY: a live instance's shape.
    let s = unsafe { &*shape };
    let Some(storage) = instance::attrs_offset(&ty, obj) else { return };
    match s.index_of(name) {
        Some(i) => {
            if let Some(offset) = instance::inline_offset(obj, i) {
                site.offset.set(offset as u32);
                site.need.set(storage as u32);
                site.set(Kind::Overwrite, version, shape);
            } else {
                site.offset.set(storage as u32);
                site.need.set(i as u32);
                site.set(Kind::OverwriteOutline, version, shape);
            }
        }
        None => {
            let i = s.len();
            if let (Some(offset), Some(next)) = (instance::inline_offset(obj, i), s.with_name(name)) {
                site.offset.set(offset as u32);
                site.need.set(storage as u32);
                site.value.set(next as u64);
                site.set(Kind::Add, version, shape);
            }
        }
    }
}

/// The `__slots__` word that a member descriptor of this class (or a base) stands for.
fn slot_index(descr: &Value, ty: &Type) -> Option<usize> {
    if !fixed_layout(ty) {
        return None;
    }
    super::links::member_slot(descr)
}
