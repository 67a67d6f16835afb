"""Writes the result where the user wants it; refuses early, in one line, where that cannot work."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from blender_pose3d.tracks import Tracks, write_tracks

from .errors import BadArguments, EngineError


def check(path: Path) -> None:
    """Raises BadArguments when a file cannot be written there: known before an hour of work, not after."""
    if path.is_dir():
        raise BadArguments(f"{path} is a folder.", "Name the tracks file in it, for example walk.npz.")
    if not path.parent.is_dir():
        raise BadArguments(f"There is no folder {path.parent}.", "Make it first, or name another.")
    if not os.access(path.parent, os.W_OK):
        raise BadArguments(f"The folder {path.parent} cannot be written to.", "Name another for the output.")


def write(path: Path, tracks: Tracks) -> None:
    """Write a tracks file whole or not at all. Raises EngineError when the disk refuses."""
    try:
        write_tracks(path, tracks)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space, or name another folder." if full else "Name another folder for the output."
        raise EngineError(f"{path} could not be written: {error.strerror}.", hint) from error
