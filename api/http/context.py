"""The resources that requests use; created once by the lifespan, in `app.state.context`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from campaigns.kit.database.engine import SessionFactory
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.periodic import Loop
from campaigns.kit.settings import Settings


@dataclass(frozen=True, slots=True)
class CaptureState:
    """State of this process' taps: whether they go directly to PostgreSQL, and how many wait in memory or journal.

    `lost` counts lost taps since the process started.
    """

    direct: bool
    in_memory: int
    in_journal: int
    lost: int


@dataclass(frozen=True, slots=True)
class Context:
    """The resources of a running application.

    `newest_revision` is the schema revision this release needs. `capture` returns the state of this process' taps.
    `listeners` maps channels to functions, which are called with the payload of each notification that a request of
    this process committed; PostgreSQL notifies other processes. `loops` are the process' background loops.
    """

    settings: Settings
    keys: KeyRing
    sessions: SessionFactory
    newest_revision: str
    capture: Callable[[], CaptureState]
    listeners: Mapping[str, Callable[[str], None]]
    loops: Sequence[Loop] = ()


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def current_time() -> datetime:
    return datetime.now(UTC)


CurrentContext = Annotated[Context, Depends(_context)]
Now = Annotated[datetime, Depends(current_time)]
