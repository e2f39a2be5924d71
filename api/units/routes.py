"""Routes of units."""

from uuid import UUID

from fastapi import Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.auth import PlanningReader, PlanningWriter
from api.http.conditional import ExpectedVersion, created, with_content_etag
from api.http.context import Now
from api.http.contract.router import ContractRouter
from api.http.paging import PageQuery, list_page
from api.http.problems import refuses
from api.http.schemas import ListPage, changes_of
from api.http.sessions import ReadSession, UnitOfWork
from api.units.requests import UnitChange, UnitCreate
from api.units.responses import UnitListed, UnitOut
from campaigns.kit.errors import Conflict, NotFound
from campaigns.links.operations.planning_changes import update_unit
from campaigns.planning.models import Unit
from campaigns.planning.operations.units import create_unit
from campaigns.planning.queries import effective_hosts, effective_templates, get_unit, list_units
from campaigns.planning.types import UnitChanges

router = ContractRouter(prefix="/v1/units", tags=["units"])


@router.post("", name="create", status_code=201, responses=refuses(NotFound, Conflict))
async def create(
    body: UnitCreate, caller: PlanningWriter, session: UnitOfWork, now: Now, response: Response
) -> UnitOut:
    """Create a unit below one of your units. Its kind and parent cannot be changed."""
    fields = body.model_dump()
    unit = await create_unit(session, caller, **fields, now=now)
    return with_content_etag(response, created(response, router.prefix, await _unit_out(session, unit)))


@router.get("", name="list")
async def list_all(
    caller: PlanningReader, session: ReadSession, page: PageQuery, request: Request, response: Response
) -> ListPage[UnitListed]:
    """List your unit and the units below it, newest first."""
    found = await list_units(session, caller, page=page)
    return list_page(request, response, found, [UnitListed.model_validate(one) for one in found.items])


@router.get("/{unit_id}", name="get")
async def get(unit_id: UUID, caller: PlanningReader, session: ReadSession, response: Response) -> UnitOut:
    """Get one unit."""
    unit = await get_unit(session, caller, unit_id=unit_id)
    return with_content_etag(response, await _unit_out(session, unit))


@router.patch("/{unit_id}", name="change")
async def change(
    unit_id: UUID,
    body: UnitChange,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> UnitOut:
    """Change the name, host allow-list or templates of a unit. Existing links keep their values.

    A new allow-list also starts a check of the destinations of existing links.
    """
    changes = changes_of(body, UnitChanges)
    unit = await update_unit(session, caller, unit_id=unit_id, changes=changes, expected_version=expected, now=now)
    return with_content_etag(response, await _unit_out(session, unit))


async def _unit_out(session: AsyncSession, unit: Unit) -> UnitOut:
    hosts = await effective_hosts(session, unit_id=unit.id)
    templates = await effective_templates(session, unit_id=unit.id)
    return UnitOut.model_validate(
        {
            **unit.model_dump(),
            "effective_hosts": hosts,
            "effective_term_template": templates.term,
            "effective_content_template": templates.content,
        }
    )
