"""A world shown wrongly: smaller counts, posts twice or in disorder, ids that are not found, a clock that is off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.sandbox.world import World, WorldPost

SKEW = timedelta(minutes=20)
"""By how much a clock that is off is fast."""

NEAR = 7
"""Neighbours that change their places."""


@dataclass(frozen=True, kw_only=True)
class Lens:
    """What one answer shows of a world. `ahead`: how far its clock, and every moment it tells, is before the others."""

    halves: bool = False
    twice: bool = False
    mixed: bool = False
    misses: bool = False
    ahead: timedelta = timedelta()

    def through(self, world: World) -> World:
        """The world as it is shown."""
        posts: Sequence[WorldPost] = world.posts
        if self.halves:
            posts = [replace(post, offsets=post.offsets[::2]) for post in posts]
        if self.ahead:
            posts = [_later(post, self.ahead) for post in posts]
        if self.mixed:
            posts = [post for at in range(0, len(posts), NEAR) for post in reversed(posts[at : at + NEAR])]
        if self.twice:
            posts = [post for post in posts for _ in range(2)]
        return world.shown_as(posts, found=posts[::2] if self.misses else posts)


LENSES: Mapping[str, Lens] = {
    "counts_down": Lens(halves=True),
    "repeated": Lens(twice=True),
    "out_of_order": Lens(mixed=True),
    "ids_missing": Lens(misses=True),
    "clock_skew": Lens(ahead=SKEW),
}
"""By what is ordered."""


def _later(post: WorldPost, by: timedelta) -> WorldPost:
    gone, edited = post.gone_at and post.gone_at + by, post.edited_at and post.edited_at + by
    return replace(post, published_at=post.published_at + by, gone_at=gone, edited_at=edited)
