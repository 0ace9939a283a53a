//! `IsoCalendarDate`, the tuple that `isocalendar` answers.

use super::args;
use taipan_vm::native::{CallArgs, ConstDef, FnDef, GetSetDef, Methods};
use taipan_vm::prelude::*;

/// The rows of the class, whose instances are tuples.
struct IsoDate;

impl Trace for IsoDate {
    fn trace(&self, _: &mut dyn FnMut(&Value)) {}
}

taipan_vm::fixed_layout!(IsoDate);

impl Payload for IsoDate {
    fn def() -> &'static TypeDef {
        &ISO_DATE
    }
}

const METHODS: &[FnDef] = <IsoDate as Methods>::METHODS;
const GETSET: &[GetSetDef] = <IsoDate as Methods>::GETSET;
const CONSTS: &[ConstDef] = &[];

pub static ISO_DATE: TypeDef = TypeDef {
    name: "IsoCalendarDate",
    module: "datetime",
    doc: "The result of date.isocalendar() or datetime.isocalendar()\n\nThis object may be accessed either as a tuple of\n  ((year, week, weekday))\nor via the object attributes as named in the above tuple.",
    signature: "",
    base: Some(<Tuple as Payload>::def),
    flags: F::GC | F::BASE_PAYLOAD,
    slots: SlotDefs { new: Some(new), repr: Some(repr), ..SlotDefs::NONE },
    methods: METHODS,
    getset: GETSET,
    consts: CONSTS,
    fns: <Tuple as taipan_heap::Layout>::FNS,
    id: {
        static ID: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        &ID
    },
};

fn new(vm: &Vm, _: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    let slots = args::bind(vm, "IsoCalendarDate()", ["year", "week", "weekday"], 3, 3, args)?;
    make(vm, slots.map(|v| v.cloned().unwrap_or(Value::NONE)))
}

/// Year, week and day of the week.
pub fn make(vm: &Vm, fields: [Value; 3]) -> PyResult<Value> {
    let cls = vm.type_for(&ISO_DATE);
    Ok(vm.new_tuple_in(&cls, fields.into())?.into_value())
}

fn field(v: &Value, i: usize) -> Value {
    v.downcast::<Tuple>().and_then(|t| t.get(i).cloned()).unwrap_or(Value::NONE)
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let mut parts = Vec::new();
    for (i, name) in ["year", "week", "weekday"].into_iter().enumerate() {
        parts.push(format!("{name}={}", vm.str(&field(v, i))?.to_string_lossy()));
    }
    Ok(vm.new_str(&format!("{}({})", vm.type_of(v).tp_name(), parts.join(", "))).into_value())
}

#[pymethods]
impl IsoDate {
    #[pygetter("year")]
    fn get_year(_vm: &Vm, zelf: &Value) -> Value {
        field(zelf, 0)
    }
    #[pygetter("week")]
    fn get_week(_vm: &Vm, zelf: &Value) -> Value {
        field(zelf, 1)
    }
    #[pygetter("weekday")]
    fn get_weekday(_vm: &Vm, zelf: &Value) -> Value {
        field(zelf, 2)
    }

    /// __reduce__() -> (cls, state)
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Value) -> Value {
        let plain = vm.tuple_from_iter([field(zelf, 0), field(zelf, 1), field(zelf, 2)].into_iter());
        let args = vm.tuple_from_iter([plain.into_value()].into_iter()).into_value();
        vm.tuple_from_iter([vm.types.tuple.to_value(), args].into_iter()).into_value()
    }
}
