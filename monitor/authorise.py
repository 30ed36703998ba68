"""Weibo's OAuth, step by step: the page of consent, the code that comes back, the token for it, and the file that keeps it."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.weibo import Weibo
from connectors.weibo_codes import answer_of, number_in
from monitor import owner
from monitor.clock import RealClock
from monitor.errors import ConfigError, Failure, FeedError
from monitor.fetch import Fetcher
from monitor.model import Words
from monitor.ports import Clock, Fetch, Limits


@dataclass(frozen=True, kw_only=True)
class App:
    """The brand's own app at open.weibo.com. `redirect_uri` must be the one that is registered there, to the letter."""

    key: str
    secret: SecretStr
    redirect_uri: str
    base_url: str = "https://api.weibo.com"

    def page(self, state: str) -> str:
        """Where the owner of the account consents."""
        asked = {
            "client_id": self.key,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "state": state,
        }
        return str(httpx.URL(self.base_url.rstrip("/") + "/oauth2/authorize", params=asked))

    def exchange(self, code: str) -> httpx.Request:
        """What gives a token for a code, once."""
        form = {
            "client_id": self.key,
            "client_secret": self.secret.get_secret_value(),
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
        }
        return httpx.Request("POST", self.base_url.rstrip("/") + "/oauth2/access_token", data=form)


@dataclass(frozen=True, kw_only=True)
class Granted:
    """A token, whose it is, and when it ends; None: Weibo does not say."""

    token: SecretStr
    uid: str
    ends: datetime | None


def code_in(pasted: str, state: str) -> str:
    """The code in what was pasted: the address that the browser was sent to, or the code alone. ConfigError says what is wrong."""
    pasted = pasted.strip()
    if "?" not in pasted and "=" not in pasted:
        if not pasted:
            raise ConfigError("code", "nothing was pasted", "Paste the address that the browser was sent to")
        return pasted
    try:
        given: Mapping[str, str] = httpx.URL(pasted if "?" in pasted else f"?{pasted}").params
    except httpx.InvalidURL:
        raise ConfigError("code", "that is no address", "Paste the address that the browser was sent to") from None
    if "error" in given or "error_code" in given:
        said = given.get("error_description") or given.get("error") or given.get("error_code", "")
        raise ConfigError("code", f"Weibo refused ({said[:80]})", "Open the page again and consent")
    if not given.get("code"):
        raise ConfigError("code", "that address holds no code", "Paste the whole address, from https to its end")
    if given.get("state", state) != state:
        raise ConfigError("code", "that address answers another request", "Begin again, and use the newest page")
    return given["code"]


async def grant(app: App, code: str, fetch: Fetch, limits: Limits, clock: Clock) -> Granted:
    """Exchanges the code, and asks Weibo whether the token is good. FeedError says why there is none."""
    secret = app.secret.get_secret_value()
    answer = _object(answer_of(await fetch(app.exchange(code), limits), clock.now(), secret))
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise FeedError(Failure.SCHEMA_DRIFT, "Weibo's answer holds no access_token")
    info = Weibo(token=SecretStr(token), base_url=app.base_url).standing()[-1]
    said = _object(answer_of(await fetch(info, limits), clock.now(), token))
    if str(said.get("appkey", app.key)) != app.key:
        raise FeedError(
            Failure.MISCONFIGURED,
            "the token belongs to another app",
            fix=Words("填那个应用的 key，或重新开始", "Give that app's key, or begin again"),
        )
    left = number_in(said, "expire_in") or number_in(answer, "expires_in")
    ends = clock.now() + timedelta(seconds=left) if 0 < left < 10**10 else None
    return Granted(
        token=SecretStr(token), uid=str(number_in(said, "uid") or number_in(answer, "uid") or "?"), ends=ends
    )


def keep(token: SecretStr, path: Path) -> None:
    """Writes a secret for one user alone: who runs this, or, where that is root, whose the folder is, so that a token that root renews in
    the state directory is the service's own. Whoever reads the file finds the old one or the new one, never half of one."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(token.get_secret_value() + "\n")
            file.flush()
            os.fsync(file.fileno())
        owner.give(beside, path.parent)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise ConfigError(str(path), f"cannot be written ({error.strerror})", "Give another path with --out") from None


async def ask(app: App, code: str, limits: Limits) -> Granted:
    """`grant` on a socket of its own."""
    clock = RealClock()
    fetch = Fetcher(clock=clock, rng=Random())  # noqa: S311 - jitter, not secrets
    try:
        return await grant(app, code, fetch, limits, clock)
    finally:
        await fetch.aclose()


def secret_in(path: Path) -> SecretStr:
    """The app's secret. ConfigError where there is none."""
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        found = ""
    if not found:
        raise ConfigError(str(path), "holds no secret that can be read", "Put the App Secret into it, and nothing else")
    return SecretStr(found)


def _object(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, dict):
        raise FeedError(Failure.SCHEMA_DRIFT, "Weibo answers something else than an object")
    return answer
