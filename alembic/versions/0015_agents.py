"""Takes addresses and long numbers out of stored user agents, and lets `jaring clicks reclassify` judge them all.

That also stores them in known words only.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        r"""
        UPDATE agents SET rules_version = 0,
            text = regexp_replace(regexp_replace(text, '\S*@\S*', '*', 'g'), '\+?\d[\d() -]{6,}\d', '*', 'g')
        WHERE id <> 0
        """
    )


def downgrade() -> None:
    pass  # what was deleted stays deleted
