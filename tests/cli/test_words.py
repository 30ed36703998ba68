"""`langyan words`: what people added in Slack, for people, for programs, and for the configuration."""

import json
import tomllib
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor import cli, fittings
from monitor.clock import RealClock
from monitor.config import load
from monitor.model import Actor, Word, WordKind

TOML = """
language = "en"
state = "state"
listen = "127.0.0.1:0"
[[brand]]
name = "星禾"
match = "星禾"
except = '抽奖 OR 招聘'
[[brand]]
name = "别家"
match = "别家"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "langyan.toml"
    path.write_text(TOML)
    fittings.open_store(load(path)).close()
    return path


def add(toml: Path, kind: WordKind, query: str, days: int | None = None) -> None:
    now = RealClock().now()
    until = None if days is None else now + timedelta(days=days)
    word = Word(brand="星禾", kind=kind, query=query, actor=Actor("slack:U0LI", "小李"), added_at=now, until=until)
    with closing(fittings.open_store(load(toml))) as store:
        store.add_word(word)


def ran(toml: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["words", *arguments, "-c", str(toml)])


def test_without_words_it_says_so(toml: Path) -> None:
    assert ran(toml).output == "no words were added\n"
    assert ran(toml, "--json").output == ""
    assert ran(toml, "--toml").output == ""


def test_people_here_are_told_in_chinese(toml: Path) -> None:
    toml.write_text(toml.read_text().replace('language = "en"\n', ""))
    assert ran(toml).output == "没有人加过词\n"
    add(toml, WordKind.WATCH, "甜甜圈", days=7)
    (line,) = ran(toml).output.splitlines()
    assert line.startswith("1 关注 星禾：甜甜圈 · 小李，")
    assert " · 到 " in line
    checked = CliRunner().invoke(cli.main, ["check", "-c", str(toml)]).output
    assert "加词: 1 关注 星禾：甜甜圈" in checked
    explained = CliRunner().invoke(cli.main, ["check", "--explain", "星禾的杯子", "-c", str(toml)]).output
    assert explained.splitlines() == ["是 星禾：算，有 星禾", "否 别家：不算，它的词一个也没有"]


def test_a_word_is_a_line_with_who_added_it(toml: Path) -> None:
    add(toml, WordKind.WATCH, "甜甜圈", days=7)
    (line,) = ran(toml).output.splitlines()
    assert line.startswith("1 watch 星禾: 甜甜圈 · 小李, ")
    assert " · until " in line
    assert json.loads(ran(toml, "--json").output)["query"] == "甜甜圈"


def test_the_toml_is_what_the_brands_table_then_says(toml: Path) -> None:
    add(toml, WordKind.WATCH, "甜甜圈 OR 麻薯")
    add(toml, WordKind.WATCH, '"it\'s"')
    add(toml, WordKind.EXCEPT, "应援")
    add(toml, WordKind.EXCEPT, "只看几天", days=7)
    read = tomllib.loads(ran(toml, "--toml").output)
    assert read == {"also": '(甜甜圈 OR 麻薯) OR "it\'s"', "except": "(抽奖 OR 招聘) OR 应援"}
    assert "# 4 except 星禾: 只看几天" in ran(toml, "--toml").output


def test_check_prints_them_and_explains_by_them(toml: Path) -> None:
    add(toml, WordKind.WATCH, "甜甜圈")
    checked = CliRunner().invoke(cli.main, ["check", "-c", str(toml)]).output
    assert "word: 1 watch 星禾: 甜甜圈 · 小李" in checked
