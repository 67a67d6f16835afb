"""How far a batch is: in a terminal one line that is written over, elsewhere a line for each clip.

Blender's own Python has no tqdm, and a log wants whole lines: so this is written here.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

from .summary import DONE, FAILED, Outcome

_CLEAR = "\r\x1b[K"  # back to the line's start, and clear it


class Progress:
    """total: clips. stream: who watches. results: where paths of results are printed."""

    def __init__(self, total: int, stream: TextIO | None = None, results: TextIO | None = None) -> None:
        self._total, self._done, self._failed, self._spent = total, 0, 0, 0
        self._stream, self._results = stream or sys.stderr, results or sys.stdout
        self._live = self._stream.isatty()
        self._began = time.monotonic()
        self._line = self._told("")
        self._draw()

    def tell(self, outcome: Outcome, files: list[Path]) -> None:
        """A clip came to its end. files: its results."""
        self._done += 1
        self._failed += outcome.status == FAILED
        self._spent += outcome.status in (DONE, FAILED)
        self._clear()
        for path in files:
            print(path, file=self._results)
        self._results.flush()
        if not self._live or outcome.message:
            tail = f": {outcome.message}" if outcome.message else ""
            print(f"[{self._done}/{self._total}] {outcome.label} {outcome.status}{tail}", file=self._stream)
        self._line = self._told(outcome.label)
        self._draw()

    def end(self) -> None:
        """Leave the terminal's line to others."""
        self._clear()
        self._line = ""

    def _told(self, label: str) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        left = ""
        if self._spent and self._done < self._total:
            # what is up to date takes no time, and tells nothing of the rest
            each = (time.monotonic() - self._began) / self._spent
            left = f"  about {_duration(each * (self._total - self._done))} left"
        return f"{self._done} of {self._total} clips{failed}{left}  {label}".rstrip()

    def _draw(self) -> None:
        if self._live and self._line:
            wide = max(20, shutil.get_terminal_size().columns - 1)
            self._stream.write(_CLEAR + self._line[:wide])
        self._stream.flush()

    def _clear(self) -> None:
        if self._live:
            self._stream.write(_CLEAR)
            self._stream.flush()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
