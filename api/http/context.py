"""What a running application holds, made once by its lifespan and reached by requests through `app.state.context`."""

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
    """Where this process' taps are: whether they go to PostgreSQL at once, and how many wait in memory or journal.

    `lost` counts those given up since it began.
    """

    direct: bool
    in_memory: int
    in_journal: int
    lost: int


@dataclass(frozen=True, slots=True)
class Context:
    """`newest_revision` is the schema this server was built for, `capture` tells where its taps are.

    `listeners` are called, by channel, with the payload of each notification that a request of this process committed;
    other processes are told by PostgreSQL. `loops` are the process' background loops.
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
