"""The scoring process: reads {"passages": […]} lines on stdin, answers one JSON line each, ends with its stdin.

Run as `python -P -m monitor.sentiment.worker ENGINE OPTIONS`, the options as JSON. A process of its own because an engine
may be large, slow, or stuck on a hostile text; `monitor.sentiment.desk` is its other end.
"""

import gc
import os
import sys

import orjson

from monitor import sentiment
from monitor.errors import ConfigError
from monitor.model import Passage, Sentiment


def settle_down() -> None:
    """What an engine holds stays, and what a text makes is gone with its last name: the collector need not look every 700 objects."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # what a library prints must not look like an answer
    options = sentiment.Options(**orjson.loads(sys.argv[2])) if len(sys.argv) > 2 else None
    try:
        scorer = sentiment.load(sys.argv[1], options)
    except ConfigError as error:
        answers.write(orjson.dumps({"error": [error.place, error.problem, error.fix]}) + b"\n")
        answers.flush()
        return
    answers.write(orjson.dumps({"engine": scorer.engine, "version": scorer.version}) + b"\n")
    answers.flush()
    settle_down()
    for line in sys.stdin.buffer:
        passages = [_passage(row) for row in orjson.loads(line)["passages"]]
        answers.write(orjson.dumps([_row(s) for s in scorer.score(passages)]) + b"\n")
        answers.flush()


def _passage(row: list[object]) -> Passage:
    text, names, rivals, platform = row
    return Passage(str(text), tuple(names), tuple(rivals), str(platform))  # type: ignore[arg-type]


def _row(s: Sentiment) -> list[object]:
    return [s.negative, s.aimed, s.anger, s.evidence, s.categories]


if __name__ == "__main__":
    main()
