"""A note of Xiaohongshu by its name: 24 hexadecimal digits, the first eight of them the second of its creation."""

import re
from datetime import UTC, datetime

_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_LINK = re.compile(
    r"https?://(?:www\.|m\.)?(?:xiaohongshu|rednote)\.com"
    r"/(?:explore|discovery/item|user/profile/([0-9a-f]{24}))/([0-9a-f]{24})/?(?:[?#].*)?",
    re.ASCII,
)
_FIRST_NOTES = 2013
"""The year in which Xiaohongshu began: an id that claims to be older holds no time."""


def is_id(text: str) -> bool:
    """Whether this can name a note, a comment or an account."""
    return bool(_ID.fullmatch(text))


def of_link(link: str) -> tuple[str, str | None] | None:
    """The note a link leads to, and whose it is where the link says so. The token in it is no part of the name: it ages."""
    found = _LINK.fullmatch(link)
    return (found[2], found[1]) if found else None


def link(note_id: str, token: str = "") -> str:
    """The note's address. `token` (xsec_token): without a fresh one the site may show a login in its place."""
    address = f"https://www.xiaohongshu.com/explore/{note_id}"
    return f"{address}?xsec_token={token}&xsec_source=pc_search" if token else address


def born(note_id: str) -> datetime | None:
    """When it was created, as its id says; None where the id cannot hold a time."""
    moment = datetime.fromtimestamp(int(note_id[:8], 16), UTC)
    return moment if _FIRST_NOTES <= moment.year < 2100 else None
