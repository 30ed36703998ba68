"""Is it about the brand? What stands in a text for and against its being bad for the brand it names. Pure.

A classifier of tone reads how a text sounds. Whether that falls on the brand is told by other things: the harm that is reported
in a calm voice, the clause the brand stands in, what follows 但是, a negation before the word, a comparison and who comes
off worse in it, the writer's own misery, exaggeration that is praise, a fan, an advert, a thanks that is none. `look` finds
them and says which; what each weighs is for `monitor.sentiment.aim`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.watch.cues import LEXICON, Kind
from monitor.watch.tokens import BRAND, NUMBER, RIVAL, emoticon

FACTS = frozenset({Kind.HARM, Kind.OFFICIAL, Kind.GRIEVANCE})
PROBLEMS = FACTS | {Kind.BLUNT, Kind.WARNING}
_ALONE = frozenset(Kind) - PROBLEMS
"""What means one thing alone and another beside a problem: beside a fact, and for some beside a judgement or warning too."""
_BESIDE_ANY = frozenset({Kind.PRAISE, Kind.RESOLVED, Kind.REFUTED, Kind.ELSEWHERE})
_GOOD = frozenset({Kind.PRAISE, Kind.RESOLVED})
_BESIDE, _BY_ITSELF = ({kind.value: f"{kind} {how}" for kind in _ALONE} for how in ("with a problem", "alone"))
_MOST = 2
"""A third word of a kind says nothing new."""

CLAUSE = re.compile(r"[,.!?;~。、\n]+|…+| (?=\S)|(?=但是|但(?!凡)|不过|可是|然而|只是|虽然|尽管|反观)")
_SENTENCE = re.compile(r"[.!?。\n]+")
_CONTRAST = re.compile(
    r"但是|但(?!凡)|不过(?!期|敏|关)|可是|然而|就是(?<=[,，。 ]就是)(?!说|因为)|只是|可惜|结果|没想到|谁知|偏偏"
)
"""Each way begins with a character of its own, so that the search skips to those."""
_NEGATED = re.compile(
    r"(?:没有?|不是?|未|无|非|别|从不|从未|从没|不会|不用|不存在|不怕|不再|绝不|并不|并非|零|免|没有?(?:任何|什么|一点|出现|发现|遇到)"
    r"|从来没有?|从没有?|未(?:发生|发现|出现|检出|见)|不(?:会|用|必|怕|至于)再?|何来|哪有|哪来|杜绝|避免|防止|预防|拒绝)$"
)
_COUNTS = "一二两三四五六七八九十半几好"
_WAITED = re.compile(
    rf"[等拖催排耗卡到至迄现依仍始{NUMBER}{_COUNTS}](?:"
    rf"(?<=[等拖催排耗卡])(?:了|到)?(?:整整|足足|快|将近|差不多|我)?(?:{NUMBER}|[{_COUNTS}]+)(?:多)?个?(?:天|小时|月|星期|礼拜|周|年|多月|多小时)"
    rf"|(?<=[{NUMBER}{_COUNTS}])(?:多)?个?(?:天|小时|月|星期|礼拜|周)(?:了|过去|都|还|才|也|以后|后)*(?:没|未|不|才|无人)"
    r"|(?:(?<=到)现在|(?<=[至迄])今|(?<=现)在[都还]|(?<=依)然|(?<=仍)然?|(?<=始)终|(?<=一)直)(?:也|都|还)?(?:没|未|不|无))"
)
"""Begins with one set of characters, so that the search skips to those; each way says by which of them it began."""


def _tokens(names: str, emoji: str) -> frozenset[str]:
    return frozenset(map(emoticon, names.split())) | frozenset(emoji)


_SCORN = _tokens(
    "怒 怒骂 抓狂 鄙视 吐 衰 弱 哼 悲伤 泪 失望 黑线 汗 白眼 左哼哼 右哼哼 生病 骷髅 再见 拜拜 费解 裂开 吐血 打脸 咒骂 流汗 心碎 发怒 骂人 菜刀 踩 石化"
    " 傻眼 无语 苦涩 大哭",
    "😡🤬😠😤🤮🤢👎💩😒🙄💔👿🖕😾🤡😩😫😣⚡💣🚫❌⛔🆘⚠",
)
_SMILE = _tokens(
    "微笑 doge 二哈 吃瓜 作揖 鼓掌 赞 good 鲜花 给力 威武 心 笑哭 摊手 跪了 哈哈 允悲 偷笑 呵呵 可爱 嘻嘻 拳头",
    "🙂🙃😊👏👍💐🙏😅😂🤣🐶🌹❤🎉😄😃🥰",
)
_JOY = _tokens(
    "爱你 心 太开心 馋嘴 色 亲亲 害羞 鼓掌 赞 good 给力 哈哈 嘻嘻 可爱 抱抱 送花花 awsl 星星眼 好爱哦 中国赞 开心",
    "😍🥰😋🤤💖💕❤💗✨🥳💯😘",
)
_FACE = re.compile("[\u2600-\u27bf\U0001f000-\U0010ffff]")
"""Where faces stand among all characters."""
_BETTER = r"(?:好|强|香|便宜|快|靠谱|良心|舒服|划算|棒|稳|甜|细|耐|省|实在|顺|值|干净|新鲜|清楚|完胜|高级|大方|厚道|专业|清爽|温和|轻|亮|顺滑|上档次|用心)"
_WORSE = r"(?:差|烂|难|贵|慢|坑|糟|弱|卡|假|恶心|黑|垃圾|拉|抠|臭|次|敷衍|不如)"


class About(NamedTuple):
    """Whom a text is read for: the brand's names and those of its rivals, folded as `text.fold` does."""

    names: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()


NOBODY = About()


@lru_cache(maxsize=256)
def _named(about: About) -> tuple[AhoCorasick, int]:
    words = [*about.names, *about.rivals]
    return AhoCorasick(words, matchkind=MatchKind.LeftmostLongest), len(about.names)


def marked(text: str, about: About) -> tuple[str, list[str]]:
    """The text with `BRAND` for every name of the brand and `RIVAL` for every rival's, and what stood there, in order. Names are
    compared as they are, Latin ones as whole words."""
    if about == NOBODY:
        return text, []
    automaton, ours = _named(about)
    pieces, names, last = [], [], 0
    for number, start, end in automaton.find_matches_as_indexes(text):
        if not (_inside(text, start) or _inside(text, end)):
            pieces += [text[last:start], BRAND if number < ours else RIVAL]
            names.append(text[start:end])
            last = end
    return ("".join([*pieces, text[last:]]), names) if names else (text, names)


def before(text: str, names: Sequence[str], place: int) -> int:
    """Where a place of a marked text was before it was marked."""
    marks = [at for at, character in enumerate(text[:place]) if character in (BRAND, RIVAL)]
    return place + sum(len(name) - 1 for name in names[: len(marks)])


def _inside(text: str, at: int) -> bool:
    """Is this the middle of a Latin word?"""
    pair = text[at - 1 : at + 1] if at else ""
    return len(pair) == 2 and pair.isascii() and pair.isalnum()


_Found = tuple[str, str, int, int]
"""A word of the lexicon in a text: kind, category, start, end."""


class Cue(NamedTuple):
    """A word that says something, and where it stands."""

    kind: str
    category: str
    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearing:
    """What was found. `facts` by name, as numbers; `cues` that speak against the brand; `after` begins what follows the last
    contrast, 0 without one."""

    facts: Mapping[str, float]
    cues: tuple[Cue, ...] = ()
    after: int = 0

    @property
    def categories(self) -> tuple[str, ...]:
        """What the complaint is about, the most said first."""
        said = Counter(cue.category for cue in self.cues if cue.category and cue.kind in FACTS)
        return tuple(category for category, _ in said.most_common(2))


NOTHING = Bearing(facts={})


@cache
def _words() -> tuple[AhoCorasick, tuple[tuple[str, str], ...]]:
    entries = {
        word: (kind.value, category.value if category else "")
        for (kind, category), words in LEXICON.items()
        for word in words.split()
    }
    return AhoCorasick(list(entries), matchkind=MatchKind.LeftmostLongest), tuple(entries.values())


def look(text: str) -> Bearing:
    """What in a prepared text, `marked` where the brand is known, speaks for or against its being bad for the brand."""
    automaton, entries = _words()
    found = [(*entries[entry], start, end) for entry, start, end in automaton.find_matches_as_indexes(text)]
    faces = _faces(text)
    compared = _compared(text, found) if BRAND in text else 0
    waited = _WAITED.search(text) is not None
    if not (found or faces or compared or waited):
        return NOTHING
    others = _elsewhere(text, found)
    if compared < 0 and found:
        others += _left_behind(text)
    against, count = _sorted_out(text, found, others)
    facts_said = waited or any(kind in count for kind in FACTS)
    problems = facts_said or Kind.BLUNT in count or Kind.WARNING in count
    facts: dict[str, float] = dict(faces)
    for kind, times in count.items():
        name: str = kind
        if kind in _ALONE:
            company = problems if kind in _BESIDE_ANY else facts_said
            name = _BESIDE[kind] if company else _BY_ITSELF[kind]
        facts[name] = min(times, _MOST)
    if "smiles" in faces:
        facts["smile with a problem" if facts_said else "smile alone"] = faces["smiles"]
    after = last_contrast(text)
    turned_bad = any(cue.start >= after for cue in against)
    more = {
        "waited": waited,
        "compared": compared,
        "turned bad": after and turned_bad,
        "turned good": after
        and not turned_bad
        and any(start >= after and kind in _GOOD for kind, _, start, _ in found),
        "far": against and BRAND in text and _far(text, against),
    }
    facts.update((name, float(said)) for name, said in more.items() if said)
    return Bearing(facts=facts, cues=tuple(against), after=after)


def _sorted_out(text: str, found: Sequence[_Found], others: list[tuple[int, int]]) -> tuple[list[Cue], dict[str, int]]:
    """The words that speak against the brand, and how often each kind stands there."""
    against: list[Cue] = []
    count: dict[str, int] = {}
    for kind, category, start, end in found:
        if kind in PROBLEMS:
            if negated(text, start):
                kind = "cleared"
            elif others and any(first <= start < last for first, last in others):
                kind = "foreign"
            else:
                against.append(Cue(kind, category, start, end))
        elif kind == Kind.RESOLVED and negated(text, start):
            continue  # 至今没有道歉: nothing is mended
        elif kind == Kind.PRAISE and negated(text, start):
            against.append(Cue(kind, category, start, end))
            kind = Kind.BLUNT.value
        count[kind] = count.get(kind, 0) + 1
    return against, count


def _faces(text: str) -> dict[str, float]:
    letters = set(_FACE.findall(text))
    if not letters:
        return {}
    scorn, smiles, joy = len(letters & _SCORN), len(letters & _SMILE), len(letters & _JOY)
    return {name: min(n, 2) for name, n in (("scorn", scorn), ("smiles", smiles), ("joy", joy)) if n}


def negated(text: str, start: int) -> bool:
    """Is there a negation right before the word that begins there? 没有异物; but not 没人理, which is a word of its own."""
    return _NEGATED.search(text, max(0, start - 6), start) is not None


def last_contrast(text: str) -> int:
    """Where what follows the last 但是 begins; 0 without one."""
    return max((found.end() for found in _CONTRAST.finditer(text)), default=0)


def _spans(text: str, cut: re.Pattern[str]) -> list[tuple[int, int]]:
    places = [0, *(m.end() for m in cut.finditer(text)), len(text)]
    return [(start, end) for start, end in pairwise(places) if end > start]


def beside(text: str) -> str:
    """The clauses of a marked text that name the brand, one after another; "" where none does."""
    if BRAND not in text:
        return ""
    return "".join(text[start:end] for start, end in _spans(text, CLAUSE) if BRAND in text[start:end])


def ours(text: str) -> str:
    """A marked text without the clauses that are about a rival; as it is where no rival is named."""
    if RIVAL not in text:
        return text
    foreign = _foreign(text, _rivals(text))
    return "".join(text[start:end] for start, end in _spans(text, CLAUSE) if (start, end) not in foreign)


def _rivals(text: str) -> list[int]:
    return [at for at, character in enumerate(text) if character == RIVAL] if RIVAL in text else []


def _elsewhere(text: str, found: Sequence[_Found]) -> list[tuple[int, int]]:
    """The clauses that are about somebody else, by a rival's name or a word such as 隔壁."""
    pointers = [start for kind, _, start, _ in found if kind == Kind.ELSEWHERE] + _rivals(text)
    return _foreign(text, pointers) if pointers else []


def _foreign(text: str, pointers: Sequence[int]) -> list[tuple[int, int]]:
    """The clauses from a pointer on, until the brand is named again."""
    clauses, foreign = [], False
    for start, end in _spans(text, CLAUSE):
        if BRAND in text[start:end]:
            foreign = False
        elif any(start <= at < end for at in pointers):
            foreign = True
        if foreign:
            clauses.append((start, end))
    return clauses


def _far(text: str, against: Sequence[Cue]) -> bool:
    """Does no problem stand in or right after a sentence that names the brand?"""
    near, named = [], False
    for start, end in _spans(text, _SENTENCE):
        here = BRAND in text[start:end]
        if here or named:
            near.append((start, end))
        named = here
    return bool(near) and not any(start <= cue.start < end for cue in against for start, end in near)


_COMES_OFF_WORSE = re.compile(
    rf"比{BRAND}.{{0,5}}{_BETTER}|{BRAND}.{{0,6}}(?:不如|比不上|不及|赶不上|输给|没法比|差远|差太多)"
    rf"|(?:从|由){BRAND}.{{0,5}}(?:换|转|跳)|(?:弃|退|卸载|告别|抛弃|再见|放弃|换掉|拉黑|弃用|逃离)了?{BRAND}|{BRAND}.{{0,6}}(?:被.{{1,8}}(?:秒|吊打|碾压|完爆|甩))"
    rf"|(?:完爆|吊打|碾压|秒杀|甩){BRAND}|不像{BRAND}.{{0,8}}{_WORSE}|{BRAND}(?:再见|拜拜)"
)
_COMES_OFF_BETTER = re.compile(
    rf"比{BRAND}.{{0,5}}{_WORSE}|不如{BRAND}|(?:没|没有|比不上|不及|赶不上|输给|不像){BRAND}.{{0,6}}{_BETTER}|{BRAND}.{{0,4}}(?:完胜|秒杀|吊打|碾压|完爆)"
    rf"|还是(?:得|要|是)?(?:选|买|用|喝|吃|去|回|住|坐|看|认)?(?:买|用|喝|吃|住|坐|看)?{BRAND}"
    rf"|(?:以后|今后|从此)(?:我家|我们|家里)?(?:就|都)?(?:只|专)(?:去|买|用|喝|吃|认|选|住|坐)(?:买|用|喝|吃|住|坐)?{BRAND}"
    rf"|转[头身](?:就|又)?(?:去|买|点|下单|订)了?(?:一?[杯份个家双台]|两[杯份个])?{BRAND}|早知道就(?:该|直接)?(?:去|买|用|喝|吃|选|住).{{0,3}}{BRAND}"
    rf"|(?:换|转投|投奔|回归|回到|改用|改喝|改吃|改买|改去|换成|换到|换回|入了|转到)了?(?:到|成|用|买|喝)?{BRAND}"
    rf"|(?:幸好|还好|好在|多亏)[^,.!?;。、]{{0,8}}{BRAND}|{BRAND}.{{0,4}}(?:就不会|就没有|从来没|从没|就好多|好太多|强多|好多了)"
)


_VERDICT = re.compile(
    rf"{BRAND}[^.!?。]{{1,24}}[,.!?;。](?:这就是|这才叫|真是)?"
    r"(?:差距|高下立判|高下立见|立见高下|对比(?:太|好|很)?(?:明显|强烈))[^\w,]*(?:$|[#@\[])"
)
"""Two are told of, and a last word weighs them: 甲打人,乙撑伞,差距. Who comes off worse is who has the problem."""


def _left_behind(text: str) -> list[tuple[int, int]]:
    """What is told before the brand comes off better, where it is not named before: somebody else did it, whoever that is."""
    named = text.find(BRAND)
    weighed = _VERDICT.search(text)
    if weighed is not None:
        return [(0, named), (weighed.end() - 1, len(text))]  # what a tag behind it names is what was told
    chosen = _COMES_OFF_BETTER.search(text)
    if chosen is None or named < chosen.start():
        return []
    return [(start, end) for start, end in _spans(text, CLAUSE) if end <= named]


def _compared(text: str, found: Sequence[_Found]) -> int:
    """1: the brand comes off worse in a comparison; -1: better; 0: neither."""
    weighed = _VERDICT.search(text)
    if weighed is not None and weighed.start() > 0:
        own = any(kind in PROBLEMS and weighed.start() <= start < weighed.end() for kind, _, start, _ in found)
        return 1 if own else -1
    return bool(_COMES_OFF_WORSE.search(text)) - bool(_COMES_OFF_BETTER.search(text))
