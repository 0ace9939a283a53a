"""The instructions of Taipan's register machine: names, numbers and what their operands are."""

import _opcode

__all__ = ["cmp_op", "stack_effect", "hascompare", "opname", "opmap", "HAVE_ARGUMENT", "EXTENDED_ARG", "hasarg",
           "hasconst", "hasname", "hasjump", "hasjrel", "hasjabs", "hasfree", "haslocal", "hasexc"]

from _opcode import stack_effect

opmap = {name: number for number, name in enumerate(_opcode.names()) if name}
opname = [name or f"<{number}>" for number, name in enumerate(_opcode.names())]
HAVE_ARGUMENT = 0
EXTENDED_ARG = opmap["ext"]
cmp_op = ("<", "<=", "==", "!=", ">", ">=")
hasarg = [number for number in opmap.values() if _opcode.has_arg(number)]
hasconst = [number for number in opmap.values() if _opcode.has_const(number)]
hasname = [number for number in opmap.values() if _opcode.has_name(number)]
hasjump = [number for number in opmap.values() if _opcode.has_jump(number)]
hasjrel = hasjump
hasjabs = []
hasfree = [number for number in opmap.values() if _opcode.has_free(number)]
haslocal = [number for number in opmap.values() if _opcode.has_local(number)]
hasexc = []
_cpython = """
    CACHE RESERVED RESUME INSTRUMENTED_LINE ENTER_EXECUTOR BINARY_SLICE BUILD_TEMPLATE CALL_FUNCTION_EX
    CHECK_EG_MATCH CHECK_EXC_MATCH CLEANUP_THROW DELETE_SUBSCR END_FOR END_SEND EXIT_INIT_CHECK FORMAT_SIMPLE
    FORMAT_WITH_SPEC GET_AITER GET_ANEXT GET_ITER GET_LEN GET_YIELD_FROM_ITER INTERPRETER_EXIT LOAD_BUILD_CLASS
    LOAD_LOCALS MAKE_FUNCTION MATCH_KEYS MATCH_MAPPING MATCH_SEQUENCE NOP NOT_TAKEN POP_EXCEPT POP_ITER POP_TOP
    PUSH_EXC_INFO PUSH_NULL RETURN_GENERATOR RETURN_VALUE SETUP_ANNOTATIONS STORE_SLICE STORE_SUBSCR TO_BOOL
    UNARY_INVERT UNARY_NEGATIVE UNARY_NOT WITH_EXCEPT_START BINARY_OP BUILD_INTERPOLATION BUILD_LIST BUILD_MAP
    BUILD_SET BUILD_SLICE BUILD_STRING BUILD_TUPLE CALL CALL_INTRINSIC_1 CALL_INTRINSIC_2 CALL_KW COMPARE_OP
    CONTAINS_OP CONVERT_VALUE COPY COPY_FREE_VARS DELETE_ATTR DELETE_DEREF DELETE_FAST DELETE_GLOBAL DELETE_NAME
    DICT_MERGE DICT_UPDATE END_ASYNC_FOR EXTENDED_ARG FOR_ITER GET_AWAITABLE IMPORT_FROM IMPORT_NAME IS_OP
    JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT JUMP_FORWARD LIST_APPEND LIST_EXTEND LOAD_ATTR LOAD_COMMON_CONSTANT
    LOAD_CONST LOAD_DEREF LOAD_FAST LOAD_FAST_AND_CLEAR LOAD_FAST_BORROW LOAD_FAST_BORROW_LOAD_FAST_BORROW
    LOAD_FAST_CHECK LOAD_FAST_LOAD_FAST LOAD_FROM_DICT_OR_DEREF LOAD_FROM_DICT_OR_GLOBALS LOAD_GLOBAL LOAD_NAME
    LOAD_SMALL_INT LOAD_SPECIAL LOAD_SUPER_ATTR MAKE_CELL MAP_ADD MATCH_CLASS POP_JUMP_IF_FALSE POP_JUMP_IF_NONE
    POP_JUMP_IF_NOT_NONE POP_JUMP_IF_TRUE RAISE_VARARGS RERAISE SEND SET_ADD SET_FUNCTION_ATTRIBUTE SET_UPDATE
    STORE_ATTR STORE_DEREF STORE_FAST STORE_FAST_LOAD_FAST STORE_FAST_STORE_FAST STORE_GLOBAL STORE_NAME SWAP
    UNPACK_EX UNPACK_SEQUENCE YIELD_VALUE JUMP JUMP_IF_FALSE JUMP_IF_TRUE JUMP_NO_INTERRUPT LOAD_CLOSURE POP_BLOCK
    SETUP_CLEANUP SETUP_FINALLY SETUP_WITH"""
# Programs look up instructions of CPython by name. Here these are pseudo-instructions, of which no code object has one.
opname += [f"<{number}>" for number in range(len(opname), 256)] + _cpython.split()
hascompare = [number for name, number in opmap.items() if name in ("lt", "le", "eq", "ne", "gt", "ge")]
opmap.update((name, number) for number, name in enumerate(_cpython.split(), 256))
del _cpython
