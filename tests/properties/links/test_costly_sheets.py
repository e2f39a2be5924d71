"""The cost of a sheet grows linearly with its length, since the same process answers taps meanwhile."""

import random
import string
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import httpx
import pytest

from campaigns.access.types import Role
from campaigns.kit.errors import Invalid
from campaigns.links.csv_sheets.columns import REQUIRED_COLUMNS
from campaigns.links.csv_sheets.format import read_sheet
from tests.factories.world import World
from tests.properties.refusals import check_answer

MAX_BYTES = 20_000_000
# What a person reads before sending a sheet again is far less.
MAX_ERRORS = 10_000
HEADER = ",".join([*REQUIRED_COLUMNS, "content"])
LETTERS = "".join(random.Random(0).choices(string.ascii_lowercase, k=8_000))


@pytest.mark.parametrize(
    ("build", "size"),
    [
        (lambda size: "," * size, 20_000),
        (lambda size: "id," * size + HEADER, 60_000),
        (lambda size: f"{HEADER}\n" + "x\n" * size, 20_000),
        (lambda size: f"{HEADER}\n" + "c,s,\x01,\x01\n" * size, 20_000),
        (lambda size: '"' * size, 900_000),
    ],
    ids=["empty columns", "repeated columns", "short rows", "control characters", "quotes"],
)
def test_a_refusal_takes_no_longer_and_says_no_more_than_it_must(build: Callable[[int], str], size: int) -> None:
    def refuse(sheet: str) -> None:
        with pytest.raises(Invalid) as refused:
            read_sheet(sheet.encode())
        assert len(refused.value.fields) <= MAX_ERRORS

    check_growth(*(seconds_of(partial(refuse, build(part))) for part in (size // 4, size)))


def seconds_of(run: Callable[[], None]) -> float:
    """CPU seconds of the quickest of three runs."""
    costs = []
    for _ in range(3):
        begun = time.process_time()
        run()
        costs.append(time.process_time() - begun)
    return min(costs)


def check_growth(quarter: float, whole: float) -> None:
    """Fail if four times the length costs clearly more than four times as much; quadratic cost would be sixteen times.

    Costs are CPU seconds; a tenth is allowed for what any measurement adds.
    """
    assert whole < 10 * quarter + 0.1


async def send(client: httpx.AsyncClient, world: World, content: str) -> None:
    """Have a sheet of one row with this content tried."""
    headers = world.as_role(Role.MARKETER) | {"Content-Type": "text/csv", "Idempotency-Key": uuid4().hex}
    sheet = f"{HEADER}\nbintara-jabar,ig,Story,{content}\n"
    check_answer(await client.post("/v1/links/import?dry_run=true", content=sheet.encode(), headers=headers))


async def test_names_are_linted_in_no_time_and_no_room(client: httpx.AsyncClient, world: World) -> None:
    await send(client, world, "story-1")  # so that what is loaded or compiled once does not count
    for build, size in (
        (lambda size: "-" * size + "a_b", 20_000),
        (lambda size: LETTERS[:size], 8_000),
        (lambda size: "word-" * size, 8_000),
    ):
        costs = []
        for part in (size // 4, size):
            begun = time.process_time()
            await send(client, world, build(part))
            costs.append(time.process_time() - begun)
        check_growth(*costs)
    for content in (LETTERS, "word-" * 1_000):
        tracemalloc.start()
        try:
            await send(client, world, content)
            assert tracemalloc.get_traced_memory()[1] < MAX_BYTES, content[:5]
        finally:
            tracemalloc.stop()
