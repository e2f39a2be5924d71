"""Deletes what taps were stored with before a list said which parameters are: people write about themselves there."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No figure is made of them.
    op.execute("UPDATE clicks SET extras = NULL WHERE extras IS NOT NULL")


def downgrade() -> None:
    pass  # what was deleted stays deleted
