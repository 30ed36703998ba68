"""A Weibo post's two names: the number of the API (mid) and the nine characters of its address (bid)."""

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUE = {letter: value for value, letter in enumerate(_ALPHABET)}
_BID_GROUP, _MID_GROUP = 4, 7


def bid_to_mid(bid: str) -> str:
    """`K3fnuEfZK` → `4607741009594608`. ValueError if it is no such name."""
    if not 1 <= len(bid) <= 12 or not all(letter in _VALUE for letter in bid):
        raise ValueError("not a bid")
    numbers = []
    for group in _groups(bid, _BID_GROUP):
        number = 0
        for letter in group:
            number = number * 62 + _VALUE[letter]
        if number >= 10**_MID_GROUP:
            raise ValueError("not a bid")
        numbers.append(number)
    return str(numbers[0]) + "".join(f"{number:0{_MID_GROUP}d}" for number in numbers[1:])


def mid_to_bid(mid: str) -> str:
    """`4607741009594608` → `K3fnuEfZK`. ValueError if it is not digits."""
    if not 1 <= len(mid) <= 21 or not (mid.isascii() and mid.isdigit()):
        raise ValueError("not a mid")
    letters = [_letters(int(group)) for group in _groups(mid, _MID_GROUP)]
    return letters[0] + "".join(group.rjust(_BID_GROUP, "0") for group in letters[1:])


def _groups(text: str, size: int) -> list[str]:
    """Cut from the right: the first group may be short."""
    first = len(text) % size
    return [text[:first]] * bool(first) + [text[at : at + size] for at in range(first, len(text), size)]


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number, 62)
        letters = _ALPHABET[rest] + letters
    return letters or "0"
