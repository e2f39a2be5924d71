"""Who is calling and what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    """One thing an API key may do; roles are bundles of these (`rules.ROLES`)."""

    PLANNING_READ = "planning:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    PLANNING_WRITE = "planning:write"
    LINKS_READ = "links:read"
    LINKS_WRITE = "links:write"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_WRITE = "applications:write"
    STATISTICS_READ = "statistics:read"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    MARKETER = "marketer"
    RECRUITER = "recruiter"
    VIEWER = "viewer"


# The `key_id` of whoever works at the command line, where there is no key; the audit trail calls it the system.
OPERATOR = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: an API key with a role, acting on one unit's subtree (whose paths all start with `unit_path`)."""

    key_id: UUID
    role: Role
    unit_id: UUID
    unit_path: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever a change is written down for: a key, a candidate (by application), or the system itself."""

    kind: str
    id: UUID | None

    @classmethod
    def of(cls, principal: Principal) -> "Actor":
        return SYSTEM if principal.key_id == OPERATOR else cls("key", principal.key_id)


SYSTEM = Actor("system", None)
ACTOR_KINDS = ("key", "candidate", "system")
