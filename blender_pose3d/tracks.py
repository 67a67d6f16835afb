"""tracks.npz, schema ``pose3d-tracks/1``: what the engine hands to the add-on. numpy only, no pickle.

P people, T frames, K joints in the picture, J joints in space.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .skeleton import SKELETONS, Skeleton

SCHEMA = "pose3d-tracks/1"


class TracksError(ValueError):
    """A tracks file cannot be read, or what it holds is not what the schema says. One line, for people."""


@dataclass(frozen=True)
class Tracks:
    """Joint tracks of one video.

    meta: the JSON header. frame: (T,) int32 source frame numbers. time: (T,) float64 seconds.
    present: (P, T) bool. joints2d: (P, T, K, 2) float32 px; score2d: (P, T, K) 0 to 1.
    joints3d: (P, T, J, 3) float32 metres, camera axes, relative to the hip; score3d: (P, T, J).
    A frame with nobody in it is NaN.

    Of a camera that turns or zooms: camera_rotation: (T, 3, 3) float32, from a frame's camera axes to those
    of the first, x_first = R x. camera_zoom: (T,) float32, focal length over the first frame's, which is the
    one in meta. None for a camera that stands still, or whose motion is not known (meta["camera"]["motion"]).

    Of tracks that others measured in space: world3d: (P, T, J, 3) float32 metres, z up, NaN where missing.
    Then camera, path and up are not to be found, and there may be no joints2d at all (NaN, score 0).
    """

    meta: dict[str, Any]
    frame: np.ndarray
    time: np.ndarray
    present: np.ndarray
    joints2d: np.ndarray
    score2d: np.ndarray
    joints3d: np.ndarray
    score3d: np.ndarray
    camera_rotation: np.ndarray | None = None
    camera_zoom: np.ndarray | None = None
    world3d: np.ndarray | None = None

    @property
    def people(self) -> int:
        return int(self.present.shape[0])

    @property
    def skeleton2d(self) -> Skeleton:
        return SKELETONS[self.meta["skeleton2d"]["name"]]

    @property
    def skeleton3d(self) -> Skeleton:
        return SKELETONS[self.meta["skeleton3d"]["name"]]

    def select(self, people: list[int]) -> Tracks:
        """The same tracks with only these people (indices from 0), in this order."""
        who = np.asarray(people, dtype=np.int64)
        meta = {**self.meta, "people": len(people)}
        return replace(
            self,
            meta=meta,
            present=self.present[who],
            joints2d=self.joints2d[who],
            score2d=self.score2d[who],
            joints3d=self.joints3d[who],
            score3d=self.score3d[who],
            world3d=None if self.world3d is None else self.world3d[who],
        )


def write_tracks(path: str | Path, tracks: Tracks) -> None:
    """Write to a temporary name in the same folder, then rename: a reader never sees half a file.

    Raises TracksError if the arrays do not fit the schema, OSError if the disk refuses.
    """
    _check(tracks, str(path))
    path = Path(path)
    given: dict[str, Any] = {
        key: value.astype(np.float32, copy=False) for key, value in _given(tracks).items()
    }
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(
                file,
                meta=np.array(json.dumps({**tracks.meta, "schema": SCHEMA})),
                frame=tracks.frame.astype(np.int32, copy=False),
                time=tracks.time.astype(np.float64, copy=False),
                present=tracks.present.astype(bool, copy=False),
                joints2d=tracks.joints2d.astype(np.float32, copy=False),
                score2d=tracks.score2d.astype(np.float32, copy=False),
                joints3d=tracks.joints3d.astype(np.float32, copy=False),
                score3d=tracks.score3d.astype(np.float32, copy=False),
                **given,
            )
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; a result is as readable as any other file of the user's.
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_tracks(path: str | Path) -> Tracks:
    """Read and check a tracks file. Raises TracksError with one clear line for anything but a good file."""
    path = Path(path)
    if not path.is_file():
        raise TracksError(f"No such tracks file: {path}")
    try:
        # numpy takes any other file for a pickle, and would tell the user how to load that unsafely
        with path.open("rb") as file:
            if not file.read(6).startswith((b"PK\x03\x04", b"\x93NUMPY")):
                raise TracksError(f"{path.name} is not a tracks file, or it is damaged: choose another.")
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise TracksError(f"{path.name} is not a tracks file: it holds a single array.")
        with loaded as archive:
            meta = _read_meta(archive, path.name)
            missing = [key for key in _DIMENSIONS if key not in archive.files]
            if missing:
                raise TracksError(f"{path.name} is damaged: it lacks {', '.join(missing)}. Capture it again.")
            arrays = {key: archive[key] for key in (*_DIMENSIONS, *_OPTIONAL) if key in archive.files}
    except TracksError:
        raise
    except _BROKEN as error:
        reason = " ".join(str(error).split())
        raise TracksError(f"{path.name} is not a tracks file, or it is damaged ({reason}).") from error
    tracks = Tracks(meta=meta, **arrays)
    _check(tracks, path.name)
    return tracks


# What zipfile, zlib and numpy raise, between them, on a file that is cut short, garbled or not an archive.
_BROKEN = (
    OSError, ValueError, EOFError, KeyError, RuntimeError, MemoryError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip

_DIMENSIONS = {
    "frame": "T", "time": "T", "present": "PT",
    "joints2d": "PTK2", "score2d": "PTK", "joints3d": "PTJ3", "score3d": "PTJ",
}  # fmt: skip
_OPTIONAL = {"camera_rotation": "T33", "camera_zoom": "T", "world3d": "PTJ3"}


def _given(tracks: Tracks) -> dict[str, np.ndarray]:
    return {key: value for key in _OPTIONAL if (value := getattr(tracks, key)) is not None}


def _read_meta(archive: Any, name: str) -> dict[str, Any]:
    if "meta" not in archive.files:
        raise TracksError(f"{name} is not a tracks file: it has no header.")
    try:
        meta = json.loads(str(archive["meta"][()]))
    except json.JSONDecodeError as error:
        raise TracksError(f"{name} is damaged: its header is not JSON ({error}).") from error
    schema = meta.get("schema") if isinstance(meta, dict) else None
    if schema != SCHEMA:
        raise TracksError(f"{name} has schema {schema!r}; this version of Pose3D reads {SCHEMA!r}.")
    return meta


def _check(tracks: Tracks, name: str) -> None:
    sizes = {"2": 2, "3": 3}
    given = _given(tracks)
    for letter, key in (("K", "skeleton2d"), ("J", "skeleton3d")):
        stated = tracks.meta.get(key)
        skeleton = SKELETONS.get(str(stated.get("name"))) if isinstance(stated, dict) else None
        if skeleton is None or not isinstance(stated, dict):
            raise TracksError(f"{name} names no known {key}; known are {', '.join(SKELETONS)}.")
        if stated.get("joints", list(skeleton.joints)) != list(skeleton.joints):
            raise TracksError(f"{name} orders the joints of {skeleton.name} differently.")
        sizes[letter] = len(skeleton)
    for key, letters in (*_DIMENSIONS.items(), *((key, _OPTIONAL[key]) for key in given)):
        array = getattr(tracks, key)
        fits = array.ndim == len(letters) and array.dtype.kind in "fiub"
        # the first array that has a letter fixes its size; every later one must agree
        fits = fits and all(sizes.setdefault(c, n) == n for c, n in zip(letters, array.shape, strict=True))
        if not fits:
            raise TracksError(f"{name} is damaged: {key} has shape {array.shape}.")
    if not np.isfinite(tracks.time).all():
        raise TracksError(f"{name} is damaged: some of its times are not numbers.")
    if not np.all(np.diff(tracks.time) > 0):
        raise TracksError(f"{name} is damaged: its times do not increase.")
    for key, values in given.items():
        if key == "world3d":
            continue  # NaN where a joint is missing
        if not np.isfinite(values).all() or (key == "camera_zoom" and not (values > 0).all()):
            raise TracksError(f"{name} is damaged: {key} holds values that cannot be.")
