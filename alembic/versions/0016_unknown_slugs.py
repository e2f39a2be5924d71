"""Rewrites what is stored of unknown slugs in the words of links, and deletes referrers that are numbers."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        r"""
        WITH known AS MATERIALIZED (
            SELECT DISTINCT unnest(string_to_array(slug, '-')) AS word FROM links
        ), rewritten AS (
            SELECT id, regexp_replace(
                (SELECT string_agg(coalesce(known.word, '*'), '-' ORDER BY part.place)
                FROM unnest(string_to_array(slug, '-')) WITH ORDINALITY AS part (word, place)
                LEFT JOIN known ON known.word = part.word),
                '\*(-\*)+', '*', 'g') AS slug
            FROM orphan_taps
        )
        UPDATE orphan_taps SET slug = coalesce(nullif(rewritten.slug, '*'), '(other)')
        FROM rewritten WHERE rewritten.id = orphan_taps.id
        """
    )
    for table in ("clicks", "orphan_taps"):
        op.execute(
            f"UPDATE {table} SET referrer_host = NULL"  # noqa: S608 - two names of our own
            r" WHERE referrer_host ~ '\d{6}|\d{4}-\d{2}-\d{2}|^(\d{1,3}\.){3}\d{1,3}$'"
        )


def downgrade() -> None:
    pass  # what was deleted stays deleted
