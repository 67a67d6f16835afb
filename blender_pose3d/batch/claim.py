"""Who is at which clip: a file that only one can make, so that runs on a shared disk do not do the same work.

A claim is a help, not a lock to rely on: results appear whole under their names whoever writes them, so two
runs at one clip waste time and harm nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import uuid
from pathlib import Path

BEAT = 20.0  # seconds between two signs of life
STALE = 120.0  # seconds without one after which whoever held a claim is taken for dead


class Claim:
    """A clip that is ours. Use as a context manager, or call ``release``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="claim", daemon=True)
        self._thread.start()

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            with contextlib.suppress(OSError):
                os.utime(self._path)

    def release(self) -> None:
        """Let others have the clip."""
        self._over.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def claim(path: Path) -> Claim | None:
    """Take a clip by making the file; None if somebody alive has it.

    Raises OSError where nothing can be written.
    """
    for _ in range(2):
        # a clip that failed may just have taken away the folder it had made
        path.parent.mkdir(parents=True, exist_ok=True)
        if _made(path):
            return Claim(path)
        if not _dead(path):
            return None
        _clear(path)
    return None


def drop_own(path: Path) -> None:
    """Remove a claim of this process, if there is one: an interrupt may come before a Claim could be kept."""
    said = _read(path)
    if (said.get("host"), said.get("pid")) == (socket.gethostname(), os.getpid()):
        with contextlib.suppress(OSError):
            path.unlink()


def holder(path: Path) -> str:
    """Who has a claim, for people: the computer's name."""
    return str(_read(path).get("host", "another run"))


def _made(path: Path) -> bool:
    content = json.dumps({"host": socket.gethostname(), "pid": os.getpid()})
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        return False
    except OSError:
        # a full disk has room for a name and not for what it says
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    return True


def _dead(path: Path) -> bool:
    said = _read(path)
    pid = said.get("pid")
    if said.get("host") == socket.gethostname() and isinstance(pid, int) and sys.platform != "win32":
        # Windows would end the process that is asked for this way; there the time has to do
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False
    return _age(path) > STALE


def _age(path: Path) -> float:
    """Seconds since the last sign of life, by the disk's own clock: computers' clocks differ."""
    probe = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def _clear(path: Path) -> None:
    """Take a dead claim away; of several who try, one succeeds."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):
        path.rename(aside)
        aside.unlink()


def _read(path: Path) -> dict[str, object]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
