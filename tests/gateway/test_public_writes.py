"""How many registrations one network may send, and what its answers say of that."""

from collections import Counter
from ipaddress import ip_network

import pytest

from tests.gateway.exchange import Exchange, Wired

FORM = b"/v1/public/campaigns/x/applications"
POLICY, LEFT = b"ratelimit-policy", b"ratelimit"


def write(peer: str = "203.0.113.9", target: bytes = FORM, method: str = "POST") -> Exchange:
    return Exchange(method=method, target=target, peer=peer)


async def test_beyond_the_limit_it_is_told_when_to_come_again(wired: Wired) -> None:
    forwarder = wired.forwarder_with(writes_per_minute=1)
    sent = [await write().through(forwarder) for _ in range(4)]
    # Nobody serves candidates here, so what is let through is answered with 503.
    assert [(exchange.status, exchange.body) for exchange in sent] == [(503, b"api-away")] * 3 + [
        (429, b"too-many-requests")
    ]
    assert {exchange.answer_headers[POLICY] for exchange in sent} == {b'"public-writes";q=3;w=180'}
    assert [exchange.answer_headers[LEFT] for exchange in sent] == [
        b'"public-writes";r=2;t=60',
        b'"public-writes";r=1;t=60',
        b'"public-writes";r=0;t=60',
        b'"public-writes";r=0;t=60',
    ]


@pytest.mark.parametrize(
    ("peers", "let_through"),
    [
        (["203.0.113.9", "203.0.113.10"], 6),
        (["2001:db8:1:2::1", "2001:db8:1:2:ffff::1"], 3),
        (["2001:db8:1:2::1", "2001:db8:1:3::1"], 6),
        (["::ffff:203.0.113.9", "203.0.113.9"], 3),
    ],
)
async def test_a_network_is_an_ipv4_address_or_64_bits_of_ipv6(
    wired: Wired, peers: list[str], let_through: int
) -> None:
    forwarder = wired.forwarder_with(writes_per_minute=1)
    found = Counter([(await write(peer).through(forwarder)).status for peer in peers * 4])
    assert found == {503: let_through, 429: 8 - let_through}


async def test_behind_a_proxy_it_is_the_client_that_counts(wired: Wired) -> None:
    forwarder = wired.forwarder_with(writes_per_minute=1, proxies=[ip_network("203.0.113.0/24")])
    statuses = []
    for number in range(8):
        exchange = write()
        exchange.headers = [(b"x-forwarded-for", f"198.51.100.{number % 2}, 114.4.{number % 2}.1".encode())]
        statuses.append((await exchange.through(forwarder)).status)
    assert Counter(statuses) == {503: 6, 429: 2}


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", FORM), ("HEAD", FORM), ("OPTIONS", FORM), ("POST", b"/v1/links"), ("POST", b"/v1/publicity")],
)
async def test_reading_and_staff_are_not_counted(wired: Wired, method: str, target: bytes) -> None:
    forwarder = wired.forwarder_with(writes_per_minute=1)
    sent = [await write(method=method, target=target).through(forwarder) for _ in range(5)]
    assert not {exchange.status for exchange in sent} & {429}
    assert not any(header in exchange.answer_headers for exchange in sent for header in (POLICY, LEFT))
