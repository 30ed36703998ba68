"""The brand on a hot list: a topic is no post, and how far it goes is not the question; it is there. Pure.

A topic is a headline of a few characters. P(aimed) was learned from posts and says little of so short a text ("星禾新品" 0.52, "星禾 国风" 0.97,
"星禾回应喝出异物" 0.02), so what a headline says is told by its words, and by P(aimed) only where these bear it out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.model import Availability, Mention, Post, Reason, Severity, Verdict
from monitor.triage.redlines import NOTHING, Touched
from monitor.triage.severity import BAD, LATE
from monitor.watch.cues import LEXICON, Kind
from monitor.watch.target import negated
from monitor.watch.text import fold

TOPIC = "topic"
"""`Post.kind` of what a hot list shows."""

TOLD = 30
"""Where a list shows this many characters of what happened, they are read as a post is."""

ANSWERS = "道歉 致歉 回应 被指 被骂 争议 质疑 惹怒 激怒 食品安全 食安 翻车 塌房 崩了 宕机 抵制 辱女 辱华 侮辱 口水 偷拍 打人 骂人"
"""Words by which a headline says that the brand is in trouble, though a post may use them for less."""

CLIMBED = 10
"""Places by which a topic must rise to be told anew; so is one that enters the first ten or the first three."""

_HEIGHTS = (10, 3)

_GRAVE = frozenset({Kind.HARM, Kind.OFFICIAL})
_ANGRY = frozenset({Kind.GRIEVANCE, Kind.BLUNT, Kind.WARNING})
_TAKEN_BACK = frozenset({Kind.REFUTED, Kind.RESOLVED})
_KIND = frozenset({Kind.PRAISE, Kind.ADVERT, Kind.FANS})
_TROUBLE = "trouble"
_LONGEST = 600
_PLACE = re.compile(r"#(\d{1,4})")


class Place(NamedTuple):
    """How a topic stands on its list, as far as the list shows it: its rank from 1, its heat as displayed, a label (新, 热, 沸, 爆). It is
    kept as the post's `status`: `#12 · 2384651 · 沸`."""

    rank: int | None = None
    heat: str = ""
    label: str = ""

    def __str__(self) -> str:
        return " · ".join(filter(None, (f"#{self.rank}" if self.rank else "", self.heat, self.label)))


def rank_of(status: str | None) -> int | None:
    """The rank in a topic's status; None: the list does not show it."""
    found = _PLACE.match(status or "")
    return int(found[1]) if found else None


def judge(mention: Mention, verdict: Verdict, touched: Touched = NOTHING) -> Verdict:
    """The verdict on a post as it is; a topic is yellow at least, and orange where it says harm.

    What stood there already when the list was first read is no news: it is shown where it says harm, and wakes nobody.
    """
    if mention.post.kind != TOPIC or mention.sentiment is None or not mention.looks:
        return verdict
    if mention.looks[-1].availability is not Availability.VISIBLE:
        return verdict
    harm = says_harm(mention.post, mention.sentiment.aimed, touched)
    if _stood_there(mention):
        if not harm:
            return verdict
        severity = Severity.YELLOW
    else:
        severity = Severity.ORANGE if harm else Severity.YELLOW
    place = [mention.post.platform, rank_of(mention.post.status)]
    facts = {"topic": mention.post.title or mention.post.text, "lists": [place]}
    hot = Reason(code="hot_list", facts=facts)
    # "Hardly bad for the brand" beside a harm would be P(aimed) of six characters.
    others = (reason for reason in verdict.reasons if reason.code != "aimed" or mention.sentiment.aimed >= BAD)
    return replace(verdict, severity=max(severity, verdict.severity or severity), reasons=(hot, *others))


def says_harm(post: Post, aimed: float, touched: Touched = NOTHING) -> bool:
    """Whether a topic tells of a harm or a wrong: by a red line; by words of harm that are not taken back; by angry words where
    P(aimed) agrees. A new cup, a spokesperson, a prize are none."""
    if touched.touches and aimed >= touched.needed:
        return True
    if aimed >= BAD and len(post.words) >= TOLD:
        return True
    said = _kinds(post.title or post.text)
    if said & _TAKEN_BACK:
        return False
    if said & _GRAVE:
        return True
    return not said & _KIND and (_TROUBLE in said or (aimed >= BAD and bool(said & _ANGRY)))


def news(reasons: Sequence[Reason], known: Sequence[Reason]) -> Reason | None:
    """The hot list among the reasons of a verdict with the lists that its incident knows, if that is news to it: another list, or a
    topic that has climbed."""
    hot = next((reason for reason in reasons if reason.code == "hot_list"), None)
    if hot is None:
        return None
    before = next((_places(reason) for reason in known if reason.code == "hot_list"), {})
    now = {**before, **_places(hot)}
    if not any(_is_news(rank, before, platform) for platform, rank in now.items()):
        return None
    ordered = sorted(now.items(), key=lambda place: (place[1] is None, place[1] or 0))
    return replace(hot, facts={**hot.facts, "lists": [list(place) for place in ordered]})


def _is_news(rank: int | None, before: Mapping[str, int | None], platform: str) -> bool:
    if platform not in before:
        return True
    was = before[platform]
    if rank is None or was is None:
        return rank is not None
    return was - rank >= CLIMBED or any(rank <= height < was for height in _HEIGHTS)


def _places(reason: Reason) -> dict[str, int | None]:
    told: Any = reason.facts.get("lists", ())
    return {str(platform): rank for platform, rank in told}


def _stood_there(mention: Mention) -> bool:
    """Whether it was there when the list was first read, and nobody knows since when. One that came up since the last poll is news,
    however long ago that was."""
    born = mention.post.posted_at
    return mention.background and (born is None or mention.first_seen - born > LATE)


@lru_cache(4096)
def _kinds(headline: str) -> frozenset[str]:
    """The kinds of words in a headline, without those that are denied: 没有异物."""
    folded = fold(headline[:_LONGEST])
    finder, kinds = _cues()
    places = finder.find_matches_as_indexes(folded)
    return frozenset().union(*(kinds[which] for which, start, _ in places if not negated(folded, start)))


@cache
def _cues() -> tuple[AhoCorasick, tuple[frozenset[str], ...]]:
    """Words of more than a character with their kinds. 联名 is a petition and a co-branded cup: in a headline it is the cup."""
    of: dict[str, set[str]] = {fold(word): {_TROUBLE} for word in ANSWERS.split()}
    for (kind, _), said in LEXICON.items():
        for word in said.split():
            if len(word) > 1 and kind in _GRAVE | _ANGRY | _TAKEN_BACK | _KIND:
                of.setdefault(fold(word), set()).add(kind)
    kinds = tuple(frozenset(found - _GRAVE - _ANGRY if found & _KIND else found) for found in of.values())
    return AhoCorasick(list(of), matchkind=MatchKind.LeftmostLongest), kinds
