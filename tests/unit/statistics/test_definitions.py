"""A new dimension or metric is one entry: added in a copy of the code, it appears in document, plan and SQL."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[3]

# file -> the line before which the entry is planted, and the entry
ENTRIES = {
    "dimensions.py": (
        "\n\nDIMENSIONS: ",
        """    PLANTED = Dimension(
        "planted", "A planted dimension.", _clicks(col(Click.via)), fixed_values(["x"]), may_be_unset=True
    )
""",
    ),
    "metrics.py": (
        "\n\nMETRICS: ",
        """    PLANTED = Metric(
        "planted_taps", "A planted metric.", (Measure("planted_taps", FactName.CLICKS, func.max(4711), IS_PREVIEW),)
    )
""",
    ),
}

SCRIPT = """
import json
from datetime import date
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from api.main import create_api
from campaigns.kit.errors import Invalid
from campaigns.kit.settings import Settings
from campaigns.planning.models import Unit
from campaigns.statistics.query.parse import parse_query
from campaigns.statistics.query.plan import plan_query
from campaigns.statistics.query.sql import write_statement
from campaigns.statistics.types import DateRange, Filter

def plan(*metrics):
    days = DateRange(date(2026, 11, 1), date(2026, 11, 1))
    return plan_query(parse_query(metrics=metrics, dimensions=["planted"], date_range=days, timezone="UTC",
                                  filters=[Filter("planted", "is", ("x",))], order_by=[], limit=1))

try:
    plan("registrations")
    refused = []
except Invalid as error:
    refused = [one.code for one in error.fields]
statement = write_statement(plan("planted_taps"), units=select(Unit.id)).compile(dialect=postgresql.dialect())
schemas = create_api(Settings()).openapi()["components"]["schemas"]
query = schemas["StatisticsQuery"]["properties"]
print(json.dumps({
    "enums": [schemas["DimensionName"]["enum"][-1], schemas["MetricName"]["enum"][-1]],
    "filterable": schemas["QueryFilter"]["properties"]["dimension"]["enum"][-1],
    "described": [query[name]["description"].rpartition("- ")[2] for name in ("dimensions", "metrics")],
    "most_metrics": query["metrics"]["maxItems"] - len(schemas["MetricName"]["enum"]),
    "refused": refused,
    "sql": [statement.string.count("clicks.via") > 1, 4711 in statement.params.values()],
}))
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("planted")
    for package in ("api", "campaigns"):
        shutil.copytree(PROJECT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, entry) in ENTRIES.items():
        file = root / "campaigns" / "statistics" / "definitions" / name
        head, found, tail = file.read_text().partition(before)
        assert found
        file.write_text(head + entry + found + tail)
    environment = {**os.environ, "PYTHONPATH": str(root)}
    outcome = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_the_document_lists_and_describes_it(planted: Any) -> None:
    assert planted["enums"] == ["planted", "planted_taps"]
    assert planted["filterable"] == "planted"
    assert planted["described"] == ["`planted`: A planted dimension.", "`planted_taps`: A planted metric."]
    assert planted["most_metrics"] == 0


def test_metrics_that_do_not_have_it_refuse_it(planted: Any) -> None:
    assert planted["refused"] == ["not-for-this-metric", "not-for-this-metric"]


def test_the_statement_counts_it(planted: Any) -> None:
    assert planted["sql"] == [True, True]
