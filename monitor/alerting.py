"""The tables of `[alerts]`: which receiver is told of what, how loudly, and how often."""

from collections.abc import Collection
from dataclasses import replace
from datetime import time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from alerts.masking import Shows
from alerts.policy import Manners, Route, pages_everyone, pages_from
from connectors.short_links import SITE
from monitor.errors import ConfigError
from monitor.model import Severity, TellClass
from monitor.tables import Table, seconds

OPS = "ops"
"""The receiver of this name hears what operators must do; every other one is told of incidents."""

Colour = Literal["blue", "yellow", "orange", "red"]
_Seconds = Annotated[float, BeforeValidator(seconds)]


def _of_day(text: object) -> time:
    try:
        hour, minute = str(text).split(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError('write a time of day as "09:00"') from None


class StormTable(Table):
    """`[alerts.storm]`: from how many pages on they are one message with a table."""

    limit: int = Field(default=Manners().storm_limit, ge=1)
    window: _Seconds = Manners().storm_window.total_seconds()


class RouteTable(Table):
    """`[alerts.route]` and its `[[alerts.route.routes]]`: see `alerts.policy.Route`; None is what the node above says."""

    receivers: tuple[str, ...] | None = None
    klass: Literal["page", "notify", "digest"] | None = Field(default=None, alias="class")
    brand: tuple[str, ...] = ()
    severity: Colour = "blue"
    goes_on: bool = Field(default=False, alias="continue")
    routes: tuple["RouteTable", ...] = ()

    @field_validator("brand", mode="before")
    @classmethod
    def _one_or_more(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given


class AlertsTable(Table):
    """`[alerts]`: who is told, and from which severity on."""

    mode: Literal["live", "trial"] = "live"
    trial: str = ""
    page_at: Colour = "orange"
    public_url: str = ""
    short_links: str = SITE
    settle: _Seconds = 15.0
    repeat: tuple[_Seconds, ...] = tuple(after.total_seconds() for after in Manners().repeat)
    digest: tuple[Annotated[time, BeforeValidator(_of_day)], ...] = Field(default=Manners().digest_at, min_length=1)
    digest_full: int = Field(default=Manners().digest_full, ge=1)
    storm: StormTable = StormTable()
    route: RouteTable | None = None
    receivers: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("repeat")
    @classmethod
    def _in_order(cls, given: tuple[float, ...]) -> tuple[float, ...]:
        if list(given) != sorted(set(given)) or any(after <= 0 for after in given):
            raise ValueError("each time is later than the one before it")
        return given


class ReceiverTable(Table):
    """The keys that every `[alerts.receivers.NAME]` has; the rest are its channel's own options."""

    type: str
    shows: Shows = "masked"
    fallback: tuple[str, ...] = ()
    fallback_after: _Seconds = 20.0


def manners(table: AlertsTable) -> Manners:
    """How people are told."""
    return Manners(
        repeat=tuple(timedelta(seconds=after) for after in table.repeat),
        storm_limit=table.storm.limit,
        storm_window=timedelta(seconds=table.storm.window),
        digest_at=table.digest,
        digest_full=table.digest_full,
    )


def route(table: AlertsTable, brands: Collection[str]) -> Route:
    """Who is told of what. ConfigError where a receiver or brand does not exist, or where a brand would never page."""
    told = tuple(name for name in table.receivers if name != OPS)
    if table.trial and table.trial not in told:
        known = ", ".join(sorted(told)) or "none"
        raise ConfigError("alerts.trial", f"there is no receiver {table.trial}", f"There are: {known}")
    quiet = ((table.trial,) if table.trial else ()) if table.mode == "trial" else None
    if table.route is None:
        woken = tuple(name for name in told if name != table.trial) or told
        return replace(pages_everyone(woken, Severity[table.page_at.upper()]), trial=quiet)
    whole = replace(_route(table.route, Route(), "alerts.route", told, brands), trial=quiet)
    for brand in brands if told else ():
        if pages_from(whole, brand) is None:
            fix = 'Give a node class = "page" and receivers that hold for it'
            raise ConfigError("alerts.route", f"nobody is ever paged for {brand}", fix)
    return whole


def _route(table: RouteTable, above: Route, place: str, receivers: Collection[str], brands: Collection[str]) -> Route:
    for name in table.receivers or ():
        if name not in receivers:
            known = ", ".join(sorted(receivers)) or "none"
            raise ConfigError(f"{place}.receivers", f"there is no receiver {name}", f"There are: {known}")
    for name in table.brand:
        if name not in brands:
            raise ConfigError(f"{place}.brand", f"there is no brand {name}", "Name one of the [[brand]] tables")
    node = Route(
        receivers=above.receivers if table.receivers is None else table.receivers,
        klass=above.klass if table.klass is None else TellClass(table.klass),
        brands=frozenset(table.brand),
        severity=Severity[table.severity.upper()],
        goes_on=table.goes_on,
    )
    below = tuple(
        _route(child, node, f"{place}.routes[{number}]", receivers, brands) for number, child in enumerate(table.routes)
    )
    return Route(
        receivers=node.receivers,
        klass=node.klass,
        brands=node.brands,
        severity=node.severity,
        goes_on=node.goes_on,
        routes=below,
    )
