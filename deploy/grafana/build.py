"""Writes the Grafana dashboards: `python deploy/grafana/build.py`. What is drawn stands in team.py and operators.py.

The JSON is committed beside this file; a test writes it again and finds no difference.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import operators
import team
from drawing import SEVERITIES, Drawn, Kind, Part
from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
HEIGHT = 7
WIDE = 24


def build(uid: str, title: str, variables: Sequence[tuple[str, str, str]], parts: Sequence[Part]) -> str:
    """A dashboard as JSON. `variables`: name, label, and the query that lists its values."""
    board = (
        dashboard.Dashboard(title)
        .uid(uid)
        .tags(["langyan"])
        .timezone("Asia/Shanghai")
        .refresh("30s")
        .time("now-24h", "now")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for name, label, query in variables:
        board.with_variable(
            dashboard.QueryVariable(name)
            .label(label)
            .query(query)
            .datasource(SOURCE)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(True)
            .include_all(True)
            .all_value(".*")
        )
    number = 0
    for row, drawn in parts:
        number += 1
        board.with_row(dashboard.Row(row).id(number))
        for one in drawn:
            number += 1
            board.with_panel(_panel(one, number, WIDE // len(drawn) if len(drawn) <= 4 else WIDE // 3))
    return JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False).encode(board.build()) + "\n"


def _panel(drawn: Drawn, number: int, width: int) -> stat.Panel | timeseries.Panel:
    panel = _number() if drawn.kind is Kind.NUMBER else _line()
    panel.id(number).title(drawn.title).description(drawn.says).unit(drawn.unit).datasource(SOURCE)
    panel.height(HEIGHT).span(width)
    if drawn.worry is not None:
        steps = [Threshold(value=None, color="green"), Threshold(value=drawn.worry, color="orange")]
        panel.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    for ref, (query, legend) in zip("ABCDEF", drawn.queries, strict=False):
        panel.with_target(prometheus.Dataquery().ref_id(ref).expr(query).legend_format(legend))
    for colour in SEVERITIES if drawn.coloured else ():
        fixed = DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})
        panel.override_by_name(colour, [fixed])
    return panel


def _number() -> stat.Panel:
    return stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))


def _line() -> timeseries.Panel:
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    return timeseries.Panel().legend(legend.show_legend(True)).min(0)


def boards() -> dict[str, str]:
    """Each file with what is to stand in it."""
    return {
        "team.json": build("langyan-team", "狼烟 Langyan · 危机小组", team.VARIABLES, team.PARTS),
        "operators.json": build("langyan-operators", "狼烟 Langyan · 运维", operators.VARIABLES, operators.PARTS),
    }


def main(folder: Path) -> None:
    for name, text in boards().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
