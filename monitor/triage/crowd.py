"""What the bad posts of an hour talk of together, and which of them talk of something else. Pure.

A crowd that tells of one thing says the same pairs of characters. What this brand's posts say in any hour is no sign of it: 店员 and 退款
stand in one complaint of ten anyway, so a pair counts where the crowd says it several times as often as usual.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from monitor.triage import event

APART = 0.2
"""Below this likeness two crowds talk of different things. Halves of one crisis of the fortnight's working seeds lie at 0.40 to 0.97,
two crises at 0.09 at most, a crisis and ordinary complaints at 0.17."""

RISEN = 6.0
"""A crowd talks of what it says so many times as often as is usual."""

_TALK = 0.2
"""What such a share of a crowd says is what it talks of."""


@dataclass(frozen=True, kw_only=True)
class Talk:
    """How posts of one brand are held against each other. `usual`: the share of its bad posts that says a pair of characters anyway."""

    brand: str
    usual: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def of(brand: str, before: Sequence[str]) -> "Talk":
        """As it was before this hour."""
        said = Counter(gram for words in before for gram in event.grams(words, brand))
        return Talk(brand=brand, usual={gram: count / len(before) for gram, count in said.items() if count > 1})

    def apart(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """Whether two crowds talk of different things, by what several of each say. Where a crowd has nothing in common nobody can tell."""
        a, b = self._common(some), self._common(others)
        if not a or not b:
            return False
        both = sum(share * b.get(gram, 0.0) for gram, share in a.items())
        lengths = sum(share**2 for share in a.values()) * sum(share**2 for share in b.values())
        return both < APART * sqrt(lengths)

    def about(self, crowd: Iterable[str]) -> Callable[[str], bool]:
        """Tells of a post whether it says something that a good part of this crowd says. Of a crowd that has nothing in common every post
        is a part."""
        talk = self._talk(crowd)
        return lambda words: not talk or not talk.isdisjoint(event.grams(words, self.brand))

    def begins(self, words: str, crowd: Iterable[str]) -> bool:
        """Whether a post may be what a crowd talks of: it says something that a good part of it says."""
        return not self._talk(crowd).isdisjoint(event.grams(words, self.brand))

    def loudest(self, crowd: Sequence[str]) -> list[bool]:
        """Which of a crowd's posts talk of what most of it talks of; all of them, unless the others talk of something else together: half of
        those must say the same, for people tell one thing in many words, and a crowd that is cut down to its favourite ones is no crowd."""
        inside, ours, others = self._parted(crowd)
        together = 2 * sum(self.core(others)) >= len(others)
        return inside if together and self.apart(ours, others) else [True] * len(inside)

    def akin(self, crowd: Sequence[str]) -> list[bool]:
        """Which of a crowd's posts may be told together: not those that say among themselves what the most of it does not say, nor whoever
        says what nobody else does. All, where no two say the same."""
        inside, ours, others = self._parted(crowd)
        theirs = self.core(others)
        told = [words for words, here in zip(others, theirs, strict=True) if here]
        strange = self.apart(ours, told)
        left = iter(theirs)
        return [
            here or (not (next(left) and strange) and heard)
            for here, heard in zip(inside, self._heard_twice(crowd), strict=True)
        ]

    def core(self, crowd: Sequence[str]) -> list[bool]:
        """Which of a crowd's posts say what most of it says; all of them where no two say the same.

        It begins with the pair of characters that most of them say, and takes in whoever says something that half of those say too."""
        read, said = self._said(crowd)
        most = max(said.values(), default=0)
        if most < 2:
            return [True] * len(read)
        begins = min((self.usual.get(gram, 0.0), gram) for gram, count in said.items() if count == most)[1]
        beside = Counter(gram for grams in read if begins in grams for gram in grams & said.keys())
        told = {gram for gram, count in beside.items() if 2 * count >= most}
        return [not told.isdisjoint(grams) for grams in read]

    def _heard_twice(self, crowd: Sequence[str]) -> list[bool]:
        """Which of a crowd's posts say something that another one says too."""
        read, said = self._said(crowd)
        shared = {gram for gram, count in said.items() if count > 1}
        return [not shared.isdisjoint(grams) for grams in read]

    def _parted(self, crowd: Sequence[str]) -> tuple[list[bool], list[str], list[str]]:
        """Which of a crowd's posts are its core, those posts, and the others."""
        inside = self.core(crowd)
        ours, others = (
            [words for words, here in zip(crowd, inside, strict=True) if here is side] for side in (True, False)
        )
        return inside, ours, others

    def _talk(self, crowd: Iterable[str]) -> set[str]:
        """The pairs of characters that a good part of a crowd says."""
        return {gram for gram, share in self._common(crowd).items() if share >= _TALK}

    def _common(self, crowd: Iterable[str]) -> dict[str, float]:
        """The pairs of characters that more than one of a crowd says, with the share that says it."""
        read, said = self._said(list(crowd))
        return {gram: count / len(read) for gram, count in said.items() if count > 1}

    def _said(self, crowd: Sequence[str]) -> tuple[list[frozenset[str]], dict[str, int]]:
        """The pairs of characters of each post, and how many posts say each one that is said more often than usual."""
        read = [event.grams(words, self.brand) for words in crowd]
        said = Counter(gram for grams in read for gram in grams)
        return read, {
            gram: count for gram, count in said.items() if count > RISEN * self.usual.get(gram, 0.0) * len(read)
        }
