"""Links that follow rules, and taps with what is known about them.

Servers of the previous release still use the database while this runs: add columns before their first use, and remove
them after their last.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reasons", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("expects", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=True),
        sa.Column("rules_version", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("device IN ('ios', 'android', 'desktop', 'other')", name=op.f("ck_agents_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
    )
    op.create_table(
        "rule_runs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rule_runs")),
    )
    op.create_table(
        "tap_losses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taps", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tap_losses")),
    )
    op.create_table(
        "destination_checks",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("hops", sa.SmallInteger(), nullable=True),
        sa.Column("utm_kept", sa.Boolean(), nullable=True),
        sa.Column("cid_kept", sa.Boolean(), nullable=True),
        sa.Column("host_allowed", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('ok', 'unreachable', 'broken', 'refused', 'host_not_allowed', 'parameters_lost')",
            name=op.f("ck_destination_checks_verdict"),
        ),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_destination_checks_link_id")),
        sa.PrimaryKeyConstraint("link_id", "place", name=op.f("pk_destination_checks")),
    )
    op.create_index(op.f("ix_destination_checks_next_at"), "destination_checks", ["next_at"], unique=False)
    op.add_column("campaigns", sa.Column("preview_title", sa.Text(), nullable=True))
    op.add_column("campaigns", sa.Column("preview_description", sa.Text(), nullable=True))
    op.add_column("campaigns", sa.Column("preview_image", sa.Text(), nullable=True))
    op.add_column("clicks", sa.Column("agent_id", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("clicks", sa.Column("observed", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("clicks", sa.Column("country", sa.Text(), nullable=True))
    op.add_column("clicks", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("clicks", sa.Column("referrer_host", sa.Text(), nullable=True))
    op.add_column("clicks", sa.Column("network", sa.Text(), nullable=True))
    op.add_column("clicks", sa.Column("via", sa.Text(), nullable=True))
    op.add_column("clicks", sa.Column("variant", sa.Text(), nullable=True))
    op.add_column("clicks", sa.Column("extras", sa.Text(), nullable=True))
    op.add_column("links", sa.Column("channel_group", sa.Text(), server_default="unassigned", nullable=False))
    op.add_column("links", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("links", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("links", sa.Column("ended_destination", sa.Text(), nullable=True))
    op.add_column("links", sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("links", sa.Column("pass_query", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("links", sa.Column("preview_title", sa.Text(), nullable=True))
    op.add_column("links", sa.Column("preview_description", sa.Text(), nullable=True))
    op.add_column("links", sa.Column("preview_image", sa.Text(), nullable=True))
    op.add_column(
        "links", sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.add_column(
        "links", sa.Column("variants", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.create_index("ix_links_tags", "links", ["tags"], unique=False, postgresql_using="gin")
    op.drop_constraint(op.f("ck_links_state"), "links", type_="check")
    op.create_check_constraint(op.f("ck_links_state"), "links", "state IN ('draft', 'active', 'paused', 'retired')")
    op.create_check_constraint(op.f("ck_links_dates"), "links", "ends_at > starts_at")
    op.create_check_constraint(
        op.f("ck_links_ended_destination"), "links", "ended_destination IS NULL OR ends_at IS NOT NULL"
    )
    # Agent 0 is for taps stored before user agents were.
    op.execute("INSERT INTO agents (id, text, device, first_seen_at) VALUES (0, '(not recorded)', 'other', 'epoch')")
    op.execute("INSERT INTO destination_checks (link_id, place, next_at) SELECT id, 'default', now() FROM links")
    op.add_column("orphan_clicks", sa.Column("agent_id", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("orphan_clicks", sa.Column("observed", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("orphan_clicks", sa.Column("country", sa.Text(), nullable=True))
    op.add_column("orphan_clicks", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("orphan_clicks", sa.Column("referrer_host", sa.Text(), nullable=True))
    op.add_column("orphan_clicks", sa.Column("network", sa.Text(), nullable=True))
    op.add_column("units", sa.Column("term_template", sa.Text(), nullable=True))
    op.add_column("units", sa.Column("content_template", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("units", "content_template")
    op.drop_column("units", "term_template")
    op.drop_column("orphan_clicks", "network")
    op.drop_column("orphan_clicks", "referrer_host")
    op.drop_column("orphan_clicks", "language")
    op.drop_column("orphan_clicks", "country")
    op.drop_column("orphan_clicks", "observed")
    op.drop_column("orphan_clicks", "agent_id")
    op.drop_index("ix_links_tags", table_name="links", postgresql_using="gin")
    op.execute("UPDATE links SET state = 'active' WHERE state IN ('draft', 'paused')")
    op.drop_constraint(op.f("ck_links_ended_destination"), "links", type_="check")
    op.drop_constraint(op.f("ck_links_dates"), "links", type_="check")
    op.drop_constraint(op.f("ck_links_state"), "links", type_="check")
    op.create_check_constraint(op.f("ck_links_state"), "links", "state IN ('active', 'retired')")
    op.drop_column("links", "variants")
    op.drop_column("links", "rules")
    op.drop_column("links", "preview_image")
    op.drop_column("links", "preview_description")
    op.drop_column("links", "preview_title")
    op.drop_column("links", "pass_query")
    op.drop_column("links", "tags")
    op.drop_column("links", "ended_destination")
    op.drop_column("links", "ends_at")
    op.drop_column("links", "starts_at")
    op.drop_column("links", "channel_group")
    op.drop_column("clicks", "extras")
    op.drop_column("clicks", "variant")
    op.drop_column("clicks", "via")
    op.drop_column("clicks", "network")
    op.drop_column("clicks", "referrer_host")
    op.drop_column("clicks", "language")
    op.drop_column("clicks", "country")
    op.drop_column("clicks", "observed")
    op.drop_column("clicks", "agent_id")
    op.drop_column("campaigns", "preview_image")
    op.drop_column("campaigns", "preview_description")
    op.drop_column("campaigns", "preview_title")
    op.drop_index(op.f("ix_destination_checks_next_at"), table_name="destination_checks")
    op.drop_table("destination_checks")
    op.drop_table("tap_losses")
    op.drop_table("rule_runs")
    op.drop_table("agents")
