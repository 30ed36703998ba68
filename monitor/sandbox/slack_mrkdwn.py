"""Slack's markup as HTML, and nothing else as HTML. Pure.

Follows https://docs.slack.dev/messaging/formatting-message-text. Like Slack, `*bold*` needs a word's edge on both
sides, so 是*这样*的 stays as it is. Whatever is not Slack's markup comes out escaped.
"""

import re
from datetime import datetime, timedelta, timezone

from markupsafe import Markup, escape

from monitor.sandbox.slack_people import shown

BEIJING = timezone(timedelta(hours=8))
_EMOJI = {
    "fire": "🔥", "rotating_light": "🚨", "warning": "⚠️", "bell": "🔔", "no_bell": "🔕", "mega": "📣",
    "loudspeaker": "📢", "red_circle": "🔴", "large_orange_circle": "🟠", "large_yellow_circle": "🟡",
    "large_blue_circle": "🔵", "large_green_circle": "🟢", "white_circle": "⚪", "black_circle": "⚫",
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "x": "❌", "no_entry": "⛔", "no_entry_sign": "🚫",
    "eyes": "👀", "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "alarm_clock": "⏰", "stopwatch": "⏱️",
    "clock1": "🕐", "calendar": "📅", "link": "🔗", "speech_balloon": "💬", "left_speech_bubble": "🗨️",
    "repeat": "🔁", "heart": "❤️", "star": "⭐", "thumbsup": "👍", "+1": "👍", "thumbsdown": "👎", "-1": "👎",
    "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "bar_chart": "📊",
    "arrow_up": "⬆️", "arrow_down": "⬇️", "arrow_right": "➡️", "arrow_upper_right": "↗️", "bulb": "💡",
    "mag": "🔍", "memo": "📝", "pushpin": "📌", "label": "🏷️", "busts_in_silhouette": "👥", "bust_in_silhouette": "👤",
    "robot_face": "🤖", "wrench": "🔧", "tea": "🍵", "package": "📦", "question": "❓", "exclamation": "❗",
    "information_source": "ℹ️", "tada": "🎉", "zap": "⚡", "wave": "👋", "volcano": "🌋", "smoking": "🚬",
}  # fmt: skip
_WORDS: dict[str, dict[int | str, str]] = {
    "zh": {0: "今天", -1: "昨天", 1: "明天", "day": "{0.month}月{0.day}日", "year": "{0.year}年{0.month}月{0.day}日"},
    "en": {0: "today", -1: "yesterday", 1: "tomorrow", "day": "{0:%b} {0.day}", "year": "{0:%b} {0.day}, {0.year}"},
}

TAGS = {tag: Markup(f"<{tag}>{{}}</{tag}>") for tag in ("b", "i", "s", "code")}  # noqa: S704 - four fixed words

_SPAN = re.compile(
    r"`(?P<code>[^`\n]{1,600})`"
    r"|<(?P<angle>[^<>\n]{1,3600})>"
    r"|(?<!\w)\*(?P<b>[^\s*](?:[^\n*]{0,600}?[^\s*])?)\*(?!\w)"
    r"|(?<!\w)_(?P<i>[^\s_](?:[^\n_]{0,600}?[^\s_])?)_(?!\w)"
    r"|(?<!\w)~(?P<s>[^\s~](?:[^\n~]{0,600}?[^\s~])?)~(?!\w)"
    r"|:(?P<emoji>[a-z0-9_+-]{1,40}):"
)
_QUOTED = re.compile(r"^(?:>|&gt;) ?")
_DATE = re.compile(r"!date\^(-?\d{1,11})\^([^^|]{1,200})(?:\^([^|]*))?\|(.*)", re.DOTALL)


class Mrkdwn:
    """Renders for a reader in `language` at the moment `now`; dates are told in Beijing time."""

    def __init__(self, language: str, now: datetime) -> None:
        self._words = _WORDS["en" if language == "en" else "zh"]
        self._now = now.astimezone(BEIJING)

    def render(self, text: str) -> Markup:
        out, pieces = Markup(), text.split("```")
        for index, piece in enumerate(pieces):
            if index % 2:
                out += Markup("<pre>{}</pre>").format(_plain(piece.strip("\n")))
                continue
            words = piece.removeprefix("\n") if index else piece
            words = words if index == len(pieces) - 1 else words.removesuffix("\n")
            out += self._lines(words) if words else Markup()
        return out

    def plain(self, text: str) -> Markup:
        """A plain_text object: emoji names and line breaks, no markup."""
        parts = re.split(r":([a-z0-9_+-]{1,40}):", text)
        named = [part if i % 2 == 0 else _EMOJI.get(part, f":{part}:") for i, part in enumerate(parts)]
        return _broken(escape("".join(named)))

    def date(self, at: int, pattern: str, fallback: str) -> str:
        """A date token's words, e.g. {date_short_pretty} {time}; the fallback where it is out of any calendar."""
        try:
            moment = datetime.fromtimestamp(at, BEIJING)
        except (ValueError, OverflowError, OSError):
            return fallback
        return re.sub(r"\{(\w+)\}", lambda hit: self._token(hit.group(1), moment), pattern)

    def _token(self, token: str, moment: datetime) -> str:
        if token in ("time", "time_secs"):
            return f"{moment:%H:%M:%S}" if token == "time_secs" else f"{moment:%H:%M}"  # noqa: S105
        if token == "date_num":  # noqa: S105
            return f"{moment:%Y-%m-%d}"
        if token == "date_slash":  # noqa: S105
            return f"{moment:%d/%m/%Y}"
        if token == "ago":  # noqa: S105
            minutes = max(0, int((self._now - moment).total_seconds() // 60))
            return f"{minutes} 分钟前" if self._words is _WORDS["zh"] else f"{minutes} min ago"
        days = (moment.date() - self._now.date()).days
        if token.endswith("pretty") and days in self._words:
            return self._words[days]
        if token.startswith(("date", "day_divider")):
            return self._words["day" if moment.year == self._now.year else "year"].format(moment)
        return f"{{{token}}}"

    def _lines(self, text: str) -> Markup:
        out = Markup()
        quoted: list[str] = []
        spoken: list[str] = []
        for line in (*text.split("\n"), None):
            is_quote = line is not None and _QUOTED.match(line) is not None
            if quoted and not is_quote:
                out += Markup("<blockquote>{}</blockquote>").format(self._spans("\n".join(quoted)))
                quoted = []
            if spoken and (is_quote or line is None):
                out += self._spans("\n".join(spoken))
                spoken = []
            if line is not None and is_quote:
                quoted.append(_QUOTED.sub("", line))
            elif line is not None:
                spoken.append(line)
        return out

    def _spans(self, text: str, depth: int = 0) -> Markup:
        if depth > 4:
            return _plain(text)
        out, end = Markup(), 0
        for hit in _SPAN.finditer(text):
            out += _plain(text[end : hit.start()]) + self._span(hit, depth)
            end = hit.end()
        return out + _plain(text[end:])

    def _span(self, hit: re.Match[str], depth: int) -> Markup:
        kind, inner = str(hit.lastgroup), str(hit.group(str(hit.lastgroup)))
        if kind == "code":
            return TAGS["code"].format(_plain(inner))
        if kind == "angle":
            return self._angle(inner)
        if kind == "emoji":
            return escape(_EMOJI.get(inner, f":{inner}:"))
        return TAGS[kind].format(self._spans(inner, depth + 1))

    def _angle(self, inner: str) -> Markup:
        target, _, label = inner.partition("|")
        date = _DATE.fullmatch(inner)
        if date:
            words = self.date(int(date.group(1)), date.group(2), date.group(4))
            return link(date.group(3), words) if date.group(3) else Markup("<time>{}</time>").format(_plain(words))
        if target.startswith(("@", "!subteam^")) or target in ("!here", "!channel", "!everyone"):
            words = label or shown(target.replace("!subteam^", "").lstrip("@!"))
            return Markup('<span class="mention">@{}</span>').format(_plain(words.lstrip("@")))
        if target.startswith("#"):
            return Markup('<span class="mention">#{}</span>').format(_plain(label or target[1:]))
        if target.startswith(("http://", "https://", "mailto:")):
            return link(target, label or target.removeprefix("mailto:"))
        return _plain(f"<{inner}>")


def link(url: str, words: str) -> Markup:
    """An anchor, or only its words where the address is none a browser should follow."""
    address = safe_url(url)
    if not address:
        return _plain(words)
    anchor = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
    return anchor.format(address, _plain(words))


def safe_url(url: object) -> str:
    """The address when it is http, https or mailto; otherwise nothing."""
    address = str(url or "").replace("&amp;", "&").strip()
    return address if re.match(r"(?:https?://|mailto:)[^\s\"'<>`]+$", address) else ""


def _plain(text: str) -> Markup:
    """Text as Slack sends it: the three entities it knows are read, everything is escaped again."""
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, char)
    return _broken(escape(text))


def _broken(text: Markup) -> Markup:
    return text.replace("\n", Markup("<br>"))
