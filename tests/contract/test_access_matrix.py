"""Access: every operation of the document, for every role, on an object of the own and of a foreign unit.

An operation without an entry in RULES fails, so a new route needs one here. The rules repeat the scopes on purpose: a
route that requires too little differs from them.
"""

import httpx
import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from tests.contract.document import operations
from tests.contract.requests import METHODS, RULES, SCOPES_OF, Objects, ask
from tests.factories.world import World

# What anybody may ask for; the status of an application needs its token, which its own tests cover.
PUBLIC = {"public_campaign", "public_register", "public_status", "health_live", "health_ready", "health_metrics"}
# Asks, though it is sent with POST.
CHANGES_NOTHING = {"statistics_query"}


def test_every_operation_has_its_rule() -> None:
    assert set(RULES) | PUBLIC == set(METHODS)
    assert not set(RULES) & PUBLIC


@pytest.mark.parametrize("operation", sorted(RULES))
def test_the_document_names_the_scope(operation: str) -> None:
    (described,) = [one for _, _, one in operations() if one["operationId"] == operation]
    assert described["security"] == [{"api_key": []}]
    assert described["x-required-scopes"] == [RULES[operation].scope]


@pytest.mark.parametrize("operation", sorted(PUBLIC))
def test_public_operations_need_no_key(operation: str) -> None:
    (described,) = [one for _, _, one in operations() if one["operationId"] == operation]
    assert all("api_key" not in scheme for scheme in described["security"])
    assert "x-required-scopes" not in described


async def test_without_a_valid_key_there_is_no_answer(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects]
) -> None:
    good = world.secrets[Role.ADMINISTRATOR]
    flipped = good[:-1] + ("a" if good[-1] != "a" else "b")
    for operation in RULES:
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {flipped}"}):
            answer = await ask(client, operation, sides[0], headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), operation


@pytest.mark.parametrize("operation", sorted(RULES))
async def test_role_and_unit_decide(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    world: World,
    sides: tuple[Objects, Objects],
    operation: str,
) -> None:
    for role in Role:
        untouched = await connection.begin_nested()
        if RULES[operation].scope in SCOPES_OF[role]:
            if (first := RULES[operation].first) is not None:
                assert (await ask(client, first, sides[0], world.as_role(Role.ADMINISTRATOR))).status_code == 200
            await expect_own_units_only(client, connection, operation, sides, world.as_role(role))
        else:
            await expect_refusal(client, connection, operation, sides, world.as_role(role))
        await untouched.rollback()


async def entries(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(func.count()).select_from(AuditEntry))).scalar_one())


async def expect_refusal(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    operation: str,
    sides: tuple[Objects, Objects],
    headers: dict[str, str],
) -> None:
    before = await entries(connection)
    for objects in sides:
        answer = await ask(client, operation, objects, headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:missing-scope")
    assert await entries(connection) == before


async def expect_own_units_only(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    operation: str,
    sides: tuple[Objects, Objects],
    headers: dict[str, str],
) -> None:
    own, foreign = sides
    before = await entries(connection)
    answer = await ask(client, operation, foreign, headers)
    if RULES[operation].lists:
        assert answer.status_code == 200
        for hidden in ("foreign", foreign.unit, foreign.campaign, foreign.link, foreign.application):
            assert hidden not in answer.text
    elif (unknown := RULES[operation].unknown) is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [unknown]
        assert answer.status_code == 422
    else:
        assert answer.status_code == 404, answer.text
    assert await entries(connection) == before
    answer = await ask(client, operation, own, headers)
    assert answer.status_code in (200, 201), answer.text
    writes = METHODS[operation] != "get" and operation not in CHANGES_NOTHING
    assert await entries(connection) - before == (1 if writes else 0)


@pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
async def test_marketers_and_viewers_never_see_personal_data(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    world: World,
    sides: tuple[Objects, Objects],
    role: Role,
) -> None:
    for operation in RULES:
        untouched = await connection.begin_nested()
        answer = await ask(client, operation, sides[0], world.as_role(role))
        for personal in ("Calon own", "own@example.com", "81234567890", "2006-01-02"):
            assert personal not in answer.text, operation
        await untouched.rollback()
