"""Displayed counters become counts: 1732, "1,732", "1.2万", "10万+", "3k", or the bare label that stands for nothing."""

import re
from decimal import Decimal

from monitor.model import Count, Precision

_UNITS = {
    "": 1,
    "千": 1_000,
    "k": 1_000,
    "万": 10_000,
    "萬": 10_000,
    "w": 10_000,
    "m": 1_000_000,
    "亿": 100_000_000,
    "億": 100_000_000,
}
_SHOWN = re.compile(r"(\d{1,18}(?:\.\d{1,6})?)\s*([千kKmMwW万萬亿億]?)\s*(\+?)", re.ASCII)
_LABELS = frozenset({"转发", "评论", "赞", "点赞", "收藏", "分享"})
_GREATEST = 2**53
"""No post has more; a number beyond it is a mistake, and would not survive every database."""


def count(value: object, *, labelled_zero: bool = False) -> Count | None:
    """The count that a platform displayed, or None where it cannot be known.

    A bare label (转发, 赞) stands where a zero was, but also where the number is in another node: it is 0 only for a
    parser that is sure of its node and says so by `labelled_zero`.
    """
    if type(value) is int:
        return Count(value) if 0 <= value <= _GREATEST else None
    if isinstance(value, float):
        return Count(int(value)) if value.is_integer() and 0 <= value <= _GREATEST else None
    if not isinstance(value, str) or len(value) > 40:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():  # nearly every one, at a tenth of the price
        found_here = int(text)
        return Count(found_here) if found_here <= _GREATEST else None
    if text in _LABELS:
        return Count(0) if labelled_zero else None
    found = _SHOWN.fullmatch(text.replace(",", ""))
    if not found:
        return None
    number, unit, more = found.groups()
    # Decimal, for 1.1 * 10000 is 11000.000000000002 in floats.
    shown = int(Decimal(number) * _UNITS[unit.lower()])
    if shown > _GREATEST or (not unit and "." in number):
        return None
    return Count(shown, Precision.LOWER_BOUND if more else Precision.ROUNDED if unit else Precision.EXACT)


def number(value: object) -> int | None:
    """The bare number of a displayed counter, for what has no precision in the model (followers, ratings)."""
    found = count(value)
    return found.value if found else None
