"""The dashboards are what their sources say, draw what there is, and leave out nothing that is exported."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.test_deploy import exported

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana"
RULES = GRAFANA.parent / "prometheus" / "rules.yml"
NAMES = ("team", "operators")


def board(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GRAFANA / f"{name}.json").read_text(encoding="utf-8"))
    return found


def queries(name: str) -> list[str]:
    return [target["expr"] for panel in board(name)["panels"] for target in panel.get("targets", [])]


def test_they_are_built_anew_without_a_difference(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-P", str(GRAFANA / "build.py"), str(tmp_path)], check=True, env=_beside())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in GRAFANA.glob("*.json"))
    for path in tmp_path.iterdir():
        assert path.read_text(encoding="utf-8") == (GRAFANA / path.name).read_text(encoding="utf-8")


def _beside() -> dict[str, str]:
    return {"PYTHONPATH": str(GRAFANA), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_on_a_dashboard_exists(name: str) -> None:
    assert len(queries(name)) > 15
    assert {metric for query in queries(name) for metric in re.findall(r"langyan_\w+", query)} <= exported()


def test_every_metric_that_is_exported_is_looked_at() -> None:
    looked_at = " ".join([*queries("team"), *queries("operators"), RULES.read_text(encoding="utf-8")])
    names = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in exported() if name.startswith("langyan_")}
    assert {name for name in names if name not in looked_at} == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_used_and_every_used_one_exists(name: str) -> None:
    known = {variable["name"] for variable in board(name)["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board(name)["panels"])))
    assert used == known


@pytest.mark.parametrize("name", NAMES)
def test_panels_do_not_overlap_and_have_their_own_ids(name: str) -> None:
    panels = board(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(x < 24 for x, _ in cells)
