"""Languages under their current codes: in rules of links and in stored taps (`in` becomes `id`).

Only rows with another code are written, and no table is locked against taps.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Codes that browsers sent or rules named; frozen here, whatever `campaigns.kit.text.languages` becomes.
CODES = """(VALUES
    ('in', 'id'), ('iw', 'he'), ('ji', 'yi'), ('jw', 'jv'), ('mo', 'ro'), ('sh', 'sr'), ('tl', 'fil'),
    ('ind', 'id'), ('eng', 'en'), ('jav', 'jv'), ('sun', 'su'), ('msa', 'ms'), ('may', 'ms'), ('zho', 'zh')
) AS codes (old, current)"""


def upgrade() -> None:
    for table in ("clicks", "orphan_taps"):
        op.execute(f"""
            UPDATE {table} SET language = codes.current FROM {CODES}
            WHERE {table}.language = codes.old
        """)  # noqa: S608
    op.execute(f"""
        UPDATE links SET rules = (
            SELECT jsonb_agg(
                CASE WHEN codes.current IS NULL THEN rule
                    ELSE jsonb_set(rule, '{{language}}', to_jsonb(codes.current)) END
                ORDER BY position
            )
            FROM jsonb_array_elements(links.rules) WITH ORDINALITY AS listed (rule, position)
            LEFT JOIN {CODES} ON codes.old = rule ->> 'language'
        )
        WHERE EXISTS (
            SELECT FROM jsonb_array_elements(links.rules) AS listed (rule)
            JOIN {CODES} ON codes.old = rule ->> 'language'
        )
    """)  # noqa: S608


def downgrade() -> None:
    """The current codes are right for every release."""
