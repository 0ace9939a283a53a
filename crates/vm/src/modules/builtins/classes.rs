//! `__build_class__`: what a `class` statement calls.

use crate::prelude::*;
use crate::types::cell::Cell as PyCell;
use crate::types::class::calculate_metaclass;
use crate::types::function::Function;

/// The bases with those that have `__mro_entries__` replaced; `None`: as they are.
fn update_bases(vm: &Vm, bases: &[Value]) -> PyResult<Option<Vec<Value>>> {
    let mut changed = false;
    let mut out = Vec::with_capacity(bases.len());
    let all = vm.tuple_from(bases).into_value();
    for b in bases {
        if b.is_instance_of::<Type>() {
            out.push(b.clone());
            continue;
        }
        let Some(entries) = vm.lookup_attr(b, &vm.names.__mro_entries__)? else {
            out.push(b.clone());
            continue;
        };
        let new = vm.call1(&entries, &all)?;
        let Some(new) = new.downcast::<Tuple>() else {
            return Err(vm.type_error("__mro_entries__ must return a tuple"));
        };
        changed = true;
        out.extend_from_slice(new.items());
    }
    Ok(changed.then_some(out))
}

pub fn build_class(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
    let [func, name, bases @ ..] = args.pos() else {
        return Err(vm.type_error("__build_class__: not enough arguments"));
    };
    if !func.is_instance_of::<Function>() {
        return Err(vm.type_error("__build_class__: func must be a function"));
    }
    if !name.is_instance_of::<Str>() {
        return Err(vm.type_error("__build_class__: name is not a string"));
    }
    let updated = update_bases(vm, bases)?;
    let orig_bases = updated.as_ref().map(|_| vm.tuple_from(bases));
    let bases = vm.tuple_from(updated.as_deref().unwrap_or(bases));
    let mut metaclass = None;
    let mut kw = Vec::new();
    for (k, v) in args.keywords() {
        if metaclass.is_none() && k.downcast::<Str>().is_some_and(|k| k.as_bytes() == b"metaclass") {
            metaclass = Some(v.clone());
        } else {
            kw.push((k.clone(), v.clone()));
        }
    }
    let mut metaclass = match metaclass {
        Some(m) => m,
        None => match bases.items().first() {
            Some(b) => vm.type_of(b).to_value(),
            None => vm.types.type_.to_value(),
        },
    };
    if let Some(m) = metaclass.downcast::<Type>() {
        let winner = calculate_metaclass(vm, m, bases.items())?;
        metaclass = winner.into_value();
    }
    let ns = match vm.lookup_attr(&metaclass, &vm.names.__prepare__)? {
        Some(prepare) => {
            let ns = vm.call_kw(&prepare, &[name.clone(), bases.to_value()], &kw)?;
            if vm.type_of(&ns).slots.subscript.get().is_none() {
                let shown = match metaclass.downcast::<Type>() {
                    Some(m) => m.name(),
                    None => "<metaclass>".to_string(),
                };
                return Err(vm.type_error(format_args!(
                    "{shown}.__prepare__() must return a mapping, not {}",
                    vm.type_of(&ns).name()
                )));
            }
            ns
        }
        None => vm.new_dict().into_value(),
    };
    let cell = vm.call_class_body(func, &ns)?;
    if let Some(orig) = orig_bases {
        let key = vm.names.__orig_bases__.to_value();
        vm.set_item(&ns, &key, orig.as_value())?;
    }
    let cls = vm.build_class_from(&metaclass, name, bases.as_value(), &ns, &kw)?;
    if let Some(cell) = cell.downcast::<PyCell>()
        && cls.is_instance_of::<Type>()
    {
        match cell.contents.get() {
            Some(c) if c.is(&cls) => {}
            Some(c) => {
                return Err(vm.type_error(format_args!(
                    "__class__ set to {} defining {} as {}",
                    vm.repr_text(&c)?,
                    vm.repr_text(name)?,
                    vm.repr_text(&cls)?
                )));
            }
            None => {
                return Err(vm.runtime_error(format_args!(
                    "__class__ not set defining {} as {}. Was __classcell__ propagated to type.__new__?",
                    vm.repr_text(name)?,
                    vm.repr_text(&cls)?
                )));
            }
        }
    }
    Ok(cls)
}
