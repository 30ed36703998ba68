"""Every connector of the table against its recordings. A new connector adds a folder there, and nothing here."""

from pathlib import Path

import pytest

from connectors import CONNECTORS, load
from monitor.errors import ConfigError
from tests.connectors.playback import OPTIONS, cases, check

RECORDINGS = Path(__file__).parent.parent / "recordings"


def every_recording() -> list[tuple[str, Path]]:
    return [(name, recording) for name in CONNECTORS for recording in cases(RECORDINGS / name)]


@pytest.mark.parametrize(("name", "recording"), every_recording(), ids=lambda part: getattr(part, "stem", part))
def test_a_recording_is_read_as_its_golden_file_says(name: str, recording: Path) -> None:
    check(name, recording)


@pytest.mark.parametrize("name", CONNECTORS)
def test_every_connector_of_the_table_has_recordings(name: str) -> None:
    assert (RECORDINGS / name / OPTIONS).exists()
    assert cases(RECORDINGS / name)


def test_no_recording_is_left_of_a_connector_that_is_gone() -> None:
    assert {folder.name for folder in RECORDINGS.iterdir()} == set(CONNECTORS)


def test_an_unknown_type_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=", ".join(sorted(CONNECTORS))):
        load("weixin")


def test_a_users_own_connector_that_is_not_there_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="cannot be imported"):
        load("no_such_module:Feed")
