"""Proves a configuration against the world: every feed is asked once, every receiver once. A line each, with the fix."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from monitor.errors import FeedError
from monitor.feeds import Matching, Source, limits, matcher_for
from monitor.importing import found
from monitor.pipeline import observe
from monitor.pipeline.observe import FIXES
from monitor.ports import Batch, Clock, Fetch, FollowsFiles, Importing, Proof


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was proved. `fix` is what to do, where something is wrong."""

    ok: bool
    what: str
    says: str
    fix: str = ""

    def as_text(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'} {self.what}: {self.says}" + (
            f"\n     → {self.fix}" if self.fix else ""
        )

    def as_json(self) -> dict[str, object]:
        return {"ok": self.ok, "what": self.what, "says": self.says, "fix": self.fix}


class Checking(Protocol):
    """A channel that can prove itself, without posting anything."""

    def proofs(self) -> Sequence[Proof]: ...


async def feeds(sources: Sequence[Source], fetch: Fetch, matcher: Matching, clock: Clock) -> list[Line]:
    """Asks every feed for its newest page, all at a time, without storing it or moving its cursor."""
    return await asyncio.gather(*(_feed(feed, fetch, matcher, clock) for feed in sources))


async def _feed(feed: Source, fetch: Fetch, matcher: Matching, clock: Clock) -> Line:
    what = f"feed {feed.name}"
    if isinstance(feed.connector, Importing):
        return _file(what, feed.connector)
    if isinstance(feed.connector, FollowsFiles):
        return _files(what, feed.connector)
    try:
        response = await fetch(feed.connector.first({}), limits(feed))
        batch = feed.connector.parse(response, {}, clock.now())
    except FeedError as error:
        fix = error.fix or FIXES.get(error.failure, "Try again later")
        return Line(ok=False, what=what, says=f"{error.failure}: {error.problem}", fix=fix)
    return _answered(what, batch, matcher_for(feed, matcher), clock)


def _answered(what: str, batch: Batch, matcher: observe.Matching, clock: Clock) -> Line:
    posts = [sighting.post for sighting in batch.sightings if sighting.post is not None]
    if not posts:
        return Line(
            ok=True,
            what=what,
            says="answers, with no posts now",
            fix="If there should be some, look at the feed's query or route",
        )
    ours = sum(bool(matcher.match(post)) for post in posts)
    newest = max((post.posted_at for post in posts if post.posted_at), default=None)
    age = "" if newest is None else f", newest {round((clock.now() - newest).total_seconds() / 60)} min ago"
    return Line(ok=True, what=what, says=f"{len(posts)} posts{age}, {ours} concern a brand")


def _file(what: str, connector: Importing) -> Line:
    path = Path(connector.path)
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
    except FileNotFoundError:
        if path.parent.is_dir():
            return Line(ok=True, what=what, says=f"{path} is not there yet", fix="It is read once somebody writes it")
        return Line(ok=False, what=what, says=f"there is no folder {path.parent}", fix="Create it, or correct path")
    except OSError as error:
        fix = "Correct path, or let this user read it"
        return Line(ok=False, what=what, says=f"{path} cannot be read ({error.strerror})", fix=fix)
    return Line(ok=True, what=what, says=f"{path} is there, {size:,} bytes")


def _files(what: str, connector: FollowsFiles) -> Line:
    there = found(connector.files)
    if not there:
        fix = "Correct path, or let the other program write first"
        return Line(ok=False, what=what, says=f"{connector.files}: no file is there to be read", fix=fix)
    size = sum(path.stat().st_size for path in there)
    return Line(ok=True, what=what, says=f"{len(there)} files are there, {size:,} bytes")


def receivers(channels: Mapping[str, Checking]) -> list[Line]:
    """Asks every receiver whether a message would arrive; sends none."""
    lines: list[Line] = []
    for name, channel in channels.items():
        for part, ok, says, fix in channel.proofs():
            what = f"receiver {name}, {part}" if part else f"receiver {name}"
            lines.append(Line(ok=ok, what=what, says=says, fix=fix))
    if not any(name != "ops" for name in channels):
        fix = "Add [alerts.receivers.crisis]"
        lines.append(Line(ok=False, what="receivers", says="nobody would be paged", fix=fix))
    if "ops" not in channels:
        fix = "Add [alerts.receivers.ops], else a dead feed is seen on the board and in the log alone"
        lines.append(Line(ok=True, what="receivers", says="no one hears of feeds that fail", fix=fix))
    return lines
