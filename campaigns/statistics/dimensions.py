"""What figures are broken down by. A new dimension is a word in `types.DimensionName` and an entry here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Date, SQLColumnExpression, cast, func, or_
from sqlmodel import col

from campaigns.attribution.models import Conversion
from campaigns.attribution.types import NOT_SET
from campaigns.links.models import Link
from campaigns.planning.models import Campaign
from campaigns.statistics.facts import FACTS
from campaigns.statistics.types import DimensionName, FactName, Query
from campaigns.statistics.vocabulary import Known, known_campaigns, known_links, known_media, known_sources

Column = Callable[[FactName, Query], SQLColumnExpression[Any]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to divide the rows of every counted table.

    `column` is the value of a row, null where it has none, which only a dimension with `may_be_unset` allows.
    `known` is the vocabulary its filters are checked with; None: it cannot be filtered on.
    """

    meaning: str
    column: Column
    known: Known | None
    may_be_unset: bool


def _local_day(fact: FactName, query: Query) -> SQLColumnExpression[Any]:
    day = cast(FACTS[fact].at.op("AT TIME ZONE")(query.timezone), Date)
    # A moment of the range is on a day of the range, also in the hour that clocks set back across midnight repeat
    # (St. John's until 2010), and should PostgreSQL's edition of the zones differ from Python's.
    return func.least(func.greatest(day, query.date_range.first), query.date_range.last)


def _one_of(*, clicks: Any, conversions: Any) -> Column:
    columns = {FactName.CLICKS: col(clicks), FactName.CONVERSIONS: col(conversions)}
    return lambda fact, _query: columns[fact]


DIMENSIONS: Mapping[DimensionName, Dimension] = {
    DimensionName.CAMPAIGN: Dimension(
        "The tapped link's campaign; for registrations and what follows, the campaign registered in. Its slug.",
        _one_of(clicks=Campaign.slug, conversions=Campaign.slug),
        known_campaigns,
        may_be_unset=False,
    ),
    DimensionName.LINK: Dimension(
        f"The tapped link; for registrations and what follows, the last link touched, or `{NOT_SET}`. Its slug.",
        _one_of(clicks=Link.slug, conversions=Link.slug),
        known_links,
        may_be_unset=True,
    ),
    DimensionName.SOURCE: Dimension(
        f"The source of that link, or `{NOT_SET}`.",
        _one_of(clicks=Link.utm_source, conversions=Conversion.source),
        known_sources,
        may_be_unset=True,
    ),
    DimensionName.MEDIUM: Dimension(
        f"The medium of that link, or `{NOT_SET}`.",
        _one_of(clicks=Link.utm_medium, conversions=Conversion.medium),
        known_media,
        may_be_unset=True,
    ),
    DimensionName.DAY: Dimension(
        "The calendar day in the query's time zone, as YYYY-MM-DD.", _local_day, None, may_be_unset=False
    ),
}


def shown(name: DimensionName, fact: FactName, query: Query) -> SQLColumnExpression[Any]:
    """The value of a row as a breakdown shows it, never null."""
    dimension = DIMENSIONS[name]
    column = dimension.column(fact, query)
    return func.coalesce(column, NOT_SET) if dimension.may_be_unset else column


def matches(name: DimensionName, values: Sequence[str], fact: FactName, query: Query) -> SQLColumnExpression[bool]:
    """Whether a row shows one of the values; compares the bare column, so that indexes can be used."""
    column = DIMENSIONS[name].column(fact, query)
    wanted = column.in_([value for value in values if value != NOT_SET])
    return or_(wanted, column.is_(None)) if NOT_SET in values else wanted
