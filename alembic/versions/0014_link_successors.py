"""Retired links can be restored, and the link that takes their place is chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("retired_from", sa.Text(), nullable=True))
    op.add_column("links", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_links_successor_id_links"), "links", "links", ["successor_id"], ["id"])
    op.create_check_constraint(op.f("ck_links_retired_from"), "links", "retired_from IN ('draft', 'active', 'paused')")
    op.create_check_constraint(
        op.f("ck_links_retired_from_state"), "links", "retired_from IS NULL OR state = 'retired'"
    )
    op.create_check_constraint(op.f("ck_links_successor"), "links", "successor_id <> id")


def downgrade() -> None:
    op.drop_column("links", "successor_id")
    op.drop_column("links", "retired_from")
