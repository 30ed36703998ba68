"""What stands between a page and a Slack channel, and between a press and us: a line for each thing that is needed. Posts nothing."""

from collections.abc import Callable, Mapping

from slack_sdk import WebClient

from alerts.channels.slack_answers import FAILURES, FIXES, classify, code
from monitor.model import Outcome, Words, same
from monitor.ports import Proof

POSTS = "chat:write"
SCOPES: Mapping[str, Words] = {
    POSTS: Words("发出呼叫、原处更新、回复按钮", "posts pages, changes them in place, answers whoever pressed"),
    "channels:history": Words(
        "公开频道里：核实没有把握的呼叫是否送达，读取消息串里的「认领」",
        "looks whether a page in doubt arrived, reads 认领 in its thread, in a public channel",
    ),
    "groups:history": Words("私有频道里同上", "the same in a private channel"),
    "files:write": Words("上传传播曲线图", "uploads the picture of a post's spread"),
    "commands": Words("接收 /langyan", "hears /langyan"),
    "usergroups:read": Words(
        "people 写了用户组时，知道谁可以按", "knows who may press, where people names a user group"
    ),
    "users:read": Words("知道认领人的名字", "knows the name of whoever takes an incident"),
}
"""Each scope that is used, and what it is for: those of deploy/slack/manifest.yaml."""

_APP_TOKEN = Words("应用级令牌", "app token")
"""As Slack calls it."""

_HISTORY = ("channels:history", "groups:history")
_NO_BUTTONS = Words(
    "没有，按钮和 /langyan 都收不到；在事件的消息串里回复「认领」仍然有效",
    "none, so buttons and /langyan are not heard; 认领 as a reply in an incident's thread counts",
)


def proofs(client: WebClient, channel: str, page: Callable[[], object], *, app_token: str, groups: bool) -> list[Proof]:
    """`page`: reads the channel's history; `app_token` "": there is none; `groups`: people are named by user groups."""
    try:
        answer = client.auth_test()
    except FAILURES as error:
        return [_trouble(None, "auth.test", error)]
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
        says = Words(f"这个令牌没有发消息的权限（{POSTS}）", f"the token may not post ({POSTS})")
        return Proof(ok=False, says=says, fix=FIXES["missing_scope"])
    return Proof(ok=True, says=Words("有回应，可以发消息", "answers, and may post"))


def _scope(scope: str, has: set[str], *, reads: bool) -> Proof:
    if scope in has:
        return Proof(part=Words(f"权限 {scope}", f"scope {scope}"), ok=True, says=SCOPES[scope])
    if reads and scope in _HISTORY:
        says = Words("没有，这个频道也用不到", "not there, and this channel needs it not")
        return Proof(part=Words(f"权限 {scope}", f"scope {scope}"), ok=True, says=says)
    says = Words(f"缺少：{SCOPES[scope].zh}", f"missing: {SCOPES[scope].en}")
    return Proof(part=Words(f"权限 {scope}", f"scope {scope}"), ok=False, says=says, fix=FIXES["missing_scope"])


def _app(client: WebClient, app_token: str) -> Proof:
    if not app_token:
        fix = Words(
            "要用按钮，请加上 app_token = { file = … }（xapp-…，带 connections:write）",
            "For buttons add app_token = { file = … } (xapp-…, with connections:write)",
        )
        return Proof(part=_APP_TOKEN, ok=True, says=_NO_BUTTONS, fix=fix)
    try:
        client.apps_connections_open(app_token=app_token)
    except FAILURES as error:
        if code(error) in ("invalid_auth", "not_allowed_token_type", "not_authed"):
            fix = Words(
                "用应用级令牌，xapp-…（Basic Information → App-Level Tokens）",
                "Use the app-level token, xapp-… (Basic Information → App-Level Tokens)",
            )
            return Proof(part=_APP_TOKEN, ok=False, says=same(f"apps.connections.open: {code(error)}"), fix=fix)
        if code(error) == "missing_scope":
            fix = Words(
                "生成一个带 connections:write 的应用级令牌（Basic Information → App-Level Tokens）",
                "Generate an app-level token with connections:write (Basic Information → App-Level Tokens)",
            )
            says = Words("没有打开连接的权限（connections:write）", "it may not open a socket (connections:write)")
            return Proof(part=_APP_TOKEN, ok=False, says=says, fix=fix)
        return _trouble(_APP_TOKEN, "apps.connections.open", error)
    says = Words("能打开连接：收得到按钮和 /langyan", "opens a socket: buttons and /langyan are heard")
    return Proof(part=_APP_TOKEN, ok=True, says=says)


def _channel(channel: str, page: Callable[[], object]) -> tuple[list[Proof], bool]:
    """The channel and its history; whether that could be read."""
    part = Words(f"频道 {channel}", f"channel {channel}")
    try:
        page()
    except FAILURES as error:
        if code(error) != "missing_scope":
            return [_trouble(part, "", error)], False
        says = Words(
            "读不到频道的历史，没有把握的呼叫会再发一次",
            "the channel's history cannot be read, so a page in doubt is sent a second time",
        )
        fix = Words(
            "加上 channels:history（私有频道是 groups:history），再重新安装应用",
            "Add channels:history, or groups:history for a private channel, and install the app again",
        )
        return [Proof(part=part, ok=False, says=says, fix=fix)], False
    says = Words("应用在频道里，读得到历史", "the app is in it and reads its history")
    return [Proof(part=part, ok=True, says=says)], True


def _trouble(part: Words | None, what: str, error: Exception) -> Proof:
    said = code(error)
    where = f"{what}: " if what else ""
    if said:
        page = "https://docs.slack.dev/reference/methods"
        fix = FIXES.get(said, Words(f"在 {page} 查 {said}", f"See {page} for {said}"))
        return Proof(part=part, ok=False, says=same(f"{where}{said}"), fix=fix)
    failed = classify(what or "conversations.history", error)
    if failed.outcome is Outcome.RATE_LIMITED:
        says = Words(f"{where}请求太频繁", f"{where}asked too often")
        return Proof(part=part, ok=False, says=says, fix=Words("一分钟后再试", "Try again in a minute"))
    fix = Words(
        "核对 base_url 和代理，看这台机器能不能连上 Slack",
        "Check base_url, the proxy and whether this machine reaches Slack",
    )
    return Proof(part=part, ok=False, says=same(str(failed.error)), fix=fix)
