"""Work under way, kept on the disk in parts, so that a kill costs no more than the time since the last part.

A folder for each piece of work in the cache folder, named by what the work depends on. Part after part is
written there, each with what is new since the one before: temporary name, then rename, so that a part is
there whole or not at all. Plain numpy arrays, never pickle. One process at a time may hold a folder.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from .weights import cache_dir

log = logging.getLogger(__name__)

FORMAT = "pose3d-checkpoint/1"
_KEEP = 8  # pieces of work that nobody went on with
_KEEP_DAYS = 30
Part = dict[str, np.ndarray]


class Checkpoint:
    """The parts of one piece of work. Use as a context manager: it is nobody else's meanwhile.

    name: of the piece of work. made_by: of the program that can go on with it; what another one left is told
    in the log and dropped.
    """

    def __init__(self, name: str, made_by: str) -> None:
        self._folder = folder() / name
        self._made_by = made_by
        self._lock: IO[bytes] | None = None
        self._parts = 0

    def __enter__(self) -> Checkpoint:
        _drop_old(self._folder)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self._folder / "lock").open("ab")
            if not _locked(self._lock):
                log.warning("Another engine is at this video: this one keeps no checkpoints.")
                self._lock.close()
                self._lock = None
        except OSError as error:
            log.warning("No checkpoints can be kept: %s", error)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def load(self, holding: str = "") -> list[Part]:
        """The parts so far, in order; none where there are none, or none that this program can use.

        holding: only those that hold an array of this name. Parts behind a broken one are of no use; that is
        told in the log.
        """
        if self._lock is None:
            return []
        parts: list[Part] = []
        for path in self._paths():
            try:
                parts.append(self._read(path, len(parts) + 1, holding))
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                log.warning("The checkpoint %s is of no use from part %d on: %s", self._folder.name,
                            len(parts) + 1, error)  # fmt: skip
                break
        self.forget_after(len(parts))
        return [part for part in parts if part]

    def forget_after(self, parts: int) -> None:
        """Keep only the first `parts` parts: 0 begins anew."""
        self._parts = parts
        for path in self._paths()[parts:] if self._lock is not None else []:
            with contextlib.suppress(OSError):
                path.unlink()

    def write(self, part: Part) -> bool:
        """Keep one more part; False where that did not work, which is told in the log and costs no result."""
        if self._lock is None:
            return False
        number = self._parts + 1
        path = self._folder / f"{number:06d}.npz"
        head = {"format": FORMAT, "made_by": self._made_by, "part": number}
        temporary = path.with_suffix(".part")
        try:
            with temporary.open("wb") as file:
                np.savez(file, head=np.array(json.dumps(head)), **part)  # type: ignore[arg-type]
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            log.warning("A checkpoint could not be written: %s", error)
            with contextlib.suppress(OSError):
                temporary.unlink()
            return False
        self._parts = number
        return True

    def done(self) -> None:
        """The work is done: nothing is left behind."""
        if self._lock is not None:
            # an open file cannot be removed on every system
            self._lock.close()
            self._lock = None
            shutil.rmtree(self._folder, ignore_errors=True)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.npz"))

    def _read(self, path: Path, number: int, holding: str) -> Part:
        with np.load(path, allow_pickle=False) as stored:
            head: dict[str, Any] = json.loads(str(stored["head"]))
            names = [name for name in stored.files if name != "head"]
            part = {name: stored[name] for name in names} if not holding or holding in names else {}
        if head["format"] != FORMAT or head["made_by"] != self._made_by:
            raise ValueError("another version of the engine wrote it; the work begins anew")
        if head["part"] != number or path.stem != f"{number:06d}":
            raise ValueError("a part is missing")
        return part


def folder() -> Path:
    """Where all checkpoints lie."""
    return cache_dir() / "checkpoints"


def _drop_old(ours: Path) -> None:
    """Forget work that was not gone on with: the oldest beyond a number, and what is older than a month."""
    last = time.time() - _KEEP_DAYS * 86400
    others = sorted(_others(ours), reverse=True)
    for changed, path in [pair for i, pair in enumerate(others) if i >= _KEEP or pair[0] < last]:
        with contextlib.suppress(OSError), (path / "lock").open("ab") as lock:
            if not _locked(lock):
                continue  # somebody is at it
        log.info("A checkpoint of %s is dropped.", time.strftime("%Y-%m-%d", time.localtime(changed)))
        shutil.rmtree(path, ignore_errors=True)


def _others(ours: Path) -> Iterator[tuple[float, Path]]:
    with contextlib.suppress(OSError):
        for path in folder().iterdir():
            if path != ours and path.is_dir():
                yield path.stat().st_mtime, path


def _locked(file: IO[bytes]) -> bool:
    """Whether the file is now locked for this process; the system unlocks it when the process ends."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
