"""Any path and method gets a response, and each unknown link is counted."""

from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.links.pasted import read_pasted
from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.taps.link_kinds import LEADING, LINKS
from tests.properties.taps.requests import Redirect, Request

KNOWN = ["abc", *LINKS]
STATUSES = {"later": 404, "paused": 404, "draft": 404, "over": 410, "retired": 410}

paths = hostile.paths | st.builds(
    lambda slug, change: change(f"/{slug}"),
    st.sampled_from(KNOWN),
    st.sampled_from([str.upper, str.title, "{}/".format, "/{}".format, "{}+".format, "{}\0".format, "{}\n".format]),
)
methods = st.sampled_from(["GET", "GET", "HEAD", "POST", "OPTIONS", "get", "", "\0"])


@given(path=paths, method=methods, headers=hostile.headers)
@example("/ab\u212a", "GET", ())  # the sign for kelvin, whose lower case is the letter k
@example("/abc\ud800", "GET", ())
@bounded(80)
async def test_every_address_has_an_answer(
    redirect: Redirect, path: str, method: str, headers: tuple[tuple[bytes, bytes], ...]
) -> None:
    _, strays = await redirect.count()
    _, answer = await redirect.ask_at_once(Request(), Request(path, method=method, headers=headers))
    slug = path.strip("/").lower()
    link = slug.removesuffix("+")
    pasted = read_pasted(path)
    stray = False
    if method not in ("GET", "HEAD"):
        assert answer.status == 405
    elif not slug:
        assert answer.status == 200
    elif link not in KNOWN and pasted.slug not in KNOWN:
        # It may still mean a link by its beginning.
        means = {reading for reading, _ in pasted.readings} & set(KNOWN)
        assert answer.status == 404 or means
        stray = answer.status == 404 and not means & {"later", "paused", "draft"}
    elif (slug != link and link != "draft") or (link not in KNOWN and pasted.is_official and pasted.slug != "draft"):
        assert answer.status == 200
    else:
        known = link if link in KNOWN else pasted.slug
        assert answer.status in ([302, 200] if known in LEADING else [STATUSES[known]])
    assert (await redirect.count())[1] - strays == stray
