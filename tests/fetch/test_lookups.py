"""Names are looked up a few at a time, and nobody waits for a lookup that hangs."""

import asyncio
import threading

import pytest

from monitor.lookups import AT_ONCE, Lookups

pytestmark = pytest.mark.anyio


async def test_a_name_is_its_addresses() -> None:
    lookups = Lookups()
    assert "127.0.0.1" in await lookups("127.0.0.1", 80)
    lookups.close()


async def test_what_the_system_says_of_a_name_that_is_none_is_heard() -> None:
    def lookup(host: str, port: int) -> list[str]:
        raise OSError(host)

    lookups = Lookups(lookup)
    with pytest.raises(OSError, match=r"nobody\.test"):
        await lookups("nobody.test", 80)
    lookups.close()


async def test_lookups_that_hang_cost_few_threads_which_nobody_joins() -> None:
    answers, under_way = threading.Event(), threading.Semaphore(0)
    threads: list[threading.Thread] = []

    def lookup(host: str, port: int) -> list[str]:
        threads.append(threading.current_thread())
        under_way.release()
        answers.wait()
        return [host]

    lookups = Lookups(lookup)
    asked = [asyncio.ensure_future(lookups(f"{number}.test", 80)) for number in range(AT_ONCE + 5)]
    for _ in range(AT_ONCE):
        await asyncio.to_thread(under_way.acquire)
    assert len(threads) == AT_ONCE
    assert all(thread.daemon for thread in threads)
    asked.pop(0).cancel()
    lookups.close()
    answers.set()
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(one, asyncio.CancelledError) for one in done] == [False] * (AT_ONCE - 1) + [True] * 5
    for thread in threads:
        await asyncio.to_thread(thread.join, 5)
        assert not thread.is_alive()


async def test_names_one_after_another_take_one_thread() -> None:
    seen: set[int] = set()

    def lookup(host: str, port: int) -> list[str]:
        seen.add(threading.get_ident())
        return [host]

    lookups = Lookups(lookup)
    for number in range(5):
        assert await lookups(f"{number}.test", 80) == [f"{number}.test"]
    assert len(seen) <= 2
    lookups.close()
