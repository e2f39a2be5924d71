"""A sheet of links in parts, so that a whole export is never held in memory, nor a transaction while a client reads."""

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from campaigns.access.types import Principal
from campaigns.kit.database.engine import SessionFactory
from campaigns.kit.database.paging import PageRequest
from campaigns.links.csv_sheets.format import header_text, rows_text
from campaigns.links.queries import LinkFilters, list_links

LINKS_A_PART = 500


async def sheet_parts(
    sessions: SessionFactory,
    principal: Principal,
    *,
    filters: LinkFilters,
    short_link_base: str,
    timezone: ZoneInfo,
    links_a_part: int = LINKS_A_PART,
) -> AsyncIterator[tuple[str, int]]:
    """Parts of the sheet of the links that a list shows, newest first, each with its number of links.

    The first has the header; there always is one. Refusals as by `list_links`, before the first part. Each part is read
    in a session of its own, which is closed before the part is handed over, so the sheet holds no connection while
    somebody reads it slowly. Each link is as it was when its part was read; links made since the first are left out.
    """
    text, after = header_text(), None
    while True:
        async with sessions() as session:
            page = await list_links(session, principal, filters=filters, page=PageRequest(links_a_part, after))
            text += rows_text(page.items, short_link_base=short_link_base, timezone=timezone)
        yield text, len(page.items)
        if (after := page.next_after) is None:
            return
        text = ""
