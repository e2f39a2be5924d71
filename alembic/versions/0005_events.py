"""The transactional outbox: events, and the read position of each consumer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("((pg_current_xact_id())::text)::bigint"),
            nullable=False,
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("actor_kind IN ('key', 'candidate', 'system')", name=op.f("ck_events_actor_kind")),
        sa.CheckConstraint("(actor_id IS NULL) = (actor_kind = 'system')", name=op.f("ck_events_actor_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_transaction_id"), "events", ["transaction_id"], unique=False)
    op.create_table(
        "event_cursors",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("read_snapshot", sa.Text(), nullable=False),
        sa.Column("batch_snapshot", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("consumer", name=op.f("pk_event_cursors")),
    )


def downgrade() -> None:
    op.drop_table("event_cursors")
    op.drop_table("events")
