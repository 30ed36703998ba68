"""docs/connectors.md is true: its example, its table line and its recording are what a connector takes."""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import connectors
from connectors import CONNECTORS, load
from monitor import config
from monitor.ports import Connector
from tests.connectors.playback import OPTIONS, cases, check

PAGE = Path(__file__).parents[2] / "docs" / "connectors.md"
BRAND = "[[brand]]\nname = '星禾'\nmatch = '星禾'\n"


def blocks(kind: str) -> list[str]:
    """The page's fenced blocks of one language, in their order."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Somebody has done what the page says, to the letter; the folder of recordings that came of it."""
    source, line = blocks("python")
    name, target = re.findall(r'"([^"]+)"', line)
    house = tmp_path / "connectors"
    house.mkdir()
    module = target.partition(":")[0]
    (house / f"{module.rpartition('.')[2]}.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(connectors, "__path__", [*connectors.__path__, str(house)])
    monkeypatch.setitem(CONNECTORS, name, target)
    monkeypatch.delenv("LANGYAN_ACCEPT", raising=False)

    folder = tmp_path / "recordings" / name
    folder.mkdir(parents=True)
    (folder / OPTIONS).write_text(blocks("toml")[1], encoding="utf-8")
    (folder / "walk.http").write_text(blocks("http")[0], encoding="utf-8")
    (folder / "walk.expected.json").write_text(blocks("json")[0], encoding="utf-8")
    yield folder
    sys.modules.pop(module, None)


def test_the_example_passes_the_test_that_every_connector_passes(followed: Path) -> None:
    (recording,) = cases(followed)
    check(followed.name, recording)


def test_the_golden_answer_of_the_page_is_looked_at(followed: Path) -> None:
    golden = followed / "walk.expected.json"
    steps = json.loads(golden.read_text(encoding="utf-8"))
    steps[1]["cursor"] = {"mark": 70}
    golden.write_text(json.dumps(steps), encoding="utf-8")
    with pytest.raises(AssertionError):
        check(followed.name, followed / "walk.http")


def test_the_feed_of_the_page_is_configured_by_its_fields_alone(followed: Path, tmp_path: Path) -> None:
    (feed,) = config.build(tomllib.loads(BRAND + blocks("toml")[0]), tmp_path / "langyan.toml").feeds
    connector: Connector = feed.connector
    assert isinstance(connector, load(followed.name))
    assert connector.first({}).url.params["product"] == "nuanbei"


def test_a_connector_outside_the_house_needs_no_table_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "a_module_of_somebodys_own.py").write_text(blocks("python")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    request.addfinalizer(lambda: sys.modules.pop("a_module_of_somebodys_own", None))
    assert load("a_module_of_somebodys_own:TeaTalk")(product="nuanbei").platform == "teatalk"


def test_what_the_page_names_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    root = PAGE.parents[1]
    for name in re.findall(r"`((?:connectors|monitor|tests)/[\w/.]+)`", text):
        assert (root / name).exists() or "teatalk" in name, name
    for name in re.findall(r"`(\w+\.py)`", text):
        assert (root / "connectors" / name).exists(), name
