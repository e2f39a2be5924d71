"""Tables of attribution: the touches that led to an application, and the conversions that figures are sums of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, SmallInteger, Uuid, text
from sqlmodel import Field, SQLModel

from campaigns.attribution.types import TouchVerdict
from campaigns.kit.database.columns import check_one_of, id_column, reference_column, text_column, time_column
from campaigns.planning.types import StageKind


class Touch(SQLModel, table=True):
    """A click that a candidate brought to the form, verified by its signature; positions count from 1, oldest first.

    There is no foreign key to the click: a registration never fails because its click is missing.
    """

    __tablename__ = "touches"
    __table_args__ = (
        PrimaryKeyConstraint("application_id", "position"),
        Index(None, "link_id"),
        check_one_of("verdict", TouchVerdict),
        # The few that statistics count; an application's id begins with the time of its registration.
        Index("ix_touches_not_visits", "application_id", postgresql_where=text("verdict <> 'visit'")),
    )

    application_id: UUID = reference_column("applications.id")
    position: int = Field(sa_column=Column(SmallInteger, nullable=False))
    click_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    link_id: UUID = reference_column("links.id")
    touched_at: datetime = time_column()
    verdict: str = text_column(default=TouchVerdict.VISIT.value)


class Conversion(SQLModel, table=True):
    """An application entered (`change` 1) or left again (-1) a stage kind; never changed, and without personal data.

    The sum of `change` is the figure; a correction is a row of its own at its own time. It outlives the person's data:
    `application_id` is no foreign key. `link_id`, `source` and `medium` are the credit, null when there was none.
    """

    __tablename__ = "conversions"
    __table_args__ = (
        check_one_of("stage_kind", StageKind),
        CheckConstraint("change IN (1, -1)", name="change"),
        Index(None, "campaign_id", "stage_kind", "occurred_at"),
        Index(None, "link_id"),
        Index("ix_conversions_occurred_at", "occurred_at", postgresql_using="brin"),
    )

    id: UUID = id_column()
    application_id: UUID = Field(sa_column=Column(Uuid, nullable=False, index=True))
    stage_kind: str = text_column()
    change: int = Field(sa_column=Column(SmallInteger, nullable=False))
    occurred_at: datetime = time_column()
    unit_id: UUID = reference_column("units.id")
    intake_id: UUID = reference_column("intakes.id")
    campaign_id: UUID = reference_column("campaigns.id")
    link_id: UUID | None = reference_column("links.id", nullable=True)
    source: str | None = text_column(nullable=True)
    medium: str | None = text_column(nullable=True)
