"""What a user agent says it runs on, and which headers a genuine client that sends it never leaves out.

Read by judging.py. The headers are expected of browsers only whose makers document them; of what is unknown nothing is
expected, because a person who is taken for a robot is worse than a robot that is counted.
"""

import re

from campaigns.clicks.types import Device, RequestFlag

# The first token that is in the agent decides. Televisions and consoles say that they run Linux or Windows too, and
# models of Android are called HiPad or NAOMIPHONE. "Adr" and "iPh" are what UC Browser calls the two in short.
TOKENS = (
    ("windows phone", Device.OTHER),
    ("windows ce", Device.OTHER),
    ("xbox", Device.OTHER),
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

# Browsers that ask through a server of their maker, and applications that fetch for their WebView with a client of
# their own: what reaches us has that client's headers, though a person waits. Opera Mini that renders pages itself
# shows by its build only.
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

# Android's WebViews, with the mark they got in Android 5 and without. Any application may fetch the page for its
# WebView (shouldInterceptRequest), which tells it every header but Accept-Language and Sec-Fetch-Mode.
WEBVIEWS = ("; wv)", " version/4.0 chrome/")
OF_WEBVIEWS = RequestFlag.ACCEPT | RequestFlag.ENCODING

# Versions from which on the three headers are expected. Older ones are rare, and not worth the risk. WebKit is asked
# about last, because Chromium names it too.
ENGINES = (
    (re.compile(r"chrome/(\d{1,6})"), 60),
    (re.compile(r"firefox/(\d{1,6})"), 60),
    (re.compile(r"applewebkit/(\d{1,6})[\d.]* \(khtml, like gecko\)[^()]*(?:mobile|version)/"), 602),
)

# Sec-Fetch-Mode by MDN's compatibility data: Chrome 76 and Edge 79, all of the family by 80; Firefox 90; Safari 16.4.
# WebViews are left out, and so is WebKit on other systems than Apple's, where builds differ.
CHROMIUM = re.compile(r" chrome/(\d{1,6})[\d.]*(?: mobile)? safari/[\d.]+(?: (?:edg|edga|opr|vivaldi)/[\d.]+)?")
SAMSUNG = re.compile(r" samsungbrowser/[\d.]+ chrome/(\d{1,6})[\d.]*(?: mobile)? safari/[\d.]+")
FIREFOX = re.compile(r" firefox/(\d{1,6})[\d.]*")
SAFARI = re.compile(r" version/(\d{1,6})\.(\d{1,6})[\d.]*(?: mobile/\w+)? safari/[\d.]+")


def device_of(lowered: str) -> Device:
    """The device that the agent, in lower case, names; an iPad that says Macintosh cannot be told from one."""
    for token, device in TOKENS:
        if token in lowered:
            return device
    return Device.OTHER


def expected_of_browser(lowered: str, app: str | None) -> RequestFlag:
    """What an agent that begins as a browser's always sends, but for Sec-Fetch-Mode."""
    if app in FETCHING_APPS or any(token in lowered for token in GO_BETWEENS):
        return NOTHING
    for engine, earliest in ENGINES:
        if (found := engine.search(lowered)) is not None:
            if int(found[1]) < earliest:
                return NOTHING
            return OF_WEBVIEWS if any(token in lowered for token in WEBVIEWS) else ALWAYS
    return NOTHING


def sends_fetch_mode(tail: str, lowered: str) -> bool:
    """Whether a plain browser's agent with this tail sends Sec-Fetch-Mode with every navigation."""
    if "; wv)" in lowered:
        return False
    if (safari := SAFARI.fullmatch(tail)) is not None:
        return (int(safari[1]), int(safari[2])) >= (16, 4) and " mac os x" in lowered
    if (chromium := CHROMIUM.fullmatch(tail) or SAMSUNG.fullmatch(tail)) is not None:
        return int(chromium[1]) >= 80
    firefox = FIREFOX.fullmatch(tail)
    return firefox is not None and int(firefox[1]) >= 90
