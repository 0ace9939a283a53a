//! What follows the native payload of an instance: `__slots__` words, then attribute storage.
//!
//! ```text
//!   header (16) | native payload | slot words … | shape | rest | inline values …
//!                                                 └ only if the class has_dict
//! ```
//! `shape` non-null: the instance's attributes are the shape's names; value *i* lies in line if *i* is below the inline
//! count (header flags, top byte), else in the vector that `rest` owns.
//! `shape` null: `rest` is null (no attributes yet) or owns a reference to the instance's `dict`.
//!
//! I1  Shapes are owned by their class's trees and live as long as the class, which every instance keeps alive. Instances of one
//!     shape have the same inline count.
//! I2  A value word that the shape names is filled; others are empty.
//! I3  Old values are dropped after the storage is consistent again.

use crate::object::{Type, ValueExt};
use crate::types::dict::Dict;
use crate::types::str_::Str;
use crate::types::type_::PyType;
use crate::{Value, Vm};
use rustc_hash::FxHashMap;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;
use taipan_heap::{Gc, Header, PayloadFns};

/// More attributes than this and the instance goes over to a dict.
const MAX_NAMES: usize = 64;
/// The largest inline count a class asks for.
pub const MAX_INLINE: u8 = 30;

/// A hidden class: the names of an instance's attributes in the order of their making.
pub struct Shape {
    names: Vec<Gc<Str>>,
    /// Name address → index, for shapes too long to scan.
    index: Option<FxHashMap<usize, u16>>,
    next: RefCell<Vec<Rc<Shape>>>,
}

impl Shape {
    pub fn root() -> Rc<Shape> {
        Rc::new(Shape { names: Vec::new(), index: None, next: RefCell::default() })
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub fn names(&self) -> &[Gc<Str>] {
        &self.names
    }

    /// Where the value of an (interned) name lies.
    #[inline]
    pub fn index_of(&self, name: &Gc<Str>) -> Option<usize> {
        match &self.index {
            None => self.names.iter().position(|n| n.is(name)),
            Some(map) => map.get(&(name.as_ptr().as_ptr() as usize)).map(|&i| i as usize),
        }
    }

    /// The shape with one more name; `None` when that would be too many or the tree grows too wide.
    pub fn with_name(&self, name: &Gc<Str>) -> Option<*const Shape> {
        let mut next = self.next.borrow_mut();
        if let Some(s) = next.iter().find(|s| s.names.last().is_some_and(|n| n.is(name))) {
            return Some(Rc::as_ptr(s));
        }
        if self.names.len() >= MAX_NAMES || next.len() >= 64 {
            return None;
        }
        let mut names = self.names.clone();
        names.push(name.clone());
        let index = (names.len() > 8).then(|| {
            names.iter().enumerate().map(|(i, n)| (n.as_ptr().as_ptr() as usize, i as u16)).collect()
        });
        let s = Rc::new(Shape { names, index, next: RefCell::default() });
        let p = Rc::as_ptr(&s);
        next.push(s);
        Some(p)
    }
}

/// The two words in front of the inline values.
#[repr(C)]
pub struct Attrs {
    pub shape: Cell<*const Shape>,
    /// See the drawing: overflow vector (shape set) or dict reference (shape null).
    rest: Cell<usize>,
}

const INLINE_SHIFT: u32 = 24;

#[inline(always)]
fn inline_count(h: &Header) -> usize {
    (h.flags() >> INLINE_SHIFT) as usize
}

/// Where the parts behind the native payload begin.
#[inline]
fn extras(ptr: NonNull<Header>) -> *mut u8 {
    // SAFETY: the type's `size` fits the payload; the extras follow it.
    unsafe {
        let ty = crate::types::type_::header_type(ptr.as_ref());
        (ptr.as_ptr().add(1) as *mut u8).add((ty.def.fns.size)(ptr))
    }
}

fn slots_of<'a>(ptr: NonNull<Header>, ty: &PyType) -> &'a [Cell<Option<Value>>] {
    // SAFETY: the class says how many slot words there are; `Cell<Option<Value>>` is one word, zero when empty.
    unsafe {
        std::slice::from_raw_parts(extras(ptr) as *const Cell<Option<Value>>, ty.slot_words.get() as usize)
    }
}

/// The attribute storage of an object whose class has it.
#[inline]
pub fn attrs_of<'a>(ptr: NonNull<Header>, ty: &PyType) -> Option<&'a Attrs> {
    if !ty.has_dict.get() {
        return None;
    }
    // SAFETY: `has_dict` classes allocate the two words behind the slots.
    Some(unsafe { &*(extras(ptr).add(ty.slot_words.get() as usize * 8) as *const Attrs) })
}

/// The offset in bytes from the header to the attribute storage, when it is the same for all instances of the class.
pub fn attrs_offset(ty: &PyType, obj: &Value) -> Option<usize> {
    let ptr = obj.as_ptr()?;
    Some(attrs_of(ptr, ty)? as *const Attrs as usize - ptr.as_ptr() as usize)
}

#[inline]
fn inline_values(a: &Attrs, count: usize) -> &[Cell<Option<Value>>] {
    // SAFETY: `count` words follow the storage (header flags).
    unsafe { std::slice::from_raw_parts((a as *const Attrs).add(1) as *const Cell<Option<Value>>, count) }
}

fn peek(c: &Cell<Option<Value>>) -> Option<Value> {
    // SAFETY: one thread; cloning only counts up.
    unsafe { (*c.as_ptr()).clone() }
}

/// Value `i` of an instance whose shape names it and that has it out of line.
///
/// # Safety
/// `a` is the storage of the live object `h`, with a shape.
#[inline]
pub(crate) unsafe fn overflow_value(a: *const Attrs, h: &Header, i: usize) -> Option<Value> {
    // SAFETY: by contract.
    unsafe { (*a).value(i, inline_count(h)) }
}

/// Replaces such a value, answering the old one.
///
/// # Safety
/// As for `overflow_value`.
pub(crate) unsafe fn replace_overflow(a: *const Attrs, h: &Header, i: usize, v: Value) -> Option<Value> {
    // SAFETY: by contract.
    unsafe { (*a).replace(i, inline_count(h), Some(v)) }
}

/// Sets the shape and inline count of a fresh instance.
pub fn start(ty: &PyType, obj: &Value) {
    if let Some(ptr) = obj.as_ptr()
        && let Some(a) = attrs_of(ptr, ty)
    {
        // SAFETY: live. The top byte of the flags is this module's.
        let h = unsafe { ptr.as_ref() };
        h.set_flag((ty.inline_hint.get() as u32) << INLINE_SHIFT, true);
        if ty.is_heap_type() {
            a.shape.set(ty.root_shape.get());
        }
    }
}

/// A fresh instance of a class whose native payload is `object`'s, without attributes.
pub fn new_plain(vm: &Vm, ty: &Gc<Type>) -> Value {
    const { assert!(size_of::<crate::types::object::Object>() == 0) };
    debug_assert!(ty.is_heap_type());
    // SAFETY: the class's functions fit an `object` followed by its own slots and attributes, which begin zeroed.
    let obj = unsafe { vm.heap.alloc(ty.as_ptr(), crate::types::object::Object, ty.extra_size()) };
    if ty.has_dict.get() {
        obj.header().set_flag((ty.inline_hint.get() as u32) << INLINE_SHIFT, true);
        // SAFETY: behind the header (the payload has no size) and the slot words lies the storage.
        unsafe {
            let a =
                (obj.as_ptr().as_ptr().add(1) as *mut u64).add(ty.slot_words.get() as usize) as *const Attrs;
            (*a).shape.set(ty.root_shape.get());
        }
    }
    obj.into_value()
}

impl Attrs {
    #[inline]
    fn shape(&self) -> Option<&Shape> {
        // SAFETY: I1.
        unsafe { self.shape.get().as_ref() }
    }

    #[inline]
    fn overflow(&self) -> Option<&RefCell<Vec<Option<Value>>>> {
        // SAFETY: with a shape, `rest` is null or a leaked box of this type.
        unsafe { (self.rest.get() as *const RefCell<Vec<Option<Value>>>).as_ref() }
    }

    fn dict(&self) -> Option<Gc<Dict>> {
        if self.shape.get().is_null() && self.rest.get() != 0 {
            // SAFETY: without a shape, a non-null `rest` owns a dict reference, which stays while we clone it.
            let v = std::mem::ManuallyDrop::new(unsafe { Value::from_bits(self.rest.get() as u64) });
            return v.downcast::<Dict>().cloned();
        }
        None
    }

    #[inline]
    fn value(&self, i: usize, inline: usize) -> Option<Value> {
        if i < inline {
            peek(&inline_values(self, inline)[i])
        } else {
            self.overflow()?.borrow().get(i - inline)?.clone()
        }
    }

    fn replace(&self, i: usize, inline: usize, v: Option<Value>) -> Option<Value> {
        if i < inline {
            return inline_values(self, inline)[i].replace(v);
        }
        if self.rest.get() == 0 {
            let b: Box<RefCell<Vec<Option<Value>>>> = Box::default();
            self.rest.set(Box::into_raw(b) as usize);
        }
        let over = self.overflow()?;
        let mut over = over.borrow_mut();
        if over.len() <= i - inline {
            over.resize_with(i - inline + 1, || None);
        }
        std::mem::replace(&mut over[i - inline], v)
    }

    /// Takes everything out, leaving no attributes and the storage without shape.
    fn take_all(&self, inline: usize) -> Vec<Value> {
        let mut out = Vec::new();
        if self.shape.get().is_null() {
            let rest = self.rest.replace(0);
            if rest != 0 {
                // SAFETY: the reference that `rest` owned moves out.
                out.push(unsafe { Value::from_bits(rest as u64) });
            }
            return out;
        }
        self.shape.set(std::ptr::null());
        let rest = self.rest.replace(0);
        for c in inline_values(self, inline) {
            out.extend(c.take());
        }
        if rest != 0 {
            // SAFETY: with a shape, `rest` owned this box.
            let b = unsafe { Box::from_raw(rest as *mut RefCell<Vec<Option<Value>>>) };
            out.extend(b.into_inner().into_iter().flatten());
        }
        out
    }
}

unsafe fn drop_instance(ptr: NonNull<Header>) {
    // SAFETY: called by the heap on a dying instance; the payload is dropped last, since finding the extras reads it.
    unsafe {
        let ty = crate::types::type_::header_type(ptr.as_ref());
        for c in slots_of(ptr, ty) {
            drop(c.take());
        }
        if let Some(a) = attrs_of(ptr, ty) {
            // Nobody can reach the dying instance any more, so its values go one by one.
            if a.shape.get().is_null() && a.rest.get() == 0 {
                // It never had any.
            } else if !a.shape.get().is_null() && a.rest.get() == 0 {
                for c in inline_values(a, inline_count(ptr.as_ref())) {
                    drop(c.take());
                }
            } else {
                drop(a.take_all(inline_count(ptr.as_ref())));
            }
        }
        (ty.def.fns.drop)(ptr)
    }
}

unsafe fn trace_instance(ptr: NonNull<Header>, visit: &mut dyn FnMut(&Value)) {
    // SAFETY: live instance; visitors change nothing.
    unsafe {
        let ty = crate::types::type_::header_type(ptr.as_ref());
        (ty.def.fns.trace)(ptr, visit);
        if ty.is_heap_type() {
            visit(ty.as_value());
        }
        for c in slots_of(ptr, ty) {
            if let Some(v) = &*c.as_ptr() {
                visit(v)
            }
        }
        if let Some(a) = attrs_of(ptr, ty) {
            if a.shape.get().is_null() {
                if let Some(d) = a.dict() {
                    visit(d.as_value())
                }
            } else {
                for c in inline_values(a, inline_count(ptr.as_ref())) {
                    if let Some(v) = &*c.as_ptr() {
                        visit(v)
                    }
                }
                if let Some(o) = a.overflow() {
                    for v in o.borrow().iter().flatten() {
                        visit(v)
                    }
                }
            }
        }
    }
}

unsafe fn clear_instance(ptr: NonNull<Header>) {
    // SAFETY: live instance, held by the collector.
    unsafe {
        let ty = crate::types::type_::header_type(ptr.as_ref());
        (ty.def.fns.clear)(ptr);
        for c in slots_of(ptr, ty) {
            drop(c.take());
        }
        let Some(a) = attrs_of(ptr, ty) else { return };
        let inline = inline_count(ptr.as_ref());
        // Few attributes move out without taking memory. All are out before the first one is dropped.
        let mut few = [const { None }; 6];
        if a.shape.get().is_null() || a.rest.get() != 0 || inline > few.len() {
            drop(a.take_all(inline));
            return;
        }
        a.shape.set(std::ptr::null());
        for (place, c) in few.iter_mut().zip(inline_values(a, inline)) {
            *place = c.take();
        }
    }
}

unsafe fn size_instance(ptr: NonNull<Header>) -> usize {
    // SAFETY: live instance.
    unsafe { (crate::types::type_::header_type(ptr.as_ref()).def.fns.size)(ptr) }
}

/// The heap's functions for classes whose instances have extras.
pub const FNS: PayloadFns =
    PayloadFns { drop: drop_instance, trace: trace_instance, clear: clear_instance, size: size_instance };

/// The value of `__slots__` member `i`.
pub fn slot(obj: &Value, i: usize) -> Option<Value> {
    let ty = obj.heap_type()?;
    peek(slots_of(obj.as_ptr()?, ty).get(i)?)
}

/// Sets or deletes `__slots__` member `i`; answers whether it was set before.
pub fn set_slot(obj: &Value, i: usize, v: Option<Value>) -> bool {
    let (Some(ty), Some(ptr)) = (obj.heap_type(), obj.as_ptr()) else { return false };
    let Some(c) = slots_of(ptr, ty).get(i) else { return false };
    let old = c.replace(v);
    old.is_some()
}

/// An instance attribute (not the class's).
#[inline]
pub fn get(vm: &Vm, obj: &Value, name: &Gc<Str>) -> Option<Value> {
    let ptr = obj.as_ptr()?;
    let ty = obj.heap_type()?;
    let a = attrs_of(ptr, ty)?;
    match a.shape() {
        Some(s) => {
            let i = match s.index_of(name) {
                Some(i) => i,
                None if name.header().has_flag(crate::types::str_::INTERNED) => return None,
                None => s.index_of(&vm.intern_str(name))?,
            };
            // SAFETY: live.
            a.value(i, inline_count(unsafe { ptr.as_ref() }))
        }
        None => a.dict()?.get_str(vm, name),
    }
}

/// The instance's dict, if it has keys that are no strings: only comparing tells whether one is equal to a name.
#[inline]
pub fn odd_dict(obj: &Value) -> Option<Gc<Dict>> {
    let a = attrs_of(obj.as_ptr()?, obj.heap_type()?)?;
    if a.shape().is_some() {
        return None;
    }
    a.dict().filter(|d| !d.table.has_only_str_keys())
}

/// Whether the object has attribute storage, and all attributes lie in line.
pub fn all_inline(obj: &Value) -> bool {
    let (Some(ty), Some(ptr)) = (obj.heap_type(), obj.as_ptr()) else { return false };
    let Some(shape) = attrs_of(ptr, ty).and_then(Attrs::shape) else { return false };
    // SAFETY: live.
    shape.len() <= inline_count(unsafe { ptr.as_ref() })
}

/// Makes instances of a native class have places in line for values of these names, and answers their shape, which lives
/// as long as the class.
pub fn with_inline(ty: &PyType, names: &[Gc<Str>]) -> Option<*const Shape> {
    if names.is_empty() || names.len() > MAX_INLINE as usize || !ty.has_dict.get() {
        return None;
    }
    ty.set_inline_hint(names.len() as u8);
    names.iter().try_fold(ty.root_shape.get(), |shape, name| {
        // SAFETY: I1.
        unsafe { shape.as_ref() }?.with_name(name)
    })
}

/// Fills a fresh instance with values for such a shape; `false` (and nothing done) if they are not as many as the names.
pub fn fill_inline(obj: &Value, shape: *const Shape, values: &mut Vec<Value>) -> bool {
    let (Some(ty), Some(ptr)) = (obj.heap_type(), obj.as_ptr()) else { return false };
    let Some(a) = attrs_of(ptr, ty) else { return false };
    // SAFETY: live.
    let inline = inline_count(unsafe { ptr.as_ref() });
    if !is_bare(a) || inline != values.len() || ty.inline_hint.get() as usize != inline {
        return false;
    }
    for (c, v) in inline_values(a, inline).iter().zip(values.drain(..)) {
        drop(c.replace(Some(v)));
    }
    a.shape.set(shape);
    true
}

/// In-line value `i` of an instance that has a shape.
pub fn inline_value(obj: &Value, i: usize) -> Option<Value> {
    let ptr = obj.as_ptr()?;
    let a = attrs_of(ptr, obj.heap_type()?)?;
    a.shape()?;
    // SAFETY: live.
    peek(inline_values(a, inline_count(unsafe { ptr.as_ref() })).get(i)?)
}

/// Whether instances of the object's class have attribute storage.
pub fn has_attrs(obj: &Value) -> bool {
    obj.heap_type().is_some_and(|t| t.has_dict.get())
}

/// Sets an instance attribute; `Err` gives the value back when the object has no attribute storage.
pub fn set(vm: &Vm, obj: &Value, name: &Gc<Str>, v: Value) -> Result<(), Value> {
    let (Some(ty), Some(ptr)) = (obj.heap_type(), obj.as_ptr()) else { return Err(v) };
    let Some(a) = attrs_of(ptr, ty) else { return Err(v) };
    // SAFETY: live.
    let inline = inline_count(unsafe { ptr.as_ref() });
    if let Some(s) = a.shape() {
        let name = vm.intern_str(name);
        if let Some(i) = s.index_of(&name) {
            let old = a.replace(i, inline, Some(v));
            drop(old);
            return Ok(());
        }
        if let Some(next) = s.with_name(&name) {
            let i = s.len();
            a.shape.set(next);
            let old = a.replace(i, inline, Some(v));
            if i >= inline && i < MAX_INLINE as usize && ty.inline_hint.get() as usize <= i {
                ty.set_inline_hint(i as u8 + 1);
            }
            drop(old);
            return Ok(());
        }
    }
    dict_of(vm, obj, ty, ptr, a).set_str(vm, name, v);
    Ok(())
}

/// Deletes an instance attribute; answers whether it was there.
pub fn delete(vm: &Vm, obj: &Value, name: &Gc<Str>) -> bool {
    let (Some(ty), Some(ptr)) = (obj.heap_type(), obj.as_ptr()) else { return false };
    let Some(a) = attrs_of(ptr, ty) else { return false };
    if let Some(s) = a.shape()
        && s.index_of(&vm.intern_str(name)).is_none()
    {
        return false;
    }
    dict_of(vm, obj, ty, ptr, a).remove_str(vm, name).is_some()
}

/// Turns the storage into a dict, which is the instance's `__dict__` from then on.
fn dict_of(vm: &Vm, _obj: &Value, _ty: &Gc<Type>, ptr: NonNull<Header>, a: &Attrs) -> Gc<Dict> {
    if let Some(d) = a.dict() {
        return d;
    }
    let d = vm.new_dict_for(a.shape().map_or(0, |s| s.names().len()));
    // SAFETY: live.
    let inline = inline_count(unsafe { ptr.as_ref() });
    if let Some(s) = a.shape() {
        for (i, name) in s.names().iter().enumerate() {
            if let Some(v) = a.value(i, inline) {
                d.table.push_str(vm, name, v);
            }
        }
        drop(a.take_all(inline));
    }
    a.rest.set(d.clone().into_value().into_bits() as usize);
    d
}

/// The instance's `__dict__`, made on demand; `None` if its class has none.
pub fn dict(vm: &Vm, obj: &Value) -> Option<Gc<Dict>> {
    let (ty, ptr) = (obj.heap_type()?, obj.as_ptr()?);
    let a = attrs_of(ptr, ty)?;
    Some(dict_of(vm, obj, ty, ptr, a))
}

/// The attributes without making a dict: names and values in order.
pub fn pairs(vm: &Vm, obj: &Value) -> Vec<(Value, Value)> {
    let (Some(ty), Some(ptr)) = (obj.heap_type(), obj.as_ptr()) else { return Vec::new() };
    let Some(a) = attrs_of(ptr, ty) else { return Vec::new() };
    // SAFETY: live.
    let inline = inline_count(unsafe { ptr.as_ref() });
    let _ = vm;
    match a.shape() {
        Some(s) => s
            .names()
            .iter()
            .enumerate()
            .filter_map(|(i, n)| Some((n.to_value(), a.value(i, inline)?)))
            .collect(),
        None => a.dict().map_or(Vec::new(), |d| d.pairs()),
    }
}

/// Replaces the instance's `__dict__`; `None` empties it. Answers whether the object can have one.
pub fn set_dict(obj: &Value, d: Option<Gc<Dict>>) -> bool {
    let (Some(ty), Some(ptr)) = (obj.heap_type(), obj.as_ptr()) else { return false };
    let Some(a) = attrs_of(ptr, ty) else { return false };
    // SAFETY: live.
    let old = a.take_all(inline_count(unsafe { ptr.as_ref() }));
    a.rest.set(d.map_or(0, |d| d.into_value().into_bits() as usize));
    drop(old);
    true
}

/// Makes `obj` an instance of `ty`, a class of the same layout (checked by the caller, `__class__` assignment).
pub fn set_class(vm: &Vm, obj: &Value, ty: &Gc<Type>) {
    if let Some(ptr) = obj.as_ptr() {
        let old = obj.heap_type().cloned();
        // Shapes belong to the old class, so the attributes move to a dict.
        if has_attrs(obj) {
            drop(dict(vm, obj));
        }
        // SAFETY: same layout by the caller's check; counts are moved from the old class to the new one.
        unsafe {
            if ty.is_heap_type() {
                std::mem::forget(ty.clone());
            }
            ptr.as_ref().set_ty(ty.as_ptr());
            if let Some(old) = old
                && old.is_heap_type()
            {
                drop(old.as_value().clone().into_gc_unchecked::<PyType>());
                drop(Value::from_bits(old.as_ptr().as_ptr() as u64));
            }
        }
    }
}

/// What an inline cache needs: the shape of the instance, if it has one.
#[inline(always)]
pub fn shape_of(a: &Attrs) -> *const Shape {
    a.shape.get()
}

/// The dict that an instance has in place of a shape, if it has one.
///
/// # Safety
/// The object's class has its attribute storage at `offset` from the header.
pub(crate) unsafe fn dict_at(obj: &Value, offset: usize) -> Option<Gc<Dict>> {
    // SAFETY: by contract.
    unsafe { (*((obj.header()? as *const _ as *const u8).add(offset) as *const Attrs)).dict() }
}

/// Whether there are no attributes, nor a shape or a dict.
pub fn is_bare(a: &Attrs) -> bool {
    a.shape.get().is_null() && a.rest.get() == 0
}

/// The inline place of value `i`, if it lies in line.
#[inline(always)]
pub fn inline_place<'a>(a: &'a Attrs, h: &Header, i: usize) -> Option<&'a Cell<Option<Value>>> {
    let n = inline_count(h);
    if i < n { inline_values(a, n).get(i) } else { None }
}

/// Byte offset from the object's header to its in-line value `i`; `None` when that value is not in line.
pub fn inline_offset(obj: &Value, i: usize) -> Option<usize> {
    let (ptr, ty) = (obj.as_ptr()?, obj.heap_type()?);
    let a = attrs_of(ptr, ty)?;
    // SAFETY: live.
    let n = inline_count(unsafe { ptr.as_ref() });
    if i >= n {
        return None;
    }
    Some(a as *const Attrs as usize + size_of::<Attrs>() + i * 8 - ptr.as_ptr() as usize)
}

/// Byte offset from the object's header to `__slots__` word `i`.
pub fn slot_offset(obj: &Value, i: usize) -> Option<usize> {
    let (ptr, ty) = (obj.as_ptr()?, obj.heap_type()?);
    (i < ty.slot_words.get() as usize).then(|| extras(ptr) as usize + i * 8 - ptr.as_ptr() as usize)
}
