"""The URL a link redirects to: its destination with the UTM five and the click token."""

import json
import subprocess
import sys
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.kit.web_url import parse_web_url
from campaigns.links.target_url import compose_target, compose_url
from campaigns.links.types import Utm

SHORT = Utm("instagram", "social", "bintara", None, None)
WHOLE = Utm("instagram", "social", "bintara", "pagi", "story-1")
SHORT_QUERY = "utm_source=instagram&utm_medium=social&utm_campaign=bintara"
OWN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "cid")
SITE = "https://daftar.example/bintara"


@pytest.mark.parametrize(
    ("destination", "kept", "fragment"),
    [
        ("", "", ""),
        ("?", "", ""),
        ("?lang=id", "lang=id&", ""),
        ("?utm_source=old&lang=id&utm_medium=mail&cid=stolen", "lang=id&", ""),
        ("?utm_term=gone&utm_content=gone", "", ""),
        ("?utm%5Fsource=old&%63id=stolen&a=1", "a=1&", ""),
        ("?utm_source&cid&a", "a&", ""),
        ("?utm_sourced=1&my_cid=2&UTM_SOURCE=3", "utm_sourced=1&my_cid=2&UTM_SOURCE=3&", ""),
        ("?a=1&a=2&b=&a=1", "a=1&a=2&b=&a=1&", ""),
        ("?a==1&=x&b?c", "a==1&=x&b?c&", ""),
        ("?a=1&&b=2&", "a=1&b=2&", ""),
        ("?a=!~\x7f", "a=!~%7F&", ""),  # the first and the last character that need no escape, and the next
        ("?q=%C3%A9%20%2B+%26%3d&r=%zz", "q=%C3%A9%20%2B+%26%3d&r=%zz&", ""),
        ("#form", "", "#form"),
        ("?a=1#form?utm_source=in-the-fragment", "a=1&", "#form?utm_source=in-the-fragment"),
        ("#", "", "#"),
    ],
)
def test_keeps_everything_but_its_own_parameters(destination: str, kept: str, fragment: str) -> None:
    whole = SITE + destination
    before, after = compose_target(whole, SHORT)
    assert (before.decode(), after.decode()) == (f"{SITE}?{kept}{SHORT_QUERY}&cid=", fragment)
    assert compose_url(whole, SHORT) == f"{SITE}?{kept}{SHORT_QUERY}{fragment}"


def test_adds_term_and_content_where_the_link_has_them() -> None:
    assert compose_url(SITE, WHOLE) == f"{SITE}?{SHORT_QUERY}&utm_term=pagi&utm_content=story-1"


def test_escapes_what_a_value_would_end_with() -> None:
    url = compose_url(SITE, replace(SHORT, term="a/b&c=d"))
    assert url == f"{SITE}?{SHORT_QUERY}&utm_term=a%2Fb%26c%3Dd"


def test_takes_non_ascii_as_the_parser_encoded_it() -> None:
    destination = parse_web_url("https://daftar.example/pendaftar\u00e9?q=\u00e9#caf\u00e9", path=("x",)).text
    before, after = compose_target(destination, SHORT)
    assert before.startswith(b"https://daftar.example/pendaftar%C3%A9?q=%C3%A9&utm_source=")
    assert after == b"#caf%C3%A9"


def test_replaces_what_no_encoding_has() -> None:
    before, _ = compose_target(f"{SITE}?a=\ud800", replace(SHORT, source="\ud800"))
    assert before.startswith(f"{SITE}?a=?&utm_source=%3F&".encode())


@given(
    destination=st.text(max_size=80),
    values=st.lists(st.none() | st.text(max_size=20), min_size=2, max_size=2),
    names=st.lists(st.text(max_size=20), min_size=3, max_size=3),
)
@settings(deadline=None)
def test_never_puts_anything_into_a_header_that_does_not_belong_there(
    destination: str, values: list[str | None], names: list[str]
) -> None:
    before, after = compose_target(destination, Utm(*names, *values))
    assert all(0x21 <= byte <= 0x7E for byte in before + after)


part = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=12).filter(lambda text: "#" not in text),
    st.sampled_from([f"{name}{rest}" for name in (*OWN, "utm%5fsource", "a") for rest in ("", "=", "=x", "=x=y")]),
)


@given(parts=st.lists(part, max_size=8), fragment=st.sampled_from(["", "#", "#a?b=c&cid=d"]))
@settings(deadline=None)
def test_what_the_page_reads_is_its_own_query_and_one_of_each(parts: list[str], fragment: str) -> None:
    typed = "".join(char for char in "&".join(parts) if char.isprintable() and char != " ")
    destination = parse_web_url(f"{SITE}?{typed}{fragment}", path=("destination",)).text
    before, after = compose_target(destination, WHOLE)
    got = urlsplit((before + b"TOKEN" + after).decode())
    pairs = parse_qsl(got.query, keep_blank_values=True)
    own = [
        ("utm_source", "instagram"),
        ("utm_medium", "social"),
        ("utm_campaign", "bintara"),
        ("utm_term", "pagi"),
        ("utm_content", "story-1"),
        ("cid", "TOKEN"),
    ]
    given_query = urlsplit(destination).query
    others = [pair for pair in parse_qsl(given_query, keep_blank_values=True) if pair[0] not in OWN]
    assert pairs == others + own
    assert (got.scheme, got.netloc, got.path) == ("https", "daftar.example", "/bintara")
    assert after.decode() == fragment
    raw = got.query.split("&")[: -len(own)]
    remaining = iter(given_query.split("&"))
    assert all(kept in remaining for kept in raw)  # byte for byte and in the order they came in


def test_needs_the_standard_library_only() -> None:
    program = "import campaigns.links.target_url, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "campaigns" in loaded
    assert not loaded & {"pydantic", "pydantic_core", "sqlalchemy", "sqlmodel", "fastapi", "starlette", "psycopg"}
