"""What a durable redirect costs, against a bare ASGI 302 and a FastAPI 302 on the same server software.

    make bench

Starts the real server (with its embedded PostgreSQL) and the baselines, each with one worker per core, loads them in
turn several times from another process, and prints rates, ratios and latencies (milliseconds). The links have all that
a link can have: dates, rules by device and language, variants, query pass-through; the taps have a phone's headers and
come through a proxy. Three kinds of taps: on one link, on 100,000 links, and of 1,000 user agents. Then it compares,
click by click, what was answered with what is stored. Everything runs on this machine: the generator, the servers and
PostgreSQL share its cores, so the ratios mean more than the rates.
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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg

from benchmarks.load import AGENT, Outcome, Tap, load, load_exactly
from benchmarks.many_links import MAX_LINKS, SLUGS, make_links
from benchmarks.processes import megabytes, workers_of
from campaigns.clicks.tokens import read_click
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.attach import running_url
from campaigns.kit.encryption.master_key import load_keys

ROUNDS = 5
SECONDS = 5.0
# Two commits' worth and more: while one batch of taps is put on disk, the next one has somebody to come from.
CONNECTIONS = 128
EXACT_REQUESTS = 20_000
WARM_PASSES = 3
JARING = "jaring, every click durable"
BARE = "bare ASGI 302"
FASTAPI = "FastAPI 302, def"
FASTAPI_ASYNC = "FastAPI 302, async def"
BASELINES = {BARE: "bare", FASTAPI: "fastapi", FASTAPI_ASYNC: "fastapi_async"}
# What is asked of the redirect: parts of the baselines' rates, and how far p99 and p50 may be apart at half the load.
# Of FastAPI's two kinds of routes the plain one has the rate that DESIGN 3 measured, 6,100 to 8,700/s where a bare ASGI
# 302 reached 41,000 to 58,000/s; the `async def` one, twice as fast, is reported beside it.
LEAST = {BARE: 0.3, FASTAPI: 2.0}
MAX_SPREAD = 4.0

ADDRESSES = [f"114.4.{number // 250}.{number % 250 + 1}" for number in range(1000)]
TAPS: Mapping[str, Sequence[Tap]] = {
    "1 link": [Tap(f"/{SLUGS[0]}", address=address) for address in ADDRESSES],
    f"{MAX_LINKS:,} links": [
        Tap(f"/{slug}", address=ADDRESSES[place % len(ADDRESSES)]) for place, slug in enumerate(SLUGS)
    ],
    "1,000 user agents": [
        Tap(f"/{SLUGS[0]}", AGENT.replace("CPH2581", f"CPH{number}"), address)
        for number, address in enumerate(ADDRESSES, start=1000)
    ],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(command: list[str], url: str, environment: dict[str, str] | None = None) -> Iterator[int]:
    """Run a server until the block ends; waits for its first answer, and yields its process id."""
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
            yield process.pid
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
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="of each server")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jaring-bench-") as folder, contextlib.ExitStack() as servers:
        data, ports = Path(folder) / "var", {name: free_port() for name in (*BASELINES, JARING)}
        # Everybody's /livez and the like aside, all of them answer the same path with a 302.
        urls = {name: f"http://127.0.0.1:{port}/jabar-bio" for name, port in ports.items()}
        for name, which in BASELINES.items():
            command = [sys.executable, "-m", "benchmarks.baselines", which, str(ports[name]), str(given.workers)]
            servers.enter_context(started(command, urls[name]))
        jaring = [str(Path(sys.executable).with_name("jaring")), "serve", "--demo"]
        environment = {
            "JARING_DATA": str(data),
            "JARING_PORT": str(ports[JARING]),
            "JARING_WORKERS": str(given.workers),
            "JARING_LOG_LEVEL": "warning",
            "JARING_TRUSTED_PROXIES": "127.0.0.0/8",
        }
        server = servers.enter_context(started(jaring, urls[JARING], environment))
        database = _database(data)
        make_links(database, slug_like="jabar-bio")
        for kind, taps in TAPS.items():
            print(f"\n== taps: {kind} ==\n")
            prepare(ports, taps, given)
            outcomes = measure(ports, taps, given)
            report(outcomes, given)
            rate, *_ = medians(outcomes[JARING])
            at_half_load(ports, taps, rate, given)
            sizes = ", ".join(f"{megabytes(pid):,.0f} MB" for pid in workers_of(server))
            print(f"memory of each worker: {sizes}")
        well = compare_stored(data, database, ports[JARING])
    sys.exit(0 if well else 1)


def prepare(ports: Mapping[str, int], taps: Sequence[Tap], given: argparse.Namespace) -> None:
    """Send each tap to every server, so that what is measured is warm; prints how fast that went at first for Jaring.

    Which worker gets a tap is chance, and each remembers links of its own: with several, all taps are sent so often
    that each worker has had nearly all of them.
    """
    for name, port in ports.items():
        outcome = load_exactly(port, taps, connections=given.connections, requests=max(len(taps), 5_000))
        if name == JARING:
            print(f"each tap for the first time: {outcome.rate:,.0f}/s, p99 {outcome.p99:.1f} ms")
            for _ in range(WARM_PASSES * given.workers if given.workers > 1 else 0):
                load_exactly(port, taps, connections=given.connections, requests=len(taps))


def measure(ports: Mapping[str, int], taps: Sequence[Tap], given: argparse.Namespace) -> dict[str, list[Outcome]]:
    """Load each in turn, `given.rounds` times over, so that a slow moment of the machine falls on all of them."""
    outcomes: dict[str, list[Outcome]] = {name: [] for name in ports}
    for number in range(1, given.rounds + 1):
        for name, port in ports.items():
            outcome = load(port, taps, connections=given.connections, seconds=given.seconds)
            outcomes[name].append(outcome)
            if outcome.redirects != outcome.answered:
                raise RuntimeError(f"{name} answered {outcome.answered - outcome.redirects} requests with no 302")
        rates = ", ".join(f"{name} {found[-1].rate:,.0f}/s" for name, found in outcomes.items())
        print(f"round {number}/{given.rounds}  {rates}", flush=True)
    return outcomes


def medians(found: Sequence[Outcome]) -> tuple[float, float, float]:
    """Rate, p50 and p99, each the median of its own."""
    rates, p50s, p99s = zip(*((one.rate, one.p50, one.p99) for one in found), strict=True)
    return statistics.median(rates), statistics.median(p50s), statistics.median(p99s)


def report(outcomes: dict[str, list[Outcome]], given: argparse.Namespace) -> None:
    """Print the medians and the ratios, each ratio being the median of the rounds' own ratios."""
    generator = outcomes[JARING][0].generator
    print(
        f"\nmedian of {len(outcomes[JARING])} rounds, {given.connections} connections, {os.cpu_count()} cores,"
        f" {given.workers} worker{'s' if given.workers > 1 else ''} each, {generator}"
    )
    print(f"{'':<28} {'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8}")
    for name, found in outcomes.items():
        rate, p50, p99 = medians(found)
        print(f"{name:<28} {rate:>10,.0f} {p50:>8.2f} {p99:>8.2f}")
    for name in BASELINES:
        pairs = zip(outcomes[JARING], outcomes[name], strict=True)
        ratios = [mine.rate / other.rate for mine, other in pairs]
        middle = statistics.median(ratios)
        asked = f"; asked: at least {LEAST[name]}" if name in LEAST else ""
        print(f"jaring / {name}: {middle:.2f}  ({min(ratios):.2f} to {max(ratios):.2f}{asked})")


def at_half_load(ports: Mapping[str, int], taps: Sequence[Tap], rate: float, given: argparse.Namespace) -> None:
    """Load with half of `rate` by pauses, and print how far apart p50 and p99 are then.

    The bare redirect at the same load shows how much of that is the machine's and the generator's.
    """
    for name in (BARE, JARING):
        outcomes, pause = [], 2 * given.connections / rate
        for _ in range(given.rounds):
            outcome = load(ports[name], taps, connections=given.connections, seconds=given.seconds, pause=pause)
            # The answer takes a part of the time between two requests: the pause is made to fit what was reached.
            pause = max(0.001, pause * outcome.rate / (rate / 2))
            outcomes.append(outcome)
        reached, p50, p99 = medians(outcomes)
        asked = f"  (asked: under {MAX_SPREAD})" if name == JARING else ""
        print(
            f"at half that load, {name} ({reached:,.0f}/s): p50 {p50:.2f} ms, p99 {p99:.2f} ms,"
            f" {p99 / p50:.1f} times as long{asked}"
        )


def compare_stored(data: Path, database: str, port: int) -> bool:
    """Print whether exactly the clicks that were answered are stored."""
    keys = load_keys(None, data)
    outcome = load_exactly(port, TAPS["1 link"], connections=CONNECTIONS, requests=EXACT_REQUESTS)
    time.sleep(0.5)  # counters are written down with a delay of a tenth of a second
    with psycopg.connect(database) as connection:
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
    commits = _metric(port, 'jaring_taps_commits_total{table="clicks"}')
    print(f"{kept / commits:.1f} clicks a commit")
    return answered == stored and len(answered) == EXACT_REQUESTS and redirected == kept


def _database(data: Path) -> str:
    url = running_url(data / "postgres")
    if url is None:
        raise RuntimeError("the embedded PostgreSQL is not running")
    return psycopg_conninfo(url)


def _metric(port: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rpartition(" ")[2])
    raise RuntimeError(f"no metric {name}")


if __name__ == "__main__":
    main()
