"""The nouns: frozen values that every room of the house shares. Time is aware and UTC, or refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any, Literal, NamedTuple


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. A naive datetime is a ValueError: nobody knows what it means."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


@cache
def _moments(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass that hold a datetime, or may."""
    return tuple(item.name for item in fields(kind) if item.type in (datetime, datetime | None))


class _Timed:
    """Brings every datetime field of a frozen dataclass to UTC, or refuses it."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for name in _moments(type(self)):  # type: ignore[arg-type]  # a class is hashable, whatever its instances are
            value = getattr(self, name)
            if value is not None and value.tzinfo is not UTC:
                object.__setattr__(self, name, utc(value))


class Precision(IntEnum):
    """How far a displayed count may be trusted: 1732 is exact, 1.2万 rounded, 10万+ a lower bound."""

    EXACT = 0
    ROUNDED = 1
    LOWER_BOUND = 2


class Forgotten(NamedTuple):
    """What was erased, and what was not: raw answers that an incident needs. `incidents`: those that told of it."""

    posts: int
    answers: int
    answers_kept: int
    incidents: tuple[int, ...]


class Count(NamedTuple):
    """One displayed counter. An unknown counter is None in `Counts`, never a Count of 0."""

    value: int
    precision: Precision = Precision.EXACT


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """What a platform showed of a post's engagement at one moment. None: not shown, so unknown."""

    reposts: Count | None = None
    comments: Count | None = None
    likes: Count | None = None
    collects: Count | None = None
    shares: Count | None = None
    views: Count | None = None


COUNTERS = ("reposts", "comments", "likes", "collects", "shares", "views")


class Availability(StrEnum):
    """Whether the platform still shows the post. Gone is not calmed."""

    VISIBLE = "visible"
    GONE = "gone"
    RESTRICTED = "restricted"
    UNKNOWN = "unknown"


class PostKey(NamedTuple):
    """What makes a post one post, wherever it was seen: `weibo:5340…`."""

    platform: str
    native_id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.native_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who wrote it. `id` is the platform's own until the store replaces it by a keyed hash."""

    id: str | None = None
    name: str = ""
    followers: int | None = None
    verified: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Post(_Timed):
    """What somebody published, or said to the brand itself. `posted_at` None: the platform does not say, so first sight stands
    in for it. `customer_ref`, `order_ref`: the brand's own marks of who says it and about what, as they came until the store
    replaces them by keyed hashes; they hold the ways together in which one complaint comes in."""

    platform: str
    native_id: str
    kind: str = "post"
    url: str = ""
    author: Author = Author()
    title: str = ""
    text: str = ""
    posted_at: datetime | None = None
    edited_at: datetime | None = None
    repost_of: str | None = None
    parent: str | None = None
    rating: int | None = None
    region: str | None = None
    product: str | None = None
    status: str | None = None
    customer_ref: str | None = None
    order_ref: str | None = None

    @property
    def key(self) -> PostKey:
        return PostKey(self.platform, self.native_id)

    @property
    def words(self) -> str:
        """Title and text as one piece, which is what people read and what is matched and scored."""
        return f"{self.title}\n{self.text}" if self.title and self.title not in self.text else self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting(_Timed):
    """One look at one post. `post` is None when only its counts were seen (a revisit, a later recording line)."""

    key: PostKey
    seen_at: datetime
    counts: Counts = Counts()
    availability: Availability = Availability.VISIBLE
    post: Post | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A stored sighting as the forecast reads it. `age`: seconds since publication; counts as shown."""

    seen_at: datetime
    age: float
    counts: Counts
    availability: Availability = Availability.VISIBLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Lived(_Timed):
    """A post with every look at it, once nobody looks any more: what the forecast may learn from.

    `author` tells whose it is, no more. `answered_at`: when the team first answered it; what came later is not the post's own.
    """

    platform: str
    born: datetime
    author: str
    looks: tuple[Look, ...]
    answered_at: datetime | None = None


class Match(NamedTuple):
    """A post concerns a brand. `confidence` 0..1; `why` names the words that decided."""

    brand: str
    confidence: float
    why: str
    product: str | None = None


class Passage(NamedTuple):
    """A text to be judged for a brand: `names` are the brand's, `rivals` those of others that are watched. Without names
    the brand is taken to be what the text talks about."""

    text: str
    names: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    platform: str = ""


class MentionState(StrEnum):
    """What became of a mention's text: waits, judged, found not about us, or poison to the scorer."""

    PENDING = "pending"
    SCORED = "scored"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentiment:
    """What a scorer says of a text: P(negative) as it stands, P(aimed) bad for the brand if many read it, P(anger).

    `evidence` holds the spans that weighed most, `categories` what a complaint is about. Two judgements, never mixed up;
    paging goes by `aimed`.
    """

    negative: float
    aimed: float
    anger: float = 0.0
    evidence: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    engine: str
    version: str
    second: "Opinion | None" = None

    @property
    def disputed(self) -> bool:
        """Did another engine see it the other way?"""
        return self.second is not None and (self.second.negative >= EVEN) != (self.aimed >= EVEN)


EVEN = 0.5
"""From this probability on a text counts as one rather than the other."""


class Opinion(NamedTuple):
    """What another engine said of the same text, asked because it was near a page. `negative` as in `Sentiment`."""

    negative: float
    engine: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unscored:
    """A mention whose text waits for the scorer. `text` is `Post.words` as stored."""

    mention_id: int
    brand: str
    platform: str
    text: str


class Said(StrEnum):
    """What people say of our judgement of a mention, each to its own place: text, brand, category or reach."""

    CONFIRMED = "confirmed"
    NOT_BAD = "not_bad"
    NOT_ABOUT_US = "not_about_us"
    WRONG_CATEGORY = "wrong_category"
    STAYED_SMALL = "stayed_small"


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A text as somebody labelled it, and what was thought of it then."""

    text: str
    brand: str
    platform: str
    said: str
    aimed: float | None
    engine: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Exhibit:
    """What a look at a post rests on: a site's answer, or a block of a file, byte for byte as it came.

    `packed` is the body under zlib; `size` and `sha256` (hex) are the body's own. `url` holds no secret. `status` None: it came
    from a file. `withheld`: a secret of ours stood in the body, and was struck out before the sum was taken.
    """

    sha256: str
    packed: bytes
    size: int
    feed: str
    url: str
    at: datetime
    status: int | None = None
    content_type: str = ""
    withheld: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention(_Timed):
    """A post that concerns a brand, with all that is known of it: what the judge reads.

    `looks` are ordered by time. `background`: first seen in a backlog (a new feed, a first poll after an
    outage), so what it had at first sight is no news. `news` counts what came in since it was last judged.
    """

    id: int
    post_id: int
    post: Post
    brand: str
    confidence: float
    first_seen: datetime
    looks: tuple[Look, ...]
    background: bool = False
    sentiment: Sentiment | None = None
    story_id: int | None = None
    incident_id: int | None = None
    severity: "Severity | None" = None
    news: int = 0

    @property
    def born(self) -> datetime:
        """Publication, or first sight where the platform does not say."""
        return self.post.posted_at or self.first_seen


class Reach(NamedTuple):
    """What a post will have some time `ahead`: the median and the ends of the 80 % interval."""

    ahead: timedelta
    median: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """How far a post will go: reach (in `unit`) at `horizon` after publication, with its 80 % interval.

    `p_viral` is None where no curves were fitted: no probability is made up (DESIGN §4). `p_page` is what paging goes by: the
    chance that the page comes true if it is sent at this look, the first one that is so high. `reaches`: in 1, 3, 6 and 24
    hours, and at the age of a week; empty without curves. `unproven`: nearly all of it, or what brought it over the
    line, came just now and in silence, so `p_page` is held down until another look. `shoved`: of `now`, what bots seem to have
    brought, where that holds it down.
    `sentence` is for people.
    """

    unit: str
    now: int
    per_minute: float
    median: float
    low: float
    high: float
    horizon: timedelta
    p_viral: float | None
    sentence: str
    early: bool = False
    p_page: float | None = None
    reaches: tuple[Reach, ...] = ()
    unproven: bool = False
    shoved: int = 0


class Severity(IntEnum):
    """The four colours of crisis work; red is highest."""

    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def word(self) -> str:
        return self.name.lower()


class IncidentState(StrEnum):
    """Where an incident stands; severity stands beside it. A machine opens, raises and puts to sleep; only people end one."""

    DETECTED = "detected"
    """Seen, and nobody told."""
    TRIAGE = "triage"
    """Told quietly, below what pages (待研判)."""
    OPEN = "open"
    """Paged, and nobody has it."""
    ACKNOWLEDGED = "acknowledged"
    RESPONDING = "responding"
    RESOLVED = "resolved"
    FOLLOW_UP = "follow_up"
    """Resolved some days ago: whoever complained is asked how it stands (回访)."""
    REVIEWED = "reviewed"
    """What is to be learned of it was written down (复盘)."""
    FALSE_ALARM = "false_alarm"
    DORMANT = "dormant"
    """Quiet for long, which is not resolved: what flares up again comes back."""
    MERGED = "merged"
    """Joined another incident, which goes on."""


ENDED = frozenset({
    IncidentState.RESOLVED, IncidentState.FOLLOW_UP, IncidentState.REVIEWED, IncidentState.FALSE_ALARM, IncidentState.MERGED,
})  # fmt: skip
"""A story has at most one incident that has not ended."""


class Words(NamedTuple):
    """The same in both languages people read."""

    zh: str
    en: str

    def told(self, language: Literal["zh", "en"]) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en


def same(text: str) -> Words:
    """What is said alike in both: a name, a code, what others said."""
    return Words(text, text)


def listed(said: Sequence[Words]) -> Words:
    """One after another, with commas between."""
    return Words("，".join(one.zh for one in said), ", ".join(one.en for one in said))


NOTHING_TO_DO = Words("无需处理", "Nothing to do")
"""The fix that an all-clear to the operators says."""

AWAKE = tuple(state for state in IncidentState if state not in ENDED and state is not IncidentState.DORMANT)
"""What people may have to do with."""


class Act(StrEnum):
    """What is done to an incident."""

    DETECT = "detect"
    NOTICE = "notice"
    """Told quietly."""
    PAGE = "page"
    RAISE = "raise"
    LOWER = "lower"
    ACKNOWLEDGE = "acknowledge"
    RELEASE = "release"
    REASSIGN = "reassign"
    RESPOND = "respond"
    RESOLVE = "resolve"
    FALSE_ALARM = "false_alarm"
    UNDO = "undo"
    SNOOZE = "snooze"
    DEADLINE = "deadline"
    """A deadline passed that nobody met."""
    FOLLOW_UP = "follow_up"
    REVIEW = "review"
    SLEEP = "sleep"
    REIGNITE = "reignite"
    MERGE = "merge"
    SPLIT = "split"
    NOTE = "note"


class Actor(NamedTuple):
    """Who did it. People in Slack have the id `slack:U…`, an operator at the command line `cli:NAME`."""

    id: str
    name: str


MACHINE = Actor("", "langyan")
"""The judge and the clock."""


class Standing(NamedTuple):
    """How an incident stood when it was put to rest. `reach` and `per_minute` are in `unit`; None: it had no forecast."""

    severity: "Severity"
    unit: str | None = None
    reach: int = 0
    per_minute: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Step(_Timed):
    """One thing done to an incident by somebody, once. `key` is its idempotency key: the same key changes nothing again.

    `source`: where it came from (slack, cli, judge, clock). `reason`: a code, or what somebody typed. `facts` by act: SNOOZE
    `until`, REASSIGN `to_id` and `to_name`, RAISE and LOWER `to`, DEADLINE `hours`.
    """

    act: Act
    actor: Actor
    at: datetime
    key: str
    source: str
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class IncidentEvent(_Timed):
    """One line of an incident's timeline; never changed, never deleted alone. `before` None: it begins here."""

    id: int
    incident_id: int
    at: datetime
    act: Act
    before: IncidentState | None
    after: IncidentState
    actor: Actor
    source: str
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str


class Pressed(NamedTuple):
    """What one person last said of an incident on trial: should it have woken them?"""

    incident_id: int
    actor: str
    right: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why something was decided: a code for metrics and tests, and the facts a sentence is made of."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the judge thinks of one mention now. `severity` None: nothing to open."""

    severity: Severity | None
    risk: float | None
    forecast: Forecast | None
    reasons: tuple[Reason, ...] = ()
    found_late: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Incident(_Timed):
    """One story about one brand that may hurt, and how it stands.

    `changed_at`: when anything worth telling last happened to it. `born`: publication of its first post, from which its
    deadlines count. `resolved_at`: when people closed it, as a false alarm too (`false_by`: who did), and `closed_from` where it
    stood then. `snoozed_until`: it pages nobody again before, unless it gathers speed against `rested`. `missed`: the
    longest deadline, in hours, that was told as missed. `version` counts its events.
    """

    id: int
    brand: str
    story_id: int
    severity: Severity
    state: IncidentState = IncidentState.OPEN
    opened_at: datetime
    changed_at: datetime
    paged_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    risk: float | None = None
    forecast: Forecast | None = None
    found_late: bool = False
    posts: int = 1
    calm_since: datetime | None = None
    """Since when every look at the post shown has been below `severity`."""
    born: datetime | None = None
    owner: Actor | None = None
    acknowledged_at: datetime | None = None
    responding_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_from: IncidentState | None = None
    false_by: Actor | None = None
    snoozed_until: datetime | None = None
    rested: Standing | None = None
    missed: int = 0
    merged_into: int | None = None
    version: int = 0
    lead: Mention | None = None
    """The post to show: the one that judged worst."""
    platforms: tuple[tuple[str, int], ...] = ()
    """Its posts by platform, most first; read with `others`."""
    others: tuple[Mention, ...] = ()
    """A few more posts of it, the loudest first; read only where one incident is told."""


class NotificationKind(StrEnum):
    """What is said: a message of its own, or something that goes onto one."""

    ROOT = "root"
    """An incident's one living message; at a receiver that is paged, the page."""
    UPDATE = "update"
    """A change of a message, made from how things stand when it is sent."""
    OPS = "ops"
    """A word to the operators."""
    THREAD = "thread"
    """A milestone in the message's thread; `body` holds its code and facts."""
    REPEAT = "repeat"
    """A page that nobody acknowledged, once more: in its thread, shown in the channel too, with the mention."""
    CHART = "chart"
    """The picture for a message that is out already."""
    STORM = "storm"
    """One page with a table in place of many."""
    DIGEST = "digest"
    """One message with a table of what was worth none of its own."""
    TRIAL = "trial"
    """The daily line that says how a trial stands."""
    TEST = "test"
    """A page that is none: it proves that a page would arrive and be answered."""


class TellClass(StrEnum):
    """How loudly a receiver is told of an incident."""

    PAGE = "page"
    """People are woken, and again until somebody acknowledges."""
    TRIAL = "trial"
    """A message in place of a page: it asks whether people should have been woken, and wakes nobody."""
    NOTIFY = "notify"
    """A message that wakes nobody."""
    DIGEST = "digest"
    """A row of the next digest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notification(_Timed):
    """One intended message to one receiver. `key` is its idempotency key and never changes.

    `handle` is where the message stands that this goes onto (a channel's own words); None for a message of its own. `body`
    holds what is said in OPS and THREAD. `repeat`: an earlier attempt ended ambiguously and could not be looked up, so this may
    be seen twice. `wakes`: it mentions whom the receiver names. `elsewhere`: where the same page was confirmed before this, and
    when. `covers`: the worst of the `covered` incidents that a STORM or DIGEST tells of. `picture`: the uploaded picture, in
    the channel's words. `events`: the incident's timeline. `trial`: it stands in place of a page. `anew`: it stood there before, and somebody deleted it.
    `changes`: how many of an incident this one message tells of.
    """

    id: int
    key: str
    receiver: str
    kind: NotificationKind
    incident_id: int | None = None
    body: Mapping[str, Any] | None = None
    handle: Mapping[str, Any] | None = None
    attempts: int = 0
    started_at: datetime | None = None
    repeat: bool = False
    wakes: bool = True
    elsewhere: tuple[tuple[str, datetime], ...] = ()
    covers: tuple[Incident, ...] = ()
    covered: int = 0
    picture: str | None = None
    events: tuple[IncidentEvent, ...] = ()
    trial: bool = False
    changes: int = 1
    anew: bool = False

    @property
    def repeated(self) -> int:
        """The number of this repeat of a page; 0: it is the page itself."""
        _, again, number = self.key.rpartition(":repeat:")
        return int(number) if again else 0


class Outcome(StrEnum):
    """What came of one attempt to send; `alerts.outbox` decides by it what happens next."""

    SENT = "sent"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    """Never reached the other side: safe to send again."""
    PERMANENT = "permanent"
    """The other side said no for good: an operator must act."""
    AMBIGUOUS = "ambiguous"
    """Nobody knows whether it arrived: look before sending again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What came of one attempt. `error` never holds a secret. `gone`: the message this was to go onto is there no more;
    what was said instead was taken back where there is no `handle`."""

    outcome: Outcome
    handle: Mapping[str, Any] | None = None
    retry_after: float | None = None
    error: str | None = None
    gone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedHealth(_Timed):
    """How a feed stands, for the board and the metrics."""

    feed: str
    last_ok: datetime | None = None
    last_try: datetime | None = None
    failure: str | None = None
    failing_since: datetime | None = None
    failures: int = 0
    newest_post: datetime | None = None
    detail: str = ""


class WordKind(StrEnum):
    """What a word that people added does: brings posts to a brand, or keeps them away from it."""

    WATCH = "watch"
    EXCEPT = "except"


@dataclass(frozen=True, kw_only=True, slots=True)
class Word(_Timed):
    """A query (`monitor.watch.query`) that people added to a brand without an operator: who, when, and until when (None: until
    somebody takes it away). `id` 0: not stored yet."""

    id: int = 0
    brand: str
    kind: WordKind
    query: str
    actor: Actor
    added_at: datetime
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope(_Timed):
    """What somebody did in a channel, as it came in. `key`: what it came in as (an envelope's id); `press`: what was done, so that
    the same press in another envelope is the same. `kind`: interactive, slash_commands or events_api. `receiver`: by whose ears.

    `subject`: who did it to what ("" where order does not matter), `pressed`: when, in microseconds of the channel's clock.
    `overtaken`: what the same person did later to the same thing was carried out already.
    """

    id: int = 0
    receiver: str
    key: str
    press: str
    kind: str
    payload: Mapping[str, Any]
    received_at: datetime
    subject: str = ""
    pressed: int = 0
    overtaken: bool = False
    attempts: int = 0
    """How often somebody began to work on it."""
