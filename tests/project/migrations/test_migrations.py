"""Migrations go up, down and up again, and end where the tables in code are."""

import json
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine

from campaigns.kit.database.migrations import alembic_config, current_revision, migrate, newest_revision
from campaigns.kit.database.url import sqlalchemy_url
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.tables import metadata

NAME = "migrations"


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> Iterator[str]:
    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
    yield postgres.url.replace("/jaring?", f"/{NAME}?")
    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def tables(url: str) -> set[str]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchall()
    return {row[0] for row in rows}


def test_there_is_one_newest_revision() -> None:
    assert ScriptDirectory.from_config(alembic_config("")).get_heads() == [newest_revision()]


def test_up_down_up_without_drift(url: str) -> None:
    assert current_revision(url) is None
    assert migrate(url)
    assert current_revision(url) == newest_revision()
    whole = tables(url)
    command.downgrade(alembic_config(url), "base")
    assert tables(url) == {"alembic_version", "alembic_version_pkc"}
    assert migrate(url)
    assert tables(url) == whole
    # Raises if the tables in code and the migrated ones differ.
    command.check(alembic_config(url))


def constraints(connection: psycopg.Connection) -> dict[tuple[str, str], str]:
    rows = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    return {(table, name): definition for table, name, definition in rows if table != "alembic_version"}


def test_checks_are_those_of_the_tables_in_code(url: str) -> None:
    """Alembic does not compare CHECK constraints, and a new stage kind or state has to be in one."""
    migrate(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        migrated = constraints(connection)
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        engine = create_engine(sqlalchemy_url(url))
        metadata.create_all(engine)
        engine.dispose()
        assert migrated == constraints(connection)


def test_a_second_migration_finds_nothing_to_do(url: str) -> None:
    assert [migrate(url), migrate(url)] == [True, False]


@pytest.mark.parametrize("table", ["audit_entries", "conversions"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_audit_entries_cannot_be_changed(url: str, table: str, change: str) -> None:
    migrate(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(sql.SQL(change).format(sql.Identifier(table)))


def test_who_moved_an_application_is_kept_in_both_directions(url: str) -> None:
    key, application = uuid4(), uuid4()
    command.upgrade(alembic_config(url), "0003")
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # rows without what they refer to
        connection.execute(
            "INSERT INTO api_keys (id, name, shown, digest, role, unit_id, unit_path, created_at, expires_at)"
            " VALUES (%s, 'one', 'jrg_abcdef', '', 'recruiter', gen_random_uuid(), '', now(), now())",
            [key],
        )
        connection.cursor().executemany(
            "INSERT INTO stage_changes (id, application_id, from_stage_id, to_stage_id, changed_at, key_id)"
            " VALUES (gen_random_uuid(), %s, %s, gen_random_uuid(), now(), %s)",
            [(application, None, None), (application, uuid4(), key), (application, uuid4(), None)],
        )
    command.upgrade(alembic_config(url), "0004")
    with psycopg.connect(plain) as connection:
        moved = set(connection.execute("SELECT actor_kind, actor_id FROM stage_changes").fetchall())
        assert moved == {("candidate", application), ("key", key), ("system", None)}
    command.downgrade(alembic_config(url), "0003")
    with psycopg.connect(plain) as connection:
        keys = connection.execute("SELECT key_id FROM stage_changes ORDER BY key_id").fetchall()
        assert keys == [(key,), (None,), (None,)]


def test_languages_get_their_current_codes(url: str) -> None:
    command.upgrade(alembic_config(url), "0005")
    plain = url.replace("+psycopg", "")
    rules = [{"device": None, "language": code, "destination": "https://a.example/"} for code in ("en", "in", None)]
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
            " utm_campaign, state, created_at, rules) VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),"
            " 'one', 'one', 'https://a.example/', 'a', 'b', 'c', 'active', now(), %s)",
            [json.dumps(rules)],
        )
        for code in ("in", "id", None):
            connection.execute(
                "INSERT INTO clicks (campaign_id, id, link_id, clicked_at, visitor, language)"
                " VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), 1, %s)",
                [code],
            )
    command.upgrade(alembic_config(url), "0006")
    with psycopg.connect(plain) as connection:
        stored = connection.execute("SELECT rules FROM links").fetchone()
        assert stored is not None
        assert [one["language"] for one in stored[0]] == ["en", "id", None]
        spoken = connection.execute("SELECT language, count(*) FROM clicks GROUP BY 1 ORDER BY 1").fetchall()
        assert spoken == [("id", 2), (None, 1)]


def test_what_people_wrote_about_themselves_is_taken_out_of_stored_taps(url: str) -> None:
    command.upgrade(alembic_config(url), "0009")
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
            " utm_campaign, state, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),"
            " 'one', 'jabar-bio', 'https://a.example/', 'a', 'b', 'c', 'active', now())"
        )
        connection.execute(
            "INSERT INTO clicks (campaign_id, id, link_id, clicked_at, visitor, extras, referrer_host) VALUES"
            " (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), 1, 'nama=Rina', '081298760123.example'),"
            " (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), 1, NULL, 'm.facebook.com')"
        )
        for slug in ("jabar-boi", "rina-lahir-2006", "081298760123", "jabar-bio-rina"):
            connection.execute(
                "INSERT INTO orphan_taps (id, slug, clicked_at, visitor) VALUES (gen_random_uuid(), %s, now(), 1)",
                [slug],
            )
        connection.execute(
            "INSERT INTO agents (id, text, device, rules_version, first_seen_at)"
            " VALUES (1, 'App/1.2.3 (rina@mail.example; +62 812-9876-0123)', 'other', 1, now())"
        )
    command.upgrade(alembic_config(url), "head")
    with psycopg.connect(plain) as connection:
        hosts = connection.execute("SELECT referrer_host FROM clicks WHERE extras IS NULL ORDER BY 1").fetchall()
        assert hosts == [("m.facebook.com",), (None,)]
        slugs = connection.execute('SELECT slug FROM orphan_taps ORDER BY slug COLLATE "C"').fetchall()
        assert slugs == [("(other)",), ("(other)",), ("jabar-*",), ("jabar-bio-*",)]
        agents = connection.execute("SELECT text, rules_version FROM agents WHERE id = 1").fetchall()
        assert agents == [("App/1.2.3 * *)", 0)]
