"""Placing the rows of a sheet, which names campaigns and sources by word; all rows or none."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import Conflict, FieldError, FieldPath, collect_errors, raise_if_any
from campaigns.links.csv_sheets.format import COLUMN_OF, SheetRow, differing_columns, read_fields
from campaigns.links.models import Link
from campaigns.links.operations.create import CreatedLinks, create_links, read_placement_context
from campaigns.links.operations.names_in_use import lock_names
from campaigns.links.queries import find_links
from campaigns.links.types import LinkSpec
from campaigns.naming.similar_names import NameIssue, nearest_name, normalize_name, unknown_source
from campaigns.planning.models import Campaign, Channel, Unit
from campaigns.planning.queries import in_reach, subtree
from campaigns.planning.types import CampaignState, OpenState

# Finding the nearest source takes a while, and who has this many unknown ones has another problem than slips.
MAX_SUGGESTIONS = 50

# A channel, and the path of the unit that owns it.
_Owned = tuple[Channel, str]


async def import_rows(
    session: AsyncSession,
    principal: Principal,
    *,
    rows: Sequence[SheetRow],
    keep_names: Collection[str],
    timezone: ZoneInfo,
    now: datetime,
) -> CreatedLinks:
    """Make a link of each row, in their order; all or none. A row that is a link already is passed over.

    Raises Invalid with all that is wrong with any row, at ("rows", n, column); a slug that is taken (`slug-taken`) or
    a channel that is closed is a Conflict with the same paths if nothing else is wrong. Or Unavailable.
    """
    # At once and not when the first new name is found: two sheets of several campaigns that choose the same slugs, one
    # crosswise to the other, would each wait for what the other has inserted.
    await lock_names(session)
    faults: list[FieldError] = []
    conflicts: list[Conflict] = []
    made_before = await _made_before(session, principal, rows, timezone, faults)
    rows = [row for row in rows if row.number not in made_before]
    campaigns = await _campaigns(session, principal, {row.cells["campaign"].lower() for row in rows})
    channels = await _channels(session, principal)
    spellings = {name for channel, _ in channels for name in (channel.source, *channel.aliases)}
    words = {text: normalize_name(text, path=(), known=spellings)[0] for text in {row.cells["source"] for row in rows}}
    advice = _advice(set(words.values()) - spellings, spellings)
    specs: dict[UUID, list[tuple[SheetRow, LinkSpec]]] = defaultdict(list)
    for row in rows:
        fields = read_fields(row, timezone=timezone, faults=faults)
        found = _campaign_of(row, campaigns, faults)
        word = words[row.cells["source"]]
        channel = _channel_of(row, word, channels, advice, found[1].path if found else "", faults)
        if found and channel:
            specs[found[0].id].append((row, LinkSpec(channel_id=channel.id, **fields)))
    placed: dict[int, Link] = {}
    corrections: list[NameIssue] = []
    for campaign_id, group in specs.items():
        try:
            with collect_errors(faults):
                made = await _place_group(session, principal, campaign_id, group, keep_names, timezone, now)
                placed |= {row.number: link for (row, _), link in zip(group, made.links, strict=True)}
                corrections += made.corrections
        except Conflict as refused:
            conflicts.append(refused)
    _refuse_all(faults, conflicts)
    return CreatedLinks([placed[row.number] for row in rows], corrections, sorted(made_before))


def _refuse_all(faults: Sequence[FieldError], conflicts: Sequence[Conflict]) -> None:
    """Raise what is wrong with the sheet as one refusal."""
    fields = tuple(field for conflict in conflicts for field in conflict.fields)
    if faults:
        raise_if_any([*faults, *fields])
    if conflicts:
        raise Conflict(conflicts[0].code, conflicts[0].detail, fields)


async def _made_before(
    session: AsyncSession,
    principal: Principal,
    rows: Sequence[SheetRow],
    timezone: ZoneInfo,
    faults: list[FieldError],
) -> set[int]:
    """The numbers of the rows that are links of the caller's; those that say something else now are at fault.

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
            faults.append(FieldError(row.path("id"), detail, "link-differs"))
    return set(made)


async def _place_group(
    session: AsyncSession,
    principal: Principal,
    campaign_id: UUID,
    group: Sequence[tuple[SheetRow, LinkSpec]],
    keep_names: Collection[str],
    timezone: ZoneInfo,
    now: datetime,
) -> CreatedLinks:
    """The rows of one campaign."""
    specs = [spec for _, spec in group]
    channel_ids = {spec.channel_id for spec in specs}
    scene = await read_placement_context(
        session, principal, campaign_id=campaign_id, channel_ids=channel_ids, timezone=timezone, now=now
    )

    return await create_links(
        session,
        principal,
        scene=scene,
        specs=specs,
        keep_names=keep_names,
        now=now,
        given_at=_given_at(group),
    )


def _given_at(group: Sequence[tuple[SheetRow, LinkSpec]]) -> dict[FieldPath, FieldPath]:
    """The cell of each field. All tags of a link stand in one."""
    moves: dict[FieldPath, FieldPath] = {}
    for place, (row, spec) in enumerate(group):
        moves[place,] = ("rows", row.number)
        moves |= {(place, field): row.path(column) for field, column in COLUMN_OF.items()}
        moves |= {(place, "tags", number): row.path("tags") for number in range(len(spec.tags))}
    return moves


async def _campaigns(
    session: AsyncSession, principal: Principal, slugs: Collection[str]
) -> Mapping[str, tuple[Campaign, Unit]]:
    statement = (
        select(Campaign, Unit)
        .join(Unit, col(Unit.id) == Campaign.unit_id)
        .where(col(Campaign.slug).in_(slugs), col(Campaign.unit_id).in_(subtree(principal)))
    )
    return {campaign.slug: (campaign, unit) for campaign, unit in (await session.exec(statement)).all()}


async def _channels(session: AsyncSession, principal: Principal) -> Sequence[_Owned]:
    """The channels that rows can mean, open ones first, then those of units further down first."""
    statement = (
        select(Channel, Unit.path)
        .join(Unit, col(Unit.id) == Channel.unit_id)
        .where(col(Channel.unit_id).in_(in_reach(principal)))
    )
    found = (await session.exec(statement)).all()
    return sorted(found, key=lambda owned: (owned[0].state != OpenState.ACTIVE, -len(owned[1]), owned[0].id))


def _campaign_of(
    row: SheetRow, campaigns: Mapping[str, tuple[Campaign, Unit]], faults: list[FieldError]
) -> tuple[Campaign, Unit] | None:
    found = campaigns.get(row.cells["campaign"].lower())
    if found is None:
        detail = "There is no campaign of this slug, or you may not see it."
        faults.append(FieldError(row.path("campaign"), detail, "unknown-campaign"))
    elif found[0].state == CampaignState.CLOSED:
        detail = "This campaign is closed; it takes no new link."
        faults.append(FieldError(row.path("campaign"), detail, "campaign-closed"))
        return None
    return found


def _advice(unknown: Collection[str], spellings: Collection[str]) -> Mapping[str, str | None]:
    """The nearest source or alias for words that are none."""
    return {word: nearest_name(word, spellings) for word in sorted(unknown)[:MAX_SUGGESTIONS]}


def _channel_of(
    row: SheetRow,
    word: str,
    channels: Sequence[_Owned],
    advice: Mapping[str, str | None],
    unit_path: str,
    faults: list[FieldError],
) -> Channel | None:
    """The channel that the row's words mean for a campaign of the unit: its own before one of a unit further up.

    `word` is the row's source in its one spelling.
    """
    named = [owned for owned in channels if owned[0].source == word]
    named = named or [owned for owned in channels if word in owned[0].aliases]
    if not named:
        fault = unknown_source(row.path("source"), row.cells["source"], advice.get(word))
        faults.append(fault.as_error())
        return None
    if len({channel.source for channel, _ in named}) > 1:
        detail = "Several of your units have this alias, each for another source; name the source itself."
        faults.append(FieldError(row.path("source"), detail, "ambiguous-source"))
        return None
    media = sorted({channel.medium for channel, _ in named})
    medium = normalize_name(row.cells.get("medium", ""), path=(), known=media)[0]
    if not medium and len(media) > 1:
        detail = f"This source has several mediums; say which: {', '.join(media)}."
        faults.append(FieldError(row.path("medium"), detail, "missing"))
        return None
    fitting = [owned for owned in named if owned[0].medium == (medium or media[0])]
    if not fitting:
        detail = f"This source has no channel of this medium; there are {', '.join(media)}."
        faults.append(FieldError(row.path("medium"), detail, "unknown-medium"))
        return None
    on_the_way_up = [owned for owned in fitting if unit_path.startswith(owned[1])]
    return (on_the_way_up or fitting)[0][0]
