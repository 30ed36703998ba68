"""What only reads works where nothing can be written: a mounted backup disk, a state directory of another user."""

import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from monitor import backups, fittings
from monitor.clock import RealClock
from monitor.config import load
from monitor.store import Store
from tests.store.seen import record, saw, score_all

TOML = """
language = "en"
state = "state"
[[brand]]
name = "星禾"
match = "星禾"
"""

COMMANDS = """
import json, sys
from pathlib import Path
from typer.testing import CliRunner
from monitor import cli
config, said = sys.argv[1], {}
try:
    Path(config).with_name("state").joinpath("probe").touch()
    said["writable"] = True
except OSError:
    said["writable"] = False
for words in json.loads(sys.argv[2]):
    done = CliRunner().invoke(cli.main, [*words, "-c", config])
    said[words[0]] = [done.exit_code, done.output]
print(json.dumps(said))
"""

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def _bound_by_modes() -> None:
    """Root is bound by a folder's mode once this is gone; anybody else is anyway."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def langyan(config: Path, *commands: list[str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", COMMANDS, str(config), json.dumps(commands)],
        preexec_fn=_bound_by_modes, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    said: dict[str, Any] = json.loads(done.stdout)
    assert said.pop("writable") is False
    return said


@pytest.fixture
def toml(tmp_path: Path) -> Iterator[Path]:
    """A state directory that takes nothing more once `chmod`ed, and is let go of at the end."""
    path = tmp_path / "langyan.toml"
    path.write_text(TOML, encoding="utf-8")
    with closing(fittings.open_store(load(path))) as store:
        now = RealClock().now()
        record(store, saw("1", at=now))
        score_all(store, now=now)
    (tmp_path / "out").mkdir()
    yield path
    (tmp_path / "state").chmod(0o700)


def test_a_database_that_was_closed_is_read_where_nothing_can_be_written(toml: Path, tmp_path: Path) -> None:
    (tmp_path / "state").chmod(0o500)
    out = tmp_path / "out"
    said = langyan(
        toml,
        ["incidents", "list"],
        ["backup", str(out / "b.tar")],
        ["export", "--since", "7d", "--out", str(out / "r.jsonl")],
        ["replay", "--store", "7d"],
        ["doctor", "--offline", str(out / "d.tar.gz")],
    )
    assert {name: code for name, (code, _) in said.items() if name != "doctor"} == dict.fromkeys(
        ("incidents", "backup", "export", "replay"), 0
    ), said
    assert "cannot be" not in said["doctor"][1]
    (tmp_path / "state").chmod(0o700)
    assert posts_in(out / "b.tar", tmp_path) == 1


def posts_in(backup: Path, tmp_path: Path) -> int:
    """How many posts a backup holds."""
    (tmp_path / "anew").mkdir()
    backups.restore(tmp_path / "anew", (), backup, RealClock().now())
    with closing(Store.reading(tmp_path / "anew" / "langyan.db")) as store:
        return store.totals()["posts"]


def test_a_database_with_a_log_beside_it_is_not_read_without_that_log(toml: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with closing(fittings.open_store(load(toml))) as store:
        record(store, saw("2"))
        log = (state / "langyan.db-wal").read_bytes()
    (state / "langyan.db-wal").write_bytes(log)  # as a kill leaves it
    state.chmod(0o500)
    out = tmp_path / "out"
    said = langyan(toml, ["incidents", "list"], ["export", "--since", "7d", "--out", str(out / "r.jsonl")], ["backup"])
    assert {code for code, _ in said.values()} == {2}
    for command in ("incidents", "export"):
        assert "langyan.db-wal beside it belongs to it" in said[command][1]
        assert "Copy both" in said[command][1]
    assert "Name a file or a folder elsewhere" in said["backup"][1]
