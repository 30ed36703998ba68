"""Names of hosts, looked up where nobody waits for a name server that never answers.

The system's own lookup cannot be called off. The interpreter joins the threads of an executor when it ends, so one that hangs in a lookup
would hold the whole process; threads that it does not join hold nothing.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

AT_ONCE = 8
"""Lookups under way together. Further ones wait: a dead name server must not cost a thread for every attempt."""


class Lookups:
    """A `Resolve` that leaves no thread to wait for. `lookup`: the system's."""

    def __init__(self, lookup: Callable[[str, int], Sequence[str]] | None = None) -> None:
        self._lookup = lookup or _addresses
        self._asked: SimpleQueue[tuple[Future[Any], str, int] | None] = SimpleQueue()
        self._threads = 0
        self._under_way = 0
        self._lock = threading.Lock()

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        answer: Future[Sequence[str]] = Future()
        with self._lock:
            self._under_way += 1
            begins = self._threads < min(self._under_way, AT_ONCE)
            self._threads += begins
        self._asked.put((answer, host, port))
        if begins:
            threading.Thread(target=self._answer, name="resolve", daemon=True).start()
        return await asyncio.wrap_future(answer)

    def close(self) -> None:
        """Whoever still waits for a name waits no longer; threads end as soon as they can."""
        while not self._asked.empty():
            if (asked := self._asked.get()) is not None:
                asked[0].cancel()
        for _ in range(self._threads):
            self._asked.put(None)

    def _answer(self) -> None:
        while (asked := self._asked.get()) is not None:
            answer, host, port = asked
            if answer.set_running_or_notify_cancel():
                try:
                    answer.set_result(self._lookup(host, port))
                except BaseException as error:  # noqa: BLE001 - whoever asked must hear of it
                    answer.set_exception(error)
            with self._lock:
                self._under_way -= 1


def _addresses(host: str, port: int) -> Sequence[str]:
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
