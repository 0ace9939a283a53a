//! `Interpreter` and its `Builder`.

use crate::frontend::SourceFrontend;
use crate::{Error, finish, library, start};
use std::sync::Arc;
use taipan_host::{Host, RealHost};
use taipan_vm::frontend::{CompileMode, CompileOptions};
use taipan_vm::modules::sys;
use taipan_vm::prelude::*;
use taipan_vm::types::module::Module;
use taipan_vm::{Config, Flags, Interp};

/// What a new interpreter is told; starts from CPython's isolated configuration.
pub struct Builder {
    pub config: Config,
    /// `PYTHONIOENCODING`.
    pub io_encoding: Option<String>,
    pub check_hash_pycs: Option<String>,
    /// Native stack of the thread that runs it, in bytes.
    pub stack: usize,
    pub import_site: bool,
}

impl Default for Builder {
    fn default() -> Builder {
        let config = Config {
            host: Arc::new(RealHost::new()),
            frontend: Box::new(SourceFrontend),
            modules: library::modules(),
            frozen: library::frozen,
            frozen_source: library::frozen_source,
            frozen_names: library::frozen_names,
            frozen_data: library::frozen_data,
            frozen_data_paths: library::frozen_data_paths,
            library_root: None,
            flags: Flags { isolated: 1, hash_randomization: 1, safe_path: true, ..Flags::default() },
            argv: vec![Vec::new()],
            orig_argv: Vec::new(),
            executable: Vec::new(),
            warn_options: Vec::new(),
            x_options: Vec::new(),
            hash_seed: None,
            module_search_paths: Vec::new(),
            pycache_prefix: None,
            int_max_str_digits: 4300,
            cpu_count: None,
            import_time: 0,
            debug_ranges: true,
        };
        Builder { config, io_encoding: None, check_hash_pycs: None, stack: 1 << 20, import_site: false }
    }
}

impl Builder {
    /// All that the program asks of the machine goes through this.
    #[must_use]
    pub fn host(mut self, host: Arc<dyn Host>) -> Builder {
        self.config.host = host;
        self
    }

    /// `sys.argv`.
    #[must_use]
    pub fn argv(mut self, argv: &[&str]) -> Builder {
        self.config.argv = argv.iter().map(|a| a.as_bytes().to_vec()).collect();
        self
    }

    /// A folder of modules, behind those given before.
    #[must_use]
    pub fn path(mut self, folder: &str) -> Builder {
        self.config.module_search_paths.push(folder.as_bytes().to_vec());
        self
    }

    /// Native stack of the thread that will run Python code: what deep recursion may use.
    #[must_use]
    pub fn stack(mut self, bytes: usize) -> Builder {
        self.stack = bytes;
        self
    }

    pub fn build(self) -> Result<Interpreter, Error> {
        Interpreter::start(self)
    }
}

/// A Python interpreter. It belongs to the thread that made it.
pub struct Interpreter {
    // Before the interpreter that it points to.
    vm: Box<Vm>,
    interp: Box<Interp>,
    finished: bool,
}

impl Interpreter {
    /// An interpreter with the whole library and the real machine as its host.
    pub fn new() -> Result<Interpreter, Error> {
        Builder::default().build()
    }

    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn start(b: Builder) -> Result<Interpreter, Error> {
        let Builder { config, io_encoding, check_hash_pycs, stack, import_site } = b;
        let interp = Interp::new(config);
        let vm = Vm::main(&interp);
        vm.thread.set_native_stack(stack);
        let me = Interpreter { vm, interp, finished: false };
        match start::start(&me.vm, io_encoding.as_deref(), check_hash_pycs.as_deref(), import_site) {
            Ok(()) => Ok(me),
            Err(_) => Err(Error::take(&me.vm)),
        }
    }

    /// The machine, for whoever wants more than this façade.
    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    pub fn interp(&self) -> &Interp {
        &self.interp
    }

    /// The names of `__main__`.
    pub fn globals(&self) -> Gc<Dict> {
        start::main_module(&self.vm).map_or_else(|| self.vm.new_dict(), |m: Gc<Module>| m.dict.clone())
    }

    /// Runs statements in `__main__`.
    pub fn run(&self, source: &str) -> Result<(), Error> {
        self.execute(source, CompileMode::Exec).map(drop)
    }

    /// The value of an expression in `__main__`.
    pub fn eval(&self, source: &str) -> Result<Value, Error> {
        self.execute(source, CompileMode::Eval)
    }

    fn execute(&self, source: &str, mode: CompileMode) -> Result<Value, Error> {
        let vm = &*self.vm;
        let options = CompileOptions { mode, flags: 0, optimize: 0 };
        let run = || {
            let code = vm.new_code(vm.config.frontend.compile(vm, source, "<string>", options)?);
            let globals = self.globals();
            vm.run_code(&code, &globals, globals.as_value(), None)
        };
        run().map_err(|_| Error::take(vm))
    }

    /// Ends it as a program ends: threads, exit functions, streams, modules. False when output was lost.
    pub fn finish(&mut self) -> bool {
        self.end(false)
    }

    /// As `finish`, for when the process ends as well: objects whose end nobody could see are left to it.
    pub fn finish_with_process(&mut self) -> bool {
        self.end(true)
    }

    fn end(&mut self, process_ends: bool) -> bool {
        if std::mem::replace(&mut self.finished, true) {
            return true;
        }
        finish::finish(&self.vm, process_ends)
    }
}

impl Drop for Interpreter {
    fn drop(&mut self) {
        self.finish();
        self.vm.leave();
    }
}

const _: fn(&Vm) = sys::set_finalizing;
