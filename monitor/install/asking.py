"""Asks what flags did not say, a question at a time; writes nothing."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import typer
from pydantic import TypeAdapter, ValidationError

from alerts.channels.slack_options import SlackOptions
from monitor.errors import ConfigError
from monitor.install import questions as q
from monitor.install.answers import Answers, Doors, Language, Secret, Slack, any_of, mention, tieba
from monitor.install.questions import Question, listed
from monitor.install.refusals import AnswerError
from monitor.model import Words

_OPENED = {key: way[2] for key, way in q.WAYS_IN.items() if way[2] is not None}


class Asking:
    """`given`: what flags said, by flag; `unattended`: nobody is asked, defaults hold. `kept` gathers the secrets to write, by file."""

    def __init__(self, given: Mapping[str, str], language: Language, here: Path, *, unattended: bool) -> None:
        self._given, self._language, self._here, self._unattended = given, language, here, unattended
        self._heard: set[str] = set()
        self.kept: dict[str, str] = {}
        self.left_out: list[str] = []

    def answers(self, state: str) -> Answers:
        """Everything, in the order in which it is asked. ConfigError names the flag that is missing or wrong."""
        brand = self._ask(q.BRAND, None, lambda text: any_of([text]))
        names = self._words(q.NAMES, "")
        exclude = self._words(q.EXCEPT, q.CONFUSED)
        context = self._words(q.CONTEXT, "")
        doors, slack = self._doors(brand), self._slack()
        unheard = next((flag for flag in self._given if flag not in self._heard), None)
        if unheard is not None:
            raise ConfigError(
                unheard, "says nothing without its door or channel", "Name that too, or leave the flag out"
            )
        return Answers(
            brand=brand,
            names=names,
            exclude=exclude,
            context=context,
            doors=doors,
            slack=slack,
            language=self._language,
            state=state,
        )

    def _words(self, question: Question, default: str) -> tuple[str, ...]:
        return listed(self._ask(question, default, lambda text: any_of(listed(text))))

    def _doors(self, brand: str) -> Doors:
        opened = [name for name, question in _OPENED.items() if question.flag in self._given]
        if not self._unattended and q.DOORS.flag not in self._given:
            typer.echo("入口：" if self._language == "zh" else "Ways in:")
            for number, (name, way) in enumerate(q.WAYS_IN.items(), 1):
                typer.echo(f"  {number:>2} {name:<14}{way[self._language == 'en']}")
        chosen = q.ways_in(self._ask(q.DOORS, ", ".join(opened) or "none", q.ways_in))
        return Doors(
            mentions=self._secret(q.WEIBO) if "weibo" in chosen else None,
            search=self._secret(q.SEARCH) if "weibo-search" in chosen else None,
            push=self._ask(q.PUSH, "") if "weibo-push" in chosen else "",
            vendor=self._secret(q.VENDOR, made=secrets.token_hex(24)) if "vendor" in chosen else None,
            vendor_platform=self._ask(q.VENDOR_PLATFORM, "") if "vendor" in chosen else "",
            rsshub=self._ask(q.RSSHUB, "http://127.0.0.1:1200", _address) if "rsshub" in chosen else "",
            route=self._ask(q.ROUTE, tieba(brand)) if "rsshub" in chosen else "",
            mediacrawler=self._ask(q.CRAWLER, "") if "mediacrawler" in chosen else "",
            apps=listed(self._ask(q.APPS, "", _app_ids)) if "appstore" in chosen else (),
            country=self._ask(q.COUNTRY, "cn") if "appstore" in chosen else "cn",
            heimao="heimao" in chosen,
            hot_lists=listed(self._ask(q.HOT, ", ".join(q.HOT_LISTS), q.hot_lists)) if "hotlist" in chosen else (),
            own=self._ask(q.OWN, "hotline", q.own_channel) if "own" in chosen else "",
            own_secret=self._secret(q.OWN_SECRET, made=secrets.token_hex(24)) if "own" in chosen else None,
        )

    def _slack(self) -> Slack | None:
        channel = self._ask(q.CHANNEL, "", _channel)
        token = self._secret(q.TOKEN) if channel else None
        if token is None:
            return None
        quiet = self._ask(q.QUIET, "", _channel)
        return Slack(
            token=token,
            channel=channel,
            app_token=self._secret(q.APP_TOKEN, needed=False),
            quiet=quiet,
            ops=self._ask(q.OPS, quiet, _channel),
            on_duty=tuple(map(mention, listed(self._ask(q.DUTY, "", lambda text: [*map(mention, listed(text))])))),
        )

    def _ask(self, question: Question, default: str | None, check: Callable[[str], object] = str) -> str:
        """One answer, its white space as one blank each. `default` None: there has to be one."""
        self._heard.add(question.flag)
        given = self._given.get(question.flag)
        if given is None and self._unattended:
            given = default or ""
        if given is not None:
            try:
                return _checked(given, check, needed=default is None or question in _OPENED.values())
            except AnswerError as error:
                raise ConfigError(question.flag, error.said.en) from None
        answer = str(
            typer.prompt(
                self._says(question),
                default=default,
                show_default=bool(default),
                value_proc=lambda text: self._again(text, check, needed=default is None),
            )
        )
        if not answer and question in _OPENED.values():
            self.left_out.append(question.flag)
        return answer

    def _secret(self, question: Question, *, needed: bool = True, made: str = "") -> Secret | None:
        """Where a secret stands; a value that was typed is kept for its file. None: left out. `made`: what an empty answer means."""
        self._heard.add(question.flag)
        given = self._given.get(question.flag)
        beside = Secret("file", question.secret)
        if given is not None:
            return _place(given, question, self._here) or beside
        if (self._here / question.secret).exists():
            return beside
        if not self._unattended:
            ask = (
                f"{self._says(question)}（env:NAME / file:PATH）"
                if self._language == "zh"
                else f"{self._says(question)} (or env:NAME, file:PATH)"
            )
            typed = self._typed(question, ask)
            if typed.startswith(("env:", "file:")):
                return _place(typed, question, self._here)
            made = typed or made
        if not made:
            if needed and self._unattended:
                raise ConfigError(question.flag, "is needed", "Give env:NAME or file:PATH, or leave that door out")
            if needed:
                self.left_out.append(question.flag)
            return None
        self.kept[question.secret] = made
        return beside

    def _typed(self, question: Question, ask: str) -> str:
        """A secret, unseen. What is wrong is said here, for a prompt that hides its input says only that something is."""
        while True:
            typed = str(typer.prompt(ask, default="", show_default=False, hide_input=True)).strip()
            if not typed or typed.startswith((question.begins, "env:", "file:")):
                return typed
            zh, en = f"不是以 {question.begins} 开头的令牌", f"no token that begins with {question.begins}"
            typer.echo(zh if self._language == "zh" else en)

    def _again(self, text: str, check: Callable[[str], object], *, needed: bool) -> str:
        """What was answered, to somebody who can answer better."""
        try:
            return _checked(text, check, needed=needed)
        except AnswerError as error:
            raise typer.BadParameter(error.said.told(self._language)) from None

    def _says(self, question: Question) -> str:
        return question.zh if self._language == "zh" else question.en


def _checked(text: str, check: Callable[[str], object], *, needed: bool) -> str:
    said = " ".join(text.split())
    try:
        said.encode()
    except UnicodeEncodeError:
        raise AnswerError(Words("不是文字，请用 UTF-8", "is not text, write it in UTF-8")) from None
    if said:
        check(said)
    elif needed:
        raise AnswerError(Words("这一项不能空", "is needed, give an answer"))
    return said


def _place(text: str, question: Question, here: Path) -> Secret:
    """`env:NAME` or `file:PATH`. Anything else is refused unshown: a command line is everybody's to read."""
    source, _, name = text.partition(":")
    if source == "env" and name:
        if not os.environ.get(name):
            raise ConfigError(question.flag, f"the environment has no {name}", "Set it, or name another")
        return Secret("env", name)
    if source == "file" and name:
        path = Path(name).expanduser().resolve()
        return Secret("file", path.name if path.parent == here.resolve() else str(path))
    raise ConfigError(question.flag, "a secret does not belong on a command line", "Give env:NAME or file:PATH")


def _channel(text: str) -> None:
    try:
        TypeAdapter(SlackOptions).validate_python({"token": "unused", "channel": text})
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ")
        zh = f"{text!r} 不是频道编号。在 Slack 打开频道，点名称，“关于”最下面就是它（C…）"
        raise AnswerError(Words(zh, why)) from None


def _address(text: str) -> None:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise AnswerError(
            Words(
                f"{text!r} 不是网址，请写 http://… 或 https://…", f"{text!r} is no address, write http://… or https://…"
            )
        )


def _app_ids(text: str) -> None:
    for one in listed(text):
        if not (one.isascii() and one.isdigit()):
            en = f"{one!r} is no App Store id: that is the number at the end of the app's address"
            raise AnswerError(Words(f"{one!r} 不是 App Store 编号：应用网址末尾的那串数字", en))
