"""The text of a sheet, whichever encoding a spreadsheet program wrote it in."""

import codecs

import pytest

from campaigns.kit.errors import Invalid
from campaigns.links.csv_sheets.encodings import decode_sheet

TEXT = "campaign;source;name\r\nbintara;ig;Caf\u00e9 \u201cPolda\u201d \u2013 1\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
    ],
)
def test_is_read(data: bytes) -> None:
    assert decode_sheet(data) == TEXT


def test_what_is_ascii_or_empty_is_read() -> None:
    assert decode_sheet(b"") == ""
    assert decode_sheet(codecs.BOM_UTF8) == decode_sheet(codecs.BOM_UTF16_LE) == ""
    assert decode_sheet(b"campaign;a\x00b;c") == "campaign;a\x00b;c"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("Polda \u2013 caf\u00e9, \u65e5\u672c".encode()[:-1], "not-utf8"),
        (b"name \x81\x8d", "not-utf8"),
        (codecs.BOM_UTF16_LE + b"a\x00b", "not-utf8"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a\x00", "not-utf8"),
        (b"PK\x03\x04\x14\x00\x06\x00", "not-csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not-csv"),
    ],
)
def test_what_is_damaged_or_no_text_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_sheet(data)
    assert [(field.path, field.code) for field in refused.value.fields] == [((), code)]
