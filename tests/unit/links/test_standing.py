"""The life cycle of a link, up to the millisecond at which it begins and ends."""

from typing import Any

import pytest

from campaigns.links.standing import (
    LifeCycle,
    Standing,
    closed_standing,
    is_over,
    is_secret,
    leads_on,
    standing_of,
)
from campaigns.links.types import LinkState

START, END = 1_000, 2_000
DATED: dict[str, Any] = {"starts_ms": START, "ends_ms": END}


def life_of(state: str = "active", **changes: Any) -> LifeCycle:
    fields: dict[str, Any] = {
        "starts_ms": None,
        "ends_ms": None,
        "has_ended_destination": False,
        "campaign_state": "active",
        "is_doubtful": False,
    }
    return LifeCycle(state=LinkState(state), **fields | changes)


@pytest.mark.parametrize(
    ("now_ms", "leads", "over", "standing"),
    [
        (START - 1, False, False, Standing.NOT_YET),
        (START, True, False, Standing.ACTIVE),
        (END - 1, True, False, Standing.ACTIVE),
        (END, False, True, Standing.ENDED),
        (END + 1, False, True, Standing.ENDED),
    ],
)
def test_a_link_begins_and_ends_at_the_very_millisecond(
    now_ms: int, leads: bool, over: bool, standing: Standing
) -> None:
    life = life_of(**DATED)
    assert (leads_on(life, now_ms), is_over(life, now_ms), standing_of(life, now_ms)) == (leads, over, standing)
    if not leads:
        assert closed_standing(life, now_ms) is standing


def test_a_link_without_dates_redirects_at_any_time() -> None:
    assert leads_on(life_of(), 0)
    assert leads_on(life_of(starts_ms=START), 10**15)
    assert leads_on(life_of(ends_ms=END), 0)
    assert not is_over(life_of(), 10**15)


def test_a_link_with_an_ended_destination_redirects_after_its_end_but_not_before_its_start() -> None:
    life = life_of(**DATED, has_ended_destination=True)
    assert [leads_on(life, now_ms) for now_ms in (START - 1, START, END)] == [False, True, True]
    assert standing_of(life, END) is Standing.ACTIVE


@pytest.mark.parametrize("state", ["draft", "paused", "retired"])
def test_only_an_active_link_redirects(state: str) -> None:
    assert not leads_on(life_of(state), START)
    assert not leads_on(life_of(state, has_ended_destination=True, **DATED), END)


@pytest.mark.parametrize("campaign_state", ["draft", "closed"])
def test_the_campaigns_state_stops_no_tap(campaign_state: str) -> None:
    assert leads_on(life_of(campaign_state=campaign_state), START)


@pytest.mark.parametrize(
    ("state", "campaign_state", "secret", "closed", "standing"),
    [
        ("draft", "active", True, Standing.SECRET, Standing.SECRET),
        ("active", "draft", True, Standing.SECRET, Standing.SECRET),
        ("paused", "draft", True, Standing.SECRET, Standing.SECRET),
        # What was in use once is known, whatever became of its campaign.
        ("retired", "draft", True, Standing.RETIRED, Standing.RETIRED),
        ("retired", "closed", False, Standing.RETIRED, Standing.RETIRED),
        ("paused", "closed", False, Standing.PAUSED, Standing.PAUSED),
        ("active", "closed", False, Standing.ENDED, Standing.CLOSED),
    ],
)
def test_states_of_link_and_campaign(
    state: str, campaign_state: str, secret: bool, closed: Standing, standing: Standing
) -> None:
    life = life_of(state, campaign_state=campaign_state, **DATED)
    assert (is_secret(life), closed_standing(life, END), standing_of(life, END)) == (secret, closed, standing)


def test_only_a_redirecting_link_can_be_doubtful() -> None:
    assert standing_of(life_of(is_doubtful=True), START) is Standing.DOUBTFUL
    assert standing_of(life_of("paused", is_doubtful=True), START) is Standing.PAUSED
    assert standing_of(life_of(is_doubtful=True, campaign_state="closed"), START) is Standing.CLOSED
    assert standing_of(life_of(is_doubtful=True, **DATED), END) is Standing.ENDED


@pytest.mark.parametrize("now_ms", [START - 1, START, END])
def test_a_link_of_a_draft_campaign_is_secret_before_during_and_after_its_dates(now_ms: int) -> None:
    assert standing_of(life_of(campaign_state="draft", **DATED), now_ms) is Standing.SECRET
