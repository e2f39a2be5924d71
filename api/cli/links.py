"""The `jaring links` commands: sheets of any length, in and out, for the operator.

An import is checked as a whole before its first row is written, and then made in chunks of a transaction each. That a
chunk was made is kept in its own transaction (`kit.idempotency`), by the file's digest: the same file, started again
after whatever stopped it, goes on where it was and makes no link twice.
"""

import hashlib
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.cli.database import current_database
from api.cli.errors import CommandError
from api.cli.sessions import in_transaction, with_sessions
from campaigns.access.types import SYSTEM, Principal, Role
from campaigns.kit.database.dry_run import RunMode, dry_run
from campaigns.kit.database.engine import SessionFactory
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.encryption.master_key import prepare_keys
from campaigns.kit.errors import Conflict, FieldError, FieldPath, Invalid
from campaigns.kit.idempotency import begin_once, finish_once
from campaigns.kit.models import IdempotencyRecord
from campaigns.kit.settings import Settings
from campaigns.links.csv_sheets.export import sheet_parts
from campaigns.links.csv_sheets.format import SheetRow, read_sheet
from campaigns.links.operations.create import CreatedLinks
from campaigns.links.operations.import_rows import import_rows
from campaigns.links.queries import LinkFilters, matching_links
from campaigns.naming.types import NameIssue
from campaigns.planning.models import Campaign
from campaigns.planning.queries import find_root_unit, find_unit_by_code, subtree

ROWS_PER_CHUNK = 200
MAX_ERROR_LINES = 50
_NOTHING = "Nothing was imported"


@dataclass(frozen=True, slots=True)
class _Import:
    """One run of an import: its rows in chunks, and what its chunks are kept by."""

    url: str
    keys: KeyRing
    operator: Principal
    digest: str
    chunks: Sequence[Sequence[SheetRow]]
    keep_names: Collection[str]
    timezone: ZoneInfo

    @property
    def caller(self) -> str:
        return f"import:{self.operator.unit_id}"

    def key(self, number: int) -> str:
        return f"{self.digest}/{number}"


def import_sheet(path: Path, *, unit_code: str | None, keep_names: Collection[str], mode: RunMode) -> str:
    """Make the links of a sheet; returns the text to print. Raises CommandError after printing every fault by row."""
    settings = Settings()
    data = _read(path)
    try:
        rows = read_sheet(data)
    except Invalid as refused:
        raise _refusal(refused.fields, _NOTHING) from None
    with current_database(settings) as url:
        keys = prepare_keys(psycopg_conninfo(url), settings.master_key, settings.data)
        run = _Import(
            url=url,
            keys=keys,
            operator=in_transaction(url, lambda session: _operator(session, unit_code)),
            digest=hashlib.sha256(data).hexdigest(),
            chunks=[rows[start : start + ROWS_PER_CHUNK] for start in range(0, len(rows), ROWS_PER_CHUNK)],
            keep_names=keep_names,
            timezone=settings.zone,
        )
        made_before = in_transaction(url, lambda session: _made_before(session, run))
        waiting = [number for number in range(len(run.chunks)) if number not in made_before]
        number_waiting = sum(len(run.chunks[number]) for number in waiting)
        already = len(rows) - number_waiting
        if not waiting:
            return f"All {len(rows)} links of this file were already created. Nothing was imported."
        errors, corrections, skipped_rows = _check(run, waiting)
        if errors:
            raise _refusal(errors, f"{already} of {len(rows)} links were already created" if already else _NOTHING)
        for issue in corrections:
            typer.echo(_located(issue.path, issue.detail), err=True)
        there = f". {skipped_rows} rows were skipped because their links exist" if skipped_rows else ""
        if mode is RunMode.DRY:
            return f"{number_waiting - skipped_rows} links can be created{there}. Nothing was imported."
        made = _make(run, waiting)
    before = f" in addition to {already} that were already created" if already else ""
    return f"{made} links were created{before}{there}."


def export_sheet(path: Path, *, unit_code: str | None, campaign_slug: str | None) -> str:
    """Write a sheet of links; returns the text to print."""
    settings = Settings()

    async def work(sessions: SessionFactory) -> int:
        async with sessions() as session:
            operator = await _operator(session, unit_code)
            filters = LinkFilters(campaign_id=await _campaign_id(session, operator, campaign_slug))
            matching = await matching_links(session, operator, filters)
            counted = select(func.count()).select_from(matching.subquery())
            expected, written = (await session.exec(counted)).one(), 0
        base, timezone = settings.short_link_base, settings.zone
        parts = sheet_parts(sessions, operator, filters=filters, short_link_base=base, timezone=timezone)
        with _replaced(path) as file, typer.progressbar(length=expected, label="Exporting", file=sys.stderr) as bar:
            async for text, number in parts:
                file.write(text)
                written += number
                bar.update(number)
        return written

    with current_database(settings) as url:
        number = with_sessions(url, work)
    return f"{number} links were exported."


def _check(run: _Import, waiting: Sequence[int]) -> tuple[list[FieldError], list[NameIssue], int]:
    """What is wrong with the chunks that wait, what is mended in them, and how many rows are links there are already.

    The database does the work and undoes it.
    """
    now = datetime.now(UTC)
    errors: list[FieldError] = []
    corrections: list[NameIssue] = []
    skipped_rows = 0

    async def check(session: AsyncSession, number: int) -> None:
        nonlocal skipped_rows
        try:
            async with session.begin_nested():
                imported = await _import_chunk(session, run, number, now, RunMode.DRY)
            corrections.extend(imported.corrections)
            skipped_rows += len(imported.skipped_rows)
        except (Invalid, Conflict) as refused:
            errors.extend(refused.fields)
            if not refused.fields:
                raise

    async def work(session: AsyncSession) -> None:
        # All in one transaction, so that the chunks see each other's names and slugs.
        async with dry_run(session):
            with _progress(run, waiting, "Checking") as chunks:
                for number in chunks:
                    await check(session, number)

    in_transaction(run.url, work)
    return errors, corrections, skipped_rows


def _make(run: _Import, waiting: Sequence[int]) -> int:
    """Make the chunks that wait, each in a transaction of its own that also keeps that it was made; how many links."""
    made = 0

    def work_on(number: int, now: datetime) -> int:
        async def work(session: AsyncSession) -> int:
            key = run.key(number)
            rows = repr([(row.number, sorted(row.cells.items())) for row in run.chunks[number]]).encode()
            answer = await begin_once(session, keys=run.keys, caller=run.caller, key=key, request=rows, now=now)
            if answer is not None:
                return len(run.chunks[number])  # another run of the same import was faster
            imported = await _import_chunk(session, run, number, now, RunMode.REAL)
            await finish_once(session, keys=run.keys, caller=run.caller, key=key, response=b"made")
            return len(imported.links)

        return in_transaction(run.url, work)

    try:
        with _progress(run, waiting, "Creating") as chunks:
            for number in chunks:
                made += work_on(number, datetime.now(UTC))
    except KeyboardInterrupt:
        typer.echo(f"\n{made} links were created and stay. Repeat the command to continue.", err=True)
        raise
    except (Invalid, Conflict) as refused:
        # Somebody else took a slug or closed a campaign since the check.
        said = f"{made} links were created and stay. Correct the sheet and remove their rows before you import it again"
        raise _refusal(refused.fields or [FieldError((), refused.detail)], said) from None
    return made


async def _import_chunk(session: AsyncSession, run: _Import, number: int, now: datetime, mode: RunMode) -> CreatedLinks:
    return await import_rows(
        session,
        run.operator,
        rows=run.chunks[number],
        keep_names=run.keep_names,
        mode=mode,
        timezone=run.timezone,
        now=now,
    )


async def _made_before(session: AsyncSession, run: _Import) -> set[int]:
    """The numbers of the chunks that an earlier run of the same import has made."""
    numbers = {run.key(number): number for number in range(len(run.chunks))}
    statement = select(IdempotencyRecord.key).where(
        col(IdempotencyRecord.caller) == run.caller, col(IdempotencyRecord.key).in_(numbers)
    )
    return {numbers[key] for key in (await session.exec(statement)).all()}


async def _operator(session: AsyncSession, unit_code: str | None) -> Principal:
    """Whoever works at the command line, as an administrator of the unit."""
    unit = await (find_root_unit(session) if unit_code is None else find_unit_by_code(session, code=unit_code))
    if unit is None:
        raise CommandError(f"No unit has the code {unit_code}" if unit_code else "There is no unit yet")
    return Principal(actor=SYSTEM, role=Role.ADMINISTRATOR, unit_id=unit.id, unit_path=unit.path)


async def _campaign_id(session: AsyncSession, operator: Principal, slug: str | None) -> UUID | None:
    if slug is None:
        return None
    statement = select(Campaign.id).where(Campaign.slug == slug, col(Campaign.unit_id).in_(subtree(operator)))
    found = (await session.exec(statement)).first()
    if found is None:
        raise CommandError(f"The unit has no campaign with the slug {slug}")
    return found


@contextmanager
def _progress(run: _Import, waiting: Sequence[int], label: str) -> Iterator[Iterator[int]]:
    """The numbers of the chunks, with a bar that grows by the rows of those that are done."""
    total = sum(len(run.chunks[number]) for number in waiting)
    with typer.progressbar(length=total, label=label, file=sys.stderr) as bar:

        def each() -> Iterator[int]:
            for number in waiting:
                yield number
                bar.update(len(run.chunks[number]))

        yield each()


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    """A file to write that takes the place of the one at the path when all is written; - is standard output."""
    if str(path) == "-":
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Whoever exports decides who else may read it.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({(error.strerror or '').lower()})") from None
    try:
        with file:
            yield file
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({(error.strerror or '').lower()})") from None


def _refusal(errors: Sequence[FieldError], said: str) -> CommandError:
    """Print each error on a line; the CommandError to raise."""
    for error in errors[:MAX_ERROR_LINES]:
        typer.echo(_located(error.path, error.detail), err=True)
    if len(errors) > MAX_ERROR_LINES:
        typer.echo(f"and {len(errors) - MAX_ERROR_LINES} more", err=True)
    return CommandError(f"The sheet has {len(errors)} error{'s' if len(errors) > 1 else ''}. {said}")


def _located(path: FieldPath, detail: str) -> str:
    """The detail after its place in the sheet, such as `row 7, content`; columns of the header count from 1."""
    match path:
        case ("rows", row, column):
            return f"row {row}, {column}: {detail}"
        case ("rows", row):
            return f"row {row}: {detail}"
        case ("header", int(place)):
            return f"header, column {place + 1}: {detail}"
    return detail
