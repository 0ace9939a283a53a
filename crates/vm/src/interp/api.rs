//! What native code may ask of the interpreter: the caller's frame and namespaces, running code objects, polling.

use super::call;
use super::frame::{Frame, kind};
use crate::breaker::bit;
use crate::native::CallArgs;
use crate::object::ValueExt;
use crate::types::code::Code;
use crate::types::frame_object::FrameObject;
use crate::types::function::Function;
use crate::types::{Dict, Tuple};
use crate::{PyResult, Value, Vm};
use taipan_heap::Gc;

impl Vm {
    /// Looks at what tripped the breaker. Called at backward jumps, calls and by long native loops.
    #[cold]
    #[inline(never)]
    fn poll_slow(&self) -> PyResult<()> {
        let bits = self.breaker.bits();
        if bits & bit::COLLECT != 0 {
            self.breaker.clear(bit::COLLECT);
            if taipan_heap::emergency::take_low() {
                return Err(self.memory_error());
            }
            crate::modules::gc::collect_if_due(self);
        }
        if bits & bit::ASYNC_EXC != 0 {
            self.breaker.clear(bit::ASYNC_EXC);
            if let Some(e) = self.async_exc.take() {
                return Err(self.raise(e));
            }
        }
        if bits & (bit::SIGNAL | bit::TURN | bit::PENDING | bit::LIMIT) != 0
            && let Some(hook) = self.hooks.poll.get()
        {
            hook(self, bits)?;
        }
        Ok(())
    }

    /// Lets signals, other threads and the collector have their turn.
    #[inline(always)]
    pub fn poll(&self) -> PyResult<()> {
        if self.breaker.tripped() { self.poll_slow() } else { Ok(()) }
    }

    /// The running Python frame.
    pub fn top_frame(&self) -> Option<&Frame> {
        self.thread.top_frame()
    }

    /// The globals of the running Python code.
    pub fn caller_globals(&self) -> Option<Gc<Dict>> {
        Some(self.top_frame()?.globals().clone())
    }

    /// `locals()` of the running Python code.
    pub fn caller_locals(&self) -> PyResult<Value> {
        match self.top_frame() {
            Some(f) => crate::types::frame_object::locals_snapshot(self, f),
            None => Err(self.system_error("frame does not exist")),
        }
    }

    /// The frame object `depth` calls up (0: the running one).
    pub fn current_frame(&self, depth: usize) -> Option<Gc<FrameObject>> {
        let mut f = self.top_frame()?;
        for _ in 0..depth {
            f = self.thread.below(f)?;
        }
        Some(crate::types::frame_object::object_of(self, f))
    }

    /// The class and first argument of a zero-argument `super()` in the running function.
    pub fn super_args(&self) -> PyResult<(Value, Value)> {
        let Some(f) = self.top_frame() else { return Err(self.runtime_error("super(): no current frame")) };
        let code = f.code();
        if code.data.argcount == 0 {
            return Err(self.runtime_error("super(): no arguments"));
        }
        // The first argument may have moved to a cell.
        let mut first = f.register(0);
        for c in 0..code.data.ncells as usize {
            if first.is_none() && code.data.cell_arg(c) == Some(0) {
                let slot = f.register(code.data.nlocals as usize + c);
                first = slot
                    .and_then(|v| v.downcast::<crate::types::cell::Cell>().and_then(|c| c.contents.get()));
            }
        }
        let Some(first) = first else { return Err(self.runtime_error("super(): arg[0] deleted")) };
        let n = code.data.freevars.len();
        for i in 0..n {
            if code.data.freevars.get(i) == Some(b"__class__") {
                let cell = super::names::free(f, i as u16);
                return match cell.map(|c| c.contents.get()) {
                    Some(Some(c)) => Ok((c, first)),
                    _ => Err(self.runtime_error("super(): empty __class__ cell")),
                };
            }
        }
        Err(self.runtime_error("super(): __class__ cell not found"))
    }

    /// Runs a code object in these namespaces, as `exec` and module bodies do.
    pub fn run_code(
        &self,
        code: &Gc<Code>,
        globals: &Gc<Dict>,
        locals: &Value,
        closure: Option<&Gc<Tuple>>,
    ) -> PyResult<Value> {
        if globals.get_str(self, &self.names.__builtins__).is_none() {
            let b = match self.modules.get().and_then(|m| m.get_str(self, &self.names.builtins)) {
                Some(m) if self.thread.top_frame().is_none() => m,
                _ => crate::types::builtins_mapping::shown(&self.current_builtins()).clone(),
            };
            globals.set_str(self, &self.names.__builtins__, b);
        }
        let func = self.new_function(code, globals, closure.cloned());
        call::push_call(self, &func, None, CallArgs::EMPTY, kind::ENTRY, Some(locals.clone()))?;
        super::run(self)
    }

    /// Runs the function of a class body with `namespace` as its locals.
    pub fn call_class_body(&self, func: &Value, namespace: &Value) -> PyResult<Value> {
        match func.downcast::<Function>() {
            Some(f) => {
                call::push_call(self, f, None, CallArgs::EMPTY, kind::ENTRY, Some(namespace.clone()))?;
                super::run(self)
            }
            None => Err(self.type_error("__build_class__: func must be a function")),
        }
    }
}
