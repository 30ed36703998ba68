"""A Bilibili video's two names: its number (av170001) and the twelve characters of its address (BV17x411w7KC)."""

import re

_ALPHABET = "FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf"
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}
_MIXED = 23_442_827_791_579
_LIMIT = 1 << 51
_SWAPPED = ((0, 6), (1, 4))
_BVID = re.compile(r"[Bb][Vv]1([0-9A-Za-z]{9})", re.ASCII)
_AV = re.compile(r"(?:[Aa][Vv])?([1-9]\d{0,15})", re.ASCII)


def aid_of(name: str) -> int:
    """`BV17x411w7KC`, `av170001` and `170001` → 170001. ValueError if it is no such name."""
    number = _AV.fullmatch(name)
    if number and int(number[1]) < _LIMIT:
        return int(number[1])
    found = _BVID.fullmatch(name)
    if not found or not all(letter in _VALUE for letter in found[1]):
        raise ValueError("not a video")
    letters = list(found[1])
    _swap(letters)
    value = 0
    for letter in letters:
        value = value * len(_ALPHABET) + _VALUE[letter]
    aid = (value & (_LIMIT - 1)) ^ _MIXED
    if not 0 < aid < _LIMIT:
        raise ValueError("not a video")
    return aid


def bvid_of(aid: int) -> str:
    """170001 → `BV17x411w7KC`. ValueError where there can be no such video."""
    if not 0 < aid < _LIMIT:
        raise ValueError("not a video")
    value = (_LIMIT | aid) ^ _MIXED
    letters: list[str] = []
    for _ in range(9):
        value, letter = divmod(value, len(_ALPHABET))
        letters.insert(0, _ALPHABET[letter])
    _swap(letters)
    return "BV1" + "".join(letters)


def _swap(letters: list[str]) -> None:
    for one, other in _SWAPPED:
        letters[one], letters[other] = letters[other], letters[one]
