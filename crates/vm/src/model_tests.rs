//! Tests of classes, slots and descriptors without the interpreter.

use crate::prelude::*;
use crate::selftest::with_vm;
use crate::types::builtin_function::BuiltinFunction;
use crate::types::static_method::StaticMethod;

/// The value, or the text of what was raised.
fn ok<T>(vm: &Vm, r: PyResult<T>) -> T {
    match r {
        Ok(v) => v,
        Err(_) => panic!("{}", raised(vm)),
    }
}

fn raised(vm: &Vm) -> String {
    let e = vm.take_raised();
    let ty = vm.type_of(&e).name();
    let args = e.downcast::<crate::errors::BaseException>().and_then(|b| b.args.get());
    let first = args.and_then(|a| a.get(0).cloned());
    format!(
        "{ty}: {}",
        first.and_then(|v| vm.str(&v).ok()).map_or(String::new(), |s| s.to_string_lossy().into())
    )
}

fn err<T>(vm: &Vm, r: PyResult<T>) -> String {
    match r {
        Ok(_) => "no error".into(),
        Err(_) => raised(vm),
    }
}

fn class(vm: &Vm, name: &str, bases: &[&Gc<Type>], ns: &[(&str, Value)]) -> PyResult<Gc<Type>> {
    let bases = vm.new_tuple(bases.iter().map(|b| b.to_value()).collect()).into_value();
    let ns = vm.dict_of(ns).into_value();
    let v = vm.call(vm.types.type_.as_value(), &[vm.new_str(name).into_value(), bases, ns])?;
    v.downcast::<Type>().cloned().ok_or_else(|| vm.type_error("no class"))
}

#[test]
fn classes_have_orders_and_layouts() {
    with_vm(|vm| {
        let o = &vm.types.object;
        let a = ok(vm, class(vm, "A", &[], &[]));
        let b = ok(vm, class(vm, "B", &[&a], &[]));
        let c = ok(vm, class(vm, "C", &[&a], &[]));
        let d = ok(vm, class(vm, "D", &[&b, &c], &[]));
        let names: Vec<String> = d.mro.get().iter().map(|t| t.name()).collect();
        assert_eq!(names, ["D", "B", "C", "A", "object"]);
        assert_eq!(
            err(vm, class(vm, "X", &[o, &a], &[])),
            "TypeError: Cannot create a consistent method resolution order (MRO) for bases object, A"
        );
        assert_eq!(
            err(vm, class(vm, "X", &[&vm.types.int, &vm.types.str], &[])),
            "TypeError: multiple bases have instance lay-out conflict"
        );
        assert_eq!(
            err(vm, class(vm, "X", &[&vm.types.bool], &[])),
            "TypeError: type 'bool' is not an acceptable base type"
        );
        let obj = ok(vm, vm.call0(d.as_value()));
        ok(vm, vm.set_attr_str(&obj, "x", &vm.new_int(5)));
        assert_eq!(ok(vm, vm.get_attr_str(&obj, "x")).as_int(), Some(5));
        ok(vm, vm.set_attr_str(a.as_value(), "y", &vm.new_int(6)));
        assert_eq!(ok(vm, vm.get_attr_str(&obj, "y")).as_int(), Some(6));
        assert_eq!(err(vm, vm.get_attr_str(&obj, "z")), "AttributeError: 'D' object has no attribute 'z'");
        assert!(ok(vm, vm.repr_text(&obj)).starts_with("<D object at 0x"));
        assert_eq!(err(vm, vm.call(d.as_value(), &[Value::NONE])), "TypeError: D() takes no arguments");
    });
}

#[test]
fn slots_are_members() {
    with_vm(|vm| {
        let slots = vm.new_tuple(vec![vm.new_str("q").into_value(), vm.new_str("__p").into_value()]);
        let s = ok(vm, class(vm, "S", &[], &[("__slots__", slots.into_value())]));
        let obj = ok(vm, vm.call0(s.as_value()));
        assert_eq!(err(vm, vm.get_attr_str(&obj, "q")), "AttributeError: 'S' object has no attribute 'q'");
        ok(vm, vm.set_attr_str(&obj, "q", &vm.new_int(1)));
        assert_eq!(ok(vm, vm.get_attr_str(&obj, "q")).as_int(), Some(1));
        ok(vm, vm.set_attr_str(&obj, "_S__p", &vm.new_int(2)));
        assert_eq!(
            err(vm, vm.set_attr_str(&obj, "z", &Value::NONE)),
            "AttributeError: 'S' object has no attribute 'z' and no __dict__ for setting new attributes"
        );
        assert_eq!(
            ok(vm, vm.repr_text(&ok(vm, vm.get_attr_str(s.as_value(), "q")))),
            "<member 'q' of 'S' objects>"
        );
    });
}

#[test]
fn wrappers_and_updates() {
    with_vm(|vm| {
        let repr = ok(vm, vm.get_attr_str(vm.types.object.as_value(), "__repr__"));
        assert_eq!(ok(vm, vm.repr_text(&repr)), "<slot wrapper '__repr__' of 'object' objects>");
        assert_eq!(
            err(vm, vm.call0(&repr)),
            "TypeError: descriptor '__repr__' of 'object' object needs an argument"
        );
        let c = ok(vm, class(vm, "C", &[], &[]));
        let sub = ok(vm, class(vm, "Sub", &[&c], &[]));
        let obj = ok(vm, vm.call0(sub.as_value()));
        assert!(ok(vm, vm.is_true(&obj)));
        // A native function as a dunder: called without `self` through a static method.
        let dict_new = BuiltinFunction::new_of(vm, &vm.types.object);
        assert!(
            ok(vm, vm.repr_text(dict_new.as_value())).starts_with("<built-in method __new__ of type object")
        );
        let f = ok(vm, vm.get_attr_str(vm.types.type_.as_value(), "__subclasses__"));
        let bound = StaticMethod::make(vm, &f);
        ok(vm, vm.set_attr_str(c.as_value(), "__len__", bound.as_value()));
        assert!(err(vm, vm.len(&obj)).starts_with("TypeError: "));
        ok(vm, vm.del_attr(c.as_value(), &vm.names.__len__));
        assert_eq!(err(vm, vm.len(&obj)), "TypeError: object of type 'Sub' has no len()");
        assert!(
            err(vm, vm.set_attr_str(vm.types.int.as_value(), "x", &Value::NONE))
                .ends_with("attribute of immutable type 'int'")
        );
        let e = ok(vm, class(vm, "E", &[], &[("__eq__", Value::NONE)]));
        let x = ok(vm, vm.call0(e.as_value()));
        assert_eq!(err(vm, vm.hash(&x)), "TypeError: unhashable type: 'E'");
    });
}
