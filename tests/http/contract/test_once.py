"""`Idempotency-Key` on every POST that makes something: the same answer, marked, and nothing made again."""

from typing import Any

import httpx

from api.http.contract.once import makes_something
from api.main import ROUTERS
from campaigns.access.types import Role
from tests.contract.document import operations
from tests.factories.world import World

# POSTs that make nothing.
ASKING = {"statistics_query"}


def test_every_post_takes_the_key() -> None:
    without = [
        one["operationId"]
        for _, method, one in operations()
        if method == "post" and not any(p["name"].lower() == "idempotency-key" for p in one.get("parameters", []))
    ]
    assert set(without) == ASKING
    assert ROUTERS
    assert not makes_something(lambda: None, ["GET"])


def link(world: World, name: str = "Once") -> dict[str, Any]:
    return {"campaign_id": str(world.campaign.id), "channel_id": str(world.channel.id), "name": name}


async def test_the_same_request_makes_one_object(client: httpx.AsyncClient, world: World) -> None:
    headers = {**world.as_role(Role.MARKETER), "Idempotency-Key": "one"}
    first = await client.post("/v1/links", json=link(world), headers=headers)
    again = await client.post("/v1/links", json=link(world), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert [again.headers[name] for name in ("etag", "location")] == [
        first.headers[name] for name in ("etag", "location")
    ]
    found = await client.get("/v1/links?search=Once", headers=world.as_role(Role.MARKETER))
    assert len(found.json()["items"]) == 1


async def test_another_request_with_the_key_is_refused(client: httpx.AsyncClient, world: World) -> None:
    headers = {**world.as_role(Role.MARKETER), "Idempotency-Key": "one"}
    await client.post("/v1/links", json=link(world), headers=headers)
    for address, body in (("/v1/links", link(world, "Other")), (f"/v1/campaigns/{world.campaign.id}/close", None)):
        answer = await client.post(address, json=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:jaring:problem:idempotency-key-reused")


async def test_a_refused_request_leaves_the_key_free(client: httpx.AsyncClient, world: World) -> None:
    headers = {**world.as_role(Role.MARKETER), "Idempotency-Key": "one"}
    refused = await client.post("/v1/links", json=link(world) | {"slug": "v1"}, headers=headers)
    made = await client.post("/v1/links", json=link(world), headers=headers)
    assert (refused.status_code, made.status_code) == (422, 201)


async def test_another_caller_has_keys_of_its_own(client: httpx.AsyncClient, world: World) -> None:
    for role in (Role.MARKETER, Role.ADMINISTRATOR):
        headers = {**world.as_role(role), "Idempotency-Key": "one"}
        answer = await client.post("/v1/links", json=link(world), headers=headers)
        assert (answer.status_code, "idempotent-replayed" in answer.headers) == (201, False)
