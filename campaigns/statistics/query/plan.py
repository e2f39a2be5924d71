"""From a resolved query to a plan: which tables answer it, and what is counted from each; `sql` writes it down."""

from collections.abc import Iterator
from dataclasses import dataclass

from campaigns.kit.errors import FieldError, FieldPath, raise_if_any
from campaigns.statistics.definitions.dimensions import DIMENSIONS
from campaigns.statistics.definitions.metrics import MEASURES, METRICS
from campaigns.statistics.types import FactName, Query


@dataclass(frozen=True, slots=True)
class Scan:
    """One pass over a table."""

    fact: FactName
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query and the passes over tables that its metrics need, none of them twice."""

    query: Query
    scans: tuple[Scan, ...]


def plan_query(query: Query) -> Plan:
    """The fewest passes that count every measure the query's metrics need.

    Raises Invalid with the path of every dimension and filter that does not apply to one of the metrics.
    """
    raise_if_any(list(_mismatches(query)))
    needed = {measure.name for metric in query.metrics for measure in METRICS[metric].needs}
    scans = [
        Scan(fact, tuple(name for name in MEASURES if name in needed and MEASURES[name].fact is fact))
        for fact in FactName
    ]
    return Plan(query, tuple(scan for scan in scans if scan.measures))


def _mismatches(query: Query) -> Iterator[FieldError]:
    asked: list[tuple[FieldPath, str]] = [
        *((("dimensions", place), name) for place, name in enumerate(query.dimensions)),
        *((("filters", place, "dimension"), one.dimension) for place, one in enumerate(query.filters)),
    ]
    for path, name in asked:
        without = [metric for metric in query.metrics if not _has(metric, name)]
        if without:
            metrics = ", ".join(f"`{metric}`" for metric in without)
            detail = f"`{name}` cannot be combined with {metrics}; query them separately."
            yield FieldError(path, detail, "not-for-this-metric")


def _has(metric: str, dimension: str) -> bool:
    return all(measure.fact in DIMENSIONS[dimension].columns for measure in METRICS[metric].needs)
