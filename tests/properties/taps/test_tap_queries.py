"""Any query of a short link only adds parameters to the URL, and the tap is stored."""

from urllib.parse import parse_qsl, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.taps.link_kinds import LEADING, OWN_QUERY
from tests.properties.taps.requests import Redirect, Request

OWN = parse_qsl(OWN_QUERY)
UTM = [("utm_source", "instagram"), ("utm_medium", "social"), ("utm_campaign", "bintara-jabar")]
# Of 20 parameters, each a network's click id of 1,000 characters of 12 bytes.
MAX_LOCATION_LENGTH = 20 * 1_040 * 12


def values_of(location: str, name: str) -> list[str]:
    """All values that a page finds for a parameter."""
    return [value for other, value in parse_qsl(urlsplit(location).query, keep_blank_values=True) if other == name]


@given(query=hostile.queries, slug=st.sampled_from([*LEADING, "passing"]), method=st.sampled_from(["GET", "HEAD"]))
@example(b"%00=%ed%a0%80&\xff=\xfe&via=%00qr", "passing", "GET")
@example(b"&".join(b"p%d=%%f0%%9f%%98%%80" % number for number in range(5000)), "passing", "GET")
@example(b"ref=" + b"x" * 100_000, "passing", "GET")
@example(b"name=y", "passing", "GET")
@example(b"q=a+b%26cid%3dx%0d%0aX:+y", "passing", "GET")
@example(b"a[]=2&my%20key=w&l%61ng=en", "passing", "HEAD")
@bounded(140)
async def test_a_hostile_query_is_stored_with_its_neighbours_and_changes_nothing(
    redirect: Redirect, query: bytes, slug: str, method: str
) -> None:
    answers = await redirect.ask_at_once(Request(), Request(f"/{slug}", query=query, method=method), Request())
    location = answers[1].location
    for name, value in UTM:
        assert values_of(location, name) == [value]
    assert len(values_of(location, "cid")) == (method == "GET")
    assert len(location) < MAX_LOCATION_LENGTH
    if slug == "passing":  # what the link's own address says stays as it is
        assert [values_of(location, name) for name, _ in OWN] == [[value] for _, value in OWN]
        assert urlsplit(location).fragment == "top"
