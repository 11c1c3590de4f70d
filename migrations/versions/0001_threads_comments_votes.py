"""Threads, comments, votes and what they need

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# SQLite numbers rows by itself only in a column that is exactly INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "comments_limit_counters",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_comments_limit_counters")),
    )
    with op.batch_alter_table("comments_limit_counters", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comments_limit_counters_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "comments_reserved_names",
        sa.Column("folded", sa.String(length=255), nullable=False),
        sa.Column("author_id", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("folded", name=op.f("pk_comments_reserved_names")),
    )
    op.create_table(
        "comments_submissions",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("comment_id", ROW_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_comments_submissions")),
    )
    with op.batch_alter_table("comments_submissions", schema=None) as batch_op:
        batch_op.create_index("ix_comments_submissions_created_at", ["created_at"], unique=False)

    op.create_table(
        "comments_threads",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_threads")),
        sa.UniqueConstraint("key", name=op.f("uq_comments_threads_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "comments_comments",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("thread_id", ROW_ID, nullable=False),
        sa.Column("parent_id", ROW_ID, nullable=True),
        sa.Column("root_id", ROW_ID, nullable=True),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("published_revision", sa.Integer(), nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("author_id", sa.String(length=200), nullable=False),
        sa.Column("author_kind", sa.String(length=16), nullable=False),
        sa.Column("author_name", sa.String(length=60), nullable=False),
        sa.Column("author_avatar", sa.String(length=2000), nullable=True),
        sa.Column("author_website", sa.String(length=2000), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("renderer_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("up", sa.Integer(), server_default="0", nullable=False),
        sa.Column("down", sa.Integer(), server_default="0", nullable=False),
        sa.Column("score", sa.Integer(), server_default="0", nullable=False),
        sa.Column("vote_rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replies_count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["comments_comments.id"], name=op.f("fk_comments_comments_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["comments_threads.id"], name=op.f("fk_comments_comments_thread_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_comments")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("comments_comments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_comments_comments_by_author", ["author_id", "thread_id", "status"], unique=False
        )
        batch_op.create_index(
            "ix_comments_comments_by_publication", ["thread_id", "published_revision"], unique=False
        )
        batch_op.create_index(
            "ix_comments_comments_by_status", ["status", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_comments_comments_pinned",
            ["thread_id", "pinned_at"],
            unique=False,
            sqlite_where=sa.text("pinned_at IS NOT NULL"),
            postgresql_where=sa.text("pinned_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_renderer", ["renderer_version", "id"], unique=False
        )
        batch_op.create_index(
            "ix_comments_comments_replies_by_time",
            ["parent_id", "listed", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("parent_id IS NOT NULL"),
            postgresql_where=sa.text("parent_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_replies_by_votes",
            ["parent_id", "listed", "vote_rank", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("parent_id IS NOT NULL"),
            postgresql_where=sa.text("parent_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_roots_by_time",
            ["thread_id", "listed", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_roots_by_votes",
            ["thread_id", "listed", "vote_rank", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        )

    op.create_table(
        "comments_decisions",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments_comments.id"], name=op.f("fk_comments_decisions_comment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_decisions")),
    )
    with op.batch_alter_table("comments_decisions", schema=None) as batch_op:
        batch_op.create_index("ix_comments_decisions_comment_id", ["comment_id"], unique=False)

    op.create_table(
        "comments_reports",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("reporter_id", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments_comments.id"], name=op.f("fk_comments_reports_comment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_reports")),
        sa.UniqueConstraint(
            "comment_id", "reporter_id", name=op.f("uq_comments_reports_comment_id_reporter_id")
        ),
    )
    op.create_table(
        "comments_score_steps",
        sa.Column("thread_id", ROW_ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("rank_before", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_score_steps_comment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["comments_threads.id"], name=op.f("fk_comments_score_steps_thread_id")
        ),
        sa.PrimaryKeyConstraint("thread_id", "revision", name=op.f("pk_comments_score_steps")),
    )
    with op.batch_alter_table("comments_score_steps", schema=None) as batch_op:
        batch_op.create_index("ix_comments_score_steps_created_at", ["created_at"], unique=False)

    op.create_table(
        "comments_votes",
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("voter_id", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments_comments.id"], name=op.f("fk_comments_votes_comment_id")
        ),
        sa.PrimaryKeyConstraint("comment_id", "voter_id", name=op.f("pk_comments_votes")),
    )
    with op.batch_alter_table("comments_votes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_comments_votes_by_address", ["comment_id", "address_hash"], unique=False
        )
        batch_op.create_index(
            "ix_comments_votes_by_voter", ["voter_id", "comment_id"], unique=False
        )
        batch_op.create_index(
            "ix_comments_votes_networks",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("comments_votes", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_comments_votes_networks",
            sqlite_where=sa.text("address_hash IS NOT NULL"),
            postgresql_where=sa.text("address_hash IS NOT NULL"),
        )
        batch_op.drop_index("ix_comments_votes_by_voter")
        batch_op.drop_index("ix_comments_votes_by_address")

    op.drop_table("comments_votes")
    with op.batch_alter_table("comments_score_steps", schema=None) as batch_op:
        batch_op.drop_index("ix_comments_score_steps_created_at")

    op.drop_table("comments_score_steps")
    op.drop_table("comments_reports")
    with op.batch_alter_table("comments_decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_comments_decisions_comment_id")

    op.drop_table("comments_decisions")
    with op.batch_alter_table("comments_comments", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_comments_comments_roots_by_votes",
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        )
        batch_op.drop_index(
            "ix_comments_comments_roots_by_time",
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        )
        batch_op.drop_index(
            "ix_comments_comments_replies_by_votes",
            sqlite_where=sa.text("parent_id IS NOT NULL"),
            postgresql_where=sa.text("parent_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_comments_comments_replies_by_time",
            sqlite_where=sa.text("parent_id IS NOT NULL"),
            postgresql_where=sa.text("parent_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_comments_comments_renderer")
        batch_op.drop_index(
            "ix_comments_comments_pinned",
            sqlite_where=sa.text("pinned_at IS NOT NULL"),
            postgresql_where=sa.text("pinned_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_comments_comments_by_status")
        batch_op.drop_index("ix_comments_comments_by_publication")
        batch_op.drop_index("ix_comments_comments_by_author")

    op.drop_table("comments_comments")
    op.drop_table("comments_threads")
    with op.batch_alter_table("comments_submissions", schema=None) as batch_op:
        batch_op.drop_index("ix_comments_submissions_created_at")

    op.drop_table("comments_submissions")
    op.drop_table("comments_reserved_names")
    with op.batch_alter_table("comments_limit_counters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comments_limit_counters_expires_at"))

    op.drop_table("comments_limit_counters")
