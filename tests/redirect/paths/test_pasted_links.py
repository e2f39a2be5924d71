"""A link that was pasted with something around it leads where it leads, and is stored as its tap."""

from urllib.parse import quote

import pytest

from campaigns.clicks.types import RequestFlag
from tests.redirect.resolver.look_ups import Counted, add_links
from tests.redirect.taps import Taps


async def leads_to(taps: Taps, path: str) -> str:
    return str((await taps.client.get(quote(path, safe="/%+&;=?"))).headers.get("location", ""))


@pytest.mark.parametrize(
    "path",
    [
        "/abc.",
        "/abc\u2026",
        "/\u201cabc\u201d",
        "/abc%E2%80%8B",
        "/https://s.example/abc",
        "/abc/index.html",
        "/abc%FF",
    ],
)
async def test_leads_on_and_is_stored_as_repaired(taps: Taps, path: str) -> None:
    assert (await leads_to(taps, path)).startswith("https://daftar.example/form")
    (click,) = await taps.stored()
    assert click["link_id"] == taps.link_id
    assert click["observed"] & RequestFlag.REPAIRED
    assert await taps.stored("orphan_taps") == []


@pytest.mark.parametrize("path", ["/abc", "/ABC", "/abc/", "/./abc"])
async def test_the_slug_itself_is_not_repaired(taps: Taps, path: str) -> None:
    await leads_to(taps, path)
    (click,) = await taps.stored()
    assert not click["observed"] & RequestFlag.REPAIRED


async def test_a_glued_query_counts_as_the_query(taps: Taps) -> None:
    await leads_to(taps, "/abc&via=qr&device=m?gad_source=1")
    (click,) = await taps.stored()
    assert (click["via"], click["extras"]) == ("qr", "device=m&gad_source=1")


async def test_the_official_page_and_head_are_found_too(taps: Taps) -> None:
    page = await taps.client.get("/abc+.")
    assert (page.status_code, "Tautan ini resmi" in page.text) == (200, True)
    assert (await taps.client.head("/abc,")).status_code == 302


class TestHyphens:
    async def test_the_one_link_that_can_be_meant_is_found(self, taps: Taps, counted: Counted) -> None:
        await add_links(counted, "daftar-polisi")
        for path in ("/daftarpolisi", "/daftar_polisi", "/daftar polisi", "/daftar\u2013polisi", "/daf-tarpolisi!"):
            assert await leads_to(taps, path) != "", path

    async def test_where_several_can_be_meant_none_is(self, taps: Taps, counted: Counted) -> None:
        await add_links(counted, "ab-cd", "a-bcd")
        assert (await taps.client.get("/abcd")).status_code == 404
        assert await leads_to(taps, "/ab-cd.") != ""
        (orphan,) = await taps.stored("orphan_taps")
        assert orphan["slug"] == "(other)"

    @pytest.mark.parametrize("path", ["/ab-cd", "/ab-cd.", "/abcd", "/ab-cd+.", "/abcd+"])
    async def test_a_draft_is_not_known_however_it_is_pasted(self, taps: Taps, counted: Counted, path: str) -> None:
        await add_links(counted, "ab-cd")
        await taps.sql("UPDATE links SET state = 'draft' WHERE slug = 'ab-cd'")
        assert "Tautan tidak dikenal" in (await taps.client.get(path)).text
