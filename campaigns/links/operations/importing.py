"""Placing the rows of a sheet, which names campaigns and sources by word; all rows or none."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import FieldError
from campaigns.kit.faults import gathering, refuse
from campaigns.links.models import Link
from campaigns.links.operations.placing import Placed, place_links, read_scene
from campaigns.links.sheets import COLUMN_OF, SheetRow, read_fields
from campaigns.links.types import LinkSpec
from campaigns.planning.linting import Fault, nearest_name, unknown_source
from campaigns.planning.models import Campaign, Channel, Unit
from campaigns.planning.queries import in_reach, subtree
from campaigns.planning.types import CampaignState, OpenState

# Finding the nearest source takes a while, and who has this many unknown ones has another problem than slips.
MOST_ADVICE = 50

# A channel, and the path of the unit that owns it.
_Owned = tuple[Channel, str]


async def place_rows(
    session: AsyncSession,
    principal: Principal,
    *,
    rows: Sequence[SheetRow],
    accept_names: Collection[str],
    timezone: ZoneInfo,
    now: datetime,
) -> Placed:
    """Make a link of each row, in their order; all or none.

    Raises Invalid with all that is wrong with any row, at `/rows/<n>/<column>`, or Conflict (`slug-taken`,
    `channel-closed`) with the same pointers, or Unavailable.
    """
    faults: list[FieldError] = []
    campaigns = await _campaigns(session, principal, {row.cells["campaign"].lower() for row in rows})
    channels = await _channels(session, principal)
    advice = _advice({row.cells["source"].lower() for row in rows}, channels)
    specs: dict[UUID, list[tuple[SheetRow, LinkSpec]]] = defaultdict(list)
    for row in rows:
        fields = read_fields(row, timezone=timezone, faults=faults)
        found = _campaign_of(row, campaigns, faults)
        channel = _channel_of(row, channels, advice, found[1].path if found else "", faults)
        if found and channel:
            specs[found[0].id].append((row, LinkSpec(channel_id=channel.id, **fields)))
    placed: dict[int, Link] = {}
    spelling: list[Fault] = []
    for campaign_id, group in specs.items():
        with gathering(faults):
            made = await _place_group(session, principal, campaign_id, group, accept_names, timezone, now)
            placed |= {row.number: link for (row, _), link in zip(group, made.links, strict=True)}
            spelling += made.spelling
    refuse(faults)
    return Placed([placed[row.number] for row in rows], spelling)


async def _place_group(
    session: AsyncSession,
    principal: Principal,
    campaign_id: UUID,
    group: Sequence[tuple[SheetRow, LinkSpec]],
    accept_names: Collection[str],
    timezone: ZoneInfo,
    now: datetime,
) -> Placed:
    """The rows of one campaign."""
    specs = [spec for _, spec in group]
    channel_ids = {spec.channel_id for spec in specs}
    scene = await read_scene(
        session, principal, campaign_id=campaign_id, channel_ids=channel_ids, timezone=timezone, now=now
    )

    def locate(place: int, field: str) -> str:
        # Of tags only the cell is told, not the place in it.
        name = field.partition("/")[0]
        return group[place][0].pointer(COLUMN_OF.get(name, name))

    return await place_links(
        session, principal, scene=scene, specs=specs, accept_names=accept_names, now=now, locate=locate
    )


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
        faults.append(FieldError(row.pointer("campaign"), detail, "unknown-campaign"))
    elif found[0].state == CampaignState.CLOSED:
        detail = "This campaign is closed; it takes no new link."
        faults.append(FieldError(row.pointer("campaign"), detail, "campaign-closed"))
        return None
    return found


def _advice(words: Collection[str], channels: Sequence[_Owned]) -> Mapping[str, str | None]:
    """The nearest source or alias for words that are none."""
    spellings = {name for channel, _ in channels for name in (channel.source, *channel.aliases)}
    return {word: nearest_name(word, spellings) for word in sorted(set(words) - spellings)[:MOST_ADVICE]}


def _channel_of(
    row: SheetRow,
    channels: Sequence[_Owned],
    advice: Mapping[str, str | None],
    unit_path: str,
    faults: list[FieldError],
) -> Channel | None:
    """The channel that the row's words mean for a campaign of the unit: its own before one of a unit further up."""
    word = row.cells["source"].lower()
    named = [owned for owned in channels if owned[0].source == word]
    named = named or [owned for owned in channels if word in owned[0].aliases]
    if not named:
        fault = unknown_source(row.pointer("source"), row.cells["source"], advice.get(word))
        faults.append(fault.as_error())
        return None
    if len({channel.source for channel, _ in named}) > 1:
        detail = "Several of your units have this alias, each for another source; name the source itself."
        faults.append(FieldError(row.pointer("source"), detail, "ambiguous-source"))
        return None
    medium = row.cells.get("medium", "").lower()
    media = sorted({channel.medium for channel, _ in named})
    if not medium and len(media) > 1:
        detail = f"This source has several mediums; say which: {', '.join(media)}."
        faults.append(FieldError(row.pointer("medium"), detail, "missing"))
        return None
    fitting = [owned for owned in named if owned[0].medium == (medium or media[0])]
    if not fitting:
        detail = f"This source has no channel of this medium; there are {', '.join(media)}."
        faults.append(FieldError(row.pointer("medium"), detail, "unknown-medium"))
        return None
    on_the_way_up = [owned for owned in fitting if unit_path.startswith(owned[1])]
    return (on_the_way_up or fitting)[0][0]
