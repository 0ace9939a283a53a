//! Scope analysis: which names each block binds and uses, and where each of them lives. The numbers of flags and kinds
//! are CPython's, so that `_symtable` can hand them out.

use rustc_hash::FxHashMap as HashMap;

/// Symbol flags, as `_symtable` has them.
pub mod def {
    pub const GLOBAL: u32 = 1;
    pub const LOCAL: u32 = 2;
    pub const PARAM: u32 = 4;
    pub const NONLOCAL: u32 = 8;
    pub const USE: u32 = 16;
    pub const FREE_CLASS: u32 = 64;
    pub const IMPORT: u32 = 128;
    pub const ANNOT: u32 = 256;
    pub const COMP_ITER: u32 = 512;
    pub const TYPE_PARAM: u32 = 1024;
    pub const COMP_CELL: u32 = 2048;
    pub const BOUND: u32 = LOCAL | PARAM | IMPORT | TYPE_PARAM;
    pub const SCOPE_OFFSET: u32 = 12;
    /// Ours: a name that a walrus in a comprehension binds in the scope around it.
    pub const COMP_WALRUS: u32 = 1 << 30;
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    Module,
    Class,
    Function,
    Lambda,
    ListComp,
    SetComp,
    DictComp,
    GenExpr,
    /// `__annotate__` of a function, class or module.
    Annotation,
    TypeAlias,
    TypeParams,
    /// Bound, constraints or default of a type parameter.
    TypeVariable,
}

impl ScopeKind {
    pub fn is_comprehension(self) -> bool {
        matches!(self, ScopeKind::ListComp | ScopeKind::SetComp | ScopeKind::DictComp | ScopeKind::GenExpr)
    }

    /// Do its names live in registers?
    pub fn is_function_like(self) -> bool {
        !matches!(self, ScopeKind::Module | ScopeKind::Class)
    }

    pub fn is_annotation_like(self) -> bool {
        matches!(
            self,
            ScopeKind::Annotation | ScopeKind::TypeAlias | ScopeKind::TypeParams | ScopeKind::TypeVariable
        )
    }
}

/// Where a name of a block lives; CPython's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Place {
    #[default]
    Unknown = 0,
    Local = 1,
    GlobalExplicit = 2,
    GlobalImplicit = 3,
    Free = 4,
    Cell = 5,
}

#[derive(Clone, Debug, Default)]
pub struct Symbol {
    pub flags: u32,
    pub place: Place,
    /// Where a `global` or `nonlocal` statement named it.
    pub directive: Option<(u32, u32)>,
}

pub type ScopeId = usize;

#[derive(Clone, Debug)]
pub struct Scope {
    pub kind: ScopeKind,
    pub name: String,
    pub parent: Option<ScopeId>,
    pub children: Vec<ScopeId>,
    pub names: Vec<String>,
    pub symbols: HashMap<String, Symbol>,
    pub lineno: u32,
    /// Class whose names are mangled into this block's.
    pub private: Option<Private>,
    pub nested: bool,
    pub generator: bool,
    pub coroutine: bool,
    pub varargs: bool,
    pub varkeywords: bool,
    pub returns_value: bool,
    pub has_docstring: bool,
    /// A comprehension that runs in the frame around it.
    pub inlined: bool,
    pub can_see_class: bool,
    pub needs_class_closure: bool,
    pub needs_classdict: bool,
    pub conditional_annotations: bool,
    pub annotations_used: bool,
    pub is_method: bool,
    pub has_walrus: bool,
    pub free: Vec<String>,
    /// `_symtable`: what an annotation-like block belongs to.
    pub scope_info: Option<&'static str>,
}

impl Scope {
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.get(name)
    }
}

/// Which block of an AST node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Body,
    Annotations,
    TypeParams,
    Bound,
    Default,
}

/// All blocks of a compilation.
#[derive(Clone, Debug, Default)]
pub struct SymbolTable {
    pub scopes: Vec<Scope>,
    pub(crate) by_node: HashMap<(usize, Part), ScopeId>,
}

/// The address of an AST node, by which scopes are found again; the tree does not move meanwhile.
pub(crate) fn key<T>(node: &T) -> usize {
    node as *const T as usize
}

impl SymbolTable {
    pub(crate) fn find<T>(&self, node: &T, part: Part) -> Option<ScopeId> {
        self.by_node.get(&(key(node), part)).copied()
    }

    /// The block whose frame `scope` runs in.
    pub(crate) fn unit_of(&self, mut scope: ScopeId) -> ScopeId {
        while self.scopes[scope].inlined {
            match self.scopes[scope].parent {
                Some(parent) => scope = parent,
                None => break,
            }
        }
        scope
    }

    /// Decides where every name lives. Errors carry the position of the directive.
    pub(crate) fn analyze(&mut self) -> Result<(), (String, (u32, u32))> {
        for id in 0..self.scopes.len() {
            let mut names = self.scopes[id].names.clone();
            names.extend(self.scopes[id].free.clone());
            for name in names {
                self.resolve(id, &name)?;
            }
        }
        // A block that only passes a variable through learns of it from the blocks within, so freevars are complete
        // only now.
        for scope in &mut self.scopes {
            scope.free.sort();
            scope.free.dedup();
        }
        Ok(())
    }

    fn set_place(&mut self, id: ScopeId, name: &str, place: Place) {
        if let Some(symbol) = self.scopes[id].symbols.get_mut(name)
            && !(symbol.place == Place::Cell && place == Place::Local)
        {
            symbol.place = place;
        }
    }

    fn resolve(&mut self, id: ScopeId, name: &str) -> Result<(), (String, (u32, u32))> {
        let Some(symbol) = self.scopes[id].symbols.get(name) else { return Ok(()) };
        let flags = symbol.flags;
        let directive = symbol.directive.unwrap_or_default();
        if flags & def::GLOBAL != 0 {
            if flags & def::NONLOCAL != 0 && flags & def::COMP_WALRUS == 0 {
                return Err((format!("name '{name}' is nonlocal and global"), directive));
            }
            self.set_place(id, name, Place::GlobalExplicit);
            return Ok(());
        }
        if flags & def::NONLOCAL != 0 {
            if self.scopes[id].kind == ScopeKind::Module {
                return Err(("nonlocal declaration not allowed at module level".into(), directive));
            }
            match self.owner(id, name) {
                Some(Owner::Function(owner)) => {
                    if self.scopes[owner].symbols.get(name).is_some_and(|s| s.flags & def::TYPE_PARAM != 0)
                        && flags & def::COMP_WALRUS == 0
                    {
                        return Err((
                            format!("nonlocal binding not allowed for type parameter '{name}'"),
                            directive,
                        ));
                    }
                    self.capture(id, owner, name);
                }
                _ if flags & def::COMP_WALRUS != 0 => self.set_place(id, name, Place::GlobalImplicit),
                _ => return Err((format!("no binding for nonlocal '{name}' found"), directive)),
            }
            return Ok(());
        }
        if flags & def::BOUND != 0 {
            self.set_place(id, name, Place::Local);
            return Ok(());
        }
        // Annotation scopes in a class look at the class's names first, which its dict answers at run time.
        if self.scopes[id].can_see_class
            && name != "__classdict__"
            && let Some(class) = self.visible_class(id)
            && let Some(in_class) = self.scopes[class].symbols.get(name)
            && in_class.flags & def::NONLOCAL == 0
        {
            if in_class.flags & def::GLOBAL != 0 {
                self.set_place(id, name, Place::GlobalExplicit);
                return Ok(());
            }
            if in_class.flags & def::BOUND != 0 {
                self.set_place(id, name, Place::GlobalImplicit);
                return Ok(());
            }
        }
        match self.owner(id, name) {
            Some(Owner::Function(owner)) => self.capture(id, owner, name),
            Some(Owner::Global) | None => self.set_place(id, name, Place::GlobalImplicit),
        }
        Ok(())
    }

    /// The class whose names an annotation scope sees.
    fn visible_class(&self, id: ScopeId) -> Option<ScopeId> {
        let mut at = self.scopes[id].parent?;
        loop {
            let scope = &self.scopes[at];
            if scope.kind == ScopeKind::Class {
                return Some(at);
            }
            if !scope.can_see_class {
                return None;
            }
            at = scope.parent?;
        }
    }

    /// The block around `id` that owns `name`.
    fn owner(&self, id: ScopeId, name: &str) -> Option<Owner> {
        let mut only_inlined = self.scopes[id].inlined;
        let mut at = self.scopes[id].parent;
        while let Some(p) = at {
            let scope = &self.scopes[p];
            match scope.kind {
                ScopeKind::Class => {
                    let implicit =
                        matches!(name, "__class__" | "__classdict__" | "__conditional_annotations__");
                    if implicit && (name != "__conditional_annotations__" || scope.conditional_annotations) {
                        // A comprehension of the class body itself does not see the cell.
                        return Some(if only_inlined { Owner::Global } else { Owner::Function(p) });
                    }
                }
                ScopeKind::Module => return None,
                _ => {
                    if let Some(symbol) = scope.symbols.get(name) {
                        if symbol.flags & def::GLOBAL != 0 {
                            return Some(Owner::Global);
                        }
                        if symbol.flags & def::BOUND != 0 && symbol.flags & def::NONLOCAL == 0 {
                            return Some(Owner::Function(p));
                        }
                    }
                }
            }
            only_inlined &= scope.inlined;
            at = scope.parent;
        }
        None
    }

    /// `name` of block `id` is `owner`'s: a cell, unless they share a frame.
    fn capture(&mut self, id: ScopeId, owner: ScopeId, name: &str) {
        self.set_place(id, name, Place::Free);
        let owner_unit = self.unit_of(owner);
        let mut unit = self.unit_of(id);
        if unit == owner_unit {
            return;
        }
        let class = self.scopes[owner].kind == ScopeKind::Class;
        if class {
            // The class's own names are another matter: they live in its namespace.
            match name {
                "__class__" => self.scopes[owner].needs_class_closure = true,
                "__classdict__" => self.scopes[owner].needs_classdict = true,
                _ => {}
            }
        } else {
            let symbol = self.scopes[owner].symbols.entry(name.to_string()).or_default();
            symbol.place = Place::Cell;
        }
        // Blocks in between pass the cell on.
        while unit != owner_unit {
            let scope = &mut self.scopes[unit];
            if !scope.free.iter().any(|f| f == name) {
                scope.free.push(name.to_string());
            }
            match scope.symbols.get_mut(name) {
                Some(symbol) if scope.kind == ScopeKind::Class && symbol.flags & def::BOUND != 0 => {
                    symbol.flags |= def::FREE_CLASS;
                }
                Some(_) => {}
                None => {
                    scope.names.push(name.to_string());
                    scope
                        .symbols
                        .insert(name.to_string(), Symbol { place: Place::Free, ..Symbol::default() });
                }
            }
            match scope.parent {
                Some(parent) => unit = self.unit_of(parent),
                None => break,
            }
        }
    }
}

enum Owner {
    Function(ScopeId),
    Global,
}

/// Whose private names are mangled.
#[derive(Clone, Debug)]
pub struct Private {
    pub class: String,
    /// Only these names are: the type parameters, around a generic class.
    pub only: Option<Vec<String>>,
}

impl Private {
    pub fn all(class: &str) -> Private {
        Private { class: class.to_string(), only: None }
    }
}

/// `_Foo__bar` for `__bar` in class `Foo`.
pub fn mangle(private: Option<&Private>, name: &str) -> String {
    let Some(private) = private else { return name.to_string() };
    if private.only.as_ref().is_some_and(|only| !only.iter().any(|n| n == name)) {
        return name.to_string();
    }
    let class = &private.class;
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.to_string();
    }
    let class = class.trim_start_matches('_');
    if class.is_empty() {
        return name.to_string();
    }
    format!("_{class}{name}")
}
