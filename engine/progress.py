"""How far a job has come: rate, seconds left, what each stage took. For command line and protocol."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int], None]

# What people read for the stages, in the order they come.
STAGES = {
    "load": "Loading networks",
    "follow": "Following people",
    "lift": "Lifting to 3D",
    "write": "Writing tracks",
}


@dataclass
class Step:
    """State of one stage: fps is what is done a second, seconds_left None until it can be told."""

    stage: str
    done: int
    total: int
    seconds: float
    fps: float
    seconds_left: float | None


class Meter:
    """Takes progress(stage, done, total) calls, passes on a Step at most every `interval` seconds.

    The first and the last call of a stage always get through.
    """

    def __init__(self, report: Callable[[Step], None], interval: float = 0.1) -> None:
        self.stages: dict[str, Step] = {}
        self._report = report
        self._interval = interval
        self._started: dict[str, tuple[float, int]] = {}  # when, and what was done already
        self._last = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        first = stage not in self._started
        started, before = self._started.setdefault(stage, (now, done))
        seconds = now - started
        # an interrupted run that goes on did not do in this time what was done before
        fps = (done - before) / seconds if seconds > 0 else 0.0
        left = (total - done) / fps if fps > 0 else None
        self.stages[stage] = step = Step(stage, done, total, seconds, fps, left)
        if first or done >= total or now - self._last >= self._interval:
            self._last = now
            self._report(step)

    def summary(self) -> dict[str, dict[str, float]]:
        """{stage: {done, seconds, fps}} of all stages so far, ready for JSON."""
        return {
            name: {"done": s.done, "seconds": round(s.seconds, 3), "fps": round(s.fps, 2)}
            for name, s in self.stages.items()
        }
