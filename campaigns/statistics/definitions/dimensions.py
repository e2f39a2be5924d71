"""The dimensions that figures are grouped and filtered by. A new dimension is one entry of `DimensionName`.

An entry holds the name, the meaning for the API document, the column in each counted table, and the known filter
values. The API document, the validation of queries and the SQL are derived from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import Date, SQLColumnExpression, cast, func, or_
from sqlmodel import col

from campaigns.acquisition.channel_groups import ChannelGroup
from campaigns.acquisition.networks import NETWORKS
from campaigns.attribution.models import Conversion
from campaigns.attribution.types import NOT_SET
from campaigns.clicks.bots.reasons import ORDER_OF_REASONS, REASONS, first_reason, word_of
from campaigns.clicks.models import Agent, Click
from campaigns.clicks.types import Device
from campaigns.kit.text.languages import current_language
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
from campaigns.statistics.types import DAY, FactName, Query

Column = Callable[[Query], SQLColumnExpression[Any]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to group rows. It applies only to the counted tables that `columns` lists.

    A column may be null only if `may_be_unset`. `known` looks up which filter values exist; None: the dimension
    cannot be filtered on.
    """

    name: str
    meaning: str
    columns: Mapping[FactName, Column]
    known: Known | None
    may_be_unset: bool


def _local_day(fact: FactName) -> Column:
    return lambda query: _day_of(fact, query)


def _day_of(fact: FactName, query: Query) -> SQLColumnExpression[Any]:
    day = cast(FACTS[fact].at.op("AT TIME ZONE")(query.timezone), Date)
    # Keeps rows of the range on a day of the range. Two cases need it: clocks set back across midnight, which repeat
    # an hour of the previous day (St. John's until 2010), and PostgreSQL's zone data differing from Python's.
    return func.least(func.greatest(day, query.date_range.first), query.date_range.last)


def _all(*, conversions: Any, others: Any) -> Mapping[FactName, Column]:
    return {fact: lambda _: col(others) for fact in FactName} | {FactName.CONVERSIONS: lambda _: col(conversions)}


def _clicks(column: Any) -> Mapping[FactName, Column]:
    return {FactName.CLICKS: lambda _: column}


# A registration stores the link that is credited, but no property of the tap. Grouping all registrations under
# (not set) would show a conversion rate of 0 for every device, so `plan` rejects such a query.
_OF_CLICKS = "Only for `clicks`, `visitors`, `previews` and `filtered_taps`."


class DimensionName(StrEnum):
    """The dimensions of a query."""

    definition: Dimension

    def __new__(cls, definition: Dimension) -> Self:
        member = str.__new__(cls, definition.name)
        member._value_ = definition.name
        member.definition = definition
        return member

    CAMPAIGN = Dimension(
        "campaign",
        "Slug of the campaign. For taps: the campaign of the link. For registrations and later stages: the campaign "
        "of the registration.",
        _all(conversions=Campaign.slug, others=Campaign.slug),
        known_campaigns,
        may_be_unset=False,
    )
    LINK = Dimension(
        "link",
        f"Slug of the link. For taps: the tapped link. For registrations and later stages: the link of the last "
        f"touch that is a visit, or `{NOT_SET}`.",
        _all(conversions=Link.slug, others=Link.slug),
        known_links,
        may_be_unset=True,
    )
    SOURCE = Dimension(
        "source",
        f"Source of the link (see `link`), or `{NOT_SET}`.",
        _all(conversions=Conversion.source, others=Link.utm_source),
        known_sources,
        may_be_unset=True,
    )
    MEDIUM = Dimension(
        "medium",
        f"Medium of the link (see `link`), or `{NOT_SET}`.",
        _all(conversions=Conversion.medium, others=Link.utm_medium),
        known_media,
        may_be_unset=True,
    )
    CHANNEL_GROUP = Dimension(
        "channel_group",
        f"Channel group of the link (see `link`), or `{NOT_SET}`.",
        _all(conversions=Link.channel_group, others=Link.channel_group),
        fixed_values(ChannelGroup),
        may_be_unset=True,
    )
    DAY = Dimension(
        DAY,
        "Calendar day in the time zone of the query, as YYYY-MM-DD.",
        {fact: _local_day(fact) for fact in FactName},
        None,
        may_be_unset=False,
    )
    VIA = Dimension(
        "via",
        f"`qr` for scans of the QR code of the link, otherwise `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.via)),
        fixed_values(["qr"]),
        may_be_unset=True,
    )
    VARIANT = Dimension(
        "variant",
        f"Key of the variant that the tap was sent to, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.variant)),
        values_in_clicks(Click.variant),
        may_be_unset=True,
    )
    DEVICE = Dimension(
        "device",
        f"Kind of device, according to the user agent: {', '.join(f'`{one}`' for one in Device)}; `{NOT_SET}` if no "
        f"user agent was stored. {_OF_CLICKS}",
        _clicks(col(Agent.device)),
        fixed_values(Device),
        may_be_unset=True,
    )
    APP = Dimension(
        "app",
        f"App whose built-in browser was used, such as `instagram`, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Agent.app)),
        known_apps,
        may_be_unset=True,
    )
    COUNTRY = Dimension(
        "country",
        f"ISO 3166-1 code of the country in which the IP address is registered, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.country)),
        values_in_clicks(Click.country, spelled=str.upper),
        may_be_unset=True,
    )
    LANGUAGE = Dimension(
        "language",
        f"First language of the browser, such as `id`, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.language)),
        values_in_clicks(Click.language, spelled=current_language),
        may_be_unset=True,
    )
    REFERRER = Dimension(
        "referrer",
        f"Host or Android package in the `Referer` header, or `{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.referrer_host)),
        values_in_clicks(Click.referrer_host),
        may_be_unset=True,
    )
    NETWORK = Dimension(
        "network",
        "Network according to the referrer or a click ID such as `fbclid`, independent of the source of the link, or "
        f"`{NOT_SET}`. {_OF_CLICKS}",
        _clicks(col(Click.network)),
        fixed_values(one.name for one in NETWORKS),
        may_be_unset=True,
    )
    BOT_REASON = Dimension(
        "bot_reason",
        f"Reason why a tap is not a click, `{NOT_SET}` for clicks. If there are several reasons, the first in this "
        f"order: {', '.join(f'`{word_of(one)}`' for one in ORDER_OF_REASONS)}. {_OF_CLICKS}",
        _clicks(first_reason(REASONS)),
        fixed_values(word_of(one) for one in ORDER_OF_REASONS),
        may_be_unset=True,
    )


DIMENSIONS: Mapping[str, Dimension] = {one.value: one.definition for one in DimensionName}


def display_value(name: str, fact: FactName, query: Query) -> SQLColumnExpression[Any]:
    """The row's value as results show it: `(not set)` in place of null."""
    dimension = DIMENSIONS[name]
    column = dimension.columns[fact](query)
    return func.coalesce(column, NOT_SET) if dimension.may_be_unset else column


def matches(name: str, values: Sequence[str], fact: FactName, query: Query) -> SQLColumnExpression[bool]:
    """Whether the row's displayed value is one of `values`; compares the bare column, so that indexes can be used."""
    column = DIMENSIONS[name].columns[fact](query)
    wanted = column.in_([value for value in values if value != NOT_SET])
    return or_(wanted, column.is_(None)) if NOT_SET in values else wanted
