"""What a configuration proves to be, asked by a person: whether it works, what would be seen, whom a text concerns, who answers."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import IO

from monitor import check as checks
from monitor import fittings, wordlist
from monitor.alerting import OPS
from monitor.calling import Calling
from monitor.canary.flock import unheard
from monitor.clock import RealClock
from monitor.config import Config
from monitor.config_secrets import toml
from monitor.ears import Seconds
from monitor.errors import ConfigError, DiskError
from monitor.matched import Matched
from monitor.model import Words, same
from monitor.renewal import secret_files
from monitor.watch.added import extended
from monitor.watch.query import Explanation, Matcher

WORD = Words("加词", "word")
"""What `check` calls a word that people added."""


def explain(config: Config, text: str) -> list[Explanation]:
    """Which brand a text concerns, and why or why not."""
    return Matcher(config.brands).explain(text)


def matched(config: Config, brand: str, last: int) -> Matched:
    """What the newest posts of a brand were found by, going by the words in force now."""
    if brand not in [one.name for one in config.brands]:
        known = ", ".join(one.name for one in config.brands) or "none"
        raise ConfigError("--brand", f"there is no brand {brand}", f"There are: {known}")
    with closing(fittings.read_store(config)) as store:
        words = store.words(RealClock().now())
        return Matched.of(store.newest(brand, last), Matcher(extended(config.brands, words)), brand)


def check(config: Config) -> Iterator[checks.Line]:
    """Proves what the configuration says, a line each."""
    clock = RealClock()
    yield checks.Line(
        ok=True,
        what=same(str(config.path)),
        says=Words(
            f"{len(config.brands)} 个品牌，{len(config.feeds)} 个数据源，配置没有问题",
            f"{checks.counted(len(config.brands), 'brand')}, {checks.counted(len(config.feeds), 'feed')}, fine",
        ),
    )
    began = time.monotonic()
    answers = checks.asked(fittings.channels(config, clock))
    with closing(fittings.open_store(config)) as store:
        added = store.words(clock.now())
        refused = _refused(store.write_something)
        proved = [
            *checks.doors(config.doors, store, clock.now()),
            *checks.proofs([name for name, _ in fittings.expected(config)], store, clock.now()),
        ]
    yield from checks.secrets(secret_files(toml(config.path), config.path.parent))
    usable = Words("可以写入，结构与本版本一致", "can be written, schema is this version's")
    room = Words("腾出空间，或修好磁盘（df -h、mount）", "Make room, or mend the disk (df -h, mount)")
    yield checks.Line(
        ok=not refused,
        what=same(str(fittings.database(config))),
        says=Words(f"写不进去：{refused}", refused) if refused else usable,
        fix=room if refused else None,
    )
    yield from (checks.Line(ok=True, what=WORD, says=wordlist.as_line(word, clock.now())) for word in added)

    brands = extended(config.brands, added)
    matcher = Matcher(brands)
    yield from (
        checks.Line(
            ok=False,
            what=Words(f"品牌 {name}", f"brand {name}"),
            says=Words(f"含「{words}」的帖子没有一条算它的", f"no post that holds “{words}” concerns it"),
            fix=fix,
        )
        for name, words, fix in unheard(brands)
    )

    async def ask() -> list[checks.Line]:
        fetch = fittings.fetcher(config, clock, None)
        try:
            return await checks.feeds(config.feeds, fetch, fetch.stream, matcher, clock)
        finally:
            await fetch.aclose()

    yield from asyncio.run(ask())
    yield from proved
    yield from checks.receivers(answers, began + checks.PATIENCE - time.monotonic())
    yield from seen(config)


def _refused(write: Callable[[], object]) -> str:
    try:
        write()
    except DiskError as error:
        return str(error)
    return ""


def seen(config: Config) -> list[checks.Line]:
    """What will be seen of each platform, and what will not."""
    return checks.sights(fittings.sight(config), config.language)


def call(config: Config, name: str, wait: float) -> Iterator[checks.Line]:
    """Sends a marked test page to a receiver ("": the first that is paged) and waits so many seconds for an answer."""
    told = [receiver for receiver in config.receivers if receiver.name == name or (not name and receiver.name != OPS)]
    if not told:
        known = ", ".join(receiver.name for receiver in config.receivers) or "none"
        raise ConfigError(
            "--page", f"there is no receiver {name}" if name else "there is no receiver", f"There are: {known}"
        )
    clock = RealClock()
    with ExitStack() as leaving:
        try:
            lock: IO[bytes] | None = leaving.enter_context(fittings.occupy(config))
        except ConfigError:
            lock = None  # a daemon runs; it hears the press
        store = leaving.enter_context(closing(fittings.open_store(config) if lock else fittings.read_store(config)))
        yield from Calling(
            receiver=told[0],
            channel=fittings.channels(config, clock)[told[0].name],
            store=store,
            clock=clock,
            real=Seconds(time.monotonic, time.time),
            listens=lock is not None,
        ).page(wait)
