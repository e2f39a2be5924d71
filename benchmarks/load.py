"""A load of GET requests from a process of its own: wrk where it is installed, else the generator in this file.

    python -m benchmarks.load http://127.0.0.1:8101/abc --connections 64 --seconds 5
    python -m benchmarks.load http://127.0.0.1:8101/abc --connections 64 --requests 20000

The second form sends exactly that many and also prints the click token of every answer, to compare with what is stored.
Only loopback addresses are accepted.
"""

import argparse
import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

AGENT = "Mozilla/5.0 (Linux; Android 14; CPH2581) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
_TOKEN = re.compile(rb"[?&]cid=([A-Za-z0-9_-]+)")
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")


@dataclass
class Outcome:
    """Requests answered, how many of them with 302, the seconds it took, and latencies in milliseconds."""

    answered: int
    redirects: int
    seconds: float
    p50: float
    p99: float
    generator: str
    tokens: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


class _Connection(asyncio.Protocol):
    """One connection that sends the next request when the answer to the last one is complete (bodies are empty)."""

    def __init__(self, request: bytes, shared: "_Shared") -> None:
        self.request, self.shared = request, shared
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        if not self.shared.take():
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if b"\r\n\r\n" in self.buffer:
            self.shared.note(self.buffer, time.perf_counter() - self.sent)
            self.buffer = b""
            self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        self.shared.closed()


class _Shared:
    def __init__(self, *, connections: int, seconds: float | None, requests: int | None) -> None:
        self.left = requests if requests is not None else sys.maxsize
        self.deadline = time.perf_counter() + seconds if seconds is not None else float("inf")
        self.keep_tokens = requests is not None
        self.open = connections
        self.done = asyncio.Event()
        self.latencies: list[float] = []
        self.redirects = 0
        self.tokens: list[str] = []

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0 and time.perf_counter() < self.deadline

    def note(self, answer: bytes, seconds: float) -> None:
        self.latencies.append(seconds)
        status = _STATUS.match(answer)
        if status and status[1] == b"302":
            self.redirects += 1
            if self.keep_tokens and (token := _TOKEN.search(answer)):
                self.tokens.append(token[1].decode())

    def closed(self) -> None:
        self.open -= 1
        if self.open == 0:
            self.done.set()


async def generate(url: str, *, connections: int, seconds: float | None, requests: int | None) -> Outcome:
    """Load the URL from this process."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {AGENT}\r\n\r\n".encode()
    shared = _Shared(connections=connections, seconds=seconds, requests=requests)
    loop, begun = asyncio.get_running_loop(), time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(request, shared), host, port)
    await asyncio.wait_for(shared.done.wait(), 300)
    took = time.perf_counter() - begun
    ordered = sorted(shared.latencies) or [0.0]
    return Outcome(
        answered=len(shared.latencies),
        redirects=shared.redirects,
        seconds=took,
        p50=ordered[len(ordered) // 2] * 1000,
        p99=ordered[int(len(ordered) * 0.99)] * 1000,
        generator="benchmarks.load",
        tokens=shared.tokens,
    )


def load(url: str, *, connections: int, seconds: float) -> Outcome:
    """Load the URL from another process for so long."""
    _require_loopback(url)
    if shutil.which("wrk"):
        return _wrk(url, connections=connections, seconds=seconds)
    return _in_process_of_its_own(url, ["--connections", str(connections), "--seconds", str(seconds)])


def load_exactly(url: str, *, connections: int, requests: int) -> Outcome:
    """Send exactly so many requests from another process; the outcome holds their click tokens."""
    _require_loopback(url)
    return _in_process_of_its_own(url, ["--connections", str(connections), "--requests", str(requests)])


def _in_process_of_its_own(url: str, options: list[str]) -> Outcome:
    command = [sys.executable, "-m", "benchmarks.load", url, *options]
    return Outcome(**json.loads(subprocess.run(command, check=True, capture_output=True, timeout=400).stdout))


def _wrk(url: str, *, connections: int, seconds: float) -> Outcome:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-H", f"User-Agent: {AGENT}", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 60).stdout
    total = re.search(r"(\d+) requests in ([\d.]+)(m?)s", text)
    if total is None:
        raise RuntimeError(f"wrk printed no total:\n{text}")
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    answered = int(total[1])
    return Outcome(
        answered=answered,
        redirects=answered - (int(wrong[1]) if wrong else 0),
        seconds=float(total[2]),
        p50=_milliseconds(text, "50%"),
        p99=_milliseconds(text, "99%"),
        generator="wrk",
    )


def _milliseconds(text: str, percentile: str) -> float:
    found = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)\b", text)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]] if found else float("nan")


def _require_loopback(url: str) -> None:
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("load goes to this machine only")


def main() -> None:
    parser = argparse.ArgumentParser(description="A load of GET requests.")
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--requests", type=int)
    given = parser.parse_args()
    _require_loopback(given.url)
    import uvloop

    outcome = uvloop.run(
        generate(given.url, connections=given.connections, seconds=given.seconds, requests=given.requests)
    )
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    main()
