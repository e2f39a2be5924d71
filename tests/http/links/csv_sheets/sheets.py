"""Sheets of links sent and fetched over HTTP."""

import csv
import io
from uuid import uuid4

import httpx
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.links.models import Link
from tests.factories.world import World

HEADER = "campaign,source,name,content"


async def send(
    client: httpx.AsyncClient, world: World, *lines: str, header: str = HEADER, key: str | None = None, query: str = ""
) -> httpx.Response:
    headers = {
        **world.as_role(Role.MARKETER),
        "Content-Type": "text/csv; charset=utf-8",
        "Idempotency-Key": key or uuid4().hex,
    }
    sheet = "\r\n".join([header, *lines]) + "\r\n"
    return await client.post(f"/v1/links/import{query}", content=sheet.encode(), headers=headers)


async def exported(client: httpx.AsyncClient, world: World, query: str = "") -> list[dict[str, str]]:
    answer = await client.get(f"/v1/links/export{query}", headers=world.as_role(Role.VIEWER))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="links.csv"'
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def links(session: AsyncSession) -> int:
    return (await session.exec(select(func.count()).select_from(Link))).one()
