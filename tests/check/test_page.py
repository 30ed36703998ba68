"""Setting it up: the README's smallest configuration with both tokens, proved, and a test page that somebody answers."""

import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.sandbox.slack_hands import Impossible
from tests.check.conftest import World

ROOT = Path(__file__).parents[2]
ROOM = "C0CRISIS01"

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def small(world: World) -> World:
    """The smallest file of the README, its addresses led to the sandbox, and the app token that the README asks for."""
    (smallest,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    toml = smallest.replace("{", "{{").replace("}", "}}")
    toml = toml.replace('every = "36m"', 'every = "36m"\nbase_url = "{site}"\nallow_private = ["127.0.0.1"]')
    world.write(toml + 'app_token = {{ file = "slack-app.token" }}\nbase_url = "{site}/slack/api/"\n')
    (world.folder / "weibo.token").write_text("2.00canary")
    (world.folder / "slack-app.token").write_text(world.slack.app_token)
    world.site.body, world.site.headers = '{{"statuses": []}}'.format(), {"content-type": "application/json"}
    return world


def answering(world: World, answer: Callable[[str], object]) -> threading.Thread:
    """Somebody who sees the page and answers it."""

    def look() -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for message in world.slack.messages(ROOM):
                try:
                    answer(message.ts)
                except Impossible:
                    continue
                return
            time.sleep(0.02)

    thread = threading.Thread(target=look)
    thread.start()
    return thread


def test_the_smallest_configuration_is_proved_line_by_line(small: World) -> None:
    code, lines = small.check()
    assert code == 0, lines
    assert lines["receiver crisis, app token"]["says"] == "opens a socket: buttons and /langyan are heard"
    assert "channels:history" in str(sorted(lines))


def test_a_test_page_is_marked_and_its_press_is_heard(small: World) -> None:
    person = answering(small, lambda ts: small.slack.hands.press("U0LI", ROOM, ts, "langyan.received"))
    done = small.langyan("check", "--page", "--wait", "20", "--json")
    person.join(25)
    sent, answered = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.exit_code, sent["ok"], answered["ok"]) == (0, True, True)
    assert re.fullmatch(r"answered by 小李 after \d+\.\d s", answered["says"])
    (message,) = small.slack.messages(ROOM)
    assert message.text.startswith("🔔 测试呼叫")
    assert small.langyan("incidents", "list").stdout == "没有进行中的事件\n"


def test_a_word_in_the_thread_answers_too(small: World) -> None:
    person = answering(small, lambda ts: small.slack.hands.write("U0WANG", ROOM, "收到！", thread=ts))
    done = small.langyan("check", "crisis", "--page", "--wait", "20")
    person.join(25)
    assert done.exit_code == 0, done.stdout
    assert "老王 在 " in done.stdout


def test_when_nobody_answers_it_fails_and_says_what_to_do(small: World) -> None:
    done = small.langyan("check", "--page", "--wait", "1")
    assert done.exit_code == 1
    assert "1 秒内没有人回应" in done.stdout


def test_a_receiver_that_does_not_exist_is_refused(small: World) -> None:
    assert small.langyan("check", "nobody", "--page").exit_code == 2
