"""Where a clip is made before anybody sees it: a hidden folder beside its results, which appear together."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .plan import Clip
from .record import write_record


@contextlib.contextmanager
def stage(clip: Clip) -> Iterator[Path]:
    """A folder for the results of a clip that is claimed; gone afterwards, with what is left in it.

    Raises OSError.
    """
    made = Path(tempfile.mkdtemp(prefix=f".{clip.name}.", dir=clip.folder))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def clear(clip: Clip) -> None:
    """Remove what a run that was killed left of a clip, which is claimed now. Raises OSError."""
    for left in _leftovers(clip):
        _remove(left)


def publish(clip: Clip, mark: str, files: Sequence[Path], facts: dict[str, Any]) -> None:
    """Put results of a stage under their names and note that the clip is done. Raises OSError.

    mark: see `record.fingerprint`. Before the first one appears it is noted what will: were this the moment
    to be killed in, nobody would take a result for an input, or for all of them.
    """
    write_record(clip, "", files, facts)
    placed = [file.replace(clip.folder / file.name) for file in files]
    write_record(clip, mark, placed, facts)


def unstaged(clip: Clip, message: str) -> str:
    """A message in which a result is named where it would have appeared."""
    return re.sub(rf"\.{re.escape(clip.name)}\.{_TOKEN}[\\/]", "", message)


# what tempfile adds to a prefix
_TOKEN = "[a-z0-9_]{8}"  # noqa: S105


def _leftovers(clip: Clip) -> list[Path]:
    ours = re.compile(rf"\.{re.escape(clip.name)}\.{_TOKEN}(\.blend@?)?")
    return [path for path in clip.folder.iterdir() if ours.fullmatch(path.name)]


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
