"""One request for every operation that needs a key: the scope it needs, its path and its body."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from campaigns.access.types import Role, Scope
from tests.contract.document import operations


@dataclass(frozen=True)
class Objects:
    """Ids of one unit's objects, for paths and bodies."""

    unit: str
    programme: str
    intake: str
    campaign: str
    campaign_slug: str
    channel: str
    link: str
    application: str
    duplicate: str
    # Shared by both sides, so that only the unit decides.
    shared_intake: str
    shared_channel: str


# A body is JSON, or a text such as a sheet.
Build = Callable[[Objects], tuple[str, dict[str, Any] | str | None]]


@dataclass(frozen=True)
class Rule:
    """The scope an operation needs and its request. `lists`: the response is a list without foreign objects, not a 404.

    `unknown`: the body names objects by slug, so that a foreign one is an unknown value, not a 404. `first`: the
    operation that an administrator asks for before, so that there is something to do.
    """

    scope: Scope
    build: Build
    lists: bool = False
    unknown: str | None = None
    first: str | None = None


def at(path: str) -> Build:
    return lambda objects: (path.format_map(vars(objects)), None)


def sent(path: str, **body: Any) -> Build:
    def build(objects: Objects) -> tuple[str, dict[str, Any]]:
        return path.format_map(vars(objects)), {name: filled(value, objects) for name, value in body.items()}

    return build


def filled(value: Any, objects: Objects) -> Any:
    if isinstance(value, list):
        return [filled(one, objects) for one in value]
    return value.format_map(vars(objects)) if isinstance(value, str) else value


def sheet(path: str, *lines: str) -> Build:
    return lambda objects: (path, "\r\n".join(line.format_map(vars(objects)) for line in lines))


PLANNED = {"opens_at": "2026-01-01T00:00:00Z", "closes_at": "2027-01-01T00:00:00Z"}
NOTICE = {"notice_version": "1", "notice_url": "https://daftar.example/privasi"}
DATES = {"from": "2026-11-01", "to": "2026-11-30"}
READ, PLAN, RUN = Scope.PLANNING_READ, Scope.PLANNING_WRITE, Scope.CAMPAIGNS_WRITE

# What the scopes of each role are to be, stated here so that a scope given to a role too many is found.
SCOPES_OF: dict[Role, set[str]] = {
    Role.VIEWER: {"planning:read", "links:read", "statistics:read"},
    Role.MARKETER: {"planning:read", "links:read", "statistics:read", "campaigns:write", "links:write"},
    Role.RECRUITER: {
        "planning:read",
        "links:read",
        "statistics:read",
        "applications:read",
        "applications:write",
    },
    Role.ADMINISTRATOR: {
        "planning:read",
        "planning:write",
        "campaigns:write",
        "links:read",
        "links:write",
        "links:restore",
        "applications:read",
        "applications:write",
        "statistics:read",
        "audit:read",
    },
}

RULES: dict[str, Rule] = {
    "units_create": Rule(PLAN, sent("/v1/units", parent_id="{unit}", kind="district", name="New", code="NEW")),
    "units_list": Rule(READ, at("/v1/units"), lists=True),
    "units_get": Rule(READ, at("/v1/units/{unit}")),
    "units_change": Rule(PLAN, sent("/v1/units/{unit}", name="Changed")),
    "programmes_create": Rule(PLAN, sent("/v1/programmes", unit_id="{unit}", name="New", slug="new")),
    "programmes_list": Rule(READ, at("/v1/programmes"), lists=True),
    "programmes_get": Rule(READ, at("/v1/programmes/{programme}")),
    "programmes_change": Rule(PLAN, sent("/v1/programmes/{programme}", name="Changed")),
    "programmes_close": Rule(PLAN, at("/v1/programmes/{programme}/close")),
    "programmes_reopen": Rule(PLAN, at("/v1/programmes/{programme}/reopen"), first="programmes_close"),
    "intakes_create": Rule(PLAN, sent("/v1/intakes", programme_id="{programme}", name="New", **PLANNED, **NOTICE)),
    "intakes_list": Rule(READ, at("/v1/intakes"), lists=True),
    "intakes_get": Rule(READ, at("/v1/intakes/{intake}")),
    "intakes_change": Rule(PLAN, sent("/v1/intakes/{intake}", name="Changed")),
    "intakes_close": Rule(PLAN, at("/v1/intakes/{intake}/close")),
    "intakes_reopen": Rule(PLAN, at("/v1/intakes/{intake}/reopen"), first="intakes_close"),
    "campaigns_create": Rule(
        RUN,
        sent(
            "/v1/campaigns",
            unit_id="{unit}",
            intake_id="{shared_intake}",
            name="New",
            slug="new",
            starts_at="2026-01-01T00:00:00Z",
            landing_url="https://daftar.example/",
        ),
    ),
    "campaigns_list": Rule(READ, at("/v1/campaigns"), lists=True),
    "campaigns_get": Rule(READ, at("/v1/campaigns/{campaign}")),
    "campaigns_change": Rule(RUN, sent("/v1/campaigns/{campaign}", name="Changed")),
    "campaigns_close": Rule(RUN, at("/v1/campaigns/{campaign}/close")),
    "campaigns_reopen": Rule(PLAN, at("/v1/campaigns/{campaign}/reopen"), first="campaigns_close"),
    "channels_create": Rule(RUN, sent("/v1/channels", unit_id="{unit}", name="New", source="new", medium="new")),
    "channels_list": Rule(READ, at("/v1/channels"), lists=True),
    "channels_get": Rule(READ, at("/v1/channels/{channel}")),
    "channels_change": Rule(RUN, sent("/v1/channels/{channel}", name="Changed")),
    "channels_close": Rule(RUN, at("/v1/channels/{channel}/close")),
    "channels_reopen": Rule(PLAN, at("/v1/channels/{channel}/reopen"), first="channels_close"),
    "links_create": Rule(
        Scope.LINKS_WRITE, sent("/v1/links", campaign_id="{campaign}", channel_id="{shared_channel}", name="New")
    ),
    "links_bulk": Rule(
        Scope.LINKS_WRITE,
        sent(
            "/v1/links/bulk",
            campaign_id="{campaign}",
            channel_ids=["{shared_channel}"],
            contents=["new"],
            name="New",
        ),
    ),
    "links_import": Rule(
        Scope.LINKS_WRITE,
        sheet("/v1/links/import", "campaign,source,name", "{campaign_slug},instagram,New"),
        unknown="/rows/1/campaign",
    ),
    "links_export": Rule(Scope.LINKS_READ, at("/v1/links/export"), lists=True),
    "links_list": Rule(Scope.LINKS_READ, at("/v1/links"), lists=True),
    "links_get": Rule(Scope.LINKS_READ, at("/v1/links/{link}")),
    "links_change": Rule(Scope.LINKS_WRITE, sent("/v1/links/{link}", name="Changed")),
    "links_retire": Rule(Scope.LINKS_WRITE, at("/v1/links/{link}/retire")),
    "links_restore": Rule(Scope.LINKS_RESTORE, at("/v1/links/{link}/restore"), first="links_retire"),
    "links_qr_svg": Rule(Scope.LINKS_READ, at("/v1/links/{link}/qr.svg")),
    "links_qr_png": Rule(Scope.LINKS_READ, at("/v1/links/{link}/qr.png")),
    "applications_list": Rule(Scope.APPLICATIONS_READ, at("/v1/applications"), lists=True),
    "applications_get": Rule(Scope.APPLICATIONS_READ, at("/v1/applications/{application}")),
    "applications_move": Rule(
        Scope.APPLICATIONS_WRITE, sent("/v1/applications/{application}/stage", stage="verified", reason="Seen.")
    ),
    "applications_judge_duplicate": Rule(
        Scope.APPLICATIONS_WRITE, sent("/v1/applications/{application}/duplicates/{duplicate}", state="dismissed")
    ),
    "statistics_query": Rule(
        Scope.STATISTICS_READ,
        sent("/v1/statistics/query", metrics=["registrations"], dimensions=["campaign"], date_range=DATES),
        lists=True,
    ),
    "audit_list": Rule(Scope.AUDIT_READ, at("/v1/audit-entries"), lists=True),
}

METHODS = {operation["operationId"]: method for _, method, operation in operations()}


async def ask(client: httpx.AsyncClient, operation: str, objects: Objects, headers: dict[str, str]) -> httpx.Response:
    path, body = RULES[operation].build(objects)
    headers = {**headers, "Idempotency-Key": uuid4().hex}
    if isinstance(body, str):
        sheet_headers = {**headers, "Content-Type": "text/csv"}
        return await client.request(METHODS[operation], path, content=body, headers=sheet_headers)
    return await client.request(METHODS[operation], path, json=body, headers=headers)
