"""Types of clicks: flags of a request, and reasons for which a tap is not a click."""

from enum import IntFlag, StrEnum

from msgspec import Struct


class BotReason(IntFlag):
    """Why a tap is not counted as a click. The numbers are stored, so a bit must never get another meaning.

    The first four are properties of the user agent, set when it is first seen; the others are properties of the tap.
    """

    CRAWLER = 1  # the user agent names a crawler, a monitor or another robot
    PREVIEW = 2  # the user agent names a service that fetches shared links to show a preview
    AUTOMATED = 4  # the user agent names an HTTP library, a command-line tool or a headless browser
    EMPTY_AGENT = 8  # the request has no user agent
    PREFETCH = 16  # a browser fetched the page ahead of a possible tap
    HEAD = 32  # the method is HEAD
    IMPLAUSIBLE = 64  # headers that the named browser always sends are missing
    BURST = 128  # too many taps from one address on one link in a short time (`bots.bursts`)
    SUBRESOURCE = 512  # the browser says that it loads a part of a page: an image, a script, a frame
    UNIFORM = (
        1024  # many taps from one address on one link in half an hour, nearly all of one kind (`bots.uniform_taps`)
    )


AGENT_REASONS = BotReason.CRAWLER | BotReason.PREVIEW | BotReason.AUTOMATED | BotReason.EMPTY_AGENT


class RequestFlag(IntFlag):
    """Flags of a request. The numbers are stored, so a bit must never get another meaning."""

    PREFETCH = 1  # Purpose, Sec-Purpose, X-Purpose or X-Moz is prefetch, preview or prerender
    HEAD = 2  # the method was HEAD, not GET
    ACCEPT = 4  # has an Accept header
    LANGUAGE = 8  # has an Accept-Language header
    ENCODING = 16  # has an Accept-Encoding header
    FETCH_MODE = 32  # has Sec-Fetch-Mode, which browsers send to trustworthy addresses (https) only
    SECURE = 64  # arrived over https, according to the trusted proxies
    BURST = 128  # part of a burst; can be set after the tap is stored (`bots.bursts`)
    SUBRESOURCE = 512  # Sec-Fetch-Dest, Sec-Fetch-Mode or X-Requested-With say that it is no navigation
    PROVEN = 1024  # somebody registered with the click token of this tap (`clicks.proven`)
    STRIPPED = 2048  # a proxy took off the headers that this tap lacks (`clicks.header_watch`)
    REPAIRED = 4096  # the path was no slug as it stood, and could mean this link only (`links.pasted`)
    UNIFORM = 8192  # one of many alike; set after the tap is stored (`bots.uniform_taps`)


class Device(StrEnum):
    """The kind of device, according to the user agent."""

    IOS = "ios"
    ANDROID = "android"
    DESKTOP = "desktop"
    OTHER = "other"


class AgentVerdict(Struct, frozen=True, gc=False):
    """The classification of a user agent.

    `reasons` are the AGENT_REASONS that apply. `expects` are the headers that a genuine client with this user agent
    always sends (ACCEPT, LANGUAGE, ENCODING, and FETCH_MODE on SECURE requests); a tap without one of them is
    implausible. `app` is the application whose built-in browser it is, such as `instagram`.
    """

    reasons: BotReason
    expects: RequestFlag
    device: Device
    app: str | None
