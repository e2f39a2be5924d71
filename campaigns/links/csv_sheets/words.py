"""Which campaign and which channel the words in a row of a sheet stand for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import invalid_field
from campaigns.links.csv_sheets.format import SheetRow
from campaigns.naming.normal_form import normalize_name
from campaigns.naming.similar_names import nearest_name, unknown_source
from campaigns.planning.models import Campaign, Channel, Unit
from campaigns.planning.queries import in_reach, subtree
from campaigns.planning.types import CampaignState, OpenState

# Suggestions are slow, so only the first unknown sources get one.
MAX_SUGGESTIONS = 50


@dataclass(frozen=True, slots=True)
class SheetWords:
    """What the rows of a sheet can mean.

    `campaigns` are by slug, each with the path of its unit. `channels` are open ones first, then those of units further
    down first, each with the path of its unit. `sources` has the normal form of each source as typed, `suggestions`
    the nearest source or alias of those forms that are none.
    """

    campaigns: Mapping[str, tuple[Campaign, str]]
    channels: Sequence[tuple[Channel, str]]
    sources: Mapping[str, str]
    suggestions: Mapping[str, str | None]


async def read_sheet_words(session: AsyncSession, principal: Principal, rows: Sequence[SheetRow]) -> SheetWords:
    """The campaigns that the rows name, and the channels that they can mean."""
    channels = await _read_channels(session, principal)
    known = {name for channel, _ in channels for name in (channel.source, *channel.aliases)}
    sources = {
        text: normalize_name(text, path=(), known=known)[0]
        for text in dict.fromkeys(row.cells["source"] for row in rows)
    }
    unknown = sorted(set(sources.values()) - known)
    return SheetWords(
        campaigns=await _read_campaigns(session, principal, {row.cells["campaign"].lower() for row in rows}),
        channels=channels,
        sources=sources,
        suggestions={word: nearest_name(word, known) for word in unknown[:MAX_SUGGESTIONS]},
    )


def require_campaign(row: SheetRow, words: SheetWords) -> tuple[Campaign, str]:
    """The row's campaign and the path of its unit; raises Invalid if there is none or it is closed."""
    found = words.campaigns.get(row.cells["campaign"].lower())
    if found is None:
        detail = "No campaign with this slug exists, or you may not see it."
        raise invalid_field(row.path("campaign"), detail, "unknown-campaign")
    if found[0].state == CampaignState.CLOSED:
        detail = "The campaign is closed. It takes no new links."
        raise invalid_field(row.path("campaign"), detail, "campaign-closed")
    return found


def require_channel(row: SheetRow, words: SheetWords, *, unit_path: str) -> Channel:
    """The channel that the row means for a campaign of the unit: its own before one of a unit further up.

    Raises Invalid for a source or medium that no channel has, and where several could be meant.
    """
    named = _channels_of_source(row, words)
    medium = _medium_of(row, sorted({channel.medium for channel, _ in named}))
    fitting = [owned for owned in named if owned[0].medium == medium]
    on_the_way_up = [owned for owned in fitting if unit_path.startswith(owned[1])]
    return (on_the_way_up or fitting)[0][0]


def _channels_of_source(row: SheetRow, words: SheetWords) -> Sequence[tuple[Channel, str]]:
    """The channels whose source, or else alias, the row names."""
    word = words.sources[row.cells["source"]]
    named = [owned for owned in words.channels if owned[0].source == word]
    named = named or [owned for owned in words.channels if word in owned[0].aliases]
    if not named:
        issue = unknown_source(row.path("source"), row.cells["source"], words.suggestions.get(word))
        raise invalid_field(row.path("source"), issue.detail, issue.as_error().code)
    if len({channel.source for channel, _ in named}) > 1:
        detail = "This alias stands for different sources in different units. Write the source instead."
        raise invalid_field(row.path("source"), detail, "ambiguous-source")
    return named


def _medium_of(row: SheetRow, media: Sequence[str]) -> str:
    """The row's medium, which it may leave out where the source has one only."""
    medium = normalize_name(row.cells.get("medium", ""), path=(), known=media)[0]
    if not medium and len(media) > 1:
        detail = f"This source has several mediums. Write one of them: {', '.join(media)}."
        raise invalid_field(row.path("medium"), detail, "missing")
    if medium and medium not in media:
        detail = f"This source has no channel with this medium. Available mediums: {', '.join(media)}."
        raise invalid_field(row.path("medium"), detail, "unknown-medium")
    return medium or media[0]


async def _read_campaigns(
    session: AsyncSession, principal: Principal, slugs: Collection[str]
) -> Mapping[str, tuple[Campaign, str]]:
    statement = (
        select(Campaign, Unit.path)
        .join(Unit, col(Unit.id) == Campaign.unit_id)
        .where(col(Campaign.slug).in_(slugs), col(Campaign.unit_id).in_(subtree(principal)))
    )
    return {campaign.slug: (campaign, path) for campaign, path in (await session.exec(statement)).all()}


async def _read_channels(session: AsyncSession, principal: Principal) -> Sequence[tuple[Channel, str]]:
    statement = (
        select(Channel, Unit.path)
        .join(Unit, col(Unit.id) == Channel.unit_id)
        .where(col(Channel.unit_id).in_(in_reach(principal)))
    )
    found = (await session.exec(statement)).all()
    return sorted(found, key=lambda owned: (owned[0].state != OpenState.ACTIVE, -len(owned[1]), owned[0].id))
