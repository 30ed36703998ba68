"""Posts that tell of the same event in other words: the same harm, the same product, and the same rare words. Pure.

Near-duplicates are `story`'s. Here two people write about one thing that happened: they share what went wrong and the name of a shop,
of a person, a batch number. Words of everyday speech, of complaining and of harm are no sign of it, nor is what this brand's posts say
anyway. It is better to show one event twice than to hide one behind another, so the bar is high.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from math import log

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.watch.cues import LEXICON, Kind
from monitor.watch.everyday import EVERYDAY
from monitor.watch.text import fold

WITHIN = timedelta(hours=24)
"""How far apart two posts about one event may be born."""

SAME = 5.0
"""From this likeness on: about the name of a shop, the product and the same harm."""

_RARE = 3.0
"""What the rare words alone must come to: a product and a harm that many complain of are no event."""

_PRODUCT, _HARM_WORD = 1.5, 1.0
_EVERYDAY = 0.5
"""What an everyday character counts beside the rare ones of its run: 南京 in 南京西路店."""

_OTHER_POSTS = 100
"""Posts assumed to say other things, until the brand's own are there."""

_SAID = 4
_LONGEST = 600
"""Characters of a text that are compared."""

_CITIES = """
    北京 上海 广州 深圳 天津 重庆 成都 杭州 南京 武汉 西安 长沙 郑州 苏州 青岛 济南 沈阳 大连 长春 哈尔滨 合肥 福州 厦门 南昌 昆明 贵阳 南宁 海口 三亚
    石家庄 太原 兰州 西宁 银川 乌鲁木齐 呼和浩特 拉萨 宁波 温州 无锡 常州 南通 徐州 扬州 绍兴 嘉兴 金华 台州 佛山 东莞 珠海 中山 惠州 泉州 烟台 潍坊
    洛阳 唐山 保定 香港 澳门 台北"""
"""What happened in one of these did not happen in another."""

_HARM = (Kind.HARM, Kind.OFFICIAL)
_GLUE = "的了是在里到被把也还就都又我你他她它们这那有没说给让跟和吗呢吧啊呀哦嘛着过很太真"
"""Characters that hold words together and begin none that is rare."""

_NOISE = re.compile(r"//@[^:\s]{1,30}:|https?://[\x21-\x7e]+|@[\w·-]{1,30}|\[[^\[\]]{1,8}\]")
_BREAK = "\n"
_PIECE = re.compile(rf"(?:(?![{_GLUE}])[\u4e00-\u9fff])+|[a-z]*\d[a-z\d-]*")
_CODE = re.compile(r"[a-z\d-]{5,}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """What a post of a brand tells. `story_id` None: it never was bad enough to have one. `categories`: what its complaint is about.
    `topic`: it is the headline of a hot list."""

    mention_id: int
    at: datetime
    words: str
    product: str | None = None
    categories: tuple[str, ...] = ()
    story_id: int | None = None
    topic: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Same:
    """The story a post belongs to, and the words that say so."""

    story_id: int
    words: tuple[str, ...]
    likeness: float

    def before(self, other: "Same") -> bool:
        """The surer one; of two that are as sure, the older story."""
        return (-self.likeness, self.story_id) < (-other.likeness, other.story_id)


@dataclass(frozen=True, slots=True)
class _Read:
    """A text as it is compared: `harms` by category, `pieces` without what everybody says."""

    folded: str
    harms: frozenset[tuple[str, str]]
    pieces: tuple[str, ...]
    cities: frozenset[str]


def tells_of_harm(words: str, categories: Sequence[str]) -> bool:
    """Whether a post may tell of an event at all; most do not, and need not be compared."""
    return bool(_GRAVE & set(categories) or _read(words, "", ()).harms)


def find(telling: Telling, others: Sequence[Telling], brand: str) -> Same | None:
    """The story of the post among `others` (the brand's newest) that most surely tells of the same event; None: of none."""
    best: Same | None = None
    for other in others:
        if other.story_id is None or other.mention_id == telling.mention_id or abs(other.at - telling.at) > WITHIN:
            continue
        found = _likeness(telling, other, others, brand)
        if found is not None and (best is None or found.before(best)):
            best = found
    return best


def elsewhere(telling: Telling, other: Telling, brand: str) -> bool:
    """Whether two posts name different cities, or different products: then it did not happen to both."""
    known = _products(telling, other)
    return len(known) > 1 or _elsewhere(_read(telling.words, brand, known), _read(other.words, brand, known))


def grams(words: str, brand: str) -> frozenset[str]:
    """The pairs of characters of a text that are no everyday speech, no complaint, no praise, no harm and not the brand's name."""
    return _grams(_read(words, brand, ()).pieces)


def _likeness(telling: Telling, other: Telling, others: Sequence[Telling], brand: str) -> Same | None:
    known = _products(telling, other)
    a, b = _read(telling.words, brand, known), _read(other.words, brand, known)
    far = _elsewhere(a, b)
    shared = a.harms & b.harms
    if telling.topic and shared and not far and len(known) < 2:
        return _headline(shared, known, other)
    if far or len(known) > 1:
        return None
    theirs = _BREAK.join(b.pieces)
    if not any(gram in theirs for gram in _grams(a.pieces)):
        return None
    harm_of = {category for category, _ in a.harms} & {category for category, _ in b.harms}
    if not harm_of and not (shared or set(telling.categories) & set(other.categories) & _GRAVE):
        return None
    if other.topic and shared:
        return _headline(shared, known, other)
    rest = [
        _read(one.words, brand, known).folded for one in others if one.story_id != other.story_id and one is not telling
    ]
    runs = {run: weight for run in _runs(a.pieces, b.pieces) if (weight := _weight(run, rest)) > 0}
    rare = sum(runs.values())
    product = known[0] if known and telling.product == other.product else None
    likeness = rare + (_PRODUCT if product else 0.0) + (_HARM_WORD if shared else 0.0)
    if rare < _RARE or likeness < SAME or other.story_id is None:
        return None
    said = [min(word for _, word in shared)] if shared else []
    said += [product] if product else []
    said += sorted(runs, key=lambda run: (-runs[run], run))
    return Same(story_id=other.story_id, words=tuple(said[:_SAID]), likeness=round(likeness, 2))


def _products(telling: Telling, other: Telling) -> tuple[str, ...]:
    return tuple(sorted({one.product for one in (telling, other) if one.product}))


def _elsewhere(a: _Read, b: _Read) -> bool:
    return bool(a.cities and b.cities and not a.cities & b.cities)


def _headline(shared: frozenset[tuple[str, str]], known: Sequence[str], other: Telling) -> Same | None:
    """What has made a hot list is what the brand's posts tell of: the same word of harm will do, for a headline has no room for more."""
    if other.story_id is None:
        return None
    said = sorted({word for _, word in shared}, key=lambda word: (-len(word), word))
    likeness = SAME + (_PRODUCT if known else 0.0) + _HARM_WORD * len(said)
    return Same(story_id=other.story_id, words=(*said, *known)[:_SAID], likeness=likeness)


def _weight(run: str, rest: Sequence[str]) -> float:
    """How much it says that two texts share this run: its rare characters, less where the brand's other posts say it too."""
    rare = _rare(run)
    if rare < 2:
        return 0.0
    said = sum(run in text for text in rest)
    known = log((len(rest) + _OTHER_POSTS) / (said + 1)) / log(len(rest) + _OTHER_POSTS)
    return (rare + _EVERYDAY * (len(run) - rare)) * known


def _rare(run: str) -> int:
    """Characters that no everyday pair covers; a code of letters and digits is all rare."""
    if run.isascii():
        return len(run)
    covered = {at for at in range(len(run) - 1) if run[at : at + 2] in EVERYDAY}
    return sum(at not in covered and at - 1 not in covered for at in range(len(run)))


def _runs(a: Sequence[str], b: Sequence[str]) -> set[str]:
    """The longest runs of at least two characters that stand in both; codes only whole."""
    found: set[str] = set()
    theirs = _BREAK.join(b)
    codes = set(b)
    for piece in a:
        if piece.isascii():
            found |= {piece} & codes
            continue
        start = 0
        while start < len(piece) - 1:
            end = start + 2
            if piece[start:end] not in theirs:
                start += 1
                continue
            while end < len(piece) and piece[start : end + 1] in theirs:
                end += 1
            found.add(piece[start:end])
            start = end
    return found


@lru_cache(64)
def _grams(pieces: tuple[str, ...]) -> frozenset[str]:
    """The pairs of characters of a text. Not kept with what was read of it: of two thousand posts that was nine MiB, and each new post
    is held against many."""
    return frozenset(piece[at : at + 2] for piece in pieces for at in range(len(piece) - 1))


@lru_cache(2048)
def _read(words: str, brand: str, products: tuple[str, ...]) -> _Read:
    """Remembered, for the same posts are compared again and again; what it says depends on nothing but what it is given."""
    folded = _NOISE.sub(_BREAK, fold(words[:_LONGEST]))
    for name in filter(None, map(fold, (brand, *products))):
        folded = folded.replace(name, _BREAK)
    automaton, kinds = _cues()
    harms: set[tuple[str, str]] = set()
    rest, last = [], 0
    for which, start, end in automaton.find_matches_as_indexes(folded):
        word, kind, category = kinds[which]
        if kind in _HARM:
            harms.add((category, word))
        rest.append(folded[last:start])
        last = end
    plain = _BREAK.join((*rest, folded[last:]))
    pieces = tuple(piece for piece in _PIECE.findall(plain) if not piece.isascii() or _CODE.fullmatch(piece))
    return _Read(
        folded=folded,
        harms=frozenset(harms),
        pieces=pieces,
        cities=frozenset(city for city in _CITIES.split() if city in folded),
    )


_GRAVE = frozenset({"safety", "hygiene", "legal", "privacy", "fraud"})
"""Categories of the scorer that are a harm by themselves, where no word of the list names it."""


@cache
def _cues() -> tuple[AhoCorasick, tuple[tuple[str, Kind, str], ...]]:
    """Every word of complaint, praise and harm: what posts share of these is tone."""
    entries = {
        fold(word): (fold(word), kind, category.value if category else "")
        for (kind, category), said in reversed(list(LEXICON.items()))
        for word in said.split()
        if len(word) > 1
    }
    return AhoCorasick(list(entries), matchkind=MatchKind.LeftmostLongest), tuple(entries.values())
