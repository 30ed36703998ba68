"""Who may press, and what people are called: asked of Slack rarely, and never in the way of a press."""

import time
from collections.abc import Callable

import pytest

from alerts.intake.actions import Where
from alerts.intake.replies import Answer
from alerts.intake.talk import KNOWN_FOR, Crew, Talk
from monitor.model import Actor
from monitor.sandbox.slack import FakeSlack
from tests.alerts.conftest import ROOM, OpenSlack

LI, WANG, ZHAO = Actor("slack:U0LI", "xiaoli"), Actor("slack:U0WANG", "U0WANG"), Actor("slack:U0ZHAO", "zhaozong")


class Seconds:
    """Real time, as a test wants it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def slack(workspace: OpenSlack) -> FakeSlack:
    return workspace()[0]


@pytest.fixture
def talk(slack: FakeSlack, door: tuple[object, str]) -> Talk:
    return Talk(slack.token, f"{door[1]}/slack/api/", None)


def asked(slack: FakeSlack, method: str) -> int:
    return len([entry for entry in slack.ledger if entry.method == method])


def until(happens: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not happens():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def test_with_no_list_everybody_may(talk: Talk, slack: FakeSlack) -> None:
    assert Crew(talk, (), Seconds()).may(ZHAO)
    assert asked(slack, "usergroups.users.list") == 0


def test_members_and_groups_may_and_a_group_is_asked_for_once_in_a_while(talk: Talk, slack: FakeSlack) -> None:
    seconds = Seconds()
    crew = Crew(talk, ("U0ZHAO", "S0CRISIS"), seconds)
    assert crew.may(ZHAO)
    assert asked(slack, "usergroups.users.list") == 0
    assert [crew.may(LI), crew.may(WANG), crew.may(Actor("slack:U0CHEN", "chenjie"))] == [True, True, False]
    assert asked(slack, "usergroups.users.list") == 1
    seconds.now = KNOWN_FOR + 1
    crew.may(LI)
    assert asked(slack, "usergroups.users.list") == 2


def test_where_slack_does_not_say_the_last_answer_holds_and_at_first_everybody_may(door: tuple[object, str]) -> None:
    nobody = Talk("xoxb-of-nobody", f"{door[1]}/slack/api/", None)
    assert Crew(nobody, ("S0CRISIS",), Seconds()).may(ZHAO)


def test_a_last_answer_outlives_a_failure(talk: Talk, slack: FakeSlack) -> None:
    seconds = Seconds()
    crew = Crew(talk, ("S0CRISIS",), seconds)
    assert not crew.may(ZHAO)
    slack.scopes = ()
    seconds.now = KNOWN_FOR + 1
    assert not crew.may(ZHAO)


def test_a_reply_waits_for_its_name_and_a_press_does_not(talk: Talk) -> None:
    crew = Crew(talk, (), Seconds())
    assert crew.named(WANG) == Actor("slack:U0WANG", "老王")
    assert crew.named(LI) == LI
    until(lambda: crew.named(LI) == Actor("slack:U0LI", "小李"))


def test_an_answer_goes_to_its_reader_alone(talk: Talk, slack: FakeSlack) -> None:
    talk.answer(Where(user="slack:U0LI", channel=ROOM), Answer(text="<!channel> & <https://evil.example|click>"))
    ((who, message),) = slack.workspace.ephemeral.values()
    assert who == "U0LI"
    assert message.text == "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;"
    assert slack.messages(ROOM) == []
    assert slack.pings() == []


def test_an_answer_that_does_not_get_through_is_logged_without_what_it_said(
    talk: Talk, slack: FakeSlack, capsys: pytest.CaptureFixture[str]
) -> None:
    talk.answer(Where(user="slack:U0LI", channel="C0NOWHERE"), Answer(text="客户 13812345678"))
    talk.answer(Where(user="slack:U0LI", response_url="http://evil.example/hook"), Answer(text="x"))
    talk.open("no-such-trigger", {"type": "modal"})
    said = "".join(capsys.readouterr())
    assert "did not get through" in said
    assert "13812345678" not in said
    assert slack.token not in said
