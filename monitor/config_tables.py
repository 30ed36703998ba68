"""The tables of the TOML file, and what is said of one that does not hold."""

import difflib
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, SecretStr, TypeAdapter, ValidationError, field_validator

from monitor.alerting import AlertsTable, RouteTable, StormTable
from monitor.errors import ConfigError
from monitor.sentiment import BASE_RATE
from monitor.spread.surge import Limits
from monitor.tables import Table, seconds
from monitor.triage.incident import SETTLED
from monitor.triage.severity import OFFICIAL


class BrandTable(Table):
    """`[[brand]]`: whose posts these are."""

    name: str = Field(min_length=1)
    match: str = ""
    match_file: str = ""
    also: str = ""
    exclude: str = Field("", alias="except")
    context: str = ""
    own: tuple[str, ...] = ()
    products: dict[str, str] = Field(default_factory=dict)
    viral: dict[str, int] = Field(default_factory=dict)
    redlines_file: str = ""
    redlines_off: tuple[str, ...] = ()


class LevelTable(Table):
    """`[severity.COLOUR]`: see `monitor.triage.severity.Level`; what is left out keeps its default."""

    risk: float | None = Field(None, ge=0, le=1)
    reach: float | None = Field(None, ge=0)
    reposts: int | None = Field(None, ge=0)
    views: int | None = Field(None, ge=0)
    official: bool | None = None


class SurgeTable(Table):
    """`[surge]`: see `monitor.spread.surge.Limits`."""

    posts: int = Field(default=Limits().posts, ge=1)
    yellow: float = Limits().yellow
    orange: float = Limits().orange

    _once_in = field_validator("yellow", "orange", mode="before")(seconds)


class AccountTable(Table):
    """`[accounts.NAME]`: how many requests an account may make in a window, and how they are shared out."""

    limit: int = Field(100, gt=0)
    window: float = 86400.0
    discover: float = Field(0.5, ge=0, le=1)
    revisit: float = Field(0.5, ge=0, le=1)

    _window = field_validator("window", mode="before")(seconds)


class ScoreTable(Table):
    """`[score]`: which engine judges texts, and what it goes by."""

    engine: Literal["linear", "snownlp", "cascade"] = "linear"
    base_rate: float = Field(default=BASE_RATE, gt=0, lt=1)
    evasions_file: str = ""


class BoardTable(Table):
    """`shows`: what the board shows of what strangers wrote, as a receiver's does. Whoever may read it is not asked who they are."""

    shows: Literal["masked", "full"] = "masked"


class File(Table):
    """The whole file."""

    language: Literal["zh", "en"] = "zh"
    state: str = "/var/lib/langyan"
    listen: str = "127.0.0.1:9733"
    log: Literal["auto", "json", "console"] = "auto"
    brand: list[BrandTable] = Field(default_factory=list)
    feed: list[dict[str, Any]] = Field(default_factory=list)
    severity: dict[Literal["blue", "yellow", "orange", "red"], LevelTable] = Field(default_factory=dict)
    surge: SurgeTable = SurgeTable()
    official: tuple[str, ...] = OFFICIAL
    settled: float = SETTLED.total_seconds()
    keep_days: int = Field(90, ge=1, le=36_500)
    evidence_days: int = Field(365, ge=0, le=36_500)
    accounts: dict[str, AccountTable] = Field(default_factory=dict)
    score: ScoreTable = ScoreTable()
    ingest: dict[str, dict[str, Any]] = Field(default_factory=dict)
    board: BoardTable = BoardTable()
    alerts: AlertsTable = AlertsTable()

    _settled = field_validator("settled", mode="before")(seconds)


class FeedTable(Table):
    """The keys every `[[feed]]` has; the rest are the connector's own options."""

    name: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    type: str
    brand: str = ""
    every: float = 300.0
    account: str = ""
    pace: float = 1.0
    timeout: float = 30.0
    proxy: SecretStr | None = None
    ca_file: str | None = None
    allow_private: frozenset[str] = frozenset()

    _durations = field_validator("every", "pace", "timeout", mode="before")(seconds)


def checked(kind: Any, raw: Mapping[str, Any], place: str) -> Any:
    """Validates `raw` as `kind`; every problem becomes one line `place.key: what is wrong`."""
    try:
        return TypeAdapter(kind).validate_python(dict(raw))
    except ValidationError as error:
        lines = [_problem(item, kind, place) for item in error.errors(include_input=False, include_url=False)]
    raise ConfigError("", "\n".join(lines))


def _problem(item: Any, kind: Any, place: str) -> str:
    path = place
    for step in item["loc"]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    if item["type"] != "extra_forbidden":
        return f"{path}: {item['msg'].removeprefix('Value error, ')}"
    known = [field.alias or name for name, field in _model_at(kind, item["loc"][:-1]).model_fields.items()]
    near = difflib.get_close_matches(str(item["loc"][-1]), known, 1)
    return f"{path}: unknown key. " + (f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}")


def _model_at(kind: Any, path: tuple[Any, ...]) -> Any:
    """The table class in which an unknown key was found, by walking the path through `File`'s nested tables."""
    nested = {"brand": BrandTable, "severity": LevelTable, "accounts": AccountTable, "score": ScoreTable}
    nested |= {"alerts": AlertsTable, "surge": SurgeTable, "board": BoardTable}
    if path[:1] == ("alerts",) and len(path) > 1:
        return {"storm": StormTable, "route": RouteTable}.get(str(path[1]), AlertsTable)
    return nested.get(str(path[0]), kind) if path else kind
