"""What figures are broken down by. A new dimension is a word in `types.DimensionName` and an entry here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, SQLColumnExpression, cast, func, or_
from sqlmodel import col

from campaigns.acquisition.channel_groups import ChannelGroup
from campaigns.acquisition.networks import NETWORKS
from campaigns.attribution.models import Conversion
from campaigns.attribution.types import NOT_SET
from campaigns.clicks.bots.reasons import ORDER_OF_REASONS, REASONS, first_reason, word_of
from campaigns.clicks.models import Agent, Click
from campaigns.clicks.types import Device
from campaigns.links.models import Link
from campaigns.planning.models import Campaign
from campaigns.statistics.definitions.facts import FACTS
from campaigns.statistics.definitions.filter_values import (
    Known,
    fixed_values,
    known_apps,
    known_campaigns,
    known_links,
    known_media,
    known_sources,
    values_in_clicks,
)
from campaigns.statistics.types import DimensionName, FactName, Query

Column = Callable[[Query], SQLColumnExpression[Any]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to divide the rows of the counted tables that are in `columns`; of the others it says nothing.

    A column is the value of a row, null where it has none, which only a dimension with `may_be_unset` allows.
    `known` is the vocabulary its filters are checked with; None: it cannot be filtered on.
    """

    meaning: str
    columns: Mapping[FactName, Column]
    known: Known | None
    may_be_unset: bool


def _local_day(fact: FactName) -> Column:
    return lambda query: _day_of(fact, query)


def _day_of(fact: FactName, query: Query) -> SQLColumnExpression[Any]:
    day = cast(FACTS[fact].at.op("AT TIME ZONE")(query.timezone), Date)
    # A moment of the range is on a day of the range, also in the hour that clocks set back across midnight repeat
    # (St. John's until 2010), and should PostgreSQL's edition of the zones differ from Python's.
    return func.least(func.greatest(day, query.date_range.first), query.date_range.last)


def _both(*, clicks: Any, conversions: Any) -> Mapping[FactName, Column]:
    return {FactName.CLICKS: lambda _: col(clicks), FactName.CONVERSIONS: lambda _: col(conversions)}


def _clicks(column: Any) -> Mapping[FactName, Column]:
    return {FactName.CLICKS: lambda _: column}


# A registration keeps its last touch's link and nothing of the tap itself. To file all of them under (not set) would
# show a conversion rate of 0 for every device there is, so such a query is refused (`plan`).
_OF_CLICKS = "Of clicks, visitors, previews and filtered clicks only."

DIMENSIONS: Mapping[DimensionName, Dimension] = {
    DimensionName.CAMPAIGN: Dimension(
        "The tapped link's campaign; for registrations and what follows, the campaign registered in. Its slug.",
        _both(clicks=Campaign.slug, conversions=Campaign.slug),
        known_campaigns,
        may_be_unset=False,
    ),
    DimensionName.LINK: Dimension(
        f"The tapped link; for registrations and what follows, the last link touched, or `{NOT_SET}`. Its slug.",
        _both(clicks=Link.slug, conversions=Link.slug),
        known_links,
        may_be_unset=True,
    ),
    DimensionName.SOURCE: Dimension(
        f"The source of that link, or `{NOT_SET}`.",
        _both(clicks=Link.utm_source, conversions=Conversion.source),
        known_sources,
        may_be_unset=True,
    ),
    DimensionName.MEDIUM: Dimension(
        f"The medium of that link, or `{NOT_SET}`.",
        _both(clicks=Link.utm_medium, conversions=Conversion.medium),
        known_media,
        may_be_unset=True,
    ),
    DimensionName.CHANNEL_GROUP: Dimension(
        f"The channel group of that link, or `{NOT_SET}`.",
        _both(clicks=Link.channel_group, conversions=Link.channel_group),
        fixed_values(ChannelGroup),
        may_be_unset=True,
    ),
    DimensionName.DAY: Dimension(
        "The calendar day in the query's time zone, as YYYY-MM-DD.",
        {fact: _local_day(fact) for fact in FactName},
        None,
        may_be_unset=False,
    ),
    DimensionName.VIA: Dimension(
        f"`qr` for taps that came by scanning the link's QR code, else `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.via)),
        fixed_values(["qr"]),
        may_be_unset=True,
    ),
    DimensionName.VARIANT: Dimension(
        f"The key of the variant that the tap was sent to, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.variant)),
        values_in_clicks(Click.variant),
        may_be_unset=True,
    ),
    DimensionName.DEVICE: Dimension(
        f"What was tapped with, by its user agent: {', '.join(f'`{one}`' for one in Device)}; `{NOT_SET}` where none "
        f"was kept. {_OF_CLICKS}",
        _clicks(col(Agent.device)),
        fixed_values(Device),
        may_be_unset=True,
    ),
    DimensionName.APP: Dimension(
        f"The application whose built-in browser it was, such as `instagram`, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Agent.app)),
        known_apps,
        may_be_unset=True,
    ),
    DimensionName.COUNTRY: Dimension(
        f"The country that the address is registered in (ISO 3166-1), or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.country)),
        values_in_clicks(Click.country, spelled=str.upper),
        may_be_unset=True,
    ),
    DimensionName.LANGUAGE: Dimension(
        f"The language that the browser asked for first, such as `id`, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.language)),
        values_in_clicks(Click.language),
        may_be_unset=True,
    ),
    DimensionName.REFERRER: Dimension(
        f"The host or Android package that the tap came from, as its Referer header says, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.referrer_host)),
        values_in_clicks(Click.referrer_host),
        may_be_unset=True,
    ),
    DimensionName.NETWORK: Dimension(
        "The network that referrer or click id (`fbclid` and the like) speak of, whatever the link was made for, or "
        f"`{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.network)),
        fixed_values(one.name for one in NETWORKS),
        may_be_unset=True,
    ),
    DimensionName.BOT_REASON: Dimension(
        f"Why a tap is not counted as a click, `{NOT_SET}` for clicks; of several reasons the first in this order: "
        f"{', '.join(f'`{word_of(one)}`' for one in ORDER_OF_REASONS)}. {_OF_CLICKS}",
        _clicks(first_reason(REASONS)),
        fixed_values(word_of(one) for one in ORDER_OF_REASONS),
        may_be_unset=True,
    ),
}


def display_value(name: DimensionName, fact: FactName, query: Query) -> SQLColumnExpression[Any]:
    """The value of a row as a breakdown shows it, never null."""
    dimension = DIMENSIONS[name]
    column = dimension.columns[fact](query)
    return func.coalesce(column, NOT_SET) if dimension.may_be_unset else column


def matches(name: DimensionName, values: Sequence[str], fact: FactName, query: Query) -> SQLColumnExpression[bool]:
    """Whether a row shows one of the values; compares the bare column, so that indexes can be used."""
    column = DIMENSIONS[name].columns[fact](query)
    wanted = column.in_([value for value in values if value != NOT_SET])
    return or_(wanted, column.is_(None)) if NOT_SET in values else wanted
