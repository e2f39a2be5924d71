"""Parameters that advertising systems add to an address, and which of their values may be stored. Pure data.

An allow-list, since anybody can write anything into an address: a value is stored only where the parameter has few of
them, so that none can be a person's. Of the others only the name is stored, and of parameters that are not in this
table nothing at all. Click ids are in `networks.CLICK_IDS`; the five names that a link sets are in `links.target_url`.
"""

import re
from collections.abc import Mapping

_NO_VALUE = re.compile(r"(?!)")

# Lower-case name -> the values that are stored, in lower case.
AD_PARAMETERS: Mapping[str, re.Pattern[str]] = {
    # Google Ads: ValueTrack, and what auto-tagging adds.
    "device": re.compile(r"[cmt]"),
    "gad_campaignid": _NO_VALUE,
    "gad_source": re.compile(r"\d"),
    "matchtype": re.compile(r"[a-z]"),
    "network": re.compile(r"g|s|d|u|x|vp|gtv|ytv"),
    **dict.fromkeys(("adgroupid", "campaignid", "creative", "feeditemid", "keyword", "targetid"), _NO_VALUE),
    # Google Analytics 4.
    "utm_creative_format": re.compile(r"banner|carousel|display|image|native|search|text|video"),
    "utm_marketing_tactic": re.compile(r"prospecting|remarketing|retargeting"),
    **dict.fromkeys(("utm_id", "utm_source_platform"), _NO_VALUE),
    # Meta: dynamic parameters of an ad.
    "placement": re.compile(
        r"(?:facebook|instagram|messenger|threads|an)"
        r"(?:_(?:feed|stories|reels|explore|explore_grid_home|profile_feed|profile_reels|marketplace|search"
        r"|right_column|video_feeds|instream_video|inbox|classic|rewarded_video))?"
    ),
    "site_source_name": re.compile(r"fb|ig|msg|an|th"),
    **dict.fromkeys(("ad_id", "adset_id", "campaign_id", "mibextid"), _NO_VALUE),
    # TikTok.
    **dict.fromkeys(("ttadid", "tt_medium", "tt_content"), _NO_VALUE),
}
