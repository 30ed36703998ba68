"""What m.weibo.cn answers: cards with posts in both of their layouts, and what a refusal looks like there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from connectors.answers import is_html, json_of, place, refuse, retry_after, title
from connectors.weibo_status import cut, statuses
from monitor.errors import Failure, FeedError
from monitor.model import Post, Sighting, Words

NEW_COOKIE = Words(
    "用浏览器登录 m.weibo.cn，重新复制 Cookie 请求头，换掉数据源的 cookie",
    "Log in at m.weibo.cn in a browser, copy its Cookie header anew, and replace the feed's cookie",
)

LOGIN_WANTED = -100
"""`ok` of an answer that wants a login, or slower questions."""

_REFUSALS: Mapping[int, tuple[Failure, str, Words]] = {
    403: (
        Failure.RATE_LIMITED,
        "this account or address is throttled",
        Words(
            "降低轮询频率；如果持续几天，看看账号是不是被限制了",
            "Poll less often; if it lasts for days, look whether the account is restricted",
        ),
    ),
    414: (
        Failure.RATE_LIMITED,
        "Weibo's old word for a ban, which ends by itself",
        Words("降低轮询频率", "Poll less often"),
    ),
    418: (
        Failure.RATE_LIMITED,
        "this address has asked too often; it ends by itself after minutes or hours",
        Words(
            "降低轮询频率，并且别让本机地址上的其他程序访问 m.weibo.cn",
            "Poll less often, and let nothing else on this address ask m.weibo.cn",
        ),
    ),
    432: (Failure.BLOCKED, "the firewall does not take the cookie for a browser's", NEW_COOKIE),
}


def answer_of(response: httpx.Response, seen_at: datetime) -> Mapping[str, Any]:
    """The envelope of an answer, whatever its `ok`. Raises the FeedError that it is instead."""
    if found := _REFUSALS.get(response.status_code):
        failure, problem, fix = found
        said = f"{place(response)} answered {response.status_code}: {problem}"
        raise FeedError(failure, said, fix=fix, retry_after=retry_after(response, seen_at))
    if is_html(response) and "Sina Visitor System" in title(response):
        raise FeedError(Failure.AUTH_EXPIRED, f"{place(response)} takes us for a visitor", fix=NEW_COOKIE)
    refuse(response, seen_at)
    answer = json_of(response)
    if not isinstance(answer, dict):
        raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)} answers something else than an object")
    if "data" not in answer and isinstance(answer.get("url"), str) and answer.get("ok") != LOGIN_WANTED:
        raise FeedError(
            Failure.CHALLENGE,
            f"{place(response)} sends us to a check for people",
            fix=Words(
                "用这个 cookie 所在的浏览器打开 m.weibo.cn，由人通过验证；程序不会自动破解",
                "Open m.weibo.cn in the browser of the cookie and pass the check; nothing is solved automatically",
            ),
        )
    return answer


def posts_in(data: Mapping[str, Any], seen_at: datetime) -> tuple[list[Sighting], list[Post], list[str], list[str]]:
    """The posts in the cards: sightings, the cards' own posts, what could not be read, and the ids of those whose text is cut.

    A card of type 9 holds a post; others hold such cards, or something that is no post, which is passed over.
    """
    blogs = [blog for card in _cards(data.get("cards"), 0) if isinstance(blog := card.get("mblog"), dict)]
    sightings, posts, rejected = statuses(blogs, seen_at)
    return sightings, posts, rejected, cut(blogs)


def total_of(data: Mapping[str, Any]) -> int | None:
    """How many posts there are in all, by the site's own word."""
    info = data.get("cardlistInfo")
    total = info.get("total") if isinstance(info, dict) else None
    return total if type(total) is int and total >= 0 else None


def _cards(listed: object, depth: int) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for card in listed if isinstance(listed, list) else ():
        if isinstance(card, dict):
            if card.get("card_type") == 9:
                found.append(card)
            elif depth < 2:
                found += _cards(card.get("card_group"), depth + 1)
    return found
