"""The ways to the hosts that feeds ask: one request at a time, each in its turn, and none while a host is in trouble."""

import asyncio

import structlog

from monitor import metrics
from monitor.ports import Clock

log = structlog.get_logger()

OPEN_AFTER = 5
"""Failures of a host in a row, transport or 5xx, before it is left alone."""

OPEN_FIRST, OPEN_LONGEST = 30.0, 1800.0


class Circuit:
    """Whether a host may be asked. Opens after failures in a row, twice as long each time; then one probe decides."""

    def __init__(self, host: str) -> None:
        self.host, self.failures = host, 0
        self._until, self._pause = 0.0, OPEN_FIRST
        metrics.CIRCUIT.labels(host).set(0)

    def left(self, now: float) -> float:
        """Seconds it stays open; 0.0: ask (if it was open, this is the probe: a lane lets one request through at a time)."""
        return max(0.0, self._until - now)

    def answered(self) -> None:
        if self.failures >= OPEN_AFTER:
            log.info("host answers again", host=self.host)
        self.failures, self._pause = 0, OPEN_FIRST
        metrics.CIRCUIT.labels(self.host).set(0)

    def failed(self, now: float) -> None:
        self.failures += 1
        if self.failures >= OPEN_AFTER:
            log.warning("host left alone", host=self.host, failures=self.failures, seconds=self._pause)
            self._until, self._pause = now + self._pause, min(OPEN_LONGEST, self._pause * 2)
            metrics.CIRCUIT.labels(self.host).set(1)


class Lane:
    """The way to one host: one request at a time, each no sooner after the last than its pace."""

    def __init__(self, host: str) -> None:
        self.lock = asyncio.Lock()
        self.circuit = Circuit(host)
        self._last: float | None = None

    async def turn(self, clock: Clock, pace: float) -> None:
        if self._last is not None:
            await clock.sleep(self._last + pace - clock.elapsed())
        self._last = clock.elapsed()
