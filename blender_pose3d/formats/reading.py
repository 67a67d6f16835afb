"""A file of motion in any format, as tracks; and which files only the engine can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..tracks import Tracks, TracksError, read_tracks
from .points import FormatError

# formats that only an environment with more than numpy and scipy reads: suffix → command of the engine
_ENGINE = {".c3d": "import", ".json": "lift"}
SUFFIXES = (".npz", ".trc", ".bvh", ".json", ".c3d")
"""Of files that hold a motion already: no video."""


def engine_command(path: Path) -> str | None:
    """``import`` or ``lift`` for what the engine must make tracks of; None for what ``read_any`` reads."""
    from .motion_text import holds_motion

    command = _ENGINE.get(path.suffix.lower())
    return None if command == "lift" and holds_motion(path) else command


def read_any(path: str | Path) -> Tracks:
    """Tracks of a file: ours, SMPL's parameters (.npz), TRC, BVH, or a motion of ours as JSON.

    The suffix says which, and for .npz the names of its arrays. Raises TracksError, of which FormatError is
    one.
    """
    path = Path(path)
    if not path.is_file():
        raise TracksError(f"No such tracks file: {path}")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise FormatError(
            f"{path.name} is no file of motion that can be read: known are {', '.join(SUFFIXES)}."
        )
    return reader(path)


def _npz(path: Path) -> Tracks:
    from .smpl import holds_smpl, read_smpl

    return read_smpl(path) if holds_smpl(path) else read_tracks(path)


def _trc(path: Path) -> Tracks:
    from .trc import read_trc
    from .world_tracks import tracks_of_points

    return tracks_of_points(read_trc(path), path.name)


def _bvh(path: Path) -> Tracks:
    from .bvh_in import read_bvh

    return read_bvh(path)


def _json(path: Path) -> Tracks:
    from .motion_text import read_motion_json
    from .world_tracks import tracks_of_points

    return tracks_of_points(read_motion_json(path), path.name)


_READERS: dict[str, Callable[[Path], Tracks]] = {".npz": _npz, ".trc": _trc, ".bvh": _bvh, ".json": _json}
