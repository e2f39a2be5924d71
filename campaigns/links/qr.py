"""QR codes of short links (ISO/IEC 18004), as SVG for print and as PNG for everything else.

The same input gives the same bytes, so an answer's ETag can be made from them. Drawing a large one takes tens of
milliseconds of pure Python: callers keep it off the event loop.
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
    """How a code is drawn: pixels per module, width of the quiet zone in modules, and how much damage it survives.

    The level is the least there will be; a higher one is taken where it makes the code no larger.
    """

    scale: int
    border: int
    error: ErrorLevel


def scanned_url(short_url: str) -> str:
    """What a link's code says: the short address, marked so that scans are told from taps."""
    return f"{short_url}?via=qr"


def draw_qr(content: str, style: QrStyle, kind: PictureKind) -> bytes:
    """The code as a picture on white, since one on a dark poster needs its quiet zone; a PNG has one bit a pixel."""
    drawn = io.BytesIO()
    # Never a Micro QR code, which the cameras of telephones do not read.
    code = segno.make_qr(content, error=style.error)
    code.save(drawn, kind=kind, scale=style.scale, border=style.border, dark="#000", light="#fff")
    return drawn.getvalue()
