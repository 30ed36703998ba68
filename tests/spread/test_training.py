"""`langyan train spread` on a few invented posts."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.spread.curves import REAL, THIN, Curve
from monitor.spread.fit import EPOCHS
from monitor.spread.heldout import Exam
from monitor.spread.nets import Weights
from monitor.training.spread import NETS, read, train_spread
from tests.spread.conftest import Invent

Write = Callable[[list[str]], Path]

GOOD = json.dumps({"created_at": 1_750_000_000, "fold": 0, "offsets": [3, 8.5, 90]})


def silent(done: int, of: int) -> None:
    """Nobody watches."""


def lines(curves: list[Curve]) -> list[str]:
    return [json.dumps({"created_at": c.born, "fold": c.fold, "offsets": list(c.offsets)}) for c in curves]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(written: list[str]) -> Path:
        path = tmp_path / "curves.jsonl"
        path.write_text("\n".join(written), encoding="utf-8")
        return path

    return to


EXAMS = (Exam(mix=REAL, viral=200), Exam(mix=THIN, viral=100, taught=False))


@pytest.fixture(scope="session")
def trained(invent: Invent, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[tuple[int, int]]]:
    """Sixty posts and a feed of small ones: the parameters, the table, the steps that were told."""
    folder = tmp_path_factory.mktemp("trained")
    curves, feed = folder / "curves.jsonl", folder / "feed.jsonl.gz"
    curves.write_text("\n".join(lines(invent(60, 5))), encoding="utf-8")
    small = [
        Curve(born=1_750_000_000.0 + i * 600, fold=-1, offsets=[60.0 * j for j in range(i % 40)]) for i in range(80)
    ]
    feed.write_bytes(gzip.compress("\n".join(lines(small)).encode()))
    steps: list[tuple[int, int]] = []
    told = train_spread(curves, folder / "out.json", 7, lambda *step: steps.append(step), feed=feed, exams=EXAMS)
    return folder / "out.json", told, steps


Trained = tuple[Path, str, list[tuple[int, int]]]


def test_what_was_trained_loads_and_is_what_was_written(trained: Trained) -> None:
    stored = trained[0].read_bytes()
    weights = Weights.from_json(stored)
    assert weights.to_json() == stored
    assert {len(layer.weights) for layer in weights.nets.layers} == {NETS}


def test_the_table_shows_each_mix_beside_the_count_rule_and_then_the_numbers(trained: Trained) -> None:
    for said in ("real sizes, V = 200", "thinned from 20, V = 100", "P >= 0.80", "count >= ", "ln-MSLE", "80 % holds"):
        assert said in trained[1]
    assert "nan" not in trained[1]


def test_every_step_is_told_and_the_last_is_the_end(trained: Trained) -> None:
    steps = trained[2]
    whole = 1 + (3 + 1) * NETS * EPOCHS + len(EXAMS) + 1
    assert [done for done, _ in steps] == list(range(whole + 1))
    assert {of for _, of in steps} == {whole}


def test_no_curve_is_in_what_is_written(trained: Trained, invent: Invent) -> None:
    stored = json.loads(trained[0].read_bytes())
    assert set(stored) == {"format", "rhythm", "center", "spread", "layers", "chance", "page", "analogs"}
    assert all(f"{curve.born:.0f}" not in trained[0].read_text() for curve in invent(60, 5))


def test_the_same_posts_and_seed_give_the_same_bytes_and_another_seed_others(
    write: Write, invent: Invent, tmp_path: Path
) -> None:
    curves = write(lines(invent(12, 5)))
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        train_spread(curves, tmp_path / name, seed, silent, exams=EXAMS[:1])
    one, two, other = ((tmp_path / name).read_bytes() for name in ("one", "two", "other"))
    assert one == two
    assert one != other


def test_a_damaged_line_of_the_feed_is_named(write: Write, tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text(GOOD + "\n{", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        train_spread(write([GOOD]), tmp_path / "out.json", 1, silent, feed=feed)
    assert refused.value.place == f"{feed}:2"


@pytest.mark.parametrize(
    "damaged",
    [
        "{not json",
        "[1, 2]",
        "12",
        "null",
        '{"offsets": [1]}',
        '{"created_at": 1}',
        '{"created_at": null, "offsets": []}',
        '{"created_at": NaN, "offsets": []}',
        '{"created_at": 1, "offsets": ["soon"]}',
        '{"created_at": 1, "offsets": 7}',
        '{"created_at": 1, "offsets": [Infinity]}',
        '{"created_at": 1, "fold": Infinity, "offsets": [1]}',
    ],
)
def test_a_damaged_line_is_named(write: Write, damaged: str) -> None:
    path = write([GOOD, "", damaged, GOOD])
    with pytest.raises(ConfigError) as refused:
        read(path)
    assert refused.value.place == f"{path}:3"
    assert "not a repost curve" in str(refused.value)


def test_a_line_that_is_no_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "curves.jsonl"
    path.write_bytes(GOOD.encode() + b'\n{"created_at": 1, "author": "\xff", "offsets": []}\n')
    with pytest.raises(ConfigError) as refused:
        read(path)
    assert refused.value.place == f"{path}:2"


def test_an_archive_cut_off_or_false_is_said_to_be_unreadable(tmp_path: Path) -> None:
    whole = gzip.compress((GOOD + "\n").encode() * 50)
    for name, content in (("cut.jsonl.gz", whole[: len(whole) // 2]), ("false.jsonl.gz", b"<html>")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match="cannot be read"):
            read(tmp_path / name)


def test_an_archive_reads_like_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(GOOD.encode()))
    assert read(tmp_path / "c.jsonl.gz") == [Curve(born=1_750_000_000, fold=0, offsets=[3, 8.5, 90])]


def test_reposts_are_put_in_order_and_none_is_before_the_post(write: Write) -> None:
    (curve,) = read(write(['{"created_at": 1, "fold": 1, "offsets": [60, -5, 10]}']))
    assert curve.offsets == [0, 10, 60]
    assert (curve.by(9), curve.by(10), curve.by(60)) == (1, 2, 3)


def test_without_folds_one_author_is_always_in_one_fold(write: Write) -> None:
    posts = [json.dumps({"created_at": i, "author": f"a{i % 20}", "offsets": []}) for i in range(200)]
    folds = [curve.fold for curve in read(write(posts))]
    assert all(folds[i] == folds[i % 20] for i in range(200))
    assert set(folds) == {0, 1, 2, 3, 4}


def test_fewer_than_three_folds_are_too_few(write: Write, tmp_path: Path) -> None:
    two = [json.dumps({"created_at": i, "fold": i % 2, "offsets": [5]}) for i in range(40)]
    with pytest.raises(ConfigError, match="2 folds of authors, at least 3 are needed"):
        train_spread(write(two), tmp_path / "out.json", 1, silent)
    assert not (tmp_path / "out.json").exists()


def test_too_few_posts_to_fit_are_said_to_be_so(write: Write, invent: Invent, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Give more curves"):
        train_spread(write(lines(invent(3, 5))), tmp_path / "out.json", 1, silent)


def test_an_empty_file_holds_no_curves(write: Write) -> None:
    with pytest.raises(ConfigError, match="holds no curves"):
        read(write([""]))


def test_a_folder_that_is_not_there_is_said_before_the_work(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        train_spread(write([GOOD]), tmp_path / "nowhere" / "out.json", 1, silent)
