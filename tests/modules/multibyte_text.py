# Multibyte encodings: round trips, what is illegal, states.
import codecs

def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)

text = "日本語テスト 中文 한국어 か゚"
for name in ("gb18030", "euc_jis_2004", "shift_jis_2004", "iso2022_jp_2004", "euc_kr", "big5hkscs", "iso2022_kr"):
    data = text.encode(name, "xmlcharrefreplace")
    print(name, data, ascii(data.decode(name)))
print("\U00012345\u00e9".encode("gb18030"), "힣뷁".encode("euc_kr"), "~あ~".encode("hz"))
t(lambda: "aあ\u0e01".encode("shift_jis"))
t(lambda: b"ab\x81".decode("cp932"))
t(lambda: b"ab\x81\x20c".decode("cp932"))
print(ascii(b"ab\x81\x20\xff\x82\xa0".decode("shift_jis", "replace")))
print(b"\x1b$B$\"\x1b(J\\\x1b(B~".decode("iso2022_jp"))
e = codecs.getincrementalencoder("jisx0213")()
print(e.encode("\u00e6"), e.getstate(), e.encode("\u0300"), e.encode("\u00e6", True))
d = codecs.getincrementaldecoder("iso2022_jp")()
print([d.decode(bytes([b])) for b in b"\x1b$B$\"a"], d.getstate())
import _codecs_jp
t(lambda: _codecs_jp.getcodec("gbk"))
