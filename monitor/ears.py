"""How the house hears people: for each Slack workspace its socket, who works on what comes in, and the threads read meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from alerts import lines
from alerts.card import card
from alerts.channels.slack_options import SlackOptions
from alerts.intake.adding import Adding
from alerts.intake.bringing import Bringing
from alerts.intake.inbox import Desk, Switchboard
from alerts.intake.orders import Orders
from alerts.intake.replies import Speaker
from alerts.intake.socket import WAITS, Socket, Waits
from alerts.intake.talk import Crew, Talk
from alerts.intake.threads import Ear, Threads
from alerts.masking import masked
from alerts.policy import pages_from, routed
from connectors.counts import count
from connectors.links import post_of, short_path
from monitor import dossier
from monitor.config import Config, Receiver
from monitor.model import Incident, Severity
from monitor.pipeline import trial
from monitor.ports import Clock
from monitor.short_links import ShortLinks
from monitor.store import Store


@dataclass(frozen=True, kw_only=True)
class Ears:
    """What the daemon runs: a loop that works (`step`), one that reads threads (`read`), and a thread for each socket."""

    switchboard: Switchboard
    threads: Threads
    sockets: tuple[Socket, ...]

    def close(self) -> None:
        self.switchboard.close()


@dataclass(frozen=True, slots=True)
class Seconds:
    """Real time: `elapsed` monotonic, `wall` since 1970."""

    elapsed: Callable[[], float]
    wall: Callable[[], float]


def ears(
    config: Config, store: Store, clock: Clock, ops: Sequence[str], real: Seconds, waits: Waits = WAITS
) -> Ears | None:
    """None: there is no Slack to hear anything from. `waits`: other than the sockets' own, for who cannot wait."""
    workspaces = _workspaces(config.receivers)
    if not workspaces:
        return None
    speaker = Speaker(language=config.language)
    brands = tuple(brand.name for brand in config.brands)
    desks: dict[str, Desk] = {}
    heard_by: dict[str, Ear] = {}
    sockets: list[Socket] = []
    switchboard = Switchboard(inbox=store, desks=desks, speaker=speaker, clock=clock, ops=ops)
    threads = Threads(inbox=store, ears=heard_by, hear=switchboard.hear, clock=clock, after=waits.threads)
    for receivers in workspaces:
        first = receivers[0]
        options: SlackOptions = first.options
        proxy = options.proxy.get_secret_value() if options.proxy else None
        talk = Talk(options.token.get_secret_value(), options.base_url, proxy)
        socket = _socket(receivers, switchboard, proxy, real, waits)
        sockets.extend([socket] if socket else [])
        deaf_for: Callable[[], float] = socket.deaf_for if socket else _always
        people = next((receiver.options.people for receiver in receivers if receiver.options.people), ())
        mask = partial(masked, shows=first.shows)
        desks[first.name] = Desk(
            Orders(
                handling=store,
                reading=store,
                labelling=store,
                people=Crew(talk, people, real.elapsed),
                bringing=Bringing(
                    recording=store,
                    handling=store,
                    linked=post_of,
                    hides=lambda link: short_path(link) is not None,
                    opened=ShortLinks(clock=clock, site=config.short_links),
                    speaker=speaker,
                    brands=brands,
                    told=partial(_told, config),
                ),
                adding=Adding(wording=store, speaker=speaker, clock=clock, brands=brands, mask=mask),
                speaker=speaker,
                clock=clock,
                brands=brands,
                counted=count,
                shown=partial(_shown, config, clock, first),
                mask=mask,
                deaf=deaf_for if socket else _never,
                thread=threads.incident,
                trial=partial(_trial, config, store, clock),
                export=dossier.shelf(store, config.state / "exports", clock, config.language),
            ),
            talk,
        )
        for receiver in receivers:
            heard_by[receiver.name] = Ear(first.name, talk, deaf_for)
    return Ears(switchboard=switchboard, threads=threads, sockets=tuple(sockets))


def _workspaces(receivers: Sequence[Receiver]) -> list[list[Receiver]]:
    """The Slack receivers that share a bot: one socket hears for all of them."""
    found: dict[tuple[str, str], list[Receiver]] = {}
    for receiver in receivers:
        options: Any = receiver.options
        if isinstance(options, SlackOptions):
            found.setdefault((options.base_url, options.token.get_secret_value()), []).append(receiver)
    return list(found.values())


def _socket(
    receivers: Sequence[Receiver], switchboard: Switchboard, proxy: str | None, real: Seconds, waits: Waits
) -> Socket | None:
    first = receivers[0]
    token = next((one.options.app_token for one in receivers if one.options.app_token is not None), None)
    if token is None:
        return None
    return Socket(
        receiver=first.name,
        app_token=token.get_secret_value(),
        base_url=first.options.base_url,
        proxy=proxy,
        hear=partial(switchboard.hear, first.name),
        elapsed=real.elapsed,
        wall=real.wall,
        rng=Random(),  # noqa: S311 - jitter, not secrets
        waits=waits,
    )


def _shown(config: Config, clock: Clock, receiver: Receiver, incident: Incident) -> Any:
    return card(incident, config.language, clock.now(), board_url=config.public_url, shows=receiver.shows)


def _trial(config: Config, store: Store, clock: Clock) -> str:
    found = trial.stands(store, clock.now()) if config.route.trial is not None else None
    return "" if found is None else lines.trial(found.facts, config.language)


def _told(config: Config, brand: str) -> list[str]:
    """Who hears of what people bring: whoever is paged for the brand at the least."""
    level = pages_from(config.route, brand) or Severity.RED
    return [receiver for receiver, _ in routed(config.route, brand, level)]


def _always() -> float:
    return float("inf")


def _never() -> float:
    return 0.0
