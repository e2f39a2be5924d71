"""Malformed JSON bodies: every one gets a response, and none a 5xx."""

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.access.types import Role
from tests.factories.world import World
from tests.http.links.placements import body, make
from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.refusals import check_answer

_WORDS = ["null", "true", "0", "-0", "1e999", "-1e999", "1e-999", "NaN", "-Infinity", "9" * 400, "9" * 5000]
_STRINGS = ['""', '"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\ud800"', '"\\x"', "'a'", '"a', "\ufeff"]
_FIELDS = ["name", "slug", "tags", "rules", "weight", "destination", "campaign_id", "channel_ids", "contents"]
_NO_FIELDS = ['"\\ud800"', '""', '"~/"', '"\\u0000"', "name", '"__proto__"']
scalars = st.sampled_from(_WORDS + _STRINGS) | hostile.texts.map(json.dumps)
keys = st.sampled_from([f'"{field}"' for field in _FIELDS] + _NO_FIELDS)


def listed(parts: list[str]) -> str:
    return f"[{','.join(parts)}]"


def mapped(pairs: list[tuple[str, str]]) -> str:
    """An object in which keys may be there twice."""
    return "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"


values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3).map(listed) | st.lists(st.tuples(keys, inner), max_size=4).map(mapped),
    max_leaves=8,
)
deep = st.builds(
    lambda opening, depth, closing: opening * depth + closing * depth,
    st.sampled_from(["[", '{"name":', '{"rules":[']),
    st.sampled_from([50, 900, 1100, 6000]),
    st.sampled_from(["", "]", "}"]),
)
# As it is, or behind the fields of a body that is right, some of them a second time.
behind = st.lists(st.tuples(keys, values | deep), min_size=1, max_size=2).map(mapped)
encoded = (values | deep | behind).map(lambda text: text.encode("utf-8", "surrogatepass"))
bodies = encoded | st.binary(max_size=30) | encoded.map(lambda text: text.decode("latin-1").encode("utf-16"))
types = st.sampled_from(
    [b"application/json"] * 4 + [b"text/plain", b"application/x-www-form-urlencoded", b"", b"a/b;\xe9"]
)


def authorised(world: World) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in world.as_role(Role.MARKETER).items()]


@pytest.fixture
async def link(client: httpx.AsyncClient, world: World) -> dict[str, Any]:
    return await make(client, world)


@given(
    content=bodies,
    whole=st.booleans(),
    media_type=types,
    place=st.sampled_from([("POST", "/v1/links"), ("POST", "/v1/links/bulk"), ("PATCH", "/v1/links/{id}")]),
)
@example(b'{"\\ud800": 1}', False, b"application/json", ("PATCH", "/v1/links/{id}"))
@example(b'{"name": ' + b"9" * 5000 + b"}", True, b"application/json", ("POST", "/v1/links"))
@example(b'{"a":' * 9000, False, b"application/json", ("POST", "/v1/links/bulk"))
@bounded(60)
async def test_every_body_is_answered(
    client: httpx.AsyncClient,
    world: World,
    link: dict[str, Any],
    content: bytes,
    whole: bool,
    media_type: bytes,
    place: tuple[str, str],
) -> None:
    method, path = place
    if whole and content.startswith(b"{"):
        right = body(world, slug=None, utm_content=None) if method == "POST" else {"name": "Story"}
        content = json.dumps(right).encode().removesuffix(b"}") + b"," + content.removeprefix(b"{")
    headers = [*authorised(world), (b"Idempotency-Key", uuid4().hex.encode()), (b"Content-Type", media_type)]
    check_answer(await client.request(method, path.format(**link), content=content, headers=headers))


@given(
    spelled=hostile.texts.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="")),
    version=hostile.values.filter(lambda value: not set(value) & set(b"\0\r\n")),
    query=st.sampled_from(["", "?dry_run=%ff", "?keep_names=%00", "?x=%ed%a0%80", "?%00&dry_run=\u0661"]),
)
@bounded(8)
async def test_every_id_version_and_query_is_answered(
    client: httpx.AsyncClient, world: World, link: dict[str, Any], spelled: str, version: bytes, query: str
) -> None:
    headers = [*authorised(world), (b"If-Match", version), (b"Idempotency-Key", version[:300])]
    for path in (f"/v1/links/{spelled}", f"/v1/links/{link['id']}"):
        check_answer(await client.patch(path, json={"name": "Story"}, headers=headers))
    check_answer(await client.post(f"/v1/links/bulk{query}", json={}, headers=headers))
