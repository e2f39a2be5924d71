"""What a refusal says: in the language that is wanted, in words of ours, with the cause of usual slips."""

import httpx
import pytest

from campaigns.access.types import Role
from tests.factories.world import World


async def test_a_refusal_is_told_in_indonesian(client: httpx.AsyncClient, world: World) -> None:
    headers = {**world.as_role(Role.ADMINISTRATOR), "Accept-Language": "in-ID"}
    answer = await client.post("/v1/units", json={"name": ""}, headers=headers)
    told = answer.json()
    assert (answer.headers["content-language"], answer.headers["vary"]) == ("id", "Accept-Language")
    assert (told["title"], told["detail"]) == ("Masukan tidak sah", "Ada kolom yang tidak sah dalam permintaan.")
    assert {one["detail"] for one in told["errors"]} == {"Nilai ini wajib diisi.", "Isi dengan minimal 1 karakter."}
    english = await client.post("/v1/units", json={"name": ""}, headers=world.as_role(Role.ADMINISTRATOR))
    assert [one["code"] for one in english.json()["errors"]] == [one["code"] for one in told["errors"]]
    assert english.headers["content-language"] == "en"


async def test_what_is_not_there_is_told_with_its_name(client: httpx.AsyncClient, world: World) -> None:
    headers = {**world.as_role(Role.ADMINISTRATOR), "Accept-Language": "id"}
    answer = await client.get("/v1/links/0198f3a2-0000-7000-8000-000000000000", headers=headers)
    assert answer.json()["detail"] == "Objek (tautan) tidak ada, atau Anda tidak boleh melihatnya."


@pytest.mark.parametrize(
    ("time", "code"),
    [
        ("2026-11-24T00:00:00+07:00", "plus-not-encoded"),
        ("2026-11-24", "time-missing"),
        ("2026-11-24T00:00:00", "timezone-aware"),
        ("1764000000", "datetime-parsing"),
        ("2026-13-24T00:00:00Z", "datetime-from-date-parsing"),
        ("0001-01-01T00:00:00Z", "year-out-of-range"),
        ("yesterday", "datetime-parsing"),
    ],
)
async def test_a_time_that_cannot_be_read_names_its_cause(
    client: httpx.AsyncClient, world: World, time: str, code: str
) -> None:
    answer = await client.get(f"/v1/audit-entries?since={time}", headers=world.as_role(Role.ADMINISTRATOR))
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("parameter:since", code)


@pytest.mark.parametrize("time", ["2026-11-24T00:00:00%2B07:00", "2026-11-24T00:00Z", "2026-11-24t00:00:00.5z"])
async def test_times_of_rfc_3339_are_read(client: httpx.AsyncClient, world: World, time: str) -> None:
    answer = await client.get(f"/v1/audit-entries?since={time}", headers=world.as_role(Role.ADMINISTRATOR))
    assert answer.status_code == 200


async def test_a_missing_channel_in_bulk_is_pointed_at(client: httpx.AsyncClient, world: World) -> None:
    nobody = "0198f3a2-0000-7000-8000-000000000000"
    body = {"campaign_id": str(world.campaign.id), "channel_ids": [str(world.channel.id), nobody]}
    answer = await client.post("/v1/links/bulk?dry_run=true", json=body, headers=world.as_role(Role.MARKETER))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (404, "/channel_ids/1", "unknown-channel")
