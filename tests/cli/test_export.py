"""`langyan export`: one incident as a zip, from a state that a daemon may be writing."""

import hashlib
import json
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest
from typer.testing import CliRunner, Result

from monitor import cli, dossier, fittings
from monitor.clock import VirtualClock
from monitor.config import load
from tests.builders import NOON
from tests.cli.test_incidents import crisis, toml

__all__ = ["crisis", "toml"]


def ran(toml: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["export", *arguments, "-c", str(toml)])


def test_an_incident_becomes_a_zip_with_the_lines_its_post_came_in(crisis: Path, tmp_path: Path) -> None:
    out = tmp_path / "it.zip"
    done = ran(crisis, "1", "--out", str(out), "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert said["path"] == str(out)
    assert said["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (said["posts"], said["looks"], said["responses"]) == (1, 1, 1)
    with ZipFile(out) as file:
        [raw] = [name for name in file.namelist() if name.startswith("responses/")]
        assert file.read(raw) == (tmp_path / "drop.jsonl").read_bytes()


def test_it_warns_that_private_data_is_in_it(crisis: Path, tmp_path: Path) -> None:
    done = ran(crisis, "1", "--out", str(tmp_path / "it.zip"))
    assert "private data" in done.stderr
    assert f"{tmp_path / 'it.zip'}: 1 posts, 1 looks, 1 raw answers" in done.stdout


def test_without_a_name_it_is_named_after_the_incident(
    crisis: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ran(crisis, "1").exit_code == 0
    [made] = tmp_path.glob("*.zip")
    assert made.name.startswith("incident-1-20")


def test_what_cannot_be_done_is_said_in_a_line(crisis: Path, tmp_path: Path) -> None:
    missing = ran(crisis, "7", "--out", str(tmp_path / "it.zip"))
    assert (missing.exit_code, "there is no incident 7" in missing.stderr) == (2, True)
    (tmp_path / "it.zip").write_text("")
    there = ran(crisis, "1", "--out", str(tmp_path / "it.zip"))
    assert (there.exit_code, "is there already" in there.stderr) == (1, True)


def test_who_asks_from_afar_is_told_where_on_the_server_it_lies(crisis: Path) -> None:
    config = load(crisis)
    with closing(fittings.read_store(config)) as store:
        export = dossier.shelf(store, config.state / "exports", VirtualClock(NOON), "zh")
        path = Path(export(1))
        assert path == config.state / "exports" / "incident-1-20261102T040000Z.zip"
        assert export(1) == str(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
