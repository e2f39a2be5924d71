"""When headers count as taken off by a proxy: judged by the last addresses, one voice each."""

import pytest

from campaigns.clicks.header_watch import ADDRESSES, MIN_ADDRESSES, HeaderWatch
from campaigns.clicks.types import RequestFlag

MODE, LANGUAGE = int(RequestFlag.FETCH_MODE), int(RequestFlag.LANGUAGE)
EXPECTED = MODE | LANGUAGE


def watched(*missing: int) -> HeaderWatch:
    """One tap of each of so many addresses, which lack these headers."""
    watch = HeaderWatch()
    for network, one in enumerate(missing):
        watch.note(network, EXPECTED, one)
    return watch


@pytest.mark.parametrize(
    ("without", "addresses", "stripped"),
    [
        (MIN_ADDRESSES, MIN_ADDRESSES, True),
        (MIN_ADDRESSES - 1, MIN_ADDRESSES - 1, False),
        (MIN_ADDRESSES // 2, MIN_ADDRESSES, False),
        (MIN_ADDRESSES // 2 + 1, MIN_ADDRESSES, True),
        (ADDRESSES // 2, ADDRESSES, False),
        (ADDRESSES // 2 + 1, ADDRESSES, True),
        (0, ADDRESSES, False),
    ],
)
def test_more_than_half_of_enough_addresses_lack_it(without: int, addresses: int, stripped: bool) -> None:
    watch = watched(*[MODE] * without, *[0] * (addresses - without))
    assert watch.stripped == (MODE if stripped else 0)
    assert watch.stripped_names == (["sec-fetch-mode"] if stripped else [])


def test_each_header_is_judged_alone() -> None:
    assert watched(*[LANGUAGE] * ADDRESSES).stripped_names == ["accept-language"]
    assert watched(*[LANGUAGE | MODE] * ADDRESSES).stripped == LANGUAGE | MODE


def test_one_robot_cannot_excuse_itself() -> None:
    watch = watched(*[0] * MIN_ADDRESSES)
    for _ in range(10 * ADDRESSES):
        watch.note(-1, EXPECTED, MODE)
    assert watch.stripped == 0


def test_who_is_not_expected_to_send_a_header_has_no_voice_about_it() -> None:
    watch = watched(*[MODE] * MIN_ADDRESSES)
    for network in range(MIN_ADDRESSES):
        watch.note(-1 - network, LANGUAGE, 0)
    assert watch.stripped == MODE


def test_what_an_address_sent_last_counts_and_only_the_last_addresses() -> None:
    watch = watched(*[MODE] * ADDRESSES)
    for network in range(ADDRESSES // 2):
        watch.note(network, EXPECTED, 0)
    assert watch.stripped == 0, "the same phones, after the proxy was mended"
    for network in range(ADDRESSES, 2 * ADDRESSES):
        watch.note(network, EXPECTED, MODE)
    assert watch.stripped == MODE
    for network in range(2 * ADDRESSES, 3 * ADDRESSES):
        watch.note(network, EXPECTED, 0)
    assert watch.stripped == 0
