"""Tables of links, and of the checks of their destinations."""

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlmodel import Field, SQLModel

from campaigns.kit.database.columns import (
    check_length,
    check_one_of,
    flag_column,
    id_column,
    json_column,
    reference_column,
    text_column,
    texts_column,
    time_column,
    version_column,
)
from campaigns.links.rules import NAME_LENGTH
from campaigns.links.types import CheckVerdict, LinkState, UnretiredState, Utm
from campaigns.naming.utm import SLUG_LENGTH


class Link(SQLModel, table=True):
    """The short link of one placement. Rows are never deleted, so a slug is never reused."""

    __tablename__ = "links"
    __table_args__ = (
        check_one_of("state", LinkState),
        check_length("name", NAME_LENGTH),
        check_length("slug", SLUG_LENGTH),
        CheckConstraint("slug = lower(slug)", name="slug_case"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        check_one_of("retired_from", get_args(UnretiredState)),
        CheckConstraint("retired_from IS NULL OR state = 'retired'", name="retired_from_state"),
        CheckConstraint("successor_id <> id", name="successor"),
        CheckConstraint("ends_at > starts_at", name="dates"),
        CheckConstraint("ended_destination IS NULL OR ends_at IS NOT NULL", name="ended_destination"),
        Index(None, "campaign_id", "id"),
        Index("ix_links_tags", "tags", postgresql_using="gin"),
        # `resolver.slug_finder` looks slugs up without their hyphens.
        Index("ix_links_slug_key", text("replace(slug, '-', '')")),
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
    # The channel group of source, medium and campaign (acquisition.channel_groups); stored since figures group by it.
    channel_group: str = text_column(default="unassigned")
    state: str = text_column()
    retired_at: datetime | None = time_column(nullable=True)
    # The state before; null too for links that were retired by a release that did not store it.
    retired_from: str | None = text_column(nullable=True)
    # The link that a person chose to be named on the page of this one once it no longer leads on.
    successor_id: UUID | None = reference_column("links.id", nullable=True)
    starts_at: datetime | None = time_column(nullable=True)
    ends_at: datetime | None = time_column(nullable=True)
    ended_destination: str | None = text_column(nullable=True)
    tags: list[str] = texts_column()
    pass_query: bool = flag_column()
    preview_title: str | None = text_column(nullable=True)
    preview_description: str | None = text_column(nullable=True)
    preview_image: str | None = text_column(nullable=True)
    rules: list[dict[str, Any]] = json_column()  # types.Rule
    variants: list[dict[str, Any]] = json_column()  # types.Variant
    created_at: datetime = time_column()
    version: int = version_column()

    @property
    def utm(self) -> Utm:
        return Utm(self.utm_source, self.utm_medium, self.utm_campaign, self.utm_term, self.utm_content)


class DestinationCheck(SQLModel, table=True):
    """The latest check of one destination of a link, and when the next one is due.

    `place` names the destination: `default`, `ended`, `rule:0` (position) or `variant:a` (key). Before the first check
    all results are null.
    """

    __tablename__ = "destination_checks"
    __table_args__ = (
        PrimaryKeyConstraint("link_id", "place"),
        check_one_of("verdict", CheckVerdict),
        Index(None, "next_at"),
    )

    link_id: UUID = reference_column("links.id")
    place: str = text_column()
    next_at: datetime = time_column()
    # Consecutive checks with a verdict other than ok.
    failures: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    checked_at: datetime | None = time_column(nullable=True)
    verdict: str | None = text_column(nullable=True)
    detail: str | None = text_column(nullable=True)
    status: int | None = Field(default=None, sa_column=Column(SmallInteger, nullable=True))
    final_url: str | None = text_column(nullable=True)
    hops: int | None = Field(default=None, sa_column=Column(SmallInteger, nullable=True))
    utm_kept: bool | None = flag_column(nullable=True)
    cid_kept: bool | None = flag_column(nullable=True)
    host_allowed: bool | None = flag_column(nullable=True)
