"""Where a link leads: its addresses, what decides between them, and which variant a visitor gets."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from campaigns.clicks.visitors import visitor_of
from campaigns.links.resolver.target import Target
from tests.factories.links import target

VISITORS = [visitor_of(b"salt", f"114.4.{number // 250}.{number % 250}", 0) for number in range(20_000)]


def shown(link: Target) -> list[str | None]:
    return [link.choose(device="android", language=None, visitor=visitor).variant for visitor in VISITORS]


@pytest.mark.parametrize("weights", [{"a": 1, "b": 1}, {"a": 1, "b": 2, "c": 7}, {"a": 1000, "b": 1}, {"a": 3}])
def test_variants_share_visitors_by_weight(weights: dict[str, int]) -> None:
    counts = Counter(shown(target("0199e3f0-1111-7abc-8123-456789abcdef", weights)))
    total = sum(weights.values())
    for key, weight in weights.items():
        # Five standard deviations of a fair draw: once in two million runs, were the visitors other ones each time.
        share = weight / total
        slack = 5 * (len(VISITORS) * share * (1 - share)) ** 0.5
        assert abs(counts[key] - len(VISITORS) * share) <= slack


@pytest.mark.parametrize("last", ["456789abcdee", "c56789abcdef", "000000000000"])
def test_variants_of_different_links_are_independent(last: str) -> None:
    one = shown(target("0199e3f0-1111-7abc-8123-456789abcdef", {"a": 1, "b": 1}))
    other = shown(target(str(UUID(f"0199e3f0-1111-7abc-8123-{last}")), {"a": 1, "b": 1}))
    same = sum(first == second for first, second in zip(one, other, strict=True))
    assert abs(same - len(VISITORS) / 2) <= 5 * (len(VISITORS) / 4) ** 0.5


LINK = "0199e3f0-1111-7abc-8123-456789abcdef"
SITE = "https://daftar.example"
UTM = "utm_source=instagram&utm_medium=social&utm_campaign=bintara"


def rule(device: str | None, language: str | None, page: str) -> dict[str, str | None]:
    return {"device": device, "language": language, "destination": f"{SITE}/{page}"}


def test_an_address_takes_the_token_last_and_more_parameters_before_it() -> None:
    address = target(LINK, {}, destination=f"{SITE}/form?a=1#part").default
    assert address.with_token(b"T") == f"{SITE}/form?a=1&{UTM}&cid=T#part".encode()
    assert address.without_token() == f"{SITE}/form?a=1&{UTM}#part".encode()
    more = address.with_parameters([(b"a", b"2"), (b"utm_source", b"x"), (b"b", b"3"), (b"cid", b"4"), (b"c", b"")])
    assert more.with_token(b"T") == f"{SITE}/form?a=1&{UTM}&b=3&c=&cid=T#part".encode()
    assert more.without_token() == f"{SITE}/form?a=1&{UTM}&b=3&c=#part".encode()
    assert more.variant is None


def test_all_addresses_of_a_link_share_their_utm_parameters() -> None:
    link = target(LINK, {"a": 1, "b": 1}, ended_destination=f"{SITE}/over")
    assert link.ended is not None
    addresses = [link.default, link.ended, *link.variants, *(url for _, _, url in link.rules)]
    assert {address.utm_suffix for address in addresses} == {f"{UTM}&cid=".encode()}
    pages = ("form", "over", "a", "b", "ios")
    assert [address.prefix for address in addresses] == [f"{SITE}/{page}?".encode() for page in pages]
    assert [address.variant for address in addresses] == [None, None, "a", "b", None]


@pytest.mark.parametrize(
    ("changed", "plain"),
    [
        ({}, True),
        ({"starts_at": "2026-11-01T00:00:00+00:00"}, False),
        ({"ends_at": "2026-11-01T00:00:00+00:00"}, False),
        ({"rules": [rule("ios", None, "ios")]}, False),
        ({"variants": [{"key": "a", "destination": f"{SITE}/a", "weight": 1}]}, False),
        ({"pass_query": True}, False),
        ({"state": "paused"}, False),
    ],
)
def test_a_link_is_plain_if_nothing_decides_where_it_leads(changed: dict[str, Any], plain: bool) -> None:
    assert target(LINK, {}, **{"rules": [], **changed}).plain is plain


def test_what_decides_its_standing_is_read() -> None:
    life = target(LINK, {}).life
    assert (life.starts_ms, life.ends_ms, life.has_ended_destination, life.is_doubtful) == (None, None, False, False)
    life = target(
        LINK,
        {},
        starts_at="2026-11-01T00:00:00.123+00:00",
        ends_at="2026-11-01T07:00:01+07:00",
        ended_destination=f"{SITE}/over",
        campaign_state="closed",
        state="paused",
        doubtful=True,
    ).life
    assert (life.starts_ms, life.ends_ms) == (1_793_491_200_123, 1_793_491_201_000)
    assert (life.has_ended_destination, life.is_doubtful) == (True, True)
    assert (life.campaign_state, life.state) == ("closed", "paused")


def test_its_page_shows_each_address_once() -> None:
    rules = [rule("ios", None, "ios"), rule("android", None, "a"), rule(None, "id", "ios")]
    assert target(LINK, {}, rules=rules).info.destinations == (f"{SITE}/ios", f"{SITE}/a", f"{SITE}/form")
    assert target(LINK, {"a": 1, "b": 1}, rules=rules).info.destinations == (f"{SITE}/ios", f"{SITE}/a", f"{SITE}/b")


def test_its_page_shows_its_names() -> None:
    names = ("title", "description", "image", "campaign", "unit", "programme", "successor")
    info = target(LINK, {}, **{name: f"the {name}" for name in names}, ended_destination=f"{SITE}/over").info
    assert [getattr(info, name) for name in names] == [f"the {name}" for name in names]
    assert info.ended == f"{SITE}/over"
    assert target(LINK, {}).info.description is None


@pytest.mark.parametrize(
    ("device", "language", "page"),
    [
        ("ios", "id", "both"),
        ("ios", "en", "ios"),
        ("ios", None, "ios"),
        ("android", "id", "id"),
        ("android", "en", "form"),
        ("android", None, "form"),
    ],
)
def test_the_first_rule_that_matches_decides(device: str, language: str | None, page: str) -> None:
    link = target(LINK, {}, rules=[rule("ios", "id", "both"), rule("ios", None, "ios"), rule(None, "id", "id")])
    found = link.choose(device=device, language=language, visitor=1)
    assert found.prefix == f"{SITE}/{page}?".encode()


def test_a_visitor_keeps_the_variant_of_earlier_releases() -> None:
    link = target(LINK, {"a": 1, "b": 1, "c": 1, "d": 1})
    visitors = (-(2**63), -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 2**63 - 1)
    chosen = [link.choose(device="android", language=None, visitor=visitor).variant for visitor in visitors]
    assert chosen == list("dacabcaabdcc")
