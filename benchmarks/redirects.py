"""What a durable redirect costs, against a bare ASGI 302 and a FastAPI 302 on the same server software.

    make bench

Starts the real server (with its embedded PostgreSQL) and both baselines, one worker each, loads them in turn several
times from another process, and prints rates, ratios and latencies (milliseconds). Then compares, click by click, what
was answered with what is stored. Everything runs on this machine: the generator, the servers and PostgreSQL share its
cores, so the ratios mean more than the rates.
"""

import argparse
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.load import Outcome, load, load_exactly
from campaigns.clicks.tokens import read_click
from campaigns.kit.embedded.attaching import running_url
from campaigns.kit.master_key import load_keys

ROUNDS = 5
SECONDS = 6.0
CONNECTIONS = 64
EXACT_REQUESTS = 20_000
JARING = "jaring, every click durable"
BARE = "bare ASGI 302"
FASTAPI = "FastAPI 302"
LEAST_OF_BARE, LEAST_OF_FASTAPI = 0.25, 1.5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(command: list[str], url: str, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run a server until the block ends; waits for its first answer."""
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stdout=printed, stderr=subprocess.STDOUT
        )
        try:
            deadline = time.monotonic() + 60
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    printed.seek(0)
                    raise RuntimeError(f"{command} did not start:\n{printed.read().decode()}")
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _answers(url: str) -> bool:
    try:
        urllib.request.build_opener(_Stay).open(url, timeout=1)
    except urllib.error.HTTPError as error:
        return error.code == 302
    except OSError:
        return False
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jaring-bench-") as folder, contextlib.ExitStack() as servers:
        data, ports = Path(folder) / "var", {name: free_port() for name in (BARE, FASTAPI, JARING)}
        # Everybody's /livez and the like aside, all three answer the same path with a 302.
        urls = {name: f"http://127.0.0.1:{port}/jabar-bio" for name, port in ports.items()}
        for name, which in ((BARE, "bare"), (FASTAPI, "fastapi")):
            command = [sys.executable, "-m", "benchmarks.baselines", which, str(ports[name])]
            servers.enter_context(started(command, urls[name]))
        jaring = [str(Path(sys.executable).with_name("jaring")), "serve", "--demo"]
        environment = {"JARING_DATA": str(data), "JARING_PORT": str(ports[JARING]), "JARING_LOG_LEVEL": "warning"}
        servers.enter_context(started(jaring, urls[JARING], environment))
        report(measure(urls, given.rounds, given.seconds))
        well = compare_stored(data, urls[JARING], ports[JARING])
    sys.exit(0 if well else 1)


def measure(urls: dict[str, str], rounds: int, seconds: float) -> dict[str, list[Outcome]]:
    """Load each in turn, `rounds` times over, so that a slow moment of the machine falls on all of them."""
    outcomes: dict[str, list[Outcome]] = {name: [] for name in urls}
    for url in urls.values():
        load(url, connections=CONNECTIONS, seconds=1)
    for number in range(1, rounds + 1):
        for name, url in urls.items():
            outcome = load(url, connections=CONNECTIONS, seconds=seconds)
            outcomes[name].append(outcome)
            print(f"round {number}/{rounds}  {name:<28} {outcome.rate:>8,.0f}/s", flush=True)
            if outcome.redirects != outcome.answered:
                raise RuntimeError(f"{name} answered {outcome.answered - outcome.redirects} requests with no 302")
    return outcomes


def report(outcomes: dict[str, list[Outcome]]) -> None:
    """Print the medians and the ratios, each ratio being the median of the rounds' own ratios."""
    generator = next(iter(outcomes.values()))[0].generator
    print(f"\nmedian of {len(outcomes[JARING])} rounds, {CONNECTIONS} connections, {os.cpu_count()} cores, {generator}")
    print(f"{'':<28} {'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8}")
    for name, found in outcomes.items():
        rate, p50, p99 = (statistics.median(getattr(one, what) for one in found) for what in ("rate", "p50", "p99"))
        print(f"{name:<28} {rate:>10,.0f} {p50:>8.2f} {p99:>8.2f}")
    for name, least in ((BARE, LEAST_OF_BARE), (FASTAPI, LEAST_OF_FASTAPI)):
        pairs = zip(outcomes[JARING], outcomes[name], strict=True)
        ratios = [mine.rate / other.rate for mine, other in pairs]
        middle = statistics.median(ratios)
        print(f"jaring / {name}: {middle:.2f}  ({min(ratios):.2f} to {max(ratios):.2f}; asked: {least})")


def compare_stored(data: Path, url: str, port: int) -> bool:
    """Print whether exactly the clicks that were answered are stored."""
    keys = load_keys(None, data)
    database = running_url(data / "postgres")
    if database is None:
        raise RuntimeError("the embedded PostgreSQL is not running")
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        outcome = load_exactly(url, connections=CONNECTIONS, requests=EXACT_REQUESTS)
        answered = {token.click_id for text in outcome.tokens if (token := read_click(keys.click_token, text))}
        rows = connection.execute("SELECT id FROM clicks WHERE id = ANY(%s)", (list(answered),)).fetchall()
        ((total,),) = connection.execute("SELECT count(*) FROM clicks").fetchall()
    stored = {row[0] for row in rows}
    print(
        f"\n{outcome.answered:,} taps sent, {len(answered):,} different clicks answered, {len(stored):,} of them stored"
    )
    redirected = _metric(port, 'jaring_redirects_total{answer="redirected"}')
    kept = _metric(port, 'jaring_taps_stored_total{table="clicks"}')
    print(f"in the whole run: {redirected:,.0f} redirects answered, {kept:,.0f} clicks stored, table holds {total:,}")
    commits, batched = (_metric(port, f'jaring_taps_batch_{what}{{table="clicks"}}') for what in ("count", "sum"))
    print(f"{batched / commits:.1f} clicks a commit")
    return answered == stored and len(answered) == EXACT_REQUESTS and redirected == kept


def _metric(port: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rpartition(" ")[2])
    raise RuntimeError(f"no metric {name}")


if __name__ == "__main__":
    main()
