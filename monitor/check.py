"""Proves a configuration against the world: every feed is asked once, every receiver once. A line each, with the fix."""

import asyncio
import os
import shlex
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from monitor import accounts, coverage, streams
from monitor.errors import FeedError
from monitor.feeds import Matching, Source, limits, matcher_for
from monitor.importing import found
from monitor.model import FeedHealth
from monitor.pipeline import observe, proving
from monitor.pipeline.observe import FIXES
from monitor.ports import Batch, Clock, Fetch, FollowsFiles, Importing, Open, Proof, Proofs, Streaming

LOOK_AGAIN = "langyan run tries again by itself; if it stays so, look at the address, the proxy and, where it is yours, the service"

FIRST_LINES = 10.0
"""Real seconds that a stream has for its first lines."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was proved. `fix` is what to do, where something is wrong. `proves` False: said for whoever reads, not tried."""

    ok: bool
    what: str
    says: str
    fix: str = ""
    proves: bool = True

    def as_text(self) -> str:
        mark = ("ok  " if self.ok else "FAIL") if self.proves else "    "
        return f"{mark} {self.what}: {self.says}" + (f"\n     → {self.fix}" if self.fix else "")

    def as_json(self) -> dict[str, object]:
        return {"ok": self.ok, "what": self.what, "says": self.says, "fix": self.fix}


class Checking(Protocol):
    """A channel that can prove itself, without posting anything."""

    def proofs(self) -> Sequence[Proof]: ...


async def feeds(sources: Sequence[Source], fetch: Fetch, stream: Open, matcher: Matching, clock: Clock) -> list[Line]:
    """Asks every feed for its newest page, all at a time, without storing it or moving its cursor; then every account how it
    stands."""
    asked = await asyncio.gather(*(_feed(feed, fetch, stream, matcher, clock) for feed in sources))
    shared = accounts.accounts(sources).items()
    stand = await asyncio.gather(*(_account(name, sharing, fetch, clock) for name, sharing in shared))
    return [*asked, *(line for line in stand if line is not None)]


async def _account(name: str, sharing: Sequence[Source], fetch: Fetch, clock: Clock) -> Line | None:
    """How an account stands; None: its site does not say."""
    facts = await accounts.standing(sharing[0], fetch, clock)
    said: list[str] = []
    if "quota_remaining" in facts:
        said.append(f"{facts['quota_remaining']:.0f} requests left by the site's own count")
    soon = False
    if "token_expires_at" in facts:
        until = datetime.fromtimestamp(facts["token_expires_at"], UTC)
        soon = until - clock.now() <= accounts.AHEAD
        said.append(f"its credential ends at {until:%Y-%m-%d %H:%M} UTC")
    fix = accounts.RENEW.en if soon else ""
    return Line(ok=not soon, what=f"account {name}", says=", ".join(said), fix=fix) if said else None


async def _feed(feed: Source, fetch: Fetch, stream: Open, matcher: Matching, clock: Clock) -> Line:
    what = f"feed {feed.name}"
    if isinstance(feed.connector, Importing):
        return _file(what, feed.connector)
    if isinstance(feed.connector, FollowsFiles):
        return _files(what, feed.connector)
    try:
        if isinstance(feed.connector, Streaming):
            return await _stream(what, feed, feed.connector, stream, matcher_for(feed, matcher), clock)
        response = await fetch(feed.connector.first({}), limits(feed))
        batch = feed.connector.parse(response, {}, clock.now())
    except FeedError as error:
        fix = error.fix or (FIXES[error.failure].en if error.failure in FIXES else LOOK_AGAIN)
        return Line(ok=False, what=what, says=f"{error.failure}: {error.problem}", fix=fix)
    return _answered(what, batch, matcher_for(feed, matcher), clock)


async def _stream(
    what: str, feed: Source, connector: Streaming, stream: Open, matcher: observe.Matching, clock: Clock
) -> Line:
    """Opens the stream and waits a little for its first lines."""
    async with stream(connector.open({}), limits(feed), FIRST_LINES) as flow:
        streams.refused(feed, flow.response, {}, clock.now())
        lines = streams.Lines()
        filling = asyncio.ensure_future(lines.fill(flow.pieces))
        try:
            async with asyncio.timeout(FIRST_LINES):
                block = await lines.take(streams.GATHER)
        except TimeoutError:
            block = b""
        finally:
            filling.cancel()
            await asyncio.wait([filling])
    if not block.strip():
        return Line(ok=True, what=what, says=f"the stream is open and was silent for {FIRST_LINES:.0f} s")
    return _answered(what, connector.feed(block, {}, clock.now()), matcher, clock)


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


class Proved(Proofs, Protocol):
    """What a running house found out about its feeds."""

    def feeds(self) -> list[FeedHealth]: ...


def proofs(names: Sequence[str], store: Proved, now: datetime) -> Iterator[Line]:
    """What the last day proves of each feed that has run: gaps, walks cut off, items against what is usual."""
    newest = {health.feed: health.newest_post for health in store.feeds()}
    for name in names:
        hours = store.feed_hours(name)
        if not hours:
            continue
        running = int(now.timestamp() // 3600)
        # Whole hours compare with usual ones; in a feed's first hour there is nothing else to tell of.
        until = now + proving.HOUR if all(one.hour == running for one in hours) else now
        found, silent = proving.lately(hours, until, 24), proving.silent_since(hours, now)
        posted = newest.get(name)
        says = proving.sentence(found, None if posted is None else now - posted)
        if silent is not None:
            fix = "Look at the site by hand: a feed that usually speaks and is silent may be blocked"
            says = f"{says}, silent since {silent:%m-%d %H:%M} UTC"
            yield Line(ok=False, what=f"feed {name}, last 24 h", says=says, fix=fix)
            continue
        fix = "Poll it more often: items came and went between two polls" if found.gaps or found.caps else ""
        yield Line(ok=True, what=f"feed {name}, last 24 h", says=says, fix=fix)


def doors(names: Iterable[str], store: Proved, now: datetime) -> Iterator[Line]:
    """Where deliveries are taken, and when the last one came."""
    came = {health.feed: health.last_ok for health in store.feeds()}
    for name in names:
        last = came.get(name)
        since = "none came yet" if last is None else f"the last came {round((now - last).total_seconds() / 60)} min ago"
        fix = "Send one as docs/sources/ingest.md shows" if last is None else ""
        yield Line(
            ok=True, what=f"ingest {name}", says=f"takes signed deliveries at POST /ingest/{name}; {since}", fix=fix
        )


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


def sights(rows: Sequence[coverage.Row], language: Literal["zh", "en"]) -> list[Line]:
    """What will be seen of each platform, and what will not."""
    return [Line(ok=True, what=platform, says=says, proves=False) for platform, says in coverage.lines(rows, language)]


def counted(number: int, what: str) -> str:
    """`1 brand`, `2 brands`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def secrets(files: Iterable[Path]) -> Iterator[Line]:
    """The files of secrets that others on this machine may read."""
    for path in sorted(set(files)):
        with suppress(OSError):  # one that is not there was told of before
            if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
                says = "others on this machine may read this secret"
                yield Line(ok=True, what=str(path), says=says, fix=f"chmod 600 {shlex.quote(str(path))}")


def receivers(channels: Mapping[str, Checking]) -> list[Line]:
    """Asks every receiver whether a message would arrive; sends none."""
    lines: list[Line] = []
    with ThreadPoolExecutor(max(1, len(channels))) as aside:
        proved = list(aside.map(lambda channel: channel.proofs(), channels.values()))
    for name, shown in zip(channels, proved, strict=True):
        for part, ok, says, fix in shown:
            what = f"receiver {name}, {part}" if part else f"receiver {name}"
            lines.append(Line(ok=ok, what=what, says=says, fix=fix))
    if not any(name != "ops" for name in channels):
        fix = "Add [alerts.receivers.crisis]"
        lines.append(Line(ok=False, what="receivers", says="nobody would be paged", fix=fix))
    if "ops" not in channels:
        fix = "Add [alerts.receivers.ops], else a dead feed is seen on the board and in the log alone"
        lines.append(Line(ok=True, what="receivers", says="no one hears of feeds that fail", fix=fix))
    return lines
