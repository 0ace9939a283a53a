//! Binding: from the arguments of a call to the slots of a native function, with CPython's error texts.

use super::{Bound, Call, CallArgs, FnDef, FnKind, Params};
use crate::object::ValueExt;
use crate::{PyResult, Raised, Str, Value, Vm};

/// Views values as slots that are all filled.
#[inline(always)]
#[allow(unsafe_code)]
fn as_slots(values: &[Value]) -> &[Option<Value>] {
    // SAFETY: `Option<Value>` has the layout of `Value`, the zero word being `None`.
    unsafe { std::slice::from_raw_parts(values.as_ptr() as *const Option<Value>, values.len()) }
}

/// Calls a native function. For methods `args` begins with `self`.
#[inline]
pub fn call(vm: &Vm, def: &FnDef, args: CallArgs<'_>) -> PyResult<Value> {
    match def.call {
        Call::Raw(f) => f(vm, args),
        Call::Plain(f) => {
            let p = &def.params;
            let n = args.all.len();
            if args.kwnames.is_none() && n >= p.required && n <= p.positional && kwonly_optional(p) {
                return f(vm, as_slots(args.all));
            }
            let slots = bind(vm, def, args, &mut Vec::new(), &mut Vec::new())?;
            f(vm, &slots)
        }
        Call::Var(f) => {
            let (mut rest, mut kwrest) = (Vec::new(), Vec::new());
            let slots = bind(vm, def, args, &mut rest, &mut kwrest)?;
            f(vm, &Bound { slots: &slots, rest: &rest, kwrest: &kwrest })
        }
    }
}

#[inline(always)]
fn kwonly_optional(p: &Params) -> bool {
    p.params.len() == p.positional || p.params[p.positional..].iter().all(|p| !p.required)
}

/// The name CPython puts in front of `()` in its messages.
fn shown(def: &FnDef) -> &'static str {
    def.name
}

fn given_word(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Arguments that do not count in messages: `self` and the class.
fn hidden(def: &FnDef) -> usize {
    matches!(def.kind, FnKind::Method | FnKind::ClassMethod) as usize
}

#[cold]
fn bind(
    vm: &Vm,
    def: &FnDef,
    args: CallArgs<'_>,
    rest: &mut Vec<Value>,
    kwrest: &mut Vec<(Value, Value)>,
) -> PyResult<Vec<Option<Value>>> {
    let p = &def.params;
    let pos = args.pos();
    let mut slots: Vec<Option<Value>> = vec![None; p.params.len()];
    let nkw = args.kwcount();
    let skip = hidden(def);
    if p.positional == skip && p.params.len() == skip && !p.var_args && !p.var_kw {
        if nkw != 0 {
            return Err(
                vm.type_error(format_args!("{}() takes no keyword arguments", full_name(vm, def, pos)))
            );
        }
        if pos.len() > skip {
            return Err(vm.type_error(format_args!(
                "{}() takes no arguments ({} given)",
                full_name(vm, def, pos),
                pos.len() - skip
            )));
        }
    }
    if pos.len() > p.positional {
        if p.var_args {
            rest.extend(pos[p.positional..].iter().cloned());
        } else {
            return Err(too_many(vm, def, pos.len(), nkw));
        }
    }
    for (slot, v) in slots.iter_mut().zip(pos.iter().take(p.positional)) {
        *slot = Some(v.clone());
    }
    if nkw != 0 && p.posonly == p.params.len() && !p.var_kw {
        return Err(vm.type_error(format_args!("{}() takes no keyword arguments", full_name(vm, def, pos))));
    }
    for (name, value) in args.keywords() {
        let Some(text) = name.downcast::<Str>().and_then(|s| s.as_str()) else {
            return Err(vm.type_error("keywords must be strings"));
        };
        match p.params.iter().enumerate().skip(p.posonly).find(|(_, q)| q.name == text) {
            Some((i, q)) => {
                if slots[i].is_some() {
                    return Err(vm.type_error(format_args!(
                        "argument for {}() given by name ('{}') and position ({})",
                        shown(def),
                        q.name,
                        i + 1 - skip
                    )));
                }
                slots[i] = Some(value.clone());
            }
            None if p.var_kw => kwrest.push((name.clone(), value.clone())),
            None => {
                if p.params.iter().take(p.posonly).skip(skip).any(|q| q.name == text) {
                    return Err(vm.type_error(format_args!(
                        "{}() got some positional-only arguments passed as keyword arguments: '{}'",
                        shown(def),
                        text
                    )));
                }
                return Err(vm.type_error(format_args!(
                    "{}() got an unexpected keyword argument '{}'",
                    shown(def),
                    text
                )));
            }
        }
    }
    for (i, q) in p.params.iter().enumerate() {
        if slots[i].is_none() && q.required {
            if i < p.posonly {
                return Err(too_few(vm, def, pos.len()));
            }
            return Err(if i < p.positional {
                vm.type_error(format_args!(
                    "{}() missing required argument '{}' (pos {})",
                    shown(def),
                    q.name,
                    i + 1 - skip
                ))
            } else {
                vm.type_error(format_args!(
                    "{}() missing required keyword-only argument: '{}'",
                    shown(def),
                    q.name
                ))
            });
        }
    }
    Ok(slots)
}

/// `list.append` for methods, the bare name for functions: as CPython's fast paths print it.
fn full_name(vm: &Vm, def: &FnDef, pos: &[Value]) -> String {
    match (def.kind, pos.first()) {
        (FnKind::Method, Some(zelf)) => format!("{}.{}", vm.type_of(zelf).name(), def.name),
        _ => def.name.to_string(),
    }
}

#[cold]
fn too_many(vm: &Vm, def: &FnDef, given: usize, nkw: usize) -> Raised {
    let p = &def.params;
    let skip = hidden(def);
    let (max, min) = (p.positional - skip.min(p.positional), p.required - skip.min(p.required));
    let given = given - skip;
    let name = shown(def);
    if p.posonly == p.params.len() {
        return if max == min && max == 1 {
            vm.type_error(format_args!("{name}() takes exactly one argument ({given} given)"))
        } else if max == min {
            vm.type_error(format_args!("{name} expected {max} argument{}, got {given}", given_word(max)))
        } else {
            vm.type_error(format_args!(
                "{name} expected at most {max} argument{}, got {given}",
                given_word(max)
            ))
        };
    }
    let total = given + nkw;
    if p.params.len() == p.positional {
        vm.type_error(format_args!(
            "{name}() takes at most {max} argument{} ({total} given)",
            given_word(max)
        ))
    } else if max == 0 {
        vm.type_error(format_args!("{name}() takes no positional arguments"))
    } else if max == min {
        vm.type_error(format_args!(
            "{name}() takes exactly {max} positional argument{} ({given} given)",
            given_word(max)
        ))
    } else {
        vm.type_error(format_args!(
            "{name}() takes at most {max} positional argument{} ({given} given)",
            given_word(max)
        ))
    }
}

#[cold]
fn too_few(vm: &Vm, def: &FnDef, given: usize) -> Raised {
    let p = &def.params;
    let skip = hidden(def);
    let name = shown(def);
    if given < skip {
        return vm.type_error(format_args!("unbound method {name}() needs an argument"));
    }
    let (max, min) = (p.positional - skip, p.required - skip);
    let given = given - skip;
    if max == min && max == 1 {
        vm.type_error(format_args!("{name}() takes exactly one argument ({given} given)"))
    } else if max == min {
        vm.type_error(format_args!("{name} expected {min} argument{}, got {given}", given_word(min)))
    } else {
        vm.type_error(format_args!("{name} expected at least {min} argument{}, got {given}", given_word(min)))
    }
}
