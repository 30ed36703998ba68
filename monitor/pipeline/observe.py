"""From a response to recorded posts: parse, match, record; and what a failed poll leads to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple, Protocol

import httpx
import structlog

from monitor import metrics
from monitor.errors import NEEDS_OPERATOR, Failure, FeedError
from monitor.model import Availability, Exhibit, Match, Post, PostKey, Sighting, Words
from monitor.pipeline import evidence
from monitor.ports import (
    Batch,
    Connector,
    Cursor,
    FeedState,
    Importing,
    Intake,
    OpsNote,
    Recorded,
    Revisiting,
    Streaming,
    of_feed,
)

log = structlog.get_logger()

REST = {
    Failure.AUTH_EXPIRED: 1800.0,
    Failure.CHALLENGE: 3600.0,
    Failure.BLOCKED: 3600.0,
    Failure.MISCONFIGURED: 3600.0,
    Failure.REFUSED: 3600.0,
    Failure.RATE_LIMITED: 300.0,
}
"""How long a feed rests, at least, after a failure that asking again at once cannot mend; seconds."""

REST_AT_MOST = 6 * 3600.0


class Matching(Protocol):
    """Says whose post it is."""

    def match(self, post: Post) -> list[Match]: ...


def is_background(state: FeedState, every: float, now: datetime) -> bool:
    """Whether what the feed returns now is a backlog: its first poll ever, or the first after an outage."""
    return state.last_ok is None or (now - state.last_ok).total_seconds() > 3 * every + 60


def take(
    feed: str,
    connector: Connector,
    response: httpx.Response,
    cursor: Cursor,
    *,
    intake: Intake,
    matcher: Matching,
    background: bool,
    now: datetime,
    doubts: Callable[[Batch], bool] = lambda _: False,
) -> Batch | None:
    """One page of a walk: parse, match, record with its cursor. Raises FeedError where the answer is none. None: the page is doubted,
    and nothing of it was recorded."""
    batch = _parsed(lambda: connector.parse(response, cursor, now))
    if doubts(batch):
        return None
    exhibit = partial(evidence.of_answer, feed, response, now)
    record(feed, batch, exhibit, intake=intake, matcher=matcher, background=background, now=now)
    return batch


def take_file(
    feed: str,
    connector: Importing,
    chunk: bytes,
    cursor: Cursor,
    *,
    intake: Intake,
    matcher: Matching,
    background: bool,
    now: datetime,
) -> Batch:
    """One block of a local file: read, match, record with the new offset."""
    batch = _parsed(lambda: connector.read(chunk, cursor, now))
    read = _read(chunk, cursor, batch.cursor)
    exhibit = None if evidence.names_people(read) else partial(evidence.of_file, feed, connector.path, read, now)
    record(feed, batch, exhibit, intake=intake, matcher=matcher, background=background, now=now)
    return batch


def take_stream(
    feed: str,
    connector: Streaming,
    head: httpx.Response,
    lines: bytes,
    cursor: Cursor,
    *,
    intake: Intake,
    matcher: Matching,
    background: bool,
    now: datetime,
) -> Batch:
    """Whole lines of an answer that goes on: read, match, record with the cursor behind them."""
    batch = _parsed(lambda: connector.feed(lines, cursor, now))
    exhibit = partial(evidence.of_stream, feed, head, lines, now)
    record(feed, batch, exhibit, intake=intake, matcher=matcher, background=background, now=now)
    return batch


def take_again(
    feed: str,
    connector: Revisiting,
    response: httpx.Response,
    keys: Sequence[PostKey],
    *,
    intake: Intake,
    now: datetime,
) -> Batch:
    """The answer to a revisit: new counts of known posts, and which of them are gone."""
    batch = _parsed(lambda: connector.parse_revisit(response, keys, now))
    sightings = (*batch.sightings, *_farewells(batch, now))
    exhibit = evidence.of_answer(feed, response, now) if sightings else None
    recorded = intake.record(feed, sightings, {}, now=now, walk_done=False, exhibit=exhibit)
    metrics.SIGHTINGS.inc(recorded.sightings)
    return batch


def _parsed(parse: Callable[[], Batch]) -> Batch:
    """A connector promises FeedError alone; a bug in one is a changed answer, never the end of the daemon."""
    try:
        return parse()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        log.exception("a connector did not expect this answer")
        raise FeedError(Failure.SCHEMA_DRIFT, f"the answer could not be read ({type(error).__name__})") from error


def _read(chunk: bytes, cursor: Cursor, onward: Cursor | None) -> bytes:
    """What of a block was read: a line that has not ended yet belongs to the next one."""
    if onward is None:
        return chunk
    return chunk[: max(0, int(onward.get("offset", len(chunk))) - int(cursor.get("offset", 0)))]


class Taken(NamedTuple):
    """What came of some sightings: `kept` concern a brand, or a post that is known; `posts` and `sightings` are new."""

    kept: int
    posts: int
    sightings: int


def record(
    feed: str,
    batch: Batch,
    exhibit: Callable[[], Exhibit] | None,
    *,
    intake: Intake,
    matcher: Matching,
    background: bool,
    now: datetime,
    walked: bool = True,
) -> Taken:
    """Matches what was seen and writes down what concerns a brand. `walked`: it came from a feed, which is well."""
    matches: dict[PostKey, Sequence[Match]] = {}
    ours: list[Sighting] = []
    unmatched = 0
    for sighting in batch.sightings:
        if sighting.post is None:
            ours.append(sighting)
            continue
        found = matcher.match(sighting.post)
        if found:
            matches[sighting.key] = found
            ours.append(sighting)
        else:
            unmatched += 1
    ours.extend(_farewells(batch, now))
    # A body that names a customer or an order would keep what the store only keeps hashed.
    named = any(s.post and (s.post.customer_ref or s.post.order_ref) for s in batch.sightings)
    recorded = intake.record(
        feed,
        ours,
        matches,
        now=now,
        cursor=batch.cursor,
        background=background,
        walk_done=walked and batch.next is None,
        exhibit=exhibit() if exhibit and ours and not named else None,
    )
    _count(feed, batch, recorded, unmatched, now)
    return Taken(len(ours), recorded.posts, recorded.sightings)


def _recorded(
    intake: Intake, feed: str, sightings: Sequence[Sighting], matches: Mapping[PostKey, Sequence[Match]], **given: Any
) -> Recorded:
    """Recorded together; where that fails for a defect, one by one, so that a bad one costs only itself."""
    try:
        return intake.record(feed, sightings, matches, **given)
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
        log.exception("a page could not be recorded as a whole", feed=feed)
    alone = {"now": given["now"], "background": given["background"], "walk_done": False}
    found = [Recorded(posts=0, mentions=0, sightings=0)]
    for sighting in sightings:
        try:
            found.append(intake.record(feed, [sighting], matches, **alone))
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError) as error:
            metrics.REJECTED.labels(feed).inc()
            log.warning("a post is left out", feed=feed, post=str(sighting.key), problem=type(error).__name__)
    intake.record(feed, (), {}, now=given["now"], cursor=given["cursor"], walk_done=given["walk_done"])
    return Recorded(
        posts=sum(one.posts for one in found),
        mentions=sum(one.mentions for one in found),
        sightings=sum(one.sightings for one in found),
    )


def _farewells(batch: Batch, now: datetime) -> list[Sighting]:
    return [Sighting(key=key, seen_at=now, availability=Availability.GONE) for key in batch.gone]


def _count(feed: str, batch: Batch, recorded: Recorded, unmatched: int, now: datetime) -> None:
    metrics.POSTS.labels(feed).inc(recorded.posts)
    metrics.SIGHTINGS.inc(recorded.sightings)
    for age in recorded.ages:
        metrics.DETECTION_SECONDS.observe(age)
    metrics.UNMATCHED.inc(unmatched)
    metrics.REJECTED.labels(feed).inc(len(batch.rejected))
    for line in batch.rejected[:5]:
        log.warning("item not read", feed=feed, problem=line)
    newest = max((s.post.posted_at for s in batch.sightings if s.post and s.post.posted_at), default=None)
    if newest is not None:
        metrics.FEED_NEWEST.labels(feed).set(newest.timestamp())
    if batch.facts.get("overrun"):
        metrics.OVERRUNS.inc()
        log.warning("every item was new: some may have been missed", feed=feed, fix="poll this feed more often")
    if batch.next is None:
        metrics.POLLS.labels(feed, "ok").inc()
        metrics.FEED_OK.labels(feed).set(now.timestamp())


def rest(failure: Failure, failures: int, every: float, retry_after: float | None, rng: Random) -> float:
    """How long a feed rests after its `failures`-th failure in a row; clock seconds. Full jitter above the floor."""
    floor = max(REST.get(failure, 0.0), retry_after or 0.0)
    if retry_after is not None and failure in (Failure.RATE_LIMITED, Failure.OVER_BUDGET, Failure.TRANSIENT):
        floor = retry_after
    growing = min(REST_AT_MOST, every * 2 ** min(failures, 12))
    return float(min(REST_AT_MOST, floor + rng.uniform(0, max(growing - floor, every * 0.1))))


def failed(
    feed: str,
    error: FeedError,
    state: FeedState,
    *,
    every: float,
    intake: Intake,
    ops: Sequence[str],
    rng: Random,
    now: datetime,
) -> FeedState:
    """Notes a failed poll. Where an operator must act, one ops notification says what to do, once per streak."""
    pause = rest(error.failure, state.failures + 1, every, error.retry_after, rng)
    since = state.failing_since if state.failure == error.failure and state.failing_since else now
    note = None
    if error.failure in NEEDS_OPERATOR:
        key = f"ops:{feed}:{error.failure}:{int(since.timestamp())}"
        fix = mending(error) or FIXES[error.failure]
        note = OpsNote(key=key, what=failing(error), where=of_feed(feed), fix=fix)
    metrics.POLLS.labels(feed, metrics.outcome(error.failure)).inc()
    log.warning("feed failed", feed=feed, failure=error.failure.value, problem=error.problem, rest_s=round(pause))
    return intake.fail(
        feed,
        error.failure,
        error.problem,
        now=now,
        rest_until=now + timedelta(seconds=pause),
        ops=note,
        receivers=ops,
    )


def failing(error: FeedError) -> Words:
    """What is wrong with a feed; what its site or the network said stays as it came."""
    return Words(f"{NAMES[error.failure]}（{error.failure}）：{error.problem}", f"{error.failure}: {error.problem}")


def mending(error: FeedError) -> Words | None:
    """What is to be done about it; None: nothing by itself."""
    return error.fix or FIXES.get(error.failure)


FIXES: Mapping[Failure, Words] = {
    Failure.AUTH_EXPIRED: Words("换新凭证，再用 langyan check 验证", "Renew the credential; langyan check proves it"),
    Failure.CHALLENGE: Words(
        "由人打开网站，通过它的验证；程序不会自动破解",
        "Open the site as a person and pass its check; nothing is solved automatically",
    ),
    Failure.BLOCKED: Words(
        "先等一等，并降低轮询频率：网站拒绝了这个地址或账号",
        "Wait, and poll less often; the site refuses this address or account",
    ),
    Failure.MISCONFIGURED: Words(
        "改正这个数据源的配置；langyan check 会显示网站的回答",
        "Correct the feed's options; langyan check shows the site's answer",
    ),
    Failure.SCHEMA_DRIFT: Words(
        "请向我们报告：网站的返回变了。什么都没有跳过，位置停在原处",
        "Report it: the site changed its answer; nothing was skipped, the cursor waits",
    ),
    Failure.TOO_LARGE: Words(
        "看看这个地址返回的是什么：比任何正常返回都大",
        "Look at what the address serves; the answer was larger than any honest one",
    ),
    Failure.REFUSED: Words(
        "如果这是您自己的地址，把它写进数据源的 allow_private",
        "If the address is yours, add it to the feed's allow_private",
    ),
}

NAMES: Mapping[Failure, str] = {
    Failure.AUTH_EXPIRED: "凭证失效",
    Failure.CHALLENGE: "网站要求验证",
    Failure.BLOCKED: "被网站拒绝",
    Failure.MISCONFIGURED: "配置不对",
    Failure.SCHEMA_DRIFT: "返回格式变了",
    Failure.TOO_LARGE: "返回过大",
    Failure.REFUSED: "内网地址未获允许",
    Failure.RATE_LIMITED: "请求太频繁",
    Failure.OVER_BUDGET: "自己的请求额度用完了",
    Failure.TRANSIENT: "暂时不通",
}
"""Each way to fail, as operators who read Chinese are told of it."""
