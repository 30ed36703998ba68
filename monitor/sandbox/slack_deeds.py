"""The page's way to the hands: what a person does in the browser, as HTTP. Plain JSON, so that a test can do it too."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.sandbox.slack_hands import Impossible
from monitor.sandbox.slack_sockets import Delivery

if TYPE_CHECKING:
    from monitor.sandbox.slack import FakeSlack


def routes(slack: "FakeSlack") -> list[Route]:
    """`POST /slack/do/{deed}` with the person's id as `user`. Answers with the envelope that it became, or null."""
    hands = slack.hands
    deeds: Mapping[str, Callable[[dict[str, Any]], Delivery | None]] = {
        "press": lambda said: hands.press(
            said["user"],
            said["channel"],
            said["ts"],
            said["action_id"],
            block_id=said.get("block_id"),
            value=said.get("value"),
        ),
        "press_in_view": lambda said: hands.press_in_view(
            said["user"], said["action_id"], block_id=said.get("block_id"), value=said.get("value")
        ),
        "submit": lambda said: hands.submit(said["user"], said["values"]),
        "dismiss": lambda said: hands.dismiss(said["user"]),
        "write": lambda said: hands.write(said["user"], said["channel"], said["text"], said.get("thread")),
    }

    async def do(request: Request) -> Response:
        deed = deeds.get(request.path_params["deed"])
        if deed is None:
            return _answer({"ok": False, "error": f"a deed is one of {', '.join(deeds)}"}, 404)
        try:
            slack.workspace.url = str(request.base_url)
            delivery = deed(orjson.loads(await request.body()))
        except Impossible as error:
            return _answer({"ok": False, "error": str(error)}, 400)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _answer({"ok": False, "error": f"the deed is not understood: {error!r}"}, 400)
        return _answer({"ok": True, "envelope_id": delivery.envelope_id if delivery else None})

    return [Route("/slack/do/{deed}", do, methods=["POST"])]


def _answer(data: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(data), status, media_type="application/json")
