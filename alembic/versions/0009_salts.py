"""Salts of visitors leave nothing in the write-ahead log or in backups: `visitor_salts` is unlogged.

The salt of the day of the upgrade is made anew, since that of before stands in the log.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("TRUNCATE visitor_salts")
    op.execute("ALTER TABLE visitor_salts SET UNLOGGED")


def downgrade() -> None:
    op.execute("TRUNCATE visitor_salts")
    op.execute("ALTER TABLE visitor_salts SET LOGGED")
