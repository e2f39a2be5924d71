"""Creating many links at once: all or none, every error reported, and as many statements for a thousand as for ten."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.kit.errors import Conflict, Invalid, NotFound
from campaigns.kit.ids import new_id
from campaigns.links import rules
from campaigns.links.models import DestinationCheck, Link
from campaigns.links.operations.insert import insert_links
from campaigns.links.types import LinkSpec, LinkState
from campaigns.planning.operations.channels import close_channel
from tests.factories.world import LANDING, World


def spec(world: World, **given: Any) -> LinkSpec:
    return LinkSpec(**{"channel_id": world.channel.id, "name": "Story", **given})


async def make(session: AsyncSession, world: World, specs: list[LinkSpec], now: datetime) -> list[Link]:
    return await insert_links(
        session,
        world.principals[Role.MARKETER],
        campaign_id=world.campaign.id,
        specs=specs,
        now=now,
    )


async def count(session: AsyncSession) -> int:
    return (await session.exec(select(func.count()).select_from(Link))).one()


@pytest.fixture
def statements(connection: AsyncConnection) -> Iterator[list[str]]:
    """Every statement that the test sends to PostgreSQL."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection.sync_connection, "before_cursor_execute", note)


async def test_a_thousand_need_no_more_statements_than_ten(
    session: AsyncSession, world: World, now: datetime, statements: list[str]
) -> None:
    needed = []
    for number in (10, 1000):
        statements.clear()
        specs = [spec(world, slug=f"batch-{number}-{place}" if place % 2 else None) for place in range(number)]
        made = await make(session, world, specs, now)
        await session.flush()
        needed.append(len(statements))
        assert len({link.slug for link in made}) == number
    assert needed[0] == needed[1] < 15
    assert await count(session) == 1010
    written = await session.exec(select(func.count()).where(col(AuditEntry.action) == "link.created"))
    assert written.one() == 1010
    assert (await session.exec(select(func.count()).select_from(DestinationCheck))).one() == 1010


async def test_come_back_in_their_order_as_they_are_stored(session: AsyncSession, world: World, now: datetime) -> None:
    slugs = ["zulu", None, "alfa", None, "mike"]
    specs = [
        spec(world, name=f"N {place}", slug=slug, tags=["B", "a"], state=LinkState.DRAFT)
        for place, slug in enumerate(slugs)
    ]
    made = await make(session, world, specs, now)
    assert [link.name for link in made] == [f"N {place}" for place in range(5)]
    assert [link.slug for link in made if link.slug in slugs] == ["zulu", "alfa", "mike"]
    await session.commit()
    session.expunge_all()
    stored = (await session.exec(select(Link).order_by(col(Link.name)))).all()
    assert [(link.id, link.slug) for link in stored] == [(link.id, link.slug) for link in made]
    assert {(link.state, tuple(link.tags), link.destination, link.version) for link in stored} == {
        ("draft", ("a", "b"), LANDING, 1)
    }
    assert {(link.utm_source, link.utm_medium, link.utm_campaign, link.channel_group) for link in stored} == {
        ("instagram", "social", "bintara-jabar", "organic_social")
    }


async def test_draws_again_for_those_alone_that_collide(
    session: AsyncSession, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = iter(["bbbbbbb", "bbbbbbb", "ccccccc", "ddddddd", "eeeeeee"])
    monkeypatch.setattr(rules, "random_text", lambda *_: next(draws))
    made = await make(session, world, [spec(world), spec(world), spec(world, slug="ccccccc"), spec(world)], now)
    assert sorted(link.slug for link in made) == ["bbbbbbb", "ccccccc", "ddddddd", "eeeeeee"]
    assert made[2].slug == "ccccccc"


async def test_names_the_faults_of_all_of_them(session: AsyncSession, world: World, now: datetime) -> None:
    specs = [
        spec(world, name=""),
        spec(world, slug="twice"),
        spec(world, slug="Twice", tags=["ok", "not ok!"]),
        spec(world, rules=[{"device": "ios", "language": None, "destination": "https://elsewhere.example/"}]),
        spec(world, state=LinkState.PAUSED),
        spec(world, ended_destination=LANDING),
    ]
    with pytest.raises(Invalid) as refused:
        await make(session, world, specs, now)
    assert [(field.path, field.code) for field in refused.value.fields] == [
        ((0, "name"), "wrong-length"),
        ((2, "tags", 1), "not-a-tag"),
        ((2, "slug"), "repeated"),
        ((3, "rules", 0, "destination"), "host-not-allowed"),
        ((4, "state"), "not-a-first-state"),
        ((5, "ended_destination"), "needs-end"),
    ]
    assert await count(session) == 0


async def test_none_is_made_when_a_slug_is_taken(session: AsyncSession, world: World, now: datetime) -> None:
    await make(session, world, [spec(world, slug="taken"), spec(world, slug="gone-too")], now)
    specs = [spec(world), spec(world, slug="gone-too"), spec(world, slug="free"), spec(world, slug="Taken")]
    with pytest.raises(Conflict) as refused:
        await make(session, world, specs, now)
    assert refused.value.code == "slug-taken"
    assert [field.path for field in refused.value.fields] == [(1, "slug"), (3, "slug")]
    # Even to a caller who goes on with the transaction.
    assert await count(session) == 2


async def test_says_which_of_them_have_a_closed_channel(session: AsyncSession, world: World, now: datetime) -> None:
    await close_channel(session, world.admin, channel_id=world.channel.id, expected_version=None, now=now)
    with pytest.raises(Conflict) as refused:
        await make(session, world, [spec(world), spec(world)], now)
    assert refused.value.code == "channel-closed"
    assert [field.path for field in refused.value.fields] == [(0, "channel_id"), (1, "channel_id")]
    with pytest.raises(NotFound):
        await make(session, world, [spec(world, channel_id=new_id())], now)


async def test_no_specs_create_no_links(session: AsyncSession, world: World, now: datetime) -> None:
    assert await make(session, world, [], now) == []
