"""Real traffic through the real server: every tenth line of `access.log`, by way of `benchmarks.replay`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.replay import ENVIRONMENT, LOG, Line, Outcome, read_log, replay
from tests.processes.server.server import Server, free_port

pytestmark = pytest.mark.skipif(not LOG.is_file(), reason="needs access.log in ../shared/data")


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return read_log(LOG)[0][::10]


@pytest.fixture(scope="module")
def outcome(data: Path, lines: list[Line]) -> Iterator[Outcome]:
    server = Server(data, free_port(), ("--demo",), ENVIRONMENT).start()
    try:
        yield replay(lines, port=server.port, data=data)
    finally:
        server.stop()


def test_the_whole_log_can_be_read() -> None:
    lines, unreadable = read_log(LOG)
    assert (len(lines), unreadable) == (10_000, 0)


def test_every_tap_is_answered(outcome: Outcome, lines: list[Line]) -> None:
    # The few POST and OPTIONS requests of the log are no taps; none of them is in the slice.
    assert set(outcome.answers) == {302, 200}
    assert outcome.answers.total() == len(lines)


def test_every_tap_is_stored(outcome: Outcome, lines: list[Line]) -> None:
    by_reason = outcome.tables["bot_reason"]
    assert outcome.stored == outcome.taps == sum(map(sum, by_reason.values())) == len(lines)
    assert by_reason["preview"].previews == outcome.answers[200]


def test_the_api_says_what_the_database_says(outcome: Outcome) -> None:
    assert outcome.differing == []


def test_robots_and_people_have_the_shares_that_the_log_shows_without_our_rules(outcome: Outcome) -> None:
    by_reason = {reason: sum(taps) / outcome.stored for reason, taps in outcome.tables["bot_reason"].items()}
    # A search for nothing but bot, crawl, spider, slurp, feed, rss, http and empty agents finds 26 % of the lines, and
    # 53 % name one of the site's own pages as their referrer, which robots seldom do. So robots are between a quarter
    # and a half, people more than a half; a slice of a tenth may be some hundredths off.
    assert 0.20 <= by_reason["crawler"] + by_reason["automated"] + by_reason["empty_agent"] <= 0.40
    assert 0.55 <= by_reason["(not set)"] <= 0.78


def test_addresses_are_the_visitors_and_not_the_proxy(outcome: Outcome) -> None:
    # All came over one loopback address, which is registered nowhere.
    countries = outcome.tables["country"]
    assert len(countries) > 20
    assert sum(countries["US"]) > sum(countries.get("(not set)", ()))
