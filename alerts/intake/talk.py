"""Speaking to one person in Slack: answers that only they see, forms, threads that are read, and who people are.

Nothing here is a page: what does not get through is logged and let go. Nothing that Slack says is quoted, for it may hold a token.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from logging import CRITICAL, Logger
from typing import Any
from urllib.parse import urlsplit

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from alerts.intake.actions import Where
from alerts.intake.replies import Answer
from monitor.model import Actor

log = structlog.get_logger()

TIMEOUT = 5
"""Real seconds for one request; a form's trigger dies after three."""

KNOWN_FOR = 300.0
"""Real seconds for which a list of members and a name are believed."""

_QUIET = Logger("slack_sdk", CRITICAL + 1)
_FAILURES = (SlackApiError, OSError, ValueError)


class Talk:
    """One workspace, by one bot token. From any thread."""

    def __init__(self, token: str, base_url: str, proxy: str | None) -> None:
        self._client = WebClient(token, base_url, timeout=TIMEOUT, retry_handlers=[], logger=_QUIET)
        self._client.proxy = proxy
        self._proxy = proxy

    def answer(self, where: Where, answer: Answer) -> None:
        """Says it to whoever pressed or typed, where they did."""
        content = answer.content()
        if where.response_url and _trusted(where.response_url):
            self._tried("response_url", lambda: self._respond(where.response_url, content))
            return
        if not where.channel:
            return
        user, thread = where.user.removeprefix("slack:"), where.thread or None
        self._tried(
            "chat.postEphemeral",
            lambda: self._client.chat_postEphemeral(channel=where.channel, user=user, thread_ts=thread, **content),
        )

    def open(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Shows a form; the trigger lives three seconds."""
        self._tried("views.open", lambda: self._client.views_open(trigger_id=trigger, view=dict(view)))

    def replies(self, channel: str, ts: str, oldest: str) -> list[Mapping[str, Any]] | None:
        """What was said in a thread since then; None: it could not be read."""
        found = self._tried(
            "conversations.replies",
            lambda: self._client.conversations_replies(channel=channel, ts=ts, oldest=oldest, limit=100),
        )
        messages = found.get("messages") if found is not None else None
        return [one for one in messages if isinstance(one, Mapping)] if isinstance(messages, list) else None

    def members(self, group: str) -> frozenset[str] | None:
        """Who is in a user group; None: Slack did not say."""
        found = self._tried("usergroups.users.list", lambda: self._client.usergroups_users_list(usergroup=group))
        users = found.get("users") if found is not None else None
        return frozenset(str(user) for user in users) if isinstance(users, list) else None

    def name(self, user: str) -> str | None:
        """What people call somebody; None: Slack did not say."""
        found = self._tried("users.info", lambda: self._client.users_info(user=user))
        about = found.get("user") if found is not None else None
        if not isinstance(about, Mapping):
            return None
        profile = about.get("profile")
        shown = profile.get("display_name") if isinstance(profile, Mapping) else None
        return str(shown or about.get("real_name") or about.get("name") or "")[:80] or None

    def _respond(self, url: str, content: Mapping[str, Any]) -> None:
        client = WebhookClient(url, timeout=TIMEOUT, retry_handlers=[], logger=_QUIET)
        client.proxy = self._proxy
        said = client.send_dict({"response_type": "ephemeral", "replace_original": False, **content})
        if said.status_code != 200:
            raise ValueError(f"HTTP {said.status_code}")

    def _tried(self, what: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except _FAILURES as error:
            log.warning("an answer did not get through", what=what, error=type(error).__name__)
            return None


@dataclass
class _Known:
    what: Any
    until: float


class Crew:
    """`orders.People`: who may act (`allowed`: users U…, user groups S…; empty: everybody), and what they are called.

    Where Slack does not say who is in a group, the last answer holds; where there never was one, everybody may: better a
    stranger who acknowledges than nobody who can.
    """

    def __init__(self, talk: Talk, allowed: tuple[str, ...], elapsed: Callable[[], float]) -> None:
        self._talk, self._elapsed = talk, elapsed
        self._users = frozenset(one for one in allowed if not one.startswith("S"))
        self._groups = tuple(one for one in allowed if one.startswith("S"))
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def may(self, actor: Actor) -> bool:
        user = actor.id.removeprefix("slack:")
        if not self._users and not self._groups:
            return True
        if user in self._users:
            return True
        members = [self._ask(group, self._talk.members) for group in self._groups]
        return any(found is None or user in found for found in members)

    def named(self, actor: Actor) -> Actor:
        """Who pressed comes with a handle, which will do until Slack has said what people call them; a reply comes with none."""
        user = actor.id.removeprefix("slack:")
        known = self._known.get(user)
        if known is None and actor.name != user:
            threading.Thread(target=self._ask, args=(user, self._talk.name), name="ask a name", daemon=True).start()
            return actor
        return Actor(actor.id, self._ask(user, self._talk.name) or actor.name)

    def _ask(self, key: str, ask: Callable[[str], Any]) -> Any:
        """What Slack says of it, or said last; asked anew once it has been believed for long enough."""
        with self._lock:
            known = self._known.get(key)
            if known is not None and self._elapsed() <= known.until:
                return known.what
            answer = ask(key)
            kept = known.what if answer is None and known is not None else answer
            self._known[key] = _Known(kept, self._elapsed() + KNOWN_FOR)
            return kept


def _trusted(url: str) -> bool:
    """It came over our own socket; still, an answer travels encrypted or not at all."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1"))
