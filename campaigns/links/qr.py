"""QR codes of short links (ISO/IEC 18004), as SVG for print and as PNG for everything else.

The same input gives the same bytes, so an ETag can be computed from them. Drawing a large code takes tens of
milliseconds of pure Python, so call it in a thread and not on the event loop.
"""

import io
from dataclasses import dataclass
from typing import Literal

import segno

ErrorLevel = Literal["l", "m", "q", "h"]
PictureKind = Literal["svg", "png"]

MIN_SCALE = 1
MAX_SCALE = 40
MAX_BORDER = 10


@dataclass(frozen=True, slots=True)
class QrStyle:
    """How a code is drawn: pixels per module, width of the quiet zone in modules, and error correction level.

    The level is a minimum: a higher one is used if the code does not become larger.
    """

    scale: int
    border: int
    error: ErrorLevel


def scanned_url(short_url: str) -> str:
    """The URL in a link's QR code: the short URL with a parameter that marks scans."""
    return f"{short_url}?via=qr"


def draw_qr(content: str, style: QrStyle, kind: PictureKind) -> bytes:
    """The code as a picture on a white background, since the quiet zone must be light; a PNG has one bit per pixel."""
    drawn = io.BytesIO()
    # Not a Micro QR code, which phone cameras do not read.
    code = segno.make_qr(content, error=style.error)
    # With a unit segno adds the viewBox, without which an SVG that a page or a program resizes is cropped.
    unit = {"unit": "px"} if kind == "svg" else {}
    code.save(drawn, kind=kind, scale=style.scale, border=style.border, dark="#000", light="#fff", **unit)
    return drawn.getvalue()
