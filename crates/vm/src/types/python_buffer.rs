//! `__buffer__` and `__release_buffer__` of classes written in Python (PEP 688).
//!
//! A buffer that such a class had a part in is owned by a [`BufferGuard`]: when the buffer goes, the guard calls the
//! class's `__release_buffer__`.
//!
//! There are two cases. The class's own `__buffer__` answered a `memoryview`: the guard keeps that view, and its method
//! gets the same view. Or a native base exports, and the class only adds `__release_buffer__`: the guard keeps the base's
//! buffer, and the method gets a view of it from which no further views can be made.

use crate::native::shell::object;
use crate::prelude::*;
use crate::types::buffer::{Buffer, BufferFn, Request};
use crate::types::descriptors::WrapperDescriptor;
use crate::types::memoryview::{self, MemoryView};

/// The owner of a buffer that Python code must hear the end of.
#[pytype(name = "_buffer_wrapper", flags(GC, NO_NEW), no_methods, no_slots)]
pub struct BufferGuard {
    /// The object whose class has `__release_buffer__`; nothing once it was called.
    obj: ValueCell,
    /// The view that `__buffer__` answered.
    view: ValueCell,
    /// The native base's buffer.
    base: Guarded<Option<Buffer>>,
}

impl Trace for BufferGuard {
    fn trace(&self, visit: &mut dyn FnMut(&Value)) {
        self.obj.trace(visit);
        self.view.trace(visit);
        self.base.with(|b| {
            if let Some(b) = b {
                visit(&b.owner)
            }
        });
    }
    fn unlink(&self) {
        self.obj.unlink();
        self.view.unlink();
        drop(self.base.take());
    }
}

/// The class's `__release_buffer__`, unless it is a native type's.
fn releaser(vm: &Vm, obj: &Value) -> Option<Value> {
    if !vm.type_of(obj).is_heap_type() {
        return None;
    }
    let f = vm.type_of(obj).lookup(vm, &vm.intern("__release_buffer__"))?;
    if f.downcast_exact::<WrapperDescriptor>().is_some() { None } else { Some(f) }
}

fn call_releaser(vm: &Vm, obj: &Value, view: &Value) {
    let pending = vm.raised_get().map(|_| vm.take_raised());
    if vm.call_special(obj, &vm.intern("__release_buffer__"), std::slice::from_ref(view)).is_err() {
        let what = format!("Exception ignored in __release_buffer__ of {}", vm.type_of(obj).name());
        vm.unraisable(&what, None);
    }
    if let Some(e) = pending {
        let _ = vm.reraise(e);
    }
}

/// The end of a buffer that a guard owns.
fn release(vm: &Vm, guard: &Value) {
    let Some(g) = guard.downcast::<BufferGuard>() else { return };
    let Some(obj) = g.obj.take() else { return };
    if let Some(view) = g.view.take() {
        memoryview::release_export(vm, &view);
        // A view of the object itself tells its class when it goes by itself.
        if releaser(vm, &obj).is_some() && !memoryview::owner(&view).is_some_and(|o| o.is(&obj)) {
            call_releaser(vm, &obj, &view);
        }
        return;
    }
    if let Some(base) = g.base.take() {
        let view = memoryview::restricted(vm, base);
        call_releaser(vm, &obj, &view);
        if let Some(m) = view.downcast::<MemoryView>()
            && memoryview::release(vm, m).is_err()
        {
            vm.unraisable("Exception ignored in bf_releasebuffer of", Some(&obj));
        }
    }
}

/// A native type's export of `obj`, whose class may want to hear of its end.
pub fn export_native(vm: &Vm, export: BufferFn, obj: &Value, request: Request) -> PyResult<Buffer> {
    let b = export(vm, obj, request)?;
    if releaser(vm, obj).is_none() {
        return Ok(b);
    }
    let shown = b.unowned();
    let guard = BufferGuard {
        obj: ValueCell::new(Some(obj.clone())),
        view: ValueCell::empty(),
        base: Guarded::new(Some(b)),
    };
    Ok(shown.handed_to(vm.alloc(guard).into_value(), release))
}

/// The `buffer` slot of classes that define `__buffer__` or `__release_buffer__`.
pub fn export(vm: &Vm, v: &Value, request: Request) -> PyResult<Buffer> {
    let Some(f) = vm.type_of(v).lookup(vm, &vm.intern("__buffer__")) else {
        return Err(
            vm.type_error(format_args!("a bytes-like object is required, not '{}'", vm.type_of(v).name()))
        );
    };
    if let Some(w) = f.downcast_exact::<WrapperDescriptor>()
        && vm.type_of(v).is_subtype(&w.owner)
        && let Some(export) = w.owner.slots.buffer.get()
    {
        return export_native(vm, export, v, request);
    }
    let made =
        vm.call_special(v, &vm.intern("__buffer__"), &[vm.new_int(request.0.into())])?.unwrap_or(Value::NONE);
    if !made.is_instance_of::<MemoryView>() {
        return Err(vm.type_error("__buffer__ returned non-memoryview object"));
    }
    let Some(export) = vm.type_of(&made).slots.buffer.get() else {
        return Err(vm.type_error("__buffer__ returned non-memoryview object"));
    };
    let mut b = export(vm, &made, request)?;
    let guard = BufferGuard {
        obj: ValueCell::new(Some(v.clone())),
        view: ValueCell::new(Some(made.clone())),
        base: Guarded::new(None),
    };
    // The export counted on the view passes to the guard.
    let guard = vm.alloc(guard).into_value();
    b.obj = guard.clone();
    Ok(b.handed_to(guard, release))
}

/// `obj.__release_buffer__(view)` of a native type.
pub fn release_native(vm: &Vm, obj: &Value, view: &Value) -> PyResult<()> {
    if !view.is_instance_of::<MemoryView>() {
        return Err(vm.type_error("expected a memoryview object"));
    }
    let m = object::<MemoryView>(vm, view, "__release_buffer__")?;
    match memoryview::owner(view) {
        None => Err(vm.value_error("memoryview's buffer has already been released")),
        Some(o) if !o.is(obj) => Err(vm.value_error("memoryview's buffer is not this object")),
        Some(_) => memoryview::release(vm, m),
    }
}
