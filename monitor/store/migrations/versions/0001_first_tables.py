"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_budget"),
    )
    op.create_table(
        "daily",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("posts", LONG, nullable=False),
        sa.Column("scored", LONG, nullable=False),
        sa.Column("negative", LONG, nullable=False),
        sa.Column("incidents", LONG, nullable=False),
        sa.Column("pages", LONG, nullable=False),
        sa.PrimaryKeyConstraint("day", "brand", "platform", name="pk_daily"),
    )
    op.create_table(
        "feed_state",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("last_ok", LONG, nullable=True),
        sa.Column("last_try", LONG, nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failures", LONG, nullable=False),
        sa.Column("failing_since", LONG, nullable=True),
        sa.Column("rest_until", LONG, nullable=True),
        sa.Column("newest_post", LONG, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name="pk_feed_state"),
    )
    op.create_table(
        "post",
        sa.Column("id", LONG, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("followers", LONG, nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("posted_at", LONG, nullable=True),
        sa.Column("edited_at", LONG, nullable=True),
        sa.Column("repost_of", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("rating", LONG, nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("first_seen", LONG, nullable=False),
        sa.Column("last_seen", LONG, nullable=False),
        sa.Column("background", sa.Boolean(), nullable=False),
        sa.Column("availability", sa.Text(), nullable=False),
        sa.Column("looks", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.UniqueConstraint("platform", "native_id", name="uq_post_platform_native_id"),
    )
    op.create_table(
        "story",
        sa.Column("id", LONG, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.Column("began_at", LONG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
        sa.UniqueConstraint("brand", "platform", "native_id", name="uq_story_brand_platform_native_id"),
    )
    op.create_table(
        "incident",
        sa.Column("id", LONG, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("story_id", LONG, nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", LONG, nullable=False),
        sa.Column("changed_at", LONG, nullable=False),
        sa.Column("paged_at", LONG, nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("risk", sa.Float(), nullable=True),
        sa.Column("forecast", sa.Text(), nullable=True),
        sa.Column("found_late", sa.Boolean(), nullable=False),
        sa.Column("posts", LONG, nullable=False),
        sa.Column("lead_id", LONG, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_incident_story_id_story"),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_state", "incident", ["state"])
    op.create_index("ix_incident_story_id", "incident", ["story_id"])
    op.create_index(
        "uq_incident_story_id_unresolved", "incident", ["story_id"], unique=True, **where("state <> 'resolved'")
    )

    op.create_table(
        "sighting",
        sa.Column("post_id", LONG, nullable=False),
        sa.Column("seen_at", LONG, nullable=False),
        sa.Column("reposts", LONG, nullable=True),
        sa.Column("comments", LONG, nullable=True),
        sa.Column("likes", LONG, nullable=True),
        sa.Column("collects", LONG, nullable=True),
        sa.Column("shares", LONG, nullable=True),
        sa.Column("views", LONG, nullable=True),
        sa.Column("precision", sa.Integer(), nullable=False),
        sa.Column("availability", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_sighting_post_id_post", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "seen_at", name="pk_sighting"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "story_band",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("band", LONG, nullable=False),
        sa.Column("post_id", LONG, nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_story_band_post_id_post", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("brand", "band", "post_id", name="pk_story_band"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mention",
        sa.Column("id", LONG, nullable=False),
        sa.Column("post_id", LONG, nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("negative", sa.Float(), nullable=True),
        sa.Column("aimed", sa.Float(), nullable=True),
        sa.Column("anger", sa.Float(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("scored_at", LONG, nullable=True),
        sa.Column("news", LONG, nullable=False),
        sa.Column("priority", LONG, nullable=False),
        sa.Column("next_look_at", LONG, nullable=True),
        sa.Column("story_id", LONG, nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("incident_id", LONG, nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_mention_incident_id_incident"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_mention_post_id_post", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_mention_story_id_story"),
        sa.PrimaryKeyConstraint("id", name="pk_mention"),
        sa.UniqueConstraint("post_id", "brand", name="uq_mention_post_id_brand"),
    )
    op.create_index("ix_mention_failed", "mention", ["state"], **where("state = 'failed'"))
    op.create_index("ix_mention_news", "mention", ["priority"], **where("state = 'scored' AND news > 0"))
    op.create_index(
        "ix_mention_next_look_at", "mention", ["platform", "next_look_at"], **where("next_look_at IS NOT NULL")
    )
    op.create_index("ix_mention_pending", "mention", ["priority"], **where("state = 'pending'"))
    op.create_index("ix_mention_story_id", "mention", ["story_id"])
    op.create_index("ix_mention_waiting", "mention", ["id"], **where("state = 'pending'"))

    op.create_table(
        "notification",
        sa.Column("id", LONG, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("incident_id", LONG, nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted", LONG, nullable=False),
        sa.Column("claimed", LONG, nullable=False),
        sa.Column("not_before", LONG, nullable=False),
        sa.Column("attempts", LONG, nullable=False),
        sa.Column("started_at", LONG, nullable=True),
        sa.Column("claimed_at", LONG, nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", LONG, nullable=False),
        sa.Column("settled_at", LONG, nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_notification_incident_id_incident"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("key", name="uq_notification_key"),
    )
    op.create_index("ix_notification_incident_id", "notification", ["incident_id"])
    op.create_index(
        "ix_notification_unsettled",
        "notification",
        ["receiver", "priority"],
        **where("state IN ('pending', 'sending', 'ambiguous')"),
    )

    op.create_table(
        "label",
        sa.Column("id", LONG, nullable=False),
        sa.Column("mention_id", LONG, nullable=True),
        sa.Column("incident_id", LONG, nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", LONG, nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name="fk_label_incident_id_incident", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name="fk_label_mention_id_mention", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_label"),
    )
    op.create_index("ix_label_incident_id", "label", ["incident_id"])
    op.create_index("ix_label_mention_id", "label", ["mention_id"])
