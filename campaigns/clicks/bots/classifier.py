"""Classifies a user agent: a person's browser, or a robot and of which kind.

Called by the redirect when it first sees an agent, and by `reclassify` for stored ones. The rules are tables:
the other files of this folder hold one table each. At most one reason applies, the first of: empty, preview,
automation, crawler. docs/decisions/0008 explains the rules.
"""

import re

from campaigns.acquisition.lookup import network_of_package
from campaigns.clicks.bots import apps as people
from campaigns.clicks.bots import automation, crawlers, previews
from campaigns.clicks.bots.devices import NOTHING, device_of, expected_of_browser, sends_fetch_mode
from campaigns.clicks.types import AgentVerdict, BotReason, Device, RequestFlag

# Increase it whenever a verdict can change, also with a new version of is-bot. It is stored with every verdict.
RULES_VERSION: int = 2

NO_REASON = BotReason(0)


def classify_user_agent(text: str) -> AgentVerdict:
    """The verdict on a User-Agent header; deterministic, and never raises.

    Takes time linear in the length of `text`; callers cut it to 1,000 characters.
    """
    lowered, _, package = text.strip().lower().partition(people.PACKAGE_MARK.lower())
    if not any(character.isalnum() for character in lowered):
        return AgentVerdict(BotReason.EMPTY_AGENT, NOTHING, Device.OTHER, None)
    device = device_of(lowered)
    plain = people.PLAIN.fullmatch(lowered)
    phone = None if plain else people.PHONE.match(lowered)
    app = _app_of_package(package) if plain and " gsa/" not in lowered else _app_of(lowered) or _app_of_package(package)
    reason = _certain_reason(lowered, app)
    if reason:
        return AgentVerdict(reason, NOTHING, device, None)
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


def _app_of_package(package: str) -> str | None:
    network = network_of_package(package)
    return network.name if network is not None else None


def _certain_reason(lowered: str, app: str | None) -> BotReason:
    """The reason if the agent contains a name that no person's browser or app ever contains."""
    if _is_preview(lowered):
        return BotReason.PREVIEW
    if lowered.startswith(automation.AT_THE_START) or any(name in lowered for name in automation.ANYWHERE):
        return BotReason.AUTOMATED
    if automation.is_phones_library(lowered, app):
        return BotReason.AUTOMATED
    if any(name in lowered for name in crawlers.NAMES):
        return BotReason.CRAWLER
    return NO_REASON


def _is_preview(lowered: str) -> bool:
    if previews.ELECTRON in lowered:
        return any(name in lowered for name in previews.FETCHING_ON_DESKTOPS)
    return (
        lowered.startswith(previews.AT_THE_START)
        or any(name in lowered for name in previews.ANYWHERE)
        or previews.APPLES_SERVICES.match(lowered) is not None
    )


def _says_crawler(lowered: str, phone: re.Match[str] | None, app: str | None) -> bool:
    """Whether an agent that is not a plain browser declares itself to be a robot."""
    if phone or app or people.HANDSET.match(lowered):
        rest = people.PROPERTIES.sub("", lowered[phone.end() :] if phone else lowered)
        return crawlers.ANNOUNCED.search(rest) is not None
    return crawlers.is_bare(lowered) or crawlers.is_listed(people.HARMLESS.sub("", lowered))
