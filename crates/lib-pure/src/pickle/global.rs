//! Writing classes and functions by name.

use super::save::Save;
use super::{op, pickling_error};
use taipan_vm::errors::exc;
use taipan_vm::modules::import::import_module;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

/// `obj.a.b.c`.
pub fn get_path(vm: &Vm, obj: &Value, path: &[Gc<Str>]) -> PyResult<Value> {
    path.iter().try_fold(obj.clone(), |obj, name| vm.get_attr(&obj, name))
}

/// The names between the dots.
pub fn split_path(vm: &Vm, name: &Gc<Str>) -> PyResult<Vec<Gc<Str>>> {
    let bytes = name.as_bytes();
    if memchr::memchr(b'.', bytes).is_none() {
        return Ok(vec![name.clone()]);
    }
    let mut start = 0;
    let mut path = Vec::new();
    for end in memchr::memchr_iter(b'.', bytes).chain([bytes.len()]) {
        path.push(vm.substr(name, start..end)?);
        start = end + 1;
    }
    Ok(path)
}

impl Save<'_> {
    /// Writes a class.
    pub fn class(&mut self, v: &Value) -> PyResult<()> {
        let vm = self.vm;
        for single in [Value::NONE, Value::ELLIPSIS, Value::NOT_IMPLEMENTED] {
            if vm.type_of(&single).as_value().is(v) {
                let args = vm.new_tuple(vec![single]).into_value();
                return self.reduce(&[vm.types.type_.to_value(), args], Some(v));
            }
        }
        self.global(v, None)
    }

    /// Writes an object by its name.
    pub fn global(&mut self, v: &Value, name: Option<&Gc<Str>>) -> PyResult<()> {
        let vm = self.vm;
        let name = match name {
            Some(name) => name.to_value(),
            None => match vm.lookup_attr(v, &vm.names.__qualname__)? {
                Some(name) => name,
                None => vm.get_attr(v, &vm.names.__name__)?,
            },
        };
        let Some(name) = name.downcast::<Str>().cloned() else {
            return Err(vm.type_error("attribute name must be string"));
        };
        let module = self.module_of(v, &name)?;
        if self.proto >= 2 && self.extension(&module, &name)? {
            return Ok(());
        }
        if self.proto >= 4 {
            self.value(&module)?;
            self.value(name.as_value())?;
            self.put(&[op::STACK_GLOBAL])?;
        } else {
            self.old_global(&module, &name)?;
        }
        self.memoize(v)
    }

    /// Names with dots are read by `getattr` in older protocols.
    fn old_global(&mut self, module: &Value, name: &Gc<Str>) -> PyResult<()> {
        let vm = self.vm;
        let path = split_path(vm, name)?;
        let Some((first, parts)) = path.split_first() else { return self.top_level(module, name) };
        let getattr = self.tables.getattr.clone();
        for _ in parts {
            self.value(&getattr)?;
            if self.proto < 2 {
                self.put(&[op::MARK])?;
            }
        }
        self.top_level(module, first)?;
        for part in parts {
            self.value(part.as_value())?;
            self.put(&[if self.proto < 2 { op::TUPLE } else { op::TUPLE2 }, op::REDUCE])?;
        }
        Ok(())
    }

    fn top_level(&mut self, module: &Value, name: &Gc<Str>) -> PyResult<()> {
        let vm = self.vm;
        let (mut module, mut name) = (module.clone(), name.to_value());
        if self.p.fix_imports.get() {
            let key = vm.new_tuple(vec![module.clone(), name.clone()]).into_value();
            if let Some(old) = self.tables.names_3to2.get(vm, &key)? {
                if let Some([m, n]) = old.downcast::<Tuple>().map(|t| t.items()) {
                    (module, name) = (m.clone(), n.clone());
                }
            } else if let Some(old) = self.tables.imports_3to2.get(vm, &module)? {
                module = old;
            }
        }
        let module = self.identifier(&module, "module")?;
        let name = self.identifier(&name, "global")?;
        self.put(&[op::GLOBAL])?;
        self.put(&module)?;
        self.put(b"\n")?;
        self.put(&name)?;
        self.put(b"\n")
    }

    /// A name's bytes: ASCII before protocol 3.
    fn identifier(&self, name: &Value, what: &str) -> PyResult<Vec<u8>> {
        let vm = self.vm;
        let encoding = if self.proto >= 3 { "utf-8" } else { "ascii" };
        let bytes = vm.call_method(name, "encode", &[vm.new_str(encoding).into_value()]);
        match bytes {
            Ok(b) => Ok(b.downcast::<Bytes>().map(|b| b.as_bytes().to_vec()).unwrap_or_default()),
            Err(Raised) if vm.raised_is(&exc::UnicodeEncodeError) => {
                let shown = format!(
                    "can't pickle {what} identifier {} using pickle protocol {}",
                    repr_beside(vm, name)?,
                    self.proto
                );
                Err(replace_error(vm, &super::PICKLING_ERROR, &shown))
            }
            Err(Raised) => Err(Raised),
        }
    }

    /// Writes the number of a registered name.
    fn extension(&mut self, module: &Value, name: &Gc<Str>) -> PyResult<bool> {
        let vm = self.vm;
        if self.tables.extensions.is_empty() {
            return Ok(false);
        }
        let key = vm.new_tuple(vec![module.clone(), name.to_value()]).into_value();
        let Some(code) = self.tables.extensions.get(vm, &key)? else { return Ok(false) };
        let n = int_value(&code).and_then(|_| code.as_int()).unwrap_or(0);
        let [a, b, c, d, ..] = n.to_le_bytes();
        match n {
            1..=0xFF => self.put(&[op::EXT1, a])?,
            0x100..=0xFFFF => self.put(&[op::EXT2, a, b])?,
            0x1_0000..=0x7FFF_FFFF => self.put(&[op::EXT4, a, b, c, d])?,
            _ => {
                let shown = vm.repr_text(&code)?;
                return Err(vm.runtime_error(format_args!("extension code {shown} is out of range")));
            }
        }
        Ok(true)
    }

    /// The name of the module where an object is found under its name; `PicklingError` if it is not.
    fn module_of(&self, v: &Value, name: &Gc<Str>) -> PyResult<Value> {
        let vm = self.vm;
        let path = split_path(vm, name)?;
        let module = vm.lookup_attr(v, &vm.names.__module__)?.filter(|m| !m.is_none());
        if path.iter().any(|p| p.as_bytes() == b"<locals>") {
            let shown = vm.repr_text(v)?;
            return Err(pickling_error(vm, format_args!("Can't pickle local object {shown}")));
        }
        let module = match module {
            Some(m) => m,
            None => match self.search_modules(v, &path)? {
                Some(found) => return Ok(found),
                None => vm.names.__main__.to_value(),
            },
        };
        let found = match imported(vm, &module) {
            Ok(m) => m,
            Err(Raised) => {
                let expected = [&exc::ImportError, &exc::ValueError, &exc::KeyError];
                if !expected.iter().any(|e| vm.raised_is(e)) {
                    return Err(Raised);
                }
                let e = vm.take_raised();
                let text = format!("Can't pickle {}: {}", vm.repr_text(v)?, vm.str(&e)?.to_string_lossy());
                let _ = vm.reraise(e);
                return Err(replace_error(vm, &super::PICKLING_ERROR, &text));
            }
        };
        let shown_module = vm.str(&module)?;
        let shown = format!("{}.{}", shown_module.to_string_lossy(), name.to_string_lossy());
        match get_path(vm, &found, &path) {
            Ok(there) if there.is(v) => Ok(module),
            Ok(_) => Err(pickling_error(
                vm,
                format_args!("Can't pickle {}: it's not the same object as {}", vm.repr_text(v)?, shown),
            )),
            Err(Raised) if vm.raised_is(&exc::AttributeError) => {
                let text = format!("Can't pickle {}: it's not found as {}", repr_beside(vm, v)?, shown);
                Err(replace_error(vm, &super::PICKLING_ERROR, &text))
            }
            Err(Raised) => Err(Raised),
        }
    }

    /// Looks an object without `__module__` up in all modules.
    fn search_modules(&self, v: &Value, path: &[Gc<Str>]) -> PyResult<Option<Value>> {
        let vm = self.vm;
        let Some(modules) = vm.modules.get() else { return Ok(None) };
        for (name, module) in modules.pairs() {
            let text = name.downcast::<Str>().and_then(|n| n.as_str()).unwrap_or_default();
            if matches!(text, "__main__" | "__mp_main__") || module.is_none() {
                continue;
            }
            let found = get_path(vm, &module, path);
            if vm.suppress(found, &exc::AttributeError)?.is_some_and(|f| f.is(v)) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

/// `repr` while an exception is on its way.
pub fn repr_beside(vm: &Vm, v: &Value) -> PyResult<String> {
    let e = vm.take_raised();
    let shown = vm.repr_text(v)?;
    let _ = vm.reraise(e);
    Ok(shown)
}

/// An exception in place of the one on its way, which becomes its context.
pub fn replace_error(vm: &Vm, class: &'static TypeDef, text: &str) -> Raised {
    let e = vm.take_raised();
    let new = vm.new_exc(class, text);
    if let Some(new) = new.downcast::<taipan_vm::errors::exception::BaseException>() {
        new.context.set(Some(e));
    }
    vm.reraise(new)
}

/// The module of a name, imported if need be.
pub fn imported(vm: &Vm, name: &Value) -> PyResult<Value> {
    let Some(text) = name.downcast::<Str>() else {
        return Err(vm.type_error("module name must be a string"));
    };
    let known = vm.modules.get().and_then(|m| m.get_str(vm, text));
    if let Some(module) = known.filter(|m| !m.is_none()) {
        return Ok(module);
    }
    match text.as_str() {
        Some(text) => import_module(vm, text),
        None => {
            let import = vm.get_attr_str(&import_module(vm, "importlib")?, "import_module")?;
            vm.call1(&import, name)
        }
    }
}
