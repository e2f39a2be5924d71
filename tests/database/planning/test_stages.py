"""Stages in SQL: which can be removed, and positions without gaps or duplicates."""

import os
from datetime import datetime
from uuid import UUID

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.models import Applicant, Application, StageChange
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.errors import Conflict
from campaigns.planning.models import Stage
from campaigns.planning.operations.intakes import update_intake
from campaigns.planning.queries import list_stages
from campaigns.planning.rules import DEFAULT_STAGES
from campaigns.planning.types import StagePlan
from tests.factories.world import World, build_world

REGISTERED, VERIFIED, ASSESSED, ACCEPTED, REJECTED, WITHDRAWN = DEFAULT_STAGES


async def ids_by_key(session: AsyncSession, world: World) -> dict[str, UUID]:
    stages = await list_stages(session, intake_ids=[world.intake.id])
    return {stage.key: stage.id for stage in stages[world.intake.id]}


async def application_in(session: AsyncSession, world: World, stage_id: UUID, now: datetime) -> Application:
    """An application as the database needs it; its personal columns hold random bytes."""
    applicant = Applicant(email_index=os.urandom(32), created_at=now)
    session.add(applicant)
    await session.flush()
    application = Application(
        applicant_id=applicant.id,
        intake_id=world.intake.id,
        campaign_id=world.campaign.id,
        unit_id=world.own.id,
        reference="JR-TEST",
        status_token_digest=os.urandom(32),
        stage_id=stage_id,
        stage_entered_at=now,
        registered_at=now,
        province="32",
        name_sealed=os.urandom(40),
        email_sealed=os.urandom(40),
        phone_sealed=os.urandom(40),
        birth_date_sealed=os.urandom(40),
        phone_index=os.urandom(32),
    )
    session.add(application)
    await session.flush()
    return application


async def replace(session: AsyncSession, world: World, stages: list[StagePlan], now: datetime) -> None:
    await update_intake(
        session, world.admin, intake_id=world.intake.id, changes={}, stages=stages, expected_version=None, now=now
    )


async def test_a_stage_with_an_application_cannot_be_removed(
    session: AsyncSession, world: World, now: datetime
) -> None:
    ids = await ids_by_key(session, world)
    await application_in(session, world, ids["verified"], now)
    await session.commit()
    with pytest.raises(Conflict) as refused:
        await replace(session, world, [REGISTERED, ACCEPTED], now)
    assert refused.value.code == "stage-in-use"
    await session.rollback()
    await session.refresh(world.intake)
    assert (world.intake.version, await ids_by_key(session, world)) == (1, ids)


async def test_a_stage_that_an_application_has_left_cannot_be_removed(
    session: AsyncSession, world: World, now: datetime
) -> None:
    ids = await ids_by_key(session, world)
    application = await application_in(session, world, ids["registered"], now)
    session.add(
        StageChange(
            application_id=application.id,
            from_stage_id=ids["assessed"],
            to_stage_id=ids["registered"],
            changed_at=now,
            actor_kind="system",
        )
    )
    await session.commit()
    with pytest.raises(Conflict):
        await replace(session, world, [REGISTERED, VERIFIED, ACCEPTED], now)


async def test_other_stages_go_and_stages_in_use_keep_their_ids(
    session: AsyncSession, world: World, now: datetime
) -> None:
    ids = await ids_by_key(session, world)
    application = await application_in(session, world, ids["verified"], now)
    renamed = StagePlan("verified", "Berkas lengkap", VERIFIED.kind)
    await replace(session, world, [REGISTERED, ACCEPTED, renamed], now)
    await session.commit()
    kept = await ids_by_key(session, world)
    assert kept == {key: ids[key] for key in ("registered", "accepted", "verified")}
    stage = (await session.exec(select(Stage).where(Stage.id == application.stage_id))).one()
    assert (stage.name, stage.position) == ("Berkas lengkap", 3)


async def test_positions_have_no_gaps_or_duplicates(own_database: str, now: datetime) -> None:
    # The constraint on positions is checked at the commit, so this needs real ones.
    engine = make_engine(own_database, pool_size=2, statement_timeout_seconds=15)
    sessions = make_sessions(engine)
    async with sessions() as session, session.begin():
        world = await build_world(session, now=now)
    new = StagePlan("interview", "Interview", ASSESSED.kind)
    for stages in (
        [REGISTERED, WITHDRAWN, REJECTED, ACCEPTED, ASSESSED, VERIFIED],
        [REGISTERED, new, ACCEPTED, VERIFIED],
        list(DEFAULT_STAGES),
    ):
        async with sessions() as session, session.begin():
            await replace(session, world, stages, now)
        async with sessions() as session:
            stored = (await list_stages(session, intake_ids=[world.intake.id]))[world.intake.id]
        assert [(stage.key, stage.position) for stage in stored] == [
            (plan.key, position) for position, plan in enumerate(stages, start=1)
        ]
    await engine.dispose()


async def test_an_intake_without_stages_has_an_empty_list(session: AsyncSession, world: World) -> None:
    unknown = UUID(int=1)
    found = await list_stages(session, intake_ids=[unknown, world.intake.id])
    assert (found[unknown], len(found[world.intake.id])) == ([], len(DEFAULT_STAGES))
