"""The response to a tap, and the data stored about it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from campaigns.clicks.tokens import read_click
from campaigns.clicks.types import RequestFlag
from campaigns.kit.periodic import Backoff, ContinuousWork
from campaigns.links.resolver import resolver
from campaigns.links.resolver.channel import LINKS_CHANNEL
from campaigns.links.resolver.resolver import follow_changes
from tests.factories.loops import looping, until
from tests.redirect.taps import TOKEN_KEY, Taps


class TestTap:
    async def test_redirects_with_utm_and_a_signed_token(self, taps: Taps) -> None:
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
        assert orphan["slug"] == "(other)"

    async def test_of_an_unknown_slug_the_words_of_links_are_stored(self, taps: Taps) -> None:
        await taps.client.get("/abc")
        for path in ("/abc-rina-contoh-2006-03-14", "/rina-abc", "/081298765432", "/abc-abc"):
            await taps.client.get(path)
        stored = [orphan["slug"] for orphan in await taps.stored("orphan_taps")]
        assert stored == ["abc-*", "*-abc", "(other)", "abc-abc"]

    async def test_head_is_noted_as_what_it_was(self, taps: Taps) -> None:
        answer = await taps.client.head("/no-such-link")
        assert (answer.status_code, answer.content) == (404, b"")
        (orphan,) = await taps.stored("orphan_taps")
        assert orphan["observed"] & RequestFlag.HEAD

    @pytest.mark.parametrize(
        "path", ["/%ff%fe", "/-", "/a--b", "/%09", "/a\\b", "/" + "a" * 61, "/ab%0Acd", "/wp-admin/x.php"]
    )
    async def test_what_holds_no_slug_is_counted_without_its_text(self, taps: Taps, path: str) -> None:
        assert (await taps.client.get(path)).status_code == 404
        assert [orphan["slug"] for orphan in await taps.stored("orphan_taps")] == ["(other)"]


@asynccontextmanager
async def following(taps: Taps) -> AsyncIterator[None]:
    """Listen for changes during the block."""
    listening = asyncio.Event()

    async def follow(succeeded: Callable[[], None]) -> None:
        def connected() -> None:
            listening.set()
            succeeded()

        await follow_changes(taps.resolver, taps.snapshot_writer, taps.conninfo, connected)

    listener = ContinuousWork(name="test", run=follow, backoff=Backoff(0.01, 0.01), expected=(psycopg.Error,))
    async with looping(listener):
        await listening.wait()
        yield


class TestChanges:
    async def location(self, taps: Taps, path: str) -> str:
        return str((await taps.client.get(path)).headers.get("location", ""))

    async def notify(self, taps: Taps, slug: str) -> None:
        await taps.sql(f"SELECT pg_notify('{LINKS_CHANNEL}', '{slug}')")

    async def test_a_change_is_served_as_soon_as_it_is_notified(self, taps: Taps) -> None:
        async def is_new() -> bool:
            return "/new" in await self.location(taps, "/abc")

        async def is_known() -> bool:
            return await self.location(taps, "/later") != ""

        async with following(taps):
            await taps.client.get("/abc")
            await taps.client.get("/later")
            await taps.sql("UPDATE links SET destination = 'https://daftar.example/new'")
            assert "/form" in await self.location(taps, "/abc")  # not notified, so from the cache
            await self.notify(taps, "abc")
            await until(is_new)
            await taps.sql("UPDATE links SET slug = 'later'")
            await self.notify(taps, "later")
            await until(is_known)

    async def test_a_notified_change_is_served_after_a_restart_without_postgresql(self, taps: Taps) -> None:
        now = datetime.now(UTC)

        async def is_written() -> bool:
            await taps.snapshot_writer.write(now)
            return "/new" in (taps.snapshot.read("abc") or "")

        async with following(taps):
            await taps.snapshot_writer.write(now)
            await taps.sql("UPDATE links SET destination = 'https://daftar.example/new'")
            assert not await is_written()
            await self.notify(taps, "abc")
            await until(is_written)
        await taps.snapshot_writer.close()

    async def test_a_change_notified_during_a_heartbeat_is_not_missed(
        self, taps: Taps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nearly all the time is spent in heartbeats here."""
        monkeypatch.setattr(resolver, "HEARTBEAT_SECONDS", 0.0)
        async with following(taps):
            for number in range(20):
                await taps.client.get("/abc")
                await taps.sql(f"UPDATE links SET destination = 'https://daftar.example/{number}'")
                await self.notify(taps, "abc")

                async def is_new(sought: str = f"/{number}?") -> bool:
                    return sought in await self.location(taps, "/abc")

                await until(is_new)

    async def test_a_heartbeat_that_postgresql_does_not_answer_is_no_success(
        self, taps: Taps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(resolver, "HEARTBEAT_SECONDS", 0.01)
        answered = 0

        def succeeded() -> None:
            nonlocal answered
            answered += 1

        async def has_answered_again(before: int) -> bool:
            return answered >= before + 2

        following = asyncio.create_task(follow_changes(taps.resolver, taps.snapshot_writer, taps.conninfo, succeeded))
        await until(partial(has_answered_again, 0))
        (listener,) = await taps.sql(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'jaring-listener' AND datname = current_database()"
        )
        os.kill(listener["pid"], signal.SIGSTOP)
        try:
            before = answered
            await asyncio.sleep(0.3)
            assert answered <= before + 1  # what it answered before it was stopped
        finally:
            os.kill(listener["pid"], signal.SIGCONT)
        await until(partial(has_answered_again, answered))
        following.cancel()
        await asyncio.wait([following])

    async def test_changes_missed_while_disconnected_are_looked_up(self, taps: Taps) -> None:
        now = datetime.now(UTC)

        async def is_new() -> bool:
            return "/new" in await self.location(taps, "/abc")

        async def is_written() -> bool:
            await taps.snapshot_writer.write(now)
            return "/new" in (taps.snapshot.read("abc") or "")

        async with following(taps):
            await taps.client.get("/abc")
            await taps.snapshot_writer.write(now)
            await taps.sql("UPDATE links SET destination = 'https://daftar.example/new'")
            await taps.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jaring-listener'"
            )
            await until(is_new)
            await until(is_written)
        await taps.snapshot_writer.close()
