"""From publication to the message in Slack, in real seconds: the running daemon against the sandbox.

Twice: a post every other second, polled every 2 s, each of them a page; and two hundred posts a second, polled every second,
one in six hundred a page at its first sight, before a Slack that takes a tenth of a second more for each message. There it is the
time from the answer in which the post came to Slack's `ok` that is promised, scoring included.
"""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.kills import settle_in, start_daemon
from benchmarks.measure import Figure, percentile
from monitor.demo import sandbox

SECONDS = 90
WARM = 20.0
"""Posts of the first seconds are found while the scorer still starts; they are left out."""

ADDED = 0.1
"""Seconds that the Slack of a hurry takes for each message."""

NO_BRAKE = """
[alerts.storm]
limit = 1000
"""

SEEN = """
SELECT post.native_id, max(sighting.seen_at), notification.key FROM post
JOIN mention ON mention.post_id = post.id
JOIN notification ON notification.incident_id = mention.incident_id AND notification.kind = 'root'
JOIN sighting ON sighting.post_id = post.id AND sighting.seen_at <= notification.created_at
GROUP BY notification.key
"""
"""The look that made each page: a post without a repost yet pages nobody."""


@dataclass
class Times:
    """Seconds from publication, and from the answer that brought the post, to the moment Slack stored the message."""

    whole: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    posts: int = 0


def run() -> Iterator[Figure]:
    calm = _times("busy")
    yield Figure(name="pages measured", value=len(calm.whole), unit="pages")
    for share, name in ((0.5, "median"), (0.99, "p99")):
        yield Figure(
            name=f"publication to page in Slack, {name}",
            value=round(percentile(calm.whole, share), 2),
            unit="s",
            beside="of which since that look",
            beside_value=round(percentile(calm.ours, share), 2),
        )
    hurry = _times("hurry", every="1s", added=ADDED)
    yield Figure(
        name="in a hurry: posts a second",
        value=round(hurry.posts / SECONDS),
        unit="posts/s",
        wanted="200, of the world",
    )
    yield Figure(name="in a hurry: pages measured", value=len(hurry.ours), unit="pages")
    for share, name, wanted in ((0.5, "median", 250), (0.99, "p99", 1_000)):
        yield Figure(
            name=f"in a hurry: answer to Slack's ok, {name}",
            value=round(1000 * (percentile(hurry.ours, share) + ADDED)),
            unit="ms",
            beside="of which Slack's",
            beside_value=round(1000 * ADDED),
            wanted=f"<= {wanted}",
        )


def _times(name: str, *, every: str = "2s", added: float = 0.0) -> Times:
    start = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="langyan-latency-") as folder:
        home = Path(folder)
        with sandbox(seed=2, speed=1, world=name, start=start) as world, (home / "log").open("w") as log:
            settle_in(home, world, start, every=every, more=NO_BRAKE)
            if added:
                slow = {"method": "chat.postMessage", "faults": [{"kind": "slow", "seconds": added}] * 1_000}
                httpx.post(f"{world['url']}/slack/control/faults", json=slow, trust_env=False).raise_for_status()
            said = httpx.get(f"{world['url']}/control/now", trust_env=False).json()
            behind = (datetime.now(UTC) - datetime.fromisoformat(said["now"])).total_seconds()
            daemon = start_daemon(home, log)
            time.sleep(SECONDS)
            daemon.terminate()
            daemon.wait(60)
            truth = httpx.get(f"{world['url']}/truth", trust_env=False, timeout=60).json()
            ledger = httpx.get(f"{world['url']}/slack/ledger", trust_env=False, timeout=60).json()
        with closing(sqlite3.connect(home / "state" / "langyan.db")) as db:
            seen = {key: (native_id, seen_at / 1000) for native_id, seen_at, key in db.execute(SEEN)}
            (posts,) = db.execute("SELECT count(*) FROM post").fetchone()
    return _told(seen, truth, ledger, after=start.timestamp() + WARM, behind=behind, posts=posts)


def _told(
    seen: dict[str, tuple[str, float]], truth: Any, ledger: Any, *, after: float, behind: float, posts: int
) -> Times:
    published = {post["key"].split(":")[1]: datetime.fromisoformat(post["published_at"]).timestamp() for post in truth}
    times = Times(posts=posts)
    for entry in ledger["entries"]:
        found = seen.get(entry["key"]) if entry["method"] == "chat.postMessage" and entry["stored"] else None
        if found and published[found[0]] >= after:
            told = datetime.fromisoformat(entry["at"]).timestamp()
            times.whole.append(told - published[found[0]])
            times.ours.append(told + behind - found[1])
    return times
