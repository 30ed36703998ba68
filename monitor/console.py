"""How a command speaks: JSON lines on stdout, everything else on stderr, errors in their own words."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from monitor.errors import FULL, ConfigError, LangyanError
from monitor.model import Words

errors = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass
class Voice:
    """What people here read, once the configuration has said it."""

    language: Literal["zh", "en"] = "en"


@contextmanager
def plainly() -> Iterator[Voice]:
    """What an operator can mend ends the command with its own words, not with a traceback."""
    voice = Voice()
    try:
        yield voice
    except ConfigError as error:
        errors.print(f"langyan: {error}", style="red", markup=False)
        raise typer.Exit(2) from None
    except LangyanError as error:
        errors.print(f"langyan: {error.said.told(voice.language)}", style="red", markup=False)
        raise typer.Exit(2 if error.__class__.__name__ == "StoreError" else 1) from None
    except OSError as error:
        if error.errno not in FULL:  # what is printed goes into a file as often as onto a screen
            raise
        full = Words(f"写不下（{error.strerror}）。请腾出空间（df -h）", f"{error.strerror}. Make room (df -h)")
        errors.print(f"langyan: {full.told(voice.language)}", style="red", markup=False)
        raise typer.Exit(1) from None


def say(line: object) -> None:
    """One JSON line."""
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


@contextmanager
def progress(what: str, quiet: bool = False) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on stderr when that is a terminal; silent otherwise."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
