"""The node classes of the abstract syntax tree, made from the grammar of Python 3.14 in the notation of ASDL."""

_GRAMMAR = """
mod: Module(stmt* body, type_ignore* type_ignores) Interactive(stmt* body) Expression(expr body) FunctionType(expr* argtypes, expr returns)
stmt: FunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params) AsyncFunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params) ClassDef(identifier name, expr* bases, keyword* keywords, stmt* body, expr* decorator_list, type_param* type_params) Return(expr? value) Delete(expr* targets) Assign(expr* targets, expr value, string? type_comment) TypeAlias(expr name, type_param* type_params, expr value) AugAssign(expr target, operator op, expr value) AnnAssign(expr target, expr annotation, expr? value, int simple) For(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment) AsyncFor(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment) While(expr test, stmt* body, stmt* orelse) If(expr test, stmt* body, stmt* orelse) With(withitem* items, stmt* body, string? type_comment) AsyncWith(withitem* items, stmt* body, string? type_comment) Match(expr subject, match_case* cases) Raise(expr? exc, expr? cause) Try(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody) TryStar(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody) Assert(expr test, expr? msg) Import(alias* names) ImportFrom(identifier? module, alias* names, int? level) Global(identifier* names) Nonlocal(identifier* names) Expr(expr value) Pass() Break() Continue() @ int lineno, int col_offset, int? end_lineno, int? end_col_offset
expr: BoolOp(boolop op, expr* values) NamedExpr(expr target, expr value) BinOp(expr left, operator op, expr right) UnaryOp(unaryop op, expr operand) Lambda(arguments args, expr body) IfExp(expr test, expr body, expr orelse) Dict(expr?* keys, expr* values) Set(expr* elts) ListComp(expr elt, comprehension* generators) SetComp(expr elt, comprehension* generators) DictComp(expr key, expr value, comprehension* generators) GeneratorExp(expr elt, comprehension* generators) Await(expr value) Yield(expr? value) YieldFrom(expr value) Compare(expr left, cmpop* ops, expr* comparators) Call(expr func, expr* args, keyword* keywords) FormattedValue(expr value, int conversion, expr? format_spec) Interpolation(expr value, constant str, int conversion, expr? format_spec) JoinedStr(expr* values) TemplateStr(expr* values) Constant(constant value, string? kind) Attribute(expr value, identifier attr, expr_context ctx) Subscript(expr value, expr slice, expr_context ctx) Starred(expr value, expr_context ctx) Name(identifier id, expr_context ctx) List(expr* elts, expr_context ctx) Tuple(expr* elts, expr_context ctx) Slice(expr? lower, expr? upper, expr? step) @ int lineno, int col_offset, int? end_lineno, int? end_col_offset
expr_context: Load() Store() Del()
boolop: And() Or()
operator: Add() Sub() Mult() MatMult() Div() Mod() Pow() LShift() RShift() BitOr() BitXor() BitAnd() FloorDiv()
unaryop: Invert() Not() UAdd() USub()
cmpop: Eq() NotEq() Lt() LtE() Gt() GtE() Is() IsNot() In() NotIn()
comprehension= (expr target, expr iter, expr* ifs, int is_async)
excepthandler: ExceptHandler(expr? type, identifier? name, stmt* body) @ int lineno, int col_offset, int? end_lineno, int? end_col_offset
arguments= (arg* posonlyargs, arg* args, arg? vararg, arg* kwonlyargs, expr* kw_defaults, arg? kwarg, expr* defaults)
arg= (identifier arg, expr? annotation, string? type_comment) @ int lineno, int col_offset, int? end_lineno, int? end_col_offset
keyword= (identifier? arg, expr value) @ int lineno, int col_offset, int? end_lineno, int? end_col_offset
alias= (identifier name, identifier? asname) @ int lineno, int col_offset, int? end_lineno, int? end_col_offset
withitem= (expr context_expr, expr? optional_vars)
match_case= (pattern pattern, expr? guard, stmt* body)
pattern: MatchValue(expr value) MatchSingleton(constant value) MatchSequence(pattern* patterns) MatchMapping(expr* keys, pattern* patterns, identifier? rest) MatchClass(expr cls, pattern* patterns, identifier* kwd_attrs, pattern* kwd_patterns) MatchStar(identifier? name) MatchAs(pattern? pattern, identifier? name) MatchOr(pattern* patterns) @ int lineno, int col_offset, int end_lineno, int end_col_offset
type_ignore: TypeIgnore(int lineno, string tag)
type_param: TypeVar(identifier name, expr? bound, expr? default_value) ParamSpec(identifier name, expr? default_value) TypeVarTuple(identifier name, expr? default_value) @ int lineno, int col_offset, int end_lineno, int end_col_offset
"""

PyCF_ALLOW_TOP_LEVEL_AWAIT = 0x2000
PyCF_ONLY_AST = 0x400
PyCF_TYPE_COMMENTS = 0x1000
PyCF_OPTIMIZED_AST = 0x8000 | PyCF_ONLY_AST


class AST:
    _fields = ()
    _attributes = ()
    __match_args__ = ()

    def __init__(self, *args, **kwargs):
        cls = type(self)
        try:
            fields = cls._fields
        except AttributeError:
            shown = "ast.AST" if cls is AST else cls.__name__
            raise AttributeError(f"type object '{shown}' has no attribute '_fields'") from None
        if len(args) > len(fields):
            plural = "" if len(fields) == 1 else "s"
            raise TypeError(f"{cls.__name__} constructor takes at most {len(fields)} positional argument{plural}")
        left = list(fields)
        for name, value in zip(fields, args):
            setattr(self, name, value)
            left.remove(name)
        for name, value in kwargs.items():
            if name in fields:
                if name not in left:
                    raise TypeError(f"{cls.__name__} got multiple values for argument {name!r}")
                left.remove(name)
            elif name not in cls._attributes:
                from warnings import warn
                warn(f"{cls.__name__}.__init__ got an unexpected keyword argument {name!r}. Support for "
                     f"arbitrary keyword arguments is deprecated and will be removed in Python 3.15.",
                     DeprecationWarning, stacklevel=2)
            setattr(self, name, value)
        types = getattr(cls, "_field_types", None)
        if types is None:
            return
        for name in left:
            kind = types.get(name)
            if isinstance(kind, _Optional):
                continue
            if isinstance(kind, _Sequence):
                setattr(self, name, [])
            elif kind is expr_context:
                setattr(self, name, Load())
            else:
                from warnings import warn
                if kind is None:
                    text = f"Field {name!r} is missing from {cls.__name__}._field_types."
                else:
                    text = f"{cls.__name__}.__init__ missing 1 required positional argument: {name!r}."
                warn(f"{text} This will become an error in Python 3.15.", DeprecationWarning, stacklevel=2)

    def __repr__(self):
        return _repr(self, 3)

    def __reduce_ex__(self, protocol):
        return type(self), (), self.__dict__

    def __reduce__(self):
        return type(self), (), self.__dict__

    def __replace__(self, /, *args, **changes):
        if args:
            raise TypeError("__replace__() takes no positional arguments")
        cls = type(self)
        known = {*cls._fields, *cls._attributes}
        for name in changes:
            if name not in known:
                raise TypeError(f"{cls.__name__}.__replace__ got an unexpected keyword argument {name!r}.")
        values = {name: value for name, value in self.__dict__.items() if name in known}
        values.update(changes)
        types = getattr(cls, "_field_types", {})
        missing = sorted(repr(name) for name in cls._fields if name not in values and _needed(types.get(name)))
        if missing:
            plural = "" if len(missing) == 1 else "s"
            raise TypeError(f"{cls.__name__}.__replace__ missing {len(missing)} keyword argument{plural}: "
                            f"{', '.join(missing)}.")
        return cls(**values)


def _needed(kind):
    return kind is not expr_context and not isinstance(kind, (_Optional, _Sequence))


def _repr(node, depth):
    cls = type(node)
    name = "ast.AST" if cls is AST else cls.__name__
    if depth <= 0:
        return f"{name}(...)"
    parts = []
    for field in node._fields:
        value = getattr(node, field)
        if isinstance(value, (list, tuple)):
            shown = value if len(value) <= 2 else (value[0], value[-1])
            shown = [_repr(v, depth - 1) if isinstance(v, AST) else repr(v) for v in shown]
            if len(value) > 2:
                shown.insert(1, "...")
            text = ", ".join(shown)
            text = f"[{text}]" if isinstance(value, list) else f"({text}{',' * (len(value) == 1)})"
        elif isinstance(value, AST):
            text = _repr(value, depth - 1)
        else:
            text = repr(value)
        parts.append(f"{field}={text}")
    return f"{name}({', '.join(parts)})"


AST.__module__ = "ast"


def _build():
    space = globals()
    simple = {"identifier": str, "string": str, "int": int, "constant": object}

    def fields(text):
        for field in filter(None, (part.strip() for part in text.split(","))):
            kind, name = field.split()
            yield kind, name

    def make(name, base, text, attributes, doc):
        own = tuple(fields(text))
        names = tuple(n for _, n in own)
        cls = type(name, (base,), {"_fields": names, "__match_args__": names, "__module__": "ast", "__doc__": doc})
        for kind, n in own:
            if kind.endswith("?"):
                setattr(cls, n, None)
        if attributes is not None:
            cls._attributes = tuple(n for _, n in fields(attributes))
            for kind, n in fields(attributes):
                if kind.endswith("?"):
                    setattr(cls, n, None)
        space[name] = cls
        pending.append((cls, own))
        return cls

    pending = []
    for line in _GRAMMAR.strip().splitlines():
        head, _, attributes = line.partition(" @ ")
        attributes = attributes or None
        if "= " in head:
            name, _, rest = head.partition("= ")
            make(name, AST, rest.strip()[1:-1], attributes, name + rest)
            continue
        name, _, rest = head.partition(": ")
        variants = [v.strip() + ")" for v in rest.split(")") if v.strip()]
        shown = [v.removesuffix("()") for v in variants]
        between = " | " if all("(" not in v for v in shown) else "\n" + " " * len(name) + " | "
        base = make(name, AST, "", attributes, f"{name} = " + between.join(shown))
        for variant in variants:
            own, _, text = variant.partition("(")
            make(own, base, text[:-1], None, variant if text != ")" else own)
    for cls, own in pending:
        types = {}
        for kind, name in own:
            plain = kind.rstrip("?*")
            kind_type = simple.get(plain) or space[plain]
            if kind.endswith("*"):
                types[name] = list[kind_type]
            elif kind.endswith("?"):
                types[name] = kind_type | None
            else:
                types[name] = kind_type
        cls._field_types = types
        cls.__annotations__ = types


_build()

_union = type(int | None)
_alias = type(list[int])


class _Kinds(type):
    def __instancecheck__(cls, value):
        return type(value) is cls.kind


class _Optional(metaclass=_Kinds):
    kind = _union


class _Sequence(metaclass=_Kinds):
    kind = _alias


del _build
