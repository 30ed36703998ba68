"""Feeds that are not polled: one answer that goes on for hours is read, stored, and asked for again where it broke off."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
import structlog

from monitor import metrics
from monitor.errors import Failure, FeedError
from monitor.feeds import Source, Watch, limits, matcher_for
from monitor.model import Words
from monitor.pipeline import observe
from monitor.ports import Batch, Cursor, FeedState, Open, OpsNote, Streaming, of_feed

log = structlog.get_logger()

SILENCE = 90.0
"""Real seconds without a byte, blank lines included, after which a connection is taken for dead."""

BUFFER = 1 << 20
"""Bytes that may wait for the store. Then nothing more is read, and the other side waits."""

LINE_AT_MOST = BUFFER - (64 << 10)
"""Bytes; a longer line is none that a site would send."""

GATHER = 0.25
"""Real seconds in which what comes is gathered into one transaction."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Clock seconds before a broken connection is opened again: twice as long each time, until a byte comes."""

ALARM = timedelta(minutes=5)
"""Without a byte for so long, operators hear of it."""


class Lines:
    """What was read and not stored yet: a bounded number of bytes, taken out as whole lines. What a cut left of a line is never
    taken, so it is asked for again."""

    def __init__(self, most: int = BUFFER) -> None:
        self._most, self._held = most, bytearray()
        self._changed = asyncio.Condition()
        self._over = self._some = False
        self._failure: Exception | None = None

    @property
    def empty(self) -> bool:
        return b"\n" not in self._held

    async def fill(self, pieces: AsyncIterator[bytes]) -> None:
        """Reads until the other side ends; waits while too much is held."""
        failure: Exception | None = None
        try:
            async for piece in pieces:
                async with self._changed:
                    self._hold(piece)
                    self._changed.notify_all()
                    await self._changed.wait_for(lambda: len(self._held) < self._most)
        except Exception as error:  # noqa: BLE001 - handed to whoever takes the last line
            failure = error
        async with self._changed:
            self._failure, self._over = failure, True
            self._changed.notify_all()

    def _hold(self, piece: bytes) -> None:
        self._held += piece
        if len(self._held) > LINE_AT_MOST and self.empty:
            raise FeedError(Failure.TOO_LARGE, f"a line of the stream is longer than {LINE_AT_MOST} bytes")

    async def take(self, gather: float) -> bytes:
        """The whole lines there are, once there are any; b"" at the stream's end. Raises what ended it, after its last line.

        An answer that ends well without a single line end is handed out as it is: it may say why.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._over or not self.empty)
        if not self._over:
            await asyncio.sleep(gather)
        async with self._changed:
            refusal = self._over and self._failure is None and not self._some
            end = len(self._held) if refusal else self._held.rfind(b"\n") + 1
            self._some = True
            lines = bytes(self._held[:end])
            del self._held[:end]
            self._changed.notify_all()
        if not lines and self._failure is not None:
            raise self._failure
        return lines


@dataclass(kw_only=True)
class Streams:
    """Follows streaming feeds. `busy` holds the names of feeds that are being stored just now. While nothing is to be read (`reads`), the
    other side waits."""

    watch: Watch
    open: Open
    busy: set[str]
    reads: Callable[[], bool] = lambda: True
    silence: float = SILENCE
    gather: float = GATHER

    async def follow(self, feed: Source, connector: Streaming) -> None:
        """Opens the stream again whenever it ends, for as long as it is awaited."""
        clock = self.watch.clock
        heard, wait = clock.now(), FIRST_WAIT
        while True:
            state: FeedState = await self.watch.aside(lambda: self.watch.intake.feed_state(feed.name))
            if state.rest_until is not None and clock.now() < state.rest_until:
                await clock.sleep((state.rest_until - clock.now()).total_seconds())
                continue
            problem = "the other side ended the stream"
            try:
                async for moment in self._read(feed, connector, state):
                    heard, wait = moment, FIRST_WAIT
            except FeedError as error:
                if error.failure is not Failure.TRANSIENT:
                    await self.watch.failed(feed, error, state)
                    continue
                problem = error.problem
            metrics.POLLS.labels(feed.name, metrics.outcome(Failure.TRANSIENT)).inc()
            log.info("stream ended", feed=feed.name, problem=problem, wait_s=wait)
            if clock.now() - heard >= ALARM:
                await self._alarm(feed, heard, problem)
            await clock.sleep(self.watch.rng.uniform(wait / 2, wait))
            wait = min(LONGEST_WAIT, wait * 2)

    async def _read(self, feed: Source, connector: Streaming, state: FeedState) -> AsyncIterator[datetime]:
        """One answer, to its end: the moment of each piece that is safely stored."""
        cursor: Cursor = state.cursor
        background = observe.is_background(state, feed.every, self.watch.clock.now())
        alive = state.last_ok
        async with self.open(self.watch.built(lambda: connector.open(cursor)), limits(feed), self.silence) as flow:
            refused(feed, flow.response, cursor, self.watch.clock.now())
            lines = Lines()
            filling = asyncio.ensure_future(lines.fill(flow.pieces))
            try:
                while block := await lines.take(self.gather):
                    now = self.watch.clock.now()
                    if block.strip():
                        cursor = await self._store(feed, connector, flow.response, block, cursor, background)
                        alive = now
                    elif alive is None or (now - alive).total_seconds() >= feed.every:
                        await self.watch.aside(
                            lambda now=now: self.watch.intake.record(feed.name, (), {}, now=now)  # type: ignore[misc]
                        )
                        alive = now
                    # What was waiting for us is a backlog; what comes after it is news.
                    background = background and not lines.empty
                    yield now
            finally:
                filling.cancel()
                await asyncio.wait([filling])

    async def _store(
        self,
        feed: Source,
        connector: Streaming,
        head: httpx.Response,
        block: bytes,
        cursor: Cursor,
        background: bool,
    ) -> Cursor:
        while not self.reads():
            await self.watch.clock.sleep(1.0)
        self.busy.add(feed.name)
        try:
            batch: Batch = await self.watch.aside(
                lambda: observe.take_stream(
                    feed.name,
                    connector,
                    head,
                    block,
                    cursor,
                    intake=self.watch.intake,
                    matcher=matcher_for(feed, self.watch.matcher),
                    background=background,
                    now=self.watch.clock.now(),
                )
            )
        finally:
            self.busy.discard(feed.name)
        self.watch.proving.came(feed.name, len(batch.sightings), self.watch.clock.now())
        return cursor if batch.cursor is None else batch.cursor

    async def _alarm(self, feed: Source, heard: datetime, problem: str) -> None:
        """Operators hear of a stream that has been silent for long, once for each silence."""
        note = OpsNote(
            key=f"ops:{feed.name}:silent:{int(heard.timestamp())}",
            what=Words(
                f"{ALARM.seconds // 60} 分钟什么都没收到，连空行也没有（{problem}）",
                f"nothing has come for {ALARM.seconds // 60} minutes, not even a blank line ({problem})",
            ),
            where=of_feed(feed.name),
            fix=Words(
                "用 langyan check 打开推送流；能打开却一直没有内容，请向平台确认订阅是否还在",
                "langyan check opens the stream; if it opens and stays silent, ask the platform whether the subscription runs",
            ),
        )
        now = self.watch.clock.now()
        await self.watch.aside(
            lambda: self.watch.intake.fail(
                feed.name,
                Failure.TRANSIENT,
                problem,
                now=now,
                rest_until=None,
                ops=note,
                receivers=self.watch.ops,
            )
        )


def refused(feed: Source, head: httpx.Response, cursor: Cursor, now: datetime) -> None:
    """Raises the FeedError that an answer is which does not go on."""
    if head.status_code == HTTPStatus.OK:
        return
    feed.connector.parse(head, cursor, now)
    raise FeedError(Failure.SCHEMA_DRIFT, f"the stream is answered with {head.status_code}")
