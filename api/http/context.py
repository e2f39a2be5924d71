"""The resources that requests use; created once by the lifespan, in `app.state.context`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from api.http.database_probe import DatabaseState
from api.http.limits.concurrency import Cost, KeyConcurrency
from api.http.limits.rates import RateLimit
from api.http.limits.shared_answer import SharedAnswer
from campaigns.kit.database.engine import SessionFactory
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.periodic import Loop
from campaigns.kit.settings import Settings


@dataclass(frozen=True, slots=True)
class CaptureState:
    """State of this process' taps: whether they go directly to PostgreSQL, and how many wait in memory or journal.

    `lost` counts lost taps since the process started. `oldest_seconds`: how long a tap has been in memory only.
    `stripped_headers` are those that a proxy takes off requests.
    """

    direct: bool
    in_memory: int
    in_journal: int
    lost: int
    oldest_seconds: float = 0.0
    stripped_headers: Sequence[str] = ()


# Of an API process, which takes none.
NO_TAPS = CaptureState(direct=True, in_memory=0, in_journal=0, lost=0)


@dataclass(frozen=True, slots=True)
class LoopState:
    """State of a background loop: seconds since its last success, and failures since then."""

    name: str
    age_seconds: float
    failures: int


@dataclass(frozen=True, slots=True)
class ApiState:
    """Whether every lane of the API answers, and the background loops of its processes."""

    answers: bool
    loops: Sequence[LoopState] = ()


def nothing_broken() -> Sequence[str]:
    """The broken tasks of a process that has none."""
    return ()


async def answering() -> ApiState:
    """The state of the API as an API process itself sees it."""
    return ApiState(answers=True)


@dataclass(frozen=True, slots=True)
class Context:
    """The resources of a running application.

    `newest_revision` is the schema revision this release needs. `capture` returns the state of this process' taps.
    `listeners` maps channels to functions, which are called with the payload of each notification that a request of
    this process committed; PostgreSQL notifies other processes. `loops` are the process' background loops. `api`
    returns the state of the API processes. `running` and `key_rate` count the requests of each key. `broken` names the
    permanent tasks of this process that have ended or hang. `database` shares what a probe found of PostgreSQL.
    """

    settings: Settings
    keys: KeyRing
    sessions: SessionFactory
    newest_revision: str
    capture: Callable[[], CaptureState]
    listeners: Mapping[str, Callable[[str], None]]
    running: KeyConcurrency
    key_rate: RateLimit
    loops: Sequence[Loop] = ()
    api: Callable[[], Awaitable[ApiState]] = answering
    broken: Callable[[], Sequence[str]] = nothing_broken
    database: SharedAnswer[DatabaseState] = field(default_factory=SharedAnswer)


def key_concurrency(settings: Settings) -> KeyConcurrency:
    """A counter with the limits of the settings."""
    return KeyConcurrency({Cost.LIGHT: settings.requests_per_key, Cost.HEAVY: settings.heavy_requests_per_key})


def key_rate(settings: Settings) -> RateLimit:
    """A counter with the limit of the settings."""
    per_minute = settings.requests_per_key_per_minute
    return RateLimit(per_minute=per_minute, at_once=per_minute)


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


def current_time() -> datetime:
    return datetime.now(UTC)


CurrentContext = Annotated[Context, Depends(_context)]
Now = Annotated[datetime, Depends(current_time)]
