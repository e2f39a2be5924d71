"""No URL bypasses the allow-list: its host is the one that a browser would connect to."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.kit.errors import Invalid
from campaigns.planning.rules import allowed_address
from tests.factories.world import World
from tests.http.links.placements import body
from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.browsers import browser_host
from tests.properties.refusals import check_answer

PATTERNS = ["daftar.example", "*.kampanye.example"]

GOOD = ["https://daftar.example/form?lang=id#top", "http://a.kampanye.example:8443", "HTTPS://DAFTAR.example?x"]
SCHEMES = [
    *("https:/", "https:", "https:///", "https:\\\\", "//", "\thttps://", "ht\ntps://", "https:\t//", "https:/\\"),
    *("javascript://", "https://https://", "", "data:", "ftp://", "https:\ufeff//"),
]
HOSTS = [
    *("daftar.example", "a.kampanye.example", "evil.example", "kampanye.example", "*.kampanye.example"),
    *("xdaftar.example", "daftar.example.evil.example", "a..kampanye.example", ".kampanye.example", "daftar.example."),
    *("daftar%2eexample", "d%61ftar.example", "daftar%00.example", "evil.example%23.kampanye.example"),
    *("evil.example%5c.kampanye.example", "evil.example\uff0f.kampanye.example", "\uff44aftar.example"),
    *("daftar\u3002example", "daftar\u00ad.example", "d\u0430ftar.example", "daftar.exampl\u200de"),
    *("xn--a.kampanye.example", "\u2100.kampanye.example", "[::1]", "127.1", "a_b.kampanye.example"),
    *("-.kampanye.example", "a\u00df.kampanye.example", "\ud800.kampanye.example", "x@t.example"),
]
MARKS = [
    *("/", "\\", "@", ":443", ":8443", ":", "?", "#", "\t", "\r\n", "\0", " "),
    *("%00", "%2f", ";", ":@", "\ufeff", "//", "."),
]

schemes, marks = st.just("https://") | st.sampled_from(SCHEMES), st.sampled_from(["", "", "/", *MARKS])
hosts = st.sampled_from(HOSTS[:2]) | st.sampled_from(HOSTS)
texts = hostile.odd_texts | hostile.texts
# A good address, one with something put into it, or one put together.
good = st.sampled_from(GOOD) | hostile.odd_texts.map("https://daftar.example/".__add__)
altered = st.builds(
    lambda address, place, piece: address[:place] + piece + address[place:],
    st.sampled_from(GOOD),
    st.integers(0, 26),
    st.sampled_from(MARKS + HOSTS) | st.characters(),
)
joined = st.tuples(schemes, hosts, marks, st.just("") | hosts, st.sampled_from(["", "/", "?"]), texts).map("".join)
destinations = good | altered | joined


def read(text: str) -> str | None:
    """The address as it would be stored, if the allow-list lets it."""
    try:
        return allowed_address(text, hosts=PATTERNS, path=("destination",))
    except Invalid:
        return None


def is_allowed(host: str | None) -> bool:
    return re.fullmatch(r"daftar\.example|([a-z0-9]+(-+[a-z0-9]+)*\.)+kampanye\.example", host or "") is not None


@given(text=destinations)
@bounded(700)
def test_only_what_a_browser_reads_as_allowed_is_let_in(text: str) -> None:
    stored = read(text)
    if stored is not None:
        host = browser_host(stored)
        assert is_allowed(host)
        assert is_allowed(browser_host(text))
        assert host == browser_host(text) or not text.isascii()
        assert host == urlsplit(stored).hostname
        assert read(stored) == stored


@pytest.fixture
async def patterns(world: World, session: AsyncSession) -> None:
    world.national.allowed_hosts = PATTERNS
    session.add(world.national)
    await session.commit()


PLACES: dict[str, Callable[[str], Any]] = {
    "destination": str,
    "ended_destination": str,
    "preview_image": str,
    "rules": lambda text: [{"device": "ios", "destination": text}],
    "variants": lambda text: [{"key": key, "weight": 1, "destination": text} for key in "ab"],
}


@given(text=destinations, place=st.sampled_from(sorted(PLACES)))
@example("https://daftar.example\\@evil.example/", "destination")
@example("https://evil.example\\.kampanye.example/", "rules")
@example("https://daftar.example@evil.example/", "variants")
@example("https:evil.example", "ended_destination")
@example("https://evil.example\t.kampanye.example/", "preview_image")
@example("https://A.Kampanye.example:8443/x?utm_source=1#y", "destination")
@bounded(30)
async def test_a_link_leads_to_the_host_that_was_let_in(
    client: httpx.AsyncClient, world: World, patterns: None, text: str, place: str
) -> None:
    headers = world.as_role(Role.MARKETER) | {"Content-Type": "application/json"}
    whole = body(world, slug=None, utm_content=None, ends_at="2099-01-01T00:00:00Z") | {place: PLACES[place](text)}
    answer = await client.post("/v1/links", content=json.dumps(whole).encode("ascii"), headers=headers)
    check_answer(answer)
    if answer.status_code != 201:
        return
    link = answer.json()
    assert is_allowed(browser_host(text))
    stored = link[place] if isinstance(link[place], str) else link[place][0]["destination"]
    assert stored == read(text)
    assert browser_host(link["target_url"]) == browser_host(link["destination"])
    assert urlsplit(link["target_url"]).hostname == browser_host(link["destination"])
