"""What an operator may get wrong: the place is named, the exit code is 2, and it is one plain line."""

import errno
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from monitor import cli, fittings
from monitor.config import load
from monitor.console import plainly

GOOD = """
language = "en"
state = "state"
listen = "127.0.0.1:0"
[[brand]]
name = "星禾"
match = '星禾 OR xinghe'
[[feed]]
name = "drop"
type = "jsonl"
path = "drop.jsonl"
[alerts.receivers.crisis]
type = "slack"
channel = "C0CRISIS01"
token = { file = "slack.token" }
"""

WRONG = {
    "a misspelt table": ("[[brand]]", "[[brnad]]", "brnad: unknown key. Did you mean brand?"),
    "a misspelt key": ("match =", "mach =", "brand[0].mach: unknown key. Did you mean match?"),
    "a misspelt key of a feed": ("path =", "pth =", "feed[0].pth: unknown key. Did you mean path?"),
    "a misspelt key of a receiver": (
        "channel =",
        "chanel =",
        "alerts.receivers.crisis.chanel: unknown key. Did you mean channel?",
    ),
    "a misspelt type": ('"jsonl"', '"jsonlines"', "feed[0].type: "),
    "a bad query": (
        "'星禾 OR xinghe'",
        "'星禾 OR (xinghe'",
        "brand[0].match, column 7: this parenthesis is never closed",
    ),
    "an ordinary word for an operator": ("'星禾 OR xinghe'", "'星禾 or xinghe'", "brand[0].match, column 4: "),
    "an unreadable secret": (
        '"slack.token" }',
        '"nowhere.token" }',
        "alerts.receivers.crisis.token: ",
    ),
    "a secret in plain text": (
        '{ file = "slack.token" }',
        '"xoxb-plain-secret"',
        "alerts.receivers.crisis.token: a secret stands in plain text",
    ),
    "a secret the environment does not have": (
        '{ file = "slack.token" }',
        '{ env = "LANGYAN_TEST_NOWHERE" }',
        "alerts.receivers.crisis.token: the environment has no LANGYAN_TEST_NOWHERE",
    ),
    "an address that is none": ('"127.0.0.1:0"', '"nine"', "listen: "),
    "the whole world as listener": ('"127.0.0.1:0"', '"0.0.0.0:9733"', "listen: "),
    "a channel's name": ('"C0CRISIS01"', '"#crisis"', "alerts.receivers.crisis.channel: "),
}


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    (tmp_path / "slack.token").write_text("xoxb-sandbox")
    (tmp_path / "langyan.toml").write_text(GOOD)
    return tmp_path / "langyan.toml"


def ran(toml: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli.main, [*arguments, "-c", str(toml)])


def refused(done: Result) -> str:
    """The one thing that was said, on stderr, by a command that exited with 2."""
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    assert done.stderr.startswith("langyan: ")
    assert "Traceback" not in done.stderr
    return done.stderr.removeprefix("langyan: ").removesuffix("\n")


@pytest.mark.parametrize(("good", "bad", "says"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_in_the_file_is_named_by_its_place(toml: Path, good: str, bad: str, says: str) -> None:
    toml.write_text(GOOD.replace(good, bad, 1))
    for command in ("run", "check"):
        said = refused(ran(toml, command))
        assert said.startswith(says), said
        assert "xoxb-plain-secret" not in said
        assert len(said.splitlines()) == 1 or "\n  星禾" in said  # a query is shown with a caret under the column


def test_a_bad_query_shows_where(toml: Path) -> None:
    toml.write_text(GOOD.replace("'星禾 OR xinghe'", "'星禾 OR (xinghe'"))
    lines = refused(ran(toml, "check")).splitlines()
    assert lines[1] == "  星禾 OR (xinghe"
    assert lines[2] == "          ^"  # two wide characters take four cells


@pytest.mark.parametrize("left_out", ["brand", "feed"])
def test_a_file_without_brands_or_feeds_does_not_start(toml: Path, left_out: str) -> None:
    end = {"brand": "[[feed]]", "feed": "[alerts"}[left_out]
    start, _, rest = GOOD.partition(f"[[{left_out}]]")
    toml.write_text(start + end + rest.partition(end)[2])
    assert refused(ran(toml, "run")).startswith(f"{left_out}: no {left_out} is named")


def test_a_file_that_is_not_there_or_not_toml(toml: Path) -> None:
    toml.write_text("this is = = not")
    assert refused(ran(toml, "run")).startswith(f"{toml}: is not TOML: ")
    toml.write_text(GOOD, encoding="gb18030")
    assert refused(ran(toml, "run")) == f"{toml}: is not UTF-8 text. Save it as UTF-8"
    toml.unlink()
    assert refused(ran(toml, "run")) == f"{toml}: cannot be read (No such file or directory). Give another path with -c"


def test_a_port_in_use(toml: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        toml.write_text(GOOD.replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        assert refused(ran(toml, "run")) == (
            f"listen: 127.0.0.1:{port} cannot be used (Address already in use). Stop the other one, or set another port"
        )


def newer(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()


def foreign(database: Path) -> None:
    database.unlink()
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.commit()
    connection.close()


def garbage(database: Path) -> None:
    database.write_bytes(b"not a database at all" * 500)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (newer, "has schema 9999"),
        (foreign, "is a database of something else"),
        (garbage, "cannot be used as a database"),
    ],
)
@pytest.mark.parametrize(
    "command", [("run",), ("run", "--once"), ("check",), ("incidents", "list"), ("incidents", "show", "1")]
)
def test_a_database_that_cannot_be_used(
    toml: Path, command: tuple[str, ...], spoil: Callable[[Path], None], says: str
) -> None:
    fittings.open_store(load(toml)).close()
    database = toml.parent / "state" / "langyan.db"
    spoil(database)
    before = database.read_bytes()
    # What `check` could prove before it came to the database stands on stdout.
    done = ran(toml, *command)
    assert done.exit_code == 2, done.output
    assert done.stderr.startswith(f"langyan: {database} {says}"), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--nonsense"),
        ("nonsense",),
        ("incidents", "show"),
        ("incidents", "show", "one"),
        ("demo", "--speed", "0"),
    ],
)
def test_bad_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli.main, list(arguments))
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_output_that_finds_no_room_is_said_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, plainly():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err == "langyan: No space left on device. Make room (df -h)\n"


def test_what_the_system_refuses_for_another_reason_is_a_defect_with_its_traceback() -> None:
    with pytest.raises(OSError, match="odd"), plainly():
        raise OSError(errno.EBADF, "odd")
