"""Starting and stopping a server, by a newcomer and by an operator."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from campaigns.kit.embedded.attach import running_url
from campaigns.kit.encryption.cipher import new_master_key
from tests.processes.server.server import JARING, Server, data_folder, free_port, wait_until_gone

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def demo(data: Path) -> Iterator[Server]:
    server = Server(data, free_port(), ("--demo",)).start()
    yield server
    if server.process and server.process.poll() is None:
        server.stop()


def refused(server: Server) -> str:
    """Standard error of a start that must fail."""
    outcome = server.run("serve")
    assert outcome.returncode != 0
    sentences = [line for line in outcome.stderr.splitlines() if not line.startswith("{")]
    assert len(sentences) == 1, outcome.stderr
    assert "Traceback" not in outcome.stderr
    return sentences[0]


class TestDemo:
    def test_prints_what_to_open(self, demo: Server) -> None:
        for needed in ("/docs", "marketer", "recruiter", "administrator", "jrg_"):
            assert needed in demo.printed

    @pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")
    def test_the_page_of_the_document_works_in_a_browser(self, demo: Server, tmp_path: Path) -> None:
        """An operation is unfolded, so that models and examples are drawn too."""
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr"]
        page = f"{demo.url}/docs#/links/links_create"
        shown = subprocess.run(
            [str(BROWSER), *options, f"--user-data-dir={tmp_path}", "--virtual-time-budget=20000", "--dump-dom", page],
            capture_output=True,
            text=True,
            check=True,
        )
        assert 'data-path="/v1/links/bulk"' in shown.stdout
        assert "campaign_id" in shown.stdout
        # What the policy of the page forbids is said on the console.
        assert "Content Security Policy" not in shown.stderr

    def test_the_printed_link_works(self, demo: Server) -> None:
        link = next(
            word
            for word in demo.printed.split()
            if word.startswith(demo.url)
            and "docs" not in word
            and word.count("/") == 3
            and len(word) > len(demo.url) + 1
        )
        assert [httpx.get(link).status_code, httpx.get(link + "/").status_code] == [302, 302]

    def test_the_printed_keys_work(self, demo: Server) -> None:
        keys = [word for word in demo.printed.split() if word.startswith("jrg_")]
        assert len(keys) == 3
        for key in keys:
            answer = httpx.get(f"{demo.url}/v1/campaigns", headers={"Authorization": f"Bearer {key}"})
            assert (answer.status_code, bool(answer.json()["items"])) == (200, True)

    def test_another_start_has_the_same_data_and_ctrl_c_leaves_nothing(self, demo: Server, data: Path) -> None:
        keys = [word for word in demo.printed.split() if word.startswith("jrg_")]
        assert demo.press_ctrl_c() in (0, 130)
        wait_until_gone(data)
        demo.start()
        assert [word for word in demo.printed.split() if word.startswith("jrg_")] == keys
        answer = httpx.get(f"{demo.url}/v1/campaigns", headers={"Authorization": f"Bearer {keys[0]}"})
        assert answer.status_code == 200

    def test_commands_work_beside_a_running_server(self, demo: Server) -> None:
        made = demo.run("keys", "create", "--role", "viewer", "--name", "beside")
        assert made.returncode == 0, made.stderr
        listed = demo.run("keys", "list").stdout
        (beginning,) = [line.split()[0] for line in listed.splitlines() if line.endswith("beside")]
        assert demo.run("keys", "revoke", beginning).returncode == 0
        assert demo.run("keys", "revoke", beginning).returncode == 1
        for name in ("", "x" * 101, "a\x1bb"):
            refused = demo.run("keys", "create", "--role", "viewer", "--name", name)
            assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
        assert demo.run("doctor").returncode == 0

    def test_a_killed_database_comes_back_under_load(self, demo: Server, data: Path) -> None:
        url = running_url(data / "postgres")
        assert url is not None
        link = next(
            word
            for word in demo.printed.split()
            if word.startswith(demo.url + "/") and "docs" not in word and len(word) > len(demo.url) + 1
        )
        pid = int((data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        with httpx.Client() as client:
            statuses = [client.get(link).status_code for _ in range(20)]
            os.kill(pid, signal.SIGKILL)
            statuses += [client.get(link).status_code for _ in range(20)]
        while True:
            try:
                psycopg.connect(url.replace("+psycopg", ""), connect_timeout=1).close()
                break
            except psycopg.OperationalError:
                time.sleep(0.05)
        assert set(statuses) == {302}


class TestGuide:
    def test_offers_the_first_key_until_there_is_one_and_warns_of_print(self, data: Path) -> None:
        with data_folder() as folder:
            server = Server(folder, free_port(), variables={"JARING_HOST": "0.0.0.0"}).start()
            assert f"Jaring serves on {server.url}/\n" in server.printed
            first = re.search(r"First key +(\S+) keys create", server.printed)
            assert first is not None
            assert subprocess.run([first[1], "--version"], capture_output=True, check=True).stdout.startswith(
                b"jaring "
            )
            assert "Warning: JARING_PUBLIC_URL is not set" in server.printed
            assert '"event": "short_urls_not_for_print"' in server.printed
            server.key("viewer")
            server.stop()
            server.variables["JARING_PUBLIC_URL"] = "https://s.example"
            server.start()
            assert "First key" not in server.printed
            assert "Warning" not in server.printed
            assert "Short links        https://s.example/" in server.printed
            server.stop()


class TestRefusals:
    def test_a_port_that_is_taken(self, data: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            said = refused(Server(data.with_name("other"), taken.getsockname()[1]))
        assert "cannot be used (address already in use)" in said

    def test_a_second_copy_on_the_same_data(self, demo: Server, data: Path) -> None:
        assert "is using" in refused(Server(data, free_port()))

    def test_a_data_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("not a folder")
        assert "DATA" in refused(Server(tmp_path / "var", free_port()))

    def test_an_unreachable_database(self, tmp_path: Path) -> None:
        url = f"postgresql://somebody:verysecret@127.0.0.1:{free_port()}/jaring"
        said = refused(Server(tmp_path / "var", free_port(), variables={"JARING_DATABASE_URL": url}))
        assert "PostgreSQL does not answer at postgresql://somebody:***@127.0.0.1" in said
        assert "verysecret" not in said

    @pytest.mark.parametrize(
        "url", ["mysql://u:verysecret@db/x", "u:verysecret@127.0.0.1/x", "postgresql://u:very%zzsecret@127.0.0.1/x"]
    )
    def test_a_database_address_that_makes_no_sense(self, tmp_path: Path, url: str) -> None:
        said = refused(Server(tmp_path / "var", free_port(), variables={"JARING_DATABASE_URL": url}))
        assert "must be a URL" in said
        assert "secret" not in said

    def test_a_master_key_that_is_a_folder(self, tmp_path: Path) -> None:
        with tempfile.TemporaryDirectory(prefix="jaring-e2e-") as folder:
            (Path(folder) / "master.key").mkdir()
            assert "master.key cannot be used" in refused(Server(Path(folder), free_port()))

    def test_another_master_key(self, demo: Server, data: Path, tmp_path: Path) -> None:
        url = running_url(data / "postgres")
        assert url is not None
        other = {"JARING_DATABASE_URL": url, "JARING_MASTER_KEY": new_master_key()}
        assert "another master key" in refused(Server(tmp_path / "var", free_port(), variables=other))

    def test_a_missing_master_key_is_not_replaced(self, demo: Server, data: Path, tmp_path: Path) -> None:
        url = running_url(data / "postgres")
        assert url is not None
        server = Server(tmp_path / "var", free_port(), variables={"JARING_DATABASE_URL": url})
        assert "master key is missing" in refused(server)
        assert not (tmp_path / "var" / "master.key").exists()

    @pytest.mark.parametrize(
        ("name", "value"),
        [("PORT", "none"), ("TIMEZONE", "Mars/Base"), ("CORS_ORIGINS", "*"), ("MASTER_KEY", "short")],
    )
    def test_a_setting_that_makes_no_sense(self, tmp_path: Path, name: str, value: str) -> None:
        server = Server(tmp_path / "var", free_port(), variables={f"JARING_{name}": value})
        assert f"JARING_{name}" in refused(server)
        wait_until_gone(tmp_path)


def test_an_ordinary_user_can_run_it(data: Path) -> None:
    """If this test runs as root: run it as another user, in a separate folder."""
    if os.geteuid() != 0:
        pytest.skip("the whole run is by an ordinary user already")
    nobody: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
    try:
        subprocess.run([sys.executable, "-c", ""], **nobody, check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("this Python stands in a folder that other accounts cannot enter")
    folder = data.with_name("plain")
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    folder.parent.chmod(0o755)
    server = Server(folder / "var", free_port())
    environment = {**server.environment, "HOME": str(folder)}
    outcome = subprocess.run(
        [JARING, "migrate"],
        env=environment,
        **nobody,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
