//! Binding: from the arguments of a call to the slots of a native function, with CPython's error texts.

use super::{Bound, Call, CallArgs, FnDef, FnKind, Owner, Params, PlainFn};
use crate::errors::suggest;
use crate::interp::feed::Consumer;
use crate::object::{Payload, ValueExt};
use crate::{Dict, List, PyResult, Raised, Str, Value, Vm};

/// Views values as slots that are all filled.
#[inline(always)]
#[allow(unsafe_code)]
pub fn as_slots(values: &[Value]) -> &[Option<Value>] {
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
            call_bound(vm, def, args)
        }
        Call::Var(_) => call_bound(vm, def, args),
    }
}

/// The calls whose arguments have to be bound.
#[inline(never)]
fn call_bound(vm: &Vm, def: &FnDef, args: CallArgs<'_>) -> PyResult<Value> {
    let p = &def.params;
    let rest = args.pos().get(p.positional..).unwrap_or_default();
    let mut few = [const { None }; FEW];
    if (rest.is_empty() || p.var_args) && bind_few(p, args, &mut few) {
        let slots = &few[..p.params.len()];
        return match def.call {
            Call::Raw(f) => f(vm, args),
            Call::Plain(f) => f(vm, slots),
            Call::Var(f) => f(vm, &Bound { slots, rest, kwrest: &[] }),
        };
    }
    drop(few);
    let (mut rest, mut kwrest) = (Vec::new(), Vec::new());
    let slots = bind(vm, def, args, &mut rest, &mut kwrest)?;
    match def.call {
        Call::Raw(f) => f(vm, args),
        Call::Plain(f) => f(vm, &slots),
        Call::Var(f) => f(vm, &Bound { slots: &slots, rest: &rest, kwrest: &kwrest }),
    }
}

/// `call` with positional arguments, out of line: the loop must not hold the addresses that binding needs.
#[inline(never)]
pub fn call_positional(vm: &Vm, def: &FnDef, args: &[Value]) -> PyResult<Value> {
    call(vm, def, CallArgs::positional(args))
}

/// What a callable object keeps of its row for calls whose positional arguments can be taken as they lie.
#[derive(Clone, Copy)]
pub struct Direct {
    call: Option<PlainFn>,
    least: u8,
    most: u8,
    pub known: Known,
}

/// Native functions that the loop can do itself for common arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Known {
    No,
    Len,
    IsInstance,
    Append,
    /// `dict.get`.
    Get,
    /// They take the values of a generator.
    Feeds(Consumer),
}

impl Known {
    fn of(def: &FnDef) -> Known {
        match (def.name, def.owner) {
            ("len", Owner::Module("builtins")) => Known::Len,
            ("isinstance", Owner::Module("builtins")) => Known::IsInstance,
            ("append", Owner::Type(ty)) if std::ptr::eq(ty(), List::def()) => Known::Append,
            ("get", Owner::Type(ty)) if std::ptr::eq(ty(), Dict::def()) => Known::Get,
            ("join", Owner::Type(ty)) if std::ptr::eq(ty(), Str::def()) => Known::Feeds(Consumer::Join),
            (name, Owner::Module("builtins")) => match name {
                "any" => Known::Feeds(Consumer::Any),
                "all" => Known::Feeds(Consumer::All),
                "sum" => Known::Feeds(Consumer::Sum),
                "min" => Known::Feeds(Consumer::Min),
                "max" => Known::Feeds(Consumer::Max),
                "sorted" => Known::Feeds(Consumer::Sorted),
                _ => Known::No,
            },
            _ => Known::No,
        }
    }
}

impl Direct {
    /// Of a row that can never be called so.
    pub const NONE: Direct = Direct { call: None, least: 1, most: 0, known: Known::No };

    pub fn of(def: &FnDef) -> Direct {
        let p = &def.params;
        match def.call {
            Call::Plain(f) if kwonly_optional(p) && p.positional <= u8::MAX as usize => {
                let (least, most) = (p.required as u8, p.positional as u8);
                Direct { call: Some(f), least, most, known: Known::of(def) }
            }
            _ => Direct { known: Known::of(def), ..Direct::NONE },
        }
    }

    /// The function, if it can be called with `n` arguments.
    #[inline(always)]
    pub fn with(self, n: usize) -> Option<PlainFn> {
        if n < self.least as usize || n > self.most as usize { None } else { self.call }
    }
}

#[inline(always)]
fn kwonly_optional(p: &Params) -> bool {
    p.params.len() == p.positional || p.params[p.positional..].iter().all(|p| !p.required)
}

/// The name in messages of checks that know nothing but the function: `list.append`, `math.sqrt`, `len`.
fn full_name(def: &FnDef) -> String {
    match def.owner {
        Owner::Module("builtins") | Owner::Constructor => def.name.to_string(),
        Owner::Module(module) => format!("{module}.{}", def.name),
        Owner::Type(ty) => format!("{}.{}", ty().name, def.name),
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Arguments that do not count in messages: `self` and the class.
fn hidden(def: &FnDef) -> usize {
    matches!(def.kind, FnKind::Method | FnKind::ClassMethod) as usize
}

/// Functions with no more parameters have keyword arguments bound without taking memory.
const FEW: usize = 8;

/// Puts arguments into the slots of a function with few parameters, but for positional ones beyond these; `false` where
/// anything is unusual or wrong.
fn bind_few(p: &Params, args: CallArgs<'_>, slots: &mut [Option<Value>; FEW]) -> bool {
    if p.params.len() > FEW {
        return false;
    }
    for (slot, v) in slots.iter_mut().zip(args.pos().iter().take(p.positional)) {
        *slot = Some(v.clone());
    }
    for (name, value) in args.keywords() {
        let Some(text) = name.downcast_exact::<Str>() else { return false };
        let text = text.as_bytes();
        let found = p.params.iter().skip(p.posonly).position(|q| q.name.as_bytes() == text);
        match found.and_then(|i| slots.get_mut(p.posonly + i)) {
            Some(slot @ None) => *slot = Some(value.clone()),
            _ => return false,
        }
    }
    p.params.iter().zip(slots.iter()).all(|(q, slot)| !q.required || slot.is_some())
}

/// The slots of a call that does not simply fill the positional ones.
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
    let skip = hidden(def);
    if pos.len() < skip {
        return Err(vm.type_error(format_args!("unbound method {}() needs an argument", full_name(def))));
    }
    if p.posonly == p.params.len() && !p.var_kw {
        check_positional(vm, def, args)?;
    } else {
        check_count(vm, def, args)?;
    }
    let (direct, more) = pos.split_at(pos.len().min(p.positional));
    rest.extend_from_slice(more);
    let mut slots: Vec<Option<Value>> = direct.iter().cloned().map(Some).collect();
    slots.resize(p.params.len(), None);

    // Missing arguments are reported before those that are too much.
    let mut stray = None;
    for (name, value) in args.keywords() {
        let Some(text) = name.downcast::<Str>() else {
            return Err(vm.type_error("keywords must be strings"));
        };
        let text = text.as_str();
        let found = p.params.iter().skip(p.posonly).position(|q| Some(q.name) == text);
        match found.and_then(|i| slots.get_mut(p.posonly + i)) {
            Some(slot @ None) => *slot = Some(value.clone()),
            None if p.var_kw => kwrest.push((name.clone(), value.clone())),
            _ => stray = stray.or(Some((name, found))),
        }
    }
    for (i, q) in p.params.iter().enumerate() {
        if q.required && slots.get(i).is_none_or(Option::is_none) {
            let (name, missing, at) = (def.name, q.name, i + 1 - skip);
            return Err(
                vm.type_error(format_args!("{name}() missing required argument '{missing}' (pos {at})"))
            );
        }
    }
    match stray {
        None => Ok(slots),
        Some((name, found)) => Err(stray_keyword(vm, def, name, found)),
    }
}

/// Checks the count for a function without keywords.
fn check_positional(vm: &Vm, def: &FnDef, args: CallArgs<'_>) -> PyResult<()> {
    let p = &def.params;
    let skip = hidden(def);
    let (min, max) = (p.required - skip, p.positional - skip);
    let given = args.pos().len() - skip;
    if args.has_keywords() {
        return Err(vm.type_error(format_args!("{}() takes no keyword arguments", full_name(def))));
    }
    if given >= min && (given <= max || p.var_args) {
        return Ok(());
    }
    let constructor = matches!(def.owner, Owner::Constructor);
    let full = full_name(def);
    if max == 0 {
        return Err(if constructor {
            vm.type_error(format_args!("{full}() takes no arguments"))
        } else {
            vm.type_error(format_args!("{full}() takes no arguments ({given} given)"))
        });
    }
    if (min, max) == (1, 1) && !constructor && !p.var_args {
        return Err(vm.type_error(format_args!("{full}() takes exactly one argument ({given} given)")));
    }
    let (bound, n) = match given < min {
        _ if min == max && !p.var_args => ("", max),
        true => ("at least ", min),
        false => ("at most ", max),
    };
    Err(vm.type_error(format_args!("{} expected {bound}{n} argument{}, got {given}", def.name, plural(n))))
}

/// Checks the counts for a function with keywords.
fn check_count(vm: &Vm, def: &FnDef, args: CallArgs<'_>) -> PyResult<()> {
    let (p, name) = (&def.params, def.name);
    let skip = hidden(def);
    let (all, min, max) = (p.params.len() - skip, p.required - skip, p.positional - skip);
    let min_posonly = min.min(p.posonly - skip);
    let given = args.pos().len() - skip;
    let total = given + args.kwcount();
    if total > all && !p.var_args && !p.var_kw {
        let keyword = if given == 0 { "keyword " } else { "" };
        let s = plural(all);
        return Err(
            vm.type_error(format_args!("{name}() takes at most {all} {keyword}argument{s} ({total} given)"))
        );
    }
    if given > max && !p.var_args {
        if max == 0 {
            return Err(vm.type_error(format_args!("{name}() takes no positional arguments")));
        }
        let bound = if min < max { "at most" } else { "exactly" };
        let s = plural(max);
        return Err(vm.type_error(format_args!(
            "{name}() takes {bound} {max} positional argument{s} ({given} given)"
        )));
    }
    if given < min_posonly {
        let bound = if min_posonly < max || p.var_args { "at least" } else { "exactly" };
        let s = plural(min_posonly);
        return Err(vm.type_error(format_args!(
            "{name}() takes {bound} {min_posonly} positional argument{s} ({given} given)"
        )));
    }
    Ok(())
}

/// For a keyword that no slot takes; `found`: its number among the parameters that can be given by name.
fn stray_keyword(vm: &Vm, def: &FnDef, keyword: &Value, found: Option<usize>) -> Raised {
    let (p, name) = (&def.params, def.name);
    let keyword = keyword.downcast::<Str>().map(|s| s.to_string_lossy()).unwrap_or_default();
    if let Some(i) = found {
        let at = p.posonly + i + 1 - hidden(def);
        return vm.type_error(format_args!(
            "argument for {name}() given by name ('{keyword}') and position ({at})"
        ));
    }
    let near = suggest::nearest(&keyword, p.params.iter().skip(p.posonly).map(|q| q.name));
    match near {
        Some(near) => vm.type_error(format_args!(
            "{name}() got an unexpected keyword argument '{keyword}'. Did you mean '{near}'?"
        )),
        None => vm.type_error(format_args!("{name}() got an unexpected keyword argument '{keyword}'")),
    }
}
