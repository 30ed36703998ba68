"""The loop that tells people, on trial: it asks, it does not wake, and it does not insist."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from alerts.outbox import Deliverer
from monitor.clock import VirtualClock
from monitor.model import Incident, Notification, NotificationKind, TellClass
from tests.alerts.test_outbox import Script
from tests.builders import NOON, an_incident
from tests.fake_outbox import FakeOutbox


def a_row(kind: NotificationKind, **given: Any) -> Notification:
    fields: dict[str, Any] = {"id": 1, "key": f"incident-12:crisis:{kind.value}", "receiver": "crisis", "kind": kind}
    return Notification(**{**fields, "incident_id": 12, **given})


def delivered(
    clock: VirtualClock, row: Notification, incident: Incident, klass: TellClass
) -> tuple[Script, FakeOutbox]:
    outbox, channel = FakeOutbox(row), Script(clock)
    outbox.incidents[12] = incident
    loop = Deliverer(
        receiver="crisis",
        channel=channel,
        outbox=outbox,
        clock=clock,
        settle_after=15.0,
        rng=Random(1),
        klass=lambda _: klass,
    )
    loop.deliver_one()
    return channel, outbox


@pytest.mark.parametrize("klass", [TellClass.PAGE, TellClass.TRIAL])
def test_a_page_on_trial_is_marked_wakes_nobody_and_is_not_repeated(clock: VirtualClock, klass: TellClass) -> None:
    paged = an_incident(paged_at=NOON, forecast=None)
    channel, outbox = delivered(clock, a_row(NotificationKind.ROOT), paged, klass)
    ((_, said),) = channel.sent
    live = klass is TellClass.PAGE
    assert (said.trial, said.wakes) == (not live, live)
    assert [one.kind for _, one in outbox.followed] == ([NotificationKind.REPEAT] if live else [])


@pytest.mark.parametrize(("klass", "sent"), [(TellClass.PAGE, 1), (TellClass.TRIAL, 0)])
def test_what_would_wake_people_once_more_is_withdrawn_on_trial(
    clock: VirtualClock, klass: TellClass, sent: int
) -> None:
    row = a_row(NotificationKind.REPEAT, handle={"ts": "1"})
    channel, _ = delivered(clock, row, an_incident(paged_at=NOON - timedelta(minutes=5)), klass)
    assert len(channel.sent) == sent


@pytest.mark.parametrize("klass", [TellClass.PAGE, TellClass.TRIAL])
def test_a_storm_on_trial_wakes_nobody(clock: VirtualClock, klass: TellClass) -> None:
    row = a_row(NotificationKind.STORM, incident_id=None, covers=(an_incident(),), covered=9)
    channel, _ = delivered(clock, row, an_incident(), klass)
    assert channel.sent[0][1].wakes is (klass is TellClass.PAGE)
