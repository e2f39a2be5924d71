"""A repair never changes a slug that exists, and repairing what was repaired changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from campaigns.links.pasted import read_pasted, slug_key
from campaigns.naming.utm import SLUG_LENGTH, SLUG_PATTERN

slugs = st.from_regex(SLUG_PATTERN.replace("$", r"\Z"), fullmatch=True).filter(lambda slug: len(slug) <= SLUG_LENGTH)
outside = st.text(st.characters(exclude_categories=["L", "N", "Cs"], exclude_characters="%"), max_size=8)


@given(slug=slugs)
def test_a_slug_is_itself(slug: str) -> None:
    pasted = read_pasted(f"/{slug}")
    assert (pasted.slug, pasted.query, pasted.is_official) == (slug, b"", False)
    assert all(key == slug_key(slug) for _, key in pasted.readings)


@given(path=st.text() | st.builds("{}{}{}".format, st.text(), slugs, st.text()))
def test_a_repair_is_a_slug_and_stays_one(path: str) -> None:
    pasted = read_pasted(path)
    assert pasted.slug == "" or read_pasted(pasted.slug).slug == pasted.slug
    assert len(pasted.readings) <= 9
    pasted.query.decode("ascii")


@given(slug=slugs, before=outside, after=outside)
def test_marks_around_a_slug_do_not_hide_it(slug: str, before: str, after: str) -> None:
    pasted = read_pasted(f"/{before}{slug}{after}")
    assert slug in (pasted.slug, *(reading for reading, _ in pasted.readings)) or len(slug_key(slug)) < 3
