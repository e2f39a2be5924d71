"""Rules of every route: CORS origins, expired keys, unknown paths and methods."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from api.main import create_api
from campaigns.access.operations import create_key, revoke_key
from campaigns.access.types import SYSTEM, Role
from campaigns.kit.settings import Settings
from tests.contract.checked_client import CheckedTransport, check_response
from tests.contract.document import DOCUMENT, operations
from tests.factories.world import World

FRONT_END = "https://daftar.example"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [(FRONT_END, True), ("https://daftar.example.evil", False), ("http://daftar.example", False), ("null", False)],
)
async def test_only_origins_of_the_settings_are_let_in(context: Context, origin: str, allowed: bool) -> None:
    app = create_api(Settings(cors_origins=[FRONT_END]))
    app.state.context = context
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "if-match"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        preflight = await client.options("/v1/links", headers=asked)
        answer = await client.get("/livez", headers={"Origin": origin})
    check_response("GET", "/livez", answer)
    assert (preflight.status_code == 200) is allowed
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)


async def test_browsers_may_send_and_read_every_header_of_the_document(context: Context) -> None:
    app = create_api(Settings(cors_origins=[FRONT_END]))
    app.state.context = context
    taken = {one["name"] for _, _, o in operations() for one in o.get("parameters", []) if one["in"] == "header"}
    taken |= {"authorization", "content-type", "accept-language", "status-token"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": ",".join(sorted(taken))}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        preflight = await client.options("/v1/links", headers={"Origin": FRONT_END, **asked})
        answer = await client.get("/livez", headers={"Origin": FRONT_END})
    assert preflight.status_code == 200
    assert answer.headers["access-control-expose-headers"].split(", ") == sorted(DOCUMENT["components"]["headers"])


async def test_a_key_that_ran_out_or_was_revoked_is_no_key(
    client: httpx.AsyncClient, session: AsyncSession, world: World
) -> None:
    made = world.own.created_at
    _, expired = await create_key(
        session,
        actor=SYSTEM,
        name="expired",
        role=Role.VIEWER,
        unit_id=world.own.id,
        unit_path=world.own.path,
        life=timedelta(days=1),
        now=made - timedelta(days=1),
    )
    await revoke_key(session, actor=SYSTEM, shown=world.secrets[Role.VIEWER][:10], now=made)
    await session.commit()
    for secret in (expired, world.secrets[Role.VIEWER]):
        answer = await client.get("/v1/units", headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:jaring:problem:unauthenticated")


async def test_what_there_is_not_is_a_problem_too(client: httpx.AsyncClient, world: World) -> None:
    nowhere = await client.get("/v1/nowhere")
    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "urn:jaring:problem:no-such-route")
    wrong = await client.delete(f"/v1/units/{world.own.id}")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, PATCH")
    assert wrong.headers["trace-id"] == wrong.json()["trace_id"]


@pytest.mark.parametrize("path", ["/v1/links/bulk", "/v1/links/import"])
async def test_allow_names_the_methods_of_that_address_only(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.put(path)).headers["allow"] == "POST"


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(("path", "most"), [("/v1/links", 65_536), ("/v1/links/import", 1_000_000)])
async def test_a_body_that_is_too_large_is_a_problem_that_browsers_may_read(
    context: Context, world: World, path: str, most: int, declared: bool
) -> None:
    app = create_api(Settings(cors_origins=[FRONT_END]))
    app.state.context = context

    async def parts() -> AsyncIterator[bytes]:
        yield b"x" * (most + 1)

    body = b"x" * (most + 1) if declared else parts()
    kind = "text/csv" if path.endswith("import") else "application/json"
    headers = {**world.as_role(Role.MARKETER), "Origin": FRONT_END, "Content-Type": kind}
    async with httpx.AsyncClient(transport=CheckedTransport(app), base_url="http://testserver") as client:
        answer = await client.post(path, content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert answer.json()["type"] == "urn:jaring:problem:body-too-large"
    assert answer.headers["trace-id"] == answer.json()["trace_id"]
    assert answer.headers["access-control-allow-origin"] == FRONT_END
