"""The TOML file becomes values, or the start is refused naming the place. Secrets come from files, never from the TOML."""

import dataclasses
import difflib
import ipaddress
import tomllib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_type_hints

import alerts
import connectors
from alerts.masking import Shows
from alerts.policy import Manners, Route
from monitor import doors
from monitor.alerting import ReceiverTable, manners, route
from monitor.config_secrets import secret, text, toml
from monitor.config_tables import AccountTable, BrandTable, FeedTable, File, ScoreTable, checked
from monitor.errors import ConfigError
from monitor.model import Severity
from monitor.ports import Connector
from monitor.sentiment import Options
from monitor.sentiment.prepare import load_evasions
from monitor.spread.surge import Limits
from monitor.triage.redlines import RedLines
from monitor.triage.redlines_own import extended
from monitor.triage.severity import DEFAULT_LEVELS, Level, Thresholds
from monitor.watch import wordfile
from monitor.watch.query import Brand, Query


@dataclasses.dataclass(frozen=True, kw_only=True)
class Feed:
    """One feed: its connector, how often it is polled, how its requests are sent."""

    name: str
    type: str
    brand: str
    connector: Connector
    every: float
    account: str
    pace: float
    timeout: float
    proxy: str | None
    ca_file: str | None
    allow_private: frozenset[str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Receiver:
    """One receiver: its channel class with the options that the TOML gave, and the keys that every receiver has."""

    name: str
    type: str
    options: Any
    shows: Shows
    fallback: tuple[str, ...]
    fallback_after: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Everything the operator said, checked."""

    path: Path
    language: Literal["zh", "en"]
    state: Path
    host: str
    port: int
    log: str
    brands: tuple[Brand, ...]
    redlines: Mapping[str, RedLines]
    feeds: tuple[Feed, ...]
    doors: Mapping[str, doors.Door]
    thresholds: Thresholds
    surge: Limits
    accounts: Mapping[str, AccountTable]
    engine: str
    scoring: Options
    page_at: Severity
    public_url: str
    short_links: str
    board_shows: Shows
    settle: float
    receivers: tuple[Receiver, ...]
    route: Route
    manners: Manners
    keep: timedelta
    """How long posts that no incident needs are kept after they were last seen."""
    evidence: timedelta
    """How long an incident's evidence is kept once it is over."""


WEIGHTS, SNOWNLP_WEIGHTS = "linear.weights", "snownlp.weights"
SPREAD_WEIGHTS = "spread.weights.json"
"""In the state directory: what `langyan train` made of own labels, texts and posts; read in place of the shipped weights."""


def _scoring(table: ScoreTable, here: Path, state: Path) -> Options:
    evasions = str(here / table.evasions_file) if table.evasions_file else ""
    if evasions:
        load_evasions(Path(evasions))
    weights, snownlp = (str(own) if own.exists() else "" for own in (state / WEIGHTS, state / SNOWNLP_WEIGHTS))
    return Options(base_rate=table.base_rate, weights=weights, snownlp=snownlp, evasions=evasions)


def load(path: Path) -> Config:
    """Reads and checks a configuration file. ConfigError names the place of the first problems."""
    return build(toml(path), path)


def language_of(path: Path) -> Literal["zh", "en"]:
    """What people here read, for a command that needs no configuration: a file that is missing or bad says nothing of it."""
    try:
        return load(path).language
    except ConfigError:
        return "zh"


def build(raw: Mapping[str, Any], path: Path) -> Config:
    """The configuration from a parsed TOML table; relative file names are looked up beside `path`."""
    file = checked(File, raw, "")
    here = path.parent
    host, port = _listen(file.listen)
    brands = tuple(_brand(table, f"brand[{number}]", here) for number, table in enumerate(file.brand))
    _unique([brand.name for brand in brands], "brand", "name")
    feeds = tuple(_feed(table, f"feed[{number}]", here) for number, table in enumerate(file.feed))
    _unique([feed.name for feed in feeds], "feed", "name")
    for number in range(len(feeds)):
        given = file.feed[number].get("account")
        if given and given not in file.accounts:
            raise ConfigError(f"feed[{number}].account", f"there is no [accounts.{given}]", "Add the table or the name")
    named = {brand.name for brand in brands}
    for number, feed in enumerate(feeds):
        if feed.brand and feed.brand not in named:
            raise ConfigError(
                f"feed[{number}].brand", f"there is no brand {feed.brand}", "Name one of the [[brand]] tables"
            )
    receivers = tuple(
        _receiver(name, table, f"alerts.receivers.{name}", here) for name, table in file.alerts.receivers.items()
    )
    for receiver in receivers:
        for name in receiver.fallback:
            if name == receiver.name or name not in file.alerts.receivers:
                place = f"alerts.receivers.{receiver.name}.fallback"
                raise ConfigError(place, f"{name} is no other receiver", "Name one of the [alerts.receivers] tables")
    return Config(
        path=path,
        language=file.language,
        state=here / file.state,
        host=host,
        port=port,
        log=file.log,
        brands=brands,
        redlines=_redlines(file.brand, here),
        feeds=feeds,
        doors=_doors(file.ingest, named, feeds, here),
        thresholds=_thresholds(file),
        surge=Limits(**file.surge.model_dump()),
        accounts=file.accounts,
        engine=file.score.engine,
        scoring=_scoring(file.score, here, here / file.state),
        page_at=Severity[file.alerts.page_at.upper()],
        public_url=file.alerts.public_url.rstrip("/"),
        short_links=file.alerts.short_links.rstrip("/"),
        board_shows=file.board.shows,
        settle=file.alerts.settle,
        receivers=receivers,
        route=route(file.alerts, sorted(named)),
        manners=manners(file.alerts),
        keep=timedelta(days=file.keep_days),
        evidence=timedelta(days=file.evidence_days),
    )


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise ConfigError("listen", f"{text!r} is not host:port", 'Write for example "127.0.0.1:9733"')
    host = host.strip("[]")
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            "listen",
            f"{host} is reachable by others and nothing here asks who they are",
            "Listen on 127.0.0.1 and put a reverse proxy with authentication before it",
        )
    return host, int(port)


def _brand(table: BrandTable, place: str, here: Path) -> Brand:
    if bool(table.match) == bool(table.match_file):
        raise ConfigError(place, "needs either match or match_file")
    if table.match_file:
        where = f"{place}.match_file"
        match = wordfile.query(text(here / table.match_file, where), where)
    else:
        match = Query.parse(table.match, place=f"{place}.match")
    for author in table.own:
        if ":" not in author:
            raise ConfigError(f"{place}.own", f"{author!r} names no platform", 'Write "weibo:1700000001"')
    return Brand(
        name=table.name,
        match=match,
        also=Query.parse(table.also, place=f"{place}.also") if table.also else None,
        exclude=Query.parse(table.exclude, place=f"{place}.except") if table.exclude else None,
        context=Query.parse(table.context, place=f"{place}.context") if table.context else None,
        own=frozenset(table.own),
        products={name: Query.parse(words, place=f"{place}.products.{name}") for name, words in table.products.items()},
        viral=table.viral,
    )


def _feed(raw: Mapping[str, Any], place: str, here: Path) -> Feed:
    if "type" not in raw:
        raise ConfigError(place, "has no type", f"One of {', '.join(sorted(connectors.CONNECTORS))}")
    try:
        kind = connectors.load(str(raw["type"]))
    except ConfigError as error:
        raise ConfigError(f"{place}.type", error.problem or str(error), error.fix) from None
    common = {key: value for key, value in raw.items() if key in FeedTable.model_fields}
    if "proxy" in common:
        common["proxy"] = secret(common["proxy"], f"{place}.proxy", here)
    table = checked(FeedTable, common, place)
    own = {key: value for key, value in raw.items() if key not in FeedTable.model_fields}
    connector = _options(kind, own, place, here, f"a {table.type} feed", tuple(FeedTable.model_fields))
    return Feed(
        name=table.name,
        type=table.type,
        brand=table.brand,
        connector=connector,
        every=table.every,
        account=table.account or connector.account,
        pace=table.pace,
        timeout=table.timeout,
        proxy=table.proxy.get_secret_value() if table.proxy else None,
        ca_file=table.ca_file,
        allow_private=table.allow_private,
    )


def _doors(
    tables: Mapping[str, Mapping[str, Any]], brands: set[str], feeds: tuple[Feed, ...], here: Path
) -> dict[str, doors.Door]:
    read: dict[str, doors.DoorTable] = {}
    for name, raw in tables.items():
        place = f"ingest.{name}"
        sealed = {"secret": secret(raw["secret"], f"{place}.secret", here)} if "secret" in raw else {}
        read[name] = checked(doors.DoorTable, {**raw, **sealed}, place)
    return doors.doors(read, frozenset(brands), frozenset(feed.name for feed in feeds))


def _receiver(name: str, raw: Mapping[str, Any], place: str, here: Path) -> Receiver:
    kind = str(raw.get("type", ""))
    try:
        options = alerts.load(kind).Options
    except ConfigError as error:
        raise ConfigError(f"{place}.type", error.problem or str(error), error.fix) from None
    common = checked(ReceiverTable, {k: v for k, v in raw.items() if k in ReceiverTable.model_fields}, place)
    own = {key: value for key, value in raw.items() if key not in ReceiverTable.model_fields}
    given = _options(options, own, place, here, f"a {kind} receiver", tuple(ReceiverTable.model_fields))
    return Receiver(name=name, options=given, **common.model_dump())


def _options(kind: Any, raw: Mapping[str, Any], place: str, here: Path, what: str, also: tuple[str, ...]) -> Any:
    """Builds a dataclass whose fields are its options. Secrets are read here; unknown keys stop the start."""
    hints = get_type_hints(kind)
    known = [item.name for item in dataclasses.fields(kind) if item.init]
    for key in raw:
        if key not in known:
            near = difflib.get_close_matches(key, [*known, *also], 1)
            fix = f"Did you mean {near[0]}?" if near else f"{what} takes {', '.join([*also, *known])}"
            raise ConfigError(f"{place}.{key}", "unknown key", fix)
    values = {
        key: secret(value, f"{place}.{key}", here) if "SecretStr" in str(hints[key]) else value
        for key, value in raw.items()
    }
    return checked(kind, values, place)


def _thresholds(file: File) -> Thresholds:
    levels = dict(DEFAULT_LEVELS)
    for colour, table in file.severity.items():
        severity = Severity[colour.upper()]
        given = {key: value for key, value in table.model_dump().items() if value is not None}
        levels[severity] = dataclasses.replace(levels.get(severity, Level()), **given)
    return Thresholds(
        levels=levels,
        viral={brand.name: brand.viral for brand in file.brand},
        official=file.official,
        settled=timedelta(seconds=file.settled),
    )


def _redlines(tables: Sequence[BrandTable], here: Path) -> dict[str, RedLines]:
    """For each brand the shipped lines, with its own beside them and without those it turns off. Brands that change them alike share
    them, for compiling takes as long as a short look at a feed."""
    shipped = tomllib.loads(resources.files("monitor.triage").joinpath("redlines.toml").read_text("utf-8"))
    compiled: dict[frozenset[str], RedLines] = {}
    found: dict[str, RedLines] = {}
    for number, table in enumerate(tables):
        off, where = frozenset(table.redlines_off), f"brand[{number}].redlines_off"
        if table.redlines_file:
            where = f"brand[{number}].redlines_file: {table.redlines_file}"
            found[table.name] = RedLines(_extended(shipped, table, where, here), off=off, place=where)
            continue
        if off not in compiled:
            compiled[off] = RedLines(shipped, off=off, place=where)
        found[table.name] = compiled[off]
    return found


def _extended(shipped: Mapping[str, Any], table: BrandTable, where: str, here: Path) -> Mapping[str, Any]:
    try:
        own = tomllib.loads(text(here / table.redlines_file, where))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(where, f"is not TOML: {error}") from None
    return extended(shipped, own, where)


def _unique(names: list[str], table: str, key: str) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ConfigError(f"{table}[{number}].{key}", f"{name!r} is taken by {table}[{names.index(name)}]")
