"""What may be shown to strangers of a configuration, a log, a check. What is not known to be harmless is left out. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

HIDDEN = "***"
LONGEST = 400
"""Characters of one sentence."""

_SHOWN = frozenset(
    [
        "name",
        "type",
        "mode",
        "every",
        "pace",
        "timeout",
        "country",
        "list",
        "format",
        "platform",
        "language",
        "listen",
        "log",
        "settled",
        "window",
        "page_at",
        "settle",
        "repeat",
        "digest",
        "trial",
        "receivers",
        "class",
        "severity",
        "brand",
        "engine",
        "shows",
        "fallback",
        "fallback_after",
        "again",
        "yellow",
        "orange",
        "keep",
    ]
)
"""Keys of the configuration whose texts are nobody's: names that metrics carry too, and choices out of a few."""

_ADDRESSES = frozenset({"url", "base_url", "search_base_url", "public_url"})
_LOGGED = frozenset(
    [
        "event",
        "level",
        "timestamp",
        "feed",
        "receiver",
        "account",
        "failure",
        "kind",
        "state",
        "severity",
        "stage",
        "act",
        "loop",
        "stale",
        "engine",
    ]
)
_SENTENCES = frozenset({"event", "problem", "why", "fix", "error", "cause"})

_SECRETS = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|hooks\.[\w.-]+/\S+|2\.00[\w-]{6,}|\bey[\w-]{8,}\.[\w-]+\.[\w-]*|"
    r"(?i:bearer|basic|authorization|cookie|set-cookie)\b[:=]?\s*\S.*|"
    r"(?i:(?:token|secret|password|passwd|key|signature|sign|code|sub|session)[\w-]*)[\"']?\s*(?:=\s*[^\s,;&]+|:\s*[^\s,;&]{8,})|"
    r"(?<=://)[^/\s@]+@|\?[^\s\"')\]]+|[\w.+-]+@[\w-]+\.[\w.]+|\b[0-9a-fA-F]{24,}\b|(?<!\d)1[3-9]\d{9}(?!\d)"
)
"""What looks like a token, a webhook's address, a header, a query, a login in an address, a mail address, a telephone number."""

_HOMES = re.compile(r"(?<=/home/)[^/\s]+|(?<=/Users/)[^/\s]+")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|“[^”]*”|「[^」]*」|`[^`]*`|《[^》]*》")
_FOREIGN = re.compile(r"[^\x20-\x7e→·–—…]+")
_FRAME = re.compile(
    r'\s*File "[^"]*?((?:monitor|connectors|alerts|site-packages)/[^"]*|[^/"]+)", line (\d+), in ([\w<>.]+)'
)
_RAISED = re.compile(r"([A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit|Timeout)\w*)\b")
_PLAIN = re.compile(r"(\S+Z?) \[(\w+)\s*\] ([^=]*?)(?:\s{2,}|\s+[\w.]+=|$)")
_LEVELLED = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) ([\w.]+) ")


class Redaction:
    """`secrets`: values that this installation is known to hold; wherever one stands it is left out."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """A text of ours: without secrets and without the names of homes."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return _HOMES.sub(HIDDEN, _SECRETS.sub(HIDDEN, text))

    def sentence(self, text: str) -> str:
        """A sentence that may quote what a site answered: without what it quotes, and without Chinese, which we do not write there."""
        return _FOREIGN.sub("…", _QUOTED.sub(HIDDEN, self.text(text)))[:LONGEST]

    def table(self, table: object, key: str = "") -> Any:
        """A configuration: numbers, and texts of keys that are known to be harmless; of an address its host alone."""
        if isinstance(table, Mapping):
            return {self.text(str(name)): self.table(inner, str(name)) for name, inner in table.items()}
        if isinstance(table, list):
            return [self.table(inner, key) for inner in table]
        if isinstance(table, int | float):
            return table
        if key in _ADDRESSES:
            return self._host(str(table))
        return self.text(str(table)) if key in _SHOWN else HIDDEN

    def _host(self, address: str) -> str:
        try:
            parts = urlsplit(address)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return HIDDEN
        return self.text(f"{parts.scheme}://{parts.hostname}{port}/{HIDDEN}") if parts.hostname else HIDDEN

    def log_line(self, line: str) -> str:
        """A line of the daemon's log, JSON or plain, with or without journald's prefix."""
        at = line.find("{")
        try:
            found = json.loads(line[at:]) if at >= 0 else None
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return json.dumps(
                {key: self._field(key, value) for key, value in found.items() if key in _KEYS}, ensure_ascii=False
            )
        if plain := _PLAIN.match(line):
            return f"{plain[1]} [{plain[2]}] {self.sentence(plain[3])}"
        if levelled := _LEVELLED.match(line):
            return f"{levelled[1]} {levelled[2]} {HIDDEN}"
        return HIDDEN

    def _field(self, key: str, value: object) -> object:
        if isinstance(value, int | float) or value is None:
            return value
        if key == "exception":
            return _trace(str(value))
        return self.sentence(str(value)) if key in _SENTENCES else self.text(str(value))[:LONGEST]


_KEYS = _LOGGED | _SENTENCES | frozenset(
    ["exception", "incident", "wait_s", "rest_s", "lag_s", "writer_s", "seconds", "pages", "count", "status", "failures", "late", "tries", "deaf_s", "feeds", "receivers", "brands", "characters", "captured", "rc"]
)  # fmt: skip


def _trace(text: str) -> list[str]:
    """Where something was raised and what kind it was; never its message."""
    frames = [f"{found[1]}:{found[2]} {found[3]}" for found in _FRAME.finditer(text)]
    raised = [found[1] for line in text.splitlines() if line[:1].strip() and (found := _RAISED.match(line))]
    return [*frames, *raised]
