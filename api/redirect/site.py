"""What the host of the short links answers that is no link: its front page, and files that programs ask for unasked.

None of it is a tap. Preview crawlers obey robots.txt, so it lets them read links; that no search engine lists them is
said by each page (`noindex`).
"""

import re
from collections.abc import Awaitable, Callable

from api.redirect import pages
from api.redirect.answers import ANSWERS, EMPTY, NO_STORE, Send, send_answer, send_page
from campaigns.kit.batched_counter import BatchedCounter

HOME = BatchedCounter(ANSWERS.labels("home"))
FILE = BatchedCounter(ANSWERS.labels("file"))

# Asked for by browsers, phones and crawlers on their own account, so that nobody tapped anything.
_FILES = re.compile(
    r"(?:favicon|apple-touch-icon[a-z0-9-]*)\.(?:ico|png|svg)"
    r"|\.well-known(?:/.*)?|apple-app-site-association|assetlinks\.json|(?:app-)?ads\.txt|security\.txt|humans\.txt"
    r"|sitemap\.xml|manifest\.json|site\.webmanifest|browserconfig\.xml|sw\.js",
    re.DOTALL,
)
# As long as the answer can be wrong after an upgrade that has the file.
_CACHED = (b"cache-control", b"public, max-age=86400")
_ROBOTS = b"User-agent: *\nDisallow: /v1/\n"

Answering = Callable[[Send, str, str | None], Awaitable[None]]


def answer_for(path: str) -> Answering | None:
    """What sends the answer to a path (lower case, without slashes at its ends); None if it may be a link.

    It is called with the method, and with the address that the bare host leads to, if that has no page of its own.
    """
    if not path:
        return _answer_home
    if path == "robots.txt":
        return _answer_robots
    return _answer_missing if _FILES.fullmatch(path) else None


async def _answer_home(send: Send, method: str, home: str | None) -> None:
    HOME.add()
    if home is None:
        await send_page(send, 200, pages.HOME, method)
    else:
        await send_answer(send, 302, [(b"location", home.encode("ascii")), NO_STORE, EMPTY])


async def _answer_robots(send: Send, method: str, _home: str | None) -> None:
    FILE.add()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(_ROBOTS)).encode())]
    await send_answer(send, 200, [*headers, _CACHED], b"" if method == "HEAD" else _ROBOTS)


async def _answer_missing(send: Send, _method: str, _home: str | None) -> None:
    FILE.add()
    await send_answer(send, 404, [EMPTY, _CACHED])
