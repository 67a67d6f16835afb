"""Programs the set-up runs, one at a time: their lines as they come, and an end to all they started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from .errors import SetupCancelled, SetupError

_PATIENCE = 2.0  # seconds between asking a program to end and ending it
_KEPT = 200  # lines of output kept to find out what went wrong


class Children:
    """log: gets every line. stop() may come from another thread, at any moment."""

    def __init__(self, log: Callable[[str], None], environment: dict[str, str]) -> None:
        self._log = log
        self._environment = environment
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self.stopped = False

    def run(
        self,
        command: Iterable[str | Path],
        *,
        tell: Callable[[str], bool] | None = None,
        given: str | None = None,
        folder: Path | None = None,
        more: dict[str, str] | None = None,
    ) -> tuple[int, list[str]]:
        """Run to the end: exit code, last lines. Raises SetupCancelled, or SetupError if it does not start.

        tell: is shown each line first; true keeps it out of the log. given: its standard input.
        """
        kept: deque[str] = deque(maxlen=_KEPT)
        child = self._start([str(part) for part in command], given is not None, folder, more)
        if given is not None and child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.write(given)
            with contextlib.suppress(OSError):
                child.stdin.close()
        for line in child.stdout or ():
            text = line.rstrip()
            if tell is not None and tell(text):
                continue
            kept.append(text)
            self._log(text)
        code = child.wait()
        with self._lock:
            self._child = None
        if child.stdout is not None:
            child.stdout.close()
        if self.stopped:
            raise SetupCancelled
        return code, list(kept)

    def stop(self) -> None:
        """End the running program and all it started; none starts any more."""
        with self._lock:
            self.stopped = True
            child = self._child
        if child is None or child.poll() is not None:
            return
        _end(child, forced=False)
        try:
            child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            _end(child, forced=True)

    def _start(
        self, command: list[str], talks: bool, folder: Path | None, more: dict[str, str] | None
    ) -> subprocess.Popen[str]:
        with self._lock:
            if self.stopped:
                raise SetupCancelled
            try:
                self._child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=self._environment | (more or {}),
                    stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=os.name == "posix",
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise SetupError(f"{command[0]} does not start: {error.strerror}.") from error
            return self._child


def _end(child: subprocess.Popen[str], forced: bool) -> None:
    if sys.platform == "win32":
        # there pip's own children are found by asking the system for the tree
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(child.pid)],
            capture_output=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
        )
        return
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL if forced else signal.SIGTERM)
