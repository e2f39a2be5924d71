"""Words of clicks: what is noted about a tap, and why one is not counted as a person's."""

from enum import IntFlag, StrEnum

from msgspec import Struct


class BotReason(IntFlag):
    """Why a tap is not counted as a person's; the numbers are stored, so a bit is never given another meaning.

    The first four are properties of the user agent, decided when it is first seen; the others of the single tap.
    """

    CRAWLER = 1  # it says that it is a crawler, a monitor or another robot
    PREVIEW = 2  # it fetches pages to show a preview of a link that somebody shared
    AUTOMATED = 4  # it is an HTTP library, a command-line tool or a headless browser
    EMPTY_AGENT = 8  # it sends no user agent at all
    PREFETCH = 16  # a browser fetched the page ahead, in case the person goes there
    HEAD = 32  # it asked for the headers only
    IMPLAUSIBLE = 64  # the headers are not those of the browser it says it is
    BURST = 128  # more taps of one visitor on one link than fingers can do


AGENT_REASONS = BotReason.CRAWLER | BotReason.PREVIEW | BotReason.AUTOMATED | BotReason.EMPTY_AGENT


class RequestFlag(IntFlag):
    """What is noted about one request besides its columns; stored, so a bit is never given another meaning."""

    PREFETCH = 1  # Purpose, Sec-Purpose, X-Purpose or X-Moz says prefetch, preview or prerender
    HEAD = 2  # the method was HEAD, not GET
    ACCEPT = 4  # has an Accept header
    LANGUAGE = 8  # has an Accept-Language header
    ENCODING = 16  # has an Accept-Encoding header
    FETCH_MODE = 32  # has Sec-Fetch-Mode, which browsers send to trustworthy addresses (https) only
    SECURE = 64  # arrived over https, as far as can be told behind the trusted proxies
    BURST = 128  # marked afterwards: one of too many taps of one visitor on one link


class Device(StrEnum):
    """What a tap was made with, as far as the user agent tells."""

    IOS = "ios"
    ANDROID = "android"
    DESKTOP = "desktop"
    OTHER = "other"


class AgentVerdict(Struct, frozen=True, gc=False):
    """What the rules say of a user agent.

    `reasons` are those of AGENT_REASONS that hold; `expects` is what a genuine client with this user agent always sends
    (ACCEPT, LANGUAGE, ENCODING; FETCH_MODE is expected of a tap with SECURE only), so that a tap that lacks one of
    them is implausible; `app` is the application whose built-in browser it is, such as `instagram`.
    """

    reasons: BotReason
    expects: RequestFlag
    device: Device
    app: str | None
