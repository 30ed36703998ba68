"""Posts by when they were published, to know what those that are a day old came to."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_post_platform_posted_at", "post", ["platform", "posted_at"])
