"""Files that appear whole or not at all, and the exporters that come with Blender."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ExportError

if TYPE_CHECKING:
    from ..joint_clip import JointClip

_log = logging.getLogger(__name__)

_PYTHONS = re.compile(r"^(Error: )?([A-Za-z]*Error: )?(\[Errno \d+\] )?")
"""What stands before a cause that Python's exceptions tell."""


def check_folder(folder: Path) -> None:
    """Make a folder for results and try to write there. Raises ExportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ExportError(f"Cannot write to {folder}: {error.strerror or error}.") from error


def write_whole(path: str | Path, write: Callable[[Path], Any]) -> Path:
    """Let ``write`` make a file beside the place and put it there when it is whole. Raises ExportError."""
    path = Path(path)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.stem}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            write(part)
            if not part.is_file() or not part.stat().st_size:
                raise ExportError(f"Cannot write {path}: nothing came out. Is the disk full?")
            part.replace(path)
    except OSError as error:
        raise ExportError(f"Cannot write {path}: {error.strerror or error}.") from error
    except RuntimeError as error:
        # an operator hands on its whole traceback; the cause is its last line
        cause = [line for line in str(error).splitlines() if line.strip() and "Location:" not in line][-1]
        raise ExportError(f"Cannot write {path}: {_PYTHONS.sub('', cause.strip())}") from error
    return path


def animated(
    path: Path, clip: Callable[[], JointClip], write: Callable[..., Path], unlike: type[Exception]
) -> Path:
    """A character's file with a clip put into it; where the file is made unlike what is known of it
    (``unlike``), with the animation that Blender's exporter makes, slowly.

    write: takes the clip, or by_exporter, and returns the file. Raises ExportError and what ``clip`` raises.
    """
    try:
        return write(clip())
    except unlike as error:
        _log.warning("Blender's exporter writes the animation of %s: %s", path, error)
        return write(by_exporter=True)


@contextmanager
def exporter(module: str) -> Iterator[None]:
    """An exporter that comes with Blender, enabled while it is needed. Raises ExportError."""
    import addon_utils

    if addon_utils.check(module)[1]:
        yield
        return
    if addon_utils.enable(module, default_set=False) is None:
        raise ExportError(f"This Blender has no exporter {module}.")
    try:
        yield
    finally:
        addon_utils.disable(module, default_set=False)
