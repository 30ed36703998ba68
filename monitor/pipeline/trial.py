"""The daily line of a trial: said once a day to whoever hears of it, and on the first day that it begins."""

from collections.abc import Sequence
from datetime import date, datetime, time

from alerts.words import SHANGHAI
from monitor.ports import Trials
from monitor.triage.trial import Standing, begun, standing


class Lines:
    """`receivers` hear of it at `hour` (Shanghai), or as soon after as somebody runs."""

    def __init__(self, trials: Trials, receivers: Sequence[str], hour: time) -> None:
        self._trials, self._receivers, self._hour = trials, tuple(receivers), hour
        self._said: date | None = None

    def step(self, now: datetime) -> bool:
        """Says what is due; never more than one line, so there is never more to do."""
        here = now.astimezone(SHANGHAI)
        if here.date() == self._said:
            return False
        since = begun(self._trials.trial_lines(), now)
        if since is not None and here.time() < self._hour:
            return False
        facts = {"begun": True} if since is None else dict(_since(self._trials, since, now).facts)
        self._trials.say_trial(here.date(), facts, self._receivers, now)
        self._said = here.date()
        return False


def stands(trials: Trials, now: datetime) -> Standing | None:
    """How the trial stands; None: none goes on."""
    since = begun(trials.trial_lines(), now)
    return None if since is None else _since(trials, since, now)


def _since(trials: Trials, since: datetime, now: datetime) -> Standing:
    return standing(since, trials.paged_since(since), trials.pressed(since), now, SHANGHAI)
