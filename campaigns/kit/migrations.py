"""Bringing the database's schema to the newest revision of `alembic/`."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from campaigns.kit.database import psycopg_conninfo, sqlalchemy_url

PROJECT = Path(__file__).resolve().parents[2]


def alembic_config(url: str) -> Config:
    """Alembic's configuration for a database, as in `[tool.alembic]` of pyproject.toml."""
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = sqlalchemy_url(url)
    return config


def newest_revision() -> str:
    head = ScriptDirectory.from_config(alembic_config("")).get_current_head()
    if head is None:
        raise RuntimeError("alembic/versions holds no revision")
    return head


def current_revision(url: str) -> str | None:
    """The revision the database stands at; None if it was never migrated."""
    with psycopg.connect(psycopg_conninfo(url), connect_timeout=5) as connection:
        known = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
        if not known or not known[0]:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def migrate(url: str) -> bool:
    """Upgrade to the newest revision; False if there was nothing to do. Several nodes may call it at once."""
    if current_revision(url) == newest_revision():
        return False
    command.upgrade(alembic_config(url), "head")
    return True
