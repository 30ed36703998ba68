"""The configuration of a running house, read anew: on SIGHUP, and when a secret's file is another. What cannot be used changes nothing."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from monitor import metrics
from monitor.causes import Causes
from monitor.config import Config, build
from monitor.config_secrets import SECRET_SOURCES, toml
from monitor.errors import ConfigError, DiskError
from monitor.model import Words

log = structlog.get_logger()

CAUSE = "configuration"
MEND_SECRET = Words(
    "把密钥文件补好即可，几秒内自动读取，不用重启也不用 SIGHUP",
    "Put the secret's file right; it is read within seconds, without a restart or SIGHUP",
)
FIX = Words(
    "改正文件，再发 SIGHUP（systemctl reload langyan）；在那之前仍按上一份可用的配置运行",
    "Correct the file and send SIGHUP (systemctl reload langyan); until then the last good one is in force",
)

Signature = tuple[int, int, int] | None
"""Which file it is, when it was written, how long it is; None: it is not there."""


class Renewal:
    """`become` puts a configuration into force; `causes` tells operators of one that cannot be."""

    def __init__(self, config: Config, become: Callable[[Config], Awaitable[None]], causes: Causes) -> None:
        self._config, self._become, self._causes = config, become, causes
        self._raw: Mapping[str, Any] = toml(config.path) if config.path.exists() else {}
        self._signatures: dict[Path, Signature] = {}
        self._problem: str | None = None
        """What is wrong with the file, as operators were last told; None: nothing, or nobody has looked since the start."""
        self._started = False
        self._half_written = False
        """A secret could not be read at the last look. Whoever writes it may not be done, so nobody hears of it before the next."""
        self._remember()
        metrics.RELOADED_WELL.set(1)

    async def renew(self, told: bool) -> None:
        """`told`: the file is read anew. Otherwise its secrets alone, where one of their files is another than it was."""
        if not self._started:
            self._started = True  # whatever was wrong before this start was mended, or there would be none
            await self._in_force(self._config)
        if told:
            await self._read_anew(partial(toml, self._config.path), FIX)
        elif self._signatures != {path: signature(path) for path in self._signatures}:
            log.info("a secret's file is another")
            await self._read_anew(lambda: self._raw, MEND_SECRET)

    async def _read_anew(self, read: Callable[[], Mapping[str, Any]], fix: Words) -> None:
        try:
            raw = await asyncio.to_thread(read)
            config = kept(self._config, await asyncio.to_thread(build, raw, self._config.path))
            await self._become(config)
        except ConfigError as error:
            self._half_written = fix is MEND_SECRET and not self._half_written
            if self._half_written:
                return
            metrics.RELOADED_WELL.set(0)
            problem = Words(
                f"新配置不能用，仍按上一份可用的运行：{error}",
                f"the configuration cannot be used, so the last good one stays in force: {error}",
            )
            log.warning("not reloaded", problem=str(error))
            self._signatures = {path: signature(path) for path in self._signatures}
            await _said(partial(self._mistaken, problem, fix))
            return
        self._half_written = False
        self._config, self._raw = config, raw
        self._remember()
        metrics.RELOADED_WELL.set(1)
        log.info("reloaded", brands=len(config.brands), feeds=len(config.feeds))
        await self._in_force(config)

    async def _in_force(self, config: Config) -> None:
        self._problem = None
        in_force = Words("新配置已生效", "the configuration is in force")
        await _said(partial(self._causes.ends, CAUSE, in_force, where=str(config.path)))

    def _mistaken(self, problem: Words, fix: Words) -> None:
        """Operators hear of a mistake once while it stays, and of one that took another's place."""
        where, before, self._problem = str(self._config.path), self._problem, problem.en
        if not self._causes.begins(CAUSE, problem, where=where, fix=fix) and before not in (None, problem.en):
            self._causes.also(CAUSE, problem, where=where, fix=fix)

    def _remember(self) -> None:
        self._signatures = {path: signature(path) for path in secret_files(self._raw, self._config.path.parent)}


async def _said(word: Callable[[], object]) -> None:
    with suppress(DiskError):  # it stands in the log
        await asyncio.to_thread(word)


def kept(now: Config, to: Config) -> Config:
    """The new configuration, as far as a running house can take it. ConfigError names a key that needs a restart."""
    score = replace(to.scoring, weights=now.scoring.weights, snownlp=now.scoring.snownlp)
    for key, same in (
        ("state", to.state == now.state),
        ("listen", (to.host, to.port) == (now.host, now.port)),
        ("log", to.log == now.log),
        ("score", to.engine == now.engine and score == now.scoring),
    ):
        if not same:
            raise ConfigError(key, "has changed, and that needs a restart", "Restart langyan, or put the key back")
    if not to.brands or not (to.feeds or to.doors):
        raise ConfigError("brand" if not to.brands else "feed", "nothing would be watched any more", "Name one")
    return replace(to, scoring=score)


def secret_files(raw: object, here: Path) -> Iterator[Path]:
    """The files that a configuration takes its secrets from."""
    if isinstance(raw, Mapping):
        if len(raw) == 1 and set(raw) <= set(SECRET_SOURCES):
            ((source, name),) = raw.items()
            folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
            if source == "file" or (source == "credential" and folder):
                yield (here if source == "file" else Path(folder)) / str(name)
            return
        for value in raw.values():
            yield from secret_files(value, here)
    elif isinstance(raw, list):
        for value in raw:
            yield from secret_files(value, here)


def signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
