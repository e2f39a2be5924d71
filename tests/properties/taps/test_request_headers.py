"""Any header of a tap is parsed without an exception, into valid values."""

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.acquisition.lookup import network_of
from campaigns.acquisition.referrer import MAX_HOST_LENGTH, referrer_host
from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.capture.agent_cache import MAX_AGENT_BYTES, UserAgentCache
from campaigns.clicks.types import AGENT_REASONS, BotReason, Device, RequestFlag
from campaigns.kit.client_address import TrustedProxies
from tests.properties import hostile
from tests.properties.bounds import bounded

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
EXPECTABLE = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING | RequestFlag.FETCH_MODE
FEW_DIGITS = "\u0663\u0967\uff11\u00b2"  # which `\d` or `isdigit` take for digits

agent_pieces = st.sampled_from(
    [
        *("Mozilla/5.0 ", "(Linux; Android 14; ", "CPH2581", "Build/AP3A", ")", "(", ";", " ", "(compatible; ", "bot"),
        *("AppleWebKit/605.1 (KHTML, like Gecko)", " Chrome/", "999999", "9999999", " Safari/537.36", " Version/", "."),
        *("Instagram 300", "[FBAN/", "musical_ly", "WhatsApp/2", "https://", "@a", "i", "\u0130", "\ufb01"),
        *FEW_DIGITS,
    ]
)
agents = st.text(hostile.characters, max_size=60) | st.lists(agent_pieces, max_size=12).map("".join)
agents |= st.builds(lambda piece, number: (piece * number)[:MAX_AGENT_BYTES], agent_pieces, st.integers(0, 400))


@given(text=agents)
@example(hostile.PHONE.decode().replace("130", "\u0661\u0663\u0660"))
@bounded(400)
def test_every_agent_has_one_verdict(text: str) -> None:
    verdict = classify_user_agent(text)
    assert verdict == classify_user_agent(text)
    assert verdict.reasons in AGENT_REASONS
    assert verdict.reasons.value.bit_count() <= 1
    assert verdict.expects in EXPECTABLE
    assert verdict.device in Device
    assert re.fullmatch(r"[a-z]+", verdict.app or "a")
    if verdict.reasons:
        assert (verdict.expects, verdict.app) == (RequestFlag(0), None)
    if not text.strip():
        assert verdict.reasons is BotReason.EMPTY_AGENT


@given(header=hostile.agents)
@bounded(100)
def test_every_agent_has_a_row_that_postgresql_takes(header: bytes) -> None:
    number, text, reasons, expects, *_ = UserAgentCache().get(header).row()
    assert -(2**63) <= number < 2**63
    assert 0 <= reasons | expects < 2**15
    assert len(text) <= MAX_AGENT_BYTES
    assert "\0" not in text
    text.encode("utf-8", "strict")


@given(raw=hostile.referrers)
@example(b"https://evil.example\\.instagram.com/")
@example(b"https://evil.example\xef\xbc\x8f.instagram.com/")  # a full-width slash
@example("https://xn--a.example\u3002instagram.com/".encode())
@bounded(300)
def test_a_referrer_is_a_plain_host_or_nothing(raw: bytes) -> None:
    host = referrer_host(raw)
    if host is None:
        return
    assert re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", host)
    assert len(host) <= MAX_HOST_LENGTH
    for again in (f"https://{host}", f"HTTP://{host.upper()}.:8080/path", f"https://user:word@{host}\\@t.co/"):
        assert referrer_host(again.encode()) == host
    network_of(host, ())


@given(
    peer=st.sampled_from(["10.0.0.1", "[fd00::1]:80", "114.4.1.1", "::ffff:10.0.0.1", "", "\ud800"]) | hostile.texts,
    headers=hostile.headers,
    chains=st.lists(hostile.forwarded | st.just(b"114.4.1.1, 10.0.0.2, fd00::2"), max_size=3),
)
@example("10.0.0.1", [], [b"8.8.8.8, 114.4.1.1, 10.0.0.2"])
@bounded(150)
def test_a_client_is_one_address_that_could_be_its_own(
    peer: str, headers: Sequence[tuple[bytes, bytes]], chains: list[bytes]
) -> None:
    sent = [*headers, *((b"x-forwarded-for", one) for one in chains)]
    alone, _ = TrustedProxies([]).client(peer, "https", sent)
    assert TrustedProxies([]).client(peer, "https", []) == (alone, True)  # what strangers say changes nothing
    address, _ = TrustedProxies(TRUSTED).client(peer, "http", sent)
    if address == alone:
        return
    assert is_trusted(alone)
    assert str(ip_address(address)) == address
    assert not is_trusted(address)
    hops = [hop for name, value in sent if name == b"x-forwarded-for" for hop in value.decode("latin-1").split(",")]
    from_the_right = [TrustedProxies([]).client(hop.strip(), "", [])[0] for hop in reversed(hops)]
    assert all(map(is_trusted, from_the_right[: from_the_right.index(address)]))


def is_trusted(address: str) -> bool:
    return bool(address) and any(ip_address(address) in network for network in TRUSTED)
