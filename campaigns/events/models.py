"""Tables of the outbox: events, and the read position of each consumer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Text, Uuid, text
from sqlmodel import Field, SQLModel

from campaigns.access.types import ActorKind
from campaigns.kit.database.columns import actor_checks, text_column, time_column


class Event(SQLModel, table=True):
    """One change of one object; it holds ids only, never personal data.

    `position` orders events. `transaction_id` is the transaction that recorded the event: an event with a smaller
    position can be committed later, so readers compare transaction ids with snapshots (`operations.read_batch`).
    """

    __tablename__ = "events"
    __table_args__ = actor_checks(ActorKind)

    position: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True, autoincrement=True)
    )
    transaction_id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger, nullable=False, index=True, server_default=text("((pg_current_xact_id())::text)::bigint")
        ),
    )
    type: str = text_column()
    object_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    unit_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    actor_kind: str = text_column()
    actor_id: UUID | None = Field(default=None, sa_column=Column(Uuid, nullable=True))
    recorded_at: datetime = time_column()


class EventCursor(SQLModel, table=True):
    """A consumer's read position, as two snapshots of PostgreSQL (`pg_snapshot` as text).

    All events visible in `read_snapshot` have been read. While `batch_snapshot` is set, the further events visible in
    it are being read, and have been up to `position`.
    """

    __tablename__ = "event_cursors"

    consumer: str = Field(sa_column=Column(Text, primary_key=True))
    read_snapshot: str = text_column()
    batch_snapshot: str | None = text_column(nullable=True)
    position: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
