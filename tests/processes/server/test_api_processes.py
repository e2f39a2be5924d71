"""The API's own processes: what happens to taps and requests when they die, and that they end with the server."""

import base64
import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.processes.server.server import Server, data_folder, free_port, processes_of, wait_until_gone

LANES = {"candidates", "staff"}
CAMPAIGN = "/v1/public/campaigns/bintara-2027-jabar"


def api_processes(data: Path) -> dict[str, int]:
    """The process ids of the API processes, by lane."""
    lines = [line.split() for line in processes_of(data) if "api.cli.api_process" in line]
    return {line[line.index("api.cli.api_process") + 1]: int(line[0]) for line in lines}


def demo_link(server: Server) -> str:
    return next(line.split()[-1] for line in server.printed.splitlines() if "A short link" in line)


@pytest.fixture(scope="module")
def server(data: Path) -> Server:
    variables = {"JARING_REGISTRATION_MINIMUM_MILLISECONDS": "2000"}
    return Server(data, free_port(), ("--demo",), variables).start()


def test_each_lane_has_a_process_that_only_this_account_can_reach(server: Server, data: Path) -> None:
    pids = api_processes(data)
    assert set(pids) == LANES
    assert server.process is not None
    for pid in pids.values():
        socket = Path(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[-2].decode())
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, server.process.pid)


def test_taps_do_not_need_them_and_they_come_back(server: Server, data: Path, http: httpx.Client) -> None:
    killed = api_processes(data)
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    assert http.get(demo_link(server)).status_code == 302
    for path in (CAMPAIGN, "/openapi.json"):
        answer = http.get(path)
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:jaring:problem:api-away")
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["trace-id"] == answer.json()["trace_id"]
    while http.get("/readyz").status_code != 200:
        time.sleep(0.05)
    again = api_processes(data)
    assert set(again) == LANES
    assert not set(again.values()) & set(killed.values())
    assert http.get("/openapi.json").status_code == 200


def test_a_link_leads_at_the_first_tap_after_each_change(server: Server, http: httpx.Client) -> None:
    headers = server.key("marketer")
    kinds = ("campaigns", "channels")
    campaign, channel = (http.get(f"/v1/{kind}", headers=headers).json()["items"][0]["id"] for kind in kinds)
    for number in range(20):
        slug = f"first-tap-{number}"
        assert http.get(f"/{slug}").status_code == 404
        body = {"campaign_id": campaign, "channel_id": channel, "name": slug, "slug": slug}
        made = http.post("/v1/links", json=body, headers=headers)
        assert made.status_code == 201, made.text
        assert not [name for name in made.headers if name.startswith("jaring-")]
        assert http.get(f"/{slug}").status_code == 302
        link = made.json()
        assert http.post(f"/v1/links/{link['id']}/retire", headers=headers).status_code == 200
        assert http.get(f"/{slug}").status_code == 410


def test_an_open_request_is_answered_before_the_end(server: Server, data: Path, http: httpx.Client) -> None:
    """A registration takes at least its minimum duration, here long enough for Ctrl-C to come first."""
    page = http.get(CAMPAIGN).json()
    form = {
        "name": "Siti Rahmawati",
        "email": "siti@example.com",
        "phone": "081234567890",
        "birth_date": "2006-05-17",
        "province": "ID-JB",
        "consent": {"notice_version": page["notice"]["version"], "accepted_at": "2026-11-01T00:00:00Z"},
    }
    with ThreadPoolExecutor() as pool:
        headers = {"Idempotency-Key": "open-while-ending"}
        open_request = pool.submit(httpx.post, f"{server.url}{CAMPAIGN}/applications", json=form, headers=headers)
        while 'jaring_api_requests_in_flight{lane="candidates"} 1.0' not in http.get("/metrics").text:
            assert not open_request.done()
        assert server.press_ctrl_c() in (0, 130)
        answer = open_request.result()
    assert answer.status_code == 201, answer.text
    wait_until_gone(data)


def test_they_end_when_the_server_is_killed() -> None:
    with data_folder() as data:
        server = Server(data, free_port()).start()
        assert server.process is not None
        pids = api_processes(data).values()
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            time.sleep(0.05)
        # What is left is PostgreSQL, which the next start on this data takes over.
        again = Server(data, free_port()).start()
        assert again.stop() == 0
        wait_until_gone(data)


def test_a_process_whose_server_died_before_it_began_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    begin = 'JARING_SERVE_PID=$$ "$@" &'  # the shell ends at once
    command = [sys.executable, "-m", "api.cli.api_process", "staff", str(tmp_path / "late.sock")]
    variables = {
        "JARING_DATA": str(tmp_path),
        "JARING_DATABASE_URL": "postgresql://127.0.0.1:9/nowhere",
        "JARING_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
    }
    with log.open("w") as output:
        subprocess.run(
            ["sh", "-c", begin, "sh", *command], env=os.environ | variables, stdout=output, stderr=output, check=True
        )
    wait_until_gone(tmp_path)
    assert "parent_gone" in log.read_text()
