"""Which story a mention belongs to, and what an incident says of what joined it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Incident, Mention, PostKey, Reason
from monitor.ports import Judging
from monitor.triage import complaint, event, redlines, severity, story, topic

KEPT = frozenset(
    {
        "hot_list",
        "same_event",
        "came_back",
        "by_hand",
        "surge",
        "surge_reach",
        "surge_rise",
        "surge_echo",
        "ratings",
        "same_complaint",
    }
)
"""Reasons that stay true of an incident when one of its posts raises it."""

SIMILAR_WITHIN = timedelta(days=7)
"""Near-duplicates are looked for among the posts of this long."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The story a mention belongs to: one that exists, or the makings of a new one. `same`: why it is the same event. `complaint`: it
    names the order or the customer of a post of that story."""

    story_id: int | None
    signature: bytes | None = None
    bands: tuple[int, ...] = ()
    origin: PostKey | None = None
    joined: bool = False
    complaint: bool = False
    same: event.Same | None = None


Lines = Callable[[str], redlines.Touched]
"""The red lines a text touches, said of one brand."""


def place(
    mention: Mention,
    judging: Judging,
    now: datetime,
    *,
    alone: bool,
    touched: redlines.Touched = redlines.NOTHING,
    lines: Lines | None = None,
) -> Found:
    """Same origin, near-duplicate text, the same event or the same harm in the same words is one story; otherwise a new one begins.
    `touched`: the red lines of this post, `lines` reads those of another."""
    if mention.story_id is not None:
        return Found(story_id=mention.story_id)
    post = mention.post
    origin = PostKey(post.platform, post.repost_of) if post.repost_of else post.key
    if alone:
        return Found(story_id=None, signature=b"", origin=post.key)
    signature = story.signature(post.words)
    bands = story.bands(signature) if signature else ()
    known = judging.story_of(mention.brand, origin)
    complained = None
    if known is None and complaint.names_somebody(post):
        since = now - complaint.WITHIN
        known = complained = judging.story_of_complaint(mention.brand, post.order_ref, post.customer_ref, since)
    if known is None and signature:
        candidates = judging.candidates(mention.brand, bands, now - SIMILAR_WITHIN)
        known = story.choose(signature, [(c.post_id, c.story_id, c.signature) for c in candidates])
    same = None
    if known is None:
        same = event_of(mention, judging, now) or (_harm_of(mention, judging, now, touched, lines) if lines else None)
    if same is not None:
        known = same.story_id
    return Found(
        story_id=known,
        signature=signature or b"",
        bands=bands,
        origin=origin,
        joined=known is not None,
        complaint=complained is not None,
        same=same,
    )


def event_of(mention: Mention, judging: Judging, now: datetime, *, within: int | None = None) -> event.Same | None:
    """The story that tells in other words of what this bad post tells. `within`: only a post of this story will do.

    A backlog is not compared: it may be thousands at once, and later posts find its stories.
    """
    said = mention.sentiment
    if (
        mention.background
        or said is None
        or (said.aimed < severity.BAD and mention.post.kind != topic.TOPIC)
        or not event.tells_of_harm(mention.post.words, said.categories)
    ):
        return None
    this, told = _of_the_day(mention, judging, now)
    if within is not None:
        told = [telling for telling in told if telling.story_id in (within, None)]
    return event.find(this, told, mention.brand) if this else None


def _of_the_day(
    mention: Mention, judging: Judging, now: datetime
) -> tuple[event.Telling | None, Sequence[event.Telling]]:
    """What this post tells (None: it is not among the newest), and what the brand's posts of the day tell."""
    told = judging.tellings(mention.brand, now - event.WITHIN)
    return next((telling for telling in told if telling.mention_id == mention.id), None), told


def _harm_of(
    mention: Mention, judging: Judging, now: datetime, touched: redlines.Touched, lines: Lines
) -> event.Same | None:
    """The oldest story of the day that touches a red line in the very words of this post. The first of seven who were sick wakes people;
    the others are rows of its incident."""
    if mention.background or not touched.touches:
        return None
    this, told = _of_the_day(mention, judging, now)
    found = [
        event.Same(story_id=other.story_id, words=words, likeness=event.SAME)
        for other in told
        if this is not None
        and other.story_id is not None
        and other.mention_id != mention.id
        and (words := redlines.shared(touched, lines(other.words)))
        and not event.elsewhere(this, other, mention.brand)
    ]
    return min(found, key=lambda same: same.story_id, default=None)


def beside(told: tuple[Reason, ...], found: Found, current: Incident | None) -> tuple[Reason, ...]:
    """The reasons with what else is to be said of an incident that a mention opens or raises: what it was joined for, what stays true."""
    codes = {reason.code for reason in told}
    known = () if current is None else current.reasons
    kept = tuple(reason for reason in known if reason.code in KEPT - codes)
    if found.same is not None:
        return (*told, _same_event(found.same, current), *(reason for reason in kept if reason.code != "same_event"))
    if found.complaint:
        return (*told, _SAME_COMPLAINT, *(reason for reason in kept if reason != _SAME_COMPLAINT))
    if found.joined:
        return (*told, Reason(code="near_duplicates", facts={"posts": (current.posts if current else 1) + 1}), *kept)
    return (*told, *kept)


_SAME_COMPLAINT = Reason(code="same_complaint")


def notes(found: Found, current: Incident | None) -> tuple[Reason, ...]:
    """What is added to an incident that the mention joins without changing its level."""
    if found.same is not None:
        return (_same_event(found.same, current),)
    return (_SAME_COMPLAINT,) if found.complaint else ()


def _same_event(same: event.Same, current: Incident | None) -> Reason:
    return Reason(code="same_event", facts={"incident": current.id if current else None, "words": list(same.words)})
