"""The feeds of a running house: polled when they are due, streams followed, tracked posts looked at again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from monitor.accounts import Accounts
from monitor.errors import DiskError
from monitor.feeds import Source, Watch
from monitor.looking import LOOK_EVERY, Looking
from monitor.loops import TRIED_AGAIN
from monitor.model import PostKey
from monitor.ports import Clock, Credentials, Intake, Open, Streaming
from monitor.spread.revisit import Purse
from monitor.streams import Streams
from monitor.timetable import Timetable


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is observed, and how: a configuration's share of `Observing`."""

    feeds: Sequence[Source]
    watch: Watch
    purses: Mapping[str, Purse]

    @property
    def polled(self) -> dict[str, Source]:
        return {feed.name: feed for feed in self.feeds if not isinstance(feed.connector, Streaming)}


@dataclass(kw_only=True)
class Observing:
    """Feeds are polled each at most once at a time. `change` takes other feeds between two polls of each: a walk under way ends as
    it began, and what fell due meanwhile stays due."""

    intake: Intake
    credentials: Credentials
    stream: Open
    clock: Clock
    wall: Callable[[], float]
    monotonic: Callable[[], float]
    aside: Callable[[Callable[[], Any]], Any]
    polled: Callable[[], None]
    """Hears of every poll that ended."""
    reads: Callable[[], bool]
    """Whether feeds are read at all just now."""
    refused: Callable[[DiskError], None]
    jumped: Callable[[float], None]
    """Hears, in a thread, by how many seconds the wall clock jumped."""
    busy: set[str] = field(default_factory=set)
    """What is under way."""

    async def run(self, watched: Watched, ready: Callable[[], None]) -> None:
        """For as long as it is awaited. `ready` is called when the timetable is laid."""
        self.watched = Watched(feeds=(), watch=watched.watch, purses={})
        self._stopping = False
        self._kept: dict[str, tuple[tuple[Any, ...], asyncio.Task[None]]] = {}
        self._timetable = Timetable({}, wall=self.wall, monotonic=self.monotonic)
        self._timetable.start()
        try:
            async with asyncio.TaskGroup() as self._group:
                self._group.create_task(self._timetable.guard(jumped=self.jumped))
                self.change(watched)
                ready()
                while True:
                    await self._timetable.some.wait()
                    self._timetable.some.clear()
                    for name in self._timetable.take(self.busy) if not self._stopping and self.reads() else ():
                        self.busy.add(name)
                        self._group.create_task(self._poll(self.watched.watch, self.watched.polled[name]))
        finally:
            self._timetable.stop()

    def pause(self) -> None:
        """Nothing new is begun from now on."""
        self._stopping = True

    def change(self, to: Watched) -> None:
        """Observes these from now on."""
        before, self.watched = self.watched, to
        rate = self.clock.rate
        changed = {feed.name for feed in to.feeds} - {feed.name for feed in to.feeds if feed in before.feeds}
        self._timetable.change({name: feed.every / rate for name, feed in to.polled.items()}, anew=changed)
        self._keep(to)

    def _keep(self, to: Watched) -> None:
        """What goes on all the time: streams, the accounts' standing, looking again. What is as it was goes on undisturbed."""
        wanted: dict[str, tuple[tuple[Any, ...], Callable[[], Any]]] = {}
        for feed in to.feeds:
            if isinstance(feed.connector, Streaming):
                streams = Streams(watch=to.watch, open=self.stream, busy=self.busy, reads=self.reads)
                wanted[feed.name] = (feed, to.watch), partial(streams.follow, feed, feed.connector)
        wanted["accounts"] = (to.feeds, to.watch), Accounts(to.feeds, self.credentials, to.watch).run
        looking = Looking(to.feeds, self.intake, to.purses)
        for platform in looking.platforms:
            run = partial(self._look_again, looking, to.watch, platform)
            wanted[_again(platform)] = (to.feeds, to.watch, to.purses), run
        before, self._kept = self._kept, {}
        for name in before.keys() | wanted.keys():
            of, task = before.get(name, (None, None))
            if name in wanted and wanted[name][0] == of and task is not None:
                self._kept[name] = before[name]
                continue
            begin = wanted.get(name)
            following = self._group.create_task(self._take_over(name, task, begin[1] if begin else None))
            if begin is not None:
                self._kept[name] = begin[0], following

    async def _take_over(self, name: str, before: "asyncio.Task[None] | None", run: Callable[[], Any] | None) -> None:
        """Ends what went on until now, when nothing of it is under way, and goes on in its place."""
        if before is not None:
            while name in self.busy:
                await asyncio.sleep(0.05)
            before.cancel()
            await asyncio.wait([before])
        while run is not None:
            try:
                await run()
                break
            except DiskError as error:
                self.refused(error)
                await asyncio.sleep(TRIED_AGAIN)

    async def _poll(self, watch: Watch, feed: Source) -> None:
        try:
            await watch.poll(feed)
        except DiskError as error:
            self.refused(error)
        finally:
            self.polled()
            self.busy.discard(feed.name)
            self._timetable.again(feed.name)

    async def _look_again(self, looking: Looking, watch: Watch, platform: str) -> None:
        while not self._stopping:
            # A round has no end while something is always due, so it remembers what troubles it and not what it has asked for.
            unanswered: set[PostKey] = set()
            while self.reads() and (
                keys := await self.aside(partial(looking.chosen, platform, self.clock.now(), unanswered))
            ):
                self.busy.add(_again(platform))
                try:
                    unanswered = unanswered.difference(keys) | await looking.look(watch, platform, keys)
                finally:
                    self.busy.discard(_again(platform))
                if self._stopping:
                    return
            await self.clock.sleep(LOOK_EVERY)


def _again(platform: str) -> str:
    return f"look again {platform}"
