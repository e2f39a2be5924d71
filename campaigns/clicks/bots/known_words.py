"""What is stored of a user agent: words that the rules or the list below know, and short versions behind them.

Anybody can write anything into a User-Agent, and some apps write who their user is. So this is an allow-list: what is
not on it becomes `*`, models of phones too. Rules find in what is stored what they found in what was sent.
"""

import re
from collections.abc import Iterable

from campaigns.acquisition.lookup import PACKAGES
from campaigns.clicks.bots import apps, automation, crawlers, previews
from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.bots.devices import GO_BETWEENS, TOKENS
from campaigns.clicks.types import AgentVerdict, BotReason

REMOVED = "*"
MAX_KNOWN_LENGTH = 400
# Systems, browsers, engines, and what in-app browsers say of themselves.
_WORDS = """
    android applewebkit arm armv audiencenetworkforandroid audiencenetworkforios
    bot build cfnetwork chrome chromium com compatible cpu crawler crios cros crosswalk
    dalvik darwin ddg desktop edg edga edge edgios epiphany fbbv fbdv fbid fblc fbop fbsn fbss fbsv fedora firefox
    focus fxios gecko harmonyos heytapbrowser hmscore http https huaweibrowser iabmv inapp intel ios ipad ipados
    iphone ipod khtml like linux lite mac macintosh miuibrowser mobile mozilla msie netfront nettype nokia nt opera
    opr opt os other phone presto rv safari samsungbrowser spider tablet touch trident tv ubuntu ucbrowser ucweb
    version vivaldi vivobrowser webview wifi win windows wow wv www x xiaomi yabrowser
"""
_PLATFORMS = frozenset({"x11", "x64", "x86", "x86_64", "i386", "i586", "i686", "k6"})
# What stands for all user agents of a reason, in words that its rule knows.
_OF_REASON = {
    BotReason.EMPTY_AGENT: "",
    BotReason.PREVIEW: "facebookexternalhit",
    BotReason.AUTOMATED: "python-requests",
    BotReason.CRAWLER: "crawler",
}


def _words_of(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[a-z]{2,}", text)}


# Words that a version may follow; behind others a number can be anybody's.
_VERSIONED = (
    _words_of([_WORDS, *GO_BETWEENS, *automation.ANYWHERE, *automation.AT_THE_START])
    | _words_of(token for token, _ in (*apps.APPS, *TOKENS))
    | {"x"}
) - {"com", "http", "https", "phone", "www"}
# Single letters say nothing, but for "Linux; U;" and "Mac OS X"; with a number they are platforms, or a model.
KNOWN_WORDS = frozenset(
    {"u", "com", "http", "https", "phone", "www"}
    | _VERSIONED
    | _words_of((*crawlers.NAMES, *previews.ANYWHERE, *previews.AT_THE_START))
)

# A word with the number behind it, a mark between words, or anything else.
_PART = re.compile(
    r"(?P<word>[A-Za-z]+)(?P<gap>[ /:_-]{0,2})(?P<number>[0-9][0-9A-Za-z._]*)?"
    r"|(?P<mark>[ ;(),.:/_+=\[\]\"-])|[^ ;(),.:/_+=\[\]\"A-Za-z-]+"
)
# An app's name right behind a version: "Safari/537.36Snapchat12.01".
_GLUED = re.compile(r"(?<=[0-9])(?=[A-Za-z]{4})")
# As much of a version as rules read: two parts, and the build by which an Opera Mini is told.
_VERSION = re.compile(r"[0-9]{1,4}(?![0-9])(?:[._][0-9]{1,2}(?![0-9]))?(?:\.2254\.)?")
_REMOVED_RUN = re.compile(r"\*[ *._/+:=-]*\*")


def in_known_words(text: str) -> tuple[str, AgentVerdict]:
    """What is stored of an agent, and the verdict on it, which is that on the agent itself as far as words tell.

    Where the verdict hangs on something unknown, a text that stands for all of that verdict is stored instead.
    """
    verdict = classify_user_agent(text)
    agent, _, package = text.partition(apps.PACKAGE_MARK)
    behind = apps.PACKAGE_MARK + package if package in PACKAGES else ""
    known = _REMOVED_RUN.sub(REMOVED, _PART.sub(_known_part, _GLUED.sub(" ", agent)))
    known = known[: MAX_KNOWN_LENGTH - len(behind)] + behind
    if verdict.reasons == BotReason.CRAWLER and classify_user_agent(known) != verdict:
        known = f"{known} crawler"  # its name is on the broad list only
    return (known, verdict) if classify_user_agent(known) == verdict else stand_in(verdict)


def stand_in(verdict: AgentVerdict) -> tuple[str, AgentVerdict]:
    """A text that stands for all agents of a verdict, and the verdict on it: it expects no headers."""
    device = next((token for token, device in TOKENS if device is verdict.device), "")
    app = next((token for token, app in apps.APPS if app is not None and app == verdict.app), "")
    if verdict.reasons == BotReason.EMPTY_AGENT:
        return "", classify_user_agent("")
    text = f"{_OF_REASON.get(verdict.reasons, 'other')} {app} ({device}; {REMOVED})"
    return text, classify_user_agent(text)


def _known_part(part: re.Match[str]) -> str:
    word, gap, number = part["word"], part["gap"], part["number"]
    if word is None:
        return part["mark"] or REMOVED
    if f"{word}{gap}{number}".lower() in _PLATFORMS:
        return word + number
    if word.lower() not in KNOWN_WORDS:
        return REMOVED + gap + (REMOVED if number else "")
    if number is None:
        return word + gap
    version = _VERSION.match(number) if word.lower() in _VERSIONED and (gap or len(word) > 1) else None
    return word + gap + (version[0] if version else REMOVED)
