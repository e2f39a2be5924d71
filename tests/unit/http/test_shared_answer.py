"""An answer that is shared: how often is asked, whoever wants to know."""

import asyncio

import pytest

from api.http.limits.shared_answer import SharedAnswer


class Asked:
    """Something to ask; answers with the number of the question once it may."""

    def __init__(self) -> None:
        self.times = 0
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self) -> int:
        self.times += 1
        number = self.times
        await self.may_answer.wait()
        if number == 3:
            raise OSError
        return number


async def test_all_who_ask_at_once_and_a_moment_later_share_one_answer() -> None:
    seconds = 0.0
    shared, asked = SharedAnswer[int](kept_seconds=1.0, monotonic=lambda: seconds), Asked()
    assert await asyncio.gather(*(shared.get(asked, within_seconds=10) for _ in range(100))) == [1] * 100
    seconds = 1.0
    assert await shared.get(asked, within_seconds=10) == 1
    seconds = 1.1
    assert await shared.get(asked, within_seconds=10) == 2


async def test_who_does_not_want_to_wait_gets_none_and_nothing_is_asked_twice() -> None:
    shared, asked = SharedAnswer[int](), Asked()
    asked.may_answer.clear()
    assert [await shared.get(asked, within_seconds=0.001) for _ in range(3)] == [None] * 3
    asked.may_answer.set()
    assert (await shared.get(asked, within_seconds=10), asked.times) == (1, 1)


async def test_a_failure_is_shared_too_and_asked_again_afterwards() -> None:
    shared, asked = SharedAnswer[int](kept_seconds=-1.0), Asked()
    assert [await shared.get(asked, within_seconds=10) for _ in range(2)] == [1, 2]
    with pytest.raises(OSError):  # noqa: PT011 - any
        await shared.get(asked, within_seconds=10)
    assert await shared.get(asked, within_seconds=10) == 4
