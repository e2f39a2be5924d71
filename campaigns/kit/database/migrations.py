"""Upgrades the database's schema to the newest revision of `alembic/`."""

import re
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from campaigns.kit.database.url import psycopg_conninfo, sqlalchemy_url

if TYPE_CHECKING:
    from alembic.config import Config

_REVISION = re.compile(r"^revision = ['\"](\w+)['\"]$", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision = ['\"](\w+)['\"]$", re.MULTILINE)

PROJECT = Path(__file__).resolve().parents[3]


def alembic_config(url: str) -> "Config":
    """Alembic's configuration for a database, as in `[tool.alembic]` of pyproject.toml."""
    from alembic.config import Config

    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = sqlalchemy_url(url)
    return config


class SchemaState(Enum):
    """What a database's revision is to this version."""

    CURRENT = "current"
    OLDER = "older"
    UNKNOWN = "unknown"  # of a newer version, most likely


def newest_revision() -> str:
    """The newest revision, read from the files: every start needs it, and importing Alembic is slow."""
    texts = _versions()
    followed = {match[1] for text in texts for match in _DOWN_REVISION.finditer(text)}
    (newest,) = _revisions(texts) - followed
    return newest


def schema_state(revision: str | None) -> SchemaState:
    """What a database at this revision is to this version; None: it was never migrated."""
    if revision == newest_revision():
        return SchemaState.CURRENT
    return SchemaState.OLDER if revision is None or revision in _revisions(_versions()) else SchemaState.UNKNOWN


@cache
def _versions() -> list[str]:
    return [path.read_text() for path in (PROJECT / "alembic" / "versions").glob("*.py")]


def _revisions(texts: list[str]) -> set[str]:
    return {match[1] for text in texts for match in _REVISION.finditer(text)}


def current_revision(url: str) -> str | None:
    """The database's revision; None if it was never migrated."""
    with psycopg.connect(psycopg_conninfo(url), connect_timeout=5) as connection:
        ((known,),) = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchall()
        if not known:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def migrate(url: str) -> bool:
    """Upgrade to the newest revision; False if it was current. Several nodes may call it at once."""
    if current_revision(url) == newest_revision():
        return False
    from alembic import command

    command.upgrade(alembic_config(url), "head")
    return True
