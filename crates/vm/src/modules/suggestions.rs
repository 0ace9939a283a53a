//! `_suggestions`: the nearest name, for `traceback`.

use crate::errors::suggest;
use crate::prelude::*;

#[pymodule(name = "_suggestions")]
pub mod suggestions {
    use super::*;

    /// Returns the candidate in candidates that's closest to item
    #[pyfn("_generate_suggestions(candidates, item, /)")]
    fn generate_suggestions(vm: &Vm, candidates: &Value, item: &Gc<Str>) -> PyResult<Option<Value>> {
        let Some(list) = candidates.downcast_exact::<List>() else {
            return Err(vm.type_error("candidates must be a list"));
        };
        let mut names = Vec::new();
        for v in list.to_vec() {
            let Some(s) = v.downcast::<Str>() else {
                return Err(vm.type_error("all elements in 'candidates' must be strings"));
            };
            names.push(s.to_string_lossy().into_owned());
        }
        let near = suggest::nearest(&item.to_string_lossy(), names.iter().map(String::as_str));
        Ok(near.map(|n| vm.new_str(n).into_value()))
    }
}
