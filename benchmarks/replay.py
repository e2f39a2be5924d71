"""What the bot rules make of real traffic: a web server's log, tapped line by line on the real server's short links.

    python -m benchmarks.replay [FILE]        (Apache's combined format; without FILE ../shared/data/access.log)

Starts `jaring serve --demo`, sends every line (its method, agent, referrer and address), compares what was answered
with what is stored and with what the API says, and prints who came. The exit code is 1 if they differ.

A log leaves three things out, and the printout says so. It has no Accept headers: sent are those that the verdict on
the agent expects, so whoever left them out is taken for a person. Its days pass within seconds: bursts that only this
haste makes are a column of their own, beside their number by the log's clock. Its pages are no short links: each
stands for one of the demo's, always the same, and a page's pictures and scripts are taps like the page itself.
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
# So that the address of a line, forwarded by this process, is the visitor's, and nobody's real database is used.
ENVIRONMENT = {"JARING_TRUSTED_PROXIES": "127.0.0.0/8", "JARING_DATABASE_URL": ""}
SLUGS = [row[0] for row in LINKS]
CONNECTIONS = 16
PATIENCE_SECONDS = 30.0

# Address, moment, method, page without query, referrer, agent; the last quote is missing where a line was cut off.
_LINE = re.compile(r'(\S+) \S+ \S+ \[(.+?)\] "(\w+) ([^\s?"]*).*?" \d+ \S+ "(.*?)" "(.*?)"?')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
# No language is named, since the log knows none; without https nobody expects Sec-Fetch-Mode.
_ACCEPTS = {
    RequestFlag.ACCEPT: "Accept: */*\r\n",
    RequestFlag.LANGUAGE: "Accept-Language: *\r\n",
    RequestFlag.ENCODING: "Accept-Encoding: gzip, deflate\r\n",
}

# What is printed: column and condition for `breakdown`, and the most rows. The API has DIMENSIONS too.
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
    """One request of the log; `agent` and `referrer` are empty where the header was absent."""

    address: str
    moment: datetime
    method: str
    slug: str
    referrer: str
    agent: str


class Taps(NamedTuple):
    """How the taps of a group count; the API counts bursts as filtered."""

    people: int
    bursts: int
    previews: int
    filtered: int


class Outcome(NamedTuple):
    """What came of a replay: answers by status, rows by table, and the dimensions in which the API says otherwise."""

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
    """The requests of a log in its order, and the number of its lines that are none."""
    found = [_LINE.fullmatch(text) for text in path.read_text("latin-1").splitlines()]
    lines = []
    for address, moment, method, page, *headers in (match.groups() for match in found if match):
        referrer, agent = ("" if header == "-" else header for header in headers)
        slug = SLUGS[crc32(page.encode()) % len(SLUGS)]
        when = datetime.strptime(moment, "%d/%b/%Y:%H:%M:%S %z")
        lines.append(Line(address, when, method, slug, referrer, agent))
    return lines, len(found) - len(lines)


def bursts_by_the_log(lines: list[Line]) -> int:
    """How many of people's taps are in bursts (`campaigns.clicks.bots.bursts`) at the times that the log tells."""
    moments: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for line in lines:
        if line.method == "GET" and not verdict_of(line.agent).reasons:
            moments[line.address, line.agent, line.slug].append(line.moment)
    number = 0
    for tapped in map(sorted, moments.values()):
        starts = [place for place, end in enumerate(tapped[MAX_TAPS:]) if end - tapped[place] <= WITHIN]
        number += len({tap for place in starts for tap in range(place, place + MAX_TAPS + 1)})
    return number


def replay(lines: list[Line], *, port: int, data: Path) -> Outcome:
    """Send the lines to a running `jaring serve --demo` with ENVIRONMENT, and read what came of them."""
    key = json.loads((data / "demo-keys.json").read_text())["marketer"]
    # To the millisecond, as taps have it. What is older is the demo's own.
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
    # All requests of an address take one connection, so that they stay in order.
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
    """The number of taps stored once it is the expected one: a slow database has them in the journal for a while."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        ((number,),) = connection.execute("SELECT count(*) FROM clicks WHERE clicked_at >= %s", (since,)).fetchall()
        if number >= expected or time.monotonic() > deadline:
            return int(number)
        time.sleep(0.1)


async def _mark_bursts(database: str, since: datetime) -> None:
    """Do at once what the server does within a minute, so that no figure changes while it is read."""
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await lock_marking(connection)
        await mark_bursts(connection, since=since, until=datetime.now(UTC) + timedelta(seconds=1))


def breakdown(connection: psycopg.Connection, since: datetime, column: str, only: str) -> dict[str, Taps]:
    """How the taps since then count, by the values of a column, the most frequent first."""
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
    """What the API says of the replay's day, and of the next one in case that midnight passes."""
    days = {"from": f"{since:%Y-%m-%d}", "to": f"{since + timedelta(days=1):%Y-%m-%d}"}
    query = {"metrics": METRICS, "dimensions": [dimension], "date_range": days, "timezone": "UTC"}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{port}/v1/statistics/query"
    request = urllib.request.Request(address, json.dumps(query).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return _figures((row["dimensions"][0], *row["metrics"]) for row in json.load(answer)["results"])


def report(lines: list[Line], unreadable: int, outcome: Outcome) -> None:
    """Print what was sent, whether it all arrived, what the figures cannot tell, and the figures."""
    begins, ends = (f"{choose(line.moment for line in lines):%d %b %Y}" for choose in (min, max))
    answered = ", ".join(f"{number:,} with {status}" for status, number in outcome.answers.most_common())
    api = f"DIFFERS in {', '.join(outcome.differing)}" if outcome.differing else "has the same figures"
    expected = sum(bool(verdict_of(line.agent).expects) for line in lines)
    total = Taps(*(sum(column) for column in zip(*outcome.tables["bot_reason"].values(), strict=True)))
    print(f"sent      {len(lines):,} requests, {begins} to {ends}, in {outcome.seconds:.1f} s; {unreadable} unreadable")
    print(f"answered  {answered} (200: previews; 405: neither GET nor HEAD, no taps)")
    print(f"stored    {outcome.stored:,} of {outcome.taps:,} taps; the API {api}")
    print(f"links     Each page, picture and script of the log stands for one of {len(SLUGS)}, always the same.")
    print("headers   The log tells agent and referrer only, so languages are absent. Accept headers were added where")
    print(
        f"          bot rules {RULES_VERSION} expect them ({expected:,} requests), so nobody can fail that rule here."
    )
    print(f"bursts    Days pass within seconds: {total.bursts:,} people's taps are over {MAX_TAPS} on a link in")
    print(f"          {WITHIN.seconds} s. At the log's own times it would be {bursts_by_the_log(lines):,}.\n")
    print("".join(f"{name:>9}" for name in ("all", *Taps._fields)))
    _print_row(total, "taps")
    print("".join(f"{number / max(sum(total), 1):>9.1%}" for number in (sum(total), *total)))
    for name, (_, _, most) in TABLES.items():
        print(f"\n{'':<46} {name}")
        for value, taps in list(outcome.tables[name].items())[:most]:
            _print_row(taps, value)


def _print_row(taps: Taps, name: str) -> None:
    # Browsers differ at the end of their agents, and robots often say there what they are.
    half = MAX_NAME_LENGTH // 2
    shown = name if len(name) <= MAX_NAME_LENGTH else f"{name[:half]}…{name[1 - half :]}"
    print("".join(f"{number:>9,}" for number in (sum(taps), *taps)), f" {shown}")


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
