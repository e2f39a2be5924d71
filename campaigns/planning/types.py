"""Types of planning: kinds of units and stages, states, the fields of new objects, and those that can change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypedDict
from uuid import UUID


class UnitKind(StrEnum):
    NATIONAL = "national"
    PROVINCE = "province"
    DISTRICT = "district"


# Units with a parent; `jaring migrate` creates the national unit.
LowerUnitKind = Literal[UnitKind.PROVINCE, UnitKind.DISTRICT]


class StageKind(StrEnum):
    """Meaning of a stage, independent of its name. Statistics count by kind."""

    REGISTERED = "registered"
    VERIFIED = "verified"
    ASSESSED = "assessed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class CampaignState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    CLOSED = "closed"


# The states that can be set on create and update; closing sets the third.
UnclosedState = Literal[CampaignState.DRAFT, CampaignState.ACTIVE]


class OpenState(StrEnum):
    """State of a programme, an intake or a channel."""

    ACTIVE = "active"
    CLOSED = "closed"


class RegistrationState(StrEnum):
    """Whether candidates can register through a campaign now."""

    OPEN = "open"
    NOT_YET_OPEN = "not_yet_open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One entry of an intake's ordered list of stages."""

    key: str
    name: str
    kind: StageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSpec:
    """The fields of a new intake as typed; `create_intake` validates them. Its stages are in their order."""

    programme_id: UUID
    name: str
    opens_at: datetime
    closes_at: datetime
    notice_version: str
    notice_url: str
    stages: Sequence[StagePlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSpec:
    """The fields of a new campaign as typed; `create_campaign` validates them.

    Chats show the preview for links that have none of their own.
    """

    unit_id: UUID
    intake_id: UUID
    name: str
    slug: str
    starts_at: datetime
    ends_at: datetime | None
    landing_url: str
    preview_title: str | None = None
    preview_description: str | None = None
    preview_image: str | None = None
    state: CampaignState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSpec:
    """The fields of a new channel as typed; `create_channel` normalises its source, medium and aliases."""

    unit_id: UUID
    name: str
    source: str
    medium: str
    aliases: Sequence[str]


class UnitChanges(TypedDict, total=False):
    name: str
    allowed_hosts: list[str]
    term_template: str | None
    content_template: str | None


class ProgrammeChanges(TypedDict, total=False):
    name: str


class IntakeChanges(TypedDict, total=False):
    name: str
    opens_at: datetime
    closes_at: datetime
    notice_version: str
    notice_url: str


class CampaignChanges(TypedDict, total=False):
    name: str
    starts_at: datetime
    ends_at: datetime | None
    landing_url: str
    preview_title: str | None
    preview_description: str | None
    preview_image: str | None
    state: str


class ChannelChanges(TypedDict, total=False):
    name: str
    aliases: list[str]
