"""`kill -9` at random points of telling people, while Slack misbehaves by seed: is a page lost, or told twice?

`make chaos` (ARGS='--kills 60 --seed 4'). A small process runs what `langyan run` runs without feeds: the real store on a file, the
real delivery loop, the real channel; a thread beside it opens incidents and acknowledges some. It is forked from a warm one, lives a
moment and is killed, again and again; the last one is left alive until nothing is to be told. Clock and sandbox run five times as
fast as the wall. A second, shorter run has no history to read.
"""

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import structlog
from pydantic import SecretStr

from alerts.channels.slack import Slack
from alerts.channels.slack_options import SlackOptions
from alerts.outbox import Deliverer
from alerts.policy import Manners
from monitor.clock import ScaledClock
from monitor.model import (
    Act,
    Actor,
    Count,
    Counts,
    Forecast,
    Match,
    NotificationKind,
    Post,
    PostKey,
    Reason,
    Sentiment,
    Severity,
    Sighting,
    Step,
    Verdict,
)
from monitor.ports import Judgement
from monitor.sandbox.serving import serving
from monitor.sandbox.slack import SCOPES, FakeSlack
from monitor.sandbox.slack_script import FaultScript
from monitor.store import Store

RATE = 5.0
START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
SETTLE, LATE = 20.0, 4.0
"""Clock seconds: how long we wait before we look, and the latest that Slack stores what it hung up on."""

LONGEST = 0.8
"""Real seconds of a life, drawn evenly, from when its loop begins; one life in `UNBORN` ends while it still begins."""

UNBORN = 5

DRAIN = 600.0
"""Real seconds the last one is given."""

CHANNEL, RECEIVER = "C0CRISIS01", "crisis"
PRESSED = 0.6
"""The share of incidents that somebody acknowledges."""

LI = Actor("slack:U0LI", "小李")
MANNERS = Manners(repeat=(timedelta(minutes=2),), storm_limit=1_000_000)


class SharedClock(ScaledClock):
    """The same clock in every process of this machine: its zero is the machine's own count of seconds."""

    def __init__(self, zero: float) -> None:
        super().__init__(START, RATE)
        self._zero = zero


@dataclass(frozen=True, kw_only=True)
class Came:
    """What a run came to."""

    kills: int
    incidents: int
    lost: int
    again: int
    unmarked: int
    lines_again: int
    in_doubt: int
    too_fast: int


def main(arguments: list[str]) -> int:
    asked = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    asked.add_argument("--kills", type=int, default=1000)
    asked.add_argument("--unreadable", type=int, default=None, help="kills without a history; a tenth of --kills")
    asked.add_argument("--seed", type=int, default=5)
    asked.add_argument("--share", type=float, default=0.25, help="of the calls that meet a fault")
    asked.add_argument("--live", help=argparse.SUPPRESS)
    given = asked.parse_args(arguments)
    if given.live:
        return _nursery(json.loads(given.live))
    print(
        f"seed {given.seed}, {given.share:.0%} of the calls meet a fault, settle {SETTLE:g} s, late by {LATE:g} s at most"
    )
    whole = run(given.kills, given.seed, given.share)
    _say("the channel can be read", whole)
    blind = given.kills // 10 if given.unreadable is None else given.unreadable
    unread = run(blind, given.seed + 1, given.share, scopes=("chat:write",))
    _say("the channel cannot be read", unread)
    print(f"  there each of the {unread.again} messages that stand twice says so, but for {unread.unmarked}")
    lost, again = whole.lost + unread.lost, whole.again + unread.unmarked
    print(f"kills {whole.kills + unread.kills} lost {lost} duplicated {again}")
    return 1 if lost or again else 0


def _say(what: str, came: Came) -> None:
    print(
        f"{what}: {came.kills} kills, {came.incidents} incidents, {came.in_doubt} attempts in doubt: {came.lost} pages lost, "
        f"{came.again} told twice, {came.lines_again} lines and repeats told twice, {came.too_fast} requests over the limits",
        flush=True,
    )


def run(kills: int, seed: int, share: float, scopes: tuple[str, ...] = SCOPES) -> Came:
    """One run against a Slack of its own."""
    clock = SharedClock(time.monotonic())
    fake = FakeSlack(clock, scopes=scopes, burst=1, seed=seed)
    fake.play(FaultScript(seed=seed, share=share, storm=20.0, late=LATE, slow=0.2))
    with tempfile.TemporaryDirectory(prefix="langyan-chaos-") as folder, serving(fake.app) as address:
        order = {"folder": folder, "address": address, "zero": clock._zero, "kills": kills, "seed": seed}  # noqa: SLF001
        subprocess.run([sys.executable, "-m", "benchmarks.chaos", "--live", json.dumps(order)], check=True)
        clock.wait(threading.Event(), 2 * LATE)  # whatever comes late has come
        with contextlib.closing(sqlite3.connect(Path(folder) / "chaos.db")) as db:
            told = [key for (key,) in db.execute("SELECT key FROM notification WHERE kind = 'root'")]
    return _count(fake, told, kills)


def _count(fake: FakeSlack, pages: list[str], kills: int) -> Came:
    posts = fake.posts_by_key()
    texts = {message.ts: str(message) for message in fake.messages(CHANNEL)}
    again = [posts[key] for key in pages if len(posts.get(key, ())) > 1]
    in_doubt = [entry for entry in fake.ledger if entry.fault not in (None, "ratelimited", "slow", "storm")]
    return Came(
        kills=kills,
        incidents=len(pages),
        lost=sum(key not in posts for key in pages),
        again=sum(len(stamps) - 1 for stamps in again),
        unmarked=sum("可能重复" not in texts.get(stamp, "") for stamps in again for stamp in sorted(stamps)[1:]),
        lines_again=sum(len(found) - 1 for key, found in posts.items() if key not in pages),
        in_doubt=len(in_doubt),
        too_fast=len(fake.over_limit()),
    )


# ── the process that is killed ──────────────────────────────────────────────────────────────────────────────────────────


def _nursery(order: dict[str, Any]) -> int:
    """Has one thread, so that it may fork; every life begins with all that is imported here."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    luck = Random(order["seed"])
    first = os.fork()
    if not first:
        Store.open(Path(order["folder"]) / "chaos.db", hash_key=b"chaos").close()
        os._exit(0)
    os.waitpid(first, 0)
    for number in range(order["kills"]):
        begun, begins = os.pipe()
        child = os.fork()
        if not child:
            _begin(order, number, begins)
        os.close(begins)
        if luck.randrange(UNBORN):
            os.read(begun, 1)
        os.close(begun)
        time.sleep(luck.uniform(0, LONGEST))
        ended, _ = os.waitpid(child, os.WNOHANG)
        if ended:
            raise RuntimeError(f"life {number} ended by itself")
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    child = os.fork()
    if not child:
        _begin(order, order["kills"], None)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _begin(order: dict[str, Any], luck_of: int, begins: int | None) -> None:
    """A life. Never returns."""
    try:
        _live(order, luck_of=luck_of, begins=begins)
    except BaseException as error:  # noqa: BLE001 - a fork must not go on where its parent would
        print(f"a life broke: {error!r}", file=sys.stderr, flush=True)
        os._exit(4)


def _live(order: dict[str, Any], *, luck_of: int, begins: int | None = None) -> None:
    """`begins`: where it says that its loop begins; None: it is the last one, and lives until all is told."""
    clock, luck = SharedClock(order["zero"]), Random(f"{order['seed']}:{luck_of}")
    store = Store.open(Path(order["folder"]) / "chaos.db", hash_key=b"chaos")
    options = SlackOptions(
        token=SecretStr("xoxb-sandbox"), channel=CHANNEL, mention="<@U0LI>", base_url=f"{order['address']}/slack/api/"
    )
    stop, wake = threading.Event(), threading.Event()
    store.on_commit(lambda _: wake.set())
    telling = Deliverer(
        receiver=RECEIVER,
        channel=Slack(options, clock=clock),
        outbox=store,
        clock=clock,
        settle_after=SETTLE,
        rng=luck,
        manners=MANNERS,
    )
    threading.Thread(target=_until_it_breaks, args=(telling, stop, wake), daemon=True).start()
    if begins is not None:
        os.write(begins, b".")
        for number in range(1_000_000):
            time.sleep(luck.uniform(0, 0.6) if number else 0.0)
            incident = open_incidents(
                store, f"{luck_of}-{number}", luck.choice((Severity.ORANGE, Severity.RED)), clock.now()
            )
            if luck.random() < PRESSED:
                time.sleep(luck.uniform(0, 0.1))
                key = f"press:{incident}"
                store.handle(incident, Step(act=Act.ACKNOWLEDGE, actor=LI, at=clock.now(), key=key, source="slack"))
    end = time.monotonic() + DRAIN
    while store.outbox_depth() and time.monotonic() < end:
        time.sleep(0.2)
    os._exit(0)


def _until_it_breaks(telling: Deliverer, stop: threading.Event, wake: threading.Event) -> None:
    try:
        telling.run(stop, wake)
    except BaseException as error:  # noqa: BLE001 - the nursery must hear of it
        print(f"the delivery loop broke: {error!r}", file=sys.stderr, flush=True)
        os._exit(3)


def open_incidents(store: Store, name: str, severity: Severity, now: datetime) -> int:
    """Incidents with their pages in the outbox, as the judge would open them: of a new post, and of those left unjudged. The last."""
    post = Post(platform="weibo", native_id=name, text=f"奶茶里喝出虫子，{name}号店没人理", posted_at=now)
    seen = Sighting(key=PostKey("weibo", name), seen_at=now, counts=Counts(reposts=Count(60)), post=post)
    store.record("chaos", [seen], {seen.key: [Match("星禾", 1.0, "星禾")]}, now=now)
    said = Sentiment(negative=0.95, aimed=0.95, engine="chaos", version="1")
    store.save_sentiments([(one.mention_id, said) for one in store.unscored(10)], now)
    forecast = Forecast(
        unit="reposts", now=60, per_minute=8.0, median=900.0, low=300.0, high=2500.0, horizon=timedelta(days=7), p_viral=0.8,
        sentence="一周内预计约 900 次转发",
    )  # fmt: skip
    verdict = Verdict(
        severity=severity, risk=0.9, forecast=forecast, reasons=(Reason(code="risk", facts={"risk": 0.9}),)
    )
    number = 0
    for mention in store.news(100):  # those that a life before recorded and did not live to judge are among them
        judgement = Judgement(
            mention=mention,
            verdict=verdict,
            signature=mention.post.native_id.encode(),
            origin=mention.post.key,
            change="open",
            act=Act.PAGE,
            wakes=True,
            pages=True,
            tells=((RECEIVER, NotificationKind.ROOT),),
        )
        number = store.apply([judgement], now)[0]
    return number


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
