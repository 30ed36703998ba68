"""What a fortnight's pages were worth: right or false, by night, which crises were missed, how early, how often the channel was told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from benchmarks.fortnight import crises
from benchmarks.fortnight.doors import Page, Watched
from benchmarks.fortnight.world import DAYS, FieldPost
from monitor.model import PostKey
from monitor.triage.severity import DEFAULT_VIRAL

WEEKS = DAYS / 7
NIGHT = (22, 8)
"""From when to when people sleep, in Shanghai."""

SHANGHAI = timedelta(hours=8)
IN_ONE_HOUR = ("kitchen", "staff")


@dataclass(kw_only=True)
class Told:
    """What became of one crisis at a door. `lead`: from its first page to the moment it had come to what hurts, where it did; `left`:
    the share of all its reach that was still to come."""

    kind: str
    began: datetime
    collected: int
    paged_at: datetime | None = None
    messages: int = 0
    left: float = 0.0
    lead: timedelta | None = None
    reasons: Sequence[str] = ()


@dataclass(kw_only=True)
class Reckoning:
    """`grown`: pages for posts that nobody planned and that came to what hurts; they are right too."""

    told: list[Told]
    pages: int
    grown: int
    false: list[tuple[Page, FieldPost]] = field(default_factory=list)
    strays: int = 0

    @property
    def missed(self) -> list[Told]:
        """Crises of which a post was collected and nobody was paged."""
        return [one for one in self.told if one.collected and one.paged_at is None]

    @property
    def false_at_night(self) -> int:
        return sum(at_night(page.at) for page, _ in self.false)

    @property
    def right(self) -> int:
        return self.pages - len(self.false)


def at_night(moment: datetime) -> bool:
    hour = (moment + SHANGHAI).hour
    return hour >= NIGHT[0] or hour < NIGHT[1]


def reckon(watched: Watched) -> Reckoning:
    """Every page is of a crisis, of a post that grew by itself, or false."""
    posts = {post.post.key: post for post in watched.world.posts}
    found = {
        kind: [post for post in told if post.post.key in watched.found] for kind, told in watched.world.crises.items()
    }
    told = {
        kind: Told(kind=kind, began=watched.world.crises[kind][0].born, collected=len(found[kind]))
        for kind in crises.KINDS
    }
    counted = Reckoning(told=list(told.values()), pages=len(watched.pages), grown=0)
    for page in watched.pages:
        shown = posts[page.posts[0]]
        crisis = shown.crisis or _most(page.posts, posts)
        if crisis:
            _tell(told[crisis], page, watched)
        elif shown.bad and shown.reached(DEFAULT_VIRAL.get(shown.post.platform, 1)):
            counted.grown += 1
        else:
            counted.false.append((page, shown))
    counted.strays = sum(_strays(keys, posts) for keys in watched.incidents.values())
    return counted


def _most(keys: Sequence[PostKey], posts: dict[PostKey, FieldPost]) -> str:
    """The crisis that at least half of the posts tell of."""
    kind, count = Counter(posts[key].crisis for key in keys).most_common(1)[0]
    return kind if 2 * count >= len(keys) else ""


def _tell(told: Told, page: Page, watched: Watched) -> None:
    told.messages += watched.messages[page.incident]
    if told.paged_at is not None:
        return
    told.paged_at = page.at
    told.reasons = [reason.code for reason in page.reasons]
    whole = watched.world.crises[told.kind]
    now, end = (sum(1 + post.reach(at) for post in whole if post.born <= at) for at in (page.at, watched.world.end))
    told.left = 1 - now / max(1, end)
    hurts = min((at for post in whole if (at := post.reached(DEFAULT_VIRAL.get(post.post.platform, 1)))), default=None)
    told.lead = None if hurts is None else hurts - page.at


def _strays(keys: Sequence[PostKey], posts: dict[PostKey, FieldPost]) -> int:
    """Posts of one of the two crises of an hour that stand in the other's incident."""
    counts = [sum(posts[key].crisis == kind for key in keys) for kind in IN_ONE_HOUR]
    return min(counts)


def lines(watched: Watched, counted: Reckoning) -> Iterator[str]:
    """For whoever looks closely."""
    yield f"{watched.door.name}: {counted.pages} pages, {counted.right} right ({counted.grown} grew by themselves), {len(counted.false)} false"
    yield f"  found {len(watched.found):,} posts, {watched.looks:,} looks in {watched.requests:,} requests, {counted.strays} strays"
    for one in counted.told:
        if one.paged_at is None:
            yield f"  {one.kind}: {'MISSED' if one.collected else 'not collected'} of {one.collected} posts"
            continue
        after = (one.paged_at - one.began).total_seconds() / 60
        lead = "" if one.lead is None else f", {one.lead.total_seconds() / 60:.0f} min before it hurt"
        yield f"  {one.kind}: paged after {after:.0f} min, {one.left:.0%} to come{lead}, {one.messages} messages of {one.collected} posts {one.reasons}"
    for page, post in counted.false:
        night = "night" if at_night(page.at) else "day"
        hurt = [(reason.code, dict(reason.facts)) for reason in page.reasons[:2]]
        yield f"  FALSE {page.at:%m-%d %H:%M} {night} {post.kind} reach {len(post.offsets)}+{len(post.bought)} {post.post.words[:90]!r} {hurt}"
