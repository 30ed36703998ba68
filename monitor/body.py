"""The bytes of an answer: read to their end under two caps, on the wire and inflated, so that a bomb costs little."""

import zlib
from collections.abc import AsyncIterator

import httpx

from monitor.errors import Failure, FeedError
from monitor.model import Words
from monitor.ports import Limits

_BLOCK = 64 * 1024
_MEMBERS = 16  # a gzip body may be several in a row; thousands of empty ones only cost time


class NoAnswer(Exception):  # noqa: N818 (it is what happened, and never leaves the fetcher)
    """The exchange came to nothing. `problem` holds nothing the other side said.

    `sent`: the request may have reached the host. `slow`: it took all the time there was; asking again would take more.
    """

    def __init__(self, problem: str, *, sent: bool, slow: bool = False) -> None:
        super().__init__(problem)
        self.problem, self.sent, self.slow = problem, sent, slow


async def body_of(stream: AsyncIterator[bytes], headers: httpx.Headers, limits: Limits, where: str) -> bytes:
    """The whole body, inflated. Raises FeedError where it is over its caps, NoAnswer where it breaks off."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise FeedError(Failure.SCHEMA_DRIFT, f"{where} answers in an encoding that was not asked for")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limits.wire:
        raise _too_large(where, "on the wire", limits.wire)
    inflate = _Inflate(limits.body, where) if encoding.endswith("gzip") else None
    body = bytearray()
    wired = 0
    async for chunk in stream:
        wired += len(chunk)
        if wired > limits.wire:
            raise _too_large(where, "on the wire", limits.wire)
        if inflate is None:
            body += chunk
            if len(body) > limits.body:
                raise _too_large(where, "long", limits.body)
        else:
            inflate.add(chunk, body)
    if inflate is not None and wired:
        inflate.end()
    return bytes(body)


class _Inflate:
    """Inflates gzip a block at a time, so that a bomb never takes more memory than the cap."""

    def __init__(self, cap: int, where: str) -> None:
        self._cap, self._where = cap, where
        self._member, self._members = zlib.decompressobj(zlib.MAX_WBITS | 16), 1

    def add(self, data: bytes, body: bytearray) -> None:
        try:
            while True:
                if self._member.eof:
                    if not data:
                        return
                    self._member, self._members = zlib.decompressobj(zlib.MAX_WBITS | 16), self._members + 1
                    if self._members > _MEMBERS:
                        raise NoAnswer("the gzip body is damaged", sent=True)
                out = self._member.decompress(data, _BLOCK)
                body += out
                if len(body) > self._cap:
                    raise _too_large(self._where, "when inflated", self._cap)
                data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
                if not data and len(out) < _BLOCK:
                    return
        except zlib.error:
            raise NoAnswer("the gzip body is damaged", sent=True) from None

    def end(self) -> None:
        if not self._member.eof:
            raise NoAnswer("the gzip body broke off", sent=True)


def _too_large(where: str, how: str, cap: int) -> FeedError:
    return FeedError(
        Failure.TOO_LARGE,
        f"{where} answers with a body of more than {cap / 1024:.0f} KiB {how}",
        fix=Words(
            "每页少要几条；如果这个返回是正常的，请向我们报告",
            "Ask for fewer items a page, or report it if the answer is a real one",
        ),
    )
