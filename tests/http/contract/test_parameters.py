"""Every operation refuses parameters that it does not take, and parameters and headers given twice."""

import httpx
import pytest

from campaigns.access.types import Role
from tests.contract.document import operations
from tests.factories.world import World

NOBODY = "0198f3a2-0000-7000-8000-000000000000"
OPERATIONS = [
    pytest.param(method, path.replace("{slug}", "x").replace("{reference}", "JR-00000-00000"), id=one["operationId"])
    for path, method, one in operations()
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_an_unknown_parameter_is_refused_by_every_operation(
    client: httpx.AsyncClient, world: World, method: str, path: str
) -> None:
    address = "/".join(NOBODY if part.endswith("_id}") else part for part in path.split("/"))
    answer = await client.request(method, f"{address}?nonsense=1", headers=world.as_role(Role.ADMINISTRATOR))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "parameter:nonsense", "unknown-parameter")


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("/v1/applications?stage_knd=accepted", "stage_kind"),
        ("/v1/applications?campaign=bintara", "campaign_id"),
        ("/v1/links/export?State=active", "state"),
    ],
)
async def test_a_known_name_that_is_near_is_named(
    client: httpx.AsyncClient, world: World, address: str, near: str
) -> None:
    answer = await client.get(address, headers=world.as_role(Role.ADMINISTRATOR))
    assert f"`{near}`" in answer.json()["errors"][0]["detail"]


async def test_a_misspelt_dry_run_makes_nothing(client: httpx.AsyncClient, world: World) -> None:
    headers = {**world.as_role(Role.MARKETER), "Content-Type": "text/csv", "Idempotency-Key": "once"}
    sheet = f"campaign,source,name\r\n{world.campaign.slug},instagram,Misspelt\r\n"
    answer = await client.post("/v1/links/import?dry-run=true", content=sheet, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["detail"].count("dry_run")) == (422, 1)
    found = await client.get("/v1/links?search=Misspelt", headers=world.as_role(Role.MARKETER))
    assert found.json()["items"] == []


@pytest.mark.parametrize("twice", ["limit=1&limit=2", "state=active&state=active"])
async def test_a_parameter_given_twice_is_refused(client: httpx.AsyncClient, world: World, twice: str) -> None:
    answer = await client.get(f"/v1/links?{twice}", headers=world.as_role(Role.MARKETER))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "repeated")


async def test_a_list_may_be_repeated(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get("/v1/links?tag=a&tag=b", headers=world.as_role(Role.MARKETER))
    assert answer.json()["errors"][0]["code"] == "unknown-tag"


async def test_a_header_sent_twice_is_refused(client: httpx.AsyncClient, world: World) -> None:
    headers = [*world.as_role(Role.ADMINISTRATOR).items(), ("If-Match", '"1"'), ("If-Match", '"2"')]
    answer = await client.patch(f"/v1/units/{world.own.id}", json={"name": "x"}, headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, "parameter:if-match", "repeated")


async def test_a_flood_of_unknown_parameters_is_named_in_part(client: httpx.AsyncClient, world: World) -> None:
    query = "&".join(f"n{number}=1" for number in range(900))
    answer = await client.get(f"/v1/units?{query}", headers=world.as_role(Role.ADMINISTRATOR))
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 20)
