//! The instruction set: the one list from which `Op`, operand metadata, disassembler, verifier and interpreter
//! dispatch derive.
//!
//! A row is `doc, snake = Camel { field: Kind, … } effects(…) cache(…)`. Fields name the instruction's parts:
//! `x` (8 bits), `a`, `b`, `c` (16 bits each), `bc` (32 bits, b low), `cx` (24 bits, c low), and `ext` (the word that
//! follows: op `ext`, with its own `a` and `bc`). What a kind means is said in `operand.rs`.
//!
//! Rules of registers. A frame's window is `[plain locals][cell slots][temporaries]`. An `In` operand that is a local
//! is borrowed; one that is a temporary is moved out (and its slot zeroed when it held a pointer). `Keep` operands are
//! never moved. An `Out` drops what was there. `Run…` operands are runs of temporaries and are consumed whole.
//! `SELF` of a call pair is EMPTY when the callable takes no implicit first argument.
//!
//! Effects: `raise` may raise; `call` may run Python code; `jump` may branch; `end` never falls through.

/// First number of the specialised section; everything from here on is rejected in files.
pub const FIRST_SPECIAL: u8 = 202;

/// Calls `$cb!` with the whole table: `general { rows } special { rows }`.
#[macro_export]
macro_rules! for_each_op {
    ($cb:ident) => {
        $crate::for_each_op! { @table $cb }
    };
    (@table $cb:ident) => { $cb! {
general {
    // ---- moves and constants -------------------------------------------------------------------------------
    /// Does nothing.
    nop = Nop {};
    /// Second word of the instruction before it (`a`, `bc` are its operands). Never executed, never a jump target.
    ext = Ext {};
    /// `a = b`; a local is copied, a temporary moved.
    mov = Mov { a: Out, b: In };
    /// `a = b`, `b` stays whatever it is.
    copy = Copy { a: Out, b: Keep };
    /// `a = consts[bc]`.
    load_const = LoadConst { a: Out, bc: Const };
    /// `a =` the small int `bc`.
    load_int = LoadInt { a: Out, bc: Int };
    /// `a =` None, True, False, Ellipsis for x = 0, 1, 2, 3; EMPTY for x = 4 (a call's absent self).
    load_imm = LoadImm { a: Out, x: Imm };
    /// Drops temporary `a`.
    clear = Clear { a: In };
    /// Raises UnboundLocalError when local `a` is EMPTY.
    check_local = CheckLocal { a: Keep } effects(raise);
    /// `del a`: raises UnboundLocalError when local `a` is EMPTY, else empties it.
    delete_local = DeleteLocal { a: Local } effects(raise call);
    /// Empties local `a` without a check (end of an inlined comprehension, end of `except … as`).
    clear_local = ClearLocal { a: Local } effects(call);
    /// Cell slot `a` = a new empty cell.
    make_cell = MakeCell { a: Cell };
    /// Cell slot `a` = a new cell holding argument `b`, which is moved out of its slot.
    make_cell_arg = MakeCellArg { a: Cell, b: Local };
    /// Empties cell slot `a` (drops the cell, not its contents' other users).
    clear_cell = ClearCell { a: Cell } effects(call);
    /// `a =` contents of the cell in slot `b`; UnboundLocalError when it is empty.
    load_cell = LoadCell { a: Out, b: Cell } effects(raise);
    /// Contents of the cell in slot `a` = `b`.
    store_cell = StoreCell { a: Cell, b: In } effects(call);
    /// Empties the contents of the cell in slot `a`; UnboundLocalError when they are.
    delete_cell = DeleteCell { a: Cell } effects(raise call);
    /// `a =` contents of the closure's cell `b`; NameError (free variable) when empty.
    load_free = LoadFree { a: Out, b: Free } effects(raise);
    /// Contents of the closure's cell `b` = `a`.
    store_free = StoreFree { a: In, b: Free } effects(call);
    /// Empties the closure's cell `b`; NameError when it is.
    delete_free = DeleteFree { b: Free } effects(raise call);
    /// `a =` the cell object itself in slot `b` (to build a closure).
    load_closure_cell = LoadClosureCell { a: Out, b: Cell };
    /// `a =` the cell object `b` of the running function's closure.
    load_closure_free = LoadClosureFree { a: Out, b: Free };

    // ---- names ---------------------------------------------------------------------------------------------
    /// `a =` global or builtin named by site `c`.
    load_global = LoadGlobal { a: Out, c: Site } effects(raise call) cache(Global);
    /// `load_global` for a call: regs[a] = the value, regs[a+1] = EMPTY.
    load_global_call = LoadGlobalCall { a: Out2, c: Site } effects(raise call) cache(Global);
    /// `load_global` without a cache.
    load_global_wide = LoadGlobalWide { a: Out, bc: Name } effects(raise call);
    /// Global named by site `c` = `a`.
    store_global = StoreGlobal { a: In, c: Site } effects(raise call) cache(StoreGlobal);
    /// `store_global` without a cache.
    store_global_wide = StoreGlobalWide { a: In, bc: Name } effects(raise call);
    /// Deletes the global `bc`.
    delete_global = DeleteGlobal { bc: Name } effects(raise call);
    /// `a =` name of site `c` in the frame's namespace, else global, else builtin.
    load_name = LoadName { a: Out, c: Site } effects(raise call) cache(Name);
    /// `load_name` without a cache.
    load_name_wide = LoadNameWide { a: Out, bc: Name } effects(raise call);
    /// Name of site `c` in the frame's namespace = `a`.
    store_name = StoreName { a: In, c: Site } effects(raise call) cache(StoreName);
    /// `store_name` without a cache.
    store_name_wide = StoreNameWide { a: In, bc: Name } effects(raise call);
    /// Deletes name `bc` of the frame's namespace.
    delete_name = DeleteName { bc: Name } effects(raise call);
    /// `a =` the frame's namespace (`locals()` mapping of a class or module body).
    load_locals = LoadLocals { a: Out } effects(raise);
    /// `a =` name ext of mapping `b`, else global, else builtin.
    load_from_dict_or_global = LoadFromDictOrGlobal { a: Out, b: In, ext: Name } effects(raise call);
    /// `a =` name of free variable `c` in mapping `b`, else contents of the closure's cell `c`.
    load_from_dict_or_free = LoadFromDictOrFree { a: Out, b: In, c: Free } effects(raise call);
    /// As above for the cell in slot `c`.
    load_from_dict_or_cell = LoadFromDictOrCell { a: Out, b: In, c: Cell } effects(raise call);
    /// Makes `__annotations__` in the frame's namespace when it is not there.
    setup_annotations = SetupAnnotations {} effects(raise call);

    // ---- attributes and items ------------------------------------------------------------------------------
    /// `a = b.name`, name of site `c`.
    load_attr = LoadAttr { a: Out, b: In, c: Site } effects(raise call) cache(Attr);
    /// `load_attr` without a cache.
    load_attr_wide = LoadAttrWide { a: Out, b: In, ext: Name } effects(raise call);
    /// For `b.name(…)`: regs[a] = callable, regs[a+1] = self or EMPTY.
    load_method = LoadMethod { a: Out2, b: In, c: Site } effects(raise call) cache(Method);
    /// `load_method` without a cache.
    load_method_wide = LoadMethodWide { a: Out2, b: In, ext: Name } effects(raise call);
    /// `a.name = b`, name of site `c`.
    store_attr = StoreAttr { a: In, b: In, c: Site } effects(raise call) cache(StoreAttr);
    /// `store_attr` without a cache.
    store_attr_wide = StoreAttrWide { a: In, b: In, ext: Name } effects(raise call);
    /// `del a.name`.
    delete_attr = DeleteAttr { a: In, bc: Name } effects(raise call);
    /// `super().name`: regs[b..b+3] = global `super`, class, self; x = 1 for the two-argument form (only error
    /// texts differ). When regs[b] is not the builtin type it is called (with no argument for x = 0).
    load_super_attr = LoadSuperAttr { a: Out, b: Run3, c: Site, x: Imm } effects(raise call) cache(SuperAttr);
    /// As `load_super_attr`, for a call: regs[a] = callable, regs[a+1] = self or EMPTY.
    load_super_method = LoadSuperMethod { a: Out2, b: Run3, c: Site, x: Imm } effects(raise call) cache(SuperMethod);
    /// `a = b[c]`.
    subscr = Subscr { a: Out, b: In, c: In } effects(raise call);
    /// `a = b[c]`, `c` a constant.
    subscr_k = SubscrK { a: Out, b: In, c: Const } effects(raise call);
    /// `a = b[c]`, `c` a small int.
    subscr_i = SubscrI { a: Out, b: In, c: Int } effects(raise call);
    /// `a[b] = c`.
    store_subscr = StoreSubscr { a: In, b: In, c: In } effects(raise call);
    /// `del a[b]`.
    delete_subscr = DeleteSubscr { a: In, b: In } effects(raise call);
    /// `a = regs[b][regs[b+1]:regs[b+2]]`; x = 4: with the step `regs[b+3]`, else 3.
    load_slice = LoadSlice { a: Out, b: RunX, x: Imm } effects(raise call);
    /// `regs[a+1][regs[a+2]:regs[a+3]] = regs[a]`.
    store_slice = StoreSlice { a: Run4 } effects(raise call);
    /// `a = slice(…)` of the x (2 or 3) registers from `b`.
    build_slice = BuildSlice { a: Out, b: RunX, x: Imm };

    // ---- arithmetic (x = 1: in place) ----------------------------------------------------------------------
    /// `a = b + c`.
    add = Add { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b - c`.
    sub = Sub { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b * c`.
    mul = Mul { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b @ c`.
    matmul = Matmul { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b / c`.
    truediv = Truediv { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b // c`.
    floordiv = Floordiv { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b % c`.
    modulo = Modulo { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b ** c`.
    pow = Pow { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b << c`.
    lshift = Lshift { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b >> c`.
    rshift = Rshift { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b & c`.
    and = And { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b | c`.
    or = Or { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b ^ c`.
    xor = Xor { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = b + consts[c]`.
    add_k = AddK { a: Out, b: In, c: Const, x: Imm } effects(raise call);
    /// `a = b - consts[c]`.
    sub_k = SubK { a: Out, b: In, c: Const, x: Imm } effects(raise call);
    /// `a = b * consts[c]`.
    mul_k = MulK { a: Out, b: In, c: Const, x: Imm } effects(raise call);
    /// `a = b / consts[c]`.
    truediv_k = TruedivK { a: Out, b: In, c: Const, x: Imm } effects(raise call);
    /// `a = b % consts[c]`.
    modulo_k = ModuloK { a: Out, b: In, c: Const, x: Imm } effects(raise call);
    /// `a = b ** consts[c]`.
    pow_k = PowK { a: Out, b: In, c: Const, x: Imm } effects(raise call);
    /// `a = b + c`, `c` a small int.
    add_i = AddI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = b - c`, `c` a small int.
    sub_i = SubI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = b * c`, `c` a small int.
    mul_i = MulI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = b // c`, `c` a small int.
    floordiv_i = FloordivI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = b % c`, `c` a small int.
    modulo_i = ModuloI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = b & c`, `c` a small int.
    and_i = AndI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = b << c`, `c` a small int.
    lshift_i = LshiftI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = b >> c`, `c` a small int.
    rshift_i = RshiftI { a: Out, b: In, c: Int, x: Imm } effects(raise call);
    /// `a = -b`.
    neg = Neg { a: Out, b: In } effects(raise call);
    /// `a = +b`.
    pos = Pos { a: Out, b: In } effects(raise call);
    /// `a = ~b`.
    invert = Invert { a: Out, b: In } effects(raise call);
    /// `a = not b`.
    not = Not { a: Out, b: In } effects(raise call);

    // ---- comparison ----------------------------------------------------------------------------------------
    /// `a = b < c`.
    lt = Lt { a: Out, b: In, c: In } effects(raise call);
    /// `a = b <= c`.
    le = Le { a: Out, b: In, c: In } effects(raise call);
    /// `a = b == c`.
    eq = Eq { a: Out, b: In, c: In } effects(raise call);
    /// `a = b != c`.
    ne = Ne { a: Out, b: In, c: In } effects(raise call);
    /// `a = b > c`.
    gt = Gt { a: Out, b: In, c: In } effects(raise call);
    /// `a = b >= c`.
    ge = Ge { a: Out, b: In, c: In } effects(raise call);
    /// `a = b < c`, `c` a small int.
    lt_i = LtI { a: Out, b: In, c: Int } effects(raise call);
    /// `a = b <= c`, `c` a small int.
    le_i = LeI { a: Out, b: In, c: Int } effects(raise call);
    /// `a = b == c`, `c` a small int.
    eq_i = EqI { a: Out, b: In, c: Int } effects(raise call);
    /// `a = b != c`, `c` a small int.
    ne_i = NeI { a: Out, b: In, c: Int } effects(raise call);
    /// `a = b > c`, `c` a small int.
    gt_i = GtI { a: Out, b: In, c: Int } effects(raise call);
    /// `a = b >= c`, `c` a small int.
    ge_i = GeI { a: Out, b: In, c: Int } effects(raise call);
    /// `a = b == consts[c]`.
    eq_k = EqK { a: Out, b: In, c: Const } effects(raise call);
    /// `a = b != consts[c]`.
    ne_k = NeK { a: Out, b: In, c: Const } effects(raise call);
    /// `a = b is c`.
    is = Is { a: Out, b: In, c: In };
    /// `a = b is not c`.
    is_not = IsNot { a: Out, b: In, c: In };
    /// `a = b in c`.
    contains = Contains { a: Out, b: In, c: In } effects(raise call);
    /// `a = b not in c`.
    not_contains = NotContains { a: Out, b: In, c: In } effects(raise call);

    // ---- jumps ---------------------------------------------------------------------------------------------
    /// Jumps forward.
    jump = Jump { bc: Target } effects(jump end);
    /// Jumps backward and polls the breaker.
    jump_back = JumpBack { bc: Target } effects(raise call jump end);
    /// Jumps when `a` is true.
    jump_if_true = JumpIfTrue { a: In, bc: Target } effects(raise call jump);
    /// Jumps when `a` is false.
    jump_if_false = JumpIfFalse { a: In, bc: Target } effects(raise call jump);
    /// When temporary `a` is true: keeps it and jumps; else drops it.
    jump_if_true_keep = JumpIfTrueKeep { a: In, bc: Target } effects(raise call jump);
    /// When temporary `a` is false: keeps it and jumps; else drops it.
    jump_if_false_keep = JumpIfFalseKeep { a: In, bc: Target } effects(raise call jump);
    /// Jumps when `a is None`.
    jump_if_none = JumpIfNone { a: In, bc: Target } effects(jump);
    /// Jumps when `a is not None`.
    jump_if_not_none = JumpIfNotNone { a: In, bc: Target } effects(jump);
    /// Jumps when `a is b`.
    jump_if_is = JumpIfIs { a: In, b: In, cx: Target } effects(jump);
    /// Jumps when `a is not b`.
    jump_if_is_not = JumpIfIsNot { a: In, b: In, cx: Target } effects(jump);
    /// Jumps when `a < b`.
    jump_if_lt = JumpIfLt { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps when `a <= b`.
    jump_if_le = JumpIfLe { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps when `a == b`.
    jump_if_eq = JumpIfEq { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps when `a != b`.
    jump_if_ne = JumpIfNe { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps when `a > b`.
    jump_if_gt = JumpIfGt { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps when `a >= b`.
    jump_if_ge = JumpIfGe { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps unless `a < b`.
    jump_unless_lt = JumpUnlessLt { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps unless `a <= b`.
    jump_unless_le = JumpUnlessLe { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps unless `a == b`.
    jump_unless_eq = JumpUnlessEq { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps unless `a != b`.
    jump_unless_ne = JumpUnlessNe { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps unless `a > b`.
    jump_unless_gt = JumpUnlessGt { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps unless `a >= b`.
    jump_unless_ge = JumpUnlessGe { a: In, b: In, cx: Target } effects(raise call jump);
    /// Jumps when `a < b`, `b` a small int.
    jump_if_lt_i = JumpIfLtI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps when `a <= b`, `b` a small int.
    jump_if_le_i = JumpIfLeI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps when `a == b`, `b` a small int.
    jump_if_eq_i = JumpIfEqI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps when `a != b`, `b` a small int.
    jump_if_ne_i = JumpIfNeI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps when `a > b`, `b` a small int.
    jump_if_gt_i = JumpIfGtI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps when `a >= b`, `b` a small int.
    jump_if_ge_i = JumpIfGeI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps unless `a < b`, `b` a small int.
    jump_unless_lt_i = JumpUnlessLtI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps unless `a <= b`, `b` a small int.
    jump_unless_le_i = JumpUnlessLeI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps unless `a == b`, `b` a small int.
    jump_unless_eq_i = JumpUnlessEqI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps unless `a != b`, `b` a small int.
    jump_unless_ne_i = JumpUnlessNeI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps unless `a > b`, `b` a small int.
    jump_unless_gt_i = JumpUnlessGtI { a: In, b: Int, cx: Target } effects(raise call jump);
    /// Jumps unless `a >= b`, `b` a small int.
    jump_unless_ge_i = JumpUnlessGeI { a: In, b: Int, cx: Target } effects(raise call jump);

    // ---- iteration -----------------------------------------------------------------------------------------
    /// `a = iter(b)`.
    get_iter = GetIter { a: Out, b: In } effects(raise call);
    /// `a = next(b)`; when exhausted drops temporary `b` and jumps (then `a` is not written).
    for_iter = ForIter { a: Out, b: Keep, cx: Target } effects(raise call jump);
    /// regs[a..a+c] = the c items of `b`, first item in regs[a]; written after all are known. All of the registers are
    /// temporaries or all are locals.
    unpack_sequence = UnpackSequence { a: OutRunC, b: In, c: Imm } effects(raise call);
    /// `a, b = c` (two items, written after both are known).
    unpack_pair = UnpackPair { a: Out, b: Out, c: In } effects(raise call);
    /// Star unpacking: x items, then a list, then c items, into regs[a..a+x+1+c].
    unpack_ex = UnpackEx { a: OutRunEx, b: In, c: Imm, x: Imm } effects(raise call);
    /// `a =` tuple of the c registers from `b`.
    build_tuple = BuildTuple { a: Out, b: RunC, c: Imm };
    /// `a =` list of the c registers from `b`.
    build_list = BuildList { a: Out, b: RunC, c: Imm };
    /// `a =` set of the c registers from `b`.
    build_set = BuildSet { a: Out, b: RunC, c: Imm } effects(raise call);
    /// `a =` dict of c pairs in the 2c registers from `b`.
    build_map = BuildMap { a: Out, b: RunPairs, c: Imm } effects(raise call);
    /// `a =` the c strings from `b` joined.
    build_string = BuildString { a: Out, b: RunC, c: Imm } effects(raise);
    /// `a.append(b)`, `a` a list.
    list_append = ListAppend { a: Keep, b: In } effects(raise);
    /// `a.extend(b)`, `a` a list (TypeError text of `*` in a display).
    list_extend = ListExtend { a: Keep, b: In } effects(raise call);
    /// `a.add(b)`, `a` a set.
    set_add = SetAdd { a: Keep, b: In } effects(raise call);
    /// `a.update(b)`, `a` a set.
    set_update = SetUpdate { a: Keep, b: In } effects(raise call);
    /// `a[b] = c`, `a` a dict.
    map_add = MapAdd { a: Keep, b: In, c: In } effects(raise call);
    /// `a.update(b)`, `a` a dict (`**` in a display).
    dict_update = DictUpdate { a: Keep, b: In } effects(raise call);
    /// As `dict_update` for `**` of a call: a repeated key is a TypeError that names callable `c` (kept).
    dict_merge = DictMerge { a: Keep, b: In, c: Keep } effects(raise call);
    /// `a = tuple(b)`, `b` a list that nobody else sees.
    list_to_tuple = ListToTuple { a: Out, b: In };

    // ---- strings -------------------------------------------------------------------------------------------
    /// `a = format(b)`, after conversion x (0 none, 1 str, 2 repr, 3 ascii).
    format_simple = FormatSimple { a: Out, b: In, x: Imm } effects(raise call);
    /// `a = format(b, c)`, after conversion x.
    format_value = FormatValue { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a = Interpolation(…)` of the c (2: value, text; 3: value, text, format spec) registers from `b`, conversion x.
    build_interpolation = BuildInterpolation { a: Out, b: RunC, c: Imm, x: Imm } effects(raise);
    /// `a = Template(…)` of strings tuple `b` and interpolations tuple `c`.
    build_template = BuildTemplate { a: Out, b: In, c: In } effects(raise);

    // ---- calls ---------------------------------------------------------------------------------------------
    /// `a = regs[b](…)`: `[callable][self or EMPTY][x arguments]` from `b`, the topmost temporaries.
    call = Call { a: Out, b: CallX, c: Site, x: Imm } effects(raise call) cache(Call);
    /// `call` without a cache.
    call_wide = CallWide { a: Out, b: CallX, x: Imm } effects(raise call);
    /// `a = regs[b](…)` with keywords: site `c` holds the number of arguments and the constant tuple of the names of
    /// the last ones.
    call_kw = CallKw { a: Out, b: CallSite, c: Site } effects(raise call) cache(CallKw);
    /// `call_kw` without a cache: ext holds the number of arguments (a) and the constant (bc).
    call_kw_wide = CallKwWide { a: Out, b: CallExt, ext: KwNames } effects(raise call);
    /// `a = regs[b](*regs[b+2], **regs[b+3])`; regs[b+1] is self or EMPTY, regs[b+3] a dict or EMPTY.
    call_ex = CallEx { a: Out, b: Run4 } effects(raise call);
    /// `a =` function of code constant `bc`, with the frame's globals.
    make_function = MakeFunction { a: Out, bc: CodeConst } effects(raise);
    /// Sets on function `a` (kept) from `b`, by x: 1 defaults tuple, 2 kwdefaults dict, 4 annotations (dict),
    /// 8 closure tuple, 16 `__annotate__` function.
    set_function_attr = SetFunctionAttr { a: Keep, b: In, x: Imm };
    /// `a = __build_class__`.
    load_build_class = LoadBuildClass { a: Out } effects(raise call);
    /// Returns `a`.
    return_value = ReturnValue { a: In } effects(end);
    /// Returns `consts[bc]`.
    return_const = ReturnConst { bc: Const } effects(end);

    // ---- generators and coroutines -------------------------------------------------------------------------
    /// First instruction (after nothing) of generator code: makes the generator, coroutine or async generator (by the
    /// code's flags) of this frame and returns it. Running it goes on with the next instruction.
    return_generator = ReturnGenerator {};
    /// Suspends with value `b`; when resumed `a` = what was sent. x = 1: part of `yield from` or `await`, always right
    /// after a `send` (whose operands tell what is being awaited; `throw()` and `close()` look there).
    yield_value = YieldValue { a: Out, b: In, x: Imm } effects(raise call);
    /// Sends `a` to iterator `b` (kept). Yielded: `a` = the value, falls through. Finished: `a` = the result, jumps.
    send = Send { a: InOut, b: Keep, cx: Target } effects(raise call jump);
    /// `a = c`, drops iterator `b`.
    end_send = EndSend { a: Out, b: In, c: In };
    /// `a =` iterator of `b` for `yield from`.
    get_yield_from_iter = GetYieldFromIter { a: Out, b: In } effects(raise call);
    /// `a =` awaitable's iterator of `b`; x (0 plain, 1 `__aenter__`, 2 `__aexit__`) chooses the error text.
    get_awaitable = GetAwaitable { a: Out, b: In, x: Imm } effects(raise call);
    /// `a = aiter(b)`.
    get_aiter = GetAiter { a: Out, b: In } effects(raise call);
    /// `a =` awaitable iterator of `anext(b)`.
    get_anext = GetAnext { a: Out, b: Keep } effects(raise call);
    /// Handler of an `async for`: regs[a] = async iterator, regs[a+1] = exception. StopAsyncIteration: drops both and
    /// falls through; else raises it again.
    end_async_for = EndAsyncFor { a: Run2 } effects(raise);

    // ---- with, exceptions ----------------------------------------------------------------------------------
    /// regs[a] = context manager: becomes `[exit][exit's self][enter][enter's self]`; x = 1 for `async with`.
    load_special = LoadSpecial { a: InOut4, x: Imm } effects(raise call);
    /// `a =` result of calling the exit pair at regs[b], regs[b+1] (kept) with type, value, traceback of the
    /// exception in regs[b+3] (kept; regs[b+2] is what `push_exc_info` saved).
    with_except_start = WithExceptStart { a: Out, b: Keep4 } effects(raise call);
    /// `raise`: the exception being handled again.
    raise_current = RaiseCurrent {} effects(raise end);
    /// `raise a`.
    raise = Raise { a: In } effects(raise call end);
    /// `raise a from b`.
    raise_from = RaiseFrom { a: In, b: In } effects(raise call end);
    /// Raises exception `a` again without a new traceback entry.
    reraise = Reraise { a: In } effects(raise end);
    /// regs[a] = what `push_exc_info` saved, regs[a+1] = an exception: restores the first, raises the second without a
    /// new traceback entry.
    reraise_restore = ReraiseRestore { a: Run2 } effects(raise end);
    /// Entry of a handler: regs[a] = exception becomes regs[a] = the exception handled so far (or None),
    /// regs[a+1] = exception, which is now the one being handled.
    push_exc_info = PushExcInfo { a: InOut2 };
    /// Undoes `push_exc_info`: restores regs[a] and drops regs[a+1] (which may be EMPTY or gone).
    pop_except = PopExcept { a: PopPair } effects(call);
    /// `a = ` does exception `b` (kept) match `c`; TypeError when `c` is no exception class or tuple of them.
    check_exc_match = CheckExcMatch { a: Out, b: Keep, c: In } effects(raise call);
    /// regs[a] = exception group (or None), regs[a+1] = type: becomes regs[a] = rest, regs[a+1] = matched part or None.
    /// A match becomes the exception being handled.
    check_eg_match = CheckEgMatch { a: InOut2Run } effects(raise call);
    /// `a =` exception to raise after `except*`, or None: regs[b] = original, regs[b+1] = list of what was raised.
    prep_reraise_star = PrepReraiseStar { a: Out, b: Run2 } effects(raise);

    // ---- match ---------------------------------------------------------------------------------------------
    /// `a =` tuple of attributes or None: regs[b] = subject, regs[b+1] = class, regs[b+2] = tuple of keyword names;
    /// c positional sub-patterns.
    match_class = MatchClass { a: Out, b: Run3, c: Imm } effects(raise call);
    /// `a =` (x = 0) is `b` a mapping, (x = 1) is it a sequence, (x = 2) `len(b)`; `b` is kept.
    match_test = MatchTest { a: Out, b: Keep, x: Imm } effects(raise call);
    /// `a =` tuple of the values of keys tuple `c` in mapping `b`, or None (both kept).
    match_keys = MatchKeys { a: Out, b: Keep, c: Keep } effects(raise call);

    // ---- imports, the rest ---------------------------------------------------------------------------------
    /// `a = __import__(name ext, level b, fromlist c)`.
    import_name = ImportName { a: Out, b: In, c: In, ext: Name } effects(raise call);
    /// `a = from b (kept) import name ext`.
    import_from = ImportFrom { a: Out, b: Keep, ext: Name } effects(raise call);
    /// `from a import *` into the frame's namespace.
    import_star = ImportStar { a: In } effects(raise call);
    /// `a =` intrinsic x of `b`; see `Intrinsic1`.
    intrinsic1 = Intrinsic1 { a: Out, b: In, x: Imm } effects(raise call);
    /// `a =` intrinsic x of `b`, `c`; see `Intrinsic2`.
    intrinsic2 = Intrinsic2 { a: Out, b: In, c: In, x: Imm } effects(raise call);
    /// `a =` x: 0 AssertionError, 1 NotImplementedError, 2 tuple, 3 all, 4 any, 5 list, 6 set.
    load_common_constant = LoadCommonConstant { a: Out, x: Imm };
}
special {
    /// Stands in place of any instruction at which a watcher wants to know something.
    instrumented = Instrumented(Nop);
    /// `a` is a temporary, `b` a local.
    mov_local = MovLocal(Mov);
    /// `a` is a local, `b` a temporary.
    mov_temp = MovTemp(Mov);
    /// `a` is a temporary, `b` a local.
    load_attr_local = LoadAttrLocal(LoadAttr);
    /// `b` is a temporary, and not `a`.
    load_attr_temp = LoadAttrTemp(LoadAttr);
    /// The last time, the attribute was there.
    store_attr_again = StoreAttrAgain(StoreAttr);
    /// `a` is a temporary.
    store_attr_temp = StoreAttrTemp(StoreAttr);
    /// `b` is a temporary, and not `a`.
    subscr_temp = SubscrTemp(Subscr);
    /// `a` is a temporary.
    store_subscr_temp = StoreSubscrTemp(StoreSubscr);
    /// `b` is a local.
    load_method_local = LoadMethodLocal(LoadMethod);
    /// The last time, a native function was called.
    call_direct = CallDirect(Call);
    /// `range`; the next instruction asks for its iterator: both at one go.
    call_range = CallRange(Call);
    /// `len`.
    call_len = CallLen(Call);
    /// `isinstance`.
    call_is_instance = CallIsInstance(Call);
    /// `append` of lists.
    call_append = CallAppend(Call);
    /// `get` of dicts.
    call_get = CallGet(Call);
    /// The last time, a native function was called that takes a generator's values.
    call_feed = CallFeed(Call);
    /// A call of the function follows, with one argument; x: how far behind it is.
    make_genexpr = MakeGenexpr(MakeFunction);
    /// The last time, it went over a range.
    for_range = ForRange(ForIter);
    /// A list.
    for_list = ForList(ForIter);
    /// A generator.
    for_generator = ForGenerator(ForIter);
    /// Pairs, which the next instruction takes apart.
    for_pair = ForPair(ForIter);
    /// Something else.
    for_native = ForNative(ForIter);
    /// The last time, both were floats.
    add_float = AddFloat(Add);
    /// The last time, both were floats.
    sub_float = SubFloat(Sub);
    /// The last time, both were floats.
    mul_float = MulFloat(Mul);
    /// The constant is a float, and the last time `b` was one.
    add_k_float = AddKFloat(AddK);
    /// The constant is a float, and the last time `b` was one.
    sub_k_float = SubKFloat(SubK);
    /// The constant is a float, and the last time `b` was one.
    mul_k_float = MulKFloat(MulK);
    /// Floats, and the next instruction adds something to the product: both at one go.
    mul_add = MulAdd(Mul);
    /// The same with a difference, on either side of which the product may be.
    mul_sub = MulSub(Mul);
    /// The same with a sum with a constant.
    mul_add_k = MulAddK(Mul);
    /// As `mul_add`.
    mul_k_add = MulKAdd(MulK);
    /// As `mul_sub`.
    mul_k_sub = MulKSub(MulK);
    /// As `mul_add_k`.
    mul_k_add_k = MulKAddK(MulK);
    /// The last time, `b` was of a class with a `__getitem__` written in Python.
    subscr_python = SubscrPython(Subscr);
    /// The last time, `b` was an object of a native class with a shortcut for small indices.
    subscr_quick = SubscrQuick(Subscr);
    /// The last time, `b` was a dict.
    subscr_dict = SubscrDict(Subscr);
    /// The last time, `a` was a dict.
    store_subscr_dict = StoreSubscrDict(StoreSubscr);
    /// The last time, a class with an `__init__` written in Python was called.
    call_class = CallClass(Call);
    /// The last time, a native class was called.
    call_native_class = CallNativeClass(Call);
    /// `None`, the last time from an `__init__`.
    return_init = ReturnInit(ReturnConst);
    /// The last time, `b` was a class.
    load_attr_of_class = LoadAttrOfClass(LoadAttr);
    /// The last time, it was a property written in Python.
    load_attr_property = LoadAttrProperty(LoadAttr);
    /// The last time, it was an attribute of a native class, which a descriptor makes.
    load_attr_getset = LoadAttrGetset(LoadAttr);
    /// The last time, it was in globals whose values change.
    load_global_placed = LoadGlobalPlaced(LoadGlobal);
    /// The next instruction asks the global, a class or a module, for an attribute: both at one go.
    load_global_attr = LoadGlobalAttr(LoadGlobal);
    /// The next instruction asks the global, a module, for a function to call: both at one go.
    load_global_method = LoadGlobalMethod(LoadGlobal);
    /// The last time, it was a member of `__slots__`.
    load_attr_slot = LoadAttrSlot(LoadAttr);
    /// The last time, it was a member of `__slots__`.
    store_attr_slot = StoreAttrSlot(StoreAttr);
    /// The last time, `b` was a module.
    load_method_module = LoadMethodModule(LoadMethod);
}
    } };
}
