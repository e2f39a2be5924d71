"""A sheet of links in parts, so that a whole export is never held in memory."""

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.paging import PageRequest
from campaigns.links.csv_sheets.format import header_text, rows_text
from campaigns.links.queries import LinkFilters, list_links

LINKS_A_PART = 500


async def sheet_parts(
    session: AsyncSession,
    principal: Principal,
    *,
    filters: LinkFilters,
    short_link_base: str,
    timezone: ZoneInfo,
    links_a_part: int = LINKS_A_PART,
) -> AsyncIterator[tuple[str, int]]:
    """Parts of the sheet of the links that a list shows, newest first, each with its number of links.

    The first has the header; there always is one. Refusals as by `list_links`, before the first part.
    """
    text, after = header_text(), None
    while True:
        page = await list_links(session, principal, filters=filters, page=PageRequest(links_a_part, after))
        yield text + rows_text(page.items, short_link_base=short_link_base, timezone=timezone), len(page.items)
        session.expunge_all()
        if (after := page.next_after) is None:
            return
        text = ""
