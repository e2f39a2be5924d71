"""The device that a user agent names, and the headers that a genuine client with that agent always sends.

Used by classifier.py. Headers are expected only of browsers that document them. Nothing is expected of unknown clients:
taking a person for a robot is worse than counting a robot.
"""

import re

from campaigns.clicks.types import Device, RequestFlag

# The first token found decides. Televisions and consoles also claim Linux or Windows, and Android models are called
# HiPad or NAOMIPHONE. "Adr" and "iPh" are UC Browser's abbreviations.
TOKENS = (
    ("windows phone", Device.OTHER),
    ("windows ce", Device.OTHER),
    ("xbox", Device.OTHER),
    # The system at the beginning, before what an app says of itself ("Outlook-iOS-Android").
    ("(iphone;", Device.IOS),
    ("(ipad;", Device.IOS),
    ("(ipod", Device.IOS),
    ("(macintosh;", Device.DESKTOP),
    ("(windows nt ", Device.DESKTOP),
    ("android", Device.ANDROID),
    ("; adr ", Device.ANDROID),
    ("fban/fb4a", Device.ANDROID),
    ("iphone", Device.IOS),
    ("ipad", Device.IOS),
    ("ipod", Device.IOS),
    ("dv(iph", Device.IOS),
    ("; iph os ", Device.IOS),
    ("smart-tv", Device.OTHER),
    ("smarttv", Device.OTHER),
    ("tizen", Device.OTHER),
    ("web0s", Device.OTHER),
    ("hbbtv", Device.OTHER),
    ("playstation", Device.OTHER),
    ("windows", Device.DESKTOP),
    ("macintosh", Device.DESKTOP),
    ("x11;", Device.DESKTOP),
    ("cros ", Device.DESKTOP),
    ("linux x86_64", Device.DESKTOP),
)

ALWAYS = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING
NOTHING = RequestFlag(0)

# Browsers that load pages through their maker's servers, and apps that fetch pages for their WebView with an HTTP
# client of their own: the request has that client's headers although a person is waiting. An Opera Mini that renders
# pages itself can be told only by its build.
GO_BETWEENS = (
    "opera mini",
    ".2254.",
    "ucbrowser",
    "u3/",
    "puffin",
    "silk",
    "mqqbrowser",
    "tbs/",
    "baidu",
    "coc_coc",
    "turbo",
)
FETCHING_APPS = ("tiktok", "douyin", "wechat")

# Android WebViews, with the marker introduced in Android 5 and without. Any app may fetch the page for its WebView
# (shouldInterceptRequest) and is then given every header except Accept-Language and Sec-Fetch-Mode.
WEBVIEWS = ("; wv)", " version/4.0 chrome/")
OF_WEBVIEWS = RequestFlag.ACCEPT | RequestFlag.ENCODING

# First versions of which the three headers are expected. Older ones are rare and not worth the risk. WebKit comes last,
# because Chromium's agent names it too.
ENGINES = (
    (re.compile(r"chrome/(\d{1,6})"), 60),
    (re.compile(r"firefox/(\d{1,6})"), 60),
    (re.compile(r"applewebkit/(\d{1,6})[\d.]* \(khtml, like gecko\)[^()]*(?:mobile|version)/"), 602),
)

# Sec-Fetch-Mode by MDN's compatibility data: Chrome 76 and Edge 79, all of the family by 80; Firefox 90; Safari 16.4.
# WebViews are excluded, and so is WebKit outside Apple's systems, where builds differ.
CHROMIUM = re.compile(r" chrome/(\d{1,6})[\d.]*(?: mobile)? safari/[\d.]+(?: (?:edg|edga|opr|vivaldi)/[\d.]+)?")
SAMSUNG = re.compile(r" samsungbrowser/[\d.]+ chrome/(\d{1,6})[\d.]*(?: mobile)? safari/[\d.]+")
FIREFOX = re.compile(r" firefox/(\d{1,6})[\d.]*")
SAFARI = re.compile(r" version/(\d{1,6})\.(\d{1,6})[\d.]*(?: mobile/\w+)? safari/[\d.]+")


def device_of(lowered: str) -> Device:
    """The device of an agent in lower case. An iPad that claims to be a Macintosh counts as desktop."""
    for token, device in TOKENS:
        if token in lowered:
            return device
    return Device.OTHER


def expected_of_browser(lowered: str, app: str | None) -> RequestFlag:
    """The headers that a browser with this agent always sends, except Sec-Fetch-Mode."""
    if app in FETCHING_APPS or any(token in lowered for token in GO_BETWEENS):
        return NOTHING
    for engine, earliest in ENGINES:
        if (found := engine.search(lowered)) is not None:
            if int(found[1]) < earliest:
                return NOTHING
            return OF_WEBVIEWS if any(token in lowered for token in WEBVIEWS) else ALWAYS
    return NOTHING


def sends_fetch_mode(tail: str, lowered: str) -> bool:
    """Whether a plain browser with this agent sends Sec-Fetch-Mode with every navigation."""
    if "; wv)" in lowered:
        return False
    if (safari := SAFARI.fullmatch(tail)) is not None:
        return (int(safari[1]), int(safari[2])) >= (16, 4) and " mac os x" in lowered
    if (chromium := CHROMIUM.fullmatch(tail) or SAMSUNG.fullmatch(tail)) is not None:
        return int(chromium[1]) >= 80
    firefox = FIREFOX.fullmatch(tail)
    return firefox is not None and int(firefox[1]) >= 90
