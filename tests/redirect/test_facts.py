"""The query of a link's facts: doubt, the active link to name instead, and the preview."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from campaigns.links.resolver.target import FACTS_SQL, Target, target_of
from tests.redirect.taps import Taps

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


async def facts_of(taps: Taps, slug: str = "abc") -> Target:
    (row,) = await taps.sql(f"{FACTS_SQL} WHERE link.slug = %s", slug)
    found, facts = row.values()
    assert found == slug
    return target_of(facts)


async def add_link(taps: Taps, slug: str, *, number: int, **columns: Any) -> None:
    """Another link of the campaign, like `abc` but for these columns; a greater number is a newer link."""
    await taps.sql(
        "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
        " utm_campaign, state, created_at) SELECT %s, campaign_id, channel_id, name, %s, destination, utm_source,"
        " utm_medium, utm_campaign, state, created_at FROM links WHERE slug = 'abc'",
        UUID(int=2**127 + number),
        slug,
    )
    for name, value in columns.items():
        await taps.sql(f"UPDATE links SET {name} = %s WHERE slug = %s", value, slug)


async def end(taps: Taps) -> None:
    await taps.sql("UPDATE links SET ends_at = %s WHERE slug = 'abc'", NOW - DAY)


async def check(taps: Taps, slug: str, verdict: str) -> None:
    await taps.sql(
        "INSERT INTO destination_checks (link_id, place, next_at, verdict)"
        " SELECT id, 'default', now(), %s FROM links WHERE slug = %s",
        verdict,
        slug,
    )


class TestDoubtful:
    @pytest.mark.parametrize(
        ("verdict", "doubtful"),
        [
            ("refused", True),
            ("host_not_allowed", True),
            ("ok", False),
            ("unreachable", False),
            ("broken", False),
            ("parameters_lost", False),
        ],
    )
    async def test_a_link_that_leads_where_it_should_not_is(self, taps: Taps, verdict: str, doubtful: bool) -> None:
        await check(taps, "abc", verdict)
        assert (await facts_of(taps)).life.is_doubtful is doubtful

    async def test_the_check_of_another_link_says_nothing(self, taps: Taps) -> None:
        await add_link(taps, "other", number=1)
        await check(taps, "other", "host_not_allowed")
        assert [(await facts_of(taps, slug)).life.is_doubtful for slug in ("abc", "other")] == [False, True]


class TestLive:
    async def test_a_link_that_leads_on_names_none(self, taps: Taps) -> None:
        await add_link(taps, "newer", number=1)
        assert (await facts_of(taps)).info.live is None
        await taps.sql("UPDATE links SET ends_at = %s WHERE slug = 'abc'", NOW + DAY)
        assert (await facts_of(taps)).info.live is None

    @pytest.mark.parametrize("state", ["paused", "draft"])
    async def test_one_of_another_state_names_one(self, taps: Taps, state: str) -> None:
        await add_link(taps, "newer", number=1)
        await taps.sql("UPDATE links SET state = %s WHERE slug = 'abc'", state)
        assert (await facts_of(taps)).info.live == "newer"

    async def test_one_that_ended_names_the_newest_and_never_itself(self, taps: Taps) -> None:
        await end(taps)
        assert (await facts_of(taps)).info.live is None
        for slug, number in (("second", 2), ("third", 3), ("first", 1)):
            await add_link(taps, slug, number=number)
        assert (await facts_of(taps)).info.live == "third"

    @pytest.mark.parametrize(
        "columns", [{"starts_at": NOW + DAY}, {"ends_at": NOW - DAY}, {"state": "paused"}, {"state": "draft"}]
    )
    async def test_a_link_that_leads_nowhere_now_is_not_named(self, taps: Taps, columns: dict[str, Any]) -> None:
        await end(taps)
        await add_link(taps, "good", number=1, starts_at=NOW - DAY, ends_at=NOW + DAY)
        await add_link(taps, "newer", number=2, **columns)
        assert (await facts_of(taps)).info.live == "good"

    async def test_begins_and_ends_at_the_very_moment(self, taps: Taps) -> None:
        """All statements of a transaction have the same `now()`."""
        await add_link(taps, "newer", number=1)
        query = f"{FACTS_SQL} WHERE link.slug = 'abc'".encode()
        changes = (
            ("ends_at = now() WHERE slug = 'abc'", "newer"),
            ("starts_at = now() WHERE slug = 'newer'", "newer"),
            ("starts_at = NULL, ends_at = now() WHERE slug = 'newer'", None),
        )
        async with await psycopg.AsyncConnection.connect(taps.conninfo) as transaction:
            for change, live in changes:
                await transaction.execute(f"UPDATE links SET {change}".encode())
                ((_, facts),) = await (await transaction.execute(query)).fetchall()
                assert target_of(facts).info.live == live

    async def test_a_link_of_another_campaign_is_not_named(self, taps: Taps) -> None:
        await end(taps)
        await add_link(taps, "theirs", number=2)
        await taps.sql(
            "UPDATE links SET campaign_id = (SELECT id FROM campaigns WHERE id <> %s LIMIT 1) WHERE slug = 'theirs'",
            taps.campaign_id,
        )
        assert (await facts_of(taps)).info.live is None
        await add_link(taps, "ours", number=1)
        assert (await facts_of(taps)).info.live == "ours"


async def test_a_preview_shows_the_links_own_words_else_the_campaigns(taps: Taps) -> None:
    names = ("title", "description", "image")
    await taps.sql(
        "UPDATE campaigns SET preview_title = 'Title', preview_description = 'Text',"
        " preview_image = 'https://daftar.example/campaign.png'"
    )
    info = (await facts_of(taps)).info
    assert [getattr(info, name) for name in names] == ["Title", "Text", "https://daftar.example/campaign.png"]
    await taps.sql(
        "UPDATE links SET preview_title = 'Own', preview_description = 'Own text',"
        " preview_image = 'https://daftar.example/own.png'"
    )
    info = (await facts_of(taps)).info
    assert [getattr(info, name) for name in names] == ["Own", "Own text", "https://daftar.example/own.png"]
