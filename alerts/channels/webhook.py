"""A signed webhook: every notification as JSON to an address of yours. Classifies its failures, never retries.

`X-Langyan-Signature: v1=` and the hex of HMAC-SHA256 over `timestamp.body` under the shared secret, with the timestamp (seconds
since 1970) in `X-Langyan-Timestamp`. `Idempotency-Key` is the notification's key, the same for every attempt: whoever keeps the keys it
has seen counts nothing twice.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import SecretStr

from alerts import card as cards
from alerts import lines, tables
from alerts.card import Card
from alerts.masking import Shows
from alerts.payload import payload
from alerts.words import Language
from monitor.model import Incident, Notification, NotificationKind, Outcome, Receipt, Words, same
from monitor.ports import Clock, Proof

TIMEOUT = 10.0
"""Real seconds for an answer; shorter than `[alerts] settle`."""

SCHEMA = "langyan.notification.v1"

LONGEST_WAIT = 900.0
"""Seconds of a Retry-After that are believed."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


@dataclass(frozen=True, kw_only=True)
class WebhookOptions:
    """The keys of a webhook. `url` is a secret, for it often holds one; https, or http to this machine. `secret` signs."""

    url: SecretStr
    secret: SecretStr
    proxy: SecretStr | None = None


class Webhook:
    """A Channel. It cannot be read, so what is in doubt is sent again, under the same key and marked as a repeat."""

    Options = WebhookOptions

    def __init__(
        self,
        options: WebhookOptions,
        *,
        clock: Clock,
        language: Language = "zh",
        board_url: str = "",
        shows: Shows = "masked",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._options, self._clock = options, clock
        self._language, self._board_url, self._shows = language, board_url, shows
        self._client = httpx.Client(
            timeout=TIMEOUT,
            follow_redirects=False,  # what is signed for one address goes to no other
            trust_env=False,
            proxy=options.proxy.get_secret_value() if options.proxy else None,
            transport=transport,
        )

    def send(self, notification: Notification, incident: Incident | None) -> Receipt:
        """One attempt."""
        if notification.kind is NotificationKind.CHART:
            return Receipt(outcome=Outcome.SENT, error="a webhook is sent no picture")
        problem = _refused(self._options.url.get_secret_value())
        if problem:
            return Receipt(outcome=Outcome.PERMANENT, error=problem)
        now = self._clock.now()
        try:
            body = orjson.dumps(self._body(notification, incident, now))
        except ValueError as error:
            return Receipt(outcome=Outcome.PERMANENT, error=str(error))
        try:
            answer = self._client.post(
                self._options.url.get_secret_value(), content=body, headers=self._headers(notification, body, now)
            )
        except _NEVER_SENT as error:
            return Receipt(outcome=Outcome.REFUSED, error=f"webhook: {type(error).__name__}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Receipt(outcome=Outcome.AMBIGUOUS, error=f"webhook: {type(error).__name__}")
        return _classified(answer, notification)

    def _headers(self, notification: Notification, body: bytes, now: datetime) -> dict[str, str]:
        stamp = str(int(now.timestamp()))
        return {
            "Content-Type": "application/json",
            "User-Agent": "langyan",
            "Idempotency-Key": notification.key,
            "X-Langyan-Event": notification.kind.value,
            "X-Langyan-Timestamp": stamp,
            "X-Langyan-Signature": signature(self._options.secret.get_secret_value(), stamp, body),
        }

    def _body(self, notification: Notification, incident: Incident | None, now: datetime) -> dict[str, Any]:
        kind, said = notification.kind, notification.body or {}
        told: dict[str, Any] = {
            "schema": SCHEMA,
            "kind": kind.value,
            "key": notification.key,
            "at": now.isoformat(),
            "wakes": notification.wakes,
            "repeat": notification.repeat,
            "in_place_of": said.get("fallback_for"),
        }
        if kind is NotificationKind.OPS:
            card = cards.ops_card(said, self._language, repeat=notification.repeat)
            return {**told, "text": card.push, "ops": dict(said)}
        if kind is NotificationKind.TEST:
            return {**told, "text": cards.test_card(str(said["answer"]), self._language).push}
        if kind is NotificationKind.TRIAL:
            return {**told, "text": lines.trial(said, self._language), "trial": dict(said)}
        if incident is None and notification.covered:
            card = self._table(notification, now)
            rows = [self._incident(notification, one, now) for one in notification.covers]
            return {**told, "text": card.push, "covered": notification.covered, "incidents": rows}
        if incident is None:
            raise ValueError(f"there is no incident {notification.incident_id}")
        whole = self._incident(notification, incident, now)
        text = whole.get("text", "")
        if kind is NotificationKind.THREAD:
            text = lines.line(str(said["code"]), said["facts"], self._language, self._shows)
        return {**told, "text": text, "incident": whole}

    def _incident(self, notification: Notification, incident: Incident, now: datetime) -> dict[str, Any]:
        return payload(
            incident,
            self._language,
            now,
            kind=notification.kind.value,
            shows=self._shows,
            board_url=self._board_url,
            mode="trial" if notification.trial else "live",
            events=notification.events,
        )

    def _table(self, notification: Notification, now: datetime) -> Card:
        table = tables.digest if notification.kind is NotificationKind.DIGEST else tables.storm
        return table(notification.covers, self._language, now, total=notification.covered, shows=self._shows)

    def proofs(self) -> list[Proof]:
        """What stands between a page and the receiver, as far as can be told without sending one."""
        problem = _refused(self._options.url.get_secret_value())
        if problem:
            fix = Words("写 https://…，或指向本机的 http://", "Write https://…, or http:// to this machine")
            return [Proof(ok=False, says=same(problem), fix=fix)]
        says = Words(
            "地址和密钥都有；发一次测试呼叫才知道更多", "its address and secret are there; a page would tell more"
        )
        return [Proof(ok=True, says=says)]


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What proves that a body came from us at that time."""
    return "v1=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _refused(url: str) -> str:
    """Why nothing is sent there. The address itself is never said: it often holds a secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "webhook: the address is none"
    if parts.scheme == "https" and host:
        return ""
    if parts.scheme == "http" and host in ("127.0.0.1", "localhost", "::1"):
        return ""
    return "webhook: the page would travel in plain: use https"


def _classified(answer: httpx.Response, notification: Notification) -> Receipt:
    status = answer.status_code
    if 200 <= status < 300:
        return Receipt(outcome=Outcome.SENT, handle={"key": notification.key})
    if status == 429:
        return Receipt(outcome=Outcome.RATE_LIMITED, retry_after=_retry_after(answer), error="webhook: ratelimited")
    if status >= 500 or status in (408, 425):
        return Receipt(outcome=Outcome.AMBIGUOUS, error=f"webhook: HTTP {status}")
    return Receipt(outcome=Outcome.PERMANENT, error=f"webhook: HTTP {status}. Check url and secret")


def _retry_after(answer: httpx.Response) -> float | None:
    try:
        return min(max(float(answer.headers.get("retry-after", "")), 0.0), LONGEST_WAIT)
    except ValueError:
        return None
