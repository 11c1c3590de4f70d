"""The service's own people: accounts, sign-ins, links in mails, the outbox

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


# SQLite numbers rows by itself only in a column that is exactly INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "comments_accounts",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=60), server_default="", nullable=False),
        sa.Column("avatar", sa.String(length=2000), nullable=True),
        sa.Column("password_hash", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_comments_accounts_email")),
    )
    op.create_table(
        "comments_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("author_id", sa.String(length=200), nullable=True),
        sa.Column("origin", sa.String(length=255), server_default="", nullable=False),
        sa.Column("back", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_comments_links")),
    )
    with op.batch_alter_table("comments_links") as batch_op:
        batch_op.create_index("ix_comments_links_email", ["email", "created_at"], unique=False)
        batch_op.create_index("ix_comments_links_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "comments_outbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_outbox")),
    )
    with op.batch_alter_table("comments_outbox") as batch_op:
        batch_op.create_index("ix_comments_outbox_created_at", ["created_at"], unique=False)
        batch_op.create_index(
            "ix_comments_outbox_waiting",
            ["next_try_at"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NULL AND next_try_at IS NOT NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND next_try_at IS NOT NULL"),
        )

    op.create_table(
        "comments_appointments",
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["comments_accounts.id"],
            name=op.f("fk_comments_appointments_account_id"),
        ),
        sa.PrimaryKeyConstraint("account_id", "site", name=op.f("pk_comments_appointments")),
    )
    op.create_table(
        "comments_logins",
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["comments_accounts.id"], name=op.f("fk_comments_logins_account_id")
        ),
        sa.PrimaryKeyConstraint("provider", "subject", name=op.f("pk_comments_logins")),
    )
    with op.batch_alter_table("comments_logins") as batch_op:
        batch_op.create_index("ix_comments_logins_account_id", ["account_id"], unique=False)

    op.create_table(
        "comments_sign_ins",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("origin", sa.String(length=255), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["comments_accounts.id"], name=op.f("fk_comments_sign_ins_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_comments_sign_ins")),
    )
    with op.batch_alter_table("comments_sign_ins") as batch_op:
        batch_op.create_index("ix_comments_sign_ins_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_comments_sign_ins_expires_at", ["expires_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("comments_sign_ins") as batch_op:
        batch_op.drop_index("ix_comments_sign_ins_expires_at")
        batch_op.drop_index("ix_comments_sign_ins_account_id")

    op.drop_table("comments_sign_ins")
    with op.batch_alter_table("comments_logins") as batch_op:
        batch_op.drop_index("ix_comments_logins_account_id")

    op.drop_table("comments_logins")
    op.drop_table("comments_appointments")
    with op.batch_alter_table("comments_outbox") as batch_op:
        batch_op.drop_index(
            "ix_comments_outbox_waiting",
            sqlite_where=sa.text("sent_at IS NULL AND next_try_at IS NOT NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND next_try_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_comments_outbox_created_at")

    op.drop_table("comments_outbox")
    with op.batch_alter_table("comments_links") as batch_op:
        batch_op.drop_index("ix_comments_links_expires_at")
        batch_op.drop_index("ix_comments_links_email")

    op.drop_table("comments_links")
    op.drop_table("comments_accounts")
