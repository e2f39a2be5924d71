"""Pages without a database: their content, and that no input becomes markup.

How it can go wrong: a name or title that ends an attribute; an address that is no web address made a link; the wrong
part of an address emphasised as its host; a page that needs what its policy forbids; a preview without its image.
"""

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.redirect import pages
from campaigns.links.standing import Standing

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)><a href='//evil.example'>{title}%s&amp;"
VOID = {"meta", "br"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "p", "a", "dl", "dt", "dd"),
    *("span", "strong", "bdi", "time", "div"),
}

OFFICIAL: dict[str, Any] = {
    "short_url": "https://s.polda.example/abc",
    "leads_to": ["https://daftar.example/bintara?utm_source=instagram&utm_medium=social"],
    "unit": "Polda Contoh",
    "programme": "Bintara",
    "campaign": "Bintara 2027",
    "standing": Standing.ACTIVE,
    "successor": None,
}
PREVIEW: dict[str, Any] = {
    "short_url": "https://s.polda.example/abc",
    "title": "Bintara 2027",
    "description": "Pendaftaran dibuka.",
    "image": "https://s.polda.example/og.png",
    "site": "Polda Contoh",
}


class Page(HTMLParser):
    """What a browser would see of a page: its elements with attributes, and the text in them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs))
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def text(self) -> str:
        return "".join(data for tag, data in self.texts if tag not in ("style", "title"))

    def within(self, tag: str) -> list[str]:
        return [data for around, data in self.texts if around == tag]

    @property
    def links(self) -> list[str | None]:
        return [attributes["href"] for tag, attributes in self.elements if tag == "a"]

    @property
    def metas(self) -> dict[str | None, str | None]:
        named = [attributes for tag, attributes in self.elements if tag == "meta" and "content" in attributes]
        names = [attributes.get("property", attributes.get("name")) for attributes in named]
        assert len(names) == len(set(names))
        return dict(zip(names, (attributes["content"] for attributes in named), strict=True))


def official(**changes: Any) -> Page:
    return Page(pages.official_page(**OFFICIAL | changes))


def preview(**changes: Any) -> Page:
    return Page(pages.preview_page(**PREVIEW | changes))


HOSTILE_OFFICIAL: dict[str, Any] = dict.fromkeys(OFFICIAL, HOSTILE)
EVERY_PAGE = {
    "unknown": pages.UNKNOWN,
    "unavailable": pages.UNAVAILABLE,
    "paused": pages.PAUSED,
    "not-yet": pages.not_yet(datetime(2027, 1, 2, 8, tzinfo=ZoneInfo("Asia/Jakarta"))),
    "ended": pages.ended_page(None),
    "retired": pages.retired_page("https://s.polda.example/live"),
    "official": pages.official_page(**OFFICIAL),
    "official-paused": pages.official_page(**OFFICIAL | {"standing": Standing.PAUSED}),
    "preview": pages.preview_page(**PREVIEW),
    "hostile-retired": pages.retired_page(HOSTILE),
    "hostile-ended": pages.ended_page(HOSTILE),
    "hostile-official": pages.official_page(**HOSTILE_OFFICIAL),
    "hostile-preview": pages.preview_page(**dict.fromkeys(PREVIEW, HOSTILE)),
}


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_page_is_plain_and_small(name: str) -> None:
    page = Page(EVERY_PAGE[name])
    assert len(EVERY_PAGE[name]) < (8_000 if name.startswith("hostile") else 4_096)
    assert {tag for tag, _ in page.elements} <= ALLOWED
    for tag, attributes in page.elements:
        assert [word for word in attributes if word.startswith("on") or word in ("src", "style")] == []
        if tag == "a":
            assert str(attributes["href"]).startswith("https://")
            assert attributes["rel"] == "noreferrer nofollow"
    # Nothing is loaded: the policy is default-src 'none' with inline styles.
    assert not any("url(" in style or "@import" in style for style in page.within("style"))
    assert page.elements[0] == ("html", {"lang": "id"})
    assert "viewport" in page.metas
    titles = page.within("title")
    assert len(titles) == 1
    assert titles == page.within("h1")


@pytest.mark.parametrize("name", [name for name in EVERY_PAGE if "preview" not in name])
def test_a_page_for_people_speaks_both_languages_and_is_not_found_by_searches(name: str) -> None:
    page = Page(EVERY_PAGE[name])
    assert page.metas["robots"] == "noindex,nofollow"
    assert page.metas["referrer"] == "no-referrer"
    english = [tag for tag, attributes in page.elements if tag == "p" and attributes.get("lang") == "en"]
    indonesian = [tag for tag, attributes in page.elements if tag == "p" and "lang" not in attributes]
    assert len(english) >= 1
    assert len(indonesian) >= len(english)


class TestNotYet:
    def test_says_when_in_the_zone_it_is_given(self) -> None:
        page = Page(pages.not_yet(datetime(2027, 1, 2, 8, 5, tzinfo=ZoneInfo("Asia/Jakarta"))))
        assert page.within("time") == ["2 Januari 2027 pukul 08.05 WIB", "2 January 2027 at 08:05 WIB"]
        times = [attributes["datetime"] for tag, attributes in page.elements if tag == "time"]
        assert times == ["2027-01-02T08:05+07:00"] * 2

    @pytest.mark.parametrize("month", range(1, 13))
    def test_knows_every_month(self, month: int) -> None:
        english = datetime(2027, month, 1, tzinfo=UTC).strftime("%B")
        assert f"1 {english} 2027 at 00:00 UTC" in Page(pages.not_yet(datetime(2027, month, 1, tzinfo=UTC))).text


class TestClosed:
    @pytest.mark.parametrize("page", [pages.retired_page, pages.ended_page])
    def test_names_the_successor_where_there_is_one(self, page: Any) -> None:
        assert Page(page(None)).links == []
        assert Page(page("https://s.polda.example/live")).links == ["https://s.polda.example/live"] * 2

    def test_an_address_that_is_none_of_the_web_is_no_link(self) -> None:
        page = Page(pages.retired_page("javascript:alert(1)"))
        assert page.links == []
        assert "javascript:alert(1)" in page.text


class TestOfficial:
    def test_says_whose_it_is_and_where_it_leads(self) -> None:
        page = official()
        for value in (
            *OFFICIAL["leads_to"],
            *(OFFICIAL[name] for name in ("short_url", "unit", "programme", "campaign")),
        ):
            assert value in page.text
        assert page.within("strong")[0] == "daftar.example"
        assert "Pendaftaran tidak dipungut biaya." in page.text
        assert "diawali https://s.polda.example/." in page.text
        assert page.links == [OFFICIAL["short_url"]]

    @pytest.mark.parametrize(
        ("address", "host"),
        [
            ("https://daftar.example", "daftar.example"),
            ("https://daftar.example:8443/x", "daftar.example:8443"),
            ("https://s/s/s", "s"),
            ("https://daftar.example/?next=https://evil.example/", "daftar.example"),
            ("https://daftar.example?@evil.example", "daftar.example"),
            ("https://daftar.example#@evil.example", "daftar.example"),
            ("https://daftar.example/@evil.example", "daftar.example"),
            ("https://daftar.example@evil.example/", "evil.example"),
            ("https://a@daftar.example@evil.example/", "evil.example"),
            ("https://evil.example\\@daftar.example/", "evil.example"),
        ],
    )
    def test_emphasises_the_host_and_nothing_else(self, address: str, host: str) -> None:
        page = official(leads_to=["https://other.example/", address])
        assert page.within("strong")[:2] == ["other.example", host]
        assert address in page.text

    def test_names_no_address_where_there_is_none(self) -> None:
        assert "Menuju" not in official(leads_to=[]).text

    @pytest.mark.parametrize(
        ("standing", "said"),
        [
            (Standing.NOT_YET, "belum dibuka"),
            (Standing.PAUSED, "dihentikan sementara"),
            (Standing.ENDED, "sudah berakhir"),
            (Standing.RETIRED, "sudah tidak dipakai"),
            (Standing.CLOSED, "sudah ditutup"),
            (Standing.DOUBTFUL, "belum dapat kami pastikan"),
            (Standing.SECRET, "tidak aktif"),
        ],
    )
    def test_shows_that_it_does_not_redirect(self, standing: Standing, said: str) -> None:
        page = official(standing=standing, successor="https://s.polda.example/live")
        assert said in page.text
        assert page.links == ["https://s.polda.example/live"] * 2
        assert official(standing=standing).links == []
        assert said not in official().text


class TestPreview:
    def test_has_the_tags_that_crawlers_read(self) -> None:
        page = preview()
        assert page.metas == {
            "viewport": "width=device-width, initial-scale=1",
            "description": "Pendaftaran dibuka.",
            "og:type": "website",
            "og:site_name": "Polda Contoh",
            "og:locale": "id_ID",
            "og:url": "https://s.polda.example/abc",
            "og:title": "Bintara 2027",
            "og:description": "Pendaftaran dibuka.",
            "og:image": "https://s.polda.example/og.png",
            "twitter:card": "summary_large_image",
            "twitter:title": "Bintara 2027",
            "twitter:description": "Pendaftaran dibuka.",
            "twitter:image": "https://s.polda.example/og.png",
        }
        assert page.within("title") == ["Bintara 2027"]
        assert page.links == ["https://s.polda.example/abc"]
        properties = [attributes for _, attributes in page.elements if "property" in attributes]
        assert all(str(attributes["property"]).startswith("og:") for attributes in properties)
        assert len(properties) == 7

    def test_leaves_out_what_there_is_not(self) -> None:
        metas = preview(description=None, image=None).metas
        assert metas["twitter:card"] == "summary"
        assert [name for name in metas if name is not None and ("description" in name or "image" in name)] == []

    def test_says_every_text_as_it_is(self) -> None:
        metas = preview(title=HOSTILE, description=HOSTILE, site=HOSTILE).metas
        for name in ("og:title", "twitter:title", "og:description", "description", "og:site_name"):
            assert metas[name] == HOSTILE

    def test_the_tags_come_before_everything_long(self) -> None:
        page = pages.preview_page(**PREVIEW)
        assert page.index(b"charset") < 1024
        assert page.index(b"og:image") < page.index(b"<style>")


@given(st.text())
def test_no_text_becomes_markup(text: str) -> None:
    texts: dict[str, Any] = {**dict.fromkeys(OFFICIAL, text), "leads_to": [text, text]}
    hostile = pages.official_page(**texts)
    plain = {tag for tag, _ in official().elements} | {tag for tag, _ in preview().elements}
    assert {tag for tag, _ in Page(hostile).elements} <= plain | {"div"}
    assert {tag for tag, _ in Page(pages.preview_page(**dict.fromkeys(PREVIEW, text))).elements} <= plain


def test_a_lone_surrogate_is_no_error() -> None:
    assert "?" in preview(title="\ud800").metas["og:title"]  # type: ignore[operator]
