"""Channel groups by UTM: a table of parameters and expected groups.

How it can go wrong: a later rule before an earlier one; a word found inside another word (`cpns`, `poster`); one
network under two names; a missing value that vanishes instead of staying `(not set)`.
"""

import pytest

from campaigns.acquisition.channel_groups import NOT_SET, ChannelGroup, TrafficSource, classify_traffic

G = ChannelGroup

# source, medium, campaign, group, the source it is reported as (None: as given)
UTM_ROWS: list[tuple[str | None, str | None, str | None, ChannelGroup, str | None]] = [
    # GA4's order, each rule once, by what alone makes it hold
    ("(direct)", "(none)", None, G.DIRECT, None),
    ("(direct)", NOT_SET, None, G.DIRECT, None),
    ("(direct)", None, None, G.DIRECT, None),
    ("some", "some", "cross-network", G.CROSS_NETWORK, None),
    ("some", "some", "2027-cross-network-jabar", G.CROSS_NETWORK, None),
    ("shopee", "cpc", None, G.PAID_SHOPPING, None),
    ("some", "retargeting", "shopping", G.PAID_SHOPPING, None),
    ("google", "ppc", None, G.PAID_SEARCH, None),
    ("facebook", "retargeting", None, G.PAID_SOCIAL, None),
    ("youtube", "paid-something", None, G.PAID_VIDEO, None),
    ("some", "display", None, G.DISPLAY, None),
    ("some", "banner", None, G.DISPLAY, None),
    ("some", "expandable", None, G.DISPLAY, None),
    ("some", "interstitial", None, G.DISPLAY, None),
    ("some", "cpm", None, G.DISPLAY, None),
    ("some", "cpc", None, G.PAID_OTHER, None),
    ("tokopedia", "some", None, G.ORGANIC_SHOPPING, None),
    ("some", "some", "belanja-shopping-2027", G.ORGANIC_SHOPPING, None),
    ("some", "some", "shop", G.ORGANIC_SHOPPING, None),
    ("facebook", "some", None, G.ORGANIC_SOCIAL, None),
    ("some", "social", None, G.ORGANIC_SOCIAL, None),
    ("some", "social-network", None, G.ORGANIC_SOCIAL, None),
    ("some", "social-media", None, G.ORGANIC_SOCIAL, None),
    ("some", "social network", None, G.ORGANIC_SOCIAL, None),
    ("some", "social media", None, G.ORGANIC_SOCIAL, None),
    ("some", "sm", None, G.ORGANIC_SOCIAL, None),
    ("youtube", "some", None, G.ORGANIC_VIDEO, None),
    ("some", "video", None, G.ORGANIC_VIDEO, None),
    ("chatgpt.com", None, None, G.AI_ASSISTANT, "chatgpt"),  # what ChatGPT itself adds to the links it shows
    ("some", "ai-assistant", None, G.AI_ASSISTANT, None),
    ("bing", "some", None, G.ORGANIC_SEARCH, None),
    ("some", "organic", None, G.ORGANIC_SEARCH, None),
    ("some", "referral", None, G.REFERRAL, None),
    ("some", "app", None, G.REFERRAL, None),
    ("some", "link", None, G.REFERRAL, None),
    ("email", "some", None, G.EMAIL, None),
    ("some", "email", None, G.EMAIL, None),
    ("some", "e-mail", None, G.EMAIL, None),
    ("some", "e_mail", None, G.EMAIL, None),
    ("some", "e mail", None, G.EMAIL, None),
    ("some", "affiliate", None, G.AFFILIATES, None),
    ("some", "audio", None, G.AUDIO, None),
    ("sms", "some", None, G.SMS, None),
    ("some", "sms", None, G.SMS, None),
    ("some", "app-push", None, G.MOBILE_PUSH, None),
    ("some", "webpush", None, G.MOBILE_PUSH, None),
    ("some", "mobile", None, G.MOBILE_PUSH, None),
    ("some", "mobile-notification", None, G.MOBILE_PUSH, None),
    ("firebase", "some", None, G.MOBILE_PUSH, None),
    ("some", "print", None, G.OFFLINE, None),
    ("some", "some", "some", G.UNASSIGNED, None),
    # two rules hold: the earlier one wins
    ("(direct)", "(none)", "cross-network", G.DIRECT, None),
    ("shopee", "cpc", "cross-network", G.CROSS_NETWORK, None),
    ("google", "cpc", "shop", G.PAID_SHOPPING, None),
    ("facebook", "cpm", None, G.PAID_SOCIAL, None),
    ("youtube", "cpm", None, G.PAID_VIDEO, None),
    ("youtube", "display", None, G.DISPLAY, None),
    ("google", "banner", None, G.DISPLAY, None),
    ("instagram", "social", "shop", G.ORGANIC_SHOPPING, None),
    ("tokopedia", "social", None, G.ORGANIC_SHOPPING, None),
    ("tiktok", "video", None, G.ORGANIC_SOCIAL, None),
    ("youtube", "social", None, G.ORGANIC_SOCIAL, None),
    ("facebook", "organic", None, G.ORGANIC_SOCIAL, None),
    ("instagram", "email", None, G.ORGANIC_SOCIAL, None),
    ("google", "video", None, G.ORGANIC_VIDEO, None),
    ("chatgpt", "video", None, G.ORGANIC_VIDEO, None),
    ("chatgpt", "organic", None, G.AI_ASSISTANT, None),
    ("google", "referral", None, G.ORGANIC_SEARCH, None),
    ("google", "email", None, G.ORGANIC_SEARCH, None),
    ("gmail", "referral", None, G.REFERRAL, None),  # GA4 asks for Referral before Email
    ("email", "affiliate", None, G.EMAIL, None),
    ("sms", "affiliate", None, G.AFFILIATES, None),
    ("sms", "audio", None, G.AUDIO, None),
    ("sms", "mobile", None, G.SMS, None),
    ("poster", "mobile", None, G.MOBILE_PUSH, None),
    # paid: whole words, where GA4's `.*cp.*` finds candidates for the civil service
    ("some", "cpns", None, G.UNASSIGNED, None),
    ("some", "wacpns", None, G.UNASSIGNED, None),
    ("some", "cpns-2027", None, G.UNASSIGNED, None),
    ("instagram", "cpns", None, G.ORGANIC_SOCIAL, None),
    ("some", "unpaid", None, G.UNASSIGNED, None),
    ("some", "mcp", None, G.UNASSIGNED, None),
    ("instagram", "cpc", None, G.PAID_SOCIAL, None),
    ("instagram", "CPC", None, G.PAID_SOCIAL, None),
    ("instagram", "cpv", None, G.PAID_SOCIAL, None),
    ("instagram", "cpa", None, G.PAID_SOCIAL, None),
    ("instagram", "cpp", None, G.PAID_SOCIAL, None),
    ("instagram", "paid", None, G.PAID_SOCIAL, None),
    ("instagram", "paidsocial", None, G.PAID_SOCIAL, None),
    ("instagram", "paid-social", None, G.PAID_SOCIAL, None),
    ("instagram", "Paid_Social", None, G.PAID_SOCIAL, None),
    ("instagram", "paid social", None, G.PAID_SOCIAL, None),
    ("instagram", "social-cpc", None, G.PAID_SOCIAL, None),
    ("instagram", "social-paid", None, G.PAID_SOCIAL, None),
    ("instagram", "remarketing", None, G.PAID_SOCIAL, None),
    ("instagram", "iklan", None, G.PAID_SOCIAL, None),
    ("instagram", "berbayar", None, G.PAID_SOCIAL, None),
    ("whatsapp", "cpc", None, G.PAID_SOCIAL, None),
    ("tokopedia", "iklan", None, G.PAID_SHOPPING, None),
    ("google", "paid-search", None, G.PAID_SEARCH, None),
    ("chatgpt", "cpc", None, G.PAID_OTHER, None),
    ("email", "cpc", None, G.PAID_OTHER, None),
    (None, "cpc", None, G.PAID_OTHER, None),
    ("radio", "iklan-radio", None, G.PAID_OTHER, None),
    # a source that says that the place was bought
    ("fb-ads", None, None, G.PAID_SOCIAL, "facebook"),
    ("fbads", "some", None, G.PAID_SOCIAL, "facebook"),
    ("TikTok_Ads", None, None, G.PAID_SOCIAL, "tiktok"),
    ("iklan-ig", None, None, G.PAID_SOCIAL, "instagram"),
    ("meta-ads", None, None, G.PAID_SOCIAL, "meta"),
    ("google-ads", None, None, G.PAID_SEARCH, "google"),
    ("youtube-ad", None, None, G.PAID_VIDEO, "youtube"),
    ("alumni", "tiktok-ads", None, G.PAID_SOCIAL, None),
    ("fbad", None, None, G.PAID_SOCIAL, "facebook"),
    ("IGad", None, None, G.PAID_SOCIAL, "instagram"),
    ("tiktokiklan", None, None, G.PAID_SOCIAL, "tiktok"),
    ("ig-berbayar", None, None, G.PAID_SOCIAL, "instagram"),
    ("fb_paid", None, None, G.PAID_SOCIAL, "facebook"),
    ("Adwords", None, None, G.PAID_SEARCH, "google"),
    ("google adwords", None, None, G.PAID_SEARCH, "google"),
    ("gads", None, None, G.PAID_SEARCH, "google"),
    ("Microsoft Ads", None, None, G.PAID_SEARCH, "bing"),
    ("ytads", None, None, G.PAID_VIDEO, "youtube"),
    ("ipad", None, None, G.UNASSIGNED, None),  # ends in `ad`
    ("download", None, None, G.UNASSIGNED, None),
    ("thread", None, None, G.UNASSIGNED, None),
    ("threads", None, None, G.ORGANIC_SOCIAL, None),  # ends in `ads`
    ("some-ads", None, None, G.UNASSIGNED, None),
    # shops: whole words of the campaign, where GA4's pattern takes any `shop` after an `e`
    ("some", "some", "workshop-bintara", G.UNASSIGNED, None),
    ("some", "some", "coffeeshop-bandung", G.UNASSIGNED, None),
    ("some", "some", "photoshop", G.UNASSIGNED, None),
    ("some", "some", "e-shop", G.ORGANIC_SHOPPING, None),
    ("some", "some", "Bintara Shop 2027", G.ORGANIC_SHOPPING, None),
    # other words inside words
    ("some", "poster", None, G.OFFLINE, None),
    ("poster", "print", None, G.OFFLINE, None),
    ("alumni", "whatsapp", None, G.ORGANIC_SOCIAL, None),  # holds `app`, and is no referral
    ("some", "aplikasi", None, G.UNASSIGNED, None),
    ("some", "applicants", None, G.UNASSIGNED, None),
    ("some", "linkedin", None, G.ORGANIC_SOCIAL, None),  # holds `link`
    ("some", "sosialisasi", None, G.OFFLINE, None),  # holds `sosial`
    ("some", "bakti-sosial", None, G.UNASSIGNED, None),
    ("some", "antisocial", None, G.UNASSIGNED, None),
    ("some", "automobile", None, G.UNASSIGNED, None),
    ("some", "videotron", None, G.OFFLINE, None),
    ("some", "inorganic", None, G.UNASSIGNED, None),
    ("microsoft.com", None, None, G.UNASSIGNED, None),
    ("dropbox.com", None, None, G.UNASSIGNED, None),
    # what GA4 has no word for
    ("some", "qr", None, G.OFFLINE, None),
    ("some", "QR Code", None, G.OFFLINE, None),
    ("some", "offline", None, G.OFFLINE, None),
    ("some", "radio", None, G.OFFLINE, None),
    ("some", "tv", None, G.OFFLINE, None),
    ("some", "billboard", None, G.OFFLINE, None),
    ("some", "baliho", None, G.OFFLINE, None),
    ("some", "spanduk-terminal", None, G.OFFLINE, None),
    ("some", "x-banner", None, G.OFFLINE, None),
    ("poster", None, None, G.OFFLINE, None),
    ("koran-pagi", None, None, G.OFFLINE, None),
    ("whatsapp", "chat", None, G.ORGANIC_SOCIAL, None),
    ("alumni", "chat", None, G.ORGANIC_SOCIAL, None),
    ("some", "chat-gpt", None, G.AI_ASSISTANT, None),
    ("some", "medsos", None, G.ORGANIC_SOCIAL, None),
    ("some", "media sosial", None, G.ORGANIC_SOCIAL, None),
    ("some", "email-blast", None, G.EMAIL, None),
    ("some", "newsletter", None, G.EMAIL, None),
    ("some", "surel", None, G.EMAIL, None),
    ("some", "sms-blast", None, G.SMS, None),
    ("some", "podcast", None, G.AUDIO, None),
    ("some", "afiliasi", None, G.AFFILIATES, None),
    # aliases and spellings of a source
    ("ig", None, None, G.ORGANIC_SOCIAL, "instagram"),
    ("IG", "social", None, G.ORGANIC_SOCIAL, "instagram"),
    (" Insta ", "social", None, G.ORGANIC_SOCIAL, "instagram"),
    ("Instagram_Stories", "social", None, G.ORGANIC_SOCIAL, "instagram"),
    ("l.instagram.com", None, None, G.ORGANIC_SOCIAL, "instagram"),
    ("fb", None, None, G.ORGANIC_SOCIAL, "facebook"),
    ("m.facebook.com", None, None, G.ORGANIC_SOCIAL, "facebook"),
    ("meta", None, None, G.ORGANIC_SOCIAL, "meta"),
    ("tt", None, None, G.ORGANIC_SOCIAL, "tiktok"),
    ("Tik Tok", None, None, G.ORGANIC_SOCIAL, "tiktok"),
    ("tik-tok", None, None, G.ORGANIC_SOCIAL, "tiktok"),
    ("wa", None, None, G.ORGANIC_SOCIAL, "whatsapp"),
    ("WAG", None, None, G.ORGANIC_SOCIAL, "whatsapp"),
    ("grup wa", None, None, G.ORGANIC_SOCIAL, "whatsapp"),
    ("tele", None, None, G.ORGANIC_SOCIAL, "telegram"),
    ("tg", None, None, G.ORGANIC_SOCIAL, "telegram"),
    ("t.me", None, None, G.ORGANIC_SOCIAL, "telegram"),
    ("yt", None, None, G.ORGANIC_VIDEO, "youtube"),
    ("youtu.be", None, None, G.ORGANIC_VIDEO, "youtube"),
    ("twitter", None, None, G.ORGANIC_SOCIAL, "x"),
    ("t.co", None, None, G.ORGANIC_SOCIAL, "x"),
    ("bsky", None, None, G.ORGANIC_SOCIAL, "bluesky"),
    ("medsos", None, None, G.ORGANIC_SOCIAL, "social-media"),
    ("sosmed", None, None, G.ORGANIC_SOCIAL, "social-media"),
    ("Media Sosial", None, None, G.ORGANIC_SOCIAL, "social-media"),
    ("tokped", None, None, G.ORGANIC_SHOPPING, "tokopedia"),
    ("surel", None, None, G.EMAIL, "email"),
    ("com.ss.android.ugc.trill", None, None, G.ORGANIC_SOCIAL, "tiktok"),
    ("google.co.id", None, None, G.ORGANIC_SEARCH, "google"),
    # a missing part stays visible
    ("detik.com", None, None, G.UNASSIGNED, None),
    (None, "social", None, G.ORGANIC_SOCIAL, NOT_SET),
    (NOT_SET, "social", None, G.ORGANIC_SOCIAL, NOT_SET),
    ("", "poster", None, G.OFFLINE, NOT_SET),
    ("some", " ", None, G.UNASSIGNED, None),
]


@pytest.mark.parametrize(("source", "medium", "campaign", "group", "reported"), UTM_ROWS)
def test_what_utm_says(
    source: str | None, medium: str | None, campaign: str | None, group: ChannelGroup, reported: str | None
) -> None:
    shown = (source or NOT_SET) if reported is None else reported
    shown_medium = (medium or "").strip().lower() or NOT_SET
    # A referrer and a click id of another network change nothing about it.
    for referrer_host, click_ids in ((None, ()), ("www.linkedin.com", ("ttclid",))):
        origin = classify_traffic(
            source=source, medium=medium, campaign=campaign, referrer_host=referrer_host, click_ids=click_ids
        )
        assert origin == TrafficSource(shown, shown_medium, group, "utm")


def test_the_table_has_every_group_in_order() -> None:
    first_seen = dict.fromkeys(row[3] for row in UTM_ROWS)
    assert list(first_seen) == list(ChannelGroup)
