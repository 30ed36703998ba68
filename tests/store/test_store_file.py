"""The file itself: how it comes to be, how it is brought up to date, when it is refused, what never stands in it."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from monitor.errors import StoreError
from monitor.model import Author
from monitor.store import Store, migrate, schema
from tests.store.conftest import KEY
from tests.store.seen import page, record, saw

NEWER = "9999"

NEXT = f'''"""A column more."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEWER}", "{schema.HEAD}"


def upgrade() -> None:
    with op.batch_alter_table("story") as story:
        story.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=""))
'''

BROKEN = NEXT + '    raise RuntimeError("halfway")\n'


def newer(folder: Path, what: str = NEXT) -> Path:
    """The migrations of a program that knows one more than this."""
    there = folder / "migrations"
    shutil.copytree(migrate.MIGRATIONS, there, ignore=shutil.ignore_patterns("__pycache__"))
    (there / "versions" / "9999_a_column_more.py").write_text(what)
    return there


def upgrade(path: Path, migrations: Path) -> None:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        migrate.to_head(engine, path, migrations=migrations, head=NEWER)
    finally:
        engine.dispose()


def ask(path: Path, question: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchone()[0]


def bytes_of(path: Path) -> bytes:
    """Everything that stands on the disk, the log too."""
    return b"".join(item.read_bytes() for item in sorted(path.parent.iterdir()) if item.is_file())


# ── how it comes to be ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_file_has_the_tables_of_the_schema_and_nothing_else(opened: Callable[[], Store]) -> None:
    store = opened()

    def differences(connection: object) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), schema.metadata))  # type: ignore[arg-type]

    assert store._db.read(differences) == []


def test_migrations_and_schema_have_the_same_partial_indexes(store: Store) -> None:
    """What Alembic does not compare: the conditions, by which queries find their index."""

    def conditions(connection: object) -> dict[str, str]:
        listed = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql LIKE '% WHERE %'")  # type: ignore[attr-defined]
        return {row.name: " ".join(row.sql.split("WHERE")[1].split()) for row in listed}

    assert store._db.read(conditions) == {
        "ix_incident_due_at": "due_at IS NOT NULL",
        "ix_mention_incident_id": "incident_id IS NOT NULL",
        "ix_notification_covered": "state = 'covered'",
        "ix_notification_page": "kind IN ('root', 'storm')",
        "ix_mention_doubtful": "state = 'scored' AND severity >= 2 AND second_engine IS NULL",
        "ix_mention_failed": "state = 'failed'",
        "ix_mention_news": "state = 'scored' AND news > 0",
        "ix_mention_look_worth": "next_look_at IS NOT NULL",
        "ix_mention_next_look_at": "next_look_at IS NOT NULL",
        "ix_mention_pending": "state = 'pending'",
        "ix_mention_waiting": "state = 'pending'",
        "ix_post_customer_ref": "customer_ref IS NOT NULL",
        "ix_post_order_ref": "order_ref IS NOT NULL",
        "ix_inbox_waiting": "state = 'waiting'",
        "ix_notification_unsettled": "state IN ('pending', 'sending', 'ambiguous')",
        "uq_word_in_force": "dropped_at IS NULL",
        "uq_incident_story_id_live": "state NOT IN ('false_alarm', 'follow_up', 'merged', 'resolved', 'reviewed')",
    }


def test_a_file_is_written_durably(opened: Callable[[], Store]) -> None:
    def asked(connection: object) -> list[object]:
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]  # type: ignore[attr-defined]

    full = 2
    assert opened()._db.write("ingest", asked) == ["wal", full, 1]


def test_what_was_written_is_there_after_a_restart(opened: Callable[[], Store], path: Path) -> None:
    first = Store.open(path, hash_key=KEY)
    number = page(first)
    first.save_budget("weibo", {"left": 2})
    record(first, cursor={"mark": 9})
    before = first.incident(number)
    first.close()
    again = opened()
    assert again.incident(number) == before
    assert again.budget("weibo") == {"left": 2}
    assert again.feed_state("search").cursor == {"mark": 9}
    assert again.outbox_depth() == {"crisis": 1}


def test_a_folder_with_a_difficult_name_is_no_difficulty(tmp_path: Path) -> None:
    folder = tmp_path / "状态 100% ?mode=ro#"
    folder.mkdir()
    store = Store.open(folder / "langyan.db", hash_key=KEY)
    record(store, saw())
    store.close()
    assert (folder / "langyan.db").exists()


# ── brought up to date ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_older_file_is_brought_up_to_date_with_a_copy_beside_it(path: Path, tmp_path: Path) -> None:
    store = Store.open(path, hash_key=KEY)
    number = page(store)
    store.close()
    upgrade(path, newer(tmp_path))
    assert ask(path, "SELECT version_num FROM alembic_version") == NEWER
    assert ask(path, "SELECT count(*) FROM story WHERE note = ''") == 1
    copy = path.with_name(f"langyan.db.schema-{schema.HEAD}")
    kept = Store.open(copy, hash_key=KEY)
    assert kept.incident(number) is not None
    kept.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, tmp_path: Path) -> None:
    store = Store.open(path, hash_key=KEY)
    number = page(store)
    store.close()
    with pytest.raises(RuntimeError, match="halfway"):
        upgrade(path, newer(tmp_path, BROKEN))
    assert ask(path, "SELECT version_num FROM alembic_version") == schema.HEAD
    store = Store.open(path, hash_key=KEY)
    assert store.incident(number) is not None
    store.close()


def test_a_file_that_is_up_to_date_is_not_copied(opened: Callable[[], Store], path: Path) -> None:
    Store.open(path, hash_key=KEY).close()
    opened()
    assert list(path.parent.glob("*.schema-*")) == []


# ── refused ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", [lambda path: Store.open(path, hash_key=KEY), Store.reading])
def test_a_file_of_a_newer_program_is_refused_and_stays_as_it_is(
    path: Path, tmp_path: Path, way: Callable[[Path], Store]
) -> None:
    Store.open(path, hash_key=KEY).close()
    upgrade(path, newer(tmp_path))
    before = path.read_bytes()
    with pytest.raises(
        StoreError, match=rf"langyan\.db has schema {NEWER}.*it goes up to {schema.HEAD}.*Install the newer Langyan"
    ):
        way(path)
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_stays_as_it_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (id)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"langyan\.db is a database of something else.*move the file away"):
        Store.open(path, hash_key=KEY)
    assert path.read_bytes() == before


def test_an_older_file_is_not_changed_by_who_came_to_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path, hash_key=KEY).close()
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with pytest.raises(StoreError, match=f"older schema {schema.HEAD}; this program reads {NEWER}"):
        migrate.refuse_other(engine, path, head=NEWER)
    engine.dispose()


@pytest.mark.parametrize("way", [lambda path: Store.open(path, hash_key=KEY), Store.reading])
def test_a_file_that_is_no_database_is_refused_by_name(path: Path, way: Callable[[Path], Store]) -> None:
    path.write_bytes(b"not a database at all, " * 400)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"langyan\.db cannot be used as a database: file is not a database"):
        way(path)
    assert path.read_bytes() == before


def test_a_damaged_file_is_said_to_be_damaged_when_the_damage_is_read(opened: Callable[[], Store], path: Path) -> None:
    store = Store.open(path, hash_key=KEY)
    for number in range(30):
        record(store, saw(str(number), text="星禾" * 1_000))
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3] + b"\xff" * (len(whole) - len(whole) // 3))
    with pytest.raises(StoreError, match=r"langyan\.db"):
        opened().unscored(100)


def test_a_folder_that_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/langyan\.db cannot be used as a database"):
        Store.open(tmp_path / "nowhere" / "langyan.db", hash_key=KEY)


# ── what never stands in it ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_authors_own_id_never_reaches_the_disk(opened: Callable[[], Store], path: Path) -> None:
    store = opened()
    record(store, saw(author=Author(id="1700000001", name="小周", followers=12)))
    number = page(store, "2")
    assert store.incident(number) is not None
    assert "小周".encode() in bytes_of(path)
    assert b"1700000001" not in bytes_of(path)
    store.close()
    assert b"1700000001" not in bytes_of(path)
