"""Who really asked: the address that a trusted proxy forwards, never what a stranger claims (OWASP ASVS 5.0, 4.1.3)."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
# What is longer is read each time, so that nobody can fill the memory of what was read.
MAX_CACHED_LENGTH = 200


class TrustedProxies:
    """The networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; none by default."""

    def __init__(self, networks: list[Network]) -> None:
        self._networks = networks
        self._trusts = lru_cache(10_000)(self._is_trusted)
        self._known = lru_cache(10_000)(self._forwarded)  # a visitor's requests come with the same

    def client(self, peer: str, scheme: str, headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, bool]:
        """The address of the client (empty if it cannot be told) and whether it came over https.

        Of the forwarded addresses the rightmost that is no trusted proxy counts: what stands left of it is what that
        client said of itself. `headers` have lower-case names.
        """
        if not self._networks or not self._trusts(peer):
            return plain_address(peer), scheme == "https"
        hops, scheme_sent = [], scheme.encode()
        for name, value in headers:
            if name == b"x-forwarded-for":
                hops.append(value)
            elif name == b"x-forwarded-proto":
                scheme_sent = value
        secure = scheme_sent.rpartition(b",")[2].strip().lower() == b"https"
        joined = b",".join(hops)
        read = self._known if len(joined) <= MAX_CACHED_LENGTH else self._forwarded
        return read(joined) or plain_address(peer), secure

    def _forwarded(self, hops: bytes) -> str:
        """The rightmost of forwarded addresses that is no trusted proxy; empty if there is none."""
        for forwarded in reversed(hops.decode("latin-1").split(",")):
            address = plain_address(forwarded.strip())
            if not address:
                break
            if not self._trusts(address):
                return address
        return ""

    def _is_trusted(self, address: str) -> bool:
        plain = plain_address(address)
        return bool(plain) and any(ip_address(plain) in network for network in self._networks)


@lru_cache(10_000)
def plain_address(text: str) -> str:
    """An address in its one spelling, without port, brackets and zone, IPv4 in IPv6 as IPv4; empty for what is none."""
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
