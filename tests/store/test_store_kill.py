"""A process that is killed while it writes leaves a whole database, and nothing it has said to be written is missing."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from monitor.store import Store

ROOT = Path(__file__).parents[2]
KILLS = 3


def test_kill_9_in_the_midst_of_writing_leaves_posts_answers_and_cursor_agreeing(
    opened: Callable[[], Store], path: Path
) -> None:
    chance = Random(9)
    for _ in range(KILLS):
        said = write_and_kill(path, after=chance.randint(1, 40))
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            [(posts,)] = connection.execute("SELECT count(*) FROM post").fetchall()
            [(newest,)] = connection.execute("SELECT max(CAST(native_id AS INTEGER)) FROM post").fetchall()
            [(mark,)] = connection.execute("SELECT json_extract(cursor, '$.mark') FROM feed_state").fetchall()
            [(proven,)] = connection.execute(
                "SELECT count(*) FROM sighting JOIN proof USING (post_id, seen_at) JOIN response ON response.id = response_id"
            ).fetchall()
            [(answers,)] = connection.execute("SELECT count(*) FROM response").fetchall()
        assert posts == newest == mark == proven == answers
        assert mark >= said
    store = opened()
    assert store.totals()["posts"] == store.feed_state("search").cursor["mark"]


def write_and_kill(path: Path, after: int) -> int:
    """Kills it once it has said `after` posts, at whatever it does then; returns the last it said."""
    command = [sys.executable, "-m", "tests.store.write_without_end", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writing:
        assert writing.stdout is not None
        said = 0
        for line, _ in zip(writing.stdout, range(after), strict=False):
            said = int(line)
        writing.kill()
        rest = [int(line) for line in writing.stdout if line.endswith("\n")]
    assert said > 0
    return max([said, *rest])
