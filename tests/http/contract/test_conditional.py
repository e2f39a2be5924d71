"""HEAD, ETags of proxies, and 304, on every GET."""

import httpx
import pytest

from campaigns.access.types import Role
from tests.factories.world import World


def one_of_each(world: World) -> list[str]:
    return [
        f"/v1/units/{world.own.id}",
        f"/v1/programmes/{world.programme.id}",
        f"/v1/intakes/{world.intake.id}",
        f"/v1/campaigns/{world.campaign.id}",
        f"/v1/channels/{world.channel.id}",
        f"/v1/public/campaigns/{world.campaign.slug}",
    ]


async def test_a_current_copy_is_not_sent_again(client: httpx.AsyncClient, world: World) -> None:
    for address in one_of_each(world):
        headers = world.as_role(Role.ADMINISTRATOR)
        etag = (await client.get(address, headers=headers)).headers["etag"]
        for sent in (etag, f"W/{etag}", f'"x", W/{etag}', "*"):
            answer = await client.get(address, headers={**headers, "If-None-Match": sent})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag), (address, sent)
        assert (await client.get(address, headers={**headers, "If-None-Match": '"x"'})).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [('"1"', 200), ('W/"1"', 200), ('W/"7", W/"1"', 200), ("*", 200), ('"7"', 412), ('W/"7", "8"', 412), ("1", 412)],
)
async def test_a_change_takes_the_tags_of_proxies_and_lists(
    client: httpx.AsyncClient, world: World, sent: str, status: int
) -> None:
    headers = {**world.as_role(Role.ADMINISTRATOR), "If-Match": sent}
    answer = await client.patch(f"/v1/units/{world.own.id}", json={"name": "Baru"}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("address", ["/livez", "/readyz", "/metrics", "/v1/units", "/v1/links/export"])
async def test_head_says_what_get_says(client: httpx.AsyncClient, world: World, address: str) -> None:
    headers = world.as_role(Role.ADMINISTRATOR)
    read = await client.get(address, headers=headers)
    head = await client.head(address, headers=headers)
    assert (head.status_code, head.content) == (read.status_code, b"")
    assert head.headers["content-type"] == read.headers["content-type"]


async def test_another_media_type_is_refused(client: httpx.AsyncClient, world: World) -> None:
    headers = world.as_role(Role.ADMINISTRATOR)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        answer = await client.post("/v1/units", content=b"{}", headers={**headers, "Content-Type": kind})
        assert (answer.status_code, answer.json()["type"]) == (415, "urn:jaring:problem:unsupported-media-type")
    for kind in ("application/json; charset=utf-8", "application/merge-patch+json"):
        answer = await client.post("/v1/units", content=b"{}", headers={**headers, "Content-Type": kind})
        assert answer.status_code == 422
