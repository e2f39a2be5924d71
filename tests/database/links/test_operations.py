"""Creating and retiring links in PostgreSQL: slugs stay unique, and collisions of random ones are retried."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.kit.database.paging import PageRequest
from campaigns.kit.errors import Conflict, NotFound, Unavailable
from campaigns.links import rules
from campaigns.links.models import Link
from campaigns.links.operations.planning_changes import update_campaign
from campaigns.links.operations.update import retire_link, update_link
from campaigns.links.queries import LinkFilters, get_link, list_links
from campaigns.links.rules import DRAWN_LENGTHS
from campaigns.links.types import LinkSpec
from tests.factories.links import make_link
from tests.factories.world import LANDING, World


async def make(session: AsyncSession, world: World, now: datetime, **changed: Any) -> Link:
    spec = LinkSpec(**{"channel_id": world.channel.id, "name": "Story", **changed})
    caller = world.principals[Role.MARKETER]
    return await make_link(session, caller, campaign_id=world.campaign.id, spec=spec, now=now)


@pytest.fixture
def always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes all random slugs of one length the same, so that the second link collides."""
    monkeypatch.setattr(rules, "random_text", lambda alphabet, length: alphabet[-1] * length)


@pytest.mark.usefixtures("always_the_same")
async def test_draws_again_and_longer_when_slugs_collide(session: AsyncSession, world: World, now: datetime) -> None:
    lengths = sorted(set(DRAWN_LENGTHS))
    made = [await make(session, world, now, name=f"Story {length}") for length in lengths]
    assert [len(link.slug) for link in made] == lengths
    with pytest.raises(Unavailable) as refused:
        await make(session, world, now)
    assert refused.value.code == "no-free-slug"
    await session.commit()
    session.expunge_all()
    stored = (await session.exec(select(Link).order_by(col(Link.slug)))).all()
    assert [(link.name, len(link.slug)) for link in stored] == [(f"Story {length}", length) for length in lengths]
    written = await session.exec(select(func.count()).where(col(AuditEntry.action) == "link.created"))
    assert written.one() == len(lengths)


async def test_tries_one_length_several_times_before_it_grows(
    session: AsyncSession, world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = iter(["bbbbbbb", "bbbbbbb", "bbbbbbb", "ccccccc"])
    monkeypatch.setattr(rules, "random_text", lambda *_: next(draws))
    first, second = await make(session, world, now), await make(session, world, now)
    assert (first.slug, second.slug) == ("bbbbbbb", "ccccccc")


async def test_a_slug_is_never_given_again(session: AsyncSession, world: World, now: datetime) -> None:
    link = await make(session, world, now, slug="once-only")
    await retire_link(session, world.principals[Role.MARKETER], link_id=link.id, expected_version=None, now=now)
    with pytest.raises(Conflict) as refused:
        await make(session, world, now, slug="Once-Only")
    assert refused.value.code == "slug-taken"
    assert (await session.exec(select(func.count()).select_from(Link))).one() == 1


async def test_keeps_its_destination_when_the_campaign_moves(
    session: AsyncSession, world: World, now: datetime
) -> None:
    link = await make(session, world, now)
    caller = world.principals[Role.MARKETER]
    await update_campaign(
        session,
        caller,
        campaign_id=world.campaign.id,
        changes={"landing_url": "https://daftar.example/moved"},
        expected_version=None,
        now=now,
    )
    await session.commit()
    session.expunge_all()
    assert (await get_link(session, caller, link_id=link.id)).destination == LANDING


async def test_units_above_see_the_link_and_others_do_not(session: AsyncSession, world: World, now: datetime) -> None:
    link = await make(session, world, now)
    await session.flush()
    page = PageRequest(limit=10)
    everything: dict[str, Any] = {"filters": LinkFilters(), "page": page}
    assert (await list_links(session, world.admin, **everything)).items == [link]
    for unit in (world.foreign, world.district):
        other = replace(world.admin, unit_id=unit.id, unit_path=unit.path)
        assert (await list_links(session, other, **everything)).items == []
        with pytest.raises(NotFound):
            await get_link(session, other, link_id=link.id)
        with pytest.raises(NotFound):
            await retire_link(session, other, link_id=link.id, expected_version=None, now=now)
        with pytest.raises(NotFound):
            await update_link(session, other, link_id=link.id, changes={"name": "X"}, expected_version=None, now=now)
