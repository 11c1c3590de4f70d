"""What somebody has decided, found by their name without a look at all other decisions

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAMED = "actor_name != ''"


def upgrade() -> None:
    with op.batch_alter_table("comments_decisions") as batch_op:
        batch_op.create_index(
            "ix_comments_decisions_by_name",
            ["actor_name", "id"],
            unique=False,
            sqlite_where=sa.text(NAMED),
            postgresql_where=sa.text(NAMED),
        )


def downgrade() -> None:
    with op.batch_alter_table("comments_decisions") as batch_op:
        batch_op.drop_index("ix_comments_decisions_by_name")
