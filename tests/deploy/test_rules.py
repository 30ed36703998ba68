"""The rules that wake people: each fires when it should and not otherwise, and each has its page in the runbooks."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.test_deploy import exported

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = (PROMETHEUS / "rules.yml").read_text(encoding="utf-8")
TESTS = (PROMETHEUS / "rules_test.yml").read_text(encoding="utf-8")
NAMES = re.findall(r"^ +- alert: (\w+)$", RULES, re.MULTILINE)


def promtool(*arguments: str) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed")
    done = subprocess.run([tool, *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_fires_in_its_case_and_is_silent_in_the_other() -> None:
    promtool("test", "rules", "rules_test.yml")


def test_what_operators_paste_is_a_configuration_of_prometheus() -> None:
    promtool("check", "config", "scrape.yml")


def test_every_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    cases = re.findall(r"alertname: (\w+)\n +exp_alerts:( \[\])?", TESTS)
    assert len(NAMES) > 20
    assert {name for name, silent in cases if not silent} == set(NAMES)
    assert {name for name, silent in cases if silent} == set(NAMES) - {"LangyanWatchdog"}


def test_every_metric_of_a_rule_exists() -> None:
    assert set(re.findall(r"langyan_\w+", RULES)) <= exported()


def test_rules_and_runbooks_hold_together() -> None:
    runbooks = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (\w+)$", runbooks, re.MULTILINE)
    assert titles == NAMES
    assert re.findall(r"runbook: docs/runbooks.md#(\w+)", RULES) == [name.lower() for name in NAMES]
    for page in runbooks.split("\n## ")[1:]:
        assert all(f"**{part}**" in page for part in ("Symptom", "Meaning", "First command")), page
