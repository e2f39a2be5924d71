"""`jaring doctor`: what it says of each state of a set-up; it starts and writes nothing, and knows a remedy."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from api.cli.doctor.checks import run_checks
from api.cli.doctor.types import Diagnosis, Level
from campaigns.clicks.types import RequestFlag
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.encryption.cipher import new_master_key
from campaigns.kit.encryption.master_key import prepare_keys
from tests.processes.server.server import Server, data_folder, free_port, processes_of, wait_until_gone

Doctor = Callable[..., dict[str, Diagnosis]]


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Runs the checks under the given settings; the diagnoses by part."""

    def run(**settings: str) -> dict[str, Diagnosis]:
        for name, value in {"data": str(tmp_path / "var"), "port": str(free_port()), **settings}.items():
            monkeypatch.setenv(f"JARING_{name.upper()}", value)
        found = list(run_checks())
        assert [one for one in found if (one.level is Level.OK) == bool(one.remedy)] == []
        return {one.part: one for one in found}

    return run


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


def failed(found: dict[str, Diagnosis]) -> dict[str, str]:
    return {part: one.detail for part, one in found.items() if one.level is Level.FAIL}


class TestAFreshClone:
    def test_is_well_and_stays_as_it_is(self, doctor: Doctor, tmp_path: Path) -> None:
        found = doctor()
        assert failed(found) == {}
        assert found["data folder"].detail == f"{tmp_path / 'var'}, which the first start makes"
        assert found["database"].detail.endswith("which the first start makes")
        assert found["server"].detail.startswith("none runs on port")
        assert not list(tmp_path.iterdir())
        assert not processes_of(tmp_path)

    def test_without_a_public_url_warns_of_print(self, doctor: Doctor) -> None:
        assert "JARING_PUBLIC_URL is not set" in doctor()["short links"].detail
        assert doctor(public_url="http://s.example")["short links"].level is Level.WARN
        assert doctor(public_url="https://10.0.0.1")["short links"].level is Level.WARN
        assert doctor(public_url="https://s.example")["short links"].level is Level.OK

    def test_with_a_file_as_its_data_folder_fails(self, doctor: Doctor, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("")
        for data in (tmp_path / "var", tmp_path / "var" / "below"):
            assert failed(doctor(data=str(data))) == {"data folder": f"{tmp_path / 'var'} is a file"}

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_in_a_folder_of_somebody_else_fails(self, doctor: Doctor, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        assert "data folder" in failed(doctor())

    def test_in_a_folder_that_cannot_be_read_fails(self, doctor: Doctor, tmp_path: Path) -> None:
        (tmp_path / "var" / "postgres" / "data" / "postmaster.pid").mkdir(parents=True)
        assert "cannot be read" in failed(doctor())["database"]

    def test_beside_another_program_on_the_port_fails(self, doctor: Doctor) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:

            def hang_up() -> None:
                other.accept()[0].close()

            threading.Thread(target=hang_up, daemon=True).start()
            assert "another program uses" in failed(doctor(port=str(other.getsockname()[1])))["server"]


class TestAPostgresOfYourOwn:
    def test_that_does_not_answer(self, doctor: Doctor) -> None:
        url = f"postgresql://somebody:verysecret@127.0.0.1:{free_port()}/jaring"
        said = failed(doctor(database_url=url))["database"]
        assert "does not answer at postgresql://somebody:***@" in said

    def test_that_makes_no_sense(self, doctor: Doctor) -> None:
        assert "must be a URL" in failed(doctor(database_url="mysql://u:secret@db/x"))["database"]

    def test_that_is_new_and_keeps_having_no_key(self, doctor: Doctor, own_database: str) -> None:
        found = doctor(database_url=own_database)
        assert failed(found) == {}
        assert found["master key"].detail.startswith("none yet")
        assert doctor(database_url=own_database, master_key=new_master_key())["master key"].level is Level.OK
        with psycopg.connect(psycopg_conninfo(own_database)) as connection:
            assert connection.execute("SELECT count(*) FROM key_checks").fetchone() == (0,)

    def test_that_was_filled_with_a_key(self, doctor: Doctor, own_database: str, tmp_path: Path) -> None:
        key = new_master_key()
        prepare_keys(psycopg_conninfo(own_database), SecretStr(key), tmp_path)
        assert failed(doctor(database_url=own_database))["master key"].startswith("missing: ")
        assert not list(tmp_path.iterdir())
        other = doctor(database_url=own_database, master_key=new_master_key())
        assert failed(other) == {"master key": "JARING_MASTER_KEY is not the key that this database was filled with"}
        assert failed(doctor(database_url=own_database, master_key=key)) == {}
        assert "not usable" in failed(doctor(database_url=own_database, master_key="short"))["master key"]

    def test_that_has_taps_without_headers_that_a_proxy_took_off(self, doctor: Doctor, own_database: str) -> None:
        assert doctor(database_url=own_database)["headers of taps"].level is Level.OK
        with psycopg.connect(psycopg_conninfo(own_database), autocommit=True) as connection:
            connection.execute(
                "INSERT INTO clicks (campaign_id, id, link_id, clicked_at, visitor, observed)"
                " SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now() - age, 1, %s"
                " FROM unnest(ARRAY['1 minute', '2 hours']::interval[]) AS age",
                [RequestFlag.STRIPPED | RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING],
            )
        found = doctor(database_url=own_database)["headers of taps"]
        assert (found.level, "took off sec-fetch-mode (1 taps" in found.detail) == (Level.WARN, True)

    @pytest.mark.parametrize(("revision", "remedy"), [("0001", "migrate`."), ("9999", "A newer version migrated it")])
    def test_that_has_another_schema(self, doctor: Doctor, own_database: str, revision: str, remedy: str) -> None:
        with psycopg.connect(psycopg_conninfo(own_database), autocommit=True) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", [revision])
        schema = doctor(database_url=own_database)["schema"]
        assert (schema.level, remedy in schema.remedy) == (Level.FAIL, True)

    def test_that_was_never_migrated(self, doctor: Doctor, own_database: str) -> None:
        with psycopg.connect(psycopg_conninfo(own_database), autocommit=True) as connection:
            connection.execute("DROP TABLE alembic_version")
        assert "at revision none" in failed(doctor(database_url=own_database))["schema"]

    def test_whose_tables_are_another_user_s(self, doctor: Doctor, own_database: str) -> None:
        with psycopg.connect(psycopg_conninfo(own_database), autocommit=True) as connection:
            connection.execute("ALTER TABLE key_checks RENAME TO elsewhere")
        assert "key_checks" in failed(doctor(database_url=own_database))["database"]


def test_a_server_that_runs_stops_and_is_killed(doctor: Doctor, data: Path) -> None:
    server = Server(data, free_port()).start()
    assert server.process is not None
    settings = {"data": str(data), "port": str(server.port)}
    found = doctor(**settings)
    assert failed(found) == {}
    assert found["database"].detail.endswith(f"in use by process {server.process.pid}")
    assert found["server"].detail.endswith("is ready")
    assert found["master key"].detail.endswith("the database's own")

    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    found = doctor(**{**settings, "port": str(free_port())})
    assert (found["database"].level, "was killed" in found["database"].detail) == (Level.WARN, True)
    pid = int((data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGINT)  # as the remedy says
    wait_until_gone(data)

    found = doctor(**settings)
    assert found["database"].detail.endswith("not running")
    assert failed(found) == {}
    (data / "master.key").rename(data / "moved.key")
    assert doctor(**settings)["master key"].level is Level.WARN
    (data / "master.key").write_text("short")
    assert "not usable" in failed(doctor(**settings))["master key"]
    assert not processes_of(data)


def test_the_command_prints_each_part_and_the_remedies(data: Path) -> None:
    with data_folder() as empty:
        outcome = Server(empty, free_port()).run("doctor")
        assert (outcome.returncode, outcome.stderr, empty.exists()) == (0, "", False)
        assert outcome.stdout.startswith("ok   python: 3.")
        empty.write_text("")
        outcome = Server(empty, free_port()).run("doctor")
        assert (outcome.returncode, "FAIL data folder: " in outcome.stdout) == (1, True)
        assert "\n     Move it away, or " in outcome.stdout
