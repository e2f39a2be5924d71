"""What a start asks of the database: whether it answers, its revision and its name."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from campaigns.kit.database.migrations import current_revision, newest_revision
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.readiness import ensure_database, refusal
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.encryption.cipher import new_master_key
from campaigns.kit.encryption.master_key import check_keys, prepare_keys

KEY = SecretStr(new_master_key())


class TestRevision:
    def test_of_a_migrated_database_is_the_newest(self, own_database: str) -> None:
        assert current_revision(own_database) == newest_revision()

    def test_is_none_without_the_table_and_without_its_row(self, own_database: str) -> None:
        with psycopg.connect(psycopg_conninfo(own_database), autocommit=True) as connection:
            connection.execute("DELETE FROM alembic_version")
            assert current_revision(own_database) is None
            connection.execute("DROP TABLE alembic_version")
            assert current_revision(own_database) is None


class TestServer:
    def test_one_that_answers_refuses_nothing(self, postgres: EmbeddedPostgres) -> None:
        assert refusal(make_conninfo(postgres.conninfo, dbname="not there yet")) == ""

    def test_a_database_is_made_unless_it_is_there(self, postgres: EmbeddedPostgres) -> None:
        name = 'with a space and a "'
        missing = make_conninfo(postgres.conninfo, dbname=name)
        for _ in range(2):
            ensure_database(missing, name)
            with psycopg.connect(missing) as connection:
                assert connection.info.dbname == name
        with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
            connection.execute('DROP DATABASE "with a space and a """')


def test_a_server_that_hangs_is_given_up(own_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, waited = psycopg.connect, list[Any]()

    def noted(*values: Any, **given: Any) -> psycopg.Connection:
        waited.append(given.get("connect_timeout"))
        return connect(*values, **given)

    monkeypatch.setattr(psycopg, "connect", noted)
    current_revision(own_database)
    check_keys(psycopg_conninfo(own_database), prepare_keys(psycopg_conninfo(own_database), KEY, tmp_path))
    refusal(psycopg_conninfo(own_database))
    assert waited == [5, 5, 5, 2]
