"""How many requests a minute a caller may make; the clock is the test's."""

from api.http.limits.rates import MAX_CALLERS, Allowance, RateLimit


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_as_many_at_once_as_allowed_and_then_one_each_time() -> None:
    clock = Clock()
    rate = RateLimit(per_minute=60, at_once=3, clock=clock)
    assert [rate.take("a") for _ in range(4)] == [Allowance(2, 0), Allowance(1, 0), Allowance(0, 0), Allowance(0, 1)]
    clock.seconds += 0.5
    assert rate.take("a") == Allowance(0, 1)
    clock.seconds += 0.5
    assert [rate.take("a") for _ in range(2)] == [Allowance(0, 0), Allowance(0, 1)]


def test_what_was_refused_costs_nothing() -> None:
    clock = Clock()
    rate = RateLimit(per_minute=6, at_once=1, clock=clock)
    assert [rate.take("a").wait_seconds for _ in range(100)] == [0] + [10] * 99
    clock.seconds += 10
    assert rate.take("a").wait_seconds == 0


def test_after_a_pause_there_is_no_more_than_at_first() -> None:
    clock = Clock()
    rate = RateLimit(per_minute=60, at_once=3, clock=clock)
    rate.take("a")
    clock.seconds += 3600
    assert [rate.take("a").wait_seconds for _ in range(4)] == [0, 0, 0, 1]


def test_callers_do_not_share() -> None:
    rate = RateLimit(per_minute=60, at_once=1, clock=Clock())
    assert [rate.take(caller).wait_seconds for caller in "abab"] == [0, 0, 1, 1]


def test_in_the_long_run_it_is_the_rate() -> None:
    clock = Clock()
    rate = RateLimit(per_minute=120, at_once=360, clock=clock)
    allowed = 0
    for _ in range(5 * 60 * 10):
        allowed += rate.take("hall").wait_seconds == 0
        clock.seconds += 0.1
    assert allowed in range(955, 966)


def test_the_table_has_an_end_and_forgets_who_was_silent_longest() -> None:
    rate = RateLimit(per_minute=60, at_once=1, clock=Clock())
    rate.take("first")
    rate.take("second")
    for number in range(MAX_CALLERS - 2):
        rate.take(str(number))
    assert rate.take("first").wait_seconds == 1
    for number in range(MAX_CALLERS, MAX_CALLERS + 10):
        rate.take(str(number))
    assert len(rate) == MAX_CALLERS
    assert rate.take("first").wait_seconds == 1
    assert rate.take("second").wait_seconds == 0
