"""Updates of intakes over HTTP: dates, notice, and the list of stages."""

from typing import Any

import httpx
import pytest

from campaigns.access.types import Role
from campaigns.planning.rules import DEFAULT_STAGES
from tests.factories.trail import trail_of
from tests.factories.world import World

DEFAULT = [{"key": stage.key, "name": stage.name, "kind": stage.kind.value} for stage in DEFAULT_STAGES]
INTERVIEW = {"key": "interview", "name": "Interview", "kind": "assessed"}


async def test_changes_only_what_is_named(client: httpx.AsyncClient, world: World, national: dict[str, str]) -> None:
    address = f"/v1/intakes/{world.intake.id}"
    before = (await client.get(address, headers=national)).json()
    after = await client.patch(address, json={"name": "2027, first"}, headers=national)
    assert after.json() == {**before, "name": "2027, first", "version": 2}
    assert after.headers["etag"] == '"2"'
    assert (await client.get(address, headers=national)).json() == after.json()


async def test_writes_down_from_and_to(client: httpx.AsyncClient, world: World, national: dict[str, str]) -> None:
    given = {"closes_at": "2050-01-01T00:00:00+07:00", "notice_url": "HTTPS://Daftar.example", "notice_version": "2"}
    answer = await client.patch(f"/v1/intakes/{world.intake.id}", json=given, headers=national)
    assert answer.json()["notice_url"] == "https://daftar.example/"
    assert (await trail_of(client, national, "intake", world.intake.id))[1:] == [
        (
            "intake.changed",
            {
                "closes_at": {"from": world.intake.closes_at.isoformat(), "to": "2049-12-31T17:00:00+00:00"},
                "notice_url": {"from": "https://daftar.example/privacy", "to": "https://daftar.example/"},
                "notice_version": {"from": "2026-1", "to": "2"},
            },
        )
    ]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"opens_at": None}, "/opens_at"),
        ({"closes_at": "2001-01-01T00:00:00Z"}, "/closes_at"),
        ({"opens_at": "2099-01-01T00:00:00Z"}, "/closes_at"),
        ({"notice_url": "https://user@daftar.example/"}, "/notice_url"),
        ({"stages": None}, "/stages"),
        ({"stages": []}, "/stages"),
        ({"stages": DEFAULT[1:]}, "/stages/0/kind"),
        ({"stages": [{**DEFAULT[0], "key": "new"}, *DEFAULT[1:]]}, "/stages/0/key"),
        ({"stages": [DEFAULT[0], {**DEFAULT[1], "kind": "assessed"}, *DEFAULT[2:]]}, "/stages/1/kind"),
        ({"programme_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee0000ff"}, "/programme_id"),
        ({"state": "closed"}, "/state"),
    ],
)
async def test_points_at_the_field_at_fault(
    client: httpx.AsyncClient, world: World, national: dict[str, str], changed: dict[str, Any], pointer: str
) -> None:
    address = f"/v1/intakes/{world.intake.id}"
    before = (await client.get(address, headers=national)).json()
    answer = await client.patch(address, json=changed, headers=national)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await client.get(address, headers=national)).json() == before


@pytest.mark.parametrize(
    "stages",
    [
        pytest.param([*DEFAULT[:2], INTERVIEW, *DEFAULT[2:]], id="one more"),
        pytest.param([DEFAULT[0], DEFAULT[3]], id="fewer"),
        pytest.param([DEFAULT[0], *reversed(DEFAULT[1:])], id="another order"),
        pytest.param([{**DEFAULT[0], "name": "Terdaftar"}, *DEFAULT[1:]], id="another name"),
        pytest.param([DEFAULT[0], INTERVIEW, DEFAULT[3], DEFAULT[1]], id="all at once"),
    ],
)
async def test_replaces_the_stages(
    client: httpx.AsyncClient, world: World, national: dict[str, str], stages: list[dict[str, str]]
) -> None:
    address = f"/v1/intakes/{world.intake.id}"
    changed = await client.patch(address, json={"stages": stages}, headers=national)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["stages"], changed.json()["version"]) == (stages, 2)
    assert (await client.get(address, headers=national)).json() == changed.json()
    assert (await trail_of(client, national, "intake", world.intake.id))[1:] == [
        ("intake.changed", {"stages": {"from": DEFAULT, "to": stages}})
    ]


async def test_counts_one_version_a_request(client: httpx.AsyncClient, world: World, national: dict[str, str]) -> None:
    given = {"name": "New", "stages": [DEFAULT[0], DEFAULT[3]]}
    answer = await client.patch(f"/v1/intakes/{world.intake.id}", json=given, headers=national)
    assert answer.json()["version"] == 2
    ((action, changes),) = (await trail_of(client, national, "intake", world.intake.id))[1:]
    assert (action, sorted(changes)) == ("intake.changed", ["name", "stages"])


@pytest.mark.parametrize("same", [{}, {"name": "2027"}, {"stages": DEFAULT}])
async def test_an_update_without_changes_is_not_audited(
    client: httpx.AsyncClient, world: World, national: dict[str, str], same: dict[str, Any]
) -> None:
    answer = await client.patch(f"/v1/intakes/{world.intake.id}", json=same, headers=national)
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert len(await trail_of(client, national, "intake", world.intake.id)) == 1


async def test_refuses_a_version_that_is_old(client: httpx.AsyncClient, world: World, national: dict[str, str]) -> None:
    address, expecting = f"/v1/intakes/{world.intake.id}", {**national, "If-Match": '"1"'}
    first = await client.patch(address, json={"stages": [DEFAULT[0], DEFAULT[3]]}, headers=expecting)
    second = await client.patch(address, json={"stages": DEFAULT}, headers=expecting)
    assert (first.status_code, second.status_code) == (200, 412)
    read = await client.get(address, headers=national)
    assert read.json()["stages"] == [DEFAULT[0], DEFAULT[3]]


async def test_a_shared_intake_is_changed_by_its_unit_only(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.patch(
        f"/v1/intakes/{world.intake.id}", json={"name": "Mine"}, headers=world.as_role(Role.ADMINISTRATOR)
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:owned-by-higher-unit")


async def test_does_not_know_an_intake_that_is_not_there(client: httpx.AsyncClient, world: World) -> None:
    address = "/v1/intakes/0198f3a2-b7c8-7d3e-9a41-c0ffee0000ff"
    answer = await client.patch(address, json={"name": "Mine"}, headers=world.as_role(Role.ADMINISTRATOR))
    assert answer.status_code == 404
