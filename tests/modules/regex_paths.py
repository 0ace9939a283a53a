# Replacing with what stands for itself, subjects that come back as they are, searches in long subjects.
import re


def say(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)


say(re.sub, "a", "é", "banana")
say(re.sub, "é", "", "été")
say(re.sub, "x*", "-", "abxd")
say(re.subn, "n", "nn", "banana", count=1)
say(re.sub, b"a", b"oo", bytearray(b"banana"))
say(re.sub, b"a", bytearray(b"oo"), memoryview(b"banana"))
say(re.sub, "a", b"o", "banana")
say(re.sub, "q", b"o", "banana")
say(re.sub, b"a", "o", b"banana")
say(re.sub, "a", 3, "banana")
say(re.sub, "a", r"\g<0>\g<0>", "banana")
say(re.sub, "\ud800", "\udc00", "a\ud800b")


class Text(str):
    def __str__(self):
        return "no"


s, b = "some text", b"some bytes"
print(re.sub("q", "", s) is s, re.sub(b"q", b"", b) is b, type(re.sub("q", "", Text("t"))).__name__)
say(re.sub, "t", Text("T"), Text("tt"))
print(re.search(".*", s)[0] is s, re.match(b".*", b)[0] == b)

long = "lorem ipsum " * 40
for pattern in ["dolor|sit|amet", "[dD]olor|si[tx]", "(?i)DOLOR", r"\bdolor\b", r"(^|[^\\])<dolor>", r"\w+@\w+", r"\s?;\s?"]:
    for end in ["", "dolor", "a <dolor> é", "é me@here ; é"]:
        m = re.search(pattern, long + end)
        print(pattern, m and (m.span(), m.groups()))
print(re.findall(r"^\s*|\s*$", "  a b \n"), re.findall(r"\s*$", "a\n", re.M), re.split(r"\s*\Z", "ab  "))
print([m.span() for m in re.finditer(r"(?:^|,)b*", "bb,b,,c")], re.findall("(?:^a|b$)", "ab\nab\n"))
print([m.span() for m in re.finditer("lorem|ipsum", "é" + long, re.I)][:3], len(re.findall("lorem|é", long)))
