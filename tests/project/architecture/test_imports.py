"""The import contracts of pyproject.toml hold, and each of them can fail: a planted violation turns it red."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
CONTRACTS = {contract["id"]: contract["name"] for contract in DECLARED}

# contract -> the file to plant in, and the module whose import breaks it
VIOLATIONS = {
    "edge": ("campaigns/planning/types.py", "api.http.paging"),
    "slices": ("campaigns/access/rules.py", "campaigns.planning.types"),
    "files": ("campaigns/planning/rules.py", "campaigns.planning.queries"),
    "kit": ("campaigns/kit/ids.py", "campaigns.kit.settings"),
    "kit-database": ("campaigns/kit/database/rows.py", "campaigns.kit.database.engine"),
    "kit-encryption": ("campaigns/kit/encryption/cipher.py", "campaigns.kit.encryption.master_key"),
    "kit-embedded": ("campaigns/kit/embedded/readiness.py", "campaigns.kit.embedded.supervisor"),
    "kit-text": ("campaigns/kit/text/typed.py", "campaigns.kit.text.languages"),
    "kit-files": ("campaigns/kit/files/lock.py", "campaigns.kit.files.sqlite"),
    "naming": ("campaigns/naming/utm.py", "campaigns.naming.templates"),
    "acquisition": ("campaigns/acquisition/networks.py", "campaigns.acquisition.lookup"),
    "planning-operations": ("campaigns/planning/operations/units.py", "campaigns.planning.operations.updates"),
    "links": ("campaigns/links/queries.py", "campaigns.links.csv_sheets.export"),
    "links-operations": ("campaigns/links/operations/notify.py", "campaigns.links.operations.update"),
    "links-resolver": ("campaigns/links/resolver/target.py", "campaigns.links.resolver.snapshot"),
    "destination-checks": (
        "campaigns/links/destination_checks/queries.py",
        "campaigns.links.destination_checks.operations",
    ),
    "csv-sheets": ("campaigns/links/csv_sheets/format.py", "campaigns.links.csv_sheets.export"),
    "clicks": ("campaigns/clicks/store.py", "campaigns.clicks.journal.drainer"),
    "clicks-capture": ("campaigns/clicks/capture/salts.py", "campaigns.clicks.capture.writer"),
    "clicks-bots": ("campaigns/clicks/bots/bursts.py", "campaigns.clicks.bots.reclassify"),
    "clicks-journal": ("campaigns/clicks/journal/loss_record.py", "campaigns.clicks.journal.failover"),
    "statistics": ("campaigns/statistics/types.py", "campaigns.statistics.query.run"),
    "statistics-definitions": (
        "campaigns/statistics/definitions/metrics.py",
        "campaigns.statistics.definitions.dimensions",
    ),
    "statistics-query": ("campaigns/statistics/query/plan.py", "campaigns.statistics.query.sql"),
    "applicants": ("campaigns/applicants/rules.py", "campaigns.applicants.encryption"),
    "applicants-answers": ("campaigns/applicants/answers/name.py", "campaigns.applicants.answers.phone_number"),
    "applicants-operations": (
        "campaigns/applicants/operations/find_person.py",
        "campaigns.applicants.operations.register",
    ),
    "applicants-queries": ("campaigns/applicants/queries/duplicates.py", "campaigns.applicants.queries.recruiter"),
    "http": ("api/http/sessions.py", "api.http.auth"),
    "http-contract": ("api/http/contract/head.py", "api.http.contract.router"),
    "http-kit": ("api/http/conditional.py", "campaigns.naming.utm"),
    "consequences": ("api/campaigns/routes.py", "campaigns.planning.operations.updates"),
    "edge-files": ("api/http/request_log.py", "api.campaigns.requests"),
    "edge-resources": ("api/channels/requests.py", "api.channels.responses"),
    "edge-links": ("api/links/requests.py", "api.links.bulk_requests"),
    "edge-gateway": ("api/gateway/api_processes.py", "api.gateway.forwarder"),
    "edge-logs": ("api/logs/output.py", "api.logs.configuration"),
    "edge-runtime": ("api/runtime/resources.py", "api.runtime.loops"),
    "cli": ("api/cli/database.py", "api.cli.keys"),
    "cli-backup": ("api/cli/backup/postgres_program.py", "api.cli.backup.dump"),
    "cli-doctor": ("api/cli/doctor/types.py", "api.cli.doctor.server"),
    "cli-demo": ("api/cli/demo/keys.py", "api.cli.demo.fill"),
    "edge-openapi": ("api/openapi/headers.py", "api.openapi.document"),
    "edge-problem-codes": ("api/problem_codes/types.py", "api.problem_codes.texts"),
    "edge-redirect": ("api/redirect/pages.py", "api.redirect.app"),
    "no-web": ("campaigns/kit/ids.py", "starlette"),
    "pure": ("campaigns/clicks/visitors.py", "sqlalchemy"),
    "light-redirect": ("api/redirect/pages.py", "pydantic"),
    "adapters": ("campaigns/planning/operations/campaigns.py", "httpx"),
    "no-circles": ("campaigns/kit/ids.py", "campaigns.kit.database.columns"),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    # The copy comes first on the path, before the project that is installed in this environment.
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def copied(root: Path) -> Path:
    for package in ("api", "campaigns"):
        shutil.copytree(PROJECT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", root)
    return root


def test_every_contract_has_a_planted_violation() -> None:
    assert set(VIOLATIONS) == set(CONTRACTS)


def test_the_contracts_hold(tmp_path: Path) -> None:
    outcome = lint(copied(tmp_path))
    assert outcome.returncode == 0, outcome.stdout


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the linter says of each broken contract, by its name, with every violation planted at once."""
    root = copied(tmp_path_factory.mktemp("broken"))
    for file, module in VIOLATIONS.values():
        assert (root / file).exists(), "a violation in a file that nobody imports proves nothing"
        with (root / file).open("a") as source:
            source.write(f"\nimport {module}\n")
    outcome = lint(root)
    assert outcome.returncode != 0
    _, _, details = outcome.stdout.partition("Broken contracts")
    names = {text: details.find(f"\n{text}\n---") for text in CONTRACTS.values()}
    found = sorted((place, text) for text, place in names.items() if place >= 0)
    ends = [place for place, _ in found[1:]] + [len(details)]
    return {text: details[place:end] for (place, text), end in zip(found, ends, strict=True)}


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_a_planted_violation_breaks_its_contract(broken: dict[str, str], contract: str) -> None:
    file, module = VIOLATIONS[contract]
    importer = file.removesuffix(".py").replace("/", ".")
    told = broken.get(CONTRACTS[contract], "")
    if contract == "no-circles":  # told by the two siblings instead of the modules
        importer, module = ".ids -> .database", ""
    assert importer in told, told
    assert module in told, told


def test_what_says_it_is_pure_is_under_the_contract_and_the_other_way_round() -> None:
    (contract,) = [one for one in DECLARED if one["id"] == "pure"]
    by_kind, named = set[str](), set[str]()
    for pattern in contract["source_modules"]:
        (by_kind if pattern.endswith((".rules", ".types")) else named).add(pattern)
    modules = {
        str(path.relative_to(PROJECT).with_suffix("")).replace("/", "."): path.read_text()
        for path in (PROJECT / "campaigns").rglob("*.py")
        if path.stem not in ("__init__", "rules", "types")
    }
    pure = {name for name, text in modules.items() if re.search(r"\b[Pp]ure\b(?! Python)", text.split('"""')[1])}
    covered = {name for name in modules if any(fnmatchcase(name, pattern) for pattern in named)}
    assert pure == covered
    assert by_kind == {"campaigns.*.rules", "campaigns.**.types"}
