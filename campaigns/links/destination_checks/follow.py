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
        schemes = [hop.scheme for hop in self.asked]
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
    trace = _Trace()
    try:
        async with asyncio.timeout(policy.seconds):
            await _follow_redirects(trace, due, policy, resolve, transport)
    except CheckAborted as ended:
        return _finding_of_aborted(trace, due, ended.verdict, f"{trace.subject} {ended.what}.")
    except TimeoutError:
        detail = f"{trace.subject} leads to a page that did not answer within {policy.seconds:g} seconds in total."
        return _finding_of_aborted(trace, due, CheckVerdict.UNREACHABLE, detail)
    return _finding_of_page(trace, due)


async def _follow_redirects(
    trace: _Trace, due: DueCheck, policy: Policy, resolve: Resolve, transport: httpx.AsyncBaseTransport
) -> None:
    hop = first_hop(due.destination, due.utm)
    while True:
        addresses = await _addresses(hop, policy, resolve)
        trace.asked.append(hop)
        response = await _ask(hop, addresses, trace, policy, transport)
        try:
            trace.answered, trace.status = hop, response.status_code
            _keep_cookies(trace.cookies, hop, response)
            if response.status_code not in _REDIRECTS:
                await _read_answer(response, policy)
                return
            locations = [value for name, value in response.headers.raw if name.lower() == b"location"]
        finally:
            await response.aclose()
        if len(set(locations)) != 1:
            raise CheckAborted(CheckVerdict.BROKEN, "leads to a redirect without a single target")
        if trace.redirects == policy.most_redirects:
            circle = ", and these form a loop" if len(set(trace.asked)) < len(trace.asked) else ""
            raise CheckAborted(
                CheckVerdict.BROKEN,
                f"leads to another redirect. The check follows at most {policy.most_redirects} redirects{circle}",
            )
        trace.redirects += 1
        hop = next_hop(hop, locations[0])


async def _addresses(hop: Hop, policy: Policy, resolve: Resolve) -> Sequence[Address]:
    """The IP addresses to connect to; raises CheckAborted unless all addresses of the name are allowed."""
    if hop.port not in policy.ports:
        allowed = " and ".join(map(str, sorted(policy.ports)))
        raise CheckAborted(CheckVerdict.REFUSED, f"leads to port {hop.port}. Allowed ports: {allowed}")
    literal = read_address(hop.host)
    try:
        addresses = [literal] if literal is not None else await resolve(hop.host)
    except NoSuchHost:
        raise CheckAborted(CheckVerdict.UNREACHABLE, "leads to a host that does not exist") from None
    if not all(may_connect(address, policy.networks) for address in addresses):
        raise CheckAborted(
            CheckVerdict.REFUSED, "leads to a network that is not public. The check did not connect to it"
        )
    return addresses[:_MAX_ADDRESSES]


async def _ask(
    hop: Hop, addresses: Sequence[Address], trace: _Trace, policy: Policy, transport: httpx.AsyncBaseTransport
) -> httpx.Response:
    """The response of the first address that accepts the connection; raises CheckAborted."""
    for address in addresses:
        request = _request(hop, address, trace, policy)
        try:
            return await transport.handle_async_request(request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if _is_about_trust(error):
                raise CheckAborted(
                    CheckVerdict.UNREACHABLE,
                    "leads to a server without a valid certificate: it is for another name, expired or not trusted",
                ) from None
        except Exception:
            # Not only httpx.HTTPError: TLS errors after the handshake are not wrapped.
            raise CheckAborted(
                CheckVerdict.UNREACHABLE, "leads to a server that closes the connection or does not use HTTP"
            ) from None
    raise CheckAborted(CheckVerdict.UNREACHABLE, "leads to a server that accepts no connection")


def _request(hop: Hop, address: Address, trace: _Trace, policy: Policy) -> httpx.Request:
    about = f" (+{quote(policy.about, safe=PRINTABLE)})" if policy.about else ""
    headers = [
        (b"Host", hop.authority.encode("ascii")),
        (b"User-Agent", f"Jaring-Check/1{about}".encode("ascii")),
        (b"Accept", b"text/html,*/*;q=0.8"),
        (b"Accept-Encoding", b"identity"),
        (b"Connection", b"close"),
    ]
    cookies = trace.cookies.get(_origin(hop))
    if cookies:
        headers.append((b"Cookie", b"; ".join(name + b"=" + value for name, value in cookies.items())))
    return httpx.Request(
        "GET",
        httpx.URL(scheme=hop.scheme, host=address.compressed, port=hop.port, path="/"),
        headers=headers,
        extensions={
            # Sent as is: httpx would encode path and query again.
            "target": hop.target.encode("ascii"),
            "sni_hostname": hop.host.strip("[]").rstrip("."),
            "timeout": httpx.Timeout(None, connect=policy.connect_seconds).as_dict(),
        },
    )


async def _read_answer(response: httpx.Response, policy: Policy) -> None:
    """Check the status and read the beginning of the page; raises CheckAborted if that fails."""
    status = response.status_code
    if not 200 <= status < 300:
        phrase = HTTPStatus(status).phrase if status in {known.value for known in HTTPStatus} else ""
        hint = ". Visitors may get a different answer than this check" if status in _MAYBE_FOR_MACHINES else ""
        raise CheckAborted(
            CheckVerdict.BROKEN, f"leads to a page that answers with {f'{status} {phrase}'.strip()}{hint}"
        )
    read = 0
    try:
        async for part in response.aiter_raw():
            read += len(part)
            if read >= policy.most_body_bytes:
                return
    except Exception:  # as above
        raise CheckAborted(CheckVerdict.BROKEN, "leads to a page that arrives incomplete") from None


def _keep_cookies(cookies: dict[HttpOrigin, dict[bytes, bytes]], hop: Hop, response: httpx.Response) -> None:
    mine = cookies.setdefault(_origin(hop), {})
    for header, text in response.headers.raw:
        name, equals, value = text.partition(b";")[0].partition(b"=")
        fits = equals and name.strip() and len(text) <= _MAX_COOKIE_LENGTH and len(mine) < _MAX_COOKIES
        if header.lower() == b"set-cookie" and fits:
            mine[name.strip()] = value.strip()


def _origin(hop: Hop) -> HttpOrigin:
    return hop.scheme, hop.host, hop.port


def _is_about_trust(error: BaseException) -> bool:
    """Whether a connection failed because of the server's certificate, judged by the cause of httpx's error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _finding_of_aborted(trace: _Trace, due: DueCheck, verdict: CheckVerdict, detail: str) -> Finding:
    """The finding of a check that did not reach a working page."""
    if trace.answered is not None and trace.answered is trace.asked[-1] and trace.status not in _REDIRECTS:
        utm_kept, cid_kept = preserved_parameters(trace.answered, due.utm)
        host_allowed = _allowed_throughout(trace, due)
        return _finding(trace, verdict, detail, utm_kept=utm_kept, cid_kept=cid_kept, host_allowed=host_allowed)
    # Nothing is known about the last page, but whether the link's own host is allowed is known without it.
    off_the_list = bool(trace.asked) and not _allowed(trace.asked[0], due)
    return _finding(trace, verdict, detail, utm_kept=None, cid_kept=None, host_allowed=False if off_the_list else None)


def _finding_of_page(trace: _Trace, due: DueCheck) -> Finding:
    """The finding of a check that reached a page."""
    first, last = trace.asked[0], trace.asked[-1]
    utm_kept, cid_kept = preserved_parameters(last, due.utm)
    if not _allowed(first, due):
        verdict = CheckVerdict.HOST_NOT_ALLOWED
        detail = f"The page answers, but the host of the destination, {_named(first)}, is no longer on the allow-list"
    elif not _allowed(last, due):
        verdict = CheckVerdict.HOST_NOT_ALLOWED
        detail = f"The page answers, but its host, {_named(last)}, is not on the allow-list"
    elif not (utm_kept and cid_kept):
        verdict = CheckVerdict.PARAMETERS_LOST
        lost = " and ".join(name for name, is_kept in (("UTM", utm_kept), ("cid", cid_kept)) if not is_kept)
        detail = f"The page answers, but redirects removed {lost}"
    else:
        verdict, detail = CheckVerdict.OK, "The page answers, and UTM and cid arrive there"
    detail = f"{detail}. A redirect changes from https to http." if trace.leaves_https else f"{detail}."
    allowed = _allowed_throughout(trace, due)
    return _finding(trace, verdict, detail, utm_kept=utm_kept, cid_kept=cid_kept, host_allowed=allowed)


def _finding(
    trace: _Trace,
    verdict: CheckVerdict,
    detail: str,
    *,
    utm_kept: bool | None,
    cid_kept: bool | None,
    host_allowed: bool | None,
) -> Finding:
    return Finding(
        verdict=verdict,
        detail=detail,
        status=trace.status,
        final_url=display_url(trace.answered) if trace.answered else None,
        hops=trace.redirects,
        utm_kept=utm_kept,
        cid_kept=cid_kept,
        host_allowed=host_allowed,
    )


def _allowed_throughout(trace: _Trace, due: DueCheck) -> bool:
    return _allowed(trace.asked[0], due) and _allowed(trace.asked[-1], due)


def _allowed(hop: Hop, due: DueCheck) -> bool:
    return host_matches(hop.host, list(due.allowed_hosts))


def _named(hop: Hop) -> str:
    return "an IP address" if read_address(hop.host) is not None else hop.host
