"""The README's tour, run in a shell against a server with the demo's data: it prints what the README shows."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from campaigns.statistics.definitions.dimensions import DIMENSIONS
from tests.processes.server.server import Server, free_port

PROJECT = Path(__file__).parents[3]
README = (PROJECT / "README.md").read_text()
README_URL = "http://127.0.0.1:8000"
MARK = "=== next block ==="

# What differs from run to run, and what stands for it in a comparison.
VOLATILE = [
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<id>"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", "<time>"),
    (r"\bJR-[0-9A-Z]{5}-[0-9A-Z]{5}\b", "<reference>"),
    (r'(?<="status_token":")[\w-]{32}(?=")', "<token>"),
    (r'(?<="next_cursor":")[\w-]+(?=")', "<cursor>"),
    (r'(?<="trace_id":")[0-9a-f]{32}(?=")', "<trace>"),
    (r"(?<=[?&]cid=)[\w-]{60}", "<cid>"),
    (r"\bjrg_\w{38}", "<key>"),
]


def comparable(text: str) -> list[str]:
    """The lines of an output, without blank ones and with placeholders for ids, times and secrets."""
    for pattern, placeholder in VOLATILE:
        text = re.sub(pattern, placeholder, text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def tour() -> list[tuple[str, str]]:
    """The commands of each step, and the output that the README shows for them ("" where it shows none)."""
    section = README.partition("\n## Five minutes with curl\n")[2].partition("\n## ")[0]
    return re.findall(r"^```bash\n(.*?)^```\n(?:```\n(.*?)^```$)?", section, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(data: Path) -> Iterator[Server]:
    server = Server(data, free_port(), ("--demo",)).start()
    yield server
    server.stop()


def test_make_run_starts_the_server_that_this_test_starts() -> None:
    command = ["make", "--dry-run", "--no-print-directory", "run", "PORT=8080", "DATA=/srv/jaring"]
    recipe = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert "JARING_PORT=8080 JARING_DATA=/srv/jaring .venv/bin/jaring serve --demo" in recipe


def test_the_start_prints_what_the_readme_shows(demo: Server) -> None:
    shown = README.partition("```console\n$ make run\n")[2].partition("```")[0]
    # Log lines, which a terminal shows in between.
    printed = "".join(line for line in demo.printed.splitlines(keepends=True) if not line.startswith("{"))
    assert comparable(printed.replace(demo.url, README_URL)) == comparable(shown)


def test_the_tour_prints_what_the_readme_shows(demo: Server, data: Path, tmp_path: Path) -> None:
    steps = tour()
    assert len(steps) >= 8, "the tour's blocks are no longer found"
    script = f"\necho '{MARK}'\n".join(commands for commands, _ in steps)
    outcome = subprocess.run(
        ["bash", "-s"],
        input=script,
        cwd=tmp_path,
        env={**os.environ, "PORT": str(demo.port), "DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome.stderr == ""
    printed = outcome.stdout.replace(demo.url, README_URL).split(f"{MARK}\n")
    assert len(printed) == len(steps)
    for (commands, shown), output in zip(steps, printed, strict=True):
        assert comparable(output) == comparable(shown), commands


def test_each_breakdown_of_the_demo_shows_several_rows(demo: Server, data: Path) -> None:
    key = json.loads((data / "demo-keys.json").read_text())["marketer"]
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date()
    with httpx.Client(base_url=demo.url, headers={"Authorization": f"Bearer {key}"}) as client:
        for dimension in set(DIMENSIONS) - {"variant"}:
            question = {
                "metrics": ["filtered_taps" if dimension == "bot_reason" else "clicks"],
                "dimensions": [dimension],
                "date_range": {"from": str(today - timedelta(days=20)), "to": str(today)},
            }
            rows = client.post("/v1/statistics/query", json=question).json()["results"]
            assert len([row for row in rows if row["metrics"] != [0]]) > 1, dimension
