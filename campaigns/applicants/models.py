"""Tables of applicants: the person, the person's key, and each application with its history.

Everything that identifies a person is in columns encrypted under that person's own key (`ApplicantKey`); deleting that
one row makes all of it unreadable. Answers belong to the application and are never overwritten by a later one.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer, UniqueConstraint, Uuid
from sqlmodel import Field, SQLModel

from campaigns.access.types import ActorKind
from campaigns.applicants.types import ConsentClock, DuplicateState
from campaigns.kit.database.columns import (
    actor_checks,
    bytes_column,
    check_length,
    check_one_of,
    id_column,
    reference_column,
    sealed_column,
    text_column,
    texts_column,
    time_column,
    version_column,
)


class Applicant(SQLModel, table=True):
    """A person, found by the blind index of the e-mail address with the birth date (docs/decisions/0004).

    `email_index` is what release 0.1 found a person by; a row that still has one waits for
    `operations/index_stored.py`.
    """

    __tablename__ = "applicants"

    id: UUID = id_column()
    identity_index: bytes | None = bytes_column(nullable=True, unique=True)
    email_index: bytes | None = bytes_column(nullable=True, unique=True)
    created_at: datetime = time_column()


class ApplicantKey(SQLModel, table=True):
    """The person's data key, wrapped under the wrapping key; in its own table, so that it can be stored elsewhere."""

    __tablename__ = "applicant_keys"

    applicant_id: UUID = reference_column("applicants.id", primary_key=True)
    wrapped_key: bytes = bytes_column()


class Application(SQLModel, table=True):
    """A person's entry in one intake, through one campaign; a person has at most one in an intake of each unit.

    The blind indexes are compared to propose duplicates. Those that may be null are so in rows of release 0.1 until
    they are indexed, and stay so once the person was erased.
    """

    __tablename__ = "applications"
    __table_args__ = (
        check_length("reference", 20),
        UniqueConstraint("intake_id", "unit_id", "applicant_id"),
        # By which applications that resemble one are found (`operations/propose_duplicates.py`).
        Index(None, "intake_id", "applicant_id", "id"),
        Index(None, "intake_id", "email_index", "id"),
        Index(None, "intake_id", "email_skeleton_index", "id"),
        Index(None, "intake_id", "phone_index", "id"),
        Index(None, "intake_id", "name_birth_date_index", "id"),
        Index(None, "unit_id", "id"),
        Index(None, "campaign_id", "id"),
        Index(None, "stage_id", "id"),
        Index(None, "link_id", "id"),
    )

    id: UUID = id_column()
    applicant_id: UUID = reference_column("applicants.id", index=True)
    intake_id: UUID = reference_column("intakes.id")
    campaign_id: UUID = reference_column("campaigns.id")
    unit_id: UUID = reference_column("units.id")
    reference: str = text_column(unique=True)
    status_token_digest: bytes = bytes_column()
    stage_id: UUID = reference_column("stages.id")
    stage_entered_at: datetime = time_column()
    registered_at: datetime = time_column()
    province: str = text_column()
    name_sealed: bytes = sealed_column()
    email_sealed: bytes = sealed_column()
    phone_sealed: bytes = sealed_column()
    birth_date_sealed: bytes = sealed_column()
    email_index: bytes | None = bytes_column(nullable=True)
    email_skeleton_index: bytes | None = bytes_column(nullable=True)
    phone_index: bytes = bytes_column()
    name_birth_date_index: bytes | None = bytes_column(nullable=True)
    # The credit, copied here for filters and lists; null is shown as (not set).
    link_id: UUID | None = reference_column("links.id", nullable=True)
    source: str | None = text_column(nullable=True)
    medium: str | None = text_column(nullable=True)
    # Repeats that are no longer stored (`operations/make_room.py`).
    dropped_repeats: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))
    version: int = version_column()


class Consent(SQLModel, table=True):
    """Which notice the candidate agreed to, when by the candidate's clock, and when it was received.

    `recorded_at` is the record. `accepted_at` is kept as said; where `clock` is `unreadable`, it repeats `recorded_at`.
    """

    __tablename__ = "consents"
    __table_args__ = (check_one_of("clock", ConsentClock),)

    application_id: UUID = reference_column("applications.id", primary_key=True)
    notice_version: str = text_column()
    accepted_at: datetime = time_column()
    recorded_at: datetime = time_column()
    clock: str = text_column(default=ConsentClock.AGREES.value)


class StageChange(SQLModel, table=True):
    """One step of an application's history; the first has no stage before it and no reason."""

    __tablename__ = "stage_changes"
    __table_args__ = (Index(None, "application_id", "id"), *actor_checks(ActorKind))

    id: UUID = id_column()
    application_id: UUID = reference_column("applications.id")
    from_stage_id: UUID | None = reference_column("stages.id", nullable=True, index=True)
    to_stage_id: UUID = reference_column("stages.id", index=True)
    reason_sealed: bytes | None = sealed_column(nullable=True)
    changed_at: datetime = time_column()
    actor_kind: str = text_column()
    actor_id: UUID | None = Field(default=None, sa_column=Column(Uuid, nullable=True))


class RepeatedApplication(SQLModel, table=True):
    """A further registration of a person who has an application in the intake.

    It has a reference and a status token like an application, so that its sender does not learn of the first one.
    """

    __tablename__ = "repeated_applications"
    __table_args__ = (Index(None, "application_id", "id"),)

    id: UUID = id_column()
    application_id: UUID = reference_column("applications.id")
    campaign_id: UUID = reference_column("campaigns.id")
    reference: str = text_column(unique=True)
    status_token_digest: bytes = bytes_column()
    registered_at: datetime = time_column()
    answers_sealed: bytes = sealed_column()


class ProposedDuplicate(SQLModel, table=True):
    """Two applications in one intake that may be one person's, the older first, for a person to judge.

    The units are those of the applications: who may not see both applications does not see the row.
    """

    __tablename__ = "proposed_duplicates"
    __table_args__ = (
        check_one_of("state", DuplicateState),
        CheckConstraint("first_application_id < second_application_id", name="order"),
        # PostgreSQL's names end at 63 characters.
        UniqueConstraint("first_application_id", "second_application_id", name="uq_proposed_duplicates_pair"),
        Index(None, "second_application_id"),
    )

    id: UUID = id_column()
    first_application_id: UUID = reference_column("applications.id")
    second_application_id: UUID = reference_column("applications.id")
    first_unit_id: UUID = reference_column("units.id")
    second_unit_id: UUID = reference_column("units.id")
    evidence: list[str] = texts_column()
    state: str = text_column(default=DuplicateState.PROPOSED.value)
    proposed_at: datetime = time_column()
