"""What an answer of Weibo's official API says when it is an error: the code stands in the body, on whatever status it comes.

Codes after https://open.weibo.com/wiki/Error_code and https://open.weibo.com/wiki/Oauth2/access_token.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from connectors.answers import json_of, refuse, retry_after
from connectors.markup import plain
from monitor.errors import Failure, FeedError
from monitor.model import Words

RENEW = Words(
    "重新授权（langyan auth weibo），把新令牌放到数据源读令牌的地方",
    "Authorise the app again (langyan auth weibo) and put the new token where the feed's token comes from",
)
ASK_WEIBO = Words(
    "到 open.weibo.com 看应用的权限和合同；再问也没有用",
    "Look at the app's permissions and contract at open.weibo.com; asking again changes nothing",
)

_AUTH = frozenset({21301, *range(21314, 21320), *range(21322, 21331), 21332})
_QUOTA = frozenset({10004, 10022, 10023, 10024})
_TROUBLE = frozenset({10001, 10002, 10003, 10009, 10010, 10011, 21331})
_CONFIG = frozenset({10005, 10006, 10008, 10012, 10013, 10014, 10016, 10017, 10020, 21321})
_NO_POST = frozenset({20003, 20101, 20112, *range(20130, 20136)})


class NoSuchPostError(FeedError):
    """The whole answer is that there is no such post; to a walk that is an answer it does not understand."""


def answer_of(response: httpx.Response, seen_at: datetime, secret: str) -> Any:
    """The JSON of an answer. Raises the FeedError that it is instead; `secret` is never said again."""
    try:
        answer = json_of(response)
    except FeedError:
        refuse(response, seen_at)
        raise
    if isinstance(answer, dict) and "error_code" in answer:
        _refused(answer, response, seen_at, secret)
    refuse(response, seen_at)
    return answer


def number_in(item: Mapping[str, Any], name: str) -> int:
    """A whole number given as one or as its digits; 0 where there is none."""
    value = item.get(name)
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20 else 0


def _refused(answer: Mapping[str, Any], response: httpx.Response, seen_at: datetime, secret: str) -> None:
    code = number_in(answer, "error_code")
    said = plain(str(answer.get("error") or answer.get("error_description") or ""))[:120]
    problem = f"Weibo says {code} {said}".strip()
    problem = problem.replace(secret, "…") if secret else problem
    if code in _AUTH:
        raise FeedError(Failure.AUTH_EXPIRED, problem, fix=RENEW)
    if code in _QUOTA:
        raise FeedError(Failure.RATE_LIMITED, problem, retry_after=retry_after(response, seen_at))
    if code in _CONFIG:
        raise FeedError(Failure.MISCONFIGURED, problem, fix=ASK_WEIBO)
    if code in _NO_POST:
        raise NoSuchPostError(Failure.SCHEMA_DRIFT, problem)
    if code in _TROUBLE:
        raise FeedError(Failure.TRANSIENT, problem)
    refuse(response, seen_at)
    raise FeedError(Failure.SCHEMA_DRIFT, problem)
