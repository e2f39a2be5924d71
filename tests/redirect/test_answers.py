"""What a tap is answered, and what is written down about it."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from campaigns.clicks.tokens import read_click
from campaigns.clicks.types import RequestFlag
from campaigns.links.resolver.channel import LINKS_CHANNEL
from campaigns.links.resolver.resolver import follow_changes
from tests.redirect.conftest import TOKEN_KEY, Taps


class TestTap:
    async def test_leads_on_with_utm_and_a_signed_token(self, taps: Taps) -> None:
        answer = await taps.client.get("/abc")
        assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
        address = urlsplit(answer.headers["location"])
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        token = read_click(TOKEN_KEY, query.pop("cid"))
        assert (address.hostname, address.path, address.fragment) == ("daftar.example", "/form", "top")
        assert query == {
            "lang": "id",
            "utm_source": "instagram",
            "utm_medium": "social",
            "utm_campaign": "bintara-jabar",
        }
        assert token is not None
        (click,) = await taps.stored()
        assert (click["id"], click["link_id"], click["campaign_id"]) == (token.click_id, taps.link_id, taps.campaign_id)
        assert click["clicked_at"] == token.clicked_at
        assert abs(click["clicked_at"] - datetime.now(UTC)) < timedelta(seconds=5)

    async def test_slugs_are_read_in_any_case(self, taps: Taps) -> None:
        assert (await taps.client.get("/ABC")).status_code == 302

    async def test_head_is_answered_without_a_token_and_noted_as_what_it_was(self, taps: Taps) -> None:
        answer = await taps.client.head("/abc")
        assert answer.status_code == 302
        assert "cid=" not in answer.headers["location"]
        assert "utm_source=instagram" in answer.headers["location"]
        (click,) = await taps.stored()
        assert click["observed"] & RequestFlag.HEAD

    async def test_other_methods_are_refused(self, taps: Taps) -> None:
        answer = await taps.client.post("/abc")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        assert await taps.stored() == []


class TestUnknown:
    async def test_shows_a_page_and_counts_an_orphan(self, taps: Taps) -> None:
        answer = await taps.client.get("/no-such-link")
        assert answer.status_code == 404
        assert "Tautan tidak dikenal" in answer.text
        (orphan,) = await taps.stored("orphan_taps")
        assert orphan["slug"] == "no-such-link"

    async def test_head_is_noted_as_what_it_was(self, taps: Taps) -> None:
        answer = await taps.client.head("/no-such-link")
        assert (answer.status_code, answer.content) == (404, b"")
        (orphan,) = await taps.stored("orphan_taps")
        assert orphan["observed"] & RequestFlag.HEAD

    @pytest.mark.parametrize(
        "path", ["/a%00b", "/%ff%fe", "/wp-login.php", "/-", "/a--b", "/%09", "/a\\b", "/" + "a" * 61, "/ab%0Acd", "/٣"]
    )
    async def test_what_cannot_be_a_slug_is_not_written_down(self, taps: Taps, path: str) -> None:
        assert (await taps.client.get(path)).status_code == 404
        assert await taps.stored("orphan_taps") == []


class TestChanges:
    async def test_a_change_is_served_as_soon_as_it_is_announced(self, taps: Taps) -> None:
        following = asyncio.create_task(follow_changes(taps.resolver, taps.keeper, taps.conninfo))
        try:
            await asyncio.sleep(0.3)  # for the listener to be connected
            await taps.client.get("/abc")
            await taps.client.get("/later")
            await taps.sql("UPDATE links SET destination = 'https://daftar.example/new'")
            assert "/form" in (await taps.client.get("/abc")).headers["location"]  # not announced, so from memory
            await taps.sql(f"SELECT pg_notify('{LINKS_CHANNEL}', 'abc')")
            async with asyncio.timeout(5):
                while "/new" not in (await taps.client.get("/abc")).headers["location"]:
                    await asyncio.sleep(0.01)
            await taps.sql("UPDATE links SET slug = 'later'")
            await taps.sql(f"SELECT pg_notify('{LINKS_CHANNEL}', 'later')")
            async with asyncio.timeout(5):
                while (await taps.client.get("/later")).status_code != 302:
                    await asyncio.sleep(0.01)
        finally:
            following.cancel()

    async def test_changes_missed_while_disconnected_are_looked_up(self, taps: Taps) -> None:
        following = asyncio.create_task(follow_changes(taps.resolver, taps.keeper, taps.conninfo))
        try:
            await asyncio.sleep(0.3)
            await taps.client.get("/abc")
            await taps.sql("UPDATE links SET destination = 'https://daftar.example/new'")
            await taps.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jaring-listener'"
            )
            async with asyncio.timeout(5):
                while "/new" not in (await taps.client.get("/abc")).headers["location"]:
                    await asyncio.sleep(0.02)
        finally:
            following.cancel()
