//! What the object model asks of the running program: modules by name.

use crate::prelude::*;

impl Vm {
    /// A module by its full name, imported if need be.
    pub fn import_named(&self, name: &str) -> PyResult<Value> {
        let key = self.intern(name);
        if let Some(m) = self.modules.get().and_then(|d| d.get_str(self, &key)) {
            return Ok(m);
        }
        let import = self.builtin_named("__import__")?;
        let found = self.call1(&import, key.as_value())?;
        Ok(self.modules.get().and_then(|d| d.get_str(self, &key)).unwrap_or(found))
    }
}
