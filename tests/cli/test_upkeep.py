"""`langyan backup`, `restore`, `forget` and `export --since` as an operator types them."""

import gzip
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.record import sighting
from monitor import cli, fittings
from monitor.clock import RealClock
from monitor.config import load
from monitor.model import Count, Counts, PostKey, Precision, Sighting
from tests.store.seen import record, saw, score_all

TOML = """
language = "en"
state = "state"
[[brand]]
name = "星禾"
match = "星禾"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "langyan.toml"
    path.write_text(TOML, encoding="utf-8")
    with closing(fittings.open_store(load(path))):
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


def test_people_here_are_told_in_chinese(toml: Path, tmp_path: Path) -> None:
    toml.write_text(toml.read_text(encoding="utf-8").replace('language = "en"\n', ""), encoding="utf-8")
    now = RealClock().now()
    with closing(fittings.open_store(load(toml))) as store:
        record(store, saw("1", at=now))
        score_all(store, now=now)
    assert "已核对；内有 langyan.db、author.key" in langyan(toml, "backup", str(tmp_path / "b.tar"))[1]
    (tmp_path / "cut.tar").write_bytes((tmp_path / "b.tar").read_bytes()[:1000])
    assert "不是狼烟的备份，或不完整" in langyan(toml, "restore", str(tmp_path / "cut.tar"))[1]
    assert "这个目录。请建好它" in langyan(toml, "backup", str(tmp_path / "unmounted" / "b.tar"))[1]
    assert "已就位；原来的内容留在" in langyan(toml, "restore", str(tmp_path / "b.tar"))[1]
    said = langyan(toml, "export", "--since", "7d", "--out", str(tmp_path / "r.jsonl"))[1]
    assert "录像里有未遮盖的个人信息" in said
    assert "r.jsonl：帖子 1 条，观察 1 次" in said
    assert oct((tmp_path / "r.jsonl").stat().st_mode)[-3:] == "600"
    said = langyan(toml, "forget", "--post", "weibo:1")[1]
    assert "已删除：1 条帖子的文字、作者和地址" in said
    assert "还在：做过的备份" in said
    assert "这里没有 weibo:2 的任何内容" in langyan(toml, "forget", "--post", "weibo:2")[1]


def test_a_restore_is_refused_while_a_daemon_runs(toml: Path) -> None:
    _, said = langyan(toml, "backup", "--json")
    with closing(fittings.occupy(load(toml))):
        code, said = langyan(toml, "restore", json.loads(said)["path"])
    assert code == 2
    assert "another langyan run works in" in said


def test_without_a_database_there_is_nothing_to_back_up(toml: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "langyan.db").unlink()
    code, said = langyan(toml, "backup")
    assert code == 2
    assert "cannot be copied or read" in said


def test_forget_says_what_went_and_what_remains(toml: Path) -> None:
    with closing(fittings.open_store(load(toml))) as store:
        record(store, saw("1"))
    code, said = langyan(toml, "forget", "--post", "weibo:1")
    assert code == 0
    assert "erased: words, author and address of 1 posts" in said
    assert "remains: backups that were made" in said
    assert "nothing of weibo:2 is here, so nothing was erased" in langyan(toml, "forget", "--post", "weibo:2")[1]
    for wrong in (["forget"], ["forget", "--post", "5340"], ["forget", "--post", "weibo:1", "--author", "weibo:2"]):
        assert langyan(toml, *wrong)[0] == 2


def test_a_recording_of_the_store_plays_again(toml: Path, tmp_path: Path) -> None:
    now = RealClock().now()
    counts = Counts(
        reposts=Count(12_300, Precision.ROUNDED), likes=Count(100_000, Precision.LOWER_BOUND), views=Count(7)
    )
    with closing(fittings.open_store(load(toml))) as store:
        record(store, saw("1", at=now - timedelta(hours=2), text="=星禾的杯子"))
        record(store, Sighting(key=PostKey("weibo", "1"), seen_at=now - timedelta(hours=1), counts=counts))
        score_all(store, now=now)
    path = tmp_path / "r.jsonl.gz"
    code, said = langyan(toml, "export", "--since", "7d", "--out", str(path))
    assert (code, f"{path}: 2 looks at 1 posts" in said) == (0, True)
    with gzip.open(path) as file:
        first, second = [sighting(line, n) for n, line in enumerate(file)]
    assert first.post is not None
    assert first.post.text == "=星禾的杯子"
    assert (second.counts, second.post) == (counts, None)
    assert langyan(toml, "export")[0] == 2


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_a_recording_that_finds_the_disk_full_says_so(toml: Path, tmp_path: Path, name: str) -> None:
    now = RealClock().now()
    with closing(fittings.open_store(load(toml))) as store:
        record(store, saw("1", at=now))
        score_all(store, now=now)
    (tmp_path / f"{name}.part").symlink_to("/dev/full")
    code, said = langyan(toml, "export", "--since", "7d", "--out", str(tmp_path / name))
    assert code == 1
    assert f"{tmp_path / name} cannot be written (No space left on device). Make room there" in said
    assert "line " not in said
    assert not (tmp_path / name).exists()


def test_a_packed_backup_that_was_cut_short_is_said_to_be_so(toml: Path, tmp_path: Path) -> None:
    whole = tmp_path / "b.tar.gz"
    assert langyan(toml, "backup", str(whole))[0] == 0
    for cut in (1000, whole.stat().st_size // 2):
        torn = tmp_path / f"torn-{cut}.tar.gz"
        torn.write_bytes(whole.read_bytes()[:cut])
        code, said = langyan(toml, "restore", str(torn))
        assert code == 2
        assert "not whole" in said
