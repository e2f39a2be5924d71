"""`jaring links` as separate processes: imports, exports, rejected sheets, interrupted and continued imports."""

import asyncio
import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.cli.links import ROWS_PER_CHUNK
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.url import psycopg_conninfo
from tests.factories.world import build_world

JARING = str(Path(sys.executable).with_name("jaring"))
HEADER = "campaign,source,name,content,slug"


@dataclass
class Operator:
    """An operator at the command line, with a separate database that contains the tests' world."""

    url: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JARING_", "PG"))}
        own = {
            "JARING_DATA": str(self.folder / "var"),
            "JARING_DATABASE_URL": psycopg_conninfo(self.url),
            "JARING_PUBLIC_URL": "https://jaring.example",
        }
        return {**inherited, **own}

    def sheet(self, *lines: str, header: str = HEADER) -> Path:
        path = self.folder / "sheet.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        return path

    def begin(self, *command: str | Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [JARING, "links", *map(str, command)],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str | Path) -> tuple[int, str, str]:
        """The exit code, standard output and standard error."""
        process = self.begin(*command)
        printed, complained = process.communicate()
        assert "Traceback" not in complained, complained
        return process.returncode, printed, complained

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(psycopg_conninfo(self.url), autocommit=True)

    def links(self) -> list[str]:
        """The names of the links there are, in their order."""
        with self.connect() as connection:
            return [str(name) for (name,) in connection.execute("SELECT name FROM links ORDER BY name")]


@pytest.fixture
async def operator(own_database: str, tmp_path: Path) -> Operator:
    engine = make_engine(own_database, pool_size=1, statement_timeout_seconds=15)
    async with make_sessions(engine)() as session, session.begin():
        await build_world(session, now=datetime.now(UTC))
    await engine.dispose()
    return Operator(own_database, tmp_path)


def rows(number: int) -> list[str]:
    return [f"bintara-jabar,ig,Link {place:04},c-{place},slug-{place}" for place in range(1, number + 1)]


async def test_imports_a_sheet_of_several_chunks(operator: Operator) -> None:
    number = 2 * ROWS_PER_CHUNK + 1
    sheet = operator.sheet(*rows(number))
    code, printed, complained = await asyncio.to_thread(operator.run, "import", sheet, "--dry-run")
    assert (code, printed) == (0, f"{number} links can be created. Nothing was imported.\n"), complained
    assert operator.links() == []
    code, printed, complained = await asyncio.to_thread(operator.run, "import", sheet, "--unit", "ID-JB")
    assert (code, printed) == (0, f"{number} links were created.\n"), complained
    assert operator.links() == [f"Link {place:04}" for place in range(1, number + 1)]
    with operator.connect() as connection:
        written = connection.execute(
            "SELECT DISTINCT actor_kind FROM audit_entries WHERE action = 'link.created'"
        ).fetchall()
    assert written == [("system",)]
    again = await asyncio.to_thread(operator.run, "import", sheet, "--unit", "ID-JB")
    assert again[:2] == (0, f"All {number} links of this file were already created. Nothing was imported.\n")
    assert len(operator.links()) == number


async def test_reports_every_invalid_row_before_the_first_is_stored(operator: Operator) -> None:
    good = rows(ROWS_PER_CHUNK)
    bad = [
        "bintara-jabar,instagrm,Bad,bio,",
        "bintara-jabar,ig,Bad,a&b,",
        "bintara-jabar,ig,Twice,bio,slug-1",
        "nowhere,ig,Bad,bio,",
    ]
    code, printed, complained = await asyncio.to_thread(operator.run, "import", operator.sheet(*good, *bad))
    assert (code, printed) == (1, "")
    for line in (
        'row 201, source: No channel that your units may use has the source or alias "instagrm". '
        'Did you mean "instagram"?',
        "row 202, content: Use at most 50 letters, digits, dots, hyphens and underscores, and start "
        "with a letter or digit.",
        "row 203, slug: Another link has or had this slug",
        "row 204, campaign: No campaign with this slug exists, or you may not see it.",
        "jaring: The sheet has 4 errors. Nothing was imported.",
    ):
        assert line in complained
    assert operator.links() == []
    # What the database alone knows is found as well, across chunks.
    code, printed, complained = await asyncio.to_thread(operator.run, "import", operator.sheet(*good, bad[2]))
    assert code == 1
    assert "row 201, slug: Another link has or had this slug" in complained
    assert operator.links() == []


@pytest.mark.parametrize(
    ("header", "line", "said"),
    [
        ("campaign,source,name,sauce", "a,b,c,d", "header, column 4: Unknown column sauce"),
        ("campaign,source", "a,b", "The column name is required."),
        (HEADER, 'bintara-jabar,ig,"open', "row 1: This is not valid CSV"),
        (HEADER, "", "The sheet has no rows below the header."),
    ],
)
async def test_refuses_what_is_no_sheet(operator: Operator, header: str, line: str, said: str) -> None:
    code, _, complained = await asyncio.to_thread(operator.run, "import", operator.sheet(line, header=header))
    assert code == 1
    assert said in complained


async def test_refuses_names_it_does_not_know(operator: Operator) -> None:
    sheet = operator.sheet(*rows(1))
    for command, said in (
        (("import", sheet, "--unit", "ID-XX"), "No unit has the code ID-XX"),
        (("import", operator.folder / "nowhere.csv"), "cannot be read (no such file or directory)"),
        (("import", sheet, "--unit", "ID-BA"), "row 1, campaign: No campaign with this slug exists"),
        (("export", "-", "--campaign", "nowhere"), "has no campaign with the slug nowhere"),
        (("export", operator.folder / "no" / "where.csv"), "cannot be written"),
    ):
        code, printed, complained = await asyncio.to_thread(operator.run, *command)
        assert (code, printed) == (1, "")
        assert said in complained


async def test_near_duplicates_can_be_confirmed(operator: Operator) -> None:
    lines = ["bintara-jabar,ig,One,reels-1,", "bintara-jabar,ig,Two,Rells 1,"]
    code, _, complained = await asyncio.to_thread(operator.run, "import", operator.sheet(*lines))
    assert code == 1
    assert 'row 2, content: "rells-1" looks like a misspelling of "reels-1"' in complained
    command = ("import", operator.sheet(*lines), "--keep-name", "rells-1")
    code, printed, complained = await asyncio.to_thread(operator.run, *command)
    assert (code, printed) == (0, "2 links were created.\n")
    assert "row 2, content: Spaces were replaced by hyphens: rells-1." in complained


@pytest.fixture
def halted(operator: Operator) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Blocks an import in its second chunk, after its check, until the connection releases the lock."""
    with operator.connect() as connection:
        connection.execute(
            """
            CREATE FUNCTION wait_in_second_chunk() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (SELECT FROM idempotency_records WHERE response_sealed IS NOT NULL) THEN
                    PERFORM pg_advisory_xact_lock(1);
                END IF;
                RETURN NEW;
            END $$
            """
        )
        connection.execute(
            "CREATE TRIGGER waiting BEFORE INSERT ON links FOR EACH ROW EXECUTE FUNCTION wait_in_second_chunk()"
        )
        connection.execute("SELECT pg_advisory_lock(1)")
        yield connection


def wait_until_held_up(connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
    while not connection.execute("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchall():
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_continues_after_it_was_stopped(
    operator: Operator, halted: "psycopg.Connection[tuple[Any, ...]]", how: signal.Signals
) -> None:
    number = 2 * ROWS_PER_CHUNK + 50
    # Without slugs of their own, nothing but the kept chunks keeps rows from being made twice.
    lines = [line.rpartition(",")[0] + "," for line in rows(number)]
    sheet = operator.sheet(*lines)
    process = operator.begin("import", sheet)
    await asyncio.to_thread(wait_until_held_up, halted)
    process.send_signal(how)
    _, complained = await asyncio.to_thread(process.communicate)
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert f"{ROWS_PER_CHUNK} links were created and stay. Repeat the command to continue." in complained
    else:
        assert process.returncode == -signal.SIGKILL
    halted.execute("SELECT pg_advisory_unlock(1)")
    halted.execute("DROP TRIGGER waiting ON links")
    assert operator.links() == [f"Link {place:04}" for place in range(1, ROWS_PER_CHUNK + 1)]

    code, printed, complained = await asyncio.to_thread(operator.run, "import", sheet)
    rest = number - ROWS_PER_CHUNK
    assert (code, printed) == (
        0,
        f"{rest} links were created in addition to {ROWS_PER_CHUNK} that were already created.\n",
    ), complained
    assert operator.links() == [f"Link {place:04}" for place in range(1, number + 1)]


async def test_a_sheet_that_was_exported_can_be_sent_back(operator: Operator) -> None:
    await asyncio.to_thread(operator.run, "import", operator.sheet(*rows(3)))
    target = operator.folder / "out.csv"
    await asyncio.to_thread(operator.run, "export", target)
    with target.open("a") as sheet:
        sheet.write(",,,bintara-jabar,ig,Link 0004\r\n")
    code, printed, complained = await asyncio.to_thread(operator.run, "import", target, "--dry-run")
    told = "3 rows were skipped because their links exist"
    assert (code, printed) == (0, f"1 links can be created. {told}. Nothing was imported.\n"), complained
    code, printed, complained = await asyncio.to_thread(operator.run, "import", target)
    assert (code, printed) == (0, f"1 links were created. {told}.\n"), complained
    assert operator.links() == [f"Link {place:04}" for place in range(1, 5)]


async def test_exports_to_a_file_and_to_standard_output(operator: Operator) -> None:
    await asyncio.to_thread(operator.run, "import", operator.sheet(*rows(3), "bintara-bali,ig,Bali,bio,bali"))
    target = operator.folder / "out.csv"
    target.write_text("before")
    code, printed, complained = await asyncio.to_thread(operator.run, "export", target, "--campaign", "bintara-jabar")
    assert (code, printed) == (0, "")
    assert "3 links were exported." in complained
    exported = target.read_bytes().decode("utf-8-sig")
    names = [row["name"] for row in csv.DictReader(io.StringIO(exported, newline=""))]
    assert sorted(names) == ["Link 0001", "Link 0002", "Link 0003"]
    assert [path.name for path in operator.folder.glob(".*")] == []
    code, printed, _ = await asyncio.to_thread(operator.run, "export", "-", "--unit", "ID-BA")
    assert code == 0
    (row,) = csv.DictReader(io.StringIO(printed.removeprefix("\ufeff")))
    assert (row["name"], row["short_url"]) == ("Bali", "https://jaring.example/bali")
