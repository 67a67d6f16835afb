"""The engine's environment on the disk: where it lies, whose it is, what state it is in, and away with it.

Nothing is removed that does not carry our marker file.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import SetupError

MARK = "pose3d-engine.json"
_OURS = "Pose3D's engine"


@dataclass(frozen=True)
class Mark:
    """What the marker file says. state: making or ready. key: of what was asked for, see worker."""

    state: str = "making"
    build: str = ""
    key: str = ""
    python: str = ""
    torch: str = ""
    made: str = ""
    whose: str = _OURS


@dataclass(frozen=True)
class Place:
    """The folders in the user's folder of the extension."""

    root: Path

    @property
    def environment(self) -> Path:
        return self.root / "venv-engine"

    @property
    def wheels(self) -> Path:
        """Files fetched, kept until all are installed."""
        return self.root / "wheels"

    @property
    def log(self) -> Path:
        return self.root / "setup.log"

    @property
    def python(self) -> Path:
        """The environment's Python, there or not."""
        inner = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
        return self.environment / inner

    def mark(self, folder: Path | None = None) -> Mark | None:
        """The marker of a folder (the environment if None); None where it is not ours."""
        try:
            said = json.loads(((folder or self.environment) / MARK).read_text("utf-8"))
            mark = Mark(**{name: str(value) for name, value in said.items()})
        except (OSError, ValueError, TypeError, AttributeError):
            return None
        return mark if mark.whose == _OURS else None

    def write_mark(self, mark: Mark, folder: Path | None = None) -> None:
        """Make the folder if need be and mark it as ours. Raises SetupError if it is somebody else's."""
        folder = folder or self.environment
        if folder.is_symlink() or (folder.exists() and any(folder.iterdir()) and self.mark(folder) is None):
            raise SetupError(f"{folder} is there, but Pose3D did not make it: move it away.")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / f"{MARK}.part"
            part.write_text(json.dumps(asdict(mark), indent=1), "utf-8")
            part.replace(folder / MARK)

    def remove(self, folder: Path | None = None) -> bool:
        """Remove a folder of ours (the environment if None); False if it was not there.

        It is renamed first: a removal that is interrupted leaves nothing that looks like an engine. Raises
        SetupError for a folder that is not ours or is in use.
        """
        folder = folder or self.environment
        doomed = folder.with_name(f"{folder.name}.removing")
        if doomed.exists() and self.mark(doomed) is not None:
            _delete(doomed)
        if not folder.exists() and not folder.is_symlink():
            return False
        if folder.is_symlink() or self.mark(folder) is None:
            raise SetupError(f"{folder} was not made by Pose3D, so it stays: remove it yourself.")
        try:
            folder.rename(doomed)
        except OSError as error:
            raise SetupError(
                f"{folder} cannot be removed ({error.strerror}): is a capture running?"
            ) from error
        _delete(doomed)
        return True


def _delete(folder: Path) -> None:
    """Delete a folder; its marker goes last, so that a second try knows it again. Raises SetupError."""
    try:
        for item in folder.iterdir():
            if item.is_dir() and not item.is_symlink():
                shutil.rmtree(item)
            elif item.name != MARK:
                item.unlink()
        shutil.rmtree(folder)
    except OSError as error:
        raise SetupError(f"{folder} cannot be removed wholly: {error.strerror}. Try again.") from error


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn errors of writing in a folder into a line for people. Raises SetupError."""
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"{folder} cannot be written to: {error.strerror}. Check its permissions."
        ) from error


def check_writable(folder: Path) -> None:
    """Make a folder and try to write in it. Raises SetupError."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def free_mb(folder: Path) -> float:
    """MB free on the disk that a folder lies on, or will lie on; infinite where nobody can tell."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), None)
    try:
        return shutil.disk_usage(there).free / 1e6 if there else float("inf")
    except OSError:
        return float("inf")


def size_mb(folder: Path) -> float:
    """MB of all files in a folder; links are not followed. Takes seconds for a large one."""
    found = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                found += (Path(where) / name).lstat().st_size
    return found / 1e6


def check_room(folder: Path, needed: float) -> None:
    """Raises SetupError if fewer MB are free than needed."""
    free = free_mb(folder)
    if free < needed:
        raise SetupError(
            f"Too little room on the disk of {folder}: {in_words(needed)} are needed, {in_words(free)} are"
            " free. Make room and try again."
        )


def in_words(megabytes: float) -> str:
    """A size as people read it: 7 MB, 1.3 GB."""
    if megabytes == float("inf"):
        return "unknown"
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep other Blenders out while one is at it, until its process ends. Raises SetupError."""
    path = root / "setup.lock"
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    with file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SetupError("Another Blender is setting the engine up: wait for it to end.") from error
        yield
