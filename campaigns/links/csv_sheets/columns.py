"""The columns of a CSV sheet of links, in their order, and the fields of a link that they hold."""

import re

from campaigns.kit.text.typed import plain_line

REQUIRED_COLUMNS = ("campaign", "source", "name")
IMPORT_COLUMNS = (
    *REQUIRED_COLUMNS,
    "medium",
    "slug",
    "destination",
    "term",
    "content",
    "tags",
    "state",
    "starts_at",
    "ends_at",
    "ended_destination",
    "pass_query",
    "preview_title",
    "preview_description",
    "preview_image",
)

# Columns that only an export has. An import finds by `id` that a row is a link already, so that an exported sheet with
# rows added can be sent back; it ignores the other two.
EXPORT_ONLY_COLUMNS = ("id", "short_url", "target_url")
EXPORT_COLUMNS = (*EXPORT_ONLY_COLUMNS, *IMPORT_COLUMNS)

# Where the fields of a link stand in a sheet, as far as the column has another name.
COLUMN_OF = {"channel_id": "source", "utm_term": "term", "utm_content": "content"}
FIELD_OF = {column: field for field, column in COLUMN_OF.items()} | {
    "campaign": "utm_campaign",
    "source": "utm_source",
    "medium": "utm_medium",
}

# What is read of a cell of the header; no column has a longer name.
MAX_NAME = 60

# Further names of columns that an import takes: those of the parameters, and Indonesian ones.
ALIASES = {
    **{f"utm_{name}": name for name in ("campaign", "source", "medium", "term", "content")},
    "kampanye": "campaign",
    "sumber": "source",
    "nama": "name",
    "media": "medium",
    "tujuan": "destination",
    "istilah": "term",
    "konten": "content",
    "tag": "tags",
    "label": "tags",
    "status": "state",
    "mulai": "starts_at",
    "berakhir": "ends_at",
    "selesai": "ends_at",
    "tujuan_akhir": "ended_destination",
    "judul_pratinjau": "preview_title",
    "deskripsi_pratinjau": "preview_description",
    "gambar_pratinjau": "preview_image",
}


def column_name(cell: str) -> str:
    """The column that a cell of the header names: in any case, with blanks or hyphens for `_`, with a `*` or `:`."""
    name = re.sub(r"[\s-]+", "_", plain_line(cell[:MAX_NAME]).strip("*:' ").lower())
    return ALIASES.get(name, name)
