"""Any path and method gets a response, and only valid slugs are stored as orphan taps."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.taps.link_kinds import LEADING, LINKS
from tests.properties.taps.requests import Redirect, Request

KNOWN = ["abc", *LINKS]
STATUSES = {"later": 404, "paused": 404, "draft": 404, "over": 410, "retired": 410}
CAN_BE_A_SLUG = re.compile(r"(?=.{1,60}$)[a-z0-9]+(-[a-z0-9]+)*")

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
    stray = False
    if method not in ("GET", "HEAD"):
        assert answer.status == 405
    elif link not in KNOWN:
        assert answer.status == 404
        stray = CAN_BE_A_SLUG.fullmatch(link) is not None
    elif slug != link and link != "draft":
        assert answer.status == 200
    else:
        assert answer.status in ([302, 200] if link in LEADING else [STATUSES[link]])
    assert (await redirect.count())[1] - strays == stray
