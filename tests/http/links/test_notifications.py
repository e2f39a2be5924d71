"""Every route that changes links notifies this process' own redirect on commit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from campaigns.access.types import Role
from campaigns.links.resolver.channel import LINKS_CHANNEL
from tests.factories.world import World
from tests.http.links.placements import make

Request = Callable[[dict[str, Any]], tuple[str, str, Any]]


@pytest.fixture
def forgotten(app: FastAPI) -> list[str]:
    """The slugs that the redirect of this process was notified of."""
    slugs: list[str] = []
    app.state.context = replace(app.state.context, listeners={LINKS_CHANNEL: slugs.append})
    return slugs


async def test_a_new_link(client: httpx.AsyncClient, world: World, forgotten: list[str]) -> None:
    await make(client, world, slug="bio-1")
    assert forgotten == ["bio-1"]


@pytest.mark.parametrize(
    "request_of",
    [
        lambda link: ("PATCH", f"/v1/links/{link['id']}", {"name": "Another name"}),
        lambda link: ("POST", f"/v1/links/{link['id']}/retire", None),
    ],
    ids=["changed", "retired"],
)
async def test_a_link_that_is_there(
    client: httpx.AsyncClient, world: World, forgotten: list[str], request_of: Request
) -> None:
    link = await make(client, world, slug="bio-1")
    forgotten.clear()
    method, path, body = request_of(link)
    answer = await client.request(method, path, json=body, headers=world.as_role(Role.MARKETER))
    assert answer.status_code == 200, answer.text
    assert forgotten == ["bio-1"]


async def test_links_made_in_bulk(client: httpx.AsyncClient, world: World, forgotten: list[str]) -> None:
    body = {
        "campaign_id": str(world.campaign.id),
        "channel_ids": [str(world.channel.id)],
        "contents": ["story-1", "reels-2"],
    }
    headers = {**world.as_role(Role.MARKETER), "Idempotency-Key": str(uuid4())}
    made = await client.post("/v1/links/bulk", json=body, headers=headers)
    assert sorted(forgotten) == sorted(link["slug"] for link in made.json()["links"])
    again = await client.post("/v1/links/bulk", json=body, headers=headers)
    assert again.content == made.content
    assert len(forgotten) == 2


async def test_what_is_refused_changes_nothing(client: httpx.AsyncClient, world: World, forgotten: list[str]) -> None:
    link = await make(client, world, slug="bio-1")
    forgotten.clear()
    headers = {**world.as_role(Role.MARKETER), "If-Match": '"7"'}
    stale = await client.patch(f"/v1/links/{link['id']}", json={"name": "Another name"}, headers=headers)
    assert stale.status_code == 412
    assert forgotten == []
