"""Which touch gets the credit, and which stage kinds an application is counted in."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.attribution.rules import (
    MAX_TOUCH_AGE,
    conversion_changes,
    is_expired,
    kinds_after,
    last_visit,
    order_touches,
)
from campaigns.attribution.types import JudgedTouch, TouchVerdict, VerifiedTouch
from campaigns.planning.types import StageKind

R, V, A = StageKind.REGISTERED, StageKind.VERIFIED, StageKind.ASSESSED
ACC, REJ, WIT = StageKind.ACCEPTED, StageKind.REJECTED, StageKind.WITHDRAWN
START = datetime(2026, 11, 1, tzinfo=UTC)


def touch(click: int, minutes: int, link: int = 1) -> VerifiedTouch:
    return VerifiedTouch(UUID(int=click), UUID(int=9), UUID(int=link), START + timedelta(minutes=minutes))


class TestJourney:
    def test_is_ordered_by_time(self) -> None:
        late, early, middle = touch(1, 30), touch(2, 10), touch(3, 20)
        assert order_touches([late, early, middle]) == [early, middle, late]

    def test_keeps_each_click_once(self) -> None:
        assert order_touches([touch(1, 5), touch(2, 6), touch(1, 5)]) == [touch(1, 5), touch(2, 6)]

    def test_touches_of_one_moment_have_one_order(self) -> None:
        assert order_touches([touch(2, 5), touch(1, 5)]) == order_touches([touch(1, 5), touch(2, 5)])


class TestCredit:
    @pytest.mark.parametrize(
        ("verdicts", "credited"),
        [
            ("visit visit", 1),
            ("visit shared", 0),
            ("visit robot", 0),
            ("shared visit expired", 1),
            ("shared expired robot", None),
            ("", None),
        ],
    )
    def test_goes_to_the_last_touch_that_is_a_visit(self, verdicts: str, credited: int | None) -> None:
        judged = [JudgedTouch(touch(place, place), TouchVerdict(one)) for place, one in enumerate(verdicts.split())]
        assert last_visit(judged) == (None if credited is None else judged[credited].touch)

    def test_a_touch_expires_after_its_greatest_age(self) -> None:
        one = touch(1, 0)
        assert not is_expired(one, now=START + MAX_TOUCH_AGE)
        assert is_expired(one, now=START + MAX_TOUCH_AGE + timedelta(milliseconds=1))
        assert not is_expired(one, now=START - timedelta(days=1)), "of a server whose clock is ahead"


# The kinds entered one after the other, and the facts that the last entry writes.
MOVES = [
    ([R], {R: 1}),
    ([R, V], {V: 1}),
    ([R, V, A], {A: 1}),
    ([R, V, A, ACC], {ACC: 1}),
    ([R, ACC], {ACC: 1}),  # skipped kinds are not counted
    ([R, V, V], {}),
    ([R, V, R], {V: -1}),
    ([R, V, A, ACC, V], {A: -1, ACC: -1}),
    ([R, ACC, V], {ACC: -1, V: 1}),
    ([R, REJ], {REJ: 1}),
    ([R, V, A, REJ], {REJ: 1}),
    ([R, V, A, ACC, REJ], {ACC: -1, REJ: 1}),
    ([R, V, A, ACC, WIT], {ACC: -1, WIT: 1}),
    ([R, V, REJ, V], {REJ: -1}),
    ([R, V, A, REJ, V], {REJ: -1, A: -1}),
    ([R, V, REJ, R], {REJ: -1, V: -1}),
    ([R, V, REJ, ACC], {REJ: -1, ACC: 1}),
    ([R, REJ, WIT], {REJ: -1, WIT: 1}),
    ([R, WIT, WIT], {}),
]


def after(entered: list[StageKind]) -> frozenset[StageKind]:
    counted: frozenset[StageKind] = frozenset()
    for kind in entered:
        counted = kinds_after(counted, kind)
    return counted


@pytest.mark.parametrize(("entered", "facts"), MOVES)
def test_facts_of_a_move(entered: list[StageKind], facts: dict[StageKind, int]) -> None:
    written = conversion_changes(after(entered[:-1]), entered[-1])
    assert dict(written) == facts
    assert len(written) == len(facts)


@given(st.lists(st.sampled_from(StageKind), max_size=30))
def test_sums_stay_0_or_1_for_any_moves(moves: list[StageKind]) -> None:
    sums = dict.fromkeys(StageKind, 0)
    for kind in [R, *moves]:
        counted = frozenset(one for one, total in sums.items() if total)
        for changed, change in conversion_changes(counted, kind):
            sums[changed] += change
        assert set(sums.values()) <= {0, 1}
        assert sums[kind] == 1, "a kind that an application stands in is counted"
        assert sums[R] == 1, "registered is never taken back"
        assert sums[ACC] + sums[REJ] + sums[WIT] <= 1, "an application has one outcome"
