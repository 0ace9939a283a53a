//! The compiler's state and what all its parts share: units, blocks, names, positions.

use taipan_bytecode::{CodeData, Const, Imm, Op, Position, flags};
use taipan_syntax::ast;

use crate::assemble::assemble;
use crate::error::{Fail, FailKind, R, Span, Warning};
use crate::scope::{Place, ScopeId, ScopeKind, SymbolTable, mangle};
use crate::tree::Tree;
use crate::unit::{CELL, Hidden, NO_SPAN, Reg, Unit, is_temp};

/// Settings that hold for a whole compilation.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub interactive: bool,
    pub optimize: u8,
    /// Future flags that are on.
    pub future: u32,
    pub top_level_await: bool,
    pub max_str_digits: usize,
}

pub(crate) struct Compiler<'a> {
    pub table: SymbolTable,
    pub tree: &'a Tree<'a>,
    pub filename: &'a [u8],
    pub settings: Settings,
    pub units: Vec<Unit<'a>>,
    pub warnings: Vec<Warning>,
    /// Nesting of expressions and statements, bounded because compiling recurses.
    pub nesting: u32,
    /// Inside a `finally` body that is compiled a second time: its warnings were given.
    pub silent: u32,
    /// Spans of generator expressions that borrow a call's parentheses, by address.
    pub generator_spans: rustc_hash::FxHashMap<usize, Span>,
}

/// Where a name lives, seen from the block being compiled.
#[derive(Clone, Debug)]
pub(crate) enum Var {
    Local(u32),
    Cell(u32),
    Free(u32),
    Global,
    /// The frame's namespace.
    Name,
    /// The class's dict, then a global.
    ClassGlobal,
    /// The class's dict (through `__classdict__`), then a free variable.
    ClassFree(u32),
    /// A free variable of a class body: the namespace first.
    NameOrFree(u32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dst {
    Store,
    Delete,
}

impl<'a> Compiler<'a> {
    pub fn u(&mut self) -> &mut Unit<'a> {
        let last = self.units.len() - 1;
        &mut self.units[last]
    }

    pub fn unit(&self) -> &Unit<'a> {
        &self.units[self.units.len() - 1]
    }

    pub fn kind(&self) -> ScopeKind {
        self.table.scopes[self.unit().scope].kind
    }

    pub fn future(&self, flag: u32) -> bool {
        self.settings.future & flag != 0
    }

    // ---- shorthands for emitting ---------------------------------------------------------------------------

    pub fn emit(&mut self, op: Op, x: u8, a: u32, b: u32, c: u32) {
        self.u().emit(op, x, a, b, c);
    }

    pub fn at(&mut self, span: Span) -> Span {
        std::mem::replace(&mut self.u().span, span)
    }

    /// Runs `f` with the position set to `span`.
    pub fn with_span<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        let saved = self.at(span);
        let result = f(self);
        self.at(saved);
        result
    }

    pub fn load_const(&mut self, dst: Reg, c: Const) {
        self.u().load_const(dst, c);
    }

    pub fn warn(&mut self, msg: impl Into<String>, span: Span) {
        if self.silent > 0 {
            return;
        }
        let start = self.tree.position(span);
        self.warnings.push(Warning {
            msg: msg.into(),
            lineno: start.line,
            offset: start.col.wrapping_add(1),
            end_lineno: start.end_line,
            end_offset: start.end_col.wrapping_add(1),
        });
    }

    pub fn err<T>(&self, msg: impl Into<String>, span: Span) -> R<T> {
        Err(Fail::new(msg, span))
    }

    pub fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        self.nesting += 1;
        if self.nesting > 900 {
            return Err(Fail::too_deep());
        }
        let result = f(self);
        self.nesting -= 1;
        result
    }

    // ---- units ---------------------------------------------------------------------------------------------

    /// Starts a code object for `scope`.
    pub fn enter_unit(&mut self, scope: ScopeId, name: &str, span: Span) {
        let qualname = self.qualname(scope, name);
        let block = &self.table.scopes[scope];
        let mut unit = Unit::new(scope, name.to_string(), qualname);
        unit.private = block.private.clone();
        unit.firstlineno = match span == NO_SPAN {
            true => 1,
            false => self.tree.position(span).line.max(1),
        };
        if block.kind.is_function_like() {
            unit.flags |= flags::NEWLOCALS | flags::OPTIMIZED;
            if block.nested {
                unit.flags |= flags::NESTED;
            }
        }
        unit.flags |= self.settings.future;
        unit.frees = block.free.clone();
        unit.free_map = unit.frees.iter().enumerate().map(|(i, n)| (n.clone(), i as u32)).collect();
        let mut cells: Vec<String> =
            block.symbols.iter().filter(|(_, s)| s.place == Place::Cell).map(|(n, _)| n.clone()).collect();
        if block.kind == ScopeKind::Class {
            if block.conditional_annotations {
                cells.push("__conditional_annotations__".to_string());
            }
            if block.needs_class_closure {
                cells.push("__class__".to_string());
            }
            if block.needs_classdict {
                cells.push("__classdict__".to_string());
            }
        }
        cells.sort();
        cells.dedup();
        unit.cell_map = cells.iter().enumerate().map(|(i, n)| (n.clone(), i as u32)).collect();
        unit.cell_args = vec![u32::MAX; cells.len()];
        unit.hidden_cells = vec![false; cells.len()];
        unit.cells = cells;
        unit.span = span;
        unit.first = span;
        self.units.push(unit);
    }

    /// Emits what fills the cells; parameters are known by now.
    pub fn make_cells(&mut self) {
        let u = self.u();
        let saved = std::mem::replace(&mut u.span, NO_SPAN);
        for i in 0..u.cells.len() as u32 {
            let name = &u.cells[i as usize];
            match u.local_map.get(name).copied().filter(|&l| l < u.nparams) {
                Some(local) => {
                    u.cell_args[i as usize] = local;
                    u.emit(Op::MakeCellArg, 0, CELL | i, local, 0);
                }
                None => {
                    u.emit(Op::MakeCell, 0, CELL | i, 0, 0);
                }
            }
        }
        u.span = saved;
    }

    /// Ends the code object.
    pub fn leave_unit(&mut self) -> R<CodeData> {
        let Some(unit) = self.units.pop() else { return Err(Fail::limit("no code object")) };
        let tree = self.tree;
        assemble(unit, if self.units.is_empty() { self.filename } else { &[] }, &|span| {
            if span == NO_SPAN { Position::NONE } else { tree.position(span) }
        })
    }

    pub fn qualname(&self, scope: ScopeId, name: &str) -> String {
        if self.units.len() < 2 {
            return name.to_string();
        }
        let mut parent = self.units.len() - 1;
        if self.table.scopes[self.units[parent].scope].kind == ScopeKind::TypeParams {
            if parent == 1 {
                return name.to_string();
            }
            parent -= 1;
        }
        let parent = &self.units[parent];
        let kind = self.table.scopes[scope].kind;
        let parent_scope = &self.table.scopes[parent.scope];
        if matches!(kind, ScopeKind::Function | ScopeKind::Class) {
            let mangled = mangle(parent.private.as_ref(), name);
            if parent_scope.symbol(&mangled).is_some_and(|s| s.place == Place::GlobalExplicit) {
                return name.to_string();
            }
        }
        match parent_scope.kind {
            ScopeKind::Function | ScopeKind::Lambda => {
                format!("{}.<locals>.{name}", parent.qualname)
            }
            _ => format!("{}.{name}", parent.qualname),
        }
    }

    // ---- names ---------------------------------------------------------------------------------------------

    pub fn mangled(&self, name: &str) -> String {
        mangle(self.unit().private.as_ref(), name)
    }

    /// Where the (mangled) name lives.
    pub fn resolve(&mut self, name: &str) -> Var {
        let unit = self.unit();
        let mut at = unit.block;
        let mut passed = false;
        while at != unit.scope {
            let scope = &self.table.scopes[at];
            let place = scope.symbol(name).map_or(Place::Unknown, |s| s.place);
            match place {
                Place::Local | Place::Cell => match unit.hidden.get(&(at, name.to_string())) {
                    Some(Hidden::Local(i)) => return Var::Local(*i),
                    Some(Hidden::Cell(i)) => return Var::Cell(*i),
                    None => {}
                },
                // Code that runs in a namespace of its own looks there first.
                Place::GlobalImplicit if self.table.scopes[unit.scope].kind == ScopeKind::Module => {}
                Place::GlobalExplicit | Place::GlobalImplicit => return Var::Global,
                Place::Free | Place::Unknown => {}
            }
            passed = true;
            match scope.parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        let scope = &self.table.scopes[unit.scope];
        let place = scope.symbol(name).map_or(Place::Unknown, |s| s.place);
        let cell = unit.cell_map.get(name).copied();
        let free = unit.free_map.get(name).copied();
        match scope.kind {
            ScopeKind::Module => match place {
                Place::GlobalExplicit => Var::Global,
                _ => Var::Name,
            },
            ScopeKind::Class if passed => match free {
                Some(i) => Var::Free(i),
                None => Var::Global,
            },
            ScopeKind::Class => match (place, cell, free) {
                (Place::Cell, Some(i), _) => Var::Cell(i),
                (_, Some(i), _) if name == "__conditional_annotations__" => Var::Cell(i),
                (Place::Free, _, Some(i)) => Var::NameOrFree(i),
                (Place::GlobalExplicit, ..) => Var::Global,
                _ => Var::Name,
            },
            _ => {
                let in_class = scope.can_see_class && name != "__classdict__";
                match (place, cell, free) {
                    (Place::Cell, Some(i), _) => Var::Cell(i),
                    (Place::Local, ..) => {
                        let name = if name == ".format" { "format" } else { name };
                        Var::Local(self.u().local(name))
                    }
                    (Place::GlobalExplicit, ..) => Var::Global,
                    (Place::GlobalImplicit, ..) if in_class => Var::ClassGlobal,
                    (Place::GlobalImplicit, ..) => Var::Global,
                    (_, _, Some(i)) if in_class && place == Place::Free => Var::ClassFree(i),
                    (_, _, Some(i)) => Var::Free(i),
                    _ => Var::Global,
                }
            }
        }
    }

    /// `dst =` the name's value.
    pub fn load_name(&mut self, name: &str, dst: Reg) {
        let name = self.mangled(name);
        let var = self.resolve(&name);
        self.load_var(&var, &name, dst);
    }

    pub fn load_var(&mut self, var: &Var, name: &str, dst: Reg) {
        match *var {
            Var::Local(i) => {
                self.emit(Op::CheckLocal, 0, i, 0, 0);
                self.u().mov(dst, i);
            }
            Var::Cell(i) => self.emit(Op::LoadCell, 0, dst, CELL | i, 0),
            Var::Free(i) => self.emit(Op::LoadFree, 0, dst, i, 0),
            Var::Global => {
                let n = self.u().name(name);
                self.emit(Op::LoadGlobal, 0, dst, 0, n);
            }
            Var::Name => {
                let n = self.u().name(name);
                self.emit(Op::LoadName, 0, dst, 0, n);
            }
            Var::ClassGlobal => {
                let n = self.u().name(name);
                let t = self.load_classdict();
                self.u().emit(Op::LoadFromDictOrGlobal, 0, dst, t, 0).ext = n;
            }
            Var::ClassFree(i) => {
                let t = self.load_classdict();
                self.emit(Op::LoadFromDictOrFree, 0, dst, t, i);
            }
            Var::NameOrFree(i) => {
                let t = self.u().top();
                self.emit(Op::LoadLocals, 0, t, 0, 0);
                self.emit(Op::LoadFromDictOrFree, 0, dst, t, i);
            }
        }
    }

    fn load_classdict(&mut self) -> Reg {
        let t = self.u().top();
        self.load_name("__classdict__", t);
        t
    }

    /// The register that a name is, when it is a plain local.
    pub fn local_of(&mut self, name: &str) -> Option<Reg> {
        let name = self.mangled(name);
        match self.resolve(&name) {
            Var::Local(i) => Some(i),
            _ => None,
        }
    }

    /// `name = src`; `src` is consumed when it is a temporary.
    pub fn store_name(&mut self, name: &str, src: Reg) {
        let name = self.mangled(name);
        match self.resolve(&name) {
            Var::Local(i) => self.u().mov(i, src),
            Var::Cell(i) => self.emit(Op::StoreCell, 0, CELL | i, src, 0),
            Var::Free(i) | Var::ClassFree(i) | Var::NameOrFree(i) => self.emit(Op::StoreFree, 0, src, i, 0),
            Var::Global | Var::ClassGlobal => {
                let n = self.u().name(&name);
                self.emit(Op::StoreGlobal, 0, src, 0, n);
            }
            Var::Name => {
                let n = self.u().name(&name);
                self.emit(Op::StoreName, 0, src, 0, n);
            }
        }
    }

    pub fn delete_name(&mut self, name: &str) {
        let name = self.mangled(name);
        match self.resolve(&name) {
            Var::Local(i) => self.emit(Op::DeleteLocal, 0, i, 0, 0),
            Var::Cell(i) => self.emit(Op::DeleteCell, 0, CELL | i, 0, 0),
            Var::Free(i) | Var::ClassFree(i) | Var::NameOrFree(i) => self.emit(Op::DeleteFree, 0, 0, i, 0),
            Var::Global | Var::ClassGlobal => {
                let n = self.u().name(&name);
                self.emit(Op::DeleteGlobal, 0, 0, n, 0);
            }
            Var::Name => {
                let n = self.u().name(&name);
                self.emit(Op::DeleteName, 0, 0, n, 0);
            }
        }
    }

    /// The end of `except … as name`: the name goes, whether it is bound or not.
    pub fn forget_name(&mut self, name: &str) {
        if let Some(local) = self.local_of(name) {
            self.emit(Op::ClearLocal, 0, local, 0, 0);
            return;
        }
        let t = self.u().top();
        self.u().load_imm(t, Imm::None);
        self.store_name(name, t);
        self.delete_name(name);
    }

    /// `dst =` the cell of free variable `name` of a nested function.
    pub fn load_closure(&mut self, name: &str, dst: Reg) -> R<()> {
        let unit = self.unit();
        let mut at = unit.block;
        while at != unit.scope {
            if let Some(Hidden::Cell(i)) = unit.hidden.get(&(at, name.to_string())) {
                let i = *i;
                self.emit(Op::LoadClosureCell, 0, dst, CELL | i, 0);
                return Ok(());
            }
            match self.table.scopes[at].parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        // Through an inlined comprehension a class's own names are not seen, but nothing captures those anyway.
        let cell = unit.cell_map.get(name).copied();
        let free = unit.free_map.get(name).copied();
        match (cell, free) {
            (Some(i), _) => self.emit(Op::LoadClosureCell, 0, dst, CELL | i, 0),
            (_, Some(i)) => self.emit(Op::LoadClosureFree, 0, dst, i, 0),
            _ => return Err(Fail::limit(format!("compiler_make_closure: no cell for '{name}'"))),
        }
        Ok(())
    }

    /// `dst =` function of `code`, with its closure.
    pub fn make_function(&mut self, code: CodeData, dst: Reg) -> R<()> {
        let frees: Vec<String> =
            code.freevars.iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect();
        let depth = self.unit().depth;
        let index = self.u().constant(Const::Code(Box::new(code)));
        self.emit(Op::MakeFunction, 0, dst, index, 0);
        if frees.is_empty() {
            return Ok(());
        }
        if is_temp(dst) && dst == self.u().top() {
            self.u().depth += 1;
        }
        let base = self.u().top();
        for name in &frees {
            let t = self.u().take();
            self.load_closure(name, t)?;
        }
        self.emit(Op::BuildTuple, 0, base, base, frees.len() as u32);
        self.emit(Op::SetFunctionAttr, 8, dst, base, 0);
        self.u().depth = depth;
        Ok(())
    }

    pub fn return_none(&mut self) {
        let none = self.u().constant(Const::None);
        self.emit(Op::ReturnConst, 0, 0, none, 0);
    }

    // ---- modules -------------------------------------------------------------------------------------------

    pub fn module(&mut self, module: &'a ast::Mod) -> R<CodeData> {
        self.enter_unit(0, "<module>", NO_SPAN);
        let is_async = self.table.scopes[0].coroutine;
        if is_async && self.settings.top_level_await {
            self.u().flags |= flags::COROUTINE;
        }
        let gen_start = self.begin_generator();
        self.make_cells();
        match module {
            ast::Mod::Module(m) => {
                self.u().span = Span::default();
                self.module_body(&m.body)?;
                if !m.body.is_empty() {
                    self.at(NO_SPAN);
                }
                self.return_none();
            }
            ast::Mod::Expression(m) => {
                self.u().span = Span::of(&*m.body);
                let value = self.operand(&m.body)?;
                self.emit(Op::ReturnValue, 0, value, 0, 0);
            }
        }
        self.end_generator(gen_start);
        self.leave_unit()
    }

    fn module_body(&mut self, body: &'a [ast::Stmt]) -> R<()> {
        let future = self.future(flags::FUTURE_ANNOTATIONS);
        let annotations = self.table.scopes[0].annotations_used;
        if annotations && future {
            self.emit(Op::SetupAnnotations, 0, 0, 0, 0);
        }
        let mut marker = None;
        if annotations && !future {
            // `__annotate__` is made first, so that a module that is being imported has it; its code is compiled
            // last, when all annotations are known, and put in here.
            let t = self.u().top();
            self.emit(Op::MakeFunction, 0, t, u32::MAX, 0);
            marker = Some(self.unit().ins.len() - 1);
            self.store_name("__annotate__", t);
            self.emit(Op::BuildSet, 0, t, t, 0);
            self.store_name("__conditional_annotations__", t);
        }
        let rest = if self.settings.interactive { body } else { self.docstring(body)? };
        for stmt in rest {
            self.stmt(stmt)?;
        }
        if let Some(marker) = marker {
            let deferred = std::mem::take(&mut self.u().deferred);
            let code = self.annotate_code(0, &deferred)?;
            let index = self.u().constant(Const::Code(Box::new(code)));
            self.u().ins[marker].b = index;
        }
        Ok(())
    }

    /// Stores the docstring a module or class begins with; the statements after it.
    pub fn docstring(&mut self, body: &'a [ast::Stmt]) -> R<&'a [ast::Stmt]> {
        let Some(doc) = crate::build::docstring(body) else { return Ok(body) };
        if self.settings.optimize < 2 {
            let text = crate::literals::clean_doc(&self.tree.string(doc));
            let saved = self.at(Span::of(doc));
            let t = self.u().top();
            self.load_const(t, Const::Str(text.into()));
            self.store_name("__doc__", t);
            self.at(saved);
        }
        Ok(&body[1..])
    }

    /// Start of generator code: its first instruction, and a handler over all of it. Returns the handler's label.
    pub fn begin_generator(&mut self) -> Option<crate::unit::Label> {
        let kinds = flags::GENERATOR | flags::COROUTINE | flags::ASYNC_GENERATOR;
        if self.unit().flags & kinds == 0 {
            return None;
        }
        self.emit(Op::ReturnGenerator, 0, 0, 0, 0);
        let handler = self.u().label();
        self.u().protect(handler, 0);
        Some(handler)
    }

    /// A StopIteration that leaves a generator becomes a RuntimeError.
    pub fn end_generator(&mut self, handler: Option<crate::unit::Label>) {
        let Some(handler) = handler else { return };
        let u = self.u();
        u.handler = 0;
        u.span = NO_SPAN;
        u.place(handler);
        let t = u.temp(0);
        u.emit(Op::Intrinsic1, taipan_bytecode::Intrinsic1::StopIterationError as u8, t, t, 0);
        u.emit(Op::Reraise, 1, t, 0, 0);
    }
}

/// A failure as the `SyntaxError` that Python sees.
pub(crate) fn syntax_error(fail: &Fail, tree: &Tree<'_>) -> taipan_syntax::SyntaxError {
    let mut error = taipan_syntax::SyntaxError::bare(fail.msg.clone());
    if fail.kind == FailKind::TooDeep {
        error.kind = taipan_syntax::ErrorKind::Recursion;
    }
    if let Some(span) = fail.span {
        let p = tree.position(span);
        error.lineno = p.line as i64;
        error.offset = p.col as i64 + 1;
        error.end_lineno = p.end_line as i64;
        error.end_offset = p.end_col as i64 + 1;
    }
    error
}
