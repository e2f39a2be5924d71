"""Hostile fields in creates, bulk creates and updates of links: rejected with a valid problem, or stored as shown."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.access.types import Role
from campaigns.links.rules import MAX_TAGS
from tests.factories.world import World
from tests.http.links.placements import body, make
from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.refusals import check_answer

SITE = "https://daftar.example/"
NOBODY = "0198f3a2-b7c8-7d3e-9a41-c0ffee000009"
texts = hostile.odd_texts | hostile.odd_texts | hostile.texts
addresses = st.just(SITE) | texts.map(SITE.__add__) | texts.map("https://".__add__)
names = st.text(st.sampled_from("aB1.-_ "), min_size=3, max_size=12) | texts
numbers = st.sampled_from([0, 1, -1, 1.5, 2**31, 2**63, 10**400, 1e308, True, None, "1"])
moments = numbers | st.sampled_from(
    [
        *("2026-12-01T00:00:00Z", "2000-01-01T00:00:00+23:59", "2100-12-31T23:59:59-23:59", "2026-12-01T00:00:00"),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59", "2026-02-30T00:00:00Z", "\u0662026", ""),
    ]
)
rules = st.fixed_dictionaries(
    {"destination": addresses},
    optional={
        "device": st.sampled_from(["ios", "IOS", None, 1]),
        "language": st.sampled_from(["id", "ID ", "\u0131d"]),
    },
)
variants = st.fixed_dictionaries({"key": names, "destination": addresses, "weight": st.just(1) | numbers})
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": texts,
    "slug": names,
    "destination": addresses,
    "utm_term": names,
    "utm_content": names,
    "state": st.sampled_from(["draft", "active", "paused", "retired", "", None]),
    "starts_at": moments,
    "ends_at": moments,
    "ended_destination": addresses,
    "tags": st.lists(names, max_size=3) | st.just(["x"] * (MAX_TAGS + 1)),
    "pass_query": st.booleans() | numbers,
    "preview_title": texts,
    "preview_description": texts,
    "preview_image": addresses,
    "rules": st.lists(rules, max_size=3),
    "variants": st.lists(variants, max_size=3),
    "keep_names": st.lists(names, max_size=2),
    "channel_id": st.just(NOBODY) | hostile.texts,
    "campaign_id": st.just(NOBODY) | hostile.texts,
    "unknown": hostile.texts,
}
SINGLE = ("slug", "utm_content", "preview_title", "preview_description", "preview_image", "rules", "variants")
IN_BULK = {name: strategy for name, strategy in FIELDS.items() if name not in (*SINGLE, "channel_id")} | {
    "channel_ids": st.lists(hostile.texts, min_size=1, max_size=2),
    "contents": st.lists(names, max_size=3),
    "name": texts | st.sampled_from(["{source} {content}", "{", "{nobody}", "{name}", "}{", "{number}\ud800"]),
}


def some_of(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """One to three of the fields."""
    chosen = st.sets(st.sampled_from(sorted(fields)), min_size=1, max_size=3).map(sorted)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in names}))


async def send(client: httpx.AsyncClient, world: World, method: str, path: str, fields: Any) -> httpx.Response:
    """Sent as ASCII, in which JSON spells any half of a surrogate pair; the answer is checked."""
    headers = world.as_role(Role.MARKETER) | {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex}
    answer = await client.request(method, path, content=json.dumps(fields).encode("ascii"), headers=headers)
    check_answer(answer)
    return answer


async def read(client: httpx.AsyncClient, world: World, link_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = (await client.get(f"/v1/links/{link_id}", headers=world.as_role(Role.VIEWER))).json()
    return shown


@pytest.fixture
async def link(client: httpx.AsyncClient, world: World) -> dict[str, Any]:
    return await make(client, world, slug="changed-again-and-again")


@given(fields=some_of(FIELDS))
@example({"name": "\ud800"})
@example({"\ud800": 1})
@example({"slug": "\u212aelvin"})
@example({"starts_at": "0001-01-01T00:00:00+23:59", "ends_at": "9999-12-31T23:59:59-23:59"})
@bounded(24)
async def test_made(client: httpx.AsyncClient, world: World, fields: dict[str, Any]) -> None:
    whole = body(world, slug=None, utm_content=None) | fields
    answer = await send(client, world, "POST", "/v1/links", whole)
    if answer.status_code == 201:
        made = answer.json()
        assert made | await read(client, world, made["id"]) == made


@given(fields=some_of(IN_BULK), query=st.sampled_from(["", "?dry_run=true", "?dry_run=%00"]))
@bounded(24)
async def test_made_in_bulk(client: httpx.AsyncClient, world: World, fields: dict[str, Any], query: str) -> None:
    whole = {"campaign_id": str(world.campaign.id), "channel_ids": [str(world.channel.id)], "name": "Story"} | fields
    await send(client, world, "POST", f"/v1/links/bulk{query}", whole)


@given(fields=some_of(FIELDS))
@bounded(20)
async def test_changed(client: httpx.AsyncClient, world: World, link: dict[str, Any], fields: dict[str, Any]) -> None:
    before = await read(client, world, link["id"])
    answer = await send(client, world, "PATCH", f"/v1/links/{link['id']}", fields)
    expected = answer.json() if answer.status_code == 200 else before
    assert expected | await read(client, world, link["id"]) == expected
