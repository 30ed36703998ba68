"""One complaint, wherever it comes in (全渠道): posts that name the same order or the same customer. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from monitor.model import Mention, Post

WITHIN = timedelta(days=30)
"""What the same customer says later is another complaint."""


def names_somebody(post: Post) -> bool:
    """Whether the post says by a mark of the brand's own who complains, or about which order."""
    return post.customer_ref is not None or post.order_ref is not None


def threads(posts: Sequence[Mention]) -> list[tuple[Mention, ...]]:
    """The posts that belong to one complaint, each complaint in the order in which it was told, the longest first. Those that stand
    alone are left out."""
    groups: list[tuple[set[str], list[Mention]]] = []
    for mention in posts:
        marks = {
            f"{kind} {ref}"
            for kind, ref in (("customer", mention.post.customer_ref), ("order", mention.post.order_ref))
            if ref is not None
        }
        if not marks:
            continue
        told = [mention]
        apart: list[tuple[set[str], list[Mention]]] = []
        for known, members in groups:
            if known & marks:
                marks |= known
                told += members
            else:
                apart.append((known, members))
        groups = [*apart, (marks, told)]
    whole = [tuple(sorted(members, key=lambda one: (one.born, one.id))) for _, members in groups if len(members) > 1]
    return sorted(whole, key=lambda members: (-len(members), members[0].id))
