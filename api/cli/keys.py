"""The `jaring keys` commands."""

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from api.cli.database import current_database
from api.cli.errors import CommandError
from api.cli.sessions import in_transaction
from campaigns.access.operations import create_key, revoke_key
from campaigns.access.queries import list_keys
from campaigns.access.types import SYSTEM, Role
from campaigns.kit.settings import Settings
from campaigns.planning.models import Unit
from campaigns.planning.operations.units import create_root_unit
from campaigns.planning.queries import find_root_unit, find_unit_by_code, unit_codes

ROOT_CODE = "NATIONAL"


def make_key(*, role: str, name: str, unit_code: str | None, days: int) -> str:
    """Create a key; returns the text to print, the only place where the whole key appears."""
    if role not in set(Role):
        raise CommandError(f"Unknown role {role}. Allowed roles: {', '.join(Role)}")
    now = datetime.now(UTC)

    async def work(session: AsyncSession) -> tuple[Unit, str]:
        unit = await _unit(session, unit_code, now)
        _, secret = await create_key(
            session,
            actor=SYSTEM,
            name=name,
            role=Role(role),
            unit_id=unit.id,
            unit_path=unit.path,
            life=timedelta(days=days),
            now=now,
        )
        return unit, secret

    with current_database(Settings()) as url:
        unit, secret = in_transaction(url, work)
    return (
        f"Key of the role {role} for {unit.name} ({unit.code}), valid for {days} days. "
        f"It is not shown again:\n\n    {secret}\n\n"
        f"Send it as `Authorization: Bearer {secret[:10]}…`."
    )


async def _unit(session: AsyncSession, code: str | None, now: datetime) -> Unit:
    unit = await (find_root_unit(session) if code is None else find_unit_by_code(session, code=code))
    if unit is not None:
        return unit
    if code is not None:
        raise CommandError(f"No unit has the code {code}. `GET /v1/units` lists all units")
    # The first key of an empty database; everything else is then created over the API.
    return await create_root_unit(session, actor=SYSTEM, name="National", code=ROOT_CODE, allowed_hosts=[], now=now)


def key_table() -> str:
    """A table of all keys to print."""

    async def work(session: AsyncSession) -> list[list[str]]:
        codes = await unit_codes(session)
        return [
            [
                key.shown + "…",
                key.role,
                codes[key.unit_id],
                key.expires_at.date().isoformat(),
                "revoked" if key.revoked_at else "expired" if key.expires_at <= now else "valid",
                key.name,
            ]
            for key in await list_keys(session)
        ]

    now = datetime.now(UTC)
    with current_database(Settings()) as url:
        rows = [["KEY", "ROLE", "UNIT", "EXPIRES", "STATE", "NAME"], *in_transaction(url, work)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def revoke(beginning: str) -> str:
    """Revoke the key with this prefix; returns the text to print."""
    now = datetime.now(UTC)

    async def work(session: AsyncSession) -> str:
        return (await revoke_key(session, actor=SYSTEM, shown=beginning.rstrip("…"), now=now)).name

    with current_database(Settings()) as url:
        name = in_transaction(url, work)
    return f"Revoked {beginning} ({name})."
