"""Table of links: one row a placement."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from campaigns.kit.columns import (
    id_column,
    not_longer,
    one_of,
    reference_column,
    text_column,
    time_column,
    version_column,
)
from campaigns.links.types import LinkState


class Link(SQLModel, table=True):
    """A placement's short link. Rows are never deleted, so a slug is never given to another link."""

    __tablename__ = "links"
    __table_args__ = (
        one_of("state", LinkState),
        not_longer("name", 200),
        not_longer("slug", 60),
        CheckConstraint("slug = lower(slug)", name="slug_case"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        Index(None, "campaign_id", "id"),
    )

    id: UUID = id_column()
    campaign_id: UUID = reference_column("campaigns.id")
    channel_id: UUID = reference_column("channels.id", index=True)
    name: str = text_column()
    slug: str = text_column(unique=True)
    destination: str = text_column()
    utm_source: str = text_column()
    utm_medium: str = text_column()
    utm_campaign: str = text_column()
    utm_term: str | None = text_column(nullable=True)
    utm_content: str | None = text_column(nullable=True)
    state: str = text_column()
    retired_at: datetime | None = time_column(nullable=True)
    created_at: datetime = time_column()
    version: int = version_column()
