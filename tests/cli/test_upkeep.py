"""`langyan backup` and `restore` as an operator types them."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor import app, cli
from monitor.config import load

TOML = """
state = "state"
[[brand]]
name = "星禾"
match = "星禾"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "langyan.toml"
    path.write_text(TOML, encoding="utf-8")
    with closing(app.open_store(load(path))):
        pass
    return path


def langyan(toml: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.main, [*words, "-c", str(toml)])
    return result.exit_code, result.output


def test_a_backup_goes_into_the_state_directory_unless_told_where(toml: Path, tmp_path: Path) -> None:
    code, said = langyan(toml, "backup", "--json")
    made = json.loads(said)
    assert code == 0
    assert Path(made["path"]).parent == tmp_path / "state" / "backups"
    assert made["files"] == ["langyan.db", "author.key"]
    code, said = langyan(toml, "backup", str(tmp_path))
    assert "checked; holds langyan.db, author.key" in said
    code, said = langyan(toml, "restore", made["path"])
    assert code == 0
    assert "what was there is kept in" in said


def test_a_restore_is_refused_while_a_daemon_runs(toml: Path) -> None:
    _, said = langyan(toml, "backup", "--json")
    with closing(app.occupy(load(toml))):
        code, said = langyan(toml, "restore", json.loads(said)["path"])
    assert code == 2
    assert "another langyan run works in" in said


def test_without_a_database_there_is_nothing_to_back_up(toml: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "langyan.db").unlink()
    code, said = langyan(toml, "backup")
    assert code == 2
    assert "cannot be copied or read" in said
