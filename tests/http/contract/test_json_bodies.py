"""Bodies that are not JSON, and names that an object has twice, are refused on every route alike."""

import json

import httpx
import pytest

from api.http.contract.json_bodies import MAX_NAMED, read_json
from campaigns.access.types import Role
from campaigns.kit.errors import Invalid, json_pointer
from tests.factories.world import World

NOT_JSON = {
    "NaN": b'{"name": NaN}',
    "minus infinity": b'{"name": -Infinity}',
    "Latin-1": b'{"name": "\xe9"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a number of 5,000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "deep": b"[" * 5000 + b"]" * 5000,
    "cut off": b'{"name": "x"',
    "two values": b"{} {}",
    "single quotes": b"{'name': 1}",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
async def test_what_is_not_json_is_refused(client: httpx.AsyncClient, world: World, body: bytes) -> None:
    headers = {**world.as_role(Role.ADMINISTRATOR), "Content-Type": "application/json"}
    answer = await client.post("/v1/units", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:jaring:problem:malformed-json")


async def test_a_repeated_name_is_refused(client: httpx.AsyncClient, world: World) -> None:
    """The last value would have been taken, and the first lost."""
    headers = {**world.as_role(Role.ADMINISTRATOR), "Content-Type": "application/json", "Accept-Language": "id"}
    address = f"/v1/units/{world.own.id}"
    answer = await client.patch(address, content=b'{"name": "One", "name": "Two"}', headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/name", "detail": "Nama ini hanya boleh sekali.", "code": "repeated"}
    ]
    assert (await client.get(address, headers=headers)).json()["name"] == world.own.name


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": 1, "a": 1}', ["/a"]),
        ('{"a": 1, "\\u0061": 2}', ["/a"]),
        (
            '{"x": [{"a": 1, "b": 2, "a": 3, "b": 4, "a": 5}], "y": {"a": {"~/": 1, "~/": 2}}}',
            ["/x/0/a", "/x/0/b", "/y/a/~0~1"],
        ),
        ('{"x": {"a": 1, "a": 2}, "x": {}}', ["/x"]),
        ('{"x": {"a": 1, "a": 2}, "y": 1, "x": 3}', ["/x"]),
        ("[" * 50 + '{"a": 1, "a": 2}' + "]" * 50, [""]),
    ],
)
def test_each_repeated_name_is_pointed_at(text: str, pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        read_json(text.encode())
    assert [json_pointer(one.path) for one in refused.value.fields] == pointers


def test_a_refusal_lists_few() -> None:
    many = ", ".join(f'"{number}": 1, "{number}": 2' for number in range(1000))
    with pytest.raises(Invalid) as refused:
        read_json(f"{{{many}}}".encode())
    assert len(refused.value.fields) == MAX_NAMED


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, {"a": [{"b": 1}, {"b": 2}], "c": {"a": "é"}}])
def test_json_is_read_as_it_is(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode()) == value
