"""The visitor's number: the same for all servers of a day, and no more of them than one address may be."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.clicks.visitors import FACTS_BITS, NETWORK_SHIFT, day_salt, end_of_day_ms, local_day, visitor_of

SALT = b"s" * 32
# BLAKE2b with 8 bytes, keyed with the salt, put together as the layout says.
KNOWN_IPV4 = -3673707781601446907
KNOWN_IPV6 = -3078259423751912443


def test_the_number_is_the_one_that_other_releases_compute() -> None:
    assert visitor_of(SALT, "114.4.1.1", 5) == KNOWN_IPV4
    assert visitor_of(SALT, "2404:c0:1:2::3", 5) == KNOWN_IPV6


def test_the_salt_is_the_one_that_other_releases_derive() -> None:
    # HMAC-SHA-256, under the key, of day, NUL and random part.
    key, part, zone = bytes(range(32)), bytes(range(32, 64)), ZoneInfo("Asia/Jakarta")
    salt = day_salt(key, part, date(2026, 11, 23), zone)
    assert salt.salt.hex() == "f611e589ef02d5d4e944b66bfbf6855be78f58bf9c50bfedacb8f80fc0431a2e"
    assert salt.ends_at_ms == end_of_day_ms(date(2026, 11, 23), zone)
    assert "f611" not in repr(salt)
    others = [(bytes(32), part, 23), (key, bytes(32), 23), (key, part, 24)]
    assert salt.salt not in {day_salt(one, other, date(2026, 11, day), zone).salt for one, other, day in others}


def test_other_facts_addresses_and_salts_are_other_visitors() -> None:
    numbers = {
        visitor_of(SALT, "114.4.1.1", 5),
        visitor_of(SALT, "114.4.1.1", 6),
        visitor_of(SALT, "114.4.1.2", 5),
        visitor_of(SALT, "", 5),
        visitor_of(b"t" * 32, "114.4.1.1", 5),
    }
    assert len(numbers) == 5
    assert all(-(2**63) <= number < 2**63 for number in numbers)


def test_one_address_has_one_network_whatever_is_sent() -> None:
    assert len({visitor_of(SALT, "114.4.1.1", facts) >> NETWORK_SHIFT for facts in range(1 << FACTS_BITS)}) == 1


@pytest.mark.parametrize("address", ["114.4.{}.1", "2404:c0:{}:{}::3"])
def test_all_bits_are_used_and_the_last_are_the_facts(address: str) -> None:
    every, common = 0, -1
    for place in range(100):
        number = visitor_of(SALT, address.format(place, place), facts := place * 10)
        assert number & (2**FACTS_BITS - 1) == facts
        every, common = every | number >> FACTS_BITS, common & number >> FACTS_BITS
    assert (every, common) == (-1, 0)


def test_a_day_is_the_zone_s_and_ends_at_its_midnight() -> None:
    jakarta = ZoneInfo("Asia/Jakarta")
    midnight = datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert local_day(midnight - timedelta(microseconds=1), jakarta) == date(2026, 11, 23)
    assert local_day(midnight, jakarta) == date(2026, 11, 24)
    assert end_of_day_ms(date(2026, 11, 23), jakarta) == midnight.timestamp() * 1000


def test_an_ipv6_visitor_is_a_64_and_its_network_a_48() -> None:
    phone, again, neighbour, stranger = (
        visitor_of(SALT, address, 5)
        for address in ("2404:c0:1:2::3", "2404:c0:1:2:ffff::9", "2404:c0:1:3::3", "2404:c0:2:2::3")
    )
    assert phone == again != neighbour
    assert phone >> NETWORK_SHIFT == neighbour >> NETWORK_SHIFT != stranger >> NETWORK_SHIFT


def facts_of(agent: str, language: str = "id-ID") -> int:
    headers = {b"user-agent": agent.encode(), b"accept-language": language.encode()}
    return HeaderParser().parse(headers, head=False, secure=True).visitor_facts


CHROME = "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Mobile Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


def test_what_a_sender_varies_freely_makes_no_new_visitor() -> None:
    chance = random.Random(5)
    models = {facts_of(CHROME.format(f"14; {chance.randbytes(6).hex()}", "131.0.0.0")) for _ in range(500)}
    builds = {facts_of(CHROME.format("10; K", f"13{minor % 10}.0.{minor}.{minor}")) for minor in range(500)}
    weights = {facts_of(IPHONE, f"id-ID,id;q=0.9,en;q=0.{weight}") for weight in range(500)}
    assert (len(models), len(builds), len(weights)) == (1, 1, 1)


def test_made_up_versions_and_languages_are_few_visitors() -> None:
    versions = {facts_of(CHROME.format("10; K", f"{version}.0.0.0")) for version in range(3000)}
    letters = "abcdefghijklmnopqrstuvwxyz"
    languages = {facts_of(IPHONE, one + other) for one in letters for other in letters}
    assert len(versions) <= 41
    assert len(languages) <= 11


def test_phones_of_different_kinds_are_told_apart() -> None:
    kinds = {
        facts_of(IPHONE),
        facts_of(IPHONE, "en"),
        facts_of(IPHONE.replace("OS 17_", "OS 18_")),
        facts_of(CHROME.format("10; K", "131.0.0.0")),
        facts_of(CHROME.format("10; K", "117.0.0.0")),
        facts_of(CHROME.format("15; wv", "131.0.0.0") + " Instagram 406.0.0.58.159 Android"),
        facts_of(CHROME.format("15; wv", "131.0.0.0") + " trill_300304"),
    }
    assert len(kinds) == 7
