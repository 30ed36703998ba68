"""The READMEs tell the truth: what they link to is there, every command they name exists, and both languages say the same figures."""

import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from monitor import cli

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", READMES)
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text(name))
    assert len(links) > 8
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_every_command_of_it_exists(name: str) -> None:
    named = set(re.findall(r"(?<!/)langyan ([a-z][a-z-]+)", text(name)))
    assert {"init", "check", "run", "doctor", "install-systemd"} <= named
    assert named <= set(getattr(get_command(cli.main), "commands", {}))


@pytest.mark.parametrize("name", READMES)
def test_the_flags_of_a_first_configuration_exist(name: str) -> None:
    flags = re.findall(
        r"--[a-z-]+", next(line for line in text(name).splitlines() if line.startswith("| `langyan init"))
    )
    shown = CliRunner().invoke(cli.main, ["init", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).stdout
    assert all(flag in shown for flag in flags)


def test_both_languages_say_the_same_figures() -> None:
    def figures(name: str) -> list[list[str]]:
        rows = [line for line in text(name).splitlines() if "`make bench ARGS=" in line]
        return [sorted(re.findall(r"\d+(?:[.,]\d+)*", row)) for row in rows]

    first, second = map(figures, READMES)
    assert len(first) > 5
    assert [row for row, other in zip(first, second, strict=True) if row != other] == []


def test_the_picture_is_of_modest_size() -> None:
    picture = (ROOT / "docs" / "page.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) <= 300_000


@pytest.mark.parametrize("pattern", [r"```toml\n(.*?)```", r"^\| `langyan ([\w-]+)"], ids=["smallest file", "commands"])
def test_both_languages_show_the_same(pattern: str) -> None:
    first, second = (sorted(re.findall(pattern, text(name), re.DOTALL | re.MULTILINE)) for name in READMES)
    assert first == second != []
