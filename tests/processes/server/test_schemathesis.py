"""Schemathesis against the real server: it sends what the document allows and what it forbids, and checks the answers.

Bounded, and the same cases in every run.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.server.server import Server

PROJECT = Path(__file__).parents[3]
CASES_AN_OPERATION = "4"  # beside those of the coverage phase, which tries each constraint of the document
SECONDS = 570  # under a minute on a machine with nothing else to do, minutes on a busy one
# The two checks left out judge the data, not the answer, and are wrong here: `positive_data_acceptance` expects every
# well-formed id to exist, `negative_data_rejection` sends headers that HTTP itself makes valid.
LEFT_OUT = "positive_data_acceptance,negative_data_rejection,unsupported_method"


@pytest.mark.timeout(SECONDS + 30)
def test_the_server_keeps_what_its_document_promises(server: Server, tmp_path: Path) -> None:
    key = server.key("administrator")["Authorization"]
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        str(PROJECT / "openapi" / "openapi.json"),
        f"--url={server.url}",
        f"--header=Authorization: {key}",
        f"--max-examples={CASES_AN_OPERATION}",
        "--generation-deterministic",
        f"--exclude-checks={LEFT_OUT}",
        "--phases=examples,coverage,fuzzing",
        "--request-timeout=10",
        "--no-color",
    ]
    outcome = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": ""},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout[-8000:] + outcome.stderr[-2000:]
