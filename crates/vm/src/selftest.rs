//! Tests of the core without compiler or library: start-up, attributes, dicts, collection.

use crate::prelude::*;
use crate::vm::{Config, Flags, Interp};
use std::sync::Arc;

struct NoFrontend;

impl crate::frontend::Frontend for NoFrontend {
    fn compile(
        &self,
        vm: &Vm,
        _: &str,
        _: &str,
        _: crate::frontend::CompileOptions,
    ) -> PyResult<taipan_bytecode::CodeData> {
        Err(vm.system_error("no compiler"))
    }
    fn decode(&self, vm: &Vm, _: &[u8], _: &str) -> PyResult<String> {
        Err(vm.system_error("no compiler"))
    }
    fn compile_ast(
        &self,
        vm: &Vm,
        _: &Value,
        _: &str,
        _: crate::frontend::CompileOptions,
    ) -> PyResult<taipan_bytecode::CodeData> {
        Err(vm.system_error("no compiler"))
    }
    fn parse_to_ast(
        &self,
        vm: &Vm,
        _: &str,
        _: &str,
        _: &str,
        _: crate::frontend::CompileOptions,
        _: i32,
    ) -> PyResult<Value> {
        Err(vm.system_error("no compiler"))
    }
    fn recompile_ast(
        &self,
        vm: &Vm,
        _: &Value,
        _: &str,
        _: crate::frontend::CompileOptions,
    ) -> PyResult<Value> {
        Err(vm.system_error("no compiler"))
    }
}

/// Runs `f` in a bare interpreter.
pub fn with_vm(f: impl FnOnce(&Vm)) {
    let config = Config {
        host: Arc::new(taipan_host::MemoryHost::new()),
        frontend: Box::new(NoFrontend),
        modules: Vec::new(),
        frozen: |_| None,
        frozen_source: |_| None,
        frozen_names: Vec::new,
        frozen_data: |_| None,
        frozen_data_paths: Vec::new,
        library_root: None,
        flags: Flags::default(),
        argv: Vec::new(),
        orig_argv: Vec::new(),
        executable: Vec::new(),
        warn_options: Vec::new(),
        x_options: Vec::new(),
        hash_seed: Some([0, 0]),
        module_search_paths: Vec::new(),
        pycache_prefix: None,
        int_max_str_digits: 4300,
        cpu_count: None,
        import_time: 0,
        debug_ranges: true,
    };
    let interp = Interp::new(config);
    let vm = Vm::main(&interp);
    f(&vm);
    vm.leave();
}

#[test]
fn core_types_exist_and_know_their_class() {
    with_vm(|vm| {
        assert!(vm.type_of(vm.types.type_.as_value()).is(&vm.types.type_));
        assert!(vm.type_of(&vm.new_int(3)).is(&vm.types.int));
        assert!(vm.type_of(&Value::TRUE).is(&vm.types.bool));
        assert!(vm.types.bool.is_subtype(&vm.types.int));
        assert!(vm.types.bool.is_subtype(&vm.types.object));
        assert_eq!(vm.types.dict.name(), "dict");
    });
}

#[test]
fn dicts_keep_order_through_growth_and_deletion() {
    with_vm(|vm| {
        let d = vm.new_dict();
        for i in 0..1000 {
            d.set(vm, &vm.new_int(i * 7), vm.new_int(i)).unwrap();
        }
        for i in (0..1000).step_by(2) {
            assert!(d.remove(vm, &vm.new_int(i * 7)).unwrap().is_some());
        }
        for i in 0..1000 {
            assert_eq!(d.get(vm, &vm.new_int(i * 7)).unwrap().is_some(), i % 2 == 1);
        }
        let keys: Vec<i64> = d.pairs().iter().map(|(k, _)| k.as_int().unwrap()).collect();
        assert!(keys.is_sorted() && keys.len() == 500);
    });
}

#[test]
fn interned_names_are_one_object() {
    with_vm(|vm| {
        assert!(vm.intern("spam").is(&vm.intern("spam")));
        assert!(vm.intern("__init__").is(&vm.names.__init__));
    });
}

#[test]
fn errors_can_be_raised() {
    with_vm(|vm| {
        let _ = vm.key_error(&vm.new_int(1));
        let e = vm.take_raised();
        assert_eq!(vm.type_of(&e).name(), "KeyError");
        assert!(e.is_instance_of::<crate::errors::exception::BaseException>());
    });
}
