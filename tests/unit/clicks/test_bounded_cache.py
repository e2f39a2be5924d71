"""What strangers send takes a bounded number of bytes in memory, however long and however many."""

from collections.abc import Callable

import pytest

from campaigns.clicks.capture.bounded_cache import BoundedCache
from campaigns.clicks.capture.request_headers import HeaderParser

LONG = 390_000
MANY = 400

Headers = dict[bytes, bytes]


def test_the_oldest_are_forgotten_and_what_is_too_heavy_is_not_kept() -> None:
    cache = BoundedCache[str, str](10, lambda key, value: len(key) + len(value))
    for key in ("a", "b", "c"):
        cache.keep(key, "xxx")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (None, "xxx", "xxx")
    assert (len(cache), cache.bytes) == (2, 8)
    cache.keep("d", "x" * 10)
    assert (cache.get("d"), len(cache), cache.bytes) == (None, 0, 0)


@pytest.mark.parametrize(
    "headers",
    [
        lambda number: {b"user-agent": b"Mozilla/5.0 %d " % number + b"x" * LONG},
        lambda number: {b"user-agent": b"\xf0\x9f\x9a\x93 %d" % number + b"\xf0\x9f\x9a\x93" * (LONG // 4)},
        lambda number: {b"referer": b"https://%d.example/" % number + b"x" * LONG},
        lambda number: {b"referer": b"https://" + b"x" * LONG + b"%d.example/" % number},
        lambda number: {b"accept-language": b"id;q=0.%d," % number + b"x" * LONG},
        lambda number: {b"sec-purpose": b"%d" % number + b"x" * LONG},
    ],
    ids=["agent", "wide-agent", "referrer", "referrer-host", "language", "purpose"],
)
def test_a_flood_of_long_headers_takes_no_more_than_a_short_one(headers: Callable[[int], Headers]) -> None:
    parser = HeaderParser(max_bytes=1_000_000)
    for number in range(MANY):
        parser.parse(headers(number), head=False, secure=True)
    assert parser.bytes_kept <= 2_000_000
    once = HeaderParser()
    once.parse(headers(1), head=False, secure=True)
    assert once.bytes_kept < 20_000


def test_weights_of_a_language_list_are_no_entries_of_their_own() -> None:
    parser = HeaderParser()
    agent = b"Mozilla/5.0 (Linux; Android 10; K)"
    first = parser.parse(
        {b"user-agent": agent, b"accept-language": b"id-ID,id;q=0.9,en;q=0.1"}, head=False, secure=True
    )
    for number in range(MANY):
        sent = {b"user-agent": agent, b"accept-language": b"id-ID,id;q=0.9,en;q=0.%d" % number}
        assert parser.parse(sent, head=False, secure=True) is first


def test_a_host_is_read_as_before_and_never_out_of_a_part_of_one() -> None:
    def host_of(referrer: bytes) -> str | None:
        return HeaderParser().parse({b"referer": referrer}, head=False, secure=True).referrer_host

    assert host_of(b"https://www.instagram.com/" + b"x" * LONG) == "www.instagram.com"
    assert host_of(b"https://" + b"a." * 500 + b"example/") is None
    assert host_of(b"https://instagram.com" + b"x" * 300 + b".example/") is None
