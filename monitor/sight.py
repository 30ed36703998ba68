"""What of a platform a way in shows. A connector says it as `sees`; `monitor.coverage` says it to people."""

import re
from enum import StrEnum


class Sight(StrEnum):
    """From the narrowest to the widest, more or less."""

    MENTIONS = "mentions"
    """Posts that @ an account of ours."""
    ACCOUNT = "account"
    """What named accounts publish."""
    COMMENTS = "comments"
    """What stands under our own posts, or named ones."""
    TOPICS = "topics"
    """Lists of what is hot, no posts."""
    ARTICLES = "articles"
    """What a published feed holds."""
    FILE = "file"
    """What another program writes down or delivers."""
    OWN = "own"
    """What customers say to the brand itself."""
    REVIEWS = "reviews"
    """Reviews of one app, shop or product."""
    COMPLAINTS = "complaints"
    """A complaint site's open list."""
    KEYWORD = "keyword"
    """Whatever a search for the brand's words finds."""
    STREAM = "stream"
    """Whatever holds the brand's words, sent as it appears."""


WIDE = frozenset({Sight.REVIEWS, Sight.COMPLAINTS, Sight.KEYWORD, Sight.STREAM})
"""With one of these nothing is missing of a platform but what does not name the brand, and what stands under posts."""

SENT = frozenset({Sight.STREAM, Sight.OWN})
"""What is sent to us is not waited for."""


_ROUTES: tuple[tuple[re.Pattern[str], Sight], ...] = (
    (re.compile(r"/(?:hot|hot-search|ranking|hotlist)(?:\?|$)|^/baidu/top(?:[/?]|$)"), Sight.TOPICS),
    (re.compile("/(?:keyword|v?search)(?:/|$)"), Sight.KEYWORD),
    (re.compile("/video/reply/|^/baidu/tieba/post/"), Sight.COMMENTS),
    (re.compile("/(?:user|people|timeline|friends)(?:/|$)"), Sight.ACCOUNT),
)


def of_route(route: str) -> Sight:
    """What a route of an RSSHub shows, by the words in it."""
    return next((sight for sign, sight in _ROUTES if sign.search(route)), Sight.ARTICLES)
