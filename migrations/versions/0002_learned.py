"""What the learned filter counts

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comments_learned",
        sa.Column("feature", sa.String(length=80), nullable=False),
        sa.Column("spam", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ham", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("feature", name=op.f("pk_comments_learned")),
    )


def downgrade() -> None:
    op.drop_table("comments_learned")
