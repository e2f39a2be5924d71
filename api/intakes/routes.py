"""Routes of intakes."""

from collections.abc import Sequence
from typing import Annotated, cast
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.auth import PlanningReader, PlanningWriter
from api.http.conditional import ExpectedVersion, created, with_etag
from api.http.context import Now
from api.http.contract.router import ContractRouter
from api.http.paging import PageQuery, list_page
from api.http.problems import refuses
from api.http.schemas import ListPage
from api.http.sessions import ReadSession, UnitOfWork
from api.intakes.requests import IntakeChange, IntakeCreate
from api.intakes.responses import IntakeOut
from campaigns.kit.errors import Conflict, NotFound
from campaigns.planning.models import Intake
from campaigns.planning.operations.intakes import close_intake, create_intake, reopen_intake, update_intake
from campaigns.planning.queries import get_intake, list_intakes, list_stages
from campaigns.planning.types import IntakeChanges, IntakeSpec, StagePlan

router = ContractRouter(prefix="/v1/intakes", tags=["intakes"])


@router.post("", name="create", status_code=201, responses=refuses(NotFound, Conflict))
async def create(
    body: IntakeCreate, caller: PlanningWriter, session: UnitOfWork, now: Now, response: Response
) -> IntakeOut:
    """Create an intake of a programme that one of your units owns. Without `stages` it gets the six default stages."""
    fields = body.model_dump()
    stages = [StagePlan(**stage) for stage in fields.pop("stages")]
    intake = await create_intake(session, caller, spec=IntakeSpec(**fields, stages=stages), now=now)
    return created(response, router.prefix, await _intake_out(session, intake))


@router.get("", name="list", responses=refuses(NotFound))
async def list_all(
    caller: PlanningReader,
    session: ReadSession,
    page: PageQuery,
    request: Request,
    response: Response,
    programme_id: Annotated[UUID | None, Query(description="Only intakes of this programme.")] = None,
) -> ListPage[IntakeOut]:
    """List the intakes of the programmes you may use, newest first."""
    found = await list_intakes(session, caller, programme_id=programme_id, page=page)
    return list_page(request, response, found, await _with_stages(session, found.items))


@router.get("/{intake_id}", name="get")
async def get(intake_id: UUID, caller: PlanningReader, session: ReadSession, response: Response) -> IntakeOut:
    """Get one intake."""
    intake = await get_intake(session, caller, intake_id=intake_id)
    return with_etag(response, await _intake_out(session, intake))


@router.patch("/{intake_id}", name="change", responses=refuses(Conflict))
async def change(
    intake_id: UUID,
    body: IntakeChange,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> IntakeOut:
    """Change an intake.

    `stages` replaces the whole list. The new list must contain the key of every stage that applications have used.
    """
    fields = body.model_dump()
    stages = [StagePlan(**stage) for stage in fields.pop("stages")] if "stages" in fields else None
    intake = await update_intake(
        session,
        caller,
        intake_id=intake_id,
        changes=cast(IntakeChanges, fields),
        stages=stages,
        expected_version=expected,
        now=now,
    )
    return with_etag(response, await _intake_out(session, intake))


@router.post("/{intake_id}/close", name="close")
async def close(
    intake_id: UUID,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> IntakeOut:
    """Close an intake, before its closing date. It takes no new campaigns and no registrations."""
    intake = await close_intake(session, caller, intake_id=intake_id, expected_version=expected, now=now)
    return with_etag(response, await _intake_out(session, intake))


@router.post("/{intake_id}/reopen", name="reopen", responses=refuses(Conflict))
async def reopen(
    intake_id: UUID,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> IntakeOut:
    """Undo the closing of an intake. Its dates decide whether it takes registrations."""
    intake = await reopen_intake(session, caller, intake_id=intake_id, expected_version=expected, now=now)
    return with_etag(response, await _intake_out(session, intake))


async def _intake_out(session: AsyncSession, intake: Intake) -> IntakeOut:
    return (await _with_stages(session, [intake]))[0]


async def _with_stages(session: AsyncSession, intakes: Sequence[Intake]) -> list[IntakeOut]:
    stages = await list_stages(session, intake_ids=[intake.id for intake in intakes])
    return [IntakeOut.model_validate({**intake.model_dump(), "stages": stages[intake.id]}) for intake in intakes]
