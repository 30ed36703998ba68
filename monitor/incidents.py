"""`langyan incidents`: what is open and what was, and what people do about it without Slack."""

import getpass
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.console import errors, plainly, say
from monitor.errors import no_incident
from monitor.model import Act, Actor, Said, Step, Words, same

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.ports import Done

commands = typer.Typer(help="What is open, what was, and what is done about it.", no_args_is_help=True)

ConfigFile = Annotated[Path, typer.Option("-c", "--config", help="The TOML file.", show_default="langyan.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on stdout and nothing else there.")]
Number = Annotated[int, typer.Argument(metavar="N", help="The incident's number.")]
As = Annotated[str, typer.Option("--as", help="Who does it; without it, whoever is logged in.", show_default=False)]
Why = Annotated[str, typer.Option("--reason", help="Why, in your own words; it stands in the timeline.")]

REFUSALS = {
    "ended": Words("它已经结束（{state}）", "it has ended ({state})"),
    "taken": Words("{owner} 已经认领了", "{owner} has it already"),
    "already_yours": Words("已经是你的了", "you have it already"),
    "already_theirs": Words("{owner} 已经认领了", "{owner} has it already"),
    "responding_already": Words("应对已经开始了", "the response has begun already"),
    "nothing_to_undo": Words("刚才没有关闭过什么", "nothing was closed a moment ago"),
    "too_late": Words("时间太久，撤销不了了", "that was longer ago than can be undone"),
    "not_resolved": Words(
        "只有已解决的才复盘；它现在是 {state}", "only what was resolved is reviewed; this is {state}"
    ),
    "itself": Words("事件不能并入它自己", "an incident cannot join itself"),
    "other_brand": Words("另一个事件说的是 {brand}", "the other one is about {brand}"),
    "not_in_it": Words("这些帖子不全在里面", "not all of these posts are in it"),
    "nothing_left": Words("至少要留下一条帖子", "at least one post must stay"),
}
"""Why a step was refused, in words; facts stand in braces."""


@commands.command("list")
def list_(
    config: ConfigFile = Path("langyan.toml"),
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    json: AsJson = False,
) -> None:
    """Incidents, the newest change first."""
    from monitor import listing
    from monitor.clock import RealClock

    with _opened(config) as (store, settings):
        found = listing.incidents(store, everything)
        refusals = store.refusals([incident.id for incident in found])
        for incident in found:
            if json:
                say(listing.as_json(incident, refusals.get(incident.id)))
            else:
                typer.echo(listing.as_line(incident, refusals.get(incident.id)).told(settings.language))
        if json:
            return
        if not found:
            none = Words("没有事件", "no incidents") if everything else Words("没有进行中的事件", "no open incidents")
            typer.echo(none.told(settings.language))
        if settings.route.trial is not None:
            typer.echo(listing.trial(store, RealClock().now(), settings.language))


@commands.command("show")
def show(number: int, config: ConfigFile = Path("langyan.toml"), json: AsJson = False) -> None:
    """One incident: why, how far, which posts, who was told."""
    from monitor import listing

    with _opened(config) as (store, settings):
        shown = listing.whole(store, number, settings.language)
        if shown is None:
            raise _nothing(number, settings)
        if json:
            say(shown)
        else:
            typer.echo("\n".join(line.told(settings.language) for line in listing.as_page(shown)))


@commands.command("label")
def label(
    number: int,
    verdict: Annotated[Said, typer.Argument(help="What you say of it.")],
    by: Annotated[str, typer.Option(help="Who says so.")] = "operator",
    config: ConfigFile = Path("langyan.toml"),
) -> None:
    """Says of the post an incident shows whether it is bad and about you; `train sentiment --from-labels` learns from it."""
    from monitor.clock import RealClock

    with _opened(config, writes=True) as (store, settings):
        incident = store.incident(number)
        if incident is None or incident.lead is None:
            raise _nothing(number, settings)
        store.label(incident.lead.id, verdict.value, by, RealClock().now())
    told = Words(f"事件 {number}：{verdict.value}，{by} 说的", f"incident {number}: {verdict.value}, by {by}")
    typer.echo(told.told(settings.language))


def _acting(act: Act, says: str) -> Callable[..., None]:
    """A command that takes one step."""

    def command(
        number: Number,
        by: As = "",
        reason: Why = "",
        config: ConfigFile = Path("langyan.toml"),
        json: AsJson = False,
    ) -> None:
        _do(config, json, lambda store, step, _: store.handle(number, step), act, by, reason)

    command.__doc__ = says
    return command


commands.command("ack")(_acting(Act.ACKNOWLEDGE, "Takes an incident: it is yours, and pages nobody again."))
commands.command("respond")(_acting(Act.RESPOND, "Says that the response has begun."))
commands.command("resolve")(_acting(Act.RESOLVE, "Says that it is over; three days later its follow-up is due."))
commands.command("false")(
    _acting(Act.FALSE_ALARM, "Says that it was a false alarm; ten minutes long that can be undone.")
)
commands.command("undo")(_acting(Act.UNDO, "Takes back that it was closed, within ten minutes."))
commands.command("review")(_acting(Act.REVIEW, "Says that what is to be learned of it was written down."))


@commands.command("reassign")
def reassign(
    number: Number,
    who: Annotated[str, typer.Argument(help="To whom: a name, or a Slack id as slack:U0123.")],
    by: As = "",
    reason: Why = "",
    config: ConfigFile = Path("langyan.toml"),
    json: AsJson = False,
) -> None:
    """Gives it to somebody else."""
    to = who if ":" in who else f"cli:{who}"
    facts = {"to_id": to, "to_name": who.removeprefix("slack:")}
    _do(config, json, lambda store, step, _: store.handle(number, step), Act.REASSIGN, by, reason, facts)


@commands.command("merge")
def merge(
    number: Annotated[int, typer.Argument(metavar="A", help="The incident that joins, and ends.")],
    into: Annotated[int, typer.Argument(metavar="B", help="The one that goes on.")],
    by: As = "",
    reason: Why = "",
    config: ConfigFile = Path("langyan.toml"),
    json: AsJson = False,
) -> None:
    """Makes one of two incidents that tell the same."""
    _do(config, json, lambda store, step, _: store.merge(number, into, step), Act.MERGE, by, reason)


@commands.command("split")
def split(
    number: Number,
    posts: Annotated[list[str], typer.Argument(metavar="POST...", help="Posts as `show` prints them: weibo:5340.")],
    by: As = "",
    reason: Why = "",
    config: ConfigFile = Path("langyan.toml"),
    json: AsJson = False,
) -> None:
    """Makes an incident of its own of some of its posts."""

    def taken(store: Any, step: Step, settings: "Config") -> "Done":
        known = {str(mention.post.key): mention.id for mention in store.incident_posts(number)}
        if unknown := [post for post in posts if post not in known]:
            zh, en = (mark.join(unknown) for mark in ("、", ", "))
            raise _refused(Words(f"不是事件 {number} 的帖子：{zh}", f"not a post of incident {number}: {en}"), settings)
        done: Done = store.split(number, [known[post] for post in posts], step)
        return done

    _do(config, json, taken, Act.SPLIT, by, reason)


def _do(
    config: Path,
    json: bool,
    take: Callable[[Any, Step, "Config"], "Done"],
    act: Act,
    by: str,
    reason: str,
    given: dict[str, Any] | None = None,
) -> None:
    """Takes the step and says how the incident stands, or why it was refused."""
    from alerts import words
    from monitor import listing
    from monitor.clock import RealClock

    name = by or getpass.getuser()
    with _opened(config, writes=True) as (store, settings):
        step = Step(
            act=act,
            actor=Actor(f"cli:{name}", name),
            at=RealClock().now(),
            key=f"cli:{uuid.uuid4()}",
            source="cli",
            reason=reason,
            facts=given or {},
        )
        done = take(store, step, settings)
        refusal = store.refusals([done.incident.id]).get(done.incident.id)
        if json:
            refused = None if done.refused is None else {"code": done.refused.code, **done.refused.facts}
            say({**listing.as_json(done.incident, refusal), "refused": refused})
        elif done.refused is None:
            typer.echo(listing.as_line(done.incident, refusal).told(settings.language))
        if done.refused is not None:
            facts = {name: words.clean(str(fact)) for name, fact in done.refused.facts.items()}
            why = REFUSALS.get(done.refused.code, same(done.refused.code))
            here = facts | {"state": listing.state(facts["state"])} if "state" in facts else facts
            zh, en = why.zh.format_map(here), why.en.format_map(facts)
            number = done.incident.id
            raise _refused(Words(f"事件 {number}：{zh}", f"incident {number}: {en}"), settings)


def _nothing(number: int, settings: "Config") -> typer.Exit:
    return _refused(no_incident(number).said, settings)


def _refused(why: Words, settings: "Config") -> typer.Exit:
    errors.print(f"langyan: {why.told(settings.language)}", style="red", markup=False)
    return typer.Exit(1)


@contextmanager
def _opened(config: Path, *, writes: bool = False) -> Iterator[tuple[Any, "Config"]]:
    from monitor import fittings
    from monitor.config import load

    with plainly() as voice:
        settings = load(config)
        voice.language = settings.language
        with closing(fittings.open_store(settings) if writes else fittings.read_store(settings)) as store:
            yield store, settings
