"""Copies of a database in use, and a state directory that comes back as it was."""

import io
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor import backups
from monitor.errors import StoreError
from monitor.store import Store, backup, migrate, schema
from tests.store.conftest import KEY
from tests.store.seen import record, saw

NOW = datetime(2026, 11, 27, 6, tzinfo=UTC)
BESIDE = ("author.key", "linear.weights")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "author.key").write_bytes(KEY)
    with closing(Store.open(tmp_path / "langyan.db", hash_key=KEY)) as store:
        record(store, saw("1"), saw("2"))
    return tmp_path


def posts(state: Path) -> int:
    with closing(Store.reading(state / "langyan.db")) as store:
        return store.totals()["posts"]


def add(state: Path, *names: str) -> None:
    with closing(Store.open(state / "langyan.db", hash_key=KEY)) as store:
        record(store, *[saw(name) for name in names])


def test_a_backup_comes_back_as_it_was_and_what_was_there_is_kept(state: Path, tmp_path: Path) -> None:
    (state / "linear.weights").write_text("learned")
    (tmp_path / "to").mkdir(exist_ok=True)
    made = backups.make(state, BESIDE, tmp_path / "to" / "b.tar", NOW)
    assert (made.schema, made.files) == (schema.HEAD, ("langyan.db", "author.key", "linear.weights"))
    assert made.path.stat().st_mode & 0o777 == 0o600
    add(state, "3")
    (state / "author.key").write_bytes(b"another")
    kept = backups.restore(state, BESIDE, made.path, NOW)
    assert posts(state) == 2
    assert (state / "author.key").read_bytes() == KEY
    assert posts(kept) == 3
    assert (kept / "author.key").read_bytes() == b"another"


def test_what_root_restores_belongs_to_the_service(state: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir(exist_ok=True)
    made = backups.make(state, BESIDE, tmp_path / "to" / "b.tar", NOW)
    if os.geteuid() == 0:
        os.chown(state, 61234, 61234)
    kept = backups.restore(state, BESIDE, made.path, NOW)
    whose = state.stat().st_uid
    assert {path.stat().st_uid for path in (state / "langyan.db", state / "author.key", kept)} == {whose}


def test_a_backup_is_whole_while_somebody_writes(state: Path, tmp_path: Path) -> None:
    with closing(Store.open(state / "langyan.db", hash_key=KEY)) as store:
        record(store, saw("3"))  # it stands in the log, not in the file
        made = backups.make(state, BESIDE, tmp_path / "b.tar.gz", NOW)
        record(store, saw("4"))
    backups.restore(state, BESIDE, made.path, NOW)
    assert posts(state) == 3


def test_the_log_of_the_old_database_is_never_read_into_the_restored_one(state: Path, tmp_path: Path) -> None:
    made = backups.make(state, BESIDE, tmp_path / "b.tar", NOW)
    add(state, "3")
    store = Store.open(state / "langyan.db", hash_key=KEY)
    record(store, saw("4"))
    log = (state / "langyan.db-wal").read_bytes()
    store.close()
    (state / "langyan.db-wal").write_bytes(log)  # as a kill leaves it
    backups.restore(state, BESIDE, made.path, NOW)
    assert posts(state) == 2


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from monitor import backups
left, replace = [int(sys.argv[3])], Path.replace
def killed(self, to):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return replace(self, to)
Path.replace = killed
backups.restore(Path(sys.argv[1]), ("author.key", "linear.weights"), Path(sys.argv[2]), datetime.now(UTC))
"""


@pytest.mark.parametrize("after", [0, 1])
def test_a_restore_that_is_killed_leaves_a_whole_database_and_can_be_run_again(
    state: Path, tmp_path: Path, after: int
) -> None:
    made = backups.make(state, BESIDE, tmp_path / "b.tar", NOW)
    add(state, "3")
    command = [sys.executable, "-P", "-c", KILLED, str(state), str(made.path), str(after)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    assert posts(state) == (2 if after else 3)
    backups.restore(state, BESIDE, made.path, NOW)
    assert posts(state) == 2
    assert not list(state.glob("langyan.db-*"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    at = whole.index(b"SQLite format 3") + 5000
    whole[at : at + 400] = b"\xff" * 400
    path.write_bytes(bytes(whole))


def empty(path: Path) -> None:
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("../langyan.db")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))


@pytest.mark.parametrize("harm", [cut, spoil, empty, Path.unlink, lambda path: path.write_text("no backup")])
def test_a_backup_that_is_not_whole_changes_nothing(state: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    made = backups.make(state, BESIDE, tmp_path / "b.tar", NOW)
    harm(made.path)
    with pytest.raises(StoreError, match=r"b\.tar") as caught:
        backups.restore(state, BESIDE, made.path, NOW)
    assert ".restoring-" not in str(caught.value)
    assert posts(state) == 2
    assert not list(state.glob("before-restore-*"))


def test_a_disk_that_takes_nothing_more_leaves_no_half_a_backup(state: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        backups.make(state, BESIDE, Path("/proc/self/b.tar"), NOW)


def test_a_folder_that_is_not_there_is_not_made_for_a_backup(state: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no such folder"):
        backups.make(state, BESIDE, tmp_path / "unmounted" / "b.tar", NOW)
    assert not (tmp_path / "unmounted").exists()


# ── before a migration ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_newest_copies_before_migrations_are_kept(state: Path) -> None:
    database = state / "langyan.db"
    for number in ("0007", "0010", "0009", "0011"):
        backup.before_migration(database, number)
    assert [copy.name for copy in backup.copies(database)] == [
        "langyan.db.schema-0011", "langyan.db.schema-0010", "langyan.db.schema-0009",
    ]  # fmt: skip
    assert backup.prove(backup.copies(database)[0]) == schema.HEAD


def test_a_copy_made_before_a_migration_can_be_restored(state: Path) -> None:
    backup.before_migration(state / "langyan.db", schema.HEAD)
    add(state, "3")
    backups.restore(state, BESIDE, backup.copies(state / "langyan.db")[0], NOW)
    assert posts(state) == 2


def test_an_older_program_refuses_a_newer_database_and_prints_the_way_back(state: Path) -> None:
    database = state / "langyan.db"
    backup.before_migration(database, schema.HEAD)
    with closing(sqlite3.connect(database)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    with pytest.raises(StoreError, match=f"langyan restore {database}.schema-{schema.HEAD}"):
        Store.open(database, hash_key=KEY)
    with pytest.raises(StoreError, match="Install the newer Langyan first"):
        migrate.refuse_unknown("9999", database)
