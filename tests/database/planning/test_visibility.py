"""Which rows of planning each read finds: those in reach of the caller's unit, and of them those asked for."""

from datetime import datetime, timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal, Role
from campaigns.kit.database.paging import PageRequest
from campaigns.kit.errors import Forbidden, Invalid, NotFound
from campaigns.planning.models import Channel, Intake, Programme, Unit
from campaigns.planning.operations.intakes import create_intake
from campaigns.planning.operations.programmes import create_programme
from campaigns.planning.queries import (
    canonical_sources,
    effective_templates,
    find_public_campaign,
    find_root_unit,
    find_unit_by_code,
    get_campaign,
    get_channel,
    get_channels,
    get_intake,
    get_programme,
    get_unit,
    known_channel_media,
    list_campaigns,
    list_channels,
    list_intakes,
    list_programmes,
    list_stages,
    list_units,
    lock_campaign,
    lock_channel,
    lock_intake,
    lock_programme,
    require_owner,
    unit_codes,
)
from campaigns.planning.rules import DEFAULT_STAGES
from campaigns.planning.types import CampaignState, IntakeSpec, StageKind, StagePlan
from tests.factories.world import World, build_campaign

ALL = PageRequest(limit=100)


async def add_programme(session: AsyncSession, world: World, unit: Unit, slug: str, now: datetime) -> Programme:
    return await create_programme(session, world.admin, unit_id=unit.id, name=slug, slug=slug, now=now)


async def add_intake(
    session: AsyncSession,
    world: World,
    programme: Programme,
    now: datetime,
    stages: tuple[StagePlan, ...] = DEFAULT_STAGES,
) -> Intake:
    return await create_intake(
        session,
        world.admin,
        spec=IntakeSpec(
            programme_id=programme.id,
            name=f"Intake of {programme.slug}",
            opens_at=now,
            closes_at=now + timedelta(days=1),
            notice_version="1",
            notice_url="https://daftar.example/privacy",
            stages=stages,
        ),
        now=now,
    )


async def add_channel(session: AsyncSession, unit: Unit, source: str, now: datetime, *aliases: str) -> Channel:
    channel = Channel(
        unit_id=unit.id, name=source, source=source, medium=f"m-{source}", aliases=list(aliases), state="active",
        created_at=now,
    )  # fmt: skip
    session.add(channel)
    await session.flush()
    return channel


@pytest.fixture
def caller(world: World) -> Principal:
    """An administrator of the own province, between the national unit and the district."""
    return world.principals[Role.ADMINISTRATOR]


async def test_units_are_those_of_the_subtree(session: AsyncSession, world: World, caller: Principal) -> None:
    found = await list_units(session, caller, page=ALL)
    assert {one.id for one in found.items} == {world.own.id, world.district.id}
    for unit in (world.own, world.district):
        assert (await get_unit(session, caller, unit_id=unit.id)).id == unit.id
    for unit in (world.national, world.foreign):
        with pytest.raises(NotFound):
            await get_unit(session, caller, unit_id=unit.id)


async def test_units_are_found_by_code_wherever_they_are(session: AsyncSession, world: World) -> None:
    for unit in (world.national, world.own, world.foreign, world.district):
        found = await find_unit_by_code(session, code=unit.code)
        assert found is not None
        assert found.id == unit.id
        assert (await unit_codes(session))[unit.id] == unit.code
    assert await find_unit_by_code(session, code="NONE") is None


async def test_the_root_is_found_wherever_its_row_is_stored(session: AsyncSession, world: World) -> None:
    world.national.name = "Written last"
    await session.flush()
    root = await find_root_unit(session)
    assert root is not None
    assert root.id == world.national.id


async def test_programmes_and_intakes_are_those_above_and_below(
    session: AsyncSession, world: World, caller: Principal, now: datetime
) -> None:
    below = await add_programme(session, world, world.district, "below", now)
    beside = await add_programme(session, world, world.foreign, "beside", now)
    intake_below = await add_intake(session, world, below, now)
    intake_beside = await add_intake(session, world, beside, now)
    programmes = await list_programmes(session, caller, page=ALL)
    assert {one.id for one in programmes.items} == {world.programme.id, below.id}
    everything = await list_intakes(session, caller, programme_id=None, page=ALL)
    assert {one.id for one in everything.items} == {world.intake.id, intake_below.id}
    one_programme = await list_intakes(session, caller, programme_id=below.id, page=ALL)
    assert [one.id for one in one_programme.items] == [intake_below.id]
    with pytest.raises(NotFound):
        await list_intakes(session, caller, programme_id=beside.id, page=ALL)
    with pytest.raises(NotFound):
        await list_campaigns(session, caller, unit_id=None, intake_id=intake_beside.id, state=None, page=ALL)
    with pytest.raises(NotFound):
        await list_campaigns(session, caller, unit_id=world.foreign.id, intake_id=None, state=None, page=ALL)


async def test_what_is_beside_is_not_found_by_its_id(
    session: AsyncSession, world: World, caller: Principal, now: datetime
) -> None:
    programme = await add_programme(session, world, world.foreign, "beside", now)
    intake = await add_intake(session, world, programme, now)
    channel = await add_channel(session, world.foreign, "beside", now)
    for read in (get_campaign, lock_campaign):
        await read(session, caller, campaign_id=world.campaign.id)
        with pytest.raises(NotFound):
            await read(session, caller, campaign_id=world.foreign_campaign.id)
    for read_programme in (get_programme, lock_programme):
        await read_programme(session, caller, programme_id=world.programme.id)
        with pytest.raises(NotFound):
            await read_programme(session, caller, programme_id=programme.id)
    for read_intake in (get_intake, lock_intake):
        await read_intake(session, caller, intake_id=world.intake.id)
        with pytest.raises(NotFound):
            await read_intake(session, caller, intake_id=intake.id)
    for read_channel in (get_channel, lock_channel):
        await read_channel(session, caller, channel_id=world.channel.id)
        with pytest.raises(NotFound):
            await read_channel(session, caller, channel_id=channel.id)


async def test_who_owns_what_is_shared_may_change_it(session: AsyncSession, world: World, caller: Principal) -> None:
    for unit in (world.own, world.district):
        await require_owner(session, caller, unit_id=unit.id, what="programme")
    for unit in (world.national, world.foreign):
        with pytest.raises(Forbidden) as refused:
            await require_owner(session, caller, unit_id=unit.id, what="programme")
        assert refused.value.code == "owned-by-higher-unit"


async def test_campaigns_are_filtered_by_intake(
    session: AsyncSession, world: World, caller: Principal, now: datetime
) -> None:
    programme = await add_programme(session, world, world.own, "second", now)
    intake = await add_intake(session, world, programme, now)
    other = await build_campaign(session, world.admin, unit=world.own, intake=intake, slug="other-intake", now=now)
    for wanted, campaign in ((intake, other), (world.intake, world.campaign)):
        found = await list_campaigns(session, caller, unit_id=None, intake_id=wanted.id, state=None, page=ALL)
        assert [one.id for one in found.items] == [campaign.id]


async def test_stages_are_those_of_each_intake_in_their_order(
    session: AsyncSession, world: World, now: datetime
) -> None:
    programme = await add_programme(session, world, world.own, "short", now)
    plans = (StagePlan("z", "Z", StageKind.REGISTERED), StagePlan("a", "A", StageKind.ACCEPTED))
    intake = await add_intake(session, world, programme, now, plans)
    found = await list_stages(session, intake_ids=[intake.id, world.intake.id])
    assert {key: [stage.key for stage in stages] for key, stages in found.items()} == {
        intake.id: ["z", "a"],
        world.intake.id: [plan.key for plan in DEFAULT_STAGES],
    }
    assert list(await list_stages(session, intake_ids=[intake.id])) == [intake.id]


async def test_a_public_campaign_comes_with_what_it_belongs_to(
    session: AsyncSession, world: World, now: datetime
) -> None:
    programme = await add_programme(session, world, world.foreign, "another", now)
    intake = await add_intake(session, world, programme, now)
    draft = await build_campaign(session, world.admin, unit=world.foreign, intake=intake, slug="a-draft", now=now)
    shown = await build_campaign(session, world.admin, unit=world.foreign, intake=intake, slug="shown", now=now)
    draft.state = CampaignState.DRAFT.value
    await session.flush()
    for slug, expected in (
        ("shown", (shown, intake, programme, world.foreign)),
        (world.campaign.slug, (world.campaign, world.intake, world.programme, world.own)),
    ):
        rows = await find_public_campaign(session, slug=slug)
        assert [one.id for one in rows] == [one.id for one in expected]
    for slug in ("a-draft", "unknown"):
        with pytest.raises(NotFound):
            await find_public_campaign(session, slug=slug)


async def test_channels_are_those_above_and_below(
    session: AsyncSession, world: World, caller: Principal, now: datetime
) -> None:
    below = await add_channel(session, world.district, "below", now)
    beside = await add_channel(session, world.foreign, "beside", now)
    found = await list_channels(session, caller, source=None, state=None, page=ALL)
    assert {one.id for one in found.items} == {world.channel.id, below.id}
    by_id = await get_channels(session, caller, channel_ids=[below.id, world.channel.id])
    assert set(by_id) == {below.id, world.channel.id}
    assert set(await get_channels(session, caller, channel_ids=[below.id])) == {below.id}
    with pytest.raises(NotFound):
        await get_channels(session, caller, channel_ids=[below.id, beside.id])
    media = await known_channel_media(session, caller, media=["social", "m-below", "m-beside", "print"])
    assert media == {"social", "m-below"}
    assert await known_channel_media(session, caller, media=["m-below"]) == {"m-below"}


async def test_channels_are_found_by_source_or_alias(
    session: AsyncSession, world: World, caller: Principal, now: datetime
) -> None:
    tiktok = await add_channel(session, world.own, "tiktok", now, "tt", "video")
    await add_channel(session, world.foreign, "poster", now, "wall")
    for source, channel in (("TikTok", tiktok), ("tt", tiktok), ("ig", world.channel), ("instagram", world.channel)):
        found = await list_channels(session, caller, source=source, state=None, page=ALL)
        assert [one.id for one in found.items] == [channel.id]
    for source in ("wall", "poster", "nothing"):
        with pytest.raises(Invalid):
            await list_channels(session, caller, source=source, state=None, page=ALL)


async def test_a_spelling_stands_for_one_source(
    session: AsyncSession, world: World, caller: Principal, now: datetime
) -> None:
    await add_channel(session, world.own, "tiktok", now, "tt", "clip")
    await add_channel(session, world.district, "youtube", now, "clip")
    await add_channel(session, world.foreign, "poster", now, "wall")
    asked = ["instagram", "ig", "tt", "clip", "wall", "unknown"]
    assert await canonical_sources(session, caller, spellings=asked) == {
        "instagram": "instagram",
        "ig": "instagram",
        "tt": "tiktok",
    }
    assert await canonical_sources(session, caller, spellings=["tt"]) == {"tt": "tiktok"}


@pytest.mark.parametrize(
    ("national", "own", "expected"), [(None, None, None), ("n", None, "n"), ("n", "o", "o"), (None, "o", "o")]
)
async def test_the_nearest_template_holds(
    session: AsyncSession, world: World, national: str | None, own: str | None, expected: str | None
) -> None:
    world.national.term_template = world.national.content_template = national
    world.own.term_template = world.own.content_template = own
    world.foreign.term_template = "foreign"
    session.add_all([world.national, world.own, world.foreign])
    await session.flush()
    found = await effective_templates(session, unit_id=world.district.id)
    assert (found.term, found.content) == (expected, expected)
