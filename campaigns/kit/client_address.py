"""Client address from X-Forwarded-For, honoured only from trusted proxies (OWASP ASVS 5.0, 4.1.3)."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
# Longer headers are parsed each time instead of cached, so that the cache stays small.
MAX_CACHED_LENGTH = 200
# Of longer headers the end is read, which the nearest proxies wrote.
MAX_READ_LENGTH = 2000
# An IPv6 address with brackets, zone and port, and some more. What is longer is none, and is not kept as a cache's key.
MAX_ADDRESS_LENGTH = 100


class TrustedProxies:
    """The networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; none by default."""

    def __init__(self, networks: list[Network]) -> None:
        self._networks = networks
        self.trusts = lru_cache(10_000)(self._is_trusted)  # whether an address is one of the proxies
        self._known = lru_cache(10_000)(self._forwarded)  # a visitor's requests repeat the same header

    def client(self, peer: str, scheme: str, headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, bool]:
        """The address of the client (empty if unknown) and whether it used https.

        Of the forwarded addresses the rightmost that is not a trusted proxy counts: everything left of it could have
        been made up by that client. `headers` have lower-case names.
        """
        if not self._networks or not self.trusts(peer):
            return plain_address(peer), scheme == "https"
        hops, scheme_sent = [], scheme.encode()
        for name, value in headers:
            if name == b"x-forwarded-for":
                hops.append(value[-MAX_READ_LENGTH - 1 :])
            elif name == b"x-forwarded-proto":
                scheme_sent = value[-MAX_CACHED_LENGTH:]
        secure = scheme_sent.rpartition(b",")[2].strip().lower() == b"https"
        joined = b",".join(hops)
        read = self._known if len(joined) <= MAX_CACHED_LENGTH else self._forwarded
        return read(joined) or plain_address(peer), secure

    def _forwarded(self, hops: bytes) -> str:
        """The rightmost forwarded address that is not a trusted proxy; empty if there is none."""
        read = hops
        if len(hops) > MAX_READ_LENGTH:
            # Without what may be the end of an address only.
            read = hops[-MAX_READ_LENGTH:].partition(b",")[2]
        for forwarded in reversed(read.decode("latin-1").split(",")):
            address = plain_address(forwarded.strip())
            if not address:
                break
            if not self.trusts(address):
                return address
        return ""

    def _is_trusted(self, address: str) -> bool:
        plain = plain_address(address)
        return bool(plain) and any(ip_address(plain) in network for network in self._networks)


def plain_address(text: str) -> str:
    """An IP address in canonical form, without port, brackets and zone, IPv4-mapped IPv6 as IPv4; empty if invalid."""
    return _plain_address(text) if len(text) <= MAX_ADDRESS_LENGTH else ""


@lru_cache(10_000)
def _plain_address(text: str) -> str:
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def network_of(address: str) -> str:
    """The network of a plain address that one subscriber has: of IPv4 the address, of IPv6 its first 64 bits."""
    if ":" not in address:
        return address
    return str(IPv6Network((address, 64), strict=False))
