"""`jaring dump` and `jaring restore`: a whole database in a file for one account, loaded only where nothing is."""

from pathlib import Path

import psycopg
import pytest

from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from tests.factories.databases import copied_database
from tests.processes.server.server import Server, data_folder, free_port

ROW = ("x", 1, "é\t\\N")


def operator(url: str, folder: Path) -> Server:
    """Somebody at the command line, who uses this database."""
    return Server(folder / "var", free_port(), variables={"JARING_DATABASE_URL": psycopg_conninfo(url)})


def test_what_was_dumped_is_restored_into_an_empty_database(
    postgres: EmbeddedPostgres, own_database: str, tmp_path: Path
) -> None:
    with psycopg.connect(psycopg_conninfo(own_database)) as connection:
        connection.execute(
            "INSERT INTO watermarks (name, version, position, changed_at) VALUES (%s, %s, %s, now())", ROW
        )
        connection.execute("INSERT INTO event_cursors (consumer, read_snapshot) VALUES ('x', '9:9:')")
    file = tmp_path / "jaring.dump"
    file.write_text("an older one")
    said = operator(own_database, tmp_path).run("dump", str(file))
    assert (said.returncode, said.stderr) == (0, "")
    assert "The master key is not in it" in said.stdout
    assert file.read_bytes().startswith(b"PGDMP")
    assert file.stat().st_mode & 0o777 == 0o600
    with copied_database(postgres, "template0") as empty:
        said = operator(empty, tmp_path).run("restore", str(file))
        assert (said.returncode, said.stderr) == (0, "")
        assert "It needs the master key" in said.stdout
        with psycopg.connect(psycopg_conninfo(empty)) as connection:
            assert connection.execute("SELECT name, version, position FROM watermarks").fetchall() == [ROW]
            assert connection.execute("SELECT count(*) FROM event_cursors").fetchone() == (0,)
        refused = operator(empty, tmp_path).run("restore", str(file))
        assert (refused.returncode, "is not empty" in refused.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["jaring.dump"]


def test_a_dump_of_the_embedded_server_needs_none_to_run(tmp_path: Path) -> None:
    with data_folder() as folder:
        said = Server(folder, free_port()).run("dump", str(tmp_path / "jaring.dump"))
        assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("place", ["missing/jaring.dump", "."])
def test_a_dump_that_cannot_be_written_says_so_in_one_line(own_database: str, tmp_path: Path, place: str) -> None:
    said = operator(own_database, tmp_path).run("dump", str(tmp_path / place))
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["text", "missing"])
def test_what_is_no_dump_is_refused_in_one_line(postgres: EmbeddedPostgres, tmp_path: Path, name: str) -> None:
    (tmp_path / "text").write_text("no dump")
    with copied_database(postgres, "template0") as empty:
        said = operator(empty, tmp_path).run("restore", str(tmp_path / name))
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
