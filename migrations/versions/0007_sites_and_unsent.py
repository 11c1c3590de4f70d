"""What a site's moderators see, and messages that are not sent, without a look at all the others

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OF_A_SITE = "site IS NOT NULL"
UNSENT = "sent_at IS NULL"


def upgrade() -> None:
    with op.batch_alter_table("comments_threads") as batch_op:
        batch_op.create_index(
            "ix_comments_threads_by_site",
            ["site"],
            unique=False,
            sqlite_where=sa.text(OF_A_SITE),
            postgresql_where=sa.text(OF_A_SITE),
        )
    with op.batch_alter_table("comments_outbox") as batch_op:
        batch_op.create_index(
            "ix_comments_outbox_unsent",
            ["id"],
            unique=False,
            sqlite_where=sa.text(UNSENT),
            postgresql_where=sa.text(UNSENT),
        )


def downgrade() -> None:
    with op.batch_alter_table("comments_outbox") as batch_op:
        batch_op.drop_index("ix_comments_outbox_unsent")
    with op.batch_alter_table("comments_threads") as batch_op:
        batch_op.drop_index("ix_comments_threads_by_site")
