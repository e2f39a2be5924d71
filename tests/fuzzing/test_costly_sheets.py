"""No sheet costs much more than its length: while one is read, the same process has taps to answer."""

import random
import string
import time
import tracemalloc
from uuid import uuid4

import httpx
import pytest

from campaigns.access.types import Role
from campaigns.kit.errors import Invalid
from campaigns.links.csv_sheets.format import REQUIRED_COLUMNS, read_sheet
from tests.factories.world import World
from tests.fuzzing.refusals import check_answer

# Far more than they need, and far less than they need where costs grow with the square of the length.
MOST_SECONDS = 0.5
MOST_BYTES = 20_000_000
# What a person reads before sending a sheet again is far less.
MOST_FAULTS = 10_000
HEADER = ",".join([*REQUIRED_COLUMNS, "content"])
LETTERS = "".join(random.Random(0).choices(string.ascii_lowercase, k=8_000))


@pytest.mark.parametrize(
    "sheet",
    [
        "," * 20_000,
        "id," * 60_000 + HEADER,
        f"{HEADER}\n" + "x\n" * 20_000,
        f"{HEADER}\n" + "c,s,\x01,\x01\n" * 20_000,
        '"' * 900_000,
    ],
    ids=["empty columns", "repeated columns", "short rows", "control characters", "quotes"],
)
def test_a_refusal_takes_no_longer_and_says_no_more_than_it_must(sheet: str) -> None:
    begun = time.process_time()
    with pytest.raises(Invalid) as refused:
        read_sheet(sheet.encode())
    assert time.process_time() - begun < MOST_SECONDS
    assert len(refused.value.fields) <= MOST_FAULTS


async def send(client: httpx.AsyncClient, world: World, content: str) -> None:
    """Have a sheet of one row with this content tried."""
    headers = world.as_role(Role.MARKETER) | {"Content-Type": "text/csv", "Idempotency-Key": uuid4().hex}
    sheet = f"{HEADER}\nbintara-jabar,ig,Story,{content}\n"
    check_answer(await client.post("/v1/links/import?dry_run=true", content=sheet.encode(), headers=headers))


async def test_names_are_linted_in_no_time_and_no_room(client: httpx.AsyncClient, world: World) -> None:
    await send(client, world, "story-1")  # so that what is loaded or compiled once does not count
    for content in ("-" * 20_000 + "a_b", LETTERS, "word-" * 8_000):
        begun = time.process_time()
        await send(client, world, content)
        assert time.process_time() - begun < MOST_SECONDS, content[:5]
    for content in (LETTERS, "word-" * 1_000):
        tracemalloc.start()
        try:
            await send(client, world, content)
            assert tracemalloc.get_traced_memory()[1] < MOST_BYTES, content[:5]
        finally:
            tracemalloc.stop()
