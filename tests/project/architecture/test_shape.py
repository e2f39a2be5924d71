"""Rules about the structure of the code that no linter checks."""

import ast
import inspect
import re
from collections import Counter
from pathlib import Path

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlmodel import SQLModel

import campaigns.tables
from api.http.auth import authenticated
from api.http.sessions import read_session
from api.main import ROUTERS, create_api
from campaigns.kit.settings import Settings
from campaigns.links.rules import RESERVED_SLUGS

PROJECT = Path(__file__).parents[3]
SOURCES = sorted(path for root in ("api", "campaigns") for path in (PROJECT / root).rglob("*.py"))
MAX_FILE_LINES = 300
MAX_FOLDER_FILES = 12  # modules, __init__.py among them
# Files beyond the limit, with the length they must not exceed. This list may only shrink.
LONG_FILES: dict[str, int] = {}
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "constants"}


def test_files_stay_small() -> None:
    lengths = {str(path.relative_to(PROJECT)): len(path.read_text().splitlines()) for path in SOURCES}
    too_long = {name: length for name, length in lengths.items() if length > LONG_FILES.get(name, MAX_FILE_LINES)}
    assert not too_long
    settled = {name for name in LONG_FILES if lengths.get(name, 0) <= MAX_FILE_LINES}
    assert not settled, "these are short now: take them off the list"


def test_there_are_no_drawers() -> None:
    assert not [path for path in SOURCES if path.stem in DRAWERS]


def test_module_names_are_nouns_or_verbs() -> None:
    """A gerund as the name of a file tells nobody what is in it; these end alike and are nouns."""
    nouns = {"logging", "paging", "ranking", "standing", "string"}
    assert {path.stem.rpartition("_")[2] for path in SOURCES if path.stem.endswith("ing")} <= nouns


def test_folders_stay_small() -> None:
    others = [path for root in ("tests", "benchmarks") for path in (PROJECT / root).rglob("*.py")]
    modules = Counter(path.parent for path in (*SOURCES, *others))
    assert not {str(folder): number for folder, number in modules.items() if number > MAX_FOLDER_FILES}


def test_no_two_public_classes_share_a_name() -> None:
    """Tables, contracts and domain types alike: a name in a message or a search then means one thing."""
    places: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(PROJECT)))
    assert not {name: files for name, files in places.items() if len(files) > 1}


def test_package_files_are_empty() -> None:
    assert not [path for path in SOURCES if path.name == "__init__.py" and path.read_text().strip()]


def test_every_module_has_a_docstring() -> None:
    without = [path for path in SOURCES if path.name != "__init__.py" and not path.read_text().startswith('"""')]
    assert not without


def test_the_alembic_folder_does_not_hide_the_package() -> None:
    assert not (PROJECT / "alembic" / "__init__.py").exists()


def test_every_setting_is_documented() -> None:
    table = (PROJECT / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"^\| `(JARING_[A-Z_]+)`", table, re.MULTILINE))
    assert documented == {f"JARING_{name.upper()}" for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        assert field.description
        assert field.description in table, f"docs/settings.md says something else about JARING_{name.upper()}"


def routes() -> list[APIRoute]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


# Routes that read while the response is sent; they commit nothing.
STREAMED = {"/v1/links/export": read_session}


def test_generator_dependencies_end_before_the_response_is_sent() -> None:
    """With FastAPI's default scope a commit that fails would still answer 201 (docs/decisions)."""

    def walk(dependant: Dependant) -> list[Dependant]:
        return [dependant, *(one for child in dependant.dependencies for one in walk(child))]

    late = [
        f"{route.path}: {dependant.call}"
        for route in routes()
        for dependant in walk(route.dependant)
        if inspect.isasyncgenfunction(dependant.call) or inspect.isgeneratorfunction(dependant.call)
        # A key's request counts until its answer is sent; that commits nothing.
        if dependant.scope != "function" and dependant.call not in {STREAMED.get(route.path), authenticated}
    ]
    assert not late


def test_no_route_looks_like_a_short_link() -> None:
    app = create_api(Settings())
    first = {route.path.split("/")[1] for route in [*routes(), *app.router.routes] if hasattr(route, "path")}
    assert first - {""} <= RESERVED_SLUGS


def test_tables_are_no_contracts() -> None:
    """No route takes or gives a table: columns would become public by accident."""
    for route in routes():
        for model in (
            route.response_model,
            *(parameter.field_info.annotation for parameter in route.dependant.body_params),
        ):
            assert not (inspect.isclass(model) and issubclass(model, SQLModel)), route.path


def test_personal_columns_are_sealed() -> None:
    """Every column named for something personal holds bytes; what is sealed is marked as personal."""
    personal = {"name", "email", "phone", "birth_date", "reason", "answers"}
    for table in ("applicants", "applications", "stage_changes", "repeated_applications", "consents"):
        for column in campaigns.tables.metadata.tables[table].columns:
            assert column.name not in personal
            assert column.name.endswith("_sealed") == bool(column.info.get("personal")), f"{table}.{column.name}"
