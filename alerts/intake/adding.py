"""Words that a lead adds without an operator: shown first with what they would change, then kept with who and when."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from alerts import words
from alerts.intake.commands import LONGEST_WORD, AddWord
from alerts.intake.replies import Answer, Speaker, read_word
from monitor.errors import ConfigError
from monitor.model import Actor, Word, WordKind
from monitor.ports import Clock, Wording
from monitor.watch.added import changed
from monitor.watch.query import Query

LATELY = timedelta(hours=24)
POSTS_TRIED = 20_000
"""The newest posts of the last day that a word is tried on."""
SUGGESTED = 3

ADVERTS = ("抽奖", "转发有礼", "福利", "代购", "优惠券", "团购", "招聘", "兼职", "超话", "应援", "打榜", "控评", "生日快乐", "代言",
           "直播间", "同款", "探店", "种草")  # fmt: skip
"""Words of adverts, raffles and fans, the surest first."""

_TOPIC = re.compile(r"#([^#\s]{2,20})#")


@dataclass(frozen=True, kw_only=True)
class Adding:
    """`mask`: a stranger's text as this channel may see it."""

    wording: Wording
    speaker: Speaker
    clock: Clock
    brands: tuple[str, ...]
    mask: Callable[[str], str]

    def propose(self, asked: AddWord, actor: Actor) -> Answer:
        """What a word would have changed; without one, the words there are."""
        now = self.clock.now()
        if not asked.query:
            kept = [word for word in self.wording.words(now) if word.brand == asked.brand and word.kind is asked.kind]
            return self.speaker.wording(kept, now)
        word = Word(
            brand=asked.brand,
            kind=asked.kind,
            query=asked.query,
            actor=actor,
            added_at=now,
            until=None if asked.lasts is None else now + asked.lasts,
        )
        found = changed(word, self._said())
        shown = words.cut(self.mask(words.clean(found[0])), 60) if found else ""
        return self.speaker.proposed(word, found, shown)

    def suggest(self, text: str, brand: str, actor: Actor) -> Answer:
        """Words of this text that would keep such posts away, each with how many of the last day it would change."""
        now, said = self.clock.now(), self._said()
        tried = [
            Word(brand=brand, kind=WordKind.EXCEPT, query=query, actor=actor, added_at=now)
            for query in suggestions(text)
            if query != brand
        ]
        counted = [(word, len(changed(word, said))) for word in tried]
        return self.speaker.suggested([(word, count) for word, count in counted if count][:SUGGESTED])

    def add(self, value: str, actor: Actor) -> Answer:
        """The button under a proposal: from now on the word counts."""
        read, now = read_word(value), self.clock.now()
        if read is None:
            return self.speaker.say("thanks")
        kind, brand, query, lasts = read
        try:
            Query.parse(query)
        except ConfigError as error:
            return self.speaker.say("odd_query", why=error.problem)
        if brand not in self.brands:
            return self.speaker.say("needs_brand", brands=self.brands)
        until = None if lasts is None else now + min(lasts, LONGEST_WORD)
        word = Word(brand=brand, kind=kind, query=query, actor=actor, added_at=now, until=until)
        return self.speaker.added(self.wording.add_word(word), now)

    def drop(self, value: str, actor: Actor) -> Answer:
        gone = value.isdigit() and len(value) < 13 and self.wording.drop_word(int(value), actor, self.clock.now())
        return self.speaker.say("word_dropped" if gone else "word_gone")

    def how_many(self) -> int:
        return len(self.wording.words(self.clock.now()))

    def _said(self) -> list[tuple[str, tuple[str, ...]]]:
        return self.wording.said_since(self.clock.now() - LATELY, POSTS_TRIED)


def suggestions(text: str) -> list[str]:
    """Words of a text that mark it as an advert or as fans' talk: known ones, then its topics."""
    topics: Iterable[str] = (words.clean(topic) for topic in _TOPIC.findall(text))
    known = [word for word in ADVERTS if word in text]
    return list(dict.fromkeys([*known, *(topic for topic in topics if _reads(topic))]))[: 2 * SUGGESTED]


def _reads(query: str) -> bool:
    try:
        Query.parse(query)
    except ConfigError:
        return False
    return True
