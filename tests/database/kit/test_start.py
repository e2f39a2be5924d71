"""What a start asks of the database: whether it answers, its revision, its name, and the key it was filled with."""

from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from campaigns.kit.database.migrations import current_revision, newest_revision
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.readiness import ensure_database, refusal
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.encryption.cipher import derive_keys, new_master_key
from campaigns.kit.encryption.master_key import MasterKeyError, check_master_key


class TestMasterKey:
    def test_the_first_one_is_the_database_s(self, own_database: str) -> None:
        conninfo, keys, others = psycopg_conninfo(own_database), *(derive_keys(new_master_key()) for _ in range(2))
        for _ in range(2):
            check_master_key(conninfo, keys)
        with pytest.raises(MasterKeyError, match="another master key"):
            check_master_key(conninfo, others)
        check_master_key(conninfo, keys)  # which the refusal did not change

    def test_the_fingerprint_is_the_same_in_every_version(self, own_database: str) -> None:
        conninfo = psycopg_conninfo(own_database)
        check_master_key(conninfo, derive_keys("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="))
        with psycopg.connect(conninfo) as connection:
            ((fingerprint,),) = connection.execute("SELECT fingerprint FROM key_checks").fetchall()
        assert fingerprint.hex() == "8cfadde437e7a3b85eab6f20255e62fa7fafdd6b540b297d069e2ab49d531467"


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


def test_a_server_that_hangs_is_given_up(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, waited = psycopg.connect, list[Any]()

    def noted(*values: Any, **given: Any) -> psycopg.Connection:
        waited.append(given.get("connect_timeout"))
        return connect(*values, **given)

    monkeypatch.setattr(psycopg, "connect", noted)
    current_revision(own_database)
    check_master_key(psycopg_conninfo(own_database), derive_keys(new_master_key()))
    refusal(psycopg_conninfo(own_database))
    assert waited == [5, 5, 2]
