"""Agents that fetch a page to show a preview of a link somebody shared; they get the page with Open Graph tags.

Read by judging.py. All entries are lower case. A new one is one line here, and RULES_VERSION goes up by one.
"""

ANYWHERE = (
    # Meta; iMessage borrows these names inside a Safari agent, Line and KakaoTalk add their own to them.
    "facebookexternalhit",
    "facebookplatform/",
    "facebot",
    "line-poker",
    "kakaotalk-scrap",
    # TikTok opens the pages of bios and messages ahead; the first one comes inside an agent of its own app.
    "thirdlandingpagefeinfra",
    "shortlinktranslate",
    "tiktokspider",
    "tiktokbot",
    # Messengers
    "telegrambot",
    "skypeuripreview",
    "discordbot",
    "slackbot",
    "slack-imgproxy",
    "viberbot",
    "mattermost-bot",
    "rocket.chat",
    "synapse (bot",
    "google-messages",
    "snap url preview",
    # Networks
    "twitterbot",
    "linkedinbot",
    "pinterestbot",
    "pinterest/0.",
    "redditbot",
    "vkshare",
    "xing-contenttabreceiver",
    "quora link preview",
    "flipboardproxy",
    "nuzzel",
    "snapchatads/",
    "mastodon/",
    "bluesky cardyb",
    "pleroma ",
    "akkoma ",
    "misskey/",
    "friendica",
    "lemmy/",
    # Services that make link cards for others, and the mail programs' image proxies
    "embedly",
    "iframely",
    "notionembedder",
    "websitemetadataretriever",
    "discourse forum onebox",
    "bitrix link preview",
    "bingpreview",
    "google web preview",
    "developers.google.com/+/web/snippet",
    "googleimageproxy",
    "yahoomailproxy",
    "link preview",
    "link-preview",
    "linkpreview",
    "url preview",
    "urlpreview",
    "unfurl",
    "link-resolver",
    "unshorten",
)

# Names that mean a preview only where the agent begins with them: inside a browser's agent they are in-app browsers.
AT_THE_START = (
    "whatsapp",  # WhatsApp itself, and Signal, which gives "WhatsApp/2"
    "tumblr/",
)
