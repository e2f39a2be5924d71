"""Insert new links for `create`: all or none, with a number of statements that does not depend on how many."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.acquisition.channel_groups import classify_traffic
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.errors import Conflict, FieldError, Unavailable, raise_if_any
from campaigns.links.destination_checks.operations import schedule_checks
from campaigns.links.models import Link
from campaigns.links.operations.notify import announce_slugs
from campaigns.links.rules import DRAWN_LENGTHS, FIRST_STATES, draw_slug, find_date_errors, normalize_fields
from campaigns.links.types import LinkSpec, LinkState
from campaigns.naming.utm import SLUG_PATTERN
from campaigns.planning.models import Campaign, Channel
from campaigns.planning.queries import effective_hosts, get_campaign, get_channels
from campaigns.planning.types import CampaignState, OpenState

SLUG_TAKEN = "Another link has or had this slug. Choose another slug, or leave `slug` out to get a generated one."


async def insert_links(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    specs: Sequence[LinkSpec],
    now: datetime,
) -> list[Link]:
    """Insert all links or none; returns them in the order of `specs`.

    A link without a slug gets a random one; a link without a destination gets the campaign's landing page. Raises
    NotFound, Invalid with all errors of all links, Conflict (`campaign-closed`, `channel-closed`, or `slug-taken` if
    there are no other errors) or Unavailable (`no-free-slug`). Error paths begin with the position of the spec, such
    as (0, "slug").
    """
    campaign = await get_campaign(session, principal, campaign_id=campaign_id)
    if campaign.state == CampaignState.CLOSED:
        raise Conflict("campaign-closed", "The campaign is closed. It takes no new links.")
    channels = await _open_channels(session, principal, [spec.channel_id for spec in specs])
    hosts = await effective_hosts(session, unit_id=campaign.unit_id)
    rows, errors = _validated_rows(specs, campaign=campaign, channels=channels, hosts=hosts, now=now)
    if errors:
        errors += _taken(rows, await _slugs_in_use(session, rows))
    raise_if_any(errors)
    # A savepoint, so that a conflict undoes all inserts even if the caller continues with the transaction.
    async with session.begin_nested():
        links = await _store(session, rows)
    await announce_slugs(session, [link.slug for link in links])
    await schedule_checks(session, *links, now=now)
    for link in links:
        record_change(
            session,
            principal,
            EventType.LINK_CREATED,
            object_id=link.id,
            unit_id=campaign.unit_id,
            now=now,
            changes={
                "campaign_id": str(campaign_id),
                "channel_id": str(link.channel_id),
                "name": link.name,
                "slug": link.slug,
                "destination": link.destination,
            },
        )
    return links


async def _open_channels(session: AsyncSession, principal: Principal, wanted: Sequence[UUID]) -> Mapping[UUID, Channel]:
    channels = await get_channels(session, principal, channel_ids=wanted)
    closed = {channel.id for channel in channels.values() if channel.state == OpenState.CLOSED}
    if closed:
        detail = "The channel is closed. New links cannot use it."
        places = [place for place, channel_id in enumerate(wanted) if channel_id in closed]
        errors = [FieldError((place, "channel_id"), detail, "channel-closed") for place in places]
        raise Conflict("channel-closed", detail, tuple(errors))
    return channels


def _validated_rows(
    specs: Sequence[LinkSpec],
    *,
    campaign: Campaign,
    channels: Mapping[UUID, Channel],
    hosts: list[str],
    now: datetime,
) -> tuple[list[dict[str, Any]], list[FieldError]]:
    """The rows to insert, with an empty slug where one must be generated, and all errors in them."""
    groups = {channel.id: _channel_group(channel, campaign) for channel in channels.values()}
    errors: list[FieldError] = []
    rows, chosen = [], set[str]()
    for place, spec in enumerate(specs):
        channel = channels[spec.channel_id]
        values = {field.name: getattr(spec, field.name) for field in fields(spec)}
        # The landing page is checked too: its host may have been removed from the allow-list.
        values["destination"] = spec.destination or campaign.landing_url
        settled = normalize_fields(values, hosts=hosts, path=(place,), errors=errors)
        errors += find_date_errors(spec.starts_at, spec.ends_at, spec.ended_destination, path=(place,))
        if spec.state not in FIRST_STATES:
            detail = "A new link must have the state `draft` or `active`. Without `state` it is `active`."
            errors.append(FieldError((place, "state"), detail, "not-a-first-state"))
        if settled["slug"] is not None and settled["slug"] in chosen:
            errors.append(FieldError((place, "slug"), "An earlier link of this request has the same slug.", "repeated"))
        chosen.add(settled["slug"])
        link = Link(
            **settled | {"state": LinkState(spec.state).value, "slug": settled["slug"] or ""},
            campaign_id=campaign.id,
            utm_source=channel.source,
            utm_medium=channel.medium,
            utm_campaign=campaign.slug,
            channel_group=groups[channel.id],
            created_at=now,
        )
        rows.append(link.model_dump())
    return rows, errors


def _channel_group(channel: Channel, campaign: Campaign) -> str:
    traffic = classify_traffic(
        source=channel.source, medium=channel.medium, campaign=campaign.slug, referrer_host=None, click_ids=()
    )
    return traffic.group.value


async def _store(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> list[Link]:
    """Insert the rows with their chosen slugs, or with random ones until a free one is found; raises Conflict."""
    chosen = [row for row in rows if row["slug"]]
    stored = await _insert_free(session, chosen)
    if len(stored) < len(chosen):
        free = {link.slug for link in stored.values()}
        raise Conflict("slug-taken", SLUG_TAKEN, tuple(_taken(rows, {row["slug"] for row in chosen} - free)))
    for length in DRAWN_LENGTHS:
        waiting = [row for row in rows if row["id"] not in stored]
        stored |= await _insert_free(session, [{**row, "slug": draw_slug(length)} for row in waiting])
    if len(stored) < len(rows):
        raise Unavailable("no-free-slug", "No free slug was found. Repeat the request.")
    return [stored[row["id"]] for row in rows]


async def _slugs_in_use(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> set[str]:
    """The valid slugs among the rows' that a link has now. Another transaction can still take one until the insert."""
    chosen = [row["slug"] for row in rows if re.fullmatch(SLUG_PATTERN, row["slug"])]
    return set((await session.exec(select(Link.slug).where(col(Link.slug).in_(chosen)))).all())


def _taken(rows: Sequence[dict[str, Any]], in_use: Collection[str]) -> list[FieldError]:
    places = [place for place, row in enumerate(rows) if row["slug"] in in_use]
    return [FieldError((place, "slug"), SLUG_TAKEN, "slug-taken") for place in places]


async def _insert_free(session: AsyncSession, rows: Collection[dict[str, Any]]) -> dict[UUID, Link]:
    """Insert the rows whose slug is free, in one statement; returns these links by id."""
    if not rows:
        return {}
    statement = insert(Link).on_conflict_do_nothing(index_elements=["slug"]).returning(Link)
    # Sorted by slug, so that two requests that insert the same slugs cannot deadlock.
    ordered = sorted(rows, key=lambda row: str(row["slug"]))
    return {link.id: link for link in (await session.exec(statement, params=ordered)).scalars()}
