//! `_decimal`: decimal arithmetic as the General Decimal Arithmetic Specification has it.
//!
//! Numbers and rules: `number.rs`, `rules.rs`. Operations: `quick.rs`, `arith.rs`, `order.rs`, `series.rs`, `text.rs`, `format.rs`.
//! What Python sees: `decimal.rs` (the numbers), `context.rs`, `signals.rs` (exceptions and the dicts of flags and traps).

mod arith;
mod context;
mod convert;
mod decimal;
mod format;
mod number;
mod order;
mod quick;
mod rules;
mod series;
mod signals;
mod text;

pub use context::{Context, ContextManager};
pub use decimal::Decimal;
pub use signals::SignalDictMixin;

use context::{current, set_current};
use rules::{MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY};
use signals::state;
use taipan_vm::prelude::*;

/// How many bits an IEEE context may have.
const IEEE_CONTEXT_MAX_BITS: i64 = 512;

/// C decimal arithmetic module
#[pymodule(name = "_decimal")]
pub mod module {
    use super::*;

    pytypes!(Decimal, Context);

    #[pyconst("MAX_PREC")]
    fn max_prec(vm: &Vm) -> Value {
        vm.new_int(MAX_PREC)
    }

    #[pyconst("MAX_EMAX")]
    fn max_emax(vm: &Vm) -> Value {
        vm.new_int(MAX_EMAX)
    }

    #[pyconst("MIN_EMIN")]
    fn min_emin(vm: &Vm) -> Value {
        vm.new_int(MIN_EMIN)
    }

    #[pyconst("MIN_ETINY")]
    fn min_etiny(vm: &Vm) -> Value {
        vm.new_int(MIN_ETINY)
    }

    #[pyconst("IEEE_CONTEXT_MAX_BITS")]
    fn ieee_max(vm: &Vm) -> Value {
        vm.new_int(IEEE_CONTEXT_MAX_BITS)
    }

    #[pyconst("HAVE_THREADS")]
    fn have_threads(_vm: &Vm) -> Value {
        Value::TRUE
    }

    #[pyconst("HAVE_CONTEXTVAR")]
    fn have_contextvar(_vm: &Vm) -> Value {
        Value::TRUE
    }

    #[pyconst("__version__")]
    fn version(vm: &Vm) -> Value {
        vm.new_str("1.70").into_value()
    }

    #[pyconst("__libmpdec_version__")]
    fn libmpdec_version(vm: &Vm) -> Value {
        vm.new_str("2.5.1").into_value()
    }

    /// Get the current default context.
    #[pyfn("getcontext()")]
    fn getcontext(vm: &Vm) -> PyResult<Value> {
        Ok(current(vm)?.into_value())
    }

    /// Set a new default context.
    #[pyfn("setcontext(context, /)")]
    fn setcontext(vm: &Vm, context: &Value) -> PyResult<()> {
        match context.downcast::<Context>() {
            Some(c) => set_current(vm, c),
            None => Err(vm.type_error("argument must be a context")),
        }
    }

    /// Return a context manager that will set the default context to a copy
    /// of ctx on entry to the with-statement and restore the previous default
    /// context when exiting the with-statement.  If no context is supplied, a
    /// copy of the current default context is used.
    #[pyfn(raw, "localcontext(ctx=None, **kwargs)")]
    fn localcontext(vm: &Vm, args: CallArgs) -> PyResult<Value> {
        context::local(vm, args)
    }

    /// Return a context object initialized to the proper values for one of the
    /// IEEE interchange formats.
    #[pyfn("IEEEContext(bits, /)")]
    fn ieee_context(vm: &Vm, bits: &Value) -> PyResult<Value> {
        context::ieee(vm, bits, IEEE_CONTEXT_MAX_BITS)
    }

    #[pyinit]
    fn init(vm: &Vm, module: &Value) -> PyResult<()> {
        for (_, name) in rules::ROUNDINGS {
            vm.set_attr_str(module, name, vm.intern(name).as_value())?;
        }
        let state = state(vm)?;
        for (name, class) in state.classes() {
            vm.set_attr_str(module, name, class)?;
        }
        vm.set_attr_str(module, "DecimalTuple", &state.tuple)?;
        vm.set_attr_str(module, "DefaultContext", state.default.as_value())?;
        vm.set_attr_str(module, "BasicContext", state.basic.as_value())?;
        vm.set_attr_str(module, "ExtendedContext", state.extended.as_value())?;
        let numbers = vm.import_named("numbers")?;
        let abc = vm.get_attr_str(&numbers, "Number")?;
        vm.call_method(&abc, "register", &[vm.native_type::<Decimal>().into_value()])?;
        Ok(())
    }
}
