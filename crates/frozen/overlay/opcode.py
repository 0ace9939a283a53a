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
hascompare = [number for name, number in opmap.items() if name in ("lt", "le", "eq", "ne", "gt", "ge")]
