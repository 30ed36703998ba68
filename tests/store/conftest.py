"""A store in memory and one in a file: whatever is said of one is said of both."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.store import Store

KEY = b"a key of these tests"


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = Store.memory(hash_key=KEY) if request.param == "memory" else Store.open(tmp_path / "s.db", hash_key=KEY)
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "langyan.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the file, as often as a test wants; what it left open is closed behind it."""
    made: list[Store] = []

    def open_it() -> Store:
        made.append(Store.open(path, hash_key=KEY))
        return made[-1]

    yield open_it
    for one in made:
        one.close()
