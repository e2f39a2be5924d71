"""Taking back that a link was retired, and choosing the link that its page names."""

import httpx
import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.events.models import Event
from campaigns.links.models import Link
from tests.factories.world import World
from tests.http.links.placements import make

RETIRED = "urn:jaring:problem:link-retired"


class TestRestore:
    @pytest.mark.parametrize("state", ["draft", "active"])
    async def test_gives_back_the_state_that_the_link_had(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, state: str
    ) -> None:
        link, headers = await make(client, world, state=state), world.as_role(Role.ADMINISTRATOR)
        await client.post(f"/v1/links/{link['id']}/retire", headers=headers)
        restored = await client.post(f"/v1/links/{link['id']}/restore", headers=headers)
        assert (restored.status_code, restored.json()) == (200, {**link, "version": 3})
        assert link["state"] == state
        actions = (await session.exec(select(AuditEntry.action).where(AuditEntry.object_type == "link"))).all()
        events = (await session.exec(select(Event.type).order_by(col(Event.position)))).all()
        assert "link.restored" in actions
        assert events[-2:] == ["link.retired", "link.restored"]

    async def test_a_link_of_an_older_release_is_paused(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        link, headers = await make(client, world), world.as_role(Role.ADMINISTRATOR)
        await client.post(f"/v1/links/{link['id']}/retire", headers=headers)
        row = (await session.exec(select(Link).where(Link.slug == link["slug"]))).one()
        row.retired_from = None
        await session.commit()
        restored = await client.post(f"/v1/links/{link['id']}/restore", headers=headers)
        assert (restored.json()["state"], restored.json()["retired_at"]) == ("paused", None)

    async def test_changes_nothing_of_a_link_that_is_not_retired(self, client: httpx.AsyncClient, world: World) -> None:
        link, headers = await make(client, world), world.as_role(Role.ADMINISTRATOR)
        assert (await client.post(f"/v1/links/{link['id']}/restore", headers=headers)).json() == link
        stale = await client.post(f"/v1/links/{link['id']}/restore", headers={**headers, "If-Match": '"9"'})
        assert stale.status_code == 412

    async def test_is_for_administrators(self, client: httpx.AsyncClient, world: World) -> None:
        link, headers = await make(client, world), world.as_role(Role.MARKETER)
        await client.post(f"/v1/links/{link['id']}/retire", headers=headers)
        assert (await client.post(f"/v1/links/{link['id']}/restore", headers=headers)).status_code == 403


class TestSuccessor:
    async def test_can_be_chosen_before_and_after_a_link_is_retired(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        old, new = await make(client, world), await make(client, world, slug="newer")
        address, headers = f"/v1/links/{old['id']}", world.as_role(Role.MARKETER)
        chosen = await client.patch(address, json={"successor_id": new["id"]}, headers=headers)
        assert (chosen.status_code, chosen.json()["successor_id"]) == (200, new["id"])
        assert (await client.post(f"{address}/retire", headers=headers)).json()["successor_id"] == new["id"]
        none = await client.patch(address, json={"successor_id": None}, headers=headers)
        assert (none.status_code, none.json()["successor_id"]) == (200, None)
        more = await client.patch(address, json={"successor_id": new["id"], "name": "Back"}, headers=headers)
        assert (more.status_code, more.json()["type"]) == (409, RETIRED)

    @pytest.mark.parametrize(
        ("successor", "code"),
        [("own", "own-successor"), ("foreign", "unknown-link"), ("none", "unknown-link")],
    )
    async def test_is_another_link_that_the_caller_sees(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, successor: str, code: str
    ) -> None:
        old, foreign = await make(client, world), await make(client, world, slug="newer")
        ids = {"own": old["id"], "foreign": foreign["id"], "none": str(world.campaign.id)}
        row = (await session.exec(select(Link).where(Link.slug == "newer"))).one()
        row.campaign_id = world.foreign_campaign.id
        await session.commit()
        change = {"successor_id": ids[successor]}
        answer = await client.patch(f"/v1/links/{old['id']}", json=change, headers=world.as_role(Role.MARKETER))
        assert answer.status_code == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/successor_id", code)]
