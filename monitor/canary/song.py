"""What a canary says: a complaint in the brand's own words, made from its query, and how fast it spreads. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from monitor.watch.query import Brand

_COMPLAINTS = (
    "{words}太让人失望了，质量差得离谱，找客服三天踢皮球没人理，退款也不给退，差评，大家避雷千万别买（第 {number} 次）",
    "被{words}坑惨了，虚假宣传，服务态度恶劣，投诉也没人管，真的垃圾，再也不会买了，姐妹们快跑（第 {number} 次）",
    "{words}骗人，东西又烂又贵，店员还骂人，气死了，太恶心了，谁买谁后悔（第 {number} 次）",
)
"""Clearly bad, and without the words of any red line: those page by themselves, and would hide a threshold that does not."""

AGES = tuple(timedelta(minutes=minutes) for minutes in (2, 7, 12, 20, 30, 45, 60, 75))
"""How old it is at each look."""

_SHARES = (0.001, 0.01, 0.03, 0.09, 0.22, 0.5, 0.8, 1.0)

LOUDEST = 200_000
"""What a canary has at the end at most: what does not page with so many is not to page at all."""

LOUD = 20
"""How many times what hurts it has at the end."""

_SONGS = 12


def songs(brand: Brand, number: int) -> list[tuple[str, list[str]]]:
    """For each alternative of the brand's words, the first of them, complaints that hold it. `number` makes each flight's texts
    others. Where no example of a query can be told (expressions alone), its name has to do."""
    contexts = [()] if brand.context is None else list(islice(brand.context.examples(), _SONGS))
    found = list(dict.fromkeys(islice(brand.match.examples(), _SONGS))) or [(brand.name,)]
    return [(" ".join(words), _sung(words, contexts, number)) for words in found]


def _sung(words: Sequence[str], contexts: Iterable[Sequence[str]], number: int) -> list[str]:
    said = [" ".join(dict.fromkeys((*words, *context))) for context in contexts]
    return [complaint.format(words=f" {one} ", number=number).strip() for one in said for complaint in _COMPLAINTS]


def growth(hurts: int, born: datetime) -> Iterator[tuple[datetime, int]]:
    """When it is looked at, and how far it has gone by then."""
    end = min(LOUDEST, LOUD * max(hurts, 1))
    yield from ((born + age, round(share * end)) for age, share in zip(AGES, _SHARES, strict=True))
