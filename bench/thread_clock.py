"""Processor time of each thread of this process, by name; Linux alone tells it."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

_EVERY = 0.2  # seconds between two looks: what a thread does after the last one is missed
_TASKS = Path("/proc/self/task")
_FFMPEG = "av:"  # how it names its threads


class ThreadClock:
    """Watches what threads there are while it is open. seconds: of processor by name, of all so far."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._ticks: dict[str, tuple[int, int]] = {}  # of each thread, at the first and at the last look
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="thread clock", daemon=True)

    def __enter__(self) -> ThreadClock:
        if _TASKS.is_dir():
            self._look()
            # who comes later began at nothing
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
            self._look()

    @property
    def seconds(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for task, (first, last) in self._ticks.items():
            name = self._names[task]
            found[name] = found.get(name, 0.0) + (last - first) / os.sysconf("SC_CLK_TCK")
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        named = {str(thread.native_id): thread.name for thread in threading.enumerate()}
        begun = bool(self._ticks)
        for task in _TASKS.iterdir():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                comm, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
                ticks = sum(int(n) for n in rest.split()[11:13])
                first = self._ticks.get(task.name, (0 if begun else ticks, 0))[0]
                self._ticks[task.name] = first, ticks
                other = "FFmpeg" if comm.startswith(_FFMPEG) else "others"
                self._names[task.name] = named.get(task.name, self._names.get(task.name, other))
