"""Link-preview crawlers: agents that fetch a shared link to show its title and picture. They get the Open Graph page.

Used by classifier.py. All entries are lower case. To add one, add a line and increase RULES_VERSION.
"""

ANYWHERE = (
    # Meta. iMessage puts these names into a Safari agent; Line and KakaoTalk add theirs to them.
    "facebookexternalhit",
    "facebookplatform/",
    "facebot",
    "line-poker",
    "kakaotalk-scrap",
    # TikTok prefetches pages linked in bios and messages; the first name appears inside its own app's agent.
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
    # Services that render link cards for others, and image proxies of mail programs
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

# A preview only at the start of the agent; inside a browser's agent these names are in-app browsers.
AT_THE_START = (
    "whatsapp",  # WhatsApp, and Signal, which sends "WhatsApp/2"
    "tumblr/",
)
