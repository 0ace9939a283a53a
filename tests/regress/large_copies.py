# Copies for which there is no memory end in MemoryError, and the program goes on.
import resource

N = 4 * 10**7
items = [0] * N
text = "x" * (8 * N)
few = (1, 2)

size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), resource.RLIM_INFINITY))

attempts = {
    "tuple(list)": lambda: tuple(items),
    "list(list)": lambda: list(items),
    "list slice": lambda: items[1:],
    "list copy": lambda: items.copy(),
    "list sum": lambda: items + [1],
    "tuple product": lambda: few * N,
    "str slice": lambda: text[1:],
    "str strip": lambda: (text + " ").strip(),
    "str sum": lambda: text + "y",
    "str product": lambda: text * 2,
    "str encode": lambda: text.encode(),
    "str upper": lambda: text.upper(),
    "str partition": lambda: text.partition("xx"),
    "removeprefix": lambda: text.removeprefix("x"),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except MemoryError:
        continue
    print("no MemoryError:", name)

# The same with a tuple.
items = None
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
many = (0,) * N
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), resource.RLIM_INFINITY))
for name, attempt in {
    "tuple slice": lambda: many[1:],
    "tuple slice with a step": lambda: many[::-1],
    "tuple sum": lambda: many + few,
    "tuple of a class": lambda: type("T", (tuple,), {})(many),
    "list(tuple)": lambda: list(many),
}.items():
    try:
        attempt()
    except MemoryError:
        continue
    print("no MemoryError:", name)
print(len(few), len(many), len(text))
