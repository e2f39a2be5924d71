"""What a user agent and a language amount to when visitors are told apart: device, system, browser, versions in groups.

The headers themselves can be varied without end (a version, a model, a weight), so a visitor made of them is as many
people as a sender likes. Phones of one kind behind one address are one visitor; `docs/decisions/0008` says why.
"""

import hashlib
import re

from campaigns.clicks.types import AgentVerdict, Device
from campaigns.clicks.visitors import FACTS_BITS

# The first token found in the agent is the browser. Chromium's relatives also say Chrome, and all say Safari.
BROWSERS = (
    "samsungbrowser/",
    "edg",
    "opr/",
    "opera",
    "ucbrowser/",
    "miuibrowser/",
    "heytapbrowser/",
    "vivobrowser/",
    "huaweibrowser/",
    "fxios/",
    "firefox/",
    "crios/",
    "chrome/",
    "safari/",
)
SYSTEMS = ("windows", "macintosh", "cros ", "linux")
# Phones in Indonesia are set to one of these; others count as one.
LANGUAGES = frozenset({"id", "en", "ms", "jv", "su", "zh", "ar", "ja", "ko", "nl"})

_APPLE = re.compile(r"os (\d{1,3})_")
_ENGINE = re.compile(r"(?:chrome|firefox|crios|fxios)/(\d{1,4})")
# Versions that a group holds: Apple's come once a year, others' ten times. Greater ones than those of many years from
# now are one group.
_ENGINE_GROUP, _LAST_GROUP = 10, 40


def visitor_facts(text: str, verdict: AgentVerdict, language: str | None) -> int:
    """A number of FACTS_BITS bits, the same for all agents and languages that are not told apart.

    `text` is the user agent, `language` a primary subtag in lower case.
    """
    lowered = text.lower()
    browser = verdict.app or _first(BROWSERS, lowered)
    system = _first(SYSTEMS, lowered) if verdict.device is Device.DESKTOP else ""
    spoken = language if language is None or language in LANGUAGES else "other"
    facts = "|".join((verdict.device, system, browser, str(_version_group(lowered)), spoken or ""))
    return int.from_bytes(hashlib.blake2b(facts.encode(), digest_size=2).digest(), "big") >> (16 - FACTS_BITS)


def _first(tokens: tuple[str, ...], lowered: str) -> str:
    return next((token for token in tokens if token in lowered), "")


def _version_group(lowered: str) -> int:
    apple = _APPLE.search(lowered)
    if apple is not None:
        return min(int(apple[1]), _LAST_GROUP)
    engine = _ENGINE.search(lowered)
    return min(int(engine[1]) // _ENGINE_GROUP, _LAST_GROUP) if engine is not None else 0
