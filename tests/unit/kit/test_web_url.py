"""Web URLs: ambiguous ones are rejected, and accepted ones parse to the same result again."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.kit.errors import Invalid
from campaigns.kit.web_url import MAX_URL_LENGTH, WebUrl, host_matches, parse_host_pattern, parse_web_url


@pytest.mark.parametrize(
    ("text", "stored", "host"),
    [
        ("https://daftar.example", "https://daftar.example/", "daftar.example"),
        ("http://daftar.example/", "http://daftar.example/", "daftar.example"),
        ("HTTPS://DAFTAR.Example/Bintara", "https://daftar.example/Bintara", "daftar.example"),
        ("https://daftar.example:443/", "https://daftar.example/", "daftar.example"),
        ("https://daftar.example:8443/", "https://daftar.example:8443/", "daftar.example"),
        ("https://daftar.example/a/../b/./c", "https://daftar.example/b/c", "daftar.example"),
        ("https://daftar.example/?q=1#part", "https://daftar.example/?q=1#part", "daftar.example"),
        ("https://daftar.example/?mail=a@b", "https://daftar.example/?mail=a@b", "daftar.example"),
        ("https://daftar.example/\u00e9", "https://daftar.example/%C3%A9", "daftar.example"),
        # One name, one host: letters outside ASCII become punycode.
        ("https://m\u00fcnchen.example/", "https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example"),
        ("https://xn--mnchen-3ya.example/", "https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example"),
        ("https://\uff44aftar.example/", "https://daftar.example/", "daftar.example"),
        # A Cyrillic letter among Latin ones is another host, and shows as one.
        ("https://d\u0430ftar.example/", "https://xn--dftar-4ve.example/", "xn--dftar-4ve.example"),
        # Every spelling of an IP address is the one dotted (or bracketed) spelling.
        ("https://2130706433/", "https://127.0.0.1/", "127.0.0.1"),
        ("https://0x7f000001/", "https://127.0.0.1/", "127.0.0.1"),
        ("https://0x7f.1/", "https://127.0.0.1/", "127.0.0.1"),
        ("https://0177.0.0.1/", "https://127.0.0.1/", "127.0.0.1"),
        ("https://[::1]/", "https://[::1]/", "[::1]"),
        ("https://[0:0::0:1]:443/", "https://[::1]/", "[::1]"),
        ("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "[::ffff:7f00:1]"),
        # A trailing dot stays, so that no allow-list mistakes the host for the one without.
        ("https://daftar.example./", "https://daftar.example./", "daftar.example."),
        ("https://daftar%2eexample/", "https://daftar.example/", "daftar.example"),
    ],
)
def test_stores_what_the_parser_read(text: str, stored: str, host: str) -> None:
    assert parse_web_url(text, path=("url",)) == WebUrl(stored, host)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("https://good.example\\@evil.example/", "unsafe-characters"),
        ("https:\\\\evil.example/", "unsafe-characters"),
        ("https://good.example\t.evil.example/", "unsafe-characters"),
        ("ht\ntps://good.example/", "unsafe-characters"),
        ("https://good.example/\r\nSet-Cookie: a=b", "unsafe-characters"),
        (" https://good.example/", "unsafe-characters"),
        ("https://good.example/a b", "unsafe-characters"),
        ("https://good.example/\x00", "unsafe-characters"),
        ("https://good.example/\x7f", "unsafe-characters"),
        ("https://good.example/\x85", "unsafe-characters"),
        ("https://good.example/\ud800", "unsafe-characters"),
        *((f"https://good.example/{sign}moc", "unsafe-characters") for sign in "\u061c\u200e\u200f\u202a\u202e"),
        *((f"https://good.example/{sign}moc", "unsafe-characters") for sign in "\u2066\u2069\u2028\u2029"),
        *((f"https://go{sign}od.example/", "unsafe-characters") for sign in "\u200b\u200c\u200d\ufeff"),
        ("", "scheme-not-allowed"),
        ("good.example", "scheme-not-allowed"),
        ("//good.example/", "scheme-not-allowed"),
        ("https:/evil.example", "scheme-not-allowed"),
        ("https:evil.example", "scheme-not-allowed"),
        ("https:///evil.example", "scheme-not-allowed"),
        ("https://", "scheme-not-allowed"),
        ("javascript:alert(1)", "scheme-not-allowed"),
        ("javascript://good.example/%0aalert(1)", "scheme-not-allowed"),
        ("data:text/html,x", "scheme-not-allowed"),
        ("ftp://good.example/", "scheme-not-allowed"),
        ("file:///etc/passwd", "scheme-not-allowed"),
        ("httpss://good.example/", "scheme-not-allowed"),
        ("https://user@good.example/", "userinfo-not-allowed"),
        ("https://user:secret@good.example/", "userinfo-not-allowed"),
        ("https://@good.example/", "userinfo-not-allowed"),
        ("https://:@good.example/", "userinfo-not-allowed"),
        ("https://good.example:443@evil.example/", "userinfo-not-allowed"),
        ("https://good.example#@evil.example/", "userinfo-not-allowed"),
        ("https://good.example?@evil.example/", "userinfo-not-allowed"),
        ("https://good.example\uff20evil.example/", "not-a-url"),
        ("https://good.example\uff0fevil.example/", "not-a-url"),
        ("https://good.example%00.evil.example/", "not-a-url"),
        ("https://good.example%2f.evil.example/", "not-a-url"),
        ("https://?good.example", "not-a-url"),
        ("https://#good.example", "not-a-url"),
        ("https://:443/", "not-a-url"),
        ("https://good.example:99999/", "not-a-url"),
        ("https://good.example:0/", "port-not-allowed"),
        ("https://good.example:port/", "not-a-url"),
        ("https://256.256.256.256/", "not-a-url"),
        ("https://99999999999/", "not-a-url"),
        ("https://[::1/", "not-a-url"),
        ("https://[::g]/", "not-a-url"),
        ("https://xn--/", "not-a-url"),
        ("https://good.example/".ljust(MAX_URL_LENGTH + 1, "x"), "too-long"),
        # Short as typed, too long as stored.
        ("https://good.example/" + "\u00e9" * 400, "too-long"),
    ],
)
def test_refuses_what_is_hostile_or_ambiguous(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_web_url(text, path=("landing_url",))
    assert [(field.path, field.code) for field in refused.value.fields] == [(("landing_url",), code)]


def test_refusals_do_not_repeat_what_was_typed() -> None:
    with pytest.raises(Invalid) as refused:
        parse_web_url("https://user:hunter2@good.example/", path=("url",))
    assert "hunter2" not in f"{refused.value} {refused.value.detail} {refused.value.fields}"


def test_accepts_the_longest() -> None:
    longest = "https://good.example/".ljust(MAX_URL_LENGTH, "x")
    assert parse_web_url(longest, path=("url",)).text == longest


_AMBIGUOUS = [
    "@",
    ":",
    "/",
    "\\",
    "?",
    "#",
    "[",
    "]",
    "%2e",
    "%00",
    "..",
    ".",
    "\t",
    "\r\n",
    " ",
    "\u202e",
    "-",
    "_",
    "*",
]
_HOSTLIKE = ["https://", "HTTP://", "good.example", "::1", "xn--", "0x7f", "443", "\u00fc", "\uff0e", "\ud800"]
_PIECES = st.sampled_from(_AMBIGUOUS + _HOSTLIKE)


@given(
    st.one_of(st.text(), st.text().map("https://{}".format), st.lists(_PIECES).map("".join).map("https://a{}".format))
)
@example("https://a..b/%zz?%00#\u2060")
def test_answers_with_a_refusal_or_with_what_reads_the_same_again(text: str) -> None:
    try:
        url = parse_web_url(text, path=("url",))
    except Invalid:
        return
    assert parse_web_url(url.text, path=("url",)) == url
    assert url.text.isascii()
    assert re.fullmatch(rf"https?://{re.escape(url.host)}(:\d+)?(/.*)?", url.text)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("daftar.example", "daftar.example"),
        (" Daftar.Example. ", "daftar.example"),
        ("*.Daftar.example", "*.daftar.example"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example"),
    ],
)
def test_folds_a_host_pattern(text: str, pattern: str) -> None:
    assert parse_host_pattern(text, path=("allowed_hosts", 0)) == pattern


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "*",
        "*.",
        "**.example",
        "a.*.example",
        "*.*.example",
        "*daftar.example",
        "-a.example",
        "a-.example",
        "a..example",
        ".example",
        "a_b.example",
        f"{'a' * 64}.example",
        ".".join(["a" * 60] * 5),
        "https://daftar.example",
        "daftar.example/",
        "daftar.example:443",
        "user@daftar.example",
        "m\u00fcnchen.example",
        "daftar\u3002example",
        "[::1]",
        "a\x00.example",
        "a.example\n.b",
        "\ud800.example",
    ],
)
def test_refuses_what_is_no_host_pattern(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_host_pattern(text, path=("allowed_hosts", 3))
    assert [(field.path, field.code) for field in refused.value.fields] == [(("allowed_hosts", 3), "not-a-host")]


@pytest.mark.parametrize(
    ("host", "patterns", "matches"),
    [
        ("daftar.example", ["daftar.example"], True),
        ("daftar.example", ["other.example", "daftar.example"], True),
        ("daftar.example", [], False),
        ("daftar.example.", ["daftar.example"], False),
        ("xdaftar.example", ["daftar.example"], False),
        ("daftar.example.evil", ["daftar.example"], False),
        ("x.daftar.example", ["daftar.example"], False),
        ("x.daftar.example", ["*.daftar.example"], True),
        ("x.y.daftar.example", ["*.daftar.example"], True),
        ("daftar.example", ["*.daftar.example"], False),
        (".daftar.example", ["*.daftar.example"], False),
        ("evildaftar.example", ["*.daftar.example"], False),
        ("x.daftar.example.evil", ["*.daftar.example"], False),
        ("*.daftar.example", ["*.daftar.example"], False),
        ("a..daftar.example", ["*.daftar.example"], False),
        ("[::1]", ["*.example"], False),
    ],
)
def test_a_pattern_covers_itself_or_all_below(host: str, patterns: list[str], matches: bool) -> None:
    assert host_matches(host, patterns) is matches
