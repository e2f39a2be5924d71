"""When destinations are checked, and what is stored about it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.links.destination_checks.operations import (
    AFTER_FAILURES,
    CLAIMED_FOR,
    WHILE_OK,
    check_again_soon,
    claim_due,
    next_time,
    places_of,
    record_finding,
    schedule_checks,
)
from campaigns.links.destination_checks.queries import read_checks, worst_check
from campaigns.links.destination_checks.types import Finding
from campaigns.links.models import DestinationCheck, Link
from campaigns.links.types import CheckVerdict, Utm
from campaigns.planning.models import Unit
from tests.destination_checks.checker import AWAY, GONE, OK, put_link
from tests.factories.world import LANDING, World

EVERYWHERE: dict[str, Any] = {
    "ends_at": datetime.fromisoformat("2030-01-01T00:00:00+07:00"),
    "ended_destination": f"{LANDING}/selesai",
    "rules": [
        {"device": "ios", "language": None, "destination": f"{LANDING}/ios"},
        {"device": None, "language": "jv", "destination": f"{LANDING}/jv"},
    ],
    "variants": [
        {"key": "a", "destination": f"{LANDING}/a", "weight": 1},
        {"key": "b", "destination": f"{LANDING}/b", "weight": 2},
    ],
}
PLACES = ["default", "ended", "rule:0", "rule:1", "variant:a", "variant:b"]


async def trail(session: AsyncSession, link: Link) -> list[tuple[str, dict[str, object]]]:
    statement = select(AuditEntry).where(AuditEntry.object_id == link.id).order_by(col(AuditEntry.id))
    return [(entry.action, entry.changes) for entry in (await session.exec(statement)).all()]


async def the_check(session: AsyncSession, link: Link, place: str = "default") -> DestinationCheck:
    return {check.place: check for check in (await read_checks(session, [link.id]))[link.id]}[place]


async def found(session: AsyncSession, link: Link, finding: Finding, now: datetime) -> DestinationCheck:
    """Claim the link's only check once its time has come, and record the finding."""
    [due] = [due for due in await claim_due(session, now=now, limit=50) if due.link_id == link.id]
    assert await record_finding(session, due, finding, now=now)
    return await the_check(session, link)


async def test_every_place_that_leads_somewhere_is_followed(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now, **EVERYWHERE)
    await schedule_checks(session, link, now=now)
    due = await claim_due(session, now=now, limit=50)
    assert sorted(one.place for one in due) == PLACES
    assert {(one.place, one.destination) for one in due} == set(places_of(link))
    assert {one.utm for one in due} == {Utm("instagram", "social", "bintara-jabar", None, None)}
    assert {one.allowed_hosts for one in due} == {("daftar.example",)}


async def test_the_allow_list_is_that_of_the_moment(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    unit = await session.get_one(Unit, world.own.id)
    unit.allowed_hosts = ["jabar.example"]
    [due] = await claim_due(session, now=now, limit=1)
    assert due.allowed_hosts == ("jabar.example",)


async def test_claims_the_newest_and_those_that_wait_longest_each_once(
    session: AsyncSession, world: World, now: datetime
) -> None:
    links = [await put_link(session, world, now) for _ in range(7)]
    for minutes, link in enumerate(links):
        await schedule_checks(session, link, now=now - timedelta(minutes=minutes))
    claims = [[due.link_id for due in await claim_due(session, now=now, limit=4)] for _ in range(3)]
    places = {link.id: place for place, link in enumerate(links)}
    assert [[places[link_id] for link_id in claim] for claim in claims] == [[0, 1, 6, 5], [2, 3, 4], []]


async def test_an_import_does_not_keep_a_new_link_waiting(session: AsyncSession, world: World, now: datetime) -> None:
    imported = [await put_link(session, world, now) for _ in range(30)]
    await schedule_checks(session, *imported, now=now)
    later = now + timedelta(seconds=1)
    new = await put_link(session, world, later)
    await schedule_checks(session, new, now=later)
    assert new.id in {due.link_id for due in await claim_due(session, now=later, limit=4)}
    await schedule_checks(session, imported[7], now=later)  # it was changed
    assert imported[7].id in {due.link_id for due in await claim_due(session, now=later, limit=4)}


async def test_a_claimed_check_without_a_finding_is_claimed_again(
    session: AsyncSession, world: World, now: datetime
) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    claimed = await claim_due(session, now=now, limit=1)
    just_before = now + CLAIMED_FOR - timedelta(seconds=1)
    assert await claim_due(session, now=just_before, limit=1) == []
    assert await claim_due(session, now=now + CLAIMED_FOR, limit=1) == claimed


async def test_a_finding_stands_on_the_link(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    before = await the_check(session, link)
    assert (before.verdict, before.checked_at, before.next_at) == (None, None, now)
    check = await found(session, link, OK, now)
    await session.flush()
    session.expunge_all()
    check = await the_check(session, link)
    assert (check.verdict, check.detail, check.status, check.final_url) == ("ok", OK.detail, 200, LANDING)
    assert (check.hops, check.utm_kept, check.cid_kept, check.host_allowed) == (1, True, True, True)
    assert (check.failures, check.checked_at) == (0, now)
    assert check.next_at == next_time(0, link_id=link.id, now=now)
    assert await trail(session, link) == []


async def test_breaking_and_mending_are_on_the_trail_once(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    waits = []
    for finding in (OK, GONE, AWAY, GONE, GONE, GONE, OK, OK):
        check = await found(session, link, finding, now)
        waits.append((check.failures, (check.next_at - now).total_seconds()))
        now = check.next_at
    assert await trail(session, link) == [
        ("link.destination_broken", {"place": "default", "verdict": "broken", "detail": GONE.detail}),
        ("link.destination_mended", {"place": "default", "verdict": "ok", "detail": OK.detail}),
    ]
    assert [failures for failures, _ in waits] == [0, 1, 2, 3, 4, 5, 0, 0]
    planned = [WHILE_OK, *AFTER_FAILURES, AFTER_FAILURES[-1], WHILE_OK, WHILE_OK]
    for (_, seconds), wait in zip(waits, planned, strict=True):
        assert seconds == pytest.approx(wait.total_seconds(), rel=0.1001)


async def test_the_system_is_the_actor_and_the_campaigns_unit_the_place(
    session: AsyncSession, world: World, now: datetime
) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    await found(session, link, GONE, now)
    entry = (await session.exec(select(AuditEntry).where(AuditEntry.object_id == link.id))).one()
    assert (entry.actor_kind, entry.actor_id, entry.unit_id, entry.object_type, entry.at) == (
        "system",
        None,
        world.own.id,
        "link",
        now,
    )


async def test_a_first_finding_that_is_not_ok_is_a_break(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    await found(session, link, AWAY, now)
    assert [action for action, _ in await trail(session, link)] == ["link.destination_broken"]


async def test_an_updated_link_is_checked_again_and_its_repair_recorded(
    session: AsyncSession, world: World, now: datetime
) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    for _ in range(3):
        now = (await found(session, link, GONE, now)).next_at
    link.destination = f"{LANDING}/baru"
    await schedule_checks(session, link, now=now)
    check = await the_check(session, link)
    assert (check.verdict, check.detail, check.checked_at, check.status) == (None, None, None, None)
    assert (check.failures, check.next_at) == (1, now)
    check = await found(session, link, OK, now)
    assert [action for action, _ in await trail(session, link)] == [
        "link.destination_broken",
        "link.destination_mended",
    ]


async def test_places_that_are_gone_are_no_longer_followed(session: AsyncSession, world: World, now: datetime) -> None:
    link, other = await put_link(session, world, now, **EVERYWHERE), await put_link(session, world, now, **EVERYWHERE)
    await schedule_checks(session, link, other, now=now)
    link.rules, link.variants = link.rules[:1], []
    await schedule_checks(session, link, now=now)
    checks = await read_checks(session, [link.id, other.id])
    assert [check.place for check in checks[link.id]] == ["default", "ended", "rule:0"]
    assert [check.place for check in checks[other.id]] == PLACES


async def test_retired_links_are_not_followed(session: AsyncSession, world: World, now: datetime) -> None:
    link, left = await put_link(session, world, now), await put_link(session, world, now)
    await schedule_checks(session, link, left, now=now)
    link.state, link.retired_at = "retired", now
    left.state, left.retired_at = "retired", now
    await schedule_checks(session, link, now=now)
    assert (await read_checks(session, [link.id]))[link.id] == []
    # A row that was left behind, as the migration does for links retired before it, goes when its time comes.
    assert await claim_due(session, now=now, limit=50) == []
    assert (await read_checks(session, [left.id]))[left.id] == []


@pytest.mark.parametrize("state", ["draft", "paused"])
async def test_links_that_may_yet_lead_on_are_followed(
    session: AsyncSession, world: World, now: datetime, state: str
) -> None:
    link = await put_link(session, world, now, state=state)
    await schedule_checks(session, link, now=now)
    assert len(await claim_due(session, now=now, limit=50)) == 1


@pytest.mark.parametrize("change", ["destination", "utm_term", "state", "rules"])
async def test_a_finding_about_what_a_link_was_is_dropped(
    session: AsyncSession, world: World, now: datetime, change: str
) -> None:
    link = await put_link(session, world, now, rules=EVERYWHERE["rules"][:1])
    await schedule_checks(session, link, now=now)
    place = "rule:0" if change == "rules" else "default"
    [due] = [due for due in await claim_due(session, now=now, limit=50) if due.place == place]
    if change == "destination":
        link.destination = f"{LANDING}/baru"
    elif change == "utm_term":
        link.utm_term = "pagi"
    elif change == "rules":
        link.rules = []
    else:
        link.state, link.retired_at = "retired", now
    await schedule_checks(session, link, now=now)
    assert not await record_finding(session, due, GONE, now=now)
    assert all(check.verdict is None for check in (await read_checks(session, [link.id]))[link.id])
    assert await trail(session, link) == []


async def test_a_finding_by_an_old_allow_list_is_dropped(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    [due] = await claim_due(session, now=now, limit=50)
    unit = await session.get_one(Unit, world.own.id)
    unit.allowed_hosts = ["jabar.example"]
    later = now + timedelta(seconds=1)
    await check_again_soon(session, unit_path=unit.path, now=later)
    assert not await record_finding(session, due, OK, now=later)
    [again] = await claim_due(session, now=later, limit=50)
    assert again.allowed_hosts == ("jabar.example",)
    assert await record_finding(session, again, OK, now=later)


async def test_failures_are_not_counted_for_ever(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    (await the_check(session, link)).failures = 1000
    check = await found(session, link, GONE, now)
    assert check.failures == 1000


async def test_the_gravest_finding_speaks_for_the_link(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now, **EVERYWHERE)
    await schedule_checks(session, link, now=now)
    checks = (await read_checks(session, [link.id]))[link.id]
    assert worst_check(checks) is None
    checks[2].verdict = "ok"
    assert worst_check(checks) is checks[2]
    checks[4].verdict, checks[5].verdict = "parameters_lost", "parameters_lost"
    assert worst_check(checks) is checks[4]
    for verdict in ("broken", "unreachable", "host_not_allowed", "refused"):
        checks[3].verdict = checks[5].verdict
        checks[5].verdict = verdict
        assert worst_check(checks) is checks[5]
    assert {verdict.value for verdict in CheckVerdict} >= {check.verdict for check in checks if check.verdict}


async def test_an_unknown_link_has_no_checks(session: AsyncSession) -> None:
    assert await read_checks(session, [UUID(int=7)]) == {UUID(int=7): []}
    assert await read_checks(session, []) == {}


def test_links_made_together_are_not_all_followed_together(now: datetime) -> None:
    times = [next_time(0, link_id=UUID(int=number), now=now) for number in range(2000)]
    assert min(times) == now + WHILE_OK * 0.9
    assert now + WHILE_OK * 1.0997 < max(times) < now + WHILE_OK * 1.1
    assert len(set(times)) == 1000


async def test_checks_are_read_as_they_are_stored_now(session: AsyncSession, world: World, now: datetime) -> None:
    link = await put_link(session, world, now)
    await schedule_checks(session, link, now=now)
    known = await found(session, link, OK, now)
    await schedule_checks(session, link, now=now)
    assert (await the_check(session, link) is known, known.verdict) == (True, None)
