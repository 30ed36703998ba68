"""Every metric Langyan exports, in one place. Labels come from the configuration or fixed enums, never from posts.

`expect` makes every series at the start, so that a rule finds a zero before the first failure, and what `/metrics` holds does
not grow while the daemon runs. Histograms carry no label of a feed; stages that are nobody's promise are summaries.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    Summary,
    disable_created_metrics,
)

from monitor.errors import NEEDS_OPERATOR, Failure
from monitor.model import AWAKE, Act, NotificationKind, Outcome, Severity

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter, which nobody asks for

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

BRANDS = 20
"""Brands that have series of their own; the rest are `other`."""

_WORK = (0.01, 0.05, 0.25, 1, 5, 30)
_TELLING = (0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120)
_LATE = (60, 180, 300, 600, 1800, 3600, 14400)

# ── feeds ───────────────────────────────────────────────────────────────────────────────────────────────────────────

POLLS = Counter(
    "langyan_feed_polls_total",
    "Polls: ok, those that failed and only wait, those after which somebody must act.",
    ["feed", "outcome"],
    registry=REGISTRY,
)
POSTS = Counter("langyan_posts_total", "Posts seen for the first time.", ["feed"], registry=REGISTRY)
SIGHTINGS = Counter("langyan_sightings_total", "Looks at posts recorded.", registry=REGISTRY)
UNMATCHED = Counter("langyan_posts_unmatched_total", "Posts that concern no brand.", registry=REGISTRY)
REJECTED = Counter("langyan_items_rejected_total", "Items that could not be read.", ["feed"], registry=REGISTRY)
OVERRUNS = Counter(
    "langyan_feed_window_overruns_total", "Polls in which every item was new: some may be missed.", registry=REGISTRY
)
FEED_OVERLAP = Gauge(
    "langyan_feed_overlap", "1 where the last poll held items of the one before; 0: a gap.", ["feed"], registry=REGISTRY
)
CAP_HITS = Counter("langyan_feed_cap_hits_total", "Walks cut off before they met what is known.", registry=REGISTRY)
BLANK_PAGES = Counter("langyan_feed_blank_pages_total", "Blank pages that were asked for again.", registry=REGISTRY)
ITEMS_EXPECTED = Gauge(
    "langyan_feed_items_expected", "Items the last whole hour usually brings.", ["feed"], registry=REGISTRY
)
ITEMS_SEEN = Gauge("langyan_feed_items_seen", "Items the last whole hour brought.", ["feed"], registry=REGISTRY)
FEED_OK = Gauge(
    "langyan_feed_last_success_timestamp_seconds",
    "When a walk of the feed last ended well; 0: never.",
    ["feed"],
    registry=REGISTRY,
)
FEED_NEWEST = Gauge(
    "langyan_feed_newest_post_timestamp_seconds",
    "Publication of the newest post seen; 0: there is none.",
    ["feed"],
    registry=REGISTRY,
)
FEED_EVERY = Gauge("langyan_feed_interval_seconds", "How often the feed is polled.", ["feed"], registry=REGISTRY)
QUOTA = Gauge("langyan_quota_remaining", "Requests left in the account's window.", ["account"], registry=REGISTRY)
QUOTA_LIMIT = Gauge(
    "langyan_quota_limit", "Requests that an account may make in its window.", ["account"], registry=REGISTRY
)
QUOTA_SAID = Gauge(
    "langyan_platform_quota_remaining", "Requests left as the platform counts them.", ["account"], registry=REGISTRY
)
CREDENTIAL = Gauge(
    "langyan_credential_expires_timestamp_seconds", "When a credential ends.", ["account"], registry=REGISTRY
)
CIRCUIT = Gauge("langyan_circuit_open", "1 while a host is left alone.", ["host"], registry=REGISTRY)
DETECTION_SECONDS = Histogram(
    "langyan_detection_latency_seconds",
    "Published to first seen, of posts that are no backlog.",
    buckets=_LATE,
    registry=REGISTRY,
)

# ── judging ─────────────────────────────────────────────────────────────────────────────────────────────────────────

STAGE_SECONDS = Summary(
    "langyan_stage_duration_seconds",
    "One request of a feed, one chunk through the scorer, one pass of the judge; real seconds.",
    ["stage"],
    registry=REGISTRY,
)
SCORED = Counter("langyan_mentions_scored_total", "Mentions scored.", ["outcome"], registry=REGISTRY)
PENDING = Gauge("langyan_mentions_pending", "Mentions waiting for the scorer.", registry=REGISTRY)
SCORER_RESTARTS = Counter("langyan_scorer_restarts_total", "Times the scoring process was replaced.", registry=REGISTRY)
JUDGED = Counter("langyan_mentions_judged_total", "Mentions judged.", registry=REGISTRY)
FORECASTS = Counter(
    "langyan_forecasts_total",
    "Forecasts by what they say: a chance, growth alone, nothing.",
    ["outcome"],
    registry=REGISTRY,
)
TRACKED = Gauge("langyan_posts_tracked", "Posts looked at again and again.", registry=REGISTRY)

# ── incidents ───────────────────────────────────────────────────────────────────────────────────────────────────────

OPEN = Gauge(
    "langyan_incidents", "Incidents that people may have to do with.", ["state", "severity"], registry=REGISTRY
)
OPENED = Counter("langyan_incidents_opened_total", "Incidents opened.", ["severity"], registry=REGISTRY)
RAISED = Counter("langyan_incidents_raised_total", "Incidents that rose.", ["severity"], registry=REGISTRY)
STEPS = Counter("langyan_incident_steps_total", "Steps that people and the clock took.", ["act"], registry=REGISTRY)
ACK_SECONDS = Histogram("langyan_acknowledge_seconds", "Paged to acknowledged.", buckets=_LATE, registry=REGISTRY)
DEADLINE_MISSED = Counter("langyan_deadline_missed_total", "Deadlines that passed unmet.", ["clock"], registry=REGISTRY)
LEAD_SECONDS = Histogram(
    "langyan_page_lead_seconds",
    "Paged to the look at which the post had what hurts: the time people had.",
    buckets=_LATE,
    registry=REGISTRY,
)
BRAND_MENTIONS = Counter(
    "langyan_brand_mentions_total",
    "Mentions scored, by whether they are bad for it.",
    ["brand", "bad"],
    registry=REGISTRY,
)
BRAND_INCIDENTS = Gauge("langyan_brand_incidents", "Incidents of a brand that are open.", ["brand"], registry=REGISTRY)
BRAND_REPOSTS = Gauge(
    "langyan_brand_reposts", "Reposts that the posts shown by its open incidents have.", ["brand"], registry=REGISTRY
)
BRAND_REPOSTS_EXPECTED = Gauge(
    "langyan_brand_reposts_expected", "Reposts that they will have, as forecast.", ["brand"], registry=REGISTRY
)

# ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PAGES = Counter("langyan_pages_total", "Pages confirmed by a receiver.", ["receiver", "severity"], registry=REGISTRY)
TOLD = Counter("langyan_notifications_total", "What was told, by its kind.", ["kind"], registry=REGISTRY)
REQUESTS = Counter(
    "langyan_notification_requests_total",
    "Attempts to tell somebody, by what came of them.",
    ["receiver", "outcome"],
    registry=REGISTRY,
)
OUTBOX = Gauge("langyan_outbox_pending", "Notifications not settled yet.", ["receiver"], registry=REGISTRY)
RECONCILED = Counter(
    "langyan_notifications_reconciled_total", "Attempts in doubt, by what was found.", ["result"], registry=REGISTRY
)
OLDEST = Gauge(
    "langyan_outbox_oldest_page_timestamp_seconds",
    "When the oldest page that is late was decided; 0 while there is none.",
    ["receiver"],
    registry=REGISTRY,
)
OVERDUE = Gauge(
    "langyan_notifications_overdue",
    "What is due and not told, as the auditor sees it.",
    ["kind"],
    registry=REGISTRY,
)
STANDING_STILL = Gauge(
    "langyan_delivery_standing_still", "1 while a receiver's loop is not heard of.", ["receiver"], registry=REGISTRY
)
FALLBACKS = Counter(
    "langyan_fallback_total", "Pages told to others in a receiver's place.", ["receiver"], registry=REGISTRY
)
SUPPRESSED = Counter(
    "langyan_notifications_suppressed_total", "What had no message of its own.", ["reason"], registry=REGISTRY
)
REPEATED = Counter("langyan_repeats_total", "Pages that nobody acknowledged, told again.", registry=REGISTRY)
RATE_LIMIT_WAIT = Counter(
    "langyan_ratelimit_wait_seconds_total", "Rest that was asked for, by method.", ["method"], registry=REGISTRY
)
PAGE_SECONDS = Histogram("langyan_page_latency_seconds", "Decided to confirmed.", buckets=_TELLING, registry=REGISTRY)
POST_TO_PAGE_SECONDS = Histogram(
    "langyan_post_to_page_seconds", "Published to confirmed page.", buckets=_LATE, registry=REGISTRY
)

# ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SOCKET = Gauge(
    "langyan_slack_socket_connected", "1 while buttons and commands are heard.", ["receiver"], registry=REGISTRY
)
LAST_ENVELOPE = Gauge(
    "langyan_slack_last_envelope_timestamp_seconds",
    "When somebody's button or command last came in.",
    ["receiver"],
    registry=REGISTRY,
)
SOCKET_RENEWED = Counter(
    "langyan_slack_socket_changes_total", "Sockets opened and given up, by why.", ["why"], registry=REGISTRY
)
TAKEN_IN = Counter(
    "langyan_inbox_total", "What people did in a channel, by what came of it.", ["outcome"], registry=REGISTRY
)
PRESS_SECONDS = Histogram("langyan_press_seconds", "Written down to carried out.", buckets=_WORK, registry=REGISTRY)

# ── the process ─────────────────────────────────────────────────────────────────────────────────────────────────────

CANARY_ARRIVED = Gauge(
    "langyan_canary_last_arrival_timestamp_seconds",
    "When a canary last came through, by the brand in whose words it sang; house: the one of every minute.",
    ["brand"],
    registry=REGISTRY,
)
CANARY_LOST = Counter("langyan_canary_lost_total", "Canaries lost, by where.", ["stage"], registry=REGISTRY)

LOOP_LAG = Gauge("langyan_loop_lag_seconds", "How late the event loop last woke.", registry=REGISTRY)
JOBS_MISSED = Counter(
    "langyan_scheduler_errors_total", "Scheduler jobs that failed or were missed.", ["kind"], registry=REGISTRY
)
CLOCK_JUMPS = Counter("langyan_clock_jumps_total", "Wall clock moved against the monotonic one.", registry=REGISTRY)
WRITER_SECONDS = Histogram(
    "langyan_store_write_seconds", "One transaction, waiting included.", ["lane"], buckets=_WORK, registry=REGISTRY
)
STORE_BYTES = Gauge("langyan_store_bytes", "The database on disk, its log included.", registry=REGISTRY)
STORE_FREE = Gauge("langyan_store_free_bytes", "What is free where the database lies.", registry=REGISTRY)
STARTED = Gauge("langyan_start_timestamp_seconds", "When the process was wired.", registry=REGISTRY)
DISK_GIVEN_UP = Gauge(
    "langyan_disk_given_up",
    "What is given up for want of room: 0 nothing, 1 raw answers, 2 letting go, 3 reading feeds.",
    registry=REGISTRY,
)
RELOADED_WELL = Gauge(
    "langyan_config_last_reload_successful", "1: the configuration on disk is in force.", registry=REGISTRY
)
BUILD = Gauge("langyan_build_info", "Always 1.", ["version"], registry=REGISTRY)


def outcome(failure: Failure) -> str:
    """A failed poll by what it asks of people: nothing but to wait, or to act."""
    return "act" if failure in NEEDS_OPERATOR else "wait"


def brand(name: str) -> str:
    """The label of a brand: its name, or `other` beyond the first twenty of the configuration."""
    return "other" if name in _named[BRANDS:] else name


def expect(
    *,
    feeds: Mapping[str, float],
    accounts: Mapping[str, int],
    receivers: Iterable[str],
    brands: Sequence[str],
    pages_at: Severity,
) -> None:
    """Makes the series of a configuration, at nothing. `feeds`: each with its interval in seconds; `accounts`: with its requests in a
    window; `pages_at`: the level from which people are paged."""
    for account, limit in accounts.items():
        QUOTA_LIMIT.labels(account).set(limit)
    for feed, every in feeds.items():
        FEED_EVERY.labels(feed).set(every)
        _make((POSTS, REJECTED, FEED_OK, FEED_NEWEST), [(feed,)])
        _make((POLLS,), [(feed, how) for how in _POLLED])
    for receiver in receivers:
        _make((OUTBOX, OLDEST, STANDING_STILL, FALLBACKS), [(receiver,)])
        _make((PAGES,), [(receiver, severity.word) for severity in Severity if severity >= pages_at])
        _make((REQUESTS,), [(receiver, came.value) for came in Outcome])
    _named[:] = brands
    for label in by_brand(dict.fromkeys(brands, 0)):
        _make((BRAND_INCIDENTS, BRAND_REPOSTS, BRAND_REPOSTS_EXPECTED), [(label,)])
        _make((BRAND_MENTIONS,), [(label, "no"), (label, "yes")])


def retire(feed: str) -> None:
    """Takes away the series of a feed that left the configuration: no rule may wait for it."""
    for each in _OF_FEEDS:
        with suppress(KeyError):
            each.remove(feed)
    for how in _POLLED:
        with suppress(KeyError):
            POLLS.remove(feed, how)


def _make(metrics: Iterable[Counter | Gauge | Histogram | Summary], labels: Iterable[tuple[str, ...]]) -> None:
    for metric in metrics:
        for values in labels:
            metric.labels(*values)


def by_brand(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Counts by the labels of brands, each of them; a brand without a count has none of it."""
    summed = dict.fromkeys(map(brand, _named), 0)
    for name, count in counts.items():
        summed[brand(name)] = summed.get(brand(name), 0) + count
    return summed


_POLLED = ("ok", "wait", "act")
_OF_FEEDS = (
    POSTS, REJECTED, FEED_OVERLAP, ITEMS_EXPECTED, ITEMS_SEEN, FEED_OK, FEED_NEWEST, FEED_EVERY,
)  # fmt: skip
_named: list[str] = []
"""The brands of the configuration."""

for _metric, _values in (
    (STAGE_SECONDS, ("fetch", "score", "judge")),
    (SCORED, ("scored", "failed")),
    (FORECASTS, ("chance", "growth", "none")),
    (OPENED, [severity.word for severity in Severity]),
    (RAISED, [severity.word for severity in Severity]),
    (STEPS, [act.value for act in Act]),
    (DEADLINE_MISSED, ("1h", "4h", "24h")),
    (TOLD, [kind.value for kind in NotificationKind]),
    (RECONCILED, ("found", "absent", "unreadable")),
    (OVERDUE, ("page", "repeat")),
    (SUPPRESSED, ("storm", "trial", "acknowledged", "snoozed", "coalesced")),
    (SOCKET_RENEWED, ("connected", "failed", "closed", "silent")),
    (TAKEN_IN, ("new", "known", "not_ours", "done", "crashed", "aside")),
    (JOBS_MISSED, ("error", "missed", "overlap")),
    (WRITER_SECONDS, ("deliver", "ingest")),
):
    _make((_metric,), [(_value,) for _value in _values])
_make((OPEN,), [(state.value, severity.word) for state in AWAKE for severity in Severity])
