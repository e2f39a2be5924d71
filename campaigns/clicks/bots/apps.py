"""Applications whose built-in browser people tap links in, and the parts of an agent that name a phone, not a robot.

Read by judging.py. All entries are lower case. A new application is one line here, and RULES_VERSION goes up by one.
"""

import re

# Token and name; the first token that is in the agent names the application, so the narrower ones stand first.
APPS = (
    ("fb_iab/messenger", "messenger"),
    ("fb_iab/orca", "messenger"),
    ("fban/messenger", "messenger"),
    ("fban/orca", "messenger"),
    ("metaiab messenger", "messenger"),
    ("barcelona ", "threads"),
    ("metaiab threads", "threads"),
    ("instagram", "instagram"),
    ("fb_iab", "facebook"),
    ("fban/", "facebook"),
    ("fbav/", "facebook"),
    ("metaiab facebook", "facebook"),
    ("musical_ly", "tiktok"),
    ("musically", "tiktok"),
    ("trill_", "tiktok"),
    ("appname/trill", "tiktok"),
    ("ugc.trill", "tiktok"),
    ("bytedancewebview", "tiktok"),
    ("bytelocale/", "tiktok"),
    ("tiktok ", "tiktok"),
    ("tiktok/", "tiktok"),
    ("aweme", "douyin"),
    ("whatsapp/", "whatsapp"),
    ("telegram-android", "telegram"),
    ("telegram-ios", "telegram"),
    ("telegram/", "telegram"),
    (" line/", "line"),
    ("twitter for i", "twitter"),
    ("twitterandroid", "twitter"),
    ("twitter/", "twitter"),
    ("snapchat/", "snapchat"),
    ("com.google.android.youtube", "youtube"),
    ("com.google.ios.youtube", "youtube"),
    ("[linkedinapp]", "linkedin"),
    ("[pinterest/", "pinterest"),
    ("pinterest for ", "pinterest"),
    ("reddit/version", "reddit"),
    ("micromessenger/", "wechat"),
    ("kakaotalk ", "kakaotalk"),
    (" viber/", "viber"),
    ("zalo android", "zalo"),
    ("zalo ios", "zalo"),
    ("shopee", "shopee"),
    ("tokopedia", "tokopedia"),
    ("bukalapak", "bukalapak"),
    ("lazada", "lazada"),
    ("traveloka", "traveloka"),
    ("gojek", "gojek"),
    (" grab/", "grab"),
    (" gsa/", "google"),
)

# The head of an agent of a phone or tablet, through what its maker calls it and its build: that may be CUBOT, M bot 54,
# Newsday or Spider 8, and a build that stands on some list of crawlers. What follows the head is judged.
PHONE = re.compile(
    r"(?:mozilla/5\.0|dalvik/[\d.]+) ?\(?(?:"
    r"(?:linux|android)[^()]{0,30}?android(?:[ /-]?\d[\w.-]*)?;?(?: ?[a-z]{2}(?:[-_][a-z]{2,4})?;)?"
    r"(?:[^;()]|\([^()]*\))*"
    r"|i(?:phone|pad|pod)(?=[\d,; ])"
    r"|(?:compatible; msie [\d.]+; )?windows phone[^()]*"
    r")"
)
# Phones without a modern browser, UC's, which goes through servers of its own and says "Proxy" for it, and applications
# that name the phone's model and build in an agent of their own.
HANDSET = re.compile(
    r"(?!mozilla)(?:dv\(iph|ucweb/|(?:apple-)?i(?:phone|pad|pod)"
    r"|.{0,200}?(?:\bmidp|\bcldc|\(mre/|maui|up\.browser|wap-?[ 1b]"
    r"|\(linux; (?:u; )?android \d[\d.]*; [^;()]+ build/))"
)

# A list of properties that an application puts behind the agent: "(35/15; 480dpi; 1080x2400; CUBOT; …)", "[FBAN/…]".
PROPERTIES = re.compile(r"\((?=[^()]*(?:dpi;|android|scale=))[^()]*\)|\[fb[^\]]*\]?")

# Parts of browsers of computers, televisions, games and Nokia phones in which the broad list finds a robot's word.
HARMLESS = re.compile(
    r"chromeframe|qqdownload|gwx:downloaded|msn optimized|firephp/|embedded web browser from: https?://[\w./]*"
    r"|catcher\d|webappmanager|google ?tv|google earth|google_cube|hbtools|edition utorrent|http://www\.qtweb\.net"
    r"|netnewswire|browsex|sogoumse|sogouexplorer|metasr|proxyless|googletoolbar|alexa toolbar|mail\.ru/"
    r"|java_runtime_version|hybrid\(\)|googleplaystore"
)

# A browser's agent to the last token. Nothing else is in it, so that nothing need be looked for.
PLAIN = re.compile(
    r"mozilla/5\.0 \((?:"
    r"linux; (?:u; )?android \d[\d.]*(?:; [a-z]{2}-[a-z]{2})?(?:; [^;()]*(?:\([^()]*\)[^;()]*)?)?(?:; wv)?"
    r"|i(?:phone|pad|pod touch|pod); (?:u; )?cpu (?:iphone )?os [\d_]+ like mac os x"
    r"|windows nt [\d.]+(?:; (?:win64|wow64|arm64|x64))*"
    r"|macintosh; intel mac os x [\d_.]+"
    r"|x11; (?:(?:ubuntu|fedora); )?linux (?:x86_64|i686|aarch64|armv\w+)"
    r"|x11; cros [\w.]+ [\d.]+"
    r"|android [\d.]+; (?:mobile|tablet)"
    r")(?:; rv:[\d.]+)?\)"
    r"(?: applewebkit/[\d.]+\+? \(khtml, like gecko\)| gecko/[\d.]+)"
    r"(?P<tail>(?: (?:version|chrome|mobile|safari|firefox|crios|fxios|edg|edga|edgios|opr|opt|samsungbrowser|vivaldi"
    r"|ucbrowser|u3|yabrowser|xiaomi/miuibrowser|heytapbrowser|vivobrowser|huaweibrowser|gsa|ddg|brave)"
    r"(?:/[\da-f][\w.]*)?)+)"
)
