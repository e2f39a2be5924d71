"""Routes of bulk creation and of sheets. They come before the routes of single links, whose ids would match them.

Both routes create all links or none and require an `Idempotency-Key`: the response is stored, byte for byte, in the
same transaction as the links. A dry run does the same work and rolls it back.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Header, Query, Response
from fastapi.responses import StreamingResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from api.fields import UtmName
from api.http.auth import LinksReader, LinksWriter
from api.http.context import Context, CurrentContext, Now
from api.http.contract.once import REPLAYED, caller_of
from api.http.contract.router import ContractRouter
from api.http.limits.concurrency import HEAVY
from api.http.problems import invalid_parameter, refuses
from api.http.schemas import IdempotencyKey
from api.http.sessions import UnitOfWork
from api.links.bulk_requests import BulkCreate
from api.links.bulk_responses import PlacementsOut, dry_run_out, placements_out
from api.links.filters import Filters
from api.links.public_url import print_headers
from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import RunMode, dry_run
from campaigns.kit.errors import Conflict, NotFound, invalid_field
from campaigns.kit.idempotency import begin_once, finish_once, was_replayed
from campaigns.links.csv_sheets.export import sheet_parts
from campaigns.links.csv_sheets.format import read_sheet
from campaigns.links.operations.bulk import MAX_LINKS, create_in_bulk
from campaigns.links.operations.create import CreatedLinks
from campaigns.links.operations.import_rows import import_rows

SHEET_BYTES = 1_000_000
# A thousand `contents` and a thousand `keep_names` of 50 characters, and the other fields; JSON needs at most twelve
# bytes for a character.
BULK_BYTES = 1_400_000

router = ContractRouter(prefix="/v1/links", tags=["links"])

_Create = Callable[[RunMode], Awaitable[CreatedLinks]]

DryRun = Annotated[
    bool,
    Query(
        description="Validate the request and return the links that it would create, without creating them. The "
        "response is 200."
    ),
]
# A dry run needs no key, so the routes require it instead of FastAPI.
OnceKey = Annotated[
    IdempotencyKey | None,
    Header(
        description="A unique key for each submission, such as a UUID. Repeating the request with the same key "
        "creates nothing again and returns the first response. Required unless `dry_run` is true.",
    ),
]
MADE: dict[int | str, dict[str, Any]] = {
    200: {"model": PlacementsOut, "description": "The result of the dry run. Nothing was created."}
}

SHEET: dict[int | str, dict[str, Any]] = {
    200: {"description": "The CSV sheet.", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@router.post(
    "/bulk",
    name="bulk",
    status_code=201,
    response_model=PlacementsOut,
    responses=MADE | refuses(NotFound, Conflict),
    max_body_size=BULK_BYTES,
    dependencies=[HEAVY],
)
async def bulk(
    body: BulkCreate,
    caller: LinksWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    idempotency_key: OnceKey = None,
    dry_run: DryRun = False,
) -> Response:
    """Create up to 1,000 links, one for each content on each channel. Either all links are created or none."""
    given = body.model_dump()
    own = {name: given.pop(name) for name in ("campaign_id", "channel_ids", "contents", "name", "keep_names")}

    async def create(mode: RunMode) -> CreatedLinks:
        timezone = context.settings.zone
        return await create_in_bulk(session, caller, **own, shared=given, mode=mode, timezone=timezone, now=now)

    if dry_run:
        return await _answer_dry_run(session, context, create, chosen=frozenset())
    request = json.dumps(["bulk", body.model_dump(mode="json")], sort_keys=True).encode()
    return await _answer_once(session, context, caller, idempotency_key, request, create, now)


@router.post(
    "/import",
    name="import",
    status_code=201,
    response_model=PlacementsOut,
    responses=MADE | refuses(Conflict),
    max_body_size=SHEET_BYTES,
    dependencies=[HEAVY],
)
async def import_sheet(
    sheet: Annotated[
        bytes,
        Body(
            media_type="text/csv",
            max_length=SHEET_BYTES,
            description="CSV as spreadsheet programs write it: UTF-8, UTF-16 or Windows-1252, with `,`, `;`, tabs or "
            "`|` between cells. The header names the columns, in any order, below a title or not. "
            "Required columns: `campaign` (its slug), `source` (or an alias) and `name`. Optional "
            "columns: `medium`, `slug`, `destination`, `term`, `content`, `tags` (such as `a|b`), "
            "`state`, `starts_at`, `ends_at`, `ended_destination`, `pass_query`, `preview_title`, "
            "`preview_description` and `preview_image`. The columns `short_url` and `target_url` of an "
            "export are ignored. The column `id` of an export identifies existing links.",
            openapi_examples={
                "sheet": {
                    "value": "campaign;source;name;content\r\nbintara-2027-jabar;instagram;First story;story-1\r\n"
                }
            },
        ),
    ],
    caller: LinksWriter,
    session: UnitOfWork,
    context: CurrentContext,
    now: Now,
    idempotency_key: OnceKey = None,
    dry_run: DryRun = False,
    keep_names: Annotated[
        list[UtmName] | None,
        Query(
            max_length=100,
            description="Terms and contents to accept although they are near-duplicates of names in use (error code "
            "`near-double`).",
        ),
    ] = None,
) -> Response:
    """Create one link for each row of a CSV sheet, up to 1,000 rows. Either all links are created or none.

    An exported sheet can be imported again after rows were added. A row with the `id` of one of your links is skipped
    (`skipped_rows`) if it equals the link, and rejected (`link-differs`) if it does not: an import never changes links.
    To create new links from exported rows, delete the columns `id` and `slug`. Delete `state` too if some of the links
    are paused or retired.

    Errors point to `/rows/<n>/<column>`, where row 1 is the first row below the header, or to `/header/<n>`, where the
    first column is 0.
    """
    rows, accepted = read_sheet(sheet), sorted(keep_names or ())
    if len(rows) > MAX_LINKS:
        detail = (
            f"The sheet has {len(rows)} rows. Send at most {MAX_LINKS} rows, or use the command `jaring links import`."
        )
        raise invalid_field(("rows",), detail, "too-many")

    async def create(mode: RunMode) -> CreatedLinks:
        timezone = context.settings.zone
        return await import_rows(session, caller, rows=rows, keep_names=accepted, mode=mode, timezone=timezone, now=now)

    if dry_run:
        chosen = frozenset(row.cells["slug"].lower() for row in rows if "slug" in row.cells)
        return await _answer_dry_run(session, context, create, chosen=chosen)
    request = b"\0".join([b"import", json.dumps(accepted).encode(), sheet])
    return await _answer_once(session, context, caller, idempotency_key, request, create, now)


@router.get(
    "/export",
    name="export",
    response_class=StreamingResponse,
    responses=SHEET | refuses(NotFound),
    dependencies=[HEAVY],
)
async def export(
    caller: LinksReader,
    context: CurrentContext,
    filters: Filters,
) -> StreamingResponse:
    """Export the links of your units' campaigns as CSV, newest first. An import accepts the same columns.

    An import skips unchanged exported rows, so an exported sheet can be imported again after rows were added.
    """
    base, timezone = context.settings.short_link_base, context.settings.zone
    parts = sheet_parts(context.sessions, caller, filters=filters, short_link_base=base, timezone=timezone)
    # The first part is read before the response begins, so that errors can still have their status.
    first, _ = await anext(parts)

    async def whole() -> AsyncIterator[str]:
        yield first
        async for text, _ in parts:
            yield text

    headers = {
        "Content-Disposition": 'attachment; filename="links.csv"',
        "Cache-Control": "no-store",
        **print_headers(context.settings),
    }
    return StreamingResponse(whole(), media_type="text/csv", headers=headers)


async def _answer_dry_run(
    session: AsyncSession, context: Context, create: _Create, *, chosen: frozenset[str]
) -> Response:
    """The response to a dry run; `chosen` are the slugs in the request."""
    async with dry_run(session):
        answer = dry_run_out(await create(RunMode.DRY), chosen, context.settings.short_link_base)
    return Response(answer.model_dump_json(), media_type="application/json")


async def _answer_once(
    session: AsyncSession,
    context: Context,
    caller: Principal,
    key: str | None,
    request: bytes,
    create: _Create,
    now: datetime,
) -> Response:
    """Create the links and store the response, or return the stored response to the same request."""
    if key is None:
        raise invalid_parameter(
            "idempotency-key", "The header `Idempotency-Key` is required unless `dry_run` is true.", "missing"
        )
    owner = caller_of(caller)
    answer = await begin_once(session, keys=context.keys, caller=owner, key=key, request=request, now=now)
    if answer is None:
        created = await create(RunMode.REAL)
        answer = placements_out(created, context.settings.short_link_base).model_dump_json().encode()
        await finish_once(session, keys=context.keys, caller=owner, key=key, response=answer)
    headers = {REPLAYED: "true"} if was_replayed(session) else None
    return Response(answer, status_code=201, headers=headers, media_type="application/json")
