"""The data that is stored about a tap, and the data that is not."""

from ipaddress import ip_network
from typing import Any

import psycopg
import pytest

from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.bots.known_words import in_known_words
from campaigns.clicks.bots.reasons import reasons_sql
from campaigns.clicks.header_watch import MIN_ADDRESSES, recently_stripped
from campaigns.clicks.types import RequestFlag
from campaigns.kit.client_address import TrustedProxies
from tests.redirect.taps import Taps

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; CPH2581) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
PHONE_IN_KNOWN_WORDS = (
    "Mozilla/5.0 (Linux; Android 14; *) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)
BROWSER = {
    "user-agent": PHONE,
    "accept": "text/html",
    "accept-encoding": "gzip",
    "accept-language": "id-ID,id;q=0.9,en;q=0.8",
}


async def noted(taps: Taps, path: str = "/abc", **headers: str) -> dict[str, Any]:
    await taps.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return (await taps.stored())[-1]


async def test_agent_language_and_referrer(taps: Taps) -> None:
    click = await noted(taps, referer="https://l.instagram.com/?u=secret", **BROWSER)
    assert (click["language"], click["referrer_host"], click["network"]) == ("id", "l.instagram.com", "instagram")
    assert (click["via"], click["variant"], click["extras"]) == (None, None, None)
    (agent,) = await taps.sql("SELECT * FROM agents WHERE id = %s", click["agent_id"])
    assert (agent["text"], agent["device"], agent["reasons"]) == (PHONE_IN_KNOWN_WORDS, "android", 0)


async def test_observed_facts(taps: Taps) -> None:
    click = await noted(taps, **BROWSER)
    assert click["observed"] == RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING
    for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"):
        click = await noted(taps, **{**BROWSER, name: "prefetch;prerender", "Sec-Fetch-Mode": "navigate"})
        assert (
            click["observed"] & (RequestFlag.PREFETCH | RequestFlag.FETCH_MODE)
            == RequestFlag.PREFETCH | RequestFlag.FETCH_MODE
        )
    assert not (await noted(taps, **{**BROWSER, "purpose": "other"}))["observed"] & RequestFlag.PREFETCH


NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"}


@pytest.mark.parametrize(
    "headers",
    [
        *({"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": name} for name in ("image", "script", "style", "video")),
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "Image"},
        {"Sec-Fetch-Mode": "websocket"},
        {"Sec-Fetch-Dest": "serviceworker"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object", "Sec-Fetch-User": "?1"},
        {"X-Requested-With": "XMLHttpRequest"},
    ],
)
async def test_what_a_browser_loads_for_a_page_is_no_navigation(taps: Taps, headers: dict[str, str]) -> None:
    assert (await noted(taps, **BROWSER | headers))["observed"] & RequestFlag.SUBRESOURCE


@pytest.mark.parametrize(
    "headers",
    [
        NAVIGATION,
        {"Sec-Fetch-Mode": "navigate"},  # Chrome 76 to 79 sent no more
        {"Sec-Fetch-Mode": "", "Sec-Fetch-Dest": ""},  # emptied by a proxy
        {"Sec-Fetch-Mode": "Navigate", "Sec-Fetch-Dest": "Document"},
        NAVIGATION | {"Sec-Fetch-Dest": "iframe"},  # tapped in a page inside another
        NAVIGATION | {"X-Requested-With": "com.instagram.android"},
    ],
)
async def test_what_a_person_opens_is_a_navigation(taps: Taps, headers: dict[str, str]) -> None:
    assert not (await noted(taps, **BROWSER | headers))["observed"] & RequestFlag.SUBRESOURCE


@pytest.mark.parametrize(
    ("package", "app"),
    [
        ("org.telegram.messenger.web", "telegram"),
        ("Com.WhatsApp", "whatsapp"),
        ("com.twitter.android", "x"),
        ("com.example.unknown", None),
        ("XMLHttpRequest", None),
        ("instagram.com", None),
        ("", None),
    ],
)
async def test_a_webview_names_its_app_in_a_header(taps: Taps, package: str, app: str | None) -> None:
    click = await noted(taps, **BROWSER, X_Requested_With=package)
    (agent,) = await taps.sql("SELECT * FROM agents WHERE id = %s", click["agent_id"])
    assert (agent["app"], agent["device"], agent["reasons"]) == (app, "android", 0)
    assert (agent["text"] == PHONE_IN_KNOWN_WORDS) == (app is None)
    assert agent["app"] == classify_user_agent(agent["text"]).app, "`reclassify` finds the same"


async def test_an_emptied_header_is_a_missing_one(taps: Taps) -> None:
    assert not (await noted(taps, **BROWSER | {"Sec-Fetch-Mode": ""}))["observed"] & RequestFlag.FETCH_MODE


async def test_of_the_query_only_what_advertising_systems_say_is_kept(taps: Taps) -> None:
    click = await noted(
        taps,
        "/abc?via=QR&nama=Rina&email=a%40b.example&hp=0812-3456-7890&fbclid=IwAR0x&utm_source=evil&cid=x"
        "&placement=Instagram_Stories&keyword=rina",
    )
    assert (click["via"], click["network"]) == ("qr", "meta")
    assert click["extras"] == "placement=instagram_stories&keyword=%28removed%29"
    assert (await noted(taps, "/abc?via=other"))["via"] is None


async def test_a_click_id_marks_its_network_however_long_it_is(taps: Taps) -> None:
    assert (await noted(taps, f"/abc?ttclid=E.C.P.{'x' * 400}"))["network"] == "tiktok"
    assert (await noted(taps, f"/abc?ttclid={'x' * 5000}"))["network"] is None


async def test_the_referrer_goes_before_click_ids(taps: Taps) -> None:
    assert (await noted(taps, "/abc?fbclid=x", referer="https://t.co/x"))["network"] == "x"
    assert (await noted(taps, "/abc?fbclid=x", referer="https://www.kompas.com/x"))["network"] == "meta"


@pytest.mark.parametrize(
    "agent", [b"", b"\xff\xfe", b"tab\there", b"back\\slash \\N \\.", b"x" * 8192, b"\xed\xa0\x80lone", b"nul\x00in"]
)
async def test_any_agent_is_stored_as_text(taps: Taps, agent: bytes) -> None:
    answer = await taps.client.get("/abc", headers=[(b"user-agent", agent), (b"accept-language", agent)])
    assert answer.status_code == 302
    (click,) = await taps.stored()
    ((stored),) = await taps.sql("SELECT text FROM agents WHERE id = %s", click["agent_id"])
    assert stored["text"] == in_known_words(agent.decode("utf-8", "replace")[:1000])[0]


class TestBehindAProxy:
    @pytest.fixture
    def proxies(self) -> TrustedProxies:
        return TrustedProxies([ip_network("127.0.0.0/8")])

    async def test_the_address_gives_the_country_and_is_not_kept(self, taps: Taps) -> None:
        click = await noted(taps, x_forwarded_for="8.8.8.8, 114.4.1.1", x_forwarded_proto="https")
        assert click["country"] == "ID"  # the rightmost that is no proxy of ours
        assert click["observed"] & RequestFlag.SECURE
        assert not [value for value in click.values() if "114.4" in str(value) or "8.8.8" in str(value)]

    async def test_people_behind_a_proxy_that_takes_headers_off_are_no_robots(self, taps: Taps) -> None:
        with psycopg.connect(taps.conninfo) as connection:
            assert recently_stripped(connection) == (0, ())
        # Chrome 130 sends Sec-Fetch-Mode over https. One address gives many voices, which count as one.
        for place in range(2 * MIN_ADDRESSES):
            address = f"114.4.1.{max(0, place - MIN_ADDRESSES)}"
            await taps.client.get("/abc", headers={**BROWSER, "x-forwarded-for": address, "x-forwarded-proto": "https"})
        flags = [click["observed"] & RequestFlag.STRIPPED for click in await taps.stored()]
        assert flags == [0] * (2 * MIN_ADDRESSES - 1) + [RequestFlag.STRIPPED]
        (counted,) = await taps.sql(
            f"SELECT count(*) AS people FROM clicks JOIN agents ON agents.id = agent_id WHERE {reasons_sql()} = 0"
        )
        assert counted["people"] == 1
        with psycopg.connect(taps.conninfo) as connection:
            assert recently_stripped(connection) == (1, ["sec-fetch-mode"])
        # A header that the proxy passes on is still expected.
        headers = {**BROWSER, "x-forwarded-for": "114.4.2.1", "x-forwarded-proto": "https"}
        await taps.client.get("/abc", headers=[one for one in headers.items() if one[0] != "accept-language"])
        assert not (await taps.stored())[-1]["observed"] & RequestFlag.STRIPPED

    async def test_tells_visitors_apart_by_address_browser_and_language(self, taps: Taps) -> None:
        same = {"x_forwarded_for": "114.4.1.1", "user_agent": PHONE, "accept_language": "id"}
        changes: tuple[dict[str, str], ...] = (
            {},
            {},
            {"x_forwarded_for": "114.4.1.2"},
            {"user_agent": f"{PHONE} Instagram 406.0.0.58.159 Android"},
            {"accept_language": "en"},
        )
        first, again, *others = [(await noted(taps, **same | change))["visitor"] for change in changes]
        assert first == again
        assert len({first, *others}) == 4


async def test_a_strangers_forwarded_address_changes_nothing(taps: Taps) -> None:
    click = await noted(taps, x_forwarded_for="114.4.1.1", x_forwarded_proto="https")
    other = await noted(taps, x_forwarded_for="8.8.8.8")
    assert (click["country"], click["visitor"], click["observed"] & RequestFlag.SECURE) == (None, other["visitor"], 0)


async def test_orphans_are_noted_alike(taps: Taps) -> None:
    await taps.client.get("/not-there?gclid=1", headers={**BROWSER, "referer": "android-app://com.whatsapp/"})
    (orphan,) = await taps.stored("orphan_taps")
    assert (orphan["network"], orphan["referrer_host"], orphan["language"]) == ("whatsapp", "com.whatsapp", "id")
    assert orphan["agent_id"] != 0
