"""What may leave the house of what strangers wrote: private data is masked before a receiver sees it. Pure."""

import re
from typing import Literal

from monitor.model import Author

Shows = Literal["masked", "full", "link"]
"""What a receiver is shown: private data masked, everything, or no word of the post at all."""

_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def masked(text: str, shows: Shows = "masked") -> str:
    """The text as a receiver may see it; "" where it is shown no words of strangers."""
    if shows == "full":
        return text
    if shows == "link":
        return ""
    return _PHONE.sub(lambda hit: f"{hit.group()[:3]}****{hit.group()[-4:]}", text)


def name(author: Author, shows: Shows = "masked") -> str:
    """The name of who wrote it: whole where it is an account in public (verified), shortened otherwise."""
    if shows == "full" or author.verified or not author.name:
        return author.name
    return "" if shows == "link" else f"{author.name[0]}*"
