"""Ears that cannot stay deaf: slack_sdk's Socket Mode client, watched, and built anew whenever it may be dead.

Left to itself that client tries again with the ticket it has, which Slack burns, and can wait for ever on a socket that died in
silence. So its own reconnecting is off. A watchdog asks for a new ticket and builds a new client when no sign of life came for
a while, when connecting takes too long, and when Slack says that the socket will end.

Waits are real seconds. Nothing that goes wrong here is raised: buttons may be dead while pages go on.
"""

import select
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from logging import CRITICAL, Logger
from random import Random
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from monitor import metrics

log = structlog.get_logger()

Hear = Callable[[str, str, Mapping[str, Any]], None]
"""Takes an envelope: its type, its id, what it holds. On return it is written down, and may be acknowledged."""

_QUIET = Logger("slack_sdk", CRITICAL + 1)
"""The SDK writes down what is sent and what is heard; what failed is ours to tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits:
    """Real seconds. `silence`: without a sign of life the socket counts as dead. `connecting`: from asking for a ticket to hello.
    `ping`: between two of ours. `rest` after a failure doubles up to `longest_rest`. `look`: how often the watchdog looks.
    `threads`: after so long without a socket the incidents' threads are read; one that is just being renewed needs no help."""

    silence: float = 25.0
    connecting: float = 20.0
    ping: float = 5.0
    rest: float = 1.0
    longest_rest: float = 15.0
    look: float = 0.25
    threads: float = 10.0


WAITS = Waits()


_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class _Line(SocketModeClient):
    """One socket, for as long as it lives. Told to go, it says so, and leaves the rest to the watchdog."""

    def __init__(self, app_token: str, web: WebClient, ping: float, proxy: str | None) -> None:
        self.hello = threading.Event()
        self.leaving = False
        self.heard = 0
        super().__init__(
            app_token,
            logger=_QUIET,
            web_client=web,
            auto_reconnect_enabled=False,
            ping_interval=ping,
            concurrency=4,
            on_message_listeners=[self._message],
        )
        self.proxy = proxy

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002 - as the SDK calls it
        self.leaving = True

    def signs(self) -> tuple[int, float | None]:
        """Changes with every message and every pong."""
        session = self.current_session
        return self.heard, session.last_ping_pong_time if session is not None else None

    def hung_up(self) -> bool:
        """Whether the other side has closed or the connection broke. The SDK reads nothing from such a socket, as fast as it can."""
        session = self.current_session
        sock = session.sock if session is not None else None
        if sock is None:
            return True
        watch = select.poll()
        try:
            watch.register(sock.fileno(), _GONE)
            return bool(watch.poll(0))
        except (OSError, ValueError):
            return True

    def _message(self, text: str) -> None:
        self.heard += 1
        if '"hello"' in text[:200]:
            self.hello.set()


class Socket:
    """One app's ears. `run` is a loop for a thread of its own; the rest may be asked from any thread."""

    def __init__(
        self,
        *,
        receiver: str,
        app_token: str,
        base_url: str,
        proxy: str | None,
        hear: Hear,
        elapsed: Callable[[], float],
        wall: Callable[[], float],
        rng: Random,
        waits: Waits = WAITS,
    ) -> None:
        self.name = f"listen {receiver}"
        self._receiver, self._token, self._base_url, self._proxy = receiver, app_token, base_url, proxy
        self._hear, self._elapsed, self._wall, self._rng = hear, elapsed, wall, rng
        self._waits = waits
        self._line: _Line | None = None
        self._signs: tuple[int, float | None] = (0, None)
        self._alive_at = elapsed()
        self._failures = 0
        self._next_try = 0.0
        self._deaf_since: float | None = elapsed()
        metrics.SOCKET.labels(receiver).set(0)

    @property
    def connected(self) -> bool:
        return self._deaf_since is None

    def deaf_for(self) -> float:
        """Seconds since it last surely heard; 0.0 while it does."""
        since = self._deaf_since
        return 0.0 if since is None else self._elapsed() - since

    def run(self, stop: threading.Event, wake: threading.Event) -> None:
        """Listens until told to stop."""
        while not stop.is_set():
            wake.clear()
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - a bug here must not take the pages with it
                log.warning("the watchdog of a socket failed", receiver=self._receiver, error=type(error).__name__)
                self._lose("failed")
            stop.wait(self._waits.look)
        self._drop()
        self._deafened()

    def _look(self) -> None:
        """One that was told to go hears until the next one does."""
        trouble = self._trouble(self._line) if self._line is not None else ""
        if trouble not in ("", "leaving"):
            self._lose(trouble)
        if (self._line is None or trouble == "leaving") and self._elapsed() >= self._next_try:
            self._connect()

    def _trouble(self, line: _Line) -> str:
        """Why the socket is not to be trusted any more; "": it is."""
        now, signs = self._elapsed(), line.signs()
        if signs != self._signs:
            self._signs, self._alive_at = signs, now
        if not line.is_connected() or line.hung_up():
            return "closed"
        if now - self._alive_at > self._waits.silence:
            return "silent"
        return "leaving" if line.leaving else ""

    def _connect(self) -> None:
        attempt = _Attempt(self._ticket_and_line)
        line, problem, rest = attempt.result(self._waits.connecting)
        if line is None:
            self._failures += 1
            backoff = min(self._waits.longest_rest, self._waits.rest * 2.0 ** min(self._failures - 1, 10))
            self._next_try = self._elapsed() + max(rest, backoff * self._rng.uniform(0.7, 1.0))
            metrics.SOCKET_RENEWED.labels("failed").inc()
            log.warning("buttons are not heard: no socket", receiver=self._receiver, why=problem, tries=self._failures)
            return
        self._drop()
        self._line, self._signs, self._alive_at = line, line.signs(), self._elapsed()
        metrics.SOCKET_RENEWED.labels("connected").inc()
        metrics.SOCKET.labels(self._receiver).set(1)
        log.info("listening for buttons", receiver=self._receiver, deaf_s=round(self.deaf_for(), 1))
        self._deaf_since, self._failures, self._next_try = None, 0, 0.0

    def _ticket_and_line(self) -> _Line:
        """A new ticket, a new client, its hello. Raises whatever went wrong; leaves nothing open behind it."""
        web = WebClient(
            base_url=self._base_url,
            timeout=max(1, round(self._waits.connecting / 2)),
            retry_handlers=[],
            logger=_QUIET,
        )
        web.proxy = self._proxy
        address = str(web.apps_connections_open(app_token=self._token)["url"])
        line = _Line(self._token, web, self._waits.ping, self._proxy or _proxy_for(address))
        greeted = False
        try:
            line.wss_uri = address
            line.socket_mode_request_listeners.append(self._request)
            line.connect()
            greeted = line.is_connected() and line.hello.wait(self._waits.connecting)
        finally:
            if not greeted:
                line.close()
        if not greeted:
            raise ConnectionError("no hello")
        return line

    def _request(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Written down first, acknowledged then: what was not written down is Slack's to send again."""
        metrics.LAST_ENVELOPE.labels(self._receiver).set(self._wall())
        try:
            self._hear(request.type, request.envelope_id, request.payload)
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        except Exception as error:  # noqa: BLE001 - the SDK's thread; it must hear the next one
            log.warning("an envelope was not acknowledged", receiver=self._receiver, error=type(error).__name__)

    def _lose(self, why: str) -> None:
        if self._line is not None:
            log.warning("a socket is given up", receiver=self._receiver, why=why)
            metrics.SOCKET_RENEWED.labels(why).inc()
        self._drop()
        self._deafened()

    def _deafened(self) -> None:
        metrics.SOCKET.labels(self._receiver).set(0)
        if self._deaf_since is None:
            self._deaf_since = self._elapsed()

    def _drop(self) -> None:
        """Lets go of the socket; closing may take the SDK seconds, which is nobody's to wait for."""
        line, self._line = self._line, None
        if line is not None:
            grace = GRACE if line.leaving else 0.0
            threading.Thread(target=_close, args=(line, grace), name="close a socket", daemon=True).start()


class _Attempt:
    """Connecting, in a thread of its own, so that one that hangs can be left behind."""

    def __init__(self, make: Callable[[], _Line]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._line: _Line | None = None
        self._problem, self._rest = "took too long", 0.0
        self._left = False
        self._thread = threading.Thread(target=self._run, name="open a socket", daemon=True)
        self._thread.start()

    def result(self, patience: float) -> tuple[_Line | None, str, float]:
        """The line; or None with what went wrong and how many seconds Slack asks to wait."""
        self._thread.join(patience)
        with self._lock:
            self._left = True
            return self._line, self._problem, self._rest

    def _run(self) -> None:
        try:
            line = self._make()
        except Exception as error:  # noqa: BLE001 - told by the watchdog; what the SDK raises may hold the ticket
            self._problem, self._rest = _said(error)
            return
        with self._lock:
            if not self._left:
                self._line = line
                return
        _close(line)


GRACE = 1.0
"""Seconds that a socket which was told to go has left for what it heard and has not acknowledged yet."""


def _close(line: _Line, grace: float = 0.0) -> None:
    try:
        threading.Event().wait(grace)
        line.close()
    except Exception as error:  # noqa: BLE001 - it is gone one way or the other
        log.warning("a socket did not close", error=type(error).__name__)


LONGEST_WAIT = 60.0
"""Seconds of a Retry-After that are believed."""


def _said(error: Exception) -> tuple[str, float]:
    """What went wrong, without anything that may be secret, and how long Slack asks to wait."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__, 0.0
    data = getattr(error.response, "data", None)
    said = str(data.get("error", "")) if isinstance(data, dict) else ""
    headers = {str(k).lower(): str(v) for k, v in dict(getattr(error.response, "headers", None) or {}).items()}
    wait = headers.get("retry-after", "")
    rest = min(float(wait), LONGEST_WAIT) if wait.isdigit() else 0.0
    return said if said.replace("_", "").isalnum() and len(said) <= 60 else "no answer of Slack's", rest


def _proxy_for(address: str) -> str | None:
    """The proxy that the environment names for this host. The SDK itself would send even loopback through it."""
    host = urlsplit(address).hostname or ""
    return None if proxy_bypass(host) else getproxies().get("https")
