"""The background work of a server process: every loop runs, and fails only with expected errors without PostgreSQL."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from api.lanes import Lane
from api.runtime.loops import api_work, gateway_work
from api.runtime.resources import (
    close_api_resources,
    close_gateway_resources,
    open_api_resources,
    open_gateway_resources,
)
from campaigns.kit.encryption.cipher import new_master_key
from campaigns.kit.periodic import PeriodicWork, Work
from campaigns.kit.settings import Settings

OPERATING = Path(__file__).parents[3] / "docs" / "operating.md"
NEEDS_NO_DATABASE = {"metrics-room", "connections"}
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@asynccontextmanager
async def all_work(url: str, data: Path, **settings: Any) -> AsyncIterator[list[Work]]:
    """The loops of a gateway, and those that an API process for staff has besides."""
    key = SecretStr(new_master_key())
    chosen = Settings(database_url=SecretStr(url), master_key=key, data=data, metrics_directory=data, **settings)
    gateway, api = await open_gateway_resources(chosen), open_api_resources(chosen)
    try:
        own = list(gateway_work(gateway))
        yield own + [work for work in api_work(api, Lane.STAFF) if work.name not in {one.name for one in own}]
    finally:
        await close_gateway_resources(gateway)
        await close_api_resources(api)


async def run_once(work: Work) -> bool:
    """Run it once; returns whether it succeeded, and raises unexpected errors."""
    succeeded = asyncio.Event()
    try:
        async with asyncio.timeout(30):
            if isinstance(work, PeriodicWork):
                await work.run(datetime.now(UTC))
                return True
            running = asyncio.ensure_future(work.run(succeeded.set))
            await asyncio.wait({running, asyncio.ensure_future(succeeded.wait())}, return_when=asyncio.FIRST_COMPLETED)
            running.cancel()
            (outcome,) = await asyncio.gather(running, return_exceptions=True)
            if isinstance(outcome, Exception):
                raise outcome
            return True
    except work.expected:
        return False
    finally:
        if isinstance(work, PeriodicWork) and work.close is not None:
            await work.close()


async def test_each_loop_has_a_name_of_its_own_that_is_documented(own_database: str, tmp_path: Path) -> None:
    async with all_work(own_database, tmp_path) as works:
        names = [work.name for work in works]
    documented = re.findall(r"^\| `([a-z-]+)` \|", OPERATING.read_text(), re.MULTILINE)
    assert sorted(names) == sorted(documented)
    assert len(set(names)) == len(names)


async def test_candidates_wait_for_no_loop_that_uses_the_database(tmp_path: Path) -> None:
    key = SecretStr(new_master_key())
    api = open_api_resources(
        Settings(database_url=SecretStr(NOWHERE), master_key=key, data=tmp_path, metrics_directory=tmp_path)
    )
    assert {work.name for work in api_work(api, Lane.CANDIDATES)} == {"metrics-room"}
    await close_api_resources(api)


async def test_all_of_it_succeeds_with_postgresql(own_database: str, tmp_path: Path) -> None:
    async with all_work(own_database, tmp_path) as works:
        assert {work.name: await run_once(work) for work in works} == {work.name: True for work in works}


async def test_without_postgresql_it_fails_as_expected(tmp_path: Path) -> None:
    async with all_work(NOWHERE, tmp_path) as works:
        assert {work.name: await run_once(work) for work in works} == {
            work.name: work.name in NEEDS_NO_DATABASE for work in works
        }


async def test_destinations_are_followed_only_if_the_settings_say_so(own_database: str, tmp_path: Path) -> None:
    async with all_work(own_database, tmp_path, check_destinations=False) as works:
        assert "destination-checks" not in [work.name for work in works]
