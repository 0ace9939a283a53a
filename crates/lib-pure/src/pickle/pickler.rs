//! `Pickler`: what Python sees of writing.

use super::memo::{Memo, PicklerMemoProxy};
use super::{op, pickling_error, save};
use std::cell::Cell;
use taipan_vm::prelude::*;

/// This takes a binary file for writing a pickle data stream.
///
/// The optional *protocol* argument tells the pickler to use the given
/// protocol; supported protocols are 0, 1, 2, 3, 4 and 5.  The default
/// protocol is 5. It was introduced in Python 3.8, and is incompatible
/// with previous versions.
///
/// The *file* argument must have a write() method that accepts a single
/// bytes argument. It can thus be a file object opened for binary
/// writing, an io.BytesIO instance, or any other custom object that meets
/// this interface.
///
/// If *buffer_callback* is not None, then it can be called any number
/// of times with a buffer view.  If the callback returns a false value
/// (such as None), the given buffer is out-of-band; otherwise the
/// buffer is serialized in-band, i.e. inside the pickle stream.
#[pytype(
    name = "Pickler",
    module = "_pickle",
    signature = "(file, protocol=None, fix_imports=True, buffer_callback=None)",
    flags(BASETYPE, GC)
)]
#[derive(Trace, Default)]
pub struct Pickler {
    /// The file's `write`; none: the bytes are wanted.
    pub write: ValueCell,
    pub memo: Guarded<Memo>,
    pub dispatch_table: ValueCell,
    pub buffer_callback: ValueCell,
    /// `persistent_id` as it was set on the object.
    persistent_id: ValueCell,
    pub proto: Cell<i64>,
    pub bin: Cell<i64>,
    /// Not 0: nothing is memoized.
    pub fast: Cell<i64>,
    pub fix_imports: Cell<bool>,
    running: Cell<bool>,
}

/// The protocol's number.
fn protocol_number(vm: &Vm, protocol: &Value) -> PyResult<i64> {
    if protocol.is_none() {
        return Ok(op::DEFAULT_PROTOCOL);
    }
    let n = vm.index_i64(protocol, "Python int too large to convert to C long")?;
    if n > op::HIGHEST_PROTOCOL {
        return Err(vm.value_error(format_args!("pickle protocol must be <= {}", op::HIGHEST_PROTOCOL)));
    }
    Ok(if n < 0 { op::HIGHEST_PROTOCOL } else { n })
}

impl Pickler {
    pub fn set_protocol(&self, vm: &Vm, protocol: &Value, fix_imports: bool) -> PyResult<()> {
        let n = protocol_number(vm, protocol)?;
        self.proto.set(n);
        self.bin.set(i64::from(n > 0));
        self.fix_imports.set(fix_imports && n < 3);
        Ok(())
    }

    pub fn set_file(&self, vm: &Vm, file: &Value) -> PyResult<()> {
        match vm.lookup_attr(file, &vm.names.write)? {
            Some(write) => self.write.set(Some(write)),
            None => return Err(vm.type_error("file must have a 'write' attribute")),
        }
        Ok(())
    }

    pub fn set_callback(&self, vm: &Vm, callback: &Value) -> PyResult<()> {
        let none = callback.is_none();
        if !none && self.proto.get() < 5 {
            return Err(vm.value_error("buffer_callback needs protocol >= 5"));
        }
        self.buffer_callback.set((!none).then(|| callback.clone()));
        Ok(())
    }

    pub fn forget(&self) {
        drop(self.memo.take());
    }

    fn check_idle(&self, vm: &Vm) -> PyResult<()> {
        if self.running.get() {
            return Err(vm.runtime_error("Pickler object is already used"));
        }
        Ok(())
    }
}

/// An attribute of a pickler, if it has it. Most have none of those that are asked for: no error is made for that.
pub fn lookup(vm: &Vm, zelf: &Value, name: &Gc<Str>) -> PyResult<Option<Value>> {
    let slot = vm.type_of(zelf).slots.getattro.get();
    if !slot.is_some_and(|f| std::ptr::fn_addr_eq(f, getattro as taipan_vm::types::typedef::GetAttrFn)) {
        return vm.lookup_attr(zelf, name);
    }
    if name.is(&vm.names.persistent_id)
        && let Some(f) = zelf.downcast::<Pickler>().and_then(|p| p.persistent_id.get())
    {
        return Ok(Some(f));
    }
    // The attribute that the class itself describes is there when it was set.
    if name.is(&vm.names.dispatch_table)
        && let Some(p) = zelf.downcast::<Pickler>()
        && let Some(found) = vm.type_of(zelf).lookup(vm, name)
        && vm.type_for_ref(Pickler::def()).lookup(vm, name).is_some_and(|own| own.is(&found))
    {
        return Ok(p.dispatch_table.get());
    }
    vm.generic_lookup_attr(zelf, name)
}

fn getattro(vm: &Vm, v: &Value, name: &Value) -> PyResult<Value> {
    let name = vm.attr_name(name)?;
    if name.as_bytes() == b"persistent_id"
        && let Some(f) = v.downcast::<Pickler>().and_then(|p| p.persistent_id.get())
    {
        return Ok(f);
    }
    vm.generic_get_attr(v, name)
}

fn setattro(vm: &Vm, v: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let name = vm.attr_name(name)?;
    if name.as_bytes() == b"persistent_id"
        && let Some(p) = v.downcast::<Pickler>()
    {
        p.persistent_id.set(value.cloned());
        return Ok(());
    }
    vm.generic_set_attr(v, name, value)
}

impl Slots for Pickler {
    const SLOTS: SlotDefs = SlotDefs { getattro: Some(getattro), setattro: Some(setattro), ..SlotDefs::NONE };
}

#[pymethods]
impl Pickler {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Pickler::default())?.into_value())
    }

    #[pyinit("Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)")]
    fn init(
        vm: &Vm,
        zelf: &Gc<Pickler>,
        file: &Value,
        protocol: &Value,
        fix_imports: bool,
        buffer_callback: &Value,
    ) -> PyResult<()> {
        zelf.check_idle(vm)?;
        zelf.write.set(None);
        zelf.set_protocol(vm, protocol, fix_imports)?;
        zelf.set_file(vm, file)?;
        zelf.set_callback(vm, buffer_callback)?;
        zelf.forget();
        zelf.fast.set(0);
        zelf.dispatch_table.set(None);
        zelf.dispatch_table.set(lookup(vm, zelf.as_value(), &vm.names.dispatch_table)?);
        Ok(())
    }

    /// Write a pickled representation of the given object to the open file.
    #[pymethod("dump($self, obj, /)")]
    fn dump(vm: &Vm, zelf: &Gc<Pickler>, obj: &Value) -> PyResult<()> {
        zelf.check_idle(vm)?;
        if !zelf.write.is_some() {
            return Err(pickling_error(
                vm,
                format_args!(
                    "Pickler.__init__() was not called by {}.__init__()",
                    vm.type_of(zelf.as_value()).tp_name()
                ),
            ));
        }
        zelf.running.set(true);
        let done = save::dump(vm, zelf, Some(zelf.as_value()), obj);
        zelf.running.set(false);
        done.map(drop)
    }

    /// Clears the pickler's "memo".
    ///
    /// The memo is the data structure that remembers which objects the
    /// pickler has already seen, so that shared or recursive objects are
    /// pickled by reference and not by value.  This method is useful when
    /// re-using picklers.
    #[pymethod("clear_memo($self, /)")]
    fn clear_memo(vm: &Vm, zelf: &Gc<Pickler>) {
        let _ = vm;
        zelf.forget();
    }

    #[pymethod("persistent_id($self, obj, /)")]
    fn no_persistent_id(vm: &Vm, zelf: &Gc<Pickler>, obj: &Value) {
        let _ = (vm, zelf, obj);
    }

    /// Returns size in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn size_of(vm: &Vm, zelf: &Gc<Pickler>) -> i64 {
        let own = taipan_vm::types::class::basic_size(vm.type_of(zelf.as_value()));
        own + zelf.memo.with(Memo::len) as i64 * 24
    }

    #[pygetter("bin")]
    fn bin(vm: &Vm, zelf: &Gc<Pickler>) -> i64 {
        let _ = vm;
        zelf.bin.get()
    }

    #[pysetter("bin")]
    fn set_bin(vm: &Vm, zelf: &Gc<Pickler>, value: Option<&Value>) -> PyResult<()> {
        zelf.bin.set(number_member(vm, value)?);
        Ok(())
    }

    #[pygetter("fast")]
    fn fast(vm: &Vm, zelf: &Gc<Pickler>) -> i64 {
        let _ = vm;
        zelf.fast.get()
    }

    #[pysetter("fast")]
    fn set_fast(vm: &Vm, zelf: &Gc<Pickler>, value: Option<&Value>) -> PyResult<()> {
        zelf.fast.set(number_member(vm, value)?);
        Ok(())
    }

    #[pygetter("dispatch_table")]
    fn dispatch_table(vm: &Vm, zelf: &Gc<Pickler>) -> PyResult<Value> {
        match zelf.dispatch_table.get() {
            Some(t) => Ok(t),
            None => Err(vm.no_attribute(zelf.as_value(), &vm.intern("dispatch_table"))),
        }
    }

    #[pysetter("dispatch_table")]
    fn set_dispatch_table(vm: &Vm, zelf: &Gc<Pickler>, value: Option<&Value>) -> PyResult<()> {
        if value.is_none() && !zelf.dispatch_table.is_some() {
            return Err(vm.no_attribute(zelf.as_value(), &vm.intern("dispatch_table")));
        }
        zelf.dispatch_table.set(value.cloned());
        Ok(())
    }

    #[pygetter("memo")]
    fn memo(vm: &Vm, zelf: &Gc<Pickler>) -> Value {
        vm.alloc(PicklerMemoProxy { pickler: zelf.clone() }).into_value()
    }

    #[pysetter("memo")]
    fn set_memo(vm: &Vm, zelf: &Gc<Pickler>, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(vm.type_error("attribute deletion is not supported"));
        };
        let mut memo = Memo::default();
        if let Some(proxy) = value.downcast_exact::<PicklerMemoProxy>() {
            for (v, index) in proxy.pickler.memo.with(Memo::entries) {
                if memo.put(&v, index).is_none() {
                    return Err(vm.memory_error());
                }
            }
        } else if let Some(d) = value.downcast::<Dict>() {
            for (_, entry) in d.pairs() {
                let Some([index, v]) = entry.downcast::<Tuple>().map(|t| t.items()) else {
                    return Err(vm.type_error("'memo' values must be 2-item tuples"));
                };
                let index = usize::from_arg(vm, index)?;
                if memo.put(v, index).is_none() {
                    return Err(vm.memory_error());
                }
            }
        } else {
            return Err(vm.type_error(format_args!(
                "'memo' attribute must be a PicklerMemoProxy object or dict, not {}",
                vm.type_of(value).tp_name()
            )));
        }
        zelf.memo.set(memo);
        Ok(())
    }
}

fn number_member(vm: &Vm, value: Option<&Value>) -> PyResult<i64> {
    match value {
        Some(v) => vm.index_i64(v, "Python int too large to convert to C int"),
        None => Err(vm.type_error("can't delete numeric/char attribute")),
    }
}
