//! `PyType`, the payload of classes: slots, bases, method resolution order, dict, version and instance layout.
//!
//! Native types are made from their `TypeDef` on first use and fill their dict on the first look-up. Making classes from
//! Python (`type.__new__`, slot inheritance from dunders, `__slots__`) is in `types/class.rs`.
//!
//! I1  `version` is 0 or unique to this state of the class and its bases; whoever changes a dict, the bases or a slot
//!     calls [`PyType::modified`], which zeroes it here and in all subclasses.
//! I2  A class's `def` is the native layout that its instances begin with.

use crate::object::{Payload, Type, ValueExt, type_id};
use crate::protocol::BINARY_OPS;
use crate::types::dict::Dict;
use crate::types::instance::{self, Shape};
use crate::types::str_::Str;
use crate::types::typedef::{F, SlotTable, TypeDef};
use crate::{Value, Vm};
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;
use taipan_heap::cell::{Guarded, ValueCell};
use taipan_heap::{Gc, Header, Trace, TypeFlags, TypeHead};

/// The payload of `type` and its subclasses.
#[repr(C)]
pub struct PyType {
    head: TypeHead,
    pub flags: Cell<u32>,
    /// See I1.
    pub version: Cell<u32>,
    pub def: &'static TypeDef,
    /// The definition, if this is the very class that it defines.
    pub native: Option<&'static TypeDef>,
    pub slots: SlotTable,
    /// How many `__slots__` words follow the native payload.
    pub slot_words: Cell<u16>,
    /// Instances have attribute storage behind their slots.
    pub has_dict: Cell<bool>,
    pub has_weakref: Cell<bool>,
    /// How many attributes new instances keep in line.
    pub inline_hint: Cell<u8>,
    /// Special methods that are Python functions which the loop can enter, as the loop last found them: the version that
    /// the class had, and the function's word (not counted; 0: there is none such).
    pub special: [Cell<(u32, u64)>; 4],
    /// Likewise the methods of operators, by number of `BinaryOp`, once one was looked for.
    pub operators: OnceCell<Box<[Cell<(u32, u64)>; BINARY_OPS]>>,
    /// `None`: the definition's.
    name: Guarded<Option<Gc<Str>>>,
    qualname: Guarded<Option<Gc<Str>>>,
    dict: OnceCell<Gc<Dict>>,
    /// What look-ups by name have made of a native type's dict before all of it was wanted, and how many there were.
    early: OnceCell<Gc<Dict>>,
    looks: Cell<u8>,
    pub base: Guarded<Option<Gc<Type>>>,
    pub bases: Guarded<Vec<Gc<Type>>>,
    pub mro: Guarded<Vec<Gc<Type>>>,
    /// Count the assignments to `mro` and `bases`: code of a metaclass may assign them while they are being computed.
    pub mro_stamp: Cell<u32>,
    pub bases_stamp: Cell<u32>,
    /// The order has classes that are no bases and so do not tell of their changes: look-ups are not cached.
    pub foreign_order: Cell<bool>,
    /// `__mro__` as it was handed out.
    pub mro_tuple: ValueCell,
    /// `__bases__` as it was given.
    pub bases_tuple: ValueCell,
    /// Addresses of direct subclasses; each takes itself off when it dies.
    pub subclasses: Guarded<Vec<NonNull<Header>>>,
    /// Its tree's shapes belong to instances with `inline_hint` values in line.
    pub root_shape: Cell<*const Shape>,
    /// The roots, the last of which is `root_shape`. Instances may have shapes of earlier ones.
    roots: RefCell<Vec<Rc<Shape>>>,
}

crate::fixed_layout!(PyType);

impl Trace for PyType {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        for d in [&self.dict, &self.early].into_iter().filter_map(OnceCell::get) {
            visit(d.as_value());
        }
        self.base.trace(visit);
        self.bases.trace(visit);
        self.mro.trace(visit);
        self.mro_tuple.trace(visit);
        self.bases_tuple.trace(visit);
        self.name.trace(visit);
        self.qualname.trace(visit);
    }
    fn unlink(&self) {
        // Bases stay: instances that die later in the same collection still need them. The dict breaks cycles through
        // methods; the mro holds the class itself.
        self.modified();
        for d in [&self.dict, &self.early].into_iter().filter_map(OnceCell::get) {
            d.table.unlink();
        }
        drop(self.mro.take());
        self.mro_tuple.set(None);
        self.bases_tuple.set(None);
    }
}

impl Drop for PyType {
    fn drop(&mut self) {
        let me = (self as *const PyType as usize - size_of::<Header>()) as *mut Header;
        let bases = self.bases.with(Vec::clone);
        for b in bases {
            b.subclasses.with_mut(|s| s.retain(|p| p.as_ptr() != me));
        }
    }
}

/// Borrows an object's type word as a typed reference.
///
/// # Safety
/// The header is of a live object (its type word is a live type object).
#[inline(always)]
#[allow(unsafe_code)]
pub unsafe fn header_type(header: &Header) -> &Gc<Type> {
    // SAFETY: the type word lies 8 bytes into the header and holds a non-null pointer to a type object, which is the
    // representation of `Gc<Type>`.
    unsafe { &*((header as *const Header as *const u8).add(8) as *const Gc<Type>) }
}

/// What a new class is made of.
pub struct NewType {
    /// `None`: the definition's name.
    pub name: Option<Gc<Str>>,
    pub qualname: Option<Gc<Str>>,
    pub bases: Vec<Gc<Type>>,
    /// `None`: filled from the definition on first use.
    pub dict: Option<Gc<Dict>>,
    pub flags: u32,
    pub def: &'static TypeDef,
    pub slot_words: u16,
    pub has_dict: bool,
    pub has_weakref: bool,
    pub slots: SlotTable,
}

impl PyType {
    pub fn from_parts(n: NewType) -> PyType {
        let mut heap_flags = 0;
        if n.flags & F::GC != 0 {
            heap_flags |= TypeFlags::GC;
        }
        if n.flags & F::HEAPTYPE != 0 {
            heap_flags |= TypeFlags::HEAP_TYPE;
        }
        if n.slots.finalize.get().is_some() {
            heap_flags |= TypeFlags::FINALIZE;
        }
        let plain = n.slot_words == 0 && !n.has_dict && n.flags & F::HEAPTYPE == 0;
        let fns = if plain { n.def.fns } else { instance::FNS };
        let root = Shape::root();
        PyType {
            head: TypeHead {
                drop: Cell::new(fns.drop),
                trace: Cell::new(fns.trace),
                clear: Cell::new(fns.clear),
                flags: Cell::new(heap_flags),
            },
            flags: Cell::new(n.flags),
            version: Cell::new(0),
            def: n.def,
            native: (n.flags & F::HEAPTYPE == 0).then_some(n.def),
            slots: n.slots,
            slot_words: Cell::new(n.slot_words),
            has_dict: Cell::new(n.has_dict),
            has_weakref: Cell::new(n.has_weakref),
            special: Default::default(),
            operators: OnceCell::new(),
            inline_hint: Cell::new(if n.has_dict && n.flags & F::HEAPTYPE != 0 { 4 } else { 0 }),
            name: Guarded::new(n.name),
            qualname: Guarded::new(n.qualname),
            dict: n.dict.map_or_else(OnceCell::new, OnceCell::from),
            early: OnceCell::new(),
            looks: Cell::new(0),
            base: Guarded::new(n.bases.first().cloned()),
            bases: Guarded::new(n.bases),
            mro: Guarded::new(Vec::new()),
            mro_stamp: Cell::new(0),
            bases_stamp: Cell::new(0),
            foreign_order: Cell::new(false),
            mro_tuple: ValueCell::empty(),
            bases_tuple: ValueCell::empty(),
            subclasses: Guarded::new(Vec::new()),
            root_shape: Cell::new(Rc::as_ptr(&root)),
            roots: RefCell::new(vec![root]),
        }
    }

    /// `__name__`.
    pub fn name(&self) -> String {
        self.name.with(|n| match n {
            Some(n) => n.to_string_lossy().into_owned(),
            None => self.def.name.to_string(),
        })
    }

    /// The name as error messages print it: native types outside `builtins` with their module.
    pub fn tp_name(&self) -> String {
        if self.is_heap_type() || self.def.module == "builtins" {
            self.name()
        } else {
            format!("{}.{}", self.def.module, self.def.name)
        }
    }

    /// `__fully_qualified_name__`: module and qualified name, without `builtins` and `__main__`.
    pub fn full_name(&self, vm: &Vm) -> String {
        let qualname = self.qualname_str(vm).to_string_lossy().into_owned();
        let module = if self.is_heap_type() {
            self.own(vm, &vm.names.__module__)
                .and_then(|m| m.downcast::<Str>().map(|m| m.to_string_lossy().into_owned()))
        } else {
            Some(self.def.module.to_string())
        };
        match module.as_deref() {
            None | Some("builtins" | "__main__") => qualname,
            Some(m) => format!("{m}.{qualname}"),
        }
    }

    pub fn name_str(&self, vm: &Vm) -> Gc<Str> {
        self.name.get().unwrap_or_else(|| vm.intern(self.def.name))
    }

    pub fn set_name(&self, name: Gc<Str>) {
        self.name.set(Some(name))
    }

    /// `__qualname__`.
    pub fn qualname_str(&self, vm: &Vm) -> Gc<Str> {
        self.qualname.get().unwrap_or_else(|| vm.intern(self.def.name))
    }

    pub fn set_qualname(&self, name: Gc<Str>) {
        self.qualname.set(Some(name))
    }

    #[inline]
    pub fn is_heap_type(&self) -> bool {
        self.flags.get() & F::HEAPTYPE != 0
    }

    #[inline]
    pub fn has_flags(&self, flag: u32) -> bool {
        self.flags.get() & flag != 0
    }

    /// Turns the heap's finaliser hook on or off for instances.
    pub fn set_finalize(&self, on: bool) {
        let f = self.head.flags.get();
        self.head.flags.set(if on { f | TypeFlags::FINALIZE } else { f & !TypeFlags::FINALIZE });
    }

    /// Bytes behind the native payload of a new instance.
    #[inline]
    pub fn extra_size(&self) -> usize {
        let words = self.slot_words.get() as usize;
        if self.has_dict.get() { (words + 2 + self.inline_hint.get() as usize) * 8 } else { words * 8 }
    }

    /// Prepares the attribute storage of a fresh instance.
    #[inline]
    pub fn start_instance(&self, obj: &Value) {
        if self.has_dict.get() {
            instance::start(self, obj)
        }
    }

    /// Whether the native layout derives from `def`'s.
    pub fn layout_derives(&self, def: &'static TypeDef) -> bool {
        let mut d = self.def;
        while let Some(base) = d.base {
            d = base();
            if std::ptr::eq(d, def) {
                return true;
            }
        }
        false
    }

    /// `issubclass(self, other)` by the method resolution order.
    #[inline]
    pub fn is_subtype(&self, other: &Gc<Type>) -> bool {
        let me = self as *const PyType;
        std::ptr::eq(me, &**other) || self.is_subtype_of_other(other)
    }

    fn is_subtype_of_other(&self, other: &Gc<Type>) -> bool {
        self.mro.with(|m| {
            if m.is_empty() {
                // During the making of the class.
                return self.base.with(|b| b.as_ref().is_some_and(|b| b.is_subtype(other)));
            }
            m.iter().any(|t| t.is(other))
        })
    }

    /// The class's own dict, made and filled on first use if it is a native type's.
    #[inline]
    pub fn dict(&self, vm: &Vm) -> &Gc<Dict> {
        match self.dict.get() {
            Some(d) => d,
            None => self.fill(vm),
        }
    }

    #[cold]
    fn fill(&self, vm: &Vm) -> &Gc<Dict> {
        let d = self.dict.get_or_init(|| vm.new_dict());
        crate::types::slotdefs::fill_native_dict(vm, self, d);
        crate::types::structseq::fill_dict(vm, self.def, d);
        // What was made already stays the object that it is.
        for (k, v) in self.early.get().map_or(Vec::new(), |early| early.pairs()) {
            if let Some(name) = k.downcast::<Str>() {
                d.set_str(vm, name, v);
            }
        }
        d
    }

    /// The class's own attribute, not its bases'.
    pub fn own(&self, vm: &Vm, name: &Gc<Str>) -> Option<Value> {
        match self.dict.get() {
            Some(d) => d.get_str(vm, name),
            None => self.own_early(vm, name),
        }
    }

    /// As `own`, while the dict is not filled: makes the one attribute that is asked for.
    #[cold]
    fn own_early(&self, vm: &Vm, name: &Gc<Str>) -> Option<Value> {
        const MANY: u8 = 24;
        let looks = self.looks.get();
        // Structure sequences have more than their rows.
        let more = self.flags.get() & F::TUPLE_SUBCLASS != 0;
        if looks >= MANY || self.native.is_none() || more {
            return self.dict(vm).get_str(vm, name);
        }
        self.looks.set(looks + 1);
        let name = &vm.intern_str(name);
        if let Some(v) = self.early.get().and_then(|d| d.get_str(vm, name)) {
            return Some(v);
        }
        let v = crate::types::slotdefs::native_attribute(vm, self, name)?;
        if let Some(d) = self.dict.get() {
            return d.get_str(vm, name);
        }
        self.early.get_or_init(|| vm.new_dict()).set_str(vm, name, v.clone());
        Some(v)
    }

    /// The attribute along the method resolution order, without descriptors' `__get__`.
    pub fn lookup(&self, vm: &Vm, name: &Gc<Str>) -> Option<Value> {
        vm.method_cache.lookup(vm, self, name)
    }

    /// As `lookup`, telling which class has it.
    pub fn lookup_with_owner(&self, vm: &Vm, name: &Gc<Str>) -> Option<(Gc<Type>, Value)> {
        let n = self.mro.with(Vec::len);
        for i in 0..n {
            let Some(t) = self.mro.with(|m| m.get(i).cloned()) else { break };
            if let Some(v) = t.own(vm, name) {
                return Some((t, v));
            }
        }
        None
    }

    pub(crate) fn lookup_uncached(&self, vm: &Vm, name: &Gc<Str>) -> Option<Value> {
        let n = self.mro.with(Vec::len);
        for i in 0..n {
            // The clone keeps the class alive: nothing here runs Python code, but filling a dict allocates.
            let t = self.mro.with(|m| m.get(i).cloned())?;
            if let Some(v) = t.own(vm, name) {
                return Some(v);
            }
            if t.has_other_keys() {
                let found = t.dict(vm).clone().get(vm, name.as_value());
                match found {
                    Ok(None) => {}
                    Ok(found) => return found,
                    Err(_) => drop(vm.take_raised()),
                }
            }
        }
        None
    }

    /// Whether a key of the class's dict is no string.
    fn has_other_keys(&self) -> bool {
        self.dict.get().is_some_and(|d| !d.table.has_only_str_keys())
    }

    /// Whether comparing the keys of the class or a base with a name may run Python code.
    fn has_odd_keys(&self) -> bool {
        self.mro.with(|m| m.iter().any(|t| t.has_other_keys()))
    }

    /// The current version, made if need be; 0 when the numbers have run out.
    pub fn ensure_version(&self, vm: &Vm) -> u32 {
        let v = self.version.get();
        if v != 0 {
            return v;
        }
        if self.foreign_order.get() {
            return 0;
        }
        // A base without a version would not pass its changes on.
        let bases = self.bases.with(Vec::clone);
        for b in &bases {
            if b.ensure_version(vm) == 0 {
                return 0;
            }
        }
        let next = vm.next_type_version.get();
        if next == u32::MAX {
            return 0;
        }
        vm.next_type_version.set(next + 1);
        self.version.set(next);
        next
    }

    /// To be called after any change to the dict, the bases or the slots.
    pub fn modified(&self) {
        if self.version.replace(0) == 0 {
            return;
        }
        for s in self.subclasses_alive() {
            s.modified()
        }
    }

    /// The direct subclasses.
    #[allow(unsafe_code)]
    pub fn subclasses_alive(&self) -> Vec<Gc<Type>> {
        self.subclasses.with(|s| {
            s.iter()
                // SAFETY: a class takes its address off this list when it is dropped, so each is a type object; one
                // with a zero count is being destroyed and is passed over.
                .filter(|p| unsafe { p.as_ref() }.count() != 0)
                // SAFETY: as above.
                .map(|p| unsafe { Value::from_borrowed(*p).into_gc_unchecked() })
                .collect()
        })
    }

    /// Instances made from now on have room for `n` values in line. Shapes stand for that number too, so they get a tree of
    /// their own.
    pub fn set_inline_hint(&self, n: u8) {
        self.inline_hint.set(n);
        let root = Shape::root();
        self.root_shape.set(Rc::as_ptr(&root));
        self.roots.borrow_mut().push(root);
    }
}

/// Entries of the global method cache.
const CACHE: usize = 2048;

/// `(class version, name) → attribute`, for look-ups that no inline cache answers.
pub struct MethodCache {
    entries: Box<[Cell<(u32, u64, u64)>]>,
}

impl MethodCache {
    pub fn new() -> MethodCache {
        let empty: Vec<(u32, u64, u64)> = vec![(0, 0, 0); CACHE];
        MethodCache { entries: empty.into_iter().map(Cell::new).collect() }
    }

    #[inline]
    #[allow(unsafe_code)]
    fn lookup(&self, vm: &Vm, ty: &PyType, name: &Gc<Str>) -> Option<Value> {
        let name_bits = name.as_ptr().as_ptr() as u64;
        let version = ty.version.get();
        let at = ((name_bits >> 4) as usize ^ version as usize) & (CACHE - 1);
        let (v, n, bits) = self.entries[at].get();
        if v == version && version != 0 && n == name_bits {
            if bits == 0 {
                return None;
            }
            // SAFETY: the version says that the dict which held the value then still holds it; the entry borrows it.
            return Some(unsafe { (*std::mem::ManuallyDrop::new(Value::from_bits(bits))).clone() });
        }
        self.miss(vm, ty, name)
    }

    #[cold]
    fn miss(&self, vm: &Vm, ty: &PyType, name: &Gc<Str>) -> Option<Value> {
        let found = ty.lookup_uncached(vm, name);
        // Only interned names live long enough for their address to be a key.
        if name.header().has_flag(crate::types::str_::INTERNED) {
            let version = ty.ensure_version(vm);
            if version != 0 && !ty.has_odd_keys() {
                let name_bits = name.as_ptr().as_ptr() as u64;
                let at = ((name_bits >> 4) as usize ^ version as usize) & (CACHE - 1);
                self.entries[at].set((version, name_bits, found.as_ref().map_or(0, Value::bits)));
            }
        }
        found
    }
}

impl Default for MethodCache {
    fn default() -> Self {
        MethodCache::new()
    }
}

impl Vm {
    /// The class object of a native definition.
    pub fn type_for(&self, def: &'static TypeDef) -> Gc<Type> {
        self.type_for_ref(def).clone()
    }

    #[inline]
    #[allow(unsafe_code)]
    pub fn type_for_ref(&self, def: &'static TypeDef) -> &Gc<Type> {
        let id = type_id(def);
        let found =
            self.native_types.with(|t| t.get(id).and_then(|t| t.as_ref().map(|t| &**t as *const Gc<Type>)));
        match found {
            // SAFETY: native types are boxed, never replaced and live as long as the interpreter.
            Some(t) => unsafe { &*t },
            None => self.make_native_type(def),
        }
    }

    #[cold]
    #[allow(unsafe_code)]
    fn make_native_type(&self, def: &'static TypeDef) -> &Gc<Type> {
        let base = match def.base {
            Some(base) => Some(self.type_for(base())),
            None if std::ptr::eq(def, crate::types::object::Object::def()) => None,
            None => Some(self.type_for(crate::types::object::Object::def())),
        };
        self.install_native_type(def, base);
        let id = type_id(def);
        // SAFETY: as in `type_for_ref`.
        unsafe { &*self.native_types.with(|t| &**t[id].as_ref().expect("just installed") as *const Gc<Type>) }
    }

    /// Makes the class object of a native type and enters it in the table.
    #[allow(unsafe_code)]
    pub(crate) fn install_native_type(&self, def: &'static TypeDef, base: Option<Gc<Type>>) {
        let mut flags = def.flags & !F::HEAPTYPE | F::IMMUTABLE;
        let slots = SlotTable::new(&def.slots);
        let mut has_dict = def.flags & F::HAS_DICT != 0;
        let mut has_weakref = def.flags & F::WEAKREF != 0;
        let mut mro = Vec::new();
        if let Some(b) = &base {
            flags |= b.flags.get() & (F::INHERITED | F::GC);
            has_dict |= b.has_dict.get();
            has_weakref |= b.has_weakref.get();
            crate::types::slotdefs::inherit_slots(&slots, b);
            mro = b.mro.with(Vec::clone);
        }
        if flags & F::NO_NEW != 0 {
            slots.new.set(None);
        }
        let parts = NewType {
            qualname: None,
            name: None,
            bases: base.iter().cloned().collect(),
            dict: None,
            flags,
            def,
            slot_words: 0,
            has_dict,
            has_weakref,
            slots,
        };
        // SAFETY: the metatype is `type` (or the stand-in that `bootstrap` replaces); its functions fit a `PyType`.
        let ty: Gc<Type> = unsafe { self.heap.alloc(self.metatype.get(), PyType::from_parts(parts), 0) };
        mro.insert(0, ty.clone());
        ty.mro.set(mro);
        if let Some(b) = &base {
            b.subclasses.with_mut(|s| s.push(ty.as_ptr()));
        }
        let id = type_id(def);
        self.native_types.with_mut(|t| {
            if t.len() <= id {
                t.resize_with(id + 1, || None);
            }
            t[id] = Some(Box::new(ty));
        });
    }
}

/// What stands in for the type of the first type objects.
#[repr(C, align(16))]
pub(crate) struct StandIn {
    header: [u64; 2],
    head: TypeHead,
}

impl StandIn {
    pub(crate) fn new() -> Box<StandIn> {
        let f = PyType::FNS_FOR_STAND_IN;
        let head = TypeHead {
            drop: Cell::new(f.drop),
            trace: Cell::new(f.trace),
            clear: Cell::new(f.clear),
            flags: Cell::new(0),
        };
        Box::new(StandIn { header: [1, 0], head })
    }

    pub(crate) fn ptr(&mut self) -> NonNull<Header> {
        NonNull::from(self).cast()
    }
}

impl PyType {
    const FNS_FOR_STAND_IN: taipan_heap::PayloadFns = <PyType as taipan_heap::Layout>::FNS;
}

/// Makes `object` and `type`, whose classes need each other.
#[allow(unsafe_code)]
pub(crate) fn bootstrap(vm: &Vm) {
    let mut stand_in = StandIn::new();
    vm.metatype.set(stand_in.ptr());
    let object = vm.type_for(crate::types::object::Object::def());
    let ty = vm.type_for(PyType::def());
    // SAFETY: both are laid out as `type` says.
    unsafe {
        object.header().set_ty(ty.as_ptr());
        ty.header().set_ty(ty.as_ptr());
    }
    vm.metatype.set(ty.as_ptr());
}
