"""What the bad posts of each hour reached together by its end."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("hourly", sa.Column("reach", LONG, nullable=True))
