//! The operations of a pickle that find classes, make objects and change them.

use super::input::truncated;
use super::load::Load;
use super::tables::tables;
use taipan_vm::prelude::*;
use taipan_vm::types::descriptors::GetSetDescriptor;
use taipan_vm::types::instance;
use taipan_vm::types::set::{self, Set};
use taipan_vm::types::table::Table;

impl Load<'_> {
    /// The object of a module under a name, by the class's own method if it has one.
    fn find(&mut self, module: &Value, name: &Value) -> PyResult<Value> {
        match self.find_class.clone() {
            Some(f) => self.vm.call(&f, &[module.clone(), name.clone()]),
            None => self.u.find(self.vm, module, name),
        }
    }

    pub fn stack_global(&mut self) -> PyResult<()> {
        let name = self.pop()?;
        let module = self.pop()?;
        if name.downcast_exact::<Str>().is_none() || module.downcast_exact::<Str>().is_none() {
            return Err(self.error("STACK_GLOBAL requires str"));
        }
        let found = self.find(&module, &name)?;
        self.push(found)
    }

    /// A line as text.
    fn name_line(&mut self, encoding: &str) -> PyResult<Value> {
        let vm = self.vm;
        let range = self.input.line(vm)?;
        if range.len() < 2 {
            return Err(truncated(vm));
        }
        let line = self.input.get(range);
        let b = vm.new_bytes(line.strip_suffix(b"\n").unwrap_or(line));
        vm.call_method_name(b.as_value(), &vm.names.decode, &[vm.new_str(encoding).into_value()])
    }

    pub fn global(&mut self) -> PyResult<()> {
        let module = self.name_line("utf-8")?;
        let name = self.name_line("utf-8")?;
        let found = self.find(&module, &name)?;
        self.push(found)
    }

    pub fn extension(&mut self, code: i64) -> PyResult<()> {
        let vm = self.vm;
        let tables = tables(vm)?;
        let key = vm.new_int(code);
        if let Some(found) = tables.cache.get(vm, &key)? {
            return self.push(found);
        }
        let Some(pair) = tables.inverted.get(vm, &key)? else {
            if code <= 0 {
                return Err(self.error("EXT specifies code <= 0"));
            }
            return Err(vm.value_error(format_args!("unregistered extension code {code}")));
        };
        let found = match pair.downcast::<Tuple>().map(|t| t.items()) {
            Some([m, n]) if m.is_instance_of::<Str>() && n.is_instance_of::<Str>() => self.find(m, n)?,
            _ => {
                let msg = format!("_inverted_registry[{code}] isn't a 2-tuple of strings");
                return Err(vm.value_error(msg));
            }
        };
        tables.cache.set(vm, &key, found.clone())?;
        self.push(found)
    }

    pub fn inst(&mut self) -> PyResult<()> {
        let at = self.pop_mark()?;
        let args = self.pop_from(at);
        let module = self.name_line("ascii")?;
        let name = self.name_line("ascii")?;
        let class = self.find(&module, &name)?;
        let v = self.instantiate(&class, &args)?;
        self.push(v)
    }

    pub fn obj(&mut self) -> PyResult<()> {
        let at = self.pop_mark()?;
        if self.stack.len() <= at {
            return Err(self.underflow());
        }
        let all = self.pop_from(at);
        let Some((class, args)) = all.split_first() else { return Err(self.underflow()) };
        let v = self.instantiate(class, args)?;
        self.push(v)
    }

    fn instantiate(&self, class: &Value, args: &[Value]) -> PyResult<Value> {
        let vm = self.vm;
        if args.is_empty()
            && class.downcast::<Type>().is_some()
            && vm.lookup_attr_str(class, "__getinitargs__")?.is_none()
        {
            return vm.call_method_name(class, &vm.names.__new__, std::slice::from_ref(class));
        }
        vm.call(class, args)
    }

    pub fn new_object(&mut self, with_keywords: bool) -> PyResult<()> {
        let vm = self.vm;
        let what = if with_keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
        let kwargs = if with_keywords { Some(self.pop()?) } else { None };
        let args = self.pop()?;
        let class = self.pop()?;
        let name = |v: &Value| vm.type_of(v).tp_name();
        let Some(ty) = class.downcast::<Type>() else {
            let got = name(&class);
            return Err(self.error(format_args!("{what} class argument must be a type, not {got}")));
        };
        let Some(new) = ty.slots.new.get() else {
            let got = ty.tp_name();
            return Err(self.error(format_args!("{what} class argument '{got}' doesn't have __new__")));
        };
        let Some(args) = args.downcast::<Tuple>() else {
            let got = name(&args);
            return Err(self.error(format_args!("{what} args argument must be a tuple, not {got}")));
        };
        let v = match &kwargs {
            None => new(vm, ty, CallArgs::positional(args.items()))?,
            Some(kwargs) => {
                let Some(d) = kwargs.downcast::<Dict>() else {
                    let got = name(kwargs);
                    return Err(self.error(format_args!("{what} kwargs argument must be a dict, not {got}")));
                };
                let (names, values): (Vec<_>, Vec<_>) = d.pairs().into_iter().unzip();
                let names = vm.new_tuple(names);
                let all: Vec<Value> = args.items().iter().cloned().chain(values).collect();
                new(vm, ty, CallArgs { all: &all, kwnames: Some(&names) })?
            }
        };
        self.push(v)
    }

    pub fn reduce(&mut self) -> PyResult<()> {
        let args = self.pop()?;
        let func = self.pop()?;
        let Some(args) = args.downcast::<Tuple>() else {
            return Err(self.vm.type_error("argument list must be a tuple"));
        };
        let v = self.vm.call(&func, args.items())?;
        self.push(v)
    }

    pub fn append(&mut self) -> PyResult<()> {
        let len = self.stack.len();
        if len.saturating_sub(1) <= self.fence {
            return Err(self.underflow());
        }
        self.appends(len - 1)
    }

    /// What lies below a place: the object that the items above it are for.
    fn below(&self, at: usize) -> PyResult<Value> {
        if at > self.stack.len() || at <= self.fence {
            return Err(self.underflow());
        }
        self.stack.get(at - 1).cloned().ok_or(Raised)
    }

    pub fn appends(&mut self, at: usize) -> PyResult<()> {
        let vm = self.vm;
        let owner = self.below(at)?;
        if self.stack.len() == at {
            return Ok(());
        }
        if let Some(list) = owner.downcast_exact::<List>() {
            let items = self.stack.drain(at..);
            let fits = list.items.with_mut(|l| {
                let fits = l.try_reserve(items.len()).is_ok();
                if fits {
                    l.extend(items);
                }
                fits
            });
            return if fits { Ok(()) } else { Err(vm.memory_error()) };
        }
        let items = self.pop_from(at);
        if let Some(extend) = vm.lookup_attr(&owner, &vm.names.extend)? {
            vm.call1(&extend, vm.new_list(items).as_value())?;
            return Ok(());
        }
        let append = vm.get_attr_str(&owner, "append")?;
        for item in items {
            vm.call1(&append, &item)?;
        }
        Ok(())
    }

    pub fn set_items(&mut self, at: usize) -> PyResult<()> {
        let vm = self.vm;
        let owner = self.below(at)?;
        if self.stack.len() == at {
            return Ok(());
        }
        if !(self.stack.len() - at).is_multiple_of(2) {
            return Err(self.error("odd number of items for SETITEMS"));
        }
        if let Some(dict) = owner.downcast_exact::<Dict>() {
            let count = (self.stack.len() - at) / 2;
            if dict.is_empty() && count > 4 {
                dict.table.swap(&Table::with_capacity(count));
            }
            // Storing may run Python code: what is stored leaves the stack first.
            let items = self.pop_from(at);
            let mut items = items.into_iter();
            while let (Some(k), Some(v)) = (items.next(), items.next()) {
                match k.downcast_exact::<Str>() {
                    Some(k) => dict.set_str(vm, k, v),
                    None => dict.set(vm, &k, v)?,
                }
            }
            return Ok(());
        }
        let items = self.pop_from(at);
        let mut items = items.into_iter();
        while let (Some(k), Some(v)) = (items.next(), items.next()) {
            vm.set_item(&owner, &k, &v)?;
        }
        Ok(())
    }

    pub fn add_items(&mut self, at: usize) -> PyResult<()> {
        let vm = self.vm;
        let owner = self.below(at)?;
        if self.stack.len() == at {
            return Ok(());
        }
        let items = self.pop_from(at);
        if let Some(s) = owner.downcast::<Set>() {
            return set::update(vm, &s.table, vm.new_list(items).as_value());
        }
        let add = vm.get_attr_str(&owner, "add")?;
        for item in items {
            vm.call1(&add, &item)?;
        }
        Ok(())
    }

    pub fn build(&mut self) -> PyResult<()> {
        let vm = self.vm;
        if self.stack.len() < self.fence + 2 {
            return Err(self.underflow());
        }
        let state = self.pop()?;
        let obj = self.top()?.clone();
        if let Some(f) = vm.lookup_attr(&obj, &vm.names.__setstate__)? {
            vm.call1(&f, &state)?;
            return Ok(());
        }
        let (state, slots) = match state.downcast::<Tuple>().map(|t| t.items()) {
            Some([state, slots]) => (state.clone(), slots.clone()),
            _ => (state, Value::NONE),
        };
        if !state.is_none() {
            let Some(d) = state.downcast::<Dict>() else {
                return Err(self.error("state is not a dictionary"));
            };
            self.set_dict(&obj, d)?;
        }
        if !slots.is_none() {
            let Some(d) = slots.downcast::<Dict>() else {
                return Err(self.error("slot state is not a dictionary"));
            };
            for (k, v) in d.pairs() {
                let name = vm.attr_name(&k)?;
                vm.set_attr(&obj, &vm.intern_str(name), &v)?;
            }
        }
        Ok(())
    }

    /// `obj.__dict__.update(state)`, without a dict where the attributes need none.
    fn set_dict(&self, obj: &Value, state: &Gc<Dict>) -> PyResult<()> {
        let vm = self.vm;
        let plain = vm.type_of(obj).lookup(vm, &vm.names.__dict__);
        let plain = plain.is_some_and(|d| d.downcast_exact::<GetSetDescriptor>().is_some());
        let mut dict = None;
        let mut at = 0;
        while let Some((i, key, value)) = state.table.next_entry(at) {
            at = i + 1;
            let value = value.unwrap_or(Value::NONE);
            let key = match key.downcast_exact::<Str>() {
                Some(name) => {
                    let name = vm.intern_str(name);
                    if plain && dict.is_none() && instance::set(vm, obj, &name, value.clone()).is_ok() {
                        continue;
                    }
                    name.into_value()
                }
                None => key,
            };
            let d = match &dict {
                Some(d) => d,
                None => dict.insert(vm.get_attr(obj, &vm.names.__dict__)?),
            };
            vm.set_item(d, &key, &value)?;
        }
        Ok(())
    }
}
