//! A code object under construction: instructions with symbolic registers and labels, constants, names, variables.

use rustc_hash::FxHashMap as HashMap;

use taipan_bytecode::{Const, Imm, Op};

use crate::error::{Fail, R, Span};
use crate::scope::ScopeId;
use crate::unwind::FBlock;

/// A symbolic register: plain local, cell slot or temporary. Final numbers are known when the code object is whole.
pub(crate) type Reg = u32;

pub(crate) const CELL: u32 = 1 << 28;
pub(crate) const TEMP: u32 = 2 << 28;
pub(crate) const NO_SPAN: Span = Span { start: u32::MAX, end: u32::MAX };

pub(crate) fn is_temp(r: Reg) -> bool {
    r & TEMP != 0
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(pub u32);

pub(crate) const NO_LABEL: Label = Label(u32::MAX);

/// An instruction before assembly. A 32-bit operand (`bc`) is in `b`; a site's name or keyword names in `c`; of a
/// keyword call the number of arguments in `ext`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ins {
    pub op: Op,
    pub x: u8,
    pub a: u32,
    pub b: u32,
    pub c: u32,
    pub ext: u32,
    pub target: Label,
    pub span: Span,
    /// 1 + index of the handler that covers it; 0 for none.
    pub handler: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct HandlerInfo {
    pub target: Label,
    pub depth: u32,
}

/// Where a variable of an inlined comprehension lives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hidden {
    Local(u32),
    Cell(u32),
}

/// An annotation to be evaluated by `__annotate__`.
pub(crate) struct Deferred<'a> {
    pub name: String,
    pub annotation: &'a taipan_syntax::ast::Expr,
    pub span: Span,
    /// Number in `__conditional_annotations__`.
    pub index: Option<u32>,
}

pub(crate) struct Unit<'a> {
    pub scope: ScopeId,
    /// The innermost block: the unit's own or an inlined comprehension's.
    pub block: ScopeId,
    pub name: String,
    pub qualname: String,
    pub private: Option<crate::scope::Private>,
    pub flags: u32,
    pub firstlineno: u32,
    /// Where `firstlineno` comes from.
    pub first: Span,
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    pub ins: Vec<Ins>,
    /// Index of the instruction each label stands before.
    pub labels: Vec<u32>,
    pub handlers: Vec<HandlerInfo>,
    pub handler: u32,
    pub locals: Vec<String>,
    pub local_map: HashMap<String, u32>,
    pub hidden_locals: Vec<bool>,
    pub nparams: u32,
    pub cells: Vec<String>,
    pub cell_map: HashMap<String, u32>,
    pub cell_args: Vec<u32>,
    pub hidden_cells: Vec<bool>,
    pub frees: Vec<String>,
    pub free_map: HashMap<String, u32>,
    pub hidden: HashMap<(ScopeId, String), Hidden>,
    /// Hidden locals that no comprehension uses at the moment, by name.
    pub spare_hidden: HashMap<String, Vec<u32>>,
    pub consts: Vec<Const>,
    pub const_map: HashMap<Vec<u8>, u32>,
    pub names: Vec<String>,
    pub name_map: HashMap<String, u32>,
    pub depth: u32,
    pub span: Span,
    pub fblocks: Vec<FBlock<'a>>,
    pub deferred: Vec<Deferred<'a>>,
    pub next_conditional: u32,
    pub in_conditional: bool,
    pub static_attributes: Vec<String>,
}

impl<'a> Unit<'a> {
    pub fn new(scope: ScopeId, name: String, qualname: String) -> Unit<'a> {
        Unit {
            scope,
            block: scope,
            name,
            qualname,
            private: None,
            flags: 0,
            firstlineno: 1,
            first: NO_SPAN,
            argcount: 0,
            posonlyargcount: 0,
            kwonlyargcount: 0,
            ins: Vec::new(),
            labels: Vec::new(),
            handlers: Vec::new(),
            handler: 0,
            locals: Vec::new(),
            local_map: HashMap::default(),
            hidden_locals: Vec::new(),
            nparams: 0,
            cells: Vec::new(),
            cell_map: HashMap::default(),
            cell_args: Vec::new(),
            hidden_cells: Vec::new(),
            frees: Vec::new(),
            free_map: HashMap::default(),
            hidden: HashMap::default(),
            spare_hidden: HashMap::default(),
            consts: Vec::new(),
            const_map: HashMap::default(),
            names: Vec::new(),
            name_map: HashMap::default(),
            depth: 0,
            span: NO_SPAN,
            fblocks: Vec::new(),
            deferred: Vec::new(),
            next_conditional: 0,
            in_conditional: false,
            static_attributes: Vec::new(),
        }
    }

    // ---- emitting ------------------------------------------------------------------------------------------

    pub fn emit(&mut self, op: Op, x: u8, a: u32, b: u32, c: u32) -> &mut Ins {
        let ins = Ins { op, x, a, b, c, ext: 0, target: NO_LABEL, span: self.span, handler: self.handler };
        self.ins.push(ins);
        let last = self.ins.len() - 1;
        &mut self.ins[last]
    }

    pub fn jump_op(&mut self, op: Op, a: u32, b: u32, target: Label) {
        self.emit(op, 0, a, b, 0).target = target;
    }

    pub fn jump(&mut self, target: Label) {
        self.jump_op(Op::Jump, 0, 0, target);
    }

    pub fn label(&mut self) -> Label {
        self.labels.push(u32::MAX);
        Label(self.labels.len() as u32 - 1)
    }

    pub fn place(&mut self, label: Label) {
        self.labels[label.0 as usize] = self.ins.len() as u32;
    }

    /// A label here.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }

    /// From now on `target` handles exceptions, at `depth`; returns what did before.
    pub fn protect(&mut self, target: Label, depth: u32) -> u32 {
        self.handlers.push(HandlerInfo { target, depth });
        std::mem::replace(&mut self.handler, self.handlers.len() as u32)
    }

    // ---- temporaries ---------------------------------------------------------------------------------------

    pub fn temp(&self, depth: u32) -> Reg {
        TEMP | depth
    }

    /// The next free temporary, without taking it.
    pub fn top(&self) -> Reg {
        TEMP | self.depth
    }

    /// Takes the next temporary.
    pub fn take(&mut self) -> Reg {
        self.depth += 1;
        TEMP | (self.depth - 1)
    }

    // ---- constants, names, variables -----------------------------------------------------------------------

    pub fn constant(&mut self, c: Const) -> u32 {
        if matches!(c, Const::Code(_)) {
            self.consts.push(c);
            return self.consts.len() as u32 - 1;
        }
        let mut key = Vec::new();
        c.encode(&mut key);
        if let Some(&index) = self.const_map.get(&key) {
            return index;
        }
        let index = self.consts.len() as u32;
        self.consts.push(c);
        self.const_map.insert(key, index);
        index
    }

    pub fn name(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.name_map.get(name) {
            return index;
        }
        let index = self.names.len() as u32;
        self.names.push(name.to_string());
        self.name_map.insert(name.to_string(), index);
        index
    }

    pub fn local(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.local_map.get(name) {
            return index;
        }
        let index = self.locals.len() as u32;
        self.locals.push(name.to_string());
        self.hidden_locals.push(false);
        self.local_map.insert(name.to_string(), index);
        index
    }

    /// A local of an inlined comprehension: its own slot, reused by the next comprehension with such a name.
    pub fn hidden_local(&mut self, name: &str) -> u32 {
        if let Some(index) = self.spare_hidden.get_mut(name).and_then(Vec::pop) {
            return index;
        }
        let index = self.locals.len() as u32;
        self.locals.push(name.to_string());
        self.hidden_locals.push(true);
        index
    }

    pub fn hidden_cell(&mut self, name: &str) -> u32 {
        self.cells.push(name.to_string());
        self.cell_args.push(u32::MAX);
        self.hidden_cells.push(true);
        self.cells.len() as u32 - 1
    }

    pub fn load_imm(&mut self, dst: Reg, imm: Imm) {
        self.emit(Op::LoadImm, imm as u8, dst, 0, 0);
    }

    pub fn load_const(&mut self, dst: Reg, c: Const) {
        match c {
            Const::None => self.load_imm(dst, Imm::None),
            Const::True => self.load_imm(dst, Imm::True),
            Const::False => self.load_imm(dst, Imm::False),
            Const::Ellipsis => self.load_imm(dst, Imm::Ellipsis),
            Const::Int(n) if i32::try_from(n).is_ok() => {
                self.emit(Op::LoadInt, 0, dst, n as i32 as u32, 0);
            }
            c => {
                let index = self.constant(c);
                self.emit(Op::LoadConst, 0, dst, index, 0);
            }
        }
    }

    pub fn load_str(&mut self, dst: Reg, text: &str) {
        self.load_const(dst, Const::str(text));
    }

    pub fn mov(&mut self, dst: Reg, src: Reg) {
        if dst != src {
            self.emit(Op::Mov, 0, dst, src, 0);
        }
    }

    /// Drops temporary `r`.
    pub fn clear(&mut self, r: Reg) {
        self.emit(Op::Clear, 0, r, 0, 0);
    }

    pub fn check_size(&self) -> R<()> {
        if self.locals.len() + self.cells.len() > 0xff00 || self.frees.len() > 0xff00 {
            return Err(Fail::limit("too many local variables"));
        }
        Ok(())
    }
}
