"""Who is told how loudly, when a living message is worth renewing, when what did not go through is tried again. Pure."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from alerts.words import SHANGHAI
from monitor.model import Forecast, Incident, IncidentState, NotificationKind, Outcome, Receipt, Severity, TellClass

MILESTONES = tuple(step * 10**power for power in range(9) for step in (1, 2, 5))
"""1, 2, 5, 10, 20, 50, …: each about twice the one before, and numbers that people think in."""

POST_EVERY = 1.0
"""Clock seconds between two new messages to one channel: what chat channels commonly allow."""

LONGEST_BACKOFF = 60.0
"""Seconds between two tries at most, while a receiver cannot be reached."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """A node of the tree that says who is told, and how loudly.

    It holds incidents of `brands` (none: of every brand) from `severity` on. Of `routes` below it the first that holds decides,
    and where one says `goes_on` the next one too; what none of them holds is told to this node's `receivers`.

    `trial`, at the root alone: below red nobody is woken, and what would wake somebody goes to these receivers as TRIAL, or where
    none is named to whoever would be woken. Red is told as always, and shown to these receivers too. None: live.
    """

    receivers: tuple[str, ...] = ()
    klass: TellClass = TellClass.PAGE
    brands: frozenset[str] = frozenset()
    severity: Severity = Severity.BLUE
    goes_on: bool = False
    routes: tuple["Route", ...] = ()
    trial: tuple[str, ...] | None = None

    def holds(self, brand: str, severity: Severity) -> bool:
        return severity >= self.severity and (not self.brands or brand in self.brands)


def pages_everyone(receivers: Collection[str], page_at: Severity) -> Route:
    """The route of a configuration that has none: from `page_at` on every receiver is paged."""
    return Route(routes=(Route(receivers=tuple(receivers), severity=page_at),))


def routed(route: Route, brand: str, severity: Severity) -> tuple[tuple[str, TellClass], ...]:
    """Who is told of a brand's incident at this level. A receiver that two routes name is told as the louder one says."""
    loudest: dict[str, TellClass] = {}
    for receiver, klass in _held(route, brand, severity):
        if receiver not in loudest or _LOUD[klass] > _LOUD[loudest[receiver]]:
            loudest[receiver] = klass
    if route.trial is not None:
        loudest = _on_trial(loudest, route.trial, severity)
    return tuple(loudest.items())


def _on_trial(told: Mapping[str, TellClass], quiet: Collection[str], severity: Severity) -> dict[str, TellClass]:
    paged = [receiver for receiver, klass in told.items() if klass is TellClass.PAGE]
    if not paged:
        return dict(told)
    if severity >= Severity.RED:
        return {**dict.fromkeys(quiet, TellClass.NOTIFY), **told}
    rest = {receiver: klass for receiver, klass in told.items() if klass is not TellClass.PAGE}
    return {**rest, **dict.fromkeys(quiet or paged, TellClass.TRIAL)}


def pages_from(route: Route, brand: str) -> Severity | None:
    """The lowest level at which anybody is paged for a brand, or would be but for a trial; None: nobody ever is."""
    for severity in Severity:
        if any(klass in _PAGES for _, klass in routed(route, brand, severity)):
            return severity
    return None


def klass_for(route: Route, receiver: str, incident: Incident) -> TellClass:
    """How loudly a receiver is told of an incident as it stands. One that no route names any more, but that has its message, is not
    woken. On trial a message goes on asking, however low its incident fell, until somebody took it in hand."""
    level = incident.severity
    if route.trial is not None and incident.paged_at is not None and level < Severity.RED:
        level = max(level, pages_from(route, incident.brand) or level)
    klass = dict(routed(route, incident.brand, level)).get(receiver, TellClass.NOTIFY)
    asks = incident.state in (IncidentState.OPEN, IncidentState.DORMANT)
    return TellClass.NOTIFY if klass is TellClass.TRIAL and not asks else klass


def on_trial(route: Route, brands: Collection[str]) -> tuple[str, ...]:
    """The receivers that hear of a trial; none where there is no trial."""
    told = (routed(route, brand, severity) for brand in brands for severity in Severity)
    return tuple(dict.fromkeys(name for pairs in told for name, klass in pairs if klass is TellClass.TRIAL))


def tells(
    route: Route, brand: str, level: Severity, *, pages: bool, stirs: bool, paged: bool, was: Severity | None = None
) -> tuple[tuple[str, NotificationKind], ...]:
    """What an incident's change at this level says to whom.

    `pages`: people are to be woken now; `stirs`: there is something new to say; `paged`: they were woken already, so who heard then
    goes on hearing, however low it fell. `was`: the level before; what was paged on trial alone pages in earnest once it is red.
    """
    if route.trial is not None and was is not None and was < Severity.RED <= level:
        pages = pages or paged
    if not pages and not stirs:
        return ()
    told = {receiver: _SAID[klass] for receiver, klass in routed(route, brand, level)}
    if pages:
        told |= {receiver: NotificationKind.ROOT for receiver, klass in routed(route, brand, level) if klass in _PAGES}
    first = pages_from(route, brand) if paged else None
    if first is not None and first > level:
        told |= {receiver: NotificationKind.UPDATE for receiver, _ in routed(route, brand, first)}
    return tuple(told.items())


_PAGES = (TellClass.PAGE, TellClass.TRIAL)

_SAID = {
    TellClass.PAGE: NotificationKind.UPDATE,
    TellClass.TRIAL: NotificationKind.UPDATE,
    TellClass.NOTIFY: NotificationKind.UPDATE,
    TellClass.DIGEST: NotificationKind.DIGEST,
}
"""What is told where nobody is to be woken; a change of a message that a receiver never had begins it."""

_LOUD = {TellClass.DIGEST: 0, TellClass.NOTIFY: 1, TellClass.TRIAL: 2, TellClass.PAGE: 3}


def _held(route: Route, brand: str, severity: Severity) -> Iterator[tuple[str, TellClass]]:
    below = False
    for child in route.routes:
        if child.holds(brand, severity):
            below = True
            yield from _held(child, brand, severity)
            if not child.goes_on:
                return
    if not below:
        yield from ((receiver, route.klass) for receiver in route.receivers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manners:
    """How people are told. Times are of the clock.

    `repeat`: how long after a page it is repeated while nobody acknowledges it. More than `storm_limit` pages for a receiver
    within `storm_window` are one message with a table. A digest goes out at each of `digest_at` (Shanghai), or once `digest_full`
    rows wait.
    """

    repeat: tuple[timedelta, ...] = (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20))
    storm_limit: int = 8
    storm_window: timedelta = timedelta(minutes=5)
    digest_at: tuple[time, ...] = (time(9), time(18))
    digest_full: int = 20


def repeat_after(number: int, times: Sequence[timedelta]) -> timedelta | None:
    """How long after a page's repeat of this number (0: the page) the next one comes; None: it was the last."""
    if number >= len(times):
        return None
    return times[number] - (times[number - 1] if number else timedelta())


def next_digest(after: datetime, at: Collection[time]) -> datetime:
    """The first moment after `after` at which a digest goes out."""
    here = after.astimezone(SHANGHAI)
    days = (here.date(), here.date() + timedelta(days=1))
    return min(
        moment for day in days for when in at if (moment := datetime.combine(day, when, SHANGHAI)) > here
    ).astimezone(after.tzinfo)


def material(old: Incident, forecast: Forecast | None, posts: int) -> bool:
    """Whether what is known now differs enough from `old`, as last stored, to renew its message.

    The stored forecast is replaced at every look, so a comparison of two looks would never see slow growth. What counts
    is a milestone passed between them, which slow growth passes too.
    """
    if _step(posts) != _step(old.posts):
        return True
    if forecast is None:
        return False
    before = old.forecast
    if before is None or before.unit != forecast.unit:
        return True
    return _step(forecast.now) != _step(before.now) or _step(forecast.median) != _step(before.median)


def _step(amount: float) -> int:
    return bisect_right(MILESTONES, amount)


def retry_at(receipt: Receipt, attempts: int, now: datetime, rng: Random, *, settle_after: float) -> datetime | None:
    """When a row may be taken up again; None: it is over.

    `attempts` made so far, this one included. `settle_after`: seconds the other side may take to store what it was sent,
    before which looking for a message in doubt proves nothing. Jitter keeps receivers that failed together apart.
    """
    backoff = min(LONGEST_BACKOFF, 2.0 ** min(max(attempts - 1, 0), 10) * rng.uniform(1.0, 1.5))
    match receipt.outcome:
        case Outcome.SENT | Outcome.PERMANENT:
            return None
        case Outcome.AMBIGUOUS:
            wait = max(settle_after, backoff, receipt.retry_after or 0.0)
        case Outcome.RATE_LIMITED if receipt.retry_after is not None:
            wait = receipt.retry_after + rng.uniform(0.0, 0.5)
        case Outcome.RATE_LIMITED | Outcome.REFUSED:
            wait = backoff
    return now + timedelta(seconds=wait)
