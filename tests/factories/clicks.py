"""Counted rows as their writers store them: links, agents, taps, losses, conversions."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.attribution.models import Conversion
from campaigns.clicks.models import Agent, Click, OrphanTap, TapLoss
from campaigns.clicks.types import BotReason, Device, RequestFlag
from campaigns.kit.ids import new_id, uuid7_at
from campaigns.links.models import Link
from campaigns.links.types import LinkState
from campaigns.planning.models import Campaign
from campaigns.planning.types import StageKind

DEPLOYMENT_ZONE = ZoneInfo("Asia/Jakarta")


def visitor_hash(person: str, *, at: datetime) -> int:
    """The person's hash on the deployment's day, another one every day."""
    day = at.astimezone(DEPLOYMENT_ZONE).date()
    return int.from_bytes(hashlib.blake2b(f"{day} {person}".encode(), digest_size=8).digest(), signed=True)


def build_link(
    *,
    campaign: Campaign,
    channel_id: UUID,
    slug: str,
    source: str = "instagram",
    medium: str = "social",
    channel_group: str = "organic_social",
    created_at: datetime,
) -> Link:
    """An active link, not yet stored."""
    return Link(
        campaign_id=campaign.id,
        channel_id=channel_id,
        name=f"Link {slug}",
        slug=slug,
        destination=campaign.landing_url,
        utm_source=source,
        utm_medium=medium,
        utm_campaign=campaign.slug,
        channel_group=channel_group,
        state=LinkState.ACTIVE.value,
        created_at=created_at,
    )


NO_REASON, NOTHING = BotReason(0), RequestFlag(0)


def build_agent(
    text: str,
    *,
    at: datetime,
    reasons: BotReason = NO_REASON,
    expects: RequestFlag = NOTHING,
    device: Device = Device.OTHER,
    app: str | None = None,
    rules_version: int = 1,
) -> Agent:
    """A user agent with this classification, not yet stored."""
    return Agent(
        id=int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True),
        text=text,
        reasons=reasons.value,
        expects=expects.value,
        device=device.value,
        app=app,
        rules_version=rules_version,
        first_seen_at=at,
    )


def build_loss(*, first: datetime, last: datetime, taps: int) -> TapLoss:
    """A loss of taps between two times, not yet stored."""
    return TapLoss(first_at=first, last_at=last, taps=taps, reason="journal_full")


def build_click(
    *,
    link: Link,
    at: datetime,
    person: str = "somebody",
    agent: Agent | None = None,
    observed: RequestFlag = NOTHING,
    **noted: Any,
) -> Click:
    """A tap of the person on the link, not yet stored; `noted` are columns such as `country`."""
    return Click(
        campaign_id=link.campaign_id,
        id=uuid7_at(int(at.timestamp() * 1000)),
        link_id=link.id,
        clicked_at=at,
        visitor=visitor_hash(person, at=at),
        agent_id=agent.id if agent else 0,
        observed=observed.value,
        **noted,
    )


def build_orphan_click(
    *,
    at: datetime,
    slug: str = "no-such-link",
    person: str = "somebody",
    agent: Agent | None = None,
    observed: RequestFlag = NOTHING,
) -> OrphanTap:
    """A tap on a short link that does not exist, not yet stored."""
    return OrphanTap(
        id=uuid7_at(int(at.timestamp() * 1000)),
        slug=slug,
        clicked_at=at,
        visitor=visitor_hash(person, at=at),
        agent_id=agent.id if agent else 0,
        observed=observed.value,
    )


def build_conversion(
    *,
    campaign: Campaign,
    at: datetime,
    link: Link | None = None,
    kind: StageKind = StageKind.REGISTERED,
    change: int = 1,
) -> Conversion:
    """An application of the campaign that entered (or, with -1, left) a stage kind, not yet stored."""
    return Conversion(
        application_id=new_id(),
        stage_kind=kind.value,
        change=change,
        occurred_at=at,
        unit_id=campaign.unit_id,
        intake_id=campaign.intake_id,
        campaign_id=campaign.id,
        link_id=link.id if link else None,
        source=link.utm_source if link else None,
        medium=link.utm_medium if link else None,
    )
