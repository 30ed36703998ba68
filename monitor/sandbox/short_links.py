"""Xiaohongshu's short links: `GET /xhslink/a/{code}` sends on to the note, with what the app adds of whoever shared it."""

import hashlib

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from monitor.sandbox.stage import Stage

PLATFORM = "xiaohongshu"


def code_of(native_id: str) -> str:
    """The short name of a note: it tells nothing of the note's own."""
    return hashlib.sha256(native_id.encode()).hexdigest()[:11]


def routes(stage: Stage) -> list[BaseRoute]:
    """Known are the notes that are published by now."""

    async def onward(request: Request) -> Response:
        code = request.path_params["code"]
        for post in stage.world.published(PLATFORM, stage.now()):
            if code_of(post.native_id) == code:
                shared = "app_platform=ios&shareRedId=N0FCOThFOUE2&apptime=1764000000&xsec_token=CBsandbox%3D"
                address = f"https://www.xiaohongshu.com/discovery/item/{post.native_id}?{shared}"
                return RedirectResponse(address, 302, headers={"set-cookie": "xhsTracker=share; Path=/"})
        return PlainTextResponse("", 404)

    return [Route("/xhslink/a/{code}", onward)]
