"""The seams of the house: what each room needs from another, and nothing more. Types only."""

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import httpx

from monitor.errors import Failure
from monitor.model import (
    Act,
    Actor,
    Count,
    Envelope,
    Exhibit,
    FeedHealth,
    Incident,
    IncidentEvent,
    IncidentState,
    Lived,
    Look,
    Match,
    Mention,
    Notification,
    NotificationKind,
    Opinion,
    Passage,
    Post,
    PostKey,
    Pressed,
    Reason,
    Receipt,
    Sentiment,
    Severity,
    Sighting,
    Step,
    Unscored,
    Verdict,
    Word,
    Words,
)
from monitor.spread.revisit import Tracked
from monitor.spread.surge import Stars
from monitor.triage.event import Telling
from monitor.triage.life import Refused

T = TypeVar("T")

Cursor = Mapping[str, Any]
"""Where a feed stands, as JSON. Carries an unfinished walk: the high mark moves only with the walk's last page."""


class Clock(Protocol):
    """Time as a value. Every domain duration is clock seconds; socket timeouts and the watchdog are real ones."""

    @property
    def rate(self) -> float: ...
    def now(self) -> datetime: ...
    def elapsed(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...
    def wait(self, event: threading.Event, seconds: float) -> bool: ...


# ── connectors ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How one request may be sent. Seconds of `total` are real; `pace` is clock seconds between two requests to a host.

    `account` and `purpose` name the budget it is charged to; an empty account has none.
    """

    feed: str
    purpose: Literal["discover", "revisit"] = "discover"
    account: str = ""
    pace: float = 1.0
    total: float = 30.0
    body: int = 5 * 1024 * 1024
    wire: int = 1024 * 1024
    allow_private: frozenset[str] = frozenset()
    proxy: str | None = None
    ca_file: str | None = None


Fetch = Callable[[httpx.Request, Limits], Awaitable[httpx.Response]]
"""Sends a request with pace, budget, caps and retries. Returns any status; raises FeedError when nothing came."""


class Flow(NamedTuple):
    """An answer that goes on. `response` is its head alone while it does (a 200); else the whole of it, and no pieces follow."""

    response: httpx.Response
    pieces: AsyncIterator[bytes]


class Open(Protocol):
    """Sends a request whose answer goes on, with the rules of `Fetch`; leaving the context ends it. Raises FeedError when nothing
    came, also while pieces are read. `silence`: real seconds that may pass between two pieces."""

    def __call__(self, request: httpx.Request, limits: Limits, silence: float) -> AbstractAsyncContextManager[Flow]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What one response says.

    `gone`: posts the platform no longer shows. `next`: the walk goes on there. `cursor` None: leave it as it is.
    `facts`: numbers for metrics and whoever looks at a feed closely (token_expires_at, overrun, poll_after, empty,
    unchanged; overlap: 1 where it holds what the last poll held, 0: a gap; expected: how many items the site speaks of for this walk;
    cap_hit: its own depth ended it). `rejected`: items that could not be read, a line each; they cost only themselves.
    """

    sightings: tuple[Sighting, ...] = ()
    gone: tuple[PostKey, ...] = ()
    next: httpx.Request | None = None
    cursor: Cursor | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    rejected: tuple[str, ...] = ()


class Connector(Protocol):
    """One site, sans I/O: which request to send, what the answer means. A frozen dataclass: its fields are its options.

    `parse` sees every status and raises FeedError where the answer is none.
    """

    @property
    def platform(self) -> str: ...
    @property
    def account(self) -> str:
        """The budget its requests are charged to, without a secret in it; empty: none."""
        ...

    def first(self, cursor: Cursor) -> httpx.Request: ...
    def parse(self, response: httpx.Response, cursor: Cursor, seen_at: datetime) -> Batch: ...


@runtime_checkable
class Revisiting(Protocol):
    """A connector that can look at known posts again, many at once. An id that does not come back is gone."""

    @property
    def batch_size(self) -> int: ...
    def revisit(self, posts: Sequence[PostKey]) -> httpx.Request: ...
    def parse_revisit(self, response: httpx.Response, posts: Sequence[PostKey], seen_at: datetime) -> Batch: ...


@runtime_checkable
class Streaming(Protocol):
    """A connector whose posts come as they are published, in one answer that never ends; `parse` is what a refusal says.

    `feed` is given whole lines, each once or, after a cut, again; its cursor is where `open` goes on.
    """

    def open(self, cursor: Cursor) -> httpx.Request: ...
    def feed(self, data: bytes, cursor: Cursor, seen_at: datetime) -> Batch: ...


@runtime_checkable
class Paced(Protocol):
    """A connector whose site is not asked faster than this, whatever the configuration says: clock seconds between two requests."""

    @property
    def least_pace(self) -> float: ...


@runtime_checkable
class Standing(Protocol):
    """A connector whose account can be asked how it stands, beside its posts."""

    def standing(self) -> Sequence[httpx.Request]: ...
    def parse_standing(self, response: httpx.Response, seen_at: datetime) -> Mapping[str, float]:
        """What one of those answers says: `quota_remaining`, `token_expires_at` (epoch seconds)."""
        ...


@runtime_checkable
class Importing(Protocol):
    """A connector whose posts come from a local file that grows; `path` is read from the cursor's offset on."""

    @property
    def path(self) -> str: ...
    def read(self, chunk: bytes, cursor: Cursor, seen_at: datetime) -> Batch: ...


@runtime_checkable
class FollowsFiles(Protocol):
    """A connector whose posts are rows of files that another program goes on writing. `files`: a file, a folder or a pattern."""

    @property
    def files(self) -> str: ...
    def row(self, said: Mapping[str, Any], place: str, seen_at: datetime) -> Sighting | str:
        """What a row says, or what is wrong with it. `place`: the file it stands in, and its table."""
        ...


# ── scoring and channels ────────────────────────────────────────────────────────────────────────────────────────────


class Scorer(Protocol):
    """Judges passages, in order, one Sentiment each. Never raises for a text: guards are its own."""

    @property
    def engine(self) -> str: ...
    @property
    def version(self) -> str: ...
    def score(self, passages: Sequence[Passage]) -> list[Sentiment]: ...


class Channel(Protocol):
    """One receiver's way to people. Classifies its failure, never retries, never raises for the other side's sake."""

    def send(self, notification: Notification, incident: Incident | None) -> Receipt: ...


@runtime_checkable
class Finding(Protocol):
    """A channel that can look whether a message with this key has arrived since."""

    def find(self, key: str, since: datetime, onto: Mapping[str, Any] | None) -> Receipt:
        """SENT with its handle: there. REFUSED: surely not there. Anything else: could not be read. `onto`: the message in
        whose thread it would stand."""
        ...


@runtime_checkable
class Drawing(Protocol):
    """A channel that can show a picture of an incident's spread, once its message is there."""

    @property
    def draws(self) -> bool: ...


# ── the store: one port per reader ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedState:
    """What is known of a feed across restarts. `last_ok` None: never polled, so what comes first is background."""

    feed: str
    cursor: Cursor = field(default_factory=dict)
    last_ok: datetime | None = None
    failure: Failure | None = None
    failures: int = 0
    failing_since: datetime | None = None
    rest_until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpsNote:
    """A word to the operators. `key` makes it one message however often it is said."""

    key: str
    what: Words
    where: Words
    fix: Words


def all_clear(what: Words) -> Words:
    """That something is over."""
    return Words(what.zh, f"all clear: {what.en}")


def of_feed(name: str) -> Words:
    """Where something happened: at a feed."""
    return Words(f"数据源 {name}", f"feed {name}")


def of_receiver(name: str) -> Words:
    """Where something happened: at a receiver."""
    return Words(f"接收方 {name}", f"receiver {name}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What one recorded batch changed. `ages`: seconds from publication to first sight of its new posts that are no backlog."""

    posts: int = 0
    mentions: int = 0
    sightings: int = 0
    ages: tuple[float, ...] = ()


class FeedHour(NamedTuple):
    """What one hour (counted from 1970) proved of a feed: polls (minutes of listening, where it comes by itself), items not seen in the poll before, polls that no longer overlapped
    with the last, walks that a cap cut off, blank pages that were asked for again."""

    feed: str
    hour: int
    polls: int = 0
    items: int = 0
    gaps: int = 0
    caps: int = 0
    blanks: int = 0


class Proofs(Protocol):
    """What proving coverage needs."""

    def add_feed_hours(self, hours: Sequence[FeedHour], *, drop_before: int) -> None:
        """Adds to the numbers of these hours; hours before `drop_before` are let go."""
        ...

    def feed_hours(self, feed: str) -> list[FeedHour]:
        """What is known of a feed's hours, the oldest first."""
        ...


class Intake(Protocol):
    """What observing needs: one transaction holds posts, sightings, mentions and cursor."""

    def feed_state(self, feed: str) -> FeedState: ...

    def record(
        self,
        feed: str,
        sightings: Sequence[Sighting],
        matches: Mapping[PostKey, Sequence[Match]],
        *,
        now: datetime,
        cursor: Cursor | None = None,
        background: bool = False,
        walk_done: bool = True,
        exhibit: Exhibit | None = None,
    ) -> Recorded:
        """Stores what was seen. A sighting without a post counts only if the post is known.

        `walk_done`: this page ends the walk, so the feed is healthy as of `now`. `exhibit`: what it was seen in; kept if
        anything was.
        """
        ...

    def fail(
        self,
        feed: str,
        failure: Failure,
        problem: str,
        *,
        now: datetime,
        rest_until: datetime | None,
        ops: OpsNote | None,
        receivers: Sequence[str] = (),
    ) -> FeedState:
        """Notes a failed poll; `ops` becomes one notification per receiver in the same transaction."""
        ...

    def tracked(self, platform: str, now: datetime, limit: int, ahead: timedelta) -> list[Tracked]:
        """The tracked posts that are due or will be within `ahead`, the longest due first; where more are due than `limit`, also
        those of them that are worth most."""
        ...

    def next_look(self, platform: str) -> datetime | None: ...
    def budget(self, account: str) -> Mapping[str, Any] | None: ...
    def save_budget(self, account: str, state: Mapping[str, Any]) -> None: ...


class Answered(NamedTuple):
    """What a delivery was answered; `sha256` (hex) is its body's."""

    sha256: str
    answer: Mapping[str, Any]


class Deliveries(Protocol):
    """What taking in what is pushed needs."""

    def answer_to(self, source: str, delivery_id: str) -> Answered | None:
        """What this delivery was answered within the last seven days."""
        ...

    def keep_answer(self, source: str, delivery_id: str, sha256: str, answer: Mapping[str, Any], now: datetime) -> None:
        """Writes it down; the first answer stays. Those older than seven days are let go."""
        ...

    def waiting(self) -> int:
        """The mentions that wait for the scorer."""
        ...

    def writer_stuck(self) -> float:
        """Seconds the oldest write has been waited for."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A post of the same brand that shares a band with the one in hand."""

    post_id: int
    story_id: int
    signature: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What was decided of one mention; applied in one transaction.

    `signature` not None: the mention's story is settled now: `story_id`, or a new one that begins at `origin` (the root of
    a repost, else the post itself; b"" is a text too short to resemble another). `change` is the incident's and `tells`
    its notifications (receiver, kind). `level` is what an incident that falls falls to, `calm_since` since when it is calm.
    `incident_id` is the incident it was held against; `act`, a step of its life that the change asks for, `because` of
    what; `wakes`: its level pages, so what comes back wakes people. `stirs`: something worth telling happened to it.
    `next_look` None: not tracked (any more); `look_worth` orders those that are due. `notes` are added to the reasons of an
    incident that the mention joins without changing its level, each in place of an earlier one of its code. `lead`: seconds that
    people had before the post came to what hurts, where it did so just now.
    """

    mention: Mention
    verdict: Verdict
    story_id: int | None = None
    signature: bytes | None = None
    bands: tuple[int, ...] = ()
    origin: PostKey | None = None
    change: Literal["none", "open", "raise", "lower", "refresh"] = "none"
    level: Severity | None = None
    calm_since: datetime | None = None
    incident_id: int | None = None
    act: Act | None = None
    because: Reason | None = None
    wakes: bool = False
    stirs: bool = False
    pages: bool = False
    tells: tuple[tuple[str, NotificationKind], ...] = ()
    next_look: datetime | None = None
    notes: tuple[Reason, ...] = ()
    look_worth: float = 0.0
    lead: float | None = None


class Judging(Protocol):
    """What scoring and judging need."""

    def unscored(self, limit: int) -> list[Unscored]: ...
    def save_sentiments(self, results: Sequence[tuple[int, Sentiment | None]], now: datetime) -> None:
        """None: the text is poison to the scorer; the mention is FAILED and never stops the line."""
        ...

    def doubtful(self, limit: int) -> list[Unscored]:
        """Mentions near a page (yellow or above) that only one engine has read."""
        ...

    def save_opinions(self, opinions: Sequence[tuple[int, Opinion]], now: datetime) -> None:
        """What the other engine said; messages that show such a mention are renewed."""
        ...

    def news(self, limit: int) -> list[Mention]: ...
    def every_look(self, mention: Mention) -> tuple[Look, ...]:
        """The looks of the last week at a mention that has some; of a long history `news` brings a part."""
        ...

    def candidates(self, brand: str, bands: Sequence[int], since: datetime) -> list[Candidate]: ...
    def finished(self, platform: str, unit: str, after: datetime, until: datetime, limit: int) -> list[int]:
        """The reach, in this counter, that posts published after `after` and by `until` had at the age of a day, oldest first: the
        newest `limit` of them. Posts of which nothing was known by then are left out."""
        ...

    def story_of(self, brand: str, key: PostKey) -> int | None:
        """The story that began at this post or that this post belongs to: reposts of one origin are one story."""
        ...

    def passed_on(self, story_id: int, key: PostKey) -> int:
        """How many authors of the story's bad posts passed this post on. Those whose platform names no author count as one."""
        ...

    def story_of_complaint(
        self, brand: str, order_ref: str | None, customer_ref: str | None, since: datetime
    ) -> int | None:
        """The story of the first post since then that names this order, or else this customer. Refs as a stored post has them."""
        ...

    def incident_of(self, story_id: int) -> Incident | None:
        """The story's newest incident, whatever its state."""
        ...

    def tellings(self, brand: str, since: datetime) -> list[Telling]:
        """What the brand's posts first seen since then tell, the newest first: 500 that have a story, and the newest 100."""
        ...

    def apply(self, judgements: Sequence[Judgement], now: datetime) -> list[int]:
        """Returns, in order, the incident id of each judgement (0: none)."""
        ...


class Crowds(Judging, Protocol):
    """What looking for surges needs. Hours are counted from 1970."""

    def watched(self, brands: Sequence[str], now: datetime) -> None:
        """The hour was watched, whatever came in it."""
        ...

    def hours(self, brand: str, since: int, until: int) -> Mapping[int, int]:
        """Bad posts of each watched hour, by when they were first seen; backlogs left out."""
        ...

    def measured(self, brand: str, hour: int, reached: Mapping[str, int]) -> None:
        """What the bad posts of a watched hour had reached together by its end, by platform; none is named where nothing came."""
        ...

    def reach(self, brand: str, platform: str, since: int, until: int) -> Mapping[int, tuple[int, int]]:
        """The bad posts of each measured hour on one platform, and what they had reached."""
        ...

    def stars(self, brand: str, since: int, until: int) -> Mapping[str, Stars]:
        """What reviews gave, by platform."""
        ...

    def lately(self, brand: str, since: datetime) -> list[Mention]:
        """Bad posts and bad reviews first seen since then, the newest first; backlogs left out. 500 at most."""
        ...

    def surge_stories(self, brand: str, since: datetime) -> list[int]:
        """The surges whose posts were last seen since then, the newest first."""
        ...

    def gather(self, judgement: Judgement, posts: Sequence[int], now: datetime) -> int:
        """Makes these mentions one story, and does to its incident what the judgement says. Returns the incident (0: none).

        The judgement is about the story: its mention is the post to show, which stays as it was judged itself.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """A message that follows one that arrived, onto the same message. `number` tells those of a kind apart."""

    kind: NotificationKind
    not_before: datetime
    number: int = 0


PAGE_LASTS = timedelta(days=1)
"""A page that a receiver could not be told for so long is told no more: not elsewhere, and not when it is mended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Late:
    """What a receiver has not been told although it is due, or what it "refused" for good; `since` the oldest of `count`."""

    receiver: str
    kind: Literal["page", "repeat", "refused"]
    since: datetime
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of one step. `event` None: nothing changed, and `refused` says why. `fresh` False: this very step was taken
    before; `event` and `refused` are what came of it then, `incident` is as it stands now."""

    incident: Incident
    event: IncidentEvent | None = None
    fresh: bool = True
    refused: Refused | None = None


class Handling(Protocol):
    """What people and the clock do to incidents: each step is one transaction with its event and what it tells.

    An incident that does not exist is a StoreError.
    """

    def handle(self, incident_id: int, step: Step) -> Done: ...

    def merge(self, from_id: int, into_id: int, step: Step) -> Done:
        """The posts of one become the other's; it ends as MERGED. What comes back is the one that goes on."""
        ...

    def split(self, incident_id: int, mention_ids: Sequence[int], step: Step) -> Done:
        """These posts become an incident of their own, which comes back; where refused, the one they are in."""
        ...

    def declare(self, mention_id: int, step: Step, tells: Sequence[tuple[str, NotificationKind]] = ()) -> Done:
        """Somebody brings a post: its story's incident takes the step as a note, or one begins in triage, with its message at
        these receivers. A mention that does not exist is a StoreError."""
        ...

    def due(self, now: datetime, limit: int) -> list[Incident]:
        """Incidents that the clock has something to do with by now, the longest due first."""
        ...

    def postpone(self, incident_id: int, until: datetime | None) -> None:
        """The clock looks at it again then; None: not before something happens to it."""
        ...


class Outbox(Protocol):
    """What telling people needs: claim, render, send, settle."""

    def claim(
        self, receiver: str, now: datetime, settle_after: float, kinds: Collection[NotificationKind] = ...
    ) -> Notification | None:
        """The most urgent row of these kinds (all of them), or in doubt, that is due, marked as being sent before anyone is told.

        A row left `sending` longer than `settle_after` seconds (a killed process) or ambiguous comes back with
        `started_at` set to the attempt in doubt; a fresh one has `started_at` None.
        """
        ...

    def incident(self, incident_id: int) -> Incident | None: ...
    def events(self, incident_id: int) -> list[IncidentEvent]: ...
    def settle(
        self,
        notification: Notification,
        receipt: Receipt,
        now: datetime,
        not_before: datetime | None,
        following: Sequence[Following] = (),
    ) -> None:
        """Writes down what came of it. SENT and PERMANENT end the row; anything else waits until `not_before`. `following` is
        written with it, if it arrived."""
        ...

    def withdraw(self, notification: Notification, now: datetime, why: str) -> None:
        """Nobody needs to be told this any more."""
        ...

    def next_due(self, receiver: str, settle_after: float) -> datetime | None: ...
    def brake(self, receiver: str, now: datetime, limit: int, window: timedelta) -> int:
        """Where more than `limit` pages came within `window`, what still waits becomes rows of one storm; red stays a page of
        its own. How many pages did."""
        ...

    def collect(self, receiver: str, now: datetime, due: datetime, full: int) -> None:
        """What waits for a digest becomes rows of the next one, which goes out when `due`, or now if it has `full` rows."""
        ...

    def last_try(self) -> datetime | None:
        """When anybody was last told anything, or may have been."""
        ...

    def resting(self, receiver: str, now: datetime) -> Mapping[NotificationKind, datetime]:
        """Until when the receiver asked us to send nothing of a kind."""
        ...

    def outbox_depth(self) -> Mapping[str, int]:
        """Rows of each receiver that are not over; a repeat, a digest and a change that were not tried yet are left out, for they have
        an hour."""
        ...


class Auditing(Protocol):
    """What watching over the outbox needs."""

    def late(self, pages_before: datetime, repeats_before: datetime, refused_since: datetime) -> list[Late]:
        """Pages not confirmed that were decided before the one moment, repeats that were due before the other, and pages of incidents
        still open that were refused for good since the third."""
        ...

    def fall_back(
        self, receiver: str, to: Sequence[str], before: datetime, now: datetime, least: Severity = Severity.BLUE
    ) -> int:
        """Pages for `receiver` decided before that moment and not confirmed, or refused for good, are told to others too. How
        many were. `least`: of incidents at this level or above."""
        ...

    def note(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> None: ...


class Proof(NamedTuple):
    """One thing that a channel needs, and whether it is there. `fix`: what to do; `part` of the channel it is about: None for the whole."""

    ok: bool
    says: Words
    fix: Words | None = None
    part: Words | None = None


class Credentials(Protocol):
    """What watching over credentials needs."""

    def last_note(self, prefix: str) -> str | None:
        """The key of the newest word to operators whose key begins like this; None: there was none."""
        ...

    def note(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> None: ...


class CauseBook(Protocol):
    """Remembers what is wrong just now, across restarts. `note.key` names the cause; it is said when it begins and when it is over, in
    the transaction that remembers it."""

    def open_cause(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> bool:
        """Says it, unless that was done since it was last over. Whether it was new."""
        ...

    def close_cause(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> bool:
        """Says that it is over, if it was ever said. Whether it was."""
        ...

    def note(self, note: OpsNote, receivers: Sequence[str], now: datetime) -> None:
        """Says something, once for each key."""
        ...


Ageing = Literal["incident", "post", "story", "notification"]
"""What is let go when it is old; what an incident needs goes after it."""


class Retaining(Protocol):
    """Lets go of what is old."""

    def let_go(self, kind: Ageing, after: int, before: datetime) -> int | None:
        """One small transaction: of the next rows of this kind behind number `after`, those go that nobody needs and that are older than
        `before`. The number to go on from; None: it was the last."""
        ...

    def newest_sign(self) -> datetime | None:
        """When a feed was last asked; None: none ever was."""
        ...


class Trials(Protocol):
    """What a trial needs."""

    def paged_since(self, since: datetime) -> Mapping[int, datetime]:
        """When each incident first woke people, or would have but for the trial, since then."""
        ...

    def pressed(self, since: datetime) -> list[Pressed]:
        """What each person last said since then of each incident."""
        ...

    def trial_lines(self) -> list[datetime]:
        """When the daily lines were written, oldest first."""
        ...

    def say_trial(self, day: date, facts: Mapping[str, Any], receivers: Sequence[str], now: datetime) -> None:
        """The line of this day to each receiver, once however often it is said."""
        ...


class Keeping(Protocol):
    """What keeping evidence needs."""

    def drop_exhibits(self, now: datetime, keep: timedelta) -> bool:
        """Drops some of what no incident needs: exhibits are weighed 72 hours after they came, and those of an incident again
        every day, until it has been over, or asleep, for `keep`. Whether there is more to do."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One look at a post. `exhibit`: the sum of what it was seen in, where that is kept."""

    look: Look
    exhibit: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """The first look of all that showed this many of a counter: which post, when, and what it showed."""

    counter: str
    threshold: int
    post: PostKey
    at: datetime
    count: Count


class Case(Protocol):
    """All that is known of one incident, as it stands at one moment. What may be long is read as it is asked for, in an order
    that does not change."""

    incident: Incident

    def events(self) -> Iterable[IncidentEvent]: ...
    def posts(self) -> Iterable[Mention]:
        """Every post of it, the first published first, without its looks."""
        ...

    def looks(self, mention: Mention) -> Iterable[Seen]:
        """Every look at a post, oldest first."""
        ...

    def exhibits(self) -> Iterable[Exhibit]:
        """What is kept of what they were seen in, each once, the oldest first."""
        ...

    def labels(self) -> Iterable[Mapping[str, Any]]: ...
    def notifications(self) -> Iterable[Mapping[str, Any]]: ...
    def passed(self, counter: str, threshold: int) -> Passed | None: ...


class Evidence(Protocol):
    """What a dossier is made of."""

    def case(self, incident_id: int, use: Callable[[Case], T]) -> T:
        """What `use` makes of a case, which stands still meanwhile. StoreError: there is no such incident."""
        ...


class Thread(NamedTuple):
    """The thread under an incident's message."""

    receiver: str
    channel: str
    ts: str
    incident_id: int


class Inbox(Protocol):
    """What people did in a channel, written down before it is acknowledged, worked on once."""

    def take_in(self, envelope: Envelope) -> bool:
        """Durable on return. False: the same envelope, or the same press in another one, is there already."""
        ...

    def begin(self, but: Collection[int] = ()) -> Envelope | None:
        """The oldest that waits, those in `but` left out; marked as begun before anything is done. None: nothing waits."""
        ...

    def finish(self, envelope_id: int, outcome: str, now: datetime) -> None:
        """It was worked on. What it said is forgotten; that it came is remembered for a week."""
        ...

    def set_aside(self, envelope_id: int, problem: str, note: OpsNote, receivers: Sequence[str], now: datetime) -> None:
        """It cannot be worked on. It stays for a week, and operators are told in the same transaction."""
        ...

    def mention_of(self, key: PostKey, brand: str) -> int | None:
        """The mention of a brand by a post; None: there is none."""
        ...

    def threads(self, since: datetime) -> list[Thread]:
        """Where people talk about incidents that have not ended, or that changed since then; the newest incident first."""
        ...


class Wording(Protocol):
    """The words people added to brands."""

    def words(self, now: datetime) -> list[Word]:
        """Those in force, the oldest first."""
        ...

    def add_word(self, word: Word) -> Word:
        """The same query of the same kind again is the same word, until the later of the two ends."""
        ...

    def drop_word(self, word_id: int, actor: Actor, now: datetime) -> bool:
        """Takes it away; False: it was not in force."""
        ...

    def said_since(self, since: datetime, limit: int) -> list[tuple[str, tuple[str, ...]]]:
        """What the newest `limit` posts first seen since then say, each with the brands it was found to concern."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """The receivers `by` which an incident's page was refused for good; `heard`: another one has it."""

    by: tuple[str, ...]
    heard: bool


class Reading(Protocol):
    """What the board, the metrics and the command line need. Read-only."""

    def incidents(self, states: Iterable[IncidentState] = ..., limit: int = 100) -> list[Incident]: ...
    def incident(self, incident_id: int) -> Incident | None: ...
    def incident_posts(self, incident_id: int) -> list[Mention]: ...
    def states(self) -> Mapping[tuple[IncidentState, Severity], int]:
        """How many incidents there are of each state and severity."""
        ...

    def events(self, incident_id: int) -> list[IncidentEvent]:
        """Its timeline, oldest first."""
        ...

    def newest(self, brand: str, limit: int) -> list[Mention]:
        """The newest `limit` posts found to concern a brand, the newest first."""
        ...

    def feeds(self) -> list[FeedHealth]: ...
    def totals(self) -> Mapping[str, int]:
        """posts, mentions, pending, failed, tracked, sightings."""
        ...

    def notifications(self, incident_id: int | None = None) -> list[Mapping[str, Any]]: ...
    def refusals(self, incident_ids: Collection[int]) -> Mapping[int, Refusal]:
        """Those of these incidents whose page a receiver refused for good, by itself or with the table of its storm."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What there is now. `states`: incidents that people may have to do with; the others by brand, of those: how many, the reposts
    that the posts they show have, and those they will have."""

    pending: int
    tracked: int
    states: Mapping[tuple[IncidentState, Severity], int]
    brands: Mapping[str, int]
    reposts: Mapping[str, int]
    expected: Mapping[str, int]


class Counting(Protocol):
    """What the metrics need that is not counted as it happens. Read-only."""

    def counted(self) -> Counted: ...
    def feeds(self) -> list[FeedHealth]: ...
    def outbox_depth(self) -> Mapping[str, int]: ...


class Histories(Protocol):
    """What refitting the forecast needs: posts that are over. Read-only."""

    def lived(self, platform: str, until: datetime, limit: int) -> list[Lived]:
        """The newest `limit` posts that concern a brand and were published by `until`, oldest first, with every look at them."""
        ...

    def answered_at(self, post_id: int) -> datetime | None:
        """When people began to respond to an incident of its story, or resolved it. None: nobody did; to acknowledge is not
        yet to answer."""
        ...


__all__ = [
    "Auditing", "Batch", "Candidate", "Channel", "Clock", "Connector", "Credentials", "Crowds", "Cursor", "Done", "Drawing", "FeedState", "Fetch",
    "Finding", "Flow", "Following", "Handling", "Histories", "Importing", "Intake", "Judgement", "Judging", "Late", "Limits", "Look", "Open", "OpsNote",
    "Outbox", "Paced", "Post", "Reading", "Recorded", "Refusal",
    "Revisiting", "Scorer", "Severity", "Standing", "Streaming",
]  # fmt: skip
