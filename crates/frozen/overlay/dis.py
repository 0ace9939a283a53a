"""Disassembler of Taipan byte code: the interface of CPython's module `dis` over our own instructions."""

import sys
import types
import collections
import io

import _opcode
from opcode import *
from opcode import __all__ as _opcodes_all

__all__ = ["code_info", "dis", "disassemble", "distb", "disco", "findlinestarts", "findlabels", "show_code",
           "get_instructions", "Instruction", "Bytecode"] + _opcodes_all

COMPILER_FLAG_NAMES = {
    1: "OPTIMIZED", 2: "NEWLOCALS", 4: "VARARGS", 8: "VARKEYWORDS", 16: "NESTED", 32: "GENERATOR", 64: "NOFREE",
    128: "COROUTINE", 256: "ITERABLE_COROUTINE", 512: "ASYNC_GENERATOR", 0x4000000: "HAS_DOCSTRING",
    0x8000000: "METHOD",
}

Positions = collections.namedtuple("Positions", ["lineno", "end_lineno", "col_offset", "end_col_offset"],
                                   defaults=[None] * 4)


class Instruction(collections.namedtuple(
        "Instruction",
        "opname opcode arg argval argrepr offset start_offset starts_line line_number label positions "
        "cache_info", defaults=[None, None])):
    """One instruction of a code object. `argrepr` is the text of its operands, offsets count instructions."""

    __slots__ = ()

    @property
    def is_jump_target(self):
        return self.label is not None

    @property
    def oparg(self):
        return self.arg

    def __str__(self):
        return f"{self.opname:<24} {self.argrepr}".rstrip()


def pretty_flags(flags):
    """The names of a code object's flags."""
    names = []
    for bit in range(32):
        flag = 1 << bit
        if flags & flag:
            names.append(COMPILER_FLAG_NAMES.get(flag, hex(flag)))
    return ", ".join(names) or hex(flags)


def _get_code_object(x):
    for attr in ("__func__", "__wrapped_code__"):
        x = getattr(x, attr, x)
    for attr in ("__code__", "gi_code", "ag_code", "cr_code"):
        if (code := getattr(x, attr, None)) is not None:
            return code
    if isinstance(x, str):
        try:
            x = compile(x, "<disassembly>", "eval")
        except SyntaxError:
            x = compile(x, "<disassembly>", "exec")
    if hasattr(x, "co_code"):
        return x
    raise TypeError(f"don't know how to disassemble {type(x).__name__} objects")


def get_instructions(x, *, first_line=None, show_caches=None, adaptive=False):
    """The instructions of a function, method, code object or source text."""
    code = _get_code_object(x)
    delta = 0 if first_line is None else first_line - code.co_firstlineno
    rows = _opcode.instructions(code)
    targets = sorted({target for *_, target in rows if target is not None})
    labels = {target: number for number, target in enumerate(targets, 1)}
    line = None
    # The first position is that of entering the code.
    places = list(code.co_positions())[1:]
    for offset, number, name, text, target in rows:
        positions = Positions(*places[offset])
        here = positions.lineno
        starts = here is not None and here != line
        if here is not None:
            line = here
        if target is not None:
            text = f"{text} (to L{labels[target]})" if text else f"to L{labels[target]}"
        value = target
        if value is None and number in hasname and not name.startswith("call"):
            value = text.rpartition(", ")[2]
        yield Instruction(name, number, None, value, text, offset, offset, starts,
                          None if here is None else here + delta, labels.get(offset), positions)


def findlabels(code):
    """Offsets that are jump targets."""
    return sorted({target for *_, target in _opcode.instructions(_get_code_object(code)) if target is not None})


def findlinestarts(code):
    """(offset, line) where lines begin."""
    last = False
    for start, _, line in code.co_lines():
        if line is not last:
            last = line
            yield start, line


def disassemble(co, lasti=-1, *, file=None, show_caches=False, adaptive=False, show_offsets=False,
                show_positions=False):
    """Prints the instructions of a code object."""
    first = True
    for i in get_instructions(co):
        if i.starts_line and not first:
            print(file=file)
        first = False
        line = f"{i.line_number:>4}" if i.starts_line else "    "
        arrow = "-->" if lasti >= 0 and i.offset == lasti // 2 - 1 else "   "
        label = f"L{i.label}:" if i.label else ""
        offset = f"{i.offset:>5} " if show_offsets else ""
        print(f"{line} {arrow} {label:>5} {offset}{i}", file=file)
    rows = _opcode.handlers(co)
    if rows:
        print("ExceptionTable:", file=file)
        for start, end, target, depth in rows:
            print(f"  {start} to {end} -> {target} [{depth}]", file=file)


disco = disassemble


def dis(x=None, *, file=None, depth=None, show_caches=False, adaptive=False, show_offsets=False,
        show_positions=False):
    """Disassembles classes, methods, functions and other compiled objects; nothing: the last traceback."""
    options = {"file": file, "show_offsets": show_offsets}
    if x is None:
        distb(**options)
        return
    if hasattr(x, "__dict__") and not hasattr(x, "__code__") and not hasattr(x, "__func__"):
        for name, value in sorted(x.__dict__.items()):
            if isinstance(value, (types.MethodType, types.FunctionType, types.CodeType, classmethod, staticmethod, type)):
                print(f"Disassembly of {name}:", file=file)
                try:
                    dis(value, depth=depth, **options)
                except TypeError as msg:
                    print("Sorry:", msg, file=file)
                print(file=file)
        return
    _disassemble_recursive(_get_code_object(x), depth, options)


def _disassemble_recursive(co, depth, options):
    disassemble(co, **options)
    if depth is None or depth > 0:
        for x in co.co_consts:
            if hasattr(x, "co_code"):
                print(file=options["file"])
                print(f"Disassembly of {x!r}:", file=options["file"])
                _disassemble_recursive(x, None if depth is None else depth - 1, options)


def distb(tb=None, *, file=None, show_caches=False, adaptive=False, show_offsets=False, show_positions=False):
    """Disassembles a traceback (default: the last)."""
    if tb is None:
        try:
            tb = sys.last_exc.__traceback__
        except AttributeError:
            raise RuntimeError("no last traceback to disassemble") from None
        while tb.tb_next:
            tb = tb.tb_next
    disassemble(tb.tb_frame.f_code, tb.tb_lasti, file=file, show_offsets=show_offsets)


def code_info(x):
    """Details of a code object as text."""
    co = _get_code_object(x)
    lines = [f"Name:              {co.co_name}", f"Filename:          {co.co_filename}",
             f"Argument count:    {co.co_argcount}", f"Positional-only arguments: {co.co_posonlyargcount}",
             f"Kw-only arguments: {co.co_kwonlyargcount}", f"Number of locals:  {co.co_nlocals}",
             f"Stack size:        {co.co_stacksize}", f"Flags:             {pretty_flags(co.co_flags)}"]
    for title, values in (("Constants", [repr(c) for c in co.co_consts]), ("Names", co.co_names),
                          ("Variable names", co.co_varnames), ("Free variables", co.co_freevars),
                          ("Cell variables", co.co_cellvars)):
        if values:
            lines.append(f"{title}:")
            lines.extend(f"{i:4d}: {v}" for i, v in enumerate(values))
    return "\n".join(lines)


def show_code(co, *, file=None):
    """Prints what `code_info` says."""
    print(code_info(co), file=file)


def _find_imports(co):
    """(name, level, names after 'from') of the imports in a code object, as __import__ gets them."""
    values = {}
    for _, _, name, text, _ in _opcode.instructions(co):
        register, _, value = text.partition(", ")
        if name == "import_name":
            level, names, module = (value + " ").split(", ", 2) if ", " in value else (value, "", "")
            yield module.rstrip(" ,"), values.get(level.rstrip(" ,")), values.get(names.rstrip(" ,"))
        elif name == "load_int":
            values[register] = int(value)
        elif name == "load_imm":
            values[register] = None
        elif name == "load_const":
            # The names are identifiers or a star.
            values[register] = tuple(value.strip("()").replace('"', "").replace("'", "").rstrip(",").split(", "))


def _find_store_names(co):
    """Names of the variables that a module's code sets."""
    for _, _, name, text, _ in _opcode.instructions(co):
        if name.startswith(("store_name", "store_global")):
            yield text.partition(", ")[2]


class Bytecode:
    """The instructions of something compiled, to iterate over and to print."""

    def __init__(self, x, *, first_line=None, current_offset=None, show_caches=False, adaptive=False,
                 show_offsets=False, show_positions=False):
        self.codeobj = _get_code_object(x)
        self.first_line = self.codeobj.co_firstlineno if first_line is None else first_line
        self.current_offset = current_offset
        self.show_offsets = show_offsets
        self._original_object = x

    def __iter__(self):
        return get_instructions(self.codeobj, first_line=self.first_line)

    def __repr__(self):
        return f"{type(self).__name__}({self._original_object!r})"

    @classmethod
    def from_traceback(cls, tb, **options):
        while tb.tb_next:
            tb = tb.tb_next
        return cls(tb.tb_frame.f_code, current_offset=tb.tb_lasti, **options)

    def info(self):
        return code_info(self.codeobj)

    def dis(self):
        with io.StringIO() as output:
            lasti = -1 if self.current_offset is None else self.current_offset
            disassemble(self.codeobj, lasti, file=output, show_offsets=self.show_offsets)
            return output.getvalue()


def main(args=None):
    import argparse
    parser = argparse.ArgumentParser(color=True)
    parser.add_argument("-O", "--show-offsets", action="store_true", help="show instruction offsets")
    parser.add_argument("infile", nargs="?", default="-")
    options = parser.parse_args(args=args)
    if options.infile == "-":
        name, source = "<stdin>", sys.stdin.buffer.read()
    else:
        name = options.infile
        with open(name, "rb") as infile:
            source = infile.read()
    dis(compile(source, name, "exec"), show_offsets=options.show_offsets)


if __name__ == "__main__":
    main()
