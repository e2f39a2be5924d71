"""Names that the code, the API and the database now share (CHANGELOG, "One name for one thing").

Stop servers of the previous release first: they use the old names.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (("orphan_clicks", "orphan_taps"), ("rule_runs", "watermarks"))
COLUMNS = (
    ("applications", "submitted_at", "registered_at"),
    ("repeated_applications", "submitted_at", "registered_at"),
)
INDEXES = (
    ("pk_orphan_clicks", "pk_orphan_taps"),
    ("ix_orphan_clicks_clicked_at", "ix_orphan_taps_clicked_at"),
    ("pk_rule_runs", "pk_watermarks"),
)


def upgrade() -> None:
    for old, new in TABLES:
        op.rename_table(old, new)
    for table, old, new in COLUMNS:
        op.alter_column(table, old, new_column_name=new)
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")


def downgrade() -> None:
    for old, new in INDEXES:
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table, old, new in COLUMNS:
        op.alter_column(table, new, new_column_name=old)
    for old, new in TABLES:
        op.rename_table(new, old)
