"""The tables. Moments are UTC integer milliseconds, JSON is text; nothing here knows which database it is.

`HEAD` is the revision these tables stand at: change them together with a new file in `migrations/versions`.
"""

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from monitor.model import ENDED

HEAD = "0014"

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=_NAMES)

_LONG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; on SQLite the spelling that makes a primary key the row's own number."""


class _Table(SQLModel, registry=registry(metadata=metadata)):
    pass


def _id() -> Any:
    return Field(default=None, primary_key=True, sa_type=_LONG)


def _long(**given: Any) -> Any:
    return Field(sa_type=_LONG, **given)


def _text(**given: Any) -> Any:
    return Field(sa_type=Text, **given)


def _only_where(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """A partial index: as small as the rows that matter."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


ENDED_STATES = sorted(state.value for state in ENDED)
_ENDED = ", ".join(f"'{state}'" for state in ENDED_STATES)


class PostRow(_Table, table=True):
    """What somebody published, once. `looks` only grows: it is the number of sightings ever stored of it. `forgotten_at`: its words and
    author were erased, and are not taken in again."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("platform", "native_id"),
        Index("ix_post_platform_posted_at", "platform", "posted_at"),
        _only_where("ix_post_customer_ref", "customer_ref", where="customer_ref IS NOT NULL"),
        _only_where("ix_post_order_ref", "order_ref", where="order_ref IS NOT NULL"),
    )

    id: int | None = _id()
    platform: str = _text()
    native_id: str = _text()
    kind: str = _text()
    url: str = _text()
    author_id: str | None = _text()
    author_name: str = _text()
    followers: int | None = _long()
    verified: bool | None
    title: str = _text()
    text: str = _text()
    posted_at: int | None = _long()
    edited_at: int | None = _long()
    repost_of: str | None = _text()
    parent: str | None = _text()
    rating: int | None = _long()
    region: str | None = _text()
    product: str | None = _text()
    status: str | None = _text()
    first_seen: int = _long()
    last_seen: int = _long()
    background: bool
    availability: str = _text()
    looks: int = _long()
    customer_ref: str | None = _text()
    order_ref: str | None = _text()
    forgotten_at: int | None = _long()


class SightingRow(_Table, table=True):
    """One look at one post. `precision` packs two bits for each counter, in the order of `model.COUNTERS`."""

    __tablename__ = "sighting"
    __table_args__ = ({"sqlite_with_rowid": False},)

    post_id: int = _long(primary_key=True, foreign_key="post.id", ondelete="CASCADE")
    seen_at: int = _long(primary_key=True)
    reposts: int | None = _long()
    comments: int | None = _long()
    likes: int | None = _long()
    collects: int | None = _long()
    shares: int | None = _long()
    views: int | None = _long()
    precision: int = Field(sa_type=Integer)
    availability: int = Field(sa_type=Integer)


class ResponseRow(_Table, table=True):
    """A site's answer, or a block of a file, as `model.Exhibit`. `due_at`: when it is weighed whether anybody still needs it."""

    __tablename__ = "response"
    __table_args__ = (UniqueConstraint("sha256"), Index("ix_response_due_at", "due_at"))

    id: int | None = _id()
    sha256: str = _text()
    feed: str = _text()
    url: str = _text()
    at: int = _long()
    status: int | None = Field(sa_type=Integer)
    content_type: str = _text()
    withheld: bool
    size: int = _long()
    due_at: int = _long()
    body: bytes = Field(sa_type=LargeBinary)


class DeliveryRow(_Table, table=True):
    """A delivery that was pushed to us, by its sender's id, and what it was answered: the same again gets the same answer."""

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_at", "at"), {"sqlite_with_rowid": False})

    source: str = _text(primary_key=True)
    delivery_id: str = _text(primary_key=True)
    at: int = _long()
    sha256: str = _text()
    answer: str = _text()


class ProofRow(_Table, table=True):
    """Which look at a post was seen in which answer, as long as that is kept."""

    __tablename__ = "proof"
    __table_args__ = (Index("ix_proof_response_id", "response_id"), {"sqlite_with_rowid": False})

    post_id: int = _long(primary_key=True, foreign_key="post.id", ondelete="CASCADE")
    seen_at: int = _long(primary_key=True)
    response_id: int = _long(foreign_key="response.id", ondelete="CASCADE")


class StoryRow(_Table, table=True):
    """Posts that tell the same thing about one brand; `platform` and `native_id` say where it began. `into_id`: people merged
    it into that one, to which all that was told here belongs."""

    __tablename__ = "story"
    __table_args__ = (UniqueConstraint("brand", "platform", "native_id"),)

    id: int | None = _id()
    brand: str = _text()
    platform: str = _text()
    native_id: str = _text()
    began_at: int = _long()
    into_id: int | None = _long()


class StoryBandRow(_Table, table=True):
    """Where near-duplicates are looked for: posts of a brand that share a band may resemble each other."""

    __tablename__ = "story_band"
    __table_args__ = (Index("ix_story_band_post_id", "post_id"), {"sqlite_with_rowid": False})

    brand: str = _text(primary_key=True)
    band: int = _long(primary_key=True)
    post_id: int = _long(primary_key=True, foreign_key="post.id", ondelete="CASCADE")
    at: int = _long()


class MentionRow(_Table, table=True):
    """A post that concerns a brand, and what became of it. `priority` is how loud the post is; `news` what came in since
    it was last judged; `platform` the post's, so that due looks are found without it; `look_worth` the chance that the next
    look changes the decision. `second_engine` "": another engine was asked and had no opinion."""

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("post_id", "brand"),
        _only_where("ix_mention_pending", "priority", where="state = 'pending'"),
        _only_where("ix_mention_waiting", "id", where="state = 'pending'"),
        _only_where("ix_mention_news", "priority", where="state = 'scored' AND news > 0"),
        _only_where(
            "ix_mention_doubtful", "priority", where="state = 'scored' AND severity >= 2 AND second_engine IS NULL"
        ),
        _only_where("ix_mention_next_look_at", "platform", "next_look_at", where="next_look_at IS NOT NULL"),
        _only_where(
            "ix_mention_look_worth", "platform", "look_worth", "next_look_at", where="next_look_at IS NOT NULL"
        ),
        _only_where("ix_mention_failed", "state", where="state = 'failed'"),
        Index("ix_mention_story_id", "story_id"),
        _only_where("ix_mention_incident_id", "incident_id", where="incident_id IS NOT NULL"),
        Index("ix_mention_brand", "brand", "id", "story_id"),
    )

    id: int | None = _id()
    post_id: int = _long(foreign_key="post.id", ondelete="CASCADE")
    brand: str = _text()
    platform: str = _text()
    confidence: float
    why: str = _text()
    product: str | None = _text()
    state: str = _text()
    text_hash: str = _text()
    negative: float | None
    aimed: float | None
    anger: float | None
    evidence: str | None = _text()
    engine: str | None = _text()
    version: str | None = _text()
    scored_at: int | None = _long()
    news: int = _long()
    priority: int = _long()
    next_look_at: int | None = _long()
    look_worth: float = Field(sa_column_kwargs={"server_default": text("0.5")})
    story_id: int | None = _long(foreign_key="story.id")
    signature: bytes | None = Field(sa_type=LargeBinary)
    incident_id: int | None = _long(foreign_key="incident.id")
    severity: int | None = Field(sa_type=Integer)
    categories: str | None = _text()
    second_negative: float | None
    second_engine: str | None = _text()


class IncidentRow(_Table, table=True):
    """One story that may hurt, as `model.Incident`. A story has at most one incident that has not ended. `due_at`: when the clock
    looks at it again. `version` counts its events: who changes it says which one was read."""

    __tablename__ = "incident"
    __table_args__ = (
        _only_where("uq_incident_story_id_live", "story_id", where=f"state NOT IN ({_ENDED})", unique=True),
        _only_where("ix_incident_due_at", "due_at", where="due_at IS NOT NULL"),
        Index("ix_incident_story_id", "story_id"),
        Index("ix_incident_state", "state"),
    )

    id: int | None = _id()
    brand: str = _text()
    story_id: int = _long(foreign_key="story.id")
    severity: int = Field(sa_type=Integer)
    state: str = _text()
    opened_at: int = _long()
    changed_at: int = _long()
    paged_at: int | None = _long()
    reasons: str = _text()
    risk: float | None
    forecast: str | None = _text()
    found_late: bool
    posts: int = _long()
    lead_id: int = _long()
    calm_since: int | None = _long()
    born: int | None = _long()
    owner_id: str | None = _text()
    owner_name: str | None = _text()
    acknowledged_at: int | None = _long()
    responding_at: int | None = _long()
    resolved_at: int | None = _long()
    closed_from: str | None = _text()
    false_by_id: str | None = _text()
    false_by_name: str | None = _text()
    snoozed_until: int | None = _long()
    rested: str | None = _text()
    missed: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": text("0")})
    merged_into: int | None = _long()
    version: int = _long(sa_column_kwargs={"server_default": text("0")})
    due_at: int | None = _long()


class EventRow(_Table, table=True):
    """One step of an incident's life, as `model.IncidentEvent`: written once, with its change. `refused`: the step was not taken,
    and is kept so that its key gives the same answer again."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("key"), Index("ix_event_incident_id", "incident_id", "id"))

    id: int | None = _id()
    incident_id: int = _long(foreign_key="incident.id", ondelete="CASCADE")
    at: int = _long()
    act: str = _text()
    before: str | None = _text()
    after: str = _text()
    actor_id: str = _text()
    actor_name: str = _text()
    source: str = _text()
    reason: str = _text()
    facts: str = _text()
    refused: str | None = _text()
    key: str = _text()


class NotificationRow(_Table, table=True):
    """The outbox: one intended message to one receiver.

    `wanted` counts the changes an update stands for, `claimed` how many of them the attempt under way covers.
    `started_at` is the attempt in doubt and stays until the row is settled; `claimed_at` is the newest attempt.
    `onto` is the row whose message this changes or answers. A row that is `covered` is told by another: `covered_by`, or the
    next digest where that is NULL.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("key"),
        _only_where(
            "ix_notification_unsettled",
            "receiver",
            "priority",
            where="state IN ('pending', 'sending', 'ambiguous')",
        ),
        _only_where("ix_notification_covered", "receiver", "covered_by", where="state = 'covered'"),
        _only_where("ix_notification_page", "receiver", "created_at", where="kind IN ('root', 'storm')"),
        Index("ix_notification_incident_id", "incident_id"),
    )

    id: int | None = _id()
    key: str = _text()
    receiver: str = _text()
    kind: str = _text()
    incident_id: int | None = _long(foreign_key="incident.id")
    priority: int = Field(sa_type=Integer)
    state: str = _text()
    wanted: int = _long()
    claimed: int = _long()
    not_before: int = _long()
    attempts: int = _long()
    started_at: int | None = _long()
    claimed_at: int | None = _long()
    handle: str | None = _text()
    body: str | None = _text()
    last_error: str | None = _text()
    created_at: int = _long()
    settled_at: int | None = _long()
    onto: int | None = _long()
    covered_by: int | None = _long()


class LabelRow(_Table, table=True):
    """What people said of our judgement, with the text and engine it was about."""

    __tablename__ = "label"
    __table_args__ = (Index("ix_label_mention_id", "mention_id"), Index("ix_label_incident_id", "incident_id"))

    id: int | None = _id()
    mention_id: int | None = _long(foreign_key="mention.id", ondelete="CASCADE")
    incident_id: int | None = _long(foreign_key="incident.id", ondelete="CASCADE")
    verdict: str = _text()
    actor: str = _text()
    at: int = _long()
    text_hash: str | None = _text()
    engine: str | None = _text()
    version: str | None = _text()


class DailyRow(_Table, table=True):
    """What is kept for ever: numbers by day, without a text or an author. `day` is Shanghai's, as 2026-11-02."""

    __tablename__ = "daily"

    day: str = _text(primary_key=True)
    brand: str = _text(primary_key=True)
    platform: str = _text(primary_key=True)
    posts: int = _long()
    scored: int = _long()
    negative: int = _long()
    incidents: int = _long()
    pages: int = _long()


class HourlyRow(_Table, table=True):
    """What an hour brought, by when it was first seen, backlogs left out; without a text or an author. `hour` is counted from
    1970. `negative`: aimed at the brand; `rated`: with stars, `low`: one or two of them. A row of no platform says that the
    hour was watched, whatever came."""

    __tablename__ = "hourly"
    __table_args__ = ({"sqlite_with_rowid": False},)

    brand: str = _text(primary_key=True)
    hour: int = _long(primary_key=True)
    platform: str = _text(primary_key=True)
    posts: int = _long()
    negative: int = _long()
    rated: int = _long()
    low: int = _long()
    reach: int | None = _long()


class FeedStateRow(_Table, table=True):
    """Where a feed stands and how it fares."""

    __tablename__ = "feed_state"

    feed: str = _text(primary_key=True)
    cursor: str = _text()
    last_ok: int | None = _long()
    last_try: int | None = _long()
    failure: str | None = _text()
    failures: int = _long()
    failing_since: int | None = _long()
    rest_until: int | None = _long()
    newest_post: int | None = _long()
    detail: str = _text()


class FeedHourRow(_Table, table=True):
    """What an hour proved of a feed, as `ports.FeedHour`."""

    __tablename__ = "feed_hour"
    __table_args__ = ({"sqlite_with_rowid": False},)

    feed: str = _text(primary_key=True)
    hour: int = _long(primary_key=True)
    polls: int = _long()
    items: int = _long()
    gaps: int = _long()
    caps: int = _long()
    blanks: int = _long()


class BudgetRow(_Table, table=True):
    """What an account has spent, as `monitor.budget` writes it down."""

    __tablename__ = "budget"

    account: str = _text(primary_key=True)
    state: str = _text()


class InboxRow(_Table, table=True):
    """What people did in a channel. `payload` is emptied once it was worked on, for it holds what they wrote; `key` and `press` stay,
    so that a replay is known."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("press"),
        _only_where("ix_inbox_waiting", "id", where="state = 'waiting'"),
        Index("ix_inbox_received_at", "received_at"),
        Index("ix_inbox_subject", "subject", "pressed"),
    )

    id: int | None = _id()
    receiver: str = _text()
    key: str = _text()
    press: str = _text()
    kind: str = _text()
    subject: str = _text()
    pressed: int = _long()
    payload: str = _text()
    received_at: int = _long()
    state: str = _text()
    attempts: int = _long()
    outcome: str | None = _text()
    settled_at: int | None = _long()


class CauseRow(_Table, table=True):
    """What is wrong just now, and operators were told of: gone when it is over."""

    __tablename__ = "cause"

    key: str = _text(primary_key=True)
    since: int = _long()


class WordRow(_Table, table=True):
    """A query that people added to a brand: who, when, until when, and who took it away."""

    __tablename__ = "word"
    __table_args__ = (
        _only_where("uq_word_in_force", "brand", "kind", "query", where="dropped_at IS NULL", unique=True),
    )

    id: int | None = _id()
    brand: str = _text()
    kind: str = _text()
    query: str = _text()
    actor_id: str = _text()
    actor_name: str = _text()
    added_at: int = _long()
    until: int | None = _long()
    dropped_at: int | None = _long()
    dropped_by: str | None = _text()


post = metadata.tables["post"]
sighting = metadata.tables["sighting"]
response = metadata.tables["response"]
proof = metadata.tables["proof"]
story = metadata.tables["story"]
story_band = metadata.tables["story_band"]
mention = metadata.tables["mention"]
incident = metadata.tables["incident"]
event = metadata.tables["event"]
notification = metadata.tables["notification"]
label = metadata.tables["label"]
daily = metadata.tables["daily"]
hourly = metadata.tables["hourly"]
feed_state = metadata.tables["feed_state"]
feed_hour = metadata.tables["feed_hour"]
budget = metadata.tables["budget"]
inbox = metadata.tables["inbox"]
word = metadata.tables["word"]
cause = metadata.tables["cause"]
delivery = metadata.tables["delivery"]
