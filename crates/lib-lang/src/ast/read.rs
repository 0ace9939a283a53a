//! Python objects as syntax trees, with CPython's complaints: what nodes share. `read_stmt`, `read_expr` and
//! `read_pattern` have the nodes.
//!
//! Spans of the tree are keys of `Reader::positions`: every node has three of its own.

use std::collections::HashMap;

use taipan_bytecode::Const;
use taipan_compiler::TreeSource;
use taipan_syntax::ast::{self, AtomicNodeIndex, Identifier};
use taipan_syntax::{TextRange, TextSize};
use taipan_vm::errors::exc;
use taipan_vm::prelude::*;
use taipan_vm::types::numbers::int_value;

/// Each node gets its own.
#[allow(clippy::declare_interior_mutable_const)]
pub(super) const NO_INDEX: AtomicNodeIndex = AtomicNodeIndex::NONE;

/// What an expression is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ctx {
    Load,
    Store,
    Del,
}

impl Ctx {
    pub fn name(self) -> &'static str {
        match self {
            Ctx::Load => "Load",
            Ctx::Store => "Store",
            Ctx::Del => "Del",
        }
    }

    pub fn of_tree(self) -> ast::ExprContext {
        match self {
            Ctx::Load => ast::ExprContext::Load,
            Ctx::Store => ast::ExprContext::Store,
            Ctx::Del => ast::ExprContext::Del,
        }
    }
}

pub(super) struct Reader<'a> {
    pub vm: &'a Vm,
    module: Value,
    /// Classes of `_ast` by address.
    known: HashMap<usize, &'static str>,
    classes: HashMap<&'static str, Value>,
    positions: Vec<(u32, u32)>,
    pub strings: HashMap<u32, Vec<u8>>,
    pub constants: HashMap<u32, Const>,
}

impl<'a> Reader<'a> {
    pub fn new(vm: &'a Vm) -> PyResult<Reader<'a>> {
        Ok(Reader {
            vm,
            module: taipan_vm::modules::import::import_module(vm, "_ast")?,
            known: HashMap::new(),
            classes: HashMap::new(),
            // Key 0 is for what has no place.
            positions: vec![(1, 0)],
            strings: HashMap::new(),
            constants: HashMap::new(),
        })
    }

    pub fn source(self) -> TreeSource<'static> {
        TreeSource::Table { positions: self.positions, strings: self.strings, constants: self.constants }
    }

    fn class(&mut self, name: &'static str) -> PyResult<Value> {
        if let Some(cls) = self.classes.get(name) {
            return Ok(cls.clone());
        }
        let cls = self.vm.get_attr_str(&self.module, name)?;
        if let Some(at) = cls.as_ptr() {
            self.known.insert(at.addr().get(), name);
        }
        self.classes.insert(name, cls.clone());
        Ok(cls)
    }

    pub fn is_a(&mut self, v: &Value, class: &'static str) -> PyResult<bool> {
        let cls = self.class(class)?;
        self.vm.is_instance(v, &cls)
    }

    /// Which of `variants` the object is.
    pub fn variant(
        &mut self,
        v: &Value,
        base: &'static str,
        variants: &[&'static str],
    ) -> PyResult<&'static str> {
        let exact = self.vm.type_of(v).as_value().as_ptr().map(|p| p.addr().get());
        if let Some(name) = exact.and_then(|at| self.known.get(&at))
            && variants.contains(name)
        {
            return Ok(name);
        }
        for name in variants {
            if self.is_a(v, name)? {
                return Ok(name);
            }
        }
        let shown = self.vm.repr(v)?;
        Err(self
            .vm
            .type_error(format_args!("expected some sort of {base}, but got {}", shown.to_string_lossy())))
    }

    pub fn value_error<T>(&self, text: impl std::fmt::Display) -> PyResult<T> {
        Err(self.vm.value_error(format_args!("{text}")))
    }

    pub fn type_error<T>(&self, text: impl std::fmt::Display) -> PyResult<T> {
        Err(self.vm.type_error(format_args!("{text}")))
    }

    // ---- fields --------------------------------------------------------------------------------------------

    /// A field that must be there; it may be `None`.
    pub fn required(&self, v: &Value, field: &str, class: &str) -> PyResult<Value> {
        match self.vm.lookup_attr_str(v, field)? {
            Some(value) => Ok(value),
            None => self.type_error(format_args!("required field \"{field}\" missing from {class}")),
        }
    }

    /// A field that must be there and be something.
    pub fn given(&self, v: &Value, field: &str, class: &str) -> PyResult<Value> {
        let value = self.required(v, field, class)?;
        if value.is_none() {
            return self.value_error(format_args!("field '{field}' is required for {class}"));
        }
        Ok(value)
    }

    pub fn optional(&self, v: &Value, field: &str) -> PyResult<Option<Value>> {
        Ok(self.vm.lookup_attr_str(v, field)?.filter(|v| !v.is_none()))
    }

    /// A list; one that is not there is empty.
    pub fn items(&self, v: &Value, field: &str, class: &str) -> PyResult<Vec<Value>> {
        let Some(value) = self.vm.lookup_attr_str(v, field)? else { return Ok(Vec::new()) };
        match value.downcast::<List>() {
            Some(list) => Ok(list.to_vec()),
            None => {
                let kind = self.vm.type_of(&value).name();
                self.type_error(format_args!("{class} field \"{field}\" must be a list, not a {kind}"))
            }
        }
    }

    pub fn nonempty(&self, v: &Value, field: &str, class: &str) -> PyResult<Vec<Value>> {
        let items = self.items(v, field, class)?;
        if items.is_empty() {
            return self.value_error(format_args!("empty {field} on {class}"));
        }
        Ok(items)
    }

    pub fn int(&self, value: &Value) -> PyResult<i64> {
        match int_value(value) {
            Some(taipan_vm::types::numbers::IntValue::Small(n)) => match i32::try_from(n) {
                Ok(n) => Ok(i64::from(n)),
                Err(_) => Err(self.vm.overflow_error("Python int too large to convert to C int")),
            },
            Some(_) => Err(self.vm.overflow_error("Python int too large to convert to C long")),
            None => {
                let shown = self.vm.repr(value)?;
                self.value_error(format_args!("invalid integer value: {}", shown.to_string_lossy()))
            }
        }
    }

    pub fn str_of(&self, value: &Value, what: &str) -> PyResult<String> {
        match value.downcast_exact::<Str>() {
            Some(s) => match s.as_str() {
                Some(text) => Ok(text.to_string()),
                None => Err(self.vm.surrogate_error(s)),
            },
            None => self.type_error(format_args!("AST {what} must be of type str")),
        }
    }

    pub fn identifier(&self, v: &Value, field: &str, class: &str, range: TextRange) -> PyResult<Identifier> {
        let value = self.required(v, field, class)?;
        if value.is_none() {
            return self.value_error(format_args!("field '{field}' is required for {class}"));
        }
        Ok(Identifier::new(self.str_of(&value, "identifier")?, range))
    }

    pub fn maybe_identifier(&self, v: &Value, field: &str, range: TextRange) -> PyResult<Option<Identifier>> {
        match self.optional(v, field)? {
            Some(value) => Ok(Some(Identifier::new(self.str_of(&value, "identifier")?, range))),
            None => Ok(None),
        }
    }

    pub fn identifiers(
        &self,
        v: &Value,
        field: &str,
        class: &str,
        range: TextRange,
    ) -> PyResult<Vec<Identifier>> {
        let mut out = Vec::new();
        for name in self.items(v, field, class)? {
            out.push(Identifier::new(self.str_of(&name, "identifier")?, range));
        }
        Ok(out)
    }

    /// A text that is checked and not used: type comments, `kind`.
    pub fn check_text(&self, v: &Value, field: &str) -> PyResult<()> {
        match self.optional(v, field)? {
            Some(value) => self.str_of(&value, "string").map(drop),
            None => Ok(()),
        }
    }

    // ---- places --------------------------------------------------------------------------------------------

    fn key(&mut self, line: i64, col: i64) -> u32 {
        let clamp = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
        self.positions.push((clamp(line), clamp(col)));
        (self.positions.len() - 1) as u32
    }

    /// A range of its own for a node without a place.
    pub fn nowhere(&mut self) -> TextRange {
        let (start, end) = (self.key(1, 0), self.key(1, 0));
        self.key(1, 0);
        TextRange::new(TextSize::from(start), TextSize::from(end))
    }

    /// The last `len` bytes of a node of several lines; nowhere for others.
    pub fn last_part(&mut self, range: TextRange, len: usize) -> TextRange {
        let at = |t: TextSize| self.positions.get(t.to_usize()).copied().unwrap_or((1, 0));
        let ((first, _), (line, col)) = (at(range.start()), at(range.end()));
        if first == line || (col as usize) < len {
            return TextRange::default();
        }
        let start = self.key(line as i64, (col as usize - len) as i64);
        let end = self.key(line as i64, col as i64);
        self.key(line as i64, 0);
        TextRange::new(TextSize::from(start), TextSize::from(end))
    }

    /// The place of a node of the kind.
    pub fn place(&mut self, v: &Value, kind: &str) -> PyResult<TextRange> {
        let line = self.int(&self.required(v, "lineno", kind)?)?;
        let col = self.int(&self.required(v, "col_offset", kind)?)?;
        let ends = matches!(kind, "pattern" | "type_param");
        let end = |field: &str, default: i64| -> PyResult<i64> {
            if ends {
                return self.int(&self.required(v, field, kind)?);
            }
            self.optional(v, field)?.map_or(Ok(default), |n| self.int(&n))
        };
        let end_line = end("end_lineno", line)?;
        let end_col = end("end_col_offset", col)?;
        if line > end_line {
            return self.value_error(format_args!("AST node line range ({line}, {end_line}) is not valid"));
        }
        if (line < 0 && end_line != line) || (col < 0 && end_col != col) {
            return self.value_error(format_args!(
                "AST node column range ({col}, {end_col}) for line range ({line}, {end_line}) is not valid"
            ));
        }
        if line == end_line && col > end_col {
            return self
                .value_error(format_args!("line {line}, column {col}-{end_col} is not a valid range"));
        }
        let (start, end) = (self.key(line, col), self.key(end_line, end_col));
        self.key(line, 0);
        Ok(TextRange::new(TextSize::from(start), TextSize::from(end)))
    }

    // ---- constants -----------------------------------------------------------------------------------------

    /// The value of a `Constant`, for the compiler.
    pub fn constant(&self, v: &Value) -> PyResult<Const> {
        if v.is_none() {
            return Ok(Const::None);
        }
        if let Some(b) = v.as_bool() {
            return Ok(if b { Const::True } else { Const::False });
        }
        if v.is_ellipsis() {
            return Ok(Const::Ellipsis);
        }
        let vm = self.vm;
        let ty = vm.type_of(v);
        let exact = |t: &Gc<Type>| std::ptr::eq(t.as_ptr().as_ptr(), ty.as_ptr().as_ptr());
        if exact(&vm.types.int)
            && let Some(n) = int_value(v)
        {
            return Ok(match n {
                taipan_vm::types::numbers::IntValue::Small(n) => Const::Int(n),
                big => {
                    let (negative, magnitude) = big.sign_and_bytes();
                    Const::BigInt { negative, magnitude: magnitude.into() }
                }
            });
        }
        if exact(&vm.types.float) {
            return Ok(Const::Float(vm.to_float(v)?));
        }
        if let Some(s) = v.downcast_exact::<Str>() {
            return Ok(Const::Str(s.as_bytes().to_vec().into()));
        }
        if let Some(b) = v.downcast_exact::<Bytes>() {
            return Ok(Const::Bytes(b.as_bytes().to_vec().into()));
        }
        if let Some(c) = v.downcast_exact::<taipan_vm::types::numbers::Complex>() {
            return Ok(Const::Complex(c.re, c.im));
        }
        let items = if let Some(t) = v.downcast_exact::<Tuple>() {
            t.items().to_vec()
        } else if v.downcast_exact::<taipan_vm::types::set::FrozenSet>().is_some() {
            let tuple = vm.call(vm.type_for(Tuple::def()).as_value(), std::slice::from_ref(v))?;
            tuple.downcast::<Tuple>().map(|t| t.items().to_vec()).unwrap_or_default()
        } else {
            return self.type_error(format_args!("got an invalid type in Constant: {}", ty.name()));
        };
        let items = vm.recurse(" during compilation", || items.iter().map(|v| self.constant(v)).collect())?;
        Ok(if v.downcast_exact::<Tuple>().is_some() { Const::Tuple(items) } else { Const::FrozenSet(items) })
    }

    pub fn check_root(&mut self, v: &Value, class: &'static str) -> PyResult<()> {
        if !self.is_a(v, class)? {
            let kind = self.vm.type_of(v).name();
            return self.type_error(format_args!("expected {class} node, got {kind}"));
        }
        Ok(())
    }

    /// The module in an object, if it is one of `class`.
    pub fn root(&mut self, v: &Value, class: &'static str) -> PyResult<ast::Mod> {
        self.check_root(v, class)?;
        let range = TextRange::default();
        if class == "Expression" {
            let body = self.given(v, "body", class)?;
            let body = Box::new(self.expr(&body, Ctx::Load)?);
            return Ok(ast::Mod::Expression(ast::ModExpression { node_index: NO_INDEX, range, body }));
        }
        let body = self.items(v, "body", class)?;
        let body = self.stmts(body)?;
        if class == "Module" {
            for ignore in self.items(v, "type_ignores", class)? {
                self.variant(&ignore, "type_ignore", &["TypeIgnore"])?;
                self.int(&self.required(&ignore, "lineno", "TypeIgnore")?)?;
                let tag = self.given(&ignore, "tag", "TypeIgnore")?;
                self.str_of(&tag, "string")?;
            }
        }
        Ok(ast::Mod::Module(ast::ModModule { node_index: NO_INDEX, range, body }))
    }

    pub fn system_error<T>(&self, text: impl std::fmt::Display) -> PyResult<T> {
        Err(self.vm.raise_new(&exc::SystemError, format_args!("{text}")))
    }
}
