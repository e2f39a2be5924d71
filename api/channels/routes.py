"""Routes of channels."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from api.channels.requests import ChannelChange, ChannelCreate
from api.channels.responses import ChannelOut, ChannelWritten, channel_written
from api.fields import UtmName
from api.http.auth import CampaignsWriter, PlanningReader, PlanningWriter
from api.http.conditional import ExpectedVersion, created, with_etag
from api.http.context import Now
from api.http.contract.router import ContractRouter
from api.http.paging import PageQuery, list_page
from api.http.problems import refuses
from api.http.schemas import ListPage, changes_of
from api.http.sessions import ReadSession, UnitOfWork
from campaigns.kit.errors import Conflict, NotFound
from campaigns.planning.operations.channels import close_channel, create_channel, reopen_channel, update_channel
from campaigns.planning.queries import get_channel, list_channels
from campaigns.planning.types import ChannelChanges, ChannelSpec, OpenState

router = ContractRouter(prefix="/v1/channels", tags=["channels"])


@router.post("", name="create", status_code=201, responses=refuses(NotFound, Conflict))
async def create(
    body: ChannelCreate, caller: CampaignsWriter, session: UnitOfWork, now: Now, response: Response
) -> ChannelWritten:
    """Create a channel of one of your units. Each spelling belongs to one source only."""
    spec = ChannelSpec(**body.model_dump(exclude={"keep_names"}))
    written = await create_channel(session, caller, spec=spec, keep_names=body.keep_names, now=now)
    return created(response, router.prefix, channel_written(written))


@router.get("", name="list")
async def list_all(
    caller: PlanningReader,
    session: ReadSession,
    page: PageQuery,
    request: Request,
    response: Response,
    source: Annotated[
        UtmName | None, Query(description="Only channels with this source or alias. Upper and lower case are the same.")
    ] = None,
    state: Annotated[OpenState | None, Query(description="Only channels in this state.")] = None,
) -> ListPage[ChannelOut]:
    """List the channels of your units and of the units above them, newest first."""
    found = await list_channels(session, caller, source=source, state=state, page=page)
    return list_page(request, response, found, [ChannelOut.model_validate(one) for one in found.items])


@router.get("/{channel_id}", name="get")
async def get(channel_id: UUID, caller: PlanningReader, session: ReadSession, response: Response) -> ChannelOut:
    """Get one channel."""
    channel = await get_channel(session, caller, channel_id=channel_id)
    return with_etag(response, ChannelOut.model_validate(channel))


@router.patch("/{channel_id}", name="change", responses=refuses(Conflict))
async def change(
    channel_id: UUID,
    body: ChannelChange,
    caller: CampaignsWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> ChannelWritten:
    """Change the name or aliases of a channel.

    Its source and medium appear in past statistics and cannot be changed.
    """
    written = await update_channel(
        session,
        caller,
        channel_id=channel_id,
        changes=changes_of(body, ChannelChanges),
        keep_names=body.keep_names,
        expected_version=expected,
        now=now,
    )
    return with_etag(response, channel_written(written))


@router.post("/{channel_id}/close", name="close")
async def close(
    channel_id: UUID,
    caller: CampaignsWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> ChannelOut:
    """Close a channel. New links cannot use it. Existing links continue to work."""
    channel = await close_channel(session, caller, channel_id=channel_id, expected_version=expected, now=now)
    return with_etag(response, ChannelOut.model_validate(channel))


@router.post("/{channel_id}/reopen", name="reopen")
async def reopen(
    channel_id: UUID,
    caller: PlanningWriter,
    session: UnitOfWork,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> ChannelOut:
    """Undo the closing of a channel. It takes new links again. For administrators."""
    channel = await reopen_channel(session, caller, channel_id=channel_id, expected_version=expected, now=now)
    return with_etag(response, ChannelOut.model_validate(channel))
