"""Looking up an application by its reference and token."""

from datetime import datetime

import httpx
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.applicants.models import Application
from tests.factories.intake import registered
from tests.factories.world import World

ADDRESS = "/v1/public/applications"

pytestmark = pytest.mark.usefixtures("world")


async def look_up(client: httpx.AsyncClient, reference: str, token: str) -> httpx.Response:
    return await client.get(f"{ADDRESS}/{reference}", headers={"Status-Token": token})


async def move_first(client: httpx.AsyncClient, world: World, session: AsyncSession, stage: str) -> None:
    application = (await session.exec(select(Application))).one()
    moved = await client.post(
        f"/v1/applications/{application.id}/stage",
        json={"stage": stage, "reason": "seen"},
        headers=world.as_role(Role.RECRUITER),
    )
    assert moved.status_code == 200, moved.text


async def test_shows_how_far_the_application_is(
    client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
) -> None:
    receipt = await registered(client, now)
    before = await look_up(client, receipt["reference"], receipt["status_token"])
    assert before.headers["cache-control"] == "no-store"
    assert before.json() == {
        "reference": receipt["reference"],
        "campaign_name": "Campaign bintara-jabar",
        "intake_name": "2027",
        "stage": "Registered",
        "stage_kind": "registered",
        "registered_at": receipt["registered_at"],
        "stage_entered_at": receipt["registered_at"],
    }
    await move_first(client, world, session, "verified")
    after = (await look_up(client, receipt["reference"], receipt["status_token"])).json()
    assert (after["stage"], after["stage_kind"]) == ("Documents verified", "verified")
    assert after["stage_entered_at"] > after["registered_at"]


async def test_finds_the_reference_however_it_is_written(
    client: httpx.AsyncClient, world: World, now: datetime
) -> None:
    receipt = await registered(client, now)
    reference: str = receipt["reference"]
    for typed in (reference.lower(), reference.replace("-", ""), reference.replace("-", " ")):
        answer = await look_up(client, typed, receipt["status_token"])
        assert (answer.status_code, answer.json()["reference"]) == (200, reference)


async def test_a_repeat_never_shows_how_far_the_first_is(
    client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
) -> None:
    first = await registered(client, now)
    fresh = (await look_up(client, first["reference"], first["status_token"])).json()
    await move_first(client, world, session, "accepted")
    second = await registered(client, now)
    seen = (await look_up(client, second["reference"], second["status_token"])).json()
    differing = {"reference", "registered_at", "stage_entered_at"}
    assert {key: seen[key] for key in seen.keys() - differing} == {key: fresh[key] for key in fresh.keys() - differing}
    assert seen["registered_at"] == seen["stage_entered_at"] == second["registered_at"]


async def test_unknown_references_and_wrong_tokens_are_the_same_404(
    client: httpx.AsyncClient, world: World, now: datetime
) -> None:
    first, other = await registered(client, now), await registered(client, now, email="other@example.com")
    repeat = await registered(client, now)
    answers = [
        await look_up(client, reference, token)
        for reference, token in (
            ("JR-00000-00000", first["status_token"]),
            (first["reference"], other["status_token"]),
            (first["reference"], repeat["status_token"]),
            (repeat["reference"], first["status_token"]),
            (first["reference"], first["status_token"].swapcase()),
            ("nonsense", first["status_token"]),
            ("%00", first["status_token"]),
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    told = {tuple((key, str(value)) for key, value in answer.json().items() if key != "trace_id") for answer in answers}
    assert len(told) == 1


@pytest.mark.parametrize("token", [b"\xff\xfe", b"x" * 5000])
async def test_odd_tokens_are_refused(client: httpx.AsyncClient, world: World, now: datetime, token: bytes) -> None:
    receipt = await registered(client, now)
    answer = await client.get(f"{ADDRESS}/{receipt['reference']}", headers={b"Status-Token": token})
    assert answer.status_code == 404


async def test_the_token_is_asked_for(client: httpx.AsyncClient, world: World, now: datetime) -> None:
    receipt = await registered(client, now)
    in_the_address = await client.get(f"{ADDRESS}/{receipt['reference']}?status_token={receipt['status_token']}")
    missing = await look_up(client, receipt["reference"], "")
    pointers = [answer.json()["errors"][0]["pointer"] for answer in (in_the_address, missing)]
    assert (in_the_address.status_code, missing.status_code) == (422, 422)
    assert pointers == ["parameter:status_token", "parameter:status-token"]


async def test_a_reference_beyond_any_length_is_refused(client: httpx.AsyncClient, world: World) -> None:
    answer = await look_up(client, "J" * 41, "x")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "parameter:reference")


async def test_no_answer_to_the_public_holds_an_answer_of_the_form(client: httpx.AsyncClient, now: datetime) -> None:
    receipt = await registered(client, now)
    status = await look_up(client, receipt["reference"], receipt["status_token"])
    for personal in ("Sari", "sari.contoh", "81234567890", "2006-02-28"):
        assert personal not in status.text + str(receipt)
