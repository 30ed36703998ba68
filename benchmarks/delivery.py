"""Telling people, from the ledger of the sandbox's Slack: a storm, a 429, one story that thousands repost. Seeds are printed.

The real store on a file, the real loop and channel over a loopback port; the clock is virtual, so that hours take seconds.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

from pydantic import SecretStr

from alerts.channels.slack import Slack
from alerts.channels.slack_options import SlackOptions
from alerts.outbox import Deliverer
from benchmarks.chaos import CHANNEL, RECEIVER, START, open_incidents
from benchmarks.measure import Figure
from monitor import fittings
from monitor.clock import VirtualClock
from monitor.model import Count, Counts, Match, Post, PostKey, Sentiment, Severity, Sighting
from monitor.pipeline import judge
from monitor.sandbox.serving import serving
from monitor.sandbox.slack import FakeSlack
from monitor.sandbox.slack_faults import Fault
from monitor.store import Store
from monitor.triage.severity import Thresholds

SEED = 11
STORM, PER_SECOND = 500, 200
REPOSTS, HOURS = 5000, 6
CRISIS_TEXT = "星禾奶茶喝到一半发现里面有虫子，门店说是茶叶渣，客服三天没人回"


def run() -> Iterator[Figure]:
    print(f"seed {SEED}")
    yield from _storm()
    yield from _limited()
    yield from _one_story()


@contextmanager
def _scene() -> Iterator[tuple[VirtualClock, FakeSlack, Store, Callable[[float], None]]]:
    """A clock, a Slack, a store, and a way to run the delivery loop for so many clock seconds."""
    clock = VirtualClock(START)
    fake = FakeSlack(clock, burst=1, seed=SEED)
    with tempfile.TemporaryDirectory(prefix="langyan-delivery-") as folder, serving(fake.app) as address:
        store = Store.open(Path(folder) / "bench.db", hash_key=b"bench")
        options = SlackOptions(
            token=SecretStr("xoxb-sandbox"), channel=CHANNEL, mention="<@U0LI>", base_url=f"{address}/slack/api/"
        )
        loop = Deliverer(
            receiver=RECEIVER,
            channel=Slack(options, clock=clock),
            outbox=store,
            clock=clock,
            settle_after=15.0,
            rng=Random(SEED),
        )

        def deliver(seconds: float) -> None:
            end = clock.elapsed() + seconds
            while clock.elapsed() < end:
                if not loop.deliver_one():
                    clock.advance(min(0.25, max(0.01, end - clock.elapsed())))

        yield clock, fake, store, deliver
        store.close()


def _storm() -> Iterator[Figure]:
    """Five hundred incidents at 200 a second; in the midst of them one that is red."""
    with _scene() as (clock, fake, store, deliver):
        red, came, number = 0, START, 0
        while number < STORM:
            while number < min(STORM, clock.elapsed() * PER_SECOND + 1):
                severity = Severity.RED if number == STORM // 2 else Severity.ORANGE
                incident = open_incidents(store, f"storm-{number}", severity, clock.now())
                if severity is Severity.RED:
                    red, came = incident, clock.now()
                number += 1
            deliver(0.05)
        deliver(240)
        first = fake.ledger.first_post(f"incident-{red}:{RECEIVER}:root")
        assert first is not None
        table = next(message.text for message in fake.messages(CHANNEL) if "🌪" in message.text)
        yield Figure(name="storm of 500: incidents in the table", value=float(table.split()[1]), unit="incidents")
        yield Figure(
            name="storm of 500: messages in the channel",
            value=fake.ledger.top_level(CHANNEL),
            unit="messages",
            wanted="<= 3",
        )
        yield Figure(
            name="storm of 500: requests over the limits", value=len(fake.over_limit()), unit="requests", wanted="0"
        )
        yield Figure(
            name="storm of 500: red decided to posted", value=(first - came).total_seconds(), unit="s", wanted="<= 2"
        )


def _limited() -> Iterator[Figure]:
    """A 429 with Retry-After 30 for a page, and pages that come while it lasts."""
    with _scene() as (clock, fake, store, deliver):
        fake.faults.add("chat.postMessage", Fault("ratelimited", 30))
        incident = open_incidents(store, "limited", Severity.ORANGE, clock.now())
        deliver(5)
        open_incidents(store, "meanwhile", Severity.ORANGE, clock.now())
        deliver(60)
        first = fake.ledger.first_post(f"incident-{incident}:{RECEIVER}:root")
        assert first is not None
        late = (first - START).total_seconds() - 30
        yield Figure(
            name="429 for 30 s: requests inside it",
            value=len(fake.ledger.inside_retry_after()),
            unit="requests",
            wanted="0",
        )
        yield Figure(name="429 for 30 s: page after its end", value=round(late, 3), unit="s", wanted="<= 1")


def _one_story() -> Iterator[Figure]:
    """One post that has 5,000 reposts after six hours, looked at every three minutes; nobody presses anything."""
    with _scene() as (clock, fake, store, deliver):
        rules = judge.Rules(
            forecaster=fittings.forecaster(), thresholds=Thresholds(), pages_at=Severity.ORANGE, receivers=(RECEIVER,)
        )
        key = PostKey("weibo", "story")
        post = Post(platform="weibo", native_id="story", text=CRISIS_TEXT, posted_at=START)
        looks = HOURS * 20
        for look in range(1, looks + 1):
            clock.move_to(START + timedelta(minutes=3 * look))
            counts = Counts(
                reposts=Count(round(REPOSTS * look / looks)), comments=Count(round(REPOSTS * look / looks / 4))
            )
            seen = Sighting(key=key, seen_at=clock.now(), counts=counts, post=post)
            store.record("bench", [seen], {key: [Match("星禾", 1.0, "星禾")]}, now=clock.now())
            said = Sentiment(negative=0.97, aimed=0.97, engine="bench", version="1")
            store.save_sentiments([(one.mention_id, said) for one in store.unscored(10)], clock.now())
            judge.judge(store, rules, limit=100, now=clock.now())
            deliver(60)
        root, *_ = fake.messages(CHANNEL)
        lines = len(fake.thread(CHANNEL, root.ts))
        edits = fake.ledger.edits().get(root.ts, 0)
        yield Figure(
            name="5,000 reposts in 6 h: messages in the channel", value=_own(fake), unit="messages", wanted="1"
        )
        yield Figure(name="5,000 reposts in 6 h: lines in its thread", value=lines, unit="lines", wanted="<= 12")
        yield Figure(name="5,000 reposts in 6 h: changes of the message", value=edits, unit="changes")
        yield Figure(
            name="5,000 reposts in 6 h: requests over the limits",
            value=len(fake.over_limit()),
            unit="requests",
            wanted="0",
        )


def _own(fake: FakeSlack) -> int:
    """Messages of their own; what answers one and is shown in the channel too is an answer."""
    return sum(message.thread is None for message in fake.messages(CHANNEL))
