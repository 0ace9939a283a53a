//! Items: `o[k]`, `o[k] = v`, `del o[k]`, `x in o`, and integers used as indexes.

use crate::errors::exc;
use crate::object::{Type, ValueExt};
use crate::types::numbers::{Int, IntValue, int_value};
use crate::types::{List, Tuple};
use crate::{PyResult, Value, Vm};

impl Vm {
    /// `o[key]`.
    pub fn get_item(&self, o: &Value, key: &Value) -> PyResult<Value> {
        self.check_stack()?;
        if let Some(f) = self.type_of(o).slots.subscript.get() {
            return f(self, o, key);
        }
        if let Some(cls) = o.downcast::<Type>() {
            if cls.is(&self.types.type_) {
                return Ok(crate::types::generic_alias::make(self, o, key));
            }
            if let Some(f) = self.lookup_attr(o, &self.names.__class_getitem__)?
                && !f.is_none()
            {
                return self.call1(&f, key);
            }
            return Err(self.type_error(format_args!("type '{}' is not subscriptable", cls.name())));
        }
        Err(self.type_error(format_args!("'{}' object is not subscriptable", self.type_of(o).tp_name())))
    }

    /// `o[key] = value`.
    pub fn set_item(&self, o: &Value, key: &Value, value: &Value) -> PyResult<()> {
        self.check_stack()?;
        match self.type_of(o).slots.ass_subscript.get() {
            Some(f) => f(self, o, key, Some(value)),
            None => Err(self.type_error(format_args!(
                "'{}' object does not support item assignment",
                self.type_of(o).tp_name()
            ))),
        }
    }

    /// `del o[key]`.
    pub fn del_item(&self, o: &Value, key: &Value) -> PyResult<()> {
        self.check_stack()?;
        match self.type_of(o).slots.ass_subscript.get() {
            Some(f) => f(self, o, key, None),
            None => Err(self.type_error(format_args!(
                "'{}' object doesn't support item deletion",
                self.type_of(o).tp_name()
            ))),
        }
    }

    /// `item in o`.
    pub fn contains(&self, o: &Value, item: &Value) -> PyResult<bool> {
        self.check_stack()?;
        if let Some(f) = self.type_of(o).slots.contains.get() {
            return f(self, o, item);
        }
        let r = self.get_iter(o);
        let it = match r {
            Ok(it) => it,
            Err(raised) => {
                if self.raised_is(&exc::TypeError) && self.type_of(o).slots.iter.get().is_none() {
                    drop(self.take_raised());
                    return Err(self.type_error(format_args!(
                        "argument of type '{}' is not a container or iterable",
                        self.type_of(o).tp_name()
                    )));
                }
                return Err(raised);
            }
        };
        while let Some(x) = self.iter_next(&it)? {
            if self.eq(&x, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `operator.index(v)`: an exact or subclass int.
    pub fn index(&self, v: &Value) -> PyResult<Value> {
        if v.is_int() || int_value(v).is_some() {
            return Ok(v.clone());
        }
        let Some(f) = self.type_of(v).slots.index.get() else {
            return Err(self.type_error(format_args!(
                "'{}' object cannot be interpreted as an integer",
                self.type_of(v).tp_name()
            )));
        };
        let r = f(self, v)?;
        if r.is_int() || r.downcast_exact::<Int>().is_some() {
            return Ok(r);
        }
        if int_value(&r).is_some() {
            self.warn_index_subclass(&r, "__index__")?;
            return Ok(r);
        }
        Err(self.type_error(format_args!("__index__ returned non-int (type {})", self.type_of(&r).tp_name())))
    }

    /// `operator.index(v)` as 64 bits; `OverflowError` with this text outside.
    pub fn index_i64(&self, v: &Value, overflow: &str) -> PyResult<i64> {
        if let Some(n) = v.as_int() {
            return Ok(n);
        }
        let i = self.index(v)?;
        match int_value(&i) {
            Some(IntValue::Small(n)) => Ok(n),
            _ => Err(self.overflow_error(overflow)),
        }
    }

    /// An index for a subscript: `IndexError` when it does not fit (`cannot fit 'int' into an index-sized integer`).
    pub fn index_isize(&self, v: &Value) -> PyResult<isize> {
        if let Some(n) = v.as_int() {
            return Ok(n as isize);
        }
        let i = self.index(v)?;
        match int_value(&i) {
            Some(IntValue::Small(n)) => Ok(n as isize),
            _ => Err(self.index_error(format_args!(
                "cannot fit '{}' into an index-sized integer",
                self.type_of(v).tp_name()
            ))),
        }
    }

    /// An index clipped to the range of `isize`, as slices take it; any `__index__`.
    pub fn index_clipped(&self, v: &Value) -> PyResult<isize> {
        if let Some(n) = v.as_int() {
            return Ok(n as isize);
        }
        let i = self.index(v)?;
        Ok(match int_value(&i) {
            Some(IntValue::Small(n)) => n as isize,
            Some(IntValue::Big(b)) if b.sign() == dashu_int::Sign::Negative => isize::MIN,
            _ => isize::MAX,
        })
    }

    /// The items of a list or tuple, or of any iterable with this error text (`PySequence_Fast`).
    pub fn sequence_fast(&self, v: &Value, msg: &str) -> PyResult<Vec<Value>> {
        if let Some(l) = v.downcast::<List>() {
            return Ok(l.to_vec());
        }
        if let Some(t) = v.downcast::<Tuple>() {
            return Ok(t.items().to_vec());
        }
        let r = self.get_iter(v);
        match r {
            Ok(it) => self.collect(&it),
            Err(raised) => {
                if self.raised_is(&exc::TypeError) {
                    drop(self.take_raised());
                    return Err(self.type_error(msg));
                }
                Err(raised)
            }
        }
    }
}
