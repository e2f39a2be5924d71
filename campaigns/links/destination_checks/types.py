"""What a check is asked to do, how far it may go, and what it found."""

from dataclasses import dataclass
from uuid import UUID

from campaigns.links.destination_checks.address_policy import Network
from campaigns.links.types import CheckVerdict, Utm


@dataclass(frozen=True, slots=True)
class Policy:
    """How far a check goes; the defaults are the strict ones.

    `networks` are private ones of the operator's own that may be asked all the same, `seconds` is for one whole check,
    names and redirects included, `about` the address at which a page's owner can read who is asking.
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
    """One destination of a link that is to be followed now, and the hosts that its unit allows."""

    link_id: UUID
    place: str
    destination: str
    utm: Utm
    allowed_hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What following a destination found.

    `detail` is one sentence for marketers, without any address of a private network. `status` and `final_url` are those
    of the last page that answered (its address without UTM and cid), `hops` how many redirects were followed. The three
    flags are null where the last page was not reached.
    """

    verdict: CheckVerdict
    detail: str
    status: int | None
    final_url: str | None
    hops: int
    utm_kept: bool | None
    cid_kept: bool | None
    host_allowed: bool | None
