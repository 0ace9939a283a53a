"""What a million of each takes: run under the interpreters to be compared.

    for py in /usr/bin/python3.11 target/release/taipan; do $py bench/memory.py; done

Each case runs in a process of its own; the figure is what the process's resident memory grew by, in bytes apiece, and its
peak in MiB.
"""

import subprocess
import sys

N = 1_000_000
CASES = {
    "nothing": "x = None",
    "list of small ints": "x = [i % 100 for i in range(N)]",
    "list of ints": "x = [i + 10**6 for i in range(N)]",
    "list of ints beyond 62 bits": "x = [i + 2**70 for i in range(N)]",
    "list of floats": "x = [i * 0.5 for i in range(N)]",
    "list of strings": "x = [str(i) for i in range(N)]",
    "list of tuples of two": "x = [(i, i) for i in range(N)]",
    "list of lists of two": "x = [[i, i] for i in range(N)]",
    "list of empty lists": "x = [[] for i in range(N)]",
    "list of empty dicts": "x = [{} for i in range(N)]",
    "list of dicts of three": "x = [{'a': i, 'b': i, 'c': i} for i in range(N)]",
    "list of sets of two": "x = [{i, i + 1} for i in range(N)]",
    "list of instances, three attributes": (
        "class C:\n def __init__(self, i): self.a = i; self.b = i; self.c = i\nx = [C(i) for i in range(N)]"
    ),
    "list of instances, three slots": (
        "class C:\n __slots__ = 'a', 'b', 'c'\n def __init__(self, i): self.a = i; self.b = i; self.c = i\n"
        "x = [C(i) for i in range(N)]"
    ),
    "list of closures": "def f(i): return lambda: i\nx = [f(i) for i in range(N)]",
    "list of generators": "def f(i): yield i\nx = [f(i) for i in range(N)]",
    "dict of str to int": "x = {str(i): i for i in range(N)}",
    "dict of int to int": "x = {i: i for i in range(N)}",
    "set of ints": "x = {i for i in range(N)}",
    "set of strings": "x = {str(i) for i in range(N)}",
    "list of bytes": "x = [b'%d' % i for i in range(N)]",
}

PROGRAM = """
def status(key):
    for line in open("/proc/self/status"):
        if line.startswith(key):
            return int(line.split()[1])
N = {n}
before = status("VmRSS")
{code}
print((status("VmRSS") - before) * 1024 / N, status("VmHWM") / 1024)
"""


def main():
    print(sys.version.split("\n")[0], sys.executable)
    for name, code in CASES.items():
        program = PROGRAM.format(n=N, code=code)
        said = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True)
        if said.returncode:
            print(f"{name:40} {said.stderr.splitlines()[-1:]}")
            continue
        each, peak = said.stdout.split()
        print(f"{name:40} {float(each):8.1f} bytes {float(peak):9.1f} MiB peak")


if __name__ == "__main__":
    main()
