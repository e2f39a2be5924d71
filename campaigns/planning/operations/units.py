"""Create units; `updates` holds their update."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Actor, ObjectType, Principal
from campaigns.kit.database.writes import insert_row
from campaigns.kit.errors import Conflict, FieldError, collect_errors, raise_if_any
from campaigns.kit.ids import new_id
from campaigns.kit.web_url import parse_host_pattern
from campaigns.naming.templates import CONTENT_PLACEHOLDERS, TERM_PLACEHOLDERS, require_utm_template
from campaigns.planning.models import Unit
from campaigns.planning.queries import get_unit
from campaigns.planning.rules import require_parent_kind, unit_path
from campaigns.planning.types import UnitChanges, UnitKind


async def create_root_unit(
    session: AsyncSession, *, actor: Actor, name: str, code: str, allowed_hosts: list[str], now: datetime
) -> Unit:
    """Create the national unit; raises Conflict if it exists."""
    return await _insert(session, actor, None, UnitKind.NATIONAL, name, code, allowed_hosts, now)


async def create_unit(
    session: AsyncSession,
    principal: Principal,
    *,
    parent_id: UUID,
    kind: UnitKind,
    name: str,
    code: str,
    allowed_hosts: list[str],
    now: datetime,
) -> Unit:
    """Create a unit below a unit of the caller's subtree; raises NotFound, Invalid, or Conflict (`unit-code-taken`)."""
    parent = await get_unit(session, principal, unit_id=parent_id)
    require_parent_kind(kind, UnitKind(parent.kind))
    return await _insert(session, principal, parent, kind, name, code, allowed_hosts, now)


def normalize_unit_changes(changes: UnitChanges) -> UnitChanges:
    """The changes with normalised host lists and templates, as stored; raises Invalid."""
    errors: list[FieldError] = []
    normalized: UnitChanges = {**changes}
    with collect_errors(errors):
        if "allowed_hosts" in changes:
            normalized["allowed_hosts"] = _folded_hosts(changes["allowed_hosts"])
    with collect_errors(errors):
        if (template := changes.get("term_template")) is not None:
            normalized["term_template"] = require_utm_template(template, TERM_PLACEHOLDERS, path=("term_template",))
    with collect_errors(errors):
        if (template := changes.get("content_template")) is not None:
            normalized["content_template"] = require_utm_template(
                template, CONTENT_PLACEHOLDERS, path=("content_template",)
            )
    raise_if_any(errors)
    return normalized


def _folded_hosts(hosts: list[str]) -> list[str]:
    folded = [parse_host_pattern(host, path=("allowed_hosts", place)) for place, host in enumerate(hosts)]
    return list(dict.fromkeys(folded))


async def _insert(
    session: AsyncSession,
    by: Principal | Actor,
    parent: Unit | None,
    kind: UnitKind,
    name: str,
    code: str,
    allowed_hosts: list[str],
    now: datetime,
) -> Unit:
    unit_id = new_id()
    unit = Unit(
        id=unit_id,
        parent_id=parent.id if parent else None,
        kind=kind.value,
        name=name,
        code=code,
        path=unit_path(parent.path if parent else "", unit_id),
        allowed_hosts=_folded_hosts(allowed_hosts),
        created_at=now,
    )
    conflicts = {
        "uq_units_code": Conflict("unit-code-taken", "Another unit already has this code."),
        "uq_units_single_root": Conflict("root-unit-exists", "A national unit already exists."),
    }
    await insert_row(session, unit, conflicts=conflicts)
    changes = {"kind": kind.value, "code": code, "name": name, "allowed_hosts": unit.allowed_hosts}
    record_audit(session, by, ObjectType.UNIT, "created", object_id=unit.id, unit_id=unit.id, now=now, changes=changes)
    return unit
