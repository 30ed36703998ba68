"""What a Slack receiver is told in the configuration. Pure."""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

_MENTION = re.compile(r"<!subteam\^S[A-Z0-9]+>|<@[UW][A-Z0-9]+>|<!(?:here|channel)>")


def _channel(value: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{2,20}", value):
        raise ValueError(f"{value!r} is no channel id. It begins with C and stands at the end of the channel's link")
    return value


def _mention(value: str) -> str:
    if not all(_MENTION.fullmatch(word) for word in value.split()):
        raise ValueError('write "<!subteam^S…>", "<@U…>", "<!here>" or "<!channel>", with spaces between them')
    return value


def _people(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if not re.fullmatch(r"[UWS][A-Z0-9]{2,20}", one):
            raise ValueError(f"{one!r} is neither a member's id (U…) nor a user group's (S…)")
    return value


def _api(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise ValueError("the token would travel in plain: use https")
    return value if value.endswith("/") else value + "/"


@dataclass(frozen=True, kw_only=True)
class SlackOptions:
    """The keys of a Slack receiver. `mention`: whom a new message wakes; a change of one wakes nobody.

    `app_token` (xapp-…) lets buttons and commands be heard. `people`: who may use them, members U… and user groups S…; empty:
    everybody in the channel.
    """

    token: SecretStr
    channel: Annotated[str, AfterValidator(_channel)]
    mention: Annotated[str, AfterValidator(_mention)] = ""
    app_token: SecretStr | None = None
    people: Annotated[tuple[str, ...], AfterValidator(_people)] = ()
    base_url: Annotated[str, AfterValidator(_api)] = "https://slack.com/api/"
    proxy: SecretStr | None = None
