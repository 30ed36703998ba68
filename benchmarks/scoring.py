"""How late the event loop wakes while the scorer works flat out: in its own process, beside a thread in this one."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from random import Random
from time import perf_counter

from benchmarks.measure import Figure, percentile
from monitor.model import Passage
from monitor.sentiment.desk import Desk

WORDS = [
    "星禾",
    "奶茶",
    "门店",
    "客服",
    "等了",
    "四十分钟",
    "难喝",
    "失望",
    "退款",
    "好喝",
    "推荐",
    "服务",
    "态度",
    "包装",
    "破损",
    "漏水",
    "朋友",
    "昨天",
    "下次",
    "真的",
    "太差",
    "非常",
    "满意",
]
SECONDS = 8.0


def texts(seed: int, count: int) -> list[str]:
    """Invented posts of 40 to 160 characters, no two alike."""
    rng = Random(seed)
    return ["".join(rng.choice(WORDS) for _ in range(rng.randrange(20, 70))) + str(n) for n in range(count)]


def run() -> Iterator[Figure]:
    desk = Desk("snownlp")
    desk.warm()
    lag, scored = asyncio.run(_lag(lambda part: len(desk.score([Passage(text) for text in part])), 1))
    desk.close()
    thread_lag = _in_a_thread()
    yield Figure(
        name="loop lag p99 while scoring",
        value=round(1000 * percentile(lag, 0.99), 2),
        unit="ms",
        beside="SnowNLP in a thread of this process",
        beside_value=thread_lag,
        wanted="<= 20",
    )
    yield Figure(name="texts scored by SnowNLP meanwhile", value=round(scored / SECONDS), unit="texts/s")


async def _lag(score: Callable[[list[str]], int], seed: int) -> tuple[list[float], int]:
    """Wakes every 5 ms while a thread hands in texts; how late each time, and how many texts."""
    stop = threading.Event()
    done = [0]

    def flat_out() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            done[0] += score(texts(seed * 1_000 + turn, 16))

    working = threading.Thread(target=flat_out)
    working.start()
    late = []
    until = perf_counter() + SECONDS
    while perf_counter() < until:
        before = perf_counter()
        await asyncio.sleep(0.005)
        late.append(perf_counter() - before - 0.005)
    stop.set()
    await asyncio.to_thread(working.join)
    return late, done[0]


def _in_a_thread() -> float:
    """The same with the engine imported here; in a child, for the import is never undone."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.scoring"], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    from monitor import sentiment

    engine = sentiment.load("snownlp")
    lateness, _ = asyncio.run(_lag(lambda part: len(engine.score([Passage(text) for text in part])), 2))
    print(round(1000 * percentile(lateness, 0.99), 2))
