"""Bans of networks that are over are found by an index, so that they can be forgotten

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HASHED = "target LIKE 'network:_%' OR target LIKE 'erased:_%'"


def upgrade() -> None:
    with op.batch_alter_table("comments_bans") as batch_op:
        batch_op.create_index(
            "ix_comments_bans_hashed",
            ["until"],
            unique=False,
            sqlite_where=sa.text(HASHED),
            postgresql_where=sa.text(HASHED),
        )


def downgrade() -> None:
    with op.batch_alter_table("comments_bans") as batch_op:
        batch_op.drop_index("ix_comments_bans_hashed")
