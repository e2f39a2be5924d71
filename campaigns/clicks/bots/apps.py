"""Apps with an in-app browser, and the parts of an agent that describe a phone and must not be searched for robots.

Used by classifier.py. All entries are lower case. To add an app, add a line and increase RULES_VERSION.
"""

import re

# (token, name). The first token found in the agent decides, so narrower tokens come first. A network has the name that
# it has in `acquisition.networks`. None: an advertisement inside some other app.
APPS: tuple[tuple[str, str | None], ...] = (
    ("audiencenetwork", None),
    ("fb_iab/messenger", "messenger"),
    ("fb_iab/orca", "messenger"),
    ("fban/messenger", "messenger"),
    ("fban/orca", "messenger"),
    ("fban/mlite", "messenger"),
    ("fb_iab/mlite", "messenger"),
    ("metaiab messenger", "messenger"),
    ("barcelona ", "threads"),
    ("metaiab threads", "threads"),
    ("instagram", "instagram"),
    ("fb_iab", "facebook"),
    ("fban/", "facebook"),
    ("fbav/", "facebook"),
    ("metaiab facebook", "facebook"),
    ("aweme", "douyin"),
    ("musical_ly", "tiktok"),
    ("musically", "tiktok"),
    ("trill_", "tiktok"),
    ("appname/trill", "tiktok"),
    ("ugc.trill", "tiktok"),
    ("bytedancewebview", "tiktok"),
    ("bytelocale/", "tiktok"),
    ("tiktok ", "tiktok"),
    ("tiktok/", "tiktok"),
    ("whatsapp/", "whatsapp"),
    ("telegram-android", "telegram"),
    ("telegram-ios", "telegram"),
    ("telegram/", "telegram"),
    (" line/", "line"),
    ("safari line", "line"),
    ("twitter for i", "x"),
    ("twitterandroid", "x"),
    ("twitter/", "x"),
    ("snapchat", "snapchat"),
    ("com.google.android.youtube", "youtube"),
    ("com.google.ios.youtube", "youtube"),
    ("linkedinapp", "linkedin"),
    ("[pinterest/", "pinterest"),
    ("pinterest for ", "pinterest"),
    ("reddit/version", "reddit"),
    ("reddit/20", "reddit"),
    ("micromessenger/", "wechat"),
    ("kakaotalk", "kakaotalk"),
    ("viber/", "viber"),
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
    ("googleapp/", "google"),
)

# Android's WebView names its app by the package, in a header of its own. It is stored behind the agent, as if it stood
# there, so that it is classified with it, now and by `reclassify`.
PACKAGE_MARK = " X-Requested-With/"

# The head of a phone's or tablet's agent, up to its model and build. Models are called CUBOT, M bot 54, Newsday or
# Spider 8, and some builds are on lists of crawlers, so only the text behind the head is searched for robots.
PHONE = re.compile(
    r"(?:mozilla/5\.0|dalvik/[\d.]+) ?\(?(?:"
    r"(?:linux|android)[^()]{0,30}?android(?:[ /-]?\d[\w.-]*)?;?(?: ?[a-z]{2}(?:[-_][a-z]{2,4})?;)?"
    r"(?:[^;()]|\([^()]*\))*"
    r"|i(?:phone|pad|pod)(?=[\d,; ])"
    r"|(?:compatible; msie [\d.]+; )?windows phone[^()]*"
    r")"
)
# Phones without a modern browser, UC Browser (which uses its maker's servers and says "Proxy"), and apps whose own
# agent contains the phone's model and build.
HANDSET = re.compile(
    r"(?!mozilla)(?:dv\(iph|ucweb/|(?:apple-)?i(?:phone|pad|pod)"
    r"|.{0,200}?(?:\bmidp|\bcldc|\(mre/|maui|up\.browser|wap-?[ 1b]"
    r"|\(linux; (?:u; )?android \d[\d.]*; [^;()]+ build/))"
)

# Property lists that apps append: "(35/15; 480dpi; 1080x2400; CUBOT; …)", "[FBAN/…]".
PROPERTIES = re.compile(r"\((?=[^()]*(?:dpi;|android|scale=))[^()]*\)|\[fb[^\]]*\]?")

# Parts of desktop, television, console and Nokia browsers that contain a word of the broad robot list.
HARMLESS = re.compile(
    r"chromeframe|qqdownload|gwx:downloaded|msn optimized|firephp/|embedded web browser from: https?://[\w./]*"
    r"|catcher\d|webappmanager|google ?tv|google earth|google_cube|hbtools|edition utorrent|http://www\.qtweb\.net"
    r"|netnewswire|browsex|sogoumse|sogouexplorer|metasr|proxyless|googletoolbar|alexa toolbar|mail\.ru/"
    r"|java_runtime_version|hybrid\(\)|googleplaystore"
)

# A plain browser's agent in full: it contains nothing else, so no further search is needed.
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
