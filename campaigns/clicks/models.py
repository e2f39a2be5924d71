"""Tables of clicks. They take thousands of rows a second, so they have no foreign keys and few indexes.

A click's id is a version 7 UUID made when the tap arrives; the primary key removes duplicates when a batch is stored
again.
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
    # No foreign key: the writer stores the agent before the tap. 0: stored before user agents were.
    return Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))


class Click(SQLModel, table=True):
    """One tap on a link; the key begins with the campaign, so that the table can be distributed by it."""

    __tablename__ = "clicks"
    __table_args__ = (
        PrimaryKeyConstraint("campaign_id", "id"),
        Index("ix_clicks_clicked_at", "clicked_at", postgresql_using="brin"),
    )

    campaign_id: UUID = _plain_id()
    id: UUID = _plain_id()
    link_id: UUID = _plain_id()
    clicked_at: datetime = time_column()
    # The visitor within one local day: a hash that cannot be recomputed after the day's salt is deleted.
    visitor: int = Field(sa_column=Column(BigInteger, nullable=False))
    agent_id: int = _agent_id()
    observed: int = _bits()  # types.RequestFlag
    # Registration country of the IP address (ISO 3166-1); the address itself is not stored.
    country: str | None = text_column(nullable=True)
    language: str | None = text_column(nullable=True)
    referrer_host: str | None = text_column(nullable=True)
    # The network that referrer or click id indicate (acquisition.networks), independent of the link's channel.
    network: str | None = text_column(nullable=True)
    via: str | None = text_column(nullable=True)
    variant: str | None = text_column(nullable=True)
    # Parameters of ads in the short link's query, as a query string; see acquisition.ad_parameters.
    extras: str | None = text_column(nullable=True)


class OrphanTap(SQLModel, table=True):
    """One tap on an unknown short link, for example one mistyped from a poster."""

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
    """A distinct user agent in known words (`bots.known_words`) and its classification; `id` is a hash of its text."""

    __tablename__ = "agents"
    __table_args__ = (check_one_of("device", Device),)

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    text: str = text_column()
    reasons: int = _bits()  # types.BotReason
    expects: int = _bits()  # types.RequestFlag
    device: str = text_column()
    app: str | None = text_column(nullable=True)
    rules_version: int = _bits()
    first_seen_at: datetime = time_column()


class ClickClaim(SQLModel, table=True):
    """The person who brought a click to a form first; for everybody after, the click is `shared`.

    It outlives the person's data, so that a click token cannot be used anew.
    """

    __tablename__ = "click_claims"
    __table_args__ = (PrimaryKeyConstraint("campaign_id", "click_id"),)

    campaign_id: UUID = _plain_id()
    click_id: UUID = _plain_id()
    applicant_id: UUID = _plain_id()


class TapLoss(SQLModel, table=True):
    """Taps that could not be stored anywhere between two times, because the journal's disk was full or damaged."""

    __tablename__ = "tap_losses"

    id: UUID = id_column()
    first_at: datetime = time_column()
    last_at: datetime = time_column()
    taps: int = Field(sa_column=Column(Integer, nullable=False))
    reason: str = text_column()


class Watermark(SQLModel, table=True):
    """The position up to which rules have been applied to stored data; only `clicks.watermarks` reads and writes it."""

    __tablename__ = "watermarks"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    version: int = _bits()
    position: str = text_column(default="")
    changed_at: datetime = time_column()


class VisitorSalt(SQLModel, table=True):
    """The random part of one local day's salt, shared by all servers and destroyed at the end of the day.

    The other part is a key derived from the master key. Unlogged: base backups and the write-ahead log never have it.
    """

    __tablename__ = "visitor_salts"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    day: date = Field(sa_column=Column(Date, primary_key=True))
    salt: bytes = bytes_column()
