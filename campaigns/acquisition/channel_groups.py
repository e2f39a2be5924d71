"""Classifies where a visit came from: source, medium and channel group, by UTM, else the referrer, else click ids.

The groups and their order are those of Google Analytics 4's default channel group; the first match wins.
docs/decisions/0009 lists the differences and their reasons. Pure; never raises; standard library only.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from campaigns.acquisition.lookup import fold, network_of_click_ids, network_of_host, network_of_source
from campaigns.acquisition.networks import Network, NetworkKind

# Increase it with every change of rules or networks that can change a group; stored groups are then recomputed.
GROUPING_VERSION = 2

NOT_SET = "(not set)"
DIRECT_SOURCE = "(direct)"
NO_MEDIUM = "(none)"
REFERRAL_MEDIUM = "referral"


class ChannelGroup(StrEnum):
    """GA4's default channel groups in their order, plus `offline`, which is Jaring's own."""

    DIRECT = "direct"
    CROSS_NETWORK = "cross_network"
    PAID_SHOPPING = "paid_shopping"
    PAID_SEARCH = "paid_search"
    PAID_SOCIAL = "paid_social"
    PAID_VIDEO = "paid_video"
    DISPLAY = "display"
    PAID_OTHER = "paid_other"
    ORGANIC_SHOPPING = "organic_shopping"
    ORGANIC_SOCIAL = "organic_social"
    ORGANIC_VIDEO = "organic_video"
    AI_ASSISTANT = "ai_assistant"
    ORGANIC_SEARCH = "organic_search"
    REFERRAL = "referral"
    EMAIL = "email"
    AFFILIATES = "affiliates"
    AUDIO = "audio"
    SMS = "sms"
    MOBILE_PUSH = "mobile_push"
    OFFLINE = "offline"
    UNASSIGNED = "unassigned"


DecidedBy = Literal["utm", "referrer", "click_id", "none"]


@dataclass(frozen=True, slots=True)
class TrafficSource:
    """Where a visit came from. `source` is the network's canonical name if it names a known network."""

    source: str
    medium: str
    group: ChannelGroup
    decided_by: DecidedBy


# The medium of a visit known by its referrer or click id only: the one that a link for that network would have.
MEDIUM_OF_KIND = {
    NetworkKind.SOCIAL: "social",
    NetworkKind.CHAT: "chat",
    NetworkKind.SMS: "sms",
    NetworkKind.VIDEO: "video",
    NetworkKind.SEARCH: "organic",
    NetworkKind.SHOPPING: REFERRAL_MEDIUM,
    NetworkKind.EMAIL: "email",
    NetworkKind.AI: "ai-assistant",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words in mediums (and in some sources and campaigns), folded. GA4 matches parts of words instead, so that the mediums
# `cpns` and `wacpns` become paid and the campaign `coffeeshop` shopping.
_PAID = _words("cpc ppc cpm cpv cpa cpp cpl cpi cpe retargeting remarketing ad ads iklan berbayar")
_DISPLAY = _words("display banner expandable interstitial cpm")
_SHOP = _words("shop shops eshop shopping")
_SOCIAL = _words("social medsos sosmed socmed")
_SOCIAL_ALONE = _words("sm chat group-chat grup-chat media-sosial sosial-media")
_VIDEO = _words("video videos")
_REFERRAL = _words("referral app link rujukan")
_EMAIL = _words("email surel newsletter buletin")
_AFFILIATE = _words("affiliate affiliates afiliasi")
_AUDIO = _words("audio podcast siniar")
_SMS = _words("sms")
_PUSH = _words("mobile notification notifications notifikasi")
# Print, radio and television in English and Indonesian. `sosialisasi` is outreach in person, not social media.
_OFFLINE = _words(
    """
    offline luring print cetak poster qr qrcode flyer leaflet brochure brosur pamflet selebaran booklet
    billboard baliho spanduk x-banner roll-banner videotron radio tv televisi koran majalah newspaper magazine
    pameran expo sosialisasi kunjungan
    """
)
_UNSAID = (NO_MEDIUM, fold(NOT_SET))
# Sources of advertisements that do not name the network as it is called elsewhere, folded.
PAID_SOURCES = {
    "adwords": "google",
    "google-adwords": "google",
    "gads": "google",
    "g-ads": "google",
    "microsoft-ads": "bing",
    "microsoft-advertising": "bing",
}
# `fb-ads`, `tiktokads`, `fbad`, `iklan-ig`: a source that names a network and marks the placement as paid.
_BOUGHT = re.compile(r"(?P<before>.+?)(?:-?ads?|-?iklan|-paid|-berbayar|-sponsored)|(?:ads?|iklan|paid)-(?P<after>.+)")


@dataclass(frozen=True, slots=True)
class _Signals:
    """Input of the rules: folded words, the kind of network that they name, and whether the placement was paid."""

    source: str
    medium: str
    campaign: str
    kind: NetworkKind | None
    paid: bool

    @property
    def shops(self) -> bool:
        return self.kind is NetworkKind.SHOPPING or _has(self.campaign, _SHOP)


def _has(text: str, words: frozenset[str]) -> bool:
    """Whether the folded text is one of the words, or one of its hyphen-separated parts is."""
    return text in words or not words.isdisjoint(text.split("-"))


# First match wins.
_RULES: tuple[tuple[ChannelGroup, Callable[[_Signals], bool]], ...] = (
    (ChannelGroup.DIRECT, lambda said: said.source == DIRECT_SOURCE and said.medium in _UNSAID),
    (ChannelGroup.CROSS_NETWORK, lambda said: "cross-network" in said.campaign),
    (ChannelGroup.PAID_SHOPPING, lambda said: said.paid and said.shops),
    (ChannelGroup.PAID_SEARCH, lambda said: said.paid and said.kind is NetworkKind.SEARCH),
    (ChannelGroup.PAID_SOCIAL, lambda said: said.paid and said.kind in (NetworkKind.SOCIAL, NetworkKind.CHAT)),
    (ChannelGroup.PAID_VIDEO, lambda said: said.paid and said.kind is NetworkKind.VIDEO),
    (ChannelGroup.DISPLAY, lambda said: said.medium in _DISPLAY),
    (ChannelGroup.PAID_OTHER, lambda said: said.paid),
    (ChannelGroup.ORGANIC_SHOPPING, lambda said: said.shops),
    (
        ChannelGroup.ORGANIC_SOCIAL,
        lambda said: (
            said.kind in (NetworkKind.SOCIAL, NetworkKind.CHAT)
            or _has(said.medium, _SOCIAL)
            or said.medium in _SOCIAL_ALONE
        ),
    ),
    (ChannelGroup.ORGANIC_VIDEO, lambda said: said.kind is NetworkKind.VIDEO or _has(said.medium, _VIDEO)),
    (ChannelGroup.AI_ASSISTANT, lambda said: said.kind is NetworkKind.AI or said.medium == "ai-assistant"),
    (ChannelGroup.ORGANIC_SEARCH, lambda said: said.kind is NetworkKind.SEARCH or said.medium == "organic"),
    (ChannelGroup.REFERRAL, lambda said: said.medium in _REFERRAL),
    (ChannelGroup.EMAIL, lambda said: said.kind is NetworkKind.EMAIL or _has(said.medium, _EMAIL)),
    (ChannelGroup.AFFILIATES, lambda said: said.medium in _AFFILIATE),
    (ChannelGroup.AUDIO, lambda said: said.medium in _AUDIO),
    (
        ChannelGroup.SMS,
        lambda said: said.kind is NetworkKind.SMS or _has(said.source, _SMS) or _has(said.medium, _SMS),
    ),
    (
        ChannelGroup.MOBILE_PUSH,
        lambda said: said.source == "firebase" or said.medium.endswith("push") or _has(said.medium, _PUSH),
    ),
    (ChannelGroup.OFFLINE, lambda said: _has(said.medium, _OFFLINE) or _has(said.source, _OFFLINE)),
)


def classify_traffic(
    *,
    source: str | None,
    medium: str | None,
    campaign: str | None,
    referrer_host: str | None,
    click_ids: Collection[str],
) -> TrafficSource:
    """Classify a visit by its UTM values as received, the host from `referrer_host`, and the names of its click ids.

    If a source or medium is given, only they decide, and a missing one of the two is `(not set)`. Empty values and
    `(not set)` count as missing. A click id tells the network; it travels with copied links, so it never means paid.
    """
    source, medium = _given(source), _given(medium)
    if source is not None or medium is not None:
        return _by_utm(source, medium, campaign)
    if referrer_host:
        known = network_of_host(referrer_host)
        if known is None:
            return _origin(referrer_host, REFERRAL_MEDIUM, campaign, None, "referrer")
        return _origin(known.name, MEDIUM_OF_KIND[known.kind], campaign, known, "referrer")
    known = network_of_click_ids(click_ids) if click_ids else None
    if known is None:
        return TrafficSource(DIRECT_SOURCE, NO_MEDIUM, ChannelGroup.DIRECT, "none")
    if known.kind is NetworkKind.SEARCH:
        # Search engines add click ids to ads only, on their own pages and on others'. Copied links keep the id, so the
        # visit does not count as paid, and whether there was a search is unknown.
        return TrafficSource(known.name, NOT_SET, ChannelGroup.UNASSIGNED, "click_id")
    return _origin(known.name, MEDIUM_OF_KIND[known.kind], campaign, known, "click_id")


def _given(text: str | None) -> str | None:
    """The value trimmed and in lower case; None if it is empty or `(not set)`."""
    value = (text or "").strip().lower()
    return value if value and value != NOT_SET else None


def _by_utm(source: str | None, medium: str | None, campaign: str | None) -> TrafficSource:
    named, bought = _named(source or "")
    network = named
    if named is None:
        # `alumni` / `whatsapp`: some marketers put the network into the medium.
        network, bought = _named(medium or "")
    shown = named.name if named is not None else source or NOT_SET
    return _origin(shown, medium or NOT_SET, campaign, network, "utm", bought=bought)


def _named(text: str) -> tuple[Network | None, bool]:
    """The network that a source or medium names, and whether it marks the placement as paid."""
    known = network_of_source(text)
    if known is not None:
        return known, False
    folded = fold(text)
    bought = _BOUGHT.fullmatch(folded)
    if folded in PAID_SOURCES:
        known = network_of_source(PAID_SOURCES[folded])
    elif bought is not None:
        known = network_of_source(bought["before"] or bought["after"])
    return known, known is not None


def _origin(
    source: str,
    medium: str,
    campaign: str | None,
    network: Network | None,
    decided_by: DecidedBy,
    *,
    bought: bool = False,
) -> TrafficSource:
    folded = fold(medium)
    said = _Signals(
        source=fold(source),
        medium=folded,
        campaign=fold(campaign or ""),
        kind=network.kind if network is not None else None,
        paid=bought or _has(folded, _PAID) or any(word.startswith("paid") for word in folded.split("-")),
    )
    group = next((group for group, holds in _RULES if holds(said)), ChannelGroup.UNASSIGNED)
    return TrafficSource(source, medium, group, decided_by)
