"""The query of a link's facts: doubt, the link to name instead, and the preview."""

from datetime import UTC, datetime, timedelta
from typing import Any

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


async def add_link(taps: Taps, slug: str, **columns: Any) -> None:
    """Another link of the campaign, like `abc` but for these columns."""
    await taps.sql(
        "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
        " utm_campaign, state, created_at) SELECT gen_random_uuid(), campaign_id, channel_id, name, %s, destination,"
        " utm_source, utm_medium, utm_campaign, state, created_at FROM links WHERE slug = 'abc'",
        slug,
    )
    for name, value in columns.items():
        await taps.sql(f"UPDATE links SET {name} = %s WHERE slug = %s", value, slug)


async def choose(taps: Taps, slug: str) -> None:
    """Make this link the successor of `abc`."""
    await taps.sql("UPDATE links SET successor_id = (SELECT id FROM links WHERE slug = %s) WHERE slug = 'abc'", slug)


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
        await add_link(taps, "other")
        await check(taps, "other", "host_not_allowed")
        assert [(await facts_of(taps, slug)).life.is_doubtful for slug in ("abc", "other")] == [False, True]


class TestSuccessor:
    async def test_is_chosen_and_never_guessed(self, taps: Taps) -> None:
        await add_link(taps, "newer")
        await add_link(taps, "chosen", starts_at=NOW - DAY, ends_at=NOW + DAY)
        await taps.sql("UPDATE links SET state = 'paused' WHERE slug = 'abc'")
        assert (await facts_of(taps)).info.successor is None
        await choose(taps, "chosen")
        assert (await facts_of(taps)).info.successor == "chosen"

    async def test_can_be_of_another_campaign(self, taps: Taps) -> None:
        await add_link(taps, "theirs")
        await choose(taps, "theirs")
        other = "(SELECT id FROM campaigns WHERE id <> %s LIMIT 1)"
        await taps.sql(f"UPDATE links SET campaign_id = {other} WHERE slug = 'theirs'", taps.campaign_id)
        assert (await facts_of(taps)).info.successor == "theirs"
        for state, named in (("closed", None), ("draft", None), ("active", "theirs")):
            await taps.sql("UPDATE campaigns SET state = %s WHERE id <> %s", state, taps.campaign_id)
            assert (await facts_of(taps)).info.successor == named

    @pytest.mark.parametrize(
        "columns", [{"starts_at": NOW + DAY}, {"ends_at": NOW - DAY}, {"state": "paused"}, {"state": "draft"}]
    )
    async def test_is_not_named_while_it_leads_nowhere(self, taps: Taps, columns: dict[str, Any]) -> None:
        await add_link(taps, "newer", **columns)
        await choose(taps, "newer")
        assert (await facts_of(taps)).info.successor is None

    @pytest.mark.parametrize(("verdict", "named"), [("host_not_allowed", None), ("refused", None), ("ok", "newer")])
    async def test_is_not_named_while_it_leads_where_it_should_not(
        self, taps: Taps, verdict: str, named: str | None
    ) -> None:
        await add_link(taps, "newer")
        await choose(taps, "newer")
        await check(taps, "newer", verdict)
        assert (await facts_of(taps)).info.successor == named

    async def test_begins_and_ends_at_the_very_moment(self, taps: Taps) -> None:
        """All statements of a transaction have the same `now()`."""
        await add_link(taps, "newer")
        await choose(taps, "newer")
        query = f"{FACTS_SQL} WHERE link.slug = 'abc'".encode()
        changes = (("starts_at = now()", "newer"), ("starts_at = NULL, ends_at = now()", None))
        async with await psycopg.AsyncConnection.connect(taps.conninfo) as transaction:
            for change, named in changes:
                await transaction.execute(f"UPDATE links SET {change} WHERE slug = 'newer'".encode())
                ((_, facts),) = await (await transaction.execute(query)).fetchall()
                assert target_of(facts).info.successor == named


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
