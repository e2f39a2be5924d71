"""Replay a web server's log as taps on the real server, to see how the bot rules classify real traffic.

    python -m benchmarks.replay [FILE]        (Apache's combined format; without FILE ../shared/data/access.log)

Starts `jaring serve --demo`, sends every line (its method, agent, referrer and address), compares the responses with
the stored taps and with the API's statistics, and prints the figures. The exit code is 1 if they differ.

A log has three limits, which are printed too. It has no Accept headers: the replay sends those that the agent's
classification expects, so a robot that omitted them counts as a person. Its days pass within seconds: the bursts caused
by that are a separate column, with their number by the log's own times. Its pages are not short links: each page,
picture and script is mapped to one of the demo's links.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import psycopg

from api.cli.demo.data import LINKS
from benchmarks.redirects import free_port, started
from campaigns.attribution.types import NOT_SET
from campaigns.clicks.bots.bursts import MAX_TAPS, WITHIN, lock_marking, mark_bursts
from campaigns.clicks.bots.classifier import RULES_VERSION, classify_user_agent
from campaigns.clicks.bots.reasons import ORDER_OF_REASONS, reasons_sql, word_of
from campaigns.clicks.types import BotReason, RequestFlag
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.attach import running_url

LOG = Path(__file__).resolve().parents[2] / "shared" / "data" / "access.log"
# The server trusts this process as a proxy, so that a line's address is the visitor's, and uses a new database.
ENVIRONMENT = {"JARING_TRUSTED_PROXIES": "127.0.0.0/8", "JARING_DATABASE_URL": ""}
SLUGS = [row[0] for row in LINKS]
CONNECTIONS = 16
PATIENCE_SECONDS = 30.0

# Address, time, method, page without query, referrer, agent. The last quote is missing in truncated lines.
_LINE = re.compile(r'(\S+) \S+ \S+ \[(.+?)\] "(\w+) ([^\s?"]*).*?" \d+ \S+ "(.*?)" "(.*?)"?')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
# No language, since the log has none; Sec-Fetch-Mode is expected with https only.
_ACCEPTS = {
    RequestFlag.ACCEPT: "Accept: */*\r\n",
    RequestFlag.LANGUAGE: "Accept-Language: *\r\n",
    RequestFlag.ENCODING: "Accept-Encoding: gzip, deflate\r\n",
}

# The printed tables: column and condition for `breakdown`, and maximum of rows. The API has DIMENSIONS too.
_REASON = " ".join(f"WHEN reasons & {one.value} <> 0 THEN '{word_of(one)}'" for one in ORDER_OF_REASONS)
TABLES = {
    "bot_reason": (f"CASE {_REASON} END", "true", 9),
    "device": ("device", "true", 4),
    "country": ("country", "true", 5),
    "network": ("network", "true", 9),
    "referrers of no network": ("referrer_host", "network IS NULL AND referrer_host IS NOT NULL", 5),
    "agents of people": ("agent", "agent_reasons = 0", 10),
    "agents of crawlers": ("agent", f"agent_reasons = {BotReason.CRAWLER.value}", 10),
    "automated agents": ("agent", f"agent_reasons = {BotReason.AUTOMATED.value}", 10),
    "agents of previews": ("agent", f"agent_reasons = {BotReason.PREVIEW.value}", 10),
}
DIMENSIONS = ("bot_reason", "device", "country", "network")
METRICS = ("clicks", "previews", "filtered_taps")
MAX_NAME_LENGTH = 72
Figures = Counter[tuple[str, str]]

verdict_of = lru_cache(10_000)(classify_user_agent)


class Line(NamedTuple):
    """One request of the log; `agent` and `referrer` are empty if the header was absent."""

    address: str
    moment: datetime
    method: str
    slug: str
    referrer: str
    agent: str


class Taps(NamedTuple):
    """The taps of a group by how they are counted; the API counts bursts as filtered."""

    people: int
    bursts: int
    previews: int
    filtered: int


class Outcome(NamedTuple):
    """The result of a replay: responses by status, rows by table, and the dimensions in which the API differs."""

    seconds: float
    answers: Counter[int]
    stored: int
    tables: dict[str, dict[str, Taps]]
    differing: list[str]

    @property
    def taps(self) -> int:
        return self.answers[302] + self.answers[200]

    @property
    def well(self) -> bool:
        return self.stored == self.taps and set(self.answers) <= {302, 200, 405} and not self.differing


def read_log(path: Path) -> tuple[list[Line], int]:
    """The requests of a log in order, and the number of unreadable lines."""
    found = [_LINE.fullmatch(text) for text in path.read_text("latin-1").splitlines()]
    lines = []
    for address, moment, method, page, *headers in (match.groups() for match in found if match):
        referrer, agent = ("" if header == "-" else header for header in headers)
        slug = SLUGS[crc32(page.encode()) % len(SLUGS)]
        when = datetime.strptime(moment, "%d/%b/%Y:%H:%M:%S %z")
        lines.append(Line(address, when, method, slug, referrer, agent))
    return lines, len(found) - len(lines)


def bursts_by_the_log(lines: list[Line]) -> int:
    """The number of people's taps in bursts (`campaigns.clicks.bots.bursts`) at the log's own times."""
    taps: dict[tuple[str, str], list[tuple[datetime, bool]]] = defaultdict(list)
    for line in lines:
        is_person = line.method == "GET" and not verdict_of(line.agent).reasons
        taps[line.address, line.slug].append((line.moment, is_person))
    number = 0
    for tapped in map(sorted, taps.values()):
        starts = [place for place, (end, _) in enumerate(tapped[MAX_TAPS:]) if end - tapped[place][0] <= WITHIN]
        in_burst = {tap for place in starts for tap in range(place, place + MAX_TAPS + 1)}
        number += sum(tapped[tap][1] for tap in in_burst)
    return number


def replay(lines: list[Line], *, port: int, data: Path) -> Outcome:
    """Send the lines to a running `jaring serve --demo` with ENVIRONMENT, and read the result."""
    key = json.loads((data / "demo-keys.json").read_text())["marketer"]
    # In milliseconds, as the times of taps. Older taps are those of the demo.
    since = datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)
    before = {name: _api_figures(port, key, name, since) for name in DIMENSIONS}
    begun = time.monotonic()
    answers = asyncio.run(_send_all(lines, port))
    seconds = time.monotonic() - begun
    database = psycopg_conninfo(running_url(data / "postgres") or "")
    with psycopg.connect(database, autocommit=True) as connection:
        stored = _wait_until_stored(connection, since, answers[302] + answers[200])
        asyncio.run(_mark_bursts(database, since))
        tables = {name: breakdown(connection, since, column, only) for name, (column, only, _) in TABLES.items()}
    differing = []
    for name in DIMENSIONS:
        counted = _figures((value, t.people, t.previews, t.bursts + t.filtered) for value, t in tables[name].items())
        if before[name] + counted != _api_figures(port, key, name, since):
            differing.append(name)
    return Outcome(seconds, answers, stored, tables, differing)


async def _send_all(lines: list[Line], port: int) -> Counter[int]:
    # All requests of an address use one connection, so that they stay in order.
    lanes: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        lanes[crc32(line.address.encode()) % CONNECTIONS].append(line)
    return sum(await asyncio.gather(*(_send(lane, port) for lane in lanes.values())), Counter())


async def _send(lines: list[Line], port: int) -> Counter[int]:
    answers: Counter[int] = Counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for line in lines:
        async with asyncio.timeout(PATIENCE_SECONDS):
            writer.write(_request(line))
            head = await reader.readuntil(b"\r\n\r\n")
            if line.method != "HEAD" and (length := _LENGTH.search(head)):
                await reader.readexactly(int(length[1]))
        answers[int(head.split(b" ", 2)[1])] += 1
    writer.close()
    await writer.wait_closed()
    return answers


def _request(line: Line) -> bytes:
    text = f"{line.method} /{line.slug} HTTP/1.1\r\nHost: replay\r\nX-Forwarded-For: {line.address}\r\n"
    text += f"User-Agent: {line.agent}\r\n" if line.agent else ""
    text += f"Referer: {line.referrer}\r\n" if line.referrer else ""
    text += "".join(header for bit, header in _ACCEPTS.items() if bit in verdict_of(line.agent).expects)
    return f"{text}Content-Length: 0\r\n\r\n".encode("latin-1")


def _wait_until_stored(connection: psycopg.Connection, since: datetime, expected: int) -> int:
    """Wait for the expected number of stored taps, which may still be in the journal; returns their number."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        ((number,),) = connection.execute("SELECT count(*) FROM clicks WHERE clicked_at >= %s", (since,)).fetchall()
        if number >= expected or time.monotonic() > deadline:
            return int(number)
        time.sleep(0.1)


async def _mark_bursts(database: str, since: datetime) -> None:
    """Mark bursts now, as the server does within a minute, so that figures do not change while they are read."""
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await lock_marking(connection)
        await mark_bursts(connection, since=since, until=datetime.now(UTC) + timedelta(seconds=1))


def breakdown(connection: psycopg.Connection, since: datetime, column: str, only: str) -> dict[str, Taps]:
    """The counts of taps since then for each value of a column, the most frequent first."""
    burst, preview = BotReason.BURST.value, f"reasons & {BotReason.PREVIEW.value} <> 0"
    statement = f"""
        SELECT coalesce({column}, '{NOT_SET}'), count(*) FILTER (WHERE reasons = 0),
            count(*) FILTER (WHERE reasons = {burst}), count(*) FILTER (WHERE {preview}),
            count(*) FILTER (WHERE reasons NOT IN (0, {burst}) AND NOT {preview})
        FROM (
            SELECT {reasons_sql()} AS reasons, agents.reasons AS agent_reasons, text AS agent, clicks.*, device
            FROM clicks LEFT JOIN agents ON agents.id = agent_id WHERE clicked_at >= %s
        ) AS taps
        WHERE {only} GROUP BY 1 ORDER BY count(*) DESC, 1"""
    return {value: Taps(*taps) for value, *taps in connection.execute(statement.encode(), (since,)).fetchall()}


def _figures(groups: Iterable[tuple[str, int, int, int]]) -> Figures:
    return +Counter({(value, name): n for value, *metrics in groups for name, n in zip(METRICS, metrics, strict=True)})


def _api_figures(port: int, key: str, dimension: str, since: datetime) -> Figures:
    """The API's figures for the day of the replay, and for the next day in case midnight passes."""
    days = {"from": f"{since:%Y-%m-%d}", "to": f"{since + timedelta(days=1):%Y-%m-%d}"}
    query = {"metrics": METRICS, "dimensions": [dimension], "date_range": days, "timezone": "UTC"}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{port}/v1/statistics/query"
    request = urllib.request.Request(address, json.dumps(query).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return _figures((row["dimensions"][0], *row["metrics"]) for row in json.load(answer)["results"])


def report(lines: list[Line], unreadable: int, outcome: Outcome) -> None:
    """Print what was sent, whether all of it was stored, the limits of the figures, and the figures."""
    begins, ends = (f"{choose(line.moment for line in lines):%d %b %Y}" for choose in (min, max))
    answered = ", ".join(f"{number:,} with {status}" for status, number in outcome.answers.most_common())
    api = f"DIFFERS in {', '.join(outcome.differing)}" if outcome.differing else "has the same figures"
    expected = sum(bool(verdict_of(line.agent).expects) for line in lines)
    total = Taps(*(sum(column) for column in zip(*outcome.tables["bot_reason"].values(), strict=True)))
    print(f"sent      {len(lines):,} requests, {begins} to {ends}, in {outcome.seconds:.1f} s; {unreadable} unreadable")
    print(f"answered  {answered} (200: previews; 405: neither GET nor HEAD, no taps)")
    print(f"stored    {outcome.stored:,} of {outcome.taps:,} taps; the API {api}")
    print(f"links     Each page, picture and script of the log is mapped to one of {len(SLUGS)} links.")
    print("headers   The log has agent and referrer only, so languages are missing. Accept headers were added where")
    print(f"          bot rules {RULES_VERSION} expect them ({expected:,} requests), so no tap is implausible here.")
    print(f"bursts    Days pass within seconds: {total.bursts:,} people's taps are in bursts (over {MAX_TAPS} in")
    print(f"          {WITHIN.seconds} s); by the log's own times it would be {bursts_by_the_log(lines):,}.\n")
    print("".join(f"{name:>9}" for name in ("all", *Taps._fields)))
    _print_row(total, "taps")
    print("".join(f"{number / max(sum(total), 1):>9.1%}" for number in (sum(total), *total)))
    for name, (_, _, most) in TABLES.items():
        print(f"\n{'':<46} {name}")
        for value, taps in list(outcome.tables[name].items())[:most]:
            _print_row(taps, value)


def _print_row(taps: Taps, name: str) -> None:
    # Agents often differ at the end, and robots often give their name there.
    half = MAX_NAME_LENGTH // 2
    short = name if len(name) <= MAX_NAME_LENGTH else f"{name[:half]}…{name[1 - half :]}"
    print("".join(f"{number:>9,}" for number in (sum(taps), *taps)), f" {short}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=LOG, metavar="FILE")
    file = parser.parse_args().file
    if not file.is_file():
        print(f"There is no {file.name} to replay.")
        return
    lines, unreadable = read_log(file)
    if not lines:
        sys.exit(f"No line of {file.name} is in Apache's combined format.")
    with tempfile.TemporaryDirectory(prefix="jaring-replay-") as folder:
        data, port = Path(folder) / "var", free_port()
        environment = {**ENVIRONMENT, "JARING_DATA": str(data), "JARING_PORT": str(port)}
        jaring = [str(Path(sys.executable).with_name("jaring")), "serve", "--demo"]
        with started(jaring, f"http://127.0.0.1:{port}/{SLUGS[0]}", environment):
            outcome = replay(lines, port=port, data=data)
    report(lines, unreadable, outcome)
    sys.exit(0 if outcome.well else 1)


if __name__ == "__main__":
    main()
