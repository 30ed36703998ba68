"""What each loop is working on, so that after a crash one knows what it was; what crashed the process twice is set aside.

A small file for each loop, in memory's way to the disk: the kernel keeps it when a process dies, and a power cut is no record's fault.
After a crash a loop takes one record at a time until those that were under way are through, so that a second crash blames one alone.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import orjson
import structlog

from monitor.errors import LangyanError

log = structlog.get_logger()

TWICE = 2


class Page:
    """One loop's part; for one thread at a time. `path` None: nothing is remembered."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = -1
        self._crashed: dict[str, int] = {}
        if path is None:
            return
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        under_way, before = _read(self._file)
        self._crashed = {one: before.get(one, 0) + 1 for one in under_way}
        if under_way:
            log.warning("the process ended in the midst of it", loop=path.stem, under_way=under_way[:5])
        self._write(())

    @property
    def alone(self) -> bool:
        """Whether records are to be taken one at a time just now."""
        return bool(self._crashed)

    def twice(self, one: object) -> bool:
        """Whether this record ended the process twice: it is to be set aside."""
        return self._crashed.get(str(one), 0) >= TWICE

    def through(self) -> None:
        """Nothing of what was under way waits any more."""
        if self._crashed:
            self._crashed = {}
            self._write(())

    @contextmanager
    def working(self, on: Sequence[object]) -> Iterator[None]:
        """While it lasts, these are under way. A defect leaves them so; what can be said in words has not ended the process."""
        names = [str(one) for one in on]
        self._write(names)
        try:
            yield
        except LangyanError:
            self._write(())
            raise
        for name in names:
            self._crashed.pop(name, None)
        self._write(())

    def _write(self, under_way: Sequence[str]) -> None:
        if self._file >= 0:
            line = orjson.dumps([under_way, self._crashed], option=orjson.OPT_APPEND_NEWLINE)
            os.pwrite(self._file, line, 0)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


class Journal:
    """The pages of all loops, in a folder of their own. `folder` None: nothing is remembered."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._pages: dict[str, Page] = {}
        if folder is not None:
            folder.mkdir(mode=0o700, exist_ok=True)

    def page(self, loop: str) -> Page:
        if loop not in self._pages:
            self._pages[loop] = Page(self._folder and self._folder / f"{quote(loop, safe='')}.json")
        return self._pages[loop]

    def close(self) -> None:
        for page in self._pages.values():
            page.close()


def _read(file: int) -> tuple[list[str], dict[str, int]]:
    """What was under way, and how often it crashed before; nothing of a file that cannot be read."""
    try:
        under_way, crashed = orjson.loads(os.pread(file, 1 << 20, 0).partition(b"\n")[0])
        return [str(one) for one in under_way], {str(one): int(count) for one, count in crashed.items()}
    except (ValueError, TypeError, AttributeError):
        return [], {}
