"""Channel groups of visits without UTM, and what holds for every visit.

How it can go wrong: a host matched by a piece of a word; a network that is grouped otherwise by its referrer than by a
link for it; a click id taken for an advertisement; a text that breaks the look-up.
"""

from collections.abc import Collection

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.acquisition.channel_groups import MEDIUM_OF_KIND, NOT_SET, ChannelGroup, TrafficSource, classify_traffic
from campaigns.acquisition.networks import CLICK_IDS, NETWORKS, Network, NetworkKind

G = ChannelGroup

# referrer, click ids -> source, medium, group, decided by; nothing of UTM
OTHER_ROWS: list[tuple[str | None, Collection[str], str, str, ChannelGroup, str]] = [
    (None, (), "(direct)", "(none)", G.DIRECT, "none"),
    ("", (), "(direct)", "(none)", G.DIRECT, "none"),
    (None, ("page", "lang"), "(direct)", "(none)", G.DIRECT, "none"),
    ("l.instagram.com", (), "instagram", "social", G.ORGANIC_SOCIAL, "referrer"),
    ("com.instagram.android", (), "instagram", "social", G.ORGANIC_SOCIAL, "referrer"),
    ("com.whatsapp.w4b", (), "whatsapp", "chat", G.ORGANIC_SOCIAL, "referrer"),
    ("m.youtube.com", (), "youtube", "video", G.ORGANIC_VIDEO, "referrer"),
    ("www.google.co.id", (), "google", "organic", G.ORGANIC_SEARCH, "referrer"),
    ("com.google.android.gm", (), "gmail", "email", G.EMAIL, "referrer"),
    ("shopee.co.id", (), "shopee", "referral", G.ORGANIC_SHOPPING, "referrer"),
    ("gemini.google.com", (), "gemini", "ai-assistant", G.AI_ASSISTANT, "referrer"),
    ("www.detik.com", (), "www.detik.com", "referral", G.REFERRAL, "referrer"),
    ("nasional.kompas.com", (), "nasional.kompas.com", "referral", G.REFERRAL, "referrer"),
    ("docs.google.com", (), "docs.google.com", "referral", G.REFERRAL, "referrer"),
    ("linktr.ee", (), "linktr.ee", "referral", G.REFERRAL, "referrer"),
    ("microsoft.com", (), "microsoft.com", "referral", G.REFERRAL, "referrer"),
    # a referrer says more than a click id
    ("l.instagram.com", ("fbclid",), "instagram", "social", G.ORGANIC_SOCIAL, "referrer"),
    ("www.google.com", ("gclid",), "google", "organic", G.ORGANIC_SEARCH, "referrer"),
    ("linktr.ee", ("fbclid",), "linktr.ee", "referral", G.REFERRAL, "referrer"),
    # a click id alone marks the network and is never paid
    (None, ("fbclid",), "meta", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("FBCLID",), "meta", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("fbclid", "igsh"), "instagram", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("igshid",), "instagram", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("ttclid",), "tiktok", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("twclid",), "x", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("li_fat_id",), "linkedin", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("ScCid",), "snapchat", "social", G.ORGANIC_SOCIAL, "click_id"),
    (None, ("gclid",), "google", NOT_SET, G.UNASSIGNED, "click_id"),
    (None, ("gbraid",), "google", NOT_SET, G.UNASSIGNED, "click_id"),
    (None, ("wbraid",), "google", NOT_SET, G.UNASSIGNED, "click_id"),
    (None, ("msclkid",), "bing", NOT_SET, G.UNASSIGNED, "click_id"),
]

PAID = {G.PAID_SHOPPING, G.PAID_SEARCH, G.PAID_SOCIAL, G.PAID_VIDEO, G.PAID_OTHER, G.DISPLAY}
ORGANIC = {
    NetworkKind.SOCIAL: G.ORGANIC_SOCIAL,
    NetworkKind.CHAT: G.ORGANIC_SOCIAL,
    NetworkKind.VIDEO: G.ORGANIC_VIDEO,
    NetworkKind.SEARCH: G.ORGANIC_SEARCH,
    NetworkKind.SHOPPING: G.ORGANIC_SHOPPING,
    NetworkKind.EMAIL: G.EMAIL,
    NetworkKind.SMS: G.SMS,
    NetworkKind.AI: G.AI_ASSISTANT,
}


def by_utm(source: str | None, medium: str | None, campaign: str | None = None) -> TrafficSource:
    return classify_traffic(source=source, medium=medium, campaign=campaign, referrer_host=None, click_ids=())


def by_others(referrer_host: str | None, click_ids: Collection[str], campaign: str | None = None) -> TrafficSource:
    return classify_traffic(
        source=None, medium=None, campaign=campaign, referrer_host=referrer_host, click_ids=click_ids
    )


@pytest.mark.parametrize(("referrer_host", "click_ids", "source", "medium", "group", "decided_by"), OTHER_ROWS)
def test_what_referrer_and_click_ids_say(
    referrer_host: str | None,
    click_ids: Collection[str],
    source: str,
    medium: str,
    group: ChannelGroup,
    decided_by: str,
) -> None:
    origin = by_others(referrer_host, click_ids)
    assert (origin.source, origin.medium, origin.group, origin.decided_by) == (source, medium, group, decided_by)
    # Empty values and placeholders are the same as none.
    for nothing in ("", "  ", NOT_SET):
        assert origin == classify_traffic(
            source=nothing, medium=nothing, campaign=nothing, referrer_host=referrer_host, click_ids=click_ids
        )


def test_the_campaign_counts_for_a_referrer_too() -> None:
    assert by_others("www.google.com", (), "cross-network").group is G.CROSS_NETWORK


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_a_network_is_grouped_alike_however_it_is_named(network: Network) -> None:
    expected = ORGANIC[network.kind]
    hosts = [*network.hosts, *(f"{label}.com" for label in network.country_hosts)]
    for spelling in (network.name, *network.aliases, *hosts, *network.packages):
        assert by_utm(spelling, None) == TrafficSource(network.name, NOT_SET, expected, "utm")
    for seen in (*hosts, *(f"www.{host}" for host in hosts), *network.packages):
        origin = by_others(seen, ())
        assert origin == TrafficSource(network.name, MEDIUM_OF_KIND[network.kind], expected, "referrer")
        # What a referrer tells, told by a link, is the same.
        assert by_utm(origin.source, origin.medium).group is expected


@pytest.mark.parametrize("click_id", CLICK_IDS)
def test_a_click_id_is_never_paid(click_id: str) -> None:
    assert by_others(None, (click_id,)).group not in PAID
    assert by_others(None, (click_id,), "shop").group not in PAID


WORDS = ["(direct)", "(none)", NOT_SET, "ig", "fb-ads", "l.instagram.com", "cpc", "social", "print", "cross-network"]
TEXTS = st.none() | st.text() | st.sampled_from(WORDS)


@given(source=TEXTS, medium=TEXTS, campaign=TEXTS, referrer_host=TEXTS, click_ids=st.lists(st.text(), max_size=3))
@example(source="\ud800", medium="\0", campaign="İ", referrer_host="..", click_ids=["\udfff"])
@example(source="." * 10_000, medium="-" * 10_000, campaign="a-" * 10_000, referrer_host="a." * 10_000, click_ids=[])
def test_there_is_an_answer_to_everything(
    source: str | None, medium: str | None, campaign: str | None, referrer_host: str | None, click_ids: list[str]
) -> None:
    origin = classify_traffic(
        source=source, medium=medium, campaign=campaign, referrer_host=referrer_host, click_ids=click_ids
    )
    assert origin.source
    assert origin.medium
    assert origin.group in ChannelGroup
    if origin.decided_by == "none":
        assert origin.group is G.DIRECT


@given(source=TEXTS, medium=TEXTS, campaign=TEXTS)
def test_case_and_outer_spaces_change_nothing(source: str | None, medium: str | None, campaign: str | None) -> None:
    def shouted(text: str | None) -> str | None:
        # Only where case is lost and found again: `ß` becomes `SS` for good.
        return f" {text.upper()}\t" if text is not None and text.upper().lower() == text.lower() else text

    assert by_utm(source, medium, campaign) == by_utm(shouted(source), shouted(medium), shouted(campaign))
