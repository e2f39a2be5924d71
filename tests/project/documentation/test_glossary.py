"""docs/glossary.md has every domain noun of the code, and no others."""

import inspect
import re
from enum import Enum
from importlib import import_module

import pytest
from sqlmodel import SQLModel

from tests.project.documentation.paths import PROJECT, broken_references, references

GLOSSARY = (PROJECT / "docs" / "glossary.md").read_text()
ROWS = re.findall(r"^\| (?!Word \|)(?!-)(.+?) \| (.+) \| (.+) \|$", GLOSSARY, re.MULTILINE)


def domain_nouns() -> list[tuple[str, str]]:
    """Every table and every enumeration of the domain, with its file."""
    files = sorted(path for name in ("models", "types") for path in (PROJECT / "campaigns").rglob(f"{name}.py"))
    nouns = []
    for path in files:
        name = str(path.relative_to(PROJECT).with_suffix("")).replace("/", ".")
        for cls in vars(import_module(name)).values():
            if inspect.isclass(cls) and cls.__module__ == name and issubclass(cls, SQLModel | Enum):
                nouns.append((str(path.relative_to(PROJECT)), cls.__name__))
    return nouns


@pytest.mark.parametrize(("path", "noun"), domain_nouns())
def test_every_table_and_enumeration_is_explained(path: str, noun: str) -> None:
    assert any(path == listed and noun in names for listed, names in references(GLOSSARY))


def test_what_it_names_is_there() -> None:
    assert broken_references(GLOSSARY) == []


def test_every_word_is_explained_once_and_has_a_place() -> None:
    words = [word.lower() for word, _, _ in ROWS]
    assert len(words) == len(set(words)) > 50
    assert [word for word, _, place in ROWS if not references(place)] == []
