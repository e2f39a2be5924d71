"""The least time a registration takes, lest its length tell whether a person is known (OWASP ASVS 5.0, 2.4)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Depends

from api.http.context import CurrentContext


async def _minimum_duration(context: CurrentContext) -> AsyncIterator[None]:
    """Wait out the minimum after a registration; a refusal, which does not depend on who is known, is told at once."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    yield
    floor = context.settings.registration_minimum_milliseconds / 1000
    await asyncio.sleep(max(0.0, begun + floor - loop.time()))


# A route's own `dependencies` are entered before its parameters and left after them, and function scope is left before
# the response is sent: the wait comes after the commit and holds no connection.
MinimumDuration: Any = Depends(_minimum_duration, scope="function")
