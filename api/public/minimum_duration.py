"""The minimum duration of a registration, so that its length does not tell whether a person is known.

See OWASP ASVS 5.0, 2.4. A refusal is answered at once: it does not depend on who is known.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends

from api.http.context import CurrentContext


@dataclass(frozen=True, slots=True)
class RequestClock:
    """How time is read and waited for, both in seconds; tests replace it."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]


def system_clock() -> RequestClock:
    return RequestClock(time.monotonic, asyncio.sleep)


async def _minimum_duration(
    context: CurrentContext, clock: Annotated[RequestClock, Depends(system_clock)]
) -> AsyncIterator[None]:
    """Sleep until the minimum has passed since the request began, unless it raised an error."""
    began = clock.monotonic()
    yield
    minimum = context.settings.registration_minimum_milliseconds / 1000
    await clock.sleep(max(0.0, began + minimum - clock.monotonic()))


# A route's own `dependencies` are entered before its parameters and left after them, and function scope is left before
# the response is sent: the wait comes after the commit and holds no connection.
MinimumDuration: Any = Depends(_minimum_duration, scope="function")
