"""Sets up what all tests share, once for all mutants; run by the trial before it forks."""

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories.world import World


async def test_shared_fixtures(shared_app: FastAPI, engine: AsyncEngine, settled: tuple[AsyncEngine, World]) -> None:
    for one in (engine, settled[0]):
        await one.dispose()  # a forked process opens connections of its own
