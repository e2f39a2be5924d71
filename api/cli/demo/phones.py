"""What the demo's people and robots tap with: agents as they really come, where they say they come from, how often."""

from dataclasses import dataclass

_OPPO = (
    "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36"
)
_SAMSUNG = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/138.0.7204.63 Mobile Safari/537.36"
)
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)
_SAMSUNG_BROWSER = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
_SAFARI = f"{_IPHONE} Version/18.5 Mobile/15E148 Safari/604.1"
_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
_INSTAGRAM = "Instagram 406.0.0.58.159 Android (35/15; 480dpi; 1080x2400; OPPO; CPH2557; OP5B; mt6789; in_ID; 1)"
_INSTAGRAM_IPHONE = "Instagram 400.0.0.31.85 (iPhone14,5; iOS 18_5; id_ID; id; scale=3.00; 1170x2532; 1)"
_TIKTOK = (
    "trill_2024003030 JsSdk/1.0 NetType/4G Channel/googleplay AppName/trill app_version/40.3.0 ByteLocale/id-ID "
    "ByteFullLocale/id-ID Region/ID BytedanceWebview/d8a21c6"
)


@dataclass(frozen=True, slots=True)
class Phone:
    """One kind of visit: its share among those of a channel, its user agent, its referrer and the link's query."""

    share: int
    agent: str
    referrer: str = ""
    query: bytes = b""

    def headers(self, language: str) -> dict[bytes, bytes]:
        """The headers of a tap with it (lower-case names), the owner of which reads these languages."""
        headers = {
            b"user-agent": self.agent.encode(),
            b"accept": b"text/html,*/*;q=0.8",
            b"accept-encoding": b"gzip, deflate, br",
            b"accept-language": language.encode(),
            b"sec-fetch-mode": b"navigate",
            b"sec-fetch-dest": b"document",
        }
        return {**headers, b"referer": self.referrer.encode()} if self.referrer else headers


# By the source of the channel.
PHONES = {
    "instagram": [
        Phone(46, f"{_OPPO} {_INSTAGRAM}", "https://l.instagram.com/"),
        Phone(14, f"{_SAMSUNG} {_INSTAGRAM}", "https://l.instagram.com/"),
        Phone(20, f"{_IPHONE} Mobile/15E148 {_INSTAGRAM_IPHONE}", "https://l.instagram.com/"),
        Phone(13, _CHROME, "https://www.instagram.com/"),
        Phone(7, _WINDOWS, "https://www.instagram.com/"),
    ],
    "tiktok": [
        Phone(62, f"{_OPPO} {_TIKTOK}"),
        Phone(20, f"{_SAMSUNG} {_TIKTOK}"),
        Phone(12, f"{_IPHONE} Mobile/15E148 musical_ly_40.3.0 JsSdk/2.0 NetType/WIFI Channel/App Store Region/ID"),
        Phone(6, _CHROME, "https://www.tiktok.com/"),
    ],
    # WhatsApp opens links in the phone's browser.
    "whatsapp": [
        Phone(66, _CHROME),
        Phone(12, _SAMSUNG_BROWSER),
        Phone(15, _SAFARI),
        Phone(7, _WINDOWS, "https://web.whatsapp.com/"),
    ],
    "poster": [
        Phone(55, _CHROME, query=b"via=qr"),
        Phone(12, _SAMSUNG_BROWSER, query=b"via=qr"),
        Phone(23, _SAFARI, query=b"via=qr"),
        Phone(10, _CHROME),
    ],
}
ROBOTS = [
    Phone(5, "WhatsApp/2.24.20.81 A"),
    Phone(3, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    Phone(3, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    Phone(1, "python-requests/2.32.3"),
]
# How many taps of robots come with a hundred of people.
ROBOTS_PER_HUNDRED = 4

# `Accept-Language` and country by share; few live abroad.
LANGUAGES = {"id-ID,id;q=0.9,en-US;q=0.8": 82, "en-US,en;q=0.9": 13, "su-ID,id;q=0.9": 3, "jv-ID,id;q=0.9": 2}
COUNTRIES = {"ID": 94, "MY": 3, "SG": 1, "SA": 1, "TW": 1}

# Taps in each hour of the local day, in relation to each other.
HOURS = [3, 2, 1, 1, 2, 4, 6, 7, 7, 8, 8, 9, 11, 9, 8, 8, 9, 10, 12, 14, 15, 14, 9, 5]
