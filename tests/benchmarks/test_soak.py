"""What a soak says of a process that grows, and of one that only warms up."""

from collections.abc import Callable

import pytest

from benchmarks.soak import EVERY, Look, figures

MINUTES = 20


def slopes(resident: Callable[[float], float]) -> dict[str, float]:
    """Those of resident memory, in MiB an hour; `resident`: MiB so many seconds after the start."""
    looks = [
        Look(at=at, resident=resident(at), anonymous=100, objects=900_000, heap=40, files=32, database=12, sockets=5)
        for at in (EVERY * n for n in range(int(MINUTES * 60 / EVERY)))
    ]
    begin = "soak: resident memory, slope, "
    return {one.name.removeprefix(begin): one.value for one in figures(looks) if one.name.startswith(begin)}


def test_what_leaks_is_as_steep_in_the_second_half_as_in_the_whole() -> None:
    found = slopes(lambda at: 150 + 12 * at / 3600)
    assert found == {
        "all": pytest.approx(12),
        "last three quarters": pytest.approx(12),
        "second half": pytest.approx(12),
    }


def test_what_only_warms_up_is_steep_in_the_whole_and_flat_in_the_second_half() -> None:
    found = slopes(lambda at: 150 + min(at, 400) / 40)
    assert found["all"] > found["last three quarters"] > 1
    assert found["second half"] == pytest.approx(0)


def test_what_begins_to_grow_late_is_steepest_in_the_second_half() -> None:
    found = slopes(lambda at: 150 + max(0, at - 700) / 40)
    assert found["second half"] > found["all"] > 1
