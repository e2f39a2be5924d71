"""The first tables.

Servers of the previous release still use the database while this runs: add columns before their first use, and remove
them after their last.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit_entries", "conversions")


def upgrade() -> None:
    op.create_table(
        "applicants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_index", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applicants")),
        sa.UniqueConstraint("email_index", name=op.f("uq_applicants_email_index")),
    )
    op.create_table(
        "clicks",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visitor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "id", name=op.f("pk_clicks")),
    )
    op.create_index("ix_clicks_clicked_at", "clicks", ["clicked_at"], unique=False, postgresql_using="brin")
    op.create_table(
        "idempotency_records",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency_records")),
    )
    op.create_index(op.f("ix_idempotency_records_created_at"), "idempotency_records", ["created_at"], unique=False)
    op.create_table(
        "key_checks",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_key_checks_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_checks")),
    )
    op.create_table(
        "orphan_clicks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("visitor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orphan_clicks")),
    )
    op.create_index(
        "ix_orphan_clicks_clicked_at", "orphan_clicks", ["clicked_at"], unique=False, postgresql_using="brin"
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("allowed_hosts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(parent_id IS NULL) = (kind = 'national')", name=op.f("ck_units_parent")),
        sa.CheckConstraint("kind IN ('national', 'province', 'district')", name=op.f("ck_units_kind")),
        sa.CheckConstraint("char_length(code) BETWEEN 1 AND 20", name=op.f("ck_units_code_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_units_name_length")),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("code", name=op.f("uq_units_code")),
    )
    op.create_index(op.f("ix_units_parent_id"), "units", ["parent_id"], unique=False)
    op.create_index("ix_units_path", "units", ["path"], unique=True, postgresql_ops={"path": "text_pattern_ops"})
    op.create_index(
        "uq_units_single_root",
        "units",
        [sa.literal_column("(parent_id IS NULL)")],
        unique=True,
        postgresql_where=sa.text("parent_id IS NULL"),
    )
    op.create_table(
        "visitor_salts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_visitor_salts")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('administrator', 'marketer', 'recruiter', 'viewer')", name=op.f("ck_api_keys_role")
        ),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_api_keys_name_length")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_api_keys_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index(op.f("ix_api_keys_unit_id"), "api_keys", ["unit_id"], unique=False)
    op.create_table(
        "applicant_keys",
        sa.Column("applicant_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["applicant_id"], ["applicants.id"], name=op.f("fk_applicant_keys_applicant_id")),
        sa.PrimaryKeyConstraint("applicant_id", name=op.f("pk_applicant_keys")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("actor_kind IN ('key', 'candidate', 'system')", name=op.f("ck_audit_entries_actor_kind")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_audit_entries_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        op.f("ix_audit_entries_object_type_object_id"), "audit_entries", ["object_type", "object_id"], unique=False
    )
    op.create_index(op.f("ix_audit_entries_unit_id_id"), "audit_entries", ["unit_id", "id"], unique=False)
    op.create_table(
        "channels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_channels_state")),
        sa.CheckConstraint("char_length(medium) BETWEEN 1 AND 50", name=op.f("ck_channels_medium_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_channels_name_length")),
        sa.CheckConstraint("char_length(source) BETWEEN 1 AND 50", name=op.f("ck_channels_source_length")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_channels_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("unit_id", "source", "medium", name=op.f("uq_channels_unit_id_source_medium")),
    )
    op.create_table(
        "programmes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_programmes_state")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_programmes_name_length")),
        sa.CheckConstraint("char_length(slug) BETWEEN 1 AND 60", name=op.f("ck_programmes_slug_length")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_programmes_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
        sa.UniqueConstraint("unit_id", "slug", name=op.f("uq_programmes_unit_id_slug")),
    )
    op.create_table(
        "intakes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_version", sa.Text(), nullable=False),
        sa.Column("notice_url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_intakes_state")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_intakes_name_length")),
        sa.CheckConstraint(
            "char_length(notice_version) BETWEEN 1 AND 50", name=op.f("ck_intakes_notice_version_length")
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_intakes_dates")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_intakes_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intakes")),
    )
    op.create_index(op.f("ix_intakes_programme_id"), "intakes", ["programme_id"], unique=False)
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("landing_url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'closed')", name=op.f("ck_campaigns_state")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_campaigns_name_length")),
        sa.CheckConstraint("char_length(slug) BETWEEN 1 AND 60", name=op.f("ck_campaigns_slug_length")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_campaigns_dates")),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name=op.f("fk_campaigns_intake_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_campaigns_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("slug", name=op.f("uq_campaigns_slug")),
    )
    op.create_index(op.f("ix_campaigns_intake_id"), "campaigns", ["intake_id"], unique=False)
    op.create_index(op.f("ix_campaigns_unit_id_id"), "campaigns", ["unit_id", "id"], unique=False)
    op.create_table(
        "stages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('registered', 'verified', 'assessed', 'accepted', 'rejected', 'withdrawn')",
            name=op.f("ck_stages_kind"),
        ),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 40", name=op.f("ck_stages_key_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_stages_name_length")),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name=op.f("fk_stages_intake_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("intake_id", "key", name=op.f("uq_stages_intake_id_key")),
        sa.UniqueConstraint(
            "intake_id", "position", deferrable=True, initially="DEFERRED", name=op.f("uq_stages_intake_id_position")
        ),
    )
    op.create_index(
        "uq_stages_registered", "stages", ["intake_id"], unique=True, postgresql_where=sa.text("kind = 'registered'")
    )
    op.create_table(
        "links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("utm_source", sa.Text(), nullable=False),
        sa.Column("utm_medium", sa.Text(), nullable=False),
        sa.Column("utm_campaign", sa.Text(), nullable=False),
        sa.Column("utm_term", sa.Text(), nullable=True),
        sa.Column("utm_content", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_links_retired")),
        sa.CheckConstraint("state IN ('active', 'retired')", name=op.f("ck_links_state")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_links_name_length")),
        sa.CheckConstraint("char_length(slug) BETWEEN 1 AND 60", name=op.f("ck_links_slug_length")),
        sa.CheckConstraint("slug = lower(slug)", name=op.f("ck_links_slug_case")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_links_campaign_id")),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_links_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("slug", name=op.f("uq_links_slug")),
    )
    op.create_index(op.f("ix_links_campaign_id_id"), "links", ["campaign_id", "id"], unique=False)
    op.create_index(op.f("ix_links_channel_id"), "links", ["channel_id"], unique=False)
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("applicant_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status_token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("stage_entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("medium", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("char_length(reference) BETWEEN 1 AND 20", name=op.f("ck_applications_reference_length")),
        sa.ForeignKeyConstraint(["applicant_id"], ["applicants.id"], name=op.f("fk_applications_applicant_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_applications_campaign_id")),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name=op.f("fk_applications_intake_id")),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_applications_link_id")),
        sa.ForeignKeyConstraint(["stage_id"], ["stages.id"], name=op.f("fk_applications_stage_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_applications_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("intake_id", "applicant_id", name=op.f("uq_applications_intake_id_applicant_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_applications_reference")),
    )
    op.create_index(op.f("ix_applications_applicant_id"), "applications", ["applicant_id"], unique=False)
    op.create_index(op.f("ix_applications_campaign_id_id"), "applications", ["campaign_id", "id"], unique=False)
    op.create_index(op.f("ix_applications_link_id_id"), "applications", ["link_id", "id"], unique=False)
    op.create_index(op.f("ix_applications_phone_index"), "applications", ["phone_index"], unique=False)
    op.create_index(op.f("ix_applications_stage_id_id"), "applications", ["stage_id", "id"], unique=False)
    op.create_index(op.f("ix_applications_unit_id_id"), "applications", ["unit_id", "id"], unique=False)
    op.create_table(
        "conversions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("stage_kind", sa.Text(), nullable=False),
        sa.Column("change", sa.SmallInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("medium", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "stage_kind IN ('registered', 'verified', 'assessed', 'accepted', 'rejected', 'withdrawn')",
            name=op.f("ck_conversions_stage_kind"),
        ),
        sa.CheckConstraint("change IN (1, -1)", name=op.f("ck_conversions_change")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_conversions_campaign_id")),
        sa.ForeignKeyConstraint(["intake_id"], ["intakes.id"], name=op.f("fk_conversions_intake_id")),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_conversions_link_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_conversions_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversions")),
    )
    op.create_index(op.f("ix_conversions_application_id"), "conversions", ["application_id"], unique=False)
    op.create_index(
        op.f("ix_conversions_campaign_id_stage_kind_occurred_at"),
        "conversions",
        ["campaign_id", "stage_kind", "occurred_at"],
        unique=False,
    )
    op.create_index(op.f("ix_conversions_link_id"), "conversions", ["link_id"], unique=False)
    op.create_index("ix_conversions_occurred_at", "conversions", ["occurred_at"], unique=False, postgresql_using="brin")
    op.create_table(
        "consents",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("notice_version", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_consents_application_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_consents")),
    )
    op.create_table(
        "repeated_applications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status_token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_repeated_applications_application_id")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_repeated_applications_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repeated_applications")),
        sa.UniqueConstraint("reference", name=op.f("uq_repeated_applications_reference")),
    )
    op.create_index(
        op.f("ix_repeated_applications_application_id_id"),
        "repeated_applications",
        ["application_id", "id"],
        unique=False,
    )
    op.create_table(
        "stage_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("from_stage_id", sa.Uuid(), nullable=True),
        sa.Column("to_stage_id", sa.Uuid(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_stage_changes_application_id")),
        sa.ForeignKeyConstraint(["from_stage_id"], ["stages.id"], name=op.f("fk_stage_changes_from_stage_id")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_stage_changes_key_id")),
        sa.ForeignKeyConstraint(["to_stage_id"], ["stages.id"], name=op.f("fk_stage_changes_to_stage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_changes")),
    )
    op.create_index(op.f("ix_stage_changes_application_id_id"), "stage_changes", ["application_id", "id"], unique=False)
    op.create_index(op.f("ix_stage_changes_from_stage_id"), "stage_changes", ["from_stage_id"], unique=False)
    op.create_index(op.f("ix_stage_changes_to_stage_id"), "stage_changes", ["to_stage_id"], unique=False)
    op.create_table(
        "touches",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("click_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_touches_application_id")),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_touches_link_id")),
        sa.PrimaryKeyConstraint("application_id", "position", name=op.f("pk_touches")),
    )
    op.create_index(op.f("ix_touches_link_id"), "touches", ["link_id"], unique=False)
    # Rows of these tables can be inserted, but not updated or deleted, by any role.
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)


def downgrade() -> None:
    op.drop_index(op.f("ix_touches_link_id"), table_name="touches")
    op.drop_table("touches")
    op.drop_index(op.f("ix_stage_changes_to_stage_id"), table_name="stage_changes")
    op.drop_index(op.f("ix_stage_changes_from_stage_id"), table_name="stage_changes")
    op.drop_index(op.f("ix_stage_changes_application_id_id"), table_name="stage_changes")
    op.drop_table("stage_changes")
    op.drop_index(op.f("ix_repeated_applications_application_id_id"), table_name="repeated_applications")
    op.drop_table("repeated_applications")
    op.drop_table("consents")
    op.drop_index(op.f("ix_conversions_link_id"), table_name="conversions")
    op.drop_index("ix_conversions_occurred_at", table_name="conversions", postgresql_using="brin")
    op.drop_index(op.f("ix_conversions_campaign_id_stage_kind_occurred_at"), table_name="conversions")
    op.drop_index(op.f("ix_conversions_application_id"), table_name="conversions")
    op.drop_table("conversions")
    op.drop_index(op.f("ix_applications_unit_id_id"), table_name="applications")
    op.drop_index(op.f("ix_applications_stage_id_id"), table_name="applications")
    op.drop_index(op.f("ix_applications_phone_index"), table_name="applications")
    op.drop_index(op.f("ix_applications_link_id_id"), table_name="applications")
    op.drop_index(op.f("ix_applications_campaign_id_id"), table_name="applications")
    op.drop_index(op.f("ix_applications_applicant_id"), table_name="applications")
    op.drop_table("applications")
    op.drop_index(op.f("ix_links_channel_id"), table_name="links")
    op.drop_index(op.f("ix_links_campaign_id_id"), table_name="links")
    op.drop_table("links")
    op.drop_index("uq_stages_registered", table_name="stages", postgresql_where=sa.text("kind = 'registered'"))
    op.drop_table("stages")
    op.drop_index(op.f("ix_campaigns_unit_id_id"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_intake_id"), table_name="campaigns")
    op.drop_table("campaigns")
    op.drop_index(op.f("ix_intakes_programme_id"), table_name="intakes")
    op.drop_table("intakes")
    op.drop_table("programmes")
    op.drop_table("channels")
    op.drop_index(op.f("ix_audit_entries_unit_id_id"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_object_type_object_id"), table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_table("applicant_keys")
    op.drop_index(op.f("ix_api_keys_unit_id"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_table("visitor_salts")
    op.drop_index("uq_units_single_root", table_name="units", postgresql_where=sa.text("parent_id IS NULL"))
    op.drop_index("ix_units_path", table_name="units", postgresql_ops={"path": "text_pattern_ops"})
    op.drop_index(op.f("ix_units_parent_id"), table_name="units")
    op.drop_table("units")
    op.drop_index("ix_orphan_clicks_clicked_at", table_name="orphan_clicks", postgresql_using="brin")
    op.drop_table("orphan_clicks")
    op.drop_table("key_checks")
    op.drop_index(op.f("ix_idempotency_records_created_at"), table_name="idempotency_records")
    op.drop_table("idempotency_records")
    op.drop_index("ix_clicks_clicked_at", table_name="clicks", postgresql_using="brin")
    op.drop_table("clicks")
    op.drop_table("applicants")
    op.execute("DROP FUNCTION refuse_change()")
