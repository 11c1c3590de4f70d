"""Search over what people write; reports and the log by whom they are about

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from comments import index
from comments.errors import ConfigError

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 1000

SQLITE = f"CREATE VIRTUAL TABLE {index.NAME} USING fts5(terms, tokenize='ascii', detail='none')"
POSTGRES = f"""
CREATE TABLE {index.NAME} (
    comment_id BIGINT
        CONSTRAINT pk_comments_search PRIMARY KEY
        CONSTRAINT fk_comments_search_comment_id REFERENCES comments_comments (id)
        ON DELETE CASCADE,
    terms tsvector NOT NULL
)
"""


def upgrade() -> None:
    with op.batch_alter_table("comments_reports") as batch_op:
        batch_op.create_index("ix_comments_reports_reporter_id", ["reporter_id"], unique=False)
    with op.batch_alter_table("comments_decisions") as batch_op:
        batch_op.create_index(
            "ix_comments_decisions_target",
            ["target"],
            unique=False,
            sqlite_where=sa.text("target IS NOT NULL"),
            postgresql_where=sa.text("target IS NOT NULL"),
        )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _check_fts5(connection)
        op.execute(SQLITE)
        _fill(connection)
    else:
        op.execute(POSTGRES)
        _fill(connection)
        # After the rows: built at once it is smaller, and quicker to build.
        op.execute(f"CREATE INDEX ix_comments_search_terms ON {index.NAME} USING gin (terms)")


def downgrade() -> None:
    op.execute(f"DROP TABLE {index.NAME}")
    with op.batch_alter_table("comments_decisions") as batch_op:
        batch_op.drop_index("ix_comments_decisions_target")
    with op.batch_alter_table("comments_reports") as batch_op:
        batch_op.drop_index("ix_comments_reports_reporter_id")


def _check_fts5(connection: sa.Connection) -> None:
    has_it = "SELECT sqlite_compileoption_used('ENABLE_FTS5')"
    if not connection.exec_driver_sql(has_it).scalar_one():
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
        raise ConfigError(
            f"The SQLite library here ({version}) has no FTS5, which the search needs. Install "
            "one that has it: `pip install pysqlite3` brings it, and so does any usual Python."
        )


def _fill(connection: sa.Connection) -> None:
    """Index the comments that are there, batch by batch."""
    batch = sa.text(
        "SELECT id, body, author_name FROM comments_comments "
        "WHERE id > :last ORDER BY id LIMIT :batch"
    )
    last = 0
    while rows := connection.execute(batch, {"last": last, "batch": BATCH}).all():
        index.put_many(connection, (index.Entry(*row) for row in rows))
        last = rows[-1].id
