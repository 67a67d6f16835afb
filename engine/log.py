"""The engine's log: everything in a file in the cache folder, warnings on standard error."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
import time
from pathlib import Path
from typing import TextIO

from .weights import cache_dir

_KEEP = 20

log = logging.getLogger(__name__)


def start(*, verbose: bool = False, stream: TextIO | None = None) -> Path | None:
    """Begin this run's log file and return its path; None where no file can be written.

    Warnings (with verbose, everything) also go to stream, by default standard error. A crash in native code
    leaves its Python stack in the file.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    to_people = logging.StreamHandler(stream or sys.stderr)
    to_people.setLevel(logging.INFO if verbose else logging.WARNING)
    to_people.setFormatter(_LowerCase("%(levelname)s: %(message)s"))
    root.addHandler(to_people)
    folder = cache_dir() / "logs"
    path = folder / f"engine-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _drop_oldest(folder)
        file = logging.FileHandler(path, encoding="utf-8", delay=False)
    except OSError as error:
        log.info("No log file: %s", error)
        return None
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(file)
    if file.stream is not None:
        faulthandler.enable(file.stream, all_threads=True)
    return path


def native_output_to(path: Path | None) -> None:
    """Send what native libraries print on standard error to the log file.

    They greet, and warn of things nobody can act on, in the middle of a progress bar. Python's own
    sys.stderr goes where it went before.
    """
    if path is None:
        return
    try:
        kept = os.dup(2)
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
    except OSError:
        return
    sys.stderr = os.fdopen(kept, "w", buffering=1, encoding="utf-8", errors="backslashreplace")


def last_lines(path: Path | None, count: int = 40) -> list[str]:
    """The end of a log file, for a bug report."""
    if path is None or not path.is_file():
        return []
    return path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]


class _LowerCase(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace(record.levelname, record.levelname.lower(), 1)


def _drop_oldest(folder: Path) -> None:
    files = sorted(folder.glob("engine-*.log"), key=lambda p: p.name)
    for old in files[: max(0, len(files) - _KEEP + 1)]:
        with contextlib.suppress(OSError):
            old.unlink()
