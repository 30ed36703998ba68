"""The forms that a button opens: silence, reassign, merge, split. Pure: Block Kit views, made of what they are about.

`private_metadata` holds the incident's number and the channel for the answer, nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from alerts import words
from alerts.intake.replies import option
from alerts.words import Language
from monitor.model import Incident

SPANS = ("30m", "1h", "2h", "4h", "8h", "24h")
_SPANS = (("30 分钟", "30 minutes"), ("1 小时", "1 hour"), ("2 小时", "2 hours"), ("4 小时", "4 hours"), ("8 小时", "8 hours"),
          ("24 小时", "24 hours"))  # fmt: skip
MOST = 100
"""Options of one menu."""


def silence(number: int, channel: str, language: Language) -> dict[str, Any]:
    """How long, and why. It always ends, after a day at the latest."""
    zh = language == "zh"
    choices = [option(said[0 if zh else 1], span) for said, span in zip(_SPANS, SPANS, strict=True)]
    how_long = {"type": "static_select", "action_id": "lasts", "options": choices, "initial_option": choices[2]}
    why = {"type": "plain_text_input", "action_id": "reason", "max_length": 200}
    blocks = [
        _input("多久" if zh else "For how long", how_long),
        _input("原因" if zh else "Why", why, optional=True),
        _note("升级到更高一级时照样叫人。" if zh else "It pages all the same when it rises to a higher level."),
    ]
    return _view("silence", f"静默 #{number}" if zh else f"Silence #{number}", number, channel, blocks, language)


def reassign(number: int, channel: str, language: Language) -> dict[str, Any]:
    zh = language == "zh"
    whom = {"type": "users_select", "action_id": "to"}
    blocks = [_input("转给谁" if zh else "To whom", whom)]
    return _view("reassign", f"转派 #{number}" if zh else f"Reassign #{number}", number, channel, blocks, language)


def merge(number: int, channel: str, others: Sequence[tuple[Incident, str]], language: Language) -> dict[str, Any]:
    """Into which of `others`: each with what it says."""
    zh = language == "zh"
    choices = [option(f"#{other.id} {said}", str(other.id)) for other, said in others[:MOST]]
    blocks = [_input("并入哪个事件" if zh else "Into which one", _menu("into", choices))]
    return _view("merge", f"合并 #{number}" if zh else f"Merge #{number}", number, channel, blocks, language)


def split(number: int, channel: str, posts: Sequence[tuple[int, str]], language: Language) -> dict[str, Any]:
    """Which posts go: mention ids, each with what it says."""
    zh = language == "zh"
    choices = [option(said, str(mention)) for mention, said in posts[:MOST]]
    which = {"type": "multi_static_select", "action_id": "posts", "options": choices}
    blocks = [_input("拆出哪些帖子" if zh else "Which posts go", which)]
    return _view("split", f"拆分 #{number}" if zh else f"Split #{number}", number, channel, blocks, language)


def _view(
    form: str, title: str, number: int, channel: str, blocks: Sequence[Mapping[str, Any]], language: Language
) -> dict[str, Any]:
    zh = language == "zh"
    return {
        "type": "modal",
        "callback_id": f"langyan.{form}",
        "title": _plain(words.cut(title, 24)),
        "submit": _plain("确定" if zh else "Do it"),
        "close": _plain("取消" if zh else "Cancel"),
        "private_metadata": orjson.dumps({"incident": number, "channel": channel}).decode(),
        "blocks": list(blocks),
    }


def _input(label: str, element: Mapping[str, Any], *, optional: bool = False) -> dict[str, Any]:
    return {"type": "input", "label": _plain(label), "element": dict(element), "optional": optional}


def _menu(name: str, choices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"type": "static_select", "action_id": name, "options": list(choices)}


def _note(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_plain(text)]}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
