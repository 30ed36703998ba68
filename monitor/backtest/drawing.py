"""`--png FILE`: a post's curve with what was forecast at each look, and the risk against its threshold, as a picture."""

from datetime import datetime
from pathlib import Path

from monitor.backtest.explaining import Dossier, points
from monitor.backtest.outcomes import Outcome
from monitor.errors import LangyanError


class NoPictureError(LangyanError):
    """The picture cannot be written."""


def draw(dossier: Dossier, outcome: Outcome | None, hurts: int | None, threshold: float, path: Path) -> None:
    """Writes the picture. Its words are English: not every machine has a Chinese font. NoPictureError where it cannot."""
    if not dossier.steps:
        raise NoPictureError(f"{dossier.wanted} was never judged, so there is nothing to draw")
    from matplotlib.figure import Figure  # large: only while drawing

    figure = Figure(figsize=(9, 6), layout="constrained")
    reach, risk = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    born = dossier.steps[0].judgement.mention.born

    def minutes(at: datetime) -> float:
        return max((at - born).total_seconds() / 60, 0.5)

    steps = [(minutes(step.at), step) for step in dossier.steps]
    told = [(at, step.judgement.verdict.forecast) for at, step in steps if step.judgement.verdict.forecast]
    curve = [(max(at, 0.5), count) for at, count in points(dossier, outcome)]
    reach.step(*zip(*curve, strict=True), where="post", color="black", label="what it had")
    ages = [at for at, _ in told]
    reach.plot(ages, [f.median for _, f in told], color="tab:red", marker=".", label="forecast for a week (median)")
    reach.fill_between(
        ages, [f.low for _, f in told], [f.high for _, f in told], color="tab:red", alpha=0.15, label="80 % of the time"
    )
    if hurts:
        reach.axhline(hurts, color="gray", linestyle=":", label=f"hurts from {hurts:,}")
    risk.step([at for at, _ in steps], [step.risk for _, step in steps], where="post", color="tab:orange")
    risk.axhline(threshold, color="gray", linestyle=":")
    if dossier.page is not None:
        for axis in (reach, risk):
            axis.axvline(minutes(dossier.page.at), color="tab:blue", label="page")
    reach.set(title=str(dossier.steps[0].judgement.mention.post.key), xscale="log", ylabel="reach")
    reach.set_yscale("symlog", linthresh=10)
    reach.set_ylim(bottom=0)
    risk.set(ylim=(0, 1), ylabel="risk", xlabel="minutes since publication")
    reach.legend(loc="upper left")
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        raise NoPictureError(f"{path} cannot be written ({error.strerror}). Give another path to --png") from None
