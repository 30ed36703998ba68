"""While ingest runs flat out: how long a claim and a settle wait for the one writer."""

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.intake import batches
from benchmarks.measure import Figure, percentile
from monitor.errors import Failure
from monitor.model import Match, Outcome, Receipt, Words
from monitor.ports import OpsNote
from monitor.store import Store

NOW = datetime(2026, 11, 2, tzinfo=UTC)
TURNS = 400


def run() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "bench.db", hash_key=b"bench")
        for number in range(TURNS):
            note = OpsNote(
                key=f"ops:{number}", what=Words("w", "w"), where=Words("here", "here"), fix=Words("mend it", "mend it")
            )
            store.fail("bench", Failure.BLOCKED, "p", now=NOW, rest_until=None, ops=note, receivers=["ops"])
        quiet = _turns(store, TURNS // 4)
        stop = threading.Event()
        ingest = threading.Thread(target=_flat_out, args=(store, stop))
        ingest.start()
        busy = _turns(store, TURNS - TURNS // 4)
        stop.set()
        ingest.join()
        store.close()
    yield Figure(
        name="deliver transaction p99 while ingest runs flat out",
        value=round(1000 * percentile(busy, 0.99), 2),
        unit="ms",
        beside="without ingest",
        beside_value=round(1000 * percentile(quiet, 0.99), 2),
        wanted="<= 25",
    )


def _turns(store: Store, turns: int) -> list[float]:
    taken = []
    for _ in range(turns):
        before = perf_counter()
        row = store.claim("ops", NOW, 15.0)
        taken.append(perf_counter() - before)
        assert row is not None
        before = perf_counter()
        store.settle(row, Receipt(outcome=Outcome.SENT, handle={"ts": "1"}), NOW, None)
        taken.append(perf_counter() - before)
    return taken


def _flat_out(store: Store, stop: threading.Event) -> None:
    """Batches of 200, one after another, until told to stop."""
    piled = [sighting for batch in batches() for sighting in batch]
    turn = 0
    while not stop.is_set():
        piece = piled[turn % 40 * 200 : turn % 40 * 200 + 200]
        turn += 1
        matches = {s.key: [Match("星禾", 1.0, "星禾")] for s in piece}
        store.record("bench", piece, matches, now=NOW + timedelta(seconds=turn), cursor={"at": turn})
