"""From any older schema to this one, with a copy of the database beside it before anything changes."""

import shlex
from importlib import resources
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from monitor.errors import StoreError
from monitor.model import Words
from monitor.store import backup, schema

MIGRATIONS = Path(str(resources.files("monitor.store") / "migrations"))


def refuse_foreign(engine: Engine, path: Path, *, migrations: Path = MIGRATIONS, head: str = schema.HEAD) -> None:
    """StoreError where the file is newer than this program, or is not ours."""
    found = _revision(engine, path)
    if found in (None, head):
        return
    if found not in _known(migrations):
        raise _newer(path, found, head)


def to_head(engine: Engine, path: Path, *, migrations: Path = MIGRATIONS, head: str = schema.HEAD) -> None:
    """Makes or migrates the tables of a database that is ours."""
    found = _revision(engine, path)
    if found == head:
        return
    # Alembic is imported where it is needed: most starts find the schema as it should be.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    if found is not None:
        backup.before_migration(path, found)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, head)


def refuse_other(engine: Engine, path: Path, *, head: str = schema.HEAD) -> None:
    """For who only reads: the schema must be this program's."""
    found = _revision(engine, path)
    if found is None:
        raise StoreError(
            Words(f"{path} 还是空的。请先启动一次 langyan run", f"{path} holds nothing yet. Start langyan run once")
        )
    if found < head:
        raise StoreError(
            Words(
                f"{path} 是较旧的结构 {found}，这个版本读 {head}。请先启动一次 langyan run",
                f"{path} has the older schema {found}; this program reads {head}. Start langyan run once",
            )
        )
    if found != head:
        raise _newer(path, found, head)


def refuse_unknown(found: str, source: Path) -> None:
    """StoreError where a copy's schema is newer than this program."""
    if found not in _known(MIGRATIONS):
        raise StoreError(
            Words(
                f"{source} 是结构 {found}，这个版本不认识。请先装上较新的狼烟",
                f"{source} has schema {found}, which this program does not know. Install the newer Langyan first",
            )
        )


def _known(migrations: Path) -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory(str(migrations)).walk_revisions()}


def _newer(path: Path, found: str, head: str) -> StoreError:
    ours = [copy for copy in backup.copies(path) if copy.name.rpartition("-")[2] <= head]
    back = Words("或恢复较旧的备份", "or restore an older backup")
    if ours:
        command = f"langyan restore {shlex.quote(str(ours[0]))}"
        back = Words(f"或退回升级之前：{command}", f"or go back to before the migration: {command}")
    return StoreError(
        Words(
            f"{path} 是结构 {found}，这个版本只认识到 {head}。请重新装上较新的狼烟，{back.zh}",
            f"{path} has schema {found}, which this program does not know; it goes up to {head}. "
            f"Install the newer Langyan again, {back.en}",
        )
    )


def _revision(engine: Engine, path: Path) -> str | None:
    """The revision a database stands at; None for an empty one."""
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return None if found is None else str(found)
    if tables:
        raise StoreError(
            Words(
                f"{path} 是别的程序的数据库。请把 state 指向别的目录，或移走这个文件",
                f"{path} is a database of something else. Set state to another folder, or move the file away",
            )
        )
    return None
