"""Polling: walks a feed from its cursor, looks again at tracked posts, and notes every failure where it belongs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Protocol

import httpx
import structlog

from monitor import following, importing, metrics
from monitor.errors import Failure, FeedError, LangyanError
from monitor.journal import Journal
from monitor.model import PostKey, Words
from monitor.pipeline import observe
from monitor.pipeline.proving import Proving, Walk
from monitor.ports import (
    Batch,
    Clock,
    Connector,
    Cursor,
    FeedState,
    Fetch,
    FollowsFiles,
    Importing,
    Intake,
    Limits,
    Paced,
    Revisiting,
)

log = structlog.get_logger()

PAGES = 50
"""Pages of one walk before the rest is left to the next poll; the cursor remembers where."""

ASIDE = Words(
    "请连同数据源现在的返回一起报告给我们；休息过后会再读",
    "Report it with the answer that the feed gives now; it is read again after its rest",
)

BLOCK = 1 << 20
"""Bytes of a local file read at a time."""


class Source(Protocol):
    """One feed as the configuration gives it."""

    @property
    def name(self) -> str: ...
    @property
    def brand(self) -> str:
        """The brand that every post of it concerns; empty: what its words say."""
        ...

    @property
    def connector(self) -> Connector: ...
    @property
    def every(self) -> float: ...
    @property
    def account(self) -> str: ...
    @property
    def pace(self) -> float: ...
    @property
    def timeout(self) -> float: ...
    @property
    def proxy(self) -> str | None: ...
    @property
    def ca_file(self) -> str | None: ...
    @property
    def allow_private(self) -> frozenset[str]: ...


class Matching(observe.Matching, Protocol):
    """Says whose post it is, also where a feed's posts all concern one brand."""

    def assuming(self, brand: str) -> observe.Matching: ...


def matcher_for(feed: Source, matcher: Matching) -> observe.Matching:
    """How a feed's posts are matched."""
    return matcher.assuming(feed.brand) if feed.brand else matcher


def limits(feed: Source, purpose: Any = "discover") -> Limits:
    """How a feed's requests may be sent."""
    least = feed.connector.least_pace if isinstance(feed.connector, Paced) else 0.0
    return Limits(
        feed=feed.name,
        purpose=purpose,
        account=feed.account,
        pace=max(feed.pace, least),
        total=feed.timeout,
        allow_private=feed.allow_private,
        proxy=feed.proxy,
        ca_file=feed.ca_file,
    )


def note_facts(account: str, facts: Mapping[str, float]) -> None:
    """What an answer says of the account becomes gauges."""
    if "token_expires_at" in facts:
        metrics.CREDENTIAL.labels(account).set(facts["token_expires_at"])
    if "quota_remaining" in facts:
        metrics.QUOTA_SAID.labels(account).set(facts["quota_remaining"])


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Everything polling needs. `aside` runs a blocking call off the event loop."""

    intake: Intake
    matcher: Matching
    fetch: Fetch
    rest: Callable[[str, float, Failure], None]
    clock: Clock
    rng: Random
    ops: tuple[str, ...]
    aside: Callable[[Callable[[], Any]], Awaitable[Any]]
    proving: Proving = field(default_factory=Proving)
    journal: Journal = field(default_factory=Journal)

    async def poll(self, feed: Source) -> None:
        """One walk of a feed, from its cursor to the end or to the first failure."""
        state: FeedState = await self.aside(lambda: self.intake.feed_state(feed.name))
        if state.rest_until is not None and self.clock.now() < state.rest_until:
            return
        try:
            self._refuse_what_crashed(feed)
            if isinstance(feed.connector, Importing):
                await self._read(feed, feed.connector, state)
            elif isinstance(feed.connector, FollowsFiles):
                await self._follow(feed, feed.connector, state)
            else:
                await self._walk(feed, state)
        except FeedError as error:
            await self.failed(feed, error, state)

    async def look_again(self, feed: Source, connector: Revisiting, keys: Sequence[PostKey]) -> set[PostKey]:
        """Asks for the counts of known posts, a full batch at a time. Returns those that the answer speaks of."""
        try:
            request = self.built(lambda: connector.revisit(keys))
            response = await self.fetch(request, limits(feed, "revisit"))
            batch: Batch = await self.aside(
                lambda: observe.take_again(
                    feed.name, connector, response, keys, intake=self.intake, now=self.clock.now()
                )
            )
            return {*(sighting.key for sighting in batch.sightings), *batch.gone}
        except FeedError as error:
            if error.failure is Failure.OVER_BUDGET:
                log.info("looks wait for the budget", feed=feed.name, wait_s=error.retry_after)
            else:
                state = await self.aside(lambda: self.intake.feed_state(feed.name))
                await self.failed(feed, error, state)
            return set()

    async def _walk(self, feed: Source, state: FeedState) -> None:
        cursor: Cursor = state.cursor
        background = observe.is_background(state, feed.every, self.clock.now())
        request = self.built(lambda: feed.connector.first(cursor))
        walk = self.proving.walk(feed.name)
        for _ in range(PAGES):
            batch = await self._page(feed, request, cursor, background, walk)
            walk.saw(batch)
            note_facts(feed.account, batch.facts)
            if batch.next is None:
                self.proving.ended(feed.name, walk, self.clock.now(), every=feed.every)
                return
            moved = batch.cursor is not None and dict(batch.cursor) != dict(cursor)
            if batch.next.url == request.url and not moved:
                raise FeedError(Failure.SCHEMA_DRIFT, "the site's next page is the page it came from")
            cursor = batch.cursor if batch.cursor is not None else cursor
            request = batch.next
        self.proving.ended(feed.name, walk, self.clock.now(), every=feed.every, capped=True)
        log.info("walk goes on at the next poll", feed=feed.name, pages=PAGES)

    async def _page(self, feed: Source, request: httpx.Request, cursor: Cursor, background: bool, walk: Walk) -> Batch:
        """One page; a blank one that is doubted is asked for again."""
        while True:
            response = await self.fetch(request, limits(feed))
            batch = await self._take(feed, response, cursor, background, walk)
            if batch is not None:
                return batch

    async def _take(
        self, feed: Source, response: httpx.Response, cursor: Cursor, background: bool, walk: Walk
    ) -> Batch | None:
        batch: Batch | None = await self._taken(
            feed,
            lambda: observe.take(
                feed.name,
                feed.connector,
                response,
                cursor,
                intake=self.intake,
                matcher=matcher_for(feed, self.matcher),
                background=background,
                now=self.clock.now(),
                doubts=walk.doubts,
            ),
        )
        return batch

    async def _read(self, feed: Source, connector: Importing, state: FeedState) -> None:
        cursor = state.cursor
        background = observe.is_background(state, feed.every, self.clock.now())
        while True:
            chunk, cursor = await self.aside(lambda at=cursor: _block(connector, at))  # type: ignore[misc]
            batch: Batch = await self._taken(
                feed,
                lambda piece=chunk, at=cursor: observe.take_file(  # type: ignore[misc]
                    feed.name,
                    connector,
                    piece,
                    at,
                    intake=self.intake,
                    matcher=matcher_for(feed, self.matcher),
                    background=background,
                    now=self.clock.now(),
                ),
            )
            self.proving.came(feed.name, len(batch.sightings), self.clock.now())
            if len(chunk) < BLOCK or batch.cursor is None or batch.cursor == cursor:
                return
            cursor = batch.cursor

    async def _follow(self, feed: Source, connector: FollowsFiles, state: FeedState) -> None:
        refused: list[str] = []
        pieces = importing.pieces(connector.files, state.cursor, refused)
        background = observe.is_background(state, feed.every, self.clock.now())
        last = importing.Piece(path=connector.files, rows=(), cursor=state.cursor)

        def take(piece: importing.Piece, refused: Sequence[str] = ()) -> None:
            following.take(
                feed.name,
                connector,
                piece,
                refused=refused,
                intake=self.intake,
                matcher=matcher_for(feed, self.matcher),
                background=background,
                now=self.clock.now(),
            )

        while (piece := await self.aside(lambda: next(pieces, None))) is not None:
            await self._taken(feed, partial(take, piece))
            last = replace(last, cursor=piece.cursor)
        if not importing.found(connector.files):
            raise FeedError(Failure.MISCONFIGURED, f"{connector.files}: no file is there to be read")
        await self._taken(feed, partial(take, last, refused))

    def _refuse_what_crashed(self, feed: Source) -> None:
        """A feed whose answer ended the process twice rests, as after any answer that cannot be read; then it is tried again."""
        page = self.journal.page(f"feed {feed.name}")
        if page.twice(feed.name):
            page.through()
            raise FeedError(Failure.SCHEMA_DRIFT, "reading its answer ended the process twice", fix=ASIDE)

    async def _taken(self, feed: Source, take: Callable[[], Any]) -> Any:
        """What is read and recorded of an answer, off the event loop; a defect costs this feed its poll, and no other."""
        page = self.journal.page(f"feed {feed.name}")

        def work() -> Any:
            with page.working([feed.name]):
                try:
                    return take()
                except LangyanError:
                    raise
                except Exception as error:
                    log.exception("an answer could not be taken in", feed=feed.name)
                    problem = f"the answer could not be taken in ({type(error).__name__})"
                    raise FeedError(Failure.SCHEMA_DRIFT, problem) from error

        return await self.aside(work)

    async def failed(self, feed: Source, error: FeedError, state: FeedState) -> FeedState:
        """Notes a failure where it belongs, and lets the feed, or its account, rest."""
        noted: FeedState = await self.aside(
            lambda: observe.failed(
                feed.name,
                error,
                state,
                every=feed.every,
                intake=self.intake,
                ops=self.ops,
                rng=self.rng,
                now=self.clock.now(),
            )
        )
        if feed.account and error.failure in (Failure.AUTH_EXPIRED, Failure.RATE_LIMITED) and noted.rest_until:
            pause = (noted.rest_until - self.clock.now()).total_seconds()
            self.rest(feed.account, pause, error.failure)
        return noted

    def built(self, build: Callable[[], httpx.Request]) -> httpx.Request:
        """What a connector asks for. Raises FeedError where its options make no request."""
        try:
            return build()
        except FeedError:
            raise
        except (httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            raise FeedError(
                Failure.MISCONFIGURED, f"no request can be made ({type(error).__name__}: {error})"
            ) from error


def _block(connector: Importing, cursor: Cursor) -> tuple[bytes, Cursor]:
    """The next bytes of a local file, and the cursor they follow (an older one where the file began anew)."""
    path = Path(connector.path)
    try:
        with path.open("rb") as file:
            head = file.read(64)
            offset = int(cursor.get("offset", 0))
            if cursor.get("head", "") != head.hex()[: len(str(cursor.get("head", "")))] or offset > path.stat().st_size:
                cursor, offset = {}, 0
            file.seek(offset)
            return file.read(BLOCK), cursor
    except FileNotFoundError:
        return b"", cursor
    except OSError as error:
        raise FeedError(Failure.MISCONFIGURED, f"{path} cannot be read ({error.strerror})") from None
