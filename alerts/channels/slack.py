"""Slack: a message, a change of one, a line in its thread, a picture; found again by its key. Classifies its failures, never
retries."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from logging import CRITICAL, Logger
from typing import Any, Protocol

from slack_sdk import WebClient

from alerts.budget import Allowance, Budget, Lane
from alerts.card import Card
from alerts.channels import slack_files, slack_proof, slack_told
from alerts.channels.slack_answers import FAILURES, MAKE_UP, classify, code
from alerts.channels.slack_options import SlackOptions
from alerts.masking import Shows
from alerts.policy import POST_EVERY
from alerts.studio import Unfinished
from alerts.words import Language
from monitor.model import Incident, Notification, NotificationKind, Outcome, Receipt
from monitor.ports import Clock, Proof

TIMEOUT = 10
"""Real seconds for an answer. `[alerts] settle` is longer, so that a message in doubt has had its time to arrive."""

SKEW = 60.0
"""Seconds by which Slack's clock and ours may differ when a message is looked for. Keys are unique: wide costs nothing."""

PAGES_OF_HISTORY = 10
"""How many pages of 200 messages are read for one message in doubt."""

FILES = "files"

ALLOWANCES: Mapping[str, Allowance] = {
    "chat.postMessage": Allowance(every=POST_EVERY),
    "chat.update": Allowance(every=1.5, burst=5),
    "chat.delete": Allowance(every=1.5, burst=5),
    "conversations.history": Allowance(every=1.5, burst=5),
    "conversations.replies": Allowance(every=1.5, burst=5),
    FILES: Allowance(every=1.5, burst=4),
}
"""Below what Slack allows: a message a second to a channel (bursts are taken, but nobody says how large), fifty calls a minute of
the other methods."""

_UPDATE = Lane("chat.update")
_IN_THREAD = (NotificationKind.THREAD, NotificationKind.REPEAT)

ASTRAY = "chat.postMessage: the message it answers is gone, so it came to stand in the channel"

PATIENCE = 2.5
"""Clock seconds that a look into the channel waits for its turn."""


ASK_AGAIN, BEING_DRAWN = 1.0, "the picture is being drawn"
"""Real seconds until a picture that is being drawn is asked for again."""


class Pictures(Protocol):
    """What an incident's spread looks like."""

    def draw(self, incident: Incident, now: datetime) -> bytes | None:
        """A PNG; None where there is nothing to draw. Raises `studio.Unfinished` while it is being drawn."""
        ...

    def alt(self, incident: Incident, now: datetime) -> str:
        """The same in words."""
        ...


class Slack:
    """A Channel that can also look whether a message arrived (Finding), show a picture (Drawing) and prove itself (`proofs`).

    `budget`: shared by all receivers with the same token. `pictures` None: it shows none.
    """

    Options = SlackOptions

    def __init__(
        self,
        options: SlackOptions,
        *,
        clock: Clock,
        language: Language = "zh",
        board_url: str = "",
        shows: Shows = "masked",
        budget: Budget | None = None,
        pictures: Pictures | None = None,
    ) -> None:
        self._options, self._clock, self._pictures = options, clock, pictures
        self.budget = budget or Budget(clock.elapsed, ALLOWANCES)
        alt = pictures.alt if pictures else lambda _incident, _now: ""
        heard = options.app_token is not None
        self._voice = slack_told.Voice(language=language, shows=shows, board_url=board_url, alt=alt, buttons=heard)
        self._client = WebClient(
            options.token.get_secret_value(),
            options.base_url,
            timeout=TIMEOUT,
            retry_handlers=[],  # the SDK's own would post again when only the answer was lost
            logger=Logger("slack_sdk", CRITICAL + 1),  # it writes down what is sent; what failed is ours to tell
        )
        # Left to itself the SDK sends even loopback through HTTPS_PROXY; urllib, asked without one, minds NO_PROXY.
        self._client.proxy = options.proxy.get_secret_value() if options.proxy else None

    @classmethod
    def budget_for(cls, options: SlackOptions, clock: Clock) -> tuple[str, Budget]:
        """Whose limits these are, and a budget within them."""
        return f"{options.base_url} {options.token.get_secret_value()}", Budget(clock.elapsed, ALLOWANCES)

    @property
    def draws(self) -> bool:
        return self._pictures is not None

    def lane(self, kind: NotificationKind) -> Lane:
        """A channel's limit is its own for new messages; the other methods are limited for the whole token."""
        if kind is NotificationKind.CHART:
            return Lane(FILES)
        return _UPDATE if kind is NotificationKind.UPDATE else Lane("chat.postMessage", self._options.channel)

    def send(self, notification: Notification, incident: Incident | None) -> Receipt:
        """One attempt. Where Slack does not take the card's make-up, plain text follows a second later."""
        now = self._clock.now()
        if notification.kind is NotificationKind.CHART:
            return self._upload(incident, now)
        try:
            said = slack_told.told(notification, incident, self._voice, now)
        except ValueError as error:
            return Receipt(outcome=Outcome.PERMANENT, error=str(error))
        if notification.kind is NotificationKind.UPDATE:
            return self._update(notification, said)
        onto = str((notification.handle or {}).get("ts") or "")
        if notification.kind in _IN_THREAD and not onto:
            return Receipt(outcome=Outcome.PERMANENT, error="chat.postMessage: the message to answer was never sent")
        where: dict[str, Any] = {"thread_ts": onto} if onto else {}
        if onto and notification.kind is NotificationKind.REPEAT:
            where["reply_broadcast"] = True
        receipt = self._attempt(
            Lane("chat.postMessage", self._options.channel),
            lambda content: self._client.chat_postMessage(
                channel=self._options.channel,
                metadata={"event_type": "langyan_notification", "event_payload": {"key": notification.key}},
                unfurl_links=False,
                unfurl_media=False,
                link_names=False,
                parse="none",
                **where,
                **content,
            ),
            said,
            self._options.mention if notification.wakes else "",
            onto,
        )
        if receipt.gone:
            return self._taken_back(receipt)
        if notification.repeat and receipt.handle:  # so that its changes go on saying so
            return replace(receipt, handle={**receipt.handle, "repeat": True})
        return receipt

    def _update(self, notification: Notification, said: Card | str) -> Receipt:
        where = notification.handle or {}
        if not where.get("channel") or not where.get("ts"):
            return Receipt(outcome=Outcome.PERMANENT, error="chat.update: the message to change was never sent")
        channel, ts = str(where["channel"]), str(where["ts"])
        receipt = self._attempt(
            _UPDATE,
            lambda content: self._client.chat_update(channel=channel, ts=ts, link_names=False, **content),
            said,
        )
        return replace(receipt, gone="message_not_found" in (receipt.error or ""))

    def _attempt(
        self, lane: Lane, call: Callable[[dict[str, Any]], Any], said: Card | str, mention: str = "", onto: str = ""
    ) -> Receipt:
        try:
            return self._sent(call(slack_told.content(said, mention, self._voice)), onto)
        except FAILURES as error:
            trouble = code(error)
            if trouble not in MAKE_UP:
                return classify(lane.method, error)
        self.budget.ended(lane)
        self._in_turn(lane)
        bare = slack_told.without_picture(said)
        less = slack_told.plain(said, mention) if bare is said else slack_told.content(bare, mention, self._voice)
        try:
            receipt = self._sent(call(less), onto)
        except FAILURES as error:
            return classify(lane.method, error)
        how = "as plain text" if bare is said else "without its picture"
        return replace(receipt, error=f"{lane.method}: {trouble}, so it went out {how}")

    def _sent(self, answer: Any, onto: str = "") -> Receipt:
        """A reply to a message that was deleted is put into the channel without a word of warning."""
        if not answer.get("ts"):
            raise ValueError("Slack said yes and did not say where")
        handle = {"channel": str(answer.get("channel") or self._options.channel), "ts": str(answer["ts"])}
        if onto and (answer.get("message") or {}).get("thread_ts") != onto:
            return Receipt(outcome=Outcome.SENT, handle=handle, error=ASTRAY, gone=True)
        return Receipt(outcome=Outcome.SENT, handle=handle)

    def _taken_back(self, astray: Receipt) -> Receipt:
        """A line without its thread tells a channel nothing, so it goes; with it gone there is no handle."""
        where, lane = astray.handle or {}, Lane("chat.delete")
        self._in_turn(lane)
        try:
            self._client.chat_delete(channel=str(where["channel"]), ts=str(where["ts"]))
        except FAILURES as error:
            if code(error) != "message_not_found":
                why = classify(lane.method, error).error
                return replace(astray, error=f"{astray.error}, and there it stays ({why})")
        finally:
            self.budget.ended(lane)
        return replace(astray, handle=None, error=f"{astray.error}; taken back")

    def _upload(self, incident: Incident | None, now: datetime) -> Receipt:
        """The picture, for no channel: the message shows it once it is changed."""
        try:
            drawn = self._pictures.draw(incident, now) if self._pictures and incident else None
        except Unfinished:
            return Receipt(outcome=Outcome.RATE_LIMITED, retry_after=ASK_AGAIN * self._clock.rate, error=BEING_DRAWN)
        if drawn is None:
            return Receipt(outcome=Outcome.SENT, error="there is nothing to draw")
        try:
            file = slack_files.upload(self._client, drawn, f"incident-{incident.id if incident else 0}.png", TIMEOUT)
        except FAILURES as error:
            return classify(FILES, error)
        return Receipt(outcome=Outcome.SENT, handle={"file": file})

    def _in_turn(self, lane: Lane) -> None:
        while left := self.budget.take(lane, page=True):
            self._clock.wait(threading.Event(), left)

    def find(self, key: str, since: datetime, onto: Mapping[str, Any] | None = None) -> Receipt:
        """Looks for our key in the channel's history, or in the thread of `onto`. REFUSED: read to its end, and the message is not
        there. Of a thread that is gone the line stands in the channel, if anywhere, and is taken back."""
        method = "conversations.replies" if onto else "conversations.history"
        asked: dict[str, Any] = {"oldest": f"{since.timestamp() - SKEW:.6f}", "ts": str(onto["ts"]) if onto else None}
        cursor: str | None = None
        for _ in range(PAGES_OF_HISTORY):
            while left := self.budget.take(Lane(method), page=True):
                if left > PATIENCE:
                    return Receipt(
                        outcome=Outcome.RATE_LIMITED, retry_after=left, error=f"{method}: ratelimited by ourselves"
                    )
                self._clock.wait(threading.Event(), left)
            try:
                page = self._page(cursor=cursor, **asked)
            except FAILURES as error:
                if onto and code(error) == "thread_not_found":
                    found = self.find(key, since)
                    stands = found.outcome is Outcome.SENT
                    return self._taken_back(replace(found, error=ASTRAY, gone=True)) if stands else found
                receipt = classify(method, error)
                if receipt.outcome is Outcome.RATE_LIMITED:
                    self.budget.rest(Lane(method), receipt.retry_after or POST_EVERY)
                unknown = receipt.outcome is Outcome.REFUSED  # not to have reached Slack proves nothing
                return replace(receipt, outcome=Outcome.AMBIGUOUS) if unknown else receipt
            for message in page.get("messages") or ():
                if ((message.get("metadata") or {}).get("event_payload") or {}).get("key") == key:
                    handle = {"channel": self._options.channel, "ts": str(message["ts"])}
                    return Receipt(outcome=Outcome.SENT, handle=handle)
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return Receipt(outcome=Outcome.REFUSED, error="it is not in the channel")
        return Receipt(outcome=Outcome.AMBIGUOUS, error=f"{method}: too many messages to look through")

    def _page(
        self, *, oldest: str = "0", ts: str | None = None, cursor: str | None = None, limit: int = 200
    ) -> dict[str, Any]:
        asked: dict[str, Any] = {"channel": self._options.channel, "oldest": oldest, "limit": limit, "cursor": cursor}
        if ts is None:
            answer = self._client.conversations_history(include_all_metadata=True, **asked)
        else:
            answer = self._client.conversations_replies(ts=ts, include_all_metadata=True, **asked)
        return answer.data if isinstance(answer.data, dict) else {}

    def proofs(self) -> list[Proof]:
        """What stands between a page and the channel, a line each. Posts nothing."""
        app = self._options.app_token
        return slack_proof.proofs(
            self._client,
            self._options.channel,
            lambda: self._page(limit=1),
            app_token=app.get_secret_value() if app else "",
            groups=any(one.startswith("S") for one in self._options.people),
        )
