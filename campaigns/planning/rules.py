"""Pure rules of planning: the unit tree, stage lists, names of sources, addresses, and when registration is open."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from campaigns.kit.errors import FieldError, FieldPath, Invalid, invalid_field
from campaigns.kit.web_url import host_matches, parse_web_url
from campaigns.planning.types import CampaignState, OpenState, RegistrationState, StageKind, StagePlan, UnitKind

UNIT_CODE_PATTERN = r"^[A-Z0-9]+(-[A-Z0-9]+)*$"
UNIT_CODE_LENGTH = 20
STAGE_KEY_PATTERN = r"^[a-z0-9]+(_[a-z0-9]+)*$"
STAGE_KEY_LENGTH = 40
PREVIEW_TITLE_LENGTH = 200
PREVIEW_DESCRIPTION_LENGTH = 500
MAX_STAGES = 30

# Control characters, and what PostgreSQL cannot store: NUL and unpaired surrogates.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

PARENT_KIND: dict[UnitKind, UnitKind | None] = {
    UnitKind.NATIONAL: None,
    UnitKind.PROVINCE: UnitKind.NATIONAL,
    UnitKind.DISTRICT: UnitKind.PROVINCE,
}

DEFAULT_STAGES = (
    StagePlan("registered", "Registered", StageKind.REGISTERED),
    StagePlan("verified", "Documents verified", StageKind.VERIFIED),
    StagePlan("assessed", "Assessed", StageKind.ASSESSED),
    StagePlan("accepted", "Accepted", StageKind.ACCEPTED),
    StagePlan("rejected", "Rejected", StageKind.REJECTED),
    StagePlan("withdrawn", "Withdrawn", StageKind.WITHDRAWN),
)


def unit_path(parent_path: str, unit_id: UUID) -> str:
    """The unit's path in the tree, which is a prefix of the paths of all units below it."""
    return f"{parent_path}{unit_id.hex}/"


def require_parent_kind(kind: UnitKind, parent_kind: UnitKind | None) -> None:
    """Raise Invalid unless a unit of `kind` may have a parent of `parent_kind` (None: no parent)."""
    wanted = PARENT_KIND[kind]
    if parent_kind != wanted:
        place = f"have a {wanted} unit as its parent" if wanted else "have no parent"
        raise invalid_field(("parent_id",), f"A {kind} unit must {place}.", "wrong-parent")


def require_stages(stages: Sequence[StagePlan]) -> None:
    """Raise Invalid unless only the first stage is `registered`, one is `accepted`, and all keys differ."""
    errors = []
    if not stages or stages[0].kind is not StageKind.REGISTERED:
        errors.append(
            FieldError(("stages", 0, "kind"), "The first stage must have the kind `registered`.", "first-stage")
        )
    for place, stage in enumerate(stages[1:], start=1):
        if stage.kind is StageKind.REGISTERED:
            errors.append(
                FieldError(
                    ("stages", place, "kind"), "Only the first stage can have the kind `registered`.", "first-stage"
                )
            )
    for place, stage in enumerate(stages):
        if stage.key in {earlier.key for earlier in stages[:place]}:
            errors.append(FieldError(("stages", place, "key"), "An earlier stage has the same key.", "repeated"))
    if not any(stage.kind is StageKind.ACCEPTED for stage in stages):
        errors.append(FieldError(("stages",), "At least one stage must have the kind `accepted`.", "no-accepted-stage"))
    if errors:
        raise Invalid("invalid-input", "The list of stages is invalid.", tuple(errors))


def require_order(earlier: datetime, later: datetime | None, *, path: FieldPath) -> None:
    """Raise Invalid at `path` unless `later` (if given) is after `earlier`."""
    if later is not None and later <= earlier:
        raise invalid_field(path, "The end must be after the start.", "wrong-order")


def allowed_address(text: str, *, hosts: list[str], path: FieldPath) -> str:
    """The normalised URL; raises Invalid at `path` if the allow-list does not cover its host."""
    url = parse_web_url(text, path=path)
    if not host_matches(url.host, hosts):
        allowed = ", ".join(hosts) if hosts else "empty"
        raise invalid_field(
            path, f"The host {url.host} is not on the allow-list of the unit ({allowed}).", "host-not-allowed"
        )
    return url.text


def allowed_picture(text: str, *, hosts: list[str], path: FieldPath) -> str:
    """The normalised URL of a preview picture, https only, since chats load no other; raises Invalid at `path`."""
    address = allowed_address(text, hosts=hosts, path=path)
    if not address.startswith("https://"):
        raise invalid_field(path, "The URL of an image must start with https://.", "scheme-not-allowed")
    return address


def printable_text(text: str, *, longest: int, path: FieldPath) -> str:
    """The trimmed text; raises Invalid unless it has 1 to `longest` characters and no control characters."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= longest:
        raise invalid_field(path, f"The text must have 1 to {longest} characters.", "wrong-length")
    if _UNPRINTABLE.search(trimmed):
        raise invalid_field(path, "The text must not contain control characters.", "unsafe-characters")
    return trimmed


def registration_state(
    *,
    campaign_state: str,
    campaign_starts: datetime,
    campaign_ends: datetime | None,
    intake_state: str,
    intake_opens: datetime,
    intake_closes: datetime,
    programme_state: str,
    now: datetime,
) -> RegistrationState:
    """Whether a campaign takes registrations: campaign, intake and programme must be open. End times are exclusive."""
    if campaign_state == CampaignState.CLOSED or OpenState.CLOSED in (intake_state, programme_state):
        return RegistrationState.CLOSED
    if now >= intake_closes or (campaign_ends is not None and now >= campaign_ends):
        return RegistrationState.CLOSED
    if campaign_state == CampaignState.DRAFT or now < max(campaign_starts, intake_opens):
        return RegistrationState.NOT_YET_OPEN
    return RegistrationState.OPEN
