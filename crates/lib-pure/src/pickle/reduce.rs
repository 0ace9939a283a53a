//! Writing what `__reduce__` says: a function, its arguments, a state, items.

use super::save::Save;
use super::{op, pickling_error};
use taipan_vm::prelude::*;
use taipan_vm::types::set::full_type_name;

impl Save<'_> {
    /// Writes an object from its reduction: a global's name or a tuple.
    pub fn reduced(&mut self, v: &Value, r: Value) -> PyResult<()> {
        if let Some(name) = r.downcast::<Str>() {
            return self.global(v, Some(name));
        }
        let done = match r.downcast::<Tuple>() {
            Some(t) => self.reduce(t.items(), Some(v)),
            None => Err(pickling_error(
                self.vm,
                format_args!("__reduce__ must return a string or tuple, not {}", full_type_name(self.vm, &r)),
            )),
        };
        match done {
            Ok(()) => Ok(()),
            Err(Raised) => Err(self.note_of(v, "object")),
        }
    }

    fn noted(&mut self, v: &Value, owner: Option<&Value>, what: &str) -> PyResult<()> {
        match (self.value(v), owner) {
            (Err(Raised), Some(owner)) => Err(self.note_of(owner, what)),
            (done, _) => done,
        }
    }

    #[cold]
    fn item_error(&self, which: &str, must: &str, v: &Value) -> Raised {
        let got = full_type_name(self.vm, v);
        pickling_error(
            self.vm,
            format_args!("{which} item of the tuple returned by __reduce__ must be {must}, not {got}"),
        )
    }

    /// Writes a reduction; `obj` is what it makes.
    pub fn reduce(&mut self, parts: &[Value], obj: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        let part = |i: usize| parts.get(i).filter(|v| !v.is_none());
        let (2..=6, Some(func), Some(args)) = (parts.len(), parts.first(), parts.get(1)) else {
            let msg = "tuple returned by __reduce__ must contain 2 through 6 elements";
            return Err(pickling_error(vm, msg));
        };
        if !vm.is_callable(func) {
            return Err(self.item_error("first", "callable", func));
        }
        let Some(args) = args.downcast::<Tuple>() else {
            return Err(self.item_error("second", "a tuple", args));
        };
        let (state, list_items, dict_items, setter) = (part(2), part(3), part(4), part(5));
        let is_iterator = |v: &Value| vm.type_of(v).slots.iternext.get().is_some();
        if let Some(it) = list_items
            && !is_iterator(it)
        {
            return Err(self.item_error("fourth", "an iterator", it));
        }
        if let Some(it) = dict_items
            && !is_iterator(it)
        {
            return Err(self.item_error("fifth", "an iterator", it));
        }
        if let Some(f) = setter
            && !vm.is_callable(f)
        {
            return Err(self.item_error("sixth", "callable", f));
        }
        self.construction(func, args, obj)?;
        if let Some(obj) = obj {
            match self.memo_index(obj) {
                // Its parts have written the object itself.
                Some(index) => {
                    self.put(&[op::POP])?;
                    self.put_get(index)?;
                }
                None => self.memoize(obj)?,
            }
        }
        let owner = obj.unwrap_or(func);
        if let Some(it) = list_items {
            self.append_all(owner, it)?;
        }
        if let Some(it) = dict_items {
            self.set_all(owner, it)?;
        }
        match (state, setter) {
            (None, _) => Ok(()),
            (Some(state), None) => {
                self.noted(state, obj, "state")?;
                self.put(&[op::BUILD])
            }
            (Some(state), Some(setter)) => {
                self.noted(setter, obj, "state setter")?;
                self.value(owner)?;
                self.noted(state, obj, "state")?;
                self.put(&[op::TUPLE2, op::REDUCE, op::POP])
            }
        }
    }

    fn construction(&mut self, func: &Value, args: &Gc<Tuple>, obj: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        if self.proto >= 2 {
            let name = vm.lookup_attr(func, &vm.names.__name__)?;
            let name = name.as_ref().and_then(|n| n.downcast::<Str>()).map_or(&b""[..], |n| n.as_bytes());
            match name {
                b"__newobj_ex__" => return self.new_object_ex(args, obj),
                b"__newobj__" => return self.new_object(args, obj),
                _ => {}
            }
        }
        self.noted(func, obj, "reconstructor")?;
        self.noted(args.as_value(), obj, "reconstructor arguments")?;
        self.put(&[op::REDUCE])
    }

    fn new_object(&mut self, args: &Gc<Tuple>, obj: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        let [cls, rest @ ..] = args.items() else {
            return Err(pickling_error(vm, "__newobj__ expected at least 1 argument, got 0"));
        };
        if cls.downcast::<Type>().is_none() {
            let got = full_type_name(vm, cls);
            let msg = format!("first argument to __newobj__() must be a class, not {got}");
            return Err(pickling_error(vm, msg));
        }
        if let Some(obj) = obj {
            let own = vm.get_attr(obj, &vm.names.__class__)?;
            if !own.is(cls) {
                let (must, got) = (vm.repr_text(&own)?, vm.repr_text(cls)?);
                let msg = format!("first argument to __newobj__() must be {must}, not {got}");
                return Err(pickling_error(vm, msg));
            }
        }
        self.noted(cls, obj, "class")?;
        self.noted(vm.tuple_from(rest).as_value(), obj, "__new__ arguments")?;
        self.put(&[op::NEWOBJ])
    }

    fn new_object_ex(&mut self, args: &Gc<Tuple>, obj: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        let [cls, args, kwargs] = args.items() else {
            let n = args.len();
            return Err(pickling_error(vm, format_args!("__newobj_ex__ expected 3 arguments, got {n}")));
        };
        let wrong = |which: &str, must: &str, v: &Value| {
            let got = full_type_name(vm, v);
            pickling_error(vm, format_args!("{which} argument to __newobj_ex__() must be {must}, not {got}"))
        };
        if cls.downcast::<Type>().is_none() {
            return Err(wrong("first", "a class", cls));
        }
        let Some(items) = args.downcast::<Tuple>() else { return Err(wrong("second", "a tuple", args)) };
        let Some(pairs) = kwargs.downcast::<Dict>() else { return Err(wrong("third", "a dict", kwargs)) };
        if self.proto >= 4 {
            self.noted(cls, obj, "class")?;
            self.noted(args, obj, "__new__ arguments")?;
            self.noted(kwargs, obj, "__new__ arguments")?;
            return self.put(&[op::NEWOBJ_EX]);
        }
        let mut all = vec![vm.get_attr(cls, &vm.names.__new__)?, cls.clone()];
        all.extend_from_slice(items.items());
        let partial = vm.call_kw(&self.tables.partial, &all, &pairs.pairs())?;
        self.noted(&partial, obj, "reconstructor")?;
        self.value(vm.names.empty_tuple.as_value())?;
        self.put(&[op::REDUCE])
    }
}
