"""Finds the links whose slugs differ in hyphens only, for paths that were pasted or typed without them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_links_slug_key", "links", [sa.text("replace(slug, '-', '')")])


def downgrade() -> None:
    op.drop_index("ix_links_slug_key", table_name="links")
