"""Tables of planning: units, programmes, intakes with their stages, campaigns, channels."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from campaigns.kit.database.columns import (
    check_length,
    check_one_of,
    id_column,
    reference_column,
    text_column,
    texts_column,
    time_column,
    version_column,
)
from campaigns.naming.utm import SLUG_LENGTH, UTM_NAME_LENGTH
from campaigns.planning.rules import STAGE_KEY_LENGTH, UNIT_CODE_LENGTH
from campaigns.planning.types import CampaignState, OpenState, StageKind, UnitKind


class Unit(SQLModel, table=True):
    """A node of the force's tree. `path` holds the ids from the root down to it, each followed by a slash."""

    __tablename__ = "units"
    __table_args__ = (
        check_one_of("kind", UnitKind),
        check_length("name", 200),
        check_length("code", UNIT_CODE_LENGTH),
        CheckConstraint("(parent_id IS NULL) = (kind = 'national')", name="parent"),
        # Queries limit themselves to a subtree by a prefix search on the path.
        Index("ix_units_path", "path", unique=True, postgresql_ops={"path": "text_pattern_ops"}),
        Index(
            "uq_units_single_root", text("(parent_id IS NULL)"), unique=True, postgresql_where=text("parent_id IS NULL")
        ),
    )

    id: UUID = id_column()
    parent_id: UUID | None = reference_column("units.id", nullable=True, index=True)
    kind: str = text_column()
    name: str = text_column()
    code: str = text_column(unique=True)
    path: str = text_column()
    allowed_hosts: list[str] = texts_column()
    # Templates for the term and content of links that set none; null: inherited from the unit above.
    term_template: str | None = text_column(nullable=True)
    content_template: str | None = text_column(nullable=True)
    created_at: datetime = time_column()
    version: int = version_column()


class Programme(SQLModel, table=True):
    """A recruitment programme that is repeated yearly, such as non-commissioned officers."""

    __tablename__ = "programmes"
    __table_args__ = (
        check_one_of("state", OpenState),
        check_length("name", 200),
        check_length("slug", SLUG_LENGTH),
        UniqueConstraint("unit_id", "slug"),
    )

    id: UUID = id_column()
    unit_id: UUID = reference_column("units.id")
    name: str = text_column()
    slug: str = text_column()
    state: str = text_column()
    created_at: datetime = time_column()
    version: int = version_column()


class Intake(SQLModel, table=True):
    """One yearly round of a programme, with the privacy notice its candidates consent to."""

    __tablename__ = "intakes"
    __table_args__ = (
        check_one_of("state", OpenState),
        check_length("name", 200),
        check_length("notice_version", 50),
        CheckConstraint("closes_at > opens_at", name="dates"),
    )

    id: UUID = id_column()
    programme_id: UUID = reference_column("programmes.id", index=True)
    name: str = text_column()
    opens_at: datetime = time_column()
    closes_at: datetime = time_column()
    notice_version: str = text_column()
    notice_url: str = text_column()
    state: str = text_column()
    created_at: datetime = time_column()
    version: int = version_column()


class Stage(SQLModel, table=True):
    """A step of an intake's selection; statistics count by its kind."""

    __tablename__ = "stages"
    __table_args__ = (
        check_one_of("kind", StageKind),
        check_length("key", STAGE_KEY_LENGTH),
        check_length("name", 100),
        UniqueConstraint("intake_id", "key"),
        UniqueConstraint("intake_id", "position", deferrable=True, initially="DEFERRED"),
        Index("uq_stages_registered", "intake_id", unique=True, postgresql_where=text("kind = 'registered'")),
    )

    id: UUID = id_column()
    intake_id: UUID = reference_column("intakes.id")
    key: str = text_column()
    name: str = text_column()
    kind: str = text_column()
    position: int = Field(sa_column=Column(SmallInteger, nullable=False))


class Campaign(SQLModel, table=True):
    """One unit's effort to fill an intake; `slug` is its public name, never reused."""

    __tablename__ = "campaigns"
    __table_args__ = (
        check_one_of("state", CampaignState),
        check_length("name", 200),
        check_length("slug", SLUG_LENGTH),
        CheckConstraint("ends_at > starts_at", name="dates"),
        Index(None, "unit_id", "id"),
    )

    id: UUID = id_column()
    unit_id: UUID = reference_column("units.id")
    intake_id: UUID = reference_column("intakes.id", index=True)
    name: str = text_column()
    slug: str = text_column(unique=True)
    starts_at: datetime = time_column()
    ends_at: datetime | None = time_column(nullable=True)
    landing_url: str = text_column()
    # The preview shown in chats for links that have none of their own.
    preview_title: str | None = text_column(nullable=True)
    preview_description: str | None = text_column(nullable=True)
    preview_image: str | None = text_column(nullable=True)
    state: str = text_column()
    created_at: datetime = time_column()
    version: int = version_column()


class Channel(SQLModel, table=True):
    """A source and medium that links may use, with aliases of the source."""

    __tablename__ = "channels"
    __table_args__ = (
        check_one_of("state", OpenState),
        check_length("name", 100),
        check_length("source", UTM_NAME_LENGTH),
        check_length("medium", UTM_NAME_LENGTH),
        UniqueConstraint("unit_id", "source", "medium"),
    )

    id: UUID = id_column()
    unit_id: UUID = reference_column("units.id")
    name: str = text_column()
    source: str = text_column()
    medium: str = text_column()
    aliases: list[str] = texts_column()
    state: str = text_column()
    created_at: datetime = time_column()
    version: int = version_column()
