"""With LANGYAN_NO_SKIPS=1 (what CI sets) a skipped test is a failed one: a machine that lacks something must say so."""

import logging
import os
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import settings
from pluggy import Result

NO_SKIPS = "LANGYAN_NO_SKIPS"

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def _failed(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turns a skip into a failure that still says why it was one."""
    if os.environ.get(NO_SKIPS) == "1" and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{NO_SKIPS}=1, and this was skipped: {why}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Result[pytest.TestReport], None]:
    outcome = yield
    _failed(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report() -> Generator[None, Result[pytest.CollectReport], None]:
    outcome = yield
    _failed(outcome.get_result())


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A command run inside a test points the logs at that test's stderr, which is gone for the next one."""
    yield
    structlog.reset_defaults()
    for handler in list(logging.root.handlers):
        if type(handler) is logging.StreamHandler:
            logging.root.removeHandler(handler)
