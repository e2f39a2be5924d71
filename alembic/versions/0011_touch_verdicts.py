"""What each touch proves, and who brought each click first: `touches.verdict`, `click_claims`.

Touches of before are visits, as they were counted; their clicks are claimed by the first who brought them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("touches", sa.Column("verdict", sa.Text(), server_default="visit", nullable=False))
    op.execute(
        "ALTER TABLE touches ADD CONSTRAINT ck_touches_verdict"
        " CHECK (verdict IN ('visit', 'shared', 'expired', 'robot')) NOT VALID"
    )
    op.execute("ALTER TABLE touches VALIDATE CONSTRAINT ck_touches_verdict")
    op.create_index(
        "ix_touches_not_visits", "touches", ["application_id"], postgresql_where=sa.text("verdict <> 'visit'")
    )
    op.create_table(
        "click_claims",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("click_id", sa.Uuid(), nullable=False),
        sa.Column("applicant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "click_id", name=op.f("pk_click_claims")),
    )
    op.execute(
        "INSERT INTO click_claims (campaign_id, click_id, applicant_id)"
        " SELECT DISTINCT ON (links.campaign_id, touches.click_id)"
        " links.campaign_id, touches.click_id, applications.applicant_id"
        " FROM touches JOIN links ON links.id = touches.link_id"
        " JOIN applications ON applications.id = touches.application_id"
        " ORDER BY links.campaign_id, touches.click_id, applications.id"
    )


def downgrade() -> None:
    op.drop_table("click_claims")
    op.drop_index("ix_touches_not_visits", table_name="touches")
    op.drop_column("touches", "verdict")
