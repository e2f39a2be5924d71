"""The verdict on a user agent, for whoever meets one for the first time: the redirect, and re-runs over history.

The rules are tables: previews.py, automation.py, crawlers.py, people.py and devices.py. A verdict has one reason at
most, the first that holds: empty, preview, automation, crawler. Decision 8 says why the rules are as they are.
"""

import re

from campaigns.clicks.bots import apps as people
from campaigns.clicks.bots import automation, crawlers, previews
from campaigns.clicks.bots.devices import NOTHING, device_of, expected_of_browser, sends_fetch_mode
from campaigns.clicks.types import AgentVerdict, BotReason, Device, RequestFlag

# Goes up whenever a verdict can come out differently, with a new version of is-bot too. Stored beside every verdict.
RULES_VERSION: int = 1

NO_REASON = BotReason(0)


def classify_user_agent(text: str) -> AgentVerdict:
    """What the rules say of `text`, the User-Agent header as it came; the same for the same text, whatever it is.

    Takes time in proportion to the text's length; callers cut it to 1,000 characters.
    """
    lowered = text.strip().lower()
    if not any(character.isalnum() for character in lowered):
        return AgentVerdict(BotReason.EMPTY_AGENT, NOTHING, Device.OTHER, None)
    device = device_of(lowered)
    reason = _certain_reason(lowered)
    if reason:
        return AgentVerdict(reason, NOTHING, device, None)
    plain = people.PLAIN.fullmatch(lowered)
    phone = None if plain else people.PHONE.match(lowered)
    app = None if plain and " gsa/" not in lowered else _app_of(lowered)
    if not plain and _says_crawler(lowered, phone, app):
        return AgentVerdict(BotReason.CRAWLER, NOTHING, device, None)
    expects = NOTHING
    if (plain or phone) and lowered.startswith("mozilla/5.0"):
        expects = expected_of_browser(lowered, app)
    if expects and plain and app is None and sends_fetch_mode(plain["tail"], lowered):
        expects |= RequestFlag.FETCH_MODE
    return AgentVerdict(NO_REASON, expects, device, app)


def _app_of(lowered: str) -> str | None:
    for token, app in people.APPS:
        if token in lowered:
            return app
    return None


def _certain_reason(lowered: str) -> BotReason:
    """The reason of an agent that has a name in it which nothing of a person's has, in-app browsers included."""
    if lowered.startswith(previews.AT_THE_START) or any(name in lowered for name in previews.ANYWHERE):
        return BotReason.PREVIEW
    if lowered.startswith(automation.AT_THE_START) or any(name in lowered for name in automation.ANYWHERE):
        return BotReason.AUTOMATED
    if any(name in lowered for name in crawlers.NAMES):
        return BotReason.CRAWLER
    return NO_REASON


def _says_crawler(lowered: str, phone: re.Match[str] | None, app: str | None) -> bool:
    """Whether an agent that is not a plain browser's says of itself that it is a robot."""
    if phone or app or people.HANDSET.match(lowered):
        rest = people.PROPERTIES.sub("", lowered[phone.end() :] if phone else lowered)
        return crawlers.ANNOUNCED.search(rest) is not None
    return crawlers.is_bare(lowered) or crawlers.is_listed(people.HARMLESS.sub("", lowered))
