"""Routes of links."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from api.http.auth import LinksReader, LinksRestorer, LinksWriter
from api.http.conditional import ExpectedVersion, created, with_content_etag
from api.http.context import CurrentContext, Now
from api.http.contract.router import ContractRouter
from api.http.cursors import decode_cursor, encode_cursor
from api.http.paging import Cursor, Limit, list_page_up_to, page_after
from api.http.problems import refuses
from api.http.schemas import ListPage, changes_of
from api.http.sessions import ReadSession, UnitOfWork
from api.links.filters import Filters
from api.links.requests import LinkChange, LinkCreate, spec_of
from api.links.responses import LinkChanged, LinkCreated, LinkOut, link_changed, link_created, link_out
from campaigns.kit.errors import Conflict, NotFound
from campaigns.links.destination_checks.queries import read_checks
from campaigns.links.operations.create import create_link
from campaigns.links.operations.update import restore_link, retire_link, update_link
from campaigns.links.queries import get_link, list_links
from campaigns.links.types import LinkChanges
from campaigns.statistics.link_ranking import Rank, rank_links

router = ContractRouter(prefix="/v1/links", tags=["links"])


@router.post("", name="create", status_code=201, responses=refuses(NotFound, Conflict))
async def create(
    body: LinkCreate,
    caller: LinksWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    response: Response,
) -> LinkCreated:
    """Create a link for one placement of a campaign. It works immediately, unless it is a draft or starts later."""
    made = await create_link(
        session,
        caller,
        campaign_id=body.campaign_id,
        spec=spec_of(body),
        keep_names=body.keep_names,
        timezone=context.settings.zone,
        now=now,
    )
    return with_content_etag(
        response, created(response, router.prefix, link_created(made, context.settings.short_link_base))
    )


@router.get("", name="list", responses=refuses(NotFound))
async def list_all(
    caller: LinksReader,
    session: ReadSession,
    context: CurrentContext,
    request: Request,
    response: Response,
    filters: Filters,
    sort: Annotated[
        Literal["newest", "clicks"],
        Query(
            description="`clicks`: the links with the most clicks first, counted at the time of the request. Each "
            "link then has its number of `clicks`."
        ),
    ] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[LinkOut]:
    """List the links of your units' campaigns: newest first, or those with the most clicks first."""
    next_cursor: str | None = None
    if sort == "clicks":
        rank = Rank(*decode_cursor(cursor, int, UUID)) if cursor is not None else None
        ranked = await rank_links(session, caller, filters=filters, limit=limit, after=rank)
        links = [link for link, _ in ranked.items]
        clicks: dict[UUID, int] = {link.id: number for link, number in ranked.items}
        if ranked.next_after is not None:
            next_cursor = encode_cursor(ranked.next_after.clicks, ranked.next_after.link_id)
    else:
        found = await list_links(session, caller, filters=filters, page=page_after(limit, cursor))
        links, clicks = list(found.items), {}
        next_cursor = encode_cursor(found.next_after) if found.next_after is not None else None
    checks = await read_checks(session, [link.id for link in links])
    base = context.settings.short_link_base
    items = [link_out(link, base, checks=checks[link.id], clicks=clicks.get(link.id)) for link in links]
    return list_page_up_to(request, response, next_cursor, items)


@router.get("/{link_id}", name="get")
async def get(
    link_id: UUID, caller: LinksReader, session: ReadSession, context: CurrentContext, response: Response
) -> LinkOut:
    """Get one link with the results of its destination checks."""
    link = await get_link(session, caller, link_id=link_id)
    checks = await read_checks(session, [link.id])
    return with_content_etag(response, link_out(link, context.settings.short_link_base, checks=checks[link.id]))


@router.patch("/{link_id}", name="change", responses=refuses(Conflict))
async def change(
    link_id: UUID,
    body: LinkChange,
    caller: LinksWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> LinkChanged:
    """Change a link, or the successor of a retired one. Published URLs and printed QR codes follow immediately."""
    written = await update_link(
        session,
        caller,
        link_id=link_id,
        changes=changes_of(body, LinkChanges),
        keep_names=body.keep_names,
        expected_version=expected,
        now=now,
    )
    link = written.row
    checks = await read_checks(session, [link.id])
    return with_content_etag(
        response,
        link_changed(link_out(link, context.settings.short_link_base, checks=checks[link.id]), written.corrections),
    )


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
    """Retire a link. Taps get a page that says so. Its slug is never given to another link."""
    link = await retire_link(session, caller, link_id=link_id, expected_version=expected, now=now)
    return with_content_etag(response, link_out(link, context.settings.short_link_base))


@router.post("/{link_id}/restore", name="restore")
async def restore(
    link_id: UUID,
    caller: LinksRestorer,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    expected: ExpectedVersion,
    response: Response,
) -> LinkOut:
    """Undo that a link was retired. It gets back the state that it had; if that is not known, it is paused."""
    link = await restore_link(session, caller, link_id=link_id, expected_version=expected, now=now)
    checks = await read_checks(session, [link.id])
    return with_content_etag(response, link_out(link, context.settings.short_link_base, checks=checks[link.id]))
