"""Import the rows of a sheet, which refer to campaigns by slug and to sources by name; all rows or none."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import RunMode
from campaigns.kit.errors import Conflict, FieldError, FieldPath, collect_errors, raise_if_any
from campaigns.links.csv_sheets.columns import COLUMN_OF
from campaigns.links.csv_sheets.format import SheetRow, differing_columns, read_fields
from campaigns.links.csv_sheets.words import SheetWords, read_sheet_words, require_campaign, require_channel
from campaigns.links.models import Link
from campaigns.links.operations.create import CreatedLinks, create_links
from campaigns.links.operations.names_in_use import lock_names
from campaigns.links.operations.placement_context import read_placement_context
from campaigns.links.queries import find_links
from campaigns.links.types import LinkSpec
from campaigns.naming.types import NameIssue
from campaigns.planning.models import Campaign, Channel

# The new links of one campaign, each with its row.
_Group = list[tuple[SheetRow, LinkSpec]]


async def import_rows(
    session: AsyncSession,
    principal: Principal,
    *,
    rows: Sequence[SheetRow],
    keep_names: Collection[str],
    mode: RunMode,
    timezone: ZoneInfo,
    now: datetime,
) -> CreatedLinks:
    """Create a link for each row, in their order; all or none. Rows that are links already are skipped.

    Raises Invalid with all errors of all rows, at ("rows", n, column); Conflict with such paths (`slug-taken`,
    `channel-closed`) if there are no other errors; or Unavailable.
    """
    # Lock now and not at the first new name: two sheets with several campaigns that insert the same slugs in opposite
    # orders would deadlock.
    await lock_names(session, mode)
    errors: list[FieldError] = []
    conflicts: list[Conflict] = []
    skipped = await _find_existing_links(session, principal, rows, timezone, errors)
    rows = [row for row in rows if row.number not in skipped]
    words = await read_sheet_words(session, principal, rows)
    created_links: dict[int, Link] = {}
    corrections: list[NameIssue] = []
    for campaign_id, group in _group_by_campaign(rows, words, timezone, errors).items():
        try:
            with collect_errors(errors):
                context = await read_placement_context(
                    session,
                    principal,
                    campaign_id=campaign_id,
                    channel_ids={spec.channel_id for _, spec in group},
                    mode=mode,
                    timezone=timezone,
                    now=now,
                )
                created = await create_links(
                    session,
                    principal,
                    context=context,
                    specs=[spec for _, spec in group],
                    keep_names=keep_names,
                    input_paths=_input_paths(group),
                )
                created_links |= {row.number: link for (row, _), link in zip(group, created.links, strict=True)}
                corrections += created.corrections
        except Conflict as refused:
            conflicts.append(refused)
    _raise_as_one(errors, conflicts)
    return CreatedLinks([created_links[row.number] for row in rows], corrections, sorted(skipped))


def _group_by_campaign(
    rows: Sequence[SheetRow], words: SheetWords, timezone: ZoneInfo, errors: list[FieldError]
) -> dict[UUID, _Group]:
    """The rows as specs of new links, by campaign; errors in rows are appended to `errors`."""
    groups: dict[UUID, _Group] = defaultdict(list)
    for row in rows:
        campaign: Campaign | None = None
        channel: Channel | None = None
        unit_path = ""
        fields = read_fields(row, timezone=timezone, errors=errors)
        with collect_errors(errors):
            campaign, unit_path = require_campaign(row, words)
        with collect_errors(errors):
            channel = require_channel(row, words, unit_path=unit_path)
        if campaign is not None and channel is not None:
            groups[campaign.id].append((row, LinkSpec(channel_id=channel.id, **fields)))
    return groups


def _raise_as_one(errors: Sequence[FieldError], conflicts: Sequence[Conflict]) -> None:
    """Raise one exception with all errors of the sheet."""
    fields = tuple(field for conflict in conflicts for field in conflict.fields)
    if errors:
        raise_if_any([*errors, *fields])
    if conflicts:
        raise Conflict(conflicts[0].code, conflicts[0].detail, fields)


async def _find_existing_links(
    session: AsyncSession,
    principal: Principal,
    rows: Sequence[SheetRow],
    timezone: ZoneInfo,
    errors: list[FieldError],
) -> set[int]:
    """The numbers of rows that have the id of a link of the caller; appends an error if a row differs from its link.

    Unknown ids are ignored: the sheet may come from another installation.
    """
    link_ids: dict[int, UUID] = {}
    for row in rows:
        with suppress(ValueError):
            link_ids[row.number] = UUID(row.link_id)
    if not link_ids:
        return set()
    links = await find_links(session, principal, link_ids=set(link_ids.values()))
    existing = {row.number: (row, links[link_ids[row.number]]) for row in rows if link_ids.get(row.number) in links}
    for row, link in existing.values():
        if differing := differing_columns(row, link, timezone=timezone):
            detail = (
                f"This row has the id of the link {link.slug}, but differs in {', '.join(differing)}. An import does "
                "not change links. Remove the row, or empty its id and slug to create a new link."
            )
            errors.append(FieldError(row.path("id"), detail, "link-differs"))
    return set(existing)


def _input_paths(group: _Group) -> dict[FieldPath, FieldPath]:
    """Maps each field to its cell; all tags of a link are in one cell."""
    moves: dict[FieldPath, FieldPath] = {}
    for place, (row, spec) in enumerate(group):
        moves[place,] = ("rows", row.number)
        moves |= {(place, field): row.path(column) for field, column in COLUMN_OF.items()}
        moves |= {(place, "tags", number): row.path("tags") for number in range(len(spec.tags))}
    return moves
