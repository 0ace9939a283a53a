//! `Unpickler`: what Python sees of reading.

use super::global::{get_path, imported, replace_error, repr_beside, split_path};
use super::input::{File, Input};
use super::memo::{LoadMemo, UnpicklerMemoProxy};
use super::tables::tables;
use super::{load, unpickling_error};
use std::cell::Cell;
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;

/// This takes a binary file for reading a pickle data stream.
///
/// The protocol version of the pickle is detected automatically, so no
/// protocol argument is needed.  Bytes past the pickled object's
/// representation are ignored.
///
/// The argument *file* must have two methods, a read() method that takes
/// an integer argument, and a readline() method that requires no
/// arguments.  Both methods should return bytes.  Thus *file* can be a
/// binary file object opened for reading, an io.BytesIO object, or any
/// other custom object that meets this interface.
#[pytype(
    name = "Unpickler",
    module = "_pickle",
    signature = "(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())",
    flags(BASETYPE, GC)
)]
#[derive(Trace, Default)]
pub struct Unpickler {
    read: ValueCell,
    readline: ValueCell,
    peek: ValueCell,
    /// The pickle, if it is in memory.
    data: ValueCell,
    pub memo: Guarded<LoadMemo>,
    /// `persistent_load` as it was set on the object.
    persistent_load: ValueCell,
    pub buffers: ValueCell,
    #[notrace]
    pub encoding: Guarded<String>,
    #[notrace]
    pub errors: Guarded<String>,
    pub proto: Cell<i64>,
    pub fix_imports: Cell<bool>,
    running: Cell<bool>,
}

impl Unpickler {
    pub fn set_file(&self, vm: &Vm, file: &Value) -> PyResult<()> {
        self.peek.set(vm.lookup_attr(file, &vm.names.peek)?);
        self.read.set(vm.lookup_attr(file, &vm.names.read)?);
        self.readline.set(vm.lookup_attr(file, &vm.names.readline)?);
        if !self.read.is_some() || !self.readline.is_some() {
            self.read.set(None);
            return Err(vm.type_error("file must have 'read' and 'readline' attributes"));
        }
        Ok(())
    }

    pub fn set_data(&self, vm: &Vm, data: &Value) -> PyResult<()> {
        let bytes = match data.downcast::<Bytes>() {
            Some(b) => b.clone(),
            None => vm.try_new_bytes(&vm.bytes_like(data)?)?,
        };
        self.data.set(Some(bytes.into_value()));
        Ok(())
    }

    pub fn set_options(
        &self,
        vm: &Vm,
        fix_imports: bool,
        encoding: &Value,
        errors: &Value,
        buffers: Option<&Value>,
    ) -> PyResult<()> {
        self.fix_imports.set(fix_imports);
        self.encoding.set(String::from_arg(vm, encoding)?);
        self.errors.set(String::from_arg(vm, errors)?);
        self.buffers.set(match buffers {
            Some(b) if !b.is_none() => Some(vm.get_iter(b)?),
            _ => None,
        });
        Ok(())
    }

    /// Where the pickle's bytes come from.
    pub fn input(&self, vm: &Vm) -> PyResult<Input> {
        if let Some(b) = self.data.get().and_then(|d| d.downcast::<Bytes>().cloned()) {
            return Ok(Input::new(b, None));
        }
        let (Some(read), Some(readline)) = (self.read.get(), self.readline.get()) else {
            return Err(vm.system_error("an unpickler without input"));
        };
        Ok(Input::new(vm.new_bytes(b""), Some(File { read, readline, peek: self.peek.get() })))
    }

    fn check_idle(&self, vm: &Vm) -> PyResult<()> {
        if self.running.get() {
            return Err(vm.runtime_error("Unpickler object is already used"));
        }
        Ok(())
    }

    /// The object of a module under a name.
    pub fn find(&self, vm: &Vm, module: &Value, name: &Value) -> PyResult<Value> {
        let (mut module, mut name) = (module.clone(), name.clone());
        taipan_vm::modules::sys::audit(vm, "pickle.find_class", &[module.clone(), name.clone()])?;
        if self.proto.get() < 3 && self.fix_imports.get() {
            let tables = tables(vm)?;
            let key = vm.new_tuple(vec![module.clone(), name.clone()]).into_value();
            if let Some(new) = tables.names_2to3.get(vm, &key)? {
                let Some([m, n]) = new.downcast::<Tuple>().map(|t| t.items()) else {
                    return Err(vm.runtime_error(format_args!(
                        "_compat_pickle.NAME_MAPPING values should be 2-tuples, not {}",
                        vm.type_of(&new).tp_name()
                    )));
                };
                (module, name) = (m.clone(), n.clone());
            } else if let Some(new) = tables.imports_2to3.get(vm, &module)? {
                module = new;
            }
        }
        let found = imported(vm, &module)?;
        let attr = vm.attr_name(&name)?;
        let path = if self.proto.get() < 4 { Vec::new() } else { split_path(vm, attr)? };
        if path.len() < 2 {
            return vm.get_attr(&found, attr);
        }
        match get_path(vm, &found, &path) {
            Err(Raised) if vm.raised_is(&exc::AttributeError) => {
                let shown = (repr_beside(vm, &name)?, repr_beside(vm, &module)?);
                let msg = format!("Can't resolve path {} on module {}", shown.0, shown.1);
                Err(replace_error(vm, &exc::AttributeError, &msg))
            }
            r => r,
        }
    }

    /// Without a method of its own a class has no persistent objects.
    pub fn no_persistent(vm: &Vm) -> Raised {
        unpickling_error(
            vm,
            "A load persistent id instruction was encountered, but no persistent_load function was specified.",
        )
    }
}

fn getattro(vm: &Vm, v: &Value, name: &Value) -> PyResult<Value> {
    let name = vm.attr_name(name)?;
    if name.as_bytes() == b"persistent_load"
        && let Some(f) = v.downcast::<Unpickler>().and_then(|p| p.persistent_load.get())
    {
        return Ok(f);
    }
    vm.generic_get_attr(v, name)
}

fn setattro(vm: &Vm, v: &Value, name: &Value, value: Option<&Value>) -> PyResult<()> {
    let name = vm.attr_name(name)?;
    if name.as_bytes() == b"persistent_load"
        && let Some(p) = v.downcast::<Unpickler>()
    {
        p.persistent_load.set(value.cloned());
        return Ok(());
    }
    vm.generic_set_attr(v, name, value)
}

impl Slots for Unpickler {
    const SLOTS: SlotDefs = SlotDefs { getattro: Some(getattro), setattro: Some(setattro), ..SlotDefs::NONE };
}

#[pymethods]
impl Unpickler {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _: CallArgs) -> PyResult<Value> {
        Ok(vm.alloc_in(cls, Unpickler::default())?.into_value())
    }

    #[pyinit("Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())")]
    fn init(
        vm: &Vm,
        zelf: &Gc<Unpickler>,
        file: &Value,
        fix_imports: bool,
        encoding: &Value,
        errors: &Value,
        #[raw] buffers: Option<&Value>,
    ) -> PyResult<()> {
        zelf.check_idle(vm)?;
        zelf.set_file(vm, file)?;
        zelf.set_options(vm, fix_imports, encoding, errors, buffers)?;
        drop(zelf.memo.take());
        zelf.proto.set(0);
        Ok(())
    }

    /// Load a pickle.
    ///
    /// Read a pickled object representation from the open file object given
    /// in the constructor, and return the reconstituted object hierarchy
    /// specified therein.
    #[pymethod("load($self, /)")]
    fn load(vm: &Vm, zelf: &Gc<Unpickler>) -> PyResult<Value> {
        zelf.check_idle(vm)?;
        if !zelf.read.is_some() {
            return Err(unpickling_error(
                vm,
                format_args!(
                    "Unpickler.__init__() was not called by {}.__init__()",
                    vm.type_of(zelf.as_value()).tp_name()
                ),
            ));
        }
        zelf.running.set(true);
        let r = load::load(vm, zelf, Some(zelf));
        zelf.running.set(false);
        r
    }

    /// Return an object from a specified module.
    ///
    /// If necessary, the module will be imported. Subclasses may override
    /// this method (e.g. to restrict unpickling of arbitrary classes and
    /// functions).
    ///
    /// This method is called whenever a class or a function object is
    /// needed.  Both arguments passed are str objects.
    #[pymethod("find_class($self, module_name, global_name, /)")]
    fn find_class(
        vm: &Vm,
        zelf: &Gc<Unpickler>,
        module_name: &Value,
        global_name: &Value,
    ) -> PyResult<Value> {
        zelf.find(vm, module_name, global_name)
    }

    #[pymethod("persistent_load($self, pid, /)")]
    fn persistent(vm: &Vm, zelf: &Gc<Unpickler>, pid: &Value) -> PyResult<Value> {
        let _ = (zelf, pid);
        Err(Unpickler::no_persistent(vm))
    }

    /// Returns size in memory, in bytes.
    #[pymethod("__sizeof__($self, /)")]
    fn size_of(vm: &Vm, zelf: &Gc<Unpickler>) -> i64 {
        let own = taipan_vm::types::class::basic_size(vm.type_of(zelf.as_value()));
        own + zelf.memo.with(LoadMemo::used) as i64 * 8
    }

    #[pygetter("memo")]
    fn memo(vm: &Vm, zelf: &Gc<Unpickler>) -> Value {
        vm.alloc(UnpicklerMemoProxy { unpickler: zelf.clone() }).into_value()
    }

    #[pysetter("memo")]
    fn set_memo(vm: &Vm, zelf: &Gc<Unpickler>, value: Option<&Value>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(vm.type_error("attribute deletion is not supported"));
        };
        let mut memo = LoadMemo::default();
        if let Some(proxy) = value.downcast_exact::<UnpicklerMemoProxy>() {
            for (index, v) in proxy.unpickler.memo.with(LoadMemo::entries) {
                drop(memo.put(index, v));
            }
        } else if let Some(d) = value.downcast::<Dict>() {
            for (key, v) in d.pairs() {
                if taipan_vm::types::numbers::int_value(&key).is_none() {
                    return Err(vm.type_error("memo key must be integers"));
                }
                let index = isize::from_arg(vm, &key)?;
                let Ok(index) = usize::try_from(index) else {
                    return Err(vm.value_error("memo key must be positive integers."));
                };
                drop(memo.put(index, v));
            }
        } else {
            return Err(vm.type_error(format_args!(
                "'memo' attribute must be an UnpicklerMemoProxy object or dict, not {}",
                vm.type_of(value).tp_name()
            )));
        }
        zelf.memo.set(memo);
        Ok(())
    }
}
