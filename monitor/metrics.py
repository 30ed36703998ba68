"""Every metric Langyan exports, in one place. Labels come from the configuration or fixed enums, never from posts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter, which nobody asks for

REGISTRY = CollectorRegistry()

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LATE = (5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)

POLLS = Counter("langyan_feed_polls_total", "Polls by outcome.", ["feed", "outcome"], registry=REGISTRY)
POSTS = Counter("langyan_posts_total", "Posts seen for the first time.", ["feed"], registry=REGISTRY)
SIGHTINGS = Counter("langyan_sightings_total", "Looks at posts recorded.", ["feed"], registry=REGISTRY)
UNMATCHED = Counter("langyan_posts_unmatched_total", "Posts that concern no brand.", ["feed"], registry=REGISTRY)
REJECTED = Counter("langyan_items_rejected_total", "Items that could not be read.", ["feed"], registry=REGISTRY)
OVERRUNS = Counter(
    "langyan_feed_window_overruns_total",
    "Polls in which every item was new: some may be missed.",
    ["feed"],
    registry=REGISTRY,
)
FEED_OVERLAP = Gauge(
    "langyan_feed_overlap", "1 where the last poll held items of the one before; 0: a gap.", ["feed"], registry=REGISTRY
)
CAP_HITS = Counter(
    "langyan_feed_cap_hits_total", "Walks cut off before they met what is known.", ["feed"], registry=REGISTRY
)
BLANK_PAGES = Counter(
    "langyan_feed_blank_pages_total", "Blank pages that were asked for again.", ["feed"], registry=REGISTRY
)
ITEMS_EXPECTED = Gauge(
    "langyan_feed_items_expected", "Items the last whole hour usually brings.", ["feed"], registry=REGISTRY
)
ITEMS_SEEN = Gauge("langyan_feed_items_seen", "Items the last whole hour brought.", ["feed"], registry=REGISTRY)
FEED_OK = Gauge(
    "langyan_feed_last_success_timestamp_seconds",
    "When a walk of the feed last ended well.",
    ["feed"],
    registry=REGISTRY,
)
FEED_NEWEST = Gauge(
    "langyan_feed_newest_post_timestamp_seconds", "Publication of the newest post seen.", ["feed"], registry=REGISTRY
)
FEED_EVERY = Gauge("langyan_feed_interval_seconds", "How often the feed is polled.", ["feed"], registry=REGISTRY)
FEED_SECONDS = Histogram("langyan_fetch_duration_seconds", "One request of a feed, real seconds.", registry=REGISTRY)
QUOTA = Gauge("langyan_quota_remaining", "Requests left in the account's window.", ["account"], registry=REGISTRY)
QUOTA_SAID = Gauge(
    "langyan_platform_quota_remaining", "Requests left as the platform counts them.", ["account"], registry=REGISTRY
)
CREDENTIAL = Gauge(
    "langyan_credential_expires_timestamp_seconds", "When a credential ends.", ["account"], registry=REGISTRY
)
CIRCUIT = Gauge("langyan_circuit_open", "1 while a host is left alone.", ["host"], registry=REGISTRY)
JOBS_MISSED = Counter(
    "langyan_scheduler_errors_total", "Scheduler jobs that failed or were missed.", ["kind"], registry=REGISTRY
)
CLOCK_JUMPS = Counter("langyan_clock_jumps_total", "Wall clock moved against the monotonic one.", registry=REGISTRY)

SCORED = Counter("langyan_mentions_scored_total", "Mentions scored.", ["outcome"], registry=REGISTRY)
PENDING = Gauge("langyan_mentions_pending", "Mentions waiting for the scorer.", registry=REGISTRY)
SCORE_SECONDS = Histogram(
    "langyan_score_duration_seconds", "One chunk through the scorer.", buckets=_SECONDS, registry=REGISTRY
)
SCORER_RESTARTS = Counter("langyan_scorer_restarts_total", "Times the scoring process was replaced.", registry=REGISTRY)

JUDGED = Counter("langyan_mentions_judged_total", "Mentions judged.", registry=REGISTRY)
JUDGE_SECONDS = Histogram(
    "langyan_judge_duration_seconds", "One pass of the judge.", buckets=_SECONDS, registry=REGISTRY
)
OPENED = Counter("langyan_incidents_opened_total", "Incidents opened.", ["severity"], registry=REGISTRY)
RAISED = Counter("langyan_incidents_raised_total", "Incidents that rose.", ["severity"], registry=REGISTRY)
STEPS = Counter(
    "langyan_incident_steps_total",
    "Steps that people and the clock took, by where they came from.",
    ["act", "source"],
    registry=REGISTRY,
)
ACK_SECONDS = Histogram("langyan_acknowledge_seconds", "Paged to acknowledged.", buckets=_LATE, registry=REGISTRY)
DEADLINE_MISSED = Counter("langyan_deadline_missed_total", "Deadlines that passed unmet.", ["clock"], registry=REGISTRY)
for _clock in ("1h", "4h", "24h"):
    DEADLINE_MISSED.labels(_clock)
OPEN = Gauge("langyan_incidents", "Incidents by state and severity.", ["state", "severity"], registry=REGISTRY)
TRACKED = Gauge("langyan_posts_tracked", "Posts looked at again and again.", registry=REGISTRY)

PAGES = Counter("langyan_pages_total", "Pages confirmed by a receiver.", ["receiver", "severity"], registry=REGISTRY)
SENT = Counter(
    "langyan_notifications_total", "Attempts to tell somebody.", ["receiver", "kind", "outcome"], registry=REGISTRY
)
OUTBOX = Gauge("langyan_outbox_pending", "Notifications not settled yet.", ["receiver"], registry=REGISTRY)
AMBIGUOUS = Counter(
    "langyan_notifications_reconciled_total",
    "Attempts in doubt, by what was found.",
    ["receiver", "result"],
    registry=REGISTRY,
)
OLDEST = Gauge(
    "langyan_outbox_oldest_page_timestamp_seconds",
    "When the oldest page that is not confirmed was decided; 0 while there is none.",
    ["receiver"],
    registry=REGISTRY,
)
OVERDUE = Gauge(
    "langyan_notifications_overdue",
    "What is due and not told, as the auditor sees it.",
    ["receiver", "kind"],
    registry=REGISTRY,
)
STANDING_STILL = Gauge(
    "langyan_delivery_standing_still", "1 while a receiver's loop is not heard of.", ["receiver"], registry=REGISTRY
)
FALLBACKS = Counter(
    "langyan_fallback_total", "Pages told to others in a receiver's place.", ["receiver"], registry=REGISTRY
)
SUPPRESSED = Counter(
    "langyan_notifications_suppressed_total",
    "What had no message of its own.",
    ["receiver", "reason"],
    registry=REGISTRY,
)
REPEATED = Counter(
    "langyan_repeats_total", "Pages that nobody acknowledged, told again.", ["receiver"], registry=REGISTRY
)
RATE_LIMIT_WAIT = Counter(
    "langyan_ratelimit_wait_seconds_total", "Rest that was asked for, by method.", ["method"], registry=REGISTRY
)
PAGE_SECONDS = Histogram("langyan_page_latency_seconds", "Decided to confirmed.", buckets=_SECONDS, registry=REGISTRY)
DETECTION_SECONDS = Histogram(
    "langyan_detection_latency_seconds", "Published to first seen.", buckets=_LATE, registry=REGISTRY
)
POST_TO_PAGE_SECONDS = Histogram(
    "langyan_post_to_page_seconds", "Published to confirmed page.", buckets=_LATE, registry=REGISTRY
)

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
    "langyan_slack_socket_changes_total", "Sockets opened and given up, by why.", ["receiver", "why"], registry=REGISTRY
)
TAKEN_IN = Counter(
    "langyan_inbox_total", "What people did in a channel, by what came of it.", ["outcome"], registry=REGISTRY
)
PRESS_SECONDS = Histogram("langyan_press_seconds", "Written down to carried out.", buckets=_SECONDS, registry=REGISTRY)

CANARY_ARRIVED = Gauge(
    "langyan_canary_last_arrival_timestamp_seconds",
    "When a canary last came through, by the brand in whose words it sang; house: the one of every minute.",
    ["brand"],
    registry=REGISTRY,
)
CANARY_LOST = Counter("langyan_canary_lost_total", "Canaries lost, by where.", ["stage"], registry=REGISTRY)

LOOP_LAG = Gauge("langyan_loop_lag_seconds", "How late the event loop last woke.", registry=REGISTRY)
WRITER_SECONDS = Histogram(
    "langyan_store_write_seconds", "One transaction, waiting included.", ["lane"], buckets=_SECONDS, registry=REGISTRY
)
DISK_GIVEN_UP = Gauge(
    "langyan_disk_given_up",
    "What is given up for want of room: 0 nothing, 1 raw answers, 2 letting go, 3 reading feeds.",
    registry=REGISTRY,
)
RELOADED_WELL = Gauge(
    "langyan_config_last_reload_successful", "1: the configuration on disk is in force.", registry=REGISTRY
)
BUILD = Gauge("langyan_build_info", "Always 1.", ["version"], registry=REGISTRY)
