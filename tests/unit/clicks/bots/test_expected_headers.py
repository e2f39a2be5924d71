"""Expected headers by user agent: only for browsers that document them, and not behind proxies that may remove them."""

import pytest

from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.types import RequestFlag
from tests.unit.clicks.bots.agents import ANDROID, IPHONE, OPPO, WINDOWS

THREE = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING
ALL = THREE | RequestFlag.FETCH_MODE
TWO = RequestFlag.ACCEPT | RequestFlag.ENCODING
NOTHING = RequestFlag(0)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko)"
SAMSUNG = "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-A536E) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/"


def chrome(version: int) -> str:
    return ANDROID.replace("131", str(version))


def firefox(version: int) -> str:
    return f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ANDROID, ALL),
        (WINDOWS, ALL),
        (f"{WINDOWS} Edg/131.0.0.0", ALL),
        (f"{WINDOWS} OPR/117.0.0.0", ALL),
        (f"{SAMSUNG}27.0 Chrome/125.0.0.0 Mobile Safari/537.36", ALL),
        (firefox(128), ALL),
        (f"{MAC} Version/17.4 Safari/605.1.15", ALL),
        (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", ALL),
        # Each family before and after it sent Sec-Fetch-Mode
        (chrome(79), THREE),
        (chrome(80), ALL),
        (firefox(89), THREE),
        (firefox(90), ALL),
        (f"{IPHONE} Version/16.3 Mobile/15E148 Safari/604.1", THREE),
        (f"{IPHONE} Version/16.4 Mobile/15E148 Safari/604.1", ALL),
        # Old ones
        (chrome(59), NOTHING),
        (chrome(60), THREE),
        # WebViews of Android, for which an application may fetch without a language
        (OPPO, TWO),
        (f"{OPPO} [FB_IAB/FB4A;FBAV/411.1.0.29.112;]", TWO),
        (OPPO.replace("; wv", ""), TWO),
        (OPPO.replace("142", "59"), NOTHING),
        # In-app browsers of iOS, for which none can
        (f"{IPHONE} Mobile/15E148 Instagram 334.0.7.34.98 (iPhone14,5; iOS 17_5_1; id_ID; id; scale=3.00)", THREE),
        (f"{IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", THREE),
        # What asks through a server or a client of its maker's
        (f"{OPPO} musical_ly_2022703020 JsSdk/1.0 AppName/musical_ly BytedanceWebview/d8a21c6", NOTHING),
        (f"{OPPO} aweme_370800 JsSdk/1.0 NetType/WIFI", NOTHING),
        (f"{OPPO} UCBrowser/13.4.0.1306", NOTHING),
        (f"{OPPO} OPR/72.0.2254.67482", NOTHING),
        (f"{ANDROID} Puffin/9.7.2", NOTHING),
        # WebKit that is not Apple's
        (f"{LINUX} Version/17.4 Safari/605.1.15", THREE),
        # What is unknown
        (f"{WINDOWS} SomethingElse/1.0", NOTHING),
        ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108 Safari/537.36", NOTHING),
        ("Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18", NOTHING),
        ("Dalvik/1.6.0 (Linux; U; Android 4.4.2; SM-T231 Build/KOT49H) [FBAN/FB4A;FBAV/26.0;]", NOTHING),
    ],
)
def test_only_documented_browsers_promise_headers(text: str, expected: RequestFlag) -> None:
    verdict = classify_user_agent(text)
    assert not verdict.reasons
    assert verdict.expects == expected
