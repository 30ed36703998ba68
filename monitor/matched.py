"""What a brand's newest posts were found by: each term with its share, so that a word that brings noise or nothing is seen. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alerts import words
from monitor.model import Mention, Post
from monitor.watch.query import Matcher

_SHOWN = 60
"""Characters of a post that a line shows."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """One term: how many of the posts hold it, and how many only it found."""

    term: str
    posts: int
    alone: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Posts of a brand, the newest first, each with the terms that find it today. None: it is no longer found by any, or it came
    from a feed whose every post is the brand's."""

    brand: str
    posts: tuple[tuple[Post, tuple[str, ...]], ...]
    shares: tuple[Share, ...]

    @classmethod
    def of(cls, mentions: Sequence[Mention], matcher: Matcher, brand: str) -> "Matched":
        posts = tuple((one.post, tuple(matcher.terms(one.post.words, brand))) for one in mentions)
        with_it = Counter(term for _, terms in posts for term in terms)
        alone = Counter(terms[0] for _, terms in posts if len(terms) == 1)
        shares = tuple(
            Share(term=term, posts=count, alone=alone[term], share=count / len(posts))
            for term, count in sorted(with_it.items(), key=lambda item: (-item[1], item[0]))
        )
        return cls(brand=brand, posts=posts, shares=shares)

    @property
    def unnamed(self) -> int:
        """Posts without any of the terms."""
        return sum(not terms for _, terms in self.posts)

    def as_text(self, language: Literal["zh", "en"]) -> Iterator[str]:
        """A line a post, then a line a term."""
        zh = language == "zh"
        if not self.posts:
            yield f"{self.brand}：还没有看到帖子" if zh else f"{self.brand}: no posts seen yet"
            return
        for post, terms in self.posts:
            by = " + ".join(map(words.clean, terms)) or ("（无词）" if zh else "(no term)")
            where = words.platform(post.platform, language)
            yield f"{by} · {where} {post.key.native_id} · {words.cut(words.clean(post.words), _SHOWN)}"
        yield ""
        total = len(self.posts)
        yield f"{self.brand}：最近 {total} 帖，按词" if zh else f"{self.brand}: the last {total} posts, by term"
        for one in self.shares:
            only = f"仅靠它 {one.alone}" if zh else f"{one.alone} by it alone"
            yield f"{one.share:4.0%}  {words.clean(one.term)}  {one.posts} · {only}"
        if self.unnamed:
            said = (
                "没有任何词（整个数据源归此品牌，或词已改）"
                if zh
                else "no term (a feed of this brand, or its words changed)"
            )
            yield f"{self.unnamed / total:4.0%}  {said}  {self.unnamed}"

    def as_json(self) -> Iterator[dict[str, Any]]:
        """The same as objects: `kind` is post or term."""
        for post, terms in self.posts:
            yield {"kind": "post", "id": str(post.key), "url": post.url, "terms": list(terms), "text": post.words}
        for one in self.shares:
            yield {
                "kind": "term",
                "term": one.term,
                "posts": one.posts,
                "alone": one.alone,
                "share": round(one.share, 4),
            }
