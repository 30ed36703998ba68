"""The scoring process: reads {"texts": […]} lines on stdin, answers one JSON line each, ends with its stdin.

Run as `python -P -m monitor.sentiment.worker ENGINE`. A process of its own because an engine may be large, slow, or
stuck on a hostile text; `monitor.sentiment.desk` is its other end.
"""

import os
import sys

import orjson

from monitor import sentiment
from monitor.model import Sentiment


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # what a library prints must not look like an answer
    scorer = sentiment.load(sys.argv[1])
    answers.write(orjson.dumps({"engine": scorer.engine, "version": scorer.version}) + b"\n")
    answers.flush()
    for line in sys.stdin.buffer:
        answers.write(orjson.dumps([_row(s) for s in scorer.score(orjson.loads(line)["texts"])]) + b"\n")
        answers.flush()


def _row(s: Sentiment) -> list[object]:
    return [s.negative, s.aimed, s.anger, s.evidence]


if __name__ == "__main__":
    main()
