"""A tap with any headers is redirected and stored, and so are the other taps of its commit."""

import asyncio

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from campaigns.clicks.capture.request_headers import HeaderParser
from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.taps.link_kinds import LEADING
from tests.properties.taps.requests import Redirect, Request

# Two who do not know what a tap between them sends.
BEFORE = Request(headers=((b"user-agent", hostile.PHONE),))
AFTER = Request("/deciding", headers=((b"user-agent", hostile.IPHONE), (b"accept-language", b"jv")))

requests = st.builds(
    Request,
    path=st.sampled_from(LEADING).map("/".__add__),
    headers=hostile.headers,
    method=st.sampled_from(["GET", "GET", "HEAD"]),
    peer=st.sampled_from(["127.0.0.1", "127.0.0.1", "114.4.1.1", "::1", "", "unix:", "\ud800"]),
)


@given(hostiles=st.lists(requests, min_size=1, max_size=3))
@example([Request(headers=((b"user-agent", b"nul\0in"), (b"referer", b"https://a\tb\n.example/")))])
@example([Request(headers=((b"user-agent", b"\xed\xa0\x80" * 3000), (b"accept-language", b"\\N")))])
@example([Request(headers=((b"user-agent", b"\n\\.\n"), (b"accept-language", b"id\tx"), (b"x-forwarded-for", b"\0")))])
@bounded(100)
async def test_a_hostile_tap_is_stored_with_its_neighbours(redirect: Redirect, hostiles: list[Request]) -> None:
    answers = await redirect.ask_at_once(BEFORE, *hostiles, AFTER)
    assert (answers[0].status, answers[-1].status) == (302, 302)
    assert {answer.status for answer in answers} <= {200, 302}


@given(hostiles=st.lists(requests, min_size=2, max_size=6))
@bounded(3)
async def test_and_so_it_is_by_way_of_the_journal(redirect: Redirect, hostiles: list[Request]) -> None:
    redirect.taps.fallback.switch_to_journal()
    await redirect.ask_at_once(BEFORE, *hostiles, AFTER)


# What a reader with a mistake in it might write: no row of the table, but one line, and no end of the whole block.
garbage = st.binary(max_size=60).map(lambda line: line.translate(None, b"\n\r\\\t"))


@given(line=garbage)
@bounded(3)
async def test_a_rejected_line_does_not_affect_other_lines(redirect: Redirect, line: bytes) -> None:
    agent = HeaderParser().agents.get(hostile.IPHONE)
    redirect.refused += 1
    before, _, after = await asyncio.gather(
        redirect.ask(BEFORE), redirect.taps.clicks.write(line + b"\n", agent), redirect.ask(AFTER)
    )
    await redirect.check_stored((BEFORE, AFTER), (before, after))


@given(hostiles=st.lists(requests, min_size=1, max_size=4), turns=st.integers(0, 6))
@settings(bounded(20), phases=[Phase.explicit, Phase.generate])  # a writer that died would make every example fail
async def test_disconnected_browsers_do_not_affect_others(
    redirect: Redirect, hostiles: list[Request], turns: int
) -> None:
    leaving = [asyncio.create_task(redirect.ask(request)) for request in hostiles]
    staying = [asyncio.create_task(redirect.ask(request)) for request in (BEFORE, AFTER)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    await redirect.check_stored((BEFORE, AFTER), await asyncio.gather(*staying))
    await asyncio.gather(*leaving, return_exceptions=True)
