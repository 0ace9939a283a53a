//! `_tuplegetter`: the field descriptors of named tuples.

use taipan_text::wtf8::Wtf8Buf;
use taipan_vm::errors::exc;
use taipan_vm::native::shell::object;
use taipan_vm::prelude::*;

#[pytype(name = "_tuplegetter", module = "collections", flags(GC))]
#[derive(Trace)]
pub struct TupleGetter {
    pub index: isize,
    doc: ValueCell,
}

fn me<'a>(vm: &Vm, v: &'a Value) -> PyResult<&'a Gc<TupleGetter>> {
    object::<TupleGetter>(vm, v, "_tuplegetter")
}

fn repr(vm: &Vm, v: &Value) -> PyResult {
    let g = me(vm, v)?;
    let mut out = Wtf8Buf::from(format!("{}({}, ", vm.type_of(v).name(), g.index));
    out.push_wtf8(vm.repr(&g.doc.get().unwrap_or(Value::NONE))?.as_wtf8());
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn get(vm: &Vm, v: &Value, obj: Option<&Value>, _: &Value) -> PyResult {
    let g = me(vm, v)?;
    let Some(obj) = obj else { return Ok(v.clone()) };
    let Some(t) = obj.downcast::<Tuple>() else {
        if obj.is_none() {
            return Ok(v.clone());
        }
        return Err(vm.type_error(format_args!(
            "descriptor for index '{}' for tuple subclasses doesn't apply to '{}' object",
            g.index,
            vm.type_of(obj).name()
        )));
    };
    match usize::try_from(g.index).ok().and_then(|i| t.get(i)) {
        Some(x) => Ok(x.clone()),
        None => Err(vm.index_error("tuple index out of range")),
    }
}

fn set(vm: &Vm, _: &Value, _: &Value, value: Option<&Value>) -> PyResult<()> {
    let what = if value.is_some() { "set" } else { "delete" };
    Err(vm.raise_new(&exc::AttributeError, format_args!("can't {what} attribute")))
}

impl Slots for TupleGetter {
    const SLOTS: SlotDefs =
        SlotDefs { repr: Some(repr), descr_get: Some(get), descr_set: Some(set), ..SlotDefs::NONE };
}

#[pymethods]
impl TupleGetter {
    #[pynew("_tuplegetter(index, doc, /)")]
    fn new(vm: &Vm, cls: &Gc<Type>, index: isize, doc: &Value) -> PyResult<Value> {
        let body = TupleGetter { index, doc: ValueCell::new(Some(doc.clone())) };
        Ok(vm.alloc_in(cls, body)?.into_value())
    }

    #[pygetter("__doc__")]
    fn doc(vm: &Vm, zelf: &Gc<TupleGetter>) -> Value {
        let _ = vm;
        zelf.doc.get().unwrap_or(Value::NONE)
    }

    #[pysetter("__doc__")]
    fn set_doc(vm: &Vm, zelf: &Gc<TupleGetter>, value: Option<&Value>) -> PyResult<()> {
        let _ = vm;
        zelf.doc.set(value.cloned());
        Ok(())
    }

    #[pymethod(no_text, "__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Gc<TupleGetter>) -> Value {
        let doc = zelf.doc.get().unwrap_or(Value::NONE);
        let args = vm.new_tuple(vec![vm.new_int(zelf.index as i64), doc]).into_value();
        vm.new_tuple(vec![vm.type_of(zelf.as_value()).to_value(), args]).into_value()
    }
}
