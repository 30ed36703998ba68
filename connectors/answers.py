"""Reading answers: what a status or a page says when it is not the data that was asked for (one class per reason)."""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from monitor.errors import Failure, FeedError
from monitor.model import Words

_LOG_IN = Words("重新登录或授权，换掉这个数据源的凭证", "Log in or authorise again, and replace the feed's credential")
_LOGIN = re.compile(r"passport|login|signin|sign-in|/sso|oauth|authorize|visitor", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"安全验证|验证码|人机验证|滑块|Sina Visitor System|captcha|Just a moment|Verify you are human", re.IGNORECASE
)
_TITLE = re.compile(r"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
_HTML = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script|title|meta|div|!--)", re.IGNORECASE
)
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?([A-Za-z0-9_.:-]{2,30})""")
# Python knows codecs that are no charsets (punycode, base64): a header must not choose among those.
_CHARSETS = re.compile(
    r"utf-?8|utf-16(?:le|be)|gb18030|big5|big5-hkscs|(?:us-)?ascii|iso-8859-\d{1,2}|windows-125\d|shift_jis|euc-(?:jp|kr)"
)
_LOST = "\ufffd"
_CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
_LONGEST_WAIT = 7 * 86400.0

_CLASSES = {
    401: Failure.AUTH_EXPIRED,
    403: Failure.BLOCKED,
    407: Failure.MISCONFIGURED,
    408: Failure.TRANSIENT,
    414: Failure.RATE_LIMITED,
    418: Failure.RATE_LIMITED,
    425: Failure.TRANSIENT,
    429: Failure.RATE_LIMITED,
    432: Failure.BLOCKED,
    451: Failure.BLOCKED,
    461: Failure.CHALLENGE,
    471: Failure.CHALLENGE,
    511: Failure.CHALLENGE,
}


def refuse(response: httpx.Response, seen_at: datetime, *, credentials: bool = True) -> None:
    """Raises the FeedError that a status stands for; returns if it is a 2xx. A 304 that was asked for is the caller's to notice before.

    Without `credentials` of ours there is none to renew: whoever wants a login refuses us.
    """
    status = response.status_code
    if 200 <= status < 300:
        return
    if status == httpx.codes.NOT_MODIFIED:
        raise FeedError(Failure.TRANSIENT, f"{place(response)} says that nothing has changed, and was not asked that")
    if 300 <= status < 400:
        raise _moved(response, credentials)
    where, wait = place(response), retry_after(response, seen_at)
    if is_html(response) and _CHALLENGE.search(title(response)):
        raise _challenge(response)
    failure = _CLASSES.get(status, Failure.TRANSIENT if status >= 500 else Failure.MISCONFIGURED)
    if failure is Failure.AUTH_EXPIRED and not credentials:
        failure = Failure.BLOCKED
    raise FeedError(failure, f"{where} answered {status}", retry_after=wait)


def json_of(response: httpx.Response, *, credentials: bool = True) -> Any:
    """The JSON of a 2xx answer, whatever its content type. Raises FeedError where there is none.

    A web page instead of data is never "no results": with `credentials` it is the way to a login, without it a refusal.
    """
    body = response.content
    if not body.strip() or body.strip() == b"blocked":
        raise FeedError(Failure.BLOCKED, f"{place(response)} answered {response.status_code} with an empty body")
    if is_html(response):
        raise page(response, credentials=credentials)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _leniently(response)


def page(response: httpx.Response, *, credentials: bool = True) -> FeedError:
    """The error that a web page in place of data is."""
    if _CHALLENGE.search(title(response)):
        return _challenge(response)
    said = f"{place(response)} shows a web page ({title(response) or 'without a title'}) instead of data"
    if not credentials:
        return FeedError(Failure.BLOCKED, said)
    return FeedError(
        Failure.AUTH_EXPIRED,
        said,
        fix=_LOG_IN,
    )


def is_html(response: httpx.Response) -> bool:
    """Whether the body is a web page, whatever its content type claims."""
    return bool(_HTML.match(response.content[:512]))


def title(response: httpx.Response) -> str:
    """The title of a web page, on one line."""
    found = _TITLE.search(text_of(response)[:20000])
    return " ".join(found[1].split()) if found else ""


def text_of(response: httpx.Response) -> str:
    """The body as text: by its byte order mark, its own declaration, the header, else UTF-8. Never raises.

    gb2312 and gbk are read as gb18030, which holds both and is what is really sent under their names. Where the bytes say plainly
    that the label is wrong, the bytes are believed: Chinese in UTF-8 is no GBK by chance, nor the other way round.
    """
    body = response.content
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    found = _DECLARED.search(body[:1024])
    for name in (found[1].decode("ascii") if found else "", response.charset_encoding or ""):
        charset = "gb18030" if name.lower() in ("gb2312", "gbk", "gb18030", "gb_2312-80") else name.lower()
        if _CHARSETS.fullmatch(charset):
            break
    else:
        charset = "utf-8"
    body = body.removeprefix(b"\xef\xbb\xbf")
    text = body.decode(charset, "replace")
    if text.isascii() or charset.startswith("utf-16"):
        return text
    unicode = text if charset in ("utf-8", "utf8") else body.decode("utf-8", "replace")
    if _LOST not in unicode:
        return unicode if _CHINESE.search(unicode) else text
    chinese = body.decode("gb18030", "replace")
    mislabelled = unicode is text and unicode.count(_LOST) > len(_CHINESE.findall(unicode))
    return chinese if mislabelled and _LOST not in chinese else text


def place(response: httpx.Response) -> str:
    """Where the answer came from, without the query, which may hold a token."""
    url = response.request.url
    return f"{url.host}{url.path[:80]}"


def retry_after(response: httpx.Response, now: datetime) -> float | None:
    """The seconds after which the site wants to be asked again: a number, or an HTTP date. None: it does not say."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), _LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT)


def _leniently(response: httpx.Response) -> Any:
    """What orjson is too strict for: half of an emoji (a text cut in its middle) must not cost the whole page, nor GBK."""
    text = text_of(response).lstrip("\ufeff")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        cut_off = error.pos >= len(text.rstrip()) - 5 or error.msg.startswith("Unterminated")
        failure = Failure.TRANSIENT if cut_off and text.lstrip()[:1] in ("{", "[") else Failure.SCHEMA_DRIFT
        said = (
            "breaks off in the middle of its JSON"
            if failure is Failure.TRANSIENT
            else "answered something else than JSON"
        )
        raise FeedError(failure, f"{place(response)} {said} ({len(text)} characters)") from None
    except (RecursionError, ValueError):
        raise FeedError(Failure.SCHEMA_DRIFT, f"{place(response)} answered JSON that cannot be honest") from None


def _moved(response: httpx.Response, credentials: bool) -> FeedError:
    try:
        target = response.request.url.join(response.headers.get("location", ""))
    except httpx.InvalidURL:
        return FeedError(Failure.SCHEMA_DRIFT, f"{place(response)} redirects to something that is no address")
    if _LOGIN.search(target.host) or _LOGIN.search(target.path):
        if not credentials:
            return FeedError(Failure.BLOCKED, f"{place(response)} sends us to a login at {target.host}")
        return FeedError(
            Failure.AUTH_EXPIRED,
            f"{place(response)} sends us to a login at {target.host}",
            fix=_LOG_IN,
        )
    return FeedError(
        Failure.MISCONFIGURED,
        f"{place(response)} has moved to {target.host}{target.path[:80]}",
        fix=Words("如果新地址没错，就写进这个数据源", "If that is right, write the new address into the feed"),
    )


def _challenge(response: httpx.Response) -> FeedError:
    return FeedError(
        Failure.CHALLENGE,
        f"{place(response)} wants proof that a person is asking ({title(response) or response.status_code})",
        fix=Words(
            "由人打开网站，通过它的验证；程序不会自动破解",
            "Open the site as a person and pass its check; nothing is solved automatically",
        ),
    )
