"""`langyan run --once`: one round of everything, for cron."""

import pytest

from monitor import app, fittings
from monitor.errors import ConfigError
from monitor.sandbox.slack_faults import Fault
from tests.daemon.conftest import ROOM, Folder

pytestmark = pytest.mark.anyio


async def once(folder: Folder, *, shadow: bool = False) -> dict[str, int]:
    return await app.once(folder.config(), shadow=shadow, desk=folder.desk())


async def test_a_round_polls_scores_judges_and_tells(folder: Folder) -> None:
    assert (await once(folder))["pages"] == 0
    folder.post()
    assert await once(folder) == {"scored": 1, "judged": 1, "pages": 1, "waiting": 0}
    assert len(folder.slack.messages(ROOM)) == 1
    assert await once(folder) == {"scored": 0, "judged": 0, "pages": 0, "waiting": 0}


async def test_it_says_what_was_not_taken_and_the_next_round_sends_it(folder: Folder) -> None:
    await once(folder)
    folder.slack.faults.add("chat.postMessage", Fault("http_500", stored=False))
    folder.post()
    assert (await once(folder))["waiting"] == 1
    while (await once(folder))["waiting"]:
        continue
    assert len(folder.slack.messages(ROOM)) == 1


async def test_in_shadow_it_tells_nobody(folder: Folder) -> None:
    await once(folder, shadow=True)
    folder.post()
    assert (await once(folder, shadow=True))["pages"] == 1
    assert folder.slack.ledger == []


async def test_one_round_at_a_time(folder: Folder) -> None:
    with fittings.occupy(folder.config()), pytest.raises(ConfigError, match="another langyan run works in"):
        await once(folder)
    await once(folder)
