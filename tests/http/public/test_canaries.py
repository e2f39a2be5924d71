"""What a candidate sends stands in no table as it was sent: neither answers nor what else a request can hold."""

from datetime import datetime

import httpx
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.testing import capture_logs

from campaigns.tables import metadata
from tests.factories.intake import post_registration, registration
from tests.factories.world import World

PERSON = {
    "name": "Zqxwv Canarian",
    "email": "kanari.zq@mail.example",
    "phone": "0812-9876-0123",
    "birth_date": "2006-07-14",
}
CANARIES = ("zqxwv", "canarian", "kanari.zq", "98760123", "9876-0123", "2006-07-14", "3273015407060987")
# Columns that hold times of our own could only agree with a birth date by chance.
STORED = 'SELECT "{0}"::text FROM "{0}"'


async def test_nothing_of_it_is_readable(
    client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime, capfd: pytest.CaptureFixture[str]
) -> None:
    strays = {f"x-{number}": canary for number, canary in enumerate(CANARIES)}
    client.headers.update({**strays, "user-agent": "Zqxwv 3273015407060987", "referer": "https://a.example/zqxwv"})
    body = registration(now, **PERSON, touches=[*CANARIES, {"nama": "Zqxwv"}])
    with capture_logs() as logged:
        for key in ("kanari.zq@mail.example", "again"):
            assert (await post_registration(client, body, key=key)).status_code == 201
            # The same key replays, another body with it is refused.
            assert (await post_registration(client, body, key=key)).status_code == 201
            other = registration(now, **PERSON | {"name": "Zqxwv Other"})
            assert (await post_registration(client, other, key=key)).status_code == 422
        refused = registration(now, **PERSON | {"phone": "zqxwv", "birth_date": "3273015407060987"})
        assert (await post_registration(client, refused, key="refused")).status_code == 422
        await client.get("/v1/public/applications/zqxwv", headers={"Status-Token": "kanari.zq@mail.example"})
        await client.get("/v1/public/campaigns/zqxwv-canarian?nama=zqxwv")
    filled = set()
    for table in metadata.tables:
        rows = (await session.exec(text(STORED.format(table)))).scalars().all()  # type: ignore[call-overload]
        stored = "\n".join(rows).lower()
        assert [canary for canary in CANARIES if canary in stored] == [], table
        # `bytea` is shown in hexadecimal digits.
        assert [canary for canary in CANARIES if canary.encode().hex() in stored] == [], table
        filled |= {table} if rows else set()
    assert filled >= {"applications", "applicants", "repeated_applications", "idempotency_records", "audit_entries"}
    printed = capfd.readouterr()
    told = f"{logged} {printed.out} {printed.err}".lower()
    assert [canary for canary in CANARIES if canary in told] == []
