"""From a query to a plan: which tables answer it, and what is counted from each. Still data; `sql` writes it down."""

from dataclasses import dataclass

from campaigns.statistics.metrics import MEASURES, METRICS
from campaigns.statistics.types import FactName, Query


@dataclass(frozen=True, slots=True)
class Read:
    """One pass over a table."""

    fact: FactName
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query and the passes over tables that its metrics need, none of them twice."""

    query: Query
    reads: tuple[Read, ...]


def plan_query(query: Query) -> Plan:
    """The fewest passes that count every measure the query's metrics need."""
    needed = {measure for metric in query.metrics for measure in METRICS[metric].needs}
    reads = [
        Read(fact, tuple(name for name in MEASURES if name in needed and MEASURES[name].fact is fact))
        for fact in FactName
    ]
    return Plan(query, tuple(read for read in reads if read.measures))
