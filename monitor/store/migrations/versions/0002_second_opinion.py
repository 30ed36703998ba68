"""What a complaint is about, and what another engine said of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

DOUBTFUL = "state = 'scored' AND severity >= 2 AND second_engine IS NULL"


def upgrade() -> None:
    with op.batch_alter_table("mention") as mention:
        mention.add_column(sa.Column("categories", sa.Text(), nullable=True))
        mention.add_column(sa.Column("second_negative", sa.Float(), nullable=True))
        mention.add_column(sa.Column("second_engine", sa.Text(), nullable=True))
    op.create_index(
        "ix_mention_doubtful",
        "mention",
        ["priority"],
        sqlite_where=sa.text(DOUBTFUL),
        postgresql_where=sa.text(DOUBTFUL),
    )
