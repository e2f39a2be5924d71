"""Follows a link's destination through its redirects to the last page and returns a finding. The only user of httpx.

Destinations and redirects are untrusted input, and this server may stand inside a private network (SSRF). So for each
hop: one parser reads the URL, its name is looked up once, every returned IP address must be allowed, and the connection
goes to one of exactly these addresses, with the name in `Host` and SNI and the certificate verified against it. The
name is not looked up again, so DNS rebinding has no effect.

Redirects inside pages (meta refresh, scripts) are not followed: a page that contains one counts as the last.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from urllib.parse import quote

import httpx

from campaigns.kit.web_url import host_matches
from campaigns.links.destination_checks.address_policy import Address, may_connect, read_address
from campaigns.links.destination_checks.dns import NoSuchHost, Resolve
from campaigns.links.destination_checks.hops import (
    CheckAborted,
    Hop,
    display_url,
    first_hop,
    next_hop,
    preserved_parameters,
)
from campaigns.links.destination_checks.types import DueCheck, Finding, Policy
from campaigns.links.target_url import PRINTABLE
from campaigns.links.types import CheckVerdict

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Statuses that sites often send to automated clients only.
_MAYBE_FOR_MACHINES = frozenset({401, 403, 405, 406, 429, 503})
_MAX_ADDRESSES = 4
_MAX_COOKIES = 20
_MAX_COOKIE_LENGTH = 4096

HttpOrigin = tuple[str, str, int]
# For callers, which do not import httpx.
Transport = httpx.AsyncBaseTransport


@dataclass(slots=True)
class _Trace:
    """The state of a check so far."""

    redirects: int = 0
    asked: list[Hop] = field(default_factory=list)
    answered: Hop | None = None
    status: int | None = None
    # Some pages redirect until a cookie is returned. A cookie goes back to its own origin only, within this check only.
    cookies: dict[HttpOrigin, dict[bytes, bytes]] = field(default_factory=dict)

    @property
    def leaves_https(self) -> bool:
        schemes = [stop.scheme for stop in self.asked]
        return ("https", "http") in pairwise(schemes)

    @property
    def subject(self) -> str:
        return f"Redirect {self.redirects} of this link" if self.redirects else "The destination"


def open_transport(trust: ssl.SSLContext | None = None) -> httpx.AsyncHTTPTransport:
    """The HTTP transport of all checks of a process; the caller closes it.

    A transport instead of httpx's client, which would parse `Location` with another parser, share cookies between all
    names on one IP address, and read proxies and passwords from the environment. No keep-alive: a pooled connection is
    identified by its IP address, but its certificate was verified for one name only.
    """
    return httpx.AsyncHTTPTransport(
        verify=trust or httpx.create_ssl_context(trust_env=False),
        trust_env=False,
        retries=0,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


async def follow(due: DueCheck, *, policy: Policy, resolve: Resolve, transport: httpx.AsyncBaseTransport) -> Finding:
    """Follow one destination and return the finding. No answer of another server makes it raise."""
    walk = _Trace()
    try:
        async with asyncio.timeout(policy.seconds):
            await _walk_to_the_end(walk, due, policy, resolve, transport)
    except CheckAborted as ended:
        return _stopped(walk, due, ended.verdict, f"{walk.subject} {ended.what}.")
    except TimeoutError:
        detail = f"{walk.subject} leads to a page that did not answer within {policy.seconds:g} seconds in all."
        return _stopped(walk, due, CheckVerdict.UNREACHABLE, detail)
    return _arrived(walk, due)


async def _walk_to_the_end(
    walk: _Trace, due: DueCheck, policy: Policy, resolve: Resolve, transport: httpx.AsyncBaseTransport
) -> None:
    stop = first_hop(due.destination, due.utm)
    while True:
        addresses = await _addresses(stop, policy, resolve)
        walk.asked.append(stop)
        response = await _ask(stop, addresses, walk, policy, transport)
        try:
            walk.answered, walk.status = stop, response.status_code
            _keep_cookies(walk.cookies, stop, response)
            if response.status_code not in _REDIRECTS:
                await _read_answer(response, policy)
                return
            locations = [value for name, value in response.headers.raw if name.lower() == b"location"]
        finally:
            await response.aclose()
        if len(set(locations)) != 1:
            raise CheckAborted(CheckVerdict.BROKEN, "leads to a redirect that does not say where to")
        if walk.redirects == policy.most_redirects:
            circle = ", and these go in a circle" if len(set(walk.asked)) < len(walk.asked) else ""
            raise CheckAborted(
                CheckVerdict.BROKEN,
                f"leads to yet another redirect; more than {policy.most_redirects} are not followed{circle}",
            )
        walk.redirects += 1
        stop = next_hop(stop, locations[0])


async def _addresses(stop: Hop, policy: Policy, resolve: Resolve) -> Sequence[Address]:
    """The IP addresses to connect to; raises CheckAborted unless all addresses of the name are allowed."""
    if stop.port not in policy.ports:
        allowed = " and ".join(map(str, sorted(policy.ports)))
        raise CheckAborted(CheckVerdict.REFUSED, f"leads to port {stop.port}, and only {allowed} may be asked")
    literal = read_address(stop.host)
    try:
        addresses = [literal] if literal is not None else await resolve(stop.host)
    except NoSuchHost:
        raise CheckAborted(CheckVerdict.UNREACHABLE, "leads to a host that does not exist") from None
    if not all(may_connect(address, policy.networks) for address in addresses):
        raise CheckAborted(CheckVerdict.REFUSED, "leads into a network that is not public, which was not asked")
    return addresses[:_MAX_ADDRESSES]


async def _ask(
    stop: Hop, addresses: Sequence[Address], walk: _Trace, policy: Policy, transport: httpx.AsyncBaseTransport
) -> httpx.Response:
    """The response of the first address that accepts the connection; raises CheckAborted."""
    for address in addresses:
        request = _request(stop, address, walk, policy)
        try:
            return await transport.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if _is_about_trust(error):
                raise CheckAborted(
                    CheckVerdict.UNREACHABLE,
                    "leads to a server whose certificate is not valid: for another name, expired, or not trusted",
                ) from None
        except Exception:
            # Not only httpx.HTTPError: TLS errors after the handshake are not wrapped.
            raise CheckAborted(
                CheckVerdict.UNREACHABLE, "leads to a server that breaks the connection off or does not speak HTTP"
            ) from None
    raise CheckAborted(CheckVerdict.UNREACHABLE, "leads to a server that takes no connection")


def _request(stop: Hop, address: Address, walk: _Trace, policy: Policy) -> httpx.Request:
    about = f" (+{quote(policy.about, safe=PRINTABLE)})" if policy.about else ""
    headers = [
        (b"Host", stop.authority.encode("ascii")),
        (b"User-Agent", f"Jaring-Check/1{about}".encode("ascii")),
        (b"Accept", b"text/html,*/*;q=0.8"),
        (b"Accept-Encoding", b"identity"),
        (b"Connection", b"close"),
    ]
    cookies = walk.cookies.get(_origin(stop))
    if cookies:
        headers.append((b"Cookie", b"; ".join(name + b"=" + value for name, value in cookies.items())))
    return httpx.Request(
        "GET",
        httpx.URL(scheme=stop.scheme, host=address.compressed, port=stop.port, path="/"),
        headers=headers,
        extensions={
            # Sent as is: httpx would encode path and query again.
            "target": stop.target.encode("ascii"),
            "sni_hostname": stop.host.strip("[]").rstrip("."),
            "timeout": httpx.Timeout(None, connect=policy.connect_seconds).as_dict(),
        },
    )


async def _read_answer(response: httpx.Response, policy: Policy) -> None:
    """Check the status and read the beginning of the page; raises CheckAborted if that fails."""
    status = response.status_code
    if not 200 <= status < 300:
        phrase = HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else ""
        hint = "; visitors may get another answer than this check" if status in _MAYBE_FOR_MACHINES else ""
        raise CheckAborted(CheckVerdict.BROKEN, f"leads to a page that answers {f'{status} {phrase}'.strip()}{hint}")
    read = 0
    try:
        async for part in response.aiter_raw():
            read += len(part)
            if read >= policy.most_body_bytes:
                return
    except Exception:  # as above
        raise CheckAborted(CheckVerdict.BROKEN, "leads to a page that breaks off") from None


def _keep_cookies(cookies: dict[HttpOrigin, dict[bytes, bytes]], stop: Hop, response: httpx.Response) -> None:
    mine = cookies.setdefault(_origin(stop), {})
    for header, text in response.headers.raw:
        name, equals, value = text.partition(b";")[0].partition(b"=")
        fits = equals and name.strip() and len(text) <= _MAX_COOKIE_LENGTH and len(mine) < _MAX_COOKIES
        if header.lower() == b"set-cookie" and fits:
            mine[name.strip()] = value.strip()


def _origin(stop: Hop) -> HttpOrigin:
    return stop.scheme, stop.host, stop.port


def _is_about_trust(error: BaseException) -> bool:
    """Whether a connection failed because of the server's certificate, judged by the cause of httpx's error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _stopped(walk: _Trace, due: DueCheck, verdict: CheckVerdict, detail: str) -> Finding:
    """The finding of a check that did not reach a working page."""
    if walk.answered is not None and walk.answered is walk.asked[-1] and walk.status not in _REDIRECTS:
        return _finding(
            walk, verdict, detail, *preserved_parameters(walk.answered, due.utm), _allowed_throughout(walk, due)
        )
    # Nothing is known about the last page, but whether the link's own host is allowed is known without it.
    off_the_list = bool(walk.asked) and not _allowed(walk.asked[0], due)
    return _finding(walk, verdict, detail, None, None, False if off_the_list else None)


def _arrived(walk: _Trace, due: DueCheck) -> Finding:
    """The finding of a check that reached a page."""
    first, last = walk.asked[0], walk.asked[-1]
    utm_kept, cid_kept = preserved_parameters(last, due.utm)
    if not _allowed(first, due):
        verdict = CheckVerdict.HOST_NOT_ALLOWED
        detail = f"The page answers, but the destination's host {_named(first)} is not on the allow-list any more"
    elif not _allowed(last, due):
        verdict = CheckVerdict.HOST_NOT_ALLOWED
        detail = f"The page answers, but it is on {_named(last)}, which is not on the allow-list"
    elif not (utm_kept and cid_kept):
        verdict = CheckVerdict.PARAMETERS_LOST
        lost = " and ".join(name for name, is_kept in (("UTM", utm_kept), ("cid", cid_kept)) if not is_kept)
        detail = f"The page answers, but the redirects before it lose {lost}"
    else:
        verdict, detail = CheckVerdict.OK, "The page answers, and UTM and cid arrive there"
    detail = f"{detail}; a redirect leaves https for http." if walk.leaves_https else f"{detail}."
    return _finding(walk, verdict, detail, utm_kept, cid_kept, _allowed_throughout(walk, due))


def _finding(
    walk: _Trace,
    verdict: CheckVerdict,
    detail: str,
    utm_kept: bool | None,
    cid_kept: bool | None,
    host_allowed: bool | None,
) -> Finding:
    return Finding(
        verdict=verdict,
        detail=detail,
        status=walk.status,
        final_url=display_url(walk.answered) if walk.answered else None,
        hops=walk.redirects,
        utm_kept=utm_kept,
        cid_kept=cid_kept,
        host_allowed=host_allowed,
    )


def _allowed_throughout(walk: _Trace, due: DueCheck) -> bool:
    return _allowed(walk.asked[0], due) and _allowed(walk.asked[-1], due)


def _allowed(stop: Hop, due: DueCheck) -> bool:
    return host_matches(stop.host, list(due.allowed_hosts))


def _named(stop: Hop) -> str:
    return "an IP address" if read_address(stop.host) is not None else stop.host
