"""The only loop that tells people: claim, render, send, settle. One for each receiver.

A row is marked as being sent before anyone is told. A row in doubt (a killed process, an answer that never came) is
looked for in the channel before it is sent again; where that cannot be read it is sent again, marked as a repeat.
"""

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import structlog

from alerts import policy
from monitor import metrics
from monitor.model import Incident, Notification, NotificationKind, Outcome, Receipt
from monitor.ports import Channel, Clock, Finding, Outbox

log = structlog.get_logger()

POST_EVERY = 1.0
"""Clock seconds between two new messages to one receiver: what chat channels commonly allow, so a 429 is the exception."""

LOOK_FOR = timedelta(seconds=60)
"""How long a message in doubt is looked for while looking itself fails. Better to page twice than not at all."""

SWEEP = 5.0
"""Clock seconds after which the outbox is looked at even if nobody woke us."""

SHORTEST_WAIT = 0.05


class Deliverer:
    """Tells one receiver. Safe to run in one thread at a time; what it knows besides the store is only its pace."""

    def __init__(
        self, *, receiver: str, channel: Channel, outbox: Outbox, clock: Clock, settle_after: float, rng: Random
    ) -> None:
        self.receiver = receiver
        self._channel, self._outbox, self._clock, self._rng = channel, outbox, clock, rng
        self._settle_after = settle_after
        self._stop = threading.Event()
        self._posted: float | None = None
        self._rest_until: dict[bool, float] = {}  # a channel's limits are apart for new messages and for changes

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        """Delivers until `stop`, woken by `wake`. What is unexpected is raised: the process ends and starts afresh."""
        self._stop = stop
        while not stop.is_set():
            wake.clear()
            if self.deliver_one():
                continue
            due = self._outbox.next_due(self.receiver, self._settle_after)
            pause = SWEEP if due is None else (due - self._clock.now()).total_seconds()
            if not stop.is_set():
                self._clock.wait(wake, min(max(pause, SHORTEST_WAIT), SWEEP))

    def deliver_one(self) -> bool:
        """Takes up the most urgent row that is due. Whether there was one, so that more may be waiting."""
        if not self._in_pace():
            return False
        notification = self._outbox.claim(self.receiver, self._clock.now(), self._settle_after)
        if notification is None:
            return False
        number = notification.incident_id
        incident = None if number is None else self._outbox.incident(number)
        receipt = self._tell(notification, incident)
        now = self._clock.now()
        again = policy.retry_at(receipt, notification.attempts, now, self._rng, settle_after=self._settle_after)
        self._outbox.settle(notification, receipt, now, again)
        self._report(notification, incident, receipt, now, again)
        return True

    def _in_pace(self) -> bool:
        """Waits until a new message may follow the last one; False when we were stopped meanwhile."""
        if self._posted is None:
            return True
        left = self._posted + POST_EVERY - self._clock.elapsed()
        return left <= 0 or not self._clock.wait(self._stop, left)

    def _tell(self, notification: Notification, incident: Incident | None) -> Receipt:
        """Sends, or first finds out what became of the attempt before. A change of a message may simply be repeated."""
        if notification.started_at is None or notification.kind is NotificationKind.UPDATE:
            return self._send(notification, incident)
        found = self._look(notification.key, notification.started_at)
        if found.outcome is Outcome.SENT:
            metrics.AMBIGUOUS.labels(self.receiver, "found").inc()
            return found
        if found.outcome is Outcome.REFUSED:
            metrics.AMBIGUOUS.labels(self.receiver, "absent").inc()
            return self._send(notification, incident)
        looked_for = self._clock.now() - notification.started_at
        if found.outcome is not Outcome.PERMANENT and looked_for < LOOK_FOR:
            return replace(found, outcome=Outcome.AMBIGUOUS)
        metrics.AMBIGUOUS.labels(self.receiver, "unreadable").inc()
        receipt = self._send(replace(notification, repeat=True), incident)
        # Whatever this attempt came to, unless it arrived the one before is still in doubt.
        return (
            receipt
            if receipt.outcome in (Outcome.SENT, Outcome.PERMANENT)
            else replace(receipt, outcome=Outcome.AMBIGUOUS)
        )

    def _look(self, key: str, since: datetime) -> Receipt:
        if not isinstance(self._channel, Finding):
            return Receipt(outcome=Outcome.PERMANENT, error="this channel cannot be read")
        try:
            return self._channel.find(key, since)
        except Exception as error:  # a defect of the channel must not lose the page
            log.exception("a channel failed in an unexpected way", receiver=self.receiver)
            return Receipt(outcome=Outcome.AMBIGUOUS, error=type(error).__name__)

    def _send(self, notification: Notification, incident: Incident | None) -> Receipt:
        """One attempt, unless the other side asked for rest: then none is made until the rest is over."""
        new = notification.kind is not NotificationKind.UPDATE
        left = self._rest_until.get(new, 0.0) - self._clock.elapsed()
        if left > 0:
            return Receipt(outcome=Outcome.RATE_LIMITED, retry_after=left, error="the receiver asked for rest")
        if new:
            self._posted = self._clock.elapsed()
        try:
            receipt = self._channel.send(notification, incident)
        except Exception as error:  # a defect of the channel must not lose the page
            log.exception("a channel failed in an unexpected way", receiver=self.receiver)
            receipt = Receipt(outcome=Outcome.AMBIGUOUS, error=type(error).__name__)
        if new:
            self._posted = self._clock.elapsed()
        if receipt.outcome is Outcome.RATE_LIMITED:
            self._rest_until[new] = self._clock.elapsed() + (receipt.retry_after or POST_EVERY)
        metrics.SENT.labels(self.receiver, notification.kind.value, receipt.outcome.value).inc()
        return receipt

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
            tell("not told", outcome=receipt.outcome.value, error=receipt.error, again=until)
            return
        if receipt.error:
            said.warning("told, but not as it should be", error=receipt.error)
        if notification.kind is not NotificationKind.ROOT or incident is None:
            said.info("told")
            return
        said.info("paged", incident=incident.id, severity=incident.severity.word)
        metrics.PAGES.labels(self.receiver, incident.severity.word).inc()
        if incident.paged_at is not None:
            metrics.PAGE_SECONDS.observe(max(0.0, (now - incident.paged_at).total_seconds()))
        if incident.lead is not None:
            metrics.POST_TO_PAGE_SECONDS.observe(max(0.0, (now - incident.lead.born).total_seconds()))
