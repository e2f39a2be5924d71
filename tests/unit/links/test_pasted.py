"""What a pasted path means: marks, quotes, queries and addresses around a slug, and its hyphens lost or retyped."""

import pytest

from campaigns.links.pasted import MAX_READ, read_pasted, slug_key

# As text is written in several scripts, and what copying adds.
MARKS = (
    "",
    *".,;:!?)]}>\"'*_~`|=&#@%/\\",
    *"\u201d\u2019\xbb\u2026\u3002\uff0c\u3001\u061f\u060c\u0964\uff01\xb2\u2460\u2122",
    *"\t\n\xa0\u2009\u3000\u2028\u200b\u200d\u2060\ufeff\u200e\u202c\xad\ufe0f\ufffd",
    *("--", "...", "](", ")**", "\r\n", ".html", "/index.html"),
    *(
        "\U0001f44d",
        "\U0001f447\U0001f3fd",
        "\u2764\ufe0f",
        "\U0001f1ee\U0001f1e9",
        "1\ufe0f\u20e3",
        "\u8a73\u3057\u304f",
    ),
    *("%E2%80%8B", "%25E2%2580%25A6", "&quot;", "&gt;", "&nbsp;", "&#8230;"),
)


@pytest.mark.parametrize("mark", MARKS)
def test_what_follows_is_taken_off(mark: str) -> None:
    assert read_pasted(f"/jabar-bio{mark}")[:1] + read_pasted(f"/jabar-bio{mark}")[2:] == ("jabar-bio", b"", False)


@pytest.mark.parametrize(
    "mark",
    [
        *"([{<\"'*_~`-/# ",
        *"\u201c\u2018\xab\u300c\xbf\u2022\u200b\ufeff\u202a\xa0\U0001f449",
        *("1\ufe0f\u20e3", "//", "%20", "&lt;", "https://s.example/", "http:/s.example/", "s.example/"),
        *("https:\\\\s.example\\", "hxxps://s.example/", "https//s.example/", "https://s.example:8000/"),
        *("<https://s.example/", "(s.example/", "https://s.example/https://s.example/"),
    ],
)
def test_what_comes_before_is_taken_off(mark: str) -> None:
    assert read_pasted(f"/{mark}jabar-bio").slug == "jabar-bio"


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/jabar-bio\u0300",
            "/JABAR-Bio",
            "/jabar\u2013bio",
            "/jabar\u2011bio",
            "/jabar\u2212bio",
            "/ja\u200bbar-bio",
        ),
        "/\uff2a\uff41\uff42\uff41\uff52\uff0d\uff42\uff49\uff4f",
        "/\U0001d5f7\U0001d5ee\U0001d5ef\U0001d5ee\U0001d5ff-\U0001d5ef\U0001d5f6\U0001d5fc",
        *("//jabar-bio//", "/jabar-biohttps://s.example/jabar-bio", "/**jabar-bio**", "/(jabar-bio)."),
    ],
)
def test_other_forms_of_the_same_letters_are_read(path: str) -> None:
    assert read_pasted(path).slug == "jabar-bio"


@pytest.mark.parametrize(
    "path",
    [
        *("/jabarbio", "/jabar_bio", "/jabar bio", "/jabar\u00adbio", "/jabar-\nbio", "/jabar -bio", "/jabar\xa0bio"),
        *("/jabar+bio", "/jabar.bio", "/jabar--bio", "/JabarBio", "/jaba-rbio"),
    ],
)
def test_a_hyphen_that_was_lost_or_retyped_leaves_the_key(path: str) -> None:
    pasted = read_pasted(path)
    assert slug_key("jabar-bio") in [key for _, key in pasted.readings]
    assert pasted.slug != "jabar-bio"


@pytest.mark.parametrize("path", ["/jabar-bio Yuk daftar!", "/jabar-bio, cek", "/jabar-bio*di sini*", "/jabar-bio)x"])
def test_text_that_was_copied_along_leaves_the_first_word(path: str) -> None:
    assert "jabar-bio" in [slug for slug, _ in read_pasted(path).readings]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/jabar-bio&utm_source=Soup", b"utm_source=Soup"),
        ("/jabar-bio?utm_source=x&via=qr", b"utm_source=x&via=qr"),
        ("/jabar-bio;x=y;z=w", b"x=y&z=w"),
        ("/jabar-bio&amp;x=y", b"x=y"),
        ("/jabar-bio\uff1fx=y", b"x=y"),
        ("/jabar-bio/&x=a b+c\u00e9#top", b"x=a%20b+c%C3%A9"),
        ("/jabar-bio%26x%3Dy", b"x=y"),
        ("/jabar-bio&x=%", b"x=%25"),
        ("/jabar-bio&x&=y&&z=1", b"z=1"),
        ("/jabar-bio#x=y", b""),
        ("/jabar-bio&x=\ud800", b"x="),
    ],
)
def test_a_glued_query_is_read(path: str, query: bytes) -> None:
    pasted = read_pasted(path)
    assert (pasted.slug, pasted.query) == ("jabar-bio", query)


@pytest.mark.parametrize(
    "path", ["/jabar-bio+.", "/jabar-bio+)", "/jabar-bio+&x=y", "/jabar-bio\uff0b", "/jabar-bio+ cek"]
)
def test_the_official_page_is_asked_for_by_a_plus_behind_the_slug(path: str) -> None:
    assert read_pasted(path).is_official
    assert not read_pasted(path.replace("+", "").replace("\uff0b", "")).is_official


@pytest.mark.parametrize(
    "path", ["/", "", "//", "/...", "/wp-admin/setup.php", "/a/b/c", "/\u200b", "/&x=y", "/https://s.example/"]
)
def test_what_holds_no_slug_means_nothing(path: str) -> None:
    assert read_pasted(path)[:2] == ("", ())


def test_of_a_long_text_the_beginning_is_read() -> None:
    assert read_pasted("/jabar-bio " + "x" * 100_000).readings[-1] == ("jabar-bio", "jabarbio")
    assert read_pasted("/" + "a" * (MAX_READ + 1)).slug == ""
    assert len(read_pasted("/a&" + "x=y&" * 10_000).query) < MAX_READ
