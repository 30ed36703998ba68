"""From what came within the hour to a surge: many small posts, or many bad reviews, that together are a crisis."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from alerts import policy
from monitor.model import ENDED, Count, Incident, Mention, NotificationKind, PostKey, Reason, Severity, Verdict
from monitor.pipeline.judge import Rules, report
from monitor.ports import Crowds, Judgement
from monitor.spread import surge
from monitor.spread.features import unit_of
from monitor.triage import incident as incidents
from monitor.triage.crowd import Talk

EVERY = timedelta(minutes=1)
"""Clock time between two looks."""

SAME_SURGE = timedelta(hours=24)
"""What surges while a surge had its posts within this belongs to it, unless it talks of something else. A straggler keeps none alive."""

USUAL_TALK = timedelta(days=7)
"""What a brand's bad posts of so long say is what they usually say."""

YOUNG = 2 * surge.HOUR
"""Until then the words in which people tell of a surge have not been found."""

LONGEST_GAP = timedelta(days=2)
"""Hours without a look are caught up with for this long: a recording goes on where the daemon would have."""

_ORIGIN = "surge"
"""The platform of a story that no single post began."""


@dataclass(kw_only=True)
class Patrol:
    """Looks at every brand's last hour, each minute. What it knows is in the store; here is only when it looked last."""

    crowds: Crowds
    rules: Rules
    looked: datetime | None = None

    def step(self, now: datetime) -> list[tuple[Judgement, int]]:
        """Looks, if it is time. Returns what was decided, with the incident each belongs to (0: none)."""
        if self.rules.alone or (self.looked is not None and self.looked <= now < self.looked + EVERY):
            return []
        if self.looked is not None and surge.hour_of(self.looked) == surge.hour_of(now) - 1:
            for brand in self.rules.brands:
                _measure(self.crowds, self.rules, brand, surge.hour_of(self.looked))
        self.looked = now
        self.crowds.watched(self.rules.brands, now)
        return [done for brand in self.rules.brands for done in look(self.crowds, self.rules, brand, now)]

    def catch_up(self, now: datetime) -> list[tuple[datetime, list[tuple[Judgement, int]]]]:
        """The looks that fell between the last one and `now`, an hour apart: nothing new came in between."""
        if self.looked is None or self.rules.alone:
            return []
        due = max(self.looked, now - LONGEST_GAP).replace(minute=0, second=0, microsecond=0) + surge.HOUR
        done = []
        while due < now:
            done.append((due, self.step(due)))
            due += surge.HOUR
        return done


def _measure(crowds: Crowds, rules: Rules, brand: str, hour: int) -> None:
    """Keeps what the bad posts that came in an hour had reached when it ended."""
    start = datetime.fromtimestamp(hour * 3600, UTC)
    end = start + surge.HOUR
    came = [mention for mention in crowds.lately(brand, start) if mention.first_seen < end and _aimed(mention)]
    crowds.measured(brand, hour, {platform: reach for platform, (reach, _) in _reached(rules, came, end).items()})


def look(crowds: Crowds, rules: Rules, brand: str, now: datetime) -> list[tuple[Judgement, int]]:
    """What the last hour of one brand's posts and the last day of its reviews ask for."""
    hour = surge.hour_of(now)
    known = crowds.hours(brand, hour - surge.HISTORY // surge.HOUR, hour + 1)
    done = []
    if known.get(hour, 0) + known.get(hour - 1, 0) >= rules.surges.posts:
        came = [mention for mention in crowds.lately(brand, now - surge.HOUR) if _aimed(mention)]
        if len(came) >= rules.surges.posts:
            ordinary = _Ordinary(
                posts=surge.usual(known, now),
                reach={
                    platform: found
                    for platform in {mention.post.platform for mention in came}
                    if (reached := crowds.reach(brand, platform, hour - surge.HISTORY // surge.HOUR, hour))
                    and (found := surge.usual_reach(reached, now)) is not None
                },
            )
            done += _posts(crowds, rules, brand, came, ordinary, now, new=len(known) < surge.FAMILIAR)
    return [*done, *_reviews(crowds, rules, brand, now)]


@dataclass(frozen=True, kw_only=True)
class _Ordinary:
    """What this hour usually brings: bad posts, and what they reach together on each platform whose hours were measured long enough."""

    posts: surge.Usual
    reach: Mapping[str, surge.UsualReach]

    def colour(self, rules: Rules, posts: Sequence[Mention]) -> Severity | None:
        """The severity of so many posts that have reached so much; None: both are ordinary. Reach alone is shown and wakes nobody,
        before it is as much as hurts."""
        by_number = rules.surges.colour(self.posts.chance(len(posts)))
        if by_number is None and any(
            rules.surges.colour(usual.chance(it)) for it, _, usual in self._rises(rules, posts)
        ):
            return Severity.YELLOW
        return by_number

    def reasons(self, rules: Rules, posts: Sequence[Mention]) -> tuple[Reason, ...]:
        """What is unusual of these posts, in words; how many there are is always said."""
        low, high = self.posts.range()
        reasons = [Reason(code="surge", facts={"posts": len(posts), "low": low, "high": high})]
        for reach, unit, usual in self._rises(rules, posts):
            if rules.surges.colour(usual.chance(reach)) is not None:
                low, high = usual.range()
                reasons.append(Reason(code="surge_rise", facts={"now": reach, "unit": unit, "low": low, "high": high}))
        return tuple(reasons)

    def _rises(self, rules: Rules, posts: Sequence[Mention]) -> list[tuple[int, str, surge.UsualReach]]:
        """What they have reached together, in which unit, and what is usual there."""
        return [
            (reach, unit, self.reach[platform])
            for platform, (reach, unit) in _reached(rules, posts).items()
            if platform in self.reach
        ]


def _posts(
    crowds: Crowds, rules: Rules, brand: str, came: Sequence[Mention], usual: _Ordinary, now: datetime, *, new: bool
) -> list[tuple[Judgement, int]]:
    """The hour as a whole, for each surge that goes on and what it is about. `new`: the brand was watched too short a time to know
    what is usual, so its surge wakes nobody."""
    if usual.colour(rules, came) is None:
        return []
    own = crowds.surge_stories(brand, now - SAME_SURGE)
    before = crowds.lately(brand, now - USUAL_TALK)
    lately = [mention for mention in before if mention.first_seen >= now - SAME_SURGE]
    talk = Talk.of(brand, _usually_said(before, rules, now))
    going = [
        _Going(
            story, [mention.post.words for mention in told], min((mention.first_seen for mention in told), default=now)
        )
        for story in own
        if len(told := [mention for mention in lately if mention.story_id == story]) >= rules.surges.posts
        or any(mention.story_id == story for mention in came)
    ] or [_Going(None, [], now)]
    done = []
    for one, part in _parted(came, going, talk):
        done += _surge(crowds, rules, talk, part, one, usual, now, new=new)
    return done


def _usually_said(before: Sequence[Mention], rules: Rules, now: datetime) -> list[str]:
    """What bad posts said before this hour, but for what enough of them told as one story: that was an event."""
    told = Counter(mention.story_id for mention in before if mention.story_id is not None)
    return [
        mention.post.words
        for mention in before
        if mention.first_seen < now - surge.HOUR
        and (mention.story_id is None or told[mention.story_id] < rules.surges.posts)
    ]


class _Going(NamedTuple):
    """A surge that goes on (None: none does), what its posts say, and when the first of them was seen."""

    story: int | None
    said: list[str]
    since: datetime


def _parted(came: Sequence[Mention], going: Sequence[_Going], talk: Talk) -> Iterator[tuple[_Going, Sequence[Mention]]]:
    """Each surge that goes on with what concerns it: its own posts, and those that talk of what it is about. What is about none of
    them is held against the newest."""
    if len(going) == 1:
        yield going[0], came
        return
    mine: dict[int | None, list[Mention]] = {one.story: [] for one in going}
    parts = [(one.story, talk.about(one.said)) for one in going]
    for mention in came:
        of = mention.story_id
        if of not in mine:
            words = mention.post.words
            of = next((story for story, of_it in parts if of_it(words)), going[0].story)
        mine[of].append(mention)
    for one in going:
        yield one, mine[one.story]


def _surge(
    crowds: Crowds,
    rules: Rules,
    talk: Talk,
    came: Sequence[Mention],
    going: _Going,
    usual: _Ordinary,
    now: datetime,
    *,
    new: bool,
) -> list[tuple[Judgement, int]]:
    """A surge of what nobody was paged for is news. A surge that is the echo of one story is told with that story; one that talks of
    something else than the last is another, and until it is one its posts stay their own: a fan war at noon does not swallow
    the payments that fail in the afternoon."""
    own, last, since = going
    stories = {mention.story_id for mention in came if mention.story_id not in (None, own)}
    heard = {story: found for story in stories if story is not None and (found := crowds.incident_of(story))}
    paged = {story for story, found in heard.items() if found.paged_at is not None}
    loose = [mention for mention in came if mention.story_id not in paged]
    newer = [mention for mention in loose if mention.story_id != own]
    if _another(newer, rules, talk, usual, last, young=now - since < YOUNG):
        loose, own, last = newer, None, []
    loose = loose if own is not None else _loudest(loose, talk)
    colour = usual.colour(rules, loose) if len(loose) >= rules.surges.posts else None
    if colour is not None:
        colour = min(colour, Severity.YELLOW) if new else colour
        echo = surge.most_common([None if mention.story_id == own else mention.story_id for mention in loose])
        of_it = [mention for mention in loose if echo is not None and mention.story_id == echo[0]]
        told = _told(rules, talk.brand, loose, of_it or _chosen(loose, talk.core), usual, colour)
        # Where it begins, what talks of something else beside it is left out: that may be another crisis of this hour.
        ours = loose if last else _chosen(loose, talk.akin)
        goes_on = talk.about(last)
        free = [mention for mention in ours if mention.story_id not in heard and goes_on(mention.post.words)]
        return _apply(
            crowds,
            rules,
            echo[0] if echo else own or _begun(told.lead, ours, heard, talk),
            told,
            [] if echo else free,
            now,
        )
    echo = surge.most_common([mention.story_id for mention in came])
    if echo is None or echo[0] not in paged:
        return []
    low, high = usual.posts.range()
    facts = {"posts": len(came), "of_it": echo[1], "low": low, "high": high}
    first = next(mention for mention in came if mention.story_id == echo[0])
    note = _Told(lead=first, severity=heard[echo[0]].severity, reasons=(Reason(code="surge_echo", facts=facts),))
    return _apply(crowds, rules, echo[0], note, [], now)


def _another(
    posts: Sequence[Mention], rules: Rules, talk: Talk, usual: _Ordinary, last: Sequence[str], *, young: bool
) -> bool:
    """Whether what a surge does not talk of is a surge by itself. People tell one event in many words, so beside a `young` one it must be
    one thing that is told: the most of these posts, or so many as are unusual alone."""
    core = _chosen(posts, talk.core) if young else posts
    counted = posts if 2 * len(core) >= len(posts) else core
    unusual = len(core) >= rules.surges.posts and usual.colour(rules, counted) is not None
    return unusual and talk.apart((mention.post.words for mention in core), last)


def _begun(lead: Mention, posts: Sequence[Mention], heard: Mapping[int, Incident], talk: Talk) -> int | None:
    """The story with whose incident a new surge is told: that of its first post, where the others talk of it and nobody was paged for
    it. Told as another it would page for that post, and the post once more when it has grown."""
    found = heard.get(lead.story_id) if lead.story_id is not None else None
    if found is None or found.state in ENDED:
        return None
    others = [mention.post.words for mention in posts if mention.id != lead.id]
    return lead.story_id if talk.begins(lead.post.words, others) else None


def _loudest(posts: Sequence[Mention], talk: Talk) -> list[Mention]:
    """What a new surge is made of: where two things happen in one hour the greater of them. The other is a surge of its own as soon as
    it is one by itself."""
    return _chosen(posts, talk.loudest)


def _chosen(posts: Sequence[Mention], which: Callable[[Sequence[str]], list[bool]]) -> list[Mention]:
    """Those of the posts that `which` chooses by what they say."""
    inside = which([mention.post.words for mention in posts])
    return [mention for mention, here in zip(posts, inside, strict=True) if here]


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What is said of a surge, and the post to show."""

    lead: Mention
    severity: Severity
    reasons: tuple[Reason, ...]


def _told(
    rules: Rules,
    brand: str,
    posts: Sequence[Mention],
    shown: Sequence[Mention],
    usual: _Ordinary,
    colour: Severity,
) -> _Told:
    """The worst of `shown` leads: a surge that is told with a story shows a post of that story, another one that says what most say. Together they may have reached already what hurts in one post: that pages too."""

    def loudness(mention: Mention) -> tuple[float, float]:
        """Reposts and likes are no one measure: each counts by the share it is of what hurts there."""
        hurts = rules.thresholds.hurts(brand, mention.post.platform)
        return _reach(mention) / hurts if hurts else 0.0, mention.sentiment.aimed if mention.sentiment else 0.0

    lead = max(shown, key=loudness)
    reasons = [*usual.reasons(rules, posts)]
    hurts, unit = rules.thresholds.hurts(brand, lead.post.platform), unit_of(lead.post.platform, lead.looks)
    together = sum(_reach(mention) for mention in posts if mention.post.platform == lead.post.platform)
    if hurts is not None and together >= hurts:
        colour = max(colour, Severity.ORANGE)
        reasons.append(Reason(code="surge_reach", facts={"now": together, "threshold": hurts, "unit": unit}))
    return _Told(lead=lead, severity=colour, reasons=tuple(reasons))


def _reviews(crowds: Crowds, rules: Rules, brand: str, now: datetime) -> list[tuple[Judgement, int]]:
    """More bad reviews within a day than this brand is used to, platform by platform."""
    hour, day = surge.hour_of(now), surge.REVIEW_WINDOW // surge.HOUR
    done: list[tuple[Judgement, int]] = []
    for platform, recent in crowds.stars(brand, hour - day + 1, hour + 1).items():
        if recent.low < rules.surges.posts:
            continue
        before = crowds.stars(brand, hour - surge.HISTORY // surge.HOUR, hour - day + 1).get(
            platform, surge.Stars(0, 0)
        )
        colour = rules.surges.colour(surge.review_chance(recent, before), surge.REVIEW_WINDOW)
        bad = [m for m in crowds.lately(brand, now - surge.REVIEW_WINDOW) if _is_bad_review(m, platform)]
        if colour is None or not bad:
            continue
        facts = {"low_reviews": recent.low, "rated": recent.rated, "usual_share": surge.usual_share(before)}
        told = _Told(lead=bad[0], severity=colour, reasons=(Reason(code="ratings", facts=facts),))
        done += _apply(crowds, rules, next(iter(crowds.surge_stories(brand, now - SAME_SURGE)), None), told, bad, now)
    return done


def _apply(
    crowds: Crowds, rules: Rules, story_id: int | None, told: _Told, posts: Sequence[Mention], now: datetime
) -> list[tuple[Judgement, int]]:
    """Opens or raises the story's incident, or tells it of new posts; nothing where nothing is new."""
    current = crowds.incident_of(story_id) if story_id is not None else None
    verdict = Verdict(severity=told.severity, risk=None, forecast=None, reasons=told.reasons)
    change = incidents.decide(
        verdict, current, pages_at=rules.pages_from(told.lead.brand), is_lead=False, visible=True, now=now
    )
    if change.kind == "none" and current is not None and current.state in ENDED:
        return []
    new = [mention.id for mention in posts if mention.story_id != story_id or story_id is None]
    codes = {reason.code for reason in told.reasons}
    known = () if current is None else current.reasons
    notes = told.reasons if new or not codes <= {reason.code for reason in known} else ()
    if change.kind == "none" and not notes:
        return []
    lead, reasons = told.lead, change.reasons
    if change.kind == "raise" and current is not None:
        reasons = (*reasons, *(reason for reason in known if reason.code not in codes))
        verdict = replace(verdict, risk=current.risk, forecast=current.forecast)
        lead = current.lead or lead
    judgement = Judgement(
        mention=lead,
        verdict=replace(verdict, reasons=reasons or told.reasons),
        story_id=story_id,
        origin=PostKey(_ORIGIN, f"{surge.hour_of(now)}:{min(mention.id for mention in posts)}" if posts else ""),
        change=change.kind,
        incident_id=current.id if current is not None else None,
        act=change.act,
        because=change.because,
        wakes=change.wakes,
        stirs=bool(notes),
        pages=change.pages,
        tells=_tells(
            rules, change, current, told.lead.brand, len(new), changed=bool(codes - {reason.code for reason in known})
        ),
        notes=notes,
    )
    incident = crowds.gather(judgement, new, now)
    report(judgement, incident)
    return [(judgement, incident)]


def _tells(
    rules: Rules, change: incidents.Change, current: Incident | None, brand: str, new: int, *, changed: bool
) -> tuple[tuple[str, NotificationKind], ...]:
    """A page, or a message, where it begins; a living message changes when there is something new to say."""
    level = change.severity or (current.severity if current else None)
    if level is None:
        return ()
    stirs = change.kind in ("open", "raise")
    if current is not None:
        stirs = stirs or changed or policy.material(current, current.forecast, current.posts + new)
    return rules.tells(brand, level, current, pages=change.pages, stirs=stirs)


def _aimed(mention: Mention) -> bool:
    return mention.sentiment is not None and mention.sentiment.aimed >= surge.BAD


def _is_bad_review(mention: Mention, platform: str) -> bool:
    rating = mention.post.rating
    return mention.post.platform == platform and rating is not None and rating <= surge.LOW_STARS


def _reached(rules: Rules, posts: Sequence[Mention], by: datetime | None = None) -> dict[str, tuple[int, str]]:
    """What posts have reached together (by then), and its unit, on each platform of which is known what hurts."""
    parts: dict[str, tuple[list[int], str, int]] = {}
    for mention in posts:
        platform, unit = mention.post.platform, unit_of(mention.post.platform, mention.looks)
        hurts = rules.thresholds.hurts(mention.brand, platform)
        if unit is not None and hurts is not None:
            parts.setdefault(platform, ([], unit, hurts))[0].append(_reach(mention, by))
    return {platform: (surge.together(reaches, hurts), unit) for platform, (reaches, unit, hurts) in parts.items()}


def _reach(mention: Mention, by: datetime | None = None) -> int:
    """What it had in its platform's unit at the last look (by then)."""
    unit = unit_of(mention.post.platform, mention.looks)
    last = next((look for look in reversed(mention.looks) if by is None or look.seen_at <= by), None)
    count: Count | None = getattr(last.counts, unit) if unit and last else None
    return count.value if count else 0
