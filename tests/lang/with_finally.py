"""with and finally in every exit: return, break, continue, exceptions, generators, nesting."""
class CM:
    def __init__(self, n, swallow=False, fail_exit=False): self.n, self.swallow, self.fail_exit = n, swallow, fail_exit
    def __enter__(self): print(f"+{self.n}", end=" "); return self
    def __exit__(self, t, v, tb):
        print(f"-{self.n}({t.__name__ if t else None})", end=" ")
        if self.fail_exit: raise RuntimeError("exit " + self.n)
        return self.swallow
def run(f, *a):
    try:
        print("=>", f(*a))
    except BaseException as e:
        chain = []
        while e: chain.append(f"{type(e).__name__}({e})"); e = e.__context__
        print("!!", " <- ".join(chain))
def ret():
    with CM("a"):
        with CM("b"): return "value"
def brk():
    for i in range(3):
        with CM(i):
            if i == 1: break
            continue
    return i
def swallow():
    with CM("s", True): raise ValueError("x")
    return "swallowed"
def exit_fails():
    with CM("f", fail_exit=True): raise ValueError("body")
def exit_fails_return():
    with CM("f", fail_exit=True): return 1
def multi():
    with CM("1"), CM("2", True), CM("3"): raise KeyError("k")
    return "done"
def unpack():
    class T(CM):
        def __enter__(self): return (1, [2, 3])
    with T("t") as (a, [b, *c]): return a, b, c
def fin_return():
    try: return "try"
    finally: print("fin", end=" ")
def fin_override():
    for _ in [1]:
        try: raise ValueError
        except ValueError: return "except"
        finally: print("cleanup", end=" ")
def fin_raise():
    try: raise ValueError("first")
    finally: raise KeyError("second")
def nested_fin():
    out = []
    for i in range(4):
        try:
            try:
                if i == 0: continue
                if i == 1: raise ValueError
                if i == 2: break
            finally: out.append(f"in{i}")
        except ValueError: out.append("caught")
        else: out.append("else")
        finally: out.append(f"out{i}")
    return out
def gen():
    try:
        with CM("g"): yield 1; yield 2
    finally: print("gen fin", end=" ")
def gen_close():
    g = gen(); next(g); g.close(); return "closed"
def gen_del():
    g = gen(); next(g); del g; return "deleted"
def except_name():
    e = "outer"
    try: raise ValueError("v")
    except ValueError as e: pass
    try: return e
    except UnboundLocalError as x: return str(x)
def reraise():
    try:
        try: raise ValueError("orig")
        except ValueError:
            try: raise KeyError("inner")
            except KeyError: pass
            raise
    except ValueError as v: return repr(v), repr(v.__context__)
def context_chain():
    try: raise A
    except NameError:
        try: raise ValueError("v")
        except ValueError: raise KeyError("k")
def loop_else():
    for i in range(2):
        try: pass
        finally:
            if i: print("last", end=" ")
    else: return "else"
def ret_in_with_loop():
    for i in range(3):
        with CM(i):
            try:
                if i == 1: return i
            finally: print("f", end=" ")
def deep():
    with CM("o"):
        try:
            with CM("i", fail_exit=True): return 1
        except RuntimeError as e: return f"caught {e}"
def enter_fails():
    class E(CM):
        def __enter__(self): raise OSError("enter")
    with CM("x"), E("y"): return 1
def except_order():
    try: raise ModuleNotFoundError("m")
    except ImportError as e: return type(e).__name__
    except ModuleNotFoundError: return "no"
def try_star():
    r = []
    for i in range(3):
        try:
            if i == 1: raise ExceptionGroup("g", [ValueError(1), KeyError(2)])
            if i == 2: raise ValueError("bare")
        except* ValueError as e: r.append(("V", e.exceptions))
        except* KeyError as e: r.append(("K", e.exceptions))
        else: r.append("else")
        finally: r.append("fin")
    return r
for f in (ret, brk, swallow, exit_fails, exit_fails_return, multi, unpack, fin_return, fin_override, fin_raise, nested_fin, gen_close, gen_del, except_name, reraise, context_chain, loop_else, ret_in_with_loop, deep, enter_fails, except_order, try_star): print(f.__name__, end=": "); run(f)
for bad in ("try: pass\nexcept* ValueError: pass\nexcept KeyError: pass", "try: pass\nexcept*: pass", "for x in y:\n try: pass\n except* E: break", "def f():\n try: pass\n except* E: return", "try: x\nfinally: y\nelse: z", "with a as b.c, d as e[0]: pass", "with (a, b): pass", "with (a as b, c as d,): pass", "with a as f(): pass", "try: pass\nexcept A, B: pass", "try: pass\nexcept A, B as c: pass", "try: pass\nexcept (A, B) as c.d: pass"):
    try:
        compile(bad, "<w>", "exec"); print("compiles")
    except SyntaxError as e:
        print(e.msg)
