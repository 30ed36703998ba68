"""Gathers what tells how an installation stands, and binds it into one archive."""

import io
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import httpx
import orjson

from monitor import __version__, fittings, proofs
from monitor.config import Config, build
from monitor.config_secrets import ENCODING
from monitor.doctor.redact import Redaction
from monitor.errors import LangyanError
from monitor.install.unit import secrets_in
from monitor.model import Words
from monitor.store.vitals import vitals

LOG_BYTES = 2_000_000
"""Of a log, from its end."""

PATIENCE = 10
"""Real seconds for the daemon, or another program, to answer."""

_LIBRARIES = ("apscheduler", "httpx", "numpy", "pydantic", "slack-sdk", "snownlp", "sqlalchemy", "starlette", "uvicorn")
_UNIT = ("ActiveState", "SubState", "Result", "NRestarts", "ExecMainStatus", "MemoryCurrent", "WatchdogUSec")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One file of the bundle and what it is."""

    name: str
    about: Words
    text: str


def gather(path: Path, log: Path | None, *, offline: bool) -> Iterator[Part]:
    """Every part. `offline`: no feed, no receiver and no daemon is asked. Whatever fails says so in its own part."""
    raw, trouble = _raw(path)
    redaction = Redaction(_values(raw, path.parent))
    config: Config | None = None
    try:
        config = build(raw, path)
    except LangyanError as error:
        trouble = trouble or redaction.sentence(str(error))
    yield _json("version.json", Words("狼烟、Python 和各个库的版本", "Langyan, Python and the libraries"), _versions())
    yield _json(
        "config.json",
        Words("配置，密钥和检索词写作 ***", "the configuration, secrets and words as ***"),
        {"problem": trouble, **redaction.table(raw)},
    )
    yield Part(
        name="system.txt",
        about=Words("内核、systemd 和服务单元", "kernel, systemd and the unit"),
        text=redaction.text("\n".join(_system(offline))) + "\n",
    )
    if config is not None:
        yield from _of_house(config, redaction, offline)
    if log is not None:
        lines = (redaction.log_line(line) for line in _tail(log))
        yield Part(
            name="log.txt",
            about=Words("日志的最后若干行：发生了什么，不含是谁", "the log's last lines: what happened, not to whom"),
            text="\n".join(lines) + "\n",
        )


def _of_house(config: Config, redaction: Redaction, offline: bool) -> Iterator[Part]:
    yield _json(
        "store.json",
        Words("数据库：大小、行数、结构版本、是否完好", "the database: sizes, rows, schema, whether it is whole"),
        vitals(fittings.database(config)),
    )
    queues, problem = _reading(config, redaction, _queues)
    yield _json(
        "queues.json",
        Words("还在排队的：文本、通知、事件", "what waits: texts, notifications, incidents"),
        queues or problem,
    )
    feeds, problem = _reading(config, redaction, lambda store: [_feed(one, redaction) for one in store.feeds()])
    yield _json(
        "feeds.json",
        Words("每个数据源：上次成功的时间、失败的原因", "each feed: when it answered last, how it failed"),
        feeds if feeds is not None else problem,
    )
    if offline:
        return
    yield Part(
        name="metrics.txt",
        about=Words("正在运行的 langyan run 的 /metrics", "/metrics of the running daemon"),
        text=redaction.text(_asked(config, "/metrics")),
    )
    yield Part(
        name="check.txt",
        about=Words("langyan check 的每一行", "the lines of langyan check"),
        text="\n".join(_check(config, redaction)) + "\n",
    )


def listing(parts: Sequence[Part], language: Literal["zh", "en"]) -> str:
    """What is in it, a line each."""
    return "".join(f"{part.name:<14}{part.about.told(language)}\n" for part in parts)


def bind(parts: list[Part], to: Path, now: datetime) -> None:
    """Writes the archive, for its owner alone. OSError where it cannot be, or where a file is there already."""
    with (
        os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz") as archive,
    ):
        for part in parts:
            content = part.text.encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"langyan-doctor/{part.name}")
            entry.size, entry.mtime, entry.mode = len(content), int(now.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(content))


def _raw(path: Path) -> tuple[dict[str, Any], str]:
    """The configuration's tables, and what keeps them from being read."""
    try:
        return tomllib.loads(path.read_text(ENCODING)), ""
    except OSError as error:
        return {}, f"cannot be read ({error.strerror})"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, f"is not TOML ({type(error).__name__})"


def _values(raw: object, here: Path) -> Iterator[str]:
    """The secrets themselves, so that they are known wherever they stand."""
    for _, source, name in secrets_in(raw):
        try:
            if source == "env":
                yield os.environ.get(name, "").strip()
            else:
                yield (here / name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError, ValueError):
            continue


def _versions() -> Mapping[str, Any]:
    return {
        "langyan": __version__,
        "python": sys.version.split()[0],
        "sqlite": sqlite3.sqlite_version,
        **{name: metadata.version(name) for name in _LIBRARIES},
    }


def _system(offline: bool) -> Iterator[str]:
    yield f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores"
    disk = shutil.disk_usage("/")
    yield f"disk of /: {disk.free // 2**20} of {disk.total // 2**20} MiB free"
    yield from _said("systemd-analyze", "--version")[:1]
    if not offline:
        yield from _said("systemctl", "show", "langyan", *(f"--property={name}" for name in _UNIT))
        yield from _said("systemd-analyze", "security", "--no-pager", "langyan.service")[-1:]


def _said(program: str, *options: str) -> list[str]:
    where = shutil.which(program)
    if where is None:
        return [f"{program}: not here"]
    try:
        done = subprocess.run([where, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - our own words
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{program}: {type(error).__name__}"]
    return [line for line in (done.stdout or f"{program}: exit {done.returncode}").splitlines() if line.strip()]


def _reading(config: Config, redaction: Redaction, of: Callable[[Any], Any]) -> tuple[Any, dict[str, str]]:
    try:
        with closing(fittings.read_store(config)) as store:
            return of(store), {}
    except LangyanError as error:
        return None, {"problem": redaction.sentence(str(error))}


def _queues(store: Any) -> dict[str, Any]:
    states = {f"{state.value} {severity.word}": count for (state, severity), count in store.states().items()}
    return {"totals": dict(store.totals()), "outbox": dict(store.outbox_depth()), "incidents": states}


def _feed(health: Any, redaction: Redaction) -> dict[str, Any]:
    return {
        "feed": health.feed,
        "last_ok": health.last_ok,
        "last_try": health.last_try,
        "newest_post": health.newest_post,
        "failure": health.failure,
        "failures": health.failures,
        "failing_since": health.failing_since,
        "detail": redaction.sentence(health.detail),
    }


def _asked(config: Config, path: str) -> str:
    host = f"[{config.host}]" if ":" in config.host else config.host
    try:
        return httpx.get(f"http://{host}:{config.port}{path}", timeout=PATIENCE, trust_env=False).text
    except httpx.HTTPError as error:
        return f"no daemon answers there ({type(error).__name__})\n"


def _check(config: Config, redaction: Redaction) -> Iterator[str]:
    """The lines of `check`, where it changes nothing: a database that is not there, or is older, would be made or migrated."""
    try:
        fittings.read_store(config).close()
        for line in proofs.check(config):
            if line.what == proofs.WORD or line.what.en.startswith("brand "):
                continue  # people's words, and who added them
            shown = redaction.text if not line.proves else redaction.sentence
            mark = "ok" if line.ok else "FAIL"
            fix = f" → {redaction.sentence(line.fix.en)}" if line.fix else ""
            yield f"{mark if line.proves else ''}\t{redaction.text(line.what.en)}: {shown(line.says.en)}{fix}"
    except LangyanError as error:
        yield f"not checked: {redaction.sentence(str(error))}"


def _tail(log: Path) -> list[str]:
    with log.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - LOG_BYTES))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return lines[1:] if end > LOG_BYTES else lines


def _json(name: str, about: Words, content: object) -> Part:
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode()
    return Part(name=name, about=about, text=text + "\n")
