"""What the next look at a tracked post is worth, so that a short budget goes where it matters."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

TRACKED = "next_look_at IS NOT NULL"


def upgrade() -> None:
    with op.batch_alter_table("mention") as mention:
        mention.add_column(sa.Column("look_worth", sa.Float(), nullable=False, server_default=sa.text("0.5")))
    op.create_index(
        "ix_mention_look_worth",
        "mention",
        ["platform", "look_worth", "next_look_at"],
        sqlite_where=sa.text(TRACKED),
        postgresql_where=sa.text(TRACKED),
    )
