"""An incident's life: which step leads where, and which is refused. Pure.

    detected ─▶ triage ─▶ open ◀──▶ acknowledged ──▶ responding ──▶ resolved ──▶ follow_up ──▶ reviewed
        └─────────┴────────┤▲                            (any that is live ──▶ false_alarm, merged)
                   dormant ◀┘└─ re-ignites; so does what people closed, while its thread is young

Severity stands beside the state. A machine opens, raises, puts to sleep and wakes; it never ends an incident, for quiet is not
resolved. Who comes second is told who has it. A step that is refused changes nothing and says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from monitor.model import MACHINE, Act, Incident, Step
from monitor.triage import machine, people
from monitor.triage.machine import SAME_WITHIN, SLEEPERS
from monitor.triage.moves import Moved, Refused, standing
from monitor.triage.people import UNDO_WITHIN

__all__ = ["MACHINES", "SAME_WITHIN", "SLEEPERS", "UNDO_WITHIN", "Moved", "Refused", "absorb", "standing", "step"]

MACHINES = frozenset({
    Act.DETECT, Act.NOTICE, Act.PAGE, Act.RAISE, Act.LOWER, Act.DEADLINE, Act.FOLLOW_UP, Act.SLEEP, Act.REIGNITE, Act.NOTE,
})  # fmt: skip
"""What a machine may do. Nothing here ends an incident; FOLLOW_UP goes on with what people ended."""

MACHINE_ALONE = frozenset({Act.DETECT, Act.NOTICE, Act.RAISE, Act.LOWER, Act.DEADLINE, Act.SLEEP})
"""What nobody does by hand."""


def step(incident: Incident, step: Step) -> Moved | Refused:
    """What becomes of an incident by one step, taken at `step.at`. MERGE here is the end of the one that joins
    (`facts` say `into`); `absorb` is the other side of it."""
    by_machine = step.actor == MACHINE
    if by_machine and step.act not in MACHINES:
        return Refused(code="people_only")
    if not by_machine and step.act in MACHINE_ALONE:
        return Refused(code="machine_only")
    done = _STEPS[step.act](incident, step)
    return done if isinstance(done, Refused) else _numbered(done)


def absorb(incident: Incident, other: Incident, step: Step) -> Moved | Refused:
    """`incident` goes on for both; the other one ends by a MERGE step of its own."""
    done = people.absorb(incident, other, step)
    return done if isinstance(done, Refused) else _numbered(done)


def _numbered(moved: Moved) -> Moved:
    return replace(moved, incident=replace(moved.incident, version=moved.incident.version + 1))


_STEPS: Mapping[Act, Callable[[Incident, Step], Moved | Refused]] = {
    Act.DETECT: machine.detect,
    Act.NOTICE: machine.notice,
    Act.PAGE: machine.page,
    Act.RAISE: machine.rise,
    Act.LOWER: machine.lower,
    Act.DEADLINE: machine.deadline,
    Act.SLEEP: machine.sleep,
    Act.REIGNITE: machine.reignite,
    Act.ACKNOWLEDGE: people.acknowledge,
    Act.RELEASE: people.release,
    Act.REASSIGN: people.reassign,
    Act.RESPOND: people.respond,
    Act.RESOLVE: people.resolve,
    Act.FALSE_ALARM: people.false_alarm,
    Act.UNDO: people.undo,
    Act.SNOOZE: people.snooze,
    Act.FOLLOW_UP: machine.follow_up,
    Act.REVIEW: people.review,
    Act.MERGE: people.merge,
    Act.SPLIT: people.split,
    Act.NOTE: people.note,
}
