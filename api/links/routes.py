"""Routes of links, and of their QR codes."""

import hashlib
from asyncio import to_thread
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.http.auth import LinksReader, LinksWriter
from api.http.conditional import ExpectedVersion, IfNoneMatch, set_etag, still_same
from api.http.context import CurrentContext, Now
from api.http.paging import PageQuery, listed
from api.http.schemas import Listed, changes_of
from api.http.sessions import ReadSession, UnitOfWork, after_commit
from api.links.schemas import LinkChange, LinkCreate, LinkOut, QrQuery, link_out, short_url
from campaigns.links.operations import change_link, create_link, retire_link
from campaigns.links.qr import QrStyle, qr_png, qr_svg
from campaigns.links.queries import get_link, list_links
from campaigns.links.types import LinkChanges

# A link's slug never changes, so a code only goes stale when the deployment's public address does.
PICTURE_CACHING = "private, max-age=3600"

router = APIRouter(prefix="/v1/links", tags=["links"])


@router.post("", name="create", status_code=201)
async def create(
    body: LinkCreate,
    caller: LinksWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    response: Response,
) -> LinkOut:
    """Make a link for one placement of a campaign; it works at once."""
    link = await create_link(session, caller, **body.model_dump(), now=now)
    after_commit(session, partial(context.forget_link, link.slug))
    set_etag(response, link.version)
    response.headers["Location"] = f"/v1/links/{link.id}"
    return link_out(link, context.settings.short_link_base)


@router.get("", name="list", responses={404: {}})
async def list_all(
    caller: LinksReader,
    session: ReadSession,
    context: CurrentContext,
    page: PageQuery,
    request: Request,
    response: Response,
    campaign_id: Annotated[UUID | None, Query(description="Only links of this campaign.")] = None,
    channel_id: Annotated[UUID | None, Query(description="Only links on this channel.")] = None,
    state: Annotated[Literal["active", "retired"] | None, Query(description="Only in this state.")] = None,
) -> Listed[LinkOut]:
    """List the links of your units' campaigns, newest first."""
    found = await list_links(session, caller, campaign_id=campaign_id, channel_id=channel_id, state=state, page=page)
    base = context.settings.short_link_base
    return listed(request, response, found, [link_out(one, base) for one in found.items])


@router.get("/{link_id}", name="get")
async def get(
    link_id: UUID, caller: LinksReader, session: ReadSession, context: CurrentContext, response: Response
) -> LinkOut:
    """Read one link."""
    link = await get_link(session, caller, link_id=link_id)
    set_etag(response, link.version)
    return link_out(link, context.settings.short_link_base)


@router.patch("/{link_id}", name="change")
async def change(
    link_id: UUID,
    body: LinkChange,
    caller: LinksWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> LinkOut:
    """Change a link that is not retired; what is already printed leads to the new destination at once."""
    link = await change_link(
        session, caller, link_id=link_id, changes=changes_of(body, LinkChanges), expected_version=expected, now=now
    )
    after_commit(session, partial(context.forget_link, link.slug))
    set_etag(response, link.version)
    return link_out(link, context.settings.short_link_base)


@router.post("/{link_id}/retire", name="retire")
async def retire(
    link_id: UUID,
    caller: LinksWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> LinkOut:
    """Retire a link for good: taps get a page that says so; its slug is never given to another link."""
    link = await retire_link(session, caller, link_id=link_id, expected_version=expected, now=now)
    after_commit(session, partial(context.forget_link, link.slug))
    set_etag(response, link.version)
    return link_out(link, context.settings.short_link_base)


def _picture(media_type: str, **schema: str) -> dict[int | str, dict[str, Any]]:
    """What the document says of a route that answers with a picture."""
    return {
        200: {"description": "The picture.", "content": {media_type: {"schema": {"type": "string", **schema}}}},
        304: {"description": "The picture you have is still the same (`If-None-Match`)."},
    }


@router.get("/{link_id}/qr.svg", name="qr_svg", response_class=Response, responses=_picture("image/svg+xml"))
async def draw_svg(
    link_id: UUID,
    drawing: Annotated[QrQuery, Query()],
    caller: LinksReader,
    session: ReadSession,
    context: CurrentContext,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw a link's QR code as SVG, for print."""
    link = await get_link(session, caller, link_id=link_id)
    address = short_url(link, context.settings.short_link_base)
    drawn = await to_thread(qr_svg, address, QrStyle(**drawing.model_dump()))
    return _answer(drawn, "image/svg+xml", if_none_match)


@router.get(
    "/{link_id}/qr.png", name="qr_png", response_class=Response, responses=_picture("image/png", format="binary")
)
async def draw_png(
    link_id: UUID,
    drawing: Annotated[QrQuery, Query()],
    caller: LinksReader,
    session: ReadSession,
    context: CurrentContext,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw a link's QR code as PNG, for screens and chats."""
    link = await get_link(session, caller, link_id=link_id)
    address = short_url(link, context.settings.short_link_base)
    drawn = await to_thread(qr_png, address, QrStyle(**drawing.model_dump()))
    return _answer(drawn, "image/png", if_none_match)


def _answer(drawn: bytes, media_type: str, if_none_match: str | None) -> Response:
    """The picture with its ETag, or 304 if the caller has it."""
    etag = f'"{hashlib.sha256(drawn).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": PICTURE_CACHING}
    if still_same(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(drawn, media_type=media_type, headers=headers)
