"""What people do in a channel, written down before it is acknowledged, and the words they add to brands."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = "state = 'waiting'"
IN_FORCE = "dropped_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", LONG, primary_key=True),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("press", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("pressed", LONG, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("received_at", LONG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", LONG, nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("settled_at", LONG),
        sa.UniqueConstraint("key", name="uq_inbox_key"),
        sa.UniqueConstraint("press", name="uq_inbox_press"),
    )
    op.create_index(
        "ix_inbox_waiting", "inbox", ["id"], sqlite_where=sa.text(WAITING), postgresql_where=sa.text(WAITING)
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_index("ix_inbox_subject", "inbox", ["subject", "pressed"])
    op.create_table(
        "word",
        sa.Column("id", LONG, primary_key=True),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("added_at", LONG, nullable=False),
        sa.Column("until", LONG),
        sa.Column("dropped_at", LONG),
        sa.Column("dropped_by", sa.Text()),
    )
    op.create_index(
        "uq_word_in_force",
        "word",
        ["brand", "kind", "query"],
        unique=True,
        sqlite_where=sa.text(IN_FORCE),
        postgresql_where=sa.text(IN_FORCE),
    )
