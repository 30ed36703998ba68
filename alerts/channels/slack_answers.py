"""What came of a request to Slack, told from what the SDK raised. Nothing raised is ever quoted: it may hold the token."""

import errno
import re
import socket
import ssl
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from monitor.model import Outcome, Receipt, Words

PERMANENT = frozenset(
    {
        "access_denied", "account_inactive", "cant_update_message", "channel_is_archived", "channel_not_found",
        "edit_window_closed", "ekm_access_denied", "invalid_arguments", "invalid_auth", "invalid_metadata_format",
        "invalid_metadata_schema", "is_archived", "is_inactive", "message_not_found", "metadata_too_large",
        "missing_scope", "no_permission", "no_text", "not_allowed_token_type", "not_authed", "not_in_channel",
        "org_login_required", "restricted_action", "restricted_action_read_only_channel", "team_access_not_granted",
        "token_expired", "token_revoked", "two_factor_setup_required", "unknown_method",
    }
)  # fmt: skip
"""Slack said no for good: asking again changes nothing until a person has done something."""

FAILURES = (SlackClientError, OSError, HTTPException, ValueError)
"""All that the SDK, urllib and an answer that is none can raise."""

MAKE_UP = frozenset(
    {
        "attachment_payload_limit_exceeded", "invalid_attachments", "invalid_attachments_format", "invalid_blocks",
        "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "too_many_attachments",
    }
)  # fmt: skip
"""Slack did not take the card as it is built, so nothing was stored; plain text may still get through."""

INSTALL = Words(
    "重新安装应用（deploy/slack/manifest.yaml），换上新的令牌",
    "Install the app again (deploy/slack/manifest.yaml) and use the new token",
)
TOKEN = Words("用这个工作区的机器人令牌，xoxb-…", "Use this workspace's bot token, xoxb-…")
FIXES = {
    "account_inactive": INSTALL,
    "channel_not_found": Words(
        "核对频道编号；私有频道要先把应用请进去", "Check the channel's id; if it is private, invite the app there"
    ),
    "invalid_auth": TOKEN,
    "is_archived": Words(
        "把频道从归档里恢复，或换一个频道", "Take the channel out of the archive, or name another one"
    ),
    "missing_scope": Words(
        "给应用加上这个权限（deploy/slack/manifest.yaml），再重新安装",
        "Add the scope to the app (deploy/slack/manifest.yaml) and install it again",
    ),
    "not_authed": TOKEN,
    "not_in_channel": Words("把应用请进这个频道", "Invite the app to the channel"),
    "token_expired": INSTALL,
    "token_revoked": INSTALL,
}
"""What an operator does about it, where there is one thing to do."""

LONGEST_WAIT = 900.0
"""Seconds of a Retry-After that are believed; a page is not put off for longer on anybody's word."""

_NEVER_SENT = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
_CODE = re.compile(r"[a-z][a-z0-9_]{1,60}")


def classify(method: str, error: Exception) -> Receipt:
    """The receipt of a failed request.

    Whatever is not surely a no is AMBIGUOUS. So are fatal_error and internal_error, after which part of the request may
    have been carried out (https://docs.slack.dev/reference/methods), and codes that nobody here has heard of.
    """
    if isinstance(error, SlackApiError):
        return _answered(method, error)
    if isinstance(error, URLError) and isinstance(error.reason, OSError):
        outcome = Outcome.REFUSED if _never_sent(error.reason) else Outcome.AMBIGUOUS
        return Receipt(outcome=outcome, error=f"{method}: {_failed(error.reason)}")
    return Receipt(outcome=Outcome.AMBIGUOUS, error=f"{method}: {type(error).__name__}")


def code(error: Exception) -> str:
    """Slack's own word for what is wrong; "" where the answer was none of Slack's."""
    said = _body(error).get("error") if isinstance(error, SlackApiError) else None
    return said if isinstance(said, str) and _CODE.fullmatch(said) else ""


def _answered(method: str, error: SlackApiError) -> Receipt:
    status, said = int(getattr(error.response, "status_code", 200)), code(error)
    if status == 429 or said in ("ratelimited", "rate_limited"):
        return Receipt(outcome=Outcome.RATE_LIMITED, retry_after=_retry_after(error), error=f"{method}: ratelimited")
    if status >= 500 or not said:
        return Receipt(outcome=Outcome.AMBIGUOUS, error=f"{method}: HTTP {status}, no answer of Slack's")
    needed = _body(error).get("needed")
    says = f"{method}: {said}" + (f" ({needed})" if isinstance(needed, str) and len(needed) < 100 else "")
    if said in PERMANENT:
        return Receipt(outcome=Outcome.PERMANENT, error=says + (f". {FIXES[said].en}" if said in FIXES else ""))
    return Receipt(outcome=Outcome.AMBIGUOUS, error=says)


def _body(error: SlackApiError) -> dict[str, Any]:
    data = getattr(error.response, "data", error.response)
    return data if isinstance(data, dict) else {}


def _retry_after(error: SlackApiError) -> float | None:
    for name, value in dict(getattr(error.response, "headers", None) or {}).items():
        if name.lower() == "retry-after":
            try:
                return min(max(float(value), 0.0), LONGEST_WAIT)
            except ValueError:
                return None
    return None


def _failed(reason: OSError) -> str:
    """What became of a connection; how lookups and TLS number what went wrong is not errno's."""
    if isinstance(reason, socket.gaierror):
        return "no connection (the name has no address)"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "no connection (the certificate is not trusted)"
    number = errno.errorcode.get(reason.errno or 0)
    return type(reason).__name__ + (f" ({number})" if number else "")


def _never_sent(reason: OSError) -> bool:
    """Whether the connection failed before anything of the request was on its way."""
    return (
        isinstance(reason, socket.gaierror | ssl.SSLCertVerificationError)
        or reason.errno in _NEVER_SENT
        or str(reason).startswith("Tunnel connection failed")  # the proxy said no, in http.client's words
    )
