"""One WebSocket of the sandbox's Socket Mode: what goes over the wire, and how it goes deaf. Everything else is `slack_sockets`.

Pings are the server's own: uvicorn answers the client's and sends some of its own.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson
from starlette.types import Receive, Scope, Send


class Desk(Protocol):
    """Whoever knows tickets and envelopes. Safe to call from any thread."""

    def admit(self, ticket: str) -> bool: ...
    def opened(self, socket: "Socket") -> None: ...
    def heard(self, socket: "Socket", text: str) -> None: ...
    def closed(self, socket: "Socket") -> None: ...
    def tick(self) -> None: ...


class Socket:
    """An open connection. Writing, closing and dropping it is safe from any thread, and does nothing once it is gone.

    `deaf`: half-open. It stays connected, reads nothing, answers no ping and delivers nothing, as behind a router that
    forgot it. `leaving`: told to go; no payload is given to it any more.
    """

    def __init__(self, protocol: Any) -> None:
        self.deaf = self.leaving = False
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._outgoing: asyncio.Queue[str | None] = asyncio.Queue()

    def write(self, message: dict[str, Any]) -> None:
        if not self.deaf:
            self._call(self._outgoing.put_nowait, orjson.dumps(message).decode())

    def close(self) -> None:
        """Ends it properly, after what was written."""
        self._call(self._outgoing.put_nowait, None)

    def drop(self) -> None:
        """Ends it without a word."""
        self._call(self._protocol.transport.abort)

    def go_deaf(self) -> None:
        self.deaf = True
        self._call(self.stop_reading)

    def stop_reading(self) -> None:
        """Leaves what the client sends in the network's buffers. In the loop's thread alone."""
        self._protocol.stop_keepalive()
        if not self._protocol.transport.is_closing():
            self._protocol.transport.pause_reading()

    def _call(self, do: Callable[..., Any], *given: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(do, *given)
        except RuntimeError:
            return  # the loop is closed, and every socket with it

    async def write_out(self, send: Send) -> None:
        while (text := await self._outgoing.get()) is not None:
            await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.close", "code": 1000})


class Link:
    """The ASGI application behind the address that apps.connections.open gives."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        ticket = parse_qs(scope["query_string"].decode()).get("ticket", [""])[0]
        if not self._desk.admit(ticket):
            await send({"type": "websocket.close"})  # before it was accepted: HTTP 403
            return
        await send({"type": "websocket.accept"})
        # Uvicorn offers no way to hang up or to stop reading; its `receive` is bound to the protocol that can.
        socket = Socket(receive.__self__)  # type: ignore[attr-defined]
        self._desk.opened(socket)
        tasks = [asyncio.create_task(_quietly(socket.write_out(send))), asyncio.create_task(self._tick())]
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if socket.deaf:
                    socket.stop_reading()  # uvicorn reads on after each message
                elif message.get("text") is not None:
                    self._desk.heard(socket, message["text"])
        finally:
            self._desk.closed(socket)
            for task in tasks:
                task.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            self._desk.tick()


async def _quietly(writing: Any) -> None:
    try:
        await writing
    except OSError:
        return  # the client is gone; whoever reads learns of it
