"""An application behind a real loopback port, for tests and benchmarks that drive a part of the sandbox in their own process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

HANG_UP_AFTER = 1
"""Real seconds that a slow answer has left at the end."""


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serves in a thread of its own until left; gives the address, without a slash at its end."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=HANG_UP_AFTER)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()
