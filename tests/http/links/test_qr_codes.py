"""QR codes over HTTP: pictures of the short URL, and their caching."""

import hashlib
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from campaigns.access.types import Role
from campaigns.links.qr import PictureKind, QrStyle, draw_qr
from tests.contract.document import DOCUMENT
from tests.factories.world import World
from tests.http.links.placements import make

SCANNED = "https://jaring.example/bintara-story-1?via=qr"
MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}


@pytest.mark.parametrize("kind", ["svg", "png"])
class TestPictures:
    async def test_show_the_short_address_marked_as_scanned(
        self, client: httpx.AsyncClient, world: World, kind: PictureKind
    ) -> None:
        link = await make(client, world)
        answer = await client.get(f"/v1/links/{link['id']}/qr.{kind}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPES[kind])
        assert answer.content == draw_qr(SCANNED, QrStyle(scale=10, border=4, error="m"), kind)
        assert answer.headers["cache-control"].startswith("private, max-age=")
        assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'

    async def test_are_drawn_as_asked(self, client: httpx.AsyncClient, world: World, kind: PictureKind) -> None:
        link = await make(client, world)
        address = f"/v1/links/{link['id']}/qr.{kind}?scale=40&border=0&error=h"
        answer = await client.get(address, headers=world.as_role(Role.VIEWER))
        assert answer.content == draw_qr(SCANNED, QrStyle(scale=40, border=0, error="h"), kind)

    async def test_are_not_sent_again_to_those_who_have_them(
        self, client: httpx.AsyncClient, world: World, kind: PictureKind
    ) -> None:
        link, headers = await make(client, world), world.as_role(Role.VIEWER)
        address = f"/v1/links/{link['id']}/qr.{kind}"
        etag = (await client.get(address, headers=headers)).headers["etag"]
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            answer = await client.get(address, headers={**headers, "If-None-Match": known})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
            assert answer.headers["cache-control"].startswith("private")
        for unknown in ('"other"', etag.strip('"'), ""):
            answer = await client.get(address, headers={**headers, "If-None-Match": unknown})
            assert answer.status_code == 200
        larger = await client.get(f"{address}?scale=11", headers={**headers, "If-None-Match": etag})
        assert larger.status_code == 200

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("scale=0", "parameter:scale"),
            ("scale=41", "parameter:scale"),
            ("scale=1.5", "parameter:scale"),
            ("scale=" + "9" * 5000, "parameter:scale"),
            ("border=-1", "parameter:border"),
            ("border=11", "parameter:border"),
            ("error=x", "parameter:error"),
            ("colour=red", "parameter:colour"),
        ],
    )
    async def test_point_at_the_parameter_at_fault(
        self,
        client: httpx.AsyncClient,
        world: World,
        kind: PictureKind,
        query: str,
        pointer: str,
    ) -> None:
        link = await make(client, world)
        answer = await client.get(f"/v1/links/{link['id']}/qr.{kind}?{query}", headers=world.as_role(Role.VIEWER))
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    def test_are_documented_with_their_media_type_alone(self, kind: PictureKind) -> None:
        operation = DOCUMENT["paths"][f"/v1/links/{{link_id}}/qr.{kind}"]["get"]
        assert operation["operationId"] == f"links_qr_{kind}"
        assert list(operation["responses"]["200"]["content"]) == [MEDIA_TYPES[kind]]
        assert "content" not in operation["responses"]["304"]
        named = {parameter["name"] for parameter in operation["parameters"]}
        assert named == {"link_id", "scale", "border", "error", "if-none-match"}


@pytest.mark.parametrize("path", ["{id}/qr.svg", "{id}/qr.png", "export"])
async def test_whoever_prints_is_warned_of_addresses_that_the_public_cannot_open(
    client: httpx.AsyncClient, app: FastAPI, world: World, path: str
) -> None:
    link, headers = await make(client, world), world.as_role(Role.VIEWER)
    address = f"/v1/links/{path.format(id=link['id'])}"
    assert "short-url-warning" not in (await client.get(address, headers=headers)).headers
    local = app.state.context.settings.model_copy(update={"public_url": None})
    app.state.context = replace(app.state.context, settings=local)
    answer = await client.get(address, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["short-url-warning"].startswith("JARING_PUBLIC_URL is not set, so short links and QR codes")


async def test_a_retired_link_still_has_its_picture(client: httpx.AsyncClient, world: World) -> None:
    link = await make(client, world)
    await client.post(f"/v1/links/{link['id']}/retire", headers=world.as_role(Role.MARKETER))
    answer = await client.get(f"/v1/links/{link['id']}/qr.svg", headers=world.as_role(Role.VIEWER))
    assert answer.status_code == 200
