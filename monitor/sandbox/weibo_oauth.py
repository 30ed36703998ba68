"""The sandbox's Weibo gives its one token to whoever authorises its one app, and says how long it lasts.

Wire formats after https://open.weibo.com/wiki/Oauth2 (authorize, access_token, get_token_info).
"""

from datetime import datetime, timedelta
from urllib.parse import parse_qs

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.faults import weibo_error, weibo_expired
from monitor.sandbox.stage import Endpoint, Stage
from monitor.sandbox.world import WEIBO_UID

APP_KEY, APP_SECRET = "1234567890", "sandbox-secret"
CODE = "code-of-the-sandbox"
LASTS = timedelta(days=30)


def routes(stage: Stage, *, token: str, expires_at: datetime | None, prefix: str = "/weibo") -> list[BaseRoute]:
    """`expires_at` None: the token ends thirty days after whenever it is asked."""

    def left() -> int:
        ends = expires_at or stage.now() + LASTS
        return int((ends - stage.now()).total_seconds())

    async def authorize(request: Request) -> Response:
        """The person has consented by coming here."""
        asked = request.query_params
        if asked.get("client_id") != APP_KEY or not asked.get("redirect_uri"):
            return _refused(request, 21324, "invalid_client", "client_id或client_secret参数无效")
        given = {"code": CODE, **({"state": asked["state"]} if "state" in asked else {})}
        return RedirectResponse(str(httpx.URL(asked["redirect_uri"]).copy_merge_params(given)), 302)

    async def access_token(request: Request) -> Response:
        form = await _form(request)
        if (form.get("client_id"), form.get("client_secret")) != (APP_KEY, APP_SECRET):
            return _refused(request, 21324, "invalid_client", "client_id或client_secret参数无效")
        if form.get("grant_type") != "authorization_code":
            return _refused(request, 21328, "unsupported_grant_type", "不支持的 GrantType")
        if form.get("code") != CODE or not form.get("redirect_uri"):
            return _refused(request, 21325, "invalid_grant", "提供的Access Grant是无效的、过期的或已撤销的")
        seconds = str(left())
        return JSONResponse({"access_token": token, "remind_in": seconds, "expires_in": left(), "uid": WEIBO_UID})

    async def get_token_info(request: Request) -> Response:
        given = (await _form(request)).get("access_token") or request.query_params.get("access_token")
        if given != token:
            return weibo_error(request, 21332, "invalid_access_token")
        if left() <= 0:
            return weibo_expired(request)
        created = int((stage.now() - timedelta(days=1)).timestamp())
        said = {"uid": int(WEIBO_UID), "appkey": APP_KEY, "scope": None, "create_at": created, "expire_in": left()}
        return JSONResponse(said)

    def one(path: str, endpoint: Endpoint, method: str) -> Route:
        return Route(f"{prefix}/oauth2/{path}", stage.guarded("weibo", endpoint), methods=[method])

    return [
        one("authorize", authorize, "GET"),
        one("access_token", access_token, "POST"),
        one("get_token_info", get_token_info, "POST"),
    ]


async def _form(request: Request) -> dict[str, str]:
    """What was posted; Starlette's own reader wants another package."""
    return {name: values[-1] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}


def _refused(request: Request, code: int, error: str, said: str) -> Response:
    path = request.url.path.removeprefix("/weibo")
    return JSONResponse({"error": error, "error_code": code, "error_description": said, "error_uri": path}, 400)
