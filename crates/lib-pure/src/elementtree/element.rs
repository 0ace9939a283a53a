//! `Element`, and `SubElement`, which makes one below another.

use super::walk::ElementIter;
use taipan_vm::errors::exc;
use taipan_vm::native::CallArgs;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;
use taipan_vm::types::dict_methods;
use taipan_vm::types::slice::Slice;

const NAME: &str = "xml.etree.ElementTree.Element";

#[pytype(name = "Element", module = "xml.etree.ElementTree", flags(BASETYPE, GC, WEAKREF))]
#[derive(Trace)]
pub struct Element {
    pub tag: ValueCell,
    pub text: ValueCell,
    pub tail: ValueCell,
    /// Made when it is asked for, unless the element begins with some.
    attrib: ValueCell,
    /// None until the first child comes.
    children: GcCell<List>,
}

impl Element {
    fn of(tag: Option<Value>, attrib: Option<Value>) -> Element {
        Element {
            tag: ValueCell::new(tag),
            text: ValueCell::empty(),
            tail: ValueCell::empty(),
            attrib: ValueCell::new(attrib),
            children: GcCell::new(None),
        }
    }

    pub fn len(&self) -> usize {
        self.children.with(|c| c.map_or(0, |c| c.len()))
    }

    pub fn child(&self, i: usize) -> Option<Value> {
        self.children.with(|c| c?.get(i))
    }

    /// The children as a list, made if there is none.
    fn list(&self, vm: &Vm) -> Gc<List> {
        if let Some(l) = self.children.get() {
            return l;
        }
        let l = vm.new_list(Vec::new());
        self.children.set(Some(l.clone()));
        l
    }

    fn dict(&self, vm: &Vm) -> Value {
        if let Some(d) = self.attrib.get() {
            return d;
        }
        let d = vm.new_dict().into_value();
        self.attrib.set(Some(d.clone()));
        d
    }

    pub fn push(&self, vm: &Vm, child: &Value) {
        self.list(vm).push(child.clone())
    }
}

/// A new element; the dict is taken as it is.
pub fn make(vm: &Vm, tag: &Value, attrib: Option<Value>) -> Gc<Element> {
    let attrib = attrib.filter(|d| d.downcast::<Dict>().is_none_or(|d| !d.is_empty()));
    vm.alloc(Element::of(Some(tag.clone()), attrib))
}

/// Complains about what is no element.
pub fn expect_element(vm: &Vm, v: &Value) -> PyResult<()> {
    match v.downcast::<Element>() {
        Some(_) => Ok(()),
        None => Err(vm.type_error(format_args!("expected an Element, not \"{}\"", vm.type_of(v).tp_name()))),
    }
}

fn argument<'a>(vm: &Vm, v: &'a Value, described: &str) -> PyResult<&'a Gc<Element>> {
    match v.downcast::<Element>() {
        Some(e) => Ok(e),
        None => Err(vm.arg_element_error(described, v)),
    }
}

trait ElementError {
    fn arg_element_error(&self, described: &str, v: &Value) -> Raised;
}

impl ElementError for Vm {
    #[cold]
    fn arg_element_error(&self, described: &str, v: &Value) -> Raised {
        self.type_error(format_args!("{described} must be {NAME}, not {}", self.shown_type_name(v)))
    }
}

fn dict_argument<'a>(vm: &Vm, v: &'a Value, described: &str) -> PyResult<&'a Gc<Dict>> {
    match v.downcast::<Dict>() {
        Some(d) => Ok(d),
        None => Err(vm.type_error(format_args!("{described} must be dict, not {}", vm.shown_type_name(v)))),
    }
}

/// The attributes of a call: a copy of the dict given by position or as `attrib`, and the keywords.
fn attributes(vm: &Vm, dict: Option<&Value>, args: CallArgs<'_>, described: &str) -> PyResult<Option<Value>> {
    let mut made = match dict {
        Some(d) => Some(dict_argument(vm, d, described)?),
        None => None,
    }
    .map(|d| dict_methods::copy(vm, d));
    for (name, value) in args.keywords() {
        let is_attrib = name.downcast::<Str>().is_some_and(|s| s.as_bytes() == b"attrib");
        if is_attrib && dict.is_none() {
            let given = dict_argument(vm, value, "attrib")?;
            let copied = dict_methods::copy(vm, given);
            if let Some(before) = made.take() {
                for (k, v) in before.pairs() {
                    copied.set(vm, &k, v)?;
                }
            }
            made = Some(copied);
            continue;
        }
        let target = made.get_or_insert_with(|| vm.new_dict());
        target.set(vm, name, value.clone())?;
    }
    Ok(made.filter(|d| !d.is_empty()).map(|d| d.into_value()))
}

/// `SubElement(parent, tag, attrib={}, **extra)`.
pub fn sub_element(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
    let given = args.pos();
    let n = given.len();
    let (parent, tag, dict) = match given {
        [parent, tag] => (parent, tag, None),
        [parent, tag, dict] => (parent, tag, Some(dict)),
        _ => {
            let (bound, want) = if n < 2 { ("at least", 2) } else { ("at most", 3) };
            return Err(
                vm.type_error(format_args!("SubElement() takes {bound} {want} arguments ({n} given)"))
            );
        }
    };
    let parent = argument(vm, parent, "SubElement() argument 1")?;
    let attrib = attributes(vm, dict, args, "SubElement() argument 3")?;
    let made = make(vm, tag, attrib).into_value();
    parent.push(vm, &made);
    Ok(made)
}

/// Whether a path is more than a tag.
fn is_path(path: &Value) -> bool {
    let text = match (path.downcast::<Str>(), path.downcast::<Bytes>()) {
        (Some(s), _) => s.as_bytes(),
        (_, Some(b)) => b.as_bytes(),
        _ => return true,
    };
    if text.starts_with(b"{}") || text.starts_with(b"{*}") {
        return true;
    }
    let mut plain = true;
    for b in text {
        match b {
            b'{' => plain = false,
            b'}' => plain = true,
            b'/' | b'*' | b'[' | b'@' | b'.' if plain => return true,
            _ => {}
        }
    }
    false
}

/// Calls the function of `ElementPath` that has the name.
fn by_path(vm: &Vm, name: &str, args: &[Value]) -> PyResult<Value> {
    let paths = vm.import_named("xml.etree.ElementPath")?;
    vm.call_method(&paths, name, args)
}

/// Whether an element has the tag.
fn has_tag(vm: &Vm, e: &Element, tag: &Value) -> PyResult<bool> {
    let own = e.tag.get().unwrap_or(Value::NONE);
    Ok(own.is(tag) || vm.eq(&own, tag)?)
}

/// The first child that has the tag.
fn first_with(vm: &Vm, e: &Element, tag: &Value) -> PyResult<Option<Value>> {
    let mut i = 0;
    while let Some(child) = e.child(i) {
        if let Some(c) = child.downcast::<Element>()
            && has_tag(vm, c, tag)?
        {
            return Ok(Some(child));
        }
        i += 1;
    }
    Ok(None)
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<Element>> {
    object::<Element>(vm, v, "Element")
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let e = me(vm, v)?;
    let at = vm.id_of(v);
    let Some(tag) = e.tag.get() else {
        return Ok(vm.new_str(&format!("<Element at {at:#x}>")).into_value());
    };
    taipan_vm::types::repr_guard::guarded(vm, v, "...", || {
        let mut out = taipan_text::wtf8::Wtf8Buf::from("<Element ");
        out.push_wtf8(vm.repr(&tag)?.as_wtf8());
        out.push_str(&format!(" at {at:#x}>"));
        Ok(out)
    })
}

fn is_index(vm: &Vm, key: &Value) -> bool {
    key.is_int() || vm.type_of(key).slots.index.get().is_some()
}

fn subscript(vm: &Vm, v: &Value, key: &Value) -> PyResult<Value> {
    let e = me(vm, v)?;
    if key.downcast_exact::<Slice>().is_some() {
        return vm.get_item(e.list(vm).as_value(), key);
    }
    if !is_index(vm, key) {
        return Err(vm.type_error("element indices must be integers"));
    }
    let i = vm.index_isize(key)?;
    let i = if i < 0 { i.saturating_add_unsigned(e.len()) } else { i };
    item(vm, v, i)
}

fn item(vm: &Vm, v: &Value, i: isize) -> PyResult<Value> {
    match usize::try_from(i).ok().and_then(|i| me(vm, v).ok()?.child(i)) {
        Some(child) => Ok(child),
        None => Err(vm.index_error("child index out of range")),
    }
}

fn ass_subscript(vm: &Vm, v: &Value, key: &Value, value: Option<&Value>) -> PyResult<()> {
    let e = me(vm, v)?;
    if key.downcast_exact::<Slice>().is_some() {
        let Some(value) = value else { return vm.del_item(e.list(vm).as_value(), key) };
        let items = vm.sequence_fast(value, "assignment expects an iterable")?;
        for x in &items {
            expect_element(vm, x)?;
        }
        let items = vm.new_list(items).into_value();
        return vm.set_item(e.list(vm).as_value(), key, &items);
    }
    if !is_index(vm, key) {
        return Err(vm.type_error("element indices must be integers"));
    }
    let i = vm.index_isize(key)?;
    let i = if i < 0 { i.saturating_add_unsigned(e.len()) } else { i };
    let Some(i) = usize::try_from(i).ok().filter(|i| *i < e.len()) else {
        return Err(vm.index_error("child assignment index out of range"));
    };
    let list = e.list(vm);
    match value {
        Some(x) => {
            expect_element(vm, x)?;
            drop(list.set(i, x.clone()));
        }
        None => drop(list.items.with_mut(|items| (i < items.len()).then(|| items.remove(i)))),
    }
    Ok(())
}

fn truth(vm: &Vm, v: &Value) -> PyResult<bool> {
    let e = me(vm, v)?;
    vm.warn(
        &exc::DeprecationWarning,
        format_args!(
            "Testing an element's truth value will always return True in future versions.  Use specific 'len(elem)' or 'elem is not None' test instead."
        ),
        1,
    )?;
    Ok(e.len() != 0)
}

impl Slots for Element {
    const SLOTS: SlotDefs = SlotDefs {
        repr: Some(repr),
        bool: Some(truth),
        len: Some(|vm, v| Ok(me(vm, v)?.len())),
        item: Some(item),
        subscript: Some(subscript),
        ass_subscript: Some(ass_subscript),
        ..SlotDefs::NONE
    };
}

fn deletion(vm: &Vm) -> Raised {
    vm.raise_new(&exc::AttributeError, "can't delete element attribute")
}

fn assign(vm: &Vm, place: &ValueCell, value: Option<&Value>) -> PyResult<()> {
    match value {
        Some(v) => {
            place.set(Some(v.clone()));
            Ok(())
        }
        None => Err(deletion(vm)),
    }
}

#[pymethods]
impl Element {
    #[pynew(raw)]
    fn new(vm: &Vm, cls: &Gc<Type>, _args: CallArgs) -> PyResult<Value> {
        let e = Element::of(None, None);
        e.tag.set(Some(Value::NONE));
        Ok(vm.alloc_in(cls, e)?.into_value())
    }

    #[pyinit(raw)]
    fn init(vm: &Vm, zelf: &Gc<Element>, args: CallArgs) -> PyResult<()> {
        let given = args.pos();
        let (tag, dict) = match given {
            [tag] => (tag, None),
            [tag, dict] => (tag, Some(dict)),
            _ => {
                let n = given.len();
                let (bound, want, s) = if n == 0 { ("at least", 1, "") } else { ("at most", 2, "s") };
                return Err(
                    vm.type_error(format_args!("Element() takes {bound} {want} argument{s} ({n} given)"))
                );
            }
        };
        let attrib = attributes(vm, dict, args, "Element() argument 2")?;
        zelf.attrib.set(attrib);
        zelf.tag.set(Some(tag.clone()));
        zelf.text.set(None);
        zelf.tail.set(None);
        Ok(())
    }

    #[pygetter("tag")]
    fn get_tag(_vm: &Vm, zelf: &Gc<Element>) -> Value {
        zelf.tag.get().unwrap_or(Value::NONE)
    }
    #[pysetter("tag")]
    fn set_tag(vm: &Vm, zelf: &Gc<Element>, value: Option<&Value>) -> PyResult<()> {
        assign(vm, &zelf.tag, value)
    }
    #[pygetter("text")]
    fn get_text(_vm: &Vm, zelf: &Gc<Element>) -> Value {
        zelf.text.get().unwrap_or(Value::NONE)
    }
    #[pysetter("text")]
    fn set_text(vm: &Vm, zelf: &Gc<Element>, value: Option<&Value>) -> PyResult<()> {
        assign(vm, &zelf.text, value)
    }
    #[pygetter("tail")]
    fn get_tail(_vm: &Vm, zelf: &Gc<Element>) -> Value {
        zelf.tail.get().unwrap_or(Value::NONE)
    }
    #[pysetter("tail")]
    fn set_tail(vm: &Vm, zelf: &Gc<Element>, value: Option<&Value>) -> PyResult<()> {
        assign(vm, &zelf.tail, value)
    }
    #[pygetter("attrib")]
    fn get_attrib(vm: &Vm, zelf: &Gc<Element>) -> Value {
        zelf.dict(vm)
    }
    #[pysetter("attrib")]
    fn set_attrib(vm: &Vm, zelf: &Gc<Element>, value: Option<&Value>) -> PyResult<()> {
        if let Some(v) = value {
            dict_argument(vm, v, "attrib")?;
        }
        assign(vm, &zelf.attrib, value)
    }

    #[pymethod("append($self, subelement, /)")]
    fn append(vm: &Vm, zelf: &Gc<Element>, subelement: &Value) -> PyResult<()> {
        argument(vm, subelement, "append() argument 1")?;
        zelf.push(vm, subelement);
        Ok(())
    }

    #[pymethod("clear($self, /)")]
    fn clear(vm: &Vm, zelf: &Gc<Element>) -> PyResult<()> {
        let _ = vm;
        zelf.attrib.set(None);
        zelf.children.set(None);
        zelf.text.set(None);
        zelf.tail.set(None);
        Ok(())
    }

    #[pymethod("extend($self, elements, /)")]
    fn extend(vm: &Vm, zelf: &Gc<Element>, elements: &Value) -> PyResult<()> {
        for e in vm.sequence_fast(elements, "'elements' must be an iterable")? {
            expect_element(vm, &e)?;
            zelf.push(vm, &e);
        }
        Ok(())
    }

    #[pymethod("insert($self, index, subelement, /)")]
    fn insert(vm: &Vm, zelf: &Gc<Element>, index: &Value, subelement: &Value) -> PyResult<()> {
        let i = vm.index_isize(index)?;
        argument(vm, subelement, "insert() argument 2")?;
        let list = zelf.list(vm);
        let n = list.len();
        let i = if i < 0 { i.saturating_add_unsigned(n).max(0) } else { i };
        list.items.with_mut(|items| items.insert((i as usize).min(items.len()), subelement.clone()));
        Ok(())
    }

    #[pymethod("remove($self, subelement, /)")]
    fn remove(vm: &Vm, zelf: &Gc<Element>, subelement: &Value) -> PyResult<()> {
        argument(vm, subelement, "remove() argument")?;
        let list = zelf.list(vm);
        let is = |v: &Value| v.is(subelement);
        let mut found = list.items.with(|items| items.iter().position(is));
        let mut i = 0;
        while found.is_none()
            && let Some(child) = list.get(i)
        {
            if vm.eq(&child, subelement)? {
                found = Some(i);
            }
            i += 1;
        }
        let Some(at) = found else {
            return Err(vm.value_error("Element.remove(x): element not found"));
        };
        drop(list.items.with_mut(|items| (at < items.len()).then(|| items.remove(at))));
        Ok(())
    }

    #[pymethod("find($self, /, path, namespaces=None)")]
    fn find(vm: &Vm, zelf: &Gc<Element>, path: &Value, namespaces: &Value) -> PyResult<Value> {
        if is_path(path) || !namespaces.is_none() {
            return by_path(vm, "find", &[zelf.to_value(), path.clone(), namespaces.clone()]);
        }
        Ok(first_with(vm, zelf, path)?.unwrap_or(Value::NONE))
    }

    #[pymethod("findtext($self, /, path, default=None, namespaces=None)")]
    fn findtext(
        vm: &Vm,
        zelf: &Gc<Element>,
        path: &Value,
        default: &Value,
        namespaces: &Value,
    ) -> PyResult<Value> {
        if is_path(path) || !namespaces.is_none() {
            let args = [zelf.to_value(), path.clone(), default.clone(), namespaces.clone()];
            return by_path(vm, "findtext", &args);
        }
        let Some(found) = first_with(vm, zelf, path)? else { return Ok(default.clone()) };
        let text = found.downcast::<Element>().and_then(|e| e.text.get()).filter(|t| !t.is_none());
        Ok(text.unwrap_or_else(|| vm.names.empty.to_value()))
    }

    #[pymethod("findall($self, /, path, namespaces=None)")]
    fn findall(vm: &Vm, zelf: &Gc<Element>, path: &Value, namespaces: &Value) -> PyResult<Value> {
        if is_path(path) || !namespaces.is_none() {
            return by_path(vm, "findall", &[zelf.to_value(), path.clone(), namespaces.clone()]);
        }
        let (mut out, mut i) = (Vec::new(), 0);
        while let Some(child) = zelf.child(i) {
            if let Some(c) = child.downcast::<Element>()
                && has_tag(vm, c, path)?
            {
                out.push(child);
            }
            i += 1;
        }
        Ok(vm.new_list(out).into_value())
    }

    #[pymethod("iterfind($self, /, path, namespaces=None)")]
    fn iterfind(vm: &Vm, zelf: &Gc<Element>, path: &Value, namespaces: &Value) -> PyResult<Value> {
        by_path(vm, "iterfind", &[zelf.to_value(), path.clone(), namespaces.clone()])
    }

    #[pymethod("get($self, /, key, default=None)")]
    fn get(vm: &Vm, zelf: &Gc<Element>, key: &Value, default: &Value) -> PyResult<Value> {
        let Some(attrib) = zelf.attrib.get() else { return Ok(default.clone()) };
        let Some(d) = attrib.downcast::<Dict>() else { return Ok(default.clone()) };
        Ok(d.get(vm, key)?.unwrap_or_else(|| default.clone()))
    }

    #[pymethod("set($self, key, value, /)")]
    fn set(vm: &Vm, zelf: &Gc<Element>, key: &Value, value: &Value) -> PyResult<()> {
        let attrib = zelf.dict(vm);
        match attrib.downcast::<Dict>() {
            Some(d) => d.set(vm, key, value.clone()),
            None => vm.set_item(&attrib, key, value),
        }
    }

    #[pymethod("items($self, /)")]
    fn items(vm: &Vm, zelf: &Gc<Element>) -> Value {
        let attrib = zelf.attrib.get();
        let Some(d) = attrib.as_ref().and_then(|d| d.downcast::<Dict>()) else {
            return vm.new_list(Vec::new()).into_value();
        };
        let mut out = Vec::with_capacity(d.len());
        let mut i = 0;
        while let Some((at, k, v)) = d.table.next_entry(i) {
            out.push(vm.tuple_from_iter([k, v.unwrap_or(Value::NONE)].into_iter()).into_value());
            i = at + 1;
        }
        vm.new_list(out).into_value()
    }

    #[pymethod("keys($self, /)")]
    fn keys(vm: &Vm, zelf: &Gc<Element>) -> Value {
        let pairs = zelf.attrib.get().and_then(|d| d.downcast::<Dict>().map(|d| d.pairs()));
        vm.new_list(pairs.unwrap_or_default().into_iter().map(|(k, _)| k).collect()).into_value()
    }

    #[pymethod("iter($self, /, tag=None)")]
    fn iter(vm: &Vm, zelf: &Gc<Element>, tag: &Value) -> Value {
        let all = tag.is_none() || tag.downcast::<Str>().is_some_and(|s| s.as_bytes() == b"*");
        ElementIter::make(vm, zelf, (!all).then(|| tag.clone()), false)
    }

    #[pymethod("itertext($self, /)")]
    fn itertext(vm: &Vm, zelf: &Gc<Element>) -> Value {
        ElementIter::make(vm, zelf, None, true)
    }

    #[pymethod("makeelement($self, tag, attrib, /)")]
    fn makeelement(vm: &Vm, _zelf: &Gc<Element>, tag: &Value, attrib: &Value) -> PyResult<Value> {
        let d = dict_argument(vm, attrib, "makeelement() argument 2")?;
        let copied = dict_methods::copy(vm, d).into_value();
        Ok(make(vm, tag, Some(copied)).into_value())
    }

    #[pymethod("__copy__($self, /)")]
    fn copy(vm: &Vm, zelf: &Gc<Element>) -> Value {
        let e = make(vm, &zelf.tag.get().unwrap_or(Value::NONE), zelf.attrib.get());
        e.text.set(zelf.text.get());
        e.tail.set(zelf.tail.get());
        if let Some(l) = zelf.children.get() {
            e.children.set(Some(vm.new_list(l.to_vec())));
        }
        e.into_value()
    }

    #[pymethod("__deepcopy__($self, memo, /)")]
    fn deepcopy(vm: &Vm, zelf: &Gc<Element>, memo: &Value) -> PyResult<Value> {
        let memo = dict_argument(vm, memo, "__deepcopy__() argument")?.to_value();
        vm.recurse(" while copying an element", || deep(vm, zelf, &memo))
    }

    #[pymethod("__getstate__($self, /)")]
    fn getstate(vm: &Vm, zelf: &Gc<Element>) -> Value {
        let children = zelf.children.get().map(|l| l.to_vec()).unwrap_or_default();
        let attrib = zelf.attrib.get().unwrap_or_else(|| vm.new_dict().into_value());
        vm.dict_of(&[
            ("tag", zelf.tag.get().unwrap_or(Value::NONE)),
            ("_children", vm.new_list(children).into_value()),
            ("attrib", attrib),
            ("text", zelf.text.get().unwrap_or(Value::NONE)),
            ("tail", zelf.tail.get().unwrap_or(Value::NONE)),
        ])
        .into_value()
    }

    #[pymethod("__setstate__($self, state, /)")]
    fn setstate(vm: &Vm, zelf: &Gc<Element>, state: &Value) -> PyResult<()> {
        let Some(state) = state.downcast::<Dict>() else {
            let shown = vm.repr_text(state)?;
            return Err(vm.type_error(format_args!("Don't know how to unpickle \"{shown}\" as an Element")));
        };
        let part = |name: &str| state.get_str(vm, &vm.intern(name));
        let Some(tag) = part("tag") else { return Err(vm.type_error("tag may not be NULL")) };
        // What comes before a fault is set already.
        zelf.tag.set(Some(tag));
        zelf.text.set(part("text"));
        zelf.tail.set(part("tail"));
        let children = match part("_children") {
            Some(c) => match c.downcast::<List>() {
                Some(l) => l.to_vec(),
                None => return Err(vm.type_error("'_children' is not a list")),
            },
            None => Vec::new(),
        };
        for c in &children {
            expect_element(vm, c)?;
        }
        zelf.children.set((!children.is_empty()).then(|| vm.new_list(children)));
        zelf.attrib.set(part("attrib"));
        Ok(())
    }

    #[pymethod("__sizeof__($self, /)")]
    fn sizeof(vm: &Vm, zelf: &Gc<Element>) -> usize {
        let _ = vm;
        // What CPython's take: the object, and the block of attributes and children once there are any.
        let n = zelf.len();
        let more = if n == 0 && !zelf.attrib.is_some() { 0 } else { 64 };
        let room = if n > 4 { (n + (n >> 3) + if n < 9 { 3 } else { 6 }) & !7 } else { 0 };
        56 + more + room * 8
    }
}

fn deep(vm: &Vm, e: &Gc<Element>, memo: &Value) -> PyResult<Value> {
    let copier = vm.import_named("copy")?;
    let copied = |v: &Value| -> PyResult<Value> {
        if v.is_none() || v.downcast_exact::<Str>().is_some() {
            return Ok(v.clone());
        }
        match v.downcast_exact::<Element>() {
            Some(e) if vm.type_of(v).native.is_some() => {
                vm.recurse(" while copying an element", || deep(vm, e, memo))
            }
            _ => vm.call_method(&copier, "deepcopy", &[v.clone(), memo.clone()]),
        }
    };
    let part = |cell: &ValueCell| copied(&cell.get().unwrap_or(Value::NONE));
    let tag = part(&e.tag)?;
    let attrib = match e.attrib.get() {
        Some(d) => Some(copied(&d)?),
        None => None,
    };
    let made = make(vm, &tag, attrib);
    made.text.set(Some(part(&e.text)?));
    made.tail.set(Some(part(&e.tail)?));
    let mut i = 0;
    while let Some(child) = e.child(i) {
        let child = copied(&child)?;
        expect_element(vm, &child)?;
        made.push(vm, &child);
        i += 1;
    }
    let made = made.into_value();
    vm.set_item(memo, &vm.new_uint(vm.id_of(e.as_value())), &made)?;
    Ok(made)
}
