"""Link-preview crawlers: agents that fetch a shared link to show its title and picture. They get the Open Graph page.

Used by classifier.py. All entries are lower case. To add one, add a line and increase RULES_VERSION.
"""

import re

ANYWHERE = (
    # Meta. iMessage puts these names into a Safari agent; Line and KakaoTalk add theirs to them.
    "facebookexternalhit",
    "facebookplatform/",
    "facebookscraper",
    "meta-externalhit",
    "meta-externalfetcher",
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
    "odklbot",
    "kakaostory-og",
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
    "microsoftpreview",
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
    "larkurl2meta",
    "dingtalkbot-linkservice",
    "nextcloud server crawler",
    "summalybot",
    "matrix-media-repo",
    "opengraph",
    "open graph",
)

# A preview only at the start of the agent; inside a browser's agent these names are in-app browsers.
AT_THE_START = (
    "whatsapp",  # WhatsApp, and Signal, which sends "WhatsApp/2"
    "tumblr/",
)

# The services of Apple's systems that look at a link which is shared or was received. Elsewhere, "messages" is any app.
APPLES_SERVICES = re.compile(
    r"(?:com\.apple\.)?(?:shar(?:e|ing)(?:sheet)?(?:ui)?(?:service|viewservice)?|linkpresentation|mobilesms|imagent"
    r"|imtransferagent|imessage\w{0,30}|messages(?:blastdoorservice|viewservice|extension|notificationextension)?)"
    r"(?:\(unknown version\))?/? ?[\d.]* cfnetwork/"
)

# Names of chats whose desktop application (Electron) is a preview too: it fetches what is to be sent, and opens links
# in the browser. Another chat's opens them in a window of its own, so that a person reads.
FETCHING_ON_DESKTOPS = ("whatsapp/",)
ELECTRON = "electron/"
