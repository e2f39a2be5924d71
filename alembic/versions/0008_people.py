"""Who is the same person, and which applications are proposed as duplicates.

Stop servers of the previous release first: they find a person by the e-mail address alone. Rows of that release get
their identity and their indexes from the running server, which has the key.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NEW_INDEXES = ("email_index", "email_skeleton_index", "name_birth_date_index")
COMPARED = ("applicant_id", *NEW_INDEXES, "phone_index")


def upgrade() -> None:
    op.add_column("applicants", sa.Column("identity_index", sa.LargeBinary(), nullable=True))
    op.create_unique_constraint(op.f("uq_applicants_identity_index"), "applicants", ["identity_index"])
    op.alter_column("applicants", "email_index", nullable=True)
    for column in NEW_INDEXES:
        op.add_column("applications", sa.Column(column, sa.LargeBinary(), nullable=True))
    for column in COMPARED:
        op.create_index(op.f(f"ix_applications_intake_id_{column}_id"), "applications", ["intake_id", column, "id"])
    op.drop_index(op.f("ix_applications_phone_index"), table_name="applications")
    op.create_unique_constraint(
        op.f("uq_applications_intake_id_unit_id_applicant_id"),
        "applications",
        ["intake_id", "unit_id", "applicant_id"],
    )
    op.drop_constraint(op.f("uq_applications_intake_id_applicant_id"), "applications")
    op.create_table(
        "proposed_duplicates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_application_id", sa.Uuid(), nullable=False),
        sa.Column("second_application_id", sa.Uuid(), nullable=False),
        sa.Column("first_unit_id", sa.Uuid(), nullable=False),
        sa.Column("second_unit_id", sa.Uuid(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('proposed', 'dismissed')", name=op.f("ck_proposed_duplicates_state")),
        sa.CheckConstraint("first_application_id < second_application_id", name=op.f("ck_proposed_duplicates_order")),
        sa.ForeignKeyConstraint(
            ["first_application_id"], ["applications.id"], name=op.f("fk_proposed_duplicates_first_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_application_id"], ["applications.id"], name=op.f("fk_proposed_duplicates_second_application_id")
        ),
        sa.ForeignKeyConstraint(["first_unit_id"], ["units.id"], name=op.f("fk_proposed_duplicates_first_unit_id")),
        sa.ForeignKeyConstraint(["second_unit_id"], ["units.id"], name=op.f("fk_proposed_duplicates_second_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_duplicates")),
        sa.UniqueConstraint(
            "first_application_id",
            "second_application_id",
            name=op.f("uq_proposed_duplicates_pair"),
        ),
    )
    op.create_index(
        op.f("ix_proposed_duplicates_second_application_id"), "proposed_duplicates", ["second_application_id"]
    )


def downgrade() -> None:
    """Persons with applications to several units keep one identity only where the release before can tell them."""
    op.drop_table("proposed_duplicates")
    op.create_unique_constraint(
        op.f("uq_applications_intake_id_applicant_id"), "applications", ["intake_id", "applicant_id"]
    )
    op.drop_constraint(op.f("uq_applications_intake_id_unit_id_applicant_id"), "applications")
    op.create_index(op.f("ix_applications_phone_index"), "applications", ["phone_index"])
    for column in COMPARED:
        op.drop_index(op.f(f"ix_applications_intake_id_{column}_id"), table_name="applications")
    for column in NEW_INDEXES:
        op.drop_column("applications", column)
    op.execute("UPDATE applicants SET email_index = identity_index WHERE email_index IS NULL")
    op.alter_column("applicants", "email_index", nullable=False)
    op.drop_constraint(op.f("uq_applicants_identity_index"), "applicants")
    op.drop_column("applicants", "identity_index")
