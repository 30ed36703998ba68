"""A real daemon in a process of its own, to be read as Prometheus reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.standing import Standing, standing


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Standing]:
    with standing(tmp_path) as found:
        yield found
