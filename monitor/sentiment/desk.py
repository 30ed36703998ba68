"""Where texts are handed in for scoring: one worker process, replaced when it dies or hangs. Poison stops no line.

A chunk that takes longer than its time or kills the worker is halved until the one text that does it is alone; that
text comes back as None and is remembered. Scores are kept by content, for reposts are mostly copies.
"""

import os
import selectors
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence

import orjson
import structlog

from monitor import metrics
from monitor.errors import ConfigError
from monitor.model import Passage, Sentiment
from monitor.sentiment import Options

log = structlog.get_logger()

CHUNK = 16
REMEMBERED = 4_096
"""Texts, for copies come soon after what they copy."""

_Row = tuple[float, float, float, list[str], list[str]]
"""negative, aimed, anger, evidence, categories"""


class Desk:
    """Scores texts in a process of its own. Not for two threads at once.

    `patience` seconds plus `per_character` for each character is what a chunk may take before its worker is replaced;
    `start_patience` is what loading the engine may take. All real seconds.
    """

    def __init__(
        self,
        engine: str,
        options: Options | None = None,
        *,
        command: Sequence[str] | None = None,
        patience: float = 2.0,
        per_character: float = 0.0005,
        start_patience: float = 60.0,
    ) -> None:
        self.engine, self.version = engine, ""
        self._command = [*(command or (sys.executable, "-P", "-m", "monitor.sentiment.worker")), engine]
        self._command.append(orjson.dumps((options or Options()).as_json()).decode())
        self._patience, self._per_character, self._start_patience = patience, per_character, start_patience
        self._worker: subprocess.Popen[bytes] | None = None
        self._kept: OrderedDict[Passage, Sentiment | None] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False

    def warm(self) -> None:
        """Loads the engine now, so that the first post does not wait for it."""
        self._running()

    def score(self, passages: Sequence[Passage]) -> list[Sentiment | None]:
        """One Sentiment each, in order; None for a text the engine cannot survive."""
        fresh = list(dict.fromkeys(passage for passage in passages if passage not in self._kept))
        for start in range(0, len(fresh), CHUNK):
            self._chunk(fresh[start : start + CHUNK])
        scored = []
        for passage in passages:
            self._kept.move_to_end(passage)
            scored.append(self._kept[passage])
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return scored

    def close(self) -> None:
        """Ends the worker; a score under way fails and is done again after the next start."""
        with self._lock:
            self._closed = True
            self._end()

    def _chunk(self, passages: list[Passage]) -> None:
        if not passages:
            return
        with metrics.STAGE_SECONDS.labels("score").time():
            rows = self._ask(passages)
        if rows is not None:
            for passage, (negative, aimed, anger, evidence, categories) in zip(passages, rows, strict=True):
                self._kept[passage] = Sentiment(
                    negative=negative,
                    aimed=aimed,
                    anger=anger,
                    evidence=tuple(evidence),
                    categories=tuple(categories),
                    engine=self.engine,
                    version=self.version,
                )
        elif len(passages) == 1:
            size = len(passages[0].text)
            log.warning("text set aside: the scorer does not survive it", engine=self.engine, characters=size)
            self._kept[passages[0]] = None
        else:
            self._chunk(passages[: len(passages) // 2])
            self._chunk(passages[len(passages) // 2 :])

    def _ask(self, passages: list[Passage]) -> list[_Row] | None:
        """The worker's answer, or None when it died or took too long and was replaced."""
        worker = self._running()
        assert worker.stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            worker.stdin.write(orjson.dumps({"passages": [_sendable(passage) for passage in passages]}) + b"\n")
            worker.stdin.flush()
        except OSError:
            answer = None
        else:
            size = sum(len(passage.text) for passage in passages)
            answer = self._answer(worker, self._patience + self._per_character * size)
        if answer is None:
            with self._lock:
                self._end()
            if self._closed:
                raise RuntimeError("the scorer was closed")
            metrics.SCORER_RESTARTS.inc()
            return None
        rows: list[_Row] = orjson.loads(answer)
        return rows

    def _running(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise RuntimeError("the scorer was closed")
            if self._worker is None:
                self._worker = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
                )
                hello = self._answer(self._worker, self._start_patience)
                if hello is None:
                    code = self._worker.poll()
                    self._end()
                    raise RuntimeError(f"the scoring process for {self.engine} did not start (exit {code})")
                said = orjson.loads(hello)
                if "error" in said:
                    self._end()
                    raise ConfigError(*said["error"])
                self.version = said["version"]
            return self._worker

    def _answer(self, worker: subprocess.Popen[bytes], patience: float) -> bytes | None:
        """One line from the worker within `patience` real seconds; None when it ended or kept silent."""
        assert worker.stdout is not None  # noqa: S101 - Popen was given a pipe
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(worker.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(patience):
                    return None
                piece = os.read(worker.stdout.fileno(), 1 << 16)
                if not piece:
                    return None
                line += piece
        return line

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was still buffered had nobody to read it
                    continue


def _sendable(passage: Passage) -> list[str | tuple[str, ...]]:
    """JSON carries no lone surrogates; they mean nothing to an engine either."""
    return [passage.text.encode("utf-8", "replace").decode("utf-8"), *passage[1:]]
