"""The only file that knows everybody: it turns a configuration into a running house."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import IO, Any

import structlog
import uvicorn
from starlette.applications import Starlette

from alerts import chart, policy
from alerts.auditor import Auditor, Fallback
from alerts.outbox import Deliverer
from alerts.studio import AT_ONCE
from monitor import __version__, coverage, fittings, gauges, metrics
from monitor.alerting import OPS
from monitor.backups import UNDER_WAY
from monitor.canary.flock import Flock
from monitor.causes import Causes
from monitor.clock import RealClock
from monitor.config import Config
from monitor.daemon import STUCK, Daemon, Parts, Work
from monitor.doors import Doors
from monitor.ears import Ears, Seconds, ears
from monitor.errors import ConfigError, DiskError
from monitor.feeds import Watch
from monitor.fetch import Fetcher
from monitor.journal import Journal, Page
from monitor.loops import Life
from monitor.memory import few_arenas, give_back
from monitor.model import Notification, Severity, Words
from monitor.pipeline import due, evidence, judge, trial
from monitor.pipeline.proving import Proving
from monitor.pipeline.retention import Retention, Trust
from monitor.pipeline.surges import Patrol
from monitor.pipeline.usual import Experience
from monitor.ports import Clock, Importing, OpsNote, Streaming, of_receiver
from monitor.renewal import Renewal
from monitor.room import Disk, Room
from monitor.scoring import Scoring
from monitor.sentiment.desk import Desk
from monitor.store import Store
from monitor.vocabulary import Vocabulary
from monitor.wall import Wall
from monitor.watch.added import extended
from monitor.web import board, ingest

log = structlog.get_logger()

JUDGE_AT_ONCE = 64
"""A page waits for the forecasts of all that are judged with it."""

SCORE_PATIENCE = 600.0
"""Real seconds for one step of scoring. The desk cannot hang, but texts that are all poison take their time each."""

HANG_UP_AFTER = 3
"""Real seconds that a slow reader of the board has left once the daemon stops."""


@dataclass
class House:
    """A running house, for whoever started it (`run`, the demo, a test)."""

    config: Config
    base: "_Base"
    daemon: Daemon
    made: "_Made"
    front: "_Front"
    listener: socket.socket
    lock: IO[bytes]
    built: float

    @property
    def store(self) -> Store:
        return self.base.store

    @property
    def scoring(self) -> Scoring:
        return self.base.scoring

    @property
    def fetcher(self) -> Fetcher:
        return self.base.fetch

    @property
    def ears(self) -> Ears | None:
        return self.made.ears

    @property
    def life(self) -> Life:
        return self.daemon.life

    @property
    def causes(self) -> Causes:
        """Operators, as the configuration in force names them."""
        return Causes(book=self.store, ops=lambda: _operators(self.config), clock=self.base.clock)

    @property
    def port(self) -> int:
        """Where the board listens."""
        return int(self.listener.getsockname()[1])

    @property
    def first_poll_after(self) -> float:
        """Real seconds from wiring the house to the end of the first poll; 0.0 before that."""
        return max(0.0, (self.life.first_poll or self.built) - self.built)

    async def become(self, config: Config) -> None:
        """Puts another configuration into force. ConfigError where it makes no house; then nothing has changed."""
        made = await asyncio.to_thread(_make, config, self.base, self.made)
        await self.base.fetch.allow(fittings.budgets(config))
        for feed in config.feeds:
            if feed not in self.config.feeds and (failure := await asyncio.to_thread(self.store.rouse, feed.name)):
                self.base.fetch.rest(feed.account, 0, failure)  # what was wrong may have been put right
        self.base.scoring.know(config.brands)
        before, self.made, self.config = self.made, made, config
        _expect(config)
        self.front.web = made.web
        self.daemon.become(made.parts)
        mended = [receiver.name for receiver in config.receivers if receiver not in before.config.receivers]
        await asyncio.to_thread(_tell_again, self.store, mended, self.base.clock.now())
        for gone in dict(fittings.expected(before.config)).keys() - dict(fittings.expected(config)):
            metrics.retire(gone)
        if before.ears is not None and before.ears is not made.ears:
            await asyncio.to_thread(before.ears.close)

    async def run(self) -> None:
        """Until stopped; then everything is closed in order."""
        try:
            await asyncio.to_thread(self.base.wall.started)
            receivers = [receiver.name for receiver in self.config.receivers]
            await asyncio.to_thread(_tell_again, self.store, receivers, self.base.clock.now())
            await self.daemon.run()
        finally:
            await self.fetcher.aclose()
            self.scoring.close()
            if self.made.ears is not None:
                await asyncio.to_thread(self.made.ears.close)
            self.store.close()
            self.base.journal.close()
            self.listener.close()
            self.lock.close()


def _tell_again(store: Store, receivers: Iterable[str], now: datetime) -> None:
    """What these receivers refused for good: they may have been mended since. On a full disk that waits for the next start."""
    for receiver in receivers:
        with suppress(DiskError):
            if again := store.mended(receiver, now):
                log.warning("what was refused is told again", receiver=receiver, pages=again)


def build(config: Config, clock: Clock | None = None, *, shadow: bool = False, desk: Desk | None = None) -> House:
    """Wires a house from a configuration. ConfigError or StoreError when it cannot stand. `desk`: another scorer."""
    clock = clock or RealClock()
    built = time.monotonic()
    few_arenas()
    with ExitStack() as undo:
        lock = undo.enter_context(fittings.occupy(config))
        listener = undo.enter_context(_listener(config.host, config.port))
        store = fittings.open_store(config)
        undo.pop_all()
    journal = Journal(config.state / UNDER_WAY)
    trust = Trust(time.monotonic)
    base = _Base(
        store=store,
        fetch=fittings.fetcher(config, clock, store),
        scoring=Scoring(config.engine, config.scoring, config.brands, store, clock, desk),
        clock=clock,
        life=Life(),
        proving=_proving(store, lambda: _operators(house.config)),
        trust=trust,
        wall=Wall(book=store, trust=trust, clock=clock, ops=lambda: _operators(house.config), monotonic=time.monotonic),
        room=Room(partial(_disk, config.state), store.write_something, lambda: house.causes, str(config.state)),
        journal=journal,
        shadow=shadow,
    )
    store.keeps_answers = lambda: base.room.keeps_answers
    metrics.BUILD.labels(__version__).set(1)
    metrics.STARTED.set(time.time())
    _expect(config)
    gauges.remember(store, dict(fittings.expected(config)))
    made = _make(config, base, None)
    front = _Front(made.web)
    server = uvicorn.Server(
        uvicorn.Config(
            front,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=HANG_UP_AFTER,
        )
    )
    daemon = Daemon(
        feeds=made.parts.feeds,
        intake=store,
        credentials=store,
        stream=base.fetch.stream,
        watch=made.parts.watch,
        works=made.parts.works,
        listeners=made.parts.listeners,
        deliveries=made.parts.deliveries,
        auditor=made.parts.auditor,
        server=_Served(server, listener),
        clock=clock,
        monotonic=time.monotonic,
        wall=time.time,
        subscribe=store.on_commit,
        purses=made.parts.purses,
        gauges=lambda: _gauges(house.config, base),
        writer_stuck=store.writer_stuck,
        warm=base.scoring.warm,
        life=base.life,
    )
    house = House(
        config=config, base=base, daemon=daemon, made=made, front=front, listener=listener, lock=lock, built=built
    )
    store.on_commit(lambda topic: house.made.vocabulary.heard(topic))
    daemon.jumped, daemon.refused = base.wall.jumped, base.room.refused
    daemon.reads = lambda: base.room.reads_feeds
    daemon.renew = Renewal(config, house.become, house.causes).renew
    return house


@dataclass(frozen=True, kw_only=True)
class _Base:
    """What a reload leaves as it is."""

    store: Store
    fetch: Fetcher
    scoring: Scoring
    clock: Clock
    life: Life
    proving: Proving
    trust: Trust
    wall: Wall
    room: Room
    journal: Journal
    shadow: bool


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What one configuration makes."""

    config: Config
    vocabulary: Vocabulary
    ears: Ears | None
    parts: Parts
    web: Starlette


def _make(config: Config, base: _Base, before: _Made | None) -> _Made:
    """The parts of a configuration. Whatever would come out the same as `before` is the same: it goes on undisturbed."""
    store, clock, shadow = base.store, base.clock, base.shadow
    was = before.config if before is not None else None
    going_by = fittings.rules(config, shadow=shadow)
    if before is not None and was is not None and (was.brands, was.receivers) == (config.brands, config.receivers):
        vocabulary, watch = before.vocabulary, before.parts.watch
    else:
        vocabulary = Vocabulary(config.brands, store, clock)
        watch = partial(_watch, config, base, vocabulary)
    if before is not None and was is not None and _telling(was) == _telling(config):
        hearing, deliveries, auditor = before.ears, before.parts.deliveries, before.parts.auditor
    else:
        hearing = None if shadow else ears(config, store, clock, _operators(config), Seconds(time.monotonic, time.time))
        deliveries = [] if shadow else _deliveries(config, store, clock, journal=base.journal)
        auditor = None if shadow else _auditor(config, store, clock, base.life)
    parts = Parts(
        feeds=config.feeds,
        watch=watch,
        purses=fittings.purses(config),
        works=[
            Work(
                name="score",
                topic="mentions",
                step=lambda: bool(base.scoring.step()),
                patience=SCORE_PATIENCE,
            ),
            Work(
                name="judge",
                topic="news",
                step=partial(
                    _judge_once,
                    Patrol(crowds=store, rules=going_by),
                    Experience(store),
                    clock,
                    base.journal.page("judge"),
                    partial(_judged_no_more, config, store, clock),
                ),
            ),
            Work(name="clock", topic="clock", step=lambda: due.step(store, clock.now())),
            *_letting_go(config, base),
            *([] if shadow else _trial(config, store, clock)),
            *([] if shadow else _canaries(config, store, clock, going_by, base.scoring, base.life)),
            *_hearing(hearing),
        ],
        deliveries=deliveries,
        listeners=hearing.sockets if hearing else (),
        auditor=auditor,
    )
    web = _web(config, base, vocabulary, auditor.ill if auditor is not None else list)
    return _Made(config=config, vocabulary=vocabulary, ears=hearing, parts=parts, web=web)


def _telling(config: Config) -> tuple[object, ...]:
    """Everything that telling people, and hearing them, goes by."""
    names = [brand.name for brand in config.brands]
    said = config.language, config.public_url, config.settle, config.page_at, config.thresholds
    return *said, names, config.receivers, config.route, config.manners


def _web(config: Config, base: _Base, vocabulary: Vocabulary, untold: Callable[[], Sequence[str]]) -> Starlette:
    store, clock, life = base.store, base.clock, base.life
    sight = fittings.sight(config)
    doors = Doors(config.doors, store, vocabulary, clock, base.proving.came, lambda: base.room.reads_feeds)
    return board.app(
        reading=store,
        clock=clock,
        language=config.language,
        intervals=dict(fittings.expected(config)),
        unwell=lambda: [*life.stale(time.monotonic()), *base.room.ill(), *untold()],
        ready=lambda: life.ready and not life.stopping,
        also=[ingest.route(doors, clock)],
        sights=list(coverage.lines(sight, config.language)),
        coverage=[coverage.as_json(row, config.language) for row in sight],
        shows=config.board_shows,
    )


class _Front:
    """The web side that is in force; a reload puts another in its place between two requests."""

    def __init__(self, web: Starlette) -> None:
        self.web = web

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.web(scope, receive, send)


def _letting_go(config: Config, base: _Base) -> list[Work]:
    """What nobody needs any more goes, as long as the clock can be believed."""
    store, clock, trust = base.store, base.clock, base.trust
    retention = Retention(store, config.keep, config.evidence, trust, time.monotonic)

    def drop() -> bool:
        return bool(trust) and base.room.lets_go and evidence.drop(store, config.evidence, clock.now())

    return [
        Work(name="evidence", topic="clock", step=drop),
        Work(name="retention", topic="clock", step=lambda: base.room.lets_go and retention.step(clock.now())),
    ]


def _hearing(hearing: Ears | None) -> list[Work]:
    """What people pressed and typed is worked on in a loop of its own; what they say in threads is read in another."""
    if hearing is None:
        return []
    return [
        Work(name="inbox", topic="inbox", step=hearing.switchboard.step),
        Work(name="threads", topic="threads", step=hearing.threads.step),
    ]


def _trial(config: Config, store: Store, clock: Clock) -> list[Work]:
    """Says daily how a trial stands, to whoever hears of it."""
    heard_by = policy.on_trial(config.route, [brand.name for brand in config.brands])
    if not heard_by:
        return []
    lines = trial.Lines(store, heard_by, config.manners.digest_at[0])
    return [Work(name="trial", topic="trial", step=lambda: lines.step(clock.now()))]


def _canaries(
    config: Config, store: Store, clock: Clock, going_by: judge.Rules, scoring: Scoring, life: Life
) -> list[Work]:
    """Canaries, where there is somebody to page. A clock that runs fast is a demonstration's, which nobody relies on."""
    if clock.rate != 1 or not going_by.receivers or not config.brands:
        return []
    usual, first = Experience(store), config.brands[0].name
    platforms = (feed.connector.platform for feed in config.feeds)
    flock = Flock(
        brands=lambda: extended(config.brands, store.words(clock.now())),
        platform=next((name for name in platforms if config.thresholds.hurts(first, name)), "weibo"),
        rules=going_by,
        read=scoring.read,
        sizes=usual.sizes,
        ill=lambda: [*life.stale(time.monotonic()), *(["the store's writer"] if store.writer_stuck() > STUCK else [])],
        say=lambda note, now: store.note(note, _operators(config), now),
        clock=clock,
        elapsed=time.monotonic,
    )
    return [Work(name="canary", topic="canary", step=flock.step, patience=SCORE_PATIENCE)]


def _operators(config: Config) -> tuple[str, ...]:
    return tuple(receiver.name for receiver in config.receivers if receiver.name == OPS)


def _judge_once(patrol: Patrol, usual: Experience, clock: Clock, page: Page, aside: judge.Aside) -> bool:
    """What is new, post by post, then the hour as a whole; a hurry of posts leaves the hour for later."""
    now, alone = clock.now(), page.alone
    sizes, others = usual.sizes(now), usual.others(now)
    with metrics.STAGE_SECONDS.labels("judge").time():
        judged = judge.judge(
            patrol.crowds,
            patrol.rules,
            limit=JUDGE_AT_ONCE,
            now=now,
            sizes=sizes,
            others=others,
            page=page,
            aside=aside,
        )
        if len(judged) == JUDGE_AT_ONCE or (alone and judged):
            return True
        page.through()
        patrol.step(clock.now())
        return False


def _judged_no_more(config: Config, store: Store, clock: Clock, mention: int, what: str, why: str) -> None:
    store.leave_out(mention)
    _set_aside(config, store, clock, mention, what, why)


def _set_aside(config: Config, store: Store, clock: Clock, mention: int, what: str, why: str) -> None:
    note = OpsNote(
        key=f"ops:aside:{mention}",
        what=Words(f"{what} 被搁置：{why}；不会为它呼叫任何人", f"{what} is set aside: {why}; nobody is paged for it"),
        where=Words(f"提及 {mention}", f"mention {mention}"),
        fix=Words(
            "请亲自看看这条帖子，并把日志里的堆栈报告给我们",
            "Look at the post yourself, and report the traceback in the log",
        ),
    )
    store.note(note, _operators(config), clock.now())


def _said_plainly(store: Store, clock: Clock, notification: Notification, receiver: str) -> None:
    """A message that cannot be made is told of in the plainest words there are: a page must not be lost for its looks."""
    number = notification.incident_id
    note = OpsNote(
        key=f"ops:aside:{notification.key}",
        what=Words(
            f"关于{f'事件 {number} ' if number else '几个事件'}的消息显示不出来",
            f"a message about {f'incident {number}' if number else 'several incidents'} cannot be shown",
        ),
        where=of_receiver(receiver),
        fix=Words(
            f"看 langyan incidents show {number} 或看板", f"langyan incidents show {number}, or the board, shows it"
        )
        if number
        else Words("看 langyan incidents list", "langyan incidents list shows them"),
    )
    store.note(note, [receiver], clock.now())


def _deliveries(
    config: Config, store: Store, clock: Clock, *, patience: float = AT_ONCE, journal: Journal | None = None
) -> list[Deliverer]:
    journal = journal or Journal()
    return [
        Deliverer(
            receiver=name,
            channel=channel,
            outbox=store,
            clock=clock,
            settle_after=config.settle,
            rng=Random(),  # noqa: S311 - jitter, not secrets
            manners=config.manners,
            klass=partial(policy.klass_for, config.route, name),
            page=journal.page(f"deliver {name}"),
            aside=partial(_said_plainly, store, clock),
        )
        for name, channel in fittings.channels(config, clock, patience=patience).items()
    ]


def _auditor(config: Config, store: Store, clock: Clock, life: Life) -> Auditor:
    names = [receiver.name for receiver in config.receivers]

    def standing_still() -> list[str]:
        stale = set(life.stale(time.monotonic()))
        return [name for name in names if f"deliver {name}" in stale]

    return Auditor(
        outbox=store,
        clock=clock,
        receivers=names,
        fallbacks={
            one.name: Fallback(
                to=one.fallback,
                after=timedelta(seconds=one.fallback_after),
                least=Severity.BLUE if config.route.trial is None else Severity.RED,
            )
            for one in config.receivers
            if one.fallback
        },
        ops=[name for name in names if name == OPS],
        standing_still=standing_still,
    )


def _watch(
    config: Config, base: _Base, vocabulary: Vocabulary, aside: Callable[[Callable[[], Any]], Awaitable[Any]]
) -> Watch:
    return Watch(
        intake=base.store,
        matcher=vocabulary,
        fetch=base.fetch,
        rest=base.fetch.rest,
        clock=base.clock,
        rng=Random(),  # noqa: S311 - jitter, not secrets
        ops=_operators(config),
        aside=aside,
        proving=base.proving,
        journal=base.journal,
    )


def _proving(store: Store, ops: Callable[[], Sequence[str]]) -> Proving:
    """Proves what feeds show; what they do not is said to the operators."""
    return Proving(store, lambda note, now: store.note(note, ops(), now))


class _Served:
    """uvicorn on a socket that was bound before anything else started, so that a port in use stops the start."""

    def __init__(self, server: uvicorn.Server, listener: socket.socket) -> None:
        self._server, self._listener = server, listener

    @property
    def should_exit(self) -> bool:
        return self._server.should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._server.should_exit = value

    async def serve(self) -> None:
        await self._server._serve([self._listener])  # noqa: SLF001 - serve() would take the signals that are the daemon's


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by what it accepts: asyncio sets it only on sockets whose protocol is named, and these are not.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise ConfigError(
            "listen",
            f"{host}:{port} cannot be used ({os.strerror(error.errno or 0)})",
            "Stop the other one, or set another port",
        ) from None
    return listener


def _expect(config: Config) -> None:
    """The series of this configuration, from the first scrape on."""
    metrics.expect(
        feeds=dict(fittings.expected(config)),
        accounts={name: table.limit for name, table in config.accounts.items()},
        receivers=[receiver.name for receiver in config.receivers],
        brands=[brand.name for brand in config.brands],
        pages_at=config.page_at,
    )


def _disk(state: Path) -> Disk:
    found = shutil.disk_usage(state)
    return Disk(found.total, found.free)


def _gauges(config: Config, base: _Base) -> None:
    """Refreshes what is counted in the store rather than as it happens; and gives memory back."""
    give_back()
    base.room.look()
    store, proving, clock = base.store, base.proving, base.clock
    polled = {feed.name for feed in config.feeds if not isinstance(feed.connector, Importing | Streaming)}
    names = dict(fittings.expected(config))
    proving.flush(clock.now(), feeds=names, listens=[name for name in names if name not in polled])
    gauges.refresh(store, fittings.database(config), [receiver.name for receiver in config.receivers])


async def once(config: Config, *, shadow: bool = False, desk: Desk | None = None) -> dict[str, int]:
    """Polls every feed once, scores, judges and delivers what there is, and ends.

    `waiting`: notifications that were not taken (a 429, no network); the next run sends them.
    """
    clock = RealClock()
    with ExitStack() as undo:
        lock = undo.enter_context(fittings.occupy(config))
        store = fittings.open_store(config)
        undo.pop_all()
    scoring = Scoring(config.engine, config.scoring, config.brands, store, clock, desk)
    fetch, proving = fittings.fetcher(config, clock, store), _proving(store, lambda: _operators(config))
    trust = Trust(time.monotonic)
    base = _Base(
        store=store,
        fetch=fetch,
        scoring=scoring,
        clock=clock,
        life=Life(),
        proving=proving,
        trust=trust,
        wall=Wall(book=store, trust=trust, clock=clock, ops=lambda: _operators(config), monotonic=time.monotonic),
        room=Room(
            partial(_disk, config.state),
            store.write_something,
            lambda: Causes(book=store, ops=lambda: _operators(config), clock=clock),
            str(config.state),
        ),
        journal=Journal(),
        shadow=shadow,
    )
    try:
        await asyncio.to_thread(base.wall.started)
        watch = _watch(config, base, Vocabulary(config.brands, store, clock), asyncio.to_thread)
        for feed in config.feeds:
            if not isinstance(feed.connector, Streaming):  # it has no end to wait for
                await watch.poll(feed)
        proving.flush(clock.now(), at_once=True)
        scored = 0
        while found := await asyncio.to_thread(scoring.step):
            scored += found
        going_by, now = fittings.rules(config, shadow=shadow), clock.now()
        usual = Experience(store)
        judged = judge.judge(
            store, going_by, limit=1_000_000, now=now, sizes=usual.sizes(now), others=usual.others(now)
        )
        judged += Patrol(crowds=store, rules=going_by).step(now)
        due.step(store, now)
        for delivery in [] if shadow else _deliveries(config, store, clock, patience=chart.PATIENCE):
            while await asyncio.to_thread(delivery.deliver_one):
                continue
        pages, waiting = sum(judgement.pages for judgement, _ in judged), sum(store.outbox_depth().values())
        return {"scored": scored, "judged": len(judged), "pages": pages, "waiting": waiting}
    finally:
        await fetch.aclose()
        scoring.close()
        store.close()
        lock.close()
