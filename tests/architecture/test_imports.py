"""The import contracts of pyproject.toml hold, and each of them can fail: a planted violation turns it red."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

# contract -> the file to plant in, and the line that breaks it
VIOLATIONS = {
    "edge": ("campaigns/planning/rules.py", "import api.http.paging"),
    "slices": ("campaigns/access/rules.py", "import campaigns.planning.types"),
    "files": ("campaigns/planning/rules.py", "import campaigns.planning.queries"),
    "consequences": ("api/campaigns/routes.py", "import campaigns.planning.operations.updates"),
    "edge-files": ("api/http/paging.py", "import api.campaigns.requests"),
    "no-web": ("campaigns/kit/ids.py", "import starlette"),
    "pure": ("campaigns/planning/rules.py", "import sqlalchemy"),
    "light-redirect": ("campaigns/links/target_url.py", "import pydantic"),
    "adapters": ("campaigns/planning/operations/campaigns.py", "import httpx"),
    "no-circles": ("campaigns/kit/ids.py", "import campaigns.kit.database.columns"),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    # The copy comes first on the path, before the project that is installed in this environment.
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("api", "campaigns"):
        shutil.copytree(PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_a_planted_violation() -> None:
    assert set(VIOLATIONS) == set(CONTRACTS)


def test_the_contracts_hold(copy: Path) -> None:
    outcome = lint(copy)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str) -> None:
    file, line = VIOLATIONS[contract]
    assert (copy / file).exists(), "a violation in a file that nobody imports proves nothing"
    with (copy / file).open("a") as source:
        source.write(f"\n{line}\n")
    outcome = lint(copy)
    assert outcome.returncode != 0
    assert f"{CONTRACTS[contract]} BROKEN" in outcome.stdout, outcome.stdout
