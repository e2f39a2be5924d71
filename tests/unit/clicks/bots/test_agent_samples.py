"""The bot rules as a whole: on samples of real agents, on any text, and the list that their version stands for."""

import hashlib

import pytest
from hypothesis import given
from is_bot import Bots

from campaigns.acquisition.lookup import network_of_source
from campaigns.clicks.bots import apps as people
from campaigns.clicks.bots import automation, crawlers, previews
from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.types import AGENT_REASONS, RequestFlag
from tests.unit.clicks.bots.agents import ANY_TEXT, sample

MAX_PEOPLE_FLAGGED, MIN_ROBOTS_FLAGGED = 1 / 1000, 97 / 100
BROWSER_HEADERS = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING | RequestFlag.FETCH_MODE


def test_few_of_a_sample_of_people_are_flagged() -> None:
    texts = sample("user-agents-people.txt")
    flagged = [text for text in texts if classify_user_agent(text).reasons]
    assert len(flagged) <= len(texts) * MAX_PEOPLE_FLAGGED, flagged


def test_most_of_a_sample_of_robots_are_flagged() -> None:
    texts = sample("user-agents-bots.txt")
    missed = [text for text in texts if not classify_user_agent(text).reasons]
    assert len(texts) - len(missed) >= len(texts) * MIN_ROBOTS_FLAGGED, missed


@given(ANY_TEXT)
def test_any_text_has_one_verdict(text: str) -> None:
    verdict = classify_user_agent(text)
    assert classify_user_agent(text) == verdict
    assert verdict.reasons in AGENT_REASONS
    assert verdict.reasons.bit_count() <= 1
    assert verdict.expects in BROWSER_HEADERS
    assert not (verdict.reasons and verdict.app)


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        ")",
        "a",
        "1",
        "1.",
        "a.",
        "; ",
        "@a-",
        "a/1.",
        "[fb",
        "\0",
        "bot",
        "mozilla/5.0 (",
        "(khtml, like gecko)",
        "é",
    ],
)
def test_eight_kilobytes_have_a_verdict(piece: str) -> None:
    for head in ("", "Mozilla/5.0 (Linux; Android 10; ", "Mozilla/5.0 (X) AppleWebKit/1", "Mozilla/5.0 (compatible; "):
        assert classify_user_agent((head + piece * 8192)[:8192]).reasons in AGENT_REASONS


@given(ANY_TEXT)
def test_the_list_says_what_its_package_says(text: str) -> None:
    lowered = text.lower()
    assert crawlers.is_listed(lowered) == Bots().is_bot(lowered)


def test_the_tables_are_in_lower_case_and_say_nothing_twice() -> None:
    tables = [
        previews.ANYWHERE,
        previews.AT_THE_START,
        automation.ANYWHERE,
        automation.AT_THE_START,
        crawlers.NAMES,
        tuple(token for token, _ in people.APPS),
    ]
    for table in tables:
        assert [entry for entry in table if entry != entry.lower()] == []
        assert len(set(table)) == len(table)


def test_an_app_that_is_a_network_has_the_network_s_name() -> None:
    """The dimensions `app` and `network` must not have two names for one thing."""
    for _, app in people.APPS:
        network = network_of_source(app or "")
        assert network is None or network.name == app


def test_a_new_list_of_robots_is_a_new_version_of_the_rules() -> None:
    """Another release of is-bot may classify differently: increase RULES_VERSION, then update the digest here."""
    digest = hashlib.sha256("\n".join(sorted(Bots().patterns)).encode()).hexdigest()
    assert digest == "e208a2c6c524fdb8e84c173ba4ad32b8ea063c40f28194878d039c2aa9c00975"
