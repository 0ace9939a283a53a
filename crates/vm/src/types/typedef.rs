//! `TypeDef`: the constant row a native type is made from, and `SlotDefs`: what a type can do, as functions.
//!
//! Slots follow CPython's protocol (`Doc/c-api/typeobj.rst`): binary operators get both operands in source order and may
//! answer `NotImplemented`; `rich_compare` likewise; `iter_next` answers `None` (Rust) at the end without raising.
//!
//! To add a slot: (1) a row here; (2) its dunder rows in `types/slotdefs.rs`; (3) its caller in `protocol/`.

use crate::native::{CallArgs, ConstDef, FnDef, GetSetDef, InitFn, NewFn};
use crate::{PyResult, Value, Vm};
use std::cell::Cell;
use std::sync::atomic::AtomicU32;
use taipan_heap::PayloadFns;

pub type UnaryFn = fn(&Vm, &Value) -> PyResult<Value>;
pub type BinaryFn = fn(&Vm, &Value, &Value) -> PyResult<Value>;
pub type TernaryFn = fn(&Vm, &Value, &Value, &Value) -> PyResult<Value>;
pub type BoolFn = fn(&Vm, &Value) -> PyResult<bool>;
pub type LenFn = fn(&Vm, &Value) -> PyResult<usize>;
pub type HashFn = fn(&Vm, &Value) -> PyResult<i64>;
pub type CallFn = fn(&Vm, &Value, CallArgs<'_>) -> PyResult<Value>;
pub type GetAttrFn = fn(&Vm, &Value, &Value) -> PyResult<Value>;
/// Value `None` (Rust): delete.
pub type SetAttrFn = fn(&Vm, &Value, &Value, Option<&Value>) -> PyResult<()>;
pub type CompareFn = fn(&Vm, &Value, &Value, CompareOp) -> PyResult<Value>;
pub type NextFn = fn(&Vm, &Value) -> PyResult<Option<Value>>;
/// `(descriptor, object or none, type)`.
pub type DescrGetFn = fn(&Vm, &Value, Option<&Value>, &Value) -> PyResult<Value>;
/// Value `None` (Rust): delete.
pub type DescrSetFn = fn(&Vm, &Value, &Value, Option<&Value>) -> PyResult<()>;
pub type RepeatFn = fn(&Vm, &Value, isize) -> PyResult<Value>;
pub type ItemFn = fn(&Vm, &Value, isize) -> PyResult<Value>;
/// An item by its index, if nothing is in the way: no error, nothing that runs code.
pub type QuickItemFn = fn(&Vm, &Value, i64) -> Option<Value>;
/// Sets one, or answers `false` and has done nothing.
pub type QuickSetItemFn = fn(&Vm, &Value, i64, &Value) -> bool;
pub type ContainsFn = fn(&Vm, &Value, &Value) -> PyResult<bool>;
pub type FinalizeFn = fn(&Vm, &Value);

/// The six rich comparisons, with CPython's numbering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum CompareOp {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

impl CompareOp {
    pub fn swapped(self) -> CompareOp {
        use CompareOp::*;
        match self {
            Lt => Gt,
            Le => Ge,
            Eq => Eq,
            Ne => Ne,
            Gt => Lt,
            Ge => Le,
        }
    }

    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }

    /// What it answers for two values that Rust compares: nothing but `!=` holds where there is no order.
    #[inline(always)]
    pub fn of<T: PartialOrd>(self, x: T, y: T) -> bool {
        use CompareOp::*;
        match self {
            Lt => x < y,
            Le => x <= y,
            Eq => x == y,
            Ne => x != y,
            Gt => x > y,
            Ge => x >= y,
        }
    }

    /// What an ordering answers.
    pub fn holds(self, ord: std::cmp::Ordering) -> bool {
        use CompareOp::*;
        match self {
            Lt => ord.is_lt(),
            Le => ord.is_le(),
            Eq => ord.is_eq(),
            Ne => ord.is_ne(),
            Gt => ord.is_gt(),
            Ge => ord.is_ge(),
        }
    }
}

macro_rules! slots {
    ($($(#[$doc:meta])* $name:ident: $ty:ty,)*) => {
        /// A type's slots as constant data.
        #[derive(Clone, Copy)]
        pub struct SlotDefs { $($(#[$doc])* pub $name: Option<$ty>,)* }

        impl SlotDefs {
            pub const NONE: SlotDefs = SlotDefs { $($name: None,)* };
        }

        /// A type object's slots.
        pub struct SlotTable { $(pub $name: Cell<Option<$ty>>,)* }

        impl SlotTable {
            pub fn new(d: &SlotDefs) -> SlotTable {
                SlotTable { $($name: Cell::new(d.$name),)* }
            }
            /// Takes over each slot of `base` that is empty here.
            pub fn inherit_all(&self, base: &SlotTable) {
                $(if self.$name.get().is_none() { self.$name.set(base.$name.get()); })*
            }
        }
    };
}

slots! {
    repr: UnaryFn,
    str: UnaryFn,
    hash: HashFn,
    call: CallFn,
    getattro: GetAttrFn,
    setattro: SetAttrFn,
    richcompare: CompareFn,
    iter: UnaryFn,
    iternext: NextFn,
    descr_get: DescrGetFn,
    descr_set: DescrSetFn,
    new: NewFn,
    init: InitFn,
    /// `__del__`, or what a native type does before it dies.
    finalize: FinalizeFn,

    /// Of the native class itself, not of those derived from it: shortcuts of `subscript` and `ass_subscript`, which must
    /// agree.
    quick_item: QuickItemFn,
    quick_set_item: QuickSetItemFn,

    bool: BoolFn,
    int: UnaryFn,
    float: UnaryFn,
    index: UnaryFn,
    negative: UnaryFn,
    positive: UnaryFn,
    absolute: UnaryFn,
    invert: UnaryFn,
    add: BinaryFn,
    subtract: BinaryFn,
    multiply: BinaryFn,
    matrix_multiply: BinaryFn,
    true_divide: BinaryFn,
    floor_divide: BinaryFn,
    remainder: BinaryFn,
    divmod: BinaryFn,
    /// `(base, exponent, modulus or None)`.
    power: TernaryFn,
    lshift: BinaryFn,
    rshift: BinaryFn,
    and: BinaryFn,
    or: BinaryFn,
    xor: BinaryFn,
    inplace_add: BinaryFn,
    inplace_subtract: BinaryFn,
    inplace_multiply: BinaryFn,
    inplace_matrix_multiply: BinaryFn,
    inplace_true_divide: BinaryFn,
    inplace_floor_divide: BinaryFn,
    inplace_remainder: BinaryFn,
    inplace_power: TernaryFn,
    inplace_lshift: BinaryFn,
    inplace_rshift: BinaryFn,
    inplace_and: BinaryFn,
    inplace_or: BinaryFn,
    inplace_xor: BinaryFn,

    /// `len()`, for sequences and mappings alike.
    len: LenFn,
    /// `+` of sequences.
    concat: BinaryFn,
    /// `*` of sequences.
    repeat: RepeatFn,
    inplace_concat: BinaryFn,
    inplace_repeat: RepeatFn,
    /// Item by index, for sequence iteration; negative indexes have had the length added.
    item: ItemFn,
    contains: ContainsFn,
    /// `o[key]`.
    subscript: BinaryFn,
    /// `o[key] = value`; value `None` (Rust): delete.
    ass_subscript: SetAttrFn,

    await_: UnaryFn,
    aiter: UnaryFn,
    anext: UnaryFn,

    /// The bytes of a buffer exporter: see `types/memoryview.rs`.
    buffer: crate::types::buffer::BufferFn,
}

/// What a type can do; written by hand beside the type.
pub trait Slots {
    const SLOTS: SlotDefs;
}

/// Bits of `TypeDef::flags` and `PyType::flags`; the values are CPython's where it has the flag.
pub struct F;

impl F {
    /// Instances can be part of cycles.
    pub const GC: u32 = 1 << 14;
    /// May be subclassed.
    pub const BASETYPE: u32 = 1 << 10;
    /// Attributes cannot be set from Python.
    pub const IMMUTABLE: u32 = 1 << 8;
    /// Made at run time (a class).
    pub const HEAPTYPE: u32 = 1 << 9;
    /// `type(x)()` is a `TypeError`.
    pub const NO_NEW: u32 = 1 << 7;
    pub const SEQUENCE: u32 = 1 << 5;
    pub const MAPPING: u32 = 1 << 6;
    /// Calling an attribute of this type through an instance passes the instance first.
    pub const METHOD_DESCRIPTOR: u32 = 1 << 17;
    pub const ABSTRACT: u32 = 1 << 20;
    /// `match` treats a single positional pattern as the subject itself.
    pub const MATCH_SELF: u32 = 1 << 22;
    pub const LONG_SUBCLASS: u32 = 1 << 24;
    pub const LIST_SUBCLASS: u32 = 1 << 25;
    pub const TUPLE_SUBCLASS: u32 = 1 << 26;
    pub const BYTES_SUBCLASS: u32 = 1 << 27;
    pub const UNICODE_SUBCLASS: u32 = 1 << 28;
    pub const DICT_SUBCLASS: u32 = 1 << 29;
    pub const EXCEPTION_SUBCLASS: u32 = 1 << 30;
    pub const TYPE_SUBCLASS: u32 = 1 << 31;
    /// Instances have a `__dict__` (native types that want one).
    pub const HAS_DICT: u32 = 1 << 0;
    /// Instances can be weakly referenced.
    pub const WEAKREF: u32 = 1 << 1;
    /// The payload is exactly the base's (its Rust type, not one that begins with it).
    pub const BASE_PAYLOAD: u32 = 1 << 2;
    /// Subclasses inherit these.
    pub const INHERITED: u32 = F::LONG_SUBCLASS
        | F::LIST_SUBCLASS
        | F::TUPLE_SUBCLASS
        | F::BYTES_SUBCLASS
        | F::UNICODE_SUBCLASS
        | F::DICT_SUBCLASS
        | F::EXCEPTION_SUBCLASS
        | F::TYPE_SUBCLASS
        | F::MATCH_SELF
        | F::SEQUENCE
        | F::MAPPING
        | F::WEAKREF
        | F::HAS_DICT;
}

/// A native type as constant data.
pub struct TypeDef {
    /// `__name__`, e.g. `"deque"`.
    pub name: &'static str,
    /// `__module__`, e.g. `"collections"`.
    pub module: &'static str,
    pub doc: &'static str,
    /// `__text_signature__` of the type, e.g. `"(iterable=(), /)"`, or empty.
    pub signature: &'static str,
    /// `None`: `object`.
    pub base: Option<fn() -> &'static TypeDef>,
    pub flags: u32,
    pub slots: SlotDefs,
    pub methods: &'static [FnDef],
    pub getset: &'static [GetSetDef],
    pub consts: &'static [ConstDef],
    /// How the heap treats the payload.
    pub fns: PayloadFns,
    /// The type's number in an interpreter's table, given on first use anywhere in the process; 0: none yet.
    /// It lies apart, so that the rows themselves are constant: a start would write to forty of their pages.
    pub id: &'static AtomicU32,
}
