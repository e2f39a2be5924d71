"""What is stored of user agents tells the rules all they need, and nobody who anybody is."""

import pytest
from hypothesis import given

from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.bots.known_words import MAX_KNOWN_LENGTH, in_known_words, stand_in
from campaigns.clicks.types import BotReason
from tests.properties.bounds import bounded
from tests.unit.clicks.bots.agents import ANDROID, ANY_TEXT, PEOPLE, ROBOTS, sample

PERSONAL = [
    "Zqxwvcanarian",
    "zqxwvcanarian@mail.example",
    "+62 812 3456 7890",
    "0812-3456-7890",
    "3273011507050001",
    "2006-03-14",
    "14.03.2006",
    "14/03/2006",
    "8f14e45f-ceea-467a-9575-1d4b5d0c2a1b",
]
PLACES = [
    "{}",
    "Zqxwvcanarian/{}",
    "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    f"{ANDROID} SomeApp/{{}}",
    f"{ANDROID} (user {{}}; contact={{}})",
    "curl/8.0 {}",
    "Mozilla/5.0 (compatible; somebot/1.0; +mailto:{})",
    "WhatsApp/2.24 {}",
]


@pytest.mark.parametrize("place", PLACES)
def test_nothing_that_a_person_could_be_told_by_is_stored(place: str) -> None:
    for personal in PERSONAL:
        text, _ = in_known_words(place.format(personal, personal))
        for part in ("zqxw", "8123", "3456", "3273", "2006", "14.03", "8f14", "2a1b"):
            assert part not in text.lower(), text


def test_the_verdict_on_what_is_stored_is_that_on_what_was_sent() -> None:
    for sent in [text for text, _ in PEOPLE + ROBOTS]:
        assert in_known_words(sent)[1] == classify_user_agent(sent), sent


@pytest.mark.parametrize("name", ["user-agents-people.txt", "user-agents-bots.txt"])
def test_so_it_is_for_samples_of_real_agents(name: str) -> None:
    differing = [sent for sent in sample(name) if in_known_words(sent)[1] != classify_user_agent(sent)]
    assert differing == []


def test_phones_that_differ_in_model_and_build_are_one_agent() -> None:
    sent = "Mozilla/5.0 (Linux; Android 14; {} Build/{}; wv) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.{}.0"
    phones = [("SM-A546E", "UP1A.231005.007", 6478), ("Redmi Note 12", "TKQ1.221114.001", 6099)]
    assert len({in_known_words(sent.format(*phone))[0] for phone in phones}) == 1


@given(ANY_TEXT)
@bounded(200)
def test_any_text_is_judged_as_it_is_stored(sent: str) -> None:
    text, verdict = in_known_words(sent)
    assert verdict == classify_user_agent(text)
    assert in_known_words(text)[1] == verdict
    assert len(text) <= MAX_KNOWN_LENGTH + len(" crawler")
    before = classify_user_agent(sent)
    assert (verdict.reasons, verdict.device, verdict.app) == (before.reasons, before.device, before.app)


def test_one_text_stands_for_all_agents_of_a_verdict() -> None:
    for sent in [text for text, _ in PEOPLE + ROBOTS] + [""]:
        verdict = classify_user_agent(sent)
        text, standing = stand_in(verdict)
        assert (standing.reasons, standing.device, standing.app) == (verdict.reasons, verdict.device, verdict.app)
        assert standing == classify_user_agent(text)
        assert bool(text) == (verdict.reasons != BotReason.EMPTY_AGENT)
