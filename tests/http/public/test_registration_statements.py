"""The statements of a registration, by verb and table."""

import re
from datetime import datetime

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from tests.factories.intake import build_link, click_token, post_registration, registration
from tests.factories.world import World

FRESH = [
    "INSERT applicant_keys",
    "INSERT applicants",
    "INSERT applications",
    "INSERT audit_entries",
    "INSERT click_claims",
    "INSERT consents",
    "INSERT conversions",
    "INSERT events",
    "INSERT idempotency_records",
    "INSERT stage_changes",
    "INSERT touches",
    "SELECT applicants",
    "SELECT applications",
    "SELECT campaigns",
    "SELECT clicks",
    "SELECT conversions",
    "SELECT links",
    "SELECT stages",
    "SELECT unnest",
    "UPDATE idempotency_records",
    "WITH clicks",
]
# The inserts of the person's key and the application are tried first, and find the row that is there.
REPEATED = [
    "INSERT applicant_keys",
    "INSERT applications",
    "INSERT audit_entries",
    "INSERT click_claims",
    "INSERT events",
    "INSERT idempotency_records",
    "INSERT repeated_applications",
    "SELECT applicant_keys",
    "SELECT applicants",
    "SELECT applications",
    "SELECT campaigns",
    "SELECT click_claims",
    "SELECT clicks",
    "SELECT links",
    "SELECT repeated_applications",
    "SELECT stages",
    "SELECT unnest",
    "UPDATE idempotency_records",
    "WITH clicks",
]
REPLAYED = ["INSERT idempotency_records", "SELECT campaigns", "SELECT idempotency_records"]


def outline(statements: list[str]) -> list[str]:
    """Each statement's first verb and first table, sorted; without savepoints, which are the tests' own."""
    found = [re.match(r"(INSERT|UPDATE|SELECT|WITH)(?: INTO|.*?FROM)? (\w+)", one, re.DOTALL) for one in statements]
    return sorted(f"{match[1]} {match[2]}" for match in found if match)


async def test_takes_exactly_these_statements(
    client: httpx.AsyncClient,
    world: World,
    session: AsyncSession,
    context: Context,
    statements: list[str],
    now: datetime,
) -> None:
    link = await build_link(session, campaign=world.campaign, channel=world.channel, now=now)
    body = registration(now, touches=[click_token(context.keys, link.id, now) for _ in range(3)])
    for key, expected in (("first", FRESH), ("second", REPEATED), ("second", REPLAYED)):
        statements.clear()
        assert (await post_registration(client, body, key=key)).status_code == 201
        assert outline(statements) == expected
