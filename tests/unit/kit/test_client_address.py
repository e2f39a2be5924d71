"""The client's address where proxies forward requests: in every spelling, and never one that a client made up."""

from ipaddress import ip_network

import pytest

from campaigns.kit.client_address import TrustedProxies, network_of, plain_address

PROXY = "10.0.0.1"
PROXIES = TrustedProxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


def forwarded(*hops: bytes, peer: str = PROXY) -> str:
    address, _ = PROXIES.client(peer, "http", [(b"x-forwarded-for", hop) for hop in hops])
    return address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("114.4.0.1", "114.4.0.1"),
        ("114.4.0.1:4711", "114.4.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:114.4.0.1", "114.4.0.1"),
        *(
            (garbage, "")
            for garbage in ("", "unknown", "_hidden", "114.4.0.256", "114.4.0", "[", "[]:1", ":4711", "%1")
        ),
    ],
)
def test_an_address_is_read_in_every_spelling_or_not_at_all(text: str, address: str) -> None:
    assert plain_address(text) == address


@pytest.mark.parametrize(
    ("hops", "address"),
    [
        ([b"114.4.0.1"], "114.4.0.1"),
        ([b" 114.4.0.1:4711 , 10.0.0.9"], "114.4.0.1"),
        ([b"[2001:db8::1]:4711, [fd00::2]:80"], "2001:db8::1"),
        ([b"::ffff:114.4.0.1, ::ffff:10.0.0.9"], "114.4.0.1"),
        # What stands left of the client's own address, the client may have made up.
        ([b"8.8.8.8, 114.4.0.1, 10.0.0.9"], "114.4.0.1"),
        ([b"8.8.8.8, 114.4.0.1", b"10.0.0.9"], "114.4.0.1"),
        ([b"8.8.8.8", b"114.4.0.1"], "114.4.0.1"),
        # So it may what stands left of garbage: then only the proxy itself is known.
        ([b"8.8.8.8, unknown, 10.0.0.9"], PROXY),
        ([b"8.8.8.8, \xff\x00"], PROXY),
        ([b"8.8.8.8,"], PROXY),
        ([b""], PROXY),
        ([], PROXY),
        ([b"10.0.0.8, 10.0.0.9"], PROXY),
        # Longer than what is remembered.
        ([b"8.8.8.8, " * 40 + b"114.4.0.1"], "114.4.0.1"),
    ],
)
def test_the_rightmost_address_that_is_no_proxy_counts(hops: list[bytes], address: str) -> None:
    assert forwarded(*hops) == address


@pytest.mark.parametrize("peer", ["114.4.0.1", "unix:", ""])
def test_a_peer_that_is_no_proxy_is_not_believed(peer: str) -> None:
    sent = [(b"x-forwarded-for", b"8.8.8.8"), (b"x-forwarded-proto", b"https")]
    assert PROXIES.client(peer, "http", sent) == (plain_address(peer), False)


@pytest.mark.parametrize(
    ("sent", "secure"),
    [(b"https", True), (b"http, HTTPS ", True), (b"https, http", False), (b"", False), (b"x", False)],
)
def test_the_scheme_is_what_the_nearest_proxy_saw(sent: bytes, secure: bool) -> None:
    assert PROXIES.client(PROXY, "http", [(b"x-forwarded-proto", sent)]) == (PROXY, secure)


def test_of_a_header_without_end_the_end_is_read() -> None:
    assert forwarded(b"8.8.8.8, " * 50_000 + b"114.4.0.1") == "114.4.0.1"
    assert forwarded(b"x" * 390_000) == PROXY
    assert forwarded(b"8.8.8.8, 114.4.0.1%" + b"x" * 390_000) == PROXY
    # The address whose beginning is cut off is another one.
    assert forwarded(b"1" * 5000 + b"0.0.0.8" + b", 10.0.0.9" * 199 + b",") == PROXY


def test_what_is_too_long_for_an_address_is_none() -> None:
    assert plain_address("fe80::1%" + "x" * 390_000) == ""
    assert plain_address("fe80::1%eth0") == "fe80::1"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("114.4.0.1", "114.4.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", ""),
    ],
)
def test_a_subscriber_has_one_ipv4_address_or_64_bits_of_ipv6(address: str, network: str) -> None:
    assert network_of(address) == network
