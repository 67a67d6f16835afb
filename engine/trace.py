"""Where the time of a run goes: spans of work, summed by name and kept for Chrome's trace viewer.

Off unless somebody asks: then `span` costs a look at a variable. The file is in the Trace Event Format, which
chrome://tracing and https://ui.perfetto.dev open.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .errors import BadInput

_Item = TypeVar("_Item")

_MOST_EVENTS = 200_000  # in the file, about 20 MB; sums go on
_NOTHING: AbstractContextManager[None] = contextlib.nullcontext()


@dataclass
class Total:
    """Sum of all spans of one name. seconds: of its own, without what other spans within it took."""

    calls: int = 0
    seconds: float = 0.0


class Trace:
    """Collects spans from any number of threads."""

    def __init__(self) -> None:
        self.totals: dict[str, Total] = {}
        self.left_out = 0
        self._began = time.perf_counter()
        self._events: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._open = threading.local()

    @contextlib.contextmanager
    def span(self, name: str) -> Iterator[None]:
        """Time what happens within."""
        within: list[float] = self._open.__dict__.setdefault("within", [])
        within.append(0.0)
        start = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - start
            inner = within.pop()
            if within:
                within[-1] += seconds
            self._keep(name, start, seconds, seconds - inner)

    def _keep(self, name: str, start: float, seconds: float, own: float) -> None:
        with self._lock:
            total = self.totals.setdefault(name, Total())
            total.calls += 1
            total.seconds += own
            if len(self._events) >= _MOST_EVENTS:
                self.left_out += 1
                return
            self._events.append(
                {
                    "name": name,
                    "ph": "X",
                    "ts": round(1e6 * (start - self._began), 1),
                    "dur": round(1e6 * seconds, 1),
                    "pid": os.getpid(),
                    "tid": threading.get_native_id(),
                }
            )

    def table(self) -> str:
        """A line a name, the longest first: seconds of its own, share of the run, calls, ms a call."""
        whole = time.perf_counter() - self._began
        rows = sorted(self.totals.items(), key=lambda row: -row[1].seconds)
        lines = [f"{'stage':14s} {'seconds':>9s} {'share':>7s} {'calls':>8s} {'ms/call':>9s}"]
        lines += [
            f"{name:14s} {t.seconds:9.2f} {100 * t.seconds / whole:6.1f}% {t.calls:8d} "
            f"{1e3 * t.seconds / t.calls:9.2f}"
            for name, t in rows
        ]
        return "\n".join([*lines, f"{'run':14s} {whole:9.2f}  100.0%"])

    def write(self, path: Path) -> None:
        """The spans as a trace file; it appears whole or not at all. Raises BadInput where it cannot."""
        part = path.with_name(f".{path.name}.part")
        content = {"traceEvents": self._events, "displayTimeUnit": "ms", "leftOut": self.left_out}
        try:
            part.write_text(json.dumps(content), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise BadInput(f"Cannot write the trace {path}: {error.strerror or error}.") from error


_current: Trace | None = None


def span(name: str) -> AbstractContextManager[None]:
    """Time what happens within, if the run is traced."""
    return _NOTHING if _current is None else _current.span(name)


def asked() -> bool:
    """Whether the run is traced."""
    return _current is not None


def over(name: str, items: Iterable[_Item]) -> Iterator[_Item]:
    """The same items; the time to get each is a span."""
    iterator = iter(items)
    while True:
        try:
            with span(name):
                item = next(iterator)
        except StopIteration:
            return
        yield item


@contextlib.contextmanager
def tracing() -> Iterator[Trace]:
    """Trace what the process does within."""
    global _current  # noqa: PLW0603 one process, one run
    before, _current = _current, Trace()
    try:
        yield _current
    finally:
        _current = before
