"""Deliveries that were pushed to us; the customers and orders that posts of the brand's own channels name."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("customer_ref", "order_ref"):
        op.add_column("post", sa.Column(name, sa.Text(), nullable=True))
        known = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_post_{name}", "post", [name], sqlite_where=known, postgresql_where=known)
    op.create_table(
        "delivery",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "delivery_id", name="pk_delivery"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_delivery_at", "delivery", ["at"])
