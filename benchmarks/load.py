"""Load generator in a separate process: wrk if it is installed, else the one in this file.

    python -m benchmarks.load 8101 taps.txt --connections 64 --seconds 5 [--pause 4]
    python -m benchmarks.load 8101 taps.txt --connections 64 --requests 20000

`taps.txt` has one tap per line: path, user agent and forwarded IP address, separated by tabs; they are sent in turn.
`--pause` is the mean of a random pause after each response, in milliseconds. The second form sends exactly that number
of requests, and also prints the click token of every response, to compare them with the stored clicks. Loads are sent
to this machine only.
"""

import argparse
import asyncio
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

AGENT = "Mozilla/5.0 (Linux; Android 14; CPH2581) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36"
# The further headers of a phone's browser.
HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "id-ID,id;q=0.9,en-US;q=0.8",
    "Referer": "https://l.instagram.com/",
}
_TOKEN = re.compile(rb"[?&]cid=([A-Za-z0-9_-]+)")
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")

# A script for wrk, which builds all requests before the load begins.
_LUA = """
local requests, place = {}, 0
function init(arguments)
    for line in io.lines(arguments[1]) do
        local path, agent, address = line:match("^(.-)\\t(.-)\\t(.*)$")
        local headers = {["User-Agent"] = agent, ["X-Forwarded-For"] = address, HEADERS}
        requests[#requests + 1] = wrk.format("GET", path, headers)
    end
    place = math.random(#requests)
end
function request()
    place = place % #requests + 1
    return requests[place]
end
""".replace("HEADERS", ", ".join(f'["{name}"] = "{value}"' for name, value in HEADERS.items()))
_LUA_PAUSE = "function delay() return math.random(0, %d) end\n"


@dataclass(frozen=True)
class Tap:
    """One request: the path of a short link, a user agent, and the client address that a proxy forwards."""

    path: str
    agent: str = AGENT
    address: str = "114.4.1.1"


@dataclass
class Outcome:
    """Requests answered, how many of them with 302, the duration in seconds, and latencies in milliseconds."""

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
    """A connection that sends a request when the response to the last one is complete (bodies are empty)."""

    def __init__(self, shared: "_Shared") -> None:
        self.shared = shared
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        request = self.shared.take()
        if request is None or self.transport.is_closing():
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if b"\r\n\r\n" not in self.buffer:
            return
        self.shared.note(self.buffer, time.perf_counter() - self.sent)
        self.buffer = b""
        if self.shared.pause:
            seconds = random.uniform(0, 2 * self.shared.pause)
            asyncio.get_running_loop().call_later(seconds, self._next)
        else:
            self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        self.shared.closed()


class _Shared:
    def __init__(
        self, messages: Sequence[bytes], *, connections: int, seconds: float | None, requests: int | None, pause: float
    ) -> None:
        self.messages = messages
        self.sent = 0
        self.most = requests if requests is not None else sys.maxsize
        self.deadline = time.perf_counter() + seconds if seconds is not None else float("inf")
        self.keep_tokens = requests is not None
        self.pause = pause
        self.open = connections
        self.done = asyncio.Event()
        self.latencies: list[float] = []
        self.redirects = 0
        self.tokens: list[str] = []

    def take(self) -> bytes | None:
        if self.sent >= self.most or time.perf_counter() >= self.deadline:
            return None
        self.sent += 1
        return self.messages[self.sent % len(self.messages)]

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


async def generate(
    port: int, messages: Sequence[bytes], *, connections: int, seconds: float | None, requests: int | None, pause: float
) -> Outcome:
    """Load the port from this process; `pause` in seconds."""
    shared = _Shared(messages, connections=connections, seconds=seconds, requests=requests, pause=pause)
    loop, begun = asyncio.get_running_loop(), time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(shared), "127.0.0.1", port)
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


def load(port: int, taps: Sequence[Tap], *, connections: int, seconds: float, pause: float = 0.0) -> Outcome:
    """Load the port from another process for `seconds`, with a mean `pause` in seconds after each response."""
    with _written(taps) as file:
        if shutil.which("wrk"):
            return _wrk(port, file, connections=connections, seconds=seconds, pause=pause)
        options = ["--seconds", str(seconds), "--pause", str(pause * 1000)]
        return _in_process_of_its_own(port, file, connections, options)


def load_exactly(port: int, taps: Sequence[Tap], *, connections: int, requests: int) -> Outcome:
    """Send exactly `requests` requests from another process; the outcome contains their click tokens."""
    with _written(taps) as file:
        return _in_process_of_its_own(port, file, connections, ["--requests", str(requests)])


@contextmanager
def _written(taps: Sequence[Tap]) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{tap.path}\t{tap.agent}\t{tap.address}\n" for tap in taps)
        file.flush()
        yield Path(file.name)


def _in_process_of_its_own(port: int, file: Path, connections: int, options: list[str]) -> Outcome:
    command = [sys.executable, "-m", "benchmarks.load", str(port), str(file), "--connections", str(connections)]
    printed = subprocess.run([*command, *options], check=True, capture_output=True, timeout=400).stdout
    return Outcome(**json.loads(printed))


def _wrk(port: int, file: Path, *, connections: int, seconds: float, pause: float) -> Outcome:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA + (_LUA_PAUSE % round(2000 * pause) if pause else ""))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-s", script.name]
        command += [f"http://127.0.0.1:{port}/", "--", str(file)]
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


def _message(line: str) -> bytes:
    path, agent, address = line.rstrip("\n").split("\t")
    headers = {"Host": "127.0.0.1", "User-Agent": agent, "X-Forwarded-For": address, **HEADERS}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def main() -> None:
    parser = argparse.ArgumentParser(description="A load of taps.")
    parser.add_argument("port", type=int)
    parser.add_argument("taps", type=Path)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--requests", type=int)
    parser.add_argument("--pause", type=float, default=0.0, help="milliseconds")
    options = parser.parse_args()
    import uvloop

    outcome = uvloop.run(
        generate(
            options.port,
            [_message(line) for line in options.taps.read_text().splitlines()],
            connections=options.connections,
            seconds=options.seconds,
            requests=options.requests,
            pause=options.pause / 1000,
        )
    )
    json.dump(asdict(outcome), sys.stdout)


if __name__ == "__main__":
    main()
