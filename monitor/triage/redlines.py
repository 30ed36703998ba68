"""Red lines: harms that page whatever the forecast says. Pure.

Injury or death, a fire, a recall, a journalist who asks: nobody wants to hear of them when they have spread. What touches a line
stands in words (`redlines.toml`, and a brand's own file, see `redlines_own`): words that are enough, words that are not enough
alone, longer words that only sound like it. They are compiled once into one automaton and a text is read once.

A line is touched only by what is told of the brand: not by a word right after a negation, not by a drill, a joke, a refuted rumour
or a fiction, not far from the brand's name. Whether it pages then goes by P(aimed), see `needed`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.errors import ConfigError
from monitor.watch.cues import Kind
from monitor.watch.target import NOBODY, About, last_contrast, look, marked, negated
from monitor.watch.text import fold

NEAR = 24
"""Characters that may stand between words that touch a line only together: a clause or two. At 60 a long hotel review
touches one by chance three times as often, and no line of the rehearsals is told in so many words."""

ABOUT = 150
"""Characters from the brand's name beyond which a harm is no longer told of it: a digest of the day's news names many."""

LONGEST = 2_000
"""Characters that are read, as the scorer does."""

KEPT = 2_048
"""Texts whose answer is remembered."""

NICKNAME = 15
"""Characters of the longest name of an account on Weibo, as Chinese counts them."""

MOST = 12
"""Places of one group that are tried; a text that says a word more often says nothing new."""

CLEARLY_LOW = 0.02
"""Below this P(aimed) a text is not about a harm the brand did. Of 360 sentences of rehearsals that touch a line, told calmly or
asked politely, two lie below 0.02 and four between it and 0.05."""

MORE_LIKELY = 0.25
"""What a text with thanks, an advert or somebody else's trouble in it must reach: chosen on the same half and on rehearsals."""

_DOUBTFUL = (Kind.PRAISE, Kind.HYPERBOLE, Kind.ELSEWHERE, Kind.REFUTED, "cleared", "foreign")
"""What `watch.target` finds that speaks for another reading: praise, exaggeration, another brand, a harm that is denied."""

_DIGITS = "一二三四五六七八九"
NUMBERS = (
    *("两", "几", "好几", "十几", "几十", "数", "数十", "百", "上百", "几百"),
    *_DIGITS,
    *(f"{ten}十{one}" for ten in ("", "二") for one in ("", *_DIGITS)),
    *(f"{ten}十" for ten in _DIGITS[2:]),
    *map(str, range(1, 31)),
    *map(str, range(40, 101, 10)),
)
"""What `#` stands for in a word, so that 缝了#针 need not be written for each number."""

OURS = ("你家", "你们", "贵司", "贵公司", "他家", "她家", "这家", "该店", "该公司", "这个牌子")
"""What means the brand where its name is not said again: it ends a tale about somebody else."""

_SENTENCE_ENDS = re.compile(r"[。!?！？;；\n]")
_CLAUSE_ENDS = re.compile(r"[,.。!?~…;、\s]")
_RELIEF = re.compile(r"(?:幸好|还好|好在|多亏|幸亏)(?:(?![没不未,.。!?;\n]).){0,8}$")
"""What stands right before a brand's name where the writer is glad to have chosen it."""


class Touch(NamedTuple):
    """One line that a text touches: its key in the table, its names for people, the words that touch it."""

    harm: str
    zh: str
    en: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """What was found. `doubtful`: something in the text speaks for another reading."""

    touches: tuple[Touch, ...] = ()
    doubtful: bool = False

    @property
    def needed(self) -> float:
        """The P(aimed) from which on it counts."""
        return MORE_LIKELY if self.doubtful else CLEARLY_LOW


NOTHING = Touched()


def shared(one: Touched, other: Touched) -> tuple[str, ...]:
    """The words by which two texts touch one line, where one of them says no other and they are several: 喝, 嘴唇. That is one event
    told twice, or one harm done twice; a single word, as 起诉, may be said of anything."""
    for a in one.touches:
        for b in other.touches:
            both = tuple(word for word in a.words if word in b.words)
            if a.harm == b.harm and len(both) >= SEVERAL and len(both) in (len(a.words), len(b.words)):
                return both
    return ()


SEVERAL = 2
"""So many words of a line are no chance."""


class _Rule(NamedTuple):
    """Groups whose words must stand near each other to touch a harm."""

    harm: str
    groups: tuple[str, ...]


class _Place(NamedTuple):
    start: int
    end: int


class RedLines:
    """Compiled lines. `table` is the TOML as read; `off` names harms that do not count for this brand.

    ConfigError names the place of what cannot be compiled.
    """

    def __init__(self, table: Mapping[str, Any], *, off: Iterable[str] = (), place: str = "redlines.toml") -> None:
        harms = {key: harm for key, harm in table.items() if key not in ("groups", "spared")}
        off = frozenset(off)
        for key in off - harms.keys():
            raise ConfigError(f"{place}.{key}", "no such red line", f"One of {', '.join(harms)}")
        groups = {name: _words(words, f"{place} [groups].{name}") for name, words in table.get("groups", {}).items()}
        groups |= {key: _words(harm.get("words", ""), f"{place} [{key}].words") for key, harm in harms.items()}
        self._names = {key: (str(harm["zh"]), str(harm["en"])) for key, harm in harms.items() if key not in off}
        rules = [_Rule(key, (key,)) for key in self._names]
        for key in self._names:
            for number, line in enumerate(harms[key].get("together", ())):
                rules.append(_Rule(key, _together(line, groups, f"{place} [{key}].together[{number}]")))
        self._rules: dict[str, list[_Rule]] = {}
        for rule in rules:
            fewest = min(rule.groups, key=lambda group: len(groups[group]))
            self._rules.setdefault(fewest, []).append(rule)
        hiding = {word for key, harm in harms.items() for word in _words(harm.get("not", ""), f"{place} [{key}].not")}
        spared = table.get("spared", {})
        self._roles: dict[str, tuple[str, ...]] = {}
        for name, words in (
            *groups.items(),
            (_HIDES, hiding),
            (_SPARES, _words(spared.get("words", ""), f"{place} [spared].words")),
            (_DOUBTS, _words(spared.get("doubtful", ""), f"{place} [spared].doubtful")),
            (_ELSEWHERE, _words(spared.get("elsewhere", ""), f"{place} [spared].elsewhere")),
        ):
            for word in words:
                self._roles[word] = (*self._roles.get(word, ()), name)
        self._words = list(self._roles)
        self._finder = AhoCorasick(self._words, matchkind=MatchKind.Standard)
        self._known = lru_cache(maxsize=KEPT)(self._read)

    def read(self, text: str, about: About = NOBODY) -> Touched:
        """The lines that a text touches, said of the brand that `about` names. A text that was just read is remembered: its post
        is looked at many times."""
        return self._known(text, about)

    def _read(self, text: str, about: About) -> Touched:
        folded = fold(text[: LONGEST * 2])[:LONGEST]
        found = self._found(folded, about.names)
        rules = [rule for group in found for rule in self._rules.get(group, ())]
        touched = [(rule.harm, places) for rule in rules if (places := _near(rule, found, folded))]
        if not touched:
            return NOTHING
        contrast = last_contrast(folded)
        others = _spans_of_others(folded, [place.end for place in found.get(_ELSEWHERE, ())], about.names)
        spares = [place.start for place in found.get(_SPARES, ())]
        ours = sorted(at for name in about.names for at in _places(folded, name))
        glad = ours[0] if ours and _RELIEF.search(folded, 0, ours[0]) else 0
        said: dict[str, dict[str, None]] = {}
        for harm, places in touched:
            start = max(place.start for place in places)
            if (
                start < glad
                or any(spare >= contrast or start < contrast for spare in spares)
                or not _of_us(places, ours, others)
            ):
                continue
            words = said.setdefault(harm, {})
            words.update(dict.fromkeys(folded[place.start : place.end] for place in places))
        touches = tuple(Touch(harm, *names, tuple(said[harm])) for harm, names in self._names.items() if harm in said)
        return Touched(touches=touches, doubtful=_DOUBTS in found or _doubted(folded, about))

    def _found(self, text: str, names: Sequence[str]) -> dict[str, list[_Place]]:
        """Where the words of each group stand, without those that a longer word hides or a negation takes back. A brand may be
        called 惊蛰密室; its name spares nothing."""
        matches = self._finder.find_matches_as_indexes(text, overlapping=True)
        hidden = [_Place(start, end) for word, start, end in matches if _HIDES in self._roles[self._words[word]]]
        hidden += [_Place(*name.span()) for name in _addressed(tuple(names)).finditer(text)]
        called = [_Place(at, at + len(name)) for name in names for at in _places(text, name)]
        found: dict[str, list[_Place]] = {}
        for word, start, end in matches:
            covered = _within(start, end, hidden)
            for role in self._roles[self._words[word]]:
                spares = role in (_SPARES, _DOUBTS)
                if not _within(start, end, called) if spares else not (covered or negated(text, start)):
                    found.setdefault(role, []).append(_Place(start, end))
        return found


_HIDES, _SPARES, _DOUBTS, _ELSEWHERE = "\0hides", "\0spares", "\0doubts", "\0elsewhere"


@lru_cache(maxsize=256)
def _addressed(names: tuple[str, ...]) -> re.Pattern[str]:
    """What is a name after an @: @星禾官方 tells nothing of 官司, though 公司 follows. It ends where the platform ends it; where
    nothing does, the text may have begun, but for what a brand calls its account."""
    ours = "|".join(map(re.escape, names)) or r"(?!)"
    return re.compile(rf"@(?:{ours})(?:官方(?:微博|账号|旗舰店)?|官微|客服|旗舰店)?|@[\w·-]{{2,{NICKNAME}}}(?![\w·-])")


def _words(text: object, place: str) -> set[str]:
    if not isinstance(text, str):
        raise ConfigError(place, "is no text", 'Write words with spaces between them: "骨折 烫伤"')
    return {form for word in text.split() for form in _forms(word)}


def _forms(word: str) -> set[str]:
    """The word as texts have it, with every number where it has a #."""
    folded = fold(word)
    return {folded.replace("#", number) for number in NUMBERS} if "#" in folded else {folded}


def _together(line: object, groups: dict[str, set[str]], place: str) -> tuple[str, ...]:
    """The groups a line names; a plain word becomes a group of its own."""
    parts = [part.strip() for part in line.split("+")] if isinstance(line, str) else []
    if len(parts) < 1 or not all(parts):
        raise ConfigError(place, "is no line of words", 'Write "{child} + 充值"')
    names = []
    for part in parts:
        if part.startswith("{") and part.endswith("}"):
            if part[1:-1] not in groups:
                raise ConfigError(place, f"no group {part}", f"One of {', '.join(sorted(groups))}")
            names.append(part[1:-1])
        else:
            groups[f"\0{part}"] = _forms(part)
            names.append(f"\0{part}")
    return tuple(names)


def _doubted(text: str, about: About) -> bool:
    return any(fact.startswith(_DOUBTFUL) for fact in look(marked(text, about)[0]).facts)


def _near(rule: _Rule, found: Mapping[str, Sequence[_Place]], text: str) -> tuple[_Place, ...]:
    """Places of the rule's words that stand near each other and share no character; empty where there are none. A single character
    says something only beside the other words of its clause: 接孩子路上,打客服电话 is nobody beaten."""
    kinds = [found.get(group, ())[:MOST] for group in rule.groups]
    if not all(kinds):
        return ()
    for places in product(*kinds):
        ordered = sorted(places)
        apart = ordered[-1].start - ordered[0].end <= NEAR and all(
            one.end <= other.start for one, other in pairwise(ordered)
        )
        if apart and not (
            any(place.end - place.start == 1 for place in places)
            and _CLAUSE_ENDS.search(text, ordered[0].end, ordered[-1].start)
        ):
            return places
    return ()


def _places(text: str, name: str) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(name), text)]


def _within(start: int, end: int, places: Sequence[_Place]) -> bool:
    return any(place.start <= start and end <= place.end for place in places)


def _spans_of_others(text: str, pointers: Sequence[int], names: Sequence[str]) -> list[_Place]:
    """From where somebody else is named to the end of the sentence, or to where the brand is named again."""
    return [
        _Place(
            start, min(found.start() if (found := again.search(text, start)) else len(text) for again in _again(names))
        )
        for start in pointers
    ]


def _again(names: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return _SENTENCE_ENDS, re.compile("|".join(map(re.escape, (*names, *OURS))))


def _of_us(places: Sequence[_Place], ours: Sequence[int], others: Sequence[_Place]) -> bool:
    """Not told of somebody else, and near the brand's name; or it is not named: then the place it comes from says whose it is."""
    if any(_within(place.start, place.end, others) for place in places):
        return False
    return not ours or any(abs(place.start - at) <= ABOUT for place in places for at in ours)
