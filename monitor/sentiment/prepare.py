"""What every engine reads: the words people wrote, one width and one case, with what is not a word as a token of its own. Pure.

A token is one character of a private plane, so that an engine that reads characters sees `[怒]` as one of them:
`ADDRESS`, `NAME` (@somebody), `CHAIN` (//@somebody: in a repost), `NUMBER`, and one for each bracket emoticon. Emoji are
one character already, without their skin tones and joiners. `spelled` gives the words back.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ahocorasick_rs import AhoCorasick

from monitor.errors import ConfigError
from monitor.sentiment import Options
from monitor.watch.text import fold
from monitor.watch.tokens import ADDRESS, CHAIN, NAME, NUMBER, emoticon

LONGEST = 2_000
"""Characters that are read. SnowNLP needs time for each, and what makes a post bad stands in its beginning."""

_NOISE = re.compile(r"//\s?@[^:：\s]{1,30}[:：]|https?://[^\s一-鿿]+|www\.[^\s一-鿿]+|@[\w一-鿿·-]{1,30}")
"""Each way begins with a plain character, so that the search skips to those. So does `[0-9][0-9]*`; `[0-9]+` tries each place."""
_BRACKET = re.compile(r"\[([\w一-鿿]{1,8})\]")
_RUN = re.compile(r"(.)\1\1\1+", re.DOTALL)
_EMOTICON = re.compile("[\U00100000-\U0010ffff]")
_LATIN = re.compile("[a-z]")
_TELLING = frozenset({"12315", "12345", "315", "110", "120", "119"})
"""Numbers people call when something went wrong; any other number is just a number."""
_DIGITS = re.compile(r"[0-9][0-9]*(?:\.[0-9]+)?")
_SPLIT = re.compile(r"(?<![一-鿿])[一-鿿](?:[ *·._/-][一-鿿]){1,7}(?![一-鿿])")
"""Words taken apart against filters: 退 钱, 垃*圾. Single characters alone, or it is a list."""
_APART = re.compile(r"[ *·._/-][一-鿿](?![一-鿿])")
"""Where there may be one: a search that begins with what is rare takes half the time."""
_SEPARATOR = re.compile(r"[ *·._/-]")
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\u20e3\ufffd\ud800-\udfff]")
_BLANK = "[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
_CONTROL = re.compile(f"{_BLANK}{_BLANK}*")
"""Controls and spaces, each by its number: a search for \\s takes twice as long."""
_WORD = re.compile("[0-9A-Za-z㐀-鿿\U0001f000-\U0001faff\u2600-\u27bf\U00100000-\U0010ffff]")


class Preparation:
    """Prepares texts; `evasions` maps a disguised spelling to what is meant (see `evasions.txt`)."""

    def __init__(self, evasions: Mapping[str, str]) -> None:
        rules = [(fold(written), fold(meant)) for written, meant in evasions.items()]
        self._latin = {written: meant for written, meant in rules if written.isascii()}
        self._words = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, self._latin)) or '(?!)'})(?![a-z0-9])")
        self._mixed = [rule for rule in rules if not rule[0].isascii() and _LATIN.search(rule[0])]
        self._chinese = [rule for rule in rules if not _LATIN.search(rule[0])]
        self._disguised = AhoCorasick([written for written, _ in rules]).find_matches_as_indexes

    def __call__(self, text: str) -> str:
        """The text an engine judges; empty where nothing is left to judge (a bare address, a name)."""
        text = text[: LONGEST * 5]
        if "@" in text or "://" in text or "www." in text:
            text = _NOISE.sub(_noise, text)
        text = self._unmasked(_SKIN.sub("", fold(text)))
        if "[" in text:
            text = _BRACKET.sub(_emoticon, text)
        if _APART.search(text):
            text = _SPLIT.sub(_joined, text)
        if "  " in text or not text.isprintable():
            text = _CONTROL.sub(" ", text)
        text = _DIGITS.sub(_number, text)
        if _RUN.search(text):
            text = _RUN.sub(r"\1\1\1", text)
        text = text.strip()[:LONGEST]
        return text if _WORD.search(text) else ""

    def _unmasked(self, text: str) -> str:
        if not self._disguised(text):
            return text
        for written, meant in (*self._chinese, *self._mixed):
            text = text.replace(written, meant)
        return self._words.sub(lambda found: self._latin[found[0]], text)


def _noise(found: re.Match[str]) -> str:
    return {"/": CHAIN, "@": NAME}.get(found[0][0], ADDRESS)


def _emoticon(found: re.Match[str]) -> str:
    return emoticon(found[1])


def without_emoticons(prepared: str) -> str:
    """A prepared text without the tokens of its bracket emoticons."""
    return _EMOTICON.sub("", prepared)


def _number(found: re.Match[str]) -> str:
    return found[0] if found[0] in _TELLING else NUMBER


def _joined(found: re.Match[str]) -> str:
    return _SEPARATOR.sub("", found[0])


def spelled(prepared: str, text: str) -> str:
    """`prepared`, or a piece of it, with its tokens spelled out as in `text`, for people and for engines that read words."""
    if prepared.isascii():
        return prepared
    names = (
        {emoticon(name): f"[{name}]" for name in _BRACKET.findall(fold(text))} if "[" in text or "［" in text else {}
    )
    return "".join(names.get(c, _SPELLED.get(c, c)) for c in prepared)


_SPELLED = {ADDRESS: " ", NAME: " ", CHAIN: " // ", NUMBER: "0"}


def preparation(options: Options) -> Preparation:
    """As an engine is set up: the shipped table and the operator's own beside it."""
    own = load_evasions(Path(options.evasions)) if options.evasions else {}
    return Preparation({**shipped_evasions(), **own})


def shipped_evasions() -> dict[str, str]:
    """The table that comes with Langyan."""
    return read_evasions((files(__package__) / "evasions.txt").read_text("utf-8"), "evasions.txt")


def load_evasions(path: Path) -> dict[str, str]:
    """A table of the operator's own, beside the shipped one."""
    try:
        return read_evasions(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from None


def read_evasions(lines: str, place: str) -> dict[str, str]:
    """`written = meant` lines; `#` begins a comment."""
    table: dict[str, str] = {}
    for number, line in enumerate(lines.splitlines(), 1):
        rule = line.partition("#")[0].strip()
        if not rule:
            continue
        written, equals, meant = (part.strip() for part in rule.partition("="))
        if not (equals and written and meant):
            raise ConfigError(f"{place}:{number}", f"not a rule: {rule!r}", "Write: written = meant")
        table[written] = meant
    return table
