"""Which addresses a check may connect to."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.links.destination_checks.address_policy import may_connect, read_address

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2400:cb00::1",
]
REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b::808:808",
    "64:ff9b:1::7f00:1",
    "100::1",  # discard
    "2001::1",  # Teredo
    "2001:2::1",  # benchmarking
    "2001:10::1",  # ORCHID
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4
    "2002:808:808::1",
    "3fff::1",
    "4000::1",  # given to nobody
    "5f00::1",  # segment routing
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",  # multicast of global scope
    "2606:4700:4700::1111%eth0",
]
METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_may_be_asked(address: str) -> None:
    assert may_connect(ip_address(address))


@pytest.mark.parametrize("address", REFUSED + METADATA)
def test_everything_else_may_not(address: str) -> None:
    assert not may_connect(ip_address(address))


def test_an_operator_opens_networks_of_its_own_and_no_others() -> None:
    networks = [ip_network("10.20.0.0/16"), ip_network("fd12::/32")]
    assert may_connect(ip_address("10.20.3.4"), networks)
    assert may_connect(ip_address("fd12::1"), networks)
    assert not may_connect(ip_address("10.21.0.1"), networks)
    assert not may_connect(ip_address("::ffff:10.20.3.4"), networks)
    assert not may_connect(ip_address("fd12::1%1"), networks)


@pytest.mark.parametrize("address", METADATA)
def test_no_network_opens_cloud_metadata(address: str) -> None:
    assert not may_connect(ip_address(address), [ip_network("0.0.0.0/0"), ip_network("::/0")])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8.8.8.8", IPv4Address("8.8.8.8")),
        ("[::1]", IPv6Address("::1")),
        ("::1", IPv6Address("::1")),
        ("2130706433", None),
        ("0x7f.1", None),
        ("127.1", None),
        ("0177.0.0.1", None),
        ("127.0.0.1.", None),
        ("a.example", None),
        ("[127.0.0.1", None),
        ("", None),
    ],
)
def test_reads_plain_spellings_only(text: str, address: object) -> None:
    assert read_address(text) == address


@given(st.ip_addresses())
@settings(deadline=None)
def test_what_may_be_asked_is_global_unicast_and_carries_no_other_address(address: IPv4Address | IPv6Address) -> None:
    if may_connect(address):
        assert address.is_global
        assert True not in (address.is_multicast, address.is_reserved, address.is_unspecified, address.is_loopback)
    if isinstance(address, IPv6Address) and (address.ipv4_mapped or address.sixtofour or address.teredo):
        assert not may_connect(address)


@given(st.ip_addresses(v=4))
@settings(deadline=None)
def test_no_ipv6_spelling_of_an_ipv4_address_may_be_asked(address: IPv4Address) -> None:
    low = int(address)
    prefixes = ("::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::")
    spelled = [IPv6Address(int(IPv6Address(prefix)) | low) for prefix in prefixes]
    spelled.append(IPv6Address(int(IPv6Address("2002::")) | low << 80))
    assert not any(may_connect(one) for one in spelled)
