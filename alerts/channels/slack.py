"""Slack: one message a notification, changed in place, found again by its key. Classifies its failures, never retries."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPException
from logging import CRITICAL, Logger
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from alerts import card as cards
from alerts.channels import slack_blocks
from alerts.channels.slack_answers import FIXES, MAKE_UP, classify, code
from alerts.words import Language
from monitor.model import Incident, Notification, NotificationKind, Outcome, Receipt
from monitor.ports import Clock

TIMEOUT = 10
"""Real seconds for an answer. `[alerts] settle` is longer, so that a message in doubt has had its time to arrive."""

SKEW = 60.0
"""Seconds by which Slack's clock and ours may differ when a message is looked for. Keys are unique: wide costs nothing."""

PAGES_OF_HISTORY = 10
"""How many pages of 200 messages are read for one message in doubt."""

POST_EVERY = 1.0
"""Clock seconds between two messages to a channel that Slack always allows."""

_FAILURES = (SlackClientError, OSError, HTTPException, ValueError)
"""All that the SDK, urllib and an answer that is none can raise."""

_MENTION = re.compile(r"<!subteam\^S[A-Z0-9]+>|<@[UW][A-Z0-9]+>|<!(?:here|channel)>")


def _channel(value: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{2,20}", value):
        raise ValueError(f"{value!r} is no channel id. It begins with C and stands at the end of the channel's link")
    return value


def _mention(value: str) -> str:
    if not all(_MENTION.fullmatch(word) for word in value.split()):
        raise ValueError('write "<!subteam^S…>", "<@U…>", "<!here>" or "<!channel>", with spaces between them')
    return value


def _people(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if not re.fullmatch(r"[UWS][A-Z0-9]{2,20}", one):
            raise ValueError(f"{one!r} is neither a member's id (U…) nor a user group's (S…)")
    return value


def _api(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise ValueError("the token would travel in plain: use https")
    return value if value.endswith("/") else value + "/"


@dataclass(frozen=True, kw_only=True)
class SlackOptions:
    """The keys of a Slack receiver. `mention`: whom a new message wakes; a change of one wakes nobody.

    `app_token` (xapp-…) lets buttons and commands be heard. `people`: who may use them, members U… and user groups S…; empty:
    everybody in the channel.
    """

    token: SecretStr
    channel: Annotated[str, AfterValidator(_channel)]
    mention: Annotated[str, AfterValidator(_mention)] = ""
    app_token: SecretStr | None = None
    people: Annotated[tuple[str, ...], AfterValidator(_people)] = ()
    base_url: Annotated[str, AfterValidator(_api)] = "https://slack.com/api/"
    proxy: SecretStr | None = None


class Slack:
    """A Channel that can also look whether a message arrived (Finding) and prove itself (`check`)."""

    Options = SlackOptions

    def __init__(self, options: SlackOptions, *, clock: Clock, language: Language = "zh", board_url: str = "") -> None:
        self._options, self._clock, self._language, self._board_url = options, clock, language, board_url
        self._client = WebClient(
            options.token.get_secret_value(),
            options.base_url,
            timeout=TIMEOUT,
            retry_handlers=[],  # the SDK's own would post again when only the answer was lost
            logger=Logger("slack_sdk", CRITICAL + 1),  # it writes down what is sent; what failed is ours to tell
        )
        # Left to itself the SDK sends even loopback through HTTPS_PROXY; urllib, asked without one, minds NO_PROXY.
        self._client.proxy = options.proxy.get_secret_value() if options.proxy else None

    def send(self, notification: Notification, incident: Incident | None) -> Receipt:
        """One attempt. Where Slack does not take the card's make-up, plain text follows a second later."""
        if notification.kind is NotificationKind.OPS:
            told = cards.ops_card(notification.body or {}, self._language, repeat=notification.repeat)
        elif incident is None:
            return Receipt(outcome=Outcome.PERMANENT, error=f"there is no incident {notification.incident_id}")
        else:
            now, again = self._clock.now(), notification.repeat
            told = cards.card(incident, self._language, now, board_url=self._board_url, repeat=again)
        if notification.kind is NotificationKind.UPDATE:
            return self._update(notification, told)
        metadata = {"event_type": "langyan_notification", "event_payload": {"key": notification.key}}
        return self._attempt(
            "chat.postMessage",
            lambda content: self._client.chat_postMessage(
                channel=self._options.channel,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
                link_names=False,
                parse="none",
                **content,
            ),
            told,
            self._options.mention,
        )

    def _update(self, notification: Notification, told: cards.Card) -> Receipt:
        where = notification.handle or {}
        if not where.get("channel") or not where.get("ts"):
            return Receipt(outcome=Outcome.PERMANENT, error="chat.update: the message to change was never sent")
        channel, ts = str(where["channel"]), str(where["ts"])
        return self._attempt(
            "chat.update",
            lambda content: self._client.chat_update(channel=channel, ts=ts, link_names=False, **content),
            told,
        )

    def _attempt(
        self, method: str, call: Callable[[dict[str, Any]], Any], told: cards.Card, mention: str = ""
    ) -> Receipt:
        try:
            return self._sent(call(slack_blocks.message(told, mention)))
        except _FAILURES as error:
            trouble = code(error)
            if trouble not in MAKE_UP:
                return classify(method, error)
        self._clock.wait(threading.Event(), POST_EVERY)
        try:
            receipt = self._sent(call(slack_blocks.plain(told, mention)))
        except _FAILURES as error:
            return classify(method, error)
        return replace(receipt, error=f"{method}: {trouble}, so it went out as plain text")

    def _sent(self, answer: Any) -> Receipt:
        if not answer.get("ts"):
            raise ValueError("Slack said yes and did not say where")
        handle = {"channel": str(answer.get("channel") or self._options.channel), "ts": str(answer["ts"])}
        return Receipt(outcome=Outcome.SENT, handle=handle)

    def find(self, key: str, since: datetime) -> Receipt:
        """Looks for our key in the channel's history. REFUSED: read to its end, and the message is not there."""
        cursor: str | None = None
        for _ in range(PAGES_OF_HISTORY):
            try:
                page = self._history(oldest=f"{since.timestamp() - SKEW:.6f}", cursor=cursor)
            except _FAILURES as error:
                receipt = classify("conversations.history", error)
                unknown = receipt.outcome is Outcome.REFUSED  # not to have reached Slack proves nothing
                return replace(receipt, outcome=Outcome.AMBIGUOUS) if unknown else receipt
            for message in page.get("messages") or ():
                if ((message.get("metadata") or {}).get("event_payload") or {}).get("key") == key:
                    handle = {"channel": self._options.channel, "ts": str(message["ts"])}
                    return Receipt(outcome=Outcome.SENT, handle=handle)
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return Receipt(outcome=Outcome.REFUSED, error="it is not in the channel")
        return Receipt(outcome=Outcome.AMBIGUOUS, error="conversations.history: too many messages to look through")

    def _history(self, *, oldest: str = "0", cursor: str | None = None, limit: int = 200) -> dict[str, Any]:
        answer = self._client.conversations_history(
            channel=self._options.channel, oldest=oldest, include_all_metadata=True, limit=limit, cursor=cursor
        )
        return answer.data if isinstance(answer.data, dict) else {}

    def check(self) -> list[tuple[str, str]]:
        """What stands between a page and the channel, each with what to do; empty when all is well. Posts nothing."""
        try:
            answer = self._client.auth_test()
        except _FAILURES as error:
            return [_trouble("auth.test", error)]
        troubles: list[tuple[str, str]] = []
        headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        scopes = {scope.strip() for scope in headers.get("x-oauth-scopes", "chat:write").split(",")}
        if "chat:write" not in scopes:
            troubles.append(("the token may not post (chat:write)", FIXES["missing_scope"]))
        try:
            self._history(limit=1)
        except _FAILURES as error:
            if code(error) == "missing_scope":
                says = "the channel's history cannot be read, so a page in doubt is sent a second time"
                fix = "Add channels:history, or groups:history for a private channel, and install the app again"
                troubles.append((says, fix))
            else:
                troubles.append(_trouble(f"channel {self._options.channel}", error))
        return troubles


def _trouble(what: str, error: Exception) -> tuple[str, str]:
    said = code(error)
    if said:
        return f"{what}: {said}", FIXES.get(said, f"See https://docs.slack.dev/reference/methods for {said}")
    failed = classify(what, error)
    if failed.outcome is Outcome.RATE_LIMITED:
        return f"{what}: asked too often", "Try again in a minute"
    return str(failed.error), "Check base_url, the proxy and whether this machine reaches Slack"
