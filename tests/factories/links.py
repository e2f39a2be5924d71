"""Links created through the domain, for tests of other subjects."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.links.models import Link
from campaigns.links.operations.create import create_link
from campaigns.links.resolver.target import Target, target_of
from campaigns.links.types import LinkSpec


async def make_link(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, spec: LinkSpec, now: datetime
) -> Link:
    """The link of the spec, created with Jakarta's local date."""
    created = await create_link(
        session, principal, campaign_id=campaign_id, spec=spec, timezone=ZoneInfo("Asia/Jakarta"), now=now
    )
    (link,) = created.links
    return link


def target(link_id: str, weights: dict[str, int], **changed: Any) -> Target:
    """What the resolver knows of an active link with these variants and one rule, and other facts as named."""
    texts = dict.fromkeys(("title", "campaign", "unit", "programme", "campaign_state"), "x")
    absent = dict.fromkeys(("starts_at", "ends_at", "ended_destination", "description", "image", "successor"))
    facts = {
        "id": link_id,
        "campaign_id": "0199e3f0-0000-7000-8000-000000000000",
        "state": "active",
        "destination": "https://daftar.example/form",
        "utm": ["instagram", "social", "bintara", None, None],
        "rules": [{"device": "ios", "language": None, "destination": "https://daftar.example/ios"}],
        "variants": [
            {"key": key, "destination": f"https://daftar.example/{key}", "weight": weight}
            for key, weight in weights.items()
        ],
        "pass_query": False,
        "doubtful": False,
    }
    return target_of(json.dumps(texts | absent | facts | changed))
