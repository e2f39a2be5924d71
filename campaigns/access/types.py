"""Scopes and roles, the actors that use them, and the objects that they change."""

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
    LINKS_RESTORE = "links:restore"
    APPLICATIONS_READ = "applications:read"
    APPLICATIONS_WRITE = "applications:write"
    STATISTICS_READ = "statistics:read"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    MARKETER = "marketer"
    RECRUITER = "recruiter"
    VIEWER = "viewer"


class ObjectType(StrEnum):
    """Type of the object of an audit entry. It is also the first part of `action`."""

    UNIT = "unit"
    PROGRAMME = "programme"
    INTAKE = "intake"
    CAMPAIGN = "campaign"
    CHANNEL = "channel"
    LINK = "link"
    APPLICANT = "applicant"
    APPLICATION = "application"
    KEY = "key"


class ActorKind(StrEnum):
    """Who acted: an API key, a candidate (with the ID of the application) or the system (without an ID)."""

    KEY = "key"
    CANDIDATE = "candidate"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever a change is recorded for."""

    kind: ActorKind
    id: UUID | None


# The software itself, and whoever works at its command line.
SYSTEM = Actor(ActorKind.SYSTEM, None)


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller: an actor with a role on one unit's subtree, whose paths all start with `unit_path`."""

    actor: Actor
    role: Role
    unit_id: UUID
    unit_path: str


def actor_of(by: Principal | Actor) -> Actor:
    """The actor that a change is recorded for: of a caller, or itself."""
    return by.actor if isinstance(by, Principal) else by
