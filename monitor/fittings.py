"""What a house is built of, each made from its configuration; commands that need one of them take it from here."""

import fcntl
import logging
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from importlib import resources
from pathlib import Path
from random import Random
from secrets import token_bytes
from typing import IO, Any, Literal

import structlog

import alerts
from alerts import chart
from alerts.studio import AT_ONCE, Studio
from monitor import coverage
from monitor.alerting import OPS
from monitor.backups import DATABASE
from monitor.config import SNOWNLP_WEIGHTS, SPREAD_WEIGHTS, WEIGHTS, Config
from monitor.errors import ConfigError
from monitor.fetch import TRIES, Budget, Fetcher, quiet_loggers
from monitor.model import Incident
from monitor.pipeline import judge
from monitor.platforms import UNITS
from monitor.ports import Clock
from monitor.scoring import about
from monitor.spread.forecast import FITTED, Forecaster, Weights
from monitor.spread.revisit import Purse
from monitor.store import Store
from monitor.triage.redlines import Touched

AUTHOR_KEY = "author.key"

COUNTED = tuple(platform for platform, unit in UNITS.items() if unit is not None)
"""Platforms on which posts reach people."""


def spread_weights(platform: str) -> str:
    """The name, in the state directory, of the forecast's weights that own posts on a platform have taught."""
    return SPREAD_WEIGHTS if platform == FITTED else f"spread.{platform}.weights.json"


KEPT_WITH_IT = (AUTHOR_KEY, WEIGHTS, SNOWNLP_WEIGHTS, *map(spread_weights, COUNTED))
"""What a backup holds of the state directory beside the database."""


def forecaster(config: Config | None = None) -> Forecaster:
    """The forecast: refitted on an installation's own posts where that was done, else the shipped one; on a platform other than
    Weibo only where own posts have taught it."""
    places = {} if config is None else {platform: config.state / spread_weights(platform) for platform in COUNTED}
    own = {platform: _own_spread(path) for platform, path in places.items() if path.exists()}
    return Forecaster(own[FITTED] if FITTED in own else shipped_spread(), own)


def shipped_spread() -> Weights:
    """The forecast's weights as they come."""
    return Weights.from_json(resources.files("monitor.spread").joinpath("weights.json").read_bytes())


def _own_spread(path: Path) -> Weights:
    try:
        return Weights.from_json(path.read_bytes())
    except ValueError as error:
        raise ConfigError(
            str(path),
            str(error),
            "langyan train spread --from-store makes it anew; without the file the shipped one is used",
        ) from None


def rules(config: Config, *, shadow: bool = False) -> judge.Rules:
    """What judging goes by. `shadow`: judged and logged, nobody told."""
    return judge.Rules(
        forecaster=forecaster(config),
        thresholds=config.thresholds,
        pages_at=config.page_at,
        receivers=() if shadow else tuple(r.name for r in config.receivers if r.name != OPS),
        language=config.language,
        brands=tuple(brand.name for brand in config.brands),
        surges=config.surge,
        redlines=red_lines(config),
        route=None if shadow else config.route,
    )


def red_lines(config: Config) -> dict[str, Callable[[str], Touched]]:
    """For each brand what says which red lines a text touches."""
    names = about(config.brands)
    return {brand: partial(lines.read, about=names[brand]) for brand, lines in config.redlines.items()}


def database(config: Config) -> Path:
    return config.state / DATABASE


def open_store(config: Config) -> Store:
    """The database in the state directory, made and migrated as needed, with the key that hides author ids."""
    with _writing(config.state):
        config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = _author_key(config.state / AUTHOR_KEY)
        if not database(config).exists():
            database(config).touch(mode=0o600)  # its owner's alone, in a folder that was there and is everybody's too
    return Store.open(database(config), hash_key=key)


def read_store(config: Config) -> Store:
    """The database for reading alone, while a daemon may be running."""
    return Store.reading(database(config))


def occupy(config: Config) -> IO[bytes]:
    """Holds the state directory for this process until closed; the kernel lets go when it ends, however it ends.

    Two daemons would poll everything twice, and each would judge by looks that the other does not know of.
    """
    with _writing(config.state):
        config.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (config.state / "langyan.lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise ConfigError(
            "state", f"another langyan run works in {config.state}", "Stop it first, or set another state"
        ) from None
    return lock


@contextmanager
def _writing(state: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            "state", f"{state} cannot be written ({error.strerror})", "Create it for this user, or set state"
        ) from None


def _author_key(path: Path) -> bytes:
    """The key is made once and kept: losing it makes known authors strangers, nothing worse."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(token_bytes(32))
    return path.read_bytes()


def fetcher(config: Config, clock: Clock, book: Any) -> Fetcher:
    """The feeds' only socket. `book` keeps budgets across restarts; None forgets them."""
    tries = TRIES if book else 2  # somebody waits for a one-off check
    return Fetcher(clock=clock, rng=Random(), budgets=budgets(config), book=book, tries=tries)  # noqa: S311 - jitter, not secrets


def budgets(config: Config) -> dict[str, Budget]:
    """What each account may be asked."""
    return {
        name: Budget(
            limit=table.limit, window=table.window, shares={"discover": table.discover, "revisit": table.revisit}
        )
        for name, table in config.accounts.items()
    }


def purses(config: Config) -> dict[str, Purse]:
    """How often each account may look again."""
    return {
        name: Purse.of(math.ceil(table.limit * table.revisit), table.window) for name, table in config.accounts.items()
    }


def channels(config: Config, clock: Clock, *, patience: float = AT_ONCE) -> dict[str, Any]:
    """Each receiver's channel, ready to send. Those that speak with one token share what it may ask. `patience`: real seconds
    that telling people waits for a picture."""
    budgets: dict[str, Any] = {}
    ready: dict[str, Any] = {}
    pictures = _Pictures(config, patience)
    for receiver in config.receivers:
        kind = alerts.load(receiver.type)
        more: dict[str, Any] = {"shows": receiver.shows}
        if hasattr(kind, "budget_for"):
            whose, budget = kind.budget_for(receiver.options, clock)
            more["budget"] = budgets.setdefault(whose, budget)
            more["pictures"] = pictures
        ready[receiver.name] = kind(
            receiver.options, clock=clock, language=config.language, board_url=config.public_url, **more
        )
    return ready


class _Pictures:
    """Draws the spread of an incident's post with the line from which it hurts."""

    def __init__(self, config: Config, patience: float) -> None:
        self.config = config
        self.draw = Studio(self._draw, patience).draw

    def _draw(self, incident: Incident, now: datetime) -> bytes | None:
        return chart.draw(incident, self.config.language, now, hurts=self._hurts(incident))

    def alt(self, incident: Incident, now: datetime) -> str:
        return chart.alt(incident, self.config.language, now, hurts=self._hurts(incident))

    def _hurts(self, incident: Incident) -> int | None:
        lead = incident.lead
        return self.config.thresholds.hurts(incident.brand, lead.post.platform) if lead else None


def log_to(style: str, stream: Any = None, *, at_least: Literal["info", "warning", "critical"] = "info") -> None:
    """Structured logs on stderr: JSON for journald and files, plain lines on a terminal. A traceback shows no local variables, for
    those hold what strangers wrote."""
    quiet_loggers()
    stream = stream or sys.stderr
    plain = style == "console" or (style == "auto" and stream.isatty())
    lines = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = lines if plain else structlog.processors.JSONRenderer(ensure_ascii=False)
    processors: Sequence[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if plain else [structlog.processors.format_exc_info]),
        renderer,
    ]
    structlog.configure(
        processors=list(processors),
        wrapper_class=structlog.make_filtering_bound_logger(at_least),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s", force=True)


def sight(config: Config) -> tuple[coverage.Row, ...]:
    """What will be seen of each platform."""
    pushed = [coverage.door(name, door.platform) for name, door in config.doors.items()]
    return coverage.of(config.feeds, config.accounts, pushed)


def expected(config: Config) -> Iterator[tuple[str, float]]:
    """How often each feed is polled, and something is pushed at each door."""
    yield from ((feed.name, feed.every) for feed in config.feeds)
    yield from ((door.name, door.every) for door in config.doors.values())
