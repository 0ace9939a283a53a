//! Statements, and what only they have, from Python objects.

use taipan_syntax::ast::{self, Expr, Stmt, Suite};
use taipan_syntax::{Ranged, TextRange};
use taipan_vm::prelude::*;

use super::read::{Ctx, NO_INDEX, Reader};

const STATEMENTS: &[&str] = &[
    "FunctionDef",
    "AsyncFunctionDef",
    "ClassDef",
    "Return",
    "Delete",
    "Assign",
    "TypeAlias",
    "AugAssign",
    "AnnAssign",
    "For",
    "AsyncFor",
    "While",
    "If",
    "With",
    "AsyncWith",
    "Match",
    "Raise",
    "Try",
    "TryStar",
    "Assert",
    "Import",
    "ImportFrom",
    "Global",
    "Nonlocal",
    "Expr",
    "Pass",
    "Break",
    "Continue",
];

impl Reader<'_> {
    pub fn stmts(&mut self, items: Vec<Value>) -> PyResult<Suite> {
        let mut out = Suite::with_capacity(items.len());
        for item in items {
            if item.is_none() {
                return self.value_error("None disallowed in statement list");
            }
            out.push(self.stmt(&item)?);
        }
        Ok(out)
    }

    fn body(&mut self, v: &Value, field: &str, class: &str) -> PyResult<Suite> {
        let items = self.nonempty(v, field, class)?;
        self.stmts(items)
    }

    fn maybe_body(&mut self, v: &Value, field: &str, class: &str) -> PyResult<Suite> {
        let items = self.items(v, field, class)?;
        self.stmts(items)
    }

    pub fn stmt(&mut self, v: &Value) -> PyResult<Stmt> {
        let vm = self.vm;
        vm.recurse(" while traversing 'stmt' node", || self.stmt_inner(v))
    }

    fn stmt_inner(&mut self, v: &Value) -> PyResult<Stmt> {
        let range = self.place(v, "stmt")?;
        let class = self.variant(v, "stmt", STATEMENTS)?;
        let node_index = NO_INDEX;
        Ok(match class {
            "FunctionDef" | "AsyncFunctionDef" => self.function(v, class, range)?,
            "ClassDef" => self.class_def(v, range)?,
            "Return" => {
                let value = self.maybe_expr(v, "value")?;
                Stmt::Return(ast::StmtReturn { node_index, range, value })
            }
            "Delete" => {
                self.nonempty(v, "targets", class)?;
                let targets = self.exprs(v, "targets", class, Ctx::Del)?;
                Stmt::Delete(ast::StmtDelete { node_index, range, targets })
            }
            "Assign" => {
                self.nonempty(v, "targets", class)?;
                let targets = self.exprs(v, "targets", class, Ctx::Store)?;
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                self.check_text(v, "type_comment")?;
                Stmt::Assign(ast::StmtAssign { node_index, range, targets, value })
            }
            "TypeAlias" => {
                let name = self.given(v, "name", class)?;
                if !self.is_a(&name, "Name")? {
                    return self.type_error("TypeAlias with non-Name name");
                }
                let name = Box::new(self.expr(&name, Ctx::Store)?);
                let type_params = self.type_params(v, class)?;
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                Stmt::TypeAlias(ast::StmtTypeAlias { node_index, range, name, type_params, value })
            }
            "AugAssign" => self.aug_assign(v, range)?,
            "AnnAssign" => {
                let target = self.given(v, "target", class)?;
                let simple = self.int(&self.required(v, "simple", class)?)? != 0;
                if simple && !self.is_a(&target, "Name")? {
                    return self.type_error("AnnAssign with simple non-Name target");
                }
                let target = Box::new(self.expr(&target, Ctx::Store)?);
                let annotation = self.boxed(v, "annotation", class, Ctx::Load)?;
                let value = self.maybe_expr(v, "value")?;
                Stmt::AnnAssign(ast::StmtAnnAssign { node_index, range, target, annotation, value, simple })
            }
            "For" | "AsyncFor" => {
                let target = self.boxed(v, "target", class, Ctx::Store)?;
                let iter = self.boxed(v, "iter", class, Ctx::Load)?;
                let body = self.body(v, "body", class)?;
                let orelse = self.maybe_body(v, "orelse", class)?;
                self.check_text(v, "type_comment")?;
                let is_async = class == "AsyncFor";
                Stmt::For(ast::StmtFor { node_index, range, is_async, target, iter, body, orelse })
            }
            "While" => {
                let test = self.boxed(v, "test", class, Ctx::Load)?;
                let body = self.body(v, "body", class)?;
                let orelse = self.maybe_body(v, "orelse", class)?;
                Stmt::While(ast::StmtWhile { node_index, range, test, body, orelse })
            }
            "If" => self.if_stmt(v, range)?,
            "With" | "AsyncWith" => {
                let mut items = Vec::new();
                for item in self.nonempty(v, "items", class)? {
                    items.push(self.with_item(&item)?);
                }
                let body = self.body(v, "body", class)?;
                self.check_text(v, "type_comment")?;
                Stmt::With(ast::StmtWith { node_index, range, is_async: class == "AsyncWith", items, body })
            }
            "Match" => {
                let subject = self.boxed(v, "subject", class, Ctx::Load)?;
                let mut cases = Vec::new();
                for case in self.nonempty(v, "cases", class)? {
                    cases.push(self.case(&case)?);
                }
                Stmt::Match(ast::StmtMatch { node_index, range, subject, cases })
            }
            "Raise" => {
                let exc = self.maybe_expr(v, "exc")?;
                let cause = self.maybe_expr(v, "cause")?;
                if exc.is_none() && cause.is_some() {
                    return self.value_error("Raise with cause but no exception");
                }
                Stmt::Raise(ast::StmtRaise { node_index, range, exc, cause })
            }
            "Try" | "TryStar" => self.try_stmt(v, class, range)?,
            "Assert" => {
                let test = self.boxed(v, "test", class, Ctx::Load)?;
                let msg = self.maybe_expr(v, "msg")?;
                Stmt::Assert(ast::StmtAssert { node_index, range, test, msg })
            }
            "Import" => {
                let names = self.aliases(v, class)?;
                Stmt::Import(ast::StmtImport { node_index, range, names, is_lazy: false })
            }
            "ImportFrom" => {
                let module = self.maybe_identifier(v, "module", range)?;
                let level = self.optional(v, "level")?.map_or(Ok(0), |n| self.int(&n))?;
                let Ok(level) = u32::try_from(level) else {
                    return self.value_error("Negative ImportFrom level");
                };
                let names = self.aliases(v, class)?;
                // What has neither a name nor a level is the module without a name.
                let module = module.or_else(|| (level == 0).then(|| ast::Identifier::new("", range)));
                Stmt::ImportFrom(ast::StmtImportFrom {
                    node_index,
                    range,
                    module,
                    names,
                    level,
                    is_lazy: false,
                })
            }
            "Global" => {
                self.nonempty(v, "names", class)?;
                let names = self.identifiers(v, "names", class, range)?;
                Stmt::Global(ast::StmtGlobal { node_index, range, names })
            }
            "Nonlocal" => {
                self.nonempty(v, "names", class)?;
                let names = self.identifiers(v, "names", class, range)?;
                Stmt::Nonlocal(ast::StmtNonlocal { node_index, range, names })
            }
            "Expr" => {
                let value = self.boxed(v, "value", class, Ctx::Load)?;
                Stmt::Expr(ast::StmtExpr { node_index, range, value })
            }
            "Break" => Stmt::Break(ast::StmtBreak { node_index, range }),
            "Continue" => Stmt::Continue(ast::StmtContinue { node_index, range }),
            _ => Stmt::Pass(ast::StmtPass { node_index, range }),
        })
    }

    fn aug_assign(&mut self, v: &Value, range: TextRange) -> PyResult<Stmt> {
        let class = "AugAssign";
        let target = self.boxed(v, "target", class, Ctx::Store)?;
        if !matches!(&*target, Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_)) {
            let number = match &*target {
                // CPython's numbers of the kinds of nodes.
                Expr::Starred(_) => 25,
                Expr::List(_) => 27,
                _ => 28,
            };
            return self.system_error(format_args!("invalid node type ({number}) for augmented assignment"));
        }
        let op = self.operator(v, class)?;
        let value = self.boxed(v, "value", class, Ctx::Load)?;
        Ok(Stmt::AugAssign(ast::StmtAugAssign { node_index: NO_INDEX, range, target, op, value }))
    }

    fn function(&mut self, v: &Value, class: &'static str, range: TextRange) -> PyResult<Stmt> {
        let name = self.identifier(v, "name", class, range)?;
        let parameters = self.given(v, "args", class)?;
        let parameters = Box::new(self.arguments(&parameters)?);
        let body = self.body(v, "body", class)?;
        let decorator_list = self.decorators(v, class)?;
        let returns = self.maybe_expr(v, "returns")?;
        self.check_text(v, "type_comment")?;
        let type_params = self.type_params(v, class)?;
        Ok(Stmt::FunctionDef(ast::StmtFunctionDef {
            node_index: NO_INDEX,
            range,
            is_async: class == "AsyncFunctionDef",
            decorator_list: decorator_list.into_iter().collect(),
            name,
            type_params,
            parameters,
            returns,
            body,
        }))
    }

    fn decorators(&mut self, v: &Value, class: &str) -> PyResult<Vec<ast::Decorator>> {
        let made = self.exprs(v, "decorator_list", class, Ctx::Load)?;
        let decorator = |e: Expr| ast::Decorator { range: e.range(), node_index: NO_INDEX, expression: e };
        Ok(made.into_iter().map(decorator).collect())
    }

    fn class_def(&mut self, v: &Value, range: TextRange) -> PyResult<Stmt> {
        let class = "ClassDef";
        let name = self.identifier(v, "name", class, range)?;
        let args = self.exprs(v, "bases", class, Ctx::Load)?;
        let keywords = self.keywords(v, class)?;
        let body = self.body(v, "body", class)?;
        let decorator_list = self.decorators(v, class)?;
        let type_params = self.type_params(v, class)?;
        let arguments = (!args.is_empty() || !keywords.is_empty()).then(|| {
            Box::new(ast::Arguments {
                range,
                node_index: NO_INDEX,
                args: args.into_boxed_slice(),
                keywords: keywords.into_iter().collect(),
            })
        });
        Ok(Stmt::ClassDef(ast::StmtClassDef {
            node_index: NO_INDEX,
            range,
            decorator_list: decorator_list.into_iter().collect(),
            name,
            type_params,
            arguments,
            body,
        }))
    }

    fn type_params(&mut self, v: &Value, class: &str) -> PyResult<Option<Box<ast::TypeParams>>> {
        let items = self.items(v, "type_params", class)?;
        if items.is_empty() {
            return Ok(None);
        }
        let mut type_params = Vec::with_capacity(items.len());
        for p in &items {
            let range = self.place(p, "type_param")?;
            let kind = self.variant(p, "type_param", &["TypeVar", "ParamSpec", "TypeVarTuple"])?;
            let name = self.identifier(p, "name", kind, range)?;
            self.check_name(name.as_str())?;
            let node_index = NO_INDEX;
            let bound = if kind == "TypeVar" { self.maybe_expr(p, "bound")? } else { None };
            let default = self.maybe_expr(p, "default_value")?;
            type_params.push(match kind {
                "TypeVar" => {
                    ast::TypeParam::TypeVar(ast::TypeParamTypeVar { node_index, range, name, bound, default })
                }
                "ParamSpec" => {
                    ast::TypeParam::ParamSpec(ast::TypeParamParamSpec { node_index, range, name, default })
                }
                _ => ast::TypeParam::TypeVarTuple(ast::TypeParamTypeVarTuple {
                    node_index,
                    range,
                    name,
                    default,
                }),
            });
        }
        let range = type_params.first().map_or_else(TextRange::default, Ranged::range);
        Ok(Some(Box::new(ast::TypeParams { range, node_index: NO_INDEX, type_params })))
    }

    /// An `If`; chains of `elif` stay flat, as they are in the tree.
    fn if_stmt(&mut self, v: &Value, range: TextRange) -> PyResult<Stmt> {
        let test = self.boxed(v, "test", "If", Ctx::Load)?;
        let body = self.body(v, "body", "If")?;
        let mut clauses = Vec::new();
        let mut rest = self.items(v, "orelse", "If")?;
        loop {
            let only = match &rest[..] {
                [only] if !only.is_none() && self.is_a(only, "If")? => only.clone(),
                _ => break,
            };
            let range = self.place(&only, "stmt")?;
            let test = self.boxed(&only, "test", "If", Ctx::Load)?;
            let body = self.body(&only, "body", "If")?;
            clauses.push(ast::ElifElseClause { range, node_index: NO_INDEX, test: Some(*test), body });
            rest = self.items(&only, "orelse", "If")?;
            self.vm.poll()?;
        }
        if !rest.is_empty() {
            let body = self.stmts(rest)?;
            let range = body.first().map_or(range, Ranged::range);
            clauses.push(ast::ElifElseClause { range, node_index: NO_INDEX, test: None, body });
        }
        Ok(Stmt::If(ast::StmtIf { node_index: NO_INDEX, range, test, body, elif_else_clauses: clauses }))
    }

    fn with_item(&mut self, v: &Value) -> PyResult<ast::WithItem> {
        let context_expr = *self.boxed(v, "context_expr", "withitem", Ctx::Load)?;
        let optional_vars = match self.optional(v, "optional_vars")? {
            Some(e) => Some(Box::new(self.expr(&e, Ctx::Store)?)),
            None => None,
        };
        let range = context_expr.range();
        Ok(ast::WithItem { range, node_index: NO_INDEX, context_expr, optional_vars })
    }

    fn case(&mut self, v: &Value) -> PyResult<ast::MatchCase> {
        let pattern = self.given(v, "pattern", "match_case")?;
        let pattern = self.pattern(&pattern, false)?;
        let guard = self.maybe_expr(v, "guard")?;
        let body = self.body(v, "body", "match_case")?;
        Ok(ast::MatchCase { range: pattern.range(), node_index: NO_INDEX, pattern, guard, body })
    }

    fn try_stmt(&mut self, v: &Value, class: &'static str, range: TextRange) -> PyResult<Stmt> {
        let body = self.body(v, "body", class)?;
        let handlers = self.items(v, "handlers", class)?;
        let orelse = self.maybe_body(v, "orelse", class)?;
        let finalbody = self.maybe_body(v, "finalbody", class)?;
        if handlers.is_empty() && finalbody.is_empty() {
            return self.value_error(format_args!("{class} has neither except handlers nor finalbody"));
        }
        if handlers.is_empty() && !orelse.is_empty() {
            return self.value_error(format_args!("{class} has orelse but no except handlers"));
        }
        let mut made = Vec::with_capacity(handlers.len());
        for h in &handlers {
            let range = self.place(h, "excepthandler")?;
            let class = self.variant(h, "excepthandler", &["ExceptHandler"])?;
            let type_ = self.maybe_expr(h, "type")?;
            let name = self.maybe_identifier(h, "name", range)?;
            let body = self.body(h, "body", class)?;
            let handler = ast::ExceptHandlerExceptHandler { range, node_index: NO_INDEX, type_, name, body };
            made.push(ast::ExceptHandler::ExceptHandler(handler));
        }
        Ok(Stmt::Try(ast::StmtTry {
            node_index: NO_INDEX,
            range,
            body,
            handlers: made,
            orelse,
            finalbody,
            is_star: class == "TryStar",
        }))
    }

    fn aliases(&mut self, v: &Value, class: &str) -> PyResult<Vec<ast::Alias>> {
        let mut out = Vec::new();
        for a in self.nonempty(v, "names", class)? {
            let name = self.required(&a, "name", "alias")?;
            if name.is_none() {
                return self.value_error("field 'name' is required for alias");
            }
            let name = self.str_of(&name, "identifier")?;
            let asname = self.optional(&a, "asname")?;
            let range = self.place(&a, "alias")?;
            let asname = match asname {
                Some(n) => Some(ast::Identifier::new(self.str_of(&n, "identifier")?, range)),
                None => None,
            };
            let name = ast::Identifier::new(name, range);
            out.push(ast::Alias { range, node_index: NO_INDEX, name, asname });
        }
        Ok(out)
    }
}
