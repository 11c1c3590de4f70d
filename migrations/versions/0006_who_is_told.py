"""Who is told of what is new: subscribers, notices, mentions, changes; comments on a passage

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from comments.models import folded_name

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


BATCH = 1000


def upgrade() -> None:
    op.create_table(
        "comments_subscribers",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=16), server_default="en", nullable=False),
        sa.Column("base_url", sa.String(length=2000), server_default="", nullable=False),
        sa.Column("pace", sa.String(length=16), server_default="immediate", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_subscribers")),
        sa.UniqueConstraint("email", name=op.f("uq_comments_subscribers_email")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "comments_subscriptions",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("subscriber_id", ROW_ID, nullable=False),
        sa.Column("thread_id", ROW_ID, nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("comment_id", ROW_ID, server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["comments_subscribers.id"],
            name=op.f("fk_comments_subscriptions_subscriber_id"),
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["comments_threads.id"], name=op.f("fk_comments_subscriptions_thread_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_subscriptions")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("comments_subscriptions") as batch_op:
        batch_op.create_index("ix_comments_subscriptions_author_id", ["author_id"], unique=False)
        batch_op.create_index(
            "ix_comments_subscriptions_thread_id", ["thread_id", "scope", "author_id"], unique=False
        )
        batch_op.create_index(
            "ix_comments_subscriptions_unconfirmed",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("confirmed_at IS NULL"),
            postgresql_where=sa.text("confirmed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_comments_subscriptions_wish",
            ["subscriber_id", "thread_id", "scope", "author_id", "comment_id"],
            unique=True,
        )

    op.create_table(
        "comments_mentions",
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("target_id", ROW_ID, nullable=False),
        sa.Column("author_id", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments_comments.id"], name=op.f("fk_comments_mentions_comment_id")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["comments_comments.id"], name=op.f("fk_comments_mentions_target_id")
        ),
        sa.PrimaryKeyConstraint("comment_id", "name", name=op.f("pk_comments_mentions")),
    )
    with op.batch_alter_table("comments_mentions") as batch_op:
        batch_op.create_index("ix_comments_mentions_author_id", ["author_id"], unique=False)

    op.create_table(
        "comments_notices",
        sa.Column("subscriber_id", ROW_ID, nullable=False),
        sa.Column("comment_id", ROW_ID, nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter_id", ROW_ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments_comments.id"], name=op.f("fk_comments_notices_comment_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["comments_subscribers.id"],
            name=op.f("fk_comments_notices_subscriber_id"),
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "comment_id", name=op.f("pk_comments_notices")),
    )
    with op.batch_alter_table("comments_notices") as batch_op:
        batch_op.create_index("ix_comments_notices_comment_id", ["comment_id"], unique=False)
        batch_op.create_index(
            "ix_comments_notices_due",
            ["due_at", "subscriber_id"],
            unique=False,
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )
        batch_op.create_index(
            "ix_comments_notices_told_at",
            ["told_at"],
            unique=False,
            sqlite_where=sa.text("told_at IS NOT NULL"),
            postgresql_where=sa.text("told_at IS NOT NULL"),
        )

    with op.batch_alter_table("comments_accounts") as batch_op:
        batch_op.add_column(
            sa.Column("queue_mail", sa.String(length=16), server_default="never", nullable=False)
        )
        batch_op.add_column(sa.Column("queue_mailed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("queue_language", sa.String(length=16), server_default="en", nullable=False)
        )
        batch_op.add_column(
            sa.Column("queue_base_url", sa.String(length=2000), server_default="", nullable=False)
        )
        batch_op.create_index(
            "ix_comments_accounts_queue_mail",
            ["queue_mail"],
            unique=False,
            sqlite_where=sa.text("queue_mail != 'never'"),
            postgresql_where=sa.text("queue_mail != 'never'"),
        )

    with op.batch_alter_table("comments_comments") as batch_op:
        batch_op.add_column(
            sa.Column("author_folded", sa.String(length=255), server_default="", nullable=False)
        )
        batch_op.create_index(
            "ix_comments_comments_by_name",
            ["thread_id", "author_folded", "status", "id"],
            unique=False,
        )
        batch_op.add_column(sa.Column("anchor", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("changed_revision", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_comments_comments_by_change",
            ["thread_id", "changed_revision"],
            unique=False,
            sqlite_where=sa.text("changed_revision IS NOT NULL"),
            postgresql_where=sa.text("changed_revision IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_inline_by_time",
            ["thread_id", "listed", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("anchor IS NOT NULL"),
            postgresql_where=sa.text("anchor IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_comments_comments_inline_by_votes",
            ["thread_id", "listed", "vote_rank", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("anchor IS NOT NULL"),
            postgresql_where=sa.text("anchor IS NOT NULL"),
        )

    _fold_names(op.get_bind())

    with op.batch_alter_table("comments_outbox") as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=16), server_default="mail", nullable=False)
        )
        batch_op.add_column(
            sa.Column("purpose", sa.String(length=24), server_default="link", nullable=False)
        )
        batch_op.add_column(sa.Column("subscriber_id", ROW_ID, nullable=True))
        batch_op.add_column(sa.Column("html", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("headers", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column(
            "recipient",
            existing_type=sa.String(length=254),
            type_=sa.String(length=2000),
            existing_nullable=False,
        )
        batch_op.create_index(
            "ix_comments_outbox_subscriber_id",
            ["subscriber_id"],
            unique=False,
            sqlite_where=sa.text("subscriber_id IS NOT NULL"),
            postgresql_where=sa.text("subscriber_id IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_comments_outbox_subscriber_id"),
            "comments_subscribers",
            ["subscriber_id"],
            ["id"],
        )


def _fold_names(connection: sa.Connection) -> None:
    """What *@name* is found by, for comments that are there already."""
    rows = sa.table(
        "comments_comments", sa.column("id"), sa.column("author_name"), sa.column("author_folded")
    )
    batch = sa.select(rows.c.id, rows.c.author_name).order_by(rows.c.id).limit(BATCH)
    fold = (
        sa.update(rows)
        .where(rows.c.id == sa.bindparam("at"))
        .values(author_folded=sa.bindparam("to"))
    )
    last = 0
    while found := connection.execute(batch.where(rows.c.id > last)).all():
        connection.execute(fold, [{"at": id, "to": folded_name(name)} for id, name in found])
        last = found[-1].id


def downgrade() -> None:

    # What the earlier version would take for a mail with no address.
    op.execute("DELETE FROM comments_outbox WHERE kind != 'mail' OR subscriber_id IS NOT NULL")
    with op.batch_alter_table("comments_outbox") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_comments_outbox_subscriber_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_comments_outbox_subscriber_id",
            sqlite_where=sa.text("subscriber_id IS NOT NULL"),
            postgresql_where=sa.text("subscriber_id IS NOT NULL"),
        )
        batch_op.alter_column(
            "recipient",
            existing_type=sa.String(length=2000),
            type_=sa.String(length=254),
            existing_nullable=False,
        )
        batch_op.drop_column("handed_at")
        batch_op.drop_column("headers")
        batch_op.drop_column("html")
        batch_op.drop_column("subscriber_id")
        batch_op.drop_column("purpose")
        batch_op.drop_column("kind")

    with op.batch_alter_table("comments_comments") as batch_op:
        batch_op.drop_index(
            "ix_comments_comments_inline_by_votes",
            sqlite_where=sa.text("anchor IS NOT NULL"),
            postgresql_where=sa.text("anchor IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_comments_comments_inline_by_time",
            sqlite_where=sa.text("anchor IS NOT NULL"),
            postgresql_where=sa.text("anchor IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_comments_comments_by_change",
            sqlite_where=sa.text("changed_revision IS NOT NULL"),
            postgresql_where=sa.text("changed_revision IS NOT NULL"),
        )
        batch_op.drop_column("changed_revision")
        batch_op.drop_column("anchor")
        batch_op.drop_index("ix_comments_comments_by_name")
        batch_op.drop_column("author_folded")

    with op.batch_alter_table("comments_accounts") as batch_op:
        batch_op.drop_index(
            "ix_comments_accounts_queue_mail",
            sqlite_where=sa.text("queue_mail != 'never'"),
            postgresql_where=sa.text("queue_mail != 'never'"),
        )
        batch_op.drop_column("queue_base_url")
        batch_op.drop_column("queue_language")
        batch_op.drop_column("queue_mailed_at")
        batch_op.drop_column("queue_mail")

    with op.batch_alter_table("comments_notices") as batch_op:
        batch_op.drop_index(
            "ix_comments_notices_told_at",
            sqlite_where=sa.text("told_at IS NOT NULL"),
            postgresql_where=sa.text("told_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_comments_notices_due",
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        )
        batch_op.drop_index("ix_comments_notices_comment_id")

    op.drop_table("comments_notices")
    with op.batch_alter_table("comments_mentions") as batch_op:
        batch_op.drop_index("ix_comments_mentions_author_id")

    op.drop_table("comments_mentions")
    with op.batch_alter_table("comments_subscriptions") as batch_op:
        batch_op.drop_index("ix_comments_subscriptions_wish")
        batch_op.drop_index(
            "ix_comments_subscriptions_unconfirmed",
            sqlite_where=sa.text("confirmed_at IS NULL"),
            postgresql_where=sa.text("confirmed_at IS NULL"),
        )
        batch_op.drop_index("ix_comments_subscriptions_thread_id")
        batch_op.drop_index("ix_comments_subscriptions_author_id")

    op.drop_table("comments_subscriptions")
    op.drop_table("comments_subscribers")
