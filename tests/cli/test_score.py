"""`langyan score`: a CSV's texts, a line each, in order."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor import cli


def scored(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, ["score", *map(str, arguments)])


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text(
        'text,label\n"质量太差了,客服没人理,不退款",1\n"味道很好,推荐",0\n,0\nhttps://t.cn/A6abc,0\n"坏\x00了\u202e",1\n',
        encoding="utf-8",
    )
    return path


def test_each_row_gets_its_line_in_order(texts: Path) -> None:
    done = scored(texts, "--json")
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 5
    assert lines[0]["aimed"] > 0.5 > lines[1]["aimed"]
    assert set(lines[0]) == {"negative", "aimed", "anger", "categories", "evidence"}
    assert lines[0]["evidence"]
    assert (lines[2]["negative"], lines[3]["negative"]) == (0.0, 0.0)


def test_a_higher_base_rate_makes_every_text_likelier_to_be_negative(texts: Path) -> None:
    rare, often = (
        [json.loads(line)["negative"] for line in scored(texts, "--json", "--base-rate", rate).stdout.splitlines()]
        for rate in (0.05, 0.5)
    )
    assert all(a <= b for a, b in zip(rare, often, strict=True))
    assert rare != often


def test_a_column_that_is_not_there_names_those_that_are(texts: Path) -> None:
    done = scored(texts, "--column", "review", "--json")
    assert done.exit_code == 2
    assert "has no column 'review'; it has: text, label" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"), [(("--engine", "bert"), "no engine 'bert'"), (("--base-rate", "1.5"), "1.5 is no share")]
)
def test_what_cannot_be_is_refused(texts: Path, arguments: tuple[str, ...], said: str) -> None:
    done = scored(texts, *arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = scored(tmp_path / "nothing.csv", "--json")
    assert done.exit_code == 2
    assert "cannot be read" in done.output


def test_what_weighed_most_is_marked_and_can_do_nothing_to_a_terminal(texts: Path) -> None:
    done = scored(texts, "--explain")
    assert done.exit_code == 0, done.output
    assert "[没人理]" in done.stdout
    assert "\u202e" not in done.stdout
    assert "grievance" in done.stdout


def test_for_people_a_line_shows_how_bad_and_why(texts: Path) -> None:
    done = scored(texts, "--brand", "星禾")
    assert done.exit_code == 0, done.output
    assert "«" in done.stdout.splitlines()[0]
    assert len(done.stdout.splitlines()) == 5
