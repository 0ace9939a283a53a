"""The native XMLParser: targets, events, entities, errors and their places."""
import re
import xml.etree.ElementTree as ET
import _elementtree

P = ET.XMLParser


def show(v):
    return re.sub(r"0x[0-9a-f]+", "0x", repr(v))


def t(f):
    try:
        print(show(f()))
    except Exception as x:
        print(type(x).__name__, x, getattr(x, "code", None), getattr(x, "position", None))


print(sorted(dir(_elementtree)))
print([x for x in dir(P) if x not in dir(object)], P.__module__, ET.ParseError.__mro__)
p = P()
print(p.entity, show(p.target), p.version)
for f in [
    lambda: P(1), lambda: P(encoding=3), lambda: P(foo=1), lambda: P(encoding="xx").feed("<a/>"),
    lambda: setattr(p, "target", 1), lambda: setattr(p, "foo", 1),
    lambda: P().feed("<a>&foo;</a>"),
    lambda: P().feed('<!DOCTYPE doc SYSTEM "x"><a>&foo;</a>'),
    lambda: P().feed('<!DOCTYPE doc [<!ENTITY f "<b>x</b>">]><a>&f;&foo;</a>'),
    lambda: P().feed(1), lambda: P().feed(b"<a>"), lambda: P().close(),
    lambda: P().feed("<a>\ud800</a>"),
    lambda: P()._setevents([], None), lambda: P()._setevents(1, None), lambda: P()._setevents([], 1),
    lambda: P()._setevents([], ["x"]), lambda: P()._setevents([], [1]), lambda: P()._setevents([], [b"end"]),
    lambda: P(target=1)._setevents([], None), lambda: P()._parse_whole(1),
    lambda: ET.fromstring("<a>" + "x" * 10 + "</b>"), lambda: ET.fromstring(""), lambda: ET.fromstring("<a/><b/>"),
    lambda: ET.fromstring("<a>\n  <b>x\n</c></a>"), lambda: ET.fromstring("<a>\n <b x='1' x='2'/></a>"),
    lambda: ET.fromstring("<a xmlns:p='u' xmlns:q='u'><b p:x='1' q:x='2'/></a>"),
    lambda: ET.fromstring("<a><p:b/></a>"), lambda: ET.fromstring("<a>x]]></a>"), lambda: ET.fromstring("<a>\x01</a>"),
    lambda: ET.fromstring("<a>\r\n\r\n é<b></a>"), lambda: ET.fromstring(b"<a>\xff</a>"), lambda: ET.fromstring("<a b='<'/>"),
]:
    t(f)


class File:
    def __init__(self, *parts):
        self.parts = list(parts)

    def read(self, n):
        return self.parts.pop(0)


t(lambda: P()._parse_whole(File(b"<a>", b"</a>", b"")))
t(lambda: P()._parse_whole(File("<a>", "</a>\udc00", "")))
t(lambda: P()._parse_whole(File("<a>", b"</a>", 5)))
t(lambda: P()._parse_whole(File(b"<a>", "")))


class All:
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def f(*args):
            print(" ", name, args)
            return name
        return f


DOC = ('<?xml version="1.0"?><!DOCTYPE a PUBLIC "p  q" "s" [<!ENTITY z "1\n2">]><!--c--><?pi x y?><?pj?>'
       '<a xmlns="u" xmlns:q="v" q:x="1" y="2">l1\nl2\r\n&amp;&z;<![CDATA[x]]><q:b/><!--d--></a>')
for doc in [DOC, "<!DOCTYPE a><a/>", '<!DOCTYPE a SYSTEM "t"><a xmlns=""/>', "<a>&x;</a>"]:
    q = P(target=All())
    t(lambda: q.feed(doc))
    if "&x;" not in doc:
        t(q.close)


class Nothing:
    pass


q = P(target=Nothing())
q.feed("<a>x<b/><!--q-->&amp;</a>")
t(q.close)
q = P(target=Nothing())
t(lambda: q.feed('<!DOCTYPE a SYSTEM "b"><a>&x;</a>'))


class Raises(All):
    def start(self, *args):
        raise KeyError("st")


q = P(target=Raises())
for f in [lambda: q.feed("<a/>"), lambda: q.feed("<b/>"), lambda: q.close()]:
    t(f)
q = P()
q.entity["foo"] = "bar"
q.feed('<!DOCTYPE doc SYSTEM "x"><a>&foo;x</a>')
t(lambda: q.close().text)
q = P.__new__(P)
for f in [lambda: q.feed(""), q.close, q.flush, lambda: q.entity, lambda: q._setevents([], None), lambda: q.target]:
    t(f)
seen = []
q = P()
q._setevents(seen, ["start", "end", "start-ns", "end-ns", "comment", "pi"])
q.feed(DOC)
print([(a, (b.tag, b.text, b.attrib) if hasattr(b, "tag") else b) for a, b in seen])
for encoding, data in [("iso-8859-1", "<a>é</a>"), ("iso-8859-1", "<a>é</a>".encode("latin1"))]:
    q = P(encoding=encoding)
    q.feed(data)
    t(lambda: q.close().text)
# What the program itself tells the builder comes between.
b = ET.TreeBuilder()
q = P(target=b)
q.feed("<a>xy")
b.data("zz")
b.start("r", {})
b.end("r")
q.feed("</a>")
t(lambda: ET.tostring(q.close()))
b = ET.TreeBuilder(element_factory=lambda tag, attrib: (print(tag, attrib), ET.Element(tag, attrib))[1])
q = P(target=b)
q.feed('<a b="1"><c/></a>')
t(q.close)
q = P()
seen = []
q._setevents(seen, None)
for piece in ["<a><b", None, "/>", None, "<c>t", "ext</c", " ></a>"]:
    q.flush() if piece is None else q.feed(piece)
    print(len(seen), end=" ")
t(lambda: ET.tostring(q.close()))
# Byte by byte, whatever the cut.
doc = '<a xmlns="u" é="ü&#xe9;&lt;">t\u20acxt<b c = \'1\'  d="2"/>\r\ntail&gt;<b c="1" d="2"></b\n></a>'
q = P()
for i in doc.encode():
    q.feed(bytes([i]))
    q.flush()
t(lambda: ET.tostring(q.close(), "unicode"))
t(lambda: ET.tostring(ET.fromstring(doc), "unicode"))
# The same prefix in different scopes.
doc = '<r xmlns:p="1"><p:x p:k="v"/><s xmlns:p="2"><p:x p:k="v"/><p:x/></s><p:x p:k="v"/></r>'
print([(e.tag, e.attrib) for e in ET.fromstring(doc).iter()])
doc = "<r>" + "".join(f"<n{i % 3} a{i % 2}='{i}' b='&quot;{i}'/>" for i in range(9)) + "</r>"
print([(e.tag, e.attrib) for e in ET.fromstring(doc)])
