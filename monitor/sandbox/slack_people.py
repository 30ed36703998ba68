"""Who is in the sandbox's Slack. The person at the keyboard is any one of them."""

from dataclasses import dataclass
from typing import Any

from monitor.sandbox.slack_message import BOT_USER, TEAM


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace. `name` is the handle, `shown` what others read."""

    id: str
    name: str
    shown: str

    def wire(self) -> dict[str, Any]:
        """As users.info shows it."""
        profile = {"display_name": self.shown, "real_name": self.shown, "display_name_normalized": self.shown}
        flags = {"deleted": False, "is_bot": self.id == BOT_USER, "is_app_user": False, "tz": "Asia/Shanghai"}
        return {"id": self.id, "team_id": TEAM, "name": self.name, "real_name": self.shown, "profile": profile, **flags}


BOT_PERSON = Person(BOT_USER, "langyan", "Langyan 狼烟")
PEOPLE = (
    Person("U0LI", "xiaoli", "小李"),
    Person("U0WANG", "laowang", "老王"),
    Person("U0CHEN", "chenjie", "陈姐"),
    Person("U0ZHAO", "zhaozong", "赵总"),
)
KNOWN = {person.id: person for person in (*PEOPLE, BOT_PERSON)}

GROUPS = {"S0CRISIS": ("U0LI", "U0WANG"), "S0OPS": ("U0CHEN",)}
"""User groups, by their id."""


def shown(user: str) -> str:
    return KNOWN[user].shown if user in KNOWN else user
