"""Similar names: a table of near-duplicates and of different names."""

import pytest

from campaigns.naming.normal_form import normalize_name
from campaigns.naming.similar_names import (
    are_near,
    find_near_duplicates,
    near_duplicates,
    nearest_name,
    unknown_source,
)
from campaigns.naming.types import NameIssueKind


@pytest.mark.parametrize(
    ("given", "mended", "kinds"),
    [
        ("story-1", "story-1", []),
        ("  story-1 ", "story-1", []),
        ("Story-1", "story-1", ["mixed_case"]),
        ("story 1", "story-1", ["spaces"]),
        ("story\u00a0 \t1", "story-1", ["spaces"]),
        ("story_1", "story-1", ["underscore"]),
        ("story__1", "story-1", ["underscore"]),
        ("story - 1", "story-1", ["spaces"]),
        ("_story_", "story", ["underscore"]),
        ("Story_1 Pagi", "story-1-pagi", ["mixed_case", "spaces", "underscore"]),
        ("bio.link", "bio.link", []),
        # What only `fold_utm_name` can refuse stays for it to refuse.
        ("-story", "-story", []),
        ("a--b", "a--b", []),
        ("a--b c", "a--b-c", ["spaces"]),
        ("a&b", "a&b", []),
        ("   ", "", []),
    ],
)
def test_mends_and_names_each_fault(given: str, mended: str, kinds: list[str]) -> None:
    name, faults = normalize_name(given, path=("x",))
    assert (name, [fault.kind.value for fault in faults]) == (mended, kinds)
    for fault in faults:
        assert (fault.path, fault.given, fault.suggestion) == (("x",), given, mended)
        assert mended in fault.detail


def test_a_name_in_use_keeps_its_underscores() -> None:
    assert normalize_name("bio_link", path=("x",), known={"bio_link"}) == ("bio_link", [])
    name, faults = normalize_name("Bio_Link", path=("x",), known={"bio_link"})
    assert (name, [fault.kind for fault in faults]) == ("bio_link", [NameIssueKind.MIXED_CASE])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("reels-1", "rells-1"),  # replaced
        ("reels-1", "reelss-1"),  # added
        ("reels-1", "reles-1"),  # swapped
        ("video", "vide"),  # left out
        ("instagram", "instagrm"),
        ("instagram", "instaxgram"),
        ("reels-1", "reel-1"),  # plural
        ("stories-1", "story-1"),
        ("skies-1", "sky-1"),  # the shortest plurals
        ("apps-1", "app-1"),
        ("reels-1", "reels1"),  # separators
        ("reels-1", "reels.1"),
        ("face-book", "facebook"),
        ("whats-app", "whatsapp"),  # separators inside a word whose part looks like a plural
        ("whats-app-grup", "whatsapp-grup"),
        ("news-letter-a", "newsletter-a"),
        ("kelas-malam", "kelasmalam"),
        ("kelas-malams", "kelasmalam"),
        ("kelas-malam-1", "kelasmalams1"),
        ("video-hari-1", "vidio-hari-1"),
    ],
)
def test_near_duplicates(one: str, other: str) -> None:
    assert are_near(one, other)
    assert are_near(other, one)
    assert near_duplicates([one], [other]) == {one: other}
    assert near_duplicates([other], [one]) == {other: one}
    assert near_duplicates([one, other], []) == {other: one}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("reels-1", "reels-1"),
        ("reels-1", "reels-2"),  # other digits
        ("reels-1", "rells-2"),
        ("week-12", "week-21"),
        ("week-1-2", "week-12"),
        ("reels-1", "reels"),
        ("reels-01", "reels-1"),
        ("story-a", "story-b"),  # a short word
        ("bio", "boi"),
        ("senin", "kamis"),
        ("boss-1", "bos-1"),  # no plural
        ("ties-1", "ty-1"),  # too short for one
        ("bus-1", "bu-1"),
        ("instagram", "insta"),  # more than one letter left out
        ("reels1", "reels2"),
        ("video1", "video12"),
        ("reels-1", "riils-1"),  # two slips
        ("instagram", "isntagrma"),  # two swaps
        ("instagram", "insxygram"),  # two neighbours, replaced
        ("video-pagi-1", "vidio-pagee-1"),
        ("video-pagi", "video"),  # another number of words
        ("kelas-x", "kelas-y"),
    ],
)
def test_two_names(one: str, other: str) -> None:
    assert not are_near(one, other)
    assert near_duplicates([one], [other]) == near_duplicates([other], [one]) == near_duplicates([one, other], []) == {}


def test_an_invalid_name_is_not_a_near_duplicate() -> None:
    """It is rejected elsewhere, and its look-up would take quadratic time."""
    assert near_duplicates(["rells&1", "x" * 51, "-" * 40_000], ["rells1", "x" * 50]) == {}


def test_those_that_are_meant_so_are_let_be() -> None:
    names, known = ["rells-1", "reelss-1", "bio"], {"reels-1"}
    assert find_near_duplicates(names, known, []) == {"rells-1": "reels-1", "reelss-1": "reels-1"}
    assert find_near_duplicates(names, known, ["Rells_1"]) == {"reelss-1": "reels-1"}


def test_the_name_in_use_is_the_one_suggested() -> None:
    assert near_duplicates(["rells-1", "reels-1"], ["reels-1"]) == {"rells-1": "reels-1"}
    assert near_duplicates(["reelx-1"], ["reelz-1", "reels-1"]) == {"reelx-1": "reels-1"}
    assert near_duplicates(["reelx-1", "reelz-1"], ["reels-1"]) == {"reelx-1": "reels-1", "reelz-1": "reels-1"}
    # Among those of one request it is the first, whatever the alphabet says.
    assert near_duplicates(["xinstagram", "instagramx", "instagram"], []) == {"instagram": "xinstagram"}
    # Also where the request has both of them, the wrong one first.
    assert near_duplicates(["rells-1", "reelz-1"], ["reels-1"]) == {"rells-1": "reels-1", "reelz-1": "reels-1"}


@pytest.mark.parametrize("nearest", ["instagram", None])
def test_the_refusal_of_a_source_names_the_nearest(nearest: str | None) -> None:
    issue = unknown_source(("source",), "insta", nearest)
    assert (issue.path, issue.given, issue.suggestion) == (("source",), "insta", nearest)
    assert ("instagram" in issue.detail) is (nearest is not None)
    assert "None" not in issue.detail


def test_a_name_in_use_is_no_double_of_another_in_use() -> None:
    assert near_duplicates(["reel-1"], ["reel-1", "reels-1"]) == {}


def test_finds_the_same_as_comparing_all_pairs() -> None:
    """The look-up by names with one letter removed finds every near-duplicate."""
    words = [
        "reels",
        "rells",
        "reel",
        "reesl",
        "reelss",
        "videos",
        "video",
        "vdieo",
        "vidio",
        "story",
        "stories",
        "stori",
    ]
    names = [f"{word}{mark}" for word in words for mark in ("", "-1", "1", ".2", "-pagi", "-pagi-3")]
    for name in names:
        others = sorted(set(names) - {name})
        expected = next((other for other in others if are_near(name, other)), None)
        assert (near_duplicates([name], others).get(name) is None) == (expected is None), name


def test_a_thousand_names_are_not_compared_with_ten_thousand_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counted(one: str, other: str) -> bool:
        nonlocal compared
        compared += 1
        return are_near(one, other)

    monkeypatch.setattr("campaigns.naming.similar_names.are_near", counted)
    known = [f"video-minggu-{word}-{number}" for word in ("satu", "lima", "enam", "tujuh") for number in range(2500)]
    fresh = [f"video-mingu-{word}-{number}" for word in ("satu", "lima", "enam", "tujuh") for number in range(250)]
    assert near_duplicates(fresh, known) == {name: name.replace("mingu", "minggu") for name in fresh}
    assert 0 < compared < 20_000


@pytest.mark.parametrize(
    ("word", "nearest"), [("instagrm", "instagram"), ("tiktk", "tiktok"), ("faceb", None), ("qqqq", None), ("", None)]
)
def test_suggests_the_nearest_source(word: str, nearest: str | None) -> None:
    assert nearest_name(word, ["instagram", "ig", "tiktok", "tt"]) == nearest
