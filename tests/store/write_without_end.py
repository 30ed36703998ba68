"""What a test kills: writes one post with its answer and one cursor after another, and says the number of each that is committed."""

import sys
from itertools import count
from pathlib import Path

from monitor.store import Store
from tests.store.conftest import KEY
from tests.store.seen import exhibit, record, saw


def main() -> None:
    store = Store.open(Path(sys.argv[1]), hash_key=KEY)
    behind = store.feed_state("search").cursor.get("mark", 0)
    for number in count(behind + 1):
        seen_in = exhibit(f"第{number}页".encode())
        record(store, saw(str(number), text=f"第{number}条"), cursor={"mark": number}, exhibit=seen_in)
        print(number, flush=True)  # noqa: T201 - this is how the test knows


if __name__ == "__main__":
    main()
