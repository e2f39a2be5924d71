"""The API processes as a gateway sees them: a Unix socket each, and how many of its requests each one is answering."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from api.http.context import ApiState, LoopState
from api.lanes import Lane, socket_paths
from campaigns.kit.settings import Settings

# Of one gateway process at one API process. A multiple of the API's database connections, which each request needs for
# a part of its time; what is beyond would only wait, so it is refused at once.
MAX_IN_FLIGHT = 64
# Of these, for what is outside /v1: the document and the files of its page. They are the only long answers that anybody
# gets without a key, so whoever reads them slowly leaves the other places free.
MAX_DOCUMENTS_IN_FLIGHT = 16
# The socket is on this machine: it answers at once or is not there. A gateway that has not run for a moment on a busy
# machine must not take that for an API that is away.
CONNECT_SECONDS = 5.0
# Granian closes connections that have been silent for 30 s. To be the first avoids sending into a closed one.
KEEP_ALIVE_SECONDS = 15.0
# The API's own limit of a statement, and time for what is done around it. The clock stops while the client is slow.
SILENCE_SECONDS = 60.0
# More than an API process itself gives its database.
PROBE_SECONDS = 3.0
# The header that names changed links is the longest one; aiohttp's own limit is 8 kB.
MAX_HEADER_BYTES = 65_536


@dataclass(slots=True)
class ApiProcess:
    """One API process: how to send to it, and how many requests it is answering for this gateway."""

    session: aiohttp.ClientSession
    in_flight: int = 0
    documents_in_flight: int = 0

    def has_place(self, path: str) -> bool:
        """Whether a request of the path can be sent to it now."""
        return self.in_flight < MAX_IN_FLIGHT and (
            not is_document(path) or self.documents_in_flight < MAX_DOCUMENTS_IN_FLIGHT
        )


class ApiProcesses:
    """All API processes, by lane. `link_changed` is called with each slug that an answer says was changed."""

    def __init__(self, processes: Mapping[Lane, Sequence[ApiProcess]], *, link_changed: Callable[[str], None]) -> None:
        self.link_changed = link_changed
        self._processes = processes

    def least_busy(self, lane: Lane) -> ApiProcess:
        """The process of the lane that answers the fewest requests."""
        return min(self._processes[lane], key=lambda process: process.in_flight)

    async def state(self) -> ApiState:
        """Whether one process of each lane answers, with the loops of the first for staff that does."""
        asked = {lane: [_loops_of(process) for process in found] for lane, found in self._processes.items()}
        # All at once: a probe should not wait for one lane after the other.
        answered = await asyncio.gather(*(asyncio.gather(*loops) for loops in asked.values()))
        answers = dict(zip(asked, answered, strict=True))
        answering = {lane: [loops for loops in found if loops is not None] for lane, found in answers.items()}
        loops = answering[Lane.STAFF][0] if answering[Lane.STAFF] else ()
        return ApiState(answers=all(answering.values()), loops=loops)

    async def close(self) -> None:
        for found in self._processes.values():
            for process in found:
                await process.session.close()


def is_document(path: str) -> bool:
    """Whether the path is outside `/v1`, where the OpenAPI document and its page are."""
    return not path.startswith("/v1/")


def open_api_processes(settings: Settings, *, link_changed: Callable[[str], None]) -> ApiProcesses:
    """The API processes that `jaring serve` runs; connects to none of them yet. Call it in the event loop."""
    folder = settings.api_sockets
    if folder is None:
        raise RuntimeError("JARING_API_SOCKETS is not set; `jaring serve` sets it")
    silence = settings.statement_timeout_seconds + SILENCE_SECONDS
    return ApiProcesses(
        {
            lane: [ApiProcess(_session(path, silence)) for path in socket_paths(folder, lane, settings.api_workers)]
            for lane in Lane
        },
        link_changed=link_changed,
    )


def _session(path: Path, silence_seconds: float) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        "http://api",
        connector=aiohttp.UnixConnector(str(path), limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence_seconds),
        # What is passed on is passed on as it is.
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        max_line_size=MAX_HEADER_BYTES,
        max_field_size=MAX_HEADER_BYTES,
    )


async def _loops_of(process: ApiProcess) -> Sequence[LoopState] | None:
    """The background loops of a process; None if it does not answer in time."""
    try:
        async with asyncio.timeout(PROBE_SECONDS), process.session.get(URL("/readyz")) as answer:
            loops = (await answer.json())["loops"]
    except (aiohttp.ClientError, OSError, ValueError, KeyError):
        return None
    return [LoopState(loop["name"], loop["age_seconds"], loop["failures"]) for loop in loops]
