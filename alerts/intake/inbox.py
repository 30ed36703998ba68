"""The inbox at work: what came in is carried out once, in order, whatever happens; what cannot be is set aside and told.

Carrying out is this loop's; saying so is left to a few threads beside it, for nobody's press waits for somebody else's answer. What
takes long and changes nothing that a later press could rest on is carried out beside it too, one after the other. A row is finished
when its answer was said, so a kill in between says it again and changes nothing.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog

from alerts.intake.actions import Where, received, understand
from alerts.intake.hands import Hands
from alerts.intake.replies import Answer, Speaker
from alerts.intake.steps import Result
from monitor import metrics
from monitor.model import Envelope, Words
from monitor.ports import Clock, Inbox, OpsNote

log = structlog.get_logger()

TRIES = 2
SPEAKERS = 4

PATIENCE = 5.0
"""Real seconds that whoever closes waits for what is under way: as long as one request to Slack may take."""


class Carrying(Protocol):
    """Does what an envelope asks (`orders.Orders`)."""

    def carry_out(self, envelope: Envelope) -> Result: ...
    def takes_long(self, envelope: Envelope) -> bool:
        """Whether nobody else should wait for it."""
        ...


class Saying(Protocol):
    """Gets an answer to its reader, or opens a form (`talk.Talk`). Never raises for Slack's sake."""

    def answer(self, where: Where, answer: Answer) -> None: ...
    def open(self, trigger: str, view: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Who works on what comes in by one receiver's ears."""

    orders: Carrying
    saying: Saying


class Switchboard:
    """Takes envelopes in (`hear`, from any thread) and works on them (`step`, one loop)."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        desks: Mapping[str, Desk],
        speaker: Speaker,
        clock: Clock,
        ops: Sequence[str],
        patience: float = PATIENCE,
    ) -> None:
        self._inbox, self._desks, self._speaker = inbox, desks, speaker
        self._clock, self._ops, self._patience = clock, tuple(ops), patience
        self._speaking = Hands(SPEAKERS, "answer")
        self._beside = Hands(1, "long")
        self._under_way: set[int] = set()
        self._crashed: set[int] = set()
        self._lock = threading.Lock()

    def hear(self, receiver: str, kind: str, envelope_id: str, payload: Mapping[str, Any]) -> None:
        """Written down on return, unless nothing in it asks anything of us or it was known."""
        envelope = received(receiver, kind, envelope_id, payload, self._clock.now())
        if envelope is None:
            metrics.TAKEN_IN.labels("not_ours").inc()
        elif self._inbox.take_in(envelope):
            metrics.TAKEN_IN.labels("new").inc()
        else:
            metrics.TAKEN_IN.labels("known").inc()

    def step(self) -> bool:
        """Works on the oldest that waits; whether there was one."""
        with self._lock:
            busy = self._under_way | self._crashed
        envelope = self._inbox.begin(busy)
        if envelope is None:
            with self._lock:
                self._crashed.clear()  # they are tried again at the next round, when what troubled them may be over
            return False
        desk = self._desks.get(envelope.receiver)
        if envelope.attempts > TRIES or desk is None:
            self._aside(envelope, desk)
            return True
        with self._lock:
            self._under_way.add(envelope.id)
        if _takes_long(desk, envelope):
            self._beside.submit(partial(self._carry_out, desk, envelope))
        else:
            self._carry_out(desk, envelope)
        return True

    def _carry_out(self, desk: Desk, envelope: Envelope) -> None:
        try:
            result = desk.orders.carry_out(envelope)
        except Exception as error:  # noqa: BLE001 - one envelope's trouble is not the next one's, and never the pages'
            log.warning("a press was not carried out", envelope=envelope.id, error=type(error).__name__)
            metrics.TAKEN_IN.labels("crashed").inc()
            with self._lock:
                self._crashed.add(envelope.id)
                self._under_way.discard(envelope.id)
            return
        took = (self._clock.now() - envelope.received_at).total_seconds() / self._clock.rate
        metrics.PRESS_SECONDS.observe(max(0.0, took))
        self._speaking.submit(partial(self._say, desk, envelope, result))

    def close(self) -> None:
        """Says what is under way, then ends; what was not begun, or hangs, waits in its row."""
        self._beside.drop()
        self._beside.close(self._patience)
        self._speaking.close(self._patience)

    def _say(self, desk: Desk, envelope: Envelope, result: Result) -> None:
        try:
            if result.view is not None:
                desk.saying.open(*result.view)
            if result.where is not None and result.answer is not None:
                desk.saying.answer(result.where, result.answer)
            self._inbox.finish(envelope.id, result.outcome, self._clock.now())
            metrics.TAKEN_IN.labels("done").inc()
        except Exception as error:  # noqa: BLE001 - the row stays, and is said again
            log.warning("an answer was not said", envelope=envelope.id, error=type(error).__name__)
        finally:
            self._forget(envelope)

    def _aside(self, envelope: Envelope, desk: Desk | None) -> None:
        """Twice begun and never finished: a person looks at it, the person who pressed is told, and the next one goes on."""
        note = OpsNote(
            key=f"inbox-aside-{envelope.id}",
            what=Words(
                f"在 Slack 里按下或输入的一项没能执行（{envelope.kind}，收件箱 {envelope.id}）",
                f"something pressed or typed in Slack could not be carried out ({envelope.kind}, inbox {envelope.id})",
            ),
            where=Words("收件箱", "inbox"),
            fix=Words(
                "再按一次，或用 /langyan；在日志里查这个编号并报告给我们",
                "Press again or use /langyan; look for this number in the log, and report it",
            ),
        )
        self._inbox.set_aside(envelope.id, "begun twice and never finished", note, self._ops, self._clock.now())
        metrics.TAKEN_IN.labels("aside").inc()
        log.error("a press is set aside", envelope=envelope.id, kind=envelope.kind)
        where = _where(envelope)
        if where is not None and desk is not None:
            self._speaking.submit(partial(desk.saying.answer, where, self._speaker.say("aside")))

    def _forget(self, envelope: Envelope) -> None:
        with self._lock:
            self._under_way.discard(envelope.id)


def _takes_long(desk: Desk, envelope: Envelope) -> bool:
    try:
        return desk.orders.takes_long(envelope)
    except Exception:  # noqa: BLE001 - carrying out meets the same, and is where it is counted
        return False


def _where(envelope: Envelope) -> Where | None:
    try:
        done = understand(envelope.kind, envelope.payload)
    except Exception:  # noqa: BLE001 - perhaps it is just this that crashed
        return None
    return done.where if done is not None else None
