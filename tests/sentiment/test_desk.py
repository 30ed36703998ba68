"""The scoring process and its other end: order, copies, death and silence."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.model import Passage, Sentiment
from monitor.sentiment import Options
from monitor.sentiment.desk import Desk

WORKER = """
import json, os, sys, time
print(json.dumps({"engine": sys.argv[1], "version": "1"}), flush=True)
log = open(sys.argv[0] + ".log", "a")
for line in sys.stdin:
    texts = [passage[0] for passage in json.loads(line)["passages"]]
    log.write(json.dumps(texts) + "\\n"); log.flush()
    if any("poison" in t for t in texts): os._exit(9)
    if any("tar" in t for t in texts): time.sleep(60)
    print(json.dumps([[len(t) / 100, len(t) / 200, 0.0, [t[:2]], ["app"]] for t in texts]), flush=True)
"""


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    path = tmp_path / "worker.py"
    path.write_text(WORKER)
    return path


@pytest.fixture
def desk(worker: Path) -> Iterator[Desk]:
    desk = Desk("fake", command=[sys.executable, str(worker)], patience=0.4)
    yield desk
    desk.close()


def asked(worker: Path) -> list[str]:
    return Path(str(worker) + ".log").read_text().splitlines()


def told(desk: Desk, *texts: str) -> list[Sentiment | None]:
    return desk.score([Passage(text) for text in texts])


def test_scores_come_back_in_order_with_their_evidence(desk: Desk) -> None:
    scores = told(desk, *(f"text {'x' * n}" for n in range(40)))
    assert [s.negative for s in scores if s] == [(5 + n) / 100 for n in range(40)]
    assert scores[0] is not None
    assert (scores[0].engine, scores[0].version, scores[0].evidence) == ("fake", "1", ("te",))
    assert scores[0].categories == ("app",)


def test_copies_are_scored_once(desk: Desk, worker: Path) -> None:
    told(desk, "same", "same", "other")
    told(desk, "other", "same")
    assert asked(worker) == ['["same", "other"]']


def test_the_same_text_about_another_brand_is_another_question(desk: Desk, worker: Path) -> None:
    desk.score([Passage("same", ("星禾",)), Passage("same", ("云朵",))])
    assert asked(worker) == ['["same", "same"]']


def test_a_text_that_kills_the_worker_costs_only_itself(desk: Desk) -> None:
    scores = told(desk, "fine", "poison", *(f"also fine {n}" for n in range(5)))
    assert [s is None for s in scores] == [False, True, False, False, False, False, False]


def test_a_text_that_takes_for_ever_costs_only_itself(desk: Desk) -> None:
    assert [s is None for s in told(desk, "fine", "tar")] == [False, True]


def test_poison_is_remembered(desk: Desk, worker: Path) -> None:
    told(desk, "poison")
    told(desk, "poison")
    assert len(asked(worker)) == 1


def test_lone_surrogates_reach_the_worker_as_question_marks(desk: Desk) -> None:
    assert told(desk, "bad \ud800 half")[0] is not None


def test_an_engine_that_does_not_load_is_said_plainly() -> None:
    desk = Desk("fake", command=[sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(RuntimeError, match="did not start"):
        desk.warm()


def test_a_broken_weights_file_is_the_operators_to_mend(tmp_path: Path) -> None:
    (tmp_path / "linear.weights").write_bytes(b"not weights")
    desk = Desk("linear", Options(weights=str(tmp_path / "linear.weights")))
    with pytest.raises(ConfigError, match=r"linear\.weights: not a weights file"):
        desk.warm()


def test_a_closed_desk_leaves_no_process(desk: Desk) -> None:
    desk.warm()
    process = desk._worker
    assert process is not None
    desk.close()
    assert process.poll() is not None
    with pytest.raises(RuntimeError, match="closed"):
        told(desk, "late")


def test_the_main_process_never_imports_snownlp() -> None:
    code = "import sys, monitor.sentiment.desk, monitor.app, monitor.cli; assert 'snownlp' not in sys.modules"
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
