"""Waiting in tests for what other threads do."""

import time
from collections.abc import Callable


def until(happens: Callable[[], object], seconds: float = 15.0) -> None:
    """Waits for what other threads do."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)
