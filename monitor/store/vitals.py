"""How a database stands, whoever made it: schema, sizes, rows, whether it is whole. Read-only; nothing of what it holds is said."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

_FACTS = ("page_size", "page_count", "freelist_count", "journal_mode")
_OURS = re.compile(r"[a-z_]+")


def vitals(path: Path) -> dict[str, Any]:
    """Facts of the file at `path`; under "problem" what kept them from being read. `whole`: ["ok"], or what SQLite found wrong."""
    found: dict[str, Any] = {"bytes": {part: _size(Path(f"{path}{part}")) for part in ("", "-wal", "-shm")}}
    if not path.exists():
        return found | {"problem": "there is no database yet"}
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5.0)) as connection:
            for fact in _FACTS:
                found[fact] = connection.execute(f"PRAGMA {fact}").fetchone()[0]
            found["whole"] = [str(row[0]) for row in connection.execute("PRAGMA quick_check(10)")]
            names = [
                str(row[0])
                for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            ]
            ours = [name for name in names if _OURS.fullmatch(name)]
            found["rows"] = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ours}  # noqa: S608 - names of letters alone
            if "alembic_version" in ours:
                found["schema"] = [
                    str(row[0])[:40] for row in connection.execute("SELECT version_num FROM alembic_version")
                ]
    except sqlite3.Error as error:
        found["problem"] = f"{type(error).__name__}: {error}"
    return found


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
