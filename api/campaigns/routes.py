"""Routes of campaigns."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from api.campaigns.requests import CampaignChange, CampaignCreate
from api.campaigns.responses import CampaignOut
from api.http.auth import CampaignsWriter, PlanningReader, PlanningWriter
from api.http.conditional import ExpectedVersion, created, with_etag
from api.http.context import Now
from api.http.contract.router import ContractRouter
from api.http.paging import PageQuery, list_page
from api.http.problems import refuses
from api.http.schemas import ListPage, changes_of
from api.http.sessions import ReadSession, UnitOfWork
from campaigns.kit.errors import Conflict, NotFound
from campaigns.links.operations.planning_changes import close_campaign, reopen_campaign, update_campaign
from campaigns.planning.operations.campaigns import create_campaign
from campaigns.planning.queries import get_campaign, list_campaigns
from campaigns.planning.types import CampaignChanges, CampaignSpec, CampaignState

router = ContractRouter(prefix="/v1/campaigns", tags=["campaigns"])


@router.post("", name="create", status_code=201, responses=refuses(NotFound, Conflict))
async def create(
    body: CampaignCreate, caller: CampaignsWriter, session: UnitOfWork, now: Now, response: Response
) -> CampaignOut:
    """Create a campaign of one of your units for an intake of a programme that the unit may use."""
    campaign = await create_campaign(session, caller, spec=CampaignSpec(**body.model_dump()), now=now)
    return created(response, router.prefix, CampaignOut.model_validate(campaign))


@router.get("", name="list", responses=refuses(NotFound))
async def list_all(
    caller: PlanningReader,
    session: ReadSession,
    page: PageQuery,
    request: Request,
    response: Response,
    unit_id: Annotated[
        UUID | None, Query(description="Only campaigns of this unit, without the units below it.")
    ] = None,
    intake_id: Annotated[UUID | None, Query(description="Only campaigns of this intake.")] = None,
    state: Annotated[CampaignState | None, Query(description="Only campaigns in this state.")] = None,
) -> ListPage[CampaignOut]:
    """List the campaigns of your units, newest first."""
    found = await list_campaigns(session, caller, unit_id=unit_id, intake_id=intake_id, state=state, page=page)
    return list_page(request, response, found, [CampaignOut.model_validate(one) for one in found.items])


@router.get("/{campaign_id}", name="get")
async def get(campaign_id: UUID, caller: PlanningReader, session: ReadSession, response: Response) -> CampaignOut:
    """Get one campaign."""
    campaign = await get_campaign(session, caller, campaign_id=campaign_id)
    return with_etag(response, CampaignOut.model_validate(campaign))


@router.patch("/{campaign_id}", name="change", responses=refuses(Conflict))
async def change(
    campaign_id: UUID,
    body: CampaignChange,
    caller: CampaignsWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> CampaignOut:
    """Change a campaign that is not closed. Existing links keep their destinations.

    A new name or preview appears on all links of the campaign immediately.
    """
    changes = changes_of(body, CampaignChanges)
    campaign = await update_campaign(
        session, caller, campaign_id=campaign_id, changes=changes, expected_version=expected, now=now
    )
    return with_etag(response, CampaignOut.model_validate(campaign))


@router.post("/{campaign_id}/close", name="close")
async def close(
    campaign_id: UUID,
    caller: CampaignsWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> CampaignOut:
    """Close a campaign. It takes no registrations. Its links continue to redirect."""
    campaign = await close_campaign(session, caller, campaign_id=campaign_id, expected_version=expected, now=now)
    return with_etag(response, CampaignOut.model_validate(campaign))


@router.post("/{campaign_id}/reopen", name="reopen", responses=refuses(Conflict))
async def reopen(
    campaign_id: UUID,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> CampaignOut:
    """Undo the closing of a campaign, which gets the state back that it had. For administrators."""
    campaign = await reopen_campaign(session, caller, campaign_id=campaign_id, expected_version=expected, now=now)
    return with_etag(response, CampaignOut.model_validate(campaign))
