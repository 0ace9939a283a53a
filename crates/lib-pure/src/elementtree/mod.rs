//! `_elementtree`: the elements of `xml.etree.ElementTree` (`element.rs`), the iterator over a tree (`walk.rs`) and the
//! builder of trees (`builder.rs`), and the parser that feeds it from the scanner of `expat` (`parser.rs`).

mod builder;
mod element;
mod parser;
mod walk;

use builder::TreeBuilder;
use element::Element;
use parser::XmlParser;
use taipan_vm::errors::exc;
use taipan_vm::native::CallArgs;
use taipan_vm::prelude::*;

taipan_vm::native_exception!(pub PARSE_ERROR = "xml.etree.ElementTree", "ParseError"(&exc::SyntaxError) "");

/// What makes comments and processing instructions, as `ElementTree` tells.
#[derive(Default)]
struct Factories {
    comment: ValueCell,
    pi: ValueCell,
}

/// The native half of `xml.etree.ElementTree`.
#[pymodule(name = "_elementtree")]
pub mod module {
    use super::*;

    pytypes!(Element, TreeBuilder, XmlParser);

    #[pyconst("ParseError")]
    fn parse_error(vm: &Vm) -> Value {
        vm.type_for(&PARSE_ERROR).into_value()
    }

    #[pyfn(raw, "SubElement")]
    fn sub_element(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        element::sub_element(vm, args)
    }

    /// Change the factories used to create comments and processing instructions.
    ///
    /// For internal use only.
    #[pyfn("_set_factories(comment_factory, pi_factory, /)")]
    fn set_factories(vm: &Vm, comment_factory: &Value, pi_factory: &Value) -> PyResult<Value> {
        for (factory, what) in [(comment_factory, "Comment"), (pi_factory, "PI")] {
            if !factory.is_none() && !vm.is_callable(factory) {
                return Err(vm.type_error(format_args!(
                    "{what} factory must be callable, not {}",
                    vm.type_of(factory).name()
                )));
            }
        }
        let given = |v: &Value| (!v.is_none()).then(|| v.clone());
        let state = vm.state::<Factories>();
        let old = [state.comment.replace(given(comment_factory)), state.pi.replace(given(pi_factory))];
        Ok(vm.tuple_from_iter(old.map(|v| v.unwrap_or(Value::NONE)).into_iter()).into_value())
    }
}
