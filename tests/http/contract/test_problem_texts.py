"""What a refusal says: in the language that is wanted, in words of ours, with the cause of usual slips."""

import re
from typing import Any

import httpx
import pytest

from api.http.problem_document import MAX_INPUT_ERRORS
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


async def test_an_answer_does_not_grow_with_what_was_sent(client: httpx.AsyncClient) -> None:
    path = "/v1/public/campaigns/unknown/applications"

    async def refused(body: object) -> tuple[dict[str, Any], int]:
        answer = await client.post(path, json=body, headers={"Idempotency-Key": "1"})
        assert answer.status_code == 422
        return answer.json(), len(answer.content)

    told, size = await refused({f"unknown{number}": 1 for number in range(4000)})
    (error,) = told["errors"]
    assert (error["pointer"], error["code"]) == ("", "too-many-fields")
    assert "4000" in error["detail"]
    assert size < 1000
    told, size = await refused({"k" * 50_000: 1})
    assert {one["code"] for one in told["errors"]} == {"missing", "extra-forbidden"}
    assert size < 3000
    told, size = await refused({"consent": {f"unknown{number}": 1 for number in range(4000)}})
    assert size < 3000


async def test_of_very_many_errors_the_first_are_listed(client: httpx.AsyncClient, world: World) -> None:
    filters = [{f"unknown{number}": 1 for number in range(15)}] * 10
    answer = await client.post(
        "/v1/statistics/query", json={"filters": filters}, headers=world.as_role(Role.ADMINISTRATOR)
    )
    told = answer.json()
    assert len(told["errors"]) == MAX_INPUT_ERRORS
    (found, listed) = map(int, re.findall(r"\d+", told["detail"]))
    assert found > listed == MAX_INPUT_ERRORS


@pytest.mark.parametrize("body", ["[" * 60_000, '{"name":' * 8_000, '{"name": ' + "9" * 60_000 + "}"])
async def test_json_without_end_is_refused(client: httpx.AsyncClient, body: str) -> None:
    headers = {"Idempotency-Key": "1", "Content-Type": "application/json"}
    answer = await client.post("/v1/public/campaigns/unknown/applications", content=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert len(answer.content) < 3000
