"""Tells when short links would be wrong in print: their beginning is a setting that nothing else asks for."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from campaigns.kit.settings import Settings

WARNING_HEADER = "Short-Url-Warning"
REMEDY = "Set JARING_PUBLIC_URL to the address that people are given, such as https://s.example, before printing."


@dataclass(frozen=True, slots=True)
class PublicUrlAdvice:
    """What is wrong with the beginning of short links, and what to do; each one or two sentences."""

    problem: str
    remedy: str


def public_url_advice(settings: Settings) -> PublicUrlAdvice | None:
    """Why short links and QR codes made now should not be printed; None if they may be."""
    base = settings.short_link_base
    if settings.public_url is None:
        return PublicUrlAdvice(f"JARING_PUBLIC_URL is not set, so short links and QR codes begin with {base}", REMEDY)
    if _is_local(urlsplit(base).hostname or ""):
        return PublicUrlAdvice(f"short links and QR codes begin with {base}, which the public cannot open", REMEDY)
    if not base.startswith("https://"):
        return PublicUrlAdvice(
            f"short links and QR codes begin with {base}, so that anybody on the way can lead people elsewhere",
            "Set JARING_PUBLIC_URL to an address with https://.",
        )
    return None


def print_headers(settings: Settings) -> dict[str, str]:
    """The header of QR codes and sheets that says why these should not be printed; empty if they may be."""
    advice = public_url_advice(settings)
    return {WARNING_HEADER: f"{advice.problem}. {advice.remedy}"} if advice else {}


def serves_the_public(settings: Settings) -> bool:
    """Whether others than this machine are meant to reach the server."""
    return bool(settings.public_url or settings.trusted_proxies) or not _is_loopback(settings.host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_local(host: str) -> bool:
    """Whether the host means something on one machine or in one network only."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host
