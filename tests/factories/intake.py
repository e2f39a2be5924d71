"""Helpers of registration tests: links with signed click tokens, and registrations over HTTP."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.models import Application
from campaigns.clicks.tokens import sign_click
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.ids import uuid7_at
from campaigns.links.models import Link
from campaigns.planning.models import Campaign, Channel
from tests.factories.world import LANDING

_numbers = count(1)


async def build_link(
    session: AsyncSession, *, campaign: Campaign, channel: Channel, now: datetime, source: str = "instagram"
) -> Link:
    """An active link of a campaign."""
    link = Link(
        campaign_id=campaign.id,
        channel_id=channel.id,
        name="Bio",
        slug=f"intake-{next(_numbers)}",
        destination=LANDING,
        utm_source=source,
        utm_medium=channel.medium,
        utm_campaign=campaign.slug,
        state="active",
        created_at=now,
    )
    session.add(link)
    await session.commit()
    return link


def click_token(keys: KeyRing, link_id: UUID, at: datetime) -> str:
    """The `cid` of a fresh click on a link."""
    click_id = uuid7_at(int(at.timestamp() * 1000))
    return sign_click(keys.click_token, click_id.bytes, link_id.bytes).decode()


def registration(now: datetime, **changed: Any) -> dict[str, Any]:
    """The body of a registration that is accepted in the tests' world."""
    return {
        "name": "Sari Contoh",
        "email": "sari.contoh@example.com",
        "phone": "0812-3456-7890",
        "birth_date": "2006-02-28",
        "province": "ID-JB",
        "consent": {"notice_version": "2026-1", "accepted_at": now.isoformat()},
        "touches": [],
        **changed,
    }


async def post_registration(
    client: httpx.AsyncClient, body: dict[str, Any], *, slug: str = "bintara-jabar", key: str | None = None
) -> httpx.Response:
    """Send a registration; without `key` under a new idempotency key."""
    return await client.post(
        f"/v1/public/campaigns/{slug}/applications",
        # As browsers write it: half a character is `\\ud800`.
        content=json.dumps(body),
        headers={"Idempotency-Key": key or f"test-{next(_numbers)}", "Content-Type": "application/json"},
    )


async def registered(client: httpx.AsyncClient, now: datetime, **changed: Any) -> dict[str, Any]:
    """The receipt of a registration that succeeded."""
    answer = await post_registration(client, registration(now, **changed))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


MakeApplication = Callable[..., Awaitable[Application]]
