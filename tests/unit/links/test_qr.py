"""QR codes: the picture contains exactly this content, and is the same every time."""

import re
import struct
import zlib
from xml.etree import ElementTree

import pytest
import segno

from campaigns.links.qr import ErrorLevel, PictureKind, QrStyle, draw_qr, scanned_url

CONTENT = "https://jaring.example/bintara-story-1"


def modules_of_png(picture: bytes) -> list[list[int]]:
    """The pixels of a PNG of one bit a pixel, 1 for dark; knows the row filters None and Up (PNG, 9.2)."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    at, data, header = 8, b"", b""
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        kind, body = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        header = body if kind == b"IHDR" else header
        data += body if kind == b"IDAT" else b""
        at += length + 12
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    assert (depth, colour) == (1, 0)  # greyscale: 1 is white
    raw, stride = zlib.decompress(data), 1 + (width + 7) // 8
    rows, above = [], bytes(stride - 1)
    for place in range(0, height * stride, stride):
        row_filter, line = raw[place], raw[place + 1 : place + stride]
        assert row_filter in (0, 2)
        above = bytes(byte + up & 0xFF for byte, up in zip(line, above, strict=True)) if row_filter else line
        rows.append([1 - (above[x // 8] >> (7 - x % 8) & 1) for x in range(width)])
    return rows


@pytest.mark.parametrize("error", ["l", "m", "q", "h"])
@pytest.mark.parametrize(("scale", "border"), [(1, 0), (3, 4), (2, 10)])
def test_the_png_shows_the_modules_of_the_content(error: ErrorLevel, scale: int, border: int) -> None:
    matrix = [[int(module) for module in row] for row in segno.make(CONTENT, micro=False, error=error).matrix]
    size = len(matrix) + 2 * border
    rows = modules_of_png(draw_qr(CONTENT, QrStyle(scale=scale, border=border, error=error), "png"))
    assert (len(rows), len(rows[0])) == (size * scale, size * scale)
    quiet = [0] * border
    expected = [
        *([0] * size for _ in range(border)),
        *([*quiet, *row, *quiet] for row in matrix),
        *([0] * size for _ in range(border)),
    ]
    assert [row[::scale] for row in rows[::scale]] == expected
    assert rows == [[pixel for pixel in row for _ in range(scale)] for row in expected for _ in range(scale)]


def test_the_svg_shows_the_modules_of_the_content_on_white() -> None:
    matrix = [[int(module) for module in row] for row in segno.make(CONTENT, micro=False, error="m").matrix]
    tree = ElementTree.fromstring(draw_qr(CONTENT, QrStyle(scale=5, border=4, error="m"), "svg"))
    size = (len(matrix) + 8) * 5
    assert (tree.get("width"), tree.get("height")) == (f"{size}px", f"{size}px")
    assert tree.get("viewBox") == f"0 0 {size} {size}", "it cannot be shown in another size"
    ground, code = tree.iter("{http://www.w3.org/2000/svg}path")
    assert (ground.get("fill"), code.get("stroke")) == ("#fff", "#000")
    drawn, x, y = [[0] * len(matrix) for _ in matrix], 0.0, 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: ?(-?[\d.]+))?", code.get("d", "")):
        if command == "h":
            for column in range(int(x), int(x) + int(first)):
                drawn[int(y) - 4][column - 4] = 1
            x += int(first)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            x, y = float(first), float(second)
    assert drawn == matrix


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_input_gives_the_same_bytes(kind: PictureKind) -> None:
    style = QrStyle(scale=4, border=2, error="q")
    assert draw_qr(CONTENT, style, kind) == draw_qr(CONTENT, style, kind)
    assert draw_qr(CONTENT, style, kind) != draw_qr(scanned_url(CONTENT), style, kind)


def test_a_scan_is_distinguished_from_a_tap() -> None:
    assert scanned_url(CONTENT) == f"{CONTENT}?via=qr"


def test_is_never_a_micro_code() -> None:
    tiny = modules_of_png(draw_qr("1", QrStyle(scale=1, border=0, error="l"), "png"))
    assert len(tiny) == 21  # version 1, the smallest that is not micro
