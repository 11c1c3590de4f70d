"""What keeps the peace: verdicts with reasons, bans, words, a log of more than states

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# SQLite numbers rows by itself only in a column that is exactly INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "comments_bans",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=60), server_default="", nullable=False),
        sa.Column("shadow", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.String(length=300), server_default="", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_bans")),
    )
    with op.batch_alter_table("comments_bans") as batch_op:
        batch_op.create_index("ix_comments_bans_target", ["target"], unique=False)

    op.create_table(
        "comments_learned",
        sa.Column("feature", sa.String(length=80), nullable=False),
        sa.Column("spam", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ham", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("feature", name=op.f("pk_comments_learned")),
    )
    op.create_table(
        "comments_people",
        sa.Column("author_id", sa.String(length=200), nullable=False),
        sa.Column("email_hash", sa.String(length=64), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trusted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("author_id", name=op.f("pk_comments_people")),
    )
    with op.batch_alter_table("comments_people") as batch_op:
        batch_op.create_index("ix_comments_people_email_hash", ["email_hash"], unique=False)

    op.create_table(
        "comments_spent",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_comments_spent")),
    )
    with op.batch_alter_table("comments_spent") as batch_op:
        batch_op.create_index("ix_comments_spent_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "comments_words",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("list", sa.String(length=8), nullable=False),
        sa.Column("word", sa.String(length=100), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_words")),
        sa.UniqueConstraint("list", "word", name=op.f("uq_comments_words_list_word")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "comments_edits",
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments_comments.id"], name=op.f("fk_comments_edits_comment_id")
        ),
        sa.PrimaryKeyConstraint("comment_id", "version", name=op.f("pk_comments_edits")),
    )
    with op.batch_alter_table("comments_comments") as batch_op:
        batch_op.add_column(
            sa.Column("status_reason", sa.String(length=300), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("status_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("risk", sa.Float(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("shadowed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(
            sa.Column("open_reports", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("learned_as", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("address_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("email_hash", sa.String(length=64), nullable=True))
        batch_op.add_column(
            sa.Column("verified", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            "ix_comments_comments_by_address",
            ["address_hash", "created_at"],
            unique=False,
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_by_author_at", ["author_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_comments_comments_by_decision",
            ["status", "status_at"],
            unique=False,
            sqlite_where=sa.text("status != 'published'"),
            postgresql_where=sa.text("status != 'published'"),
        )
        batch_op.create_index(
            "ix_comments_comments_by_email",
            ["email_hash"],
            unique=False,
            sqlite_where=sa.text("email_hash IS NOT NULL"),
            postgresql_where=sa.text("email_hash IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_networks",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_reported",
            ["open_reports", "id"],
            unique=False,
            sqlite_where=sa.text("open_reports > 0"),
            postgresql_where=sa.text("open_reports > 0"),
        )
        batch_op.create_index(
            "ix_comments_comments_riskiest",
            ["status", "risk", "id"],
            unique=False,
            sqlite_where=sa.text("status != 'published'"),
            postgresql_where=sa.text("status != 'published'"),
        )

    with op.batch_alter_table("comments_decisions") as batch_op:
        batch_op.add_column(
            sa.Column("action", sa.String(length=24), server_default="status", nullable=False)
        )
        batch_op.add_column(
            sa.Column("batch", sa.String(length=32), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("undoes", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("thread_id", ROW_ID, nullable=True))
        batch_op.add_column(sa.Column("target", sa.String(length=300), nullable=True))
        batch_op.add_column(
            sa.Column("actor_name", sa.String(length=60), server_default="", nullable=False)
        )
        batch_op.alter_column("comment_id", existing_type=ROW_ID, nullable=True)
        batch_op.alter_column(
            "before", existing_type=sa.String(length=16), type_=sa.Text(), existing_nullable=True
        )
        batch_op.alter_column(
            "after", existing_type=sa.String(length=16), type_=sa.Text(), nullable=True
        )
        batch_op.create_index(
            "ix_comments_decisions_batch",
            ["batch"],
            unique=False,
            sqlite_where=sa.text("batch != ''"),
            postgresql_where=sa.text("batch != ''"),
        )
        batch_op.create_index("ix_comments_decisions_by_actor", ["actor", "id"], unique=False)
        batch_op.create_index("ix_comments_decisions_by_thread", ["thread_id", "id"], unique=False)
        batch_op.create_index("ix_comments_decisions_by_time", ["created_at", "id"], unique=False)
        batch_op.create_index(
            "ix_comments_decisions_by_people",
            ["id"],
            unique=False,
            sqlite_where=sa.text("batch != ''"),
            postgresql_where=sa.text("batch != ''"),
        )
        batch_op.create_index(
            "ix_comments_decisions_by_action",
            ["action", "id"],
            unique=False,
            sqlite_where=sa.text("batch != ''"),
            postgresql_where=sa.text("batch != ''"),
        )
        batch_op.create_index(
            "ix_comments_decisions_undoes",
            ["undoes"],
            unique=False,
            sqlite_where=sa.text("undoes IS NOT NULL"),
            postgresql_where=sa.text("undoes IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_comments_decisions_thread_id"), "comments_threads", ["thread_id"], ["id"]
        )

    with op.batch_alter_table("comments_reports") as batch_op:
        batch_op.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("address_hash", sa.String(length=64), nullable=True))
        batch_op.create_index(
            "ix_comments_reports_networks",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )

    with op.batch_alter_table("comments_threads") as batch_op:
        batch_op.add_column(
            sa.Column("hold_all", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("site", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("active_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", ROW_ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_comments_threads_merged_into_id"),
            "comments_threads",
            ["merged_into_id"],
            ["id"],
        )

    op.execute(
        "UPDATE comments_threads SET active_at = coalesce((SELECT max(created_at) "
        "FROM comments_comments WHERE thread_id = comments_threads.id), created_at)"
    )
    with op.batch_alter_table("comments_threads") as batch_op:
        batch_op.alter_column("active_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.create_index("ix_comments_threads_by_activity", ["active_at", "id"], unique=False)
        batch_op.create_index("ix_comments_threads_by_count", ["count", "id"], unique=False)
        batch_op.create_index(
            "ix_comments_threads_merged",
            ["merged_into_id"],
            unique=False,
            sqlite_where=sa.text("merged_into_id IS NOT NULL"),
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        )

    # Nobody has told since when they stand where they stand: since they were written, at the least.
    op.execute("UPDATE comments_comments SET status_at = created_at")
    op.execute(
        "UPDATE comments_comments SET open_reports = (SELECT count(*) FROM comments_reports "
        "WHERE comment_id = comments_comments.id) "
        "WHERE id IN (SELECT comment_id FROM comments_reports)"
    )


def downgrade() -> None:
    # The earlier log knew of comments and their states alone.
    op.execute("DELETE FROM comments_decisions WHERE action != 'status'")
    with op.batch_alter_table("comments_threads") as batch_op:
        batch_op.drop_index(
            "ix_comments_threads_merged",
            sqlite_where=sa.text("merged_into_id IS NOT NULL"),
            postgresql_where=sa.text("merged_into_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_comments_threads_by_count")
        batch_op.drop_index("ix_comments_threads_by_activity")
        batch_op.drop_constraint(
            batch_op.f("fk_comments_threads_merged_into_id"), type_="foreignkey"
        )
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("reopened_at")
        batch_op.drop_column("active_at")
        batch_op.drop_column("site")
        batch_op.drop_column("hold_all")

    with op.batch_alter_table("comments_reports") as batch_op:
        batch_op.drop_index(
            "ix_comments_reports_networks",
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )
        batch_op.drop_column("address_hash")
        batch_op.drop_column("settled_at")

    with op.batch_alter_table("comments_decisions") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_comments_decisions_thread_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_comments_decisions_undoes",
            sqlite_where=sa.text("undoes IS NOT NULL"),
            postgresql_where=sa.text("undoes IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_comments_decisions_by_action",
            sqlite_where=sa.text("batch != ''"),
            postgresql_where=sa.text("batch != ''"),
        )
        batch_op.drop_index(
            "ix_comments_decisions_by_people",
            sqlite_where=sa.text("batch != ''"),
            postgresql_where=sa.text("batch != ''"),
        )
        batch_op.drop_index("ix_comments_decisions_by_time")
        batch_op.drop_index("ix_comments_decisions_by_thread")
        batch_op.drop_index("ix_comments_decisions_by_actor")
        batch_op.drop_index(
            "ix_comments_decisions_batch",
            sqlite_where=sa.text("batch != ''"),
            postgresql_where=sa.text("batch != ''"),
        )
        batch_op.alter_column(
            "after", existing_type=sa.Text(), type_=sa.String(length=16), nullable=False
        )
        batch_op.alter_column(
            "before", existing_type=sa.Text(), type_=sa.String(length=16), existing_nullable=True
        )
        batch_op.alter_column("comment_id", existing_type=ROW_ID, nullable=False)
        batch_op.drop_column("actor_name")
        batch_op.drop_column("target")
        batch_op.drop_column("thread_id")
        batch_op.drop_column("undoes")
        batch_op.drop_column("batch")
        batch_op.drop_column("action")

    with op.batch_alter_table("comments_comments") as batch_op:
        batch_op.drop_index(
            "ix_comments_comments_riskiest",
            sqlite_where=sa.text("status != 'published'"),
            postgresql_where=sa.text("status != 'published'"),
        )
        batch_op.drop_index(
            "ix_comments_comments_reported",
            sqlite_where=sa.text("open_reports > 0"),
            postgresql_where=sa.text("open_reports > 0"),
        )
        batch_op.drop_index(
            "ix_comments_comments_networks",
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_comments_comments_by_email",
            sqlite_where=sa.text("email_hash IS NOT NULL"),
            postgresql_where=sa.text("email_hash IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_comments_comments_by_decision",
            sqlite_where=sa.text("status != 'published'"),
            postgresql_where=sa.text("status != 'published'"),
        )
        batch_op.drop_index("ix_comments_comments_by_author_at")
        batch_op.drop_index(
            "ix_comments_comments_by_address",
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )
        batch_op.drop_column("verified")
        batch_op.drop_column("email_hash")
        batch_op.drop_column("address_hash")
        batch_op.drop_column("learned_as")
        batch_op.drop_column("kept_at")
        batch_op.drop_column("open_reports")
        batch_op.drop_column("version")
        batch_op.drop_column("shadowed")
        batch_op.drop_column("risk")
        batch_op.drop_column("status_at")
        batch_op.drop_column("status_reason")

    op.drop_table("comments_edits")
    op.drop_table("comments_words")
    with op.batch_alter_table("comments_spent") as batch_op:
        batch_op.drop_index("ix_comments_spent_expires_at")

    op.drop_table("comments_spent")
    with op.batch_alter_table("comments_people") as batch_op:
        batch_op.drop_index("ix_comments_people_email_hash")

    op.drop_table("comments_people")
    op.drop_table("comments_learned")
    with op.batch_alter_table("comments_bans") as batch_op:
        batch_op.drop_index("ix_comments_bans_target")

    op.drop_table("comments_bans")
