"""What stands between a page and a Slack channel, and between a press and us: a line for each thing that is needed. Posts nothing."""

from collections.abc import Callable, Mapping

from slack_sdk import WebClient

from alerts.channels.slack_answers import FAILURES, FIXES, classify, code
from monitor.model import Outcome
from monitor.ports import Proof

POSTS = "chat:write"
SCOPES: Mapping[str, str] = {
    POSTS: "posts pages, changes them in place, answers whoever pressed",
    "channels:history": "looks whether a page in doubt arrived, reads 认领 in its thread, in a public channel",
    "groups:history": "the same in a private channel",
    "files:write": "uploads the picture of a post's spread",
    "commands": "hears /langyan",
    "usergroups:read": "knows who may press, where people names a user group",
    "users:read": "knows the name of whoever takes an incident",
}
"""Each scope that is used, and what it is for: those of deploy/slack/manifest.yaml."""

_HISTORY = ("channels:history", "groups:history")
_NO_BUTTONS = "none, so buttons and /langyan are not heard; 认领 as a reply in an incident's thread counts"


def proofs(client: WebClient, channel: str, page: Callable[[], object], *, app_token: str, groups: bool) -> list[Proof]:
    """`page`: reads the channel's history; `app_token` "": there is none; `groups`: people are named by user groups."""
    try:
        answer = client.auth_test()
    except FAILURES as error:
        return [_trouble("", "auth.test", error)]
    headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
    said = headers.get("x-oauth-scopes")
    has = None if said is None else {scope.strip() for scope in said.split(",")}
    found = [_posts(has), _app(client, app_token)]
    history, reads = _channel(channel, page)
    found += history
    if has is not None:
        found += [
            _scope(scope, has, reads=reads)
            for scope in SCOPES
            if scope != POSTS
            and (scope not in ("commands", "users:read") or app_token)
            and (scope != "usergroups:read" or groups)
        ]
    return found


def _posts(has: set[str] | None) -> Proof:
    if has is not None and POSTS not in has:
        return Proof(part="", ok=False, says=f"the token may not post ({POSTS})", fix=FIXES["missing_scope"])
    return Proof(part="", ok=True, says="answers, and may post")


def _scope(scope: str, has: set[str], *, reads: bool) -> Proof:
    if scope in has:
        return Proof(part=f"scope {scope}", ok=True, says=SCOPES[scope])
    if reads and scope in _HISTORY:
        return Proof(part=f"scope {scope}", ok=True, says="not there, and this channel needs it not")
    return Proof(part=f"scope {scope}", ok=False, says=f"missing: {SCOPES[scope]}", fix=FIXES["missing_scope"])


def _app(client: WebClient, app_token: str) -> Proof:
    if not app_token:
        fix = "For buttons add app_token = { file = … } (xapp-…, with connections:write)"
        return Proof(part="app token", ok=True, says=_NO_BUTTONS, fix=fix)
    try:
        client.apps_connections_open(app_token=app_token)
    except FAILURES as error:
        if code(error) in ("invalid_auth", "not_allowed_token_type", "not_authed"):
            fix = "Use the app-level token, xapp-… (Basic Information → App-Level Tokens)"
            return Proof(part="app token", ok=False, says=f"apps.connections.open: {code(error)}", fix=fix)
        if code(error) == "missing_scope":
            fix = "Generate an app-level token with connections:write (Basic Information → App-Level Tokens)"
            return Proof(part="app token", ok=False, says="it may not open a socket (connections:write)", fix=fix)
        return _trouble("app token", "apps.connections.open", error)
    return Proof(part="app token", ok=True, says="opens a socket: buttons and /langyan are heard")


def _channel(channel: str, page: Callable[[], object]) -> tuple[list[Proof], bool]:
    """The channel and its history; whether that could be read."""
    try:
        page()
    except FAILURES as error:
        if code(error) != "missing_scope":
            return [_trouble(f"channel {channel}", "", error)], False
        says = "the channel's history cannot be read, so a page in doubt is sent a second time"
        fix = "Add channels:history, or groups:history for a private channel, and install the app again"
        return [Proof(part=f"channel {channel}", ok=False, says=says, fix=fix)], False
    return [Proof(part=f"channel {channel}", ok=True, says="the app is in it and reads its history")], True


def _trouble(part: str, what: str, error: Exception) -> Proof:
    said = code(error)
    where = f"{what}: " if what else ""
    if said:
        fix = FIXES.get(said, f"See https://docs.slack.dev/reference/methods for {said}")
        return Proof(part=part, ok=False, says=f"{where}{said}", fix=fix)
    failed = classify(what or part, error)
    if failed.outcome is Outcome.RATE_LIMITED:
        return Proof(part=part, ok=False, says=f"{where}asked too often", fix="Try again in a minute")
    fix = "Check base_url, the proxy and whether this machine reaches Slack"
    return Proof(part=part, ok=False, says=str(failed.error), fix=fix)
