"""Every error response declared in the document occurs: a request produces it.

The opposite, that every error response is declared, is checked by the client of all tests (`checked_client`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from api.http.context import Context
from api.http.limits.concurrency import Cost, KeyConcurrency
from campaigns.access.types import Role
from tests.contract.document import operations
from tests.contract.requests import METHODS, RULES, SCOPES_OF, Objects, ask
from tests.factories.world import World

NOBODY = "0198f3a2-0000-7000-8000-000000000000"
FORM = {
    "name": "Calon Baru",
    "email": "calon.baru@example.com",
    "phone": "081234567891",
    "birth_date": "2006-01-02",
    "province": "ID-JB",
    "consent": {"notice_version": "2026-1", "accepted_at": "2026-11-01T00:00:00Z"},
    "touches": [],
}
# Declared for every operation and answered only while something is broken: a fault of ours, or a database that does
# not answer. Tests of the problems produce both on single routes. 429 has a test of its own below; 408 is the answer of
# the gateway.
OF_TROUBLE = {"408", "429", "500", "503"}
# Declared and not produced here. This list may only shrink.
UNPRODUCED = {
    # The body is not read as JSON by the framework, which declares this for every body.
    ("links_import", "400"),
    # Needs an application in an intake of the caller's own unit: tests/http/intakes/test_changing_intakes.py.
    ("intakes_change", "409"),
    # Needs an intake that the unit above closed: tests/http/campaigns/test_campaigns.py.
    ("campaigns_reopen", "409"),
    # Every role there is today has the scope.
    *((name, "403") for name, rule in RULES.items() if all(rule.scope in SCOPES_OF[role] for role in Role)),
}

DECLARED = sorted(
    (operation["operationId"], status)
    for _, _, operation in operations()
    for status in operation["responses"]
    if int(status) >= 400 and status not in OF_TROUBLE
)
PATHS = {operation["operationId"]: path for path, _, operation in operations()}


def described(operation: str) -> dict[str, Any]:
    return next(one for _, _, one in operations() if one["operationId"] == operation)


# A refused request: method, path, and what is sent with it.
Sent = tuple[str, str, dict[str, Any]]


@pytest.mark.parametrize("operation", sorted({name for name, _ in DECLARED}))
async def test_declared_refusals_can_come(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    world: World,
    sides: tuple[Objects, Objects],
    operation: str,
) -> None:
    answered = {}
    for name, status in DECLARED:
        if name == operation and (name, status) not in UNPRODUCED:
            untouched = await connection.begin_nested()
            answer = await PRODUCERS[status](client, world, sides, operation)
            answered[status] = answer.status_code, answer.headers["content-type"]
            await untouched.rollback()
    assert answered == {status: (int(status), "application/problem+json") for status in answered}


@pytest.mark.parametrize("operation", sorted({name for name in RULES if "429" in described(name)["responses"]}))
async def test_a_key_with_too_many_requests_running_is_refused(
    client: httpx.AsyncClient,
    app: FastAPI,
    context: Context,
    world: World,
    sides: tuple[Objects, Objects],
    operation: str,
) -> None:
    app.state.context = replace(context, running=KeyConcurrency(dict.fromkeys(Cost, 0)))
    answer = await ask(client, operation, sides[0], world.as_role(role_for(operation)))
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:jaring:problem:too-many-requests")
    assert int(answer.headers["Retry-After"]) > 0


def test_what_is_not_produced_is_declared() -> None:
    assert set(DECLARED) >= UNPRODUCED


async def without_json(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    return await raw(client, world, sides, operation, b"{")


async def without_key(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    return await ask(client, operation, sides[0], {})


async def without_scope(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    role = next(role for role in Role if RULES[operation].scope not in SCOPES_OF[role])
    return await ask(client, operation, sides[0], world.as_role(role))


async def of_nothing(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    if operation in FILTERS:
        path, _ = RULES[operation].build(sides[0])
        return await client.get(f"{path}?{FILTERS[operation]}", headers=world.as_role(Role.ADMINISTRATOR))
    if operation.startswith("public_"):
        path = PATHS[operation].format(slug="nowhere", reference="JR-00000-00000")
        return await client.request(METHODS[operation], path, headers=PUBLIC_HEADERS, json=body_of(operation))
    return await ask(client, operation, sides[1], world.as_role(role_for(operation)))


async def of_an_old_version(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    return await ask(client, operation, sides[0], {**world.as_role(role_for(operation)), "If-Match": '"99"'})


async def too_large(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    return await raw(client, world, sides, operation, b" " * 2_000_000)


async def of_another_type(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    return await raw(client, world, sides, operation, b"<x/>", kind="application/xml")


async def of_nonsense(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    """An invalid body, id or limit, depending on what the operation takes."""
    if METHODS[operation] in ("post", "patch") and "requestBody" in described(operation):
        return await raw(client, world, sides, operation, b'{"nonsense": 1}')
    if operation == "public_status":
        return await client.get("/v1/public/applications/JR-00000-00000")
    if operation == "links_export":
        return await client.get("/v1/links/export?state=nonsense", headers=world.as_role(Role.ADMINISTRATOR))
    path = PATHS[operation]
    if "{" in path:
        filled = path.format_map(dict.fromkeys(("slug", *names_in(path)), "Not A Word"))
        return await client.request(METHODS[operation], filled, headers=headers_for(world, operation))
    address = path if METHODS[operation] == "get" else RULES[operation].build(sides[0])[0]
    return await client.request(METHODS[operation], f"{address}?limit=0", headers=headers_for(world, operation))


async def of_a_conflict(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects], operation: str
) -> httpx.Response:
    headers = world.as_role(Role.ADMINISTRATOR) | {"Idempotency-Key": uuid4().hex}
    before, (method, path, sent) = conflict(operation, sides[0], world)
    for address in before:
        prepared = await client.post(address, headers=world.as_role(Role.ADMINISTRATOR))
        assert prepared.status_code in (200, 201), prepared.text
    if operation == "links_import":
        headers["Content-Type"] = "text/csv"
    return await client.request(method, path, headers=headers, **sent)


def conflict(operation: str, own: Objects, world: World) -> tuple[list[str], Sent]:
    """Where to POST first, and the request that then conflicts with the state of the object."""
    path, body = RULES[operation].build(own) if operation in RULES else ("", None)
    method = METHODS[operation]

    def changed(**fields: Any) -> Sent:
        assert isinstance(body, dict)
        return method, path, {"json": body | fields}

    closed = [f"/v1/campaigns/{own.campaign}/close"]
    match operation:
        case "units_create":
            return [], changed(code=world.own.code)
        case "programmes_create":
            return [], changed(slug="own")
        case "intakes_create":
            return [f"/v1/programmes/{own.programme}/close"], changed()
        case "campaigns_create":
            return [], changed(slug=own.campaign_slug)
        case "channels_create":
            return [], changed(source="own", medium="social")
        case "channels_change":
            return [], changed(aliases=[world.channel.source])
        case "campaigns_change" | "links_create" | "links_bulk":
            return closed, changed()
        case "links_import":
            row = f"campaign,source,name,slug\r\n{own.campaign_slug},instagram,New,own-link"
            return [], (method, path, {"content": row})
        case "links_change":
            return [f"/v1/links/{own.link}/retire"], changed()
        case "applications_move":
            return [], changed(stage="registered")
        case "intakes_reopen":
            return [f"/v1/intakes/{own.intake}/close", f"/v1/programmes/{own.programme}/close"], (method, path, {})
        case "public_register":
            register = f"/v1/public/campaigns/{own.campaign_slug}/applications"
            return closed, (method, register, {"json": FORM})
    raise AssertionError(f"{operation} declares 409: add a request that conflicts")


Producer = Callable[[httpx.AsyncClient, World, tuple[Objects, Objects], str], Awaitable[httpx.Response]]
PRODUCERS: dict[str, Producer] = {
    "400": without_json,
    "401": without_key,
    "403": without_scope,
    "404": of_nothing,
    "409": of_a_conflict,
    "412": of_an_old_version,
    "413": too_large,
    "415": of_another_type,
    "422": of_nonsense,
}
# Lists that answer 404 for a filter by an object that is not the caller's.
FILTERS = {
    "intakes_list": f"programme_id={NOBODY}",
    "campaigns_list": f"unit_id={NOBODY}",
    "links_list": f"campaign_id={NOBODY}",
    "links_export": f"channel_id={NOBODY}",
    "applications_list": f"campaign_id={NOBODY}",
    "audit_list": f"object_type=link&object_id={NOBODY}",
}
PUBLIC_HEADERS = {"Idempotency-Key": "0", "Status-Token": "nonsense"}


def names_in(path: str) -> list[str]:
    return [part[1:].partition("}")[0] for part in path.split("/") if part.startswith("{")]


def body_of(operation: str) -> dict[str, Any] | None:
    return FORM if operation == "public_register" else None


def role_for(operation: str) -> Role:
    """A role with this scope that is limited to the own unit; the world's administrators see all units."""
    return next(role for role in Role if RULES[operation].scope in SCOPES_OF[role])


def headers_for(world: World, operation: str) -> dict[str, str]:
    return world.as_role(role_for(operation)) if operation in RULES else PUBLIC_HEADERS


async def raw(
    client: httpx.AsyncClient,
    world: World,
    sides: tuple[Objects, Objects],
    operation: str,
    content: bytes,
    kind: str | None = None,
) -> httpx.Response:
    path = RULES[operation].build(sides[0])[0] if operation in RULES else PATHS[operation].format(slug="own")
    kind = kind or ("text/csv" if operation == "links_import" else "application/json")
    headers = {**headers_for(world, operation), "Content-Type": kind, "Idempotency-Key": uuid4().hex}
    return await client.request(METHODS[operation], path, content=content, headers=headers)
