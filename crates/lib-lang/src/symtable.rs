//! `_symtable`: the compiler's symbol tables, as module `symtable` reads them.

use std::collections::HashMap;

use taipan_compiler::scope::def;
use taipan_compiler::{Mode, Options, Place, Scope, ScopeKind, SymbolTable};
use taipan_vm::frontend::CompileMode;
use taipan_vm::prelude::*;

use crate::report;

/// The payload of `symtable entry`: one block.
#[pytype(name = "symtable entry", signature = "()", flags(GC))]
#[derive(Trace)]
pub struct Entry {
    id: Value,
    name: Value,
    symbols: Value,
    varnames: Value,
    children: Value,
    #[notrace]
    nested: bool,
    #[notrace]
    kind: i64,
    #[notrace]
    lineno: u32,
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let Some(e) = v.downcast::<Entry>() else { return Err(vm.type_error("not a symtable entry")) };
    let (name, id) = (vm.str(&e.name)?, vm.str(&e.id)?);
    let text =
        format!("<symtable entry {}({}), line {}>", name.to_string_lossy(), id.to_string_lossy(), e.lineno);
    Ok(vm.new_str(&text).into_value())
}

impl Slots for Entry {
    const SLOTS: SlotDefs = SlotDefs { repr: Some(repr), ..SlotDefs::NONE };
}

#[pymethods]
impl Entry {
    #[pygetter("id")]
    fn id(_vm: &Vm, zelf: &Gc<Entry>) -> Value {
        zelf.id.clone()
    }

    #[pygetter("name")]
    fn name(_vm: &Vm, zelf: &Gc<Entry>) -> Value {
        zelf.name.clone()
    }

    #[pygetter("symbols")]
    fn symbols(_vm: &Vm, zelf: &Gc<Entry>) -> Value {
        zelf.symbols.clone()
    }

    #[pygetter("varnames")]
    fn varnames(_vm: &Vm, zelf: &Gc<Entry>) -> Value {
        zelf.varnames.clone()
    }

    #[pygetter("children")]
    fn children(_vm: &Vm, zelf: &Gc<Entry>) -> Value {
        zelf.children.clone()
    }

    #[pygetter("nested")]
    fn nested(vm: &Vm, zelf: &Gc<Entry>) -> Value {
        vm.new_int(i64::from(zelf.nested))
    }

    #[pygetter("type")]
    fn kind(vm: &Vm, zelf: &Gc<Entry>) -> Value {
        vm.new_int(zelf.kind)
    }

    #[pygetter("lineno")]
    fn lineno(vm: &Vm, zelf: &Gc<Entry>) -> Value {
        vm.new_int(i64::from(zelf.lineno))
    }
}

/// `_symtable.TYPE_…`.
fn kind_number(kind: ScopeKind) -> i64 {
    match kind {
        ScopeKind::Module => 2,
        ScopeKind::Class => 1,
        ScopeKind::Annotation => 3,
        ScopeKind::TypeAlias => 4,
        ScopeKind::TypeParams => 5,
        ScopeKind::TypeVariable => 6,
        _ => 0,
    }
}

/// A block's symbols with what comprehensions that run in it add, and the blocks within.
struct Shown {
    names: Vec<String>,
    flags: HashMap<String, u32>,
    children: Vec<usize>,
}

fn flags_of(scope: &Scope, name: &str) -> u32 {
    let Some(symbol) = scope.symbol(name) else { return 0 };
    let place = if symbol.place == Place::Unknown { Place::GlobalImplicit } else { symbol.place };
    let own = symbol.flags & ((1 << def::SCOPE_OFFSET) - 1);
    own | (place as u32) << def::SCOPE_OFFSET
}

fn shown(table: &SymbolTable, id: usize) -> Shown {
    let scope = &table.scopes[id];
    let mut out = Shown { names: Vec::new(), flags: HashMap::new(), children: Vec::new() };
    for name in &scope.names {
        if out.flags.insert(name.clone(), flags_of(scope, name)).is_none() {
            out.names.push(name.clone());
        }
    }
    for &child in &scope.children {
        let inner = &table.scopes[child];
        if !inner.inlined {
            out.children.push(child);
            continue;
        }
        let inner = shown(table, child);
        out.children.extend(inner.children);
        for name in inner.names {
            let mut flags = inner.flags.get(&name).copied().unwrap_or_default();
            if flags & def::PARAM != 0 {
                continue;
            }
            if flags >> def::SCOPE_OFFSET == Place::Cell as u32 {
                flags |= def::COMP_CELL;
            }
            if !out.flags.contains_key(&name) {
                out.flags.insert(name.clone(), flags);
                out.names.push(name);
            }
        }
    }
    out
}

fn entry(vm: &Vm, table: &SymbolTable, id: usize) -> PyResult<Value> {
    let scope = &table.scopes[id];
    let shown = shown(table, id);
    let symbols = vm.new_dict();
    let mut varnames = Vec::new();
    for name in &shown.names {
        let flags = shown.flags.get(name).copied().unwrap_or_default();
        let key = vm.intern(name);
        if flags & def::PARAM != 0 {
            varnames.push(key.clone().into_value());
        }
        symbols.set_str(vm, &key, vm.new_int(i64::from(flags)));
    }
    let made = vm.recurse(" while building a symbol table", || {
        shown.children.iter().map(|&child| entry(vm, table, child)).collect::<PyResult<Vec<Value>>>()
    })?;
    let name = vm.intern(&scope.name).into_value();
    let children = vm.new_list(made).into_value();
    let id = vm.new_int(children.as_ptr().map_or(1, |p| p.addr().get() as i64));
    let body = Entry {
        id,
        name,
        symbols: symbols.into_value(),
        varnames: vm.new_list(varnames).into_value(),
        children,
        nested: scope.nested,
        kind: kind_number(scope.kind),
        lineno: scope.lineno,
    };
    Ok(vm.alloc(body).into_value())
}

#[pymodule(name = "_symtable")]
pub mod symtable {
    use super::*;

    /// Return symbol and scope dictionaries used internally by compiler.
    #[pyfn("symtable(source, filename, startstr, /)")]
    fn symtable(vm: &Vm, source: &Value, filename: &Value, startstr: &str) -> PyResult<Value> {
        let filename = taipan_vm::modules::builtins::run::path_text(vm, filename)?;
        let (mode, _) = match startstr {
            "exec" => (Mode::Exec, CompileMode::Exec),
            "eval" => (Mode::Eval, CompileMode::Eval),
            "single" => (Mode::Single, CompileMode::Single),
            _ => {
                return Err(vm.value_error("symtable() arg 3 must be 'exec' or 'eval' or 'single'"));
            }
        };
        let (text, _) = taipan_vm::modules::builtins::run::source_text(
            vm,
            source,
            "symtable",
            "string or bytes",
            &filename,
        )?;
        let text = taipan_syntax::source::normalize(&text);
        let options = Options::new(filename.as_bytes(), mode);
        let table = taipan_compiler::symbol_table(&text, &options)
            .map_err(|e| report::raise(vm, &e, &filename, Some(&text)))?;
        entry(vm, &table, 0)
    }

    #[pyconst]
    const USE: i64 = def::USE as i64;
    #[pyconst]
    const DEF_GLOBAL: i64 = def::GLOBAL as i64;
    #[pyconst]
    const DEF_NONLOCAL: i64 = def::NONLOCAL as i64;
    #[pyconst]
    const DEF_LOCAL: i64 = def::LOCAL as i64;
    #[pyconst]
    const DEF_PARAM: i64 = def::PARAM as i64;
    #[pyconst]
    const DEF_TYPE_PARAM: i64 = def::TYPE_PARAM as i64;
    #[pyconst]
    const DEF_FREE_CLASS: i64 = def::FREE_CLASS as i64;
    #[pyconst]
    const DEF_IMPORT: i64 = def::IMPORT as i64;
    #[pyconst]
    const DEF_BOUND: i64 = (def::LOCAL | def::PARAM | def::IMPORT) as i64;
    #[pyconst]
    const DEF_ANNOT: i64 = def::ANNOT as i64;
    #[pyconst]
    const DEF_COMP_ITER: i64 = def::COMP_ITER as i64;
    #[pyconst]
    const DEF_COMP_CELL: i64 = def::COMP_CELL as i64;
    #[pyconst]
    const TYPE_FUNCTION: i64 = 0;
    #[pyconst]
    const TYPE_CLASS: i64 = 1;
    #[pyconst]
    const TYPE_MODULE: i64 = 2;
    #[pyconst]
    const TYPE_ANNOTATION: i64 = 3;
    #[pyconst]
    const TYPE_TYPE_ALIAS: i64 = 4;
    #[pyconst]
    const TYPE_TYPE_PARAMETERS: i64 = 5;
    #[pyconst]
    const TYPE_TYPE_VARIABLE: i64 = 6;
    #[pyconst]
    const LOCAL: i64 = Place::Local as i64;
    #[pyconst]
    const GLOBAL_EXPLICIT: i64 = Place::GlobalExplicit as i64;
    #[pyconst]
    const GLOBAL_IMPLICIT: i64 = Place::GlobalImplicit as i64;
    #[pyconst]
    const FREE: i64 = Place::Free as i64;
    #[pyconst]
    const CELL: i64 = Place::Cell as i64;
    #[pyconst]
    const SCOPE_OFF: i64 = def::SCOPE_OFFSET as i64;
    #[pyconst]
    const SCOPE_MASK: i64 = 15;
}
