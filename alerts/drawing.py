"""`python -m alerts.drawing`: what is to be drawn as JSON on stdin, the PNG on stdout. The only room with matplotlib in it.

Left of the middle stands what happened, to scale in time; right of it what is expected in 1, 3, 6 and 24 hours, a step each, for to
scale the first minutes would be a hair's breadth. Where the machine has no Chinese font, labels are Latin and numbers, never boxes.
"""

import sys
from io import BytesIO
from typing import Any

import orjson
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

FONTS = ("NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC", "SourceHanSans", "wqy-microhei", "wqy-zenhei", "msyh", "simhei", "DroidSansFallback", "PingFang")  # fmt: skip
"""Files of fonts that know Chinese, the best first. matplotlib's own list of fonts is kept on disk and may be older than they are."""

WIDTH, HEIGHT, DPI = 7.2, 4.6, 100
INK, SOFT, HAS, COMES, LINE = "#1d1c1d", "#8a8f98", "#2f6fdf", "#e8710a", "#d32f2f"

WIDE = 20.0
"""From this ratio of the highest to the last count on, the axis is logarithmic: a line along the floor says nothing."""


def draw(asked: dict[str, Any], font: str) -> bytes:
    """The PNG of what `alerts.chart.picture` asked for. `font`: one that knows Chinese; "" where there is none."""
    chinese = bool(asked["chinese"] and font)
    size = 19
    with rc_context(
        {"font.family": [font or "DejaVu Sans", "DejaVu Sans"], "font.size": size, "axes.unicode_minus": False}
    ):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
        axes = figure.subplots()
        _scale(axes, asked, chinese=chinese)
        _history(axes, asked, chinese=chinese)
        _future(axes, asked, chinese=chinese)
        _line(axes, asked, chinese=chinese)
        _ticks(axes, asked, chinese=chinese)
        unit = asked["unit"] if chinese or not asked["chinese"] else ""
        axes.set_title(unit, loc="left", fontsize=size, color=SOFT, pad=8)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0, colors=SOFT)
        axes.grid(axis="y", color="#ececec", linewidth=1)
        axes.set_axisbelow(True)
        held = BytesIO()
        figure.savefig(held, format="png")
    return held.getvalue()


def _top(asked: dict[str, Any]) -> float:
    return float(max([asked["points"][-1][1], asked["hurts"] or 0, *(step[3] for step in asked["fan"]), 10]))


def _scale(axes: Axes, asked: dict[str, Any], *, chinese: bool) -> None:
    top, has = _top(asked), max(asked["points"][-1][1], 1)
    if top / has > WIDE:
        axes.set_yscale("symlog", linthresh=10, linscale=0.6)
        axes.yaxis.set_major_locator(FixedLocator([0, *(10**power for power in range(1, 9) if 10**power <= top * 2.5)]))
        axes.set_ylim(0, top * 2.5)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_ylim(0, top * 1.22)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value, chinese=chinese)))


def _number(value: float, *, chinese: bool) -> str:
    if value >= 10_000:
        return f"{value / 10_000:g} 万" if chinese else f"{value / 1000:g}k"
    return f"{value:g}"


def _at(asked: dict[str, Any], seconds: float) -> float:
    return seconds / max(float(asked["points"][-1][0]), 1.0)


def _history(axes: Axes, asked: dict[str, Any], *, chinese: bool) -> None:
    """What it had. Before it was first seen nobody counted, so that stretch is thin."""
    points = [(_at(asked, age), count) for age, count in asked["points"]]
    unseen = 1 if asked["unseen"] else 0
    if unseen:
        axes.plot(*zip(*points[:2], strict=True), color=HAS, linewidth=2, linestyle=(0, (1, 2)))
    axes.plot(*zip(*points[unseen:], strict=True), color=HAS, linewidth=3.5, solid_capstyle="round")
    axes.plot(*points[-1], "o", color=HAS, markersize=11)
    axes.annotate(asked["now"], points[-1], (-12, 8), textcoords="offset points", ha="right", color=HAS, weight="bold")
    if asked["paged"] is not None:
        at = min(_at(asked, asked["paged"]), 1.0)
        axes.axvline(at, color=SOFT, linewidth=1.5, linestyle=(0, (4, 3)))
        word = "呼叫" if chinese else "page"
        axes.annotate(word, (at, 1), (-6, -4), xycoords=("data", "axes fraction"), textcoords="offset points", ha="right", va="top", color=SOFT)  # fmt: skip


def _future(axes: Axes, asked: dict[str, Any], *, chinese: bool) -> None:
    if not asked["fan"]:
        return
    last = asked["points"][-1][1]
    steps = [1 + (i + 1) / len(asked["fan"]) for i in range(len(asked["fan"]))]
    at = [1.0, *steps]
    median, low, high = ([last, *(step[i] for step in asked["fan"])] for i in (1, 2, 3))
    axes.fill_between(at, low, high, color=COMES, alpha=0.2, linewidth=0)
    axes.plot(at, median, color=COMES, linewidth=3.5, linestyle=(0, (2, 1)))
    axes.plot(at[-1:], median[-1:], "o", color=COMES, markersize=11)
    about = f"约 {asked['median']}" if chinese else f"~{asked['median']}"
    axes.annotate(
        about, (at[-1], median[-1]), (-10, 12), textcoords="offset points", ha="right", color=COMES, weight="bold"
    )


def _line(axes: Axes, asked: dict[str, Any], *, chinese: bool) -> None:
    if not asked["hurts"]:
        return
    axes.axhline(asked["hurts"], color=LINE, linewidth=2, linestyle=(0, (1, 1.5)))
    word = f"{asked['line']} 会伤到品牌" if chinese else f"{asked['line']} hurts"
    axes.annotate(word, (0, asked["hurts"]), (2, 6), textcoords="offset points", ha="left", color=LINE)


def _ticks(axes: Axes, asked: dict[str, Any], *, chinese: bool) -> None:
    """Birth, the last look, and the last step of the fan, with one between."""
    fan = asked["fan"]
    places, labels = [0.0, 1.0], [asked["born"], asked["last"]]
    if fan:
        middle = len(fan) // 2
        places += [1 + middle / len(fan), 2.0]
        labels += [f"+{fan[i][0]} {'时' if chinese else 'h'}" for i in (middle - 1, len(fan) - 1)]
    axes.set_xlim(-0.02, places[-1] + 0.05)
    axes.set_xticks(places, labels)
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")


def chinese_font() -> str:
    """The name of a font of this machine that knows Chinese; "" where it has none."""
    files = findSystemFonts()
    for known in FONTS:
        for file in files:
            if known.lower() in file.lower():
                fontManager.addfont(file)
                names = [font.name for font in fontManager.ttflist if font.fname == file]
                return min(names, key=lambda name: ("Mono" in name, " SC" not in name))
    return ""


def main() -> None:
    sys.stdout.buffer.write(draw(orjson.loads(sys.stdin.buffer.read()), chinese_font()))


if __name__ == "__main__":
    main()
