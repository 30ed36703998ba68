"""From publication to the message in Slack, in real seconds: the running daemon against the sandbox, polling every 2 s."""

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.kills import settle_in, start_daemon
from benchmarks.measure import Figure, percentile
from monitor.demo import sandbox

SECONDS = 90
WARM = 10.0
"""Posts of the first seconds are found while the scorer still starts; they are left out."""

SEEN = """
SELECT post.native_id, post.first_seen, notification.key FROM post
JOIN mention ON mention.post_id = post.id
JOIN notification ON notification.incident_id = mention.incident_id AND notification.kind = 'root'
"""


def run() -> Iterator[Figure]:
    start = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="langyan-latency-") as folder:
        home = Path(folder)
        with sandbox(seed=2, speed=1, world="busy", start=start) as world, (home / "log").open("w") as log:
            settle_in(home, world, start)
            said = httpx.get(f"{world['url']}/control/now", trust_env=False).json()
            behind = (datetime.now(UTC) - datetime.fromisoformat(said["now"])).total_seconds()
            daemon = start_daemon(home, log)
            time.sleep(SECONDS)
            daemon.terminate()
            daemon.wait(60)
            truth = httpx.get(f"{world['url']}/truth", trust_env=False, timeout=60).json()
            ledger = httpx.get(f"{world['url']}/slack/ledger", trust_env=False, timeout=60).json()
        with closing(sqlite3.connect(home / "state" / "langyan.db")) as db:
            seen = {key: (native_id, first_seen / 1000) for native_id, first_seen, key in db.execute(SEEN)}
    published = {post["key"].split(":")[1]: datetime.fromisoformat(post["published_at"]).timestamp() for post in truth}
    whole, ours = [], []
    for entry in ledger["entries"]:
        found = seen.get(entry["key"]) if entry["method"] == "chat.postMessage" and entry["stored"] else None
        if found and published[found[0]] >= start.timestamp() + WARM:
            told = datetime.fromisoformat(entry["at"]).timestamp()
            whole.append(told - published[found[0]])
            ours.append(told + behind - found[1])
    yield Figure(name="pages measured", value=len(whole), unit="pages")
    for share, name in ((0.5, "median"), (0.99, "p99")):
        yield Figure(
            name=f"publication to page in Slack, {name}",
            value=round(percentile(whole, share), 2),
            unit="s",
            beside="of which since first seen",
            beside_value=round(percentile(ours, share), 2),
        )
