"""The actor of a stage change: `stage_changes.key_id` becomes `actor_kind` and `actor_id`.

Stop servers of the previous release first: they write the old column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stage_changes", sa.Column("actor_kind", sa.Text(), nullable=True))
    op.add_column("stage_changes", sa.Column("actor_id", sa.Uuid(), nullable=True))
    # The stage change of a registration has no key; its actor is the candidate, whose id is the application's.
    op.execute("""
        UPDATE stage_changes SET
            actor_kind = CASE
                WHEN key_id IS NOT NULL THEN 'key' WHEN from_stage_id IS NULL THEN 'candidate' ELSE 'system' END,
            actor_id = CASE WHEN key_id IS NULL AND from_stage_id IS NULL THEN application_id ELSE key_id END
    """)
    op.alter_column("stage_changes", "actor_kind", nullable=False)
    op.drop_column("stage_changes", "key_id")
    op.create_check_constraint(
        op.f("ck_stage_changes_actor_kind"), "stage_changes", "actor_kind IN ('key', 'candidate', 'system')"
    )
    op.create_check_constraint(
        op.f("ck_stage_changes_actor_id"), "stage_changes", "(actor_id IS NULL) = (actor_kind = 'system')"
    )


def downgrade() -> None:
    op.add_column("stage_changes", sa.Column("key_id", sa.Uuid(), nullable=True))
    op.execute("UPDATE stage_changes SET key_id = actor_id WHERE actor_kind = 'key'")
    op.create_foreign_key(op.f("fk_stage_changes_key_id"), "stage_changes", "api_keys", ["key_id"], ["id"])
    op.drop_column("stage_changes", "actor_kind")
    op.drop_column("stage_changes", "actor_id")
