"""SSRF guard: the IP addresses that a destination check may connect to. Pure; called before every connection.

`ipaddress` alone is not enough: on Python 3.11 `64:ff9b::7f00:1` (NAT64), `2002:7f00:1::` (6to4) and multicast are all
`is_global`, and the first two lead to 127.0.0.1. So this is an allow-list: global unicast, except the ranges in IANA's
special-purpose registries and all forms that embed another address.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; 0.0.0.0 reaches the machine itself
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier NAT
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local, cloud metadata among it
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # IETF assignments
            "192.0.2.0/24",  # documentation
            "192.52.193.0/24",  # AMT relays
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# Today's global unicast range; mapped, compatible, NAT64, ULA, link-local and multicast addresses are outside.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # IETF assignments: Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)
# Cloud metadata services, which hand out credentials. Refused even inside networks that the operator allows.
_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba
            "168.63.129.16",  # Azure
            "169.254.169.254",
            "169.254.170.2",  # Amazon, tasks
            "169.254.170.23",  # Amazon, pods
            "192.0.0.192",  # Oracle
            "fd00:ec2::23",
            "fd00:ec2::254",
            "fd20:ce::254",  # Google
        ),
    )
)


def may_connect(address: Address, networks: Collection[Network] = ()) -> bool:
    """Whether a check may connect to the address; `networks` are private ones that the operator allows."""
    if address in _METADATA or getattr(address, "scope_id", None) is not None:
        return False
    if any(address in network for network in networks):
        return True
    if isinstance(address, IPv4Address):
        inside = not any(address in network for network in _REFUSED_V4)
    else:
        inside = address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)
    return inside and address.is_global  # newer Pythons know more non-global ranges


def read_address(text: str) -> Address | None:
    """The IP address in standard notation (IPv6 also in brackets); None for names and everything else."""
    try:
        return ip_address(text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text)
    except ValueError:
        return None
