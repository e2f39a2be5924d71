"""Load generator that records every response, to compare acknowledged taps with stored ones.

It runs in a thread during a scenario (benchmarks/chaos). Each connection sends a request, waits for the response,
pauses and repeats. A broken connection is reopened; so is one after a number of requests, because by chance all
connections may be with the same worker. A request whose connection ended before the response began was not
acknowledged. It is counted separately, and the scenario decides whether that is allowed.
"""

import asyncio
import contextlib
import re
import threading
import time
from dataclasses import dataclass

import uvloop

from benchmarks.load import AGENT

CONNECTIONS = 32
PAUSE_SECONDS = 0.01
RECONNECT_SECONDS = 0.02
TAPS_A_CONNECTION = 50
# Far beyond any deadline: a request that waits this long gets no response.
HANGING_SECONDS = 30.0

_TOKEN = re.compile(rb"[?&]cid=([A-Za-z0-9_-]+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: when its request was sent (monotonic seconds), its duration in seconds, status and click token."""

    sent: float
    seconds: float
    status: int
    token: str | None


class Load:
    """Taps all links in turn, from `__enter__` to `__exit__`."""

    def __init__(self, port: int, slugs: list[str]) -> None:
        self._port = port
        self._slugs = slugs
        self._stopping = False
        self._thread = threading.Thread(target=lambda: uvloop.run(self._run()), name="load")
        self.answers: list[Answer] = []
        self.unanswered = 0
        self.hanging = 0

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join()

    async def _run(self) -> None:
        await asyncio.gather(*(self._tap_for_ever(number) for number in range(CONNECTIONS)))

    async def _tap_for_ever(self, number: int) -> None:
        slug = self._slugs[number % len(self._slugs)]
        request = f"GET /{slug} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {AGENT} {number}\r\n\r\n".encode()
        while not self._stopping:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            try:
                for _ in range(TAPS_A_CONNECTION):
                    if self._stopping or not await self._tap(reader, writer, request):
                        break
                    await asyncio.sleep(PAUSE_SECONDS)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _tap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
        """Send one request and record its response; returns whether the connection can be used again."""
        if reader.at_eof() or reader.exception() is not None:
            return False  # closed without an open request
        sent = time.monotonic()
        try:
            async with asyncio.timeout(HANGING_SECONDS):
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                await reader.readexactly(int(length[1]) if length else 0)
        except TimeoutError:
            self.hanging += 1
            return False
        except (OSError, asyncio.IncompleteReadError):
            self.unanswered += 1
            return False
        token = _TOKEN.search(head)
        self.answers.append(
            Answer(sent, time.monotonic() - sent, int(head[9:12]), token[1].decode() if token else None)
        )
        return True


def milliseconds(answers: list[Answer]) -> tuple[float, float, float]:
    """Median, 99th percentile and maximum of the response times, in milliseconds."""
    ordered = sorted(answer.seconds * 1000 for answer in answers)
    if not ordered:
        return (float("nan"),) * 3
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)], ordered[-1]
