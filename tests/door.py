"""One server for many tests."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Door:
    """Behind it stands the application of the test in hand."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)
