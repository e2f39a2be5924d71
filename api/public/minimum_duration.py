"""The least time a sign-up takes, so that its length does not tell whether a person is known (OWASP ASVS 5.0, 2.4)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Depends

from api.http.context import CurrentContext


async def _least_time(context: CurrentContext) -> AsyncIterator[None]:
    """Wait out the floor when the sign-up succeeded; refusals do not depend on who is known, and are told at once."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    yield
    floor = context.settings.signup_floor_milliseconds / 1000
    await asyncio.sleep(max(0.0, begun + floor - loop.time()))


# A route's own `dependencies` are entered before its parameters and left after them, and function scope is left before
# the response is sent: the wait comes after the commit and holds no connection.
LeastTime: Any = Depends(_least_time, scope="function")
