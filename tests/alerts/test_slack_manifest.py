"""The Slack manifest asks for what is used, and for nothing else."""

import re
from pathlib import Path

from alerts.channels import slack, slack_files, slack_told

MANIFEST = (Path(__file__).parents[2] / "deploy" / "slack" / "manifest.yaml").read_text(encoding="utf-8")
NEEDED_BY = {
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_replies": {"channels:history", "groups:history"},
    "files_getUploadURLExternal": {"files:write"},
    "files_completeUploadExternal": {"files:write"},
    "auth_test": set(),
}
"""What each method of the Web API asks of a bot: https://docs.slack.dev/reference/methods."""


def test_the_scopes_are_those_of_the_methods_that_are_called() -> None:
    sources = [Path(str(room.__file__)).read_text(encoding="utf-8") for room in (slack, slack_files)]
    called = set(re.findall(r"client\.(\w+)\(", "".join(sources)))
    assert called == set(NEEDED_BY)
    asked = set(re.findall(r"^ +- (\w+:\w+)", MANIFEST, re.MULTILINE))
    assert asked == set().union(*NEEDED_BY.values())


def test_every_scope_says_what_it_is_for() -> None:
    scopes = [line for line in MANIFEST.splitlines() if re.match(r" +- \w+:\w+", line)]
    assert scopes
    assert all(re.search(r"# \w+", line) for line in scopes)


def test_names_are_within_slacks_limits() -> None:
    (name,) = re.findall(r"^  name: (.+)$", MANIFEST, re.MULTILINE)
    (description,) = re.findall(r"^  description: (.+)$", MANIFEST, re.MULTILINE)
    assert len(name) <= 35
    assert len(description) <= 140


def test_no_button_is_sent_as_long_as_nothing_would_answer_it() -> None:
    assert "interactivity" not in MANIFEST
    assert not slack_told.Voice(language="zh", shows="masked", board_url="", alt=lambda *_: "").buttons
    assert "buttons=" not in Path(slack.__file__).read_text(encoding="utf-8")
