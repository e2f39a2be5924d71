"""Routes of the QR codes of links."""

import hashlib
from asyncio import to_thread
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response

from api.http.auth import LinksReader
from api.http.context import CurrentContext
from api.http.contract.router import ContractRouter
from api.http.sessions import ReadSession
from api.links.public_url import print_headers
from api.links.requests import QrQuery
from api.links.responses import short_url
from campaigns.links.qr import PictureKind, QrStyle, draw_qr, scanned_url
from campaigns.links.queries import get_link

# A link's slug never changes, so a code is outdated only if the public base URL changes.
PICTURE_CACHING = "private, max-age=3600"
MEDIA_TYPES: dict[PictureKind, str] = {"svg": "image/svg+xml", "png": "image/png"}

router = ContractRouter(prefix="/v1/links", tags=["links"])


@dataclass(frozen=True, slots=True)
class QrRequest:
    """The code that is asked for, and the header that warns of printing it."""

    content: str
    style: QrStyle
    warning: dict[str, str]


async def _qr_request(
    link_id: UUID,
    drawing: Annotated[QrQuery, Query()],
    caller: LinksReader,
    session: ReadSession,
    context: CurrentContext,
) -> QrRequest:
    """What both routes take; raises NotFound for a link that the caller does not see."""
    link = await get_link(session, caller, link_id=link_id)
    content = scanned_url(short_url(link, context.settings.short_link_base))
    return QrRequest(content, QrStyle(**drawing.model_dump()), print_headers(context.settings))


AskedQr = Annotated[QrRequest, Depends(_qr_request)]


def _picture(kind: PictureKind, **schema: str) -> dict[int | str, dict[str, Any]]:
    """The documented responses of a route that returns an image."""
    content = {MEDIA_TYPES[kind]: {"schema": {"type": "string", **schema}}}
    return {
        200: {"description": "The image.", "content": content},
    }


@router.get("/{link_id}/qr.svg", name="qr_svg", response_class=Response, responses=_picture("svg"))
async def draw_svg(asked: AskedQr) -> Response:
    """Get the QR code of a link as SVG, for print.

    The code contains the short URL with `?via=qr`, so that statistics can show scans separately.
    """
    return await _drawn(asked, "svg")


@router.get("/{link_id}/qr.png", name="qr_png", response_class=Response, responses=_picture("png", format="binary"))
async def draw_png(asked: AskedQr) -> Response:
    """Get the QR code of a link as PNG, for chats.

    The code contains the short URL with `?via=qr`, so that statistics can show scans separately.
    """
    return await _drawn(asked, "png")


async def _drawn(asked: QrRequest, kind: PictureKind) -> Response:
    """The image with its ETag."""
    drawn = await to_thread(draw_qr, asked.content, asked.style, kind)
    etag = f'"{hashlib.sha256(drawn).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": PICTURE_CACHING, **asked.warning}
    return Response(drawn, media_type=MEDIA_TYPES[kind], headers=headers)
