"""What each hour brought, to tell a surge from an ordinary hour, and a brand's newest posts found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "hourly",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("negative", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("brand", "hour", "platform", name="pk_hourly"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mention_brand", "mention", ["brand", "id", "story_id"])
