"""`langyan check --page`: a marked test page by a receiver's own channel, and how long until somebody answers it.

A running daemon hears the press, and its inbox tells of it. Where none runs we listen ourselves, and write into the inbox
whatever else is pressed meanwhile: the next daemon carries it out.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any
from uuid import uuid4

from alerts.channels.slack_options import SlackOptions
from alerts.intake.actions import received
from alerts.intake.socket import Socket
from alerts.intake.talk import Talk
from monitor.check import Line
from monitor.config import Receiver
from monitor.ears import Seconds
from monitor.model import Notification, NotificationKind, Outcome, Receipt, Words, same
from monitor.ports import Channel, Clock
from monitor.store import Store

AGAIN = Words("看 langyan check，再试一次", "See langyan check, and try again")
TRIES = 5
LOOK_EVERY = 0.2
READ_EVERY = 3.0
"""Real seconds between two looks into the inbox, and into the thread."""

YES = frozenset({"收到", "got it", "received", "ok"})


@dataclass(frozen=True, kw_only=True)
class Calling:
    """`store`: whose inbox tells of the press. `listens`: no daemon runs, so we hear for ourselves."""

    receiver: Receiver
    channel: Channel
    store: Store
    clock: Clock
    real: Seconds
    listens: bool

    def page(self, wait: float) -> Iterator[Line]:
        """Sends it, waits `wait` real seconds for an answer, and tells of both, a line each."""
        name, answer = self.receiver.name, uuid4().hex
        what = Words(f"接收方 {name}，测试呼叫", f"receiver {name}, test page")
        with self._listening():
            began = self.real.elapsed()
            receipt = self._send(answer)
            if receipt.outcome is not Outcome.SENT:
                yield Line(ok=False, what=what, says=same(str(receipt.error)), fix=AGAIN)
                return
            took = self.real.elapsed() - began
            if not isinstance(self.receiver.options, SlackOptions):
                says = Words(
                    f"{took:.1f} 秒后已收下；这种接收方没法回应",
                    f"taken after {took:.1f} s; nobody can answer by this receiver",
                )
                yield Line(ok=True, what=what, says=says)
                return
            stands = Words(
                f"{took:.1f} 秒后出现在频道里；等人按「收到」",
                f"stands in the channel after {took:.1f} s; waiting for 收到",
            )
            yield Line(ok=True, what=what, says=stands)
            who = self._answer(answer, receipt, began + took + wait)
            if who is None:
                fix = Words(
                    "手机响了吗？按「收到」，或在消息串里回复「收到」；langyan check 会说按钮收不收得到",
                    "Did the phone ring? Press 收到, or reply 收到 in its thread; langyan check says whether presses are heard",
                )
                says = Words(f"{wait:.0f} 秒内没有人回应", f"nobody answered within {wait:.0f} s")
                yield Line(ok=False, what=what, says=says, fix=fix)
            else:
                took = self.real.elapsed() - began - took
                says = Words(f"{who} 在 {took:.1f} 秒后回应", f"answered by {who} after {took:.1f} s")
                yield Line(ok=True, what=what, says=says)

    def _send(self, answer: str) -> Receipt:
        page = Notification(
            id=0,
            key=f"test-{answer}",
            receiver=self.receiver.name,
            kind=NotificationKind.TEST,
            body={"answer": answer},
            started_at=self.clock.now(),
        )
        receipt = self.channel.send(page, None)
        for _ in range(TRIES):
            if receipt.outcome is not Outcome.RATE_LIMITED:
                break
            self.clock.wait(threading.Event(), receipt.retry_after or 1.0)
            receipt = self.channel.send(page, None)
        return receipt

    def _answer(self, answer: str, receipt: Receipt, until: float) -> str | None:
        """Who answered."""
        options: SlackOptions = self.receiver.options
        talk = Talk(options.token.get_secret_value(), options.base_url, _proxy(options))
        handle, read = receipt.handle or {}, self.real.elapsed()
        while self.real.elapsed() < until:
            if who := self.store.answered(answer):
                return talk.name(who.removeprefix("slack:")) or who
            if self.real.elapsed() >= read:
                read = self.real.elapsed() + READ_EVERY
                for said in talk.replies(str(handle["channel"]), str(handle["ts"]), "0") or ():
                    if str(said.get("text", "")).strip(" .!。！").casefold() in YES and not said.get("bot_id"):
                        return talk.name(str(said.get("user", ""))) or "somebody"
            threading.Event().wait(LOOK_EVERY)
        return None

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """An open socket, where there is no daemon that has one."""
        options: Any = self.receiver.options
        if not self.listens or not isinstance(options, SlackOptions) or options.app_token is None:
            yield
            return
        stop = threading.Event()
        socket = Socket(
            receiver=self.receiver.name,
            app_token=options.app_token.get_secret_value(),
            base_url=options.base_url,
            proxy=_proxy(options),
            hear=self._hear,
            elapsed=self.real.elapsed,
            wall=self.real.wall,
            rng=Random(),  # noqa: S311 - jitter, not secrets
        )
        thread = threading.Thread(target=partial(socket.run, stop, threading.Event()), name="listen", daemon=True)
        thread.start()
        with ExitStack() as leaving:
            leaving.callback(thread.join, 5)
            leaving.callback(stop.set)
            _until(lambda: socket.connected, 10.0, self.real)
            yield

    def _hear(self, kind: str, envelope_id: str, payload: Any) -> None:
        envelope = received(self.receiver.name, kind, envelope_id, payload, self.clock.now())
        if envelope is not None:
            self.store.take_in(envelope)


def _until(met: Callable[[], bool], seconds: float, real: Seconds) -> None:
    end = real.elapsed() + seconds
    while not met() and real.elapsed() < end:
        threading.Event().wait(0.02)


def _proxy(options: SlackOptions) -> str | None:
    return options.proxy.get_secret_value() if options.proxy else None
