"""The bot rules with real user agents: people in built-in browsers of applications, and similar robots."""

import pytest

from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.types import AgentVerdict, BotReason, Device, RequestFlag
from tests.unit.clicks.bots.agents import ANDROID, CHROME, IPHONE, PEOPLE, ROBOTS, WINDOWS


@pytest.mark.parametrize(("text", "app"), PEOPLE)
def test_people_are_no_robots(text: str, app: str | None) -> None:
    verdict = classify_user_agent(text)
    assert verdict.reasons == BotReason(0)
    assert verdict.app == app


@pytest.mark.parametrize(("text", "reason"), ROBOTS)
def test_robots_are_flagged_with_their_reason(text: str, reason: BotReason) -> None:
    verdict = classify_user_agent(text)
    assert verdict.reasons == reason
    assert (verdict.expects, verdict.app) == (RequestFlag(0), None)


@pytest.mark.parametrize("text", [text for text, _ in PEOPLE + ROBOTS])
def test_case_does_not_matter(text: str) -> None:
    assert classify_user_agent(text.upper()) == classify_user_agent(text)


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (ANDROID, Device.ANDROID),
        ("Dalvik/2.1.0 (Linux; U; Android 9; SM-G965U Build/PPR1.180610.011)", Device.ANDROID),
        (IPHONE, Device.IOS),
        (f"{IPHONE} Mobile/15E148 Outlook-iOS-Android/1.0", Device.IOS),
        ("Mozilla/5.0 (iPad; CPU OS 15_3 like Mac OS X) Mobile/15E148 Example-Android/1.0", Device.IOS),
        (f"{WINDOWS} Example-iPhone-Android/1.0", Device.DESKTOP),
        ("Mozilla/5.0 (Linux; Android 13; SM-A536E) Mobile Example-iPhone/1.0", Device.ANDROID),
        ("Mozilla/5.0 (iPad; CPU OS 15_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)", Device.IOS),
        ("[FBAN/FBIOS;FBAV/75.0.0.48.61;FBDV/iPhone8,1]", Device.IOS),
        ("[FBAN/FB4A;FBAV/26.0.0.22.16;FBLC/id_ID;FBDV/C1905;FBSV/4.1.2]", Device.ANDROID),
        (f"Mozilla/5.0 (Linux; Android 10; HiPad X) {CHROME}", Device.ANDROID),
        ("UCWEB/2.0 (MIDP-2.0; U; Adr 4.4.2; id; SM-G313HZ) U2/1.0.0 UCBrowser/10.2.1.612 Mobile", Device.ANDROID),
        ("UCWEB/2.0 (iOS; U; iPh OS 6_1; id; iPh5,2) U2/1.0.0 UCBrowser/9.5.1.408 Mobile", Device.IOS),
        ("dv(iPh9,2);pr(UCBrowser/11.3.5.1203);ov(15_7_4);ss(414x736);nt(1);", Device.IOS),
        (WINDOWS, Device.DESKTOP),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", Device.DESKTOP),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko)", Device.DESKTOP),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Device.DESKTOP),
        ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 650)", Device.OTHER),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows CE; IEMobile 8.12; MSIEMobile 6.0)", Device.OTHER),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One)", Device.OTHER),
        ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko)", Device.OTHER),
        ("curl/8.4.0", Device.OTHER),
        ("", Device.OTHER),
    ],
)
def test_the_device_is_what_the_agent_says(text: str, device: Device) -> None:
    assert classify_user_agent(text).device == device


def test_a_verdict_on_nothing_expects_nothing() -> None:
    assert classify_user_agent("") == AgentVerdict(BotReason.EMPTY_AGENT, RequestFlag(0), Device.OTHER, None)
