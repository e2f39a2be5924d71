"""What the candidate's clock said beside the server's: `consents.clock`."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("consents", sa.Column("clock", sa.Text(), server_default="agrees", nullable=False))
    op.execute("UPDATE consents SET clock = 'differs' WHERE abs(extract(epoch FROM accepted_at - recorded_at)) > 86400")
    op.execute(
        "ALTER TABLE consents ADD CONSTRAINT ck_consents_clock"
        " CHECK (clock IN ('agrees', 'differs', 'unreadable')) NOT VALID"
    )
    op.execute("ALTER TABLE consents VALIDATE CONSTRAINT ck_consents_clock")


def downgrade() -> None:
    op.drop_column("consents", "clock")
