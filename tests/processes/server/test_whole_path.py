"""The whole path over HTTP on the real server: from an empty database to statistics."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from tests.processes.server.server import Server

LANDING = "https://daftar.example/bintara"
PHONES = [
    {"User-Agent": agent, "Accept-Language": "id-ID,id;q=0.9"}
    for agent in (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile "
        "Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
        "Mobile/15E148 Safari/604.1",
    )
]


def made(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 201, answer.text
    body: dict[str, str] = answer.json()
    return body


def test_from_a_tap_to_a_statistic(server: Server, http: httpx.Client) -> None:
    admin = server.key("administrator")
    marketer, recruiter = server.key("marketer"), server.key("recruiter")
    now = datetime.now(UTC)

    # Planning: what is recruited for, where, and over which channel.
    national = http.get("/v1/units", headers=admin).json()["items"][0]
    http.patch(f"/v1/units/{national['id']}", json={"allowed_hosts": ["daftar.example"]}, headers=admin)
    programme = made(
        http.post(
            "/v1/programmes", json={"unit_id": national["id"], "name": "Bintara", "slug": "bintara"}, headers=admin
        )
    )
    intake = made(
        http.post(
            "/v1/intakes",
            json={
                "programme_id": programme["id"],
                "name": "2027",
                "opens_at": (now - timedelta(days=1)).isoformat(),
                "closes_at": (now + timedelta(days=30)).isoformat(),
                "notice_version": "2026-1",
                "notice_url": "https://daftar.example/privasi",
            },
            headers=admin,
        )
    )
    channel = made(
        http.post(
            "/v1/channels",
            json={
                "unit_id": national["id"],
                "name": "Instagram",
                "source": "Instagram",
                "medium": "Social",
                "aliases": ["ig"],
            },
            headers=marketer,
        )
    )
    campaign = made(
        http.post(
            "/v1/campaigns",
            json={
                "unit_id": national["id"],
                "intake_id": intake["id"],
                "name": "Bintara 2027",
                "slug": "bintara-2027",
                "starts_at": (now - timedelta(hours=1)).isoformat(),
                "landing_url": LANDING,
                "state": "active",
            },
            headers=marketer,
        )
    )

    # A link, and three taps on it by two people; a chat fetches its preview, and one more tap goes astray.
    link = made(
        http.post(
            "/v1/links",
            json={"campaign_id": campaign["id"], "channel_id": channel["id"], "name": "Bio"},
            headers=marketer,
        )
    )
    assert link["short_url"] == f"{server.url}/{link['slug']}"
    answers = [http.get(f"/{link['slug']}", headers=PHONES[number % 2]) for number in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    assert http.get(f"/{link['slug']}", headers={"User-Agent": "WhatsApp/2.24.20.81 A"}).status_code == 200
    assert http.get("/no-such-link", headers=PHONES[0]).status_code == 404
    query = parse_qs(urlsplit(answers[-1].headers["location"]).query)
    assert query["utm_source"] == ["instagram"]

    # The candidate's page: what to show, then the form, sent twice by a nervous thumb.
    shown = http.get(f"/v1/public/campaigns/{campaign['slug']}").json()
    assert shown["registration"] == "open"
    form = {
        "name": "Siti Rahmawati",
        "email": "siti@example.com",
        "phone": "0812 3456 7890",
        "birth_date": "2006-05-17",
        "province": "ID-JB",
        "consent": {"notice_version": shown["notice"]["version"], "accepted_at": datetime.now(UTC).isoformat()},
        "touches": query["cid"],
    }
    address, key = f"/v1/public/campaigns/{campaign['slug']}/applications", {"Idempotency-Key": str(uuid4())}
    receipt = made(http.post(address, json=form, headers=key))
    assert made(http.post(address, json=form, headers=key)) == receipt
    status = http.get(
        f"/v1/public/applications/{receipt['reference']}", headers={"Status-Token": receipt["status_token"]}
    )
    assert status.json()["stage_kind"] == "registered"

    # The recruiter finds her, knows where she came from, and moves her on.
    assert http.get("/v1/applications", headers=marketer).status_code == 403
    (item,) = http.get("/v1/applications", params={"source": "ig"}, headers=recruiter).json()["items"]
    assert (item["name"], item["link"]["slug"]) == ("Siti Rahmawati", link["slug"])
    moved = http.post(
        f"/v1/applications/{item['id']}/stage", json={"stage": "accepted", "reason": "Passed."}, headers=recruiter
    )
    assert moved.status_code == 200, moved.text

    # The marketer sees what the link brought, to the end.
    today = datetime.now(ZoneInfo("Asia/Jakarta")).date().isoformat()
    question = {
        "metrics": ["clicks", "visitors", "registrations", "accepted", "conversion_rate"],
        "dimensions": ["campaign", "link", "source", "medium", "time:day"][1:4],
        "date_range": {"from": today, "to": today},
        "filters": [{"dimension": "campaign", "operator": "is", "values": [campaign["slug"]]}],
    }
    answer = http.post("/v1/statistics/query", json=question, headers=marketer)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["results"]
    assert row == {"dimensions": [link["slug"], "instagram", "social"], "metrics": [3, 2, 1, 1, 0.333333]}
    quality = answer.json()["meta"]["quality"]
    assert (quality["unattributed_registrations"], quality["orphan_taps"]) == (0, 1)

    # A change holds for the very next tap.
    assert http.post(f"/v1/links/{link['id']}/retire", headers=marketer).status_code == 200
    assert http.get(f"/{link['slug']}").status_code == 410

    # Nothing that was printed tells who she is.
    for secret in ("Siti", "siti@", "3456 7890", "34567890", "2006-05-17", receipt["status_token"], query["cid"][0]):
        assert secret not in server.printed
