"""Importing the rows of a sheet, which names campaigns and sources by word; all rows or none."""

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
from campaigns.links.csv_sheets.format import COLUMN_OF, SheetRow, differing_columns, read_fields
from campaigns.links.csv_sheets.words import SheetWords, read_sheet_words, require_campaign, require_channel
from campaigns.links.models import Link
from campaigns.links.operations.create import CreatedLinks, create_links
from campaigns.links.operations.names_in_use import lock_names
from campaigns.links.operations.placement_context import read_placement_context
from campaigns.links.queries import find_links
from campaigns.links.types import LinkSpec
from campaigns.naming.types import NameIssue
from campaigns.planning.models import Campaign, Channel

# The links to make of one campaign, each with its row.
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
    """Make a link of each row, in their order; all or none. A row that is a link already is skipped.

    Raises Invalid with all that is wrong with any row, at ("rows", n, column); a slug that is taken (`slug-taken`) or
    a channel that is closed is a Conflict with the same paths if nothing else is wrong. Or Unavailable.
    """
    # At once and not when the first new name is found: two sheets of several campaigns that choose the same slugs, one
    # crosswise to the other, would each wait for what the other has inserted.
    await lock_names(session, mode)
    errors: list[FieldError] = []
    conflicts: list[Conflict] = []
    skipped = await _find_links_already(session, principal, rows, timezone, errors)
    rows = [row for row in rows if row.number not in skipped]
    words = await read_sheet_words(session, principal, rows)
    made: dict[int, Link] = {}
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
                    given_at=_given_at(group),
                )
                made |= {row.number: link for (row, _), link in zip(group, created.links, strict=True)}
                corrections += created.corrections
        except Conflict as refused:
            conflicts.append(refused)
    _raise_as_one(errors, conflicts)
    return CreatedLinks([made[row.number] for row in rows], corrections, sorted(skipped))


def _group_by_campaign(
    rows: Sequence[SheetRow], words: SheetWords, timezone: ZoneInfo, errors: list[FieldError]
) -> dict[UUID, _Group]:
    """The rows as links to make, by campaign; what is wrong with a row is added to `errors`."""
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
    """Raise what is wrong with the sheet as one refusal."""
    fields = tuple(field for conflict in conflicts for field in conflict.fields)
    if errors:
        raise_if_any([*errors, *fields])
    if conflicts:
        raise Conflict(conflicts[0].code, conflicts[0].detail, fields)


async def _find_links_already(
    session: AsyncSession,
    principal: Principal,
    rows: Sequence[SheetRow],
    timezone: ZoneInfo,
    errors: list[FieldError],
) -> set[int]:
    """The numbers of the rows that are links of the caller's; adds an error for each that differs from its link.

    An id that is none of theirs tells nothing: the sheet may come from another installation.
    """
    given: dict[int, UUID] = {}
    for row in rows:
        with suppress(ValueError):
            given[row.number] = UUID(row.link_id)
    if not given:
        return set()
    links = await find_links(session, principal, link_ids=set(given.values()))
    made = {row.number: (row, links[given[row.number]]) for row in rows if given.get(row.number) in links}
    for row, link in made.values():
        if differing := differing_columns(row, link, timezone=timezone):
            detail = (
                f"This row is the link {link.slug}, which has another {', '.join(differing)}. An import changes no "
                "link: take the row out, or empty its id and slug to make another link of it."
            )
            errors.append(FieldError(row.path("id"), detail, "link-differs"))
    return set(made)


def _given_at(group: _Group) -> dict[FieldPath, FieldPath]:
    """The cell of each field. All tags of a link stand in one."""
    moves: dict[FieldPath, FieldPath] = {}
    for place, (row, spec) in enumerate(group):
        moves[place,] = ("rows", row.number)
        moves |= {(place, field): row.path(column) for field, column in COLUMN_OF.items()}
        moves |= {(place, "tags", number): row.path("tags") for number in range(len(spec.tags))}
    return moves
