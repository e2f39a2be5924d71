"""A person's data in any part of a request is in no table, file, log or metric afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from prometheus_client import REGISTRY, generate_latest
from structlog.testing import capture_logs

from campaigns.clicks.journal.failover import Failover
from tests.redirect.taps import Taps

# A name, an e-mail address, a telephone number, an identity number and a birth date; each as nobody else's.
CANARIES = ("zqxwvcanarian", "kanari.zq@mail.example", "081298760123", "3273015407060987", "2006-07-14")
TABLES = ("clicks", "orphan_taps", "agents", "tap_losses", "watermarks", "events", "audit_entries")
HEADERS = (
    "user-agent",
    "referer",
    "accept-language",
    "accept",
    "cookie",
    "authorization",
    "purpose",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "x-requested-with",
    "x-forwarded-for",
    "x-forwarded-proto",
    "forwarded",
    "from",
    "x-anything",
)
PATHS = (
    "/abc?{}",
    "/abc?{}=1",
    "/abc?nama={}&email={}",
    "/abc?utm_source={}&utm_id={}&keyword={}&placement={}&fbclid={}&via={}",
    "/abc?redirect=https%3A%2F%2Fdaftar.example%2F%3Fnama%3D{}",
    "/{}",
    "/abc-{}",
    "/{}-abc",
    "/abc/{}",
)


async def send_all(taps: Taps) -> None:
    await taps.client.get("/abc")
    for canary in CANARIES:
        for path in PATHS:
            await taps.client.get(path.replace("{}", canary))
        for header in HEADERS:
            for value in (canary, f"Mozilla/5.0 ({canary}) x/1.0 {canary}", f"https://x.example/{canary}?q={canary}"):
                await taps.client.get("/abc", headers={header: value})
        # The host of a site is stored, so that of a name is; a number is not.
        if canary[0].isdigit():
            await taps.client.get("/abc", headers={"referer": f"https://{canary}.example/"})
        await taps.client.get("/unknown", headers=dict.fromkeys(HEADERS, canary))


def found_in(text: str) -> list[str]:
    digits = ("98760123", "07060987")
    return [canary for canary in (*CANARIES, *digits, "kanari.zq") if canary in text.lower()]


@pytest.mark.parametrize("is_postgresql_there", [True, False])
async def test_nothing_of_it_stays(
    taps: Taps, fallback: Failover, tmp_path: Path, capfd: pytest.CaptureFixture[str], is_postgresql_there: bool
) -> None:
    with capture_logs() as logged:
        if not is_postgresql_there:
            fallback.switch_to_journal()
        await send_all(taps)
    async with await psycopg.AsyncConnection.connect(taps.conninfo) as connection:
        for table in TABLES:
            cursor = await connection.execute(f"SELECT {table}::text FROM {table}".encode())
            stored = [str(row[0]) for row in await cursor.fetchall()]
            assert found_in("\n".join(stored)) == [], table
            assert stored or table not in ("clicks", "agents", "orphan_taps")
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert found_in(file.read_bytes().decode("latin-1")) == [], file.name
    printed = capfd.readouterr()
    assert found_in("\n".join((printed.out, printed.err, str(logged), generate_latest(REGISTRY).decode()))) == []


def test_what_is_searched_would_be_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "one.sqlite")) as database, database:
        database.execute("CREATE TABLE one (text TEXT)")
        database.execute("INSERT INTO one VALUES (?)", (" ".join(CANARIES),))
    assert len(found_in((tmp_path / "one.sqlite").read_bytes().decode("latin-1"))) == len(CANARIES) + 3
