"""One registration as a candidate's form sends it, with invented answers."""

import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from api.cli.demo.data import CAMPAIGNS

CAMPAIGN = CAMPAIGNS[0][0]
# A registration may be refused after PostgreSQL's own limits.
PATIENCE_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, media type and body; status 0 if there was no answer."""

    status: int
    media_type: str
    body: str


def register(port: int, *, notice_version: str) -> Answer:
    """Register somebody new."""
    name = uuid4().hex
    form = {
        "name": "Siti Rahmawati",
        "email": f"{name}@example.com",
        "phone": f"0812{int(name[:7], 16) % 10**8:08}",
        "birth_date": "2006-05-17",
        "province": "ID-JB",
        "consent": {"notice_version": notice_version, "accepted_at": "2026-11-01T00:00:00Z"},
    }
    return _ask(port, "POST", f"/v1/public/campaigns/{CAMPAIGN}/applications", body=json.dumps(form), key=name)


@cache
def notice_version(port: int) -> str:
    """The version of the notice that candidates consent to."""
    return str(json.loads(_ask(port, "GET", f"/v1/public/campaigns/{CAMPAIGN}").body)["notice"]["version"])


def _ask(port: int, method: str, path: str, *, body: str | None = None, key: str = "") -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        try:
            headers = {"Content-Type": "application/json", "Idempotency-Key": key} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Content-Type", ""), answer.read().decode())
        except (OSError, http.client.HTTPException):
            return Answer(0, "", "")
