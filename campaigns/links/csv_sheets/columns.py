"""The columns of a CSV sheet of links, in their order, and the fields of a link that they hold."""

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
