"""HTML becomes the text that people read: emoji by their names, line breaks kept, "全文" links dropped."""

import re
from html.parser import HTMLParser

_LOOKS_LIKE_HTML = re.compile(r"<(?:[a-zA-Z][^<>]*|/[a-zA-Z][^<>]*)>|<!--|&(?:#\w+|[a-zA-Z]{2,8});")
LONGEST = 50_000
"""Characters of HTML that are read; no post is longer."""

_SILENT = frozenset({"script", "style", "template", "head", "title"})
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "ul", "ol"})
_MORE = frozenset({"全文", "展开", "展开c", "...全文", "…全文"})
# U+200B and its kin, the byte order mark, and control characters but for tab and newline; unpaired surrogates.
_UNSEEN = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200b\u2060\ufeff\ud800-\udfff]")
# Xiaohongshu marks a topic in the text itself: #示例牌[话题]#.
_TOPIC = re.compile(r"#([^#\[\]\n]{1,60})\[话题\]# ?")
_COMMENT = re.compile(r"<!--(?:(?!<!--).)*?-->", re.DOTALL)
_NO_TAG = re.compile(r"<(?![a-zA-Z/][^<>]*>)")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" *\n[ \n]*\n *| *\n *")


def plain(text: str) -> str:
    """What people read of `text`, which may be HTML or not: "价格<50" and "AT&T" stay as they are."""
    text = _TOPIC.sub(r"#\1 ", _UNSEEN.sub("", text.replace("\r\n", "\n")))
    return from_html(text) if _LOOKS_LIKE_HTML.search(text) else text.strip()


def from_html(html: str) -> str:
    """What people read of a piece of HTML. Never raises: what no browser could read is left out."""
    reader = _Reader()
    # The parser takes time by the square over tags that never end, so only whole ones reach it.
    reader.feed(_NO_TAG.sub("&lt;", _COMMENT.sub("", _UNSEEN.sub("", html[:LONGEST]))))
    reader.close()
    text = _SPACES.sub(" ", "".join(reader.pieces))
    return _LINES.sub(lambda gap: "\n\n" if gap[0].count("\n") > 1 else "\n", text).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0
        self._link = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BREAKS:
            self.pieces.append("\n")
        elif tag == "img":
            name = dict(attrs).get("alt") or ""
            # Weibo writes an emoji as an image whose alt is its name: [怒].
            if name.startswith("[") and name.endswith("]"):
                self.pieces.append(name)
        self._link = tag == "a" or (tag == "span" and ("class", "expand") in attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BREAKS and tag != "br":
            self.pieces.append("\n")
        self._link = False

    def handle_data(self, data: str) -> None:
        if not self._silent and not (self._link and data.strip() in _MORE):
            self.pieces.append(data)
