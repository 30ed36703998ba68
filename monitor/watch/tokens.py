"""What is not a word, as one character each: private code points that no text holds by itself. Pure."""

from zlib import crc32

ADDRESS, NAME, CHAIN, NUMBER = "\U000f0000", "\U000f0001", "\U000f0002", "\U000f0003"
"""A web address, @somebody, the head of a repost chain (//@somebody:), a number."""

BRAND, RIVAL = "\U000f0004", "\U000f0005"
"""The brand a text is read for, by whatever name; another one that is watched."""

EMOTICONS = 0x100000
"""Where the tokens of bracket emoticons begin; which is which comes from a checksum of the name, so there is no table."""


def emoticon(name: str) -> str:
    """The token of a bracket emoticon: `怒` for [怒]. Xiaohongshu's [微笑R] is Weibo's [微笑]."""
    return chr(EMOTICONS + crc32(name.removesuffix("r").encode()) % 0xFFFE)
