"""The destination of links with rules, variants or dates, and the page of links that do not redirect."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.redirect.taps import Taps

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
FACEBOOK = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"
NOW = datetime.now(UTC)


async def change(taps: Taps, **columns: Any) -> None:
    """Set columns of the link; the redirect has not seen it yet."""
    values = [json.dumps(value) if isinstance(value, list) else value for value in columns.values()]
    await taps.sql(f"UPDATE links SET {', '.join(f'{name} = %s' for name in columns)}", *values)
    taps.resolver.forget("abc")


async def path_for(taps: Taps, agent: str = ANDROID, language: str = "id") -> str:
    answer = await taps.client.get("/abc", headers={"user-agent": agent, "accept-language": language})
    assert answer.status_code == 302
    return urlsplit(answer.headers["location"]).path


def rule(path: str, device: str | None = None, language: str | None = None) -> dict[str, Any]:
    return {"device": device, "language": language, "destination": f"https://daftar.example/{path}"}


class TestRules:
    async def test_the_first_matching_rule_applies(self, taps: Taps) -> None:
        rules = [rule("ios-en", "ios", "en"), rule("ios", "ios"), rule("jv", None, "jv")]
        await change(taps, rules=rules)
        assert await path_for(taps, IPHONE, "en-GB,en;q=0.8") == "/ios-en"
        assert await path_for(taps, IPHONE, "jv") == "/ios"
        assert await path_for(taps, ANDROID, "jv-ID, id") == "/jv"
        assert await path_for(taps, ANDROID, "id, jv") == "/form"
        assert await path_for(taps, "", "") == "/form"

    async def test_a_language_is_known_by_its_withdrawn_code_too(self, taps: Taps) -> None:
        await change(taps, rules=[rule("id", None, "id"), rule("jv", None, "jv")])
        assert await path_for(taps, ANDROID, "in-ID,in;q=0.9,en;q=0.8") == "/id"
        assert await path_for(taps, ANDROID, "jw-ID") == "/jv"
        assert {click["language"] for click in await taps.stored()} == {"id", "jv"}

    async def test_variants_keep_a_visitor_and_share_them_by_weight(self, taps: Taps) -> None:
        variants = [
            {"key": "a", "destination": "https://daftar.example/a", "weight": 3},
            {"key": "b", "destination": "https://daftar.example/b", "weight": 1},
        ]
        await change(taps, variants=variants)
        visitors = [
            f"Mozilla/5.0 (iPhone; CPU iPhone OS {version}_0 like Mac OS X) AppleWebKit/605.1.15 {browser}"
            for version in range(40)
            for browser in ("CriOS/131", "FxiOS/131", "Safari/604.1")
        ]
        first = [await path_for(taps, agent) for agent in visitors]
        assert [await path_for(taps, agent) for agent in visitors] == first
        shares = Counter(first)
        # Binomial(120, 1/4): outside of 8 to 56 once in a hundred million runs.
        assert set(shares) == {"/a", "/b"}
        assert 8 <= shares["/b"] <= 56
        stored = Counter(click["variant"] for click in await taps.stored())
        assert stored == {"a": 2 * shares["/a"], "b": 2 * shares["/b"]}

    async def test_a_rule_goes_before_variants(self, taps: Taps) -> None:
        variants = [{"key": key, "destination": "https://daftar.example/v", "weight": 1} for key in "ab"]
        await change(taps, variants=variants, rules=[rule("ios", "ios")])
        assert await path_for(taps, IPHONE) == "/ios"
        assert (await taps.stored())[0]["variant"] is None


class TestPassing:
    async def test_the_query_is_passed_on_where_the_link_says_so(self, taps: Taps) -> None:
        await change(taps, pass_query=True)
        answer = await taps.client.get("/abc?x=1&lang=en&utm_source=evil&cid=forged&via=qr&y=%C3%A4%20%0D%0A")
        address = urlsplit(answer.headers["location"])
        assert parse_qsl(address.query)[:-1] == [
            ("lang", "id"),
            ("utm_source", "instagram"),
            ("utm_medium", "social"),
            ("utm_campaign", "bintara-jabar"),
            ("x", "1"),
            ("y", "ä \r\n"),
        ]
        assert (parse_qsl(address.query)[-1][0], address.fragment) == ("cid", "top")
        # However a page reads a name, what the link says stays: PHP makes `_` of `.`, and arrays of what has brackets.
        for name in ("utm.source", "utm_source[]", "lang[x]", "%6Cang", "utm%5Fmedium"):
            location = (await taps.client.get(f"/abc?{name}=evil&fine=1")).headers["location"]
            assert ("evil" in location, "fine=1" in location) == (False, True)
        head = await taps.client.head("/abc?x=1")
        assert head.headers["location"].endswith("utm_campaign=bintara-jabar&x=1#top")

    async def test_else_it_is_not(self, taps: Taps) -> None:
        assert "x=1" not in (await taps.client.get("/abc?x=1")).headers["location"]


class TestNotLeading:
    @pytest.mark.parametrize(
        ("columns", "status", "text"),
        [
            ({"state": "draft"}, 404, "Tautan tidak dikenal"),
            ({"state": "paused"}, 404, ""),
            ({"state": "retired", "retired_at": NOW}, 410, ""),
            ({"starts_at": NOW + timedelta(days=2)}, 404, ""),
            ({"ends_at": NOW - timedelta(days=2)}, 410, ""),
        ],
    )
    async def test_shows_a_page_and_counts_nothing(
        self, taps: Taps, columns: dict[str, Any], status: int, text: str
    ) -> None:
        await change(taps, **columns)
        answer = await taps.client.get("/abc")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert (answer.headers["cache-control"], text in answer.text) == ("no-store", True)
        assert await taps.stored() == []

    async def test_dates_that_hold_change_nothing(self, taps: Taps) -> None:
        await change(taps, starts_at=NOW - timedelta(days=1), ends_at=NOW + timedelta(days=1))
        assert await path_for(taps) == "/form"

    async def test_after_its_end_a_link_may_lead_elsewhere(self, taps: Taps) -> None:
        ended = "https://daftar.example/closed"
        await change(taps, ends_at=NOW - timedelta(days=1), ended_destination=ended, rules=[rule("ios", "ios")])
        assert await path_for(taps, IPHONE) == "/closed"
        assert len(await taps.stored()) == 1

    async def test_a_retired_link_names_its_successor(self, taps: Taps) -> None:
        await taps.sql(
            "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
            " utm_campaign, state, created_at) SELECT gen_random_uuid(), campaign_id, channel_id, name, 'newer',"
            " destination, utm_source, utm_medium, utm_campaign, state, created_at FROM links"
        )
        successor = "successor_id = (SELECT id FROM links WHERE slug = 'newer')"
        await taps.sql(f"UPDATE links SET state = 'retired', retired_at = now(), {successor} WHERE slug = 'abc'")
        taps.resolver.forget("abc")
        answer = await taps.client.get("/abc")
        assert answer.status_code == 410
        assert 'href="https://jaring.example/newer"' in answer.text
        # The successor is retired as well, and nobody announces that to the first one's page.
        await taps.sql("UPDATE links SET state = 'retired', retired_at = now() WHERE slug = 'newer'")
        assert "newer" not in (await taps.client.get("/abc")).text


class TestPages:
    async def test_the_official_page_says_where_a_link_leads(self, taps: Taps) -> None:
        for path in ("/abc+", "/ABC+/", "/abc%2B"):
            answer = await taps.client.get(path)
            assert answer.status_code == 200
            assert "daftar.example" in answer.text
            assert "Campaign bintara-jabar" in answer.text
            assert "tidak dipungut biaya" in answer.text
        assert await taps.stored() == []
        assert (await taps.client.get("/nothing+")).status_code == 404

    async def test_a_draft_has_none(self, taps: Taps) -> None:
        await change(taps, state="draft")
        assert (await taps.client.get("/abc+")).status_code == 404
        await change(taps, state="active")
        await taps.sql("UPDATE campaigns SET state = 'draft'")
        assert (await taps.client.get("/abc+")).status_code == 404
        assert (await taps.client.get("/abc")).status_code == 302

    async def test_the_official_page_names_every_address_of_today(self, taps: Taps) -> None:
        variants = [{"key": key, "destination": f"https://daftar.example/v-{key}", "weight": 1} for key in "ab"]
        await change(taps, rules=[rule("ios", "ios")], variants=variants, starts_at=NOW - timedelta(days=9))
        page = (await taps.client.get("/abc+")).text
        assert [path for path in ("/ios", "/v-a", "/v-b", "/form") if f"</strong>{path}" in page] == [
            "/ios",
            "/v-a",
            "/v-b",
        ]
        await change(taps, ends_at=NOW - timedelta(days=1), ended_destination="https://daftar.example/over")
        page = (await taps.client.get("/abc+")).text
        assert [path for path in ("/ios", "/v-a", "/over") if f"</strong>{path}" in page] == ["/over"]

    @pytest.mark.parametrize(
        ("columns", "said"),
        [
            ({"starts_at": NOW + timedelta(days=2)}, "belum dibuka"),
            ({"ends_at": NOW - timedelta(days=2)}, "sudah berakhir"),
            ({"state": "paused"}, "dihentikan sementara"),
            ({"state": "retired", "retired_at": NOW}, "sudah tidak dipakai"),
        ],
    )
    async def test_the_official_page_names_no_address_that_nobody_is_sent_to(
        self, taps: Taps, columns: dict[str, Any], said: str
    ) -> None:
        await change(taps, **columns)
        page = (await taps.client.get("/abc+")).text
        assert (said in page, "daftar.example" in page) == (True, False)

    async def test_the_official_page_shows_changes_of_related_links(self, taps: Taps) -> None:
        await taps.client.get("/abc+")
        await taps.sql(
            "INSERT INTO destination_checks (link_id, place, next_at, verdict)"
            " SELECT id, 'default', now(), 'refused' FROM links"
        )
        page = (await taps.client.get("/abc+")).text
        assert ("belum dapat kami pastikan" in page, "Lanjutkan" in page) == (True, False)
        await taps.sql("UPDATE campaigns SET state = 'closed'")
        assert "sudah ditutup" in (await taps.client.get("/abc+")).text

    async def test_no_other_site_shows_a_page_as_its_own(self, taps: Taps) -> None:
        policy = (await taps.client.get("/abc+")).headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy

    async def test_preview_crawlers_get_tags_and_are_noted_as_such(self, taps: Taps) -> None:
        await change(taps, preview_title='Jadi "Bintara" <b>')
        answer = await taps.client.get("/abc", headers={"user-agent": FACEBOOK})
        assert (answer.status_code, "location" in answer.headers) == (200, False)
        assert 'property="og:title" content="Jadi &quot;Bintara&quot; &lt;b&gt;"' in answer.text
        assert "cid=" not in answer.text
        (click,) = await taps.stored()
        (agent,) = await taps.sql("SELECT reasons FROM agents WHERE id = %s", click["agent_id"])
        assert agent["reasons"] & 2

    async def test_without_own_words_the_preview_shows_the_campaigns(self, taps: Taps) -> None:
        await taps.sql("UPDATE campaigns SET preview_description = 'Daftar sekarang'")
        answer = await taps.client.get("/abc", headers={"user-agent": FACEBOOK})
        assert "Daftar sekarang" in answer.text
        assert "og:title" in answer.text
