"""Routes of applications: recruiters list, read and move them.

Every response holds personal data, so no cache may store it.
"""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from api.applications.requests import DuplicateChange, Move
from api.applications.responses import ApplicationDetailOut, ApplicationOut, DuplicateOut
from api.http.auth import ApplicationsReader, ApplicationsWriter
from api.http.conditional import ExpectedVersion, with_content_etag
from api.http.context import CurrentContext, Now
from api.http.contract.router import ContractRouter
from api.http.paging import PageQuery, list_page
from api.http.problems import refuses
from api.http.schemas import ListPage, ShortText, Timestamp
from api.http.sessions import ReadSession, UnitOfWork
from campaigns.applicants.operations.judge_duplicate import judge_duplicate
from campaigns.applicants.operations.move_stage import move_application
from campaigns.applicants.queries.duplicates import read_duplicate
from campaigns.applicants.queries.recruiter import list_applications, read_application
from campaigns.applicants.types import ApplicationFilters
from campaigns.kit.errors import Conflict, NotFound
from campaigns.planning.rules import STAGE_KEY_LENGTH, STAGE_KEY_PATTERN
from campaigns.planning.types import StageKind


def _forbid_storing(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = ContractRouter(prefix="/v1/applications", tags=["applications"], dependencies=[Depends(_forbid_storing)])


@router.get("", name="list", responses=refuses(NotFound))
async def list_all(
    caller: ApplicationsReader,
    session: ReadSession,
    context: CurrentContext,
    page: PageQuery,
    request: Request,
    response: Response,
    campaign_id: Annotated[UUID | None, Query(description="Only applications through this campaign.")] = None,
    link_id: Annotated[UUID | None, Query(description="Only applications that are credited to this link.")] = None,
    source: Annotated[
        ShortText | None,
        Query(
            description="Only applications with this source or alias. `(not set)`: only applications that are "
            "credited to no link."
        ),
    ] = None,
    stage: Annotated[
        str | None,
        Query(
            max_length=STAGE_KEY_LENGTH,
            pattern=STAGE_KEY_PATTERN,
            description="Only applications in the stage with this key. With `campaign_id`: of the intake of that "
            "campaign. Otherwise: of any intake.",
        ),
    ] = None,
    stage_kind: Annotated[StageKind | None, Query(description="Only applications in stages of this kind.")] = None,
    registered_from: Annotated[
        Timestamp | None, Query(description="Only applications that were registered at or after this time.")
    ] = None,
    registered_to: Annotated[
        Timestamp | None, Query(description="Only applications that were registered before this time.")
    ] = None,
    has_duplicates: Annotated[
        bool | None, Query(description="Only applications with proposed duplicates, or only those without.")
    ] = None,
    has_repeats: Annotated[
        bool | None, Query(description="Only applications with repeated registrations, or only those without.")
    ] = None,
) -> ListPage[ApplicationOut]:
    """List the applications of your units' campaigns, newest first."""
    wanted = ApplicationFilters(
        campaign_id=campaign_id,
        link_id=link_id,
        source=source,
        stage=stage,
        stage_kind=stage_kind,
        registered_from=registered_from,
        registered_to=registered_to,
        has_duplicates=has_duplicates,
        has_repeats=has_repeats,
    )
    found = await list_applications(session, caller, keys=context.keys, wanted=wanted, page=page)
    return list_page(request, response, found, [ApplicationOut.model_validate(one) for one in found.items])


@router.get("/{application_id}", name="get")
async def get(
    application_id: UUID,
    caller: ApplicationsReader,
    session: ReadSession,
    context: CurrentContext,
    response: Response,
) -> ApplicationDetailOut:
    """Get one application with its consent, touches and history."""
    found = await read_application(session, caller, keys=context.keys, application_id=application_id)
    return with_content_etag(response, ApplicationDetailOut.model_validate(found))


@router.post("/{application_id}/stage", name="move", responses=refuses(Conflict))
async def move(
    application_id: UUID,
    body: Move,
    caller: ApplicationsWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> ApplicationDetailOut:
    """Move an application to another stage of its intake. A reason is required."""
    await move_application(
        session,
        caller,
        keys=context.keys,
        application_id=application_id,
        stage_key=body.stage,
        reason=body.reason,
        expected_version=expected,
        now=now,
    )
    found = await read_application(session, caller, keys=context.keys, application_id=application_id)
    return with_content_etag(response, ApplicationDetailOut.model_validate(found))


@router.patch("/{application_id}/duplicates/{duplicate_id}", name="judge_duplicate")
async def judge(
    application_id: UUID,
    duplicate_id: UUID,
    body: DuplicateChange,
    caller: ApplicationsWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
) -> DuplicateOut:
    """Dismiss a proposed duplicate, or propose it again. Both applications stay as they are."""
    await judge_duplicate(
        session, caller, application_id=application_id, duplicate_id=duplicate_id, state=body.state, now=now
    )
    found = await read_duplicate(session, keys=context.keys, application_id=application_id, duplicate_id=duplicate_id)
    return DuplicateOut.model_validate(found)
