"""`langyan train sentiment` on a small folder: weights that load, the same each time, and folders that teach nothing."""

import csv
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor import cli
from monitor.model import Passage
from monitor.sentiment import Options
from monitor.sentiment.linear import Linear
from monitor.training import aim

Folder = Callable[..., Path]

BAD = ("难吃", "太差了", "没人理", "不退款", "坏了", "失望")
GOOD = ("好吃", "满意", "很热情", "推荐", "开心", "喜欢")
THINGS = ("面条", "耳机", "客房", "快递", "衣服", "客服", "蛋糕", "车")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def of(rows: list[tuple[str, str]], name: str = "mine", header: tuple[str, str] = ("text", "label")) -> Path:
        path = tmp_path / "sets"
        path.mkdir(exist_ok=True)
        with (path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return of


def trained(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, ["train", "sentiment", *map(str, arguments)])


def told(words: tuple[str, ...], label: str) -> list[tuple[str, str]]:
    return [(f"这次的{thing}{first},{second}", label) for thing, first, second in product(THINGS, words, words[:2])]


def test_a_small_folder_makes_weights_that_know_it(folder: Folder, tmp_path: Path) -> None:
    sets = folder([*told(BAD, "1"), *told(GOOD, "0")])
    done = trained(sets, "--out", tmp_path / "mine.weights", "--seed", 3)
    assert done.exit_code == 0, done.output
    assert "held out" in done.stdout
    assert "mine" in done.stdout
    assert "aimed told right" in done.stdout
    linear = Linear(Options(weights=str(tmp_path / "mine.weights")))
    bad, good = (linear.one(Passage(f"昨天的面条{words}")) for words in ("难吃,失望", "好吃,喜欢"))
    assert bad.negative > 0.5 > good.negative
    assert bad.aimed > good.aimed
    assert bad.version != Linear(Options()).version


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ([("太差了", "1"), ("难吃", "1")], ("text", "label"), "1 (negative)"),
        ([], ("text", "label"), "none at all"),
        ([("太差了", "坏")], ("text", "label"), "mine.csv:2: the label is '坏'"),
        ([("太差了", "1")], ("review", "label"), "has no column 'text'; it has: review, label"),
    ],
)
@pytest.mark.parametrize("engine", ["linear", "snownlp"])
def test_a_folder_that_teaches_nothing_says_why(
    folder: Folder, tmp_path: Path, rows: list[tuple[str, str]], header: tuple[str, str], said: str, engine: str
) -> None:
    done = trained(folder(rows, header=header), "--engine", engine, "--out", tmp_path / "mine.weights")
    assert done.exit_code == 2
    assert said in done.output
    assert not (tmp_path / "mine.weights").exists()


def test_a_folder_without_sets_and_a_place_that_is_none_are_said(folder: Folder, tmp_path: Path) -> None:
    assert "holds no .csv files" in trained(tmp_path).output
    sets = folder([("太差了", "1"), ("好吃", "0")])
    assert "there is no such folder" in trained(sets, "--out", tmp_path / "nowhere" / "mine.weights").output


def test_snownlp_learns_from_the_same_folder(folder: Folder, tmp_path: Path) -> None:
    for name in ("mine", "yours"):
        sets = folder([*told(BAD, "1"), *told(GOOD, "0")], name)
    done = trained(sets, "--engine", "snownlp", "--out", tmp_path / "snow.weights")
    assert done.exit_code == 0, done.output
    assert "retrained AUC" in done.stdout
    assert (tmp_path / "snow.weights").stat().st_size > 100


def test_an_excuse_never_speaks_against_a_brand_however_the_posts_fall() -> None:
    rude = [aim.Case({"always": 1.0, "advert alone": 1.0, "blunt": 1.0}, True, 1.0, "promotion", 0) for _ in range(50)]
    mild = [aim.Case({"always": 1.0}, False, 1.0, "plain", 0) for _ in range(50)]
    weights = aim.fit([*rude, *mild])
    assert weights["advert alone"] == 0.0
    assert weights["blunt"] > aim.GUESS["blunt"]
