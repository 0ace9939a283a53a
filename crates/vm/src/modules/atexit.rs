//! `atexit`.

use crate::prelude::*;

struct Callback {
    func: Value,
    args: Vec<Value>,
    kw: Vec<(Value, Value)>,
}

#[derive(Default)]
struct AtexitState {
    callbacks: Guarded<Vec<Callback>>,
}

fn callbacks(vm: &Vm) -> &Guarded<Vec<Callback>> {
    &vm.state::<AtexitState>().callbacks
}

/// Runs and forgets the registered functions, the last one first.
pub fn run_exitfuncs(vm: &Vm) {
    while let Some(c) = callbacks(vm).with_mut(Vec::pop) {
        if vm.call_kw(&c.func, &c.args, &c.kw).is_err() {
            vm.unraisable("Exception ignored in atexit callback", Some(&c.func));
        }
    }
}

/// allow programmer to define multiple exit functions to be executed
/// upon normal program termination.
///
/// Two public functions, register and unregister, are defined.
///
#[pymodule(name = "atexit")]
pub mod atexit {
    use super::*;

    /// Register a function to be executed upon normal program termination
    ///
    ///     func - function to be called at exit
    ///     args - optional arguments to pass to func
    ///     kwargs - optional keyword arguments to pass to func
    ///
    ///     func is returned to facilitate usage as a decorator.
    #[pyfn(raw, "register($module, func, /, *args, **kwargs)")]
    fn register(vm: &Vm, args: CallArgs<'_>) -> PyResult<Value> {
        let [func, rest @ ..] = args.pos() else {
            return Err(vm.type_error("register() takes at least 1 argument (0 given)"));
        };
        if !vm.is_callable(func) {
            return Err(vm.type_error("the first argument must be callable"));
        }
        let kw = args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect();
        let c = Callback { func: func.clone(), args: rest.to_vec(), kw };
        callbacks(vm).with_mut(|l| l.push(c));
        Ok(func.clone())
    }

    /// Clear the list of previously registered exit functions.
    #[pyfn("_clear()")]
    fn clear(vm: &Vm) {
        drop(callbacks(vm).take())
    }

    /// Unregister an exit function which was previously registered using
    /// atexit.register
    ///
    ///     func - function to be unregistered
    #[pyfn("unregister(func, /)")]
    fn unregister(vm: &Vm, func: &Value) -> PyResult<()> {
        let known: Vec<Value> = callbacks(vm).with(|l| l.iter().map(|c| c.func.clone()).collect());
        for f in known.into_iter().rev() {
            if vm.eq(func, &f)? {
                let gone = callbacks(vm).with_mut(|l| {
                    let at = l.iter().rposition(|c| c.func.is(&f))?;
                    Some(l.remove(at))
                });
                drop(gone);
            }
        }
        Ok(())
    }

    /// Run all registered exit functions.
    ///
    /// If a callback raises an exception, it is logged with sys.unraisablehook.
    #[pyfn("_run_exitfuncs()")]
    fn run(vm: &Vm) {
        run_exitfuncs(vm)
    }

    /// Return the number of registered exit functions.
    #[pyfn("_ncallbacks()")]
    fn ncallbacks(vm: &Vm) -> usize {
        callbacks(vm).with(Vec::len)
    }
}
