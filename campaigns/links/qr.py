"""QR codes of short links (ISO/IEC 18004), as SVG for print and as PNG for everything else.

The same input gives the same bytes, so an answer's ETag can be made from them. Drawing a large one takes tens of
milliseconds of pure Python: callers keep it off the event loop.
"""

import io
from dataclasses import dataclass
from typing import Literal

import segno

ErrorLevel = Literal["l", "m", "q", "h"]

SMALLEST_SCALE = 1
LARGEST_SCALE = 40
LARGEST_BORDER = 10


@dataclass(frozen=True, slots=True)
class QrStyle:
    """How a code is drawn: pixels per module, width of the quiet zone in modules, and how much damage it survives.

    The level is the least there will be; a higher one is taken where it makes the code no larger.
    """

    scale: int
    border: int
    error: ErrorLevel


def qr_svg(content: str, style: QrStyle) -> bytes:
    """The code as an SVG document; on white, since a code on a dark poster needs its quiet zone."""
    return _drawn(content, style, "svg")


def qr_png(content: str, style: QrStyle) -> bytes:
    """The code as a PNG image of one bit a pixel."""
    return _drawn(content, style, "png")


def _drawn(content: str, style: QrStyle, kind: Literal["svg", "png"]) -> bytes:
    drawn = io.BytesIO()
    # Never a Micro QR code, which the cameras of telephones do not read.
    code = segno.make_qr(content, error=style.error)
    code.save(drawn, kind=kind, scale=style.scale, border=style.border, dark="#000", light="#fff")
    return drawn.getvalue()
