"""Comments in the sandbox's Weibo: as many under each post as it counts, each at its moment, the same for the same world."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from monitor.sandbox import texts
from monitor.sandbox.weibo_forms import user_of, weibo_time
from monitor.sandbox.world import WEIBO_EPOCH, WorldPost, Writer

NEWEST = 300
"""Comments of a post that the platform still lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """One comment. `number` holds its moment, as every number of Weibo does."""

    number: int
    post: WorldPost
    writer: Writer
    text: str
    at: datetime


def comments_to(posts: Iterable[WorldPost], now: datetime) -> list[Comment]:
    """What stands under these posts by now, newest first."""
    found = [comment for post in posts for comment in _under(post, now)]
    return sorted(found, key=lambda comment: comment.number, reverse=True)


def form_of(comment: Comment, status: dict[str, Any]) -> dict[str, Any]:
    """A comment as the open platform writes it."""
    return {
        "created_at": weibo_time(comment.at),
        "id": comment.number,
        "idstr": str(comment.number),
        "mid": str(comment.number),
        "rootid": comment.number,
        "floor_number": 1,
        "text": comment.text,
        "source": "来自上海",
        "user": user_of(comment.writer),
        "status": status,
    }


def _under(post: WorldPost, now: datetime) -> list[Comment]:
    there = post.counts(now).comments
    return [_comment(post, number) for number in range(max(0, there - NEWEST), there)]


def _comment(post: WorldPost, number: int) -> Comment:
    """The number-th comment comes with the repost that makes the post's counter show it."""
    chance = np.random.default_rng([int(post.native_id), number])
    at = post.published_at + timedelta(seconds=float(post.offsets[int(np.ceil((number + 1) / post.comments)) - 1]))
    name = f"{texts.pick(chance, texts.NAMES)}{chance.integers(10, 9999)}"
    line = texts.one_of(texts.GRUMBLE if number % 3 == 0 else texts.HAPPY)(chance)
    return Comment(
        number=((int(at.timestamp()) - WEIBO_EPOCH) << 22) + int(chance.integers(1 << 22)),
        post=post,
        writer=Writer(id=str(chance.integers(2_000_000_000, 7_900_000_000)), name=name, followers=120),
        text=f"@星禾官方 {line}" if number % 5 == 0 else line,
        at=at.replace(microsecond=0),
    )
