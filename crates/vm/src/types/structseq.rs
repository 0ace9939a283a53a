//! Tuples with named fields, as `sys.version_info`, `os.stat_result` and `time.struct_time` are.
//!
//! The fields that belong to the sequence are the tuple's items. Those behind them (`tm_zone`) are only attributes: they
//! lie in the instance's attribute storage, under their own names, which nobody can set: in line, where the class is the
//! sequence's own and all are given.
//!
//! To declare one:
//! ```ignore
//! structseq! {
//!     /// Doc comment = `__doc__`.
//!     pub FLAGS = "flags" in "sys", 18, [("debug", "-d"), ("inspect", "-i"), …];
//! }
//! ```
//! The number says how many fields the sequence has. Then `structseq::make(vm, &FLAGS, values)`.

use crate::errors::exc;
use crate::native::{ConstDef, FnDef, GetSetDef, Methods};
use crate::prelude::*;
use crate::types::instance;
use crate::types::typedef::TypeDef;
use std::rc::Rc;
use std::sync::atomic::AtomicU32;

/// A structure sequence's class as constant data.
pub struct StructSeq {
    pub def: TypeDef,
    pub fields: &'static [(&'static str, &'static str)],
    /// How many of the fields the sequence has.
    pub visible: usize,
}

/// Fields that share their name with no attribute.
pub const UNNAMED: &str = "unnamed field";

/// Declares structure sequences; see the head of `types/structseq.rs`.
#[macro_export]
macro_rules! structseq {
    ($($(#[doc = $doc:literal])* $vis:vis $id:ident = $name:literal in $module:literal, $visible:expr, $fields:expr;)*) => {
        $($vis static $id: $crate::types::structseq::StructSeq = {
            static ID: ::std::sync::atomic::AtomicU32 = ::std::sync::atomic::AtomicU32::new(0);
            const FIELDS: &[(&str, &str)] = &$fields;
            const ROWS: &[$crate::native::GetSetDef] = &$crate::types::structseq::rows::<{ FIELDS.len() }>(FIELDS);
            $crate::types::structseq::StructSeq {
                def: $crate::types::structseq::type_def($name, $module, concat!($($doc, "\n"),*), ROWS, &ID),
                fields: FIELDS,
                visible: $visible,
            }
        };)*
    };
}

type Get = fn(&Vm, &Value) -> PyResult<Value>;

macro_rules! getters {
    ($($n:literal)*) => { [$(get_field::<$n> as Get),*] };
}

const GETTERS: [Get; 32] =
    getters!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

/// The rows of the fields' attributes.
pub const fn rows<const N: usize>(fields: &[(&'static str, &'static str)]) -> [GetSetDef; N] {
    let mut rows =
        [const { GetSetDef { name: "", doc: "", member: true, get: get_field::<0>, set: None } }; N];
    let mut i = 0;
    while i < N {
        rows[i] = GetSetDef { name: fields[i].0, doc: fields[i].1, member: true, get: GETTERS[i], set: None };
        i += 1;
    }
    rows
}

/// The row of the class.
pub const fn type_def(
    name: &'static str,
    module: &'static str,
    doc: &'static str,
    getset: &'static [GetSetDef],
    id: &'static AtomicU32,
) -> TypeDef {
    TypeDef {
        name,
        module,
        doc,
        signature: "(iterable=(), /)",
        base: Some(<Tuple as Payload>::def),
        flags: F::GC | F::HAS_DICT | F::BASE_PAYLOAD,
        slots: SlotDefs { new: Some(new), repr: Some(repr), setattro: Some(setattro), ..SlotDefs::NONE },
        methods: METHODS,
        getset,
        consts: CONSTS,
        fns: <Tuple as taipan_heap::Layout>::FNS,
        id,
    }
}

/// What is known of a class that was made.
struct Entry {
    seq: &'static StructSeq,
    class: Gc<Type>,
    /// The names of the fields behind the sequence.
    hidden: Vec<Gc<Str>>,
    /// What instances with all of them have; the class's.
    shape: Option<*const instance::Shape>,
}

#[derive(Default)]
struct Known {
    by_def: Guarded<Vec<Rc<Entry>>>,
}

fn known(vm: &Vm, is: impl Fn(&Entry) -> bool) -> Option<Rc<Entry>> {
    vm.state::<Known>().by_def.with(|k| k.iter().find(|e| is(e)).cloned())
}

/// The class object.
pub fn class(vm: &Vm, seq: &'static StructSeq) -> Gc<Type> {
    entry(vm, seq).class.clone()
}

fn entry(vm: &Vm, seq: &'static StructSeq) -> Rc<Entry> {
    if let Some(e) = known(vm, |e| std::ptr::eq(e.seq, seq)) {
        return e;
    }
    let hidden: Vec<_> = seq.fields.iter().skip(seq.visible).map(|f| vm.intern(f.0)).collect();
    let class = make_class(vm, seq);
    let shape = instance::with_inline(&class, &hidden);
    let made = Rc::new(Entry { seq, class, hidden, shape });
    vm.state::<Known>().by_def.with_mut(|k| k.push(Rc::clone(&made)));
    made
}

fn make_class(vm: &Vm, seq: &'static StructSeq) -> Gc<Type> {
    let ty = vm.type_for(&seq.def);
    // Those of library modules are ordinary classes in CPython.
    if !matches!(seq.def.module, "builtins" | "sys") {
        ty.flags.set(ty.flags.get() & !F::IMMUTABLE);
    }
    ty
}

/// What the classes have beside the attributes for the fields; called when the class's dict is filled.
pub(crate) fn fill_dict(vm: &Vm, def: &'static TypeDef, dict: &Gc<Dict>) {
    let Some(entry) = known(vm, |e| std::ptr::eq(&e.seq.def, def)) else { return };
    let seq = entry.seq;
    let number = |n: usize| vm.new_int(n as i64);
    let unnamed = seq.fields.iter().filter(|f| f.0 == UNNAMED).count();
    dict.set_str(vm, &vm.intern("n_fields"), number(seq.fields.len()));
    dict.set_str(vm, &vm.intern("n_sequence_fields"), number(seq.visible));
    dict.set_str(vm, &vm.intern("n_unnamed_fields"), number(unnamed));
    let names = seq.fields.iter().take(seq.visible).filter(|f| f.0 != UNNAMED);
    let names = names.map(|f| vm.intern(f.0).into_value()).collect();
    dict.set_str(vm, &vm.names.__match_args__, vm.new_tuple(names).into_value());
}

/// The declaration of an object's class.
fn seq_of(vm: &Vm, ty: &Gc<Type>) -> PyResult<&'static StructSeq> {
    match known(vm, |e| std::ptr::eq(&e.seq.def, ty.def)) {
        Some(e) => Ok(e.seq),
        None => Err(vm.type_error("not a structure sequence")),
    }
}

/// An object of the class; `values` may have the fields behind the sequence too.
pub fn make(vm: &Vm, seq: &'static StructSeq, values: Vec<Value>) -> PyResult<Value> {
    let entry = entry(vm, seq);
    make_of(vm, &entry.class, &entry, values)
}

fn make_in(vm: &Vm, ty: &Gc<Type>, seq: &'static StructSeq, values: Vec<Value>) -> PyResult<Value> {
    make_of(vm, ty, &entry(vm, seq), values)
}

fn make_of(vm: &Vm, ty: &Gc<Type>, entry: &Entry, mut values: Vec<Value>) -> PyResult<Value> {
    let mut hidden = values.split_off(entry.seq.visible.min(values.len()));
    let t = vm.raw_tuple(ty, values.into_iter()).ok_or_else(|| vm.memory_error())?;
    ty.start_instance(t.as_value());
    if ty.is(&entry.class)
        && let Some(shape) = entry.shape
        && hidden.len() == entry.hidden.len()
        && instance::fill_inline(t.as_value(), shape, &mut hidden)
    {
        return Ok(t.into_value());
    }
    for (v, name) in hidden.into_iter().zip(&entry.hidden) {
        drop(instance::set(vm, t.as_value(), name, v));
    }
    Ok(t.into_value())
}

fn value_at(vm: &Vm, seq: &'static StructSeq, v: &Value, i: usize) -> Value {
    if i < seq.visible {
        return v.downcast::<Tuple>().and_then(|t| t.get(i).cloned()).unwrap_or(Value::NONE);
    }
    match entry(vm, seq).hidden.get(i - seq.visible) {
        Some(name) => instance::get(vm, v, name).unwrap_or(Value::NONE),
        None => Value::NONE,
    }
}

fn get_field<const N: usize>(vm: &Vm, v: &Value) -> PyResult<Value> {
    if let Some(t) = v.downcast::<Tuple>() {
        if let Some(item) = t.get(N) {
            return Ok(item.clone());
        }
        // Nobody can give an instance of a native class attributes of its own.
        if vm.type_of(v).native.is_some()
            && let Some(found) = instance::inline_value(v, N - t.len())
        {
            return Ok(found);
        }
    }
    let seq = seq_of(vm, vm.type_of(v))?;
    Ok(value_at(vm, seq, v, N))
}

/// Name with module, as the texts have it.
fn full_name(seq: &StructSeq) -> String {
    match seq.def.module {
        "builtins" => seq.def.name.to_string(),
        m => format!("{m}.{}", seq.def.name),
    }
}

/// `posix.sched_param` is made of its one field, not of a sequence.
fn is_scalar(seq: &StructSeq) -> bool {
    seq.def.module == "posix" && seq.def.name == "sched_param" && seq.fields.len() == 1
}

fn new(vm: &Vm, cls: &Gc<Type>, args: CallArgs<'_>) -> PyResult<Value> {
    let seq = seq_of(vm, cls)?;
    if seq.def.module == "sys" && matches!(seq.def.name, "flags" | "version_info") {
        return Err(vm.type_error(format_args!("cannot create '{}' instances", full_name(seq))));
    }
    if is_scalar(seq) {
        let given = match (args.pos(), args.kwcount()) {
            ([v], 0) => v.clone(),
            ([], 1) => match args.keywords().next() {
                Some((k, v))
                    if k.downcast::<Str>().is_some_and(|k| k.as_bytes() == seq.fields[0].0.as_bytes()) =>
                {
                    v.clone()
                }
                _ => {
                    return Err(vm.type_error(format_args!(
                        "{}() missing required argument '{}' (pos 1)",
                        seq.def.name, seq.fields[0].0
                    )));
                }
            },
            _ => {
                return Err(vm.type_error(format_args!(
                    "{}() takes exactly 1 argument ({} given)",
                    seq.def.name,
                    args.all.len()
                )));
            }
        };
        return make_in(vm, cls, seq, vec![given]);
    }
    let (mut sequence, mut dict) = (args.pos().first().cloned(), args.pos().get(1).cloned());
    if args.pos().len() > 2 {
        return Err(
            vm.type_error(format_args!("structseq() takes at most 2 arguments ({} given)", args.all.len()))
        );
    }
    for (k, v) in args.keywords() {
        match k.downcast::<Str>().map(|s| s.as_bytes()) {
            Some(b"sequence") => sequence = Some(v.clone()),
            Some(b"dict") => dict = Some(v.clone()),
            _ => return Err(vm.type_error("structseq() got an unexpected keyword argument")),
        }
    }
    let Some(sequence) = sequence else {
        return Err(vm.type_error("structseq() missing required argument 'sequence' (pos 1)"));
    };
    let mut values = vm.sequence_fast(&sequence, "constructor requires a sequence")?;
    let dict = match &dict {
        None => None,
        Some(d) => match d.downcast::<Dict>() {
            Some(d) => Some(d.clone()),
            None => {
                return Err(
                    vm.type_error(format_args!("{} takes a dict as second arg, if any", full_name(seq)))
                );
            }
        },
    };
    let (n, min, max) = (values.len(), seq.visible, seq.fields.len());
    if n < min || n > max {
        let bound = match () {
            _ if min == max => format!("a {min}-sequence"),
            _ if n < min => format!("an at least {min}-sequence"),
            _ => format!("an at most {max}-sequence"),
        };
        return Err(vm.type_error(format_args!("{}() takes {bound} ({n}-sequence given)", full_name(seq))));
    }
    if let Some(d) = dict {
        for field in seq.fields.iter().skip(n) {
            values.push(d.get_str(vm, &vm.intern(field.0)).unwrap_or(Value::NONE));
        }
        for (k, _) in d.pairs() {
            let name = k.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            if !seq.fields.iter().skip(n).any(|f| f.0 == name) {
                return Err(vm.type_error(format_args!(
                    "{}() got duplicate or unexpected field name(s)",
                    full_name(seq)
                )));
            }
        }
    }
    if full_name(seq) == "os.stat_result" {
        // The times as floats are those as ints where they are not given.
        for i in 7..10 {
            let Some(time) = values.get(i).cloned() else { break };
            match values.get_mut(i + 3) {
                Some(float) if float.is_none() => *float = time,
                Some(_) => {}
                None => values.push(time),
            }
        }
    }
    make_in(vm, cls, seq, values)
}

fn repr(vm: &Vm, v: &Value) -> PyResult<Value> {
    let seq = seq_of(vm, vm.type_of(v))?;
    let mut out = taipan_text::wtf8::Wtf8Buf::new();
    out.push_str(&full_name(seq));
    out.push_str("(");
    for (i, (name, _)) in seq.fields.iter().take(seq.visible).enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
        out.push_str("=");
        out.push_wtf8(vm.repr(&value_at(vm, seq, v, i))?.as_wtf8());
    }
    out.push_str(")");
    Ok(vm.new_wtf8_buf(out).into_value())
}

fn setattro(vm: &Vm, obj: &Value, name: &Value, _value: Option<&Value>) -> PyResult<()> {
    let name = vm.attr_name(name)?;
    if let Ok(seq) = seq_of(vm, vm.type_of(obj)) {
        if seq.fields.iter().any(|f| Some(f.0) == name.as_str()) {
            return Err(vm.raise_new(&exc::AttributeError, "readonly attribute"));
        }
        return Err(vm.attribute_error(
            obj,
            name,
            format_args!(
                "'{}' object has no attribute '{}' and no __dict__ for setting new attributes",
                full_name(seq),
                name.to_string_lossy()
            ),
        ));
    }
    Err(Raised)
}

/// The methods of all structure sequences, as rows for tuples.
#[repr(transparent)]
pub struct StructSeqMethods(Tuple);

// SAFETY: transparent over `Tuple`.
#[allow(unsafe_code)]
unsafe impl taipan_heap::Layout for StructSeqMethods {
    const FNS: taipan_heap::PayloadFns = <Tuple as taipan_heap::Layout>::FNS;
}

impl Payload for StructSeqMethods {
    fn def() -> &'static TypeDef {
        <Tuple as Payload>::def()
    }
}

const METHODS: &[FnDef] = <StructSeqMethods as Methods>::METHODS;
const CONSTS: &[ConstDef] = &[];

#[pymethods]
impl StructSeqMethods {
    #[pymethod("__reduce__($self, /)")]
    fn reduce(vm: &Vm, zelf: &Value) -> PyResult<Value> {
        let ty = vm.type_of(zelf).clone();
        let seq = seq_of(vm, &ty)?;
        let items = zelf.downcast::<Tuple>().map(|t| t.items().to_vec()).unwrap_or_default();
        if is_scalar(seq) {
            let args = vm.new_tuple(items).into_value();
            return Ok(vm.new_tuple(vec![ty.into_value(), args]).into_value());
        }
        let hidden = vm.new_dict();
        for (i, field) in seq.fields.iter().enumerate().skip(seq.visible) {
            hidden.set_str(vm, &vm.intern(field.0), value_at(vm, seq, zelf, i));
        }
        let args = vm.new_tuple(vec![vm.new_tuple(items).into_value(), hidden.into_value()]);
        Ok(vm.new_tuple(vec![ty.into_value(), args.into_value()]).into_value())
    }

    /// Return a copy of the structure with new values for the specified fields.
    #[pymethod("__replace__($self, /, **changes)")]
    fn replace(vm: &Vm, zelf: &Value, changes: &[(Value, Value)]) -> PyResult<Value> {
        let ty = vm.type_of(zelf).clone();
        let seq = seq_of(vm, &ty)?;
        if seq.fields.iter().any(|f| f.0 == UNNAMED) {
            return Err(vm.type_error(format_args!(
                "__replace__() is not supported for {} because it has unnamed field(s)",
                full_name(seq)
            )));
        }
        let mut values: Vec<Value> = (0..seq.fields.len()).map(|i| value_at(vm, seq, zelf, i)).collect();
        let mut stray = Vec::new();
        for (k, v) in changes {
            let name = k.downcast::<Str>().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            match seq.fields.iter().position(|f| f.0 == name).and_then(|i| values.get_mut(i)) {
                Some(slot) => *slot = v.clone(),
                None => stray.push(k.clone()),
            }
        }
        if !stray.is_empty() {
            let shown = vm.repr_text(vm.new_list(stray).as_value())?;
            return Err(vm.type_error(format_args!("Got unexpected field name(s): {shown}")));
        }
        make_in(vm, &ty, seq, values)
    }
}
