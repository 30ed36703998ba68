"""What operators must be told of each way in under each fault; nothing, where there is nothing for them to know."""

from collections.abc import Mapping

from monitor.errors import Failure

_STATUSES = {
    "http_400": Failure.MISCONFIGURED,
    "http_401": Failure.AUTH_EXPIRED,
    "http_403": Failure.BLOCKED,
    "http_404": Failure.MISCONFIGURED,
    "http_418": Failure.RATE_LIMITED,
    "http_432": Failure.BLOCKED,
    "http_451": Failure.BLOCKED,
    "http_500": Failure.TRANSIENT,
    "http_502": Failure.TRANSIENT,
    "http_503": Failure.TRANSIENT,
    "http_504": Failure.TRANSIENT,
}
_ANYBODY: Mapping[str, str] = {
    **_STATUSES,
    "rate_limit": Failure.RATE_LIMITED,
    "login_page": Failure.BLOCKED,
    "login_redirect": Failure.AUTH_EXPIRED,
    "captcha_headers": Failure.CHALLENGE,
    "not_modified": Failure.TRANSIENT,
    "empty_body": Failure.BLOCKED,
    "bomb": Failure.TOO_LARGE,
    "drop": Failure.TRANSIENT,
    "cut": Failure.TRANSIENT,
    "truncated": Failure.TRANSIENT,
    "slow": Failure.TRANSIENT,
    "slow_bytes": Failure.TRANSIENT,
    "gbk": "",
    "clock_skew": "",
    "counts_down": "",
    "ids_missing": "",
    "out_of_order": "",
    "repeated": "",
}
_WEIBO = {"login_page": Failure.AUTH_EXPIRED, "expired_token": Failure.AUTH_EXPIRED, "quota": Failure.RATE_LIMITED}
_APPLE = {"http_401": Failure.BLOCKED, "login_redirect": Failure.BLOCKED, "empty": ""}
_FEED = {"not_modified": ""}
_BILIBILI = {
    "risk_control": Failure.CHALLENGE,
    "not_logged_in": Failure.AUTH_EXPIRED,
    "blank": Failure.SCHEMA_DRIFT,
}
_OWN: Mapping[str, Mapping[str, str]] = {
    "weibo": _WEIBO,
    "weibo-push": {
        "ip_limited": Failure.MISCONFIGURED,
        "silent": Failure.TRANSIENT,
        "bomb": Failure.SCHEMA_DRIFT,
        "empty_body": "",
    },
    "weibo-web": {
        "http_403": Failure.RATE_LIMITED,
        "login_page": Failure.AUTH_EXPIRED,
        "login_wanted": Failure.AUTH_EXPIRED,
        "visitor": Failure.AUTH_EXPIRED,
        "too_fast": Failure.RATE_LIMITED,
        "many_requests": Failure.RATE_LIMITED,
        "banned": Failure.RATE_LIMITED,
        "throttled": Failure.RATE_LIMITED,
        "firewall": Failure.BLOCKED,
        "captcha": Failure.CHALLENGE,
        "blank": Failure.TRANSIENT,
    },
    "rsshub": {**_FEED, "blocked": Failure.BLOCKED, "cookie_expired": Failure.AUTH_EXPIRED, "empty": ""},
    "apple": _APPLE,
    "heimao": {
        "http_401": Failure.CHALLENGE,
        "login_page": Failure.CHALLENGE,
        "login_redirect": Failure.CHALLENGE,
        "challenge": Failure.CHALLENGE,
        "signature": Failure.BLOCKED,
        "blank": "",
    },
    "bilibili": _BILIBILI,
    "hotlists": {
        "not_logged_in": Failure.AUTH_EXPIRED,
        "challenge": Failure.CHALLENGE,
        "blank": Failure.SCHEMA_DRIFT,
        "half": "",
    },
    "feeds": _FEED,
    "file": {
        "half_line": "",
        "damaged": "",
        "repeated": "",
        "out_of_order": "",
        "rotated": "",
        "file_gone": "",
    },
    "vendor": {
        "bad_signature": "401",
        "clock_skew": "401",
        "bomb": "413",
        "cut": "400",
        "damaged": "",
        "out_of_order": "",
        "repeat": "",
    },
}


def expected(lane: str, platform: str, kind: str) -> str:
    """The class; a pushed delivery's status, where it is its sender who must act."""
    if (lane, kind) == ("mediacrawler", "file_gone"):
        return Failure.MISCONFIGURED
    own = _OWN[platform]
    return own[kind] if kind in own else _ANYBODY[kind]
