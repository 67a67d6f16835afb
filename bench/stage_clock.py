"""Time of each stage of a loop, and the process's peak of memory; the standard library alone, so that it runs
in any environment."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any


class StageClock:
    """Sums the seconds of stages by name, and of the whole."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._whole = self._processor = 0.0

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens within."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """Time all of it, also what is no stage's."""
        start, processor = time.perf_counter(), time.process_time()
        yield
        self._whole += time.perf_counter() - start
        self._processor += time.process_time() - processor

    def figures(self, frames: int) -> dict[str, Any]:
        """seconds and processor seconds of the whole, frames a second, ms a frame of each stage."""
        return {
            "frames": frames,
            "seconds": self._whole,
            "processor_seconds": self._processor,
            "fps": frames / max(self._whole, 1e-9),
            "stages_ms": {name: 1e3 * spent / max(frames, 1) for name, spent in self.seconds.items()},
        }


def peak_mb() -> float:
    """The largest memory this process had, MB; 0 on Windows, which does not tell it this way."""
    try:
        import resource
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
