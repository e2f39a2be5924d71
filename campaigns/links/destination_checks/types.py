"""Types of destination checks: a due check, its limits, and its finding."""

from dataclasses import dataclass
from uuid import UUID

from campaigns.links.destination_checks.address_policy import Network
from campaigns.links.types import CheckVerdict, Utm


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of a check; the defaults are strict.

    `networks` are private networks that the operator allows, `seconds` limits one whole check including DNS and
    redirects, `about` is a URL in the User-Agent at which a site's owner can read who sends the request.
    """

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({80, 443})
    most_redirects: int = 5
    seconds: float = 10.0
    connect_seconds: float = 3.0
    most_body_bytes: int = 65_536
    about: str = ""


@dataclass(frozen=True, slots=True)
class DueCheck:
    """A destination that is due for a check, and the hosts that its unit allows."""

    link_id: UUID
    place: str
    destination: str
    utm: Utm
    allowed_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of following a destination.

    `detail` is a sentence or two for marketers and never contains a private IP address. `status` and `final_url`
    (without UTM and cid) are those of the last page that answered, `hops` is the number of redirects followed. The
    three flags are null if the last page was not reached.
    """

    verdict: CheckVerdict
    detail: str
    status: int | None
    final_url: str | None
    hops: int
    utm_kept: bool | None
    cid_kept: bool | None
    host_allowed: bool | None
