"""The only loop that tells people: claim, render, send, settle. One for each receiver.

A row is marked as being sent before anyone is told. A row in doubt (a killed process, an answer that never came) is
looked for in the channel before it is sent again; where that cannot be read it is sent again, marked as a repeat.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import structlog

from alerts import policy
from alerts.budget import Budget, Lane, Paced
from alerts.policy import Manners
from monitor import metrics
from monitor.journal import Page
from monitor.model import Incident, IncidentState, Notification, NotificationKind, Outcome, Receipt, TellClass
from monitor.ports import Channel, Clock, Drawing, Finding, Following, Outbox

log = structlog.get_logger()

_IN_HAND = (IncidentState.ACKNOWLEDGED, IncidentState.RESPONDING)

PUT_OFF = timedelta(seconds=20)
"""For so long, times the attempts there were, a page waits that ended the process twice."""

LOOK_FOR = 60.0
"""Clock seconds for which a message in doubt is looked for while looking itself fails. Better to page twice than not at all."""

SWEEP = 5.0
"""Clock seconds after which the outbox is looked at even if nobody woke us."""

SHORTEST_WAIT = 0.05

PATIENCE = 2.5
"""Clock seconds that one row is waited for because of pace; a channel that asked for rest is left for longer."""

JUST_NOW = timedelta(seconds=60)
"""A process that told somebody this shortly before we began may have used up what the channel allows."""

PICTURE_TRIES = 3
"""A picture that cannot be had is done without."""

UNTIL_IT_SHOWS = timedelta(seconds=5)
"""How long after its upload a picture may be named: it is looked through first."""

PAGES = frozenset({NotificationKind.ROOT, NotificationKind.STORM, NotificationKind.REPEAT})
"""What a place is kept for in every budget."""

ONTO_ONE = frozenset({NotificationKind.UPDATE, NotificationKind.CHART})
"""What may simply be made again when nobody knows whether it was made."""


class Deliverer:
    """Tells one receiver. Safe to run in one thread at a time; what it knows besides the store is only its pace.

    `klass`: how loudly this receiver is told of an incident. `page`: where the row under way is written down; `aside` tells the receiver
    in other words of a row that ended the process twice.
    """

    def __init__(
        self,
        *,
        receiver: str,
        channel: Channel,
        outbox: Outbox,
        clock: Clock,
        settle_after: float,
        rng: Random,
        manners: Manners | None = None,
        klass: Callable[[Incident], TellClass] = lambda _: TellClass.PAGE,
        page: Page | None = None,
        aside: Callable[[Notification, str], None] = lambda _row, _receiver: None,
    ) -> None:
        self._page, self._aside = page or Page(), aside
        self.receiver = receiver
        self._channel, self._outbox, self._clock, self._rng = channel, outbox, clock, rng
        self._settle_after, self._manners, self._klass = settle_after, manners or Manners(), klass
        self._stop = self._wake = threading.Event()
        self._budget = channel.budget if isinstance(channel, Paced) else Budget(clock.elapsed)
        self._opens_in = 0.0
        self._looking: dict[int, float] = {}
        last = outbox.last_try()
        if last is not None and abs(clock.now() - last) < JUST_NOW:
            self._budget.spend()
        for kind, until in outbox.resting(receiver, clock.now()).items():
            self._budget.rest(self._lane(kind), (until - clock.now()).total_seconds())

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        """Delivers until `stop`, woken by `wake`. What is unexpected is raised: the process ends and starts afresh."""
        self._stop, self._wake = stop, wake
        while not stop.is_set():
            wake.clear()
            if self.deliver_one():
                continue
            due = self._outbox.next_due(self.receiver, self._settle_after)
            pause = SWEEP if due is None else max((due - self._clock.now()).total_seconds(), self._opens_in)
            if not stop.is_set():
                self._clock.wait(wake, min(max(pause, SHORTEST_WAIT), SWEEP))

    def deliver_one(self) -> bool:
        """Takes up the most urgent row that is due and that the channel allows now. Whether more may be waiting."""
        now = self._clock.now()
        self._make_tables(now)
        notification = self._outbox.claim(self.receiver, now, self._settle_after, self._allowed())
        if notification is None:
            self._page.through()
            return self._wait_for_a_place(now)
        if self._page.twice(notification.id):
            log.error("a message ended the process twice", receiver=self.receiver, key=notification.key)
            self._put_aside(notification, now)
            return True
        with self._page.working([notification.id]):
            return self._deliver(notification, now)

    def _put_aside(self, notification: Notification, now: datetime) -> None:
        """Said in other words. A page is tried again later, for it may have been ended twice from outside; the rest is let go."""
        self._aside(notification, self.receiver)
        if notification.kind in PAGES:
            doubt = Receipt(outcome=Outcome.AMBIGUOUS, error="telling it ended the process twice")
            self._outbox.settle(notification, doubt, now, now + PUT_OFF * notification.attempts)
        else:
            self._outbox.withdraw(notification, now, "telling it ended the process twice")
        self._page.through()

    def _deliver(self, notification: Notification, now: datetime) -> bool:
        number = notification.incident_id
        incident = None if number is None else self._outbox.incident(number)
        if not self._still_wanted(notification, incident, now):
            return True
        notification = self._dressed(notification, incident)
        receipt = self._tell(notification, incident)
        if notification.kind is NotificationKind.CHART and notification.attempts >= PICTURE_TRIES:
            receipt = receipt if receipt.outcome is Outcome.SENT else replace(receipt, outcome=Outcome.PERMANENT)
        now = self._clock.now()
        again = policy.retry_at(receipt, notification.attempts, now, self._rng, settle_after=self._settle_after)
        self._outbox.settle(notification, receipt, now, again, self._following(notification, incident, receipt, now))
        self._report(notification, incident, receipt, now, again)
        return True

    # ── what may go now ─────────────────────────────────────────────────────────────────────────────────────────────

    def _make_tables(self, now: datetime) -> None:
        """A storm of pages becomes one message, and so does what waits for a digest."""
        manners = self._manners
        braked = self._outbox.brake(self.receiver, now, manners.storm_limit, manners.storm_window)
        if braked:
            metrics.SUPPRESSED.labels("storm").inc(braked)
            log.warning("a storm: these pages are rows of one message", receiver=self.receiver, pages=braked)
        due = policy.next_digest(now, manners.digest_at)
        self._outbox.collect(self.receiver, now, due, manners.digest_full)

    def _allowed(self) -> tuple[NotificationKind, ...]:
        """The kinds that the channel's limits leave room for at this moment."""
        waits = {kind: self._budget.wait(self._lane(kind), page=kind in PAGES) for kind in NotificationKind}
        self._opens_in = min((left for left in waits.values() if left > 0), default=0.0)
        return tuple(kind for kind, left in waits.items() if left <= 0)

    def _wait_for_a_place(self, now: datetime) -> bool:
        """Nothing may go: waits where that is because of our own pace, or until there is news, for what comes next may have its
        lane free. Whether it is worth asking again."""
        if not 0 < self._opens_in <= PATIENCE:
            return False
        due = self._outbox.next_due(self.receiver, self._settle_after)
        if due is None or due > now:
            return False
        self._clock.wait(self._wake, self._opens_in)
        return not self._stop.is_set()

    def _lane(self, kind: NotificationKind) -> Lane:
        if isinstance(self._channel, Paced):
            return self._channel.lane(kind)
        return Lane("change" if kind in ONTO_ONE else "post")

    def _still_wanted(self, notification: Notification, incident: Incident | None, now: datetime) -> bool:
        """A page is repeated only while nobody has it, and not while it may sleep; that it rose is told to whoever has it too."""
        if notification.kind is not NotificationKind.REPEAT:
            return True
        about = (incident,) if incident is not None else notification.covers
        rose = (notification.body or {}).get("code") == "raised"
        waiting = [one for one in about if one.state is IncidentState.OPEN or (rose and one.state in _IN_HAND)]
        if waiting and all(self._klass(one) is TellClass.TRIAL for one in waiting):
            self._outbox.withdraw(notification, now, "on trial nobody is woken")
            metrics.SUPPRESSED.labels("trial").inc()
            return False
        if not waiting:
            self._outbox.withdraw(notification, now, "somebody has it, or it is over")
            metrics.SUPPRESSED.labels("acknowledged").inc()
            return False
        if all(one.snoozed_until is not None and one.snoozed_until > now for one in waiting):
            until = min(one.snoozed_until for one in waiting if one.snoozed_until is not None)
            self._outbox.settle(notification, Receipt(outcome=Outcome.RATE_LIMITED, error="snoozed"), now, until)
            metrics.SUPPRESSED.labels("snoozed").inc()
            return False
        return True

    def _dressed(self, notification: Notification, incident: Incident | None) -> Notification:
        """With what the words of it need besides the incident."""
        kind, body = notification.kind, notification.body or {}
        wakes = kind in PAGES or kind is NotificationKind.OPS
        if kind is NotificationKind.ROOT and incident is not None and "fallback_for" not in body:
            wakes = incident.paged_at is not None and self._klass(incident) is TellClass.PAGE
            wakes = wakes and not (notification.anew and incident.state is not IncidentState.OPEN)
        if kind is NotificationKind.REPEAT and incident is not None:
            wakes = self._klass(incident) is TellClass.PAGE
        trial = any(self._klass(one) is TellClass.TRIAL for one in ((incident,) if incident else notification.covers))
        wakes = wakes and not (trial and kind is NotificationKind.STORM)
        if incident is None or kind is NotificationKind.THREAD:
            return replace(notification, wakes=wakes, trial=trial)
        return replace(notification, wakes=wakes, trial=trial, events=tuple(self._outbox.events(incident.id)))

    # ── one attempt ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, notification: Notification, incident: Incident | None) -> Receipt:
        """Sends, or first finds out what became of the attempt before. A change of a message may simply be repeated."""
        if notification.started_at is None or notification.kind in ONTO_ONE:
            return self._send(notification, incident)
        asked = self._clock.elapsed()
        found = self._look(notification, notification.started_at)
        if found.outcome in (Outcome.SENT, Outcome.REFUSED):
            self._looking.pop(notification.id, None)
        if found.outcome is Outcome.SENT:
            metrics.RECONCILED.labels("found").inc()
            return found
        if found.outcome is Outcome.REFUSED:
            metrics.RECONCILED.labels("absent").inc()
            if self._clock.elapsed() - asked > PATIENCE:
                return found  # looking took so long that it is better claimed anew
            return self._send(notification, incident)
        began = self._looking.setdefault(notification.id, self._clock.elapsed())
        if found.outcome is not Outcome.PERMANENT and self._clock.elapsed() - began < LOOK_FOR:
            return replace(found, outcome=Outcome.AMBIGUOUS)
        metrics.RECONCILED.labels("unreadable").inc()
        receipt = self._send(replace(notification, repeat=True), incident)
        # Whatever this attempt came to, unless it arrived the one before is still in doubt.
        return (
            receipt
            if receipt.outcome in (Outcome.SENT, Outcome.PERMANENT)
            else replace(receipt, outcome=Outcome.AMBIGUOUS)
        )

    def _look(self, notification: Notification, since: datetime) -> Receipt:
        if not isinstance(self._channel, Finding):
            return Receipt(outcome=Outcome.PERMANENT, error="this channel cannot be read")
        try:
            return self._channel.find(notification.key, since, notification.handle)
        except Exception as error:  # a defect of the channel must not lose the page
            log.exception("a channel failed in an unexpected way", receiver=self.receiver)
            return Receipt(outcome=Outcome.AMBIGUOUS, error=type(error).__name__)

    def _send(self, notification: Notification, incident: Incident | None) -> Receipt:
        """One attempt, in its turn; none where the other side asked for rest."""
        lane, asked = self._lane(notification.kind), self._clock.elapsed()
        while left := self._budget.take(lane, page=notification.kind in PAGES):
            # Settling is counted from the claim, so what is sent is sent soon after it.
            too_long = self._clock.elapsed() - asked + left > PATIENCE
            if too_long or self._clock.wait(self._stop, left):
                return Receipt(outcome=Outcome.RATE_LIMITED, retry_after=left, error="ratelimited: rest was asked for")
        try:
            receipt = self._channel.send(notification, incident)
        except Exception as error:  # a defect of the channel must not lose the page
            log.exception("a channel failed in an unexpected way", receiver=self.receiver)
            receipt = Receipt(outcome=Outcome.AMBIGUOUS, error=type(error).__name__)
        self._budget.ended(lane)
        if receipt.outcome is Outcome.RATE_LIMITED:
            self._budget.rest(lane, receipt.retry_after or policy.POST_EVERY)
        metrics.REQUESTS.labels(self.receiver, receipt.outcome.value).inc()
        return receipt

    # ── what follows ────────────────────────────────────────────────────────────────────────────────────────────────

    def _following(
        self, notification: Notification, incident: Incident | None, receipt: Receipt, now: datetime
    ) -> Sequence[Following]:
        """What a message that arrived asks for: a repeat until somebody has it, a picture, and the picture's place."""
        if receipt.outcome is not Outcome.SENT:
            return ()
        following: list[Following] = []
        if notification.kind in PAGES and notification.wakes:
            number = notification.repeated
            after = policy.repeat_after(number, self._manners.repeat)
            if after is not None:
                following.append(Following(kind=NotificationKind.REPEAT, not_before=now + after, number=number + 1))
        shows = isinstance(self._channel, Drawing) and self._channel.draws
        if shows and notification.kind is NotificationKind.ROOT and incident is not None and incident.forecast:
            following.append(Following(kind=NotificationKind.CHART, not_before=now))
        if notification.kind is NotificationKind.CHART and receipt.handle is not None:
            following.append(Following(kind=NotificationKind.UPDATE, not_before=now + UNTIL_IT_SHOWS))
        return following

    def _report(
        self,
        notification: Notification,
        incident: Incident | None,
        receipt: Receipt,
        now: datetime,
        again: datetime | None,
    ) -> None:
        said = log.bind(receiver=self.receiver, kind=notification.kind.value, key=notification.key)
        if receipt.outcome is not Outcome.SENT:
            tell = said.error if receipt.outcome is Outcome.PERMANENT else said.warning
            until = again.isoformat() if again else None
            if notification.kind is NotificationKind.CHART and receipt.outcome is Outcome.RATE_LIMITED:
                tell = said.debug  # a picture that is not drawn yet is no news
            tell("not told", outcome=receipt.outcome.value, error=receipt.error, again=until)
            return
        metrics.TOLD.labels(notification.kind.value).inc()
        metrics.SUPPRESSED.labels("coalesced").inc(notification.changes - 1)
        if receipt.error:
            said.warning("told, but not as it should be", error=receipt.error)
        if notification.kind is NotificationKind.REPEAT:
            metrics.REPEATED.inc()
        if notification.kind is NotificationKind.STORM:
            said.info("a storm was paged", incidents=notification.covered)
            for one in notification.covers:
                self._paged(one, now)
        if notification.kind is not NotificationKind.ROOT or incident is None:
            said.info("told")
            return
        said.info("paged" if notification.wakes else "told", incident=incident.id, severity=incident.severity.word)
        if not notification.wakes:
            return
        self._paged(incident, now)

    def _paged(self, incident: Incident, now: datetime) -> None:
        """Counts a page that is confirmed, and how long it took since it was decided and since its post was published."""
        metrics.PAGES.labels(self.receiver, incident.severity.word).inc()
        if incident.paged_at is not None:
            metrics.PAGE_SECONDS.observe(max(0.0, (now - incident.paged_at).total_seconds()))
        if incident.lead is not None:
            metrics.POST_TO_PAGE_SECONDS.observe(max(0.0, (now - incident.lead.born).total_seconds()))
