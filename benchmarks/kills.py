"""A hundred `kill -9` at random moments of the running daemon against the sandbox: was a page lost, a post, the database?

The world brings a new angry post every other second and the thresholds page each of them, so that whatever moment is hit,
something is under way.
"""

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx

from benchmarks.measure import Figure
from monitor.demo import sandbox

KILLS = 100
EARLIEST, LATEST = 0.3, 8.0
"""Seconds a daemon lives before it is killed, drawn evenly: in the midst of its start, of a walk, of a send."""

DRAIN = 240.0
"""Seconds the last daemon, which nobody kills, is given to tell what is still to be told."""

SETTLED = timedelta(seconds=10)
"""Posts published this shortly before the last kill may still be on their way."""

CONFIG = """
state = "state"
listen = "127.0.0.1:0"
log = "json"
[[brand]]
name = "星禾"
match = '星禾'
viral = {{ weibo = 1 }}
[[feed]]
name = "weibo-search"
type = "weibo"
mode = "search"
query = "星禾"
every = "{every}"
pace = "0s"
base_url = "{url}/weibo"
search_base_url = "{url}/weibo"
token = {{ file = "weibo.token" }}
allow_private = ["127.0.0.1"]
[severity.orange]
risk = 0.0
reposts = 1
[alerts]
settle = "3s"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = {{ file = "slack.token" }}
base_url = "{slack}/api/"
"""


def run() -> Iterator[Figure]:
    start = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="langyan-kills-") as folder:
        home = Path(folder)
        with sandbox(seed=1, speed=1, world="busy", start=start) as world, (home / "log").open("w") as log:
            settle_in(home, world, start)
            last = _kill_it(home, log)
            let_it_finish(home, log, last)
            truth = httpx.get(f"{world['url']}/truth", trust_env=False, timeout=60).json()
            ledger = httpx.get(f"{world['url']}/slack/ledger", trust_env=False, timeout=60).json()
        yield Figure(name="kill -9 of langyan run", value=KILLS, unit="kills")
        yield from counted(home / "state" / "langyan.db", truth, ledger, until=last - SETTLED)


def settle_in(home: Path, world: dict[str, Any], start: datetime, *, every: str = "2s", more: str = "") -> None:
    """Writes a configuration for this world into `home`, with `more` at its end, and lets the world begin."""
    (home / "weibo.token").write_text(world["weibo_token"])
    (home / "slack.token").write_text(world["slack_token"])
    config = CONFIG.format(url=world["url"], slack=world["slack"], every=every) + more
    (home / "langyan.toml").write_text(config, encoding="utf-8")
    order = {"start": start.isoformat(), "rate": 1}
    httpx.post(f"{world['url']}/control/start", json=order, trust_env=False).raise_for_status()


def start_daemon(home: Path, log: Any) -> subprocess.Popen[bytes]:
    """`langyan run` in `home`."""
    command = [sys.executable, "-P", "-c", "from monitor.cli import main; main()", "run", "-c", "langyan.toml"]
    return subprocess.Popen(command, cwd=home, stdout=log, stderr=log)


def _kill_it(home: Path, log: Any) -> datetime:
    """Starts and kills the daemon, again and again; returns the moment of the last kill."""
    chance = Random(4)
    for _ in range(KILLS):
        daemon = start_daemon(home, log)
        time.sleep(chance.uniform(EARLIEST, LATEST))
        assert daemon.poll() is None, f"the daemon ended by itself with {daemon.returncode}"
        daemon.kill()
        daemon.wait()
    return datetime.now(UTC)


def let_it_finish(home: Path, log: Any, last: datetime) -> None:
    """Runs one that is not killed until what was published before `last` has been judged and told, or its time is up."""
    daemon = start_daemon(home, log)
    try:
        end = time.monotonic() + DRAIN
        while time.monotonic() < end:
            time.sleep(1)
            assert daemon.poll() is None, f"the daemon ended by itself with {daemon.returncode}"
            with closing(_opened(home / "state" / "langyan.db")) as db:
                untold = db.execute(UNTOLD, [_ms(last)]).fetchone()
            if untold == (0,) and datetime.now(UTC) > last + 3 * SETTLED:
                break
        daemon.terminate()
        daemon.wait(60)
    finally:
        daemon.kill()
        daemon.wait()


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


UNTOLD = """
SELECT count(*) FROM post LEFT JOIN mention ON mention.post_id = post.id
LEFT JOIN notification ON notification.incident_id = mention.incident_id AND notification.kind = 'root'
WHERE post.posted_at < ? AND (mention.aimed IS NULL OR mention.aimed >= 0.5 AND notification.state IS NOT 'sent')
"""

PAGE_OF = """
SELECT post.native_id, mention.aimed, notification.key FROM post
LEFT JOIN mention ON mention.post_id = post.id
LEFT JOIN notification ON notification.incident_id = mention.incident_id AND notification.kind = 'root'
"""


def counted(path: Path, truth: list[dict[str, Any]], ledger: dict[str, Any], until: datetime) -> Iterator[Figure]:
    """What the database and the channel hold, against what the world published before `until`."""
    with closing(_opened(path)) as db:
        stored = {native_id: (aimed, key) for native_id, aimed, key in db.execute(PAGE_OF)}
        twice = db.execute("SELECT count(*) FROM (SELECT 1 FROM post GROUP BY platform, native_id HAVING count(*) > 1)")
        posts_twice = twice.fetchone()[0]
        intact = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    told = ledger["posts_by_key"]
    published = [p["key"].split(":")[1] for p in truth if datetime.fromisoformat(p["published_at"]) < until]
    missing = [native_id for native_id in published if native_id not in stored]
    bad = [native_id for native_id in published if (stored.get(native_id, (0.0, None))[0] or 0.0) >= 0.5]
    lost = [native_id for native_id in bad if stored[native_id][1] not in told]
    again = sum(len(stamps) - 1 for stamps in told.values())
    yield Figure(name="posts published meanwhile", value=len(published), unit="posts")
    yield Figure(name="posts that should page", value=len(bad), unit="pages")
    yield Figure(name="pages lost", value=len(lost), unit="pages", wanted="0")
    yield Figure(name="pages that arrived twice", value=again, unit="pages")
    yield Figure(name="posts the cursor passed over", value=len(missing), unit="posts", wanted="0")
    yield Figure(name="posts stored twice", value=posts_twice, unit="posts", wanted="0")
    yield Figure(name="database intact", value=float(intact), unit="", wanted="1")
