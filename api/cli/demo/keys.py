"""The demo's API keys, saved in a file so that every start can print them; the database has only their hashes."""

import json
import os

import psycopg

from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.files.private import make_folder
from campaigns.kit.settings import Settings


def is_empty(url: str) -> bool:
    """Whether the database is empty, without even a unit."""
    with psycopg.connect(psycopg_conninfo(url), connect_timeout=5) as connection:
        return connection.execute("SELECT NOT EXISTS (SELECT FROM units)").fetchone() == (True,)


def save_keys(settings: Settings, secrets: dict[str, str]) -> None:
    """Save the keys by role, readable by this account only."""
    make_folder(settings.data)
    descriptor = os.open(settings.data / "demo-keys.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)  # a file that was there keeps its own otherwise
        json.dump(secrets, file, indent=2)


def load_demo_keys(settings: Settings) -> dict[str, str]:
    """The saved keys by role; empty if the data is not the demo's."""
    path = settings.data / "demo-keys.json"
    secrets: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return secrets
