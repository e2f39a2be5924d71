"""Runs a check of a destination, verifies what every finding must satisfy, and creates links to check."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.ids import new_id
from campaigns.links.destination_checks.follow import follow
from campaigns.links.destination_checks.types import DueCheck, Finding, Policy
from campaigns.links.models import Link
from campaigns.links.types import CheckVerdict, Utm
from tests.destination_checks.sites import OUTSIDE, Names
from tests.factories.world import LANDING, World

UTM = Utm("instagram", "social", "bintara", None, "story-1")


@dataclass
class Checker:
    """Follows destinations of a link whose unit allows daftar.example."""

    transport: httpx.AsyncBaseTransport
    ports: frozenset[int]
    allowed: tuple[str, ...] = ("daftar.example",)
    utm: Utm = UTM
    limits: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, destination: str, names: Any = None) -> Finding:
        policy = Policy(networks=(ip_network(f"{OUTSIDE}/31"),), ports=self.ports, **self.limits)
        due = DueCheck(UUID(int=1), "default", destination, self.utm, self.allowed)
        resolve = names or Names({"daftar.example": [[OUTSIDE]], "www.daftar.example": [[OUTSIDE]]})
        finding = await follow(due, policy=policy, resolve=resolve, transport=self.transport)
        # What holds for every finding, whatever came of it.
        assert re.fullmatch(r"[A-Z][^\n]{10,250}\.", finding.detail)
        assert "127.0" not in finding.detail
        assert "169.254" not in finding.detail
        assert len(finding.final_url or "") <= 500
        if finding.verdict is CheckVerdict.OK:
            assert (finding.utm_kept, finding.cid_kept, finding.host_allowed) == (True, True, True)
        return finding


OK = Finding(CheckVerdict.OK, "The page answers.", 200, LANDING, 1, True, True, True)
GONE = Finding(
    CheckVerdict.BROKEN, "The destination leads to a page that answers 410 Gone.", 410, LANDING, 0, None, None, None
)
AWAY = Finding(
    CheckVerdict.UNREACHABLE, "The destination leads to a host that does not exist.", None, None, 0, None, None, None
)


async def put_link(session: AsyncSession, world: World, now: datetime, **fields: Any) -> Link:
    """A stored link of the world's campaign without scheduled checks."""
    link_id: UUID = new_id()
    link = Link(
        **{
            "id": link_id,
            "campaign_id": world.campaign.id,
            "channel_id": world.channel.id,
            "name": "Story",
            "slug": f"s{link_id.hex[-12:]}",
            "destination": LANDING,
            "utm_source": "instagram",
            "utm_medium": "social",
            "utm_campaign": "bintara-jabar",
            "state": "active",
            "created_at": now,
            **fields,
        }
    )
    session.add(link)
    await session.flush()
    return link
