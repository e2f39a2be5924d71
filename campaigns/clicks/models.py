"""Tables of clicks. They take thousands of rows a second, so they have no foreign keys and few indexes.

A click's id is a version 7 UUID made when the tap arrives; its primary key removes doubles when a batch
is stored again.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, Index, Integer, PrimaryKeyConstraint, SmallInteger, Text, Uuid
from sqlmodel import Field, SQLModel

from campaigns.clicks.types import Device
from campaigns.kit.database.columns import bytes_column, check_one_of, id_column, text_column, time_column


def _plain_id() -> Any:
    return Field(sa_column=Column(Uuid, nullable=False))


def _bits() -> Any:
    return Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))


def _agent_id() -> Any:
    # No foreign key: the writer stores the agent before the tap, and rows from before agents were kept have 0.
    return Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


class Click(SQLModel, table=True):
    """One tap on a link; keyed by campaign first, so that the table can be distributed by it."""

    __tablename__ = "clicks"
    __table_args__ = (
        PrimaryKeyConstraint("campaign_id", "id"),
        Index("ix_clicks_clicked_at", "clicked_at", postgresql_using="brin"),
    )

    campaign_id: UUID = _plain_id()
    id: UUID = _plain_id()
    link_id: UUID = _plain_id()
    clicked_at: datetime = time_column()
    # Whose tap it was, within one local day: a hash that cannot be recomputed once the day's salt is gone.
    visitor: int = Field(sa_column=Column(BigInteger, nullable=False))
    agent_id: int = _agent_id()
    observed: int = _bits()  # types.Observed
    # Registration country of the address (ISO 3166-1), which is itself not kept.
    country: str | None = text_column(nullable=True)
    language: str | None = text_column(nullable=True)
    referrer_host: str | None = text_column(nullable=True)
    # The network that referrer or click id speak of (links.origins), whatever the link was made for.
    network: str | None = text_column(nullable=True)
    via: str | None = text_column(nullable=True)
    variant: str | None = text_column(nullable=True)
    # What else stood in the short link's query, as a query string again; see clicks.extras.
    extras: str | None = text_column(nullable=True)


class OrphanTap(SQLModel, table=True):
    """One tap on a short link that does not exist: a typing error on a poster, or a link that somebody made up."""

    __tablename__ = "orphan_taps"
    __table_args__ = (Index("ix_orphan_taps_clicked_at", "clicked_at", postgresql_using="brin"),)

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    slug: str = text_column()
    clicked_at: datetime = time_column()
    visitor: int = Field(sa_column=Column(BigInteger, nullable=False))
    agent_id: int = _agent_id()
    observed: int = _bits()
    country: str | None = text_column(nullable=True)
    language: str | None = text_column(nullable=True)
    referrer_host: str | None = text_column(nullable=True)
    network: str | None = text_column(nullable=True)


class Agent(SQLModel, table=True):
    """A user agent, once, with what the rules say of it; `id` is a hash of its text."""

    __tablename__ = "agents"
    __table_args__ = (check_one_of("device", Device),)

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    text: str = text_column()
    reasons: int = _bits()  # types.Reason
    expects: int = _bits()  # types.Observed
    device: str = text_column()
    app: str | None = text_column(nullable=True)
    rules_version: int = _bits()
    first_seen_at: datetime = time_column()


class TapLoss(SQLModel, table=True):
    """Taps that could not be kept anywhere, between two moments: the disk under the journal was full or damaged."""

    __tablename__ = "tap_losses"

    id: UUID = id_column()
    first_at: datetime = time_column()
    last_at: datetime = time_column()
    taps: int = Field(sa_column=Column(Integer, nullable=False))
    reason: str = text_column()


class Watermark(SQLModel, table=True):
    """How far a set of rules has been applied to history; read and written by `clicks.watermarks` alone."""

    __tablename__ = "watermarks"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    version: int = _bits()
    position: str = text_column(default="")
    changed_at: datetime = time_column()


class VisitorSalt(SQLModel, table=True):
    """The random salt of one local day, shared by all servers and deleted when the day is over."""

    __tablename__ = "visitor_salts"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    salt: bytes = bytes_column()
