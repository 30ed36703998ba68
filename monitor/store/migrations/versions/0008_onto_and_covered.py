"""What a message goes onto, and what tells of an incident in a table in place of a message of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COVERED, PAGE = "state = 'covered'", "kind IN ('root', 'storm')"


def upgrade() -> None:
    with op.batch_alter_table("notification") as notification:
        notification.add_column(sa.Column("onto", LONG, nullable=True))
        notification.add_column(sa.Column("covered_by", LONG, nullable=True))
    op.execute(
        "UPDATE notification SET onto = (SELECT root.id FROM notification AS root WHERE root.kind = 'root'"
        " AND root.incident_id = notification.incident_id AND root.receiver = notification.receiver)"
        " WHERE kind = 'update'"
    )
    op.create_index(
        "ix_notification_covered",
        "notification",
        ["receiver", "covered_by"],
        sqlite_where=sa.text(COVERED),
        postgresql_where=sa.text(COVERED),
    )
    op.create_index(
        "ix_notification_page",
        "notification",
        ["receiver", "created_at"],
        sqlite_where=sa.text(PAGE),
        postgresql_where=sa.text(PAGE),
    )
