"""What looks rest on: sites' answers as they came, and which look was seen in which."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "response",
        sa.Column("id", LONG, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("withheld", sa.Boolean(), nullable=False),
        sa.Column("size", LONG, nullable=False),
        sa.Column("due_at", LONG, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_response"),
        sa.UniqueConstraint("sha256", name="uq_response_sha256"),
    )
    op.create_index("ix_response_due_at", "response", ["due_at"])
    op.create_table(
        "proof",
        sa.Column("post_id", LONG, nullable=False),
        sa.Column("seen_at", LONG, nullable=False),
        sa.Column("response_id", LONG, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_proof_post_id_post", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["response_id"], ["response.id"], name="fk_proof_response_id_response", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "seen_at", name="pk_proof"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_proof_response_id", "proof", ["response_id"])
