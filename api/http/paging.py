"""Cursor pages over HTTP: `limit` and `cursor` in, `next_cursor` and `Link: rel="next"` (RFC 8288) out."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from api.http.cursors import decode_cursor, encode_cursor
from api.http.schemas import ListPage
from campaigns.kit.database.paging import Page, PageRequest

T = TypeVar("T")

MAX_PAGE_SIZE = 200


Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Maximum number of items on the page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=64, description="`next_cursor` of the previous page. Keep the other parameters unchanged."),
]


def page_after(limit: int, cursor: str | None) -> PageRequest:
    """The page request of a list sorted by id; raises Invalid for a cursor of another kind of list."""
    return PageRequest(limit=limit, after=decode_cursor(cursor, UUID)[0] if cursor is not None else None)


def _page_request(limit: Limit = 50, cursor: Cursor = None) -> PageRequest:
    return page_after(limit, cursor)


PageQuery = Annotated[PageRequest, Depends(_page_request)]


def list_page(request: Request, response: Response, page: Page[Any], items: list[T]) -> ListPage[T]:
    """The response body of a page; also sets the `Link` header."""
    cursor = encode_cursor(page.next_after) if page.next_after is not None else None
    return list_page_up_to(request, response, cursor, items)


def list_page_up_to(request: Request, response: Response, cursor: str | None, items: list[T]) -> ListPage[T]:
    """As `list_page`, for lists with another kind of cursor; `cursor` is None on the last page."""
    if cursor is None:
        return ListPage(items=items, next_cursor=None)
    following = request.url.include_query_params(cursor=cursor)
    response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return ListPage(items=items, next_cursor=cursor)
