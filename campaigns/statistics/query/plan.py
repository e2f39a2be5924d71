"""Plan a query: which tables are read, and which measures are counted from each. `sql` turns the plan into SQL."""

from collections.abc import Iterator
from dataclasses import dataclass

from campaigns.kit.errors import FieldError, FieldPath, raise_if_any
from campaigns.statistics.definitions.dimensions import DIMENSIONS
from campaigns.statistics.definitions.metrics import MEASURES, METRICS
from campaigns.statistics.types import FactName, Query


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of a table, and the measures counted in it."""

    fact: FactName
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query and the scans that its metrics need, at most one for each table."""

    query: Query
    scans: tuple[Scan, ...]


def plan_query(query: Query) -> Plan:
    """One scan for each table that the query's metrics need measures from.

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
    named: list[tuple[FieldPath, str]] = [
        *((("dimensions", place), name) for place, name in enumerate(query.dimensions)),
        *((("filters", place, "dimension"), one.dimension) for place, one in enumerate(query.filters)),
    ]
    for path, name in named:
        without = [metric for metric in query.metrics if not _has(metric, name)]
        if without:
            metrics = ", ".join(f"`{metric}`" for metric in without)
            detail = f"`{name}` cannot be combined with {metrics}; query them separately."
            yield FieldError(path, detail, "not-for-this-metric")


def _has(metric: str, dimension: str) -> bool:
    return all(measure.fact in DIMENSIONS[dimension].columns for measure in METRICS[metric].needs)
