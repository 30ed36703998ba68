"""The help is the first thing a newcomer sees, and it comes at once."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from monitor import __version__, cli

COMMANDS = [(), ("auth",), ("auth", "weibo"), ("run",), ("check",), ("replay",), ("demo",), ("incidents",), ("score",), ("train", "sentiment"), ("incidents", "list"), ("incidents", "show"), ("incidents", "label"), ("incidents", "ack"), ("incidents", "respond"),
            ("incidents", "resolve"), ("incidents", "false"), ("incidents", "undo"), ("incidents", "review"), ("incidents", "reassign"),
            ("incidents", "merge"), ("incidents", "split"),
            ("export",), ("train",), ("train", "spread"), ("forecast",), ("tune",), ("words",), ("sandbox",), ("ingest",), ("backup",), ("restore",), ("forget",), ("init",), ("install-systemd",), ("doctor",)]  # fmt: skip

HEAVY = ("numpy", "sqlalchemy", "sqlmodel", "httpx", "slack_sdk", "apscheduler", "uvicorn", "starlette",
         "prometheus_client", "snownlp", "matplotlib")  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(command) or "langyan" for command in COMMANDS])
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli.main, [*command, "--help"], env={"COLUMNS": "110", "TERM": "dumb"})
    assert done.exit_code == 0
    assert "Usage: " in done.stdout
    assert done.stderr == ""
    # An option without a word of explanation ends at its type.
    lines = (line.strip("│ *\n") for line in done.stdout.splitlines() if line.startswith("│ "))
    options = [line for line in lines if line.startswith("-")]
    assert options
    assert all(option.endswith((".", "]")) or len(option.split("  ")[-1].split()) > 2 for option in options), options


def test_no_command_is_forgotten_here() -> None:
    top = CliRunner().invoke(cli.main, ["--help"], env={"COLUMNS": "110", "TERM": "dumb"}).stdout
    listed = {
        line.split()[1]
        for line in top.partition("Commands")[2].splitlines()
        if line.startswith("│ ") and line[2] != " "
    }
    assert listed == {command[0] for command in COMMANDS if command}


def test_the_version_is_said() -> None:
    done = CliRunner().invoke(cli.main, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"langyan {__version__}\n")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom monitor.cli import main\n"
        "try:\n    main(['run', '--help'])\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "[]\n"
