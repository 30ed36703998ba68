"""What CI relies on: with LANGYAN_NO_SKIPS=1 nothing is left out quietly."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

TESTS = {
    "a skip in the test": "import pytest\ndef test_it(): pytest.skip('no promtool here')\n",
    "a mark": "import pytest\n@pytest.mark.skipif(True, reason='no promtool here')\ndef test_it(): ...\n",
    "a fixture that skips": (
        "import pytest\n@pytest.fixture\ndef tool(): pytest.skip('no promtool here')\ndef test_it(tool): ...\n"
    ),
    "a whole file": "import pytest\npytest.skip('no promtool here', allow_module_level=True)\n",
}


def ran(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text())
    (folder / "test_it.py").write_text(text)
    around = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "LANGYAN_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(
        command, cwd=folder, env={**around, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("text", TESTS.values(), ids=list(TESTS))
def test_a_skip_is_a_failure_that_says_why(tmp_path: Path, text: str) -> None:
    done = ran(tmp_path, text, LANGYAN_NO_SKIPS="1")
    assert done.returncode != 0, done.stdout
    assert "no promtool here" in done.stdout
    assert "1 skipped" not in done.stdout


def test_without_the_wish_a_skip_is_a_skip(tmp_path: Path) -> None:
    done = ran(tmp_path, TESTS["a skip in the test"])
    assert done.returncode == 0
    assert "1 skipped" in done.stdout


def test_what_passes_and_what_is_expected_to_fail_stay_as_they_are(tmp_path: Path) -> None:
    text = "import pytest\ndef test_fine(): ...\n@pytest.mark.xfail\ndef test_known(): assert False\n"
    assert ran(tmp_path, text, LANGYAN_NO_SKIPS="1").returncode == 0
