"""Hostile input: bytes for headers, queries and paths, and texts for fields."""

from hypothesis import strategies as st

PHONE = (
    b"Mozilla/5.0 (Linux; Android 14; CPH2581) AppleWebKit/537.36 (KHTML, like Gecko) "
    b"Chrome/130.0.0.0 Mobile Safari/537.36"
)
PREVIEWER = b"WhatsApp/2.24.20.81 A"
IPHONE = b"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)"

# What ends a line, a cell or the data of a COPY, what a database does not take, and what is no UTF-8: half a surrogate
# pair, an overlong NUL, a character beyond the last, the first byte of a character without the rest.
BREAKING = (
    *(b"\0", b"\t", b"\n", b"\r\n", b"\r", b"\\", b"\\.", b"\n\\.\n", b"\\N", b"\\t", b"\\x00", b"\x1a", b"\x1b[0m"),
    *(b"\xff", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\xef\xbb\xbf"),
    *(b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"\xc4\xb0", b"'", b'"', b"%", b"%00", b"%ed%a0%80", b"&", b"="),
)
pieces = st.sampled_from(BREAKING) | st.binary(max_size=8)
longest = st.builds(
    lambda piece, length: ((piece or b" ") * length)[:length], pieces, st.sampled_from([999, 1000, 1001, 8192, 20_000])
)
values = st.lists(pieces, max_size=6).map(b"".join) | longest

agents = values | st.builds(
    lambda known, rest: known + rest, st.sampled_from([PHONE, PREVIEWER, IPHONE, b"curl/8", b"Googlebot/2.1"]), pieces
)
referrers = values | st.builds(
    lambda *parts: b"".join(parts),
    st.sampled_from([b"https://", b"HTTP://", b"android-app://", b"https:\\\\", b"//", b""]),
    st.sampled_from([b"l.instagram.com", b"T.CO", b"m\xc3\xbcnchen.example", b"a" * 300, b"\xff", b"[::1]", b"a..b"]),
    pieces,
    st.sampled_from([b"", b"/", b":443/x?q=\xff", b".", b"@evil.example"]),
)
languages = values | st.sampled_from([b"id-ID,id;q=0.9", b"EN", b"*", b" jv", b"\xc4\xb1d", b"x-klingon"])
forwarded = values | st.lists(
    st.sampled_from([b"114.4.1.1", b"8.8.8.8:80", b"[2001:448a::1]", b"::ffff:114.4.1.1", b"unknown", b"\xff", b""]),
    max_size=40,
).map(b", ".join)

# Header lines as a server hands them on: lower-case names, any order, some of them twice.
headers = st.lists(
    st.one_of(
        st.tuples(st.just(b"user-agent"), agents),
        st.tuples(st.just(b"user-agent"), agents),
        st.tuples(st.just(b"referer"), referrers),
        st.tuples(st.just(b"accept-language"), languages),
        st.tuples(st.just(b"x-forwarded-for"), forwarded),
        st.tuples(
            st.sampled_from([b"purpose", b"sec-purpose", b"x-purpose", b"x-moz", b"x-forwarded-proto", b"accept"]),
            values,
        ),
        st.tuples(values, values),
    ),
    max_size=8,
).map(tuple)

_names = st.sampled_from(
    [b"via", b"VIA", b"fbclid", b"utm_source", b"utm%5Fsource", b"cid", b"lang", b"ref", b"a[]", b"a%5B%5D", b"my+key"]
)
_parameters = st.builds(
    lambda name, sign, value: name + sign + value, _names | pieces, st.sampled_from([b"=", b"", b"=="]), values
)
queries = st.one_of(
    st.lists(_parameters, max_size=5).map(b"&".join),
    st.binary(max_size=60),
    st.builds(lambda one, number: b"&".join([one] * number), _parameters, st.sampled_from([20, 21, 3000])),
)

# With halves of surrogate pairs, which no UTF-8 but every JSON text can hold.
_SIGNS = "'=+-@\",;|~/{}\\ \uff1d\uff0b\u00a0\u2028\ufeff\u0130\u00ad"
characters = st.characters() | st.sampled_from(_SIGNS + "\0\t\n\r\u202e\ud800\udfff")
texts = st.text(characters, max_size=30) | st.sampled_from(["", " ", "x" * 201, "\U0001f600" * 60, "\0", "\ud800"])
# Without what no field may hold, so that it gets further.
odd_texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(_SIGNS), min_size=1, max_size=20)

paths = st.one_of(
    st.text(characters, max_size=20).map("/".__add__),
    st.sampled_from(["", "/", "//abc", "/abc/", "/ABC+", "/abc++", "/+", "/a-b", "/a--b"]),
    st.integers(59, 62).map(lambda length: "/" + "a" * length),
    st.from_regex(r"/[a-z0-9]{1,4}(-[a-z0-9]{1,4})?\+?", fullmatch=True),
)
