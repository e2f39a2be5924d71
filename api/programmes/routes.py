"""Routes of programmes."""

from uuid import UUID

from fastapi import Request, Response

from api.http.auth import PlanningReader, PlanningWriter
from api.http.conditional import ExpectedVersion, created, with_etag
from api.http.context import Now
from api.http.contract.router import ContractRouter
from api.http.paging import PageQuery, list_page
from api.http.problems import refuses
from api.http.schemas import ListPage, changes_of
from api.http.sessions import ReadSession, UnitOfWork
from api.programmes.requests import ProgrammeChange, ProgrammeCreate
from api.programmes.responses import ProgrammeOut
from campaigns.kit.errors import Conflict, NotFound
from campaigns.planning.operations.programmes import (
    close_programme,
    create_programme,
    reopen_programme,
    update_programme,
)
from campaigns.planning.queries import get_programme, list_programmes
from campaigns.planning.types import ProgrammeChanges

router = ContractRouter(prefix="/v1/programmes", tags=["programmes"])


@router.post("", name="create", status_code=201, responses=refuses(NotFound, Conflict))
async def create(
    body: ProgrammeCreate, caller: PlanningWriter, session: UnitOfWork, now: Now, response: Response
) -> ProgrammeOut:
    """Create a programme for one of your units."""
    programme = await create_programme(session, caller, **body.model_dump(), now=now)
    return created(response, router.prefix, ProgrammeOut.model_validate(programme))


@router.get("", name="list")
async def list_all(
    caller: PlanningReader, session: ReadSession, page: PageQuery, request: Request, response: Response
) -> ListPage[ProgrammeOut]:
    """List the programmes of your units and of the units above them, newest first."""
    found = await list_programmes(session, caller, page=page)
    return list_page(request, response, found, [ProgrammeOut.model_validate(one) for one in found.items])


@router.get("/{programme_id}", name="get")
async def get(programme_id: UUID, caller: PlanningReader, session: ReadSession, response: Response) -> ProgrammeOut:
    """Get one programme."""
    programme = await get_programme(session, caller, programme_id=programme_id)
    return with_etag(response, ProgrammeOut.model_validate(programme))


@router.patch("/{programme_id}", name="change")
async def change(
    programme_id: UUID,
    body: ProgrammeChange,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> ProgrammeOut:
    """Change the name of a programme."""
    programme = await update_programme(
        session,
        caller,
        programme_id=programme_id,
        changes=changes_of(body, ProgrammeChanges),
        expected_version=expected,
        now=now,
    )
    return with_etag(response, ProgrammeOut.model_validate(programme))


@router.post("/{programme_id}/close", name="close")
async def close(
    programme_id: UUID,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> ProgrammeOut:
    """Close a programme. It takes no new intakes, and its campaigns take no registrations."""
    programme = await close_programme(session, caller, programme_id=programme_id, expected_version=expected, now=now)
    return with_etag(response, ProgrammeOut.model_validate(programme))


@router.post("/{programme_id}/reopen", name="reopen")
async def reopen(
    programme_id: UUID,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> ProgrammeOut:
    """Undo the closing of a programme. For administrators."""
    programme = await reopen_programme(session, caller, programme_id=programme_id, expected_version=expected, now=now)
    return with_etag(response, ProgrammeOut.model_validate(programme))
