"""What the clock does to incidents: whatever is due by now, each thing once, after a restart too."""

from datetime import datetime

import structlog

from monitor import metrics
from monitor.model import Act, Incident, Step
from monitor.ports import Done, Handling
from monitor.triage import due

log = structlog.get_logger()

AT_ONCE = 100


def step(handling: Handling, now: datetime) -> bool:
    """Takes what is due; says whether there may be more. What has nothing to do now is looked at when it next may."""
    found = handling.due(now, AT_ONCE)
    for incident in found:
        wanted = due.due(incident, now)
        done = None if wanted is None else handling.handle(incident.id, wanted)
        if wanted is None or done is None or not _taken(done):
            handling.postpone(incident.id, _later(incident, now))
        else:
            _report(incident, wanted)
    return len(found) == AT_ONCE


def _taken(done: Done) -> bool:
    return done.refused is None and done.fresh


def _later(incident: Incident, now: datetime) -> datetime | None:
    """Never at once: what was refused would be asked for without end."""
    following = due.next_due(incident, now)
    return None if following is None else max(following, now + due.ASK_AGAIN) if following <= now else following


def _report(incident: Incident, step: Step) -> None:
    if step.act is Act.DEADLINE:
        metrics.DEADLINE_MISSED.labels(f"{step.facts['hours']}h").inc()
    log.info("the clock moved an incident", incident=incident.id, act=step.act.value, state=incident.state.value)
