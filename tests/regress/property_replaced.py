# A property that is made anew where it stands: no site may keep its first getter (CPython 3.14's do, and crash).
class P:
    n = property(lambda self: "first")


def read(o):
    return o.n


def said(f, *args):
    try:
        print(f(*args))
    except Exception as e:
        print(type(e).__name__, e)


p = P()
for _ in range(4):
    said(read, p)
P.__dict__["n"].__init__(lambda self: "second")
said(read, p)
P.__dict__["n"].__init__(len)
said(read, p)
P.__dict__["n"].__init__(None)
said(read, p)
