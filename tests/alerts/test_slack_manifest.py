"""The Slack manifest asks for what is used, and for nothing else."""

import re
from pathlib import Path

from alerts.channels.slack_proof import SCOPES
from alerts.intake.actions import COMMAND

ROOT = Path(__file__).parents[2]
MANIFEST = (ROOT / "deploy" / "slack" / "manifest.yaml").read_text(encoding="utf-8")
HISTORY = {"channels:history", "groups:history"}
NEEDED_BY = {
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_delete": {"chat:write"},
    "conversations_history": HISTORY,
    "conversations_replies": HISTORY,
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read"},
    "views_open": set(),
    "files_getUploadURLExternal": {"files:write"},
    "files_completeUploadExternal": {"files:write"},
}
"""What each method of the Web API asks of a bot: https://docs.slack.dev/reference/methods."""

HEARD = {"message.channels": {"channels:history"}, "message.groups": {"groups:history"}}
"""What each event asks of a bot."""


def listed(key: str) -> list[str]:
    """The items of a YAML list, by its key."""
    after = MANIFEST.split(f"{key}:\n", 1)[1]
    found = re.match(r"(?: +- .*\n)+", after)
    assert found is not None
    return [line.strip(" -").split(" #")[0].strip() for line in found[0].splitlines()]


def test_the_scopes_are_those_of_what_is_called_and_heard() -> None:
    sources = [p.read_text(encoding="utf-8") for p in (ROOT / "alerts").rglob("*.py") if p.name != "webhook.py"]
    called = {
        "".join(found)
        for source in sources
        for found in re.findall(r"\bclient\.((?:files|chat|conversations)_\w+)\(|_client\.([a-z]+_\w+)\(", source)
    }
    assert called == set(NEEDED_BY)
    assert set(listed("bot_events")) == set(HEARD)
    needed = set().union(*NEEDED_BY.values(), *HEARD.values(), {"commands"})
    assert set(listed("bot")) == needed == set(SCOPES)


def test_every_scope_says_what_it_is_for() -> None:
    scopes = [line for line in MANIFEST.splitlines() if re.match(r" +- [\w:]+ ?(#|$)", line) and "message." not in line]
    assert len(scopes) == len(listed("bot"))
    assert all(re.search(r"# \w+", line) for line in scopes)


def test_buttons_commands_and_replies_come_over_a_socket_and_need_no_address() -> None:
    assert "socket_mode_enabled: true" in MANIFEST
    assert "interactivity:\n    is_enabled: true" in MANIFEST
    assert f"command: {COMMAND}\n" in MANIFEST
    assert "should_escape: true" in MANIFEST
    assert not re.search(r"^ +\w*url\w*:", MANIFEST, re.MULTILINE)


def test_names_are_within_slacks_limits() -> None:
    (name,) = re.findall(r"^  name: (.+)$", MANIFEST, re.MULTILINE)
    (description,) = re.findall(r"^  description: (.+)$", MANIFEST, re.MULTILINE)
    assert len(name) <= 35
    assert len(description) <= 140
    (about,) = re.findall(r"^      description: (.+)$", MANIFEST, re.MULTILINE)
    (hint,) = re.findall(r"^      usage_hint: (.+)$", MANIFEST, re.MULTILINE)
    assert max(len(about), len(hint)) <= 100
