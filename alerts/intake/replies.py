"""What is said back to whoever pressed or typed, so that they alone see it: words, and buttons to go on with. Pure.

Everything stands in plain text blocks, so nothing that a stranger wrote becomes a mention or a link; the line above them, which
is read as markup, is escaped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from alerts import words
from alerts.card import Card
from alerts.intake.sentences import DONE, HELP, REASONS, SAID, STATES
from alerts.words import Language
from monitor.model import Act, Incident, IncidentState, Word, WordKind

SECTION = 2900
BUTTON = 70
LINES = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One message to one person. `elements`: buttons and menus under it (Block Kit), `block` the id of their row."""

    text: str
    elements: tuple[Mapping[str, Any], ...] = ()
    block: str = ""

    def content(self) -> dict[str, Any]:
        """`text` and `blocks` as Slack takes them."""
        shown = words.cut(self.text, SECTION)
        blocks: list[dict[str, Any]] = [{"type": "section", "text": _plain(shown)}]
        if self.elements:
            row: dict[str, Any] = {"type": "actions", "elements": [dict(one) for one in self.elements[:25]]}
            blocks.append(row | ({"block_id": self.block} if self.block else {}))
        return {"text": escaped(words.cut(self.text, 1000)), "blocks": blocks}


@dataclass(frozen=True, kw_only=True, slots=True)
class Speaker:
    """Says things in one language."""

    language: Language

    def say(self, code: str, **facts: Any) -> Answer:
        """A sentence by its code; an unknown one stands for itself."""
        return Answer(text=self._fill(SAID.get(code, (code, code)), facts))

    def done(self, act: Act, number: int, now: datetime, **facts: Any) -> Answer:
        """What somebody did took effect."""
        form = DONE.get(act)
        if form is None:
            return self.say("thanks")
        answer = Answer(text=self._fill(form, {"n": number, **facts}, now))
        if act is Act.FALSE_ALARM:
            elements = (self._reasons(), self._undo(number))
            return Answer(text=answer.text, elements=elements, block=f"incident-{number}:reason")
        if act is Act.RESOLVE:
            return Answer(text=answer.text, elements=(self._undo(number),), block=f"incident-{number}:undo")
        return answer

    def why(self, number: int) -> Answer:
        """Asks why somebody should not have been woken."""
        asks = self._pick(("记下了。为什么不该叫醒你？", "Noted. Why should it not have woken you?"))
        return Answer(text=asks, elements=(self._reasons(),), block=f"incident-{number}:reason")

    def refused(self, code: str, number: int, facts: Mapping[str, Any]) -> Answer:
        """What somebody did changed nothing, and why."""
        if code not in SAID:
            fallback = ("#{n} 没有改动（{code}）。", "#{n} was not changed ({code}).")
            return Answer(text=self._fill(fallback, {"n": number, "code": code}))
        return Answer(text=self._fill(SAID[code], {"n": number, "hours": 24, **facts}))

    def help(self) -> Answer:
        return Answer(text=self._pick(HELP))

    def listed(self, cards: Sequence[tuple[Incident, Card]]) -> Answer:
        """What is going on, a line each."""
        if not cards:
            return Answer(text=self._pick(("现在没有进行中的事件。", "Nothing is going on.")))
        lines = [f"#{incident.id} {card.push} · {self._standing(incident)}" for incident, card in cards[:LINES]]
        if len(cards) > LINES:
            lines.append(self._pick((f"……共 {len(cards)} 个", f"… {len(cards)} in all")))
        return Answer(text="\n".join(lines))

    def shown(self, incident: Incident, card: Card) -> Answer:
        """One incident, in words."""
        facts = [f"{label}：{said}" if self.language == "zh" else f"{label}: {said}" for label, said in card.facts]
        lines = [f"#{incident.id} {card.headline}", self._standing(incident), *card.notices, card.byline, card.quote]
        return Answer(text="\n".join(filter(None, [*lines, card.outlook, *facts, *card.reasons, card.link])))

    def brought(self, number: int, known: bool) -> Answer:
        """A post or a rumour that somebody brought has an incident now."""
        if known:
            return Answer(
                text=self._pick((f"已并入 #{number}，继续跟踪。", f"It is part of #{number} and is followed."))
            )
        return Answer(
            text=self._pick((f"已建 #{number}（待研判），开始跟踪。", f"#{number} is in triage and is followed."))
        )

    def short_link(self) -> str:
        return self._pick((
            "\n这条短链没能打开，看不到是哪一篇；请在浏览器里打开后再发一次完整链接，数字才能自动更新。",
            "\nThis short link could not be opened; open it in a browser and send the full one too, so that its counts can be looked up.",
        ))  # fmt: skip

    def proposed(self, word: Word, texts: Sequence[str], shown: str) -> Answer:
        """A word, before it counts: how many posts of the last 24 hours it would have changed, and the button that adds it."""
        count = len(texts)
        watch = word.kind is WordKind.WATCH
        if self.language == "zh":
            says = f"{'多看' if watch else '排除'}「{word.query}」（{word.brand}）：过去 24 小时存下的帖子里，"
            says += f"有 {count} 条会{'算到这个品牌' if watch else '不再算'}。"
            says += f"例如：「{shown}」" if shown else ""
            says += "\n只数得到已采集的帖子；搜索类数据源自己的关键词不变。" if watch else ""
            label = "就这样加上" if watch else "就这样排除"
        else:
            says = f"{'Watch' if watch else 'Leave out'} “{word.query}” ({word.brand}): of the posts kept in the last "
            says += f"24 hours, {count} would {'count' if watch else 'no longer count'}."
            says += f" For example: “{shown}”" if shown else ""
            says += "\nOnly posts that were collected can be counted; what a feed searches for stays." if watch else ""
            label = "Add it" if watch else "Leave it out"
        return Answer(text=says, elements=(button(label, "langyan.word", word_value(word), primary=True),))

    def suggested(self, answers: Sequence[tuple[Word, int]]) -> Answer:
        """Words that would keep such adverts away, each with how many posts of the last 24 hours it would change."""
        zh = self.language == "zh"
        if not answers:
            return Answer(text=self._pick((
                "记下了。要排除一类帖子：/langyan except 品牌 词",
                "Noted. To leave such posts out: /langyan except BRAND word",
            )))  # fmt: skip
        says = "记下了。要不要以后排除？括号里是过去 24 小时会少算的条数。" if zh else (
            "Noted. Leave such posts out? In parentheses: how many of the last 24 hours would no longer count."
        )  # fmt: skip
        buttons = [
            button(
                f"{'排除' if zh else 'Leave out '}「{word.query}」({count})", f"langyan.word.{place}", word_value(word)
            )
            for place, (word, count) in enumerate(answers)
        ]
        return Answer(text=says, elements=tuple(buttons))

    def added(self, word: Word, now: datetime) -> Answer:
        until = words.clock(word.until, now) if word.until else ""
        if self.language == "zh":
            what = "多看" if word.kind is WordKind.WATCH else "排除"
            says = f"{word.brand}：从下一条起{what}「{word.query}」{f'，到 {until} 为止' if until else ''}。"
        else:
            what = "watched" if word.kind is WordKind.WATCH else "left out"
            says = f"{word.brand}: “{word.query}” is {what} from the next post on{f', until {until}' if until else ''}."
        return Answer(text=says, elements=(self._drop(word),))

    def wording(self, added: Sequence[Word], now: datetime) -> Answer:
        """The words people added, each with a button that takes it away."""
        if not added:
            return Answer(text=self._pick(("还没有加过词。", "No words were added.")))
        lines = []
        for word in added[:20]:
            until = words.clock(word.until, now) if word.until else ""
            sign = "+" if word.kind is WordKind.WATCH else "−"
            who = f"{word.actor.name} {words.clock(word.added_at, now)}"
            end = (f" 至 {until}" if self.language == "zh" else f" until {until}") if until else ""
            lines.append(f"{sign} {word.brand}：{word.query}（{who}{end}）")
        return Answer(text="\n".join(lines), elements=tuple(self._drop(word, named=True) for word in added[:20]))

    def status(self, facts: Mapping[str, Any]) -> Answer:
        """How it runs. `facts`: `states` (state and how many), `feeds` (well, failing), `deaf` seconds, `words`, `trial` in words."""
        zh = self.language == "zh"
        counts = " · ".join(f"{self._pick(STATES[state])} {count}" for state, count in facts["states"])
        failing = "、".join(facts["failing"]) if zh else ", ".join(facts["failing"])
        lines = [
            counts or self._pick(("现在没有进行中的事件。", "Nothing is going on.")),
            f"数据源：{facts['feeds'] - len(facts['failing'])} 个正常" if zh else f"feeds: {facts['feeds'] - len(facts['failing'])} well",
        ]  # fmt: skip
        if failing:
            lines[-1] += (
                f"，{len(facts['failing'])} 个有问题（{failing}）"
                if zh
                else f", {len(facts['failing'])} failing ({failing})"
            )
        lines.append(f"人工加的词：{facts['words']}" if zh else f"words added by people: {facts['words']}")
        if facts["deaf"] > 1:
            gone = words.span(timedelta(seconds=facts["deaf"]), self.language)
            lines.append(f"按钮：断线 {gone}" if zh else f"buttons: not heard for {gone}")
        if facts.get("trial"):
            lines.append(facts["trial"])
        return Answer(text="\n".join(lines))

    def _standing(self, incident: Incident) -> str:
        state = self._pick(STATES[incident.state])
        owner = words.cut(words.clean(incident.owner.name), 40) if incident.owner else ""
        return f"{state} · {owner}" if owner else state

    def _reasons(self) -> dict[str, Any]:
        return {
            "type": "static_select",
            "action_id": "langyan.reason",
            "placeholder": _plain(self._pick(("选一个原因", "Choose why"))),
            "options": [option(self._pick(said), code) for code, said in REASONS.items()],
        }

    def _undo(self, number: int) -> dict[str, Any]:
        return button(self._pick(("撤销", "Undo")), "langyan.undo", str(number))

    def _drop(self, word: Word, *, named: bool = False) -> dict[str, Any]:
        label = self._pick(("去掉", "Take away")) + (f" {word.query}" if named else "")
        return button(label, f"langyan.drop.{word.id}", str(word.id))

    def _fill(self, form: tuple[str, str], facts: Mapping[str, Any], now: datetime | None = None) -> str:
        told = {name: self._fact(name, value, now) for name, value in facts.items()}
        try:
            return self._pick(form).format_map(told)
        except (KeyError, ValueError, IndexError):
            return self._pick(form)

    def _fact(self, name: str, value: Any, now: datetime | None) -> str:
        if name == "until" and isinstance(value, datetime):
            return words.clock(value, now or value)
        if name == "state" and value in [state.value for state in IncidentState]:
            return self._pick(STATES[IncidentState(value)])
        if name == "brands":
            return ("、" if self.language == "zh" else ", ").join(words.clean(brand) for brand in value)
        return words.cut(words.clean(value), 200)

    def _pick(self, pair: tuple[str, str]) -> str:
        return pair[0 if self.language == "zh" else 1]


def button(label: str, action: str, value: str, *, primary: bool = False) -> dict[str, Any]:
    made = {
        "type": "button",
        "text": _plain(words.cut(words.clean(label), BUTTON)),
        "action_id": action,
        "value": value,
    }
    return made | ({"style": "primary"} if primary else {})


def option(label: str, value: str) -> dict[str, Any]:
    return {"text": _plain(words.cut(words.clean(label), BUTTON) or "…"), "value": value}


def word_value(word: Word) -> str:
    """A word inside a button: its kind, brand, query and how many seconds it lasts."""
    lasts = None if word.until is None else round((word.until - word.added_at).total_seconds())
    return orjson.dumps([word.kind.value, word.brand, word.query, lasts]).decode()


def read_word(value: str) -> tuple[WordKind, str, str, timedelta | None] | None:
    """What `word_value` wrote; None where it is none of ours."""
    try:
        kind, brand, query, lasts = orjson.loads(value)
        return WordKind(kind), str(brand), str(query), None if lasts is None else timedelta(seconds=int(lasts))
    except (ValueError, TypeError, OverflowError):
        return None


def escaped(text: str) -> str:
    """For where Slack reads markup: nothing in it is a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text or "…", "emoji": False}
