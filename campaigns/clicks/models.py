"""Tables of clicks. They take thousands of rows a second, so they have no foreign keys and few indexes.

A click's id is a version 7 UUID made when the tap arrives; its primary key removes doubles when a batch
is stored again.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, Index, PrimaryKeyConstraint, Uuid
from sqlmodel import Field, SQLModel

from campaigns.kit.columns import bytes_column, text_column, time_column


def _plain_id() -> Any:
    return Field(sa_column=Column(Uuid, nullable=False))


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


class OrphanClick(SQLModel, table=True):
    """One tap on a short link that does not exist: a typing error on a poster, or a link that somebody made up."""

    __tablename__ = "orphan_clicks"
    __table_args__ = (Index("ix_orphan_clicks_clicked_at", "clicked_at", postgresql_using="brin"),)

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    slug: str = text_column()
    clicked_at: datetime = time_column()
    visitor: int = Field(sa_column=Column(BigInteger, nullable=False))


class VisitorSalt(SQLModel, table=True):
    """The random salt of one local day, shared by all servers and deleted when the day is over."""

    __tablename__ = "visitor_salts"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    salt: bytes = bytes_column()
