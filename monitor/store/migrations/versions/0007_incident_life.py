"""An incident's life: who has it, how it was closed, when the clock looks at it again, and every step of it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVE = "state NOT IN ('false_alarm', 'follow_up', 'merged', 'resolved', 'reviewed')"
BORN = """UPDATE incident SET born = (
    SELECT MIN(CASE WHEN post.posted_at < post.first_seen THEN post.posted_at ELSE post.first_seen END)
    FROM mention JOIN post ON post.id = mention.post_id WHERE mention.story_id = incident.story_id)"""


def upgrade() -> None:
    op.drop_index("uq_incident_story_id_unresolved", "incident")
    with op.batch_alter_table("incident") as incident:
        incident.add_column(sa.Column("born", LONG, nullable=True))
        incident.add_column(sa.Column("owner_id", sa.Text(), nullable=True))
        incident.add_column(sa.Column("owner_name", sa.Text(), nullable=True))
        incident.add_column(sa.Column("acknowledged_at", LONG, nullable=True))
        incident.add_column(sa.Column("responding_at", LONG, nullable=True))
        incident.add_column(sa.Column("resolved_at", LONG, nullable=True))
        incident.add_column(sa.Column("closed_from", sa.Text(), nullable=True))
        incident.add_column(sa.Column("false_by_id", sa.Text(), nullable=True))
        incident.add_column(sa.Column("false_by_name", sa.Text(), nullable=True))
        incident.add_column(sa.Column("snoozed_until", LONG, nullable=True))
        incident.add_column(sa.Column("rested", sa.Text(), nullable=True))
        incident.add_column(sa.Column("missed", sa.Integer(), nullable=False, server_default=sa.text("0")))
        incident.add_column(sa.Column("merged_into", LONG, nullable=True))
        incident.add_column(sa.Column("version", LONG, nullable=False, server_default=sa.text("0")))
        incident.add_column(sa.Column("due_at", LONG, nullable=True))
    with op.batch_alter_table("story") as story:
        story.add_column(sa.Column("into_id", LONG, nullable=True))
    op.create_table(
        "event",
        sa.Column("id", LONG, nullable=False),
        sa.Column("incident_id", LONG, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name="fk_event_incident_id_incident", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("key", name="uq_event_key"),
    )
    op.create_index("ix_event_incident_id", "event", ["incident_id", "id"])
    op.execute(BORN)
    op.execute("UPDATE incident SET state = 'detected' WHERE state = 'open' AND paged_at IS NULL AND severity < 2")
    op.execute("UPDATE incident SET state = 'triage' WHERE state = 'open' AND paged_at IS NULL")
    op.execute("UPDATE incident SET version = 1")
    op.execute("UPDATE incident SET due_at = changed_at WHERE state <> 'resolved'")
    for where, name, columns, unique in (
        (LIVE, "uq_incident_story_id_live", ["story_id"], True),
        ("due_at IS NOT NULL", "ix_incident_due_at", ["due_at"], False),
    ):
        op.create_index(
            name, "incident", columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
