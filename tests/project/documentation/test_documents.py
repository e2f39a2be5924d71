"""The files and functions that the documentation names exist, its links lead somewhere, and decisions are listed."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.project.documentation.paths import PROJECT, broken_references, references

DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
DECISIONS = PROJECT / "docs" / "decisions"


def relative(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_files_and_names_exist(document: Path) -> None:
    assert broken_references(document.read_text()) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_a_missing_file_and_a_missing_name_are_found() -> None:
    text = "`api/nowhere.py` and `api/main.py` `create_api`, `no_such_function` and `docs/nowhere.md`"
    assert broken_references(text) == ["api/nowhere.py", "api/main.py no_such_function", "docs/nowhere.md"]


def test_the_architecture_tells_each_step_by_file_and_shows_every_slice() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text()
    assert len(references(text)) > 50
    picture = text.partition("```mermaid")[2].partition("```")[0]
    slices = [path.name for path in (PROJECT / "campaigns").iterdir() if (path / "__init__.py").exists()]
    assert [name for name in slices if f'{name}["' not in picture] == []


def test_every_decision_is_in_the_index() -> None:
    index = (DECISIONS / "README.md").read_text()
    pages = [path.name for path in sorted(DECISIONS.glob("[0-9]*.md"))]
    assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index) == pages


def test_both_packages_are_typed_and_licensed() -> None:
    assert [(PROJECT / name / "py.typed").exists() for name in ("api", "campaigns")] == [True, True]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "AGPL-3.0-or-later"
    assert "GNU AFFERO GENERAL PUBLIC LICENSE" in (PROJECT / "LICENSE").read_text()
