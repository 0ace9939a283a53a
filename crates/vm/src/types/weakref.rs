//! Weak references: the side table from objects to their references, and the types `weakref.ref`, `ProxyType` and
//! `CallableProxyType`. Module `_weakref` is in `modules/weakref.rs`.
//!
//! I1  A link whose `target` is not 0 is in the table under that address, and the object there is intact: the entry goes
//!     when the object dies (`object_dies`, before its payload is dropped) or when the link does (`Drop`).
//! I2  An object with a zero count is being destroyed: nobody gets a reference to it any more.

use crate::errors::exc;
use crate::prelude::*;
use crate::protocol::BinaryOp;
use crate::types::function::Function;
use rustc_hash::FxHashMap as HashMap;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;
use taipan_heap::Header;
use taipan_heap::flags::WEAKREFS;

/// Which weak references exist to which object, most recent first behind the ones that are shared; the object's header
/// says whether there are any.
#[derive(Default)]
pub struct WeakTable {
    map: RefCell<HashMap<usize, Vec<NonNull<Header>>>>,
}

/// What all kinds of weak references hold. Stands first in their payloads.
#[repr(C)]
pub struct Link {
    /// Address of the object; 0 when it is gone.
    target: Cell<usize>,
    callback: ValueCell,
    /// The object's hash, once asked for.
    hash: Cell<Option<i64>>,
}

impl Trace for Link {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.callback.trace(visit)
    }
    fn unlink(&self) {
        // A callback in a cycle with what it watches is not called.
        self.forget();
        self.callback.unlink()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.forget()
    }
}

impl Link {
    fn new(target: &Value, callback: Option<Value>) -> Link {
        let address = target.as_ptr().map_or(0, |p| p.as_ptr() as usize);
        Link { target: Cell::new(address), callback: ValueCell::new(callback), hash: Cell::new(None) }
    }

    /// The header of the object that this is the payload of.
    fn header_address(&self) -> usize {
        self as *const Link as usize - size_of::<Header>()
    }

    fn forget(&self) {
        let target = self.target.replace(0);
        if target != 0 {
            let me = self.header_address();
            crate::vm::with_current(|vm| vm.weakrefs.remove(target, me));
        }
    }

    /// The object, if it is still alive.
    #[allow(unsafe_code)]
    pub fn get(&self) -> Option<Value> {
        let p = NonNull::new(self.target.get() as *mut Header)?;
        // SAFETY: I1: the object is intact; I2 is checked before a reference is made.
        unsafe {
            if p.as_ref().count() == 0 {
                return None;
            }
            Some(Value::from_borrowed(p))
        }
    }
}

/// A list of objects that does not keep them alive, cheaper than weak references: what is in it holds its place there.
#[derive(Default)]
pub struct Roll {
    /// Addresses; 0 where nobody is.
    places: RefCell<Vec<usize>>,
    free: RefCell<Vec<usize>>,
}

/// An object's place in a roll: a part of its payload, which gives the place up when it dies (or in a cycle that the
/// collector breaks).
#[derive(Default)]
pub struct Enrolled(RefCell<Option<(Rc<Roll>, usize)>>);

impl Enrolled {
    /// Takes the object off the roll.
    pub fn leave(&self) {
        if let Some((roll, at)) = self.0.take() {
            if let Some(place) = roll.places.borrow_mut().get_mut(at) {
                *place = 0;
            }
            roll.free.borrow_mut().push(at);
        }
    }
}

impl Drop for Enrolled {
    fn drop(&mut self) {
        self.leave()
    }
}

impl Trace for Enrolled {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        let _ = visit;
    }
    fn unlink(&self) {
        self.leave()
    }
}

impl Roll {
    /// Puts an object on the roll whose payload has its place in `of`; `false` if that is no part of it.
    pub fn enter<T>(self: &Rc<Roll>, obj: &Gc<T>, of: impl FnOnce(&T) -> &Enrolled) -> bool {
        let body: &T = obj;
        let place = of(body);
        let offset = (place as *const Enrolled as usize).wrapping_sub(body as *const T as usize);
        if offset >= size_of::<T>() {
            return false;
        }
        place.leave();
        let address = obj.as_ptr().as_ptr() as usize;
        let mut places = self.places.borrow_mut();
        let at = self.free.borrow_mut().pop().unwrap_or(places.len());
        match places.get_mut(at) {
            Some(free) => *free = address,
            None => places.push(address),
        }
        place.0.replace(Some((Rc::clone(self), at)));
        true
    }

    /// Those that are alive.
    #[allow(unsafe_code)]
    pub fn members(&self) -> Vec<Value> {
        let live = |address: &usize| {
            let p = NonNull::new(*address as *mut Header)?;
            // SAFETY: the place is a part of the object, so the object's payload has not been dropped; I2.
            unsafe { if p.as_ref().count() == 0 { None } else { Some(Value::from_borrowed(p)) } }
        };
        self.places.borrow().iter().filter_map(live).collect()
    }
}

/// A weak reference as the table sees it.
#[allow(unsafe_code)]
fn live_ref(p: NonNull<Header>) -> Option<Value> {
    // SAFETY: links take themselves off the table when they are dropped; one with a zero count is being destroyed.
    unsafe {
        if p.as_ref().count() == 0 {
            return None;
        }
        Some(Value::from_borrowed(p))
    }
}

fn link_of(v: &Value) -> Option<&Link> {
    if let Some(r) = v.downcast::<WeakRef>() {
        return Some(&r.link);
    }
    if let Some(p) = v.downcast::<Proxy>() {
        return Some(&p.link);
    }
    v.downcast::<CallableProxy>().map(|p| &p.link)
}

impl WeakTable {
    fn remove(&self, target: usize, link: usize) {
        let mut map = self.map.borrow_mut();
        if let Some(list) = map.get_mut(&target) {
            list.retain(|p| p.as_ptr() as usize != link);
            if list.is_empty() {
                map.remove(&target);
            }
        }
    }

    fn add(&self, target: &Value, link: &Value, at: usize) {
        let (Some(t), Some(l)) = (target.as_ptr(), link.as_ptr()) else { return };
        if let Some(h) = target.header() {
            h.set_flag(WEAKREFS, true);
        }
        let mut map = self.map.borrow_mut();
        let list = map.entry(t.as_ptr() as usize).or_default();
        list.insert(at.min(list.len()), l);
    }

    fn addresses(&self, target: &Value) -> Vec<NonNull<Header>> {
        let Some(t) = target.as_ptr() else { return Vec::new() };
        self.map.borrow().get(&(t.as_ptr() as usize)).cloned().unwrap_or_default()
    }

    /// The live weak references to an object, in order.
    pub fn of(&self, target: &Value) -> Vec<Value> {
        self.addresses(target).into_iter().filter_map(live_ref).collect()
    }

    /// Whether some reference would call something that can be noticed when its object dies.
    pub fn any_callback(&self) -> bool {
        let all = self.map.borrow();
        all.values()
            .flatten()
            .filter_map(|p| live_ref(*p))
            .any(|r| link_of(&r).is_none_or(|link| link.callback.get().is_some_and(|f| !keeps_books(&f))))
    }

    /// Clears the references to an object and hands out those whose callbacks are due.
    fn detach(&self, ptr: NonNull<Header>) -> Vec<(Value, Value)> {
        let list = self.map.borrow_mut().remove(&(ptr.as_ptr() as usize)).unwrap_or_default();
        let mut due = Vec::new();
        for p in list {
            let Some(r) = live_ref(p) else {
                clear_target(p);
                continue;
            };
            if let Some(link) = link_of(&r) {
                link.target.set(0);
                if let Some(callback) = link.callback.take() {
                    due.push((r, callback));
                }
            }
        }
        due
    }

    /// An object dies: its references are cleared and their callbacks called.
    pub fn object_dies(&self, vm: &Vm, ptr: NonNull<Header>) {
        let due = self.detach(ptr);
        run_callbacks(vm, due);
    }

    /// The collector found these objects to be garbage: the references to them are cleared before anything else of them
    /// runs. Callbacks of references that are garbage themselves are dropped; the others are
    /// returned, for [`run_callbacks`].
    pub fn clear_garbage(&self, garbage: &[Value]) -> Vec<(Value, Value)> {
        let mut due = Vec::new();
        for v in garbage {
            if !v.header().is_some_and(|h| h.has_flag(WEAKREFS)) {
                continue;
            }
            for r in self.of(v) {
                let Some(link) = link_of(&r) else { continue };
                link.forget();
                if let Some(callback) = link.callback.take() {
                    due.push((r, callback));
                }
            }
        }
        if !due.is_empty() {
            let dead: std::collections::HashSet<u64> = garbage.iter().map(Value::bits).collect();
            due.retain(|(r, _)| !dead.contains(&r.bits()));
        }
        due
    }
}

/// The library's callbacks that do no more than take the dead reference out of a collection of references.
const BOOKKEEPING: [(&[u8], &[u8]); 3] = [
    (b"/_weakrefset.py", b"WeakSet.__init__.<locals>._remove"),
    (b"/weakref.py", b"WeakKeyDictionary.__init__.<locals>.remove"),
    (b"/logging/__init__.py", b"_removeHandlerRef"),
];

fn keeps_books(callback: &Value) -> bool {
    let Some(code) = callback.downcast_exact::<Function>().and_then(|f| f.code.get()) else { return false };
    let is =
        |(file, name): &(&[u8], &[u8])| code.data.qualname() == *name && code.data.filename.ends_with(file);
    code.data.is_frozen() && BOOKKEEPING.iter().any(is)
}

/// A link that is itself being destroyed forgets its target.
#[allow(unsafe_code)]
fn clear_target(p: NonNull<Header>) {
    // SAFETY: every address in the table is that of an object that begins with a `Link`, whose memory is intact until
    // its `Drop` took it off the table.
    unsafe { (*(p.as_ptr().add(1) as *const Link)).target.set(0) }
}

/// Calls the callbacks of dead references; their errors are reported, an exception on its way is kept.
pub fn run_callbacks(vm: &Vm, due: Vec<(Value, Value)>) {
    if due.is_empty() {
        return;
    }
    let pending = vm.raised_get().map(|_| vm.take_raised());
    for (r, callback) in due {
        if vm.call1(&callback, &r).is_err() {
            vm.unraisable("Exception ignored while calling weakref callback", Some(&callback));
        }
    }
    if let Some(e) = pending {
        let _ = vm.reraise(e);
    }
}

/// The first weak reference to an object (`__weakref__`).
pub fn first_of(vm: &Vm, obj: &Value) -> Option<Value> {
    vm.weakrefs.of(obj).into_iter().next()
}

fn check_target(vm: &Vm, v: &Value) -> PyResult<()> {
    if v.as_ptr().is_some() && vm.type_of(v).has_weakref.get() {
        return Ok(());
    }
    Err(vm.type_error(format_args!("cannot create weak reference to '{}' object", vm.type_of(v).name())))
}

/// The place behind the shared reference and the shared proxy, which come first.
fn place_behind_shared(vm: &Vm, target: &Value) -> usize {
    let list = vm.weakrefs.of(target);
    list.iter().take(2).take_while(|v| is_shared(vm, v)).count()
}

/// A reference or proxy of exactly the built-in type without a callback: there is one of each for an object.
fn is_shared(vm: &Vm, v: &Value) -> bool {
    !vm.type_of(v).is_heap_type() && link_of(v).is_some_and(|l| !l.callback.is_some())
}

/// `weakref.ref(target, callback)`.
pub fn new_ref(vm: &Vm, cls: &Gc<Type>, target: &Value, callback: Option<&Value>) -> PyResult<Value> {
    check_target(vm, target)?;
    let callback = callback.filter(|c| !c.is_none()).cloned();
    let exact = !cls.is_heap_type();
    if exact && callback.is_none() {
        let shared = vm.weakrefs.of(target).into_iter().next();
        if let Some(r) = shared
            && r.downcast_exact::<WeakRef>().is_some()
            && is_shared(vm, &r)
        {
            return Ok(r);
        }
    }
    let at = if exact && callback.is_none() { 0 } else { place_behind_shared(vm, target) };
    let r = vm.alloc_in(cls, WeakRef { link: Link::new(target, callback) })?.into_value();
    vm.weakrefs.add(target, &r, at);
    Ok(r)
}

/// `weakref.proxy(target, callback)`.
pub fn new_proxy(vm: &Vm, target: &Value, callback: Option<&Value>) -> PyResult<Value> {
    check_target(vm, target)?;
    let callback = callback.filter(|c| !c.is_none()).cloned();
    let list = vm.weakrefs.of(target);
    let is_proxy = |v: &Value| v.downcast::<Proxy>().is_some() || v.downcast::<CallableProxy>().is_some();
    let mut at = place_behind_shared(vm, target);
    if callback.is_none() {
        if let Some(p) = list.iter().take(2).find(|v| is_proxy(v) && is_shared(vm, v)) {
            return Ok(p.clone());
        }
        at = at.min(1);
    }
    let link = Link::new(target, callback);
    let p = if vm.is_callable(target) {
        vm.alloc(CallableProxy { link }).into_value()
    } else {
        vm.alloc(Proxy { link }).into_value()
    };
    vm.weakrefs.add(target, &p, at);
    Ok(p)
}

// `weakref.ref`.
#[pytype(name = "ReferenceType", module = "weakref", flags(BASETYPE, GC))]
#[derive(Trace)]
#[repr(C)]
pub struct WeakRef {
    pub link: Link,
}

fn shown_target(vm: &Vm, kind: &str, v: &Value) -> PyResult<Value> {
    let Some(link) = link_of(v) else { return Ok(vm.names.empty.to_value()) };
    let at = vm.id_of(v);
    let Some(obj) = link.get() else {
        return Ok(vm.new_str(&format!("<{kind} at {at:#x}; dead>")).into_value());
    };
    let to = format!("<{kind} at {at:#x}; to '{}' at {:#x}", vm.type_of(&obj).name(), vm.id_of(&obj));
    let name = if kind == "weakref" { vm.lookup_special(&obj, &vm.names.__name__)? } else { None };
    let text = match name.as_ref().and_then(|n| n.downcast::<Str>()) {
        Some(n) => format!("{to} ({})>", n.to_string_lossy()),
        None => format!("{to}>"),
    };
    Ok(vm.new_str(&text).into_value())
}

fn ref_call(vm: &Vm, v: &Value, args: CallArgs<'_>) -> PyResult<Value> {
    if args.has_keywords() {
        return Err(vm.type_error("weakref() takes no keyword arguments"));
    }
    if !args.all.is_empty() {
        return Err(vm.type_error(format_args!("weakref expected 0 arguments, got {}", args.all.len())));
    }
    Ok(link_of(v).and_then(Link::get).unwrap_or(Value::NONE))
}

fn ref_hash(vm: &Vm, v: &Value) -> PyResult<i64> {
    let Some(link) = link_of(v) else { return Ok(0) };
    if let Some(h) = link.hash.get() {
        return Ok(h);
    }
    let Some(obj) = link.get() else { return Err(vm.type_error("weak object has gone away")) };
    let h = vm.hash(&obj)?;
    link.hash.set(Some(h));
    Ok(h)
}

fn ref_compare(vm: &Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(x), Some(y)) = (a.downcast::<WeakRef>(), b.downcast::<WeakRef>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    match (x.link.get(), y.link.get()) {
        (Some(p), Some(q)) => vm.rich_compare(&p, &q, op),
        _ => Ok(Value::bool(a.is(b) == (op == CompareOp::Eq))),
    }
}

impl Slots for WeakRef {
    const SLOTS: SlotDefs = SlotDefs {
        call: Some(ref_call),
        hash: Some(ref_hash),
        repr: Some(|vm, v| shown_target(vm, "weakref", v)),
        richcompare: Some(ref_compare),
        ..SlotDefs::NONE
    };
}

fn ref_args<'a>(vm: &Vm, what: &str, args: CallArgs<'a>) -> PyResult<(&'a Value, Option<&'a Value>)> {
    match args.pos() {
        [o] => Ok((o, None)),
        [o, c] => Ok((o, Some(c))),
        [] => Err(vm.type_error(format_args!("{what} expected at least 1 argument, got 0"))),
        more => Err(vm.type_error(format_args!("{what} expected at most 2 arguments, got {}", more.len()))),
    }
}

#[pymethods]
impl WeakRef {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
        if args.has_keywords() && !cls.is_heap_type() {
            return Err(vm.type_error("ref() takes no keyword arguments"));
        }
        let (target, callback) = ref_args(vm, "__new__", args)?;
        new_ref(vm, cls, target, callback)
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, _zelf: &Gc<WeakRef>, args: CallArgs<'_>) -> PyResult<()> {
        ref_args(vm, "__init__", args)?;
        Ok(())
    }

    #[pygetter("__callback__")]
    fn get_callback(_vm: &Vm, zelf: &Gc<WeakRef>) -> Option<Value> {
        zelf.link.callback.get()
    }

    /// See PEP 585
    #[pyclassmethod("__class_getitem__($cls, object, /)")]
    fn class_getitem(vm: &Vm, cls: &Value, object: &Value) -> Value {
        crate::types::generic_alias::make(vm, cls, object)
    }
}

/// The object behind a proxy; other values are themselves.
fn unwrap(vm: &Vm, v: &Value) -> PyResult<Value> {
    let link = match (v.downcast::<Proxy>(), v.downcast::<CallableProxy>()) {
        (Some(p), _) => &p.link,
        (_, Some(p)) => &p.link,
        _ => return Ok(v.clone()),
    };
    match link.get() {
        Some(o) => Ok(o),
        None => Err(vm.raise_new(&exc::ReferenceError, "weakly-referenced object no longer exists")),
    }
}

macro_rules! binary {
    ($op:ident) => {
        Some(|vm, a, b| vm.binary_op(BinaryOp::$op, &unwrap(vm, a)?, &unwrap(vm, b)?))
    };
}
macro_rules! inplace {
    ($op:ident) => {
        Some(|vm, a, b| vm.inplace_op(BinaryOp::$op, &unwrap(vm, a)?, &unwrap(vm, b)?))
    };
}

fn proxy_next(vm: &Vm, v: &Value) -> PyResult<Option<Value>> {
    let o = unwrap(vm, v)?;
    if vm.type_of(&o).slots.iternext.get().is_none() {
        return Err(vm.type_error(format_args!(
            "Weakref proxy referenced a non-iterator '{}' object",
            vm.type_of(&o).name()
        )));
    }
    vm.iter_next(&o)
}

fn number_of(vm: &Vm, v: &Value, class: &Gc<Type>) -> PyResult<Value> {
    let o = unwrap(vm, v)?;
    vm.call1(class.as_value(), &o)
}

const PROXY: SlotDefs = SlotDefs {
    repr: Some(|vm, v| shown_target(vm, "weakproxy", v)),
    str: Some(|vm, v| Ok(vm.str(&unwrap(vm, v)?)?.into_value())),
    getattro: Some(|vm, v, name| vm.get_attr(&unwrap(vm, v)?, vm.attr_name(name)?)),
    setattro: Some(|vm, v, name, value| vm.assign_attr(&unwrap(vm, v)?, vm.attr_name(name)?, value)),
    richcompare: Some(|vm, a, b, op| vm.rich_compare(&unwrap(vm, a)?, &unwrap(vm, b)?, op)),
    iter: Some(|vm, v| vm.get_iter(&unwrap(vm, v)?)),
    iternext: Some(proxy_next),
    bool: Some(|vm, v| vm.is_true(&unwrap(vm, v)?)),
    len: Some(|vm, v| vm.len(&unwrap(vm, v)?)),
    contains: Some(|vm, v, x| vm.contains(&unwrap(vm, v)?, x)),
    subscript: Some(|vm, v, k| vm.get_item(&unwrap(vm, v)?, k)),
    ass_subscript: Some(|vm, v, k, x| {
        let o = unwrap(vm, v)?;
        match x {
            Some(x) => vm.set_item(&o, k, x),
            None => vm.del_item(&o, k),
        }
    }),
    int: Some(|vm, v| number_of(vm, v, &vm.types.int)),
    float: Some(|vm, v| number_of(vm, v, &vm.types.float)),
    index: Some(|vm, v| vm.index(&unwrap(vm, v)?)),
    negative: Some(|vm, v| vm.negative(&unwrap(vm, v)?)),
    positive: Some(|vm, v| vm.positive(&unwrap(vm, v)?)),
    absolute: Some(|vm, v| vm.absolute(&unwrap(vm, v)?)),
    invert: Some(|vm, v| vm.invert(&unwrap(vm, v)?)),
    add: binary!(Add),
    subtract: binary!(Sub),
    multiply: binary!(Mul),
    matrix_multiply: binary!(MatMul),
    true_divide: binary!(TrueDiv),
    floor_divide: binary!(FloorDiv),
    remainder: binary!(Mod),
    divmod: binary!(DivMod),
    power: Some(|vm, a, b, m| vm.power(&unwrap(vm, a)?, &unwrap(vm, b)?, &unwrap(vm, m)?)),
    lshift: binary!(LShift),
    rshift: binary!(RShift),
    and: binary!(And),
    or: binary!(Or),
    xor: binary!(Xor),
    inplace_add: inplace!(Add),
    inplace_subtract: inplace!(Sub),
    inplace_multiply: inplace!(Mul),
    inplace_matrix_multiply: inplace!(MatMul),
    inplace_true_divide: inplace!(TrueDiv),
    inplace_floor_divide: inplace!(FloorDiv),
    inplace_remainder: inplace!(Mod),
    inplace_power: Some(|vm, a, b, _| vm.inplace_power(&unwrap(vm, a)?, &unwrap(vm, b)?)),
    inplace_lshift: inplace!(LShift),
    inplace_rshift: inplace!(RShift),
    inplace_and: inplace!(And),
    inplace_or: inplace!(Or),
    inplace_xor: inplace!(Xor),
    ..SlotDefs::NONE
};

// A proxy of an object that cannot be called.
#[pytype(name = "ProxyType", module = "weakref", flags(GC, NO_NEW))]
#[derive(Trace)]
#[repr(C)]
pub struct Proxy {
    pub link: Link,
}

impl Slots for Proxy {
    const SLOTS: SlotDefs = PROXY;
}

#[pymethods]
impl Proxy {
    #[pymethod("__bytes__($self, /)")]
    fn bytes(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        vm.call_method_name(&unwrap(vm, zelf)?, &vm.names.__bytes__, &[])
    }

    #[pymethod("__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        vm.call_method_name(&unwrap(vm, zelf)?, &vm.names.__reversed__, &[])
    }
}

// A proxy of an object that can be called.
#[pytype(name = "CallableProxyType", module = "weakref", flags(GC, NO_NEW))]
#[derive(Trace)]
#[repr(C)]
pub struct CallableProxy {
    pub link: Link,
}

impl Slots for CallableProxy {
    const SLOTS: SlotDefs =
        SlotDefs { call: Some(|vm, v, args| vm.call_args(&unwrap(vm, v)?, args)), ..PROXY };
}

#[pymethods]
impl CallableProxy {
    #[pymethod("__bytes__($self, /)")]
    fn bytes(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        vm.call_method_name(&unwrap(vm, zelf)?, &vm.names.__bytes__, &[])
    }

    #[pymethod("__reversed__($self, /)")]
    fn reversed(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        vm.call_method_name(&unwrap(vm, zelf)?, &vm.names.__reversed__, &[])
    }
}
