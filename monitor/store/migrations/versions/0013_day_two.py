"""What is wrong just now; posts that were forgotten; indexes by which old posts and incidents are let go."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cause",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", LONG, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_cause"),
    )
    op.add_column("post", sa.Column("forgotten_at", LONG, nullable=True))
    op.create_index("ix_story_band_post_id", "story_band", ["post_id"])
    known = sa.text("incident_id IS NOT NULL")
    op.create_index("ix_mention_incident_id", "mention", ["incident_id"], sqlite_where=known, postgresql_where=known)
