"""The rules of access: what each role may do, and the shape of an API key."""

import hashlib
import hmac
from datetime import datetime, timedelta

from campaigns.access.types import Principal, Role, Scope
from campaigns.kit.errors import Forbidden
from campaigns.kit.ids import BASE62, checksum6, random_text

_VIEWER = frozenset({Scope.PLANNING_READ, Scope.LINKS_READ, Scope.STATISTICS_READ})

ROLES: dict[Role, frozenset[Scope]] = {
    Role.VIEWER: _VIEWER,
    # A marketer works with figures and links only: no scope here reaches personal data.
    Role.MARKETER: _VIEWER | {Scope.CAMPAIGNS_WRITE, Scope.LINKS_WRITE},
    Role.RECRUITER: _VIEWER | {Scope.APPLICATIONS_READ, Scope.APPLICATIONS_WRITE},
    Role.ADMINISTRATOR: frozenset(Scope),
}

KEY_PREFIX = "jrg_"
SECRET_LENGTH = 32  # base-62 symbols, about 190 bits
DISPLAY_LENGTH = len(KEY_PREFIX) + 6
MAX_NAME_LENGTH = 100
MAX_LIFETIME = timedelta(days=730)


def require_scope(principal: Principal, scope: Scope) -> None:
    """Raise Forbidden unless the caller's role has the scope; the only place that decides it."""
    if scope not in ROLES[principal.role]:
        raise Forbidden(
            "missing-scope",
            f"An API key with the role `{principal.role}` may not do this. The operation requires the scope `{scope}`.",
        )


def new_secret() -> str:
    """An API key: prefix, 32 random base-62 symbols, and their CRC-32, which finds typing errors."""
    body = KEY_PREFIX + random_text(BASE62, SECRET_LENGTH)
    return body + checksum6(body)


def is_well_formed(secret: str) -> bool:
    """Whether the text can be an API key at all, decided without asking the database."""
    if len(secret) != len(KEY_PREFIX) + SECRET_LENGTH + 6 or not secret.startswith(KEY_PREFIX) or not secret.isascii():
        return False
    return hmac.compare_digest(checksum6(secret[:-6]), secret[-6:])


def digest_of(secret: str) -> bytes:
    """The SHA-256 a key is stored as; enough for a secret of this entropy (OWASP ASVS 5.0, 11.4)."""
    return hashlib.sha256(secret.encode()).digest()


def is_usable(*, expires_at: datetime, revoked_at: datetime | None, now: datetime) -> bool:
    return revoked_at is None and now < expires_at
